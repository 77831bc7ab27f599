/* Rows with measurement noise of their own: extreme deconvolution. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D 3
#define K 2

/* Rows of a mixture and noise on top of them: variances [n, D], or matrices
 * [n, D, D] of rank 1 and a diagonal. */
static void draw(int type, size_t n, int full, double size, double *x,
                 double *noise, ref_mixture *m)
{
    ref_random r = {77};

    ref_init(m, type, K, D);
    ref_invent(m, 21 + (uint64_t)type, 2.5);
    ref_draw(m, 9, n, x, NULL);
    for (size_t i = 0; i < n; i++) {
        double v[D], a[D], *const to = noise + i * D * (full ? D : 1);

        for (size_t c = 0; c < D; c++) {
            v[c] = size * (0.1 + 2 * ref_uniform(&r));
            a[c] = full ? sqrt(size) * ref_normal(&r) : 0;
        }
        const double common = ref_normal(&r);
        for (size_t c = 0; c < D; c++) {
            x[i * D + c] += sqrt(v[c]) * ref_normal(&r) + a[c] * common;
            for (size_t b = 0; full && b < D; b++)
                to[c * D + b] = a[c] * a[b] + (b == c ? v[c] : 0);
            if (!full)
                to[c] = v[c];
        }
    }
}

static genmod_data *noisy_view(size_t n, const double *x, const double *noise,
                               int full, genmod_data **of)
{
    genmod_data *const v = fixture_view(n, D, x);

    *of = fixture_view(n, full ? D * D : D, noise);
    assert_ok(genmod_data_set_noise(v, *of, NULL));
    return v;
}

/* Row x seen with noise: ln w_j N(x_o | mu_o, T), and E and Cov of what is
 * behind it. Gauss-Jordan on [T | S_o. , e]. */
static long double look(const ref_mixture *m, size_t j, const double *x,
                        const double *noise, int full, long double *mean,
                        long double *cov)
{
    double s[D * D];
    long double a[D][2 * D + 1], log_det = 0, square = 0;
    size_t o[D], n = 0;

    ref_covariance(m, j, s);
    for (size_t c = 0; c < D; c++)
        if (!isnan(x[c]))
            o[n++] = c;
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < n; c++)
            a[i][c] = s[o[i] * D + o[c]] + (full     ? noise[o[i] * D + o[c]]
                                            : i == c ? noise[o[i]]
                                                     : 0);
        for (size_t c = 0; c < D; c++)
            a[i][n + c] = s[o[i] * D + c];
        a[i][n + D] = (long double)x[o[i]] - m->mu[j * D + o[i]];
    }
    for (size_t i = 0; i < n; i++) {
        const long double pivot = a[i][i];

        log_det += logl(pivot);
        for (size_t c = i; c <= n + D; c++)
            a[i][c] /= pivot;
        for (size_t b = 0; b < n; b++) {
            const long double f = a[b][i];

            for (size_t c = i; c <= n + D && b != i; c++)
                a[b][c] -= f * a[i][c];
        }
    }
    for (size_t i = 0; i < n; i++)
        square += a[i][n + D] * ((long double)x[o[i]] - m->mu[j * D + o[i]]);
    for (size_t c = 0; c < D && mean; c++) {
        mean[c] = m->mu[j * D + c];
        for (size_t i = 0; i < n; i++)
            mean[c] += s[o[i] * D + c] * a[i][n + D];
        for (size_t b = 0; b < D; b++) {
            cov[c * D + b] = s[c * D + b];
            for (size_t i = 0; i < n; i++)
                cov[c * D + b] -= s[o[i] * D + c] * a[i][n + b];
        }
    }
    return logl((long double)m->w[j]) -
           (square + log_det + (long double)n * 1.837877066409345483561L) / 2;
}

static double row_density(const ref_mixture *m, const double *x,
                          const double *noise, int full, double *resp)
{
    long double l[K], sum = 0;

    for (size_t j = 0; j < K; j++)
        sum += l[j] = expl(look(m, j, x, noise, full, NULL, NULL));
    for (size_t j = 0; resp && j < K; j++)
        resp[j] = (double)(l[j] / sum);
    return (double)logl(sum);
}

