/* Autoencoders, VAEs and GANs trained on several ranks, by the public interface
 * alone. */
#include <unistd.h>

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

/* ---- a family, as the tests see it --------------------------------------- */

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

static const family denoiser = {
    "denoising autoencoder",
    "input=64 | encoder=dense 24; batchnorm; relu; dense 6 | decoder=dense 24; "
    "relu; dense 64 | corruption=salt-and-pepper | corruption_level=0.2 | "
    "sparsity=0.1 | sparsity_kind=l1 | batch_size=48 | seed=7 | "
    "validation=0.25 | epochs=34",
    CALLS(ae)};

/* Its contraction comes in pieces. */
static const family contractive = {
    "contractive autoencoder",
    "input=64 | encoder=dense 12; tanh; dense 9; tanh | decoder=dense 64 | "
    "corruption=masking | contraction=0.1 | batch_size=48 | seed=7 | epochs=4",
    CALLS(ae)};

static const family bound = {
    "VAE",
    "input=64 | code=5 | encoder=dense 32; relu | decoder=dense 32; relu | "
    "likelihood=gaussian | sigma=optimal | free_bits=0.05 | mmd=2 | "
    "batch_size=48 | seed=9 | validation=0.25 | epochs=34",
    CALLS(vae)};

static const family vectors = {
    "VQ-VAE",
    "input=64 | code=6 | codebook=8 | codebook_width=3 | encoder=dense 16; "
    "relu "
    "| decoder=dense 16; relu | batch_size=48 | seed=3 | epochs=6",
    CALLS(vae)};

static const family dcgan = {
    "DCGAN",
    "input=1x8x8 | codes=6 | preset=dcgan | generator=dense 64; reshape 4x4x4; "
    "batchnorm; relu; deconv 1 k4 s2 p1; tanh | discriminator=conv 4 k4 s2 p1; "
    "lrelu 0.2; conv 8 k4 s2 p1; batchnorm; lrelu 0.2; dense 1 | "
    "batch_size=48 | seed=5 | updates=100",
    CALLS(gan)};

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

