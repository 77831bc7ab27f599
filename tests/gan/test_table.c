/* Tables of all kinds of columns: what networks see of a row comes back, and
 * whatever comes out is a row of the table. */
#include <float.h>
#include <math.h>

#include "gan/fixture.h"
#include "gan/internal.h"
#include "model/life.h"

#define N 120
#define D 6

static const int32_t kinds[D] = {GENMOD_REAL,     GENMOD_CATEGORICAL,
                                 GENMOD_POSITIVE, GENMOD_COUNT,
                                 GENMOD_BINARY,   GENMOD_REAL};
static const int32_t levels[D] = {0, 3, 0, 0, 0, 0};

/* A third of column 5 is 0. */
static double rows[N * D];

static void make_rows(void)
{
    double *const e = fixture_invent(N, 3, 7);
    for (size_t i = 0; i < N; i++) {
        double *const r = rows + i * D;
        r[0] = e[3 * i] + (i % 2 ? 40 : 0);
        r[1] = (double)(i % 5 == 0 ? 2 : i % 2);
        r[2] = exp(e[3 * i + 1] / 10);
        r[3] = (double)(i * i % 37 / 3);
        r[4] = (double)(i % 2);
        r[5] = i % 3 ? e[3 * i + 2] : 0;
    }
    free(e);
}

static genmod_data *view(void)
{
    genmod_data *const v = fixture_view(N, D, rows);
    assert_ok(genmod_data_set_schema(v, D, kinds, levels, NULL));
    return v;
}

#define SMALL                                                          \
    "codes=3 | generator=dense 6; lrelu 0.2 | discriminator=dense 6; " \
    "lrelu 0.2 | batch_size=20 | epochs=3 | seed=2 | "

static const char *const plans[] = {SMALL "numeric=standard",
                                    SMALL "packing=2 | numeric=quantile",
                                    SMALL "modes=3 | numeric=modes"};

#define PLANS (sizeof plans / sizeof *plans)

static gan_model *started(const char *options)
{
    genmod_data *const v = view();
    gan_model *const m = fixture_model(options);
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_step(m, v, NULL));
    genmod_data_free(v);
    return m;
}

/* ---- rows that come out -------------------------------------------------- */

static void check_cell(size_t j, double v, double slack)
{
    double least = rows[j], most = rows[j];
    for (size_t i = 0; i < N; i++) {
        least = fmin(least, rows[i * D + j]);
        most = fmax(most, rows[i * D + j]);
    }
    assert_true(v >= least - slack * fabs(least) &&
                v <= most + slack * fabs(most));
    if (kinds[j] >= GENMOD_COUNT)
        assert_true(v == floor(v));
    if (kinds[j] == GENMOD_POSITIVE)
        assert_true(v > 0);
}

#define MANY 400

static void every_row_is_valid_by_kind_and_in_range(void **state)
{
    (void)state;
    static double x[MANY * D];
    static float y[MANY * D];
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = started(plans[p]);
        assert_ok(
            gan_sample(m, 3, 0, MANY, NULL, GENMOD_F64, sizeof x, x, NULL));
        assert_ok(
            gan_sample(m, 3, 0, MANY, NULL, GENMOD_F32, sizeof y, y, NULL));
        for (size_t i = 0; i < MANY * D; i++) {
            check_cell(i % D, x[i], 0);
            check_cell(i % D, (double)y[i], 0x1p-24); /* half a float */
            assert_true((float)x[i] == y[i]);
        }
        gan_free(m);
    }
}

