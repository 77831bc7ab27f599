/* The Kullback-Leibler divergence is not symmetric: two densities, and where
 * each direction gets its value from.
 *
 *     gmm_divergence out.png
 */
#include <math.h>
#include <stdio.h>

#include "draw.h"
#include "mixture.h"

#define N 961

/* f(x), g(x) and the integrands of KL(f ‖ g) and KL(g ‖ f) on a grid. */
struct curves {
    double f[2 * N], g[2 * N], forward[2 * N], back[2 * N];
};

static void fill(const gmm_model *f, const gmm_model *g, struct curves *c)
{
    double x[N], lf[N], lg[N];
    for (int i = 0; i < N; i++)
        x[i] = -16 + 32.0 * i / (N - 1);
    log_density(f, N, 1, x, lf);
    log_density(g, N, 1, x, lg);
    for (int i = 0; i < N; i++) {
        c->f[2 * i] = c->g[2 * i] = x[i];
        c->forward[2 * i] = c->back[2 * i] = x[i];
        c->f[2 * i + 1] = exp(lf[i]);
        c->g[2 * i + 1] = exp(lg[i]);
        c->forward[2 * i + 1] = exp(lf[i]) * (lf[i] - lg[i]);
        c->back[2 * i + 1] = exp(lg[i]) * (lg[i] - lf[i]);
    }
}

static double area(const double *xy)
{
    double sum = 0;
    for (int i = 1; i < N; i++)
        sum +=
            (xy[2 * i] - xy[2 * i - 2]) * (xy[2 * i + 1] + xy[2 * i - 1]) / 2;
    return sum;
}

static void draw_integrand(figure *fig, const struct axes *a, const double *xy,
                           struct colour line, struct colour fill)
{
    const double zero[] = {a->x0, 0, a->x1, 0};
    char text[32];
    draw_axes(fig, a);
    draw_area(fig, a, N, xy, fill);
    draw_line(fig, a, 2, zero, 1, 0, draw_soft);
    draw_line(fig, a, N, xy, 2, 0, line);
    snprintf(text, sizeof text, "area %.4f nats", area(xy));
    draw_text(fig, a->left + 14, a->top + 22, 12, 1, line, text);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gmm_divergence out.png\n");
        return 2;
    }
    const double half[] = {0.5, 0.5}, apart[] = {-2, 2}, unit[] = {1, 1};
    const double one[] = {1}, zero[] = {0}, five[] = {5};
    gmm_model *f = line_mixture(2, half, apart, unit);
    gmm_model *g = line_mixture(1, one, zero, five);
    static struct curves c;
    fill(f, g, &c);

    figure *fig = draw_new(1.5, 1090, 440, "KL(f ‖ g) is not KL(g ‖ f)",
                           "f: two Gaussians; g: the one Gaussian with f's "
                           "mean and variance");
    struct axes a = {.left = 84,
                     .top = 120,
                     .width = 260,
                     .height = 250,
                     .x0 = -8,
                     .x1 = 8,
                     .y0 = 0,
                     .y1 = 0.25,
                     .title = "The densities",
                     .xlabel = "x",
                     .ylabel = "",
                     .xticks = 8,
                     .yticks = 5};
    draw_axes(fig, &a);
    draw_line(fig, &a, N, c.f, 2, 0, draw_colour(0, 1));
    draw_line(fig, &a, N, c.g, 2, 0, draw_colour(1, 1));
    draw_legend(fig, 98, 142, '-', draw_colour(0, 1), "f");
    draw_legend(fig, 98, 160, '-', draw_colour(1, 1), "g");

    a.left = 438;
    a.y0 = -0.1;
    a.y1 = 0.3;
    a.title = "f ln(f / g)";
    draw_integrand(fig, &a, c.forward, draw_colour(0, 1), draw_colour(0, 0.15));
    a.left = 792;
    a.title = "g ln(g / f)";
    draw_integrand(fig, &a, c.back, draw_colour(1, 1), draw_colour(1, 0.15));
    draw_save(fig, argv[1]);
    gmm_free(g);
    gmm_free(f);
    return 0;
}
