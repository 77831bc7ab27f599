/* What a table's rows tell before training: ranges, the shares of categories,
 * quantiles and modes of numeric columns. */
#include <float.h>
#include <math.h>

#include "gan/internal.h"

#define ROWS 16384 /* that quantiles and modes are of, at most */
#define SITE_KEEP UINT32_C(0x67616e03)
#define SITE_WITHIN UINT32_C(0x67616e04)

struct gan_learning {
    uint64_t rows; /* so far */
    size_t room;   /* for rows: all, or ROWS of them */
    double *count; /* [numbers], of categories */
    double *kept;  /* [numeric, room]: cells of some rows */
    double *spare; /* [room] */
};

void gan_learning_free(gan_learning *l)
{
    if (!l)
        return;
    base_free(l->count);
    base_free(l->kept);
    base_free(l->spare);
    base_free(l);
}

static int32_t make(gan_body *b, size_t rows, genmod_workspace *w)
{
    gan_table *const t = &b->table;
    gan_learning *const l = base_alloc_zero(w, 1, sizeof *l);

    t->learning = l;
    if (!l)
        return base_status(w);
    l->room = rows < ROWS ? rows : ROWS;
    l->count = base_alloc_zero(w, (size_t)t->numbers, sizeof *l->count);
    l->kept = base_alloc(w, (size_t)t->numeric * l->room, sizeof *l->kept);
    l->spare = base_alloc(w, l->room, sizeof *l->spare);
    return l->count && l->kept && l->spare ? GENMOD_OK : base_status(w);
}

/* ---- rows ---------------------------------------------------------------- */

/* In (0, 1), of a row and a column. */
static double uniform(uint64_t row, size_t j, uint32_t site)
{
    uint32_t r[4];

    base_random(0, row, site, (uint32_t)j, r);
    return (r[0] + 0.5) * 0x1p-32;
}

/* ln(1 + x + u) of a count, in units of the column. */
static double count_of(const nn_columns *c, size_t j, uint64_t row, double x)
{
    double v = x + uniform(row, j, SITE_WITHIN);

    kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64)->log1p(1, &v, &v);
    return (v - c->center[j]) / c->scale[j];
}

/* Where a row is kept: the first ROWS are, each further one in the place of
 * another, so that all are as likely to be there (Vitter 1985, algorithm R).
 * ROWS: nowhere. */
static size_t place_of(uint64_t row)
{
    double at;

    if (row < ROWS)
        return (size_t)row;
    at = floor(uniform(row, 0, SITE_KEEP) * ((double)row + 1));
    return at < ROWS ? (size_t)at : ROWS;
}

static void note_range(const gan_body *b, size_t j, uint64_t row, double v)
{
    double *const least = model_body_find(&b->base, GAN_LEAST);
    double *const most = model_body_find(&b->base, GAN_MOST);

    least[j] = row == 0 || v < least[j] ? v : least[j];
    most[j] = row == 0 || v > most[j] ? v : most[j];
}

/* x: the row's cells. */
static void add_row(const gan_body *b, const double *x, uint64_t row)
{
    const gan_table *const t = &b->table;
    gan_learning *const l = t->learning;
    const size_t place = place_of(row);

    for (size_t i = 0; i < t->blocks; i++) {
        const gan_block *const k = &t->block[i];

        for (int64_t c = 0; c < k->size; c++) {
            const size_t j = (size_t)(k->first + c);

            note_range(b, j, row, x[j]);
            if (!gan_is_numeric(k))
                l->count[k->at + c * k->levels + (int64_t)x[j]] += 1;
            else if (place < l->room)
                l->kept[(size_t)(k->place + c) * l->room + place] =
                    k->kind == GENMOD_COUNT
                        ? count_of(&b->base.columns, j, row, x[j])
                        : x[j];
        }
    }
}

/* Cells of a survey's rows, in scratch. */
static int32_t gather(const gan_body *b, const model_rows *r, double **out,
                      genmod_workspace *w)
{
    int64_t *const rows = base_scratch(w, r->n, sizeof *rows);
    double *const weight = base_scratch(w, r->n, sizeof *weight);

    *out = base_scratch(w, r->n, b->base.d * sizeof **out);
    if (!rows || !weight || !*out)
        return base_status(w);
    for (size_t i = 0; i < r->n; i++)
        rows[i] = (int64_t)model_row_number(r, i);
    return base_data_gather(r->from, r->n, rows, *out, weight, NULL, w);
}

