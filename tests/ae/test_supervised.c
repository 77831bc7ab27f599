/* Classifiers and regressors from an encoder. */
#include "ae/fixture.h"

#include <stdio.h>

#define N 120
#define D 6
#define CLASSES 3

typedef struct scene {
    double *x;
    int32_t *label;
    genmod_data *v;
    genmod_workspace *w;
} scene;

static void open_scene(scene *s)
{
    s->x = fixture_invent(N, D, 8);
    s->label = fixture_classes(N, D, s->x);
    s->v = fixture_view(N, D, s->x);
    s->w = NULL;
    assert_ok(genmod_data_set_labels(s->v, N, s->label, NULL));
}

static void close_scene(scene *s)
{
    genmod_workspace_free(s->w);
    genmod_data_free(s->v);
    free(s->label);
    free(s->x);
}

static const char stack[] =
    "encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | pretrain_epochs=3 | "
    "batch_size=32 | corruption=masking | corruption_level=0.2 | seed=5 | "
    "warm_start=1 | pretrain_learning_rate=0.02";

static const char classifier[] =
    "encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | target=classes | "
    "classes=3 | head=dense 4; relu | epochs=30 | batch_size=32 | seed=2 | "
    "learning_rate=0.02 | warm_start=1";

/* ---- classes ------------------------------------------------------------- */

static double *params(const ae_model *m, const char *name)
{
    return fixture_params(m, name, NULL);
}

/* y = act(x W + b); activation 's', 't', 'r' or 0 */
static void layer(const ae_model *m, const char *name, size_t in, size_t out,
                  char activation, const double *x, double *y)
{
    char weight[64], bias[64];
    (void)snprintf(weight, sizeof weight, "%s.weight", name);
    (void)snprintf(bias, sizeof bias, "%s.bias", name);
    double *const a = params(m, weight), *const b = params(m, bias);
    for (size_t j = 0; j < out; j++) {
        double v = b[j];
        for (size_t i = 0; i < in; i++)
            v += x[i] * a[i * out + j];
        y[j] = activation == 's'   ? 1 / (1 + exp(-v))
               : activation == 't' ? tanh(v)
               : activation == 'r' ? (v > 0 ? v : 0)
                                   : v;
    }
    free(a);
    free(b);
}

/* The logits of row x of a classifier or the values of a regressor, from the
 * standardised columns; h [4]: the last layer's input. */
static void by_weights(const ae_model *m, size_t outputs, const double *x,
                       double *h, double *y)
{
    double a[5], b[4], c[2];
    layer(m, "encoder.0", D, 5, 's', x, a);
    layer(m, "encoder.2", 5, 4, 't', a, b);
    layer(m, "encoder.4", 4, 2, 0, b, c);
    layer(m, "head.0", 2, 4, 'r', c, h);
    layer(m, "head.2", 4, outputs, 0, h, y);
}

/* Columns to mean 0 and deviation 1. */
static double *standard(const double *x, size_t d, double *mean, double *scale)
{
    double *const y = fixture_take(N * d, sizeof *y);
    for (size_t j = 0; j < d; j++) {
        double square = 0;
        mean[j] = 0;
        for (size_t i = 0; i < N; i++)
            mean[j] += x[i * d + j] / N;
        for (size_t i = 0; i < N; i++)
            square += pow(x[i * d + j] - mean[j], 2) / N;
        scale[j] = sqrt(square);
        for (size_t i = 0; i < N; i++)
            y[i * d + j] = (x[i * d + j] - mean[j]) / scale[j];
    }
    return y;
}

