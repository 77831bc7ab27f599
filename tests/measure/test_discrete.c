/* Tables of probabilities: anchors, identities, and what other libraries get
 * wrong. */
#include <float.h>

#include "measure/fixture.h"

#define NATS GENMOD_NATS
#define PAIRS 1000

static const double p3[] = {0.5, 0.3, 0.2}, q3[] = {0.2, 0.3, 0.5};

static double entropy(size_t n, const double *p, int32_t unit)
{
    double v = NAN;
    assert_ok(genmod_discrete_entropy(n, p, unit, &v, NULL));
    return v;
}

static double cross(size_t n, const double *p, const double *q, int32_t unit)
{
    double v = NAN;
    assert_ok(genmod_discrete_cross_entropy(n, p, q, unit, &v, NULL));
    return v;
}

static double kl(size_t n, const double *p, const double *q, int32_t unit)
{
    double v = NAN;
    assert_ok(genmod_discrete_kl(n, p, q, unit, &v, NULL));
    return v;
}

static double js(size_t n, const double *p, const double *q, int32_t unit)
{
    double v = NAN;
    assert_ok(genmod_discrete_js(n, p, q, unit, &v, NULL));
    return v;
}

static double distance(size_t n, const double *p, const double *q, int32_t unit)
{
    double v = NAN;
    assert_ok(genmod_discrete_js_distance(n, p, q, unit, &v, NULL));
    return v;
}

/* Digits of doc/math/measure.md, "Values". */
static void values_are_those_of_the_literature(void **state)
{
    (void)state;
    const double sure[] = {1, 0}, half[] = {0.5, 0.5}, skew[] = {0.9, 0.1};
    assert_near(entropy(3, p3, NATS), 1.029653014064573, 1e-15);
    assert_near(cross(3, p3, q3, NATS), 1.304540233626820, 1e-15);
    assert_near(kl(3, p3, q3, NATS), 0.274887219562246, 1e-15);
    assert_near(js(3, p3, q3, NATS), 0.066414314382282, 1e-15);
    assert_near(distance(3, p3, q3, NATS), 0.257709748326061, 1e-15);
    assert_near(distance(2, sure, half, NATS), 0.46450140402245893, 1e-15);
    assert_near(entropy(2, skew, GENMOD_BITS), 0.46899559358928117, 1e-15);
    assert_near(kl(2, half, skew, GENMOD_BITS), 0.7369655941662062, 1e-15);
}

static void bits_are_nats_over_ln_2(void **state)
{
    (void)state;
    const double ln_2 = 0.693147180559945309417;
    assert_near(js(3, p3, q3, GENMOD_BITS), js(3, p3, q3, NATS) / ln_2, 0);
    assert_near(distance(3, p3, q3, GENMOD_BITS),
                sqrt(js(3, p3, q3, GENMOD_BITS)), 0);
}

static void kl_is_cross_entropy_less_entropy_of_a_thousand_pairs(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < PAIRS; i++) {
        double p[23], q[23];
        const size_t n = 2 + (size_t)i % 22;
        fixture_table(n, &seed, p);
        fixture_table(n, &seed, q);
        const double forward = kl(n, p, q, NATS);
        assert_near(forward, cross(n, p, q, NATS) - entropy(n, p, NATS), 1e-12);
        assert_true(forward > 0);
        assert_true(forward != kl(n, q, p, NATS));
        assert_true(kl(n, p, p, NATS) == 0);
    }
}

static void js_is_symmetric_and_bounded_of_a_thousand_pairs(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int i = 0; i < PAIRS; i++) {
        double p[17], q[17], m[17];
        const size_t n = 2 + (size_t)i % 16;
        fixture_table(n, &seed, p);
        fixture_table(n, &seed, q);
        for (size_t j = 0; j < n; j++)
            m[j] = (p[j] + q[j]) / 2;
        const double there = js(n, p, q, NATS);
        assert_true(there == js(n, q, p, NATS));
        assert_true(there > 0 && there <= 0.69314718055994530942);
        assert_near(there, (kl(n, p, m, NATS) + kl(n, q, m, NATS)) / 2, 1e-14);
    }
}

/* KL = sum of (p - q)^2 / (2 q) and smaller terms: what a difference of two
 * logarithms, each rounded to 1e-16, has no digit of. */
