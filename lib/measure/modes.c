/* Which modes of a known mixture a sample has reached: how many, how well, how
 * evenly (Srivastava et al. 2017; Lin et al. 2018). A row belongs to the mode
 * that is nearest in its own deviations, and is of high quality within `radius`
 * of them.
 *
 * A perfect generator does not score perfectly: a share of its rows lies
 * outside, and counts of finite samples are uneven. What it scores is told
 * beside each number.
 */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

#define MOST_MODES 1048576u
#define MOST_ROUND 16 /* panels at once */
#define ROUND_BYTES ((size_t)4 << 20)

#define HIT 0
#define QUALITY 1
#define REVERSE_KL 2

typedef struct modes {
    measure_panels rows;
    size_t k;
    const double *mean, *deviation, *share;
    double radius;
    double *scale;              /* [k, d]: 1 / deviation */
    double *panels, *best, *l;  /* [round, …, KERN_ROWS] */
    size_t *nearest;            /* [round * KERN_ROWS] */
    size_t round, first, count; /* panels of the round */
    int64_t *of_all, *of_good;  /* [k] rows; those of high quality */
} modes;

static int32_t assign(size_t item, size_t slot, void *arg)
{
    const modes *const s = arg;
    const size_t d = s->rows.d;
    double *const best = s->best + item * KERN_ROWS;
    double *const l = s->l + item * KERN_ROWS;
    size_t *const nearest = s->nearest + item * KERN_ROWS;
    size_t first;
    const size_t m = measure_panel_rows(&s->rows, s->first + item, &first);

    (void)slot;
    for (size_t j = 0; j < s->k; j++) {
        s->rows.f64->quad_diag(d, m, s->panels + item * d * KERN_ROWS,
                               s->mean + j * d, s->scale + j * d, 0, l);
        for (size_t i = 0; i < m; i++)
            if (j == 0 || l[i] > best[i]) {
                best[i] = l[i];
                nearest[i] = j;
            }
    }
    return GENMOD_OK;
}

static int32_t count_round(modes *s, genmod_workspace *w)
{
    const double edge = -s->radius * s->radius / 2;
    int32_t status = base_cancelled(w);

    if (!status)
        status =
            measure_panels_read(&s->rows, s->first, s->count, s->panels, w);
    if (!status)
        status = base_parallel(w, s->count, assign, s);
    for (size_t i = 0; i < s->count && !status; i++) {
        size_t first;
        const size_t m = measure_panel_rows(&s->rows, s->first + i, &first);

        for (size_t r = i * KERN_ROWS; r < i * KERN_ROWS + m; r++) {
            s->of_all[s->nearest[r]]++;
            s->of_good[s->nearest[r]] += s->best[r] >= edge;
        }
    }
    return status;
}

/* ---- numbers ------------------------------------------------------------ */

static double share_of(const modes *s, size_t j)
{
    return s->share ? s->share[j] : 1 / (double)s->k;
}

/* sum p ln(p / q), and what its terms' spread and the pairs of rows leave it
 * uncertain by: (sum p ln^2(p / q) - KL^2) / n + (cells - 1) / (2 n^2). */
static double reverse_kl(const modes *s, double *variance)
{
    const double n = (double)s->rows.n;
    measure_sum kl = {0}, square = {0};
    double cells = 0, v;

    for (size_t j = 0; j < s->k; j++) {
        const double p = (double)s->of_all[j] / n;

        if (!(p > 0))
            continue;
        const double ln = measure_ln(s->rows.f64, p / share_of(s, j));
        measure_add(&kl, p * ln);
        measure_add(&square, p * ln * ln);
        cells++;
    }
    v = measure_total(&kl);
    *variance = (measure_total(&square) - v * v) / n;
    *variance = (*variance > 0 ? *variance : 0) + (cells - 1) / (2 * n * n);
    return v > 0 ? v : 0;
}

/* (1 - p)^n */
static double missed(const kern_ops *f64, double p, double n)
{
    double ln = -p, v;

    if (!(p < 1))
        return 0;
    f64->log1p(1, &ln, &ln);
    ln *= n;
    f64->exp(1, &ln, &v);
    return v;
}

static void numbers(const modes *s, double *out, double *error)
{
    const double n = (double)s->rows.n;
    double good = 0, hit = 0, spread = 0;

    for (size_t j = 0; j < s->k; j++) {
        const double p = (double)s->of_good[j] / n;
        const double none = missed(s->rows.f64, p, n);

        good += (double)s->of_good[j];
        hit += s->of_good[j] > 0;
        spread += none * (1 - none);
    }
    out[HIT] = hit;
    error[HIT] = sqrt(spread);
    out[QUALITY] = good / n;
    good = (good + 0.5) / (n + 1); /* all of n has an error, too */
    error[QUALITY] = sqrt(good * (1 - good) / n);
    out[REVERSE_KL] = reverse_kl(s, &spread);
    error[REVERSE_KL] = sqrt(spread);
}

/* Of a generator that draws from the mixture, whose modes are apart. Miller
 * 1955: a divergence of counts is (k - 1) / (2 n) too large. */
