#include "tables.h"

#define IMAGES 4 /* of which kernels are told to touch 1 and 2 */
#define LO 1
#define HI 3

/* h w c, ho wo, r s, strides, top left, count_pad */
static const kern_window shapes[] = {
    {6, 5, 3, 3, 2, 2, 2, 2, 2, 0, 0, 0},  /* a column is left over */
    {5, 7, 19, 3, 4, 3, 3, 2, 2, 1, 1, 0}, /* they overlap, padding around */
    {5, 7, 19, 3, 4, 3, 3, 2, 2, 1, 1, 1},
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0},
    {4, 6, 70, 4, 6, 3, 3, 1, 1, 1, 1, 1},
    {7, 3, 1, 3, 1, 2, 3, 3, 1, 0, 0, 0}, /* with gaps */
    {3, 3, 2, 3, 3, 2, 2, 2, 2, 1, 1, 0}, /* the last ones are all padding */
    {3, 3, 2, 3, 3, 2, 2, 2, 2, 1, 1, 1},
    {2, 3, 33, 1, 1, 2, 3, 1, 1, 0, 0, 0}, /* the whole image */
    {4, 5, 5, 7, 8, 0, 0, 0, 0, 0, 0, 0},  /* from here on, of resampling */
    {4, 5, 20, 3, 2, 0, 0, 0, 0, 0, 0, 0},
    {1, 1, 3, 3, 4, 0, 0, 0, 0, 0, 0, 0},
    {6, 4, 17, 12, 8, 0, 0, 0, 0, 0, 0, 0},
    {6, 4, 2, 6, 4, 0, 0, 0, 0, 0, 0, 0},
    {5, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0},
    {2, 3, 33, 9, 1, 0, 0, 0, 0, 0, 0, 0},
};

#define WINDOWS 9 /* of the shapes */
#define SHAPES (sizeof shapes / sizeof *shapes)

static size_t x_size(const kern_window *g)
{
    return g->h * g->w * g->c;
}

static size_t y_size(const kern_window *g)
{
    return g->ho * g->wo * g->c;
}

static size_t x_place(const kern_window *g, size_t b, size_t cell, size_t p)
{
    return (b * g->h * g->w + cell) * g->c + p;
}

/* The cells of output i's window that are in the image, in order; i counts
 * image, row, column, channel. Returns their number. */
static size_t cells_of(const kern_window *g, size_t i, size_t *cells)
{
    const long row = (long)(i / g->c / g->wo % g->ho * g->stride_h);
    const long column = (long)(i / g->c % g->wo * g->stride_w);
    size_t n = 0;

    for (long k = 0; k < (long)(g->r * g->s); k++) {
        const long u = row - (long)g->top + k / (long)g->s;
        const long v = column - (long)g->left + k % (long)g->s;

        if (u >= 0 && u < (long)g->h && v >= 0 && v < (long)g->w)
            cells[n++] = (size_t)u * g->w + (size_t)v;
    }
    return n;
}

typedef void (*kernel)(const kern_ops *o, const kern_window *g, size_t lo,
                       size_t hi, const void *x, void *y);

/* Runs over images LO … HI - 1 and looks that no others changed. */
static void *run(kernel f, const kern_ops *o, const kern_window *g,
                 const void *x, size_t size)
{
    void *const y = elements(o, IMAGES * size);

    f(o, g, LO, HI, x, y);
    for (size_t i = 0; i < size; i++) {
        assert_true(get(o, y, (LO - 1) * size + i) == -777.25);
        assert_true(get(o, y, HI * size + i) == -777.25);
    }
    return y;
}

/* sum over the images that are worked on */
static long double product(const kern_ops *o, const void *a, const void *b,
                           size_t size)
{
    long double sum = 0;

    for (size_t i = LO * size; i < HI * size; i++)
        sum += (long double)get(o, a, i) * (long double)get(o, b, i);
    return sum;
}

static void each_table(void (*check)(const kern_ops *, const kern_window *),
                       size_t from, size_t to)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    for (size_t t = 0; t < n; t++)
        for (size_t s = from; s < to; s++)
            check(ops[t], &shapes[s]);
}

static void check_average(const kern_ops *o, const kern_window *g)
{
    void *const x = random_elements(o, IMAGES * x_size(g), 3);
    void *const y = run(kern_average, o, g, x, y_size(g));
    size_t cells[64];

    for (size_t i = LO * y_size(g); i < HI * y_size(g); i++) {
        const size_t n = cells_of(g, i, cells);
        const size_t count = g->count_pad ? g->r * g->s : n > 0 ? n : 1;
        long double sum = 0;

        for (size_t k = 0; k < n; k++)
            sum += get(o, x, x_place(g, i / y_size(g), cells[k], i % g->c));
        /* The sums are exact: 9 numbers of 20 bits behind the point. */
        assert_near(get(o, y, i), sum / count, epsilon(o));
    }
    free(y);
    free(x);
}

