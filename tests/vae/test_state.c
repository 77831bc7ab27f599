/* Models as bytes, and bytes that are none. */
#include "model/forge.h"
#include "vae/internal.h"
#include "vae/rows.h"

#define N 24

static rows_table table;

/* Of the table but for its first: of what a file has beside networks. */
static const char *const kinds[] = {
    "encoder=dense 3; batchnorm; tanh | code=2 | missing=1 | hide=0.2 | "
    "classes=3 | batch_size=7 | sigma=optimal",
    "encoder=dense 3; relu | code=2 | missing=1 | prior=mixture | "
    "prior_components=2 | average=0.5 | optimiser=rmsprop | batch_size=20 | "
    "validation=0.2",
    "encoder=dense 3; relu | code=2 | missing=1 | likelihood=gaussian | "
    "prior=vamp | prior_components=2 | batch_size=20",
    "encoder=relu | code=1 | missing=1 | batch_size=20"};

#define KINDS (sizeof kinds / sizeof *kinds)

static genmod_data *view_for(size_t kind)
{
    genmod_data *v = NULL;
    if (kind != 2)
        return rows_view(&table);
    v = fixture_view(N, ROWS_D, table.x);
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    return v;
}

static vae_model *trained(size_t kind)
{
    genmod_data *const v = view_for(kind);
    vae_model *const m = fixture_model(kinds[kind]);
    fixture_configure(m, "epochs=2");
    assert_ok(vae_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(vae_step(m, v, NULL));
    genmod_data_free(v);
    return m;
}

static fixture_bytes bytes_of(size_t kind, int checkpoint)
{
    vae_model *const m = trained(kind);
    const fixture_bytes b =
        checkpoint ? fixture_checkpoint(m) : fixture_save(m);
    vae_free(m);
    return b;
}

static model *victim(void)
{
    return (model *)trained(0);
}

/* Both models draw and score to the same bits. */
static void check_same_answers(const vae_model *a, const vae_model *b,
                               const genmod_data *v)
{
    double x[N * ROWS_D], y[N * ROWS_D];
    assert_ok(vae_sample(a, 5, 2, N, GENMOD_DRAW, NULL, GENMOD_F64, sizeof x, x,
                         NULL));
    assert_ok(vae_sample(b, 5, 2, N, GENMOD_DRAW, NULL, GENMOD_F64, sizeof y, y,
                         NULL));
    assert_memory_equal(x, y, sizeof x);
    assert_ok(vae_log_likelihood(a, v, 3, 4, sizeof x, x, NULL, NULL));
    assert_ok(vae_log_likelihood(b, v, 3, 4, sizeof y, y, NULL, NULL));
    assert_memory_equal(x, y, N * sizeof *x);
}

static void save_of_load_is_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        vae_model *const m = trained(i);
        vae_model *const other = fixture_model("input=3x4x5 | seed=4");
        genmod_data *const v = view_for(i);
        const fixture_bytes a = fixture_save(m), b = fixture_checkpoint(m);
        assert_true(b.n > a.n);
        assert_ok(vae_load(other, b.n, b.p, NULL));
        assert_true(fixture_saves(other, a));
        assert_true(fixture_checkpoints(other, b));
        assert_ok(vae_load(other, a.n, a.p, NULL));
        assert_true(fixture_saves(other, a));
        assert_int_equal(vae_dimension(other), ROWS_D);
        assert_int_equal(vae_code_size(other), vae_code_size(m));
        check_same_answers(m, other, v);
        genmod_data_free(v);
        vae_free(m);
        vae_free(other);
        free(a.p);
        free(b.p);
    }
}

static void a_copy_saves_to_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        vae_model *const m = trained(i);
        vae_model *const other = trained((i + 1) % KINDS);
        vae_model *const none = fixture_model("code=7");
        genmod_data *const v = view_for(i);
        const fixture_bytes a = fixture_save(m);
        assert_ok(vae_copy(m, other, NULL));
        assert_true(fixture_saves(other, a));
        /* what training needs to go on stays behind */
        assert_true(fixture_checkpoints(other, a));
        assert_ok(vae_copy(m, m, NULL));
        assert_true(fixture_saves(m, a));
        check_same_answers(m, other, v);
        /* and one is not the other's */
        assert_ok(vae_step(m, v, NULL));
        assert_true(fixture_saves(other, a));
        assert_ok(vae_copy(none, other, NULL));
        assert_int_equal(vae_dimension(other), 0);
        assert_null(vae_params_key(other, 0));
        genmod_data_free(v);
        vae_free(m);
        vae_free(other);
        vae_free(none);
        free(a.p);
    }
}

static void parameters_go_out_and_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        vae_model *const m = trained(i), *const other = trained(i);
        genmod_data *const v = view_for(i);
        assert_ok(vae_step(other, v, NULL));
        assert_ok(vae_step(other, v, NULL));
        for (size_t k = 0; vae_params_key(m, k); k++) {
            size_t n;
            double *const p = fixture_params(m, vae_params_key(m, k), &n);
            assert_ok(vae_set_params(other, vae_params_key(m, k), n, p, NULL));
            double *const q = fixture_params(other, vae_params_key(m, k), NULL);
            assert_memory_equal(p, q, n * sizeof *p);
            free(p);
            free(q);
        }
        check_same_answers(m, other, v);
        /* training starts anew from them */
        const fixture_bytes a = fixture_save(other);
        assert_true(fixture_checkpoints(other, a));
        assert_ok(vae_step(other, v, NULL));
        free(a.p);
        genmod_data_free(v);
        vae_free(m);
        vae_free(other);
    }
}

