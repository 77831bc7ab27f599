/* The gradient of the log-density in the parameters without bounds. With
 * y = U^T (x - mu), U = L^-T, and r = p(j | x), Bishop 2006, (9.13):
 *
 *     d ln p / d a_j  = r_j - w_j, w = softmax(a)
 *     d ln p / d mu_j = r_j U y
 *     d ln p / d L    = sum_j r_j (U y y^T - U), lower triangle
 *
 * and for the logarithm of a diagonal element L_cc times that of L. In scaled
 * columns U_ic = scale_i U'_ic, while y and U_cc L_cc = 1 are what they are.
 * The mean over rows needs no more than the sums of an EM step.
 */
#include <math.h>
#include <string.h>

#include "gmm/coordinates.h"
#include "gmm/ranks.h"
#include "gmm/slope.h"

static double whole_weight(const gmm_params *p)
{
    double sum = 0;

    for (size_t j = 0; j < p->k; j++)
        sum += p->weights[j];
    return sum;
}

/* ---- the mean ------------------------------------------------------------ */

/* Sums about the component's mean, whatever they were about. */
static void centre(const gmm_params *p, int32_t type, gmm_stats *s)
{
    const kern_real *const mu = gmm_tables_of(p, type)->mu;

    for (size_t i = 0; s->common && i < p->k * p->d; i++) {
        const double m = gmm_real(type, mu, i), s0 = s->s0[i / p->d];

        s->s2[i] += m * (m * s0 - 2 * s->s1[i]);
        s->s1[i] -= m * s0;
    }
}

/* U of a unit, scaled columns. */
static const double *triangle(const gmm_params *p, size_t unit)
{
    return (const double *)p->f64.precision + unit * p->d * p->d;
}

/* out_a = scale_a (U U^T s1)_a, or s1_a / sigma_a^2. */
static void mean_part(const gmm_params *p, size_t j, const double *s1,
                      double *y, double *out)
{
    const size_t d = p->d;
    const double *const scale = p->f64.scale;

    if (!p->type->triangle) {
        const double *const u =
            (const double *)p->f64.precision + gmm_unit_of(p, j) * d;

        for (size_t c = 0; c < d; c++)
            out[c] = scale[c] * u[c] * u[c] * s1[c];
        return;
    }
    const double *const u = triangle(p, gmm_unit_of(p, j));

    for (size_t c = 0; c < d; c++) {
        y[c] = 0;
        for (size_t a = 0; a <= c; a++)
            y[c] += u[a * d + c] * s1[a];
    }
    for (size_t a = 0; a < d; a++) {
        out[a] = 0;
        for (size_t c = a; c < d; c++)
            out[a] += u[a * d + c] * y[c];
        out[a] *= scale[a];
    }
}

/* Of a diagonal or scalar unit: sum r (y_c^2 - 1). */
static void variance_part(const gmm_params *p, size_t j, const gmm_stats *s,
                          double *out)
{
    const size_t d = p->d;
    const double *const u =
        (const double *)p->f64.precision + gmm_unit_of(p, j) * d;

    for (size_t c = 0; c < d; c++) {
        const double v = u[c] * u[c] * s->s2[j * d + c] - s->s0[j];

        if (p->type->scalar)
            out[0] = c == 0 ? v : out[0] + v;
        else
            out[c] = v;
    }
}

/* m <- U sum_j U^T S2_j U over the components of a unit; a, m [d, d]. */
static int32_t triangle_sums(const gmm_params *p, size_t unit, gmm_stats *s,
                             double *a, double *m, genmod_workspace *w)
{
    const size_t d = p->d, end = p->type->shared ? p->k : unit + 1;
    const double *const u = triangle(p, unit);
    double *const s2 = s->s2 + unit * d * d;
    int32_t status;

    for (size_t j = unit + 1; j < end; j++) /* tied: all into the first */
        for (size_t i = 0; i < d * d; i++)
            s2[i] += s->s2[j * d * d + i];
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c < i; c++)
            s2[i * d + c] = s2[c * d + i];
    status = kern_gemm(w, GENMOD_F64, 1, 0, d, d, d, 1, u, d, s2, d, 0, a, d);
    if (!status)
        status =
            kern_gemm(w, GENMOD_F64, 0, 0, d, d, d, 1, a, d, u, d, 0, m, d);
    if (!status)
        status =
            kern_gemm(w, GENMOD_F64, 0, 0, d, d, d, 1, u, d, m, d, 0, a, d);
    if (!status)
        memcpy(m, a, d * d * sizeof *m);
    return status;
}

