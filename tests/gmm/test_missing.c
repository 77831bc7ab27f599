/* EM where cells are missing: what rows say with the cells that they have. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D 3
#define K 2

/* Takes away a share of the cells. */
static void punch(uint64_t seed, double share, size_t cells, double *x)
{
    ref_random r = {seed};

    for (size_t i = 0; i < cells; i++)
        if (ref_uniform(&r) < share)
            x[i] = NAN;
}

static genmod_data *gappy_view(size_t n, size_t d, const double *x)
{
    genmod_data *const v = fixture_view(n, d, x);

    assert_ok(genmod_data_set_missing(v, 1, NULL));
    return v;
}

static void invent(int type, size_t n, double spread, double *x, ref_mixture *r)
{
    ref_init(r, type, K, D);
    ref_invent(r, 41 + (uint64_t)type, spread);
    ref_draw(r, 3, n, x, NULL);
}

/* ---- the textbook's E-step, row by row ------------------------------------
 */

/* Row x about mu_j: L of what is there, e = L^-1 (x_o - mu_o), the columns that
 * are there first in `order`. */
typedef struct given {
    size_t n, order[D];
    long double l[D * D], v[D * D], e[D], s[D * D];
} given;

static long double look(const ref_mixture *m, size_t j, const double *x,
                        given *g)
{
    double full[D * D], part[D * D];
    size_t at = 0;
    long double lp = logl((long double)m->w[j]);

    ref_covariance(m, j, full);
    for (int there = 1; there >= 0; there--) {
        for (size_t c = 0; c < D; c++)
            if (isnan(x[c]) != there)
                g->order[at++] = c;
        if (there)
            g->n = at;
    }
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++)
            g->s[a * D + b] = full[g->order[a] * D + g->order[b]];
    for (size_t a = 0; a < g->n; a++)
        for (size_t b = 0; b < g->n; b++)
            part[a * g->n + b] = (double)g->s[a * D + b];
    assert_true(g->n == 0 || ref_cholesky(g->n, part, g->l));
    for (size_t a = 0; a < g->n; a++) {
        g->e[a] = (long double)x[g->order[a]] - m->mu[j * D + g->order[a]];
        for (size_t c = 0; c < D; c++)
            g->v[a * D + c] = g->s[a * D + c];
        for (size_t b = 0; b < a; b++) {
            g->e[a] -= g->l[a * g->n + b] * g->e[b];
            for (size_t c = 0; c < D; c++)
                g->v[a * D + c] -= g->l[a * g->n + b] * g->v[b * D + c];
        }
        g->e[a] /= g->l[a * g->n + a];
        for (size_t c = 0; c < D; c++)
            g->v[a * D + c] /= g->l[a * g->n + a];
        lp -= g->e[a] * g->e[a] / 2 + logl(g->l[a * g->n + a]) +
              0.918938533204672741780L;
    }
    return lp;
}

/* E[x] and Cov[x] of component j given what is there. */
static void expect(const ref_mixture *m, size_t j, const given *g,
                   const double *x, long double *mean, long double *cov)
{
    memset(cov, 0, D * D * sizeof *cov);
    for (size_t a = 0; a < D; a++) {
        const size_t c = g->order[a];

        mean[c] = a < g->n ? x[c] : (long double)m->mu[j * D + c];
        for (size_t b = 0; a >= g->n && b < g->n; b++)
            mean[c] += g->v[b * D + a] * g->e[b];
        for (size_t b = g->n; a >= g->n && b < D; b++) {
            long double s = g->s[a * D + b];

            for (size_t i = 0; i < g->n; i++)
                s -= g->v[i * D + a] * g->v[i * D + b];
            cov[c * D + g->order[b]] = s;
        }
    }
}

static double row_density(const ref_mixture *m, const double *x, double *resp)
{
    long double l[K], top = -INFINITY, sum = 0;
    given g;

    for (size_t j = 0; j < m->k; j++) {
        l[j] = look(m, j, x, &g);
        top = l[j] > top ? l[j] : top;
    }
    for (size_t j = 0; j < m->k; j++)
        sum += expl(l[j] - top);
    for (size_t j = 0; resp && j < m->k; j++)
        resp[j] = (double)(expl(l[j] - top) / sum);
    return (double)(top + logl(sum));
}

static double likelihood(const ref_mixture *m, size_t n, const double *x)
{
    long double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += row_density(m, x + i * D, NULL);
    return (double)(sum / (long double)n);
}

