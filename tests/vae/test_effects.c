/* Every option moves what it is for, in the direction and by the amount that
 * its row of the table says, on rows that training did not see. */
#include "vae/trial.h"

#include <stdio.h>

#define N 1200
#define HELD 300

/* What a model with these options gives, of rows that the effect names. */
typedef double figure(const trial *t, const char *options);

static void join(char *out, size_t room, const char *a, const char *b)
{
    const int n = snprintf(out, room, "%s%s%s", a, *a && *b ? " | " : "", b);
    assert_in_range(n, 0, room - 1);
}

/* ---- figures of a trained model ------------------------------------------ */

static double bound(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_bound(m, t->test, t->held, 8, 0);
    vae_free(m);
    return v;
}

static double divergence(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_bound(m, t->test, t->held, 1, 2);
    vae_free(m);
    return v;
}

static double likelihood(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_likelihood(m, t->test, t->held, 100);
    vae_free(m);
    return v;
}

static double reported(const trial *t, const char *options, const char *key)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_number(m, key);
    vae_free(m);
    return v;
}

static double updates(const trial *t, const char *options)
{
    return reported(t, options, VAE_REPORT_STEPS);
}

static double passes(const trial *t, const char *options)
{
    return reported(t, options, VAE_REPORT_EPOCHS);
}

static double log_rate(const trial *t, const char *options)
{
    return log(reported(t, options, VAE_REPORT_LEARNING_RATE));
}

static double passes_of_two_fits(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    assert_ok(vae_fit(m, t->train, NULL, NULL, NULL, NULL));
    const double v = trial_number(m, VAE_REPORT_EPOCHS);
    vae_free(m);
    return v;
}

static double early_divergence(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = trial_series(m, VAE_REPORT_KL_HISTORY, 1);
    vae_free(m);
    return v;
}

static double least_divergence_of_a_code(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    double least = INFINITY;
    for (size_t j = 0; j < vae_code_size(m); j++)
        least =
            fmin(least, trial_series(m, VAE_REPORT_KL_PER_CODE, (int64_t)j));
    vae_free(m);
    return least;
}

static double nearness_to_3_nats(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = -fabs(trial_bound(m, t->test, t->held, 1, 2) - 3);
    vae_free(m);
    return v;
}

/* Less the squares of the codes' means and of their variances less 1. */
static double normality_of_codes(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const size_t z = vae_code_size(m);
    double *const codes = trial_take(t->held * z, sizeof *codes), far = 0;
    assert_ok(vae_encode_sample(m, t->test, 4, GENMOD_F64,
                                t->held * z * sizeof *codes, codes, NULL));
    for (size_t j = 0; j < z; j++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < t->held; i++) {
            mean += codes[i * z + j] / (double)t->held;
            square += pow(codes[i * z + j], 2) / (double)t->held;
        }
        far += mean * mean + pow(square - mean * mean - 1, 2);
    }
    free(codes);
    vae_free(m);
    return -far;
}

/* Variance of drawn rows' means, over the columns, in units of the data's. */
static double spread_of_samples(const trial *t, const char *options)
{
    enum { n = 500 };
    vae_model *const m = trial_fit(t, options);
    double *const x = trial_take(n * t->d, sizeof *x), ratio = 0;
    assert_ok(vae_sample(m, 5, 0, n, GENMOD_MEAN, NULL, GENMOD_F64,
                         n * t->d * sizeof *x, x, NULL));
    for (size_t j = 0; j < t->d; j++) {
        double a = 0, b = 0, aa = 0, bb = 0;
        for (size_t i = 0; i < n; i++) {
            a += x[i * t->d + j] / n;
            aa += pow(x[i * t->d + j], 2) / n;
        }
        for (size_t i = 0; i < t->n; i++) {
            b += t->x[i * t->d + j] / (double)t->n;
            bb += pow(t->x[i * t->d + j], 2) / (double)t->n;
        }
        ratio += (aa - a * a) / (bb - b * b) / (double)t->d;
    }
    free(x);
    vae_free(m);
    return ratio;
}

