/* The gradients of both players, in double precision, against differences of
 * their losses; and what penalties look at against differences of D by its
 * rows. */
#include <math.h>

#include "gan/fixture.h"
#include "gan/internal.h"

#define ROWS 4
#define D 3
#define PIXELS 24 /* of the images, 2 x 4 x 3 */
#define H 1e-3

typedef struct lab {
    genmod_workspace *w;
    genmod_config *c;
    gan_body *b;
    ad_store *s;
    ad_program *p;
    void *arena;
    size_t d; /* D, or PIXELS with an "input" */
    double x[ROWS * PIXELS], weight[ROWS], label[ROWS], penalty;
} lab;

static double uniform(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return (double)(*s >> 11) / 9007199254740992.0;
}

/* As model_body_new() and model_body_seal() do it, but for the type. */
static int32_t make_body(lab *l, genmod_workspace *w)
{
    const model_schema s = {.d = l->d};
    model_body *const b = base_alloc_zero(w, 1, gan_family.body);
    int32_t status;

    assert_non_null(b);
    l->b = (gan_body *)b;
    b->family = &gan_family;
    status = ad_store_new(GENMOD_F64, &b->store, w);
    if (!status)
        status = gan_declare(l->c, &s, b, w);
    if (status)
        return status;
    b->z = (size_t)nn_size_elements(&b->codes.size);
    model_body_array(b, MODEL_CENTER, GENMOD_F64, 0, l->d);
    model_body_array(b, MODEL_SCALE, GENMOD_F64, 1, l->d);
    l->s = b->store;
    status = model_body_seal(b, w);
    return status ? status : ad_store_seal(b->store, 1, w);
}

static void open_lab(lab *l, const char *options)
{
    uint64_t s = 5;
    base_call call;
    int32_t status;

    memset(l, 0, sizeof *l);
    assert_ok(genmod_workspace_new(NULL, &l->w));
    l->d = strstr(options, "input=") ? PIXELS : D;
    l->c = fixture_config(options);
    genmod_workspace *const w = base_enter(&call, l->w, &status);
    status = base_leave(&call, make_body(l, w));
    assert_status(status, GENMOD_OK, l->w);
    for (size_t i = 0; i < ad_store_count(l->s); i++) {
        const size_t n = (size_t)ad_elements(ad_store_shape(l->s, i));
        double *const v = ad_store_value(l->s, i);

        for (size_t j = 0; j < n; j++)
            v[j] = 1.6 * uniform(&s) - 0.8;
    }
    ad_store_revert(l->s);
    for (size_t i = 0; i < ROWS * l->d; i++)
        l->x[i] = 3 * uniform(&s) - 1.3;
    for (size_t i = 0; i < ROWS; i++) {
        l->weight[i] = 0.5 + uniform(&s);
        l->label[i] = floor(3 * uniform(&s));
    }
    l->penalty = 0.7;
}

static void close_program(lab *l)
{
    ad_program_free(l->p);
    base_free(l->arena);
}

static void close_lab(lab *l)
{
    close_program(l);
    model_body_free((model_body *)l->b);
    genmod_config_free(l->c);
    genmod_workspace_free(l->w);
}

static void compile(lab *l, size_t phase)
{
    double recipe[MODEL_RECIPE] = {0};
    base_call call;
    int32_t status;

    close_program(l);
    gan_recipe(l->c, recipe);
    genmod_workspace *const w = base_enter(&call, l->w, &status);
    status = base_leave(&call, gan_compile_update((model_body *)l->b, recipe,
                                                  phase, ROWS, &l->p, w));
    assert_status(status, GENMOD_OK, l->w);
    l->arena = base_alloc_zero(l->w, 1, ad_program_bytes(l->p, 1));
    assert_non_null(l->arena);
}

static void put(const lab *l, const char *name, size_t n, const double *v)
{
    const int32_t at = ad_program_find(l->p, name);

    if (at >= 0)
        memcpy(ad_program_input(l->p, at, l->arena), v, n * sizeof *v);
}

static const double *play(const lab *l, size_t output)
{
    const ad_replay r = {
        .rows = ROWS, .seed = 1, .step = 3, .arena = l->arena, .width = 1};

    static const double share = 0.7;

    put(l, "x", ROWS * l->d, l->x);
    put(l, "weight", ROWS, l->weight);
    put(l, "label", ROWS, l->label);
    put(l, "penalty", 1, &l->penalty);
    put(l, "augmentation", 1, &share);
    ad_program_run(l->p, l->s, &r, NULL);
    return ad_program_output(l->p, output, l->arena);
}

/* Of the order h^4: (8 (f(h) - f(-h)) - (f(2 h) - f(-2 h))) / 12 h. */
static double difference(const lab *l, size_t loss, double *v)
{
    static const double at[] = {1, -1, 2, -2};
    const double old = *v;
    double f[4];
    for (int i = 0; i < 4; i++) {
        *v = old + at[i] * H;
        f[i] = *play(l, loss);
    }
    *v = old;
    return (8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * H);
}

