/* ae_start(), ae_step(), ae_fit(). */
#include <string.h>

#include "ae/internal.h"

#define MOST_HISTORY ((size_t)1 << 20) /* values of a history */
#define AHEAD 64 /* steps' ends of passes that room is made for at once */

/* A call that trains. Until its first update has succeeded, what the model was
 * can be put back. */
typedef struct attempt {
    ae_model *m;
    const genmod_data *x, *held_out;
    int cold; /* 1: begins with new weights */
    genmod_workspace *w;
    /* What the call has replaced: all of a cold one, of others the trainer, or
     * nothing. */
    ae_model aside;
    int replaced;
    /* Of the trainer, before the call. */
    uint64_t step, updates;
    nn_part numbers;
    double *saved; /* [numbers.n] */
    double other_kernels;
} attempt;

/* All but config. */
static void exchange(ae_model *a, ae_model *b)
{
    ae_model old = *a;
    genmod_config *const config = b->config;
    const int32_t training = b->training;

    *a = *b;
    *b = old;
    a->config = old.config;
    a->training = old.training;
    b->config = config;
    b->training = training;
}

static void exchange_trainers(ae_model *a, ae_model *b)
{
    ae_trainer *const old = a->trainer;

    a->trainer = b->trainer;
    b->trainer = old;
}

static void drop(ae_model *m)
{
    base_report_free(m->report);
    ae_trainer_free(m->trainer);
    ae_body_free(m->body);
}

/* ---- first weights ------------------------------------------------------- */

static int32_t learn_columns(ae_body *b, const genmod_data *x,
                             genmod_workspace *w)
{
    const int extremes = b->corruption == AE_SALT_AND_PEPPER;
    double mean_weight; /* the same, of weights as floats */
    int32_t status =
        nn_columns_learn(x, b->standardise, &b->columns, &b->mean_weight, w);

    if (!status && (extremes || b->loss == AE_BCE))
        status = ae_survey(b, x, extremes, &mean_weight, w);
    return status;
}

static int32_t make_body(const genmod_config *c, const genmod_data *x,
                         ae_body **out, genmod_workspace *w)
{
    const uint64_t seed = (uint64_t)base_config_i64(c, AE_SEED);
    int32_t status = ae_body_new(c, base_data_columns(x), out, w);
    ae_body *const b = *out;

    if (!status)
        status = ae_body_seal(b, w);
    if (!status)
        status = learn_columns(b, x, w);
    if (!status)
        status = nn_initialise(b->encoder, b->store, seed, w);
    if (!status)
        status = nn_initialise(b->decoder, b->store, seed, w);
    return status ? status : ae_body_compile(b, w);
}

static int32_t make_report(const ae_body *b, genmod_report **out,
                           genmod_workspace *w)
{
    const int32_t status = base_report_new(ae_entries, out, w);

    if (status)
        return status;
    base_report_set(*out, AE_REPORT_STEPS, 0);
    base_report_set(*out, AE_REPORT_EPOCHS, 0);
    base_report_set(*out, AE_REPORT_STOPPED_EARLY, 0);
    base_report_set(*out, AE_REPORT_OTHER_KERNELS, 0);
    base_report_set(*out, AE_REPORT_PARAMETERS, (double)ae_body_parameters(b));
    return GENMOD_OK;
}

static uint64_t held_rows(const attempt *a)
{
    return a->held_out ? base_data_rows(a->held_out) : 0;
}

static int32_t make_trainer(const attempt *a, ae_body *b,
                            const genmod_report *r, ae_trainer **out)
{
    return ae_trainer_new(a->m->config, b, r, base_data_rows(a->x),
                          held_rows(a), out, a->w);
}

static int32_t begin(attempt *a)
{
    ae_model *const to = &a->aside;
    int32_t status = make_body(a->m->config, a->x, &to->body, a->w);

    if (!status)
        status = make_report(to->body, &to->report, a->w);
    if (!status)
        status = make_trainer(a, to->body, to->report, &to->trainer);
    if (status)
        return status;
    to->d = to->body->d;
    to->z = to->body->z;
    exchange(a->m, to);
    a->replaced = 1;
    return GENMOD_OK;
}

