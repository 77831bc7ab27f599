/* Every allocation of every public call of the mixtures is refused once: an
 * error, no leak, the objects as they were, and the retry gives the bits of an
 * undisturbed run. */
#include "support/test.h"

#include "genmod/exchange.h"
#include "genmod/gmm_learn.h"
#include "genmod/scale.h"
#include "support/threads.h"

#include <math.h>
#include <stdio.h>

#define N 700 /* more than two blocks of rows */
#define D 3
#define K 2

/* The objects of one call, and what it put out. */
typedef struct stage {
    host h;
    genmod_context *c;
    genmod_workspace *w;
    genmod_config *config;
    gmm_model *model, *other;
    genmod_data *view;
    unsigned char out[N * K * sizeof(double)];
    size_t need;
} stage;

static double rows[N * D], responsibilities[N * K];
static unsigned char saved[1 << 16];
static size_t saved_bytes;

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void invent(void)
{
    uint64_t state = 5;
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < D; c++)
            rows[i * D + c] = uniform(&state) + (i % 3 == c ? 1.5 : 0);
    for (size_t i = 0; i < N * K; i++)
        responsibilities[i] = uniform(&state);
}

static void set_up(stage *s, const char *covariance, size_t threads)
{
    memset(s, 0, sizeof *s);
    s->c = host_context(&s->h);
    assert_ok(genmod_context_set_threads(s->c, threads));
    assert_ok(genmod_workspace_new(s->c, &s->w));
    assert_ok(gmm_config_new(&s->config, s->w));
    assert_ok(genmod_config_set_i64(s->config, GMM_COMPONENTS, K, s->w));
    assert_ok(
        genmod_config_set_str(s->config, GMM_COVARIANCE, covariance, s->w));
    assert_ok(genmod_config_set_i64(s->config, GMM_MAX_ITERATIONS, 3, s->w));
    assert_ok(genmod_config_set_i64(s->config, GMM_STARTS, 2, s->w));
    assert_ok(gmm_new(s->config, &s->model, s->w));
    assert_ok(genmod_data_new(&s->view, s->w));
    assert_ok(
        genmod_data_set_rows(s->view, GENMOD_F64, N, D, rows, 0, 0, s->w));
    /* in NULL's memory, so that the host's workspace is still empty */
    assert_ok(gmm_start(s->model, s->view, NULL));
}

static void tear_down(stage *s)
{
    host_arm(&s->h, HOST_NEVER, HOST_ONCE);
    gmm_free(s->model);
    gmm_free(s->other);
    genmod_data_free(s->view);
    genmod_config_free(s->config);
    genmod_workspace_free(s->w);
    genmod_context_free(s->c);
    assert_int_equal(s->h.blocks, 0);
    assert_int_equal(s->h.bytes, 0);
}

/* ---- the calls ---------------------------------------------------------- */

static int32_t call_config_new(stage *s)
{
    genmod_config *c = NULL;
    const int32_t status = gmm_config_new(&c, s->w);
    assert_true((c != NULL) == (status == 0));
    genmod_config_free(c);
    return status;
}

static int32_t call_new(stage *s)
{
    gmm_model *m = NULL;
    const int32_t status = gmm_new(s->config, &m, s->w);
    assert_true((m != NULL) == (status == 0));
    gmm_free(m);
    return status;
}

static int32_t call_data_new(stage *s)
{
    genmod_data *x = NULL;
    const int32_t status = genmod_data_new(&x, s->w);
    assert_true((x != NULL) == (status == 0));
    genmod_data_free(x);
    return status;
}

static int32_t call_workspace_new(stage *s)
{
    genmod_workspace *w = NULL;
    const int32_t status = genmod_workspace_new(s->c, &w);
    assert_true((w != NULL) == (status == 0));
    genmod_workspace_free(w);
    return status;
}

