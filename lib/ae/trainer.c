/* What training needs beside the weights, and one update of them. */
#include <math.h>
#include <string.h>

#include "ae/internal.h"

/* A count of the report; one that is not there is 0. */
static double count(const genmod_report *r, const char *key)
{
    const double v = base_report_number(r, key);

    return v > 0 ? v : 0;
}

static int32_t make(ae_trainer *t, const genmod_config *c, ae_body *b,
                    uint64_t n, uint64_t held_out, genmod_workspace *w)
{
    int32_t status;

    nn_training_read(c, &t->options);
    status = nn_optimiser_new(&t->options, b->store, 0, &t->optimiser, w);
    if (!status)
        status = nn_loop_new(&t->options, n, held_out, b->store, 1,
                             &t->optimiser, &t->loop, w);
    return status;
}

int32_t ae_trainer_new(const genmod_config *c, ae_body *b,
                       const genmod_report *report, uint64_t n,
                       uint64_t held_out, ae_trainer **out, genmod_workspace *w)
{
    ae_trainer *const t = base_alloc_zero(w, 1, sizeof *t);
    const int32_t status = t ? make(t, c, b, n, held_out, w) : base_status(w);

    *out = NULL;
    if (status) {
        ae_trainer_free(t);
        return status;
    }
    t->steps = count(report, AE_REPORT_STEPS);
    t->epochs = count(report, AE_REPORT_EPOCHS);
    *out = t;
    return GENMOD_OK;
}

void ae_trainer_free(ae_trainer *t)
{
    if (!t)
        return;
    nn_loop_free(t->loop);
    nn_optimiser_free(t->optimiser);
    ad_program_free(t->update);
    ad_program_free(t->evaluate);
    base_free(t->arena);
    base_free(t);
}

/* ---- before the first update --------------------------------------------- */

static int32_t ready_programs(ae_trainer *t, const ae_body *b, size_t batch,
                              double level, genmod_workspace *w)
{
    ad_program *update, *evaluate = NULL;
    int32_t status;

    if (t->update && ad_program_rows(t->update) == batch && t->level == level)
        return GENMOD_OK;
    status = ae_compile_update(b, batch, level, &update, w);
    if (status)
        return status;
    status = ae_compile_evaluate(b, batch, &evaluate, w);
    if (status) {
        ad_program_free(update);
        return status;
    }
    ad_program_free(t->update);
    ad_program_free(t->evaluate);
    t->update = update;
    t->evaluate = evaluate;
    t->level = level;
    return GENMOD_OK;
}

static int32_t ready_arena(ae_trainer *t, genmod_workspace *w)
{
    const size_t a = ad_program_bytes(t->update, base_width(w));
    const size_t b = ad_program_bytes(t->evaluate, base_width(w));
    const size_t bytes = a > b ? a : b;
    void *arena;

    if (bytes <= t->bytes)
        return GENMOD_OK;
    arena = base_alloc(w, 1, bytes);
    if (!arena)
        return base_status(w);
    base_free(t->arena);
    t->arena = arena;
    t->bytes = bytes;
    return GENMOD_OK;
}

static int32_t ready_stage(ae_trainer *t, const genmod_data *x,
                           const genmod_data *held_out, size_t batch,
                           genmod_workspace *w)
{
    const size_t a = nn_rows_stage(x, batch);
    const size_t b = held_out ? nn_rows_stage(held_out, batch) : 0;

    t->stage = base_scratch(w, 1, a > b ? a : b);
    return t->stage ? GENMOD_OK : base_status(w);
}

int32_t ae_trainer_open(ae_trainer *t, const genmod_config *c, ae_body *b,
                        const genmod_data *x, const genmod_data *held_out,
                        genmod_workspace *w)
{
    const double level = base_config_f64(c, AE_CORRUPTION_LEVEL);
    nn_training o;
    int32_t status = ad_store_seal(b->store, 1, w);

    nn_training_read(c, &o);
    if (!status)
        status = ready_programs(t, b, o.batch, level, w);
    if (!status)
        status = ready_arena(t, w);
    if (!status)
        status = ready_stage(t, x, held_out, o.batch, w);
    if (!status && held_out)
        status = ae_survey(b, held_out, 0, &t->held_weight, w);
    if (!status)
        status = nn_loop_tune(t->loop, &o, base_data_rows(x),
                              held_out ? base_data_rows(held_out) : 0, w);
    if (status)
        return status;
    nn_optimiser_tune(t->optimiser, &o);
    t->options = o;
    t->body = b;
    t->x = x;
    t->held_out = held_out;
    return GENMOD_OK;
}

/* ---- hooks of the loop --------------------------------------------------- */

