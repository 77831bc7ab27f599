/* Graphs put together at random: what the passes make of them is what the naive
 * twin says, whatever is fused, shared, copied or overwritten. */
#include "ad/rig.h"

#define GRAPHS 150
#define NODES 36

typedef struct maker {
    rig *r;
    uint64_t state;
    size_t n;
    ad_node node[NODES];
    ad_node weight[3];
} maker;

static uint32_t next(maker *m, uint32_t below)
{
    uint32_t out[4];

    base_random(m->state, m->n, 0x6d616b65, (uint32_t)(m->state >> 32), out);
    m->state += UINT64_C(0x100000001);
    return out[0] % below;
}

static ad_node any(maker *m)
{
    return m->node[next(m, (uint32_t)m->n)];
}

/* Another node of that shape, or x. */
static ad_node like(maker *m, ad_node x)
{
    const size_t from = next(m, (uint32_t)m->n);

    for (size_t k = 0; k < m->n; k++) {
        const ad_node y = m->node[(from + k) % m->n];
        if (y != x &&
            ad_shape_equal(ad_shape_at(m->r->g, x), ad_shape_at(m->r->g, y)))
            return y;
    }
    return x;
}

static ad_node one_operand(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;

    switch (next(m, 7)) {
    case 0:
        return ad_tanh(g, x);
    case 1:
        return ad_sigmoid(g, x);
    case 2:
        return ad_leaky(g, x, 0.3);
    case 3:
        return ad_sin(g, ad_scale(g, x, 1.7));
    case 4:
        return ad_shift(g, x, -0.4);
    case 5:
        return ad_recip(g, ad_shift(g, ad_square(g, x), 1));
    default:
        return ad_softplus(g, x);
    }
}

static ad_node two_operands(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_node y = like(m, x);

    switch (next(m, 6)) {
    case 0:
        return ad_scale(g, ad_add(g, x, y), 0.5);
    case 1:
        return ad_sub(g, ad_tanh(g, x), y);
    case 2:
        return ad_tanh(g, ad_add(g, ad_mul(g, x, y), x));
    case 3:
        return ad_max(g, x, y);
    case 4:
        return ad_mul(g, ad_tanh(g, x),
                      ad_recip(g, ad_shift(g, ad_exp(g, ad_tanh(g, y)), 1)));
    default:
        return ad_select(g, ad_greater(g, x, y), ad_tanh(g, y), x);
    }
}

static ad_node over_axes(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_shape s = *ad_shape_at(g, x);
    const uint32_t all = (1u << s.rank) - 1;
    const uint32_t axes = s.rank ? 1 + next(m, all) : 0;
    ad_node mean, variance;

    switch (s.rank ? next(m, 6) : 9) {
    case 0:
    case 1:
        return ad_broadcast(g, ad_mean(g, x, axes, 1), s);
    case 2:
        return ad_mean(g, ad_square(g, ad_tanh(g, x)), axes, 1);
    case 3:
        return ad_softmax(g, x);
    case 4:
        ad_moments(g, x, axes, &mean, &variance);
        return ad_tanh(g, ad_sub(g, x, ad_add(g, mean, variance)));
    default:
        return ad_tanh(g, x);
    }
}

/* The axes behind the first in another order; one of three moves. */
static ad_node moved(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_shape s = *ad_shape_at(g, x);
    const int32_t last = s.rank - 1;
    int64_t lo[AD_RANK] = {0}, hi[AD_RANK] = {0};

    if (s.rank < 2)
        return ad_abs(g, x);
    switch (next(m, 5)) {
    case 0:
        if (s.rank > 2)
            return ad_permute(g, x, (int32_t[]){0, 2, 1});
        return s.div ? ad_recip(g, ad_shift(g, ad_abs(g, x), 2))
                     : ad_permute(g, x, (int32_t[]){1, 0});
    case 1:
        if (s.rank == 3 && s.div)
            return ad_reshape(
                g, x,
                ad_rows(g, s.mul, s.div, 2, (int64_t[]){s.dim[1] * s.dim[2]}));
        return ad_neg(g, x);
    case 2:
        if (s.dim[last] > 2)
            return ad_part(g, x, last, 1, s.dim[last] - 2);
        return ad_concat(g, last, 2, (ad_node[]){x, x});
    case 3:
        lo[last] = next(m, 3);
        hi[last] = s.dim[last] < 20;
        return ad_pad(g, x, lo, hi);
    default:
        return ad_concat(g, last, 2, (ad_node[]){x, like(m, x)});
    }
}

