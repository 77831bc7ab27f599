/* Models as ONNX: what every export promises, and the graphs of two models,
 * read field by field. That runtimes give the library's numbers for them is
 * shown in tests/ffi/onnx. */
#include "support/test.h"

#include "genmod/genmod.h"

#include <stdio.h>

#define ROWS 40
#define D 8
#define ROOM ((size_t)1 << 16)

static double rows[ROWS * D];
static int32_t classes[ROWS];

static void invent(void)
{
    for (size_t i = 0; i < ROWS * D; i++)
        rows[i] = (double)(i * 37 % 101) / 101 + (double)(i % D) / 8;
    for (size_t i = 0; i < ROWS; i++)
        classes[i] = (int32_t)(i * 7 % 3);
}

/* ---- models -------------------------------------------------------------- */

/* The calls of a family, of handles without their types. */
typedef struct family {
    const char *name, *parts, *some, *other; /* other: another family's */
    const char *options;
    int32_t (*config_new)(genmod_config **out, genmod_workspace *w);
    int32_t (*make)(const genmod_config *c, void **out);
    int32_t (*fit)(void *m, const genmod_data *x);
    int32_t (*export)(const void *m, const char *part, size_t cap, void *out,
                      size_t *need, genmod_workspace *w);
    void (*free)(void *m);
} family;

#define CALLS(name)                                                           \
    static int32_t name##_make(const genmod_config *c, void **out)            \
    {                                                                         \
        return name##_new(c, (name##_model **)out, NULL);                     \
    }                                                                         \
    static int32_t name##_train(void *m, const genmod_data *x)                \
    {                                                                         \
        return name##_fit(m, x, NULL, NULL, NULL, NULL);                      \
    }                                                                         \
    static int32_t name##_write(const void *m, const char *part, size_t cap,  \
                                void *out, size_t *need, genmod_workspace *w) \
    {                                                                         \
        return name##_export_onnx(m, part, cap, out, need, w);                \
    }                                                                         \
    static void name##_end(void *m)                                           \
    {                                                                         \
        name##_free(m);                                                       \
    }
CALLS(ae)
CALLS(vae)
CALLS(gan)

static int32_t gmm_make(const genmod_config *c, void **out)
{
    return gmm_new(c, (gmm_model **)out, NULL);
}

static int32_t gmm_train(void *m, const genmod_data *x)
{
    return gmm_fit(m, x, NULL, NULL, NULL);
}

/* A mixture is one graph; a part that it is not stands for a type. */
static int32_t gmm_write(const void *m, const char *part, size_t cap, void *out,
                         size_t *need, genmod_workspace *w)
{
    const int32_t type = part && strcmp(part, "mixture") == 0 ? GENMOD_F64 : 9;
    return gmm_export_onnx(m, type, cap, out, need, w);
}

static void gmm_end(void *m)
{
    gmm_free(m);
}

#define NAMES(name) \
    name##_config_new, name##_make, name##_train, name##_write, name##_end

static const family families[] = {
    {"gmm", "GENMOD_F32", "mixture", "ae", "components=2", NAMES(gmm)},
    {"ae",
     "\"encoder\", \"decoder\", \"reconstruction\", \"classifier\" or "
     "\"regressor\"",
     "encoder", "generator", "encoder=dense 3; tanh; dense 2 | epochs=1",
     NAMES(ae)},
    {"vae", "\"encoder\", \"decoder\" or \"reconstruction\"", "decoder",
     "classifier", "encoder=dense 4; tanh | code=2 | epochs=1", NAMES(vae)},
    {"gan", "\"generator\" or \"discriminator\"", "generator", "encoder",
     "generator=dense 4; relu | discriminator=dense 4; relu | updates=2",
     NAMES(gan)}};
#define FAMILIES (sizeof families / sizeof *families)

