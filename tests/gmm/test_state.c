#include "codec/codec.h"
#include "gmm/fixture.h"

#define SMALL_K 2
#define SMALL_D 2

/* ---- models and files --------------------------------------------------- */

/* A mixture fitted for three iterations from two starts. */
static gmm_model *fitted(int type, size_t k, size_t d)
{
    ref_mixture r;
    ref_init(&r, type, k, d);
    ref_invent(&r, 75, 1);
    const size_t n = 40 * k;
    double *const x = fixture_take(n * d, sizeof *x);
    ref_draw(&r, 2385, n, x, NULL);
    genmod_data *const v = fixture_view(n, d, x);
    gmm_model *const m = fixture_model(
        k, type, "starts=2 max_iterations=3 tolerance=0 seed=9 ridge=1e-09");
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    genmod_data_free(v);
    free(x);
    ref_free(&r);
    return m;
}

static fixture_bytes saved(int type, size_t k, size_t d)
{
    gmm_model *const m = fitted(type, k, d);
    const fixture_bytes b = fixture_save(m);
    gmm_free(m);
    return b;
}

/* CRC-64/XZ bit by bit: what a file must carry to be read at all. */
static uint64_t crc64(size_t n, const unsigned char *bytes)
{
    uint64_t s = ~UINT64_C(0);
    for (size_t i = 0; i < n; i++) {
        s ^= bytes[i];
        for (int b = 0; b < 8; b++)
            s = s & 1 ? s >> 1 ^ UINT64_C(0xC96C5795D7870F42) : s >> 1;
    }
    return ~s;
}

static size_t offset_of(fixture_bytes b, const char *part)
{
    const unsigned char *const bytes = b.p;
    const size_t n = strlen(part);
    for (size_t i = 0; i + n <= b.n; i++)
        if (memcmp(bytes + i, part, n) == 0)
            return i;
    fail_msg("the file lacks %s", part);
    return 0;
}

static void seal(fixture_bytes b)
{
    static const char key[] = "\"genmod.checksum\":\"";
    unsigned char *const digits =
        (unsigned char *)b.p + offset_of(b, key) + sizeof key - 1;
    memset(digits, '0', 16);
    const uint64_t sum = crc64(b.n, b.p);
    for (int i = 0; i < 16; i++)
        digits[i] = (unsigned char)"0123456789abcdef"[sum >> (60 - 4 * i) & 15];
}

/* A copy with a part of the header replaced and a checksum that holds. */
static fixture_bytes forge(fixture_bytes b, const char *from, const char *to)
{
    const size_t at = offset_of(b, from);
    const size_t before = strlen(from), after = strlen(to);
    fixture_bytes f = {b.n - before + after, NULL};
    unsigned char *const p = fixture_take(f.n, 1);
    const unsigned char *const old = b.p;
    uint64_t length;
    memcpy(p, old, at);
    memcpy(p + at, to, after);
    memcpy(p + at + after, old + at + before, b.n - at - before);
    memcpy(&length, p, 8);
    length = length - before + after;
    memcpy(p, &length, 8);
    f.p = p;
    seal(f);
    return f;
}

/* A copy with element i of a tensor replaced and a checksum that holds. */
static fixture_bytes forge_value(fixture_bytes b, const char *tensor, size_t i,
                                 double v)
{
    fixture_bytes f = {b.n, fixture_take(b.n, 1)};
    char name[80];
    uint64_t length;
    memcpy(f.p, b.p, b.n);
    memcpy(&length, b.p, 8);
    name[0] = '"';
    name[1] = 0;
    strncat(name, tensor, 64);
    strncat(name, "\":{", 4);
    const char *const entry = (const char *)b.p + offset_of(b, name);
    const char *const offsets = strstr(entry, "data_offsets\":[");
    assert_non_null(offsets);
    const size_t begin = (size_t)strtoul(offsets + 15, NULL, 10);
    memcpy((unsigned char *)f.p + 8 + length + begin + 8 * i, &v, 8);
    seal(f);
    return f;
}

