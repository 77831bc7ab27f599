#include "tables.h"

static const int kinds[] = {
    KERN_REDUCE_MAX,     KERN_REDUCE_MIN,       KERN_REDUCE_ARGMAX,
    KERN_REDUCE_ARGMIN,  KERN_REDUCE_LOGSUMEXP, KERN_REDUCE_SUM,
    KERN_REDUCE_MOMENTS,
};
#define KINDS (sizeof kinds / sizeof *kinds)

/* [a, r, i]: in one piece and not, below and above a vector, a run, a strip */
static const struct {
    size_t a, r, i;
} shapes[] = {
    {1, 1, 1},   {3, 2, 1},   {2, 7, 1},  {5, 16, 1},  {2, 33, 1},
    {1, 700, 1}, {3, 1, 4},   {2, 5, 2},  {4, 9, 3},   {1, 40, 16},
    {2, 17, 31}, {1, 33, 64}, {2, 6, 65}, {1, 5, 200}, {1, 300, 5},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

static size_t width_of(int kind)
{
    return kind == KERN_REDUCE_MOMENTS ? 2 : 1;
}

/* Of r numbers `step` apart: what the kind says, in long double, and in *error
 * how far a kernel may be from it, in units of the type's rounding. */
static void naive_extreme(const kern_ops *ops, int kind, size_t r, size_t step,
                          const void *x, long double *y)
{
    const int least = kind == KERN_REDUCE_MIN || kind == KERN_REDUCE_ARGMIN;
    const int where = kind == KERN_REDUCE_ARGMIN || kind == KERN_REDUCE_ARGMAX;
    size_t at = 0;

    for (size_t k = 1; k < r; k++) {
        const double best = get(ops, x, at * step), v = get(ops, x, k * step);

        if (!isnan(best) && (isnan(v) || (least ? v < best : v > best)))
            at = k;
    }
    y[0] = where ? (long double)at : (long double)get(ops, x, at * step);
}

static void naive_sums(const kern_ops *ops, int kind, size_t r, size_t step,
                       const void *x, long double *y)
{
    long double sum = 0, exps = 0, square = 0;

    for (size_t k = 0; k < r; k++) {
        sum += (long double)get(ops, x, k * step);
        exps += expl((long double)get(ops, x, k * step));
    }
    for (size_t k = 0; k < r; k++) {
        const long double e = (long double)get(ops, x, k * step) - sum / r;

        square += e * e;
    }
    y[0] = kind == KERN_REDUCE_SUM         ? sum
           : kind == KERN_REDUCE_LOGSUMEXP ? logl(exps)
                                           : sum / r;
    y[1] = square / r;
}

static void check_shape(const kern_ops *ops, int kind, size_t a, size_t r,
                        size_t i, const void *x)
{
    const size_t width = width_of(kind), n = a * i * width;
    void *const y = elements(ops, n + 1);

    ops->reduce(kind, a, r, i, x, y);
    assert_true(get(ops, y, n) == -777.25);
    for (size_t j = 0; j < a * i; j++) {
        const void *const column =
            (const char *)x + (j / i * r * i + j % i) * ops->bytes;
        /* |x| < 1: 20 roundings of a run of terms up to 1 each, at most. */
        double error = 20 * epsilon(ops) * (double)(r < 16 ? 16 : r);
        long double e[2] = {0, 0};

        if (kind < KERN_REDUCE_LOGSUMEXP) {
            naive_extreme(ops, kind, r, i, column, e);
            error = 0;
        } else {
            naive_sums(ops, kind, r, i, column, e);
            /* Means and logarithms divide by the number of terms. */
            error /= kind == KERN_REDUCE_SUM ? 1 : (double)r;
        }
        for (size_t k = 0; k < width; k++)
            assert_near(get(ops, y, j * width + k), e[k], error);
    }
    free(y);
}

static void reductions_equal_their_definition(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t s = 0; s < SHAPES; s++) {
            const size_t a = shapes[s].a, r = shapes[s].r, i = shapes[s].i;
            void *const x = random_elements(ops[t], a * r * i, 7 + s);

            for (size_t k = 0; k < KINDS; k++)
                check_shape(ops[t], kinds[k], a, r, i, x);
            free(x);
        }
    }
}

