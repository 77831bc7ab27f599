/* kann's own VAE example on this library, for race_kann.sh.
 *
 *     race_kann FOLDER PASSES [THREADS [N C]]
 *
 * 54,000 digits to train, in batches of 64 (RMSprop; N = 64 hidden tanh a side,
 * C = 2 codes), and 6,000 to validate after each pass. Prints the milliseconds
 * of each pass after the first, a line each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "digits.h"

#define VALIDATE 6000

static genmod_data *view(const struct digits *g, size_t first, size_t n)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, g->p.x + first * D, 0, 0,
                              NULL),
         NULL);
    need(genmod_data_set_scale(rows, 1 / 255.0, 0, NULL), NULL);
    return rows;
}

struct watch {
    double passes, last; /* seen so far; when that was */
};

static int32_t tell(const genmod_report *r, void *user)
{
    struct watch *const s = user;
    double passes = 0;
    need(genmod_report_get(r, VAE_REPORT_EPOCHS, &passes), NULL);
    if (passes == s->passes)
        return 0;
    if (s->passes > 0)
        printf("%.1f\n", 1e3 * (seconds() - s->last));
    s->passes = passes;
    s->last = seconds();
    return 0;
}

static vae_model *model(const char *passes, const char *hidden,
                        const char *codes, genmod_workspace *w)
{
    char net[64];
    snprintf(net, sizeof net, "dense %s; tanh", hidden);
    const char *const options[] = {
        "encoder",    net,         "decoder",   net,       "code",      codes,
        "likelihood", "bernoulli", "optimiser", "rmsprop", "kl_warmup", "0",
        "batch_size", "64",        "epochs",    passes,    NULL};
    return new_vae(options, w);
}

int main(int argc, char **argv)
{
    struct digits g;
    expect(argc > 2, "race_kann FOLDER PASSES [THREADS [N C]]");
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_digits(argv[1], argc > 3 ? (size_t)atol(argv[3]) : 1, &g);
    const size_t n = g.p.n - VALIDATE;
    genmod_data *train = view(&g, 0, n), *held = view(&g, n, VALIDATE);
    vae_model *m = model(argv[2], argc > 4 ? argv[4] : "64",
                         argc > 5 ? argv[5] : "2", g.w);
    struct watch watch = {0, 0};
    need(vae_fit(m, train, held, tell, &watch, g.w), g.w);
    vae_free(m);
    genmod_data_free(train);
    genmod_data_free(held);
    close_digits(&g);
    return 0;
}
