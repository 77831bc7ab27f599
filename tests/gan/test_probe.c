/* gan_probe() knows generators that draw from the data's own distribution, and
 * each way of missing it, by a critic that the model's own D has no part in. */
#include <math.h>

#include "gan/fixture.h"

#define N 600
#define ROWS 512
#define D 2

/* G is a linear map of two normal codes; D is dead: 1/2 everywhere. */
#define LINEAR                                                          \
    "codes=2 | generator=dense 2 | discriminator=dense 4; lrelu 0.2 | " \
    "standardise=0 | batch_size=20"

static const double map[4] = {2, 0.5, 0, 0.75};
static const double shift[D] = {1, -2.385};

/* Rows of the map of normal codes: the distribution that linear() draws of. */
static double *draw(size_t n, uint64_t seed)
{
    double *const x = fixture_take(n * D, sizeof *x);
    gan_model *const m = fixture_model("codes=2 | input=2");
    double *const z = fixture_take(n * D, sizeof *z);
    genmod_data *v;
    for (size_t i = 0; i < n * D; i++)
        x[i] = (double)(i % 7);
    v = fixture_view(n, D, x);
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_sample_codes(m, seed, 0, n, GENMOD_F64, n * D * sizeof *z, z,
                               NULL));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < D; j++)
            x[i * D + j] =
                shift[j] + z[i * D] * map[j] + z[i * D + 1] * map[D + j];
    genmod_data_free(v);
    gan_free(m);
    free(z);
    return x;
}

/* D has its first weights. */
static gan_model *lively(const char *options, const double *weight,
                         const double *bias)
{
    static const double x[2 * D] = {1, 2, -1, 0.5};
    gan_model *const m = fixture_model(options);
    genmod_data *const v = fixture_view(2, D, x);
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_set_params(m, "generator.0.weight", 4, weight, NULL));
    assert_ok(gan_set_params(m, "generator.0.bias", D, bias, NULL));
    genmod_data_free(v);
    return m;
}

static gan_model *linear_of(const char *options, const double *weight,
                            const double *bias)
{
    gan_model *const m = lively(options, weight, bias);
    const double none[4] = {0};
    assert_ok(gan_set_params(m, "head.0.weight", 4, none, NULL));
    fixture_set(m, "head.0.bias", 0);
    return m;
}

static gan_model *linear(const double *weight, const double *bias)
{
    return linear_of(LINEAR, weight, bias);
}

static void probe_of(const gan_model *m, const double *x, const double *train,
                     double out[GAN_PROBES])
{
    genmod_data *const v = fixture_view(N, D, x);
    genmod_data *const t = train ? fixture_view(N, D, train) : NULL;
    size_t need = 0;
    assert_ok(gan_probe(m, v, t, 5, ROWS, 300, GAN_PROBES, out, &need, NULL));
    assert_int_equal(need, GAN_PROBES);
    genmod_data_free(v);
    genmod_data_free(t);
}

static void the_datas_own_distribution_has_arrived(void **state)
{
    (void)state;
    gan_model *const m = linear(map, shift);
    double *const x = draw(N, 11), *const train = draw(N, 13);
    double out[GAN_PROBES];
    probe_of(m, x, train, out);
    /* two of the flags are set by chance once in a hundred seeds */
    for (size_t i = GAN_PROBE_TOLD_APART; i <= GAN_PROBE_COPYING; i++)
        assert_true(out[i] == 0);
    assert_true(out[GAN_PROBE_ARRIVED] == 1);
    /* 4 deviations of 512 rows */
    assert_near(out[GAN_PROBE_ACCURACY], 0.5, 4 * 0.0221);
    assert_near(out[GAN_PROBE_SPREAD_RATIO], 1,
                4 * out[GAN_PROBE_SPREAD_RATIO_ERROR]);
    assert_true(out[GAN_PROBE_JS_BOUND] < 0.02);
    assert_near(out[GAN_PROBE_DENSITY_EXPECTED], 1, 0);
    free(train);
    free(x);
    gan_free(m);
}

