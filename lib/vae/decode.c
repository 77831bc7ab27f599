/* Rows of codes. */
#include <string.h>

#include "vae/internal.h"

static void give_rows(const model_panels *o, const model_panel *p, void *to)
{
    nn_rows_write(&o->body->columns, 1, p->m, model_panel_output(p, 0), o->type,
                  to);
}

/* The likelihood's numbers as they are, for draws that come after. */
static void give_numbers(const model_panels *o, const model_panel *p, void *to)
{
    memcpy(to, model_panel_output(p, 0), p->m * o->row);
}

typedef struct drawing {
    const model *m;
    const float *params;
    uint64_t seed, first;
    size_t n;
    int32_t type;
    char *out;
    float *cells; /* [width, BLOCK, d] */
    const kern_ops *f64;
} drawing;

#define BLOCK 16 /* rows that a task draws */

static int32_t draw_block(size_t item, size_t slot, void *arg)
{
    const drawing *const g = arg;
    const vae_body *const b = (const vae_body *)g->m->body;
    const size_t at = item * BLOCK, d = g->m->d;
    const size_t m = g->n - at < BLOCK ? g->n - at : BLOCK;
    float *const cells = g->cells + slot * BLOCK * d;

    vae_draw_rows(&b->likelihood, b->base.store, g->f64, g->seed, g->first + at,
                  m, g->params + at * (size_t)b->likelihood.params, cells);
    nn_rows_write(&b->base.columns, 1, m, cells, g->type,
                  g->out + at * d * model_type_bytes(g->type));
    return GENMOD_OK;
}

static int32_t draw_cells(const model *m, size_t n, const float *params,
                          uint64_t seed, uint64_t first, int32_t type,
                          void *out, genmod_workspace *w)
{
    const size_t row = m->d * model_type_bytes(type);
    drawing g = {.m = m,
                 .params = params,
                 .seed = seed,
                 .first = first,
                 .n = n,
                 .type = type,
                 .f64 = kern_ops_of(base_cpu(w), GENMOD_F64)};
    int32_t status;

    g.cells = base_scratch(w, base_width(w) * BLOCK * m->d, sizeof *g.cells);
    g.out = base_scratch(w, n, row);
    if (!g.cells || !g.out)
        return base_status(w);
    status = base_parallel(w, (n + BLOCK - 1) / BLOCK, draw_block, &g);
    if (!status)
        memcpy(out, g.out, n * row);
    return status;
}

/* Decodes o's rows to out. */
static int32_t decode_panels(const model *m, model_panels *o, int32_t what,
                             uint64_t seed, uint64_t first, int32_t type,
                             void *out, genmod_workspace *w)
{
    const vae_body *const b = (const vae_body *)m->body;
    void *params;
    int32_t status;

    o->body = m->body;
    o->type = type;
    if (what == GENMOD_MEAN) {
        o->program = VAE_DECODE;
        o->row = m->d * model_type_bytes(type);
        o->give = give_rows;
        return model_panels_out(o, out, w);
    }
    o->program = VAE_GIVE;
    o->row = (size_t)b->likelihood.params * sizeof(float);
    o->give = give_numbers;
    status = model_panels_run(o, &params, w);
    return status ? status
                  : draw_cells(m, o->n, params, seed, first, type, out, w);
}

int32_t vae_decode_rows(const model *m, size_t n, const float *z,
                        const float *labels, int32_t what, uint64_t seed,
                        uint64_t first, int32_t type, void *out,
                        genmod_workspace *w)
{
    model_panels o = {.n = n, .feeds = labels ? 2 : 1};

    o.feed[0] = (model_feed){"x", z, m->z};
    o.feed[1] = (model_feed){"label", labels, 1};
    return decode_panels(m, &o, what, seed, first, type, out, w);
}

int32_t vae_check_out(const model *m, size_t n, int32_t what, int32_t type,
                      size_t bytes, const void *out, genmod_workspace *w)
{
    const int32_t status =
        out ? vae_check_what(what, w)
            : base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");

    return status ? status : model_check_out(n, m->d, type, bytes, out, w);
}

static int32_t decode(const model *m, const genmod_data *z, int32_t what,
                      uint64_t seed, int32_t type, size_t bytes, void *out,
                      genmod_workspace *w)
{
    model_panels o;
    int32_t status;

    if (!m || !z)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "z" : "m");
    status = model_check_fitted(m, w);
    if (!status)
        status = model_check_rows(z, "z", m->z, "a code", w);
    if (!status)
        status = vae_check_out(m, base_data_rows(z), what, type, bytes, out, w);
    if (status)
        return status;
    o = vae_panels(m, z, VAE_DECODE);
    o.columns = &m->body->codes;
    o.look = o.labelled;
    return decode_panels(m, &o, what, seed, 0, type, out, w);
}

int32_t vae_decode(const vae_model *m, const genmod_data *z, int32_t what,
                   uint64_t seed, int32_t type, size_t bytes, void *out,
                   genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(
        &call, decode((const model *)m, z, what, seed, type, bytes, out, w));
}

static int32_t reconstruct(const model *m, const genmod_data *x, int32_t what,
                           uint64_t seed, int32_t type, size_t bytes, void *out,
                           genmod_workspace *w)
{
    vae_encoded codes;
    int32_t status = vae_check_rows(m, x, "x", w);

    if (!status)
        status = vae_check_out(m, base_data_rows(x), what, type, bytes, out, w);
    if (!status)
        status = vae_encode_rows(m, x, &codes, w);
    if (status)
        return status;
    return vae_decode_rows(m, base_data_rows(x), codes.mean, codes.labels, what,
                           seed, 0, type, out, w);
}

int32_t vae_reconstruct(const vae_model *m, const genmod_data *x, int32_t what,
                        uint64_t seed, int32_t type, size_t bytes, void *out,
                        genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, reconstruct((const model *)m, x, what, seed, type,
                                         bytes, out, w));
}
