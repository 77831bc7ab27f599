#include <string.h>

#include "measure/internal.h"

#define RUN 16 /* numbers that are sorted by insertion */

static void insert_run(size_t n, double *x)
{
    for (size_t i = 1; i < n; i++) {
        const double v = x[i];
        size_t j = i;

        for (; j > 0 && x[j - 1] > v; j--)
            x[j] = x[j - 1];
        x[j] = v;
    }
}

/* to [n] = the sorted x[0 … middle - 1] and x[middle … n - 1], merged. */
static void merge(size_t n, size_t middle, const double *x, double *to)
{
    size_t a = 0, b = middle;

    for (size_t i = 0; i < n; i++)
        to[i] = b >= n || (a < middle && x[a] <= x[b]) ? x[a++] : x[b++];
}

void measure_sort(size_t n, double *x, double *scratch)
{
    double *from = x, *to = scratch;

    for (size_t i = 0; i < n; i += RUN)
        insert_run(n - i < RUN ? n - i : RUN, x + i);
    for (size_t run = RUN; run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            const size_t some = n - i < 2 * run ? n - i : 2 * run;

            merge(some, some < run ? some : run, from + i, to + i);
        }
        double *const t = from;
        from = to;
        to = t;
    }
    if (from != x)
        memcpy(x, from, n * sizeof *x);
}

void measure_choose(size_t n, size_t m, uint64_t seed, uint64_t row,
                    uint32_t site, void (*pick)(size_t i, void *arg), void *arg)
{
    uint32_t bits[4];

    for (size_t i = 0; i < n && m > 0; i++) {
        const size_t half = i % 2 * 2;

        if (!half)
            base_random(seed, row, site, (uint32_t)(i / 2), bits);
        if ((double)(n - i) * base_uniform(bits[half], bits[half + 1]) <
            (double)m) {
            pick(i, arg);
            m--;
        }
    }
}