static void average_divides_by_the_cells_inside_or_by_all(void **state)
{
    (void)state;
    each_table(check_average, 0, WINDOWS);
}

static void check_adjoint(const kern_ops *o, const kern_window *g, kernel f,
                          kernel adjoint)
{
    void *const x = random_elements(o, IMAGES * x_size(g), 4);
    void *const y = random_elements(o, IMAGES * y_size(g), 5);
    void *const fx = run(f, o, g, x, y_size(g));
    void *const fy = run(adjoint, o, g, y, x_size(g));
    const double size = (double)(y_size(g) + x_size(g)) * (HI - LO);

    assert_near(product(o, fx, y, y_size(g)), product(o, x, fy, x_size(g)),
                8 * size * epsilon(o));
    free(fy);
    free(fx);
    free(y);
    free(x);
}

static void check_average_adjoint(const kern_ops *o, const kern_window *g)
{
    check_adjoint(o, g, kern_average, kern_average_x);
}

static void average_x_is_the_adjoint_of_average(void **state)
{
    (void)state;
    each_table(check_average_adjoint, 0, WINDOWS);
}

/* Few different values, so that most windows have ties; here and there NaN. */
static void *tied_elements(const kern_ops *o, size_t n, int nan_too)
{
    void *const x = elements(o, n);
    uint64_t seed = 6;

    for (size_t i = 0; i < n; i++) {
        const double v = floor(2.385 * uneven(&seed));

        put(o, x, i, nan_too && uneven(&seed) > 0.8 ? (double)NAN : v);
    }
    return x;
}

static double greatest_of(const kern_ops *o, const kern_window *g,
                          const void *x, size_t i)
{
    size_t cells[64], best = 0;
    const size_t n = cells_of(g, i, cells);

    if (n == 0)
        return -1;
    for (size_t k = 1; k < n; k++) {
        const double most =
            get(o, x, x_place(g, i / y_size(g), cells[best], i % g->c));
        const double v =
            get(o, x, x_place(g, i / y_size(g), cells[k], i % g->c));

        if (isnan(most))
            break;
        if (isnan(v) || v > most)
            best = k;
    }
    return (double)cells[best];
}

static void check_argmax(const kern_ops *o, const kern_window *g)
{
    for (int nan_too = 0; nan_too < 2; nan_too++) {
        void *const x = tied_elements(o, IMAGES * x_size(g), nan_too);
        void *const index = run(kern_window_argmax, o, g, x, y_size(g));

        for (size_t i = LO * y_size(g); i < HI * y_size(g); i++)
            assert_true(get(o, index, i) == greatest_of(o, g, x, i));
        free(index);
        free(x);
    }
}

static void argmax_is_the_first_of_equals_and_nan_before_all(void **state)
{
    (void)state;
    each_table(check_argmax, 0, WINDOWS);
}

static void argmax_finds_a_greatest_of_minus_infinity(void **state)
{
    const kern_window g = {2, 2, 1, 1, 1, 2, 2, 1, 1, 0, 0, 0};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = elements(ops[t], 4), *const i = elements(ops[t], 1);

        for (size_t k = 0; k < 4; k++)
            put(ops[t], x, k, -(double)INFINITY);
        kern_window_argmax(ops[t], &g, 0, 1, x, i);
        assert_true(get(ops[t], i, 0) == 0);
        free(i);
        free(x);
    }
}

static void check_gather(const kern_ops *o, const kern_window *g)
{
    void *const x = random_elements(o, IMAGES * x_size(g), 7);
    void *const index = run(kern_window_argmax, o, g, x, y_size(g));
    void *const y = elements(o, IMAGES * y_size(g));

    kern_window_gather(o, g, LO, HI, x, index, y);
    for (size_t i = 0; i < IMAGES * y_size(g); i++) {
        const size_t b = i / y_size(g);
        const double at = get(o, index, i);

        if (b < LO || b >= HI)
            assert_true(get(o, y, i) == -777.25);
        else if (at < 0)
            assert_true(get(o, y, i) == 0);
        else
            assert_true(get(o, y, i) ==
                        get(o, x, x_place(g, b, (size_t)at, i % g->c)));
    }
    free(y);
    free(index);
    free(x);
}

static void gather_takes_what_argmax_chose(void **state)
{
    (void)state;
    each_table(check_gather, 0, WINDOWS);
}

