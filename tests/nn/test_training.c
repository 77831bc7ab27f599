#include "support/test.h"

#include "nn/nn.h"

static const base_option options[] = {NN_OPTIONS, {.key = NULL}};

static genmod_config *config(void)
{
    genmod_config *c;
    genmod_workspace *w;
    base_call call;

    assert_ok(genmod_workspace_new(NULL, &w));
    assert_non_null(base_enter(&call, w, NULL));
    assert_ok(base_leave(&call, base_config_new(options, &c, w)));
    genmod_workspace_free(w);
    return c;
}

static void set(genmod_config *c, const char *key, const char *value)
{
    assert_ok(genmod_config_set_str(c, key, value, NULL));
}

static void read_gives_the_defaults_of_the_options(void **state)
{
    genmod_config *const c = config();
    nn_training t;

    (void)state;
    nn_training_read(c, &t);
    assert_int_equal(t.batch, 128);
    assert_int_equal(t.epochs, 20);
    assert_int_equal(t.seed, 0);
    assert_true(t.validation == 0 && t.patience == 0 && t.min_delta == 0);
    assert_true(t.divergence == 1000 && t.optimiser == NN_ADAM);
    assert_true(t.rate == 0.001 && t.momentum == 0.9 && !t.nesterov);
    assert_true(t.beta1 == 0.9 && t.beta2 == 0.999 && t.epsilon == 1e-8);
    assert_true(t.l2 == 0 && t.decay == 0 && t.clip == 0 && t.average == 0);
    assert_true(t.schedule == NN_CONSTANT && t.schedule_steps == 1000);
    assert_true(t.schedule_factor == 0.1 && t.warmup == 0);
    genmod_config_free(c);
}

static void read_gives_every_option_that_was_set(void **state)
{
    genmod_config *const c = config();
    nn_training t;

    (void)state;
    set(c, "batch_size", "33");
    set(c, "epochs", "7");
    set(c, "seed", "12345678901234");
    set(c, "validation", "0.125");
    set(c, "patience", "3");
    set(c, "min_delta", "0.01");
    set(c, "divergence", "50");
    set(c, "learning_rate", "0.25");
    set(c, "momentum", "0.5");
    set(c, "nesterov", "1");
    set(c, "beta1", "0.8");
    set(c, "beta2", "0.95");
    set(c, "epsilon", "1e-6");
    set(c, "clip_norm", "2.5");
    set(c, "average", "0.99");
    set(c, "schedule", "cosine");
    set(c, "schedule_steps", "600");
    set(c, "schedule_factor", "0.05");
    set(c, "warmup_steps", "40");
    nn_training_read(c, &t);
    assert_int_equal(t.batch, 33);
    assert_int_equal(t.epochs, 7);
    assert_true(t.seed == 12345678901234u && t.validation == 0.125);
    assert_int_equal(t.patience, 3);
    assert_true(t.min_delta == 0.01 && t.divergence == 50 && t.rate == 0.25);
    assert_true(t.momentum == 0.5 && t.nesterov == 1 && t.beta1 == 0.8);
    assert_true(t.beta2 == 0.95 && t.epsilon == 1e-6 && t.clip == 2.5);
    assert_true(t.average == 0.99 && t.schedule == NN_COSINE);
    assert_true(t.schedule_steps == 600 && t.schedule_factor == 0.05);
    assert_true(t.warmup == 40);
    genmod_config_free(c);
}

static void read_couples_weight_decay_to_all_but_adamw(void **state)
{
    static const char *const kinds[] = {"sgd", "adam", "adamw", "rmsprop"};
    genmod_config *const c = config();

    (void)state;
    set(c, "weight_decay", "0.03");
    for (int32_t i = 0; i < 4; i++) {
        nn_training t;

        set(c, "optimiser", kinds[i]);
        nn_training_read(c, &t);
        assert_int_equal(t.optimiser, i);
        assert_true(t.decay == (i == NN_ADAMW ? 0.03 : 0));
        assert_true(t.l2 == (i == NN_ADAMW ? 0 : 0.03));
    }
    genmod_config_free(c);
}

static nn_training plan(int32_t schedule, double steps, double factor,
                        double warmup)
{
    return (nn_training){.rate = 0.4,
                         .schedule = schedule,
                         .schedule_steps = steps,
                         .schedule_factor = factor,
                         .warmup = warmup};
}

