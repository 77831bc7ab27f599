/* The life of a model. */
#include <string.h>

#include "gmm/variational.h"

int32_t gmm_check_fitted(const gmm_model *m, genmod_workspace *w)
{
    if (!m->params)
        return base_fail(w, GENMOD_NOT_FITTED,
                         "the model has no parameters; fit, start, set or "
                         "load some");
    return GENMOD_OK;
}

int32_t gmm_check_idle(const gmm_model *m, genmod_workspace *w)
{
    if (m->training)
        return base_fail(w, GENMOD_BUSY, "the model is being trained");
    return GENMOD_OK;
}

const gmm_covariance *gmm_model_covariance(const gmm_model *m)
{
    return gmm_covariance_of(base_config_str(m->config, GMM_COVARIANCE));
}

size_t gmm_model_rank(const gmm_model *m)
{
    return gmm_model_covariance(m)->low
               ? (size_t)base_config_i64(m->config, GMM_RANK)
               : 0;
}

int32_t gmm_config_new(genmod_config **out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    else
        status = base_config_new(gmm_options, out, w);
    return base_leave(&call, status);
}

static int32_t check_config(const genmod_config *c, genmod_workspace *w)
{
    if (base_config_options(c) != gmm_options)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the config is not one of gmm_config_new()");
    return GENMOD_OK;
}

int32_t gmm_configure(gmm_model *m, const genmod_config *c, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !c)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "c" : "m");
    else
        status = gmm_check_idle(m, w);
    if (!status)
        status = check_config(c, w);
    if (!status)
        status = base_config_assign(m->config, c, 0, w);
    return base_leave(&call, status);
}

int32_t gmm_get_config(const gmm_model *m, genmod_config *c,
                       genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !c)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "c" : "m");
    else
        status = check_config(c, w);
    if (!status)
        status = base_config_assign(c, m->config, 1, w);
    return base_leave(&call, status);
}

static int32_t build(const genmod_config *c, gmm_model *m, genmod_workspace *w)
{
    int32_t status = base_config_new(gmm_options, &m->config, w);

    if (!status && c)
        status = base_config_assign(m->config, c, 1, w);
    if (!status)
        status = base_report_new(gmm_entries, &m->report, w);
    return status;
}

static int32_t make(const genmod_config *c, gmm_model **out,
                    genmod_workspace *w)
{
    gmm_model *const m = base_alloc_zero(w, 1, sizeof *m);
    const int32_t status = m ? build(c, m, w) : base_status(w);

    if (status)
        gmm_free(m);
    else
        *out = m;
    return status;
}

int32_t gmm_new(const genmod_config *c, gmm_model **out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    if (out)
        *out = NULL;
    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    else
        status = c ? check_config(c, w) : GENMOD_OK;
    if (!status)
        status = make(c, out, w);
    return base_leave(&call, status);
}

/* Everything that can fail comes before the first change. */
static int32_t copy(const gmm_model *from, gmm_model *to, genmod_workspace *w)
{
    const gmm_params *const p = from->params;
    const gmm_posterior *const q = from->posterior;
    gmm_posterior *belief = NULL;
    gmm_params *fresh = NULL;
    int32_t status = GENMOD_OK;

    if (p) {
        fresh = gmm_params_new_rank(p->type, p->k, p->d, p->rank, w);
        if (!fresh)
            return base_status(w);
        if (fresh->f64.ops != p->f64.ops) /* another context's kernels */
            status = base_fail(w, GENMOD_UNSUPPORTED,
                               "the workspace has other kernels than the "
                               "model; save and load instead");
        else
            gmm_params_copy(fresh, p);
    }
    if (q && !status) {
        belief = gmm_posterior_new(gmm_model_covariance(from), q->k, q->d, w);
        if (belief)
            gmm_posterior_copy(belief, q);
        else
            status = base_status(w);
    }
    if (!status)
        status = base_report_copy(to->report, from->report, w);
    if (!status)
        status = base_config_assign(to->config, from->config, 1, w);
    if (status) {
        gmm_params_free(fresh);
        gmm_posterior_free(belief);
        return status;
    }
    gmm_params_free(to->params);
    gmm_posterior_free(to->posterior);
    to->params = fresh;
    to->posterior = belief;
    return GENMOD_OK;
}

int32_t gmm_copy(const gmm_model *from, gmm_model *to, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!from || !to)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                           from ? "to" : "from");
    else
        status = gmm_check_idle(to, w);
    if (!status && from != to)
        status = copy(from, to, w);
    return base_leave(&call, status);
}

void gmm_free(gmm_model *m)
{
    if (!m)
        return;
    genmod_config_free(m->config);
    base_report_free(m->report);
    gmm_params_free(m->params);
    gmm_posterior_free(m->posterior);
    base_free(m);
}

size_t gmm_components(const gmm_model *m)
{
    return m ? (size_t)base_config_i64(m->config, GMM_COMPONENTS) : 0;
}

size_t gmm_dimension(const gmm_model *m)
{
    return m && m->params ? m->params->d : 0;
}

const genmod_report *gmm_report(const gmm_model *m)
{
    return m ? m->report : NULL;
}
