/* The prior of means and covariances, and shrinkage. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D 3
#define K 2
#define N 60

static const char with_prior[] =
    "ridge=0 prior=conjugate prior_rows=1.375 prior_dof=2.5 prior_scale=0.75";

/* The same numbers in plain formulas: what the prior takes from the data. */
typedef struct prior {
    double rows, dof, center[D], scale[D], mean_scale;
} prior;

static prior prior_of(const double *x)
{
    prior q = {.rows = 1.375, .dof = 2.5 + D};

    for (size_t c = 0; c < D; c++) {
        long double sum = 0, squares = 0;

        for (size_t i = 0; i < N; i++)
            sum += x[i * D + c] / N;
        for (size_t i = 0; i < N; i++)
            squares += (x[i * D + c] - sum) * (x[i * D + c] - sum) / N;
        q.center[c] = (double)sum;
        q.scale[c] = 0.75 * (double)squares / pow(K, 2.0 / D);
        q.mean_scale += q.scale[c] / D;
    }
    return q;
}

static double power(const prior *q, int type)
{
    if (type == REF_TIED)
        return q->dof + D + 1 + K;
    if (type == REF_FULL)
        return q->dof + D + 2;
    return type == REF_DIAGONAL ? q->dof + 3 : q->dof + 2 + D;
}

/* Fraley, Raftery 2007, table 2, from hard sums over the rows. */
static void step(const prior *q, const ref_mixture *from, ref_mixture *to,
                 const double *x)
{
    double r[N * K], tied[D * D] = {0};

    ref_density(from, N, x, NULL, r);
    memset(to->cov, 0, ref_cov_count(to->type, K, D) * sizeof(double));
    for (size_t j = 0; j < K; j++) {
        double n = 0, s[D * D] = {0}, *const mu = to->mu + j * D;

        for (size_t i = 0; i < N; i++)
            n += r[i * K + j];
        to->w[j] = n / N;
        for (size_t c = 0; c < D; c++) {
            mu[c] = q->rows * q->center[c];
            for (size_t i = 0; i < N; i++)
                mu[c] += r[i * K + j] * x[i * D + c];
            mu[c] /= n + q->rows;
        }
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++) {
                s[a * D + b] =
                    q->rows * (mu[a] - q->center[a]) * (mu[b] - q->center[b]);
                for (size_t i = 0; i < N; i++)
                    s[a * D + b] += r[i * K + j] * (x[i * D + a] - mu[a]) *
                                    (x[i * D + b] - mu[b]);
                tied[a * D + b] += s[a * D + b];
                if (to->type == REF_FULL)
                    to->cov[(j * D + a) * D + b] =
                        (s[a * D + b] + (a == b ? q->scale[a] : 0)) /
                        (n + power(q, to->type));
                if (to->type == REF_DIAGONAL && a == b)
                    to->cov[j * D + a] =
                        (s[a * D + a] + q->scale[a]) / (n + power(q, to->type));
                if (to->type == REF_SPHERICAL && a == b)
                    to->cov[j] += (s[a * D + a] + q->mean_scale / D) /
                                  (n * D + power(q, to->type));
            }
    }
    for (size_t i = 0; i < D * D && to->type == REF_TIED; i++)
        to->cov[i] = (tied[i] + (i % (D + 1) == 0 ? q->scale[i / D] : 0)) /
                     (N + power(q, to->type));
}

/* ln of the prior's density but for a constant. */
static double log_prior(const prior *q, const ref_mixture *m)
{
    double sum = 0;

    for (size_t j = 0; j < K; j++) {
        const double *const mu = m->mu + j * D;
        const double shared = m->type == REF_TIED ? 1.0 / K : 1;
        double s[D * D];
        long double l[D * D], inverse[D * D] = {0}, log_det = 0;

        ref_covariance(m, j, s);
        assert_true(ref_cholesky(D, s, l));
        for (size_t c = 0; c < D; c++) /* columns of L^-1 */
            for (size_t i = 0; i < D; i++) {
                long double v = i == c;

                for (size_t b = 0; b < i; b++)
                    v -= l[i * D + b] * inverse[b * D + c];
                inverse[i * D + c] = v / l[i * D + i];
            }
        for (size_t i = 0; i < D; i++) {
            long double e = 0;

            log_det += 2 * logl(l[i * D + i]);
            for (size_t c = 0; c < D; c++) {
                e += inverse[i * D + c] * (mu[c] - q->center[c]);
                if (m->type != REF_SPHERICAL)
                    sum -= (double)(inverse[i * D + c] * inverse[i * D + c]) *
                           q->scale[c] * shared / 2;
            }
            sum -= q->rows * (double)(e * e) / 2;
        }
        if (m->type == REF_SPHERICAL)
            sum -= power(q, m->type) * log(m->cov[j]) / 2 +
                   q->mean_scale / m->cov[j] / 2;
        else
            sum -= power(q, m->type) * (double)log_det * shared / 2;
    }
    return sum;
}

static void invent(int type, double *x, ref_mixture *m)
{
    ref_init(m, type, K, D);
    ref_invent(m, 61 + (uint64_t)type, 1.5);
    ref_draw(m, 4, N, x, NULL);
}

