/* Products, affine maps, fewer components. */
#include "genmod/measure.h"
#include "gmm/fixture.h"

#define D 3
#define K 3

static gmm_model *model_of(int type, size_t k, uint64_t seed)
{
    ref_mixture r;
    ref_init(&r, type, k, D);
    ref_invent(&r, seed, 1.5);
    gmm_model *const m = fixture_from(&r, NULL);
    ref_free(&r);
    return m;
}

static gmm_model *empty(void)
{
    gmm_model *m = NULL;
    assert_ok(gmm_new(NULL, &m, NULL));
    return m;
}

static double log_density(const gmm_model *m, size_t d, const double *x)
{
    genmod_data *const v = fixture_view(1, d, x);
    double out;
    assert_ok(gmm_log_density(m, v, sizeof out, &out, NULL));
    genmod_data_free(v);
    return out;
}

static const char *covariance_of(const gmm_model *m)
{
    static char text[32];
    genmod_config *c = NULL;
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(gmm_get_config(m, c, NULL));
    assert_ok(genmod_config_get_str(c, GMM_COVARIANCE, sizeof text, text, NULL,
                                    NULL));
    genmod_config_free(c);
    return text;
}

/* ln p + ln q - ln Z at rows near both, for all pairs of types. */
static void a_product_is_both_densities_over_the_normaliser(void **state)
{
    (void)state;
    static const char *const type[4][4] = {
        {"full", "full", "full", "full"},
        {"full", "tied", "full", "full"},
        {"full", "full", "diagonal", "diagonal"},
        {"full", "full", "diagonal", "spherical"}};
    for (int a = 0; a < REF_TYPES; a++)
        for (int b = 0; b < REF_TYPES; b++) {
            gmm_model *const p = model_of(a, 3, 3 + (uint64_t)a),
                             *const q = model_of(b, 2, 13 + (uint64_t)b),
                             *const to = empty();
            double x[20 * D], l = NAN;
            assert_ok(gmm_product(p, q, to, &l, NULL));
            assert_string_equal(covariance_of(to), type[a][b]);
            assert_int_equal(gmm_components(to), 6);
            assert_ok(
                gmm_sample(p, 5, 0, 20, GENMOD_F64, sizeof x, x, NULL, NULL));
            for (size_t i = 0; i < 20; i++)
                fixture_close(ref_names[a], log_density(to, D, x + i * D) + l,
                              log_density(p, D, x + i * D) +
                                  log_density(q, D, x + i * D),
                              1e-12);
            gmm_free(to);
            gmm_free(q);
            gmm_free(p);
        }
}

static gmm_model *line(size_t k, const double *w, const double *mean,
                       const double *variance, int type)
{
    gmm_model *const m = fixture_model(k, type, NULL);
    assert_ok(gmm_set_params(m, k, 1, w, mean, k, variance, NULL));
    return m;
}

/* int f g of the two mixtures of doc/math/gmm.md. */
static void the_normaliser_has_its_known_digits(void **state)
{
    (void)state;
    static const double w[] = {0.3, 0.7}, m[] = {-1, 2}, v[] = {0.25, 1};
    static const double u[] = {0.6, 0.4}, n[] = {-0.5, 2.5}, t[] = {0.5, 0.8};
    gmm_model *const f = line(2, w, m, v, REF_FULL);
    gmm_model *const g = line(2, u, n, t, REF_SPHERICAL), *const to = empty();
    double l = 0;
    assert_ok(gmm_product(f, g, to, &l, NULL));
    assert_near(exp(l), 0.165033981578294, 1e-15);
    assert_ok(gmm_product(f, f, to, &l, NULL));
    assert_near(exp(l), 0.193098419110046, 1e-15);
    assert_ok(gmm_product(g, g, g, &l, NULL));
    assert_near(exp(l), 0.199352380567255, 1e-15);
    assert_int_equal(gmm_components(g), 4);
    gmm_free(to);
    gmm_free(g);
    gmm_free(f);
}

/* A narrow prior in a wide one and the other way round: no digits cancel. */
static void a_product_of_narrow_and_wide_is_the_narrow_one(void **state)
{
    (void)state;
    static const double one[] = {1}, far[] = {1e8}, near[] = {1e8 + 0.25};
    static const double wide[] = {1e16}, narrow[] = {1e-8};
    for (int turn = 0; turn < 2; turn++)
        for (int type = 0; type < REF_TYPES; type++) {
            gmm_model *const a = line(1, one, far, wide, type);
            gmm_model *const b = line(1, one, near, narrow, type);
            gmm_model *const to = empty();
            double mean = 0, variance = 0;
            assert_ok(gmm_product(turn ? a : b, turn ? b : a, to, NULL, NULL));
            assert_ok(gmm_moments(to, 1, &mean, &variance, NULL));
            assert_near(mean, near[0], 2e-8);
            assert_near(variance, 1e-8, 1e-23);
            gmm_free(to);
            gmm_free(b);
            gmm_free(a);
        }
}

