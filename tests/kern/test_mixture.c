#include "tables.h"

#include "support/naive.h"

#define MOST 70 /* columns */

static const size_t dimensions[] = {1, 2, 3, 5, 6, 8, 13, 32, 64, 65, MOST};
static const size_t row_counts[] = {1, 16, 17, 100, 129, KERN_ROWS};

/* Rows and a component, as the table's elements and as the same doubles. */
typedef struct problem {
    size_t d;
    double x[KERN_ROWS * MOST], mu[MOST], u[MOST * MOST], scale[MOST];
    double r[KERN_ROWS];
    void *panel, *tmu, *tu, *tscale, *tr, *l;
} problem;

static void *widened(const kern_ops *ops, size_t n, uint64_t seed, double *wide)
{
    void *const p = random_elements(ops, n, seed);

    for (size_t i = 0; i < n; i++)
        wide[i] = get(ops, p, i);
    return p;
}

/* Everything below the diagonal of U is NaN: nothing may read it. Rows stand
 * off the mean, so that a mean forgotten shows. */
static problem *problem_new(const kern_ops *ops, size_t d)
{
    problem *const p = calloc(1, sizeof *p);
    uint64_t seed = 4711 + d;

    assert_non_null(p);
    p->d = d;
    p->panel = elements(ops, d * KERN_ROWS);
    for (size_t c = 0; c < d; c++)
        for (size_t i = 0; i < KERN_ROWS; i++) {
            p->x[i * d + c] = uneven(&seed) + 0.75;
            put(ops, p->panel, c * KERN_ROWS + i, p->x[i * d + c]);
        }
    p->tmu = widened(ops, d, 3, p->mu);
    p->tscale = widened(ops, d, 4, p->scale);
    p->tu = widened(ops, d * d, 5, p->u);
    for (size_t a = 1; a < d; a++)
        for (size_t b = 0; b < a; b++)
            put(ops, p->tu, a * d + b, (double)NAN);
    p->tr = widened(ops, KERN_ROWS, 6, p->r);
    p->l = elements(ops, KERN_ROWS);
    return p;
}

static void problem_free(problem *p)
{
    free(p->l);
    free(p->tr);
    free(p->tu);
    free(p->tscale);
    free(p->tmu);
    free(p->panel);
    free(p);
}

typedef void (*check)(const kern_ops *ops, problem *p);

static void for_each_problem(check f)
{
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
            problem *const p = problem_new(ops[t], dimensions[i]);

            f(ops[t], p);
            problem_free(p);
        }
    }
}

static size_t padded(size_t m)
{
    return (m + 15) / 16 * 16;
}

/* |delta| < 3 and |u| <= 1, so that |y| <= 3 d, and the d + 1 roundings of y,
 * twice in y^2, and those of the sum come to less than this. */
static double quad_tolerance(const kern_ops *ops, size_t d)
{
    const double n = (double)d;

    return epsilon(ops) * (100 + 9 * n * n * (3 * n + 4));
}

static void check_quad_full(const kern_ops *ops, problem *p)
{
    for (size_t k = 0; k < sizeof row_counts / sizeof *row_counts; k++) {
        const size_t m = row_counts[k];

        put(ops, p->l, padded(m) % KERN_ROWS, -3.5);
        ops->quad_full(p->d, m, p->panel, p->tmu, p->tu, 11.25, p->l);
        for (size_t i = 0; i < m; i++)
            assert_near(
                get(ops, p->l, i),
                11.25 - naive_quad_full(p->d, p->x + i * p->d, p->mu, p->u) / 2,
                quad_tolerance(ops, p->d));
        if (padded(m) < KERN_ROWS)
            assert_true(get(ops, p->l, padded(m)) == -3.5);
    }
}

static void quad_full_equals_the_definition(void **state)
{
    (void)state;
    for_each_problem(check_quad_full);
}

