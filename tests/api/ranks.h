/* Families as tests over ranks see them, and what one rank does with a model of
 * theirs. */
#ifndef TESTS_API_RANKS_H
#define TESTS_API_RANKS_H

#include "genmod/ae.h"
#include "genmod/gan.h"
#include "genmod/vae.h"
#include "support/ranks.h"
#include "support/test.h"

#define ROWS 192
#define WIDE 64 /* 8 x 8 pixels of 1 channel */
#define SHARDS 12
#define BYTES ((size_t)1 << 19)
#define NUMBERS 8192
#define TEXT 400

typedef struct family {
    const char *name, *options;
    int32_t (*config_new)(genmod_config **, genmod_workspace *);
    int32_t (*create)(const genmod_config *, void **, genmod_workspace *);
    int32_t (*start)(void *, const genmod_data *, genmod_workspace *);
    int32_t (*step)(void *, const genmod_data *, genmod_workspace *);
    int32_t (*fit)(void *, const genmod_data *, const genmod_data *,
                   genmod_progress, void *, genmod_workspace *);
    int32_t (*checkpoint)(const void *, size_t, void *, size_t *,
                          genmod_workspace *);
    int32_t (*load)(void *, size_t, const void *, genmod_workspace *);
    const char *(*key)(const void *, size_t);
    int32_t (*get)(const void *, const char *, size_t, double *, size_t *,
                   genmod_workspace *);
    void (*end)(void *);
} family;

#define FAMILY(f)                                                           \
    static int32_t f##_create(const genmod_config *c, void **out,           \
                              genmod_workspace *w)                          \
    {                                                                       \
        f##_model *m;                                                       \
        const int32_t status = f##_new(c, &m, w);                           \
        *out = m;                                                           \
        return status;                                                      \
    }                                                                       \
    static int32_t f##_start_(void *m, const genmod_data *x,                \
                              genmod_workspace *w)                          \
    {                                                                       \
        return f##_start(m, x, w);                                          \
    }                                                                       \
    static int32_t f##_step_(void *m, const genmod_data *x,                 \
                             genmod_workspace *w)                           \
    {                                                                       \
        return f##_step(m, x, w);                                           \
    }                                                                       \
    static int32_t f##_fit_(void *m, const genmod_data *x,                  \
                            const genmod_data *h, genmod_progress p,        \
                            void *user, genmod_workspace *w)                \
    {                                                                       \
        return f##_fit(m, x, h, p, user, w);                                \
    }                                                                       \
    static int32_t f##_checkpoint_(const void *m, size_t cap, void *out,    \
                                   size_t *need, genmod_workspace *w)       \
    {                                                                       \
        return f##_checkpoint(m, cap, out, need, w);                        \
    }                                                                       \
    static int32_t f##_load_(void *m, size_t n, const void *bytes,          \
                             genmod_workspace *w)                           \
    {                                                                       \
        return f##_load(m, n, bytes, w);                                    \
    }                                                                       \
    static const char *f##_key_(const void *m, size_t i)                    \
    {                                                                       \
        return f##_params_key(m, i);                                        \
    }                                                                       \
    static int32_t f##_get_(const void *m, const char *name, size_t cap,    \
                            double *out, size_t *need, genmod_workspace *w) \
    {                                                                       \
        return f##_get_params(m, name, cap, out, need, w);                  \
    }                                                                       \
    static void f##_end(void *m)                                            \
    {                                                                       \
        f##_free(m);                                                        \
    }

FAMILY(ae)
FAMILY(vae)
FAMILY(gan)

#define CALLS(f)                                                 \
    f##_config_new, f##_create, f##_start_, f##_step_, f##_fit_, \
        f##_checkpoint_, f##_load_, f##_key_, f##_get_, f##_end

/* ---- what a rank does ---------------------------------------------------- */

typedef struct found {
    int64_t status, begun; /* of the call under test; of all before it */
    size_t bytes;          /* of the checkpoint */
    size_t numbers;
    char text[TEXT];
    double steps;
    unsigned char checkpoint[BYTES];
    double params[NUMBERS];
} found;

