/* Pre-training layer by layer. */
#include "ae/fixture.h"

#include <stdio.h>

#define N 120
#define D 6

typedef struct scene {
    double *x;
    genmod_data *v;
    genmod_workspace *w;
} scene;

static void open_scene(scene *s)
{
    s->x = fixture_invent(N, D, 8);
    s->v = fixture_view(N, D, s->x);
    s->w = NULL;
}

static void close_scene(scene *s)
{
    genmod_workspace_free(s->w);
    genmod_data_free(s->v);
    free(s->x);
}

static const char stack[] =
    "encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | pretrain_epochs=3 | "
    "batch_size=32 | corruption=masking | corruption_level=0.2 | seed=5 | "
    "warm_start=1 | pretrain_learning_rate=0.02";

typedef struct small {
    const char *options;     /* of the layer's autoencoder, made by hand */
    size_t encoder, decoder; /* layers in the whole's networks */
} small;

/* The layer's weights in the whole are those of its autoencoder, bit for bit.
 */
static void check_arrays(const ae_model *whole, const ae_model *layer,
                         const small *k)
{
    static const char *const nets[] = {"encoder", "decoder"};
    for (size_t net = 0; net < 2; net++) {
        for (size_t part = 0; part < 2; part++) {
            const char *const word = part ? "bias" : "weight";
            char a[64], b[64];
            size_t n, m;
            (void)snprintf(a, sizeof a, "%s.0.%s", nets[net], word);
            (void)snprintf(b, sizeof b, "%s.%zu.%s", nets[net],
                           net ? k->decoder : k->encoder, word);
            double *const mine = fixture_params(layer, a, &n);
            double *const theirs = fixture_params(whole, b, &m);
            assert_int_equal(n, m);
            assert_memory_equal(mine, theirs, n * sizeof *mine);
            free(mine);
            free(theirs);
        }
    }
}

/* seeds 5 + 1,000,003 (k + 1) */
static const small by_hand[] = {
    {"encoder=dense 5; sigmoid | epochs=3 | batch_size=32 | corruption=masking "
     "| corruption_level=0.2 | seed=1000008 | learning_rate=0.02",
     0, 4},
    {"encoder=dense 4; tanh | epochs=3 | batch_size=32 | corruption=masking | "
     "corruption_level=0.2 | seed=2000011 | learning_rate=0.02 | standardise=0",
     2, 2},
    {"encoder=dense 2 | epochs=3 | batch_size=32 | corruption=masking | "
     "corruption_level=0.2 | seed=3000014 | learning_rate=0.02 | standardise=0",
     4, 0},
};

static void each_layer_is_a_small_autoencoder_on_the_codes_below(void **state)
{
    (void)state;
    scene s;
    float codes[2][N * 5];
    open_scene(&s);
    ae_model *const whole = fixture_model(stack);
    genmod_data *rows = fixture_view(N, D, s.x);
    assert_ok(ae_pretrain(whole, s.v, NULL, NULL, NULL));
    for (size_t k = 0; k < 3; k++) {
        ae_model *const layer = fixture_model(by_hand[k].options);
        float *const to = codes[k % 2];
        assert_ok(ae_fit(layer, rows, NULL, NULL, NULL, NULL));
        check_arrays(whole, layer, &by_hand[k]);
        assert_true(
            fixture_series(whole, AE_REPORT_PRETRAIN_LOSS, (int64_t)k) ==
            fixture_number(layer, AE_REPORT_EPOCH_LOSS));
        assert_ok(
            ae_encode(layer, rows, GENMOD_F32, sizeof codes[0], to, NULL));
        assert_ok(genmod_data_set_rows(rows, GENMOD_F32, N, ae_code_size(layer),
                                       to, 0, 0, NULL));
        ae_free(layer);
    }
    assert_true(fixture_number(whole, AE_REPORT_PRETRAINED) == 3);
    assert_int_equal(fixture_length(whole, AE_REPORT_PRETRAIN_LOSS), 3);
    genmod_data_free(rows);
    ae_free(whole);
    close_scene(&s);
}

/* The last one is linear, so its contraction comes in pieces without rows. */
static void a_linear_layer_is_pretrained_to_contract(void **state)
{
    (void)state;
    scene s;
    double squares[2] = {0};
    open_scene(&s);
    for (int on = 0; on < 2; on++) {
        ae_model *const m =
            fixture_model("encoder=dense 12; tanh; dense 9 | pretrain_epochs=2 "
                          "| pretrain_learning_rate=0.02");
        size_t n;
        fixture_configure(m, on ? "contraction=3" : "contraction=0");
        assert_ok(ae_pretrain(m, s.v, NULL, NULL, NULL));
        double *const a = fixture_params(m, "encoder.2.weight", &n);
        for (size_t i = 0; i < n; i++)
            squares[on] += a[i] * a[i];
        free(a);
        ae_free(m);
    }
    assert_true(squares[1] < 0.9 * squares[0]);
    close_scene(&s);
}

