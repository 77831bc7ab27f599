/* Draws are of the likelihood, and functions of seed, row and column alone. */
#include "vae/evaluate.h"

#define N 20000
#define BINS 4096

static const kern_ops *ops(void)
{
    return kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
}

/* N draws of one column under the parameters y; the variable holds v. */
static const float *draw(const vae_choice *c, double v, const double *y)
{
    static float params[N * 8], x[N];
    evaluation e;

    evaluate_open(&e, GENMOD_F32, 1, 1, c, "1");
    if (e.l.block[0].variable >= 0)
        evaluate_set(&e, e.l.block[0].variable, v);
    if (e.l.block[0].state >= 0)
        evaluate_set(&e, e.l.block[0].state, v);
    const size_t p = (size_t)e.l.params;
    for (size_t i = 0; i < N * p; i++)
        params[i] = (float)y[i % p];
    vae_draw_rows(&e.l, e.s, ops(), 2385, 0, N, params, x);
    evaluate_close(&e);
    return x;
}

/* Mean and variance within five standard errors. */
static void check_moments(const float *x, double mean, double variance)
{
    double sum = 0, square = 0, fourth = 0;

    for (size_t i = 0; i < N; i++) {
        const double e = (double)x[i] - mean;

        sum += e;
        square += e * e;
        fourth += e * e * e * e;
    }
    square /= N;
    fourth /= N;
    assert_near(sum / N, 0, 5 * sqrt(variance / N));
    assert_near(square, variance,
                5 * sqrt((fourth - square * square) / N) + 1e-9 * variance);
}

static void tally(const float *x, double *seen)
{
    for (size_t i = 0; i < N; i++) {
        assert_true(x[i] >= 0 && x[i] < BINS && x[i] == floorf(x[i]));
        seen[(size_t)x[i]]++;
    }
}

/* Pearson's statistic of n counts, seen [BINS], against log probabilities `p`;
 * bins that expect fewer than 5 are joined to the one behind. */
static void check_seen(double n, const double *seen,
                       double (*p)(double x, const double *a), const double *a)
{
    double statistic = 0, observed = 0, expected = 0, rest = n, others = n;
    size_t bins = 0;

    for (size_t k = 0; k < BINS; k++) {
        observed += seen[k];
        expected += n * exp(p((double)k, a));
        if (expected < 5 || rest - expected < 5)
            continue;
        statistic += (observed - expected) * (observed - expected) / expected;
        rest -= expected;
        others -= observed;
        observed = expected = 0;
        bins++;
    }
    statistic += (others - rest) * (others - rest) / rest;
    /* mean `bins`, deviation sqrt(2 bins) */
    assert_true(bins > 1);
    assert_true(statistic < (double)bins + 5 * sqrt(2 * (double)bins) + 5);
}

static void check_counts(const float *x, double (*p)(double x, const double *a),
                         const double *a)
{
    static double seen[BINS];

    memset(seen, 0, sizeof seen);
    tally(x, seen);
    check_seen(N, seen, p, a);
}

static double poisson(double x, const double *a)
{
    return (double)naive_poisson((float)a[0], x);
}

static double negative_binomial(double x, const double *a)
{
    return (double)naive_negative_binomial((float)a[0], (float)a[1], x);
}

static void draws_of_a_bernoulli_have_its_mean(void **state)
{
    const vae_choice c = evaluate_choice(VAE_BERNOULLI);
    const double logits[] = {-2.1, 0.4, 1.7};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const double p = 1 / (1 + exp(-logits[i]));

        check_moments(draw(&c, 0, &logits[i]), p, p * (1 - p));
    }
}

static void draws_of_a_gaussian_have_its_moments(void **state)
{
    vae_choice c = evaluate_choice(VAE_GAUSSIAN);
    const double mean = 0.385;

    (void)state;
    c.sigma_value = 1.7;
    check_moments(draw(&c, 0, &mean), mean, 1.7 * 1.7);
    c.sigma = VAE_SIGMA_LEARNED;
    check_moments(draw(&c, -1.2, &mean), mean, pow(exp(-6) + exp(-1.2), 2));
    c.sigma = VAE_SIGMA_OPTIMAL;
    check_moments(draw(&c, 0.31, &mean), mean, pow(exp(-6) + sqrt(0.31), 2));
    /* no variance, but a file may hold it: none, as of the density */
    check_moments(draw(&c, -0.31, &mean), mean, exp(-12));
    c.likelihood = VAE_LOG_NORMAL;
    check_moments(draw(&c, 2.31, &mean), mean, pow(exp(-6) + sqrt(2.31), 2));
}

