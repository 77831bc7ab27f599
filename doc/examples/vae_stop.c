/* Watching a fit and both parts of its bound; stopping it, going on. */
#include <math.h>

#include "mixture.h"
#include "variational.h"

#define N 256
#define D 6
#define CODE 2

/* Ends the fit, and keeps what it has, after a hundred updates. */
static int32_t watch(const genmod_report *r, void *user)
{
    double *const last = user, steps = 0;
    if (genmod_report_get(r, VAE_REPORT_STEPS, &steps) ||
        genmod_report_get(r, VAE_REPORT_LOSS, last))
        return -1;
    return steps >= 100;
}

static double last_of(const vae_model *m, const char *key, size_t *n)
{
    double v[1000];
    need(genmod_report_series(vae_report(m), key, 1000, v, n), NULL);
    return v[*n - 1];
}

/* 192 rows are three updates a pass; a quarter is kept to validate on. */
static void read_report(const vae_model *m, double last)
{
    double each[CODE];
    size_t n = 0;
    expect(vae_number(m, VAE_REPORT_STEPS) == 100 && isfinite(last), "updates");
    expect(last_of(m, VAE_REPORT_LOSS_HISTORY, &n) ==
               vae_number(m, VAE_REPORT_EPOCH_LOSS),
           "the last pass's");
    expect(n == 33 && vae_number(m, VAE_REPORT_EPOCHS) == 33, "passes");
    expect(last_of(m, VAE_REPORT_RECONSTRUCTION_HISTORY, &n) ==
               vae_number(m, VAE_REPORT_RECONSTRUCTION),
           "one part of the loss");
    expect(last_of(m, VAE_REPORT_KL_HISTORY, &n) ==
               vae_number(m, VAE_REPORT_KL),
           "and the other");
    expect(last_of(m, VAE_REPORT_VALIDATION_HISTORY, &n) ==
               vae_number(m, VAE_REPORT_VALIDATION_LOSS),
           "on the rows kept back");
    expect(vae_number(m, VAE_REPORT_BEST_LOSS) <=
                   vae_number(m, VAE_REPORT_VALIDATION_LOSS) &&
               vae_number(m, VAE_REPORT_BEST_EPOCH) <= 33,
           "the best is the least");

    /* Are the codes used? */
    need(genmod_report_series(vae_report(m), VAE_REPORT_KL_PER_CODE, CODE, each,
                              &n),
         NULL);
    expect(near(each[0] + each[1], vae_number(m, VAE_REPORT_KL), 1e-3),
           "a share of each number of the code");
    expect(vae_number(m, VAE_REPORT_ACTIVE_UNITS) > 0 &&
               vae_number(m, VAE_REPORT_COLLAPSED) == 0,
           "at least one of them");

    expect(vae_number(m, VAE_REPORT_BETA) == 1, "the warm-up is over");
    expect(vae_number(m, VAE_REPORT_LEARNING_RATE) == 0.001, "the default");
    expect(vae_number(m, VAE_REPORT_GRADIENT_NORM) > 0, "a gradient");
    expect(vae_number(m, VAE_REPORT_STOPPED_EARLY) == 0, "we stopped it");
}

int main(void)
{
    static double x[N][D];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            x[i][j] = sin(0.1 * i + j) + (i * 29 % 11) / 11.0;
    options o = {{VAE_CODE, "2"},         {VAE_BATCH_SIZE, "64"},
                 {VAE_EPOCHS, "50"},      {VAE_VALIDATION, "0.25"},
                 {VAE_DIVERGENCE, "100"}, {NULL, NULL}};
    genmod_config *c = NULL;
    double last = 0;
    vae_model *m = new_vae(o, NULL);
    genmod_data *rows = view_rows(N, D, x[0]);
    need(vae_fit(m, rows, NULL, watch, &last, NULL), NULL);
    read_report(m, last);

    /* Training options may change between calls; structure may not. */
    need(vae_config_new(&c, NULL), NULL);
    need(vae_get_config(m, c, NULL), NULL);
    need(genmod_config_set_i64(c, VAE_WARM_START, 1, NULL), NULL);
    need(genmod_config_set_i64(c, VAE_EPOCHS, 4000, NULL), NULL);
    need(genmod_config_set_i64(c, VAE_PATIENCE, 3, NULL), NULL);
    need(genmod_config_set_f64(c, VAE_MIN_DELTA, 0.01, NULL), NULL);
    need(vae_configure(m, c, NULL), NULL);
    need(vae_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    expect(vae_number(m, VAE_REPORT_STOPPED_EARLY) == 1,
           "long before 4,000 passes");
    need(genmod_config_set_i64(c, VAE_CODE, 3, NULL), NULL);
    expect(vae_configure(m, c, NULL) == GENMOD_BAD_ARGUMENT,
           "a model keeps its code");

    genmod_config_free(c);
    genmod_data_free(rows);
    vae_free(m);
    return 0;
}
