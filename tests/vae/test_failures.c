/* Training that goes wrong, and training that ends early. */
#include "vae/rows.h"

#define N 60

static rows_table table;

/* A row source that gives NaN from a number of calls on. */
typedef struct feed {
    size_t calls, from;
} feed;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    feed *const f = user;
    (void)weights;
    for (size_t i = 0; i < n; i++) {
        memcpy((double *)x + i * ROWS_D, table.x + (size_t)rows[i] * ROWS_D,
               ROWS_D * sizeof(double));
        labels[i] = table.labels[rows[i]];
    }
    if (f->calls++ >= f->from)
        ((double *)x)[3 * ROWS_D + 5] = NAN;
    return 0;
}

static void a_bad_cell_at_step_100_changes_nothing(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(2, NULL);
    genmod_data *const v = rows_view(&table);
    feed f = {0, SIZE_MAX};
    vae_model *const m = fixture_model("code=2 | encoder=dense 9; batchnorm; "
                                       "tanh | classes=3 | batch_size=15");
    assert_ok(genmod_data_set_source(v, GENMOD_F64, N, ROWS_D, give, &f, NULL));
    assert_ok(vae_start(m, v, w));
    for (int i = 0; i < 99; i++)
        assert_ok(vae_step(m, v, w));
    const fixture_bytes before = fixture_checkpoint(m);
    f.from = 0;
    assert_status(vae_step(m, v, w), GENMOD_NON_FINITE, w);
    assert_error_names(w, "column 5 is nan");
    assert_true(fixture_checkpoints(m, before));
    /* and goes on as if nothing had been */
    f.from = SIZE_MAX;
    assert_ok(vae_step(m, v, w));
    const fixture_bytes after = fixture_checkpoint(m);
    assert_ok(vae_load(m, before.n, before.p, NULL));
    assert_ok(vae_step(m, v, w));
    assert_true(fixture_checkpoints(m, after));
    free(before.p);
    free(after.p);
    genmod_data_free(v);
    genmod_workspace_free(w);
    vae_free(m);
}

/* Without standardising, cells of 1e25 have a loss that is no float. */
static void a_loss_that_is_not_finite_changes_nothing(void **state)
{
    (void)state;
    double *const x = fixture_invent(N, 4, 2);
    genmod_data *const v = fixture_view(N, 4, x);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    vae_model *const m =
        fixture_model("standardise=0 | batch_size=60 | sigma=optimal | "
                      "encoder=dense 3; batchnorm; tanh");
    assert_ok(vae_start(m, v, w));
    assert_ok(vae_step(m, v, w));
    const fixture_bytes b = fixture_checkpoint(m);
    x[5 * 4] = 1e25;
    assert_status(vae_step(m, v, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "update 2");
    assert_true(fixture_checkpoints(m, b));
    x[5 * 4] = 1;
    assert_ok(vae_step(m, v, w));
    free(b.p);
    genmod_data_free(v);
    genmod_workspace_free(w);
    vae_free(m);
    free(x);
}

/* Rates that no training survives: an error, and finite weights that draw. */
static void divergence_is_an_error_and_leaves_a_kept_state(void **state)
{
    (void)state;
    static const char *const rates[] = {"optimiser=sgd | learning_rate=1000000",
                                        "optimiser=sgd | learning_rate=30",
                                        "learning_rate=1000000"};
    genmod_data *const v = rows_view(&table);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    for (size_t i = 0; i < 3; i++) {
        char options[200] = "batch_size=2 | epochs=30 | average=0.5 | code=2 | "
                            "encoder=dense 9; relu | classes=3 | ";
        double x[20 * ROWS_D];
        strcat(options, rates[i]);
        vae_model *const m = fixture_model(options);
        assert_status(vae_fit(m, v, NULL, NULL, NULL, w), GENMOD_BREAKDOWN, w);
        for (size_t k = 0; vae_params_key(m, k); k++) {
            size_t n;
            double *const p = fixture_params(m, vae_params_key(m, k), &n);
            for (size_t j = 0; j < n; j++)
                assert_true(isfinite(p[j]));
            free(p);
        }
        assert_ok(vae_sample(m, 1, 0, 20, GENMOD_DRAW, NULL, GENMOD_F64,
                             sizeof x, x, NULL));
        /* they may be past all numbers; none is no number */
        for (size_t j = 0; j < 20 * ROWS_D; j++)
            assert_false(isnan(x[j]));
        vae_free(m);
    }
    genmod_data_free(v);
    genmod_workspace_free(w);
}

/* The losses before the end of the warm-up are not those of the bound. */
static void patience_waits_for_the_warm_up(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        double epochs;
    } cases[] = {{"kl_warmup=0", 3}, {"kl_warmup=7", 9}, {"kl_warmup=6.5", 9}};
    genmod_data *const v = rows_view(&table);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model *const m =
            fixture_model("code=2 | encoder=dense 9; relu | classes=3 | "
                          "patience=2 | epochs=40 | min_delta=1000000");
        fixture_configure(m, cases[i].options);
        assert_ok(vae_fit(m, v, v, NULL, NULL, NULL));
        assert_true(fixture_number(m, VAE_REPORT_STOPPED_EARLY) == 1);
        if (fixture_number(m, VAE_REPORT_EPOCHS) != cases[i].epochs)
            fail_msg("%s: %g passes", cases[i].options,
                     fixture_number(m, VAE_REPORT_EPOCHS));
        vae_free(m);
    }
    genmod_data_free(v);
}

