/* model_start(), model_step(), model_fit(). */
#include <float.h>
#include <string.h>

#include "model/model.h"

#define MOST_HISTORY ((size_t)1 << 20) /* values of a history */
#define AHEAD 64 /* steps' ends of passes that room is made for at once */

/* A call that trains. Until its first update has succeeded, what the model was
 * can be put back. */
typedef struct attempt {
    model *m;
    const genmod_data *x, *held_out;
    int cold;           /* 1: begins with new weights */
    model_prime *prime; /* NULL: they are random */
    void *arg;          /* of prime */
    model_shares shares;
    genmod_workspace *w;
    /* What the call has replaced: all of a cold one, of others the trainer, or
     * nothing. */
    model aside;
    int replaced;
    /* Of the trainer, before the call. */
    uint64_t step, updates;
    nn_part numbers;
    double *saved; /* [numbers.n], then the tallies */
    double other_kernels;
} attempt;

/* All but family and config. */
static void exchange(model *a, model *b)
{
    model old = *a;
    genmod_config *const config = b->config;
    const int32_t training = b->training;

    *a = *b;
    *b = old;
    a->family = old.family;
    a->config = old.config;
    a->training = old.training;
    b->config = config;
    b->training = training;
}

static void exchange_trainers(model *a, model *b)
{
    model_trainer *const old = a->trainer;

    a->trainer = b->trainer;
    b->trainer = old;
}

static void drop(model *m)
{
    base_report_free(m->report);
    model_trainer_free(m->trainer);
    model_body_free(m->body);
}

/* ---- first weights ------------------------------------------------------- */

static int32_t learn_columns(model_body *b, const genmod_data *x,
                             genmod_workspace *w)
{
    const model_family *const f = b->family;
    double mean_weight; /* the same, of weights as floats */
    int32_t status = nn_columns_learn(x, f->standardises(b),
                                      b->targets ? &b->rows : &b->columns,
                                      &b->mean_weight, w);

    if (!status && b->mean_weight < FLT_MIN)
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "the weights' mean is %g: too small for a float",
                           b->mean_weight);
    if (!status && f->settle)
        f->settle(b);
    if (!status && f->surveys && f->surveys(b))
        status = model_survey(b, x, 1, &mean_weight, w);
    return status;
}

static int32_t make_body(const model *m, const genmod_data *x, model_body **out,
                         genmod_workspace *w)
{
    const uint64_t seed = (uint64_t)base_config_i64(m->config, "seed");
    const model_schema s = {.d = base_data_columns(x),
                            .kinds = base_data_kinds(x),
                            .levels = base_data_levels(x)};
    int32_t status = model_body_new(m->family, m->config, &s, out, w);
    model_body *const b = *out;

    if (!status)
        status = model_body_seal(b, w);
    if (!status)
        status = learn_columns(b, x, w);
    for (size_t i = 0; !status && i < b->nets; i++)
        status = nn_initialise(b->net[i], b->store, seed, w);
    if (!status && m->family->initialise)
        status = m->family->initialise(b, m->config, seed, w);
    return status ? status : model_body_compile(b, w);
}

static int32_t make_report(const model_body *b, genmod_report **out,
                           genmod_workspace *w)
{
    const int32_t status = base_report_new(b->family->record.entries, out, w);

    if (status)
        return status;
    base_report_set(*out, "steps", 0);
    base_report_set(*out, "epochs", 0);
    base_report_set(*out, "stopped_early", 0);
    base_report_set(*out, "other_kernels", 0);
    base_report_set(*out, "parameters", (double)model_body_parameters(b));
    return GENMOD_OK;
}

static int32_t make_trainer(const attempt *a, model_body *b,
                            const genmod_report *r, model_trainer **out)
{
    return model_trainer_new(a->m->config, b, r, &a->shares, out, a->w);
}

