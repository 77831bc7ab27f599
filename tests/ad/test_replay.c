/* What a replay promises: its bits are functions of the inputs alone, it takes
 * no memory, and nothing is lost to a buffer that two values share. */
#include "ad/model.h"

static void *replayed(rig *r, size_t rows, genmod_workspace *w, size_t *bytes)
{
    *bytes = rig_all_bytes(r, rows);
    void *const out = malloc(*bytes);

    assert_non_null(out);
    rig_run(r, rows, w);
    rig_copy(r, rows, out);
    return out;
}

static void assert_same_bits(void *a, void *b, size_t bytes)
{
    assert_memory_equal(a, b, bytes);
    free(a);
    free(b);
}

static void networks_replay_as_their_twin(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        rig r;

        rig_open(&r, k % 2 ? GENMOD_F32 : GENMOD_F64, 7, 2);
        if (k < 2)
            model_dense(&r, 1);
        else
            model_image(&r);
        rig_all_rows(&r, k % 2 ? 1e-4 : 1e-11);
        rig_close(&r);
    }
}

/* rig_run() spoils the arena, in another way for odd rows than for even ones.
 */
static void what_lies_in_the_arena_does_not_show(void **state)
{
    rig r;
    size_t bytes;

    (void)state;
    rig_open(&r, GENMOD_F32, 6, 2);
    model_dense(&r, 1);
    rig_compile(&r);
    void *const a = replayed(&r, 5, r.w, &bytes);
    rig_run(&r, 6, r.w);
    void *const b = replayed(&r, 5, r.w, &bytes);
    memset(r.arena, 0, ad_program_bytes(r.p, 2));
    assert_same_bits(a, b, bytes);
    rig_close(&r);
}

static void a_replay_without_a_workspace_has_the_same_bits(void **state)
{
    rig r;
    size_t bytes;

    (void)state;
    rig_open(&r, GENMOD_F32, 65, 3);
    model_dense(&r, 1);
    rig_compile(&r);
    void *const a = replayed(&r, 64, r.w, &bytes);
    void *const b = replayed(&r, 64, NULL, &bytes);
    assert_same_bits(a, b, bytes);
    rig_close(&r);
}

static void rows_are_apart(int32_t type, genmod_context *c)
{
    rig r;

    rig_open_in(&r, type, 64, c);
    model_encoder(&r);
    rig_compile(&r);
    char *const all = malloc(rig_all_bytes(&r, 64));
    assert_non_null(all);
    rig_run(&r, 64, r.w);
    rig_copy(&r, 64, all);
    for (size_t rows = 1; rows < 64; rows += 13) {
        rig_run(&r, rows, r.w);
        assert_memory_equal(all, rig_result(&r, 0), rig_bytes(&r, 0, rows));
        assert_memory_equal(all + rig_bytes(&r, 0, 64), rig_result(&r, 1),
                            rig_bytes(&r, 1, rows));
    }
    free(all);
    rig_close(&r);
}

static void a_row_does_not_show_in_another_with_any_kernels(void **state)
{
    static const char *const sets[] = {"generic", "x86-64-v3", "x86-64-v4",
                                       "aarch64"};

    (void)state;
    for (int k = 0; k < 8; k++) {
        genmod_context *c;

        assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
        if (!genmod_context_set_kernels(c, sets[k / 2]))
            rows_are_apart(k % 2 ? GENMOD_F32 : GENMOD_F64, c);
        genmod_context_free(c);
    }
}

static void a_row_does_not_depend_on_the_planned_rows(void **state)
{
    rig one, many;

    (void)state;
    rig_open(&one, GENMOD_F32, 1, 1);
    rig_open(&many, GENMOD_F32, 70, 1);
    model_dense(&one, 1);
    model_dense(&many, 1);
    rig_compile(&one);
    rig_compile(&many);
    rig_run(&one, 1, NULL);
    rig_run(&many, 70, NULL);
    assert_memory_equal(rig_result(&one, 0), rig_result(&many, 0),
                        61 * sizeof(float));
    assert_memory_equal(rig_result(&one, 1), rig_result(&many, 1),
                        sizeof(float));
    rig_close(&one);
    rig_close(&many);
}

