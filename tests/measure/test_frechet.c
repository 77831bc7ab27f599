/* The Frechet distance of samples: against a plain computation, and how much
 * of its bias is gone. */
#include "measure/fixture.h"

/* ---- plainly --------------------------------------------------------------
 */

/* Eigenvalues of a symmetric a [d, d] by Jacobi's rotations; v [d, d] holds the
 * vectors as columns. */
static void jacobi(size_t d, double *a, double *v)
{
    for (size_t i = 0; i < d * d; i++)
        v[i] = i / d == i % d;
    for (int sweep = 0; sweep < 30; sweep++)
        for (size_t p = 0; p + 1 < d; p++)
            for (size_t q = p + 1; q < d; q++) {
                if (a[p * d + q] == 0)
                    continue;
                const double theta =
                    (a[q * d + q] - a[p * d + p]) / (2 * a[p * d + q]);
                const double t = (theta >= 0 ? 1 : -1) /
                                 (fabs(theta) + sqrt(theta * theta + 1));
                const double c = 1 / sqrt(t * t + 1), s = t * c;
                for (size_t k = 0; k < d; k++) {
                    const double x = a[k * d + p], y = a[k * d + q];
                    a[k * d + p] = c * x - s * y;
                    a[k * d + q] = s * x + c * y;
                }
                for (size_t k = 0; k < d; k++) {
                    const double x = a[p * d + k], y = a[q * d + k];
                    a[p * d + k] = c * x - s * y;
                    a[q * d + k] = s * x + c * y;
                }
                for (size_t k = 0; k < d; k++) {
                    const double x = v[k * d + p], y = v[k * d + q];
                    v[k * d + p] = c * x - s * y;
                    v[k * d + q] = s * x + c * y;
                }
            }
}

static void moments(size_t n, size_t d, const double *x, double *mean,
                    double *cov)
{
    for (size_t c = 0; c < d; c++) {
        mean[c] = 0;
        for (size_t i = 0; i < n; i++)
            mean[c] += x[i * d + c] / (double)n;
    }
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += (x[i * d + a] - mean[a]) * (x[i * d + b] - mean[b]);
            cov[a * d + b] = sum / (double)(n - 1);
        }
}

/* |m - n|^2 + tr S + tr T - 2 tr (S^1/2 T S^1/2)^1/2 */
static double plain(size_t d, size_t m, const double *x, size_t n,
                    const double *y)
{
    enum { most = 20 };
    double mx[most], my[most];
    static double s[most * most], t[most * most], v[most * most];
    static double root[most * most], work[most * most], middle[most * most];
    double sum = 0;
    moments(m, d, x, mx, s);
    moments(n, d, y, my, t);
    for (size_t c = 0; c < d; c++)
        sum += (mx[c] - my[c]) * (mx[c] - my[c]) + s[c * d + c] + t[c * d + c];
    jacobi(d, s, v);
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++) {
            root[a * d + b] = 0;
            for (size_t k = 0; k < d; k++)
                root[a * d + b] += v[a * d + k] * v[b * d + k] *
                                   sqrt(s[k * d + k] > 0 ? s[k * d + k] : 0);
        }
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++) {
            work[a * d + b] = 0;
            for (size_t k = 0; k < d; k++)
                work[a * d + b] += t[a * d + k] * root[k * d + b];
        }
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++) {
            middle[a * d + b] = 0;
            for (size_t k = 0; k < d; k++)
                middle[a * d + b] += root[a * d + k] * work[k * d + b];
        }
    jacobi(d, middle, v);
    for (size_t c = 0; c < d; c++)
        sum -= 2 * sqrt(middle[c * d + c] > 0 ? middle[c * d + c] : 0);
    return sum;
}

static void the_raw_distance_agrees_with_a_plain_computation(void **state)
{
    (void)state;
    enum { m = 617, n = 83, most = 20 };
    static double a[m * most], b[n * most];
    for (size_t d = 1; d <= most; d += d == 1 ? 4 : 15) {
        double out, raw;
        fixture_sample(m, d, d, 0, a);
        fixture_sample(n, d, 2 * d, 0.7, b);
        for (size_t i = 0; i < m * d; i++)
            a[i] += 3.7 * (double)(i % d) + (i % d ? 0.4 * a[i - 1] : 0);
        genmod_data *const x = fixture_view(m, d, a);
        genmod_data *const y = fixture_view(n, d, b);
        assert_ok(genmod_sample_frechet(x, y, &out, &raw, NULL, NULL));
        assert_near(raw, plain(d, m, a, n, b), 1e-12 * (1 + raw));
        genmod_data_free(y);
        genmod_data_free(x);
    }
}

