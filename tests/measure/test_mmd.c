/* The maximum mean discrepancy and its test. */
#include "measure/fixture.h"

#include "base/base.h"

/* ---- plainly --------------------------------------------------------------
 */

static double kernel(size_t d, const double *x, const double *y, double width)
{
    double sum = 0;
    for (size_t c = 0; c < d; c++)
        sum += (x[c] - y[c]) * (x[c] - y[c]);
    return exp(-sum / 2 / width / width);
}

/* U-statistic of n rows, those with a label of 1 against the others. */
static double plain(size_t d, size_t n, const double *rows, const int *label,
                    double width)
{
    double sum[3] = {0}, count[2] = {0};
    for (size_t i = 0; i < n; i++) {
        count[label[i]]++;
        for (size_t j = 0; j < n; j++)
            if (j != i)
                sum[label[i] + label[j]] +=
                    kernel(d, rows + i * d, rows + j * d, width);
    }
    return sum[2] / count[1] / (count[1] - 1) +
           sum[0] / count[0] / (count[0] - 1) - sum[1] / count[0] / count[1];
}

static double mmd(size_t d, size_t m, size_t n, const double *rows,
                  double width, size_t permutations, uint64_t seed, double *p)
{
    genmod_data *const x = fixture_view(m, d, rows);
    genmod_data *const y = fixture_view(n, d, rows + m * d);
    double v = NAN, used = NAN;
    assert_ok(
        genmod_sample_mmd(x, y, width, permutations, seed, &v, p, &used, NULL));
    assert_true(used == width || width == 0);
    genmod_data_free(y);
    genmod_data_free(x);
    return v;
}

/* Sizes that fill no panel, one panel, and two groups of them. */
static void the_statistic_agrees_with_a_plain_computation(void **state)
{
    (void)state;
    enum { most = 1200 };
    static double rows[most * 3];
    static int label[most];
    static const size_t sizes[][2] = {{2, 2}, {9, 7}, {256, 31}, {700, 260}};
    for (size_t i = 0; i < 4; i++) {
        const size_t m = sizes[i][0], n = sizes[i][1];
        fixture_sample(m, 3, i, 0, rows);
        fixture_sample(n, 3, i + 9, 0.6, rows + m * 3);
        for (size_t j = 0; j < m + n; j++)
            label[j] = j < m;
        assert_near(mmd(3, m, n, rows, 1.3, 0, 1, NULL),
                    plain(3, m + n, rows, label, 1.3), 1e-13);
    }
}

/* Draws the same labels as doc/math/measure.md says, and counts. */
static void the_p_value_counts_labellings(void **state)
{
    (void)state;
    enum { m = 40, n = 30, permutations = 30 };
    static double rows[(m + n) * 2];
    static int label[m + n];
    const uint64_t seed = 77;
    size_t above = 1;
    double p = NAN;
    fixture_sample(m, 2, 3, 0, rows);
    fixture_sample(n, 2, 5, 0.3, rows + m * 2);
    const double own = mmd(2, m, n, rows, 0.8, permutations, seed, &p);
    for (uint64_t b = 1; b <= permutations; b++) {
        size_t left = m;
        for (size_t i = 0; i < m + n; i++) {
            uint32_t bits[4];
            base_random(seed, b, 1, (uint32_t)(i / 2), bits);
            const double u = base_uniform(bits[i % 2 * 2], bits[i % 2 * 2 + 1]);
            label[i] = (double)(m + n - i) * u < (double)left;
            left -= (size_t)label[i];
        }
        assert_int_equal(left, 0);
        above += plain(2, m + n, rows, label, 0.8) >= own;
    }
    assert_true(above > 1 && above < permutations);
    assert_true(p == (double)above / (permutations + 1));
}

/* ---- what is known --------------------------------------------------------
 */

/* Unit normals moved by 1, width 1: 2 (1 / 3)^(d / 2) (1 - e^(-1 / 6)). The
 * spread of one estimate of 2,000 rows a side is .012, and .007 of d = 2. */
static void moved_normals_have_their_known_discrepancy(void **state)
{
    (void)state;
    enum { n = 1000 };
    static double rows[2 * n * 2];
    static const double want[] = {0.177267634919862, 0.102345516739591};
    static const double spread[] = {0.017, 0.010};
    for (size_t d = 1; d <= 2; d++) {
        double mean = 0;
        for (uint64_t i = 0; i < 4; i++) {
            fixture_sample(n, d, 2 * i, 0, rows);
            fixture_sample(n, d, 2 * i + 1, 1, rows + n * d);
            mean += mmd(d, n, n, rows, 1, 0, 0, NULL) / 4;
        }
        assert_near(mean, want[d - 1], 2 * spread[d - 1]);
    }
}

