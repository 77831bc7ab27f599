/* What loops and optimisers do for games of several players. */
#include <math.h>
#include <string.h>

#include "nn/toy.h"

static void steps(toy *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_ok(nn_loop_step(t->l, &t->hooks, t->w));
}

static nn_status status_of(const toy *t)
{
    nn_status s;

    nn_loop_status(t->l, &s);
    return s;
}

/* 103 rows in packs of 4: three sit out each epoch, and not always the same. */
static void epochs_leave_out_what_fills_no_pack(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    size_t whole = 0;
    toy t;

    (void)state;
    o.batch = 12;
    o.multiple = 4;
    toy_open(&t, w, &o, 20, 0);
    steps(&t, 6 * 9); /* 8 minibatches of 12 and one of 4 */
    assert_int_equal(status_of(&t).epoch, 6);
    for (size_t i = 0; i < TOY_ROWS; i++) {
        assert_true(t.met[0][i] >= 3 && t.met[0][i] <= 6);
        whole += t.met[0][i];
    }
    assert_int_equal(whole, 600);
    assert_int_equal(nn_loop_tune(t.l, &o, 3, 0, w), GENMOD_BAD_ARGUMENT);
    assert_error_names(w, "x has 3 rows to train on; a minibatch takes 4");
    toy_close(&t);
    genmod_workspace_free(w);
}

/* A held-out loss that decides nothing: looked at every third epoch and at the
 * end, never the best, and the last weights stay. */
static void a_blind_loop_keeps_its_last_weights(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    toy t, plain;

    (void)state;
    toy_open(&plain, w, &o, 20, 0);
    steps(&plain, 55);
    o.blind = 1;
    o.validate_every = 3;
    toy_open(&t, w, &o, 20, 7);
    steps(&t, 55);
    assert_int_equal(t.evaluations, 2);
    assert_true(isnan(status_of(&t).best_loss));
    assert_memory_equal(ad_store_values(t.s), ad_store_values(plain.s),
                        toy_bytes(&t));
    toy_close(&t);
    toy_close(&plain);
    genmod_workspace_free(w);
}

/* Decays of (t - 1) / (t + 8) until that passes 0.5, at t = 10. */
static void averages_may_begin_with_a_ramp(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = toy_options();
    double mean[20] = {0};
    toy plain, t;

    (void)state;
    toy_open(&plain, w, &o, 20, 0);
    o.average = 0.5;
    o.average_ramp = 1;
    toy_open(&t, w, &o, 20, 0);
    for (size_t i = 1; i <= 15; i++) {
        const double a = i < 10 ? ((double)i - 1) / ((double)i + 8) : 0.5;

        steps(&plain, 1);
        steps(&t, 1);
        for (size_t e = 0; e < 20; e++) {
            const float *const raw = ad_store_value(plain.s, 0);

            mean[e] = a * mean[e] + (1 - a) * (double)raw[e];
            assert_near(((const float *)ad_store_value(t.s, 0))[e], mean[e],
                        15 * 0x1p-23);
        }
    }
    toy_close(&plain);
    toy_close(&t);
    genmod_workspace_free(w);
}

/* What was kept comes back to the bit, whatever came between; and says how far
 * the weights went. */
static void return_undoes_updates(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = toy_options();
    double moved = 0, size = 0;
    float old[20];
    toy t;

    (void)state;
    toy_open(&t, w, &o, 20, 0);
    steps(&t, 3);
    char *const kept = malloc(nn_optimiser_bytes(t.p));
    char *const again = malloc(nn_optimiser_bytes(t.p));
    nn_optimiser_keep(t.p, t.s, kept);
    memcpy(old, ad_store_value(t.s, 0), sizeof old);
    steps(&t, 4);
    for (size_t e = 0; e < 20; e++) {
        const double was = (double)old[e];
        const double d = (double)((float *)ad_store_value(t.s, 0))[e] - was;

        moved += d * d;
        size += was * was;
    }
    assert_near(nn_optimiser_moved(t.p, t.s, kept), sqrt(moved / size), 1e-12);
    nn_optimiser_return(t.p, t.s, kept);
    nn_optimiser_keep(t.p, t.s, again);
    assert_memory_equal(kept, again, nn_optimiser_bytes(t.p));
    assert_int_equal(nn_optimiser_count(t.p), 3);
    assert_true(nn_optimiser_moved(t.p, t.s, kept) == 0);
    free(kept);
    free(again);
    toy_close(&t);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_leave_out_what_fills_no_pack),
        cmocka_unit_test(a_blind_loop_keeps_its_last_weights),
        cmocka_unit_test(averages_may_begin_with_a_ramp),
        cmocka_unit_test(return_undoes_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
