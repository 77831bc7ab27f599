/* Arguments, networks and data that are refused, and what they leave. */
#include "ae/fixture.h"
#include "base/base.h"

#define N 40
#define D 4
#define Z 2

typedef struct scene {
    double *x;
    genmod_data *v, *other, *empty;
    ae_model *m, *none; /* trained; without weights */
    genmod_config *c;
    genmod_workspace *w;
    fixture_bytes before; /* the trained one's checkpoint */
    double out[N * D];
} scene;

static scene *open_scene(void)
{
    scene *const s = fixture_take(1, sizeof *s);
    s->x = fixture_invent(N, D, 2);
    s->v = fixture_view(N, D, s->x);
    s->other = fixture_view(N / 2, D + 1, s->x);
    assert_ok(genmod_data_new(&s->empty, NULL));
    s->m = fixture_model("code=2 | batch_size=16 | epochs=2 | warm_start=1");
    s->none = fixture_model("code=2");
    s->c = fixture_config(NULL);
    s->w = fixture_workspace(1, NULL);
    assert_ok(ae_fit(s->m, s->v, NULL, NULL, NULL, NULL));
    assert_ok(ae_step(s->m, s->v, NULL));
    s->before = fixture_checkpoint(s->m);
    return s;
}

static void close_scene(scene *s)
{
    ae_free(s->m);
    ae_free(s->none);
    genmod_data_free(s->v);
    genmod_data_free(s->other);
    genmod_data_free(s->empty);
    genmod_config_free(s->c);
    genmod_workspace_free(s->w);
    free(s->before.p);
    free(s->x);
    free(s);
}

/* The status and a text that holds `part`; the model as it was, and usable. */
static void refused(scene *s, int32_t got, int32_t want, const char *part)
{
    assert_status(got, want, s->w);
    assert_error_names(s->w, part);
    assert_true(fixture_checkpoints(s->m, s->before));
    assert_ok(ae_anomaly(s->m, s->v, sizeof s->out, s->out, s->w));
    assert_string_equal(genmod_workspace_error(s->w), "");
}

