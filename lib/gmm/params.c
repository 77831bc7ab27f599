/* The parameters of a mixture and what is derived from them. */
#include <math.h>
#include <string.h>

#include "gmm/factor.h"

/* Adds n elements to a total of bytes, each piece a multiple of a cache line.
 * Returns the offset; on overflow total becomes SIZE_MAX for good. */
static size_t reserve(size_t *total, size_t n, size_t size)
{
    const size_t at = *total;
    size_t bytes;

    if (at == SIZE_MAX || !base_mul(n, size, &bytes) ||
        !base_add(bytes, BASE_ALIGN - 1, &bytes) ||
        !base_add(at, bytes / BASE_ALIGN * BASE_ALIGN, total))
        *total = SIZE_MAX;
    return at;
}

/* Where the pieces lie in the block. */
typedef struct layout {
    size_t state, log_norm, total;
    size_t center[2], scale[2], mu[2], precision[2];
} layout;

static layout plan(size_t units, size_t triangle_cells, size_t k, size_t d,
                   size_t n_state)
{
    static const size_t bytes[2] = {sizeof(float), sizeof(double)};
    layout at = {.total = 0};
    size_t cells;

    reserve(&at.total, 1, sizeof(gmm_params));
    at.state = reserve(&at.total, n_state, sizeof(double));
    at.log_norm = reserve(&at.total, k, sizeof(double));
    if (!base_mul(units, triangle_cells, &cells))
        at.total = SIZE_MAX;
    for (int t = 0; t < 2; t++) {
        at.center[t] = reserve(&at.total, d, bytes[t]);
        at.scale[t] = reserve(&at.total, d, bytes[t]);
        at.mu[t] = reserve(&at.total, k * d, bytes[t]);
        at.precision[t] = reserve(&at.total, cells, bytes[t]);
    }
    return at;
}

static void place(gmm_tables *t, const kern_ops *ops, char *block,
                  const layout *at, int i)
{
    t->ops = ops;
    t->center = block + at->center[i];
    t->scale = block + at->scale[i];
    t->mu = block + at->mu[i];
    t->precision = block + at->precision[i];
}

gmm_params *gmm_params_new(const gmm_covariance *type, size_t k, size_t d,
                           genmod_workspace *w)
{
    return gmm_params_new_rank(type, k, d, 0, w);
}

gmm_params *gmm_params_new_rank(const gmm_covariance *type, size_t k, size_t d,
                                size_t rank, genmod_workspace *w)
{
    const size_t factors = rank ? gmm_factor_size(d, rank) : 0;
    const size_t units = gmm_units(type, k);
    const int32_t cpu = base_cpu(w);
    size_t n_cov, n_low, n_state;
    char *block;
    gmm_params *p;
    layout at;

    if (!base_mul(units, gmm_unit_size(type, d), &n_cov) ||
        !base_mul(k, factors, &n_low) ||
        !base_add(n_cov, k + k * d + 2 * d + 1, &n_state) ||
        !base_add(n_state, n_low, &n_state))
        n_cov = n_state = SIZE_MAX;
    at = plan(units, type->triangle ? d * d : d, k, d, n_state);
    block = base_alloc(w, at.total, 1);
    if (!block)
        return NULL;
    p = (gmm_params *)block;
    memset(p, 0, sizeof *p);
    p->type = type;
    p->k = k;
    p->d = d;
    p->n_cov = n_cov;
    p->n_state = n_state;
    p->bytes = at.total;
    p->weights = (double *)(block + at.state);
    p->means = p->weights + k;
    p->covariances = p->means + k * d;
    p->column_variance = p->covariances + n_cov;
    p->noise = p->column_variance + d;
    p->rank = rank;
    p->loadings = p->noise + 1 + d;
    p->uniquenesses = p->loadings + k * d * rank;
    memset(p->noise, 0, (1 + d + n_low) * sizeof(double));
    p->log_norm = (double *)(block + at.log_norm);
    place(&p->f32, kern_ops_of(cpu, GENMOD_F32), block, &at, 0);
    place(&p->f64, kern_ops_of(cpu, GENMOD_F64), block, &at, 1);
    return p;
}

void gmm_params_free(gmm_params *p)
{
    base_free(p);
}

void gmm_params_copy(gmm_params *to, const gmm_params *from)
{
    const size_t head =
        (size_t)((const char *)from->weights - (const char *)from);

    memcpy(to->weights, from->weights, from->bytes - head);
    to->log_scale = from->log_scale;
    to->pivot_floor = from->pivot_floor;
}

const gmm_tables *gmm_tables_of(const gmm_params *p, int32_t type)
{
    return type == GENMOD_F32 ? &p->f32 : &p->f64;
}

