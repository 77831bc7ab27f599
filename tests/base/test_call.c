#include "support/test.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>

#include "base/base.h"

static genmod_workspace *make(void)
{
    genmod_workspace *w;

    assert_ok(genmod_workspace_new(NULL, &w));
    return w;
}

/* A public call that polls for a cancel and returns `status`. */
static int32_t act(genmod_workspace *w, int32_t status)
{
    base_call call;
    int32_t entered;

    w = base_enter(&call, w, &entered);
    if (!w)
        return entered;
    if (base_cancelled(w))
        status = GENMOD_CANCELLED;
    else if (status)
        base_fail(w, status, "k is %i", (int64_t)-7);
    return base_leave(&call, status);
}

static void workspace_checks_its_arguments(void **state)
{
    (void)state;
    assert_int_equal(genmod_workspace_new(NULL, NULL), GENMOD_BAD_ARGUMENT);
    assert_string_equal(genmod_workspace_error(NULL), "");
    genmod_workspace_cancel(NULL);
    genmod_workspace_free(NULL);
}

static void text_is_that_of_the_last_call(void **state)
{
    genmod_workspace *const w = make();

    (void)state;
    assert_string_equal(genmod_workspace_error(w), "");
    assert_int_equal(act(w, GENMOD_LIMIT), GENMOD_LIMIT);
    assert_string_equal(genmod_workspace_error(w), "k is -7");
    assert_int_equal(act(w, 0), 0);
    assert_string_equal(genmod_workspace_error(w), "");
    genmod_workspace_free(w);
}

static void a_status_without_text_gets_its_name(void **state)
{
    genmod_workspace *const outer = make();
    base_call call;

    (void)state;
    assert_non_null(base_enter(&call, outer, NULL));
    assert_int_equal(base_leave(&call, GENMOD_BREAKDOWN), GENMOD_BREAKDOWN);
    assert_string_equal(genmod_workspace_error(outer), "breakdown");
    genmod_workspace_free(outer);
}

static void null_is_a_workspace_of_the_call(void **state)
{
    (void)state;
    assert_int_equal(act(NULL, GENMOD_LIMIT), GENMOD_LIMIT);
    assert_int_equal(act(NULL, 0), 0);
}

static void a_workspace_in_a_call_is_busy(void **state)
{
    genmod_workspace *const outer = make();
    base_call call, second;
    int32_t status = 0;

    (void)state;
    genmod_workspace *const w = base_enter(&call, outer, NULL);
    base_fail(w, GENMOD_LIMIT, "kept");
    assert_null(base_enter(&second, outer, &status));
    assert_int_equal(status, GENMOD_BUSY);
    assert_null(second.w);
    assert_int_equal(act(outer, 0), GENMOD_BUSY);
    assert_string_equal(genmod_workspace_error(outer), "kept");
    assert_int_equal(base_leave(&call, GENMOD_LIMIT), GENMOD_LIMIT);
    assert_int_equal(act(outer, 0), 0);
    genmod_workspace_free(outer);
}

static void status_is_that_of_the_last_failure_of_the_call(void **state)
{
    genmod_workspace *const outer = make();
    base_call call;

    (void)state;
    act(outer, GENMOD_LIMIT);
    genmod_workspace *const w = base_enter(&call, outer, NULL);
    assert_int_equal(base_status(w), GENMOD_OK);
    base_fail(w, GENMOD_BUSY, "one");
    base_fail(w, GENMOD_BAD_BYTES, "two");
    assert_int_equal(base_status(w), GENMOD_BAD_BYTES);
    base_leave(&call, 0);
    genmod_workspace_free(outer);
}

static void cancel_ends_the_next_call_and_only_that(void **state)
{
    genmod_workspace *const w = make();

    (void)state;
    genmod_workspace_cancel(w);
    genmod_workspace_cancel(w);
    assert_int_equal(act(w, 0), GENMOD_CANCELLED);
    assert_error_names(w, "cancelled");
    assert_int_equal(act(w, 0), 0);
    genmod_workspace_free(w);
}

