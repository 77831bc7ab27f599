/* Steps from groups. A fused group becomes code over registers of one tile:
 * what lies dense is pointed at, what does not is gathered, what is needed once
 * is in the scratch of the slot, results are written where they belong. */
#include <assert.h>
#include <string.h>

#include "ad/plan.h"

#define TILE_BYTES 32768 /* of all registers, so that they stay in L1 */
#define TILE_LEAST 64    /* elements */
#define FEW 8            /* rows */

/* A member of a group, as it is computed. */
typedef struct member {
    int32_t value;
    int32_t op; /* KERN_… */
    int32_t arity;
    const ad_ref *in[AD_INPUTS];
    int32_t folded; /* into its one reader */
    int32_t reg;
} member;

typedef struct emitter {
    ad_plan *p;
    int32_t *spot; /* [values] number of a member in its group */
    int32_t n;
    member member[AD_GROUP];
    ad_fused f; /* what follows is copied behind it */
    kern_tile code[AD_GROUP];
    ad_source source[AD_REGISTERS];
    ad_ending ending[AD_GROUP];
    int32_t slot[AD_REGISTERS];
    int32_t last[AD_REGISTERS]; /* the instruction that reads it last */
} emitter;

static int arity_of(int op)
{
    return op < KERN_ADD ? 1 : op < KERN_SELECT ? 2 : 3;
}

/* ---- arithmetic that two operators do together -------------------------- */

/* The member that r reads element by element, if only its reader wants it. */
static member *foldable(emitter *e, const ad_ref *r, int32_t group)
{
    const ad_plan *const p = e->p;
    const ad_value *const v = &p->value[r->value];

    if (v->group != group || v->stored ||
        p->first[r->value + 1] - p->first[r->value] != 1)
        return NULL;
    return &e->member[e->spot[r->value]];
}

/* a b + c, fused, and a recip(b) as one division. */
static void fold(emitter *e, member *m, int32_t group)
{
    for (int k = 0; k < 2; k++) {
        member *const u = foldable(e, m->in[k], group);

        if (!u || u->folded)
            continue;
        if (m->op == KERN_ADD && u->op == KERN_MUL) {
            m->in[2] = m->in[1 - k];
            m->in[0] = u->in[0];
            m->in[1] = u->in[1];
            m->op = KERN_FMA;
            m->arity = 3;
        } else if (m->op == KERN_MUL && u->op == KERN_RECIP) {
            m->in[0] = m->in[1 - k];
            m->in[1] = u->in[0];
            m->op = KERN_DIV;
        } else {
            continue;
        }
        u->folded = 1;
        return;
    }
}

static void list(emitter *e, int32_t group)
{
    const ad_plan *const p = e->p;

    e->n = 0;
    for (int32_t i = p->begin[group]; i < p->begin[group + 1]; i++) {
        const ad_value *const v = &p->value[p->member[i]];
        member *const m = &e->member[e->n];

        *m = (member){
            .value = p->member[i], .op = v->tile, .arity = v->arity, .reg = -1};
        e->spot[m->value] = e->n++;
        for (int32_t k = 0; k < v->arity; k++)
            m->in[k] = &v->in[k];
        if (v->class == AD_TILED && v->arity == 2)
            fold(e, m, group);
    }
}

/* ---- registers ---------------------------------------------------------- */

static int32_t new_register(emitter *e)
{
    assert(e->f.registers < AD_REGISTERS);
    return e->f.registers++;
}

static ad_source *new_source(emitter *e, int kind, int32_t reg, int32_t value)
{
    ad_source *const s = &e->source[e->f.sources++];

    memset(s, 0, sizeof *s);
    s->kind = kind;
    s->reg = reg;
    s->value = value;
    return s;
}

static int same_view(const kern_strides *a, const kern_strides *b)
{
    if (a->rank != b->rank)
        return 0;
    for (int32_t k = 0; k < a->rank; k++)
        if (a->dim[k] != b->dim[k] || a->stride[k] != b->stride[k])
            return 0;
    return 1;
}

/* What r reads from outside the group, into register `reg`, or, -1, into that
 * which has it already, or a new one. */
