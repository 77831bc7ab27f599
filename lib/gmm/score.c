/* What a fitted mixture says of rows. */
#include <math.h>
#include <string.h>

#include "gmm/algebra.h"
#include "gmm/hold.h"
#include "gmm/noise.h"
#include "gmm/ranks.h"

/* Results gather in scratch and go out when the last row is done, so that a
 * call that fails leaves the caller's array alone. */
typedef struct harvest {
    size_t k;
    int32_t noise;    /* 1: l has a line for it */
    int32_t from, to; /* element types: of the pass, of the result */
    void *out;
} harvest;

static void give_density(size_t first, size_t m, const double *log_density,
                         const kern_real *l, void *arg)
{
    const harvest *const h = arg;

    (void)l;
    memcpy((double *)h->out + first, log_density, m * sizeof(double));
}

static void give_responsibilities(size_t first, size_t m,
                                  const double *log_density, const kern_real *l,
                                  void *arg)
{
    const harvest *const h = arg;

    (void)log_density;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < h->k; j++) {
            const double r = gmm_real(h->from, l, j * KERN_ROWS + i);
            const size_t at = (first + i) * h->k + j;

            gmm_set_real(h->to, h->out, at, r);
        }
}

static void give_component(size_t first, size_t m, const double *log_density,
                           const kern_real *l, void *arg)
{
    const harvest *const h = arg;

    (void)log_density;
    for (size_t i = 0; i < m; i++) {
        size_t best = 0;

        for (size_t j = 1; j < h->k; j++)
            if (gmm_real(h->from, l, j * KERN_ROWS + i) >
                gmm_real(h->from, l, best * KERN_ROWS + i))
                best = j;
        if (h->noise && gmm_real(h->from, l, h->k * KERN_ROWS + i) >
                            gmm_real(h->from, l, best * KERN_ROWS + i))
            ((int32_t *)h->out)[first + i] = -1;
        else
            ((int32_t *)h->out)[first + i] = (int32_t)best;
    }
}

int32_t gmm_check_rows_in(const gmm_model *m, const genmod_data *x,
                          genmod_workspace *w)
{
    if (!m || !x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "x" : "m");
    if (!m->params)
        return gmm_check_fitted(m, w);
    if (base_data_rows(x) == 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has no rows; call a genmod_data_set function");
    if (base_data_columns(x) != m->params->d)
        return base_fail(
            w, GENMOD_BAD_ARGUMENT, "x has %u columns; the model has %u",
            (uint64_t)base_data_columns(x), (uint64_t)m->params->d);
    return GENMOD_OK;
}

static int32_t check_room(size_t bytes, size_t n, size_t k, size_t size,
                          const void *out, size_t *need, genmod_workspace *w)
{
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (!base_mul(n, k, need) || !base_mul(*need, size, need) || bytes < *need)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "bytes is %u; the result takes %u", (uint64_t)bytes,
                         (uint64_t)*need);
    return GENMOD_OK;
}

int32_t gmm_check_rows_out(const gmm_model *m, const genmod_data *x,
                           int32_t type, size_t bytes, const void *out,
                           size_t *need, genmod_workspace *w)
{
    const size_t size = type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    const int32_t status = gmm_check_rows_in(m, x, w);

    if (status)
        return status;
    if (type != GENMOD_F32 && type != GENMOD_F64)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "type is %i; it must be GENMOD_F32 or GENMOD_F64",
                         (int64_t)type);
    return check_room(bytes, base_data_rows(x), m->params->d, size, out, need,
                      w);
}

/* One pass without moments; `normalise` as in gmm_pass. */
static int32_t score(const gmm_model *m, const genmod_data *x, gmm_give give,
                     harvest *h, int32_t normalise, gmm_lane *lane,
                     double *weight, genmod_workspace *w)
{
    gmm_pass pass = {.x = x,
                     .n_lanes = 1,
                     .lanes = lane,
                     .give = give,
                     .arg = h,
                     .noise = m->params->noise[0] > 0,
                     .normalise = normalise,
                     .shared = give == NULL,
                     .source = GMM_POSTERIOR};
    size_t first;
    int32_t status = GENMOD_OK;

    lane->params = m->params;
    if (pass.shared)
        status =
            base_all_rows(w, GENMOD_OK, base_data_rows(x), &first, &pass.total);
    if (!status)
        status = gmm_pass_open(&pass, w);
    if (!status)
        status = gmm_pass_run(&pass, w);
    *weight = pass.weight;
    return status;
}

