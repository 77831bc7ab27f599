/* What the report costs: the time of noting and publishing within updates, on
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
#define MOST_ROUNDS 1000
#define PARTS 4     /* of the cost */
#define MEASURED 63 /* updates, of which the last's length is measured */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
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

/* ---- what is noted and published ----------------------------------------- */

static double reporting; /* seconds, so far */

static void timed_note(model_trainer *t, const ad_program *p, size_t m)
{
    const double start = now();
    gan_family.note(t, p, m);
    reporting += now() - start;
}

static void timed_publish(model_trainer *t, const nn_status *s)
{
    const double start = now();
    gan_family.publish(t, s);
    reporting += now() - start;
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

static ad_node rows_of(ad_graph *g, const char *name, size_t d)
{
    const int64_t apart[2] = {1, (int64_t)d};
    return ad_input(g, name, ad_rows(g, 1, 1, 3, apart));
}

/* Of the columns' variances of both kinds of rows. */
static int32_t compile_spreads(const ad_store *s, size_t batch, size_t d,
                               ad_program **out, genmod_workspace *w)
{
    ad_target target = {.kind = AD_OUTPUT};
    ad_node rows[2], mean, variance;
    ad_graph *g;
    int32_t status = ad_graph_new(batch, &g, w);
    if (status)
        return status;
    rows[0] = rows_of(g, "x", d);
    rows[1] = rows_of(g, "y", d);
    ad_moments(g, ad_concat(g, 1, 2, rows), 1, &mean, &variance);
    target.node = ad_sum(g, variance, 0x5, 0);
    status = ad_compile(g, s, 1, &target, out, w);
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

/* The tallies are kept aside in each update, for one that fails half way. */
static double time_keeping(const model *m)
{
    const model_trainer *const t = m->trainer;
    const double start = now();
    for (int i = 0; i < 200; i++)
        memcpy(t->kept_tally, t->tally, t->tallies * sizeof *t->tally);
    return (now() - start) / 200;
}

/* ---- games --------------------------------------------------------------- */

/* Within a round all is timed, so that what disturbs one disturbs the others.
 */
static void measure(const char *name, size_t d, const char *options,
                    size_t batch, int steps, size_t rounds)
{
    static double ms[MOST_ROUNDS], part[PARTS][MOST_ROUNDS], all[MOST_ROUNDS];
    model_family timed = gan_family;
    genmod_context *context = NULL;
    genmod_workspace *w = NULL;
    uint64_t s = 5;
    double *const x = malloc(ROWS * d * sizeof *x);
    for (size_t i = 0; i < ROWS * d; i++)
        x[i] = game_normal(&s);
    timed.note = timed_note;
    timed.publish = timed_publish;
    game_need(genmod_context_new(NULL, NULL, NULL, &context), NULL);
    game_need(genmod_context_set_threads(context, 1), NULL);
    game_need(genmod_workspace_new(context, &w), NULL);
    genmod_data *const v = game_view(ROWS, d, x);
    model *const m = start(&timed, options, v);
    game_need(model_step(m, v, w), w);
    for (size_t i = 0; i < rounds; i++) {
        const double start = now();
        reporting = 0;
        for (int k = 0; k < steps; k++)
            game_need(model_step(m, v, w), w);
        const double spent = (now() - start) / steps;
        const double parts[PARTS] = {reporting / steps,
                                     time_spreads(m, batch, w), time_lengths(m),
                                     time_keeping(m)};
        ms[i] = 1e3 * spent;
        all[i] = 0;
        for (int k = 0; k < PARTS; k++) {
            part[k][i] = 100 * parts[k] / spent;
            all[i] += part[k][i];
        }
    }
    printf("| %s | %.2f |", name, median(rounds, ms));
    for (int k = 0; k < PARTS; k++)
        printf(" %.2f |", median(rounds, part[k]));
    printf(" %.2f |\n", median(rounds, all));
    fflush(stdout);
    model_free(m);
    genmod_data_free(v);
    genmod_workspace_free(w);
    genmod_context_free(context);
    free(x);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)atoi(argv[1]) : 15;
    if (rounds < 1 || rounds > MOST_ROUNDS)
        game_fail("rounds", "from 1 to 1000");
    puts("| game | ms an update | noting, % | spreads, % | lengths, % | "
         "keeping, % | together, % |\n| --- | --- | --- | --- | --- | --- | "
         "--- |");
    measure("two columns, 128 rows", 2, "batch_size=128", 128, 64, rounds);
    measure(
        "two columns, 128 rows, layers of 32", 2,
        "batch_size=128 | generator=dense 32; lrelu 0.2; dense 32; lrelu 0.2 "
        "| discriminator=dense 32; lrelu 0.2; dense 32; lrelu 0.2",
        128, 256, rounds);
    measure("28 x 28 pixels, 64 rows", 784, "input=1x28x28 | batch_size=64", 64,
            16, (rounds + 2) / 3);
    return 0;
}
