/* Missing cells of digits, against the means of the columns and the rows that
 * are nearest. With an argument the model is trained for longer, and held to
 * more.
 */
#include "vae/trial.h"

#define P 64 /* pixels */
#define TRAIN 1400
#define HELD 397
#define NEAR 10

/* Half the picture of a row: its lower part, or pixels here and there. */
#define LOWER 0
#define SCATTERED 1

static int hidden(size_t row, size_t j, int which)
{
    uint64_t s = row * P + j;
    return which == LOWER ? j >= P / 2
                          : trial_uniform(&s) + trial_uniform(&s) < 1;
}

/* What the nearest training rows by the pixels that are there have. */
static void neighbours(const trial *t, size_t row, int which, double *out)
{
    const double *const y = t->y + row * P;
    double least[NEAR];
    size_t number[NEAR], n = 0;
    for (size_t i = 0; i < t->n; i++) {
        double r = 0;
        size_t at;
        for (size_t j = 0; j < P; j++)
            if (!hidden(row, j, which))
                r += pow(y[j] - t->x[i * P + j], 2);
        if (n == NEAR && r >= least[n - 1])
            continue;
        n += n < NEAR;
        for (at = n - 1; at > 0 && least[at - 1] > r; at--) {
            least[at] = least[at - 1];
            number[at] = number[at - 1];
        }
        least[at] = r;
        number[at] = i;
    }
    for (size_t j = 0; j < P; j++) {
        out[j] = 0;
        for (size_t k = 0; k < NEAR; k++)
            out[j] += t->x[number[k] * P + j] / NEAR;
    }
}

/* Adds the squared error of the hidden pixels. */
static void add_error(const trial *t, size_t row, int which, const double *got,
                      double *sum)
{
    for (size_t j = 0; j < P; j++)
        if (hidden(row, j, which))
            *sum += pow(got[j] - t->y[row * P + j], 2);
}

static void compare(const trial *t, const vae_model *m, int which, size_t draws,
                    int near_too)
{
    double mean[P] = {0}, row[P], ours = 0, means = 0, near = 0;
    double *const holed = trial_take(HELD * P, sizeof *holed);
    double *const out = trial_take(HELD * P, sizeof *out);
    genmod_data *v = NULL;
    for (size_t i = 0; i < TRAIN * P; i++)
        mean[i % P] += t->x[i] / TRAIN;
    for (size_t i = 0; i < HELD * P; i++)
        holed[i] = hidden(i / P, i % P, which) ? NAN : t->y[i];
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, HELD, P, holed, 0, 0, NULL));
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    assert_ok(vae_impute(m, v, GENMOD_MEAN, 3, draws, GENMOD_F64,
                         HELD * P * sizeof *out, out, NULL));
    for (size_t i = 0; i < HELD; i++) {
        neighbours(t, i, which, row);
        add_error(t, i, which, out + i * P, &ours);
        add_error(t, i, which, row, &near);
        add_error(t, i, which, mean, &means);
    }
    print_message("half %d: error %g, of means %g, of neighbours %g\n", which,
                  ours, means, near);
    assert_true(ours < (near_too ? near : 0.7 * means));
    genmod_data_free(v);
    free(holed);
    free(out);
}

static void filling_beats_means(void **state)
{
    (void)state;
    trial t;
    trial_digits(&t, TRAIN, HELD);
    vae_model *const m = trial_fit(
        &t, "input=1x8x8 | encoder=dense 128; relu; dense 128; relu | code=16 "
            "| missing=1 | hide=0.5 | epochs=60 | batch_size=50 | kl_warmup=30 "
            "| learning_rate=0.002 | optimiser=adamw | weight_decay=0.3 | "
            "average=0.998");
    compare(&t, m, LOWER, 20, 0);
    compare(&t, m, SCATTERED, 20, 0);
    vae_free(m);
    trial_close(&t);
}

/* Trained by the bound of Mattei, Frellsen 2019, and for longer. */
static void filling_beats_neighbours(void **state)
{
    (void)state;
    trial t;
    trial_digits(&t, TRAIN, HELD);
    vae_model *const m = trial_fit(
        &t, "input=1x8x8 | encoder=dense 256; relu; dense 256; relu | code=16 "
            "| missing=1 | hide=0.5 | objective=iwae | samples=10 | epochs=200 "
            "| batch_size=50 | kl_warmup=30 | learning_rate=0.002 | "
            "optimiser=adamw | weight_decay=0.3 | average=0.999");
    compare(&t, m, LOWER, 1000, 1);
    compare(&t, m, SCATTERED, 1000, 1);
    vae_free(m);
    trial_close(&t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest quick[] = {cmocka_unit_test(filling_beats_means)};
    const struct CMUnitTest slow[] = {
        cmocka_unit_test(filling_beats_neighbours)};
    (void)argv;
    return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL)
                    : cmocka_run_group_tests(quick, NULL, NULL);
}
