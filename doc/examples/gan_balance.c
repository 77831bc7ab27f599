/* How a game is balanced: the two halves, the bound of what is left to learn,
 * and why G's loss is not the game's own.
 *
 *     gan_balance tests/data/digits.csv out.png
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "adversarial.h"
#include "draw.h"
#include "read.h"

#define N 4000
#define GAMES 2
#define TIMES 7

static const char *const preset[GAMES] = {"relativistic", "lecture"};
static const char *const label[GAMES] = {"relativistic: rows in pairs, R1, R2",
                                         "lecture: minimax, no penalty"};

/* A history as a line over the updates of the game: means of `each` entries. */
static void draw_series(figure *f, const struct axes *a, const gan_model *m,
                        const char *key, size_t each, struct colour c)
{
    size_t n;
    double *v = gan_series(m, key, &n), *xy = memory(2 * n, sizeof *xy);
    for (size_t i = 0; i < n / each; i++) {
        xy[2 * i] =
            ((double)i + 0.5) * (double)each / (double)n * RING_UPDATES / 1000;
        for (size_t j = 0; j < each; j++)
            xy[2 * i + 1] += v[i * each + j] / (double)each;
    }
    draw_line(f, a, n / each, xy, 1.8, 0, c);
    free(xy);
    free(v);
}

static void draw_games(figure *f, struct axes a, gan_model *const m[GAMES])
{
    const double half[] = {0, 0.5, RING_UPDATES / 1000.0, 0.5};
    a.title = "D(x) above, D(G(z)) below";
    a.y0 = 0.3;
    a.y1 = 0.7;
    draw_axes(f, &a);
    draw_line(f, &a, 2, half, 1, 4, draw_ink);
    for (size_t i = GAMES; i-- > 0;) {
        const struct colour c = draw_colour(i, 1);
        draw_series(f, &a, m[i], GAN_REPORT_D_REAL_HISTORY, 5, c);
        draw_series(f, &a, m[i], GAN_REPORT_D_FAKE_HISTORY, 5, c);
    }
    a.left += 296;
    a.title = "Bound of Jensen-Shannon, nats";
    a.y0 = 0;
    a.y1 = 0.3;
    draw_axes(f, &a);
    for (size_t i = GAMES; i-- > 0;)
        draw_series(f, &a, m[i], GAN_REPORT_JS_BOUND_HISTORY, 2,
                    draw_colour(i, 1));
}

/* G's gradient against a D that has learned alone, by both losses. */
static void draw_gradients(figure *f, struct axes a, size_t n, const double *x)
{
    static const char *const loss[] = {"minimax", "non-saturating"};
    static const int updates[TIMES] = {1, 3, 10, 30, 100, 300, 1000};
    draw_axes(f, &a);
    for (size_t i = 0; i < 2; i++) {
        double xy[TIMES][2];
        for (size_t j = 0; j < TIMES; j++) {
            const double norm =
                generator_gradient(loss[i], updates[j], n, 64, x, NULL);
            xy[j][0] = log10(updates[j]);
            xy[j][1] = log10(norm);
        }
        draw_line(f, &a, TIMES, xy[0], 2, 0, draw_colour(2 + i, 1));
        draw_points(f, &a, TIMES, xy[0], 3, draw_colour(2 + i, 1));
        draw_legend(f, a.left + 8, a.top + a.height - 34 + 20 * (double)i, '-',
                    draw_colour(2 + i, 1), loss[i]);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gan_balance digits.csv out.png\n");
        return 2;
    }
    struct table t;
    size_t n;
    gan_model *m[GAMES];
    double *ring = memory(2 * N, sizeof *ring);
    read_csv(argv[1], 1, &t);
    double *digits = digit_halves(&t, &n);
    ring_rows(5, N, ring);
    for (int i = 0; i < GAMES; i++)
        m[i] = fit_ring(preset[i], N, ring);

    struct axes a = {.left = 62,
                     .top = 142,
                     .width = 236,
                     .height = 230,
                     .x0 = 0,
                     .x1 = RING_UPDATES / 1000.0,
                     .xlabel = "thousand updates",
                     .ylabel = "",
                     .xticks = 6,
                     .yticks = 6};
    figure *f = draw_new(2, 934, 458, "A game is balanced, not minimised",
                         "At the equilibrium D can only guess; against a D "
                         "that is sure, the game's own loss teaches G nothing");
    for (size_t i = 0; i < GAMES; i++)
        draw_legend(f, 62 + 296 * (double)i, 100, '-', draw_colour(i, 1),
                    label[i]);
    draw_games(f, a, m);
    a.left = 668;
    a.x1 = 3;
    a.y0 = -6;
    a.y1 = 2;
    a.xpower = 10;
    a.xticks = 3;
    a.title = "log₁₀ of G's gradient norm";
    a.xlabel = "updates of D alone, on digits";
    draw_gradients(f, a, n, digits);
    draw_text(f, 32, 442, 11, 0, draw_soft,
              "Data: eight Gaussians on a ring; digits of UCI Optical "
              "Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, argv[2]);

    for (int i = 0; i < GAMES; i++)
        gan_free(m[i]);
    free(digits);
    free(ring);
    free_table(&t);
    return 0;
}
