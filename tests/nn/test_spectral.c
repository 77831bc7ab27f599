#include "nn/trial.h"

#define ROWS 2

/* The greatest singular value of a [n, m], by the eigenvalues of A^T A. */
static double greatest(const double *a, size_t n, size_t m)
{
    double *const square = calloc(m * m, sizeof *square);
    double *const e = malloc(3 * m * sizeof *e);
    double *const v = malloc(m * m * sizeof *v);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            for (size_t k = 0; k < m; k++)
                square[j * m + k] += a[i * m + j] * a[i * m + k];
    assert_true(kern_eigen(m, square, m, e, v, m, e + m));
    const double value = sqrt(e[m - 1]);
    free(square);
    free(e);
    free(v);
    return value;
}

typedef struct spectrum {
    const char *shape, *text;
    size_t rest, last;
} spectrum;

static const spectrum spectra[] = {{"7", "sn dense 5 nobias", 7, 5},
                                   {"3", "sn dense 8 nobias", 3, 8},
                                   {"3x4x5", "sn conv 4 k2x3 nobias", 18, 4},
                                   {"3x4x5", "sn deconv 4 k2 nobias", 16, 3}};

/* What the layer divides its product by: plain over normed output. */
static double divisor(trial *t, const spectrum *s, int flags)
{
    const size_t n = ROWS * (size_t)nn_size_elements(nn_net_output(t->net));
    trial plain;

    trial_new(&plain, s->shape, s->text + 3, ROWS);
    memcpy(trial_value(&plain, "0.weight"), trial_value(t, "0.weight"),
           s->rest * s->last * sizeof(double));
    t->pass.n = 0;
    double *const y = trial_run(t, trial_apply(t, flags));
    double *const x = trial_run(&plain, trial_apply(&plain, flags));
    const double sigma = x[0] / y[0];
    for (size_t i = 0; i < n; i++)
        assert_near(y[i] * sigma, x[i], 1e-11);
    trial_free(&plain);
    free(x);
    free(y);
    return sigma;
}

static void random_unit(trial *t, const char *name, size_t n)
{
    double *const v = trial_value(t, name);
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    for (size_t i = 0; i < n; i++)
        v[i] /= sqrt(sum);
}

static void updates_converge_to_the_greatest_singular_value(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof spectra / sizeof spectra[0]; k++) {
        const spectrum *const s = &spectra[k];
        trial t;
        trial_new(&t, s->shape, s->text, ROWS);
        random_unit(&t, "0.spectral_u", s->last);
        random_unit(&t, "0.spectral_v", s->rest);
        const double sigma =
            greatest(trial_value(&t, "0.weight"), s->rest, s->last);
        double last = 0;
        for (int step = 0; step < 300; step++) {
            const double now = divisor(&t, s, NN_UPDATE);
            assert_int_equal(t.pass.n, 2);
            /* each iteration's quotient is below, and rises */
            assert_true(now <= sigma * (1 + 1e-12));
            assert_true(now >= last * (1 - 1e-12));
            last = now;
            ad_store_commit(t.s);
        }
        assert_near(last, sigma, 1e-9 * sigma);
        /* the stored pair serves evaluation */
        assert_near(divisor(&t, s, 0), sigma, 1e-9 * sigma);
        assert_int_equal(t.pass.n, 0);
        trial_free(&t);
    }
}

static void only_updates_iterate_the_pair(void **state)
{
    static const int flags[] = {0, NN_TRAIN};

    (void)state;
    for (size_t k = 0; k < sizeof spectra / sizeof spectra[0]; k++) {
        const spectrum *const s = &spectra[k];
        trial t;
        trial_new(&t, s->shape, s->text, ROWS);
        const double *const a = trial_value(&t, "0.weight");
        double sigma = 0;
        for (size_t i = 0; i < s->rest; i++)
            for (size_t j = 0; j < s->last; j++)
                sigma += trial_value(&t, "0.spectral_v")[i] *
                         a[i * s->last + j] *
                         trial_value(&t, "0.spectral_u")[j];
        for (size_t i = 0; i < 2; i++) {
            assert_near(divisor(&t, s, flags[i]), sigma, 1e-10 * fabs(sigma));
            assert_int_equal(t.pass.n, 0);
        }
        trial_free(&t);
    }
}

