#include "kern/move.h"

#include <assert.h>
#include <string.h>

#define SHORT 8 /* runs below this go column by column */

/* With `bytes` a constant every copy below is one move of a register. */
#define INLINE static inline __attribute__((always_inline))

void kern_strides_join(kern_strides *v)
{
    int32_t rank = 0;

    assert(v->rank >= 1 && v->rank <= KERN_RANK);
    for (int32_t a = 0; a < v->rank; a++) {
        const int64_t dim = v->dim[a], stride = v->stride[a];

        if (dim == 1)
            continue;
        if (rank > 0 && v->stride[rank - 1] == stride * dim) {
            v->dim[rank - 1] *= dim;
            v->stride[rank - 1] = stride;
        } else {
            v->dim[rank] = dim;
            v->stride[rank++] = stride;
        }
    }
    if (rank == 0) {
        v->dim[0] = 1;
        v->stride[rank++] = 1;
    }
    v->rank = rank;
}

/* rows runs of n elements on both sides: where they lie, and how far apart, in
 * bytes. */
typedef struct block {
    size_t rows, n;
    char *to;
    const char *from;
    ptrdiff_t to_row, to_step, from_row, from_step;
} block;

/* n elements, one after another on either side. */
INLINE void copy_run(size_t bytes, size_t n, char *to, ptrdiff_t to_step,
                     const char *from, ptrdiff_t from_step)
{
    for (size_t i = 0; i < n; i++)
        memcpy(to + (ptrdiff_t)i * to_step, from + (ptrdiff_t)i * from_step,
               bytes);
}

/* One element n times, held apart: for all that the compiler knows, `to` might
 * overlap it. */
INLINE void fill_run(size_t bytes, size_t n, char *to, const char *from)
{
    char held[8];

    memcpy(held, from, bytes);
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * bytes, held, bytes);
}

/* The same with the steps that are common as constants. */
INLINE void copy_row(size_t bytes, size_t n, char *to, ptrdiff_t to_step,
                     const char *from, ptrdiff_t from_step)
{
    const ptrdiff_t one = (ptrdiff_t)bytes;

    if (to_step == one && from_step == one)
        memcpy(to, from, n * bytes);
    else if (to_step == one && from_step == 0)
        fill_run(bytes, n, to, from);
    else if (to_step == one && from_step == 2 * one)
        copy_run(bytes, n, to, one, from, 2 * one);
    else if (to_step == one)
        copy_run(bytes, n, to, one, from, from_step);
    else if (to_step == 2 * one && from_step == one)
        copy_run(bytes, n, to, 2 * one, from, one);
    else
        copy_run(bytes, n, to, to_step, from, one);
}

/* What is already at `to` (`have` bytes), again and again up to `all` bytes. */
static void repeat(char *to, size_t have, size_t all)
{
    while (have < all) {
        const size_t some = have < all - have ? have : all - have;

        memcpy(to + have, to, some);
        have += some;
    }
}

INLINE void copy_block(size_t bytes, const block *b)
{
    if (b->rows > 1 && b->from_row == 0) {
        copy_row(bytes, b->n, b->to, b->to_step, b->from, b->from_step);
        repeat(b->to, b->n * bytes, b->rows * b->n * bytes);
    } else if (b->n < SHORT && b->rows > b->n) {
        for (size_t i = 0; i < b->n; i++)
            copy_run(bytes, b->rows, b->to + (ptrdiff_t)i * b->to_step,
                     b->to_row, b->from + (ptrdiff_t)i * b->from_step,
                     b->from_row);
    } else {
        for (size_t r = 0; r < b->rows; r++)
            copy_row(bytes, b->n, b->to + (ptrdiff_t)r * b->to_row, b->to_step,
                     b->from + (ptrdiff_t)r * b->from_row, b->from_step);
    }
}

/* A place in a view, and its distance from the view's first element. */
typedef struct place {
    int64_t index[KERN_RANK];
    int64_t offset;
} place;

static void place_at(const kern_strides *v, size_t first, place *p)
{
    int64_t left = (int64_t)first;

    p->offset = 0;
    for (int32_t a = v->rank - 1; a > 0; a--) {
        const int64_t above = left / v->dim[a];

        p->index[a] = left - above * v->dim[a];
        p->offset += p->index[a] * v->stride[a];
        left = above;
    }
    p->index[0] = left;
    p->offset += left * v->stride[0];
}

/* `count` on along an axis, not beyond its end; there, the axes above move. */
static void advance(const kern_strides *v, int32_t axis, int64_t count,
                    place *p)
{
    p->index[axis] += count;
    p->offset += count * v->stride[axis];
    for (; axis > 0 && p->index[axis] == v->dim[axis]; axis--) {
        p->offset += v->stride[axis - 1] - v->dim[axis] * v->stride[axis];
        p->index[axis] = 0;
        p->index[axis - 1]++;
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The longest block from p on: part of a run, or whole runs of the last axis
 * as far as the axis above goes; then p moves behind it. */
static void next_block(const kern_strides *v, int64_t left, place *p, block *b)
{
    const int32_t last = v->rank - 1;
    const int64_t run = least(v->dim[last] - p->index[last], left);
    int64_t rows = 1;

    if (last > 0 && run == v->dim[last] && left >= 2 * run)
        rows = least(v->dim[last - 1] - p->index[last - 1], left / run);
    b->n = (size_t)run;
    b->rows = (size_t)rows;
    if (rows > 1)
        advance(v, last - 1, rows, p);
    else
        advance(v, last, run, p);
}

/* store: from dense elements to the view; else the reverse. */
INLINE void move(size_t bytes, int store, const kern_strides *v, char *to,
                 const char *from, size_t first, size_t n)
{
    const int32_t last = v->rank - 1;
    const ptrdiff_t one = (ptrdiff_t)bytes;
    const ptrdiff_t step = v->stride[last] * one;
    const ptrdiff_t row = last > 0 ? v->stride[last - 1] * one : 0;
    size_t done = 0;
    place p;

    if (n == 0)
        return;
    place_at(v, first, &p);
    while (done < n) {
        const ptrdiff_t far = p.offset * one, near = (ptrdiff_t)done * one;
        block b;

        next_block(v, (int64_t)(n - done), &p, &b);
        b.to = to + (store ? far : near);
        b.from = from + (store ? near : far);
        b.to_step = store ? step : one;
        b.from_step = store ? one : step;
        b.to_row = store ? row : (ptrdiff_t)b.n * one;
        b.from_row = store ? (ptrdiff_t)b.n * one : row;
        copy_block(bytes, &b);
        done += b.rows * b.n;
    }
}

void kern_load(const kern_strides *v, size_t bytes, const void *x, size_t first,
               size_t n, void *out)
{
    assert(bytes == 4 || bytes == 8);
    if (bytes == 4)
        move(4, 0, v, out, x, first, n);
    else
        move(8, 0, v, out, x, first, n);
}

void kern_store(const kern_strides *v, size_t bytes, void *x, size_t first,
                size_t n, const void *in)
{
    assert(bytes == 4 || bytes == 8);
    if (bytes == 4)
        move(4, 1, v, x, in, first, n);
    else
        move(8, 1, v, x, in, first, n);
}
