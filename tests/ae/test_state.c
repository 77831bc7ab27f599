/* Models as bytes, and bytes that are none. */
#include "ae/fixture.h"
#include "codec/codec.h"

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

#define MOST 128

/* A file taken apart. */
typedef struct parts {
    codec_text texts[MOST];
    codec_tensor tensors[MOST];
    size_t n_texts, n_tensors;
} parts;

/* The same file, changed, with a checksum that holds. */
static fixture_bytes forge(fixture_bytes b, void (*act)(parts *p, void *arg),
                           void *arg)
{
    parts *const p = fixture_take(1, sizeof *p);
    fixture_bytes f = {0, NULL};
    const codec_file *file;
    base_call call;
    assert_non_null(base_enter(&call, NULL, NULL));
    assert_ok(codec_open(b.n, b.p, 1, &file, call.w));
    p->n_tensors = codec_tensors(file);
    p->n_texts = codec_texts(file) - 1;
    assert_in_range(p->n_tensors, 1, MOST - 1);
    assert_in_range(p->n_texts, 1, MOST - 1);
    for (size_t i = 0; i < p->n_tensors; i++)
        p->tensors[i] = *codec_tensor_at(file, i);
    for (size_t i = 0; i < p->n_texts; i++)
        p->texts[i] = *codec_text_at(file, i + 1);
    act(p, arg);
    f.n = b.n + (1 << 12);
    f.p = fixture_take(f.n, 1);
    const int32_t status = codec_write(p->n_texts, p->texts, p->n_tensors,
                                       p->tensors, f.n, f.p, &f.n, call.w);
    assert_ok(base_leave(&call, status));
    free(p);
    return f;
}

typedef struct edit {
    const char *key, *value; /* of a text; value NULL takes it away */
    const char *part;        /* of the error */
    int32_t status;          /* 0: GENMOD_BAD_BYTES */
} edit;

static void edit_text(parts *p, void *arg)
{
    const edit *const e = arg;
    size_t i = 0;
    while (i < p->n_texts && strcmp(p->texts[i].key, e->key) != 0)
        i++;
    if (!e->value) {
        assert_true(i < p->n_texts);
        p->texts[i] = p->texts[--p->n_texts];
        return;
    }
    p->texts[i] = (codec_text){e->key, e->value};
    p->n_texts += i == p->n_texts;
}

/* ae_load() refuses, names it, and leaves the model. */
static void check_refused(fixture_bytes f, const char *what, const char *part,
                          int32_t want)
{
    genmod_workspace *const w = fixture_workspace(1, NULL);
    ae_model *const m = trained(kinds[0]);
    const fixture_bytes before = fixture_checkpoint(m);
    const int32_t status = ae_load(m, f.n, f.p, w);
    if (status != (want ? want : GENMOD_BAD_BYTES))
        fail_msg("%s: %s, %s", what, genmod_status_name(status),
                 genmod_workspace_error(w));
    assert_error_names(w, part);
    assert_true(fixture_checkpoints(m, before));
    free(before.p);
    ae_free(m);
    genmod_workspace_free(w);
}

static void forged_texts_are_refused(void **state)
{
    (void)state;
    static edit edits[] = {
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
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const fixture_bytes f = forge(b, edit_text, &edits[i]);
        check_refused(f, edits[i].key, edits[i].part, edits[i].status);
        free(f.p);
    }
    /* the forger's twin: a change that is in order loads */
    edit good = {"option.epochs", "3", NULL, 0};
    const fixture_bytes f = forge(b, edit_text, &good);
    ae_model *const m = fixture_model(NULL);
    assert_ok(ae_load(m, f.n, f.p, NULL));
    assert_true(fixture_checkpoints(m, f));
    ae_free(m);
    free(f.p);
    free(b.p);
}

typedef struct poke {
    const char *tensor;
    size_t at;
    double v;
    const char *part;
    unsigned char *copy; /* of the tensor's data */
} poke;

static void edit_tensor(parts *p, void *arg)
{
    poke *const k = arg;
    for (size_t i = 0; i < p->n_tensors; i++) {
        codec_tensor *const t = &p->tensors[i];
        if (strcmp(t->name, k->tensor) != 0)
            continue;
        const size_t size = codec_type_bytes(t->type);
        const size_t n = (size_t)codec_elements(t);
        const float narrow = (float)k->v;
        assert_true(k->at < n);
        k->copy = fixture_take(n, size);
        memcpy(k->copy, t->data, n * size);
        memcpy(k->copy + k->at * size,
               size == 4 ? (const void *)&narrow : (const void *)&k->v, size);
        t->data = k->copy;
        return;
    }
    fail_msg("the file lacks %s", k->tensor);
}