static int32_t outside(emitter *e, const ad_ref *r, int32_t reg)
{
    ad_source s = {.kind = AD_LOADED, .value = r->value, .offset = r->offset};

    s.view = r->view;
    if (s.view.rank == 0)
        s.view = (kern_strides){.rank = 1, .dim = {1}, .stride = {1}};
    kern_strides_join(&s.view);
    if (ad_ref_number(e->p, r, &s.number, &s.count))
        s.kind = AD_FILLED;
    else if (ad_ref_dense(r))
        s.kind = AD_POINTED;
    for (int32_t k = 0; k < e->f.sources && reg < 0; k++) {
        const ad_source *const t = &e->source[k];

        if (t->value == s.value && t->kind == s.kind && !t->written &&
            (s.kind == AD_FILLED ||
             (t->offset == s.offset && same_view(&t->view, &s.view))))
            return t->reg;
    }
    s.reg = reg < 0 ? new_register(e) : reg;
    e->source[e->f.sources++] = s;
    return s.reg;
}

static int32_t operand(emitter *e, const ad_ref *r, int32_t group)
{
    const ad_value *const v = &e->p->value[r->value];

    if (v->group == group && v->class == AD_TILED)
        return e->member[e->spot[r->value]].reg;
    return outside(e, r, -1);
}

static int is_gathered(const emitter *e, const ad_ref *r, int32_t group)
{
    double number;
    ad_extent count;

    return e->p->value[r->value].group != group && !ad_ref_dense(r) &&
           !ad_ref_number(e->p, r, &number, &count);
}

static void emit(emitter *e, member *m, int32_t group)
{
    const ad_value *const v = &e->p->value[m->value];
    kern_tile code = {.op = (uint16_t)m->op, .p = v->r.p, .q = v->r.q};
    int32_t in[AD_INPUTS] = {0};

    if (m->op == KERN_COPY && v->stored && is_gathered(e, m->in[0], group)) {
        m->reg = new_register(e);
        new_source(e, AD_POINTED, m->reg, m->value)->written = 1;
        outside(e, m->in[0], m->reg);
        return;
    }
    for (int32_t k = 0; k < m->arity; k++)
        in[k] = operand(e, m->in[k], group);
    m->reg = new_register(e);
    if (v->stored)
        new_source(e, AD_POINTED, m->reg, m->value)->written = 1;
    code.out = (uint16_t)m->reg;
    code.a = (uint16_t)in[0];
    code.b = (uint16_t)in[1];
    code.c = (uint16_t)in[2];
    e->code[e->f.count++] = code;
}

static void find_last(emitter *e)
{
    const int32_t count = (int32_t)e->f.count;

    for (int32_t r = 0; r < e->f.registers; r++)
        e->last[r] = -1;
    for (int32_t i = 0; i < count; i++) {
        const kern_tile *const c = &e->code[i];
        const int arity = arity_of(c->op);

        e->last[c->out] = i;
        e->last[c->a] = i;
        e->last[arity > 1 ? c->b : c->a] = i;
        e->last[arity > 2 ? c->c : c->a] = i;
    }
    for (int32_t k = 0; k < e->f.endings; k++)
        e->last[e->ending[k].reg] = count;
    for (int32_t k = 0; k < e->f.sources; k++)
        if (e->source[k].kind >= AD_KEPT)
            e->last[e->source[k].reg] = INT32_MAX;
}

static int32_t take(emitter *e, int32_t *busy)
{
    for (int32_t k = 0; k < e->f.slots; k++)
        if (!busy[k])
            return busy[k] = 1, k;
    busy[e->f.slots] = 1;
    return e->f.slots++;
}

/* Registers to scratch: one that was read for the last time makes room. */
static void allot(emitter *e)
{
    int32_t busy[AD_REGISTERS] = {0};

    e->f.slots = 0;
    find_last(e);
    for (int32_t r = 0; r < e->f.registers; r++)
        e->slot[r] = AD_REGISTERS;
    for (int32_t k = 0; k < e->f.sources; k++)
        if (e->source[k].kind == AD_POINTED)
            e->slot[e->source[k].reg] = -1;
    for (int32_t k = 0; k < e->f.sources; k++)
        if (e->slot[e->source[k].reg] == AD_REGISTERS)
            e->slot[e->source[k].reg] = take(e, busy);
    for (int32_t i = 0; i < (int32_t)e->f.count; i++) {
        const kern_tile *const c = &e->code[i];
        const int32_t in[] = {c->a, c->b, c->c};

        for (int k = 0; k < arity_of(c->op); k++)
            if (e->last[in[k]] == i && e->slot[in[k]] >= 0)
                busy[e->slot[in[k]]] = 0;
        if (e->slot[c->out] == AD_REGISTERS)
            e->slot[c->out] = take(e, busy);
    }
}

/* ---- tiles and items ---------------------------------------------------- */

