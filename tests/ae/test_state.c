/* Models as bytes, and bytes that are none. */
#include "ae/fixture.h"
#include "ae/internal.h"
#include "model/forge.h"

#define D 4

static const char *const kinds[] = {
    "encoder=dense 3; batchnorm; tanh; dense 2 | batch_size=7",
    "input=1x2x2 | encoder=conv 2 k2 p1; relu; dense 2 | loss=bce | "
    "batch_size=7 | validation=0.2",
    "encoder=dense 2 | tied=1 | corruption=salt-and-pepper | average=0.5 | "
    "optimiser=rmsprop | batch_size=20"};

#define KINDS (sizeof kinds / sizeof *kinds)

static ae_model *trained(const char *options)
{
    double *const x = fixture_shares(20, D, 4);
    genmod_data *const v = fixture_view(20, D, x);
    ae_model *const m = fixture_model(options);
    fixture_configure(m, "epochs=2");
    assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(ae_step(m, v, NULL));
    genmod_data_free(v);
    free(x);
    return m;
}

static fixture_bytes bytes_of(const char *options, int checkpoint)
{
    ae_model *const m = trained(options);
    const fixture_bytes b =
        checkpoint ? fixture_checkpoint(m) : fixture_save(m);
    ae_free(m);
    return b;
}

static void save_of_load_is_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        ae_model *const m = trained(kinds[i]);
        ae_model *const other = fixture_model("input=3x4x5 | seed=4");
        const fixture_bytes a = fixture_save(m), b = fixture_checkpoint(m);
        double x[3 * D] = {0.2, 0.3, 0.4, 0.5, 0.1}, y[3 * D], z[3 * D];
        genmod_data *const v = fixture_view(3, D, x);
        assert_true(b.n > a.n);
        assert_ok(ae_load(other, b.n, b.p, NULL));
        assert_true(fixture_saves(other, a));
        assert_true(fixture_checkpoints(other, b));
        assert_ok(ae_load(other, a.n, a.p, NULL));
        assert_true(fixture_saves(other, a));
        assert_int_equal(ae_dimension(other), D);
        assert_int_equal(ae_code_size(other), 2);
        assert_ok(ae_reconstruct(m, v, GENMOD_F64, sizeof y, y, NULL));
        assert_ok(ae_reconstruct(other, v, GENMOD_F64, sizeof z, z, NULL));
        assert_memory_equal(y, z, sizeof y);
        genmod_data_free(v);
        ae_free(m);
        ae_free(other);
        free(a.p);
        free(b.p);
    }
}

/* ---- forged files -------------------------------------------------------- */

static model *victim(void)
{
    return (model *)trained(kinds[0]);
}

static void forged_texts_are_refused(void **state)
{
    (void)state;
    static const forge_edit edits[] = {
        {"genmod.family", "gmm", "family \"gmm\", not \"ae\"", 0},
        {"genmod.format", "2", "reads up to 1", GENMOD_UNSUPPORTED},
        {"genmod.format", "0", "\"0\"", 0},
        {"genmod.version", "v1", "\"v1\"", 0},
        {"genmod.family", NULL, "\"genmod.family\" is missing", 0},
        {"option.epochs", NULL, "\"option.epochs\" is missing", 0},
        {"option.epochs", "0", "\"epochs\" is 0", 0},
        {"option.epochs", "02", "not how it is saved", 0},
        {"option.loss", "log", "\"loss\"", 0},
        {"option.encoder", "dense 4; batchnorm; tanh; dense 2",
         "\"encoder.0.weight\" has another type or shape", 0},
        {"option.encoder", "dense 3; layernorm; tanh; dense 2", "training.kept",
         0},
        {"option.encoder", "dense 3; batchnrm; tanh; dense 2", "position 10",
         0},
        {"option.encoder", "dense 16777216; dense 16777216; dense 2", "encoder",
         0},
        {"option.decoder", "dense 5", "it gives 5", 0},
        {"option.input", "5", "input", 0},
        {"option.input", "1x2x2x1", "input", 0},
        {"option.corruption_level", "1e+300", "\"corruption_level\"", 0},
        {"option.corruption", "salt-and-pepper", "columns.low", 0},
        {"option.tied", "1", "training.kept", 0},
        {"option.average", "0.5", "training.", 0},
        {"option.optimiser", "sgd", "tensors", 0},
        {"report.steps", "-1", "report.steps", 0},
        {"report.steps", "2.5", "report.steps", 0},
        {"report.steps", "many", "report.steps is \"many\"", 0},
        {"report.steps", "3", "counts fewer", 0},
        {"report.epochs", "1", "counts fewer", 0},
        {"report.loss", NULL, "\"report.loss\" is missing", 0},
        {"mean_weight", "0", "mean_weight is 0", 0},
        {"mean_weight", "inf", "mean_weight is inf", 0},
        {"mean_weight", NULL, "\"mean_weight\" is missing", 0},
        {"training.kernels", NULL, "texts and", 0},
        {"training.kernels",
         "a very long name of a set of kernels, longer than any that there is "
         "or that there can ever be on any machine",
         " bytes; it may have 95", 0},
        {"more", "", "texts and", 0}};
    const fixture_bytes b = bytes_of(kinds[0], 1);
    forge_check_texts(b, victim, sizeof edits / sizeof *edits, edits);
    /* the forger's twin: a change that is in order loads */
    forge_edit good = {"option.epochs", "3", NULL, 0};
    const fixture_bytes f = forge(b, forge_text, &good);
    ae_model *const m = fixture_model(NULL);
    assert_ok(ae_load(m, f.n, f.p, NULL));
    assert_true(fixture_checkpoints(m, f));
    ae_free(m);
    free(f.p);
    free(b.p);
}

