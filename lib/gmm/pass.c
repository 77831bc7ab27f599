/* One pass over the data: responsibilities, likelihood, moments.
 *
 * Rows are taken in blocks of KERN_ROWS, anchored at the absolute row number;
 * some blocks make a round. In a round, tasks over (lane, block) transpose the
 * rows and compute responsibilities; then tasks over (lane, component, strip)
 * add the round's blocks to the sums, in their order. Each sum has one owner
 * and one order, whatever the threads, the rounds and the source of the rows.
 */
#include <math.h>
#include <string.h>

#include "gmm/noise.h"
#include "gmm/ranks.h"

#define MOST_BLOCKS 64
#define LEAST_BLOCKS 8
#define ROUND_BYTES ((size_t)1 << 20) /* of panels of a lane: stays in L2 */
#define MOST_BYTES ((size_t)32 << 20) /* of all buffers of a round */

struct gmm_round {
    const kern_ops *ops;
    size_t d, k, blocks; /* the most components, blocks of a round */
    size_t lines;        /* of l: k, and one for noise */
    char *panels;        /* [lanes, blocks, d * KERN_ROWS] */
    char *l;             /* [lanes, blocks, lines * KERN_ROWS] */
    double *total;       /* [lanes, blocks, KERN_ROWS] */
    double *sums;        /* [lanes, blocks] of log-densities */
    double *noise;       /* [lanes, blocks] of p(noise | x) */
    double *ones;        /* [KERN_ROWS] */
    void *stage;
    char *metric; /* [lanes, d]: makes distances of scaled columns plain ones */
    gmm_partial *partial; /* NULL: no cell may be missing */
    /* The round under way. */
    base_view view;
    size_t first, end, rows, used; /* used: blocks */
    size_t most_strips;   /* of a component, for the threads there are */
    size_t strips, group; /* in the round; components of an item */
};

/* Blocks a round, from the shape alone: panels that stay in L2, and not more
 * memory than MOST_BYTES unless one block needs it. */
static size_t round_blocks(size_t n, size_t d, size_t k, size_t lanes,
                           size_t bytes)
{
    const size_t panel = KERN_ROWS * d * bytes;
    const size_t block = lanes * KERN_ROWS * (d + k + 1) * bytes;
    const size_t there = n / KERN_ROWS + (n % KERN_ROWS != 0);
    size_t blocks = ROUND_BYTES / panel;

    if (blocks < LEAST_BLOCKS)
        blocks = LEAST_BLOCKS;
    if (blocks > MOST_BLOCKS)
        blocks = MOST_BLOCKS;
    if (blocks > MOST_BYTES / block)
        blocks = MOST_BYTES / block;
    if (blocks < 1)
        blocks = 1;
    return blocks < there ? blocks : there;
}

static void *scratch(genmod_workspace *w, size_t a, size_t b, size_t c,
                     size_t size, int32_t *status)
{
    size_t cells;
    void *p;

    if (!base_mul(a, b, &cells) || !base_mul(cells, c, &cells))
        cells = SIZE_MAX;
    p = base_scratch(w, cells, size);
    if (!p)
        *status = base_status(w);
    return p;
}

