/* Labels, schemas and cells that are refused, and what they leave. */
#include "vae/scene.h"

#include <math.h>

#define N SCENE_N
#define Z SCENE_Z
#define DRAWS ((size_t)1 << 24)

static void labels_out_of_range_are_refused(void **state)
{
    (void)state;
    static const int32_t wrong[] = {-1, 3, INT32_MAX, INT32_MIN};
    static const char *const parts[] = {"the label of row 17 is -1",
                                        "the label of row 17 is 3",
                                        "is 2147483647", "is -2147483648"};
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    const int32_t bad = GENMOD_BAD_ARGUMENT, t = GENMOD_F64;
    int32_t labels[N];
    for (size_t i = 0; i < 4; i++) {
        genmod_data *const v = rows_view(&s->table);
        memcpy(labels, s->table.labels, sizeof labels);
        labels[17] = wrong[i];
        assert_ok(genmod_data_set_labels(v, N, labels, NULL));
        scene_all_refuse(s, s->m, v, bad, parts[i]);
        scene_refused(s, vae_start(s->m, v, s->w), bad, parts[i]);
        assert_ok(genmod_data_set_labels(s->codes, N, labels, NULL));
        scene_refused(
            s, vae_decode(s->m, s->codes, 1, 3, t, sizeof s->out, s->out, s->w),
            bad, parts[i]);
        labels[0] = wrong[i];
        scene_refused(s,
                      vae_sample(s->m, 1, 0, N, 1, labels, t, sizeof s->out,
                                 s->out, s->w),
                      bad, "labels[0] is");
        genmod_data_free(v);
    }
    scene_close(s);
}

static void rows_without_labels_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    genmod_data *const v = fixture_view(N, ROWS_D, s->table.x);
    scene_all_refuse(s, s->m, v, bad, "the label of row 0 is -1");
    scene_refused(s, vae_fit(s->m, s->v, v, NULL, NULL, s->w), bad,
                  "the label of row 0 is -1");
    genmod_data_free(v);
    scene_close(s);
}

static void labels_without_classes_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS, 0);
    scene_refused(s,
                  vae_sample(s->m, 1, 0, N, 1, s->table.labels, GENMOD_F64,
                             sizeof s->out, s->out, s->w),
                  GENMOD_BAD_ARGUMENT, "\"classes\" 0");
    scene_close(s);
}

static void other_schemas_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    int32_t kinds[ROWS_D], levels[ROWS_D];
    static const struct {
        size_t column;
        int32_t kind, levels;
        const char *part;
    } cases[] = {{0, GENMOD_POSITIVE, 0, "column 0 is real"},
                 {2, GENMOD_REAL, 0, "column 2 is count"},
                 {3, GENMOD_CATEGORICAL, 2, "column 3 is binary"},
                 {4, GENMOD_CATEGORICAL, 4, "column 4 is categorical"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        genmod_data *const v = rows_view(&s->table);
        memcpy(kinds, rows_kinds, sizeof kinds);
        memcpy(levels, rows_levels, sizeof levels);
        kinds[cases[i].column] = cases[i].kind;
        levels[cases[i].column] = cases[i].levels;
        assert_ok(genmod_data_set_schema(v, ROWS_D, kinds, levels, NULL));
        scene_all_refuse(s, s->m, v, GENMOD_BAD_ARGUMENT, cases[i].part);
        scene_refused(s, vae_step(s->m, v, s->w), GENMOD_BAD_ARGUMENT,
                      cases[i].part);
        scene_refused(s, vae_fit(s->m, s->v, v, NULL, NULL, s->w),
                      GENMOD_BAD_ARGUMENT, cases[i].part);
        genmod_data_free(v);
    }
    scene_close(s);
}