static void check_scatter(const kern_ops *o, const kern_window *g)
{
    void *const x = tied_elements(o, IMAGES * x_size(g), 0);
    void *const y = random_elements(o, IMAGES * y_size(g), 8);
    void *const index = run(kern_window_argmax, o, g, x, y_size(g));
    void *const dx = elements(o, IMAGES * x_size(g));
    double *const sum = calloc(IMAGES * x_size(g), sizeof *sum);

    assert_non_null(sum);
    for (size_t i = LO * y_size(g); i < HI * y_size(g); i++)
        if (get(o, index, i) >= 0)
            sum[x_place(g, i / y_size(g), (size_t)get(o, index, i),
                        i % g->c)] += get(o, y, i);
    kern_window_scatter(o, g, LO, HI, y, index, dx);
    /* Exact: at most 9 numbers of 20 bits behind the point. */
    for (size_t i = 0; i < IMAGES * x_size(g); i++)
        assert_true(
            get(o, dx, i) ==
            (i < LO * x_size(g) || i >= HI * x_size(g) ? -777.25 : sum[i]));
    free(sum);
    free(dx);
    free(index);
    free(y);
    free(x);
}

static void scatter_adds_each_output_to_the_cell_it_came_from(void **state)
{
    (void)state;
    each_table(check_scatter, 0, WINDOWS);
}

/* ---- resampling ------------------------------------------------------------
 */

/* Cells *a and *b, and how far from a to b. */
static long double between(size_t i, size_t from, size_t to, size_t *a,
                           size_t *b)
{
    long double place = ((long double)i + 0.5L) * from / to - 0.5L;

    place = place < 0 ? 0 : place > from - 1 ? (long double)(from - 1) : place;
    *a = (size_t)floorl(place);
    *b = *a + 1 < from ? *a + 1 : *a;
    return place - *a;
}

static long double resampled(const kern_ops *o, const kern_window *g,
                             const void *x, size_t i)
{
    const size_t b = i / y_size(g), p = i % g->c;
    size_t row[2], column[2];
    const long double t =
        between(i / g->c / g->wo % g->ho, g->h, g->ho, &row[0], &row[1]);
    const long double s =
        between(i / g->c % g->wo, g->w, g->wo, &column[0], &column[1]);
    long double v[2];

    for (size_t k = 0; k < 2; k++)
        v[k] =
            (1 - s) * get(o, x, x_place(g, b, row[k] * g->w + column[0], p)) +
            s * get(o, x, x_place(g, b, row[k] * g->w + column[1], p));
    return (1 - t) * v[0] + t * v[1];
}

static void check_bilinear(const kern_ops *o, const kern_window *g)
{
    void *const x = random_elements(o, IMAGES * x_size(g), 9);
    void *const y = run(kern_bilinear, o, g, x, y_size(g));

    /* Shares of two roundings, products and three sums of numbers below 1. */
    for (size_t i = LO * y_size(g); i < HI * y_size(g); i++)
        assert_near(get(o, y, i), resampled(o, g, x, i), 8 * epsilon(o));
    free(y);
    free(x);
}

static void bilinear_mixes_the_four_cells_around(void **state)
{
    (void)state;
    each_table(check_bilinear, 0, SHAPES);
}

static void check_bilinear_adjoint(const kern_ops *o, const kern_window *g)
{
    check_adjoint(o, g, kern_bilinear, kern_bilinear_x);
}

static void bilinear_x_is_the_adjoint_of_bilinear(void **state)
{
    (void)state;
    each_table(check_bilinear_adjoint, 0, SHAPES);
}

static void bilinear_to_the_same_size_is_the_identity(void **state)
{
    const kern_window g = {9, 7, 5, 9, 7, 0, 0, 0, 0, 0, 0, 0};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], IMAGES * x_size(&g), 10);
        void *const y = run(kern_bilinear, ops[t], &g, x, y_size(&g));

        assert_memory_equal(at(ops[t], y, LO * x_size(&g)),
                            at(ops[t], x, LO * x_size(&g)),
                            (HI - LO) * x_size(&g) * ops[t]->bytes);
        free(y);
        free(x);
    }
}

/* ---- what others say
 * --------------------------------------------------------- */

/* Written by PyTorch 2.15.0:
 *
 *     import torch
 *     import torch.nn.functional as f
 *     x = torch.tensor([[(7 * i * i + 3 * j + 5 * i * j) % 11 - 4.25
 *                        for j in range(5)] for i in range(4)],
 *                      dtype=torch.float64)[None, None]
 *     for pad in (True, False):
 *         print(f.avg_pool2d(x, (3, 2), (2, 2), (1, 1),
 *                            count_include_pad=pad).flatten().tolist())
 *     for size in ((7, 8), (3, 2)):
 *         print(f.interpolate(x, size=size, mode="bilinear",
 *                             align_corners=False).flatten().tolist())
 */
static const double with_padding[] = {-0.25, -0.5, 1.3333333333333333,
                                      1.375, 0.25, 0.5833333333333334};
static const double without_padding[] = {-0.75, -0.75, 2.0,
                                         2.75,  0.25,  0.5833333333333334};
