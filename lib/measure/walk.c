/* All pairs of a query and a candidate, in tiles.
 *
 * Queries are taken in groups of panels, and each group meets the candidates in
 * rounds of panels; in a round, tasks over the group's tiles compute distances.
 * A query meets the candidates in their order, whatever the threads.
 *
 * Few columns are subtracted. Of many, distances come of products, which takes
 * half the time, of rows less a middle of the data; the few pairs that cancel
 * are then subtracted after all, so that rows near each other lose nothing,
 * however far from the origin they are. A pair's bits depend on its two rows
 * and the middle alone, in either order, and copies have a distance of 0.
 */
#include "measure/internal.h"

#define TILES (KERN_ROWS / MEASURE_TILE) /* of a panel */
#define MOST_GROUP 8
#define MOST_ROUND 16
#define ROUND_BYTES                                          \
    ((size_t)4 << 20) /* of the panels of a group or a round \
                       */

typedef struct walk {
    const measure_walk *plan;
    size_t d;
    double *panels;       /* [group, d * KERN_ROWS] while they are read */
    double *rows;         /* [group * KERN_ROWS, d] */
    double *round;        /* [round, d * KERN_ROWS] */
    double *l;            /* [width, MEASURE_TILE * KERN_ROWS] */
    double *ones, *zeros; /* [d] */
    int by_products;
    double *query_norm; /* [group * KERN_ROWS]: -|x|^2 / 2 */
    double *norm;       /* [round * KERN_ROWS]: the same of candidates */
    unsigned char *pack;
    size_t group_first, group_count, round_first, round_count;
} walk;

static size_t panels_of(size_t most, size_t d)
{
    const size_t fit = ROUND_BYTES / sizeof(double) / KERN_ROWS / d;

    return fit < 1 ? 1 : fit < most ? fit : most;
}

void measure_walk_plan(measure_walk *plan)
{
    if (!plan->group)
        plan->group = panels_of(MOST_GROUP, plan->queries->d);
    if (!plan->round)
        plan->round = panels_of(MOST_ROUND, plan->queries->d);
}

size_t measure_walk_items(const measure_walk *plan)
{
    return plan->group * TILES;
}

/* Tile `item` of the group; 0 rows where its panel is shorter. */
static measure_tile tile_of(const walk *s, size_t item)
{
    const size_t panel = s->group_first + item / TILES;
    const size_t at = item % TILES * MEASURE_TILE;
    measure_tile t = {.item = item};
    const size_t m = measure_panel_rows(s->plan->queries, panel, &t.query);

    t.query += at;
    t.rows = m > at ? m - at : 0;
    if (t.rows > MEASURE_TILE)
        t.rows = MEASURE_TILE;
    return t;
}

/* -|x|^2 / 2 of a panel's rows, added up in the order of gemm(). */
static void norms(const walk *s, size_t m, const double *panel, double *out)
{
    s->plan->queries->f64->quad_diag(s->d, m, panel, s->zeros, s->ones, 0, out);
}

static void subtract(const walk *s, size_t m, const double *row,
                     const double *panel, double *l)
{
    s->plan->queries->f64->quad_diag(s->d, m, panel, row, s->ones, 0, l);
}

/* l and the greatest of each of its rows. */
static void differences(const walk *s, measure_tile *t, const double *rows,
                        const double *panel)
{
    for (size_t r = 0; r < t->rows; r++) {
        double *const l = t->l + r * KERN_ROWS;

        subtract(s, t->m, rows + r * s->d, panel, l);
        t->most[r] = s->plan->queries->f64->greatest(t->m, l);
    }
}

static void products(const walk *s, measure_tile *t, const double *rows,
                     const double *own, const double *panel, const double *norm)
{
    const kern_ops *const f64 = s->plan->queries->f64;
    double *const exact = t->l + MEASURE_TILE * KERN_ROWS;
    int near;

    f64->gemm(0, 0, t->rows, t->m, s->d, 1.0, rows, s->d, panel, KERN_ROWS, 0.0,
              t->l, KERN_ROWS, s->pack + t->slot * kern_gemm_scratch());
    for (size_t r = 0; r < t->rows && !s->plan->products; r++) {
        double *const l = t->l + r * KERN_ROWS;

        t->most[r] = f64->pair(t->m, own[r], norm, l, &near);
        if (!near)
            continue;
        subtract(s, t->m, rows + r * s->d, panel, exact);
        t->most[r] = f64->mend(t->m, own[r], norm, exact, l);
    }
}

