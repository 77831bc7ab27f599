/* Gaussians in closed form: anchors, identities, and covariances that are none.
 */
#include "measure/fixture.h"

#define NATS GENMOD_NATS
#define PAIRS 1000
#define MOST 7

static const double m0[] = {0, 0}, s0[] = {2, 0.5, 0.5, 1};
static const double m1[] = {1, -1}, s1[] = {1, -0.3, -0.3, 2};

typedef struct gaussian {
    double mean[MOST], cov[MOST * MOST];
} gaussian;

/* cov = B B^T / d + a tenth of the unit matrix */
static gaussian invent(size_t d, uint64_t *seed)
{
    gaussian g = {{0}, {0}};
    double b[MOST * MOST];

    for (size_t i = 0; i < d * d; i++)
        b[i] = fixture_normal(seed);
    for (size_t i = 0; i < d; i++) {
        g.mean[i] = fixture_normal(seed);
        for (size_t j = 0; j < d; j++) {
            for (size_t k = 0; k < d; k++)
                g.cov[i * d + j] += b[i * d + k] * b[j * d + k] / (double)d;
            g.cov[i * d + j] += i == j ? 0.1 : 0;
        }
    }
    return g;
}

typedef int32_t (*divergence)(size_t d, const double *mean_p,
                              const double *cov_p, const double *mean_q,
                              const double *cov_q, int32_t unit, double *out,
                              genmod_workspace *w);

static double of(divergence f, size_t d, const gaussian *p, const gaussian *q)
{
    double v = NAN;
    assert_ok(f(d, p->mean, p->cov, q->mean, q->cov, NATS, &v, NULL));
    return v;
}

static double entropy(size_t d, const gaussian *p)
{
    double v = NAN;
    assert_ok(genmod_gaussian_entropy(d, p->cov, NATS, &v, NULL));
    return v;
}

static double renyi(size_t d, const gaussian *p, const gaussian *q,
                    double order)
{
    double v = NAN;
    assert_ok(genmod_gaussian_renyi(d, p->mean, p->cov, q->mean, q->cov, order,
                                    NATS, &v, NULL));
    return v;
}

static double kl_of_line(double m, double v, double n, double u)
{
    double out = NAN;
    assert_ok(genmod_gaussian_kl(1, &m, &v, &n, &u, NATS, &out, NULL));
    return out;
}

static void values_are_the_known_closed_forms(void **state)
{
    (void)state;
    double v = NAN;
    assert_near(kl_of_line(0, 1, 1, 1), 0.5, 1e-15);
    assert_near(kl_of_line(0, 1, 0, 4), 0.3181471805599453, 1e-15);
    assert_near(kl_of_line(1, 2, -1, 0.5), 4.806852819440055, 1e-15);
    assert_ok(genmod_gaussian_kl(2, m0, s0, m1, s1, NATS, &v, NULL));
    assert_near(v, 1.059450533344280, 1e-14);
    assert_ok(genmod_gaussian_kl(2, m1, s1, m0, s0, NATS, &v, NULL));
    assert_near(v, 1.613399130081299, 1e-14);
    assert_ok(genmod_gaussian_frechet(2, m0, s0, m1, s1, &v, NULL));
    assert_near(v, 2.575425893305007, 1e-14);
    assert_ok(genmod_gaussian_bhattacharyya(2, m0, s0, m1, s1, NATS, &v, NULL));
    assert_near(v, 0.280129604006413, 1e-14);
    assert_ok(genmod_gaussian_hellinger(2, m0, s0, m1, s1, &v, NULL));
    assert_near(v, sqrt(1 - exp(-0.280129604006413)), 1e-14);
    assert_ok(genmod_gaussian_entropy(2, s0, GENMOD_BITS, &v, NULL));
    assert_near(v, (2.837877066409345 + log(1.75) / 2) / log(2), 1e-14);
}

/* Of a pair with correlation r: KL(joint ‖ product) = - ln(1 - r^2) / 2. */
static void mutual_information_is_a_kl_divergence(void **state)
{
    (void)state;
    static const double zero[2] = {0, 0}, apart[4] = {1, 0, 0, 1};
    static const double r[] = {0.6, 0.9};
    static const double want[] = {0.223143551314, 0.830365603411};
    for (int i = 0; i < 2; i++) {
        const double joint[4] = {1, r[i], r[i], 1};
        double v = NAN;
        assert_ok(
            genmod_gaussian_kl(2, zero, joint, zero, apart, NATS, &v, NULL));
        assert_near(v, -log(1 - r[i] * r[i]) / 2, 1e-15);
        assert_near(v, want[i], 5e-13);
    }
}

