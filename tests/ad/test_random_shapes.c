/* Graphs put together at random once more, of what test_random.c does not draw:
 * axes of size 1, tables beside rows, several rows to one and one to several,
 * batches of matrices, images, rows by number, factors, views of views; with
 * second derivatives, states, and a view or a leaf as a target. */
#include "ad/rig.h"

#define GRAPHS 200
#define STEPS 28
#define ROOM 96 /* nodes to choose from */
#define VARIABLES 5
#define LARGE 1500 /* elements of a node that is not made larger */

typedef struct maker {
    rig *r;
    uint64_t state;
    int jumps; /* 1: operators that are not continuous, too */
    size_t n;
    ad_node node[ROOM];
    ad_node variable[VARIABLES], index;
} maker;

static uint32_t next(maker *m, uint32_t below)
{
    uint32_t out[4];

    base_random(m->state++, below, 0x73686170, 0, out);
    return out[0] % below;
}

static ad_node any(maker *m)
{
    return m->node[next(m, (uint32_t)m->n)];
}

static ad_shape shape_of(const maker *m, ad_node x)
{
    return *ad_shape_at(m->r->g, x);
}

static int is_large(const maker *m, ad_node x)
{
    const ad_shape s = shape_of(m, x);

    return ad_elements(&s) > LARGE;
}

/* Axes that may be cut, moved and joined: not that of rows. */
static int32_t first_axis(const ad_shape *s)
{
    return s->div ? 1 : 0;
}

static ad_node positive(maker *m, ad_node x, double least)
{
    ad_graph *const g = m->r->g;

    return ad_shift(g, next(m, 2) ? ad_square(g, x) : ad_softplus(g, x), least);
}

static ad_node one_operand(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;

    switch (next(m, m->jumps ? 20 : 17)) {
    case 0:
        return ad_expm1(g, ad_sin(g, x));
    case 1:
        return ad_log(g, positive(m, x, 0.4));
    case 2:
        return ad_log1p(g, positive(m, x, 0.1));
    case 3:
        return ad_tanh(g, ad_log1mexp(g, ad_neg(g, positive(m, x, 0.3))));
    case 4:
        return ad_sqrt(g, positive(m, x, 0.3));
    case 5:
        return ad_rsqrt(g, positive(m, x, 0.5));
    case 6:
        return ad_erf(g, x);
    case 7:
        return ad_tanh(g, ad_lgamma(g, positive(m, x, 0.5)));
    case 8:
        return ad_tanh(
            g, ad_polygamma(g, (int32_t)next(m, 3), positive(m, x, 0.9)));
    case 9:
        return ad_gelu(g, ad_tanh(g, x));
    case 10:
        return ad_silu(g, x);
    case 11:
        return ad_elu(g, x, 0.9);
    case 12:
        return ad_huber(g, x, 0.45);
    case 13:
        return ad_clamp(g, x, -0.5, 0.6);
    case 14:
        return ad_leaky(g, x, next(m, 2) ? 1.4 : -0.3);
    case 15:
        return ad_stop(g, x);
    case 16:
        return ad_all_sum(g, ad_cos(g, x));
    case 17:
        return ad_mul(g, x, ad_floor(g, ad_scale(g, x, 2.7)));
    case 18:
        return ad_mul(g, ad_gate(g, x, 0.25), ad_tanh(g, x));
    default:
        return ad_mul(g, ad_sign(g, x), ad_cos(g, x));
    }
}

/* Whether x and y have a shape in common, as ad.h says. */
static int fits(const maker *m, ad_node x, ad_node y)
{
    const ad_shape s = shape_of(m, x), t = shape_of(m, y);
    const ad_shape *const a = s.rank < t.rank ? &t : &s;
    const ad_shape *const b = s.rank < t.rank ? &s : &t;
    const int32_t more = a->rank - b->rank;
    int64_t n = 1;

    if (b->div && more)
        return 0;
    for (int32_t i = 0; i < a->rank; i++) {
        const int64_t other = i < more ? 1 : b->dim[i - more];

        if (i >= more && !ad_is_one(a, i) && !ad_is_one(b, i - more) &&
            !ad_same_size(a, i, b, i - more))
            return 0;
        n *= a->dim[i] > other ? a->dim[i] : other;
    }
    return n <= 2 * LARGE;
}

