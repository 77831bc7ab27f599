#include "tables.h"

#define N 83 /* five vectors of the widest set and a rest */

enum kind { SGD, NESTEROV, ADAM, ADAMW, RMSPROP, KINDS };

static const kern_update updates[KINDS] = {
    [SGD] = {.rate = 0.07, .scale = 0.83, .l2 = 0.013, .momentum = 0.85},
    [NESTEROV] = {.rate = 0.07,
                  .scale = 1,
                  .l2 = 0.013,
                  .momentum = 0.85,
                  .nesterov = 1},
    [ADAM] = {.rate = 0.07,
              .scale = 1,
              .l2 = 0.013,
              .beta1 = 0.8,
              .beta2 = 0.93,
              .epsilon = 1e-3},
    [ADAMW] = {.rate = 0.07,
               .scale = 1,
               .decay = 0.13,
               .beta1 = 0.8,
               .beta2 = 0.93,
               .epsilon = 1e-3},
    [RMSPROP] = {.rate = 0.07,
                 .scale = 1,
                 .l2 = 0.013,
                 .momentum = 0.6,
                 .beta2 = 0.93,
                 .epsilon = 1e-3},
};

/* Of update number t. */
static kern_update update_at(enum kind kind, int t)
{
    kern_update u = updates[kind];

    u.step = u.rate / (1 - pow(u.beta1, t));
    u.root = 1 / sqrt(1 - pow(u.beta2, t));
    return u;
}

static void update(const kern_ops *ops, enum kind kind, const kern_update *u,
                   size_t n, const void *g, void *m, void *v, void *w)
{
    if (kind == ADAM || kind == ADAMW)
        ops->adam(u, n, g, m, v, w);
    else if (kind == RMSPROP)
        ops->rmsprop(u, n, g, m, v, w);
    else
        ops->sgd(u, n, g, m, w);
}

/* train.h as it is written there. */
static void twin(enum kind kind, const kern_update *u, long double gradient,
                 long double *m, long double *v, long double *w)
{
    const long double g = (long double)u->scale * gradient + u->l2 * *w;

    if (kind == SGD || kind == NESTEROV) {
        *m = u->momentum * *m + g;
        *w -= u->rate * (kind == NESTEROV ? g + u->momentum * *m : *m);
        return;
    }
    *v += (1 - u->beta2) * (g * g - *v);
    if (kind == RMSPROP) {
        *m = u->momentum * *m + g / (sqrtl(*v) + u->epsilon);
        *w -= u->rate * *m;
    } else {
        *m += (1 - u->beta1) * (g - *m);
        *w -= u->rate * u->decay * *w;
        *w -= u->step * *m / (sqrtl(*v) * u->root + u->epsilon);
    }
}

static void *squares(const kern_ops *ops, size_t n, uint64_t seed)
{
    void *const p = random_elements(ops, n, seed);

    for (size_t i = 0; i < n; i++)
        put(ops, p, i, get(ops, p, i) * get(ops, p, i));
    return p;
}

static void check_kind(const kern_ops *ops, enum kind kind)
{
    /* A dozen roundings; 1 / epsilon = 1000 at most times a moment's. */
    const double tolerance = 24 * epsilon(ops);
    const kern_update u = update_at(kind, 3);
    void *const g = random_elements(ops, N, 11);
    void *const m = random_elements(ops, N, 12);
    void *const v = squares(ops, N, 13);
    void *const w = random_elements(ops, N, 14);
    long double tm[N], tv[N], tw[N];

    for (size_t i = 0; i < N; i++) {
        tm[i] = get(ops, m, i);
        tv[i] = get(ops, v, i);
        tw[i] = get(ops, w, i);
        twin(kind, &u, get(ops, g, i), &tm[i], &tv[i], &tw[i]);
    }
    update(ops, kind, &u, N, g, m, v, w);
    for (size_t i = 0; i < N; i++) {
        const double least = sqrt((double)tv[i]) * fmax(1, u.root) + 1e-3;
        const double by = kind < ADAM ? 1 : 1 / fmin(1, least);

        assert_near(get(ops, m, i), tm[i], by * tolerance);
        assert_near(get(ops, v, i), tv[i], tolerance);
        assert_near(get(ops, w, i), tw[i], by * tolerance);
    }
    free(w);
    free(v);
    free(m);
    free(g);
}

