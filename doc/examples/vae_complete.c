/* Digits of which the upper half is seen, completed.
 *
 *     vae_complete tests/data/digits.csv out.png
 */
#include <stdio.h>

#include "draw_halves.h"
#include "read.h"

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: vae_complete digits.csv out.png\n");
        return 2;
    }
    struct table t;
    struct halves h;
    read_csv(argv[1], 1, &t);
    complete_halves(&t, &h);
    draw_halves(argv[2], "The half that is missing",
                "A variational autoencoder knows which cells it sees, "
                "and what hangs together with them",
                "vae_impute, mean", "vae_impute, a draw", &h);
    free_halves(&h);
    free_table(&t);
    return 0;
}
