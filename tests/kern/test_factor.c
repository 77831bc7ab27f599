#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kern/kern.h"

/* Sizes on both sides of the blocks of 64 and of their leaves of 8. */
static const size_t sizes[] = {1, 2, 3, 8, 17, 63, 64, 65, 129, 200};
#define SIZES (sizeof sizes / sizeof *sizes)

static double number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return 3.0 * (double)(*state >> 11) / 9007199254740992.0 - 1.3;
}

static double *matrix(size_t rows, size_t columns)
{
    double *const a = calloc(rows * columns + 1, sizeof *a);
    assert_non_null(a);
    return a;
}

static const kern_ops *best(void)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, NULL, NULL);
    assert_non_null(w);
    const kern_ops *const ops = kern_ops_of(base_cpu(w), GENMOD_F64);
    assert_int_equal(base_leave(&call, 0), 0);
    return ops;
}

static void *scratch(size_t n)
{
    void *const pack = aligned_alloc(BASE_ALIGN, kern_factor_scratch(n) + 64);
    assert_non_null(pack);
    return pack;
}

/* G^T G / n + ridge, a covariance matrix. */
static double *covariance(size_t n, size_t lda, double ridge)
{
    double *const g = matrix(n, n), *const a = matrix(n, lda);
    uint64_t state = 5 + n;
    for (size_t i = 0; i < n * n; i++)
        g[i] = number(&state);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            for (size_t p = 0; p < n; p++)
                a[i * lda + j] += g[p * n + i] * g[p * n + j];
            a[i * lda + j] /= (double)n;
            if (i == j)
                a[i * lda + j] += ridge;
        }
    free(g);
    return a;
}

static double *copy(size_t n, const double *a)
{
    double *const c = matrix(n, 1);
    memcpy(c, a, n * sizeof *a);
    return c;
}

/* |A - L L^T| <= (n + 1) eps |L| |L^T|, cell by cell: Higham, theorem 10.3. */
static void assert_factor(size_t n, const double *a, const double *l,
                          size_t lda)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            long double sum = 0, size = 0;
            for (size_t p = 0; p <= j; p++) {
                const long double x =
                    (long double)l[i * lda + p] * l[j * lda + p];
                sum += x;
                size += fabsl(x);
            }
            assert_true(fabsl(sum - a[i * lda + j]) <=
                        (long double)(n + 1) * DBL_EPSILON * size);
        }
}

static void check_cholesky(size_t n, double *a, size_t lda, double floor)
{
    double *const before = copy(n * lda, a);
    void *const pack = scratch(n);
    assert_int_equal(kern_cholesky(best(), n, a, lda, floor, pack), n);
    assert_factor(n, before, a, lda);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < lda; j++)
            assert_true(a[i * lda + j] == before[i * lda + j]);
    free(before);
    free(pack);
}

static void cholesky_factor_gives_the_matrix_back(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        const size_t n = sizes[s], lda = n + 3;
        double *const a = covariance(n, lda, 0.25);
        check_cholesky(n, a, lda, 0.0);
        free(a);
    }
}

static void cholesky_is_backward_stable_on_graded_matrices(void **state)
{
    (void)state;
    const size_t n = 150;
    double *const a = covariance(n, n, 0.5);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] *= pow(10.0, -0.1 * (double)(i + j));
    check_cholesky(n, a, n, 0.0);
    free(a);
}

static void cholesky_is_backward_stable_on_the_hilbert_matrix(void **state)
{
    (void)state;
    const size_t n = 11; /* condition 5e14 */
    double *const a = matrix(n, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = 1.0 / (double)(i + j + 1);
    check_cholesky(n, a, n, 0.0);
    free(a);
}

/* Blocks couple a nearly singular corner with the rest: a product with the
 * inverse of a diagonal block would lose this. */
static void cholesky_is_backward_stable_beside_a_bad_block(void **state)
{
    (void)state;
    const size_t n = 140;
    double *const a = matrix(n, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double d = ((double)i - (double)j) / 9.0;
            a[i * n + j] = exp(-d * d) + (i == j ? 1e-12 : 0.0);
        }
    check_cholesky(n, a, n, 0.0);
    free(a);
}

/* Row r is the exact copy of row 0, so that its pivot is 0 but for rounding. */
static void cholesky_names_the_row_whose_pivot_is_lost(void **state)
{
    (void)state;
    static const size_t rows[] = {1, 5, 63, 64, 65, 127, 139};
    const size_t n = 140;
    void *const pack = scratch(n);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        double *const a = covariance(n, n, 0.3);
        const size_t row = rows[r];
        for (size_t j = 0; j < n; j++)
            a[row * n + j] = a[j];
        for (size_t i = 0; i < n; i++)
            a[i * n + row] = a[i * n];
        a[row * n + row] = a[0];
        assert_int_equal(kern_cholesky(best(), n, a, n, 1e-10, pack), row);
        free(a);
    }
    free(pack);
}

