/* The options and the report entries of an autoencoder. */
#include "ae/internal.h"

const base_option ae_options[] = {
    {.key = AE_INPUT,
     .type = BASE_STR,
     .structure = 1,
     .initial = "",
     .help = "shape of a row: columns (\"784\"), or channels, height and width "
             "of an image (\"1x28x28\"); without it the data's columns"},
    {.key = AE_ENCODER,
     .type = BASE_STR,
     .structure = 1,
     .initial = "",
     .help = "network text; without it, of columns: dense h; relu; dense "
             "code, h midway between columns and code, from 32 to 512 and "
             "never less than code; of images: conv c k4 s2 p1; relu while "
             "both sides have 8 pixels, c = 16, 32, 64, 128, then dense code"},
    {.key = AE_DECODER,
     .type = BASE_STR,
     .structure = 1,
     .initial = "",
     .help = "network text; without it the encoder's mirror image"},
    {.key = AE_CODE,
     .type = BASE_I64,
     .structure = 1,
     .initial = "0",
     .minimum = 0,
     .maximum = 65536,
     .help = "numbers of a code of the default encoder; 0: half the columns, "
             "at most 32"},
    {.key = AE_TIED,
     .type = BASE_I64,
     .structure = 1,
     .initial = "0",
     .minimum = 0,
     .maximum = 1,
     .help = "1: the decoder has the encoder's weights, transposed, and biases "
             "of its own"},
    {.key = AE_LOSS,
     .type = BASE_STR,
     .structure = 1,
     .initial = "squared",
     .choices = "squared|huber|l1|bce",
     .help = "of a cell, summed over a row: (x - y)^2, huber's, |x - y|, or "
             "cross-entropy of data in [0, 1], the decoder giving logits"},
    {.key = AE_HUBER_DELTA,
     .type = BASE_F64,
     .structure = 1,
     .initial = "1",
     .minimum = 1e-30,
     .maximum = 1e30,
     .help = "huber: e^2 / 2 up to |e| = delta, from there delta (|e| - delta "
             "/ 2)"},
    {.key = AE_CORRUPTION,
     .type = BASE_STR,
     .structure = 1,
     .initial = "none",
     .choices = "none|gaussian|masking|salt-and-pepper",
     .help = "of the rows that the encoder trains on: noise added, cells set "
             "to their column's mean (0 where columns are not standardised), "
             "or cells set to their column's least or greatest value"},
    {.key = AE_CORRUPTION_LEVEL,
     .type = BASE_F64,
     .initial = "0.25",
     .minimum = 0,
     .maximum = 1e6,
     .help = "standard deviation of the noise, in units of the standardised "
             "columns; or the share of the cells, at most 1"},
    {.key = AE_EMPHASIS,
     .type = BASE_F64,
     .initial = "0",
     .minimum = 0,
     .maximum = 1,
     .help = "cells that masking or salt and pepper left alone count 1 - "
             "emphasis in the training loss; 1: corrupted cells alone do"},
    {.key = AE_SPARSITY,
     .type = BASE_F64,
     .initial = "0",
     .minimum = 0,
     .maximum = 1e30,
     .help = "weight of the penalty on codes that are not sparse; 0: none"},
    {.key = AE_SPARSITY_KIND,
     .type = BASE_STR,
     .initial = "kl",
     .choices = "kl|l1",
     .help = "divergence of each unit's mean activation in the minibatch from "
             "its target, for codes from 0 to 1; or the sum of |code|"},
    {.key = AE_SPARSITY_TARGET,
     .type = BASE_F64,
     .initial = "0.05",
     .minimum = 0.000001,
     .maximum = 0.999999,
     .help = "mean activation of a unit that kl asks for"},
    {.key = AE_CONTRACTION,
     .type = BASE_F64,
     .initial = "0",
     .minimum = 0,
     .maximum = 1e30,
     .help = "weight of the squared norm of the Jacobian of the code by the "
             "row; 0: none"},
    {.key = AE_CONTRACTION_PROBES,
     .type = BASE_I64,
     .initial = "0",
     .minimum = 0,
     .maximum = 1024,
     .help = "random directions that estimate that norm; 0: exact, at the cost "
             "of as many as a code has numbers"},
    {.key = AE_STANDARDISE,
     .type = BASE_I64,
     .structure = 1,
     .initial = "1",
     .minimum = 0,
     .maximum = 1,
     .help = "1: inside, columns have mean 0 and standard deviation 1; never "
             "with bce"},
    {.key = AE_TARGET,
     .type = BASE_STR,
     .structure = 1,
     .initial = "reconstruction",
     .choices = "reconstruction|classes|values",
     .help = "what the model gives: the row again, the class that labels tell, "
             "or the numbers in the last columns of the training rows"},
    {.key = AE_CLASSES,
     .type = BASE_I64,
     .structure = 1,
     .initial = "2",
     .minimum = 2,
     .maximum = 65536,
     .help = "of target classes: labels are 0, 1, … classes - 1"},
    {.key = AE_VALUES,
     .type = BASE_I64,
     .structure = 1,
     .initial = "1",
     .minimum = 1,
     .maximum = 65535,
     .help = "of target values: how many of the last columns they are"},
    {.key = AE_HEAD,
     .type = BASE_STR,
     .structure = 1,
     .initial = "",
     .help = "of target classes or values: network text between the code and "
             "a last dense layer of the outputs; without it that layer alone"},
    {.key = AE_FREEZE,
     .type = BASE_I64,
     .structure = 1,
     .initial = "0",
     .minimum = 0,
     .maximum = 1,
     .help = "of target classes or values: 1: training leaves the encoder as "
             "it is, and only the head learns"},
    {.key = AE_PRETRAIN_EPOCHS,
     .type = BASE_I64,
     .initial = "10",
     .minimum = 1,
     .maximum = 1e9,
     .unit = "passes",
     .help = "passes over the training rows for each layer of pre-training"},
    {.key = AE_PRETRAIN_LEARNING_RATE,
     .type = BASE_F64,
     .initial = "0.001",
     .minimum = 0,
     .maximum = 1e6,
     .help = "learning_rate of pre-training"},
    NN_OPTIONS,
    {.key = NULL},
};

