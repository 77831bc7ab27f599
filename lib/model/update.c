/* One update of the weights, and one look at held-out rows. */
#include <math.h>
#include <string.h>

#include "model/model.h"

#define SAMPLES 256 /* trained numbers that ranks compare */
#define MEASURED 63 /* updates at least, of which the last is measured */

void *model_trainer_input(const model_trainer *t, const ad_program *p,
                          const char *name)
{
    const int32_t i = ad_program_find(p, name);

    return i < 0 ? NULL : ad_program_input(p, i, t->arena);
}

/* Rows and their weights, in units of their mean, into the arena. */
static int32_t fill_rows(const model_trainer *t, const ad_program *p,
                         const genmod_data *x, double mean_weight, size_t m,
                         const int64_t *rows, genmod_workspace *w)
{
    const model_body *const b = t->body;
    const model_family *const f = b->family;
    float *const x_at = model_trainer_input(t, p, "x");
    float *const cells = x_at ? x_at : t->spare;
    float *const weights = model_trainer_input(t, p, "weight");
    float *const mask =
        b->columns.missing ? model_trainer_input(t, p, "mask") : NULL;
    const model_rows r = {.columns = &b->columns,
                          .n = m,
                          .number = rows,
                          .x = cells,
                          .mask = mask,
                          .labels = t->labels};
    int32_t status =
        nn_rows_read(x, model_body_rows(b), m, rows, t->stage,
                     t->rows ? t->rows : cells, mask, weights, t->labels, w);

    if (!status && t->rows)
        model_body_split(b, m, t->rows, cells,
                         model_trainer_input(t, p, "target"));
    if (!status && f->look)
        status = f->look(t->body, &r, 0, w);
    if (status)
        return status;
    for (size_t i = 0; weights && i < m; i++)
        weights[i] = (float)((double)weights[i] / mean_weight);
    model_put_labels(&r, model_trainer_input(t, p, "label"));
    return GENMOD_OK;
}

static int reads_rows(const ad_program *p)
{
    return ad_program_find(p, "x") >= 0 || ad_program_find(p, "label") >= 0 ||
           ad_program_find(p, "weight") >= 0;
}

static int32_t fill(const model_trainer *t, const ad_program *p,
                    const genmod_data *x, double mean_weight, uint64_t step,
                    size_t m, const int64_t *rows, genmod_workspace *w)
{
    const model_family *const f = t->body->family;
    int32_t status = GENMOD_OK;

    if (reads_rows(p))
        status = fill_rows(t, p, x, mean_weight, m, rows, w);
    if (!status && f->fill)
        f->fill(t, p, step);
    return status;
}

const void *model_trainer_output(const model_trainer *t, const ad_program *p,
                                 size_t i)
{
    const model_shares *const s = &t->shares;

    return s->shared ? ad_program_joined(p, i, t->joined, s->local, s->parts)
                     : ad_program_output(p, i, t->arena);
}

/* Where training rows and held-out ones are, and where they are read to. */
typedef struct minibatch {
    const ad_program *p;
    const genmod_data *x;
    double mean_weight;
    size_t total; /* rows of x on all ranks */
    uint64_t step;
    size_t m;            /* of a part */
    const int64_t *rows; /* [local, m], numbers within a part */
} minibatch;

static void look_at(model_trainer *t, size_t part)
{
    t->arena = (char *)t->arenas + part * t->bytes;
}

/* Of every part of this rank, into its arena. */
static int32_t fill_parts(model_trainer *t, const minibatch *b,
                          genmod_workspace *w)
{
    const model_shares *const s = &t->shares;
    int32_t status = GENMOD_OK;

    for (size_t k = 0; k < s->local && !status; k++) {
        const size_t first = model_first_row(s, b->x, b->total, k, w);

        for (size_t i = 0; i < b->m; i++)
            t->picked[i] = b->rows[k * b->m + i] + (int64_t)first;
        look_at(t, k);
        status =
            fill(t, b->p, b->x, b->mean_weight, b->step, b->m, t->picked, w);
    }
    look_at(t, 0);
    return status;
}