static int32_t begin(attempt *a)
{
    model *const to = &a->aside;
    int32_t status = make_body(a->m, a->x, &to->body, a->w);

    if (!status)
        status = make_report(to->body, &to->report, a->w);
    if (!status && a->prime)
        status = a->prime(to->body, to->report, a->arg, a->w);
    if (!status)
        status = make_trainer(a, to->body, to->report, &to->trainer);
    if (status)
        return status;
    to->d = to->body->d;
    to->z = to->body->z;
    exchange(a->m, to);
    a->m->kernels[0] = '\0';
    a->replaced = 1;
    return GENMOD_OK;
}

/* ---- going on ------------------------------------------------------------ */

static int32_t resume(attempt *a)
{
    model *const m = a->m;
    int32_t status;

    if (m->trainer)
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

static void note_kernels(model *m, const genmod_workspace *w)
{
    char now[96];

    name_kernels(w, now);
    if (m->kernels[0] && !base_same(m->kernels, now))
        base_report_set(m->report, "other_kernels", 1);
    memcpy(m->kernels, now, sizeof now);
}

/* Room for `more` values in the histories, and for the family's own series. */
static int32_t reserve(model *m, uint64_t more, genmod_workspace *w)
{
    const model_family *const f = m->family;
    const base_entry *e = f->record.entries;
    size_t n;
    int32_t status = GENMOD_OK;

    base_report_values(m->report, "loss_history", &n);
    more = more < MOST_HISTORY ? more : MOST_HISTORY;
    n = (n + (size_t)more + AHEAD - 1) / AHEAD * AHEAD;
    n = n < MOST_HISTORY ? n : MOST_HISTORY;
    for (; e->key && !status; e++)
        if (e->series) {
            const size_t own = f->length ? f->length(m->body, e->key) : 0;

            status = base_report_reserve(m->report, e->key, own ? own : n, w);
        }
    m->trainer->history = n;
    return status;
}

/* What a failure before the first update brings back. */
static int32_t remember(attempt *a)
{
    const model_trainer *const t = a->m->trainer;
    nn_status s;

    nn_loop_status(t->loop, &s);
    a->step = s.step;
    a->updates = nn_optimiser_count(t->optimiser[0]);
    (void)nn_loop_part(t->loop, 0, &a->numbers);
    a->saved = base_scratch(a->w, a->numbers.n + t->tallies, sizeof *a->saved);
    if (!a->saved)
        return base_status(a->w);
    memcpy(a->saved, a->numbers.data, a->numbers.n * sizeof *a->saved);
    memcpy(a->saved + a->numbers.n, t->tally, t->tallies * sizeof *t->tally);
    a->other_kernels = base_report_number(a->m->report, "other_kernels");
    return GENMOD_OK;
}

/* The trainer that stays goes back to its place. A loop keeps no state before
 * its first update. */
static void rewind_trainer(const attempt *a)
{
    const model_trainer *const t = a->m->trainer;
    nn_loop *const l = t->loop;
    nn_part kept;

    if (!a->saved)
        return;
    memcpy(a->numbers.data, a->saved, a->numbers.n * sizeof *a->saved);
    memcpy(t->tally, a->saved + a->numbers.n, t->tallies * sizeof *t->tally);
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
        base_report_set(a->m->report, "other_kernels", a->other_kernels);
}

/* Passes that a fit may make: an interrupted one goes on to its end. */
static uint64_t passes_of(const attempt *a)
{
    const model *const m = a->m;
    nn_training o;
    uint64_t most;
    nn_status s;

    model_training_options(m->family, m->config, 0, &a->shares, &o);
    most = o.epochs;
    if (a->cold || !m->trainer)
        return most;
    nn_loop_status(m->trainer->loop, &s);
    return s.end > s.epoch && s.end - s.epoch > most ? s.end - s.epoch : most;
}

/* Ready for the first update, with memory for all of them: of one, or of as
 * many as a fit may make. */
static int32_t open_attempt(attempt *a, int fit)
{
    model *const m = a->m;
    int32_t status;

    memcpy(a->aside.kernels, m->kernels, sizeof m->kernels);
    m->training = 1;
    status = model_share(m, a->x, a->held_out, &a->shares, a->w);
    if (!status)
        status = a->cold ? begin(a) : resume(a);
    if (!status)
        status = model_check_schema(m->body, a->x, "x", a->w);
    if (!status && a->held_out)
        status = model_check_schema(m->body, a->held_out, "held_out", a->w);
    if (!status)
        status = remember(a);
    if (!status)
        status = reserve(m, fit ? passes_of(a) : 1, a->w);
    if (!status)
        status = model_trainer_open(m->trainer, m->config, m->body, a->x,
                                    a->held_out, &a->shares, a->w);
    if (!status && a->cold && a->shares.ranks > 1)
        status = model_agree_weights(m->body, a->w);
    if (status)
        return status;
    m->trainer->report = m->report;
    note_kernels(m, a->w);
    return GENMOD_OK;
}

static int32_t close_attempt(attempt *a, int32_t status)
{
    const model_trainer *const t = a->m->trainer;

    if (status && (!t || nn_optimiser_count(t->optimiser[0]) == a->updates))
        put_back(a);
    drop(&a->aside);
    a->m->training = 0;
    return status;
}

/* ---- the calls ----------------------------------------------------------- */

static int32_t check(const model *m, const genmod_data *x, genmod_workspace *w)
{
    int32_t status;

    if (!m || !x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "x" : "m");
    status = model_check_idle(m, w);
    if (!status)
        status = model_check_rows(x, "x", base_data_columns(x), "", w);
    return status;
}

int32_t model_begin(model *m, const genmod_data *x, model_prime *prime,
                    void *arg, genmod_workspace *w)
{
    attempt a = {.m = m, .x = x, .cold = 1, .prime = prime, .arg = arg, .w = w};
    int32_t status = check(m, x, w);

    status = model_agree(m, x, NULL, 1, status, w);
    if (status)
        return status;
    return close_attempt(&a, open_attempt(&a, 0));
}

int32_t model_start(model *m, const genmod_data *x, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, model_begin(m, x, NULL, NULL, w));
}

