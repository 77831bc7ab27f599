/* What is strange: cells of mixed tables, and digits that training did not see.
 */
#include "vae/trial.h"

#include "kern/kern.h"

#define P 64 /* pixels */
#define TRAIN 1400
#define HELD 397

/* ---- strange cells ------------------------------------------------------- */

#define C 8

static const int32_t kinds[C] = {
    GENMOD_REAL,        GENMOD_REAL,   GENMOD_POSITIVE,    GENMOD_COUNT,
    GENMOD_CATEGORICAL, GENMOD_BINARY, GENMOD_CATEGORICAL, GENMOD_REAL};
static const int32_t levels[C] = {0, 0, 0, 0, 4, 0, 3, 0};

/* Two numbers a row determine its cells, but for a little noise. */
static void mixed_row(uint64_t *s, double *x)
{
    const double a = trial_normal(s), b = trial_normal(s);
    x[0] = 2 * a + 0.2 * trial_normal(s);
    x[1] = 5 - a + b + 0.2 * trial_normal(s);
    x[2] = exp(0.7 * b + 0.1 * trial_normal(s));
    x[3] = floor(20 + 6 * a + trial_normal(s));
    x[3] = x[3] < 0 ? 0 : x[3];
    x[4] = (double)(a > -1) + (double)(a > 0) + (double)(a > 1);
    x[5] = a + b > 0;
    x[6] = (double)(b > -0.5) + (double)(b > 0.5);
    x[7] = 3 * b - a + 0.2 * trial_normal(s);
}

/* Another value of the column, which its row does not lead one to expect. */
static double corrupt(size_t j, double x)
{
    switch (j) {
    case 2:
        return x * 20;
    case 3:
        return x + 60;
    case 4:
        return x < 2 ? 3 : 0;
    case 5:
        return 1 - x;
    case 6:
        return x < 1 ? 2 : 0;
    default:
        return x + 12;
    }
}

static void the_corrupted_column_ranks_first(void **state)
{
    (void)state;
    enum { n = 2000, held = 400 };
    trial t;
    uint64_t s = 2;
    size_t right = 0;
    trial_open(&t, n, held, C);
    for (size_t i = 0; i < n + held; i++)
        mixed_row(&s, t.x + i * C);
    trial_show(&t);
    assert_ok(genmod_data_set_schema(t.train, C, kinds, levels, NULL));
    assert_ok(genmod_data_set_schema(t.test, C, kinds, levels, NULL));
    for (size_t i = 0; i < held; i++)
        t.y[i * C + i % C] = corrupt(i % C, t.y[i * C + i % C]);
    double *const blame = trial_take(held * C, sizeof *blame);
    vae_model *const m = trial_fit(
        &t, "encoder=dense 32; relu; dense 32; relu | code=3 | missing=1 | "
            "hide=0.3 | epochs=40 | batch_size=50 | learning_rate=0.005");
    assert_ok(
        vae_anomaly_columns(m, t.test, held * C * sizeof *blame, blame, NULL));
    for (size_t i = 0; i < held; i++) {
        size_t most = 0;
        for (size_t j = 1; j < C; j++)
            if (blame[i * C + j] > blame[i * C + most])
                most = j;
        right += most == i % C;
    }
    if (right < 0.95 * held)
        fail_msg("%zu of %d columns found", right, held);
    free(blame);
    vae_free(m);
    trial_close(&t);
}

/* ---- strange rows -------------------------------------------------------- */

/* The share of pairs of an odd row and an ordinary one that a score orders. */
static double area(size_t n, const double *score, const int32_t *labels,
                   int32_t odd)
{
    double right = 0, pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (labels[i] == odd && labels[k] != odd) {
                pairs++;
                right += score[i] > score[k]    ? 1
                         : score[i] == score[k] ? 0.5
                                                : 0;
            }
    return right / pairs;
}

