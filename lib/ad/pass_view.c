/* The nodes that lead to a target become values. What only moves elements is
 * not computed: whoever reads it reads the value below by strides. */
#include <string.h>

#include "ad/plan.h"

typedef struct views {
    ad_plan *p;
    uint8_t *live;  /* [nodes] */
    ad_ref *ref;    /* [nodes] where a live node's elements are */
    int32_t *dense; /* [nodes] a copy that was made of it; -1: none yet */
    int32_t *leaky; /* [nodes] the leaky operator upon it; -1: none */
} views;

int ad_ref_dense(const ad_ref *r)
{
    kern_strides v = r->view;

    if (v.rank == 0)
        return 1;
    kern_strides_join(&v);
    return v.rank == 1 && (v.stride[0] == 1 || v.dim[0] == 1);
}

int ad_ref_whole(const ad_plan *p, const ad_ref *r, ad_extent extent)
{
    return r->offset == 0 && ad_ref_dense(r) &&
           ad_extent_equal(extent, ad_extent_of(&p->value[r->value].r.shape));
}

int ad_ref_number(const ad_plan *p, const ad_ref *r, double *number,
                  ad_extent *count)
{
    const ad_record *const leaf = &p->value[r->value].r;

    *number = leaf->op == AD_OP_CONSTANT ? leaf->p : 1;
    *count = (ad_extent){0, 0};
    if (leaf->op == AD_OP_COUNT)
        *count = (ad_extent){leaf->i[0], leaf->i[1]};
    return leaf->op == AD_OP_CONSTANT || leaf->op == AD_OP_COUNT;
}

/* All of a value of that shape. */
static ad_ref all_of(int32_t value, const ad_shape *shape)
{
    ad_ref r = {.value = value, .shape = *shape};
    int64_t stride = 1;

    r.view.rank = shape->rank;
    for (int32_t k = shape->rank - 1; k >= 0; k--) {
        r.view.dim[k] = shape->dim[k];
        r.view.stride[k] = stride;
        stride *= shape->dim[k];
    }
    return r;
}

static ad_value *append(ad_plan *p, const ad_record *r, int32_t class)
{
    ad_value *const v = &p->value[p->n++];

    memset(v, 0, sizeof *v);
    v->class = class;
    v->r = *r;
    v->group = v->buffer = -1;
    v->extent = ad_extent_of(&r->shape);
    return v;
}

/* A dense copy of what r shows of that shape. */
static int32_t copy(ad_plan *p, const ad_ref *r, const ad_shape *shape)
{
    ad_record record;

    memset(&record, 0, sizeof record);
    record.op = AD_OPS;
    record.shape = *shape;
    ad_value *const v = append(p, &record, AD_TILED);
    v->tile = KERN_COPY;
    v->arity = 1;
    v->in[0] = *r;
    return (int32_t)p->n - 1;
}

static ad_ref dense(views *s, ad_node x)
{
    const ad_shape *const shape = ad_shape_at(s->p->g, x);

    if (s->dense[x] < 0)
        s->dense[x] = copy(s->p, &s->ref[x], shape);
    return all_of(s->dense[x], shape);
}

/* ---- views of views ----------------------------------------------------- */

/* The axes of a view that are longer than 1. */
static int32_t long_axes(const kern_strides *v, kern_strides *out)
{
    out->rank = 0;
    for (int32_t k = 0; k < v->rank; k++) {
        if (v->dim[k] == 1)
            continue;
        out->dim[out->rank] = v->dim[k];
        out->stride[out->rank++] = v->stride[k];
    }
    return out->rank;
}

/* Strides of axes lo … hi - 1 of `to`, which together are axes first … last of
 * `from`; 0 where those do not lie behind one another. */
static int split(const kern_strides *from, int32_t first, int32_t last,
                 kern_strides *to, int32_t lo, int32_t hi)
{
    int64_t stride = from->stride[last], whole = stride;

    for (int32_t k = last; k > first; k--) {
        whole *= from->dim[k];
        if (from->stride[k - 1] != whole)
            return 0;
    }
    for (int32_t k = hi - 1; k >= lo; k--) {
        to->stride[k] = stride;
        stride *= to->dim[k];
    }
    return 1;
}

/* Runs of axes with equal products on both sides, from the first axis on: the
 * strides of a run follow from its last axis, and never from the rows. */
static int reshape(const kern_strides *view, kern_strides *to)
{
    kern_strides from;
    const int32_t rank = long_axes(view, &from);
    int32_t i = 0, j = 0;

    memset(to->stride, 0, sizeof to->stride);
    while (i < rank && j < to->rank) {
        int32_t last = i, end = j + 1;
        int64_t a = from.dim[i], b = to->dim[j];

        while (a != b)
            if (b < a)
                b *= to->dim[end++];
            else
                a *= from.dim[++last];
        if (!split(&from, i, last, to, j, end))
            return 0;
        i = last + 1;
        j = end;
    }
    return 1;
}