int32_t gmm_pass_open(gmm_pass *pass, genmod_workspace *w)
{
    const gmm_params *const p = pass->lanes[0].params;
    const int32_t type = base_data_type(pass->x);
    const size_t lanes = pass->n_lanes, d = p->d;
    int32_t status = GENMOD_OK;
    gmm_round *const r = scratch(w, 1, 1, 1, sizeof *r, &status);
    size_t blocks, bytes, k = p->k;
    int triangle = 0;

    if (status)
        return status;
    for (size_t i = 0; i < lanes; i++) {
        const gmm_params *const o = pass->lanes[i].params;

        k = o && o->k > k ? o->k : k;
        triangle |= o && o->type->triangle;
    }
    memset(r, 0, sizeof *r);
    r->ops = gmm_tables_of(p, type)->ops;
    bytes = r->ops->bytes;
    r->d = d;
    r->k = k;
    r->lines = pass->noise ? k + 1 : k;
    r->blocks = blocks =
        round_blocks(base_data_rows(pass->x), d, k, lanes, bytes);
    r->panels = scratch(w, lanes * blocks, d, KERN_ROWS, bytes, &status);
    if (!status)
        r->l = scratch(w, lanes * blocks, r->lines, KERN_ROWS, bytes, &status);
    if (!status)
        r->total =
            scratch(w, lanes, blocks, KERN_ROWS, sizeof(double), &status);
    if (!status)
        r->sums = scratch(w, lanes, blocks, 1, sizeof(double), &status);
    if (!status)
        r->noise = scratch(w, lanes, blocks, 1, sizeof(double), &status);
    if (!status)
        r->ones = scratch(w, KERN_ROWS, 1, 1, sizeof(double), &status);
    if (!status)
        r->stage =
            scratch(w, base_data_stage_bytes(pass->x, blocks * KERN_ROWS), 1, 1,
                    1, &status);
    if (!status && pass->moments)
        r->metric = scratch(w, lanes, d, 1, bytes, &status);
    if (!status)
        status = gmm_partial_new(p, pass->x, k, triangle, lanes, blocks,
                                 &r->partial, w);
    for (size_t i = 0; !status && i < KERN_ROWS; i++)
        r->ones[i] = 1;
    pass->round = r;
    return status;
}

void gmm_joint(const kern_ops *ops, const gmm_params *p, size_t m,
               const char *panel, char *l)
{
    const gmm_tables *const t = gmm_tables_of(p, ops->type);
    const size_t d = p->d;
    const size_t unit = (p->type->triangle ? d * d : d) * ops->bytes;

    for (size_t j = 0; j < p->k; j++) {
        const char *const precision =
            (const char *)t->precision + (p->type->shared ? 0 : j * unit);
        const char *const mu = (const char *)t->mu + j * d * ops->bytes;
        char *const lj = l + j * KERN_ROWS * ops->bytes;

        if (p->type->triangle)
            ops->quad_full(d, m, panel, mu, precision, p->log_norm[j], lj);
        else
            ops->quad_diag(d, m, panel, mu, precision, p->log_norm[j], lj);
    }
}

/* One-hot rows of l from an index, or none for k and above. */
static void one_hot(const gmm_round *r, size_t k, size_t i, size_t hot,
                    double weight, char *l)
{
    for (size_t j = 0; j < k; j++)
        gmm_set_real(r->ops->type, l, j * KERN_ROWS + i, j == hot ? weight : 0);
}

static void nearest(const gmm_round *r, size_t which, const gmm_block *b,
                    size_t m, const double *weight)
{
    const kern_ops *const ops = r->ops;
    const gmm_tables *const t = gmm_tables_of(b->p, ops->type);
    const char *const metric = r->metric + which * r->d * ops->bytes;
    const size_t k = b->p->k;
    char *const l = b->l;

    for (size_t j = 0; j < k; j++)
        ops->quad_diag(r->d, m, b->panel,
                       (const char *)t->mu + j * r->d * ops->bytes, metric, 0,
                       l + j * KERN_ROWS * ops->bytes);
    if (r->partial)
        gmm_partial_distances(r->partial, b, metric);
    for (size_t i = 0; i < m; i++) {
        size_t best = 0;

        for (size_t j = 1; j < k; j++)
            if (gmm_real(r->ops->type, l, j * KERN_ROWS + i) >
                gmm_real(r->ops->type, l, best * KERN_ROWS + i))
                best = j;
        one_hot(r, k, i, best, weight[i], l);
    }
}

/* 0 where a label is no component. */
static int labelled(const gmm_round *r, size_t m, const int32_t *labels,
                    const double *weight, char *l)
{
    for (size_t i = 0; i < m; i++) {
        if (labels[i] < -1 || (labels[i] >= 0 && (size_t)labels[i] >= r->k))
            return 0;
        one_hot(r, r->k, i, labels[i] < 0 ? r->k : (size_t)labels[i], weight[i],
                l);
    }
    return 1;
}

