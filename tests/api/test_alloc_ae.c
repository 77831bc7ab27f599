/* Every allocation of every public call of the autoencoders is refused once: an
 * error, no leak, the objects as they were, and the retry gives the bits of an
 * undisturbed run. */
#include "support/test.h"

#include "genmod/ae.h"
#include "support/threads.h"

#include <stdio.h>

#define N 50
#define D 9
#define Z 2

#define PREPARES 1 /* it changes the model before the call in question */
#define LEAN 2     /* made of calls that are walked: over one kind, and once */

/* The objects of one call, and what it put out. */
typedef struct stage {
    host h;
    genmod_context *c;
    genmod_workspace *w;
    genmod_config *config;
    ae_model *model, *other;
    genmod_data *view, *codes;
    unsigned char out[1 << 15];
    size_t need;
} stage;

static double rows[N * D];
static int32_t classes[N];
static unsigned char saved[1 << 15], checkpoint[1 << 15];
static size_t saved_bytes, checkpoint_bytes;

typedef struct kind {
    const char *input, *encoder, *corruption, *average, *contraction;
} kind;

static const kind kinds[] = {
    {"", "dense 5; batchnorm; tanh; dropout 0.1; dense 2", "salt-and-pepper",
     "0.5", "0"},
    {"1x3x3", "conv 3 k2; relu; dense 2; sigmoid", "masking", "0", "0.1"},
};

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void invent(void)
{
    uint64_t state = 5;
    for (size_t i = 0; i < N * D; i++)
        rows[i] = uniform(&state) + (i % 3 == i / D % 3 ? 0.7 : 0);
    for (size_t i = 0; i < N; i++)
        classes[i] = i / D % 2;
}

static void set(stage *s, const char *key, const char *value)
{
    assert_ok(genmod_config_set_str(s->config, key, value, s->w));
}

static void set_up(stage *s, const kind *k, size_t threads)
{
    memset(s, 0, sizeof *s);
    s->c = host_context(&s->h);
    assert_ok(genmod_context_set_threads(s->c, threads));
    assert_ok(genmod_workspace_new(s->c, &s->w));
    assert_ok(ae_config_new(&s->config, s->w));
    set(s, AE_INPUT, k->input);
    set(s, AE_ENCODER, k->encoder);
    set(s, AE_CORRUPTION, k->corruption);
    set(s, AE_AVERAGE, k->average);
    set(s, AE_CONTRACTION, k->contraction);
    set(s, AE_SPARSITY, "0.3");
    set(s, AE_SPARSITY_KIND, "l1");
    set(s, AE_EMPHASIS, "0.5");
    set(s, AE_EPOCHS, "2");
    set(s, AE_PRETRAIN_EPOCHS, "1");
    set(s, AE_BATCH_SIZE, "20");
    assert_ok(ae_new(s->config, &s->model, s->w));
    assert_ok(genmod_data_new(&s->view, s->w));
    assert_ok(genmod_data_new(&s->codes, s->w));
    assert_ok(
        genmod_data_set_rows(s->view, GENMOD_F64, N, D, rows, 0, 0, s->w));
    assert_ok(
        genmod_data_set_rows(s->codes, GENMOD_F64, N, Z, rows, 0, 0, s->w));
    /* in NULL's memory, so that the host's workspace is still empty */
    assert_ok(ae_start(s->model, s->view, NULL));
    assert_ok(ae_step(s->model, s->view, NULL));
}

static void tear_down(stage *s)
{
    host_arm(&s->h, HOST_NEVER, HOST_ONCE);
    ae_free(s->model);
    ae_free(s->other);
    genmod_data_free(s->view);
    genmod_data_free(s->codes);
    genmod_config_free(s->config);
    genmod_workspace_free(s->w);
    genmod_context_free(s->c);
    assert_int_equal(s->h.blocks, 0);
    assert_int_equal(s->h.bytes, 0);
}

/* ---- the calls ----------------------------------------------------------- */