static int32_t call_config_set(stage *s)
{
    int32_t status = genmod_config_set_str(s->config, GMM_INIT, "random", s->w);
    if (!status)
        status = genmod_config_get_str(s->config, GMM_INIT, sizeof s->out,
                                       (char *)s->out, &s->need, s->w);
    return status;
}

static int32_t call_configure(stage *s)
{
    return gmm_configure(s->model, s->config, s->w);
}

static int32_t call_get_config(stage *s)
{
    return gmm_get_config(s->model, s->config, s->w);
}

static int32_t call_copy(stage *s)
{
    if (!s->other)
        assert_ok(gmm_new(NULL, &s->other, NULL));
    return gmm_copy(s->model, s->other, s->w);
}

static int32_t call_start(stage *s)
{
    return gmm_start(s->model, s->view, s->w);
}

static int32_t call_start_responsibilities(stage *s)
{
    return gmm_start_responsibilities(
        s->model, s->view, sizeof responsibilities, responsibilities, s->w);
}

static int32_t call_step(stage *s)
{
    return gmm_step(s->model, s->view, s->w);
}

static int32_t call_fit(stage *s)
{
    return gmm_fit(s->model, s->view, NULL, NULL, s->w);
}

static int32_t source(size_t n, const int64_t *numbers, void *x,
                      double *weights, int32_t *labels, void *user)
{
    (void)labels;
    (void)user;
    for (size_t i = 0; i < n; i++) {
        weights[i] = 1 + (double)(numbers[i] % 3);
        memcpy((double *)x + i * D, rows + (size_t)numbers[i] * D,
               D * sizeof *rows);
    }
    return 0;
}

static int32_t call_fit_source(stage *s)
{
    assert_ok(
        genmod_data_set_source(s->view, GENMOD_F64, N, D, source, NULL, NULL));
    return gmm_fit(s->model, s->view, NULL, NULL, s->w);
}

/* The same rows with gaps. */
static int32_t call_fit_missing(stage *s)
{
    static double gaps[N * D];
    memcpy(gaps, rows, sizeof rows);
    for (size_t i = 0; i < N * D; i += 7)
        gaps[i] = NAN;
    assert_ok(
        genmod_data_set_rows(s->view, GENMOD_F64, N, D, gaps, 0, 0, NULL));
    assert_ok(genmod_data_set_missing(s->view, 1, NULL));
    return gmm_fit(s->model, s->view, NULL, NULL, s->w);
}

/* The same rows with errors of their own, which a source gives. */
static int32_t call_step_noise(stage *s)
{
    genmod_data *noise = NULL;
    assert_ok(genmod_data_new(&noise, NULL));
    assert_ok(
        genmod_data_set_source(noise, GENMOD_F64, N, D, source, NULL, NULL));
    assert_ok(genmod_data_set_noise(s->view, noise, NULL));
    const int32_t status = gmm_step(s->model, s->view, s->w);
    genmod_data_free(noise);
    return status;
}

static int32_t call_log_density(stage *s)
{
    return gmm_log_density(s->model, s->view, sizeof s->out,
                           (double *)(void *)s->out, s->w);
}

static int32_t call_responsibilities(stage *s)
{
    return gmm_responsibilities(s->model, s->view, GENMOD_F64, sizeof s->out,
                                s->out, s->w);
}

static int32_t call_predict(stage *s)
{
    return gmm_predict(s->model, s->view, sizeof s->out,
                       (int32_t *)(void *)s->out, s->w);
}

static int32_t call_log_likelihood(stage *s)
{
    return gmm_log_likelihood(s->model, s->view, (double *)(void *)s->out,
                              s->w);
}

static int32_t call_aic(stage *s)
{
    return gmm_aic(s->model, s->view, (double *)(void *)s->out, s->w);
}

static int32_t call_bic(stage *s)
{
    return gmm_bic(s->model, s->view, (double *)(void *)s->out, s->w);
}

static int32_t call_sample(stage *s)
{
    return gmm_sample(s->model, 3, 1, 400, GENMOD_F64, sizeof s->out, s->out,
                      NULL, s->w);
}