static ad_node two_operands(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    ad_node y = x, from;

    for (int k = 0; k < 30 && y == x; k++) {
        const ad_node other = any(m);
        y = fits(m, x, other) ? other : x;
    }
    if (next(m, 2)) {
        from = x;
        x = y;
        y = from;
    }
    switch (next(m, m->jumps ? 7 : 5)) {
    case 0:
        return ad_scale(g, ad_add(g, x, y), 0.6);
    case 1:
        return ad_tanh(g, ad_sub(g, x, y));
    case 2:
        return ad_div(g, ad_tanh(g, x), positive(m, y, 0.7));
    case 3:
        return ad_min(g, x, y);
    case 4:
        return ad_tanh(g,
                       ad_add(g, ad_mul(g, x, y), ad_mul(g, ad_cos(g, x), y)));
    case 5:
        return ad_mul(g, ad_greater_equal(g, x, y), ad_sin(g, y));
    default:
        return ad_select(g, ad_gate(g, ad_tanh(g, x), 0),
                         ad_mul(g, ad_tanh(g, x), y), ad_sin(g, y));
    }
}

static ad_node over_axes(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_shape s = shape_of(m, x);
    const uint32_t axes = s.rank ? 1 + next(m, (1u << s.rank) - 1) : 0;
    const int keep = (int)next(m, 2);
    ad_node mean, variance;

    switch (s.rank ? next(m, m->jumps ? 9 : 8) : 0) {
    case 0:
        return ad_tanh(g, ad_scale(g, ad_sum(g, x, axes, keep), 0.3));
    case 1:
        return ad_logsumexp(g, x, axes, keep);
    case 2:
        return ad_greatest(g, x, axes, keep);
    case 3:
        return ad_least(g, x, axes, keep);
    case 4:
        return ad_norm(g, x, axes);
    case 5:
        return ad_tanh(g, ad_log_softmax(g, x));
    case 6:
        return ad_mul(g, ad_tanh(g, x), ad_recip(g, ad_count(g, x)));
    case 7:
        if (s.rank == AD_RANK)
            return ad_mean(g, x, axes, keep);
        ad_moments(g, x, axes, &mean, &variance);
        return ad_tanh(
            g, ad_add(g, ad_sub(g, x, mean), ad_shift(g, variance, 0.3)));
    default:
        return ad_sin(g, (keep ? ad_argmin : ad_argmax)(
                             g, x, (int32_t)next(m, (uint32_t)s.rank), keep));
    }
}

/* The sizes behind rows cut anew; a factor of them may go to the rows. */
static ad_node reshaped(maker *m, ad_node x)
{
    const ad_shape s = shape_of(m, x);
    int64_t dim[AD_RANK] = {0}, left = 1;
    int32_t n = 0, mul = s.mul;

    for (int32_t i = first_axis(&s); i < s.rank; i++)
        left *= s.dim[i];
    for (int64_t f = 2; s.div && f <= 3 && mul == s.mul && next(m, 2); f++)
        if (left % f == 0) {
            left /= f;
            mul *= (int32_t)f;
        }
    while (n < 4) {
        const int64_t f = 1 + next(m, 4);

        dim[n] = left % f ? 1 : f;
        left /= dim[n++];
    }
    dim[n++] = left;
    if (s.div)
        return ad_reshape(m->r->g, x, ad_rows(m->r->g, mul, s.div, n + 1, dim));
    return ad_reshape(m->r->g, x, ad_shape_of(n, dim));
}