/* The columns of a training row are those that the model has. */
static int32_t check_width(const model *m, const genmod_data *x,
                           genmod_workspace *w)
{
    return model_check_rows(x, "x", m->d + m->body->targets, "the model", w);
}

static int32_t step(model *m, const genmod_data *x, genmod_workspace *w)
{
    attempt a = {.m = m, .x = x, .w = w};
    nn_hooks hooks = model_hooks;
    int32_t status = open_attempt(&a, 0);

    if (!status) {
        hooks.self = m->trainer;
        status = nn_loop_step(m->trainer->loop, &hooks, w);
    }
    return close_attempt(&a, status);
}

int32_t model_step(model *m, const genmod_data *x, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, x, w);
    if (!status)
        status = model_check_fitted(m, w);
    if (!status)
        status = check_width(m, x, w);
    if (!status)
        status = base_cancelled(w);
    status = model_agree(m, x, NULL, 0, status, w);
    return base_leave(&call, status ? status : step(m, x, w));
}

static int is_cold(const model *m)
{
    return !m->body || !base_config_i64(m->config, "warm_start");
}

int32_t model_train(model *m, const genmod_data *x, const genmod_data *held_out,
                    genmod_progress progress, void *user, genmod_workspace *w)
{
    attempt a = {
        .m = m, .x = x, .held_out = held_out, .cold = is_cold(m), .w = w};
    nn_hooks hooks = model_hooks;
    int32_t status = open_attempt(&a, 1);

    if (!status) {
        hooks.self = m->trainer;
        status =
            nn_loop_run(m->trainer->loop, &hooks, m->report, progress, user, w);
    }
    return close_attempt(&a, status);
}

int32_t model_fit(model *m, const genmod_data *x, const genmod_data *held_out,
                  genmod_progress progress, void *user, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, x, w);
    if (!status && m->body && base_config_i64(m->config, "warm_start"))
        status = check_width(m, x, w);
    if (!status && held_out)
        status = model_check_rows(held_out, "held_out", base_data_columns(x),
                                  "x", w);
    status = model_agree(m, x, held_out, status || is_cold(m), status, w);
    return base_leave(&call,
                      status ? status
                             : model_train(m, x, held_out, progress, user, w));
}
