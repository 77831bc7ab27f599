/* Has the game arrived: what tells generated rows from held-out ones. */
#include <math.h>
#include <string.h>

#include "gan/internal.h"

#define LEAST 16       /* rows: fewer leave nothing to compare */
#define ROWS 4096      /* that 0 stands for, at most */
#define STEPS 500      /* that 0 stands for */
#define MOST_STEPS 1e6 /* as the header says */
#define NEIGHBOURS 5   /* Naeem et al. 2020 */

/* What the verdict goes by; gan.h says why. */
#define SURE 0.01      /* chance of what equality would bring about */
#define DEVIATIONS 3.0 /* standard errors */
#define SHARE 0.05     /* of rows that may be amiss */
#define NARROW 0.8     /* ratios of the spreads */
#define WIDE 1.25

#define LN2 0.6931471805599453

typedef struct probe {
    const model *m;
    const genmod_data *x, *train; /* train may be NULL */
    const kern_ops *f64;
    uint64_t seed;
    size_t n, steps;     /* rows of either kind, an even number */
    double *held, *made; /* [n, d]; a critic learns by the first half */
    double *out;         /* [GAN_PROBES] */
} probe;

/* ---- rows ---------------------------------------------------------------- */

/* The rows that the critic learns by (1), and those that test it (2). */
static unsigned char *choose(const probe *p, genmod_workspace *w)
{
    const size_t all = base_data_rows(p->x);
    unsigned char *const part = base_scratch(w, all, 1);

    if (!part)
        return NULL;
    memset(part, 0, all);
    for (size_t i = 0; i < p->n; i++)
        part[nn_shuffle(p->seed, 0, all, i)] = i < p->n / 2 ? 1 : 2;
    return part;
}

static int32_t check_weights(const probe *p, const double *weight,
                             genmod_workspace *w)
{
    for (size_t i = 0; i < p->n / 2; i++)
        if (weight[i] != 1)
            return base_fail(w, GENMOD_UNSUPPORTED,
                             "x has a row of weight %g; samples are compared "
                             "without weights",
                             weight[i]);
    return GENMOD_OK;
}

static int32_t gather(const probe *p, const unsigned char *part, int which,
                      double *out, genmod_workspace *w)
{
    const size_t half = p->n / 2;
    int64_t *const rows = base_scratch(w, half, sizeof *rows);
    double *const weight = base_scratch(w, half, sizeof *weight);
    size_t n = 0;
    int32_t status;

    if (!rows || !weight)
        return base_status(w);
    for (size_t i = 0; n < half; i++)
        if (part[i] == which)
            rows[n++] = (int64_t)i;
    status = base_data_gather(p->x, half, rows, out, weight, NULL, w);
    return status ? status : check_weights(p, weight, w);
}

static int32_t take_rows(probe *p, genmod_workspace *w)
{
    const size_t d = p->m->d;
    const unsigned char *const part = choose(p, w);
    int32_t status;

    p->held = base_scratch(w, p->n, d * sizeof *p->held);
    p->made = base_scratch(w, p->n, d * sizeof *p->made);
    if (!part || !p->held || !p->made)
        return base_status(w);
    status = gather(p, part, 1, p->held, w);
    if (!status)
        status = gather(p, part, 2, p->held + p->n / 2 * d, w);
    return status ? status
                  : gan_draw(p->m, p->seed, 0, p->n, NULL, GENMOD_F64,
                             p->n * d * sizeof *p->made, p->made, w);
}

/* ---- a new critic -------------------------------------------------------- */

/* Its logits y and softplus(y) of n rows of the data and n generated ones. A
 * logit of 0 is half right. Equal distributions make each row right with
 * chances c and 1 - c, so that the share's variance is c (1 - c) / (2 n), 1 /
 * (8 n) at most. */
static void count_right(const probe *p, size_t n, const double *verdict)
{
    double share[2] = {0, 0}, loss = 0, right, excess;

    for (size_t i = 0; i < 2 * n; i++) {
        const double sign = i < n ? 1 : -1, y = verdict[2 * i] * sign;

        share[i >= n] += (y > 0 ? 1 : y < 0 ? 0 : 0.5) / (double)n;
        loss += verdict[2 * i + 1] - (i < n ? verdict[2 * i] : 0);
    }
    right = (share[0] + share[1]) / 2;
    excess = (right - 0.5) * 2 * (double)n - 0.5;
    loss = LN2 - loss / (2 * (double)n);
    p->out[GAN_PROBE_ACCURACY] = right;
    p->out[GAN_PROBE_ACCURACY_ERROR] =
        sqrt((share[0] * (1 - share[0]) + share[1] * (1 - share[1])) /
             (double)n) /
        2;
    p->out[GAN_PROBE_ACCURACY_P_VALUE] =
        measure_normal_tail(p->f64, excess / sqrt((double)n / 2));
    p->out[GAN_PROBE_JS_BOUND] = loss < 0 ? 0 : loss < LN2 ? loss : LN2;
}