static void cholesky_compares_pivots_with_the_original_diagonal(void **state)
{
    (void)state;
    void *const pack = scratch(2);
    /* The second pivot is 0.36 of its diagonal element. */
    const double a[] = {4.0, 0.0, 1.6 * 2.5, 6.25};
    double l[4];
    memcpy(l, a, sizeof l);
    assert_int_equal(kern_cholesky(best(), 2, l, 2, 0.35, pack), 2);
    memcpy(l, a, sizeof l);
    assert_int_equal(kern_cholesky(best(), 2, l, 2, 0.37, pack), 1);
    free(pack);
}

static void cholesky_stops_at_nan_infinity_and_negative_pivots(void **state)
{
    (void)state;
    static const double bad[] = {NAN, INFINITY, -INFINITY, -2.5, 0.0};
    const size_t n = 90;
    void *const pack = scratch(n);
    for (size_t b = 0; b < 5; b++)
        for (size_t row = 0; row < n; row += 71) {
            double *const a = covariance(n, n, 1.0);
            a[row * n + row] = bad[b];
            assert_int_equal(kern_cholesky(best(), n, a, n, 0.0, pack), row);
            free(a);
        }
    double *const a = covariance(n, n, 1.0);
    a[80 * n + 3] = NAN; /* below the diagonal: the row's pivot feels it */
    assert_int_equal(kern_cholesky(best(), n, a, n, 0.0, pack), 80);
    free(a);
    free(pack);
}

static double *factor(size_t n, size_t ldl)
{
    double *const l = covariance(n, ldl, 0.2);
    void *const pack = scratch(n);
    assert_int_equal(kern_cholesky(best(), n, l, ldl, 0.0, pack), n);
    free(pack);
    return l;
}

/* |L X - I| <= n eps |L| |X|: Higham, eq. (14.4) for row-wise substitution,
 * doubled for the products of blocks. */
static void inverse_times_factor_is_the_identity(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        const size_t n = sizes[s], ldl = n + 2, ldi = n + 1;
        double *const l = factor(n, ldl), *const x = matrix(n, ldi);
        void *const pack = scratch(n);
        for (size_t i = 0; i < n * ldi; i++)
            x[i] = NAN;
        kern_triangular_inverse(best(), n, l, ldl, x, ldi, pack);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                long double sum = i == j ? -1 : 0, size = i == j;
                for (size_t p = 0; p <= i; p++) {
                    const long double t =
                        (long double)l[i * ldl + p] * x[p * ldi + j];
                    sum += t;
                    size += fabsl(t);
                }
                assert_true(fabsl(sum) <=
                            2.0L * (long double)n * DBL_EPSILON * size);
                if (j > i)
                    assert_true(x[i * ldi + j] == 0.0);
            }
        free(l);
        free(x);
        free(pack);
    }
}

/* |L x - b| <= n eps |L| |x|: Higham, theorem 8.5. */
static void check_solution(int trans, size_t n, size_t m, const double *l,
                           size_t ldl, const double *x, const double *b,
                           size_t ldb)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < m; c++) {
            long double sum = -b[i * ldb + c], size = fabs(b[i * ldb + c]);
            for (size_t p = 0; p < n; p++) {
                const size_t at = trans ? p * ldl + i : i * ldl + p;
                if (trans ? p < i : p > i)
                    continue;
                const long double t = (long double)l[at] * x[p * ldb + c];
                sum += t;
                size += fabsl(t);
            }
            assert_true(fabsl(sum) <=
                        (long double)(n + 1) * DBL_EPSILON * size);
        }
}