static void updates_are_the_formulas_of_the_header(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (enum kind kind = SGD; kind < KINDS; kind++)
            check_kind(ops[t], kind);
}

/* Without a gradient for long; subnormal numbers would cost a hundred cycles
 * each, for ever. */
static void moments_do_not_go_subnormal(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);
    const double faint[] = {1, 0x1p-40, 0x1p-115, 0};

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (enum kind kind = SGD; kind < KINDS; kind++)
            for (size_t i = 0; i < 4; i++) {
                const kern_update u = update_at(kind, 9);
                void *const a = elements(ops[t], 4);

                put(ops[t], a, 1, i == 3 ? 0x1p-70 : faint[i]);
                put(ops[t], a, 2, i == 3 ? 0 : faint[i]);
                put(ops[t], a, 3, 0.75);
                put(ops[t], a, 0, i == 3 ? 0x1p-70 : 0);
                for (int k = 0; k < (ops[t]->type == GENMOD_F32 ? 4000 : 40000);
                     k++)
                    update(ops[t], kind, &u, 1, a, (char *)a + ops[t]->bytes,
                           (char *)a + 2 * ops[t]->bytes,
                           (char *)a + 3 * ops[t]->bytes);
                for (size_t e = 1; e < 4; e++) {
                    const double x = fabs(get(ops[t], a, e));

                    assert_true(x == 0 ||
                                x > (ops[t]->type == GENMOD_F32 ? 0x1p-126
                                                                : 0x1p-1022));
                }
                free(a);
            }
}

/* One parameter group of N elements from `from` on, the same for all calls. */
typedef struct group {
    void *g, *m, *v, *w;
} group;

static group make_group(const kern_ops *ops, size_t from)
{
    group a = {elements(ops, N + from + 1), elements(ops, N + from + 1),
               elements(ops, N + from + 1), elements(ops, N + from + 1)};
    uint64_t seed = 21;

    for (size_t i = 0; i < N; i++) {
        const double r = uneven(&seed);

        put(ops, a.g, from + i, uneven(&seed));
        put(ops, a.m, from + i, uneven(&seed));
        put(ops, a.v, from + i, r * r);
        put(ops, a.w, from + i, uneven(&seed));
    }
    return a;
}

static void free_group(group *a)
{
    free(a->g);
    free(a->m);
    free(a->v);
    free(a->w);
}

static void check_cut(const kern_ops *ops, enum kind kind, size_t from,
                      size_t piece)
{
    const kern_update u = update_at(kind, 2);
    group whole = make_group(ops, 0), parts = make_group(ops, from);

    update(ops, kind, &u, N, whole.g, whole.m, whole.v, whole.w);
    for (size_t i = 0; i < N; i += piece) {
        const size_t n = N - i < piece ? N - i : piece, k = from + i;

        update(ops, kind, &u, n, at(ops, parts.g, k), at(ops, parts.m, k),
               at(ops, parts.v, k), at(ops, parts.w, k));
    }
    assert_memory_equal(at(ops, parts.m, from), whole.m, N * ops->bytes);
    assert_memory_equal(at(ops, parts.v, from), whole.v, N * ops->bytes);
    assert_memory_equal(at(ops, parts.w, from), whole.w, N * ops->bytes);
    for (size_t i = 0; i < from; i++)
        assert_true(get(ops, parts.w, i) == -777.25 &&
                    get(ops, parts.m, i) == -777.25);
    assert_true(get(ops, parts.w, from + N) == -777.25);
    assert_true(get(ops, parts.m, from + N) == -777.25);
    assert_true(get(ops, parts.v, from + N) == -777.25);
    free_group(&parts);
    free_group(&whole);
}

static void
an_elements_bits_do_not_depend_on_the_cut_of_its_buffer(void **state)
{
    static const size_t pieces[] = {1, 2, 5, 16, 19, 64};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (enum kind kind = SGD; kind < KINDS; kind++)
            for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++)
                check_cut(ops[t], kind, p, pieces[p]);
}

static void no_momentum_needs_no_buffer(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t k = 0; k < 2; k++) {
            const enum kind kind = k ? RMSPROP : SGD;
            group with = make_group(ops[t], 0), without = make_group(ops[t], 0);
            kern_update u = update_at(kind, 1);

            u.momentum = 0;
            update(ops[t], kind, &u, N, with.g, with.m, with.v, with.w);
            update(ops[t], kind, &u, N, without.g, NULL, without.v, without.w);
            assert_memory_equal(with.w, without.w, N * ops[t]->bytes);
            free_group(&without);
            free_group(&with);
        }
    }
}

