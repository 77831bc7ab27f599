/* Divergences of densities by quadrature: anchors, bounds that hold, and what a
 * host may hand in. */
#include "measure/fixture.h"

#define NATS GENMOD_NATS
#define TOLERANCE 1e-11

/* sum of w_j N(mean_j, variance_j), a line's mixture. */
typedef struct mixture {
    size_t k;
    double w[2], mean[2], variance[2];
} mixture;

static int32_t mixture_ln(size_t n, size_t d, const double *x, double *out,
                          void *user)
{
    const mixture *const m = user;
    assert_int_equal(d, 1);
    for (size_t i = 0; i < n; i++) {
        double l[2] = {-(double)INFINITY, -(double)INFINITY};
        for (size_t j = 0; j < m->k; j++) {
            const double e = x[i] - m->mean[j];
            l[j] = log(m->w[j]) -
                   (e * e / m->variance[j] +
                    log(2 * 3.14159265358979323846 * m->variance[j])) /
                       2;
        }
        const double top = fmax(l[0], l[1]);
        out[i] = top + log(exp(l[0] - top) + exp(l[1] - top));
    }
    return 0;
}

static mixture normal(double mean, double variance)
{
    return (mixture){1, {1}, {mean}, {variance}};
}

static mixture twins(double a)
{
    return (mixture){2, {0.5, 0.5}, {-a, a}, {1, 1}};
}

static const mixture t1_f = {2, {0.5, 0.5}, {-2, 2}, {1, 1}};
static const mixture t1_g = {1, {1}, {0}, {5}};
static const mixture t2_f = {2, {0.3, 0.7}, {-1, 2}, {0.25, 1}};
static const mixture t2_g = {2, {0.6, 0.4}, {-0.5, 2.5}, {0.5, 0.8}};

typedef int32_t (*divergence)(size_t d, const double *lower,
                              const double *upper, genmod_log_density p,
                              void *p_user, genmod_log_density q, void *q_user,
                              double tolerance, int32_t unit, double *out,
                              double *error, genmod_workspace *w);

/* `digits`: what the anchor's last digit may be off by. */
static void check(divergence f, mixture p, mixture q, double want,
                  double digits)
{
    double out = NAN, error = NAN;
    assert_ok(f(1, NULL, NULL, mixture_ln, &p, mixture_ln, &q, TOLERANCE, NATS,
                &out, &error, NULL));
    assert_true(error > 0 && error <= TOLERANCE);
    assert_near(out, want, error + digits);
    assert_near(out, want, 1e-13 + digits);
}

static void check_entropy(mixture p, double want)
{
    double out = NAN, error = NAN;
    assert_ok(genmod_density_entropy(1, NULL, NULL, mixture_ln, &p, TOLERANCE,
                                     NATS, &out, &error, NULL));
    assert_true(error > 0 && error <= TOLERANCE);
    assert_near(out, want, error + 6e-15);
}

static void kl_of_normals_is_the_closed_form(void **state)
{
    (void)state;
    check(genmod_density_kl, normal(0, 1), normal(1, 1), 0.5, 0);
    check(genmod_density_kl, normal(0, 1), normal(0, 4), 0.3181471805599453,
          1e-16);
    check(genmod_density_kl, normal(1, 2), normal(-1, 0.5), 4.806852819440055,
          1e-15);
}

static void js_of_normals_has_its_known_digits(void **state)
{
    (void)state;
    check(genmod_density_js, normal(0, 1), normal(1, 1), 0.11142148218474,
          6e-15);
    check(genmod_density_js, normal(0, 1), normal(2, 1), 0.33683082034683,
          6e-15);
    check(genmod_density_js, normal(0, 1), normal(0, 4), 0.09273338166641,
          6e-15);
    check(genmod_density_js, normal(0, 1), normal(10, 1), 0.69314631739398,
          6e-15);
}

static void entropy_of_two_normals_has_its_known_digits(void **state)
{
    (void)state;
    check_entropy(twins(0.5), 1.53036001538941);
    check_entropy(twins(1), 1.75576935355150);
    check_entropy(twins(2), 2.05165872694154);
    check_entropy(twins(3), 2.10823646623375);
    check_entropy(twins(5), 2.11208485059866);
}

static void mixtures_of_the_literature_have_their_known_digits(void **state)
{
    (void)state;
    check(genmod_density_kl, t1_f, t1_g, 0.17199876248018, 6e-15);
    check(genmod_density_kl, t1_g, t1_f, 0.24782803025874, 6e-15);
    check(genmod_density_js, t1_f, t1_g, 0.04618248576280, 6e-15);
    check(genmod_density_cross_entropy, t1_f, t1_g, 2.22365748942172, 6e-15);
    check(genmod_density_kl, t2_f, t2_g, 0.17175584667625, 6e-15);
    check(genmod_density_kl, t2_g, t2_f, 0.19170129711700, 6e-15);
    check(genmod_density_js, t2_f, t2_g, 0.04370118055147, 6e-15);
}

