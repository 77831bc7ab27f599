/* The options and the report entries of a variational autoencoder. */
#include "vae/internal.h"

const base_option vae_options[] = {
    {.key = VAE_INPUT,
     .type = BASE_STR,
     .structure = 1,
     .initial = "",
     .help = "shape of a row: columns (\"784\"), or channels, height and width "
             "of an image (\"1x28x28\"); without it the data's columns"},
    {.key = VAE_ENCODER,
     .type = BASE_STR,
     .structure = 1,
     .initial = "",
     .help = "network text before the head; without it, of columns: two layers "
             "dense h; relu, h as many as there are inputs, from 64 to 512; of "
             "images: conv c k4 s2 p1; relu while both sides have 8 pixels, c "
             "= 32, 64, 128"},
    {.key = VAE_DECODER,
     .type = BASE_STR,
     .structure = 1,
     .initial = "",
     .help = "network text before the head; without it the encoder's mirror "
             "image"},
    {.key = VAE_CODE,
     .type = BASE_I64,
     .structure = 1,
     .initial = "0",
     .minimum = 0,
     .maximum = 65536,
     .help = "numbers of a code; 0: half the columns, at most 16"},
    {.key = VAE_LIKELIHOOD,
     .type = BASE_STR,
     .structure = 1,
     .initial = "auto",
     .choices = "auto|bernoulli|gaussian|log-normal|categorical|discretised-"
                "logistic|poisson|negative-binomial",
     .help = "p(x|z); auto: by the kind of each column in the data's schema, "
             "gaussian, log-normal, negative-binomial, bernoulli or "
             "categorical"},
    {.key = VAE_SIGMA,
     .type = BASE_STR,
     .structure = 1,
     .initial = "learned",
     .choices = "learned|optimal|fixed",
     .help = "deviation of gaussian and log-normal columns, one a column (one "
             "for an image): trained, that of the minibatch's errors, or "
             "\"sigma_value\""},
    {.key = VAE_SIGMA_VALUE,
     .type = BASE_F64,
     .structure = 1,
     .initial = "1",
     .minimum = 1e-3,
     .maximum = 1e3,
     .help = "deviation where it is fixed, in units of the standardised "
             "columns"},
    {.key = VAE_LEVELS,
     .type = BASE_I64,
     .structure = 1,
     .initial = "256",
     .minimum = 2,
     .maximum = 65536,
     .help = "values of a cell in [0, 1], evenly spaced, of the "
             "discretised-logistic"},
    {.key = VAE_STANDARDISE,
     .type = BASE_I64,
     .structure = 1,
     .initial = "1",
     .minimum = 0,
     .maximum = 1,
     .help =
         "1: inside, real columns and logarithms of positive ones have mean "
         "0 and standard deviation 1, an image all its pixels of a channel; "
         "never with discretised-logistic"},
    {.key = VAE_MISSING,
     .type = BASE_I64,
     .structure = 1,
     .initial = "0",
     .minimum = 0,
     .maximum = 1,
     .help = "1: cells may be missing; the encoder sees which are there"},
    {.key = VAE_HIDE,
     .type = BASE_F64,
     .initial = "0",
     .minimum = 0,
     .maximum = 0.95,
     .unit = "share",
     .help = "cells that training hides from the encoder at random, and still "
             "scores; wants \"missing\" 1"},
    {.key = VAE_CLASSES,
     .type = BASE_I64,
     .structure = 1,
     .initial = "0",
     .minimum = 0,
     .maximum = 65536,
     .help =
         "classes of the labels that encoder and decoder are given; 0: none "
         "are"},
    {.key = VAE_PRIOR,
     .type = BASE_STR,
     .structure = 1,
     .initial = "normal",
     .choices = "normal|mixture|vamp",
     .help = "p(z): N(0, 1), a trained mixture of diagonal normals, or the "
             "mixture of q(z|u) at trained rows u"},
    {.key = VAE_PRIOR_COMPONENTS,
     .type = BASE_I64,
     .structure = 1,
     .initial = "50",
     .minimum = 1,
     .maximum = 4096,
     .help = "components of the mixture, or rows u"},
    {.key = VAE_CODEBOOK,
     .type = BASE_I64,
     .structure = 1,
     .initial = "0",
     .minimum = 0,
     .maximum = 65536,
     .help = "vectors that codes are made of, trained with the rest; 0: codes "
             "are Gaussian"},
    {.key = VAE_CODEBOOK_WIDTH,
     .type = BASE_I64,
     .structure = 1,
     .initial = "4",
     .minimum = 1,
     .maximum = 65536,
     .help = "numbers of a vector; it divides \"code\", whose quotient is the "
             "vectors of a row"},
    {.key = VAE_CODEBOOK_DECAY,
     .type = BASE_F64,
     .initial = "0.99",
     .minimum = 0,
     .maximum = 0.999999,
     .help = "of the running means that vectors and the shares of their use "
             "are"},
    {.key = VAE_COMMITMENT,
     .type = BASE_F64,
     .initial = "0.25",
     .minimum = 0,
     .maximum = 1e6,
     .help = "weight of the encoder's squared distance from its vectors, in "
             "the loss"},
    {.key = VAE_RESTART,
     .type = BASE_F64,
     .initial = "0.1",
     .minimum = 0,
     .maximum = 0.9,
     .unit = "share",
     .help = "of an even use, below which a vector starts anew as a code of "
             "the minibatch; 0: none does"},
    {.key = VAE_OBJECTIVE,
     .type = BASE_STR,
     .initial = "elbo",
     .choices = "elbo|iwae",
     .help = "bound that is maximised: the evidence lower bound, or the "
             "importance-weighted one of \"samples\" codes"},
    {.key = VAE_SAMPLES,
     .type = BASE_I64,
     .initial = "1",
     .minimum = 1,
     .maximum = 1024,
     .help = "codes drawn a row in training"},
    {.key = VAE_GRADIENT,
     .type = BASE_STR,
     .initial = "standard",
     .choices = "standard|stl|dreg",
     .help = "of the encoder: as it is, without the score (sticking the "
             "landing), or doubly reparameterised (of iwae)"},
    {.key = VAE_BETA,
     .type = BASE_F64,
     .initial = "1",
     .minimum = 0,
     .maximum = 1e6,
     .help = "weight of KL(q(z|x) || p(z)) in the loss"},
    {.key = VAE_KL_WARMUP,
     .type = BASE_F64,
     .initial = "5",
     .minimum = 0,
     .maximum = 1e9,
     .unit = "passes",
     .help = "over which the weight of KL rises from 0 to \"beta\", or the "
             "capacity from 0; with \"codebook\" there is neither"},
    {.key = VAE_FREE_BITS,
     .type = BASE_F64,
     .initial = "0",
     .minimum = 0,
     .maximum = 1e6,
     .unit = "nats",
     .help =
         "KL of each code, averaged over the minibatch, that costs nothing; "
         "with the normal prior"},
    {.key = VAE_CAPACITY,
     .type = BASE_F64,
     .initial = "0",
     .minimum = 0,
     .maximum = 1e6,
     .unit = "nats",
     .help = "above 0: beta |KL - capacity| stands for beta KL"},
    {.key = VAE_MMD,
     .type = BASE_F64,
     .initial = "0",
     .minimum = 0,
     .maximum = 1e9,
     .help = "weight of MMD^2 between the codes of a minibatch and the normal "
             "prior, in the loss"},
    {.key = VAE_TEMPERATURE,
     .type = BASE_F64,
     .initial = "1",
     .minimum = 0,
     .maximum = 1e3,
     .help = "factor of the prior's deviations where codes are drawn from it"},
    NN_OPTIONS,
    {.key = NULL},
};