/* Per-row results of `width` elements of `size` bytes each. */
static int32_t rows(const gmm_model *m, const genmod_data *x, gmm_give give,
                    size_t width, size_t size, int32_t type, size_t bytes,
                    void *out, genmod_workspace *w)
{
    gmm_lane lane = {.params = NULL};
    harvest h = {.to = type};
    double weight;
    size_t need;
    int32_t status = gmm_check_rows_in(m, x, w);

    if (!status)
        status = check_room(bytes, base_data_rows(x),
                            width ? width : m->params->k, size, out, &need, w);
    if (status)
        return status;
    h.k = m->params->k;
    h.noise = m->params->noise[0] > 0;
    h.from = base_data_type(x);
    h.out = base_scratch(w, need, 1);
    if (!h.out)
        return base_status(w);
    status = score(m, x, give, &h, width == 0, &lane, &weight, w);
    if (!status)
        memcpy(out, h.out, need);
    return status;
}

int32_t gmm_log_density(const gmm_model *m, const genmod_data *x, size_t bytes,
                        double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, rows(m, x, give_density, 1, sizeof *out,
                                  GENMOD_F64, bytes, out, w));
}

int32_t gmm_responsibilities(const gmm_model *m, const genmod_data *x,
                             int32_t type, size_t bytes, void *out,
                             genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (type != GENMOD_F32 && type != GENMOD_F64)
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "type is %i; it must be GENMOD_F32 or GENMOD_F64",
                           (int64_t)type);
    else
        status = rows(m, x, give_responsibilities, 0,
                      type == GENMOD_F32 ? sizeof(float) : sizeof(double), type,
                      bytes, out, w);
    return base_leave(&call, status);
}

int32_t gmm_predict(const gmm_model *m, const genmod_data *x, size_t bytes,
                    int32_t *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, rows(m, x, give_component, 1, sizeof *out,
                                  GENMOD_F64, bytes, out, w));
}

#define MEAN 0
#define AIC 1
#define BIC 2

static int32_t criterion(const gmm_model *m, const genmod_data *x, int kind,
                         double *out, genmod_workspace *w)
{
    gmm_lane lane = {.params = NULL};
    double weight, p;
    int32_t status = gmm_check_rows_in(m, x, w);

    if (!status && !out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    status = gmm_agree(m, x, gmm_call("criterion") + (uint64_t)kind,
                       GMM_PARAMETERS, status, w);
    if (!status)
        status = score(m, x, NULL, NULL, 0, &lane, &weight, w);
    if (status)
        return status;
    p = (double)gmm_count_parameters(m->config, m->params->type, m->params->k,
                                     m->params->d);
    if (kind == MEAN)
        *out = lane.log_likelihood / weight;
    else if (kind == AIC)
        *out = 2 * p - 2 * lane.log_likelihood;
    else {
        m->params->f64.ops->log(1, &weight, &weight);
        *out = p * weight - 2 * lane.log_likelihood;
    }
    return GENMOD_OK;
}

static int32_t enter(const gmm_model *m, const genmod_data *x, int kind,
                     double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, criterion(m, x, kind, out, w));
}

int32_t gmm_log_likelihood(const gmm_model *m, const genmod_data *x,
                           double *out, genmod_workspace *w)
{
    return enter(m, x, MEAN, out, w);
}

int32_t gmm_aic(const gmm_model *m, const genmod_data *x, double *out,
                genmod_workspace *w)
{
    return enter(m, x, AIC, out, w);
}

int32_t gmm_bic(const gmm_model *m, const genmod_data *x, double *out,
                genmod_workspace *w)
{
    return enter(m, x, BIC, out, w);
}
