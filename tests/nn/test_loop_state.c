#include "nn/toy.h"

#define STEPS 200
#define WIDE 40000 /* elements: three chunks of the optimiser */

static nn_training options(int32_t kind)
{
    nn_training o = toy_options();

    o.optimiser = kind;
    o.epochs = 3; /* 9 updates an epoch: ends of training come in between */
    o.validation = 0.15;
    o.patience = 2;
    o.average = kind == NN_SGD ? 0 : 0.9;
    o.rate = 0.01;
    return o;
}

static void step(toy *t)
{
    assert_ok(nn_loop_step(t->l, &t->hooks, t->w));
}

/* A loop that is read from a checkpoint knows nothing of the view yet. */
static void reopen(toy *t, const nn_training *o, const char *saved)
{
    toy_open(t, t->w, o, 30, 0);
    nn_loop_free(t->l);
    assert_ok(nn_loop_new(o, 1, 0, t->s, 1, &t->p, &t->l, t->w));
    assert_ok(toy_load(t, saved));
    assert_ok(nn_loop_tune(t->l, o, TOY_ROWS, 0, t->w));
}

static void loaded_goes_on_bit_for_bit_from_every_step(void **state)
{
    genmod_workspace *const w = toy_workspace(1);

    (void)state;
    for (int32_t kind = NN_SGD; kind <= NN_RMSPROP; kind += 1) {
        const nn_training o = options(kind);
        char *saved[STEPS];
        size_t bytes;
        toy a;

        toy_open(&a, w, &o, 30, 0);
        for (size_t i = 0; i < STEPS; i++) {
            saved[i] = toy_save(&a, &bytes);
            step(&a);
        }
        for (size_t i = 0; i < STEPS; i++) {
            toy b = {.w = w};

            reopen(&b, &o, saved[i]);
            for (size_t k = i; k < STEPS; k++)
                step(&b);
            toy_assert_same(&a, &b);
            toy_close(&b);
            free(saved[i]);
        }
        toy_close(&a);
    }
    genmod_workspace_free(w);
}

static void parts_have_names_and_end(void **state)
{
    static const char *const names[] = {"loop", "kept", "optimiser0.m",
                                        "optimiser0.v", "weights0"};
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = options(NN_ADAM);
    nn_part p;
    toy t;

    (void)state;
    toy_open(&t, w, &o, 30, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(nn_loop_part(t.l, i, &p), 1);
        assert_string_equal(p.name, names[i]);
        assert_int_equal(p.type, i ? GENMOD_F32 : GENMOD_F64);
    }
    assert_int_equal(p.n, 32); /* padded */
    assert_ptr_equal(p.data, nn_optimiser_average(t.p));
    assert_int_equal(nn_loop_part(t.l, 5, &p), 0);
    assert_int_equal(nn_loop_part(t.l, 1, &p), 1);
    assert_int_equal(p.n, ad_store_total(t.s) + 32);
    toy_close(&t);
    genmod_workspace_free(w);
}

/* One number of a part is changed at a time. */
static void check_refused(size_t part, size_t i, double v, const char *text)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = options(NN_ADAM);
    nn_part p;
    toy t;

    toy_open(&t, w, &o, 30, 0);
    for (size_t k = 0; k < 20; k++)
        step(&t);
    assert_ok(nn_loop_loaded(t.l, w));
    assert_int_equal(nn_loop_part(t.l, part, &p), 1);
    if (p.type == GENMOD_F64)
        ((double *)p.data)[i] = v;
    else
        ((float *)p.data)[i] = (float)v;
    assert_status(nn_loop_loaded(t.l, w), GENMOD_BAD_BYTES, w);
    assert_error_names(w, text);
    toy_close(&t);
    genmod_workspace_free(w);
}