static int32_t check_weights(const gmm_params *p, genmod_workspace *w)
{
    double sum = 0;

    for (size_t j = 0; j < p->k; j++) {
        if (!(p->weights[j] > 0) || p->weights[j] > 2)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "weights[%u] is %g; it must lie in (0, 1]",
                             (uint64_t)j, p->weights[j]);
        sum += p->weights[j];
    }
    if (fabs(sum - 1) > 1e-6)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "weights have the sum 1 %s %g; it must be 1 to 1e-6",
                         sum > 1 ? "+" : "-", fabs(sum - 1));
    return GENMOD_OK;
}

static int32_t check_symmetric(const gmm_params *p, size_t unit,
                               genmod_workspace *w)
{
    const size_t d = p->d;
    const double *const a = p->covariances + unit * d * d;

    for (size_t i = 0; i < d; i++) {
        for (size_t c = i + 1; c < d; c++) {
            const double bound =
                1e-8 * sqrt(fabs(a[i * d + i])) * sqrt(fabs(a[c * d + c]));

            if (!(fabs(a[i * d + c] - a[c * d + i]) <= bound))
                return base_fail(
                    w, GENMOD_BAD_ARGUMENT,
                    "cov[%u] is not symmetric: row %u, column %u is %g, its "
                    "mirror %g",
                    (uint64_t)unit, (uint64_t)i, (uint64_t)c, a[i * d + c],
                    a[c * d + i]);
        }
    }
    return GENMOD_OK;
}

int32_t gmm_params_check(const gmm_params *p, genmod_workspace *w)
{
    const size_t units = gmm_units(p->type, p->k);
    int32_t status = check_weights(p, w);

    for (size_t i = 0; i < p->k * p->d && !status; i++)
        if (!isfinite(p->means[i]))
            status = base_fail(w, GENMOD_BAD_ARGUMENT,
                               "means: component %u, column %u is %g; it must "
                               "be finite",
                               (uint64_t)(i / p->d), (uint64_t)(i % p->d),
                               p->means[i]);
    for (size_t i = 0; i < p->n_cov && !status; i++)
        if (!isfinite(p->covariances[i]))
            status = base_fail(w, GENMOD_BAD_ARGUMENT,
                               "cov: element %u is %g; it must be finite",
                               (uint64_t)i, p->covariances[i]);
    for (size_t u = 0; p->type->triangle && u < units && !status; u++)
        status = check_symmetric(p, u, w);
    return status;
}

/* The power of two nearest to 1 / sqrt(variance), within float's range. */
static double unit_scale(double variance)
{
    int exponent;

    if (!(variance > 0) || !isfinite(variance))
        return 1;
    frexp(variance, &exponent);
    exponent = -exponent / 2;
    if (exponent > 100)
        exponent = 100;
    if (exponent < -100)
        exponent = -100;
    return ldexp(1, exponent);
}

/* Our own logarithm: the C library's differs from version to version. */
static double ln(const gmm_params *p, double x)
{
    p->f64.ops->log(1, &x, &x);
    return x;
}

/* x - center is exact near the data (Sterbenz), so what a far-off origin costs
 * is the rounding of the data themselves. */
static void derive_column(gmm_params *p, gmm_tables *t, size_t c, double mean,
                          double scale)
{
    double center;

    gmm_set_real(t->ops->type, t->center, c, mean);
    gmm_set_real(t->ops->type, t->scale, c, scale);
    center = gmm_real(t->ops->type, t->center, c);
    for (size_t j = 0; j < p->k; j++)
        gmm_set_real(t->ops->type, t->mu, j * p->d + c,
                     (p->means[j * p->d + c] - center) * scale);
}

void gmm_derive_columns(gmm_params *p)
{
    const size_t size = gmm_unit_size(p->type, p->d);

    p->log_scale = 0;
    for (size_t c = 0; c < p->d; c++) {
        double mean = 0, variance = 0, scale;

        for (size_t j = 0; j < p->k; j++)
            mean += p->weights[j] * p->means[j * p->d + c];
        for (size_t j = 0; j < p->k; j++) {
            const double e = p->means[j * p->d + c] - mean;
            const double *const unit =
                p->covariances + (p->type->shared ? 0 : j) * size;

            variance += p->weights[j] *
                        (e * e + gmm_unit_variance(p->type, p->d, unit, c));
        }
        scale = unit_scale(variance);
        p->log_scale += ln(p, scale);
        derive_column(p, &p->f32, c, mean, scale);
        derive_column(p, &p->f64, c, mean, scale);
    }
}

/* U = L^-T of the scaled covariance, so that |U^T e|^2 = e^T Sigma^-1 e. Leaves
 * ln det U in log_norm of the unit. */