static void wrong_parameters_are_refused(void **state)
{
    (void)state;
    vae_model *const m = trained(1), *const none = fixture_model(NULL);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    const fixture_bytes b = fixture_checkpoint(m);
    static const struct {
        const char *name;
        size_t n;
        double at5;
        int32_t status;
        const char *part;
    } cases[] = {
        {"prior.means", 3, 0, GENMOD_BAD_ARGUMENT,
         "n is 3; prior.means has 4 numbers"},
        {"prior.mean", 4, 0, GENMOD_BAD_ARGUMENT, "prior.mean"},
        {"encoder.0.bias", 0, 0, GENMOD_BAD_ARGUMENT, "n is 0"},
        {"decoder.0.weight", 6, NAN, GENMOD_NON_FINITE, "values[5] is nan"},
        {"decoder.0.weight", 6, 1e39, GENMOD_NON_FINITE, "values[5] is 1e39"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double v[6] = {1, 2, 3, 4, 5, cases[i].at5};
        assert_status(vae_set_params(m, cases[i].name, cases[i].n, v, w),
                      cases[i].status, w);
        assert_error_names(w, cases[i].part);
        assert_true(fixture_checkpoints(m, b));
    }
    genmod_data *const v = view_for(0);
    vae_model *const sure = fixture_model(kinds[0]);
    size_t width;
    assert_ok(vae_start(sure, v, NULL));
    double *const own = fixture_params(sure, "likelihood.0.variance", &width);
    own[width - 1] = -2.385;
    assert_status(vae_set_params(sure, "likelihood.0.variance", width, own, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "is -2.385; likelihood.0.variance must be >= 0");
    free(own);
    vae_free(sure);
    genmod_data_free(v);
    assert_status(vae_set_params(none, "prior.means", 1, &(double){1}, w),
                  GENMOD_NOT_FITTED, w);
    free(b.p);
    vae_free(m);
    vae_free(none);
    genmod_workspace_free(w);
}

/* ---- forged files -------------------------------------------------------- */

static void forged_texts_are_refused(void **state)
{
    (void)state;
    static const forge_edit edits[] = {
        {"genmod.family", "ae", "family \"ae\", not \"vae\"", 0},
        {"genmod.format", "2", "reads up to 1", GENMOD_UNSUPPORTED},
        {"genmod.version", "v1", "\"v1\"", 0},
        {"option.epochs", NULL, "\"option.epochs\" is missing", 0},
        {"option.likelihood", "log", "\"likelihood\"", 0},
        {"option.likelihood", "poisson", "likelihood", 0},
        {"option.sigma", "fixed", "training.kept", 0},
        {"option.sigma", "learned", "", 0},
        {"option.missing", "0", "hide", 0},
        {"option.hide", "0.96", "\"hide\"", 0},
        {"option.classes", "2", "", 0},
        {"option.classes", "0", "", 0},
        {"option.classes", "65536", "", 0},
        {"option.prior", "mixture", "prior.logits", 0},
        {"option.prior", "vamp", "vamp", 0},
        {"option.gradient", "dreg", "\"objective\" iwae", 0},
        {"option.code", "3", "\"encoder.3.weight\" has another type or shape",
         0},
        {"option.encoder", "dense 4; batchnorm; tanh", "encoder.0.weight", 0},
        {"option.encoder", "dense 3; batchnrm; tanh", "position 10", 0},
        {"option.decoder", "dense 3; dens 4", "decoder\": position 10", 0},
        {"option.input", "5", "input", 0},
        {"option.average", "0.5", "training.", 0},
        {"report.kl", "much", "report.kl is \"much\"", 0},
        {"report.active_units", "0.5", "report.active_units", 0},
        {"report.steps", "3", "counts fewer", 0},
        {"mean_weight", "-1", "mean_weight is -1", 0},
        {"more", "", "texts and", 0}};
    const fixture_bytes b = bytes_of(0, 1);
    forge_check_texts(b, victim, sizeof edits / sizeof *edits, edits);
    /* the forger's twin: a change that is in order loads */
    forge_edit good = {"option.temperature", "0.5", NULL, 0};
    const fixture_bytes f = forge(b, forge_text, &good);
    vae_model *const m = fixture_model(NULL);
    assert_ok(vae_load(m, f.n, f.p, NULL));
    assert_true(fixture_checkpoints(m, f));
    vae_free(m);
    free(f.p);
    free(b.p);
}

static void forged_numbers_are_refused(void **state)
{
    (void)state;
    static const forge_poke pokes[] = {
        {"encoder.0.weight", 5, NAN, "\"encoder.0.weight\": element 5", NULL},
        {"encoder.1.running_mean", 1, INFINITY, "element 1 is inf", NULL},
        {"likelihood.0.variance", 0, -0.5,
         "\"likelihood.0.variance\": element 0 is -0.5", NULL},
        {"columns.center", 3, NAN, "\"columns.center\": element 3", NULL},
        {"columns.scale", 2, 0, "\"columns.scale\": element 2 is 0", NULL},
        {"classes.rows", 1, -1, "\"classes.rows\": element 1 is -1", NULL},
        {"classes.rows", 2, NAN, "\"classes.rows\": element 2", NULL},
        {"training.loop", 0, -1, "loop", NULL},
        {"training.tally", 4, NAN, "\"training.tally\": element 4", NULL},
        {"training.optimiser0.v", 2, -1, "optimiser0.v", NULL},
        {"training.kept", 2, INFINITY, "kept", NULL}};
    const fixture_bytes b = bytes_of(0, 1);
    forge_check_numbers(b, victim, sizeof pokes / sizeof *pokes, pokes);
    free(b.p);
}

/* Integers: a kind that there is not, one level, kinds that the likelihood does
 * not fit. */
static void forge_schema(forge_parts *p, void *arg)
{
    static int32_t kinds_of[ROWS_D], levels_of[ROWS_D];
    const int32_t *const change = arg; /* column, kind, levels */
    memcpy(kinds_of, rows_kinds, sizeof kinds_of);
    memcpy(levels_of, rows_levels, sizeof levels_of);
    kinds_of[change[0]] = change[1];
    levels_of[change[0]] = change[2];
    for (size_t i = 0; i < p->n_tensors; i++) {
        if (strcmp(p->tensors[i].name, MODEL_KINDS) == 0)
            p->tensors[i].data = kinds_of;
        if (strcmp(p->tensors[i].name, MODEL_LEVELS) == 0)
            p->tensors[i].data = levels_of;
    }
}

static void forged_schemas_are_refused(void **state)
{
    (void)state;
    static const int32_t changes[][3] = {{1, 7, 0},
                                         {1, -1, 0},
                                         {4, GENMOD_CATEGORICAL, 1},
                                         {4, GENMOD_CATEGORICAL, 65537},
                                         {4, GENMOD_CATEGORICAL, 4},
                                         {4, GENMOD_REAL, 0},
                                         {0, GENMOD_CATEGORICAL, 3}};
    const fixture_bytes b = bytes_of(0, 0);
    vae_model *const m = fixture_model(NULL);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        int32_t change[3];
        memcpy(change, changes[i], sizeof change);
        const fixture_bytes f = forge(b, forge_schema, change);
        if (vae_load(m, f.n, f.p, NULL) != GENMOD_BAD_BYTES)
            fail_msg("change %zu of the schema loads", i);
        assert_int_equal(vae_dimension(m), 0);
        free(f.p);
    }
    vae_free(m);
    free(b.p);
}

static void every_tensor_must_be_there_in_its_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const fixture_bytes b = bytes_of(i, 1);
        vae_model *const m = fixture_model(NULL);
        assert_true(forge_check_tensors(b, (model *)m) >= 20);
        vae_free(m);
        free(b.p);
    }
}

