/* Training, update by update. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/loop.h"

#define STOP 1                    /* progress asked for it */
#define SITE UINT32_C(0x6e6e7074) /* of the parts' seeds: "nnpt" */
#define ENOUGH 16                 /* losses before their median says anything */

static size_t parts_of(const nn_training *o)
{
    return o->parts ? o->parts : 1;
}

/* Of part number k of this loop's: each has an order of its own, and the first
 * of all that of a loop of one. */
static nn_split split_of(const nn_loop *l, size_t k)
{
    const uint64_t part = l->o.part + k;
    uint64_t seed = l->c.seed;
    uint32_t word[4];

    if (part) {
        base_random(seed, part, SITE, 0, word);
        seed = (uint64_t)word[0] << 32 | word[1];
    }
    return (nn_split){seed, l->c.n, l->c.kept};
}

static uint64_t whole(const nn_loop *l, uint64_t n)
{
    return l->o.multiple ? n - n % l->o.multiple : n;
}

/* Rows of an epoch. */
static uint64_t length(const nn_loop *l)
{
    return whole(l, l->c.kept);
}

/* Rows to validate on. */
static uint64_t held_rows(const nn_loop *l)
{
    return whole(l, l->c.held_out ? l->c.held_out : l->c.n - l->c.kept);
}

static void split(nn_loop *l, uint64_t n, uint64_t held_out)
{
    const nn_split s =
        nn_split_of(l->o.seed, n, held_out ? 0 : l->o.validation);

    l->c.seed = s.seed;
    l->c.n = s.n;
    l->c.kept = s.kept;
    l->c.held_out = held_out;
}

static int32_t reserve(nn_loop *l, genmod_workspace *w)
{
    size_t n = ad_store_total(l->s);

    for (size_t i = 0; i < l->optimisers; i++)
        n += nn_optimiser_averaged(l->optimiser[i]);
    l->state_n = n;
    l->room = l->o.batch * parts_of(&l->o);
    l->rows = base_alloc_zero(w, l->room, sizeof *l->rows);
    l->state = base_alloc_zero(w, n, nn_loop_bytes(l));
    l->numbers = base_alloc_zero(w, NN_NUMBERS, sizeof *l->numbers);
    if (!l->rows || !l->state || !l->numbers)
        return base_status(w);
    l->losses = l->numbers + NN_NUMBERS - NN_LOSSES;
    return GENMOD_OK;
}

int32_t nn_loop_new(const nn_training *o, uint64_t n, uint64_t held_out,
                    ad_store *s, size_t optimisers,
                    nn_optimiser *const *optimiser, nn_loop **out,
                    genmod_workspace *w)
{
    nn_loop *const l = base_alloc_zero(w, 1, sizeof *l);
    int32_t status;

    assert(optimisers <= NN_OPTIMISERS && o->batch > 0 && n > 0);
    *out = NULL;
    if (!l)
        return base_status(w);
    l->o = *o;
    l->s = s;
    l->optimisers = optimisers;
    for (size_t i = 0; i < optimisers; i++)
        l->optimiser[i] = optimiser[i];
    status = reserve(l, w);
    if (status) {
        nn_loop_free(l);
        return status;
    }
    l->r = (nn_reals){NAN, NAN, NAN, NAN, NAN, NAN, 0};
    split(l, n, held_out);
    nn_loop_pack(l);
    *out = l;
    return GENMOD_OK;
}

void nn_loop_free(nn_loop *l)
{
    if (!l)
        return;
    base_free(l->rows);
    base_free(l->state);
    base_free(l->numbers);
    base_free(l);
}

int32_t nn_loop_tune(nn_loop *l, const nn_training *o, uint64_t n,
                     uint64_t held_out, genmod_workspace *w)
{
    const nn_counts before = l->c;
    const size_t room = o->batch * parts_of(o);
    const uint64_t kept =
        nn_split_of(o->seed, n, held_out ? 0 : o->validation).kept;
    const uint64_t held = held_out ? held_out : n - kept;

    if (kept < o->multiple)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has %u rows to train on; a minibatch takes %u",
                         kept, (uint64_t)o->multiple);
    if (held && held < o->multiple)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has %u rows%s; a minibatch takes %u",
                         held_out ? "held_out" : "x", held,
                         held_out ? "" : " to hold out", (uint64_t)o->multiple);
    if (room > l->room) {
        int64_t *const rows = base_alloc_zero(w, room, sizeof *rows);

        if (!rows)
            return base_status(w);
        base_free(l->rows);
        l->rows = rows;
        l->room = room;
    }
    l->o = *o;
    split(l, n, held_out);
    if (l->c.seed != before.seed || l->c.n != before.n ||
        l->c.kept != before.kept || l->c.position >= length(l) ||
        whole(l, l->c.position) != l->c.position) {
        l->c.position = 0;
        l->r.sum = 0;
    }
    if (l->c.held_out != before.held_out ||
        (!held_out && (l->c.seed != before.seed || l->c.n != before.n ||
                       l->c.kept != before.kept))) {
        l->c.best_epoch = 0;
        l->r.best_loss = NAN;
    }
    nn_loop_pack(l);
    return GENMOD_OK;
}