static void draws_follow_seed_step_and_row(void **state)
{
    rig r;
    float first[33], again[33];

    (void)state;
    rig_open(&r, GENMOD_F32, 3, 1);
    rig_output(&r, ad_normal(r.g, "z", rig_rows(&r, 2, 11, 0, 0)));
    rig_compile(&r);
    rig_run(&r, 3, NULL);
    memcpy(first, rig_result(&r, 0), sizeof first);
    r.first_row++;
    rig_run(&r, 2, NULL);
    assert_memory_equal(rig_result(&r, 0), first + 11, 22 * sizeof *first);
    r.first_row--;
    r.step++;
    rig_run(&r, 3, NULL);
    memcpy(again, rig_result(&r, 0), sizeof again);
    for (int i = 0; i < 33; i++)
        assert_true(again[i] != first[i]);
    r.step--;
    r.seed++;
    rig_run(&r, 3, NULL);
    memcpy(again, rig_result(&r, 0), sizeof again);
    for (int i = 0; i < 33; i++)
        assert_true(again[i] != first[i]);
    rig_close(&r);
}

static void a_replay_takes_no_memory(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);
    rig r;

    (void)state;
    assert_ok(genmod_context_set_threads(c, 2));
    rig_open_in(&r, GENMOD_F32, 40, c);
    model_image(&r);
    rig_compile(&r);
    host_arm(&h, 0, HOST_FROM_THEN_ON);
    rig_run(&r, 40, r.w);
    rig_run(&r, 17, r.w);
    assert_int_equal(atomic_load(&h.calls), 0);
    host_arm(&h, HOST_NEVER, HOST_ONCE);
    rig_close(&r);
    genmod_context_free(c);
    assert_int_equal(atomic_load(&h.blocks), 0);
}

/* A buffer that is read whole and by strides in the step that ends it; one tile
 * may not overwrite what a later one reads. */
static void a_value_read_by_strides_is_not_overwritten(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F64, 3, 2);
    const ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 7, 0, 0), -1, 1);
    const ad_node w =
        rig_variable(&r, "w", AD_TRAINED, ad_matrix(7, 1600), -1, 1);
    const ad_node a =
        ad_reshape(r.g, ad_matmul(r.g, x, w, 0, 0), rig_rows(&r, 3, 40, 40, 0));
    const ad_node t = ad_permute(r.g, a, (int32_t[]){0, 2, 1});
    rig_output(&r, ad_add(r.g, ad_tanh(r.g, a), t));
    rig_output(&r, ad_sub(r.g, ad_exp(r.g, t), a));
    rig_all_rows(&r, 1e-12);
    rig_close(&r);
}

/* Chains of results in the place of operands: each of the tanh could go where
 * its operand is, but for the second reader. */
static void values_that_are_read_again_are_kept(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F64, 4, 2);
    const ad_node w =
        rig_variable(&r, "w", AD_TRAINED, ad_matrix(30, 30), -0.4, 0.4);
    ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 30, 0, 0), -1, 1);
    ad_node sum = x;
    for (int k = 0; k < 5; k++) {
        const ad_node y = ad_matmul(r.g, x, w, 0, k % 2);
        x = ad_add(r.g, ad_tanh(r.g, y), ad_scale(r.g, y, 0.3));
        sum = ad_add(r.g, ad_mul(r.g, sum, ad_cos(r.g, y)), x);
        rig_output(&r, ad_sum(r.g, ad_square(r.g, sum), 2, 0));
    }
    rig_output(&r, sum);
    rig_all_rows(&r, 1e-11);
    rig_close(&r);
}

