/* The same bits for any number of threads, and again. */
#include "model/life.h"
#include "vae/internal.h"
#include "vae/rows.h"

static rows_table table;
static double *digits;
static size_t n_digits;

static genmod_data *table_view(void)
{
    return rows_view(&table);
}

static genmod_data *reals_view(void)
{
    genmod_data *const v = fixture_view(table.n, ROWS_D, table.x);
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    return v;
}

/* Greys from 0 to 16, as shares. */
static genmod_data *digits_view(void)
{
    genmod_data *const v = fixture_view(n_digits, 64, digits);
    assert_ok(genmod_data_set_scale(v, 1.0 / 16, 0, NULL));
    return v;
}

static life life_of(const char *options, genmod_data *(*view)(void))
{
    return (life){.family = &vae_family,
                  .bytes = sizeof(vae_model),
                  .options = options,
                  .view = view};
}

static void check(const char *options, genmod_data *(*view)(void), size_t steps,
                  const char *kernels)
{
    const life f = life_of(options, view);
    life_check_threads(&f, steps, kernels);
}

static void dense_networks_have_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    n_digits = 500;
    check("likelihood=bernoulli | encoder=dense 96; tanh; dense 48; relu | "
          "code=7 | validation=0.1 | batch_size=64 | average=0.98 | "
          "clip_norm=3",
          digits_view, 30, NULL);
    check("likelihood=bernoulli | encoder=dense 96; relu | code=5 | "
          "batch_size=75 | optimiser=rmsprop",
          digits_view, 12, "generic");
}

static void convolutions_have_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    n_digits = 150;
    check("input=1x8x8 | likelihood=gaussian | sigma=optimal | encoder=conv 8 "
          "k3 s1 p1; batchnorm; relu; dropout 0.2; conv 12 k4 s2 p1; "
          "batchnorm; relu | decoder=dense 192; reshape 12x4x4; upsample 2; "
          "conv 6 k3 p1; relu | batch_size=50 | code=4",
          digits_view, 15, NULL);
    check("input=1x8x8 | likelihood=discretised-logistic | levels=17 | "
          "encoder=conv 8 k4 s2 p1; relu | batch_size=50 | code=4",
          digits_view, 9, NULL);
}

static void priors_and_bounds_have_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    check("prior=mixture | prior_components=7 | code=3 | encoder=dense 40; "
          "relu | batch_size=64 | missing=1",
          table_view, 20, NULL);
    check("objective=iwae | samples=8 | gradient=dreg | code=3 | "
          "encoder=dense 40; relu | batch_size=64 | missing=1",
          table_view, 20, NULL);
    check("prior=vamp | prior_components=9 | code=3 | gradient=stl | mmd=0 | "
          "encoder=dense 40; relu | batch_size=64 | missing=1",
          reals_view, 20, NULL);
    check("mmd=10 | beta=0.5 | free_bits=0.1 | code=3 | encoder=dense 40; "
          "relu | batch_size=64 | missing=1",
          table_view, 20, NULL);
}

static void tables_have_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    check("missing=1 | hide=0.4 | classes=3 | code=2 | encoder=dense 50; "
          "tanh | batch_size=100",
          table_view, 30, NULL);
}

static void seeds_and_repetitions_decide_the_bits(void **state)
{
    (void)state;
    static const char *const options[] = {
        "missing=1 | classes=3 | code=2 | batch_size=20 | seed=7",
        "missing=1 | classes=3 | code=2 | batch_size=20 | seed=7",
        "missing=1 | classes=3 | code=2 | batch_size=20 | seed=8"};
    fixture_bytes b[3];
    for (size_t i = 0; i < 3; i++) {
        const life f = life_of(options[i], table_view);
        b[i] = life_trained(&f, 6, 1, NULL);
    }
    assert_true(fixture_same(b[0], b[1]));
    assert_false(fixture_same(b[0], b[2]));
    for (size_t i = 0; i < 3; i++)
        free(b[i].p);
}

/* Labels are looked at with "classes" alone; weights always. */
static void labels_and_weights_change_bits_where_they_count(void **state)
{
    (void)state;
    double *const weights = fixture_take(table.n, sizeof *weights);
    int32_t *const labels = fixture_take(table.n, sizeof *labels);
    for (size_t i = 0; i < table.n; i++) {
        weights[i] = i % 4 ? 1 : 2.385;
        labels[i] = (int32_t)(i * i % 3);
    }
    for (int classes = 0; classes < 2; classes++) {
        fixture_bytes b[3];
        for (int i = 0; i < 3; i++) {
            genmod_data *const v = table_view();
            if (i == 1)
                assert_ok(genmod_data_set_labels(v, table.n, labels, NULL));
            if (i == 2)
                assert_ok(genmod_data_set_weights(v, table.n, weights, NULL));
            vae_model *const m = fixture_model(
                classes ? "missing=1 | code=2 | epochs=2 | classes=3"
                        : "missing=1 | code=2 | epochs=2");
            assert_ok(vae_fit(m, v, NULL, NULL, NULL, NULL));
            b[i] = fixture_checkpoint(m);
            vae_free(m);
            genmod_data_free(v);
        }
        assert_true(fixture_same(b[0], b[1]) == !classes);
        assert_false(fixture_same(b[0], b[2]));
        for (int i = 0; i < 3; i++)
            free(b[i].p);
    }
    free(weights);
    free(labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_networks_have_the_same_bits_for_any_threads),
        cmocka_unit_test(convolutions_have_the_same_bits_for_any_threads),
        cmocka_unit_test(priors_and_bounds_have_the_same_bits_for_any_threads),
        cmocka_unit_test(tables_have_the_same_bits_for_any_threads),
        cmocka_unit_test(seeds_and_repetitions_decide_the_bits),
        cmocka_unit_test(labels_and_weights_change_bits_where_they_count),
    };
    rows_open(&table, 310, 4, 1);
    digits = fixture_read("digits.csv", 500, 64);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    free(digits);
    return failed;
}