static int32_t call_get_params(stage *s)
{
    return gmm_get_params(s->model, GMM_PRECISIONS_CHOLESKY,
                          sizeof s->out / sizeof(double),
                          (double *)(void *)s->out, &s->need, s->w);
}

static int32_t call_set_params(stage *s)
{
    static const double w[K] = {0.375, 0.625};
    static const double mu[K * D] = {0.5, 1, 1.5, 2, 2.5, 3};
    double cov[K * D * D] = {0};
    size_t n_cov = 0;
    assert_status(
        gmm_get_params(s->model, GMM_COVARIANCES, 0, NULL, &n_cov, NULL),
        GENMOD_TOO_SMALL, NULL);
    for (size_t i = 0; i < n_cov; i++)
        cov[i] = n_cov >= D * D ? (i % (D * D)) % (D + 1) == 0 : 1;
    return gmm_set_params(s->model, K, D, w, mu, n_cov, cov, s->w);
}

/* The same with a posterior, of the other model. */
static gmm_model *posterior_of(stage *s)
{
    char covariance[16];
    genmod_config *c = NULL;
    if (s->other)
        return s->other;
    assert_ok(genmod_config_get_str(s->config, GMM_COVARIANCE,
                                    sizeof covariance, covariance, NULL, NULL));
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, K, NULL));
    assert_ok(genmod_config_set_str(c, GMM_COVARIANCE, covariance, NULL));
    assert_ok(genmod_config_set_str(c, GMM_INFERENCE, "variational", NULL));
    assert_ok(genmod_config_set_i64(c, GMM_MAX_ITERATIONS, 1, NULL));
    assert_ok(gmm_new(c, &s->other, NULL));
    genmod_config_free(c);
    return s->other;
}

static int32_t call_fit_posterior(stage *s)
{
    return gmm_fit(posterior_of(s), s->view, NULL, NULL, s->w);
}

/* Sums of two parts, through bytes, and the M-step. Each allocation of it is
 * refused, and only the last call changes the model. */
static int32_t call_sums(stage *s)
{
    gmm_statistics *a = NULL, *b = NULL;
    int32_t status = gmm_statistics_new(s->model, &a, s->w);
    if (!status)
        status = gmm_statistics_new(s->model, &b, s->w);
    if (!status)
        status = gmm_statistics_add(a, s->view, s->w);
    if (!status)
        status = gmm_statistics_save(a, sizeof s->out, s->out, &s->need, s->w);
    if (!status)
        status = gmm_statistics_load(b, s->need, s->out, s->w);
    if (!status)
        status = gmm_statistics_merge(a, b, s->w);
    if (!status)
        status = gmm_statistics_decay(a, 0.5, s->w);
    if (!status)
        status = gmm_maximise(s->model, a, s->w);
    memset(s->out, 0, sizeof s->out);
    gmm_statistics_free(a);
    gmm_statistics_free(b);
    return status;
}

static int32_t call_partial_fit(stage *s)
{
    return gmm_partial_fit(s->model, s->view, s->w);
}

static int32_t call_choose(stage *s)
{
    return gmm_choose(s->model, s->view, s->view, 1, 2, "diagonal",
                      GMM_CHOOSE_ICL, s->w);
}

static int32_t call_set_prior(stage *s)
{
    static const double mean[D] = {0.5, 1, 1.5};
    return gmm_set_prior(posterior_of(s), D, mean, 0, NULL, s->w);
}

static int32_t call_save(stage *s)
{
    return gmm_save(s->model, sizeof s->out, s->out, &s->need, s->w);
}

static int32_t call_export(stage *s)
{
    return gmm_export_onnx(s->model, GENMOD_F32, sizeof s->out, s->out,
                           &s->need, s->w);
}

static int32_t call_load(stage *s)
{
    return gmm_load(s->model, saved_bytes, saved, s->w);
}

