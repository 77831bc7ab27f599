/* Const calls: replays of a program over rows. */
#include <string.h>

#include "model/model.h"

#define AT_ONCE 32 /* draws of a panel between two looks at a cancel */

const float *model_panel_output(const model_panel *p, size_t i)
{
    return ad_program_output(p->program, i, p->arena);
}

int32_t model_panels_fit(const model_panels *o, size_t bytes,
                         genmod_workspace *w)
{
    size_t need;

    if (base_mul(o->n, o->row, &need) && bytes >= need)
        return GENMOD_OK;
    return base_fail(w, GENMOD_TOO_SMALL,
                     "bytes is %u; the result takes %u rows of %u bytes",
                     (uint64_t)bytes, (uint64_t)o->n, (uint64_t)o->row);
}

/* As many panels as there are slots, each with an arena. */
typedef struct round {
    const model_panels *o;
    const ad_program *p;
    size_t rows;         /* of a panel */
    size_t first, count; /* of the rows in the round */
    size_t draw, draws;  /* of the replays in the round */
    int kept;            /* cells are kept outside the arenas */
    size_t d;            /* elements of a row of x */
    unsigned char *arenas;
    float *cells, *masks; /* [panels, rows, d], where they are kept */
    float *labels;        /* [panels, rows], where they are read */
    int64_t *numbers;     /* [rows], the same */
    int32_t *read;
    unsigned char *results;
} round;

static size_t rows_in(const round *r, size_t item)
{
    const size_t left = r->count - item * r->rows;

    return left < r->rows ? left : r->rows;
}

static void *arena_of(const round *r, size_t item)
{
    return r->arenas + item * r->o->body->arena;
}

static float *input(const round *r, size_t item, const char *name)
{
    const int32_t i = ad_program_find(r->p, name);

    return i < 0 ? NULL : ad_program_input(r->p, i, arena_of(r, item));
}

static void copy_in(const round *r, size_t item, const char *name,
                    const float *from, size_t width)
{
    float *const to = input(r, item, name);

    if (to && from)
        memcpy(to, from, rows_in(r, item) * width * sizeof *to);
}

static const float *kept(const round *r, const float *all, size_t item)
{
    return r->kept && all ? all + item * r->rows * r->d : NULL;
}

/* Takes cell j of each row away. */
static void hide(const round *r, size_t item, const char *name, size_t j)
{
    float *const to = input(r, item, name);

    for (size_t i = 0; to && i < rows_in(r, item); i++)
        to[i * r->d + j] = 0;
}

/* A replay may overwrite its inputs: they are filled before each. */
static void fill(const round *r, size_t item, size_t draw)
{
    const model_panels *const o = r->o;

    copy_in(r, item, "x", kept(r, r->cells, item), r->d);
    copy_in(r, item, "mask", kept(r, r->masks, item), r->d);
    if (o->hiding) {
        hide(r, item, "x", draw);
        hide(r, item, "mask", draw);
    }
    if (r->labels)
        copy_in(r, item, "label", r->labels + item * r->rows, 1);
    for (size_t i = 0; i < o->feeds; i++)
        copy_in(r, item, o->feed[i].name,
                o->feed[i].rows +
                    (r->first + item * r->rows) * o->feed[i].width,
                o->feed[i].width);
}

static int32_t replay(size_t item, size_t slot, void *arg)
{
    const round *const r = arg;
    const model_panels *const o = r->o;
    const size_t first = r->first + item * r->rows;
    model_panel p = {.m = rows_in(r, item),
                     .first = first,
                     .x = kept(r, r->cells, item),
                     .mask = kept(r, r->masks, item),
                     .labels = r->labels ? r->labels + item * r->rows : NULL,
                     .program = r->p,
                     .arena = arena_of(r, item)};
    ad_replay how = {.rows = p.m,
                     .seed = o->seed,
                     .first_row = o->first_row + first,
                     .arena = arena_of(r, item),
                     .width = 1};

    (void)slot;
    for (size_t i = 0; i < r->draws; i++) {
        p.draw = r->draw + i;
        how.step = o->first_draw + p.draw;
        fill(r, item, p.draw);
        ad_program_run(r->p, o->body->store, &how, NULL);
        o->give(o, &p, r->results + first * o->row);
    }
    return GENMOD_OK;
}

static int32_t read_rows(const round *r, size_t first, size_t m, void *stage,
                         float *to, float *mask, genmod_workspace *w)
{
    const model_panels *const o = r->o;

    if (!r->labels)
        return nn_rows_run(o->x, o->columns, first, m, stage, to, mask, w);
    for (size_t i = 0; i < m; i++)
        r->numbers[i] = (int64_t)(first + i);
    return nn_rows_read(o->x, o->columns, m, r->numbers, stage, to, mask, NULL,
                        r->read, w);
}

/* Reads the rows of a panel: into its arena, or to where they are kept. */
static int32_t read(const round *r, size_t item, void *stage,
                    genmod_workspace *w)
{
    const model_panels *const o = r->o;
    const model_family *const f = o->body->family;
    const size_t first = r->first + item * r->rows, m = rows_in(r, item);
    float *const to =
        r->kept ? r->cells + item * r->rows * r->d : input(r, item, "x");
    float *const mask = !o->columns->missing ? NULL
                        : r->kept            ? r->masks + item * r->rows * r->d
                                             : input(r, item, "mask");
    const model_rows rows = {.columns = o->columns,
                             .n = m,
                             .first = first,
                             .x = to,
                             .mask = mask,
                             .labels = r->read};
    int32_t status = read_rows(r, first, m, stage, to, mask, w);

    if (!status && o->look && f->look)
        status = f->look(o->body, &rows, 0, w);
    if (!status && r->labels)
        model_put_labels(&rows, r->labels + item * r->rows);
    return status;
}

