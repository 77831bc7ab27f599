/* Codes of vectors: each row becomes three whole numbers, and new rows are
 * drawn from how often each number occurs. */
#include <math.h>
#include <stdio.h>

#include "mixture.h"

#define N 800
#define KEPT 200
#define D 12
#define PLACES 3
#define WIDTH 2
#define VECTORS 16

/* Three stretches of four columns, each rising, falling or flat. */
static void make_rows(double x[N][D])
{
    uint32_t noise = 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++) {
            const int slope = (i * (j / 4 * 7 + 3) + i / 5) % 3 - 1;
            noise = noise * 1664525 + 1013904223;
            x[i][j] = 5 + slope * (j % 4 - 1.5) + (noise >> 8) / 1e8;
        }
}

static vae_model *fit(const genmod_data *train)
{
    const char *const options[][2] = {{VAE_CODEBOOK, "16"},
                                      {VAE_CODEBOOK_WIDTH, "2"},
                                      {VAE_CODE, "6"},
                                      {VAE_ENCODER, "dense 32; relu"},
                                      {VAE_RESTART, "0.2"},
                                      {VAE_CODEBOOK_DECAY, "0.95"},
                                      {VAE_COMMITMENT, "0.5"},
                                      {VAE_LIKELIHOOD, "gaussian"},
                                      {VAE_LEARNING_RATE, "0.005"},
                                      {VAE_EPOCHS, "60"}};
    genmod_config *c = NULL;
    vae_model *m = NULL;
    need(vae_config_new(&c, NULL), NULL);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        need(genmod_config_set_str(c, options[i][0], options[i][1], NULL),
             NULL);
    need(vae_new(c, &m, NULL), NULL);
    need(vae_fit(m, train, NULL, NULL, NULL, NULL), NULL);
    genmod_config_free(c);
    return m;
}

static double report(const vae_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(vae_report(m), key, &v), NULL);
    return v;
}

static double mean(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    return sum;
}

/* The bound of rows that were kept back, nats a row. */
static double bound(const vae_model *m, const genmod_data *kept)
{
    double elbo[KEPT], kl[KEPT];
    need(vae_elbo(m, kept, 0, 1, sizeof elbo, elbo, NULL, kl, NULL), NULL);
    printf("kept rows: a bound of %.2f nats, of which the code costs %.2f\n",
           mean(KEPT, elbo), mean(KEPT, kl));
    return mean(KEPT, elbo);
}

/* Each code as the numbers of its vectors. */
static void print_codes(const vae_model *m, const genmod_data *kept)
{
    double book[VECTORS][WIDTH], z[KEPT][PLACES][WIDTH];
    need(vae_get_params(m, "codebook.vectors", VECTORS * WIDTH, book[0], NULL,
                        NULL),
         NULL);
    need(vae_encode(m, kept, GENMOD_F64, sizeof z, z, NULL, NULL), NULL);
    for (int i = 0; i < 4; i++) {
        printf("row %d is", i);
        for (int l = 0; l < PLACES; l++) {
            int k = 0;
            while (k < VECTORS - 1 &&
                   (z[i][l][0] != book[k][0] || z[i][l][1] != book[k][1]))
                k++;
            expect(z[i][l][1] == book[k][1], "a code is made of vectors");
            printf(" %2d", k);
        }
        printf("\n");
    }
}

static void print_new(const vae_model *m)
{
    double x[3][D];
    need(vae_sample(m, 7, 0, 3, GENMOD_MEAN, NULL, GENMOD_F64, sizeof x, x,
                    NULL),
         NULL);
    for (int i = 0; i < 3; i++) {
        printf("new:");
        for (int j = 0; j < D; j++)
            printf("%s%5.1f", j % 4 ? "" : " ", x[i][j]);
        printf("\n");
    }
}

int main(void)
{
    static double x[N][D];
    make_rows(x);
    genmod_data *train = view_rows(N - KEPT, D, x[0]);
    genmod_data *kept = view_rows(KEPT, D, x[N - KEPT]);
    vae_model *m = fit(train);

    printf("%.1f of %d vectors are in even use, by perplexity\n",
           report(m, VAE_REPORT_PERPLEXITY), VECTORS);
    expect(report(m, VAE_REPORT_PERPLEXITY) > VECTORS / 2, "few are dead");
    expect(bound(m, kept) > 0, "columns of their own would have -12");
    print_codes(m, kept);
    print_new(m);

    vae_free(m);
    genmod_data_free(kept);
    genmod_data_free(train);
    return 0;
}
