#include <unistd.h>

#include "base/internal.h"
#include "support/ranks.h"
#include "support/test.h"

#define N 9000 /* more than is gathered at once */

/* What the ranks were told to do, and what became of it. */
typedef struct outcome {
    int32_t (*work)(genmod_workspace *w, const ranks_seat *s,
                    struct outcome *o);
    int32_t status[RANKS_MOST];
    char text[RANKS_MOST][128];
    double sum[RANKS_MOST][N];
    size_t first[RANKS_MOST], total[RANKS_MOST];
    int32_t odd; /* the rank that is unlike the others */
    int32_t odd_shards, odd_version;
    size_t rows[RANKS_MOST];
} outcome;

/* A rank of another version of the library. */
static int32_t older_head(size_t bytes, const void *in, void *out, void *user)
{
    base_head head;

    if (bytes != sizeof head)
        return ranks_allgather(bytes, in, out, user);
    memcpy(&head, in, sizeof head);
    head.version = 9000;
    return ranks_allgather(bytes, &head, out, user);
}

static void one_rank(ranks_seat *s)
{
    outcome *const o = s->arg;
    genmod_context *const c = ranks_context(s);
    genmod_workspace *w = NULL;
    base_call call;

    o->status[s->rank] = 99;
    if (c && s->rank == o->odd && o->odd_shards &&
        genmod_context_set_shards(c, o->odd_shards))
        return;
    if (c && s->rank == o->odd && o->odd_version &&
        genmod_context_set_communicator(c, s->rank, s->size, ranks_allreduce,
                                        ranks_broadcast, older_head, s))
        return;
    if (c && genmod_workspace_new(c, &w) == 0 && base_enter(&call, w, NULL)) {
        o->status[s->rank] = base_leave(&call, o->work(w, s, o));
        strncpy(o->text[s->rank], genmod_workspace_error(w), 127);
    }
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static ranks_count run(outcome *o, const ranks_plan *plan)
{
    const ranks_count count = ranks_run(plan, one_rank, o);

    assert_int_equal(count.mismatches, 0);
    return count;
}

static ranks_plan plan_of(int32_t size, int32_t shards)
{
    return (ranks_plan){size, shards, -1, RANKS_NEVER};
}

static void all_say(const outcome *o, int32_t size, int32_t status,
                    const char *text)
{
    for (int32_t r = 0; r < size; r++) {
        assert_int_equal(o->status[r], status);
        assert_string_equal(o->text[r], text);
    }
}

/* ---- sums ---------------------------------------------------------------- */

/* Magnitudes far apart, so that the order of a sum shows. */
static double number(size_t shard, size_t i)
{
    return (shard % 3 ? 1e16 : 0.37) * (double)(1 + (shard * 31 + i * 7) % 13) *
           (shard % 2 ? -1 : 1);
}

static int32_t sum_shards(genmod_workspace *w, const ranks_seat *s, outcome *o)
{
    const size_t parts = base_parts(w);
    double *const x = base_scratch(w, parts * N, sizeof *x);

    for (size_t p = 0; x && p < parts; p++)
        for (size_t i = 0; i < N; i++)
            x[p * N + i] = number((size_t)s->rank * parts + p, i);
    return base_all_sum_shards(w, x ? 0 : base_status(w), 5, GENMOD_F64, N, x,
                               o->sum[s->rank]);
}

static void
sums_over_shards_have_the_same_bits_on_every_number_of_ranks(void **state)
{
    static outcome one, o;
    static const int32_t sizes[] = {2, 3, 4, 6};
    ranks_plan plan = plan_of(1, 12);

    (void)state;
    one.work = o.work = sum_shards;
    one.odd = o.odd = -1;
    run(&one, &plan);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        plan = plan_of(sizes[i], 12);
        run(&o, &plan);
        for (int32_t r = 0; r < sizes[i]; r++) {
            assert_int_equal(o.status[r], 0);
            assert_memory_equal(o.sum[r], one.sum[0], sizeof o.sum[r]);
        }
    }
}

static void sums_of_the_fast_mode_reach_all_ranks(void **state)
{
    static outcome o;
    const ranks_plan plan = plan_of(3, 0);
    ranks_count count;

    (void)state;
    o.work = sum_shards;
    o.odd = -1;
    count = run(&o, &plan);
    assert_int_equal(count.sums, 1);
    assert_int_equal(count.sum_bytes, N * sizeof(double));
    for (int32_t r = 0; r < 3; r++)
        assert_near(o.sum[r][17], number(0, 17) + number(1, 17) + number(2, 17),
                    0);
}

