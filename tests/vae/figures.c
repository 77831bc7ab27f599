#include "vae/figures.h"

#include <stdio.h>

void figure_join(char *out, size_t room, const char *a, const char *b)
{
    const int n = snprintf(out, room, "%s%s%s", a, *a && *b ? " | " : "", b);
    assert_in_range(n, 0, room - 1);
}

double figure_bound(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_bound(m, t->test, t->held, 8, 0);
    vae_free(m);
    return v;
}

double figure_divergence(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_bound(m, t->test, t->held, 1, 2);
    vae_free(m);
    return v;
}

double figure_likelihood(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_likelihood(m, t->test, t->held, 100);
    vae_free(m);
    return v;
}

static double reported(const trial *t, const char *options, const char *key)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_number(m, key);
    vae_free(m);
    return v;
}

double figure_perplexity(const trial *t, const char *options)
{
    return reported(t, options, VAE_REPORT_PERPLEXITY);
}

double figure_updates(const trial *t, const char *options)
{
    return reported(t, options, VAE_REPORT_STEPS);
}

double figure_passes(const trial *t, const char *options)
{
    return reported(t, options, VAE_REPORT_EPOCHS);
}

double figure_log_rate(const trial *t, const char *options)
{
    return log(reported(t, options, VAE_REPORT_LEARNING_RATE));
}

double figure_passes_of_two_fits(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    assert_ok(vae_fit(m, t->train, NULL, NULL, NULL, NULL));
    const double v = trial_number(m, VAE_REPORT_EPOCHS);
    vae_free(m);
    return v;
}

double figure_early_divergence(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_series(m, VAE_REPORT_KL_HISTORY, 1);
    vae_free(m);
    return v;
}

double figure_least_divergence_of_a_code(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    double least = INFINITY;
    for (size_t j = 0; j < vae_code_size(m); j++)
        least =
            fmin(least, trial_series(m, VAE_REPORT_KL_PER_CODE, (int64_t)j));
    vae_free(m);
    return least;
}

double figure_nearness_to_3_nats(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = -fabs(trial_bound(m, t->test, t->held, 1, 2) - 3);
    vae_free(m);
    return v;
}

/* Less the squares of the codes' means and of their variances less 1. */
double figure_normality_of_codes(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const size_t z = vae_code_size(m);
    double *const codes = trial_take(t->held * z, sizeof *codes), far = 0;
    assert_ok(vae_encode_sample(m, t->test, 4, GENMOD_F64,
                                t->held * z * sizeof *codes, codes, NULL));
    for (size_t j = 0; j < z; j++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < t->held; i++) {
            mean += codes[i * z + j] / (double)t->held;
            square += pow(codes[i * z + j], 2) / (double)t->held;
        }
        far += mean * mean + pow(square - mean * mean - 1, 2);
    }
    free(codes);
    vae_free(m);
    return -far;
}

/* Variance of drawn rows' means, over the columns, in units of the data's. */
double figure_spread_of_samples(const trial *t, const char *options)
{
    enum { n = 500 };
    vae_model *const m = trial_fit(t, options);
    double *const x = trial_take(n * t->d, sizeof *x), ratio = 0;
    assert_ok(vae_sample(m, 5, 0, n, GENMOD_MEAN, NULL, GENMOD_F64,
                         n * t->d * sizeof *x, x, NULL));
    for (size_t j = 0; j < t->d; j++) {
        double a = 0, b = 0, aa = 0, bb = 0;
        for (size_t i = 0; i < n; i++) {
            a += x[i * t->d + j] / n;
            aa += pow(x[i * t->d + j], 2) / n;
        }
        for (size_t i = 0; i < t->n; i++) {
            b += t->x[i * t->d + j] / (double)t->n;
            bb += pow(t->x[i * t->d + j], 2) / (double)t->n;
        }
        ratio += (aa - a * a) / (bb - b * b) / (double)t->d;
    }
    free(x);
    vae_free(m);
    return ratio;
}

/* Share of rows drawn for a label that lie nearest to its cluster; without
 * labels, of the label that they would have been for. */
