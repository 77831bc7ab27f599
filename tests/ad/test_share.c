/* Parts of a batch, on one rank or several, are the joint batch: batch norm's
 * value, gradient and second derivative, and what a program adds up. */
#include <unistd.h>

#include "support/ranks.h"
#include "support/test.h"

#include "ad/ad.h"

#define PARTS 3
#define EACH 4
#define ROWS (PARTS * EACH)
#define WIDE 6 /* 2 x 1 pixels of 3 channels */
#define CHANNELS 3
#define EPS 1e-3
/* Of doubles whose sums have some dozen terms of size 1, after two
 * derivatives. */
#define NEAR 1e-11

typedef struct result {
    int64_t status;
    double norm[ROWS * WIDE], first[ROWS * WIDE], second[ROWS * WIDE];
    double count[1], mean[CHANNELS], dgamma[CHANNELS];
    double draw[ROWS];
} result;

/* What one rank, or one process, has to replay. */
typedef struct bench {
    genmod_workspace *w;
    ad_graph *g;
    ad_store *s;
    ad_program *p;
    int32_t gamma;
    size_t parts, local;
    char *arena;
    ad_replay replay[PARTS];
    double *gradients, *room, *joined;
} bench;

static double cell(size_t i)
{
    return sin(1.7 * (double)i) + 0.3 * cos(0.31 * (double)(i * i)) + 2.4;
}

/* Outputs: the norm; the gradient in x of what is made of it; the gradient in x
 * of that one's square; sums over all rows; draws. The loss is the square, so
 * gamma's gradient is of the second order, too. */
static int32_t build(bench *b, size_t rows)
{
    ad_graph *const g = b->g;
    const int64_t rest[3] = {2, 1, CHANNELS};
    const ad_node x = ad_input(g, "x", ad_rows(g, 1, 1, 4, rest));
    const ad_node gamma = ad_variable(g, b->s, b->gamma);
    ad_node mean, variance, first, second, dgamma, y, loss;
    int32_t status;

    y = ad_normalise(g, x, 7, EPS, gamma, AD_NONE, &mean, &variance);
    status = ad_grad(g, ad_tanh(g, y), AD_NONE, 1, &x, &first);
    if (status)
        return status;
    loss = ad_sum_all(g, ad_square(g, first));
    status = ad_grad(g, loss, AD_NONE, 1, &x, &second);
    if (!status)
        status = ad_grad(g, loss, AD_NONE, 1, &gamma, &dgamma);
    if (status)
        return status;
    const ad_target targets[] = {
        {AD_OUTPUT, y, -1},
        {AD_OUTPUT, first, -1},
        {AD_OUTPUT, second, -1},
        {AD_OUTPUT, ad_all_sum(g, ad_count(g, x)), -1},
        {AD_OUTPUT, ad_reshape(g, mean, ad_vector(CHANNELS)), -1},
        {AD_OUTPUT, ad_uniform(g, "u", ad_rows(g, 1, 1, 1, NULL)), -1},
        {AD_GRAD, dgamma, b->gamma}};
    (void)rows;
    return ad_compile(g, b->s, 7, targets, &b->p, b->w);
}

static int32_t open_bench(bench *b, size_t rows)
{
    int32_t status = ad_graph_new(rows, &b->g, b->w);

    if (status)
        return status;
    ad_graph_share(b->g, b->parts);
    status = ad_store_new(GENMOD_F64, &b->s, b->w);
    if (!status)
        status = ad_store_add(b->s, "gamma", AD_TRAINED, 0, ad_vector(CHANNELS),
                              &b->gamma, b->w);
    if (!status)
        status = ad_store_seal(b->s, 1, b->w);
    for (size_t j = 0; j < CHANNELS && !status; j++)
        ((double *)ad_store_value(b->s, 0))[j] = 0.7 + 0.4 * (double)j;
    return status ? status : build(b, rows);
}