/* f32 weights and sums of some ten terms: 1e-5. */
static void predictions_are_those_of_the_weights(void **state)
{
    (void)state;
    scene s;
    double p[N * CLASSES], mean[D], scale[D];
    float narrow[N * CLASSES];
    int32_t class[N];
    size_t hits = 0;
    open_scene(&s);
    ae_model *const m = fixture_model(classifier);
    double *const x = standard(s.x, D, mean, scale);
    assert_ok(ae_fit(m, s.v, s.v, NULL, NULL, NULL));
    assert_ok(ae_probabilities(m, s.v, GENMOD_F64, sizeof p, p, NULL));
    assert_ok(
        ae_probabilities(m, s.v, GENMOD_F32, sizeof narrow, narrow, NULL));
    assert_ok(ae_predict(m, s.v, sizeof class, class, NULL));
    for (size_t i = 0; i < N; i++) {
        double y[CLASSES], h[4], sum = 0;
        by_weights(m, CLASSES, x + i * D, h, y);
        for (size_t k = 0; k < CLASSES; k++)
            sum += exp(y[k]);
        for (size_t k = 0; k < CLASSES; k++) {
            assert_near(p[i * CLASSES + k], exp(y[k]) / sum, 1e-5);
            assert_true((double)narrow[i * CLASSES + k] == p[i * CLASSES + k]);
            assert_true(p[i * CLASSES + (size_t) class[i]] >=
                        p[i * CLASSES + k]);
        }
        hits += class[i] == s.label[i];
    }
    assert_true(hits > N * 9 / 10);
    free(x);
    ae_free(m);
    close_scene(&s);
}

static double held_loss(ae_model *m, const scene *s)
{
    double p[N * CLASSES], loss = 0;
    assert_ok(ae_probabilities(m, s->v, GENMOD_F64, sizeof p, p, NULL));
    for (size_t i = 0; i < N; i++)
        loss -= log(p[i * CLASSES + (size_t)s->label[i]]) / N;
    return loss;
}

/* The reported loss is the cross-entropy of the probabilities, and accuracy the
 * share of the hits; the kept weights are those of the best pass. */
static void the_report_tells_cross_entropy_and_accuracy(void **state)
{
    (void)state;
    scene s;
    int32_t class[N];
    size_t hits = 0;
    open_scene(&s);
    ae_model *const m = fixture_model(classifier);
    assert_ok(ae_fit(m, s.v, s.v, NULL, NULL, NULL));
    assert_near(held_loss(m, &s), fixture_number(m, AE_REPORT_BEST_LOSS), 1e-5);
    assert_ok(ae_predict(m, s.v, sizeof class, class, NULL));
    for (size_t i = 0; i < N; i++)
        hits += class[i] == s.label[i];
    const double best = fixture_number(m, AE_REPORT_BEST_EPOCH);
    assert_true(fixture_series(m, AE_REPORT_ACCURACY_HISTORY,
                               (int64_t)best - 1) == (double)hits / N);
    assert_int_equal(fixture_length(m, AE_REPORT_ACCURACY_HISTORY), 30);
    assert_true(fixture_number(m, AE_REPORT_ACCURACY) ==
                fixture_series(m, AE_REPORT_ACCURACY_HISTORY, -1));
    ae_free(m);
    close_scene(&s);
}

/* One step of plain gradient descent over all rows moves the last layer by its
 * gradient, h^T (p - onehot) / n, to f32; and the loss falls by rate times the
 * gradient's square, but for terms of the second order. */