/* Second moments about the new mean, as the type keeps them. */
static void spread(ref_mixture *to, size_t j, const long double *s,
                   long double mass, long double share)
{
    for (size_t a = 0; a < D; a++) {
        for (size_t b = 0; b < D && to->type == REF_FULL; b++)
            to->cov[(j * D + a) * D + b] = (double)(s[a * D + b] / mass);
        for (size_t b = 0; b < D && to->type == REF_TIED; b++)
            to->cov[a * D + b] += (double)(s[a * D + b] / mass * share);
        if (to->type == REF_DIAGONAL)
            to->cov[j * D + a] = (double)(s[a * D + a] / mass);
        if (to->type == REF_SPHERICAL)
            to->cov[j] += (double)(s[a * D + a] / mass / D);
    }
}

/* Ghahramani, Jordan 1994: the M-step on expected moments. */
static void step(const ref_mixture *from, ref_mixture *to, size_t n,
                 const double *x)
{
    memset(to->cov, 0, ref_cov_count(to->type, K, D) * sizeof(double));
    for (size_t j = 0; j < K; j++) {
        long double mass = 0, sum[D] = {0}, s[D * D] = {0};

        for (size_t i = 0; i < n; i++) {
            long double mean[D], cov[D * D];
            double r[K];
            given g;

            row_density(from, x + i * D, r);
            look(from, j, x + i * D, &g);
            expect(from, j, &g, x + i * D, mean, cov);
            mass += r[j];
            for (size_t a = 0; a < D; a++) {
                sum[a] += r[j] * mean[a];
                for (size_t b = 0; b < D; b++)
                    s[a * D + b] += r[j] * (mean[a] * mean[b] + cov[a * D + b]);
            }
        }
        to->w[j] = (double)(mass / (long double)n);
        for (size_t a = 0; a < D; a++)
            to->mu[j * D + a] = (double)(sum[a] / mass);
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++)
                s[a * D + b] -= sum[a] * sum[b] / mass;
        spread(to, j, s, mass, mass / (long double)n);
    }
}

/* ---- tests -----------------------------------------------------------------
 */

static void densities_are_those_of_the_cells_that_are_there(void **state)
{
    enum { N = 300 };

    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], lp[N], r[N * K], want[K];
        int32_t label[N];
        ref_mixture m;

        invent(type, N, 2, x, &m);
        punch(8, 0.4, N * D, x);
        for (size_t c = 0; c < D; c++)
            x[7 * D + c] = NAN;
        gmm_model *const g = fixture_from(&m, NULL);
        genmod_data *const v = gappy_view(N, D, x);
        assert_ok(gmm_log_density(g, v, sizeof lp, lp, NULL));
        assert_ok(gmm_responsibilities(g, v, GENMOD_F64, sizeof r, r, NULL));
        assert_ok(gmm_predict(g, v, sizeof label, label, NULL));
        for (size_t i = 0; i < N; i++) {
            fixture_close("density", lp[i], row_density(&m, x + i * D, want),
                          1e-13);
            for (size_t j = 0; j < K; j++)
                fixture_close("p(j | x)", r[i * K + j], want[j], 1e-12);
            assert_int_equal(label[i], want[1] > want[0]);
        }
        assert_true(fabs(lp[7]) < 1e-14); /* of nothing */
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
    }
}

static void a_step_is_the_textbooks(void **state)
{
    enum { N = 600 }; /* more than two blocks */

    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D];
        ref_mixture m, want, got;

        invent(type, N, 2, x, &m);
        punch(9, 0.3, N * D, x);
        ref_init(&want, type, K, D);
        ref_init(&got, type, K, D);
        m.mu[1] += 0.4;
        step(&m, &want, N, x);
        gmm_model *const g = fixture_from(&m, "ridge=0");
        genmod_data *const v = gappy_view(N, D, x);
        assert_ok(gmm_step(g, v, NULL));
        fixture_params(g, &got);
        fixture_mixtures_close("step", &got, &want, 1e-12);
        fixture_close("likelihood", fixture_series(g, GMM_REPORT_HISTORY, 0),
                      likelihood(&m, N, x), 1e-13);
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
        ref_free(&want);
        ref_free(&got);
    }
}

static void the_observed_likelihood_never_falls(void **state)
{
    enum { N = 300, STEPS = 60 };

    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], before = -INFINITY;
        ref_mixture m;

        invent(type, N, 1.1, x, &m);
        punch(10, 0.3, N * D, x);
        gmm_model *const g = fixture_model(K, type, "ridge=0 seed=3");
        genmod_data *const v = gappy_view(N, D, x);
        assert_ok(gmm_start(g, v, NULL));
        for (int i = 0; i < STEPS; i++) {
            assert_ok(gmm_step(g, v, NULL));
            const double now = fixture_series(g, GMM_REPORT_HISTORY, -1);
            if (!(now >= before - 1e-13 * fmax(1, fabs(before))))
                fail_msg("%s, step %d: %.17g after %.17g", ref_names[type], i,
                         now, before);
            before = now;
        }
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
    }
}

