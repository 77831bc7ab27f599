#include "nn/trial.h"

#define ROUNDINGS 1e-13
#define ROWS 6
#define EPSILON 1e-5

/* Mean and biased variance of n numbers at x[first + i * step]. */
static void moments(const double *x, size_t first, size_t step, size_t n,
                    double *mean, double *variance)
{
    *mean = *variance = 0;
    for (size_t i = 0; i < n; i++)
        *mean += x[first + i * step] / (double)n;
    for (size_t i = 0; i < n; i++)
        *variance += (x[first + i * step] - *mean) *
                     (x[first + i * step] - *mean) / (double)n;
}

static double scaled(const trial *t, double x, double mean, double variance,
                     size_t channel)
{
    return trial_value(t, "0.scale")[channel] * (x - mean) /
               sqrt(variance + EPSILON) +
           trial_value(t, "0.bias")[channel];
}

/* Every channel over rows and cells. */
static void batchnorm_of(const char *shape, size_t cells, size_t c)
{
    trial t;
    double expected[ROWS * 64];

    trial_new(&t, shape, "batchnorm", ROWS);
    for (size_t q = 0; q < c; q++) {
        double mean, variance;
        moments(t.in, q, c, ROWS * cells, &mean, &variance);
        for (size_t i = q; i < ROWS * cells * c; i += c)
            expected[i] = scaled(&t, t.in[i], mean, variance, q);
    }
    double *const y = trial_run(&t, trial_apply(&t, NN_TRAIN));
    trial_near(ROWS * cells * c, y, expected, ROUNDINGS);
    assert_int_equal(t.pass.n, 0);
    free(y);
    trial_free(&t);
}

static void batchnorm_trains_on_the_moments_of_the_batch(void **state)
{
    (void)state;
    batchnorm_of("5", 1, 5);
    batchnorm_of("3x2x4", 8, 3);
    batchnorm_of("1", 1, 1);
}

static void batchnorm_evaluates_by_its_states(void **state)
{
    trial t;
    double expected[ROWS * 24];

    (void)state;
    trial_new(&t, "3x2x4", "batchnorm", ROWS);
    for (size_t i = 0; i < ROWS * 24; i++)
        expected[i] =
            scaled(&t, t.in[i], trial_value(&t, "0.running_mean")[i % 3],
                   trial_value(&t, "0.running_variance")[i % 3], i % 3);
    double *const y = trial_run(&t, trial_apply(&t, 0));
    trial_near(ROWS * 24, y, expected, ROUNDINGS);
    free(y);
    trial_free(&t);
}

/* state' = (1 - M) state + M value, the variance over n - 1 */
static void batchnorm_follows_the_batch_while_updating(void **state)
{
    trial t;
    double mean[3], variance[3];

    (void)state;
    trial_new(&t, "3x2x4", "batchnorm 0.3", ROWS);
    for (size_t q = 0; q < 3; q++) {
        double m, v;
        moments(t.in, q, 3, ROWS * 8, &m, &v);
        mean[q] = 0.7 * trial_value(&t, "0.running_mean")[q] + 0.3 * m;
        variance[q] = 0.7 * trial_value(&t, "0.running_variance")[q] +
                      0.3 * v * (ROWS * 8) / (ROWS * 8 - 1);
    }
    free(trial_run(&t, trial_apply(&t, NN_TRAIN | NN_UPDATE)));
    assert_int_equal(t.pass.n, 2);
    trial_near(3, trial_next(&t, "0.running_mean"), mean, ROUNDINGS);
    trial_near(3, trial_next(&t, "0.running_variance"), variance, ROUNDINGS);
    trial_free(&t);
}

/* One number has no variance: the state stays finite. */
static void batchnorm_of_one_number_stays_finite(void **state)
{
    trial t;
    const double *v;

    (void)state;
    trial_new(&t, "3", "batchnorm", 1);
    free(trial_run(&t, trial_apply(&t, NN_UPDATE)));
    v = trial_next(&t, "0.running_variance");
    for (size_t q = 0; q < 3; q++)
        assert_near(v[q], 0.9 * trial_value(&t, "0.running_variance")[q],
                    ROUNDINGS);
    trial_free(&t);
}

static void normalised_within_a_row(const char *shape, const char *text,
                                    size_t cells, size_t c, size_t groups)
{
    const size_t part = c / groups;
    trial t;
    double expected[ROWS * 96], group[96];

    trial_new(&t, shape, text, ROWS);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t k = 0; k < groups; k++) {
            double mean, variance;
            for (size_t i = 0; i < cells * part; i++)
                group[i] =
                    t.in[(r * cells + i / part) * c + k * part + i % part];
            moments(group, 0, 1, cells * part, &mean, &variance);
            for (size_t i = 0; i < cells * part; i++)
                expected[(r * cells + i / part) * c + k * part + i % part] =
                    scaled(&t, group[i], mean, variance, k * part + i % part);
        }
    }
    for (int flags = 0; flags < 2; flags++) {
        double *const y = trial_run(&t, trial_apply(&t, flags));
        trial_near(ROWS * cells * c, y, expected, ROUNDINGS);
        free(y);
    }
    trial_free(&t);
}

