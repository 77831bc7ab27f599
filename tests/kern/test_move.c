#include "support/test.h"

#include "kern/kern.h"

#define CELLS 20000 /* of the memory that views lie in */
#define GUARD 3

static const size_t widths[] = {4, 8};

static size_t below(uint64_t *state, size_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (size_t)(*state >> 33) % n;
}

static size_t size_of(const kern_strides *v)
{
    size_t n = 1;

    for (int32_t a = 0; a < v->rank; a++)
        n *= (size_t)v->dim[a];
    return n;
}

/* Where element i lies, from the definition. */
static int64_t offset_of(const kern_strides *v, size_t i)
{
    int64_t left = (int64_t)i, offset = 0;

    for (int32_t a = v->rank - 1; a >= 0; a--) {
        offset += left % v->dim[a] * v->stride[a];
        left /= v->dim[a];
    }
    return offset;
}

/* Bytes that differ from cell to cell, so that a half-moved cell shows. */
static uint64_t content(size_t i)
{
    return (uint64_t)(i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void set(void *p, size_t bytes, size_t i, uint64_t v)
{
    memcpy((char *)p + i * bytes, &v, bytes);
}

static uint64_t get(const void *p, size_t bytes, size_t i)
{
    uint64_t v = 0;

    memcpy(&v, (const char *)p + i * bytes, bytes);
    return v;
}

static uint64_t cut(uint64_t v, size_t bytes)
{
    return bytes == 4 ? v & 0xffffffffu : v;
}

static void *cells(size_t n, size_t bytes)
{
    char *const p = calloc(n, bytes);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        set(p, bytes, i, content(i));
    return p;
}

/* Distinct places for all elements, axes in any order in memory, with gaps,
 * some of them backwards; *origin is what makes all offsets positive. */
static void random_view(uint64_t *seed, kern_strides *v, int64_t *origin)
{
    int32_t order[KERN_RANK];
    int64_t stride = (int64_t)below(seed, 3) + 1;

    v->rank = (int32_t)below(seed, KERN_RANK) + 1;
    *origin = 0;
    for (int32_t a = 0; a < v->rank; a++)
        order[a] = a;
    for (int32_t a = v->rank - 1; a > 0 && below(seed, 2); a--) {
        const int32_t b = (int32_t)below(seed, (size_t)a + 1);
        const int32_t keep = order[a];

        order[a] = order[b];
        order[b] = keep;
    }
    for (int32_t i = v->rank - 1; i >= 0; i--) {
        const int32_t a = order[i];

        v->dim[a] = (int64_t)below(seed, v->rank > 3 ? 4 : 12) + 1;
        v->stride[a] = below(seed, 6) ? stride : -stride;
        if (v->stride[a] < 0)
            *origin += stride * (v->dim[a] - 1);
        stride *= v->dim[a] + (below(seed, 4) ? 0 : 1);
    }
}

static void check_load(const kern_strides *v, size_t bytes, int64_t origin,
                       size_t first, size_t n)
{
    char *const x = cells(CELLS, bytes);
    char *const out = cells(n + 2 * GUARD, bytes);

    kern_load(v, bytes, x + origin * (int64_t)bytes, first, n,
              out + GUARD * bytes);
    for (size_t i = 0; i < n; i++) {
        const int64_t at = origin + offset_of(v, first + i);

        assert_true(at >= 0 && at < CELLS);
        assert_true(get(out, bytes, GUARD + i) ==
                    cut(content((size_t)at), bytes));
    }
    for (size_t i = 0; i < GUARD; i++) {
        const size_t end = n + 2 * GUARD - 1 - i;

        assert_true(get(out, bytes, i) == cut(content(i), bytes));
        assert_true(get(out, bytes, end) == cut(content(end), bytes));
    }
    free(out);
    free(x);
}

static void check_store(const kern_strides *v, size_t bytes, int64_t origin,
                        size_t first, size_t n)
{
    char *const x = cells(CELLS, bytes);
    char *const expected = cells(CELLS, bytes);
    char *const in = cells(n + 1, bytes);

    for (size_t i = 0; i < n; i++) {
        set(in, bytes, i, ~content(i));
        set(expected, bytes, (size_t)(origin + offset_of(v, first + i)),
            ~content(i));
    }
    kern_store(v, bytes, x + origin * (int64_t)bytes, first, n, in);
    assert_memory_equal(x, expected, CELLS * bytes);
    free(in);
    free(expected);
    free(x);
}

static void load_takes_any_part_of_any_view(void **state)
{
    uint64_t seed = 71;

    (void)state;
    for (size_t i = 0; i < 600; i++) {
        kern_strides v;
        int64_t origin;
        size_t all, first;

        random_view(&seed, &v, &origin);
        for (int32_t a = 0; a < v.rank; a++)
            if (v.stride[a] > 0 && below(&seed, 3) == 0)
                v.stride[a] = 0;
        all = size_of(&v);
        first = below(&seed, all);
        check_load(&v, widths[i % 2], origin, 0, all);
        check_load(&v, widths[i % 2], origin, first,
                   below(&seed, all - first + 1));
    }
}

static void store_fills_any_part_of_a_view_and_nothing_beside_it(void **state)
{
    uint64_t seed = 72;

    (void)state;
    for (size_t i = 0; i < 400; i++) {
        kern_strides v;
        int64_t origin;
        size_t all, first;

        random_view(&seed, &v, &origin);
        all = size_of(&v);
        first = below(&seed, all);
        check_store(&v, widths[i % 2], origin, 0, all);
        check_store(&v, widths[i % 2], origin, first,
                    below(&seed, all - first + 1));
    }
}

static void load_repeats_biases_and_permutes_images(void **state)
{
    static const kern_strides views[] = {
        {2, {130, 20}, {0, 1}},        /* [C] over rows */
        {2, {9, 400}, {0, 1}},         /* longer than most tiles */
        {3, {5, 49, 3}, {3, 0, 1}},    /* [N, 1, 1, C] */
        {3, {4, 64, 3}, {192, 1, 64}}, /* NCHW seen as NHWC */
        {3, {4, 3, 64}, {192, 1, 3}},  /* and the reverse */
        {2, {40, 16}, {37, 2}},        /* evens of pairs */
        {2, {33, 31}, {1, 0}},         /* a column over columns */
        {1, {1000}, {0}},              /* one number */
        {6, {2, 3, 1, 5, 1, 7}, {105, 0, 9, 7, 9, 1}}, /* axes of size 1 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        const size_t all = size_of(&views[i]);

        for (size_t w = 0; w < 2; w++)
            for (size_t first = 0; first < all; first += 61)
                for (size_t n = 0; n <= 512; n += 128)
                    check_load(&views[i], widths[w], 2, first,
                               n < all - first ? n : all - first);
    }
}

static void join_keeps_the_elements_and_leaves_no_axis_to_join(void **state)
{
    uint64_t seed = 73;

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        kern_strides v, joined;
        int64_t origin;

        random_view(&seed, &v, &origin);
        for (int32_t a = 0; a < v.rank; a++)
            if (below(&seed, 3) == 0)
                v.stride[a] = 0;
        joined = v;
        kern_strides_join(&joined);
        assert_true(joined.rank >= 1 && joined.rank <= v.rank);
        assert_true(size_of(&joined) == size_of(&v));
        for (size_t e = 0; e < size_of(&v); e++)
            assert_true(offset_of(&joined, e) == offset_of(&v, e));
        for (int32_t a = 0; a < joined.rank; a++) {
            assert_true(joined.rank == 1 || joined.dim[a] > 1);
            assert_true(a == 0 || joined.stride[a - 1] !=
                                      joined.stride[a] * joined.dim[a]);
        }
    }
}

static void check_join(const kern_strides *v, const kern_strides *expected)
{
    kern_strides joined = *v;

    kern_strides_join(&joined);
    assert_int_equal(joined.rank, expected->rank);
    for (int32_t a = 0; a < joined.rank; a++) {
        assert_int_equal(joined.dim[a], expected->dim[a]);
        assert_int_equal(joined.stride[a], expected->stride[a]);
    }
}

static void join_gives_the_least_rank_of_common_views(void **state)
{
    static const kern_strides pairs[][2] = {
        {{4, {5, 7, 11, 3}, {231, 33, 3, 1}}, {1, {1155}, {1}}},
        {{4, {5, 7, 11, 3}, {3, 0, 0, 1}}, {3, {5, 77, 3}, {3, 0, 1}}},
        {{4, {5, 7, 11, 3}, {0, 0, 0, 0}}, {1, {1155}, {0}}},
        {{4, {1, 7, 1, 3}, {9, 3, -4, 1}}, {1, {21}, {1}}},
        {{4, {5, 1, 1, 3}, {0, 0, 0, 1}}, {2, {5, 3}, {0, 1}}},
        {{3, {1, 1, 1}, {0, 5, 7}}, {1, {1}, {1}}},
        {{3, {4, 6, 5}, {60, 10, 2}}, {1, {120}, {2}}},
        {{3, {4, 6, 5}, {-60, -10, -2}}, {1, {120}, {-2}}},
        {{3, {4, 6, 5}, {1, 20, 4}}, {2, {4, 30}, {1, 4}}},
        {{2, {3, 0}, {8, 1}}, {2, {3, 0}, {8, 1}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        check_join(&pairs[i][0], &pairs[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_takes_any_part_of_any_view),
        cmocka_unit_test(store_fills_any_part_of_a_view_and_nothing_beside_it),
        cmocka_unit_test(load_repeats_biases_and_permutes_images),
        cmocka_unit_test(join_keeps_the_elements_and_leaves_no_axis_to_join),
        cmocka_unit_test(join_gives_the_least_rank_of_common_views),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