/* Squared distance to the plane of the first k components of the rows. */
static void distances(size_t n, const double *x, size_t held, const double *y,
                      size_t k, double *out)
{
    double *const a = trial_take(2 * P * P + 4 * P, sizeof *a);
    double *const axes = a + P * P, *const value = axes + P * P;
    double *const work = value + P, *const mean = work + 2 * P;
    for (size_t i = 0; i < n * P; i++)
        mean[i % P] += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < P; p++)
            for (size_t q = 0; q < P; q++)
                a[p * P + q] += (x[i * P + p] - mean[p]) *
                                (x[i * P + q] - mean[q]) / (double)n;
    assert_int_equal(kern_eigen(P, a, P, value, axes, P, work), 1);
    for (size_t i = 0; i < held; i++) {
        out[i] = 0;
        for (size_t p = 0; p < P; p++)
            out[i] += pow(y[i * P + p] - mean[p], 2);
        for (size_t c = P - k; c < P; c++) {
            double along = 0;
            for (size_t p = 0; p < P; p++)
                along += axes[p * P + c] * (y[i * P + p] - mean[p]);
            out[i] -= along * along;
        }
    }
    free(a);
}

/* Each digit in turn is left out of training and is to be found among the
 * others. */
static void strange_digits_are_found_as_well_as_by_components(void **state)
{
    (void)state;
    trial t;
    double ours = 0, pca[4] = {0}, best = 0;
    trial_digits(&t, TRAIN, HELD);
    double *const x = trial_take(TRAIN * P, sizeof *x);
    double *const score = trial_take(HELD, sizeof *score);
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    for (int32_t odd = 0; odd < 10; odd++) {
        size_t n = 0;
        for (size_t i = 0; i < TRAIN; i++)
            if (t.labels[i] != odd)
                memcpy(x + P * n++, t.x + i * P, P * sizeof *x);
        assert_ok(genmod_data_set_rows(v, GENMOD_F64, n, P, x, 0, 0, NULL));
        vae_model *const m = trial_model(
            "encoder=dense 128; relu; dense 64; relu | code=12 | epochs=12 | "
            "batch_size=50 | learning_rate=0.002 | standardise=0 | "
            "sigma=fixed | sigma_value=0.1");
        assert_ok(vae_fit(m, v, NULL, NULL, NULL, NULL));
        assert_ok(vae_anomaly(m, t.test, HELD * sizeof *score, score, NULL));
        ours += area(HELD, score, t.labels + TRAIN, odd) / 10;
        for (size_t k = 0; k < 4; k++) {
            static const size_t components[] = {8, 12, 16, 24};
            distances(n, x, HELD, t.y, components[k], score);
            pca[k] += area(HELD, score, t.labels + TRAIN, odd) / 10;
        }
        vae_free(m);
    }
    for (size_t k = 0; k < 4; k++)
        best = fmax(best, pca[k]);
    if (ours < best)
        fail_msg("area %g, components %g", ours, best);
    genmod_data_free(v);
    free(x);
    free(score);
    trial_close(&t);
}

static void at_most_a_share_of_the_rows_is_above_the_threshold(void **state)
{
    (void)state;
    enum { n = 101 };
    trial t;
    uint64_t s = 3;
    double score[n], bound = NAN;
    trial_open(&t, n, 1, C);
    for (size_t i = 0; i < n; i++)
        mixed_row(&s, t.x + i * C);
    trial_show(&t);
    vae_model *const m = trial_fit(&t, "code=2 | epochs=2 | batch_size=20");
    assert_ok(vae_anomaly(m, t.train, sizeof score, score, NULL));
    for (int share = 0; share < 100; share += 9) {
        size_t above = 0, reach = 0;
        assert_ok(vae_threshold(m, t.train, share / 100.0, &bound, NULL));
        for (size_t i = 0; i < n; i++) {
            above += score[i] > bound;
            reach += score[i] >= bound;
        }
        assert_true((double)above <= share / 100.0 * n);
        assert_true((double)reach > share / 100.0 * n);
    }
    assert_status(vae_threshold(m, t.train, 1, &bound, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    vae_free(m);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_a_share_of_the_rows_is_above_the_threshold),
        cmocka_unit_test(the_corrupted_column_ranks_first),
        cmocka_unit_test(strange_digits_are_found_as_well_as_by_components),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
