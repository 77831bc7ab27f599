/* Reductions of one axis. Included by set.c alone.
 *
 * Where the axis lies in one piece, a row is reduced at a time, lanes at the
 * end. Where it does not, a strip of columns is, and lanes never meet. Sums are
 * taken over runs in REAL, and runs are added as doubles.
 */
#ifndef KERN_REDUCE_KERNEL_H
#define KERN_REDUCE_KERNEL_H

#include <string.h>

#define STRIP_VECTORS 4 /* of a strip of columns */
#define STRIP (STRIP_VECTORS * LANES)

/* NaN wins; greatest must be it from its first NaN on. */
INLINE vec keep_greatest(vec greatest, vec x)
{
    return v_blend(v_nan(x), x, v_max(x, greatest));
}

/* ---- strips -------------------------------------------------------------- */

/* Some columns, at most STRIP, of rows `ld` apart. */
typedef struct stripe {
    size_t rows, columns, ld;
    const REAL *x;
} stripe;

/* Vector number k of row r; zeros past the last column. whole: of a strip that
 * has all its columns. */
INLINE vec strip_load(int whole, const stripe *s, size_t r, size_t k)
{
    const REAL *const p = s->x + r * s->ld + k * LANES;

    return whole || (k + 1) * LANES <= s->columns
               ? v_loadu(p)
               : v_load_some(p, s->columns - k * LANES, v_zero());
}

/* What is summed of an element x with a number c of its column. */
INLINE vec itself(vec x, vec c)
{
    (void)c;
    return x;
}

INLINE vec apart(vec x, vec c)
{
    return v_sub(x, c);
}

INLINE vec exp_apart(vec x, vec c)
{
    return v_exp_below(v_sub(x, c));
}

typedef double dvec
    __attribute__((vector_size(VECTOR_BYTES), may_alias, aligned(8)));
#define DOUBLES (VECTOR_BYTES / 8)

/* The elements that make a dvec. */
typedef REAL part_vec __attribute__((vector_size(DOUBLES * sizeof(REAL))));

/* acc[l] += lane l of run */
INLINE void add_lanes(double *acc, vec run)
{
    part_vec part[LANES / DOUBLES];

    memcpy(part, &run, sizeof run);
    UNROLL
    for (int i = 0; i < LANES / DOUBLES; i++)
        *(dvec *)(acc + i * DOUBLES) += __builtin_convertvector(part[i], dvec);
}

/* acc[j] += sum_r f(x[r, j], c[j]) of vectors k … k + count - 1 of the strip,
 * and squares[j] += the sum of their squares unless NULL. */
INLINE void strip_runs(vec (*f)(vec, vec), const stripe *s, size_t k, int count,
                       const REAL *c, double *acc, double *squares)
{
    const int whole = count == STRIP_VECTORS;
    vec of[STRIP_VECTORS];

    UNROLL
    for (int v = 0; v < count; v++)
        of[v] = v_loadu(c + (k + v) * LANES);
    for (size_t r = 0; r < s->rows; r += KERN_RUN) {
        const size_t end = s->rows - r < KERN_RUN ? s->rows : r + KERN_RUN;
        vec run[STRIP_VECTORS] = {{0}}, square[STRIP_VECTORS] = {{0}};

        for (size_t q = r; q < end; q++) {
            UNROLL
            for (int v = 0; v < count; v++) {
                const vec e = f(strip_load(whole, s, q, k + v), of[v]);

                run[v] = v_add(run[v], e);
                if (squares)
                    square[v] = v_add(square[v], v_mul(e, e));
            }
        }
        UNROLL
        for (int v = 0; v < count; v++) {
            add_lanes(acc + (k + v) * LANES, run[v]);
            if (squares)
                add_lanes(squares + (k + v) * LANES, square[v]);
        }
    }
}

/* acc [STRIP] += …, squares [STRIP] += … or NULL; c [STRIP] */
INLINE void strip_sum(vec (*f)(vec, vec), const stripe *s, const REAL *c,
                      double *acc, double *squares)
{
    if (s->columns == STRIP)
        strip_runs(f, s, 0, STRIP_VECTORS, c, acc, squares);
    else
        for (size_t k = 0; k * LANES < s->columns; k++)
            strip_runs(f, s, k, 1, c, acc, squares);
}

INLINE void strip_extreme(int flip, const stripe *s, size_t k, int count,
                          REAL *y)
{
    const int whole = count == STRIP_VECTORS;
    vec most[STRIP_VECTORS];

    for (int v = 0; v < count; v++) {
        const vec x = strip_load(whole, s, 0, k + v);

        most[v] = flip ? -x : x;
    }
    for (size_t r = 1; r < s->rows; r++) {
        for (int v = 0; v < count; v++) {
            const vec x = strip_load(whole, s, r, k + v);

            most[v] = keep_greatest(most[v], flip ? -x : x);
        }
    }
    for (int v = 0; v < count; v++)
        v_storeu(y + (k + v) * LANES, flip ? -most[v] : most[v]);
}

