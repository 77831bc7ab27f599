/* The kernel distance: against a plain computation, its population values, and
 * whether its error holds. */
#include "measure/fixture.h"

static double kernel(size_t d, const double *x, const double *y)
{
    double sum = 0;
    for (size_t c = 0; c < d; c++)
        sum += x[c] * y[c];
    return pow(sum / (double)d + 1, 3);
}

static double mean_within(size_t d, size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            sum += i == j ? 0 : kernel(d, x + i * d, x + j * d);
    return sum / (double)(n * (n - 1));
}

static double plain(size_t d, size_t m, const double *x, size_t n,
                    const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += kernel(d, x + i * d, y + j * d);
    return mean_within(d, m, x) + mean_within(d, n, y) -
           2 * sum / (double)(m * n);
}

static void it_agrees_with_a_plain_computation(void **state)
{
    (void)state;
    enum { m = 617, n = 283, most = 27 };
    static double a[m * most], b[n * most];
    for (size_t d = 1; d <= most; d += 13) {
        double v;
        fixture_sample(m, d, d, 0, a);
        fixture_sample(n, d, 2 * d, 0.7, b);
        genmod_data *const x = fixture_view(m, d, a);
        genmod_data *const y = fixture_view(n, d, b);
        assert_ok(genmod_sample_kid(x, y, &v, NULL, NULL));
        assert_near(v, plain(d, m, a, n, b), 1e-10);
        genmod_data_free(y);
        genmod_data_free(x);
    }
}

/* Of unit normals |mu|^2 = 1 apart: 22 on a line, 1.328125 in four columns. */
static void population_values_lie_within_the_error(void **state)
{
    (void)state;
    enum { n = 3000, most = 4 };
    static double a[n * most], b[n * most];
    for (size_t d = 1; d <= most; d += 3) {
        double v, error;
        fixture_sample(n, d, 3, 0, a);
        fixture_sample(n, d, 5, 1, b);
        genmod_data *const x = fixture_view(n, d, a);
        genmod_data *const y = fixture_view(n, d, b);
        assert_ok(genmod_sample_kid(x, y, &v, &error, NULL));
        print_message("  %zu columns: %.3f +- %.3f\n", d, v, error);
        assert_near(v, d == 1 ? 22 : 1.328125, 3 * error);
        assert_true(error < (d == 1 ? 3 : 0.15));
        genmod_data_free(y);
        genmod_data_free(x);
    }
}

/* The variance, over 200 samples, that the error claims: where they differ the
 * rows decide it, where they do not the pairs. The ratio of two such variances
 * is off by some 0.15; where nothing differs what is kept from falling below 0
 * adds up to a half. */
static void the_error_is_the_deviation_over_samples(void **state)
{
    (void)state;
    enum { m = 60, n = 90, d = 3, seeds = 200 };
    static double a[m * d], b[n * d];
    for (int moved = 0; moved < 2; moved++) {
        double sum = 0, square = 0, claimed = 0;
        for (uint64_t seed = 0; seed < seeds; seed++) {
            double v, error;
            fixture_sample(m, d, 2 * seed, 0, a);
            fixture_sample(n, d, 2 * seed + 1, moved, b);
            genmod_data *const x = fixture_view(m, d, a);
            genmod_data *const y = fixture_view(n, d, b);
            assert_ok(genmod_sample_kid(x, y, &v, &error, NULL));
            sum += v / seeds;
            square += v * v / seeds;
            claimed += error * error / seeds;
            genmod_data_free(y);
            genmod_data_free(x);
        }
        const double ratio = claimed / (square - sum * sum);
        print_message("  moved by %d: %.3f of the variance\n", moved, ratio);
        assert_true(ratio > 0.6 && ratio < (moved ? 1.6 : 2.2));
    }
}

static int32_t call(const genmod_data *x, const genmod_data *y, double *out,
                    genmod_workspace *w)
{
    return genmod_sample_kid(x, y, out, out + 1, w);
}

static void results_do_not_depend_on_threads_or_source(void **state)
{
    (void)state;
    fixture_check_bits(call);
}

static void bad_data_are_refused_by_name(void **state)
{
    (void)state;
    fixture_check_data(call);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_threads(1);
    static const double a[3] = {1, 2, 4}, huge[2] = {1e60, -1e60};
    double out = 2.385;
    genmod_data *const x = fixture_view(3, 1, a);
    genmod_data *const one = fixture_view(1, 1, a);
    genmod_data *const far = fixture_view(2, 1, huge);
    assert_status(genmod_sample_kid(x, x, NULL, NULL, w), GENMOD_BAD_ARGUMENT,
                  w);
    assert_error_names(w, "out is NULL");
    assert_status(genmod_sample_kid(one, x, &out, NULL, w), GENMOD_BAD_ARGUMENT,
                  w);
    assert_error_names(w, "x has 1 row; it must have 2 at least");
    assert_status(genmod_sample_kid(x, far, &out, NULL, w), GENMOD_BREAKDOWN,
                  w);
    assert_error_names(w, "the kernel leaves the range of doubles");
    assert_true(out == 2.385);
    genmod_data_free(far);
    genmod_data_free(one);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_a_plain_computation),
        cmocka_unit_test(population_values_lie_within_the_error),
        cmocka_unit_test(the_error_is_the_deviation_over_samples),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
