/* What a game makes of a table whose law is known, of columns of all kinds.
 *
 *     gan_table seed train.f64 test.f64 made.f64 ["key=value | key=value"]
 *
 * writes rows to train on, as many others, and as many generated ones, [ROWS,
 * D] doubles each, for table.py to judge. One hidden number t is behind all
 * columns:
 *
 *     0  real         two clusters, about -2 and 3, by the sign of t
 *     1  positive     exp(6 + t + noise)
 *     2  count        Poisson of exp(1 + t)
 *     3  binary       1 with the chance sigmoid(2 t)
 *     4  categorical  of 4, whose chances go from the first to the last with t
 *     5  positive     0.01 with the chance 0.4, else exponential: it repeats
 *     6  binary       what is to be told: 1 with the chance sigmoid(1.5 t +
 *                     column 3 - 0.8 (column 4 is 0) - 0.3)
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "genmod/gan_table.h"

#define ROWS 10000
#define D 7
#define LEVELS 4

static const int32_t kinds[D] = {
    GENMOD_REAL,        GENMOD_POSITIVE, GENMOD_COUNT, GENMOD_BINARY,
    GENMOD_CATEGORICAL, GENMOD_POSITIVE, GENMOD_BINARY};
static const int32_t levels[D] = {0, 0, 0, 0, LEVELS, 0, 0};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void need(int32_t status, genmod_workspace *w)
{
    if (status)
        fail("gan_table", genmod_workspace_error(w));
}

static double uniform(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *s)
{
    const double r = sqrt(-2 * log(uniform(s)));
    return r * cos(2 * M_PI * uniform(s));
}

static double chance(double v)
{
    return 1 / (1 + exp(-v));
}

static double poisson(uint64_t *s, double rate)
{
    double n = 0, p = uniform(s);
    for (; p > exp(-rate); n++)
        p *= uniform(s);
    return n;
}

static double category(uint64_t *s, double t)
{
    double u = uniform(s), sum = 0, p[LEVELS];
    for (int k = 0; k < LEVELS; k++)
        sum += p[k] = exp(-2 * pow(t - (k - 1.5), 2));
    for (int k = 0; k < LEVELS - 1; k++)
        if ((u -= p[k] / sum) < 0)
            return k;
    return LEVELS - 1;
}

static void draw(uint64_t seed, double x[ROWS][D])
{
    uint64_t s = seed * 2654435769u + 12345;
    for (int i = 0; i < ROWS; i++) {
        double *const r = x[i];
        const double t = normal(&s);
        r[0] = t < 0 ? -2 + 0.3 * normal(&s) : 3 + 0.6 * normal(&s);
        r[1] = exp(6 + t + 0.3 * normal(&s));
        r[2] = poisson(&s, exp(1 + t));
        r[3] = uniform(&s) < chance(2 * t);
        r[4] = category(&s, t);
        r[5] = uniform(&s) < 0.4 ? 0.01 : -log(uniform(&s));
        r[6] = uniform(&s) < chance(1.5 * t + r[3] - 0.8 * (r[4] == 0) - 0.3);
    }
}

static void write(const char *name, double x[ROWS][D])
{
    FILE *const f = fopen(name, "wb");
    if (!f || fwrite(x, sizeof x[0], ROWS, f) != ROWS || fclose(f))
        fail(name, "cannot write it");
}

static void set_options(genmod_config *c, char *text)
{
    for (char *at = text, *end; at; at = end) {
        char *value;
        end = strstr(at, " | ");
        if (end) {
            *end = '\0';
            end += 3;
        }
        value = strchr(at, '=');
        if (!value)
            fail(at, "key=value it must be");
        *value++ = '\0';
        if (genmod_config_set_str(c, at, value, NULL))
            fail(at, value);
    }
}

int main(int argc, char **argv)
{
    static double x[ROWS][D], held[ROWS][D], made[ROWS][D];
    genmod_config *c;
    genmod_data *rows;
    genmod_workspace *w;
    gan_model *m;
    struct timespec from, to;
    if (argc < 5)
        fail("gan_table",
             "seed train.f64 test.f64 made.f64 [\"key=value | ...\"]");
    draw(strtoull(argv[1], NULL, 10), x);
    draw(strtoull(argv[1], NULL, 10) + 1000, held);
    need(genmod_workspace_new(NULL, &w), NULL);
    need(gan_config_new(&c, w), w);
    need(genmod_config_set_str(c, GAN_SEED, argv[1], w), w);
    if (argc > 5)
        set_options(c, argv[5]);
    need(gan_new(c, &m, w), w);
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_F64, ROWS, D, x, 0, 0, w), w);
    need(genmod_data_set_schema(rows, D, kinds, levels, w), w);
    clock_gettime(CLOCK_MONOTONIC, &from);
    need(gan_fit(m, rows, NULL, NULL, NULL, w), w);
    clock_gettime(CLOCK_MONOTONIC, &to);
    need(gan_sample(m, 1, 0, ROWS, NULL, GENMOD_F64, sizeof made, made, w), w);
    printf("%.0f s\n", (double)(to.tv_sec - from.tv_sec) +
                           1e-9 * (double)(to.tv_nsec - from.tv_nsec));
    write(argv[2], x);
    write(argv[3], held);
    write(argv[4], made);
    genmod_data_free(rows);
    genmod_config_free(c);
    gan_free(m);
    genmod_workspace_free(w);
    return 0;
}