static int32_t call_config_new(stage *s)
{
    genmod_config *c = NULL;
    const int32_t status = ae_config_new(&c, s->w);
    assert_true((c != NULL) == (status == 0));
    genmod_config_free(c);
    return status;
}

static int32_t call_new(stage *s)
{
    ae_model *m = NULL;
    const int32_t status = ae_new(s->config, &m, s->w);
    assert_true((m != NULL) == (status == 0));
    ae_free(m);
    return status;
}

static int32_t call_configure(stage *s)
{
    return ae_configure(s->model, s->config, s->w);
}

static int32_t call_get_config(stage *s)
{
    return ae_get_config(s->model, s->config, s->w);
}

static int32_t call_copy(stage *s)
{
    if (!s->other)
        assert_ok(ae_new(NULL, &s->other, NULL));
    return ae_copy(s->model, s->other, s->w);
}

static int32_t call_start(stage *s)
{
    return ae_start(s->model, s->view, s->w);
}

static int32_t call_step(stage *s)
{
    return ae_step(s->model, s->view, s->w);
}

/* A larger batch wants other programs and another arena. */
static int32_t call_step_otherwise(stage *s)
{
    assert_ok(genmod_config_set_i64(s->config, AE_BATCH_SIZE, 41, NULL));
    assert_ok(ae_configure(s->model, s->config, NULL));
    return ae_step(s->model, s->view, s->w);
}

static int32_t call_step_after_load(stage *s)
{
    assert_ok(ae_load(s->model, checkpoint_bytes, checkpoint, NULL));
    return ae_step(s->model, s->view, s->w);
}

static int32_t call_fit(stage *s)
{
    return ae_fit(s->model, s->view, NULL, NULL, NULL, s->w);
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
    return ae_fit(s->model, s->view, s->view, NULL, NULL, s->w);
}

static int32_t call_fit_warm(stage *s)
{
    assert_ok(genmod_config_set_i64(s->config, AE_WARM_START, 1, NULL));
    assert_ok(ae_configure(s->model, s->config, NULL));
    return ae_fit(s->model, s->view, s->view, NULL, NULL, s->w);
}

static int32_t call_pretrain(stage *s)
{
    return ae_pretrain(s->model, s->view, NULL, NULL, s->w);
}

static int32_t call_adopt(stage *s)
{
    return ae_adopt(s->model, s->model, s->view, s->w);
}

/* A classifier, or a regressor, of the model's encoder, made at the first try.
 */
static void make_head(stage *s, const char *target)
{
    if (s->other)
        return;
    set(s, AE_TARGET, target);
    assert_ok(ae_new(s->config, &s->other, NULL));
    assert_ok(genmod_data_set_labels(s->view, N, classes, NULL));
    if (strcmp(target, "classes") == 0)
        assert_ok(ae_adopt(s->other, s->model, s->view, NULL));
}

static int32_t call_fit_classes(stage *s)
{
    make_head(s, "classes");
    return ae_fit(s->other, s->view, s->view, NULL, NULL, s->w);
}

static int32_t call_fit_values(stage *s)
{
    set(s, AE_INPUT, "8");
    set(s, AE_ENCODER, "dense 3; tanh");
    make_head(s, "values");
    return ae_fit(s->other, s->view, s->view, NULL, NULL, s->w);
}

static int32_t call_predict(stage *s)
{
    make_head(s, "classes");
    return ae_predict(s->other, s->view, sizeof s->out,
                      (int32_t *)(void *)s->out, s->w);
}

static int32_t call_probabilities(stage *s)
{
    make_head(s, "classes");
    return ae_probabilities(s->other, s->view, GENMOD_F64, sizeof s->out,
                            s->out, s->w);
}

static int32_t call_encode(stage *s)
{
    return ae_encode(s->model, s->view, GENMOD_F64, sizeof s->out, s->out,
                     s->w);
}

static int32_t call_decode(stage *s)
{
    return ae_decode(s->model, s->codes, GENMOD_F32, sizeof s->out, s->out,
                     s->w);
}

