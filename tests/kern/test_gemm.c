#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kern/kern.h"
#include "support/naive.h"

#define GUARD 77.125 /* what stands beside the columns of C */

/* A product with room beside its columns, so that a wrong leading dimension
 * shows. */
typedef struct problem {
    int32_t type;
    int ta, tb;
    size_t m, n, k, lda, ldb, ldc;
    double alpha, beta;
    void *a, *b, *c;
} problem;

static size_t bytes_of(int32_t type)
{
    return type == GENMOD_F32 ? sizeof(float) : sizeof(double);
}

/* Uneven numbers in (-1.3, 1.7), the same for the same start. */
static double number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return 3.0 * (double)(*state >> 11) / 9007199254740992.0 - 1.3;
}

static void put(int32_t type, void *p, size_t at, double x)
{
    if (type == GENMOD_F32)
        ((float *)p)[at] = (float)x;
    else
        ((double *)p)[at] = x;
}

static double get(int32_t type, const void *p, size_t at)
{
    if (type == GENMOD_F32)
        return (double)((const float *)p)[at];
    return ((const double *)p)[at];
}

static void *numbers(int32_t type, size_t n, uint64_t state)
{
    void *const p = malloc((n + 1) * bytes_of(type));
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        put(type, p, i, number(&state));
    return p;
}

static problem make(int32_t type, int ta, int tb, size_t m, size_t n, size_t k,
                    double alpha, double beta)
{
    problem p = {.type = type, .ta = ta, .tb = tb, .m = m, .n = n, .k = k};
    p.alpha = alpha;
    p.beta = beta;
    p.lda = (ta ? m : k) + 3;
    p.ldb = (tb ? k : n) + 5;
    p.ldc = n + 2;
    p.a = numbers(type, (ta ? k : m) * p.lda, 11 + m);
    p.b = numbers(type, (tb ? n : k) * p.ldb, 23 + n);
    p.c = numbers(type, m * p.ldc, 37 + k);
    for (size_t i = 0; i < m; i++)
        for (size_t j = n; j < p.ldc; j++)
            put(type, p.c, i * p.ldc + j, GUARD);
    return p;
}

static void drop(problem *p)
{
    free(p->a);
    free(p->b);
    free(p->c);
}

static void *copy_c(const problem *p)
{
    const size_t bytes = p->m * p->ldc * bytes_of(p->type);
    void *const c = malloc(bytes + 1);
    assert_non_null(c);
    memcpy(c, p->c, bytes);
    return c;
}

/* (k + 3) eps: Higham's gamma for k products, alpha, beta and the last sum. */
static void assert_right(const problem *p, const void *old)
{
    const double eps = p->type == GENMOD_F32 ? FLT_EPSILON : DBL_EPSILON;
    long double *const want = calloc(p->m * p->n + 1, sizeof *want);
    long double *const size = calloc(p->m * p->n + 1, sizeof *size);
    assert_true(want && size);
    naive_gemm(p->type, p->ta, p->tb, p->m, p->n, p->k, p->alpha, p->a, p->lda,
               p->b, p->ldb, p->beta, old, p->ldc, want, size);
    for (size_t i = 0; i < p->m; i++) {
        for (size_t j = 0; j < p->n; j++) {
            const size_t at = i * p->n + j;
            const long double off =
                fabsl(get(p->type, p->c, i * p->ldc + j) - want[at]);
            assert_true(off <= (long double)(p->k + 3) * eps * size[at]);
        }
        for (size_t j = p->n; j < p->ldc; j++)
            assert_true(get(p->type, p->c, i * p->ldc + j) == GUARD);
    }
    free(want);
    free(size);
}

static void run_native(const kern_ops *ops, const problem *p)
{
    void *const pack = aligned_alloc(BASE_ALIGN, kern_gemm_scratch());
    assert_non_null(pack);
    memset(pack, 0xff,
           kern_gemm_scratch()); /* NaN: scratch is not read first */
    ops->gemm(p->ta, p->tb, p->m, p->n, p->k, p->alpha, p->a, p->lda, p->b,
              p->ldb, p->beta, p->c, p->ldc, pack);
    free(pack);
}

