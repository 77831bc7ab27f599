#include <stdio.h>
#include <unistd.h>

#include "gmm/fixture.h"
#include "support/ranks.h"

#define N ((size_t)2999) /* no multiple of anything */
#define D ((size_t)3)
#define ROOM ((size_t)1 << 15)
#define PARAMS ((size_t)64)

#define FIT 0
#define CHOOSE 1
#define STEPS 2
#define GRADIENT 3
#define PARTIAL 4
#define NESTED 5

/* What all ranks are to do, what one of them does otherwise, and what came of
 * it. Ranks run as threads, so they keep what they find for the test. */
typedef struct scene {
    int verb;
    int32_t shards;
    const char *options; /* "key=value key=value" */
    int32_t weighted, missing, f32, source, labelled;
    /* What is odd about rank `odd`. */
    int32_t odd;
    const char *odd_options;
    double odd_cell; /* in its last row, unless it is 0 */
    int32_t odd_columns, odd_type, odd_cancel, odd_answer;
    size_t odd_allocation; /* the one that fails; 0: none */
    /* What came of it. */
    int32_t status[RANKS_MOST];
    char text[RANKS_MOST][160];
    size_t bytes[RANKS_MOST];
    unsigned char saved[RANKS_MOST][ROOM];
    double mean[RANKS_MOST], bic[RANKS_MOST];
    double params[RANKS_MOST][PARAMS]; /* weights, means, covariances */
    size_t allocations;                /* that the odd rank asked for */
} scene;

static double cells[N * D], weights[N];
static float narrow[N * D];
static int32_t labels[N];

/* Three clusters far enough apart that none has to be guessed. */
static void draw_cells(void)
{
    uint64_t s = 12345;

    for (size_t i = 0; i < N; i++) {
        const double x = (double)(i % 3);

        for (size_t c = 0; c < D; c++) {
            double sum = 0;

            for (int u = 0; u < 4; u++) {
                s = s * UINT64_C(6364136223846793005) + 1442695040888963407;
                sum += (double)(s >> 11) / 9007199254740992.0 - 0.5;
            }
            cells[i * D + c] = 2.7 * x * (c == 1 ? -1 : 1) +
                               sum * (1 + 0.3 * x + 0.2 * (double)c);
            narrow[i * D + c] = (float)cells[i * D + c];
        }
        weights[i] = 0.25 + (double)(s >> 60) / 8;
        labels[i] = (int32_t)(i % 3);
    }
}

static int32_t read_rows(size_t n, const int64_t *rows, void *x, double *w,
                         int32_t *l, void *user)
{
    const size_t first = *(const size_t *)user;

    (void)w, (void)l;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * D, cells + (first + (size_t)rows[i]) * D,
               D * sizeof(double));
    return 0;
}

/* ---- one rank ------------------------------------------------------------ */

typedef struct rank {
    scene *s;
    ranks_seat *seat;
    int odd;
    size_t first, count;
    genmod_context *context;
    genmod_workspace *w;
    genmod_config *config;
    genmod_data *x;
    gmm_model *m;
    double *own; /* a copy of its rows, where a cell is to be another */
    host host;
} rank;

static int32_t configure(rank *r, const char *options)
{
    char key[64], value[64];
    int taken;

    for (;
         options && sscanf(options, " %63[^=]=%63s%n", key, value, &taken) == 2;
         options += taken) {
        const int32_t status =
            genmod_config_set_str(r->config, key, value, NULL);

        if (status)
            return status;
    }
    return 0;
}

static int32_t make_context(rank *r)
{
    const scene *const s = r->s;

    if (!r->odd || !s->odd_allocation) {
        r->context = ranks_context(r->seat);
        return r->context ? 0 : GENMOD_NO_MEMORY;
    }
    host_init(&r->host);
    r->context = host_context(&r->host);
    return genmod_context_set_communicator(
        r->context, r->seat->rank, r->seat->size, ranks_allreduce,
        ranks_broadcast, ranks_allgather, r->seat);
}

static int32_t make_view(rank *r)
{
    const scene *const s = r->s;
    const size_t d = r->odd && s->odd_columns ? D - 1 : D;
    const int f32 = s->f32 || (r->odd && s->odd_type);
    int32_t status = genmod_data_new(&r->x, NULL);

    if (status)
        return status;
    if (s->source)
        return genmod_data_set_source(r->x, GENMOD_F64, r->count, d, read_rows,
                                      &r->first, NULL);
    r->own = malloc((r->count + 1) * D * sizeof *r->own);
    memcpy(r->own, cells + r->first * D, r->count * D * sizeof *r->own);
    for (size_t i = 0; s->missing && i < r->count; i++)
        if ((r->first + i) % 7 == 2)
            r->own[i * D + (r->first + i) % D] = NAN;
    if (r->odd && s->odd_cell != 0)
        r->own[(r->count - 1) * D + 1] = s->odd_cell;
    status = genmod_data_set_rows(
        r->x, f32 ? GENMOD_F32 : GENMOD_F64, r->count, d,
        f32 ? (const void *)(narrow + r->first * D) : r->own, D, 1, NULL);
    if (!status && s->missing)
        status = genmod_data_set_missing(r->x, 1, NULL);
    if (!status && s->weighted)
        status =
            genmod_data_set_weights(r->x, r->count, weights + r->first, NULL);
    if (!status && s->labelled)
        status =
            genmod_data_set_labels(r->x, r->count, labels + r->first, NULL);
    return status;
}

