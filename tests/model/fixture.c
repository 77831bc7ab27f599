#include "model/fixture.h"

#include <stdio.h>

void *fixture_take(size_t n, size_t size)
{
    void *const p = calloc(n ? n : 1, size ? size : 1);
    assert_non_null(p);
    return p;
}

double *fixture_read(const char *file, size_t n, size_t d)
{
    char line[4096], path[1024];
    const char *const folder = getenv("GENMOD_TEST_DATA");
    if (!folder)
        fail_msg("GENMOD_TEST_DATA, the path of tests/data, is not set");
    const int length = snprintf(path, sizeof path, "%s/%s", folder, file);
    assert_in_range(length, 1, sizeof path - 1);
    FILE *const f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    double *const x = fixture_take(n * d, sizeof *x);
    assert_non_null(fgets(line, sizeof line, f));
    for (size_t i = 0; i < n; i++) {
        char *at = line;
        assert_non_null(fgets(line, sizeof line, f));
        for (size_t j = 0; j < d; j++) {
            x[i * d + j] = strtod(at, &at);
            at += *at == ',';
        }
    }
    fclose(f);
    return x;
}

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

double *fixture_invent(size_t n, size_t d, uint64_t seed)
{
    double *const x = fixture_take(n * d, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        const double a = uniform(&seed) - 0.5, b = uniform(&seed) - 0.3;
        for (size_t j = 0; j < d; j++) {
            const double u = (double)j + 1;
            const double v = a * u - b * (3.7 - u) + a * b * 1.9;
            x[i * d + j] =
                2.385 * u + 0.7 * u * (v + 0.02 * (uniform(&seed) - 0.5));
        }
    }
    return x;
}

double *fixture_shares(size_t n, size_t d, uint64_t seed)
{
    double *const x = fixture_take(n * d, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        const double a = uniform(&seed);
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = j % 3 == 1 ? a : j % 3 ? 1 - a * a : 0.3 + 0.4 * a;
    }
    return x;
}

int32_t *fixture_classes(size_t n, size_t d, double *x)
{
    int32_t *const label = fixture_take(n, sizeof *label);
    for (size_t i = 0; i < n; i++) {
        label[i] = (int32_t)(i * 7 % 11 % 3);
        for (size_t j = 0; j < d; j++)
            x[i * d + j] += (double)label[i] * (j % 2 ? 3.1 : -1.7);
    }
    return label;
}

/* "key=value | key=value" */
static void apply(genmod_config *c, const char *options)
{
    while (options && *options) {
        char text[1200];
        const char *const bar = strstr(options, " | ");
        const size_t n = bar ? (size_t)(bar - options) : strlen(options);
        assert_true(n < sizeof text);
        memcpy(text, options, n);
        text[n] = '\0';
        char *const value = strchr(text, '=');
        assert_non_null(value);
        *value = '\0';
        assert_ok(genmod_config_set_str(c, text, value + 1, NULL));
        options += bar ? n + 3 : n;
    }
}

genmod_config *fixture_config_of(const model_family *f, const char *options)
{
    genmod_config *c = NULL;
    assert_ok(model_config_new(f, &c, NULL));
    apply(c, options);
    return c;
}

void *fixture_model_of(const model_family *f, size_t bytes, const char *options)
{
    model *m = NULL;
    genmod_config *const c = fixture_config_of(f, options);
    assert_ok(model_new(f, bytes, c, &m, NULL));
    genmod_config_free(c);
    return m;
}

void fixture_configure(void *m, const char *options)
{
    genmod_config *c = NULL;
    assert_ok(model_config_new(((const model *)m)->family, &c, NULL));
    assert_ok(model_get_config(m, c, NULL));
    apply(c, options);
    assert_ok(model_configure(m, c, NULL));
    genmod_config_free(c);
}

genmod_workspace *fixture_workspace(size_t threads, const char *kernels)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, threads));
    assert_ok(genmod_context_set_kernels(c, kernels));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c);
    return w;
}

genmod_data *fixture_view(size_t n, size_t d, const double *x)
{
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, n, d, x, 0, 0, NULL));
    return v;
}

static fixture_bytes bytes_of(const model *m, int checkpoint)
{
    fixture_bytes b = {0, NULL};
    assert_status(model_save(m, checkpoint, 0, NULL, &b.n, NULL),
                  GENMOD_TOO_SMALL, NULL);
    b.p = fixture_take(b.n, 1);
    assert_ok(model_save(m, checkpoint, b.n, b.p, NULL, NULL));
    return b;
}

fixture_bytes fixture_save(const void *m)
{
    return bytes_of(m, 0);
}

fixture_bytes fixture_checkpoint(const void *m)
{
    return bytes_of(m, 1);
}

int fixture_same(fixture_bytes a, fixture_bytes b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static int writes(const void *m, int checkpoint, fixture_bytes want)
{
    const fixture_bytes b = bytes_of(m, checkpoint);
    const int same = fixture_same(b, want);
    free(b.p);
    return same;
}

int fixture_saves(const void *m, fixture_bytes want)
{
    return writes(m, 0, want);
}

int fixture_checkpoints(const void *m, fixture_bytes want)
{
    return writes(m, 1, want);
}

static const genmod_report *report_of(const void *m)
{
    return ((const model *)m)->report;
}

double fixture_number(const void *m, const char *key)
{
    double v = NAN;
    assert_ok(genmod_report_get(report_of(m), key, &v));
    return v;
}

size_t fixture_length(const void *m, const char *key)
{
    size_t n = 0;
    const int32_t status = genmod_report_series(report_of(m), key, 0, NULL, &n);
    assert_true(status == GENMOD_OK || status == GENMOD_TOO_SMALL);
    return n;
}

double fixture_series(const void *m, const char *key, int64_t i)
{
    const size_t n = fixture_length(m, key);
    double *const values = fixture_take(n, sizeof *values);
    const size_t at = i < 0 ? n - (size_t)-i : (size_t)i;
    assert_true(at < n);
    assert_ok(genmod_report_series(report_of(m), key, n, values, NULL));
    const double v = values[at];
    free(values);
    return v;
}

double *fixture_params(const void *m, const char *name, size_t *n)
{
    size_t need = 0;
    assert_status(model_get_params(m, name, 0, NULL, &need, NULL),
                  GENMOD_TOO_SMALL, NULL);
    double *const v = fixture_take(need, sizeof *v);
    assert_ok(model_get_params(m, name, need, v, NULL, NULL));
    if (n)
        *n = need;
    return v;
}
