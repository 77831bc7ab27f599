#include "nn/toy.h"

#define EPS32 0x1p-24
#define LARGE 50001 /* elements: four chunks */

static double get(int32_t type, const void *p, size_t i)
{
    return type == GENMOD_F32 ? (double)((const float *)p)[i]
                              : ((const double *)p)[i];
}

static void put(int32_t type, void *p, size_t i, double v)
{
    if (type == GENMOD_F32)
        ((float *)p)[i] = (float)v;
    else
        ((double *)p)[i] = v;
}

static size_t elements_of(const ad_store *s, size_t i)
{
    return (size_t)ad_elements(ad_store_shape(s, i));
}

/* Variables of two groups and a state, every value a number of its own. */
static ad_store *store(int32_t type, int64_t n, genmod_workspace *w)
{
    ad_store *s;
    int32_t index;

    assert_ok(ad_store_new(type, &s, w));
    assert_ok(ad_store_add(s, "other", AD_TRAINED, 0, ad_vector(9), &index, w));
    assert_ok(ad_store_add(s, "net.weight", AD_TRAINED, 3, ad_matrix(n, 1),
                           &index, w));
    assert_ok(ad_store_add(s, "mean", AD_STATE, 3, ad_vector(7), &index, w));
    assert_ok(
        ad_store_add(s, "net.bias", AD_TRAINED, 3, ad_vector(21), &index, w));
    assert_ok(ad_store_add(s, "last", AD_TRAINED, 5, ad_vector(2), &index, w));
    assert_ok(ad_store_seal(s, 1, w));
    for (size_t i = 0; i < ad_store_count(s); i++)
        for (size_t e = 0; e < elements_of(s, i); e++)
            put(type, ad_store_value(s, i), e, toy_number(e, 1000 + i));
    return s;
}

/* Gradients of step t, which depend on the values as training's do. */
static void differentiate(ad_store *s, size_t t)
{
    const int32_t type = ad_store_type(s);

    for (size_t i = 0; i < ad_store_count(s); i++)
        for (size_t e = 0;
             ad_store_kind(s, i) == AD_TRAINED && e < elements_of(s, i); e++)
            put(type, ad_store_grad(s, i), e,
                0.5 * get(type, ad_store_value(s, i), e) +
                    toy_number(e, 10 * i + t));
}

/* The formulas of the papers, an element at a time, in doubles. */
typedef struct twin {
    const nn_training *o;
    size_t n;
    double *w, *m, *v, *sum;
    double weights; /* of the average's terms */
} twin;

static void twin_init(twin *p, const nn_training *o, size_t n, const double *w)
{
    *p = (twin){.o = o, .n = n};
    p->w = calloc(4 * n, sizeof(double));
    assert_non_null(p->w);
    p->m = p->w + n;
    p->v = p->m + n;
    p->sum = p->v + n;
    memcpy(p->w, w, n * sizeof *w);
}

/* 1 less it goes to its end by equal factors. */
static double twin_beta2(const nn_training *o, size_t t)
{
    const double share = fmin(1, ((double)t - 1) / o->schedule_steps);

    return o->beta2_end > 0
               ? 1 - (1 - o->beta2) *
                         pow((1 - o->beta2_end) / (1 - o->beta2), share)
               : o->beta2;
}

static void twin_step(twin *p, const double *gradient, double rate, size_t t)
{
    const nn_training *const o = p->o;
    const double beta2 = twin_beta2(o, t);
    double norm = 0;

    for (size_t i = 0; i < p->n; i++)
        norm += gradient[i] * gradient[i];
    norm = sqrt(norm);
    p->weights = o->average * p->weights + 1;
    for (size_t i = 0; i < p->n; i++) {
        const double scale = o->clip > 0 ? fmin(1, o->clip / norm) : 1;
        const double g = gradient[i] * scale + o->l2 * p->w[i];
        const double m1 = o->beta1 * p->m[i] + (1 - o->beta1) * g;
        const double v = beta2 * p->v[i] + (1 - beta2) * g * g;

        if (o->optimiser == NN_SGD) {
            p->m[i] = o->momentum * p->m[i] + g;
            p->w[i] -=
                rate * (o->nesterov ? g + o->momentum * p->m[i] : p->m[i]);
        } else if (o->optimiser == NN_RMSPROP) {
            p->v[i] = v;
            p->m[i] = o->momentum * p->m[i] + g / (sqrt(v) + o->epsilon);
            p->w[i] -= rate * p->m[i];
        } else {
            p->m[i] = m1;
            p->v[i] = v;
            p->w[i] -= rate * o->decay * p->w[i];
            p->w[i] -= rate * (m1 / (1 - pow(o->beta1, (double)t))) /
                       (sqrt(v / (1 - pow(beta2, (double)t))) + o->epsilon);
        }
        p->sum[i] = o->average * p->sum[i] + p->w[i];
    }
}

