/* What some columns say of the others: a mixture of some columns, one given the
 * values of some, and rows completed.
 *
 *     gmm_condition tests/data/faithful.csv
 *
 * One waits 52 or 85 minutes for Old Faithful: how long will it erupt? */
#include <math.h>
#include <stdio.h>

#include "mixture.h"
#include "read.h"

enum { ERUPTION, WAITING };

/* The mean of the eruption after a wait, and its deviation. */
static void forecast(const gmm_model *both, double wait, double *mean,
                     double *deviation)
{
    const int32_t known[] = {WAITING};
    gmm_model *eruption = NULL;
    double variance = 0;
    need(gmm_new(NULL, &eruption, NULL), NULL);
    need(gmm_condition(both, 1, known, &wait, eruption, NULL), NULL);
    need(gmm_moments(eruption, 1, mean, &variance, NULL), NULL);
    *deviation = sqrt(variance);
    gmm_free(eruption);
}

int main(int argc, char **argv)
{
    const struct recipe two = {.components = 2};
    struct table t;
    expect(argc == 2, "usage: gmm_condition faithful.csv");
    read_csv(argv[1], 0, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    gmm_model *both = fit_mixture(&two, rows, NULL);

    /* Known alone, an eruption may be short or long; after a wait it is not. */
    const int32_t first[] = {ERUPTION};
    gmm_model *alone = NULL;
    double mean, variance, after, spread;
    need(gmm_new(NULL, &alone, NULL), NULL);
    need(gmm_marginal(both, 1, first, alone, NULL), NULL);
    need(gmm_moments(alone, 1, &mean, &variance, NULL), NULL);
    printf("any eruption: %.2f +- %.2f minutes\n", mean, sqrt(variance));
    for (double wait = 52; wait <= 85; wait += 33) {
        forecast(both, wait, &after, &spread);
        printf("after %.0f minutes: %.2f +- %.2f\n", wait, after, spread);
        expect(spread < sqrt(variance) / 2, "the wait tells");
    }

    /* The same for rows with gaps: NaN where a cell is missing. */
    const double gap[2] = {NAN, 85};
    double whole[2];
    need(genmod_data_set_rows(rows, GENMOD_F64, 1, 2, gap, 0, 0, NULL), NULL);
    need(genmod_data_set_missing(rows, 1, NULL), NULL);
    need(gmm_impute(both, rows, GENMOD_F64, sizeof whole, whole, NULL), NULL);
    expect(near(whole[ERUPTION], after, 1e-9) && whole[WAITING] == 85,
           "the conditional mean");
    gmm_free(alone);
    gmm_free(both);
    genmod_data_free(rows);
    free_table(&t);
    return 0;
}