static genmod_config *config_of(const family *f, const char *options)
{
    genmod_config *c = NULL;
    char text[512];
    assert_ok(f->config_new(&c, NULL));
    assert_true(strlen(options) < sizeof text);
    memcpy(text, options, strlen(options) + 1);
    for (char *at = text, *end; at; at = end ? end + 3 : NULL) {
        end = strstr(at, " | ");
        if (end)
            *end = 0;
        char *const value = strchr(at, '=');
        *value = 0;
        assert_ok(genmod_config_set_str(c, at, value + 1, NULL));
    }
    return c;
}

static void *model_of(const family *f, const char *options)
{
    genmod_config *const c = config_of(f, options);
    void *m = NULL;
    assert_ok(f->make(c, &m));
    genmod_config_free(c);
    return m;
}

/* kinds, of columns of rows, and levels: NULL, they are all real. */
static void *fitted_to(const family *f, const char *options,
                       const int32_t *kinds, const int32_t *levels)
{
    void *const m = model_of(f, options);
    genmod_data *x = NULL;
    assert_ok(genmod_data_new(&x, NULL));
    assert_ok(genmod_data_set_rows(x, GENMOD_F64, ROWS, D, rows, 0, 0, NULL));
    assert_ok(genmod_data_set_labels(x, ROWS, classes, NULL));
    if (kinds)
        assert_ok(genmod_data_set_schema(x, D, kinds, levels, NULL));
    assert_ok(f->fit(m, x));
    genmod_data_free(x);
    return m;
}

static void *fitted(const family *f, const char *options)
{
    return fitted_to(f, options, NULL, NULL);
}

/* ---- what every export promises ------------------------------------------ */

static void
a_buffer_that_is_too_small_is_untouched_and_need_is_written(void **state)
{
    static unsigned char out[ROOM], before[ROOM];
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++) {
        const family *const f = &families[i];
        void *const m = fitted(f, f->options);
        size_t need = 0, again = 0;
        memset(out, 0x5a, sizeof out);
        memcpy(before, out, sizeof out);
        assert_status(f->export(m, f->some, 0, NULL, &need, NULL),
                      GENMOD_TOO_SMALL, NULL);
        assert_true(need > 100 && need < ROOM);
        assert_status(f->export(m, f->some, need - 1, out, &again, NULL),
                      GENMOD_TOO_SMALL, NULL);
        assert_int_equal(again, need);
        assert_memory_equal(out, before, sizeof out);
        assert_ok(f->export(m, f->some, need, out, NULL, NULL));
        assert_memory_equal(out + need, before + need, sizeof out - need);
        f->free(m);
    }
}

static void a_model_gives_the_same_bytes_each_time(void **state)
{
    static unsigned char a[ROOM], b[ROOM];
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++) {
        const family *const f = &families[i];
        void *const m = fitted(f, f->options);
        size_t n = 0;
        memset(a, 1, sizeof a);
        memset(b, 2, sizeof b);
        assert_ok(f->export(m, f->some, sizeof a, a, &n, NULL));
        assert_ok(f->export(m, f->some, sizeof b, b, &n, NULL));
        assert_memory_equal(a, b, n);
        f->free(m);
    }
}