typedef struct job {
    const family *f;
    const char *more; /* options of all ranks */
    const char *odd;  /* and of rank odd_rank alone */
    int32_t odd_rank;
    int32_t shards;
    int steps;           /* 0: a fit */
    size_t rows;         /* of all ranks */
    size_t held;         /* and held-out ones, behind those */
    int labelled;        /* 1: rows have labels of 3 classes */
    int binary;          /* 1: column 0 is binary */
    const void *resumed; /* a checkpoint to go on from */
    size_t resumed_bytes;
    int nan_cell;                    /* in the odd rank's rows */
    int wide;                        /* 1: they lack a column */
    int cancel_at, stop_at, fail_at; /* progress calls of the odd rank */
    found *out;                      /* [ranks] */
} job;

static double cell(size_t i, size_t j)
{
    const double a = 0.37 * (double)(i % 23) + 0.11 * (double)j;

    return 0.7 * sin(a) + 0.2 * cos(0.013 * (double)((i * 7 + 3) * j % 97));
}

static int32_t set_options(genmod_config *c, const char *options)
{
    char text[1024], *at = text;
    int32_t status = 0;

    memcpy(text, options, strlen(options) + 1);
    while (at && *at && !status) {
        char *const end = strstr(at, " | ");
        char *const value = strchr(at, '=');

        if (end)
            *end = '\0';
        *value = '\0';
        status = genmod_config_set_str(c, at, value + 1, NULL);
        at = end ? end + 3 : NULL;
    }
    return status;
}

typedef struct watch {
    const job *j;
    genmod_workspace *w;
    int odd, calls;
} watch;

static int32_t progress(const genmod_report *r, void *user)
{
    watch *const p = user;

    (void)r;
    p->calls++;
    if (!p->odd)
        return 0;
    if (p->j->cancel_at == p->calls)
        genmod_workspace_cancel(p->w);
    if (p->j->fail_at == p->calls)
        return -3;
    return p->j->stop_at == p->calls;
}

static int32_t train(const job *j, void *m, const genmod_data *x,
                     const genmod_data *held_out, int odd, genmod_workspace *w)
{
    watch p = {j, w, odd, 0};
    int32_t status;

    if (!j->steps)
        return j->f->fit(m, x, held_out, progress, &p, w);
    status = j->resumed ? 0 : j->f->start(m, x, w);
    for (int i = 0; i < j->steps && !status; i++)
        status = j->f->step(m, x, w);
    return status;
}

static int32_t make(const job *j, int odd, void **m, genmod_workspace *w)
{
    genmod_config *c = NULL;
    int32_t status = j->f->config_new(&c, w);

    *m = NULL;
    if (!status)
        status = set_options(c, j->f->options);
    if (!status && j->more)
        status = set_options(c, j->more);
    if (!status && odd && j->odd)
        status = set_options(c, j->odd);
    if (!status)
        status = j->f->create(c, m, w);
    if (!status && j->resumed)
        status = j->f->load(*m, j->resumed_bytes, j->resumed, w);
    genmod_config_free(c);
    return status;
}

static void leave(const job *j, const void *m, found *out)
{
    const char *key;

    (void)j->f->checkpoint(m, BYTES, out->checkpoint, &out->bytes, NULL);
    for (size_t i = 0; (key = j->f->key(m, i)) != NULL; i++) {
        size_t n;

        if (j->f->get(m, key, NUMBERS - out->numbers,
                      out->params + out->numbers, &n, NULL) == 0)
            out->numbers += n;
    }
}

typedef struct view {
    genmod_data *x;
    float *rows;
    int32_t *labels;
} view;

static void fill(const job *j, size_t from, size_t n, view *v)
{
    for (size_t i = 0; i < n * WIDE; i++)
        v->rows[i] = (float)cell(from + i / WIDE, i % WIDE);
    for (size_t i = 0; i < n; i++)
        v->labels[i] = (int32_t)((from + i) * (from + i) % 7 % 3);
    for (size_t i = 0; i < n && j->binary; i++)
        v->rows[i * WIDE] = (float)(i % 2);
}

