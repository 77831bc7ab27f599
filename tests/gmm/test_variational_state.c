/* A posterior's life: set, saved, loaded, gone on from, refused. */
#include "gmm/fixture.h"
#include "gmm/forge.h"

#include <math.h>
#include <stdio.h>

#define N 300
#define D 2
#define K 3
#define VARY "inference=variational weight_prior=dirichlet-process seed=2 "

static const double m0[D] = {0.25, -1.5};
static const double w0[D * D] = {2.385, 0.25, 0.25, 1.75};

typedef struct scene {
    double x[N * D];
    genmod_data *view;
    genmod_workspace *w;
} scene;

static scene *scene_new(void)
{
    scene *const s = fixture_take(1, sizeof *s);
    ref_mixture truth;
    ref_init(&truth, REF_FULL, K, D);
    ref_invent(&truth, 12, 2);
    ref_draw(&truth, 4, N, s->x, NULL);
    ref_free(&truth);
    s->view = fixture_view(N, D, s->x);
    s->w = fixture_workspace(1);
    return s;
}

static void scene_free(scene *s)
{
    genmod_data_free(s->view);
    genmod_workspace_free(s->w);
    free(s);
}

static void set_prior(gmm_model *m, int type)
{
    const size_t n = type == REF_DIAGONAL ? 2 : type == REF_SPHERICAL ? 1 : 4;
    const double *const cov = n == 4 ? w0 : w0 + 2; /* 0.25, 1.75 */
    assert_ok(gmm_set_prior(m, D, m0, n, cov, NULL));
}

static void same_bits(const char *what, const gmm_model *a, const gmm_model *b)
{
    const fixture_bytes p = fixture_save(a), q = fixture_save(b);
    if (!fixture_same(p, q))
        fail_msg("%s: the models differ", what);
    free(p.p);
    free(q.p);
}

/* Two steps, a file or a copy, two more: as four in one model. */
static void posterior_goes_on_with_the_same_bits(void **state)
{
    (void)state;
    scene *const s = scene_new();
    for (int type = 0; type < REF_TYPES; type++)
        for (int given = 0; given < 2; given++) {
            gmm_model *const a = fixture_model(K, type, VARY);
            gmm_model *const b = fixture_model(1, REF_FULL, NULL);
            gmm_model *const c = fixture_model(1, REF_FULL, NULL);
            if (given)
                set_prior(a, type);
            assert_ok(gmm_start(a, s->view, NULL));
            assert_ok(gmm_step(a, s->view, NULL));
            assert_ok(gmm_step(a, s->view, NULL));
            const fixture_bytes file = fixture_save(a);
            assert_ok(gmm_load(b, file.n, file.p, NULL));
            assert_ok(gmm_copy(a, c, NULL));
            same_bits("loaded", a, b);
            double p = 0, q = 0;
            assert_ok(gmm_log_likelihood(a, s->view, &p, NULL));
            assert_ok(gmm_log_likelihood(b, s->view, &q, NULL));
            assert_true(p == q);
            for (int i = 0; i < 2; i++) {
                assert_ok(gmm_step(a, s->view, NULL));
                assert_ok(gmm_step(b, s->view, NULL));
                assert_ok(gmm_step(c, s->view, NULL));
            }
            same_bits("gone on", a, b);
            same_bits("copied", a, c);
            free(file.p);
            gmm_free(a);
            gmm_free(b);
            gmm_free(c);
        }
    scene_free(s);
}

static void bits_do_not_depend_on_threads_or_rows_in_memory(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 2, 3, 7};
    scene *const s = scene_new();
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const a = fixture_model(K, type, VARY "starts=3");
        assert_ok(gmm_fit(a, s->view, NULL, NULL, NULL));
        for (size_t t = 0; t < 4; t++) {
            genmod_workspace *const w = fixture_workspace(threads[t]);
            gmm_model *const b = fixture_model(K, type, VARY "starts=3");
            assert_ok(gmm_fit(b, s->view, NULL, NULL, w));
            same_bits("threads", a, b);
            gmm_free(b);
            genmod_workspace_free(w);
        }
        gmm_free(a);
    }
    scene_free(s);
}

