/* Closed forms between two mixtures, from the divergences of their components.
 *
 * The components of both stand in one list, those of p first. Covariances that
 * are diagonal in both make every divergence a sum over columns.
 */
#include <math.h>
#include <string.h>

#include "gmm/divergence.h"

#define MOST_SWEEPS 1000 /* each one of the upper bound's is a bound */

typedef struct list {
    const kern_ops *f64;
    size_t k, of_p, d;
    size_t width; /* of a covariance and its factor: d^2, or d if diagonal */
    int dense;
    double *weight; /* [k], of sum 1 in either mixture */
    double *mean;   /* [k, d] */
    double *cov;    /* [k, width]: lower triangles, or variances */
    double *l;      /* [k, width]: factors with zeros above, or deviations */
    double *kl;     /* [of_p, k]: KL(a || b) */
    double *half;   /* [of_p, of_p]: Bhattacharyya */
    double *cross;  /* [k, k]: ln int of a times b, for a <= b */
    double *work;   /* [slots, measure_gaussian_work(d)] */
    unsigned char *pack; /* [slots, kern_factor_scratch(d)] */
    size_t row;          /* a of the pairs under way */
} list;

/* ---- the list -------------------------------------------------------------
 */

static double *take(genmod_workspace *w, size_t n, size_t m)
{
    size_t cells;

    return base_scratch(w, base_mul(n, m, &cells) ? cells : SIZE_MAX,
                        sizeof(double));
}

static int32_t take_memory(list *s, genmod_workspace *w)
{
    const size_t slots = base_width(w);

    s->weight = take(w, s->k, 1);
    s->mean = take(w, s->k, s->d);
    s->cov = take(w, s->k, s->width);
    s->l = take(w, s->k, s->width);
    s->kl = take(w, s->of_p, s->k);
    s->half = take(w, s->of_p, s->of_p);
    s->cross = take(w, s->k, s->k);
    s->work = take(w, slots, measure_gaussian_work(s->dense ? s->d : 1));
    s->pack = base_scratch(w, slots, kern_factor_scratch(s->d));
    return s->weight && s->mean && s->cov && s->l && s->kl && s->half &&
                   s->cross && s->work && s->pack
               ? GENMOD_OK
               : base_status(w);
}

static void copy_covariance(const gmm_params *p, size_t j, const list *s,
                            double *cov)
{
    const size_t d = s->d, size = gmm_unit_size(p->type, d);
    const double *const unit =
        p->covariances + (p->type->shared ? 0 : j) * size;

    if (!s->dense) {
        for (size_t c = 0; c < d; c++)
            cov[c] = gmm_unit_variance(p->type, d, unit, c);
        return;
    }
    memset(cov, 0, s->width * sizeof *cov);
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c <= i; c++) /* the upper triangle counts */
            if (p->type->triangle)
                cov[i * d + c] = unit[c * d + i];
            else if (c == i)
                cov[i * d + c] = gmm_unit_variance(p->type, d, unit, c);
}

static int32_t add(list *s, const gmm_params *p, size_t first,
                   genmod_workspace *w)
{
    double sum = 0;

    for (size_t j = 0; j < p->k; j++)
        sum += p->weights[j];
    for (size_t j = 0; j < p->k; j++) {
        double *const cov = s->cov + (first + j) * s->width;
        double *const l = s->l + (first + j) * s->width;

        s->weight[first + j] = p->weights[j] / sum;
        memcpy(s->mean + (first + j) * s->d, p->means + j * s->d,
               s->d * sizeof *s->mean);
        copy_covariance(p, j, s, cov);
        memcpy(l, cov, s->width * sizeof *l);
        if (s->dense &&
            kern_cholesky(s->f64, s->d, l, s->d, 0, s->pack) != s->d)
            return base_fail(w, GENMOD_BREAKDOWN,
                             "the covariance of component %u is singular",
                             (uint64_t)j);
        for (size_t c = 0; !s->dense && c < s->d; c++)
            l[c] = sqrt(cov[c]);
    }
    return GENMOD_OK;
}

/* ---- pairs of components --------------------------------------------------
 */

