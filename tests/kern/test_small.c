#include "tables.h"

#define MOST 40

static const size_t sizes[] = {1, 2, 3, 5, 8, 17, MOST};

/* B B^T + I / 2 of random b, only its lower triangle; above, NaN. */
static void *definite(const kern_ops *o, size_t n, uint64_t seed)
{
    void *const b = random_elements(o, n * n, seed);
    void *const a = elements(o, n * n);

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = i == j ? 0.5 : 0;

            for (size_t k = 0; k < n; k++)
                sum += get(o, b, i * n + k) * get(o, b, j * n + k);
            put(o, a, i * n + j, j > i ? (double)NAN : sum);
        }
    }
    free(b);
    return a;
}

static void check_factor(const kern_ops *o, size_t n)
{
    void *const a = definite(o, n, 5 + n);
    void *const l = elements(o, n * n + 1);

    kern_cholesky_one(o, n, a, l);
    assert_true(get(o, l, n * n) == -777.25);
    for (size_t i = 0; i < n; i++) {
        assert_true(get(o, l, i * n + i) > 0);
        for (size_t j = 0; j <= i; j++) {
            long double sum = 0;

            for (size_t k = 0; k <= j; k++)
                sum += (long double)get(o, l, i * n + k) *
                       (long double)get(o, l, j * n + k);
            /* Each l is rounded to its type, the sums are doubles': Higham,
             * theorem 10.3, with |L| |L^T| <= the diagonal of A <= n + 1/2. */
            assert_near(sum, get(o, a, i * n + j),
                        4 * ((double)n + 1) *
                            (epsilon(o) + (double)n * 0x1p-53));
        }
        for (size_t j = i + 1; j < n; j++)
            assert_true(get(o, l, i * n + j) == 0);
    }
    kern_cholesky_one(o, n, a, a);
    assert_memory_equal(a, l, n * n * o->bytes);
    free(l);
    free(a);
}

static void cholesky_times_its_transpose_is_the_matrix(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            check_factor(ops[t], sizes[s]);
}

static void cholesky_of_whole_numbers_is_exact(void **state)
{
    static const double a[] = {4, 99, 99, 10, 26, 99, -6, -13, 19};
    static const double expected[] = {
        2, 0, 0, 5, 1, 0, -3, 2, 2.449489742783178};
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const m = elements(ops[t], 9), *const l = elements(ops[t], 9);

        for (size_t i = 0; i < 9; i++)
            put(ops[t], m, i, a[i]);
        kern_cholesky_one(ops[t], 3, m, l);
        for (size_t i = 0; i < 9; i++)
            assert_near(get(ops[t], l, i), expected[i],
                        i == 8 ? 2 * epsilon(ops[t]) : 0);
        free(l);
        free(m);
    }
}

static void cholesky_of_what_is_not_definite_is_nan(void **state)
{
    const double bad[] = {0, -2.385, (double)NAN, (double)INFINITY,
                          -(double)INFINITY};
    const size_t n = 5;
    const kern_ops *ops[TABLES];
    const size_t count = tables(ops);

    (void)state;
    for (size_t t = 0; t < count; t++) {
        for (size_t i = 0; i < n * 5; i++) {
            void *const a = definite(ops[t], n, 6);

            put(ops[t], a, i / 5 * (n + 1), bad[i % 5]);
            kern_cholesky_one(ops[t], n, a, a);
            for (size_t k = 0; k < n * n; k++)
                assert_true(isnan(get(ops[t], a, k)));
            free(a);
        }
    }
}

/* op(L) x of column c, and the same of magnitudes. */
static long double times(const kern_ops *o, int trans, size_t n, size_t m,
                         const void *l, const void *x, size_t i, size_t c,
                         long double *size)
{
    long double sum = 0;

    *size = 0;
    for (size_t k = trans ? i : 0; k < (trans ? n : i + 1); k++) {
        const long double p =
            (long double)get(o, l, trans ? k * n + i : i * n + k) *
            (long double)get(o, x, k * m + c);

        sum += p;
        *size += fabsl(p);
    }
    return sum;
}

static void check_solve(const kern_ops *o, int trans, size_t n, size_t m)
{
    void *const l = random_elements(o, n * n, 7);
    void *const b = random_elements(o, n * m, 8);
    void *const x = elements(o, n * m + 1);

    for (size_t i = 0; i < n; i++) {
        put(o, l, i * n + i, 1.25 + get(o, l, i * n + i));
        for (size_t j = i + 1; j < n; j++)
            put(o, l, i * n + j, (double)NAN);
    }
    kern_solve_one(o, trans, n, m, l, b, x);
    assert_true(get(o, x, n * m) == -777.25);
    for (size_t i = 0; i < n * m; i++) {
        long double size;
        const long double sum =
            times(o, trans, n, m, l, x, i / m, i % m, &size);

        /* x_i is rounded to its type once, its sum is of doubles (Higham,
         * theorem 8.5). */
        assert_near(sum, get(o, b, i),
                    (2 * epsilon(o) + (double)n * 0x1p-53) *
                        ((double)size + fabs(get(o, b, i))));
    }
    kern_solve_one(o, trans, n, m, l, b, b);
    assert_memory_equal(b, x, n * m * o->bytes);
    free(x);
    free(b);
    free(l);
}

static void solve_inverts_either_triangle_and_reads_the_lower_one(void **state)
{
    static const size_t columns[] = {1, 3, 8, 19};
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
                for (int trans = 0; trans < 2; trans++)
                    check_solve(ops[t], trans, sizes[s], columns[c]);
}

static void a_columns_bits_do_not_depend_on_the_others(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        const kern_ops *const o = ops[t];
        void *const a = definite(o, 6, 9), *const l = elements(o, 36);
        void *const b = random_elements(o, 6 * 11, 10), *x = elements(o, 66);
        void *const one = elements(o, 6);

        kern_cholesky_one(o, 6, a, l);
        kern_solve_one(o, 0, 6, 11, l, b, x);
        for (size_t c = 0; c < 11; c++) {
            for (size_t i = 0; i < 6; i++)
                put(o, one, i, get(o, b, i * 11 + c));
            kern_solve_one(o, 0, 6, 1, l, one, one);
            for (size_t i = 0; i < 6; i++)
                assert_true(get(o, one, i) == get(o, x, i * 11 + c));
        }
        free(one);
        free(x);
        free(b);
        free(l);
        free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cholesky_times_its_transpose_is_the_matrix),
        cmocka_unit_test(cholesky_of_whole_numbers_is_exact),
        cmocka_unit_test(cholesky_of_what_is_not_definite_is_nan),
        cmocka_unit_test(solve_inverts_either_triangle_and_reads_the_lower_one),
        cmocka_unit_test(a_columns_bits_do_not_depend_on_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
