#include "gan/mixed.h"

#include <math.h>

const int32_t mixed_kinds[D] = {GENMOD_REAL,     GENMOD_CATEGORICAL,
                                GENMOD_POSITIVE, GENMOD_COUNT,
                                GENMOD_BINARY,   GENMOD_REAL};
const int32_t mixed_levels[D] = {0, 3, 0, 0, 0, 0};
double mixed_rows[N * D];

const char *const mixed_plans[PLANS] = {SMALL "numeric=standard",
                                        SMALL "packing=2 | numeric=quantile",
                                        SMALL "modes=3 | numeric=modes"};

void mixed_make_rows(void)
{
    double *const e = fixture_invent(N, 3, 7);
    for (size_t i = 0; i < N; i++) {
        double *const r = mixed_rows + i * D;
        r[0] = e[3 * i] + (i % 2 ? 40 : 0);
        r[1] = (double)(i % 5 == 0 ? 2 : i % 2);
        r[2] = exp(e[3 * i + 1] / 10);
        r[3] = (double)(i * i % 37 / 3);
        r[4] = (double)(i % 2);
        r[5] = i % 3 ? e[3 * i + 2] : 0;
    }
    free(e);
}

genmod_data *mixed_view(void)
{
    genmod_data *const v = fixture_view(N, D, mixed_rows);
    assert_ok(genmod_data_set_schema(v, D, mixed_kinds, mixed_levels, NULL));
    return v;
}

gan_model *mixed_model(const char *options)
{
    genmod_data *const v = mixed_view();
    gan_model *const m = fixture_model(options);
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_step(m, v, NULL));
    genmod_data_free(v);
    return m;
}
