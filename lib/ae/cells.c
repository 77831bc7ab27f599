/* What cells have to be, and what there is to know of them. */
#include <string.h>

#include "ae/internal.h"

int ae_surveys(const model_body *b)
{
    const ae_body *const a = (const ae_body *)b;

    return a->corruption == AE_SALT_AND_PEPPER || a->loss == AE_BCE ||
           a->target == AE_LABELS;
}

static int32_t check_cells(const model_body *b, const model_rows *r,
                           genmod_workspace *w)
{
    size_t i = 0;

    while (i < r->n * b->d && r->x[i] >= 0 && r->x[i] <= 1)
        i++;
    if (i == r->n * b->d)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "the cell in row %u, column %u is %g; with loss \"bce\" "
                     "it must be from 0 to 1",
                     model_row_number(r, i / b->d),
                     (uint64_t)model_column_of(&b->columns.size, i % b->d),
                     (double)r->x[i]);
}

static void widen(const model_body *b, const model_rows *r)
{
    float *const low = model_body_find(b, AE_LOW);
    float *const high = model_body_find(b, AE_HIGH);

    for (size_t i = 0; i < r->n; i++)
        for (size_t j = 0; j < b->d; j++) {
            const float v = r->x[i * b->d + j];

            if (r->first + i == 0)
                low[j] = high[j] = v;
            low[j] = v < low[j] ? v : low[j];
            high[j] = v > high[j] ? v : high[j];
        }
}

int32_t ae_look(model_body *b, const model_rows *r, int learn,
                genmod_workspace *w)
{
    const ae_body *const a = (const ae_body *)b;
    int32_t status = a->loss == AE_BCE ? check_cells(b, r, w) : GENMOD_OK;

    if (!status)
        status = model_check_labels(r, (int64_t)a->outputs, w);
    if (!status && learn && a->corruption == AE_SALT_AND_PEPPER)
        widen(b, r);
    return status;
}

/* Lows and highs of all ranks. */
int32_t ae_join(model_body *b, genmod_workspace *w)
{
    const size_t d = b->d, ranks = model_shares_of(w).ranks;
    float *const low = model_body_find(b, AE_LOW);
    float *const high = model_body_find(b, AE_HIGH);
    float *const own = base_scratch(w, 2 * d, sizeof *own);
    float *const all = base_scratch(w, ranks, 2 * d * sizeof *all);
    int32_t status = own && all ? GENMOD_OK : base_status(w);

    if (((const ae_body *)b)->corruption != AE_SALT_AND_PEPPER)
        return GENMOD_OK;
    if (!status) {
        memcpy(own, low, d * sizeof *own);
        memcpy(own + d, high, d * sizeof *own);
    }
    status = base_all_gather(w, status, 2 * d * sizeof *own, own, all);
    for (size_t i = 0; i < ranks * d && !status; i++) {
        const float *const from = all + i / d * 2 * d;
        const size_t j = i % d;

        low[j] = from[j] < low[j] ? from[j] : low[j];
        high[j] = from[d + j] > high[j] ? from[d + j] : high[j];
    }
    return status;
}

void ae_fill(const model_trainer *t, const ad_program *p, uint64_t step)
{
    const size_t bytes = t->body->d * sizeof(float);
    float *const low = model_trainer_input(t, p, "low");
    float *const high = model_trainer_input(t, p, "high");

    (void)step;
    if (low)
        memcpy(low, model_body_find(t->body, AE_LOW), bytes);
    if (high)
        memcpy(high, model_body_find(t->body, AE_HIGH), bytes);
}