static int32_t sum_floats(genmod_workspace *w, const ranks_seat *s, outcome *o)
{
    float x[4][3], out[3];
    const size_t parts = base_parts(w);
    int32_t status;

    for (size_t p = 0; p < parts; p++)
        for (size_t i = 0; i < 3; i++)
            x[p][i] = (float)((size_t)s->rank * parts + p) + 0.25F * (float)i;
    status = base_all_sum_shards(w, 0, 0, GENMOD_F32, 3, x, out);
    for (size_t i = 0; i < 3; i++)
        o->sum[s->rank][i] = out[i];
    return status;
}

static void floats_are_summed_as_floats(void **state)
{
    static outcome o;
    ranks_plan plan = plan_of(2, 4);

    (void)state;
    o.work = sum_floats;
    o.odd = -1;
    run(&o, &plan);
    assert_near(o.sum[1][1], 0 + 1 + 2 + 3 + 4 * 0.25, 0);
    plan = plan_of(4, 0);
    run(&o, &plan);
    assert_near(o.sum[2][2], 0 + 1 + 2 + 3 + 4 * 0.5, 0);
}

/* ---- rows ---------------------------------------------------------------- */

static int32_t count_rows(genmod_workspace *w, const ranks_seat *s, outcome *o)
{
    return base_all_rows(w, 0, o->rows[s->rank], &o->first[s->rank],
                         &o->total[s->rank]);
}

static void rows_follow_those_of_the_rank_before(void **state)
{
    static outcome o = {.work = count_rows, .odd = -1, .rows = {7, 0, 5}};
    const ranks_plan plan = plan_of(3, 0);

    (void)state;
    run(&o, &plan);
    all_say(&o, 3, 0, "");
    assert_int_equal(o.first[0], 0);
    assert_int_equal(o.first[1], 7);
    assert_int_equal(o.first[2], 7);
    assert_int_equal(o.total[1], 12);
}

static void a_rank_holds_whole_shards(void **state)
{
    static outcome o = {.work = count_rows, .odd = -1, .rows = {4, 3}};
    const ranks_plan plan = plan_of(2, 4);

    (void)state;
    run(&o, &plan);
    all_say(&o, 2, 0, "");
    o.rows[0] = 3;
    o.rows[1] = 4;
    run(&o, &plan);
    all_say(&o, 2, GENMOD_BAD_ARGUMENT,
            "rank 0: x has 3 rows, which are not its shards of 7 rows; "
            "genmod_shard() says which are");
}

static void shards_cover_all_rows_once(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 30; n++)
        for (int32_t size = 1; size <= 6; size++) {
            size_t next = 0, first, count;

            for (int32_t r = 0; r < size; r++) {
                assert_ok(genmod_shard(n, r, size, 2 * size, &first, &count));
                assert_int_equal(first, next);
                next += count;
            }
            assert_int_equal(next, n);
            assert_ok(genmod_shard(n, 0, size, 0, &first, &count));
            assert_int_equal(count, n / size + (n % size != 0));
        }
}

