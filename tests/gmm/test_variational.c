/* Variational Bayes: the lower bound, whole and against the books' own terms
 * (variational_reference.py), and the posterior that comes out. */
#include "gmm/fixture.h"

#include <stdio.h>

#define PRIOR                                                     \
    "inference=variational concentration=0.7 mean_precision=1.3 " \
    "degrees_of_freedom=5.5 covariance_prior=0.9 ridge=0 "

typedef struct anchor {
    const char *prior;
    int type;
    double bound[3]; /* before steps 1, 2 and 6 */
    double weights[3], mean, variance;
} anchor;

static const anchor anchors[] = {
    {"dirichlet",
     REF_FULL,
     {-440.822303199744, -396.529292910792, -340.634614862182},
     {0.333337471708401, 0.257151761837437, 0.409510766454162},
     4.22578908657141,
     0.0499177786715441},
    {"dirichlet",
     REF_TIED,
     {-426.447169813276, -414.351382374739, -353.305946790083},
     {0.333332130955022, 0.366650452527377, 0.300017416517601},
     4.53771032934034,
     0.0763636550032869},
    {"dirichlet",
     REF_DIAGONAL,
     {-666.264682395115, -476.979785128425, -446.969783234525},
     {0.333333381973632, 0.300656632301736, 0.366009985724632},
     4.21680271878898,
     0.0479477440303606},
    {"dirichlet",
     REF_SPHERICAL,
     {-746.765172747253, -506.52065393022, -481.038625505103},
     {0.333339397595372, 0.334396530329951, 0.332264072074677},
     4.26546689138635,
     0.152949940786457},
    {"dirichlet-process",
     REF_FULL,
     {-441.013732412574, -396.739276440754, -340.990539586027},
     {0.336194099837774, 0.260079694137334, 0.403726206024892},
     4.22928850609862,
     0.0501598410372891},
    {"dirichlet-process",
     REF_TIED,
     {-426.678875153791, -414.596752195289, -353.282446788491},
     {0.336188902951664, 0.369445475596367, 0.29436562145197},
     4.5453142565807,
     0.0764385637488858},
    {"dirichlet-process",
     REF_DIAGONAL,
     {-666.490568387866, -477.397323608116, -447.285603914122},
     {0.336189898379972, 0.301940955343554, 0.361869146276474},
     4.21982190086132,
     0.0483573552317928},
    {"dirichlet-process",
     REF_SPHERICAL,
     {-746.99403751179, -506.863427836766, -481.259634407646},
     {0.336196095207982, 0.335498247973124, 0.328305656818894},
     4.26821472458959,
     0.15323541235774},
};

static const char *const priors[] = {"dirichlet", "dirichlet-process"};

static gmm_model *vary(size_t k, int type, const char *prior, const char *more)
{
    char options[256];
    snprintf(options, sizeof options, PRIOR "weight_prior=%s %s", prior, more);
    return fixture_model(k, type, options);
}

static void step_times(gmm_model *m, genmod_data *v, size_t times)
{
    for (size_t i = 0; i < times; i++)
        assert_ok(gmm_step(m, v, NULL));
}

/* Responsibilities of 3/4 for the species, 1/8 for each other. */
static gmm_model *from_species(const fixture_table *t, int type,
                               const char *prior, const char *more)
{
    gmm_model *const m = vary(3, type, prior, more);
    double *const r = fixture_take(t->n * 3, sizeof *r);
    genmod_data *const v = fixture_view(t->n, t->d, t->x);
    for (size_t i = 0; i < t->n; i++)
        for (int j = 0; j < 3; j++)
            r[i * 3 + (size_t)j] = j == t->labels[i] ? 0.75 : 0.125;
    assert_ok(gmm_start_responsibilities(m, v, t->n * 3 * sizeof *r, r, NULL));
    genmod_data_free(v);
    free(r);
    return m;
}