static void likelihoods_want_their_columns(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"likelihood=bernoulli", "bernoulli"},
        {"likelihood=gaussian", "gaussian"},
        {"likelihood=log-normal", "log-normal"},
        {"likelihood=poisson", "poisson"},
        {"likelihood=categorical", "categorical"},
        {"likelihood=discretised-logistic", "discretised-logistic"},
        {"prior=vamp", "vamp"}};
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model *const m = fixture_model(cases[i][0]);
        scene_refused(s, vae_start(m, s->v, s->w), GENMOD_BAD_ARGUMENT,
                      cases[i][1]);
        assert_null(vae_params_key(m, 0));
        vae_free(m);
    }
    scene_close(s);
}

/* "input" tells how many columns there are, the data how many levels. */
static void categories_of_a_given_input_wait_for_their_levels(void **state)
{
    (void)state;
    static const int32_t kinds[2] = {GENMOD_CATEGORICAL, GENMOD_CATEGORICAL};
    static const int32_t levels[2] = {3, 4};
    double x[2 * N], out[2];
    for (size_t i = 0; i < 2 * N; i++)
        x[i] = (double)(i * i % 3);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    genmod_data *const v = fixture_view(N, 2, x);
    vae_model *const m = fixture_model(
        "input=2 | likelihood=categorical | code=1 | batch_size=12");
    fixture_configure(m, "epochs=2");
    assert_status(vae_start(m, v, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "schema that gives each column's levels");
    assert_ok(genmod_data_set_schema(v, 2, kinds, levels, NULL));
    assert_status(vae_fit(m, v, NULL, NULL, NULL, w), GENMOD_OK, w);
    fixture_configure(m, "epochs=1");
    assert_ok(vae_sample(m, 1, 0, 1, GENMOD_DRAW, NULL, GENMOD_F64, sizeof out,
                         out, NULL));
    assert_true(out[0] == 0 || out[0] == 1 || out[0] == 2);
    vae_free(m);
    genmod_data_free(v);
    genmod_workspace_free(w);
}

static void cells_of_a_wrong_kind_are_named(void **state)
{
    (void)state;
    static const struct {
        size_t column;
        double cell;
        int32_t status;
        const char *part;
    } cases[] = {
        {0, NAN, GENMOD_NON_FINITE, "row 23, column 0 is nan"},
        {0, -INFINITY, GENMOD_NON_FINITE, "row 23, column 0 is -inf"},
        {1, 0, GENMOD_BAD_ARGUMENT, "row 23, column 1 is 0; a positive"},
        {1, -2.5, GENMOD_BAD_ARGUMENT, "column 1 is -2.5"},
        {2, 1.5, GENMOD_BAD_ARGUMENT, "column 2 is 1.5; a count"},
        {2, -1, GENMOD_BAD_ARGUMENT, "column 2 is -1"},
        {3, 2, GENMOD_BAD_ARGUMENT, "column 3 is 2; a binary cell is 0 or 1"},
        {4, 3, GENMOD_BAD_ARGUMENT,
         "column 4 is 3; a category is a whole number from 0 to 2"},
        {4, NAN, GENMOD_NON_FINITE, "row 23, column 4 is nan"}};
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rows_table t;
        rows_open(&t, N, 2, 0);
        t.x[23 * ROWS_D + cases[i].column] = cases[i].cell;
        genmod_data *const v = rows_view(&t);
        scene_all_refuse(s, s->m, v, cases[i].status, cases[i].part);
        scene_refused(s, vae_start(s->m, v, s->w), cases[i].status,
                      cases[i].part);
        scene_refused(s, vae_fit(s->m, s->v, v, NULL, NULL, s->w),
                      cases[i].status, cases[i].part);
        genmod_data_free(v);
        rows_close(&t);
    }
    scene_close(s);
}