static void kl_keeps_its_digits_where_tables_nearly_agree(void **state)
{
    (void)state;
    for (double e = 1e-3; e > 1e-15; e /= 7) {
        const double up = 0.3 + e;
        const double p[] = {up, 1 - up}, q[] = {0.3, 0.7};
        const double d = p[0] - q[0], f = p[1] - q[1];
        const double want = d * d / 2 / q[0] + f * f / 2 / q[1] -
                            d * d * d / 6 / q[0] / q[0] -
                            f * f * f / 6 / q[1] / q[1];
        const double got = kl(2, p, q, NATS);
        assert_true(got > 0);
        assert_near(got / want, 1, 4 * e * e + 1e-13);
        assert_near(js(2, p, q, NATS) / want, 0.25, e + 1e-13);
    }
}

static void tables_one_rounding_apart_have_a_divergence_above_zero(void **state)
{
    (void)state;
    const double p[] = {nextafter(0.3, 1), 1 - 0.3}, q[] = {0.3, 1 - 0.3};
    assert_true(kl(2, p, q, NATS) > 0);
    assert_true(kl(2, q, p, NATS) > 0);
    assert_true(js(2, p, q, NATS) > 0);
}

static void what_q_excludes_is_infinitely_far_and_no_error(void **state)
{
    (void)state;
    const double p[] = {0.25, 0.75, 0}, q[] = {0, 0.5, 0.5};
    const double there[] = {0, 0.25, 0.75};
    assert_true(kl(3, p, q, NATS) == (double)INFINITY);
    assert_true(cross(3, p, q, GENMOD_BITS) == (double)INFINITY);
    assert_near(kl(3, there, q, NATS), 0.25 * log(0.5) + 0.75 * log(1.5),
                1e-15);
    assert_true(isfinite(js(3, p, q, NATS)));
}

/* The bound itself, not a rounding above it. */
static void disjoint_tables_are_ln_2_apart(void **state)
{
    (void)state;
    const double p[] = {0.1, 0.2, 0.7, 0, 0}, q[] = {0, 0, 0, 0.4, 0.6};
    assert_near(js(5, p, q, NATS), 0.69314718055994530942, 1e-16);
    assert_true(js(5, p, q, GENMOD_BITS) <= 1);
    assert_near(distance(5, p, q, GENMOD_BITS), 1, 1e-15);
}

/* Elsewhere the root of a rounding below 0 is NaN. */
static void distance_of_a_table_from_itself_is_zero(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < PAIRS; i++) {
        double p[10];
        fixture_table(10, &seed, p);
        assert_true(distance(10, p, p, NATS) == 0);
    }
}

/* Elsewhere p / ((p + q) / 2) divides by a half that is 0: infinity. */
static void subnormal_probabilities_are_harmless(void **state)
{
    (void)state;
    const double least = 0x1p-1074;
    const double p[] = {least, 1}, q[] = {0, 1}, r[] = {7 * least, 1};
    assert_near(js(2, p, q, NATS), 0, 1e-300);
    assert_near(distance(2, q, p, NATS), 0, 1e-150);
    assert_near(kl(2, p, r, NATS), 0, 1e-300);
    assert_true(kl(2, p, q, NATS) == (double)INFINITY);
    const double a[] = {0.5, 0.5}, b[] = {1, 0x1p-1060};
    assert_near(kl(2, a, b, NATS), 0.5 * log(0.5) + 0.5 * 1059 * log(2.0),
                1e-12);
    assert_near(cross(2, a, b, NATS), 0.5 * 1060 * log(2.0), 1e-12);
    const double c[] = {0.5, 0.5 - DBL_MIN, DBL_MIN};
    assert_near(entropy(3, c, NATS), log(2.0), 1e-15);
}

