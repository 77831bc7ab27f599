/* The public calls that all trained families share, and what makes this one. */
#include "gan/internal.h"

static int counts(const base_entry *e)
{
    static const char *const keys[] = {
        GAN_REPORT_BEST_EPOCH, GAN_REPORT_STEPS,
        GAN_REPORT_EPOCHS,     GAN_REPORT_STOPPED_EARLY,
        GAN_REPORT_PARAMETERS, GAN_REPORT_OTHER_KERNELS,
        GAN_REPORT_G_UPDATES};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (base_same(e->key, keys[i]))
            return 1;
    return 0;
}

static int standardises(const model_body *b)
{
    return ((const gan_body *)b)->standardise;
}

static void settle(model_body *b)
{
    if (standardises(b))
        model_settle_channels(&b->columns);
}

const model_family gan_family = {
    .record = {.family = "gan",
               .noun = "such a generative adversarial network",
               .format = 1,
               .options = gan_options,
               .entries = gan_entries,
               .counts = counts},
    .body = sizeof(gan_body),
    .programs = GAN_PROGRAMS,
    .schema = 1,
    .mark = GAN_MEANS,
    .creator = "gan_config_new()",
    .check_options = gan_check_options,
    .declare = gan_declare,
    .dispose = gan_table_dispose,
    .standardises = standardises,
    .settle = settle,
    .surveys = gan_surveys,
    .labelled = gan_labelled,
    .look = gan_look,
    .initialise = gan_initialise,
    .sums = gan_sums,
    .join = gan_join,
    .compile = gan_compile,
    .recipe = gan_recipe,
    .players = 2,
    .phases = gan_phases,
    .compile_update = gan_compile_update,
    .compile_evaluate = gan_compile_evaluate,
    .draws_apart = 1,
    .tune = gan_tune,
    .fill = gan_fill,
    .tallies = gan_tallies,
    .note = gan_note,
    .publish = gan_publish,
};

int32_t gan_config_new(genmod_config **out, genmod_workspace *w)
{
    return model_config_new(&gan_family, out, w);
}

int32_t gan_new(const genmod_config *c, gan_model **out, genmod_workspace *w)
{
    model *m;
    const int32_t status =
        model_new(&gan_family, sizeof **out, c, out ? &m : NULL, w);

    if (out)
        *out = (gan_model *)m;
    return status;
}

int32_t gan_configure(gan_model *m, const genmod_config *c, genmod_workspace *w)
{
    return model_configure((model *)m, c, w);
}

int32_t gan_get_config(const gan_model *m, genmod_config *c,
                       genmod_workspace *w)
{
    return model_get_config((const model *)m, c, w);
}

int32_t gan_copy(const gan_model *from, gan_model *to, genmod_workspace *w)
{
    return model_copy((const model *)from, (model *)to, w);
}

void gan_free(gan_model *m)
{
    model_free((model *)m);
}

size_t gan_dimension(const gan_model *m)
{
    return m ? m->base.d : 0;
}

size_t gan_code_size(const gan_model *m)
{
    return m ? m->base.z : 0;
}

int32_t gan_start(gan_model *m, const genmod_data *x, genmod_workspace *w)
{
    return model_start((model *)m, x, w);
}

int32_t gan_step(gan_model *m, const genmod_data *x, genmod_workspace *w)
{
    return model_step((model *)m, x, w);
}

int32_t gan_fit(gan_model *m, const genmod_data *x, const genmod_data *held_out,
                genmod_progress progress, void *user, genmod_workspace *w)
{
    return model_fit((model *)m, x, held_out, progress, user, w);
}

const genmod_report *gan_report(const gan_model *m)
{
    return m ? m->base.report : NULL;
}

const char *gan_params_key(const gan_model *m, size_t i)
{
    return model_params_key((const model *)m, i);
}

int32_t gan_get_params(const gan_model *m, const char *name, size_t cap,
                       double *out, size_t *need, genmod_workspace *w)
{
    return model_get_params((const model *)m, name, cap, out, need, w);
}

int32_t gan_set_params(gan_model *m, const char *name, size_t n,
                       const double *values, genmod_workspace *w)
{
    return model_set_params((model *)m, name, n, values, w);
}

int32_t gan_save(const gan_model *m, size_t cap, void *out, size_t *need,
                 genmod_workspace *w)
{
    return model_save((const model *)m, 0, cap, out, need, w);
}

int32_t gan_checkpoint(const gan_model *m, size_t cap, void *out, size_t *need,
                       genmod_workspace *w)
{
    return model_save((const model *)m, 1, cap, out, need, w);
}

int32_t gan_load(gan_model *m, size_t n, const void *bytes, genmod_workspace *w)
{
    return model_load((model *)m, n, bytes, w);
}
