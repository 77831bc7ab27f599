/* Densities: normalised, and those of the definitions, however far out. */
#include "vae/evaluate.h"

#define MOST 4096

static const int32_t types[] = {GENMOD_F64, GENMOD_F32};

static double rounding(int32_t type)
{
    return type == GENMOD_F32 ? 0x1p-23 : 0x1p-52;
}

/* What the store and an input make of v. */
static double held(int32_t type, double v)
{
    return type == GENMOD_F32 ? (double)(float)v : v;
}

/* The sum of probabilities of the values 0 … n - 1, times `unit`, of one column
 * under y; the block's variable holds v. */
static double total(int32_t type, const vae_choice *c, double v,
                    const double *y, size_t params, size_t n, double unit)
{
    static double x[MOST], rows[MOST * 8];
    double sum = 0;
    evaluation e;

    assert_true(n <= MOST && params <= 8);
    evaluate_open(&e, type, n, 1, c, "1");
    assert_int_equal(e.l.params, params);
    if (e.l.block[0].variable >= 0)
        evaluate_set(&e, e.l.block[0].variable, v);
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)i * unit;
        memcpy(rows + i * params, y, params * sizeof *y);
    }
    evaluate_compile(&e, 0, 0, 0);
    evaluate_run(&e, n, rows, x, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        sum += exp(evaluate_row(&e, i, 0));
    evaluate_close(&e);
    return sum;
}

/* Of each term a few roundings of its logarithm, which is below 100 where the
 * term matters. */
#define SUM_TOLERANCE(type) (100 * rounding(type))

static void a_bernoulli_sums_to_one(void **state)
{
    const vae_choice c = evaluate_choice(VAE_BERNOULLI);
    const double logits[] = {-1e4, -9.7, 0, 0.31, 2.385, 1e4};

    (void)state;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < sizeof logits / sizeof *logits; i++)
            assert_near(total(types[t], &c, 0, &logits[i], 1, 2, 1), 1,
                        SUM_TOLERANCE(types[t]));
}

static void a_categorical_sums_to_one(void **state)
{
    const int32_t kinds[1] = {GENMOD_CATEGORICAL}, levels[1] = {5};
    const double logits[][5] = {{0.3, -1.7, 2.385, 0, 0.9},
                                {1e4, -1e4, 9999, 3, 1e4},
                                {-1e4, -1e4, -1e4, -1e4, -1e4}};
    vae_choice c = evaluate_choice(VAE_AUTO);

    (void)state;
    c.kinds = kinds;
    c.levels = levels;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < 3; i++)
            assert_near(total(types[t], &c, 0, logits[i], 5, 5, 1), 1,
                        SUM_TOLERANCE(types[t]));
}

static void a_discretised_logistic_sums_to_one(void **state)
{
    const double locations[] = {-1e4, -0.3, 0, 0.385, 0.5, 1.02, 1e4};
    const double log_scales[] = {-30, -8.1, -2.385, 1.7, 9};
    const int32_t grids[] = {2, 3, 256, 4001};
    vae_choice c = evaluate_choice(VAE_DISCRETISED_LOGISTIC);

    (void)state;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < 7; i++)
            for (size_t j = 0; j < 5; j++)
                for (size_t k = 0; k < 4; k++) {
                    const int32_t n = c.grid = grids[k];

                    /* Cells and locations are rounded, which the densest grid
                     * and the least scale magnify: a rounding of 1 is
                     * 2^-24 2 (n - 1) 17 scales. */
                    assert_near(total(types[t], &c, log_scales[j],
                                      &locations[i], 1, (size_t)n,
                                      1 / (n - 1.0)),
                                1, (100 + 40 * (double)n) * rounding(types[t]));
                }
}

/* Up to 40 deviations and 60 past the mean: the rest is below exp(-60). */
static void a_poisson_sums_to_one(void **state)
{
    const vae_choice c = evaluate_choice(VAE_POISSON);
    const double rates[] = {1e-30, 0.3, 7.1, 216, 1900};

    (void)state;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
            const double l = log(rates[i]);
            const double n = rates[i] + 40 * sqrt(rates[i]) + 60;

            /* The rate's own rounding moves the sum by sqrt(rate) of it. */
            assert_near(total(types[t], &c, 0, &l, 1, (size_t)n, 1), 1,
                        (100 + 10 * sqrt(rates[i])) * rounding(types[t]));
        }
}

