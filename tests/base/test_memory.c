#include "support/test.h"

#include "base/base.h"

typedef struct fixture {
    host h;
    genmod_context *c;
    genmod_workspace *w;
} fixture;

static void make(fixture *f, uint64_t limit)
{
    f->c = host_context(&f->h);
    assert_ok(genmod_context_set_memory_limit(f->c, limit));
    assert_ok(genmod_workspace_new(f->c, &f->w));
}

static void end(fixture *f)
{
    genmod_workspace_free(f->w);
    genmod_context_free(f->c);
    assert_int_equal(atomic_load(&f->h.blocks), 0);
}

static void mul_and_add_refuse_to_wrap(void **state)
{
    size_t v = 7;

    (void)state;
    assert_true(base_mul(SIZE_MAX / 3, 3, &v) && v == SIZE_MAX / 3 * 3);
    assert_false(base_mul(SIZE_MAX / 3 + 1, 3, &v));
    assert_true(base_mul(0, SIZE_MAX, &v) && v == 0);
    assert_true(base_mul(SIZE_MAX, 0, &v) && v == 0);
    assert_true(base_add(SIZE_MAX - 5, 5, &v) && v == SIZE_MAX);
    assert_false(base_add(SIZE_MAX - 5, 6, &v));
}

static void alloc_gives_aligned_bytes_of_any_number(void **state)
{
    fixture f;
    base_call call;

    (void)state;
    make(&f, 0);
    genmod_workspace *const w = base_enter(&call, f.w, NULL);
    for (size_t n = 0; n < 200; n += 37) {
        unsigned char *const p = base_alloc(w, n, 3);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % BASE_ALIGN, 0);
        memset(p, 1, 3 * n);
        base_free(p);
    }
    unsigned char *const zero = base_alloc_zero(w, 23, 7);
    for (size_t i = 0; i < 161; i++)
        assert_int_equal(zero[i], 0);
    base_free(zero);
    base_free(NULL);
    base_leave(&call, 0);
    end(&f);
}

static void alloc_refuses_what_no_memory_has(void **state)
{
    fixture f;
    base_call call;

    (void)state;
    make(&f, 0);
    genmod_workspace *const w = base_enter(&call, f.w, NULL);
    assert_null(base_alloc(w, SIZE_MAX, 2));
    assert_int_equal(base_status(w), GENMOD_NO_MEMORY);
    assert_error_names(w, "18446744073709551615 times 2 bytes");
    assert_null(base_alloc(w, SIZE_MAX, 1));
    assert_null(base_alloc(w, SIZE_MAX - 70, 1));
    assert_null(base_alloc(w, PTRDIFF_MAX, 1));
    assert_null(base_scratch(w, SIZE_MAX, 2));
    assert_null(base_scratch(w, SIZE_MAX, 1));
    assert_null(base_scratch(w, PTRDIFF_MAX, 1));
    assert_int_equal(base_leave(&call, base_status(w)), GENMOD_NO_MEMORY);
    end(&f);
}

static void limit_is_a_status_of_its_own_and_is_exact(void **state)
{
    fixture f;
    base_call call;

    (void)state;
    make(&f, 100000);
    genmod_workspace *const w = base_enter(&call, f.w, NULL);
    const size_t room = 100000 - atomic_load(&f.h.bytes) - BASE_ALIGN;
    assert_null(base_alloc(w, room + 1, 1));
    assert_int_equal(base_status(w), GENMOD_LIMIT);
    assert_error_names(w, "100000 bytes");
    void *const p = base_alloc(w, room, 1);
    assert_non_null(p);
    assert_int_equal(atomic_load(&f.h.bytes), 100000);
    assert_null(base_alloc(w, 0, 1));
    assert_null(base_scratch(w, 1, 1));
    assert_int_equal(base_status(w), GENMOD_LIMIT);
    base_free(p);
    assert_non_null(base_scratch(w, 1, 1));
    base_leave(&call, 0);
    end(&f);
}

static void refused_memory_is_not_counted(void **state)
{
    fixture f;
    base_call call;

    (void)state;
    make(&f, 100000);
    genmod_workspace *const w = base_enter(&call, f.w, NULL);
    for (int i = 0; i < 100; i++) {
        host_arm(&f.h, 0, HOST_ONCE);
        assert_null(base_alloc(w, 50000, 1));
        assert_int_equal(base_status(w), GENMOD_NO_MEMORY);
        assert_error_names(w, "50000 bytes");
    }
    void *const p = base_alloc(w, 50000, 1);
    assert_non_null(p);
    base_free(p);
    base_leave(&call, 0);
    end(&f);
}