/* A workspace with a kernel set (NULL: the best) and threads; NULL where the
 * machine lacks the set. */
static genmod_workspace *workspace(const char *set, size_t threads)
{
    genmod_context *context = NULL;
    genmod_workspace *w = NULL;
    assert_int_equal(genmod_context_new(NULL, NULL, NULL, &context), 0);
    if (genmod_context_set_kernels(context, set) == 0) {
        assert_int_equal(genmod_context_set_threads(context, threads), 0);
        assert_int_equal(genmod_workspace_new(context, &w), 0);
    }
    genmod_context_free(context);
    return w;
}

static void run_contract(genmod_workspace *user, const problem *p)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, user, NULL);
    assert_non_null(w);
    const int32_t status =
        kern_gemm(w, p->type, p->ta, p->tb, p->m, p->n, p->k, p->alpha, p->a,
                  p->lda, p->b, p->ldb, p->beta, p->c, p->ldc);
    assert_int_equal(base_leave(&call, status), 0);
}

static int32_t cpu_of(genmod_workspace *user)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, user, NULL);
    assert_non_null(w);
    const int32_t cpu = base_cpu(w);
    assert_int_equal(base_leave(&call, 0), 0);
    return cpu;
}

static const int32_t types[] = {GENMOD_F32, GENMOD_F64};

/* Calls test(ops) for every table that this machine can run. */
static void for_each_table(void (*test)(const kern_ops *))
{
    for (int32_t cpu = BASE_CPU_GENERIC; cpu <= BASE_CPU_AARCH64; cpu++) {
        if (!kern_ops_of(cpu, GENMOD_F32))
            continue;
        genmod_workspace *const w = workspace(base_cpu_name(cpu), 1);
        if (!w)
            continue;
        genmod_workspace_free(w);
        test(kern_ops_of(cpu, GENMOD_F32));
        test(kern_ops_of(cpu, GENMOD_F64));
    }
}

static void check_shapes(const kern_ops *ops)
{
    /* One more and one less than tiles, slivers, blocks; thin; k in parts. */
    static const size_t shapes[][3] = {
        {1, 1, 1},     {7, 5, 3},     {8, 48, 16},     {9, 49, 17},
        {13, 24, 225}, {131, 19, 31}, {5, 301, 40},    {66, 3, 230},
        {3, 70, 449},  {31, 64, 1},   {129, 145, 226}, {2, 17, 100}};
    static const double factors[][2] = {
        {1.0, 0.0}, {-0.75, 0.0}, {1.0, 1.0}, {2.385, -0.61}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int trans = 0; trans < 4; trans++)
            for (size_t f = 0; f < 4; f++) {
                problem p = make(ops->type, trans & 1, trans >> 1, shapes[s][0],
                                 shapes[s][1], shapes[s][2], factors[f][0],
                                 factors[f][1]);
                void *const old = copy_c(&p);
                run_native(ops, &p);
                assert_right(&p, old);
                free(old);
                drop(&p);
            }
}

static void gemm_native_equals_the_definition_for_every_shape(void **state)
{
    (void)state;
    for_each_table(check_shapes);
}

static void check_crowded(const kern_ops *ops)
{
    problem p = make(ops->type, 0, 0, 21, 37, 40, 1.0, 0.0);
    p.ldb = 8192 / ops->bytes;
    free(p.b);
    p.b = numbers(p.type, p.k * p.ldb, 5);
    run_native(ops, &p);
    assert_right(&p, p.c);
    drop(&p);
}

static void gemm_native_is_right_for_rows_a_power_of_two_apart(void **state)
{
    (void)state;
    for_each_table(check_crowded);
}