/* Elsewhere both are normalised without a word. */
static void a_sum_that_is_not_1_is_refused_with_its_error(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    double out = 2.385;
    const double counts[] = {5, 3, 2}, near[] = {0.5, 0.25, 0.25 + 0x1p-40};
    const double less[] = {0.5, 0.25, 0.25 - 3e-15};
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_status(genmod_discrete_kl(3, p3, counts, NATS, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "q has the sum 1 + 9;");
    assert_status(genmod_discrete_js(3, near, q3, NATS, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(
        w, "p has the sum 1 + 9.09495e-13; it must be 1 to 6.66134e-16");
    assert_status(genmod_discrete_entropy(3, less, NATS, &out, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "p has the sum 1 - ");
    assert_true(out == 2.385);
    genmod_workspace_free(w);
}

/* Whatever was divided by its own sum passes. */
static void a_sum_that_is_1_to_rounding_is_accepted(void **state)
{
    (void)state;
    static double p[100000];
    uint64_t seed = 5;
    for (size_t n = 1; n <= 100000; n = 3 * n + 1) {
        fixture_table(n, &seed, p);
        assert_true(entropy(n, p, NATS) >= 0);
        assert_true(entropy(n, p, NATS) <= log((double)n) * (1 + 1e-15));
    }
}

/* So far as a sum may be off, an even table would have more than ln n. */
static void an_entropy_is_ln_n_at_most(void **state)
{
    (void)state;
    enum { n = 4096 };
    static double p[n];
    for (size_t i = 0; i < n; i++)
        p[i] = (1 + 2000 * 0x1p-52) / n;
    assert_near(entropy(n, p, NATS), 12 * log(2), 4e-15);
    assert_near(entropy(n, p, GENMOD_BITS), 12, 4e-15);
}

static void bad_tables_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    double out = 2.385;
    const double negative[] = {0.75, -0.25, 0.5}, nan[] = {0.5, 0.5, NAN};
    const double most[] = {0.5, (double)INFINITY, 0};
    assert_ok(genmod_workspace_new(NULL, &w));
    const struct {
        size_t n;
        const double *p, *q;
        int32_t unit;
        double *out;
        const char *text;
    } bad[] = {
        {0, p3, q3, NATS, &out, "n is 0"},
        {(size_t)1 << 41, p3, q3, NATS, &out, "n is 2199023255552"},
        {3, NULL, q3, NATS, &out, "p is NULL"},
        {3, p3, NULL, NATS, &out, "q is NULL"},
        {3, p3, q3, NATS, NULL, "out is NULL"},
        {3, p3, q3, 0, &out, "unit is 0"},
        {3, p3, q3, 3, &out, "unit is 3; it must be GENMOD_NATS or"},
        {3, negative, q3, NATS, &out, "p[1] is -0.25"},
        {3, p3, nan, NATS, &out, "q[2] is nan"},
        {3, p3, most, NATS, &out, "q[1] is "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_discrete_kl(bad[i].n, bad[i].p, bad[i].q,
                                         bad[i].unit, bad[i].out, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, bad[i].text);
    }
    assert_true(out == 2.385);
    genmod_workspace_free(w);
}

static void a_cancel_before_the_call_ends_it(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    double out = 2.385;
    assert_ok(genmod_workspace_new(NULL, &w));
    genmod_workspace_cancel(w);
    assert_status(genmod_discrete_kl(3, p3, q3, NATS, &out, w),
                  GENMOD_CANCELLED, w);
    assert_true(out == 2.385);
    assert_ok(genmod_discrete_kl(3, p3, q3, NATS, &out, w));
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_literature),
        cmocka_unit_test(bits_are_nats_over_ln_2),
        cmocka_unit_test(kl_is_cross_entropy_less_entropy_of_a_thousand_pairs),
        cmocka_unit_test(js_is_symmetric_and_bounded_of_a_thousand_pairs),
        cmocka_unit_test(kl_keeps_its_digits_where_tables_nearly_agree),
        cmocka_unit_test(
            tables_one_rounding_apart_have_a_divergence_above_zero),
        cmocka_unit_test(what_q_excludes_is_infinitely_far_and_no_error),
        cmocka_unit_test(disjoint_tables_are_ln_2_apart),
        cmocka_unit_test(distance_of_a_table_from_itself_is_zero),
        cmocka_unit_test(subnormal_probabilities_are_harmless),
        cmocka_unit_test(a_sum_that_is_not_1_is_refused_with_its_error),
        cmocka_unit_test(a_sum_that_is_1_to_rounding_is_accepted),
        cmocka_unit_test(an_entropy_is_ln_n_at_most),
        cmocka_unit_test(bad_tables_are_refused_by_name),
        cmocka_unit_test(a_cancel_before_the_call_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