static int32_t meet(size_t item, size_t slot, void *arg)
{
    const walk *const s = arg;
    const double *const rows = s->rows + item * MEASURE_TILE * s->d;
    double most[MEASURE_TILE];
    measure_tile t = tile_of(s, item);

    const size_t own = s->group_first + item / TILES;

    if (!t.rows)
        return GENMOD_OK;
    t.slot = slot;
    t.most = most;
    t.l = s->l + slot * (MEASURE_TILE + 1) * KERN_ROWS;
    for (t.panel = 0; t.panel < s->round_count; t.panel++) {
        const double *const panel = s->round + t.panel * s->d * KERN_ROWS;

        t.own = s->round_first + t.panel == own;
        if (s->plan->symmetric && s->round_first + t.panel < own)
            continue;
        t.m = measure_panel_rows(s->plan->candidates, s->round_first + t.panel,
                                 &t.first);
        if (s->by_products)
            products(s, &t, rows, s->query_norm + item * MEASURE_TILE, panel,
                     s->norm + t.panel * KERN_ROWS);
        else
            differences(s, &t, rows, panel);
        s->plan->visit(&t, s->plan->arg);
    }
    return GENMOD_OK;
}

/* Norms of `count` panels from number g on. */
static void all_norms(const walk *s, const measure_panels *p, size_t g,
                      size_t count, const double *panels, double *out)
{
    for (size_t i = 0; i < count && s->by_products; i++) {
        size_t first;
        const size_t m = measure_panel_rows(p, g + i, &first);

        norms(s, m, panels + i * s->d * KERN_ROWS, out + i * KERN_ROWS);
    }
}

/* Rows of the same bits as the panels have. */
static int32_t read_group(walk *s, genmod_workspace *w)
{
    const int32_t status = measure_panels_read(s->plan->queries, s->group_first,
                                               s->group_count, s->panels, w);

    for (size_t i = 0; i < s->group_count * KERN_ROWS && !status; i++) {
        const double *const panel =
            s->panels + i / KERN_ROWS * s->d * KERN_ROWS + i % KERN_ROWS;

        for (size_t c = 0; c < s->d; c++)
            s->rows[i * s->d + c] = panel[c * KERN_ROWS];
    }
    if (!status)
        all_norms(s, s->plan->queries, s->group_first, s->group_count,
                  s->panels, s->query_norm);
    return status;
}

static int32_t run_round(walk *s, genmod_workspace *w)
{
    const measure_walk *const plan = s->plan;
    int32_t status = base_cancelled(w);

    if (!status)
        status = measure_panels_read(plan->candidates, s->round_first,
                                     s->round_count, s->round, w);
    if (status)
        return status;
    all_norms(s, plan->candidates, s->round_first, s->round_count, s->round,
              s->norm);
    if (plan->prepare)
        plan->prepare(s->round_first, s->round_count, plan->arg);
    return base_parallel(w, s->group_count * TILES, meet, s);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int32_t run_group(walk *s, genmod_workspace *w)
{
    const size_t n = measure_panels_count(s->plan->candidates);
    int32_t status = read_group(s, w);

    for (s->round_first = s->plan->symmetric ? s->group_first : 0;
         s->round_first < n && !status; s->round_first += s->round_count) {
        s->round_count = least(s->plan->round, n - s->round_first);
        status = run_round(s, w);
    }
    for (size_t i = 0; i < s->group_count * TILES && !status; i++) {
        const measure_tile t = tile_of(s, i);

        if (t.rows)
            status = s->plan->settle(&t, s->plan->arg, w);
    }
    return status;
}

static int32_t take_memory(walk *s, genmod_workspace *w)
{
    const size_t panel = s->d * KERN_ROWS * sizeof(double);

    s->panels = base_scratch(w, s->plan->group, panel);
    s->rows = base_scratch(w, s->plan->group, panel);
    s->round = base_scratch(w, s->plan->round, panel);
    s->l = base_scratch(w, base_width(w),
                        (MEASURE_TILE + 1) * KERN_ROWS * sizeof(double));
    s->ones = base_scratch(w, s->d, 2 * sizeof(double));
    s->query_norm = base_scratch(w, s->plan->group, KERN_ROWS * sizeof(double));
    s->norm = base_scratch(w, s->plan->round, KERN_ROWS * sizeof(double));
    s->pack = base_scratch(w, base_width(w), kern_gemm_scratch());
    if (!s->panels || !s->rows || !s->round || !s->l || !s->ones ||
        !s->query_norm || !s->norm || !s->pack)
        return base_status(w);
    s->zeros = s->ones + s->d;
    for (size_t c = 0; c < s->d; c++) {
        s->ones[c] = 1;
        s->zeros[c] = 0;
    }
    return GENMOD_OK;
}

int32_t measure_walk_run(const measure_walk *plan, genmod_workspace *w)
{
    const size_t n = measure_panels_count(plan->queries);
    walk s = {.plan = plan,
              .d = plan->queries->d,
              .by_products =
                  plan->products || plan->queries->d >= MEASURE_PRODUCTS};
    int32_t status = take_memory(&s, w);

    for (s.group_first = 0; s.group_first < n && !status;
         s.group_first += s.group_count) {
        s.group_count = least(plan->group, n - s.group_first);
        status = run_group(&s, w);
    }
    return status;
}