/* Numbers that no training leaves, as a file may hold them. */
static void whatever_the_numbers_rows_are_valid(void **state)
{
    (void)state;
    static const double wild[] = {-1e300, 3, -0.5, 1e300, -7, 1e38, 0.25};
    static const char *const names[] = {GAN_CELLS, GAN_LEAST, GAN_MOST,
                                        "generator.0.bias", "table.offset"};
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = started(plans[p]);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            double cell[2 * D];
            size_t n = 0;
            if (gan_get_params(m, names[k], 0, NULL, &n, NULL) !=
                GENMOD_TOO_SMALL)
                continue; /* not of this encoding */
            double *const v = fixture_take(n, sizeof *v);
            for (size_t i = 0; i < n; i++)
                v[i] = k > 2 ? fmod(wild[i % 7], 1e38) : wild[i % 7];
            assert_ok(gan_set_params(m, names[k], n, v, NULL));
            free(v);
            assert_ok(gan_sample(m, 3, 0, 2, NULL, GENMOD_F64, sizeof cell,
                                 cell, NULL));
            for (size_t i = 0; i < 2 * D; i++) {
                const size_t j = i % D;
                assert_true(isfinite(cell[i]));
                if (kinds[j] >= GENMOD_COUNT)
                    assert_true(cell[i] == floor(cell[i]) && cell[i] >= 0 &&
                                cell[i] <= 0x1p24);
                if (kinds[j] == GENMOD_POSITIVE)
                    assert_true(cell[i] > 0);
                if (kinds[j] > GENMOD_COUNT)
                    assert_true(cell[i] < (levels[j] ? levels[j] : 2));
            }
        }
        gan_free(m);
    }
}

static void a_row_depends_on_seed_and_number_alone(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = started(plans[p]);
        double all[20 * D], part[7 * D], other[7 * D];
        assert_ok(
            gan_sample(m, 9, 3, 20, NULL, GENMOD_F64, sizeof all, all, NULL));
        assert_ok(
            gan_sample(m, 9, 8, 7, NULL, GENMOD_F64, sizeof part, part, NULL));
        assert_ok(gan_sample(m, 8, 8, 7, NULL, GENMOD_F64, sizeof other, other,
                             NULL));
        assert_memory_equal(part, all + 5 * D, sizeof part);
        assert_memory_not_equal(part, other, sizeof part);
        gan_free(m);
    }
}

/* Of a code it is a function; what a draw gives has the same numeric cells,
 * where these have no modes. */
static void codes_generate_the_most_probable_categories(void **state)
{
    (void)state;
    gan_model *const m = started(plans[1]);
    float z[50 * 3];
    double x[50 * D], y[50 * D], drawn[50 * D];
    size_t differ = 0;
    genmod_data *codes = NULL;
    assert_ok(gan_sample_codes(m, 5, 2, 50, GENMOD_F32, sizeof z, z, NULL));
    assert_ok(genmod_data_new(&codes, NULL));
    assert_ok(genmod_data_set_rows(codes, GENMOD_F32, 50, 3, z, 0, 0, NULL));
    assert_ok(gan_generate(m, codes, GENMOD_F64, sizeof x, x, NULL));
    assert_ok(gan_generate(m, codes, GENMOD_F64, sizeof y, y, NULL));
    assert_ok(
        gan_sample(m, 5, 2, 50, NULL, GENMOD_F64, sizeof drawn, drawn, NULL));
    assert_memory_equal(x, y, sizeof x);
    for (size_t i = 0; i < 50 * D; i++)
        if (kinds[i % D] > GENMOD_COUNT)
            differ += x[i] != drawn[i];
        else
            assert_true(x[i] == drawn[i]);
    /* two columns of even chances at first: about half of 50 each */
    assert_in_range(differ, 20, 80);
    genmod_data_free(codes);
    gan_free(m);
}

/* ---- there and back ------------------------------------------------------ */

/* A program of one input: what networks see of rows, or cells of that. */
static ad_program *program(const gan_body *b, int back)
{
    model_draft f;
    ad_program *out = NULL;
    const nn_size row = gan_row_size(b);
    genmod_workspace *w = fixture_workspace(1, NULL);
    base_call call;
    w = base_enter(&call, w, NULL);
    assert_ok(model_draft_open(&f, &b->base, N, 0, w));
    model_draft_output(
        &f,
        back ? gan_decode(&f, model_draft_rows(&f, "x", &row), NULL)
             : gan_encode(&f, model_draft_rows(&f, "x", &b->base.columns.size),
                          0));
    assert_ok(model_draft_close(&f, &out));
    assert_ok(base_leave(&call, GENMOD_OK));
    genmod_workspace_free(w);
    return out;
}

static void run(const ad_program *p, const gan_body *b, const float *in,
                size_t wide, float *out, size_t wide_out)
{
    void *const arena =
        aligned_alloc(64, (ad_program_bytes(p, 1) + 63) / 64 * 64);
    const ad_replay how = {.rows = N, .arena = arena, .width = 1};
    assert_non_null(arena);
    memcpy(ad_program_input(p, ad_program_find(p, "x"), arena), in,
           N * wide * sizeof *in);
    ad_program_run(p, b->base.store, &how, NULL);
    memcpy(out, ad_program_output(p, 0, arena), N * wide_out * sizeof *out);
    free(arena);
}