/* Trained numbers from the first to the last that a phase moves. */
typedef struct range {
    size_t first, n;
} range;

static range range_of(const model_trainer *t, uint32_t players)
{
    const ad_store *const s = t->body->store;
    size_t first = ad_store_trained(s), end = 0;

    for (size_t i = 0; i < t->players; i++) {
        size_t from, n;

        if (!(players >> i & 1))
            continue;
        ad_store_range(s, (int32_t)i, &from, &n);
        first = from < first ? from : first;
        end = from + n > end ? from + n : end;
    }
    return (range){first, end > first ? end - first : 0};
}

/* The parts' gradients lie one behind another, as the sum wants them. */
static void set_replays(model_trainer *t, const minibatch *b, uint32_t players,
                        genmod_workspace *w)
{
    const model_shares *const s = &t->shares;
    const range own = range_of(t, players);

    for (size_t k = 0; k < s->local; k++) {
        float *const to = s->exact && players
                              ? t->gradients + s->local * own.first + k * own.n
                              : NULL;

        t->replay[k] = (ad_replay){.rows = b->m,
                                   .seed = t->options.seed,
                                   .step = b->step,
                                   .first_row = (s->first + k) * b->m,
                                   .arena = (char *)t->arenas + k * t->bytes,
                                   .width = base_width(w),
                                   .gradients = to,
                                   .first_gradient = own.first};
    }
}

/* Some trained numbers: machines that do not compute alike drift apart in all
 * of them. */
static uint64_t sample_of(const ad_store *s)
{
    const float *const v = ad_store_values(s);
    const size_t n = ad_store_trained(s), step = n / SAMPLES + 1;
    uint64_t h = 0;

    for (size_t i = 0; i < n; i += step)
        h = base_digest(h, v + i, sizeof *v);
    return h;
}

/* Gradients of all parts, added up in the store. */
static int32_t sum_gradients(const model_trainer *t, uint32_t players,
                             genmod_workspace *w)
{
    const ad_store *const s = t->body->store;
    const range own = range_of(t, players);
    float *const to = (float *)ad_store_gradients(s) + own.first;
    const uint64_t digest = sample_of(s);

    if (!t->shares.exact)
        return base_all_sum(w, GENMOD_OK, digest, GENMOD_F32, own.n, to);
    return base_all_sum_shards(w, GENMOD_OK, digest, GENMOD_F32, own.n,
                               t->gradients + t->shares.local * own.first, to);
}

/* What pieces leave, to the gradients of the one part that there is then. */
static void add_pieces(const model_trainer *t, genmod_workspace *w)
{
    model_pieces_add(
        t, t->shares.exact ? t->gradients : ad_store_gradients(t->body->store),
        w);
}

/* Replays a program and leaves its loss, and the gradients of players (0: of
 * none). */
static int32_t run(model_trainer *t, const minibatch *b, uint32_t players,
                   double *loss, genmod_workspace *w)
{
    const ad_store *const s = t->body->store;
    const int pieces = t->pieces.count && b->p == t->update[0];
    int32_t status = GENMOD_OK;
    float v;

    set_replays(t, b, players, w);
    if (pieces)
        model_pieces_run(t, b->p, w);
    if (t->shares.shared)
        status = ad_program_share(b->p, s, t->replay, t->room, w);
    else
        ad_program_run(b->p, s, t->replay, w);
    if (!status && pieces)
        add_pieces(t, w);
    if (!status && t->shares.shared)
        status = ad_program_join(b->p, t->replay, t->joined, w);
    if (!status && t->shares.shared && players)
        status = sum_gradients(t, players, w);
    if (status)
        return status;
    memcpy(&v, model_trainer_output(t, b->p, 0), sizeof v);
    *loss = (double)v;
    return GENMOD_OK;
}

