/* Three mistakes and the texts that they bring:
 *
 *     cc -std=c11 errors.c $(pkg-config --cflags --libs genmod)
 */
#include <genmod/genmod.h>

#include <math.h>
#include <stdio.h>

static int tell(int32_t status, const genmod_workspace *w)
{
    printf("%d, %s: %s\n", (int)status, genmod_status_name(status),
           genmod_workspace_error(w));
    return status;
}

int main(void)
{
    const double x[4][2] = {{0, 1}, {2, 3}, {4, NAN}, {6, 7}};
    double out[4];
    genmod_workspace *w = NULL;
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gmm_model *m = NULL;
    int ok = genmod_workspace_new(NULL, &w) == GENMOD_OK &&
             gmm_config_new(&options, w) == GENMOD_OK &&
             gmm_new(options, &m, w) == GENMOD_OK &&
             genmod_data_new(&rows, w) == GENMOD_OK;

    /* A mistyped option. */
    ok = ok && tell(genmod_config_set_i64(options, "componets", 2, w), w) ==
                   GENMOD_BAD_ARGUMENT;

    /* A cell that is no number, and is not said to be missing. */
    ok = ok && !genmod_data_set_rows(rows, GENMOD_F64, 4, 2, x, 0, 0, w) &&
         tell(gmm_fit(m, rows, NULL, NULL, w), w) == GENMOD_NON_FINITE;

    /* A model of two columns, and rows of four. */
    ok = ok && !genmod_data_set_rows(rows, GENMOD_F64, 2, 2, x, 0, 0, w) &&
         !gmm_fit(m, rows, NULL, NULL, w) &&
         !genmod_data_set_rows(rows, GENMOD_F64, 1, 4, x, 0, 0, w) &&
         tell(gmm_log_density(m, rows, sizeof out, out, w), w) ==
             GENMOD_BAD_ARGUMENT;

    genmod_data_free(rows);
    gmm_free(m);
    genmod_config_free(options);
    genmod_workspace_free(w);
    return ok ? 0 : 1;
}