/* One iteration by hand: v' = A u / |A u|, u' = A^T v' / |A^T v'|. */
static void successors_are_one_power_iteration(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof spectra / sizeof spectra[0]; k++) {
        const spectrum *const s = &spectra[k];
        trial t;
        double u[32], v[32];
        trial_new(&t, s->shape, s->text, ROWS);
        memcpy(u, trial_value(&t, "0.spectral_u"), s->last * sizeof *u);
        nn_power_iteration(s->rest, s->last, trial_value(&t, "0.weight"), 1, u,
                           v);
        divisor(&t, s, NN_TRAIN | NN_UPDATE);
        trial_near(s->last, trial_next(&t, "0.spectral_u"), u, 1e-12);
        trial_near(s->rest, trial_next(&t, "0.spectral_v"), v, 1e-12);
        trial_free(&t);
    }
}

/* sum of squares of x W / sigma, sigma = v^T W u of the stored pair: its
 * gradient in W is taken by central differences. */
static double objective(trial *t)
{
    double *const y = trial_run(t, trial_apply(t, 0));
    double sum = 0;

    for (size_t i = 0; i < ROWS * 5; i++)
        sum += y[i] * y[i];
    free(y);
    return sum;
}

static void gradient_goes_through_the_norm_but_not_the_pair(void **state)
{
    trial t;
    ad_node grad;

    (void)state;
    trial_new(&t, "7", "sn dense 5 nobias", ROWS);
    double *const a = trial_value(&t, "0.weight");
    const ad_node y = trial_apply(&t, NN_UPDATE);
    const ad_node loss = ad_sum_all(t.g, ad_square(t.g, y));
    const ad_node weight = ad_variable(t.g, t.s, trial_index(&t, "0.weight"));
    assert_ok(ad_grad(t.g, loss, AD_NONE, 1, &weight, &grad));
    double *const da = trial_run(&t, grad);
    ad_store_commit(t.s); /* the pair that was used, far from its limit */
    double expected[35];
    t.pass.n = 0;
    for (size_t i = 0; i < 35; i++) {
        const double old = a[i], h = 1e-5;
        a[i] = old + h;
        expected[i] = objective(&t);
        a[i] = old - h;
        expected[i] = (expected[i] - objective(&t)) / (2 * h);
        a[i] = old;
    }
    /* h^2 of the third derivative, 2^-53 / h of the values */
    trial_near(35, da, expected, 1e-8);
    free(da);
    trial_free(&t);
}

static void first_pair_is_of_unit_length_and_near_the_norm(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof spectra / sizeof spectra[0]; k++) {
        const spectrum *const s = &spectra[k];
        trial t;
        double u2 = 0, v2 = 0;
        trial_new(&t, s->shape, s->text, ROWS);
        assert_ok(nn_initialise(t.net, t.s, 3, t.w));
        for (size_t i = 0; i < s->last; i++)
            u2 += pow(trial_value(&t, "0.spectral_u")[i], 2);
        for (size_t i = 0; i < s->rest; i++)
            v2 += pow(trial_value(&t, "0.spectral_v")[i], 2);
        assert_near(u2, 1, 1e-14);
        assert_near(v2, 1, 1e-14);
        const double sigma =
            greatest(trial_value(&t, "0.weight"), s->rest, s->last);
        const double first = divisor(&t, s, 0);
        assert_true(first > 0.9 * sigma && first < sigma * (1 + 1e-12));
        trial_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_converge_to_the_greatest_singular_value),
        cmocka_unit_test(only_updates_iterate_the_pair),
        cmocka_unit_test(successors_are_one_power_iteration),
        cmocka_unit_test(gradient_goes_through_the_norm_but_not_the_pair),
        cmocka_unit_test(first_pair_is_of_unit_length_and_near_the_norm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
