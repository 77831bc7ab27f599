#include "gmm/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *fixture_take(size_t n, size_t size)
{
    void *const p = calloc(n ? n : 1, size);
    assert_non_null(p);
    return p;
}

static size_t columns(const char *line)
{
    size_t n = 1;
    for (; *line; line++)
        n += *line == ',';
    return n;
}

static void parse(fixture_table *t, char *line)
{
    for (size_t c = 0; c < t->d; c++)
        t->x[t->n * t->d + c] = strtod(line, &line), line += *line == ',';
    if (t->labels)
        t->labels[t->n] = (int32_t)strtol(line, NULL, 10);
    t->n++;
}

void fixture_read(fixture_table *t, const char *file, int labelled)
{
    char line[4096];
    char path[1024];
    const char *const folder = getenv("GENMOD_TEST_DATA");
    if (!folder)
        fail_msg("GENMOD_TEST_DATA, the path of tests/data, is not set");
    const int length = snprintf(path, sizeof path, "%s/%s", folder, file);
    assert_in_range(length, 1, sizeof path - 1);
    FILE *const f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    assert_non_null(fgets(line, sizeof line, f));
    const size_t most = 2000;
    t->n = 0;
    t->d = columns(line) - (labelled ? 1 : 0);
    t->x = fixture_take(most * t->d, sizeof *t->x);
    t->labels = labelled ? fixture_take(most, sizeof *t->labels) : NULL;
    while (t->n < most && fgets(line, sizeof line, f))
        parse(t, line);
    fclose(f);
}

void fixture_drop(fixture_table *t)
{
    free(t->x);
    free(t->labels);
    memset(t, 0, sizeof *t);
}

/* "key=value key=value" */
static void apply(genmod_config *c, const char *options)
{
    char key[64], value[64];
    int used = 0;
    while (options &&
           sscanf(options, " %63[^=]=%63s%n", key, value, &used) == 2) {
        assert_ok(genmod_config_set_str(c, key, value, NULL));
        options += used;
    }
}

genmod_config *fixture_config(size_t k, int type, const char *options)
{
    genmod_config *c = NULL;
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, (int64_t)k, NULL));
    assert_ok(genmod_config_set_str(c, GMM_COVARIANCE, ref_names[type], NULL));
    apply(c, options);
    return c;
}

gmm_model *fixture_model(size_t k, int type, const char *options)
{
    gmm_model *m = NULL;
    genmod_config *const c = fixture_config(k, type, options);
    assert_ok(gmm_new(c, &m, NULL));
    genmod_config_free(c);
    return m;
}

void fixture_configure(gmm_model *m, const char *options)
{
    genmod_config *c = NULL;
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(gmm_get_config(m, c, NULL));
    apply(c, options);
    assert_ok(gmm_configure(m, c, NULL));
    genmod_config_free(c);
}

void fixture_set(gmm_model *m, const ref_mixture *r)
{
    assert_ok(gmm_set_params(m, r->k, r->d, r->w, r->mu,
                             ref_cov_count(r->type, r->k, r->d), r->cov, NULL));
}

gmm_model *fixture_from(const ref_mixture *r, const char *options)
{
    gmm_model *const m = fixture_model(r->k, r->type, options);
    fixture_set(m, r);
    return m;
}

void fixture_params(const gmm_model *m, ref_mixture *r)
{
    const size_t n_cov = ref_cov_count(r->type, r->k, r->d);
    assert_int_equal(gmm_components(m), r->k);
    assert_int_equal(gmm_dimension(m), r->d);
    assert_ok(gmm_get_params(m, GMM_WEIGHTS, r->k, r->w, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_MEANS, r->k * r->d, r->mu, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_COVARIANCES, n_cov, r->cov, NULL, NULL));
}

genmod_workspace *fixture_workspace(size_t threads)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, threads));
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

genmod_data *fixture_view_f32(size_t n, size_t d, const float *x)
{
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F32, n, d, x, 0, 0, NULL));
    return v;
}

float *fixture_narrow(size_t n, const double *x)
{
    float *const y = fixture_take(n, sizeof *y);
    for (size_t i = 0; i < n; i++)
        y[i] = (float)x[i];
    return y;
}