/* ---- two columns --------------------------------------------------------- */

typedef struct plane {
    double mean[2], precision[3], ln_det; /* xx, xy, yy of S^-1 */
} plane;

static plane plane_of(double x, double y, double xx, double xy, double yy)
{
    const double det = xx * yy - xy * xy;
    return (plane){{x, y}, {yy / det, -xy / det, xx / det}, log(det)};
}

static int32_t plane_ln(size_t n, size_t d, const double *x, double *out,
                        void *user)
{
    const plane *const p = user;
    assert_int_equal(d, 2);
    for (size_t i = 0; i < n; i++) {
        const double a = x[2 * i] - p->mean[0], b = x[2 * i + 1] - p->mean[1];
        out[i] = -1.837877066409345483561 - p->ln_det / 2 -
                 (p->precision[0] * a * a + 2 * p->precision[1] * a * b +
                  p->precision[2] * b * b) /
                     2;
    }
    return 0;
}

static void two_columns_agree_with_the_closed_form(void **state)
{
    (void)state;
    plane p = plane_of(0, 0, 2, 0.5, 1), q = plane_of(1, -1, 1, -0.3, 2);
    double out = NAN, error = NAN;
    assert_ok(genmod_density_kl(2, NULL, NULL, plane_ln, &p, plane_ln, &q, 1e-9,
                                NATS, &out, &error, NULL));
    assert_near(out, 1.059450533344280, error);
    assert_true(error <= 1e-9);
    assert_ok(genmod_density_kl(2, NULL, NULL, plane_ln, &q, plane_ln, &p, 1e-9,
                                NATS, &out, &error, NULL));
    assert_near(out, 1.613399130081299, error);
    assert_ok(genmod_density_entropy(2, NULL, NULL, plane_ln, &p, 1e-9, NATS,
                                     &out, &error, NULL));
    assert_near(out, 2.837877066409345 + log(1.75) / 2, error);
}

/* ---- limits, supports, infinities ---------------------------------------- */

static int32_t exponential_ln(size_t n, size_t d, const double *x, double *out,
                              void *user)
{
    const double rate = *(const double *)user;
    for (size_t i = 0; i < n * d; i++)
        out[i] = x[i] < 0 ? -(double)INFINITY : log(rate) - rate * x[i];
    return 0;
}

static int32_t uniform_ln(size_t n, size_t d, const double *x, double *out,
                          void *user)
{
    const double width = *(const double *)user;
    for (size_t i = 0; i < n * d; i++)
        out[i] = x[i] > 0 && x[i] < width ? -log(width) : -(double)INFINITY;
    return 0;
}

static int32_t cauchy_ln(size_t n, size_t d, const double *x, double *out,
                         void *user)
{
    (void)user;
    for (size_t i = 0; i < n * d; i++)
        out[i] = -log(3.14159265358979323846) - log1p(x[i] * x[i]);
    return 0;
}

static void one_limit_may_be_infinite(void **state)
{
    (void)state;
    const double zero = 0;
    double one = 1, three = 3, out = NAN, error = NAN;
    assert_ok(genmod_density_kl(1, &zero, NULL, exponential_ln, &one,
                                exponential_ln, &three, TOLERANCE, NATS, &out,
                                &error, NULL));
    assert_near(out, -log(3) + 2, error);
    assert_true(error <= TOLERANCE);
}

/* An edge inside a cell: the bound is larger, and holds. */
static void the_bound_holds_across_a_jump(void **state)
{
    (void)state;
    double one = 1, three = 3, narrow = 0.7, out = NAN, error = NAN;
    const double lower = -1, upper = 2;
    assert_ok(genmod_density_kl(1, NULL, NULL, exponential_ln, &one,
                                exponential_ln, &three, 1e-8, NATS, &out,
                                &error, NULL));
    assert_near(out, -log(3) + 2, error);
    assert_ok(genmod_density_js(1, &lower, &upper, uniform_ln, &one, uniform_ln,
                                &narrow, 1e-8, GENMOD_BITS, &out, &error,
                                NULL));
    /* m is (1 + 1 / 0.7) / 2 up to 0.7, and 1 / 2 from there to 1 */
    const double m = (1 + 1 / 0.7) / 2;
    assert_near(out, (0.7 * log2(1 / m) + 0.3 + log2(1 / 0.7 / m)) / 2, error);
}