/* NaN is missing to a model with "missing" 1 and a view that says so. */
static void missing_cells_want_leave_of_model_and_view(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0); /* "missing" 0 */
    scene *const gaps = scene_open(SCENE_OPTIONS "classes=3 | missing=1", 1);
    size_t at = 0;
    while (!isnan(gaps->table.x[at]))
        at++;
    char part[64] = "the cell in row R, column C is nan";
    part[16] = (char)('0' + at / ROWS_D);
    part[26] = (char)('0' + at % ROWS_D);
    scene_all_refuse(s, s->m, gaps->v, GENMOD_NON_FINITE, part);
    scene_refused(s, vae_start(s->m, gaps->v, s->w), GENMOD_NON_FINITE, part);
    scene_refused(s, vae_fit(s->m, s->v, gaps->v, NULL, NULL, s->w),
                  GENMOD_NON_FINITE, part);
    scene_refused(s,
                  vae_impute(s->m, s->v, 0, 1, 2, GENMOD_F64, sizeof s->out,
                             s->out, s->w),
                  GENMOD_UNSUPPORTED, "\"missing\" 0");
    genmod_data *const v = rows_view(&gaps->table);
    assert_ok(genmod_data_set_missing(v, 0, NULL));
    scene_all_refuse(gaps, gaps->m, v, GENMOD_NON_FINITE, part);
    scene_refused(gaps, vae_start(gaps->m, v, gaps->w), GENMOD_NON_FINITE,
                  part);
    scene_refused(gaps, vae_fit(gaps->m, gaps->v, v, NULL, NULL, gaps->w),
                  GENMOD_NON_FINITE, part);
    scene_refused(gaps,
                  vae_impute(gaps->m, v, 0, 1, 2, GENMOD_F64, sizeof gaps->out,
                             gaps->out, gaps->w),
                  GENMOD_NON_FINITE, part);
    genmod_data_free(v);
    scene_close(gaps);
    scene_close(s);
}

static void impute_refuses_what_is_out_of_bounds(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3 | missing=1", 1);
    genmod_workspace *const w = s->w;
    const int32_t bad = GENMOD_BAD_ARGUMENT, t = GENMOD_F64;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    scene_refused(s, vae_impute(s->m, s->v, 2, 1, 2, t, b, out, w), bad,
                  "what is 2");
    scene_refused(s, vae_impute(s->m, s->v, 0, 1, 0, t, b, out, w), bad,
                  "draws is 0");
    scene_refused(s, vae_impute(s->m, s->v, 0, 1, DRAWS + 1, t, b, out, w), bad,
                  "draws is 16777217");
    scene_refused(s, vae_impute(s->m, s->v, 0, 1, 2, 9, b, out, w), bad,
                  "type is 9");
    scene_refused(s, vae_impute(s->m, s->v, 0, 1, 2, t, b, NULL, w), bad,
                  "out is NULL");
    scene_refused(s, vae_impute(s->m, s->v, 0, 1, 2, t, b - 1, out, w),
                  GENMOD_TOO_SMALL, "bytes is 1919");
    scene_refused(s, vae_impute(s->m, s->other, 0, 1, 2, t, b, out, w), bad,
                  "7 columns");
    scene_close(s);
}