/* GENMOD_BREAKDOWN where a successor of a state is not finite. */
static int32_t check_states(const ad_store *s, genmod_workspace *w)
{
    for (size_t i = 0; i < ad_store_count(s); i++) {
        const size_t n = (size_t)ad_elements(ad_store_shape(s, i));
        const float *next;

        if (ad_store_kind(s, i) != AD_STATE)
            continue;
        next = ad_store_next(s, i);
        for (size_t j = 0; j < n; j++)
            if (!isfinite(next[j]))
                return base_fail(w, GENMOD_BREAKDOWN, "%s becomes %g",
                                 ad_store_name(s, i), (double)next[j]);
    }
    return GENMOD_OK;
}

/* The gradients that a phase leaves, looked at before anything moves. */
static int32_t check_phase(model_trainer *t, size_t phase, uint64_t step,
                           double loss, genmod_workspace *w)
{
    const ad_store *const s = t->body->store;
    int32_t status;

    if (!isfinite(loss))
        return base_fail(w, GENMOD_BREAKDOWN, "the loss of update %u is %g",
                         step + 1, loss);
    status = check_states(s, w);
    for (size_t i = 0; i < t->players && !status; i++)
        if (t->phase[phase].players >> i & 1)
            status = nn_optimiser_norm(t->optimiser[i], s, &t->norm[i], w);
    return status;
}

/* How far the players of a phase have moved, if that is asked for now. */
static void measure(model_trainer *t, uint32_t players)
{
    const ad_store *const s = t->body->store;
    const char *at = t->undo;

    for (size_t i = 0; i < t->players; i++)
        t->moved[i] = 0;
    if (!t->measures)
        return;
    at += model_state_bytes(s);
    for (size_t i = 0; i < t->players; i++) {
        if (players >> i & 1)
            t->moved[i] = nn_optimiser_moved(t->optimiser[i], s, at);
        at += nn_optimiser_bytes(t->optimiser[i]);
    }
}

static void take_phase(model_trainer *t, size_t phase, size_t m,
                       genmod_workspace *w)
{
    ad_store *const s = t->body->store;
    const uint32_t players = t->phase[phase].players;

    for (size_t i = 0; i < t->players; i++)
        if (players >> i & 1)
            nn_optimiser_update(t->optimiser[i], s, t->norm[i], w);
    measure(t, players);
    ad_store_commit(s);
    for (size_t i = 0; i < t->players; i++)
        if (players >> i & 1)
            nn_optimiser_follow(t->optimiser[i], s);
    if (t->body->family->note)
        t->body->family->note(t, t->update[phase], m * t->shares.parts);
}

static int32_t run_phase(model_trainer *t, size_t phase, uint64_t step,
                         size_t m, const int64_t *rows, double *loss,
                         genmod_workspace *w)
{
    const minibatch b = {.p = t->update[phase],
                         .x = t->x,
                         .mean_weight = t->body->mean_weight,
                         .total = t->shares.total,
                         .step = step,
                         .m = m,
                         .rows = rows};
    int32_t status = fill_parts(t, &b, w);

    if (!status)
        status = run(t, &b, t->phase[phase].players, loss, w);
    if (!status)
        status = check_phase(t, phase, step, *loss, w);
    if (!status)
        take_phase(t, phase, m, w);
    return status;
}

static int is_due(const model_trainer *t, size_t phase, uint64_t step)
{
    return (step + 1) % t->phase[phase].every == 0;
}

/* In an update that all players move in, so that their lengths are of one. */
static int is_measured(const model_trainer *t, uint64_t step)
{
    const uint64_t every = t->phases > 1 ? t->phase[1].every : 1;

    return t->undo &&
           (step + 1) % ((MEASURED + every - 1) / every * every) == 0;
}

/* What an update is about to change. */
static void keep(model_trainer *t)
{
    const ad_store *const s = t->body->store;
    char *at = t->undo;

    memcpy(at, (float *)ad_store_values(s) + ad_store_trained(s),
           model_state_bytes(s));
    at += model_state_bytes(s);
    for (size_t i = 0; i < t->players; i++) {
        nn_optimiser_keep(t->optimiser[i], s, at);
        at += nn_optimiser_bytes(t->optimiser[i]);
    }
    memcpy(t->kept_tally, t->tally, t->tallies * sizeof *t->tally);
}