double figure_obedience(const trial *t, const char *options)
{
    enum { n = 300 };
    vae_model *const m = trial_fit(t, options);
    double x[n * 4], mean[3][4] = {{0}}, count[3] = {0}, right = 0;
    int32_t labels[n];
    for (size_t i = 0; i < t->n; i++) {
        count[t->labels[i]]++;
        for (size_t j = 0; j < 4; j++)
            mean[t->labels[i]][j] += t->x[i * 4 + j];
    }
    for (size_t i = 0; i < n; i++)
        labels[i] = (int32_t)(i % 3);
    assert_ok(vae_sample(m, 5, 0, n, GENMOD_DRAW,
                         strstr(options, "classes=3") ? labels : NULL,
                         GENMOD_F64, sizeof x, x, NULL));
    for (size_t i = 0; i < n; i++) {
        double least = INFINITY;
        int32_t nearest = -1;
        for (int32_t k = 0; k < 3; k++) {
            double r = 0;
            for (size_t j = 0; j < 4; j++)
                r += pow(x[i * 4 + j] - mean[k][j] / count[k], 2);
            if (r < least) {
                least = r;
                nearest = k;
            }
        }
        right += nearest == labels[i];
    }
    vae_free(m);
    return right / n;
}

static genmod_data *with_holes(const trial *t, double *holed)
{
    genmod_data *v = NULL;
    uint64_t s = 17;
    for (size_t i = 0; i < t->held * t->d; i++)
        holed[i] = trial_uniform(&s) < 0.5 ? NAN : t->y[i];
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(
        genmod_data_set_rows(v, GENMOD_F64, t->held, t->d, holed, 0, 0, NULL));
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    return v;
}

/* Less the mean square of the error of cells filled in, in units of their
 * column's variance. */
double figure_filling(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const size_t cells = t->held * t->d;
    double *const holed = trial_take(cells, sizeof *holed);
    double *const out = trial_take(cells, sizeof *out), error = 0, n = 0;
    genmod_data *const v = with_holes(t, holed);
    assert_ok(vae_impute(m, v, GENMOD_MEAN, 3, 5, GENMOD_F64,
                         cells * sizeof *out, out, NULL));
    for (size_t j = 0; j < t->d; j++) {
        double a = 0, aa = 0;
        for (size_t i = 0; i < t->held; i++) {
            a += t->y[i * t->d + j] / (double)t->held;
            aa += pow(t->y[i * t->d + j], 2) / (double)t->held;
        }
        for (size_t i = j; i < cells; i += t->d)
            if (isnan(holed[i])) {
                error += pow(out[i] - t->y[i], 2) / (aa - a * a);
                n++;
            }
    }
    genmod_data_free(v);
    free(holed);
    free(out);
    vae_free(m);
    return -error / n;
}

/* Rows with holes that the model takes. */
double figure_rows_taken(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    double *const holed = trial_take(t->held * t->d, sizeof *holed), taken = 0;
    genmod_data *const v = with_holes(t, holed);
    for (size_t i = 0; i < t->held; i++) {
        double mean[16];
        assert_ok(genmod_data_set_rows(v, GENMOD_F64, 1, t->d, holed + i * t->d,
                                       0, 0, NULL));
        taken += vae_encode(m, v, GENMOD_F64, sizeof mean, mean, NULL, NULL) ==
                 GENMOD_OK;
    }
    genmod_data_free(v);
    free(holed);
    vae_free(m);
    return taken;
}

/* ---- figures of single updates ------------------------------------------- */

static double size_of(const char *name, const trial *t, const char *options)
{
    vae_model *const m = trial_model(options);
    size_t n;
    assert_ok(vae_start(m, t->train, NULL));
    free(trial_params(m, name, &n));
    vae_free(m);
    return (double)n;
}

double figure_first_layer(const trial *t, const char *options)
{
    return size_of("encoder.0.weight", t, options);
}

/* Mean size of what update number `last` changes in the first layer; less that
 * of the update before (1), or as it is (0). */