static ad_node permuted(maker *m, ad_node x)
{
    const ad_shape s = shape_of(m, x);
    int32_t axes[AD_RANK];

    for (int32_t i = 0; i < s.rank; i++) {
        const int32_t first = first_axis(&s);
        const int32_t j =
            i < first ? i : first + (int32_t)next(m, (uint32_t)(i - first + 1));

        axes[i] = axes[j];
        axes[j] = i;
    }
    return ad_permute(m->r->g, x, axes);
}

/* Sizes 1 become 3 or rows. */
static ad_node stretched(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    ad_shape s = shape_of(m, x);

    if (is_large(m, x) || !s.rank)
        return ad_broadcast(g, ad_mean_all(g, x), ad_matrix(3, 1));
    for (int32_t i = 1; i < s.rank; i++)
        if (s.dim[i] == 1 && next(m, 2))
            s.dim[i] = 3;
    if (ad_is_one(&s, 0))
        return ad_broadcast(g, x, ad_rows(g, 1, 1, s.rank, s.dim + 1));
    return ad_broadcast(g, x, s);
}

static ad_node sliced(maker *m, ad_node x)
{
    const ad_shape s = shape_of(m, x);
    int64_t first[AD_RANK] = {0}, size[AD_RANK], step[AD_RANK];

    for (int32_t i = 0; i < s.rank; i++) {
        size[i] = s.dim[i];
        step[i] = 1;
        if (i < first_axis(&s) || next(m, 2))
            continue;
        first[i] = next(m, (uint32_t)s.dim[i]);
        step[i] = 1 + next(m, 3);
        size[i] =
            1 + next(m, (uint32_t)((s.dim[i] - 1 - first[i]) / step[i] + 1));
    }
    return ad_slice(m->r->g, x, first, size, step);
}

static ad_node moved(maker *m, ad_node x)
{
    const ad_shape s = shape_of(m, x);
    int64_t lo[AD_RANK] = {0}, hi[AD_RANK] = {0};

    switch (next(m, 6)) {
    case 0:
        return reshaped(m, x);
    case 1:
        return permuted(m, x);
    case 2:
        return stretched(m, x);
    case 3:
        return sliced(m, x);
    case 4:
        return permuted(m, reshaped(m, permuted(m, x)));
    default:
        for (int32_t i = first_axis(&s); i < s.rank && !is_large(m, x); i++) {
            lo[i] = next(m, 3);
            hi[i] = next(m, 2);
        }
        return ad_pad(m->r->g, x, lo, hi);
    }
}

/* x by itself, turned or not, in a batch: [.., k, k] or [.., n, n]. */
static ad_node product(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_shape s = shape_of(m, x);
    const int turn = (int)next(m, 2);

    if (s.rank < 2)
        return ad_sin(g, x);
    const int over_rows = s.rank == 2 && s.div;
    return ad_tanh(g, ad_scale(g,
                               ad_matmul(g, x, ad_cos(g, x), turn || over_rows,
                                         !turn && !over_rows),
                               0.4));
}

/* A factor of A A^T + 3/2, and a system of it. */
static ad_node factor(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_shape s = shape_of(m, x);
    const int64_t n = s.rank < 2 ? 9 : s.dim[s.rank - 2];

    if (n > 6 || (s.rank == 2 && s.div))
        return ad_cos(g, x);
    const ad_shape one = ad_matrix(n, n);
    const ad_node a = ad_tanh(g, x);
    const ad_node diagonal =
        ad_equal(g, ad_iota(g, one, 0), ad_iota(g, one, 1));
    const ad_node l = ad_cholesky(
        g, ad_add(g, ad_matmul(g, a, a, 0, 1), ad_scale(g, diagonal, 1.5)));
    return ad_tanh(g, next(m, 2) ? l : ad_solve(g, l, x, (int)next(m, 2)));
}

