/* Operators that move elements or reduce axes. */
#include "support/test.h"

#include "ad/naive.h"

/* Where in the operand element `index` of y stands. */
static size_t source(const naive_term *t, const int64_t *index)
{
    const int32_t rank = t->r->shape.rank;
    int64_t from[AD_RANK];

    for (int i = 0; i < rank; i++) {
        if (t->r->op == AD_OP_PERMUTE)
            from[t->r->i[i]] = index[i];
        else if (t->r->op == AD_OP_BROADCAST)
            from[i] = t->in[0][i] == 1 ? 0 : index[i];
        else
            from[i] = t->r->i[i] + index[i] * t->r->i[AD_RANK + i];
    }
    return naive_ravel(rank, t->in[0], from);
}

static long double padded(const naive_term *t, const int64_t *index)
{
    int64_t from[AD_RANK];

    for (int i = 0; i < t->rank[0]; i++) {
        from[i] = index[i] - t->r->i[i];
        if (from[i] < 0 || from[i] >= t->in[0][i])
            return 0;
    }
    return t->x[0][naive_ravel(t->rank[0], t->in[0], from)];
}

static long double joined(const naive_term *t, int64_t *index)
{
    const int64_t axis = t->r->i[0], first = t->in[0][axis];

    if (index[axis] < first)
        return t->x[0][naive_ravel(t->rank[0], t->in[0], index)];
    index[axis] -= first;
    return t->x[1][naive_ravel(t->rank[1], t->in[1], index)];
}

static long double gathered(const naive_term *t, size_t k)
{
    const size_t d = (size_t)t->in[0][1];

    return t->x[0][(size_t)t->x[1][k / d] * d + k % d];
}

static void scatter(const naive_term *t)
{
    const size_t d = (size_t)t->dim[1];

    for (size_t k = 0; k < t->n; k++)
        t->y[k] = 0;
    for (size_t k = 0; k < t->size[0]; k++)
        t->y[(size_t)t->x[1][k / d] * d + k % d] += t->x[0][k];
}

static long double moved(const naive_term *t, size_t k)
{
    int64_t index[AD_RANK];

    naive_unravel(t->r->shape.rank, t->dim, k, index);
    switch (t->r->op) {
    case AD_OP_RESHAPE:
    case AD_OP_STOP:
    case AD_OP_ALL_SUM:
        return t->x[0][k];
    case AD_OP_PAD:
        return padded(t, index);
    case AD_OP_CONCAT:
        return joined(t, index);
    case AD_OP_GATHER:
        return gathered(t, k);
    default:
        return t->x[0][source(t, index)];
    }
}

int naive_moved(const naive_term *t)
{
    const int32_t op = t->r->op;

    if (op == AD_OP_SCATTER)
        return scatter(t), 1;
    if (ad_operators[op].class != AD_VIEW && op != AD_OP_PAD &&
        op != AD_OP_CONCAT && op != AD_OP_GATHER)
        return 0;
    for (size_t k = 0; k < t->n; k++)
        t->y[k] = moved(t, k);
    return 1;
}

/* reductions */

/* The element that operand's element k is reduced to, counted without the two
 * of moments. */
static size_t target(const naive_term *t, size_t k, int64_t *along)
{
    int64_t index[AD_RANK];

    *along = 0;
    naive_unravel(t->rank[0], t->in[0], k, index);
    for (int i = 0; i < t->rank[0]; i++)
        if (t->r->i[0] >> i & 1) {
            *along = *along * t->in[0][i] + index[i];
            index[i] = 0;
        }
    return naive_ravel(t->rank[0], t->dim, index);
}

/* Whether v takes the place of the extreme so far. */
static int beats(int32_t op, long double v, long double best)
{
    return op == AD_OP_LEAST || op == AD_OP_ARGMIN ? v < best : v > best;
}

/* The extremes, or where they are. */
static void extremes(const naive_term *t, int32_t op, long double *best)
{
    const int where = op == AD_OP_ARGMAX || op == AD_OP_ARGMIN;
    const size_t n = t->n;
    unsigned char *const seen = calloc(n, 1);
    int64_t along;

    assert_non_null(seen);
    for (size_t k = 0; k < t->size[0]; k++) {
        const size_t at = target(t, k, &along);
        if (seen[at] && !beats(op, t->x[0][k], best[at]))
            continue;
        seen[at] = 1;
        best[at] = t->x[0][k];
        if (where)
            t->y[at] = (long double)along;
    }
    free(seen);
}

static void positions(const naive_term *t)
{
    long double *const best = malloc(t->n * sizeof *best);

    assert_non_null(best);
    extremes(t, t->r->op, best);
    free(best);
}

static void logsumexp(const naive_term *t)
{
    long double *const sum = calloc(t->n, sizeof *sum);
    int64_t along;

    assert_non_null(sum);
    extremes(t, AD_OP_GREATEST, t->y);
    for (size_t k = 0; k < t->size[0]; k++) {
        const size_t at = target(t, k, &along);
        sum[at] += expl(t->x[0][k] - t->y[at]);
    }
    for (size_t k = 0; k < t->n; k++)
        t->y[k] += logl(sum[k]);
    free(sum);
}

static void sums(const naive_term *t)
{
    int64_t along;

    memset(t->y, 0, t->n * sizeof *t->y);
    for (size_t k = 0; k < t->size[0]; k++)
        t->y[target(t, k, &along)] += t->x[0][k];
}

static void moments(const naive_term *t)
{
    const long double share =
        1 / ((long double)t->size[0] / ((long double)t->n / 2));
    int64_t along;

    memset(t->y, 0, t->n * sizeof *t->y);
    for (size_t k = 0; k < t->size[0]; k++)
        t->y[2 * target(t, k, &along)] += t->x[0][k] * share;
    for (size_t k = 0; k < t->size[0]; k++) {
        const size_t at = 2 * target(t, k, &along);
        const long double e = t->x[0][k] - t->y[at];
        t->y[at + 1] += e * e * share;
    }
}

int naive_reduced(const naive_term *t)
{
    switch (t->r->op) {
    case AD_OP_SUM:
        return sums(t), 1;
    case AD_OP_GREATEST:
    case AD_OP_LEAST:
        return extremes(t, t->r->op, t->y), 1;
    case AD_OP_ARGMAX:
    case AD_OP_ARGMIN:
        return positions(t), 1;
    case AD_OP_LOGSUMEXP:
        return logsumexp(t), 1;
    case AD_OP_MOMENTS:
        return moments(t), 1;
    default:
        return 0;
    }
}
