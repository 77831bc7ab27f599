#include <unistd.h>

#include "gmm/scene.h"

/* ---- what holds for all -------------------------------------------------- */

static void all_are(const scene *s, int32_t size, int32_t status)
{
    for (int32_t r = 0; r < size; r++) {
        if (s->status[r] != status)
            print_error("rank %d: %s\n", (int)r, s->text[r]);
        assert_int_equal(s->status[r], status);
        assert_int_equal(s->bytes[r], s->bytes[0]);
        assert_memory_equal(s->saved[r], s->saved[0], s->bytes[0]);
    }
}

static void all_say(const scene *s, int32_t size, const char *text)
{
    for (int32_t r = 0; r < size; r++)
        assert_string_equal(s->text[r], text);
}

/* The scene on one rank, and on three in the fast mode. */
static void equals_one_process(scene *s, double tolerance)
{
    const int32_t size = 3;
    scene *const one = fixture_take(1, sizeof *one);

    scene_run(s, 1, 0);
    all_are(s, 1, GENMOD_OK);
    memcpy(one, s, sizeof *one);
    scene_run(s, size, 0);
    all_are(s, size, GENMOD_OK);
    for (int32_t r = 0; r < size; r++) {
        assert_near(s->mean[r], one->mean[0], tolerance);
        assert_near(s->bic[r], one->bic[0], tolerance * 2 * (double)N);
    }
    for (size_t i = 0; i < PARAMS; i++)
        assert_near(s->params[0][i], one->params[0][i], tolerance);
    free(one);
}

static void bits_do_not_depend_on_ranks(scene *s, int32_t least, int32_t most)
{
    scene *const one = fixture_take(1, sizeof *one);

    scene_run(s, 1, 12);
    all_are(s, 1, GENMOD_OK);
    memcpy(one, s, sizeof *one);
    for (int32_t size = least; size <= most; size++) {
        scene_run(s, size, 12);
        all_are(s, size, GENMOD_OK);
        assert_int_equal(s->bytes[0], one->bytes[0]);
        assert_memory_equal(s->saved[0], one->saved[0], one->bytes[0]);
        for (int32_t r = 0; r < size; r++) {
            assert_memory_equal(&s->mean[r], &one->mean[0], sizeof(double));
            assert_memory_equal(&s->bic[r], &one->bic[0], sizeof(double));
        }
    }
    free(one);
}

/* Sums in another order differ by some hundred roundings of the largest term,
 * and EM from there converges to the same fixed point. */
#define CLOSE 1e-10

static void check_both(const char *options, int verb)
{
    scene *const s = scene_of(options);

    s->verb = verb;
    equals_one_process(s, CLOSE);
    bits_do_not_depend_on_ranks(s, 4, 4);
    free(s);
}

static void bits_are_those_of_1_2_3_and_4_ranks(void **state)
{
    scene *const s = scene_of("max_iterations=20 starts=2");

    (void)state;
    s->weighted = s->missing = 1;
    bits_do_not_depend_on_ranks(s, 2, 4);
    free(s);
}

static void every_covariance_is_that_of_one_process(void **state)
{
    (void)state;
    check_both("covariance=full", FIT);
    check_both("covariance=tied", FIT);
    check_both("covariance=diagonal", FIT);
    check_both("covariance=spherical", FIT);
    check_both("covariance=factor rank=1", FIT);
}

static void starts_are_those_of_one_process(void **state)
{
    (void)state;
    check_both("starts=3 init=random max_iterations=20", FIT);
    check_both("starts=2 init=k-means++ max_iterations=5", FIT);
    check_both("init_rows=500", FIT);
}

static void extras_are_those_of_one_process(void **state)
{
    (void)state;
    check_both("inference=variational components=4 max_iterations=30", FIT);
    check_both("prior=conjugate", FIT);
    check_both("noise=0.05", FIT);
}

static void steps_and_the_choice_are_those_of_one_process(void **state)
{
    (void)state;
    check_both("", STEPS);
    check_both("max_iterations=15", CHOOSE);
}

