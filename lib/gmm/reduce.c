/* Fewer components: merged two by two (Runnalls 2007), or the lightest left
 * out.
 *
 * Merging i and j by their moments raises the mixture's KL divergence from what
 * it was by at most
 *
 *     B_ij = ((w_i + w_j) ln det S_ij - w_i ln det S_i - w_j ln det S_j) / 2,
 *
 * Runnalls' (21). Diagonal and spherical covariances are merged within their
 * type, and it holds for them too: the traces in KL(N_i || N_ij), weighted, sum
 * to d either way. The bounds of all mergings add up to one of the whole, since
 * moments of moments are moments.
 */
#include <math.h>
#include <string.h>

#include "gmm/algebra.h"

typedef struct merging {
    const kern_ops *f64;
    const gmm_params *from;
    gmm_params *p;       /* of from's size: the list; a merged one stays at i */
    size_t k, d, size;   /* size: of a unit */
    double *log_det;     /* [k] */
    double *cost;        /* [k, k]: B_ij, i < j */
    size_t *partner;     /* [k]: the j > i of least cost; k if there is none */
    unsigned char *gone; /* [k] */
    double *work;        /* [slots, size] */
    char *pack;          /* [slots, kern_factor_scratch(d)] */
    size_t row;
} merging;

/* ln det of a covariance; spoils it. NaN where it is singular. */
static double ln_det(const merging *g, double *s, void *pack)
{
    const gmm_covariance *const t = g->p->type;
    const size_t d = g->d;
    double sum = 0;

    if (t->triangle && kern_cholesky(g->f64, d, s, d, 0, pack) != d)
        return (double)NAN;
    if (t->scalar)
        return (double)d * gmm_ln(g->p, s[0]);
    for (size_t c = 0; c < d; c++)
        sum +=
            t->triangle ? 2 * gmm_ln(g->p, s[c * d + c]) : gmm_ln(g->p, s[c]);
    return sum;
}

/* What the means' distance gives element `at` of the merged covariance. */
static double spread(const merging *g, const double *mi, const double *mj,
                     size_t at)
{
    const gmm_covariance *const t = g->p->type;
    const size_t d = g->d;
    double sum = 0;

    if (t->triangle)
        return (mi[at / d] - mj[at / d]) * (mi[at % d] - mj[at % d]);
    if (!t->scalar)
        return (mi[at] - mj[at]) * (mi[at] - mj[at]);
    for (size_t c = 0; c < d; c++)
        sum += (mi[c] - mj[c]) * (mi[c] - mj[c]) / (double)d;
    return sum;
}

/* The covariance of i and j as one; out may be that of either. */
static void merge_covariance(const merging *g, size_t i, size_t j, double *out)
{
    const gmm_params *const p = g->p;
    const double *const si = p->covariances + i * g->size;
    const double *const sj = p->covariances + j * g->size;
    const double *const mi = p->means + i * g->d, *const mj =
                                                      p->means + j * g->d;
    const double wi = p->weights[i] / (p->weights[i] + p->weights[j]);
    const double wj = p->weights[j] / (p->weights[i] + p->weights[j]);

    for (size_t at = 0; at < g->size; at++)
        out[at] = wi * si[at] + wj * sj[at] + wi * wj * spread(g, mi, mj, at);
}

static int32_t weigh(size_t j, size_t slot, void *arg)
{
    const merging *const g = arg;
    const size_t i = g->row < j ? g->row : j, o = g->row < j ? j : g->row;
    double *const s = g->work + slot * g->size;
    const double wi = g->p->weights[i], wo = g->p->weights[o];
    double b;

    if (i == o || g->gone[j])
        return GENMOD_OK;
    merge_covariance(g, i, o, s);
    b = (wi + wo) * ln_det(g, s, g->pack + slot * kern_factor_scratch(g->d)) -
        wi * g->log_det[i] - wo * g->log_det[o];
    g->cost[i * g->k + o] = b > 0 ? b / 2 : 0;
    return isnan(b) ? GENMOD_BREAKDOWN : GENMOD_OK;
}

