/* Repeated calls for one row take no memory. */
#include "vae/rows.h"

#define N 60
#define ROOM (N * 3 * ROWS_D)

typedef struct scene {
    host h;
    genmod_context *c;
    genmod_workspace *w;
    rows_table table;
    genmod_data *v, *codes;
    vae_model *m;
    double z[8], out[ROOM], two[ROOM], three[ROOM];
} scene;

static scene *open_scene(const char *options, int missing, int schema,
                         size_t threads)
{
    scene *const s = fixture_take(1, sizeof *s);
    s->c = host_context(&s->h);
    assert_ok(genmod_context_set_threads(s->c, threads));
    assert_ok(genmod_workspace_new(s->c, &s->w));
    rows_open(&s->table, N, 3, missing);
    s->v = schema ? rows_view(&s->table) : fixture_view(N, ROWS_D, s->table.x);
    s->codes = fixture_view(1, 2, s->z);
    s->m = fixture_model(options);
    fixture_configure(s->m, "epochs=2");
    assert_ok(vae_fit(s->m, s->v, NULL, NULL, NULL, NULL));
    return s;
}

static void close_scene(scene *s)
{
    host_arm(&s->h, HOST_NEVER, HOST_ONCE);
    genmod_workspace_free(s->w);
    genmod_context_free(s->c);
    genmod_data_free(s->v);
    genmod_data_free(s->codes);
    vae_free(s->m);
    rows_close(&s->table);
    assert_int_equal(atomic_load(&s->h.blocks), 0);
    free(s);
}

/* Row i of the table alone. */
static void point(scene *s, size_t i)
{
    assert_ok(genmod_data_set_rows(s->v, GENMOD_F64, 1, ROWS_D,
                                   s->table.x + i * ROWS_D, 0, 0, s->w));
    assert_ok(genmod_data_set_labels(s->v, 1, s->table.labels + i, s->w));
    assert_ok(genmod_data_set_labels(s->codes, 1, s->table.labels + i, s->w));
}

static void ask(scene *s, uint64_t i, int missing, size_t draws)
{
    const vae_model *const m = s->m;
    const genmod_data *const v = s->v;
    genmod_workspace *const w = s->w;
    const size_t b = sizeof s->out;
    const int32_t t = GENMOD_F64;
    double *const out = s->out;
    assert_ok(vae_encode(m, v, t, b, out, s->two, w));
    assert_ok(vae_encode_sample(m, v, i, t, b, out, w));
    assert_ok(vae_decode(m, s->codes, GENMOD_MEAN, i, t, b, out, w));
    assert_ok(vae_decode(m, s->codes, GENMOD_DRAW, i, t, b, out, w));
    assert_ok(vae_reconstruct(m, v, GENMOD_MEAN, i, GENMOD_F32, b, out, w));
    assert_ok(vae_reconstruct(m, v, GENMOD_DRAW, i, t, b, out, w));
    assert_ok(vae_sample(m, i, i, 1, GENMOD_MEAN, NULL, t, b, out, w));
    assert_ok(vae_sample(m, i, i, 1, GENMOD_DRAW, NULL, t, b, out, w));
    assert_ok(vae_interpolate(m, v, v, 4, GENMOD_SPHERICAL, t, b, out, w));
    assert_ok(vae_elbo(m, v, i, draws, b, out, s->two, s->three, w));
    assert_ok(vae_log_weights(m, v, i, 3, draws, b, out, w));
    assert_ok(vae_log_likelihood(m, v, i, draws, b, out, s->two, w));
    assert_ok(vae_anomaly(m, v, b, out, w));
    assert_ok(vae_anomaly_columns(m, v, b, out, w));
    if (!missing)
        return;
    assert_ok(vae_impute(m, v, GENMOD_MEAN, i, draws, t, b, out, w));
    assert_ok(vae_impute(m, v, GENMOD_DRAW, i, draws, t, b, out, w));
}