static void a_step_goes_to_the_posteriors_mode(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D];
        ref_mixture m, want, got;

        invent(type, x, &m);
        ref_init(&want, type, K, D);
        ref_init(&got, type, K, D);
        const prior q = prior_of(x);
        step(&q, &m, &want, x);
        gmm_model *const g = fixture_from(&m, with_prior);
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(gmm_step(g, v, NULL));
        fixture_params(g, &got);
        fixture_mixtures_close("step", &got, &want, 1e-12);
        fixture_close("objective", fixture_number(g, GMM_REPORT_OBJECTIVE),
                      ref_likelihood(&m, N, x, NULL) + log_prior(&q, &m) / N,
                      1e-12);
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
        ref_free(&want);
        ref_free(&got);
    }
}

static void the_objective_never_falls(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], before = -INFINITY;
        ref_mixture m;

        invent(type, x, &m);
        gmm_model *const g = fixture_model(K, type, with_prior);
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(gmm_start(g, v, NULL));
        for (int i = 0; i < 100; i++) {
            assert_ok(gmm_step(g, v, NULL));
            const double now = fixture_number(g, GMM_REPORT_OBJECTIVE);
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

/* Rows that repeat: without a prior covariances collapse and are mended. */
static void a_prior_keeps_components_from_collapsing(void **state)
{
    double x[N * D], mends[2] = {0, 0};
    ref_mixture m;

    (void)state;
    invent(REF_FULL, x, &m);
    for (size_t i = 0; i < N; i++)
        memcpy(x + i * D, x + i % 6 * D, D * sizeof *x);
    genmod_data *const v = fixture_view(N, D, x);
    for (int i = 0; i < 2; i++) {
        gmm_model *const g = fixture_model(
            4, REF_FULL, i ? "prior=conjugate ridge=0" : "ridge=0");
        assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
        for (int64_t j = 0; j < 4; j++)
            mends[i] += fixture_series(g, GMM_REPORT_MENDS, j);
        gmm_free(g);
    }
    assert_true(mends[0] > 0 && mends[1] == 0);
    genmod_data_free(v);
    ref_free(&m);
}

/* Far from the origin and in other units: the same fit, moved. */
static void a_prior_moves_with_the_data(void **state)
{
    double x[N * D];
    ref_mixture m, a, b;

    (void)state;
    invent(REF_FULL, x, &m);
    ref_init(&a, REF_FULL, K, D);
    ref_init(&b, REF_FULL, K, D);
    for (int i = 0; i < 2; i++) {
        gmm_model *const g = fixture_model(
            K, REF_FULL, "prior=conjugate ridge=0 max_iterations=20");
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
        fixture_params(g, i ? &b : &a);
        genmod_data_free(v);
        gmm_free(g);
        for (size_t c = 0; c < N * D; c++)
            x[c] = 8 * x[c] + 4096;
    }
    for (size_t c = 0; c < K * D; c++)
        b.mu[c] = (b.mu[c] - 4096) / 8;
    for (size_t c = 0; c < K * D * D; c++)
        b.cov[c] /= 64;
    fixture_mixtures_close("moved", &b, &a, 1e-9);
    ref_free(&m);
    ref_free(&a);
    ref_free(&b);
}

static void shrinkage_takes_its_share_of_correlations(void **state)
{
    (void)state;
    for (int type = REF_FULL; type <= REF_TIED; type++) {
        double x[N * D];
        ref_mixture m, a, b;

        invent(type, x, &m);
        ref_init(&a, type, K, D);
        ref_init(&b, type, K, D);
        gmm_model *const plain = fixture_from(&m, "ridge=0");
        gmm_model *const g = fixture_from(&m, "ridge=0 shrinkage=0.25");
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(gmm_step(plain, v, NULL));
        assert_ok(gmm_step(g, v, NULL));
        fixture_params(plain, &a);
        fixture_params(g, &b);
        for (size_t i = 0; i < ref_cov_count(type, K, D); i++)
            fixture_close("element", b.cov[i],
                          a.cov[i] * (i % (D * D) % (D + 1) ? 0.75 : 1), 1e-15);
        genmod_data_free(v);
        gmm_free(plain);
        gmm_free(g);
        ref_free(&m);
        ref_free(&a);
        ref_free(&b);
    }
}

static void shrinkage_wants_correlations(void **state)
{
    genmod_workspace *const w = fixture_workspace(1);
    double x[N * D];
    ref_mixture m;

    (void)state;
    invent(REF_DIAGONAL, x, &m);
    gmm_model *const g = fixture_from(&m, "shrinkage=0.25");
    const fixture_bytes before = fixture_save(g);
    genmod_data *const v = fixture_view(N, D, x);
    assert_status(gmm_fit(g, v, NULL, NULL, w), GENMOD_BAD_ARGUMENT, w);
    fixture_says(w, "shrinkage is 0.25; diagonal covariances");
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
        cmocka_unit_test(a_step_goes_to_the_posteriors_mode),
        cmocka_unit_test(the_objective_never_falls),
        cmocka_unit_test(a_prior_keeps_components_from_collapsing),
        cmocka_unit_test(a_prior_moves_with_the_data),
        cmocka_unit_test(shrinkage_takes_its_share_of_correlations),
        cmocka_unit_test(shrinkage_wants_correlations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
