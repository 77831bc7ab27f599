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

/* ---- draws in float ------------------------------------------------------ */

#define FLOATS 1000000

static const kern_ops *f32_table(size_t i)
{
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    for (size_t t = 0; t < n; t++)
        if (ops[t]->type == GENMOD_F32 && i-- == 0)
            return ops[t];
    return NULL;
}

/* Uniform number e of (seed, row, site), from its definition. */
static double naive_uniform(uint64_t seed, uint64_t row, uint32_t site,
                            size_t e)
{
    uint32_t words[4];

    base_random(seed, row, site, (uint32_t)(e / 4), words);
    return ((double)(words[e % 4] >> 9) + 0.5) * 0x1p-23;
}

static double naive_normal(uint64_t seed, uint64_t row, uint32_t site, size_t e)
{
    const size_t pair = e / 2 * 2;
    const double u = naive_uniform(seed, row, site, pair);
    const double turns = naive_uniform(seed, row, site, pair + 1);
    const double angle = 2 * acos(-1.0) * turns;

    return sqrt(-2 * log(u)) * (e % 2 ? sin(angle) : cos(angle));
}

static void uniforms_in_float_equal_their_definition(void **state)
{
    static const uint64_t rows[] = {0, 77, UINT64_C(0x123456789A)};
    float x[203];

    (void)state;
    for (size_t t = 0; f32_table(t); t++) {
        for (size_t r = 0; r < 3; r++) {
            const uint64_t seed = UINT64_C(0xFEDCBA9876543210) + rows[r];
            const size_t first = 4000000 * r;

            f32_table(t)->uniform(seed, rows[r], 9, first, 203, x);
            for (size_t i = 0; i < 203; i++)
                assert_true((double)x[i] ==
                            naive_uniform(seed, rows[r], 9, first + i));
        }
    }
}

static void
normals_in_float_are_within_four_ulp_of_their_definition(void **state)
{
    float *const x = malloc(40003 * sizeof *x);

    (void)state;
    assert_non_null(x);
    for (size_t t = 0; f32_table(t); t++) {
        f32_table(t)->normal(31, 41, 59, 264, 40003, x);
        for (size_t i = 0; i < 40003; i++) {
            const double e = naive_normal(31, 41, 59, 264 + i);

            assert_near(x[i], e, 4 * ldexp(1, ilogb(e) - 23));
        }
    }
    free(x);
}

static void draws_in_float_are_the_same_however_they_are_cut(void **state)
{
    static const size_t firsts[] = {0, 4, 12, 32, 60};
    float all[260], some[264];

    (void)state;
    for (size_t t = 0; f32_table(t); t++) {
        const kern_ops *const ops = f32_table(t);

        for (int normal = 0; normal < 2; normal++) {
            (normal ? ops->normal : ops->uniform)(9, 8, 7, 0, 260, all);
            for (size_t n = 0; n < 200; n++) {
                const size_t first = firsts[n % 5];
                float *const to = some + n % 3;

                to[n] = -7.25F;
                (normal ? ops->normal : ops->uniform)(9, 8, 7, first, n, to);
                assert_memory_equal(to, all + first, n * sizeof *all);
                assert_true(to[n] == -7.25F);
            }
        }
    }
}

static void only_tables_of_float_draw(void **state)
{
    (void)state;
    for (size_t t = 0; f64_table(t); t++)
        assert_true(!f64_table(t)->uniform && !f64_table(t)->normal);
    for (size_t t = 0; f32_table(t); t++)
        assert_true(f32_table(t)->uniform && f32_table(t)->normal);
}

/* Sorts x; the distance of Kolmogorov and Smirnov times sqrt(n). */
static double distance_of(double *x, double (*distribution)(double))
{
    double distance = 0;

    qsort(x, FLOATS, sizeof *x, ascending);
    for (size_t i = 0; i < FLOATS; i++) {
        const double p = distribution(x[i]);

        distance = fmax(distance, fabs(p - (double)i / FLOATS));
        distance = fmax(distance, fabs(p - (double)(i + 1) / FLOATS));
    }
    return distance * sqrt((double)FLOATS);
}

static double normal_below(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

static double uniform_below(double x)
{
    return x;
}

/* The last table, rows of 1000: as a program draws them. */
static double *draw_floats(int normal)
{
    const kern_ops *ops = f32_table(0);
    float *const row = malloc(1000 * sizeof *row);
    double *const x = malloc(FLOATS * sizeof *x);

    assert_true(row && x);
    for (size_t t = 0; f32_table(t); t++)
        ops = f32_table(t);
    for (size_t r = 0; r < FLOATS / 1000; r++) {
        (normal ? ops->normal : ops->uniform)(3, r, 11, 0, 1000, row);
        for (size_t i = 0; i < 1000; i++)
            x[r * 1000 + i] = (double)row[i];
    }
    free(row);
    return x;
}

static void uniforms_in_float_are_uniform(void **state)
{
    double *const x = draw_floats(0);

    (void)state;
    for (size_t i = 0; i < FLOATS; i++)
        assert_true(x[i] > 0 && x[i] < 1);
    /* Passed by chance once in 10^4. */
    assert_true(distance_of(x, uniform_below) < 2.23);
    free(x);
}

static void normals_in_float_have_moments_and_tails_of_normals(void **state)
{
    static const double limits[] = {2, 3, 4};
    double *const x = draw_floats(1);
    const double error = 1 / sqrt((double)FLOATS);
    double m[9] = {0}, neighbours = 0;

    (void)state;
    for (size_t i = 0; i < FLOATS; i++) {
        for (int p = 1; p < 5; p++)
            m[p] += pow(x[i], p) / FLOATS;
        neighbours += i ? x[i] * x[i - 1] / FLOATS : 0;
    }
    /* Four standard errors: Var x^p = E x^2p - (E x^p)^2. */
    assert_near(m[1], 0, 4 * error);
    assert_near(m[2], 1, 4 * sqrt(2.0) * error);
    assert_near(m[3], 0, 4 * sqrt(15.0) * error);
    assert_near(m[4], 3, 4 * sqrt(96.0) * error);
    assert_near(neighbours, 0, 4 * error);
    for (size_t l = 0; l < 3; l++) {
        const double p = erfc(limits[l] / sqrt(2.0));
        double beyond = 0;

        for (size_t i = 0; i < FLOATS; i++)
            beyond += fabs(x[i]) > limits[l];
        assert_near(beyond, p * FLOATS, 4 * sqrt(p * FLOATS));
    }
    assert_true(distance_of(x, normal_below) < 2.23);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normals_have_the_moments_and_distribution_of_normals),
        cmocka_unit_test(normals_of_neighbours_are_not_correlated),
        cmocka_unit_test(normals_are_the_same_however_many_are_drawn),
        cmocka_unit_test(normals_differ_by_seed_row_and_site),
        cmocka_unit_test(normals_agree_between_instruction_sets),
        cmocka_unit_test(uniforms_in_float_equal_their_definition),
        cmocka_unit_test(
            normals_in_float_are_within_four_ulp_of_their_definition),
        cmocka_unit_test(draws_in_float_are_the_same_however_they_are_cut),
        cmocka_unit_test(only_tables_of_float_draw),
        cmocka_unit_test(uniforms_in_float_are_uniform),
        cmocka_unit_test(normals_in_float_have_moments_and_tails_of_normals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
