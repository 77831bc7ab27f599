/* What the report says of the game: each flag has a run that raises it, and a
 * healthy one raises none; probabilities and the bound are what they should be.
 */
#include <math.h>
#include <stdio.h>

#include "gan/fixture.h"
#include "gan/internal.h"

#define STILL "1e-30" /* a rate that moves nothing */

static const char *const flags[] = {GAN_REPORT_SATURATED, GAN_REPORT_DEAD,
                                    GAN_REPORT_COLLAPSING, GAN_REPORT_ORBITING,
                                    GAN_REPORT_OVER_FITTING};

static double uniform(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *s)
{
    const double r = sqrt(-2 * log(uniform(s)));
    return r * cos(6.283185307179586 * uniform(s));
}

/* n rows of d independent N(0, 1). */
static genmod_data *cloud(size_t n, size_t d, double *x)
{
    uint64_t s = 31;
    for (size_t i = 0; i < n * d; i++)
        x[i] = normal(&s);
    return fixture_view(n, d, x);
}

static gan_model *play(const genmod_data *v, const char *options, int updates)
{
    gan_model *const m = fixture_model(options);
    assert_ok(gan_start(m, v, NULL));
    for (int i = 0; i < updates; i++)
        assert_ok(gan_step(m, v, NULL));
    return m;
}

/* The one flag of `which` is up, others may be; none: all are down. */
static void check_flag(const gan_model *m, const char *which)
{
    for (size_t i = 0; i < 5; i++) {
        const int up = fixture_number(m, flags[i]) == 1;
        if (which ? strcmp(which, flags[i]) == 0 && !up : up)
            fail_msg("%s is %d", flags[i], up);
    }
}

static void a_healthy_game_raises_no_flag(void **state)
{
    (void)state;
    enum { N = 200, D = 2 };
    double *const x = fixture_take(N * D, sizeof *x);
    genmod_data *const v = cloud(N, D, x);
    gan_model *const m = play(
        v,
        "batch_size=40 | updates=450 | validation=0.2 | generator=dense 16; "
        "lrelu 0.2 | discriminator=dense 16; lrelu 0.2",
        450);
    check_flag(m, NULL);
    assert_true(fixture_number(m, GAN_REPORT_JS_BOUND) < 0.1);
    assert_true(fixture_number(m, GAN_REPORT_LOGITS_AGE) < 8);
    assert_true(fixture_number(m, GAN_REPORT_CALIBRATION_AGE) < 64);
    assert_true(fixture_number(m, GAN_REPORT_UPDATE_RATIO_AGE) < 63);
    assert_true(fixture_number(m, GAN_REPORT_D_UPDATE_RATIO) > 0);
    assert_true(fixture_number(m, GAN_REPORT_G_UPDATE_RATIO) > 0);
    gan_free(m);
    genmod_data_free(v);
    free(x);
}

/* Those of D's logits are noted in one of eight updates where noting them
 * would cost some percent, and in each where it would not; losses always. */
static void figures_of_tiny_networks_are_aged(void **state)
{
    (void)state;
    static const char *const games[] = {
        "batch_size=40 | generator=dense 16; relu | discriminator=dense 16; "
        "relu",
        "batch_size=40"};
    enum { N = 200, D = 2 };
    double *const x = fixture_take(N * D, sizeof *x);
    genmod_data *const v = cloud(N, D, x);
    for (int tiny = 1; tiny >= 0; tiny--) {
        gan_model *const m = play(v, games[!tiny], 0);
        double loss = NAN, paired = NAN;
        for (int i = 0; i < 20; i++) {
            assert_ok(gan_step(m, v, NULL));
            const int age = tiny ? i % 8 : 0;
            assert_true(fixture_number(m, GAN_REPORT_LOGITS_AGE) == age);
            assert_true(fixture_number(m, GAN_REPORT_D_LOSS) != loss);
            assert_true((fixture_number(m, GAN_REPORT_D_PAIRED) == paired) ==
                        (age > 0));
            loss = fixture_number(m, GAN_REPORT_D_LOSS);
            paired = fixture_number(m, GAN_REPORT_D_PAIRED);
        }
        gan_free(m);
    }
    genmod_data_free(v);
    free(x);
}

/* Both players' in one update, of as many as D makes for whole ones of G. */
static void update_ratios_have_one_age(void **state)
{
    (void)state;
    static const struct {
        const char *game;
        int first;
    } games[] = {{"d_updates=1", 63}, {"d_updates=5", 65}, {"d_updates=7", 63}};
    enum { N = 40, D = 2 };
    double *const x = fixture_take(N * D, sizeof *x);
    genmod_data *const v = cloud(N, D, x);
    for (size_t i = 0; i < sizeof games / sizeof *games; i++) {
        char options[120];
        (void)snprintf(options, sizeof options,
                       "batch_size=8 | generator=dense 2 | "
                       "discriminator=dense 2 | %s",
                       games[i].game);
        gan_model *const m = play(v, options, games[i].first - 1);
        assert_true(isnan(fixture_number(m, GAN_REPORT_D_UPDATE_RATIO)));
        assert_true(isnan(fixture_number(m, GAN_REPORT_G_UPDATE_RATIO)));
        assert_true(isnan(fixture_number(m, GAN_REPORT_UPDATE_RATIO_AGE)));
        for (int age = 0; age < 2; age++) {
            assert_ok(gan_step(m, v, NULL));
            assert_true(fixture_number(m, GAN_REPORT_D_UPDATE_RATIO) > 0);
            assert_true(fixture_number(m, GAN_REPORT_G_UPDATE_RATIO) > 0);
            assert_true(fixture_number(m, GAN_REPORT_UPDATE_RATIO_AGE) == age);
        }
        gan_free(m);
    }
    genmod_data_free(v);
    free(x);
}

