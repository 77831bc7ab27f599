#include "nn/trial.h"

/* A network with its first values. */
static void start(trial *t, const char *shape, const char *text, uint64_t seed)
{
    trial_new(t, shape, text, 1);
    assert_ok(nn_initialise(t->net, t->s, seed, t->w));
}

static size_t count(const trial *t, const char *name)
{
    return (size_t)ad_elements(
        ad_store_shape(t->s, (size_t)trial_index(t, name)));
}

static double variance(const trial *t, const char *name)
{
    const double *const v = trial_value(t, name);
    const size_t n = count(t, name);
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sum / (double)n;
}

static double largest(const trial *t, const char *name)
{
    const double *const v = trial_value(t, name);
    double most = 0;

    for (size_t i = 0; i < count(t, name); i++)
        most = fmax(most, fabs(v[i]));
    return most;
}

typedef struct law {
    const char *shape, *text, *name;
    double variance;
    int normal; /* else uniform */
} law;

static const law laws[] = {
    {"200", "dense 150; relu", "0.weight", 2. / 200, 1},
    {"200", "dense 150; lrelu 0.5", "0.weight", 2 / 1.25 / 200, 1},
    {"200", "dense 150; batchnorm; dropout 0.5; gelu", "0.weight", 2. / 200, 1},
    {"200", "dense 150; elu", "0.weight", 2. / 200, 1},
    {"200", "dense 150; silu", "0.weight", 2. / 200, 1},
    {"200", "dense 150; tanh", "0.weight", 2. / 350, 0},
    {"200", "dense 150; sigmoid; relu", "0.weight", 2. / 350, 0},
    {"200", "dense 150; softplus", "0.weight", 2. / 350, 0},
    {"200", "dense 150; softmax", "0.weight", 2. / 350, 0},
    {"200", "dense 150; dense 10; relu", "0.weight", 2. / 350, 0},
    {"200", "dense 150", "0.weight", 2. / 350, 0},
    {"200", "dense 150 glorot; relu", "0.weight", 2. / 350, 0},
    {"200", "dense 150 he", "0.weight", 2. / 200, 1},
    {"200", "dense 150 fanin; relu", "0.weight", 1. / 600, 0},
    {"20x9x9", "dense 30; relu", "0.weight", 2. / 1620, 1},
    {"20x9x9", "conv 40 k3x5; maxpool 3; relu", "0.weight", 2. / 300, 1},
    {"20x9x9", "conv 40 k3x5 g2 fanin", "0.weight", 1. / 450, 0},
    {"20x9x9", "conv 90 k3x5 g2 fanin", "0.bias", 1. / 450, 0},
    {"20x9x9", "conv 40 k3x5 g2; relu", "0.weight", 2. / 150, 1},
    {"20x9x9", "conv 40 k3x5", "0.weight", 2. / 900, 0},
    {"20x9x9", "conv 40 k3x5 g2", "0.weight", 2. / 450, 0},
    {"20x9x9", "deconv 40 k3x5 s1; relu", "0.weight", 2. / 300, 1},
    {"20x9x9", "deconv 40 k4 s2; relu", "0.weight", 2. / 80, 1},
    {"20x9x9", "deconv 40 k4 s2 g2", "0.weight", 2. / (40 + 320), 0},
    {"200", "residual { dense 150; relu; dense 200 }; tanh", "1.weight",
     2. / 200, 1},
};

static void first_weights_have_the_variance_of_their_law(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        const law *const l = &laws[i];
        trial t;
        start(&t, l->shape, l->text, 11);
        const double n = (double)count(&t, l->name);
        /* Of squares: variance 2 s^4 of normals, 4 s^4 / 5 of uniforms. */
        const double error = l->variance * sqrt((l->normal ? 2 : 0.8) / n);
        assert_near(variance(&t, l->name), l->variance, 4 * error);
        const double bound = sqrt(3 * l->variance);
        if (l->normal)
            assert_true(largest(&t, l->name) > 1.3 * bound);
        else
            assert_true(largest(&t, l->name) < bound &&
                        largest(&t, l->name) > 0.99 * bound);
        trial_free(&t);
    }
}

static void all_are(const trial *t, const char *name, double expected)
{
    const double *const v = trial_value(t, name);

    for (size_t i = 0; i < count(t, name); i++)
        assert_true(v[i] == expected);
}