/* ---- going on ------------------------------------------------------------ */

/* Moments belong to their kind of optimiser: another one starts anew. */
static int is_retained(const ae_trainer *t, const nn_training *o)
{
    return t && t->options.optimiser == o->optimiser &&
           (o->optimiser != NN_RMSPROP ||
            (t->options.momentum > 0) == (o->momentum > 0));
}

static int32_t resume(attempt *a)
{
    ae_model *const m = a->m;
    nn_training o;
    int32_t status;

    nn_training_read(m->config, &o);
    if (is_retained(m->trainer, &o))
        return GENMOD_OK;
    status = make_trainer(a, m->body, m->report, &a->aside.trainer);
    if (status)
        return status;
    exchange_trainers(m, &a->aside);
    a->replaced = 1;
    return GENMOD_OK;
}

/* ---- the frame ----------------------------------------------------------- */

/* The kernels that a call with w computes by. */
static void name_kernels(const genmod_workspace *w, char out[96])
{
    const char *const set = base_cpu_name(base_cpu(w));
    const char *const blas = kern_blas_name();
    const size_t head = strlen(set), tail = strlen(blas);
    const size_t rest = 96 - 2 - head;

    memcpy(out, set, head);
    out[head] = ' ';
    memcpy(out + head + 1, blas, tail < rest ? tail : rest);
    out[head + 1 + (tail < rest ? tail : rest)] = '\0';
}

static void note_kernels(ae_model *m, const genmod_workspace *w)
{
    char now[96];

    name_kernels(w, now);
    if (m->kernels[0] && !base_same(m->kernels, now))
        base_report_set(m->report, AE_REPORT_OTHER_KERNELS, 1);
    memcpy(m->kernels, now, sizeof now);
}

/* Room for `more` values in the histories. */
static int32_t reserve(ae_model *m, uint64_t more, genmod_workspace *w)
{
    size_t n;
    int32_t status;

    base_report_values(m->report, AE_REPORT_LOSS_HISTORY, &n);
    more = more < MOST_HISTORY ? more : MOST_HISTORY;
    n = (n + (size_t)more + AHEAD - 1) / AHEAD * AHEAD;
    n = n < MOST_HISTORY ? n : MOST_HISTORY;
    status = base_report_reserve(m->report, AE_REPORT_LOSS_HISTORY, n, w);
    if (!status)
        status =
            base_report_reserve(m->report, AE_REPORT_VALIDATION_HISTORY, n, w);
    m->trainer->history = n;
    return status;
}

/* What a failure before the first update brings back. */
static int32_t remember(attempt *a)
{
    const ae_trainer *const t = a->m->trainer;
    nn_status s;

    nn_loop_status(t->loop, &s);
    a->step = s.step;
    a->updates = nn_optimiser_count(t->optimiser);
    (void)nn_loop_part(t->loop, 0, &a->numbers);
    a->saved = base_scratch(a->w, a->numbers.n, sizeof *a->saved);
    if (!a->saved)
        return base_status(a->w);
    memcpy(a->saved, a->numbers.data, a->numbers.n * sizeof *a->saved);
    a->other_kernels =
        base_report_number(a->m->report, AE_REPORT_OTHER_KERNELS);
    return GENMOD_OK;
}

/* The trainer that stays goes back to its place. A loop keeps no state before
 * its first update. */
static void rewind_trainer(const attempt *a)
{
    nn_loop *const l = a->m->trainer->loop;
    nn_part kept;

    if (!a->saved)
        return;
    memcpy(a->numbers.data, a->saved, a->numbers.n * sizeof *a->saved);
    (void)nn_loop_loaded(l, a->w);
    if (a->step == 0 && nn_loop_part(l, 1, &kept))
        memset(kept.data, 0, kept.n * sizeof(float));
}

static void put_back(attempt *a)
{
    if (a->replaced && a->cold) {
        exchange(a->m, &a->aside);
        return;
    }
    if (a->replaced)
        exchange_trainers(a->m, &a->aside);
    else if (a->m->trainer)
        rewind_trainer(a);
    memcpy(a->m->kernels, a->aside.kernels, sizeof a->m->kernels);
    if (a->saved)
        base_report_set(a->m->report, AE_REPORT_OTHER_KERNELS,
                        a->other_kernels);
}