static const double larger[] = {-4.25,
                                -2.9375,
                                -1.0625,
                                0.8125,
                                2.6875,
                                4.5625,
                                0.25,
                                -3.25,
                                -1.7500000000000002,
                                -1.3750000000000004,
                                -0.8392857142857143,
                                -0.30357142857142827,
                                1.4598214285714288,
                                4.450892857142858,
                                1.2544642857142854,
                                -1.4642857142857144,
                                2.2499999999999996,
                                1.1249999999999996,
                                -0.48214285714285715,
                                -2.089285714285714,
                                -0.5044642857142854,
                                4.272321428571429,
                                2.8616071428571423,
                                1.3928571428571426,
                                2.25,
                                2.03125,
                                1.71875,
                                1.40625,
                                1.09375,
                                0.78125,
                                0.46875,
                                0.25,
                                1.8928571428571423,
                                2.5803571428571432,
                                3.562500000000001,
                                4.544642857142859,
                                2.580357142857144,
                                -2.330357142857144,
                                -1.9375000000000007,
                                -1.25,
                                3.0357142857142856,
                                2.2232142857142856,
                                1.0625000000000002,
                                -0.09821428571428517,
                                -0.2767857142857141,
                                0.5267857142857142,
                                -0.4375,
                                -1.25,
                                3.75,
                                2.0,
                                -0.5,
                                -2.9999999999999996,
                                -2.0624999999999996,
                                2.3125,
                                0.49999999999999994,
                                -1.25};
static const double smaller[] = {
    -1.5833333333333335, 2.958333333333333, 1.875, 0.625,
    1.1666666666666674,  0.9999999999999987};

static void check_torch(const kern_ops *o, kernel f, const kern_window *g,
                        const double *expected)
{
    void *const x = elements(o, 20), *const y = elements(o, y_size(g));

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 5; j++)
            put(o, x, (size_t)(5 * i + j),
                (7 * i * i + 3 * j + 5 * i * j) % 11 - 4.25);
    f(o, g, 0, 1, x, y);
    for (size_t i = 0; i < y_size(g); i++)
        assert_near(get(o, y, i), expected[i], 40 * epsilon(o));
    free(y);
    free(x);
}

static void averages_and_resampling_are_those_of_pytorch(void **state)
{
    const kern_window pool = {4, 5, 1, 2, 3, 3, 2, 2, 2, 1, 1, 1};
    const kern_window up = {4, 5, 1, 7, 8, 0, 0, 0, 0, 0, 0, 0};
    const kern_window down = {4, 5, 1, 3, 2, 0, 0, 0, 0, 0, 0, 0};
    kern_window inside = pool;
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    inside.count_pad = 0;
    for (size_t t = 0; t < n; t++) {
        check_torch(ops[t], kern_average, &pool, with_padding);
        check_torch(ops[t], kern_average, &inside, without_padding);
        check_torch(ops[t], kern_bilinear, &up, larger);
        check_torch(ops[t], kern_bilinear, &down, smaller);
    }
}

static void check_bits(const kern_ops *o, const kern_window *g)
{
    static const kernel f[] = {kern_average, kern_bilinear, kern_average_x,
                               kern_bilinear_x};
    const kern_ops *const plain = kern_ops_of(BASE_CPU_GENERIC, o->type);

    for (size_t k = g->r ? 0 : 1; k < 4; k += g->r ? 1 : 2) {
        const size_t from = k < 2 ? x_size(g) : y_size(g);
        const size_t to = k < 2 ? y_size(g) : x_size(g);
        void *const x = random_elements(o, IMAGES * from, 12);
        void *const a = run(f[k], o, g, x, to);
        void *const b = run(f[k], plain, g, x, to);

        assert_memory_equal(a, b, IMAGES * to * o->bytes);
        free(b);
        free(a);
        free(x);
    }
}

static void all_sets_give_the_same_bits(void **state)
{
    (void)state;
    each_table(check_bits, 0, SHAPES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(average_divides_by_the_cells_inside_or_by_all),
        cmocka_unit_test(average_x_is_the_adjoint_of_average),
        cmocka_unit_test(argmax_is_the_first_of_equals_and_nan_before_all),
        cmocka_unit_test(argmax_finds_a_greatest_of_minus_infinity),
        cmocka_unit_test(gather_takes_what_argmax_chose),
        cmocka_unit_test(scatter_adds_each_output_to_the_cell_it_came_from),
        cmocka_unit_test(bilinear_mixes_the_four_cells_around),
        cmocka_unit_test(bilinear_x_is_the_adjoint_of_bilinear),
        cmocka_unit_test(bilinear_to_the_same_size_is_the_identity),
        cmocka_unit_test(averages_and_resampling_are_those_of_pytorch),
        cmocka_unit_test(all_sets_give_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
