#include "kern/set.h"

#if defined(__x86_64__) && !defined(BASE_ONE_SET)

static const kern_ops *const f32[] = {&kern_generic_f32, NULL, &kern_x86_v3_f32,
                                      &kern_x86_v4_f32};
static const kern_ops *const f64[] = {&kern_generic_f64, NULL, &kern_x86_v3_f64,
                                      &kern_x86_v4_f64};

#elif defined(__aarch64__) && !defined(BASE_ONE_SET)

static const kern_ops *const f32[] = {&kern_generic_f32, NULL, NULL, NULL,
                                      &kern_aarch64_f32};
static const kern_ops *const f64[] = {&kern_generic_f64, NULL, NULL, NULL,
                                      &kern_aarch64_f64};

#else

static const kern_ops *const f32[] = {&kern_generic_f32};
static const kern_ops *const f64[] = {&kern_generic_f64};

#endif

const kern_ops *kern_ops_of(int32_t cpu, int32_t type)
{
    if (cpu < 0 || (size_t)cpu >= sizeof f32 / sizeof f32[0])
        return NULL;
    if (type == GENMOD_F32)
        return f32[cpu];
    return type == GENMOD_F64 ? f64[cpu] : NULL;
}

const kern_ops *kern_ops_of_graph(int32_t cpu, int32_t type)
{
    return kern_ops_of(type == GENMOD_F64 ? BASE_CPU_GENERIC : cpu, type);
}