static void steps_follow_the_gradient_of_cross_entropy(void **state)
{
    (void)state;
    scene s;
    double p[N * CLASSES], mean[D], scale[D], want[5][CLASSES] = {{0}};
    open_scene(&s);
    ae_model *const m = fixture_model(classifier);
    fixture_configure(m, "optimiser=sgd | momentum=0 | learning_rate=0.002 | "
                         "batch_size=120");
    double *const x = standard(s.x, D, mean, scale);
    assert_ok(ae_start(m, s.v, NULL));
    assert_ok(ae_probabilities(m, s.v, GENMOD_F64, sizeof p, p, NULL));
    const double loss = held_loss(m, &s);
    double *const weight = params(m, "head.2.weight");
    double *const bias = params(m, "head.2.bias");
    for (size_t i = 0; i < N; i++) {
        double y[CLASSES], h[5];
        by_weights(m, CLASSES, x + i * D, h, y);
        h[4] = 1;
        for (size_t j = 0; j < 5; j++)
            for (size_t k = 0; k < CLASSES; k++)
                want[j][k] +=
                    h[j] * (p[i * CLASSES + k] - (s.label[i] == (int32_t)k)) /
                    N;
    }
    assert_ok(ae_step(m, s.v, NULL));
    double *const weight2 = params(m, "head.2.weight");
    double *const bias2 = params(m, "head.2.bias");
    for (size_t j = 0; j < 5; j++)
        for (size_t k = 0; k < CLASSES; k++) {
            const double moved =
                j < 4 ? weight[j * CLASSES + k] - weight2[j * CLASSES + k]
                      : bias[k] - bias2[k];
            assert_near(moved / 0.002, want[j][k], 1e-4);
        }
    const double norm = fixture_number(m, AE_REPORT_GRADIENT_NORM);
    assert_near((loss - held_loss(m, &s)) / 0.002, norm * norm,
                0.02 * norm * norm);
    assert_near(fixture_number(m, AE_REPORT_LOSS), loss, 1e-6);
    free(weight);
    free(weight2);
    free(bias);
    free(bias2);
    free(x);
    ae_free(m);
    close_scene(&s);
}

static void labels_that_are_no_class_are_refused(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model(classifier);
    genmod_data *const held = fixture_view(N, D, s.x);
    s.w = fixture_workspace(1, NULL);
    fixture_configure(m, "batch_size=120");
    s.label[71] = 3;
    assert_status(ae_fit(m, s.v, NULL, NULL, NULL, s.w), GENMOD_BAD_ARGUMENT,
                  s.w);
    assert_string_equal(
        genmod_workspace_error(s.w),
        "the label of row 71 is 3; with \"classes\" 3 it must be from 0 to 2");
    s.label[71] = -1;
    assert_status(ae_start(m, s.v, s.w), GENMOD_BAD_ARGUMENT, s.w);
    s.label[71] = 1;
    assert_ok(ae_start(m, s.v, s.w));
    const fixture_bytes before = fixture_checkpoint(m);
    s.label[5] = -2147483647 - 1;
    assert_status(ae_step(m, s.v, s.w), GENMOD_BAD_ARGUMENT, s.w);
    s.label[5] = 0;
    /* none at all are unknown ones */
    assert_status(ae_fit(m, s.v, held, NULL, NULL, s.w), GENMOD_BAD_ARGUMENT,
                  s.w);
    assert_string_equal(
        genmod_workspace_error(s.w),
        "the label of row 0 is -1; with \"classes\" 3 it must be from 0 to 2");
    assert_true(fixture_checkpoints(m, before));
    free(before.p);
    genmod_data_free(held);
    ae_free(m);
    close_scene(&s);
}

/* ---- values -------------------------------------------------------------- */

static const char regressor[] =
    "encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | target=values | "
    "values=2 | head=dense 4; relu | epochs=60 | batch_size=32 | "
    "learning_rate=0.02 | validation=0.2";

/* Rows of D columns and two targets. */
static double *with_targets(const double *x)
{
    double *const t = fixture_take(N * (D + 2), sizeof *t);
    for (size_t i = 0; i < N; i++) {
        memcpy(t + i * (D + 2), x + i * D, D * sizeof *x);
        t[i * (D + 2) + D] = 40 + 3 * x[i * D] - x[i * D + 4];
        t[i * (D + 2) + D + 1] = x[i * D + 1] / 10;
    }
    return t;
}