/* Few values, so that the greatest comes up again and again. */
static void of_equal_elements_the_first_counts(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t s = 0; s < SHAPES; s++) {
            const size_t a = shapes[s].a, r = shapes[s].r, i = shapes[s].i;
            void *const x = random_elements(ops[t], a * r * i, 3 + s);

            for (size_t k = 0; k < a * r * i; k++)
                put(ops[t], x, k, floor(2.5 * get(ops[t], x, k)));
            check_shape(ops[t], KERN_REDUCE_ARGMAX, a, r, i, x);
            check_shape(ops[t], KERN_REDUCE_ARGMIN, a, r, i, x);
            for (size_t k = 0; k < a * r * i; k++)
                put(ops[t], x, k, -(double)INFINITY);
            check_shape(ops[t], KERN_REDUCE_ARGMAX, a, r, i, x);
            free(x);
        }
    }
}

/* One NaN at a time, in every place of the axis, and a second one last. */
static void nan_goes_through_and_its_place_counts(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), r = 37;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 1; i < 4; i += 2) {
            for (size_t place = 0; place < r; place++) {
                void *const x = random_elements(ops[t], r * i, 5);
                double y[6];

                put(ops[t], x, place * i, (double)NAN);
                put(ops[t], x, (r - 1) * i, (double)NAN);
                for (size_t k = 0; k < KINDS; k++) {
                    ops[t]->reduce(kinds[k], 1, r, i, x, y);
                    if (kinds[k] == KERN_REDUCE_ARGMAX ||
                        kinds[k] == KERN_REDUCE_ARGMIN)
                        assert_true(get(ops[t], y, 0) == (double)place);
                    else
                        assert_true(isnan(get(ops[t], y, 0)));
                    if (i > 1)
                        assert_true(!isnan(get(ops[t], y, 2)));
                }
                free(x);
            }
        }
    }
}

static void logsumexp_takes_infinities_and_does_not_overflow(void **state)
{
    const double inf = (double)INFINITY, nan = (double)NAN;
    const struct {
        double x[3], y;
    } known[] = {
        {{1000, 1000 - 0.6931471805599453, -5000}, 1000.4054651081082},
        {{-inf, -3.25, -inf}, -3.25},
        {{-inf, -inf, -inf}, -inf},
        {{2, inf, -1}, inf},
        {{inf, nan, -inf}, nan},
        {{nan, -inf, -inf}, nan},
        {{inf, -inf, inf}, inf},
    };
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            for (size_t step = 1; step < 3; step++) {
                double x[6], y[2];

                for (size_t j = 0; j < 3 * step; j++)
                    put(ops[t], x, j, known[i].x[j / step]);
                ops[t]->reduce(KERN_REDUCE_LOGSUMEXP, 1, 3, step, x, y);
                for (size_t j = 0; j < step; j++) {
                    if (isnan(known[i].y))
                        assert_true(isnan(get(ops[t], y, j)));
                    else
                        assert_near(get(ops[t], y, j), known[i].y,
                                    4000 * epsilon(ops[t]));
                }
            }
        }
    }
}

/* Rows summed alone, in company, and columns of a narrower array. */
static void a_sum_depends_on_its_own_elements_alone(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), r = 77, i = 133;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], r * i, 41);
        void *const y = elements(ops[t], i), *const z = elements(ops[t], i);
        double acc[133] = {0}, one = 0;

        ops[t]->reduce(KERN_REDUCE_SUM, r, i, 1, x, y);
        for (size_t k = 0; k < r; k++) {
            put(ops[t], z, 0, ops[t]->sum(i, at(ops[t], x, k * i)));
            assert_memory_equal(z, at(ops[t], y, k), ops[t]->bytes);
        }
        ops[t]->reduce(KERN_REDUCE_SUM, 1, r, i, x, y);
        ops[t]->sum_columns(r, i, x, i, acc);
        for (size_t j = 0; j < i; j++) {
            put(ops[t], z, j, acc[j]);
            one = 0;
            ops[t]->sum_columns(r, 1, at(ops[t], x, j), i, &one);
            assert_true(one == acc[j]);
        }
        assert_memory_equal(z, y, i * ops[t]->bytes);
        free(z);
        free(y);
        free(x);
    }
}

/* Exactly: ascending runs of KERN_RUN rows in the type, added as doubles. */
static void sum_columns_adds_runs_of_rows_in_order(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), rows = 59, columns = 21, ld = 24;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], rows * ld, 6);
        double acc[22];

        for (size_t k = 0; k < rows * ld; k++)
            put(ops[t], x, k, get(ops[t], x, k) / 3);
        for (size_t j = 0; j <= columns; j++)
            acc[j] = 0.28125 + (double)j;
        ops[t]->sum_columns(rows, columns, x, ld, acc);
        for (size_t j = 0; j < columns; j++) {
            double total = 0.28125 + (double)j;

            for (size_t k = 0; k < rows; k += KERN_RUN) {
                double run = 0;

                for (size_t q = k; q < rows && q < k + KERN_RUN; q++) {
                    run += get(ops[t], x, q * ld + j);
                    run = ops[t]->type == GENMOD_F32 ? (double)(float)run : run;
                }
                total += run;
            }
            assert_true(acc[j] == total);
        }
        assert_true(acc[columns] == 0.28125 + (double)columns);
        free(x);
    }
}

