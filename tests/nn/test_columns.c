#include "support/test.h"

#include "nn/nn.h"

typedef struct learned {
    nn_columns c;
    double center[64], scale[64], mean_weight;
} learned;

static int32_t learn_kinds(genmod_data *x, int standardise, int missing,
                           const int32_t *kind, const int32_t *level,
                           learned *l, genmod_workspace *w)
{
    base_call call;

    l->c = (nn_columns){.center = l->center,
                        .scale = l->scale,
                        .kind = kind,
                        .levels = level,
                        .missing = missing};
    l->c.size = (nn_size){.rank = 1, .n = (int64_t)base_data_columns(x)};
    assert_ok(genmod_data_set_missing(x, missing, NULL));
    w = base_enter(&call, w, NULL);
    assert_non_null(w);
    return base_leave(
        &call, nn_columns_learn(x, standardise, &l->c, &l->mean_weight, w));
}

static int32_t learn(genmod_data *x, int standardise, learned *l,
                     genmod_workspace *w)
{
    return learn_kinds(x, standardise, 0, NULL, NULL, l, w);
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

enum { ROWS = 14000, MIXED = 7 }; /* three blocks */

static const int32_t kinds[MIXED] = {
    GENMOD_REAL, GENMOD_POSITIVE,    GENMOD_COUNT, GENMOD_BINARY,
    GENMOD_REAL, GENMOD_CATEGORICAL, GENMOD_REAL};
static const int32_t levels[MIXED] = {0, 0, 0, 0, 0, 4, 0};

static double mixed_cell(size_t i, size_t j)
{
    const double v = cell(i, j);

    return kinds[j] == GENMOD_COUNT         ? floor(v * 3)
           : kinds[j] == GENMOD_BINARY      ? (double)(i % 7 % 2)
           : kinds[j] == GENMOD_CATEGORICAL ? (double)(i % 11 % 4)
           : kinds[j] == GENMOD_POSITIVE    ? v + 0.125
                                            : v;
}

/* Column 4 has no cell in the first block and the last, column 6 none at all.
 */
static int is_gap(size_t i, size_t j)
{
    return j == 6 || (j == 4 && (i < 4900 || i > 9000)) ||
           (j != 6 && (i * MIXED + j) % 5 == 2);
}

static double as_learned(size_t j, double v)
{
    return kinds[j] == GENMOD_POSITIVE ? log(v)
           : kinds[j] == GENMOD_COUNT  ? log1p(v)
                                       : v;
}

static int32_t learn_mixed(genmod_data *x, int standardise, int missing,
                           learned *l, genmod_workspace *w)
{
    return learn_kinds(x, standardise, missing, kinds, levels, l, w);
}

static void fill_mixed(double *cells, double *weights, int gaps)
{
    for (size_t i = 0; i < ROWS; i++) {
        weights[i] = 0.5 + (double)(i % 7);
        for (size_t j = 0; j < MIXED; j++)
            cells[i * MIXED + j] =
                gaps && is_gap(i, j) ? NAN : mixed_cell(i, j);
    }
}

/* The cells of column j that are there, as they are learned; how many. */
static size_t gather(size_t j, const double *cells, const double *weights,
                     double *there, double *weight)
{
    size_t n = 0;

    for (size_t i = 0; i < ROWS; i++) {
        const double v = cells[i * MIXED + j];

        if (v == v) {
            there[n] = as_learned(j, v);
            weight[n++] = weights[i];
        }
    }
    return n;
}

static void check_learned(const double *cells, const double *weights,
                          const learned *l)
{
    double *const there = malloc(ROWS * sizeof *there);
    double *const weight = malloc(ROWS * sizeof *weight);
    long double mean, deviation;

    for (size_t j = 0; j < MIXED; j++) {
        const size_t n = gather(j, cells, weights, there, weight);
        const int bare = n == 0 || kinds[j] == GENMOD_BINARY ||
                         kinds[j] == GENMOD_CATEGORICAL;

        moments(n ? n : 1, 1, 0, there, weight, &mean, &deviation);
        if (bare)
            assert_true(l->center[j] == 0 && l->scale[j] == 1);
        else {
            assert_near(l->center[j], mean, 1e-13 * (fabs((double)mean) + 1));
            assert_near(l->scale[j], deviation, 1e-13 * (double)deviation);
        }
    }
    free(weight);
    free(there);
}

static void learn_takes_the_cells_that_are_there_by_their_kind(void **state)
{
    double *const cells = malloc(ROWS * MIXED * sizeof *cells);
    double *const weights = malloc(ROWS * sizeof *weights);
    genmod_data *const x = view(GENMOD_F64, ROWS, MIXED, cells);
    double total = 0;
    learned l;

    (void)state;
    assert_ok(genmod_data_set_weights(x, ROWS, weights, NULL));
    for (int gaps = 0; gaps < 2; gaps++) {
        fill_mixed(cells, weights, gaps);
        assert_ok(learn_mixed(x, 1, gaps, &l, NULL));
        check_learned(cells, weights, &l);
    }
    for (size_t i = 0; i < ROWS; i++)
        total += weights[i];
    assert_near(l.mean_weight, total / ROWS, 1e-12);
    assert_ok(learn_mixed(x, 0, 1, &l, NULL));
    for (size_t j = 0; j < MIXED; j++)
        assert_true(l.center[j] == 0 && l.scale[j] == 1);
    assert_near(l.mean_weight, total / ROWS, 1e-12);
    genmod_data_free(x);
    free(weights);
    free(cells);
}

/* A heavy row without the cell must not take digits from the light ones. */
static void learn_is_not_disturbed_by_the_weight_of_gaps(void **state)
{
    double cells[5] = {NAN, 2.5, NAN, 4, 3.25};
    const double weights[5] = {1e30, 1, 1e28, 2, 1};
    const double there[3] = {2.5, 4, 3.25}, light[3] = {1, 2, 1};
    genmod_data *const x = view(GENMOD_F64, 5, 1, cells);
    long double mean, deviation;
    learned l;

    (void)state;
    assert_ok(genmod_data_set_weights(x, 5, weights, NULL));
    assert_ok(learn_kinds(x, 1, 1, NULL, NULL, &l, NULL));
    moments(3, 1, 0, there, light, &mean, &deviation);
    assert_near(l.center[0], mean, 1e-15);
    assert_near(l.scale[0], deviation, 1e-15);
    genmod_data_free(x);
}

/* Nothing is missing, but could be: the bits stay. */
static void learn_with_no_gap_gives_the_bits_of_real_columns(void **state)
{
    enum { N = 4000, D = 30 };
    double *const cells = malloc(N * D * sizeof *cells);
    genmod_data *const x = view(GENMOD_F64, N, D, cells);
    learned a, b;

    (void)state;
    for (size_t i = 0; i < N * D; i++)
        cells[i] = cell(i / D, i % D);
    assert_ok(learn(x, 1, &a, NULL));
    assert_ok(learn_kinds(x, 1, 1, NULL, NULL, &b, NULL));
    assert_memory_equal(a.center, b.center, D * sizeof(double));
    assert_memory_equal(a.scale, b.scale, D * sizeof(double));
    assert_true(a.mean_weight == b.mean_weight);
    genmod_data_free(x);
    free(cells);
}

/* Positive floats a rounding apart, near 1, where the logarithm is small. */
static void learn_gives_constant_positive_columns_the_scale_one(void **state)
{
    static const int32_t positive[] = {GENMOD_POSITIVE, GENMOD_COUNT};
    float cells[6] = {1, 1000000, 1 + 0x1p-23f, 1000001, 1, 1000000};
    genmod_data *const x = view(GENMOD_F32, 3, 2, cells);
    learned l;

    (void)state;
    assert_ok(learn_kinds(x, 1, 0, positive, NULL, &l, NULL));
    assert_true(l.scale[0] == 1);
    /* counts are exact */
    assert_near(l.scale[1], sqrt(2.0 / 9) / 1e6, 1e-12);
    genmod_data_free(x);
}

static void learn_names_a_cell_of_another_kind_far_down(void **state)
{
    double *const cells = malloc(ROWS * MIXED * sizeof *cells);
    double *const weights = malloc(ROWS * sizeof *weights);
    genmod_data *const x = view(GENMOD_F64, ROWS, MIXED, cells);
    genmod_workspace *w;
    learned l;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    fill_mixed(cells, weights, 0);
    cells[13001 * MIXED + 5] = 4;
    for (int standardise = 0; standardise < 2; standardise++) {
        assert_status(learn_mixed(x, standardise, 0, &l, w),
                      GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, "row 13001, column 5 is 4; a category is a whole "
                              "number from 0 to 3");
    }
    cells[13001 * MIXED + 5] = NAN;
    assert_status(learn_mixed(x, 1, 0, &l, w), GENMOD_NON_FINITE, w);
    assert_error_names(w, "row 13001, column 5 is nan");
    assert_ok(learn_mixed(x, 1, 1, &l, w));
    genmod_workspace_free(w);
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
        cmocka_unit_test(learn_takes_the_cells_that_are_there_by_their_kind),
        cmocka_unit_test(learn_is_not_disturbed_by_the_weight_of_gaps),
        cmocka_unit_test(learn_with_no_gap_gives_the_bits_of_real_columns),
        cmocka_unit_test(learn_gives_constant_positive_columns_the_scale_one),
        cmocka_unit_test(learn_names_a_cell_of_another_kind_far_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