/* Bovy, Hogg, Roweis 2011, (16) to (18). */
static void step(const ref_mixture *from, ref_mixture *to, size_t n,
                 const double *x, const double *noise, int full)
{
    const size_t width = full ? D * D : D;

    memset(to->cov, 0, ref_cov_count(to->type, K, D) * sizeof(double));
    for (size_t j = 0; j < K; j++) {
        long double mass = 0, sum[D] = {0}, s[D * D] = {0};

        for (size_t i = 0; i < n; i++) {
            long double mean[D], cov[D * D];
            double r[K];

            row_density(from, x + i * D, noise + i * width, full, r);
            look(from, j, x + i * D, noise + i * width, full, mean, cov);
            mass += r[j];
            for (size_t a = 0; a < D; a++) {
                sum[a] += r[j] * mean[a];
                for (size_t b = 0; b < D; b++)
                    s[a * D + b] += r[j] * (mean[a] * mean[b] + cov[a * D + b]);
            }
        }
        to->w[j] = (double)(mass / (long double)n);
        for (size_t a = 0; a < D; a++) {
            to->mu[j * D + a] = (double)(sum[a] / mass);
            for (size_t b = 0; b < D; b++) {
                const long double v =
                    s[a * D + b] / mass - sum[a] / mass * (sum[b] / mass);

                if (to->type == REF_FULL)
                    to->cov[(j * D + a) * D + b] = (double)v;
                if (to->type == REF_TIED)
                    to->cov[a * D + b] += (double)(v * mass / (long double)n);
                if (to->type == REF_DIAGONAL && a == b)
                    to->cov[j * D + a] = (double)v;
                if (to->type == REF_SPHERICAL && a == b)
                    to->cov[j] += (double)(v / D);
            }
        }
    }
}

static void a_step_is_the_textbooks(void **state)
{
    enum { N = 300 };

    (void)state;
    for (int i = 0; i < 2 * REF_TYPES; i++) {
        const int type = i / 2, full = i % 2;
        double x[N * D], noise[N * D * D], lp[N], l = 0;
        ref_mixture m, want, got;
        genmod_data *of;

        draw(type, N, full, 0.6, x, noise, &m);
        for (size_t c = 0; c < N * D; c += 11)
            x[c] = NAN;
        noise[0] = NAN; /* of a cell that is missing */
        ref_init(&want, type, K, D);
        ref_init(&got, type, K, D);
        m.mu[1] += 0.4;
        step(&m, &want, N, x, noise, full);
        gmm_model *const g = fixture_from(&m, "ridge=0");
        genmod_data *const v = noisy_view(N, x, noise, full, &of);
        assert_ok(genmod_data_set_missing(v, 1, NULL));
        assert_ok(gmm_log_density(g, v, sizeof lp, lp, NULL));
        for (size_t r = 0; r < N; r++) {
            const double p = row_density(
                &m, x + r * D, noise + r * D * (full ? D : 1), full, NULL);

            fixture_close("density", lp[r], p, 1e-12);
            l += p / N;
        }
        assert_ok(gmm_step(g, v, NULL));
        fixture_params(g, &got);
        fixture_mixtures_close("step", &got, &want, 1e-11);
        fixture_close("likelihood", fixture_series(g, GMM_REPORT_HISTORY, 0), l,
                      1e-12);
        genmod_data_free(v);
        genmod_data_free(of);
        gmm_free(g);
        ref_free(&m);
        ref_free(&want);
        ref_free(&got);
    }
}

static void the_likelihood_never_falls(void **state)
{
    enum { N = 200 };

    (void)state;
    for (int i = 0; i < 2 * REF_TYPES; i++) {
        const int type = i / 2, full = i % 2;
        double x[N * D], noise[N * D * D], before = -INFINITY;
        ref_mixture m;
        genmod_data *of;

        draw(type, N, full, 1, x, noise, &m);
        gmm_model *const g = fixture_model(K, type, "ridge=0");
        genmod_data *const v = noisy_view(N, x, noise, full, &of);
        assert_ok(gmm_start(g, v, NULL));
        for (int s = 0; s < 50; s++) {
            assert_ok(gmm_step(g, v, NULL));
            const double now = fixture_series(g, GMM_REPORT_HISTORY, -1);
            if (!(now >= before - 1e-13 * fmax(1, fabs(before))))
                fail_msg("%s, step %d: %.17g after %.17g", ref_names[type], s,
                         now, before);
            before = now;
        }
        genmod_data_free(v);
        genmod_data_free(of);
        gmm_free(g);
        ref_free(&m);
    }
}

/* What lies behind the noise, which is as wide as the groups are: the variances
 * without it, where plain EM finds those with it. */
