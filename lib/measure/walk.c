/* All pairs of a query and a candidate, in tiles.
 *
 * Queries are taken in groups of panels, and each group meets the candidates in
 * rounds of panels; in a round, tasks over the group's tiles compute distances
 * from differences, so that rows near each other lose nothing, however far from
 * the origin they are. A query meets the candidates in their order, whatever
 * the threads.
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
    double *panels; /* [group, d * KERN_ROWS] while they are read */
    double *rows;   /* [group * KERN_ROWS, d] */
    double *round;  /* [round, d * KERN_ROWS] */
    double *l;      /* [width, MEASURE_TILE * KERN_ROWS] */
    double *ones;   /* [d] */
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

static int32_t meet(size_t item, size_t slot, void *arg)
{
    const walk *const s = arg;
    const measure_panels *const q = s->plan->queries;
    const double *const rows = s->rows + item * MEASURE_TILE * s->d;
    measure_tile t = tile_of(s, item);

    const size_t own = s->group_first + item / TILES;

    if (!t.rows)
        return GENMOD_OK;
    t.slot = slot;
    t.l = s->l + slot * MEASURE_TILE * KERN_ROWS;
    for (t.panel = 0; t.panel < s->round_count; t.panel++) {
        const double *const panel = s->round + t.panel * s->d * KERN_ROWS;

        t.own = s->round_first + t.panel == own;
        if (s->plan->symmetric && s->round_first + t.panel < own)
            continue;
        t.m = measure_panel_rows(s->plan->candidates, s->round_first + t.panel,
                                 &t.first);
        for (size_t r = 0; r < t.rows; r++)
            q->f64->quad_diag(s->d, t.m, panel, rows + r * s->d, s->ones, 0,
                              t.l + r * KERN_ROWS);
        s->plan->visit(&t, s->plan->arg);
    }
    return GENMOD_OK;
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
    if (plan->prepare)
        plan->prepare(s->round_first, s->round_count, plan->arg);
    return measure_parallel(w, s->group_count * TILES, meet, s);
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
                        MEASURE_TILE * KERN_ROWS * sizeof(double));
    s->ones = base_scratch(w, s->d, sizeof(double));
    if (!s->panels || !s->rows || !s->round || !s->l || !s->ones)
        return base_status(w);
    for (size_t c = 0; c < s->d; c++)
        s->ones[c] = 1;
    return GENMOD_OK;
}

int32_t measure_walk_run(const measure_walk *plan, genmod_workspace *w)
{
    const size_t n = measure_panels_count(plan->queries);
    walk s = {.plan = plan, .d = plan->queries->d};
    int32_t status = take_memory(&s, w);

    for (s.group_first = 0; s.group_first < n && !status;
         s.group_first += s.group_count) {
        s.group_count = least(plan->group, n - s.group_first);
        status = run_group(&s, w);
    }
    return status;
}
