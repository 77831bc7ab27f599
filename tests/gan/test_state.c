/* Models as bytes, and bytes that are none. */
#include "gan/fixture.h"
#include "gan/internal.h"
#include "model/forge.h"

#define N 24
#define D 3

static double *rows;
static int32_t labels[N];

static const char *const kinds[] = {
    "codes=2 | generator=dense 3; batchnorm; tanh | classes=3 | batch_size=7 | "
    "discriminator=sn dense 3; lrelu 0.2 | validation=0.2",
    "codes=2 | generator=dense 3; relu | discriminator=dense 3; relu | "
    "packing=2 | average=0 | optimiser=rmsprop | batch_size=8 | "
    "loss=wasserstein | penalty=none | clip_weights=0.1 | d_updates=2",
    "codes=1 | generator=relu | discriminator=relu | batch_size=20"};

#define KINDS (sizeof kinds / sizeof *kinds)

static genmod_data *view(void)
{
    genmod_data *const v = fixture_view(N, D, rows);
    assert_ok(genmod_data_set_labels(v, N, labels, NULL));
    return v;
}

static gan_model *trained(size_t kind)
{
    genmod_data *const v = view();
    gan_model *const m = fixture_model(kinds[kind]);
    fixture_configure(m, "epochs=2");
    assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(gan_step(m, v, NULL));
    genmod_data_free(v);
    return m;
}

static fixture_bytes bytes_of(size_t kind, int checkpoint)
{
    gan_model *const m = trained(kind);
    const fixture_bytes b =
        checkpoint ? fixture_checkpoint(m) : fixture_save(m);
    gan_free(m);
    return b;
}

static model *victim(void)
{
    return (model *)trained(0);
}

/* Both models draw and judge to the same bits. */
static void check_same_answers(const gan_model *a, const gan_model *b,
                               const genmod_data *v)
{
    double x[N * D], y[N * D];
    assert_ok(gan_sample(a, 5, 2, N, NULL, GENMOD_F64, sizeof x, x, NULL));
    assert_ok(gan_sample(b, 5, 2, N, NULL, GENMOD_F64, sizeof y, y, NULL));
    assert_memory_equal(x, y, sizeof x);
    assert_ok(gan_discriminate(a, v, sizeof x, x, NULL));
    assert_ok(gan_discriminate(b, v, sizeof y, y, NULL));
    assert_memory_equal(x, y, N * sizeof *x);
}

static void save_of_load_is_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        gan_model *const m = trained(i);
        gan_model *const other = fixture_model("input=3x4x5 | seed=4");
        genmod_data *const v = view();
        const fixture_bytes a = fixture_save(m), b = fixture_checkpoint(m);
        assert_true(b.n > a.n);
        assert_ok(gan_load(other, b.n, b.p, NULL));
        assert_true(fixture_saves(other, a));
        assert_true(fixture_checkpoints(other, b));
        assert_ok(gan_load(other, a.n, a.p, NULL));
        assert_true(fixture_saves(other, a));
        assert_int_equal(gan_dimension(other), D);
        assert_int_equal(gan_code_size(other), gan_code_size(m));
        check_same_answers(m, other, v);
        genmod_data_free(v);
        gan_free(m);
        gan_free(other);
        free(a.p);
        free(b.p);
    }
}

static void a_copy_saves_to_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        gan_model *const m = trained(i);
        gan_model *const other = trained((i + 1) % KINDS);
        genmod_data *const v = view();
        const fixture_bytes a = fixture_save(m);
        assert_ok(gan_copy(m, other, NULL));
        assert_true(fixture_saves(other, a));
        /* what training needs to go on stays behind */
        assert_true(fixture_checkpoints(other, a));
        check_same_answers(m, other, v);
        assert_ok(gan_step(m, v, NULL));
        assert_true(fixture_saves(other, a));
        genmod_data_free(v);
        gan_free(m);
        gan_free(other);
        free(a.p);
    }
}