static void triangular_solve_satisfies_its_equations(void **state)
{
    (void)state;
    static const size_t widths[] = {1, 2, 7, 40};
    for (size_t s = 0; s < SIZES; s++)
        for (size_t v = 0; v < 8; v++) {
            const size_t n = sizes[s], m = widths[v >> 1], ldb = m + 1;
            const int trans = v & 1;
            double *const l = factor(n, n), *const b = matrix(n, ldb);
            uint64_t seed = 9;
            for (size_t i = 0; i < n * ldb; i++)
                b[i] = number(&seed);
            double *const x = copy(n * ldb, b);
            kern_triangular_solve(best(), trans, n, m, l, n, x, ldb);
            check_solution(trans, n, m, l, n, x, b, ldb);
            for (size_t i = 0; i < n; i++)
                assert_true(x[i * ldb + m] == b[i * ldb + m]);
            free(l);
            free(b);
            free(x);
        }
}

/* |V^T V - I| and |A V - V E| / |A| below 1e-13 n: some 450 roundings a
 * rotation or reflection, of which a cell sees about n. */
static void check_eigen(size_t n, const double *a, size_t lda, double *e)
{
    const size_t ldv = n + 1;
    double *const v = matrix(n, ldv), *const work = matrix(2, n);
    double norm = DBL_MIN;
    assert_int_equal(kern_eigen(n, a, lda, e, v, ldv, work), 1);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || e[i - 1] <= e[i]);
        norm = fmax(norm, fabs(e[i]));
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            long double inner = i == j ? -1 : 0;
            long double residual = -(long double)v[i * ldv + j] * e[j];
            for (size_t p = 0; p < n; p++) {
                const double x = p <= i ? a[i * lda + p] : a[p * lda + i];
                inner += (long double)v[p * ldv + i] * v[p * ldv + j];
                residual += (long double)x * v[p * ldv + j];
            }
            assert_true(fabsl(inner) <= 1e-13L * (long double)n);
            assert_true(fabsl(residual) <= 1e-13L * (long double)n * norm);
        }
    free(v);
    free(work);
}

static void eigen_decomposes_symmetric_matrices(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        const size_t n = sizes[s], lda = n + 4;
        double *const a = covariance(n, lda, -0.4), *const e = matrix(n, 1);
        double trace = 0, sum = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < lda; j++)
                a[i * lda + j] = NAN; /* the lower triangle is read alone */
        check_eigen(n, a, lda, e);
        for (size_t i = 0; i < n; i++) {
            trace += a[i * lda + i];
            sum += e[i];
        }
        assert_true(fabs(trace - sum) <= 1e-13 * (double)(n * n) * 3.0);
        free(a);
        free(e);
    }
}

/* Tridiagonal 2, -1: 2 - 2 cos(pi i / (n + 1)), i = 1 … n. */
static void eigen_finds_the_known_spectrum_of_the_string(void **state)
{
    (void)state;
    const size_t n = 57;
    const double pi = 3.14159265358979323846;
    double *const a = matrix(n, n), *const e = matrix(n, 1);
    for (size_t i = 0; i < n; i++) {
        a[i * n + i] = 2.0;
        if (i)
            a[i * n + i - 1] = -1.0;
    }
    check_eigen(n, a, n, e);
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(e[i] - 2.0 +
                         2.0 * cos(pi * (double)(i + 1) / (double)(n + 1))) <
                    1e-14 * (double)n);
    free(a);
    free(e);
}

static void eigen_sorts_a_diagonal_matrix_exactly(void **state)
{
    (void)state;
    const double a[] = {3.5, 0, 0, 0, -1.25, 0, 0, 0, 0.75};
    double e[3], v[9], work[6];
    assert_int_equal(kern_eigen(3, a, 3, e, v, 3, work), 1);
    assert_true(e[0] == -1.25 && e[1] == 0.75 && e[2] == 3.5);
    assert_true(fabs(v[1 * 3 + 0]) == 1.0 && fabs(v[2 * 3 + 1]) == 1.0 &&
                fabs(v[0 * 3 + 2]) == 1.0);
}

