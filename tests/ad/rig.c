#include "ad/rig.h"

#define CANARY 192

void rig_open_in(rig *r, int32_t type, size_t rows, genmod_context *c)
{
    memset(r, 0, sizeof *r);
    r->type = type;
    r->rows = rows;
    r->seed = 71;
    r->step = 3;
    r->first_row = 1009;
    assert_ok(genmod_workspace_new(c, &r->w));
    r->threads = base_width(r->w);
    assert_ok(ad_graph_new(rows, &r->g, r->w));
    assert_ok(ad_store_new(type, &r->s, r->w));
}

void rig_open(rig *r, int32_t type, size_t rows, size_t threads)
{
    genmod_context *c;

    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, threads));
    rig_open_in(r, type, rows, c);
    genmod_context_free(c);
}

void rig_close(rig *r)
{
    ad_program_free(r->p);
    ad_graph_free(r->g);
    ad_store_free(r->s);
    genmod_workspace_free(r->w);
    free(r->arena);
}

ad_shape rig_rows(const rig *r, int32_t rank, int64_t a, int64_t b, int64_t c)
{
    const int64_t rest[] = {a, b, c};

    return ad_rows(r->g, 1, 1, rank, rest);
}

static ad_node leaf(rig *r, ad_node x, const char *name, int32_t variable,
                    double lo, double hi)
{
    assert_true(x >= 0);
    assert_true(r->n_leaves < RIG_LEAVES);
    r->leaf[r->n_leaves++] = (rig_leaf){x, name, variable, lo, hi, 0};
    return x;
}

ad_node rig_input(rig *r, const char *name, ad_shape shape, double lo,
                  double hi)
{
    return leaf(r, ad_input(r->g, name, shape), name, -1, lo, hi);
}

void rig_take(rig *r, ad_node x, const char *name, double lo, double hi)
{
    leaf(r, x, name, -1, lo, hi);
}

ad_node rig_index(rig *r, const char *name, ad_shape shape, int lo, int hi)
{
    const ad_node x = rig_input(r, name, shape, lo, hi);

    r->leaf[r->n_leaves - 1].whole = 1;
    return x;
}

ad_node rig_variable(rig *r, const char *name, int32_t kind, ad_shape shape,
                     double lo, double hi)
{
    int32_t index;

    assert_ok(ad_store_add(r->s, name, kind, 0, shape, &index, r->w));
    return leaf(r, ad_variable(r->g, r->s, index), name, index, lo, hi);
}

void rig_target(rig *r, int32_t kind, ad_node x, int32_t variable)
{
    assert_true(r->n < RIG_TARGETS);
    assert_int_equal(ad_graph_status(r->g), 0);
    assert_true(x >= 0);
    r->target[r->n++] = (ad_target){kind, x, variable};
}

void rig_output(rig *r, ad_node x)
{
    rig_target(r, AD_OUTPUT, x, -1);
}

/* ---- what leaves hold --------------------------------------------------- */

/* A number in (0, 1) for element `at` of leaf `number`. */
static double noise(uint64_t number, uint64_t at)
{
    uint32_t out[4];

    base_random(20261, at, (uint32_t)number, 0, out);
    return base_uniform(out[0], out[1]);
}

static double made_up(const rig *r, size_t k, size_t at)
{
    const rig_leaf *const l = &r->leaf[k];
    const double u = noise(k, at);
    double v = l->lo + (l->hi - l->lo) * u;

    if (l->whole)
        v = l->lo + floor((l->hi - l->lo + 1) * u);
    return r->type == GENMOD_F32 ? (double)(float)v : v;
}

static void set(const rig *r, void *x, size_t i, double v)
{
    if (r->type == GENMOD_F32)
        ((float *)x)[i] = (float)v;
    else
        ((double *)x)[i] = v;
}

double rig_element(const rig *r, const void *x, size_t i)
{
    return r->type == GENMOD_F32 ? (double)((const float *)x)[i]
                                 : ((const double *)x)[i];
}

static size_t elements(const rig *r, ad_node x, size_t rows)
{
    return (size_t)ad_elements_at(ad_shape_at(r->g, x), rows);
}

static void fill_variables(const rig *r)
{
    for (size_t k = 0; k < r->n_leaves; k++) {
        const rig_leaf *const l = &r->leaf[k];

        if (l->variable < 0)
            continue;
        void *const x = ad_store_value(r->s, (size_t)l->variable);
        for (size_t i = 0; i < elements(r, l->node, r->rows); i++)
            set(r, x, i, made_up(r, k, i));
    }
}

int32_t rig_try(rig *r)
{
    int32_t status = ad_store_seal(r->s, 1, r->w);

    if (status)
        return status;
    fill_variables(r);
    return ad_compile(r->g, r->s, r->n, r->target, &r->p, r->w);
}

void rig_compile(rig *r)
{
    assert_status(rig_try(r), GENMOD_OK, r->w);
    r->arena = aligned_alloc(
        64, (ad_program_bytes(r->p, r->threads) + CANARY + 63) / 64 * 64);
    assert_non_null(r->arena);
}

/* Rubbish that shows: NaN in either type, or a number. */
static void spoil(const rig *r, size_t rows)
{
    const size_t n = ad_program_bytes(r->p, r->threads);

    memset(r->arena, rows % 2 ? 0xff : 0x47, n);
    memset(r->arena + n, 0x3c, CANARY);
}