static nn_training options(int32_t kind)
{
    return (nn_training){.optimiser = kind,
                         .rate = 0.02,
                         .momentum = 0.8,
                         .beta1 = 0.85,
                         .beta2 = 0.97,
                         .epsilon = 1e-3,
                         .schedule = NN_STEPPED,
                         .schedule_steps = 15,
                         .schedule_factor = 0.5,
                         .warmup = 5};
}

/* The group's range as doubles. */
static size_t flat(const ad_store *s, const void *buffer, double *out)
{
    size_t first, n;

    ad_store_range(s, 3, &first, &n);
    for (size_t i = 0; i < n; i++)
        out[i] = get(ad_store_type(s), buffer, first + i);
    return n;
}

/* 60 updates of group 3 beside the twin: values and averages. 1 - average^t has
 * 1 / (1 - average) roundings: 1e-11 for 0.99999. */
static void follow(int32_t type, const nn_training *o, double tolerance)
{
    genmod_workspace *const w = toy_workspace(1);
    ad_store *const s = store(type, 40, w);
    double buffer[256];
    nn_optimiser *p;
    twin q;
    size_t n;

    assert_ok(nn_optimiser_new(o, s, 3, &p, w));
    n = flat(s, ad_store_values(s), buffer);
    twin_init(&q, o, n, buffer);
    for (size_t t = 1; t <= 60; t++) {
        double norm, sum = 0;

        differentiate(s, t);
        flat(s, ad_store_gradients(s), buffer);
        for (size_t i = 0; i < n; i++)
            sum += buffer[i] * buffer[i];
        assert_ok(nn_optimiser_norm(p, s, &norm, w));
        assert_near(norm, sqrt(sum), 1e-13 * norm);
        twin_step(&q, buffer, nn_rate(o, t - 1), t);
        nn_optimiser_update(p, s, norm, w);
        assert_int_equal(nn_optimiser_count(p), t);
        assert_true(nn_optimiser_rate(p) == nn_rate(o, t - 1));
        flat(s, ad_store_values(s), buffer);
        for (size_t i = 0; i < n; i++) {
            assert_near(buffer[i], q.w[i], tolerance);
            if (o->average > 0)
                assert_near(get(type, nn_optimiser_average(p), i),
                            q.sum[i] / q.weights, tolerance + 1e-11);
        }
    }
    free(q.w);
    nn_optimiser_free(p);
    ad_store_free(s);
    genmod_workspace_free(w);
}

/* Values are about 1; 60 updates of some ten roundings each. */
static void follow_both(const nn_training *o)
{
    follow(GENMOD_F64, o, 1e-13);
    follow(GENMOD_F32, o, 600 * EPS32);
}

static void update_follows_the_formulas_of_each_kind(void **state)
{
    (void)state;
    for (int32_t kind = NN_SGD; kind <= NN_RMSPROP; kind++) {
        nn_training o = options(kind);

        follow_both(&o);
        o.nesterov = 1;
        o.l2 = kind == NN_ADAMW ? 0 : 0.07;
        o.decay = kind == NN_ADAMW ? 0.3 : 0;
        follow_both(&o);
        o.momentum = 0;
        follow_both(&o);
        o.beta2_end = 0.995;
        follow_both(&o);
    }
}

/* The norms of these gradients are 2.9 to 5.2. */
static void update_clips_the_norm_of_the_whole_gradient(void **state)
{
    (void)state;
    for (int32_t kind = NN_SGD; kind <= NN_RMSPROP; kind++) {
        nn_training o = options(kind);

        o.clip = 1.75;
        follow_both(&o);
        o.clip = 4;
        follow_both(&o);
    }
}