/* What networks see of all rows, [N, numbers]; cells NULL: not asked for. */
static float *seen_rows(const gan_model *m, float *cells)
{
    const gan_body *const b = (const gan_body *)((const model *)m)->body;
    const size_t wide = (size_t)b->table.numbers;
    genmod_data *const v = view();
    float *const x = fixture_take(N * D, sizeof *x);
    float *const y = fixture_take(N * wide, sizeof *y);
    void *const stage = aligned_alloc(64, (nn_rows_stage(v, N) + 63) / 64 * 64);
    ad_program *const p = program(b, 0);
    assert_ok(nn_rows_run(v, &b->base.columns, 0, N, stage, x, NULL, NULL));
    run(p, b, x, D, y, wide);
    if (cells)
        memcpy(cells, x, N * D * sizeof *x);
    ad_program_free(p);
    free(stage);
    free(x);
    genmod_data_free(v);
    return y;
}

static void what_networks_see_of_a_row_comes_back(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = started(plans[p]);
        const gan_body *const b = (const gan_body *)((model *)m)->body;
        const size_t wide = (size_t)b->table.numbers;
        float *const y = seen_rows(m, NULL), cells[N * D];
        double back[N * D];
        ad_program *const decode = program(b, 1);
        /* ones among zeros become logits that leave no doubt */
        for (size_t i = 0; i < b->table.blocks; i++) {
            const gan_block *const k = &b->table.block[i];
            for (size_t r = 0; r < N; r++)
                for (int64_t e = 0; e < k->numbers; e++)
                    if (k->levels &&
                        (!gan_is_numeric(k) || e % (k->levels + 1)))
                        y[r * wide + (size_t)(k->at + e)] *= 1e6f;
        }
        run(decode, b, y, wide, cells, D);
        gan_table_write(b, N, cells, GENMOD_F64, back);
        for (size_t i = 0; i < N * D; i++) {
            if (kinds[i % D] >= GENMOD_COUNT)
                assert_true(back[i] == rows[i]);
            else /* floats of columns whose deviation is up to 20 */
                assert_near(back[i], rows[i], 2e-5 * (1 + fabs(rows[i])));
            if (p == 1 && i % D == 5 && rows[i] == 0)
                assert_true(back[i] == 0); /* what repeats is exact */
        }
        ad_program_free(decode);
        free(y);
        gan_free(m);
    }
}

static void categories_are_ones_among_zeros(void **state)
{
    (void)state;
    gan_model *const m = started(plans[0]);
    float *const y = seen_rows(m, NULL);
    /* real, 3 levels, positive, count, 2 levels, real */
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < 3; k++)
            assert_true(y[i * 9 + 1 + k] ==
                        (rows[i * D + 1] == (double)k ? 1 : 0));
        assert_true(y[i * 9 + 6] == 1 - (float)rows[i * D + 4]);
        assert_true(y[i * 9 + 7] == (float)rows[i * D + 4]);
    }
    free(y);
    gan_free(m);
}

/* By the ranks of the rows: the deviate that as many normals are below. */
static void quantiles_are_normal_deviates(void **state)
{
    (void)state;
    gan_model *const m = started(plans[1]);
    float *const y = seen_rows(m, NULL);
    double mean = 0, square = 0;
    for (size_t i = 0; i < N; i++) {
        size_t below = 0;
        for (size_t k = 0; k < N; k++)
            below += rows[k * D] < rows[i * D];
        const double u = ((double)below + 0.5) / N, z = (double)y[i * 9];
        const double v = 0.5 * erfc(-z / sqrt(2));
        /* linear within a segment, of 1/20 of the rows at most */
        assert_near(v, u, 0.05);
        mean += z / N;
        square += z * z / N;
    }
    assert_near(mean, 0, 0.05);
    assert_near(square - mean * mean, 1, 0.1);
    free(y);
    gan_free(m);
}

/* The two heaps of column 0 are modes, and cells stand within some deviations
 * of theirs. */