static void null_is_refused(void **state)
{
    (void)state;
    scene *const s = open_scene();
    genmod_workspace *const w = s->w;
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    refused(s, ae_config_new(NULL, w), bad, "out is NULL");
    refused(s, ae_new(s->c, NULL, w), bad, "out is NULL");
    refused(s, ae_configure(NULL, s->c, w), bad, "m is NULL");
    refused(s, ae_configure(s->m, NULL, w), bad, "c is NULL");
    refused(s, ae_get_config(NULL, s->c, w), bad, "m is NULL");
    refused(s, ae_get_config(s->m, NULL, w), bad, "c is NULL");
    refused(s, ae_copy(NULL, s->m, w), bad, "from is NULL");
    refused(s, ae_copy(s->m, NULL, w), bad, "to is NULL");
    refused(s, ae_start(NULL, s->v, w), bad, "m is NULL");
    refused(s, ae_start(s->m, NULL, w), bad, "x is NULL");
    refused(s, ae_step(NULL, s->v, w), bad, "m is NULL");
    refused(s, ae_step(s->m, NULL, w), bad, "x is NULL");
    refused(s, ae_fit(NULL, s->v, NULL, NULL, NULL, w), bad, "m is NULL");
    refused(s, ae_fit(s->m, NULL, NULL, NULL, NULL, w), bad, "x is NULL");
    refused(s, ae_encode(NULL, s->v, GENMOD_F64, b, out, w), bad, "m is NULL");
    refused(s, ae_encode(s->m, NULL, GENMOD_F64, b, out, w), bad, "x is NULL");
    refused(s, ae_encode(s->m, s->v, GENMOD_F64, b, NULL, w), bad,
            "out is NULL");
    refused(s, ae_decode(s->m, NULL, GENMOD_F64, b, out, w), bad, "z is NULL");
    refused(s, ae_reconstruct(s->m, NULL, GENMOD_F64, b, out, w), bad,
            "x is NULL");
    refused(s, ae_anomaly(NULL, s->v, b, out, w), bad, "m is NULL");
    refused(s, ae_anomaly(s->m, s->v, b, NULL, w), bad, "out is NULL");
    refused(s, ae_anomaly_columns(s->m, NULL, b, out, w), bad, "x is NULL");
    refused(s, ae_get_params(NULL, "encoder.0.weight", 1, out, NULL, w), bad,
            "m is NULL");
    refused(s, ae_get_params(s->m, NULL, 1, out, NULL, w), bad, "name is NULL");
    refused(s, ae_get_params(s->m, "encoder.0.weight", 1, NULL, NULL, w), bad,
            "out is NULL");
    refused(s, ae_save(NULL, b, out, NULL, w), bad, "m is NULL");
    refused(s, ae_save(s->m, b, NULL, NULL, w), bad, "out is NULL");
    refused(s, ae_checkpoint(NULL, b, out, NULL, w), bad, "m is NULL");
    refused(s, ae_load(NULL, b, out, w), bad, "m is NULL");
    refused(s, ae_load(s->m, b, NULL, w), bad, "bytes is NULL");
    close_scene(s);
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    scene *const s = open_scene();
    genmod_workspace *const w = s->w;
    const int32_t bad = GENMOD_BAD_ARGUMENT, small = GENMOD_TOO_SMALL;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    size_t need = 0;
    genmod_data *const z = fixture_view(N, Z, s->x);
    refused(s, ae_encode(s->m, s->v, GENMOD_U8, b, out, w), bad, "type is 3");
    refused(s, ae_encode(s->m, s->other, GENMOD_F64, b, out, w), bad,
            "x has 5 columns; the model has 4");
    refused(s, ae_decode(s->m, s->v, GENMOD_F64, b, out, w), bad,
            "z has 4 columns; a code has 2");
    refused(s, ae_anomaly(s->m, s->other, b, out, w), bad, "5 columns");
    refused(s, ae_step(s->m, s->other, w), bad, "5 columns");
    refused(s, ae_fit(s->m, s->other, NULL, NULL, NULL, w), bad, "5 columns");
    refused(s, ae_fit(s->m, s->v, s->other, NULL, NULL, w), bad,
            "held_out has 5 columns; x has 4");
    refused(s, ae_fit(s->m, s->v, s->empty, NULL, NULL, w), bad,
            "held_out has no rows");
    refused(s, ae_start(s->m, s->empty, w), bad, "x has no rows");
    refused(s, ae_encode(s->m, s->empty, GENMOD_F64, b, out, w), bad,
            "x has no rows");
    refused(s, ae_encode(s->m, s->v, GENMOD_F64, N * Z * 8 - 1, out, w), small,
            "bytes is 639; the result takes 40 rows of 16 bytes");
    refused(s, ae_encode(s->m, s->v, GENMOD_F32, N * Z * 4 - 1, out, w), small,
            "319");
    refused(s, ae_decode(s->m, z, GENMOD_F32, N * D * 4 - 1, out, w), small,
            "639");
    refused(s, ae_reconstruct(s->m, s->v, GENMOD_F64, N * D * 8 - 1, out, w),
            small, "1279");
    refused(s, ae_anomaly(s->m, s->v, N * 8 - 1, out, w), small, "319");
    refused(s, ae_anomaly_columns(s->m, s->v, N * D * 8 - 1, out, w), small,
            "1279");
    refused(s, ae_get_params(s->m, "encoder.0.weight", 3, out, &need, w), small,
            "takes 128 doubles");
    assert_int_equal(need, 128);
    refused(s, ae_get_params(s->m, "encoder.7", 3, out, NULL, w), bad,
            "encoder.7");
    refused(s, ae_save(s->m, 100, out, &need, w), small, "cap is 100");
    assert_true(need > 100);
    genmod_data_free(z);
    close_scene(s);
}