/* The gradient of output `loss` that the program leaves for a player. */
static void check_player(lab *l, size_t phase, int32_t player, size_t loss,
                         const char *what)
{
    /* roots of small deviations bend more than differences can follow */
    const double slack = strstr(what, "deviation") ? 3e-7 : 1e-8;
    size_t checked = 0;

    compile(l, phase);
    for (size_t i = 0; i < ad_store_count(l->s); i++) {
        if (ad_store_kind(l->s, i) != AD_TRAINED ||
            ad_store_group(l->s, i) != player)
            continue;
        const size_t n = (size_t)ad_elements(ad_store_shape(l->s, i));
        double *const v = ad_store_value(l->s, i);
        double *const got = fixture_take(n, sizeof *got);
        (void)play(l, loss);
        memcpy(got, ad_store_grad(l->s, i), n * sizeof *got);
        for (size_t j = 0; j < n; j += 1 + n / 7, checked++) {
            const double want = difference(l, loss, &v[j]);
            if (!(fabs(got[j] - want) < slack * (1 + fabs(want))))
                fail_msg("%s, player %d: %s[%zu]: %.9g, differences say %.9g",
                         what, (int)player, ad_store_name(l->s, i), j, got[j],
                         want);
        }
        free(got);
    }
    assert_true(checked > 8);
}

#define NETS                                                            \
    "codes=2 | batch_size=4 | generator=dense 5; tanh | discriminator=" \
    "dense 6; tanh; dense 5; softplus | "

static void check(const char *options)
{
    lab l;
    const int together = strstr(options, "simultaneous") != NULL;

    open_lab(&l, options);
    check_player(&l, 0, GAN_D, GAN_O_LOSS, options);
    check_player(&l, together ? 0 : 1, GAN_G, together ? GAN_O_G : GAN_O_LOSS,
                 options);
    close_lab(&l);
}

