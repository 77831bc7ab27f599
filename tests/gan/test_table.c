/* Tables of all kinds of columns: what networks see of a row comes back, and
 * whatever comes out is a row of the table. */
#include <math.h>

#include "gan/internal.h"
#include "gan/mixed.h"

/* ---- rows that come out -------------------------------------------------- */

static void check_cell(size_t j, double v, double slack)
{
    double least = mixed_rows[j], most = mixed_rows[j];
    for (size_t i = 0; i < N; i++) {
        least = fmin(least, mixed_rows[i * D + j]);
        most = fmax(most, mixed_rows[i * D + j]);
    }
    assert_true(v >= least - slack * fabs(least) &&
                v <= most + slack * fabs(most));
    if (mixed_kinds[j] >= GENMOD_COUNT)
        assert_true(v == floor(v));
    if (mixed_kinds[j] == GENMOD_POSITIVE)
        assert_true(v > 0);
}

#define MANY 400

static void every_row_is_valid_by_kind_and_in_range(void **state)
{
    (void)state;
    static double x[MANY * D];
    static float y[MANY * D];
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = mixed_model(mixed_plans[p]);
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
        gan_model *const m = mixed_model(mixed_plans[p]);
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
                if (mixed_kinds[j] >= GENMOD_COUNT)
                    assert_true(cell[i] == floor(cell[i]) && cell[i] >= 0 &&
                                cell[i] <= 0x1p24);
                if (mixed_kinds[j] == GENMOD_POSITIVE)
                    assert_true(cell[i] > 0);
                if (mixed_kinds[j] > GENMOD_COUNT)
                    assert_true(cell[i] <
                                (mixed_levels[j] ? mixed_levels[j] : 2));
            }
        }
        gan_free(m);
    }
}

static void a_row_depends_on_seed_and_number_alone(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = mixed_model(mixed_plans[p]);
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
    gan_model *const m = mixed_model(mixed_plans[1]);
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
        if (mixed_kinds[i % D] > GENMOD_COUNT)
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
    genmod_data *const v = mixed_view();
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
        gan_model *const m = mixed_model(mixed_plans[p]);
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
            if (mixed_kinds[i % D] >= GENMOD_COUNT)
                assert_true(back[i] == mixed_rows[i]);
            else /* floats of columns whose deviation is up to 20 */
                assert_near(back[i], mixed_rows[i],
                            2e-5 * (1 + fabs(mixed_rows[i])));
            if (p == 1 && i % D == 5 && mixed_rows[i] == 0)
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
    gan_model *const m = mixed_model(mixed_plans[0]);
    float *const y = seen_rows(m, NULL);
    /* real, 3 levels, positive, count, 2 levels, real */
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < 3; k++)
            assert_true(y[i * 9 + 1 + k] ==
                        (mixed_rows[i * D + 1] == (double)k ? 1 : 0));
        assert_true(y[i * 9 + 6] == 1 - (float)mixed_rows[i * D + 4]);
        assert_true(y[i * 9 + 7] == (float)mixed_rows[i * D + 4]);
    }
    free(y);
    gan_free(m);
}

/* What D sees of a generator's numbers "x", and the gradient that comes back to
 * them of "seed". */
static ad_program *relaxed(const gan_body *b)
{
    model_draft f;
    ad_program *out = NULL;
    ad_node x, dx;
    const nn_size row = gan_row_size(b);
    genmod_workspace *w = fixture_workspace(1, NULL);
    base_call call;
    w = base_enter(&call, w, NULL);
    assert_ok(model_draft_open(&f, &b->base, N, 0, w));
    x = model_draft_rows(&f, "x", &row);
    const ad_node y = gan_relax(&f, x, NULL);
    assert_ok(ad_grad(f.g, y, model_draft_rows(&f, "seed", &row), 1, &x, &dx));
    model_draft_output(&f, y);
    model_draft_output(&f, dx);
    assert_ok(model_draft_close(&f, &out));
    assert_ok(base_leave(&call, GENMOD_OK));
    genmod_workspace_free(w);
    return out;
}

