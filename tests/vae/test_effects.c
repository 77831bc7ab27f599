/* Every option moves what it is for, in the direction and by the amount that
 * its row of the table says, on rows that training did not see. */
#include "vae/figures.h"

#define N 1200
#define HELD 300

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

#define BOOK                                                            \
    "encoder=dense 64; relu; dense 64; relu | code=16 | codebook=64 | " \
    "seed=1"
#define BITS BOOK " | likelihood=bernoulli | epochs=25"

static const effect effects[] = {
    /* 64 x 64 weights of a dense layer, 4 x 4 x 32 of a convolution */
    {"input", pictures, figure_first_layer, "", "input=1x8x8", "input=64",
     3584},
    {"encoder", trial_curve, figure_bound, FITS " | epochs=30",
     "encoder=dense 1", "encoder=dense 24; relu", 1},
    {"decoder", trial_curve, figure_bound, FITS " | epochs=30",
     "decoder=flatten", "decoder=dense 24; relu", 0.5},
    {"code", trial_curve, figure_bound, FITS " | epochs=30", "code=1", "code=2",
     1},
    {"likelihood", counts, figure_likelihood, FITS " | epochs=20",
     "likelihood=poisson", "likelihood=negative-binomial", 0.5},
    {"sigma", trial_curve, figure_likelihood, FITS " | epochs=30",
     "sigma=fixed", "sigma=learned", 2},
    {"sigma", trial_curve, figure_likelihood, FITS " | epochs=30",
     "sigma=fixed", "sigma=optimal", 2},
    {"sigma_value", trial_curve, figure_likelihood,
     FITS " | epochs=30 | sigma=fixed", "sigma_value=1", "sigma_value=0.4", 2},
    /* p(x) is a share of all grid points */
    {"levels", greys, figure_likelihood,
     FITS " | epochs=20 | likelihood=discretised-logistic", "levels=256",
     "levels=4", 2},
    {"standardise", trial_curve, figure_likelihood, FITS " | epochs=15",
     "standardise=0", "standardise=1", 1},
    {"missing", trial_curve, figure_rows_taken, FITS " | epochs=2", "missing=0",
     "missing=1", HELD * 0.9},
    {"hide", trial_curve, figure_filling, FITS " | epochs=60 | missing=1",
     "hide=0", "hide=0.3", 0.08},
    /* the label's ln 3 nats need not be told by the code */
    {"classes", trial_clusters, figure_likelihood, FITS " | epochs=40",
     "classes=0", "classes=3", 0.7},
    {"classes", trial_clusters, figure_obedience, FITS " | epochs=40",
     "classes=0", "classes=3", 0.6},
    {"prior", trial_clusters, figure_bound, LINEAR, "prior=normal",
     "prior=mixture | prior_components=10", 0.5},
    {"prior", trial_clusters, figure_bound, LINEAR, "prior=normal",
     "prior=vamp | prior_components=10", 0.5},
    {"prior_components", trial_clusters, figure_bound,
     LINEAR " | prior=mixture", "prior_components=1", "prior_components=10",
     0.5},
    {"codebook", trial_digits, figure_divergence, BITS, "codebook=8",
     "codebook=64", 2},
    {"codebook_width", trial_digits, figure_divergence, BITS,
     "codebook_width=8", "codebook_width=2", 4},
    {"codebook_decay", trial_digits, figure_perplexity, BITS,
     "codebook_decay=0.99", "codebook_decay=0.5", 2},
    {"commitment", trial_digits, figure_perplexity, BITS, "commitment=0",
     "commitment=0.25", 4},
    {"restart", trial_digits, figure_perplexity,
     BOOK " | standardise=0 | code=8 | epochs=15", "restart=0", "restart=0.1",
     3},
    /* what one number of an encoder misses, many draws find */
    {"objective", trial_curve, figure_likelihood,
     FITS " | epochs=20 | samples=5 | encoder=dense 1", "objective=elbo",
     "objective=iwae", 0.7},
    {"samples", trial_curve, figure_likelihood,
     FITS " | epochs=20 | objective=iwae | encoder=dense 1", "samples=1",
     "samples=20", 0.7},
    /* q is exact here, so that its draws tell nothing */
    {"gradient", trial_curve, figure_log_noise_of_the_gradient, LINEAR,
     "gradient=stl", "gradient=standard", 1},
    {"gradient", trial_curve, figure_log_noise_of_the_gradient,
     FITS " | epochs=40 | objective=iwae | samples=10", "gradient=dreg",
     "gradient=standard", 0.5},
    {"beta", trial_curve, figure_divergence, FITS " | epochs=20", "beta=8",
     "beta=1", 1},
    {"kl_warmup", trial_curve, figure_early_divergence, FITS " | epochs=10",
     "kl_warmup=0", "kl_warmup=10", 1},
    {"free_bits", trial_curve, figure_least_divergence_of_a_code,
     FITS " | epochs=25 | code=6 | beta=2", "free_bits=0", "free_bits=0.5",
     0.3},
    {"capacity", trial_curve, figure_nearness_to_3_nats,
     FITS " | epochs=40 | beta=30", "capacity=0", "capacity=3", 1.5},
    {"mmd", trial_curve, figure_normality_of_codes,
     FITS " | epochs=40 | beta=0", "mmd=0", "mmd=1000", 1},
    {"temperature", trial_curve, figure_spread_of_samples, FITS " | epochs=20",
     "temperature=0.2", "temperature=1", 0.4},
    {"batch_size", trial_curve, figure_updates, SHORT " | epochs=2",
     "batch_size=64", "batch_size=16", 30},
    {"epochs", trial_curve, figure_bound, FITS, "epochs=2", "epochs=30", 2},
    {"seed", trial_curve, figure_way_from_seed_0, "code=2", "seed=0", "seed=1",
     0.1},
    {"warm_start", trial_curve, figure_passes_of_two_fits, SHORT " | epochs=3",
     "warm_start=0", "warm_start=1", 3},
    {"validation", trial_curve, figure_updates,
     SHORT " | epochs=2 | batch_size=20", "validation=0.5", "validation=0", 16},
    {"patience", trial_curve, figure_passes,
     SHORT " | epochs=12 | validation=0.2 | learning_rate=0", "patience=2",
     "patience=0", 8},
    {"min_delta", trial_curve, figure_passes,
     FITS " | epochs=12 | validation=0.2 | patience=2", "min_delta=1e6",
     "min_delta=0", 8},
    {"divergence", trial_curve, figure_caution,
     SHORT " | sigma=fixed | learning_rate=0", "divergence=1e6", "divergence=2",
     1},
    /* Adam's first update is the rate, whatever the gradient; without the
     * correction RMSprop's is that by the root of 1 - beta2 */
    {"optimiser", trial_curve, figure_log_first_change, SHORT " | momentum=0",
     "optimiser=adam", "optimiser=rmsprop", 3},
    {"optimiser", trial_curve, figure_log_first_change, SHORT " | momentum=0",
     "optimiser=adam", "optimiser=sgd", 0.3},
    {"optimiser", trial_curve, figure_norm_of_weights,
     SHORT " | epochs=5 | weight_decay=20", "optimiser=adamw",
     "optimiser=sgd | "
     "learning_rate=0",
     0.1},
    {"learning_rate", trial_curve, figure_log_first_change, SHORT,
     "learning_rate=0.001", "learning_rate=0.01", 2.3},
    /* to ln 10 at most, were there no noise */
    {"momentum", trial_curve, figure_log_late_change, PLAIN, "momentum=0",
     "momentum=0.9", 0.6},
    {"nesterov", trial_curve, figure_log_first_change, PLAIN " | momentum=0.9",
     "nesterov=0", "nesterov=1", 0.6},
    {"beta1", trial_curve, figure_log_turn, SHORT, "beta1=0.9", "beta1=0", 1},
    {"beta2", trial_curve, figure_log_late_change, SHORT " | beta1=0",
     "beta2=0.999", "beta2=0", 0.05},
    {"epsilon", trial_curve, figure_log_first_change, SHORT, "epsilon=1",
     "epsilon=1e-8", 0.5},
    {"weight_decay", trial_curve, figure_norm_of_weights,
     SHORT " | epochs=5 | optimiser=adamw", "weight_decay=20", "weight_decay=0",
     0.5},
    {"clip_norm", trial_curve, figure_log_first_change, PLAIN,
     "clip_norm=0.001", "clip_norm=0", 3},
    {"average", trial_curve, figure_way_from_the_start, SHORT " | epochs=1",
     "average=0.99", "average=0", 0.05},
    {"schedule", trial_curve, figure_log_rate,
     SHORT " | epochs=2 | schedule_steps=10", "schedule=step",
     "schedule=constant", 2},
    {"schedule", trial_curve, figure_log_rate,
     SHORT " | epochs=2 | schedule_steps=20", "schedule=cosine",
     "schedule=constant", 2},
    {"schedule_steps", trial_curve, figure_log_rate,
     SHORT " | epochs=2 | schedule=step", "schedule_steps=5",
     "schedule_steps=1000", 2},
    {"schedule_factor", trial_curve, figure_log_rate,
     SHORT " | epochs=2 | schedule=step | schedule_steps=15",
     "schedule_factor=0.1", "schedule_factor=0.9", 2},
    {"warmup_steps", trial_curve, figure_log_rate, SHORT " | epochs=1",
     "warmup_steps=1000", "warmup_steps=0", 3},
};

#define EFFECTS (sizeof effects / sizeof *effects)

static void check(const effect *e)
{
    char less[400], more[400];
    trial t;
    figure_join(less, sizeof less, e->common, e->less);
    figure_join(more, sizeof more, e->common, e->more);
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
