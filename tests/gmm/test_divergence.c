/* How far two mixtures are apart. Digits of doc/math/gmm.md, "Divergences". */
#include "genmod/measure.h"
#include "gmm/fixture.h"

#define NATS GENMOD_NATS

typedef struct answer {
    double v[GMM_DIVERGENCES];
} answer;

static gmm_model *line(const char *type, size_t k, const double *w,
                       const double *mean, const double *variance)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, (int64_t)k, NULL));
    assert_ok(genmod_config_set_str(c, GMM_COVARIANCE, type, NULL));
    assert_ok(gmm_new(c, &m, NULL));
    assert_ok(gmm_set_params(m, k, 1, w, mean, k, variance, NULL));
    genmod_config_free(c);
    return m;
}

static const double half[] = {0.5, 0.5}, apart[] = {-2, 2}, unit[] = {1, 1};
static const double one[] = {1}, zero[] = {0}, five[] = {5};

static gmm_model *t1_f(const char *type)
{
    return line(type, 2, half, apart, unit);
}

static gmm_model *t1_g(const char *type)
{
    return line(type, 1, one, zero, five);
}

static gmm_model *t2_f(const char *type)
{
    static const double w[] = {0.3, 0.7}, m[] = {-1, 2}, v[] = {0.25, 1};
    return line(type, 2, w, m, v);
}

static gmm_model *t2_g(const char *type)
{
    static const double w[] = {0.6, 0.4}, m[] = {-0.5, 2.5}, v[] = {0.5, 0.8};
    return line(type, 2, w, m, v);
}

static answer of(const gmm_model *p, const gmm_model *q, uint64_t seed,
                 size_t n)
{
    answer a = {{0}};
    assert_ok(
        gmm_divergence(p, q, seed, n, NATS, GMM_DIVERGENCES, a.v, NULL, NULL));
    return a;
}

/* The value within five of its standard errors, and these not idle. */
static void estimated(const answer *a, int which, double want)
{
    assert_near(a->v[which], want, 5 * a->v[which + 1]);
    assert_true(a->v[which + 1] > 0 && a->v[which + 1] < 0.02);
}

static void estimates_are_within_their_errors(void **state)
{
    (void)state;
    gmm_model *f = t1_f("full"), *g = t1_g("full");
    const answer there = of(f, g, 1, 20000), back = of(g, f, 1, 20000);
    estimated(&there, GMM_KL, 0.17199876248018);
    estimated(&there, GMM_JS, 0.04618248576280);
    estimated(&there, GMM_CROSS_ENTROPY, 2.22365748942172);
    estimated(&there, GMM_ENTROPY, 2.05165872694154);
    estimated(&back, GMM_KL, 0.24782803025874);
    estimated(&back, GMM_JS, 0.04618248576280);
    assert_near(there.v[GMM_KL],
                there.v[GMM_CROSS_ENTROPY] - there.v[GMM_ENTROPY], 1e-13);
    gmm_free(g);
    gmm_free(f);
    f = t2_f("diagonal");
    g = t2_g("spherical");
    const answer two = of(f, g, 3, 20000), two_back = of(g, f, 3, 20000);
    estimated(&two, GMM_KL, 0.17175584667625);
    estimated(&two, GMM_JS, 0.04370118055147);
    estimated(&two_back, GMM_KL, 0.19170129711700);
    gmm_free(g);
    gmm_free(f);
}

static void check_closed(const char *type)
{
    gmm_model *const f = t1_f(type), *const g = t1_g(type);
    gmm_model *const f2 = t2_f(type), *const g2 = t2_g(type);
    const answer there = of(f, g, 1, 0), back = of(g, f, 1, 0);
    const answer two = of(f2, g2, 1, 0);
    assert_true(isnan(there.v[GMM_KL]) && isnan(there.v[GMM_ENTROPY_ERROR]));
    assert_near(there.v[GMM_KL_VARIATIONAL], 0.1119071820, 5e-11);
    assert_near(there.v[GMM_KL_UPPER], 0.8047189562, 5e-11);
    assert_near(there.v[GMM_ENTROPY_LOWER], 1.985157702722, 5e-13);
    assert_near(there.v[GMM_ENTROPY_UPPER], 2.111750307392, 5e-13);
    assert_near(back.v[GMM_KL_VARIATIONAL], 3.1952810438, 5e-11);
    assert_near(two.v[GMM_KL_VARIATIONAL], 0.4099756486, 5e-11);
    assert_near(two.v[GMM_KL_UPPER], 0.4065337315, 5e-11);
    assert_near(two.v[GMM_L2], 0.062382836520712, 1e-14);
    assert_near(two.v[GMM_CAUCHY_SCHWARZ], 0.172985607297587, 1e-14);
    gmm_free(g2);
    gmm_free(f2);
    gmm_free(g);
    gmm_free(f);
}

