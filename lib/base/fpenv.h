/* The floating-point environment: rounding, traps, flush-to-zero and the
 * sticky flags of the calling thread. <fenv.h> also saves the x87 state, which
 * costs more than a small call may, so the usual machines are done by hand. */
#ifndef BASE_FPENV_H
#define BASE_FPENV_H

#include <stdint.h>

#if defined(__x86_64__)

#include <xmmintrin.h>

#define MXCSR_DEFAULT 0x1f80u /* to nearest, nothing trapped, no flag set */
#define X87_DEFAULT 0x037fu   /* the same, to 64 bits */

/* Loading the x87 control word is slow and seldom needed. Its flags stay:
 * nothing here computes with it. */
static inline void fp_set_x87(uint16_t word)
{
    uint16_t now;

    __asm__ volatile("fnstcw %0" : "=m"(now));
    if (now != word)
        __asm__ volatile("fldcw %0" : : "m"(word));
}

static inline void fp_save(uint64_t fp[8])
{
    uint16_t word;

    __asm__ volatile("fnstcw %0" : "=m"(word));
    fp[0] = _mm_getcsr();
    fp[1] = word;
}

static inline void fp_default(void)
{
    fp_set_x87(X87_DEFAULT);
    _mm_setcsr(MXCSR_DEFAULT);
}

static inline void fp_restore(const uint64_t fp[8])
{
    fp_set_x87((uint16_t)fp[1]);
    _mm_setcsr((unsigned)fp[0]);
}

#elif defined(__aarch64__)

static inline void fp_save(uint64_t fp[8])
{
    __asm__ volatile("mrs %0, fpcr" : "=r"(fp[0]));
    __asm__ volatile("mrs %0, fpsr" : "=r"(fp[1]));
}

static inline void fp_default(void)
{
    const uint64_t zero = 0;
    __asm__ volatile("msr fpcr, %0" : : "r"(zero));
    __asm__ volatile("msr fpsr, %0" : : "r"(zero));
}

static inline void fp_restore(const uint64_t fp[8])
{
    __asm__ volatile("msr fpcr, %0" : : "r"(fp[0]));
    __asm__ volatile("msr fpsr, %0" : : "r"(fp[1]));
}

#else

#include <fenv.h>
#include <string.h>

_Static_assert(sizeof(fenv_t) <= 8 * sizeof(uint64_t),
               "base_call.fp too small");

static inline void fp_save(uint64_t fp[8])
{
    fenv_t env;
    fegetenv(&env);
    memcpy(fp, &env, sizeof env);
}

static inline void fp_default(void)
{
    fesetenv(FE_DFL_ENV);
}

static inline void fp_restore(const uint64_t fp[8])
{
    fenv_t env;
    memcpy(&env, fp, sizeof env);
    fesetenv(&env);
}

#endif

#endif