static void check_quad_diag(const kern_ops *ops, problem *p)
{
    for (size_t k = 0; k < sizeof row_counts / sizeof *row_counts; k++) {
        const size_t m = row_counts[k];

        put(ops, p->l, padded(m) % KERN_ROWS, -3.5);
        ops->quad_diag(p->d, m, p->panel, p->tmu, p->tscale, -2.75, p->l);
        for (size_t i = 0; i < m; i++)
            assert_near(
                get(ops, p->l, i),
                -2.75 -
                    naive_quad_diag(p->d, p->x + i * p->d, p->mu, p->scale) / 2,
                quad_tolerance(ops, p->d));
        if (padded(m) < KERN_ROWS)
            assert_true(get(ops, p->l, padded(m)) == -3.5);
    }
}

static void quad_diag_equals_the_definition(void **state)
{
    (void)state;
    for_each_problem(check_quad_diag);
}

/* The panel turned by `by` rows, in a new panel. */
static void *turned(const kern_ops *ops, const problem *p, size_t by)
{
    void *const out = elements(ops, p->d * KERN_ROWS);

    for (size_t c = 0; c < p->d; c++)
        for (size_t i = 0; i < KERN_ROWS; i++)
            put(ops, out, c * KERN_ROWS + (i + by) % KERN_ROWS,
                p->x[i * p->d + c]);
    return out;
}

static void check_row_bits(const kern_ops *ops, problem *p)
{
    const size_t bytes = ops->bytes;
    char *const full = elements(ops, KERN_ROWS);
    char *const diag = elements(ops, KERN_ROWS), *const l = p->l;

    ops->quad_full(p->d, KERN_ROWS, p->panel, p->tmu, p->tu, 0.5, full);
    ops->quad_diag(p->d, KERN_ROWS, p->panel, p->tmu, p->tscale, 0.5, diag);
    for (size_t by = 0; by < KERN_ROWS; by += 37) {
        void *const panel = turned(ops, p, by);

        for (size_t m = by + 1; m <= KERN_ROWS; m += 29) {
            ops->quad_full(p->d, m, panel, p->tmu, p->tu, 0.5, l);
            assert_memory_equal(l + by * bytes, full, (m - by) * bytes);
            ops->quad_diag(p->d, m, panel, p->tmu, p->tscale, 0.5, l);
            assert_memory_equal(l + by * bytes, diag, (m - by) * bytes);
        }
        free(panel);
    }
    free(diag);
    free(full);
}

static void densities_of_a_row_have_the_same_bits_in_any_place(void **state)
{
    (void)state;
    for_each_problem(check_row_bits);
}

/* Log densities of k components, 40 below each other's reach now and then. */
static void densities(const kern_ops *ops, size_t k, void *l, double *wide)
{
    uint64_t seed = 12;

    for (size_t i = 0; i < k * KERN_ROWS; i++) {
        const double u = uneven(&seed);

        put(ops, l, i, i % 7 == 3 ? 300 * u - 1800 : 4 * u - 1500);
        wide[i] = get(ops, l, i);
    }
}

static void check_posterior(const kern_ops *ops, size_t k, size_t m)
{
    void *const l = elements(ops, k * KERN_ROWS);
    double *const wide = malloc(k * KERN_ROWS * sizeof *wide);
    double weight[KERN_ROWS], total[KERN_ROWS + 1];
    uint64_t seed = 5;

    assert_non_null(wide);
    densities(ops, k, l, wide);
    for (size_t i = 0; i < m; i++)
        weight[i] = 2 + uneven(&seed);
    total[m] = 55.5;
    ops->posterior(k, m, l, weight, total);
    assert_true(total[m] == 55.5);
    for (size_t i = 0; i < m; i++) {
        const double exact = (double)naive_logsumexp(k, KERN_ROWS, wide + i);

        /* The sum is right to k roundings, and so is its logarithm. */
        assert_near(total[i], exact,
                    (4 + (double)k) * 2 * epsilon(ops) + 1500 * 0x1p-52);
        for (size_t j = 0; j < k; j++)
            assert_near(get(ops, l, j * KERN_ROWS + i),
                        weight[i] * exp(wide[j * KERN_ROWS + i] - exact),
                        3 * (12 + (double)k) * epsilon(ops) + 1e-12);
    }
    for (size_t j = 0; j < k; j++)
        for (size_t i = m; i < padded(m); i++)
            assert_true(get(ops, l, j * KERN_ROWS + i) == 0);
    free(wide);
    free(l);
}