int32_t gan_learn_rows(gan_body *b, const model_rows *r, genmod_workspace *w)
{
    const base_mark mark = base_scratch_mark(w);
    double *cells;
    int32_t status =
        b->table.learning ? GENMOD_OK : make(b, base_data_rows(r->from), w);

    if (!status)
        status = gather(b, r, &cells, w);
    for (size_t i = 0; i < r->n && !status; i++)
        add_row(b, cells + i * b->base.d, b->table.learning->rows++);
    base_scratch_release(w, mark);
    return status;
}

/* ---- first values -------------------------------------------------------- */

static float *values(const gan_body *b, int32_t variable)
{
    return ad_store_value(b->base.store, (size_t)variable);
}

static double plain_ln(double v)
{
    kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64)->log(1, &v, &v);
    return v;
}

/* Of counts alone: other columns have units that floats need not hold. */
static void set_counts(const gan_body *b)
{
    const nn_columns *const c = &b->base.columns;

    for (size_t j = 0; j < b->base.d; j++) {
        const int counts = b->table.kind[j] == GENMOD_COUNT;

        values(b, b->table.shift)[j] = counts ? (float)-c->center[j] : 0;
        values(b, b->table.factor)[j] = counts ? (float)(1 / c->scale[j]) : 1;
    }
}

/* ln of the shares: the generator begins with them. */
static void set_shares(const gan_body *b)
{
    const gan_table *const t = &b->table;
    const double rows = (double)t->learning->rows;

    for (size_t i = 0; i < t->blocks; i++) {
        const gan_block *const k = &t->block[i];

        for (int64_t at = k->at; at < k->at + k->numbers; at++) {
            const double n = t->learning->count[at];

            if (!gan_is_numeric(k))
                values(b, t->offset)[at] =
                    (float)(n > 0 ? plain_ln(n / rows) : GAN_NEVER);
        }
    }
}

/* P(Z <= z) */
static double below(double z)
{
    return 1 -
           measure_normal_tail(kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64), z);
}

/* A cell as reading has it. */
static float read_as(const nn_columns *c, size_t j, double v)
{
    const int32_t kind = c->kind[j];

    if (kind == GENMOD_COUNT)
        return (float)v;
    return (
        float)(((kind == GENMOD_POSITIVE ? plain_ln(v) : v) - c->center[j]) *
               (1 / c->scale[j]));
}

/* The deviate that half a row of n is above. */
static double reach_of(size_t n)
{
    double low = 1, high = 8;

    for (int i = 0; i < 50; i++) {
        const double z = (low + high) / 2;

        if ((1 - below(z)) * (double)n > 0.5)
            low = z;
        else
            high = z;
    }
    return low;
}

/* Knots are where a normal has as many of n rows below deviates of equal steps,
 * row i being i + 1/2 of them. */
static void set_cells(size_t n, const double *sorted, double reach,
                      double *cells)
{
    for (size_t i = 0; i <= GAN_SEGMENTS; i++) {
        const double z = reach * (2.0 * (double)i / GAN_SEGMENTS - 1);
        const double at = below(z) * (double)n - 0.5;
        const double place = at < 0                 ? 0
                             : at < (double)(n - 1) ? at
                                                    : (double)(n - 1);
        const size_t low = (size_t)place, high = low + (low + 1 < n);
        const double share = place - (double)low;

        cells[i] = sorted[low] == sorted[high]
                       ? sorted[low]
                       : (1 - share) * sorted[low] + share * sorted[high];
    }
}

/* The ends are those of the whole column. */
static void set_knots(const gan_body *b, const gan_block *k, int64_t column,
                      size_t n, const double *sorted)
{
    const size_t at = (size_t)(k->place + column) * (GAN_SEGMENTS + 1);
    const size_t j = (size_t)(k->first + column);
    const int counts = k->kind == GENMOD_COUNT;
    double *const cells = (double *)model_body_find(&b->base, GAN_CELLS) + at;
    const double *const least = model_body_find(&b->base, GAN_LEAST);
    const double *const most = model_body_find(&b->base, GAN_MOST);

    set_cells(n, sorted, reach_of(n), cells);
    cells[0] = counts ? sorted[0] : least[j];
    cells[GAN_SEGMENTS] = counts ? sorted[n - 1] : most[j];
    values(b, b->table.reach)[0] = (float)reach_of(n);
    for (size_t i = 0; i <= GAN_SEGMENTS; i++)
        values(b, b->table.knots)[at + i] =
            read_as(&b->base.columns, j, cells[i]);
}