static double category(double x, const double *a)
{
    return x < 5 ? (double)naive_categorical(5, a, (int)x) : -1e9;
}

static void draws_of_a_categorical_have_its_probabilities(void **state)
{
    const int32_t kinds[1] = {GENMOD_CATEGORICAL}, levels[1] = {5};
    const double logits[2][5] = {{0.25, -1.5, 2.375, 0, -4},
                                 {-9999, 1e4, -1e4, 9999, 9998}};
    vae_choice c = evaluate_choice(VAE_CATEGORICAL);

    (void)state;
    c.kinds = kinds;
    c.levels = levels;
    for (size_t i = 0; i < 2; i++)
        check_counts(draw(&c, 0, logits[i]), category, logits[i]);
}

/* a: location, ln of the scale. */
static double bin(double x, const double *a)
{
    return x < 16 ? (double)naive_logistic((float)a[0], a[1], 16, (int)x)
                  : -1e9;
}

static void draws_of_a_discretised_logistic_have_its_probabilities(void **state)
{
    const double a[3][2] = {{0.385, -1.9}, {0.7, -3.1}, {-0.2, -1.2}};
    vae_choice c = evaluate_choice(VAE_DISCRETISED_LOGISTIC);

    (void)state;
    c.grid = 16;
    for (size_t i = 0; i < 3; i++) {
        const double least = 1 / (30 * 25 * log(2));
        const double v = log(exp(a[i][1]) - least);
        static float x[N];

        memcpy(x, draw(&c, v, a[i]), sizeof x);
        for (size_t j = 0; j < N; j++) {
            const float level = roundf(x[j] * 15);

            assert_near(x[j], level / 15, 1e-7);
            x[j] = level;
        }
        check_counts(x, bin, a[i]);
    }
}

/* By inversion and, from 10 on, by rejection. */
static void draws_of_a_poisson_have_its_probabilities(void **state)
{
    const vae_choice c = evaluate_choice(VAE_POISSON);
    const double rates[] = {0.05, 0.7, 3.3, 9.9, 10.1, 18, 64, 1234};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const double l = log(rates[i]);
        const float *const x = draw(&c, 0, &l);

        check_moments(x, exp((double)(float)l), exp((double)(float)l));
        if (i)
            check_counts(x, poisson, &l);
    }
}

/* Two million draws: enough to see a wrong constant of the rejection. */
static void rejection_is_exact(void **state)
{
    const vae_choice c = evaluate_choice(VAE_POISSON);
    const double l = log(18.0);
    static float params[N], x[N];
    static double seen[BINS];
    evaluation e;

    (void)state;
    for (size_t i = 0; i < N; i++)
        params[i] = (float)l;
    evaluate_open(&e, GENMOD_F32, 1, 1, &c, "1");
    for (uint64_t k = 0; k < 100; k++) {
        vae_draw_rows(&e.l, e.s, ops(), 31, k * N, N, params, x);
        tally(x, seen);
    }
    check_seen(100.0 * N, seen, poisson, &l);
    evaluate_close(&e);
}

static void draws_of_a_poisson_go_up_to_the_bound(void **state)
{
    const vae_choice c = evaluate_choice(VAE_POISSON);
    const double l[] = {16.5, 19.9, 1e4}, never = -1e4;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const double rate = exp(l[i] < 20 ? (double)(float)l[i] : 20);

        check_moments(draw(&c, 0, &l[i]), rate, rate);
    }
    const float *const x = draw(&c, 0, &never);
    for (size_t i = 0; i < N; i++)
        assert_true(x[i] == 0);
}

static void draws_of_a_negative_binomial_have_its_probabilities(void **state)
{
    const vae_choice c = evaluate_choice(VAE_NEGATIVE_BINOMIAL);
    const double a[][2] = {{0.7, -0.9}, {1.9, 0},    {2.385, 1.3},
                           {3.9, 2.1},  {0.4, 13.9}, {4.1, 13.9}};

    (void)state;
    for (size_t i = 0; i < sizeof a / sizeof *a; i++) {
        const double mean = exp((double)(float)a[i][0]);
        const float *const x = draw(&c, a[i][1], a[i]);

        check_moments(x, mean,
                      mean + mean * mean / exp((double)(float)a[i][1]));
        check_counts(x, negative_binomial, a[i]);
    }
}

