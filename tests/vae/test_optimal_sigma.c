/* The standard deviation that is a minibatch's own, and its running average. */
#include "vae/evaluate.h"

#define ROWS 6
#define COPIES 2
#define D 3

static const double x[ROWS * D] = {0.3,   -1.2, 2.1, 0.9, 0.05,  -0.6,
                                   2.385, 1.4,  0.7, -2,  -0.33, 0.25,
                                   1.1,   0.6,  -1,  0,   -0.9,  1.7};

static vae_choice optimal(int32_t shared)
{
    vae_choice c = evaluate_choice(VAE_GAUSSIAN);

    c.sigma = VAE_SIGMA_OPTIMAL;
    c.shared = shared;
    return c;
}

static void fill(double *y)
{
    for (size_t i = 0; i < ROWS * COPIES * D; i++)
        y[i] = 0.6 * sin(1.3 * (double)i + 0.4);
}

/* The weighted mean squared error of column j, or of all if j = D. */
static double variance(const double *y, const double *mask,
                       const double *weight, size_t j)
{
    double sum = 0, count = 0;

    for (size_t i = 0; i < ROWS * COPIES; i++)
        for (size_t c = 0; c < D; c++) {
            const size_t at = i / COPIES * D + c;
            const double w = (mask ? mask[at] : 1) *
                             (weight ? weight[i / COPIES] : 1) *
                             (j == D || j == c);

            if (w == 0)
                continue;
            sum += w * (x[at] - y[i * D + c]) * (x[at] - y[i * D + c]);
            count += w;
        }
    return sum / count;
}

static void check(int32_t type, int32_t shared, const double *mask,
                  const double *weight)
{
    const double tolerance = type == GENMOD_F32 ? 1e-5 : 1e-13;
    const vae_choice c = optimal(shared);
    double y[ROWS * COPIES * D];
    evaluation e;

    fill(y);
    evaluate_open(&e, type, ROWS, COPIES, &c, "3");
    evaluate_compile(&e, NN_TRAIN, mask != NULL, weight != NULL);
    evaluate_run(&e, ROWS, y, x, mask, weight);
    for (size_t i = 0; i < ROWS * COPIES; i++)
        for (size_t j = 0; j < D; j++) {
            const double v = variance(y, mask, weight, shared ? D : j);
            const double p =
                mask && mask[i / COPIES * D + j] == 0
                    ? 0
                    : (double)naive_gaussian(y[i * D + j], exp(-6) + sqrt(v),
                                             x[i / COPIES * D + j]);

            assert_near(evaluate_cell(&e, i / COPIES, i % COPIES, j), p,
                        tolerance * (1 + fabs(p)));
        }
    evaluate_close(&e);
}

static void sigma_is_the_root_mean_square_of_a_column(void **state)
{
    (void)state;
    check(GENMOD_F64, 0, NULL, NULL);
    check(GENMOD_F32, 0, NULL, NULL);
}

static void a_shared_sigma_is_that_of_all_columns(void **state)
{
    (void)state;
    check(GENMOD_F64, 1, NULL, NULL);
    check(GENMOD_F32, 1, NULL, NULL);
}

static const double mask[ROWS * D] = {1, 0, 1, 1, 1, 0, 0, 1, 1,
                                      1, 1, 0, 0, 0, 1, 1, 1, 0};
static const double weight[ROWS] = {1, 0.5, 2.385, 0.7, 3, 1.1};

static void missing_cells_have_no_part_in_sigma(void **state)
{
    (void)state;
    check(GENMOD_F64, 0, mask, NULL);
    check(GENMOD_F64, 1, mask, NULL);
}

static void weights_of_rows_weigh_their_errors(void **state)
{
    (void)state;
    check(GENMOD_F64, 0, NULL, weight);
    check(GENMOD_F64, 1, mask, weight);
}

/* A factor on the root of the error either way makes the minibatch less likely:
 * the optimum is one (its bound below apart). */
static void no_other_sigma_is_more_likely(void **state)
{
    const vae_choice c = optimal(0);
    double y[ROWS * COPIES * D], best = 0, v;
    evaluation e;

    (void)state;
    fill(y);
    evaluate_open(&e, GENMOD_F64, ROWS, COPIES, &c, "3");
    evaluate_compile(&e, NN_TRAIN, 0, 0);
    evaluate_run(&e, ROWS, y, x, NULL, NULL);
    for (size_t i = 0; i < ROWS; i++)
        best += evaluate_row(&e, i, 0) + evaluate_row(&e, i, 1);
    v = variance(y, NULL, NULL, 0);
    for (int side = -1; side <= 1; side += 2) {
        double sum = 0;

        for (size_t i = 0; i < ROWS * COPIES; i++)
            for (size_t j = 0; j < D; j++)
                sum +=
                    (double)naive_gaussian(y[i * D + j],
                                           (1 + 0.05 * side * (j == 0)) *
                                               sqrt(variance(y, NULL, NULL, j)),
                                           x[i / COPIES * D + j]);
        assert_true(sum < best);
    }
    assert_true(v > 0);
    evaluate_close(&e);
}