/* p_y(A x + b) |det A| = p_x(x) */
static void an_affine_map_carries_the_density(void **state)
{
    (void)state;
    static const double a[D * D] = {2, 0.5, -1, 0.25, -3, 1, 1, 0.75, 0.5};
    static const double b[D] = {10, -20, 0.375};
    const double det =
        2 * (-1.5 - 0.75) - 0.5 * (0.125 - 1) - (0.25 * 0.75 + 3);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, K, 30), *const y = empty();
        double x[20 * D];
        assert_ok(gmm_affine(m, D, a, b, y, NULL));
        assert_string_equal(covariance_of(y),
                            type == REF_TIED ? "tied" : "full");
        assert_ok(gmm_sample(m, 5, 0, 20, GENMOD_F64, sizeof x, x, NULL, NULL));
        for (size_t i = 0; i < 20; i++) {
            double to[D];
            for (size_t r = 0; r < D; r++) {
                to[r] = b[r];
                for (size_t c = 0; c < D; c++)
                    to[r] += a[r * D + c] * x[i * D + c];
            }
            fixture_close(ref_names[type],
                          log_density(y, D, to) + log(fabs(det)),
                          log_density(m, D, x + i * D), 1e-11);
        }
        gmm_free(y);
        gmm_free(m);
    }
}

static void an_affine_map_may_lead_to_fewer_columns(void **state)
{
    (void)state;
    static const double pick[2 * D] = {0, 0, 1, 1, 0, 0}, w[2] = {0.4, -1.25};
    static const double sum[D] = {0.5, -2, 1.5};
    static const int32_t columns[] = {2, 0};
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, K, 31), *const a = empty(),
                         *const b = empty();
        double mean[D], s[D * D], one, variance, want = 0, spread = 0;
        assert_ok(gmm_affine(m, 2, pick, NULL, a, NULL));
        assert_ok(gmm_marginal(m, 2, columns, b, NULL));
        fixture_close(ref_names[type], log_density(a, 2, w),
                      log_density(b, 2, w), 1e-13);
        assert_ok(gmm_moments(m, D, mean, s, NULL));
        assert_ok(gmm_affine(m, 1, sum, NULL, m, NULL));
        assert_ok(gmm_moments(m, 1, &one, &variance, NULL));
        for (size_t i = 0; i < D; i++) {
            want += sum[i] * mean[i];
            for (size_t c = 0; c < D; c++)
                spread += sum[i] * sum[c] * s[i * D + c];
        }
        fixture_close("mean", one, want, 1e-13);
        fixture_close("variance", variance, spread, 1e-13);
        gmm_free(b);
        gmm_free(a);
        gmm_free(m);
    }
}

/* ---- fewer components ---------------------------------------------------- */

static void moments_equal(const char *what, const gmm_model *a,
                          const gmm_model *b, int type)
{
    double ma[D], sa[D * D], mb[D], sb[D * D], trace_a = 0, trace_b = 0;
    assert_ok(gmm_moments(a, D, ma, sa, NULL));
    assert_ok(gmm_moments(b, D, mb, sb, NULL));
    for (size_t c = 0; c < D; c++) {
        fixture_close(what, ma[c], mb[c], 1e-13);
        trace_a += sa[c * D + c];
        trace_b += sb[c * D + c];
        if (type != REF_SPHERICAL)
            fixture_close(what, sa[c * D + c], sb[c * D + c], 1e-13);
    }
    fixture_close(what, trace_a, trace_b, 1e-13);
    for (size_t i = 0; type <= REF_TIED && i < D * D; i++)
        fixture_close(what, sa[i], sb[i], 1e-13);
}

