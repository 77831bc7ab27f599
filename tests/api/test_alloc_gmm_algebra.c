/* Every allocation of every call of gmm_algebra.h is refused once: an error
 * with a text, nothing changed, no leak, and the retry gives the same bits. */
#include "support/test.h"

#include "genmod/gmm_algebra.h"

#include <stdio.h>

#define N 700 /* more than two blocks of rows */
#define D 3
#define K 2
#define OUT 2048

static double rows[N * D];

/* The model that a call reads, the one that it makes, and its numbers. */
typedef struct stage {
    gmm_model *m, *to;
    genmod_data *view, *pairs; /* of 3 columns, of 2 */
    double out[OUT], again[OUT];
} stage;

typedef int32_t (*call)(stage *s, double *out, genmod_workspace *w);

static int32_t call_moments(stage *s, double *out, genmod_workspace *w)
{
    return gmm_moments(s->m, D, out, out + D, w);
}

static int32_t call_marginal(stage *s, double *out, genmod_workspace *w)
{
    static const int32_t column[] = {1};
    (void)out;
    return gmm_marginal(s->m, 1, column, s->to, w);
}

static int32_t call_condition(stage *s, double *out, genmod_workspace *w)
{
    static const int32_t column[] = {1};
    static const double value[] = {0.375};
    (void)out;
    return gmm_condition(s->m, 1, column, value, s->to, w);
}

static int32_t call_impute(stage *s, double *out, genmod_workspace *w)
{
    return gmm_impute(s->m, s->view, GENMOD_F32, OUT * sizeof *out, out, w);
}

static int32_t call_regress(stage *s, double *out, genmod_workspace *w)
{
    static const int32_t columns[] = {2, 0};
    return gmm_regress(s->m, 2, columns, s->pairs, GENMOD_F64, N * sizeof *out,
                       out, N * sizeof *out, out + N, w);
}

static int32_t call_product(stage *s, double *out, genmod_workspace *w)
{
    return gmm_product(s->m, s->m, s->to, out, w);
}

static int32_t call_affine(stage *s, double *out, genmod_workspace *w)
{
    static const double a[2 * D] = {1, 2, 3, 0.5, 0.25, -1}, b[2] = {5, 6};
    (void)out;
    return gmm_affine(s->m, 2, a, b, s->to, w);
}

static int32_t call_merge(stage *s, double *out, genmod_workspace *w)
{
    return gmm_merge(s->m, 1, s->to, out, w);
}

static int32_t call_prune(stage *s, double *out, genmod_workspace *w)
{
    return gmm_prune(s->m, 0.125, s->to, out, w);
}

static int32_t call_cdf(stage *s, double *out, genmod_workspace *w)
{
    return gmm_cdf(s->m, 1, N, rows, out, w);
}

static int32_t call_quantile(stage *s, double *out, genmod_workspace *w)
{
    static const double p[] = {0.125, 0.75};
    return gmm_quantile(s->m, 1, 2, p, out, w);
}

static int32_t call_gradient(stage *s, double *out, genmod_workspace *w)
{
    return gmm_log_density_gradient(s->m, s->view, GENMOD_F32,
                                    OUT * sizeof *out, out, w);
}

static int32_t call_get(stage *s, double *out, genmod_workspace *w)
{
    return gmm_get_coordinates(s->m, OUT, out, NULL, w);
}

static int32_t call_set(stage *s, double *out, genmod_workspace *w)
{
    double theta[64];
    size_t n = 0;
    (void)out;
    assert_ok(gmm_get_coordinates(s->m, 64, theta, &n, NULL));
    assert_ok(gmm_copy(s->m, s->to, NULL));
    theta[0] += 0.25;
    return gmm_set_coordinates(s->to, D, n, theta, w);
}

static int32_t call_ascent(stage *s, double *out, genmod_workspace *w)
{
    return gmm_likelihood_gradient(s->m, s->view, OUT, out, NULL, w);
}

static int32_t call_rows(stage *s, double *out, genmod_workspace *w)
{
    static double all[N * 32];
    const int32_t status = gmm_row_gradients(s->m, s->view, sizeof all, all, w);
    for (size_t i = 0; i < OUT && !status; i++)
        out[i] = all[i];
    return status;
}