static void without_weights_nothing_is_computed(void **state)
{
    (void)state;
    scene *const s = open_scene();
    genmod_workspace *const w = s->w;
    const int32_t unfit = GENMOD_NOT_FITTED;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    refused(s, ae_step(s->none, s->v, w), unfit, "no weights");
    refused(s, ae_encode(s->none, s->v, GENMOD_F64, b, out, w), unfit, "fit");
    refused(s, ae_decode(s->none, s->v, GENMOD_F64, b, out, w), unfit, "fit");
    refused(s, ae_reconstruct(s->none, s->v, GENMOD_F64, b, out, w), unfit,
            "fit");
    refused(s, ae_anomaly(s->none, s->v, b, out, w), unfit, "fit");
    refused(s, ae_anomaly_columns(s->none, s->v, b, out, w), unfit, "fit");
    refused(s, ae_get_params(s->none, "encoder.0.weight", 0, NULL, NULL, w),
            unfit, "fit");
    refused(s, ae_save(s->none, b, out, NULL, w), unfit, "fit");
    refused(s, ae_checkpoint(s->none, b, out, NULL, w), unfit, "fit");
    close_scene(s);
}

static void wrong_networks_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *options, *part;
    } cases[] = {
        {"input=0", "input"},
        {"input=3x4", "input"},
        {"input=4 columns", "input"},
        {"input=9x90x90", "72900 columns"},
        {"input=4 | encoder=dense 3; rellu", "encoder\": position 10"},
        {"input=4 | encoder=dense 3; conv 2 k3", "encoder\": position 10"},
        {"input=4 | encoder=dense", "encoder\": position 6"},
        {"input=4 | encoder=dense 3; dense 0", "encoder\": position"},
        {"input=4 | decoder=dense 3", "it gives 3; the input is 4"},
        {"input=1x4x4 | decoder=dense 9; reshape 1x3x3",
         "it gives 1x3x3; the input is 1x4x4"},
        {"input=4 | decoder=dense 3; dens 4", "decoder\": position 10"},
        {"input=4 | tied=1 | decoder=dense 7; dense 4", "decoder"},
        {"input=1x8x8 | encoder=maxpool 3 s2; dense 3", "decoder"},
        {"input=4 | encoder=relu | decoder=relu", "no weights"},
        /* 2^64 rows, and some */
        {"input=1x16x1 | decoder=dense 16 | encoder=deconv 1 k16777216x1 "
         "s16777216x1; deconv 1 k4096x1 s4096x1; deconv 1 k16777216x1 "
         "s16777216x1 o1x0; dense 2",
         "too large"},
        {"loss=bce | target=values", "with \"target\" values it must be"},
        {"corruption=masking | corruption_level=1.5", "corruption_level"},
        {"corruption=salt-and-pepper | corruption_level=2",
         "corruption_level"}};
    scene *const s = open_scene();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        genmod_config *const c = fixture_config(cases[i].options);
        ae_model *m = s->m;
        const int32_t status = ae_new(c, &m, s->w);
        if (status != GENMOD_BAD_ARGUMENT)
            fail_msg("%s: %s, %s", cases[i].options, genmod_status_name(status),
                     genmod_workspace_error(s->w));
        assert_error_names(s->w, cases[i].part);
        assert_null(m);
        genmod_config_free(c);
    }
    /* found out when the columns are known */
    ae_model *m = fixture_model("encoder=dense 3; conv 2 k3");
    refused(s, ae_start(m, s->v, s->w), GENMOD_BAD_ARGUMENT, "position 10");
    assert_int_equal(ae_dimension(m), 0);
    ae_free(m);
    m = fixture_model("input=5");
    refused(s, ae_start(m, s->v, s->w), GENMOD_BAD_ARGUMENT,
            "x has 4 columns; option \"input\" is 5");
    assert_int_equal(ae_dimension(m), 5);
    ae_free(m);
    fixture_configure(s->none, "corruption_level=2");
    close_scene(s);
}

