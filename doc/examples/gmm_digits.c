/* Fit a mixture to the 8 × 8 digits and draw new ones.
 *
 *     gmm_digits tests/data/digits.csv out.png
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "mixture.h"
#include "read.h"

#define SHOWN 100
#define INK 16.0

/* Some of the real ones, spread over the file. */
static double *pick(const struct table *t, size_t n)
{
    double *out = memory(n * t->d, sizeof *out);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * t->d, t->x + (i * 17 + 5) % t->n * t->d,
               t->d * sizeof *out);
    return out;
}

static void draw_sheet(const char *path, const char *subtitle,
                       const double *real, const double *drawn,
                       const double *means)
{
    figure *f = draw_new(
        2, 816, 672, "Handwritten digits from a Gaussian mixture", subtitle);
    draw_text(f, 32, 104, 13, 1, draw_ink, "Real digits");
    draw_tiles(f, 32, 118, 10, 10, 8, 8, real, INK, 4, 4);
    draw_text(f, 428, 104, 13, 1, draw_ink, "Drawn from the mixture");
    draw_tiles(f, 428, 118, 10, 10, 8, 8, drawn, INK, 4, 4);
    draw_text(f, 32, 518, 13, 1, draw_ink, "Means of its 42 components");
    draw_tiles(f, 32, 532, 2, 21, 8, 8, means, INK, 4, 4);
    draw_text(f, 32, 640, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, "
              "Alpaydin and Kaynak 1998, CC BY 4.0");
    draw_save(f, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gmm_digits digits.csv out.png\n");
        return 2;
    }
    struct table t;
    read_csv(argv[1], 1, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);

    /* 42 full covariances of 64 × 64 from 1,797 rows: each component sees fewer
     * rows than columns, so a ridge of 1 % of the pixels' variance carries it.
     */
    const struct recipe r = {.components = 42, .ridge = "0.01"};
    gmm_model *m = fit_mixture(&r, rows, NULL);

    double *real = pick(&t, SHOWN), *means = params(m, GMM_MEANS);
    double *drawn = memory(SHOWN * t.d, sizeof *drawn);
    draw_rows(m, 2024, SHOWN, drawn);
    char subtitle[160];
    snprintf(subtitle, sizeof subtitle,
             "1,797 pictures of 8 × 8 pixels, 42 full covariances, "
             "%.0f iterations of EM",
             report_number(m, GMM_REPORT_ITERATIONS));
    draw_sheet(argv[2], subtitle, real, drawn, means);

    free(drawn);
    free(means);
    free(real);
    gmm_free(m);
    genmod_data_free(rows);
    free_table(&t);
    return 0;
}
