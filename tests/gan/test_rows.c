/* What const calls give: rows of codes, codes of numbers, paths, logits. */
#include <math.h>

#include "gan/fixture.h"
#include "gan/internal.h"
#include "model/life.h"

#define D 3
#define N 60

static double *rows;
static int32_t labels[N];

static genmod_data *view(void)
{
    genmod_data *const v = fixture_view(N, D, rows);
    assert_ok(genmod_data_set_labels(v, N, labels, NULL));
    return v;
}

static gan_model *trained(const char *options)
{
    genmod_data *const v = view();
    gan_model *const m = fixture_model(options);
    assert_ok(gan_start(m, v, NULL));
    for (int i = 0; i < 3; i++)
        assert_ok(gan_step(m, v, NULL));
    genmod_data_free(v);
    return m;
}

#define NORMED                                                           \
    "codes=4 | batch_size=20 | generator=dense 8; batchnorm; relu; "     \
    "dropout 0.2; dense 8; lrelu 0.2 | discriminator=sn dense 8; lrelu " \
    "0.2; dropout 0.1"

/* Batch norm or not: a row depends on its number alone. */
static void a_row_depends_on_seed_and_number_alone(void **state)
{
    (void)state;
    gan_model *const m = trained(NORMED);
    double all[20 * D], part[7 * D], one[D], other[D];
    assert_ok(gan_sample(m, 9, 3, 20, NULL, GENMOD_F64, sizeof all, all, NULL));
    assert_ok(
        gan_sample(m, 9, 8, 7, NULL, GENMOD_F64, sizeof part, part, NULL));
    assert_ok(gan_sample(m, 9, 22, 1, NULL, GENMOD_F64, sizeof one, one, NULL));
    assert_ok(
        gan_sample(m, 8, 22, 1, NULL, GENMOD_F64, sizeof other, other, NULL));
    assert_memory_equal(part, all + 5 * D, sizeof part);
    assert_memory_equal(one, all + 19 * D, sizeof one);
    assert_memory_not_equal(one, other, sizeof one);
    gan_free(m);
}

static void classes_are_given_or_drawn_in_their_shares(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    gan_model *const m =
        trained("codes=2 | batch_size=20 | classes=3 | generator=dense 6; relu "
                "| discriminator=dense 6; relu");
    static int32_t given[MANY];
    double *const drawn = fixture_take(MANY * D, sizeof *drawn);
    double *const of[3] = {fixture_take(MANY * D, sizeof *drawn),
                           fixture_take(MANY * D, sizeof *drawn),
                           fixture_take(MANY * D, sizeof *drawn)};
    const size_t bytes = MANY * D * sizeof *drawn;
    size_t count[3] = {0};
    assert_ok(gan_sample(m, 4, 0, MANY, NULL, GENMOD_F64, bytes, drawn, NULL));
    for (int32_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < MANY; i++)
            given[i] = k;
        assert_ok(
            gan_sample(m, 4, 0, MANY, given, GENMOD_F64, bytes, of[k], NULL));
    }
    for (size_t i = 0; i < MANY; i++)
        for (int k = 0; k < 3; k++)
            count[k] +=
                memcmp(drawn + i * D, of[k] + i * D, D * sizeof *drawn) == 0;
    /* shares 1/2, 1/3, 1/6 of the training rows; 4 deviations */
    assert_int_equal(count[0] + count[1] + count[2], MANY);
    assert_near((double)count[0], 1500, 110);
    assert_near((double)count[1], 1000, 104);
    assert_near((double)count[2], 500, 82);
    for (int k = 0; k < 3; k++)
        free(of[k]);
    free(drawn);
    gan_free(m);
}

#define BY_NORM                                                           \
    "codes=2 | batch_size=20 | classes=3 | standardise=0 | average=0.9 "  \
    "| generator_conditioning=batchnorm | generator=dense 4; batchnorm; " \
    "dense 3 | discriminator=dense 6; relu"

/* Row r of a class by plain loops: the class's scale and bias, and the running
 * statistics of all. */
static void norm_by_hand(const gan_model *m, const double *z, int32_t label,
                         double out[D])
{
    static const char *const names[] = {
        "generator.0.weight",       "generator.0.bias",
        "generator.1.scale",        "generator.1.bias",
        "generator.1.running_mean", "generator.1.running_variance",
        "generator.2.weight",       "generator.2.bias"};
    double *p[8];
    size_t n;
    for (int i = 0; i < 8; i++)
        p[i] = fixture_params(m, names[i], &n);
    for (int j = 0; j < D; j++)
        out[j] = p[7][j];
    for (int i = 0; i < 4; i++) {
        const double y = z[0] * p[0][i] + z[1] * p[0][4 + i] + p[1][i];
        const double h = (y - p[4][i]) / sqrt(p[5][i] + 1e-5);
        for (int j = 0; j < D; j++)
            out[j] += (h * p[2][label * 4 + i] + p[3][label * 4 + i]) *
                      p[6][i * D + j];
    }
    for (int i = 0; i < 8; i++)
        free(p[i]);
}