static void kl_is_cross_entropy_less_entropy_of_a_thousand_pairs(void **state)
{
    (void)state;
    uint64_t seed = 13;
    for (int i = 0; i < PAIRS; i++) {
        const size_t d = 1 + (size_t)i % MOST;
        const gaussian p = invent(d, &seed), q = invent(d, &seed);
        const double kl = of(genmod_gaussian_kl, d, &p, &q);
        const double cross = of(genmod_gaussian_cross_entropy, d, &p, &q);
        assert_near(kl, cross - entropy(d, &p), 1e-12 * (1 + kl));
        assert_true(kl > 0);
        assert_true(kl != of(genmod_gaussian_kl, d, &q, &p));
        assert_true(of(genmod_gaussian_kl, d, &p, &p) == 0);
    }
}

/* Where ||B||^2 / 4 is all there is, below what traces and logarithms of order
 * 1 resolve. */
static void kl_keeps_its_digits_where_gaussians_nearly_agree(void **state)
{
    (void)state;
    for (double e = 1e-2; e > 1e-11; e /= 10) {
        const double zero = 0, one = 1, more = 1 + e, t = more - 1;
        double v = NAN;
        assert_ok(
            genmod_gaussian_kl(1, &zero, &more, &zero, &one, NATS, &v, NULL));
        assert_near(v / (t * t / 4 - t * t * t / 6), 1,
                    e * e + 1e-6 * e + 1e-4);
        assert_true(v > 0);
        assert_ok(genmod_gaussian_renyi(1, &zero, &more, &zero, &one, 0.3, NATS,
                                        &v, NULL));
        assert_near(v / (0.3 * t * t / 4), 1, 2 * e + 1e-4);
    }
}

static void renyi_tends_to_kl_as_its_order_to_1(void **state)
{
    (void)state;
    uint64_t seed = 17;
    const size_t d = 3;
    const gaussian p = invent(d, &seed), q = invent(d, &seed);
    const double kl = of(genmod_gaussian_kl, d, &p, &q);
    assert_true(renyi(d, &p, &q, 1) == kl);
    assert_near(renyi(d, &p, &q, 1 - 1e-9), kl, 1e-7);
    assert_near(renyi(d, &p, &q, nextafter(1, 0)), kl, 1e-12);
    assert_true(renyi(d, &p, &q, 0) == 0);
    assert_near(renyi(d, &p, &q, 0.5),
                2 * of(genmod_gaussian_bhattacharyya, d, &p, &q), 1e-15);
}

/* It does not fall with its order, and (1 - a) D_a(q, p) = a D_{1 - a}(p, q).
 */
static void renyi_rises_with_its_order_and_is_skew_symmetric(void **state)
{
    (void)state;
    uint64_t seed = 19;
    for (int i = 0; i < 100; i++) {
        const size_t d = 1 + (size_t)i % MOST;
        const gaussian p = invent(d, &seed), q = invent(d, &seed);
        double before = 0;
        for (double a = 0.1; a < 3; a += 0.2) {
            const double v = renyi(d, &p, &q, a);
            assert_true(v >= before);
            before = v;
        }
        assert_near((1 - 0.3) * renyi(d, &q, &p, 0.3),
                    0.3 * renyi(d, &p, &q, 0.7), 1e-12);
    }
}

/* p twice as wide: p^a q^(1 - a) has no integral from a = 4 / 3 on. */
static void renyi_without_an_integral_is_infinite_and_no_error(void **state)
{
    (void)state;
    const double zero = 0, four = 4, one = 1;
    double v = NAN;
    assert_ok(genmod_gaussian_renyi(1, &zero, &four, &zero, &one, 1.32, NATS,
                                    &v, NULL));
    assert_true(isfinite(v) && v > 0);
    assert_ok(genmod_gaussian_renyi(1, &zero, &four, &zero, &one, 1.34, NATS,
                                    &v, NULL));
    assert_true(v == (double)INFINITY);
    assert_ok(genmod_gaussian_renyi(1, &zero, &one, &zero, &four, 50, NATS, &v,
                                    NULL));
    assert_true(isfinite(v));
}

