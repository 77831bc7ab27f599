/* Gradients of a mixture's log-density: uphill in x to a mode, and uphill in
 * the parameters, where EM would go, too.
 *
 *     gmm_gradient
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mixture.h"

#define N 400

/* Steps in x along the gradient end where the density has a hill. */
static double climb(const gmm_model *m, double x)
{
    genmod_data *row = view_rows(1, 1, &x);
    double slope = 1;
    for (int i = 0; i < 500 && fabs(slope) > 1e-9; i++) {
        need(gmm_log_density_gradient(m, row, GENMOD_F64, sizeof slope, &slope,
                                      NULL),
             NULL);
        x += 0.2 * slope;
    }
    genmod_data_free(row);
    return x;
}

/* Steps in numbers without bounds keep weights and variances what they are. */
static double ascend(gmm_model *m, const genmod_data *x, double rate)
{
    double theta[6], g[6], mean;
    size_t n = 0;
    need(gmm_get_coordinates(m, 6, theta, &n, NULL), NULL);
    expect(n == 6, "two weights, two means, two deviations");
    for (int i = 0; i < 400; i++) {
        need(gmm_likelihood_gradient(m, x, 6, g, NULL, NULL), NULL);
        for (size_t c = 0; c < n; c++)
            theta[c] += rate * g[c];
        need(gmm_set_coordinates(m, 1, n, theta, NULL), NULL);
    }
    need(gmm_log_likelihood(m, x, &mean, NULL), NULL);
    return mean;
}

/* The row that pulls hardest at the parameters is a strange one. */
static size_t hardest(const gmm_model *m, const genmod_data *x)
{
    static double g[N * 6];
    size_t best = 0;
    double most = 0;
    need(gmm_row_gradients(m, x, sizeof g, g, NULL), NULL);
    for (size_t i = 0; i < N; i++) {
        double square = 0;
        for (size_t c = 0; c < 6; c++)
            square += g[i * 6 + c] * g[i * 6 + c];
        if (square > most) {
            most = square;
            best = i;
        }
    }
    return best;
}

int main(void)
{
    const double w[] = {0.3, 0.7}, mean[] = {-2, 2}, variance[] = {0.5, 1};
    const double half[] = {0.5, 0.5}, near[] = {-1, 1}, wide[] = {2, 2};
    static double x[N];
    gmm_model *truth = line_mixture(2, w, mean, variance);
    gmm_model *m = line_mixture(2, half, near, wide);
    draw_rows(truth, 5, N, x);
    x[17] = 9; /* from elsewhere */
    genmod_data *rows = view_rows(N, 1, x);

    const double left = climb(truth, -0.5), right = climb(truth, 0.5);
    printf("hills at %.4f and %.4f\n", left, right);
    expect(left < -1.9 && right > 1.9, "one hill a component");

    double before, after;
    need(gmm_log_likelihood(m, rows, &before, NULL), NULL);
    after = ascend(m, rows, 0.5);
    printf("%.4f nats a row, after 400 steps %.4f\n", before, after);
    expect(after > before, "uphill");
    expect(hardest(m, rows) == 17, "the strange row");

    genmod_data_free(rows);
    gmm_free(m);
    gmm_free(truth);
    return 0;
}