static void classes_have_scales_and_biases_of_their_own(void **state)
{
    (void)state;
    enum { MANY = 6 };
    static const int32_t given[MANY] = {2, 0, 1, 1, 2, 0};
    gan_model *const m = trained(BY_NORM);
    double z[MANY * 2], got[MANY * D], alone[D], scale[12];
    for (int i = 0; i < 12; i++) /* learnt, but of three updates */
        scale[i] = 0.5 + 0.125 * i;
    assert_ok(gan_set_params(m, "generator.1.scale", 12, scale, NULL));
    assert_ok(gan_sample_codes(m, 5, 0, MANY, GENMOD_F64, sizeof z, z, NULL));
    assert_ok(
        gan_sample(m, 5, 0, MANY, given, GENMOD_F64, sizeof got, got, NULL));
    for (int r = 0; r < MANY; r++) {
        double want[D];
        norm_by_hand(m, z + r * 2, given[r], want);
        for (int j = 0; j < D; j++)
            assert_near(got[r * D + j], want[j], 1e-5);
        assert_ok(gan_sample(m, 5, (uint64_t)r, 1, &given[r], GENMOD_F64,
                             sizeof alone, alone, NULL));
        assert_memory_equal(alone, got + r * D, sizeof alone);
    }
    gan_free(m);
}

static void norms_of_classes_are_learnt_averaged_and_saved(void **state)
{
    (void)state;
    static const int32_t given[2] = {1, 2};
    gan_model *const m = trained(BY_NORM), *const to = fixture_model(NULL);
    double *const scale = fixture_take(12, sizeof *scale);
    double rows_of[2][2 * D];
    unsigned char file[1 << 15];
    size_t need;
    assert_ok(gan_get_params(m, "generator.1.scale", 12, scale, &need, NULL));
    assert_int_equal(need, 12);
    for (int i = 0; i < 12; i++) /* all begin as 1 */
        assert_true(scale[i] != 1);
    assert_true(scale[0] != scale[4] && scale[4] != scale[8]);
    assert_ok(gan_save(m, sizeof file, file, &need, NULL));
    assert_ok(gan_load(to, need, file, NULL));
    assert_ok(gan_sample(m, 5, 0, 2, given, GENMOD_F64, sizeof rows_of[0],
                         rows_of[0], NULL));
    assert_ok(gan_sample(to, 5, 0, 2, given, GENMOD_F64, sizeof rows_of[1],
                         rows_of[1], NULL));
    assert_memory_equal(rows_of[0], rows_of[1], sizeof rows_of[0]);
    free(scale);
    gan_free(to);
    gan_free(m);
}

static void codes_of_numbers_generate_the_same_rows(void **state)
{
    (void)state;
    gan_model *const m = trained(NORMED);
    float codes[11 * 4], want[11 * D], got[11 * D];
    genmod_data *z = NULL;
    assert_ok(
        gan_sample(m, 5, 2, 11, NULL, GENMOD_F32, sizeof want, want, NULL));
    assert_ok(
        gan_sample_codes(m, 5, 2, 11, GENMOD_F32, sizeof codes, codes, NULL));
    assert_ok(genmod_data_new(&z, NULL));
    assert_ok(genmod_data_set_rows(z, GENMOD_F32, 11, 4, codes, 0, 0, NULL));
    assert_ok(gan_generate(m, z, GENMOD_F32, sizeof got, got, NULL));
    assert_memory_equal(got, want, sizeof got);
    genmod_data_free(z);
    gan_free(m);
}

static void codes_are_normal(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    gan_model *const m = trained(NORMED);
    double *const z = fixture_take(MANY * 4, sizeof *z);
    double mean = 0, square = 0;
    assert_ok(gan_sample_codes(m, 5, 0, MANY, GENMOD_F64, MANY * 4 * sizeof *z,
                               z, NULL));
    for (size_t i = 0; i < MANY * 4; i++) {
        mean += z[i] / (MANY * 4);
        square += z[i] * z[i] / (MANY * 4);
    }
    assert_near(mean, 0, 4 / sqrt(MANY * 4));
    assert_near(square, 1, 4 * sqrt(2.0 / (MANY * 4)));
    free(z);
    gan_free(m);
}