static ad_node product(maker *m, ad_node x)
{
    ad_graph *const g = m->r->g;
    const ad_shape s = *ad_shape_at(g, x);
    const ad_node y = like(m, x);

    if (s.rank != 2 || !s.div)
        return ad_tanh(g, x);
    if (next(m, 3) == 0)
        return ad_tanh(g, ad_matmul(g, x, y, 1, 0)); /* a sum over rows */
    for (int k = 0; k < 3; k++) {
        const ad_shape *const w = ad_shape_at(g, m->weight[k]);

        if (w->dim[0] == s.dim[1])
            return ad_tanh(g, ad_matmul(g, x, m->weight[k], 0, 0));
        if (w->dim[1] == s.dim[1])
            return ad_tanh(g, ad_matmul(g, x, m->weight[k], 0, 1));
    }
    return ad_exp(g, ad_neg(g, ad_abs(g, x)));
}

static ad_node make(maker *m)
{
    const ad_node x = any(m);

    switch (next(m, 8)) {
    case 0:
    case 1:
        return one_operand(m, x);
    case 2:
    case 3:
        return two_operands(m, x);
    case 4:
        return over_axes(m, x);
    case 5:
    case 6:
        return moved(m, x);
    default:
        return product(m, x);
    }
}

static void start(maker *m, rig *r, uint64_t seed)
{
    *m = (maker){.r = r, .state = seed};
    m->weight[0] =
        rig_variable(r, "a", AD_TRAINED, ad_matrix(24, 6), -0.3, 0.3);
    m->weight[1] = rig_variable(r, "b", AD_TRAINED, ad_matrix(6, 4), -0.6, 0.6);
    m->weight[2] =
        rig_variable(r, "c", AD_TRAINED, ad_matrix(4, 24), -0.6, 0.6);
    m->node[m->n++] = rig_input(r, "x", rig_rows(r, 3, 4, 6, 0), -1, 1);
    m->node[m->n++] = rig_input(r, "y", rig_rows(r, 2, 24, 0, 0), -1, 1);
    m->node[m->n++] = rig_input(r, "z", rig_rows(r, 3, 4, 6, 0), -1, 1);
    m->node[m->n++] = m->weight[1];
    m->node[m->n++] = ad_normal(r->g, "n", rig_rows(r, 2, 6, 0, 0));
}

/* Some nodes, the last, and the gradient of its mean in the weights. */
static void build(rig *r, uint64_t seed)
{
    maker m;
    ad_node d[3];

    start(&m, r, seed);
    while (m.n < NODES) {
        m.node[m.n] = make(&m);
        if (ad_graph_status(r->g))
            fail_msg("graph %u, node %zu: %s", (unsigned)seed, m.n,
                     genmod_workspace_error(r->w));
        m.n++;
    }
    for (int k = 0; k < 4; k++)
        rig_output(r, any(&m));
    rig_output(r, m.node[NODES - 1]);
    ad_node y = ad_mean_all(r->g, m.node[NODES - 1]);
    for (size_t k = 8; k < NODES; k += 7)
        y = ad_add(r->g, y, ad_mean_all(r->g, m.node[k]));
    assert_ok(ad_grad(r->g, y, AD_NONE, 3, m.weight, d));
    for (int32_t k = 0; k < 3; k++)
        rig_target(r, AD_GRAD, d[k], k);
}

static void walk(int32_t type, size_t rows, double tolerance)
{
    for (uint64_t seed = 1; seed <= GRAPHS; seed++) {
        rig r;

        rig_open(&r, type, rows, 1 + seed % 2);
        build(&r, seed);
        rig_compile(&r);
        for (size_t n = rows; n > 0; n /= 2) {
            rig_run(&r, n, r.w);
            rig_check(&r, n, tolerance);
        }
        rig_close(&r);
    }
}

/* Some forty operators deep, none of which enlarges an error much. */
static void random_graphs_replay_as_their_twin_in_f64(void **state)
{
    (void)state;
    walk(GENMOD_F64, 5, 1e-11);
}

static void random_graphs_replay_as_their_twin_in_f32(void **state)
{
    (void)state;
    walk(GENMOD_F32, 3, 2e-4);
}

/* More elements than a tile, and more items than one. */
static void random_graphs_of_many_rows_replay_as_their_twin(void **state)
{
    (void)state;
    for (uint64_t seed = 1001; seed < 1013; seed++) {
        rig r;

        rig_open(&r, GENMOD_F64, 700, 2);
        build(&r, seed);
        rig_compile(&r);
        rig_run(&r, 700, r.w);
        rig_check(&r, 700, 1e-11);
        rig_run(&r, 43, r.w);
        rig_check(&r, 43, 1e-11);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs_replay_as_their_twin_in_f64),
        cmocka_unit_test(random_graphs_replay_as_their_twin_in_f32),
        cmocka_unit_test(random_graphs_of_many_rows_replay_as_their_twin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