static void slice(const ad_record *r, ad_ref *ref)
{
    for (int32_t k = 0; k < r->shape.rank; k++) {
        ref->offset += r->i[k] * ref->view.stride[k];
        ref->view.stride[k] *= r->i[AD_RANK + k];
        ref->view.dim[k] = r->shape.dim[k];
    }
}

static void permute(const ad_record *r, ad_ref *ref)
{
    const kern_strides from = ref->view;

    for (int32_t k = 0; k < from.rank; k++) {
        ref->view.dim[k] = from.dim[r->i[k]];
        ref->view.stride[k] = from.stride[r->i[k]];
    }
}

static void broadcast(const ad_record *r, const ad_shape *from, ad_ref *ref)
{
    for (int32_t k = 0; k < r->shape.rank; k++) {
        if (ad_is_one(from, k))
            ref->view.stride[k] = 0;
        ref->view.dim[k] = r->shape.dim[k];
    }
}

static void view(views *s, const ad_record *r, ad_ref *ref)
{
    *ref = s->ref[r->in[0]];
    if (r->op == AD_OP_SLICE) {
        slice(r, ref);
    } else if (r->op == AD_OP_PERMUTE) {
        permute(r, ref);
    } else if (r->op == AD_OP_BROADCAST) {
        broadcast(r, ad_shape_at(s->p->g, r->in[0]), ref);
    } else if (r->op == AD_OP_RESHAPE) {
        kern_strides to = all_of(0, &r->shape).view;

        if (!reshape(&ref->view, &to)) {
            *ref = dense(s, r->in[0]);
            to = all_of(0, &r->shape).view;
        }
        ref->view = to;
    }
    ref->shape = r->shape;
}

/* ---- sums, and steps of their own --------------------------------------- */

/* The last run of axes of the mask, with nothing but ones between. */
static int last_run(const ad_shape *shape, uint32_t mask, int32_t *lo,
                    int32_t *hi)
{
    *hi = -1;
    for (int32_t k = shape->rank - 1; k >= 0; k--) {
        if (ad_is_one(shape, k))
            continue;
        if (mask >> k & 1) {
            *hi = *hi < 0 ? k : *hi;
            *lo = k;
        } else if (*hi >= 0) {
            break;
        }
    }
    return *hi >= 0;
}

static ad_form form_of(const ad_shape *shape, int32_t lo, int32_t hi)
{
    ad_form f = {1, 1};
    int64_t above = shape->div && lo > 0 ? 2 : 1;

    for (int32_t k = hi + 1; k < shape->rank; k++)
        f.inner *= shape->dim[k];
    for (int32_t k = lo; k <= hi; k++)
        f.block *= shape->dim[k];
    for (int32_t k = 0; k < lo; k++)
        above *= shape->dim[k];
    f.block = above > 1 ? f.block * f.inner : 0;
    return f;
}

/* One sum a run of axes, the last run first: it leaves least behind. */
static ad_ref sum(views *s, const ad_record *r)
{
    ad_shape shape = *ad_shape_at(s->p->g, r->in[0]);
    ad_ref ref = s->ref[r->in[0]];
    int32_t lo, hi;

    while (last_run(&shape, (uint32_t)r->i[0], &lo, &hi)) {
        const ad_extent extent = ad_extent_of(&shape);
        ad_value *const v = append(s->p, r, AD_SUMMED);

        v->form = form_of(&shape, lo, hi);
        for (int32_t k = lo; k <= hi; k++)
            ad_set_size(&shape, k, 1);
        v->r.shape = shape;
        v->extent = extent;
        v->arity = 1;
        v->in[0] = ref;
        ref = all_of((int32_t)s->p->n - 1, &shape);
    }
    return ref;
}

/* Matrices may lie transposed, or with rows apart. */
static int is_matrix(const ad_ref *r)
{
    const kern_strides *const v = &r->view;

    if (v->rank != 2)
        return 0;
    return (v->stride[1] == 1 && v->stride[0] >= v->dim[1]) ||
           (v->stride[0] == 1 && v->stride[1] >= v->dim[0]);
}

static void step(views *s, const ad_record *r, int32_t arity)
{
    ad_ref in[AD_INPUTS];

    for (int32_t k = 0; k < arity; k++) {
        double number;
        ad_extent count;

        in[k] = s->ref[r->in[k]];
        if (ad_ref_number(s->p, &in[k], &number, &count) ||
            !(ad_ref_dense(&in[k]) ||
              (r->op == AD_OP_MATMUL && is_matrix(&in[k]))))
            in[k] = dense(s, r->in[k]);
    }
    ad_value *const v = append(s->p, r, AD_STEPPED);
    v->arity = arity;
    memcpy(v->in, in, sizeof v->in);
}

