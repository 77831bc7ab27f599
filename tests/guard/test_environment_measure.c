/* The host's floating-point environment and locale, before and after every
 * public call that measures distributions. */
#include "guard/environment.h"

#include <fenv.h>

#include <genmod/genmod.h>

#define OUTCOMES 4

static const double first_table[OUTCOMES] = {0.5, 0.25, 0.1875, 0.0625};
static const double second_table[OUTCOMES] = {0.125, 0.25, 0.5, 0.125};

/* What the calls gave, to be compared bit by bit. */
typedef struct result {
    double discrete[5];
    double density[8];
    double gaussian[7];
    double sample[7];
    double quality[40];
    int64_t count[2];
} result;

static void play_discrete(const environment *e, result *r)
{
    const double *const p = first_table, *const q = second_table;

    environment_good(
        e, "genmod_discrete_entropy",
        genmod_discrete_entropy(OUTCOMES, p, GENMOD_NATS, r->discrete, NULL),
        NULL);
    environment_good(e, "genmod_discrete_cross_entropy",
                     genmod_discrete_cross_entropy(OUTCOMES, p, q, GENMOD_NATS,
                                                   r->discrete + 1, NULL),
                     NULL);
    environment_good(
        e, "genmod_discrete_kl",
        genmod_discrete_kl(OUTCOMES, p, q, GENMOD_NATS, r->discrete + 2, NULL),
        NULL);
    environment_good(
        e, "genmod_discrete_js",
        genmod_discrete_js(OUTCOMES, p, q, GENMOD_NATS, r->discrete + 3, NULL),
        NULL);
    environment_good(e, "genmod_discrete_js_distance",
                     genmod_discrete_js_distance(OUTCOMES, p, q, GENMOD_BITS,
                                                 r->discrete + 4, NULL),
                     NULL);
}

/* Leaves another rounding direction behind, as a host may. */
static int32_t parabola_ln(size_t n, size_t d, const double *x, double *out,
                           void *user)
{
    const double shift = *(const double *)user;

    for (size_t i = 0; i < n * d; i++)
        out[i] = -0.918938533204672741780 - (x[i] - shift) * (x[i] - shift) / 2;
    fesetround(FE_UPWARD);
    return 0;
}

static void play_density(const environment *e, result *r)
{
    double a = 0, b = 0.75;
    double *const y = r->density;

    environment_good(e, "genmod_density_entropy",
                     genmod_density_entropy(1, NULL, NULL, parabola_ln, &a,
                                            1e-9, GENMOD_NATS, y, y + 1, NULL),
                     NULL);
    environment_good(e, "genmod_density_cross_entropy",
                     genmod_density_cross_entropy(
                         1, NULL, NULL, parabola_ln, &a, parabola_ln, &b, 1e-9,
                         GENMOD_NATS, y + 2, y + 3, NULL),
                     NULL);
    environment_good(e, "genmod_density_kl",
                     genmod_density_kl(1, NULL, NULL, parabola_ln, &a,
                                       parabola_ln, &b, 1e-9, GENMOD_NATS,
                                       y + 4, y + 5, NULL),
                     NULL);
    environment_good(e, "genmod_density_js",
                     genmod_density_js(1, NULL, NULL, parabola_ln, &a,
                                       parabola_ln, &b, 1e-9, GENMOD_NATS,
                                       y + 6, y + 7, NULL),
                     NULL);
}

static void play_gaussian(const environment *e, result *r)
{
    static const double m[] = {0, 0.5}, s[] = {2, 0.5, 0.5, 1};
    static const double n[] = {1, -1}, t[] = {1.5, -0.25, -0.25, 2};
    double *const y = r->gaussian;

    environment_good(e, "genmod_gaussian_entropy",
                     genmod_gaussian_entropy(2, s, GENMOD_NATS, y, NULL), NULL);
    environment_good(
        e, "genmod_gaussian_cross_entropy",
        genmod_gaussian_cross_entropy(2, m, s, n, t, GENMOD_NATS, y + 1, NULL),
        NULL);
    environment_good(
        e, "genmod_gaussian_kl",
        genmod_gaussian_kl(2, m, s, n, t, GENMOD_NATS, y + 2, NULL), NULL);
    environment_good(
        e, "genmod_gaussian_renyi",
        genmod_gaussian_renyi(2, m, s, n, t, 0.3, GENMOD_NATS, y + 3, NULL),
        NULL);
    environment_good(
        e, "genmod_gaussian_bhattacharyya",
        genmod_gaussian_bhattacharyya(2, m, s, n, t, GENMOD_NATS, y + 4, NULL),
        NULL);
    environment_good(e, "genmod_gaussian_hellinger",
                     genmod_gaussian_hellinger(2, m, s, n, t, y + 5, NULL),
                     NULL);
    environment_good(e, "genmod_gaussian_frechet",
                     genmod_gaussian_frechet(2, m, s, n, t, y + 6, NULL), NULL);
}

