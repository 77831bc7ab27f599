#include "vae/scene.h"

#define N SCENE_N

scene *scene_open(const char *options, int missing)
{
    scene *const s = fixture_take(1, sizeof *s);
    rows_open(&s->table, N, 2, missing);
    s->v = rows_view(&s->table);
    s->other = fixture_view(N / 2, ROWS_D + 1, s->table.x);
    assert_ok(genmod_data_new(&s->empty, NULL));
    for (size_t i = 0; i < N * SCENE_Z; i++)
        s->z[i] = (double)(i * 7 % 11) / 5 - 1;
    s->codes = fixture_view(N, SCENE_Z, s->z);
    assert_ok(genmod_data_set_labels(s->codes, N, s->table.labels, NULL));
    s->m = fixture_model(options);
    s->none = fixture_model("code=2");
    s->c = fixture_config(NULL);
    s->w = fixture_workspace(1, NULL);
    assert_ok(vae_fit(s->m, s->v, NULL, NULL, NULL, NULL));
    assert_ok(vae_step(s->m, s->v, NULL));
    s->before = fixture_checkpoint(s->m);
    memset(s->mark, 0x5a, sizeof s->mark);
    memcpy(s->out, s->mark, sizeof s->out);
    memcpy(s->two, s->mark, sizeof s->two);
    memcpy(s->three, s->mark, sizeof s->three);
    return s;
}

void scene_close(scene *s)
{
    vae_free(s->m);
    vae_free(s->none);
    genmod_data_free(s->v);
    genmod_data_free(s->other);
    genmod_data_free(s->empty);
    genmod_data_free(s->codes);
    genmod_config_free(s->c);
    genmod_workspace_free(s->w);
    free(s->before.p);
    rows_close(&s->table);
    free(s);
}

void scene_refused(scene *s, int32_t got, int32_t want, const char *part)
{
    double one[N];
    assert_status(got, want, s->w);
    assert_error_names(s->w, part);
    assert_true(fixture_checkpoints(s->m, s->before));
    assert_memory_equal(s->out, s->mark, sizeof s->out);
    assert_memory_equal(s->two, s->mark, sizeof s->two);
    assert_memory_equal(s->three, s->mark, sizeof s->three);
    assert_ok(vae_anomaly(s->m, s->v, sizeof one, one, s->w));
    assert_string_equal(genmod_workspace_error(s->w), "");
}

void scene_all_refuse(scene *s, const vae_model *m, const genmod_data *x,
                      int32_t want, const char *part)
{
    genmod_workspace *const w = s->w;
    const int32_t t = GENMOD_F64, mean = GENMOD_MEAN, line = GENMOD_LINEAR;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    scene_refused(s, vae_encode(m, x, t, b, out, s->two, w), want, part);
    scene_refused(s, vae_encode_sample(m, x, 3, t, b, out, w), want, part);
    scene_refused(s, vae_reconstruct(m, x, mean, 3, t, b, out, w), want, part);
    scene_refused(s, vae_interpolate(m, x, x, 2, line, t, 2 * b, out, w), want,
                  part);
    scene_refused(s, vae_elbo(m, x, 3, 4, b, out, s->two, s->three, w), want,
                  part);
    scene_refused(s, vae_log_weights(m, x, 3, 0, 2, b, out, w), want, part);
    scene_refused(s, vae_log_likelihood(m, x, 3, 4, b, out, s->two, w), want,
                  part);
    scene_refused(s, vae_anomaly(m, x, b, out, w), want, part);
    scene_refused(s, vae_anomaly_columns(m, x, b, out, w), want, part);
}

void scene_training_refuses(scene *s, const genmod_data *x, int32_t want,
                            const char *part)
{
    scene_refused(s, vae_start(s->m, x, s->w), want, part);
    scene_refused(s, vae_step(s->m, x, s->w), want, part);
    scene_refused(s, vae_fit(s->m, x, NULL, NULL, NULL, s->w), want, part);
}
