#include "gmm/refusal.h"

scene *scene_new(int type)
{
    scene *const s = fixture_take(1, sizeof *s);
    ref_init(&s->r, type, K, D);
    ref_invent(&s->r, 6, 2);
    ref_draw(&s->r, 2, N, s->x, NULL);
    for (size_t i = 0; i < N * K; i++)
        s->resp[i] = 0.1 + 0.01 * (double)(i % 17);
    s->m = fixture_from(&s->r, NULL);
    s->empty = fixture_model(K, type, NULL);
    s->c = fixture_config(K, type, NULL);
    s->view = fixture_view(N, D, s->x);
    s->w = fixture_workspace(1);
    s->before = fixture_save(s->m);
    return s;
}

void scene_free(scene *s)
{
    ref_free(&s->r);
    gmm_free(s->m);
    gmm_free(s->empty);
    genmod_config_free(s->c);
    genmod_data_free(s->view);
    genmod_workspace_free(s->w);
    free(s->before.p);
    free(s);
}

void refused(const char *what, scene *s, int32_t got, int32_t want)
{
    if (got != want)
        fail_msg("%s: status %d (\"%s\") for %d", what, got,
                 genmod_workspace_error(s->w), want);
    const char *const text = genmod_workspace_error(s->w);
    if (!text[0] || strchr(text, '\n'))
        fail_msg("%s: the text is \"%s\"", what, text);
    assert_true(fixture_unchanged(s->m, s->before));
    double l = 0;
    assert_ok(gmm_log_likelihood(s->m, s->view, &l, s->w));
    assert_string_equal(genmod_workspace_error(s->w), "");
}

void bad(const char *part, scene *s, int32_t got)
{
    if (got == GENMOD_BAD_ARGUMENT)
        fixture_says(s->w, part);
    refused(part, s, got, GENMOD_BAD_ARGUMENT);
}