static int32_t triangle_parts(const gmm_params *p, gmm_stats *s, double *out,
                              genmod_workspace *w)
{
    const size_t d = p->d;
    const double *const scale = p->f64.scale;
    double *const a = gmm_scratch(w, d, d, 1, sizeof *a);
    double *const m = gmm_scratch(w, d, d, 1, sizeof *m);
    double whole = 0;

    if (!a || !m)
        return base_status(w);
    for (size_t j = 0; j < p->k; j++)
        whole += s->s0[j];
    for (size_t unit = 0; unit < gmm_units(p->type, p->k); unit++) {
        const double *const u = triangle(p, unit);
        const double s0 = p->type->shared ? whole : s->s0[unit];
        const base_mark mark = base_scratch_mark(w);
        const int32_t status = triangle_sums(p, unit, s, a, m, w);

        base_scratch_release(w, mark);
        if (status)
            return status;
        for (size_t i = 0; i < d; i++)
            for (size_t c = 0; c <= i; c++)
                *out++ = c < i ? scale[i] * m[i * d + c]
                               : m[i * d + i] / u[i * d + i] - s0;
    }
    return GENMOD_OK;
}

/* theta [coordinates] from the sums of a pass. */
static int32_t gather(const gmm_params *p, gmm_stats *s, double weight,
                      double *theta, genmod_workspace *w)
{
    const size_t k = p->k, d = p->d;
    const double whole = whole_weight(p);
    double *const cov = theta + k * (1 + d);
    double *const y = base_scratch(w, d, sizeof *y);
    int32_t status = y ? GENMOD_OK : base_status(w);

    for (size_t j = 0; j < k && !status; j++) {
        mean_part(p, j, s->s1 + j * d, y, theta + k + j * d);
        if (!p->type->triangle)
            variance_part(p, j, s, cov + j * (p->type->scalar ? 1 : d));
    }
    if (!status && p->type->triangle)
        status = triangle_parts(p, s, cov, w);
    for (size_t i = k; i < gmm_coordinates(p->type, k, d) && !status; i++)
        theta[i] /= weight;
    for (size_t j = 0; j < k && !status; j++)
        theta[j] = s->s0[j] / weight - p->weights[j] / whole;
    return status;
}

static int32_t ascend(const gmm_model *m, const genmod_data *x, double *out,
                      genmod_workspace *w)
{
    const gmm_params *const p = m->params;
    const size_t n = gmm_coordinates(p->type, p->k, p->d);
    gmm_lane lane = {.params = p};
    gmm_pass pass = {.x = x,
                     .n_lanes = 1,
                     .lanes = &lane,
                     .moments = 1,
                     .shared = 1,
                     .source = GMM_POSTERIOR};
    size_t first;
    double *const theta = base_scratch(w, n, sizeof *theta);
    int32_t status = theta ? GENMOD_OK : base_status(w);

    status = base_all_rows(w, status, base_data_rows(x), &first, &pass.total);
    if (!status) {
        lane.stats = gmm_stats_new(p->type, p->k, p->d, w);
        status = lane.stats ? gmm_pass_open(&pass, w) : base_status(w);
    }
    if (!status)
        status = gmm_pass_run(&pass, w);
    if (!status) {
        centre(p, base_data_type(x), lane.stats);
        status = gather(p, lane.stats, pass.weight, theta, w);
    }
    if (!status)
        memcpy(out, theta, n * sizeof *out);
    base_free(lane.stats);
    return status;
}

int32_t gmm_likelihood_gradient(const gmm_model *m, const genmod_data *x,
                                size_t cap, double *out, size_t *need,
                                genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_rows_in(m, x, w);
    if (!status)
        status = gmm_check_coordinates(m, cap, out, need, w);
    status = gmm_agree(m, x, gmm_call("gradient"), GMM_PARAMETERS, status, w);
    return base_leave(&call, status ? status : ascend(m, x, out, w));
}

