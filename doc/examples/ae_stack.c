/* Few labels, many rows: layers trained one after another on all rows, then a
 * classifier and a regressor from the encoder. */
#include <math.h>
#include <stdio.h>

#include "autoencoder.h"
#include "mixture.h"

#define N 600
#define LABELLED 45
#define D 16
#define CLASSES 3
#define ENCODER "dense 12; sigmoid; dense 8; sigmoid"

/* Waves of three shapes, at some phase and height; the height stands in a
 * column of its own, the last. */
static void make_waves(double x[N][D + 1], int32_t label[N])
{
    for (int i = 0; i < N; i++) {
        const double phase = i % 37 * 0.17, height = 1 + i % 23 * 0.1;
        label[i] = i % CLASSES;
        for (int j = 0; j < D; j++) {
            const double s = sin((label[i] + 1) * 0.4 * j + phase);
            x[i][j] = height * s;
        }
        x[i][D] = height;
    }
}

/* The rows' first columns; the last is left out by the stride. */
static genmod_data *view_waves(size_t n, double x[N][D + 1],
                               const int32_t *label)
{
    genmod_data *v = NULL;
    need(genmod_data_new(&v, NULL), NULL);
    need(genmod_data_set_rows(v, GENMOD_F64, n, D, x[0], D + 1, 1, NULL), NULL);
    need(genmod_data_set_labels(v, label ? n : 0, label, NULL), NULL);
    return v;
}

static int32_t tell(const genmod_report *report, void *user)
{
    double layer = 0;
    need(genmod_report_get(report, AE_REPORT_PRETRAINED, &layer), NULL);
    *(double *)user = layer;
    return 0;
}

/* Two denoising layers, then the whole. */
static ae_model *stack(double x[N][D + 1])
{
    options o = {{AE_ENCODER, ENCODER},
                 {AE_CORRUPTION, "masking"},
                 {AE_CORRUPTION_LEVEL, "0.2"},
                 {AE_PRETRAIN_EPOCHS, "40"},
                 {AE_PRETRAIN_LEARNING_RATE, "0.01"},
                 {AE_EPOCHS, "40"},
                 {AE_WARM_START, "1"},
                 {NULL, NULL}};
    genmod_data *all = view_waves(N, x, NULL);
    ae_model *m = new_autoencoder(o, NULL);
    double last = -1, loss[2];
    need(ae_pretrain(m, all, tell, &last, NULL), NULL);
    expect(last == 1, "layers 0 and 1");
    need(genmod_report_series(ae_report(m), AE_REPORT_PRETRAIN_LOSS, 2, loss,
                              NULL),
         NULL);
    printf("layers pre-trained to losses of %.3f and %.3f\n", loss[0], loss[1]);
    need(ae_fit(m, all, NULL, NULL, NULL, NULL), NULL);
    genmod_data_free(all);
    return m;
}

/* Share of the rows whose class a model of few labelled rows finds. */
static double classify(const ae_model *encoder, const char *freeze,
                       double x[N][D + 1], const int32_t *label)
{
    options o = {{AE_ENCODER, ENCODER}, {AE_TARGET, "classes"},
                 {AE_CLASSES, "3"},     {AE_HEAD, "dense 8; relu"},
                 {AE_FREEZE, freeze},   {AE_EPOCHS, "150"},
                 {AE_BATCH_SIZE, "15"}, {AE_LEARNING_RATE, "0.01"},
                 {AE_WARM_START, "1"},  {NULL, NULL}};
    static int32_t found[N];
    static double p[N][CLASSES];
    double accuracy = 0, hits = 0, history[150];
    size_t passes = 0;
    genmod_data *all = view_waves(N, x, label);
    genmod_data *few = view_waves(LABELLED, x, label);
    ae_model *m = new_autoencoder(o, NULL);
    need(ae_adopt(m, encoder, few, NULL), NULL);
    need(ae_fit(m, few, all, NULL, NULL, NULL), NULL);
    need(ae_predict(m, all, sizeof found, found, NULL), NULL);
    need(ae_probabilities(m, all, GENMOD_F64, sizeof p, p, NULL), NULL);
    for (size_t i = 0; i < N; i++) {
        expect(near(p[i][0] + p[i][1] + p[i][2], 1, 1e-6), "probabilities");
        hits += found[i] == label[i];
    }
    need(genmod_report_get(ae_report(m), AE_REPORT_ACCURACY, &accuracy), NULL);
    need(genmod_report_series(ae_report(m), AE_REPORT_ACCURACY_HISTORY, 150,
                              history, &passes),
         NULL);
    expect(history[passes - 1] == accuracy, "of the last pass");
    genmod_data_free(all);
    genmod_data_free(few);
    ae_free(m);
    return hits / N;
}

/* The height, from the waves. */
static void regress(double x[N][D + 1])
{
    options o = {{AE_ENCODER, ENCODER}, {AE_TARGET, "values"},
                 {AE_VALUES, "1"},      {AE_EPOCHS, "150"},
                 {AE_BATCH_SIZE, "50"}, {AE_LEARNING_RATE, "0.01"},
                 {NULL, NULL}};
    static double y[N];
    double error = 0;
    genmod_data *rows = view_rows(N, D + 1, x[0]);
    genmod_data *waves = view_waves(N, x, NULL);
    ae_model *m = new_autoencoder(o, NULL);
    need(ae_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    need(ae_values(m, waves, GENMOD_F64, sizeof y, y, NULL), NULL);
    for (size_t i = 0; i < N; i++)
        error += pow(y[i] - x[i][D], 2) / N;
    printf("heights are off by %.3f\n", sqrt(error));
    expect(error < 0.1, "a quarter of the heights' variance");
    genmod_data_free(rows);
    genmod_data_free(waves);
    ae_free(m);
}

int main(void)
{
    static double x[N][D + 1];
    static int32_t label[N];
    make_waves(x, label);
    ae_model *m = stack(x);
    const double whole = classify(m, "0", x, label);
    const double head = classify(m, "1", x, label);
    printf("%d labels: %.0f %% right, %.0f %% where the encoder is frozen\n",
           LABELLED, 100 * whole, 100 * head);
    expect(whole > 0.6 && head > 0.5, "better than a guess of three");
    regress(x);
    ae_free(m);
    return 0;
}