static void forged_numbers_are_refused(void **state)
{
    (void)state;
    static const forge_poke pokes[] = {
        {"encoder.0.weight", 5, NAN, "\"encoder.0.weight\": element 5", NULL},
        {"encoder.1.running_mean", 1, INFINITY, "element 1 is inf", NULL},
        {"encoder.1.running_variance", 1, -2.5,
         "\"encoder.1.running_variance\": element 1 is -2.5", NULL},
        {"columns.center", 3, NAN, "\"columns.center\": element 3", NULL},
        {"columns.scale", 2, 0, "\"columns.scale\": element 2 is 0", NULL},
        {"columns.scale", 0, -1, "\"columns.scale\": element 0 is -1", NULL},
        {"training.loop", 0, -1, "loop", NULL},
        {"training.loop", 1, 0.5, "loop", NULL},
        {"training.loop", 7, 1e300, "loop", NULL},
        {"training.optimiser0.v", 2, -1, "optimiser0.v", NULL},
        {"training.optimiser0.m", 2, NAN, "optimiser0.m", NULL},
        {"training.kept", 2, INFINITY, "kept", NULL},
        {"training.tally", 1, NAN, "training.tally\": element 1 is", NULL}};
    const fixture_bytes b = bytes_of(kinds[0], 1);
    forge_check_numbers(b, victim, sizeof pokes / sizeof *pokes, pokes);
    free(b.p);
}

/* What training falls back to holds the states as well. */
static void a_kept_variance_below_0_is_refused(void **state)
{
    (void)state;
    ae_model *const m = trained(kinds[0]);
    const fixture_bytes b = fixture_checkpoint(m);
    const ad_store *const s = m->base.body->store;
    size_t i = 0;
    while (!base_same(ad_store_name(s, i), "encoder.1.running_variance"))
        i++;
    const float *const values = ad_store_values(s);
    const float *const own = ad_store_value(s, i);
    const forge_poke poke = {"training.kept", (size_t)(own - values) + 1, -2.5,
                             "kept has a variance below 0", NULL};
    forge_check_numbers(b, victim, 1, &poke);
    free(b.p);
    ae_free(m);
}

/* Counts of the loop, by their order in nn_counts: each is its upper and its
 * lower 32 bits. 2^22 makes one of 2^54. */
static void counts_of_no_training_are_refused(void **state)
{
    (void)state;
    enum { STEP, EPOCH, BEST, SEED, ROWS, KEPT, HELD, AT, END, WAITED, LOSSES };
    static const struct {
        size_t at;
        double v;
    } faults[] = {
        {2 * STEP, 0x1p22},       {2 * EPOCH, 0x1p22},  {2 * BEST + 1, 999},
        {2 * ROWS, 0x1p22},       {2 * ROWS + 1, 0},    {2 * KEPT, 0x1p21},
        {2 * KEPT + 1, 0},        {2 * HELD, 0x1p22},   {2 * AT, 0x1p22},
        {2 * END, 0x1p22},        {2 * WAITED, 0x1p22}, {2 * LOSSES, 1},
        {2 * LOSSES + 1, 0},      {2 * LOSSES + 1, 60}, {2 * LOSSES + 3, 2},
        {2 * LOSSES + 3, 0},      {2 * LOSSES + 5, 2},  {2 * LOSSES + 7, 2},
        {2 * LOSSES + 8, 0x1p22}, {2 * LOSSES + 11, 1}};
    const fixture_bytes b = bytes_of(kinds[0], 1);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const forge_poke poke = {"training.loop", faults[i].at, faults[i].v,
                                 "loop has counts that no training has", NULL};
        forge_check_numbers(b, victim, 1, &poke);
    }
    /* the losses stand behind five more counts and seven other numbers */
    const forge_poke losses = {"training.loop", 2 * LOSSES + 12 + 7, NAN,
                               "loop has losses that are not in order", NULL};
    forge_check_numbers(b, victim, 1, &losses);
    free(b.p);
}