/* Share of rows drawn for a label that lie nearest to its cluster; without
 * labels, of the label that they would have been for. */
static double obedience(const trial *t, const char *options)
{
    enum { n = 300 };
    vae_model *const m = trial_fit(t, options);
    double x[n * 4], mean[3][4] = {{0}}, count[3] = {0}, right = 0;
    int32_t labels[n];
    for (size_t i = 0; i < t->n; i++) {
        count[t->labels[i]]++;
        for (size_t j = 0; j < 4; j++)
            mean[t->labels[i]][j] += t->x[i * 4 + j];
    }
    for (size_t i = 0; i < n; i++)
        labels[i] = (int32_t)(i % 3);
    assert_ok(vae_sample(m, 5, 0, n, GENMOD_DRAW,
                         strstr(options, "classes=3") ? labels : NULL,
                         GENMOD_F64, sizeof x, x, NULL));
    for (size_t i = 0; i < n; i++) {
        double least = INFINITY;
        int32_t nearest = -1;
        for (int32_t k = 0; k < 3; k++) {
            double r = 0;
            for (size_t j = 0; j < 4; j++)
                r += pow(x[i * 4 + j] - mean[k][j] / count[k], 2);
            if (r < least) {
                least = r;
                nearest = k;
            }
        }
        right += nearest == labels[i];
    }
    vae_free(m);
    return right / n;
}

static genmod_data *with_holes(const trial *t, double *holed)
{
    genmod_data *v = NULL;
    uint64_t s = 17;
    for (size_t i = 0; i < t->held * t->d; i++)
        holed[i] = trial_uniform(&s) < 0.5 ? NAN : t->y[i];
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(
        genmod_data_set_rows(v, GENMOD_F64, t->held, t->d, holed, 0, 0, NULL));
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    return v;
}

/* Less the mean square of the error of cells filled in, in units of their
 * column's variance. */
static double filling(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const size_t cells = t->held * t->d;
    double *const holed = trial_take(cells, sizeof *holed);
    double *const out = trial_take(cells, sizeof *out), error = 0, n = 0;
    genmod_data *const v = with_holes(t, holed);
    assert_ok(vae_impute(m, v, GENMOD_MEAN, 3, 5, GENMOD_F64,
                         cells * sizeof *out, out, NULL));
    for (size_t j = 0; j < t->d; j++) {
        double a = 0, aa = 0;
        for (size_t i = 0; i < t->held; i++) {
            a += t->y[i * t->d + j] / (double)t->held;
            aa += pow(t->y[i * t->d + j], 2) / (double)t->held;
        }
        for (size_t i = j; i < cells; i += t->d)
            if (isnan(holed[i])) {
                error += pow(out[i] - t->y[i], 2) / (aa - a * a);
                n++;
            }
    }
    genmod_data_free(v);
    free(holed);
    free(out);
    vae_free(m);
    return -error / n;
}

/* Rows with holes that the model takes. */
static double rows_taken(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    double *const holed = trial_take(t->held * t->d, sizeof *holed), taken = 0;
    genmod_data *const v = with_holes(t, holed);
    for (size_t i = 0; i < t->held; i++) {
        double mean[16];
        assert_ok(genmod_data_set_rows(v, GENMOD_F64, 1, t->d, holed + i * t->d,
                                       0, 0, NULL));
        taken += vae_encode(m, v, GENMOD_F64, sizeof mean, mean, NULL, NULL) ==
                 GENMOD_OK;
    }
    genmod_data_free(v);
    free(holed);
    vae_free(m);
    return taken;
}

/* ---- figures of single updates ------------------------------------------- */

static double size_of(const char *name, const trial *t, const char *options)
{
    vae_model *const m = trial_model(options);
    size_t n;
    assert_ok(vae_start(m, t->train, NULL));
    free(trial_params(m, name, &n));
    vae_free(m);
    return (double)n;
}

static double first_layer(const trial *t, const char *options)
{
    return size_of("encoder.0.weight", t, options);
}

/* Mean size of what update number `last` changes in the first layer; less that
 * of the update before (1), or as it is (0). */