static void forged_numbers_are_refused(void **state)
{
    (void)state;
    static poke pokes[] = {
        {"encoder.0.weight", 5, NAN, "\"encoder.0.weight\": element 5", NULL},
        {"encoder.1.running_mean", 1, INFINITY, "element 1 is inf", NULL},
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
    for (size_t i = 0; i < sizeof pokes / sizeof *pokes; i++) {
        const fixture_bytes f = forge(b, edit_tensor, &pokes[i]);
        check_refused(f, pokes[i].tensor, pokes[i].part, 0);
        free(f.p);
        free(pokes[i].copy);
    }
    free(b.p);
}

static void drop_tensor(parts *p, void *arg)
{
    const size_t i = *(const size_t *)arg;
    p->n_tensors--;
    for (size_t k = i; k < p->n_tensors; k++)
        p->tensors[k] = p->tensors[k + 1];
}

static void rename_tensor(parts *p, void *arg)
{
    p->tensors[*(const size_t *)arg].name = "another";
}

static void flatten_tensor(parts *p, void *arg)
{
    codec_tensor *const t = &p->tensors[*(const size_t *)arg];
    t->shape[t->rank++] = 1;
}

static void count_tensors(parts *p, void *arg)
{
    *(size_t *)arg = p->n_tensors;
}

static void every_tensor_must_be_there_in_its_shape(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(kinds[2], 1);
    ae_model *const m = fixture_model(NULL);
    size_t n = 0;
    free(forge(b, count_tensors, &n).p);
    assert_true(n >= 14);
    for (size_t i = 0; i < n; i++) {
        void (*const acts[])(parts * p, void *arg) = {
            drop_tensor, rename_tensor, flatten_tensor};
        for (size_t k = 0; k < 3; k++) {
            const fixture_bytes f = forge(b, acts[k], &i);
            assert_status(ae_load(m, f.n, f.p, NULL), GENMOD_BAD_BYTES, NULL);
            assert_int_equal(ae_dimension(m), 0);
            free(f.p);
        }
    }
    ae_free(m);
    free(b.p);
}

/* ---- any bytes ----------------------------------------------------------- */

/* A model of a host that counts; what a load may take. */
typedef struct scene {
    host host;
    genmod_context *context;
    genmod_workspace *w;
    ae_model *m;
} scene;

static void open_scene(scene *s)
{
    s->context = host_context(&s->host);
    assert_ok(genmod_workspace_new(s->context, &s->w));
    assert_ok(ae_new(NULL, &s->m, s->w));
}

static void close_scene(scene *s)
{
    ae_free(s->m);
    genmod_workspace_free(s->w);
    genmod_context_free(s->context);
    assert_int_equal(atomic_load(&s->host.blocks), 0);
}

/* Loads exactly n bytes of the heap, so that reading past them is seen. The
 * programs of a small network, and the graphs that they come from, are the
 * constant. */
static int32_t load_within_bounds(scene *s, size_t n, const void *bytes)
{
    void *const exact = fixture_take(n, 1);
    memcpy(exact, bytes, n);
    const size_t before = atomic_load(&s->host.bytes);
    atomic_store(&s->host.peak, before);
    const int32_t status = ae_load(s->m, n, exact, s->w);
    const size_t taken = atomic_load(&s->host.peak) - before;
    if (taken > 8 * n + (1 << 20))
        fail_msg("loading %zu bytes took %zu", n, taken);
    free(exact);
    return status;
}

static void every_prefix_is_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(kinds[2], 1);
    scene s;
    open_scene(&s);
    for (size_t n = 0; n < b.n; n += n < 6000 ? 1 : 7)
        assert_status(load_within_bounds(&s, n, b.p), GENMOD_BAD_BYTES, s.w);
    assert_int_equal(ae_dimension(s.m), 0);
    assert_ok(load_within_bounds(&s, b.n, b.p));
    close_scene(&s);
    free(b.p);
}

static void flipped_bits_are_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = bytes_of(kinds[0], 0);
    unsigned char *const p = b.p;
    scene s;
    open_scene(&s);
    for (size_t i = 0; i < 8 * b.n; i++) {
        p[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_true(load_within_bounds(&s, b.n, b.p) < 0);
        p[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    assert_int_equal(ae_dimension(s.m), 0);
    assert_ok(load_within_bounds(&s, b.n, b.p));
    close_scene(&s);
    free(b.p);
}

/* Networks as large as their text is short: memory goes by the bytes. */
static void a_short_file_takes_little_memory(void **state)
{
    (void)state;
    static edit edits[] = {
        {"option.encoder", "dense 1000000; dense 2", NULL, 0},
        {"option.encoder", "dense 16777216; dense 16777216; dense 2", NULL, 0},
        {"option.encoder", "dense 3; reshape 3x1x1; upsample 4000; dense 2",
         NULL, 0},
        {"option.code", "65536", NULL, 0},
        {"option.encoder", "", NULL, 0},
        {"option.input", "1x255x257", NULL, 0},
        {"option.batch_size", "65536", NULL, 0}};
    const fixture_bytes b = bytes_of(kinds[0], 1);
    scene s;
    open_scene(&s);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const fixture_bytes f = forge(b, edit_text, &edits[i]);
        const int32_t status = load_within_bounds(&s, f.n, f.p);
        assert_true(status == GENMOD_BAD_BYTES ||
                    strcmp(edits[i].value, "65536") == 0);
        free(f.p);
    }
    close_scene(&s);
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
        scene s;
        open_scene(&s);
        assert_ok(load_within_bounds(&s, b.n, b.p));
        close_scene(&s);
        free(b.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_of_load_is_the_same_bytes),
        cmocka_unit_test(forged_texts_are_refused),
        cmocka_unit_test(forged_numbers_are_refused),
        cmocka_unit_test(every_tensor_must_be_there_in_its_shape),
        cmocka_unit_test(every_prefix_is_rejected),
        cmocka_unit_test(flipped_bits_are_rejected),
        cmocka_unit_test(a_short_file_takes_little_memory),
        cmocka_unit_test(memory_to_load_goes_by_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