/* What is left past n falls like (mu / (r + mu))^n: below exp(-45) here.
 * The terms share a rounding of ln(mu / r), hence twice the tolerance. */
static void a_negative_binomial_sums_to_one(void **state)
{
    const vae_choice c = evaluate_choice(VAE_NEGATIVE_BINOMIAL);
    const double log_r[] = {-1.1, 0, 1.7, 9.3, 20};
    const double means[] = {1e-12, 0.9, 6.3, 27};

    (void)state;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < 5; i++)
            for (size_t j = 0; j < 4; j++) {
                const double l = log(means[j]);

                assert_near(total(types[t], &c, log_r[i], &l, 1, MOST, 1), 1,
                            2 * SUM_TOLERANCE(types[t]));
            }
}

/* Trapezoids of 1/100 deviation: of a smooth density that ends at 0, exact. */
static void a_gaussian_integrates_to_one(void **state)
{
    const double sigmas[] = {0.0031, 1, 2.385};
    static double x[MOST], y[MOST];

    (void)state;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < 3; i++) {
            vae_choice c = evaluate_choice(VAE_GAUSSIAN);
            const double step = sigmas[i] / 100;
            double sum = 0;
            evaluation e;

            c.sigma_value = sigmas[i];
            evaluate_open(&e, types[t], 2001, 1, &c, "1");
            evaluate_compile(&e, 0, 0, 0);
            for (size_t j = 0; j < 2001; j++) {
                y[j] = 0.385;
                x[j] = 0.385 + ((double)j - 1000) * step;
            }
            evaluate_run(&e, 2001, y, x, NULL, NULL);
            for (size_t j = 0; j < 2001; j++)
                sum += step * exp(evaluate_row(&e, j, 0));
            /* Cells are off by a rounding of x: 0.385 / sigma roundings of z.
             */
            assert_near(sum, 1, (100 + 10 / sigmas[i]) * rounding(types[t]));
            evaluate_close(&e);
        }
}

/* In units of the data, over x itself. */
static void a_log_normal_integrates_to_one_in_data_units(void **state)
{
    const vae_choice c = evaluate_choice(VAE_LOG_NORMAL);
    static double y[MOST], x[MOST], jacobian[MOST];
    static float z[MOST];
    double center = 0.31, scale = 0.27, sum = 0;
    evaluation e;

    (void)state;
    evaluate_open(&e, GENMOD_F64, 4000, 1, &c, "1");
    evaluate_compile(&e, 0, 0, 0);
    for (size_t i = 0; i < 4000; i++) {
        z[i] = (float)((log((double)(i + 1) * 0.0025) - center) / scale);
        x[i] = (double)z[i];
        y[i] = 0.2;
    }
    evaluate_run(&e, 4000, y, x, NULL, NULL);
    const nn_columns columns = {
        .size = e.l.size, .center = &center, .scale = &scale};
    vae_log_jacobian(&e.l, &columns, kern_ops_of(0, GENMOD_F64), 4000, z, NULL,
                     jacobian);
    for (size_t i = 0; i < 4000; i++)
        sum += 0.0025 * exp(evaluate_row(&e, i, 0) + jacobian[i]);
    assert_near(sum, 1, 1e-6); /* z is rounded to float */
    evaluate_close(&e);
}

/* ---- against the definitions --------------------------------------------- */

static const double points[] = {-1e4, -312.5, -40,  -6.7, -1.3, -0.01, 0,
                                0.4,  2.385,  7.25, 13.1, 19.9, 20.1,  1e4};
#define POINTS (sizeof points / sizeof *points)