static void arguments_outside_their_range_are_refused_by_name(void **state)
{
    unsigned char out[16];
    genmod_workspace *w = NULL;
    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    for (size_t i = 0; i < FAMILIES; i++) {
        const family *const f = &families[i];
        void *const m = fitted(f, f->options);
        size_t need = 77;
        assert_status(f->export(NULL, f->some, 0, NULL, &need, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, "m is NULL");
        assert_status(f->export(m, f->some, sizeof out, NULL, &need, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, "out is NULL");
        assert_status(f->export(m, f->other, 0, NULL, &need, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, f->parts);
        assert_status(f->export(m, NULL, 0, NULL, &need, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_int_equal(need, 77);
        f->free(m);
    }
    genmod_workspace_free(w);
}

static void a_model_without_weights_is_not_fitted(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++) {
        const family *const f = &families[i];
        void *const m = model_of(f, f->options);
        size_t need = 77;
        assert_status(f->export(m, f->some, 0, NULL, &need, NULL),
                      GENMOD_NOT_FITTED, NULL);
        assert_int_equal(need, 77);
        f->free(m);
    }
}

static void a_part_that_a_model_lacks_is_unsupported(void **state)
{
    static const struct {
        const char *options, *part, *text;
    } cases[] = {
        {"epochs=1", "classifier", "reconstruction"},
        {"epochs=1", "regressor", "reconstruction"},
        {"epochs=1 | target=classes | classes=3", "decoder", "classes"},
        {"epochs=1 | target=classes | classes=3", "regressor", "classes"},
        {"epochs=1 | target=values | values=2", "reconstruction", "values"}};
    genmod_workspace *w = NULL;
    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *const m = fitted(&families[1], cases[i].options);
        assert_status(ae_export_onnx(m, cases[i].part, 0, NULL, NULL, w),
                      GENMOD_UNSUPPORTED, w);
        assert_error_names(w, cases[i].text);
        ae_free(m);
    }
    genmod_workspace_free(w);
}

/* ---- graphs, field by field ---------------------------------------------- */

/* Fields of a message, one after the other. */
typedef struct fields {
    const unsigned char *at, *end;
    uint64_t field, value;   /* value: of varints */
    const unsigned char *in; /* the bytes of others, */
    size_t n;                /* their number */
} fields;

static uint64_t varint(fields *f)
{
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(f->at < f->end && shift < 64);
        v |= (uint64_t)(*f->at & 0x7f) << shift;
        if (*f->at++ < 0x80)
            return v;
    }
}

static int next(fields *f)
{
    if (f->at == f->end)
        return 0;
    const uint64_t tag = varint(f);
    f->field = tag >> 3;
    f->value = (tag & 7) == 5 ? 4 : varint(f);
    f->in = f->at;
    f->n = (tag & 7) == 0 ? 0 : (size_t)f->value;
    assert_true(f->n <= (size_t)(f->end - f->at));
    f->at += f->n;
    return 1;
}

static fields inside(const fields *f)
{
    return (fields){.at = f->in, .end = f->in + f->n};
}

/* Appends a field's text and a space. */
static void append(char *to, size_t room, const fields *f)
{
    const size_t n = strlen(to);
    assert_true(n + f->n + 2 < room);
    memcpy(to + n, f->in, f->n);
    memcpy(to + n + f->n, " ", 2);
}

/* What a graph has: operators, inputs, outputs, in their order. */
typedef struct graph {
    unsigned char bytes[ROOM];
    size_t n;
    fields fields;
    char nodes[1024], inputs[128], outputs[128];
} graph;

static void append_text(char *to, size_t room, const fields *message,
                        uint64_t field)
{
    fields f = inside(message);
    while (next(&f))
        if (f.field == field)
            append(to, room, &f);
}

static void read_graph(graph *g)
{
    fields f = {.at = g->bytes, .end = g->bytes + g->n};
    while (next(&f))
        if (f.field == 7)
            g->fields = inside(&f);
    f = g->fields;
    while (next(&f)) {
        if (f.field == 1)
            append_text(g->nodes, sizeof g->nodes, &f, 4);
        if (f.field == 11)
            append_text(g->inputs, sizeof g->inputs, &f, 1);
        if (f.field == 12)
            append_text(g->outputs, sizeof g->outputs, &f, 1);
    }
}

static void export_of(const family *f, void *m, const char *part, graph *g)
{
    memset(g, 0, sizeof *g);
    assert_ok(f->export(m, part, sizeof g->bytes, g->bytes, &g->n, NULL));
    f->free(m);
    read_graph(g);
}

static void export_part(const family *f, const char *options, const char *part,
                        graph *g)
{
    export_of(f, fitted(f, options), part, g);
}

/* The floats of a tensor by name; NULL: there is none. */
static const unsigned char *tensor(const graph *g, const char *name, size_t *n)
{
    fields f = g->fields;
    while (next(&f)) {
        const unsigned char *data = NULL;
        char called[128] = "";
        fields t = inside(&f);
        if (f.field != 5)
            continue;
        while (next(&t)) {
            if (t.field == 8)
                append(called, sizeof called, &t);
            if (t.field == 9) {
                data = t.in;
                *n = t.n / sizeof(float);
            }
        }
        called[strlen(called) - 1] = 0;
        if (strcmp(called, name) == 0)
            return data;
    }
    return NULL;
}

static void a_network_is_its_layers(void **state)
{
    static graph g;
    (void)state;
    export_part(&families[1],
                "encoder=dense 3; batchnorm; elu; sn dense 2 | epochs=1",
                "encoder", &g);
    assert_string_equal(g.inputs, "x ");
    assert_string_equal(g.outputs, "code ");
    /* The columns' scale, dense, batchnorm, elu, and the norm is in the
     * weight. */
    assert_string_equal(g.nodes,
                        "Sub Mul MatMul Add Sub Mul Add Min Mul Tanh Exp Add "
                        "Mul Relu Add MatMul Add Identity ");
}

static void images_stay_channels_first_from_end_to_end(void **state)
{
    static graph g;
    (void)state;
    export_part(&families[1],
                "input=2x2x2 | standardise=0 | encoder=conv 3 k2 p1; relu; "
                "maxpool 2 s1; conv 2 k2 | decoder=deconv 2 k2 | epochs=1",
                "reconstruction", &g);
    assert_string_equal(g.nodes,
                        "Reshape Conv Add Relu MaxPool Conv Add ConvTranspose "
                        "Add Reshape Identity ");
}

/* [r, s, c, k] to [k, c, r, s]. */
static void a_filter_is_a_channel_out_after_the_other(void **state)
{
    static graph g;
    static double want[2 * 2 * 2 * 3];
    size_t n = 0, need = 0;
    (void)state;
    void *const m = fitted(&families[1],
                           "input=2x2x2 | standardise=0 | encoder=conv 3 k2 | "
                           "decoder=deconv 2 k2 | epochs=1");
    memset(&g, 0, sizeof g);
    assert_ok(
        ae_export_onnx(m, "encoder", sizeof g.bytes, g.bytes, &g.n, NULL));
    read_graph(&g);
    const unsigned char *const w = tensor(&g, "encoder.0.weight", &n);
    assert_non_null(w);
    assert_int_equal(n, 24);
    assert_ok(ae_get_params(m, "encoder.0.weight", 24, want, &need, NULL));
    for (size_t i = 0; i < 24; i++) {
        float v;
        memcpy(&v, w + i * sizeof v, sizeof v);
        const size_t k = i / 8, c = i / 4 % 2, r = i / 2 % 2, s = i % 2;
        assert_true((double)v == want[((r * 2 + s) * 2 + c) * 3 + k]);
    }
    ae_free(m);
}

static void a_label_is_an_input_of_models_with_classes(void **state)
{
    static graph g;
    (void)state;
    export_part(&families[2],
                "encoder=dense 4; tanh | code=2 | classes=3 | epochs=1",
                "encoder", &g);
    assert_string_equal(g.inputs, "x label ");
    assert_string_equal(g.outputs, "mean log_variance ");
    export_part(&families[3], "generator=dense 4; relu | classes=3 | updates=1",
                "generator", &g);
    assert_string_equal(g.inputs, "code label ");
    assert_string_equal(g.outputs, "x ");
}

#define TABLE                                                              \
    "generator=dense 4; relu | discriminator=dense 4; relu | updates=1 | " \
    "numeric="

static void *table_of(const char *options, int32_t last)
{
    static const int32_t levels[D] = {0};
    int32_t kinds[D] = {0};
    kinds[D - 1] = last;
    return fitted_to(&families[3], options, kinds, levels);
}

static void a_table_has_noise_where_it_draws(void **state)
{
    static graph g;
    const family *const f = &families[3];
    (void)state;
    export_of(f, table_of(TABLE "quantile", GENMOD_POSITIVE), "generator", &g);
    assert_string_equal(g.inputs, "code ");
    export_of(f, table_of(TABLE "modes | modes=2", GENMOD_POSITIVE),
              "generator", &g);
    assert_string_equal(g.inputs, "code noise ");
    export_of(f, table_of(TABLE "modes | classes=3", GENMOD_POSITIVE),
              "generator", &g);
    assert_string_equal(g.inputs, "code label noise ");
    assert_string_equal(g.outputs, "x ");
    export_of(f, table_of(TABLE "modes", GENMOD_POSITIVE), "discriminator", &g);
    assert_string_equal(g.inputs, "x ");
    assert_string_equal(g.outputs, "logit ");
}

static void cells_of_a_table_are_held_in_their_range(void **state)
{
    static graph g;
    (void)state;
    export_of(&families[3], table_of(TABLE "quantile", GENMOD_POSITIVE),
              "generator", &g);
    /* The network; two kinds; the place on the curve, within it; between its
     * knots; the power of the last column; its range. */
    assert_string_equal(
        g.nodes,
        "MatMul Add Relu MatMul Add Slice Slice Concat Cast "
        "Div Add Mul LessOrEqual Where GreaterOrEqual Where Floor Min Cast "
        "Add Add Gather Gather Sub Sub Mul Mul Add "
        "Cast Where Exp Where "
        "LessOrEqual Where GreaterOrEqual Where Cast Identity ");
}

static void a_code_book_has_no_variance(void **state)
{
    static graph g;
    (void)state;
    export_part(&families[2],
                "encoder=dense 4; tanh | code=4 | codebook=4 | "
                "codebook_width=2 | epochs=1",
                "encoder", &g);
    assert_string_equal(g.outputs, "mean ");
}

static void classes_and_values_have_outputs_of_their_own(void **state)
{
    static graph g;
    (void)state;
    export_part(&families[1], "target=classes | classes=3 | epochs=1",
                "classifier", &g);
    assert_string_equal(g.outputs, "probabilities label ");
    export_part(&families[1], "target=values | values=2 | epochs=1",
                "regressor", &g);
    assert_string_equal(g.outputs, "values ");
}

static void a_mixture_gives_densities_and_shares(void **state)
{
    static graph g;
    (void)state;
    export_part(&families[0], "components=2 | noise=0.1", "mixture", &g);
    assert_string_equal(g.inputs, "x ");
    assert_string_equal(g.outputs, "log_density responsibilities ");
    assert_string_equal(g.nodes,
                        "Sub Mul Reshape Sub Transpose MatMul Mul ReduceSum "
                        "Transpose Mul Add Pad ReduceLogSumExp Sub Exp Slice "
                        "Reshape Add Cast Cast ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_buffer_that_is_too_small_is_untouched_and_need_is_written),
        cmocka_unit_test(a_model_gives_the_same_bytes_each_time),
        cmocka_unit_test(arguments_outside_their_range_are_refused_by_name),
        cmocka_unit_test(a_model_without_weights_is_not_fitted),
        cmocka_unit_test(a_part_that_a_model_lacks_is_unsupported),
        cmocka_unit_test(a_network_is_its_layers),
        cmocka_unit_test(images_stay_channels_first_from_end_to_end),
        cmocka_unit_test(a_filter_is_a_channel_out_after_the_other),
        cmocka_unit_test(a_label_is_an_input_of_models_with_classes),
        cmocka_unit_test(a_table_has_noise_where_it_draws),
        cmocka_unit_test(cells_of_a_table_are_held_in_their_range),
        cmocka_unit_test(a_code_book_has_no_variance),
        cmocka_unit_test(classes_and_values_have_outputs_of_their_own),
        cmocka_unit_test(a_mixture_gives_densities_and_shares)};
    invent();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