void rig_run(rig *r, size_t rows, genmod_workspace *w)
{
    const ad_replay replay = {.rows = rows,
                              .seed = r->seed,
                              .step = r->step,
                              .first_row = r->first_row,
                              .arena = r->arena,
                              .width = r->threads};

    spoil(r, rows);
    for (size_t k = 0; k < r->n_leaves; k++) {
        const rig_leaf *const l = &r->leaf[k];
        const int32_t input =
            l->variable < 0 ? ad_program_find(r->p, l->name) : -1;

        if (input < 0)
            continue;
        void *const x = ad_program_input(r->p, input, r->arena);
        for (size_t i = 0; i < elements(r, l->node, rows); i++)
            set(r, x, i, made_up(r, k, i));
    }
    ad_program_run(r->p, r->s, &replay, w);
    for (size_t i = 0; i < CANARY; i++)
        assert_int_equal(r->arena[ad_program_bytes(r->p, r->threads) + i],
                         0x3c);
}

/* ---- the twin ----------------------------------------------------------- */

/* Draw number `e` of a row at a site, as kern.h and ad.h define it. */
static double draw(const rig *r, const ad_record *d, uint64_t row, uint64_t e)
{
    const uint64_t key = ad_draw_key(r->seed, r->step);
    const int32_t cpu = kern_ops_of_graph(base_cpu(r->w), r->type)->cpu;
    const kern_ops *const o = kern_ops_of(cpu, GENMOD_F32);
    float four[4];
    uint32_t out[4];

    if (d->op == AD_OP_NORMAL) {
        o->normal(key, row, (uint32_t)d->i[0], e / 4 * 4, 4, four);
        return four[e % 4];
    }
    base_random(key, row, (uint32_t)d->i[0], (uint32_t)(e / 4), out);
    return (double)(out[e % 4] >> 9) * 0x1p-23 + 0x1p-24;
}

static void give_draw(const rig *r, naive *e, ad_node x, size_t rows)
{
    const ad_record *const d = &r->g->nodes[x];
    const ad_shape *const s = &d->shape;
    const size_t n = elements(r, x, rows);
    long double *const v = malloc((n + 1) * sizeof *v);
    const size_t run = s->div ? n / (rows / (size_t)s->div) : n;

    for (size_t i = 0; i < n; i++)
        v[i] =
            draw(r, d, s->div ? r->first_row + i / run * (uint64_t)s->div : 0,
                 i % run);
    naive_give(e, x, v);
    free(v);
}

static naive *twin(const rig *r, size_t rows)
{
    naive *const e = naive_new(r->g, rows);

    for (size_t k = 0; k < r->n_leaves; k++) {
        const size_t n = elements(r, r->leaf[k].node, rows);
        long double *const v = malloc((n + 1) * sizeof *v);

        for (size_t i = 0; i < n; i++)
            v[i] = made_up(r, k, i);
        naive_give(e, r->leaf[k].node, v);
        free(v);
    }
    for (size_t x = 0; x < ad_graph_size(r->g); x++)
        if (r->g->nodes[x].op == AD_OP_UNIFORM ||
            r->g->nodes[x].op == AD_OP_NORMAL)
            give_draw(r, e, (ad_node)x, rows);
    return e;
}

const void *rig_result(const rig *r, size_t i)
{
    const ad_target *const t = &r->target[i];
    size_t output = 0;

    if (t->kind == AD_GRAD)
        return ad_store_grad(r->s, (size_t)t->variable);
    if (t->kind == AD_NEXT)
        return ad_store_next(r->s, (size_t)t->variable);
    for (size_t k = 0; k < i; k++)
        output += r->target[k].kind == AD_OUTPUT;
    return ad_program_output(r->p, output, r->arena);
}

size_t rig_bytes(const rig *r, size_t i, size_t rows)
{
    return elements(r, r->target[i].node, rows) *
           (r->type == GENMOD_F32 ? sizeof(float) : sizeof(double));
}

static void check_one(const rig *r, naive *e, size_t i, size_t rows,
                      double tolerance)
{
    const size_t n = elements(r, r->target[i].node, rows);
    const long double *const want = naive_value(e, r->target[i].node);
    const void *const got = rig_result(r, i);
    double scale = 1;

    for (size_t k = 0; k < n; k++)
        if (fabs((double)want[k]) > scale)
            scale = fabs((double)want[k]);
    for (size_t k = 0; k < n; k++) {
        const double x = rig_element(r, got, k), y = (double)want[k];

        if (!(fabs(x - y) <= tolerance * scale) && !(isnan(x) && isnan(y)))
            fail_msg("target %zu, %zu rows, element %zu of %zu: %.9g, not "
                     "%.9g",
                     i, rows, k, n, x, y);
    }
}

void rig_check(rig *r, size_t rows, double tolerance)
{
    naive *const e = twin(r, rows);

    for (size_t i = 0; i < r->n; i++)
        check_one(r, e, i, rows, tolerance);
    naive_free(e);
}

void rig_all_rows(rig *r, double tolerance)
{
    rig_compile(r);
    for (size_t rows = 1; rows <= r->rows; rows++) {
        rig_run(r, rows, r->w);
        rig_check(r, rows, tolerance);
    }
}

size_t rig_all_bytes(const rig *r, size_t rows)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += rig_bytes(r, i, rows);
    return n;
}

void rig_copy(const rig *r, size_t rows, void *out)
{
    char *to = out;

    for (size_t i = 0; i < r->n; i++) {
        memcpy(to, rig_result(r, i), rig_bytes(r, i, rows));
        to += rig_bytes(r, i, rows);
    }
}
