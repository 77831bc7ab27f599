/* Programs in regions: what goes by panels of rows and what side by side, and
 * that neither shows in the values. */
#include "ad/model.h"

#define ROWS 94   /* four panels of 24, the last of 22 */
#define WIDE 1600 /* columns that make a step of 94 rows worth two threads */

static const ad_region *region_of(const rig *r, size_t step)
{
    const ad_region *at = r->p->regions;

    while (step >= (size_t)(at->first + at->n))
        at++;
    return at;
}

/* The last step that writes where target i is. */
static size_t writer_of(const rig *r, size_t i)
{
    const void *const at = rig_result(r, i);
    const ad_replay replay = {.rows = r->rows, .arena = r->arena};
    const ad_exec e = {.p = r->p, .s = r->s, .r = &replay};

    for (size_t k = r->p->n; k-- > 0;) {
        const ad_step *const s = &r->p->steps[k];
        const ad_fused *const f = s->fused;

        if (!f && ad_at_place(&e, &s->out) == at)
            return k;
        for (int32_t n = 0; f && n < f->sources; n++)
            if (f->source[n].written &&
                ad_at_place(&e, &f->source[n].place) == at)
                return k;
        for (int32_t n = 0; f && n < f->endings; n++)
            if (ad_at_place(&e, &f->ending[n].place) == at)
                return k;
    }
    fail_msg("no step writes target %zu", i);
    return 0;
}

static size_t panels_of(const rig *r, const ad_region *at)
{
    return at->panel ? ad_parts(r->rows, at->panel) : 0;
}

/* Regions of which all but one panel's rows are another task's. */
static size_t cut_regions(const rig *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->p->n_regions; i++)
        n += panels_of(r, &r->p->regions[i]) > 1;
    return n;
}

/* ---- the cut ------------------------------------------------------------- */

/* Forward, then backward to the first layer, row by row; the gradients of the
 * weights, each a sum over all rows, next to each other. */
static void a_network_goes_by_panels_and_ends_side_by_side(void **state)
{
    rig r;
    ad_node d[2];

    (void)state;
    rig_open(&r, GENMOD_F32, ROWS, 1);
    const ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 61, 0, 0), -1, 1);
    const ad_node wrt[] = {
        rig_variable(&r, "a", AD_TRAINED, ad_matrix(61, 83), -0.2, 0.2),
        rig_variable(&r, "b", AD_TRAINED, ad_matrix(83, 61), -0.2, 0.2)};
    const ad_node h = ad_tanh(r.g, ad_matmul(r.g, x, wrt[0], 0, 0));
    const ad_node y = ad_matmul(r.g, h, wrt[1], 0, 0);
    const ad_node loss = ad_sum_all(r.g, ad_square(r.g, ad_sub(r.g, y, x)));
    rig_output(&r, loss);
    assert_ok(ad_grad(r.g, loss, AD_NONE, 2, wrt, d));
    rig_target(&r, AD_GRAD, d[0], 0);
    rig_target(&r, AD_GRAD, d[1], 1);
    rig_compile(&r);
    assert_int_equal(r.p->n_regions, 2);
    assert_int_equal(r.p->regions[0].panel, 24);
    assert_int_equal(r.p->regions[1].panel, 0);
    assert_int_equal(r.p->regions[1].n, 2);
    for (int k = 0; k < 2; k++)
        assert_string_equal(
            ad_program_step(r.p, (size_t)(r.p->regions[1].first + k)),
            "matmul");
    rig_close(&r);
}

static void regions_are_all_steps_once_in_their_order(void **state)
{
    (void)state;
    for (size_t rows = 5; rows < 200; rows += 62) {
        rig r;
        int32_t at = 0;

        rig_open(&r, GENMOD_F32, rows, 1);
        model_image(&r);
        rig_compile(&r);
        for (size_t i = 0; i < r.p->n_regions; i++) {
            const ad_region *const in = &r.p->regions[i];

            assert_int_equal(in->first, at);
            assert_true(in->n > 0 && (in->panel || in->n <= AD_SIDE));
            at += in->n;
        }
        assert_int_equal(at, r.p->n);
        rig_close(&r);
    }
}

static void side_by_side_are_no_more_than_there_is_room_for(void **state)
{
    static const char *const sites[] = {"a", "b", "c", "d", "e", "f", "g",
                                        "h", "i", "j", "k", "l", "m", "n",
                                        "o", "p", "q", "r", "s"};
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, 3, 1);
    for (size_t k = 0; k < sizeof sites / sizeof *sites; k++)
        rig_output(&r, ad_normal(r.g, sites[k], ad_vector(7)));
    rig_compile(&r);
    assert_int_equal(r.p->n_regions, 2);
    assert_int_equal(r.p->regions[0].n, AD_SIDE);
    rig_run(&r, 3, r.w);
    rig_check(&r, 3, 1e-6);
    rig_close(&r);
}

