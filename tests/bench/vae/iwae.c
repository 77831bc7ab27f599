/* The importance-weighted autoencoder of Burda, Grosse and Salakhutdinov 2016
 * with one stochastic layer, by the recipe of twin_iwae.py.
 *
 *     vae_iwae folder-with-idx-files k stages [seed [dreg|stl|standard]]
 *     vae_iwae folder-with-idx-files weights k file
 *
 * Trains 784-200-200-50, tanh, on digits that are drawn black or white anew in
 * each pass, stage i = 1 … of 3^(i - 1) passes, and prints after each stage the
 * held-out bounds with 1 and k draws, from the third stage on that with 5,000
 * of the first 1,000 digits, and the codes in use. Or judges weights that
 * weights.py wrote out in the same way.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"

static void judge(const vae_model *m, const struct digits *g, size_t k,
                  int many)
{
    genmod_data *few = some_bits(g, 1000);
    double error = 0;
    printf("  held out, 1 draw %.3f",
           held_loss(m, g->bits_held, HELD, 1, NULL, NULL, g->w));
    printf(", %zu draws %.3f", k,
           held_bound(m, g->bits_held, HELD, k, NULL, g->w));
    printf(", %zu codes active", active_codes(m, g->bits_held, HELD, g->w));
    if (many) {
        const double start = seconds();
        const double bound = held_bound(m, few, 1000, 5000, &error, g->w);
        printf("; 5000 draws, 1000 digits %.3f (rows: +- %.3f), %.1f s", bound,
               error, seconds() - start);
    }
    printf("\n");
    genmod_data_free(few);
}

static vae_model *make(const struct digits *g, const char *k, const char *seed,
                       const char *gradient)
{
    const char *const options[] = {
        "encoder",    "dense 200; tanh; dense 200; tanh",
        "decoder",    "dense 200; tanh; dense 200; tanh",
        "code",       "50",
        "likelihood", "bernoulli",
        "objective",  "iwae",
        "samples",    k,
        "kl_warmup",  "0",
        "batch_size", "20",
        "epsilon",    "1e-4",
        "gradient",   gradient,
        "seed",       seed,
        "epochs",     "1",
        "warm_start", "1",
        NULL};
    return new_vae(options, g->w);
}

static void train(struct digits *g, vae_model *m, size_t k, int stages)
{
    double spent = 0;
    for (int stage = 1, passes = 1; stage <= stages; stage++, passes *= 3) {
        const double rate =
            1e-4 * round(10 * pow(10, 1 - (stage - 1) / 7.0)) / 10;
        char number[32];
        snprintf(number, sizeof number, "%.17g", rate);
        const char *const options[] = {"learning_rate", number, NULL};
        set_vae(m, options);
        for (int i = 0; i < passes; i++) {
            double loss = NAN;
            const double start = seconds();
            g->pass++;
            need(vae_fit(m, g->redrawn, NULL, NULL, NULL, g->w), g->w);
            spent += seconds() - start;
            need(genmod_report_get(vae_report(m), VAE_REPORT_EPOCH_LOSS, &loss),
                 NULL);
            printf("stage %d, pass %d: rate %g, training %.3f, %.1f s\n", stage,
                   (int)g->pass, rate, loss, spent);
        }
        judge(m, g, k, stage >= 3);
    }
}

int main(int argc, char **argv)
{
    struct digits g;
    if (argc < 4) {
        printf("skipped: wants a folder with MNIST, k, stages\n");
        return 77;
    }
    const int given = !strcmp(argv[2], "weights");
    const char *k = argv[given ? 3 : 2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_digits(argv[1], 1, &g);
    g.seed = 7;
    vae_model *m = make(&g, k, argc > 4 && !given ? argv[4] : "0",
                        argc > 5 ? argv[5] : "standard");
    if (given) {
        need(vae_start(m, g.redrawn, g.w), g.w);
        load_weights(m, argv[4]);
        judge(m, &g, (size_t)atol(k), 1);
    } else {
        train(&g, m, (size_t)atol(k), atoi(argv[3]));
    }
    vae_free(m);
    close_digits(&g);
    return 0;
}