/* Roundings of sums of 150 rows and of some hundred nats. */
static void check_anchor(const anchor *a, const fixture_table *t)
{
    gmm_model *const m = from_species(t, a->type, a->prior, "");
    genmod_data *const v = fixture_view(t->n, t->d, t->x);
    ref_mixture r;
    const double n = (double)t->n;
    ref_init(&r, a->type, 3, t->d);
    step_times(m, v, 6);
    fixture_close("first bound", n * fixture_series(m, GMM_REPORT_HISTORY, 0),
                  a->bound[0], 1e-13);
    fixture_close("second bound", n * fixture_series(m, GMM_REPORT_HISTORY, 1),
                  a->bound[1], 1e-13);
    fixture_close("sixth bound", n * fixture_series(m, GMM_REPORT_HISTORY, 5),
                  a->bound[2], 1e-12);
    fixture_close("whole bound", fixture_number(m, GMM_REPORT_LOWER_BOUND),
                  a->bound[2], 1e-12);
    fixture_params(m, &r);
    for (size_t j = 0; j < 3; j++)
        fixture_close("weight", r.w[j], a->weights[j], 1e-12);
    fixture_close("mean", r.mu[1 * 4 + 2], a->mean, 1e-12);
    double s[16];
    ref_covariance(&r, 1, s);
    fixture_close("variance", s[15], a->variance, 1e-12);
    ref_free(&r);
    genmod_data_free(v);
    gmm_free(m);
}

static void bound_is_the_sum_of_the_books_terms(void **state)
{
    (void)state;
    fixture_table t;
    fixture_read(&t, "iris.csv", 1);
    for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++)
        check_anchor(&anchors[i], &t);
    fixture_drop(&t);
}

/* One component's posterior is exact, so that nothing is lost. */
static void bound_of_one_component_is_the_log_evidence(void **state)
{
    (void)state;
    fixture_table t;
    fixture_read(&t, "iris.csv", 1);
    for (size_t i = 0; i < 2; i++) {
        gmm_model *const m = vary(1, REF_FULL, priors[i], "");
        genmod_data *const v = fixture_view(t.n, t.d, t.x);
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        fixture_close("evidence", fixture_number(m, GMM_REPORT_LOWER_BOUND),
                      -418.2748140599526, 1e-13);
        genmod_data_free(v);
        gmm_free(m);
    }
    fixture_drop(&t);
}

/* The bound of each step against the one before; a rounding of each row's
 * share of it is forgiven. */
static void climb(const double *x, size_t n, size_t d, int type,
                  const char *prior)
{
    gmm_model *const m = vary(4, type, prior, "seed=3 init=random");
    genmod_data *const v = fixture_view(n, d, x);
    assert_ok(gmm_start(m, v, NULL));
    step_times(m, v, 150);
    for (int64_t i = 1; i < 150; i++) {
        const double was = fixture_series(m, GMM_REPORT_HISTORY, i - 1);
        const double now = fixture_series(m, GMM_REPORT_HISTORY, i);
        if (!(now >= was - 1e-13 * fmax(1, fabs(was))))
            fail_msg("%s, %s, step %d: %.17g after %.17g", ref_names[type],
                     prior, (int)i, now, was);
    }
    genmod_data_free(v);
    gmm_free(m);
}

static void bound_never_falls(void **state)
{
    (void)state;
    enum { n = 250, d = 2 };
    for (int type = 0; type < REF_TYPES; type++)
        for (size_t i = 0; i < 2; i++) {
            ref_mixture truth;
            double x[n * d];
            ref_init(&truth, REF_FULL, 3, d);
            ref_invent(&truth, 31, 2);
            ref_draw(&truth, 8, n, x, NULL);
            climb(x, n, d, type, priors[i]);
            for (size_t c = 0; c < n * d; c++)
                x[c] += 4096;
            climb(x, n, d, type, priors[i]);
            ref_free(&truth);
        }
}

/* A small concentration leaves components that the data do not ask for to the
 * prior. */
static void components_that_are_not_needed_stay_empty(void **state)
{
    (void)state;
    fixture_table t;
    fixture_read(&t, "faithful.csv", 0);
    for (size_t i = 0; i < 2; i++) {
        gmm_model *const m = fixture_model(
            6, REF_FULL,
            i ? "inference=variational weight_prior=dirichlet-process "
                "concentration=0.01 max_iterations=2000 tolerance=1e-9"
              : "inference=variational concentration=0.01 "
                "max_iterations=2000 tolerance=1e-9");
        genmod_data *const v = fixture_view(t.n, t.d, t.x);
        double w[6], sum = 0;
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        assert_true(fixture_number(m, GMM_REPORT_CONVERGED) == 1);
        assert_true(fixture_number(m, GMM_REPORT_EFFECTIVE) == 2);
        assert_ok(gmm_get_params(m, GMM_WEIGHTS, 6, w, NULL, NULL));
        for (size_t j = 0; j < 6; j++)
            sum += w[j];
        assert_near(sum, 1, 1e-14);
        genmod_data_free(v);
        gmm_free(m);
    }
    fixture_drop(&t);
}

