/* The door of room `measure`: divergences between distributions, and measures
 * of samples. It knows no model; the families bring densities and rows. */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "genmod/measure.h"
#include "kern/kern.h"

#endif