/* D says 1/2 of all rows, as at the equilibrium. */
static void a_dead_discriminator_hides_nothing(void **state)
{
    (void)state;
    const double away[D] = {shift[0] + 1.5, shift[1]};
    gan_model *const m = linear(map, away);
    double *const x = draw(N, 11);
    double out[GAN_PROBES], y[N];
    genmod_data *const v = fixture_view(N, D, x);
    assert_ok(gan_discriminate(m, v, sizeof y, y, NULL));
    assert_true(y[0] == 0 && y[N - 1] == 0);
    probe_of(m, x, NULL, out);
    assert_true(out[GAN_PROBE_ARRIVED] == 0);
    assert_true(out[GAN_PROBE_TOLD_APART] == 1);
    assert_true(out[GAN_PROBE_ACCURACY] > 0.6);
    assert_true(out[GAN_PROBE_JS_BOUND] > 0.02);
    assert_true(out[GAN_PROBE_SPREAD] == 0);
    assert_true(isnan(out[GAN_PROBE_COPIES]));
    genmod_data_free(v);
    free(x);
    gan_free(m);
}

/* The rows lie at two places, those of G at one of them. */
static void a_lost_mode_is_missed(void **state)
{
    (void)state;
    gan_model *const m = linear(map, shift);
    double *const x = draw(N, 11);
    double out[GAN_PROBES];
    for (size_t i = 0; i < N; i += 2)
        x[i * D] += 20;
    probe_of(m, x, NULL, out);
    assert_true(out[GAN_PROBE_ARRIVED] == 0);
    assert_true(out[GAN_PROBE_TOLD_APART] == 1);
    assert_true(out[GAN_PROBE_LOST] == 1);
    assert_true(out[GAN_PROBE_OFF] == 0);
    assert_true(out[GAN_PROBE_SPREAD] == 1);
    assert_near(out[GAN_PROBE_RECALL], 0.5, 0.1);
    assert_near(out[GAN_PROBE_COVERAGE], 0.5, 0.1);
    free(x);
    gan_free(m);
}

static void rows_where_there_are_no_data_are_off(void **state)
{
    (void)state;
    const double wide[4] = {8, 2, 0, 3};
    gan_model *const m = linear(wide, shift);
    double *const x = draw(N, 11);
    double out[GAN_PROBES];
    probe_of(m, x, NULL, out);
    assert_true(out[GAN_PROBE_ARRIVED] == 0);
    assert_true(out[GAN_PROBE_OFF] == 1);
    assert_true(out[GAN_PROBE_SPREAD] == 1);
    /* every deviation is four times as large */
    assert_near(out[GAN_PROBE_SPREAD_RATIO], 16,
                4 * out[GAN_PROBE_SPREAD_RATIO_ERROR]);
    free(x);
    gan_free(m);
}

/* The training rows are those that G draws: it has them by heart. */
static void copies_of_training_rows_do_not_pass(void **state)
{
    (void)state;
    gan_model *const m = linear(map, shift);
    double *const x = draw(N, 11);
    double *const train = fixture_take(N * D, sizeof *train);
    double out[GAN_PROBES];
    assert_ok(gan_sample(m, 5, 0, N, NULL, GENMOD_F64, N * D * sizeof *train,
                         train, NULL));
    probe_of(m, x, train, out);
    assert_true(out[GAN_PROBE_COPIES] == 1);
    assert_true(out[GAN_PROBE_COPYING] == 1);
    assert_true(out[GAN_PROBE_ARRIVED] == 0);
    assert_true(out[GAN_PROBE_TOLD_APART] == 0);
    free(train);
    free(x);
    gan_free(m);
}

/* A D that is not dead has slopes for G to climb, though G has arrived. */
static void the_gap_is_that_of_the_pair(void **state)
{
    (void)state;
    gan_model *const dead = linear(map, shift);
    gan_model *const m = lively(LINEAR, map, shift);
    double *const x = draw(N, 11);
    double out[GAN_PROBES];
    probe_of(dead, x, NULL, out);
    /* ln(1/2) of the relativistic game; a flat D gives G nothing */
    assert_near(out[GAN_PROBE_VALUE], -0.69314718, 1e-7);
    assert_true(out[GAN_PROBE_VALUE_G] == out[GAN_PROBE_VALUE]);
    assert_near(out[GAN_PROBE_GAP], 0, 0.02);
    probe_of(m, x, NULL, out);
    assert_true(out[GAN_PROBE_VALUE_G] < out[GAN_PROBE_VALUE]);
    assert_true(out[GAN_PROBE_GAP] > 3 * out[GAN_PROBE_GAP_ERROR]);
    assert_true(out[GAN_PROBE_ARRIVED] == 1);
    free(x);
    gan_free(m);
    gan_free(dead);
}

