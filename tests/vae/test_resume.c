/* Training that stops anywhere goes on bit for bit, with what it reports. */
#include "model/life.h"
#include "vae/internal.h"
#include "vae/rows.h"

static rows_table table;

static genmod_data *view(void)
{
    return rows_view(&table);
}

/* 4 updates a pass, the last one partial; held-out rows; a warm-up that ends in
 * the middle of a pass. */
#define PLAN                                                         \
    "code=2 | batch_size=20 | epochs=6 | validation=0.1 | seed=3 | " \
    "average=0.9 | schedule=cosine | schedule_steps=40 | warmup_steps=7 | "

static life life_of(const char *options)
{
    return (life){.family = &vae_family,
                  .bytes = sizeof(vae_model),
                  .options = options,
                  .passes = 6,
                  .updates = 4,
                  .view = view};
}

static void every_objective_goes_on_bit_for_bit(void **state)
{
    (void)state;
    static const char *const plans[] = {
        PLAN "encoder=dense 9; batchnorm; tanh; dropout 0.1 | missing=1 | "
             "hide=0.3 | classes=3 | kl_warmup=3.3 | free_bits=0.05",
        PLAN "encoder=dense 7; relu | missing=1 | prior=mixture | "
             "prior_components=3 | objective=iwae | samples=3 | gradient=dreg "
             "| kl_warmup=2.25 | sigma=optimal",
        PLAN "encoder=dense 7; relu | missing=1 | capacity=1.5 | mmd=2.5 | "
             "beta=4 | kl_warmup=7 | samples=2"};
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const life f = life_of(plans[i]);
        void *at = (void *)&f;
        fit_is_start_and_steps(&at);
        checkpoints_go_on_bit_for_bit(&at);
    }
}

static void a_vamp_prior_goes_on_bit_for_bit(void **state)
{
    (void)state;
    genmod_data *const v = view();
    const life f =
        life_of(PLAN "likelihood=gaussian | prior=vamp | missing=1 | "
                     "prior_components=4 | gradient=stl");
    life_run r;
    life_open(&f, &r);
    genmod_data_free(r.v);
    r.v = fixture_view(table.n, ROWS_D, table.x);
    assert_ok(genmod_data_set_missing(r.v, 1, NULL));
    life_fit(&r);
    for (size_t i = 0; i + 1 < r.n; i += 3) {
        vae_model *const m = fixture_model(NULL);
        assert_ok(vae_load(m, r.at[i].n, r.at[i].p, NULL));
        assert_ok(vae_step(m, r.v, NULL));
        if (!fixture_checkpoints(m, r.at[i + 1]))
            fail_msg("step %zu from its checkpoint differs", i + 1);
        vae_free(m);
    }
    life_close(&r);
    genmod_data_free(v);
}

/* beta is where the warm-up stands: 0 at the first update, half at half of it,
 * whole from its end on; and a checkpoint knows. */
static void the_warm_up_goes_on_from_a_checkpoint(void **state)
{
    (void)state;
    const life f = life_of(PLAN "missing=1 | beta=2 | kl_warmup=2");
    life_run r;
    life_open(&f, &r);
    life_fit(&r);
    for (size_t i = 1; i < r.n; i++) {
        vae_model *const m = fixture_model(NULL);
        /* minibatches of 20, 20, 20 and 10 of 70 rows */
        const double passes =
            (double)(i / f.updates) + (double)(i % f.updates) * 20 / 70;
        assert_ok(vae_load(m, r.at[i].n, r.at[i].p, NULL));
        assert_near(fixture_number(m, VAE_REPORT_BETA), passes < 2 ? passes : 2,
                    1e-15);
        vae_free(m);
    }
    assert_true(fixture_number(r.m, VAE_REPORT_BETA) == 2);
    life_close(&r);
}

static void the_report_is_whole_after_each_pass(void **state)
{
    (void)state;
    const life f = life_of(PLAN "missing=1 | classes=3");
    life_run r;
    life_open(&f, &r);
    life_fit(&r);
    for (size_t i = 0; i < r.n; i++) {
        vae_model *const m = fixture_model(NULL);
        const size_t passes = i / f.updates;
        assert_ok(vae_load(m, r.at[i].n, r.at[i].p, NULL));
        assert_int_equal(fixture_length(m, VAE_REPORT_KL_HISTORY), passes);
        assert_int_equal(fixture_length(m, VAE_REPORT_RECONSTRUCTION_HISTORY),
                         passes);
        assert_int_equal(fixture_length(m, VAE_REPORT_LOSS_HISTORY), passes);
        assert_int_equal(fixture_length(m, VAE_REPORT_VALIDATION_HISTORY),
                         passes);
        assert_int_equal(fixture_length(m, VAE_REPORT_KL_PER_CODE),
                         passes ? 2 : 0);
        if (passes) {
            const double kl = fixture_series(m, VAE_REPORT_KL_HISTORY, -1);
            assert_true(fixture_number(m, VAE_REPORT_KL) == kl);
            /* sums of floats in another order */
            assert_near(fixture_series(m, VAE_REPORT_KL_PER_CODE, 0) +
                            fixture_series(m, VAE_REPORT_KL_PER_CODE, 1),
                        kl, 1e-5 * kl);
        }
        vae_free(m);
    }
    life_close(&r);
}

static void options_may_change_between_steps(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "optimiser=sgd | learning_rate=0.0001",
        "batch_size=33",
        "hide=0.4",
        "objective=iwae | samples=4",
        "gradient=dreg",
        "objective=elbo | gradient=stl",
        "gradient=standard | capacity=0.7",
        "capacity=0 | free_bits=0.3 | kl_warmup=1",
        "free_bits=0 | mmd=3"};
    const life f = life_of(PLAN "missing=1");
    life_check_changes(&f, sizeof changes / sizeof *changes, changes);
}

/* The state of a likelihood stands beside those of the networks, of which a
 * decoder may have none. */
static void optimal_variances_follow_the_minibatches(void **state)
{
    (void)state;
    static const char *const networks[] = {"encoder=dense 7; relu",
                                           "encoder=dense 7; batchnorm; relu"};
    genmod_data *const v = view();
    for (size_t i = 0; i < 2; i++) {
        char options[120] = "code=2 | missing=1 | sigma=optimal | ";
        strcat(options, networks[i]);
        vae_model *const m = fixture_model(options);
        double before = 1;
        assert_ok(vae_start(m, v, NULL));
        for (int k = 0; k < 4; k++) {
            double now;
            assert_ok(vae_get_params(m, "likelihood.0.variance", 1, &now, NULL,
                                     NULL));
            assert_true(now > 0 && (k == 0 || now != before));
            before = now;
            assert_ok(vae_step(m, v, NULL));
        }
        vae_free(m);
    }
    genmod_data_free(v);
}

int main(void)
{
    static life plain;
    plain = life_of(PLAN "missing=1 | classes=3");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_objective_goes_on_bit_for_bit),
        cmocka_unit_test(a_vamp_prior_goes_on_bit_for_bit),
        cmocka_unit_test(the_warm_up_goes_on_from_a_checkpoint),
        cmocka_unit_test(the_report_is_whole_after_each_pass),
        cmocka_unit_test_prestate(a_completed_fit_is_followed_by_more_passes,
                                  &plain),
        cmocka_unit_test_prestate(a_saved_model_goes_on_with_new_moments,
                                  &plain),
        cmocka_unit_test(options_may_change_between_steps),
        cmocka_unit_test(optimal_variances_follow_the_minibatches),
    };
    rows_open(&table, 78, 21, 1);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    return failed;
}
