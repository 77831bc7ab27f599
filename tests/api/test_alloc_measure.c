/* Every allocation of every call that measures distributions is refused once,
 * alone and with all that follow: an error with a text, the output untouched,
 * no leak, and the bits of an undisturbed run once nothing is refused. */
#include "support/test.h"

#include "genmod/measure.h"

#define N 300
#define D 3

static double rows[2][N * D];

static int32_t parabola(size_t n, size_t d, const double *x, double *out,
                        void *user)
{
    const double shift = *(const double *)user;
    for (size_t i = 0; i < n * d; i++)
        out[i] = -0.918938533204672741780 - (x[i] - shift) * (x[i] - shift) / 2;
    return 0;
}

/* A call on both samples (which some ignore). */
typedef int32_t (*call)(const genmod_data *x, const genmod_data *y, double *out,
                        genmod_workspace *w);

static int32_t call_discrete(const genmod_data *x, const genmod_data *y,
                             double *out, genmod_workspace *w)
{
    static const double p[] = {0.25, 0.75}, q[] = {0.5, 0.5};
    (void)x;
    (void)y;
    return genmod_discrete_kl(2, p, q, GENMOD_NATS, out, w);
}

static int32_t call_density(const genmod_data *x, const genmod_data *y,
                            double *out, genmod_workspace *w)
{
    double a = 0, b = 0.75;
    (void)x;
    (void)y;
    return genmod_density_js(1, NULL, NULL, parabola, &a, parabola, &b, 1e-9,
                             GENMOD_NATS, out, NULL, w);
}

static const double mean[2 * D] = {1, 0, 0.5, 0, -1, 0.25};
static const double cov[D * D] = {2, 0.5, 0, 0.5, 1, 0.1, 0, 0.1, 3};

static int32_t call_gaussian(const genmod_data *x, const genmod_data *y,
                             double *out, genmod_workspace *w)
{
    (void)x;
    (void)y;
    return genmod_gaussian_renyi(D, mean, cov, mean + D, cov, 0.3, GENMOD_NATS,
                                 out, w);
}

static int32_t call_frechet(const genmod_data *x, const genmod_data *y,
                            double *out, genmod_workspace *w)
{
    (void)x;
    (void)y;
    return genmod_gaussian_frechet(D, mean, cov, mean + D, cov, out, w);
}

static int32_t call_entropy(const genmod_data *x, const genmod_data *y,
                            double *out, genmod_workspace *w)
{
    (void)y;
    return genmod_sample_entropy(x, 3, GENMOD_NATS, out, w);
}

static int32_t call_kl(const genmod_data *x, const genmod_data *y, double *out,
                       genmod_workspace *w)
{
    return genmod_sample_kl(x, y, 3, GENMOD_NATS, out, w);
}

static int32_t call_mmd(const genmod_data *x, const genmod_data *y, double *out,
                        genmod_workspace *w)
{
    return genmod_sample_mmd(x, y, 0, 9, 1, out, NULL, NULL, w);
}

static int32_t call_sliced(const genmod_data *x, const genmod_data *y,
                           double *out, genmod_workspace *w)
{
    return genmod_sample_sliced_wasserstein(x, y, 20, 1, out, NULL, w);
}

static int32_t call_sample_frechet(const genmod_data *x, const genmod_data *y,
                                   double *out, genmod_workspace *w)
{
    return genmod_sample_frechet(x, y, out, NULL, NULL, w);
}

static int32_t call_kid(const genmod_data *x, const genmod_data *y, double *out,
                        genmod_workspace *w)
{
    return genmod_sample_kid(x, y, out, NULL, w);
}

static int32_t call_prdc(const genmod_data *x, const genmod_data *y,
                         double *out, genmod_workspace *w)
{
    double all[4], expected[4];
    const int32_t status = genmod_sample_prdc(x, y, 3, all, NULL, expected, w);
    if (!status)
        *out = all[0] + all[1] + all[2] + all[3] + expected[0];
    return status;
}

static int32_t call_copies(const genmod_data *x, const genmod_data *y,
                           double *out, genmod_workspace *w)
{
    double all[3];
    const int32_t status = genmod_sample_copies(x, y, y, all, NULL, NULL, w);
    if (!status)
        *out = all[0];
    return status;
}

static int32_t call_nearest(const genmod_data *x, const genmod_data *y,
                            double *out, genmod_workspace *w)
{
    return genmod_sample_nearest(x, y, out, NULL, NULL, NULL, w);
}

static int32_t call_modes(const genmod_data *x, const genmod_data *y,
                          double *out, genmod_workspace *w)
{
    static const double at[2 * D] = {0, 0, 0, 1, 1, 1};
    static const double scale[2 * D] = {1, 1, 1, 2, 2, 2};
    double all[3];
    const int32_t status =
        genmod_sample_modes(y, 2, at, scale, NULL, 3, NULL, all, NULL, NULL, w);
    (void)x;
    if (!status)
        *out = all[1];
    return status;
}

static const struct {
    const char *name;
    call f;
    int large; /* takes more scratch than a workspace's own */
} calls[] = {
    {"genmod_discrete_kl", call_discrete, 0},
    {"genmod_density_js", call_density, 1},
    {"genmod_gaussian_renyi", call_gaussian, 1},
    {"genmod_gaussian_frechet", call_frechet, 1},
    {"genmod_sample_entropy", call_entropy, 1},
    {"genmod_sample_kl", call_kl, 1},
    {"genmod_sample_mmd", call_mmd, 1},
    {"genmod_sample_sliced_wasserstein", call_sliced, 1},
    {"genmod_sample_frechet", call_sample_frechet, 1},
    {"genmod_sample_kid", call_kid, 1},
    {"genmod_sample_prdc", call_prdc, 1},
    {"genmod_sample_copies", call_copies, 1},
    {"genmod_sample_nearest", call_nearest, 1},
    {"genmod_sample_modes", call_modes, 1},
};

/* What a walk does over and over. */
typedef struct act {
    call f;
    genmod_data *x, *y;
    double want; /* NaN: not known yet */
} act;

static int32_t once(genmod_context *c, void *arg)
{
    act *const a = arg;
    genmod_workspace *w = NULL;
    double out = 2.385;
    int32_t status = genmod_workspace_new(c, &w);
    if (status)
        return status;
    status = a->f(a->x, a->y, &out, w);
    if (status) {
        assert_true(genmod_workspace_error(w)[0] != 0);
        assert_true(out == 2.385);
    } else {
        assert_true(isnan(a->want) || out == a->want);
        a->want = out;
    }
    genmod_workspace_free(w);
    return status;
}

static void every_allocation_of_every_call_is_survived(void **state)
{
    (void)state;
    genmod_data *view[2] = {NULL, NULL};
    for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < N * D; i++)
            rows[v][i] = sin((double)(i * i) * 0.7 + (double)v);
        assert_ok(genmod_data_new(&view[v], NULL));
        assert_ok(genmod_data_set_rows(view[v], GENMOD_F64, N, D, rows[v], 0, 0,
                                       NULL));
    }
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        act a = {calls[i].f, view[0], view[1], NAN};
        const size_t sites = support_alloc_walk(once, &a);
        print_message("  %-34s %3zu sites\n", calls[i].name, sites);
        assert_true(sites >= (calls[i].large ? 2 : 1));
    }
    genmod_data_free(view[1]);
    genmod_data_free(view[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_call_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