static void rows_may_be_weighted_missing_labelled_or_read(void **state)
{
    scene *const s = scene_of(NULL);

    (void)state;
    s->weighted = 1;
    equals_one_process(s, CLOSE);
    bits_do_not_depend_on_ranks(s, 4, 4);
    s->missing = 1;
    equals_one_process(s, CLOSE);
    bits_do_not_depend_on_ranks(s, 4, 4);
    s->missing = 0;
    s->labelled = 1;
    s->options = "init=labels";
    equals_one_process(s, CLOSE);
    bits_do_not_depend_on_ranks(s, 4, 4);
    s->weighted = s->labelled = 0;
    s->options = NULL;
    s->source = 1;
    equals_one_process(s, CLOSE);
    bits_do_not_depend_on_ranks(s, 4, 4);
    free(s);
}

/* Responsibilities are floats: what moves a mean by a rounding moves some of
 * them by one of theirs. */
static void floats_are_those_of_one_process(void **state)
{
    scene *const s = scene_of(NULL);

    (void)state;
    s->f32 = 1;
    equals_one_process(s, 1e-5);
    bits_do_not_depend_on_ranks(s, 4, 4);
    free(s);
}

static void the_gradient_is_that_of_all_rows(void **state)
{
    scene *const s = scene_of("max_iterations=2");
    double one;

    (void)state;
    s->verb = GRADIENT;
    scene_run(s, 1, 0);
    assert_ok(s->status[0]);
    one = s->mean[0];
    assert_true(fabs(one) > 1e-6);
    scene_run(s, 3, 0);
    for (int32_t r = 0; r < 3; r++) {
        assert_ok(s->status[r]);
        assert_near(s->mean[r], one, CLOSE);
    }
    free(s);
}

/* ---- what goes wrong on one rank ------------------------------------------
 */

static void differences_are_every_ranks_error(void **state)
{
    scene *const s = scene_of(NULL);

    (void)state;
    s->odd = 1;
    s->odd_options = "components=2";
    scene_run(s, 3, 0);
    all_are(s, 3, GENMOD_BAD_ARGUMENT);
    all_say(s, 3, "rank 1: components is 2; rank 0 has 3");
    s->odd_options = "tolerance=1e-7";
    scene_run(s, 3, 0);
    all_say(s, 3, "rank 1: tolerance differs from rank 0's");
    s->odd_options = NULL;
    s->odd_columns = 1;
    scene_run(s, 3, 0);
    all_say(s, 3, "rank 1: columns is 2; rank 0 has 3");
    s->odd_columns = 0;
    s->odd_type = 1;
    scene_run(s, 3, 0);
    all_say(s, 3,
            "rank 1: type of the rows, 1 for f32 and 2 for f64, is 1; rank 0 "
            "has 2");
    free(s);
}

static void what_is_no_number_on_scene_rank_is_every_ranks_error(void **state)
{
    scene *const s = scene_of(NULL);

    (void)state;
    s->odd_cell = NAN;
    for (s->odd = 0; s->odd < 3; s->odd++) {
        scene_run(s, 3, s->odd == 1 ? 6 : 0);
        all_are(s, 3, GENMOD_NON_FINITE);
        fixture_close("its rank", s->text[2][5], '0' + s->odd, 0);
        support_contains(s->text[2], "column 1 is nan", __FILE__, __LINE__);
    }
    free(s);
}

static void a_cancel_on_scene_rank_ends_all(void **state)
{
    scene *const s = scene_of("covariance=full tolerance=0");

    (void)state;
    s->odd = 2;
    s->odd_cancel = 1;
    scene_run(s, 4, 0);
    all_are(s, 4, GENMOD_CANCELLED);
    all_say(s, 4, "rank 2: the call was cancelled");
    free(s);
}

static void progress_of_scene_rank_stops_all(void **state)
{
    scene *const s = scene_of("tolerance=0");

    (void)state;
    s->odd = 1;
    s->odd_answer = 1;
    scene_run(s, 3, 0);
    all_are(s, 3, GENMOD_OK);
    s->odd_answer = -4;
    scene_run(s, 3, 0);
    all_are(s, 3, GENMOD_CALLBACK);
    all_say(s, 3, "rank 1: progress returned -4");
    free(s);
}