/* Of a version that had neither. */
static void take_series(forge_parts *p, void *arg)
{
    forge_edit version = {"genmod.version", "2000", NULL, 0};
    size_t kept = 0;
    (void)arg;
    forge_text(p, &version);
    for (size_t i = 0; i < p->n_tensors; i++)
        if (strncmp(p->tensors[i].name, "report.", 7) != 0)
            p->tensors[kept++] = p->tensors[i];
    p->n_tensors = kept;
}

static void an_older_file_may_lack_series(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(kinds[0], 0);
    const fixture_bytes f = forge(b, take_series, NULL);
    ae_model *const m = fixture_model(NULL);
    assert_ok(ae_load(m, f.n, f.p, NULL));
    ae_free(m);
    free(f.p);
    free(b.p);
}

static void every_tensor_must_be_there_in_its_shape(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(kinds[2], 1);
    ae_model *const m = fixture_model(NULL);
    assert_true(forge_check_tensors(b, (model *)m) >= 14);
    ae_free(m);
    free(b.p);
}

/* ---- any bytes ----------------------------------------------------------- */

static void every_prefix_is_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(kinds[2], 1);
    forge_check_prefixes(b, &ae_family, sizeof(ae_model));
    free(b.p);
}

static void flipped_bits_are_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(kinds[0], 0);
    forge_check_bits(b, &ae_family, sizeof(ae_model));
    free(b.p);
}

static void a_short_file_takes_little_memory(void **state)
{
    (void)state;
    static const forge_edit edits[] = {
        {"option.encoder", "dense 1000000; dense 2", "", 0},
        {"option.encoder", "dense 16777216; dense 16777216; dense 2", "", 0},
        {"option.encoder", "dense 3; reshape 3x1x1; upsample 4000; dense 2", "",
         0},
        {"option.code", "65536", NULL, 0},
        {"option.encoder", "", "", 0},
        {"option.input", "1x255x257", "", 0},
        {"option.batch_size", "65536", NULL, 0}};
    const fixture_bytes b = bytes_of(kinds[0], 1);
    forge_check_memory(b, &ae_family, sizeof(ae_model),
                       sizeof edits / sizeof *edits, edits);
    free(b.p);
}

static void memory_to_load_goes_by_the_bytes(void **state)
{
    (void)state;
    static const size_t widths[] = {8, 64, 500};
    for (size_t i = 0; i < 3; i++) {
        char options[64] = "batch_size=20 | input=4 | encoder=dense ";
        char digits[8] = {0};
        for (size_t w = widths[i], k = 3; w; w /= 10)
            digits[--k] = (char)('0' + w % 10);
        strcat(options, digits[0]   ? digits
                        : digits[1] ? digits + 1
                                    : digits + 2);
        const fixture_bytes b = bytes_of(options, 1);
        forge_scene s;
        forge_open(&s, &ae_family, sizeof(ae_model));
        assert_ok(forge_load(&s, b.n, b.p));
        forge_close(&s);
        free(b.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_of_load_is_the_same_bytes),
        cmocka_unit_test(forged_texts_are_refused),
        cmocka_unit_test(forged_numbers_are_refused),
        cmocka_unit_test(a_kept_variance_below_0_is_refused),
        cmocka_unit_test(counts_of_no_training_are_refused),
        cmocka_unit_test(an_older_file_may_lack_series),
        cmocka_unit_test(every_tensor_must_be_there_in_its_shape),
        cmocka_unit_test(every_prefix_is_rejected),
        cmocka_unit_test(flipped_bits_are_rejected),
        cmocka_unit_test(a_short_file_takes_little_memory),
        cmocka_unit_test(memory_to_load_goes_by_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