/* The permutation that mirrors the axes: eigenvalues 1 and -1, many times. */
static void eigen_handles_repeated_eigenvalues(void **state)
{
    (void)state;
    const size_t n = 31;
    double *const a = matrix(n, n), *const e = matrix(n, 1);
    for (size_t i = 0; i < n; i++)
        a[i * n + n - 1 - i] = 1.0;
    check_eigen(n, a, n, e);
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(e[i] - (i < n / 2 ? -1.0 : 1.0)) < 1e-13);
    free(a);
    free(e);
}

static void eigen_of_zero_and_of_one_number(void **state)
{
    (void)state;
    double e[4], v[16], work[8];
    const double zero[16] = {0}, one = -7.25;
    assert_int_equal(kern_eigen(4, zero, 4, e, v, 4, work), 1);
    for (size_t i = 0; i < 4; i++)
        assert_true(e[i] == 0.0 && fabs(v[i * 4 + i]) == 1.0);
    assert_int_equal(kern_eigen(1, &one, 1, e, v, 1, work), 1);
    assert_true(e[0] == one && fabs(v[0]) == 1.0);
}

/* 1e-300 … 1e300 in the scale of the whole: squares would leave the range. */
static void eigen_is_scale_invariant(void **state)
{
    (void)state;
    static const int exponents[] = {-1000, -300, 300, 1000};
    const size_t n = 23;
    double *const a = covariance(n, n, 0.1), *const b = matrix(n, n);
    double *const e = matrix(n, 1), *const f = matrix(n, 1);
    double *const v = matrix(n, n), *const work = matrix(2, n);
    assert_int_equal(kern_eigen(n, a, n, e, v, n, work), 1);
    for (size_t x = 0; x < 4; x++) {
        for (size_t i = 0; i < n * n; i++)
            b[i] = ldexp(a[i], exponents[x]);
        assert_int_equal(kern_eigen(n, b, n, f, v, n, work), 1);
        for (size_t i = 0; i < n; i++)
            assert_true(f[i] == ldexp(e[i], exponents[x]));
    }
    free(a);
    free(b);
    free(e);
    free(f);
    free(v);
    free(work);
}

static void eigen_is_stable_on_graded_and_ill_conditioned_ones(void **state)
{
    (void)state;
    const size_t n = 40;
    double *const a = matrix(n, n), *const e = matrix(n, 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = 1.0 / (double)(i + j + 1);
    check_eigen(n, a, n, e);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] *= pow(10.0, -0.5 * (double)(i + j));
    check_eigen(n, a, n, e);
    free(a);
    free(e);
}

static void eigen_refuses_what_is_not_finite(void **state)
{
    (void)state;
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    double e[5], v[25], work[10];
    for (size_t b = 0; b < 3; b++) {
        double *const a = covariance(5, 5, 0.0);
        a[3 * 5 + 1] = bad[b];
        assert_int_equal(kern_eigen(5, a, 5, e, v, 5, work), 0);
        free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cholesky_factor_gives_the_matrix_back),
        cmocka_unit_test(cholesky_is_backward_stable_on_graded_matrices),
        cmocka_unit_test(cholesky_is_backward_stable_on_the_hilbert_matrix),
        cmocka_unit_test(cholesky_is_backward_stable_beside_a_bad_block),
        cmocka_unit_test(cholesky_names_the_row_whose_pivot_is_lost),
        cmocka_unit_test(cholesky_compares_pivots_with_the_original_diagonal),
        cmocka_unit_test(cholesky_stops_at_nan_infinity_and_negative_pivots),
        cmocka_unit_test(inverse_times_factor_is_the_identity),
        cmocka_unit_test(triangular_solve_satisfies_its_equations),
        cmocka_unit_test(eigen_decomposes_symmetric_matrices),
        cmocka_unit_test(eigen_finds_the_known_spectrum_of_the_string),
        cmocka_unit_test(eigen_sorts_a_diagonal_matrix_exactly),
        cmocka_unit_test(eigen_handles_repeated_eigenvalues),
        cmocka_unit_test(eigen_of_zero_and_of_one_number),
        cmocka_unit_test(eigen_is_scale_invariant),
        cmocka_unit_test(eigen_is_stable_on_graded_and_ill_conditioned_ones),
        cmocka_unit_test(eigen_refuses_what_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