/* ln N(mean_a | mean_b, cov_a + cov_b) of n columns; cov and work [n, n]. */
static double ln_product(const list *s, size_t n, const double *mean_a,
                         const double *cov_a, const double *mean_b,
                         const double *cov_b, double *work, void *pack)
{
    double *const delta = work + n * n;
    double square = 0;

    for (size_t i = 0; i < n * n; i++)
        work[i] = cov_a[i] + cov_b[i];
    for (size_t i = 0; i < n; i++)
        delta[i] = mean_a[i] - mean_b[i];
    kern_cholesky(s->f64, n, work, n, 0, pack);
    kern_triangular_solve(s->f64, 0, n, 1, work, n, delta, 1);
    for (size_t i = 0; i < n; i++)
        square += delta[i] * delta[i];
    return -((double)n * 1.837877066409345483561 +
             measure_log_det(s->f64, n, work) + square) /
           2;
}

/* Pair (row, b): in blocks of all columns, or column by column. */
static int32_t meet(size_t b, size_t slot, void *arg)
{
    const list *const s = arg;
    const size_t a = s->row, d = s->d, n = s->dense ? d : 1;
    double *const work = s->work + slot * measure_gaussian_work(n);
    void *const pack = s->pack + slot * kern_factor_scratch(d);
    double kl = 0, half = 0, cross = 0;

    for (size_t c = 0; c < d; c += n) {
        const double *const ma = s->mean + a * d + c;
        const double *const mb = s->mean + b * d + c;
        const size_t at_a = a * s->width + c, at_b = b * s->width + c;

        if (a < s->of_p)
            kl += measure_gaussian_kl(s->f64, n, ma, s->l + at_a, mb,
                                      s->l + at_b, work);
        if (a < b && b < s->of_p)
            half += measure_gaussian_renyi(s->f64, n, ma, s->l + at_a, mb,
                                           s->l + at_b, 0.5, work) /
                    2;
        if (a <= b)
            cross += ln_product(s, n, ma, s->cov + at_a, mb, s->cov + at_b,
                                work, pack);
    }
    if (a < s->of_p)
        s->kl[a * s->k + b] = kl;
    if (a <= b && b < s->of_p)
        s->half[a * s->of_p + b] = s->half[b * s->of_p + a] = half;
    if (a <= b)
        s->cross[a * s->k + b] = cross;
    return GENMOD_OK;
}

static int32_t meet_all(list *s, genmod_workspace *w)
{
    for (s->row = 0; s->row < s->k; s->row++) {
        const int32_t status = base_cancelled(w);

        if (status)
            return status;
        if (base_parallel(w, s->k, meet, s))
            return base_fail(w, GENMOD_CALLBACK, "parallel_for failed");
    }
    return GENMOD_OK;
}

/* ---- what they make -------------------------------------------------------
 */

static double scalar_ln(const list *s, double x)
{
    s->f64->log(1, &x, &x);
    return x;
}

static double scalar_exp(const list *s, double x)
{
    s->f64->exp(1, &x, &x);
    return x;
}

/* ln sum_b weight_b exp(-distance_b) */
static double soft_least(const list *s, size_t n, const double *weight,
                         const double *distance)
{
    double least = distance[0], sum = 0;

    for (size_t b = 1; b < n; b++)
        least = distance[b] < least ? distance[b] : least;
    for (size_t b = 0; b < n; b++)
        sum += weight[b] * scalar_exp(s, least - distance[b]);
    return scalar_ln(s, sum) - least;
}

/* Hershey, Olsen 2007: the variational approximation. */
static double variational(const list *s)
{
    double sum = 0;

    for (size_t a = 0; a < s->of_p; a++)
        sum += s->weight[a] *
               (soft_least(s, s->of_p, s->weight, s->kl + a * s->k) -
                soft_least(s, s->k - s->of_p, s->weight + s->of_p,
                           s->kl + a * s->k + s->of_p));
    return sum;
}

/* sum_a weight_a (ln weight_a - ln sum_b psi_ab exp(-KL_ab)), and phi. */
static double sweep_phi(const list *s, size_t m, const double *psi, double *phi)
{
    double bound = 0;

    for (size_t a = 0; a < s->of_p; a++) {
        const double *const kl = s->kl + a * s->k + s->of_p;
        const double whole = soft_least(s, m, psi + a * m, kl);

        bound += s->weight[a] * (scalar_ln(s, s->weight[a]) - whole);
        for (size_t b = 0; b < m; b++)
            phi[a * m + b] =
                s->weight[a] * psi[a * m + b] * scalar_exp(s, -kl[b] - whole);
    }
    return bound;
}