static void what_reads_a_sum_over_rows_waits_for_the_next_region(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F64, ROWS, 3);
    const ad_node x = rig_input(&r, "x", rig_rows(&r, 2, WIDE, 0, 0), -1, 1);
    const ad_node all = ad_sum(r.g, ad_exp(r.g, x), 1, 1);
    const ad_node off = ad_sub(r.g, x, all);
    rig_output(&r, all);
    rig_output(&r, ad_tanh(r.g, off));
    rig_output(&r, ad_sum(r.g, ad_square(r.g, off), 1, 0));
    rig_compile(&r);
    const ad_region *const sum = region_of(&r, writer_of(&r, 0));
    assert_true(panels_of(&r, sum) > 1);
    assert_true(region_of(&r, writer_of(&r, 1)) > sum);
    assert_true(region_of(&r, writer_of(&r, 2)) > sum);
    rig_run(&r, ROWS, r.w);
    rig_check(&r, ROWS, 1e-12);
    rig_close(&r);
}

/* ---- values ------------------------------------------------------------- */

/* Products, sums over rows and over columns, extremes, a softmax: 94 rows in
 * panels of 24. */
static void build_mixed(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 61, 0, 0), -1, 1);
    const ad_node a =
        rig_variable(r, "a", AD_TRAINED, ad_matrix(61, 83), -0.2, 0.2);
    const ad_node b =
        rig_variable(r, "b", AD_TRAINED, ad_matrix(37, 83), -0.2, 0.2);
    const ad_node h = ad_tanh(r->g, ad_matmul(r->g, x, a, 0, 0));
    const ad_node y = ad_softmax(r->g, ad_matmul(r->g, h, b, 0, 1));
    const ad_node top = ad_greatest(r->g, h, 2, 1);
    const ad_node wrt[] = {a, b};
    ad_node d[2];

    const ad_node loss =
        ad_mean_all(r->g, ad_mul(r->g, ad_log(r->g, ad_shift(r->g, y, 0.01)),
                                 ad_sub(r->g, top, ad_mean(r->g, y, 1, 1))));
    rig_output(r, ad_sum(r->g, h, 1, 0));
    rig_output(r, ad_sum(r->g, y, 2, 0));
    rig_output(r, top);
    rig_output(r, loss);
    assert_ok(ad_grad(r->g, loss, AD_NONE, 2, wrt, d));
    rig_target(r, AD_GRAD, d[0], 0);
    rig_target(r, AD_GRAD, d[1], 1);
}

static void every_number_of_rows_up_to_the_planned_is_right(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, ROWS, 3);
    build_mixed(&r);
    rig_all_rows(&r, 1e-4);
    assert_true(cut_regions(&r) > 0);
    for (size_t i = 0; i < r.p->n_regions; i++)
        if (panels_of(&r, &r.p->regions[i]) > 1)
            assert_int_equal(r.p->regions[i].panel, 24);
    rig_close(&r);
}

static void *bits(void (*build)(rig *r), size_t rows, size_t threads,
                  size_t *bytes)
{
    rig r;

    rig_open(&r, GENMOD_F32, ROWS, threads ? threads : 1);
    build(&r);
    rig_compile(&r);
    *bytes = rig_all_bytes(&r, rows);
    void *const out = malloc(*bytes);
    assert_non_null(out);
    rig_run(&r, rows, threads ? r.w : NULL);
    rig_copy(&r, rows, out);
    rig_close(&r);
    return out;
}

static void threads_and_no_pool_give_the_same_bits(void **state)
{
    static const size_t threads[] = {1, 2, 3, 7};

    (void)state;
    for (size_t rows = ROWS - 25; rows <= ROWS; rows += 25) {
        size_t bytes;
        void *const alone = bits(build_mixed, rows, 0, &bytes);

        for (size_t k = 0; k < 4; k++) {
            void *const other = bits(build_mixed, rows, threads[k], &bytes);

            assert_memory_equal(alone, other, bytes);
            free(other);
        }
        free(alone);
    }
}

/* Row i of [m / 2, 2, d] is rows 2 i and 2 i + 1 of the replay, which a panel's
 * end may not part. */