/* Hellinger's distance of means that are far apart is 1 all the same. */
static void
what_overflows_breaks_down_instead_of_being_0_or_infinite(void **state)
{
    (void)state;
    const double zero = 0, far = 1e200, one = 1, wide = 1e200, thin = 1e-200;
    const double order[] = {0.3, 0.5, 1, 1.5};
    genmod_workspace *const w = fixture_threads(1);
    double v = 2.385;
    assert_status(genmod_gaussian_bhattacharyya(1, &zero, &wide, &zero, &thin,
                                                NATS, &v, w),
                  GENMOD_BREAKDOWN, w);
    assert_error_names(w, "the numbers leave the range of doubles");
    assert_status(
        genmod_gaussian_hellinger(1, &zero, &wide, &zero, &thin, &v, w),
        GENMOD_BREAKDOWN, w);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_status(genmod_gaussian_renyi(1, &zero, &one, &far, &one,
                                            order[i], NATS, &v, w),
                      GENMOD_BREAKDOWN, w);
        assert_true(v == 2.385);
    }
    assert_ok(
        genmod_gaussian_renyi(1, &zero, &wide, &zero, &thin, 1.5, NATS, &v, w));
    assert_true(v == (double)INFINITY);
    assert_ok(genmod_gaussian_hellinger(1, &zero, &one, &far, &one, &v, w));
    assert_true(v == 1);
    genmod_workspace_free(w);
}

static void distances_are_symmetric_and_obey_the_triangle(void **state)
{
    (void)state;
    uint64_t seed = 23;
    for (int i = 0; i < 200; i++) {
        const size_t d = 1 + (size_t)i % MOST;
        const gaussian g[3] = {invent(d, &seed), invent(d, &seed),
                               invent(d, &seed)};
        double hellinger[3][3], frechet[3][3];
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) {
                assert_ok(genmod_gaussian_hellinger(d, g[a].mean, g[a].cov,
                                                    g[b].mean, g[b].cov,
                                                    &hellinger[a][b], NULL));
                assert_ok(genmod_gaussian_frechet(d, g[a].mean, g[a].cov,
                                                  g[b].mean, g[b].cov,
                                                  &frechet[a][b], NULL));
                frechet[a][b] = sqrt(frechet[a][b]);
            }
        assert_near(hellinger[0][1], hellinger[1][0], 1e-12);
        assert_near(frechet[0][1], frechet[1][0], 1e-12);
        assert_true(hellinger[0][0] == 0 && hellinger[0][1] <= 1);
        assert_true(hellinger[0][2] <= hellinger[0][1] + hellinger[1][2]);
        assert_true(frechet[0][2] <= frechet[0][1] + frechet[1][2]);
        assert_near(frechet[1][1], 0, 3e-7); /* the root of a rounding */
    }
}

/* Elsewhere the root of a product that is not symmetric turns complex. */
static void frechet_of_nearly_singular_covariances_is_a_number(void **state)
{
    (void)state;
    const double thin[] = {1, 1 - 1e-9, 1 - 1e-9, 1}, zero[] = {0, 0};
    const double other[] = {1, -1 + 1e-9, -1 + 1e-9, 1};
    double v = NAN;
    assert_ok(genmod_gaussian_frechet(2, zero, thin, zero, other, &v, NULL));
    /* two lines at a right angle: tr + tr, less 2 * 2 sqrt(2e-9) */
    assert_near(v, 4 - 4 * sqrt(2e-9), 1e-6);
    assert_ok(genmod_gaussian_frechet(2, zero, thin, zero, thin, &v, NULL));
    assert_true(v >= 0);
    assert_near(v, 0, 1e-7);
}

/* d = 100 crosses the blocks of the factor. */
static void many_columns_are_the_sum_of_their_parts(void **state)
{
    (void)state;
    enum { d = 100 };
    static double p[d * d], q[d * d], mean_p[d], mean_q[d];
    double want = 0, v = NAN;
    for (size_t i = 0; i < d; i++) {
        p[i * d + i] = 1 + (double)i / 40;
        q[i * d + i] = 3 - (double)i / 50;
        mean_p[i] = 0.1 * (double)(i % 3);
        want += kl_of_line(mean_p[i], p[i * d + i], 0, q[i * d + i]);
    }
    assert_ok(genmod_gaussian_kl(d, mean_p, p, mean_q, q, NATS, &v, NULL));
    assert_near(v, want, 1e-12 * want);
    assert_ok(genmod_gaussian_renyi(d, mean_p, p, mean_q, q, 1 - 1e-12, NATS,
                                    &v, NULL));
    assert_near(v, want, 1e-10 * want);
}

