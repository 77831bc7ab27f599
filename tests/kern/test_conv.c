#include <float.h>

#include "support/naive.h"
#include "tables.h"

#define GUARD_BYTES 256

/* {n, h, w, c, ho, wo, k, r, s, stride_h, stride_w, top, left, groups} */
static const kern_conv shapes[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1},
    {2, 5, 7, 3, 5, 7, 17, 3, 3, 1, 1, 1, 1, 1},
    {3, 8, 6, 3, 4, 3, 33, 4, 4, 2, 2, 1, 1, 1},
    {2, 9, 7, 1, 5, 4, 15, 3, 3, 2, 2, 1, 1, 1},
    {2, 9, 8, 33, 4, 3, 15, 3, 4, 2, 3, 0, 1, 1}, /* does not divide */
    {2, 7, 5, 15, 4, 2, 1, 2, 1, 2, 3, 1, 0, 1},  /* some x untouched */
    {3, 4, 4, 33, 1, 1, 1, 4, 4, 1, 1, 0, 0, 1},  /* valid: a dot product */
    {5, 4, 4, 40, 1, 1, 21, 4, 4, 1, 1, 0, 0, 1}, /* from a code */
    {2, 2, 3, 5, 3, 4, 7, 4, 5, 1, 1, 2, 3, 1},   /* filter beyond image */
    {2, 1, 9, 2, 1, 5, 3, 1, 5, 1, 2, 0, 2, 1},   /* sequences */
    {1, 11, 10, 35, 5, 4, 18, 5, 3, 2, 3, 1, 0, 1},
    {2, 10, 9, 48, 4, 3, 50, 3, 3, 3, 3, 0, 1, 1},
    {2, 11, 13, 34, 6, 7, 64, 4, 3, 2, 2, 1, 1, 1},
    {2, 6, 5, 17, 6, 5, 9, 1, 1, 1, 1, 0, 0, 1},
    {1, 13, 12, 4, 3, 3, 6, 3, 2, 5, 4, 1, 0, 1}, /* stride beyond filter */
    {2, 6, 7, 6, 6, 7, 9, 3, 3, 1, 1, 1, 1, 3},
    {2, 8, 7, 66, 4, 4, 34, 3, 3, 2, 2, 1, 1, 2},
    {2, 7, 6, 19, 7, 6, 19, 3, 3, 1, 1, 1, 1, 19}, /* depthwise */
    {3, 9, 8, 33, 5, 3, 33, 4, 3, 2, 3, 1, 1, 33},
    {2, 5, 4, 18, 4, 7, 18, 5, 2, 1, 1, 1, 1, 18},
    {2, 9, 10, 2, 3, 2, 2, 2, 3, 4, 5, 1, 0, 2},
    {2, 8, 8, 5, 4, 4, 20, 4, 4, 2, 2, 1, 1, 5}, /* depthwise, four each */
    {1, 3, 40, 300, 3, 40, 3, 1, 3, 1, 1, 0, 1, 1},
    {1, 3, 5, 3, 3, 5, 310, 3, 1, 1, 1, 1, 0, 1},
    {1, 19, 20, 2, 3, 4, 8, 17, 18, 1, 1, 0, 1, 1}, /* taps beyond a block */
    {2, 9, 9, 20, 3, 3, 12, 1, 1, 4, 4, 0, 0, 1},
    {1, 6, 5, 2, 7, 8, 3, 2, 3, 1, 1, 1, 2, 1},  /* y wider than x */
    {2, 9, 7, 21, 8, 7, 3, 4, 3, 1, 1, 1, 1, 1}, /* to few channels */
    {1, 5, 140, 9, 5, 138, 1, 2, 3, 1, 1, 1, 0, 1},
    {3, 6, 7, 18, 6, 6, 4, 3, 4, 1, 1, 1, 1, 2},
};

/* Those that fill items enough to be cut into several, and bands. */
static const kern_conv large[] = {
    {21, 16, 16, 33, 8, 8, 40, 4, 4, 2, 2, 1, 1, 1},
    {9, 32, 28, 3, 16, 14, 64, 4, 4, 2, 2, 1, 1, 1},
    {17, 66, 68, 2, 33, 34, 60, 4, 4, 2, 2, 1, 1, 1}, /* bands, if one */
    {70, 4, 4, 64, 1, 1, 100, 4, 4, 1, 1, 0, 0, 1},
    {6, 14, 15, 36, 14, 15, 72, 3, 3, 1, 1, 1, 1, 2},
    {5, 31, 33, 32, 31, 33, 3, 3, 3, 1, 1, 1, 1, 1},
    {7, 13, 14, 130, 13, 14, 47, 1, 1, 1, 1, 0, 0, 1},
    {3, 30, 31, 40, 30, 31, 40, 3, 3, 1, 1, 1, 1, 40},
};

