/* The life of a model. */
#include "model/model.h"

int32_t model_check_fitted(const model *m, genmod_workspace *w)
{
    if (!m->body)
        return base_fail(w, GENMOD_NOT_FITTED,
                         "the model has no weights; fit, start or load some");
    return GENMOD_OK;
}

int32_t model_check_idle(const model *m, genmod_workspace *w)
{
    if (m->training)
        return base_fail(w, GENMOD_BUSY, "the model is being trained");
    return GENMOD_OK;
}

int32_t model_check_rows(const genmod_data *x, const char *name, size_t d,
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

static int32_t other_kind(const model_body *b, const char *name, size_t j,
                          genmod_workspace *w)
{
    static const char *const words[] = {"real", "positive", "count", "binary",
                                        "categorical"};

    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "%s has another schema than the model, whose column %u is "
                     "%s%s",
                     name, (uint64_t)j,
                     words[b->schema.kinds ? b->schema.kinds[j] : 0],
                     b->schema.kinds && b->schema.kinds[j] == GENMOD_CATEGORICAL
                         ? " with a number of levels of its own"
                         : "");
}

int32_t model_check_schema(const model_body *b, const genmod_data *x,
                           const char *name, genmod_workspace *w)
{
    const int32_t *const kinds = base_data_kinds(x);
    const int32_t *const levels = base_data_levels(x);

    for (size_t j = 0; kinds && b->family->schema && j < b->d; j++) {
        const int32_t own = b->schema.kinds ? b->schema.kinds[j] : GENMOD_REAL;

        if (kinds[j] != own ||
            (own == GENMOD_CATEGORICAL && levels[j] != b->schema.levels[j]))
            return other_kind(b, name, j, w);
    }
    return GENMOD_OK;
}

int32_t model_config_new(const model_family *f, genmod_config **out,
                         genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    else
        status = base_config_new(f->record.options, out, w);
    return base_leave(&call, status);
}

static int32_t check_config(const model_family *f, const genmod_config *c,
                            genmod_workspace *w)
{
    if (base_config_options(c) != f->record.options)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the config is not one of %s",
                         f->creator);
    return GENMOD_OK;
}

/* That of rows which would make such a body. */
static model_schema schema_of(const model_body *b)
{
    model_schema s = b->schema;

    s.d = b->d + b->targets;
    return s;
}

/* What a text leaves to its default may follow from options that training may
 * change: the weights that there are stay those of the networks. */
static int32_t check_networks(const model_body *own, const model_body *b,
                              genmod_workspace *w)
{
    const size_t n = ad_store_count(own->store);
    size_t i = 0;

    while (
        i < n && i < ad_store_count(b->store) &&
        base_same(ad_store_name(own->store, i), ad_store_name(b->store, i)) &&
        ad_shape_equal(ad_store_shape(own->store, i),
                       ad_store_shape(b->store, i)))
        i++;
    if (i == n && n == ad_store_count(b->store))
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "these options stand for other networks than the model "
                     "has; the first array that differs is %s",
                     i < n ? ad_store_name(own->store, i)
                           : ad_store_name(b->store, i));
}

/* The networks of a known input are looked at now; they are made when weights
 * are. */
static int32_t look_at_networks(const model *m, const genmod_config *c,
                                size_t *d, size_t *z, genmod_workspace *w)
{
    model_schema s = {0};
    model_body *b;
    int32_t status;

    if (m->body)
        s = schema_of(m->body);
    if (!s.d && !base_config_str(c, "input")[0])
        return GENMOD_OK;
    status = model_body_new(m->family, c, &s, &b, w);
    if (!status && m->body)
        status = check_networks(m->body, b, w);
    if (!status) {
        *d = b->d;
        *z = b->z;
    }
    model_body_free(b);
    return status;
}

/* Moments belong to their kind of optimiser: another one starts anew. A
 * checkpoint has the arrays of the kind that its options name. */
