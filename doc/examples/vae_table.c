/* A table of mixed columns with gaps: each column by what it holds, missing
 * cells filled in, strange ones named. */
#include <math.h>

#include "mixture.h"
#include "variational.h"

#define N 600
#define KEPT 60
#define D 5

static const int32_t kinds[D] = {GENMOD_REAL, GENMOD_POSITIVE, GENMOD_COUNT,
                                 GENMOD_BINARY, GENMOD_CATEGORICAL};
static const int32_t levels[D] = {0, 0, 0, 0, 3};

/* One hidden number moves all columns; a tenth of the cells is missing. */
static void make_table(double x[N][D])
{
    static double e[N][D];
    normals(4, N * D, e[0]);
    for (int i = 0; i < N; i++) {
        const double t = i * 37 % 601 / 300.0 - 1;
        x[i][0] = 5 * t + 0.4 * e[i][0];
        x[i][1] = exp(6 + t + 0.2 * e[i][1]);
        x[i][2] = floor(20 + 15 * t + 2 * fabs(e[i][2]));
        x[i][3] = t + 0.2 * e[i][3] > 0;
        x[i][4] = t < -0.4 ? 0 : t < 0.3 ? 1 : 2;
        if (i % 2 == 0)
            x[i][i / 2 % D] = NAN;
    }
}

static genmod_data *view_table(size_t n, const double *x)
{
    genmod_data *rows = view_rows(n, D, x);
    need(genmod_data_set_schema(rows, D, kinds, levels, NULL), NULL);
    need(genmod_data_set_missing(rows, 1, NULL), NULL);
    return rows;
}

/* E[missing | present]; and a draw, which keeps the spread. */
static void fill_in(const vae_model *m, double x[KEPT][D])
{
    double mean[KEPT][D], drawn[KEPT][D];
    genmod_data *rows = view_table(KEPT, x[0]);
    need(vae_impute(m, rows, GENMOD_MEAN, 1, 100, GENMOD_F64, sizeof mean, mean,
                    NULL),
         NULL);
    need(vae_impute(m, rows, GENMOD_DRAW, 1, 100, GENMOD_F64, sizeof drawn,
                    drawn, NULL),
         NULL);
    for (int i = 0; i < KEPT; i++)
        for (int j = 0; j < D; j++) {
            expect(isnan(x[i][j]) || mean[i][j] == x[i][j], "what was there");
            expect(isfinite(mean[i][j]), "and what was not");
        }
    for (int i = 0; i < KEPT; i++)
        expect(drawn[i][2] == floor(drawn[i][2]),
               "draws of a count are counts");
    genmod_data_free(rows);
}

/* A cell that does not go with the others is strange, and named. */
static void find_strange(const vae_model *m, double usual[KEPT][D])
{
    double row[D], score[KEPT], own, cell[D];
    for (int j = 0; j < D; j++)
        row[j] = usual[1][j];
    row[0] += row[0] > 0 ? -8 : 8;
    genmod_data *one = view_table(1, row), *all = view_table(KEPT, usual[0]);
    need(vae_anomaly(m, all, sizeof score, score, NULL), NULL);
    need(vae_anomaly(m, one, sizeof own, &own, NULL), NULL);
    need(vae_anomaly_columns(m, one, sizeof cell, cell, NULL), NULL);
    for (int i = 0; i < KEPT; i++)
        expect(own > score[i], "stranger than every usual row");
    for (int j = 1; j < D; j++)
        expect(cell[0] > 2 * cell[j], "by its first column");
    genmod_data_free(all);
    genmod_data_free(one);
}

int main(void)
{
    static double x[N][D];
    options o = {{VAE_MISSING, "1"},     {VAE_HIDE, "0.2"},
                 {VAE_CODE, "2"},        {VAE_ENCODER, "dense 32; tanh"},
                 {VAE_EPOCHS, "80"},     {VAE_LEARNING_RATE, "0.01"},
                 {VAE_BATCH_SIZE, "54"}, {NULL, NULL}};
    make_table(x);
    vae_model *m = new_vae(o, NULL);
    genmod_data *rows = view_table(N - KEPT, x[KEPT]);
    need(vae_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    fill_in(m, x);
    find_strange(m, x);
    genmod_data_free(rows);
    vae_free(m);
    return 0;
}