#define SHAPES (sizeof shapes / sizeof *shapes)
#define LARGE (sizeof large / sizeof *large)

typedef struct problem {
    kern_conv g;
    void *array[3]; /* as KERN_CONV_…: y, x, filter */
    size_t count[3];
} problem;

static problem make(const kern_ops *ops, const kern_conv *g, uint64_t seed)
{
    problem p = {.g = *g};
    p.count[KERN_CONV_Y] = g->n * g->ho * g->wo * g->k;
    p.count[KERN_CONV_X] = g->n * g->h * g->w * g->c;
    p.count[KERN_CONV_F] = g->r * g->s * (g->c / g->groups) * g->k;
    for (size_t i = 0; i < 3; i++)
        p.array[i] = random_elements(ops, p.count[i], seed + i);
    return p;
}

static void drop(problem *p)
{
    for (size_t i = 0; i < 3; i++)
        free(p->array[i]);
}

/* Memory of NaN with a guard behind it. */
static unsigned char *guarded(size_t bytes)
{
    unsigned char *const p =
        aligned_alloc(64, (bytes + GUARD_BYTES + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0xff, bytes);
    memset(p + bytes, 0xa5, GUARD_BYTES);
    return p;
}

static void assert_guarded(const unsigned char *p, size_t bytes)
{
    for (size_t i = 0; i < GUARD_BYTES; i++)
        assert_int_equal(p[bytes + i], 0xa5);
}

/* Item number i of n, forwards or in an order that leaps about. */
static size_t shuffled(size_t i, size_t n, int leap)
{
    return leap ? (n - 1 - i) / 2 + (n - 1 - i) % 2 * ((n + 1) / 2) : i;
}

/* The output of a kind, in memory of its own. */
static unsigned char *run(const kern_ops *ops, int kind, const problem *p,
                          int leap)
{
    kern_conv_job job;
    kern_conv_cut(&job, ops, kind, &p->g);
    const size_t bytes = p->count[kind] * ops->bytes;
    unsigned char *const work = guarded(job.work);
    unsigned char *const out = guarded(bytes);
    void *at[3] = {p->array[0], p->array[1], p->array[2]};
    at[kind] = out;
    for (int phase = 0; phase < KERN_CONV_PHASES; phase++)
        for (size_t i = 0; i < job.items[phase]; i++) {
            unsigned char *const scratch = guarded(kern_conv_scratch());
            kern_conv_item(&job, phase, shuffled(i, job.items[phase], leap),
                           at[KERN_CONV_X], at[KERN_CONV_F], at[KERN_CONV_Y],
                           work, scratch);
            assert_guarded(scratch, kern_conv_scratch());
            free(scratch);
        }
    assert_guarded(work, job.work);
    assert_guarded(out, bytes);
    free(work);
    return out;
}

static size_t terms(const kern_conv *g, int kind)
{
    if (kind == KERN_CONV_F)
        return g->n * g->ho * g->wo;
    return g->r * g->s * (kind == KERN_CONV_Y ? g->c : g->k) / g->groups;
}

/* Higham's gamma for as many products, with one of slack for its denominator
 * and one for sets that round a product before they add it. */
static void assert_right(const kern_ops *ops, int kind, const problem *p)
{
    const double bound = (double)(terms(&p->g, kind) + 2) * 2 * epsilon(ops);
    long double *const want = malloc(p->count[kind] * sizeof *want);
    long double *const size = malloc(p->count[kind] * sizeof *size);
    assert_true(want && size);
    unsigned char *const out = run(ops, kind, p, 0);
    naive_conv(ops->type, kind, &p->g, p->array[KERN_CONV_X],
               p->array[KERN_CONV_F], p->array[KERN_CONV_Y], want, size);
    for (size_t i = 0; i < p->count[kind]; i++) {
        const long double off = fabsl(get(ops, out, i) - want[i]);
        if (!(off <= bound * size[i]))
            fail_msg("type %d cpu %d kind %d: [%zu] is %g, not %Lg", ops->type,
                     ops->cpu, kind, i, get(ops, out, i), want[i]);
    }
    free(out);
    free(want);
    free(size);
}

static void conv_equals_the_definition_for_every_shape(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < SHAPES; i++) {
            problem p = make(ops[t], &shapes[i], 3 * i + 5);
            for (int kind = 0; kind < 3; kind++)
                assert_right(ops[t], kind, &p);
            drop(&p);
        }
}

