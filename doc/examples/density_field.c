/* A field for a simulation: the density of particles on a grid, in double
 * precision, and its gradient, where they are drawn to.
 *
 *     cc density_field.c $(pkg-config --cflags --libs genmod) -lm
 *     ./a.out field.csv      x, y, ln p, d ln p / dx, d ln p / dy
 */
#include <genmod/genmod.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PARTICLES 4000
#define SIDE 121 /* points of the grid along each axis */
#define POINTS (SIDE * SIDE)
#define LOW (-6.0)
#define STEP 0.1

static void need(int32_t status, const genmod_workspace *w)
{
    if (status == GENMOD_OK)
        return;
    fprintf(stderr, "density_field: %s\n", genmod_workspace_error(w));
    exit(1);
}

/* Two clouds: normal numbers (Box and Muller) from a sequence that fills the
 * square evenly. Here they are made; elsewhere a simulation has them. */
static void fill(double x[PARTICLES][2])
{
    for (int i = 0; i < PARTICLES; i++) {
        const double u = fmod(0.7548776662466927 * (i + 1), 1);
        const double v = fmod(0.5698402909980532 * (i + 1), 1);
        const double r = sqrt(-2 * log(u)), t = 6.283185307179586 * v;
        x[i][0] = i % 3 ? 1.5 + 0.8 * r * cos(t) : -2 + r * cos(t);
        x[i][1] = i % 3 ? -1 + 0.6 * r * cos(t) + 0.5 * r * sin(t)
                        : 1 + 0.7 * r * sin(t);
    }
}

static gmm_model *fit(const genmod_data *particles, genmod_workspace *w)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    need(gmm_config_new(&c, w), w);
    need(genmod_config_set_i64(c, GMM_COMPONENTS, 2, w), w);
    need(gmm_new(c, &m, w), w);
    genmod_config_free(c);
    need(gmm_fit(m, particles, NULL, NULL, w), w);
    return m;
}

/* Over the plane the density sums to 1, and - x . d ln p / dx, weighed with it,
 * to the number of axes (in parts: Stein's identity). */
static void add_up(double x[POINTS][2], const double *ln_p, double g[POINTS][2],
                   double *mass, double *virial)
{
    *mass = *virial = 0;
    for (int i = 0; i < POINTS; i++) {
        const double p = exp(ln_p[i]) * STEP * STEP;
        *mass += p;
        *virial -= p * (x[i][0] * g[i][0] + x[i][1] * g[i][1]);
    }
}

static void write_field(const char *path, double x[POINTS][2],
                        const double *ln_p, double g[POINTS][2])
{
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(1);
    }
    for (int i = 0; i < POINTS; i++)
        fprintf(f, "%g,%g,%.17g,%.17g,%.17g\n", x[i][0], x[i][1], ln_p[i],
                g[i][0], g[i][1]);
    fclose(f);
}

int main(int argc, char **argv)
{
    static double particles[PARTICLES][2], x[POINTS][2];
    static double ln_p[POINTS], g[POINTS][2];
    genmod_workspace *w = NULL;
    genmod_data *rows = NULL;
    need(genmod_workspace_new(NULL, &w), w);
    need(genmod_data_new(&rows, w), w);
    fill(particles);
    need(genmod_data_set_rows(rows, GENMOD_F64, PARTICLES, 2, particles, 0, 0,
                              w),
         w);
    gmm_model *m = fit(rows, w);

    for (int i = 0; i < POINTS; i++) {
        x[i][0] = LOW + STEP * (i % SIDE);
        x[i][1] = LOW + STEP * (i / SIDE);
    }
    need(genmod_data_set_rows(rows, GENMOD_F64, POINTS, 2, x, 0, 0, w), w);
    need(gmm_log_density(m, rows, sizeof ln_p, ln_p, w), w);
    need(gmm_log_density_gradient(m, rows, GENMOD_F64, sizeof g, g, w), w);

    double mass, virial;
    add_up(x, ln_p, g, &mass, &virial);
    printf("mass on the grid %.6f, virial %.6f\n", mass, virial);
    if (argc == 2)
        write_field(argv[1], x, ln_p, g);
    gmm_free(m);
    genmod_data_free(rows);
    genmod_workspace_free(w);
    return fabs(mass - 1) < 1e-3 && fabs(virial - 2) < 1e-2 ? 0 : 1;
}