static void heavy_tails_are_integrated(void **state)
{
    (void)state;
    double out = NAN, error = NAN;
    assert_ok(genmod_density_entropy(1, NULL, NULL, cauchy_ln, NULL, 1e-9, NATS,
                                     &out, &error, NULL));
    assert_near(out, log(4 * 3.14159265358979323846), error);
    assert_true(error <= 1e-9);
}

static void what_q_excludes_is_infinitely_far_and_no_error(void **state)
{
    (void)state;
    double one = 1, width = 2, out = NAN, error = NAN;
    assert_ok(genmod_density_kl(1, NULL, NULL, exponential_ln, &one, uniform_ln,
                                &width, TOLERANCE, NATS, &out, &error, NULL));
    assert_true(out == (double)INFINITY && error == 0);
}

/* int cauchy x^2 has no end: an error that says so. */
static void a_diverging_integral_shows_in_its_error(void **state)
{
    (void)state;
    mixture q = normal(0, 1);
    double out = NAN, error = NAN;
    assert_ok(genmod_density_kl(1, NULL, NULL, cauchy_ln, NULL, mixture_ln, &q,
                                1e-6, NATS, &out, &error, NULL));
    assert_true(error > 1);
}

static void a_density_without_its_norm_is_refused(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    mixture p = normal(0, 1), half = p, far = normal(3e5, 1);
    const double lower = -0.5, upper = 10;
    double out = 2.385;
    half.w[0] = 0.5;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_status(genmod_density_entropy(1, NULL, NULL, mixture_ln, &half,
                                         TOLERANCE, NATS, &out, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "p has the integral 1 - 0.5 within the limits");
    assert_status(genmod_density_js(1, NULL, NULL, mixture_ln, &p, mixture_ln,
                                    &half, TOLERANCE, NATS, &out, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "q has the integral 1 - 0.5");
    assert_status(genmod_density_entropy(1, &lower, &upper, mixture_ln, &p,
                                         TOLERANCE, NATS, &out, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "p has the integral 1 - 0.308538");
    assert_status(genmod_density_entropy(1, NULL, NULL, mixture_ln, &far,
                                         TOLERANCE, NATS, &out, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "p has the integral 1 - 1 within");
    assert_true(out == 2.385);
    genmod_workspace_free(w);
}

/* q need not lie within limits that hold p. */
static void limits_are_those_of_p(void **state)
{
    (void)state;
    double width = 1, out = NAN, error = NAN;
    const double lower = 0, upper = 1;
    mixture q = normal(0, 1);
    assert_ok(genmod_density_kl(1, &lower, &upper, uniform_ln, &width,
                                mixture_ln, &q, TOLERANCE, NATS, &out, &error,
                                NULL));
    assert_near(out, log(2 * 3.14159265358979323846) / 2 + 1.0 / 6, error);
}

static void a_density_of_itself_is_zero(void **state)
{
    (void)state;
    mixture p = t2_f, q = t2_f;
    double out = NAN;
    assert_ok(genmod_density_kl(1, NULL, NULL, mixture_ln, &p, mixture_ln, &q,
                                TOLERANCE, NATS, &out, NULL, NULL));
    assert_true(out == 0);
    assert_ok(genmod_density_js(1, NULL, NULL, mixture_ln, &p, mixture_ln, &q,
                                TOLERANCE, NATS, &out, NULL, NULL));
    assert_true(out == 0);
}

/* JS is m^2 / 8 here: far below what a difference of entropies resolves. */
static void js_keeps_its_digits_where_densities_nearly_agree(void **state)
{
    (void)state;
    mixture p = normal(0, 1), q = normal(1e-6, 1);
    double out = NAN, error = NAN;
    assert_ok(genmod_density_js(1, NULL, NULL, mixture_ln, &p, mixture_ln, &q,
                                TOLERANCE, NATS, &out, &error, NULL));
    assert_true(out > 0);
    assert_near(out / 1.25e-13, 1, 1e-6);
}

/* ---- refusals ------------------------------------------------------------ */

static int32_t ends_ln(size_t n, size_t d, const double *x, double *out,
                       void *user)
{
    int *const calls = user;
    mixture p = normal(0, 1);
    return --*calls < 0 ? -7 : mixture_ln(n, d, x, out, &p);
}

static int32_t nan_ln(size_t n, size_t d, const double *x, double *out,
                      void *user)
{
    for (size_t i = 0; i < n; i++)
        out[i] = *(const double *)user * x[i * d];
    return 0;
}

static int32_t cancels_ln(size_t n, size_t d, const double *x, double *out,
                          void *user)
{
    mixture p = normal(0, 1);
    genmod_workspace_cancel(user);
    return mixture_ln(n, d, x, out, &p);
}

static void densities_that_fail_end_the_call(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    mixture p = normal(0, 1);
    double out = 2.385, nan = NAN, inf = (double)INFINITY;
    assert_ok(genmod_workspace_new(NULL, &w));
    for (int calls = 0; calls < 20; calls += 3) {
        int left = calls;
        assert_status(genmod_density_kl(1, NULL, NULL, mixture_ln, &p, ends_ln,
                                        &left, TOLERANCE, NATS, &out, NULL, w),
                      GENMOD_CALLBACK, w);
        assert_error_names(w, "q returned -7");
    }
    assert_status(genmod_density_entropy(1, NULL, NULL, nan_ln, &nan, TOLERANCE,
                                         NATS, &out, NULL, w),
                  GENMOD_NON_FINITE, w);
    assert_error_names(w, "p gave nan at x = -");
    const double lower[] = {1, 1}, upper[] = {2, 2};
    assert_status(genmod_density_entropy(2, lower, upper, nan_ln, &inf,
                                         TOLERANCE, NATS, &out, NULL, w),
                  GENMOD_NON_FINITE, w);
    assert_error_names(w, "p gave inf at x = (1.00");
    assert_status(genmod_density_entropy(1, NULL, NULL, cancels_ln, w,
                                         TOLERANCE, NATS, &out, NULL, w),
                  GENMOD_CANCELLED, w);
    assert_true(out == 2.385);
    genmod_workspace_free(w);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *w = NULL;
    mixture p = normal(0, 1);
    const double inf = (double)INFINITY, zero = 0, one = 1, nan = NAN;
    double out = 2.385;
    assert_ok(genmod_workspace_new(NULL, &w));
    const struct {
        size_t d;
        const double *lower, *upper;
        genmod_log_density p, q;
        double tolerance;
        int32_t unit;
        double *out;
        const char *text;
    } bad[] = {
        {0, NULL, NULL, mixture_ln, mixture_ln, 1, NATS, &out, "d is 0"},
        {3, NULL, NULL, mixture_ln, mixture_ln, 1, NATS, &out, "d is 3"},
        {1, NULL, NULL, NULL, mixture_ln, 1, NATS, &out, "p is NULL"},
        {1, NULL, NULL, mixture_ln, NULL, 1, NATS, &out, "q is NULL"},
        {1, NULL, NULL, mixture_ln, mixture_ln, 1, NATS, NULL, "out is NULL"},
        {1, NULL, NULL, mixture_ln, mixture_ln, 0, NATS, &out,
         "tolerance is 0"},
        {1, NULL, NULL, mixture_ln, mixture_ln, nan, NATS, &out,
         "tolerance is nan"},
        {1, NULL, NULL, mixture_ln, mixture_ln, inf, NATS, &out,
         "tolerance is inf"},
        {1, NULL, NULL, mixture_ln, mixture_ln, 1, 7, &out, "unit is 7"},
        {1, &one, &zero, mixture_ln, mixture_ln, 1, NATS, &out,
         "upper[0] is 0; it must be above lower, 1"},
        {1, &one, &one, mixture_ln, mixture_ln, 1, NATS, &out, "upper[0] is 1"},
        {1, &zero, &nan, mixture_ln, mixture_ln, 1, NATS, &out,
         "upper[0] is nan"},
        {1, &inf, NULL, mixture_ln, mixture_ln, 1, NATS, &out,
         "lower[0] is inf"},
        {1, &nan, NULL, mixture_ln, mixture_ln, 1, NATS, &out,
         "lower[0] is nan"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(genmod_density_kl(bad[i].d, bad[i].lower, bad[i].upper,
                                        bad[i].p, &p, bad[i].q, &p,
                                        bad[i].tolerance, bad[i].unit,
                                        bad[i].out, NULL, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, bad[i].text);
    }
    assert_true(out == 2.385);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kl_of_normals_is_the_closed_form),
        cmocka_unit_test(js_of_normals_has_its_known_digits),
        cmocka_unit_test(entropy_of_two_normals_has_its_known_digits),
        cmocka_unit_test(mixtures_of_the_literature_have_their_known_digits),
        cmocka_unit_test(two_columns_agree_with_the_closed_form),
        cmocka_unit_test(one_limit_may_be_infinite),
        cmocka_unit_test(the_bound_holds_across_a_jump),
        cmocka_unit_test(heavy_tails_are_integrated),
        cmocka_unit_test(what_q_excludes_is_infinitely_far_and_no_error),
        cmocka_unit_test(a_diverging_integral_shows_in_its_error),
        cmocka_unit_test(a_density_without_its_norm_is_refused),
        cmocka_unit_test(limits_are_those_of_p),
        cmocka_unit_test(a_density_of_itself_is_zero),
        cmocka_unit_test(js_keeps_its_digits_where_densities_nearly_agree),
        cmocka_unit_test(densities_that_fail_end_the_call),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
