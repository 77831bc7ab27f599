/* Precision, recall, density, coverage: against a plain computation, their
 * values where nothing differs, and rows that are all the same. */
#include "measure/fixture.h"

/* ---- plainly --------------------------------------------------------------
 */

static double square(size_t d, const double *x, const double *y)
{
    double sum = 0;
    for (size_t c = 0; c < d; c++)
        sum += (x[c] - y[c]) * (x[c] - y[c]);
    return sum;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Squared radii of n rows, and how many of them each ball holds. */
static void balls(size_t d, size_t n, const double *x, size_t k, double *radius,
                  size_t *count)
{
    static double all[1024];
    for (size_t i = 0; i < n; i++) {
        size_t m = 0;
        for (size_t j = 0; j < n; j++)
            if (j != i)
                all[m++] = square(d, x + i * d, x + j * d);
        qsort(all, m, sizeof *all, ascending);
        radius[i] = all[k - 1];
        for (count[i] = k; count[i] < m && all[count[i]] == radius[i];)
            count[i]++;
    }
}

/* The share of n rows that lie in a ball of the m others; `own`: in one of the
 * same rows but itself. */
static double share_in(size_t d, size_t m, const double *x,
                       const double *radius, size_t n, const double *y, int own)
{
    size_t in = 0;
    for (size_t j = 0; j < n; j++) {
        int found = 0;
        for (size_t i = 0; i < m && !found; i++)
            found = !(own && i == j) &&
                    square(d, x + i * d, y + j * d) <= radius[i];
        in += (size_t)found;
    }
    return (double)in / (double)n;
}

static void plain(size_t d, size_t m, const double *x, size_t n,
                  const double *y, size_t k, double *out)
{
    static double rx[1024], ry[1024];
    static size_t cx[1024], cy[1024];
    size_t covered = 0;
    balls(d, m, x, k, rx, cx);
    balls(d, n, y, k, ry, cy);
    out[0] = share_in(d, m, x, rx, n, y, 0);
    out[1] = share_in(d, n, y, ry, m, x, 0);
    out[2] = 0;
    for (size_t i = 0; i < m; i++) {
        size_t in = 0;
        for (size_t j = 0; j < n; j++)
            in += square(d, x + i * d, y + j * d) <= rx[i];
        covered += in > 0;
        out[2] += (double)in / (double)cx[i] / (double)n;
    }
    out[3] = (double)covered / (double)m;
    out[4] = share_in(d, m, x, rx, m, x, 1);
    out[5] = share_in(d, n, y, ry, n, y, 1);
}

static void agree(size_t d, size_t m, const double *a, size_t n,
                  const double *b, size_t k)
{
    double want[6], got[4], expected[4];
    genmod_data *const x = fixture_view(m, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    plain(d, m, a, n, b, k, want);
    assert_ok(genmod_sample_prdc(x, y, k, got, NULL, expected, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_near(got[i], want[i], 1e-12);
    assert_near(expected[0], want[4], 1e-12);
    assert_near(expected[1], want[5], 1e-12);
    assert_true(expected[2] == 1);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* By differences in few columns, by products in many. */
static void all_four_agree_with_a_plain_computation(void **state)
{
    (void)state;
    enum { m = 617, n = 283, most = 31 };
    static double a[m * most], b[n * most];
    for (size_t d = 1; d <= most; d += 15)
        for (size_t k = 1; k < 12; k += 5) {
            fixture_sample(m, d, d, 0, a);
            fixture_sample(n, d, 2 * d, 0.7, b);
            agree(d, m, a, n, b, k);
        }
}

/* Cells of 0 and 1: most distances are equal to others, exactly. */
static void ties_are_in_the_ball(void **state)
{
    (void)state;
    enum { m = 300, n = 200, most = 14 };
    static double a[m * most], b[n * most];
    for (size_t d = 3; d <= most; d += 11) {
        fixture_sample(m, d, d, 0, a);
        fixture_sample(n, d, 2 * d, 0.3, b);
        for (size_t i = 0; i < m * d; i++)
            a[i] = a[i] > 0;
        for (size_t i = 0; i < n * d; i++)
            b[i] = b[i] > 0;
        agree(d, m, a, n, b, 5);
    }
}

/* Two heaps, each far narrower than they are apart: what products cancel. */
static void narrow_heaps_far_apart_keep_their_digits(void **state)
{
    (void)state;
    enum { m = 300, n = 200, d = 20 };
    static double a[m * d], b[n * d];
    fixture_sample(m, d, 3, 0, a);
    fixture_sample(n, d, 5, 0.5, b);
    for (size_t i = 0; i < m * d; i++)
        a[i] = a[i] * 1e-6 + (i / d % 2 ? 100 : -1e3);
    for (size_t i = 0; i < n * d; i++)
        b[i] = b[i] * 1e-6 + (i / d % 2 ? 100 : -1e3);
    agree(d, m, a, n, b, 4);
}

/* Elsewhere distances that must be less than a radius of 0 make it 0 four
 * times. */
static void rows_that_are_all_the_same_are_covered(void **state)
{
    (void)state;
    enum { n = 60, most = 13 };
    static double a[n * most];
    for (size_t i = 0; i < n * most; i++)
        a[i] = 2.385;
    for (size_t d = 2; d <= most; d += 11) {
        double out[4], expected[4];
        genmod_data *const x = fixture_view(n, d, a);
        assert_ok(genmod_sample_prdc(x, x, 5, out, NULL, expected, NULL));
        assert_true(out[0] == 1 && out[1] == 1 && out[3] == 1);
        assert_near(out[2], (double)n / (n - 1), 1e-12);
        assert_true(expected[0] == 1 && expected[1] == 1);
        genmod_data_free(x);
    }
}

/* ---- what is known --------------------------------------------------------
 */

/* 1 - C(N - 1, k) / C(M + N - 1, k). */
static void coverage_at_equality_is_known(void **state)
{
    (void)state;
    enum { most = 1000 };
    static const struct {
        size_t n, k;
        double coverage;
    } known[] = {{1000, 5, 0.9689841400}, {200, 3, 0.8768773319}};
    static double a[most], b[most];
    for (size_t i = 0; i < 2; i++) {
        double out[4], error[4], expected[4];
        fixture_sample(known[i].n, 1, 3, 0, a);
        fixture_sample(known[i].n, 1, 5, 0, b);
        genmod_data *const x = fixture_view(known[i].n, 1, a);
        genmod_data *const y = fixture_view(known[i].n, 1, b);
        assert_ok(
            genmod_sample_prdc(x, y, known[i].k, out, error, expected, NULL));
        assert_near(expected[3], known[i].coverage, 1e-10);
        for (size_t j = 0; j < 4; j++)
            assert_near(out[j], expected[j], 3.5 * error[j]);
        genmod_data_free(y);
        genmod_data_free(x);
    }
}

/* Over 40 pairs of one distribution: the mean of each is what equality
 * promises, and its error the deviation, to a factor of 2 either way. */
static void means_and_errors_at_equality_hold(void **state)
{
    (void)state;
    enum { n = 200, d = 3, seeds = 40 };
    static double a[n * d], b[n * d];
    double sum[4] = {0}, square[4] = {0}, claimed[4] = {0}, equal[4] = {0};
    for (uint64_t seed = 0; seed < seeds; seed++) {
        double out[4], error[4], expected[4];
        fixture_sample(n, d, 2 * seed, 0, a);
        fixture_sample(n, d, 2 * seed + 1, 0, b);
        genmod_data *const x = fixture_view(n, d, a);
        genmod_data *const y = fixture_view(n, d, b);
        assert_ok(genmod_sample_prdc(x, y, 3, out, error, expected, NULL));
        for (size_t i = 0; i < 4; i++) {
            sum[i] += out[i] / seeds;
            square[i] += out[i] * out[i] / seeds;
            claimed[i] += error[i] * error[i] / seeds;
            equal[i] += expected[i] / seeds;
        }
        genmod_data_free(y);
        genmod_data_free(x);
    }
    for (size_t i = 0; i < 4; i++) {
        const double deviation = sqrt(square[i] - sum[i] * sum[i]);
        print_message("  %.4f, at equality %.4f, deviation %.4f, error %.4f\n",
                      sum[i], equal[i], deviation, sqrt(claimed[i]));
        assert_near(sum[i], equal[i], 4 * deviation / sqrt(seeds));
        assert_true(sqrt(claimed[i]) > deviation / 2 &&
                    sqrt(claimed[i]) < 2 * deviation);
    }
}

/* Rows in the order of a period, as labels often are, or sorted: batches are
 * drawn, so that the error does not notice. */
static void sorted_rows_do_not_mislead_the_error(void **state)
{
    (void)state;
    enum { n = 400 };
    static double a[n], b[n], sorted[n];
    double out[4], error[4], other[4];
    fixture_sample(n, 1, 3, 0, a);
    fixture_sample(n, 1, 5, 0.5, b);
    memcpy(sorted, a, sizeof a);
    qsort(sorted, n, sizeof *sorted, ascending);
    genmod_data *const x = fixture_view(n, 1, a);
    genmod_data *const s = fixture_view(n, 1, sorted);
    genmod_data *const y = fixture_view(n, 1, b);
    assert_ok(genmod_sample_prdc(x, y, 5, out, error, NULL, NULL));
    assert_ok(genmod_sample_prdc(s, y, 5, out, other, NULL, NULL));
    for (size_t i = 2; i < 4; i++)
        assert_true(other[i] > error[i] / 3 && other[i] < error[i] * 3);
    genmod_data_free(y);
    genmod_data_free(s);
    genmod_data_free(x);
}

/* ---- bits and refusals ----------------------------------------------------
 */

static int32_t call(const genmod_data *x, const genmod_data *y, double *out,
                    genmod_workspace *w)
{
    double all[4], error[4];
    const int32_t status = genmod_sample_prdc(x, y, 4, all, error, NULL, w);
    if (status)
        return status;
    out[0] = all[0] + 7 * all[1];
    out[1] = all[2] + 7 * all[3];
    out[2] = error[0] + error[1] + error[2] + error[3];
    return GENMOD_OK;
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
    static double a[10], huge[4] = {1e200, 0, -1e200, 3};
    double out[4] = {2.385, 2.385, 2.385, 2.385};
    fixture_sample(10, 1, 3, 0, a);
    genmod_data *const x = fixture_view(10, 1, a);
    genmod_data *const y = fixture_view(4, 1, a);
    genmod_data *const far = fixture_view(4, 1, huge);
    const struct {
        const genmod_data *x, *y;
        size_t k;
        double *out;
        int32_t status;
        const char *text;
    } bad[] = {
        {x, y, 0, out, GENMOD_BAD_ARGUMENT, "k is 0; it must be from 1 to"},
        {x, y, 1025, out, GENMOD_BAD_ARGUMENT, "k is 1025; it must be from 1"},
        {x, y, 4, out, GENMOD_BAD_ARGUMENT, "k is 4; y has 4 rows, so that it"},
        {y, x, 4, out, GENMOD_BAD_ARGUMENT, "k is 4; x has 4 rows, so that it"},
        {x, y, 2, NULL, GENMOD_BAD_ARGUMENT, "out is NULL"},
        {x, far, 2, out, GENMOD_BREAKDOWN, "row 0 of y has no 2 neighbours"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_sample_prdc(bad[i].x, bad[i].y, bad[i].k,
                                         bad[i].out, NULL, NULL, w),
                      bad[i].status, w);
        assert_error_names(w, bad[i].text);
    }
    assert_true(out[0] == 2.385 && out[3] == 2.385);
    genmod_data_free(far);
    genmod_data_free(y);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

/* Two batches want k + 2 rows each. */
static void few_rows_have_an_infinite_error(void **state)
{
    (void)state;
    static double a[9];
    double out[4], error[4];
    fixture_sample(9, 1, 3, 0, a);
    genmod_data *const x = fixture_view(9, 1, a);
    assert_ok(genmod_sample_prdc(x, x, 3, out, error, NULL, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_true(isinf(error[i]));
    genmod_data_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_four_agree_with_a_plain_computation),
        cmocka_unit_test(ties_are_in_the_ball),
        cmocka_unit_test(narrow_heaps_far_apart_keep_their_digits),
        cmocka_unit_test(rows_that_are_all_the_same_are_covered),
        cmocka_unit_test(coverage_at_equality_is_known),
        cmocka_unit_test(means_and_errors_at_equality_hold),
        cmocka_unit_test(sorted_rows_do_not_mislead_the_error),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
        cmocka_unit_test(few_rows_have_an_infinite_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
