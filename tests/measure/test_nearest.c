/* The share of rows whose nearest neighbour is of their own sample: against a
 * plain computation, and labels that are dealt out anew. */
#include "measure/fixture.h"

static size_t nearest(size_t d, size_t n, const double *x, size_t own)
{
    double least = INFINITY;
    size_t at = n;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t c = 0; c < d; c++)
            sum += (x[i * d + c] - x[own * d + c]) *
                   (x[i * d + c] - x[own * d + c]);
        if (i != own && sum < least) {
            least = sum;
            at = i;
        }
    }
    return at;
}

/* Mean and deviation of the share over labels that are dealt out anew: the
 * deviation of 4,000 is off by a ninetieth. */
static void it_agrees_with_a_plain_computation(void **state)
{
    (void)state;
    enum { m = 217, n = 83, most = 20, all = m + n, deals = 4000 };
    static double a[all * most];
    for (size_t d = 2; d <= most; d += 9) {
        size_t to[all], own = 0;
        unsigned char label[all];
        double share, error, expected, p, sum = 0, square = 0;
        uint64_t lot = 7;
        fixture_sample(all, d, d, 0, a);
        for (size_t i = m * d; i < all * d; i += d)
            a[i] += 0.5;
        for (size_t i = 0; i < all; i++) {
            to[i] = nearest(d, all, a, i);
            label[i] = i < m;
        }
        for (size_t i = 0; i < all; i++)
            own += label[i] == label[to[i]];
        for (size_t k = 0; k < deals; k++) {
            size_t same = 0;
            for (size_t i = all - 1; i > 0; i--) {
                const size_t j =
                    (size_t)(fixture_uniform(&lot) * (double)(i + 1));
                const unsigned char t = label[i];
                label[i] = label[j];
                label[j] = t;
            }
            for (size_t i = 0; i < all; i++)
                same += label[i] == label[to[i]];
            sum += (double)same / all / deals;
            square += (double)same / all * (double)same / all / deals;
        }
        genmod_data *const x = fixture_view(m, d, a);
        genmod_data *const y = fixture_view(n, d, a + m * d);
        assert_ok(
            genmod_sample_nearest(x, y, &share, &error, &expected, &p, NULL));
        const double deviation = sqrt(square - sum * sum);
        assert_near(share, (double)own / all, 1e-15);
        assert_near(expected, sum, 4 * deviation / sqrt(deals));
        assert_near(error, deviation, 0.05 * deviation);
        assert_near(p,
                    erfc((share - 0.5 / all - expected) / error / sqrt(2)) / 2,
                    1e-12);
        genmod_data_free(y);
        genmod_data_free(x);
    }
}

/* The tail by its own fraction, too. */
static void samples_that_are_apart_have_a_small_p(void **state)
{
    (void)state;
    enum { n = 50 };
    static double a[n], b[n];
    double share, error, expected, p;
    fixture_sample(n, 1, 3, 0, a);
    fixture_sample(n, 1, 5, 60, b);
    genmod_data *const x = fixture_view(n, 1, a);
    genmod_data *const y = fixture_view(n, 1, b);
    assert_ok(genmod_sample_nearest(x, y, &share, &error, &expected, &p, NULL));
    const double want =
        erfc((share - 0.5 / (2 * n) - expected) / error / sqrt(2)) / 2;
    assert_true(share == 1 && p < 1e-6);
    assert_near(p, want, 1e-10 * want);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* Ties that the first row won would make all of x's rows near x. */
static void copies_prefer_neither_sample(void **state)
{
    (void)state;
    enum { n = 400, d = 2 };
    static double a[n * d];
    double share, error, expected;
    genmod_data *const x = fixture_view(n, d, a);
    assert_ok(
        genmod_sample_nearest(x, x, &share, &error, &expected, NULL, NULL));
    assert_near(share, expected, 4 * error + 1e-12);
    for (size_t i = 0; i < n * d; i++)
        a[i] = (double)(i / d % 40);
    assert_ok(
        genmod_sample_nearest(x, x, &share, &error, &expected, NULL, NULL));
    assert_near(share, expected, 4 * error);
    genmod_data_free(x);
}

/* Of 80 pairs of one distribution p is at most .1 in 8: more than 18 or fewer
 * than 1 with a chance of 1e-3. */
static void p_is_uniform_where_nothing_differs(void **state)
{
    (void)state;
    enum { n = 60, d = 3, seeds = 80 };
    static double a[n * d], b[n * d];
    int below = 0;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        double share, p;
        fixture_sample(n, d, 2 * seed, 0, a);
        fixture_sample(n, d, 2 * seed + 1, 0, b);
        genmod_data *const x = fixture_view(n, d, a);
        genmod_data *const y = fixture_view(n, d, b);
        assert_ok(genmod_sample_nearest(x, y, &share, NULL, NULL, &p, NULL));
        below += p <= 0.1;
        genmod_data_free(y);
        genmod_data_free(x);
    }
    assert_true(below >= 1 && below <= 18);
}

static int32_t call(const genmod_data *x, const genmod_data *y, double *out,
                    genmod_workspace *w)
{
    return genmod_sample_nearest(x, y, out, out + 1, NULL, out + 2, w);
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
    static const double a[3] = {1, 2, 4}, huge[2] = {1e200, -1e200};
    double out = 2.385;
    genmod_data *const x = fixture_view(3, 1, a);
    genmod_data *const one = fixture_view(1, 1, a);
    genmod_data *const far = fixture_view(2, 1, huge);
    assert_status(genmod_sample_nearest(x, x, NULL, NULL, NULL, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "out is NULL");
    assert_status(genmod_sample_nearest(x, one, &out, NULL, NULL, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "y has 1 row; it must have 2 at least");
    assert_status(genmod_sample_nearest(x, far, &out, NULL, NULL, NULL, w),
                  GENMOD_BREAKDOWN, w);
    assert_error_names(w, "row 3 of x and y has no neighbour");
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
        cmocka_unit_test(samples_that_are_apart_have_a_small_p),
        cmocka_unit_test(copies_prefer_neither_sample),
        cmocka_unit_test(p_is_uniform_where_nothing_differs),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