static void
a_covariance_that_is_not_positive_definite_names_its_pivot(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    const double no[] = {1, 2, 2, 3}, flat[] = {1, 1, 1, 1};
    const double skew[] = {1, 0.5, 0.4, 1}, nan[] = {1, 0, 0, NAN};
    const double rounding[] = {1, 1, 1, 1 + 0x1p-52};
    double out = 2.385;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_status(genmod_gaussian_kl(2, m0, s0, m1, no, NATS, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(
        w, "cov_q is not positive definite: pivot 1 is -1 of a diagonal of 3");
    assert_status(genmod_gaussian_entropy(2, flat, NATS, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "cov is not positive definite: pivot 1 is 0 of a");
    assert_status(genmod_gaussian_entropy(2, rounding, NATS, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "pivot 1 is 2.2204");
    assert_status(genmod_gaussian_frechet(2, m0, skew, m1, s1, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "cov_p is not symmetric: row 0, column 1 is 0.5, its "
                          "mirror 0.4");
    assert_status(genmod_gaussian_hellinger(2, m0, nan, m1, s1, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "cov_p: row 1, column 1 is nan");
    assert_true(out == 2.385);
    genmod_workspace_free(w);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    const double nan[] = {0, NAN}, most[] = {1e200, 0};
    double out = 2.385;
    assert_ok(genmod_workspace_new(NULL, &w));
    const struct {
        size_t d;
        const double *mp, *sp, *mq, *sq;
        double order;
        int32_t unit;
        double *out;
        const char *text;
    } bad[] = {
        {0, m0, s0, m1, s1, 1, NATS, &out, "d is 0"},
        {65537, m0, s0, m1, s1, 1, NATS, &out, "d is 65537"},
        {2, NULL, s0, m1, s1, 1, NATS, &out, "mean_p is NULL"},
        {2, m0, NULL, m1, s1, 1, NATS, &out, "cov_p is NULL"},
        {2, m0, s0, NULL, s1, 1, NATS, &out, "mean_q is NULL"},
        {2, m0, s0, m1, NULL, 1, NATS, &out, "cov_q is NULL"},
        {2, m0, s0, m1, s1, 1, NATS, NULL, "out is NULL"},
        {2, m0, s0, m1, s1, 1, 5, &out, "unit is 5"},
        {2, m0, s0, nan, s1, 1, NATS, &out, "mean_q[1] is nan"},
        {2, m0, s0, m1, s1, -0.5, NATS, &out, "order is -0.5"},
        {2, m0, s0, m1, s1, NAN, NATS, &out, "order is nan"},
        {2, m0, s0, m1, s1, (double)INFINITY, NATS, &out, "order is inf"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_gaussian_renyi(bad[i].d, bad[i].mp, bad[i].sp,
                                            bad[i].mq, bad[i].sq, bad[i].order,
                                            bad[i].unit, bad[i].out, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, bad[i].text);
    }
    assert_status(genmod_gaussian_kl(2, most, s0, m1, s1, NATS, &out, w),
                  GENMOD_BREAKDOWN, w);
    genmod_workspace_cancel(w);
    assert_status(genmod_gaussian_kl(2, m0, s0, m1, s1, NATS, &out, w),
                  GENMOD_CANCELLED, w);
    assert_true(out == 2.385);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_the_known_closed_forms),
        cmocka_unit_test(mutual_information_is_a_kl_divergence),
        cmocka_unit_test(kl_is_cross_entropy_less_entropy_of_a_thousand_pairs),
        cmocka_unit_test(kl_keeps_its_digits_where_gaussians_nearly_agree),
        cmocka_unit_test(renyi_tends_to_kl_as_its_order_to_1),
        cmocka_unit_test(renyi_rises_with_its_order_and_is_skew_symmetric),
        cmocka_unit_test(renyi_without_an_integral_is_infinite_and_no_error),
        cmocka_unit_test(
            what_overflows_breaks_down_instead_of_being_0_or_infinite),
        cmocka_unit_test(distances_are_symmetric_and_obey_the_triangle),
        cmocka_unit_test(frechet_of_nearly_singular_covariances_is_a_number),
        cmocka_unit_test(many_columns_are_the_sum_of_their_parts),
        cmocka_unit_test(
            a_covariance_that_is_not_positive_definite_names_its_pivot),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