static void bernoulli_is_the_definition(void **state)
{
    const vae_choice c = evaluate_choice(VAE_BERNOULLI);
    const double greys[] = {0, 1, 0.385};

    (void)state;
    for (size_t t = 0; t < 2; t++) {
        evaluation e;

        evaluate_open(&e, types[t], POINTS, 1, &c, "1");
        evaluate_compile(&e, 0, 0, 0);
        for (size_t k = 0; k < 3; k++) {
            double x[POINTS];

            for (size_t i = 0; i < POINTS; i++)
                x[i] = greys[k];
            evaluate_run(&e, POINTS, points, x, NULL, NULL);
            for (size_t i = 0; i < POINTS; i++) {
                const double l = held(types[t], points[i]);

                assert_near(evaluate_row(&e, i, 0),
                            naive_bernoulli(l, held(types[t], greys[k])),
                            2 * (1 + fabs(l)) * rounding(types[t]));
                assert_near(evaluate_mean(&e, i, 0, 0), 1 / (1 + exp(-l)),
                            4 * rounding(types[t]));
            }
        }
        evaluate_close(&e);
    }
}

/* Counts of 2^24 too: the error stays that of the log rate's own rounding, e l,
 * times the slope x - e^l, and a few roundings of ln p. The definition's terms
 * cancel, in long double: `size` is theirs. */
static double count_tolerance(int32_t type, double l, double slope, double p,
                              double size)
{
    return (8 * fabs(p) + 4 * fabs(slope) * (1 + fabs(l)) + 40) *
               rounding(type) +
           4 * 0x1p-63 * size;
}

static const double counts[] = {0,  1,   2,    7,   8,       9,
                                17, 300, 4096, 1e5, 1234567, 0x1p24};
#define COUNTS (sizeof counts / sizeof *counts)

static void poisson_is_the_definition(void **state)
{
    const vae_choice c = evaluate_choice(VAE_POISSON);

    (void)state;
    for (size_t t = 0; t < 2; t++) {
        evaluation e;

        evaluate_open(&e, types[t], COUNTS, 1, &c, "1");
        evaluate_compile(&e, 0, 0, 0);
        for (size_t k = 0; k < POINTS + COUNTS; k++) {
            double y[COUNTS];
            const double given =
                k < POINTS ? points[k] : log(counts[k - POINTS] + 0.5);
            const double l = held(types[t], given < 20 ? given : 20);

            for (size_t i = 0; i < COUNTS; i++)
                y[i] = given;
            evaluate_run(&e, COUNTS, y, counts, NULL, NULL);
            for (size_t i = 0; i < COUNTS; i++) {
                const long double p = naive_poisson(l, counts[i]);

                assert_near(evaluate_row(&e, i, 0), p,
                            count_tolerance(types[t], l, counts[i] - exp(l),
                                            (double)p, lgamma(counts[i] + 2)));
                assert_near(evaluate_mean(&e, i, 0, 0), exp(l),
                            exp(l) * (1 + fabs(l)) * 2 * rounding(types[t]) +
                                0x1p-126);
            }
        }
        evaluate_close(&e);
    }
}

static void negative_binomial_is_the_definition(void **state)
{
    const vae_choice c = evaluate_choice(VAE_NEGATIVE_BINOMIAL);
    const double dispersions[] = {-1e4, -13.9, -6, -0.7, 0, 2.385, 8, 13.9, 50};

    (void)state;
    for (size_t t = 0; t < 2; t++) {
        evaluation e;

        evaluate_open(&e, types[t], COUNTS, 1, &c, "1");
        evaluate_compile(&e, 0, 0, 0);
        for (size_t k = 0; k < 9 * (POINTS + COUNTS); k++) {
            const size_t q = k / 9;
            const double v = dispersions[k % 9];
            const double s = v < -14 ? -14 : v > 14 ? 14 : held(types[t], v);
            const double given =
                q < POINTS ? points[q] : log(counts[q - POINTS] + 0.5);
            const double l = held(types[t], given < 20 ? given : 20);
            const double r = exp(s), mu = exp(l);
            double y[COUNTS];

            for (size_t i = 0; i < COUNTS; i++)
                y[i] = given;
            evaluate_set(&e, e.l.block[0].variable, v);
            evaluate_run(&e, COUNTS, y, counts, NULL, NULL);
            for (size_t i = 0; i < COUNTS; i++) {
                const double x = counts[i], slope = r * (x - mu) / (r + mu);
                const long double p = naive_negative_binomial(l, s, x);
                /* x [s(-t_x) - s(-t)] is rounded term by term, where the
                 * smaller of x and r counts. */
                const double terms =
                    (x < r ? x : r) * (1 + fabs(log((x + 1) / r)));

                assert_near(evaluate_row(&e, i, 0), p,
                            count_tolerance(types[t], fabs(l) + fabs(s), slope,
                                            (double)p, lgamma(x + r + 2)) +
                                4 * terms * rounding(types[t]));
            }
        }
        evaluate_close(&e);
    }
}

