/** @file codes.h
 * An autoencoder of digits, and three ways to come by codes for its decoder.
 */
#ifndef CODES_H
#define CODES_H

#include <stddef.h>

#include "read.h"

#define CODE 8 /**< numbers in a code */

/** n pictures of d cells of ink 0 to 1; codes are [n, CODE]. */
struct codes {
    size_t n, d;
    double *kept, *noise, *mixture; /**< codes of digits kept back; N(0, I);
                                       drawn from a mixture of codes */
    double *from_kept, *from_noise,
        *from_mixture; /**< what the decoder makes */
};

/** Fit to the table's rows of even number, keep the odd ones back. */
void fit_codes(const struct table *t, struct codes *c);

/** Free what fit_codes() took. */
void free_codes(struct codes *c);

#endif
