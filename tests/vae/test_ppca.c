/* A linear variational autoencoder is probabilistic PCA (Tipping, Bishop 1999;
 * Lucas et al. 2019), of which all is known: its likelihood, its best weights,
 * its posterior. */
#include "vae/lab.h"

#include <stdio.h>

#include "kern/kern.h"
#include "vae/trial.h"

#define N 200
#define D 5
#define Z 2
#define LN_2PI 1.8378770664093453

/* The maximum of the likelihood: equations (7) and (8) of Tipping, Bishop. */
typedef struct ppca {
    double mean[D], value[D], axis[D][D]; /* axis[j]: a unit vector */
    double variance;                      /* sigma^2 */
    double likelihood;                    /* of a row of the data, the mean */
} ppca;

static void solve(const double *x, ppca *p)
{
    double a[D * D] = {0}, axes[D * D], work[2 * D];
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < N * D; i++)
        p->mean[i % D] += x[i] / N;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            for (size_t k = 0; k < D; k++)
                a[j * D + k] += (x[i * D + j] - p->mean[j]) *
                                (x[i * D + k] - p->mean[k]) / N;
    double value[D];
    assert_int_equal(kern_eigen(D, a, D, value, axes, D, work), 1);
    /* the least first; an axis is a column */
    for (size_t j = 0; j < D; j++) {
        p->value[j] = value[D - 1 - j];
        for (size_t k = 0; k < D; k++)
            p->axis[j][k] = axes[k * D + D - 1 - j];
    }
    for (size_t j = Z; j < D; j++)
        p->variance += p->value[j] / (D - Z);
    p->likelihood = D * LN_2PI + D;
    for (size_t j = 0; j < D; j++)
        p->likelihood += log(j < Z ? p->value[j] : p->variance);
    p->likelihood *= -0.5;
}

/* ln N(x; mean, W W' + sigma^2) */
static double log_density(const ppca *p, const double *x)
{
    double sum = D * LN_2PI, rest = 0;
    for (size_t k = 0; k < D; k++)
        rest += pow(x[k] - p->mean[k], 2);
    for (size_t j = 0; j < Z; j++) {
        double y = 0;
        for (size_t k = 0; k < D; k++)
            y += p->axis[j][k] * (x[k] - p->mean[k]);
        sum += log(p->value[j]) + y * y / p->value[j];
        rest -= y * y;
    }
    return -0.5 * (sum + (D - Z) * log(p->variance) + rest / p->variance);
}

/* Weights whose posterior has independent codes: W's columns are orthogonal. */
typedef struct weights {
    double encoder[D * 2 * Z], encoder_bias[2 * Z];
    double decoder[Z * D], decoder_bias[D];
} weights;

static void best_weights(const ppca *p, weights *w)
{
    memset(w, 0, sizeof *w);
    memcpy(w->decoder_bias, p->mean, sizeof p->mean);
    for (size_t j = 0; j < Z; j++) {
        const double length = sqrt(p->value[j] - p->variance);
        w->encoder_bias[Z + j] = log(p->variance / p->value[j]);
        for (size_t k = 0; k < D; k++) {
            const double back = length * p->axis[j][k];
            w->decoder[j * D + k] = back;
            w->encoder[k * 2 * Z + j] = back / p->value[j];
            w->encoder_bias[j] -= back / p->value[j] * p->mean[k];
        }
    }
}

#define LINEAR \
    "encoder=flatten | decoder=flatten | code=2 | sigma=fixed | standardise=0"

static void rows(double *x)
{
    uint64_t s = 12;
    for (size_t i = 0; i < N; i++) {
        const double a = 1.7 * trial_normal(&s), b = trial_normal(&s);
        for (size_t j = 0; j < D; j++)
            x[i * D + j] = 0.4 * (double)j - 1 + a * cos(0.9 * (double)j) +
                           b * sin(1.7 * (double)j) + 0.45 * trial_normal(&s);
    }
}

/* sigma_value is an option, with all its digits. */
static void options_of(const ppca *p, char *out, size_t room, const char *more)
{
    const int n = snprintf(out, room, LINEAR " | sigma_value=%.17g%s",
                           sqrt(p->variance), more);
    assert_in_range(n, 0, room - 1);
}

typedef struct scene {
    double x[N * D];
    ppca p;
    weights w;
    char options[300];
} scene;

static void open_scene(scene *s, const char *more)
{
    rows(s->x);
    solve(s->x, &s->p);
    best_weights(&s->p, &s->w);
    options_of(&s->p, s->options, sizeof s->options, more);
}

/* ---- in the library's own precision -------------------------------------- */