static void update_averages_the_weights_of_all_updates(void **state)
{
    (void)state;
    for (int32_t kind = NN_SGD; kind <= NN_RMSPROP; kind++) {
        nn_training o = options(kind);

        o.average = 0.9;
        follow_both(&o);
        o.average = 0.99999;
        follow_both(&o);
    }
}

static void update_leaves_other_groups_states_and_padding_alone(void **state)
{
    genmod_workspace *const w = toy_workspace(1);

    (void)state;
    for (int32_t kind = NN_SGD; kind <= NN_RMSPROP; kind++) {
        nn_training o = options(kind);
        ad_store *const s = store(GENMOD_F32, 37, w);
        const size_t total = ad_store_total(s);
        const float *const values = ad_store_values(s);
        float *const before = malloc(total * sizeof *before);
        nn_optimiser *p;
        double norm;
        size_t first, n;

        o.decay = o.l2 = 0.125;
        memcpy(before, values, total * sizeof *before);
        assert_ok(nn_optimiser_new(&o, s, 3, &p, w));
        for (size_t t = 0; t < 5; t++) {
            differentiate(s, t);
            assert_ok(nn_optimiser_norm(p, s, &norm, w));
            nn_optimiser_update(p, s, norm, w);
        }
        ad_store_range(s, 3, &first, &n);
        for (size_t i = 0; i < total; i++)
            if (i < first || i >= first + n || before[i] == 0)
                assert_true(values[i] == before[i]);
        assert_true(values[first] != before[first]);
        assert_true(values[first + n - 16] != before[first + n - 16]);
        free(before);
        nn_optimiser_free(p);
        ad_store_free(s);
    }
    genmod_workspace_free(w);
}

