/* EM's promise: no step makes the likelihood fall. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>

#define STEPS 600

/* Steps one at a time; the reference recomputes the likelihood of the
 * parameters that each step leaves. */
static void climb(gmm_model *m, ref_mixture *r, size_t n, const double *x,
                  const char *what)
{
    genmod_data *const view = fixture_view(n, r->d, x);
    fixture_params(m, r);
    double before = ref_likelihood(r, n, x, NULL);
    for (int i = 0; i < STEPS; i++) {
        assert_ok(gmm_step(m, view, NULL));
        fixture_params(m, r);
        const double now = ref_likelihood(r, n, x, NULL);
        const double slack = 1e-13 * fmax(1, fabs(before));
        if (!(now >= before - slack))
            fail_msg("%s, %s, step %d: %.17g after %.17g (fell by %.3g)", what,
                     ref_names[r->type], i, now, before, before - now);
        /* the history holds what stood before the step */
        fixture_close("history", fixture_series(m, GMM_REPORT_HISTORY, -1),
                      before, 1e-12);
        before = now;
    }
    genmod_data_free(view);
}

static void likelihood_never_falls_in_600_steps_on_a_mixture(void **state)
{
    (void)state;
    enum { n = 250, d = 2, k = 3 };
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture truth, r;
        double x[n * d];
        ref_init(&truth, REF_FULL, k, d);
        ref_init(&r, type, k, d);
        ref_invent(&truth, 31, 2);
        ref_draw(&truth, 8, n, x, NULL);
        gmm_model *const m =
            fixture_model(k, type, "init=random seed=2 ridge=0");
        genmod_data *const view = fixture_view(n, d, x);
        assert_ok(gmm_start(m, view, NULL));
        genmod_data_free(view);
        climb(m, &r, n, x, "mixture");
        gmm_free(m);
        ref_free(&truth);
        ref_free(&r);
    }
}

static void likelihood_never_falls_in_600_steps_on_iris(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        fixture_table t;
        ref_mixture r;
        fixture_read(&t, "iris.csv", 1);
        ref_init(&r, type, 3, 4);
        fixture_classes(&r, &t);
        gmm_model *const m = fixture_from(&r, "ridge=0");
        climb(m, &r, t.n, t.x, "iris");
        gmm_free(m);
        ref_free(&r);
        fixture_drop(&t);
    }
}

/* Far from the origin, and 1e6 away in unit between columns. */
static void
likelihood_never_falls_in_600_steps_far_from_the_origin(void **state)
{
    (void)state;
    enum { n = 200, d = 2, k = 2 };
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture truth, r;
        double x[n * d];
        ref_init(&truth, REF_FULL, k, d);
        ref_init(&r, type, k, d);
        ref_invent(&truth, 5, 1.1);
        ref_draw(&truth, 3, n, x, NULL);
        for (size_t i = 0; i < n * d; i++)
            x[i] += 4096.0;
        gmm_model *const m =
            fixture_model(k, type, "init=k-means++ seed=9 ridge=0");
        genmod_data *const view = fixture_view(n, d, x);
        assert_ok(gmm_start(m, view, NULL));
        genmod_data_free(view);
        climb(m, &r, n, x, "far");
        gmm_free(m);
        ref_free(&truth);
        ref_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likelihood_never_falls_in_600_steps_on_a_mixture),
        cmocka_unit_test(likelihood_never_falls_in_600_steps_on_iris),
        cmocka_unit_test(
            likelihood_never_falls_in_600_steps_far_from_the_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