static void strip_greatest(int flip, const stripe *s, REAL *y)
{
    if (s->columns == STRIP)
        strip_extreme(flip, s, 0, STRIP_VECTORS, y);
    else
        for (size_t k = 0; k * LANES < s->columns; k++)
            strip_extreme(flip, s, k, 1, y);
}

static void strip_where(int flip, const stripe *s, REAL *y)
{
    for (size_t k = 0; k * LANES < s->columns; k++) {
        vec most = strip_load(0, s, 0, k), at = v_zero();

        most = flip ? -most : most;
        for (size_t r = 1; r < s->rows; r++) {
            const vec x = strip_load(0, s, r, k), in = flip ? -x : x;
            const vec next = keep_greatest(most, in);
            /* A number that is greater, or the first NaN. */
            const vec new = v_blend(v_nan(most), at, v_set1((REAL)r));

            at = v_blend(v_le(in, most), at, new);
            most = next;
        }
        v_storeu(y + k * LANES, at);
    }
}

static void strip_logsumexp(const stripe *s, REAL *y)
{
    REAL most[STRIP];
    double acc[STRIP] = {0};

    strip_greatest(0, s, most);
    strip_sum(exp_apart, s, most, acc, NULL);
    for (size_t k = 0; k * LANES < s->columns; k++) {
        const vec top = v_loadu(most + k * LANES);
        REAL total[LANES];
        vec l;

        for (int j = 0; j < LANES; j++)
            total[j] = (REAL)acc[k * LANES + j];
        l = v_add(top, v_log(v_loadu(total)));
        /* An infinity stands for itself. */
        l = v_blend(v_eq(v_abs(top), v_set1((REAL)INFINITY)), top, l);
        v_storeu(y + k * LANES, l);
    }
}

/* Means, and sums of squared distances from them, of a strip: first the sum
 * about the first row, then squares about the rounded mean, corrected for the
 * rounding. Neither pass can cancel. */
static void strip_moments(const stripe *s, double *mean, double *square)
{
    REAL about[STRIP];
    double rest[STRIP] = {0};

    for (size_t k = 0; k * LANES < s->columns; k++)
        v_storeu(about + k * LANES, strip_load(0, s, 0, k));
    memset(mean, 0, STRIP * sizeof *mean);
    memset(square, 0, STRIP * sizeof *square);
    strip_sum(apart, s, about, mean, NULL);
    for (size_t j = 0; j < s->columns; j++) {
        mean[j] = (double)about[j] + mean[j] / (double)s->rows;
        about[j] = (REAL)mean[j];
    }
    strip_sum(apart, s, about, rest, square);
    for (size_t j = 0; j < s->columns; j++) {
        mean[j] = (double)about[j] + rest[j] / (double)s->rows;
        square[j] -= rest[j] * rest[j] / (double)s->rows;
        square[j] = square[j] < 0 ? 0 : square[j];
    }
}

static void reduce_strip(int kind, const stripe *s, REAL *y)
{
    REAL out[2 * STRIP] = {0};
    double acc[STRIP] = {0}, square[STRIP];
    const size_t width = kind == KERN_REDUCE_MOMENTS ? 2 : 1;

    if (kind == KERN_REDUCE_MAX || kind == KERN_REDUCE_MIN) {
        strip_greatest(kind == KERN_REDUCE_MIN, s, out);
    } else if (kind == KERN_REDUCE_ARGMAX || kind == KERN_REDUCE_ARGMIN) {
        strip_where(kind == KERN_REDUCE_ARGMIN, s, out);
    } else if (kind == KERN_REDUCE_LOGSUMEXP) {
        strip_logsumexp(s, out);
    } else if (kind == KERN_REDUCE_SUM) {
        strip_sum(itself, s, out, acc, NULL);
        for (size_t j = 0; j < s->columns; j++)
            out[j] = (REAL)acc[j];
    } else {
        strip_moments(s, acc, square);
        for (size_t j = 0; j < s->columns; j++) {
            out[2 * j] = (REAL)acc[j];
            out[2 * j + 1] = (REAL)(square[j] / (double)s->rows);
        }
    }
    memcpy(y, out, width * s->columns * sizeof *y);
}

/* ---- rows ---------------------------------------------------------------- */

/* The greatest lane, or NaN. */
INLINE REAL greatest_lane(vec a)
{
#if LANES >= 16
    a = keep_greatest(a, ODD_8(a, a));
#endif
#if LANES >= 8
    a = keep_greatest(a, ODD_4(a, a));
#endif
#if LANES >= 4
    a = keep_greatest(a, ODD_2(a, a));
#endif
    return keep_greatest(a, ODD_1(a, a))[0];
}