/* Of the logits l [levels] at x: softmax(l / temperature) takes a seed r to
 * p (r - <p, r>) / temperature. */
static void check_relaxed(const gan_body *b, const double *share,
                          const float *x, const float *r, const float *y,
                          const float *dx, size_t levels)
{
    double p[3], sum = 0, mean = 0;
    size_t best = 0;
    for (size_t k = 0; k < levels; k++) {
        p[k] = exp(((double)x[k] + share[k]) / b->temperature);
        sum += p[k];
        if (p[k] > p[best])
            best = k;
    }
    for (size_t k = 0; k < levels; k++)
        mean += (double)r[k] * (p[k] /= sum);
    for (size_t k = 0; k < levels; k++) {
        assert_true(y[k] == (k == best ? 1 : 0));
        assert_near((double)dx[k],
                    p[k] * ((double)r[k] - mean) / b->temperature, 1e-5);
    }
}

static void
d_sees_hard_categories_and_the_gradient_is_that_of_soft_ones(void **state)
{
    (void)state;
    gan_model *const m = mixed_model(mixed_plans[0]);
    const gan_body *const b = (const gan_body *)((model *)m)->body;
    static float x[N * 9], seed[N * 9], y[N * 9], dx[N * 9];
    size_t n = 0;
    double *const share = fixture_params(m, "table.offset", &n);
    ad_program *const p = relaxed(b);
    void *const arena =
        aligned_alloc(64, (ad_program_bytes(p, 1) + 63) / 64 * 64);
    const ad_replay how = {.rows = N, .arena = arena, .width = 1};
    assert_non_null(arena);
    assert_int_equal(b->table.numbers, 9);
    for (size_t i = 0; i < N * 9; i++) {
        x[i] = (float)(i * i % 29) / 11 - 1.2f;
        seed[i] = (float)(i * 7 % 31) / 13 - 0.9f;
    }
    memcpy(ad_program_input(p, ad_program_find(p, "x"), arena), x, sizeof x);
    memcpy(ad_program_input(p, ad_program_find(p, "seed"), arena), seed,
           sizeof seed);
    ad_program_run(p, b->base.store, &how, NULL);
    memcpy(y, ad_program_output(p, 0, arena), sizeof y);
    memcpy(dx, ad_program_output(p, 1, arena), sizeof dx);
    /* real, 3 levels, positive, count, 2 levels, real */
    for (size_t at = 0; at < N * 9; at += 9) {
        check_relaxed(b, share + 1, x + at + 1, seed + at + 1, y + at + 1,
                      dx + at + 1, 3);
        check_relaxed(b, share + 6, x + at + 6, seed + at + 6, y + at + 6,
                      dx + at + 6, 2);
        assert_true(y[at] == x[at] && dx[at] == seed[at]);
    }
    free(arena);
    free(share);
    ad_program_free(p);
    gan_free(m);
}

/* By the ranks of the rows: the deviate that as many normals are below. */
static void quantiles_are_normal_deviates(void **state)
{
    (void)state;
    gan_model *const m = mixed_model(mixed_plans[1]);
    float *const y = seen_rows(m, NULL);
    double mean = 0, square = 0;
    for (size_t i = 0; i < N; i++) {
        size_t below = 0;
        for (size_t k = 0; k < N; k++)
            below += mixed_rows[k * D] < mixed_rows[i * D];
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
    gan_model *const m = mixed_model(mixed_plans[2]);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_valid_by_kind_and_in_range),
        cmocka_unit_test(whatever_the_numbers_rows_are_valid),
        cmocka_unit_test(a_row_depends_on_seed_and_number_alone),
        cmocka_unit_test(codes_generate_the_most_probable_categories),
        cmocka_unit_test(what_networks_see_of_a_row_comes_back),
        cmocka_unit_test(categories_are_ones_among_zeros),
        cmocka_unit_test(
            d_sees_hard_categories_and_the_gradient_is_that_of_soft_ones),
        cmocka_unit_test(quantiles_are_normal_deviates),
        cmocka_unit_test(modes_are_found),
        cmocka_unit_test(em_finds_the_normals_of_a_column),
    };
    mixed_make_rows();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