/* Changes places of weights and averages. */
static void set_raw(nn_loop *l, int raw, genmod_workspace *w)
{
    if (l->raw == raw)
        return;
    for (size_t i = 0; i < l->optimisers; i++)
        nn_optimiser_swap(l->optimiser[i], l->s, w);
    l->raw = raw;
}

/* A training of o->epochs more epochs begins, unless one is under way. */
static void begin(nn_loop *l)
{
    if (!l->c.stopped && l->c.epoch < l->c.end)
        return;
    l->c.end = l->c.epoch + l->o.epochs;
    l->c.waited = 0;
    l->c.stopped = 0;
}

static double median(const nn_loop *l)
{
    const size_t n = (size_t)l->c.losses;

    return n % 2 ? l->losses[n / 2]
                 : (l->losses[n / 2 - 1] / 2 + l->losses[n / 2] / 2);
}

/* Sizes, since a loss that is the negative of a density's logarithm may have
 * any sign; a median of 0 bounds nothing. */
static int32_t check_loss(const nn_loop *l, double loss, genmod_workspace *w)
{
    if (loss - loss != 0)
        return base_fail(w, GENMOD_BREAKDOWN,
                         "the loss of update %u, in epoch %u, is %g",
                         l->c.step + 1, l->c.epoch + 1, loss);
    if (!l->c.losses || (!l->c.epoch && l->c.losses < ENOUGH))
        return GENMOD_OK;
    if (median(l) > 0 && loss > l->o.divergence * median(l))
        return base_fail(w, GENMOD_BREAKDOWN,
                         "the loss of update %u, in epoch %u, is %g, above %g "
                         "times the first epoch's median of %g (option "
                         "\"divergence\")",
                         l->c.step + 1, l->c.epoch + 1, loss, l->o.divergence,
                         median(l));
    return GENMOD_OK;
}

static void note_loss(nn_loop *l, size_t m, double loss)
{
    const double size = fabs(loss);
    size_t i = (size_t)l->c.losses;

    l->r.loss = loss;
    l->r.sum += loss * (double)m;
    if (l->c.epoch > 0 || i == NN_LOSSES)
        return;
    for (; i > 0 && l->losses[i - 1] > size; i--)
        l->losses[i] = l->losses[i - 1];
    l->losses[i] = size;
    l->c.losses++;
}

static int32_t update(nn_loop *l, const nn_hooks *h, genmod_workspace *w)
{
    const uint64_t left = length(l) - l->c.position;
    const size_t m = left < l->o.batch ? (size_t)left : l->o.batch;
    double loss = NAN;
    int32_t status;

    for (size_t k = 0; k < parts_of(&l->o); k++) {
        const nn_split s = split_of(l, k);

        nn_split_kept(&s, l->c.epoch, l->c.position, m, l->rows + k * m);
    }
    set_raw(l, 1, w);
    status = h->update(h->self, l->c.step, m, l->rows, &loss, w);
    if (status)
        return status;
    status = check_loss(l, loss, w);
    if (status) {
        set_raw(l, 0, w);
        nn_loop_take_kept(l);
        return status;
    }
    note_loss(l, m, loss);
    l->r.rate = l->optimisers ? nn_optimiser_rate(l->optimiser[0]) : l->r.rate;
    l->c.position += m;
    l->c.step++;
    l->c.epoch_ended = 0;
    return GENMOD_OK;
}

/* Held-out rows first … first + m - 1 of every part. */
static void pick_held(nn_loop *l, uint64_t first, size_t m)
{
    for (size_t k = 0; k < parts_of(&l->o); k++) {
        const nn_split s = split_of(l, k);
        int64_t *const rows = l->rows + k * m;

        if (!l->c.held_out)
            nn_split_held(&s, first, m, rows);
        for (size_t i = 0; i < m && l->c.held_out; i++)
            rows[i] = (int64_t)(first + i);
    }
    l->looked = first;
}

/* The mean loss of the held-out rows. */
static int32_t evaluate(nn_loop *l, const nn_hooks *h, double *mean,
                        genmod_workspace *w)
{
    const uint64_t n = held_rows(l);
    double sum = 0;

    for (uint64_t first = 0; first < n; first += l->o.batch) {
        const size_t m =
            n - first < l->o.batch ? (size_t)(n - first) : l->o.batch;
        double loss = NAN;
        int32_t status;

        pick_held(l, first, m);
        status = h->evaluate(h->self, m, l->rows, &loss, w);
        if (status)
            return status;
        sum += loss * (double)m;
    }
    *mean = sum / (double)n;
    return GENMOD_OK;
}

