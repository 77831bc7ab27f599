/* How many components? The likelihood of the rows that were fitted always says
 * "more"; rows that were kept back, and BIC, do not.
 *
 *     gmm_components tests/data/faithful.csv out.png
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "mixture.h"
#include "read.h"

#define MOST 8

/* Even rows to fit, odd rows to judge. */
static void split(const struct table *t, double *fitted, double *kept)
{
    for (size_t i = 0; i < t->n; i++)
        memcpy((i % 2 ? kept : fitted) + i / 2 * t->d, t->x + i * t->d,
               t->d * sizeof *t->x);
}

static void draw_curves(figure *f, const double *train, const double *test)
{
    const struct axes a = {.left = 84,
                           .top = 120,
                           .width = 380,
                           .height = 300,
                           .x0 = 0.7,
                           .x1 = 8.3,
                           .y0 = -4.9,
                           .y1 = -3.7,
                           .title = "Mean log-likelihood",
                           .xlabel = "components",
                           .ylabel = "nats a row",
                           .xticks = 8,
                           .yticks = 6};
    draw_axes(f, &a);
    draw_line(f, &a, MOST, train, 2, 0, draw_colour(0, 1));
    draw_points(f, &a, MOST, train, 3.5, draw_colour(0, 1));
    draw_line(f, &a, MOST, test, 2, 0, draw_colour(1, 1));
    draw_points(f, &a, MOST, test, 3.5, draw_colour(1, 1));
    draw_legend(f, 300, 366, '-', draw_colour(0, 1), "rows that were fitted");
    draw_legend(f, 300, 386, '-', draw_colour(1, 1), "rows kept back");
}

static size_t smallest(const double *bic)
{
    size_t best = 0;
    for (size_t i = 1; i < MOST; i++)
        best = bic[2 * i + 1] < bic[2 * best + 1] ? i : best;
    return best;
}

/* The mixture that BIC takes: one and two standard deviations of each. */
static void draw_chosen(figure *f, const struct table *t, const gmm_model *m)
{
    const struct axes a = {.left = 1068,
                           .top = 120,
                           .width = 380,
                           .height = 300,
                           .x0 = 1.2,
                           .x1 = 5.6,
                           .y0 = 38,
                           .y1 = 100,
                           .title = "What BIC chooses",
                           .xlabel = "eruption, minutes",
                           .ylabel = "minutes to the next",
                           .xticks = 5,
                           .yticks = 6};
    double *means = params(m, GMM_MEANS), *cov = params(m, GMM_COVARIANCES);
    draw_axes(f, &a);
    for (size_t j = 0; j < gmm_components(m); j++)
        for (int s = 2; s >= 1; s--)
            draw_ellipse(f, &a, means + j * t->d, cov + j * t->d * t->d, s, 1.5,
                         draw_colour(2, 0.1), draw_colour(2, 1));
    draw_points(f, &a, t->n, t->x, 2, draw_colour(0, 0.6));
    draw_legend(f, 1084, 142, '-', draw_colour(2, 1),
                "1 and 2 standard deviations");
    free(cov);
    free(means);
}

static void draw_bic(figure *f, const double *bic)
{
    const struct axes a = {.left = 576,
                           .top = 120,
                           .width = 380,
                           .height = 300,
                           .x0 = 0.7,
                           .x1 = 8.3,
                           .y0 = 2280,
                           .y1 = 2640,
                           .title = "BIC of all rows: smaller is better",
                           .xlabel = "components",
                           .ylabel = "BIC",
                           .xticks = 8,
                           .yticks = 6};
    const size_t best = smallest(bic);
    draw_axes(f, &a);
    draw_line(f, &a, MOST, bic, 2, 0, draw_colour(2, 1));
    draw_points(f, &a, MOST, bic, 3.5, draw_colour(2, 1));
    draw_points(f, &a, 1, bic + 2 * best, 6.5, draw_colour(2, 1));
    draw_legend(f, 810, 150, 'o', draw_colour(2, 1), "the smallest");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gmm_components faithful.csv out.png\n");
        return 2;
    }
    struct table t;
    read_csv(argv[1], 0, &t);
    const size_t half = t.n / 2;
    double *fitted = memory(t.n * t.d, sizeof *fitted);
    double *kept = memory(t.n * t.d, sizeof *kept);
    split(&t, fitted, kept);
    genmod_data *all = view_rows(t.n, t.d, t.x);
    genmod_data *some = view_rows(half, t.d, fitted);

    double train[2 * MOST], test[2 * MOST], bic[2 * MOST], least = 0;
    gmm_model *chosen = NULL;
    need(gmm_new(NULL, &chosen, NULL), NULL);
    for (size_t k = 1; k <= MOST; k++) {
        const struct recipe r = {.components = (int64_t)k, .starts = 20};
        const size_t y = 2 * k - 1;
        train[y - 1] = test[y - 1] = bic[y - 1] = (double)k;
        gmm_model *m = fit_mixture(&r, some, NULL);
        train[y] = mean_log_density(m, half, t.d, fitted);
        test[y] = mean_log_density(m, half, t.d, kept);
        gmm_free(m);
        m = fit_mixture(&r, all, NULL);
        need(gmm_bic(m, all, &bic[y], NULL), NULL);
        if (k == 1 || bic[y] < least) {
            least = bic[y];
            need(gmm_copy(m, chosen, NULL), NULL);
        }
        gmm_free(m);
    }
    figure *f = draw_new(1.5, 1480, 490, "How many components?",
                         "Old Faithful, full covariances, best of 20 starts");
    draw_curves(f, train, test);
    draw_bic(f, bic);
    draw_chosen(f, &t, chosen);
    draw_save(f, argv[2]);

    gmm_free(chosen);
    genmod_data_free(some);
    genmod_data_free(all);
    free(kept);
    free(fitted);
    free_table(&t);
    return 0;
}