/* Without a schema Bernoulli takes greys, and the logistic its levels. */
static void cells_out_of_a_likelihoods_range_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *options, *part;
        double cell;
    } cases[] = {{"likelihood=bernoulli", "row 31, column 7 is 1.25", 1.25},
                 {"likelihood=bernoulli", "row 31, column 7 is -0.5", -0.5},
                 {"likelihood=discretised-logistic | levels=5",
                  "row 31, column 7 is 0.6; with likelihood "
                  "discretised-logistic it must "
                  "be a multiple of 1 / 4",
                  0.6},
                 {"likelihood=discretised-logistic | levels=5",
                  "column 7 is 1.25", 1.25}};
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
        double x[N * 12], out[N * 12];
        for (size_t k = 0; k < N * 12; k++)
            x[k] = (double)(k * k % 5) / 4;
        genmod_data *const v = fixture_view(N, 12, x);
        vae_model *const m = fixture_model(cases[i].options);
        assert_ok(vae_start(m, v, s->w));
        const fixture_bytes b = fixture_checkpoint(m);
        x[31 * 12 + 7] = cases[i].cell;
        scene_refused(s, vae_start(m, v, s->w), bad, cases[i].part);
        scene_refused(s, vae_step(m, v, s->w), bad, cases[i].part);
        scene_refused(s, vae_fit(m, v, NULL, NULL, NULL, s->w), bad,
                      cases[i].part);
        scene_refused(s,
                      vae_encode(m, v, GENMOD_F64, sizeof out, out, NULL, s->w),
                      bad, cases[i].part);
        scene_refused(s, vae_anomaly(m, v, sizeof out, out, s->w), bad,
                      cases[i].part);
        scene_refused(s,
                      vae_elbo(m, v, 1, 2, sizeof out, out, NULL, NULL, s->w),
                      bad, cases[i].part);
        assert_true(fixture_checkpoints(m, b));
        x[31 * 12 + 7] = 1;
        assert_ok(vae_step(m, v, s->w));
        free(b.p);
        genmod_data_free(v);
        vae_free(m);
        scene_close(s);
    }
}

static void a_loss_of_greys_has_no_likelihood(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    double *const x = fixture_shares(N, 12, 3), out[N];
    genmod_data *const v = fixture_view(N, 12, x);
    vae_model *const m = fixture_model("likelihood=bernoulli");
    assert_ok(vae_start(m, v, NULL));
    scene_refused(s,
                  vae_log_likelihood(m, v, 1, 2, sizeof out, out, NULL, s->w),
                  GENMOD_UNSUPPORTED, "row 0 has cells");
    assert_ok(vae_elbo(m, v, 1, 2, sizeof out, out, NULL, NULL, s->w));
    for (size_t i = 0; i < N * 12; i++)
        x[i] = x[i] > 0.5;
    assert_ok(vae_log_likelihood(m, v, 1, 2, sizeof out, out, NULL, s->w));
    genmod_data_free(v);
    vae_free(m);
    free(x);
    scene_close(s);
}

static void codes_that_are_not_finite_are_named(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    static const double wrong[] = {NAN, INFINITY, 1e300};
    for (size_t i = 0; i < 3; i++) {
        s->z[11 * Z + 1] = wrong[i];
        scene_refused(s,
                      vae_decode(s->m, s->codes, 0, 3, GENMOD_F64,
                                 sizeof s->out, s->out, s->w),
                      GENMOD_NON_FINITE, "row 11, column 1");
    }
    scene_close(s);
}

static int32_t deny(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    (void)n;
    (void)rows;
    (void)x;
    (void)weights;
    (void)labels;
    (void)user;
    return -75;
}

static void a_row_source_may_end_any_call(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(
        genmod_data_set_source(v, GENMOD_F64, N, ROWS_D, deny, NULL, NULL));
    scene_all_refuse(s, s->m, v, GENMOD_CALLBACK, "-75");
    scene_training_refuses(s, v, GENMOD_CALLBACK, "-75");
    scene_refused(s, vae_fit(s->m, s->v, v, NULL, NULL, s->w), GENMOD_CALLBACK,
                  "-75");
    genmod_data_free(v);
    scene_close(s);
}

static void a_cancelled_workspace_ends_any_call(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    genmod_workspace *const w = s->w;
    const size_t b = sizeof s->out;
    double one[N];
    genmod_workspace_cancel(w);
    assert_status(vae_encode(s->m, s->v, GENMOD_F64, b, s->out, NULL, w),
                  GENMOD_CANCELLED, w);
    genmod_workspace_cancel(w);
    assert_status(vae_sample(s->m, 1, 0, 9, 1, NULL, GENMOD_F64, b, s->out, w),
                  GENMOD_CANCELLED, w);
    genmod_workspace_cancel(w);
    assert_status(vae_elbo(s->m, s->v, 1, 40, b, s->out, NULL, NULL, w),
                  GENMOD_CANCELLED, w);
    genmod_workspace_cancel(w);
    assert_status(vae_start(s->m, s->v, w), GENMOD_CANCELLED, w);
    genmod_workspace_cancel(w);
    assert_status(vae_step(s->m, s->v, w), GENMOD_CANCELLED, w);
    assert_memory_equal(s->out, s->mark, sizeof s->out);
    assert_true(fixture_checkpoints(s->m, s->before));
    assert_ok(vae_anomaly(s->m, s->v, sizeof one, one, w));
    scene_close(s);
}

