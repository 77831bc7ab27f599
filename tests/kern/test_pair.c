/* Distances from products. */
#include "tables.h"

#define MOST 70

/* l + (a + b), the greatest of it, and whether any is near; `exact` in the
 * place of those. Rows 3, 8, 13 … are near. */
static void sums_and_what_is_near_agree_with_plain_ones(void **state)
{
    (void)state;
    const kern_ops *all[TABLES];
    const size_t count = tables(all);
    for (size_t t = 0; t < count; t++)
        for (size_t m = 1; m <= MOST; m += m < 20 ? 1 : 7) {
            const kern_ops *const ops = all[t];
            void *const b = elements(ops, m), *const l = elements(ops, m + 1);
            void *const exact = elements(ops, m);
            double most = -INFINITY, mended = -INFINITY, want[MOST];
            int near, any = 0;
            for (size_t j = 0; j < m; j++) {
                put(ops, b, j, -3.5 - (double)j);
                put(ops, exact, j, -0.125 * (double)(j + 1));
                put(ops, l, j, j % 5 == 3 ? 5.75 + (double)j : 0.25);
                want[j] = get(ops, l, j) - 2.25 + get(ops, b, j);
                most = want[j] > most ? want[j] : most;
                any |= j % 5 == 3;
            }
            assert_near(ops->pair(m, -2.25, b, l, &near), most, 0);
            assert_int_equal(near, any);
            for (size_t j = 0; j < m; j++)
                assert_near(get(ops, l, j), want[j], 0);
            for (size_t j = 0; j < m; j++) {
                want[j] = j % 5 == 3 ? get(ops, exact, j) : want[j];
                mended = want[j] > mended ? want[j] : mended;
            }
            assert_near(ops->mend(m, -2.25, b, exact, l), mended, 0);
            for (size_t j = 0; j < m; j++)
                assert_near(get(ops, l, j), want[j], 0);
            assert_near(get(ops, l, m), -777.25, 0);
            assert_near(ops->greatest(m, l), mended, 0);
            free(exact);
            free(l);
            free(b);
        }
}

static void what_is_no_number_is_near(void **state)
{
    (void)state;
    const kern_ops *all[TABLES];
    const size_t count = tables(all);
    for (size_t t = 0; t < count; t++) {
        const kern_ops *const ops = all[t];
        void *const b = elements(ops, 3), *const l = elements(ops, 3);
        int near = 0;
        for (size_t j = 0; j < 3; j++) {
            put(ops, b, j, j == 1 ? -INFINITY : -4);
            put(ops, l, j, j == 1 ? INFINITY : 1);
        }
        assert_near(ops->pair(3, -1, b, l, &near), -4, 0);
        assert_true(near);
        put(ops, l, 1, -2.5);
        assert_near(ops->greatest(3, l), -2.5, 0);
        free(l);
        free(b);
    }
}

static void one_that_reaches_its_bound_is_found_anywhere(void **state)
{
    (void)state;
    const kern_ops *all[TABLES];
    const size_t count = tables(all);
    for (size_t t = 0; t < count; t++)
        for (size_t m = 1; m <= MOST; m += 3) {
            const kern_ops *const ops = all[t];
            void *const bound = elements(ops, m), *const l = elements(ops, m);
            for (size_t j = 0; j < m; j++) {
                put(ops, bound, j, -(double)j);
                put(ops, l, j, -0.5 - (double)j);
            }
            assert_false(ops->reaches(m, l, bound));
            for (size_t j = 0; j < m; j++) {
                put(ops, l, j, -(double)j);
                assert_true(ops->reaches(m, l, bound));
                put(ops, l, j, NAN);
                assert_false(ops->reaches(m, l, bound));
                put(ops, l, j, -0.5 - (double)j);
            }
            free(l);
            free(bound);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_what_is_near_agree_with_plain_ones),
        cmocka_unit_test(what_is_no_number_is_near),
        cmocka_unit_test(one_that_reaches_its_bound_is_found_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
