/** @file draw_halves.h
 * The picture of half-hidden digits and what was made of them.
 */
#ifndef DRAW_HALVES_H
#define DRAW_HALVES_H

#include "halves.h"

/**
 * Draw it.
 * @param best   what h->best is, for the margin
 * @param drawn  the same of h->drawn
 */
void draw_halves(const char *path, const char *title, const char *subtitle,
                 const char *best, const char *drawn, const struct halves *h);

#endif
