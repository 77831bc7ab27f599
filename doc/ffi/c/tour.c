/* The tour of doc/ffi/README.md in C: the one that the others are held to. */
#include <genmod/genmod.h>
#include <stdio.h>
#include <stdlib.h>

#define N 200

static genmod_workspace *w; /* one thread, one workspace */

static void need(int32_t status)
{
    if (status == GENMOD_OK)
        return;
    fprintf(stderr, "%s: %s\n", genmod_status_name(status),
            genmod_workspace_error(w));
    exit(1);
}

/* Counts its calls at `user`, and ends the fit after two passes. */
static int32_t watch(const genmod_report *report, void *user)
{
    double epochs = 0;
    ++*(int *)user;
    if (genmod_report_get(report, VAE_REPORT_EPOCHS, &epochs) != GENMOD_OK)
        return -1;
    return epochs >= 2;
}

static void print_rows(const char *family, const double rows[4][2])
{
    const unsigned char *bytes = (const unsigned char *)rows;
    printf("%s ", family);
    for (size_t i = 0; i < 4 * 2 * sizeof(double); i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static void tour_gmm(const genmod_config *options, const genmod_data *rows)
{
    gmm_model *model = NULL, *loaded = NULL;
    size_t need_bytes = 0;
    double drawn[4][2];
    need(gmm_new(options, &model, w));
    need(gmm_fit(model, rows, NULL, NULL, w));
    if (gmm_save(model, 0, NULL, &need_bytes, w) != GENMOD_TOO_SMALL)
        exit(1);
    void *file = malloc(need_bytes);
    need(gmm_save(model, need_bytes, file, NULL, w));
    need(gmm_new(NULL, &loaded, w));
    need(gmm_load(loaded, need_bytes, file, w));
    need(gmm_sample(loaded, 7, 0, 4, GENMOD_F64, sizeof drawn, drawn, NULL, w));
    print_rows("gmm", drawn);
    free(file);
    gmm_free(loaded);
    gmm_free(model);
}

static void tour_vae(const genmod_config *options, const genmod_data *rows)
{
    vae_model *model = NULL, *loaded = NULL;
    size_t need_bytes = 0;
    double drawn[4][2], epochs = 0;
    int calls = 0;
    need(vae_new(options, &model, w));
    need(vae_fit(model, rows, NULL, watch, &calls, w));
    need(genmod_report_get(vae_report(model), VAE_REPORT_EPOCHS, &epochs));
    printf("vae stopped after %.0f passes, %d calls\n", epochs, calls);
    if (vae_save(model, 0, NULL, &need_bytes, w) != GENMOD_TOO_SMALL)
        exit(1);
    void *file = malloc(need_bytes);
    need(vae_save(model, need_bytes, file, NULL, w));
    need(vae_new(NULL, &loaded, w));
    need(vae_load(loaded, need_bytes, file, w));
    need(vae_sample(loaded, 7, 0, 4, GENMOD_DRAW, NULL, GENMOD_F64,
                    sizeof drawn, drawn, w));
    print_rows("vae", drawn);
    free(file);
    vae_free(loaded);
    vae_free(model);
}

int main(void)
{
    static double x[N][2];
    genmod_config *mixture = NULL, *autoencoder = NULL;
    genmod_data *rows = NULL;
    for (int i = 0; i < N; i++) {
        x[i][0] = (37 * i % 101) / 16.0 + 8 * (i % 2);
        x[i][1] = (53 * i % 97) / 16.0 + 4 * (i % 2);
    }
    need(genmod_workspace_new(NULL, &w));
    printf("version %d\n", (int)genmod_version());
    need(genmod_data_new(&rows, w));
    need(genmod_data_set_rows(rows, GENMOD_F64, N, 2, x, 0, 0, w));

    need(gmm_config_new(&mixture, w));
    const int32_t status = genmod_config_set_i64(mixture, "componets", 2, w);
    printf("error %s: %s\n", genmod_status_name(status),
           genmod_workspace_error(w));
    need(genmod_config_set_i64(mixture, GMM_COMPONENTS, 2, w));
    tour_gmm(mixture, rows);

    need(vae_config_new(&autoencoder, w));
    need(genmod_config_set_str(autoencoder, VAE_ENCODER, "dense 8; tanh", w));
    need(genmod_config_set_i64(autoencoder, VAE_CODE, 1, w));
    need(genmod_config_set_i64(autoencoder, VAE_BATCH_SIZE, 50, w));
    tour_vae(autoencoder, rows);

    genmod_data_free(rows);
    genmod_config_free(autoencoder);
    genmod_config_free(mixture);
    genmod_workspace_free(w);
    return 0;
}
