/* Rows between rows. A linear model whose weights are set to do nothing shows
 * the codes themselves. */
#include "vae/rows.h"

#define D 3
#define N 4
#define STEPS 5

static void set_identity(vae_model *m, const char *name, size_t columns)
{
    double w[D * 2 * D] = {0};
    for (size_t i = 0; i < D; i++)
        w[i * columns + i] = 1;
    assert_ok(vae_set_params(m, name, D * columns, w, NULL));
}

/* encode() and decode() give back what goes in. */
static vae_model *mirror(void)
{
    static const double x[2 * D] = {1, 2, 3, 5, 8, 13};
    static const double zeros[2 * D];
    vae_model *const m = fixture_model(
        "code=3 | encoder=dense 3 | decoder=dense 3 | standardise=0 | "
        "likelihood=gaussian");
    genmod_data *const v = fixture_view(2, D, x);
    assert_ok(vae_start(m, v, NULL));
    set_identity(m, "encoder.0.weight", D);
    set_identity(m, "encoder.1.weight", 2 * D);
    set_identity(m, "decoder.0.weight", D);
    set_identity(m, "decoder.1.weight", D);
    assert_ok(vae_set_params(m, "encoder.0.bias", D, zeros, NULL));
    assert_ok(vae_set_params(m, "encoder.1.bias", 2 * D, zeros, NULL));
    assert_ok(vae_set_params(m, "decoder.0.bias", D, zeros, NULL));
    assert_ok(vae_set_params(m, "decoder.1.bias", D, zeros, NULL));
    genmod_data_free(v);
    return m;
}