static void discretised_logistic_is_the_definition(void **state)
{
    const int cells[] = {0, 1, 17, 128, 254, 255};
    const double log_scales[] = {-5.3, -1.98, 0.7, 30};
    const vae_choice c = evaluate_choice(VAE_DISCRETISED_LOGISTIC);

    (void)state;
    for (size_t t = 0; t < 2; t++) {
        evaluation e;

        evaluate_open(&e, types[t], 6, 1, &c, "1");
        evaluate_compile(&e, 0, 0, 0);
        for (size_t k = 0; k < 4 * POINTS; k++) {
            const double y = points[k / 4],
                         v = held(types[t], log_scales[k % 4]);
            double x[6], rows[6];

            for (size_t i = 0; i < 6; i++) {
                x[i] = cells[i] / 255.0;
                rows[i] = y;
            }
            evaluate_set(&e, e.l.block[0].variable, v);
            evaluate_run(&e, 6, rows, x, NULL, NULL);
            /* s = exp(v) + exp(least), h / ln(2^25) */
            const long double s =
                expl((long double)v) + 1 / (510 * 25 * logl(2));
            for (size_t i = 0; i < 6; i++) {
                const double p = (double)naive_logistic(held(types[t], y),
                                                        logl(s), 256, cells[i]);

                /* A rounding of x and y, which the scale divides, and of a
                 * small 1 - e^-width, of which s itself has some. */
                assert_near(
                    evaluate_row(&e, i, 0), p,
                    (20 + 20 * fabs(p) + 4 * (1 + fabs(y)) / (double)s) *
                        rounding(types[t]));
                assert_near(evaluate_mean(&e, i, 0, 0),
                            y < 0   ? 0
                            : y > 1 ? 1
                                    : y,
                            rounding(types[t]));
            }
        }
        evaluate_close(&e);
    }
}

static void gaussian_is_the_definition_far_out(void **state)
{
    vae_choice c = evaluate_choice(VAE_GAUSSIAN);

    (void)state;
    c.sigma = VAE_SIGMA_LEARNED;
    for (size_t t = 0; t < 2; t++)
        for (size_t k = 0; k < POINTS; k++) {
            const double v = fmin(held(types[t], points[k]), 80);
            const double log_sigma =
                v < 0 ? -6 + log1p(exp(v + 6)) : v + log1p(exp(-6 - v));
            double x[POINTS];
            evaluation e;

            evaluate_open(&e, types[t], POINTS, 1, &c, "1");
            evaluate_set(&e, e.l.block[0].variable, points[k]);
            evaluate_compile(&e, 0, 0, 0);
            for (size_t i = 0; i < POINTS; i++)
                x[i] = 0.75;
            evaluate_run(&e, POINTS, points, x, NULL, NULL);
            for (size_t i = 0; i < POINTS; i++) {
                const double y = held(types[t], points[i]);
                const double p =
                    (double)naive_gaussian(y, expl(log_sigma), 0.75);

                assert_near(evaluate_row(&e, i, 0), p,
                            20 * (1 + fabs(p)) * (1 + fabs(log_sigma)) *
                                rounding(types[t]));
                assert_near(evaluate_mean(&e, i, 0, 0), y, 0);
            }
            evaluate_close(&e);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bernoulli_sums_to_one),
        cmocka_unit_test(a_categorical_sums_to_one),
        cmocka_unit_test(a_discretised_logistic_sums_to_one),
        cmocka_unit_test(a_poisson_sums_to_one),
        cmocka_unit_test(a_negative_binomial_sums_to_one),
        cmocka_unit_test(a_gaussian_integrates_to_one),
        cmocka_unit_test(a_log_normal_integrates_to_one_in_data_units),
        cmocka_unit_test(bernoulli_is_the_definition),
        cmocka_unit_test(poisson_is_the_definition),
        cmocka_unit_test(negative_binomial_is_the_definition),
        cmocka_unit_test(discretised_logistic_is_the_definition),
        cmocka_unit_test(gaussian_is_the_definition_far_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