static const struct {
    const char *name;
    int32_t (*call)(stage *s);
} calls[] = {
    {"gmm_config_new", call_config_new},
    {"gmm_new", call_new},
    {"genmod_data_new", call_data_new},
    {"genmod_workspace_new", call_workspace_new},
    {"genmod_config_set_str", call_config_set},
    {"gmm_configure", call_configure},
    {"gmm_get_config", call_get_config},
    {"gmm_copy", call_copy},
    {"gmm_start", call_start},
    {"gmm_start_responsibilities", call_start_responsibilities},
    {"gmm_step", call_step},
    {"gmm_fit", call_fit},
    {"gmm_fit, row source", call_fit_source},
    {"gmm_fit, missing cells", call_fit_missing},
    {"gmm_fit, variational", call_fit_posterior},
    {"gmm_choose", call_choose},
    {"gmm_statistics_…, gmm_maximise", call_sums},
    {"gmm_partial_fit", call_partial_fit},
    {"gmm_set_prior", call_set_prior},
    {"gmm_step, noisy rows", call_step_noise},
    {"gmm_log_density", call_log_density},
    {"gmm_responsibilities", call_responsibilities},
    {"gmm_predict", call_predict},
    {"gmm_log_likelihood", call_log_likelihood},
    {"gmm_aic", call_aic},
    {"gmm_bic", call_bic},
    {"gmm_sample", call_sample},
    {"gmm_get_params", call_get_params},
    {"gmm_set_params", call_set_params},
    {"gmm_save", call_save},
    {"gmm_export_onnx", call_export},
    {"gmm_load", call_load},
};

/* ---- the walk ----------------------------------------------------------- */

/* A model's bytes; 0 bytes for one without parameters. */
typedef struct bytes {
    size_t n;
    unsigned char p[1 << 14];
} bytes;

static void save_model(const gmm_model *m, bytes *b)
{
    memset(b, 0, sizeof *b);
    if (m && gmm_dimension(m) > 0)
        assert_ok(gmm_save(m, sizeof b->p, b->p, &b->n, NULL));
}

/* What a call leaves: both models and its output. */
typedef struct result {
    bytes model, other;
    unsigned char out[sizeof((stage *)0)->out];
    size_t need;
} result;

static void look(const stage *s, result *r)
{
    save_model(s->model, &r->model);
    save_model(s->other, &r->other);
    memcpy(r->out, s->out, sizeof r->out);
    r->need = s->need;
}

static int same(const result *a, const result *b)
{
    return memcmp(&a->model, &b->model, sizeof a->model) == 0 &&
           memcmp(&a->other, &b->other, sizeof a->other) == 0 &&
           memcmp(a->out, b->out, sizeof a->out) == 0;
}

/* One call with allocation `site` refused. 0 when it had fewer. */
static int refuse(size_t number, const char *covariance, size_t threads,
                  size_t site, int mode, const result *want)
{
    static stage s;
    static result before, after;
    set_up(&s, covariance, threads);
    look(&s, &before);
    host_arm(&s.h, site, mode);
    const int32_t status = calls[number].call(&s);
    const size_t asked = s.h.calls;
    host_arm(&s.h, HOST_NEVER, HOST_ONCE);
    if (asked > site) {
        if (status != GENMOD_NO_MEMORY)
            fail_msg("%s, %s: allocation %zu refused: %s", calls[number].name,
                     covariance, site, genmod_status_name(status));
        /* what makes a workspace has none to write in */
        if (genmod_workspace_error(s.w)[0] == 0 &&
            calls[number].call != call_workspace_new)
            fail_msg("%s: allocation %zu refused without a text",
                     calls[number].name, site);
        look(&s, &after);
        if (!same(&before, &after))
            fail_msg("%s, %s: allocation %zu refused changed something",
                     calls[number].name, covariance, site);
        assert_ok(calls[number].call(&s));
    }
    look(&s, &after);
    if (!same(&after, want))
        fail_msg("%s, %s: other bits after a refusal of %zu",
                 calls[number].name, covariance, site);
    tear_down(&s);
    return asked > site;
}

