/* The same bits, whoever feeds the rows and however many threads work. */
#include "gmm/fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define D 6
#define K 5

static const char options[] = "init=k-means++ seed=12 max_iterations=6 "
                              "tolerance=0 starts=3";

typedef struct feed {
    const void *x;
    const double *weights;
    const int32_t *labels;
    size_t d, size; /* of an element */
    size_t calls, most;
} feed;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    feed *const f = user;
    const size_t bytes = f->d * f->size;
    f->calls++;
    f->most = n > f->most ? n : f->most;
    for (size_t i = 0; i < n; i++) {
        const size_t row = (size_t)rows[i];
        if (i && rows[i] <= rows[i - 1])
            return -1; /* not ascending */
        memcpy((char *)x + i * bytes, (const char *)f->x + row * bytes, bytes);
        if (weights[i] != 1 || labels[i] != -1)
            return -1; /* not as promised on entry */
        if (f->weights)
            weights[i] = f->weights[row];
        if (f->labels)
            labels[i] = f->labels[row];
    }
    return 0;
}

/* Tasks one by one, the last first. */
static int32_t backwards(size_t n, genmod_task task, void *arg, void *user)
{
    int32_t status = 0;
    (*(size_t *)user)++;
    while (n--) {
        const int32_t s = task(n, arg);
        status = s ? s : status;
    }
    return status;
}

typedef struct half {
    genmod_task task;
    void *arg;
    size_t first, n;
    int32_t status;
} half;

static void *every_second(void *p)
{
    half *const h = p;
    for (size_t i = h->first; i < h->n; i += 2) {
        const int32_t s = h->task(i, h->arg);
        h->status = s ? s : h->status;
    }
    return NULL;
}

/* Even tasks on one thread, odd ones on another. */
static int32_t two_threads(size_t n, genmod_task task, void *arg, void *user)
{
    (*(size_t *)user)++;
    half h[2] = {{task, arg, 0, n, 0}, {task, arg, 1, n, 0}};
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&t[i], NULL, every_second, &h[i]) != 0)
            return -1;
    for (int i = 0; i < 2; i++)
        (void)pthread_join(t[i], NULL);
    return h[0].status ? h[0].status : h[1].status;
}

static genmod_workspace *hosted(genmod_parallel_for run, size_t width,
                                size_t *calls)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_parallel_for(c, width, run, calls));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c);
    return w;
}

static double *rows_of(int type, size_t n, size_t d)
{
    ref_mixture r;
    ref_init(&r, type, K, d);
    ref_invent(&r, 7, 1.1);
    double *const x = fixture_take(n * d, sizeof *x);
    ref_draw(&r, 21, n, x, NULL);
    ref_free(&r);
    return x;
}

static fixture_bytes fitted(int type, const genmod_data *view,
                            genmod_workspace *w)
{
    gmm_model *const m = fixture_model(K, type, options);
    assert_ok(gmm_fit(m, view, NULL, NULL, w));
    const fixture_bytes b = fixture_save(m);
    gmm_free(m);
    return b;
}

static void check_same(const char *what, int type, size_t n, fixture_bytes a,
                       fixture_bytes b)
{
    if (!fixture_same(a, b))
        fail_msg("%s: other bits (%s, %zu rows)", what, ref_names[type], n);
}

static void fit_has_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    const size_t threads[4] = {1, 2, 3, 7};
    const size_t n = 5003;
    for (int type = 0; type < REF_TYPES; type++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            double *const x = rows_of(type, n, D);
            float *const y = fixture_narrow(n * D, x);
            genmod_data *const view =
                narrow ? fixture_view_f32(n, D, y) : fixture_view(n, D, x);
            fixture_bytes want = {0, NULL};
            for (size_t i = 0; i < 4; i++) {
                genmod_workspace *const w = fixture_workspace(threads[i]);
                const fixture_bytes got = fitted(type, view, w);
                if (i == 0) {
                    want = got;
                } else {
                    check_same("threads", type, n, got, want);
                    free(got.p);
                }
                genmod_workspace_free(w);
            }
            const fixture_bytes none = fitted(type, view, NULL);
            check_same("no workspace", type, n, none, want);
            free(none.p);
            free(want.p);
            genmod_data_free(view);
            free(x);
            free(y);
        }
    }
}