/* The first or the second half of both kinds. */
static double *half_of(const probe *p, size_t second, genmod_workspace *w)
{
    const size_t block = p->n / 2 * p->m->d;
    double *const x = base_scratch(w, 2 * block, sizeof *x);

    if (!x)
        return NULL;
    memcpy(x, p->held + second * block, block * sizeof *x);
    memcpy(x + block, p->made + second * block, block * sizeof *x);
    return x;
}

static int32_t criticise(const probe *p, genmod_workspace *w)
{
    gan_critic c = {.m = p->m,
                    .n = p->n / 2,
                    .seed = p->seed,
                    .steps = p->steps,
                    .learn = half_of(p, 0, w),
                    .test = half_of(p, 1, w)};
    int32_t status;

    if (!c.learn || !c.test)
        return base_status(w);
    status = gan_criticise(&c, w);
    if (!status)
        count_right(p, c.n, c.verdict);
    return status;
}

/* ---- the duality gap ----------------------------------------------------- */

/* Logits of n rows by a model's D. */
static int32_t judge(const model *m, size_t n, const double *rows, double *y,
                     genmod_workspace *w)
{
    genmod_data *view;
    int32_t status = base_data_of(GENMOD_F64, n, m->d, rows, NULL, &view, w);

    if (status)
        return status;
    status = gan_judge_rows(m, view, n * sizeof *y, y, w);
    genmod_data_free(view);
    return status;
}

/* The game's value of each pair: D of one model against G of another, on rows
 * that neither has seen. */
static int32_t play(const probe *p, size_t n, const model *d, const model *g,
                    double *value, genmod_workspace *w)
{
    const size_t at = p->n / 2, columns = p->m->d;
    double *const rows = base_scratch(w, n, columns * sizeof *rows);
    double *const y = base_scratch(w, n, 2 * sizeof *y);
    gan_settings s;
    int32_t status;

    if (!rows || !y)
        return base_status(w);
    status = gan_draw(g, p->seed, at, n, NULL, GENMOD_F64,
                      n * columns * sizeof *rows, rows, w);
    if (!status)
        status = judge(d, n, p->held + at * columns, y, w);
    if (!status)
        status = judge(d, n, rows, y + n, w);
    gan_settle(p->m->config, &s);
    for (size_t i = 0; i < n && !status; i++)
        value[i] = gan_value(s.loss, y[i], y[n + i]);
    return status;
}

/* n pairs, of packs of rows that have one logit. */
static void take_gap(const probe *p, size_t n, size_t packing,
                     const double *const value[3])
{
    double mean[3] = {0}, spread = 0, gap;

    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            mean[k] += value[k][i] / (double)n;
    gap = mean[1] - mean[2];
    for (size_t i = 0; i < n; i++)
        spread += (value[1][i] - value[2][i] - gap) *
                  (value[1][i] - value[2][i] - gap) / (double)n;
    p->out[GAN_PROBE_VALUE] = mean[0];
    p->out[GAN_PROBE_VALUE_D] = mean[1];
    p->out[GAN_PROBE_VALUE_G] = mean[2];
    p->out[GAN_PROBE_GAP] = gap;
    p->out[GAN_PROBE_GAP_ERROR] =
        sqrt(spread * (double)packing / ((double)n - 1));
}

/* D moves against G as it is, and G against D as it is. */
static int32_t play_all(const probe *p, size_t n, size_t packing,
                        genmod_workspace *w)
{
    double *const value = base_scratch(w, n, 3 * sizeof *value);
    const double *const parts[3] = {value, value + n, value + 2 * n};
    int32_t status = value ? play(p, n, p->m, p->m, value, w) : base_status(w);

    for (int player = 0; player < MODEL_PLAYERS && !status; player++) {
        gan_response r = {.m = p->m,
                          .player = player,
                          .n = p->n / 2,
                          .seed = p->seed,
                          .steps = p->steps,
                          .rows = p->held};
        model *moved;

        status = gan_respond(&r, &moved, w);
        if (!status)
            status = play(p, n, player == GAN_D ? moved : p->m,
                          player == GAN_D ? p->m : moved,
                          value + (size_t)(player + 1) * n, w);
        model_free(moved);
    }
    if (!status)
        take_gap(p, n, packing, parts);
    return status;
}

