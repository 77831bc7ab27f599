/* What training reaches, against what is known. */
#include "ae/fixture.h"
#include "kern/kern.h"

/* The sum over columns of what the first k principal components leave of the
 * standardised columns' variance. */
static double residual_of_pca(size_t n, size_t d, const double *x, size_t k)
{
    double *const mean = fixture_take(d, sizeof *mean);
    double *const a = fixture_take(d * d, sizeof *a);
    double *const v = fixture_take(d * d, sizeof *v);
    double *const work = fixture_take(3 * d, sizeof *work);
    double left = 0;
    for (size_t i = 0; i < n * d; i++)
        mean[i % d] += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < d; p++)
            for (size_t q = 0; q < d; q++)
                a[p * d + q] += (x[i * d + p] - mean[p]) *
                                (x[i * d + q] - mean[q]) / (double)n;
    for (size_t p = 0; p < d; p++)
        work[p] = a[p * d + p] > 0 ? sqrt(a[p * d + p]) : 1;
    for (size_t i = 0; i < d * d; i++)
        a[i] /= work[i / d] * work[i % d];
    assert_int_equal(kern_eigen(d, a, d, work, v, d, work + d), 1);
    for (size_t i = 0; i + k < d; i++)
        left += work[i];
    free(mean);
    free(a);
    free(v);
    free(work);
    return left;
}

static double mean_anomaly(const ae_model *m, genmod_data *v, size_t n)
{
    double *const s = fixture_take(n, sizeof *s), sum = 0;
    assert_ok(ae_anomaly(m, v, n * sizeof *s, s, NULL));
    for (size_t i = 0; i < n; i++)
        sum += s[i] / (double)n;
    free(s);
    return sum;
}

/* Bourlard, Kamp 1988; Baldi, Hornik 1989: a linear autoencoder has the
 * subspace of the principal components as its only minimum. */
static void check_pca(const char *file, size_t n, size_t d, size_t k,
                      const char *options)
{
    double *const x = fixture_read(file, n, d);
    genmod_data *const v = fixture_view(n, d, x);
    genmod_workspace *const w = fixture_workspace(2, NULL);
    ae_model *const m = fixture_model(options);
    assert_int_equal(ae_code_size(m), 0);
    assert_status(ae_fit(m, v, NULL, NULL, NULL, w), GENMOD_OK, w);
    assert_int_equal(ae_code_size(m), k);
    const double best = residual_of_pca(n, d, x, k);
    const double got = mean_anomaly(m, v, n);
    if (!(got <= 1.005 * best && got >= (1 - 1e-5) * best))
        fail_msg("%s: %g, the principal components leave %g", file, got, best);
    ae_free(m);
    genmod_data_free(v);
    genmod_workspace_free(w);
    free(x);
}

static void a_linear_autoencoder_finds_the_principal_components(void **state)
{
    (void)state;
    check_pca("iris.csv", 150, 4, 2,
              "encoder=dense 2 | decoder=dense 4 | epochs=2000 | "
              "batch_size=150 | learning_rate=0.02");
    check_pca("digits.csv", 1797, 64, 10,
              "encoder=dense 10 | decoder=dense 64 | epochs=240 | "
              "batch_size=256 | learning_rate=0.01 | schedule=cosine | "
              "schedule_steps=1920 | schedule_factor=0.01");
}

static void tied_weights_find_the_principal_components_too(void **state)
{
    (void)state;
    check_pca("iris.csv", 150, 4, 2,
              "encoder=dense 2 | tied=1 | epochs=400 | batch_size=150 | "
              "learning_rate=0.02");
}

/* Held-out digits with noise come back closer to the clean ones than they went
 * in. */