static void norm_names_the_first_element_that_is_not_finite(void **state)
{
    genmod_workspace *const w = toy_workspace(2);
    const nn_training o = options(NN_ADAM);
    ad_store *const s = store(GENMOD_F32, LARGE, w);
    nn_optimiser *p;
    double norm = -1;

    (void)state;
    assert_ok(nn_optimiser_new(&o, s, 3, &p, w));
    differentiate(s, 1);
    ((float *)ad_store_grad(s, 0))[2] = NAN; /* of another group */
    assert_ok(nn_optimiser_norm(p, s, &norm, w));
    norm = -1;
    ((float *)ad_store_grad(s, 3))[17] = -INFINITY;
    assert_status(nn_optimiser_norm(p, s, &norm, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "net.bias");
    assert_error_names(w, "-inf at element 17");
    ((float *)ad_store_grad(s, 1))[LARGE - 1] = NAN;
    assert_status(nn_optimiser_norm(p, s, &norm, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "net.weight is nan at element 50000");
    assert_true(norm == -1);
    assert_int_equal(nn_optimiser_count(p), 0);
    nn_optimiser_free(p);
    ad_store_free(s);
    genmod_workspace_free(w);
}

/* Squares of what is allowed are floats, so no moment becomes infinite. */
static void norm_refuses_what_the_moments_cannot_hold(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    const nn_training o = options(NN_ADAM);
    ad_store *const s = store(GENMOD_F32, 40, w);
    float *const g = ad_store_grad(s, 1);
    nn_optimiser *p;
    double norm;
    size_t n;

    (void)state;
    assert_ok(nn_optimiser_new(&o, s, 3, &p, w));
    g[7] = 0x1p64f;
    assert_status(nn_optimiser_norm(p, s, &norm, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "net.weight is 1.84467e19 at element 7");
    g[7] = g[8] = 0x0.cp64f;
    assert_status(nn_optimiser_norm(p, s, &norm, w), GENMOD_BREAKDOWN, w);
    assert_error_names(w, "norm");
    g[7] = 0x0.ffffffp64f;
    g[8] = 0;
    for (size_t t = 0; t < 1000; t++) {
        assert_ok(nn_optimiser_norm(p, s, &norm, w));
        nn_optimiser_update(p, s, norm, w);
    }
    assert_true(isfinite(((float *)nn_optimiser_array(p, 1, &n))[7]));
    assert_true(isfinite(((float *)ad_store_value(s, 1))[7]));
    nn_optimiser_free(p);
    ad_store_free(s);
    genmod_workspace_free(w);
}

static void swap_exchanges_weights_and_averages(void **state)
{
    genmod_workspace *const w = toy_workspace(2);
    nn_training o = options(NN_ADAMW);
    ad_store *const s = store(GENMOD_F32, LARGE, w);
    const size_t bytes = ad_store_total(s) * sizeof(float);
    float *const raw = malloc(bytes), *const average = malloc(bytes);
    nn_optimiser *p;
    double norm;
    size_t first, n;

    (void)state;
    o.average = 0.5;
    assert_ok(nn_optimiser_new(&o, s, 3, &p, w));
    memcpy(raw, ad_store_values(s), bytes);
    nn_optimiser_swap(p, s, w); /* there is no average yet */
    assert_memory_equal(raw, ad_store_values(s), bytes);
    for (size_t t = 0; t < 4; t++) {
        differentiate(s, t);
        assert_ok(nn_optimiser_norm(p, s, &norm, w));
        nn_optimiser_update(p, s, norm, w);
    }
    ad_store_range(s, 3, &first, &n);
    memcpy(raw, ad_store_values(s), bytes);
    memcpy(average, nn_optimiser_average(p), n * sizeof(float));
    assert_memory_not_equal(raw + first, average, n * sizeof(float));
    nn_optimiser_swap(p, s, w);
    assert_memory_equal(nn_optimiser_average(p), raw + first,
                        n * sizeof(float));
    assert_memory_equal((float *)ad_store_values(s) + first, average,
                        n * sizeof(float));
    nn_optimiser_swap(p, s, w);
    assert_memory_equal(raw, ad_store_values(s), bytes);
    nn_optimiser_free(p);
    ad_store_free(s);
    free(raw);
    free(average);
    genmod_workspace_free(w);
}

static void bound_is_the_most_size_of_a_weight(void **state)
{
    static const int32_t types[] = {GENMOD_F32, GENMOD_F64};
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = options(NN_ADAM);

    (void)state;
    o.bound = 0.25;
    for (int i = 0; i < 2; i++) {
        ad_store *const s = store(types[i], 40, w);
        nn_optimiser *p;
        size_t at = 0, inside = 0;
        double norm;

        assert_ok(nn_optimiser_new(&o, s, 3, &p, w));
        differentiate(s, 1);
        assert_ok(nn_optimiser_norm(p, s, &norm, w));
        nn_optimiser_update(p, s, norm, w);
        for (size_t e = 0; e < 40; e++) {
            const double v = get(types[i], ad_store_value(s, 1), e);

            assert_true(fabs(v) <= 0.25);
            at += fabs(v) == 0.25;
            inside += fabs(v) < 0.25;
        }
        assert_true(at > 0 && inside > 0);
        nn_optimiser_free(p);
        ad_store_free(s);
    }
    genmod_workspace_free(w);
}

static void tune_keeps_kind_and_average(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    nn_training o = options(NN_SGD);
    ad_store *const s = store(GENMOD_F64, 3, w);
    double before, *const v = ad_store_value(s, 1);
    double *const g = ad_store_grad(s, 1);
    nn_optimiser *p;
    double norm;

    (void)state;
    o.schedule = NN_CONSTANT;
    o.warmup = 0;
    assert_ok(nn_optimiser_new(&o, s, 3, &p, w));
    assert_true(isnan(nn_optimiser_rate(p)));
    o = options(NN_ADAM);
    o.schedule = NN_CONSTANT;
    o.warmup = 0;
    o.rate = 0.375;
    o.average = 0.9;
    nn_optimiser_tune(p, &o);
    g[0] = 2.25;
    before = v[0];
    assert_ok(nn_optimiser_norm(p, s, &norm, w));
    nn_optimiser_update(p, s, norm, w);
    assert_near(v[0], before - 0.375 * 2.25, 1e-15);
    assert_null(nn_optimiser_average(p));
    nn_optimiser_free(p);
    ad_store_free(s);
    genmod_workspace_free(w);
}

/* 20 updates of group 3: out takes its weights and averages. */
static void train(genmod_workspace *w, int32_t kind, float *out)
{
    nn_training o = options(kind);
    ad_store *const s = store(GENMOD_F32, LARGE, w);
    nn_optimiser *p;
    double norm;
    size_t first, n;

    o.average = 0.9;
    o.clip = 2;
    assert_ok(nn_optimiser_new(&o, s, 3, &p, w));
    for (size_t t = 0; t < 20; t++) {
        differentiate(s, t);
        assert_ok(nn_optimiser_norm(p, s, &norm, w));
        nn_optimiser_update(p, s, norm, w);
    }
    nn_optimiser_swap(p, s, w);
    ad_store_range(s, 3, &first, &n);
    memcpy(out, (float *)ad_store_values(s) + first, n * sizeof *out);
    memcpy(out + n, nn_optimiser_average(p), n * sizeof *out);
    nn_optimiser_free(p);
    ad_store_free(s);
}

static void update_gives_the_same_bits_for_any_threads(void **state)
{
    static const size_t threads[] = {2, 3, 7};
    const size_t cap = 3 * LARGE;
    float *const one = calloc(cap, sizeof *one);
    float *const more = calloc(cap, sizeof *more);

    (void)state;
    for (int32_t kind = NN_SGD; kind <= NN_RMSPROP; kind++) {
        genmod_workspace *w = toy_workspace(1);

        train(w, kind, one);
        genmod_workspace_free(w);
        for (size_t i = 0; i < 3; i++) {
            w = toy_workspace(threads[i]);
            train(w, kind, more);
            assert_memory_equal(one, more, cap * sizeof *one);
            genmod_workspace_free(w);
        }
    }
    free(one);
    free(more);
}

/* Fails every other time without running a task, else after all. */
static int32_t half_hearted(size_t n, genmod_task task, void *arg, void *user)
{
    size_t *const calls = user;

    for (size_t i = 0; i < n && *calls % 2; i++)
        (void)task(i, arg);
    ++*calls;
    return -3;
}

static void update_is_whole_where_the_hosts_loop_fails(void **state)
{
    const size_t cap = 3 * LARGE;
    float *const one = calloc(cap, sizeof *one);
    float *const other = calloc(cap, sizeof *other);
    genmod_workspace *w = toy_workspace(1);
    size_t calls = 0;
    genmod_context *c;

    (void)state;
    train(w, NN_ADAM, one);
    genmod_workspace_free(w);
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_parallel_for(c, 4, half_hearted, &calls));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c);
    train(w, NN_ADAM, other);
    assert_memory_equal(one, other, cap * sizeof *one);
    genmod_workspace_free(w);
    free(one);
    free(other);
}

static int32_t make(genmod_context *c, void *arg)
{
    nn_training o = options(NN_ADAM);
    genmod_workspace *w;
    nn_optimiser *p = NULL;
    int32_t status = genmod_workspace_new(c, &w);

    if (status)
        return status;
    o.average = 0.5;
    status = nn_optimiser_new(&o, arg, 3, &p, w);
    assert_true((status == 0) == (p != NULL));
    nn_optimiser_free(p);
    genmod_workspace_free(w);
    return status;
}

static void new_survives_each_failed_allocation(void **state)
{
    genmod_workspace *const w = toy_workspace(1);
    ad_store *const s = store(GENMOD_F32, 100, w);

    (void)state;
    assert_true(support_alloc_walk(make, s) >= 6);
    ad_store_free(s);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update_follows_the_formulas_of_each_kind),
        cmocka_unit_test(update_clips_the_norm_of_the_whole_gradient),
        cmocka_unit_test(update_averages_the_weights_of_all_updates),
        cmocka_unit_test(update_leaves_other_groups_states_and_padding_alone),
        cmocka_unit_test(norm_names_the_first_element_that_is_not_finite),
        cmocka_unit_test(norm_refuses_what_the_moments_cannot_hold),
        cmocka_unit_test(swap_exchanges_weights_and_averages),
        cmocka_unit_test(bound_is_the_most_size_of_a_weight),
        cmocka_unit_test(tune_keeps_kind_and_average),
        cmocka_unit_test(update_gives_the_same_bits_for_any_threads),
        cmocka_unit_test(update_is_whole_where_the_hosts_loop_fails),
        cmocka_unit_test(new_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
