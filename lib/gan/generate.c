/* Rows of codes. */
#include <string.h>

#include "gan/internal.h"

static void give_rows(const model_panels *o, const model_panel *p, void *to)
{
    const gan_body *const b = (const gan_body *)o->body;

    if (b->table.blocks) {
        gan_table_write(b, p->m, model_panel_output(p, 0), o->type, to);
        return;
    }
    nn_rows_write(&o->body->columns, 1, p->m, model_panel_output(p, 0), o->type,
                  to);
}

static void give_codes(const model_panels *o, const model_panel *p, void *to)
{
    nn_rows_write(&o->body->codes, 0, p->m, model_panel_output(p, 0), o->type,
                  to);
}

/* G of codes [n, z] with labels [n] where there are classes. */
static model_panels rows_of(const model *m, size_t n, const float *z,
                            const float *labels, int32_t type)
{
    return (model_panels){.body = m->body,
                          .program = GAN_GENERATE,
                          .n = n,
                          .row = m->d * model_type_bytes(type),
                          .type = type,
                          .feeds = labels ? 2 : 1,
                          .feed = {{"x", z, m->z}, {"label", labels, 1}},
                          .give = give_rows};
}

static int32_t generate_rows(const model *m, size_t n, const float *z,
                             const float *labels, int32_t type, void *out,
                             genmod_workspace *w)
{
    const model_panels o = rows_of(m, n, z, labels, type);

    return model_panels_out(&o, out, w);
}

/* The same of rows of a stream: a table's categories are drawn. */
static int32_t draw_rows(const model *m, uint64_t seed, uint64_t first,
                         size_t n, const float *z, const float *labels,
                         int32_t type, void *out, genmod_workspace *w)
{
    model_panels o = rows_of(m, n, z, labels, type);

    if (gan_is_drawn(&((const gan_body *)m->body)->table))
        o.program = GAN_DRAW;
    o.seed = seed;
    o.first_row = first;
    return model_panels_out(&o, out, w);
}

/* ---- drawn codes --------------------------------------------------------- */

static model_panels codes_of(const model *m, uint64_t seed, uint64_t first,
                             size_t n, int32_t type)
{
    return (model_panels){.body = m->body,
                          .program = GAN_CODES_OF,
                          .n = n,
                          .row = m->z * model_type_bytes(type),
                          .type = type,
                          .seed = seed,
                          .first_row = first,
                          .give = give_codes};
}

static int32_t sample_codes(const model *m, uint64_t seed, uint64_t first,
                            size_t n, int32_t type, size_t bytes, void *out,
                            genmod_workspace *w)
{
    model_panels o;
    int32_t status = model_check_numbers(m, first, n, w);

    if (!status)
        status = model_check_out(n, m->z, type, bytes, out, w);
    if (status)
        return status;
    o = codes_of(m, seed, first, n, type);
    return model_panels_out(&o, out, w);
}

int32_t gan_sample_codes(const gan_model *m, uint64_t seed, uint64_t first,
                         size_t n, int32_t type, size_t bytes, void *out,
                         genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, sample_codes((const model *)m, seed, first, n,
                                          type, bytes, out, w));
}

int32_t gan_draw(const model *m, uint64_t seed, uint64_t first, size_t n,
                 const int32_t *labels, int32_t type, size_t bytes, void *out,
                 genmod_workspace *w)
{
    model_draws d = {.seed = seed, .site = GAN_SITE_LABEL};
    model_panels o;
    float *given;
    void *z;
    int32_t status = model_check_numbers(m, first, n, w);

    if (!status)
        status = model_check_out(n, m->d, type, bytes, out, w);
    if (status)
        return status;
    d.classes = ((const gan_body *)m->body)->classes;
    d.shares = model_body_find(m->body, GAN_SHARES);
    o = codes_of(m, seed, first, n, GENMOD_F32);
    status = model_check_given(n, labels, d.classes, w);
    if (!status)
        status = model_take_labels(&d, first, n, labels, &given, w);
    if (!status)
        status = model_panels_run(&o, &z, w);
    return status ? status
                  : draw_rows(m, seed, first, n, z, given, type, out, w);
}

