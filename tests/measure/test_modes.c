/* Modes of a known mixture: counts against a plain computation, and what a
 * perfect generator scores. */
#include "measure/fixture.h"

#define K 8

static double mean[K * 2], deviation[K * 2];

static void ring(double sigma)
{
    for (size_t j = 0; j < K; j++) {
        mean[2 * j] = cos(6.283185307179586 * (double)j / K);
        mean[2 * j + 1] = sin(6.283185307179586 * (double)j / K);
        deviation[2 * j] = deviation[2 * j + 1] = sigma;
    }
}

/* Draws of the ring; `share` of mode 0, the rest alike. */
static void draw(size_t n, uint64_t seed, double share, double sigma, double *x)
{
    fixture_sample(n, 2, seed, 0, x);
    seed = seed * 77 + 1;
    for (size_t i = 0; i < n; i++) {
        const double u = fixture_uniform(&seed);
        const size_t j =
            u < share
                ? 0
                : 1 + (size_t)((u - share) / (1 - share) * (K - 1)) % (K - 1);
        for (size_t c = 0; c < 2; c++)
            x[2 * i + c] = mean[2 * j + c] + sigma * x[2 * i + c];
    }
}

static void counts_agree_with_a_plain_computation(void **state)
{
    (void)state;
    enum { n = 617, k = 5, most = 7 };
    static double x[n * most], at[k * most], scale[k * most];
    for (size_t d = 1; d <= most; d += 3) {
        int64_t count[k], want[k] = {0};
        double out[3], all[k] = {0}, kl = 0, good = 0, hit = 0;
        static const double share[k] = {0.25, 0.125, 0.125, 0.375, 0.125};
        uint64_t seed = 11 + d;
        fixture_sample(n, d, d, 0, x);
        fixture_sample(k, d, 2 * d, 0, at);
        for (size_t i = 0; i < k * d; i++)
            scale[i] = 0.2 + fixture_uniform(&seed);
        for (size_t i = 0; i < n; i++) {
            double least = INFINITY;
            size_t best = 0;
            for (size_t j = 0; j < k; j++) {
                double sum = 0;
                for (size_t c = 0; c < d; c++)
                    sum += pow(
                        (x[i * d + c] - at[j * d + c]) / scale[j * d + c], 2);
                if (sum < least) {
                    least = sum;
                    best = j;
                }
            }
            all[best]++;
            want[best] += least <= 1.5 * 1.5;
        }
        genmod_data *const y = fixture_view(n, d, x);
        assert_ok(genmod_sample_modes(y, k, at, scale, share, 1.5, count, out,
                                      NULL, NULL, NULL));
        for (size_t j = 0; j < k; j++) {
            assert_int_equal(count[j], want[j]);
            good += (double)want[j];
            hit += want[j] > 0;
            kl += all[j] > 0 ? all[j] / n * log(all[j] / n / share[j]) : 0;
        }
        assert_near(out[0], hit, 0);
        assert_near(out[1], good / n, 1e-15);
        assert_near(out[2], kl, 1e-13);
        genmod_data_free(y);
    }
}

/* 98.89 % within three deviations, and (8 - 1) / (2 n) nats: within four of
 * their deviations over 40 samples of 500. */
static void a_perfect_generator_scores_what_is_expected(void **state)
{
    (void)state;
    enum { n = 500, seeds = 40 };
    static double x[n * 2];
    double sum[3] = {0}, expected[3], claimed[3] = {0}, square[3] = {0};
    ring(0.01);
    for (uint64_t seed = 0; seed < seeds; seed++) {
        double out[3], error[3];
        draw(n, seed, 0.125, 0.01, x);
        genmod_data *const y = fixture_view(n, 2, x);
        assert_ok(genmod_sample_modes(y, K, mean, deviation, NULL, 3, NULL, out,
                                      error, expected, NULL));
        for (size_t i = 0; i < 3; i++) {
            sum[i] += out[i] / seeds;
            square[i] += out[i] * out[i] / seeds;
            claimed[i] += error[i] * error[i] / seeds;
        }
        genmod_data_free(y);
    }
    assert_near(expected[0], 8, 1e-12);
    assert_near(expected[1], 0.98889100346, 1e-10); /* 1 - exp(-9 / 2) */
    assert_near(expected[2], 0.007, 1e-15);
    for (size_t i = 0; i < 3; i++) {
        const double v = fmax(square[i] - sum[i] * sum[i], 0);
        assert_near(sum[i], expected[i], 4 * sqrt(v / seeds) + 1e-12);
        if (i)
            assert_true(claimed[i] > v / 2.5 && claimed[i] < 2.5 * v);
    }
}