static void get(const gmm_model *m, const char *name, size_t n, double *out)
{
    size_t need = 0;
    assert_ok(gmm_get_params(m, name, n, out, &need, NULL));
    assert_int_equal(need, n);
}

/* What is read by name fits together: (10.58), (10.60), (10.63). */
static void posterior_is_read_by_name(void **state)
{
    (void)state;
    fixture_table t;
    fixture_read(&t, "iris.csv", 1);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = from_species(&t, type, "dirichlet", "");
        double alpha[3], beta[3], nu[3], m0[4], one, w[3];
        get(m, GMM_PRIOR_CONCENTRATION, 1, &one);
        assert_true(one == 0.7);
        get(m, GMM_PRIOR_MEAN_PRECISION, 1, &one);
        assert_true(one == 1.3);
        get(m, GMM_PRIOR_DEGREES_OF_FREEDOM, 1, &one);
        assert_true(one == 5.5);
        get(m, GMM_PRIOR_MEAN, 4, m0);
        assert_near(m0[2], 3.758, 1e-14);
        get(m, GMM_POSTERIOR_CONCENTRATION, 3, alpha);
        get(m, GMM_POSTERIOR_MEAN_PRECISION, 3, beta);
        get(m, GMM_POSTERIOR_DEGREES_OF_FREEDOM, type == REF_TIED ? 1 : 3, nu);
        get(m, GMM_WEIGHTS, 3, w);
        for (size_t j = 0; j < 3; j++) {
            assert_near(alpha[j], 50.7, 1e-12);
            assert_near(beta[j], 51.3, 1e-12);
            assert_near(w[j], 50.7 / 152.1, 1e-15);
        }
        assert_near(nu[0], type == REF_TIED ? 155.5 : 55.5, 1e-12);
        gmm_free(m);
    }
    fixture_drop(&t);
}

static void sticks_are_read_by_name(void **state)
{
    (void)state;
    fixture_table t;
    fixture_read(&t, "iris.csv", 1);
    gmm_model *const m = from_species(&t, REF_FULL, "dirichlet-process", "");
    static const double want[] = {51, 51, 51, 100.7, 50.7, 0};
    double got[6];
    get(m, GMM_POSTERIOR_CONCENTRATION, 6, got);
    for (size_t i = 0; i < 6; i++)
        assert_near(got[i], want[i], 1e-12);
    gmm_free(m);
    fixture_drop(&t);
}

/* The prior from the data is scikit-learn's: means, and covariances with n - 1.
 */
static void prior_comes_from_the_data(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 4, 1, 2.5, 7, -1, 3};
    static const double full[] = {4.5625, -0.20833333333333334,
                                  -0.20833333333333334, 6.916666666666667};
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m =
            fixture_model(1, type, "inference=variational ridge=0");
        genmod_data *const v = fixture_view(4, 2, x);
        double cov[4], mean[2], one;
        assert_ok(gmm_start(m, v, NULL));
        get(m, GMM_PRIOR_MEAN, 2, mean);
        assert_near(mean[0], 1.625, 1e-15);
        assert_near(mean[1], 3.25, 1e-15);
        get(m, GMM_PRIOR_DEGREES_OF_FREEDOM, 1, &one);
        assert_true(one == 2);
        get(m, GMM_PRIOR_CONCENTRATION, 1, &one);
        assert_true(one == 1);
        if (type == REF_DIAGONAL) {
            get(m, GMM_PRIOR_COVARIANCE, 2, cov);
            assert_near(cov[0], full[0], 1e-14);
            assert_near(cov[1], full[3], 1e-14);
        } else if (type == REF_SPHERICAL) {
            get(m, GMM_PRIOR_COVARIANCE, 1, cov);
            assert_near(cov[0], (full[0] + full[3]) / 2, 1e-14);
        } else {
            get(m, GMM_PRIOR_COVARIANCE, 4, cov);
            for (size_t i = 0; i < 4; i++)
                assert_near(cov[i], full[i], 1e-14);
        }
        genmod_data_free(v);
        gmm_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bound_is_the_sum_of_the_books_terms),
        cmocka_unit_test(bound_of_one_component_is_the_log_evidence),
        cmocka_unit_test(bound_never_falls),
        cmocka_unit_test(components_that_are_not_needed_stay_empty),
        cmocka_unit_test(posterior_is_read_by_name),
        cmocka_unit_test(sticks_are_read_by_name),
        cmocka_unit_test(prior_comes_from_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
