/* The game itself: one number a player, where every update is known. */
#include <math.h>

#include "gan/fixture.h"

/* Dirac-GAN (Mescheder et al. 2018, section 2): the data are 0, G makes theta
 * of any code, D(x) = psi x. One row a minibatch, plain steps of 0.1. */
#define DIRAC                                                        \
    "input=1 | standardise=0 | codes=1 | generator=dense 1 | "       \
    "discriminator=dense 1 nobias | batch_size=1 | optimiser=sgd | " \
    "learning_rate=0.1 | schedule=constant | average=0 | loss=minimax | "

#define PSI "discriminator.0.weight"
#define THETA "generator.0.bias"

typedef struct map {
    double at[2][2]; /* columns: from (psi, theta) = (s, 0) and (0, s) */
} map;

static map map_of(const char *options, double size)
{
    static const double zero = 0;
    genmod_data *const v = fixture_view(1, 1, &zero);
    gan_model *const m = fixture_model(options);
    map out;
    for (int i = 0; i < 2; i++) {
        assert_ok(gan_start(m, v, NULL));
        fixture_set(m, "generator.0.weight", 0);
        fixture_set(m, PSI, i == 0 ? size : 0);
        fixture_set(m, THETA, i == 1 ? size : 0);
        assert_ok(gan_step(m, v, NULL));
        out.at[0][i] = fixture_get(m, PSI) / size;
        out.at[1][i] = fixture_get(m, THETA) / size;
    }
    gan_free(m);
    genmod_data_free(v);
    return out;
}

/* How much the map turns a small circle into a larger or smaller one. */
static double growth(const char *options)
{
    const map a = map_of(options, 1e-3);
    return sqrt(a.at[0][0] * a.at[1][1] - a.at[0][1] * a.at[1][0]);
}

/* With h = 0.1 and D' = 1/2 at 0 the map is [1 - h gamma, -h/2; h/2, 1], whose
 * determinant is 1 + h^2/4 - h gamma; G's half after D's takes h^2/4 away. */
static void a_dirac_game_orbits_and_r1_damps_it(void **state)
{
    (void)state;
#define R1 "penalty=r1 | penalty_weight=0.3 | penalty_end=0.3 | "
    assert_near(growth(DIRAC "order=simultaneous | penalty=none"), 1.001249,
                1e-5);
    assert_near(growth(DIRAC R1 "order=simultaneous"), 0.986154, 1e-5);
    assert_near(growth(DIRAC "penalty=none"), 1.000000, 1e-5);
    assert_near(growth(DIRAC R1), 0.984886, 1e-5);
}

/* The same map for the losses whose slope at 0 is that of the logistic. */
static void losses_with_one_slope_have_one_map(void **state)
{
    (void)state;
    static const char *const losses[] = {
        DIRAC "penalty=none | order=simultaneous",
        DIRAC "penalty=none | order=simultaneous | loss=non-saturating",
        DIRAC "penalty=none | order=simultaneous | loss=relativistic"};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        assert_near(growth(losses[i]), 1.001249, 1e-5);
}

/* D's first, G's then: a step of one with the other at rest. V = ln D(x) + ln(1
 * - D(G(z))), with D = sigmoid(psi x): at x = 0 the first is ln 1/2. */
static double value(double psi, double theta)
{
    return -log(2) - log1p(exp(psi * theta));
}

static void a_small_d_step_raises_v_and_a_small_g_step_lowers_it(void **state)
{
    (void)state;
    static const double starts[][2] = {
        {0.7, -1.3}, {-0.4, 0.9}, {1.6, 0.35}, {-2.1, -0.6}};
    static const double zero = 0;
    genmod_data *const v = fixture_view(1, 1, &zero);
    gan_model *const m = fixture_model(DIRAC "penalty=none");
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const double psi = starts[i][0], theta = starts[i][1];
        double moved, last;
        assert_ok(gan_start(m, v, NULL));
        fixture_set(m, "generator.0.weight", 0);
        fixture_set(m, PSI, psi);
        fixture_set(m, THETA, theta);
        assert_ok(gan_step(m, v, NULL));
        moved = fixture_get(m, PSI);
        last = fixture_get(m, THETA);
        assert_true(value(moved, theta) > value(psi, theta));
        assert_true(value(moved, last) < value(moved, theta));
        /* d V / d psi = -theta D, d V / d theta = -psi D */
        assert_near(moved, psi - 0.1 * theta / (1 + exp(-psi * theta)), 1e-6);
        assert_near(last, theta + 0.1 * moved / (1 + exp(-moved * theta)),
                    1e-6);
        assert_near(fixture_number(m, GAN_REPORT_D_LOSS), -value(psi, theta),
                    1e-6);
    }
    gan_free(m);
    genmod_data_free(v);
}

