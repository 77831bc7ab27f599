/* The same network in PyTorch: torch_reference.py; and its optimisers. */
#include "nn/torch_reference.h"
#include "nn/toy.h"
#include "nn/trial.h"

/* Both sides round to 2^-24 some tens of times; the bound is of the largest of
 * each array. */
#define CLOSE 1e-5

typedef struct twin {
    const char *name;
    const float *value, *gradient;
    size_t n;
} twin;

#define TWIN(name, array)                        \
    {                                            \
        name, torch_##array, torch_d##array,     \
            sizeof torch_##array / sizeof(float) \
    }

static const twin twins[] = {
    TWIN("0.weight", conv_weight), TWIN("1.scale", batch_weight),
    TWIN("1.bias", batch_bias),    TWIN("3.weight", dense_weight),
    TWIN("3.bias", dense_bias),    TWIN("4.scale", layer_weight),
    TWIN("4.bias", layer_bias),    TWIN("7.weight", deconv_weight),
    TWIN("7.bias", deconv_bias),
};

#define TWINS (sizeof twins / sizeof twins[0])

static void assert_close(size_t n, const float *v, const float *expected)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    assert_true(largest > 0);
    for (size_t i = 0; i < n; i++)
        assert_near(v[i], expected[i], CLOSE * largest);
}

typedef struct rig {
    trial t;
    ad_store *s; /* of floats */
    ad_node y, loss, dx, target;
    ad_target targets[3 + TWINS + 2];
    void *arena;
    ad_program *p;
} rig;

static void declare(rig *r)
{
    trial *const t = &r->t;

    trial_new(t, "2x6x6",
              "conv 3 k3 s2 p1 nobias; batchnorm; lrelu 0.2; dense 16; "
              "layernorm; lrelu 0.2; reshape 4x2x2; deconv 2 k3 s2 p1 o1",
              TORCH_ROWS);
    assert_ok(ad_store_new(GENMOD_F32, &r->s, t->w));
    assert_ok(nn_declare(t->net, r->s, "net", 0, NULL, t->w));
    assert_ok(ad_store_seal(r->s, 1, t->w));
    assert_ok(nn_initialise(t->net, r->s, 1, t->w));
    for (size_t i = 0; i < TWINS; i++) {
        const size_t index = (size_t)trial_index(t, twins[i].name);
        assert_int_equal(ad_elements(ad_store_shape(r->s, index)), twins[i].n);
        memcpy(ad_store_value(r->s, index), twins[i].value,
               twins[i].n * sizeof(float));
    }
    t->pass.s = r->s;
}

/* loss = sum (y - target)^2 / rows */
static void build(rig *r)
{
    trial *const t = &r->t;
    ad_graph *const g = t->g;
    ad_node wrt[TWINS + 1], grad[TWINS + 1];

    r->y = trial_apply(t, NN_TRAIN | NN_UPDATE);
    r->target = ad_input(g, "target", *ad_shape_at(g, r->y));
    r->loss = ad_div(g, ad_sum_all(g, ad_square(g, ad_sub(g, r->y, r->target))),
                     ad_count(g, t->x));
    for (size_t i = 0; i < TWINS; i++)
        wrt[i] = ad_variable(g, r->s, trial_index(t, twins[i].name));
    wrt[TWINS] = t->x;
    assert_ok(ad_grad(g, r->loss, AD_NONE, TWINS + 1, wrt, grad));
    r->targets[0] = (ad_target){AD_OUTPUT, r->y, 0};
    r->targets[1] = (ad_target){AD_OUTPUT, r->loss, 0};
    r->targets[2] = (ad_target){AD_OUTPUT, grad[TWINS], 0};
    for (size_t i = 0; i < TWINS; i++)
        r->targets[3 + i] =
            (ad_target){AD_GRAD, grad[i], trial_index(t, twins[i].name)};
    assert_int_equal(t->pass.n, 2);
    memcpy(r->targets + 3 + TWINS, t->next, 2 * sizeof *t->next);
    assert_status(ad_compile(g, r->s, 5 + TWINS, r->targets, &r->p, t->w),
                  GENMOD_OK, t->w);
}

static void give(const rig *r, const char *name, const float *v, size_t bytes)
{
    const int32_t input = ad_program_find(r->p, name);

    assert_true(input >= 0);
    memcpy(ad_program_input(r->p, input, r->arena), v, bytes);
}

static void replay(rig *r)
{
    r->arena = base_alloc(r->t.w, ad_program_bytes(r->p, 1), 1);
    assert_non_null(r->arena);
    give(r, "x", torch_x, sizeof torch_x);
    give(r, "target", torch_target, sizeof torch_target);
    const ad_replay how = {.rows = TORCH_ROWS, .arena = r->arena, .width = 1};
    ad_program_run(r->p, r->s, &how, NULL);
}

static int make(void **state)
{
    rig *const r = calloc(1, sizeof *r);

    declare(r);
    build(r);
    replay(r);
    *state = r;
    return 0;
}

static int drop(void **state)
{
    rig *const r = *state;

    base_free(r->arena);
    ad_program_free(r->p);
    ad_store_free(r->s);
    trial_free(&r->t);
    free(r);
    return 0;
}