static void drop_other_moments(model *m)
{
    nn_training o;

    nn_training_read(m->config, &o);
    if (!m->trainer || m->trainer->options.optimiser == o.optimiser)
        return;
    model_trainer_free(m->trainer);
    m->trainer = NULL;
    m->kernels[0] = '\0';
}

int32_t model_configure(model *m, const genmod_config *c, genmod_workspace *w)
{
    base_call call;
    size_t d, z;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !c)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "c" : "m");
    else
        status = model_check_idle(m, w);
    if (!status)
        status = check_config(m->family, c, w);
    if (!status)
        status = base_config_check_structure(m->config, c, w);
    if (!status)
        status = m->family->check_options(c, w);
    if (!status)
        status = look_at_networks(m, c, &d, &z, w);
    if (!status)
        status = base_config_assign(m->config, c, 1, w);
    if (!status)
        drop_other_moments(m);
    return base_leave(&call, status);
}

int32_t model_get_config(const model *m, genmod_config *c, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !c)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "c" : "m");
    else
        status = check_config(m->family, c, w);
    if (!status)
        status = base_config_assign(c, m->config, 1, w);
    return base_leave(&call, status);
}

static int32_t build(const genmod_config *c, model *m, genmod_workspace *w)
{
    int32_t status = base_config_new(m->family->record.options, &m->config, w);

    if (!status && c)
        status = base_config_assign(m->config, c, 1, w);
    if (!status)
        status = m->family->check_options(m->config, w);
    if (!status)
        status = base_report_new(m->family->record.entries, &m->report, w);
    if (!status)
        status = look_at_networks(m, m->config, &m->d, &m->z, w);
    return status;
}

int32_t model_make(const model_family *f, size_t bytes, const genmod_config *c,
                   model **out, genmod_workspace *w)
{
    model *const m = base_alloc_zero(w, 1, bytes);
    int32_t status = m ? GENMOD_OK : base_status(w);

    *out = NULL;
    if (!status) {
        m->family = f;
        status = build(c, m, w);
    }
    if (status)
        model_free(m);
    else
        *out = m;
    return status;
}

int32_t model_new(const model_family *f, size_t bytes, const genmod_config *c,
                  model **out, genmod_workspace *w)
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
        status = c ? check_config(f, c, w) : GENMOD_OK;
    if (!status)
        status = model_make(f, bytes, c, out, w);
    return base_leave(&call, status);
}

static int32_t copy_body(const model *from, model_body **out,
                         genmod_workspace *w)
{
    const model_schema s = schema_of(from->body);
    model_body *b;
    int32_t status = model_body_new(from->family, from->config, &s, &b, w);

    *out = b;
    if (!status)
        status = model_body_seal(b, w);
    if (status)
        return status;
    model_body_copy(b, from->body);
    return model_body_compile(b, w);
}

/* Everything that can fail comes before the first change. */
static int32_t copy(const model *from, model *to, genmod_workspace *w)
{
    model_body *fresh = NULL;
    int32_t status = from->body ? copy_body(from, &fresh, w) : GENMOD_OK;

    if (!status)
        status = base_report_copy(to->report, from->report, w);
    if (!status)
        status = base_config_assign(to->config, from->config, 1, w);
    if (status) {
        model_body_free(fresh);
        return status;
    }
    model_body_free(to->body);
    model_trainer_free(to->trainer);
    to->body = fresh;
    to->trainer = NULL;
    to->kernels[0] = '\0';
    to->d = from->d;
    to->z = from->z;
    return GENMOD_OK;
}

int32_t model_copy(const model *from, model *to, genmod_workspace *w)
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
        status = model_check_idle(to, w);
    if (!status && from != to)
        status = copy(from, to, w);
    return base_leave(&call, status);
}

void model_free(model *m)
{
    if (!m)
        return;
    genmod_config_free(m->config);
    base_report_free(m->report);
    model_trainer_free(m->trainer);
    model_body_free(m->body);
    base_free(m);
}