static void loaded_refuses_what_no_training_has(void **state)
{
    (void)state;
    check_refused(0, 1, 0.5, "loop"); /* steps */
    check_refused(0, 1, NAN, "loop");
    check_refused(0, 0, -1, "loop");
    check_refused(0, 0, 4294967296.0, "loop");
    check_refused(0, 9, 0, "loop");    /* rows: none */
    check_refused(0, 11, 1e4, "loop"); /* more kept than there are */
    check_refused(0, 11, 0, "loop");
    check_refused(0, 15, 88, "loop"); /* past the epoch's end */
    check_refused(0, 21, 1025, "loop");
    check_refused(0, 23, 0, "loop"); /* no kept state after updates */
    check_refused(0, 27, 2, "loop");
    check_refused(0, 31, 1, "loop"); /* updates of a second optimiser */
    check_refused(1, 3, NAN, "kept");
    check_refused(2, 3, INFINITY, "optimiser0.m");
    check_refused(3, 3, -1, "optimiser0.v");
    check_refused(3, 3, NAN, "optimiser0.v");
    check_refused(4, 29, -INFINITY, "weights0");
}

static void loaded_refuses_losses_that_are_not_in_order(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = options(NN_SGD);
    nn_part p;
    double *tail;
    toy t;

    (void)state;
    toy_open(&t, w, &o, 30, 0);
    for (size_t k = 0; k < 5; k++)
        step(&t);
    assert_int_equal(nn_loop_part(t.l, 0, &p), 1);
    tail = (double *)p.data + p.n - 1024;
    tail[2] = tail[0] / 2;
    assert_status(nn_loop_loaded(t.l, w), GENMOD_BAD_BYTES, w);
    assert_error_names(w, "losses");
    toy_close(&t);
    genmod_workspace_free(w);
}

static void steps_give_the_same_bits_for_any_threads(void **state)
{
    static const size_t threads[] = {2, 3, 7};
    const nn_training o = options(NN_ADAMW);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        genmod_workspace *const one = toy_workspace(1);
        genmod_workspace *const more = toy_workspace(threads[i]);
        toy a, b;

        toy_open(&a, one, &o, WIDE, 0);
        toy_open(&b, more, &o, WIDE, 0);
        for (size_t k = 0; k < 30; k++) {
            step(&a);
            step(&b);
        }
        toy_assert_same(&a, &b);
        toy_close(&a);
        toy_close(&b);
        genmod_workspace_free(one);
        genmod_workspace_free(more);
    }
}

static void steps_allocate_nothing(void **state)
{
    const nn_training o = options(NN_ADAM);
    genmod_workspace *w;
    genmod_context *c;
    host h;
    toy t;

    (void)state;
    host_init(&h);
    c = host_context(&h);
    assert_ok(genmod_workspace_new(c, &w));
    toy_open(&t, w, &o, 30, 0);
    host_arm(&h, 0, HOST_FROM_THEN_ON);
    for (size_t k = 0; k < 60; k++)
        step(&t);
    assert_ok(nn_loop_run(t.l, &t.hooks, NULL, NULL, NULL, w));
    assert_int_equal(atomic_load(&h.calls), 0);
    host_arm(&h, HOST_NEVER, HOST_ONCE);
    toy_close(&t);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static int32_t make(genmod_context *c, void *arg)
{
    const toy *const t = arg;
    nn_training o = t->o;
    genmod_workspace *w;
    nn_loop *l = NULL;
    int32_t status = genmod_workspace_new(c, &w);

    if (status)
        return status;
    status = nn_loop_new(&o, 50, 0, t->s, 1, &t->p, &l, w);
    assert_true((status == 0) == (l != NULL));
    o.batch = 1000;
    if (!status)
        status = nn_loop_tune(l, &o, 60, 5, w);
    nn_loop_free(l);
    genmod_workspace_free(w);
    return status;
}

static void new_and_tune_survive_each_failed_allocation(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = options(NN_ADAM);
    toy t;

    (void)state;
    toy_open(&t, w, &o, 30, 0);
    assert_true(support_alloc_walk(make, &t) >= 5);
    toy_close(&t);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loaded_goes_on_bit_for_bit_from_every_step),
        cmocka_unit_test(parts_have_names_and_end),
        cmocka_unit_test(loaded_refuses_what_no_training_has),
        cmocka_unit_test(loaded_refuses_losses_that_are_not_in_order),
        cmocka_unit_test(steps_give_the_same_bits_for_any_threads),
        cmocka_unit_test(steps_allocate_nothing),
        cmocka_unit_test(new_and_tune_survive_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
