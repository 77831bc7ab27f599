/* What the report costs: updates of two models that differ in nothing but
 * whether what they do is noted and published, in turns, by processor time of
 * one thread; beside that what the programs and the trainer compute for it.
 *
 *     gan_cost [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "game.h"
#include "gan/internal.h"

#define ROWS 1024
#define MOST_ROUNDS 200
#define STEPS 20    /* of a round */
#define MEASURED 63 /* updates, of which the last's length is measured */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static model *start(const model_family *f, const char *options,
                    const genmod_data *x)
{
    genmod_config *c = NULL;
    model *m = NULL;
    game_need(gan_config_new(&c, NULL), NULL);
    game_options(c, options, NULL);
    game_need(model_new(f, sizeof(gan_model), c, &m, NULL), NULL);
    game_need(model_start(m, x, NULL), NULL);
    genmod_config_free(c);
    return m;
}

/* Seconds of an update. */
static double step(model *m, const genmod_data *x, genmod_workspace *w)
{
    const double start = now();
    for (int i = 0; i < STEPS; i++)
        game_need(model_step(m, x, w), w);
    return (now() - start) / STEPS;
}

static int ascending(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double median(size_t n, double *v)
{
    qsort(v, n, sizeof *v, ascending);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* ---- what is computed for the report ------------------------------------- */

static ad_node spread(ad_graph *g, const char *name, size_t d)
{
    const int64_t columns = (int64_t)d;
    ad_node mean, variance;
    ad_moments(g, ad_input(g, name, ad_rows(g, 1, 1, 2, &columns)), 1, &mean,
               &variance);
    return ad_sum_all(g, variance);
}

/* Of the columns' variances of both kinds of rows. */
static int32_t compile_spreads(const ad_store *s, size_t batch, size_t d,
                               ad_program **out, genmod_workspace *w)
{
    ad_target target[2] = {{.kind = AD_OUTPUT}, {.kind = AD_OUTPUT}};
    ad_graph *g;
    int32_t status = ad_graph_new(batch, &g, w);
    if (status)
        return status;
    target[0].node = spread(g, "x", d);
    target[1].node = spread(g, "y", d);
    status = ad_compile(g, s, 2, target, out, w);
    ad_graph_free(g);
    return status;
}

static double time_spreads(const model *m, size_t batch, genmod_workspace *work)
{
    const ad_store *const s = m->body->store;
    ad_program *p = NULL;
    base_call call;
    int32_t status;
    genmod_workspace *const w = base_enter(&call, work, &status);
    status = base_leave(&call, compile_spreads(s, batch, m->d, &p, w));
    game_need(status, work);
    void *const arena = base_alloc_zero(work, 1, ad_program_bytes(p, 1));
    const ad_replay r = {.rows = batch, .arena = arena, .width = 1};
    const double start = now();
    for (int i = 0; i < 200; i++)
        ad_program_run(p, s, &r, NULL);
    const double spent = (now() - start) / 200;
    ad_program_free(p);
    base_free(arena);
    return spent;
}

/* How far both players moved, which every 63rd update asks. */
static double time_lengths(const model *m)
{
    const model_trainer *const t = m->trainer;
    const double start = now();
    double sum = 0;
    for (int i = 0; i < 50; i++)
        for (size_t k = 0; k < t->players; k++)
            sum += nn_optimiser_moved(
                t->optimiser[k], m->body->store,
                nn_optimiser_array(t->optimiser[k], 0, &(size_t){0}));
    return sum >= 0 ? (now() - start) / 50 / MEASURED : 0;
}

/* ---- games --------------------------------------------------------------- */

static void race(const char *name, size_t d, const char *options, size_t batch,
                 size_t rounds)
{
    static double ratio[MOST_ROUNDS], with[MOST_ROUNDS];
    model_family silent = gan_family;
    genmod_context *context = NULL;
    genmod_workspace *w = NULL;
    uint64_t s = 5;
    double *const x = malloc(ROWS * d * sizeof *x);
    for (size_t i = 0; i < ROWS * d; i++)
        x[i] = game_normal(&s);
    silent.note = NULL;
    silent.publish = NULL;
    game_need(genmod_context_new(NULL, NULL, NULL, &context), NULL);
    game_need(genmod_context_set_threads(context, 1), NULL);
    game_need(genmod_workspace_new(context, &w), NULL);
    genmod_data *const v = game_view(ROWS, d, x);
    model *const m[2] = {start(&gan_family, options, v),
                         start(&silent, options, v)};
    step(m[0], v, w);
    step(m[1], v, w);
    for (size_t i = 0; i < rounds; i++) {
        double spent[2];
        for (size_t k = 0; k < 2; k++)
            spent[(i + k) % 2] = step(m[(i + k) % 2], v, w);
        with[i] = spent[0];
        ratio[i] = spent[0] / spent[1] - 1;
    }
    const double ms = 1e3 * median(rounds, with);
    const double noted = 100 * median(rounds, ratio);
    const double spreads = 1e5 * time_spreads(m[0], batch, w) / ms;
    const double lengths = 1e5 * time_lengths(m[0]) / ms;
    printf("| %s | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, ms, noted,
           spreads, lengths, noted + spreads + lengths);
    fflush(stdout);
    model_free(m[0]);
    model_free(m[1]);
    genmod_data_free(v);
    genmod_workspace_free(w);
    genmod_context_free(context);
    free(x);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)atoi(argv[1]) : 15;
    if (rounds < 1 || rounds > MOST_ROUNDS)
        game_fail("rounds", "from 1 to 200");
    puts("| game | ms an update | noting, % | spreads, % | lengths, % | "
         "together, % |\n| --- | --- | --- | --- | --- | --- |");
    race("two columns, 128 rows", 2, "batch_size=128", 128, rounds);
    race("two columns, 128 rows, layers of 32", 2,
         "batch_size=128 | generator=dense 32; lrelu 0.2; dense 32; lrelu 0.2 "
         "| discriminator=dense 32; lrelu 0.2; dense 32; lrelu 0.2",
         128, rounds);
    /* a longer update scatters less */
    race("28 x 28 pixels, 64 rows", 784, "input=1x28x28 | batch_size=64", 64,
         (rounds + 2) / 3);
    return 0;
}