static int derive_triangle(gmm_params *p, size_t unit, double *a, void *pack)
{
    const size_t d = p->d;
    const double *const cov = p->covariances + unit * d * d;
    const double *const s = p->f64.scale;
    double *const u = (double *)p->f64.precision + unit * d * d;
    float *const u32 = (float *)p->f32.precision + unit * d * d;
    double log_det = 0;

    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c <= i; c++)
            a[i * d + c] = cov[c * d + i] * s[i] * s[c];
    if (kern_cholesky(p->f64.ops, d, a, d, p->pivot_floor, pack) != d)
        return 0;
    kern_triangular_inverse(p->f64.ops, d, a, d, u, d, pack);
    for (size_t i = 0; i < d; i++) {
        log_det -= ln(p, a[i * d + i]);
        for (size_t c = 0; c < i; c++) {
            u[c * d + i] = u[i * d + c];
            u[i * d + c] = 0;
        }
    }
    for (size_t i = 0; i < d * d; i++)
        u32[i] = (float)u[i];
    p->log_norm[unit] = log_det;
    return isfinite(log_det);
}

static int derive_diagonal(gmm_params *p, size_t unit)
{
    const size_t d = p->d, size = gmm_unit_size(p->type, d);
    const double *const cov = p->covariances + unit * size;
    const double *const s = p->f64.scale;
    double log_det = 0;

    for (size_t c = 0; c < d; c++) {
        const double v = gmm_unit_variance(p->type, d, cov, c) * s[c] * s[c];

        if (!(v > 0) || !isfinite(v))
            return 0;
        log_det -= 0.5 * ln(p, v);
        gmm_set_real(p->f64.ops->type, p->f64.precision, unit * d + c,
                     1 / sqrt(v));
        gmm_set_real(p->f32.ops->type, p->f32.precision, unit * d + c,
                     1 / sqrt(v));
    }
    p->log_norm[unit] = log_det;
    return isfinite(log_det);
}

int gmm_derive_unit(gmm_params *p, size_t unit, const gmm_slots *slots,
                    size_t slot)
{
    char *const mine = slots->at + slot * slots->bytes;

    return p->type->triangle
               ? derive_triangle(p, unit, (double *)mine, mine + slots->pack)
               : derive_diagonal(p, unit);
}

/* Bishop 2006, (2.43): ln N(x) = ln det U - d/2 ln 2 pi - |U^T e|^2 / 2. */
void gmm_derive_norms(gmm_params *p)
{
    const double half_log_2pi = 0.91893853320467274178;
    const double shared = p->log_norm[0];

    for (size_t j = 0; j < p->k; j++)
        p->log_norm[j] = ln(p, p->weights[j]) - (double)p->d * half_log_2pi +
                         (p->type->shared ? shared : p->log_norm[j]);
}

int32_t gmm_slots_new(const gmm_covariance *t, size_t d, size_t width,
                      gmm_slots *out, genmod_workspace *w)
{
    const size_t line = BASE_ALIGN / sizeof(double);

    out->pack = t->triangle ? (d * d + line - 1) / line * BASE_ALIGN : 0;
    out->work = out->pack + (t->triangle ? kern_factor_scratch(d) : 0);
    out->work = (out->work + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
    out->bytes = out->work + (t->low ? gmm_factor_scratch(d) : 0);
    out->bytes = (out->bytes + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
    out->at = base_scratch(w, width, out->bytes);
    return out->at ? GENMOD_OK : base_status(w);
}

typedef struct derivation {
    gmm_params *p;
    const gmm_slots *slots;
} derivation;

/* An item's status is 1 + its number, so that the lowest bad unit comes back.
 */
static int32_t derive_item(size_t unit, size_t slot, void *arg)
{
    const derivation *const v = arg;

    return gmm_derive_unit(v->p, unit, v->slots, slot) ? 0 : 1 + (int32_t)unit;
}

size_t gmm_params_derive(gmm_params *p, const gmm_slots *slots,
                         genmod_workspace *w)
{
    const size_t units = gmm_units(p->type, p->k);
    derivation v = {p, slots};
    int32_t bad;

    gmm_derive_columns(p);
    bad = base_parallel(w, units, derive_item, &v);
    if (bad)
        return (size_t)(bad - 1);
    gmm_derive_norms(p);
    return units;
}

gmm_stats *gmm_stats_new(const gmm_covariance *t, size_t k, size_t d,
                         genmod_workspace *w)
{
    const size_t moments = k * (t->triangle ? d * d : d);
    const size_t size = k + k * d + moments;
    const size_t head = BASE_ALIGN / sizeof(double);
    double *const block = base_alloc_zero(w, size + head, sizeof(double));
    gmm_stats *const s = (gmm_stats *)block;

    if (!block)
        return NULL;
    s->size = size;
    s->s0 = block + head;
    s->s1 = s->s0 + k;
    s->s2 = s->s1 + k * d;
    return s;
}

void gmm_likeliest(const kern_ops *ops, size_t k, size_t m, const kern_real *l,
                   double *total)
{
    for (size_t i = 0; i < m; i++) {
        total[i] = gmm_real(ops->type, l, i);
        for (size_t j = 1; j < k; j++) {
            const double v = gmm_real(ops->type, l, j * KERN_ROWS + i);

            if (v > total[i])
                total[i] = v;
        }
    }
}
