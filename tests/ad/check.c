/* Gradients against differences. In long double the step's own error is far
 * below the tolerance: with a step of 3e-5 the second-order difference is off
 * by some 1e-10 of the third derivative, the fourth-order one by 1e-19 of the
 * fifth and both by 1e-15 of the value. */
#include "support/test.h"

#include "ad/check.h"
#include "ad/naive.h"

#define STEP 3e-5L
#define ORDERS 3
#define WRT (CASE_OPERANDS + 1)

static const char *const weights[ORDERS][WRT] = {
    {"s", NULL, NULL, NULL},
    {"u0", "u1", "u2", "u3"},
    {"v0", "v1", "v2", "v3"},
};

static long double at(naive *e, ad_node x, long double *v, size_t i,
                      long double shift, ad_node scalar)
{
    const long double old = v[i];

    v[i] = old + shift;
    naive_give(e, x, v);
    v[i] = old;
    return *naive_value(e, scalar);
}

/* (f(h) - f(-h)) / 2 h, with *best one order of h^2 better: Richardson. */
static long double difference(naive *e, ad_node x, long double *v, size_t i,
                              ad_node scalar, long double *best)
{
    const long double near =
        (at(e, x, v, i, STEP, scalar) - at(e, x, v, i, -STEP, scalar)) /
        (2 * STEP);
    const long double far =
        (at(e, x, v, i, 2 * STEP, scalar) - at(e, x, v, i, -2 * STEP, scalar)) /
        (4 * STEP);

    naive_give(e, x, v);
    *best = (4 * near - far) / 3;
    return near;
}

static void compare(check_result *worst, size_t operand, size_t i,
                    long double gradient, long double best, long double near,
                    long double scale)
{
    if (scale == 0)
        scale = 1;
    const double error = (double)(fabsl(gradient - best) / scale);
    const double own = (double)(fabsl(best - near) / scale);

    if (!(own <= worst->own))
        worst->own = own;
    if (!(error <= worst->error)) {
        worst->error = error;
        worst->operand = operand;
        worst->element = i;
    }
}

/* Relative to the element, or to a thousandth of the largest one where it is
 * smaller than that. */
void check_scalar(ad_graph *g, struct naive *e, ad_node scalar, size_t n,
                  const ad_node *wrt, long double *const *v,
                  const ad_node *gradient, check_result *worst)
{
    assert_ok(ad_graph_status(g));
    for (size_t k = 0; k < n; k++) {
        const size_t count = naive_count(e, wrt[k]);
        long double *const d = malloc(count * sizeof *d), largest = 0;
        assert_non_null(d);
        memcpy(d, naive_value(e, gradient[k]), count * sizeof *d);
        for (size_t i = 0; i < count; i++)
            largest = fabsl(d[i]) > largest ? fabsl(d[i]) : largest;
        for (size_t i = 0; i < count; i++) {
            long double best, scale = fabsl(d[i]);
            const long double near =
                difference(e, wrt[k], v[k], i, scalar, &best);
            if (scale < fabsl(best))
                scale = fabsl(best);
            if (scale < largest * 1e-3L)
                scale = largest * 1e-3L;
            compare(worst, k, i, d[i], best, near, scale);
        }
        if ((double)largest > worst->largest)
            worst->largest = (double)largest;
        free(d);
    }
}

/* a row of the table */

typedef struct scene {
    genmod_workspace *w;
    ad_graph *g;
    naive *e;
    size_t n; /* operands, s the last of them */
    ad_node x[WRT], dx[WRT];
    long double *v[WRT];
} scene;

static long double *give(scene *s, ad_node x, double lo, double hi,
                         unsigned seed)
{
    const size_t n = naive_count(s->e, x);
    long double *const v = malloc((n + 1) * sizeof *v);

    assert_non_null(v);
    case_values(n, lo, hi, seed, v);
    naive_give(s->e, x, v);
    return v;
}

static ad_node weight(scene *s, const char *name, ad_node like, unsigned seed)
{
    const ad_node x = ad_input(s->g, name, *ad_shape_at(s->g, like));

    assert_ok(ad_graph_status(s->g));
    free(give(s, x, 0.5, 1.7, seed));
    return x;
}

static void give_others(scene *s)
{
    for (ad_node x = 0; (size_t)x < ad_graph_size(s->g); x++) {
        const int32_t op = ad_at(s->g, x).op;
        if (op == AD_OP_UNIFORM || op == AD_OP_NORMAL || op == AD_OP_VARIABLE)
            free(give(s, x, 0.1, 0.9, 7));
    }
}

static void scene_new(scene *s, const ad_case *c)
{
    assert_ok(genmod_workspace_new(NULL, &s->w));
    assert_ok(ad_graph_new(6, &s->g, s->w));
    s->e = naive_new(s->g, 4);
    s->n = case_operands(c, s->g, s->x);
    for (size_t k = 0; k < s->n; k++)
        s->v[k] = give(s, s->x[k], c->lo, c->hi, (unsigned)k);
}

static void scene_free(scene *s)
{
    for (size_t k = 0; k < s->n; k++)
        free(s->v[k]);
    naive_free(s->e);
    ad_graph_free(s->g);
    genmod_workspace_free(s->w);
}

/* <s, y> with s an operand. */
static ad_node first_scalar(scene *s, ad_node y)
{
    s->x[s->n] = ad_input(s->g, weights[0][0], *ad_shape_at(s->g, y));
    assert_ok(ad_graph_status(s->g));
    s->v[s->n] = give(s, s->x[s->n], 0.5, 1.7, 5);
    return ad_sum_all(s->g, ad_mul(s->g, y, s->x[s->n++]));
}

static ad_node next_scalar(scene *s, size_t order)
{
    ad_node sum = ad_constant(s->g, 0, ad_scalar());

    for (size_t k = 0; k < s->n; k++) {
        const ad_node w = weight(s, weights[order - 1][k], s->dx[k],
                                 (unsigned)(7 * order + k));
        sum = ad_add(s->g, sum, ad_sum_all(s->g, ad_mul(s->g, s->dx[k], w)));
    }
    return sum;
}

check_result check_gradients(const ad_case *c, size_t order)
{
    check_result worst = {.error = 0};
    scene s = {.n = 0};

    scene_new(&s, c);
    const ad_node y = case_build(c, s.g, s.x);
    assert_status(ad_graph_status(s.g), GENMOD_OK, s.w);
    for (size_t k = 1; k <= order; k++) {
        const ad_node l = k == 1 ? first_scalar(&s, y) : next_scalar(&s, k);
        const double before = worst.error, largest = worst.largest;
        give_others(&s);
        assert_ok(ad_grad(s.g, l, AD_NONE, s.n, s.x, s.dx));
        check_scalar(s.g, s.e, l, s.n, s.x, s.v, s.dx, &worst);
        if (worst.error > before)
            worst.order = k;
        if (k > 1)
            worst.largest = largest;
    }
    scene_free(&s);
    return worst;
}