/* A seat's share of `total` rows, the first of which is row `from`. */
static int64_t open_view(const job *j, const ranks_seat *seat, size_t total,
                         size_t from, view *v, genmod_workspace *w)
{
    static const int32_t kinds[WIDE] = {GENMOD_BINARY};
    const int odd = seat->rank == j->odd_rank;
    size_t first, n;
    int32_t status = genmod_shard((int64_t)total, seat->rank, seat->size,
                                  j->shards, &first, &n);

    if (status || !total)
        return status;
    v->rows = malloc(n * WIDE * sizeof *v->rows);
    v->labels = malloc(n * sizeof *v->labels);
    fill(j, from + first, n, v);
    if (j->nan_cell && odd)
        v->rows[3 * WIDE + 5] = NAN;
    status = genmod_data_new(&v->x, w);
    if (!status)
        status = genmod_data_set_rows(
            v->x, GENMOD_F32, n, WIDE - (odd && j->wide), v->rows, WIDE, 1, w);
    if (!status && j->labelled)
        status = genmod_data_set_labels(v->x, n, v->labels, w);
    if (!status && j->binary)
        status = genmod_data_set_schema(v->x, WIDE, kinds, NULL, w);
    return status;
}

static void close_view(view *v)
{
    genmod_data_free(v->x);
    free(v->rows);
    free(v->labels);
}

static void act(ranks_seat *seat)
{
    const job *const j = seat->arg;
    found *const out = &j->out[seat->rank];
    const int odd = seat->rank == j->odd_rank;
    genmod_context *const c = ranks_context(seat);
    genmod_workspace *w = NULL;
    view x = {NULL, NULL, NULL}, held = {NULL, NULL, NULL};
    void *m = NULL;

    memset(out, 0, sizeof *out);
    out->begun = genmod_workspace_new(c, &w);
    if (!out->begun)
        out->begun = open_view(j, seat, j->rows, 0, &x, w);
    if (!out->begun)
        out->begun = open_view(j, seat, j->held, j->rows, &held, w);
    if (!out->begun)
        out->begun = make(j, odd, &m, w);
    strncpy(out->text, genmod_workspace_error(w), TEXT - 1);
    if (!out->begun) {
        out->status = train(j, m, x.x, held.x, odd, w);
        strncpy(out->text, genmod_workspace_error(w), TEXT - 1);
        leave(j, m, out);
    }
    j->f->end(m);
    close_view(&x);
    close_view(&held);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static job job_of(const family *f, int32_t shards, int steps)
{
    return (job){
        .f = f, .shards = shards, .steps = steps, .rows = ROWS, .odd_rank = -1};
}

/* All ranks' findings, to be freed. */
static found *run(job j, int32_t size)
{
    const ranks_plan plan = {
        .size = size, .shards = j.shards, .fail_at = RANKS_NEVER};

    j.out = calloc((size_t)size, sizeof *j.out);
    assert_non_null(j.out);
    assert_int_equal(ranks_run(&plan, act, &j).mismatches, 0);
    for (int32_t r = 0; r < size; r++) {
        if (j.out[r].begun)
            print_error("%s\n", j.out[r].text);
        assert_ok((int32_t)j.out[r].begun);
    }
    return j.out;
}

static found *succeed(job j, int32_t size)
{
    found *const out = run(j, size);

    for (int32_t r = 0; r < size; r++) {
        if (out[r].status)
            print_error("%s\n", out[r].text);
        assert_ok((int32_t)out[r].status);
        assert_true(out[r].bytes > 0 && out[r].bytes <= BYTES);
        assert_int_equal(out[r].bytes, out[0].bytes);
        assert_memory_equal(out[r].checkpoint, out[0].checkpoint, out[0].bytes);
    }
    return out;
}

#endif
