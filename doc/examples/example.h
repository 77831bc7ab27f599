/** @file example.h
 * What every example does with a status code and with its own result.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include <genmod/genmod.h>

/** End the program with one line on standard error unless status is 0. */
void need(int32_t status, const genmod_workspace *w);

/** End the program with "what" on standard error unless truth holds. */
void expect(int truth, const char *what);

/** Is |a - b| <= tolerance? */
int near(double a, double b, double tolerance);

/** malloc that ends the program instead of returning NULL. */
void *memory(size_t n, size_t bytes);

#endif
