#include "tables.h"

#define V 7
#define D 21
#define ROWS 11

static const double which[ROWS] = {
    3, 0, 6, 3, -1, (double)NAN, 7, 3, 5, 0, -(double)INFINITY};

static void *indices(const kern_ops *o)
{
    void *const p = elements(o, ROWS);

    for (size_t i = 0; i < ROWS; i++)
        put(o, p, i, which[i]);
    return p;
}

static void rows_gather_takes_rows_and_marks_wrong_indices(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        const kern_ops *const o = ops[t];
        void *const table = random_elements(o, V * D, 15);
        void *const index = indices(o), *const y = elements(o, ROWS * D);

        kern_rows_gather(o, V, D, 1, ROWS - 1, table, index, y);
        for (size_t i = 0; i < ROWS * D; i++) {
            const double row = which[i / D], v = get(o, y, i);

            if (i < D || i >= (ROWS - 1) * D)
                assert_true(v == -777.25);
            else if (row >= 0 && row < V)
                assert_true(v == get(o, table, (size_t)row * D + i % D));
            else
                assert_true(isnan(v));
        }
        free(y);
        free(index);
        free(table);
    }
}

static void rows_scatter_sums_what_came_from_each_row_of_its_range(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        const kern_ops *const o = ops[t];
        void *const y = random_elements(o, ROWS * D, 16);
        void *const index = indices(o), *const table = elements(o, V * D);

        kern_rows_scatter(o, ROWS, D, 2, V - 1, y, index, table);
        for (size_t i = 0; i < V * D; i++) {
            double sum = 0;

            for (size_t k = 0; k < ROWS; k++)
                if (which[k] == (double)(i / D))
                    sum += get(o, y, k * D + i % D);
            if (i / D < 2 || i / D >= V - 1)
                sum = -777.25;
            assert_true(get(o, table, i) == sum);
        }
        free(table);
        free(index);
        free(y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_gather_takes_rows_and_marks_wrong_indices),
        cmocka_unit_test(
            rows_scatter_sums_what_came_from_each_row_of_its_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