static int32_t poll(const genmod_report *report, void *user)
{
    rank *const r = user;
    double iterations = 0;

    if (r->s->verb == NESTED) {
        genmod_workspace *other = NULL;
        double mean;

        if (genmod_workspace_new(r->context, &other))
            return -5;
        r->s->bytes[r->seat->rank] =
            (size_t)-gmm_log_likelihood(r->m, r->x, &mean, other);
        genmod_workspace_free(other);
        return 0;
    }
    if (genmod_report_get(report, GMM_REPORT_ITERATIONS, &iterations))
        return -6;
    if (!r->odd || !(iterations >= 2))
        return 0;
    if (r->s->odd_cancel)
        genmod_workspace_cancel(r->w);
    return r->s->odd_answer;
}

static int32_t train(rank *r)
{
    const scene *const s = r->s;
    double g[64];
    int32_t status = 0;

    if (s->verb == CHOOSE)
        return gmm_choose(r->m, r->x, r->x, 2, 4, "full diagonal",
                          GMM_CHOOSE_BIC, r->w);
    if (s->verb == PARTIAL)
        return gmm_partial_fit(r->m, r->x, r->w);
    if (s->verb == STEPS) {
        status = gmm_start(r->m, r->x, r->w);
        for (int i = 0; i < 3 && !status; i++)
            status = gmm_step(r->m, r->x, r->w);
        return status;
    }
    status = gmm_fit(r->m, r->x, poll, r, r->w);
    if (!status && s->verb == GRADIENT) {
        status = gmm_likelihood_gradient(r->m, r->x, 64, g, NULL, r->w);
        r->s->mean[r->seat->rank] = status ? 0 : g[4];
    }
    return status;
}

static void get_params(const rank *r, double *out)
{
    static const char *const names[] = {GMM_WEIGHTS, GMM_MEANS,
                                        GMM_COVARIANCES};
    size_t at = 0, n = 0;

    for (size_t i = 0; i < 3; i++, at += n)
        if (gmm_get_params(r->m, names[i], PARAMS - at, out + at, &n, NULL))
            return;
}

static void look(rank *r)
{
    scene *const s = r->s;
    const int32_t i = r->seat->rank;

    strncpy(s->text[i], genmod_workspace_error(r->w), 159);
    if (s->verb == GRADIENT || s->verb == NESTED)
        return;
    get_params(r, s->params[i]);
    if (gmm_save(r->m, ROOM, s->saved[i], &s->bytes[i], NULL))
        s->bytes[i] = 0;
    if (s->status[i])
        return;
    s->status[i] = gmm_log_likelihood(r->m, r->x, &s->mean[i], r->w);
    if (!s->status[i])
        s->status[i] = gmm_bic(r->m, r->x, &s->bic[i], r->w);
}

static void one_rank(ranks_seat *seat)
{
    scene *const s = seat->arg;
    rank r = {.s = s, .seat = seat, .odd = seat->rank == s->odd};
    int32_t status = genmod_shard((int64_t)N, seat->rank, seat->size, s->shards,
                                  &r.first, &r.count);

    if (!status)
        status = make_context(&r);
    if (!status)
        status = genmod_workspace_new(r.context, &r.w);
    if (!status)
        status = gmm_config_new(&r.config, NULL);
    if (!status)
        status = configure(&r, "components=3 seed=7");
    if (!status)
        status = configure(&r, s->options);
    if (!status && r.odd)
        status = configure(&r, s->odd_options);
    if (!status)
        status = gmm_new(r.config, &r.m, NULL);
    if (!status)
        status = make_view(&r);
    if (!status && r.odd && s->odd_allocation)
        host_arm(&r.host, s->odd_allocation - 1, HOST_ONCE);
    s->status[seat->rank] = status ? 99 : train(&r);
    if (r.odd && s->odd_allocation)
        s->allocations = atomic_load(&r.host.calls);
    look(&r);
    gmm_free(r.m);
    genmod_data_free(r.x);
    genmod_config_free(r.config);
    genmod_workspace_free(r.w);
    genmod_context_free(r.context);
    free(r.own);
}