static void merging_keeps_the_moments_and_its_cost_bounds_kl(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, 6, 40 + (uint64_t)type),
                         *const to = empty();
        double before = 0;
        for (size_t k = 6; k >= 1; k--) {
            double cost = -1, v[GMM_DIVERGENCES];
            assert_ok(gmm_merge(m, k, to, &cost, NULL));
            assert_int_equal(gmm_components(to), k);
            moments_equal(ref_names[type], to, m, type);
            assert_true(cost >= before && (cost > 0) == (k < 6));
            assert_ok(gmm_divergence(m, to, 2, 4000, GENMOD_NATS,
                                     GMM_DIVERGENCES, v, NULL, NULL));
            assert_true(v[GMM_KL] <= cost + 4 * v[GMM_KL_ERROR] + 1e-12);
            before = cost;
        }
        assert_string_equal(covariance_of(to),
                            type == REF_TIED ? "full" : ref_names[type]);
        gmm_free(to);
        gmm_free(m);
    }
}

/* A square of so many columns would take 32 MiB. */
static void merging_of_diagonals_takes_no_square_of_the_columns(void **state)
{
    (void)state;
    enum { d = 2048 };
    static double mean[2 * d], variance[2 * d];
    static const double share[] = {0.25, 0.75};
    for (size_t i = 0; i < sizeof mean / sizeof *mean; i++) {
        mean[i] = (double)(i % 7);
        variance[i] = 0.5 + (double)(i % 5);
    }
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_memory_limit(c, (size_t)4 << 20));
    assert_ok(genmod_workspace_new(c, &w));
    gmm_model *const m = fixture_model(2, REF_DIAGONAL, NULL);
    assert_ok(gmm_set_params(m, 2, d, share, mean, 2 * d, variance, NULL));
    assert_status(gmm_merge(m, 1, m, NULL, w), GENMOD_OK, w);
    assert_int_equal(gmm_components(m), 1);
    gmm_free(m);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static double ln_det(const double *s)
{
    long double l[D * D];
    assert_true(ref_cholesky(D, s, l));
    return 2 * (double)logl(l[0] * l[D + 1] * l[2 * D + 2]);
}

/* Runnalls' (21) of a pair, and the pair as one, in plain loops. */
static double merged(const ref_mixture *r, size_t i, size_t j, double *mean,
                     double *s)
{
    const double w = r->w[i] + r->w[j];
    double si[D * D], sj[D * D];
    ref_covariance(r, i, si);
    ref_covariance(r, j, sj);
    for (size_t a = 0; a < D; a++)
        mean[a] = (r->w[i] * r->mu[i * D + a] + r->w[j] * r->mu[j * D + a]) / w;
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++) {
            s[a * D + b] = 0;
            for (int side = 0; side < 2; side++) {
                const size_t at = side ? j : i;
                s[a * D + b] += r->w[at] / w *
                                ((side ? sj : si)[a * D + b] +
                                 (r->mu[at * D + a] - mean[a]) *
                                     (r->mu[at * D + b] - mean[b]));
            }
        }
    return (w * ln_det(s) - r->w[i] * ln_det(si) - r->w[j] * ln_det(sj)) / 2;
}

static void the_cheapest_pair_is_merged(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        ref_mixture r, got;
        double best = INFINITY, mean[D], s[D * D], cost = 0;
        size_t at = 0;
        ref_init(&r, REF_FULL, 5, D);
        ref_init(&got, REF_FULL, 4, D);
        ref_invent(&r, 50 + seed, 2);
        for (size_t i = 0; i < 5; i++)
            for (size_t j = i + 1; j < 5; j++)
                if (merged(&r, i, j, mean, s) < best) {
                    best = merged(&r, i, j, mean, s);
                    at = i * 5 + j;
                }
        merged(&r, at / 5, at % 5, mean, s);
        gmm_model *const m = fixture_from(&r, NULL), *const to = empty();
        assert_ok(gmm_merge(m, 4, to, &cost, NULL));
        fixture_close("cost", cost, best, 1e-12);
        fixture_params(to, &got);
        for (size_t c = 0; c < D; c++)
            fixture_close("mean", got.mu[at / 5 * D + c], mean[c], 1e-13);
        for (size_t c = 0; c < D * D; c++)
            fixture_close("covariance", got.cov[at / 5 * D * D + c], s[c],
                          1e-13);
        fixture_close("weight", got.w[at / 5], r.w[at / 5] + r.w[at % 5],
                      1e-15);
        gmm_free(to);
        gmm_free(m);
        ref_free(&got);
        ref_free(&r);
    }
}