static void posterior_equals_the_definition(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (size_t k = 1; k < 40; k += 7)
            for (size_t i = 0; i < sizeof row_counts / sizeof *row_counts; i++)
                check_posterior(ops[t], k, row_counts[i]);
}

static void posterior_without_weights_leaves_the_densities(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const l = elements(ops[t], 3 * KERN_ROWS);
        double wide[3 * KERN_ROWS], with[50], without[50], weight[50];

        densities(ops[t], 3, l, wide);
        ops[t]->posterior(3, 50, l, NULL, without);
        for (size_t i = 0; i < 3 * KERN_ROWS; i++)
            assert_true(get(ops[t], l, i) == wide[i]);
        for (size_t i = 0; i < 50; i++)
            weight[i] = 1.5;
        ops[t]->posterior(3, 50, l, weight, with);
        assert_memory_equal(with, without, sizeof with);
        free(l);
    }
}

static void posterior_takes_densities_of_zero(void **state)
{
    const double none = -(double)INFINITY;
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const l = elements(ops[t], 2 * KERN_ROWS);
        double total[2];
        const double weight[2] = {1.25, 2.5};

        put(ops[t], l, 0, none);
        put(ops[t], l, KERN_ROWS, none);
        put(ops[t], l, 1, none);
        put(ops[t], l, KERN_ROWS + 1, -3.5);
        ops[t]->posterior(2, 2, l, weight, total);
        assert_true(total[0] == none && total[1] == -3.5);
        assert_true(get(ops[t], l, 0) == 0 && get(ops[t], l, KERN_ROWS) == 0);
        assert_true(get(ops[t], l, 1) == 0);
        assert_true(get(ops[t], l, KERN_ROWS + 1) == 2.5);
        free(l);
    }
}

typedef struct sums {
    double s0, s1[MOST], s2[MOST * MOST];
} sums;

/* Rows from m on weigh nothing, as the panel's padding. */
static void pad_weights(const kern_ops *ops, problem *p, size_t m)
{
    for (size_t i = 0; i < KERN_ROWS; i++)
        put(ops, p->tr, i, i < m ? p->r[i] : 0);
}

static void start_sums(sums *s)
{
    uint64_t seed = 8;

    s->s0 = 0.375;
    for (size_t i = 0; i < MOST; i++)
        s->s1[i] = uneven(&seed);
    for (size_t i = 0; i < MOST * MOST; i++)
        s->s2[i] = uneven(&seed);
}

/* What the sums ought to have grown by, and what they grew by. */
static void check_sums(const kern_ops *ops, const problem *p, size_t m,
                       const sums *s, int diagonal)
{
    /* 256 terms below 9, added in lanes of at least 2. */
    const double tolerance = 9 * KERN_ROWS * 130 * epsilon(ops);
    const size_t d = p->d;
    long double *const s1 = calloc(d, sizeof *s1);
    long double *const s2 = calloc(d * d, sizeof *s2), s0 = 0;
    sums *const start = malloc(sizeof *start);

    assert_true(s1 && s2 && start);
    start_sums(start);
    naive_moments(m, d, p->x, p->mu, p->r, &s0, s1, s2);
    assert_near(s->s0 - start->s0, s0, tolerance);
    for (size_t a = 0; a < d; a++) {
        assert_near(s->s1[a] - start->s1[a], s1[a], tolerance);
        for (size_t b = a; b < d; b++) {
            const size_t to = diagonal ? a : a * d + b;

            if (!diagonal || a == b)
                assert_near(s->s2[to] - start->s2[to], s2[a * d + b],
                            tolerance);
        }
        for (size_t b = 0; b < a && !diagonal; b++)
            assert_true(s->s2[a * d + b] == start->s2[a * d + b]);
    }
    free(start);
    free(s2);
    free(s1);
}