/* Normals whose means are one deviation apart have JS = 0.111421, so that the
 * best D is worth twice that more than a dead one. */
static void the_gap_is_twice_the_divergence_for_a_dead_d(void **state)
{
    (void)state;
    const double away[D] = {shift[0] + 1.6641, shift[1]};
    gan_model *const m =
        linear_of(LINEAR " | loss=non-saturating | penalty=none | "
                         "learning_rate=0.02",
                  map, away);
    double *const x = draw(N, 11);
    double out[GAN_PROBES];
    probe_of(m, x, NULL, out);
    assert_near(out[GAN_PROBE_VALUE], -1.38629436, 1e-6);
    assert_near(out[GAN_PROBE_GAP], 2 * 0.111421, 4 * out[GAN_PROBE_GAP_ERROR]);
    assert_true(out[GAN_PROBE_GAP] > 0.1);
    free(x);
    gan_free(m);
}

/* Every loss, with packs, a penalty, and layers that know of other rows. */
static void every_game_has_a_gap(void **state)
{
    (void)state;
    static const char *const all[] = {
        "preset=wgan-gp | packing=2", "preset=sn-hinge | deviation=4",
        "preset=dcgan", "input=1x1x2 | augmentation=cutout brightness",
        "loss=least-squares | packing=4 | order=simultaneous | average=0.9"};
    double *const x = draw(N, 11);
    genmod_data *const v = fixture_view(N, D, x);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gan_model *const m = fixture_model(all[i]);
        double out[GAN_PROBES];
        assert_ok(gan_start(m, v, NULL));
        assert_ok(gan_probe(m, v, NULL, 5, 64, 8, GAN_PROBES, out, NULL, NULL));
        for (size_t j = GAN_PROBE_VALUE; j <= GAN_PROBE_GAP_ERROR; j++)
            assert_true(isfinite(out[j]));
        assert_true(out[GAN_PROBE_GAP] ==
                    out[GAN_PROBE_VALUE_D] - out[GAN_PROBE_VALUE_G]);
        gan_free(m);
    }
    genmod_data_free(v);
    free(x);
}

static void a_probe_leaves_the_model_and_its_bits_alone(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 3};
    gan_model *const m = linear(map, shift);
    double *const x = draw(N, 11);
    genmod_data *const v = fixture_view(N, D, x);
    double out[3][GAN_PROBES] = {{0}};
    assert_ok(gan_step(m, v, NULL));
    const fixture_bytes before = fixture_checkpoint(m);
    for (size_t i = 0; i < 2; i++) {
        genmod_workspace *const w = fixture_workspace(threads[i], NULL);
        assert_ok(
            gan_probe(m, v, v, 5, ROWS, 100, GAN_PROBES, out[i], NULL, w));
        genmod_workspace_free(w);
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    assert_ok(gan_probe(m, v, v, 6, ROWS, 100, GAN_PROBES, out[2], NULL, NULL));
    assert_memory_not_equal(out[0], out[2], sizeof out[0]);
    assert_true(fixture_checkpoints(m, before));
    free(before.p);
    genmod_data_free(v);
    free(x);
    gan_free(m);
}

/* Images have one deviation a channel; labels are drawn in their shares. */
static void images_with_classes_are_probed(void **state)
{
    (void)state;
    enum { M = 64, P = 2 * 3 * 4 };
    gan_model *const m = fixture_model(
        "input=2x3x4 | classes=2 | packing=2 | batch_size=16 | "
        "generator=dense 8; relu | discriminator=dense 8; lrelu 0.2");
    double *const x = fixture_invent(M, P, 4);
    genmod_data *const v = fixture_view(M, P, x);
    int32_t label[M];
    double out[GAN_PROBES];
    for (size_t i = 0; i < M; i++)
        label[i] = (int32_t)(i % 2);
    assert_ok(genmod_data_set_labels(v, M, label, NULL));
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_probe(m, v, NULL, 1, 0, 0, GAN_PROBES, out, NULL, NULL));
    assert_true(out[GAN_PROBE_ARRIVED] == 0);
    assert_true(isnan(out[GAN_PROBE_GAP]));
    genmod_data_free(v);
    free(x);
    gan_free(m);
}

/* ---- what is refused ------------------------------------------------------
 */

typedef struct bad {
    size_t rows, steps, cap;
    int32_t status;
    const char *part;
} bad;

