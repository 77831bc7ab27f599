/* Training that stops anywhere goes on bit for bit, both players, with what it
 * reports. */
#include "gan/fixture.h"
#include "gan/internal.h"
#include "model/life.h"

#define D 3
#define N 78

static double *rows;
static int32_t labels[N];

static genmod_data *view(void)
{
    genmod_data *const v = fixture_view(N, D, rows);
    assert_ok(genmod_data_set_labels(v, N, labels, NULL));
    return v;
}

static int32_t ask(const void *m, const genmod_data *x, void *out,
                   genmod_workspace *w)
{
    return gan_discriminate(m, x, N * sizeof(double), out, w);
}

/* 4 updates a pass, the last one partial; held-out rows. */
#define PLAN                                                          \
    "codes=2 | batch_size=20 | epochs=6 | validation=0.1 | seed=3 | " \
    "average=0.9 | warmup_steps=7 | "

static life life_of(const char *options)
{
    return (life){.family = &gan_family,
                  .bytes = sizeof(gan_model),
                  .options = options,
                  .passes = 6,
                  .updates = 4,
                  .view = view,
                  .ask = ask};
}

static void every_game_goes_on_bit_for_bit(void **state)
{
    (void)state;
    static const char *const plans[] = {
        PLAN "generator=dense 9; batchnorm; lrelu 0.2; dropout 0.1 | "
             "discriminator=sn dense 8; lrelu 0.2 | classes=3 | beta2=0.9 | "
             "beta2_end=0.99",
        PLAN "generator=dense 9; batchnorm; relu | d_updates=3 | "
             "loss=wasserstein | penalty=unit-gradient | beta2_end=0.99 | "
             "discriminator=dense 8; tanh; dropout 0.2",
        PLAN "generator=dense 7; relu | classes=3 | "
             "conditioning=projection | deviation=4 | "
             "discriminator=dense 8; lrelu 0.2",
        PLAN "generator=dense 7; relu | classes=3 | "
             "conditioning=classifier | packing=1 | penalty=zero-gradient | "
             "discriminator=dense 8; lrelu 0.2",
        PLAN "generator=dense 7; batchnorm; relu; dense 5; batchnorm; tanh | "
             "classes=3 | generator_conditioning=batchnorm | "
             "discriminator=dense 8; lrelu 0.2",
        PLAN "input=1x1x3 | generator=dense 7; relu | discriminator=dense 8; "
             "lrelu 0.2 | augmentation=cutout contrast brightness | "
             "augmentation_share=0.2 | augmentation_end=0.9",
        PLAN "generator=dense 7; relu | order=simultaneous | "
             "loss=least-squares | penalty=none | optimiser=sgd | "
             "learning_rate=0.01 | momentum=0.4 | "
             "discriminator=dense 8; batchnorm; lrelu 0.2"};
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const life f = life_of(plans[i]);
        void *at = (void *)&f;
        fit_is_start_and_steps(&at);
        checkpoints_go_on_bit_for_bit(&at);
    }
}

static void options_may_change_between_steps(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "optimiser=sgd | learning_rate=0.001",
        "batch_size=33",
        "loss=hinge | penalty=none",
        "order=simultaneous",
        "loss=wasserstein | penalty=none | clip_weights=0.01",
        "order=alternating | d_updates=2 | loss=hinge | clip_weights=0",
        "penalty=dragan"};
    const life f = life_of(PLAN "generator=dense 5 | discriminator=dense 5");
    life_check_changes(&f, sizeof changes / sizeof *changes, changes);
}

/* Only G's own updates move its running statistics: not one of D's, of which
 * two come before the first of G's. */