/* In units of the targets' deviation, f32 as above: 1e-5. */
static void values_are_those_of_the_weights_on_the_targets_scale(void **state)
{
    (void)state;
    scene s;
    double y[N * 2], mean[D + 2], scale[D + 2], error = 0, spread = 0;
    open_scene(&s);
    double *const t = with_targets(s.x);
    double *const z = standard(t, D + 2, mean, scale);
    genmod_data *const rows = fixture_view(N, D + 2, t);
    ae_model *const m = fixture_model(regressor);
    assert_ok(ae_fit(m, rows, NULL, NULL, NULL, NULL));
    assert_int_equal(ae_dimension(m), D);
    assert_ok(ae_values(m, s.v, GENMOD_F64, sizeof y, y, NULL));
    for (size_t i = 0; i < N; i++) {
        double want[2], h[4];
        by_weights(m, 2, z + i * (D + 2), h, want);
        for (size_t k = 0; k < 2; k++) {
            const double truth = t[i * (D + 2) + D + k];
            assert_near(y[i * 2 + k], mean[D + k] + scale[D + k] * want[k],
                        1e-5 * scale[D + k]);
            error += pow((y[i * 2 + k] - truth) / scale[D + k], 2);
            spread += pow((truth - mean[D + k]) / scale[D + k], 2);
        }
    }
    assert_true(error < 0.2 * spread);
    free(z);
    free(t);
    genmod_data_free(rows);
    ae_free(m);
    close_scene(&s);
}

/* Whether or not an option says how many columns there are, and with more
 * targets than columns. */
static void regressors_take_their_own_config_back(void **state)
{
    (void)state;
    static const char *const options[] = {"values=2 | input=5", "values=2",
                                          "values=5"};
    scene s;
    open_scene(&s);
    for (size_t i = 0; i < 3; i++) {
        char text[120];
        snprintf(text, sizeof text, "encoder=dense 3 | target=values | %s",
                 options[i]);
        genmod_data *const rows = fixture_view(N / 2, i == 2 ? 6 : 7, s.x);
        ae_model *const m = fixture_model(text);
        fixture_configure(m, "epochs=3");
        assert_ok(ae_start(m, rows, NULL));
        fixture_configure(m, "epochs=2 | warm_start=1");
        assert_ok(ae_fit(m, rows, NULL, NULL, NULL, NULL));
        assert_true(fixture_number(m, AE_REPORT_EPOCHS) == 2);
        ae_free(m);
        genmod_data_free(rows);
    }
    close_scene(&s);
}

/* An image's columns turn; targets do not. */
static void values_follow_images(void **state)
{
    (void)state;
    scene s;
    double a[N], b[N];
    open_scene(&s);
    double *const t = with_targets(s.x);
    genmod_data *const rows = fixture_view(N, D + 2, t);
    genmod_data *const inputs = fixture_view(N, D + 1, s.x);
    ae_model *const m = fixture_model(
        "input=1x1x7 | encoder=dense 3; tanh | target=values | epochs=2");
    ae_model *const turned = fixture_model(
        "input=7x1x1 | encoder=dense 3; tanh | target=values | epochs=2");
    assert_ok(
        genmod_data_set_rows(inputs, GENMOD_F64, N, D + 1, t, D + 2, 1, NULL));
    assert_ok(ae_fit(m, rows, NULL, NULL, NULL, NULL));
    assert_ok(ae_fit(turned, rows, NULL, NULL, NULL, NULL));
    assert_ok(ae_values(m, inputs, GENMOD_F64, sizeof a, a, NULL));
    assert_ok(ae_values(turned, inputs, GENMOD_F64, sizeof b, b, NULL));
    assert_memory_equal(a, b, sizeof a);
    free(t);
    genmod_data_free(rows);
    genmod_data_free(inputs);
    ae_free(m);
    ae_free(turned);
    close_scene(&s);
}

static void rows_of_another_width_are_refused(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model("target=values | values=6 | epochs=1");
    ae_model *const shaped =
        fixture_model("input=5 | encoder=dense 2 | target=values | values=2");
    s.w = fixture_workspace(1, NULL);
    assert_status(ae_fit(m, s.v, NULL, NULL, NULL, s.w), GENMOD_BAD_ARGUMENT,
                  s.w);
    assert_string_equal(genmod_workspace_error(s.w),
                        "x has 6 columns, of which 6 are targets");
    assert_status(ae_fit(shaped, s.v, NULL, NULL, NULL, s.w),
                  GENMOD_BAD_ARGUMENT, s.w);
    assert_string_equal(
        genmod_workspace_error(s.w),
        "x has 6 columns; option \"input\" is 5, 5 columns, before 2 targets");
    ae_free(m);
    ae_free(shaped);
    close_scene(&s);
}

