#include "measure/internal.h"

int32_t measure_check_unit(int32_t unit, genmod_workspace *w)
{
    if (unit == GENMOD_NATS || unit == GENMOD_BITS)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "unit is %i; it must be GENMOD_NATS or GENMOD_BITS",
                     (int64_t)unit);
}

double measure_unit(int32_t unit)
{
    return unit == GENMOD_BITS ? MEASURE_LN_2 : 1;
}
