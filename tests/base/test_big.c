#include "support/test.h"

#include "base/big.h"

static void multiply_and_shift_agree_on_powers_of_two(void **state)
{
    base_big a, b;

    (void)state;
    base_big_set(&a, UINT64_C(0x123456789abcdef1));
    base_big_set(&b, UINT64_C(0x123456789abcdef1));
    base_big_shift(&a, 205);
    for (int i = 0; i < 205; i++)
        base_big_multiply(&b, 2, 0);
    assert_int_equal(base_big_compare(&a, &b), 0);
    assert_int_equal(base_big_bits(&a), 61 + 205);
}

static void power5_is_repeated_multiplication(void **state)
{
    base_big a, b;

    (void)state;
    base_big_set(&a, 3);
    base_big_set(&b, 3);
    base_big_power5(&a, 1126); /* the largest that reading needs */
    for (int i = 0; i < 1126; i++)
        base_big_multiply(&b, 5, 0);
    assert_int_equal(base_big_compare(&a, &b), 0);
}

static void subtract_undoes_an_addition_with_carries(void **state)
{
    base_big a, b, one;

    (void)state;
    base_big_set(&a, 1);
    base_big_shift(&a, 300); /* 2^300 - 1 borrows through every word */
    base_big_set(&one, 1);
    base_big_subtract(&a, &one);
    assert_int_equal(base_big_bits(&a), 300);
    base_big_set(&b, 1);
    base_big_shift(&b, 300);
    assert_int_equal(base_big_compare(&a, &b), -1);
    assert_int_equal(base_big_compare(&b, &a), 1);
    base_big_subtract(&b, &a);
    assert_int_equal(base_big_compare(&b, &one), 0);
    base_big_subtract(&b, &one);
    assert_int_equal(base_big_bits(&b), 0);
}

static void zero_stays_zero(void **state)
{
    base_big a;

    (void)state;
    base_big_set(&a, 0);
    base_big_shift(&a, 77);
    base_big_multiply(&a, 10, 0);
    assert_int_equal(base_big_bits(&a), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiply_and_shift_agree_on_powers_of_two),
        cmocka_unit_test(power5_is_repeated_multiplication),
        cmocka_unit_test(subtract_undoes_an_addition_with_carries),
        cmocka_unit_test(zero_stays_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