static vae_model *best_model(const scene *s, const genmod_data *x)
{
    vae_model *const m = trial_model(s->options);
    const struct {
        const char *name;
        size_t n;
        const double *v;
    } part[] = {{"encoder.1.weight", D * 2 * Z, s->w.encoder},
                {"encoder.1.bias", 2 * Z, s->w.encoder_bias},
                {"decoder.1.weight", Z * D, s->w.decoder},
                {"decoder.1.bias", D, s->w.decoder_bias}};
    assert_ok(vae_start(m, x, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_ok(vae_set_params(m, part[i].name, part[i].n, part[i].v, NULL));
    return m;
}

/* With the exact posterior every draw's weight is the likelihood. */
static void one_draw_gives_the_likelihood(void **state)
{
    scene s;
    double *const out = trial_take(2 * N * 3, sizeof *out);
    double *const likelihood = out + N * 3, *const error = likelihood + N;
    genmod_data *v = NULL;
    (void)state;
    open_scene(&s, "");
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, N, D, s.x, 0, 0, NULL));
    vae_model *const m = best_model(&s, v);
    assert_ok(vae_log_weights(m, v, 5, 0, 3, N * 3 * sizeof *out, out, NULL));
    assert_ok(vae_log_likelihood(m, v, 6, 2, N * sizeof *likelihood, likelihood,
                                 error, NULL));
    for (size_t i = 0; i < N; i++) {
        const double want = log_density(&s.p, s.x + i * D);
        /* ln p is a difference of terms of some 10 nats; floats */
        for (size_t k = 0; k < 3; k++)
            assert_near(out[i * 3 + k], want, 1e-5 * (1 + fabs(want)));
        assert_near(likelihood[i], want, 1e-5 * (1 + fabs(want)));
        assert_near(error[i], 0, 1e-4);
    }
    assert_near(trial_bound(m, v, N, 50, 0), s.p.likelihood, 0.05);
    vae_free(m);
    genmod_data_free(v);
    free(out);
}

/* From random weights: the likelihood, not just the bound. */
static void training_finds_the_closed_form(void **state)
{
    scene s;
    genmod_data *v = NULL;
    (void)state;
    open_scene(&s, " | batch_size=50 | epochs=2000 | learning_rate=0.01 | "
                   "kl_warmup=0 | samples=4 | schedule=cosine | "
                   "schedule_steps=8000 | schedule_factor=0.001");
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, N, D, s.x, 0, 0, NULL));
    for (int seed = 0; seed < 2; seed++) {
        char text[340];
        const int n =
            snprintf(text, sizeof text, "%s | seed=%d", s.options, seed);
        assert_in_range(n, 0, sizeof text - 1);
        vae_model *const m = trial_model(text);
        assert_ok(vae_fit(m, v, NULL, NULL, NULL, NULL));
        const double got = trial_likelihood(m, v, N, 100);
        assert_near(got, s.p.likelihood, 1e-3 * fabs(s.p.likelihood));
        vae_free(m);
    }
    genmod_data_free(v);
}

/* ---- in double precision ------------------------------------------------- */

static void set(const lab *l, const weights *w)
{
    const struct {
        const char *head, *tail;
        size_t n;
        const double *v;
    } part[] = {{"encoder.", ".weight", D * 2 * Z, w->encoder},
                {"encoder.", ".bias", 2 * Z, w->encoder_bias},
                {"decoder.", ".weight", Z * D, w->decoder},
                {"decoder.", ".bias", D, w->decoder_bias}};
    for (size_t i = 0; i < 4; i++) {
        size_t n;
        double *const to =
            lab_value(l, lab_find(l, part[i].head, part[i].tail), &n);
        assert_int_equal(n, part[i].n);
        memcpy(to, part[i].v, n * sizeof *to);
    }
}

static void one_draw_gives_all_digits_of_the_likelihood(void **state)
{
    double codes[2][N * Z];
    scene s;
    lab l;
    (void)state;
    open_scene(&s, "");
    lab_open(&l, s.options, D, NULL, NULL);
    set(&l, &s.w);
    lab_compile(&l, VAE_ENCODE, N);
    lab_put(&l, "x", N * D, s.x);
    lab_run(&l, 0);
    for (size_t i = 0; i < 2; i++)
        memcpy(codes[i], lab_output(&l, i), sizeof codes[i]);
    lab_compile(&l, VAE_WEIGH, N);
    for (uint64_t step = 0; step < 4; step++) {
        lab_put(&l, "x", N * D, s.x);
        lab_put(&l, "mean", N * Z, codes[0]);
        lab_put(&l, "log_variance", N * Z, codes[1]);
        lab_run(&l, step);
        for (size_t i = 0; i < N; i++) {
            const double want = log_density(&s.p, s.x + i * D);
            assert_near(lab_output(&l, 0)[i] + lab_output(&l, 1)[i], want,
                        1e-10 * (1 + fabs(want)));
        }
    }
    lab_close(&l);
}

/* The evidence lower bound of a row, the mean, in closed form: E |x - W z -
 * b|^2 = |x - W m - b|^2 + the trace of W S W'. */
static double closed_bound(const scene *s, const weights *w)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        const double *const x = s->x + i * D;
        double m[2 * Z], error = 0, kl = 0;
        for (size_t j = 0; j < 2 * Z; j++) {
            m[j] = w->encoder_bias[j];
            for (size_t k = 0; k < D; k++)
                m[j] += x[k] * w->encoder[k * 2 * Z + j];
        }
        for (size_t j = 0; j < Z; j++)
            kl += 0.5 * (m[j] * m[j] + exp(m[Z + j]) - 1 - m[Z + j]);
        for (size_t k = 0; k < D; k++) {
            double e = x[k] - w->decoder_bias[k];
            for (size_t j = 0; j < Z; j++) {
                e -= w->decoder[j * D + k] * m[j];
                error += pow(w->decoder[j * D + k], 2) * exp(m[Z + j]);
            }
            error += e * e;
        }
        sum -= kl + 0.5 * (error / s->p.variance +
                           D * (log(s->p.variance) + LN_2PI));
    }
    return sum / N;
}

