/* What the tables' rows mean. */
#include "support/test.h"

#include "ad/cases.h"

static size_t count(const ad_case *c)
{
    size_t n = 0;

    while (c[n].name)
        n++;
    return n;
}

const ad_case *case_at(size_t i)
{
    const ad_case *const tables[] = {cases_tiled, cases_shape, cases_linear};

    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
        const size_t n = count(tables[k]);
        if (i < n)
            return &tables[k][i];
        i -= n;
    }
    return NULL;
}

/* One size: 3, m, 2m, m/2. */
static const char *size_at(const char *text, int64_t *n, int32_t *mul,
                           int32_t *div)
{
    char *end;

    *n = *text == 'm' ? 1 : strtoll(text, &end, 10);
    if (*text == 'm')
        end = (char *)text;
    if (*end != 'm')
        return end;
    *mul = (int32_t)*n;
    *div = 1;
    end++;
    if (*end == '/')
        *div = (int32_t)strtol(end + 1, &end, 10);
    return end;
}

/* One shape, up to '|' or the end. */
static const char *shape_at(const ad_graph *g, const char *text, ad_shape *s)
{
    int64_t dim[AD_RANK];
    int32_t rank = 0, mul = 0, div = 0;

    while (*text && *text != '|') {
        text = size_at(text, &dim[rank++], &mul, &div);
        text += *text == ' ';
    }
    *s = div ? ad_rows(g, mul, div, rank, dim + 1) : ad_shape_of(rank, dim);
    return text;
}

size_t case_operands(const ad_case *c, ad_graph *g, ad_node *x)
{
    static const char *const names[CASE_OPERANDS] = {"x0", "x1", "x2"};
    const char *text = c->shapes;
    size_t n = 0;

    for (;;) {
        ad_shape s;
        text = shape_at(g, text, &s);
        x[n] = ad_input(g, names[n], s);
        n++;
        if (!*text)
            return n;
        text++;
    }
}

ad_node case_build(const ad_case *c, ad_graph *g, const ad_node *x)
{
    return c->unary    ? c->unary(g, x[0])
           : c->binary ? c->binary(g, x[0], x[1])
                       : c->build(g, x);
}

/* Multiples of the golden section: as far apart as n numbers can lie. */
void case_values(size_t n, double lo, double hi, unsigned seed, long double *v)
{
    for (size_t k = 0; k < n; k++) {
        const long double at = (long double)(k + 1) * 0.6180339887498948482L +
                               (long double)seed * 0.3719L;
        v[k] = lo + (hi - lo) * (at - floorl(at));
    }
}
