/* A share of the loss that is a sum of many like terms, each with intermediate
 * values of its own: it has a program of some of them, a piece, that is
 * replayed for one piece after the other. Memory does not grow with their
 * number. A minibatch of several parts has none: means over all of them are
 * taken within one program. */
#include <string.h>

#include "model/model.h"

#define SUM 2 /* the register of a + b */

/* ---- before the first update --------------------------------------------- */

/* Trained numbers from the first to the last whose gradients pieces leave. */
static void range_of(const model_body *b, size_t *first, size_t *n)
{
    const ad_store *const s = b->store;
    const size_t bytes = sizeof(float);
    size_t end = 0;

    *first = ad_store_trained(s);
    for (size_t i = 0; i < ad_store_count(s); i++) {
        size_t at;

        if (ad_store_kind(s, i) != AD_TRAINED ||
            !model_is_named(ad_store_name(s, i), b->family->pieces_of, ""))
            continue;
        at = (size_t)((const char *)ad_store_value(s, i) -
                      (const char *)ad_store_values(s)) /
             bytes;
        *first = at < *first ? at : *first;
        at += (size_t)ad_elements(ad_store_shape(s, i));
        end = at > end ? at : end;
    }
    *n = end > *first ? end - *first : 0;
}

int32_t model_pieces_ready(model_trainer *t, const model_body *b,
                           genmod_workspace *w)
{
    model_pieces *const p = &t->pieces;
    size_t bytes, n;
    float *sums;
    void *arena;

    if (!p->program)
        return GENMOD_OK;
    range_of(b, &p->first, &n);
    bytes = ad_program_bytes(p->program, base_width(w));
    if (bytes <= p->bytes && n <= p->room)
        return GENMOD_OK;
    arena = base_alloc(w, 1, bytes);
    sums = base_alloc_zero(w, 2, n * sizeof *sums);
    if (!arena || !sums) {
        base_free(arena);
        base_free(sums);
        return base_status(w);
    }
    model_pieces_free(p);
    p->arena = arena;
    p->sums = sums;
    p->bytes = bytes;
    p->n = n;
    p->room = n;
    return GENMOD_OK;
}

void model_pieces_free(model_pieces *p)
{
    base_free(p->arena);
    base_free(p->sums);
}

/* ---- in an update -------------------------------------------------------- */

static void add(size_t n, const float *from, float *to, genmod_workspace *w)
{
    const kern_ops *const ops = kern_ops_of(base_cpu(w), GENMOD_F32);
    const kern_tile code = {.op = KERN_ADD, .out = SUM, .a = 0, .b = 1};

    for (size_t i = 0; i < n; i += KERN_TILE) {
        kern_real *const reg[] = {to + i, (float *)from + i, to + i};

        ops->tile(1, &code, n - i < KERN_TILE ? n - i : KERN_TILE, reg);
    }
}

/* The rows of the minibatch, and what else a piece's program reads: of what is
 * linear no derivative reads the rows. */
static void fill(const model_trainer *t, const ad_program *from, size_t m,
                 size_t number)
{
    const ad_program *const to = t->pieces.program;
    const size_t width[] = {t->body->d, 1};
    const char *const names[] = {"x", "weight"};
    model_trainer inside = *t;

    inside.arena = t->pieces.arena;
    for (size_t i = 0; i < 2; i++) {
        float *const at = model_trainer_input(&inside, to, names[i]);

        if (at)
            memcpy(at, model_trainer_input(t, from, names[i]),
                   m * width[i] * sizeof(float));
    }
    if (t->body->family->fill)
        t->body->family->fill(&inside, to, 0);
    *(float *)model_trainer_input(&inside, to, "piece") = (float)number;
}

/* The first piece leaves its gradients where the others are added to them. */
void model_pieces_run(model_trainer *t, const ad_program *p,
                      genmod_workspace *w)
{
    model_pieces *const o = &t->pieces;
    float *const other = o->sums + o->n;
    ad_replay how = t->replay[0];
    double sum = 0;

    how.arena = o->arena;
    how.first_gradient = o->first;
    for (size_t i = 0; i < o->count; i++) {
        float v;

        fill(t, p, how.rows, i);
        how.gradients = i ? other : o->sums;
        ad_program_run(o->program, t->body->store, &how, w);
        if (i)
            add(o->n, other, o->sums, w);
        memcpy(&v, ad_program_output(o->program, 0, o->arena), sizeof v);
        sum += (double)v;
    }
    *(float *)model_trainer_input(t, p, MODEL_REST) = (float)sum;
}

void model_pieces_add(const model_trainer *t, float *gradients,
                      genmod_workspace *w)
{
    const model_pieces *const p = &t->pieces;

    add(p->n, p->sums, gradients + p->first, w);
}