static void walk(const vae_model *m, size_t n, const double *from,
                 const double *to, int32_t path, double *out)
{
    genmod_data *const p = fixture_view(n, D, from);
    genmod_data *const q = fixture_view(n, D, to);
    assert_ok(vae_interpolate(m, p, q, STEPS, path, GENMOD_F64,
                              n * STEPS * D * sizeof *out, out, NULL));
    genmod_data_free(p);
    genmod_data_free(q);
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void linear_paths_are_straight(void **state)
{
    (void)state;
    static const double from[2 * D] = {1, -2.25, 0.5, 0, 0, 0};
    static const double to[2 * D] = {-3, 1.75, 8.5, 4, -8, 0.5};
    double out[2 * STEPS * D];
    vae_model *const m = mirror();
    walk(m, 2, from, to, GENMOD_LINEAR, out);
    for (size_t i = 0; i < 2; i++)
        for (size_t t = 0; t < STEPS; t++)
            for (size_t j = 0; j < D; j++) {
                const double p = from[i * D + j], q = to[i * D + j];
                assert_true(out[(i * STEPS + t) * D + j] ==
                            p + (q - p) * (double)t / 4);
            }
    vae_free(m);
}

/* Equal angles, and the norm stays that of the ends. */
static void spherical_paths_of_unit_codes_stay_on_the_sphere(void **state)
{
    (void)state;
    static const double from[N * D] = {1, 0, 0, 0.6, 0.8, 0,
                                       0, 0, 1, 0.6, 0,   0.8};
    static const double to[N * D] = {0, 1,    0,     -0.6, 0.8,  0,
                                     0, 0.28, -0.96, 0.6,  0.64, 0.48};
    double out[N * STEPS * D];
    vae_model *const m = mirror();
    walk(m, N, from, to, GENMOD_SPHERICAL, out);
    for (size_t i = 0; i < N; i++) {
        const double angle = acos(dot(from + i * D, to + i * D));
        for (size_t t = 0; t < STEPS; t++) {
            const double *const at = out + (i * STEPS + t) * D;
            /* codes are floats: roundings of 2^-24 */
            assert_near(dot(at, at), 1, 1e-6);
            assert_near(dot(at, from + i * D), cos(angle * (double)t / 4),
                        1e-6);
        }
    }
    vae_free(m);
}

/* No great circle is the one between them: they go along the line. */
static void paths_between_codes_on_one_line_are_straight(void **state)
{
    (void)state;
    static const double from[N * D] = {1,    2, -2, 0, 0,    0,
                                       0.25, 1, 3,  2, 2.25, 1};
    static const double to[N * D] = {-1,  -2, 2, 4, 1,    0.5,
                                     0.5, 2,  6, 2, 2.25, 1};
    double line[N * STEPS * D], sphere[N * STEPS * D];
    vae_model *const m = mirror();
    walk(m, N, from, to, GENMOD_LINEAR, line);
    walk(m, N, from, to, GENMOD_SPHERICAL, sphere);
    assert_memory_equal(line, sphere, sizeof line);
    vae_free(m);
}

/* As far as a float can tell opposites from what is nearly so, and twins; of
 * other norms. */
static void paths_between_nearly_opposite_codes_are_bounded(void **state)
{
    (void)state;
    double from[24 * D], to[24 * D], out[24 * STEPS * D];
    vae_model *const m = mirror();
    for (size_t i = 0; i < 24; i++) {
        const double apart = ldexp(1, -(int)i);
        memcpy(from + i * D, (const double[D]){1, 0, 0}, D * sizeof *from);
        memcpy(to + i * D, (const double[D]){i % 2 ? 3 : -3, apart, 0},
               D * sizeof *to);
    }
    walk(m, 24, from, to, GENMOD_SPHERICAL, out);
    for (size_t i = 0; i < 24; i++)
        for (size_t t = 0; t < STEPS; t++) {
            const double *const at = out + (i * STEPS + t) * D;
            const double end = sqrt(dot(to + i * D, to + i * D));
            const double norm = 1 + (end - 1) * (double)t / 4;
            /* where the sine is 2^-20, floats of codes tell it to 2^-4; along
             * the line the norm is less */
            assert_true(sqrt(dot(at, at)) < 1.1 * norm);
        }
    for (size_t i = 0; i < 24; i++) {
        assert_memory_equal(out + i * STEPS * D, from + i * D,
                            D * sizeof *from);
        assert_memory_equal(out + ((i + 1) * STEPS - 1) * D, to + i * D,
                            D * sizeof *to);
    }
    vae_free(m);
}

static void ends_are_the_reconstructions(void **state)
{
    (void)state;
    enum { n = 30, steps = 4 };
    rows_table a, b;
    rows_open(&a, n, 4, 1);
    rows_open(&b, n, 5, 1);
    memcpy(b.labels, a.labels, n * sizeof *b.labels);
    genmod_data *const from = rows_view(&a), *const to = rows_view(&b);
    vae_model *const m = fixture_model("code=3 | missing=1 | classes=3 | "
                                       "encoder=dense 20; tanh | epochs=2");
    double p[n * ROWS_D], q[n * ROWS_D], out[n * steps * ROWS_D];
    const size_t row = ROWS_D * sizeof *out;
    assert_ok(vae_fit(m, from, NULL, NULL, NULL, NULL));
    assert_ok(vae_reconstruct(m, from, GENMOD_MEAN, 0, GENMOD_F64, sizeof p, p,
                              NULL));
    assert_ok(
        vae_reconstruct(m, to, GENMOD_MEAN, 0, GENMOD_F64, sizeof q, q, NULL));
    for (int32_t path = GENMOD_LINEAR; path <= GENMOD_SPHERICAL; path++) {
        assert_ok(vae_interpolate(m, from, to, steps, path, GENMOD_F64,
                                  sizeof out, out, NULL));
        for (size_t i = 0; i < n; i++) {
            const double *const first = out + i * steps * ROWS_D;
            assert_memory_equal(first, p + i * ROWS_D, row);
            assert_memory_equal(first + (steps - 1) * ROWS_D, q + i * ROWS_D,
                                row);
        }
    }
    genmod_data_free(from);
    genmod_data_free(to);
    vae_free(m);
    rows_close(&a);
    rows_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_paths_are_straight),
        cmocka_unit_test(spherical_paths_of_unit_codes_stay_on_the_sphere),
        cmocka_unit_test(paths_between_codes_on_one_line_are_straight),
        cmocka_unit_test(paths_between_nearly_opposite_codes_are_bounded),
        cmocka_unit_test(ends_are_the_reconstructions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