const base_entry vae_entries[] = {
    NN_ENTRIES,
    {.key = VAE_REPORT_OTHER_KERNELS,
     .help = "1: training went on from a checkpoint that other kernels wrote"},
    {.key = VAE_REPORT_RECONSTRUCTION,
     .unit = "nats",
     .help = "-E ln p(x|z) a row over the last whole pass"},
    {.key = VAE_REPORT_KL,
     .unit = "nats",
     .help = "KL(q(z|x) || p(z)) a row over the last whole pass"},
    {.key = VAE_REPORT_BETA,
     .help = "weight of KL, as far as the warm-up is; NaN with \"codebook\""},
    {.key = VAE_REPORT_ACTIVE_UNITS,
     .help =
         "codes whose posterior mean varied by more than 0.01 over the last "
         "pass"},
    {.key = VAE_REPORT_COLLAPSED,
     .help = "1: after the warm-up no code was active"},
    {.key = VAE_REPORT_PERPLEXITY,
     .unit = "vectors",
     .help = "exp of the entropy of the codebook's use over the last whole "
             "pass"},
    {.key = VAE_REPORT_RECONSTRUCTION_HISTORY,
     .series = 1,
     .unit = "nats",
     .help = "reconstruction of each pass"},
    {.key = VAE_REPORT_KL_HISTORY,
     .series = 1,
     .unit = "nats",
     .help = "KL of each pass"},
    {.key = VAE_REPORT_KL_PER_CODE,
     .series = 1,
     .unit = "nats",
     .help = "KL of each code over the last whole pass, to N(0, 1)"},
    {.key = NULL},
};

