/* What training needs beside the weights, and one update of them. */
#include <math.h>
#include <string.h>

#include "model/model.h"

#define MEASURED 63 /* updates, of which the last's length is measured */

/* A count of the report; one that is not there is 0. */
static double count(const genmod_report *r, const char *key)
{
    const double v = base_report_number(r, key);

    return v > 0 ? v : 0;
}

void model_training_options(const model_family *f, const genmod_config *c,
                            size_t player, uint64_t n, uint64_t held_out,
                            nn_training *out)
{
    nn_training_read(c, out);
    if (f->tune)
        f->tune(c, player, n, held_out, out);
}

static size_t players_of(const model_family *f)
{
    return f->players ? f->players : 1;
}

static int32_t make_players(model_trainer *t, const genmod_config *c,
                            const model_body *b, uint64_t n, uint64_t held_out,
                            genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    t->players = players_of(b->family);
    for (size_t i = 0; i < t->players && !status; i++) {
        nn_training o;

        model_training_options(b->family, c, i, n, held_out, &o);
        t->norm[i] = NAN;
        status =
            nn_optimiser_new(&o, b->store, (int32_t)i, &t->optimiser[i], w);
    }
    return status;
}

static int32_t make(model_trainer *t, const genmod_config *c, model_body *b,
                    uint64_t n, uint64_t held_out, genmod_workspace *w)
{
    int32_t status;

    model_training_options(b->family, c, 0, n, held_out, &t->options);
    t->tallies = b->family->tallies ? b->family->tallies(b) : 0;
    t->tally = base_alloc_zero(w, t->tallies, sizeof *t->tally);
    if (!t->tally)
        return base_status(w);
    status = make_players(t, c, b, n, held_out, w);
    if (!status)
        status = nn_loop_new(&t->options, n, held_out, b->store, t->players,
                             t->optimiser, &t->loop, w);
    return status;
}

int32_t model_trainer_new(const genmod_config *c, model_body *b,
                          const genmod_report *report, uint64_t n,
                          uint64_t held_out, model_trainer **out,
                          genmod_workspace *w)
{
    model_trainer *const t = base_alloc_zero(w, 1, sizeof *t);
    const int32_t status = t ? make(t, c, b, n, held_out, w) : base_status(w);

    *out = NULL;
    if (status) {
        model_trainer_free(t);
        return status;
    }
    t->steps = count(report, "steps");
    t->epochs = count(report, "epochs");
    *out = t;
    return GENMOD_OK;
}

void model_trainer_free(model_trainer *t)
{
    if (!t)
        return;
    nn_loop_free(t->loop);
    for (size_t i = 0; i < MODEL_PLAYERS; i++)
        nn_optimiser_free(t->optimiser[i]);
    for (size_t i = 0; i < MODEL_PHASES; i++)
        ad_program_free(t->update[i]);
    ad_program_free(t->evaluate);
    base_free(t->undo);
    base_free(t->kept_tally);
    base_free(t->tally);
    base_free(t->arena);
    base_free(t);
}

/* ---- before the first update --------------------------------------------- */

static int is_recipe(const model_trainer *t, const double *recipe)
{
    size_t i = 0;

    while (i < MODEL_RECIPE && t->recipe[i] == recipe[i])
        i++;
    return i == MODEL_RECIPE;
}

/* The programs of another recipe, beside those that there are. */
typedef struct programs {
    size_t phases;
    model_phase phase[MODEL_PHASES];
    ad_program *update[MODEL_PHASES], *evaluate;
} programs;

static void free_programs(programs *p)
{
    for (size_t i = 0; i < p->phases; i++)
        ad_program_free(p->update[i]);
    ad_program_free(p->evaluate);
}

static int32_t compile(const model_body *b, const double *recipe, size_t batch,
                       programs *p, genmod_workspace *w)
{
    const model_family *const f = b->family;
    int32_t status = GENMOD_OK;

    *p = (programs){.phases = 1, .phase = {{.players = 1, .every = 1}}};
    if (f->phases)
        p->phases = f->phases(recipe, p->phase);
    for (size_t i = 0; i < p->phases && !status; i++)
        status = f->compile_update(b, recipe, i, batch, &p->update[i], w);
    if (!status)
        status = f->compile_evaluate(b, recipe, batch, &p->evaluate, w);
    if (status)
        free_programs(p);
    return status;
}

/* Programs change places with the trainer's. */
static void exchange(model_trainer *t, programs *p)
{
    programs old = {.phases = t->phases, .evaluate = t->evaluate};

    memcpy(old.phase, t->phase, sizeof old.phase);
    memcpy(old.update, t->update, sizeof old.update);
    t->phases = p->phases;
    t->evaluate = p->evaluate;
    memcpy(t->phase, p->phase, sizeof t->phase);
    memcpy(t->update, p->update, sizeof t->update);
    *p = old;
}

static int32_t ready_programs(model_trainer *t, const genmod_config *c,
                              const model_body *b, size_t batch,
                              genmod_workspace *w)
{
    double recipe[MODEL_RECIPE] = {0};
    programs p;
    int32_t status;

    if (b->family->recipe)
        b->family->recipe(c, recipe);
    if (t->update[0] && ad_program_rows(t->update[0]) == batch &&
        is_recipe(t, recipe))
        return GENMOD_OK;
    status = compile(b, recipe, batch, &p, w);
    if (status)
        return status;
    exchange(t, &p);
    free_programs(&p);
    memcpy(t->recipe, recipe, sizeof recipe);
    return GENMOD_OK;
}