/* ---- what holds for all -------------------------------------------------- */

static void run(scene *s, int32_t size, int32_t shards)
{
    const ranks_plan plan = {size, shards, -1, RANKS_NEVER};
    ranks_count count;

    s->shards = shards;
    count = ranks_run(&plan, one_rank, s);
    assert_int_equal(count.mismatches, 0);
}

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

static scene *scene_of(const char *options)
{
    scene *const s = fixture_take(1, sizeof *s);

    s->options = options;
    s->odd = -1;
    return s;
}

/* The scene on one rank, and on three in the fast mode. */
static void equals_one_process(scene *s, double tolerance)
{
    const int32_t size = 3;
    scene *const one = fixture_take(1, sizeof *one);

    run(s, 1, 0);
    all_are(s, 1, GENMOD_OK);
    memcpy(one, s, sizeof *one);
    run(s, size, 0);
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

    run(s, 1, 12);
    all_are(s, 1, GENMOD_OK);
    memcpy(one, s, sizeof *one);
    for (int32_t size = least; size <= most; size++) {
        run(s, size, 12);
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
    run(s, 1, 0);
    assert_ok(s->status[0]);
    one = s->mean[0];
    assert_true(fabs(one) > 1e-6);
    run(s, 3, 0);
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
    run(s, 3, 0);
    all_are(s, 3, GENMOD_BAD_ARGUMENT);
    all_say(s, 3, "rank 1: components is 2; rank 0 has 3");
    s->odd_options = "tolerance=1e-7";
    run(s, 3, 0);
    all_say(s, 3, "rank 1: tolerance differs from rank 0's");
    s->odd_options = NULL;
    s->odd_columns = 1;
    run(s, 3, 0);
    all_say(s, 3, "rank 1: columns is 2; rank 0 has 3");
    s->odd_columns = 0;
    s->odd_type = 1;
    run(s, 3, 0);
    all_say(s, 3,
            "rank 1: type of the rows, 1 for f32 and 2 for f64, is 1; rank 0 "
            "has 2");
    free(s);
}

static void what_is_no_number_on_one_rank_is_every_ranks_error(void **state)
{
    scene *const s = scene_of(NULL);

    (void)state;
    s->odd_cell = NAN;
    for (s->odd = 0; s->odd < 3; s->odd++) {
        run(s, 3, s->odd == 1 ? 6 : 0);
        all_are(s, 3, GENMOD_NON_FINITE);
        fixture_close("its rank", s->text[2][5], '0' + s->odd, 0);
        support_contains(s->text[2], "column 1 is nan", __FILE__, __LINE__);
    }
    free(s);
}

static void a_cancel_on_one_rank_ends_all(void **state)
{
    scene *const s = scene_of("covariance=full tolerance=0");

    (void)state;
    s->odd = 2;
    s->odd_cancel = 1;
    run(s, 4, 0);
    all_are(s, 4, GENMOD_CANCELLED);
    all_say(s, 4, "rank 2: the call was cancelled");
    free(s);
}

static void progress_of_one_rank_stops_all(void **state)
{
    scene *const s = scene_of("tolerance=0");

    (void)state;
    s->odd = 1;
    s->odd_answer = 1;
    run(s, 3, 0);
    all_are(s, 3, GENMOD_OK);
    s->odd_answer = -4;
    run(s, 3, 0);
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
        const ranks_count count = ranks_run(&plan, one_rank, s);

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

static void any_allocation_of_one_rank_may_fail(void **state)
{
    scene *const s = scene_of("max_iterations=2 covariance=diagonal");
    size_t refused = 0;

    (void)state;
    s->odd = 1;
    for (s->odd_allocation = 1;; s->odd_allocation++) {
        run(s, 2, 0);
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

static void what_needs_one_rank_is_refused(void **state)
{
    scene *const s = scene_of(NULL);

    (void)state;
    s->verb = PARTIAL;
    run(s, 2, 0);
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
    run(s, 2, 0);
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
    four = ranks_run(&plan, one_rank, s);
    s->options = "tolerance=0 max_iterations=9";
    nine = ranks_run(&plan, one_rank, s);
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
        cmocka_unit_test(what_is_no_number_on_one_rank_is_every_ranks_error),
        cmocka_unit_test(a_cancel_on_one_rank_ends_all),
        cmocka_unit_test(progress_of_one_rank_stops_all),
        cmocka_unit_test(any_callback_may_fail),
        cmocka_unit_test(any_allocation_of_one_rank_may_fail),
        cmocka_unit_test(what_needs_one_rank_is_refused),
        cmocka_unit_test(a_second_call_does_not_come_between),
        cmocka_unit_test(a_step_sends_what_is_promised),
    };

    draw_cells();
    alarm(280); /* a rank that waits for ever is a failure */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
