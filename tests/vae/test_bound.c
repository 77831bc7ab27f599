/* Bounds of the likelihood: their order, their agreement, their units. */
#include "vae/trial.h"

#define NET                                                       \
    "encoder=dense 16; relu | decoder=dense 16; relu | code=2 | " \
    "batch_size=32 | kl_warmup=0 | learning_rate=0.01 | epochs=5 | seed=3"
#define ROWS 60
#define DRAWS 500

static double log_mean_exp(size_t n, const double *x)
{
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i] - most);
    return most + log(sum / (double)n);
}

/* The mean over disjoint groups of k of DRAWS weights. */
static double bound_of(size_t k, const double *weights)
{
    double sum = 0;
    for (size_t i = 0; i < DRAWS; i += k)
        sum += log_mean_exp(k, weights + i);
    return sum / (double)(DRAWS / k);
}

typedef struct scene {
    trial t;
    vae_model *m;
    double *weights; /* [ROWS, DRAWS] */
} scene;

static void open_scene(scene *s, const char *options)
{
    trial_curve(&s->t, 200, ROWS);
    s->m = trial_fit(&s->t, options);
    s->weights = trial_take(ROWS * DRAWS, sizeof *s->weights);
    assert_ok(vae_log_weights(s->m, s->t.test, 7, 0, DRAWS,
                              ROWS * DRAWS * sizeof *s->weights, s->weights,
                              NULL));
}

static void close_scene(scene *s)
{
    vae_free(s->m);
    free(s->weights);
    trial_close(&s->t);
}

static const char *const models[] = {
    NET, NET " | prior=mixture | prior_components=5",
    NET " | objective=iwae | samples=5 | gradient=dreg"};
#define MODELS (sizeof models / sizeof *models)

/* Burda et al. 2016, theorem 1. Of the same weights it holds row by row,
 * without a tolerance but rounding: the logarithm of a mean is no less than the
 * mean of logarithms. */
static void more_draws_give_a_tighter_bound(void **state)
{
    static const size_t groups[] = {1, 5, 50, DRAWS};
    (void)state;
    for (size_t k = 0; k < MODELS; k++) {
        scene s;
        double mean[4] = {0};
        open_scene(&s, models[k]);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t g = 0; g < 4; g++) {
                const double *const w = s.weights + i * DRAWS;
                mean[g] += bound_of(groups[g], w) / ROWS;
                if (g)
                    assert_true(bound_of(groups[g], w) >=
                                bound_of(groups[g - 1], w) - 1e-10);
            }
        for (size_t g = 1; g < 4; g++)
            assert_true(mean[g] > mean[g - 1] + 1e-3);
        close_scene(&s);
    }
}

static void the_likelihood_is_that_of_the_weights(void **state)
{
    double out[ROWS], error[ROWS];
    (void)state;
    for (size_t k = 0; k < MODELS; k++) {
        scene s;
        open_scene(&s, models[k]);
        assert_ok(vae_log_likelihood(s.m, s.t.test, 7, DRAWS, sizeof out, out,
                                     error, NULL));
        for (size_t i = 0; i < ROWS; i++) {
            const double *const w = s.weights + i * DRAWS;
            const double bound = log_mean_exp(DRAWS, w);
            double square = 0;
            for (size_t j = 0; j < DRAWS; j++)
                square += pow(exp(w[j] - bound) - 1, 2) / DRAWS;
            assert_near(out[i], bound, 1e-9 * (1 + fabs(bound)));
            assert_near(error[i], sqrt(square / (DRAWS - 1)),
                        1e-7 * (1 + error[i]));
        }
        close_scene(&s);
    }
}

static void draws_are_numbered(void **state)
{
    double part[ROWS * 40];
    scene s;
    (void)state;
    open_scene(&s, NET);
    assert_ok(
        vae_log_weights(s.m, s.t.test, 7, 123, 40, sizeof part, part, NULL));
    for (size_t i = 0; i < ROWS; i++)
        assert_memory_equal(part + i * 40, s.weights + i * DRAWS + 123,
                            40 * sizeof *part);
    close_scene(&s);
}