static void numbers_out_of_their_range_are_refused(void **state)
{
    (void)state;
    static const bad all[] = {
        {15, 1, GAN_PROBES, GENMOD_BAD_ARGUMENT, "rows is 15"},
        {14, 1, GAN_PROBES, GENMOD_BAD_ARGUMENT, "from 16 to x's 600"},
        {602, 1, GAN_PROBES, GENMOD_BAD_ARGUMENT, "rows is 602"},
        {20, 1000001, GAN_PROBES, GENMOD_BAD_ARGUMENT, "steps is 1000001"},
        {20, 1, GAN_PROBES - 1, GENMOD_TOO_SMALL, "cap is 31"}};
    gan_model *const m = linear(map, shift);
    double *const x = draw(N, 11);
    genmod_data *const v = fixture_view(N, D, x);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    double out[GAN_PROBES] = {2.385};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const bad *const b = &all[i];
        assert_status(
            gan_probe(m, v, NULL, 1, b->rows, b->steps, b->cap, out, NULL, w),
            b->status, w);
        assert_error_names(w, b->part);
    }
    assert_true(out[0] == 2.385);
    genmod_workspace_free(w);
    genmod_data_free(v);
    free(x);
    gan_free(m);
}

static void refused(const gan_model *m, const genmod_data *x,
                    const genmod_data *train, int32_t status, const char *part)
{
    genmod_workspace *const w = fixture_workspace(1, NULL);
    double out[GAN_PROBES];
    assert_status(gan_probe(m, x, train, 1, 20, 1, GAN_PROBES, out, NULL, w),
                  status, w);
    assert_error_names(w, part);
    genmod_workspace_free(w);
}

static void rows_that_do_not_suit_are_refused(void **state)
{
    (void)state;
    gan_model *const m = linear(map, shift), *const none =
                                                 fixture_model(LINEAR);
    double *const x = draw(N, 11);
    double weight[N];
    genmod_data *const v = fixture_view(N, D, x);
    genmod_data *const few = fixture_view(15, D, x);
    genmod_data *const thin = fixture_view(N, 1, x);
    double out[GAN_PROBES];
    size_t need = 0;
    refused(NULL, v, NULL, GENMOD_BAD_ARGUMENT, "m is NULL");
    refused(m, NULL, NULL, GENMOD_BAD_ARGUMENT, "x is NULL");
    refused(none, v, NULL, GENMOD_NOT_FITTED, "no weights");
    refused(m, few, NULL, GENMOD_BAD_ARGUMENT, "x has 15 rows");
    refused(m, thin, NULL, GENMOD_BAD_ARGUMENT, "x has 1 columns");
    refused(m, v, thin, GENMOD_BAD_ARGUMENT, "train has 1 columns");
    assert_status(gan_probe(m, v, NULL, 1, 20, 1, GAN_PROBES, NULL, NULL, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gan_probe(m, v, NULL, 1, 20, 1, 0, NULL, &need, NULL),
                  GENMOD_TOO_SMALL, NULL);
    assert_int_equal(need, GAN_PROBES);
    for (size_t i = 0; i < N; i++)
        weight[i] = 1.5;
    assert_ok(genmod_data_set_weights(v, N, weight, NULL));
    refused(m, v, NULL, GENMOD_UNSUPPORTED, "weight 1.5");
    for (size_t i = 0; i < N; i++)
        weight[i] = 1;
    x[7] = (double)NAN;
    assert_status(gan_probe(m, v, NULL, 1, N, 1, GAN_PROBES, out, NULL, NULL),
                  GENMOD_NON_FINITE, NULL);
    genmod_data_free(thin);
    genmod_data_free(few);
    genmod_data_free(v);
    free(x);
    gan_free(none);
    gan_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_datas_own_distribution_has_arrived),
        cmocka_unit_test(a_dead_discriminator_hides_nothing),
        cmocka_unit_test(a_lost_mode_is_missed),
        cmocka_unit_test(rows_where_there_are_no_data_are_off),
        cmocka_unit_test(copies_of_training_rows_do_not_pass),
        cmocka_unit_test(the_gap_is_that_of_the_pair),
        cmocka_unit_test(the_gap_is_twice_the_divergence_for_a_dead_d),
        cmocka_unit_test(every_game_has_a_gap),
        cmocka_unit_test(a_probe_leaves_the_model_and_its_bits_alone),
        cmocka_unit_test(images_with_classes_are_probed),
        cmocka_unit_test(numbers_out_of_their_range_are_refused),
        cmocka_unit_test(rows_that_do_not_suit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
