#include "vae/trial.h"

#include <stdio.h>

void *trial_take(size_t n, size_t size)
{
    void *const p = calloc(n ? n : 1, size);
    assert_non_null(p);
    return p;
}

double trial_uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

/* Box, Muller 1958 */
double trial_normal(uint64_t *state)
{
    const double r = sqrt(-2 * log(trial_uniform(state)));
    return r * cos(2 * acos(-1) * trial_uniform(state));
}

/* ---- rows ---------------------------------------------------------------- */

void trial_open(trial *t, size_t n, size_t held, size_t d)
{
    memset(t, 0, sizeof *t);
    t->n = n;
    t->held = held;
    t->d = d;
    t->x = trial_take((n + held) * d, sizeof *t->x);
    t->y = t->x + n * d;
}

static genmod_data *view(size_t n, size_t d, const double *x,
                         const int32_t *labels)
{
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, n, d, x, 0, 0, NULL));
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    if (labels)
        assert_ok(genmod_data_set_labels(v, n, labels, NULL));
    return v;
}

void trial_show(trial *t)
{
    t->train = view(t->n, t->d, t->x, t->labels);
    t->test = view(t->held, t->d, t->y, t->labels ? t->labels + t->n : NULL);
}

void trial_close(trial *t)
{
    genmod_data_free(t->train);
    genmod_data_free(t->test);
    free(t->labels);
    free(t->x);
}

void trial_curve(trial *t, size_t n, size_t held)
{
    uint64_t s = 8;
    trial_open(t, n, held, 6);
    for (size_t i = 0; i < n + held; i++) {
        const double a = trial_normal(&s), b = trial_normal(&s);
        const double v[6] = {a, b, a - 0.7 * b, a * b, sin(2 * a), b * b - a};
        for (size_t j = 0; j < 6; j++)
            t->x[i * 6 + j] =
                2.385 * (double)j +
                0.7 * (double)(j + 1) * (v[j] + 0.15 * trial_normal(&s));
    }
    trial_show(t);
}

void trial_clusters(trial *t, size_t n, size_t held)
{
    static const double centre[3][4] = {
        {-4, 1, 0.5, 3}, {4, 3, -0.7, -1}, {0.5, -6, 2, 0.4}};
    uint64_t s = 3;
    trial_open(t, n, held, 4);
    t->labels = trial_take(n + held, sizeof *t->labels);
    for (size_t i = 0; i < n + held; i++) {
        const int32_t k = (int32_t)(3 * trial_uniform(&s));
        t->labels[i] = k;
        for (size_t j = 0; j < 4; j++)
            t->x[i * 4 + j] = centre[k][j] + 0.5 * trial_normal(&s);
    }
    trial_show(t);
}

void trial_digits(trial *t, size_t n, size_t held)
{
    char line[4096], path[1024];
    const char *const folder = getenv("GENMOD_TEST_DATA");
    if (!folder)
        fail_msg("GENMOD_TEST_DATA, the path of tests/data, is not set");
    const int length = snprintf(path, sizeof path, "%s/digits.csv", folder);
    assert_in_range(length, 1, sizeof path - 1);
    FILE *const f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    trial_open(t, n, held, 64);
    t->labels = trial_take(n + held, sizeof *t->labels);
    assert_non_null(fgets(line, sizeof line, f));
    for (size_t i = 0; i < n + held; i++) {
        char *at = line;
        assert_non_null(fgets(line, sizeof line, f));
        for (size_t j = 0; j < 64; j++) {
            t->x[i * 64 + j] = strtod(at, &at) / 16;
            at++;
        }
        t->labels[i] = (int32_t)strtol(at, NULL, 10);
    }
    fclose(f);
    trial_show(t);
}

/* ---- models -------------------------------------------------------------- */

static void apply(genmod_config *c, const char *options)
{
    while (*options) {
        char text[600];
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

vae_model *trial_model(const char *options)
{
    genmod_config *c = NULL;
    genmod_workspace *w = NULL;
    vae_model *m = NULL;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_ok(vae_config_new(&c, w));
    apply(c, options);
    assert_status(vae_new(c, &m, w), GENMOD_OK, w);
    genmod_config_free(c);
    genmod_workspace_free(w);
    return m;
}

void trial_configure(vae_model *m, const char *options)
{
    genmod_config *c = NULL;
    assert_ok(vae_config_new(&c, NULL));
    assert_ok(vae_get_config(m, c, NULL));
    apply(c, options);
    assert_ok(vae_configure(m, c, NULL));
    genmod_config_free(c);
}

vae_model *trial_fit(const trial *t, const char *options)
{
    genmod_workspace *w = NULL;
    vae_model *const m = trial_model(options);
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_status(vae_fit(m, t->train, NULL, NULL, NULL, w), GENMOD_OK, w);
    genmod_workspace_free(w);
    return m;
}

double trial_number(const vae_model *m, const char *key)
{
    double v = NAN;
    assert_ok(genmod_report_get(vae_report(m), key, &v));
    return v;
}

double trial_series(const vae_model *m, const char *key, int64_t i)
{
    size_t n = 0;
    const int32_t status =
        genmod_report_series(vae_report(m), key, 0, NULL, &n);
    assert_true(status == GENMOD_OK || status == GENMOD_TOO_SMALL);
    double *const values = trial_take(n, sizeof *values);
    assert_ok(genmod_report_series(vae_report(m), key, n, values, NULL));
    const size_t at = i < 0 ? n - (size_t)-i : (size_t)i;
    assert_true(at < n);
    const double v = values[at];
    free(values);
    return v;
}

double *trial_params(const vae_model *m, const char *name, size_t *n)
{
    size_t need = 0;
    assert_status(vae_get_params(m, name, 0, NULL, &need, NULL),
                  GENMOD_TOO_SMALL, NULL);
    double *const v = trial_take(need, sizeof *v);
    assert_ok(vae_get_params(m, name, need, v, NULL, NULL));
    if (n)
        *n = need;
    return v;
}

/* ---- figures ------------------------------------------------------------- */

double trial_mean(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    return sum;
}

double trial_bound(const vae_model *m, const genmod_data *x, size_t n,
                   size_t draws, int part)
{
    double *const v = trial_take(3 * n, sizeof *v);
    assert_ok(
        vae_elbo(m, x, 11, draws, n * sizeof *v, v, v + n, v + 2 * n, NULL));
    const double mean = trial_mean(n, v + (size_t)part * n);
    free(v);
    return mean;
}

double trial_likelihood(const vae_model *m, const genmod_data *x, size_t n,
                        size_t draws)
{
    double *const v = trial_take(n, sizeof *v);
    assert_ok(
        vae_log_likelihood(m, x, 11, draws, n * sizeof *v, v, NULL, NULL));
    const double mean = trial_mean(n, v);
    free(v);
    return mean;
}