/* Written by PyTorch 2.15.0:
 *
 *     import torch
 *     o = torch.optim
 *     makers = [
 *         lambda p: o.SGD(p, lr=0.07, momentum=0.85, nesterov=True,
 *                         weight_decay=0.013),
 *         lambda p: o.Adam(p, lr=0.07, betas=(0.8, 0.93), eps=1e-3,
 *                          weight_decay=0.013),
 *         lambda p: o.AdamW(p, lr=0.07, betas=(0.8, 0.93), eps=1e-3,
 *                           weight_decay=0.13),
 *         lambda p: o.RMSprop(p, lr=0.07, alpha=0.93, momentum=0.6, eps=1e-3,
 *                             weight_decay=0.013)]
 *     for make in makers:
 *         w = torch.tensor([0.73, -1.9, 2.385], dtype=torch.float64,
 *                          requires_grad=True)
 *         step = make([w])
 *         for k in range(5):
 *             w.grad = torch.tensor(
 *                 [(k + 1) * 0.37 - 1.1, 0.59 * (k - 2.2),
 *                  -0.043 * (k + 1) ** 2], dtype=torch.float64)
 *             step.step()
 *             print(w.tolist())
 */
static const double torch_weights[KINDS][5][3] = {
    [NESTEROV] = {{0.823306045, -1.7287103499999998, 2.3865533525},
                  {0.9049798025232426, -1.5672185136257748, 2.405416237056066},
                  {0.9508007901462584, -1.4554941977957196, 2.4591286697117973},
                  {0.9402329583728624, -1.427435448378473, 2.568574383813072},
                  {0.855887863591233, -1.5117532485584633, 2.757457681850028}},
    [ADAM] = {{0.7999029812476611, -1.8300528820729771, 2.44961331281262},
              {0.8641068218941926, -1.7643554284476315, 2.5065801336688045},
              {0.9099950651252845, -1.7114840858520677, 2.5662524464993415},
              {0.9200212362711135, -1.6863628944290208, 2.628120259575329},
              {0.8958010926808644, -1.6961647424511908, 2.692005927801634}},
    [ADAMW] = {{0.793261240766074, -1.8127638876058505, 2.4317055909090906},
               {0.8504306261155016, -1.7307227500349915, 2.472111641001901},
               {0.8894572398702932, -1.6628272776259858, 2.5119787203768578},
               {0.8930838468869327, -1.624326403821089, 2.5525112635743037},
               {0.8621260880785778, -1.6212897251095937, 2.5941145485607175}},
    [RMSPROP] = {{0.9931944679873935, -1.6361787440125242, 2.5861822612757766},
                 {1.2687705524506714, -1.3469059079526184, 2.963560974039667},
                 {1.4248105912140872, -1.1482214347724908, 3.4344800538613898},
                 {1.3912693764565072, -1.1123775827512183, 3.9467372297671135},
                 {1.1880505546419287, -1.2493803790050035, 4.470742197294892}},
};

static void check_torch(const kern_ops *ops, enum kind kind)
{
    /* Five updates of a dozen roundings, of numbers below 5. */
    const double tolerance = 300 * epsilon(ops);
    void *const g = elements(ops, 3), *const w = elements(ops, 3);
    void *const m = elements(ops, 3), *const v = elements(ops, 3);
    const double first[] = {0.73, -1.9, 2.385};

    for (size_t i = 0; i < 3; i++) {
        put(ops, w, i, first[i]);
        put(ops, m, i, 0);
        put(ops, v, i, 0);
    }
    for (int k = 0; k < 5; k++) {
        const kern_update u = update_at(kind, k + 1);

        put(ops, g, 0, (k + 1) * 0.37 - 1.1);
        put(ops, g, 1, 0.59 * (k - 2.2));
        put(ops, g, 2, -0.043 * (k + 1) * (k + 1));
        update(ops, kind, &u, 3, g, m, v, w);
        for (size_t i = 0; i < 3; i++)
            assert_near(get(ops, w, i), torch_weights[kind][k][i], tolerance);
    }
    free(v);
    free(m);
    free(w);
    free(g);
}

