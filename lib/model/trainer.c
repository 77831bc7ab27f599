/* What training needs beside the weights. */
#include <math.h>
#include <string.h>

#include "model/model.h"

/* A count of the report; one that is not there is 0. */
static double count(const genmod_report *r, const char *key)
{
    const double v = base_report_number(r, key);

    return v > 0 ? v : 0;
}

void model_training_options(const model_family *f, const genmod_config *c,
                            size_t player, const model_shares *s,
                            nn_training *out)
{
    nn_training_read(c, out);
    out->batch /= s->parts;
    if (out->batch < 1)
        out->batch = 1;
    out->parts = s->local;
    out->part = s->first;
    out->shared = s->ranks > 1;
    if (f->tune)
        f->tune(c, player, s->n, s->held, out);
}

static size_t players_of(const model_family *f)
{
    return f->players ? f->players : 1;
}

static int32_t make_players(model_trainer *t, const genmod_config *c,
                            const model_body *b, const model_shares *s,
                            genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    t->players = players_of(b->family);
    for (size_t i = 0; i < t->players && !status; i++) {
        nn_training o;

        model_training_options(b->family, c, i, s, &o);
        t->norm[i] = NAN;
        status =
            nn_optimiser_new(&o, b->store, (int32_t)i, &t->optimiser[i], w);
    }
    return status;
}

static int32_t make(model_trainer *t, const genmod_config *c, model_body *b,
                    const model_shares *s, genmod_workspace *w)
{
    int32_t status;

    model_training_options(b->family, c, 0, s, &t->options);
    t->tallies = b->family->tallies ? b->family->tallies(b) : 0;
    t->tally = base_alloc_zero(w, t->tallies, sizeof *t->tally);
    if (!t->tally)
        return base_status(w);
    status = make_players(t, c, b, s, w);
    if (!status)
        status = nn_loop_new(&t->options, s->n, s->held, b->store, t->players,
                             t->optimiser, &t->loop, w);
    return status;
}

int32_t model_trainer_new(const genmod_config *c, model_body *b,
                          const genmod_report *report, const model_shares *s,
                          model_trainer **out, genmod_workspace *w)
{
    model_trainer *const t = base_alloc_zero(w, 1, sizeof *t);
    const int32_t status = t ? make(t, c, b, s, w) : base_status(w);

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
    ad_program_free(t->pieces.program);
    model_pieces_free(&t->pieces);
    base_free(t->undo);
    base_free(t->kept_tally);
    base_free(t->tally);
    base_free(t->arenas);
    base_free(t->room);
    base_free(t->joined);
    base_free(t->gradients);
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
    ad_program *update[MODEL_PHASES], *evaluate, *piece;
    size_t pieces;
} programs;

static void free_programs(programs *p)
{
    for (size_t i = 0; i < p->phases; i++)
        ad_program_free(p->update[i]);
    ad_program_free(p->evaluate);
    ad_program_free(p->piece);
}

static int32_t compile(model_body *b, const double *recipe, size_t batch,
                       size_t parts, programs *p, genmod_workspace *w)
{
    const model_family *const f = b->family;
    int32_t status = GENMOD_OK;

    b->parts = parts;
    *p = (programs){.phases = 1, .phase = {{.players = 1, .every = 1}}};
    if (f->phases)
        p->phases = f->phases(recipe, p->phase);
    for (size_t i = 0; i < p->phases && !status; i++)
        status = f->compile_update(b, recipe, i, batch, &p->update[i], w);
    if (!status)
        status = f->compile_evaluate(b, recipe, batch, &p->evaluate, w);
    if (f->pieces)
        p->pieces = f->pieces(b, recipe);
    if (!status && p->pieces)
        status = f->compile_piece(b, recipe, batch, &p->piece, w);
    b->parts = 0;
    if (status)
        free_programs(p);
    return status;
}

/* Programs change places with the trainer's. */
static void exchange(model_trainer *t, programs *p)
{
    programs old = {.phases = t->phases,
                    .evaluate = t->evaluate,
                    .piece = t->pieces.program};

    memcpy(old.phase, t->phase, sizeof old.phase);
    memcpy(old.update, t->update, sizeof old.update);
    t->phases = p->phases;
    t->evaluate = p->evaluate;
    t->pieces.program = p->piece;
    t->pieces.count = p->pieces;
    memcpy(t->phase, p->phase, sizeof t->phase);
    memcpy(t->update, p->update, sizeof t->update);
    *p = old;
}

static int32_t ready_programs(model_trainer *t, const genmod_config *c,
                              model_body *b, size_t batch, size_t parts,
                              genmod_workspace *w)
{
    double recipe[MODEL_RECIPE] = {0};
    programs p;
    int32_t status;

    if (b->family->recipe)
        b->family->recipe(c, recipe);
    if (t->update[0] && ad_program_rows(t->update[0]) == batch &&
        t->program_parts == parts && is_recipe(t, recipe))
        return GENMOD_OK;
    status = compile(b, recipe, batch, parts, &p, w);
    if (status)
        return status;
    exchange(t, &p);
    free_programs(&p);
    memcpy(t->recipe, recipe, sizeof recipe);
    t->program_parts = parts;
    return GENMOD_OK;
}