static void fit_has_the_same_bits_in_a_hosts_loop(void **state)
{
    (void)state;
    const size_t n = 3001;
    for (int type = 0; type < REF_TYPES; type++) {
        double *const x = rows_of(type, n, D);
        genmod_data *const view = fixture_view(n, D, x);
        const fixture_bytes want = fitted(type, view, NULL);
        const genmod_parallel_for runs[2] = {backwards, two_threads};
        for (size_t i = 0; i < 2; i++) {
            size_t calls = 0;
            genmod_workspace *const w = hosted(runs[i], 2 + 3 * i, &calls);
            const fixture_bytes got = fitted(type, view, w);
            check_same("host's loop", type, n, got, want);
            assert_true(calls > 0);
            free(got.p);
            genmod_workspace_free(w);
        }
        free(want.p);
        genmod_data_free(view);
        free(x);
    }
}

/* Row counts around the edges of blocks, groups and rounds. */
static const size_t edges[] = {5,    15,   16,   17,   31,   33,   127,  128,
                               129,  255,  256,  257,  511,  512,  513,  1023,
                               1024, 1025, 2047, 2049, 4095, 4096, 4097, 8193};

static void check_source(int type, size_t n, int weighted)
{
    double *const x = rows_of(type, n, D);
    double *const weights = fixture_take(n, sizeof *weights);
    ref_random r = {n};
    for (size_t i = 0; i < n; i++)
        weights[i] = 0.1 + ref_uniform(&r);
    genmod_data *const memory = fixture_view(n, D, x);
    if (weighted)
        assert_ok(genmod_data_set_weights(memory, n, weights, NULL));
    genmod_data *source = NULL;
    feed f = {x, weighted ? weights : NULL, NULL, D, sizeof *x, 0, 0};
    assert_ok(genmod_data_new(&source, NULL));
    assert_ok(genmod_data_set_source(source, GENMOD_F64, n, D, give, &f, NULL));
    genmod_workspace *const w = fixture_workspace(3);
    const fixture_bytes a = fitted(type, memory, NULL);
    const fixture_bytes b = fitted(type, source, NULL);
    const fixture_bytes c = fitted(type, source, w);
    const fixture_bytes d = fitted(type, memory, w);
    check_same("source", type, n, b, a);
    check_same("source, threads", type, n, c, a);
    check_same("threads", type, n, d, a);
    assert_in_range(f.most, 1, 65536);
    free(a.p);
    free(b.p);
    free(c.p);
    free(d.p);
    genmod_workspace_free(w);
    genmod_data_free(memory);
    genmod_data_free(source);
    free(x);
    free(weights);
}

static void fit_from_a_source_has_the_bits_of_memory_at_every_edge(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        check_source((int)(i % REF_TYPES), edges[i], i % 2);
}

static void
fit_from_a_source_has_the_bits_of_memory_for_every_type(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        check_source(type, 2500, 0);
        check_source(type, 2500, 1);
    }
}

static void fit_from_labels_in_a_source_has_the_bits_of_memory(void **state)
{
    (void)state;
    const size_t n = 777;
    double *const x = rows_of(REF_FULL, n, D);
    int32_t *const labels = fixture_take(n, sizeof *labels);
    for (size_t i = 0; i < n; i++)
        labels[i] = i % 11 == 10 ? -1 : (int32_t)((3 * i + i / 9) % K);
    genmod_data *const memory = fixture_view(n, D, x);
    genmod_data *source = NULL;
    feed f = {x, NULL, labels, D, sizeof *x, 0, 0};
    assert_ok(genmod_data_set_labels(memory, n, labels, NULL));
    assert_ok(genmod_data_new(&source, NULL));
    assert_ok(genmod_data_set_source(source, GENMOD_F64, n, D, give, &f, NULL));
    gmm_model *const a = fixture_model(K, REF_FULL, "init=labels");
    gmm_model *const b = fixture_model(K, REF_FULL, "init=labels");
    assert_ok(gmm_start(a, memory, NULL));
    assert_ok(gmm_start(b, source, NULL));
    for (int i = 0; i < 3; i++) {
        assert_ok(gmm_step(a, memory, NULL));
        assert_ok(gmm_step(b, source, NULL));
    }
    const fixture_bytes bytes = fixture_save(a);
    assert_true(fixture_unchanged(b, bytes));
    free(bytes.p);
    gmm_free(a);
    gmm_free(b);
    genmod_data_free(memory);
    genmod_data_free(source);
    free(x);
    free(labels);
}