static double change(const trial *t, const char *options, int last, int turn)
{
    vae_model *const m = trial_model(options);
    double *was[3] = {NULL, NULL, NULL}, sum = 0;
    size_t n = 0;
    assert_ok(vae_start(m, t->train, NULL));
    for (int i = 0; i <= last; i++) {
        free(was[0]);
        was[0] = was[1];
        was[1] = was[2];
        was[2] = trial_params(m, "encoder.0.weight", &n);
        if (i < last)
            assert_ok(vae_step(m, t->train, NULL));
    }
    for (size_t i = 0; i < n; i++) {
        const double before = turn ? was[1][i] - was[0][i] : 0;
        sum += fabs(was[2][i] - was[1][i] - before) / (double)n;
    }
    for (int i = 0; i < 3; i++)
        free(was[i]);
    vae_free(m);
    return sum;
}

static double log_first_change(const trial *t, const char *options)
{
    return log(change(t, options, 1, 0));
}

static double log_late_change(const trial *t, const char *options)
{
    return log(change(t, options, 20, 0));
}

static double log_turn(const trial *t, const char *options)
{
    return log(change(t, options, 20, 1));
}

static double weights_apart(const vae_model *m, const double *from)
{
    size_t n;
    double *const x = trial_params(m, "encoder.0.weight", &n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow(x[i] - (from ? from[i] : 0), 2);
    free(x);
    return sqrt(sum);
}

static double norm_of_weights(const trial *t, const char *options)
{
    vae_model *const m = trial_fit(t, options);
    const double v = weights_apart(m, NULL);
    vae_free(m);
    return v;
}

static double way_from_the_start(const trial *t, const char *options)
{
    vae_model *const m = trial_model(options);
    assert_ok(vae_start(m, t->train, NULL));
    double *const first = trial_params(m, "encoder.0.weight", NULL);
    assert_ok(vae_fit(m, t->train, NULL, NULL, NULL, NULL));
    const double v = weights_apart(m, first);
    free(first);
    vae_free(m);
    return v;
}

static double way_from_seed_0(const trial *t, const char *options)
{
    vae_model *const m = trial_model("code=2");
    vae_model *const k = trial_model(options);
    assert_ok(vae_start(m, t->train, NULL));
    assert_ok(vae_start(k, t->train, NULL));
    double *const first = trial_params(m, "encoder.0.weight", NULL);
    const double v = weights_apart(k, first);
    free(first);
    vae_free(m);
    vae_free(k);
    return v;
}

/* 1: rows ten times as large, whose loss is some 100 times as large, are
 * refused. */
static double caution(const trial *t, const char *options)
{
    vae_model *const m = trial_model(options);
    double *const far = trial_take(t->n * t->d, sizeof *far);
    genmod_data *v = NULL;
    int32_t status = GENMOD_OK;
    for (size_t i = 0; i < t->n * t->d; i++)
        far[i] = 10 * t->x[i];
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, t->n, t->d, far, 0, 0, NULL));
    assert_ok(vae_start(m, t->train, NULL));
    for (int i = 0; i < 40; i++)
        assert_ok(vae_step(m, t->train, NULL));
    for (int i = 0; i < 10 && !status; i++)
        status = vae_step(m, v, NULL);
    assert_true(status == GENMOD_OK || status == GENMOD_BREAKDOWN);
    genmod_data_free(v);
    free(far);
    vae_free(m);
    return status == GENMOD_BREAKDOWN;
}

/* ln of the variance over draws of the encoder's gradient at a trained model:
 * of plain steps of sgd over all rows, too small to lead away. */