static void modes_are_found(void **state)
{
    (void)state;
    gan_model *const m = started(plans[2]);
    size_t n = 0;
    double *const mean = fixture_params(m, "table.means", &n);
    double *const deviation = fixture_params(m, "table.deviations", &n);
    double *const share = fixture_params(m, "table.offset", &n);
    double weight[3], sum = 0;
    for (size_t k = 0; k < 3; k++)
        sum += weight[k] = exp(share[1 + k]);
    assert_near(sum, 1, 1e-5);
    for (size_t k = 0; k < 3; k++)
        if (weight[k] > 0)
            assert_in_range((size_t)(1000 * weight[k]), 150, 850);
    assert_true(deviation[0] < 0.6 && mean[0] * mean[1] < 0);
    free(mean);
    free(deviation);
    free(share);
    gan_free(m);
}

static double normal_at(size_t i, size_t n)
{
    const double u = ((double)i + 0.5) / (double)n;
    double z = 0;
    for (int step = 0; step < 40; step++)
        z -= (0.5 * erfc(-z / sqrt(2)) - u) /
             fmax(exp(-z * z / 2) / 2.5066282746310002, 1e-6);
    return z;
}

/* Halves, thirds: two normals that are apart, and one alone, in order. */
static void em_finds_the_normals_of_a_column(void **state)
{
    (void)state;
    double x[900], v[3 * 8];
    size_t found = 0;
    base_call call;
    genmod_workspace *w = fixture_workspace(1, NULL);
    for (size_t i = 0; i < 300; i++)
        x[i] = -5 + 0.5 * normal_at(i, 300);
    for (size_t i = 0; i < 600; i++)
        x[300 + i] = 7 + 2 * normal_at(i, 600);
    w = base_enter(&call, w, NULL);
    assert_ok(model_modes(900, x, 8, v, v + 8, v + 16, &found, w));
    assert_int_equal(found, 2);
    /* of a grid of quantiles, which has thinner tails than a sample */
    assert_near(v[0], 1.0 / 3, 1e-3);
    assert_near(v[8], -5, 1e-2);
    assert_near(v[9], 7, 2e-2);
    assert_near(v[16], 0.5, 1e-2);
    assert_near(v[17], 2, 4e-2);
    assert_ok(model_modes(300, x, 8, v, v + 8, v + 16, &found, w));
    assert_int_equal(found, 1);
    for (size_t i = 0; i < 300; i++)
        x[i] = 2.5;
    assert_ok(model_modes(300, x, 8, v, v + 8, v + 16, &found, w));
    assert_int_equal(found, 1);
    assert_near(v[8], 2.5, 1e-12);
    assert_ok(model_modes(1, x, 8, v, v + 8, v + 16, &found, w));
    assert_int_equal(found, 1);
    assert_ok(base_leave(&call, GENMOD_OK));
    genmod_workspace_free(w);
}

/* ---- conditions ---------------------------------------------------------- */

static void rows_that_meet_conditions_are_those_of_the_stream(void **state)
{
    (void)state;
    static const int32_t columns[2] = {1, 0};
    static const double least[2] = {1, -INFINITY}, most[2] = {1, 30};
    enum { TRIES = 700, WANTED = 60 };
    static double all[TRIES * D], x[WANTED * D], more[WANTED * D];
    gan_model *const m = started(plans[1]);
    size_t given = 0, tried = 0, at = 0, next = 0;
    assert_ok(
        gan_sample(m, 6, 4, TRIES, NULL, GENMOD_F64, sizeof all, all, NULL));
    assert_ok(gan_sample_where(m, 6, 4, TRIES, 2, columns, least, most, -1, 40,
                               GENMOD_F64, sizeof x, x, &given, &tried, NULL));
    assert_int_equal(given, 40);
    for (size_t i = 0; i < tried; i++) {
        const double *const r = all + i * D;
        if (r[1] == 1 && r[0] <= 30)
            assert_memory_equal(r, x + at++ * D, D * sizeof *r);
    }
    assert_int_equal(at, 40);
    assert_true(all[(tried - 1) * D + 1] == 1);
    /* going on: the 20 that come next, as a call for 60 has them */
    assert_ok(gan_sample_where(m, 6, 4, TRIES, 2, columns, least, most, -1,
                               WANTED, GENMOD_F64, sizeof x, x, NULL, &next,
                               NULL));
    assert_ok(gan_sample_where(m, 6, 4 + tried, TRIES - tried, 2, columns,
                               least, most, -1, 20, GENMOD_F64, sizeof more,
                               more, NULL, &at, NULL));
    assert_memory_equal(more, x + 40 * D, 20 * D * sizeof *x);
    assert_int_equal(tried + at, next);
    gan_free(m);
}