/* Of 4 rows each batch is one row: the correction in full, by hand. */
static void the_correction_is_a_jackknife(void **state)
{
    (void)state;
    enum { n = 4 };
    static const double a[n] = {2.385, -0.25, 1.5, 0.875};
    double got, raw, error, each[n * n], best = 1e300;
    genmod_data *const x = fixture_view(n, 1, a);
    static const double b[n] = {0.5, 3.25, -1.125, 0.625};
    genmod_data *const y = fixture_view(n, 1, b);
    assert_ok(genmod_sample_frechet(x, y, &got, &raw, &error, NULL));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double u[n], v[n];
            size_t p = 0, q = 0;
            for (size_t k = 0; k < n; k++) {
                if (k != i)
                    u[p++] = a[k];
                if (k != j)
                    v[q++] = b[k];
            }
            each[i * n + j] = plain(1, n - 1, u, n - 1, v);
        }
    /* Chance pairs them; one of the 24 ways it must be. */
    for (size_t way = 0; way < 256; way++) {
        const size_t to[n] = {way % 4, way / 4 % 4, way / 16 % 4, way / 64};
        double mean = 0, spread = 0;
        if ((1u << to[0] | 1u << to[1] | 1u << to[2] | 1u << to[3]) != 15)
            continue;
        for (size_t i = 0; i < n; i++)
            mean += each[i * n + to[i]] / n;
        for (size_t i = 0; i < n; i++)
            spread +=
                (each[i * n + to[i]] - mean) * (each[i * n + to[i]] - mean);
        const double gap = fabs(got - (n * raw - (n - 1) * mean)) +
                           fabs(error - sqrt(spread * (n - 1) / n));
        best = gap < best ? gap : best;
    }
    assert_near(best, 0, 1e-12);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* ---- what is known --------------------------------------------------------
 */

/* Raw 1.034 at 50 rows, .258 at 200, .052 at 1,000 of one N(0, I_8), in the
 * mean; a sample's own deviation is .24, .06, .012. Corrected: 0. */
static void bias_is_there_and_goes(void **state)
{
    (void)state;
    enum { most = 1000, d = 8, seeds = 16 };
    static const struct {
        size_t n;
        double raw, deviation;
    } known[] = {{50, 1.034, 0.24}, {200, 0.258, 0.065}, {1000, 0.052, 0.0125}};
    static double a[most * d], b[most * d];
    for (size_t i = 0; i < 3; i++) {
        double raws = 0, outs = 0;
        for (uint64_t seed = 0; seed < seeds; seed++) {
            double out, raw;
            fixture_sample(known[i].n, d, 2 * seed, 0, a);
            fixture_sample(known[i].n, d, 2 * seed + 1, 0, b);
            genmod_data *const x = fixture_view(known[i].n, d, a);
            genmod_data *const y = fixture_view(known[i].n, d, b);
            assert_ok(genmod_sample_frechet(x, y, &out, &raw, NULL, NULL));
            raws += raw / seeds;
            outs += out / seeds;
            genmod_data_free(y);
            genmod_data_free(x);
        }
        print_message("  %4zu rows: raw %.4f, corrected %.4f\n", known[i].n,
                      raws, outs);
        assert_near(raws, known[i].raw, 4 * known[i].deviation / sqrt(seeds));
        assert_near(outs, 0, 4 * known[i].deviation / sqrt(seeds));
    }
}

/* The pair whose squared distance is 2.575425893305007, drawn. */
static void a_known_distance_lies_within_its_error(void **state)
{
    (void)state;
    enum { n = 4000 };
    static const double mean[2][2] = {{0, 0}, {1, -1}};
    static const double l[2][3] = {
        {1.4142135623730951, 0.35355339059327373, 0.9354143466934853},
        {1, -0.3, 1.3820274961085253}};
    static double rows[2][n * 2];
    double out, error;
    for (size_t v = 0; v < 2; v++) {
        fixture_sample(n, 2, v + 3, 0, rows[v]);
        for (size_t i = 0; i < n; i++) {
            double *const x = rows[v] + 2 * i;
            x[1] = mean[v][1] + l[v][1] * x[0] + l[v][2] * x[1];
            x[0] = mean[v][0] + l[v][0] * x[0];
        }
    }
    genmod_data *const x = fixture_view(n, 2, rows[0]);
    genmod_data *const y = fixture_view(n, 2, rows[1]);
    assert_ok(genmod_sample_frechet(x, y, &out, NULL, &error, NULL));
    assert_true(error > 0.02 && error < 0.2);
    assert_near(out, 2.575425893305007, 3 * error);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* 95 % of the intervals hold the truth, 0.49 + 8 (.3)^2: of 60, 50 or fewer
 * with a chance of 1e-3. */
static void intervals_hold_the_truth(void **state)
{
    (void)state;
    enum { n = 300, d = 4, seeds = 60 };
    static double a[n * d], b[n * d];
    int held = 0;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        double out, error;
        fixture_sample(n, d, 2 * seed, 0, a);
        fixture_sample(n, d, 2 * seed + 1, 0, b);
        for (size_t i = 0; i < n * d; i++)
            b[i] = 1.3 * b[i] + (i % d ? 0 : 0.7);
        genmod_data *const x = fixture_view(n, d, a);
        genmod_data *const y = fixture_view(n, d, b);
        assert_ok(genmod_sample_frechet(x, y, &out, NULL, &error, NULL));
        held += fabs(out - 0.49 - d * 0.09) <= 1.96 * error;
        genmod_data_free(y);
        genmod_data_free(x);
    }
    assert_true(held > 50);
}