/* A tenth where an eighth should be; and three modes only. */
static void what_is_missing_shows(void **state)
{
    (void)state;
    enum { n = 2000 };
    static double x[n * 2];
    double out[3], error[3], expected[3];
    int64_t count[K];
    const double left = 0.9;
    ring(0.01);
    draw(n, 5, 1 - left, 0.03, x);
    genmod_data *const y = fixture_view(n, 2, x);
    assert_ok(genmod_sample_modes(y, K, mean, deviation, NULL, 3, count, out,
                                  error, expected, NULL));
    const double kl =
        0.1 * log(0.1 * K) + left * log(left / (K - 1) * K) + expected[2];
    assert_near(out[2], kl, 4 * error[2]);
    assert_near(out[1], 1 - exp(-0.5), 4 * error[1]); /* a deviation of 3 */
    for (size_t i = 0; i < n; i++)
        if (x[2 * i] < 0.5)
            x[2 * i] = 1;
    assert_ok(genmod_sample_modes(y, K, mean, deviation, NULL, 3, count, out,
                                  error, NULL, NULL));
    assert_true(out[0] < 8 && count[4] == 0);
    genmod_data_free(y);
}

/* P(chi^2_d <= r^2) of other columns: by integrals of two grids. */
static void the_ceiling_is_known_in_any_number_of_columns(void **state)
{
    (void)state;
    static const struct {
        size_t d;
        double radius, want;
    } known[] = {{1, 3, 0.99730020393674},
                 {3, 3, 0.97070911346511},
                 {10, 3, 0.46789642362528},
                 {64, 9, 0.92573817962943},
                 {1, 1e3, 1}};
    static double x[64], at[64], scale[64];
    for (size_t c = 0; c < 64; c++)
        scale[c] = 1;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double out[3], expected[3];
        genmod_data *const y = fixture_view(1, known[i].d, x);
        assert_ok(genmod_sample_modes(y, 1, at, scale, NULL, known[i].radius,
                                      NULL, out, NULL, expected, NULL));
        assert_near(expected[1], known[i].want, 1e-8);
        assert_near(expected[0], known[i].want, 1e-8);
        genmod_data_free(y);
    }
}

static int32_t call(const genmod_data *x, const genmod_data *y, double *out,
                    genmod_workspace *w)
{
    static double at[34], scale[34];
    (void)x;
    for (size_t i = 0; i < 34; i++) {
        at[i] = 0.1 * (double)(i % 7);
        scale[i] = 1 + 0.1 * (double)(i % 5);
    }
    return genmod_sample_modes(y, 2, at, scale, NULL, 4, NULL, out, NULL, NULL,
                               w);
}

static void results_do_not_depend_on_threads_or_source(void **state)
{
    (void)state;
    fixture_check_bits(call);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_threads(1);
    static double a[20], at[2] = {0, 1}, odd[2] = {0, NAN}, none[2] = {1, 0};
    static double one[2] = {1, 1}, third[2] = {0.3, 0.6}, zero[2] = {0, 1};
    double out[3] = {2.385, 2.385, 2.385};
    genmod_data *const y = fixture_view(20, 1, a);
    const struct {
        const genmod_data *y;
        size_t k;
        const double *mean, *deviation, *share;
        double radius, *out;
        const char *text;
    } bad[] = {
        {NULL, 2, at, one, NULL, 3, out, "y is NULL"},
        {y, 0, at, one, NULL, 3, out, "k is 0; it must be from 1 to 1048576"},
        {y, 2, NULL, one, NULL, 3, out, "mean is NULL"},
        {y, 2, at, NULL, NULL, 3, out, "deviation is NULL"},
        {y, 2, odd, one, NULL, 3, out, "mean: row 1, column 0 is nan"},
        {y, 2, at, none, NULL, 3, out, "deviation: row 1, column 0 is 0"},
        {y, 2, at, one, zero, 3, out, "share[0] is 0; it must be finite and"},
        {y, 2, at, one, third, 3, out, "share sums to 1 - 0.1; it must be 1"},
        {y, 2, at, one, NULL, 0, out, "radius is 0; it must be finite and > 0"},
        {y, 2, at, one, NULL, 3, NULL, "out is NULL"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_sample_modes(bad[i].y, bad[i].k, bad[i].mean,
                                          bad[i].deviation, bad[i].share,
                                          bad[i].radius, NULL, bad[i].out, NULL,
                                          NULL, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, bad[i].text);
    }
    a[7] = INFINITY;
    assert_status(
        genmod_sample_modes(y, 2, at, one, NULL, 3, NULL, out, NULL, NULL, w),
        GENMOD_NON_FINITE, w);
    assert_error_names(w, "y: the cell in row 7, column 0 is inf");
    a[7] = 0;
    genmod_workspace_cancel(w);
    assert_status(
        genmod_sample_modes(y, 2, at, one, NULL, 3, NULL, out, NULL, NULL, w),
        GENMOD_CANCELLED, w);
    assert_true(out[0] == 2.385 && out[2] == 2.385);
    genmod_data_free(y);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_agree_with_a_plain_computation),
        cmocka_unit_test(a_perfect_generator_scores_what_is_expected),
        cmocka_unit_test(what_is_missing_shows),
        cmocka_unit_test(the_ceiling_is_known_in_any_number_of_columns),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
