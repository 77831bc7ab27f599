/* The four families side by side on MNIST: one fits the first 50,000 digits
 * and draws 10,000, which are held against the last 10,000.
 *
 *     families FAMILY SEED CLASSIFIER FOLDER [SHEETS [EFFORT]]
 *
 * FAMILY: real (training digits as if drawn), factors or diagonal (mixtures of
 * pixels with such covariances), codes (a mixture of an autoencoder's codes),
 * vae (means and draws), gan. CLASSIFIER is a file of families_classifier. A
 * line a model: names and values, one after another; seconds are the
 * processor's, of one thread. SHEETS: a folder for 100 images of each as a grey
 * map; "" for none. EFFORT: a share of the passes, to see that all works.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "families.h"

static const struct family {
    const char *name;
    void (*run)(struct job *j);
} families[] = {{"real", run_real},         {"factors", run_factors},
                {"diagonal", run_diagonal}, {"codes", run_codes},
                {"vae", run_vae},           {"gan", run_gan}};

static const struct family *family_of(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].name, name) == 0)
            return &families[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct family *f = argc < 5 ? NULL : family_of(argv[1]);
    if (!f) {
        fprintf(stderr,
                "usage: families real|factors|diagonal|codes|vae|gan seed "
                "classifier folder [sheets [effort]]\n");
        return 2;
    }
    struct job j = {.seed = argv[2],
                    .sheets = argc > 5 && argv[5][0] ? argv[5] : NULL,
                    .effort = argc > 6 ? atof(argv[6]) : 1};
    open_digits(argv[4], 1, &j.g);
    j.judge = load_classifier(argv[3], j.g.w);
    j.x = memory(DRAWN * D, sizeof *j.x);
    f->run(&j);
    free_standard(j.standard);
    free(j.x);
    ae_free(j.judge);
    close_digits(&j.g);
    return 0;
}
