/* Digits of which the upper half is seen, completed by a Gaussian mixture.
 *
 *     gmm_complete tests/data/digits.csv out.png
 */
#include <stdio.h>

#include "draw_halves.h"
#include "read.h"

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gmm_complete digits.csv out.png\n");
        return 2;
    }
    struct table t;
    struct halves h;
    read_csv(argv[1], 1, &t);
    complete_with_mixture(&t, &h);
    draw_halves(argv[2], "The half that is missing",
                "A mixture of 24 Gaussians, given what is seen, is a mixture "
                "of what is not",
                "gmm_impute, mean", "gmm_condition, a draw", &h);
    free_halves(&h);
    free_table(&t);
    return 0;
}
