/* New rows, and rows between rows. */
#include <string.h>

#include "vae/internal.h"

/* ---- sampling ------------------------------------------------------------ */

/* Temperature is the program's only option that a call reads. */
static void give_prior(const model_panels *o, const model_panel *p, void *to)
{
    const size_t n = p->m * o->body->z;
    const float *const centre = model_panel_output(p, 0);
    const float *const deviate = model_panel_output(p, 1);

    memcpy(to, centre, n * sizeof *centre);
    for (size_t i = 0; i < n; i++)
        ((float *)to)[i] += o->scale * deviate[i];
}

static int32_t labels_of(const vae_body *b, uint64_t seed, uint64_t first,
                         size_t n, const int32_t *labels, float **out,
                         genmod_workspace *w)
{
    const model_draws d = {.classes = b->classes,
                           .shares = model_body_find(&b->base, VAE_SHARES),
                           .seed = seed,
                           .site = VAE_SITE_LABEL};

    return model_take_labels(&d, first, n, labels, out, w);
}

static int32_t check_sample(const model *m, uint64_t first, size_t n,
                            int32_t what, const int32_t *labels, int32_t type,
                            size_t bytes, const void *out, genmod_workspace *w)
{
    int32_t status = model_check_numbers(m, first, n, w);

    if (!status)
        status = vae_check_out(m, n, what, type, bytes, out, w);
    return status ? status
                  : model_check_given(n, labels,
                                      ((const vae_body *)m->body)->classes, w);
}

static int32_t sample(const model *m, uint64_t seed, uint64_t first, size_t n,
                      int32_t what, const int32_t *labels, int32_t type,
                      void *out, genmod_workspace *w)
{
    model_panels o = {.body = m->body,
                      .program = VAE_PRIOR_DRAW,
                      .n = n,
                      .row = m->z * sizeof(float),
                      .scale =
                          (float)base_config_f64(m->config, VAE_TEMPERATURE),
                      .seed = seed,
                      .first_row = first,
                      .give = give_prior};
    float *given;
    void *z;
    int32_t status =
        labels_of((const vae_body *)m->body, seed, first, n, labels, &given, w);

    if (!status)
        status = model_panels_run(&o, &z, w);
    return status ? status
                  : vae_decode_rows(m, n, z, given, what, seed, first, type,
                                    out, w);
}

int32_t vae_sample(const vae_model *m, uint64_t seed, uint64_t first, size_t n,
                   int32_t what, const int32_t *labels, int32_t type,
                   size_t bytes, void *out, genmod_workspace *w)
{
    const model *const model_of = (const model *)m;
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status =
        check_sample(model_of, first, n, what, labels, type, bytes, out, w);
    if (!status)
        status = sample(model_of, seed, first, n, what, labels, type, out, w);
    return base_leave(&call, status);
}

/* ---- interpolation ------------------------------------------------------- */

static int32_t check_path(const model *m, const genmod_data *from,
                          const genmod_data *to, size_t steps, int32_t path,
                          genmod_workspace *w)
{
    int32_t status = vae_check_rows(m, from, "from", w);

    if (!status)
        status = vae_check_rows(m, to, "to", w);
    return status ? status : model_check_path(from, to, steps, path, w);
}

static int32_t walk(const model *m, const genmod_data *from,
                    const genmod_data *to, model_paths *s, genmod_workspace *w)
{
    vae_encoded p, q;
    int32_t status = vae_encode_rows(m, from, &p, w);

    if (!status)
        status = vae_encode_rows(m, to, &q, w);
    if (status)
        return status;
    s->n = base_data_rows(from);
    s->z = m->z;
    s->from = p.mean;
    s->to = q.mean;
    s->given = p.labels;
    return model_walk(s, w);
}

static int32_t interpolate(const model *m, const genmod_data *from,
                           const genmod_data *to, size_t steps, int32_t path,
                           int32_t type, size_t bytes, void *out,
                           genmod_workspace *w)
{
    model_paths s = {.steps = steps, .path = path};
    size_t n;
    int32_t status = check_path(m, from, to, steps, path, w);

    if (status)
        return status;
    if (!base_mul(base_data_rows(from), steps, &n))
        n = SIZE_MAX;
    status = vae_check_out(m, n, GENMOD_MEAN, type, bytes, out, w);
    if (!status)
        status = walk(m, from, to, &s, w);
    return status ? status
                  : vae_decode_rows(m, n, s.codes, s.labels, GENMOD_MEAN, 0, 0,
                                    type, out, w);
}

int32_t vae_interpolate(const vae_model *m, const genmod_data *from,
                        const genmod_data *to, size_t steps, int32_t path,
                        int32_t type, size_t bytes, void *out,
                        genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, interpolate((const model *)m, from, to, steps,
                                         path, type, bytes, out, w));
}