static double slope(const scene *s, weights *w, double *v)
{
    const double h = 1e-4, old = *v;
    double f[2];
    *v = old + h;
    f[0] = closed_bound(s, w);
    *v = old - h;
    f[1] = closed_bound(s, w);
    *v = old;
    return (f[0] - f[1]) / (2 * h);
}

#define REPLAYS 400
#define WEIGHTS (sizeof(weights) / sizeof(double))

/* Mean and standard error over draws of the gradient in all weights. */
static void gradients(const scene *s, const weights *w, const char *gradient,
                      double *mean, double *error)
{
    static const char *const parts[4][2] = {{"encoder.", ".weight"},
                                            {"encoder.", ".bias"},
                                            {"decoder.", ".weight"},
                                            {"decoder.", ".bias"}};
    const double one = 1;
    double ones[N];
    lab l;
    lab_open(&l, s->options, D, NULL, NULL);
    lab_set(&l, gradient);
    set(&l, w);
    lab_compile_update(&l, N);
    memset(mean, 0, WEIGHTS * sizeof *mean);
    memset(error, 0, WEIGHTS * sizeof *error);
    for (size_t i = 0; i < N; i++)
        ones[i] = 1;
    for (uint64_t step = 0; step < REPLAYS; step++) {
        size_t at = 0, n;
        lab_put(&l, "x", N * D, s->x);
        lab_put(&l, "weight", N, ones);
        lab_put(&l, "beta", 1, &one);
        lab_run(&l, step);
        for (size_t p = 0; p < 4; p++) {
            const size_t i = lab_find(&l, parts[p][0], parts[p][1]);
            (void)lab_value(&l, i, &n);
            for (size_t j = 0; j < n; j++, at++) {
                const double g = lab_gradient(&l, i)[j];
                mean[at] += g / REPLAYS;
                error[at] += g * g / REPLAYS;
            }
        }
        assert_int_equal(at, WEIGHTS);
    }
    for (size_t i = 0; i < WEIGHTS; i++)
        error[i] = sqrt((error[i] - mean[i] * mean[i]) / REPLAYS);
    lab_close(&l);
}

/* At the best weights no draw has a wish for the encoder where its gradient
 * goes by way of the codes alone (Roeder, Wu, Duvenaud 2017); with any
 * estimator the mean has none. */
static void nothing_is_left_to_learn_at_the_best_weights(void **state)
{
    static const char *const estimators[] = {
        "gradient=standard", "gradient=stl", "objective=iwae | samples=3",
        "objective=iwae | samples=3 | gradient=dreg"};
    static double mean[WEIGHTS], error[WEIGHTS];
    scene s;
    (void)state;
    open_scene(&s, "");
    assert_near(closed_bound(&s, &s.w), s.p.likelihood, 1e-12);
    for (size_t i = 0; i < WEIGHTS; i++)
        assert_near(slope(&s, &s.w, (double *)&s.w + i), 0, 1e-6);
    for (size_t k = 0; k < 4; k++) {
        const int lands = k == 1 || k == 3;
        gradients(&s, &s.w, estimators[k], mean, error);
        for (size_t i = 0; i < WEIGHTS; i++) {
            const int encoder = i < D * 2 * Z + 2 * Z;
            if (lands && encoder)
                assert_near(mean[i], 0, 1e-12);
            else
                assert_near(mean[i], 0, 4.5 * error[i]);
            assert_true(error[i] < 0.05);
        }
    }
}

/* Elsewhere the mean over draws is the closed form's slope. */
static void the_mean_gradient_is_the_slope_of_the_closed_form(void **state)
{
    static double mean[WEIGHTS], error[WEIGHTS];
    uint64_t seed = 4;
    size_t wide = 0;
    scene s;
    (void)state;
    open_scene(&s, "");
    for (size_t i = 0; i < WEIGHTS; i++)
        ((double *)&s.w)[i] += 0.1 * trial_normal(&seed);
    gradients(&s, &s.w, "samples=1", mean, error);
    for (size_t i = 0; i < WEIGHTS; i++) {
        const double want = -slope(&s, &s.w, (double *)&s.w + i);
        assert_near(mean[i], want, 4.5 * error[i] + 1e-6);
        wide += fabs(want) > 20 * error[i];
    }
    assert_true(wide > WEIGHTS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_draw_gives_the_likelihood),
        cmocka_unit_test(one_draw_gives_all_digits_of_the_likelihood),
        cmocka_unit_test(nothing_is_left_to_learn_at_the_best_weights),
        cmocka_unit_test(the_mean_gradient_is_the_slope_of_the_closed_form),
        cmocka_unit_test(training_finds_the_closed_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