static void a_constant_has_no_variance_whatever_its_size(void **state)
{
    const double constants[] = {0, 1e8, -16777217.25, 1e-7, 1e30, 0.1};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), r = 777;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 1; i < 6; i += 4) {
            void *const x = elements(ops[t], r * i);
            double y[10];

            for (size_t c = 0; c < sizeof constants / sizeof *constants; c++) {
                for (size_t k = 0; k < r * i; k++)
                    put(ops[t], x, k, constants[c]);
                ops[t]->reduce(KERN_REDUCE_MOMENTS, 1, r, i, x, y);
                for (size_t j = 0; j < i; j++) {
                    assert_true(get(ops[t], y, 2 * j) == get(ops[t], x, 0));
                    assert_true(get(ops[t], y, 2 * j + 1) == 0);
                }
            }
            free(x);
        }
    }
}

/* Far from 0, and with a first row far from the others: E x^2 - mu^2 would keep
 * no digit of either in float. */
static void moments_do_not_cancel(void **state)
{
    const double first[] = {0, 5000};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), r = 1000;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 1; i < 4; i += 2) {
            for (size_t f = 0; f < 2; f++) {
                void *const x = random_elements(ops[t], r * i, 21);
                double y[6];

                for (size_t k = 0; k < r * i; k++)
                    put(ops[t], x, k, 4096 + get(ops[t], x, k));
                for (size_t j = 0; j < i; j++)
                    put(ops[t], x, j, get(ops[t], x, j) + first[f]);
                ops[t]->reduce(KERN_REDUCE_MOMENTS, 1, r, i, x, y);
                for (size_t j = 0; j < i; j++) {
                    long double e[2];

                    naive_sums(ops[t], KERN_REDUCE_MOMENTS, r, i,
                               at(ops[t], x, j), e);
                    assert_near(get(ops[t], y, 2 * j), e[0],
                                4 * epsilon(ops[t]) * (double)e[0]);
                    assert_near(get(ops[t], y, 2 * j + 1), e[1],
                                40 * epsilon(ops[t]) * (double)e[1]);
                }
                free(x);
            }
        }
    }
}

static void joined_parts_are_the_moments_of_the_whole(void **state)
{
    static const size_t cuts[] = {0, 100, 101, 350, 500};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), columns = 67, ld = 70;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], 500 * ld, 61);
        double whole[2 * 67], part[2 * 67], joined[2 * 67];

        for (size_t k = 0; k < 500 * ld; k++) /* chunks that differ */
            put(ops[t], x, k, get(ops[t], x, k) + 3 * (double)(k / ld / 100));
        ops[t]->moments_part(500, columns, x, ld, whole);
        for (size_t c = 0; c + 1 < sizeof cuts / sizeof *cuts; c++) {
            const size_t rows = cuts[c + 1] - cuts[c];

            ops[t]->moments_part(rows, columns, at(ops[t], x, cuts[c] * ld), ld,
                                 part);
            kern_moments_join(columns, cuts[c], joined, rows, part);
        }
        kern_moments_join(columns, 500, joined, 0, part);
        for (size_t j = 0; j < columns; j++) {
            long double e[2];

            naive_sums(ops[t], KERN_REDUCE_MOMENTS, 500, ld, at(ops[t], x, j),
                       e);
            assert_near(whole[j], e[0], 20 * epsilon(ops[t]) * 13);
            assert_near(joined[j], e[0], 20 * epsilon(ops[t]) * 13);
            assert_near(whole[columns + j], 500 * e[1],
                        40 * epsilon(ops[t]) * 500 * (double)e[1]);
            assert_near(joined[columns + j], 500 * e[1],
                        40 * epsilon(ops[t]) * 500 * (double)e[1]);
        }
        free(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reductions_equal_their_definition),
        cmocka_unit_test(of_equal_elements_the_first_counts),
        cmocka_unit_test(nan_goes_through_and_its_place_counts),
        cmocka_unit_test(logsumexp_takes_infinities_and_does_not_overflow),
        cmocka_unit_test(a_sum_depends_on_its_own_elements_alone),
        cmocka_unit_test(sum_columns_adds_runs_of_rows_in_order),
        cmocka_unit_test(a_constant_has_no_variance_whatever_its_size),
        cmocka_unit_test(moments_do_not_cancel),
        cmocka_unit_test(joined_parts_are_the_moments_of_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