static void given(const gmm_round *r, size_t first, size_t m,
                  const double *from, const double *weight, char *l)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < r->k; j++)
            gmm_set_real(r->ops->type, l, j * KERN_ROWS + i,
                         from[(first + i) * r->k + j] * weight[i]);
}

/* Rows from m on of a line. */
static void clear_line(const gmm_round *r, size_t line, size_t m, char *l)
{
    memset(l + (line * KERN_ROWS + m) * r->ops->bytes, 0,
           (KERN_ROWS - m) * r->ops->bytes);
}

static void clear_padding(const gmm_round *r, size_t m, char *l)
{
    for (size_t j = 0; m < KERN_ROWS && j < r->k; j++)
        clear_line(r, j, m, l);
}

static base_view block_view(const gmm_round *r, size_t block)
{
    static const size_t size[] = {0, sizeof(float), sizeof(double), 1};
    const size_t skip = block * KERN_ROWS;
    base_view v = r->view;

    v.rows = (const char *)v.rows +
             (int64_t)skip * v.row_stride * (int64_t)size[v.type];
    v.weights = v.weights ? v.weights + skip : r->ones;
    v.labels = v.labels ? v.labels + skip : NULL;
    return v;
}

static size_t block_rows(const gmm_round *r, size_t block)
{
    const size_t left = r->rows - block * KERN_ROWS;

    return left < KERN_ROWS ? left : KERN_ROWS;
}

static double weighted_sum(size_t m, const double *weight, const double *total)
{
    double sum = 0;

    for (size_t i = 0; i < m; i++)
        sum += weight[i] * total[i];
    return sum;
}

static int posterior(const gmm_pass *pass, const gmm_lane *lane,
                     const gmm_block *b, size_t m, const double *weight)
{
    const gmm_round *const r = pass->round;
    const int normalise = lane->stats || pass->normalise;
    const int noise = pass->noise && lane->params->noise[0] > 0;
    const size_t k = lane->params->k, lines = noise ? k + 1 : k;
    double *const total = r->total + b->at * KERN_ROWS;
    double offset = lane->params->log_scale;

    gmm_joint(r->ops, lane->params, m, b->panel, b->l);
    if (r->partial && !gmm_partial_joint(r->partial, b))
        return 0;
    if (noise)
        offset += gmm_noise_joint(b, r->partial);
    if (pass->classify)
        gmm_likeliest(r->ops, lines, m, b->l, total);
    else
        r->ops->posterior(lines, m, b->l, normalise ? weight : NULL, total);
    if (pass->noise && !noise)
        clear_line(r, k, 0, b->l);
    for (size_t i = 0; i < m; i++)
        total[i] += offset;
    r->sums[b->at] = weighted_sum(m, weight, total);
    for (size_t i = 0; i < m && pass->noise && lane->stats; i++)
        r->noise[b->at] += gmm_real(r->ops->type, b->l, k * KERN_ROWS + i);
    return 1;
}

static gmm_block block_of(const gmm_round *r, const gmm_lane *lane, size_t at,
                          size_t slot)
{
    const size_t line = KERN_ROWS * r->ops->bytes;

    return (gmm_block){.at = at,
                       .slot = slot,
                       .first = at % r->blocks * KERN_ROWS,
                       .p = lane->params,
                       .ops = r->ops,
                       .panel = r->panels + at * r->d * line,
                       .l = r->l + at * r->lines * line};
}

/* 0 where a cell is none and may not be missing. */
static int pack(const gmm_round *r, const gmm_block *b, const base_view *v,
                size_t m)
{
    const gmm_tables *const t = gmm_tables_of(b->p, r->ops->type);

    if ((r->partial && gmm_partial_noisy(r->partial)) ||
        !r->ops->pack(v, m, r->d, t->center, t->scale, b->panel))
        return r->partial && gmm_partial_pack(r->partial, b, v, m);
    if (r->partial)
        gmm_partial_none(r->partial, b->at);
    return 1;
}