/* 0.9 of what it was, 0.1 of the minibatch's; committed, evaluation uses it. */
static void the_running_variance_follows(void **state)
{
    const vae_choice c = optimal(0);
    double y[ROWS * COPIES * D];

    (void)state;
    fill(y);
    for (size_t t = 0; t < 2; t++) {
        const double tolerance = t ? 1e-6 : 1e-14;
        evaluation e;

        evaluate_open(&e, t ? GENMOD_F32 : GENMOD_F64, ROWS, COPIES, &c, "3");
        evaluate_set(&e, e.l.block[0].state, 2.5);
        evaluate_compile(&e, NN_UPDATE, 1, 0);
        evaluate_run(&e, ROWS, y, x, mask, NULL);
        assert_near(evaluate_get(&e, 0, 1), 2.5, 0);
        ad_store_commit(e.s);
        for (size_t j = 0; j < D; j++)
            assert_near(evaluate_get(&e, 0, j),
                        0.9 * 2.5 + 0.1 * variance(y, mask, NULL, j),
                        tolerance * 4);
        evaluate_compile(&e, 0, 0, 0);
        evaluate_run(&e, ROWS, y, x, NULL, NULL);
        for (size_t j = 0; j < D; j++)
            assert_near(evaluate_cell(&e, 1, 1, j),
                        naive_gaussian(y[3 * D + j],
                                       exp(-6) + sqrt(evaluate_get(&e, 0, j)),
                                       x[D + j]),
                        tolerance * 10);
        evaluate_close(&e);
    }
}

static void a_column_that_is_missing_throughout_keeps_its_variance(void **state)
{
    const vae_choice c = optimal(0);
    double y[ROWS * COPIES * D], hole[ROWS * D];
    evaluation e;

    (void)state;
    fill(y);
    for (size_t i = 0; i < ROWS * D; i++)
        hole[i] = i % D != 1;
    evaluate_open(&e, GENMOD_F64, ROWS, COPIES, &c, "3");
    evaluate_set(&e, e.l.block[0].state, 2.5);
    evaluate_compile(&e, NN_UPDATE, 1, 0);
    evaluate_run(&e, ROWS, y, x, hole, NULL);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(isfinite(evaluate_row(&e, i, 0)));
    ad_store_commit(e.s);
    assert_near(evaluate_get(&e, 0, 1), 2.5, 0);
    assert_true(evaluate_get(&e, 0, 0) < 2.5);
    evaluate_close(&e);
}

/* sigma = exp(-6) where nothing is left to explain. */
static void a_perfect_decoder_meets_the_bound(void **state)
{
    const vae_choice c = optimal(0);
    double y[ROWS * COPIES * D];

    (void)state;
    for (size_t i = 0; i < ROWS * COPIES; i++)
        memcpy(y + i * D, x + i / COPIES * D, D * sizeof *y);
    for (size_t t = 0; t < 2; t++) {
        evaluation e;

        evaluate_open(&e, t ? GENMOD_F32 : GENMOD_F64, ROWS, COPIES, &c, "3");
        evaluate_compile(&e, NN_TRAIN, 0, 0);
        evaluate_run(&e, ROWS, y, x, NULL, NULL);
        assert_near(evaluate_cell(&e, 2, 1, 1), 6 - 0.5 * log(2 * acos(-1)),
                    t ? 1e-5 : 1e-14);
        evaluate_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigma_is_the_root_mean_square_of_a_column),
        cmocka_unit_test(a_shared_sigma_is_that_of_all_columns),
        cmocka_unit_test(missing_cells_have_no_part_in_sigma),
        cmocka_unit_test(weights_of_rows_weigh_their_errors),
        cmocka_unit_test(no_other_sigma_is_more_likely),
        cmocka_unit_test(the_running_variance_follows),
        cmocka_unit_test(
            a_column_that_is_missing_throughout_keeps_its_variance),
        cmocka_unit_test(a_perfect_decoder_meets_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