static void rate_rises_in_equal_steps_and_then_stays(void **state)
{
    const nn_training o = plan(NN_CONSTANT, 10, 0.1, 4);

    (void)state;
    assert_near(nn_rate(&o, 0), 0.1, 1e-16);
    assert_near(nn_rate(&o, 1), 0.2, 1e-16);
    assert_near(nn_rate(&o, 2), 0.3, 1e-15);
    assert_true(nn_rate(&o, 3) == 0.4);
    assert_true(nn_rate(&o, 4) == 0.4);
    assert_true(nn_rate(&o, 1000000) == 0.4);
}

static void rate_falls_by_the_factor_after_each_step_of_the_schedule(void **s)
{
    const nn_training o = plan(NN_STEPPED, 10, 0.5, 3);

    (void)s;
    assert_true(nn_rate(&o, 3) == 0.4);
    assert_true(nn_rate(&o, 12) == 0.4);
    assert_true(nn_rate(&o, 13) == 0.2);
    assert_true(nn_rate(&o, 22) == 0.2);
    assert_true(nn_rate(&o, 23) == 0.1);
    assert_true(nn_rate(&o, 13 + 10 * 59) == 0.4 * 0x1p-60);
}

/* The library's cosine is within 4 ULP of 1: 1e-15. */
static void rate_follows_half_a_cosine_down_to_the_factor(void **state)
{
    const nn_training o = plan(NN_COSINE, 90, 0.2, 5);

    (void)state;
    assert_near(nn_rate(&o, 0), 0.4 / 5, 1e-16);
    for (uint64_t t = 5; t < 95; t++) {
        const double angle = acos(-1.0) * (double)(t - 5) / 90;

        assert_near(nn_rate(&o, t), 0.4 * (0.2 + 0.8 * (1 + cos(angle)) / 2),
                    1e-15);
    }
    assert_near(nn_rate(&o, 50), 0.4 * 0.6, 1e-15);
    assert_true(nn_rate(&o, 95) == 0.4 * 0.2);
    assert_true(nn_rate(&o, UINT64_C(1) << 40) == 0.4 * 0.2);
}

/* 1 - beta2 from 0.1 to 0.001: a tenth of the way a factor of 10^-0.2. */
static void second_moments_remember_longer_by_equal_factors(void **state)
{
    nn_training o = plan(NN_CONSTANT, 50, 0.1, 4);

    (void)state;
    o.beta2 = 0.9;
    assert_true(nn_beta2(&o, 0) == 0.9 && nn_beta2(&o, 77) == 0.9);
    o.beta2_end = 0.999;
    assert_true(nn_beta2(&o, 0) == 1 - (1 - 0.9));
    assert_near(nn_beta2(&o, 5), 1 - 0.1 * pow(10, -0.2), 1e-15);
    assert_near(nn_beta2(&o, 25), 0.99, 1e-15);
    assert_near(nn_beta2(&o, 50), 0.999, 1e-15);
    assert_true(nn_beta2(&o, UINT64_C(1) << 40) == nn_beta2(&o, 50));
}

/* n roundings are what the rounding of a alone would do. */
static void power_is_within_n_roundings_up_to_two_to_the_forty(void **s)
{
    static const double bases[] = {0.9, 0.999, 0.999999999};

    (void)s;
    assert_true(nn_power(0.3, 0) == 1 && nn_power(0, 0) == 1);
    assert_true(nn_power(0.3, 1) == 0.3 && nn_power(0, 5) == 0);
    for (size_t i = 0; i < 3; i++)
        for (uint64_t n = 2; n <= UINT64_C(1) << 40; n = n * 3 + 1) {
            const long double exact = powl(bases[i], (long double)n);

            assert_near(nn_power(bases[i], n), exact,
                        (double)exact * (double)n * 0x1p-53 + 1e-300);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_gives_the_defaults_of_the_options),
        cmocka_unit_test(read_gives_every_option_that_was_set),
        cmocka_unit_test(read_couples_weight_decay_to_all_but_adamw),
        cmocka_unit_test(rate_rises_in_equal_steps_and_then_stays),
        cmocka_unit_test(
            rate_falls_by_the_factor_after_each_step_of_the_schedule),
        cmocka_unit_test(rate_follows_half_a_cosine_down_to_the_factor),
        cmocka_unit_test(second_moments_remember_longer_by_equal_factors),
        cmocka_unit_test(power_is_within_n_roundings_up_to_two_to_the_forty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