/* Against a D that is sure (logit -12 at G's row) the gradient of E ln(1 - D)
 * is D = 6e-6 of what it could be, and that of -E ln D is 1 - D. */
static void
the_saturating_gradient_vanishes_and_the_other_does_not(void **state)
{
    (void)state;
    static const char *const losses[] = {
        DIRAC "penalty=none | loss=minimax | d_learning_rate=1e-30",
        DIRAC "penalty=none | loss=non-saturating | d_learning_rate=1e-30"};
    static const double zero = 0;
    const double psi = 3, theta = -4, d = 1 / (1 + exp(12));
    genmod_data *const v = fixture_view(1, 1, &zero);
    for (size_t i = 0; i < 2; i++) {
        gan_model *const m = fixture_model(losses[i]);
        assert_ok(gan_start(m, v, NULL));
        fixture_set(m, "generator.0.weight", 0);
        fixture_set(m, PSI, psi);
        fixture_set(m, THETA, theta);
        assert_ok(gan_step(m, v, NULL));
        /* of the bias and, by the code, of the weight */
        const double own = psi * (i ? 1 - d : d);
        assert_true(fixture_number(m, GAN_REPORT_G_GRADIENT_NORM) >=
                    own * (1 - 1e-5));
        assert_near(fixture_get(m, THETA) - theta, 0.1 * own, 1e-6);
        gan_free(m);
    }
    genmod_data_free(v);
}

/* Where D gives the same everywhere, every loss is what its entry says. */
static void losses_of_an_equal_game_are_those_of_the_equilibrium(void **state)
{
    (void)state;
    static const struct {
        const char *loss;
        double d, g, logit;
    } at[] = {{"minimax", 1.3862944, -0.6931472, 0},
              {"non-saturating", 1.3862944, 0.6931472, 0},
              {"least-squares", 0.25, 0.125, 0.5},
              {"hinge", 2, 0, 0.25},
              {"wasserstein", 0, 0, 0.25},
              {"relativistic", 0.6931472, 0.6931472, 0.25}};
    double *const x = fixture_invent(40, 3, 5);
    genmod_data *const v = fixture_view(40, 3, x);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        char options[300] = "batch_size=40 | discriminator=dense 1 zero | "
                            "penalty=none | clip_weights=1 | loss=";
        strcat(options, at[i].loss);
        gan_model *const m = fixture_model(options);
        assert_ok(gan_start(m, v, NULL));
        fixture_set(m, "discriminator.0.bias", at[i].logit);
        assert_ok(gan_step(m, v, NULL));
        assert_near(fixture_number(m, GAN_REPORT_D_LOSS), at[i].d, 1e-6);
        assert_near(fixture_number(m, GAN_REPORT_D_EQUILIBRIUM), at[i].d, 1e-6);
        if (at[i].g != 0)
            assert_near(fixture_number(m, GAN_REPORT_G_EQUILIBRIUM), at[i].g,
                        1e-6);
        else
            assert_true(isnan(fixture_number(m, GAN_REPORT_G_EQUILIBRIUM)));
        gan_free(m);
    }
    genmod_data_free(v);
    free(x);
}

/* Saved models name their preset, so what it stands for must stay. */
static void presets_say_what_is_left_open(void **state)
{
    (void)state;
    static const struct {
        const char *preset;
        size_t codes;
        double end; /* of the penalty's weight, at 1 first */
        int norm;   /* 1: G's first layer has a norm behind it */
    } at[] = {{"auto", 6, 2.0 / 40, 1}, {"relativistic", 16, 1e-3, 0}};
    double *const x = fixture_invent(40, 3, 5);
    genmod_data *const v = fixture_view(40, 3, x);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        char options[100] = "updates=3 | batch_size=20 | preset=";
        strcat(options, at[i].preset);
        gan_model *const m = fixture_model(options);
        double scale;
        size_t n = 0;
        assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
        assert_int_equal(gan_code_size(m), at[i].codes);
        assert_float_equal(fixture_number(m, GAN_REPORT_PENALTY_WEIGHT),
                           at[i].end, 1e-12);
        assert_int_equal(
            gan_get_params(m, "generator.1.scale", 0, &scale, &n, NULL),
            at[i].norm ? GENMOD_TOO_SMALL : GENMOD_BAD_ARGUMENT);
        gan_free(m);
    }
    genmod_data_free(v);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dirac_game_orbits_and_r1_damps_it),
        cmocka_unit_test(losses_with_one_slope_have_one_map),
        cmocka_unit_test(a_small_d_step_raises_v_and_a_small_g_step_lowers_it),
        cmocka_unit_test(
            the_saturating_gradient_vanishes_and_the_other_does_not),
        cmocka_unit_test(losses_of_an_equal_game_are_those_of_the_equilibrium),
        cmocka_unit_test(presets_say_what_is_left_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