/* With r = exp(-14) nearly all draws are 0, and none is beyond bounds. */
static void extreme_dispersions_are_drawn_in_bounded_time(void **state)
{
    const vae_choice c = evaluate_choice(VAE_NEGATIVE_BINOMIAL);
    const double l[] = {-1e4, 0.3, 1e4}, v[] = {-1e4, 1e4};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        const float *const x = draw(&c, v[i % 2], &l[i / 2]);
        size_t zeros = 0;

        for (size_t j = 0; j < N; j++) {
            assert_true(x[j] >= 0 && x[j] < 1e19f);
            zeros += x[j] == 0;
        }
        if (v[i % 2] < 0)
            assert_true(zeros >= N - 10); /* 20000 * 3e-5 are not, at most */
    }
    check_moments(draw(&c, v[1], &l[2]), exp(20), exp(20) + exp(40 - 14));
}

static void draws_do_not_depend_on_batches(void **state)
{
    const int32_t kinds[8] = {GENMOD_REAL,  GENMOD_CATEGORICAL, GENMOD_COUNT,
                              GENMOD_COUNT, GENMOD_COUNT,       GENMOD_BINARY,
                              GENMOD_REAL,  GENMOD_POSITIVE};
    const int32_t levels[8] = {0, 6, 0, 0, 0, 0, 0, 0};
    vae_choice c = evaluate_choice(VAE_AUTO);
    float y[7 * 13], all[7 * 8], apart[7 * 8], other[7 * 8];
    evaluation e;

    (void)state;
    c.kinds = kinds;
    c.levels = levels;
    for (size_t i = 0; i < 7 * 13; i++)
        y[i] = (float)(3 * sin(1.1 * (double)i));
    evaluate_open(&e, GENMOD_F64, 1, 1, &c, "8");
    assert_int_equal(e.l.params, 13);
    vae_draw_rows(&e.l, e.s, ops(), 5, UINT64_C(1) << 40, 7, y, all);
    for (size_t i = 0; i < 7; i++)
        vae_draw_rows(&e.l, e.s, ops(), 5, (UINT64_C(1) << 40) + i, 1,
                      y + 13 * i, apart + 8 * i);
    assert_memory_equal(all, apart, sizeof all);
    vae_draw_rows(&e.l, e.s, ops(), 6, UINT64_C(1) << 40, 7, y, other);
    assert_memory_not_equal(all, other, sizeof all);
    evaluate_close(&e);
}

/* Columns and rows under the same parameters have draws of their own. */
static void columns_and_rows_are_independent(void **state)
{
    const vae_choice c = evaluate_choice(VAE_GAUSSIAN);
    static float y[N], x[N];
    double columns = 0, rows = 0;
    evaluation e;

    (void)state;
    evaluate_open(&e, GENMOD_F32, 1, 1, &c, "2");
    vae_draw_rows(&e.l, e.s, ops(), 77, 0, N / 2, y, x);
    for (size_t i = 0; i < N / 2; i++)
        columns += (double)x[2 * i] * (double)x[2 * i + 1];
    for (size_t i = 2; i < N; i++)
        rows += (double)x[i] * (double)x[i - 2];
    /* a product of two has the deviation 1 */
    assert_near(columns / (N / 2), 0, 5 / sqrt(N / 2));
    assert_near(rows / N, 0, 5 / sqrt(N));
    evaluate_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_of_a_bernoulli_have_its_mean),
        cmocka_unit_test(draws_of_a_gaussian_have_its_moments),
        cmocka_unit_test(draws_of_a_categorical_have_its_probabilities),
        cmocka_unit_test(
            draws_of_a_discretised_logistic_have_its_probabilities),
        cmocka_unit_test(draws_of_a_poisson_have_its_probabilities),
        cmocka_unit_test(rejection_is_exact),
        cmocka_unit_test(draws_of_a_poisson_go_up_to_the_bound),
        cmocka_unit_test(draws_of_a_negative_binomial_have_its_probabilities),
        cmocka_unit_test(extreme_dispersions_are_drawn_in_bounded_time),
        cmocka_unit_test(draws_do_not_depend_on_batches),
        cmocka_unit_test(columns_and_rows_are_independent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
