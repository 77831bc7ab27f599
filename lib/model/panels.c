/* Const calls: replays of a program over the rows of a view, panel by panel,
 * some at once. A row's bits do not depend on its panel. */
#include <string.h>

#include "model/model.h"

int32_t model_panels_fit(const model_panels *o, const genmod_data *x,
                         size_t bytes, genmod_workspace *w)
{
    size_t need;

    if (base_mul(base_data_rows(x), o->row, &need) && bytes >= need)
        return GENMOD_OK;
    return base_fail(w, GENMOD_TOO_SMALL,
                     "bytes is %u; the result takes %u rows of %u bytes",
                     (uint64_t)bytes, (uint64_t)base_data_rows(x),
                     (uint64_t)o->row);
}

/* As many panels as there are slots, each with an arena. */
typedef struct round {
    const model_panels *o;
    const ad_program *p;
    size_t rows;         /* of a panel */
    size_t first, count; /* of the rows in the round */
    unsigned char *arenas;
    unsigned char *results;
} round;

static size_t rows_in(const round *r, size_t item)
{
    const size_t left = r->count - item * r->rows;

    return left < r->rows ? left : r->rows;
}

static int32_t replay(size_t item, size_t slot, void *arg)
{
    const round *const r = arg;
    void *const arena = r->arenas + item * r->o->body->arena;
    const ad_replay how = {
        .rows = rows_in(r, item), .arena = arena, .width = 1};

    (void)slot;
    ad_program_run(r->p, r->o->body->store, &how, NULL);
    r->o->give(r->o, how.rows, ad_program_output(r->p, 0, arena),
               r->results + (r->first + item * r->rows) * r->o->row);
    return GENMOD_OK;
}

/* Reads the rows of a panel into its arena. */
static int32_t fill(const round *r, size_t item, const genmod_data *x,
                    void *stage, genmod_workspace *w)
{
    const model_family *const f = r->o->body->family;
    const size_t first = r->first + item * r->rows, m = rows_in(r, item);
    float *const to = ad_program_input(r->p, ad_program_find(r->p, "x"),
                                       r->arenas + item * r->o->body->arena);
    const model_rows rows = {.n = m, .first = first, .x = to};
    const int32_t status =
        nn_rows_run(x, r->o->columns, first, m, stage, to, NULL, w);

    if (status || !r->o->look)
        return status;
    return f->look(r->o->body, &rows, 0, w);
}

static int32_t run_round(const round *r, const genmod_data *x, void *stage,
                         genmod_workspace *w)
{
    const size_t items = (r->count + r->rows - 1) / r->rows;
    int32_t status = base_cancelled(w);

    for (size_t i = 0; i < items && !status; i++)
        status = fill(r, i, x, stage, w);
    return status ? status : base_parallel(w, items, replay, (void *)r);
}

/* Arenas first, and of one size for all programs: so that small calls of any
 * kind, one after the other, find their scratch where it was. */
static int32_t take_scratch(round *r, size_t panels, const genmod_data *x,
                            size_t need, void **stage, genmod_workspace *w)
{
    r->arenas = base_scratch(w, panels, r->o->body->arena);
    *stage = base_scratch(w, 1, nn_rows_stage(x, r->rows));
    r->results = base_scratch(w, need, 1);
    return r->arenas && *stage && r->results ? GENMOD_OK : base_status(w);
}

int32_t model_panels_run(const model_panels *o, const genmod_data *x, void *out,
                         genmod_workspace *w)
{
    const size_t n = base_data_rows(x), width = base_width(w);
    const size_t share = n / width + (n % width != 0);
    round r = {.o = o, .p = o->body->program[o->program]};
    size_t most;
    void *stage;
    int32_t status;

    r.rows = ad_program_rows(r.p);
    r.rows = share < r.rows ? share : r.rows;
    most = n / width < r.rows ? n : r.rows * width;
    status = take_scratch(&r, (most + r.rows - 1) / r.rows, x, n * o->row,
                          &stage, w);
    for (r.first = 0; r.first < n && !status; r.first += most) {
        r.count = n - r.first < most ? n - r.first : most;
        status = run_round(&r, x, stage, w);
    }
    if (!status)
        memcpy(out, r.results, n * o->row);
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