static void what_no_row_meets_is_told(void **state)
{
    (void)state;
    static const int32_t column = 0;
    static const double least = 1e6, most = INFINITY;
    double x[3 * D];
    size_t given = 9, tried = 9;
    gan_model *const m = started(plans[1]);
    memset(x, 1, sizeof x);
    assert_ok(gan_sample_where(m, 6, 0, 1000, 1, &column, &least, &most, -1, 3,
                               GENMOD_F64, sizeof x, x, &given, &tried, NULL));
    assert_int_equal(given, 0);
    assert_int_equal(tried, 1000);
    for (size_t i = 0; i < 3 * D; i++)
        assert_true(x[i] == 0);
    gan_free(m);
}

static void labels_go_with_conditions(void **state)
{
    (void)state;
    int32_t labels[N], given[300];
    double x[30 * D], all[300 * D];
    static const int32_t column = 4;
    static const double one = 1;
    size_t tried = 0, at = 0;
    genmod_data *const v = view();
    gan_model *const m = fixture_model(SMALL "classes=2 | numeric=standard");
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)(i % 2);
    for (size_t i = 0; i < 300; i++)
        given[i] = 1;
    assert_ok(genmod_data_set_labels(v, N, labels, NULL));
    assert_ok(gan_start(m, v, NULL));
    assert_ok(
        gan_sample(m, 2, 0, 300, given, GENMOD_F64, sizeof all, all, NULL));
    assert_ok(gan_sample_where(m, 2, 0, 300, 1, &column, &one, &one, 1, 30,
                               GENMOD_F64, sizeof x, x, NULL, &tried, NULL));
    for (size_t i = 0; i < tried; i++)
        if (all[i * D + 4] == 1)
            assert_memory_equal(all + i * D, x + at++ * D, D * sizeof *x);
    assert_int_equal(at, 30);
    assert_status(gan_sample_where(m, 2, 0, 300, 1, &column, &one, &one, 2, 30,
                                   GENMOD_F64, sizeof x, x, NULL, NULL, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    gan_free(m);
    genmod_data_free(v);
}

/* With everything right but what the arguments say. */
static void refuse_where(const gan_model *m, size_t tries, int32_t column,
                         double least, double most, int32_t label, size_t n,
                         const char *why)
{
    double x[4 * D];
    size_t given = 77;
    genmod_workspace *const w = fixture_workspace(1, NULL);
    assert_int_equal(gan_sample_where(m, 6, 5, tries, 1, &column, &least, &most,
                                      label, n, GENMOD_F64, sizeof x, x, &given,
                                      NULL, w),
                     GENMOD_BAD_ARGUMENT);
    assert_non_null(strstr(genmod_workspace_error(w), why));
    assert_int_equal(given, 77);
    genmod_workspace_free(w);
}

static void conditions_that_cannot_be_are_refused(void **state)
{
    (void)state;
    gan_model *const m = started(plans[0]), *const none = fixture_model(SMALL);
    double x[4 * D];
    refuse_where(m, 0, 0, 0, 1, -1, 4, "tries is 0");
    refuse_where(m, 9, 6, 0, 1, -1, 4, "the model's are 0 to 5");
    refuse_where(m, 9, -1, 0, 1, -1, 4, "columns has -1");
    refuse_where(m, 9, 0, 2, 1, -1, 4, "from 2 to 1");
    refuse_where(m, 9, 0, NAN, 1, -1, 4, "which no number is");
    refuse_where(m, 9, 1, 3, 3, -1, 4, "holds 0 to 2");
    refuse_where(m, 9, 4, 2, 2, -1, 4, "holds 0 to 1");
    refuse_where(m, 9, 0, 0, 1, 0, 4, "0 classes");
    refuse_where(m, 9, 0, 0, 1, -1, 0, "n is 0");
    refuse_where(NULL, 9, 0, 0, 1, -1, 4, "m is NULL");
    assert_status(gan_sample_where(m, 1, 0, 9, 1, NULL, x, x, -1, 4, GENMOD_F64,
                                   sizeof x, x, NULL, NULL, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gan_sample_where(m, 1, 0, 9, 0, NULL, NULL, NULL, -1, 5,
                                   GENMOD_F64, sizeof x, x, NULL, NULL, NULL),
                  GENMOD_TOO_SMALL, NULL);
    assert_status(gan_sample_where(m, 1, UINT64_MAX, 9, 0, NULL, NULL, NULL, -1,
                                   4, GENMOD_F64, sizeof x, x, NULL, NULL,
                                   NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gan_sample_where(none, 1, 0, 9, 0, NULL, NULL, NULL, -1, 4,
                                   GENMOD_F64, sizeof x, x, NULL, NULL, NULL),
                  GENMOD_NOT_FITTED, NULL);
    gan_free(m);
    gan_free(none);
}

/* ---- the life of such a model -------------------------------------------- */

static int32_t ask(const void *m, const genmod_data *x, void *out,
                   genmod_workspace *w)
{
    return gan_discriminate(m, x, N * sizeof(double), out, w);
}

static life life_of(const char *options)
{
    return (life){.family = &gan_family,
                  .bytes = sizeof(gan_model),
                  .options = options,
                  .passes = 3,
                  .updates = 6,
                  .view = view,
                  .ask = ask};
}

static void training_goes_on_bit_for_bit(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        const life f = life_of(plans[p]);
        void *at = (void *)&f;
        fit_is_start_and_steps(&at);
        checkpoints_go_on_bit_for_bit(&at);
    }
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    const life f = life_of(plans[1]);
    life_check_threads(&f, 4, NULL);
}

static void a_saved_table_is_the_same_model(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = started(plans[p]);
        gan_model *const other = fixture_model("seed=4"), *const copy =
                                                              fixture_model(
                                                                  "seed=5");
        const fixture_bytes b = fixture_save(m);
        double x[30 * D], y[30 * D];
        assert_ok(gan_load(other, b.n, b.p, NULL));
        assert_ok(gan_copy(m, copy, NULL));
        assert_true(fixture_saves(other, b) && fixture_saves(copy, b));
        assert_ok(gan_sample(m, 5, 2, 30, NULL, GENMOD_F64, sizeof x, x, NULL));
        assert_ok(
            gan_sample(other, 5, 2, 30, NULL, GENMOD_F64, sizeof y, y, NULL));
        assert_memory_equal(x, y, sizeof x);
        free(b.p);
        gan_free(m);
        gan_free(other);
        gan_free(copy);
    }
}

static void a_probe_looks_at_tables(void **state)
{
    (void)state;
    double out[GAN_PROBES];
    gan_model *const m = started(plans[1]);
    genmod_data *const v = view();
    assert_ok(gan_probe(m, v, v, 3, 0, 20, GAN_PROBES, out, NULL, NULL));
    for (size_t i = 0; i < GAN_PROBES; i++)
        assert_true(isfinite(out[i]));
    assert_true(out[GAN_PROBE_TOLD_APART] == 1); /* one update */
    genmod_data_free(v);
    gan_free(m);
}

static void the_schema_stays(void **state)
{
    (void)state;
    static const int32_t more[D] = {0, 4, 0, 0, 0, 0};
    gan_model *const m = started(plans[0]);
    genmod_data *const v = view();
    assert_ok(genmod_data_set_schema(v, D, kinds, more, NULL));
    assert_status(gan_step(m, v, NULL), GENMOD_BAD_ARGUMENT, NULL);
    genmod_data_free(v);
    gan_free(m);
}

static void tables_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const int32_t wide[D] = {0, 65536, 0, 0, 0, 0};
    gan_model *const image = fixture_model("input=1x2x3");
    gan_model *const m = fixture_model(SMALL);
    genmod_data *const v = view();
    genmod_config *const c = fixture_config("input=1x28x28 | numeric=modes");
    gan_model *none = NULL;
    assert_status(gan_fit(image, v, NULL, NULL, NULL, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gan_new(c, &none, NULL), GENMOD_BAD_ARGUMENT, NULL);
    assert_null(none);
    assert_ok(genmod_data_set_schema(v, D, kinds, wide, NULL));
    assert_status(gan_start(m, v, NULL), GENMOD_BAD_ARGUMENT, NULL);
    genmod_config_free(c);
    genmod_data_free(v);
    gan_free(image);
    gan_free(m);
}

/* Columns that are all real stand as they did, unless an encoding is named. */
static void real_columns_are_no_table(void **state)
{
    (void)state;
    static const int32_t real[D] = {0};
    genmod_data *const v = fixture_view(N, D, rows);
    gan_model *const m = fixture_model(SMALL), *const other =
                                                   fixture_model(SMALL);
    double x[9 * D], y[9 * D];
    assert_ok(gan_start(m, v, NULL));
    assert_ok(genmod_data_set_schema(v, D, real, NULL, NULL));
    assert_ok(gan_start(other, v, NULL));
    assert_ok(gan_step(m, v, NULL));
    assert_ok(gan_step(other, v, NULL));
    assert_ok(gan_sample(m, 5, 2, 9, NULL, GENMOD_F64, sizeof x, x, NULL));
    assert_ok(gan_sample(other, 5, 2, 9, NULL, GENMOD_F64, sizeof y, y, NULL));
    assert_memory_equal(x, y, sizeof x);
    gan_free(m);
    gan_free(other);
    genmod_data_free(v);
}

/* ---- the game ------------------------------------------------------------ */

/* Column 1 is column 0, which has one more category in 5 rows of 8: generated
 * rows learn of it by the gradient through draws alone. */
static void categories_that_go_together_are_learnt(void **state)
{
    (void)state;
    enum { ROWS = 400, DRAWN = 1000 };
    static const int32_t two[2] = {GENMOD_CATEGORICAL, GENMOD_CATEGORICAL};
    static const int32_t of[2] = {3, 3};
    static double x[ROWS * 2], y[DRAWN * 2];
    size_t same = 0, first = 0;
    gan_model *const m = fixture_model(
        "codes=4 | generator=dense 16; lrelu 0.2 | discriminator=dense 16; "
        "lrelu 0.2 | batch_size=64 | updates=600 | learning_rate=0.01 | "
        "seed=3");
    for (size_t i = 0; i < ROWS; i++)
        x[2 * i] = x[2 * i + 1] = i % 8 < 5 ? 0 : 1 + (double)(i % 2);
    genmod_data *const v = fixture_view(ROWS, 2, x);
    assert_ok(genmod_data_set_schema(v, 2, two, of, NULL));
    assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(gan_sample(m, 5, 0, DRAWN, NULL, GENMOD_F64, sizeof y, y, NULL));
    for (size_t i = 0; i < DRAWN; i++) {
        same += y[2 * i] == y[2 * i + 1];
        first += y[2 * i] == 0;
    }
    /* by chance 46 % would be equal */
    assert_in_range(same, 900, DRAWN);
    assert_in_range(first, 550, 700);
    genmod_data_free(v);
    gan_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_valid_by_kind_and_in_range),
        cmocka_unit_test(whatever_the_numbers_rows_are_valid),
        cmocka_unit_test(a_row_depends_on_seed_and_number_alone),
        cmocka_unit_test(codes_generate_the_most_probable_categories),
        cmocka_unit_test(what_networks_see_of_a_row_comes_back),
        cmocka_unit_test(categories_are_ones_among_zeros),
        cmocka_unit_test(quantiles_are_normal_deviates),
        cmocka_unit_test(modes_are_found),
        cmocka_unit_test(em_finds_the_normals_of_a_column),
        cmocka_unit_test(rows_that_meet_conditions_are_those_of_the_stream),
        cmocka_unit_test(what_no_row_meets_is_told),
        cmocka_unit_test(labels_go_with_conditions),
        cmocka_unit_test(conditions_that_cannot_be_are_refused),
        cmocka_unit_test(training_goes_on_bit_for_bit),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(a_saved_table_is_the_same_model),
        cmocka_unit_test(a_probe_looks_at_tables),
        cmocka_unit_test(the_schema_stays),
        cmocka_unit_test(tables_that_cannot_be_are_refused),
        cmocka_unit_test(real_columns_are_no_table),
        cmocka_unit_test(categories_that_go_together_are_learnt),
    };
    make_rows();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
