#include "variational.h"

#include "mixture.h"

vae_model *new_vae(options o, genmod_workspace *w)
{
    genmod_config *c = NULL;
    vae_model *m = NULL;
    need(vae_config_new(&c, w), w);
    for (size_t i = 0; o[i][0]; i++)
        need(genmod_config_set_str(c, o[i][0], o[i][1], w), w);
    need(vae_new(c, &m, w), w);
    genmod_config_free(c);
    return m;
}

vae_model *fit_vae(options o, size_t n, size_t d, const double *x,
                   genmod_workspace *w)
{
    vae_model *m = new_vae(o, w);
    genmod_data *rows = view_rows(n, d, x);
    need(vae_fit(m, rows, NULL, NULL, NULL, w), w);
    genmod_data_free(rows);
    return m;
}

double vae_number(const vae_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(vae_report(m), key, &v), NULL);
    return v;
}

void encode_vae(const vae_model *m, size_t n, size_t d, const double *x,
                double *out)
{
    genmod_data *rows = view_rows(n, d, x);
    need(vae_encode(m, rows, GENMOD_F64, n * vae_code_size(m) * sizeof *out,
                    out, NULL, NULL),
         NULL);
    genmod_data_free(rows);
}

void decode_vae(const vae_model *m, size_t n, const double *z, double *out)
{
    genmod_data *codes = view_rows(n, vae_code_size(m), z);
    need(vae_decode(m, codes, GENMOD_MEAN, 0, GENMOD_F64,
                    n * vae_dimension(m) * sizeof *out, out, NULL),
         NULL);
    genmod_data_free(codes);
}

void reconstruct_vae(const vae_model *m, size_t n, size_t d, const double *x,
                     double *out)
{
    genmod_data *rows = view_rows(n, d, x);
    need(vae_reconstruct(m, rows, GENMOD_MEAN, 0, GENMOD_F64,
                         n * d * sizeof *out, out, NULL),
         NULL);
    genmod_data_free(rows);
}

void sample_vae(const vae_model *m, uint64_t seed, size_t n, int32_t what,
                double *out)
{
    need(vae_sample(m, seed, 0, n, what, NULL, GENMOD_F64,
                    n * vae_dimension(m) * sizeof *out, out, NULL),
         NULL);
}

vae_model *fit_digits(size_t n, const double *x)
{
    options o = {{VAE_ENCODER, "dense 128; relu; dense 64; relu"},
                 {VAE_CODE, "8"},
                 {VAE_LIKELIHOOD, "discretised-logistic"},
                 {VAE_LEVELS, "17"},
                 {VAE_KL_WARMUP, "20"},
                 {VAE_EPOCHS, "150"},
                 {VAE_BATCH_SIZE, "64"},
                 {VAE_LEARNING_RATE, "0.002"},
                 {VAE_SCHEDULE, "cosine"},
                 {VAE_SCHEDULE_STEPS, "2250"},
                 {NULL, NULL}};
    return fit_vae(o, n, 64, x, NULL);
}