static void five_updates_give_the_weights_of_pytorch(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (enum kind kind = NESTEROV; kind < KINDS; kind++)
            check_torch(ops[t], kind);
}

static void average_moves_by_its_share_wherever_the_buffer_is_cut(void **state)
{
    const double decay = 0.9345;
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        const kern_ops *const o = ops[t];
        void *const w = random_elements(o, N, 31);
        void *const a = random_elements(o, N + 1, 32);
        void *const b = random_elements(o, N + 1, 32);

        put(o, a, N, -777.25);
        o->average(decay, N, w, a);
        for (size_t i = 0; i < N; i += 7)
            o->average(decay, N - i < 7 ? N - i : 7, at(o, w, i), at(o, b, i));
        assert_memory_equal(a, b, N * o->bytes);
        assert_true(get(o, a, N) == -777.25);
        free(b);
        free(a);
        free(w);
    }
}

static void average_is_the_weighted_mean(void **state)
{
    const double decay = 0.9345;
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        const kern_ops *const o = ops[t];
        void *const w = random_elements(o, N, 31);
        void *const a = random_elements(o, N, 32);
        void *const old = random_elements(o, N, 32);

        o->average(decay, N, w, a);
        for (size_t i = 0; i < N; i++)
            assert_near(get(o, a, i),
                        decay * get(o, old, i) + (1 - decay) * get(o, w, i),
                        4 * epsilon(o));
        o->average(0, N, w, a);
        for (size_t i = 0; i < N; i++)
            assert_near(get(o, a, i), get(o, w, i), 2 * epsilon(o));
        free(old);
        free(a);
        free(w);
    }
}

static void sum_squares_is_the_sum_of_doubles(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], 3000, 41);
        long double sum = 0;

        for (size_t i = 0; i < 3000; i++) {
            const double v = get(ops[t], x, i);

            assert_near(ops[t]->sum_squares(i, x), sum,
                        (double)(i + 4) * 0x1p-53 * (double)sum / 8);
            sum += (long double)v * v;
        }
        free(x);
    }
}

static void
sum_squares_has_one_value_on_all_sets_and_at_any_address(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        const kern_ops *const first = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F32);
        float x[141];
        void *const y = elements(ops[t], 160);

        for (size_t i = 0; i < 141; i++)
            x[i] = (float)(0.3 * (double)i - 7) / 11;
        for (size_t from = 0; from < 19; from++) {
            for (size_t i = 0; i < 141; i++)
                put(ops[t], y, from + i, (double)x[i]);
            assert_true(ops[t]->sum_squares(141, at(ops[t], y, from)) ==
                        first->sum_squares(141, x));
        }
        free(y);
    }
}

static void sum_squares_shows_whatever_is_not_finite(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], N, 42);

        for (size_t i = 0; i < N; i++) {
            const double keep = get(ops[t], x, i);

            put(ops[t], x, i, -(double)INFINITY);
            assert_true(isinf(ops[t]->sum_squares(N, x)));
            assert_true(isfinite(ops[t]->sum_squares(i, x)));
            put(ops[t], x, i, (double)NAN);
            assert_true(isnan(ops[t]->sum_squares(N, x)));
            assert_true(isfinite(ops[t]->sum_squares(i, x)));
            put(ops[t], x, i, keep);
        }
        put(ops[t], x, 5, 1e30); /* whose square no float holds */
        assert_near(ops[t]->sum_squares(N, x) / 1e60, 1, 1e-6);
        free(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_the_formulas_of_the_header),
        cmocka_unit_test(moments_do_not_go_subnormal),
        cmocka_unit_test(
            an_elements_bits_do_not_depend_on_the_cut_of_its_buffer),
        cmocka_unit_test(no_momentum_needs_no_buffer),
        cmocka_unit_test(five_updates_give_the_weights_of_pytorch),
        cmocka_unit_test(average_moves_by_its_share_wherever_the_buffer_is_cut),
        cmocka_unit_test(average_is_the_weighted_mean),
        cmocka_unit_test(sum_squares_is_the_sum_of_doubles),
        cmocka_unit_test(
            sum_squares_has_one_value_on_all_sets_and_at_any_address),
        cmocka_unit_test(sum_squares_shows_whatever_is_not_finite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
