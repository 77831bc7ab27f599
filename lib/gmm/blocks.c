/* Rows by the block, for calls that give something for each row. */
#include "gmm/algebra.h"

#define BLOCKS ((size_t)16) /* of a round: what a row source is asked for */

typedef struct round {
    gmm_block_task task;
    void *arg;
    base_view view;
    size_t first, rows;
} round;

static size_t count(size_t rows)
{
    return rows / KERN_ROWS + (rows % KERN_ROWS != 0);
}

size_t gmm_block_slots(const genmod_data *x, const genmod_workspace *w)
{
    return base_data_rows(x) <= KERN_ROWS ? 1 : base_width(w);
}

static int32_t run_block(size_t block, size_t slot, void *arg)
{
    static const size_t size[] = {0, sizeof(float), sizeof(double), 1};
    const round *const r = arg;
    const size_t skip = block * KERN_ROWS, left = r->rows - skip;
    base_view v = r->view;

    v.rows = (const char *)v.rows +
             (int64_t)skip * v.row_stride * (int64_t)size[v.type];
    v.weights = v.weights ? v.weights + skip : NULL;
    v.labels = v.labels ? v.labels + skip : NULL;
    return r->task(&v, r->first + skip, left < KERN_ROWS ? left : KERN_ROWS,
                   slot, r->arg);
}

int32_t gmm_blocks(const genmod_data *x, gmm_block_task task, void *arg,
                   genmod_workspace *w)
{
    const size_t n = base_data_rows(x), most = BLOCKS * KERN_ROWS;
    void *const stage =
        base_scratch(w, 1, base_data_stage_bytes(x, n < most ? n : most));
    round r = {.task = task, .arg = arg};
    int32_t status = stage ? GENMOD_OK : base_status(w);

    if (base_data_noise(x))
        return base_fail(w, GENMOD_UNSUPPORTED,
                         "x has noise; this call takes its rows for exact");
    for (; r.first < n && !status; r.first += r.rows) {
        r.rows = n - r.first < most ? n - r.first : most;
        status = base_cancelled(w);
        if (!status)
            status = base_data_view(x, r.first, r.rows, stage, &r.view, w);
        if (status)
            return status;
        status = base_parallel(w, count(r.rows), run_block, &r);
        if (status == GENMOD_NON_FINITE)
            return base_view_non_finite(&r.view, r.first, r.rows,
                                        base_data_columns(x), w);
        if (status)
            return status;
    }
    return status;
}

void *gmm_scratch(genmod_workspace *w, size_t a, size_t b, size_t c,
                  size_t size)
{
    size_t cells;

    if (!base_mul(a, b, &cells) || !base_mul(cells, c, &cells))
        cells = SIZE_MAX;
    return base_scratch(w, cells, size);
}

double gmm_ln(const gmm_params *p, double x)
{
    p->f64.ops->log(1, &x, &x);
    return x;
}

double gmm_exp(const gmm_params *p, double x)
{
    p->f64.ops->exp(1, &x, &x);
    return x;
}
