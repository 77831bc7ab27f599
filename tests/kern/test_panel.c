#include "tables.h"

#define ROWS 41
#define COLUMNS 37

typedef struct layout {
    int32_t type, scaled;
    int64_t row_stride, col_stride;
    double scale, shift;
} layout;

static const layout layouts[] = {
    {GENMOD_F32, 0, COLUMNS, 1, 1, 0},
    {GENMOD_F64, 0, COLUMNS, 1, 1, 0},
    {GENMOD_F32, 0, COLUMNS + 6, 1, 1, 0},
    {GENMOD_F64, 0, -(COLUMNS + 6), 1, 1, 0},
    {GENMOD_F64, 0, 1, ROWS, 1, 0},
    {GENMOD_F32, 0, 2 * COLUMNS, -2, 1, 0},
    {GENMOD_U8, 0, COLUMNS, 1, 1, 0},
    {GENMOD_U8, 1, 1, ROWS, 1.0 / 255, -0.125},
    {GENMOD_F64, 1, COLUMNS, 1, -2.5, 0.75},
    {GENMOD_F32, 1, COLUMNS, 1, 0.25, 3},
};

/* Memory of 4 * ROWS * COLUMNS cells with the view's first row in its middle,
 * so that strides may be negative. */
typedef struct board {
    base_view view;
    void *memory;
    int64_t origin;
} board;

static size_t bytes_of(int32_t type)
{
    return type == GENMOD_F32 ? 4 : type == GENMOD_F64 ? 8 : 1;
}

static int64_t place(const board *b, size_t i, size_t j)
{
    return b->origin + (int64_t)i * b->view.row_stride +
           (int64_t)j * b->view.col_stride;
}

static void set_cell(board *b, size_t i, size_t j, double v)
{
    const int64_t p = place(b, i, j);

    if (b->view.type == GENMOD_F32)
        ((float *)b->memory)[p] = (float)v;
    else if (b->view.type == GENMOD_F64)
        ((double *)b->memory)[p] = v;
    else
        ((uint8_t *)b->memory)[p] = (uint8_t)(int)(100 * v + 120);
}

static double raw_cell(const board *b, size_t i, size_t j)
{
    const int64_t p = place(b, i, j);

    if (b->view.type == GENMOD_F32)
        return (double)((float *)b->memory)[p];
    return b->view.type == GENMOD_F64 ? ((double *)b->memory)[p]
                                      : ((uint8_t *)b->memory)[p];
}

static void make_board(const layout *l, board *b)
{
    const size_t cells = 4 * ROWS * (COLUMNS + 6);
    uint64_t seed = 31;

    b->memory = calloc(cells, bytes_of(l->type));
    assert_non_null(b->memory);
    b->origin = (int64_t)cells / 2;
    b->view = (base_view){.type = l->type,
                          .scaled = l->scaled,
                          .row_stride = l->row_stride,
                          .col_stride = l->col_stride,
                          .scale = l->scale,
                          .shift = l->shift};
    b->view.rows = (char *)b->memory + b->origin * (int64_t)bytes_of(l->type);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            set_cell(b, i, j, uneven(&seed));
}

/* What pack() promises for one cell, with the roundings of the table's type. */
static double expected(const kern_ops *ops, const board *b, size_t i, size_t j,
                       double center, double scale)
{
    const double x = b->view.scaled
                         ? raw_cell(b, i, j) * b->view.scale + b->view.shift
                         : raw_cell(b, i, j);

    if (ops->type == GENMOD_F32)
        return (double)(((float)x - (float)center) * (float)scale);
    return (x - center) * scale;
}

static void check_layout(const kern_ops *ops, const layout *l, size_t m)
{
    void *const center = random_elements(ops, COLUMNS, 5);
    void *const scale = random_elements(ops, COLUMNS, 6);
    void *const panel = elements(ops, COLUMNS * KERN_ROWS);
    const size_t padded = (m + 15) / 16 * 16;
    board b;

    make_board(l, &b);
    assert_int_equal(ops->pack(&b.view, m, COLUMNS, center, scale, panel), 1);
    for (size_t j = 0; j < COLUMNS; j++) {
        for (size_t i = 0; i < padded; i++) {
            const double x = get(ops, panel, j * KERN_ROWS + i);

            if (i < m)
                assert_true(x == expected(ops, &b, i, j, get(ops, center, j),
                                          get(ops, scale, j)));
            else
                assert_true(x == 0);
        }
        assert_true(get(ops, panel, j * KERN_ROWS + padded) == -777.25);
    }
    free(b.memory);
    free(panel);
    free(scale);
    free(center);
}

static void pack_transposes_centres_and_scales_any_layout(void **state)
{
    static const size_t rows[] = {1, 7, 16, 17, ROWS};
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                check_layout(ops[t], &layouts[l], rows[r]);
}

static void pack_finds_a_cell_that_is_not_finite_wherever_it_is(void **state)
{
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    const kern_ops *ops[TABLES];
    const size_t n = tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const zero = elements(ops[t], COLUMNS);
        void *const panel = elements(ops[t], COLUMNS * KERN_ROWS);
        board b;

        make_board(&layouts[ops[t]->type == GENMOD_F32 ? 0 : 1], &b);
        for (size_t i = 0; i < ROWS; i++) {
            for (size_t j = 0; j < COLUMNS; j++) {
                set_cell(&b, i, j, bad[(i + j) % 3]);
                assert_int_equal(
                    ops[t]->pack(&b.view, ROWS, COLUMNS, zero, zero, panel), 0);
                assert_int_equal(
                    ops[t]->pack(&b.view, i, COLUMNS, zero, zero, panel), 1);
                set_cell(&b, i, j, 0.375);
            }
        }
        free(b.memory);
        free(panel);
        free(zero);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pack_transposes_centres_and_scales_any_layout),
        cmocka_unit_test(pack_finds_a_cell_that_is_not_finite_wherever_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
