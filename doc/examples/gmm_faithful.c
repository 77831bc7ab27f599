/* Old Faithful: two kinds of eruption, found by EM, and the likelihood on the
 * way.
 *
 *     gmm_faithful tests/data/faithful.csv out.png
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "mixture.h"
#include "read.h"

#define K 2

static void draw_mixture(figure *f, const struct table *t, const gmm_model *m,
                         const genmod_data *rows)
{
    const struct axes a = {.left = 84,
                           .top = 120,
                           .width = 420,
                           .height = 330,
                           .x0 = 1.2,
                           .x1 = 5.6,
                           .y0 = 36,
                           .y1 = 104,
                           .title = "272 eruptions and two Gaussians",
                           .xlabel = "duration of the eruption (minutes)",
                           .ylabel = "waiting time to the next (minutes)",
                           .xticks = 5,
                           .yticks = 6};
    double *mean = params(m, GMM_MEANS), *cov = params(m, GMM_COVARIANCES);
    double *weight = params(m, GMM_WEIGHTS);
    int32_t *component = memory(t->n, sizeof *component);
    need(gmm_predict(m, rows, t->n * sizeof *component, component, NULL), NULL);

    draw_axes(f, &a);
    for (size_t j = 0; j < K; j++) {
        const struct colour line = draw_colour(j, 0.9);
        draw_ellipse(f, &a, mean + 2 * j, cov + 4 * j, 2, 1.2,
                     draw_colour(j, 0.07), line);
        draw_ellipse(f, &a, mean + 2 * j, cov + 4 * j, 1, 1.8,
                     draw_colour(j, 0.10), line);
    }
    for (size_t i = 0; i < t->n; i++)
        draw_points(f, &a, 1, t->x + 2 * i, 2.6,
                    draw_colour((size_t)component[i], 0.65));
    for (size_t j = 0; j < K; j++) {
        char text[64];
        snprintf(text, sizeof text, "component %zu, weight %.3f", j + 1,
                 weight[j]);
        draw_legend(f, 100, 140 + 20 * (double)j, 'o', draw_colour(j, 1), text);
    }
    draw_legend(f, 100, 180, '-', draw_soft, "1 and 2 standard deviations");
    free(component);
    free(weight);
    free(cov);
    free(mean);
}

static double floor_to(double v, double step)
{
    return floor(v / step) * step;
}

static void draw_curve(figure *f, const gmm_model *m, size_t rows)
{
    size_t n = 0;
    const int32_t status =
        genmod_report_series(gmm_report(m), GMM_REPORT_HISTORY, 0, NULL, &n);
    expect(status == GENMOD_TOO_SMALL && n > 1, "a history of the likelihood");
    double *history = memory(n, sizeof *history);
    double *xy = memory(2 * n, sizeof *xy);
    need(genmod_report_series(gmm_report(m), GMM_REPORT_HISTORY, n, history,
                              NULL),
         NULL);
    for (size_t i = 0; i < n; i++) {
        xy[2 * i] = (double)i;
        xy[2 * i + 1] = history[i] * (double)rows;
    }
    const double low = xy[1], high = xy[2 * n - 1], room = (high - low) / 12;
    const struct axes a = {.left = 612,
                           .top = 120,
                           .width = 330,
                           .height = 330,
                           .x0 = 0,
                           .x1 = (double)n * 1.02,
                           .y0 = floor_to(low - room, 0.1),
                           .y1 = high + room,
                           .title = "EM never goes down",
                           .xlabel = "iterations of EM",
                           .ylabel = "log-likelihood (nats)",
                           .xticks = 6,
                           .yticks = 6};
    draw_axes(f, &a);
    draw_line(f, &a, n, xy, 2, 0, draw_colour(0, 1));
    draw_points(f, &a, n, xy, 2.8, draw_colour(0, 1));
    char text[64];
    snprintf(text, sizeof text, "\xe2\x88\x92%.4f", -high);
    draw_text(f, a.left + a.width - 84, a.top + 50, 11.5, 0, draw_ink, text);
    free(xy);
    free(history);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gmm_faithful faithful.csv out.png\n");
        return 2;
    }
    struct table t;
    read_csv(argv[1], 0, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    /* Two random rows for means: a poor start, so that there is a way to see.
     */
    const struct recipe r = {
        .components = K, .init = "random", .tolerance = 1e-7};
    gmm_model *m = fit_mixture(&r, rows, NULL);

    figure *f =
        draw_new(1.5, 980, 520, "Old Faithful as a mixture of two Gaussians",
                 "Ellipses of the fitted covariances, and the "
                 "likelihood on the way there");
    draw_mixture(f, &t, m, rows);
    draw_curve(f, m, t.n);
    draw_save(f, argv[2]);

    gmm_free(m);
    genmod_data_free(rows);
    free_table(&t);
    return 0;
}