/* Elements after which a gathered operand begins anew; 0: it does not. */
static size_t repeat_of(const kern_strides *v)
{
    size_t n = 1;

    if (v->stride[0] != 0)
        return 0;
    for (int32_t k = 1; k < v->rank; k++)
        n *= (size_t)v->dim[k];
    return n;
}

static size_t multiple(size_t tile, size_t of)
{
    return of <= tile ? tile / of * of : tile;
}

static size_t longest_tile(const emitter *e)
{
    size_t streams = (size_t)e->f.slots, n = KERN_TILE;

    for (int32_t r = 0; r < e->f.registers; r++)
        streams += e->slot[r] < 0;
    while (n > TILE_LEAST && streams * n * e->p->ops->bytes > TILE_BYTES)
        n /= 2;
    return n;
}

/* Tiles hold whole blocks where they can, else whole rows of one block, else
 * part of a row. */
static void cut_tiles(emitter *e)
{
    ad_fused *const f = &e->f;
    const size_t block = (size_t)f->form.block, inner = (size_t)f->form.inner;
    const size_t most = longest_tile(e);

    f->tile = most;
    f->period = 0;
    if (inner == 0) {
        for (int32_t k = 0; k < f->sources && f->tile == most; k++) {
            const size_t n = repeat_of(&e->source[k].view);
            if (e->source[k].kind == AD_LOADED && n > 1)
                f->tile = multiple(most, n);
        }
    } else if (block && block <= most) {
        f->tile = multiple(most, block);
    } else {
        f->tile = multiple(most, inner);
        f->period = inner > most ? inner : block;
    }
}

static size_t cost_of(int op)
{
    if (op == KERN_LGAMMA || op == KERN_POLYGAMMA)
        return 5000;
    if ((op >= KERN_EXP && op <= KERN_COS) || op == KERN_RECIP ||
        op == KERN_SQRT || op == KERN_RSQRT || op == KERN_DIV)
        return 500;
    return 60;
}

static void cut_items(emitter *e)
{
    ad_fused *const f = &e->f;
    const size_t n = ad_extent_at(f->extent, e->p->g->rows);
    const size_t block = (size_t)f->form.block, inner = (size_t)f->form.inner;
    size_t grain = f->tile;

    if (f->period)
        grain = block ? block : inner;
    f->cost = 0;
    for (size_t i = 0; i < f->count; i++)
        f->cost += cost_of(e->code[i].op);
    for (int32_t k = 0; k < f->sources; k++)
        f->cost += e->source[k].kind == AD_LOADED ? 200 : 80;
    f->cost += 100 * (size_t)f->endings;
    f->cost *= e->p->ops->bytes / sizeof(float);
    f->item = ad_parts(ad_unit(n, f->cost), grain) * grain;
    if (f->item > n / 2)
        f->item = ad_parts(n, grain) * grain;
}

/* What all tiles read alike is gathered once. */
static void keep_repeats(emitter *e)
{
    for (int32_t k = 0; k < e->f.sources; k++) {
        ad_source *const s = &e->source[k];
        const size_t n = repeat_of(&s->view);

        if (s->kind == AD_LOADED && n && e->slot[s->reg] >= 0 &&
            (n == 1 || (e->f.period == 0 && e->f.tile % n == 0)))
            s->kind = AD_KEPT;
    }
}

/* Parts of a sum over rows: panels, or items. */
static size_t parts_of(const emitter *e, const ad_step *s, size_t n)
{
    const ad_plan *const p = e->p;
    const ptrdiff_t at = s - p->program->steps;
    const ad_region *const r = &p->region[p->region_of[at]];

    if (r->panel)
        return ad_parts(p->g->rows, r->panel);
    return ad_parts(n, s->fused->item);
}

static void measure(const emitter *e, ad_step *s)
{
    ad_fused *const f = s->fused;
    const size_t n = ad_extent_at(f->extent, e->p->g->rows);
    const size_t inner = (size_t)f->form.inner;
    const size_t sums = (size_t)f->endings * inner;

    if (inner > 1 && f->tile < FEW * inner && (f->period || !f->form.block))
        f->runs = ad_round_up(sums * e->p->ops->bytes);
    s->scratch = (size_t)f->slots * ad_round_up(f->tile * e->p->ops->bytes);
    s->scratch += f->runs;
    if (f->form.block && f->period)
        s->scratch += sums * sizeof(double);
    if (f->form.inner && f->form.block == 0)
        s->work = parts_of(e, s, n) * sums * sizeof(double);
}