/* Elsewhere a root of a singular product is complex, or no number. */
static void singular_covariances_have_a_distance(void **state)
{
    (void)state;
    enum { n = 90, d = 15 };
    static double a[n * d], b[n * d];
    double out, raw, error;
    fixture_sample(n, d, 3, 0, a);
    for (size_t i = 0; i < n * d; i++) {
        a[i] = i % d < 2 ? a[i] : i % d == 2 ? a[i - 1] - a[i - 2] : 4;
        b[i] = a[i] + (i % d ? 0 : 0.5);
    }
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    assert_ok(genmod_sample_frechet(x, y, &out, &raw, &error, NULL));
    /* Roots of eigenvalues that are rounding: 1e-8 each. */
    assert_near(raw, 0.25, 1e-6);
    assert_true(isfinite(out) && isfinite(error));
    genmod_data_free(y);
    genmod_data_free(x);
}

static void an_offset_takes_no_digits(void **state)
{
    (void)state;
    enum { n = 200, d = 3 };
    static double a[n * d], b[n * d];
    double near, far;
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(n, d, 5, 1, b);
    for (size_t i = 0; i < n * d; i++) {
        a[i] = floor(a[i] * 0x1p20) * 0x1p-20;
        b[i] = floor(b[i] * 0x1p20) * 0x1p-20;
    }
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    assert_ok(genmod_sample_frechet(x, y, &near, NULL, NULL, NULL));
    for (size_t i = 0; i < n * d; i++) {
        a[i] += 0x1p27;
        b[i] += 0x1p27;
    }
    assert_ok(genmod_sample_frechet(x, y, &far, NULL, NULL, NULL));
    /* Means are rounded to 2^-26; the rest is as it was. */
    assert_near(far, near, 1e-6);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* ---- bits and refusals ----------------------------------------------------
 */

/* Powers of two round nothing; squares of variances are no numbers here. */
static void distances_and_errors_have_a_unit(void **state)
{
    (void)state;
    enum { n = 60, d = 3 };
    static const int power[] = {-400, 400};
    static double a[n * d], b[n * d];
    double v[3], w[3];
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(n, d, 4, 0.5, b);
    genmod_data *const x = fixture_view(n, d, a), *const y =
                                                      fixture_view(n, d, b);
    assert_ok(genmod_sample_frechet(x, y, &v[0], &v[1], &v[2], NULL));
    for (size_t i = 0; i < 2; i++) {
        const double unit = ldexp(1, power[i]);
        assert_ok(genmod_data_set_scale(x, unit, 0, NULL));
        assert_ok(genmod_data_set_scale(y, unit, 0, NULL));
        assert_ok(genmod_sample_frechet(x, y, &w[0], &w[1], &w[2], NULL));
        for (size_t j = 0; j < 3; j++)
            assert_near(ldexp(w[j], -2 * power[i]), v[j], 1e-11 * fabs(v[j]));
    }
    genmod_data_free(y);
    genmod_data_free(x);
}

static int32_t call(const genmod_data *x, const genmod_data *y, double *out,
                    genmod_workspace *w)
{
    return genmod_sample_frechet(x, y, out, out + 1, out + 2, w);
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
    static const double a[5] = {1, 2, 4, 8, 16}, huge[3] = {1e200, 0, -1e200};
    double out = 2.385;
    genmod_data *const x = fixture_view(5, 1, a);
    genmod_data *const two = fixture_view(2, 1, a);
    genmod_data *const far = fixture_view(3, 1, huge);
    assert_status(genmod_sample_frechet(x, x, NULL, NULL, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "out is NULL");
    assert_status(genmod_sample_frechet(x, two, &out, NULL, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "y has 2 rows; it must have 3 at least");
    assert_status(genmod_sample_frechet(x, far, &out, NULL, NULL, w),
                  GENMOD_BREAKDOWN, w);
    assert_error_names(w, "the distance leaves the range of doubles");
    assert_true(out == 2.385);
    genmod_data_free(far);
    genmod_data_free(two);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_raw_distance_agrees_with_a_plain_computation),
        cmocka_unit_test(the_correction_is_a_jackknife),
        cmocka_unit_test(bias_is_there_and_goes),
        cmocka_unit_test(a_known_distance_lies_within_its_error),
        cmocka_unit_test(intervals_hold_the_truth),
        cmocka_unit_test(singular_covariances_have_a_distance),
        cmocka_unit_test(an_offset_takes_no_digits),
        cmocka_unit_test(distances_and_errors_have_a_unit),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
