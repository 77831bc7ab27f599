/* Updates of parameters (train.h), one pass over a flat buffer. Included by
 * set.c alone. An element's arithmetic is that of its lane: its bits do not
 * depend on n or on where it lies, so a buffer may be cut anywhere. */
#ifndef KERN_TRAIN_KERNEL_H
#define KERN_TRAIN_KERNEL_H

/* kern_update in every lane. */
typedef struct update {
    vec rate, scale, l2, decay; /* decay times rate */
    vec momentum, new1, new2;   /* 1 - beta1, 1 - beta2 */
    vec epsilon, step, root;
    int nesterov;
} update;

/* A parameter's gradient and state; an update leaves m, v and w. */
typedef struct parameter {
    vec g, m, v, w;
} parameter;

INLINE vec every(double a)
{
    return v_set1((REAL)a);
}

INLINE update update_of(const kern_update *u)
{
    return (update){.rate = every(u->rate),
                    .scale = every(u->scale),
                    .l2 = every(u->l2),
                    .decay = every(u->rate * u->decay),
                    .momentum = every(u->momentum),
                    .new1 = every(1 - u->beta1),
                    .new2 = every(1 - u->beta2),
                    .epsilon = every(u->epsilon),
                    .step = every(u->step),
                    .root = every(u->root),
                    .nesterov = u->nesterov};
}

INLINE vec gradient_of(const update *u, const parameter *p)
{
    return v_fma(u->l2, p->w, v_mul(u->scale, p->g));
}

/* A moment that decays towards 0 would end among the subnormal numbers, where a
 * step of it rounds back to it and each operation takes a hundred cycles. */
#define LEAST_MOMENT (sizeof(REAL) == 4 ? 0x1p-110 : 0x1p-990)

INLINE vec without_faint(vec a)
{
    return v_blend(v_lt(v_abs(a), every(LEAST_MOMENT)), v_zero(), a);
}

/* v after a gradient: its square is lost in LEAST_MOMENT where it would
 * underflow. */
INLINE vec second_moment(const update *u, vec g, vec v)
{
    v = v_max(v, every(LEAST_MOMENT));
    return v_fma(u->new2, v_fma(g, g, -v), v);
}

INLINE void sgd_step(const update *u, parameter *p)
{
    const vec g = gradient_of(u, p);
    vec way;

    p->m = without_faint(v_fma(u->momentum, p->m, g));
    way = u->nesterov ? v_fma(u->momentum, p->m, g) : p->m;
    p->w = v_fnma(u->rate, way, p->w);
}

INLINE void adam_step(const update *u, parameter *p)
{
    const vec g = gradient_of(u, p);
    vec size;

    p->m = without_faint(v_fma(u->new1, v_sub(g, p->m), p->m));
    p->v = second_moment(u, g, p->v);
    size = v_fma(v_sqrt(p->v), u->root, u->epsilon);
    p->w = v_fnma(u->decay, p->w, p->w);
    p->w = v_sub(p->w, v_div(v_mul(u->step, p->m), size));
}

INLINE void rmsprop_step(const update *u, parameter *p)
{
    const vec g = gradient_of(u, p);

    p->v = second_moment(u, g, p->v);
    p->m = v_fma(u->momentum, p->m, v_div(g, v_add(v_sqrt(p->v), u->epsilon)));
    p->m = without_faint(p->m);
    p->w = v_fnma(u->rate, p->m, p->w);
}

/* Elements from i on, as many as fill a vector; m and v may be NULL. */
INLINE void update_some(void (*step)(const update *, parameter *),
                        const update *u, size_t n, size_t i, const REAL *g,
                        REAL *m, REAL *v, REAL *w)
{
    parameter p = {part_of(g, n, i, 0), v_zero(), v_zero(),
                   part_of(w, n, i, 0)};

    if (m)
        p.m = part_of(m, n, i, 0);
    if (v)
        p.v = part_of(v, n, i, 0);
    step(u, &p);
    if (m)
        give_part(m, n, i, p.m);
    if (v)
        give_part(v, n, i, p.v);
    give_part(w, n, i, p.w);
}

INLINE void update_all(void (*step)(const update *, parameter *),
                       const kern_update *told, size_t n, const REAL *g,
                       REAL *m, REAL *v, REAL *w)
{
    const update u = update_of(told);

    for (size_t i = 0; i < n; i += LANES)
        update_some(step, &u, n, i, g, m, v, w);
}

static void sgd(const kern_update *u, size_t n, const void *g, void *m, void *w)
{
    update_all(sgd_step, u, n, g, m, NULL, w);
}

static void adam(const kern_update *u, size_t n, const void *g, void *m,
                 void *v, void *w)
{
    update_all(adam_step, u, n, g, m, v, w);
}

static void rmsprop(const kern_update *u, size_t n, const void *g, void *m,
                    void *v, void *w)
{
    update_all(rmsprop_step, u, n, g, m, v, w);
}

static void average(double decay, size_t n, const void *now, void *mean)
{
    const REAL *const w = now;
    REAL *const a = mean;
    const vec share = every(1 - decay);

    for (size_t i = 0; i < n; i += LANES) {
        const vec old = part_of(a, n, i, 0);

        give_part(a, n, i,
                  v_fma(share, v_sub(part_of(w, n, i, 0), old), old));
    }
}

#endif