static int32_t ready_arena(model_trainer *t, genmod_workspace *w)
{
    size_t bytes = ad_program_bytes(t->evaluate, base_width(w));
    void *arena;

    for (size_t i = 0; i < t->phases; i++) {
        const size_t own = ad_program_bytes(t->update[i], base_width(w));

        bytes = own > bytes ? own : bytes;
    }
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

/* The states, then what each optimiser moves. */
static size_t state_bytes(const ad_store *s)
{
    return (ad_store_total(s) - ad_store_trained(s)) * sizeof(float);
}

static int32_t ready_undo(model_trainer *t, const ad_store *s,
                          genmod_workspace *w)
{
    size_t bytes = state_bytes(s);

    if (t->players < 2 || (t->undo && t->kept_tally))
        return GENMOD_OK;
    base_free(t->undo);
    base_free(t->kept_tally);
    for (size_t i = 0; i < t->players; i++)
        bytes += nn_optimiser_bytes(t->optimiser[i]);
    t->undo = base_alloc(w, 1, bytes);
    t->kept_tally = base_alloc(w, t->tallies, sizeof *t->kept_tally);
    return t->undo && t->kept_tally ? GENMOD_OK : base_status(w);
}

static int32_t ready_stage(model_trainer *t, const model_body *b,
                           const genmod_data *x, const genmod_data *held_out,
                           size_t batch, genmod_workspace *w)
{
    const size_t rows = nn_rows_stage(x, batch);
    const size_t held = held_out ? nn_rows_stage(held_out, batch) : 0;

    t->stage = base_scratch(w, 1, rows > held ? rows : held);
    t->labels = NULL;
    t->rows = NULL;
    t->spare = NULL;
    if (!t->stage)
        return base_status(w);
    if (t->players > 1) {
        t->spare = base_scratch(w, batch, b->d * sizeof *t->spare);
        if (!t->spare)
            return base_status(w);
    }
    if (b->targets) {
        t->rows = base_scratch(w, batch, (b->d + b->targets) * sizeof *t->rows);
        if (!t->rows)
            return base_status(w);
    }
    if (!model_is_labelled(b))
        return GENMOD_OK;
    t->labels = base_scratch(w, batch, sizeof *t->labels);
    return t->labels ? GENMOD_OK : base_status(w);
}

int32_t model_trainer_open(model_trainer *t, const genmod_config *c,
                           model_body *b, const genmod_data *x,
                           const genmod_data *held_out, genmod_workspace *w)
{
    const uint64_t n = base_data_rows(x);
    const uint64_t held = held_out ? base_data_rows(held_out) : 0;
    nn_training o;
    int32_t status = ad_store_seal(b->store, 1, w);

    model_training_options(b->family, c, 0, n, held, &o);
    if (!status)
        status = ready_programs(t, c, b, o.batch, w);
    if (!status)
        status = ready_arena(t, w);
    if (!status)
        status = ready_undo(t, b->store, w);
    if (!status)
        status = ready_stage(t, b, x, held_out, o.batch, w);
    if (!status && held_out)
        status = model_survey(b, held_out, 0, &t->held_weight, w);
    if (!status)
        status = nn_loop_tune(t->loop, &o, n, held, w);
    if (status)
        return status;
    t->options = o;
    for (size_t i = 0; i < t->players; i++) {
        model_training_options(b->family, c, i, n, held, &o);
        nn_optimiser_tune(t->optimiser[i], &o);
    }
    t->config = c;
    t->body = b;
    t->x = x;
    t->held_out = held_out;
    return GENMOD_OK;
}

/* ---- hooks of the loop --------------------------------------------------- */

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

static double run(const model_trainer *t, const ad_program *p, uint64_t step,
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
    at += state_bytes(s);
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
        t->body->family->note(t, t->update[phase], m);
}

static int32_t run_phase(model_trainer *t, size_t phase, uint64_t step,
                         size_t m, const int64_t *rows, double *loss,
                         genmod_workspace *w)
{
    const ad_program *const p = t->update[phase];
    int32_t status = fill(t, p, t->x, t->body->mean_weight, step, m, rows, w);

    if (status)
        return status;
    *loss = run(t, p, step, m, w);
    status = check_phase(t, phase, step, *loss, w);
    if (!status)
        take_phase(t, phase, m, w);
    return status;
}

static int is_due(const model_trainer *t, size_t phase, uint64_t step)
{
    return (step + 1) % t->phase[phase].every == 0;
}

/* What an update is about to change. */
static void keep(model_trainer *t)
{
    const ad_store *const s = t->body->store;
    char *at = t->undo;

    memcpy(at, (float *)ad_store_values(s) + ad_store_trained(s),
           state_bytes(s));
    at += state_bytes(s);
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
           state_bytes(s));
    at += state_bytes(s);
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

    t->measures = t->undo && (step + 1) % MEASURED == 0;
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

static int32_t evaluate(void *self, size_t m, const int64_t *rows, double *loss,
                        genmod_workspace *w)
{
    model_trainer *const t = self;
    const int32_t status =
        t->held_out
            ? fill(t, t->evaluate, t->held_out, t->held_weight, 0, m, rows, w)
            : fill(t, t->evaluate, t->x, t->body->mean_weight, 0, m, rows, w);

    if (status)
        return status;
    *loss = run(t, t->evaluate,
                t->body->family->draws_apart ? (uint64_t)rows[0] : 0, m, w);
    if (t->body->family->note)
        t->body->family->note(t, t->evaluate, m);
    return GENMOD_OK;
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