static void weights_count_in_every_layer(void **state)
{
    (void)state;
    scene s;
    double weights[N];
    float codes[N * 5];
    open_scene(&s);
    for (size_t i = 0; i < N; i++)
        weights[i] = i % 4 ? 1 : 7.5;
    ae_model *const whole = fixture_model(stack);
    ae_model *const first = fixture_model(by_hand[0].options);
    ae_model *const second = fixture_model(by_hand[1].options);
    genmod_data *const rows = fixture_view(N, D, s.x);
    assert_ok(genmod_data_set_weights(s.v, N, weights, NULL));
    assert_ok(genmod_data_set_weights(rows, N, weights, NULL));
    assert_ok(ae_pretrain(whole, s.v, NULL, NULL, NULL));
    assert_ok(ae_fit(first, rows, NULL, NULL, NULL, NULL));
    assert_ok(ae_encode(first, rows, GENMOD_F32, sizeof codes, codes, NULL));
    assert_ok(genmod_data_set_rows(rows, GENMOD_F32, N, 5, codes, 0, 0, NULL));
    assert_ok(genmod_data_set_weights(rows, N, weights, NULL));
    assert_ok(ae_fit(second, rows, NULL, NULL, NULL, NULL));
    check_arrays(whole, second, &by_hand[1]);
    genmod_data_free(rows);
    ae_free(whole);
    ae_free(first);
    ae_free(second);
    close_scene(&s);
}

/* Tied convolutions behind a pool: layers are counted by their weights. */
static void images_are_pretrained_too(void **state)
{
    (void)state;
    double *const x = fixture_shares(40, 64, 3);
    genmod_data *const v = fixture_view(40, 64, x);
    ae_model *const m = fixture_model(
        "input=1x8x8 | encoder=conv 4 k4 s2 p1; batchnorm; sigmoid; conv 6 k4 "
        "s2 p1; relu; dense 3 | tied=1 | loss=bce | pretrain_epochs=2 | seed=4 "
        "| batch_size=16");
    ae_model *const first = fixture_model(
        "input=1x8x8 | encoder=conv 4 k4 s2 p1; batchnorm; sigmoid | tied=1 | "
        "loss=bce | epochs=2 | batch_size=16 | seed=1000007");
    static const char *const names[] = {"encoder.0.weight", "encoder.0.bias",
                                        "encoder.1.scale"};
    assert_ok(ae_pretrain(m, v, NULL, NULL, NULL));
    assert_ok(ae_fit(first, v, NULL, NULL, NULL, NULL));
    for (size_t i = 0; i < 3; i++) {
        size_t n;
        double *const a = fixture_params(m, names[i], &n);
        double *const b = fixture_params(first, names[i], NULL);
        assert_memory_equal(a, b, n * sizeof *a);
        free(a);
        free(b);
    }
    assert_true(fixture_number(m, AE_REPORT_PRETRAINED) == 3);
    assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
    ae_free(m);
    ae_free(first);
    genmod_data_free(v);
    free(x);
}

/* A decoder that is no mirror image starts as ae_start() has it. */
static void other_decoders_keep_their_first_weights(void **state)
{
    (void)state;
    scene s;
    size_t n;
    open_scene(&s);
    ae_model *const m = fixture_model(
        "encoder=dense 5; tanh; dense 2 | decoder=dense 6 | pretrain_epochs=1");
    assert_ok(ae_start(m, s.v, NULL));
    double *const before = fixture_params(m, "decoder.0.weight", &n);
    double *const old = fixture_params(m, "encoder.0.weight", NULL);
    assert_ok(ae_pretrain(m, s.v, NULL, NULL, NULL));
    double *const after = fixture_params(m, "decoder.0.weight", NULL);
    double *const now = fixture_params(m, "encoder.0.weight", NULL);
    assert_memory_equal(before, after, n * sizeof *before);
    assert_true(memcmp(old, now, 5 * D * sizeof *old) != 0);
    free(before);
    free(after);
    free(old);
    free(now);
    ae_free(m);
    close_scene(&s);
}

static void pretraining_options_have_an_effect(void **state)
{
    (void)state;
    static const char *const changes[] = {"pretrain_epochs=2",
                                          "pretrain_learning_rate=0.01",
                                          "corruption_level=0.3", "seed=6"};
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model(stack);
    assert_ok(ae_pretrain(m, s.v, NULL, NULL, NULL));
    double *const want = fixture_params(m, "encoder.2.weight", NULL);
    for (size_t i = 0; i < 4; i++) {
        ae_model *const other = fixture_model(stack);
        fixture_configure(other, changes[i]);
        assert_ok(ae_pretrain(other, s.v, NULL, NULL, NULL));
        double *const got = fixture_params(other, "encoder.2.weight", NULL);
        assert_true(memcmp(want, got, 20 * sizeof *got) != 0);
        free(got);
        ae_free(other);
    }
    free(want);
    ae_free(m);
    close_scene(&s);
}

