#include "support/test.h"
#include "support/threads.h"

#include "base/internal.h"

static int32_t run_here(size_t n, genmod_task task, void *arg, void *user)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        task(i, arg);
    return 0;
}

static size_t width_of(genmod_context *c)
{
    genmod_workspace *w;
    size_t width;

    assert_ok(genmod_workspace_new(c, &w));
    width = base_width(w);
    genmod_workspace_free(w);
    return width;
}

static void new_checks_its_arguments(void **state)
{
    host h;
    genmod_context *c = (void *)&h;

    (void)state;
    host_init(&h);
    assert_int_equal(genmod_context_new(NULL, NULL, NULL, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_new(host_alloc, NULL, &h, &c),
                     GENMOD_BAD_ARGUMENT);
    assert_null(c);
    assert_int_equal(genmod_context_new(NULL, host_dealloc, &h, &c),
                     GENMOD_BAD_ARGUMENT);
    host_arm(&h, 0, HOST_ONCE);
    c = (void *)&h;
    assert_int_equal(genmod_context_new(host_alloc, host_dealloc, &h, &c),
                     GENMOD_NO_MEMORY);
    assert_null(c);
    genmod_context_free(NULL);
}

static void setters_check_their_arguments(void **state)
{
    genmod_context *c;

    (void)state;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_int_equal(genmod_context_set_memory_limit(NULL, 1),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_threads(NULL, 2), GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_threads(c, 0), GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_threads(c, 1025), GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_threads(c, SIZE_MAX),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_parallel_for(NULL, 2, run_here, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_parallel_for(c, 0, run_here, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_parallel_for(c, 1025, run_here, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_kernels(NULL, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_kernels(c, "sse9"),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(width_of(c), 1);
    genmod_context_free(c);
}

static void setters_fail_once_a_workspace_was_made(void **state)
{
    genmod_context *c;
    genmod_workspace *w;

    (void)state;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_workspace_free(w);
    assert_int_equal(genmod_context_set_memory_limit(c, 1), GENMOD_BUSY);
    assert_int_equal(genmod_context_set_threads(c, 2), GENMOD_BUSY);
    assert_int_equal(genmod_context_set_parallel_for(c, 2, run_here, NULL),
                     GENMOD_BUSY);
    assert_int_equal(genmod_context_set_kernels(c, "generic"), GENMOD_BUSY);
    genmod_context_free(c);
}

static void kernels_are_the_best_or_the_ones_asked_for(void **state)
{
    const char *const best = genmod_context_kernels(NULL);
    genmod_context *c;
    genmod_workspace *w;

    (void)state;
    assert_string_equal(best, base_cpu_name(base_cpu_best()));
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_string_equal(genmod_context_kernels(c), best);
    assert_ok(genmod_context_set_kernels(c, "generic"));
    assert_string_equal(genmod_context_kernels(c), "generic");
    assert_ok(genmod_context_set_kernels(c, NULL));
    assert_string_equal(genmod_context_kernels(c), best);
    assert_ok(genmod_context_set_kernels(c, "generic"));
#if defined(__x86_64__)
    assert_int_equal(genmod_context_set_kernels(c, "aarch64"),
                     GENMOD_UNSUPPORTED);
#endif
    assert_ok(genmod_workspace_new(c, &w));
    assert_int_equal(base_cpu(w), BASE_CPU_GENERIC);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static void threads_are_those_asked_for(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);

    (void)state;
    threads_allow(SIZE_MAX);
    assert_ok(genmod_context_set_threads(c, 5));
    assert_int_equal(threads_asked(), 4);
    assert_ok(genmod_context_set_threads(c, 3));
    assert_int_equal(width_of(c), 3);
    genmod_context_free(c);
    assert_int_equal(atomic_load(&h.blocks), 0);
}

static void one_thread_is_the_callers(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);

    (void)state;
    threads_allow(SIZE_MAX);
    assert_ok(genmod_context_set_threads(c, 4));
    assert_ok(genmod_context_set_threads(c, 1));
    assert_int_equal(atomic_load(&h.blocks), 1);
    assert_int_equal(width_of(c), 1);
    genmod_context_free(c);
}

static void fewer_threads_are_no_error(void **state)
{
    (void)state;
    for (size_t given = 0; given < 4; given++) {
        host h;
        genmod_context *const c = host_context(&h);
        threads_allow(given);
        assert_ok(genmod_context_set_threads(c, 5));
        threads_allow(SIZE_MAX);
        assert_int_equal(width_of(c), 1 + given);
        genmod_context_free(c);
        assert_int_equal(atomic_load(&h.blocks), 0);
    }
}

static void threads_stay_when_memory_for_others_fails(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);

    (void)state;
    assert_ok(genmod_context_set_threads(c, 2));
    host_arm(&h, 0, HOST_ONCE);
    assert_int_equal(genmod_context_set_threads(c, 3), GENMOD_NO_MEMORY);
    assert_ok(genmod_context_set_memory_limit(c, 1));
    assert_int_equal(genmod_context_set_threads(c, 3), GENMOD_LIMIT);
    assert_ok(genmod_context_set_memory_limit(c, 0));
    assert_int_equal(width_of(c), 2);
    genmod_context_free(c);
    assert_int_equal(atomic_load(&h.blocks), 0);
}

static void parallel_for_takes_the_place_of_threads(void **state)
{
    genmod_context *c;

    (void)state;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, 2));
    assert_ok(genmod_context_set_parallel_for(c, 7, run_here, NULL));
    assert_null(c->pool);
    assert_ok(genmod_context_set_parallel_for(c, 7, NULL, NULL));
    assert_int_equal(c->width, 1);
    assert_ok(genmod_context_set_parallel_for(c, 6, run_here, NULL));
    assert_int_equal(width_of(c), 6);
    genmod_context_free(c);
}

static int32_t make_all(genmod_context *c, void *arg)
{
    genmod_workspace *w = NULL;
    genmod_data *x = NULL;
    int32_t status = genmod_context_set_threads(c, 2);

    (void)arg;
    if (!status)
        status = genmod_workspace_new(c, &w);
    if (!status)
        status = genmod_data_new(&x, w);
    genmod_data_free(x);
    genmod_workspace_free(w);
    if (!status)
        return GENMOD_OK;
    assert_true(w != NULL || x == NULL);
    return status;
}

static int32_t make_and_go_back(genmod_context *c, void *arg)
{
    const int32_t status = make_all(c, arg);

    base_pool_free(c->pool); /* the walk wants the context as it was */
    c->pool = NULL;
    c->width = 1;
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    threads_allow(SIZE_MAX);
    assert_int_equal(support_alloc_walk(make_and_go_back, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_checks_its_arguments),
        cmocka_unit_test(setters_check_their_arguments),
        cmocka_unit_test(setters_fail_once_a_workspace_was_made),
        cmocka_unit_test(kernels_are_the_best_or_the_ones_asked_for),
        cmocka_unit_test(threads_are_those_asked_for),
        cmocka_unit_test(one_thread_is_the_callers),
        cmocka_unit_test(fewer_threads_are_no_error),
        cmocka_unit_test(threads_stay_when_memory_for_others_fails),
        cmocka_unit_test(parallel_for_takes_the_place_of_threads),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