fixture_bytes fixture_save(const gmm_model *m)
{
    fixture_bytes b = {0, NULL};
    assert_status(gmm_save(m, 0, NULL, &b.n, NULL), GENMOD_TOO_SMALL, NULL);
    b.p = fixture_take(b.n, 1);
    assert_ok(gmm_save(m, b.n, b.p, NULL, NULL));
    return b;
}

int fixture_same(fixture_bytes a, fixture_bytes b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

int fixture_unchanged(const gmm_model *m, fixture_bytes before)
{
    const fixture_bytes now = fixture_save(m);
    const int same = fixture_same(before, now);
    free(now.p);
    return same;
}

double fixture_number(const gmm_model *m, const char *key)
{
    double v = -12345;
    assert_ok(genmod_report_get(gmm_report(m), key, &v));
    return v;
}

size_t fixture_series_length(const gmm_model *m, const char *key)
{
    size_t n = 0;
    const int32_t status =
        genmod_report_series(gmm_report(m), key, 0, NULL, &n);
    assert_true(status == (n ? GENMOD_TOO_SMALL : 0));
    return n;
}

double fixture_series(const gmm_model *m, const char *key, int64_t i)
{
    const size_t n = fixture_series_length(m, key);
    const int64_t at = i < 0 ? (int64_t)n + i : i;
    assert_true(at >= 0 && at < (int64_t)n);
    double *const v = fixture_take(n, sizeof *v);
    assert_ok(genmod_report_series(gmm_report(m), key, n, v, NULL));
    const double value = v[at];
    free(v);
    return value;
}

void fixture_close(const char *what, double a, double b, double tolerance)
{
    const double scale = fabs(b) > 1 ? fabs(b) : 1;
    if (!(fabs(a - b) <= tolerance * scale))
        fail_msg("%s: %.17g, expected %.17g (off by %.3g of %.3g)", what, a, b,
                 fabs(a - b) / scale, tolerance);
}

static double larger(double a, double b)
{
    return b <= a ? a : b; /* NaN wins */
}

/* Component i of a against component j of b. */
static double apart(const ref_mixture *a, size_t i, const ref_mixture *b,
                    size_t j)
{
    const size_t d = a->d;
    double *const s = fixture_take(d * d, sizeof *s);
    double *const t = fixture_take(d * d, sizeof *t);
    ref_covariance(a, i, s);
    ref_covariance(b, j, t);
    double worst = larger(fabs(a->w[i] - b->w[j]), 0);
    for (size_t p = 0; p < d; p++) {
        const double sd = sqrt(t[p * d + p]);
        worst = larger(worst, fabs(a->mu[i * d + p] - b->mu[j * d + p]) / sd);
        for (size_t q = 0; q < d; q++)
            worst = larger(worst, fabs(s[p * d + q] - t[p * d + q]) /
                                      (sd * sqrt(t[q * d + q])));
    }
    free(s);
    free(t);
    return worst;
}

void fixture_mixtures_close(const char *what, const ref_mixture *a,
                            const ref_mixture *b, double tolerance)
{
    double worst = 0;
    for (size_t j = 0; j < b->k; j++)
        worst = larger(worst, apart(a, j, b, j));
    if (!(worst <= tolerance))
        fail_msg("%s (%s): parameters apart by %.3g standard deviations, "
                 "allowed %.3g",
                 what, ref_names[b->type], worst, tolerance);
}

double fixture_distance(const ref_mixture *a, const ref_mixture *b)
{
    double worst = 0;
    for (size_t j = 0; j < b->k; j++) {
        double best = INFINITY;
        for (size_t i = 0; i < a->k; i++) {
            const double v = apart(a, i, b, j);
            best = v < best ? v : best;
        }
        worst = larger(worst, best);
    }
    return worst;
}

void fixture_says(const genmod_workspace *w, const char *part)
{
    const char *const text = genmod_workspace_error(w);
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("the error text \"%s\" lacks \"%s\"", text, part);
    assert_null(strchr(text, '\n'));
}

void fixture_classes(ref_mixture *to, const fixture_table *t)
{
    double *const r = fixture_take(t->n * to->k, sizeof *r);
    for (size_t i = 0; i < t->n; i++)
        r[i * to->k + (size_t)t->labels[i]] = 1;
    ref_maximise(to, t->n, t->x, NULL, r);
    free(r);
}