/* A copy in which the last size of some tensors is another, not larger one. */
static fixture_bytes reshape(fixture_bytes b, size_t n,
                             const char *const *names, uint64_t size)
{
    fixture_bytes f = {b.n, fixture_take(b.n, 1)};
    codec_tensor tensors[16];
    codec_text texts[64];
    const codec_file *file;
    base_call call;
    int32_t status;
    assert_non_null(base_enter(&call, NULL, &status));
    assert_ok(codec_open(b.n, b.p, 1, &file, call.w));
    assert_in_range(codec_tensors(file), 1, 16);
    assert_in_range(codec_texts(file), 1, 64);
    for (size_t i = 0; i < codec_tensors(file); i++) {
        tensors[i] = *codec_tensor_at(file, i);
        for (size_t j = 0; j < n; j++)
            if (strcmp(tensors[i].name, names[j]) == 0)
                tensors[i].shape[tensors[i].rank - 1] = size;
    }
    for (size_t i = 1; i < codec_texts(file); i++)
        texts[i - 1] = *codec_text_at(file, i);
    status = codec_write(codec_texts(file) - 1, texts, codec_tensors(file),
                         tensors, f.n, f.p, &f.n, call.w);
    assert_ok(base_leave(&call, status));
    return f;
}

/* ---- round trips -------------------------------------------------------- */

static void save_of_load_is_the_same_bytes(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        const fixture_bytes b = saved(type, 3, 4);
        gmm_model *const m = fixture_model(5, (type + 1) % REF_TYPES, "seed=4");
        assert_ok(gmm_load(m, b.n, b.p, NULL));
        assert_int_equal(gmm_components(m), 3);
        assert_int_equal(gmm_dimension(m), 4);
        assert_true(fixture_unchanged(m, b));
        assert_true(fixture_series_length(m, GMM_REPORT_HISTORY) >= 3);
        assert_ok(gmm_load(m, b.n, b.p, NULL));
        assert_true(fixture_unchanged(m, b));
        gmm_free(m);
        free(b.p);
    }
}

static void save_of_known_parameters_loads(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        ref_init(&r, type, 3, 2);
        ref_invent(&r, 11, 2);
        gmm_model *const m = fixture_from(&r, "tolerance=1e-7");
        gmm_model *const other = fixture_model(1, 0, NULL);
        const fixture_bytes b = fixture_save(m);
        assert_ok(gmm_load(other, b.n, b.p, NULL));
        assert_true(fixture_unchanged(other, b));
        assert_true(isnan(fixture_number(other, GMM_REPORT_LOG_LIKELIHOOD)));
        gmm_free(m);
        gmm_free(other);
        free(b.p);
        ref_free(&r);
    }
}

static void loaded_model_gives_the_same_densities(void **state)
{
    (void)state;
    enum { K = 3, D = 70, N = 9 };
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = fitted(type, K, D);
        gmm_model *const other = fixture_model(1, 0, NULL);
        const fixture_bytes b = fixture_save(m);
        double x[N * D], before[N], after[N];
        assert_ok(gmm_sample(m, 5, 0, N, GENMOD_F64, sizeof x, x, NULL, NULL));
        genmod_data *const v = fixture_view(N, D, x);
        genmod_workspace *const w = fixture_workspace(3);
        assert_ok(gmm_load(other, b.n, b.p, w));
        assert_ok(gmm_log_density(m, v, sizeof before, before, NULL));
        assert_ok(gmm_log_density(other, v, sizeof after, after, w));
        assert_memory_equal(before, after, sizeof before);
        genmod_workspace_free(w);
        genmod_data_free(v);
        gmm_free(m);
        gmm_free(other);
        free(b.p);
    }
}

static void save_says_how_much_it_needs_and_touches_nothing(void **state)
{
    (void)state;
    gmm_model *const m = fitted(REF_TIED, SMALL_K, SMALL_D);
    const fixture_bytes b = fixture_save(m);
    unsigned char *const out = fixture_take(b.n, 1);
    size_t need = 0;
    assert_status(gmm_save(m, b.n - 1, out, &need, NULL), GENMOD_TOO_SMALL,
                  NULL);
    assert_int_equal(need, b.n);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(out[i], 0);
    free(out);
    free(b.p);
    gmm_free(m);
}