static ad_node by_number(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_shape s = shape_of(m, x);

    if (s.rank == 2 && !s.div && s.dim[0] >= 3)
        return ad_gather(g, x, m->index);
    if (s.rank == 3 && s.div == 1 && s.mul == 1 && s.dim[1] == 2)
        return ad_tanh(g, ad_scatter(g, x, m->index, 4));
    return ad_erf(g, x);
}

static int is_image(const maker *m, ad_node x)
{
    const ad_shape s = shape_of(m, x);

    return s.rank == 4 && s.dim[1] > 1 && s.dim[1] < 10 && s.dim[2] > 1 &&
           s.dim[2] < 10 && s.dim[3] < 7 && !is_large(m, x);
}

/* Of an image, of which there is one at least, with a filter [2, 2, 1, k] of
 * the first variable's 24 numbers. */
static ad_node image(maker *m)
{
    ad_graph *const g = m->r->g;
    ad_node x = any(m);

    while (!is_image(m, x))
        x = any(m);
    const ad_shape s = shape_of(m, x);
    const ad_window plain = {1 + next(m, 2), 1, 1, 0, 0, 1, 1};
    ad_window own = plain;

    own.groups = s.dim[3];
    const ad_node flat = ad_reshape(g, m->variable[0], ad_vector(24));
    const ad_node filter =
        ad_reshape(g, ad_part(g, flat, 0, 0, 4 * s.dim[3]),
                   ad_shape_of(4, (const int64_t[]){2, 2, 1, s.dim[3]}));
    switch (next(m, 6)) {
    case 0:
        return ad_tanh(g, ad_conv(g, x, filter, &own));
    case 1:
        return ad_tanh(g,
                       ad_conv_x(g, x, filter, &own,
                                 (s.dim[1] - 1) * own.stride_h + 1, s.dim[2]));
    case 2:
        return ad_average_pool(g, x, 2, 2, &plain, (int)next(m, 2));
    case 3:
        return ad_max_pool(g, x, 2, 2, &plain);
    case 4:
        return ad_resize_bilinear(g, x, 1 + next(m, 5), 1 + next(m, 5));
    default:
        return ad_upsample_nearest(g, x, 2);
    }
}

static ad_node make(maker *m)
{
    ad_node x = any(m);

    if (is_large(m, x))
        x = ad_mean(m->r->g, x, 1u << (ad_shape_at(m->r->g, x)->rank - 1), 1);
    switch (next(m, 13)) {
    case 0:
    case 1:
        return one_operand(m, x);
    case 2:
    case 3:
        return two_operands(m, x);
    case 4:
    case 5:
        return over_axes(m, x);
    case 6:
    case 7:
    case 8:
        return moved(m, x);
    case 9:
        return product(m, x);
    case 10:
        return factor(m, x);
    case 11:
        return by_number(m, x);
    default:
        return image(m);
    }
}

static void start(maker *m)
{
    static const char *const names[VARIABLES] = {"a", "b", "c", "d", "e"};
    rig *const r = m->r;
    const ad_shape shape[VARIABLES] = {
        ad_matrix(6, 4), ad_matrix(1, 6), ad_scalar(), ad_vector(4),
        ad_shape_of(3, (const int64_t[]){1, 3, 1})};

    for (size_t i = 0; i < VARIABLES; i++)
        m->node[m->n++] = m->variable[i] =
            rig_variable(r, names[i], AD_TRAINED, shape[i], -0.7, 0.8);
    m->node[m->n++] = rig_variable(r, "s", AD_STATE, ad_matrix(1, 6), -1, 1);
    m->node[m->n++] = rig_input(r, "x", rig_rows(r, 2, 6, 0, 0), -1, 1);
    m->node[m->n++] = rig_input(r, "y", rig_rows(r, 3, 2, 6, 0), -1, 1);
    m->node[m->n++] = rig_input(r, "z", rig_rows(r, 4, 4, 5, 3), -1, 1);
    m->node[m->n++] = rig_input(r, "u", rig_rows(r, 3, 1, 6, 0), -1, 1);
    m->node[m->n++] = rig_input(r, "k", rig_rows(r, 1, 0, 0, 0), -1, 1);
    m->node[m->n++] =
        rig_input(r, "q", ad_rows(r->g, 2, 1, 2, (const int64_t[]){3}), -1, 1);
    m->node[m->n++] = rig_input(
        r, "h", ad_rows(r->g, 1, 2, 3, (const int64_t[]){2, 3}), -1, 1);
    m->node[m->n++] = rig_input(r, "w", ad_matrix(3, 4), -1, 1);
    m->node[m->n++] = ad_normal(r->g, "n", ad_matrix(3, 5));
    m->index = rig_index(r, "i", rig_rows(r, 2, 2, 0, 0), 0, 2);
}