typedef struct watcher {
    ae_model *m;
    int32_t answer;
    double layer,
        at; /* it answers when so many layers, and updates, are done */
    genmod_workspace *w; /* NULL, or who cancels instead */
} watcher;

static int32_t watch(const genmod_report *report, void *user)
{
    const watcher *const o = user;
    double layer = -1, steps = -1;
    assert_ok(genmod_report_get(report, AE_REPORT_PRETRAINED, &layer));
    assert_ok(genmod_report_get(report, AE_REPORT_STEPS, &steps));
    assert_status(ae_start(o->m, NULL, NULL), GENMOD_BAD_ARGUMENT, NULL);
    if (layer < o->layer || steps < o->at)
        return 0;
    if (o->w)
        genmod_workspace_cancel(o->w);
    return o->answer;
}

static void what_ends_pretraining_leaves_the_model_as_it_was(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model(stack);
    watcher o = {.m = m, .answer = -7, .layer = 1, .at = 2};
    s.w = fixture_workspace(1, NULL);
    assert_status(ae_pretrain(m, s.v, watch, &o, s.w), GENMOD_CALLBACK, s.w);
    assert_null(ae_params_key(m, 0));
    assert_ok(ae_fit(m, s.v, NULL, NULL, NULL, NULL));
    const fixture_bytes before = fixture_checkpoint(m);
    assert_status(ae_pretrain(m, s.v, watch, &o, s.w), GENMOD_CALLBACK, s.w);
    assert_true(strncmp(genmod_workspace_error(s.w), "layer 1: ", 9) == 0);
    assert_true(fixture_checkpoints(m, before));
    o.w = s.w;
    o.answer = 0;
    assert_status(ae_pretrain(m, s.v, watch, &o, s.w), GENMOD_CANCELLED, s.w);
    assert_true(fixture_checkpoints(m, before));
    s.x[77 * D + 3] = NAN;
    assert_status(ae_pretrain(m, s.v, NULL, NULL, s.w), GENMOD_NON_FINITE, s.w);
    assert_true(fixture_checkpoints(m, before));
    free(before.p);
    ae_free(m);
    close_scene(&s);
}

static void progress_keeps_the_layers_so_far(void **state)
{
    (void)state;
    scene s;
    size_t n;
    open_scene(&s);
    ae_model *const all = fixture_model(stack), *const m = fixture_model(stack);
    watcher o = {.m = m, .answer = 1, .layer = 1, .at = 4};
    assert_ok(ae_pretrain(all, s.v, NULL, NULL, NULL));
    assert_ok(ae_pretrain(m, s.v, watch, &o, NULL));
    assert_true(fixture_number(m, AE_REPORT_PRETRAINED) == 2);
    double *const a = fixture_params(all, "encoder.0.weight", &n);
    double *const b = fixture_params(m, "encoder.0.weight", NULL);
    assert_memory_equal(a, b, n * sizeof *a);
    free(a);
    free(b);
    ae_free(all);
    ae_free(m);
    close_scene(&s);
}

/* The cached codes are n times the widths: here more than the limit. */
static void pretraining_obeys_the_memory_limit(void **state)
{
    (void)state;
    const size_t n = 20000;
    double *const x = fixture_invent(n, 2, 4);
    genmod_data *const v = fixture_view(n, 2, x);
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    ae_model *const m =
        fixture_model("encoder=dense 64; relu; dense 2 | pretrain_epochs=1 | "
                      "batch_size=2000");
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_memory_limit(c, 4u << 20));
    assert_ok(genmod_workspace_new(c, &w));
    assert_status(ae_pretrain(m, v, NULL, NULL, w), GENMOD_LIMIT, w);
    assert_null(ae_params_key(m, 0));
    assert_ok(ae_pretrain(m, v, NULL, NULL, NULL));
    genmod_workspace_free(w);
    genmod_context_free(c);
    ae_free(m);
    genmod_data_free(v);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layer_is_a_small_autoencoder_on_the_codes_below),
        cmocka_unit_test(a_linear_layer_is_pretrained_to_contract),
        cmocka_unit_test(weights_count_in_every_layer),
        cmocka_unit_test(images_are_pretrained_too),
        cmocka_unit_test(other_decoders_keep_their_first_weights),
        cmocka_unit_test(pretraining_options_have_an_effect),
        cmocka_unit_test(what_ends_pretraining_leaves_the_model_as_it_was),
        cmocka_unit_test(progress_keeps_the_layers_so_far),
        cmocka_unit_test(pretraining_obeys_the_memory_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