/* ---- what a model does not have ------------------------------------------ */

static void calls_of_another_target_say_so(void **state)
{
    (void)state;
    scene s;
    double out[N * D];
    int32_t class[N];
    open_scene(&s);
    ae_model *const a = fixture_model(stack), *const c =
                                                  fixture_model(classifier);
    s.w = fixture_workspace(1, NULL);
    genmod_data *const codes = fixture_view(N, 2, s.x);
    assert_status(ae_predict(c, s.v, sizeof class, class, s.w),
                  GENMOD_NOT_FITTED, s.w);
    assert_ok(ae_start(a, s.v, s.w));
    assert_ok(ae_start(c, s.v, s.w));
    assert_status(ae_predict(a, s.v, sizeof class, class, s.w),
                  GENMOD_UNSUPPORTED, s.w);
    assert_string_equal(genmod_workspace_error(s.w),
                        "option \"target\" is \"reconstruction\": the model "
                        "has no head that predicts");
    assert_status(ae_probabilities(a, s.v, GENMOD_F64, sizeof out, out, s.w),
                  GENMOD_UNSUPPORTED, s.w);
    assert_status(ae_values(c, s.v, GENMOD_F64, sizeof out, out, s.w),
                  GENMOD_UNSUPPORTED, s.w);
    assert_status(ae_reconstruct(c, s.v, GENMOD_F64, sizeof out, out, s.w),
                  GENMOD_UNSUPPORTED, s.w);
    assert_string_equal(
        genmod_workspace_error(s.w),
        "option \"target\" is \"classes\": the model has no decoder");
    assert_status(ae_decode(c, codes, GENMOD_F64, sizeof out, out, s.w),
                  GENMOD_UNSUPPORTED, s.w);
    assert_status(ae_anomaly(c, s.v, sizeof out, out, s.w), GENMOD_UNSUPPORTED,
                  s.w);
    assert_status(ae_anomaly_columns(c, s.v, sizeof out, out, s.w),
                  GENMOD_UNSUPPORTED, s.w);
    assert_status(ae_threshold(c, s.v, 0.1, out, s.w), GENMOD_UNSUPPORTED, s.w);
    assert_status(ae_pretrain(c, s.v, NULL, NULL, s.w), GENMOD_UNSUPPORTED,
                  s.w);
    assert_status(ae_predict(c, s.v, sizeof class - 1, class, s.w),
                  GENMOD_TOO_SMALL, s.w);
    assert_status(ae_probabilities(c, s.v, 9, sizeof out, out, s.w),
                  GENMOD_BAD_ARGUMENT, s.w);
    assert_status(ae_predict(c, codes, sizeof class, class, s.w),
                  GENMOD_BAD_ARGUMENT, s.w);
    assert_status(ae_predict(NULL, s.v, sizeof class, class, s.w),
                  GENMOD_BAD_ARGUMENT, s.w);
    assert_status(ae_pretrain(NULL, s.v, NULL, NULL, s.w), GENMOD_BAD_ARGUMENT,
                  s.w);
    assert_status(ae_pretrain(a, NULL, NULL, NULL, s.w), GENMOD_BAD_ARGUMENT,
                  s.w);
    genmod_data_free(codes);
    ae_free(a);
    ae_free(c);
    close_scene(&s);
}

/* More codes than a program has rows of a Jacobian, and what an autoencoder
 * refuses. */