/* A weight of 2 counts like the row twice, in the prior, too. */
static void weights_count_rows(void **state)
{
    (void)state;
    scene *const s = scene_new();
    double twice[2 * N * D], weights[N];
    for (size_t i = 0; i < N; i++) {
        weights[i] = 2;
        memcpy(twice + 2 * i * D, s->x + i * D, D * sizeof *twice);
        memcpy(twice + (2 * i + 1) * D, s->x + i * D, D * sizeof *twice);
    }
    genmod_data *const v = fixture_view(2 * N, D, twice);
    assert_ok(genmod_data_set_weights(s->view, N, weights, NULL));
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const a = fixture_model(1, type, "inference=variational");
        gmm_model *const b = fixture_model(1, type, "inference=variational");
        assert_ok(gmm_fit(a, s->view, NULL, NULL, NULL));
        assert_ok(gmm_fit(b, v, NULL, NULL, NULL));
        fixture_close("bound", fixture_number(a, GMM_REPORT_LOWER_BOUND),
                      fixture_number(b, GMM_REPORT_LOWER_BOUND), 1e-12);
        gmm_free(a);
        gmm_free(b);
    }
    genmod_data_free(v);
    scene_free(s);
}

/* A prior of many rows is what comes out. */
static void set_prior_is_the_one_that_counts(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = fixture_model(
        1, REF_FULL,
        "inference=variational mean_precision=1e12 degrees_of_freedom=1e12");
    double cov[D * D], scaled[D * D], mean[D];
    for (size_t i = 0; i < D * D; i++)
        scaled[i] = 1e12 * w0[i];
    assert_ok(gmm_set_prior(m, D, m0, D * D, scaled, NULL));
    assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_MEANS, D, mean, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_COVARIANCES, D * D, cov, NULL, NULL));
    for (size_t i = 0; i < D; i++)
        assert_near(mean[i], m0[i], 1e-8);
    for (size_t i = 0; i < D * D; i++)
        assert_near(cov[i], w0[i], 1e-7);
    /* and is the data's again where it is taken back */
    assert_ok(gmm_set_prior(m, D, NULL, 0, NULL, NULL));
    assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_PRIOR_MEAN, D, mean, NULL, NULL));
    assert_true(fabs(mean[0] - m0[0]) > 1e-3);
    gmm_free(m);
    scene_free(s);
}

/* Known parameters have no posterior; a step makes one. */
static void known_parameters_become_a_posterior(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = fixture_model(K, REF_TIED, VARY "warm_start=1");
    ref_mixture r;
    double one;
    ref_init(&r, REF_TIED, K, D);
    ref_invent(&r, 12, 2);
    fixture_set(m, &r);
    assert_status(
        gmm_get_params(m, GMM_PRIOR_CONCENTRATION, 1, &one, NULL, s->w),
        GENMOD_BAD_ARGUMENT, s->w);
    fixture_says(s->w, "no parameter \"prior_concentration\"");
    assert_ok(gmm_step(m, s->view, NULL));
    assert_ok(gmm_get_params(m, GMM_PRIOR_CONCENTRATION, 1, &one, NULL, s->w));
    assert_true(one == 1.0 / K);
    assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
    const size_t n = fixture_series_length(m, GMM_REPORT_HISTORY);
    for (int64_t i = 1; i < (int64_t)n; i++)
        assert_true(fixture_series(m, GMM_REPORT_HISTORY, i) >=
                    fixture_series(m, GMM_REPORT_HISTORY, i - 1) - 1e-13);
    ref_free(&r);
    gmm_free(m);
    scene_free(s);
}

static void refused(gmm_model *m, scene *s, const char *text, int32_t status)
{
    assert_status(status, GENMOD_BAD_ARGUMENT, s->w);
    fixture_says(s->w, text);
    assert_int_equal(gmm_dimension(m), 0);
}

