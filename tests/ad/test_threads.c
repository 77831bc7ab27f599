/* The same bits for 1, 2, 3 and 7 threads, of steps that are cut into items and
 * of sums whose parts are added up. */
#include "ad/model.h"

typedef void (*builder)(rig *r);

static void dense(rig *r)
{
    model_dense(r, 1);
}

/* Each kind of sum, of more elements than an item has. */
static void sums(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 31, 65, 0), -1, 1);
    const ad_node e = ad_lgamma(r->g, ad_exp(r->g, x));
    ad_node mean, variance;

    for (uint32_t axes = 1; axes < 8; axes++)
        rig_output(r, ad_sum(r->g, e, axes, 0));
    ad_moments(r->g, e, 3, &mean, &variance);
    rig_output(r, variance);
    rig_output(r, ad_logsumexp(r->g, e, 1, 0));
    rig_output(r, ad_greatest(r->g, e, 7, 0));
    rig_output(r, ad_softmax(r->g, e));
    rig_output(r, ad_normal(r->g, "z", *ad_shape_at(r->g, x)));
}

static void *bits_with(builder build, int32_t type, size_t rows, size_t threads,
                       size_t *bytes, size_t *items)
{
    rig r;

    rig_open(&r, type, rows, threads);
    build(&r);
    rig_compile(&r);
    *items = 0;
    for (size_t i = 0; i < r.p->n; i++) {
        const ad_replay replay = {.rows = rows};
        ad_exec e = {.p = r.p, .r = &replay, .step = &r.p->steps[i]};

        e.step->kernel->open(&e);
        *items = e.items[0] > *items ? e.items[0] : *items;
    }
    *bytes = rig_all_bytes(&r, rows);
    void *const out = malloc(*bytes);
    assert_non_null(out);
    for (int k = 0; k < 3; k++) {
        rig_run(&r, rows, r.w);
        if (k)
            assert_memory_equal(out, rig_result(&r, 0), rig_bytes(&r, 0, rows));
        rig_copy(&r, rows, out);
    }
    rig_close(&r);
    return out;
}

static void assert_threads_do_not_show(builder build, size_t rows)
{
    static const size_t threads[] = {2, 3, 7};

    for (int32_t k = 0; k < 2; k++) {
        const int32_t type = k ? GENMOD_F64 : GENMOD_F32;
        size_t bytes, items;
        void *const one = bits_with(build, type, rows, 1, &bytes, &items);

        assert_true(items > 7);
        for (int i = 0; i < 3; i++) {
            void *const other =
                bits_with(build, type, rows, threads[i], &bytes, &items);
            assert_memory_equal(one, other, bytes);
            free(other);
        }
        free(one);
    }
}

static void threads_do_not_show_in_a_dense_network(void **state)
{
    (void)state;
    assert_threads_do_not_show(dense, 500);
}

static void threads_do_not_show_in_an_image_network(void **state)
{
    (void)state;
    assert_threads_do_not_show(model_image, 130);
}

static void threads_do_not_show_in_sums(void **state)
{
    (void)state;
    assert_threads_do_not_show(sums, 61);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_show_in_a_dense_network),
        cmocka_unit_test(threads_do_not_show_in_an_image_network),
        cmocka_unit_test(threads_do_not_show_in_sums),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
