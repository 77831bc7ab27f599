/* Whether the modes of a column are heaps of their own. */
#include "gan/internal.h"

#define LOOKS 64  /* at places between two modes */
#define VALLEY 4  /* times as high are the peaks on both its sides */
#define HEAP 0.01 /* share of the cells on each side: fewer are outliers */
#define CELLS 8.0 /* on each side: fewer come together by chance */

typedef struct mixture {
    double least; /* share of the cells that is a heap */
    size_t n;
    const double *weight, *mean, *deviation;
} mixture;

/* But for 1/sqrt(2 pi). */
static double density(const mixture *f, double x)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
    double p = 0;

    for (size_t i = 0; i < f->n; i++) {
        const double t = (x - f->mean[i]) / f->deviation[i];
        double e = -0.5 * t * t;

        f64->exp(1, &e, &e);
        p += f->weight[i] / f->deviation[i] * e;
    }
    return p;
}

/* The modes on both sides of x hold more than outliers would. */
static int divides(const mixture *f, double x)
{
    double below = 0;

    for (size_t i = 0; i < f->n; i++)
        below += f->mean[i] < x ? f->weight[i] : 0;
    return below >= f->least && 1 - below >= f->least;
}

/* A peak of the density is as high as it is at a mode's mean, or higher. */
static int is_valley_between(const mixture *f, size_t i, size_t j)
{
    const double p = density(f, f->mean[i]), q = density(f, f->mean[j]);
    const double least = (p < q ? p : q) / VALLEY;

    for (int step = 1; step < LOOKS; step++) {
        const double share = (double)step / LOOKS;
        const double x = (1 - share) * f->mean[i] + share * f->mean[j];

        if (density(f, x) < least && divides(f, x))
            return 1;
    }
    return 0;
}

int gan_is_separate(size_t cells, size_t n, const double *weight,
                    const double *mean, const double *deviation)
{
    const double few = CELLS / (double)cells;
    const mixture f = {few > HEAP ? few : HEAP, n, weight, mean, deviation};

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (is_valley_between(&f, i, j))
                return 1;
    return 0;
}