static int32_t validate(nn_loop *l, const nn_hooks *h, genmod_workspace *w)
{
    double loss;
    const int32_t status = evaluate(l, h, &loss, w);

    if (status)
        return status;
    if (loss - loss != 0) {
        nn_loop_take_kept(l);
        return base_fail(w, GENMOD_BREAKDOWN,
                         "the held-out loss after epoch %u is %g", l->c.epoch,
                         loss);
    }
    l->r.validation_loss = loss;
    if (l->o.blind) {
        nn_loop_keep(l);
        return GENMOD_OK;
    }
    if (!(loss >= l->r.best_loss - l->o.min_delta)) {
        l->r.best_loss = loss;
        l->c.best_epoch = l->c.epoch;
        l->c.waited = 0;
        nn_loop_keep(l);
    } else if (l->c.epoch > l->o.patience_from) {
        l->c.waited++;
    }
    l->c.stopped = l->o.patience > 0 && l->c.waited >= l->o.patience;
    if (l->c.stopped || l->c.epoch >= l->c.end)
        nn_loop_take_kept(l);
    return GENMOD_OK;
}

static int is_due(const nn_loop *l)
{
    return l->o.validate_every < 2 || l->c.epoch % l->o.validate_every == 0 ||
           l->c.epoch >= l->c.end;
}

/* The epoch counts even if validation fails. */
static int32_t end_epoch(nn_loop *l, const nn_hooks *h, genmod_workspace *w)
{
    l->r.epoch_loss = l->r.sum / (double)l->c.position;
    l->r.validation_loss = NAN;
    l->r.sum = 0;
    l->c.position = 0;
    l->c.epoch++;
    l->c.epoch_ended = 1;
    set_raw(l, 0, w);
    if (h->evaluate && held_rows(l) && is_due(l))
        return validate(l, h, w);
    nn_loop_keep(l);
    return GENMOD_OK;
}

/* One update, which may leave the weights in the store. */
static int32_t advance(nn_loop *l, const nn_hooks *h, genmod_workspace *w)
{
    int32_t status;

    if (!l->c.has_state)
        nn_loop_keep(l);
    status = update(l, h, w);
    if (!status) {
        if (l->c.position == length(l))
            status = end_epoch(l, h, w);
        nn_loop_pack(l);
        if (h->publish)
            h->publish(h->self);
    }
    nn_loop_pack(l);
    return status;
}

int32_t nn_loop_step(nn_loop *l, const nn_hooks *h, genmod_workspace *w)
{
    int32_t status;

    begin(l);
    status = advance(l, h, w);
    set_raw(l, 0, w);
    return status;
}

typedef struct watch {
    const genmod_report *report;
    genmod_progress progress;
    void *user;
} watch;

static int32_t ask(nn_loop *l, const watch *p, genmod_workspace *w)
{
    const int32_t status = base_cancelled(w);
    int32_t answer;

    if (status || !p->progress)
        return status;
    set_raw(l, 0, w);
    answer = p->progress(p->report, p->user);
    base_settle();
    if (answer < 0)
        return base_fail(w, GENMOD_CALLBACK, "progress returned %i",
                         (int64_t)answer);
    return answer > 0 ? STOP : GENMOD_OK;
}

/* What one rank answers all do. */
static int32_t poll(nn_loop *l, const watch *p, genmod_workspace *w)
{
    const int32_t status = ask(l, p, w);

    return l->o.shared ? base_meet(w, status) : status;
}

int32_t nn_loop_run(nn_loop *l, const nn_hooks *h, const genmod_report *report,
                    genmod_progress progress, void *user, genmod_workspace *w)
{
    const watch p = {report, progress, user};
    int32_t status = poll(l, &p, w);

    if (!status)
        begin(l);
    while (!status && !l->c.stopped && l->c.epoch < l->c.end) {
        status = advance(l, h, w);
        if (!status)
            status = poll(l, &p, w);
    }
    set_raw(l, 0, w);
    if (status != STOP)
        return status;
    l->c.end = l->c.epoch;
    nn_loop_pack(l);
    return GENMOD_OK;
}

void nn_loop_status(const nn_loop *l, nn_status *out)
{
    *out = (nn_status){.step = l->c.step,
                       .epoch = l->c.epoch,
                       .pass = (double)l->c.epoch +
                               (double)l->c.position / (double)length(l),
                       .end = l->c.end,
                       .loss = l->r.loss,
                       .epoch_loss = l->r.epoch_loss,
                       .validation_loss = l->r.validation_loss,
                       .best_loss = l->r.best_loss,
                       .best_epoch = l->c.best_epoch,
                       .rate = l->r.rate,
                       .gradient_norm = l->r.gradient_norm,
                       .looked = l->looked,
                       .epoch_ended = l->c.epoch_ended != 0,
                       .stopped = l->c.stopped != 0};
}

void nn_loop_note_norm(nn_loop *l, double norm)
{
    l->r.gradient_norm = norm;
}
