/* Trains the classifier by which the other programs judge digits.
 *
 *     families_classifier folder-with-idx-files OUT [passes]
 *
 * On the first 40,000 digits; ends with 1 unless 99 of 100 of the last 10,000
 * are told right.
 */
#include <stdio.h>

#include "digits.h"

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: families_classifier folder out [passes]\n");
        return 2;
    }
    struct digits g;
    open_digits(argv[1], 1, &g);
    ae_model *m = train_classifier(&g, argc > 3 ? argv[3] : "10");
    const double right = accuracy(m, &g);
    printf("%.2f %% of %d held-out digits told right, %.0f s of the "
           "processor\n",
           100 * right, HELD, seconds());
    save_classifier(m, argv[2]);
    ae_free(m);
    close_digits(&g);
    return right < 0.99;
}
