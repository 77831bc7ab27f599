/* The arena: a result takes the place of an operand that it reads last, where
 * it may; then the largest buffer first, each at the lowest offset
 * at which nothing lies that is in use at the same time (Pisarchyk, Lee 2020,
 * greedy by size). */
#include <string.h>

#include "ad/plan.h"

/* ---- results in the place of operands ----------------------------------- */

static int32_t written_at(const ad_fused *f, int32_t reg)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->code[i].out == reg)
            return (int32_t)i;
    return -1;
}

static int32_t read_at(const ad_fused *f, int32_t reg)
{
    int32_t last = -1;

    for (int32_t i = 0; i < (int32_t)f->count; i++) {
        const kern_tile *const c = &f->code[i];

        if (c->a == reg || (c->op >= KERN_ADD && c->b == reg) ||
            (c->op >= KERN_SELECT && c->c == reg))
            last = i;
    }
    for (int32_t k = 0; k < f->endings; k++)
        if (f->ending[k].reg == reg)
            last = (int32_t)f->count;
    return last;
}

/* Source s is all of a buffer that ends with this step, and its tile is not
 * read after instruction `written`. */
static int gives_way(const ad_plan *p, const ad_fused *f, const ad_source *s,
                     int32_t written, int32_t step, size_t bytes)
{
    const ad_value *const v = &p->value[s->value];

    if (s->kind != AD_POINTED || s->written || s->offset || v->buffer < 0)
        return 0;
    if (p->buffer[v->buffer].last != step ||
        p->buffer[v->buffer].bytes != bytes || read_at(f, s->reg) > written)
        return 0;
    for (int32_t k = 0; k < f->sources; k++) {
        const ad_source *const t = &f->source[k];

        if (t != s && t->kind != AD_FILLED &&
            p->value[t->value].buffer == v->buffer)
            return 0;
    }
    return 1;
}

static void share(ad_plan *p, const ad_fused *f, int32_t step)
{
    for (int32_t k = 0; k < f->sources; k++) {
        ad_value *const v = &p->value[f->source[k].value];
        const int32_t written = written_at(f, f->source[k].reg);

        if (!f->source[k].written || v->buffer < 0 || written < 0)
            continue;
        ad_buffer *const b = &p->buffer[v->buffer];
        for (int32_t j = 0; j < f->sources; j++) {
            const ad_source *const s = &f->source[j];

            if (!gives_way(p, f, s, written, step, b->bytes))
                continue;
            p->buffer[p->value[s->value].buffer].last = b->last;
            v->buffer = p->value[s->value].buffer;
            b->bytes = 0;
            break;
        }
    }
}

/* Steps side by side may read what another would overwrite. */
static int may_share(const ad_plan *p, size_t step)
{
    const ad_region *const r = &p->region[p->region_of[step]];

    return r->panel || r->n == 1;
}

/* ---- offsets ------------------------------------------------------------ */

static int meet(const ad_buffer *a, const ad_buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The numbers of buffers, largest first, by a heap: `below` is sifted down. */
static void sift(const ad_buffer *b, int32_t *heap, size_t n, size_t i)
{
    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        const int32_t up = heap[i];

        if (child + 1 < n) {
            const size_t x = b[heap[child]].bytes, y = b[heap[child + 1]].bytes;
            child += y < x || (y == x && heap[child + 1] > heap[child]);
        }
        if (b[heap[child]].bytes > b[up].bytes ||
            (b[heap[child]].bytes == b[up].bytes && heap[child] < up))
            return;
        heap[i] = heap[child];
        heap[child] = up;
        i = child;
    }
}

static void sort(const ad_buffer *b, int32_t *heap, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(b, heap, n, i);
    for (size_t end = n; end-- > 1;) {
        const int32_t least = heap[0];

        heap[0] = heap[end];
        heap[end] = least;
        sift(b, heap, end, 0);
    }
}

/* Among the buffers that have places, sorted by them: those that meet b in time
 * leave gaps, of which it takes the lowest that is wide enough. */
static size_t lowest_gap(const ad_plan *p, const ad_buffer *b, size_t placed,
                         const int32_t *by_offset)
{
    size_t at = 0;

    for (size_t k = 0; k < placed; k++) {
        const ad_buffer *const o = &p->buffer[by_offset[k]];

        if (!meet(o, b))
            continue;
        if (o->at >= at + b->bytes)
            break;
        if (o->at + o->bytes > at)
            at = o->at + o->bytes;
    }
    return at;
}