/* All pairs with component `row`. */
static int32_t weigh_row(merging *g, size_t row, genmod_workspace *w)
{
    int32_t status = base_cancelled(w);

    if (status)
        return status;
    g->row = row;
    status = base_parallel(w, g->k, weigh, g);
    if (status == GENMOD_BREAKDOWN)
        return base_fail(w, status,
                         "component %u merged with another is singular",
                         (uint64_t)row);
    return status ? base_fail(w, GENMOD_CALLBACK, "parallel_for failed")
                  : GENMOD_OK;
}

static void find_partner(merging *g, size_t i)
{
    size_t best = g->k;

    for (size_t j = i + 1; j < g->k; j++)
        if (!g->gone[j] &&
            (best == g->k || g->cost[i * g->k + j] < g->cost[i * g->k + best]))
            best = j;
    g->partner[i] = best;
}

static int32_t measure_all(merging *g, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < g->k; i++) {
        memcpy(g->work, g->p->covariances + i * g->size,
               g->size * sizeof *g->work);
        g->log_det[i] = ln_det(g, g->work, g->pack);
        if (isnan(g->log_det[i]))
            return base_fail(w, GENMOD_BREAKDOWN,
                             "the covariance of component %u is singular",
                             (uint64_t)i);
    }
    for (size_t i = 0; i < g->k && !status; i++)
        status = weigh_row(g, i, w);
    for (size_t i = 0; i < g->k; i++)
        find_partner(g, i);
    return status;
}

/* The cheapest pair; its cost. */
static double cheapest(const merging *g, size_t *i)
{
    *i = g->k;
    for (size_t a = 0; a < g->k; a++)
        if (!g->gone[a] && g->partner[a] < g->k &&
            (*i == g->k || g->cost[a * g->k + g->partner[a]] <
                               g->cost[*i * g->k + g->partner[*i]]))
            *i = a;
    return g->cost[*i * g->k + g->partner[*i]];
}

static int32_t join(merging *g, size_t i, genmod_workspace *w)
{
    gmm_params *const p = g->p;
    const size_t j = g->partner[i];
    const double whole = p->weights[i] + p->weights[j];
    const double share = p->weights[j] / whole;
    double *const s = p->covariances + i * g->size;
    int32_t status;

    merge_covariance(g, i, j, s);
    for (size_t c = 0; c < g->d; c++)
        p->means[i * g->d + c] +=
            share * (p->means[j * g->d + c] - p->means[i * g->d + c]);
    p->weights[i] = whole;
    g->gone[j] = 1;
    memcpy(g->work, s, g->size * sizeof *s);
    g->log_det[i] = ln_det(g, g->work, g->pack);
    status = weigh_row(g, i, w);
    for (size_t a = 0; a < g->k; a++)
        if (!g->gone[a])
            find_partner(g, a);
    return status;
}

static gmm_params *widened(const gmm_params *from, genmod_workspace *w)
{
    const gmm_covariance *const t = from->type->shared
                                        ? gmm_covariance_of("full")
                                        : gmm_part_covariance(from->type);
    const size_t size = gmm_unit_size(t, from->d);
    gmm_params *const p = gmm_params_new(t, from->k, from->d, w);

    if (!p)
        return NULL;
    memcpy(p->weights, from->weights, p->k * sizeof(double));
    memcpy(p->means, from->means, p->k * p->d * sizeof(double));
    memcpy(p->column_variance, from->column_variance, p->d * sizeof(double));
    for (size_t j = 0; j < p->k; j++)
        memcpy(p->covariances + j * size,
               from->covariances + gmm_unit_of(from, j) * size,
               size * sizeof(double));
    return p;
}

static int32_t open(merging *g, genmod_workspace *w)
{
    const size_t slots = base_width(w);

    g->k = g->from->k;
    g->d = g->from->d;
    g->f64 = g->from->f64.ops;
    g->p = widened(g->from, w);
    if (!g->p)
        return base_status(w);
    g->size = gmm_unit_size(g->p->type, g->d);
    g->log_det = base_scratch(w, g->k, sizeof *g->log_det);
    g->cost = gmm_scratch(w, g->k, g->k, 1, sizeof *g->cost);
    g->partner = base_scratch(w, g->k, sizeof *g->partner);
    g->gone = base_scratch(w, g->k, 1);
    g->work = gmm_scratch(w, slots, g->size, 1, sizeof *g->work);
    g->pack = base_scratch(w, slots, kern_factor_scratch(g->d));
    if (!g->log_det || !g->cost || !g->partner || !g->gone || !g->work ||
        !g->pack)
        return base_status(w);
    memset(g->gone, 0, g->k);
    return GENMOD_OK;
}