static void penalties_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *options, *part;
    } cases[] = {
        {"emphasis=0.5", "emphasis\" is 0.5; corruption \"none\" corrupts"},
        {"emphasis=0.5 | corruption=gaussian", "leaves no cell alone"},
        {"emphasis=1 | corruption=masking | corruption_level=0",
         "corruption_level\" 0"},
        {"input=4 | sparsity=0.3", "sparsity\" is 0.3 of kind \"kl\""},
        {"input=4 | encoder=dense 2; sigmoid; dense 2 | sparsity=1",
         "must end in sigmoid or softmax"},
        {"input=4 | encoder=dense 2; residual { dense 2; sigmoid } | "
         "sparsity=1",
         "must end in sigmoid or softmax"},
        {"input=1x2x2 | encoder=reshape 1x2x2 | decoder=dense 4 | sparsity=1",
         "must end in sigmoid or softmax"},
        {"input=4 | encoder=dense 3; batchnorm; dense 2 | contraction=2",
         "contraction\" is 2; option \"encoder\" has batchnorm"},
        {"input=4 | encoder=residual { dense 4; batchnorm } | contraction=2",
         "batchnorm"}};
    scene *const s = open_scene();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        genmod_config *const c = fixture_config(cases[i].options);
        ae_model *m = NULL;
        refused(s, ae_new(c, &m, s->w), GENMOD_BAD_ARGUMENT, cases[i].part);
        genmod_config_free(c);
    }
    close_scene(s);
}

static void penalties_that_can_be_are_taken(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "sparsity=0.3 | sparsity_kind=l1",
        "encoder=dense 2; sigmoid; flatten | sparsity=0.3",
        "encoder=dense 6; softmax; reshape 6x1x1 | sparsity=0.3",
        "encoder=dense 2; sigmoid; dropout 0.1 | sparsity=0 | contraction=1",
        "encoder=sn dense 3; groupnorm 1; dense 2 | contraction=1",
        "encoder=dense 2 | decoder=dense 3; batchnorm; dense 4 | contraction=1",
        "encoder=dense 3; batchnorm; dense 2 | contraction_probes=4"};
    scene *const s = open_scene();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ae_model *const m = fixture_model(cases[i]);
        assert_status(ae_start(m, s->v, s->w), GENMOD_OK, s->w);
        assert_status(ae_step(m, s->v, s->w), GENMOD_OK, s->w);
        ae_free(m);
    }
    close_scene(s);
}

/* Once the columns are known, by "input" or by data. */
static void configure_looks_at_the_networks_too(void **state)
{
    (void)state;
    scene *const s = open_scene();
    genmod_config *const c = fixture_config(NULL);
    ae_model *const m = fixture_model("input=4 | encoder=dense 2; batchnorm");
    assert_ok(ae_get_config(s->m, c, NULL));
    assert_ok(genmod_config_set_f64(c, AE_SPARSITY, 0.5, NULL));
    refused(s, ae_configure(s->m, c, s->w), GENMOD_BAD_ARGUMENT,
            "must end in sigmoid");
    assert_ok(ae_get_config(m, c, NULL));
    assert_ok(genmod_config_set_f64(c, AE_CONTRACTION, 0.5, NULL));
    refused(s, ae_configure(m, c, s->w), GENMOD_BAD_ARGUMENT, "batchnorm");
    ae_free(m);
    /* of columns that are not known yet: found out at the start */
    fixture_configure(s->none, "sparsity=0.5");
    refused(s, ae_start(s->none, s->v, s->w), GENMOD_BAD_ARGUMENT,
            "must end in sigmoid");
    genmod_config_free(c);
    close_scene(s);
}

static void configs_of_other_families_are_refused(void **state)
{
    (void)state;
    static const base_option options[] = {
        {.key = "k", .type = BASE_I64, .initial = "1", .maximum = 9},
        {.key = NULL}};
    scene *const s = open_scene();
    genmod_config *c = NULL;
    ae_model *m = NULL;
    base_call call;
    genmod_workspace *const w = base_enter(&call, NULL, NULL);
    assert_non_null(w);
    assert_ok(base_leave(&call, base_config_new(options, &c, w)));
    refused(s, ae_new(c, &m, s->w), GENMOD_BAD_ARGUMENT, "ae_config_new");
    refused(s, ae_configure(s->m, c, s->w), GENMOD_BAD_ARGUMENT,
            "ae_config_new");
    refused(s, ae_get_config(s->m, c, s->w), GENMOD_BAD_ARGUMENT,
            "ae_config_new");
    genmod_config_free(c);
    close_scene(s);
}