static void shard_checks_its_arguments(void **state)
{
    size_t first = 5, count = 6;

    (void)state;
    assert_int_equal(genmod_shard(-1, 0, 1, 0, &first, &count),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_shard(9, 2, 2, 0, &first, &count),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_shard(9, -1, 2, 0, &first, &count),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_shard(9, 0, 0, 0, &first, &count),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_shard(9, 0, 2, 3, &first, &count),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_shard(9, 0, 2, 65538, &first, &count),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_shard(9, 0, 2, 2, NULL, &count),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_shard(9, 0, 2, 2, &first, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(first, 5);
    assert_int_equal(count, 6);
}

/* ---- what goes wrong ----------------------------------------------------- */

static int32_t fail_late(genmod_workspace *w, const ranks_seat *s, outcome *o)
{
    double x = 1;
    int32_t status = base_agree(w, 0, 0, NULL);

    if (!status && s->rank == o->odd)
        return base_fail(w, GENMOD_NON_FINITE, "the cell is %g", 2.5);
    return base_all_sum(w, status, 0, GENMOD_F64, 1, &x);
}

static void a_failure_of_one_rank_is_every_ranks(void **state)
{
    static outcome o = {.work = fail_late};
    const ranks_plan plan = plan_of(4, 0);

    (void)state;
    for (o.odd = 0; o.odd < 4; o.odd++) {
        char text[] = "rank 0: the cell is 2.5";

        text[5] = (char)('0' + o.odd);
        run(&o, &plan);
        all_say(&o, 4, GENMOD_NON_FINITE, text);
    }
}

static int32_t stop_one(genmod_workspace *w, const ranks_seat *s, outcome *o)
{
    double x = 1;

    return base_all_sum(w, s->rank == o->odd ? 3 : 0, 0, GENMOD_F64, 1, &x);
}

static void a_positive_status_is_every_ranks(void **state)
{
    static outcome o = {.work = stop_one, .odd = 2};
    const ranks_plan plan = plan_of(4, 0);

    (void)state;
    run(&o, &plan);
    all_say(&o, 4, 3, "");
}

static int32_t agree_on_terms(genmod_workspace *w, const ranks_seat *s,
                              outcome *o)
{
    const base_term terms[] = {{"columns", 16, 0},
                               {"option tolerance", s->rank == o->odd, 1}};

    return base_agree(w, 0, 2, terms);
}

static int32_t agree_on_columns(genmod_workspace *w, const ranks_seat *s,
                                outcome *o)
{
    const base_term terms[] = {{"columns", s->rank == o->odd ? 15 : 16, 0}};

    return base_agree(w, 0, 1, terms);
}

static int32_t go_elsewhere(genmod_workspace *w, const ranks_seat *s,
                            outcome *o)
{
    double x = 1;

    if (s->rank == o->odd)
        return base_all_sum(w, 0, 0, GENMOD_F64, 1, &x);
    return base_agree(w, 0, 0, NULL);
}

static int32_t compute_otherwise(genmod_workspace *w, const ranks_seat *s,
                                 outcome *o)
{
    double x = 1;

    return base_all_sum(w, 0, s->rank == o->odd ? 11 : 12, GENMOD_F64, 1, &x);
}

static void differences_are_named(void **state)
{
    static outcome o = {.odd = 1};
    const ranks_plan plan = plan_of(3, 0);

    (void)state;
    o.work = agree_on_terms;
    run(&o, &plan);
    all_say(&o, 3, GENMOD_BAD_ARGUMENT,
            "rank 1: option tolerance differs from rank 0's");
    o.work = agree_on_columns;
    run(&o, &plan);
    all_say(&o, 3, GENMOD_BAD_ARGUMENT, "rank 1: columns is 15; rank 0 has 16");
    o.work = go_elsewhere;
    run(&o, &plan);
    all_say(&o, 3, GENMOD_BAD_ARGUMENT,
            "rank 1: is in another call than rank 0");
    o.work = compute_otherwise;
    run(&o, &plan);
    all_say(&o, 3, GENMOD_BREAKDOWN,
            "rank 1: its numbers differ from rank 0's; the machines do not "
            "compute alike");
    o.work = agree_on_terms;
    o.odd_shards = 3;
    run(&o, &plan);
    all_say(&o, 3, GENMOD_BAD_ARGUMENT, "rank 1: shards is 3; rank 0 has 0");
    o.odd_shards = 0;
    o.odd_version = 1;
    run(&o, &plan);
    assert_int_equal(o.status[0], GENMOD_BAD_ARGUMENT);
    assert_memory_equal(o.text[2], "rank 1: version is 9000; rank 0 has ", 36);
    assert_string_equal(o.text[0], o.text[2]);
}

static void a_callback_that_fails_ends_the_call_on_every_rank(void **state)
{
    static outcome o = {.work = fail_late, .odd = -1};
    ranks_plan plan = plan_of(3, 0);

    (void)state;
    plan.fail_rank = 1;
    for (plan.fail_at = 0; plan.fail_at < 3; plan.fail_at++) {
        run(&o, &plan);
        for (int32_t r = 0; r < 3; r++)
            assert_int_equal(o.status[r], GENMOD_CALLBACK);
    }
    assert_string_equal(o.text[1], "allreduce returned -7");
    plan.fail_at = 3;
    run(&o, &plan);
    all_say(&o, 3, 0, "");
}

static int32_t die(genmod_workspace *w, const ranks_seat *s, outcome *o)
{
    return s->rank == o->odd ? 0 : base_agree(w, 0, 0, NULL);
}

static void a_rank_that_is_gone_ends_the_call_on_the_others(void **state)
{
    static outcome o = {.work = die, .odd = 2};
    const ranks_plan plan = plan_of(3, 0);

    (void)state;
    run(&o, &plan);
    assert_int_equal(o.status[0], GENMOD_CALLBACK);
    assert_int_equal(o.status[1], GENMOD_CALLBACK);
}

static void what_is_for_one_rank_says_so(void **state)
{
    genmod_context *c;
    genmod_workspace *w;

    (void)state;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_communicator(
        c, 1, 2, ranks_allreduce, ranks_broadcast, ranks_allgather, NULL));
    assert_ok(genmod_workspace_new(c, &w));
    assert_int_equal(base_alone(w, "this"), GENMOD_UNSUPPORTED);
    assert_error_names(w, "this works on one rank without shards; there are 2 "
                          "ranks and 0 shards");
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static void setters_check_their_arguments(void **state)
{
    genmod_context *c;
    genmod_workspace *w;

    (void)state;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_int_equal(
        genmod_context_set_communicator(NULL, 0, 1, NULL, NULL, NULL, NULL),
        GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_communicator(c, 2, 2, ranks_allreduce,
                                                     ranks_broadcast,
                                                     ranks_allgather, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(
        genmod_context_set_communicator(c, 0, 65537, ranks_allreduce,
                                        ranks_broadcast, ranks_allgather, NULL),
        GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_communicator(
                         c, 0, 2, NULL, ranks_broadcast, ranks_allgather, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_communicator(
                         c, 0, 2, ranks_allreduce, NULL, ranks_allgather, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_communicator(
                         c, 0, 2, ranks_allreduce, ranks_broadcast, NULL, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_shards(NULL, 2), GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_shards(c, -1), GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_context_set_shards(c, 65537), GENMOD_BAD_ARGUMENT);
    assert_ok(genmod_context_set_shards(c, 5));
    assert_int_equal(genmod_context_set_communicator(c, 0, 2, ranks_allreduce,
                                                     ranks_broadcast,
                                                     ranks_allgather, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_ok(genmod_context_set_shards(c, 6));
    assert_ok(genmod_context_set_communicator(
        c, 0, 2, ranks_allreduce, ranks_broadcast, ranks_allgather, NULL));
    assert_int_equal(genmod_context_set_shards(c, 3), GENMOD_BAD_ARGUMENT);
    assert_ok(genmod_workspace_new(c, &w));
    assert_int_equal(genmod_context_set_shards(c, 4), GENMOD_BUSY);
    assert_int_equal(
        genmod_context_set_communicator(c, 0, 1, NULL, NULL, NULL, NULL),
        GENMOD_BUSY);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static int32_t take(genmod_context *c, void *arg)
{
    genmod_workspace *w;
    const int32_t status = genmod_context_set_communicator(
        c, 1, 2, ranks_allreduce, ranks_broadcast, ranks_allgather, NULL);
    int32_t made;

    (void)arg;
    if (status)
        return status;
    made = genmod_workspace_new(c, &w);
    genmod_workspace_free(w);
    return made;
}

static void a_workspace_of_ranks_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(support_alloc_walk(take, NULL) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            sums_over_shards_have_the_same_bits_on_every_number_of_ranks),
        cmocka_unit_test(sums_of_the_fast_mode_reach_all_ranks),
        cmocka_unit_test(floats_are_summed_as_floats),
        cmocka_unit_test(rows_follow_those_of_the_rank_before),
        cmocka_unit_test(a_rank_holds_whole_shards),
        cmocka_unit_test(shards_cover_all_rows_once),
        cmocka_unit_test(shard_checks_its_arguments),
        cmocka_unit_test(a_failure_of_one_rank_is_every_ranks),
        cmocka_unit_test(a_positive_status_is_every_ranks),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(a_callback_that_fails_ends_the_call_on_every_rank),
        cmocka_unit_test(a_rank_that_is_gone_ends_the_call_on_the_others),
        cmocka_unit_test(what_is_for_one_rank_says_so),
        cmocka_unit_test(setters_check_their_arguments),
        cmocka_unit_test(a_workspace_of_ranks_survives_every_failed_allocation),
    };

    alarm(110); /* a rank that waits for ever is a failure */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
