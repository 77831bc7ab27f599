/* One trained model, many threads: each with its own workspace. */
#include "vae/rows.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 4
#define N 150
#define ROOM (N * 3 * ROWS_D)

typedef struct reader {
    const vae_model *m;
    const rows_table *table;
    size_t own_threads;
    double rows[4][ROOM], scores[5][N], cells[N * ROWS_D];
    int32_t status;
} reader;

/* No cmocka here: its assertions belong to the main thread. */
static int32_t ask(reader *r, const genmod_data *v, genmod_workspace *w)
{
    const size_t b = sizeof r->rows[0], few = sizeof r->scores[0];
    const int32_t t = GENMOD_F64;
    int32_t s = vae_encode_sample(r->m, v, 5, t, b, r->rows[0], w);
    if (!s)
        s = vae_reconstruct(r->m, v, GENMOD_DRAW, 5, t, b, r->rows[1], w);
    if (!s)
        s = vae_sample(r->m, 5, 7, N, GENMOD_DRAW, NULL, t, b, r->rows[2], w);
    if (!s)
        s = vae_impute(r->m, v, GENMOD_DRAW, 5, 4, t, b, r->rows[3], w);
    if (!s)
        s = vae_elbo(r->m, v, 5, 2, few, r->scores[0], r->scores[1],
                     r->scores[2], w);
    if (!s)
        s = vae_log_likelihood(r->m, v, 5, 6, few, r->scores[3], NULL, w);
    if (!s)
        s = vae_anomaly(r->m, v, few, r->scores[4], w);
    if (!s)
        s = vae_anomaly_columns(r->m, v, sizeof r->cells, r->cells, w);
    return s;
}

static int32_t open_view(const rows_table *t, genmod_data **v,
                         genmod_workspace *w)
{
    int32_t s = genmod_data_new(v, w);
    if (!s)
        s = genmod_data_set_rows(*v, GENMOD_F64, N, ROWS_D, t->x, 0, 0, w);
    if (!s)
        s = genmod_data_set_schema(*v, ROWS_D, rows_kinds, rows_levels, w);
    if (!s)
        s = genmod_data_set_labels(*v, N, t->labels, w);
    return s ? s : genmod_data_set_missing(*v, 1, w);
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
        r->status = open_view(r->table, &v, w);
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
    rows_table table;
    rows_open(&table, N, 3, 1);
    genmod_data *const v = rows_view(&table);
    vae_model *const m = fixture_model(
        "code=3 | encoder=dense 20; relu | missing=1 | classes=3 | epochs=1");
    reader *const r = fixture_take(THREADS + 1, sizeof *r);
    pthread_t t[THREADS];
    assert_ok(vae_fit(m, v, NULL, NULL, NULL, NULL));
    for (size_t i = 0; i <= THREADS; i++) {
        r[i].m = m;
        r[i].table = &table;
        r[i].own_threads = 1 + i % 2;
        r[i].status = -1;
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, read_on, &r[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    read_on(&r[THREADS]);
    for (size_t i = 0; i <= THREADS; i++) {
        assert_ok(r[i].status);
        assert_memory_equal(r[i].rows, r[THREADS].rows, sizeof r[i].rows);
        assert_memory_equal(r[i].scores, r[THREADS].scores, sizeof r[i].scores);
        assert_memory_equal(r[i].cells, r[THREADS].cells, sizeof r[i].cells);
    }
    free(r);
    vae_free(m);
    genmod_data_free(v);
    rows_close(&table);
}

typedef struct trainer {
    genmod_workspace *w;
    const rows_table *table;
    vae_model *m;
    int32_t status;
} trainer;

static void *train(void *p)
{
    trainer *const t = p;
    genmod_data *v = NULL;
    t->status = open_view(t->table, &v, t->w);
    if (!t->status)
        t->status = vae_fit(t->m, v, v, NULL, NULL, t->w);
    genmod_data_free(v);
    return NULL;
}

/* One pool serves two workspaces: who finds it busy works alone. */
static void models_trained_at_once_on_one_pool_get_the_same_bits(void **state)
{
    (void)state;
    rows_table table;
    genmod_context *c = NULL;
    trainer t[3];
    pthread_t threads[2];
    rows_open(&table, N, 3, 1);
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, 3));
    for (size_t i = 0; i < 3; i++) {
        t[i] = (trainer){.table = &table, .status = -1};
        t[i].m = fixture_model("code=2 | encoder=dense 20; relu | missing=1 | "
                               "hide=0.1 | epochs=3 | batch_size=70");
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
        vae_free(t[i].m);
        genmod_workspace_free(t[i].w);
    }
    free(want.p);
    genmod_context_free(c);
    rows_close(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_share_a_model_get_the_same_bits),
        cmocka_unit_test(models_trained_at_once_on_one_pool_get_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