/* ---- any bytes ----------------------------------------------------------- */

static void every_prefix_is_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(0, 0);
    forge_check_prefixes(b, &vae_family, sizeof(vae_model));
    free(b.p);
}

static void flipped_bits_are_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(3, 0);
    forge_check_bits(b, &vae_family, sizeof(vae_model));
    free(b.p);
}

static void a_short_file_takes_little_memory(void **state)
{
    (void)state;
    static const forge_edit edits[] = {
        {"option.encoder", "dense 1000000", "", 0},
        {"option.encoder", "dense 16777216; dense 16777216", "", 0},
        {"option.encoder", "", "", 0},
        {"option.code", "65536", "", 0},
        {"option.classes", "65536", "", 0},
        {"option.prior", "mixture", "", 0},
        {"option.input", "1x255x257", "", 0},
        {"option.samples", "1024", NULL, 0},
        {"option.prior_components", "4096", NULL, 0},
        {"option.batch_size", "65536", NULL, 0}};
    const fixture_bytes b = bytes_of(0, 1);
    forge_check_memory(b, &vae_family, sizeof(vae_model),
                       sizeof edits / sizeof *edits, edits);
    free(b.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_of_load_is_the_same_bytes),
        cmocka_unit_test(a_copy_saves_to_the_same_bytes),
        cmocka_unit_test(parameters_go_out_and_in),
        cmocka_unit_test(wrong_parameters_are_refused),
        cmocka_unit_test(forged_texts_are_refused),
        cmocka_unit_test(forged_numbers_are_refused),
        cmocka_unit_test(forged_schemas_are_refused),
        cmocka_unit_test(every_tensor_must_be_there_in_its_shape),
        cmocka_unit_test(every_prefix_is_rejected),
        cmocka_unit_test(flipped_bits_are_rejected),
        cmocka_unit_test(a_short_file_takes_little_memory),
    };
    rows_open(&table, N, 9, 1);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    return failed;
}