/* One mode alone, in which a cell's place is the cell. */
static size_t put_single(size_t modes, double *v)
{
    v[0] = 1;
    v[modes] = 0;
    v[2 * modes] = 0.5;
    return 1;
}

/* What has no mode is as the first, so that no cell is nearer to it. */
static int32_t set_modes(const gan_body *b, const gan_block *k, int64_t column,
                         size_t n, const double *sorted, genmod_workspace *w)
{
    const size_t modes = (size_t)k->levels;
    const size_t at = (size_t)(k->place + column) * modes;
    float *const share =
        values(b, b->table.offset) + k->at + column * (k->levels + 1) + 1;
    double *const v = base_scratch(w, 3 * modes, sizeof *v);
    size_t found = 0;
    const int32_t status = v ? model_modes(n, sorted, modes, v, v + modes,
                                           v + 2 * modes, &found, w)
                             : base_status(w);

    if (!status && b->table.encoding == GAN_BY_HEAPS &&
        !gan_is_separate(n, found, v, v + modes, v + 2 * modes))
        found = put_single(modes, v);
    for (size_t i = 0; i < modes && !status; i++) {
        const size_t as = i < found ? i : 0;

        share[i] = (float)(i < found ? plain_ln(v[i]) : GAN_NEVER);
        values(b, b->table.means)[at + i] = (float)v[modes + as];
        values(b, b->table.deviations)[at + i] = (float)v[2 * modes + as];
    }
    return status;
}

static int32_t set_column(const gan_body *b, const gan_block *k, int64_t column,
                          genmod_workspace *w)
{
    gan_learning *const l = b->table.learning;
    const size_t n = l->rows < l->room ? (size_t)l->rows : l->room;
    double *const x = l->kept + (size_t)(k->place + column) * l->room;

    measure_sort(n, x, l->spare);
    if (b->table.encoding == GAN_QUANTILE) {
        set_knots(b, k, column, n, x);
        return GENMOD_OK;
    }
    for (size_t i = 0; i < n; i++)
        x[i] = (double)read_as(&b->base.columns, (size_t)(k->first + column),
                               x[i]);
    return set_modes(b, k, column, n, x, w);
}

static int32_t set_all(const gan_body *b, genmod_workspace *w)
{
    const gan_table *const t = &b->table;
    int32_t status = GENMOD_OK;

    set_counts(b);
    set_shares(b);
    for (size_t i = 0; i < t->blocks; i++) {
        const gan_block *const k = &t->block[i];

        if (!gan_is_numeric(k) || t->encoding == GAN_STANDARD)
            continue;
        for (int64_t c = 0; c < k->size && !status; c++)
            status = set_column(b, k, c, w);
    }
    return status;
}

/* Real columns without other kinds beside them may leave the range of their
 * training cells, as in a game without a table. */
static void open_ranges(const gan_body *b)
{
    const gan_table *const t = &b->table;
    double *const least = model_body_find(&b->base, GAN_LEAST);
    double *const most = model_body_find(&b->base, GAN_MOST);

    if (t->encoding != GAN_BY_HEAPS || t->blocks > 1 ||
        t->block[0].kind != GENMOD_REAL)
        return;
    for (size_t j = 0; j < b->base.d; j++) {
        least[j] = -DBL_MAX;
        most[j] = DBL_MAX;
    }
}

int32_t gan_initialise(model_body *m, const genmod_config *c, uint64_t seed,
                       genmod_workspace *w)
{
    gan_body *const b = (gan_body *)m;
    int32_t status;

    (void)c;
    (void)seed;
    if (!b->table.blocks)
        return GENMOD_OK;
    status = set_all(b, w);
    open_ranges(b);
    gan_learning_free(b->table.learning);
    b->table.learning = NULL;
    return status;
}