static double log_noise_of_the_gradient(const trial *t, const char *options)
{
    enum { steps = 40 };
    char text[400];
    vae_model *const m = trial_fit(t, options);
    join(text, sizeof text, options,
         "optimiser=sgd | momentum=0 | learning_rate=1e-4 | batch_size=65536");
    trial_configure(m, text);
    const char *const name = vae_params_key(m, 0);
    size_t n;
    double *was = trial_params(m, name, &n), noise = 0;
    double *const sum = trial_take(2 * n, sizeof *sum);
    for (int k = 0; k < steps; k++) {
        assert_ok(vae_step(m, t->train, NULL));
        double *const is = trial_params(m, name, NULL);
        for (size_t i = 0; i < n; i++) {
            const double g = (is[i] - was[i]) / 1e-4;
            sum[i] += g / steps;
            sum[n + i] += g * g / steps;
        }
        free(was);
        was = is;
    }
    for (size_t i = 0; i < n; i++)
        noise += sum[n + i] - sum[i] * sum[i];
    free(was);
    free(sum);
    vae_free(m);
    return log(noise);
}

/* ---- the table ----------------------------------------------------------- */

static void pictures(trial *t, size_t n, size_t held)
{
    uint64_t s = 21;
    trial_open(t, n, held, 64);
    for (size_t i = 0; i < n + held; i++) {
        const double a = trial_uniform(&s), b = trial_uniform(&s);
        for (size_t j = 0; j < 64; j++)
            t->x[i * 64 + j] = (double)(j % 8) < 8 * a || (double)j < 64 * b;
    }
    trial_show(t);
}

/* More scattered than Poisson's: the rate is drawn too. */
static void counts(trial *t, size_t n, size_t held)
{
    uint64_t s = 5;
    trial_open(t, n, held, 4);
    for (size_t i = 0; i < n + held; i++)
        for (size_t j = 0; j < 4; j++)
            t->x[i * 4 + j] = floor(-6 * log(trial_uniform(&s)));
    trial_show(t);
}

/* Four greys. */
static void greys(trial *t, size_t n, size_t held)
{
    uint64_t s = 6;
    trial_open(t, n, held, 5);
    for (size_t i = 0; i < n + held; i++) {
        const double a = 3 * trial_uniform(&s);
        for (size_t j = 0; j < 5; j++)
            t->x[i * 5 + j] = fmin(3, floor(a + trial_uniform(&s))) / 3;
    }
    trial_show(t);
}

typedef void maker(trial *t, size_t n, size_t held);

typedef struct effect {
    const char *key;
    maker *rows;
    figure *measure;
    const char *common, *less, *more;
    double least; /* measure(more) - measure(less) is no smaller */
} effect;

#define NET "encoder=dense 24; relu | decoder=dense 24; relu"
#define SHORT NET " | code=2 | batch_size=32 | kl_warmup=0"
#define FITS SHORT " | learning_rate=0.01"
#define LINEAR                                                      \
    "encoder=flatten | decoder=flatten | code=2 | batch_size=32 | " \
    "kl_warmup=0 | learning_rate=0.02 | epochs=60"
#define PLAIN SHORT " | optimiser=sgd | momentum=0 | learning_rate=1e-4"