static void paths_begin_and_end_at_their_codes(void **state)
{
    (void)state;
    static const double ends[2][4] = {{1, -2, 0.5, 0.25}, {-1, 0.5, 2, 1}};
    static const int32_t paths[] = {GENMOD_LINEAR, GENMOD_SPHERICAL};
    gan_model *const m = trained(NORMED);
    genmod_data *const from = fixture_view(1, 4, ends[0]);
    genmod_data *const to = fixture_view(1, 4, ends[1]);
    for (int i = 0; i < 2; i++) {
        double path[5 * D], a[D], b[D];
        assert_ok(gan_interpolate(m, from, to, 5, paths[i], GENMOD_F64,
                                  sizeof path, path, NULL));
        assert_ok(gan_generate(m, from, GENMOD_F64, sizeof a, a, NULL));
        assert_ok(gan_generate(m, to, GENMOD_F64, sizeof b, b, NULL));
        for (size_t j = 0; j < D; j++) {
            /* an end of an arc is its code but for the last digits */
            assert_near(path[j], a[j], 1e-4);
            assert_near(path[4 * D + j], b[j], 1e-4);
        }
    }
    genmod_data_free(from);
    genmod_data_free(to);
    gan_free(m);
}

/* A linear D of two rows side by side: the logit is that of both. */
static void a_pack_has_one_logit(void **state)
{
    (void)state;
    static const double w[6] = {0.5, -1.25, 2, -0.75, 0.375, 1.5};
    gan_model *const m = trained("packing=2 | standardise=0 | batch_size=20 | "
                                 "codes=2 | discriminator=dense 1");
    genmod_data *const v = view();
    double y[N];
    assert_ok(gan_set_params(m, "discriminator.0.weight", 6, w, NULL));
    fixture_set(m, "discriminator.0.bias", 0.125);
    assert_ok(gan_discriminate(m, v, sizeof y, y, NULL));
    for (size_t i = 0; i < N; i += 2) {
        double want = 0.125;
        for (size_t j = 0; j < 6; j++)
            want += w[j] * (double)(float)rows[i * D + j];
        assert_near(y[i], want, 1e-4 * (1 + fabs(want)));
        assert_true(y[i + 1] == y[i]);
    }
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, N - 1, D, rows, 0, 0, NULL));
    genmod_workspace *const k = fixture_workspace(1, NULL);
    assert_int_equal(gan_discriminate(m, v, sizeof y, y, k),
                     GENMOD_BAD_ARGUMENT);
    assert_non_null(strstr(genmod_workspace_error(k), "multiple"));
    genmod_workspace_free(k);
    genmod_data_free(v);
    gan_free(m);
}

static void a_repeated_row_allocates_nothing(void **state)
{
    (void)state;
    host h;
    genmod_workspace *w;
    double x[D], y;
    gan_model *const m = trained(NORMED);
    genmod_data *const v = fixture_view(1, D, rows);
    host_init(&h);
    genmod_context *const c = host_context(&h);
    assert_ok(genmod_workspace_new(c, &w));
    for (int i = 0; i < 3; i++) {
        host_arm(&h, HOST_NEVER, HOST_ONCE);
        assert_ok(
            gan_sample(m, 3, (uint64_t)i, 1, NULL, GENMOD_F64, sizeof x, x, w));
        assert_ok(gan_discriminate(m, v, sizeof y, &y, w));
        assert_true(i == 0 || h.calls == 0);
    }
    genmod_workspace_free(w);
    genmod_context_free(c);
    genmod_data_free(v);
    gan_free(m);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    const life f = {.family = &gan_family,
                    .bytes = sizeof(gan_model),
                    .options = NORMED " | classes=3 | seed=3",
                    .view = view};
    life_check_threads(&f, 4, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_depends_on_seed_and_number_alone),
        cmocka_unit_test(classes_are_given_or_drawn_in_their_shares),
        cmocka_unit_test(classes_have_scales_and_biases_of_their_own),
        cmocka_unit_test(norms_of_classes_are_learnt_averaged_and_saved),
        cmocka_unit_test(codes_of_numbers_generate_the_same_rows),
        cmocka_unit_test(codes_are_normal),
        cmocka_unit_test(paths_begin_and_end_at_their_codes),
        cmocka_unit_test(a_pack_has_one_logit),
        cmocka_unit_test(a_repeated_row_allocates_nothing),
        cmocka_unit_test(threads_change_no_bit),
    };
    rows = fixture_invent(N, D, 21);
    for (size_t i = 0; i < N; i++)
        labels[i] = i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(rows);
    return failed;
}