static int32_t expect(size_t item, size_t slot, void *arg)
{
    const gmm_pass *const pass = arg;
    const gmm_round *const r = pass->round;
    const size_t which = item / r->used, block = item % r->used;
    const size_t at = which * r->blocks + block, m = block_rows(r, block);
    const size_t first = r->first + block * KERN_ROWS;
    const gmm_lane *const lane = &pass->lanes[which];
    const base_view v = block_view(r, block);
    const gmm_block b = block_of(r, lane, at, slot);

    r->sums[at] = r->noise[at] = 0;
    if (!pack(r, &b, &v, m))
        return GENMOD_NON_FINITE;
    if (pass->source == GMM_POSTERIOR) {
        if (!posterior(pass, lane, &b, m, v.weights))
            return GENMOD_BREAKDOWN;
    } else {
        if (pass->source == GMM_NEAREST)
            nearest(r, which, &b, m, v.weights);
        else if (pass->source == GMM_GIVEN)
            given(r, first, m, pass->given, v.weights, b.l);
        else if (!labelled(r, m, v.labels, v.weights, b.l))
            return GENMOD_BAD_ARGUMENT;
        clear_padding(r, m, b.l);
    }
    if (r->partial && lane->stats)
        gmm_partial_take(r->partial, &b);
    if (pass->give)
        pass->give(first, m, r->total + at * KERN_ROWS, b.l, pass->arg);
    return GENMOD_OK;
}

/* The rows of block number `at` that miss cells, for component j. */
static void accumulate_partial(const gmm_round *r, const gmm_lane *lane,
                               size_t at, size_t slot, size_t j)
{
    const gmm_block b = block_of(r, lane, at, slot);

    if (r->partial)
        gmm_partial_add(r->partial, &b, j, lane->stats);
}

static void accumulate_full(const gmm_round *r, const gmm_lane *lane,
                            size_t which, size_t slot, size_t j, size_t strip)
{
    const size_t d = r->d, bytes = r->ops->bytes;
    const gmm_stats *const s = lane->stats;
    const char *const mu =
        (const char *)gmm_tables_of(lane->params, r->ops->type)->mu;
    const size_t groups = (d + 7) / 8;
    const size_t lo = 8 * (groups * strip / r->strips);
    const size_t end = 8 * (groups * (strip + 1) / r->strips);
    const size_t hi = end < d ? end : d;

    for (size_t b = 0; b < r->used && lo < hi; b++) {
        const size_t at = which * r->blocks + b;

        r->ops->moments_full(
            d, block_rows(r, b), r->panels + at * d * KERN_ROWS * bytes,
            mu + j * d * bytes, r->l + (at * r->lines + j) * KERN_ROWS * bytes,
            lo, hi, s->s0 + j, s->s1 + j * d, s->s2 + j * d * d);
        if (strip == 0)
            accumulate_partial(r, lane, at, slot, j);
    }
}

/* Components j … ; more than one at a time only about the centre. */
static void accumulate_diagonal(const gmm_round *r, const gmm_lane *lane,
                                size_t which, size_t slot, size_t j)
{
    const size_t d = r->d, bytes = r->ops->bytes;
    const size_t left = lane->params->k - j;
    const size_t count = left < r->group ? left : r->group;
    const gmm_stats *const s = lane->stats;
    const char *const mu =
        (const char *)gmm_tables_of(lane->params, r->ops->type)->mu;

    for (size_t b = 0; b < r->used; b++) {
        const size_t at = which * r->blocks + b, m = block_rows(r, b);
        const char *const panel = r->panels + at * d * KERN_ROWS * bytes;
        const char *const share =
            r->l + (at * r->lines + j) * KERN_ROWS * bytes;

        if (s->common)
            r->ops->moments_origin(d, m, count, panel, share, s->s0 + j,
                                   s->s1 + j * d, s->s2 + j * d);
        else
            r->ops->moments_diag(d, m, panel, mu + j * d * bytes, share,
                                 s->s0 + j, s->s1 + j * d, s->s2 + j * d);
        for (size_t i = 0; i < (s->common ? count : 1); i++)
            accumulate_partial(r, lane, at, slot, j + i);
    }
}

