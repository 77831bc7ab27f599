#include "tables.h"

#define DRAWS 200000

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static const kern_ops *f64_table(size_t i)
{
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    for (size_t t = 0; t < n; t++)
        if (ops[t]->type == GENMOD_F64 && i-- == 0)
            return ops[t];
    return NULL;
}

static void normals_have_the_moments_and_distribution_of_normals(void **state)
{
    double *const x = malloc(DRAWS * sizeof *x);
    const double error = 1 / sqrt((double)DRAWS);
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, distance = 0;

    (void)state;
    assert_non_null(x);
    kern_normals(f64_table(0), 71, 13, 5, DRAWS, x);
    for (size_t i = 0; i < DRAWS; i++) {
        m1 += x[i] / DRAWS;
        m2 += x[i] * x[i] / DRAWS;
        m3 += x[i] * x[i] * x[i] / DRAWS;
        m4 += x[i] * x[i] * x[i] * x[i] / DRAWS;
    }
    /* Four standard errors: Var x^p = E x^2p - (E x^p)^2. */
    assert_near(m1, 0, 4 * error);
    assert_near(m2, 1, 4 * sqrt(2.0) * error);
    assert_near(m3, 0, 4 * sqrt(15.0) * error);
    assert_near(m4, 3, 4 * sqrt(96.0) * error);
    qsort(x, DRAWS, sizeof *x, ascending);
    for (size_t i = 0; i < DRAWS; i++) {
        const double p = 0.5 * erfc(-x[i] / sqrt(2.0));

        distance = fmax(distance, fabs(p - (double)i / DRAWS));
        distance = fmax(distance, fabs(p - (double)(i + 1) / DRAWS));
    }
    /* Kolmogorov, Smirnov: passed by chance once in 10^4 at 2.23. */
    assert_true(distance < 2.23 * error);
    free(x);
}

static void normals_of_neighbours_are_not_correlated(void **state)
{
    enum { N = 50000 };
    static double x[N], y[N];
    double pair = 0, rows = 0;

    (void)state;
    kern_normals(f64_table(0), 71, 13, 5, N, x);
    kern_normals(f64_table(0), 71, 14, 5, N, y);
    for (size_t i = 0; i + 1 < N; i += 2)
        pair += x[i] * x[i + 1];
    for (size_t i = 0; i < N; i++)
        rows += x[i] * y[i];
    assert_near(pair, 0, 4 * sqrt(N / 2.0));
    assert_near(rows, 0, 4 * sqrt((double)N));
}

static void normals_are_the_same_however_many_are_drawn(void **state)
{
    double all[301], some[301];

    (void)state;
    for (size_t t = 0; f64_table(t); t++) {
        kern_normals(f64_table(t), 9, 8, 7, 301, all);
        for (size_t n = 0; n < 301; n++) {
            some[n] = -4.5;
            kern_normals(f64_table(t), 9, 8, 7, n, some);
            assert_memory_equal(some, all, n * sizeof *all);
            assert_true(some[n] == -4.5);
        }
    }
}

static void normals_differ_by_seed_row_and_site(void **state)
{
    double a[2], b[2];
    const struct {
        uint64_t seed, row;
        uint32_t site;
    } other[] = {{10, 8, 7}, {9, 9, 7}, {9, 8, 8}};

    (void)state;
    kern_normals(f64_table(0), 9, 8, 7, 2, a);
    for (size_t i = 0; i < 3; i++) {
        kern_normals(f64_table(0), other[i].seed, other[i].row, other[i].site,
                     2, b);
        assert_true(a[0] != b[0] && a[1] != b[1]);
    }
}

static void normals_agree_between_instruction_sets(void **state)
{
    double a[257], b[257];

    (void)state;
    kern_normals(f64_table(0), 3, 1, 4, 257, a);
    for (size_t t = 1; f64_table(t); t++) {
        kern_normals(f64_table(t), 3, 1, 4, 257, b);
        /* A few ulp of log and sincos, and the radius is below 9. */
        for (size_t i = 0; i < 257; i++)
            assert_near(a[i], b[i], 1e-14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normals_have_the_moments_and_distribution_of_normals),
        cmocka_unit_test(normals_of_neighbours_are_not_correlated),
        cmocka_unit_test(normals_are_the_same_however_many_are_drawn),
        cmocka_unit_test(normals_differ_by_seed_row_and_site),
        cmocka_unit_test(normals_agree_between_instruction_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