/* A component written down as two is one again, for nothing. */
static void twins_are_merged_for_nothing(void **state)
{
    (void)state;
    static const double w[] = {0.25, 0.375, 0.375}, m[] = {-3, 1.5, 1.5};
    static const double v[] = {0.5, 2, 2};
    gmm_model *const f = line(3, w, m, v, REF_DIAGONAL);
    double cost = NAN, out[2];
    assert_ok(gmm_merge(f, 2, f, &cost, NULL));
    assert_true(cost >= 0 && cost < 1e-15);
    assert_ok(gmm_get_params(f, GMM_WEIGHTS, 2, out, NULL, NULL));
    assert_true(out[0] == 0.25 && out[1] == 0.75);
    assert_ok(gmm_get_params(f, GMM_COVARIANCES, 2, out, NULL, NULL));
    assert_near(out[1], 2, 1e-15);
    gmm_free(f);
}

static void pruning_leaves_out_the_light_and_says_what_it_cost(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        double cost = NAN, x[D] = {0.5, -1, 0.25}, p[2], v[GMM_DIVERGENCES];
        ref_init(&r, type, 4, D);
        ref_invent(&r, 60, 2);
        r.w[0] = 0.5, r.w[1] = 0.03125, r.w[2] = 0.375, r.w[3] = 0.09375;
        gmm_model *const m = fixture_from(&r, NULL), *const to = empty();
        assert_ok(gmm_prune(m, 0.125, to, &cost, NULL));
        assert_int_equal(gmm_components(to), 2);
        assert_string_equal(covariance_of(to), ref_names[type]);
        assert_near(cost, -log(0.875), 1e-15);
        assert_ok(gmm_get_params(to, GMM_WEIGHTS, 2, p, NULL, NULL));
        assert_near(p[0], 0.5 / 0.875, 1e-15);
        assert_ok(gmm_divergence(to, m, 2, 2000, GENMOD_NATS, GMM_DIVERGENCES,
                                 v, NULL, NULL));
        assert_true(v[GMM_KL] <= cost + 4 * v[GMM_KL_ERROR]);
        assert_ok(gmm_prune(m, 0, to, &cost, NULL));
        assert_true(cost == 0 && log_density(to, D, x) == log_density(m, D, x));
        assert_ok(gmm_prune(m, 0.96875, m, NULL, NULL));
        assert_int_equal(gmm_components(m), 1); /* the heaviest stays */
        gmm_free(to);
        gmm_free(m);
        ref_free(&r);
    }
}

static void algebra_does_not_depend_on_the_threads(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(5);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const p = model_of(type, 7, 73), *const q =
                                                        model_of(0, 2, 4);
        gmm_model *const one = empty(), *const five = empty();
        double a[2], b[2];
        assert_ok(gmm_product(p, q, one, &a[0], NULL));
        assert_ok(gmm_product(p, q, five, &b[0], w));
        fixture_bytes save[2] = {fixture_save(one), fixture_save(five)};
        assert_true(fixture_same(save[0], save[1]));
        free(save[0].p);
        free(save[1].p);
        assert_ok(gmm_merge(p, 3, one, &a[1], NULL));
        assert_ok(gmm_merge(p, 3, five, &b[1], w));
        save[0] = fixture_save(one);
        save[1] = fixture_save(five);
        assert_true(fixture_same(save[0], save[1]));
        assert_memory_equal(a, b, sizeof a);
        free(save[0].p);
        free(save[1].p);
        gmm_free(five);
        gmm_free(one);
        gmm_free(q);
        gmm_free(p);
    }
    genmod_workspace_free(w);
}

/* ---- refusals ------------------------------------------------------------ */

static void refused(genmod_workspace *w, int32_t status, int32_t want,
                    const char *text)
{
    assert_status(status, want, w);
    assert_error_names(w, text);
}