static int32_t accumulate(size_t item, size_t slot, void *arg)
{
    const gmm_pass *const pass = arg;
    const gmm_round *const r = pass->round;
    const size_t strip = item % r->strips;
    const size_t j = item / r->strips % r->k;
    const size_t which = item / r->strips / r->k;
    const gmm_lane *const lane = &pass->lanes[which];

    if (!lane->stats || j >= lane->params->k)
        return GENMOD_OK;
    if (lane->params->type->triangle)
        accumulate_full(r, lane, which, slot, j, strip);
    else if (strip == 0 && (!lane->stats->common || j % r->group == 0))
        accumulate_diagonal(r, lane, which, slot, j);
    return GENMOD_OK;
}

static int32_t refuse_label(const gmm_round *r, genmod_workspace *w)
{
    for (size_t i = 0; i < r->rows; i++) {
        const int32_t label = r->view.labels[i];

        if (label < -1 || (label >= 0 && (size_t)label >= r->k))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "labels[%u] is %i; it must lie in -1 … %u",
                             (uint64_t)(r->first + i), (int64_t)label,
                             (uint64_t)(r->k - 1));
    }
    return GENMOD_OK;
}

/* Of a row of density 0 the sum is -inf, and nothing corrects that. */
static void add_compensated(gmm_lane *lane, double v)
{
    const double sum = lane->log_likelihood + v;

    if (isfinite(sum))
        lane->correction += fabs(lane->log_likelihood) >= fabs(v)
                                ? (lane->log_likelihood - sum) + v
                                : (v - sum) + lane->log_likelihood;
    lane->log_likelihood = sum;
}

static void add_round(gmm_pass *pass)
{
    const gmm_round *const r = pass->round;

    for (size_t b = 0; b < r->used; b++) {
        double sum = 0;

        for (size_t i = 0; i < block_rows(r, b); i++)
            sum += r->view.weights ? r->view.weights[b * KERN_ROWS + i] : 1;
        pass->weight += sum;
    }
    for (size_t s = 0; s < pass->n_lanes; s++)
        for (size_t b = 0; b < r->used; b++) {
            const size_t at = s * r->blocks + b;

            add_compensated(&pass->lanes[s], r->sums[at]);
            if (pass->lanes[s].stats)
                pass->lanes[s].stats->noise += r->noise[at];
        }
}

/* The first cell that is none, unless it may be missing. */
static int32_t refuse_cell(const gmm_round *r, genmod_workspace *w)
{
    return r->partial
               ? gmm_partial_refuse(r->partial, &r->view, r->first, r->rows, w)
               : base_view_non_finite(&r->view, r->first, r->rows, r->d, w);
}

/* A partial row's moments go to the whole of a component's sums. */
static size_t round_strips(const gmm_pass *pass)
{
    const gmm_round *const r = pass->round;

    for (size_t s = 0; s < pass->n_lanes && r->partial; s++)
        if (gmm_partial_any(r->partial, s * r->blocks, r->used))
            return 1;
    return r->most_strips;
}

static int32_t run_round(gmm_pass *pass, genmod_workspace *w)
{
    gmm_round *const r = pass->round;
    const size_t left = r->end - r->first, whole = r->blocks * KERN_ROWS;
    int32_t status;

    r->rows = left < whole ? left : whole;
    r->used = (r->rows + KERN_ROWS - 1) / KERN_ROWS;
    status = base_data_view(pass->x, r->first, r->rows, r->stage, &r->view, w);
    if (!status && r->partial)
        status = gmm_partial_read(r->partial, r->first, r->rows, w);
    if (status)
        return status;
    if (pass->source == GMM_LABELS && !r->view.labels)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "init is \"labels\", but x has no labels");
    status = base_parallel(w, pass->n_lanes * r->used, expect, pass);
    if (status == GENMOD_NON_FINITE)
        return refuse_cell(r, w);
    if (status == GENMOD_BREAKDOWN)
        return gmm_partial_refuse_noise(r->first, r->rows, w);
    if (status == GENMOD_BAD_ARGUMENT)
        return refuse_label(r, w);
    if (!status && pass->moments) {
        r->strips = round_strips(pass);
        status = base_parallel(w, pass->n_lanes * r->k * r->strips, accumulate,
                               pass);
    }
    if (status) /* the host's own loop gave up */
        return status;
    add_round(pass);
    return GENMOD_OK;
}