static void biases_scales_and_running_moments_start_neutral(void **state)
{
    trial t;

    (void)state;
    start(&t, "4x6x6", "conv 8 k3; batchnorm; groupnorm 2; layernorm; dense 3",
          5);
    all_are(&t, "0.bias", 0);
    all_are(&t, "1.scale", 1);
    all_are(&t, "1.bias", 0);
    all_are(&t, "1.running_mean", 0);
    all_are(&t, "1.running_variance", 1);
    all_are(&t, "2.scale", 1);
    all_are(&t, "3.scale", 1);
    all_are(&t, "4.bias", 0);
    trial_free(&t);
}

static void explicit_zero_is_zero(void **state)
{
    trial t;

    (void)state;
    start(&t, "9", "dense 5 zero; relu", 5);
    all_are(&t, "0.weight", 0);
    trial_free(&t);
}

typedef struct branch {
    const char *text, *zero; /* NULL: nothing is */
} branch;

/* A residual starts as the identity, where a gradient can still lead out. */
static void residual_branches_start_at_zero(void **state)
{
    static const branch all[] = {
        {"residual { dense 5; relu; dense 9 }", "3.weight"},
        {"residual { dense 5; relu; dense 9; dropout 0.5 }", "3.weight"},
        {"residual { dense 9; batchnorm }", "2.scale"},
        {"residual { dense 9; batchnorm; tanh }", "2.scale"},
        {"residual { dense 9; batchnorm; relu }", NULL},
        {"residual { dense 9; relu }", NULL},
        {"residual { sn dense 9 }", NULL},
        {"residual { dense 9 he }", NULL},
        {"residual { dense 9; residual { dense 9; tanh; dense 9 } }",
         "1.weight"},
        {"dense 9; residual { tanh }", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        trial t;
        start(&t, "9", all[i].text, 5);
        size_t zeros = 0;
        for (size_t k = 0; k < ad_store_count(t.s); k++) {
            const char *const name = ad_store_name(t.s, k) + 4;
            const int weighs = strstr(name, "weight") || strstr(name, "scale");
            zeros += weighs && largest(&t, name) == 0;
        }
        if (all[i].zero) {
            all_are(&t, all[i].zero, 0);
            assert_true(zeros >= 1);
        } else {
            assert_int_equal(zeros, 0);
        }
        trial_free(&t);
    }
}

static void inner_branch_is_zero_too(void **state)
{
    trial t;

    (void)state;
    start(&t, "9", "residual { dense 9; residual { dense 9; tanh; dense 9 } }",
          5);
    all_are(&t, "1.weight", 0);
    all_are(&t, "5.weight", 0);
    assert_true(largest(&t, "3.weight") > 0);
    trial_free(&t);
}

/* The weight as [rest, last]: products of its fewer side are those of unit
 * vectors at right angles. */
static void assert_orthogonal(const double *a, size_t rest, size_t last)
{
    const size_t n = rest < last ? rest : last, m = rest < last ? last : rest;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double dot = 0;
            for (size_t k = 0; k < m; k++)
                dot += rest < last ? a[i * last + k] * a[j * last + k]
                                   : a[k * last + i] * a[k * last + j];
            assert_near(dot, i == j, 1e-14 * sqrt((double)m));
        }
    }
}

static void orthogonal_weights_are_orthonormal(void **state)
{
    static const struct {
        const char *shape, *text;
        size_t rest, last;
    } all[] = {{"70", "dense 45 orthogonal", 70, 45},
               {"45", "dense 70 orthogonal; relu", 45, 70},
               {"130", "dense 130 orthogonal", 130, 130},
               {"1", "dense 1 orthogonal", 1, 1},
               {"3x5x5", "conv 8 k3 orthogonal", 27, 8},
               {"3x5x5", "deconv 8 k3 orthogonal", 72, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        trial t;
        start(&t, all[i].shape, all[i].text, 5);
        assert_orthogonal(trial_value(&t, "0.weight"), all[i].rest,
                          all[i].last);
        trial_free(&t);
    }
}

/* Rows that differ in their seventh digit: one projection would leave products
 * of some 1e-9. */
static void nearly_equal_rows_become_orthonormal(void **state)
{
    enum { N = 70, M = 90 };
    double *const a = malloc(N * M * sizeof *a);
    genmod_workspace *w;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    trial_fill(a, N * M, 3, 1, 1 + 1e-6);
    assert_ok(nn_orthonormal_rows(N, M, a, w));
    assert_orthogonal(a, N, M);
    genmod_workspace_free(w);
    free(a);
}

static void numbers_of_a_weight_do_not_repeat(void **state)
{
    static const char *const texts[] = {"dense 50 glorot", "dense 50 he",
                                        "dense 50 orthogonal"};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        trial t;
        start(&t, "100", texts[k], 5);
        const double *const v = trial_value(&t, "0.weight");
        for (size_t i = 0; i < 5000; i++)
            for (size_t j = 0; j < i; j++)
                if (v[i] == v[j])
                    fail_msg("numbers %zu and %zu are equal", i, j);
        trial_free(&t);
    }
}