static int32_t call_reconstruct(stage *s)
{
    return ae_reconstruct(s->model, s->view, GENMOD_F64, sizeof s->out, s->out,
                          s->w);
}

static int32_t call_anomaly(stage *s)
{
    return ae_anomaly(s->model, s->view, sizeof s->out,
                      (double *)(void *)s->out, s->w);
}

static int32_t call_anomaly_columns(stage *s)
{
    return ae_anomaly_columns(s->model, s->view, sizeof s->out,
                              (double *)(void *)s->out, s->w);
}

static int32_t call_threshold(stage *s)
{
    return ae_threshold(s->model, s->view, 0.1, (double *)(void *)s->out, s->w);
}

static int32_t call_set_params(stage *s)
{
    static double values[D];
    const char *name = NULL;
    size_t n = 0;
    for (size_t i = 0; ae_params_key(s->model, i); i++)
        name = ae_params_key(s->model, i);
    assert_ok(ae_get_params(s->model, name, D, values, &n, NULL));
    values[0] = 0.5;
    return ae_set_params(s->model, name, n, values, s->w);
}

static int32_t call_get_params(stage *s)
{
    return ae_get_params(s->model, ae_params_key(s->model, 1),
                         sizeof s->out / sizeof(double),
                         (double *)(void *)s->out, &s->need, s->w);
}

static int32_t call_save(stage *s)
{
    return ae_save(s->model, sizeof s->out, s->out, &s->need, s->w);
}

static int32_t call_checkpoint(stage *s)
{
    return ae_checkpoint(s->model, sizeof s->out, s->out, &s->need, s->w);
}

static int32_t call_load(stage *s)
{
    return ae_load(s->model, saved_bytes, saved, s->w);
}

static int32_t call_load_checkpoint(stage *s)
{
    return ae_load(s->model, checkpoint_bytes, checkpoint, s->w);
}

static const struct {
    const char *name;
    int32_t (*call)(stage *s);
    int how; /* PREPARES, LEAN */
} calls[] = {
    {"ae_config_new", call_config_new, 0},
    {"ae_new", call_new, 0},
    {"ae_configure", call_configure, 0},
    {"ae_get_config", call_get_config, 0},
    {"ae_copy", call_copy, 0},
    {"ae_start", call_start, 0},
    {"ae_step", call_step, 0},
    {"ae_step, another batch", call_step_otherwise, PREPARES},
    {"ae_step, after ae_load", call_step_after_load, PREPARES},
    {"ae_fit", call_fit, 0},
    {"ae_fit, row source", call_fit_source, 0},
    {"ae_fit, warm", call_fit_warm, PREPARES},
    {"ae_pretrain", call_pretrain, LEAN},
    {"ae_adopt", call_adopt, LEAN},
    {"ae_fit, classes", call_fit_classes, PREPARES | LEAN},
    {"ae_fit, values", call_fit_values, PREPARES | LEAN},
    {"ae_predict", call_predict, PREPARES},
    {"ae_probabilities", call_probabilities, PREPARES},
    {"ae_encode", call_encode, 0},
    {"ae_decode", call_decode, 0},
    {"ae_reconstruct", call_reconstruct, 0},
    {"ae_anomaly", call_anomaly, 0},
    {"ae_anomaly_columns", call_anomaly_columns, 0},
    {"ae_threshold", call_threshold, 0},
    {"ae_get_params", call_get_params, 0},
    {"ae_set_params", call_set_params, 0},
    {"ae_save", call_save, 0},
    {"ae_checkpoint", call_checkpoint, 0},
    {"ae_load", call_load, 0},
    {"ae_load, checkpoint", call_load_checkpoint, 0},
};

/* ---- the walk ------------------------------------------------------------ */

/* A model's bytes; 0 bytes for one without weights. */
typedef struct bytes {
    size_t n;
    unsigned char p[1 << 15];
} bytes;