/* 1 where sums about the centre cost few digits: they lose those of (mu /
 * sigma)^2, which may take 1e-10 of a variance in f64 and 1e-4 in f32. */
static int32_t common_form(const gmm_pass *pass, const gmm_params *p)
{
    const int32_t type = pass->round->ops->type;
    const double most = (type == GENMOD_F32 ? 1e-4 : 1e-10) / gmm_epsilon(type);
    const double *const mu = p->f64.mu, *const inverse = p->f64.precision;

    if (p->type->triangle || pass->source != GMM_POSTERIOR)
        return 0;
    for (size_t i = 0; i < p->k * p->d; i++)
        if (mu[i] * inverse[i] * (mu[i] * inverse[i]) > most)
            return 0;
    return 1;
}

/* Enough pieces for the threads where there are few components; bits do not
 * depend on it, since every sum has one owner. */
static size_t strips(const gmm_pass *pass, size_t width)
{
    const gmm_round *const r = pass->round;
    const size_t items = pass->n_lanes * r->k, groups = (r->d + 7) / 8;
    const size_t want = (4 * width + items - 1) / items;
    int triangle = 0;

    for (size_t i = 0; i < pass->n_lanes; i++)
        triangle |= pass->lanes[i].params->type->triangle;
    if (!triangle || width == 1 || groups < 4)
        return 1;
    return want < groups ? want : groups;
}

/* Scaled columns have distances of their own; a metric proportional
 * to 1 / scale_c, the largest 1, gives the plain ones back. */
static void plain_metric(const gmm_pass *pass)
{
    const gmm_round *const r = pass->round;

    for (size_t s = 0; s < pass->n_lanes; s++) {
        const double *const scale = pass->lanes[s].params->f64.scale;
        double least = scale[0];

        for (size_t c = 1; c < r->d; c++)
            least = scale[c] < least ? scale[c] : least;
        for (size_t c = 0; c < r->d; c++)
            gmm_set_real(r->ops->type, r->metric, s * r->d + c,
                         least / scale[c]);
    }
}

int32_t gmm_pass_rows(gmm_pass *pass, size_t first, size_t n,
                      genmod_workspace *w)
{
    gmm_round *const r = pass->round;
    int32_t status = GENMOD_OK;

    pass->weight = 0;
    for (size_t s = 0; s < pass->n_lanes; s++) {
        gmm_lane *const lane = &pass->lanes[s];

        lane->log_likelihood = lane->correction = 0;
        if (lane->stats) {
            memset(lane->stats->s0, 0, lane->stats->size * sizeof(double));
            lane->stats->noise = 0;
            lane->stats->weighed = pass->source == GMM_POSTERIOR;
            lane->stats->common = common_form(pass, lane->params);
        }
    }
    r->most_strips = strips(pass, base_width(w));
    r->group = pass->n_lanes * r->k >= 8 * base_width(w) ? 4 : 1;
    if (pass->source == GMM_NEAREST)
        plain_metric(pass);
    r->end = first + n;
    for (r->first = first; r->first < r->end && !status; r->first += r->rows) {
        status = base_cancelled(w);
        if (!status)
            status = run_round(pass, w);
        if (!status && pass->poll)
            status = pass->poll(r->first + r->rows, pass->user);
    }
    for (size_t s = 0; s < pass->n_lanes; s++)
        pass->lanes[s].log_likelihood += pass->lanes[s].correction;
    return status;
}
