/* Gradients of log densities, of first and second order, against differences of
 * the naive evaluator's values; and that they stay finite far out. */
#include "vae/evaluate.h"

#include "ad/check.h"
#include "ad/naive.h"

#define ROWS 3
#define COPIES 2
#define MOST 512 /* elements of an operand */

/* A case: d columns of cells, and whether an operand is there. */
typedef struct graph {
    evaluation e;
    ad_graph *g;
    naive *n;
    ad_node y, x, mask, stored; /* stored: AD_NONE if there is none */
    ad_node density, scalar;    /* [m, k]; <s, density> */
    long double values[2][MOST];
} graph;

static void give(graph *f, ad_node x, long double *v, double lo, double hi,
                 int whole)
{
    const size_t n = naive_count(f->n, x);

    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++) {
        const double u = 0.5 + 0.5 * sin(1.9 * (double)i + 0.7 + lo);

        v[i] = whole ? floor(lo + (hi - lo) * u) : lo + (hi - lo) * u;
    }
    naive_give(f->n, x, v);
}

/* Cells between lo and hi; parameters within `spread` of 0. */
static void graph_open(graph *f, const vae_choice *c, const char *size,
                       int flags, int masked, double lo, double hi,
                       double spread)
{
    long double v[MOST];
    ad_target next[4];

    memset(f, 0, sizeof *f);
    evaluate_open(&f->e, GENMOD_F64, ROWS, COPIES, c, size);
    assert_ok(ad_graph_new(ROWS, &f->g, f->e.w));
    nn_pass pass = {
        .g = f->g, .s = f->e.s, .flags = flags, .room = 4, .next = next};
    const vae_block *const b = &f->e.l.block[0];
    const ad_node s =
        ad_input(f->g, "s", ad_rows(f->g, 1, 1, 2, (int64_t[]){COPIES}));

    f->y = ad_input(f->g, "y", ad_rows(f->g, COPIES, 1, 2, &f->e.l.params));
    f->x = ad_input(f->g, "x", nn_size_rows(f->g, &f->e.l.size));
    f->mask = masked ? ad_input(f->g, "mask", nn_size_rows(f->g, &f->e.l.size))
                     : AD_NONE;
    const vae_rows r = {f->x, f->mask, AD_NONE};

    f->density = vae_log_density(&f->e.l, &pass, f->y, &r);
    f->scalar = ad_sum_all(f->g, ad_mul(f->g, s, f->density));
    f->stored =
        b->variable < 0 ? AD_NONE : ad_variable(f->g, f->e.s, b->variable);
    assert_ok(ad_graph_status(f->g));
    f->n = naive_new(f->g, ROWS);
    give(f, s, v, 0.4, 1.7, 0);
    give(f, f->x, v, lo, hi, hi > 1.5 || hi < 0 ? 1 : 0);
    if (masked)
        give(f, f->mask, v, 0, 1.99, 1);
    give(f, f->y, f->values[0], -spread, spread, 0);
    if (f->stored >= 0)
        give(f, f->stored, f->values[1], -1.3, 0.9, 0);
}

static void graph_close(graph *f)
{
    naive_free(f->n);
    ad_graph_free(f->g);
    evaluate_close(&f->e);
}

static void check_orders(graph *f)
{
    const size_t n = f->stored >= 0 ? 2 : 1;
    const ad_node wrt[2] = {f->y, f->stored};
    long double *const v[2] = {f->values[0], f->values[1]};
    ad_node scalar = f->scalar;

    for (int order = 1; order <= 2; order++) {
        check_result worst = {0};
        ad_node gradient[2], next = AD_NONE;

        assert_ok(ad_grad(f->g, scalar, AD_NONE, n, wrt, gradient));
        check_scalar(f->g, f->n, scalar, n, wrt, v, gradient, &worst);
        assert_near(worst.error, 0, CHECK_TOLERANCE);
        /* a projection of the gradient */
        for (size_t k = 0; k < n; k++) {
            const ad_node part = ad_sum_all(
                f->g, ad_mul(f->g, gradient[k],
                             ad_shift(f->g, ad_sin(f->g, wrt[k]), 1.3)));

            next = k ? ad_add(f->g, next, part) : part;
        }
        scalar = next;
    }
}