static int32_t train(const job *j, void *m, const genmod_data *x, int odd,
                     genmod_workspace *w)
{
    watch p = {j, w, odd, 0};
    int32_t status;

    if (!j->steps)
        return j->f->fit(m, x, NULL, progress, &p, w);
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

static void act(ranks_seat *seat)
{
    const job *const j = seat->arg;
    found *const out = &j->out[seat->rank];
    const int odd = seat->rank == j->odd_rank;
    genmod_context *const c = ranks_context(seat);
    genmod_workspace *w = NULL;
    genmod_data *x = NULL;
    float *rows = NULL;
    void *m = NULL;
    size_t first, n;

    memset(out, 0, sizeof *out);
    out->begun = genmod_shard((int64_t)j->rows, seat->rank, seat->size,
                              j->shards, &first, &n);
    if (!out->begun)
        out->begun = genmod_workspace_new(c, &w);
    rows = malloc(n * WIDE * sizeof *rows);
    for (size_t i = 0; i < n * WIDE; i++)
        rows[i] = (float)cell(first + i / WIDE, i % WIDE);
    if (j->nan_cell && odd)
        rows[3 * WIDE + 5] = NAN;
    if (!out->begun)
        out->begun = genmod_data_new(&x, w);
    if (!out->begun)
        out->begun = genmod_data_set_rows(
            x, GENMOD_F32, n, WIDE - (odd && j->wide), rows, WIDE, 1, w);
    if (!out->begun)
        out->begun = make(j, odd, &m, w);
    strncpy(out->text, genmod_workspace_error(w), TEXT - 1);
    if (!out->begun) {
        out->status = train(j, m, x, odd, w);
        strncpy(out->text, genmod_workspace_error(w), TEXT - 1);
        leave(j, m, out);
    }
    j->f->end(m);
    genmod_data_free(x);
    free(rows);
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

/* ---- the deterministic mode ---------------------------------------------- */

static void same_bits(const family *f)
{
    found *const one = succeed(job_of(f, SHARDS, 0), 1);

    for (int32_t size = 2; size <= 4; size++) {
        found *const more = succeed(job_of(f, SHARDS, 0), size);

        assert_int_equal(more->bytes, one->bytes);
        assert_memory_equal(more->checkpoint, one->checkpoint, one->bytes);
        free(more);
    }
    free(one);
}

static void a_denoiser_has_the_same_bits_on_1_to_4_ranks(void **state)
{
    (void)state;
    same_bits(&denoiser);
}

static void same_bits_of_two(const family *f)
{
    found *const one = succeed(job_of(f, SHARDS, 0), 1);
    found *const three = succeed(job_of(f, SHARDS, 0), 3);

    assert_memory_equal(three->checkpoint, one->checkpoint, one->bytes);
    free(three);
    free(one);
}

static void a_contraction_has_the_same_bits_on_1_and_3_ranks(void **state)
{
    (void)state;
    same_bits_of_two(&contractive);
}

static void a_vae_has_the_same_bits_on_1_to_4_ranks(void **state)
{
    (void)state;
    same_bits(&bound);
}

static void a_codebook_has_the_same_bits_on_1_and_3_ranks(void **state)
{
    (void)state;
    same_bits_of_two(&vectors);
}

static void a_dcgan_has_the_same_bits_on_1_to_4_ranks(void **state)
{
    (void)state;
    same_bits(&dcgan);
}

/* ---- the fast mode ------------------------------------------------------- */

/* Steps of plain gradient descent with the rate 1: what the weights move by is
 * the gradient. */
#define DESCENT "optimiser=sgd | momentum=0 | learning_rate=0.01 | "

/* The first `steps` gradients of ranks are those of as many shards on one rank,
 * whose rows and noise they share. */
static void near_gradients(const family *f, const char *more)
{
    for (int steps = 1; steps <= 5; steps++) {
        job j = job_of(f, 3, steps);

        j.more = more;
        found *const exact = succeed(j, 1);
        j.shards = 0;
        found *const fast = succeed(j, 3);
        double most = 0;

        assert_int_equal(exact->numbers, fast->numbers);
        for (size_t i = 0; i < exact->numbers; i++)
            most = fmax(most, fabs(exact->params[i] - fast->params[i]) /
                                  (1 + fabs(exact->params[i])));
        assert_true(most < 1e-5 * 0.01 * steps);
        free(exact);
        free(fast);
    }
}

static void fast_gradients_of_a_denoiser_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&denoiser, DESCENT "validation=0");
}

static void fast_gradients_of_a_contraction_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&contractive, DESCENT "validation=0");
}

static void fast_gradients_of_a_vae_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&bound, DESCENT "validation=0");
}

static void fast_gradients_of_a_dcgan_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&dcgan, DESCENT "validation=0");
}

/* A minibatch of all rows is the same on any number of ranks, and without. */
static void whole_batches(const family *f, const char *more)
{
    job j = job_of(f, 0, 4);
    double most = 0;

    j.more = more;
    found *const one = succeed(j, 1);
    found *const four = succeed(j, 4);
    for (size_t i = 0; i < one->numbers; i++)
        most = fmax(most, fabs(one->params[i] - four->params[i]));
    assert_true(one->numbers > 1000 && most < 1e-6);
    free(one);
    free(four);
}

#define WHOLE DESCENT "validation=0 | batch_size=192"

static void whole_batches_are_those_of_one_process(void **state)
{
    (void)state;
    whole_batches(&denoiser, WHOLE);
    whole_batches(&contractive, WHOLE);
    whole_batches(&bound, WHOLE);
    whole_batches(&dcgan, WHOLE);
}

/* ---- going on ------------------------------------------------------------ */

static void a_checkpoint_goes_on_with_other_ranks(void **state)
{
    const family *const all[] = {&denoiser, &bound, &dcgan};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        found *const whole = succeed(job_of(all[i], SHARDS, 9), 1);
        found *const half = succeed(job_of(all[i], SHARDS, 5), 2);
        job rest = job_of(all[i], SHARDS, 4);

        rest.resumed = half->checkpoint;
        rest.resumed_bytes = half->bytes;
        found *const end = succeed(rest, 3);
        assert_memory_equal(end->checkpoint, whole->checkpoint, whole->bytes);
        free(whole);
        free(half);
        free(end);
    }
}

/* ---- what goes wrong on one rank ----------------------------------------- */