static size_t walk(size_t number, const char *covariance, size_t threads)
{
    static stage s;
    static result want;
    set_up(&s, covariance, threads);
    assert_ok(calls[number].call(&s));
    look(&s, &want);
    tear_down(&s);
    size_t sites = 0;
    while (refuse(number, covariance, threads, sites, HOST_ONCE, &want))
        sites++;
    for (size_t i = 0; i < sites; i++)
        (void)refuse(number, covariance, threads, i, HOST_FROM_THEN_ON, &want);
    return sites;
}

static void make_saved(const char *covariance)
{
    static stage s;
    set_up(&s, covariance, 1);
    assert_ok(gmm_step(s.model, s.view, NULL));
    assert_ok(gmm_save(s.model, sizeof saved, saved, &saved_bytes, NULL));
    tear_down(&s);
}

/* Calls in which factors take memory of their own. */
static int by_type(size_t number)
{
    return calls[number].call == call_fit || calls[number].call == call_save ||
           calls[number].call == call_load || calls[number].call == call_copy;
}

static void every_allocation_of_every_call_is_survived(void **state)
{
    (void)state;
    const char *const covariances[5] = {"full", "tied", "diagonal", "spherical",
                                        "factor"};
    size_t total = 0;
    invent();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        size_t sites = 0;
        for (size_t type = 0; type < (by_type(i) ? 5 : 4); type++) {
            make_saved(covariances[type]);
            sites += walk(i, covariances[type], 1);
            sites += walk(i, covariances[type], 3);
        }
        print_message("  %-28s %4zu sites\n", calls[i].name, sites);
        total += sites;
    }
    print_message("  %zu allocation sites refused, twice each\n", total);
    assert_true(total > 100);
}

/* ---- contexts and threads ----------------------------------------------- */

static void every_allocation_of_a_context_is_survived(void **state)
{
    (void)state;
    host h;
    size_t sites = 0;
    for (;; sites++) {
        genmod_context *c = NULL;
        host_init(&h);
        host_arm(&h, sites, HOST_ONCE);
        int32_t status = genmod_context_new(host_alloc, host_dealloc, &h, &c);
        assert_true((c != NULL) == (status == 0));
        if (!status) {
            status = genmod_context_set_threads(c, 4);
            if (status == GENMOD_NO_MEMORY)
                assert_ok(genmod_context_set_threads(c, 4));
            assert_ok(
                genmod_context_set_communicator(c, 0, 1, NULL, NULL, NULL, &h));
            assert_ok(genmod_context_set_shards(c, 4));
        }
        const size_t asked = h.calls;
        genmod_context_free(c);
        assert_int_equal(h.blocks, 0);
        if (asked <= sites) {
            assert_ok(status);
            break;
        }
        assert_status(status, GENMOD_NO_MEMORY, NULL);
    }
    print_message("  context and threads: %zu sites\n", sites);
    assert_true(sites >= 2);
}

static void threads_that_the_system_refuses_change_no_bit(void **state)
{
    (void)state;
    static stage s;
    static result want, got;
    invent();
    set_up(&s, "full", 1);
    assert_ok(call_fit(&s));
    look(&s, &want);
    tear_down(&s);
    for (size_t allowed = 0; allowed <= 6; allowed++) {
        threads_allow(allowed);
        set_up(&s, "full", 7);
        assert_ok(call_fit(&s));
        look(&s, &got);
        assert_true(same(&got, &want));
        assert_true(threads_asked() > 0);
        tear_down(&s);
    }
    threads_allow(SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_call_is_survived),
        cmocka_unit_test(every_allocation_of_a_context_is_survived),
        cmocka_unit_test(threads_that_the_system_refuses_change_no_bit),
    };
    threads_allow(SIZE_MAX);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