static void check(const vae_choice *c, const char *size, int flags, double lo,
                  double hi)
{
    for (int masked = 0; masked <= 1; masked++) {
        graph f;

        graph_open(&f, c, size, flags, masked, lo, hi, 1.9);
        check_orders(&f);
        graph_close(&f);
    }
}

static void gradients_of_a_bernoulli_are_right(void **state)
{
    const vae_choice c = evaluate_choice(VAE_BERNOULLI);

    (void)state;
    check(&c, "3", 0, 0, 1);
}

static void gradients_of_a_categorical_are_right(void **state)
{
    const int32_t kinds[2] = {GENMOD_CATEGORICAL, GENMOD_CATEGORICAL};
    const int32_t levels[2] = {4, 4};
    vae_choice c = evaluate_choice(VAE_CATEGORICAL);

    (void)state;
    c.kinds = kinds;
    c.levels = levels;
    check(&c, "2", 0, 0, 3.9);
}

static void gradients_of_a_gaussian_are_right(void **state)
{
    vae_choice c = evaluate_choice(VAE_GAUSSIAN);

    (void)state;
    for (c.sigma = VAE_SIGMA_FIXED; c.sigma <= VAE_SIGMA_OPTIMAL; c.sigma++)
        for (c.shared = 0; c.shared <= 1; c.shared++)
            check(&c, "3", NN_TRAIN, -0.9, 1.4);
}

static void gradients_of_a_discretised_logistic_are_right(void **state)
{
    vae_choice c = evaluate_choice(VAE_DISCRETISED_LOGISTIC);

    (void)state;
    c.grid = 5;
    check(&c, "4", 0, 0, 1.1);
    c.shared = 1;
    check(&c, "4", 0, 0, 1.1);
}

static void gradients_of_counts_are_right(void **state)
{
    const vae_choice poisson = evaluate_choice(VAE_POISSON);
    vae_choice c = evaluate_choice(VAE_NEGATIVE_BINOMIAL);

    (void)state;
    check(&poisson, "4", 0, 0, 4.9);
    check(&poisson, "4", 0, 3, 40);
    check(&c, "4", 0, 0, 4.9);
    check(&c, "4", 0, 3, 40);
    c.shared = 1;
    check(&c, "4", 0, 0, 14);
}

/* ---- far out ------------------------------------------------------------- */

/* Values and gradients in f32 for all parameters at +-1e4 and store variables
 * anywhere. */
static void far_out(vae_choice c, double cell, double stored)
{
    ad_target target[3] = {{AD_OUTPUT, AD_NONE, 0}, {AD_OUTPUT, AD_NONE, 0}};
    const float extremes[4] = {-1e4f, 1e4f, -9999.5f, 0};
    evaluation e;

    evaluate_open(&e, GENMOD_F32, 4, 1, &c, "1");
    ad_graph *g;
    assert_ok(ad_graph_new(4, &g, e.w));
    nn_pass pass = {.g = g, .s = e.s, .flags = NN_TRAIN};
    const ad_node y = ad_input(g, "y", ad_rows(g, 1, 1, 2, &e.l.params));
    const vae_rows r = {ad_input(g, "x", nn_size_rows(g, &e.l.size)), AD_NONE,
                        AD_NONE};
    const int32_t variable = e.l.block[0].variable;
    const ad_node wrt[2] = {y,
                            variable < 0 ? y : ad_variable(g, e.s, variable)};
    ad_node gradient[2];

    target[0].node = vae_log_density(&e.l, &pass, y, &r);
    assert_ok(ad_grad(g, target[0].node, AD_NONE, 2, wrt, gradient));
    target[1].node = gradient[0];
    target[2] = (ad_target){AD_GRAD, gradient[1], variable};
    assert_ok(ad_compile(g, e.s, variable < 0 ? 2 : 3, target, &e.p, e.w));
    ad_graph_free(g);
    e.arena = base_alloc(e.w, ad_program_bytes(e.p, 1), 1);
    if (variable >= 0)
        evaluate_set(&e, variable, stored);
    const size_t params = (size_t)e.l.params;
    double x[4], rows[4 * 8];
    for (size_t i = 0; i < 4; i++) {
        x[i] = cell;
        for (size_t k = 0; k < params; k++)
            rows[i * params + k] = (double)extremes[(i + k) % 4];
    }
    evaluate_run(&e, 4, rows, x, NULL, NULL);
    const float *const p = ad_program_output(e.p, 0, e.arena);
    const float *const dy = ad_program_output(e.p, 1, e.arena);
    for (size_t i = 0; i < 4; i++) {
        assert_true(isfinite(p[i]));
        for (size_t k = 0; k < params; k++)
            assert_true(isfinite(dy[i * params + k]));
    }
    if (variable >= 0)
        assert_true(isfinite(*(float *)ad_store_grad(e.s, (size_t)variable)));
    evaluate_close(&e);
}