void vae_recipe(const genmod_config *c, double out[MODEL_RECIPE])
{
    out[VAE_R_OBJECTIVE] = base_config_choice(c, VAE_OBJECTIVE);
    out[VAE_R_GRADIENT] = base_config_choice(c, VAE_GRADIENT);
    out[VAE_R_SAMPLES] = (double)base_config_i64(c, VAE_SAMPLES);
    out[VAE_R_HIDE] = base_config_f64(c, VAE_HIDE);
    out[VAE_R_FREE_BITS] = base_config_f64(c, VAE_FREE_BITS);
    out[VAE_R_CAPACITY] = base_config_f64(c, VAE_CAPACITY) > 0;
    out[VAE_R_MMD] = base_config_f64(c, VAE_MMD);
}

static int32_t clash(genmod_workspace *w, const char *what, const char *why)
{
    return base_fail(w, GENMOD_BAD_ARGUMENT, "%s: %s", what, why);
}

static int32_t check_objective(const genmod_config *c, genmod_workspace *w)
{
    const int normal = base_config_choice(c, VAE_PRIOR) == VAE_NORMAL;
    const int iwae = base_config_choice(c, VAE_OBJECTIVE) == VAE_IWAE;
    const int gradient = base_config_choice(c, VAE_GRADIENT);
    const int bits = base_config_f64(c, VAE_FREE_BITS) > 0;
    const int capacity = base_config_f64(c, VAE_CAPACITY) > 0;

    if (gradient == VAE_DREG && !iwae)
        return clash(w, "option \"gradient\" is dreg",
                     "it is of \"objective\" iwae");
    if (gradient == VAE_DREG && base_config_choice(c, VAE_PRIOR) == VAE_VAMP)
        return clash(
            w, "option \"gradient\" is dreg",
            "it wants a prior that does not depend on the encoder, and "
            "vamp does");
    if (bits && (iwae || gradient != VAE_STANDARD || !normal))
        return clash(w, "option \"free_bits\"",
                     "it wants \"objective\" elbo, \"gradient\" standard and "
                     "\"prior\" normal: a KL of each code");
    if (capacity && (iwae || bits))
        return clash(w, "option \"capacity\"",
                     "it wants \"objective\" elbo and \"free_bits\" 0");
    if (base_config_f64(c, VAE_MMD) > 0 && !normal)
        return clash(w, "option \"mmd\"",
                     "it measures against \"prior\" normal");
    return GENMOD_OK;
}

/* Draws, and what weighs KL, have no effect where a row has one code. */
static int32_t check_codebook(const genmod_config *c, genmod_workspace *w)
{
    const char *const why = "it is of Gaussian codes; it wants \"codebook\" 0";

    if (!base_config_i64(c, VAE_CODEBOOK))
        return GENMOD_OK;
    if (base_config_i64(c, VAE_CODE) % base_config_i64(c, VAE_CODEBOOK_WIDTH))
        return clash(w, "option \"code\"",
                     "with \"codebook\" it must be a multiple of "
                     "\"codebook_width\"");
    if (base_config_choice(c, VAE_PRIOR) != VAE_NORMAL)
        return clash(w, "option \"prior\" is not normal", why);
    if (base_config_choice(c, VAE_OBJECTIVE) != VAE_ELBO)
        return clash(w, "option \"objective\" is iwae", why);
    if (base_config_choice(c, VAE_GRADIENT) != VAE_STANDARD)
        return clash(w, "option \"gradient\" is not standard", why);
    if (base_config_i64(c, VAE_SAMPLES) != 1)
        return clash(w, "option \"samples\" is not 1", why);
    if (base_config_f64(c, VAE_BETA) != 1)
        return clash(w, "option \"beta\" is not 1", why);
    if (base_config_f64(c, VAE_FREE_BITS) > 0)
        return clash(w, "option \"free_bits\"", why);
    if (base_config_f64(c, VAE_CAPACITY) > 0)
        return clash(w, "option \"capacity\"", why);
    return base_config_f64(c, VAE_MMD) > 0 ? clash(w, "option \"mmd\"", why)
                                           : GENMOD_OK;
}

int32_t vae_check_options(const genmod_config *c, genmod_workspace *w)
{
    const int missing = base_config_i64(c, VAE_MISSING) != 0;
    int32_t status;

    if (base_config_f64(c, VAE_HIDE) > 0 && !missing)
        return clash(w, "option \"hide\"", "it wants \"missing\" 1");
    if (base_config_choice(c, VAE_PRIOR) == VAE_VAMP &&
        base_config_i64(c, VAE_CLASSES) > 0)
        return clash(w, "option \"prior\" is vamp",
                     "its rows have no labels; it wants \"classes\" 0");
    status = check_codebook(c, w);
    return status ? status : check_objective(c, w);
}
