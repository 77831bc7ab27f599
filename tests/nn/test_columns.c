#include "support/test.h"

#include "nn/nn.h"

typedef struct learned {
    nn_columns c;
    double center[64], scale[64], mean_weight;
} learned;

static int32_t learn(genmod_data *x, int standardise, learned *l,
                     genmod_workspace *w)
{
    base_call call;

    l->c = (nn_columns){.center = l->center, .scale = l->scale};
    l->c.size = (nn_size){.rank = 1, .n = (int64_t)base_data_columns(x)};
    w = base_enter(&call, w, NULL);
    assert_non_null(w);
    return base_leave(
        &call, nn_columns_learn(x, standardise, &l->c, &l->mean_weight, w));
}

static genmod_data *view(int32_t type, size_t n, size_t d, const void *rows)
{
    genmod_data *x;

    assert_ok(genmod_data_new(&x, NULL));
    assert_ok(genmod_data_set_rows(x, type, n, d, rows, 0, 0, NULL));
    return x;
}

/* Mean and deviation by their definition, in two passes. */
static void moments(size_t n, size_t d, size_t j, const double *x,
                    const double *weight, long double *mean,
                    long double *deviation)
{
    long double sum = 0, total = 0, square = 0;

    for (size_t i = 0; i < n; i++) {
        const long double a = weight ? weight[i] : 1;

        total += a;
        sum += a * x[i * d + j];
    }
    *mean = sum / total;
    for (size_t i = 0; i < n; i++)
        square += (weight ? weight[i] : 1) * (x[i * d + j] - *mean) *
                  (x[i * d + j] - *mean);
    *deviation = sqrtl(square / total);
}

/* A number without symmetry for cell (i, j), about 3 j. */
static double cell(size_t i, size_t j)
{
    const uint64_t x = (i * 2654435761u + j * 97003u + 7) * 2246822519u;

    return (double)(x >> 11 & 0xfffff) / 0x40000 * (1 + (double)j) +
           3 * (double)j;
}

/* 4000 rows of 40 columns: five blocks, the last a part of one. */
static void learn_gives_means_and_deviations_of_many_rows(void **state)
{
    enum { N = 4000, D = 40 };
    double *const cells = malloc(N * D * sizeof *cells);
    double *const weights = malloc(N * sizeof *weights);
    genmod_data *const x = view(GENMOD_F64, N, D, cells);
    long double mean, deviation;
    double total = 0;
    learned l;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        weights[i] = 0.5 + (double)(i % 7);
        total += weights[i];
        for (size_t j = 0; j < D; j++)
            cells[i * D + j] = cell(i, j);
    }
    for (int weighted = 0; weighted < 2; weighted++) {
        if (weighted)
            assert_ok(genmod_data_set_weights(x, N, weights, NULL));
        assert_ok(learn(x, 1, &l, NULL));
        assert_near(l.mean_weight, weighted ? total / N : 1, 1e-12);
        for (size_t j = 0; j < D; j++) {
            moments(N, D, j, cells, weighted ? weights : NULL, &mean,
                    &deviation);
            assert_near(l.center[j], mean, 1e-13 * (double)mean);
            assert_near(l.scale[j], deviation, 1e-13 * (double)deviation);
        }
    }
    genmod_data_free(x);
    free(weights);
    free(cells);
}

/* Deviations of 1 at 1e9; x^2 - mean^2 would have no digit left. */
static void learn_is_not_disturbed_by_an_offset_or_a_far_first_row(void **s)
{
    enum { N = 3000 };
    double cells[N];
    genmod_data *const x = view(GENMOD_F64, N, 1, cells);
    long double mean, deviation;
    learned l;

    (void)s;
    for (size_t i = 0; i < N; i++)
        cells[i] = 1e9 + cell(i, 0);
    moments(N, 1, 0, cells, NULL, &mean, &deviation);
    assert_ok(learn(x, 1, &l, NULL));
    assert_near(l.scale[0], deviation, 1e-12);
    for (size_t i = 0; i < N; i++)
        cells[i] = i ? cell(i, 0) : -1e6;
    moments(N, 1, 0, cells, NULL, &mean, &deviation);
    assert_ok(learn(x, 1, &l, NULL));
    assert_near(l.scale[0], deviation, 1e-12 * (double)deviation);
    genmod_data_free(x);
}

static void learn_gives_constant_columns_the_scale_one(void **state)
{
    enum { N = 5000, D = 4 };
    double *const cells = malloc(N * D * sizeof *cells);
    genmod_data *const x = view(GENMOD_F64, N, D, cells);
    learned l;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        cells[i * D] = 0.1;
        cells[i * D + 1] = i % 3 ? 0.1 + 0.2 : 0.3; /* a rounding apart */
        cells[i * D + 2] = 0;
        cells[i * D + 3] = i % 3 ? 3e-200 : 5e-200;
    }
    assert_ok(learn(x, 1, &l, NULL));
    assert_true(l.center[0] == 0.1 && l.scale[0] == 1);
    assert_true(l.scale[1] == 1);
    assert_true(l.center[2] == 0 && l.scale[2] == 1);
    genmod_data_free(x);
    free(cells);
}