/* What operand k is read from. A gate looks at the sign alone, which the result
 * of a leaky operator shares; and that one is kept anyhow, as a rule. */
static const ad_ref *read_from(views *s, const ad_record *r, int32_t k)
{
    const ad_node in = r->in[k];

    if (r->op == AD_OP_GATE && s->leaky[in] >= 0)
        return &s->ref[s->leaky[in]];
    return &s->ref[in];
}

static void resolve(views *s, ad_node x)
{
    const ad_record *const r = &s->p->g->nodes[x];
    const ad_operator *const o = &ad_operators[r->op];
    int32_t class = o->class;

    if (class == AD_VIEW && !(o->kernel && s->p->g->parts > 1)) {
        view(s, r, &s->ref[x]);
        return;
    }
    if (class == AD_SUMMED) {
        s->ref[x] = sum(s, r);
        return;
    }
    if (o->kernel) {
        step(s, r, o->arity);
    } else {
        ad_value *const v = append(s->p, r, class);
        v->tile = o->tile;
        v->arity = o->arity;
        for (int32_t k = 0; k < o->arity; k++)
            v->in[k] = *read_from(s, r, k);
        if (r->op == AD_OP_LEAKY && r->p >= 0)
            s->leaky[r->in[0]] = x;
        if (r->op == AD_OP_VARIABLE) {
            v->kind = AD_IN_VALUES;
            v->variable = (int32_t)r->i[0];
        }
    }
    s->ref[x] = all_of((int32_t)s->p->n - 1, &r->shape);
}

/* ---- targets ------------------------------------------------------------ */

/* A target's value is one that is computed, and left where the target says. */
static void aim(views *s, size_t i)
{
    ad_plan *const p = s->p;
    const ad_target *const t = &p->target[i];
    const ad_shape *const shape = ad_shape_at(p->g, t->node);
    const ad_ref *const r = &s->ref[t->node];
    const ad_value *const v = &p->value[r->value];
    const int32_t kind = t->kind == AD_GRAD   ? AD_IN_GRADIENTS
                         : t->kind == AD_NEXT ? AD_IN_SUCCESSORS
                                              : AD_IN_ARENA;
    int fits = v->class != AD_LEAF && ad_ref_whole(p, r, ad_extent_of(shape));

    if (v->stored && (kind != AD_IN_ARENA || v->kind != AD_IN_ARENA))
        fits = 0;
    p->of[i] = fits ? r->value : copy(p, r, shape);
    ad_value *const to = &p->value[p->of[i]];
    to->stored = 1;
    to->kind = kind;
    to->variable = t->variable;
}

static int mark(views *s, size_t *live, size_t *runs)
{
    const ad_graph *const g = s->p->g;

    memset(s->live, 0, g->size);
    for (size_t i = 0; i < s->p->targets; i++)
        s->live[s->p->target[i].node] = 1;
    *live = *runs = 0;
    for (size_t x = g->size; x-- > 0;) {
        const ad_record *const r = &g->nodes[x];

        if (!s->live[x])
            continue;
        ++*live;
        *runs += ad_operators[r->op].class == AD_SUMMED ? AD_RANK / 2 : 0;
        for (int k = 0; k < AD_INPUTS; k++)
            if (r->in[k] >= 0)
                s->live[r->in[k]] = 1;
    }
    return *live < INT32_MAX / 4;
}

static int32_t run(views *s)
{
    ad_plan *const p = s->p;
    size_t live, runs;

    if (!mark(s, &live, &runs))
        return base_fail(p->w, GENMOD_LIMIT, "the graph has %u nodes",
                         (uint64_t)live);
    p->room = 2 * live + runs + p->targets;
    p->value = base_alloc(p->w, p->room, sizeof *p->value);
    p->of = base_alloc(p->w, p->targets, sizeof *p->of);
    if (!p->value || !p->of)
        return base_status(p->w);
    for (size_t x = 0; x < p->g->size; x++)
        if (s->live[x])
            resolve(s, (ad_node)x);
    for (size_t i = 0; i < p->targets; i++)
        aim(s, i);
    return GENMOD_OK;
}

int32_t ad_pass_view(ad_plan *p)
{
    const size_t n = p->g->size;
    views s = {.p = p};
    int32_t status;

    s.live = base_alloc(p->w, n, sizeof *s.live);
    s.ref = s.live ? base_alloc(p->w, n, sizeof *s.ref) : NULL;
    s.dense = s.ref ? base_alloc(p->w, 2 * n, sizeof *s.dense) : NULL;
    if (s.dense) {
        s.leaky = s.dense + n;
        memset(s.dense, 0xff, 2 * n * sizeof *s.dense);
        status = run(&s);
    } else {
        status = base_status(p->w);
    }
    base_free(s.live);
    base_free(s.ref);
    base_free(s.dense);
    return status;
}
