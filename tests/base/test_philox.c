#include "support/test.h"

#include "base/base.h"

/* The vectors for philox4x32-10 that its authors publish with Random123. */
static void philox_gives_the_published_vectors(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0},
         {0, 0},
         {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    uint32_t out[4];

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        base_philox(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void random_puts_each_argument_in_its_own_words(void **state)
{
    const uint32_t counter[4] = {0x85a308d3, 0x243f6a88, 0x13198a2e, 7};
    const uint32_t key[2] = {0x299f31d0, 0xa4093822};
    uint32_t out[4], expected[4];

    (void)state;
    base_philox(counter, key, expected);
    base_random(UINT64_C(0xa4093822299f31d0), UINT64_C(0x243f6a8885a308d3),
                0x13198a2e, 7, out);
    assert_memory_equal(out, expected, sizeof out);
}

static void uniform_never_reaches_0_or_1(void **state)
{
    (void)state;
    assert_true(base_uniform(0, 0) == 0x1p-53);
    assert_true(base_uniform(UINT32_MAX, UINT32_MAX) == 1.0 - 0x1p-53);
    assert_true(base_uniform(0x80000000u, 0) == 0.5 + 0x1p-53);
}

static void uniform_has_the_moments_of_its_law(void **state)
{
    const size_t n = 200000;
    double sum = 0, square = 0;
    uint32_t r[4];

    (void)state;
    for (size_t i = 0; i < n; i++) {
        base_random(2385, i, 3, 0, r);
        const double u = base_uniform(r[0], r[1]) - 0.5;
        sum += u;
        square += u * u;
    }
    /* 4 standard errors: sd(u) = 0.2887, sd(u^2) = 0.0745 */
    assert_near(sum / (double)n, 0.0, 4 * 0.2887 / sqrt((double)n));
    assert_near(square / (double)n, 1.0 / 12, 4 * 0.0745 / sqrt((double)n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(random_puts_each_argument_in_its_own_words),
        cmocka_unit_test(uniform_never_reaches_0_or_1),
        cmocka_unit_test(uniform_has_the_moments_of_its_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
