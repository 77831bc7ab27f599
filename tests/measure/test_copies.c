/* Copies of training rows: against a plain computation, and what the test says
 * of honest generators and of others. */
#include "measure/fixture.h"

static double square(size_t d, const double *x, const double *y)
{
    double sum = 0;
    for (size_t c = 0; c < d; c++)
        sum += (x[c] - y[c]) * (x[c] - y[c]);
    return sum;
}

/* The nearest of m rows to y, without row `own`. */
static size_t nearest(size_t d, size_t m, const double *x, const double *y,
                      size_t own, double *least)
{
    size_t at = m;
    *least = INFINITY;
    for (size_t i = 0; i < m; i++) {
        const double q = square(d, x + i * d, y);
        if (i != own && q < *least) {
            *least = q;
            at = i;
        }
    }
    return at;
}

static double plain(size_t d, size_t m, const double *x, size_t n,
                    const double *y)
{
    size_t copies = 0;
    for (size_t j = 0; j < n; j++) {
        double to, fellow;
        const size_t i = nearest(d, m, x, y + j * d, m, &to);
        nearest(d, m, x, x + i * d, i, &fellow);
        copies += to == 0 || to < fellow;
    }
    return (double)copies / (double)n;
}

/* C(n, a) C(q, b) / C(n + q, a + b), summed from a upward. */
static double fisher(size_t n, size_t a, size_t q, size_t b)
{
    double sum = 0;
    for (size_t t = a; t <= n && t <= a + b; t++)
        if (a + b - t <= q)
            sum +=
                exp(lgamma((double)n + 1) - lgamma((double)t + 1) -
                    lgamma((double)(n - t) + 1) + lgamma((double)q + 1) -
                    lgamma((double)(a + b - t) + 1) -
                    lgamma((double)(q + t - a - b) + 1) -
                    lgamma((double)(n + q) + 1) + lgamma((double)(a + b) + 1) +
                    lgamma((double)(n + q - a - b) + 1));
    return sum;
}

static void shares_and_the_test_agree_with_a_plain_computation(void **state)
{
    (void)state;
    enum { m = 500, q = 170, n = 283, most = 20, equal = 9 };
    static double a[m * most], b[q * most], c[n * most];
    for (size_t d = 2; d <= most; d += 9) {
        double out[3], error[3], p;
        fixture_sample(m, d, d, 0, a);
        fixture_sample(q, d, 2 * d, 0, b);
        fixture_sample(n, d, 3 * d, 0, c);
        memcpy(c, a, equal * d * sizeof *a);
        for (size_t i = equal * d; i < 60 * d; i++)
            c[i] = a[i] + 0.02 * c[i];
        genmod_data *const x = fixture_view(m, d, a);
        genmod_data *const h = fixture_view(q, d, b);
        genmod_data *const y = fixture_view(n, d, c);
        assert_ok(genmod_sample_copies(x, h, y, out, error, &p, NULL));
        assert_near(out[0], plain(d, m, a, n, c), 1e-15);
        assert_near(out[1], plain(d, m, a, q, b), 1e-15);
        assert_near(out[2], (double)equal / n, 1e-15);
        const double want = fisher(n, (size_t)(out[0] * n + 0.5), q,
                                   (size_t)(out[1] * q + 0.5));
        assert_near(p, want, 1e-9 * want);
        assert_near(error[0], sqrt(out[0] * (1 - out[0]) / n), 1e-3);
        genmod_data_free(y);
        genmod_data_free(h);
        genmod_data_free(x);
    }
}

/* 60 honest generators, 60 that give a fifth of their rows again with noise. An
 * exact test's p is at most .05 no oftener than 1 in 20: of 60, more than 9
 * with a chance of 1e-3. */
static void only_who_remembers_is_found(void **state)
{
    (void)state;
    enum { m = 150, n = 100, d = 3, seeds = 60 };
    static double a[m * d], b[n * d], c[n * d];
    int accused = 0, found = 0;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        double out[3], p;
        fixture_sample(m, d, 3 * seed, 0, a);
        fixture_sample(n, d, 3 * seed + 1, 0, b);
        fixture_sample(n, d, 3 * seed + 2, 0, c);
        genmod_data *const x = fixture_view(m, d, a);
        genmod_data *const h = fixture_view(n, d, b);
        genmod_data *const y = fixture_view(n, d, c);
        assert_ok(genmod_sample_copies(x, h, y, out, NULL, &p, NULL));
        accused += p <= 0.05;
        for (size_t i = 0; i < n / 3 * d; i++)
            c[i] = a[i] + 0.01 * c[i];
        assert_ok(genmod_sample_copies(x, h, y, out, NULL, &p, NULL));
        found += p <= 0.05;
        genmod_data_free(y);
        genmod_data_free(h);
        genmod_data_free(x);
    }
    print_message("  accused: %d, found: %d of %d\n", accused, found, seeds);
    assert_true(accused <= 9);
    assert_true(found >= 40);
}

static int32_t call(const genmod_data *x, const genmod_data *y, double *out,
                    genmod_workspace *w)
{
    return genmod_sample_copies(x, y, y, out, NULL, NULL, w);
}

static void results_do_not_depend_on_threads_or_source(void **state)
{
    (void)state;
    fixture_check_bits(call);
}

static void bad_data_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_threads(1);
    static double a[40], huge[2] = {1e200, -1e200};
    double out[3] = {2.385, 2.385, 2.385};
    fixture_sample(20, 2, 3, 0, a);
    genmod_data *const x = fixture_view(20, 2, a);
    genmod_data *const one = fixture_view(1, 2, a);
    genmod_data *const line = fixture_view(40, 1, a);
    genmod_data *const far = fixture_view(1, 2, huge);
    const struct {
        const genmod_data *train, *held, *y;
        double *out;
        int32_t status;
        const char *text;
    } bad[] = {
        {NULL, x, x, out, GENMOD_BAD_ARGUMENT, "train is NULL"},
        {x, NULL, x, out, GENMOD_BAD_ARGUMENT, "held is NULL"},
        {x, x, NULL, out, GENMOD_BAD_ARGUMENT, "y is NULL"},
        {x, line, x, out, GENMOD_BAD_ARGUMENT, "held has 1 columns; train has"},
        {x, x, line, out, GENMOD_BAD_ARGUMENT, "y has 1 columns; train has 2"},
        {one, x, x, out, GENMOD_BAD_ARGUMENT, "train has 1 row; it must have"},
        {x, x, x, NULL, GENMOD_BAD_ARGUMENT, "out is NULL"},
        {x, x, far, out, GENMOD_BREAKDOWN, "row 0 of y has no neighbour"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_sample_copies(bad[i].train, bad[i].held, bad[i].y,
                                           bad[i].out, NULL, NULL, w),
                      bad[i].status, w);
        assert_error_names(w, bad[i].text);
    }
    a[5] = NAN;
    assert_status(genmod_sample_copies(x, x, x, out, NULL, NULL, w),
                  GENMOD_NON_FINITE, w);
    assert_error_names(w, "train: the cell in row 2, column 1 is nan");
    assert_true(out[0] == 2.385 && out[2] == 2.385);
    genmod_data_free(far);
    genmod_data_free(line);
    genmod_data_free(one);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_and_the_test_agree_with_a_plain_computation),
        cmocka_unit_test(only_who_remembers_is_found),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