static void losses_have_the_gradients_of_their_differences(void **state)
{
    (void)state;
    static const char *const all[] = {
        NETS "loss=minimax | penalty=none",
        NETS "loss=non-saturating | penalty=none",
        NETS "loss=least-squares | penalty=none",
        NETS "loss=hinge | penalty=none",
        NETS "loss=wasserstein | penalty=none | clip_weights=9",
        NETS "loss=relativistic | penalty=none",
        NETS "loss=relativistic | penalty=none | order=simultaneous",
        NETS "loss=minimax | penalty=none | order=simultaneous"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check(all[i]);
}

static void penalties_have_the_gradients_of_their_differences(void **state)
{
    (void)state;
    static const char *const all[] = {
        NETS "penalty=r1",
        NETS "penalty=r2",
        NETS "penalty=r1-r2",
        NETS "penalty=unit-gradient | loss=wasserstein",
        NETS "penalty=dragan | loss=non-saturating",
        NETS "penalty=zero-gradient | loss=hinge",
        NETS "penalty=r1-r2 | order=simultaneous",
        NETS "penalty=r1-r2 | packing=2",
        NETS "penalty=unit-gradient | packing=2",
        NETS "penalty=r1-r2 | deviation=4"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check(all[i]);
}

static void conditions_have_the_gradients_of_their_differences(void **state)
{
    (void)state;
    static const char *const all[] = {
        NETS "classes=3",
        NETS "classes=3 | packing=2 | penalty=r1",
        NETS "classes=3 | conditioning=projection",
        NETS "classes=3 | conditioning=projection | loss=least-squares | "
             "penalty=unit-gradient | deviation=4",
        NETS "classes=3 | conditioning=classifier | classifier_weight=1.7",
        NETS "classes=3 | conditioning=classifier | loss=non-saturating | "
             "penalty=none | order=simultaneous",
        NETS "classes=3 | generator_conditioning=batchnorm | "
             "conditioning=projection | generator=dense 5; batchnorm; tanh",
        NETS "classes=3 | generator_conditioning=batchnorm | input=2x4x3 | "
             "generator=dense 24; reshape 2x4x3; residual { conv 2 k3 p1; "
             "batchnorm }; tanh; conv 3 k3 p1; batchnorm; softplus"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check(all[i]);
}

/* Through what D sees to G, and to what the penalty looks at. */
static void augmentations_have_the_gradients_of_their_differences(void **state)
{
    (void)state;
#define ALL                                                                \
    "input=2x4x3 | augmentation=translation cutout brightness saturation " \
    "contrast"
    static const char *const all[] = {
        NETS ALL, NETS ALL " | packing=2",
        NETS ALL " | loss=non-saturating | penalty=r1 | order=simultaneous",
        NETS ALL " | loss=wasserstein | penalty=unit-gradient | classes=3"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check(all[i]);
}

/* |dy/dx|^2 of each pack by differences of D: column by column, in all rows of
 * a place in their packs at once. */
static double squares_of(lab *l, size_t packing)
{
    double sum = 0;

    for (size_t place = 0; place < packing * D; place++) {
        double up[ROWS], old[ROWS];
        const size_t packs = ROWS / packing;
        for (int side = 1; side >= -1; side -= 2) {
            for (size_t k = 0; k < packs; k++) {
                double *const at = &l->x[k * packing * D + place];
                old[k] = *at;
                *at += side * H;
            }
            const double *const y = play(l, GAN_O_REAL);
            for (size_t k = 0; k < packs; k++) {
                const double weight =
                    packing == 1
                        ? l->weight[k]
                        : (l->weight[2 * k] + l->weight[2 * k + 1]) / 2;
                const double slope = side == 1 ? 0 : (up[k] - y[k]) / (2 * H);
                up[k] = y[k];
                sum += weight * slope * slope / (double)packs;
                l->x[k * packing * D + place] = old[k];
            }
        }
    }
    return sum;
}

static void penalties_look_at_the_slope_of_each_row(void **state)
{
    (void)state;
    static const char *const all[] = {NETS "penalty=r1", NETS "penalty=r1-r2",
                                      NETS "penalty=r1-r2 | packing=2"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        lab l;
        open_lab(&l, all[i]);
        compile(&l, 0);
        const double want = squares_of(&l, i == 2 ? 2 : 1);
        const double *const squares = play(&l, GAN_O_SQUARES);
        assert_near(squares[0], want, 1e-5 * want);
        assert_near(squares[2], 0.5 * l.penalty * (squares[0] + squares[1]),
                    1e-12);
        const double loss = *play(&l, GAN_O_LOSS);
        const double with = play(&l, GAN_O_SQUARES)[2];
        assert_near(loss, *play(&l, GAN_O_PLAIN) + with, 1e-12);
        close_lab(&l);
    }
}

/* |dy/dx|^2 of each row by differences: y the sum of D over all rows [0], or D
 * of the row [1]. */
static void squares_of_sums(lab *l, double out[2])
{
    out[0] = out[1] = 0;
    for (size_t j = 0; j < ROWS * D; j++) {
        const double old = l->x[j];
        double slope[2] = {0, 0};
        for (int side = 1; side >= -1; side -= 2) {
            l->x[j] = old + side * H;
            const double *const y = play(l, GAN_O_REAL);
            for (size_t i = 0; i < ROWS; i++)
                slope[0] += side * y[i] / (2 * H);
            slope[1] += side * y[j / D] / (2 * H);
        }
        l->x[j] = old;
        for (int k = 0; k < 2; k++)
            out[k] += l->weight[j / D] * slope[k] * slope[k] / ROWS;
    }
}

/* Packs of a group know of each other by their deviation. */
static void penalties_look_at_the_slope_of_a_groups_sum(void **state)
{
    (void)state;
    static const char *const all[] = {NETS "penalty=r1 | deviation=2",
                                      NETS "penalty=r1-r2 | deviation=4"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        lab l;
        double want[2];
        open_lab(&l, all[i]);
        compile(&l, 0);
        squares_of_sums(&l, want);
        assert_near(*play(&l, GAN_O_SQUARES), want[0], 1e-4 * want[0]);
        assert_true(fabs(want[1] - want[0]) > 1e-2 * want[0]);
        close_lab(&l);
    }
}

/* Where D is flat the norm is 0, and has no slope: never 0 / 0. */
static void a_flat_discriminator_has_a_finite_penalty(void **state)
{
    (void)state;
    lab l;
    open_lab(&l, "codes=2 | batch_size=4 | discriminator=dense 1 | "
                 "loss=wasserstein | penalty=unit-gradient");
    compile(&l, 0);
    memset(ad_store_value(l.s, 0), 0, D * sizeof(double));
    assert_near(play(&l, GAN_O_SQUARES)[2], 0.7, 1e-12);
    const double *const g = ad_store_grad(l.s, 0);
    for (size_t j = 0; j < D; j++)
        assert_true(g[j] - g[j] == 0);
    close_lab(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_have_the_gradients_of_their_differences),
        cmocka_unit_test(penalties_have_the_gradients_of_their_differences),
        cmocka_unit_test(conditions_have_the_gradients_of_their_differences),
        cmocka_unit_test(augmentations_have_the_gradients_of_their_differences),
        cmocka_unit_test(penalties_look_at_the_slope_of_each_row),
        cmocka_unit_test(penalties_look_at_the_slope_of_a_groups_sum),
        cmocka_unit_test(a_flat_discriminator_has_a_finite_penalty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
