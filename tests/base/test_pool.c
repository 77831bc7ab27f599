#define _DEFAULT_SOURCE /* fork, pthread_sigmask */

#include "support/test.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

#define ITEMS 500

typedef struct job {
    genmod_workspace *w;
    atomic_int ran[ITEMS];
    atomic_int inside[64]; /* a slot */
    atomic_int wrong;
    double out[ITEMS];
    size_t fail_from; /* items that are multiples of 7 from here on */
} job;

static void job_init(job *j, genmod_workspace *w)
{
    memset(j, 0, sizeof *j);
    j->w = w;
    j->fail_from = SIZE_MAX;
}

static int32_t count(size_t item, size_t slot, void *arg)
{
    job *const j = arg;

    if (slot >= base_width(j->w) || atomic_fetch_add(&j->inside[slot], 1))
        atomic_fetch_add(&j->wrong, 1);
    atomic_fetch_add(&j->ran[item], 1);
    j->out[item] = 1.0 / (double)(item + 3);
    atomic_fetch_sub(&j->inside[slot], 1);
    return item >= j->fail_from && item % 7 == 0 ? -100 - (int32_t)item : 0;
}

static genmod_workspace *make(size_t threads)
{
    genmod_context *c;
    genmod_workspace *w;

    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, threads));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c);
    assert_int_equal(base_width(w), threads);
    return w;
}

static void assert_all_ran_once(const job *j, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(atomic_load(&j->ran[i]), 1);
    assert_int_equal(atomic_load(&j->wrong), 0);
}

/* base_parallel() in a call; what it returns. */
static int32_t run(genmod_workspace *outer, size_t n, base_task task, void *arg)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, outer, NULL);

    assert_non_null(w);
    return base_leave(&call, base_parallel(w, n, task, arg));
}

static void every_item_runs_once_for_any_width(void **state)
{
    static const size_t widths[] = {1, 2, 3, 7};
    static job j;

    (void)state;
    for (size_t t = 0; t < 4; t++) {
        genmod_workspace *const w = make(widths[t]);
        for (size_t n = 0; n <= ITEMS; n += n < 10 ? 1 : 98) {
            job_init(&j, w);
            assert_int_equal(run(w, n, count, &j), 0);
            assert_all_ran_once(&j, n);
        }
        genmod_workspace_free(w);
    }
}

static void thousands_of_small_loops_run_whole(void **state)
{
    genmod_workspace *const w = make(3);
    static job j;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        job_init(&j, w);
        assert_int_equal(run(w, 5, count, &j), 0);
        assert_all_ran_once(&j, 5);
        if (i % 300 == 0)
            usleep(1000); /* long enough to fall asleep */
    }
    genmod_workspace_free(w);
}

static void the_lowest_failure_is_returned(void **state)
{
    static const size_t widths[] = {1, 2, 7};
    static job j;

    (void)state;
    for (size_t t = 0; t < 3; t++) {
        genmod_workspace *const w = make(widths[t]);
        for (size_t from = 0; from < 400; from += 13) {
            job_init(&j, w);
            j.fail_from = from;
            const size_t first = (from + 6) / 7 * 7;
            assert_int_equal(run(w, ITEMS, count, &j), -100 - (int32_t)first);
            for (size_t i = 0; i <= first; i++)
                assert_int_equal(atomic_load(&j.ran[i]), 1);
        }
        genmod_workspace_free(w);
    }
}

typedef struct caller {
    genmod_workspace *w;
    atomic_int failures;
} caller;

static void *call_often(void *arg)
{
    caller *const me = arg;
    job *const j = malloc(sizeof *j);

    for (int i = 0; i < 300; i++) {
        job_init(j, me->w);
        if (run(me->w, 20, count, j) || atomic_load(&j->wrong))
            atomic_fetch_add(&me->failures, 1);
        for (size_t k = 0; k < 20; k++)
            if (atomic_load(&j->ran[k]) != 1)
                atomic_fetch_add(&me->failures, 1);
    }
    free(j);
    return NULL;
}

static void a_pool_is_shared_by_workspaces(void **state)
{
    genmod_context *c;
    caller callers[3];
    pthread_t threads[3];

    (void)state;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, 3));
    for (int i = 0; i < 3; i++) {
        atomic_init(&callers[i].failures, 0);
        assert_ok(genmod_workspace_new(c, &callers[i].w));
        pthread_create(&threads[i], NULL, call_often, &callers[i]);
    }
    genmod_context_free(c);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(atomic_load(&callers[i].failures), 0);
        genmod_workspace_free(callers[i].w);
    }
}