static const struct {
    const char *name;
    call f;
} calls[] = {
    {"gmm_moments", call_moments},
    {"gmm_marginal", call_marginal},
    {"gmm_condition", call_condition},
    {"gmm_impute", call_impute},
    {"gmm_regress", call_regress},
    {"gmm_product", call_product},
    {"gmm_affine", call_affine},
    {"gmm_merge", call_merge},
    {"gmm_prune", call_prune},
    {"gmm_cdf", call_cdf},
    {"gmm_quantile", call_quantile},
    {"gmm_log_density_gradient", call_gradient},
    {"gmm_get_coordinates", call_get},
    {"gmm_set_coordinates", call_set},
    {"gmm_likelihood_gradient", call_ascent},
    {"gmm_row_gradients", call_rows},
};

/* What a walk does over and over. */
typedef struct act {
    call f;
    stage *s;
    int known; /* 1: again and bytes hold what comes out */
    size_t bytes;
    unsigned char file[1 << 14];
} act;

/* The bytes of the model that was made: 0 of one without parameters. */
static size_t save(const gmm_model *m, size_t cap, unsigned char *file)
{
    size_t n = 0;
    if (gmm_dimension(m) > 0)
        assert_ok(gmm_save(m, cap, file, &n, NULL));
    return n;
}

/* The first success is remembered, the others are like it. */
static void compare(act *a)
{
    static unsigned char file[1 << 14];
    const size_t n = save(a->s->to, sizeof file, file);
    if (a->known) {
        assert_int_equal(n, a->bytes);
        assert_memory_equal(file, a->file, n);
        assert_memory_equal(a->s->out, a->s->again, sizeof a->s->out);
    }
    a->known = 1;
    a->bytes = n;
    memcpy(a->file, file, n);
    memcpy(a->s->again, a->s->out, sizeof a->s->out);
}

static int32_t once(genmod_context *c, void *arg)
{
    static unsigned char before[1 << 14], after[1 << 14];
    act *const a = arg;
    genmod_workspace *w = NULL;
    int32_t status = genmod_workspace_new(c, &w);
    if (status)
        return status;
    const size_t n = save(a->s->m, sizeof before, before);
    for (size_t i = 0; i < OUT; i++)
        a->s->out[i] = 2.385;
    status = a->f(a->s, a->s->out, w);
    if (status) {
        assert_true(genmod_workspace_error(w)[0] != 0);
        for (size_t i = 0; i < OUT; i++)
            assert_true(a->s->out[i] == 2.385);
    } else {
        compare(a);
    }
    assert_int_equal(save(a->s->m, sizeof after, after), n);
    assert_memory_equal(before, after, n);
    gmm_free(a->s->to); /* it may hold the context's memory */
    a->s->to = NULL;
    assert_ok(gmm_new(NULL, &a->s->to, NULL));
    genmod_workspace_free(w);
    return status;
}

static void open_stage(stage *s, const char *covariance)
{
    genmod_config *c = NULL;
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, K, NULL));
    assert_ok(genmod_config_set_str(c, GMM_COVARIANCE, covariance, NULL));
    assert_ok(gmm_new(c, &s->m, NULL));
    genmod_config_free(c);
    assert_ok(gmm_new(NULL, &s->to, NULL));
    assert_ok(genmod_data_new(&s->view, NULL));
    assert_ok(genmod_data_new(&s->pairs, NULL));
    assert_ok(
        genmod_data_set_rows(s->view, GENMOD_F64, N, D, rows, 0, 0, NULL));
    assert_ok(
        genmod_data_set_rows(s->pairs, GENMOD_F64, N, 2, rows, 0, 0, NULL));
    assert_ok(gmm_start(s->m, s->view, NULL));
}

static void close_stage(stage *s)
{
    genmod_data_free(s->pairs);
    genmod_data_free(s->view);
    gmm_free(s->to);
    gmm_free(s->m);
}

static void every_allocation_of_every_call_is_survived(void **state)
{
    (void)state;
    static const char *const covariances[] = {"full", "tied", "diagonal",
                                              "spherical"};
    static act a;
    for (size_t i = 0; i < N * D; i++)
        rows[i] = sin((double)(i * i) * 0.7) + (i / D % 3 == i % D ? 1.5 : 0);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        size_t sites = 0;
        for (size_t type = 0; type < 4; type++) {
            static stage s;
            open_stage(&s, covariances[type]);
            a = (act){.f = calls[i].f, .s = &s};
            sites += support_alloc_walk(once, &a);
            close_stage(&s);
        }
        print_message("  %-26s %3zu sites\n", calls[i].name, sites);
        assert_true(sites >= 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_call_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
