/* Divergences of mixtures against quadrature of their own densities, for tables
 * of the literature and for mixtures at random. */
#include "genmod/measure.h"
#include "gmm/fixture.h"

#define NATS GENMOD_NATS
#define TOLERANCE 3e-13
#define PAIRS 100 /* 1000 in suite slow */
#define LN_2 0.693147180559945309

/* A mixture on a line as a density for room `measure`. */
typedef struct density {
    gmm_model *m;
    genmod_data *rows;
    genmod_workspace *w;
} density;

static density of(size_t k, const double *w, const double *mean,
                  const double *variance)
{
    static const double origin[1] = {0};
    density f = {fixture_model(k, REF_FULL, NULL), fixture_view(1, 1, origin),
                 fixture_workspace(1)};
    assert_ok(gmm_set_params(f.m, k, 1, w, mean, k, variance, NULL));
    return f;
}

static void drop(density *f)
{
    gmm_free(f->m);
    genmod_data_free(f->rows);
    genmod_workspace_free(f->w);
}

static int32_t ln_density(size_t n, size_t d, const double *x, double *out,
                          void *user)
{
    density *const f = user;
    int32_t status =
        genmod_data_set_rows(f->rows, GENMOD_F64, n, d, x, 0, 0, f->w);
    if (!status)
        status = gmm_log_density(f->m, f->rows, n * sizeof *out, out, f->w);
    return status;
}

typedef int32_t (*divergence)(size_t d, const double *lower,
                              const double *upper, genmod_log_density p,
                              void *p_user, genmod_log_density q, void *q_user,
                              double tolerance, int32_t unit, double *out,
                              double *error, genmod_workspace *w);

static double integral(divergence f, density *p, density *q, double *error)
{
    double out = NAN;
    assert_ok(f(1, NULL, NULL, ln_density, p, ln_density, q, TOLERANCE, NATS,
                &out, error, NULL));
    return out;
}

static double entropy(density *p, double *error)
{
    double out = NAN;
    assert_ok(genmod_density_entropy(1, NULL, NULL, ln_density, p, TOLERANCE,
                                     NATS, &out, error, NULL));
    return out;
}

static void bounds(const density *p, const density *q, double *v)
{
    assert_ok(
        gmm_divergence(p->m, q->m, 1, 0, NATS, GMM_DIVERGENCES, v, NULL, NULL));
}

static const double half[] = {0.5, 0.5}, unit[] = {1, 1}, one[] = {1};

/* How wide they are is printed in doc/math/gmm.md; tight where the components
 * do not touch. */
static void entropy_bounds_hold_the_known_entropies(void **state)
{
    (void)state;
    static const struct {
        double a, entropy, below, above;
    } at[] = {{0.5, 1.53036001538941, 0.050873, 0.107649},
              {1, 1.75576935355150, 0.117761, 0.229388},
              {2, 2.05165872694154, 0.066501, 0.060092},
              {3, 2.10823646623375, 0.007198, 0.003849},
              {5, 2.11208485059866, 0.000003, 0.000001}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        const double mean[] = {-at[i].a, at[i].a};
        double v[GMM_DIVERGENCES], error;
        density f = of(2, half, mean, unit);
        bounds(&f, &f, v);
        assert_near(entropy(&f, &error), at[i].entropy, 1e-13);
        assert_true(v[GMM_ENTROPY_LOWER] <= at[i].entropy);
        assert_true(v[GMM_ENTROPY_UPPER] >= at[i].entropy);
        assert_near(at[i].entropy - v[GMM_ENTROPY_LOWER], at[i].below, 5e-7);
        assert_near(v[GMM_ENTROPY_UPPER] - at[i].entropy, at[i].above, 5e-7);
        drop(&f);
    }
}

/* Tables 1 and 2 of doc/math/gmm.md, by quadrature of the library's mixtures.
 */
static void the_tables_are_those_of_quadrature(void **state)
{
    (void)state;
    static const double apart[] = {-2, 2}, zero[] = {0}, five[] = {5};
    static const double w[] = {0.3, 0.7}, m[] = {-1, 2}, v[] = {0.25, 1};
    static const double u[] = {0.6, 0.4}, n[] = {-0.5, 2.5}, t[] = {0.5, 0.8};
    density f[] = {of(2, half, apart, unit), of(2, w, m, v)};
    density g[] = {of(1, one, zero, five), of(2, u, n, t)};
    static const double want[2][3] = {
        {0.17199876248018, 0.24782803025874, 0.04618248576280},
        {0.17175584667625, 0.19170129711700, 0.04370118055147}};
    for (int i = 0; i < 2; i++) {
        double e, c[GMM_DIVERGENCES];
        assert_near(integral(genmod_density_kl, &f[i], &g[i], &e), want[i][0],
                    1e-13);
        assert_near(integral(genmod_density_kl, &g[i], &f[i], &e), want[i][1],
                    1e-13);
        assert_near(integral(genmod_density_js, &f[i], &g[i], &e), want[i][2],
                    1e-13);
        bounds(&f[i], &g[i], c);
        assert_true(want[i][0] <= c[GMM_KL_UPPER]);
        drop(&f[i]);
        drop(&g[i]);
    }
}

/* Renyi's entropy of order 2 is - ln int f^2, a product's normaliser. */
static void renyi_2_has_its_known_digits(void **state)
{
    (void)state;
    static const double w[] = {0.3, 0.7}, m[] = {-1, 2}, v[] = {0.25, 1};
    density f = of(2, w, m, v);
    double l = 0;
    assert_ok(gmm_product(f.m, f.m, f.m, &l, NULL));
    assert_near(-l, 1.644555276478924, 1e-14);
    drop(&f);
}

