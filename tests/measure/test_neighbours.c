/* Entropy and divergence from nearest neighbours: against a plain computation,
 * against what is known, and where rows are copies. */
#include "measure/fixture.h"

#define NATS GENMOD_NATS

static double entropy(const genmod_data *x, size_t k)
{
    double v = NAN;
    assert_ok(genmod_sample_entropy(x, k, NATS, &v, NULL));
    return v;
}

static double kl(const genmod_data *x, const genmod_data *y, size_t k)
{
    double v = NAN;
    assert_ok(genmod_sample_kl(x, y, k, NATS, &v, NULL));
    return v;
}

/* ---- plainly --------------------------------------------------------------
 */

static double psi(size_t n)
{
    double sum = -0.577215664901532860607;
    for (size_t i = 1; i < n; i++)
        sum += 1 / (double)i;
    return sum;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The distance of x to its k-th neighbour among n rows, or to the first that is
 * no copy; *count is its number. `own`: a row that is left out, or n. */
static double reach(size_t d, const double *x, size_t n, const double *rows,
                    size_t own, size_t k, size_t *count)
{
    static double all[4096];
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t c = 0; c < d; c++)
            sum += (x[c] - rows[i * d + c]) * (x[c] - rows[i * d + c]);
        if (i != own)
            all[m++] = sqrt(sum);
    }
    qsort(all, m, sizeof *all, ascending);
    for (*count = k; all[*count - 1] == 0; ++*count)
        ;
    return all[*count - 1];
}

static double plain_kl(size_t d, size_t n, const double *x, size_t m,
                       const double *y, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        size_t a, b;
        const double rho = reach(d, x + i * d, n, x, i, k, &a);
        const double nu = reach(d, x + i * d, m, y, m, k, &b);
        sum += (double)d * log(nu / rho) + psi(a) - psi(b);
    }
    return sum / (double)n + log((double)m / ((double)n - 1));
}

static double plain_entropy(size_t d, size_t n, const double *x, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        size_t a;
        sum += (double)d * log(reach(d, x + i * d, n, x, i, k, &a)) - psi(a);
    }
    return sum / (double)n + psi(n) +
           (double)d / 2 * log(3.14159265358979323846) -
           lgamma((double)d / 2 + 1);
}

static void both_agree_with_a_plain_computation(void **state)
{
    (void)state;
    enum { n = 617, m = 283, most = 37 };
    static double a[n * most], b[m * most];
    static const size_t ks[] = {1, 3, 40};
    for (size_t d = 1; d <= most; d += d < 5 ? 2 : 16)
        for (size_t i = 0; i < 3; i++) {
            fixture_sample(n, d, d, 0, a);
            fixture_sample(m, d, 2 * d, 0.7, b);
            genmod_data *const x = fixture_view(n, d, a);
            genmod_data *const y = fixture_view(m, d, b);
            assert_near(kl(x, y, ks[i]), plain_kl(d, n, a, m, b, ks[i]), 1e-12);
            assert_near(entropy(x, ks[i]), plain_entropy(d, n, a, ks[i]),
                        1e-12);
            genmod_data_free(y);
            genmod_data_free(x);
        }
}

/* Elsewhere the logarithm of a distance of 0 makes the sum infinite, or noise
 * is added. */
static void copies_are_passed_over_by_count(void **state)
{
    (void)state;
    enum { n = 300, m = 200, d = 2 };
    static double a[n * d], b[m * d];
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(m, d, 5, 0.4, b);
    for (size_t i = 0; i < 90; i++) {
        memcpy(a + (i + 100) * d, a + i % 30 * d, d * sizeof *a);
        memcpy(b + (i + 100) * d, a + i % 20 * d, d * sizeof *a);
    }
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(m, d, b);
    for (size_t k = 1; k < 8; k += 2) {
        assert_near(kl(x, y, k), plain_kl(d, n, a, m, b, k), 1e-12);
        assert_near(entropy(x, k), plain_entropy(d, n, a, k), 1e-12);
    }
    genmod_data_free(y);
    genmod_data_free(x);
}