static void all_fail(job j, int32_t size, int32_t status, const char *text)
{
    found *const out = run(j, size);

    for (int32_t r = 0; r < size; r++) {
        if (!strstr(out[r].text, text))
            print_error("rank %d: %s\n", (int)r, out[r].text);
        assert_int_equal(out[r].status, status);
        assert_non_null(strstr(out[r].text, text));
        assert_memory_equal(out[r].checkpoint, out[0].checkpoint, out[0].bytes);
    }
    free(out);
}

static void what_goes_wrong_on_one_rank_does_on_all(void **state)
{
    job j = job_of(&bound, 0, 0);

    (void)state;
    alarm(120);
    j.odd_rank = 2;
    j.odd = "learning_rate=0.02";
    all_fail(j, 3, GENMOD_BAD_ARGUMENT, "rank 2: learning_rate differs");
    j.odd = "seed=4";
    all_fail(j, 3, GENMOD_BAD_ARGUMENT, "rank 2: seed is 4; rank 0 has 9");
    j.odd = NULL;
    j.wide = 1;
    all_fail(j, 3, GENMOD_BAD_ARGUMENT, "columns is 63; rank 0 has 64");
    j.wide = 0;
    j.nan_cell = 1;
    all_fail(j, 3, GENMOD_NON_FINITE, "rank 2: the cell in row 3, column 5");
    j.nan_cell = 0;
    j.cancel_at = 4;
    all_fail(j, 3, GENMOD_CANCELLED, "rank 2: ");
    j.cancel_at = 0;
    j.fail_at = 6;
    all_fail(j, 3, GENMOD_CALLBACK, "rank 2: progress returned -3");
    alarm(0);
}

static void batches_that_parts_cannot_share_are_refused(void **state)
{
    job j = job_of(&dcgan, SHARDS, 0);

    (void)state;
    j.more = "batch_size=50";
    all_fail(j, 2, GENMOD_BAD_ARGUMENT, "over 12 parts it must be a multiple");
}

/* Where one says stop, all stop behind the same step. */
static void a_stop_is_all_ranks(void **state)
{
    job j = job_of(&denoiser, 0, 0);

    (void)state;
    j.odd_rank = 1;
    j.stop_at = 3;
    free(succeed(j, 3));
}

/* The communicator of rank 1 fails at any of its calls, as when it dies. */
static void no_rank_waits_for_one_that_is_gone(void **state)
{
    job j = job_of(&dcgan, 0, 2);

    (void)state;
    j.out = calloc(3, sizeof *j.out);
    assert_non_null(j.out);
    alarm(240);
    for (size_t at = 0; at < 60; at += 1 + at / 6) {
        const ranks_plan plan = {.size = 3, .fail_rank = 1, .fail_at = at};

        (void)ranks_run(&plan, act, &j);
        for (int r = 0; r < 3; r++)
            assert_int_equal(j.out[r].status, GENMOD_CALLBACK);
    }
    alarm(0);
    free(j.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_denoiser_has_the_same_bits_on_1_to_4_ranks),
        cmocka_unit_test(a_contraction_has_the_same_bits_on_1_and_3_ranks),
        cmocka_unit_test(a_vae_has_the_same_bits_on_1_to_4_ranks),
        cmocka_unit_test(a_codebook_has_the_same_bits_on_1_and_3_ranks),
        cmocka_unit_test(a_dcgan_has_the_same_bits_on_1_to_4_ranks),
        cmocka_unit_test(fast_gradients_of_a_denoiser_are_the_exact_ones),
        cmocka_unit_test(fast_gradients_of_a_contraction_are_the_exact_ones),
        cmocka_unit_test(fast_gradients_of_a_vae_are_the_exact_ones),
        cmocka_unit_test(fast_gradients_of_a_dcgan_are_the_exact_ones),
        cmocka_unit_test(whole_batches_are_those_of_one_process),
        cmocka_unit_test(a_checkpoint_goes_on_with_other_ranks),
        cmocka_unit_test(what_goes_wrong_on_one_rank_does_on_all),
        cmocka_unit_test(batches_that_parts_cannot_share_are_refused),
        cmocka_unit_test(a_stop_is_all_ranks),
        cmocka_unit_test(no_rank_waits_for_one_that_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
