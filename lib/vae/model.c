/* The public calls that all trained families share, and what makes this one. */
#include "vae/internal.h"

static int counts(const base_entry *e)
{
    static const char *const keys[] = {
        VAE_REPORT_BEST_EPOCH,   VAE_REPORT_STEPS,
        VAE_REPORT_EPOCHS,       VAE_REPORT_STOPPED_EARLY,
        VAE_REPORT_PARAMETERS,   VAE_REPORT_OTHER_KERNELS,
        VAE_REPORT_ACTIVE_UNITS, VAE_REPORT_COLLAPSED};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (base_same(e->key, keys[i]))
            return 1;
    return 0;
}

static int standardises(const model_body *b)
{
    return ((const vae_body *)b)->standardise;
}

const model_family vae_family = {
    .record = {.family = "vae",
               .noun = "such a variational autoencoder",
               .format = 1,
               .options = vae_options,
               .entries = vae_entries,
               .counts = counts},
    .body = sizeof(vae_body),
    .programs = VAE_PROGRAMS,
    .schema = 1,
    .creator = "vae_config_new()",
    .check_options = vae_check_options,
    .declare = vae_declare,
    .dispose = vae_dispose,
    .standardises = standardises,
    .settle = vae_settle,
    .surveys = vae_surveys,
    .labelled = vae_labelled,
    .look = vae_look,
    .sums = vae_sums,
    .join = vae_join,
    .initialise = vae_initialise,
    .compile = vae_compile,
    .recipe = vae_recipe,
    .compile_update = vae_compile_update,
    .compile_evaluate = vae_compile_evaluate,
    .tune = vae_tune,
    .fill = vae_fill,
    .tallies = vae_tallies,
    .note = vae_note,
    .length = vae_length,
    .publish = vae_publish,
};

int32_t vae_config_new(genmod_config **out, genmod_workspace *w)
{
    return model_config_new(&vae_family, out, w);
}

int32_t vae_new(const genmod_config *c, vae_model **out, genmod_workspace *w)
{
    model *m;
    const int32_t status =
        model_new(&vae_family, sizeof **out, c, out ? &m : NULL, w);

    if (out)
        *out = (vae_model *)m;
    return status;
}

int32_t vae_configure(vae_model *m, const genmod_config *c, genmod_workspace *w)
{
    return model_configure((model *)m, c, w);
}

int32_t vae_get_config(const vae_model *m, genmod_config *c,
                       genmod_workspace *w)
{
    return model_get_config((const model *)m, c, w);
}

int32_t vae_copy(const vae_model *from, vae_model *to, genmod_workspace *w)
{
    return model_copy((const model *)from, (model *)to, w);
}

void vae_free(vae_model *m)
{
    model_free((model *)m);
}

size_t vae_dimension(const vae_model *m)
{
    return m ? m->base.d : 0;
}

size_t vae_code_size(const vae_model *m)
{
    return m ? m->base.z : 0;
}

int32_t vae_start(vae_model *m, const genmod_data *x, genmod_workspace *w)
{
    return model_start((model *)m, x, w);
}

int32_t vae_step(vae_model *m, const genmod_data *x, genmod_workspace *w)
{
    return model_step((model *)m, x, w);
}

int32_t vae_fit(vae_model *m, const genmod_data *x, const genmod_data *held_out,
                genmod_progress progress, void *user, genmod_workspace *w)
{
    return model_fit((model *)m, x, held_out, progress, user, w);
}

const genmod_report *vae_report(const vae_model *m)
{
    return m ? m->base.report : NULL;
}

const char *vae_params_key(const vae_model *m, size_t i)
{
    return model_params_key((const model *)m, i);
}

int32_t vae_get_params(const vae_model *m, const char *name, size_t cap,
                       double *out, size_t *need, genmod_workspace *w)
{
    return model_get_params((const model *)m, name, cap, out, need, w);
}

int32_t vae_set_params(vae_model *m, const char *name, size_t n,
                       const double *values, genmod_workspace *w)
{
    return model_set_params((model *)m, name, n, values, w);
}

int32_t vae_save(const vae_model *m, size_t cap, void *out, size_t *need,
                 genmod_workspace *w)
{
    return model_save((const model *)m, 0, cap, out, need, w);
}

int32_t vae_checkpoint(const vae_model *m, size_t cap, void *out, size_t *need,
                       genmod_workspace *w)
{
    return model_save((const model *)m, 1, cap, out, need, w);
}

int32_t vae_load(vae_model *m, size_t n, const void *bytes, genmod_workspace *w)
{
    return model_load((model *)m, n, bytes, w);
}
