#include "nn/toy.h"

#define NEVER UINT64_MAX

static nn_status status_of(const toy *t)
{
    nn_status s;

    nn_loop_status(t->l, &s);
    return s;
}

static void steps(toy *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_ok(nn_loop_step(t->l, &t->hooks, t->w));
}

static int32_t run(toy *t)
{
    return nn_loop_run(t->l, &t->hooks, NULL, NULL, NULL, t->w);
}

static float *values(const toy *t)
{
    float *const copy = malloc(toy_bytes(t));

    assert_non_null(copy);
    memcpy(copy, ad_store_values(t->s), toy_bytes(t));
    return copy;
}

static void assert_values(const toy *t, const float *expected)
{
    assert_memory_equal(ad_store_values(t->s), expected, toy_bytes(t));
}

static void step_takes_each_row_once_an_epoch(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = toy_options();
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 0);
    for (size_t epoch = 1; epoch <= 3; epoch++) {
        steps(&t, 10);
        assert_int_equal(status_of(&t).epoch_ended, 0);
        steps(&t, 1);
        assert_int_equal(status_of(&t).epoch_ended, 1);
        assert_int_equal(status_of(&t).epoch, epoch);
        assert_int_equal(status_of(&t).step, 11 * epoch);
        for (size_t i = 0; i < TOY_ROWS; i++)
            assert_int_equal(t.met[0][i], epoch);
    }
    assert_int_equal(t.evaluations, 0);
    assert_int_equal(t.published, 33);
    assert_true(isnan(status_of(&t).validation_loss));
    toy_close(&t);
    genmod_workspace_free(w);
}

static void step_validates_on_rows_that_no_update_sees(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    toy t;

    (void)state;
    o.validation = 0.2;
    toy_open(&t, w, &o, 20, 0);
    steps(&t, 9); /* 82 rows in batches of 10 */
    assert_near(status_of(&t).validation_loss, t.held_sum / 21, 1e-14);
    steps(&t, 9);
    assert_int_equal(status_of(&t).epoch, 2);
    assert_int_equal(t.evaluations, 2 * 3);
    for (size_t i = 0; i < TOY_ROWS; i++)
        assert_true((t.met[0][i] == 2) != (t.met[1][i] == 2));
    toy_close(&t);
    /* with a view of its own all rows are trained on */
    toy_open(&t, w, &o, 20, 25);
    steps(&t, 11);
    for (size_t i = 0; i < TOY_ROWS; i++) {
        assert_int_equal(t.met[0][i], 1);
        assert_int_equal(t.met[1][i], i < 25);
    }
    toy_close(&t);
    genmod_workspace_free(w);
}

static void status_gives_means_over_rows(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = toy_options();
    double sum = 0;
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 7);
    for (size_t b = 0; b < 11; b++) {
        assert_true(isnan(status_of(&t).epoch_loss));
        steps(&t, 1);
        sum += status_of(&t).loss * (b < 10 ? 10 : 3);
        assert_true(status_of(&t).rate == nn_rate(&o, b));
        assert_true(status_of(&t).gradient_norm > 0);
    }
    assert_near(status_of(&t).epoch_loss, sum / TOY_ROWS, 1e-14);
    assert_true(status_of(&t).best_loss == status_of(&t).validation_loss);
    assert_int_equal(status_of(&t).best_epoch, 1);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void script(toy *t, size_t n, const double *losses)
{
    memcpy(t->validation + 1, losses, n * sizeof *losses);
}