static void parameters_go_out_and_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        gan_model *const m = trained(i), *const other = trained(i);
        genmod_data *const v = view();
        assert_ok(gan_step(other, v, NULL));
        for (size_t k = 0; gan_params_key(m, k); k++) {
            size_t n;
            double *const p = fixture_params(m, gan_params_key(m, k), &n);
            assert_ok(gan_set_params(other, gan_params_key(m, k), n, p, NULL));
            free(p);
        }
        check_same_answers(m, other, v);
        const fixture_bytes a = fixture_save(other);
        assert_true(fixture_checkpoints(other, a));
        assert_ok(gan_step(other, v, NULL));
        free(a.p);
        genmod_data_free(v);
        gan_free(m);
        gan_free(other);
    }
}

static void forged_texts_are_refused(void **state)
{
    (void)state;
    static const forge_edit edits[] = {
        {"genmod.family", "vae", "family \"vae\", not \"gan\"", 0},
        {"genmod.format", "2", "reads up to 1", GENMOD_UNSUPPORTED},
        {"option.epochs", NULL, "\"option.epochs\" is missing", 0},
        {"option.loss", "log", "\"loss\"", 0},
        {"option.preset", "gan", "\"preset\"", 0},
        {"option.packing", "7", "discriminator.0.", 0},
        {"option.packing", "2", "multiple", 0},
        {"option.classes", "2", "", 0},
        {"option.classes", "0", "", 0},
        {"option.codes", "3",
         "\"generator.0.weight\" has another type or "
         "shape",
         0},
        {"option.generator", "dense 4; batchnorm; tanh", "generator.0.weight",
         0},
        {"option.discriminator", "dense 3; batchnorm", "batchnorm", 0},
        {"option.input", "5", "input", 0},
        {"option.average", "0", "training.", 0},
        {"report.g_loss", "much", "report.g_loss is \"much\"", 0},
        {"report.g_updates", "0.5", "report.g_updates", 0},
        {"report.steps", "3", "counts fewer", 0},
        {"more", "", "texts and", 0}};
    const fixture_bytes b = bytes_of(0, 1);
    forge_check_texts(b, victim, sizeof edits / sizeof *edits, edits);
    /* the forger's twin: a change that is in order loads */
    forge_edit good = {"option.learning_rate", "0.5", NULL, 0};
    const fixture_bytes f = forge(b, forge_text, &good);
    gan_model *const m = fixture_model(NULL);
    assert_ok(gan_load(m, f.n, f.p, NULL));
    assert_true(fixture_checkpoints(m, f));
    gan_free(m);
    free(f.p);
    free(b.p);
}

static void forged_numbers_are_refused(void **state)
{
    (void)state;
    static const forge_poke pokes[] = {
        {"generator.0.weight", 5, NAN, "\"generator.0.weight\": element 5",
         NULL},
        {"generator.1.running_mean", 1, INFINITY, "element 1 is inf", NULL},
        {"columns.scale", 2, 0, "\"columns.scale\": element 2 is 0", NULL},
        {"classes.rows", 1, -1, "\"classes.rows\": element 1 is -1", NULL},
        {"training.loop", 0, -1, "loop", NULL},
        {"training.tally", 4, NAN, "\"training.tally\": element 4", NULL},
        {"training.optimiser0.v", 2, -1, "optimiser0.v", NULL},
        {"training.optimiser1.v", 2, -1, "optimiser1.v", NULL},
        {"training.weights1", 3, NAN, "weights1", NULL},
        {"training.kept", 2, INFINITY, "kept", NULL}};
    const fixture_bytes b = bytes_of(0, 1);
    forge_check_numbers(b, victim, sizeof pokes / sizeof *pokes, pokes);
    free(b.p);
}

/* A place in the pass that is no whole pack, or behind the last: the pass
 * begins anew. */