static void look_at(const ae_model *m, bytes *b)
{
    memset(b, 0, sizeof *b);
    if (m && ae_params_key(m, 0))
        assert_ok(ae_checkpoint(m, sizeof b->p, b->p, &b->n, NULL));
}

/* What a call leaves: both models and its output. */
typedef struct result {
    bytes model, other;
    unsigned char out[sizeof((stage *)0)->out];
} result;

static void look(const stage *s, result *r)
{
    look_at(s->model, &r->model);
    look_at(s->other, &r->other);
    memcpy(r->out, s->out, sizeof r->out);
}

static int same(const result *a, const result *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* One call with allocation `site` refused. 0 when it had fewer. */
static int refuse(size_t number, const kind *k, size_t threads, size_t site,
                  int mode, const result *want)
{
    static stage s;
    static result before, after;
    set_up(&s, k, threads);
    look(&s, &before);
    host_arm(&s.h, site, mode);
    const int32_t status = calls[number].call(&s);
    const size_t asked = s.h.calls;
    host_arm(&s.h, HOST_NEVER, HOST_ONCE);
    if (asked > site) {
        if (status != GENMOD_NO_MEMORY)
            fail_msg("%s: allocation %zu refused: %s", calls[number].name, site,
                     genmod_status_name(status));
        if (genmod_workspace_error(s.w)[0] == 0)
            fail_msg("%s: allocation %zu refused without a text",
                     calls[number].name, site);
        look(&s, &after);
        if (!(calls[number].how & PREPARES) && !same(&before, &after))
            fail_msg("%s: allocation %zu refused changed something",
                     calls[number].name, site);
        assert_ok(calls[number].call(&s));
    }
    look(&s, &after);
    if (!same(&after, want))
        fail_msg("%s: other bits after a refusal of %zu", calls[number].name,
                 site);
    tear_down(&s);
    return asked > site;
}

static size_t walk(size_t number, const kind *k, size_t threads)
{
    static stage s;
    static result want;
    set_up(&s, k, threads);
    assert_ok(calls[number].call(&s));
    look(&s, &want);
    tear_down(&s);
    size_t sites = 0;
    while (refuse(number, k, threads, sites, HOST_ONCE, &want))
        sites++;
    for (size_t i = 0; i < sites && !(calls[number].how & LEAN); i++)
        (void)refuse(number, k, threads, i, HOST_FROM_THEN_ON, &want);
    return sites;
}

static void make_saved(const kind *k)
{
    static stage s;
    set_up(&s, k, 1);
    assert_ok(ae_step(s.model, s.view, NULL));
    assert_ok(ae_save(s.model, sizeof saved, saved, &saved_bytes, NULL));
    assert_ok(ae_checkpoint(s.model, sizeof checkpoint, checkpoint,
                            &checkpoint_bytes, NULL));
    tear_down(&s);
}

static void every_allocation_of_every_call_is_survived(void **state)
{
    (void)state;
    size_t total = 0;
    invent();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        size_t sites = 0;
        for (size_t k = (calls[i].how & LEAN) != 0;
             k < sizeof kinds / sizeof *kinds; k++) {
            make_saved(&kinds[k]);
            sites += walk(i, &kinds[k], k ? 3 : 1);
        }
        print_message("  %-28s %4zu sites\n", calls[i].name, sites);
        total += sites;
    }
    print_message("  %zu allocation sites refused, most of them twice\n",
                  total);
    assert_true(total > 100);
}

static void threads_that_the_system_refuses_change_no_bit(void **state)
{
    (void)state;
    static stage s;
    static result want, got;
    invent();
    set_up(&s, &kinds[0], 1);
    assert_ok(call_fit(&s));
    look(&s, &want);
    tear_down(&s);
    for (size_t allowed = 0; allowed <= 6; allowed++) {
        threads_allow(allowed);
        set_up(&s, &kinds[0], 7);
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
        cmocka_unit_test(threads_that_the_system_refuses_change_no_bit),
    };
    threads_allow(SIZE_MAX);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