/* What products cancel is taken from differences: copies, heaps far narrower
 * than they are apart, on a grid that the middle leaves exact, and a row so far
 * away that its square is no number. */
static void products_lose_nothing(void **state)
{
    (void)state;
    enum { n = 300, m = 200, d = 14 };
    static double a[n * d], b[m * d];
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(m, d, 5, 0.4, b);
    for (size_t i = 0; i < n * d; i++)
        a[i] = floor(a[i] * 0x1p20) * 0x1p-30 + (i / d % 3 ? 4 : -512);
    for (size_t i = 0; i < m * d; i++)
        b[i] = floor(b[i] * 0x1p20) * 0x1p-30 + (i / d % 3 ? 4 : -512);
    memcpy(a + 100 * d, a, 40 * d * sizeof *a);
    memcpy(b + 100 * d, a, 20 * d * sizeof *a);
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(m, d, b);
    for (size_t k = 1; k < 8; k += 2) {
        assert_near(kl(x, y, k), plain_kl(d, n, a, m, b, k), 1e-11);
        assert_near(entropy(x, k), plain_entropy(d, n, a, k), 1e-11);
    }
    b[150 * d] = 1e200;
    assert_near(kl(x, y, 3), plain_kl(d, n, a, m, b, 3), 1e-11);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* ---- what is known --------------------------------------------------------
 */

/* Means of 2,000 rows a side: .485, sd .035; in four columns .424;
 * entropy 2.828, sd .020, of 2.838. Five samples' mean is within four of its
 * deviations. */
static void estimates_of_normals_have_their_known_means(void **state)
{
    (void)state;
    enum { n = 2000, most = 4 };
    static double a[n * most], b[n * most];
    double line = 0, space = 0, plane = 0;
    for (uint64_t i = 0; i < 5; i++) {
        for (size_t d = 1; d <= most; d += 3) {
            fixture_sample(n, d, 2 * i, 0, a);
            fixture_sample(n, d, 2 * i + 1, 1, b);
            genmod_data *const x = fixture_view(n, d, a);
            genmod_data *const y = fixture_view(n, d, b);
            *(d == 1 ? &line : &space) += kl(x, y, 5) / 5;
            genmod_data_free(y);
            genmod_data_free(x);
        }
        fixture_sample(n, 2, 7 + i, 0, a);
        genmod_data *const x = fixture_view(n, 2, a);
        plane += entropy(x, 3) / 5;
        genmod_data_free(x);
    }
    assert_near(line, 0.485, 0.065);
    assert_near(space, 0.424, 0.065);
    assert_near(plane, 2.828, 0.04);
}

/* Differences, not squares less products: an offset of 2^27 takes nothing of
 * data on a grid that it leaves exact. */
static void a_far_origin_changes_no_bit(void **state)
{
    (void)state;
    enum { n = 200, d = 3 };
    static double a[n * d], b[n * d];
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(n, d, 5, 1, b);
    for (size_t i = 0; i < n * d; i++) {
        a[i] = floor(a[i] * 0x1p20) * 0x1p-20;
        b[i] = floor(b[i] * 0x1p20) * 0x1p-20;
    }
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    const double near = kl(x, y, 3);
    for (size_t i = 0; i < n * d; i++) {
        a[i] += 0x1p27;
        b[i] += 0x1p27;
    }
    assert_true(kl(x, y, 3) == near);
    genmod_data_free(y);
    genmod_data_free(x);
}

static void bits_are_nats_over_ln_2(void **state)
{
    (void)state;
    enum { n = 50 };
    static double a[n];
    double bits = NAN;
    fixture_sample(n, 1, 3, 0, a);
    genmod_data *const x = fixture_view(n, 1, a);
    assert_ok(genmod_sample_entropy(x, 2, GENMOD_BITS, &bits, NULL));
    assert_near(bits, entropy(x, 2) / 0.693147180559945309417, 0);
    genmod_data_free(x);
}

/* ---- bits and refusals ----------------------------------------------------
 */

static int32_t call_kl(const genmod_data *x, const genmod_data *y, double *out,
                       genmod_workspace *w)
{
    return genmod_sample_kl(x, y, 4, NATS, out, w);
}

static int32_t call_entropy(const genmod_data *x, const genmod_data *y,
                            double *out, genmod_workspace *w)
{
    (void)y;
    return genmod_sample_entropy(x, 4, NATS, out, w);
}

static void results_do_not_depend_on_threads_or_source(void **state)
{
    (void)state;
    fixture_check_bits(call_kl);
    fixture_check_bits(call_entropy);
}

static void bad_data_are_refused_by_name(void **state)
{
    (void)state;
    fixture_check_data(call_kl);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_threads(1);
    static double a[10], b[4];
    double out = 2.385;
    fixture_sample(10, 1, 3, 0, a);
    fixture_sample(4, 1, 5, 0, b);
    genmod_data *const x = fixture_view(10, 1, a);
    genmod_data *const y = fixture_view(4, 1, b);
    const struct {
        const genmod_data *x, *y;
        size_t k;
        int32_t unit;
        double *out;
        const char *text;
    } bad[] = {
        {x, y, 0, NATS, &out, "k is 0; it must be from 1 to 1024"},
        {x, y, 1025, NATS, &out, "k is 1025; it must be from 1 to 1024"},
        {x, y, 5, NATS, &out, "k is 5; y has 4 rows, so that it may be 4"},
        {y, x, 4, NATS, &out, "k is 4; x has 4 rows, so that it may be 3"},
        {x, y, 2, 0, &out, "unit is 0"},
        {x, y, 2, NATS, NULL, "out is NULL"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_sample_kl(bad[i].x, bad[i].y, bad[i].k,
                                       bad[i].unit, bad[i].out, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, bad[i].text);
    }
    assert_status(genmod_sample_entropy(x, 10, NATS, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_true(out == 2.385);
    genmod_data_free(y);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

static void rows_that_are_all_the_same_have_no_density(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_threads(1);
    static double a[20];
    double out = 2.385;
    genmod_data *const x = fixture_view(10, 2, a);
    assert_status(genmod_sample_entropy(x, 3, NATS, &out, w), GENMOD_BREAKDOWN,
                  w);
    assert_error_names(w, "row 0 of x has 0 neighbours at a distance");
    assert_true(out == 2.385);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

/* 12 MiB and 16 KiB for each neighbour, on one thread, for either. */
static void memory_is_that_of_one_look_at_all_pairs(void **state)
{
    (void)state;
    enum { N = 300, D = 200, K = 200 };
    static double x[N * D], y[N * D];
    double v;
    fixture_sample(N, D, 3, 0, x);
    fixture_sample(N, D, 4, 0.2, y);
    genmod_data *const p = fixture_view(N, D, x), *const q =
                                                      fixture_view(N, D, y);
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_memory_limit(c, (12 << 20) + K * (16 << 10)));
    assert_ok(genmod_workspace_new(c, &w));
    assert_ok(genmod_sample_entropy(p, K, NATS, &v, w));
    assert_ok(genmod_sample_kl(p, q, K, NATS, &v, w));
    genmod_workspace_free(w);
    genmod_context_free(c);
    genmod_data_free(p);
    genmod_data_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_agree_with_a_plain_computation),
        cmocka_unit_test(copies_are_passed_over_by_count),
        cmocka_unit_test(products_lose_nothing),
        cmocka_unit_test(estimates_of_normals_have_their_known_means),
        cmocka_unit_test(a_far_origin_changes_no_bit),
        cmocka_unit_test(bits_are_nats_over_ln_2),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
        cmocka_unit_test(rows_that_are_all_the_same_have_no_density),
        cmocka_unit_test(memory_is_that_of_one_look_at_all_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
