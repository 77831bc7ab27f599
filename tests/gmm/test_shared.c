/* One fitted model, many threads: each with its own workspace. */
#include "gmm/fixture.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 12
#define N 600
#define D 4
#define K 3

typedef struct answers {
    double density[N], resp[N * K], draws[50 * D], likelihood, bic;
    int32_t label[N];
    double means[K * D];
} answers;

typedef struct reader {
    const gmm_model *m;
    const double *x;
    size_t own_threads;
    answers got;
    int32_t status;
} reader;

/* No cmocka here: its assertions belong to the main thread. */
static int32_t ask(reader *r, genmod_data *v, genmod_workspace *w)
{
    answers *const a = &r->got;
    int32_t s = gmm_log_density(r->m, v, sizeof a->density, a->density, w);
    if (!s)
        s = gmm_responsibilities(r->m, v, GENMOD_F64, sizeof a->resp, a->resp,
                                 w);
    if (!s)
        s = gmm_predict(r->m, v, sizeof a->label, a->label, w);
    if (!s)
        s = gmm_log_likelihood(r->m, v, &a->likelihood, w);
    if (!s)
        s = gmm_bic(r->m, v, &a->bic, w);
    if (!s)
        s = gmm_sample(r->m, 3, 7, 50, GENMOD_F64, sizeof a->draws, a->draws,
                       NULL, w);
    if (!s)
        s = gmm_get_params(r->m, GMM_MEANS, K * D, a->means, NULL, w);
    return s;
}

static void *read_on(void *p)
{
    reader *const r = p;
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    genmod_data *v = NULL;
    r->status = genmod_context_new(NULL, NULL, NULL, &c);
    if (!r->status)
        r->status = genmod_context_set_threads(c, r->own_threads);
    if (!r->status)
        r->status = genmod_workspace_new(c, &w);
    if (!r->status)
        r->status = genmod_data_new(&v, w);
    if (!r->status)
        r->status = genmod_data_set_rows(v, GENMOD_F64, N, D, r->x, 0, 0, w);
    for (int i = 0; i < ROUNDS && !r->status; i++)
        r->status = ask(r, v, w);
    genmod_data_free(v);
    genmod_workspace_free(w);
    genmod_context_free(c);
    return NULL;
}

static void threads_that_share_a_model_get_the_same_bits(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture p;
        ref_init(&p, type, K, D);
        ref_invent(&p, 2, 1);
        double x[N * D];
        ref_draw(&p, 5, N, x, NULL);
        gmm_model *const m = fixture_from(&p, NULL);
        reader *const r = fixture_take(THREADS + 1, sizeof *r);
        pthread_t t[THREADS];
        for (size_t i = 0; i <= THREADS; i++)
            r[i] = (reader){
                .m = m, .x = x, .own_threads = 1 + i % 2, .status = -1};
        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&t[i], NULL, read_on, &r[i]), 0);
        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(pthread_join(t[i], NULL), 0);
        read_on(&r[THREADS]);
        for (size_t i = 0; i <= THREADS; i++) {
            assert_ok(r[i].status);
            assert_memory_equal(&r[i].got, &r[THREADS].got, sizeof r[i].got);
        }
        free(r);
        gmm_free(m);
        ref_free(&p);
    }
}

typedef struct trainer {
    genmod_workspace *w;
    const double *x;
    gmm_model *m;
    int32_t status;
} trainer;

static void *train(void *p)
{
    trainer *const t = p;
    genmod_data *v = NULL;
    t->status = genmod_data_new(&v, t->w);
    if (!t->status)
        t->status = genmod_data_set_rows(v, GENMOD_F64, N, D, t->x, 0, 0, t->w);
    if (!t->status)
        t->status = gmm_fit(t->m, v, NULL, NULL, t->w);
    genmod_data_free(v);
    return NULL;
}

/* Workspaces of one context, which shares its pool among them. */
static void fits_at_the_same_time_on_one_pool_give_the_same_bits(void **state)
{
    (void)state;
    double x[N * D];
    ref_mixture p;
    ref_init(&p, REF_FULL, K, D);
    ref_invent(&p, 2, 1);
    ref_draw(&p, 5, N, x, NULL);
    genmod_context *c = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, 3));
    trainer t[THREADS];
    pthread_t thread[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        t[i] = (trainer){
            .x = x,
            .m = fixture_model(K, REF_FULL, "max_iterations=15 seed=6")};
        assert_ok(genmod_workspace_new(c, &t[i].w));
    }
    genmod_context_free(c);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, train, &t[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    const fixture_bytes want = fixture_save(t[0].m);
    for (size_t i = 0; i < THREADS; i++) {
        assert_ok(t[i].status);
        assert_true(fixture_unchanged(t[i].m, want));
        gmm_free(t[i].m);
        genmod_workspace_free(t[i].w);
    }
    free(want.p);
    ref_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_share_a_model_get_the_same_bits),
        cmocka_unit_test(fits_at_the_same_time_on_one_pool_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