int32_t gan_sample(const gan_model *m, uint64_t seed, uint64_t first, size_t n,
                   const int32_t *labels, int32_t type, size_t bytes, void *out,
                   genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, gan_draw((const model *)m, seed, first, n, labels,
                                      type, bytes, out, w));
}

/* ---- given codes --------------------------------------------------------- */

static int32_t check_codes(const model *m, const genmod_data *z,
                           const char *name, genmod_workspace *w)
{
    int32_t status;

    if (!m || !z)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? name : "m");
    status = model_check_fitted(m, w);
    return status ? status : model_check_rows(z, name, m->z, "a code", w);
}

/* Codes of a view and their labels, in scratch. */
static int32_t read_codes(const model *m, const genmod_data *z, float **codes,
                          float **labels, genmod_workspace *w)
{
    const int64_t classes = ((const gan_body *)m->body)->classes;
    const size_t n = base_data_rows(z);
    int64_t *const rows = base_scratch(w, n, sizeof *rows);
    int32_t *const read = base_scratch(w, n, sizeof *read);
    void *const stage = base_scratch(w, 1, nn_rows_stage(z, n));
    model_rows r = {.columns = &m->body->codes, .n = n, .labels = read};
    int32_t status;

    *codes = base_scratch(w, n, m->z * sizeof **codes);
    *labels = base_scratch(w, n, sizeof **labels);
    if (!rows || !read || !stage || !*codes || !*labels)
        return base_status(w);
    for (size_t i = 0; i < n; i++)
        rows[i] = (int64_t)i;
    status = nn_rows_read(z, &m->body->codes, n, rows, stage, *codes, NULL,
                          NULL, read, w);
    if (!status && classes)
        status = model_check_labels(&r, classes, w);
    if (!status && classes)
        model_put_labels(&r, *labels);
    if (!classes)
        *labels = NULL;
    return status;
}

static int32_t generate(const model *m, const genmod_data *z, int32_t type,
                        size_t bytes, void *out, genmod_workspace *w)
{
    float *codes, *labels;
    int32_t status = check_codes(m, z, "z", w);

    if (!status)
        status = model_check_out(base_data_rows(z), m->d, type, bytes, out, w);
    if (!status)
        status = read_codes(m, z, &codes, &labels, w);
    return status ? status
                  : generate_rows(m, base_data_rows(z), codes, labels, type,
                                  out, w);
}

int32_t gan_generate(const gan_model *m, const genmod_data *z, int32_t type,
                     size_t bytes, void *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call,
                      generate((const model *)m, z, type, bytes, out, w));
}

/* ---- paths --------------------------------------------------------------- */

static int32_t check_path(const model *m, const genmod_data *from,
                          const genmod_data *to, size_t steps, int32_t path,
                          genmod_workspace *w)
{
    int32_t status = check_codes(m, from, "from", w);

    if (!status)
        status = check_codes(m, to, "to", w);
    return status ? status : model_check_path(from, to, steps, path, w);
}

static int32_t walk(const model *m, const genmod_data *from,
                    const genmod_data *to, model_paths *s, genmod_workspace *w)
{
    float *p, *q, *given, *others;
    int32_t status = read_codes(m, from, &p, &given, w);

    if (!status)
        status = read_codes(m, to, &q, &others, w);
    if (status)
        return status;
    s->n = base_data_rows(from);
    s->z = m->z;
    s->from = p;
    s->to = q;
    s->given = given;
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
    status = model_check_out(n, m->d, type, bytes, out, w);
    if (!status)
        status = walk(m, from, to, &s, w);
    return status ? status
                  : generate_rows(m, n, s.codes, s.labels, type, out, w);
}

int32_t gan_interpolate(const gan_model *m, const genmod_data *from,
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