static void layernorm_and_groupnorm_stay_within_a_row(void **state)
{
    (void)state;
    normalised_within_a_row("7", "layernorm", 1, 7, 1);
    normalised_within_a_row("4x2x3", "layernorm", 6, 4, 1);
    normalised_within_a_row("4x2x3", "groupnorm 1", 6, 4, 1);
    normalised_within_a_row("6x2x3", "groupnorm 3", 6, 6, 3);
    normalised_within_a_row("6x2x3", "groupnorm 6", 6, 6, 6);
    normalised_within_a_row("12", "groupnorm 4", 1, 12, 4);
}

#define MANY 5000

/* y is 0 or x / (1 - P); returns how many are 0. */
static size_t dropped(const trial *t, const double *y, size_t n, double p)
{
    size_t zeros = 0;

    for (size_t i = 0; i < n; i++) {
        zeros += y[i] == 0;
        if (y[i] != 0)
            assert_near(y[i], t->in[i] / (1 - p), 1e-15 * 4);
    }
    return zeros;
}

static void dropout_drops_its_share_and_keeps_the_mean(void **state)
{
    static const double share[] = {0.1, 0.5, 0.8};
    static const char *const text[] = {"dropout 0.1", "dropout 0.5",
                                       "dropout 0.8"};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        const double n = 4.0 * MANY, p = share[k];
        trial t;
        double before = 0, after = 0, squares = 0;
        trial_new(&t, "5000", text[k], 4);
        double *const y = trial_run(&t, trial_apply(&t, NN_TRAIN));
        const double zeros = (double)dropped(&t, y, 4 * MANY, p);
        for (size_t i = 0; i < 4 * MANY; i++) {
            before += t.in[i];
            after += y[i];
            squares += t.in[i] * t.in[i];
        }
        /* four standard errors */
        assert_near(zeros, n * p, 4 * sqrt(n * p * (1 - p)));
        assert_near(after, before, 4 * sqrt(squares * p / (1 - p)));
        free(y);
        trial_free(&t);
    }
}

static void dropout_rests_in_evaluation_and_at_0(void **state)
{
    static const char *const text[] = {"dropout 0.5", "dropout 0"};

    (void)state;
    for (int k = 0; k < 2; k++) {
        trial t;
        trial_new(&t, "50", text[k], 4);
        assert_int_equal(trial_apply(&t, k ? NN_TRAIN : 0), t.x);
        trial_free(&t);
    }
}

/* Places where both drop, or neither does. */
static double agreement(const double *a, const double *b, size_t n)
{
    size_t same = 0;

    for (size_t i = 0; i < n; i++)
        same += (a[i] == 0) == (b[i] == 0);
    return (double)same;
}

static void dropouts_of_copies_layers_and_steps_are_independent(void **state)
{
    const double n = MANY;
    double *y[8];
    trial t;

    (void)state;
    trial_new(&t, "5000", "dropout 0.5", 1);
    for (int32_t copy = 0; copy < NN_COPIES; copy++) {
        t.pass.copy = copy;
        y[copy] = trial_run(&t, trial_apply(&t, NN_TRAIN));
    }
    t.pass.copy = 0;
    t.step = 1;
    y[4] = trial_run(&t, trial_apply(&t, NN_TRAIN));
    t.step = 0;
    y[5] = trial_run(&t, trial_apply(&t, NN_TRAIN));
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            assert_near(agreement(y[i], y[j], MANY), n / 2, 4 * sqrt(n / 4));
    assert_memory_equal(y[5], y[0], MANY * sizeof *y[0]);
    trial_free(&t);
    for (int i = 0; i < 6; i++)
        free(y[i]);

    trial_new(&t, "5000", "dropout 0.5; dropout 0.5", 1);
    y[0] = trial_run(&t, trial_apply(&t, NN_TRAIN));
    /* a quarter is left by two, half by one twice */
    size_t left = 0;
    for (size_t i = 0; i < MANY; i++)
        left += y[0][i] != 0;
    assert_near((double)left, n / 4, 4 * sqrt(n * 3 / 16));
    free(y[0]);
    trial_free(&t);
}

static void second_application_with_update_is_refused(void **state)
{
    trial t;

    (void)state;
    trial_new(&t, "5", "dense 4; batchnorm", 3);
    assert_true(trial_apply(&t, NN_UPDATE) >= 0);
    t.pass.flags = NN_TRAIN;
    assert_true(nn_apply(t.net, &t.pass, t.x) >= 0);
    assert_ok(ad_graph_status(t.g));
    t.pass.flags = NN_UPDATE;
    assert_int_equal(nn_apply(t.net, &t.pass, t.x), AD_NONE);
    assert_int_equal(t.pass.n, 2);
    assert_status(ad_graph_status(t.g), GENMOD_BAD_ARGUMENT, t.w);
    assert_error_names(t.w, "updated twice");
    trial_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batchnorm_trains_on_the_moments_of_the_batch),
        cmocka_unit_test(batchnorm_evaluates_by_its_states),
        cmocka_unit_test(batchnorm_follows_the_batch_while_updating),
        cmocka_unit_test(batchnorm_of_one_number_stays_finite),
        cmocka_unit_test(layernorm_and_groupnorm_stay_within_a_row),
        cmocka_unit_test(dropout_drops_its_share_and_keeps_the_mean),
        cmocka_unit_test(dropout_rests_in_evaluation_and_at_0),
        cmocka_unit_test(dropouts_of_copies_layers_and_steps_are_independent),
        cmocka_unit_test(second_application_with_update_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