static void conv_equals_the_definition_where_cut_into_items(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    for (size_t t = count - 2; t < count; t++)
        for (size_t i = 0; i < LARGE; i++) {
            problem p = make(ops[t], &large[i], 7 * i + 1);
            for (int kind = 0; kind < 3; kind++)
                assert_right(ops[t], kind, &p);
            drop(&p);
        }
}

/* sum_i a_i b_i, and the sum of its magnitudes */
static long double dot(const kern_ops *ops, size_t n, const void *a,
                       const void *b, long double *size)
{
    long double sum = 0;
    *size = 0;
    for (size_t i = 0; i < n; i++) {
        const long double term =
            (long double)get(ops, a, i) * (long double)get(ops, b, i);
        sum += term;
        *size += fabsl(term);
    }
    return sum;
}

/* Each is within (terms + 2) eps of its sum of magnitudes, of which those of
 * the dot products are no bound; with values of both signs a sum of n of them
 * has about 1 / sqrt(n) of its magnitude, hence the root. */
static void conv_kinds_are_each_others_adjoints(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < SHAPES; i++) {
            problem p = make(ops[t], &shapes[i], 11 * i + 2);
            long double inner[3], size[3];
            double bound = 0;
            for (int kind = 0; kind < 3; kind++) {
                unsigned char *const out = run(ops[t], kind, &p, 0);
                const double n = (double)(terms(&p.g, kind) + 2);
                inner[kind] =
                    dot(ops[t], p.count[kind], out, p.array[kind], &size[kind]);
                bound += n * sqrt(n) * epsilon(ops[t]) * (double)size[kind];
                free(out);
            }
            assert_near(inner[0], inner[1], bound);
            assert_near(inner[0], inner[2], bound);
            drop(&p);
        }
}

static void check_order(const kern_ops *ops, const kern_conv *g)
{
    problem p = make(ops, g, 91);
    for (int kind = 0; kind < 3; kind++) {
        unsigned char *const forth = run(ops, kind, &p, 0);
        unsigned char *const leaping = run(ops, kind, &p, 1);
        assert_memory_equal(forth, leaping, p.count[kind] * ops->bytes);
        free(forth);
        free(leaping);
    }
    drop(&p);
}

static void conv_items_in_any_order_give_the_same_bits(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < LARGE; i++)
            check_order(ops[t], &large[i]);
}

static void conv_large_shapes_are_shared_out(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    for (size_t t = 0; t < count; t++)
        for (int kind = 0; kind < 3; kind++) {
            kern_conv_job job;
            kern_conv_cut(&job, ops[t], kind, &large[0]);
            assert_true(job.items[kind == KERN_CONV_X] >= 16);
            kern_conv_cut(&job, ops[t], kind, &large[1]);
            assert_true(job.items[kind == KERN_CONV_X] >= 4);
        }
}

/* Images lo … hi - 1 alone, against the whole. */
static void check_images(const kern_ops *ops, int kind, const problem *p,
                         const unsigned char *whole, size_t lo, size_t hi)
{
    problem some = *p;
    const size_t y = p->count[KERN_CONV_Y] / p->g.n;
    const size_t x = p->count[KERN_CONV_X] / p->g.n;
    some.g.n = hi - lo;
    some.array[KERN_CONV_Y] = at(ops, p->array[KERN_CONV_Y], lo * y);
    some.array[KERN_CONV_X] = at(ops, p->array[KERN_CONV_X], lo * x);
    some.count[KERN_CONV_Y] = (hi - lo) * y;
    some.count[KERN_CONV_X] = (hi - lo) * x;
    unsigned char *const out = run(ops, kind, &some, 0);
    assert_memory_equal(out,
                        whole + lo * (p->count[kind] / p->g.n) * ops->bytes,
                        some.count[kind] * ops->bytes);
    free(out);
}

static void check_neighbours(const kern_ops *ops, const kern_conv *g)
{
    problem p = make(ops, g, 47);
    for (int kind = 0; kind < 2; kind++) {
        unsigned char *const whole = run(ops, kind, &p, 0);
        for (size_t i = 0; i < g->n; i += g->n / 5 + 1)
            check_images(ops, kind, &p, whole, i, i + 1);
        if (g->n > 2)
            check_images(ops, kind, &p, whole, 1, g->n);
        free(whole);
    }
    drop(&p);
}