static int32_t look_at_gap(const probe *p, genmod_workspace *w)
{
    const gan_body *const b = (const gan_body *)p->m->body;
    const size_t half = p->n / 2, group = (size_t)(b->packing * b->group);

    for (size_t i = GAN_PROBE_VALUE; i <= GAN_PROBE_GAP_ERROR; i++)
        p->out[i] = NAN;
    if (b->classes || half < 2 * group)
        return GENMOD_OK;
    return play_all(p, half - half % group, (size_t)b->packing, w);
}

/* ---- neighbours ---------------------------------------------------------- */

static int32_t compare(const probe *p, const genmod_data *held,
                       const genmod_data *made, genmod_workspace *w)
{
    double *const out = p->out;
    double copies[3];
    int32_t status = measure_prdc(
        held, made, NEIGHBOURS, out + GAN_PROBE_PRECISION,
        out + GAN_PROBE_PRECISION_ERROR, out + GAN_PROBE_PRECISION_EXPECTED, w);

    for (size_t i = GAN_PROBE_COPIES; i <= GAN_PROBE_COPIES_P_VALUE; i++)
        out[i] = NAN;
    if (status || !p->train)
        return status;
    status = measure_copies(p->train, held, made, copies, NULL,
                            &out[GAN_PROBE_COPIES_P_VALUE], w);
    out[GAN_PROBE_COPIES] = copies[0];
    out[GAN_PROBE_COPIES_HELD] = copies[1];
    return status;
}

static int32_t look_at_neighbours(const probe *p, genmod_workspace *w)
{
    genmod_data *held, *made = NULL;
    int32_t status =
        base_data_of(GENMOD_F64, p->n, p->m->d, p->held, NULL, &held, w);

    if (!status)
        status =
            base_data_of(GENMOD_F64, p->n, p->m->d, p->made, NULL, &made, w);
    if (!status)
        status = compare(p, held, made, w);
    genmod_data_free(held);
    genmod_data_free(made);
    return status;
}

/* ---- spread -------------------------------------------------------------- */

/* The model's units; those of a table's columns are not all of their cells, but
 * of logarithms, so the held-out rows' deviations serve there, 1 of constant
 * ones. */
