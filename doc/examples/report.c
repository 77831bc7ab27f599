/* What training leaves: numbers and series by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

static void print_number(const genmod_report *r, const char *key)
{
    double v = 0;
    char unit[32];
    need(genmod_report_get(r, key, &v), NULL);
    need(genmod_report_describe(r, key, "unit", sizeof unit, unit, NULL, NULL),
         NULL);
    printf("%-24s %.10g %s\n", key, v, unit);
}

static void print_series(const genmod_report *r, const char *key)
{
    size_t n = 0;
    const int32_t status = genmod_report_series(r, key, 0, NULL, &n);
    expect(status == (n ? GENMOD_TOO_SMALL : GENMOD_OK), "a series' length");
    double *v = memory(n + 1, sizeof *v);
    need(genmod_report_series(r, key, n, v, NULL), NULL);
    printf("%-24s", key);
    for (size_t i = 0; i < n; i++)
        printf(" %.6g", v[i]);
    printf("\n");
    if (strcmp(key, GMM_REPORT_HISTORY) == 0)
        for (size_t i = 1; i < n; i++)
            expect(v[i] >= v[i - 1] - 1e-13, "a likelihood that does not fall");
    free(v);
}

int main(void)
{
    double x[300];
    for (int i = 0; i < 300; i++)
        x[i] = (i * 37 % 101) / 50.0 + (i % 3 == 0 ? 6.5 : 0);

    genmod_config *options = NULL;
    genmod_data *data = NULL;
    gmm_model *model = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 2, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_STARTS, 3, NULL), NULL);
    need(genmod_data_new(&data, NULL), NULL);
    need(genmod_data_set_rows(data, GENMOD_F64, 300, 1, x, 0, 0, NULL), NULL);
    need(gmm_new(options, &model, NULL), NULL);
    need(gmm_fit(model, data, NULL, NULL, NULL), NULL);

    const genmod_report *r = gmm_report(model);
    const char *key;
    for (size_t i = 0; (key = genmod_report_key(r, i)) != NULL; i++) {
        char type[16];
        need(genmod_report_describe(r, key, "type", sizeof type, type, NULL,
                                    NULL),
             NULL);
        if (strcmp(type, "series") == 0)
            print_series(r, key);
        else
            print_number(r, key);
    }

    double rows = 0, parameters = 0, form = 0, best = 0, each[3];
    need(genmod_report_get(r, GMM_REPORT_ROWS, &rows), NULL);
    need(genmod_report_get(r, GMM_REPORT_PARAMETERS, &parameters), NULL);
    need(genmod_report_get(r, GMM_REPORT_FORM, &form), NULL);
    need(genmod_report_get(r, GMM_REPORT_BEST_START, &best), NULL);
    need(
        genmod_report_series(r, GMM_REPORT_START_LOG_LIKELIHOOD, 3, each, NULL),
        NULL);
    expect(rows == 300, "the rows that were read");
    expect(form == 1 || form == 2, "how moments were summed");
    for (int i = 0; i < 3; i++)
        expect(each[(int)best] >= each[i], "the best of the three starts");
    expect(parameters == 5, "one free weight, two means, two variances");

    gmm_free(model);
    genmod_data_free(data);
    genmod_config_free(options);
    return 0;
}