/* A host's threads that give up after `left` rounds of work, half of the last
 * one done. */
static int32_t give_up(size_t n, genmod_task task, void *arg, void *user)
{
    size_t *const left = user;
    for (size_t i = 0; i < (*left ? n : n / 2); i++)
        task(i, arg);
    return (*left)-- ? 0 : -7;
}

static void a_host_that_gives_up_leaves_the_outputs(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    const size_t b = sizeof s->out;
    const int32_t t = GENMOD_F64;
    for (size_t rounds = 0; rounds < 3; rounds++) {
        genmod_context *c = NULL;
        size_t left = rounds;
        assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
        assert_ok(genmod_context_set_parallel_for(c, 2, give_up, &left));
        genmod_workspace_free(s->w);
        assert_ok(genmod_workspace_new(c, &s->w));
        assert_status(
            vae_reconstruct(s->m, s->v, GENMOD_DRAW, 3, t, b, s->out, s->w),
            GENMOD_CALLBACK, s->w);
        assert_memory_equal(s->out, s->mark, sizeof s->out);
        left = rounds;
        assert_status(
            vae_sample(s->m, 3, 0, N, GENMOD_DRAW, NULL, t, b, s->out, s->w),
            GENMOD_CALLBACK, s->w);
        assert_memory_equal(s->out, s->mark, sizeof s->out);
        genmod_context_free(c);
    }
    scene_close(s);
}

/* Two columns, some thousandths and some hundredths wide, that are not
 * standardised: ln sigma is ln of their deviations, the running variance their
 * square, but no less than a hundredth of the mean of both. */
static void sigma_starts_from_the_deviations_of_raw_columns(void **state)
{
    (void)state;
    double x[2 * N], mean[2] = {0}, square[2] = {0};
    for (size_t i = 0; i < N; i++) {
        x[2 * i] = 5 + 5e-4 * (double)(i * 7 % 11);
        x[2 * i + 1] = -1e-2 * (double)(i * i % 13);
    }
    for (size_t i = 0; i < 2 * N; i++)
        mean[i % 2] += x[i] / N;
    for (size_t i = 0; i < 2 * N; i++)
        square[i % 2] += (x[i] - mean[i % 2]) * (x[i] - mean[i % 2]) / N;
    const double least = (square[0] + square[1]) / 200;
    square[0] = square[0] < least ? least : square[0];
    genmod_data *const v = fixture_view(N, 2, x);
    for (int optimal = 0; optimal < 2; optimal++) {
        size_t n;
        vae_model *const m =
            fixture_model(optimal ? "standardise=0 | sigma=optimal"
                                  : "standardise=0 | sigma=learned");
        assert_ok(vae_start(m, v, NULL));
        double *const got = fixture_params(
            m, optimal ? "likelihood.0.variance" : "likelihood.0.log_sigma",
            &n);
        assert_int_equal(n, 2);
        for (size_t j = 0; j < 2; j++) {
            const double want = optimal ? square[j] : log(square[j]) / 2;
            assert_true(fabs(got[j] / want - 1) < 1e-3);
        }
        free(got);
        vae_free(m);
    }
    genmod_data_free(v);
}

/* Whatever a file or vae_set_params() says of ln sigma, up to the greatest
 * float, and training goes on from there. */