/* Every callback of a fit, one after the other. */
static void any_callback_may_fail(void **state)
{
    scene *const s = scene_of("max_iterations=2");
    ranks_plan plan = {3, 0, 1, 0};

    (void)state;
    for (;; plan.fail_at++) {
        const ranks_count count = ranks_run(&plan, scene_rank, s);

        assert_int_equal(count.mismatches, 0);
        if (!s->status[1])
            break;
        for (int32_t r = 0; r < 3; r++)
            assert_int_equal(s->status[r], GENMOD_CALLBACK);
    }
    assert_true(plan.fail_at > 10);
    all_are(s, 3, GENMOD_OK);
    free(s);
}

static void any_allocation_of_scene_rank_may_fail(void **state)
{
    scene *const s = scene_of("max_iterations=2 covariance=diagonal");
    size_t refused = 0;

    (void)state;
    s->odd = 1;
    for (s->odd_allocation = 1;; s->odd_allocation++) {
        scene_run(s, 2, 0);
        if (s->allocations < s->odd_allocation)
            break;
        all_are(s, 2, s->status[0]);
        if (s->status[0]) {
            assert_int_equal(s->status[0], GENMOD_NO_MEMORY);
            assert_memory_equal(s->text[0], "rank 1: ", 8);
            refused++;
        }
    }
    assert_true(refused > 5);
    all_are(s, 2, GENMOD_OK);
    free(s);
}

static void what_needs_scene_rank_is_refused(void **state)
{
    scene *const s = scene_of(NULL);

    (void)state;
    s->verb = PARTIAL;
    scene_run(s, 2, 0);
    all_are(s, 2, GENMOD_UNSUPPORTED);
    all_say(s, 2,
            "gmm_partial_fit() works on one rank without shards; there are 2 "
            "ranks and 0 shards");
    free(s);
}

static void a_second_call_does_not_come_between(void **state)
{
    scene *const s = scene_of("max_iterations=2");

    (void)state;
    s->verb = NESTED;
    scene_run(s, 2, 0);
    for (int32_t r = 0; r < 2; r++) {
        assert_ok(s->status[r]);
        assert_int_equal(s->bytes[r], -GENMOD_BUSY);
    }
    free(s);
}

/* What scale.md says a step sends: k + k d + k d (d + 1) / 2 numbers and three,
 * and a head of 40 bytes a rank. */
static void a_step_sends_what_is_promised(void **state)
{
    scene *const s = scene_of("tolerance=0 max_iterations=4");
    const ranks_plan plan = {2, 0, -1, RANKS_NEVER};
    ranks_count four, nine;

    (void)state;
    four = ranks_run(&plan, scene_rank, s);
    s->options = "tolerance=0 max_iterations=9";
    nine = ranks_run(&plan, scene_rank, s);
    assert_int_equal(nine.sums - four.sums, 5);
    assert_int_equal(nine.sum_bytes - four.sum_bytes,
                     5 * 8 * (3 + 3 * 3 + 3 * 6 + 3));
    assert_int_equal(nine.gathers - four.gathers, 5);
    assert_int_equal(nine.gather_bytes - four.gather_bytes, 5 * 40);
    assert_int_equal(nine.broadcasts, four.broadcasts);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_those_of_1_2_3_and_4_ranks),
        cmocka_unit_test(every_covariance_is_that_of_one_process),
        cmocka_unit_test(starts_are_those_of_one_process),
        cmocka_unit_test(extras_are_those_of_one_process),
        cmocka_unit_test(steps_and_the_choice_are_those_of_one_process),
        cmocka_unit_test(rows_may_be_weighted_missing_labelled_or_read),
        cmocka_unit_test(floats_are_those_of_one_process),
        cmocka_unit_test(the_gradient_is_that_of_all_rows),
        cmocka_unit_test(differences_are_every_ranks_error),
        cmocka_unit_test(what_is_no_number_on_scene_rank_is_every_ranks_error),
        cmocka_unit_test(a_cancel_on_scene_rank_ends_all),
        cmocka_unit_test(progress_of_scene_rank_stops_all),
        cmocka_unit_test(any_callback_may_fail),
        cmocka_unit_test(any_allocation_of_scene_rank_may_fail),
        cmocka_unit_test(what_needs_scene_rank_is_refused),
        cmocka_unit_test(a_second_call_does_not_come_between),
        cmocka_unit_test(a_step_sends_what_is_promised),
    };

    scene_draw();
    alarm(280); /* a rank that waits for ever is a failure */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