static void save_and_load_refuse_bad_arguments(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = fixture_model(2, REF_FULL, NULL);
    unsigned char out[8] = {0};
    size_t need = 75;
    assert_status(gmm_save(m, 8, out, &need, w), GENMOD_NOT_FITTED, w);
    assert_status(gmm_save(NULL, 8, out, &need, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "m is NULL");
    assert_status(gmm_save(m, 8, NULL, &need, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "out is NULL");
    assert_status(gmm_load(m, 8, NULL, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "bytes is NULL");
    assert_status(gmm_load(NULL, 8, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "m is NULL");
    assert_status(gmm_load(m, 0, out, w), GENMOD_BAD_BYTES, w);
    assert_error_names(w, "byte 0");
    assert_int_equal(need, 75);
    gmm_free(m);
    genmod_workspace_free(w);
}

/* ---- files that are not as they were saved ------------------------------ */

static const struct {
    const char *from, *to;
    int32_t status;
    const char *text;
} forged_headers[] = {
    {"family\":\"gmm\"", "family\":\"ae\"", GENMOD_BAD_BYTES, "family \"ae\""},
    {"genmod.family", "genmod.Family", GENMOD_BAD_BYTES,
     "\"genmod.family\" is missing"},
    {"format\":\"1\"", "format\":\"2\"", GENMOD_UNSUPPORTED,
     "genmod.format is 2; this version reads up to 1"},
    {"format\":\"1\"", "format\":\"0\"", GENMOD_BAD_BYTES, "\"0\""},
    {"format\":\"1\"", "format\":\"one\"", GENMOD_BAD_BYTES, "\"one\""},
    {"version\":\"", "version\":\"v", GENMOD_BAD_BYTES, "genmod.version"},
    {"\"genmod.family\"", "\"more\":\"\",\"genmod.family\"", GENMOD_BAD_BYTES,
     "texts"},
    {"\"weights\":",
     "\"none\":{\"dtype\":\"F64\",\"shape\":[0],"
     "\"data_offsets\":[0,0]},\"weights\":",
     GENMOD_BAD_BYTES, "tensors"},
    {"option.starts", "option.start5", GENMOD_BAD_BYTES,
     "\"option.starts\" is missing"},
    {"components\":\"2\"", "components\":\"3\"", GENMOD_BAD_BYTES, "\"means\""},
    {"components\":\"2\"", "components\":\"0\"", GENMOD_BAD_BYTES,
     "\"components\" is 0"},
    {"components\":\"2\"", "components\":\"02\"", GENMOD_BAD_BYTES,
     "not how it is saved"},
    {"covariance\":\"full\"", "covariance\":\"tied\"", GENMOD_BAD_BYTES,
     "\"covariances\""},
    {"covariance\":\"full\"", "covariance\":\"Full\"", GENMOD_BAD_BYTES,
     "full|tied"},
    {"ridge\":\"1e-9\"", "ridge\":\"-1\"", GENMOD_BAD_BYTES, "\"ridge\""},
    {"ridge\":\"1e-9\"", "ridge\":\"1e-09\"", GENMOD_BAD_BYTES,
     "not how it is saved"},
    {"weights\":{\"dtype\":\"F64\"", "weights\":{\"dtype\":\"I64\"",
     GENMOD_BAD_BYTES, "\"weights\" has another type"},
    {"\"shape\":[2,2,2]", "\"shape\":[2,4]", GENMOD_BAD_BYTES,
     "\"covariances\" has another type or shape"},
    {"\"means\"", "\"Means\"", GENMOD_BAD_BYTES, "\"means\" is missing"},
    {"\"column_variance\"", "\"column_varianc3\"", GENMOD_BAD_BYTES,
     "\"column_variance\" is missing"},
    {"report.iterations\":\"3\"", "report.iterations\":\"-1\"",
     GENMOD_BAD_BYTES, "report.iterations"},
    {"report.iterations\":\"3\"", "report.iterations\":\"2.5\"",
     GENMOD_BAD_BYTES, "report.iterations"},
    {"report.iterations\":\"3\"", "report.iterations\":\"inf\"",
     GENMOD_BAD_BYTES, "report.iterations"},
    {"report.iterations\":\"3\"", "report.iterations\":\"3.0\"",
     GENMOD_BAD_BYTES, "saved as \"3\""},
    {"report.rows\":\"80\"", "report.rows\":\"many\"", GENMOD_BAD_BYTES,
     "report.rows is \"many\""},
    {"\"report.mends\"", "\"report.bends\"", GENMOD_BAD_BYTES,
     "\"report.mends\" is missing"},
    {"\"report.log_likelihood\"", "\"report.log_likelihoof\"", GENMOD_BAD_BYTES,
     "\"report.log_likelihood\" is missing"},
};

static void forged_header_is_refused(void **state)
{
    (void)state;
    const fixture_bytes b = saved(REF_FULL, SMALL_K, SMALL_D);
    gmm_model *const m = fitted(REF_DIAGONAL, 3, 1);
    const fixture_bytes before = fixture_save(m);
    genmod_workspace *const w = fixture_workspace(1);
    for (size_t i = 0; i < sizeof forged_headers / sizeof forged_headers[0];
         i++) {
        const fixture_bytes f =
            forge(b, forged_headers[i].from, forged_headers[i].to);
        assert_status(gmm_load(m, f.n, f.p, w), forged_headers[i].status, w);
        fixture_says(w, forged_headers[i].text);
        assert_true(fixture_unchanged(m, before));
        free(f.p);
    }
    /* The forger's twin: a change that is in order loads. */
    const fixture_bytes f =
        forge(b, "iterations\":\"3\"", "iterations\":\"7\"");
    assert_ok(gmm_load(m, f.n, f.p, w));
    assert_true(fixture_unchanged(m, f));
    free(f.p);
    genmod_workspace_free(w);
    gmm_free(m);
    free(before.p);
    free(b.p);
}

static void forged_value_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *tensor;
        size_t at;
        double v;
        const char *text;
    } faults[] = {
        {"weights", 1, NAN, "weights[1]"},
        {"weights", 0, -0.25, "weights[0]"},
        {"weights", 0, 0.9999, "sum"},
        {"means", 3, INFINITY, "component 1, column 1"},
        {"covariances", 0, NAN, "element 0"},
        {"covariances", 2, 77.5, "not symmetric"},
        {"covariances", 4, -1, "covariance 1 is not positive definite"},
        {"column_variance", 1, -2.5, "column_variance[1] is -2.5"},
        {"column_variance", 0, INFINITY, "column_variance[0] is inf"},
        {"report.mends", 1, -1, "report.mends has the value -1"},
        {"report.last_mend", 0, 0.5, "report.last_mend has the value 0.5"},
    };
    const fixture_bytes b = saved(REF_FULL, SMALL_K, SMALL_D);
    gmm_model *const m = fitted(REF_SPHERICAL, 3, 1);
    const fixture_bytes before = fixture_save(m);
    genmod_workspace *const w = fixture_workspace(1);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const fixture_bytes f =
            forge_value(b, faults[i].tensor, faults[i].at, faults[i].v);
        assert_status(gmm_load(m, f.n, f.p, w), GENMOD_BAD_BYTES, w);
        fixture_says(w, faults[i].text);
        assert_true(fixture_unchanged(m, before));
        free(f.p);
    }
    const fixture_bytes f = forge_value(b, "report.mends", 1, 4);
    assert_ok(gmm_load(m, f.n, f.p, w));
    assert_true(fixture_series(m, GMM_REPORT_MENDS, 1) == 4);
    free(f.p);
    genmod_workspace_free(w);
    gmm_free(m);
    free(before.p);
    free(b.p);
}

/* Factors, whose number is 2, and noise. */
static fixture_bytes saved_with_all(void)
{
    genmod_config *const c = fixture_config(2, REF_FULL, "covariance=factor");
    double x[60 * 3];
    gmm_model *m = NULL;
    ref_random r = {15};
    assert_ok(genmod_config_set_i64(c, GMM_RANK, 2, NULL));
    assert_ok(genmod_config_set_f64(c, GMM_NOISE, 0.125, NULL));
    for (size_t i = 0; i < 60 * 3; i++)
        x[i] = ref_normal(&r) + (double)(i % 2);
    genmod_data *const v = fixture_view(60, 3, x);
    assert_ok(gmm_new(c, &m, NULL));
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    const fixture_bytes b = fixture_save(m);
    genmod_data_free(v);
    genmod_config_free(c);
    gmm_free(m);
    return b;
}

static void forged_factors_and_noise_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *tensor;
        size_t at;
        double v;
        const char *text;
    } faults[] = {
        {"noise", 0, 1, "noise[0] is 1"},
        {"noise", 0, NAN, "noise[0] is nan"},
        {"noise", 2, -3, "noise[2] is -3; it must be finite and > 0"},
        {"noise", 2, INFINITY, "noise[2] is inf"},
        {"noise", 0, 0, "noise[1]"},
        {"loadings", 3, INFINITY, "loadings: element 3 is inf"},
        {"uniquenesses", 4, 0, "uniquenesses: element 4 is 0"},
        {"loadings", 3, 0.5, "covariances are not those"},
        {"covariances", 4, 0.5, "covariances are not those"},
    };
    const fixture_bytes b = saved_with_all();
    gmm_model *const m = fitted(REF_SPHERICAL, 3, 1);
    const fixture_bytes before = fixture_save(m);
    genmod_workspace *const w = fixture_workspace(1);
    static const char *const edits[][3] = {
        {"rank\":\"2\"", "rank\":\"3\"", "rank is 3 for 3 columns"},
        {"noise\":\"0.125\"", "noise\":\"0\"", "tensors"},
        {"\"noise\":{", "\"naise\":{", "\"noise\" is missing"},
        {"\"loadings\"", "\"landings\"", "\"loadings\" is missing"},
        {"\"uniquenesses\"", "\"uniquenesse.\"", "\"uniquenesses\" is"}};
    const size_t n = sizeof faults / sizeof *faults;
    for (size_t i = 0; i < n + sizeof edits / sizeof *edits; i++) {
        const fixture_bytes f =
            i < n ? forge_value(b, faults[i].tensor, faults[i].at, faults[i].v)
                  : forge(b, edits[i - n][0], edits[i - n][1]);
        assert_status(gmm_load(m, f.n, f.p, w), GENMOD_BAD_BYTES, w);
        fixture_says(w, i < n ? faults[i].text : edits[i - n][2]);
        assert_true(fixture_unchanged(m, before));
        free(f.p);
    }
    for (size_t cut = 0; cut < b.n; cut += 7)
        assert_status(gmm_load(m, cut, b.p, w), GENMOD_BAD_BYTES, w);
    assert_ok(gmm_load(m, b.n, b.p, w));
    assert_true(fixture_unchanged(m, b));
    genmod_workspace_free(w);
    gmm_free(m);
    free(before.p);
    free(b.p);
}