static void check_nan_in_c(const kern_ops *ops)
{
    problem p = make(ops->type, 0, 1, 29, 51, 230, 1.5, 0.0);
    for (size_t i = 0; i < p.m; i++)
        for (size_t j = 0; j < p.n; j++)
            put(p.type, p.c, i * p.ldc + j, NAN);
    run_native(ops, &p);
    assert_right(&p, p.c);
    drop(&p);
}

static void gemm_does_not_read_c_for_beta_zero(void **state)
{
    (void)state;
    for_each_table(check_nan_in_c);
}

static void check_nan_in_a(const kern_ops *ops)
{
    problem p = make(ops->type, 0, 0, 11, 33, 9, 1.0, 0.0);
    put(p.type, p.a, 4 * p.lda + 6, NAN);
    run_native(ops, &p);
    for (size_t i = 0; i < p.m; i++)
        for (size_t j = 0; j < p.n; j++)
            assert_int_equal(isnan(get(p.type, p.c, i * p.ldc + j)) != 0,
                             i == 4);
    drop(&p);
}

static void gemm_nan_in_a_row_reaches_that_row_alone(void **state)
{
    (void)state;
    for_each_table(check_nan_in_a);
}

static void check_empty(const kern_ops *ops)
{
    problem p = make(ops->type, 0, 0, 6, 5, 4, 1.0, 0.5);
    void *const old = copy_c(&p);
    p.k = 0;
    run_native(ops, &p);
    assert_right(&p, old);
    p.k = 4;
    p.alpha = 0.0;
    put(p.type, p.a, 0, NAN);
    p.beta = 0.0;
    run_native(ops, &p);
    for (size_t j = 0; j < p.n; j++)
        assert_true(get(p.type, p.c, j) == 0.0);
    free(old);
    drop(&p);
}

static void gemm_without_products_scales_c(void **state)
{
    (void)state;
    for_each_table(check_empty);
}

/* Every output of the whole against the same output computed in a product of
 * `rows` rows and `columns` columns alone, bit by bit. */
static void check_part(const kern_ops *ops, const problem *whole, size_t i,
                       size_t rows, size_t j, size_t columns)
{
    const size_t bytes = ops->bytes;
    problem p = *whole;
    p.m = rows;
    p.n = columns;
    p.a = (char *)whole->a + (p.ta ? i : i * p.lda) * bytes;
    p.b = (char *)whole->b + (p.tb ? j * p.ldb : j) * bytes;
    p.ldc = columns;
    p.c = malloc(rows * columns * bytes);
    assert_non_null(p.c);
    run_native(ops, &p);
    for (size_t r = 0; r < rows; r++)
        assert_memory_equal((char *)p.c + r * columns * bytes,
                            (char *)whole->c +
                                ((i + r) * whole->ldc + j) * bytes,
                            columns * bytes);
    free(p.c);
}

static void check_bits(const kern_ops *ops)
{
    for (int trans = 0; trans < 4; trans++) {
        problem p =
            make(ops->type, trans & 1, trans >> 1, 139, 61, 307, -1.9, 0.0);
        run_native(ops, &p);
        for (size_t i = 0; i < p.m; i += 6)
            check_part(ops, &p, i, 1, 0, p.n);
        check_part(ops, &p, 3, 130, 0, p.n);
        check_part(ops, &p, 1, 13, 2, 59);
        for (size_t j = 0; j + 3 <= p.n; j += 7)
            check_part(ops, &p, 5, 77, j, 3);
        drop(&p);
    }
}

static void gemm_bits_depend_on_row_and_column_alone(void **state)
{
    (void)state;
    for_each_table(check_bits);
}

/* The sets that bring both providers in: the best, and the least, which any
 * OpenBLAS is as good as. */
static const char *const sets[] = {NULL, "generic"};

static const size_t large[][3] = {
    {128, 400, 784}, {300, 97, 131}, {97, 131, 300}, {700, 3, 90},
    {32, 561, 256},  {1, 500, 300},  {1030, 33, 64}};