static void pairs_of_rows_stay_together(void **state)
{
    static const int32_t swap[] = {0, 2, 1};
    const int64_t rest[] = {2, WIDE};
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F64, ROWS, 3);
    const ad_node x = rig_input(&r, "x", ad_rows(r.g, 1, 2, 3, rest), -1, 1);
    const ad_node e = ad_exp(r.g, x);
    rig_output(&r, ad_sum(r.g, e, 2, 0));
    rig_output(&r, ad_sum(r.g, ad_tanh(r.g, x), 1, 0));
    rig_output(&r, ad_tanh(r.g, ad_permute(r.g, e, swap)));
    rig_compile(&r);
    for (size_t rows = 2; rows <= ROWS; rows += 46) {
        rig_run(&r, rows, r.w);
        rig_check(&r, rows, 1e-12);
    }
    rig_close(&r);
}

/* ---- places ------------------------------------------------------------- */

/* Draws x and y of one size stand side by side with others; what reads x last
 * might take its place while another reads it. */
static void side_by_side_nothing_is_overwritten_that_another_reads(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F64, 6, 3);
    const ad_shape s = ad_matrix(300, 700);
    const ad_node x = ad_normal(r.g, "x", s), y = ad_normal(r.g, "y", s);
    const int32_t swap[] = {1, 0};
    const ad_node product = ad_matmul(r.g, x, ad_permute(r.g, y, swap), 0, 0);
    const ad_node turned = ad_sin(r.g, ad_permute(r.g, x, swap));
    rig_output(&r, product);
    rig_output(&r, ad_tanh(r.g, x)); /* the last that reads x */
    rig_output(&r, turned);
    rig_compile(&r);
    const ad_fused *const f = r.p->steps[writer_of(&r, 1)].fused;
    for (int32_t k = 1; k < f->sources; k++)
        assert_int_not_equal(f->source[k].place.at, f->source[0].place.at);
    assert_true(region_of(&r, writer_of(&r, 0)) ==
                region_of(&r, writer_of(&r, 1)));
    assert_true(region_of(&r, writer_of(&r, 2)) ==
                region_of(&r, writer_of(&r, 1)));
    for (int k = 0; k < 3; k++) {
        rig_run(&r, 6, k ? r.w : NULL);
        rig_check(&r, 6, 1e-6); /* draws are floats */
    }
    rig_close(&r);
}

/* Of one panel, each step's work and results may lie where those of an older
 * one were; of several panels not. */
static void only_a_single_panel_uses_a_place_twice(void **state)
{
    size_t arena[2];

    (void)state;
    for (int k = 0; k < 2; k++) {
        rig r;

        rig_open(&r, GENMOD_F32, k ? 512 : 16, 1);
        ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 64, 0, 0), -1, 1);
        const ad_node w =
            rig_variable(&r, "w", AD_TRAINED, ad_matrix(64, 64), -0.3, 0.3);
        for (int n = 0; n < 12; n++)
            x = ad_tanh(r.g, ad_matmul(r.g, x, w, 0, 0));
        rig_output(&r, k ? ad_sum(r.g, x, 1, 0) : ad_sum_all(r.g, x));
        rig_compile(&r);
        arena[k] = r.p->arena / r.rows / 64 / sizeof(float);
        assert_true((cut_regions(&r) > 0) == k);
        rig_run(&r, r.rows, r.w);
        rig_check(&r, r.rows, 1e-4);
        rig_close(&r);
    }
    assert_true(arena[0] <= 3);
    assert_true(arena[1] >= 12);
}

/* Such programs are replayed on many threads at once. */
static void rows_that_know_no_other_keep_a_small_arena(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, 512, 1);
    ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 96, 0, 0), -1, 1);
    const ad_node w =
        rig_variable(&r, "w", AD_TRAINED, ad_matrix(96, 96), -0.3, 0.3);
    for (int k = 0; k < 12; k++)
        x = ad_tanh(r.g, ad_matmul(r.g, x, w, 0, 0));
    rig_output(&r, x);
    rig_compile(&r);
    assert_int_equal(r.p->arena, 2 * 512 * 96 * sizeof(float));
    assert_int_equal(cut_regions(&r), 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_goes_by_panels_and_ends_side_by_side),
        cmocka_unit_test(regions_are_all_steps_once_in_their_order),
        cmocka_unit_test(side_by_side_are_no_more_than_there_is_room_for),
        cmocka_unit_test(what_reads_a_sum_over_rows_waits_for_the_next_region),
        cmocka_unit_test(every_number_of_rows_up_to_the_planned_is_right),
        cmocka_unit_test(threads_and_no_pool_give_the_same_bits),
        cmocka_unit_test(pairs_of_rows_stay_together),
        cmocka_unit_test(
            side_by_side_nothing_is_overwritten_that_another_reads),
        cmocka_unit_test(only_a_single_panel_uses_a_place_twice),
        cmocka_unit_test(rows_that_know_no_other_keep_a_small_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