static void forged_shape_is_refused(void **state)
{
    (void)state;
    static const char *const narrow[] = {"means", "column_variance"};
    static const char *const mends[] = {"report.mends"};
    static const char *const history[] = {"report.log_likelihood_history"};
    const fixture_bytes b = saved(REF_SPHERICAL, SMALL_K, SMALL_D);
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = fixture_model(1, REF_FULL, NULL);
    fixture_bytes f = reshape(b, 2, narrow, 0);
    assert_status(gmm_load(m, f.n, f.p, w), GENMOD_BAD_BYTES, w);
    fixture_says(w, "means have 0 columns; there may be 1 to 65536");
    free(f.p);
    f = reshape(b, 1, mends, 1);
    assert_status(gmm_load(m, f.n, f.p, w), GENMOD_BAD_BYTES, w);
    fixture_says(w, "report.mends has 1 values for 2 components");
    free(f.p);
    assert_int_equal(gmm_dimension(m), 0);
    f = reshape(b, 1, history, 1);
    assert_ok(gmm_load(m, f.n, f.p, w));
    assert_int_equal(fixture_series_length(m, GMM_REPORT_HISTORY), 1);
    free(f.p);
    genmod_workspace_free(w);
    gmm_free(m);
    free(b.p);
}

/* ---- any bytes ------------------------------------------------------------
 */