/* One block in the place of another that is too small. */
static int32_t grow(void **block, size_t *bytes, size_t wanted,
                    genmod_workspace *w)
{
    void *const fresh = wanted > *bytes ? base_alloc_zero(w, 1, wanted) : NULL;

    if (wanted <= *bytes)
        return GENMOD_OK;
    if (!fresh)
        return base_status(w);
    base_free(*block);
    *block = fresh;
    *bytes = wanted;
    return GENMOD_OK;
}

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* An arena a part. */
static int32_t ready_arena(model_trainer *t, size_t local, genmod_workspace *w)
{
    size_t bytes = ad_program_bytes(t->evaluate, base_width(w)), all;
    void *arenas;

    for (size_t i = 0; i < t->phases; i++)
        bytes = greater(bytes, ad_program_bytes(t->update[i], base_width(w)));
    bytes = (bytes + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
    if (bytes <= t->bytes && local <= t->shares.local)
        return GENMOD_OK;
    if (!base_mul(bytes, local, &all))
        all = SIZE_MAX;
    arenas = base_alloc(w, 1, all);
    if (!arenas)
        return base_status(w);
    base_free(t->arenas);
    t->arenas = t->arena = arenas;
    t->bytes = bytes;
    t->shares.local = local;
    return GENMOD_OK;
}

/* Gradients of the parts begin at 0, and so does the padding between them. */
static int32_t ready_gradients(model_trainer *t, const ad_store *s,
                               const model_shares *shares, genmod_workspace *w)
{
    const size_t n = shares->local * ad_store_trained(s);
    float *fresh;

    if (!shares->exact)
        return GENMOD_OK;
    if (n == t->gradients_n) {
        memset(t->gradients, 0, n * sizeof *t->gradients);
        return GENMOD_OK;
    }
    fresh = base_alloc_zero(w, n, sizeof *fresh);
    if (!fresh)
        return base_status(w);
    base_free(t->gradients);
    t->gradients = fresh;
    t->gradients_n = n;
    return GENMOD_OK;
}

static int32_t ready_shares(model_trainer *t, const ad_store *s,
                            const model_shares *shares, genmod_workspace *w)
{
    size_t room = ad_program_room(t->evaluate, w);
    size_t joined = ad_program_join_bytes(t->evaluate, w);
    int32_t status;

    for (size_t i = 0; i < t->phases; i++) {
        room = greater(room, ad_program_room(t->update[i], w));
        joined = greater(joined, ad_program_join_bytes(t->update[i], w));
    }
    status = grow(&t->room, &t->room_bytes, room, w);
    if (!status)
        status = grow(&t->joined, &t->joined_bytes, joined, w);
    return status ? status : ready_gradients(t, s, shares, w);
}

/* The states, then what each optimiser moves. */
size_t model_state_bytes(const ad_store *s)
{
    return (ad_store_total(s) - ad_store_trained(s)) * sizeof(float);
}

static int32_t ready_undo(model_trainer *t, const ad_store *s,
                          genmod_workspace *w)
{
    size_t bytes = model_state_bytes(s);

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
    t->replay = base_scratch(w, t->shares.local, sizeof *t->replay);
    t->picked = base_scratch(w, batch, sizeof *t->picked);
    if (!t->stage || !t->replay || !t->picked)
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

/* The loop counts from the trainer's first pass, the family from the start. */
static void count_passes(const model_trainer *t, nn_training *o)
{
    const double all = (double)o->patience_from;

    o->patience_from =
        t->epochs < all ? o->patience_from - (uint64_t)t->epochs : 0;
}

int32_t model_trainer_open(model_trainer *t, const genmod_config *c,
                           model_body *b, const genmod_data *x,
                           const genmod_data *held_out, const model_shares *s,
                           genmod_workspace *w)
{
    nn_training o;
    int32_t status = ad_store_seal(b->store, 1, w);

    model_training_options(b->family, c, 0, s, &o);
    count_passes(t, &o);
    if (!status)
        status = ready_programs(t, c, b, o.batch, s->parts, w);
    if (!status)
        status = model_pieces_ready(t, b, w);
    if (!status)
        status = ready_arena(t, s->local, w);
    if (!status && s->shared)
        status = ready_shares(t, b->store, s, w);
    if (!status)
        status = ready_undo(t, b->store, w);
    if (!status)
        status = ready_stage(t, b, x, held_out, o.batch, w);
    if (!status && held_out)
        status = model_survey(b, held_out, 0, &t->held_weight, w);
    if (!status)
        status = nn_loop_tune(t->loop, &o, s->n, s->held, w);
    if (status)
        return status;
    t->options = o;
    t->shares = *s;
    for (size_t i = 0; i < t->players; i++) {
        model_training_options(b->family, c, i, s, &o);
        nn_optimiser_tune(t->optimiser[i], &o);
    }
    t->config = c;
    t->body = b;
    t->x = x;
    t->held_out = held_out;
    return GENMOD_OK;
}
