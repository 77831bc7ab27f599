/* How far two mixtures are apart: rows drawn from both, and closed forms.
 *
 * Rows are drawn by strata: component j gives a fixed share of them, and the
 * estimate of a mean is sum_j w_j times the mean of its rows, without bias
 * whatever the shares. All estimates are of the same rows.
 */
#include <math.h>
#include <string.h>

#include "gmm/divergence.h"

#define BLOCKS 64 /* of KERN_ROWS rows that are under way at one time */
#define LN_2 0.693147180559945309417

/* What a row of p gives; one of q gives VALUE_JS alone. */
#define VALUE_KL 0
#define VALUE_JS 1
#define VALUE_CROSS 2
#define VALUE_ENTROPY 3
#define VALUES 4

/* Mean and sum of squares about it (Welford 1962). */
typedef struct moments {
    double n, mean, square;
} moments;

typedef struct drawing {
    const gmm_params *from, *other;
    uint64_t seed;
    size_t n, d;
    int of_q;             /* 1: the rows of q */
    size_t *end;          /* [k] one past the last row of each component */
    double *rows;         /* [width, KERN_ROWS, d] */
    double *panel;        /* [width, d * KERN_ROWS] */
    double *l;            /* [width, max(k), KERN_ROWS] */
    double *value;        /* [BLOCKS, VALUES, KERN_ROWS] */
    size_t most_k, first; /* first: row of the blocks under way */
} drawing;

/* ---- rows -----------------------------------------------------------------
 */

/* Two rows for each component, and of the others its share. */
static void share_out(const gmm_params *p, size_t n, size_t *end)
{
    const double rest = (double)(n - 2 * p->k);
    double sum = 0, upto = 0;

    for (size_t j = 0; j < p->k; j++)
        sum += p->weights[j];
    for (size_t j = 0; j < p->k; j++) {
        upto += p->weights[j];
        end[j] = 2 * (j + 1) + (size_t)(rest * (upto / sum) + 0.5);
    }
    end[p->k - 1] = n;
}

static size_t component_of(const drawing *g, size_t row)
{
    size_t j = 0;

    while (row >= g->end[j])
        j++;
    return j;
}

/* Streams of p and q are kept apart by the number of the row. */
static void draw(const drawing *g, size_t first, size_t m, int of_q,
                 double *rows)
{
    const gmm_params *const p = g->from;
    size_t j = component_of(g, first);

    for (size_t i = 0; i < m; i++) {
        double *const x = rows + i * g->d;

        while (first + i >= g->end[j])
            j++;
        kern_normals(p->f64.ops, g->seed,
                     2 * (uint64_t)(first + i) + (uint64_t)of_q,
                     GMM_SITE_DIVERGENCE, g->d, x);
        gmm_colour(p, j, x);
        for (size_t c = 0; c < g->d; c++)
            x[c] += p->means[j * g->d + c];
    }
}

/* ln p of m rows; 0 if one of them is not finite. */
static int ln_density(const drawing *g, const gmm_params *p, size_t m,
                      const double *rows, size_t slot, double *out)
{
    const base_view v = {.rows = rows,
                         .type = GENMOD_F64,
                         .row_stride = (int64_t)g->d,
                         .col_stride = 1,
                         .scale = 1};
    const kern_ops *const ops = p->f64.ops;
    double *const panel = g->panel + slot * g->d * KERN_ROWS;
    double *const l = g->l + slot * g->most_k * KERN_ROWS;

    if (!ops->pack(&v, m, g->d, p->f64.center, p->f64.scale, panel))
        return 0;
    gmm_joint(ops, p, m, (const char *)panel, (char *)l);
    ops->posterior(p->k, m, l, NULL, out);
    for (size_t i = 0; i < m; i++)
        out[i] += p->log_scale;
    return 1;
}

/* value <- what m rows give, of ln densities under their own mixture and the
 * other one: ln 2a / (a + b) = ln 2 - ln(1 + b / a). */
