/* The life of a model. */
#include "ae/internal.h"

int32_t ae_check_fitted(const ae_model *m, genmod_workspace *w)
{
    if (!m->body)
        return base_fail(w, GENMOD_NOT_FITTED,
                         "the model has no weights; fit, start or load some");
    return GENMOD_OK;
}

int32_t ae_check_idle(const ae_model *m, genmod_workspace *w)
{
    if (m->training)
        return base_fail(w, GENMOD_BUSY, "the model is being trained");
    return GENMOD_OK;
}

int32_t ae_check_rows(const genmod_data *x, const char *name, size_t d,
                      const char *what, genmod_workspace *w)
{
    if (base_data_rows(x) == 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has no rows; call a genmod_data_set function",
                         name);
    if (base_data_columns(x) != d)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s has %u columns; %s has %u",
                         name, (uint64_t)base_data_columns(x), what,
                         (uint64_t)d);
    return GENMOD_OK;
}

int32_t ae_config_new(genmod_config **out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    else
        status = base_config_new(ae_options, out, w);
    return base_leave(&call, status);
}

static int32_t check_config(const genmod_config *c, genmod_workspace *w)
{
    if (base_config_options(c) != ae_options)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the config is not one of ae_config_new()");
    return GENMOD_OK;
}

int32_t ae_configure(ae_model *m, const genmod_config *c, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !c)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "c" : "m");
    else
        status = ae_check_idle(m, w);
    if (!status)
        status = check_config(c, w);
    if (!status)
        status = ae_check_options(c, w);
    if (!status)
        status = base_config_assign(m->config, c, 0, w);
    return base_leave(&call, status);
}

int32_t ae_get_config(const ae_model *m, genmod_config *c, genmod_workspace *w)
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

/* The networks of a known input are looked at now; they are made when weights
 * are. */
static int32_t check_networks(ae_model *m, genmod_workspace *w)
{
    ae_body *b;
    int32_t status;

    if (!base_config_str(m->config, AE_INPUT)[0])
        return GENMOD_OK;
    status = ae_body_new(m->config, 0, &b, w);
    if (status)
        return status;
    m->d = b->d;
    m->z = b->z;
    ae_body_free(b);
    return GENMOD_OK;
}

static int32_t build(const genmod_config *c, ae_model *m, genmod_workspace *w)
{
    int32_t status = base_config_new(ae_options, &m->config, w);

    if (!status && c)
        status = base_config_assign(m->config, c, 1, w);
    if (!status)
        status = ae_check_options(m->config, w);
    if (!status)
        status = base_report_new(ae_entries, &m->report, w);
    if (!status)
        status = check_networks(m, w);
    return status;
}

static int32_t make(const genmod_config *c, ae_model **out, genmod_workspace *w)
{
    ae_model *const m = base_alloc_zero(w, 1, sizeof *m);
    const int32_t status = m ? build(c, m, w) : base_status(w);

    if (status)
        ae_free(m);
    else
        *out = m;
    return status;
}

int32_t ae_new(const genmod_config *c, ae_model **out, genmod_workspace *w)
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

static int32_t copy_body(const ae_model *from, ae_body **out,
                         genmod_workspace *w)
{
    ae_body *b;
    int32_t status = ae_body_new(from->config, from->d, &b, w);

    *out = b;
    if (!status)
        status = ae_body_seal(b, w);
    if (status)
        return status;
    ae_body_copy(b, from->body);
    return ae_body_compile(b, w);
}

/* Everything that can fail comes before the first change. */
static int32_t copy(const ae_model *from, ae_model *to, genmod_workspace *w)
{
    ae_body *fresh = NULL;
    int32_t status = from->body ? copy_body(from, &fresh, w) : GENMOD_OK;

    if (!status)
        status = base_report_copy(to->report, from->report, w);
    if (!status)
        status = base_config_assign(to->config, from->config, 1, w);
    if (status) {
        ae_body_free(fresh);
        return status;
    }
    ae_body_free(to->body);
    ae_trainer_free(to->trainer);
    to->body = fresh;
    to->trainer = NULL;
    to->kernels[0] = '\0';
    to->d = from->d;
    to->z = from->z;
    return GENMOD_OK;
}

int32_t ae_copy(const ae_model *from, ae_model *to, genmod_workspace *w)
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
        status = ae_check_idle(to, w);
    if (!status && from != to)
        status = copy(from, to, w);
    return base_leave(&call, status);
}

void ae_free(ae_model *m)
{
    if (!m)
        return;
    genmod_config_free(m->config);
    base_report_free(m->report);
    ae_trainer_free(m->trainer);
    ae_body_free(m->body);
    base_free(m);
}

size_t ae_dimension(const ae_model *m)
{
    return m ? m->d : 0;
}

size_t ae_code_size(const ae_model *m)
{
    return m ? m->z : 0;
}

const genmod_report *ae_report(const ae_model *m)
{
    return m ? m->report : NULL;
}