static void fill(bench *b, size_t first, size_t rows)
{
    const size_t bytes = ad_program_bytes(b->p, 1);
    const size_t trained = ad_store_trained(b->s);

    b->arena = base_alloc(b->w, b->local, bytes);
    b->gradients = base_alloc(b->w, (b->local + 1) * trained, sizeof(double));
    b->room = base_alloc(b->w, 1, ad_program_room(b->p, b->w));
    b->joined = base_alloc(b->w, 1, ad_program_join_bytes(b->p, b->w));
    for (size_t k = 0; k < b->local; k++) {
        const size_t row = first + k * rows;
        double *x;

        b->replay[k] = (ad_replay){.rows = rows,
                                   .seed = 5,
                                   .step = 2,
                                   .first_row = row,
                                   .arena = b->arena + k * bytes,
                                   .width = 1,
                                   .gradients = b->gradients + k * trained};
        x = ad_program_input(b->p, ad_program_find(b->p, "x"),
                             b->replay[k].arena);
        for (size_t i = 0; i < rows * WIDE; i++)
            x[i] = cell(row * WIDE + i);
    }
}

static void close_bench(bench *b)
{
    ad_program_free(b->p);
    ad_store_free(b->s);
    ad_graph_free(b->g);
    base_free(b->arena);
    base_free(b->gradients);
    base_free(b->room);
    base_free(b->joined);
}

static void take(const bench *b, result *out)
{
    double *const to[] = {out->norm,  out->first, out->second,
                          out->count, out->mean,  out->draw};
    const size_t n[] = {ROWS * WIDE, ROWS * WIDE, ROWS * WIDE,
                        1,           CHANNELS,    ROWS};

    for (size_t i = 0; i < 6; i++)
        memcpy(to[i], ad_program_joined(b->p, i, b->joined, b->local, b->parts),
               n[i] * sizeof(double));
    memcpy(out->dgamma, b->gradients + b->local * ad_store_trained(b->s),
           sizeof out->dgamma);
}

static int32_t replay(bench *b, size_t first, size_t rows)
{
    const size_t trained = ad_store_trained(b->s);
    int32_t status;

    fill(b, first, rows);
    status = ad_program_share(b->p, b->s, b->replay, b->room, b->w);
    if (!status)
        status = ad_program_join(b->p, b->replay, b->joined, b->w);
    if (!status)
        status = base_all_sum_shards(b->w, GENMOD_OK, 0, GENMOD_F64, trained,
                                     b->gradients,
                                     b->gradients + b->local * trained);
    return status;
}

/* Rows in so many parts, of which the context's rank has its own. */
static void run(genmod_context *c, result *out)
{
    bench b = {.parts = 1};
    genmod_workspace *w;
    base_call call;
    base_ranks r;

    out->status = genmod_workspace_new(c, &w);
    if (out->status)
        return;
    b.w = base_enter(&call, w, NULL);
    r = base_ranks_of(b.w);
    b.parts = (size_t)(r.shards ? r.shards : r.size);
    b.local = base_parts(b.w);
    out->status = open_bench(&b, ROWS / b.parts);
    if (!out->status)
        out->status = replay(&b, (size_t)r.rank * b.local * (ROWS / b.parts),
                             ROWS / b.parts);
    if (!out->status)
        take(&b, out);
    close_bench(&b);
    out->status = base_leave(&call, (int32_t)out->status);
    genmod_workspace_free(w);
}

static void run_rank(ranks_seat *seat)
{
    genmod_context *const c = ranks_context(seat);

    run(c, (result *)seat->arg + seat->rank);
    genmod_context_free(c);
}

static void run_alone(int32_t shards, result *out)
{
    genmod_context *c;

    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_shards(c, shards));
    run(c, out);
    genmod_context_free(c);
    assert_ok((int32_t)out->status);
}

static ranks_count run_ranks(int32_t size, int32_t shards, result *out)
{
    const ranks_plan plan = {
        .size = size, .shards = shards, .fail_at = RANKS_NEVER};
    const ranks_count count = ranks_run(&plan, run_rank, out);

    for (int32_t r = 0; r < size; r++)
        assert_ok((int32_t)out[r].status);
    assert_int_equal(count.mismatches, 0);
    return count;
}

