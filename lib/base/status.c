#include "base/base.h"

int32_t genmod_version(void)
{
    return GENMOD_VERSION;
}

const char *genmod_status_name(int32_t status)
{
    static const char *const names[] = {
        "ok",        "bad argument", "no memory",  "limit",     "too small",
        "busy",      "not fitted",   "non-finite", "breakdown", "cancelled",
        "bad bytes", "unsupported",  "callback",
    };
    const int32_t n = (int32_t)(sizeof names / sizeof names[0]);

    return status <= 0 && status > -n ? names[-status] : "unknown status";
}
