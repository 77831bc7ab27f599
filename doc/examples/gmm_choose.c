/* How many components, of which shape: a grid of fits in one call.
 *
 *     gmm_choose tests/data/faithful.csv */
#include <stdio.h>

#include "mixture.h"
#include "read.h"

#define MOST 4

static double cell(const gmm_model *m, const char *key, int i)
{
    double v[4 * MOST];
    need(genmod_report_series(gmm_report(m), key, 4 * MOST, v, NULL), NULL);
    return v[i];
}

static void print_table(const gmm_model *m)
{
    static const char *const types[] = {"full", "tied", "diagonal",
                                        "spherical"};
    const int chosen = (int)report_number(m, GMM_REPORT_CHOSEN);
    printf("  k covariance  p log-lik.      BIC      AIC      ICL  kept\n");
    for (int i = 0; i < 4 * MOST; i++)
        printf("%s %.0f %-10s %2.0f %8.2f %8.2f %8.2f %8.2f %5.2f\n",
               i == chosen ? "*" : " ",
               cell(m, GMM_REPORT_CHOICE_COMPONENTS, i),
               types[(int)cell(m, GMM_REPORT_CHOICE_COVARIANCE, i)],
               cell(m, GMM_REPORT_CHOICE_PARAMETERS, i),
               cell(m, GMM_REPORT_CHOICE_LOG_LIKELIHOOD, i),
               cell(m, GMM_REPORT_CHOICE_BIC, i),
               cell(m, GMM_REPORT_CHOICE_AIC, i),
               cell(m, GMM_REPORT_CHOICE_ICL, i),
               cell(m, GMM_REPORT_CHOICE_HELD_OUT, i));
}

int main(int argc, char **argv)
{
    const struct recipe many = {.components = 1, .starts = 10};
    struct table t;
    expect(argc == 2, "usage: gmm_choose faithful.csv");
    read_csv(argv[1], 0, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    genmod_data *fitted = view_rows(180, t.d, t.x);
    genmod_data *kept = view_rows(t.n - 180, t.d, t.x + 180 * t.d);
    gmm_model *m = new_mixture(&many, NULL);

    /* The least BIC of all rows: three components of one shape. */
    need(gmm_choose(m, rows, NULL, 1, MOST, NULL, GMM_CHOOSE_BIC, NULL), NULL);
    print_table(m);
    expect(gmm_components(m) == 3, "as mclust finds");

    /* ICL asks for components that do not overlap; AIC for the likelihood of
     * rows to come, which rows that are kept back tell outright. */
    need(gmm_choose(m, rows, NULL, 1, MOST, "", GMM_CHOOSE_ICL, NULL), NULL);
    printf("ICL: %zu components\n", gmm_components(m));
    expect(gmm_components(m) == 2, "short and long eruptions");
    need(gmm_choose(m, rows, NULL, 1, MOST, "", GMM_CHOOSE_AIC, NULL), NULL);
    printf("AIC: %zu components\n", gmm_components(m));
    need(gmm_choose(m, fitted, kept, 1, MOST, "", GMM_CHOOSE_HELD_OUT, NULL),
         NULL);
    print_table(m);

    gmm_free(m);
    genmod_data_free(kept);
    genmod_data_free(fitted);
    genmod_data_free(rows);
    free_table(&t);
    return 0;
}