static void check_moments(const kern_ops *ops, problem *p)
{
    sums *const s = malloc(sizeof *s);

    assert_non_null(s);
    for (size_t k = 0; k < sizeof row_counts / sizeof *row_counts; k++) {
        const size_t m = row_counts[k];

        pad_weights(ops, p, m);
        start_sums(s);
        ops->moments_full(p->d, m, p->panel, p->tmu, p->tr, 0, p->d, &s->s0,
                          s->s1, s->s2);
        check_sums(ops, p, m, s, 0);
        start_sums(s);
        ops->moments_diag(p->d, m, p->panel, p->tmu, p->tr, &s->s0, s->s1,
                          s->s2);
        check_sums(ops, p, m, s, 1);
    }
    free(s);
}

static void moments_equal_the_definition(void **state)
{
    (void)state;
    for_each_problem(check_moments);
}

/* About 0, five components at once and one by one: the same bits. */
static void check_origin(const kern_ops *ops, problem *p)
{
    enum { COUNT = 5 };
    sums *const alone = malloc(sizeof *alone);
    double *const s1 = calloc(COUNT * p->d, sizeof *s1);
    double *const s2 = calloc(COUNT * p->d, sizeof *s2), s0[COUNT] = {0};
    void *const shares = random_elements(ops, COUNT * KERN_ROWS, 31);

    assert_true(alone && s1 && s2);
    memset(p->mu, 0, sizeof p->mu);
    ops->moments_origin(p->d, KERN_ROWS, COUNT, p->panel, shares, s0, s1, s2);
    for (size_t j = 0; j < COUNT; j++) {
        start_sums(alone);
        for (size_t i = 0; i < KERN_ROWS; i++) {
            p->r[i] = get(ops, shares, j * KERN_ROWS + i);
            put(ops, p->tr, i, p->r[i]);
        }
        ops->moments_origin(p->d, KERN_ROWS, 1, p->panel, p->tr, &alone->s0,
                            alone->s1, alone->s2);
        check_sums(ops, p, KERN_ROWS, alone, 1);
        memset(alone, 0, sizeof *alone);
        ops->moments_origin(p->d, KERN_ROWS, 1, p->panel, p->tr, &alone->s0,
                            alone->s1, alone->s2);
        assert_memory_equal(&alone->s0, s0 + j, sizeof *s0);
        assert_memory_equal(alone->s1, s1 + j * p->d, p->d * sizeof *s1);
        assert_memory_equal(alone->s2, s2 + j * p->d, p->d * sizeof *s2);
    }
    free(shares);
    free(s2);
    free(s1);
    free(alone);
}

static void moments_about_the_origin_equal_the_definition(void **state)
{
    (void)state;
    for_each_problem(check_origin);
}

static void check_moment_parts(const kern_ops *ops, problem *p)
{
    sums *const whole = malloc(sizeof *whole), *const parts =
                                                   malloc(sizeof *parts);

    assert_true(whole && parts);
    start_sums(whole);
    start_sums(parts);
    ops->moments_full(p->d, KERN_ROWS, p->panel, p->tmu, p->tr, 0, p->d,
                      &whole->s0, whole->s1, whole->s2);
    for (size_t lo = 0; lo < p->d; lo += 24) {
        const size_t hi = lo + 24 < p->d ? lo + 24 : p->d;

        ops->moments_full(p->d, KERN_ROWS, p->panel, p->tmu, p->tr, lo, hi,
                          &parts->s0, parts->s1, parts->s2);
    }
    assert_memory_equal(parts, whole, sizeof *parts);
    free(parts);
    free(whole);
}

static void moments_by_parts_have_the_bits_of_the_whole(void **state)
{
    (void)state;
    for_each_problem(check_moment_parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quad_full_equals_the_definition),
        cmocka_unit_test(quad_diag_equals_the_definition),
        cmocka_unit_test(densities_of_a_row_have_the_same_bits_in_any_place),
        cmocka_unit_test(posterior_equals_the_definition),
        cmocka_unit_test(posterior_without_weights_leaves_the_densities),
        cmocka_unit_test(posterior_takes_densities_of_zero),
        cmocka_unit_test(moments_equal_the_definition),
        cmocka_unit_test(moments_about_the_origin_equal_the_definition),
        cmocka_unit_test(moments_by_parts_have_the_bits_of_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