/* With a prior whose KL has no closed form the bound is the mean weight. */
static void a_sampled_bound_is_the_mean_weight(void **state)
{
    double elbo[ROWS], parts[2 * ROWS];
    scene s;
    (void)state;
    open_scene(&s, models[1]);
    assert_ok(vae_elbo(s.m, s.t.test, 7, DRAWS, sizeof elbo, elbo, parts,
                       parts + ROWS, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        assert_near(elbo[i], trial_mean(DRAWS, s.weights + i * DRAWS),
                    1e-9 * (1 + fabs(elbo[i])));
        assert_near(elbo[i], -parts[i] - parts[ROWS + i], 1e-12);
    }
    close_scene(&s);
}

/* The mean weight has a sampled KL where the bound has its integral. Of a draw
 * z = mu + sigma e, ln q - ln p is (mu^2 + 2 mu sigma e + (sigma^2 - 1) e^2) /
 * 2
 * - ln sigma a code, of variance mu^2 sigma^2 + (sigma^2 - 1)^2 / 2. */
static void kl_in_closed_form_is_the_mean_of_the_sampled_one(void **state)
{
    double elbo[ROWS], mean[ROWS * 2], log_variance[ROWS * 2];
    double sum = 0, all = 0;
    scene s;
    (void)state;
    open_scene(&s, NET);
    assert_ok(
        vae_elbo(s.m, s.t.test, 7, DRAWS, sizeof elbo, elbo, NULL, NULL, NULL));
    assert_ok(vae_encode(s.m, s.t.test, GENMOD_F64, sizeof mean, mean,
                         log_variance, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        const double apart = trial_mean(DRAWS, s.weights + i * DRAWS) - elbo[i];
        double variance = 0;
        for (size_t j = 2 * i; j < 2 * i + 2; j++) {
            const double v = exp(log_variance[j]);
            variance +=
                (mean[j] * mean[j] * v + 0.5 * (v - 1) * (v - 1)) / DRAWS;
        }
        assert_near(apart, 0, 5 * sqrt(variance));
        sum += apart;
        all += variance;
    }
    assert_near(sum, 0, 4 * sqrt(all));
    close_scene(&s);
}

/* ---- units --------------------------------------------------------------- */

#define UNITS 5

/* Real columns, a positive one, a count and a category; `factor` turns the unit
 * of a real column and of the positive one. */
static void make_units(trial *t, double factor)
{
    uint64_t s = 31;
    trial_open(t, 200, ROWS, UNITS);
    for (size_t i = 0; i < 200 + ROWS; i++) {
        const double a = trial_normal(&s);
        double *const x = t->x + i * UNITS;
        x[0] = 3 + 2 * a + 0.3 * trial_normal(&s);
        x[1] = factor * (a - 0.7 + 0.5 * trial_normal(&s));
        x[2] = factor * exp(0.6 * a + 0.2 * trial_normal(&s));
        x[3] = floor(exp(1 + 0.5 * a) * (0.5 + trial_uniform(&s)));
        x[4] = (double)(a > 0.4) + (double)(a > -0.6);
    }
    trial_show(t);
}

static double likelihood_in(double factor, int32_t part)
{
    static const int32_t kinds[UNITS] = {GENMOD_REAL, GENMOD_REAL,
                                         GENMOD_POSITIVE, GENMOD_COUNT,
                                         GENMOD_CATEGORICAL};
    static const int32_t levels[UNITS] = {0, 0, 0, 0, 3};
    trial t;
    make_units(&t, factor);
    assert_ok(genmod_data_set_schema(t.train, UNITS, kinds, levels, NULL));
    assert_ok(genmod_data_set_schema(t.test, UNITS, kinds, levels, NULL));
    vae_model *const m = trial_fit(&t, NET);
    const double v = part < 0 ? trial_likelihood(m, t.test, ROWS, 20)
                              : trial_bound(m, t.test, ROWS, 20, part);
    vae_free(m);
    trial_close(&t);
    return v;
}

/* A density of x in a unit ten times as small is a tenth. KL has no unit.
 * Standardised cells differ in their last bits, and so do weights that have
 * been trained on them. */
static void densities_have_the_units_of_the_data(void **state)
{
    (void)state;
    const double shift = 2 * log(10);
    assert_near(likelihood_in(10, -1), likelihood_in(1, -1) - shift, 1e-3);
    assert_near(likelihood_in(10, 0), likelihood_in(1, 0) - shift, 1e-3);
    assert_near(likelihood_in(10, 1), likelihood_in(1, 1) + shift, 1e-3);
    assert_near(likelihood_in(10, 2), likelihood_in(1, 2), 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_draws_give_a_tighter_bound),
        cmocka_unit_test(the_likelihood_is_that_of_the_weights),
        cmocka_unit_test(draws_are_numbered),
        cmocka_unit_test(a_sampled_bound_is_the_mean_weight),
        cmocka_unit_test(kl_in_closed_form_is_the_mean_of_the_sampled_one),
        cmocka_unit_test(densities_have_the_units_of_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