static void what_belongs_to_reconstruction_does_not_count(void **state)
{
    (void)state;
    static const char *const extra[] = {
        "contraction=0.3", "sparsity=0.2", "emphasis=0.5",
        "corruption=masking | corruption_level=2", "decoder=dense 1 | tied=1"};
    scene s;
    open_scene(&s);
    ae_model *const plain = fixture_model(
        "encoder=dense 12; batchnorm | target=classes | classes=3 | epochs=1");
    assert_ok(ae_fit(plain, s.v, NULL, NULL, NULL, NULL));
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
        char text[160];
        (void)snprintf(text, sizeof text,
                       "encoder=dense 12; batchnorm | target=classes | "
                       "classes=3 | epochs=1 | %s",
                       extra[i]);
        ae_model *const m = fixture_model(text);
        assert_ok(ae_fit(m, s.v, NULL, NULL, NULL, NULL));
        double *const a = params(plain, "encoder.0.weight");
        double *const b = params(m, "encoder.0.weight");
        assert_memory_equal(a, b, (size_t)D * 12 * sizeof *a);
        free(a);
        free(b);
        ae_free(m);
    }
    ae_free(plain);
    close_scene(&s);
}

/* ---- bytes --------------------------------------------------------------- */

/* Checkpoints of every update, in a model that knows nothing, lead to the next.
 */
static void classifiers_and_regressors_resume_bit_for_bit(void **state)
{
    (void)state;
    static const char *const kinds[] = {classifier, regressor};
    scene s;
    open_scene(&s);
    double *const t = with_targets(s.x);
    genmod_data *const rows[] = {s.v, fixture_view(N, D + 2, t)};
    for (size_t k = 0; k < 2; k++) {
        ae_model *const m = fixture_model(kinds[k]);
        fixture_configure(m, "validation=0.2 | batch_size=40");
        assert_ok(ae_start(m, rows[k], NULL));
        for (size_t i = 0; i < 8; i++) {
            ae_model *const other = fixture_model(NULL);
            const fixture_bytes at = fixture_checkpoint(m);
            assert_ok(ae_load(other, at.n, at.p, NULL));
            assert_true(fixture_checkpoints(other, at));
            assert_ok(ae_step(m, rows[k], NULL));
            assert_ok(ae_step(other, rows[k], NULL));
            const fixture_bytes next = fixture_checkpoint(m);
            assert_true(fixture_checkpoints(other, next));
            free(at.p);
            free(next.p);
            ae_free(other);
        }
        ae_free(m);
    }
    genmod_data_free(rows[1]);
    free(t);
    close_scene(&s);
}

/* Each prefix and each flipped bit is refused or is no fault; the model stays
 * as it was. */
static void damaged_bytes_are_refused(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const c = fixture_model("encoder=dense 2 | target=classes | "
                                      "classes=3 | freeze=1");
    ae_model *const m = fixture_model(NULL);
    assert_ok(ae_start(c, s.v, NULL));
    assert_ok(ae_step(c, s.v, NULL));
    const fixture_bytes f = fixture_checkpoint(c);
    unsigned char *const b = f.p;
    for (size_t i = 0; i < f.n; i += 1 + f.n / 700)
        assert_true(ae_load(m, i, b, NULL) < 0);
    for (size_t i = 0; i < f.n; i += 1 + f.n / 700) {
        b[i] ^= (unsigned char)(1u << i % 8);
        assert_true(ae_load(m, f.n, b, NULL) < 0);
        b[i] ^= (unsigned char)(1u << i % 8);
    }
    assert_null(ae_params_key(m, 0));
    assert_ok(ae_load(m, f.n, b, NULL));
    free(f.p);
    ae_free(c);
    ae_free(m);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions_are_those_of_the_weights),
        cmocka_unit_test(the_report_tells_cross_entropy_and_accuracy),
        cmocka_unit_test(steps_follow_the_gradient_of_cross_entropy),
        cmocka_unit_test(labels_that_are_no_class_are_refused),
        cmocka_unit_test(values_are_those_of_the_weights_on_the_targets_scale),
        cmocka_unit_test(regressors_take_their_own_config_back),
        cmocka_unit_test(values_follow_images),
        cmocka_unit_test(rows_of_another_width_are_refused),
        cmocka_unit_test(calls_of_another_target_say_so),
        cmocka_unit_test(what_belongs_to_reconstruction_does_not_count),
        cmocka_unit_test(classifiers_and_regressors_resume_bit_for_bit),
        cmocka_unit_test(damaged_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
