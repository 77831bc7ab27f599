/* The shortest useful program: fit two components, draw three new rows. The
 * lines between the marks are those of the README. */
#include <math.h>

#include "example.h"

/* Two clouds of n points, about (0, 0) and (8, 4). */
static void make(size_t n, double *x)
{
    for (size_t i = 0; i < 2 * n; i++) {
        x[2 * i] = sin(12.9898 * (double)i) + (i % 2 ? 8 : 0);
        x[2 * i + 1] = cos(78.233 * (double)i) + (i % 2 ? 4 : 0);
    }
}

int main(void)
{
    enum { n = 500 };
    static double x[2 * n * 2];
    double out[3 * 2];
    make(n, x);

    /* readme: begin */
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gmm_model *m = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 2, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, 2 * n, 2, x, 0, 0, NULL), NULL);
    need(gmm_new(options, &m, NULL), NULL);
    need(gmm_fit(m, rows, NULL, NULL, NULL), NULL);
    need(gmm_sample(m, 1, 0, 3, GENMOD_F64, sizeof out, out, NULL, NULL), NULL);
    /* readme: end */

    for (int i = 0; i < 3; i++) {
        const int second = out[2 * i] > 4;
        expect(near(out[2 * i], second ? 8 : 0, 4) &&
                   near(out[2 * i + 1], second ? 4 : 0, 4),
               "a drawn row near one of the clouds");
    }
    gmm_free(m);
    genmod_data_free(rows);
    genmod_config_free(options);
    return 0;
}