static void evaluate(const kern_ops *f64, size_t m, const double *own,
                     const double *other, double *value)
{
    double *const js = value + VALUE_JS * KERN_ROWS;

    for (size_t i = 0; i < m; i++) {
        value[VALUE_KL * KERN_ROWS + i] = own[i] - other[i];
        value[VALUE_CROSS * KERN_ROWS + i] = -other[i];
        value[VALUE_ENTROPY * KERN_ROWS + i] = -own[i];
        js[i] = other[i] - own[i];
    }
    f64->softplus(m, js, js);
    for (size_t i = 0; i < m; i++)
        js[i] = LN_2 - js[i];
}

static int32_t draw_block(size_t item, size_t slot, void *arg)
{
    const drawing *const g = arg;
    const size_t first = g->first + item * KERN_ROWS, left = g->n - first;
    const size_t m = left < KERN_ROWS ? left : KERN_ROWS;
    double *const rows = g->rows + slot * KERN_ROWS * g->d;
    double own[KERN_ROWS], other[KERN_ROWS];

    draw(g, first, m, g->of_q, rows);
    if (!ln_density(g, g->from, m, rows, slot, own) ||
        !ln_density(g, g->other, m, rows, slot, other))
        return GENMOD_BREAKDOWN;
    evaluate(g->from->f64.ops, m, own, other,
             g->value + item * VALUES * KERN_ROWS);
    return GENMOD_OK;
}

/* ---- means ----------------------------------------------------------------
 */

static void note(moments *s, double v)
{
    const double e = v - s->mean;

    s->n++;
    s->mean += e / s->n;
    s->square += e * (v - s->mean);
}

/* moments [k, VALUES], in the order of rows. */
static void gather(const drawing *g, size_t blocks, moments *s)
{
    size_t j = component_of(g, g->first);

    for (size_t i = 0; i < blocks * KERN_ROWS && g->first + i < g->n; i++) {
        const double *const value =
            g->value + i / KERN_ROWS * VALUES * KERN_ROWS + i % KERN_ROWS;

        while (g->first + i >= g->end[j])
            j++;
        for (size_t v = 0; v < VALUES; v++)
            note(&s[j * VALUES + v], value[v * KERN_ROWS]);
    }
}

/* Mean and the square of its standard error. */
static void combine(const gmm_params *p, const moments *s, size_t v,
                    double *mean, double *variance)
{
    double sum = 0;

    *mean = *variance = 0;
    for (size_t j = 0; j < p->k; j++)
        sum += p->weights[j];
    for (size_t j = 0; j < p->k; j++) {
        const moments *const a = &s[j * VALUES + v];
        const double share = p->weights[j] / sum;

        *mean += share * a->mean;
        *variance += share * share * a->square / (a->n - 1) / a->n;
    }
}

static int32_t run(drawing *g, moments *s, genmod_workspace *w)
{
    share_out(g->from, g->n, g->end);
    memset(s, 0, g->from->k * VALUES * sizeof *s);
    for (g->first = 0; g->first < g->n; g->first += BLOCKS * KERN_ROWS) {
        const size_t left = (g->n - g->first - 1) / KERN_ROWS + 1;
        const size_t blocks = left < BLOCKS ? left : BLOCKS;
        int32_t status = base_cancelled(w);

        if (status)
            return status;
        status = base_parallel(w, blocks, draw_block, g);
        if (status)
            return base_fail(w,
                             status == GENMOD_BREAKDOWN ? GENMOD_BREAKDOWN
                                                        : GENMOD_CALLBACK,
                             status == GENMOD_BREAKDOWN
                                 ? "drawn rows leave the range of doubles"
                                 : "parallel_for failed");
        gather(g, blocks, s);
    }
    return GENMOD_OK;
}

/* ---- the call -------------------------------------------------------------
 */

static int32_t take_memory(drawing *g, moments **s, genmod_workspace *w)
{
    const size_t width = base_width(w), row = g->d * sizeof(double);

    g->end = base_scratch(w, g->most_k, sizeof *g->end);
    g->rows = base_scratch(w, width * KERN_ROWS, row);
    g->panel = base_scratch(w, width * KERN_ROWS, row);
    g->l = base_scratch(w, width * KERN_ROWS, g->most_k * sizeof(double));
    g->value = base_scratch(w, BLOCKS * VALUES * KERN_ROWS, sizeof(double));
    *s = base_scratch(w, g->most_k * VALUES, sizeof **s);
    return g->end && g->rows && g->panel && g->l && g->value && *s
               ? GENMOD_OK
               : base_status(w);
}