static void set_scales(const probe *p, double *scale)
{
    const size_t n = p->n, d = p->m->d;

    for (size_t j = 0; j < d; j++) {
        double mean = 0, square = 0;

        scale[j] = p->m->body->columns.scale[j];
        if (!((const gan_body *)p->m->body)->table.blocks)
            continue;
        for (size_t i = 0; i < n; i++)
            mean += p->held[i * d + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            square += (p->held[i * d + j] - mean) *
                      (p->held[i * d + j] - mean) / (double)n;
        scale[j] = square > 0 ? sqrt(square) : 1;
    }
}

/* (x_i - mean)^2 summed over columns in units of scale [d], of each row: its
 * mean [0], and the variance of that mean over its square [1]. work: [d + n].
 */
static void spread_of(const probe *p, const double *x, const double *scale,
                      double *work, double out[2])
{
    const size_t n = p->n, d = p->m->d;
    double *const row = work + d;
    double variance = 0;

    memset(work, 0, (n + d) * sizeof *work);
    out[0] = 0;
    for (size_t i = 0; i < n * d; i++)
        work[i % d] += x[i] / (double)n;
    for (size_t i = 0; i < n * d; i++) {
        const double from = (x[i] - work[i % d]) / scale[i % d];

        row[i / d] += from * from;
    }
    for (size_t i = 0; i < n; i++)
        out[0] += row[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += (row[i] - out[0]) * (row[i] - out[0]);
    variance /= (double)n * ((double)n - 1);
    out[1] = out[0] > 0 ? variance / (out[0] * out[0]) : 0;
}

static int32_t look_at_spread(const probe *p, genmod_workspace *w)
{
    double *const scale = base_scratch(w, p->m->d, sizeof *scale);
    double *const work = base_scratch(w, p->m->d + p->n, sizeof *work);
    double held[2], made[2], ratio;

    if (!scale || !work)
        return base_status(w);
    set_scales(p, scale);
    spread_of(p, p->held, scale, work, held);
    spread_of(p, p->made, scale, work, made);
    if (!isfinite(held[0]) || !isfinite(made[0]))
        return base_fail(w, GENMOD_BREAKDOWN,
                         "rows are so far apart that their variance is no "
                         "number");
    ratio = held[0] > 0 ? made[0] / held[0] : made[0] > 0 ? INFINITY : 1;
    p->out[GAN_PROBE_SPREAD_RATIO] = ratio;
    p->out[GAN_PROBE_SPREAD_RATIO_ERROR] =
        ratio < INFINITY ? ratio * sqrt(held[1] + made[1]) : 0;
    return GENMOD_OK;
}

/* ---- the verdict --------------------------------------------------------- */

/* A share is below what equality would give by more than chance, and by more
 * than matters. */
static int is_short(const double *out, size_t share)
{
    const size_t i = share - GAN_PROBE_PRECISION;

    return out[share] < out[GAN_PROBE_PRECISION_EXPECTED + i] - SHARE -
                            DEVIATIONS * out[GAN_PROBE_PRECISION_ERROR + i];
}

static void decide(double *out)
{
    const double ratio = out[GAN_PROBE_SPREAD_RATIO];
    const double error = DEVIATIONS * out[GAN_PROBE_SPREAD_RATIO_ERROR];

    out[GAN_PROBE_TOLD_APART] = out[GAN_PROBE_ACCURACY_P_VALUE] < SURE;
    out[GAN_PROBE_OFF] = is_short(out, GAN_PROBE_PRECISION);
    out[GAN_PROBE_LOST] =
        is_short(out, GAN_PROBE_RECALL) || is_short(out, GAN_PROBE_COVERAGE);
    out[GAN_PROBE_SPREAD] = ratio + error < NARROW || ratio - error > WIDE;
    out[GAN_PROBE_COPYING] = out[GAN_PROBE_COPIES_P_VALUE] < SURE;
    out[GAN_PROBE_ARRIVED] = 1;
    for (size_t i = GAN_PROBE_TOLD_APART; i <= GAN_PROBE_COPYING; i++)
        if (out[i] != 0)
            out[GAN_PROBE_ARRIVED] = 0;
}

/* ---- the call ------------------------------------------------------------ */

static int32_t check_numbers(probe *p, size_t rows, size_t steps,
                             genmod_workspace *w)
{
    const size_t all = base_data_rows(p->x);

    if (all < LEAST)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has %u rows; it must have %u at least",
                         (uint64_t)all, (uint64_t)LEAST);
    if (rows && (rows % 2 || rows < LEAST || rows > all))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "rows is %u; it must be 0, or an even number from %u "
                         "to x's %u",
                         (uint64_t)rows, (uint64_t)LEAST, (uint64_t)all);
    if ((double)steps > MOST_STEPS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "steps is %u; it may be 1,000,000", (uint64_t)steps);
    p->n = rows ? rows : all < ROWS ? all - all % 2 : ROWS;
    p->steps = steps ? steps : STEPS;
    return GENMOD_OK;
}

static int32_t check_view(const model *m, const genmod_data *x,
                          const char *name, genmod_workspace *w)
{
    const int32_t status = model_check_rows(x, name, m->d, "the model", w);

    return status ? status : model_check_schema(m->body, x, name, w);
}

static int32_t check(const probe *p, size_t cap, const double *out,
                     genmod_workspace *w)
{
    int32_t status;

    if (!p->m || !p->x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         p->m ? "x" : "m");
    if (cap < GAN_PROBES)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "cap is %u doubles; the result takes %u",
                         (uint64_t)cap, (uint64_t)GAN_PROBES);
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    status = model_check_fitted(p->m, w);
    if (!status)
        status = check_view(p->m, p->x, "x", w);
    if (!status && p->train)
        status = check_view(p->m, p->train, "train", w);
    return status;
}

static int32_t run(probe *p, double *out, genmod_workspace *w)
{
    double found[GAN_PROBES];
    int32_t status;

    p->out = found;
    p->f64 = kern_ops_of(base_cpu(w), GENMOD_F64);
    status = take_rows(p, w);
    if (!status)
        status = look_at_spread(p, w);
    if (!status)
        status = criticise(p, w);
    if (!status)
        status = look_at_neighbours(p, w);
    if (!status)
        status = look_at_gap(p, w);
    if (status)
        return status;
    decide(found);
    memcpy(out, found, sizeof found);
    return GENMOD_OK;
}

int32_t gan_probe(const gan_model *m, const genmod_data *x,
                  const genmod_data *train, uint64_t seed, size_t rows,
                  size_t steps, size_t cap, double *out, size_t *need,
                  genmod_workspace *w)
{
    probe p = {.m = (const model *)m, .x = x, .train = train, .seed = seed};
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (need)
        *need = GAN_PROBES;
    status = check(&p, cap, out, w);
    if (!status)
        status = check_numbers(&p, rows, steps, w);
    if (!status)
        status = base_alone(w, "gan_probe()");
    return base_leave(&call, status ? status : run(&p, out, w));
}
