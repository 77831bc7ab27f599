/* D alone, against rows that stay as they are, learns p / (p + q): of the data
 * p = N(0, 1) and of G's rows q = N(1, 1), 1 / (1 + exp(x - 1/2)). */
#include <math.h>

#include "gan/fixture.h"

#define TRAIN 100000
#define FRESH 100000 /* rows a side that D did not see */
#define LN2 0.6931471805599453

/* G's code plus 1, at a rate that moves nothing. */
#define GIVEN                                                              \
    "codes=1 | standardise=0 | generator=dense 1 | learning_rate=1e-30 | " \
    "loss=non-saturating | penalty=none | d_learning_rate=0.02 | "         \
    "schedule_factor=0.001 | batch_size=2000 | epochs=10 | seed=2 | "

static double uniform(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

static genmod_data *normals(uint64_t seed, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        const double r = sqrt(-2 * log(uniform(&seed)));
        x[i] = r * cos(6.283185307179586 * uniform(&seed));
    }
    return fixture_view(n, 1, x);
}

static gan_model *learn(const char *options)
{
    double *const x = fixture_take(TRAIN, sizeof *x);
    genmod_data *const v = normals(31, TRAIN, x);
    gan_model *const m = fixture_model(options);
    genmod_config *const c = fixture_config(options);
    assert_ok(gan_start(m, v, NULL));
    fixture_set(m, "generator.0.weight", 1);
    fixture_set(m, "generator.0.bias", 1);
    assert_ok(genmod_config_set_i64(c, GAN_WARM_START, 1, NULL));
    assert_ok(gan_configure(m, c, NULL));
    assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
    assert_near(fixture_get(m, "generator.0.weight"), 1, 1e-6);
    assert_near(fixture_get(m, "generator.0.bias"), 1, 1e-6);
    genmod_config_free(c);
    genmod_data_free(v);
    free(x);
    return m;
}

/* Rows x [FRESH] of a side, and D's logits of them [FRESH]. */
static void judge(const gan_model *m, int fake, double *x, double *y)
{
    const size_t bytes = FRESH * sizeof *x;
    genmod_data *const v = normals(77, FRESH, x);
    if (fake)
        assert_ok(gan_sample(m, 9, 0, FRESH, NULL, GENMOD_F64, bytes, x, NULL));
    assert_ok(gan_discriminate(m, v, bytes, y, NULL));
    genmod_data_free(v);
}

static double sigmoid(double y)
{
    return 1 / (1 + exp(-y));
}

typedef struct findings {
    double rms;   /* of D - p / (p + q), over both sides */
    double bound; /* of the divergence */
    double mean;  /* of D over p */
} findings;

static findings look(const gan_model *m)
{
    double *const x = fixture_take(FRESH, sizeof *x);
    double *const y = fixture_take(FRESH, sizeof *y);
    findings f = {.bound = LN2};
    for (int fake = 0; fake < 2; fake++) {
        judge(m, fake, x, y);
        for (size_t i = 0; i < FRESH; i++) {
            const double d = sigmoid(y[i]);
            const double off = d - sigmoid(0.5 - x[i]);
            f.rms += off * off / (2 * FRESH);
            f.bound += log(fake ? 1 - d : d) / (2 * FRESH);
            f.mean += fake ? 0 : d / FRESH;
        }
    }
    f.rms = sqrt(f.rms);
    free(x);
    free(y);
    return f;
}

/* JS(N(0, 1), N(1, 1)) = 0.111421 and E_p p / (p + q) = 0.602027 by quadrature;
 * 4 standard errors of 10^5 rows a side are 0.003 and 0.0025. */
static void a_linear_d_measures_the_divergence(void **state)
{
    (void)state;
    gan_model *const m = learn(GIVEN "discriminator=dense 1");
    const findings f = look(m);
    assert_near(f.bound, 0.111421, 0.004);
    assert_near(f.mean, 0.602027, 0.003);
    assert_true(f.rms < 0.01);
    gan_free(m);
}

static void a_d_with_layers_becomes_the_ratio_of_densities(void **state)
{
    (void)state;
    gan_model *const m = learn(GIVEN "discriminator=dense 16; tanh");
    const findings f = look(m);
    assert_true(f.rms <= 0.02);
    assert_near(f.bound, 0.111421, 0.004);
    gan_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_d_measures_the_divergence),
        cmocka_unit_test(a_d_with_layers_becomes_the_ratio_of_densities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