/* Until all of the width are inside, so that every thread takes one item. */
static int32_t look_around(size_t item, size_t slot, void *arg)
{
    job *const j = arg;
    const volatile double one = 1.0, three = 3.0;
    const double third = one / three;
    sigset_t blocked;

    (void)slot;
    atomic_fetch_add(&j->ran[0], 1);
    while (atomic_load(&j->ran[0]) < (int)base_width(j->w))
        ;
    if (fegetround() != FE_TONEAREST || third >= 0.33333333333333335)
        atomic_fetch_add(&j->wrong, 1);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    j->out[item] = third;
    if (slot &&
        (!sigismember(&blocked, SIGINT) || !sigismember(&blocked, SIGTERM) ||
         !sigismember(&blocked, SIGALRM)))
        atomic_fetch_add(&j->wrong, 1);
    return 0;
}

static void workers_have_default_arithmetic_and_no_signals(void **state)
{
    static job j;

    (void)state;
    fesetround(FE_UPWARD); /* threads inherit it */
    genmod_workspace *const w = make(3);
    for (int i = 0; i < 20; i++) {
        job_init(&j, w);
        assert_int_equal(run(w, 3, look_around, &j), 0);
        assert_int_equal(atomic_load(&j.wrong), 0);
    }
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetenv(FE_DFL_ENV);
    genmod_workspace_free(w);
}

static void the_callers_signal_mask_stays(void **state)
{
    sigset_t before, after;

    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    genmod_workspace *const w = make(2);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int i = 1; i < 32; i++)
        assert_int_equal(sigismember(&before, i), sigismember(&after, i));
    genmod_workspace_free(w);
}

static void a_forked_child_works_alone(void **state)
{
    genmod_workspace *const w = make(3);
    static job j;
    int status;

    (void)state;
    job_init(&j, w);
    assert_int_equal(run(w, ITEMS, count, &j), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int bad = 0;
        job_init(&j, w);
        bad |= run(w, ITEMS, count, &j) != 0;
        for (size_t i = 0; i < ITEMS; i++)
            bad |= atomic_load(&j.ran[i]) != 1;
        genmod_workspace_free(w);
        _exit(bad);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    job_init(&j, w);
    assert_int_equal(run(w, ITEMS, count, &j), 0);
    assert_all_ran_once(&j, ITEMS);
    genmod_workspace_free(w);
}

typedef struct loop {
    size_t most;    /* slots asked for */
    size_t runs;    /* how many of them it runs */
    int32_t status; /* what it returns */
} loop;

static int32_t run_backwards(size_t n, genmod_task task, void *arg, void *user)
{
    loop *const l = user;

    if (n > l->most)
        l->most = n;
    for (size_t i = n; i-- > 0 && n - i <= l->runs;)
        task(i, arg);
    fesetround(FE_DOWNWARD); /* a careless host */
    return l->status;
}

static genmod_workspace *lend(loop *l)
{
    genmod_context *c;
    genmod_workspace *w;

    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_parallel_for(c, 6, run_backwards, l));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c);
    return w;
}

static void the_hosts_loop_runs_every_item_once(void **state)
{
    loop l = {0, SIZE_MAX, 0};
    genmod_workspace *const w = lend(&l);
    static job j;

    (void)state;
    job_init(&j, w);
    assert_int_equal(run(w, ITEMS, count, &j), 0);
    assert_all_ran_once(&j, ITEMS);
    assert_int_equal(l.most, 6);
    assert_int_equal(fegetround(), FE_TONEAREST);
    l.most = 0;
    job_init(&j, w);
    assert_int_equal(run(w, 4, count, &j), 0);
    assert_all_ran_once(&j, 4);
    assert_int_equal(l.most, 4);
    l.runs = 0; /* lazy, but says that all is well */
    job_init(&j, w);
    assert_int_equal(run(w, ITEMS, count, &j), 0);
    assert_all_ran_once(&j, ITEMS);
    genmod_workspace_free(w);
}

static void the_hosts_failure_is_told_from_the_tasks(void **state)
{
    loop l = {0, SIZE_MAX, 5};
    genmod_workspace *const w = lend(&l);
    static job j;

    (void)state;
    job_init(&j, w);
    assert_int_equal(run(w, ITEMS, count, &j), GENMOD_CALLBACK);
    assert_error_names(w, "parallel_for returned 5");
    job_init(&j, w);
    j.fail_from = 250;
    assert_int_equal(run(w, ITEMS, count, &j), -100 - 252);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_runs_once_for_any_width),
        cmocka_unit_test(thousands_of_small_loops_run_whole),
        cmocka_unit_test(the_lowest_failure_is_returned),
        cmocka_unit_test(a_pool_is_shared_by_workspaces),
        cmocka_unit_test(workers_have_default_arithmetic_and_no_signals),
        cmocka_unit_test(the_callers_signal_mask_stays),
        cmocka_unit_test(a_forked_child_works_alone),
        cmocka_unit_test(the_hosts_loop_runs_every_item_once),
        cmocka_unit_test(the_hosts_failure_is_told_from_the_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