/* A model of a host that counts; what a load may take. */
typedef struct scene {
    host host;
    genmod_context *context;
    genmod_workspace *w;
    gmm_model *m;
} scene;

static void scene_open(scene *s, size_t threads)
{
    host_init(&s->host);
    s->context = host_context(&s->host);
    assert_ok(genmod_context_set_threads(s->context, threads));
    assert_ok(genmod_workspace_new(s->context, &s->w));
    assert_ok(gmm_new(NULL, &s->m, s->w));
}

static void scene_close(scene *s)
{
    gmm_free(s->m);
    genmod_workspace_free(s->w);
    genmod_context_free(s->context);
    assert_int_equal(atomic_load(&s->host.blocks), 0);
}

/* Loads exactly n bytes of the heap, so that reading past them is seen. */
static int32_t load_within_bounds(scene *s, size_t n, const void *bytes,
                                  int wide)
{
    void *const exact = fixture_take(n, 1);
    memcpy(exact, bytes, n);
    const size_t before = atomic_load(&s->host.bytes);
    atomic_store(&s->host.peak, before);
    const int32_t status = gmm_load(s->m, n, exact, s->w);
    const size_t taken = atomic_load(&s->host.peak) - before;
    if (taken > 4 * n + (64 << 10) + (wide ? 448 << 10 : 0))
        fail_msg("loading %zu bytes took %zu", n, taken);
    free(exact);
    return status;
}