static void all_is_finite_far_out(void **state)
{
    const int32_t kinds[1] = {GENMOD_CATEGORICAL}, levels[1] = {4};
    const double stored[] = {-1e4, -20, 0.3, 20, 1e4};
    vae_choice c = evaluate_choice(VAE_AUTO);

    (void)state;
    c.kinds = kinds;
    c.levels = levels;
    far_out(c, 2, 0);
    far_out(evaluate_choice(VAE_BERNOULLI), 1, 0);
    far_out(evaluate_choice(VAE_POISSON), 0, 0);
    far_out(evaluate_choice(VAE_POISSON), 0x1p24, 0);
    for (size_t i = 0; i < 5; i++) {
        far_out(evaluate_choice(VAE_NEGATIVE_BINOMIAL), 0, stored[i]);
        far_out(evaluate_choice(VAE_NEGATIVE_BINOMIAL), 0x1p24, stored[i]);
        far_out(evaluate_choice(VAE_DISCRETISED_LOGISTIC), 0, stored[i]);
        far_out(evaluate_choice(VAE_DISCRETISED_LOGISTIC), 0x33 / 255.0,
                stored[i]);
        far_out(evaluate_choice(VAE_DISCRETISED_LOGISTIC), 1, stored[i]);
    }
    for (int32_t sigma = VAE_SIGMA_FIXED; sigma <= VAE_SIGMA_OPTIMAL; sigma++)
        for (size_t i = 0; i < 5; i++) {
            c = evaluate_choice(VAE_GAUSSIAN);
            c.sigma = sigma;
            far_out(c, -3, stored[i]);
        }
}

/* Where a decoder has gone past the bound of a log rate the gradient is that at
 * the bound: it is called back. */
static void a_log_rate_past_its_bound_is_called_back(void **state)
{
    const vae_choice c = evaluate_choice(VAE_POISSON);
    graph f;

    (void)state;
    graph_open(&f, &c, "1", 0, 0, 3, 7, 1);
    ad_node gradient;
    long double v[ROWS * COPIES];
    assert_ok(ad_grad(f.g, f.density, AD_NONE, 1, &f.y, &gradient));
    for (size_t i = 0; i < ROWS * COPIES; i++)
        v[i] = i ? 1e4L : 20;
    naive_give(f.n, f.y, v);
    const long double *const d = naive_value(f.n, gradient);
    assert_true(d[0] < -4e8L && d[0] > -5e8L);
    assert_near(d[1], d[0], 1e-6);
    graph_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_a_bernoulli_are_right),
        cmocka_unit_test(gradients_of_a_categorical_are_right),
        cmocka_unit_test(gradients_of_a_gaussian_are_right),
        cmocka_unit_test(gradients_of_a_discretised_logistic_are_right),
        cmocka_unit_test(gradients_of_counts_are_right),
        cmocka_unit_test(all_is_finite_far_out),
        cmocka_unit_test(a_log_rate_past_its_bound_is_called_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