static double change(const trial *t, const char *options, int last, int turn)
{
    vae_model *const m = trial_model(options);
    double *was[3] = {NULL, NULL, NULL}, sum = 0;
    size_t n = 0;
    assert_ok(vae_start(m, t->train, NULL));
    for (int i = 0; i <= last; i++) {
        free(was[0]);
        was[0] = was[1];
        was[1] = was[2];
        was[2] = trial_params(m, "encoder.0.weight", &n);
        if (i < last)
            assert_ok(vae_step(m, t->train, NULL));
    }
    for (size_t i = 0; i < n; i++) {
        const double before = turn ? was[1][i] - was[0][i] : 0;
        sum += fabs(was[2][i] - was[1][i] - before) / (double)n;
    }
    for (int i = 0; i < 3; i++)
        free(was[i]);
    vae_free(m);
    return sum;
}

double figure_log_first_change(const trial *t, const char *options)
{
    return log(change(t, options, 1, 0));
}

double figure_log_late_change(const trial *t, const char *options)
{
    return log(change(t, options, 20, 0));
}

double figure_log_turn(const trial *t, const char *options)
{
    return log(change(t, options, 20, 1));
}

static double weights_apart(const vae_model *m, const double *from)
{
    size_t n;
    double *const x = trial_params(m, "encoder.0.weight", &n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow(x[i] - (from ? from[i] : 0), 2);
    free(x);
    return sqrt(sum);
}

double figure_norm_of_weights(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = weights_apart(m, NULL);
    vae_free(m);
    return v;
}

double figure_way_from_the_start(const trial *t, const char *options)
{
    vae_model *const m = trial_model(options);
    assert_ok(vae_start(m, t->train, NULL));
    double *const first = trial_params(m, "encoder.0.weight", NULL);
    assert_ok(vae_fit(m, t->train, NULL, NULL, NULL, NULL));
    const double v = weights_apart(m, first);
    free(first);
    vae_free(m);
    return v;
}

double figure_way_from_seed_0(const trial *t, const char *options)
{
    vae_model *const m = trial_model("code=2");
    vae_model *const k = trial_model(options);
    assert_ok(vae_start(m, t->train, NULL));
    assert_ok(vae_start(k, t->train, NULL));
    double *const first = trial_params(m, "encoder.0.weight", NULL);
    const double v = weights_apart(k, first);
    free(first);
    vae_free(m);
    vae_free(k);
    return v;
}

/* 1: rows ten times as large, whose loss is some 100 times as large, are
 * refused. */
double figure_caution(const trial *t, const char *options)
{
    vae_model *const m = trial_model(options);
    double *const far = trial_take(t->n * t->d, sizeof *far);
    genmod_data *v = NULL;
    int32_t status = GENMOD_OK;
    for (size_t i = 0; i < t->n * t->d; i++)
        far[i] = 10 * t->x[i];
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, t->n, t->d, far, 0, 0, NULL));
    assert_ok(vae_start(m, t->train, NULL));
    for (int i = 0; i < 40; i++)
        assert_ok(vae_step(m, t->train, NULL));
    for (int i = 0; i < 10 && !status; i++)
        status = vae_step(m, v, NULL);
    assert_true(status == GENMOD_OK || status == GENMOD_BREAKDOWN);
    genmod_data_free(v);
    free(far);
    vae_free(m);
    return status == GENMOD_BREAKDOWN;
}

/* ln of the variance over draws of the encoder's gradient at a trained model:
 * of plain steps of sgd over all rows, too small to lead away. */
double figure_log_noise_of_the_gradient(const trial *t, const char *options)
{
    enum { steps = 40 };
    char text[400];
    vae_model *const m = trial_fit(t, options);
    figure_join(
        text, sizeof text, options,
        "optimiser=sgd | momentum=0 | learning_rate=1e-4 | batch_size=65536");
    trial_configure(m, text);
    const char *const name = vae_params_key(m, 0);
    size_t n;
    double *was = trial_params(m, name, &n), noise = 0;
    double *const sum = trial_take(2 * n, sizeof *sum);
    for (int k = 0; k < steps; k++) {
        assert_ok(vae_step(m, t->train, NULL));
        double *const is = trial_params(m, name, NULL);
        for (size_t i = 0; i < n; i++) {
            const double g = (is[i] - was[i]) / 1e-4;
            sum[i] += g / steps;
            sum[n + i] += g * g / steps;
        }
        free(was);
        was = is;
    }
    for (size_t i = 0; i < n; i++)
        noise += sum[n + i] - sum[i] * sum[i];
    free(was);
    free(sum);
    vae_free(m);
    return log(noise);
}