static int32_t run_round(round *r, void *stage, genmod_workspace *w)
{
    const size_t items = (r->count + r->rows - 1) / r->rows;
    const size_t draws = r->o->draws ? r->o->draws : 1;
    int32_t status = base_cancelled(w);

    for (size_t i = 0; r->o->x && i < items && !status; i++)
        status = read(r, i, stage, w);
    for (r->draw = 0; r->draw < draws && !status; r->draw += r->draws) {
        r->draws = draws - r->draw < AT_ONCE ? draws - r->draw : AT_ONCE;
        if (r->draw)
            status = base_cancelled(w);
        if (!status)
            status = base_parallel(w, items, replay, r);
    }
    return status;
}

static int32_t take_labels(round *r, size_t panels, genmod_workspace *w)
{
    r->labels = base_scratch(w, panels * r->rows, sizeof *r->labels);
    r->numbers = base_scratch(w, r->rows, sizeof *r->numbers);
    r->read = base_scratch(w, r->rows, sizeof *r->read);
    return r->labels && r->numbers && r->read ? GENMOD_OK : base_status(w);
}

/* Arenas first, and of one size for all programs: so that runs of any kind, of
 * one call or of small ones after the other, find their scratch where it was.
 */
static int32_t take_scratch(round *r, size_t panels, void **stage,
                            genmod_workspace *w)
{
    const model_panels *const o = r->o;
    size_t cells;

    r->arenas = base_scratch(w, panels, o->body->arena);
    *stage = o->x ? base_scratch(w, 1, nn_rows_stage(o->x, r->rows)) : NULL;
    if (!r->arenas || (o->x && !*stage))
        return base_status(w);
    cells = panels * r->rows * r->d;
    if (r->kept)
        r->cells = base_scratch(w, cells, sizeof *r->cells);
    if (r->kept && o->columns->missing)
        r->masks = base_scratch(w, cells, sizeof *r->masks);
    if ((r->kept && !r->cells) || (r->kept && o->columns->missing && !r->masks))
        return base_status(w);
    return o->labelled ? take_labels(r, panels, w) : GENMOD_OK;
}

int32_t model_panels_run(const model_panels *o, void **results,
                         genmod_workspace *w)
{
    const size_t n = o->n, width = base_width(w);
    const size_t share = n / width + (n % width != 0);
    round r = {.o = o,
               .p = o->body->program[o->program],
               .kept = o->x && (o->keep || o->draws > 1)};
    base_mark mark;
    size_t most;
    void *stage;
    int32_t status;

    r.results = o->direct ? o->direct : base_scratch(w, n, o->row);
    if (!r.results)
        return base_status(w);
    mark = base_scratch_mark(w);
    r.d = o->x ? base_data_columns(o->x) : 0;
    r.rows = ad_program_rows(r.p);
    r.rows = share < r.rows ? share : r.rows;
    if (o->multiple > 1)
        r.rows = (r.rows + o->multiple - 1) / o->multiple * o->multiple;
    most = n / width < r.rows ? n : r.rows * width;
    status = take_scratch(&r, (most + r.rows - 1) / r.rows, &stage, w);
    if (!status)
        memset(r.results, 0, n * o->row);
    for (r.first = 0; r.first < n && !status; r.first += most) {
        r.count = n - r.first < most ? n - r.first : most;
        status = run_round(&r, stage, w);
    }
    base_scratch_release(w, mark);
    *results = r.results;
    return status;
}

int32_t model_panels_out(const model_panels *o, void *out, genmod_workspace *w)
{
    void *results;
    const int32_t status = model_panels_run(o, &results, w);

    if (!status)
        memcpy(out, results, o->n * o->row);
    return status;
}

int32_t model_check_type(int32_t type, genmod_workspace *w)
{
    if (type == GENMOD_F32 || type == GENMOD_F64)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "type is %i; it must be GENMOD_F32 or GENMOD_F64",
                     (int64_t)type);
}

size_t model_type_bytes(int32_t type)
{
    return type == GENMOD_F32 ? sizeof(float) : sizeof(double);
}

int32_t model_check_out(size_t n, size_t width, int32_t type, size_t bytes,
                        const void *out, genmod_workspace *w)
{
    model_panels o = {.n = n};
    const int32_t status =
        out ? model_check_type(type, w)
            : base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");

    if (status)
        return status;
    o.row = width * model_type_bytes(type);
    return model_panels_fit(&o, bytes, w);
}

int32_t model_check_numbers(const model *m, uint64_t first, size_t n,
                            genmod_workspace *w)
{
    int32_t status;

    if (!m)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "m is NULL");
    status = model_check_fitted(m, w);
    if (status)
        return status;
    if (n < 1)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is 0; it must be at least 1");
    if (n - 1 > UINT64_MAX - first)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "first is %u; first + n must be at most 2^64", first);
    return GENMOD_OK;
}