static void sweep_psi(const list *s, size_t m, const double *phi, double *psi)
{
    for (size_t b = 0; b < m; b++) {
        double sum = 0;

        for (size_t a = 0; a < s->of_p; a++)
            sum += phi[a * m + b];
        for (size_t a = 0; a < s->of_p; a++)
            psi[a * m + b] =
                sum > 0 ? s->weight[s->of_p + b] * (phi[a * m + b] / sum) : 0;
    }
}

/* Hershey, Olsen 2007, the variational upper bound: phi and psi in turns; the
 * bound does not rise, and is let rest once it falls by less than its rounding.
 */
static int32_t upper(const list *s, double *out, genmod_workspace *w)
{
    const size_t m = s->k - s->of_p;
    double *const phi = take(w, s->of_p, m), *const psi = take(w, s->of_p, m);
    double before = (double)INFINITY;

    if (!phi || !psi)
        return base_status(w);
    for (size_t a = 0; a < s->of_p; a++)
        for (size_t b = 0; b < m; b++)
            psi[a * m + b] = s->weight[a] * s->weight[s->of_p + b];
    for (int i = 0; i < MOST_SWEEPS; i++) {
        const double bound = sweep_phi(s, m, psi, phi);

        *out = bound < before ? bound : before;
        if (!(before - bound > 0x1p-50 * fabs(bound)))
            break;
        before = bound;
        sweep_psi(s, m, phi, psi);
    }
    return GENMOD_OK;
}

/* Of p's entropy: Kolchinsky, Tracey 2017, with Bhattacharyya distances below
 * and KL divergences above. */
static void entropy_bounds(const list *s, double *out)
{
    double own = 0, low = 0, high = 0;

    for (size_t a = 0; a < s->of_p; a++) {
        double ln_det = 0;

        for (size_t c = 0; c < s->d; c++)
            ln_det +=
                2 * scalar_ln(
                        s, s->l[a * s->width + (s->dense ? c * s->d + c : c)]);
        own += s->weight[a] *
               ((double)s->d * 2.837877066409345483561 + ln_det) / 2;
        low -= s->weight[a] *
               soft_least(s, s->of_p, s->weight, s->half + a * s->of_p);
        high -=
            s->weight[a] * soft_least(s, s->of_p, s->weight, s->kl + a * s->k);
    }
    out[GMM_ENTROPY_LOWER] = own + low;
    out[GMM_ENTROPY_UPPER] = own + high;
}

/* ln of the integral of the product of the mixtures first … and second …. */
static double ln_overlap(const list *s, size_t first, size_t end, size_t second,
                         size_t second_end)
{
    double most = -(double)INFINITY, sum = 0;

    for (int pass = 0; pass < 2; pass++)
        for (size_t a = first; a < end; a++)
            for (size_t b = second; b < second_end; b++) {
                const double l =
                    s->cross[(a < b ? a : b) * s->k + (a < b ? b : a)];

                if (pass)
                    sum +=
                        s->weight[a] * s->weight[b] * scalar_exp(s, l - most);
                else
                    most = l > most ? l : most;
            }
    return scalar_ln(s, sum) + most;
}

static void overlaps(const list *s, double *out)
{
    const double pp = ln_overlap(s, 0, s->of_p, 0, s->of_p);
    const double qq = ln_overlap(s, s->of_p, s->k, s->of_p, s->k);
    const double pq = ln_overlap(s, 0, s->of_p, s->of_p, s->k);
    const double l2 =
        scalar_exp(s, pp) + scalar_exp(s, qq) - 2 * scalar_exp(s, pq);
    const double cs = (pp + qq) / 2 - pq;

    out[GMM_L2] = l2 > 0 ? l2 : 0;
    out[GMM_CAUCHY_SCHWARZ] = cs > 0 ? cs : 0;
}

int32_t gmm_bounds(const gmm_params *p, const gmm_params *q, double *out,
                   genmod_workspace *w)
{
    list s = {.f64 = p->f64.ops,
              .k = p->k + q->k,
              .of_p = p->k,
              .d = p->d,
              .dense = p->type->triangle || q->type->triangle};
    int32_t status;

    s.width = s.dense ? s.d * s.d : s.d;
    status = take_memory(&s, w);
    if (!status)
        status = add(&s, p, 0, w);
    if (!status)
        status = add(&s, q, p->k, w);
    if (!status)
        status = meet_all(&s, w);
    if (!status)
        status = upper(&s, &out[GMM_KL_UPPER], w);
    if (status)
        return status;
    out[GMM_KL_VARIATIONAL] = variational(&s);
    entropy_bounds(&s, out);
    overlaps(&s, out);
    return GENMOD_OK;
}