static fixture_bytes fitted(int type, const char *options, genmod_data *v,
                            genmod_workspace *w)
{
    gmm_model *const m = fixture_model(K, type, options);

    assert_ok(gmm_fit(m, v, NULL, NULL, w));
    const fixture_bytes b = fixture_save(m);
    gmm_free(m);
    return b;
}

static void where_no_cell_is_missing_the_bits_are_the_same(void **state)
{
    enum { N = 700 };
    static const char *const starts[] = {"max_iterations=9 starts=2",
                                         "max_iterations=9 init=k-means++",
                                         "max_iterations=9 init=random"};

    (void)state;
    for (int type = 0; type < REF_TYPES; type++)
        for (size_t i = 0; i < 6; i++) {
            double x[N * D];
            ref_mixture m;

            invent(type, N, 2, x, &m);
            float *const narrow = fixture_narrow(N * D, x);
            genmod_data *const v =
                i < 3 ? fixture_view(N, D, x) : fixture_view_f32(N, D, narrow);
            const fixture_bytes a = fitted(type, starts[i % 3], v, NULL);
            assert_ok(genmod_data_set_missing(v, 1, NULL));
            const fixture_bytes b = fitted(type, starts[i % 3], v, NULL);
            assert_true(fixture_same(a, b));
            genmod_data_free(v);
            free(narrow);
            free(a.p);
            free(b.p);
            ref_free(&m);
        }
}

/* Whole rows keep their bits beside others that are not, in f32 too. */
static void whole_rows_do_not_see_the_others(void **state)
{
    enum { N = 300 };

    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], a[N], b[N];
        ref_mixture m;

        invent(type, N, 2, x, &m);
        float *const narrow = fixture_narrow(N * D, x);
        gmm_model *const g = fixture_from(&m, NULL);
        genmod_data *const v = fixture_view_f32(N, D, narrow);
        assert_ok(genmod_data_set_missing(v, 1, NULL));
        assert_ok(gmm_log_density(g, v, sizeof a, a, NULL));
        for (size_t i = 0; i < N; i += 3)
            narrow[i * D + i % D] = NAN;
        assert_ok(gmm_log_density(g, v, sizeof b, b, NULL));
        for (size_t i = 0; i < N; i++)
            assert_true((a[i] == b[i]) == (i % 3 != 0));
        genmod_data_free(v);
        gmm_free(g);
        free(narrow);
        ref_free(&m);
    }
}

/* Standard errors of the fit without some cells: those of whole data (Gaussian
 * theory, n w_j rows; the groups lie apart), over the root of the share of rows
 * that have the cell, or both cells. */
static void thirty_per_cent_missing_leave_the_parameters(void **state)
{
    enum { N = 4000 };
    const double keep = 0.7;
    double *const x = fixture_take(N * D, sizeof *x);
    ref_mixture m, whole, part;
    double worst = 0;

    (void)state;
    invent(REF_FULL, N, 4, x, &m);
    ref_init(&whole, REF_FULL, K, D);
    ref_init(&part, REF_FULL, K, D);
    genmod_data *const v = gappy_view(N, D, x);
    gmm_model *const a = fixture_model(K, REF_FULL, "tolerance=1e-10");
    gmm_model *const b = fixture_model(K, REF_FULL, "tolerance=1e-10 seed=5");
    assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
    punch(20261127, 1 - keep, N * D, x);
    assert_ok(gmm_fit(b, v, NULL, NULL, NULL));
    fixture_params(a, &whole);
    fixture_params(b, &part);
    for (size_t j = 0; j < K; j++) {
        const size_t i =
            fabs(part.w[0] - whole.w[j]) < fabs(part.w[1] - whole.w[j]) ? 0 : 1;
        const double n = N * whole.w[j];
        const double *const s = whole.cov + j * D * D;

        worst = fmax(worst, fabs(part.w[i] - whole.w[j]) /
                                sqrt(whole.w[j] * (1 - whole.w[j]) / N / keep));
        for (size_t p = 0; p < D; p++) {
            worst = fmax(worst, fabs(part.mu[i * D + p] - whole.mu[j * D + p]) /
                                    sqrt(s[p * D + p] / n / keep));
            for (size_t q = 0; q < D; q++) {
                const double error = sqrt((s[p * D + p] * s[q * D + q] +
                                           s[p * D + q] * s[p * D + q]) /
                                          n / keep / (p == q ? 1 : keep));

                worst = fmax(
                    worst,
                    fabs(part.cov[(i * D + p) * D + q] - s[p * D + q]) / error);
            }
        }
    }
    print_message("  largest difference: %.2f standard errors\n", worst);
    assert_true(worst < 3 && worst > 0.01);
    genmod_data_free(v);
    gmm_free(a);
    gmm_free(b);
    free(x);
    ref_free(&m);
    ref_free(&whole);
    ref_free(&part);
}

