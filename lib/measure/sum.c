#include "measure/internal.h"

#include <math.h>

void measure_add(measure_sum *s, double x)
{
    const double total = s->total + x;

    if (fabs(s->total) >= fabs(x))
        s->correction += (s->total - total) + x;
    else
        s->correction += (x - total) + s->total;
    s->total = total;
}

/* An infinite total has lost what is not a number. */
double measure_total(const measure_sum *s)
{
    return isfinite(s->total) ? s->total + s->correction : s->total;
}

int measure_exponent(double v)
{
    int exponent = 0;

    if (v != 0 && isfinite(v))
        frexp(v, &exponent);
    return exponent > -256 && exponent < 256 ? 0 : exponent;
}