static void bad_priors_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = fixture_model(K, REF_FULL, VARY);
    gmm_model *const em = fixture_model(K, REF_FULL, NULL);
    gmm_model *const round = fixture_model(K, REF_SPHERICAL, VARY);
    const double bent[] = {1, 0.5, 0.25, 1}, flat[] = {1, 2, 2, 1};
    const double nan[] = {NAN, 1, 1, 1}, none[] = {0};
    refused(m, s, "m is NULL", gmm_set_prior(NULL, D, m0, 0, NULL, s->w));
    refused(em, s, "inference is \"em\"",
            gmm_set_prior(em, D, m0, 0, NULL, s->w));
    refused(m, s, "d is 0", gmm_set_prior(m, 0, m0, 0, NULL, s->w));
    refused(m, s, "d is 65537", gmm_set_prior(m, 65537, m0, 0, NULL, s->w));
    refused(m, s, "n_cov is 3", gmm_set_prior(m, D, m0, 3, w0, s->w));
    refused(m, s, "n_cov is 4", gmm_set_prior(m, D, m0, 4, NULL, s->w));
    refused(m, s, "mean[0] is nan", gmm_set_prior(m, D, nan, 0, NULL, s->w));
    refused(m, s, "element 0 is nan", gmm_set_prior(m, D, m0, 4, nan, s->w));
    refused(m, s, "not symmetric in row 1, column 0",
            gmm_set_prior(m, D, m0, 4, bent, s->w));
    refused(m, s, "not positive definite",
            gmm_set_prior(m, D, m0, 4, flat, s->w));
    refused(round, s, "finite and > 0",
            gmm_set_prior(round, D, m0, 1, none, s->w));
    assert_ok(gmm_set_prior(m, 1, m0, 0, NULL, NULL));
    refused(m, s, "the prior that was set has 1",
            gmm_fit(m, s->view, NULL, NULL, s->w));
    assert_ok(gmm_set_prior(m, D, NULL, 0, NULL, NULL));
    assert_ok(gmm_start(m, s->view, NULL));
    assert_status(gmm_set_prior(m, 1, m0, 0, NULL, s->w), GENMOD_BAD_ARGUMENT,
                  s->w);
    fixture_says(s->w, "d is 1; the model has 2 columns");
    gmm_free(round);
    gmm_free(em);
    gmm_free(m);
    scene_free(s);
}

static void priors_that_are_none_are_refused_in_training(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *m = fixture_model(K, REF_TIED, VARY "degrees_of_freedom=1");
    refused(m, s, "degrees_of_freedom is 1; with 2 columns it must be > 1",
            gmm_fit(m, s->view, NULL, NULL, s->w));
    gmm_free(m);
    /* a column that is another's copy, and no ridge */
    for (size_t i = 0; i < N; i++)
        s->x[i * D + 1] = s->x[i * D];
    m = fixture_model(K, REF_FULL, VARY "ridge=0");
    assert_status(gmm_fit(m, s->view, NULL, NULL, s->w), GENMOD_BREAKDOWN,
                  s->w);
    fixture_says(s->w, "prior covariance is not positive definite");
    gmm_free(m);
    m = fixture_model(K, REF_FULL, VARY);
    assert_ok(gmm_fit(m, s->view, NULL, NULL, s->w));
    gmm_free(m);
    scene_free(s);
}