static void *input(const ae_trainer *t, const ad_program *p, const char *name)
{
    const int32_t i = ad_program_find(p, name);

    return i < 0 ? NULL : ad_program_input(p, i, t->arena);
}

/* Rows and their weights, in units of their mean, into the arena. */
static int32_t fill(const ae_trainer *t, const ad_program *p,
                    const genmod_data *x, double mean_weight, size_t m,
                    const int64_t *rows, genmod_workspace *w)
{
    float *const cells = input(t, p, "x"), *const weights =
                                               input(t, p, "weight");
    const int32_t status = nn_rows_read(x, &t->body->columns, m, rows, t->stage,
                                        cells, weights, w);

    if (status)
        return status;
    for (size_t i = 0; i < m; i++)
        weights[i] = (float)((double)weights[i] / mean_weight);
    return ae_check_cells(t->body, m, rows, 0, cells, w);
}

static void fill_extremes(const ae_trainer *t)
{
    const size_t bytes = t->body->d * sizeof(float);
    float *const low = input(t, t->update, "low");
    float *const high = input(t, t->update, "high");

    if (low)
        memcpy(low, t->body->low, bytes);
    if (high)
        memcpy(high, t->body->high, bytes);
}

static double run(const ae_trainer *t, const ad_program *p, uint64_t step,
                  size_t m, genmod_workspace *w)
{
    const ad_replay how = {.rows = m,
                           .seed = t->options.seed,
                           .step = step,
                           .arena = t->arena,
                           .width = base_width(w)};
    float loss;

    ad_program_run(p, t->body->store, &how, w);
    memcpy(&loss, ad_program_output(p, 0, t->arena), sizeof loss);
    return (double)loss;
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

static int32_t update(void *self, uint64_t step, size_t m, const int64_t *rows,
                      double *loss, genmod_workspace *w)
{
    ae_trainer *const t = self;
    ad_store *const s = t->body->store;
    double norm;
    int32_t status = fill(t, t->update, t->x, t->body->mean_weight, m, rows, w);

    if (status)
        return status;
    fill_extremes(t);
    *loss = run(t, t->update, step, m, w);
    if (!isfinite(*loss))
        return base_fail(w, GENMOD_BREAKDOWN, "the loss of update %u is %g",
                         step + 1, *loss);
    status = check_states(s, w);
    if (!status)
        status = nn_optimiser_norm(t->optimiser, s, &norm, w);
    if (status)
        return status;
    nn_loop_note_norm(t->loop, norm);
    nn_optimiser_update(t->optimiser, s, norm, w);
    ad_store_commit(s);
    return GENMOD_OK;
}

static int32_t evaluate(void *self, size_t m, const int64_t *rows, double *loss,
                        genmod_workspace *w)
{
    ae_trainer *const t = self;
    const int32_t status =
        t->held_out
            ? fill(t, t->evaluate, t->held_out, t->held_weight, m, rows, w)
            : fill(t, t->evaluate, t->x, t->body->mean_weight, m, rows, w);

    if (!status)
        *loss = run(t, t->evaluate, 0, m, w);
    return status;
}

static void append(ae_trainer *t, const char *key, double v)
{
    size_t n;

    base_report_values(t->report, key, &n);
    if (n < t->history)
        base_report_append(t->report, key, v);
}

static void publish(void *self)
{
    ae_trainer *const t = self;
    genmod_report *const r = t->report;
    const int validates = t->held_out || t->options.validation > 0;
    nn_status s;

    nn_loop_status(t->loop, &s);
    base_report_set(r, AE_REPORT_LOSS, s.loss);
    base_report_set(r, AE_REPORT_EPOCH_LOSS, s.epoch_loss);
    base_report_set(r, AE_REPORT_VALIDATION_LOSS, s.validation_loss);
    base_report_set(r, AE_REPORT_BEST_LOSS, s.best_loss);
    base_report_set(r, AE_REPORT_BEST_EPOCH,
                    s.best_epoch ? t->epochs + (double)s.best_epoch : NAN);
    base_report_set(r, AE_REPORT_STEPS, t->steps + (double)s.step);
    base_report_set(r, AE_REPORT_EPOCHS, t->epochs + (double)s.epoch);
    base_report_set(r, AE_REPORT_LEARNING_RATE, s.rate);
    base_report_set(r, AE_REPORT_GRADIENT_NORM, s.gradient_norm);
    base_report_set(r, AE_REPORT_STOPPED_EARLY, s.stopped);
    if (!s.epoch_ended)
        return;
    append(t, AE_REPORT_LOSS_HISTORY, s.epoch_loss);
    if (validates)
        append(t, AE_REPORT_VALIDATION_HISTORY, s.validation_loss);
}

const nn_hooks ae_hooks = {
    .update = update, .evaluate = evaluate, .publish = publish};
