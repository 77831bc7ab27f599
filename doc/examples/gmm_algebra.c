/* Mixtures made of mixtures: products, maps, fewer components; quantiles, and
 * regression.
 *
 *     gmm_algebra tests/data/faithful.csv
 *
 * Old Faithful: how long an eruption takes, in minutes, and the wait that
 * follows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mixture.h"
#include "read.h"

enum { ERUPTION, WAITING };

static gmm_model *empty(void)
{
    gmm_model *m = NULL;
    need(gmm_new(NULL, &m, NULL), NULL);
    return m;
}

/* The eruption after each wait, with what it may be off by. */
static void regress(const gmm_model *both)
{
    static const int32_t known[] = {WAITING};
    const double wait[3] = {52, 70, 85};
    double mean[3], variance[3];
    genmod_data *x = view_rows(3, 1, wait);
    need(gmm_regress(both, 1, known, x, GENMOD_F64, sizeof mean, mean,
                     sizeof variance, variance, NULL),
         NULL);
    for (int i = 0; i < 3; i++)
        printf("after %.0f minutes: %.2f +- %.2f\n", wait[i], mean[i],
               sqrt(variance[i]));
    expect(variance[1] > variance[0], "a wait of 70 minutes tells less");
    genmod_data_free(x);
}

/* Nine of ten waits lie between these. */
static void range(const gmm_model *both)
{
    const double p[2] = {0.05, 0.95};
    double wait[2], back[2];
    need(gmm_quantile(both, WAITING, 2, p, wait, NULL), NULL);
    need(gmm_cdf(both, WAITING, 2, wait, back, NULL), NULL);
    printf("nine waits of ten: %.1f to %.1f minutes\n", wait[0], wait[1]);
    expect(near(back[0], p[0], 1e-14) && near(back[1], p[1], 1e-14),
           "one is the other's inverse");
}

/* An eruption and its wait, together, in hours: one column of two. */
static void cycle(const gmm_model *both)
{
    const double a[2] = {1.0 / 60, 1.0 / 60};
    gmm_model *hours = empty();
    double mean, variance;
    need(gmm_affine(both, 1, a, NULL, hours, NULL), NULL);
    need(gmm_moments(hours, 1, &mean, &variance, NULL), NULL);
    printf("from eruption to eruption: %.2f +- %.2f hours\n", mean,
           sqrt(variance));
    expect(gmm_dimension(hours) == 1, "one column");
    gmm_free(hours);
}

/* What a second source says of the same wait: a clock that is off by 5. */
static void fuse(const gmm_model *both)
{
    static const int32_t wait[] = {WAITING};
    const double one[] = {1}, at[] = {80}, variance[] = {25};
    gmm_model *clock = line_mixture(1, one, at, variance);
    gmm_model *known = empty();
    double mean, left, log_normaliser;
    need(gmm_marginal(both, 1, wait, known, NULL), NULL);
    need(gmm_product(known, clock, known, &log_normaliser, NULL), NULL);
    need(gmm_moments(known, 1, &mean, &left, NULL), NULL);
    printf("and a clock that says 80 +- 5: %.2f +- %.2f, density of that "
           "%.4f\n",
           mean, sqrt(left), exp(log_normaliser));
    expect(left < 25, "two know more than one");
    gmm_free(known);
    gmm_free(clock);
}

/* Eight components, and what fewer of them cost. */
static void reduce(const genmod_data *rows)
{
    const struct recipe eight = {.components = 8};
    gmm_model *m = fit_mixture(&eight, rows, NULL), *few = empty();
    double cost, least, kl[GMM_DIVERGENCES];
    need(gmm_prune(m, 0.1, few, &least, NULL), NULL);
    printf("%zu of 8 components weigh 0.1 or more; the others cost %.4f "
           "nats\n",
           gmm_components(few), least);
    need(gmm_merge(m, 2, few, &cost, NULL), NULL);
    need(gmm_divergence(m, few, 1, 20000, GENMOD_NATS, GMM_DIVERGENCES, kl,
                        NULL, NULL),
         NULL);
    printf("merged to 2: KL %.3f, at most %.3f nats\n", kl[GMM_KL], cost);
    expect(kl[GMM_KL] <= cost, "the bound");
    gmm_free(few);
    gmm_free(m);
}

int main(int argc, char **argv)
{
    const struct recipe two = {.components = 2};
    struct table t;
    expect(argc == 2, "usage: gmm_algebra faithful.csv");
    read_csv(argv[1], 0, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    gmm_model *both = fit_mixture(&two, rows, NULL);
    regress(both);
    range(both);
    cycle(both);
    fuse(both);
    reduce(rows);
    gmm_free(both);
    genmod_data_free(rows);
    free_table(&t);
    return 0;
}