/* Saved models go on with new counts, but their warm-up is what it was. */
static void patience_waits_for_what_is_left_of_the_warm_up(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        double more;
    } cases[] = {{"epochs=4", 5}, {"epochs=11", 3}};
    genmod_data *const v = rows_view(&table);
    for (size_t i = 0; i < 2; i++) {
        vae_model *const m = fixture_model(
            "code=2 | encoder=dense 9; relu | classes=3 | kl_warmup=7 | "
            "min_delta=1000000 | warm_start=1");
        fixture_configure(m, cases[i].first);
        assert_ok(vae_fit(m, v, v, NULL, NULL, NULL));
        const fixture_bytes b = fixture_save(m);
        assert_ok(vae_load(m, b.n, b.p, NULL));
        const double before = fixture_number(m, VAE_REPORT_EPOCHS);
        fixture_configure(m, "patience=2 | epochs=40");
        assert_ok(vae_fit(m, v, v, NULL, NULL, NULL));
        assert_true(fixture_number(m, VAE_REPORT_STOPPED_EARLY) == 1);
        assert_true(fixture_number(m, VAE_REPORT_EPOCHS) - before ==
                    cases[i].more);
        free(b.p);
        vae_free(m);
    }
    genmod_data_free(v);
}

static void held_out_rows_give_the_best_weights(void **state)
{
    (void)state;
    genmod_data *const v = rows_view(&table);
    vae_model *const m = fixture_model(
        "code=2 | encoder=dense 9; relu | classes=3 | epochs=12 | kl_warmup=2 "
        "| learning_rate=0.02 | batch_size=15");
    double least = INFINITY;
    assert_ok(vae_fit(m, v, v, NULL, NULL, NULL));
    for (int64_t i = 0; i < 12; i++) {
        const double loss = fixture_series(m, VAE_REPORT_VALIDATION_HISTORY, i);
        least = loss < least ? loss : least;
    }
    assert_true(fixture_number(m, VAE_REPORT_BEST_LOSS) == least);
    assert_true(
        fixture_series(m, VAE_REPORT_VALIDATION_HISTORY,
                       (int64_t)fixture_number(m, VAE_REPORT_BEST_EPOCH) - 1) ==
        least);
    vae_free(m);
    genmod_data_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_cell_at_step_100_changes_nothing),
        cmocka_unit_test(a_loss_that_is_not_finite_changes_nothing),
        cmocka_unit_test(divergence_is_an_error_and_leaves_a_kept_state),
        cmocka_unit_test(patience_waits_for_the_warm_up),
        cmocka_unit_test(patience_waits_for_what_is_left_of_the_warm_up),
        cmocka_unit_test(held_out_rows_give_the_best_weights),
    };
    rows_open(&table, N, 5, 0);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    return failed;
}