static void a_forged_place_in_the_pass_is_left(void **state)
{
    (void)state;
    genmod_data *const v = view();
    const fixture_bytes b = bytes_of(1, 1);
    gan_model *const m = fixture_model(NULL);
    /* the low half of count 7 is the place: of 24 rows 8 have been used */
    for (int i = 0; i < 3; i++) {
        forge_poke poke = {"training.loop", 15,
                           i == 0   ? 9
                           : i == 1 ? 23
                                    : 16,
                           "", NULL};
        const fixture_bytes f = forge(b, forge_number, &poke);
        assert_ok(gan_load(m, f.n, f.p, NULL));
        assert_ok(gan_step(m, v, NULL));
        free(poke.copy);
        free(f.p);
    }
    gan_free(m);
    free(b.p);
    genmod_data_free(v);
}

static void every_tensor_must_be_there_in_its_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const fixture_bytes b = bytes_of(i, 1);
        gan_model *const m = fixture_model(NULL);
        assert_true(forge_check_tensors(b, (model *)m) >= 15);
        gan_free(m);
        free(b.p);
    }
}

static void every_prefix_is_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(0, 0);
    forge_check_prefixes(b, &gan_family, sizeof(gan_model));
    free(b.p);
}

static void flipped_bits_are_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(2, 0);
    forge_check_bits(b, &gan_family, sizeof(gan_model));
    free(b.p);
}

static void a_short_file_takes_little_memory(void **state)
{
    (void)state;
    static const forge_edit edits[] = {
        {"option.generator", "dense 1000000", "", 0},
        {"option.discriminator", "dense 16777216; dense 16777216", "", 0},
        {"option.generator", "", "", 0},
        {"option.codes", "65536", "", 0},
        {"option.classes", "65536", "", 0},
        {"option.input", "1x255x257", "", 0},
        {"option.d_updates", "1000", NULL, 0},
        {"option.batch_size", "65536", NULL, 0}};
    const fixture_bytes b = bytes_of(0, 1);
    forge_check_memory(b, &gan_family, sizeof(gan_model),
                       sizeof edits / sizeof *edits, edits);
    free(b.p);
}

/* D, which is bounded, learns from a row whose spread floats cannot hold. */
static void a_row_far_away_leaves_checkpoints_that_load(void **state)
{
    (void)state;
    double *const far = fixture_invent(N, D, 9);
    genmod_data *const v = fixture_view(N, D, rows);
    genmod_data *const w = fixture_view(N, D, far);
    gan_model *const m = fixture_model(
        "discriminator=dense 4; tanh | loss=hinge | penalty=none | "
        "numeric=standard | batch_size=24");
    gan_model *const other = fixture_model(NULL);
    far[5] = 1e25;
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_step(m, w, NULL));
    const fixture_bytes b = fixture_checkpoint(m);
    assert_ok(gan_load(other, b.n, b.p, NULL));
    assert_true(fixture_checkpoints(other, b));
    free(b.p);
    gan_free(m);
    gan_free(other);
    genmod_data_free(v);
    genmod_data_free(w);
    free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_of_load_is_the_same_bytes),
        cmocka_unit_test(a_copy_saves_to_the_same_bytes),
        cmocka_unit_test(parameters_go_out_and_in),
        cmocka_unit_test(forged_texts_are_refused),
        cmocka_unit_test(forged_numbers_are_refused),
        cmocka_unit_test(a_forged_place_in_the_pass_is_left),
        cmocka_unit_test(every_tensor_must_be_there_in_its_shape),
        cmocka_unit_test(every_prefix_is_rejected),
        cmocka_unit_test(flipped_bits_are_rejected),
        cmocka_unit_test(a_short_file_takes_little_memory),
        cmocka_unit_test(a_row_far_away_leaves_checkpoints_that_load),
    };
    rows = fixture_invent(N, D, 9);
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)(i % 3);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(rows);
    return failed;
}
