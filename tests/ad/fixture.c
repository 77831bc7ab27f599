/* A graph and what tests do with it. */
#include "support/test.h"

#include "ad/fixture.h"

static void begin(fixture *f)
{
    assert_ok(ad_graph_new(FIXTURE_ROWS, &f->g, f->w));
}

void fixture_new(fixture *f)
{
    assert_ok(genmod_workspace_new(NULL, &f->w));
    begin(f);
}

void fixture_free(fixture *f)
{
    ad_graph_free(f->g);
    genmod_workspace_free(f->w);
}

ad_node fixture_rows(fixture *f, const char *name, int64_t n)
{
    return ad_input(f->g, name, ad_rows(f->g, 1, 1, 2, &n));
}

void fixture_refused(fixture *f, ad_node x, const char *part)
{
    assert_int_equal(x, AD_NONE);
    assert_status(ad_graph_status(f->g), GENMOD_BAD_ARGUMENT, f->w);
    assert_error_names(f->w, part);
    ad_graph_free(f->g);
    begin(f);
}

size_t fixture_value(const fixture *f, size_t rows, ad_node x,
                     const long double *given, ad_node y, size_t cap,
                     long double *out)
{
    naive *const e = naive_new(f->g, rows);

    assert_ok(ad_graph_status(f->g));
    naive_give(e, x, given);
    const size_t n = naive_count(e, y);
    assert_true(n <= cap);
    memcpy(out, naive_value(e, y), n * sizeof *out);
    naive_free(e);
    return n;
}

ad_node fixture_gradient(fixture *f, ad_node y, ad_node x)
{
    ad_node dx = AD_NONE;

    assert_ok(ad_grad(f->g, y, AD_NONE, 1, &x, &dx));
    return dx;
}