static void what_lies_behind_the_noise_is_found(void **state)
{
    enum { N = 4000 };
    double *const x = fixture_take(N * D, sizeof *x);
    double *const noise = fixture_take(N * D, sizeof *noise);
    double apart[2];
    ref_mixture m, got;
    genmod_data *of;

    (void)state;
    draw(REF_FULL, N, 0, 1, x, noise, &m);
    ref_init(&got, REF_FULL, K, D);
    genmod_data *const v = noisy_view(N, x, noise, 0, &of);
    for (int known = 0; known < 2; known++) {
        gmm_model *const g =
            fixture_model(K, REF_FULL, "tolerance=1e-7 max_iterations=150");
        assert_ok(genmod_data_set_noise(v, known ? of : NULL, NULL));
        assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
        fixture_params(g, &got);
        apart[known] = fixture_distance(&got, &m);
        gmm_free(g);
    }
    print_message("  apart by %.3f, without deconvolution %.3f\n", apart[1],
                  apart[0]);
    assert_true(apart[1] < 0.25 && apart[0] > 1);
    genmod_data_free(v);
    genmod_data_free(of);
    ref_free(&m);
    ref_free(&got);
    free(x);
    free(noise);
}

typedef struct feed {
    const double *x;
    size_t width;
} feed;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    const feed *const f = user;

    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * f->width, f->x + (size_t)rows[i] * f->width,
               f->width * sizeof(double));
    return 0;
}

static void threads_and_sources_change_no_bit(void **state)
{
    enum { N = 2500 };
    static const char options[] = "max_iterations=3 tolerance=0 starts=2";
    double *const x = fixture_take(N * D, sizeof *x);
    double *const noise = fixture_take(N * D * D, sizeof *noise);

    (void)state;
    for (int full = 0; full < 2; full++) {
        feed f = {noise, D * (full ? (size_t)D : 1)};
        ref_mixture m;
        genmod_data *of;
        fixture_bytes b[4];

        draw(REF_DIAGONAL, N, full, 1, x, noise, &m);
        genmod_data *const v = noisy_view(N, x, noise, full, &of);
        for (size_t i = 0; i < 4; i++) {
            gmm_model *const g = fixture_model(K, REF_DIAGONAL, options);
            genmod_workspace *const w = fixture_workspace(1 + i);
            if (i == 3) {
                assert_ok(genmod_data_set_source(of, GENMOD_F64, N, f.width,
                                                 give, &f, NULL));
            }
            assert_ok(gmm_fit(g, v, NULL, NULL, w));
            b[i] = fixture_save(g);
            assert_true(fixture_same(b[0], b[i]));
            gmm_free(g);
            genmod_workspace_free(w);
        }
        for (size_t i = 0; i < 4; i++)
            free(b[i].p);
        genmod_data_free(v);
        genmod_data_free(of);
        ref_free(&m);
    }
    free(x);
    free(noise);
}

static void refused(genmod_workspace *w, int32_t status, const char *text)
{
    assert_int_equal(status, GENMOD_BAD_ARGUMENT);
    fixture_says(w, text);
}

static void bad_noise_is_refused(void **state)
{
    enum { N = 300 };
    genmod_workspace *const w = fixture_workspace(2);
    double x[N * D], noise[N * D * D];
    ref_mixture m;
    genmod_data *of;

    (void)state;
    draw(REF_FULL, N, 1, 1, x, noise, &m);
    gmm_model *const g = fixture_from(&m, NULL);
    const fixture_bytes before = fixture_save(g);
    genmod_data *const v = noisy_view(N, x, noise, 1, &of);
    genmod_data *const other = fixture_view(N - 1, D, x);
    genmod_data *const narrow = fixture_view(N, D - 1, x);
    refused(w, genmod_data_set_noise(NULL, of, w), "the data view is NULL");
    refused(w, genmod_data_set_noise(v, v, w), "the view that it is of");
    refused(w, genmod_data_set_noise(v, other, w),
            "299 rows; the view has 300");
    refused(w, genmod_data_set_noise(v, narrow, w), "noise has 2 columns");
    noise[290 * D * D + D + 1] = -1;
    refused(w, gmm_fit(g, v, NULL, NULL, w), "noise of row 290, column 1");
    noise[290 * D * D + D + 1] = 1;
    noise[280 * D * D + D] = NAN;
    refused(w, gmm_step(g, v, w), "noise of row 280, column 1");
    noise[280 * D * D + D] = 1e6;
    refused(w, gmm_step(g, v, w), "positive semidefinite in one of rows 0 to");
    noise[280 * D * D + D] = 0;
    assert_ok(genmod_data_set_rows(of, GENMOD_F64, N, D + 1, noise, 0, 0, w));
    refused(w, gmm_step(g, v, w), "noise has 300 rows of 4 columns");
    assert_true(fixture_unchanged(g, before));
    genmod_data_free(v);
    genmod_data_free(of);
    genmod_data_free(other);
    genmod_data_free(narrow);
    gmm_free(g);
    free(before.p);
    ref_free(&m);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_the_textbooks),
        cmocka_unit_test(the_likelihood_never_falls),
        cmocka_unit_test(what_lies_behind_the_noise_is_found),
        cmocka_unit_test(threads_and_sources_change_no_bit),
        cmocka_unit_test(bad_noise_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
