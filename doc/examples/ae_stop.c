/* Watching a fit, stopping it, going on. */
#include <math.h>

#include "example.h"

#define N 256
#define D 6

struct watch {
    int calls;
    double first, last;
};

/* Ends the fit, and keeps what it has, after a hundred updates. */
static int32_t watch_loss(const genmod_report *r, void *user)
{
    struct watch *const seen = user;
    double steps = 0, loss = 0;
    if (genmod_report_get(r, AE_REPORT_STEPS, &steps) ||
        genmod_report_get(r, AE_REPORT_LOSS, &loss))
        return -1;
    if (steps == 1)
        seen->first = loss;
    seen->last = loss;
    seen->calls++;
    return steps >= 100;
}

static double number(const ae_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(ae_report(m), key, &v), NULL);
    return v;
}

int main(void)
{
    static double x[N][D];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            x[i][j] = sin(0.1 * i + j) + (i * 29 % 11) / 11.0;
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    ae_model *model = NULL;
    need(ae_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, AE_CODE, 2, NULL), NULL);
    need(genmod_config_set_i64(options, AE_BATCH_SIZE, 64, NULL), NULL);
    need(genmod_config_set_i64(options, AE_EPOCHS, 50, NULL), NULL);
    need(genmod_config_set_f64(options, AE_VALIDATION, 0.25, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(ae_new(options, &model, NULL), NULL);

    struct watch seen = {0};
    need(ae_fit(model, rows, NULL, watch_loss, &seen, NULL), NULL);
    expect(number(model, AE_REPORT_STEPS) == 100, "a hundred updates");
    expect(seen.last < seen.first, "a loss that fell");
    expect(number(model, AE_REPORT_LEARNING_RATE) == 0.001, "the default");
    expect(number(model, AE_REPORT_GRADIENT_NORM) > 0, "a gradient");

    /* 192 rows are three updates a pass; a quarter is kept to validate on. */
    size_t passes = 0;
    double history[1000];
    need(genmod_report_series(ae_report(model), AE_REPORT_LOSS_HISTORY, 1000,
                              history, &passes),
         NULL);
    expect(passes == 33 && number(model, AE_REPORT_EPOCHS) == 33, "passes");
    expect(history[passes - 1] == number(model, AE_REPORT_EPOCH_LOSS), "last");
    need(genmod_report_series(ae_report(model), AE_REPORT_VALIDATION_HISTORY,
                              1000, history, &passes),
         NULL);
    expect(number(model, AE_REPORT_BEST_LOSS) <=
               number(model, AE_REPORT_VALIDATION_LOSS),
           "the best is the least");
    expect(number(model, AE_REPORT_BEST_EPOCH) <= 33, "a pass so far");
    expect(number(model, AE_REPORT_STOPPED_EARLY) == 0, "we stopped it");

    /* Training options may change between calls; structure may not. */
    need(ae_get_config(model, options, NULL), NULL);
    need(genmod_config_set_i64(options, AE_WARM_START, 1, NULL), NULL);
    need(genmod_config_set_i64(options, AE_EPOCHS, 7, NULL), NULL);
    need(genmod_config_set_f64(options, AE_LEARNING_RATE, 1e-4, NULL), NULL);
    need(ae_configure(model, options, NULL), NULL);
    need(ae_fit(model, rows, NULL, NULL, NULL, NULL), NULL);
    expect(number(model, AE_REPORT_EPOCHS) == 40, "seven more");
    need(genmod_config_set_i64(options, AE_CODE, 3, NULL), NULL);
    expect(ae_configure(model, options, NULL) == GENMOD_BAD_ARGUMENT,
           "a model keeps its code");

    ae_free(model);
    genmod_data_free(rows);
    genmod_config_free(options);
    return 0;
}
