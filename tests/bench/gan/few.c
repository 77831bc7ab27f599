/* What augmentation is worth where images are few: a game of the default preset
 * on some of MNIST's digits at 14 x 14, judged in the codes of an autoencoder
 * that learned from others, against digits that neither has seen.
 *
 *     gan_few FOLDER ROWS UPDATES SEED CHANGES
 *
 * CHANGES: none, or those of option "augmentation".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"
#include "read.h"

#define D 196
#define CODES 16
#define LEARNED 20000 /* digits that the codes are of */
#define JUDGED 4000   /* and that games are judged by, the last */
#define HELD 500      /* that the report looks at, before these */

typedef const char *const settings[][2];

static genmod_workspace *w;

static genmod_data *view(size_t n, size_t d, const double *x)
{
    genmod_data *v = NULL;
    need(genmod_data_new(&v, w), w);
    need(genmod_data_set_rows(v, GENMOD_F64, n, d, x, 0, 0, w), w);
    return v;
}

/* Means of 2 x 2 pixels, ink from 0 to 1. */
static double *halved(const struct pictures *p)
{
    double *const x = memory(p->n * D, sizeof *x);
    for (size_t i = 0; i < p->n * D; i++) {
        const size_t row = i / D, y = i % D / 14, c = i % 14;
        const uint8_t *const at = p->x + row * 784 + 56 * y + 2 * c;
        x[i] = (at[0] + at[1] + at[28] + at[29]) / (4 * 255.0);
    }
    return x;
}

static void apply(genmod_config *c, settings s)
{
    for (size_t i = 0; s[i][0]; i++)
        need(genmod_config_set_str(c, s[i][0], s[i][1], w), w);
}

static ae_model *coder(const double *x)
{
    settings s = {{"encoder", "dense 256; relu; dense 16"},
                  {"standardise", "0"},
                  {"loss", "bce"},
                  {"epochs", "10"},
                  {NULL, NULL}};
    genmod_data *const v = view(LEARNED, D, x);
    genmod_config *c = NULL;
    ae_model *m = NULL;
    need(ae_config_new(&c, w), w);
    apply(c, s);
    need(ae_new(c, &m, w), w);
    need(ae_fit(m, v, NULL, NULL, NULL, w), w);
    genmod_config_free(c);
    genmod_data_free(v);
    return m;
}

static genmod_data *codes_of(const ae_model *m, size_t n, const double *x)
{
    genmod_data *const v = view(n, D, x);
    double *const z = memory(n * CODES, sizeof *z);
    need(ae_encode(m, v, GENMOD_F64, n * CODES * sizeof *z, z, w), w);
    genmod_data_free(v);
    return view(n, CODES, z);
}

static void judge(const ae_model *m, const genmod_data *real, size_t n,
                  const double *x, const char *name)
{
    genmod_data *const v = codes_of(m, n, x);
    double frechet, error, quality[4];
    need(genmod_sample_frechet(real, v, &frechet, NULL, &error, w), w);
    need(genmod_sample_prdc(real, v, 5, quality, NULL, NULL, w), w);
    printf("%s: frechet %.3f (%.3f), precision %.3f, recall %.3f, density "
           "%.3f, coverage %.3f\n",
           name, frechet, error, quality[0], quality[1], quality[2],
           quality[3]);
    genmod_data_free(v);
}

static double number(const gan_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(gan_report(m), key, &v), w);
    return v;
}

static gan_model *play(const double *x, size_t n, const double *held,
                       char **argv)
{
    settings s = {{"input", "1x14x14"}, {"batch_size", "64"},
                  {"updates", argv[3]}, {"seed", argv[4]},
                  {"augmentation", ""}, {NULL, NULL}};
    genmod_data *const v = view(n, D, x), *const h = view(HELD, D, held);
    genmod_config *c = NULL;
    gan_model *m = NULL;
    need(gan_config_new(&c, w), w);
    apply(c, s);
    if (strcmp(argv[5], "none"))
        need(genmod_config_set_str(c, "augmentation", argv[5], w), w);
    need(gan_new(c, &m, w), w);
    need(gan_fit(m, v, h, NULL, NULL, w), w);
    printf("over_fitting %g, js_bound %.3f\n", number(m, "over_fitting"),
           number(m, "js_bound"));
    genmod_config_free(c);
    genmod_data_free(v);
    genmod_data_free(h);
    return m;
}

int main(int argc, char **argv)
{
    static double made[JUDGED * D];
    genmod_context *context = NULL;
    struct pictures p;
    expect(argc == 6, "usage: gan_few FOLDER ROWS UPDATES SEED CHANGES");
    need(genmod_context_new(NULL, NULL, NULL, &context), NULL);
    need(genmod_context_set_threads(context, 1), NULL);
    need(genmod_workspace_new(context, &w), NULL);
    read_mnist(argv[1], &p);
    double *const x = halved(&p);
    const size_t n = (size_t)atol(argv[2]);
    const double *const last = x + (p.n - JUDGED) * D;
    expect(n > 0 && n <= 20000, "ROWS are from 1 to 20000");
    ae_model *const code = coder(x + 20000 * D);
    genmod_data *const real = codes_of(code, JUDGED, last);
    gan_model *const m = play(x, n, last - HELD * D, argv);
    need(gan_sample(m, 1, 0, JUDGED, NULL, GENMOD_F64, sizeof made, made, w),
         w);
    judge(code, real, JUDGED, made, "generated");
    judge(code, real, n, x, "training rows");
    judge(code, real, JUDGED, x + 45000 * D, "other digits");
    gan_free(m);
    ae_free(code);
    genmod_data_free(real);
    free_pictures(&p);
    free(x);
    genmod_workspace_free(w);
    genmod_context_free(context);
    return 0;
}
