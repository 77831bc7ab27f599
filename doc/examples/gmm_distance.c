/* What divergences and their bounds say as two mixtures move apart.
 *
 *     gmm_distance out.png
 */
#include <math.h>
#include <stdio.h>

#include "draw.h"
#include "mixture.h"

#define N 481    /* points of a density */
#define STEPS 41 /* distances */
#define DRAWS 20000
#define LN_2 0.69314718055994531

static const double weights[] = {0.3, 0.7}, variances[] = {0.25, 1};
static const double half[] = {0.5, 0.5}, unit[] = {1, 1};

/* Each a line of points (x, y) [STEPS, 2]. */
struct lines {
    double there[2 * STEPS], back[2 * STEPS], variational[2 * STEPS];
    double upper[2 * STEPS], js[2 * STEPS];
    double entropy[2 * STEPS], low[2 * STEPS], high[2 * STEPS];
};

static gmm_model *moved(double by)
{
    const double means[] = {-1 + by, 2 + by};
    return line_mixture(2, weights, means, variances);
}

static void divergence(const gmm_model *p, const gmm_model *q, double *v)
{
    need(gmm_divergence(p, q, 1, DRAWS, GENMOD_NATS, GMM_DIVERGENCES, v, NULL,
                        NULL),
         NULL);
}

static void put(double *line, int i, double x, double y)
{
    line[2 * i] = x;
    line[2 * i + 1] = y;
}

/* f against itself moved by t. */
static void measure_apart(struct lines *l)
{
    gmm_model *f = moved(0);
    for (int i = 0; i < STEPS; i++) {
        const double t = 8.0 * i / (STEPS - 1);
        double v[GMM_DIVERGENCES], back[GMM_DIVERGENCES];
        gmm_model *g = moved(t);
        divergence(f, g, v);
        divergence(g, f, back);
        put(l->there, i, t, v[GMM_KL]);
        put(l->back, i, t, back[GMM_KL]);
        put(l->variational, i, t, v[GMM_KL_VARIATIONAL]);
        put(l->upper, i, t, v[GMM_KL_UPPER]);
        put(l->js, i, t, v[GMM_JS]);
        gmm_free(g);
    }
    gmm_free(f);
}

/* The entropy of two halves as these part. */
static void measure_halves(struct lines *l)
{
    for (int i = 0; i < STEPS; i++) {
        const double t = 8.0 * i / (STEPS - 1), means[] = {-t / 2, t / 2};
        double v[GMM_DIVERGENCES];
        gmm_model *f = line_mixture(2, half, means, unit);
        divergence(f, f, v);
        put(l->entropy, i, t, v[GMM_ENTROPY]);
        put(l->low, i, t, v[GMM_ENTROPY_LOWER]);
        put(l->high, i, t, v[GMM_ENTROPY_UPPER]);
        gmm_free(f);
    }
}

static struct axes panel(int column, int row, const char *title)
{
    return (struct axes){.left = 84 + 496 * column,
                         .top = 120 + 366 * row,
                         .width = 400,
                         .height = 260,
                         .x0 = 0,
                         .x1 = 8,
                         .title = title,
                         .xlabel = "distance",
                         .ylabel = "nats",
                         .xticks = 8,
                         .yticks = 5};
}

static void draw_density(figure *fig, const struct axes *a, double by,
                         struct colour c)
{
    double x[N], l[N], xy[2 * N];
    gmm_model *m = moved(by);
    for (int i = 0; i < N; i++)
        x[i] = a->x0 + (a->x1 - a->x0) * i / (N - 1);
    log_density(m, N, 1, x, l);
    for (int i = 0; i < N; i++)
        put(xy, i, x[i], exp(l[i]));
    draw_line(fig, a, N, xy, 2, 0, c);
    gmm_free(m);
}

static void draw_mixtures(figure *fig)
{
    struct axes a = panel(0, 0, "f, and g: f moved to the right");
    a.x0 = -4;
    a.x1 = 12;
    a.y1 = 0.3;
    a.xlabel = "x";
    a.ylabel = "density";
    draw_axes(fig, &a);
    draw_density(fig, &a, 0, draw_colour(0, 1));
    draw_density(fig, &a, 2, draw_colour(1, 0.55));
    draw_density(fig, &a, 6, draw_colour(1, 1));
    draw_legend(fig, 404, 142, '-', draw_colour(0, 1), "f");
    draw_legend(fig, 404, 160, '-', draw_colour(1, 0.55), "g, by 2");
    draw_legend(fig, 404, 178, '-', draw_colour(1, 1), "g, by 6");
}

static void draw_kl(figure *fig, const struct lines *l)
{
    struct axes a = panel(1, 0, "KL, and what is known without draws");
    const size_t n = STEPS / 2 + 1; /* as far as they differ */
    a.x1 = 4;
    a.y1 = 10;
    draw_axes(fig, &a);
    draw_line(fig, &a, n, l->upper, 2, 6, draw_colour(2, 1));
    draw_line(fig, &a, n, l->variational, 2, 3, draw_colour(3, 1));
    draw_line(fig, &a, n, l->there, 2, 0, draw_colour(0, 1));
    draw_line(fig, &a, n, l->back, 2, 0, draw_colour(1, 1));
    draw_legend(fig, 594, 142, '-', draw_colour(0, 1), "KL(f ‖ g)");
    draw_legend(fig, 594, 160, '-', draw_colour(1, 1), "KL(g ‖ f)");
    draw_legend(fig, 594, 178, '-', draw_colour(2, 1),
                "upper bound of KL(f ‖ g)");
    draw_legend(fig, 594, 196, '-', draw_colour(3, 1),
                "variational approximation");
}

static void draw_js(figure *fig, const struct lines *l)
{
    const double most[] = {0, LN_2, 8, LN_2};
    struct axes a = panel(0, 1, "Jensen-Shannon: it ends at ln 2");
    a.y1 = 0.8;
    draw_axes(fig, &a);
    draw_line(fig, &a, 2, most, 1, 4, draw_soft);
    draw_line(fig, &a, STEPS, l->js, 2, 0, draw_colour(0, 1));
    draw_text(fig, 90, 506, 11, 0, draw_soft, "ln 2");
}

static void draw_entropy(figure *fig, const struct lines *l)
{
    struct axes a = panel(1, 1, "Entropy of ½N(−t/2, 1) + ½N(t/2, 1)");
    a.y0 = 1.3;
    a.y1 = 2.3;
    draw_axes(fig, &a);
    draw_line(fig, &a, STEPS, l->high, 2, 6, draw_colour(2, 1));
    draw_line(fig, &a, STEPS, l->low, 2, 6, draw_colour(2, 1));
    draw_line(fig, &a, STEPS, l->entropy, 2, 0, draw_colour(0, 1));
    draw_legend(fig, 840, 700, '-', draw_colour(0, 1), "from draws");
    draw_legend(fig, 840, 718, '-', draw_colour(2, 1), "bounds");
}

int main(int argc, char **argv)
{
    static struct lines l;
    if (argc != 2) {
        fprintf(stderr, "usage: gmm_distance out.png\n");
        return 2;
    }
    measure_apart(&l);
    measure_halves(&l);
    figure *fig = draw_new(
        1.5, 1040, 820, "Two mixtures move apart",
        "KL grows without end, and not the same from either side; bounds stay "
        "on their sides; Jensen-Shannon ends at ln 2");
    draw_mixtures(fig);
    draw_kl(fig, &l);
    draw_js(fig, &l);
    draw_entropy(fig, &l);
    draw_save(fig, argv[1]);
    return 0;
}
