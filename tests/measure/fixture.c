#include "measure/fixture.h"

double fixture_uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 12) + 0.5) / 4503599627370496.0;
}

double fixture_normal(uint64_t *state)
{
    const double radius = sqrt(-2 * log(fixture_uniform(state)));

    return radius * cos(6.283185307179586 * fixture_uniform(state));
}

void fixture_table(size_t n, uint64_t *state, double *p)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        p[i] = exp(3 * fixture_normal(state));
        sum += p[i];
    }
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

void fixture_sample(size_t n, size_t d, uint64_t seed, double shift, double *x)
{
    seed *= 0x9E3779B97F4A7C15u; /* neighbours would run side by side */
    for (size_t i = 0; i < n * d; i++)
        x[i] = fixture_normal(&seed) + (i % d ? 0 : shift);
}

genmod_data *fixture_view(size_t n, size_t d, const double *x)
{
    genmod_data *v = NULL;

    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, n, d, x, 0, 0, NULL));
    return v;
}

genmod_workspace *fixture_threads(size_t n)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;

    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, n));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c);
    return w;
}

#define COLUMNS 3
#define MOST_COLUMNS 17

typedef struct origin {
    size_t d;
    const double *rows;
} origin;

static int32_t source(size_t n, const int64_t *rows, void *x, double *weights,
                      int32_t *labels, void *user)
{
    const origin *const from = user;

    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * from->d,
               from->rows + rows[i] * (int64_t)from->d,
               from->d * sizeof *from->rows);
    return 0;
}

static int32_t ends(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    (void)n;
    (void)rows;
    (void)x;
    (void)weights;
    (void)labels;
    (void)user;
    return -3;
}

static void check_bits(fixture_call call, size_t d)
{
    enum { m = 700, n = 300 };
    static const size_t threads[] = {1, 2, 3, 7};
    static double a[m * MOST_COLUMNS], b[n * MOST_COLUMNS];
    double want[3] = {0}, got[3] = {0};
    origin from = {d, a};

    fixture_sample(m, d, 3, 0, a);
    fixture_sample(n, d, 5, 0.5, b);
    genmod_data *const x = fixture_view(m, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    assert_ok(call(x, y, want, NULL));
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        genmod_workspace *const w = fixture_threads(threads[i]);

        assert_ok(call(x, y, got, w));
        assert_memory_equal(got, want, sizeof got);
        genmod_workspace_free(w);
    }
    assert_ok(genmod_data_set_source(x, GENMOD_F64, m, d, source, &from, NULL));
    assert_ok(call(x, y, got, NULL));
    assert_memory_equal(got, want, sizeof got);
    genmod_data_free(y);
    genmod_data_free(x);
}

void fixture_check_bits(fixture_call call)
{
    check_bits(call, COLUMNS);
    check_bits(call, MOST_COLUMNS);
}

static void refused(fixture_call call, const genmod_data *x,
                    const genmod_data *y, int32_t status, const char *text,
                    genmod_workspace *w)
{
    double out[3] = {2.385, 2.385, 2.385};

    assert_status(call(x, y, out, w), status, w);
    assert_error_names(w, text);
    for (int i = 0; i < 3; i++)
        assert_true(out[i] == 2.385);
}

void fixture_check_data(fixture_call call)
{
    enum { n = 40 };
    static double a[n * COLUMNS], b[n * COLUMNS];
    static double weights[n];
    genmod_workspace *const w = fixture_threads(1);
    genmod_data *none = NULL;

    fixture_sample(n, COLUMNS, 3, 0, a);
    fixture_sample(n, COLUMNS, 5, 0, b);
    genmod_data *const x = fixture_view(n, COLUMNS, a);
    genmod_data *const y = fixture_view(n, COLUMNS, b);
    genmod_data *const other = fixture_view(n, 2, b);
    assert_ok(genmod_data_new(&none, NULL));
    refused(call, NULL, y, GENMOD_BAD_ARGUMENT, "x is NULL", w);
    refused(call, x, NULL, GENMOD_BAD_ARGUMENT, "y is NULL", w);
    refused(call, none, y, GENMOD_BAD_ARGUMENT, "x has no rows", w);
    refused(call, x, none, GENMOD_BAD_ARGUMENT, "y has no rows", w);
    refused(call, x, other, GENMOD_BAD_ARGUMENT, "y has 2 columns; x has 3", w);
    b[7 * COLUMNS + 1] = NAN;
    refused(call, x, y, GENMOD_NON_FINITE,
            "y: the cell in row 7, column 1 is nan", w);
    b[7 * COLUMNS + 1] = 0;
    for (size_t i = 0; i < n; i++)
        weights[i] = i == 9 ? 2 : 1;
    assert_ok(genmod_data_set_weights(y, n, weights, w));
    refused(call, x, y, GENMOD_UNSUPPORTED, "y has a row of weight 2", w);
    weights[9] = 1;
    assert_ok(call(x, y, a, w));
    assert_ok(genmod_data_set_source(y, GENMOD_F64, n, COLUMNS, ends, NULL, w));
    refused(call, x, y, GENMOD_CALLBACK, "the row source returned -3", w);
    genmod_workspace_cancel(w);
    refused(call, x, x, GENMOD_CANCELLED, "cancelled", w);
    genmod_data_free(none);
    genmod_data_free(other);
    genmod_data_free(y);
    genmod_data_free(x);
    genmod_workspace_free(w);
}