static void every_prefix_is_rejected(void **state)
{
    (void)state;
    const fixture_bytes b = saved(REF_FULL, SMALL_K, SMALL_D);
    scene s;
    scene_open(&s, 1);
    for (size_t n = 0; n < b.n; n++)
        assert_status(load_within_bounds(&s, n, b.p, 0), GENMOD_BAD_BYTES, s.w);
    assert_int_equal(gmm_dimension(s.m), 0);
    assert_ok(load_within_bounds(&s, b.n, b.p, 0));
    scene_close(&s);
    free(b.p);
}

static void flipped_bits_are_rejected(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        const fixture_bytes b = saved(type, SMALL_K, SMALL_D);
        unsigned char *const p = b.p;
        size_t accepted = 0;
        scene s;
        scene_open(&s, 1);
        for (size_t i = 0; i < 8 * b.n; i++) {
            p[i / 8] ^= (unsigned char)(1u << i % 8);
            accepted += load_within_bounds(&s, b.n, p, 0) == 0;
            p[i / 8] ^= (unsigned char)(1u << i % 8);
        }
        /* 99.9 % is promised; the checksum finds every single one. */
        assert_int_equal(accepted, 0);
        assert_int_equal(gmm_dimension(s.m), 0);
        scene_close(&s);
        free(b.p);
    }
}

static void load_takes_at_most_four_times_the_bytes(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1},   {3, 2},   {2, 40},  {8, 64},
                                      {50, 5},  {300, 3}, {700, 1}, {1, 350},
                                      {4, 130}, {1, 65}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int type = 0; type < REF_TYPES; type++) {
            ref_mixture r;
            scene s;
            ref_init(&r, type, sizes[i][0], sizes[i][1]);
            ref_invent(&r, 11, 2);
            gmm_model *const m = fixture_from(&r, NULL);
            const fixture_bytes b = fixture_save(m);
            scene_open(&s, 7);
            assert_ok(load_within_bounds(&s, b.n, b.p, sizes[i][1] > 64));
            assert_true(fixture_unchanged(s.m, b));
            scene_close(&s);
            gmm_free(m);
            free(b.p);
            ref_free(&r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_of_load_is_the_same_bytes),
        cmocka_unit_test(save_of_known_parameters_loads),
        cmocka_unit_test(loaded_model_gives_the_same_densities),
        cmocka_unit_test(save_says_how_much_it_needs_and_touches_nothing),
        cmocka_unit_test(save_and_load_refuse_bad_arguments),
        cmocka_unit_test(forged_header_is_refused),
        cmocka_unit_test(forged_value_is_refused),
        cmocka_unit_test(forged_factors_and_noise_are_refused),
        cmocka_unit_test(forged_shape_is_refused),
        cmocka_unit_test(every_prefix_is_rejected),
        cmocka_unit_test(flipped_bits_are_rejected),
        cmocka_unit_test(load_takes_at_most_four_times_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
