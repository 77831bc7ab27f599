/* Codes of rows. */
#include <string.h>

#include "vae/internal.h"

int32_t vae_check_rows(const model *m, const genmod_data *x, const char *name,
                       genmod_workspace *w)
{
    int32_t status;

    if (!m || !x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? name : "m");
    status = model_check_fitted(m, w);
    if (!status)
        status = model_check_rows(x, name, m->d, "the model", w);
    return status ? status : model_check_schema(m->body, x, name, w);
}

int32_t vae_check_what(int32_t what, genmod_workspace *w)
{
    if (what == GENMOD_MEAN || what == GENMOD_DRAW)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "what is %i; it must be GENMOD_MEAN or GENMOD_DRAW",
                     (int64_t)what);
}

int32_t vae_check_draws(size_t first, size_t draws, genmod_workspace *w)
{
    const size_t most = (size_t)1 << 24;

    if (draws < 1 || draws > most)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "draws is %u; it must be 1 to %u", (uint64_t)draws,
                         (uint64_t)most);
    if (first > most - draws)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "first is %u; first + draws may be %u",
                         (uint64_t)first, (uint64_t)most);
    return GENMOD_OK;
}

int32_t vae_check_density(const model *m, const char *what, genmod_workspace *w)
{
    if (!((const vae_body *)m->body)->vectors)
        return GENMOD_OK;
    return base_fail(w, GENMOD_UNSUPPORTED,
                     "%swith option \"codebook\" a row has one code for "
                     "certain: q(z|x) has no density",
                     what);
}

model_panels vae_panels(const model *m, const genmod_data *x, size_t program)
{
    const vae_body *const b = (const vae_body *)m->body;

    return (model_panels){.body = m->body,
                          .program = program,
                          .x = x,
                          .columns = &m->body->columns,
                          .look = 1,
                          .labelled = b->classes > 0,
                          .n = base_data_rows(x)};
}

static void give_codes(const model_panels *o, const model_panel *p, void *to)
{
    const size_t z = o->body->z;
    const float *const mean = model_panel_output(p, 0);
    const float *const log_variance = model_panel_output(p, 1);

    for (size_t i = 0; i < p->m; i++) {
        float *const row = (float *)to + i * (2 * z + 1);

        memcpy(row, mean + i * z, z * sizeof *row);
        memcpy(row + z, log_variance + i * z, z * sizeof *row);
        row[2 * z] = p->labels ? p->labels[i] : 0;
    }
}

/* Numbers `first` … of each row of codes, beside each other. */
static int32_t split(size_t n, size_t stride, const float *rows, size_t first,
                     size_t width, float **out, genmod_workspace *w)
{
    *out = base_scratch(w, n * width, sizeof **out);
    if (!*out)
        return base_status(w);
    for (size_t i = 0; i < n; i++)
        memcpy(*out + i * width, rows + i * stride + first,
               width * sizeof **out);
    return GENMOD_OK;
}

int32_t vae_encode_rows(const model *m, const genmod_data *x, vae_encoded *out,
                        genmod_workspace *w)
{
    const size_t n = base_data_rows(x), z = m->z, stride = 2 * z + 1;
    model_panels o = vae_panels(m, x, VAE_ENCODE);
    void *rows;
    int32_t status;

    *out = (vae_encoded){0};
    o.row = stride * sizeof(float);
    o.give = give_codes;
    status = model_panels_run(&o, &rows, w);
    if (!status)
        status = split(n, stride, rows, 0, z, &out->mean, w);
    if (!status)
        status = split(n, stride, rows, z, z, &out->log_variance, w);
    if (!status && o.labelled)
        status = split(n, stride, rows, 2 * z, 1, &out->labels, w);
    return status;
}

/* Codes [n, z] as `type`. */
static void put_codes(const model *m, size_t n, const float *codes,
                      int32_t type, void *out)
{
    nn_rows_write(&m->body->codes, 0, n, codes, type, out);
}

static int32_t check_codes_out(const model *m, const genmod_data *x,
                               int32_t type, size_t bytes, const void *out,
                               const char *name, genmod_workspace *w)
{
    model_panels o = {0};
    int32_t status = vae_check_rows(m, x, "x", w);

    if (!status && !out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", name);
    if (!status)
        status = model_check_type(type, w);
    if (status)
        return status;
    o.n = base_data_rows(x);
    o.row = m->z * model_type_bytes(type);
    return model_panels_fit(&o, bytes, w);
}

static int32_t encode(const model *m, const genmod_data *x, int32_t type,
                      size_t bytes, void *mean, void *log_variance,
                      genmod_workspace *w)
{
    vae_encoded codes;
    int32_t status = check_codes_out(m, x, type, bytes, mean, "mean", w);

    if (!status && log_variance)
        status = vae_check_density(m, "log_variance: ", w);
    if (!status)
        status = vae_encode_rows(m, x, &codes, w);
    if (status)
        return status;
    put_codes(m, base_data_rows(x), codes.mean, type, mean);
    if (log_variance)
        put_codes(m, base_data_rows(x), codes.log_variance, type, log_variance);
    return GENMOD_OK;
}

int32_t vae_encode(const vae_model *m, const genmod_data *x, int32_t type,
                   size_t bytes, void *mean, void *log_variance,
                   genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(
        &call, encode((const model *)m, x, type, bytes, mean, log_variance, w));
}

/* mean + sigma epsilon into the place of the mean: the vectors of a codebook
 * have a sigma of 0. */
static int32_t deviate(const model *m, uint64_t seed, size_t n,
                       const vae_encoded *codes, genmod_workspace *w)
{
    const kern_ops *const f64 = kern_ops_of(base_cpu(w), GENMOD_F64);
    const size_t z = m->z;
    double *const e = base_scratch(w, z, sizeof *e);
    double *const s = base_scratch(w, z, sizeof *s);

    if (!e || !s)
        return base_status(w);
    for (size_t i = 0; i < n; i++) {
        float *const mean = codes->mean + i * z;

        kern_normals(f64, seed, i, VAE_SITE_CODES, z, e);
        for (size_t j = 0; j < z; j++)
            s[j] = 0.5 * (double)codes->log_variance[i * z + j];
        f64->exp(z, s, s);
        for (size_t j = 0; j < z; j++)
            mean[j] = (float)((double)mean[j] + s[j] * e[j]);
    }
    return GENMOD_OK;
}

static int32_t encode_sample(const model *m, const genmod_data *x,
                             uint64_t seed, int32_t type, size_t bytes,
                             void *out, genmod_workspace *w)
{
    vae_encoded codes;
    int32_t status = check_codes_out(m, x, type, bytes, out, "out", w);

    if (!status)
        status = vae_encode_rows(m, x, &codes, w);
    if (!status)
        status = deviate(m, seed, base_data_rows(x), &codes, w);
    if (!status)
        put_codes(m, base_data_rows(x), codes.mean, type, out);
    return status;
}

int32_t vae_encode_sample(const vae_model *m, const genmod_data *x,
                          uint64_t seed, int32_t type, size_t bytes, void *out,
                          genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(
        &call, encode_sample((const model *)m, x, seed, type, bytes, out, w));
}