static REAL row_greatest(int flip, size_t n, const REAL *x)
{
    const REAL none = flip ? (REAL)INFINITY : (REAL)-INFINITY;
    vec most = v_set1((REAL)-INFINITY);
    REAL y;

    for (size_t i = 0; i < n; i += LANES) {
        const vec in = part_of(x, n, i, none);

        most = keep_greatest(most, flip ? -in : in);
    }
    y = greatest_lane(most);
    return flip ? -y : y;
}

/* The first place of the greatest, which is known: NaN for NaN. */
static size_t row_where(int flip, size_t n, const REAL *x)
{
    const REAL most = row_greatest(flip, n, x);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        const vec in = v_loadu(x + i);

        if (v_any(most == most ? v_eq(in, v_set1(most)) : v_nan(in)))
            break;
    }
    while (i + 1 < n && !(x[i] == most || (most != most && x[i] != x[i])))
        i++;
    return i;
}

static double row_logsumexp(size_t n, const REAL *x)
{
    const REAL most = row_greatest(0, n, x);

    return fabs((double)most) < INFINITY ? logsumexp_about(n, x, most)
                                         : (double)most;
}

/* sum_i x_i - c, in the tree of sum(), and *squares, unless NULL, the sum of
 * the squares. */
INLINE double row_apart(size_t n, const REAL *x, REAL c, double *squares)
{
    const vec of = v_set1(c);
    double total = 0, square = 0;

    for (size_t i = 0; i < n; i += SUM_RUN) {
        vec run = v_zero(), square_run = v_zero();

        for (size_t j = i; j < n && j < i + SUM_RUN; j += LANES) {
            const vec e = v_sub(part_of(x, n, j, c), of);

            run = v_add(run, e);
            square_run = v_add(square_run, v_mul(e, e));
        }
        total += (double)v_sum(run);
        square += squares ? (double)v_sum(square_run) : 0;
    }
    if (squares)
        *squares = square;
    return total;
}

/* As strip_moments(). */
static void row_moments(size_t n, const REAL *x, REAL *y)
{
    const double count = (double)n;
    const double mean = (double)x[0] + row_apart(n, x, x[0], NULL) / count;
    const REAL about = (REAL)mean;
    double square;
    const double rest = row_apart(n, x, about, &square);

    square -= rest * rest / count;
    y[0] = (REAL)((double)about + rest / count);
    y[1] = (REAL)(square < 0 ? 0 : square / count);
}

static void reduce_row(int kind, size_t n, const REAL *x, REAL *y)
{
    switch (kind) {
    case KERN_REDUCE_MAX:
    case KERN_REDUCE_MIN:
        *y = row_greatest(kind == KERN_REDUCE_MIN, n, x);
        break;
    case KERN_REDUCE_ARGMAX:
    case KERN_REDUCE_ARGMIN:
        *y = (REAL)row_where(kind == KERN_REDUCE_ARGMIN, n, x);
        break;
    case KERN_REDUCE_LOGSUMEXP:
        *y = (REAL)row_logsumexp(n, x);
        break;
    case KERN_REDUCE_SUM:
        *y = (REAL)sum(n, x);
        break;
    default:
        row_moments(n, x, y);
        break;
    }
}

/* ---- doors --------------------------------------------------------------- */

static void reduce(int kind, size_t a, size_t r, size_t i, const void *in,
                   void *out)
{
    const size_t width = kind == KERN_REDUCE_MOMENTS ? 2 : 1;
    const REAL *x = in;
    REAL *y = out;

    for (size_t outer = 0; outer < a; outer++) {
        if (i == 1)
            reduce_row(kind, r, x, y);
        for (size_t j = 0; i > 1 && j < i; j += STRIP) {
            const stripe s = {r, i - j < STRIP ? i - j : STRIP, i, x + j};

            reduce_strip(kind, &s, y + width * j);
        }
        x += r * i;
        y += width * i;
    }
}

static void sum_columns(size_t rows, size_t n, const void *x, size_t ld,
                        double *acc)
{
    const REAL none[STRIP] = {0};

    for (size_t j = 0; j < n; j += STRIP) {
        const stripe s = {rows, n - j < STRIP ? n - j : STRIP, ld,
                          (const REAL *)x + j};
        double part[STRIP] = {0};

        memcpy(part, acc + j, s.columns * sizeof *part);
        strip_sum(itself, &s, none, part, NULL);
        memcpy(acc + j, part, s.columns * sizeof *part);
    }
}

static void moments_part(size_t rows, size_t n, const void *x, size_t ld,
                         double *part)
{
    for (size_t j = 0; j < n; j += STRIP) {
        const stripe s = {rows, n - j < STRIP ? n - j : STRIP, ld,
                          (const REAL *)x + j};
        double mean[STRIP], square[STRIP];

        strip_moments(&s, mean, square);
        memcpy(part + j, mean, s.columns * sizeof *mean);
        memcpy(part + n + j, square, s.columns * sizeof *square);
    }
}

#endif