static void what_em_alone_can_do_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *options, *key;
    } of_em[] = {{VARY "prior=conjugate", "\"prior\" is of inference"},
                 {VARY "shrinkage=0.1", "\"shrinkage\" is of"},
                 {VARY "noise=0.1", "\"noise\" is of"},
                 {VARY "hold_means=all", "\"hold_…\" is of"}};
    scene *const s = scene_new();
    for (size_t i = 0; i < 4; i++) {
        gmm_model *const m = fixture_model(K, REF_FULL, of_em[i].options);
        refused(m, s, of_em[i].key, gmm_fit(m, s->view, NULL, NULL, s->w));
        gmm_free(m);
    }
    gmm_model *const m = fixture_model(K, REF_FULL, VARY);
    assert_ok(genmod_data_set_missing(s->view, 1, NULL));
    refused(m, s, "needs whole, exact rows",
            gmm_fit(m, s->view, NULL, NULL, s->w));
    gmm_free(m);
    scene_free(s);
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = fixture_model(K, REF_SPHERICAL, VARY);
    gmm_model *const to = fixture_model(1, REF_FULL, NULL);
    assert_ok(gmm_start(m, s->view, NULL));
    const fixture_bytes file = fixture_save(m);
    unsigned char *const p = file.p;
    for (size_t n = 0; n < file.n; n++)
        assert_status(gmm_load(to, n, p, NULL), GENMOD_BAD_BYTES, NULL);
    for (size_t bit = 0; bit < 8 * file.n; bit += 3) {
        p[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_true(gmm_load(to, file.n, p, NULL) != 0);
        p[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_int_equal(gmm_dimension(to), 0);
    assert_ok(gmm_load(to, file.n, p, NULL));
    free(p);
    gmm_free(to);
    gmm_free(m);
    scene_free(s);
}

static void forged_posteriors_are_refused(void **state)
{
    (void)state;
    static const forgery faults[] = {
        {NULL, NULL, "prior_covariance", SIZE_MAX, 0, "is missing", 0},
        {NULL, NULL, "posterior_counts", SIZE_MAX, 0, "is missing", 0},
        {NULL, NULL, "posterior_flags", SIZE_MAX, 0, "is missing", 0},
        {NULL, NULL, "prior_mean", SIZE_MAX, 0, "tensors", 0},
        {"option.inference", "em", NULL, 0, 0, "inference is \"em\"", 0},
        {NULL, NULL, "posterior_flags", 1, 0.5, "posterior_flags[1] is 0.5", 0},
        {NULL, NULL, "posterior_flags", 2, NAN, "posterior_flags[2] is nan", 0},
        {NULL, NULL, "posterior_counts", 1, -1, "posterior_counts[1] is -1", 0},
        {NULL, NULL, "posterior_counts", 2, INFINITY, "[2] is inf", 0},
        {NULL, NULL, "prior_mean", 0, NAN, "nan", 0},
        {NULL, NULL, "prior_covariance", 0, -1, "-1", 0}};
    scene *const s = scene_new();
    gmm_model *const m = fixture_model(K, REF_SPHERICAL, VARY);
    gmm_model *const to = fixture_model(1, REF_FULL, NULL);
    set_prior(m, REF_SPHERICAL);
    assert_ok(gmm_start(m, s->view, NULL));
    assert_ok(gmm_step(m, s->view, NULL));
    const fixture_bytes file = fixture_save(m);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const fixture_bytes f = forged(file, &faults[i]);
        assert_status(gmm_load(to, f.n, f.p, s->w), GENMOD_BAD_BYTES, s->w);
        fixture_says(s->w, faults[i].says);
        assert_int_equal(gmm_dimension(to), 0);
        free(f.p);
    }
    /* a posterior that has not been fitted needs no covariance of its own */
    const forgery young = {NULL, NULL, "posterior_flags", 2, 0, NULL, 0};
    const fixture_bytes f = forged(file, &young);
    assert_ok(gmm_load(to, f.n, f.p, NULL));
    free(f.p);
    free(file.p);
    gmm_free(m);
    gmm_free(to);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posterior_goes_on_with_the_same_bits),
        cmocka_unit_test(bits_do_not_depend_on_threads_or_rows_in_memory),
        cmocka_unit_test(weights_count_rows),
        cmocka_unit_test(set_prior_is_the_one_that_counts),
        cmocka_unit_test(known_parameters_become_a_posterior),
        cmocka_unit_test(bad_priors_are_refused),
        cmocka_unit_test(priors_that_are_none_are_refused_in_training),
        cmocka_unit_test(what_em_alone_can_do_is_refused),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(forged_posteriors_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