/* by_offset stays sorted by offset. */
static void insert(const ad_plan *p, int32_t *by_offset, size_t placed,
                   int32_t which)
{
    size_t k = placed;

    while (k > 0 && p->buffer[by_offset[k - 1]].at > p->buffer[which].at) {
        by_offset[k] = by_offset[k - 1];
        k--;
    }
    by_offset[k] = which;
}

static int32_t pack(ad_plan *p)
{
    int32_t *const order = base_alloc(p->w, 2 * p->buffers, sizeof *order);

    if (!order)
        return base_status(p->w);
    int32_t *const by_offset = order + p->buffers;
    for (size_t i = 0; i < p->buffers; i++)
        order[i] = (int32_t)i;
    sort(p->buffer, order, p->buffers);
    for (size_t i = 0; i < p->buffers; i++) {
        ad_buffer *const b = &p->buffer[order[i]];

        b->at = lowest_gap(p, b, i, by_offset);
        insert(p, by_offset, i, order[i]);
        if (b->at + b->bytes > p->program->arena)
            p->program->arena = b->at + b->bytes;
    }
    base_free(order);
    return GENMOD_OK;
}

/* ---- places ------------------------------------------------------------- */

static ad_place place_of(const ad_plan *p, int32_t value, int64_t offset)
{
    const ad_value *const v = &p->value[value];
    ad_place to = {.kind = v->kind, .variable = v->variable};

    if (v->buffer >= 0)
        to.at = p->buffer[v->buffer].at;
    to.at += (size_t)offset * p->ops->bytes;
    return to;
}

static void place_step(const ad_plan *p, ad_step *s, const size_t *work)
{
    ad_fused *const f = s->fused;

    s->work_at = *work;
    if (!f) {
        for (int32_t k = 0; k < s->arity; k++)
            s->in[k] = place_of(p, s->value[k], s->offset[k]);
        s->out = place_of(p, s->result, 0);
        return;
    }
    for (int32_t k = 0; k < f->sources; k++)
        if (f->source[k].kind != AD_FILLED)
            f->source[k].place =
                place_of(p, f->source[k].value, f->source[k].offset);
    for (int32_t k = 0; k < f->endings; k++)
        f->ending[k].place = place_of(p, f->ending[k].value, 0);
}

static void name_places(const ad_plan *p)
{
    ad_program *const to = p->program;

    for (size_t v = 0; v < p->n; v++) {
        const ad_value *const value = &p->value[v];

        if (value->r.op == AD_OP_INPUT)
            to->inputs[to->n_inputs++] = (ad_named){
                p->g->input_names[value->r.i[0]], place_of(p, (int32_t)v, 0)};
    }
    for (size_t i = 0; i < p->targets; i++)
        if (p->target[i].kind == AD_OUTPUT) {
            to->extents[to->n_outputs] =
                ad_extent_of(ad_shape_at(p->g, p->target[i].node));
            to->outputs[to->n_outputs++] = place_of(p, p->of[i], 0);
        }
}

static void settle(const ad_plan *p, ad_buffer *b)
{
    b->bytes = ad_round_up(b->bytes);
    b->first = p->time_of[b->first];
    b->last = p->time_of[b->last];
}

int32_t ad_pass_place(ad_plan *p)
{
    ad_program *const to = p->program;
    const size_t values = p->buffers;

    for (size_t i = 0; i < p->groups; i++) {
        const ad_step *const s = &to->steps[i];

        if (s->fused && may_share(p, i))
            share(p, s->fused, (int32_t)i);
        to->slot = s->scratch > to->slot ? s->scratch : to->slot;
        p->buffer[p->buffers++] = (ad_buffer){
            .bytes = s->work, .first = (int32_t)i, .last = (int32_t)i};
    }
    for (size_t i = 0; i < p->buffers; i++)
        settle(p, &p->buffer[i]);
    to->slot = ad_round_up(to->slot);
    const int32_t status = pack(p);
    if (status)
        return status;
    for (size_t i = 0; i < p->groups; i++)
        place_step(p, &to->steps[i], &p->buffer[values + i].at);
    name_places(p);
    return GENMOD_OK;
}