static void closed_forms_have_their_known_digits(void **state)
{
    (void)state;
    check_closed("full");
    check_closed("diagonal");
    check_closed("spherical");
}

/* Elsewhere: Goldberger's matched "bound" is not one. */
static void bounds_hold_of_mixtures_at_random(void **state)
{
    (void)state;
    uint64_t s = 5;
    for (int i = 0; i < 40; i++) {
        double w[2][3], m[2][3], v[2][3];
        for (int side = 0; side < 2; side++)
            for (int j = 0; j < 3; j++) {
                double u[3];
                for (int c = 0; c < 3; c++) {
                    s = s * 6364136223846793005u + 1442695040888963407u;
                    u[c] = (double)(s >> 11) * 0x1p-53;
                }
                w[side][j] = 1.0 / 3;
                m[side][j] = 6 * u[0] - 3;
                v[side][j] = 0.1 + 2 * u[1];
            }
        gmm_model *const f = line("full", 3, w[0], m[0], v[0]);
        gmm_model *const g = line("full", 3, w[1], m[1], v[1]);
        const answer a = of(f, g, 1, 3000), own = of(f, f, 1, 60);
        assert_true(a.v[GMM_KL] <= a.v[GMM_KL_UPPER] + 5 * a.v[GMM_KL_ERROR]);
        assert_true(a.v[GMM_ENTROPY] >=
                    a.v[GMM_ENTROPY_LOWER] - 5 * a.v[GMM_ENTROPY_ERROR]);
        assert_true(a.v[GMM_ENTROPY] <=
                    a.v[GMM_ENTROPY_UPPER] + 5 * a.v[GMM_ENTROPY_ERROR]);
        assert_true(a.v[GMM_L2] > 0 && a.v[GMM_CAUCHY_SCHWARZ] > 0);
        assert_true(own.v[GMM_KL] == 0 && own.v[GMM_KL_ERROR] == 0);
        assert_true(own.v[GMM_KL_VARIATIONAL] == 0);
        assert_near(own.v[GMM_JS], 0, 1e-15);
        assert_near(own.v[GMM_KL_UPPER], 0, 1e-3); /* slow in coming */
        assert_near(own.v[GMM_CAUCHY_SCHWARZ], 0, 1e-14);
        gmm_free(g);
        gmm_free(f);
    }
}

/* Several columns, of full and of diagonal covariances that are the same. */
static void covariance_types_agree(void **state)
{
    (void)state;
    enum { d = 3 };
    static const double mean[2 * d] = {0, 1, -1, 2, 0.5, 0};
    static const double flat[2 * d] = {1, 2, 0.5, 0.7, 1.1, 3};
    static double full[2 * d * d];
    genmod_config *c = NULL;
    gmm_model *m[4] = {NULL, NULL, NULL, NULL};
    for (size_t j = 0; j < 2 * d; j++)
        full[j / d * d * d + j % d * (d + 1)] = flat[j];
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, 2, NULL));
    for (int i = 0; i < 4; i++) {
        static const double weights[2][2] = {{0.4, 0.6}, {0.75, 0.25}};
        const int is_full = i < 2;
        assert_ok(genmod_config_set_str(c, GMM_COVARIANCE,
                                        is_full ? "full" : "diagonal", NULL));
        assert_ok(gmm_new(c, &m[i], NULL));
        assert_ok(gmm_set_params(m[i], 2, d, weights[i % 2], mean,
                                 is_full ? 2 * d * d : 2 * d,
                                 is_full ? full : flat, NULL));
    }
    const answer a = of(m[0], m[1], 7, 500), b = of(m[2], m[3], 7, 500);
    const answer mixed = of(m[0], m[3], 7, 500);
    for (int i = 0; i < GMM_DIVERGENCES; i++) {
        assert_near(a.v[i], b.v[i], 1e-12);
        assert_near(a.v[i], mixed.v[i], 1e-12);
    }
    for (int i = 0; i < 4; i++)
        gmm_free(m[i]);
    genmod_config_free(c);
}