static void cancel_waits_for_a_call_that_polls(void **state)
{
    genmod_workspace *const outer = make();
    base_call call;

    (void)state;
    genmod_workspace_cancel(outer);
    assert_non_null(base_enter(&call, outer, NULL));
    assert_int_equal(base_leave(&call, 0), 0); /* did not compute */
    assert_int_equal(act(outer, 0), GENMOD_CANCELLED);
    genmod_workspace_free(outer);
}

static genmod_workspace *signalled;

static void on_signal(int number)
{
    (void)number;
    genmod_workspace_cancel(signalled);
}

static void cancel_works_in_a_signal_handler(void **state)
{
    base_call call;

    (void)state;
    signalled = make();
    genmod_workspace *const w = base_enter(&call, signalled, NULL);
    assert_int_equal(base_cancelled(w), 0);
    void (*const before)(int) = signal(SIGINT, on_signal);
    raise(SIGINT);
    signal(SIGINT, before);
    assert_int_equal(base_cancelled(w), GENMOD_CANCELLED);
    assert_int_equal(base_cancelled(w), 0);
    base_leave(&call, GENMOD_CANCELLED);
    genmod_workspace_free(signalled);
}

static void *cancel(void *w)
{
    genmod_workspace_cancel(w);
    return NULL;
}

static void cancel_works_from_another_thread(void **state)
{
    genmod_workspace *const outer = make();
    base_call call;
    pthread_t thread;

    (void)state;
    genmod_workspace *const w = base_enter(&call, outer, NULL);
    assert_int_equal(pthread_create(&thread, NULL, cancel, outer), 0);
    while (!base_cancelled(w))
        ;
    pthread_join(thread, NULL);
    base_leave(&call, GENMOD_CANCELLED);
    genmod_workspace_free(outer);
}

static void
a_call_has_the_default_environment_and_restores_the_hosts(void **state)
{
    genmod_workspace *const outer = make();
    volatile double one = 1.0, three = 3.0, third;
    base_call call;

    (void)state;
    fesetround(FE_UPWARD);
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_DIVBYZERO);
    base_enter(&call, outer, NULL);
    third = one / three;
    assert_true(third < 0.33333333333333335); /* not rounded upward */
    base_leave(&call, 0);
    assert_int_equal(fegetround(), FE_UPWARD);
    assert_int_equal(fetestexcept(FE_ALL_EXCEPT), FE_DIVBYZERO);
    third = one / three;
    assert_true(third >= 0.33333333333333335);
    fesetenv(FE_DFL_ENV);
    genmod_workspace_free(outer);
}

static void a_repeated_call_takes_nothing(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w;

    (void)state;
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c); /* the workspace holds it */
    host_arm(&h, HOST_NEVER, HOST_ONCE);
    for (int i = 0; i < 100; i++)
        assert_int_equal(act(w, i % 2 ? GENMOD_LIMIT : 0),
                         i % 2 ? GENMOD_LIMIT : 0);
    assert_int_equal(atomic_load(&h.calls), 0);
    genmod_workspace_free(w);
    assert_int_equal(atomic_load(&h.blocks), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workspace_checks_its_arguments),
        cmocka_unit_test(text_is_that_of_the_last_call),
        cmocka_unit_test(a_status_without_text_gets_its_name),
        cmocka_unit_test(null_is_a_workspace_of_the_call),
        cmocka_unit_test(a_workspace_in_a_call_is_busy),
        cmocka_unit_test(status_is_that_of_the_last_failure_of_the_call),
        cmocka_unit_test(cancel_ends_the_next_call_and_only_that),
        cmocka_unit_test(cancel_waits_for_a_call_that_polls),
        cmocka_unit_test(cancel_works_in_a_signal_handler),
        cmocka_unit_test(cancel_works_from_another_thread),
        cmocka_unit_test(
            a_call_has_the_default_environment_and_restores_the_hosts),
        cmocka_unit_test(a_repeated_call_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