/* The state's successor: a node of its shape, itself if there is none. */
static ad_node successor(maker *m)
{
    const ad_shape s = shape_of(m, m->node[VARIABLES]);
    size_t k = m->n - 1;

    while (!ad_shape_equal(&s, ad_shape_at(m->r->g, m->node[k])))
        k--;
    return m->node[k];
}

/* Some nodes; the gradients of a loss, and those of their squares. */
static void aim(maker *m, ad_node loss)
{
    ad_graph *const g = m->r->g;
    ad_node d[VARIABLES], second[VARIABLES], y = loss;

    assert_ok(ad_grad(g, loss, AD_NONE, VARIABLES, m->variable, d));
    for (size_t k = 0; k < VARIABLES; k++)
        y = ad_add(g, y, ad_sum_all(g, ad_square(g, d[k])));
    assert_ok(ad_grad(g, y, AD_NONE, VARIABLES, m->variable, second));
    for (int k = 0; k < 8; k++)
        rig_output(m->r, any(m));
    rig_output(m->r, m->node[m->n - 1]);
    for (int32_t k = 0; k < VARIABLES; k++) {
        rig_output(m->r, d[k]);
        rig_target(m->r, AD_GRAD, second[k], k);
    }
    rig_target(m->r, AD_NEXT, successor(m), VARIABLES);
}

static void build(rig *r, uint64_t seed, int jumps)
{
    maker m = {.r = r, .state = seed << 32, .jumps = jumps};
    ad_node loss = ad_constant(r->g, 0, ad_scalar());

    start(&m);
    for (int k = 0; k < STEPS; k++) {
        m.node[m.n] = make(&m);
        if (ad_graph_status(r->g))
            fail_msg("graph %u, step %d: %s", (unsigned)seed, k,
                     genmod_workspace_error(r->w));
        m.n++;
    }
    for (size_t k = VARIABLES; k < m.n; k += 3)
        loss = ad_add(
            r->g, loss,
            ad_mean_all(r->g, ad_sin(r->g, ad_shift(r->g, m.node[k], 0.3))));
    aim(&m, loss);
}

/* All numbers of rows are even: "h" has one row of two. */
static void walk(int32_t type, size_t rows, double tolerance)
{
    for (uint64_t seed = 1; seed <= GRAPHS; seed++) {
        rig r;

        rig_open(&r, type, rows, 1 + seed % 3);
        build(&r, seed, type == GENMOD_F64);
        rig_compile(&r);
        for (size_t n = rows; n > 0; n = n / 4 * 2) {
            rig_run(&r, n, r.w);
            rig_check(&r, n, tolerance);
        }
        rig_close(&r);
    }
}

/* Some thirty operators deep, and twice that back. */
static void random_shapes_replay_as_their_twin_in_f64(void **state)
{
    (void)state;
    walk(GENMOD_F64, 6, 1e-10);
}

static void random_shapes_replay_as_their_twin_in_f32(void **state)
{
    (void)state;
    walk(GENMOD_F32, 4, 2e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_shapes_replay_as_their_twin_in_f64),
        cmocka_unit_test(random_shapes_replay_as_their_twin_in_f32),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