/* ---- at random ----------------------------------------------------------- */

/* Means some deviations apart, weights and variances within a few times. */
static density invent(ref_random *r, size_t k)
{
    double w[3], mean[3], variance[3], sum = 0;
    for (size_t j = 0; j < k; j++) {
        sum += w[j] = 0.2 + ref_uniform(r);
        mean[j] = 5 * ref_uniform(r) - 2.5;
        variance[j] = 0.3 + 1.5 * ref_uniform(r);
    }
    for (size_t j = 0; j < k; j++)
        w[j] /= sum;
    return of(k, w, mean, variance);
}

static void check_pair(density *p, density *q)
{
    double e[5], v[GMM_DIVERGENCES];
    const double kl = integral(genmod_density_kl, p, q, &e[0]);
    const double back = integral(genmod_density_kl, q, p, &e[1]);
    const double ce = integral(genmod_density_cross_entropy, p, q, &e[2]);
    const double h = entropy(p, &e[3]);
    const double js = integral(genmod_density_js, p, q, &e[4]);
    assert_near(kl, ce - h, 1e-12);
    assert_true(kl - e[0] > 0 && back - e[1] > 0);
    assert_true(fabs(kl - back) > e[0] + e[1]);
    assert_true(js - e[4] > 0 && js + e[4] < LN_2);
    assert_true(js <= (kl + back) / 4 + 1e-12); /* Lin 1991 */
    bounds(p, q, v);
    assert_true(v[GMM_ENTROPY_LOWER] <= h + e[3]);
    assert_true(h <= v[GMM_ENTROPY_UPPER] + e[3]);
    assert_true(kl <= v[GMM_KL_UPPER] + e[0]);
    assert_true(v[GMM_L2] > 0 && v[GMM_CAUCHY_SCHWARZ] > 0);
}

static int pairs = PAIRS;

static void statements_hold_of_pairs_at_random(void **state)
{
    (void)state;
    ref_random r = {31};
    for (int i = 0; i < pairs; i++) {
        density p = invent(&r, 1 + (size_t)i % 3);
        density q = invent(&r, 1 + (size_t)i / 3 % 3);
        check_pair(&p, &q);
        drop(&q);
        drop(&p);
    }
}

/* A mean moved by a thousandth of a deviation. */
static void near_but_unequal_mixtures_are_apart(void **state)
{
    (void)state;
    ref_random r = {32};
    for (int i = 0; i < 20; i++) {
        double e, back_error, theta[9];
        size_t n = 0;
        density p = invent(&r, 2), q = invent(&r, 2);
        assert_ok(gmm_get_coordinates(p.m, 9, theta, &n, NULL));
        theta[2] += 1e-3;
        assert_ok(gmm_set_coordinates(q.m, 1, n, theta, NULL));
        const double kl = integral(genmod_density_kl, &p, &q, &e);
        assert_true(kl - e > 0 && kl < 1e-4);
        assert_true(integral(genmod_density_kl, &q, &p, &back_error) > e);
        drop(&q);
        drop(&p);
    }
}

/* ---- draws --------------------------------------------------------------- */

/* The standard error of a plain mean of n rows drawn from p. */
static double plain_error(density *p, density *q, size_t n)
{
    double *const x = fixture_take(3 * n, sizeof *x);
    double *const lp = x + n, *const lq = lp + n, mean = 0, square = 0;
    assert_ok(
        gmm_sample(p->m, 77, 0, n, GENMOD_F64, n * sizeof *x, x, NULL, NULL));
    assert_ok(ln_density(n, 1, x, lp, p));
    assert_ok(ln_density(n, 1, x, lq, q));
    for (size_t i = 0; i < n; i++)
        mean += (lp[i] - lq[i]) / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (lp[i] - lq[i] - mean) * (lp[i] - lq[i] - mean);
    free(x);
    return sqrt(square / (double)(n - 1) / (double)n);
}

/* Strata take away what the components' means differ by; what is left may err
 * by its own spread, some 3 % here. */
static void an_error_is_at_most_that_of_plain_draws(void **state)
{
    (void)state;
    enum { n = 8000 };
    ref_random r = {33};
    double gain = 0;
    for (int i = 0; i < 40; i++) {
        double v[GMM_DIVERGENCES], e;
        density p = invent(&r, 3), q = invent(&r, 2);
        const double kl = integral(genmod_density_kl, &p, &q, &e);
        const double plain = plain_error(&p, &q, n);
        assert_ok(gmm_divergence(p.m, q.m, (uint64_t)i, n, NATS,
                                 GMM_DIVERGENCES, v, NULL, NULL));
        assert_near(v[GMM_KL], kl, 5 * v[GMM_KL_ERROR]);
        assert_true(v[GMM_KL_ERROR] <= 1.05 * plain);
        gain += v[GMM_KL_ERROR] / plain / 40;
        drop(&q);
        drop(&p);
    }
    print_message("  %.3f of a plain mean's error\n", gain);
    assert_true(gain < 1);
}

int main(int argc, char **argv)
{
    pairs = argc > 1 ? atoi(argv[1]) : PAIRS;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entropy_bounds_hold_the_known_entropies),
        cmocka_unit_test(the_tables_are_those_of_quadrature),
        cmocka_unit_test(renyi_2_has_its_known_digits),
        cmocka_unit_test(statements_hold_of_pairs_at_random),
        cmocka_unit_test(near_but_unequal_mixtures_are_apart),
        cmocka_unit_test(an_error_is_at_most_that_of_plain_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