static const effect effects[] = {
    /* 64 x 64 weights of a dense layer, 4 x 4 x 32 of a convolution */
    {"input", pictures, first_layer, "", "input=1x8x8", "input=64", 3584},
    {"encoder", trial_curve, bound, FITS " | epochs=30", "encoder=dense 1",
     "encoder=dense 24; relu", 1},
    {"decoder", trial_curve, bound, FITS " | epochs=30", "decoder=flatten",
     "decoder=dense 24; relu", 0.5},
    {"code", trial_curve, bound, FITS " | epochs=30", "code=1", "code=2", 1},
    {"likelihood", counts, likelihood, FITS " | epochs=20",
     "likelihood=poisson", "likelihood=negative-binomial", 0.5},
    {"sigma", trial_curve, likelihood, FITS " | epochs=30", "sigma=fixed",
     "sigma=learned", 2},
    {"sigma", trial_curve, likelihood, FITS " | epochs=30", "sigma=fixed",
     "sigma=optimal", 2},
    {"sigma_value", trial_curve, likelihood, FITS " | epochs=30 | sigma=fixed",
     "sigma_value=1", "sigma_value=0.4", 2},
    /* p(x) is a share of all grid points */
    {"levels", greys, likelihood,
     FITS " | epochs=20 | likelihood=discretised-logistic", "levels=256",
     "levels=4", 2},
    {"standardise", trial_curve, likelihood, FITS " | epochs=15",
     "standardise=0", "standardise=1", 1},
    {"missing", trial_curve, rows_taken, FITS " | epochs=2", "missing=0",
     "missing=1", HELD * 0.9},
    {"hide", trial_curve, filling, FITS " | epochs=60 | missing=1", "hide=0",
     "hide=0.3", 0.08},
    /* the label's ln 3 nats need not be told by the code */
    {"classes", trial_clusters, likelihood, FITS " | epochs=40", "classes=0",
     "classes=3", 0.7},
    {"classes", trial_clusters, obedience, FITS " | epochs=40", "classes=0",
     "classes=3", 0.6},
    {"prior", trial_clusters, bound, LINEAR, "prior=normal",
     "prior=mixture | prior_components=10", 0.5},
    {"prior", trial_clusters, bound, LINEAR, "prior=normal",
     "prior=vamp | prior_components=10", 0.5},
    {"prior_components", trial_clusters, bound, LINEAR " | prior=mixture",
     "prior_components=1", "prior_components=10", 0.5},
    /* what one number of an encoder misses, many draws find */
    {"objective", trial_curve, likelihood,
     FITS " | epochs=20 | samples=5 | encoder=dense 1", "objective=elbo",
     "objective=iwae", 0.7},
    {"samples", trial_curve, likelihood,
     FITS " | epochs=20 | objective=iwae | encoder=dense 1", "samples=1",
     "samples=20", 0.7},
    /* q is exact here, so that its draws tell nothing */
    {"gradient", trial_curve, log_noise_of_the_gradient, LINEAR, "gradient=stl",
     "gradient=standard", 1},
    {"gradient", trial_curve, log_noise_of_the_gradient,
     FITS " | epochs=40 | objective=iwae | samples=10", "gradient=dreg",
     "gradient=standard", 0.5},
    {"beta", trial_curve, divergence, FITS " | epochs=20", "beta=8", "beta=1",
     1},
    {"kl_warmup", trial_curve, early_divergence, FITS " | epochs=10",
     "kl_warmup=0", "kl_warmup=10", 1},
    {"free_bits", trial_curve, least_divergence_of_a_code,
     FITS " | epochs=25 | code=6 | beta=2", "free_bits=0", "free_bits=0.5",
     0.3},
    {"capacity", trial_curve, nearness_to_3_nats, FITS " | epochs=40 | beta=30",
     "capacity=0", "capacity=3", 1.5},
    {"mmd", trial_curve, normality_of_codes, FITS " | epochs=40 | beta=0",
     "mmd=0", "mmd=1000", 1},
    {"temperature", trial_curve, spread_of_samples, FITS " | epochs=20",
     "temperature=0.2", "temperature=1", 0.4},
    {"batch_size", trial_curve, updates, SHORT " | epochs=2", "batch_size=64",
     "batch_size=16", 30},
    {"epochs", trial_curve, bound, FITS, "epochs=2", "epochs=30", 2},
    {"seed", trial_curve, way_from_seed_0, "code=2", "seed=0", "seed=1", 0.1},
    {"warm_start", trial_curve, passes_of_two_fits, SHORT " | epochs=3",
     "warm_start=0", "warm_start=1", 3},
    {"validation", trial_curve, updates, SHORT " | epochs=2 | batch_size=20",
     "validation=0.5", "validation=0", 16},
    {"patience", trial_curve, passes,
     SHORT " | epochs=12 | validation=0.2 | learning_rate=0", "patience=2",
     "patience=0", 8},
    {"min_delta", trial_curve, passes,
     FITS " | epochs=12 | validation=0.2 | patience=2", "min_delta=1e6",
     "min_delta=0", 8},
    {"divergence", trial_curve, caution,
     SHORT " | sigma=fixed | learning_rate=0", "divergence=1e6", "divergence=2",
     1},
    /* Adam's first update is the rate, whatever the gradient; without the
     * correction RMSprop's is that by the root of 1 - beta2 */
    {"optimiser", trial_curve, log_first_change, SHORT " | momentum=0",
     "optimiser=adam", "optimiser=rmsprop", 3},
    {"optimiser", trial_curve, log_first_change, SHORT " | momentum=0",
     "optimiser=adam", "optimiser=sgd", 0.3},
    {"optimiser", trial_curve, norm_of_weights,
     SHORT " | epochs=5 | weight_decay=20", "optimiser=adamw",
     "optimiser=sgd | "
     "learning_rate=0",
     0.1},
    {"learning_rate", trial_curve, log_first_change, SHORT,
     "learning_rate=0.001", "learning_rate=0.01", 2.3},
    /* to ln 10 at most, were there no noise */
    {"momentum", trial_curve, log_late_change, PLAIN, "momentum=0",
     "momentum=0.9", 0.6},
    {"nesterov", trial_curve, log_first_change, PLAIN " | momentum=0.9",
     "nesterov=0", "nesterov=1", 0.6},
    {"beta1", trial_curve, log_turn, SHORT, "beta1=0.9", "beta1=0", 1},
    {"beta2", trial_curve, log_late_change, SHORT " | beta1=0", "beta2=0.999",
     "beta2=0", 0.05},
    {"epsilon", trial_curve, log_first_change, SHORT, "epsilon=1",
     "epsilon=1e-8", 0.5},
    {"weight_decay", trial_curve, norm_of_weights,
     SHORT " | epochs=5 | optimiser=adamw", "weight_decay=20", "weight_decay=0",
     0.5},
    {"clip_norm", trial_curve, log_first_change, PLAIN, "clip_norm=0.001",
     "clip_norm=0", 3},
    {"average", trial_curve, way_from_the_start, SHORT " | epochs=1",
     "average=0.99", "average=0", 0.05},
    {"schedule", trial_curve, log_rate, SHORT " | epochs=2 | schedule_steps=10",
     "schedule=step", "schedule=constant", 2},
    {"schedule", trial_curve, log_rate, SHORT " | epochs=2 | schedule_steps=20",
     "schedule=cosine", "schedule=constant", 2},
    {"schedule_steps", trial_curve, log_rate,
     SHORT " | epochs=2 | schedule=step", "schedule_steps=5",
     "schedule_steps=1000", 2},
    {"schedule_factor", trial_curve, log_rate,
     SHORT " | epochs=2 | schedule=step | schedule_steps=15",
     "schedule_factor=0.1", "schedule_factor=0.9", 2},
    {"warmup_steps", trial_curve, log_rate, SHORT " | epochs=1",
     "warmup_steps=1000", "warmup_steps=0", 3},
};

