/* An agent that watches metrics: it learns from a stream of rows what is
 * normal, says of each new row how strange it is and which metric is to blame,
 * and goes on after a restart. The library itself prints and opens nothing.
 *
 *     cc metrics_agent.c $(pkg-config --cflags --libs genmod) -lm
 */
#include <genmod/genmod.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS 5
#define HISTORY 4000 /* rows to learn from */
#define LIVE 400     /* rows that come afterwards, two of them strange */
#define LEAK (HISTORY + 123)
#define OUTAGE (HISTORY + 287)

/* What each column holds. The model takes its likelihood from that. */
static const char *const names[] = {"cpu", "bytes", "calls", "state", "job"};
static const int32_t kinds[] = {GENMOD_REAL, GENMOD_POSITIVE, GENMOD_COUNT,
                                GENMOD_CATEGORICAL, GENMOD_BINARY};
static const int32_t levels[] = {0, 0, 0, 3, 0}; /* fine, slow, down */

static void need(int32_t status, const genmod_workspace *w)
{
    if (status == GENMOD_OK)
        return;
    fprintf(stderr, "metrics_agent: %s\n", genmod_workspace_error(w));
    exit(1);
}

/* Between 0 and 1, the same for the same row and column. */
static double noise(int64_t row, int column)
{
    uint64_t z = ((uint64_t)row * 8 + (uint64_t)column) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* A day has 288 rows. What was not measured is NaN. */
static void measure(int64_t row, double x[METRICS])
{
    const double day = sin((double)row * 6.283185307179586 / 288);
    x[0] = 40 + 25 * day + 6 * (noise(row, 0) - 0.5);
    x[2] = floor(exp(4 + day) * (0.9 + 0.2 * noise(row, 2)));
    x[1] = 1500 * (x[2] + 1) * (0.7 + 0.6 * noise(row, 1));
    x[3] = x[0] > 60 && noise(row, 3) < 0.5;
    x[4] = day < -0.9;
    for (int j = 0; j < METRICS; j++)
        if (noise(row + 777777, j) < 0.03)
            x[j] = NAN;
    if (row == LEAK)
        x[1] = 60 * 1500 * x[2]; /* more than so many calls explain */
    if (row == OUTAGE)
        x[2] = 0, x[3] = 2; /* down, and nobody is served */
}

/* The row source: rows are asked for by number, some at a time, the same in
 * each pass. Here they are computed; elsewhere they lie in a ring or a file. */
static int32_t read_rows(size_t n, const int64_t *rows, void *x,
                         double *weights, int32_t *labels, void *user)
{
    (void)weights, (void)labels, (void)user;
    for (size_t i = 0; i < n; i++)
        measure(rows[i], (double *)x + i * METRICS);
    return 0;
}

static vae_model *new_model(genmod_workspace *w)
{
    genmod_config *c = NULL;
    vae_model *m = NULL;
    need(vae_config_new(&c, w), w);
    need(genmod_config_set_i64(c, VAE_CODE, 2, w), w);
    need(genmod_config_set_i64(c, VAE_MISSING, 1, w), w);
    need(genmod_config_set_f64(c, VAE_LEARNING_RATE, 0.003, w), w);
    need(vae_new(c, &m, w), w);
    genmod_config_free(c);
    return m;
}

static void train(vae_model *m, const genmod_data *x, genmod_workspace *w)
{
    for (int i = 0; i < 600; i++)
        need(vae_step(m, x, w), w);
}

/* Scores live rows as they come, and returns how many are above the bound. */
static int watch(const vae_model *m, genmod_data *one, double bound,
                 double score[LIVE], genmod_workspace *w)
{
    int alarms = 0;
    for (int i = 0; i < LIVE; i++) {
        double x[METRICS], part[METRICS];
        measure(HISTORY + i, x);
        need(genmod_data_set_rows(one, GENMOD_F64, 1, METRICS, x, 0, 0, w), w);
        need(vae_anomaly(m, one, sizeof *score, &score[i], w), w);
        if (score[i] <= bound)
            continue;
        alarms++;
        need(vae_anomaly_columns(m, one, sizeof part, part, w), w);
        printf("row %d: %.1f nats > %.1f:", HISTORY + i, score[i], bound);
        for (int j = 0; j < METRICS; j++)
            printf(" %s %.1f%s", names[j], part[j], j == 4 ? "\n" : ",");
    }
    return alarms;
}

int main(void)
{
    static double before[LIVE], after[LIVE];
    double bound = 0;
    size_t n = 0;
    genmod_workspace *w = NULL;
    genmod_data *history = NULL, *one = NULL;
    need(genmod_workspace_new(NULL, &w), w);
    need(genmod_data_new(&history, w), w);
    need(genmod_data_set_source(history, GENMOD_F64, HISTORY, METRICS,
                                read_rows, NULL, w),
         w);
    need(genmod_data_set_schema(history, METRICS, kinds, levels, w), w);
    need(genmod_data_set_missing(history, 1, w), w);
    need(genmod_data_new(&one, w), w); /* its columns' kinds are the model's */
    need(genmod_data_set_missing(one, 1, w), w);
    vae_model *m = new_model(w), *again = new_model(w);
    need(vae_start(m, history, w), w);
    train(m, history, w);
    if (vae_checkpoint(m, 0, NULL, &n, w) != GENMOD_TOO_SMALL)
        return 1;
    void *bytes = malloc(n); /* the agent's own, to keep where it likes */
    need(bytes ? vae_checkpoint(m, n, bytes, NULL, w) : GENMOD_NO_MEMORY, w);
    train(m, history, w);
    /* as strange as the past ever was */
    need(vae_threshold(m, history, 0, &bound, w), w);
    int alarms = watch(m, one, bound, before, w);
    vae_free(m); /* the agent ends; the next one has its bytes */

    need(vae_load(again, n, bytes, w), w);
    train(again, history, w);
    alarms += watch(again, one, bound, after, w);
    free(bytes);
    vae_free(again);
    genmod_data_free(one);
    genmod_data_free(history);
    genmod_workspace_free(w);
    return alarms == 4 && memcmp(before, after, sizeof before) == 0 ? 0 : 1;
}