static void the_test_tells_what_differs_from_what_does_not(void **state)
{
    (void)state;
    enum { n = 150 };
    static double rows[2 * n * 2];
    double p = NAN;
    fixture_sample(n, 2, 3, 0, rows);
    fixture_sample(n, 2, 5, 0.8, rows + n * 2);
    assert_true(mmd(2, n, n, rows, 0, 199, 1, &p) > 0);
    assert_true(p == 1.0 / 200);
    fixture_sample(n, 2, 5, 0, rows + n * 2);
    /* unbiased: below 0 about as often as above */
    int below = 0;
    for (uint64_t i = 0; i < 12; i++) {
        fixture_sample(n, 2, 100 + i, 0, rows);
        below += mmd(2, n, n, rows, 0, 99, i, &p) < 0;
    }
    assert_true(below > 2 && below < 12);
    assert_true(p > 0.05);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void a_width_of_0_is_the_median_distance(void **state)
{
    (void)state;
    enum { m = 31, n = 26, all = (m + n) * (m + n - 1) / 2 };
    static double rows[(m + n) * 3], distance[all];
    size_t count = 0;
    double v = NAN, used = NAN;
    fixture_sample(m, 3, 3, 0, rows);
    fixture_sample(n, 3, 5, 2, rows + m * 3);
    for (size_t i = 0; i < m + n; i++)
        for (size_t j = 0; j < i; j++)
            distance[count++] =
                sqrt(-2 * log(kernel(3, rows + i * 3, rows + j * 3, 1)));
    qsort(distance, count, sizeof *distance, ascending);
    genmod_data *const x = fixture_view(m, 3, rows);
    genmod_data *const y = fixture_view(n, 3, rows + m * 3);
    assert_ok(genmod_sample_mmd(x, y, 0, 0, 1, &v, NULL, &used, NULL));
    assert_near(used, distance[count / 2], 1e-9);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* ---- bits and refusals ----------------------------------------------------
 */

static int32_t call_mmd(const genmod_data *x, const genmod_data *y, double *out,
                        genmod_workspace *w)
{
    return genmod_sample_mmd(x, y, 0, 70, 3, out, out + 1, out + 2, w);
}

static int32_t call_with_width(const genmod_data *x, const genmod_data *y,
                               double *out, genmod_workspace *w)
{
    return genmod_sample_mmd(x, y, 1.5, 5, 3, out, out + 1, out + 2, w);
}

static void a_kernel_that_is_no_number_breaks_down(void **state)
{
    (void)state;
    const double copies[] = {2.385, 2.385, 0.5}, far[] = {1e200, 0.5, 2.385};
    genmod_data *const c = fixture_view(3, 1, copies);
    genmod_data *const f = fixture_view(3, 1, far);
    genmod_workspace *const w = fixture_threads(1);
    double v = 1.5, p = 0.25;
    assert_status(genmod_sample_mmd(c, c, 1e-200, 3, 1, &v, &p, NULL, w),
                  GENMOD_BREAKDOWN, w);
    assert_error_names(w, "the width 1e-200 is no number");
    assert_status(genmod_sample_mmd(c, f, 1e200, 3, 1, &v, &p, NULL, w),
                  GENMOD_BREAKDOWN, w);
    assert_true(v == 1.5 && p == 0.25);
    assert_ok(genmod_sample_mmd(c, c, 1e200, 3, 1, &v, &p, NULL, w));
    assert_true(v == 0);
    genmod_workspace_free(w);
    genmod_data_free(f);
    genmod_data_free(c);
}

static void results_do_not_depend_on_threads_or_source(void **state)
{
    (void)state;
    fixture_check_bits(call_mmd);
}

static void bad_data_are_refused_by_name(void **state)
{
    (void)state;
    fixture_check_data(call_with_width);
    fixture_check_data(call_mmd);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_threads(1);
    static double a[10], same[10];
    double out = 2.385;
    fixture_sample(10, 1, 3, 0, a);
    genmod_data *const x = fixture_view(10, 1, a);
    genmod_data *const one = fixture_view(1, 1, a);
    genmod_data *const flat = fixture_view(10, 1, same);
    const struct {
        const genmod_data *x, *y;
        double width;
        size_t permutations;
        double *out;
        const char *text;
    } bad[] = {
        {one, x, 1, 0, &out, "x has 1 row; it must have 2 at least"},
        {x, one, 1, 0, &out, "y has 1 row; it must have 2 at least"},
        {x, x, -1, 0, &out, "width is -1"},
        {x, x, NAN, 0, &out, "width is nan"},
        {x, x, (double)INFINITY, 0, &out, "width is inf"},
        {x, x, 1, 10001, &out, "permutations is 10001; it may be 10000"},
        {x, x, 1, 0, NULL, "out is NULL"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_sample_mmd(bad[i].x, bad[i].y, bad[i].width,
                                        bad[i].permutations, 1, bad[i].out,
                                        NULL, NULL, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, bad[i].text);
    }
    assert_status(genmod_sample_mmd(flat, flat, 0, 0, 1, &out, NULL, NULL, w),
                  GENMOD_BREAKDOWN, w);
    assert_error_names(w, "the median distance of the rows is 0");
    assert_true(out == 2.385);
    genmod_data_free(flat);
    genmod_data_free(one);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_statistic_agrees_with_a_plain_computation),
        cmocka_unit_test(the_p_value_counts_labellings),
        cmocka_unit_test(moved_normals_have_their_known_discrepancy),
        cmocka_unit_test(the_test_tells_what_differs_from_what_does_not),
        cmocka_unit_test(a_width_of_0_is_the_median_distance),
        cmocka_unit_test(a_kernel_that_is_no_number_breaks_down),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