#define EFFECTS (sizeof effects / sizeof *effects)

static void check(const effect *e)
{
    char less[400], more[400];
    trial t;
    join(less, sizeof less, e->common, e->less);
    join(more, sizeof more, e->common, e->more);
    e->rows(&t, N, HELD);
    const double a = e->measure(&t, less), b = e->measure(&t, more);
    if (!(b - a >= e->least))
        fail_msg("%s: %g with %s, %g with %s: not %g more", e->key, a, e->less,
                 b, e->more, e->least);
    trial_close(&t);
}

static void every_option_moves_what_it_is_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < EFFECTS; i++)
        check(&effects[i]);
}

static void every_option_has_a_row_and_no_other(void **state)
{
    (void)state;
    genmod_config *c = NULL;
    size_t known = 0, rows = 0;
    assert_ok(vae_config_new(&c, NULL));
    for (size_t i = 0; genmod_config_key(c, i); i++, known++) {
        size_t n = 0;
        for (size_t k = 0; k < EFFECTS; k++)
            n += strcmp(effects[k].key, genmod_config_key(c, i)) == 0;
        if (!n)
            fail_msg("option %s has no row", genmod_config_key(c, i));
        rows += n;
    }
    assert_int_equal(rows, EFFECTS);
    assert_true(known > 40);
    genmod_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_has_a_row_and_no_other),
        cmocka_unit_test(every_option_moves_what_it_is_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