/* ---- steps -------------------------------------------------------------- */

/* One block: the fused code and its arrays. */
static int32_t keep(const emitter *e, ad_step *s)
{
    const ad_fused *const f = &e->f;
    const size_t code = f->count * sizeof *f->code;
    const size_t source = (size_t)f->sources * sizeof *f->source;
    const size_t ending = (size_t)f->endings * sizeof *f->ending;
    const size_t slot = (size_t)f->registers * sizeof *f->slot;
    const size_t head = ad_round_up(sizeof *f);
    char *const block =
        base_alloc(e->p->w, 1,
                   head + ad_round_up(code) + ad_round_up(source) +
                       ad_round_up(ending) + slot);

    if (!block)
        return base_status(e->p->w);
    s->fused = (ad_fused *)(void *)block;
    *s->fused = *f;
    s->fused->code = (kern_tile *)(void *)(block + head);
    s->fused->source =
        (ad_source *)(void *)((char *)s->fused->code + ad_round_up(code));
    s->fused->ending =
        (ad_ending *)(void *)((char *)s->fused->source + ad_round_up(source));
    s->fused->slot =
        (int32_t *)(void *)((char *)s->fused->ending + ad_round_up(ending));
    memcpy(s->fused->code, e->code, code);
    memcpy(s->fused->source, e->source, source);
    memcpy(s->fused->ending, e->ending, ending);
    memcpy(s->fused->slot, e->slot, slot);
    return GENMOD_OK;
}

static int32_t fuse(emitter *e, int32_t group, ad_step *s)
{
    ad_fused *const f = &e->f;

    memset(f, 0, sizeof *f);
    list(e, group);
    f->extent = e->p->value[e->member[0].value].extent;
    for (int32_t i = 0; i < e->n; i++) {
        member *const m = &e->member[i];
        const ad_value *const v = &e->p->value[m->value];

        if (v->class == AD_SUMMED) {
            f->form = v->form;
            e->ending[f->endings++] = (ad_ending){
                .reg = operand(e, m->in[0], group), .value = m->value};
        } else if (!m->folded) {
            emit(e, m, group);
        }
    }
    allot(e);
    cut_tiles(e);
    keep_repeats(e);
    allot(e); /* those that are kept share with none */
    cut_items(e);
    s->name = f->count ? "fused" : f->endings ? "sum" : "copy";
    s->kernel = &ad_kernel_fused;
    const int32_t status = keep(e, s);
    if (!status)
        measure(e, s);
    return status;
}

static void lead_of(ad_step *s, int32_t k, const ad_ref *r)
{
    const kern_strides *const v = &r->view;

    s->turned[k] = 0;
    if (ad_ref_dense(r)) {
        s->lead[k] = v->dim[v->rank - 1];
    } else if (v->stride[1] == 1) {
        s->lead[k] = v->stride[0];
    } else {
        s->lead[k] = v->stride[1];
        s->turned[k] = 1;
    }
}

static void single(const ad_plan *p, int32_t value, ad_step *s)
{
    const ad_value *const v = &p->value[value];
    const ad_operator *const o = &ad_operators[v->r.op];

    s->name = o->name;
    s->kernel = o->kernel;
    s->r = v->r;
    s->arity = v->arity;
    s->result = value;
    for (int32_t k = 0; k < v->arity; k++) {
        s->value[k] = v->in[k].value;
        s->offset[k] = v->in[k].offset;
        s->shape[k] = v->in[k].shape;
        if (v->r.op == AD_OP_MATMUL)
            lead_of(s, k, &v->in[k]);
    }
    s->kernel->plan(s, p->ops);
}

static int32_t run(emitter *e)
{
    ad_plan *const p = e->p;

    for (size_t i = 0; i < p->groups; i++) {
        const int32_t group = p->order[i];
        const int32_t first = p->member[p->begin[group]];
        ad_step *const s = &p->program->steps[i];

        if (p->value[first].class == AD_STEPPED) {
            single(p, first, s);
        } else {
            const int32_t status = fuse(e, group, s);
            if (status)
                return status;
        }
    }
    return GENMOD_OK;
}

int32_t ad_pass_emit(ad_plan *p)
{
    int32_t status;
    emitter *const e = base_alloc(p->w, 1, sizeof *e);

    if (!e)
        return base_status(p->w);
    e->p = p;
    e->spot = base_alloc(p->w, p->n, sizeof *e->spot);
    status = e->spot ? run(e) : base_status(p->w);
    base_free(e->spot);
    base_free(e);
    return status;
}