static void cells_that_are_not_finite_are_named(void **state)
{
    (void)state;
    static const double wrong[] = {NAN, INFINITY, -INFINITY, 1e300};
    scene *const s = open_scene();
    genmod_workspace *const w = s->w;
    double *const x = fixture_invent(N, D, 2);
    genmod_data *const v = fixture_view(N, D, x);
    const size_t b = sizeof s->out;
    double out[N * D];
    memset(out, 0x5a, sizeof out);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const size_t row = 7 + 9 * i;
        const int32_t bad = GENMOD_NON_FINITE;
        char where[64] = "row ",
             digits[8] = {(char)('0' + row / 10), (char)('0' + row % 10), 0};
        strcat(strcat(where, row < 10 ? digits + 1 : digits), ", column 2");
        const double good = x[row * D + 2];
        x[row * D + 2] = wrong[i];
        refused(s, ae_encode(s->m, v, GENMOD_F64, b, out, w), bad, where);
        refused(s, ae_reconstruct(s->m, v, GENMOD_F64, b, out, w), bad, where);
        refused(s, ae_anomaly(s->m, v, b, out, w), bad, where);
        refused(s, ae_fit(s->m, s->v, v, NULL, NULL, w), bad, where);
        if (i < 3) /* 1e300 is one the columns' scale copes with */
            refused(s, ae_start(s->m, v, w), bad, where);
        x[row * D + 2] = good;
    }
    for (size_t i = 0; i < N * D; i++)
        assert_memory_equal(out + i, out, sizeof *out);
    genmod_data_free(v);
    free(x);
    close_scene(s);
}

/* Rows that a training has not read yet may be wrong: it stands at its last
 * whole update. */
static void a_wrong_row_ends_training_at_a_whole_update(void **state)
{
    (void)state;
    scene *const s = open_scene();
    double *const x = fixture_invent(N, D, 2);
    genmod_data *const v = fixture_view(N, D, x);
    x[17 * D + 1] = NAN;
    fixture_configure(s->m, "epochs=5");
    const double steps = fixture_number(s->m, AE_REPORT_STEPS);
    assert_status(ae_fit(s->m, v, NULL, NULL, NULL, s->w), GENMOD_NON_FINITE,
                  s->w);
    assert_error_names(s->w, "row 17, column 1");
    const double now = fixture_number(s->m, AE_REPORT_STEPS);
    ae_model *const twin = fixture_model(NULL);
    assert_ok(ae_load(twin, s->before.n, s->before.p, NULL));
    for (double i = steps; i < now; i++)
        assert_ok(ae_step(twin, s->v, NULL));
    const fixture_bytes a = fixture_save(twin);
    fixture_configure(s->m, "epochs=2");
    assert_true(fixture_saves(s->m, a));
    free(a.p);
    ae_free(twin);
    genmod_data_free(v);
    free(x);
    close_scene(s);
}

static void cross_entropy_wants_shares(void **state)
{
    (void)state;
    scene *const s = open_scene();
    double *const x = fixture_shares(N, 12, 2);
    genmod_data *const v = fixture_view(N, 12, x);
    ae_model *const m = fixture_model("loss=bce | input=2x2x3");
    double out[N];
    assert_ok(ae_start(m, v, s->w));
    const fixture_bytes b = fixture_checkpoint(m);
    x[31 * 12 + 7] = 1.25;
    assert_status(ae_start(m, v, s->w), GENMOD_BAD_ARGUMENT, s->w);
    assert_error_names(s->w, "row 31, column 7 is 1.25");
    assert_status(ae_fit(m, v, NULL, NULL, NULL, s->w), GENMOD_BAD_ARGUMENT,
                  s->w);
    assert_status(ae_step(m, v, s->w), GENMOD_BAD_ARGUMENT, s->w);
    assert_error_names(s->w, "row 31, column 7 is 1.25");
    assert_status(ae_anomaly(m, v, sizeof out, out, s->w), GENMOD_BAD_ARGUMENT,
                  s->w);
    assert_error_names(s->w, "row 31, column 7 is 1.25");
    assert_true(fixture_checkpoints(m, b));
    x[31 * 12 + 7] = 1;
    assert_ok(ae_step(m, v, s->w));
    free(b.p);
    genmod_data_free(v);
    ae_free(m);
    free(x);
    close_scene(s);
}