static void passes_of_d_leave_running_statistics_alone(void **state)
{
    (void)state;
    static const char *const name = "generator.1.running_mean";
    genmod_data *const v = view();
    gan_model *const m =
        fixture_model(PLAN "generator=dense 4; batchnorm; relu | d_updates=3");
    assert_ok(gan_start(m, v, NULL));
    for (int i = 1; i <= 3; i++) {
        size_t n;
        double *const at = fixture_params(m, name, &n);
        double size = 0;
        for (size_t j = 0; j < n; j++)
            size += at[j] * at[j];
        assert_true(size == 0);
        free(at);
        assert_ok(gan_step(m, v, NULL));
    }
    size_t n;
    double *const at = fixture_params(m, name, &n);
    assert_true(at[0] != 0);
    assert_true(fixture_number(m, GAN_REPORT_G_UPDATES) == 1);
    free(at);
    gan_free(m);
    genmod_data_free(v);
}

/* After its first update the averages are what the update left, statistics and
 * all; with decay t in the ramp the second's are (1/10) of the way back. */
static void averages_follow_weights_and_statistics(void **state)
{
    (void)state;
    static const char *const names[] = {"generator.0.weight",
                                        "generator.1.running_variance"};
#define SAME                                                          \
    "codes=2 | batch_size=20 | seed=3 | generator=dense 4; batchnorm" \
    "; relu | average="
    genmod_data *const v = view();
    gan_model *const raw = fixture_model(SAME "0");
    gan_model *const mean = fixture_model(SAME "0.999");
    double *before[2], *last, *averaged;
    size_t n;
    assert_ok(gan_start(raw, v, NULL));
    assert_ok(gan_start(mean, v, NULL));
    assert_ok(gan_step(raw, v, NULL));
    for (int i = 0; i < 2; i++)
        before[i] = fixture_params(raw, names[i], &n);
    assert_ok(gan_step(raw, v, NULL));
    assert_ok(gan_step(mean, v, NULL));
    assert_ok(gan_step(mean, v, NULL));
    for (int i = 0; i < 2; i++) {
        last = fixture_params(raw, names[i], &n);
        averaged = fixture_params(mean, names[i], &n);
        for (size_t j = 0; j < n; j++)
            assert_near(averaged[j], 0.1 * before[i][j] + 0.9 * last[j], 1e-6);
        free(last);
        free(averaged);
        free(before[i]);
    }
    gan_free(raw);
    gan_free(mean);
    genmod_data_free(v);
}

/* G's update overflows after D's was made: D's is taken back. */
static void an_update_that_g_refuses_changes_neither_player(void **state)
{
    (void)state;
    genmod_data *const v = view();
    gan_model *const m = fixture_model(
        PLAN "generator=dense 4; batchnorm; relu | discriminator=sn dense 4; "
             "lrelu 0.2 | loss=wasserstein | penalty=none | classes=3");
    double *w;
    size_t n;
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_step(m, v, NULL));
    w = fixture_params(m, "generator.3.weight", &n);
    /* rows that are finite, and a gradient by the layer below that is not */
    for (size_t i = 0; i < n; i++)
        w[i] = i % 2 ? 3e37 : -3e37;
    assert_ok(gan_set_params(m, "generator.3.weight", n, w, NULL));
    const fixture_bytes before = fixture_checkpoint(m);
    genmod_workspace *const wk = fixture_workspace(1, NULL);
    assert_int_equal(gan_step(m, v, wk), GENMOD_BREAKDOWN);
    assert_true(fixture_checkpoints(m, before));
    genmod_workspace_free(wk);
    free(before.p);
    free(w);
    gan_free(m);
    genmod_data_free(v);
}

int main(void)
{
    static life plain;
    plain = life_of(PLAN "classes=3 | generator=dense 6; batchnorm; relu | "
                         "discriminator=dense 6; relu");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_game_goes_on_bit_for_bit),
        cmocka_unit_test_prestate(a_completed_fit_is_followed_by_more_passes,
                                  &plain),
        cmocka_unit_test_prestate(a_saved_model_goes_on_with_new_moments,
                                  &plain),
        cmocka_unit_test(options_may_change_between_steps),
        cmocka_unit_test(passes_of_d_leave_running_statistics_alone),
        cmocka_unit_test(averages_follow_weights_and_statistics),
        cmocka_unit_test(an_update_that_g_refuses_changes_neither_player),
    };
    rows = fixture_invent(N, D, 21);
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)(i % 3);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(rows);
    return failed;
}