/* Those of p that stay, in their order, as `type`; weights of sum 1. */
static gmm_params *kept(const gmm_params *p, size_t k,
                        const unsigned char *gone, genmod_workspace *w)
{
    gmm_params *const q =
        gmm_params_new(gmm_part_covariance(p->type), k, p->d, w);
    const size_t size = gmm_unit_size(p->type, p->d);
    double sum = 0;
    size_t at = 0;

    if (!q)
        return NULL;
    memcpy(q->column_variance, p->column_variance, p->d * sizeof(double));
    for (size_t j = 0; j < p->k; j++) {
        if (gone[j])
            continue;
        sum += q->weights[at] = p->weights[j];
        memcpy(q->means + at * p->d, p->means + j * p->d,
               p->d * sizeof(double));
        memcpy(q->covariances + gmm_unit_of(q, at) * size,
               p->covariances + gmm_unit_of(p, j) * size,
               size * sizeof(double));
        at++;
    }
    for (size_t j = 0; j < k; j++)
        q->weights[j] /= sum;
    return q;
}

static int32_t merge(const gmm_model *from, size_t k, gmm_model *to,
                     double *cost, genmod_workspace *w)
{
    merging g = {.from = from->params};
    gmm_params *q = NULL;
    double sum = 0;
    int32_t status = open(&g, w);

    if (!status)
        status = measure_all(&g, w);
    for (size_t left = g.k; left > k && !status; left--) {
        size_t i;

        sum += cheapest(&g, &i);
        status = join(&g, i, w);
    }
    if (!status) {
        q = kept(g.p, k, g.gone, w);
        status = q ? gmm_become(to, from, q, w) : base_status(w);
    }
    gmm_params_free(g.p);
    if (!status && cost)
        *cost = sum;
    return status;
}

int32_t gmm_merge(const gmm_model *from, size_t k, gmm_model *to, double *cost,
                  genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_pair(from, to, w);
    if (!status && (k < 1 || k > from->params->k))
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "k is %u; it must be 1 to the %u components",
                           (uint64_t)k, (uint64_t)from->params->k);
    return base_leave(&call, status ? status : merge(from, k, to, cost, w));
}

/* p >= (1 - W) q where a share W of p is left out, so KL(q || p) <=
 * - ln(1 - W). */
static int32_t prune(const gmm_model *from, double least, gmm_model *to,
                     double *cost, genmod_workspace *w)
{
    const gmm_params *const p = from->params;
    unsigned char *const gone = base_scratch(w, p->k, 1);
    double all = 0, rest = 0;
    size_t k = 0, heaviest = 0;
    gmm_params *q;
    int32_t status;

    if (!gone)
        return base_status(w);
    for (size_t j = 1; j < p->k; j++)
        heaviest = p->weights[j] > p->weights[heaviest] ? j : heaviest;
    for (size_t j = 0; j < p->k; j++) {
        gone[j] = p->weights[j] < least && j != heaviest;
        k += !gone[j];
        all += p->weights[j];
        rest += gone[j] ? 0 : p->weights[j];
    }
    q = kept(p, k, gone, w);
    if (!q)
        return base_status(w);
    status = gmm_become(to, from, q, w);
    if (!status && cost)
        *cost = gmm_ln(to->params, all / rest); /* ln 1 is 0 */
    return status;
}

int32_t gmm_prune(const gmm_model *from, double least, gmm_model *to,
                  double *cost, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_pair(from, to, w);
    if (!status && !(least >= 0 && least < 1))
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "least is %g; it must lie in [0, 1)", least);
    return base_leave(&call, status ? status : prune(from, least, to, cost, w));
}
