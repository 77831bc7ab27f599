/* Which instruction sets the machine and its system have. The levels are those
 * of the x86-64 psABI. */
#include <string.h>

#include "base/internal.h"

#if defined(__x86_64__) && !defined(BASE_ONE_SET)

#include <cpuid.h>

typedef struct words {
    unsigned a, b, c, d;
} words;

/* Each question may cost a virtual machine 10 microseconds, so none is asked
 * twice. Every x86-64 has the leaves but 7. */
static words ask(unsigned leaf)
{
    words v;

    __cpuid_count(leaf, 0, v.a, v.b, v.c, v.d);
    return v;
}

/* The register states that the system saves. */
static unsigned saved_states(void)
{
    unsigned low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int has(unsigned word, unsigned bits)
{
    return (word & bits) == bits;
}

int32_t base_cpu_best(void)
{
    const words one = ask(1), far = ask(0x80000001u);
    const unsigned v2 = bit_SSE3 | bit_SSSE3 | bit_SSE4_1 | bit_SSE4_2 |
                        bit_POPCNT | bit_CMPXCHG16B;
    const unsigned v3 = bit_OSXSAVE | bit_AVX | bit_F16C | bit_FMA | bit_MOVBE;
    const unsigned v4 =
        bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;

    if (!has(one.c, v2 | v3) || !has(far.c, bit_LAHF_LM | bit_LZCNT) ||
        ask(0).a < 7)
        return BASE_CPU_GENERIC;
    const words seven = ask(7);
    const unsigned states = saved_states();
    if (!has(seven.b, bit_AVX2 | bit_BMI | bit_BMI2) ||
        !has(states, 0x06)) /* xmm and ymm */
        return BASE_CPU_GENERIC;
    /* opmask, the upper halves of zmm, zmm16 and above */
    return has(states, 0xe6) && has(seven.b, v4) ? BASE_CPU_X86_V4
                                                 : BASE_CPU_X86_V3;
}

#elif defined(__aarch64__) && !defined(BASE_ONE_SET)

int32_t base_cpu_best(void)
{
    return BASE_CPU_AARCH64;
}

#else

int32_t base_cpu_best(void)
{
    return BASE_CPU_GENERIC;
}

#endif

static const char *const names[] = {
    [BASE_CPU_GENERIC] = "generic",  [BASE_CPU_X86_V2] = "x86-64-v2",
    [BASE_CPU_X86_V3] = "x86-64-v3", [BASE_CPU_X86_V4] = "x86-64-v4",
    [BASE_CPU_AARCH64] = "aarch64",
};

#define NAMES ((int32_t)(sizeof names / sizeof names[0]))

const char *base_cpu_name(int32_t cpu)
{
    return cpu >= 0 && cpu < NAMES ? names[cpu] : "unknown";
}

int32_t base_cpu_named(const char *name)
{
    for (int32_t i = 0; i < NAMES; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int base_cpu_covers(int32_t best, int32_t cpu)
{
    if (cpu == BASE_CPU_X86_V2)
        return 0;
    if (cpu == BASE_CPU_GENERIC || cpu == best)
        return 1;
    return best <= BASE_CPU_X86_V4 && cpu <= best;
}