static void a_block_outlives_its_workspace_and_its_context(void **state)
{
    fixture f;
    base_call call;

    (void)state;
    make(&f, 0);
    genmod_workspace *const w = base_enter(&call, f.w, NULL);
    int *const p = base_alloc(w, 11, sizeof *p);
    base_leave(&call, 0);
    genmod_workspace_free(f.w);
    genmod_context_free(f.c);
    p[10] = 4;
    base_free(p);
    assert_int_equal(atomic_load(&f.h.blocks), 0);
    genmod_workspace *const none = base_enter(&call, NULL, NULL);
    int *const q = base_alloc(none, 11, sizeof *q);
    base_leave(&call, 0);
    q[10] = 5;
    base_free(q);
}

/* The requests of a call that needs several chunks. */
static void use_scratch(genmod_workspace *outer)
{
    static const size_t sizes[] = {100, 20000, 1, 16000, 0, 700, 200000, 64};
    unsigned char *p[8];
    base_call call;
    genmod_workspace *const w = base_enter(&call, outer, NULL);

    for (size_t i = 0; i < 8; i++) {
        p[i] = base_scratch(w, sizes[i], 1);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % BASE_ALIGN, 0);
        memset(p[i], (int)i, sizes[i]);
    }
    for (size_t i = 0; i < 8; i++) /* they do not overlap */
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(p[i][j], i);
    base_leave(&call, 0);
}

static void scratch_of_a_repeated_call_takes_nothing(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w;

    (void)state;
    assert_ok(genmod_workspace_new(c, &w));
    use_scratch(w);
    host_arm(&h, HOST_NEVER, HOST_ONCE);
    for (int i = 0; i < 5; i++)
        use_scratch(w);
    assert_int_equal(atomic_load(&h.calls), 0);
    genmod_workspace_free(w);
    genmod_context_free(c);
    assert_int_equal(atomic_load(&h.blocks), 0);
}

/* Three stages of a call that are over one after the other. */
static void released_scratch_is_taken_again(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w;
    base_call call;

    (void)state;
    assert_ok(genmod_workspace_new(c, &w));
    base_enter(&call, w, NULL);
    const base_mark start = base_scratch_mark(w);
    assert_non_null(base_scratch(w, 300, 1));
    base_scratch_release(w, start);
    unsigned char *const kept = base_scratch(w, 300, 1);
    assert_non_null(kept);
    memset(kept, 7, 300);
    for (size_t i = 0; i < 3; i++) {
        const base_mark m = base_scratch_mark(w);
        if (i == 1)
            host_arm(&h, 0, HOST_FROM_THEN_ON);
        for (size_t k = 0; k < 3; k++) {
            unsigned char *const p = base_scratch(w, 20000 + k, 1);
            assert_non_null(p);
            memset(p, 9, 20000 + k);
        }
        base_scratch_release(w, m);
    }
    assert_int_equal(atomic_load(&h.calls), 0);
    host_arm(&h, HOST_NEVER, HOST_ONCE);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(kept[i], 7);
    base_leave(&call, 0);
    genmod_workspace_free(w);
    genmod_context_free(c);
    assert_int_equal(atomic_load(&h.blocks), 0);
}

static void scratch_keeps_one_mebibyte_at_most(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w;
    base_call call;

    (void)state;
    assert_ok(genmod_workspace_new(c, &w));
    const size_t before = atomic_load(&h.bytes);
    base_enter(&call, w, NULL);
    for (int i = 0; i < 40; i++)
        assert_non_null(base_scratch(w, 100000, 1));
    assert_non_null(base_scratch(w, 5000000, 1));
    base_leave(&call, 0);
    assert_true(atomic_load(&h.bytes) > before);
    assert_true(atomic_load(&h.bytes) <= before + (1 << 20));
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static int32_t scratch_and_blocks(genmod_context *c, void *arg)
{
    genmod_workspace *outer;
    base_call call;
    void *p = NULL;
    int32_t status = genmod_workspace_new(c, &outer);

    (void)arg;
    if (status)
        return status;
    genmod_workspace *const w = base_enter(&call, outer, NULL);
    if (!base_scratch(w, 3, 100) || !(p = base_alloc(w, 3, 100)) ||
        !base_scratch(w, 3, 10000))
        status = base_status(w);
    base_free(p);
    base_leave(&call, status);
    genmod_workspace_free(outer);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(support_alloc_walk(scratch_and_blocks, NULL), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mul_and_add_refuse_to_wrap),
        cmocka_unit_test(alloc_gives_aligned_bytes_of_any_number),
        cmocka_unit_test(alloc_refuses_what_no_memory_has),
        cmocka_unit_test(limit_is_a_status_of_its_own_and_is_exact),
        cmocka_unit_test(refused_memory_is_not_counted),
        cmocka_unit_test(a_block_outlives_its_workspace_and_its_context),
        cmocka_unit_test(scratch_of_a_repeated_call_takes_nothing),
        cmocka_unit_test(released_scratch_is_taken_again),
        cmocka_unit_test(scratch_keeps_one_mebibyte_at_most),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
