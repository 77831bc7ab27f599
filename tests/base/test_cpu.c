#include "support/test.h"

#include "base/internal.h"

static void best_is_what_the_compiler_finds_too(void **state)
{
    (void)state;
#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 12)
    /* an independent reading of cpuid, which the library may not use */
    int32_t expected = BASE_CPU_GENERIC;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        expected = BASE_CPU_X86_V3;
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512cd"))
        expected = BASE_CPU_X86_V4;
    assert_int_equal(base_cpu_best(), expected);
#else
    assert_true(base_cpu_best() >= 0);
#endif
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (int32_t cpu = BASE_CPU_GENERIC; cpu <= BASE_CPU_AARCH64; cpu++)
        assert_int_equal(base_cpu_named(base_cpu_name(cpu)), cpu);
    assert_int_equal(base_cpu_named("x86-64"), -1);
    assert_int_equal(base_cpu_named(""), -1);
    assert_string_equal(base_cpu_name(-1), "unknown");
    assert_string_equal(base_cpu_name(5), "unknown");
}

static void covers_lower_levels_of_its_own_architecture(void **state)
{
    (void)state;
    assert_true(base_cpu_covers(BASE_CPU_X86_V4, BASE_CPU_X86_V3));
    assert_true(base_cpu_covers(BASE_CPU_X86_V3, BASE_CPU_X86_V3));
    assert_false(base_cpu_covers(BASE_CPU_X86_V3, BASE_CPU_X86_V4));
    assert_false(base_cpu_covers(BASE_CPU_X86_V4, BASE_CPU_AARCH64));
    assert_false(base_cpu_covers(BASE_CPU_AARCH64, BASE_CPU_X86_V3));
    assert_true(base_cpu_covers(BASE_CPU_AARCH64, BASE_CPU_AARCH64));
    assert_true(base_cpu_covers(BASE_CPU_AARCH64, BASE_CPU_GENERIC));
    assert_false(base_cpu_covers(BASE_CPU_GENERIC, BASE_CPU_X86_V3));
}

/* A level without kernels: known by name, so that asking for it is told from a
 * slip of the pen. */
static void no_machine_covers_v2(void **state)
{
    (void)state;
    for (int32_t cpu = BASE_CPU_GENERIC; cpu <= BASE_CPU_X86_V4; cpu++)
        assert_int_equal(base_cpu_covers(cpu, BASE_CPU_X86_V2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_is_what_the_compiler_finds_too),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(covers_lower_levels_of_its_own_architecture),
        cmocka_unit_test(no_machine_covers_v2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