#define ROWS 12
#define D 2

static const double cells[2 * ROWS * D] = {
    -2.25,  0.5,    -1.375,  3.25,  -1.0625, 1.75,   1.9375, -0.375,
    2.5,    -4.125, 3.125,   0.75,  0.25,    -1.5,   1.1875, 2.375,
    -0.625, 0.125,  0.8125,  -2.25, -3.5,    1.0625, 2.125,  0.375,
    1.25,   0.875,  -0.5625, 2.75,  3.375,   -1.25,  0.0625, 1.5,
    -1.75,  0.25,   2.625,   -0.5,  1.375,   3.0625, -0.25,  -1.125,
    0.5,    2.25,   1.625,   -3.25, -2.375,  1.875,  0.9375, 0.6875};

typedef struct samples {
    genmod_context *c;
    genmod_workspace *w;
    genmod_data *x, *y;
} samples;

static samples samples_new(void)
{
    samples h = {0};

    assert_ok(genmod_context_new(NULL, NULL, NULL, &h.c));
    assert_ok(genmod_context_set_parallel_for(h.c, 2, environment_here, NULL));
    assert_ok(genmod_workspace_new(h.c, &h.w));
    assert_ok(genmod_data_new(&h.x, h.w));
    assert_ok(genmod_data_new(&h.y, h.w));
    assert_ok(genmod_data_set_rows(h.x, GENMOD_F64, ROWS, D, cells, 0, 0, h.w));
    assert_ok(genmod_data_set_rows(h.y, GENMOD_F64, ROWS, D, cells + ROWS * D,
                                   0, 0, h.w));
    return h;
}

static void samples_free(const samples *h)
{
    genmod_data_free(h->y);
    genmod_data_free(h->x);
    genmod_workspace_free(h->w);
    genmod_context_free(h->c);
}

static void play_sample(const environment *e, result *r)
{
    const samples h = samples_new();
    const genmod_data *const x = h.x, *const y = h.y;
    genmod_workspace *const w = h.w;
    double *const v = r->sample;

    environment_good(e, "genmod_sample_entropy",
                     genmod_sample_entropy(x, 3, GENMOD_NATS, v, w), w);
    environment_good(e, "genmod_sample_kl",
                     genmod_sample_kl(x, y, 3, GENMOD_NATS, v + 1, w), w);
    environment_good(e, "genmod_sample_mmd",
                     genmod_sample_mmd(x, y, 0, 9, 1, v + 2, v + 3, v + 4, w),
                     w);
    environment_good(
        e, "genmod_sample_sliced_wasserstein",
        genmod_sample_sliced_wasserstein(x, y, 20, 1, v + 5, v + 6, w), w);
    samples_free(&h);
}

static void play_quality(const environment *e, result *r)
{
    static const double at[2 * D] = {0, 0, 1, 1}, scale[2 * D] = {2, 2, 1, 3};
    const samples h = samples_new();
    const genmod_data *const x = h.x, *const y = h.y;
    genmod_workspace *const w = h.w;
    double *const v = r->quality;

    environment_good(e, "genmod_sample_frechet",
                     genmod_sample_frechet(x, y, v, v + 1, v + 2, w), w);
    environment_good(e, "genmod_sample_kid",
                     genmod_sample_kid(x, y, v + 3, v + 4, w), w);
    environment_good(e, "genmod_sample_prdc",
                     genmod_sample_prdc(x, y, 3, v + 5, v + 9, v + 13, w), w);
    environment_good(e, "genmod_sample_copies",
                     genmod_sample_copies(x, y, y, v + 17, v + 20, v + 23, w),
                     w);
    environment_good(
        e, "genmod_sample_nearest",
        genmod_sample_nearest(x, y, v + 24, v + 25, v + 26, v + 27, w), w);
    environment_good(e, "genmod_sample_modes",
                     genmod_sample_modes(y, 2, at, scale, NULL, 3, r->count,
                                         v + 28, v + 31, v + 34, w),
                     w);
    samples_free(&h);
}

static void play(const environment *e, void *out)
{
    play_discrete(e, out);
    play_density(e, out);
    play_gaussian(e, out);
    play_sample(e, out);
    play_quality(e, out);
}

static void every_call_leaves_the_environment_as_it_was(void **state)
{
    (void)state;
    environment_check_settings(play, sizeof(result));
}

static void every_call_leaves_the_locale_as_it_was(void **state)
{
    (void)state;
    environment_check_locale(play, sizeof(result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_leaves_the_environment_as_it_was),
        cmocka_unit_test(every_call_leaves_the_locale_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