static void check(const char *options, int missing, int schema, size_t threads)
{
    scene *const s = open_scene(options, missing, schema, threads);
    /* a large call first: it leaves nothing that a small one stumbles on */
    assert_ok(vae_reconstruct(s->m, s->v, GENMOD_DRAW, 1, GENMOD_F64,
                              sizeof s->out, s->out, s->w));
    for (size_t i = 0; i < N; i += 3) {
        if (i == 6)
            host_arm(&s->h, 0, HOST_FROM_THEN_ON);
        point(s, i);
        ask(s, i, missing, 1);
        ask(s, i, missing, 20);
    }
    assert_int_equal(s->h.calls, 0);
    close_scene(s);
}

static void repeated_one_row_calls_take_no_memory(void **state)
{
    (void)state;
    check("code=2 | encoder=dense 20; tanh | classes=3", 0, 1, 2);
    check("code=2 | encoder=dense 20; relu | missing=1 | classes=3 | "
          "prior=mixture | prior_components=5",
          1, 1, 2);
    check("code=2 | encoder=dense 20; relu | prior=vamp | prior_components=4 | "
          "likelihood=gaussian",
          0, 0, 2);
    /* what a convolution holds is some 800 KB: that of one path, so in one
     * thread */
    check("code=2 | input=1x2x3 | likelihood=gaussian | encoder=conv 4 k2 p1; "
          "relu | decoder=dense 24; reshape 4x2x3",
          0, 0, 1);
}

/* The same for one call again and again, a workspace of its own each: nothing
 * that another call left helps. */
static void each_call_alone_takes_no_memory_again(void **state)
{
    (void)state;
    scene *const s = open_scene("code=2 | encoder=dense 20; relu", 0, 1, 1);
    const size_t b = sizeof s->out;
    const int32_t t = GENMOD_F64;
    for (int k = 0; k < 5; k++) {
        genmod_workspace *w = NULL;
        host_arm(&s->h, HOST_NEVER, HOST_ONCE);
        assert_ok(genmod_workspace_new(s->c, &w));
        for (size_t i = 0; i < 5; i++) {
            if (i == 2)
                host_arm(&s->h, 0, HOST_FROM_THEN_ON);
            point(s, i);
            switch (k) {
            case 0:
                assert_ok(vae_encode(s->m, s->v, t, b, s->out, s->two, w));
                break;
            case 1:
                assert_ok(vae_sample(s->m, 1, i, 1, GENMOD_DRAW, NULL, t, b,
                                     s->out, w));
                break;
            case 2:
                assert_ok(vae_decode(s->m, s->codes, GENMOD_MEAN, 1, t, b,
                                     s->out, w));
                break;
            case 3:
                assert_ok(vae_elbo(s->m, s->v, 1, 20, b, s->out, s->two,
                                   s->three, w));
                break;
            default:
                assert_ok(vae_interpolate(s->m, s->v, s->v, 4, GENMOD_LINEAR, t,
                                          b, s->out, w));
            }
        }
        assert_int_equal(s->h.calls, 0);
        genmod_workspace_free(w);
    }
    close_scene(s);
}

/* Memory for training does not depend on the number of updates. */
static size_t allocations_of(size_t epochs)
{
    scene *const s = open_scene("code=2 | encoder=dense 20; relu | classes=3 | "
                                "batch_size=10 | missing=1 | hide=0.2",
                                1, 1, 1);
    char options[32] = "epochs=";
    options[7] = (char)('0' + epochs);
    fixture_configure(s->m, options);
    host_arm(&s->h, HOST_NEVER, HOST_ONCE);
    assert_ok(vae_fit(s->m, s->v, NULL, NULL, NULL, s->w));
    const size_t calls = s->h.calls;
    close_scene(s);
    return calls;
}

static void
training_takes_the_same_memory_for_any_number_of_updates(void **state)
{
    (void)state;
    assert_int_equal(allocations_of(2), allocations_of(9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_one_row_calls_take_no_memory),
        cmocka_unit_test(each_call_alone_takes_no_memory_again),
        cmocka_unit_test(
            training_takes_the_same_memory_for_any_number_of_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