static void near(size_t n, const double *a, const double *b)
{
    for (size_t i = 0; i < n; i++)
        assert_near(a[i], b[i], NEAR * (1 + fabs(b[i])));
}

static void equal_but_for_rounding(const result *a, const result *b)
{
    near(ROWS * WIDE, a->norm, b->norm);
    near(ROWS * WIDE, a->first, b->first);
    near(ROWS * WIDE, a->second, b->second);
    near(CHANNELS, a->mean, b->mean);
    near(CHANNELS, a->dgamma, b->dgamma);
    assert_true(a->count[0] == b->count[0]);
    assert_memory_equal(a->draw, b->draw, sizeof a->draw);
}

static void shards_of_one_rank_are_the_joint_batch(void **state)
{
    result whole, parts;

    (void)state;
    run_alone(0, &whole);
    run_alone(PARTS, &parts);
    equal_but_for_rounding(&parts, &whole);
    assert_true(whole.count[0] == ROWS);
    assert_true(fabs(whole.second[5]) > 1e-3);
    assert_true(fabs(whole.dgamma[1]) > 1e-3);
}

static void three_ranks_are_the_joint_batch(void **state)
{
    result whole, rank[PARTS];

    (void)state;
    run_alone(0, &whole);
    run_ranks(PARTS, 0, rank);
    for (int r = 0; r < PARTS; r++) {
        equal_but_for_rounding(&rank[r], &whole);
        assert_memory_equal(&rank[r], &rank[0], sizeof rank[r]);
    }
}

static void shards_have_the_same_bits_on_any_number_of_ranks(void **state)
{
    result alone, rank[PARTS];

    (void)state;
    run_alone(PARTS, &alone);
    run_ranks(PARTS, PARTS, rank);
    for (int r = 0; r < PARTS; r++)
        assert_memory_equal(&rank[r], &alone, sizeof alone);
}

/* All sums that can be made at once are one message: of this graph's, mean and
 * variance of the norm, and as many of each derivative and more. */
static void sums_that_wait_together_are_one_message(void **state)
{
    result rank[2];
    const ranks_count count = run_ranks(2, 0, rank);

    (void)state;
    assert_in_range(count.sums, 4, 10);
    assert_true(count.sum_bytes < 100 * sizeof(double));
}

static void rows_are_not_summed_over_parts(void **state)
{
    bench b = {.parts = PARTS};
    genmod_workspace *w;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_ok(ad_graph_new(EACH, &b.g, w));
    ad_graph_share(b.g, PARTS);
    assert_int_equal(
        ad_all_sum(b.g, ad_input(b.g, "x", ad_rows(b.g, 1, 1, 1, NULL))),
        AD_NONE);
    assert_int_equal(ad_graph_status(b.g), GENMOD_BAD_ARGUMENT);
    ad_graph_free(b.g);
    genmod_workspace_free(w);
}

/* A rank whose communicator fails at any call leaves nobody behind. */
static void no_rank_waits_for_one_that_fails(void **state)
{
    result rank[PARTS];

    (void)state;
    alarm(60);
    for (size_t at = 0; at < 12; at++) {
        const ranks_plan plan = {.size = PARTS, .fail_rank = 1, .fail_at = at};

        (void)ranks_run(&plan, run_rank, rank);
        for (int r = 0; r < PARTS; r++)
            assert_int_equal(rank[r].status, GENMOD_CALLBACK);
    }
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_of_one_rank_are_the_joint_batch),
        cmocka_unit_test(three_ranks_are_the_joint_batch),
        cmocka_unit_test(shards_have_the_same_bits_on_any_number_of_ranks),
        cmocka_unit_test(sums_that_wait_together_are_one_message),
        cmocka_unit_test(rows_are_not_summed_over_parts),
        cmocka_unit_test(no_rank_waits_for_one_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