/* A critic's step and a generator's share what they train. */
static void programs_share_a_store(void **state)
{
    rig r;
    ad_program *second;
    double loss;

    (void)state;
    rig_open(&r, GENMOD_F64, 4, 1);
    const ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 3, 0, 0), -1, 1);
    const ad_node w = rig_variable(&r, "w", AD_TRAINED, ad_vector(3), -1, 1);
    const ad_node y = ad_sum_all(r.g, ad_mul(r.g, x, w));
    ad_node dw;
    assert_ok(ad_grad(r.g, y, AD_NONE, 1, &w, &dw));
    rig_target(&r, AD_GRAD, dw, 0);
    rig_compile(&r);
    rig_run(&r, 4, r.w);
    rig_check(&r, 4, 1e-14);
    const double before = *(double *)ad_store_grad(r.s, 0);
    const ad_target norm = {AD_OUTPUT, ad_sum_all(r.g, ad_square(r.g, w)), -1};
    assert_ok(ad_compile(r.g, r.s, 1, &norm, &second, r.w));
    double *const arena =
        aligned_alloc(64, (ad_program_bytes(second, 1) + 63) / 64 * 64);
    const ad_replay replay = {.rows = 1, .arena = arena, .width = 1};
    ad_program_run(second, r.s, &replay, NULL);
    loss = 0;
    for (int k = 0; k < 3; k++) {
        const double v = ((double *)ad_store_value(r.s, 0))[k];
        loss += v * v;
    }
    assert_near(*(const double *)ad_program_output(second, 0, arena), loss,
                1e-15);
    assert_true(*(double *)ad_store_grad(r.s, 0) == before);
    ad_program_free(second);
    free(arena);
    rig_close(&r);
}

static int32_t compile_all(genmod_context *c, void *arg)
{
    genmod_workspace *w;
    ad_graph *g = NULL;
    ad_store *s = NULL;
    ad_program *p = NULL;
    int32_t index, status = genmod_workspace_new(c, &w);

    (void)arg;
    if (status)
        return status;
    status = ad_store_new(GENMOD_F32, &s, w);
    if (!status)
        status =
            ad_store_add(s, "w", AD_TRAINED, 0, ad_matrix(5, 5), &index, w);
    if (!status)
        status = ad_store_seal(s, 1, w);
    if (!status)
        status = ad_graph_new(4, &g, w);
    if (!status) {
        const ad_node x = ad_input(g, "x", ad_rows(g, 1, 1, 2, (int64_t[]){5}));
        const ad_node v = ad_variable(g, s, 0);
        const ad_node y = ad_tanh(g, ad_matmul(g, x, v, 0, 0));
        const ad_node n = ad_mul(g, y, ad_normal(g, "n", *ad_shape_at(g, y)));
        ad_target t[2] = {{AD_OUTPUT, ad_sum(g, n, 2, 0), -1}};
        status = ad_grad(g, ad_sum_all(g, y), AD_NONE, 1, &v, &t[1].node);
        t[1].kind = AD_GRAD;
        if (!status)
            status = ad_compile(g, s, 2, t, &p, w);
    }
    ad_program_free(p);
    ad_graph_free(g);
    ad_store_free(s);
    genmod_workspace_free(w);
    return status;
}

static void compiling_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(support_alloc_walk(compile_all, NULL) > 20);
}

static void note(size_t step, void *user)
{
    size_t *const seen = user;

    assert_int_equal(step, *seen);
    ++*seen;
}

static void a_trace_marks_each_step_and_the_end(void **state)
{
    rig r;
    size_t seen = 0;

    (void)state;
    rig_open(&r, GENMOD_F32, 4, 1);
    model_dense(&r, 0);
    rig_compile(&r);
    const ad_replay replay = {.rows = 2, .arena = r.arena, .width = 1};
    rig_run(&r, 2, NULL);
    ad_program_trace(r.p, r.s, &replay, note, &seen, NULL);
    assert_int_equal(seen, ad_program_steps(r.p) + 1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_replay_as_their_twin),
        cmocka_unit_test(what_lies_in_the_arena_does_not_show),
        cmocka_unit_test(a_replay_without_a_workspace_has_the_same_bits),
        cmocka_unit_test(a_row_does_not_show_in_another_with_any_kernels),
        cmocka_unit_test(a_row_does_not_depend_on_the_planned_rows),
        cmocka_unit_test(draws_follow_seed_step_and_row),
        cmocka_unit_test(a_replay_takes_no_memory),
        cmocka_unit_test(a_value_read_by_strides_is_not_overwritten),
        cmocka_unit_test(values_that_are_read_again_are_kept),
        cmocka_unit_test(programs_share_a_store),
        cmocka_unit_test(compiling_survives_every_failed_allocation),
        cmocka_unit_test(a_trace_marks_each_step_and_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
