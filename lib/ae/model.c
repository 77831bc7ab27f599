/* The public calls that all trained families share, and what makes this one. */
#include "ae/internal.h"

static int counts(const base_entry *e)
{
    static const char *const keys[] = {
        AE_REPORT_BEST_EPOCH,    AE_REPORT_STEPS,      AE_REPORT_EPOCHS,
        AE_REPORT_STOPPED_EARLY, AE_REPORT_PARAMETERS, AE_REPORT_OTHER_KERNELS,
        AE_REPORT_PRETRAINED};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (base_same(e->key, keys[i]))
            return 1;
    return 0;
}

static int standardises(const model_body *b)
{
    return ((const ae_body *)b)->standardise;
}

const model_family ae_family = {
    .record = {.family = "ae",
               .noun = "such an autoencoder",
               .format = 1,
               .options = ae_options,
               .entries = ae_entries,
               .counts = counts},
    .body = sizeof(ae_body),
    .programs = AE_PROGRAMS,
    .creator = "ae_config_new()",
    .check_options = ae_check_options,
    .declare = ae_declare,
    .standardises = standardises,
    .surveys = ae_surveys,
    .labelled = ae_labelled,
    .look = ae_look,
    .join = ae_join,
    .compile = ae_compile,
    .recipe = ae_recipe,
    .compile_update = ae_compile_update,
    .compile_evaluate = ae_compile_evaluate,
    .pieces = ae_pieces,
    .pieces_of = "encoder",
    .compile_piece = ae_compile_piece,
    .fill = ae_fill,
    .tallies = ae_tallies,
    .note = ae_note,
    .length = ae_length,
    .publish = ae_publish,
};

int32_t ae_config_new(genmod_config **out, genmod_workspace *w)
{
    return model_config_new(&ae_family, out, w);
}

int32_t ae_new(const genmod_config *c, ae_model **out, genmod_workspace *w)
{
    model *m;
    const int32_t status =
        model_new(&ae_family, sizeof **out, c, out ? &m : NULL, w);

    if (out)
        *out = (ae_model *)m;
    return status;
}

int32_t ae_configure(ae_model *m, const genmod_config *c, genmod_workspace *w)
{
    return model_configure((model *)m, c, w);
}

int32_t ae_get_config(const ae_model *m, genmod_config *c, genmod_workspace *w)
{
    return model_get_config((const model *)m, c, w);
}

int32_t ae_copy(const ae_model *from, ae_model *to, genmod_workspace *w)
{
    return model_copy((const model *)from, (model *)to, w);
}

void ae_free(ae_model *m)
{
    model_free((model *)m);
}

size_t ae_dimension(const ae_model *m)
{
    return m ? m->base.d : 0;
}

size_t ae_code_size(const ae_model *m)
{
    return m ? m->base.z : 0;
}

int32_t ae_start(ae_model *m, const genmod_data *x, genmod_workspace *w)
{
    return model_start((model *)m, x, w);
}

int32_t ae_step(ae_model *m, const genmod_data *x, genmod_workspace *w)
{
    return model_step((model *)m, x, w);
}

int32_t ae_fit(ae_model *m, const genmod_data *x, const genmod_data *held_out,
               genmod_progress progress, void *user, genmod_workspace *w)
{
    return model_fit((model *)m, x, held_out, progress, user, w);
}

const genmod_report *ae_report(const ae_model *m)
{
    return m ? m->base.report : NULL;
}

const char *ae_params_key(const ae_model *m, size_t i)
{
    return model_params_key((const model *)m, i);
}

int32_t ae_get_params(const ae_model *m, const char *name, size_t cap,
                      double *out, size_t *need, genmod_workspace *w)
{
    return model_get_params((const model *)m, name, cap, out, need, w);
}

int32_t ae_set_params(ae_model *m, const char *name, size_t n,
                      const double *values, genmod_workspace *w)
{
    return model_set_params((model *)m, name, n, values, w);
}

int32_t ae_save(const ae_model *m, size_t cap, void *out, size_t *need,
                genmod_workspace *w)
{
    return model_save((const model *)m, 0, cap, out, need, w);
}

int32_t ae_checkpoint(const ae_model *m, size_t cap, void *out, size_t *need,
                      genmod_workspace *w)
{
    return model_save((const model *)m, 1, cap, out, need, w);
}

int32_t ae_load(ae_model *m, size_t n, const void *bytes, genmod_workspace *w)
{
    return model_load((model *)m, n, bytes, w);
}