/* Strides of any sign; the same numbers. */
static void fit_of_strided_views_has_the_bits_of_dense_ones(void **state)
{
    (void)state;
    const size_t n = 1031;
    for (int type = 0; type < REF_TYPES; type++) {
        double *const x = rows_of(type, n, D);
        double *const columns = fixture_take(n * D, sizeof *columns);
        double *const sparse = fixture_take(n * 3 * D * 2, sizeof *sparse);
        double *const upside = fixture_take(n * D, sizeof *upside);
        for (size_t i = 0; i < n; i++) {
            for (size_t c = 0; c < D; c++) {
                columns[c * n + i] = x[i * D + c];
                sparse[i * 6 * D + 2 * c] = x[i * D + c];
                upside[(n - 1 - i) * D + (D - 1 - c)] = x[i * D + c];
            }
        }
        const struct {
            const double *rows;
            int64_t row, column;
        } layouts[4] = {{x, D, 1},
                        {columns, 1, (int64_t)n},
                        {sparse, 6 * D, 2},
                        {upside + n * D - 1, -(int64_t)D, -1}};
        genmod_data *const dense = fixture_view(n, D, x);
        const fixture_bytes want = fitted(type, dense, NULL);
        for (size_t i = 0; i < 4; i++) {
            assert_ok(genmod_data_set_rows(dense, GENMOD_F64, n, D,
                                           layouts[i].rows, layouts[i].row,
                                           layouts[i].column, NULL));
            const fixture_bytes got = fitted(type, dense, NULL);
            check_same("strides", type, n, got, want);
            free(got.p);
        }
        free(want.p);
        genmod_data_free(dense);
        free(x);
        free(columns);
        free(sparse);
        free(upside);
    }
}

/* What a const call gives for rows first … first + n - 1. */
typedef struct scores {
    double *density, *resp;
    float *narrow;
    int32_t *label;
} scores;

static scores scores_new(size_t n)
{
    const scores s = {
        fixture_take(n, sizeof(double)), fixture_take(n * K, sizeof(double)),
        fixture_take(n * K, sizeof(float)), fixture_take(n, sizeof(int32_t))};
    return s;
}

static void scores_free(scores s)
{
    free(s.density);
    free(s.resp);
    free(s.narrow);
    free(s.label);
}

static void score(const gmm_model *m, const genmod_data *v, size_t first,
                  size_t n, scores s, genmod_workspace *w)
{
    assert_ok(gmm_log_density(m, v, n * sizeof(double), s.density + first, w));
    assert_ok(gmm_responsibilities(m, v, GENMOD_F64, n * K * sizeof(double),
                                   s.resp + first * K, w));
    assert_ok(gmm_responsibilities(m, v, GENMOD_F32, n * K * sizeof(float),
                                   s.narrow + first * K, w));
    assert_ok(gmm_predict(m, v, n * sizeof(int32_t), s.label + first, w));
}

static void check_scores(size_t n, scores a, scores b)
{
    assert_memory_equal(a.density, b.density, n * sizeof *a.density);
    assert_memory_equal(a.resp, b.resp, n * K * sizeof *a.resp);
    assert_memory_equal(a.narrow, b.narrow, n * K * sizeof *a.narrow);
    assert_memory_equal(a.label, b.label, n * sizeof *a.label);
}