static void a_sigma_without_bound_is_bounded(void **state)
{
    (void)state;
    enum { ROWS = 200 };
    double x[2 * N], drawn[2 * ROWS], score[N];
    const double far[2] = {1000, 3e38};
    for (size_t i = 0; i < 2 * N; i++)
        x[i] = (double)(i * i % 13);
    genmod_data *const v = fixture_view(N, 2, x);
    vae_model *const m = fixture_model("standardise=0 | sigma=learned | "
                                       "learning_rate=0.01 | batch_size=50");
    assert_ok(vae_start(m, v, NULL));
    assert_ok(vae_set_params(m, "likelihood.0.log_sigma", 2, far, NULL));
    assert_ok(vae_sample(m, 5, 0, ROWS, GENMOD_DRAW, NULL, GENMOD_F64,
                         sizeof drawn, drawn, NULL));
    for (size_t i = 0; i < 2 * ROWS; i++)
        assert_true(fabs(drawn[i]) > 0 && fabs(drawn[i]) < 3e38);
    assert_ok(vae_anomaly(m, v, sizeof score, score, NULL));
    for (size_t i = 0; i < N; i++)
        assert_true(isfinite(score[i]));
    assert_ok(vae_step(m, v, NULL));
    double *const after = fixture_params(m, "likelihood.0.log_sigma", NULL);
    assert_near(after[0], 1000 - 0.01, 1e-3);
    free(after);
    vae_free(m);
    genmod_data_free(v);
}

/* Of pixels of deviation 1 about means that hardly differ the channel's
 * deviation is 1, too: the model gives a row back within it, and not at a scale
 * of 1e-4. */
static void pixels_of_deviation_1_have_one(void **state)
{
    (void)state;
    enum { n = 64, d = 4 };
    double x[n * d], y[d];
    for (size_t i = 0; i < n * d; i++)
        x[i] = (i / d >> i % d & 1 ? 1 : -1) + 1e-4 * (double)(i % d);
    genmod_data *const v = fixture_view(n, d, x);
    vae_model *const m = fixture_model("input=1x2x2 | epochs=1");
    double loss = 0;
    assert_ok(vae_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(genmod_report_get(vae_report(m), VAE_REPORT_LOSS, &loss));
    assert_true(loss < 100);
    assert_ok(vae_sample(m, 1, 0, 1, GENMOD_DRAW, NULL, GENMOD_F64, sizeof y, y,
                         NULL));
    assert_true(fabs(y[0]) + fabs(y[1]) + fabs(y[2]) + fabs(y[3]) > 0.1);
    vae_free(m);
    genmod_data_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_out_of_range_are_refused),
        cmocka_unit_test(rows_without_labels_are_refused),
        cmocka_unit_test(labels_without_classes_are_refused),
        cmocka_unit_test(other_schemas_are_refused),
        cmocka_unit_test(likelihoods_want_their_columns),
        cmocka_unit_test(categories_of_a_given_input_wait_for_their_levels),
        cmocka_unit_test(cells_of_a_wrong_kind_are_named),
        cmocka_unit_test(missing_cells_want_leave_of_model_and_view),
        cmocka_unit_test(impute_refuses_what_is_out_of_bounds),
        cmocka_unit_test(cells_out_of_a_likelihoods_range_are_named),
        cmocka_unit_test(a_loss_of_greys_has_no_likelihood),
        cmocka_unit_test(codes_that_are_not_finite_are_named),
        cmocka_unit_test(a_row_source_may_end_any_call),
        cmocka_unit_test(a_host_that_gives_up_leaves_the_outputs),
        cmocka_unit_test(a_cancelled_workspace_ends_any_call),
        cmocka_unit_test(sigma_starts_from_the_deviations_of_raw_columns),
        cmocka_unit_test(a_sigma_without_bound_is_bounded),
        cmocka_unit_test(pixels_of_deviation_1_have_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