static void bits_are_those_of_one_thread(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 2, 3, 7};
    gmm_model *const f = t2_f("full"), *const g = t2_g("full");
    const answer want = of(f, g, 9, 3001);
    for (size_t i = 0; i < 4; i++) {
        genmod_workspace *const w = fixture_workspace(threads[i]);
        answer got;
        assert_ok(gmm_divergence(f, g, 9, 3001, NATS, GMM_DIVERGENCES, got.v,
                                 NULL, w));
        assert_memory_equal(&got, &want, sizeof got);
        genmod_workspace_free(w);
    }
    answer bits;
    assert_ok(gmm_divergence(f, g, 9, 3001, GENMOD_BITS, GMM_DIVERGENCES,
                             bits.v, NULL, NULL));
    for (int i = 0; i < GMM_DIVERGENCES; i++)
        assert_near(bits.v[i],
                    i == GMM_L2 ? want.v[i] : want.v[i] / 0.693147180559945309,
                    1e-15);
    gmm_free(g);
    gmm_free(f);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const f = t1_f("full"), *const g = t1_g("full");
    gmm_model *bare = NULL, *plane = NULL;
    genmod_config *c = NULL;
    answer a = {{2.385}};
    size_t need = 0;
    assert_ok(gmm_config_new(&c, w));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, 1, w));
    assert_ok(genmod_config_set_str(c, GMM_COVARIANCE, "spherical", w));
    assert_ok(gmm_new(c, &bare, w));
    assert_ok(gmm_new(c, &plane, w));
    assert_ok(gmm_set_params(plane, 1, 2, one, half, 1, five, w));
    const struct {
        const gmm_model *p, *q;
        size_t n;
        int32_t unit;
        size_t cap;
        double *out;
        int32_t status;
        const char *text;
    } bad[] = {
        {NULL, g, 100, NATS, 14, a.v, GENMOD_BAD_ARGUMENT, "p is NULL"},
        {f, NULL, 100, NATS, 14, a.v, GENMOD_BAD_ARGUMENT, "q is NULL"},
        {f, bare, 100, NATS, 14, a.v, GENMOD_NOT_FITTED, ""},
        {f, plane, 100, NATS, 14, a.v, GENMOD_BAD_ARGUMENT,
         "q has 2 columns; p has 1"},
        {f, g, 3, NATS, 14, a.v, GENMOD_BAD_ARGUMENT, "n is 3; it must be 0"},
        {f, g, 100, 3, 14, a.v, GENMOD_BAD_ARGUMENT, "unit is 3"},
        {f, g, 100, NATS, 13, a.v, GENMOD_TOO_SMALL, "cap is 13 doubles"},
        {f, g, 100, NATS, 14, NULL, GENMOD_BAD_ARGUMENT, "out is NULL"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(gmm_divergence(bad[i].p, bad[i].q, 1, bad[i].n,
                                     bad[i].unit, bad[i].cap, bad[i].out, &need,
                                     w),
                      bad[i].status, w);
        assert_error_names(w, bad[i].text);
    }
    assert_int_equal(need, GMM_DIVERGENCES);
    genmod_workspace_cancel(w);
    assert_status(gmm_divergence(f, g, 1, 100, NATS, 14, a.v, NULL, w),
                  GENMOD_CANCELLED, w);
    assert_true(a.v[0] == 2.385);
    gmm_free(plane);
    gmm_free(bare);
    genmod_config_free(c);
    gmm_free(g);
    gmm_free(f);
    genmod_workspace_free(w);
}

static int32_t once(genmod_context *c, void *arg)
{
    gmm_model *const *const m = arg;
    genmod_workspace *w = NULL;
    answer a = {{2.385}};
    int32_t status = genmod_workspace_new(c, &w);
    if (status)
        return status;
    status =
        gmm_divergence(m[0], m[1], 1, 50, NATS, GMM_DIVERGENCES, a.v, NULL, w);
    assert_true(status == 0 || a.v[0] == 2.385);
    genmod_workspace_free(w);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    gmm_model *m[] = {t2_f("full"), t2_g("full")};
    assert_true(support_alloc_walk(once, m) > 1);
    gmm_free(m[1]);
    gmm_free(m[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_are_within_their_errors),
        cmocka_unit_test(closed_forms_have_their_known_digits),
        cmocka_unit_test(bounds_hold_of_mixtures_at_random),
        cmocka_unit_test(covariance_types_agree),
        cmocka_unit_test(bits_are_those_of_one_thread),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