static void rows_scored_alone_have_the_bits_of_any_batch(void **state)
{
    (void)state;
    const size_t n = 1100;
    const size_t batches[] = {1, 2, 3, 7, 16, 17, 255, 256, 257, 1099, 1100};
    for (int type = 0; type < REF_TYPES; type++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            double *const x = rows_of(type, n, D);
            float *const y = fixture_narrow(n * D, x);
            genmod_data *const v = fixture_view(n, D, x);
            gmm_model *const m = fixture_model(K, type, options);
            assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
            genmod_workspace *const w = fixture_workspace(2);
            const scores want = scores_new(n), got = scores_new(n);
            for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
                for (size_t at = 0; at < n; at += batches[b]) {
                    const size_t left = n - at;
                    const size_t c = left < batches[b] ? left : batches[b];
                    const void *const rows = narrow
                                                 ? (const void *)(y + at * D)
                                                 : (const void *)(x + at * D);
                    assert_ok(genmod_data_set_rows(
                        v, narrow ? GENMOD_F32 : GENMOD_F64, c, D, rows, 0, 0,
                        NULL));
                    score(m, v, at, c, b ? got : want, w);
                }
                if (b)
                    check_scores(n, got, want);
            }
            scores_free(want);
            scores_free(got);
            genmod_workspace_free(w);
            gmm_free(m);
            genmod_data_free(v);
            free(x);
            free(y);
        }
    }
}

static void scores_have_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    const size_t threads[4] = {1, 2, 3, 7};
    const size_t n = 4097;
    for (int type = 0; type < REF_TYPES; type++) {
        double *const x = rows_of(type, n, D);
        genmod_data *const v = fixture_view(n, D, x);
        gmm_model *const m = fixture_model(K, type, options);
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        const scores want = scores_new(n), got = scores_new(n);
        double l[4];
        for (size_t i = 0; i < 4; i++) {
            genmod_workspace *const w = fixture_workspace(threads[i]);
            score(m, v, 0, n, i ? got : want, w);
            assert_ok(gmm_log_likelihood(m, v, &l[i], w));
            assert_true(l[i] == l[0]);
            if (i)
                check_scores(n, got, want);
            genmod_workspace_free(w);
        }
        scores_free(want);
        scores_free(got);
        gmm_free(m);
        genmod_data_free(v);
        free(x);
    }
}

/* Many columns: packing, not one block of a few, must not show. */
static void wide_rows_scored_alone_have_the_bits_of_any_batch(void **state)
{
    (void)state;
    const size_t n = 300, d = 67;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        ref_init(&r, type, K, d);
        ref_invent(&r, 3, 0.4);
        double *const x = rows_of(type, n, d);
        double *const all = fixture_take(n, sizeof *all);
        gmm_model *const m = fixture_from(&r, NULL);
        genmod_data *const v = fixture_view(n, d, x);
        assert_ok(gmm_log_density(m, v, n * sizeof *all, all, NULL));
        for (size_t i = 0; i < n; i++) {
            double one = 0;
            assert_ok(genmod_data_set_rows(v, GENMOD_F64, 1, d, x + i * d, 0, 0,
                                           NULL));
            assert_ok(gmm_log_density(m, v, sizeof one, &one, NULL));
            assert_memory_equal(&one, all + i, sizeof one);
        }
        genmod_data_free(v);
        gmm_free(m);
        free(x);
        free(all);
        ref_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_has_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(fit_has_the_same_bits_in_a_hosts_loop),
        cmocka_unit_test(
            fit_from_a_source_has_the_bits_of_memory_at_every_edge),
        cmocka_unit_test(
            fit_from_a_source_has_the_bits_of_memory_for_every_type),
        cmocka_unit_test(fit_from_labels_in_a_source_has_the_bits_of_memory),
        cmocka_unit_test(fit_of_strided_views_has_the_bits_of_dense_ones),
        cmocka_unit_test(rows_scored_alone_have_the_bits_of_any_batch),
        cmocka_unit_test(scores_have_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(wide_rows_scored_alone_have_the_bits_of_any_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