/* Without standardising, cells of 1e25 have a loss that is no float. */
static void a_loss_that_is_not_finite_changes_nothing(void **state)
{
    (void)state;
    double *const x = fixture_invent(N, D, 2);
    genmod_data *const v = fixture_view(N, D, x);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    ae_model *const m = fixture_model(
        "standardise=0 | batch_size=40 | encoder=dense 3; batchnorm; dense 2");
    assert_ok(ae_start(m, v, w));
    assert_ok(ae_step(m, v, w));
    const fixture_bytes b = fixture_checkpoint(m);
    x[5 * D] = 1e25;
    assert_status(ae_step(m, v, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "update 2 is inf");
    assert_true(fixture_checkpoints(m, b));
    x[5 * D] = 1;
    assert_ok(ae_step(m, v, w));
    free(b.p);
    genmod_data_free(v);
    genmod_workspace_free(w);
    ae_free(m);
    free(x);
}

/* A rate that no training survives: an error, and finite weights. */
static void divergence_is_an_error_and_leaves_a_kept_state(void **state)
{
    (void)state;
    double *const x = fixture_invent(N, D, 2);
    genmod_data *const v = fixture_view(N, D, x);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    static const char *const rates[] = {"optimiser=sgd | learning_rate=1000000",
                                        "optimiser=sgd | learning_rate=0.5",
                                        "learning_rate=1000000"};
    for (size_t i = 0; i < 3; i++) {
        char options[200] = "batch_size=2 | epochs=30 | average=0.5 | ";
        strcat(options, rates[i]);
        ae_model *const m = fixture_model(options);
        const int32_t status = ae_fit(m, v, NULL, NULL, NULL, w);
        assert_status(status, GENMOD_BREAKDOWN, w);
        for (size_t k = 0; ae_params_key(m, k); k++) {
            size_t n;
            double *const p = fixture_params(m, ae_params_key(m, k), &n);
            for (size_t j = 0; j < n; j++)
                assert_true(isfinite(p[j]));
            free(p);
        }
        ae_free(m);
    }
    genmod_data_free(v);
    genmod_workspace_free(w);
    free(x);
}

static int32_t deny(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    const size_t *const left = user;
    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n * D; i++)
        ((double *)x)[i] =
            (double)((size_t)rows[i / D] * (i % D + 1) % 7) + 0.1;
    return *left ? 0 : -75;
}

static void a_row_source_may_end_any_call(void **state)
{
    (void)state;
    scene *const s = open_scene();
    genmod_data *v = NULL;
    size_t left = 0;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_source(v, GENMOD_F64, N, D, deny, &left, NULL));
    const int32_t ended = GENMOD_CALLBACK;
    refused(s, ae_start(s->m, v, s->w), ended, "-75");
    refused(s, ae_step(s->m, v, s->w), ended, "-75");
    refused(s, ae_fit(s->m, v, NULL, NULL, NULL, s->w), ended, "-75");
    refused(s, ae_fit(s->m, s->v, v, NULL, NULL, s->w), ended, "-75");
    refused(s, ae_encode(s->m, v, GENMOD_F64, sizeof s->out, s->out, s->w),
            ended, "-75");
    genmod_data_free(v);
    close_scene(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_refused),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
        cmocka_unit_test(without_weights_nothing_is_computed),
        cmocka_unit_test(wrong_networks_are_refused),
        cmocka_unit_test(penalties_that_cannot_be_are_refused),
        cmocka_unit_test(penalties_that_can_be_are_taken),
        cmocka_unit_test(configure_looks_at_the_networks_too),
        cmocka_unit_test(configs_of_other_families_are_refused),
        cmocka_unit_test(cells_that_are_not_finite_are_named),
        cmocka_unit_test(a_wrong_row_ends_training_at_a_whole_update),
        cmocka_unit_test(cross_entropy_wants_shares),
        cmocka_unit_test(a_loss_that_is_not_finite_changes_nothing),
        cmocka_unit_test(divergence_is_an_error_and_leaves_a_kept_state),
        cmocka_unit_test(a_row_source_may_end_any_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