static void first_values_are_a_function_of_seed_and_name(void **state)
{
    static const char *const words[] = {"glorot", "he", "orthogonal"};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        char text[64] = "tanh; dense 40 ", more[96] = "dense 50; dense 40 ";
        trial a, b, c, d;
        strcat(text, words[k]);
        strcat(more, words[k]);
        strcat(more, "; dense 6");
        start(&a, "50", text, 5);
        start(&b, "50", more, 5);
        start(&c, "50", text, 6);
        strcat(strcat(strcpy(more, "dense 40 "), words[k]), "; tanh");
        start(&d, "50", more, 5);
        const size_t n = 2000 * sizeof(double);
        const double *const v = trial_value(&a, "1.weight");
        assert_memory_equal(v, trial_value(&b, "1.weight"), n);
        assert_memory_not_equal(v, trial_value(&c, "1.weight"), n);
        assert_memory_not_equal(v, trial_value(&d, "0.weight"), n);
        trial_free(&a);
        trial_free(&b);
        trial_free(&c);
        trial_free(&d);
    }
}

static void floats_are_the_doubles_rounded(void **state)
{
    const char *const text = "sn dense 40 he; dense 30; dense 20 orthogonal";
    trial t;
    ad_store *s;

    (void)state;
    start(&t, "50", text, 5);
    assert_ok(ad_store_new(GENMOD_F32, &s, t.w));
    assert_ok(nn_declare(t.net, s, "net", 0, NULL, t.w));
    assert_ok(ad_store_seal(s, 0, t.w));
    assert_ok(nn_initialise(t.net, s, 5, t.w));
    for (size_t i = 0; i < ad_store_count(s); i++) {
        const float *const f = ad_store_value(s, i);
        const double *const v = ad_store_value(t.s, i);
        /* a spectral pair is iterated on the rounded weight */
        const int exact = !strstr(ad_store_name(s, i), "spectral");
        for (size_t k = 0; k < count(&t, ad_store_name(s, i) + 4); k++)
            assert_near(f[k], (float)v[k], exact ? 0 : 1e-5);
    }
    ad_store_free(s);
    trial_free(&t);
}

static int32_t declare_and_start(genmod_context *c, void *arg)
{
    const nn_size size = {.rank = 3, .c = 2, .h = 6, .w = 7};
    genmod_workspace *w;
    nn_net *net = NULL;
    ad_store *s = NULL;
    int32_t status = genmod_workspace_new(c, &w);

    (void)arg;
    if (status)
        return status;
    status = nn_parse("encoder",
                      "sn conv 4 k3; batchnorm; dropout 0.5; residual { "
                      "conv 4 k1 }; dense 40 orthogonal; sn dense 3",
                      &size, &net, w);
    if (!status)
        status = ad_store_new(GENMOD_F32, &s, w);
    if (!status)
        status = nn_declare(net, s, "enc", 0, NULL, w);
    if (!status)
        status = ad_store_seal(s, 1, w);
    if (!status)
        status = nn_initialise(net, s, 3, w);
    ad_store_free(s);
    nn_net_free(net);
    genmod_workspace_free(w);
    return status;
}

static void failed_allocations_leave_nothing(void **state)
{
    (void)state;
    assert_true(support_alloc_walk(declare_and_start, NULL) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_weights_have_the_variance_of_their_law),
        cmocka_unit_test(biases_scales_and_running_moments_start_neutral),
        cmocka_unit_test(explicit_zero_is_zero),
        cmocka_unit_test(residual_branches_start_at_zero),
        cmocka_unit_test(inner_branch_is_zero_too),
        cmocka_unit_test(orthogonal_weights_are_orthonormal),
        cmocka_unit_test(nearly_equal_rows_become_orthonormal),
        cmocka_unit_test(numbers_of_a_weight_do_not_repeat),
        cmocka_unit_test(first_values_are_a_function_of_seed_and_name),
        cmocka_unit_test(floats_are_the_doubles_rounded),
        cmocka_unit_test(failed_allocations_leave_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