static int32_t estimate(const gmm_params *p, const gmm_params *q, uint64_t seed,
                        size_t n, double *out, genmod_workspace *w)
{
    static const int place[VALUES] = {GMM_KL, GMM_JS, GMM_CROSS_ENTROPY,
                                      GMM_ENTROPY};
    drawing g = {.from = p,
                 .other = q,
                 .seed = seed,
                 .n = n,
                 .d = p->d,
                 .most_k = p->k > q->k ? p->k : q->k};
    moments *s;
    double mean, variance;
    int32_t status = take_memory(&g, &s, w);

    if (!status)
        status = run(&g, s, w);
    for (size_t v = 0; v < VALUES && !status; v++)
        combine(p, s, v, &out[place[v]], &out[place[v] + 1]);
    g.from = q;
    g.other = p;
    g.of_q = 1;
    if (!status)
        status = run(&g, s, w);
    if (status)
        return status;
    combine(q, s, VALUE_JS, &mean, &variance);
    out[GMM_JS] = (out[GMM_JS] + mean) / 2;
    out[GMM_JS_ERROR] = (out[GMM_JS_ERROR] + variance) / 4;
    for (size_t v = 0; v < VALUES; v++)
        out[place[v] + 1] = sqrt(out[place[v] + 1]);
    return GENMOD_OK;
}

static int32_t check_models(const gmm_model *p, const gmm_model *q,
                            genmod_workspace *w)
{
    int32_t status;

    if (!p || !q)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", p ? "q" : "p");
    status = gmm_check_fitted(p, w);
    if (!status)
        status = gmm_check_fitted(q, w);
    if (!status && p->params->d != q->params->d)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "q has %u columns; p has %u",
                           (uint64_t)q->params->d, (uint64_t)p->params->d);
    return status;
}

static int32_t check(const gmm_model *p, const gmm_model *q, size_t n,
                     int32_t unit, size_t cap, const double *out,
                     genmod_workspace *w)
{
    int32_t status = check_models(p, q, w);

    if (status)
        return status;
    const size_t k = p->params->k > q->params->k ? p->params->k : q->params->k;
    if (n && (n < 2 * k || n > (UINT64_C(1) << 40)))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is %u; it must be 0, or from twice the %u "
                         "components to 2^40",
                         (uint64_t)n, (uint64_t)k);
    if (cap < GMM_DIVERGENCES)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "cap is %u doubles; the result takes %u",
                         (uint64_t)cap, (uint64_t)GMM_DIVERGENCES);
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    return measure_check_unit(unit, w);
}

static int32_t divergence(const gmm_params *p, const gmm_params *q,
                          uint64_t seed, size_t n, int32_t unit, double *out,
                          genmod_workspace *w)
{
    double v[GMM_DIVERGENCES];
    int32_t status;

    for (size_t i = 0; i < GMM_DIVERGENCES; i++)
        v[i] = NAN;
    status = n ? estimate(p, q, seed, n, v, w) : GENMOD_OK;
    if (!status)
        status = gmm_bounds(p, q, v, w);
    for (size_t i = n ? 0 : GMM_KL_VARIATIONAL; i < GMM_DIVERGENCES && !status;
         i++)
        if (!isfinite(v[i]))
            status =
                base_fail(w, GENMOD_BREAKDOWN,
                          "element %u of out would be %g: the mixtures are "
                          "too far apart for doubles",
                          (uint64_t)i, v[i]);
    for (size_t i = 0; i < GMM_DIVERGENCES && !status; i++)
        out[i] = i == GMM_L2 ? v[i] : v[i] / measure_unit(unit);
    return status;
}

int32_t gmm_divergence(const gmm_model *p, const gmm_model *q, uint64_t seed,
                       size_t n, int32_t unit, size_t cap, double *out,
                       size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (need)
        *need = GMM_DIVERGENCES;
    status = check(p, q, n, unit, cap, out, w);
    if (!status)
        status = divergence(p->params, q->params, seed, n, unit, out, w);
    return base_leave(&call, status);
}
