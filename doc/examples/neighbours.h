/** @file neighbours.h
 * Nearest neighbours among rows: whether two sets of rows can be told apart.
 */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include <stddef.h>

/** The squared distance from row x to the nearest of n rows but number `skip`
 * (n for none). */
double nearest2(size_t n, size_t d, const double *rows, size_t skip,
                const double *x);

/**
 * The share of rows of two sets [n, d] whose nearest neighbour, itself left
 * out, is of their own set: 0.5 where both follow one law, 1 where they lie
 * apart.
 */
double told_apart(size_t n, size_t d, const double *a, const double *b);

#endif