static void bad_mixtures_are_refused(void **state)
{
    (void)state;
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    const double a[2 * D] = {1, 2, 3, 2, 4, 6}, nan[D] = {1, NAN, 2};
    const double one[] = {1}, zero[] = {0};
    const double here[] = {0}, there[] = {1e200}, small[] = {1e-200};
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = model_of(0, K, 80), *const none = empty();
    gmm_model *const flat = line(1, one, zero, one, 0);
    gmm_model *const far = line(1, one, there, small, 0);
    gmm_model *const near = line(1, one, here, small, 0);
    const fixture_bytes before = fixture_save(m);
    double cost = 2.385;
    refused(w, gmm_product(NULL, m, m, NULL, w), bad, "p is NULL");
    refused(w, gmm_product(m, NULL, m, NULL, w), bad, "q is NULL");
    refused(w, gmm_product(m, m, NULL, NULL, w), bad, "to is NULL");
    refused(w, gmm_product(m, flat, m, &cost, w), bad, "q has 1 columns");
    refused(w, gmm_product(m, none, m, &cost, w), GENMOD_NOT_FITTED, "");
    refused(w, gmm_product(none, m, m, &cost, w), GENMOD_NOT_FITTED, "");
    refused(w, gmm_product(near, far, near, &cost, w), GENMOD_BREAKDOWN,
            "too far apart");
    refused(w, gmm_affine(NULL, 1, a, NULL, m, w), bad, "from is NULL");
    refused(w, gmm_affine(m, 1, NULL, NULL, m, w), bad, "a is NULL");
    refused(w, gmm_affine(m, 1, a, NULL, NULL, w), bad, "to is NULL");
    refused(w, gmm_affine(m, 0, a, NULL, m, w), bad, "r is 0");
    refused(w, gmm_affine(m, 4, a, NULL, m, w), bad, "r is 4");
    refused(w, gmm_affine(m, 2, a, NULL, m, w), bad, "row 1 of a");
    refused(w, gmm_affine(m, 1, nan, NULL, m, w), GENMOD_NON_FINITE,
            "row 0, column 1");
    refused(w, gmm_affine(m, 1, a, nan + 1, m, w), GENMOD_NON_FINITE, "b[0]");
    refused(w, gmm_affine(none, 1, a, NULL, m, w), GENMOD_NOT_FITTED, "");
    refused(w, gmm_merge(NULL, 1, m, &cost, w), bad, "from is NULL");
    refused(w, gmm_merge(m, 0, m, &cost, w), bad, "k is 0");
    refused(w, gmm_merge(m, K + 1, m, &cost, w), bad, "k is 4");
    refused(w, gmm_merge(none, 1, m, &cost, w), GENMOD_NOT_FITTED, "");
    refused(w, gmm_prune(m, 1, m, &cost, w), bad, "least is 1");
    refused(w, gmm_prune(m, NAN, m, &cost, w), bad, "least is");
    refused(w, gmm_prune(m, 0.5, NULL, &cost, w), bad, "to is NULL");
    genmod_workspace_cancel(w);
    refused(w, gmm_merge(m, 1, m, &cost, w), GENMOD_CANCELLED, "");
    assert_true(cost == 2.385 && fixture_unchanged(m, before));
    free(before.p);
    gmm_free(near);
    gmm_free(far);
    gmm_free(flat);
    gmm_free(none);
    gmm_free(m);
    genmod_workspace_free(w);
}

static void what_overflows_breaks_down(void **state)
{
    (void)state;
    static const double ten[] = {10}, share[] = {0.25, 0.75}, v[] = {1, 2.5};
    static const double far[] = {-1e308, 1e308};
    static const int types[] = {REF_FULL, REF_DIAGONAL, REF_SPHERICAL};
    genmod_workspace *const w = fixture_workspace(1);
    double cost = 2.385;
    for (int i = 0; i < 3; i++) {
        gmm_model *const m = line(2, share, far, v, types[i]);
        const fixture_bytes before = fixture_save(m);
        refused(w, gmm_product(m, m, m, &cost, w), GENMOD_BREAKDOWN,
                "the numbers leave the range of doubles");
        refused(w, gmm_affine(m, 1, ten, NULL, m, w), GENMOD_BREAKDOWN,
                "the numbers leave the range of doubles");
        refused(w, gmm_merge(m, 1, m, &cost, w), GENMOD_BREAKDOWN, "");
        assert_true(cost == 2.385 && fixture_unchanged(m, before));
        free(before.p);
        gmm_free(m);
    }
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_is_both_densities_over_the_normaliser),
        cmocka_unit_test(the_normaliser_has_its_known_digits),
        cmocka_unit_test(a_product_of_narrow_and_wide_is_the_narrow_one),
        cmocka_unit_test(an_affine_map_carries_the_density),
        cmocka_unit_test(an_affine_map_may_lead_to_fewer_columns),
        cmocka_unit_test(merging_keeps_the_moments_and_its_cost_bounds_kl),
        cmocka_unit_test(merging_of_diagonals_takes_no_square_of_the_columns),
        cmocka_unit_test(the_cheapest_pair_is_merged),
        cmocka_unit_test(twins_are_merged_for_nothing),
        cmocka_unit_test(pruning_leaves_out_the_light_and_says_what_it_cost),
        cmocka_unit_test(algebra_does_not_depend_on_the_threads),
        cmocka_unit_test(bad_mixtures_are_refused),
        cmocka_unit_test(what_overflows_breaks_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