static void ideal(const modes *s, double *out)
{
    const double n = (double)s->rows.n;
    double cells = 0;

    out[QUALITY] =
        measure_chi_square(s->rows.f64, s->rows.d, s->radius * s->radius);
    out[HIT] = 0;
    for (size_t j = 0; j < s->k; j++) {
        const double p = share_of(s, j);

        out[HIT] += 1 - missed(s->rows.f64, p * out[QUALITY], n);
        cells += p > 0;
    }
    out[REVERSE_KL] = (cells - 1) / (2 * n);
}

/* ---- the call ----------------------------------------------------------- */

static int32_t check_cells(const modes *s, genmod_workspace *w)
{
    for (size_t i = 0; i < s->k * s->rows.d; i++) {
        const uint64_t row = i / s->rows.d, column = i % s->rows.d;

        if (!isfinite(s->mean[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "mean: row %u, column %u is %g; it must be finite",
                             row, column, s->mean[i]);
        if (!(s->deviation[i] > 0) || !isfinite(1 / s->deviation[i]) ||
            !isfinite(s->deviation[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "deviation: row %u, column %u is %g; it must be "
                             "finite and > 0",
                             row, column, s->deviation[i]);
    }
    return GENMOD_OK;
}

static int32_t check_share(const modes *s, genmod_workspace *w)
{
    double sum = 0;

    for (size_t j = 0; s->share && j < s->k; j++) {
        if (!(s->share[j] > 0) || !isfinite(s->share[j]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "share[%u] is %g; it must be finite and > 0",
                             (uint64_t)j, s->share[j]);
        sum += s->share[j];
    }
    if (s->share && !(fabs(sum - 1) <= (double)s->k * 0x1p-52))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "share sums to 1 %s %g; it must be 1 to rounding",
                         sum < 1 ? "-" : "+", fabs(sum - 1));
    return GENMOD_OK;
}

static int32_t check(modes *s, const genmod_data *y, const double *out,
                     genmod_workspace *w)
{
    int32_t status = measure_panels_open(&s->rows, "y", y, w);

    if (status)
        return status;
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (s->k < 1 || s->k > MOST_MODES)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "k is %u; it must be from 1 to %u", (uint64_t)s->k,
                         (uint64_t)MOST_MODES);
    if (!s->mean || !s->deviation)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         s->mean ? "deviation" : "mean");
    if (!(s->radius > 0) || !isfinite(s->radius))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "radius is %g; it must be finite and > 0", s->radius);
    status = check_cells(s, w);
    if (!status)
        status = check_share(s, w);
    return status;
}

static int32_t take_memory(modes *s, genmod_workspace *w)
{
    const size_t d = s->rows.d, fit = ROUND_BYTES / sizeof(double) / d;
    size_t rows;

    s->round = fit / KERN_ROWS < 1 ? 1 : fit / KERN_ROWS;
    s->round = s->round < MOST_ROUND ? s->round : MOST_ROUND;
    rows = s->round * KERN_ROWS;
    s->scale = base_scratch(w, s->k, d * sizeof *s->scale);
    s->panels = base_scratch(w, rows, d * sizeof *s->panels);
    s->best = base_scratch(w, rows, sizeof *s->best);
    s->l = base_scratch(w, rows, sizeof *s->l);
    s->nearest = base_scratch(w, rows, sizeof *s->nearest);
    s->of_all = base_scratch(w, s->k, 2 * sizeof *s->of_all);
    if (!s->scale || !s->panels || !s->best || !s->l || !s->nearest ||
        !s->of_all)
        return base_status(w);
    s->of_good = s->of_all + s->k;
    memset(s->of_all, 0, 2 * s->k * sizeof *s->of_all);
    for (size_t i = 0; i < s->k * d; i++)
        s->scale[i] = 1 / s->deviation[i];
    return GENMOD_OK;
}

static int32_t run(modes *s, genmod_workspace *w)
{
    const size_t panels = measure_panels_count(&s->rows);
    int32_t status = take_memory(s, w);

    for (s->first = 0; s->first < panels && !status; s->first += s->count) {
        s->count = panels - s->first;
        s->count = s->count < s->round ? s->count : s->round;
        status = count_round(s, w);
    }
    return status;
}

int32_t genmod_sample_modes(const genmod_data *y, size_t k, const double *mean,
                            const double *deviation, const double *share,
                            double radius, int64_t *count, double *out,
                            double *standard_error, double *expected,
                            genmod_workspace *w)
{
    modes s = {.k = k,
               .mean = mean,
               .deviation = deviation,
               .share = share,
               .radius = radius};
    double error[3];
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(&s, y, out, w);
    if (!status)
        status = run(&s, w);
    if (status)
        return base_leave(&call, status);
    numbers(&s, out, error);
    if (standard_error)
        memcpy(standard_error, error, sizeof error);
    if (count)
        memcpy(count, s.of_good, k * sizeof *count);
    if (expected)
        ideal(&s, expected);
    return base_leave(&call, GENMOD_OK);
}
