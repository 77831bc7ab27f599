/* Rows that are never in one place: sums of EM made on several machines, and a
 * stream that is seen once. */
#include <stdio.h>
#include <stdlib.h>

#include "mixture.h"

#define N 6000
#define MACHINES 3

/* What a machine sends: its sums under the model that it was sent. */
static unsigned char *sums_of(const gmm_model *m, const genmod_data *rows,
                              size_t *n)
{
    gmm_statistics *s = NULL;
    unsigned char *bytes;
    need(gmm_statistics_new(m, &s, NULL), NULL);
    need(gmm_statistics_add(s, rows, NULL), NULL);
    expect(gmm_statistics_save(s, 0, NULL, n, NULL) == GENMOD_TOO_SMALL,
           "the size first");
    bytes = malloc(*n);
    expect(bytes != NULL, "memory");
    need(gmm_statistics_save(s, *n, bytes, n, NULL), NULL);
    gmm_statistics_free(s);
    return bytes;
}

/* One step of EM: the sums of all machines, in their order, and the M-step. */
static void step(gmm_model *m, genmod_data *const part[MACHINES])
{
    gmm_statistics *all = NULL, *one = NULL;
    need(gmm_statistics_new(m, &all, NULL), NULL);
    need(gmm_statistics_new(m, &one, NULL), NULL);
    for (int i = 0; i < MACHINES; i++) {
        size_t n;
        unsigned char *bytes = sums_of(m, part[i], &n);
        need(gmm_statistics_load(one, n, bytes, NULL), NULL);
        need(gmm_statistics_merge(all, one, NULL), NULL);
        free(bytes);
    }
    need(gmm_maximise(m, all, NULL), NULL);
    gmm_statistics_free(one);
    gmm_statistics_free(all);
}

/* What lies long back counts less: here all of it a tenth. */
static void forget(gmm_model *m, genmod_data *const part[MACHINES])
{
    gmm_statistics *s = NULL;
    need(gmm_statistics_new(m, &s, NULL), NULL);
    need(gmm_statistics_add(s, part[0], NULL), NULL);
    need(gmm_statistics_decay(s, 0.1, NULL), NULL);
    need(gmm_statistics_add(s, part[1], NULL), NULL);
    need(gmm_maximise(m, s, NULL), NULL);
    gmm_statistics_free(s);
}

/* Batches of 200 rows, each seen once. */
static gmm_model *stream(double *x, genmod_data *rows)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    need(gmm_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GMM_COMPONENTS, 2, NULL), NULL);
    need(genmod_config_set_f64(c, GMM_STEP_EXPONENT, 0.7, NULL), NULL);
    need(genmod_config_set_f64(c, GMM_STEP_DELAY, 1, NULL), NULL);
    need(gmm_new(c, &m, NULL), NULL);
    for (int i = 0; i < N; i += 200) {
        need(genmod_data_set_rows(rows, GENMOD_F64, 200, 1, x + i, 0, 0, NULL),
             NULL);
        need(gmm_partial_fit(m, rows, NULL), NULL);
    }
    genmod_config_free(c);
    return m;
}

int main(void)
{
    static const double weights[] = {0.3, 0.7}, means[] = {-1.5, 2};
    static const double variances[] = {0.5, 1.25};
    static double x[N];
    genmod_data *part[MACHINES];
    gmm_model *truth = line_mixture(2, weights, means, variances);
    draw_rows(truth, 5, N, x);
    for (int i = 0; i < MACHINES; i++)
        part[i] = view_rows(N / MACHINES, 1, x + i * (N / MACHINES));
    genmod_data *rows = view_rows(N, 1, x);

    const struct recipe two = {.components = 2};
    gmm_model *whole = new_mixture(&two, NULL), *apart = NULL;
    need(gmm_start(whole, rows, NULL), NULL);
    need(gmm_new(NULL, &apart, NULL), NULL);
    need(gmm_copy(whole, apart, NULL), NULL);
    for (int i = 0; i < 20; i++) {
        need(gmm_step(whole, rows, NULL), NULL);
        step(apart, part);
    }
    const double together = mean_log_density(whole, N, 1, x);
    const double parts = mean_log_density(apart, N, 1, x);
    printf("together %.12f, in parts %.12f nats a row\n", together, parts);
    expect(near(together, parts, 1e-10), "the same steps");
    forget(apart, part);

    gmm_model *once = stream(x, rows);
    const double seen = mean_log_density(once, N, 1, x);
    const double known = mean_log_density(truth, N, 1, x);
    printf("seen once %.4f, the truth %.4f\n", seen, known);
    expect(seen > known - 0.01, "one pass is enough");

    gmm_free(once);
    gmm_free(apart);
    gmm_free(whole);
    gmm_free(truth);
    for (int i = 0; i < MACHINES; i++)
        genmod_data_free(part[i]);
    genmod_data_free(rows);
    return 0;
}
