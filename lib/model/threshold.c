/* From which score on a row is strange. */
#include <string.h>

#include "model/model.h"

/* Numbers as integers of the same order. */
static uint64_t order_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double number_of(uint64_t order)
{
    const uint64_t bits = order >> 63 ? order & ~(UINT64_C(1) << 63) : ~order;
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Byte by byte from the highest: which value of the next byte holds number k of
 * those that begin alike. */
double model_ranked(size_t n, const double *values, size_t k)
{
    uint64_t found = 0;

    for (int shift = 56; shift >= 0; shift -= 8) {
        size_t count[256] = {0}, byte = 0;

        for (size_t i = 0; i < n; i++) {
            const uint64_t o = order_of(values[i]);

            if (shift == 56 || o >> (shift + 8) == found)
                count[o >> shift & 0xff]++;
        }
        while (k >= count[byte])
            k -= count[byte++];
        found = found << 8 | byte;
    }
    return number_of(found);
}

static int32_t
threshold(const model *m, const genmod_data *x, double share, double *out,
          int32_t (*score)(const model *m, const genmod_data *x, size_t bytes,
                           double *out, genmod_workspace *w),
          genmod_workspace *w)
{
    const size_t n = base_data_rows(x);
    double *const scores = base_scratch(w, n, sizeof *scores);
    size_t above = (size_t)(share * (double)n);
    const int32_t status =
        scores ? score(m, x, n * sizeof *scores, scores, w) : base_status(w);

    if (status)
        return status;
    above = above < n ? above : n - 1; /* where the product was rounded up */
    *out = model_ranked(n, scores, n - 1 - above);
    return GENMOD_OK;
}

int32_t model_threshold(const model *m, const genmod_data *x, double share,
                        double *out,
                        int32_t (*score)(const model *m, const genmod_data *x,
                                         size_t bytes, double *out,
                                         genmod_workspace *w),
                        genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !x || !out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                           !m   ? "m"
                           : !x ? "x"
                                : "out");
    else if (!(share >= 0 && share < 1))
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "share is %g; it must be in [0, 1)", share);
    else
        status = model_check_fitted(m, w);
    if (!status)
        status = model_check_rows(x, "x", m->d, "the model", w);
    return base_leave(&call,
                      status ? status : threshold(m, x, share, out, score, w));
}
