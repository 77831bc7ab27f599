/* Eight modes on a ring, and how a generator comes to fill them.
 *
 *     gan_ring out.png
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "adversarial.h"
#include "draw.h"
#include "mixture.h"

#define N 3200
#define SHOWN 1600
#define TIMES 3
#define REACH 3.0

static const int updates[TIMES] = {60, 400, RING_UPDATES};

/* Plays the game and takes the generator's rows after so many updates. */
static void play(const double *x, double *const fresh[TIMES])
{
    gan_model *m = new_ring("relativistic");
    genmod_data *rows = view_rows(N, 2, x);
    int done = 0;
    need(gan_start(m, rows, NULL), NULL);
    for (int i = 0; i < TIMES; i++) {
        for (; done < updates[i]; done++)
            need(gan_step(m, rows, NULL), NULL);
        sample_gan(m, 1, N, fresh[i]);
    }
    genmod_data_free(rows);
    gan_free(m);
}

/* The first of the rows, without those that lie outside the frame. */
static void draw_inside(figure *f, const struct axes *a, const double *x,
                        double radius, struct colour c)
{
    for (size_t i = 0; i < SHOWN; i++)
        if (fabs(x[2 * i]) < REACH && fabs(x[2 * i + 1]) < REACH)
            draw_points(f, a, 1, x + 2 * i, radius, c);
}

static void draw_panel(figure *f, int i, const double *x, const double *fresh)
{
    const struct colour real = {0.45, 0.49, 0.55, 0.35};
    char title[64], text[128];
    double share;
    const size_t modes = ring_modes(N, fresh, &share);
    snprintf(title, sizeof title, "After %d updates", updates[i]);
    snprintf(text, sizeof text, "%zu of %d modes, %.0f %% within 3 deviations",
             modes, RING_MODES, 100 * share);
    const struct axes a = {.left = 62 + 288.0 * i,
                           .top = 142,
                           .width = 244,
                           .height = 244,
                           .x0 = -REACH,
                           .x1 = REACH,
                           .y0 = -REACH,
                           .y1 = REACH,
                           .title = title,
                           .xlabel = "",
                           .ylabel = "",
                           .xticks = 6,
                           .yticks = 6};
    draw_axes(f, &a);
    draw_inside(f, &a, x, 2.6, real);
    draw_inside(f, &a, fresh, 1.4, draw_colour(1, 0.8));
    draw_text(f, a.left, a.top + a.height + 42, 12, 0, draw_ink, text);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gan_ring out.png\n");
        return 2;
    }
    double *x = memory(2 * N, sizeof *x), *fresh[TIMES];
    for (int i = 0; i < TIMES; i++)
        fresh[i] = memory(2 * N, sizeof *x);
    ring_rows(5, N, x);
    play(x, fresh);

    figure *f = draw_new(2, 914, 460, "A generator fills eight modes",
                         "Rows in pairs: penalties begin large, so that G "
                         "sees one cloud first and its modes later");
    draw_legend(f, 62, 100, 'o', (struct colour){0.45, 0.49, 0.55, 0.6},
                "rows of the data");
    draw_legend(f, 212, 100, 'o', draw_colour(1, 1), "generated rows");
    for (int i = 0; i < TIMES; i++) {
        draw_panel(f, i, x, fresh[i]);
        free(fresh[i]);
    }
    draw_save(f, argv[1]);
    free(x);
    return 0;
}