/* Ready for the first update, with memory for all of them. */
static int32_t open_attempt(attempt *a, uint64_t passes)
{
    ae_model *const m = a->m;
    int32_t status;

    memcpy(a->aside.kernels, m->kernels, sizeof m->kernels);
    m->training = 1;
    status = a->cold ? begin(a) : resume(a);
    if (!status)
        status = remember(a);
    if (!status)
        status = reserve(m, passes, a->w);
    if (!status)
        status = ae_trainer_open(m->trainer, m->config, m->body, a->x,
                                 a->held_out, a->w);
    if (status)
        return status;
    m->trainer->report = m->report;
    note_kernels(m, a->w);
    return GENMOD_OK;
}

static int32_t close_attempt(attempt *a, int32_t status)
{
    const ae_trainer *const t = a->m->trainer;

    if (status && (!t || nn_optimiser_count(t->optimiser) == a->updates))
        put_back(a);
    drop(&a->aside);
    a->m->training = 0;
    return status;
}

/* ---- the calls ----------------------------------------------------------- */

static int32_t check(const ae_model *m, const genmod_data *x,
                     genmod_workspace *w)
{
    int32_t status;

    if (!m || !x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "x" : "m");
    status = ae_check_idle(m, w);
    if (!status)
        status = ae_check_rows(x, "x", base_data_columns(x), "", w);
    return status;
}

static int32_t start(ae_model *m, const genmod_data *x, genmod_workspace *w)
{
    attempt a = {.m = m, .x = x, .cold = 1, .w = w};

    return close_attempt(&a, open_attempt(&a, 0));
}

int32_t ae_start(ae_model *m, const genmod_data *x, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, x, w);
    return base_leave(&call, status ? status : start(m, x, w));
}

static int32_t step(ae_model *m, const genmod_data *x, genmod_workspace *w)
{
    attempt a = {.m = m, .x = x, .w = w};
    nn_hooks hooks = ae_hooks;
    int32_t status = open_attempt(&a, 1);

    if (!status) {
        hooks.self = m->trainer;
        status = nn_loop_step(m->trainer->loop, &hooks, w);
    }
    return close_attempt(&a, status);
}

int32_t ae_step(ae_model *m, const genmod_data *x, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, x, w);
    if (!status)
        status = ae_check_fitted(m, w);
    if (!status)
        status = ae_check_rows(x, "x", m->d, "the model", w);
    return base_leave(&call, status ? status : step(m, x, w));
}

/* Passes that a fit may make: an interrupted one goes on to its end. */
static uint64_t passes_of(const ae_model *m, int cold)
{
    const uint64_t most = (uint64_t)base_config_i64(m->config, AE_EPOCHS);
    nn_status s;

    if (cold || !m->trainer)
        return most;
    nn_loop_status(m->trainer->loop, &s);
    return s.end > s.epoch && s.end - s.epoch > most ? s.end - s.epoch : most;
}

static int32_t fit(ae_model *m, const genmod_data *x,
                   const genmod_data *held_out, genmod_progress progress,
                   void *user, genmod_workspace *w)
{
    const int cold = !m->body || !base_config_i64(m->config, AE_WARM_START);
    attempt a = {.m = m, .x = x, .held_out = held_out, .cold = cold, .w = w};
    nn_hooks hooks = ae_hooks;
    int32_t status = open_attempt(&a, passes_of(m, cold));

    if (!status) {
        hooks.self = m->trainer;
        status =
            nn_loop_run(m->trainer->loop, &hooks, m->report, progress, user, w);
    }
    return close_attempt(&a, status);
}

int32_t ae_fit(ae_model *m, const genmod_data *x, const genmod_data *held_out,
               genmod_progress progress, void *user, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, x, w);
    if (!status && m->body && base_config_i64(m->config, AE_WARM_START))
        status = ae_check_rows(x, "x", m->d, "the model", w);
    if (!status && held_out)
        status =
            ae_check_rows(held_out, "held_out", base_data_columns(x), "x", w);
    return base_leave(&call,
                      status ? status : fit(m, x, held_out, progress, user, w));
}