static void denoising_beats_the_noisy_input(void **state)
{
    (void)state;
    enum { n = 1797, D = 64, TRAIN = 1500, HELD = n - TRAIN };
    static const char *const models[] = {
        "encoder=dense 128; relu; dense 40 | corruption=gaussian | "
        "corruption_level=4 | standardise=0 | epochs=40 | batch_size=64",
        "input=1x8x8 | encoder=conv 24 k3 p1; relu; conv 24 k3 p1; relu | "
        "decoder=conv 1 k3 p1 | corruption=gaussian | corruption_level=4 | "
        "standardise=0 | epochs=8 | batch_size=64"};
    double *const x = fixture_read("digits.csv", n, D);
    double *const noisy = fixture_take(HELD * D, sizeof *noisy);
    double *const back = fixture_take(HELD * D, sizeof *back);
    uint64_t state64 = 9;
    for (size_t i = 0; i < HELD * D; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) { /* near enough to a normal */
            state64 = state64 * 6364136223846793005u + 1442695040888963407u;
            sum += (double)(state64 >> 11) / 9007199254740992.0;
        }
        noisy[i] = x[TRAIN * D + i] + 4 * sum;
    }
    for (size_t k = 0; k < 2; k++) {
        ae_model *const m = fixture_model(models[k]);
        genmod_data *const v = fixture_view(TRAIN, D, x);
        genmod_data *const u = fixture_view(HELD, D, noisy);
        double before = 0, after = 0;
        assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
        assert_ok(ae_reconstruct(m, u, GENMOD_F64, HELD * D * sizeof *back,
                                 back, NULL));
        for (size_t i = 0; i < HELD * D; i++) {
            before += pow(noisy[i] - x[TRAIN * D + i], 2);
            after += pow(back[i] - x[TRAIN * D + i], 2);
        }
        if (after > 0.6 * before)
            fail_msg("model %zu: error %g of noise %g", k, after, before);
        ae_free(m);
        genmod_data_free(v);
        genmod_data_free(u);
    }
    free(x);
    free(noisy);
    free(back);
}

/* Each corruption makes training harder than none, and leaves a model that
 * reconstructs clean rows far better than their mean does. */
static void every_corruption_trains(void **state)
{
    (void)state;
    /* the extremes of a pixel that is seldom lit lie many deviations away */
    static const char *const kinds[] = {
        "none", "gaussian", "masking",
        "salt-and-pepper | corruption_level=0.03"};
    enum { n = 600, D = 64 };
    double *const x = fixture_read("digits.csv", n, D);
    genmod_data *const v = fixture_view(n, D, x);
    double clean = 0;
    for (size_t k = 0; k < 4; k++) {
        char options[160] = "epochs=25 | batch_size=30 | corruption_level=0.3 "
                            "| corruption=";
        strncat(options, kinds[k], 60);
        ae_model *const m = fixture_model(options);
        assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
        const double loss = fixture_number(m, AE_REPORT_EPOCH_LOSS);
        /* 61 columns of 64 vary: the mean leaves 61 */
        const double left = mean_anomaly(m, v, n);
        if (left > 0.7 * 61)
            fail_msg("%s leaves %g", kinds[k], left);
        if (k == 0)
            clean = loss;
        else
            assert_true(loss > 1.05 * clean);
        ae_free(m);
    }
    genmod_data_free(v);
    free(x);
}

static void every_loss_and_optimiser_decreases(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "loss=squared",
        "loss=huber | huber_delta=0.5",
        "loss=l1",
        "loss=bce",
        "tied=1",
        "optimiser=adamw | weight_decay=0.01",
        "optimiser=rmsprop | learning_rate=0.0005",
        "optimiser=sgd | learning_rate=0.0005 | nesterov=1 | clip_norm=50",
        "average=0.95",
        "schedule=step | schedule_steps=40",
        "warmup_steps=20",
        "encoder=dense 40; layernorm; gelu; dense 20",
        "encoder=dense 30; residual { dense 30; silu; dense 30 }; sn dense 12"
        " | decoder=dense 64",
        "input=1x8x8",
        "input=1x8x8 | tied=1",
        "input=1x8x8 | encoder=conv 8 k3 p1; groupnorm 4; elu; avgpool 2; "
        "dense 20 | decoder=dense 128; relu; reshape 8x4x4; upsample 2; "
        "conv 1 k3 p1"};
    enum { n = 400, D = 64 };
    double *const x = fixture_read("digits.csv", n, D);
    for (size_t i = 0; i < n * D; i++)
        x[i] /= 16;
    genmod_data *const v = fixture_view(n, D, x);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char options[400] = "epochs=12 | batch_size=25 | ";
        strncat(options, kinds[k], 300);
        ae_model *const m = fixture_model(options);
        assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
        const double first = fixture_series(m, AE_REPORT_LOSS_HISTORY, 0);
        const double last = fixture_series(m, AE_REPORT_LOSS_HISTORY, -1);
        if (!(last < 0.9 * first))
            fail_msg("%s: %g after %g", kinds[k], last, first);
        ae_free(m);
    }
    genmod_data_free(v);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_autoencoder_finds_the_principal_components),
        cmocka_unit_test(tied_weights_find_the_principal_components_too),
        cmocka_unit_test(denoising_beats_the_noisy_input),
        cmocka_unit_test(every_corruption_trains),
        cmocka_unit_test(every_loss_and_optimiser_decreases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