const base_entry ae_entries[] = {
    NN_ENTRIES,
    {.key = AE_REPORT_ACCURACY,
     .unit = "share",
     .help = "of the held-out rows whose class is the predicted one"},
    {.key = AE_REPORT_ACCURACY_HISTORY,
     .series = 1,
     .unit = "share",
     .help = "the same after each pass"},
    {.key = AE_REPORT_PRETRAINED,
     .unit = "layers",
     .help = "that pre-training has finished"},
    {.key = AE_REPORT_PRETRAIN_LOSS,
     .series = 1,
     .help = "mean loss a row of each pre-trained layer's last pass"},
    {.key = AE_REPORT_OTHER_KERNELS,
     .help = "1: training went on from a checkpoint that other kernels wrote"},
    {.key = AE_REPORT_RECONSTRUCTION,
     .help = "The reconstruction's part of epoch_loss."},
    {.key = AE_REPORT_PENALTY,
     .help = "The part of sparsity and contraction, with their weights."},
    {.key = NULL},
};

static int reconstructs(const genmod_config *c)
{
    return base_config_choice(c, AE_TARGET) == AE_ROWS;
}

/* A head has no penalties and sees rows as they are. */
void ae_recipe(const genmod_config *c, double out[MODEL_RECIPE])
{
    if (!reconstructs(c))
        return;
    out[AE_LEVEL] = base_config_f64(c, AE_CORRUPTION_LEVEL);
    out[AE_EMPHASISED] = base_config_f64(c, AE_EMPHASIS);
    out[AE_SPARSE] = base_config_f64(c, AE_SPARSITY);
    out[AE_SPARSE_KIND] = base_config_choice(c, AE_SPARSITY_KIND);
    out[AE_SPARSE_TARGET] = base_config_f64(c, AE_SPARSITY_TARGET);
    out[AE_CONTRACTIVE] = base_config_f64(c, AE_CONTRACTION);
    out[AE_PROBES] = (double)base_config_i64(c, AE_CONTRACTION_PROBES);
}

/* There must be cells that were corrupted, and others. */
static int32_t check_emphasis(const genmod_config *c, int32_t corruption,
                              double level, genmod_workspace *w)
{
    const double emphasis = base_config_f64(c, AE_EMPHASIS);

    if (emphasis > 0 && corruption != AE_MASKING &&
        corruption != AE_SALT_AND_PEPPER)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"emphasis\" is %g; corruption \"%s\" %s",
                         emphasis, base_config_str(c, AE_CORRUPTION),
                         corruption == AE_CLEAN ? "corrupts no cell"
                                                : "leaves no cell alone");
    if (emphasis > 0 && level == 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"emphasis\" is %g; with option "
                         "\"corruption_level\" 0 no cell is corrupted",
                         emphasis);
    return GENMOD_OK;
}

/* Of values, which lie anywhere, there is no cross-entropy. */
static int32_t check_loss(const genmod_config *c, genmod_workspace *w)
{
    if (base_config_choice(c, AE_TARGET) == AE_NUMBERS &&
        base_config_choice(c, AE_LOSS) == AE_BCE)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"loss\" is bce, of cells from 0 to 1; with "
                         "\"target\" values it must be squared, huber or l1");
    return GENMOD_OK;
}

int32_t ae_check_options(const genmod_config *c, genmod_workspace *w)
{
    const int32_t corruption = base_config_choice(c, AE_CORRUPTION);
    const double level = base_config_f64(c, AE_CORRUPTION_LEVEL);
    const int32_t status = check_loss(c, w);

    if (status || !reconstructs(c))
        return status;
    if (level > 1 &&
        (corruption == AE_MASKING || corruption == AE_SALT_AND_PEPPER))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"corruption_level\" is %g; a share of the "
                         "cells is at most 1",
                         level);
    return check_emphasis(c, corruption, level, w);
}

/* ---- the default encoder ------------------------------------------------- */

/* Halves both sides while 8 pixels are left, doubling the channels. */
static int put_stages(char *out, int64_t h, int64_t w)
{
    int64_t channels = 16;
    int any = 0;

    for (; h >= 8 && w >= 8; h /= 2, w /= 2) {
        nn_put_number(out, MODEL_TEXT, "conv ", channels, " k4 s2 p1; relu; ");
        channels = channels < 128 ? 2 * channels : channels;
        any = 1;
    }
    return any;
}

void ae_default_encoder(const nn_size *input, int64_t code, char *out)
{
    const int64_t d = nn_size_elements(input);
    int64_t hidden;

    out[0] = '\0';
    if (code == 0)
        code = d < 64 ? (d + 1) / 2 : 32;
    hidden = (d + code) / 2;
    hidden = hidden < 32 ? 32 : hidden > 512 ? 512 : hidden;
    hidden = hidden < code ? code : hidden;
    if (input->rank == 1 || !put_stages(out, input->h, input->w))
        nn_put_number(out, MODEL_TEXT, "dense ", hidden, "; relu; ");
    nn_put_number(out, MODEL_TEXT, "dense ", code, "");
}
