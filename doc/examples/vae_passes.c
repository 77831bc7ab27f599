/* The two parts of the bound while it is trained.
 *
 *     vae_passes tests/data/digits.csv out.png
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "read.h"
#include "variational.h"

#define D 64
#define PASSES 80
#define RUNS 3

static const char *const name[RUNS] = {"kl_warmup 0", "kl_warmup 40", "beta 4"};
static const char *const warmup[RUNS] = {"0", "40", "0"};
static const char *const beta[RUNS] = {"1", "1", "4"};

static vae_model *fit(int run, size_t n, const double *x)
{
    options o = {{VAE_ENCODER, "dense 128; relu; dense 64; relu"},
                 {VAE_CODE, "8"},
                 {VAE_LIKELIHOOD, "discretised-logistic"},
                 {VAE_LEVELS, "17"},
                 {VAE_KL_WARMUP, warmup[run]},
                 {VAE_BETA, beta[run]},
                 {VAE_EPOCHS, "80"},
                 {VAE_BATCH_SIZE, "64"},
                 {VAE_LEARNING_RATE, "0.002"},
                 {NULL, NULL}};
    return fit_vae(o, n, D, x, NULL);
}

/* A history as points (pass, value). */
static void points_of(const vae_model *m, const char *key,
                      double out[PASSES][2])
{
    double v[PASSES];
    size_t n = 0;
    need(genmod_report_series(vae_report(m), key, PASSES, v, &n), NULL);
    expect(n == PASSES, "a value a pass");
    for (int i = 0; i < PASSES; i++) {
        out[i][0] = i + 1;
        out[i][1] = v[i];
    }
}

static void draw_runs(figure *f, const struct axes *a, const char *key,
                      vae_model *const m[RUNS])
{
    draw_axes(f, a);
    for (size_t i = 0; i < RUNS; i++) {
        double xy[PASSES][2];
        points_of(m[i], key, xy);
        draw_line(f, a, PASSES, xy[0], 2, 0, draw_colour(i, 1));
    }
}

static void draw_sheet(const char *path, vae_model *const m[RUNS])
{
    struct axes a = {.left = 76,
                     .top = 142,
                     .width = 330,
                     .height = 240,
                     .x0 = 0,
                     .x1 = PASSES,
                     .y0 = 70,
                     .y1 = 150,
                     .title = "Reconstruction, −E ln p(x|z)",
                     .xlabel = "pass over the rows",
                     .ylabel = "nats a digit",
                     .xticks = 5,
                     .yticks = 5};
    figure *f =
        draw_new(2, 900, 462, "What training trades",
                 "A code that tells more of its digit costs more KL; their "
                 "sum, at beta 1, bounds −ln p(x)");
    for (size_t i = 0; i < RUNS; i++)
        draw_legend(f, 76 + 140 * (double)i, 100, '-', draw_colour(i, 1),
                    name[i]);
    draw_runs(f, &a, VAE_REPORT_RECONSTRUCTION_HISTORY, m);
    a.left = 520;
    a.y0 = 0;
    a.y1 = 25;
    a.title = "KL(q(z|x) ‖ p(z))";
    draw_runs(f, &a, VAE_REPORT_KL_HISTORY, m);
    draw_text(f, 32, 446, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: vae_passes digits.csv out.png\n");
        return 2;
    }
    struct table t;
    vae_model *m[RUNS];
    size_t n;
    read_csv(argv[1], 1, &t);
    double *train = digit_halves(&t, &n);
    for (int i = 0; i < RUNS; i++)
        m[i] = fit(i, n, train);
    draw_sheet(argv[2], m);

    for (int i = 0; i < RUNS; i++)
        vae_free(m[i]);
    free(train);
    free_table(&t);
    return 0;
}
