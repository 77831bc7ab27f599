/* Rows dealt out to batches of equal size, every deal as likely: batches are
 * then independent samples, whatever order the rows come in. */
#include "measure/internal.h"

/* A batch with a chance in proportion to the rows that it still wants. */
static size_t choose(size_t count, const size_t *wanted, size_t row,
                     size_t left, uint32_t site)
{
    uint32_t bits[4];
    double u;
    size_t b = 0;

    base_random(0, row, site, 0, bits);
    u = base_uniform(bits[0], bits[1]) * (double)left;
    for (; b + 1 < count && u >= (double)wanted[b]; b++)
        u -= (double)wanted[b];
    while (!wanted[b]) /* rounding, at the last one's edge */
        b--;
    return b;
}

int32_t measure_deal(measure_batches *b, size_t n, size_t count, uint32_t site,
                     genmod_workspace *w)
{
    size_t wanted[MEASURE_BATCHES], at[MEASURE_BATCHES];

    *b = (measure_batches){.n = n, .count = count};
    b->of = base_scratch(w, n, sizeof *b->of);
    b->row = base_scratch(w, n, sizeof *b->row);
    if (!b->of || !b->row)
        return base_status(w);
    for (size_t i = 0; i < count; i++) {
        wanted[i] = n / count + (i < n % count);
        at[i] = b->start[i];
        b->start[i + 1] = b->start[i] + wanted[i];
    }
    for (size_t row = 0; row < n; row++) {
        const size_t i = choose(count, wanted, row, n - row, site);

        wanted[i]--;
        b->of[row] = (unsigned char)i;
        b->row[at[i]++] = (int64_t)row;
    }
    return GENMOD_OK;
}

size_t measure_batch_find(const measure_batches *b, size_t batch, size_t first)
{
    size_t low = b->start[batch], high = b->start[batch + 1];

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if ((size_t)b->row[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