typedef struct feed {
    const double *x;
} feed;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    const feed *const f = user;

    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * D, f->x + (size_t)rows[i] * D,
               D * sizeof(double));
    return 0;
}

static void threads_and_sources_change_no_bit(void **state)
{
    enum { N = 5000 };
    double *const x = fixture_take(N * D, sizeof *x);

    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        static const char options[] = "max_iterations=4 tolerance=0 starts=3";
        feed f = {x};
        ref_mixture m;

        invent(type, N, 1.5, x, &m);
        punch(12, 0.2, N * D, x);
        genmod_data *const v = gappy_view(N, D, x);
        const fixture_bytes want = fitted(type, options, v, NULL);
        for (size_t threads = 1; threads <= 7; threads += 2) {
            genmod_workspace *const w = fixture_workspace(threads);
            const fixture_bytes b = fitted(type, options, v, w);
            assert_true(fixture_same(want, b));
            free(b.p);
            genmod_workspace_free(w);
        }
        assert_ok(genmod_data_set_source(v, GENMOD_F64, N, D, give, &f, NULL));
        const fixture_bytes b = fitted(type, options, v, NULL);
        assert_true(fixture_same(want, b));
        free(b.p);
        free(want.p);
        genmod_data_free(v);
        ref_free(&m);
    }
    free(x);
}

/* Every start finds two far-off groups of which a third of the cells is gone.
 */
static void every_start_takes_missing_cells(void **state)
{
    enum { N = 400 };
    static const char *const inits[] = {"init=k-means", "init=k-means++",
                                        "init=random", "init=labels"};
    double x[N * D];
    int32_t label[N];
    ref_mixture m, got;

    (void)state;
    ref_init(&m, REF_DIAGONAL, K, D);
    ref_init(&got, REF_DIAGONAL, K, D);
    ref_invent(&m, 4, 1);
    for (size_t c = 0; c < D; c++)
        m.mu[c] += 8;
    ref_draw(&m, 6, N, x, label);
    punch(13, 0.3, N * D, x);
    genmod_data *const v = gappy_view(N, D, x);
    assert_ok(genmod_data_set_labels(v, N, label, NULL));
    for (size_t i = 0; i < 4; i++) {
        gmm_model *const g = fixture_model(K, REF_DIAGONAL, inits[i]);

        assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
        fixture_params(g, &got);
        if (!(fixture_distance(&got, &m) < 0.35))
            fail_msg("%s: %g", inits[i], fixture_distance(&got, &m));
        gmm_free(g);
    }
    genmod_data_free(v);
    ref_free(&m);
    ref_free(&got);
}

static void refused(genmod_workspace *w, int32_t status, int32_t want,
                    const char *text)
{
    assert_int_equal(status, want);
    fixture_says(w, text);
}

static void bad_cells_are_refused_by_name(void **state)
{
    enum { N = 300 };
    genmod_workspace *const w = fixture_workspace(1);
    double x[N * D], out[N];
    ref_mixture m;

    (void)state;
    invent(REF_FULL, N, 2, x, &m);
    gmm_model *const g = fixture_from(&m, NULL);
    const fixture_bytes before = fixture_save(g);
    genmod_data *const v = gappy_view(N, D, x);
    x[4] = NAN;
    x[280 * D + 2] = INFINITY;
    refused(w, gmm_fit(g, v, NULL, NULL, w), GENMOD_NON_FINITE,
            "row 280, column 2 is inf");
    refused(w, gmm_step(g, v, w), GENMOD_NON_FINITE, "row 280, column 2");
    refused(w, gmm_log_density(g, v, sizeof out, out, w), GENMOD_NON_FINITE,
            "row 280, column 2");
    x[280 * D + 2] = 1;
    assert_ok(genmod_data_set_missing(v, 0, NULL));
    refused(w, gmm_fit(g, v, NULL, NULL, w), GENMOD_NON_FINITE,
            "row 1, column 1");
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    for (size_t i = 0; i < N; i++)
        x[i * D + 1] = NAN;
    refused(w, gmm_fit(g, v, NULL, NULL, w), GENMOD_BAD_ARGUMENT,
            "column 1 has no cell");
    assert_true(fixture_unchanged(g, before));
    genmod_data_free(v);
    gmm_free(g);
    free(before.p);
    ref_free(&m);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_are_those_of_the_cells_that_are_there),
        cmocka_unit_test(a_step_is_the_textbooks),
        cmocka_unit_test(the_observed_likelihood_never_falls),
        cmocka_unit_test(where_no_cell_is_missing_the_bits_are_the_same),
        cmocka_unit_test(whole_rows_do_not_see_the_others),
        cmocka_unit_test(thirty_per_cent_missing_leave_the_parameters),
        cmocka_unit_test(threads_and_sources_change_no_bit),
        cmocka_unit_test(every_start_takes_missing_cells),
        cmocka_unit_test(bad_cells_are_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
