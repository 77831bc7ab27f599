/* One trained model, many threads: each with its own workspace. */
#include "ae/fixture.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 12
#define N 600
#define D 5
#define Z 3

typedef struct answers {
    double threshold, code[N * Z], rows[N * D], score[N], cells[N * D],
        weight[96];
} answers;

typedef struct reader {
    const ae_model *m;
    const double *x;
    size_t own_threads;
    answers got;
    int32_t status;
} reader;

/* No cmocka here: its assertions belong to the main thread. */
static int32_t ask(reader *r, genmod_data *v, genmod_data *codes,
                   genmod_workspace *w)
{
    answers *const a = &r->got;
    int32_t s = ae_encode(r->m, v, GENMOD_F64, sizeof a->code, a->code, w);
    if (!s)
        s = genmod_data_set_rows(codes, GENMOD_F64, N, Z, a->code, 0, 0, w);
    if (!s)
        s = ae_decode(r->m, codes, GENMOD_F64, sizeof a->rows, a->rows, w);
    if (!s)
        s = ae_reconstruct(r->m, v, GENMOD_F64, sizeof a->rows, a->rows, w);
    if (!s)
        s = ae_anomaly(r->m, v, sizeof a->score, a->score, w);
    if (!s)
        s = ae_anomaly_columns(r->m, v, sizeof a->cells, a->cells, w);
    if (!s)
        s = ae_threshold(r->m, v, 0.1, &a->threshold, w);
    if (!s)
        s = ae_get_params(r->m, "encoder.2.weight", 96, a->weight, NULL, w);
    return s;
}

static void *read_on(void *p)
{
    reader *const r = p;
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    genmod_data *v = NULL, *codes = NULL;
    r->status = genmod_context_new(NULL, NULL, NULL, &c);
    if (!r->status)
        r->status = genmod_context_set_threads(c, r->own_threads);
    if (!r->status)
        r->status = genmod_workspace_new(c, &w);
    if (!r->status)
        r->status = genmod_data_new(&v, w);
    if (!r->status)
        r->status = genmod_data_new(&codes, w);
    if (!r->status)
        r->status = genmod_data_set_rows(v, GENMOD_F64, N, D, r->x, 0, 0, w);
    for (int i = 0; i < ROUNDS && !r->status; i++)
        r->status = ask(r, v, codes, w);
    genmod_data_free(v);
    genmod_data_free(codes);
    genmod_workspace_free(w);
    genmod_context_free(c);
    return NULL;
}

static void threads_that_share_a_model_get_the_same_bits(void **state)
{
    (void)state;
    double *const x = fixture_invent(N, D, 3);
    genmod_data *const v = fixture_view(N, D, x);
    ae_model *const m = fixture_model("code=3 | epochs=1");
    reader *const r = fixture_take(THREADS + 1, sizeof *r);
    pthread_t t[THREADS];
    assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
    for (size_t i = 0; i <= THREADS; i++)
        r[i] = (reader){.m = m, .x = x, .own_threads = 1 + i % 2, .status = -1};
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
    ae_free(m);
    genmod_data_free(v);
    free(x);
}

typedef struct trainer {
    genmod_workspace *w;
    const double *x;
    ae_model *m;
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
        t->status = ae_fit(t->m, v, v, NULL, NULL, t->w);
    genmod_data_free(v);
    return NULL;
}

/* One pool serves two workspaces: who finds it busy works alone. */
static void models_trained_at_once_on_one_pool_get_the_same_bits(void **state)
{
    (void)state;
    double *const x = fixture_invent(N, D, 3);
    genmod_context *c = NULL;
    trainer t[3];
    pthread_t threads[2];
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, 3));
    for (size_t i = 0; i < 3; i++) {
        t[i] = (trainer){.x = x, .status = -1};
        t[i].m = fixture_model("code=2 | epochs=3 | batch_size=100");
        assert_ok(genmod_workspace_new(c, &t[i].w));
    }
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, train, &t[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    train(&t[2]);
    const fixture_bytes want = fixture_checkpoint(t[2].m);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(t[i].status);
        assert_true(fixture_checkpoints(t[i].m, want));
        ae_free(t[i].m);
        genmod_workspace_free(t[i].w);
    }
    free(want.p);
    genmod_context_free(c);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_share_a_model_get_the_same_bits),
        cmocka_unit_test(models_trained_at_once_on_one_pool_get_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