static void run_stops_when_patience_ends_and_takes_the_best_state(void **state)
{
    static const double losses[] = {5, 4, 3, 3.5, 3.2, 3, 2, 1};
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    float *best;
    toy t;

    (void)state;
    o.epochs = 20;
    o.patience = 3;
    toy_open(&t, w, &o, 20, 10);
    script(&t, 8, losses);
    steps(&t, 33);
    best = values(&t);
    toy_close(&t);
    toy_open(&t, w, &o, 20, 10);
    script(&t, 8, losses);
    assert_ok(run(&t));
    assert_int_equal(status_of(&t).epoch, 6);
    assert_int_equal(status_of(&t).stopped, 1);
    assert_int_equal(status_of(&t).best_epoch, 3);
    assert_true(status_of(&t).best_loss == 3);
    assert_true(status_of(&t).validation_loss == 3);
    assert_values(&t, best);
    assert_memory_not_equal(t.seen, best, toy_bytes(&t));
    t.validation[7] = t.validation[8] = t.validation[9] = 6;
    assert_ok(run(&t)); /* has its patience anew */
    assert_int_equal(status_of(&t).epoch, 9);
    assert_values(&t, best);
    free(best);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void run_counts_as_better_what_falls_by_min_delta(void **state)
{
    static const double losses[] = {5, 4.9, 4.8, 4.7, 4.3, 4.2, 4.1, 4};
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    toy t;

    (void)state;
    o.epochs = 8;
    o.patience = 4;
    o.min_delta = 0.5;
    toy_open(&t, w, &o, 20, 10);
    script(&t, 8, losses);
    assert_ok(run(&t));
    assert_int_equal(status_of(&t).epoch, 8);
    assert_int_equal(status_of(&t).best_epoch, 5);
    assert_true(status_of(&t).best_loss == 4.3);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void run_takes_the_best_state_after_its_last_epoch(void **state)
{
    static const double losses[] = {5, 3, 4, 6, 7, 2, 8, 8, 8, 8};
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = toy_options();
    float *best;
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 10);
    script(&t, 10, losses);
    steps(&t, 22);
    best = values(&t);
    toy_close(&t);
    toy_open(&t, w, &o, 20, 10);
    script(&t, 10, losses);
    assert_ok(run(&t));
    assert_int_equal(status_of(&t).epoch, 5);
    assert_int_equal(status_of(&t).stopped, 0);
    assert_values(&t, best);
    assert_ok(run(&t)); /* goes on from there */
    assert_int_equal(status_of(&t).epoch, 10);
    assert_int_equal(status_of(&t).best_epoch, 6);
    free(best);
    toy_close(&t);
    genmod_workspace_free(w);
}

static nn_training all_features(void)
{
    nn_training o = toy_options();

    o.validation = 0.15;
    o.patience = 2;
    o.min_delta = 0.001;
    o.average = 0.9;
    o.clip = 1.5;
    return o;
}

static void run_gives_the_bits_of_its_steps(void **state)
{
    static const double losses[] = {5, 4, 4.5, 4.2, 1};
    genmod_workspace *const w = toy_workspace(2);
    const nn_training o = all_features();
    toy a, b;

    (void)state;
    for (int stop = 0; stop < 2; stop++) {
        toy_open(&a, w, &o, 300, 0);
        toy_open(&b, w, &o, 300, 0);
        if (stop) {
            script(&a, 5, losses);
            script(&b, 5, losses);
        }
        for (int again = 0; again < 2; again++) {
            assert_ok(run(&a));
            do
                steps(&b, 1);
            while (!status_of(&b).stopped &&
                   status_of(&b).epoch < status_of(&a).epoch);
            toy_assert_same(&a, &b);
        }
        toy_close(&a);
        toy_close(&b);
    }
    genmod_workspace_free(w);
}

/* Losses of the first epoch are 0.25 to 1. */
static void step_refuses_a_loss_that_diverged_and_falls_back(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = toy_options();
    float *kept;
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 0);
    steps(&t, 22);
    kept = values(&t);
    steps(&t, 5);
    t.loss_from = 27;
    t.loss_until = NEVER;
    t.loss = 2e3;
    assert_status(nn_loop_step(t.l, &t.hooks, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "update 28");
    assert_error_names(w, "epoch 3");
    assert_error_names(w, "2000, above 1000 times");
    assert_error_names(w, "option \"divergence\"");
    assert_values(&t, kept);
    assert_int_equal(status_of(&t).step, 27);
    assert_status(run(&t), GENMOD_BREAKDOWN, w);
    assert_values(&t, kept);
    t.loss_from = NEVER;
    assert_ok(run(&t)); /* a host may go on */
    free(kept);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void step_compares_losses_once_there_are_sixteen(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    float *start;
    toy t;

    (void)state;
    o.batch = 2; /* 52 updates an epoch */
    toy_open(&t, w, &o, 20, 0);
    start = values(&t);
    t.loss_from = 8;
    t.loss_until = 10;
    t.loss = 1e6;
    steps(&t, 16);
    assert_int_equal(status_of(&t).step, 16);
    t.loss_from = 16;
    t.loss_until = NEVER;
    assert_status(nn_loop_step(t.l, &t.hooks, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "update 17, in epoch 1");
    assert_values(&t, start);
    free(start);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void step_takes_losses_of_any_sign(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = toy_options();
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 0);
    t.loss_until = NEVER;
    t.loss = -500;
    steps(&t, 15);
    t.loss = 400;
    steps(&t, 15);
    t.loss = -1e9;
    steps(&t, 1);
    t.loss = 5.1e5;
    assert_status(nn_loop_step(t.l, &t.hooks, w), GENMOD_BREAKDOWN, w);
    toy_close(&t);
    toy_open(&t, w, &o, 20, 0);
    t.loss_until = NEVER;
    steps(&t, 22); /* all 0: no measure of a divergence */
    t.loss = 1;
    steps(&t, 1);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void step_refuses_losses_that_are_not_finite(void **state)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    float *kept;
    toy t;

    (void)state;
    o.average = 0.75;
    for (size_t i = 0; i < 3; i++) {
        toy_open(&t, w, &o, 20, 0);
        kept = values(&t);
        t.loss_until = 1;
        t.loss = bad[i];
        assert_status(nn_loop_step(t.l, &t.hooks, w), GENMOD_BREAKDOWN, w);
        assert_error_names(w, "loss of update 1, in epoch 1, is");
        assert_values(&t, kept);
        assert_memory_equal(nn_optimiser_average(t.p), kept,
                            20 * sizeof(float)); /* and the weights */
        free(kept);
        t.loss_until = 0;
        steps(&t, 11);
        kept = values(&t);
        steps(&t, 4);
        t.loss_until = NEVER;
        assert_status(run(&t), GENMOD_BREAKDOWN, w);
        assert_values(&t, kept);
        free(kept);
        toy_close(&t);
    }
    genmod_workspace_free(w);
}

static void step_refuses_held_out_losses_that_are_not_finite(void **state)
{
    static const double losses[] = {2, INFINITY};
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = toy_options();
    float *kept;
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 10);
    script(&t, 2, losses);
    steps(&t, 11);
    kept = values(&t);
    assert_status(run(&t), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "held-out loss after epoch 2 is inf");
    assert_values(&t, kept);
    free(kept);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void step_that_fails_changes_nothing(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = all_features();
    toy a, b;

    (void)state;
    toy_open(&a, w, &o, 50, 0);
    toy_open(&b, w, &o, 50, 0);
    for (uint64_t at = 1; at < 30; at += 4) {
        steps(&a, 4);
        steps(&b, 4);
        a.fail_at = status_of(&a).step;
        assert_status(nn_loop_step(a.l, &a.hooks, w), GENMOD_BREAKDOWN, w);
        assert_error_names(w, "the toy gave out");
        toy_assert_same(&a, &b);
        assert_status(run(&a), GENMOD_BREAKDOWN, w);
        a.fail_at = NEVER;
        steps(&a, 1);
        steps(&b, 1);
        assert_memory_equal(ad_store_values(a.s), ad_store_values(b.s),
                            toy_bytes(&a));
    }
    toy_close(&a);
    toy_close(&b);
    genmod_workspace_free(w);
}

typedef struct watch {
    toy *t;
    size_t calls, at;
    int32_t answer;
    int cancel; /* instead of the answer */
} watch;

static int32_t progress(const genmod_report *report, void *user)
{
    watch *const p = user;

    assert_null(report);
    assert_int_equal(p->t->updates, p->calls); /* before each and after all */
    if (p->calls++ != p->at)
        return 0;
    if (p->cancel)
        genmod_workspace_cancel(p->t->w);
    return p->cancel ? 0 : p->answer;
}

static void run_asks_progress_before_each_update_and_after_the_last(void **s)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = all_features();

    (void)s;
    o.epochs = 2; /* 88 rows: 18 updates */
    for (size_t at = 0; at <= 19; at++)
        for (int32_t answer = -7; answer <= 1; answer += 8) {
            toy a, b;
            watch p = {&a, 0, at, answer, 0};
            int32_t status;

            toy_open(&a, w, &o, 20, 0);
            toy_open(&b, w, &o, 20, 0);
            status = nn_loop_run(a.l, &a.hooks, NULL, progress, &p, w);
            assert_status(status, answer < 0 && at < 19 ? GENMOD_CALLBACK : 0,
                          w);
            if (status)
                assert_error_names(w, "progress returned -7");
            assert_int_equal(p.calls, at < 19 ? at + 1 : 19);
            steps(&b, at < 18 ? at : 18);
            assert_memory_equal(ad_store_values(a.s), ad_store_values(b.s),
                                toy_bytes(&a));
            toy_close(&a);
            toy_close(&b);
        }
    genmod_workspace_free(w);
}

static void run_ends_at_the_next_poll_when_it_is_cancelled(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = all_features();

    (void)state;
    o.epochs = 2;
    for (size_t at = 0; at < 18; at++) {
        toy a, b;
        watch p = {&a, 0, at, 0, 1};

        toy_open(&a, w, &o, 20, 0);
        toy_open(&b, w, &o, 20, 0);
        assert_status(nn_loop_run(a.l, &a.hooks, NULL, progress, &p, w),
                      GENMOD_CANCELLED, w);
        assert_int_equal(a.updates, at + 1);
        steps(&b, at + 1);
        toy_assert_same(&a, &b);
        p.at = SIZE_MAX;
        p.calls = at + 1;
        assert_ok(nn_loop_run(a.l, &a.hooks, NULL, progress, &p, w));
        steps(&b,
              (at < 17 ? 18 : 36) - (at + 1)); /* the rest, or as much more */
        toy_assert_same(&a, &b);
        toy_close(&a);
        toy_close(&b);
    }
    genmod_workspace_free(w);
}

/* Averages beside weights: the store holds the first for whoever looks. */
static void step_leaves_the_averages_in_the_store(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    double sum[20] = {0}, weight = 0;
    toy plain, t;

    (void)state;
    toy_open(&plain, w, &o, 20, 0);
    o.average = 0.8;
    toy_open(&t, w, &o, 20, 7);
    for (size_t i = 1; i <= 40; i++) {
        const float *const raw = ad_store_value(plain.s, 0);
        const float *const mean = ad_store_value(t.s, 0);

        steps(&plain, 1);
        steps(&t, 1);
        weight = 0.8 * weight + 1;
        for (size_t e = 0; e < 20; e++) {
            sum[e] = 0.8 * sum[e] + (double)raw[e];
            assert_near(mean[e], sum[e] / weight, 40 * 0x1p-23);
        }
        assert_memory_equal(nn_optimiser_average(t.p), raw, sizeof(float[20]));
        if (i % 11 == 0)
            assert_memory_equal(t.seen, ad_store_values(t.s), toy_bytes(&t));
    }
    toy_close(&plain);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void tune_takes_options_and_views_of_another_size(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 0);
    steps(&t, 15);
    o.batch = 40; /* goes on within the epoch: 63 rows are left */
    assert_ok(nn_loop_tune(t.l, &o, TOY_ROWS, 0, w));
    steps(&t, 2);
    assert_int_equal(status_of(&t).epoch, 2);
    for (size_t i = 0; i < TOY_ROWS; i++)
        assert_int_equal(t.met[0][i], 2);
    steps(&t, 1);
    assert_ok(nn_loop_tune(t.l, &o, 80, 12, w)); /* begins the epoch anew */
    steps(&t, 2);
    assert_int_equal(status_of(&t).epoch, 3);
    assert_int_equal(status_of(&t).best_epoch, 3);
    assert_ok(nn_loop_tune(t.l, &o, 80, 0, w));
    assert_true(isnan(status_of(&t).best_loss));
    toy_close(&t);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_takes_each_row_once_an_epoch),
        cmocka_unit_test(step_validates_on_rows_that_no_update_sees),
        cmocka_unit_test(status_gives_means_over_rows),
        cmocka_unit_test(run_stops_when_patience_ends_and_takes_the_best_state),
        cmocka_unit_test(run_counts_as_better_what_falls_by_min_delta),
        cmocka_unit_test(run_takes_the_best_state_after_its_last_epoch),
        cmocka_unit_test(run_gives_the_bits_of_its_steps),
        cmocka_unit_test(step_refuses_a_loss_that_diverged_and_falls_back),
        cmocka_unit_test(step_compares_losses_once_there_are_sixteen),
        cmocka_unit_test(step_takes_losses_of_any_sign),
        cmocka_unit_test(step_refuses_losses_that_are_not_finite),
        cmocka_unit_test(step_refuses_held_out_losses_that_are_not_finite),
        cmocka_unit_test(step_that_fails_changes_nothing),
        cmocka_unit_test(
            run_asks_progress_before_each_update_and_after_the_last),
        cmocka_unit_test(run_ends_at_the_next_poll_when_it_is_cancelled),
        cmocka_unit_test(step_leaves_the_averages_in_the_store),
        cmocka_unit_test(tune_takes_options_and_views_of_another_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