static void learn_reads_floats_and_bytes_as_they_are_scaled(void **state)
{
    enum { N = 700, D = 3 };
    static float floats[N * D];
    static uint8_t bytes[N * D];
    static double cells[N * D];
    genmod_data *const f = view(GENMOD_F32, N, D, floats);
    genmod_data *const b = view(GENMOD_U8, N, D, bytes);
    long double mean, deviation;
    learned l;

    (void)state;
    assert_ok(genmod_data_set_scale(b, 1 / 255.0, -0.5, NULL));
    for (size_t i = 0; i < N * D; i++) {
        floats[i] = (float)cell(i / D, i % D);
        bytes[i] = (uint8_t)((i * 37 + i / D) % 251);
        cells[i] = (double)floats[i];
    }
    assert_ok(learn(f, 1, &l, NULL));
    for (size_t j = 0; j < D; j++) {
        moments(N, D, j, cells, NULL, &mean, &deviation);
        assert_near(l.center[j], mean, 1e-13 * (fabs((double)mean) + 1));
        assert_near(l.scale[j], deviation, 1e-13 * (double)deviation);
    }
    for (size_t i = 0; i < N * D; i++)
        cells[i] = bytes[i] / 255.0 - 0.5;
    assert_ok(learn(b, 1, &l, NULL));
    for (size_t j = 0; j < D; j++) {
        moments(N, D, j, cells, NULL, &mean, &deviation);
        assert_near(l.center[j], mean, 1e-13);
        assert_near(l.scale[j], deviation, 1e-13);
    }
    genmod_data_free(f);
    genmod_data_free(b);
}

static void learn_without_standardising_still_checks_the_rows(void **state)
{
    double cells[3 * 2] = {1, 2, 3, 4, 5, 9};
    const double weights[] = {1, 2, 6};
    genmod_data *const x = view(GENMOD_F64, 3, 2, cells);
    genmod_workspace *w;
    learned l;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_ok(genmod_data_set_weights(x, 3, weights, w));
    assert_ok(learn(x, 0, &l, w));
    assert_true(l.center[0] == 0 && l.center[1] == 0);
    assert_true(l.scale[0] == 1 && l.scale[1] == 1 && l.mean_weight == 3);
    cells[5] = NAN;
    assert_status(learn(x, 0, &l, w), GENMOD_NON_FINITE, w);
    assert_error_names(w, "row 2, column 1 is nan");
    genmod_workspace_free(w);
    genmod_data_free(x);
}

static void learn_names_row_and_column_far_down_the_data(void **state)
{
    enum { N = 40000, D = 3 };
    float *const cells = calloc(N * D, sizeof *cells);
    genmod_data *const x = view(GENMOD_F32, N, D, cells);
    genmod_workspace *w;
    learned l;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    cells[39001 * D + 2] = -INFINITY;
    assert_status(learn(x, 1, &l, w), GENMOD_NON_FINITE, w);
    assert_error_names(w, "row 39001, column 2 is -inf");
    genmod_workspace_free(w);
    genmod_data_free(x);
    free(cells);
}

static void learn_refuses_a_deviation_beyond_doubles(void **state)
{
    double cells[] = {1, 1e300, 2, -1e300};
    genmod_data *const x = view(GENMOD_F64, 2, 2, cells);
    genmod_workspace *w;
    learned l;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_status(learn(x, 1, &l, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "column 1");
    assert_ok(learn(x, 0, &l, w));
    genmod_workspace_free(w);
    genmod_data_free(x);
}

static void learn_ends_when_it_is_cancelled(void **state)
{
    double cells[] = {1, 2, 3, 4};
    genmod_data *const x = view(GENMOD_F64, 2, 2, cells);
    genmod_workspace *w;
    learned l;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    genmod_workspace_cancel(w);
    assert_status(learn(x, 1, &l, w), GENMOD_CANCELLED, w);
    assert_ok(learn(x, 1, &l, w));
    genmod_workspace_free(w);
    genmod_data_free(x);
}

typedef struct feed {
    const double *cells, *weights;
    size_t d;
} feed;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    const feed *const f = user;

    (void)labels;
    for (size_t i = 0; i < n; i++) {
        memcpy((double *)x + i * f->d, f->cells + (size_t)rows[i] * f->d,
               f->d * sizeof(double));
        weights[i] = f->weights[rows[i]];
    }
    return 0;
}

static void learn_from_a_source_gives_the_bits_of_memory(void **state)
{
    enum { N = 3000, D = 30 };
    double *const cells = malloc(N * D * sizeof *cells);
    double *const weights = malloc(N * sizeof *weights);
    feed source = {cells, weights, D};
    genmod_data *const x = view(GENMOD_F64, N, D, cells);
    learned a, b;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        weights[i] = 0.5 + (double)(i % 7);
        for (size_t j = 0; j < D; j++)
            cells[i * D + j] = cell(i, j);
    }
    assert_ok(genmod_data_set_weights(x, N, weights, NULL));
    assert_ok(learn(x, 1, &a, NULL));
    assert_ok(genmod_data_set_source(x, GENMOD_F64, N, D, give, &source, NULL));
    assert_ok(learn(x, 1, &b, NULL));
    assert_memory_equal(a.center, b.center, D * sizeof(double));
    assert_memory_equal(a.scale, b.scale, D * sizeof(double));
    assert_true(a.mean_weight == b.mean_weight);
    genmod_data_free(x);
    free(weights);
    free(cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learn_gives_means_and_deviations_of_many_rows),
        cmocka_unit_test(
            learn_is_not_disturbed_by_an_offset_or_a_far_first_row),
        cmocka_unit_test(learn_gives_constant_columns_the_scale_one),
        cmocka_unit_test(learn_reads_floats_and_bytes_as_they_are_scaled),
        cmocka_unit_test(learn_without_standardising_still_checks_the_rows),
        cmocka_unit_test(learn_names_row_and_column_far_down_the_data),
        cmocka_unit_test(learn_refuses_a_deviation_beyond_doubles),
        cmocka_unit_test(learn_ends_when_it_is_cancelled),
        cmocka_unit_test(learn_from_a_source_gives_the_bits_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
