#include "vae/rows.h"

const int32_t rows_kinds[ROWS_D] = {GENMOD_REAL,        GENMOD_POSITIVE,
                                    GENMOD_COUNT,       GENMOD_BINARY,
                                    GENMOD_CATEGORICAL, GENMOD_REAL};
const int32_t rows_levels[ROWS_D] = {0, 0, 0, 0, 3, 0};

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

void rows_open(rows_table *t, size_t n, uint64_t seed, int missing)
{
    *t = (rows_table){.n = n, .missing = missing};
    t->x = fixture_take(n * ROWS_D, sizeof *t->x);
    t->labels = fixture_take(n, sizeof *t->labels);
    for (size_t i = 0; i < n; i++) {
        const double a = uniform(&seed), b = uniform(&seed);
        double *const row = t->x + i * ROWS_D;
        row[0] = 2.385 * a - b;
        row[1] = 0.3 + 4 * a * b;
        row[2] = floor(9 * b);
        row[3] = a > 0.4;
        row[4] = floor(3 * b);
        row[5] = 40 - 7 * b + a;
        t->labels[i] = (int32_t)(3 * a);
        for (size_t j = 0; missing && j < ROWS_D; j++)
            if (uniform(&seed) < 0.15)
                row[j] = NAN;
    }
}

void rows_close(rows_table *t)
{
    free(t->x);
    free(t->labels);
}

genmod_data *rows_view(const rows_table *t)
{
    genmod_data *const v = fixture_view(t->n, ROWS_D, t->x);
    assert_ok(genmod_data_set_schema(v, ROWS_D, rows_kinds, rows_levels, NULL));
    assert_ok(genmod_data_set_labels(v, t->n, t->labels, NULL));
    assert_ok(genmod_data_set_missing(v, t->missing, NULL));
    return v;
}
