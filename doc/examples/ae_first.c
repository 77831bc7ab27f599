/* Codes of two numbers for rows of eight, and what they are good for. */
#include <math.h>

#include "example.h"

#define N 600
#define D 8

/* Rows near a bent surface: two hidden numbers, eight columns. */
static void make_rows(double x[N][D])
{
    for (int i = 0; i < N; i++) {
        const double s = (i * 37 % 601) / 300.0 - 1;
        const double t = (i * 101 % 599) / 300.0 - 1;
        for (int j = 0; j < D; j++)
            x[i][j] = 10 * j + sin(1 + j) * s + cos(2 * j) * t + 0.3 * s * t;
    }
}

static genmod_data *view(size_t n, size_t d, const double *x)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, n, d, x, 0, 0, NULL), NULL);
    return rows;
}

/* The decoder is the encoder's mirror image; after each pass the loss on the
 * kept rows is measured, and the best weights stay. */
static ae_model *fit(const genmod_data *train, const genmod_data *kept,
                     genmod_workspace *w)
{
    genmod_config *options = NULL;
    ae_model *m = NULL;
    double best = 0;
    need(ae_config_new(&options, w), w);
    need(genmod_config_set_str(options, AE_ENCODER, "dense 32; tanh; dense 2",
                               w),
         w);
    need(genmod_config_set_i64(options, AE_BATCH_SIZE, 50, w), w);
    need(genmod_config_set_i64(options, AE_EPOCHS, 200, w), w);
    need(genmod_config_set_i64(options, AE_PATIENCE, 40, w), w);
    need(genmod_config_set_f64(options, AE_LEARNING_RATE, 0.005, w), w);
    need(ae_new(options, &m, w), w);
    need(ae_fit(m, train, kept, NULL, NULL, w), w);
    expect(ae_dimension(m) == D && ae_code_size(m) == 2, "8 to 2");
    need(genmod_report_get(ae_report(m), AE_REPORT_BEST_LOSS, &best), w);
    expect(best < 0.5, "columns have variance 1 inside: a loss of 8 is none");
    genmod_config_free(options);
    return m;
}

static void code(const ae_model *m, const genmod_data *kept,
                 genmod_workspace *w)
{
    double z[100][2], back[100][D], again[100][D];
    need(ae_encode(m, kept, GENMOD_F64, sizeof z, z, w), w);
    need(ae_reconstruct(m, kept, GENMOD_F64, sizeof back, back, w), w);
    genmod_data *codes = view(100, 2, z[0]);
    need(ae_decode(m, codes, GENMOD_F64, sizeof again, again, w), w);
    expect(near(back[7][3], again[7][3], 1e-5), "decode after encode");
    genmod_data_free(codes);
}

/* A row that breaks the pattern in one column is strange there. */
static void find_strange(const ae_model *m, const genmod_data *kept,
                         const double row[D], genmod_workspace *w)
{
    double strange[D], score = 0, usual[100], cell[D];
    for (int j = 0; j < D; j++)
        strange[j] = row[j] + (j == 5 ? 3 : 0);
    genmod_data *one = view(1, D, strange);
    need(ae_anomaly(m, kept, sizeof usual, usual, w), w);
    need(ae_anomaly(m, one, sizeof score, &score, w), w);
    for (int i = 0; i < 100; i++)
        expect(score > usual[i], "stranger than every kept row");
    double limit = 0;
    int above = 0;
    need(ae_threshold(m, kept, 0.05, &limit, w), w);
    for (int i = 0; i < 100; i++)
        above += usual[i] > limit;
    expect(above <= 5 && score > limit, "one in twenty would be a false alarm");
    need(ae_anomaly_columns(m, one, sizeof cell, cell, w), w);
    for (int j = 0; j < D; j++)
        expect(cell[5] >= cell[j], "and most in column 5");
    genmod_data_free(one);
}

/* The weights, by name. */
static void count_weights(const ae_model *m, genmod_workspace *w)
{
    double count = 0, size = 0;
    const char *name;
    for (size_t i = 0; (name = ae_params_key(m, i)); i++) {
        size_t numbers = 0;
        expect(ae_get_params(m, name, 0, NULL, &numbers, w) == GENMOD_TOO_SMALL,
               "a size");
        count += (double)numbers;
    }
    need(genmod_report_get(ae_report(m), AE_REPORT_PARAMETERS, &size), w);
    expect(count == size, "all parameters have a name");
}

/* The same weights in another model, as they would come from elsewhere. */
static void carry_weights(const ae_model *m, const genmod_data *train,
                          const genmod_data *kept, genmod_workspace *w)
{
    double a[D * 32], want[100], got[100];
    genmod_config *options = NULL;
    ae_model *other = NULL;
    const char *name;
    need(ae_config_new(&options, w), w);
    need(ae_get_config(m, options, w), w);
    need(ae_new(options, &other, w), w);
    need(ae_start(other, train, w), w);
    for (size_t i = 0; (name = ae_params_key(m, i)); i++) {
        size_t n = 0;
        need(ae_get_params(m, name, D * 32, a, &n, w), w);
        need(ae_set_params(other, name, n, a, w), w);
    }
    need(ae_anomaly(m, kept, sizeof want, want, w), w);
    need(ae_anomaly(other, kept, sizeof got, got, w), w);
    for (int i = 0; i < 100; i++)
        expect(got[i] == want[i], "the same model");
    ae_free(other);
    genmod_config_free(options);
}

int main(void)
{
    static double x[N][D];
    genmod_workspace *w = NULL;
    make_rows(x);
    need(genmod_workspace_new(NULL, &w), w);
    genmod_data *train = view(500, D, x[0]), *kept = view(100, D, x[500]);
    ae_model *m = fit(train, kept, w);
    code(m, kept, w);
    find_strange(m, kept, x[520], w);
    count_weights(m, w);
    carry_weights(m, train, kept, w);

    ae_free(m);
    genmod_data_free(kept);
    genmod_data_free(train);
    genmod_workspace_free(w);
    return 0;
}