static void each_failure_raises_its_flag(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *options;
    } runs[] = {
        /* G stands still, far off */
        {GAN_REPORT_SATURATED,
         "generator=dense 2 zero | learning_rate=" STILL
         " | d_learning_rate=0.05 | batch_size=40 | standardise=0 | "
         "penalty=none | loss=non-saturating | schedule=constant"},
        {GAN_REPORT_DEAD, "discriminator=dense 1 zero | d_learning_rate=" STILL
                          " | learning_rate=0.001 | batch_size=40"},
        {GAN_REPORT_COLLAPSING,
         "generator=dense 2 zero | learning_rate=" STILL
         " | d_learning_rate=0.001 | discriminator=dense 8; relu | "
         "batch_size=40"}};
    enum { N = 120, D = 2 };
    double *const x = fixture_take(N * D, sizeof *x);
    genmod_data *v = cloud(N, D, x);
    genmod_data_free(v);
    for (size_t i = 0; i < N * D; i++)
        x[i] = 5 + 0.2 * x[i];
    v = fixture_view(N, D, x);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        gan_model *const m = play(v, runs[i].options, 401);
        check_flag(m, runs[i].flag);
        gan_free(m);
    }
    genmod_data_free(v);
    free(x);
}

/* Dirac-GAN, from half way out: it turns for ever, or not with R1. The norm of
 * one number is 0, so that G's row does not depend on its code. */
static void an_orbit_is_told_from_a_game_that_settles(void **state)
{
    (void)state;
#define DIRAC                                                        \
    "input=1 | standardise=0 | codes=1 | generator=layernorm | "     \
    "discriminator=dense 1 nobias | batch_size=1 | optimiser=sgd | " \
    "learning_rate=0.1 | schedule=constant | average=0 | loss=minimax | "
    static const double zero = 0;
    static const char *const games[] = {
        DIRAC "penalty=none",
        DIRAC "penalty=r1 | penalty_weight=0.3 | penalty_end=0.3"};
    genmod_data *const v = fixture_view(1, 1, &zero);
    for (int i = 0; i < 2; i++) {
        gan_model *const m = fixture_model(games[i]);
        assert_ok(gan_start(m, v, NULL));
        fixture_set(m, "discriminator.0.weight", 0.5);
        for (int k = 0; k < 500; k++)
            assert_ok(gan_step(m, v, NULL));
        assert_true(fixture_number(m, GAN_REPORT_ORBITING) == (i == 0));
        gan_free(m);
    }
    genmod_data_free(v);
}

/* Rows that are few, of many columns, and a D of many weights. */
static void rows_known_by_heart_are_noticed(void **state)
{
    (void)state;
    enum { N = 60, D = 12 };
    double *const x = fixture_take(N * D, sizeof *x);
    genmod_data *const v = cloud(N, D, x);
    gan_model *const m =
        play(v,
             "validation=0.5 | batch_size=30 | codes=12 | generator=dense "
             "12 orthogonal | learning_rate=" STILL " | penalty=none | "
             "d_learning_rate=0.01 | loss=non-saturating | "
             "schedule=constant | discriminator=dense 64; lrelu 0.2; dense "
             "64; lrelu 0.2",
             420);
    check_flag(m, GAN_REPORT_OVER_FITTING);
    gan_free(m);
    genmod_data_free(v);
    free(x);
}

/* Logits y of N(1/2, 1) and N(-1/2, 1): sigmoid(y) is the probability, and the
 * divergence of both 0.111421, that of N(0, 1) and N(1, 1). */
static void logits_become_probabilities(void **state)
{
    (void)state;
    enum { M = 128 };
    double *const meter = fixture_take(gan_meter_size(), sizeof *meter);
    uint64_t s = 9;
    float real[M], fake[M];
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < M; i++) {
            real[i] = (float)(0.5 + normal(&s));
            fake[i] = (float)(-0.5 + normal(&s));
        }
        gan_meter_note(meter, 1, M, real, fake, 0.6, 1);
    }
    for (double y = -1.5; y < 2; y += 0.75) {
        /* slope and place of 256 logits err by some 0.15 */
        const double want = 1 / (1 + exp(-y));
        double got[3] = {7, y, -7};
        gan_meter_probabilities(meter, 3, got);
        assert_near(got[1], want, 0.1);
        assert_true(got[0] > 0.9 && got[2] < 0.1);
    }
    free(meter);
}

/* A checkpoint may hold any finite numbers where the meter has counts. */
static void forged_counts_reach_no_other_memory(void **state)
{
    (void)state;
    static const double forged[] = {1e12, -1e12, 1e300, 512.5, -0.5};
    static const float logits[3] = {0.7f, -1.3f, 2.385f};
    for (size_t k = 0; k < sizeof forged / sizeof *forged; k++) {
        double *const meter = fixture_take(gan_meter_size(), sizeof *meter);
        for (size_t i = 0; i < gan_meter_size(); i++)
            meter[i] = forged[k];
        for (int i = 0; i < 20; i++) {
            gan_meter_count(meter, 1);
            gan_meter_note(meter, 1, 3, logits, logits, 0.5, 1);
            gan_meter_look(meter, 3, logits, logits);
        }
        free(meter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_game_raises_no_flag),
        cmocka_unit_test(figures_of_tiny_networks_are_aged),
        cmocka_unit_test(update_ratios_have_one_age),
        cmocka_unit_test(each_failure_raises_its_flag),
        cmocka_unit_test(an_orbit_is_told_from_a_game_that_settles),
        cmocka_unit_test(rows_known_by_heart_are_noticed),
        cmocka_unit_test(logits_become_probabilities),
        cmocka_unit_test(forged_counts_reach_no_other_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