static void gemm_contract_equals_the_definition(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        genmod_workspace *const w = workspace(sets[s], 2);
        for (size_t i = 0; i < sizeof large / sizeof *large; i++)
            for (int kind = 0; kind < 8; kind++) {
                problem p =
                    make(types[kind >> 2], kind & 1, kind >> 1 & 1, large[i][0],
                         large[i][1], large[i][2], -1.25, kind & 1 ? 0.0 : 0.8);
                void *const old = copy_c(&p);
                run_contract(w, &p);
                assert_right(&p, old);
                free(old);
                drop(&p);
            }
        genmod_workspace_free(w);
    }
}

static void gemm_contract_ignores_c_for_beta_zero(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        genmod_workspace *const w = workspace(sets[s], 3);
        problem p = make(GENMOD_F64, 0, 0, 100, 90, 290, 1.0, 0.0);
        for (size_t i = 0; i < p.m; i++)
            for (size_t j = 0; j < p.n; j++)
                put(p.type, p.c, i * p.ldc + j, NAN);
        run_contract(w, &p);
        assert_right(&p, p.c);
        drop(&p);
        genmod_workspace_free(w);
    }
}

static void gemm_contract_takes_empty_products(void **state)
{
    (void)state;
    genmod_workspace *const w = workspace(NULL, 2);
    problem p = make(GENMOD_F64, 0, 0, 40, 41, 42, 1.0, 0.37);
    void *const old = copy_c(&p);
    p.m = 0;
    run_contract(w, &p);
    p.m = 40;
    p.n = 0;
    run_contract(w, &p);
    p.n = 41;
    assert_memory_equal(p.c, old, p.m * p.ldc * sizeof(double));
    p.k = 0;
    run_contract(w, &p);
    assert_right(&p, old);
    free(old);
    drop(&p);
    genmod_workspace_free(w);
}

static void gemm_contract_gives_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 2, 3, 7};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sizeof large / sizeof *large; i++)
            for (int kind = 0; kind < 8; kind++) {
                problem p =
                    make(types[kind >> 2], kind & 1, kind >> 1 & 1, large[i][0],
                         large[i][1], large[i][2], 0.77, -0.4);
                const size_t bytes = p.m * p.ldc * bytes_of(p.type);
                void *const old = copy_c(&p);
                void *first = NULL;
                for (size_t t = 0; t < 4; t++) {
                    genmod_workspace *const w = workspace(sets[s], threads[t]);
                    memcpy(p.c, old, bytes);
                    run_contract(w, &p);
                    if (!first)
                        first = copy_c(&p);
                    assert_memory_equal(p.c, first, bytes);
                    genmod_workspace_free(w);
                }
                free(first);
                free(old);
                drop(&p);
            }
}

static kern_product product_of(const kern_ops *ops, const problem *p)
{
    kern_product o = {.ops = ops, .ta = p->ta, .tb = p->tb};
    o.m = p->m;
    o.n = p->n;
    o.k = p->k;
    o.lda = p->lda;
    o.ldb = p->ldb;
    o.ldc = p->ldc;
    o.alpha = p->alpha;
    o.beta = p->beta;
    return o;
}

/* The last item first, each with scratch of NaN. */
static void run_items(kern_product *o, const problem *p)
{
    void *const scratch = aligned_alloc(BASE_ALIGN, kern_gemm_scratch());
    assert_non_null(scratch);
    kern_product_cut(o);
    for (size_t i = kern_product_items(o); i > 0; i--) {
        memset(scratch, 0xff, kern_gemm_scratch());
        kern_product_item(o, i - 1, p->a, p->b, p->c, scratch);
    }
    free(scratch);
}

