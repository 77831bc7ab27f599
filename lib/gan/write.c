/* A table's rows as the caller's: each cell of its column's kind, within the
 * range of the training rows, whatever numbers there are to make it of. */
#include <float.h>
#include <math.h>

#include "gan/internal.h"

static double held(double v, double least, double most)
{
    v = v <= most ? v : most; /* NaN, too */
    return v >= least ? v : least;
}

static double exponential(double v)
{
    kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64)->exp(1, &v, &v);
    return v;
}

static double logarithm(double v)
{
    kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64)->log(1, &v, &v);
    return v;
}

/* The quantile of a deviate: as far in its segment as it is. Cells that are
 * equal come back as they were. */
static double quantile(const double *cells, double reach, int32_t kind,
                       double y)
{
    const double at = held((y / reach + 1) * GAN_SEGMENTS / 2, 0, GAN_SEGMENTS);
    const size_t i = at < GAN_SEGMENTS ? (size_t)at : GAN_SEGMENTS - 1;
    const double a = cells[i], b = cells[i + 1], t = at - (double)i;

    if (a == b)
        return a;
    if (kind != GENMOD_POSITIVE)
        return (1 - t) * a + t * b;
    return exponential((1 - t) * logarithm(a) + t * logarithm(b));
}

static double reach_of(const gan_body *b)
{
    const float *const v =
        ad_store_value(b->base.store, (size_t)b->table.reach);

    return (double)v[0];
}

/* A number in units of the column as the cell. */
static double unscaled(const nn_columns *c, size_t j, int32_t kind, double y)
{
    const double v = y * c->scale[j] + c->center[j];

    return kind == GENMOD_REAL ? v : exponential(v) - (kind == GENMOD_COUNT);
}

/* cells: of the column's quantiles; NULL: y is in units of the column. */
static double cell_of(const gan_body *b, size_t j, const double *cells,
                      double y)
{
    const nn_columns *const c = &b->base.columns;
    const int32_t kind = b->table.kind[j];

    if (kind > GENMOD_COUNT)
        return y;
    if (cells)
        y = quantile(cells, reach_of(b), kind, y);
    if (!cells || kind == GENMOD_COUNT)
        y = unscaled(c, j, kind, y);
    return kind == GENMOD_COUNT ? floor(y) : y;
}

/* What a kind can be, whatever the range says. */
static double valid(int32_t kind, double v)
{
    if (kind == GENMOD_COUNT)
        return floor(held(v, 0, GAN_COUNT_MOST));
    return held(v, kind == GENMOD_POSITIVE ? DBL_MIN : -DBL_MAX, DBL_MAX);
}

/* A float of the same kind. */
static float narrow(int32_t kind, double v)
{
    return (float)held(v, kind == GENMOD_POSITIVE ? FLT_MIN : -FLT_MAX,
                       FLT_MAX);
}

/* One column of m rows. */
static void write_column(const gan_body *b, size_t j, const double *cells,
                         size_t m, const float *in, int32_t type, void *out)
{
    const double *const least = model_body_find(&b->base, GAN_LEAST);
    const double *const most = model_body_find(&b->base, GAN_MOST);
    const int32_t kind = b->table.kind[j];

    for (size_t i = j; i < m * b->base.d; i += b->base.d) {
        double v = cell_of(b, j, cells, (double)in[i]);

        if (kind <= GENMOD_COUNT)
            v = valid(kind, held(v, least[j], most[j]));
        if (type == GENMOD_F32)
            ((float *)out)[i] = narrow(kind > GENMOD_COUNT ? 0 : kind, v);
        else
            ((double *)out)[i] = v;
    }
}

void gan_table_write(const gan_body *b, size_t m, const float *in, int32_t type,
                     void *out)
{
    const double *cells = model_body_find(&b->base, GAN_CELLS);

    for (size_t j = 0; j < b->base.d; j++) {
        const int numeric = b->table.kind[j] <= GENMOD_COUNT;

        write_column(b, j, cells, m, in, type, out);
        if (cells && numeric)
            cells += GAN_SEGMENTS + 1;
    }
}

/* ---- the same for graphs of others --------------------------------------- */

static int32_t make_room(const gan_body *b, model_cells *o, genmod_workspace *w)
{
    const size_t d = b->base.d, knots = o->curves * (GAN_SEGMENTS + 1);
    double *const v = base_scratch(w, 6 * d + knots, sizeof *v);

    o->curve = base_scratch(w, d, sizeof *o->curve);
    if (!v || !o->curve)
        return base_status(w);
    o->scale = v;
    o->center = v + d;
    o->power = v + 2 * d;
    o->whole = v + 3 * d;
    o->least = v + 4 * d;
    o->most = v + 5 * d;
    o->knots = v + 6 * d;
    return GENMOD_OK;
}

/* curve: of a numeric column; -1: it has none. */
static void describe(const gan_body *b, size_t j, int64_t curve, model_cells *o)
{
    const nn_columns *const c = &b->base.columns;
    const double *const least = model_body_find(&b->base, GAN_LEAST);
    const double *const most = model_body_find(&b->base, GAN_MOST);
    const int32_t kind = b->table.kind[j];
    const int numeric = kind <= GENMOD_COUNT;
    const int scaled = numeric && (curve < 0 || kind == GENMOD_COUNT);

    o->curve[j] = curve;
    o->scale[j] = scaled ? c->scale[j] : 1;
    o->center[j] = scaled ? c->center[j] : 0;
    o->power[j] = numeric && kind != GENMOD_REAL;
    o->whole[j] = kind == GENMOD_COUNT;
    o->least[j] = numeric ? narrow(kind, valid(kind, least[j])) : -FLT_MAX;
    o->most[j] = numeric ? narrow(kind, valid(kind, most[j])) : FLT_MAX;
}

/* The logarithms of positive cells lie on lines. */
static void copy_knots(int32_t kind, const double *cells, double *to)
{
    for (size_t i = 0; i <= GAN_SEGMENTS; i++)
        to[i] = kind == GENMOD_POSITIVE ? logarithm(cells[i]) : cells[i];
}

int32_t gan_table_cells(const gan_body *b, model_cells *o, genmod_workspace *w)
{
    const double *const cells = model_body_find(&b->base, GAN_CELLS);
    int64_t curve = 0;
    int32_t status;

    *o = (model_cells){.segments = GAN_SEGMENTS,
                       .curves = cells ? (size_t)b->table.numeric : 0,
                       .reach = cells ? reach_of(b) : 1};
    status = make_room(b, o, w);
    for (size_t j = 0; j < b->base.d && !status; j++) {
        const int32_t kind = b->table.kind[j];
        const size_t at = (size_t)curve * (GAN_SEGMENTS + 1);

        if (cells && kind <= GENMOD_COUNT) {
            copy_knots(kind, cells + at, o->knots + at);
            describe(b, j, curve++, o);
        } else {
            describe(b, j, -1, o);
        }
    }
    return status;
}