static void output_and_loss_are_those_of_torch(void **state)
{
    const rig *const r = *state;

    assert_close(sizeof torch_y / sizeof *torch_y, torch_y,
                 ad_program_output(r->p, 0, r->arena));
    assert_close(1, torch_loss, ad_program_output(r->p, 1, r->arena));
}

static void gradient_of_the_input_is_that_of_torch(void **state)
{
    const rig *const r = *state;

    assert_close(sizeof torch_dx / sizeof *torch_dx,
                 ad_program_output(r->p, 2, r->arena), torch_dx);
}

static void gradients_of_all_variables_are_those_of_torch(void **state)
{
    const rig *const r = *state;

    for (size_t i = 0; i < TWINS; i++)
        assert_close(
            twins[i].n,
            ad_store_grad(r->s, (size_t)trial_index(&r->t, twins[i].name)),
            twins[i].gradient);
}

static void running_statistics_are_those_of_torch(void **state)
{
    const rig *const r = *state;

    assert_close(
        3, ad_store_next(r->s, (size_t)trial_index(&r->t, "1.running_mean")),
        torch_running_mean);
    assert_close(
        3,
        ad_store_next(r->s, (size_t)trial_index(&r->t, "1.running_variance")),
        torch_running_variance);
}

/* PyTorch 2.15.0, torch.optim with the options beside the values: six steps
 * from w = (0.75, -1.25, 2.385, -0.0625) with the gradient (1.5, -0.3, 0.02, 4)
 * w + 0.125 (t - 2) (1, -2, 3, 0.5) of step t = 0 … 5, all in doubles. */
static const struct {
    int32_t kind;
    int nesterov;
    double l2, decay;
} updates[] = {
    {NN_SGD, 0, 0, 0},       /* SGD(lr=0.05, momentum=0.8) */
    {NN_SGD, 1, 0.1, 0},     /* nesterov=True, weight_decay=0.1 */
    {NN_ADAM, 0, 0, 0},      /* Adam(lr=0.05, betas=(0.8, 0.95), eps=1e-3) */
    {NN_ADAM, 0, 0.1, 0},    /* weight_decay=0.1 */
    {NN_ADAMW, 0, 0, 0.1},   /* AdamW with the same */
    {NN_RMSPROP, 0, 0.1, 0}, /* RMSprop(…, alpha=0.95, momentum=0.8) */
};
static const double ends[][4] = {
    {0.07479602032470702, -1.5823148932675977, 2.3796020641447315,
     0.011173000000000011},
    {-0.011483601712078963, -1.4802840052899857, 2.0921099091825677,
     -0.015184678367067135},
    {0.4477715547009915, -1.4781875733571204, 2.461647347754598,
     -0.008742816235147496},
    {0.4480857205703576, -1.445929038606904, 2.374330831758155,
     -0.008861263547464901},
    {0.42947819310169644, -1.4363937964652516, 2.3885952473222147,
     -0.009418002178785162},
    {-0.5216550231460333, -2.8013977038468267, 2.0033703898901716,
     -0.05825217267089907},
};

static void make_updates(const nn_training *o, double *v, genmod_workspace *w)
{
    static const double slope[] = {1.5, -0.3, 0.02, 4};
    static const double shift[] = {1, -2, 3, 0.5};
    static const double start[] = {0.75, -1.25, 2.385, -0.0625};
    nn_optimiser *p;
    ad_store *s;
    int32_t index;
    double norm;

    assert_ok(ad_store_new(GENMOD_F64, &s, w));
    assert_ok(ad_store_add(s, "w", AD_TRAINED, 0, ad_vector(4), &index, w));
    assert_ok(ad_store_seal(s, 1, w));
    assert_ok(nn_optimiser_new(o, s, 0, &p, w));
    double *const value = ad_store_value(s, 0), *const g = ad_store_grad(s, 0);
    memcpy(value, start, sizeof start);
    for (int t = 0; t < 6; t++) {
        for (size_t i = 0; i < 4; i++)
            g[i] = slope[i] * value[i] + 0.125 * (t - 2) * shift[i];
        assert_ok(nn_optimiser_norm(p, s, &norm, w));
        nn_optimiser_update(p, s, norm, w);
    }
    memcpy(v, value, sizeof start);
    nn_optimiser_free(p);
    ad_store_free(s);
}

static void updates_give_the_weights_of_torch(void **state)
{
    genmod_workspace *const w = toy_workspace(1);

    (void)state;
    for (size_t k = 0; k < sizeof updates / sizeof *updates; k++) {
        const nn_training o = {.optimiser = updates[k].kind,
                               .rate = 0.05,
                               .momentum = 0.8,
                               .nesterov = updates[k].nesterov,
                               .beta1 = 0.8,
                               .beta2 = 0.95,
                               .epsilon = 1e-3,
                               .l2 = updates[k].l2,
                               .decay = updates[k].decay};
        double v[4];

        make_updates(&o, v, w);
        for (size_t i = 0; i < 4; i++)
            assert_near(v[i], ends[k][i], 1e-14);
    }
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_loss_are_those_of_torch),
        cmocka_unit_test(gradient_of_the_input_is_that_of_torch),
        cmocka_unit_test(gradients_of_all_variables_are_those_of_torch),
        cmocka_unit_test(running_statistics_are_those_of_torch),
        cmocka_unit_test(updates_give_the_weights_of_torch),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