static void undo(model_trainer *t)
{
    ad_store *const s = t->body->store;
    const char *at = t->undo;

    memcpy((float *)ad_store_values(s) + ad_store_trained(s), at,
           model_state_bytes(s));
    at += model_state_bytes(s);
    for (size_t i = 0; i < t->players; i++) {
        nn_optimiser_return(t->optimiser[i], s, at);
        at += nn_optimiser_bytes(t->optimiser[i]);
    }
    memcpy(t->tally, t->kept_tally, t->tallies * sizeof *t->tally);
}

static int32_t update(void *self, uint64_t step, size_t m, const int64_t *rows,
                      double *loss, genmod_workspace *w)
{
    model_trainer *const t = self;
    const int both = t->phases > 1 && is_due(t, 1, step);
    double other;
    int32_t status;

    t->measures = is_measured(t, step);
    if (both || t->measures)
        keep(t);
    status = run_phase(t, 0, step, m, rows, loss, w);
    if (!status && both) {
        status = run_phase(t, 1, step, m, rows, &other, w);
        if (status)
            undo(t);
    }
    if (status)
        ad_store_revert(t->body->store);
    else
        nn_loop_note_norm(t->loop, t->norm[0]);
    return status;
}

/* What tells the draws of one minibatch of held-out rows from another's. */
static uint64_t look_number(const model_trainer *t, const int64_t *rows)
{
    nn_status s;

    nn_loop_status(t->loop, &s);
    if (!t->body->family->draws_apart)
        return 0;
    return t->shares.shared ? s.looked : (uint64_t)rows[0];
}

static int32_t evaluate(void *self, size_t m, const int64_t *rows, double *loss,
                        genmod_workspace *w)
{
    model_trainer *const t = self;
    minibatch b = {.p = t->evaluate,
                   .x = t->x,
                   .mean_weight = t->body->mean_weight,
                   .total = t->shares.total,
                   .m = m,
                   .rows = rows};
    int32_t status;

    if (t->held_out) {
        b.x = t->held_out;
        b.mean_weight = t->held_weight;
        b.total = t->shares.held_total;
    }
    status = fill_parts(t, &b, w);
    b.step = look_number(t, rows);
    if (!status)
        status = run(t, &b, 0, loss, w);
    if (!status && t->body->family->note)
        t->body->family->note(t, t->evaluate, m * t->shares.parts);
    return status;
}

void model_trainer_append(model_trainer *t, const char *key, double v)
{
    size_t n;

    base_report_values(t->report, key, &n);
    if (n < t->history)
        base_report_append(t->report, key, v);
}

static void publish(void *self)
{
    model_trainer *const t = self;
    genmod_report *const r = t->report;
    const int validates = t->held_out || t->options.validation > 0;
    nn_status s;

    nn_loop_status(t->loop, &s);
    base_report_set(r, "loss", s.loss);
    base_report_set(r, "epoch_loss", s.epoch_loss);
    base_report_set(r, "validation_loss", s.validation_loss);
    base_report_set(r, "best_loss", s.best_loss);
    base_report_set(r, "best_epoch",
                    s.best_epoch ? t->epochs + (double)s.best_epoch : NAN);
    base_report_set(r, "steps", t->steps + (double)s.step);
    base_report_set(r, "epochs", t->epochs + (double)s.epoch);
    base_report_set(r, "learning_rate", s.rate);
    base_report_set(r, "gradient_norm", s.gradient_norm);
    base_report_set(r, "stopped_early", s.stopped);
    if (s.epoch_ended)
        model_trainer_append(t, "loss_history", s.epoch_loss);
    if (s.epoch_ended && validates)
        model_trainer_append(t, "validation_history", s.validation_loss);
    if (t->body->family->publish)
        t->body->family->publish(t, &s);
}

const nn_hooks model_hooks = {
    .update = update, .evaluate = evaluate, .publish = publish};