/* ---- row by row ---------------------------------------------------------- */

typedef struct rows {
    gmm_slope s;
    size_t width; /* coordinates */
    double whole; /* sum of the weights */
    double *out;
} rows;

/* Adds r_j times what component j's covariance gets of row i. */
static void add_covariance(const rows *g, const gmm_slope_slot *at, size_t i,
                           size_t j, double r, double *out)
{
    const gmm_params *const p = g->s.p;
    const int32_t type = g->s.ops->type;
    const size_t d = p->d;
    const double *const u = triangle(p, gmm_unit_of(p, j));
    const double *const scale = p->f64.scale;

    for (size_t a = 0; a < d; a++) {
        const double ya = gmm_real(type, at->y, a * KERN_ROWS + i);

        if (!p->type->triangle) {
            out[p->type->scalar ? 0 : a] += r * (ya * ya - 1);
            continue;
        }
        const double ga = gmm_real(type, at->g, a * KERN_ROWS + i);

        for (size_t c = 0; c < a; c++)
            *out++ +=
                r * scale[a] * ga * gmm_real(type, at->y, c * KERN_ROWS + i);
        *out++ += r * (ga * ya / u[a * d + a] - 1);
    }
}

static void give(const rows *g, const gmm_slope_slot *at, size_t i, size_t j,
                 double *theta)
{
    const gmm_params *const p = g->s.p;
    const int32_t type = g->s.ops->type;
    const size_t k = p->k, d = p->d, unit = gmm_unit_of(p, j);
    const size_t size =
        p->type->triangle ? d * (d + 1) / 2 : gmm_unit_size(p->type, d);
    const double r = gmm_real(type, at->r, j * KERN_ROWS + i);

    theta[j] = r - p->weights[j] / g->whole;
    for (size_t c = 0; c < d; c++)
        theta[k + j * d + c] = r * gmm_real(type, at->g, c * KERN_ROWS + i) *
                               ((const double *)p->f64.scale)[c];
    if (r != 0)
        add_covariance(g, at, i, j, r, theta + k * (1 + d) + unit * size);
}

static int32_t rows_block(const base_view *v, size_t first, size_t m,
                          size_t slot, void *arg)
{
    const rows *const g = arg;
    const gmm_slope_slot at = gmm_slope_at(&g->s, slot);
    double *const theta = g->out + first * g->width;

    if (!gmm_slope_weigh(&g->s, &at, v, m))
        return GENMOD_NON_FINITE;
    memset(theta, 0, m * g->width * sizeof *theta);
    for (size_t j = 0; j < g->s.p->k; j++) {
        gmm_slope_whiten(&g->s, &at, m, j);
        gmm_slope_press(&g->s, &at, m, j, 1, 0);
        for (size_t i = 0; i < m; i++)
            give(g, &at, i, j, theta + i * g->width);
    }
    return GENMOD_OK;
}

static int32_t each(const gmm_model *m, const genmod_data *x, size_t bytes,
                    double *out, genmod_workspace *w)
{
    const gmm_params *const p = m->params;
    rows g = {.width = gmm_coordinates(p->type, p->k, p->d),
              .whole = whole_weight(p)};
    size_t need;
    int32_t status;

    if (!base_mul(g.width, sizeof *out, &need) ||
        !base_mul(need, base_data_rows(x), &need) || bytes < need)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "bytes is %u; the result takes %u rows of %u doubles",
                         (uint64_t)bytes, (uint64_t)base_data_rows(x),
                         (uint64_t)g.width);
    g.out = base_scratch(w, need, 1);
    status = g.out ? gmm_slope_open(&g.s, p, x, w) : base_status(w);
    if (!status)
        status = gmm_blocks(x, rows_block, &g, w);
    if (!status)
        memcpy(out, g.out, need);
    return status;
}

int32_t gmm_row_gradients(const gmm_model *m, const genmod_data *x,
                          size_t bytes, double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_rows_in(m, x, w);
    if (!status && !out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (!status)
        status = gmm_check_plain(m, w);
    return base_leave(&call, status ? status : each(m, x, bytes, out, w));
}