/* The product that o is, run by items, against kern_gemm(). */
static void assert_items_are_gemm(genmod_workspace *w, kern_product *o,
                                  problem *p)
{
    void *const old = copy_c(p), *const mine = p->c;
    problem whole = *p;
    whole.m = o->m;
    whole.k = o->k;
    whole.c = copy_c(p);
    run_items(o, p);
    run_contract(w, &whole);
    assert_memory_equal(mine, whole.c, p->m * p->ldc * bytes_of(p->type));
    memcpy(mine, old, p->m * p->ldc * bytes_of(p->type));
    free(whole.c);
    free(old);
}

static void gemm_items_in_reverse_give_the_bits_of_the_contract(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        genmod_workspace *const w = workspace(sets[s], 2);
        for (size_t i = 0; i < sizeof large / sizeof *large; i++)
            for (int kind = 0; kind < 8; kind++) {
                problem p =
                    make(types[kind >> 2], kind & 1, kind >> 1 & 1, large[i][0],
                         large[i][1], large[i][2], 1.375, kind & 1 ? 0.7 : 0.0);
                kern_product o = product_of(kern_ops_of(cpu_of(w), p.type), &p);
                assert_items_are_gemm(w, &o, &p);
                drop(&p);
            }
        genmod_workspace_free(w);
    }
}

static void gemm_cut_anew_for_fewer_rows_and_terms_is_the_contract(void **state)
{
    (void)state;
    static const size_t less[][2] = {{127, 784}, {33, 500}, {17, 31},
                                     {1, 1},     {5, 0},    {0, 70}};
    for (size_t s = 0; s < 2; s++) {
        genmod_workspace *const w = workspace(sets[s], 2);
        for (size_t i = 0; i < sizeof less / sizeof *less; i++)
            for (int kind = 0; kind < 8; kind++) {
                problem p = make(types[kind >> 2], kind & 1, kind >> 1 & 1, 128,
                                 400, 784, -0.625, 0.3);
                kern_product o = product_of(kern_ops_of(cpu_of(w), p.type), &p);
                kern_product_cut(&o);
                o.m = less[i][0];
                o.k = less[i][1];
                assert_items_are_gemm(w, &o, &p);
                drop(&p);
            }
        genmod_workspace_free(w);
    }
}

static void gemm_items_of_nothing_scale_c(void **state)
{
    (void)state;
    for (int type = 0; type < 2; type++) {
        problem p = make(types[type], 0, 1, 150, 70, 60, 0.0, -0.45);
        void *const old = copy_c(&p);
        kern_product o = product_of(kern_ops_of(BASE_CPU_GENERIC, p.type), &p);
        put(p.type, p.a, 7, NAN);
        run_items(&o, &p);
        put(p.type, p.a, 7, 0.0);
        assert_right(&p, old);
        free(old);
        drop(&p);
    }
}

static void gemm_names_its_provider(void **state)
{
    (void)state;
    const char *const name = kern_blas_name();
    assert_true(strcmp(name, "builtin") == 0 ||
                strncmp(name, "OpenBLAS ", 9) == 0);
    assert_ptr_equal(name, kern_blas_name());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_native_equals_the_definition_for_every_shape),
        cmocka_unit_test(gemm_native_is_right_for_rows_a_power_of_two_apart),
        cmocka_unit_test(gemm_does_not_read_c_for_beta_zero),
        cmocka_unit_test(gemm_nan_in_a_row_reaches_that_row_alone),
        cmocka_unit_test(gemm_without_products_scales_c),
        cmocka_unit_test(gemm_bits_depend_on_row_and_column_alone),
        cmocka_unit_test(gemm_contract_equals_the_definition),
        cmocka_unit_test(gemm_contract_ignores_c_for_beta_zero),
        cmocka_unit_test(gemm_contract_takes_empty_products),
        cmocka_unit_test(gemm_contract_gives_the_same_bits_for_any_threads),
        cmocka_unit_test(gemm_items_in_reverse_give_the_bits_of_the_contract),
        cmocka_unit_test(
            gemm_cut_anew_for_fewer_rows_and_terms_is_the_contract),
        cmocka_unit_test(gemm_items_of_nothing_scale_c),
        cmocka_unit_test(gemm_names_its_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