static void conv_bits_of_an_image_depend_on_that_image_alone(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    for (size_t t = 0; t < count; t++) {
        for (size_t i = 0; i < SHAPES; i++)
            check_neighbours(ops[t], &shapes[i]);
        for (size_t i = 0; i < LARGE; i++)
            check_neighbours(ops[t], &large[i]);
    }
}

static void conv_x_that_no_tap_reaches_is_zero(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    const kern_conv g = {2, 7, 8, 5, 2, 2, 3, 2, 1, 4, 5, 1, 0, 1};
    for (size_t t = 0; t < count; t++) {
        problem p = make(ops[t], &g, 8);
        unsigned char *const x = run(ops[t], KERN_CONV_X, &p, 0);
        size_t reached = 0;
        for (size_t i = 0; i < p.count[KERN_CONV_X]; i++) {
            const size_t line = i / g.c / g.w % g.h + g.top,
                         cell = i / g.c % g.w;
            const int touched = line % 4 < 2 && line / 4 < 2 && cell % 5 == 0;
            assert_int_equal(get(ops[t], x, i) != 0, touched);
            reached += touched != 0;
        }
        assert_true(reached > 0 && reached < p.count[KERN_CONV_X]);
        free(x);
        drop(&p);
    }
}

static void conv_nan_of_a_pixel_reaches_what_it_touches_alone(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    const kern_conv g = {3, 6, 6, 3, 3, 3, 19, 4, 4, 2, 2, 1, 1, 1};
    for (size_t t = 0; t < count; t++) {
        problem p = make(ops[t], &g, 8);
        put(ops[t], p.array[KERN_CONV_X], 6 * 6 * 3 + 2, NAN); /* image 1 */
        unsigned char *const y = run(ops[t], KERN_CONV_Y, &p, 0);
        for (size_t i = 0; i < p.count[KERN_CONV_Y]; i++)
            assert_int_equal(isnan(get(ops[t], y, i)) != 0, i / 19 == 9);
        free(y);
        drop(&p);
    }
}

static void conv_work_does_not_grow_with_fewer_images(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < LARGE; i++)
            for (int kind = 0; kind < 3; kind++) {
                kern_conv g = large[i];
                size_t most = 0;
                for (g.n = 1; g.n < 80; g.n++) {
                    kern_conv_job job;
                    kern_conv_cut(&job, ops[t], kind, &g);
                    assert_true(job.work >= most);
                    most = job.work;
                }
            }
}

static void conv_of_no_images_has_a_filter_of_zeros(void **state)
{
    (void)state;
    const kern_ops *ops[TABLES];
    const size_t count = graph_tables(ops);
    kern_conv g = shapes[2];
    g.n = 0;
    for (size_t t = 0; t < count; t++) {
        problem p = make(ops[t], &g, 8);
        unsigned char *const f = run(ops[t], KERN_CONV_F, &p, 0);
        for (size_t i = 0; i < p.count[KERN_CONV_F]; i++)
            assert_true(get(ops[t], f, i) == 0);
        free(f);
        free(run(ops[t], KERN_CONV_Y, &p, 0));
        free(run(ops[t], KERN_CONV_X, &p, 0));
        drop(&p);
    }
}

static void conv_scratch_fits_beside_a_cache(void **state)
{
    (void)state;
    assert_true(kern_conv_scratch() <= (size_t)1 << 20);
    assert_int_equal(kern_conv_scratch() % 64, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_equals_the_definition_for_every_shape),
        cmocka_unit_test(conv_equals_the_definition_where_cut_into_items),
        cmocka_unit_test(conv_kinds_are_each_others_adjoints),
        cmocka_unit_test(conv_items_in_any_order_give_the_same_bits),
        cmocka_unit_test(conv_large_shapes_are_shared_out),
        cmocka_unit_test(conv_bits_of_an_image_depend_on_that_image_alone),
        cmocka_unit_test(conv_x_that_no_tap_reaches_is_zero),
        cmocka_unit_test(conv_nan_of_a_pixel_reaches_what_it_touches_alone),
        cmocka_unit_test(conv_work_does_not_grow_with_fewer_images),
        cmocka_unit_test(conv_of_no_images_has_a_filter_of_zeros),
        cmocka_unit_test(conv_scratch_fits_beside_a_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
