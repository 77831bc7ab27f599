/* Sums as bytes. */
#include <math.h>
#include <string.h>

#include "codec/codec.h"
#include "gmm/statistics.h"

#define FAMILY "genmod.family"
#define FORMAT "genmod.format"
#define ELEMENT "gmm.element"
#define PARAMETERS "gmm.parameters" /* their fingerprint */
#define TEXTS 4
#define TOTALS "totals" /* weight, log-likelihood, rows, about the centre */
#define SUMS "sums"     /* s0 [k], s1 [k, d], s2 */

/* FNV-1a of the parameters' bytes (Fowler, Noll, Vo 1991), as 16 digits. */
static void fingerprint(const gmm_params *p, char out[17])
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *const bytes = (const unsigned char *)p->weights;
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < p->n_state * sizeof *p->weights; i++)
        h = (h ^ bytes[i]) * UINT64_C(1099511628211);
    for (int i = 0; i < 16; i++)
        out[i] = digits[h >> (60 - 4 * i) & 15];
    out[16] = 0;
}

static int32_t save(const gmm_statistics *s, size_t cap, void *out,
                    size_t *need, genmod_workspace *w)
{
    const double totals[4] = {s->weight, s->log_likelihood, s->rows,
                              s->sums->common};
    char print[17];
    const codec_text texts[TEXTS] = {
        {FAMILY, "gmm_statistics"},
        {FORMAT, "1"},
        {ELEMENT, s->element == GENMOD_F32 ? "f32" : "f64"},
        {PARAMETERS, print}};
    const codec_tensor tensors[2] = {
        {TOTALS, GENMOD_F64, 1, {4}, totals},
        {SUMS, GENMOD_F64, 1, {s->sums->size}, s->sums->s0}};

    fingerprint(s->reference, print);
    return codec_write(TEXTS, texts, 2, tensors, cap, out, need, w);
}

int32_t gmm_statistics_save(const gmm_statistics *s, size_t cap, void *out,
                            size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!s || (cap && !out))
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", s ? "out" : "s");
    else
        status = save(s, cap, out, need, w);
    return base_leave(&call, status);
}

static int32_t check_kind(const codec_file *f, genmod_workspace *w)
{
    const char *family, *format;
    int64_t number;
    int32_t status = codec_read_text(f, FAMILY, &family, w);

    if (!status)
        status = codec_read_text(f, FORMAT, &format, w);
    if (status)
        return status;
    if (!base_same(family, "gmm_statistics"))
        return base_fail(w, GENMOD_BAD_BYTES,
                         "the file holds a \"%s\", not sums of a mixture",
                         family);
    if (!base_parse_i64(format, &number) || number < 1)
        return base_fail(w, GENMOD_BAD_BYTES, FORMAT " is \"%s\"", format);
    if (number > 1)
        return base_fail(w, GENMOD_UNSUPPORTED,
                         FORMAT " is %i; this version reads 1", number);
    if (codec_texts(f) != TEXTS + 1 || codec_tensors(f) != 2)
        return base_fail(w, GENMOD_BAD_BYTES,
                         "%u texts and %u tensors; sums have %u and 2",
                         (uint64_t)codec_texts(f), (uint64_t)codec_tensors(f),
                         (uint64_t)TEXTS + 1);
    return GENMOD_OK;
}

/* Weight and rows come together, and nothing comes of no rows. */
static int32_t check_numbers(const double totals[4], size_t n,
                             const double *sums, genmod_workspace *w)
{
    if (!(totals[0] >= 0) || !(totals[2] >= 0) ||
        totals[2] > 9007199254740992.0 || totals[2] != floor(totals[2]) ||
        !isfinite(totals[0]) || !(totals[1] < INFINITY) ||
        (totals[3] != 0 && totals[3] != 1))
        return base_fail(w, GENMOD_BAD_BYTES, TOTALS " are %g, %g, %g, %g",
                         totals[0], totals[1], totals[2], totals[3]);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(sums[i]))
            return base_fail(w, GENMOD_BAD_BYTES, SUMS "[%u] is %g",
                             (uint64_t)i, sums[i]);
    return GENMOD_OK;
}

static int32_t take(gmm_statistics *s, const codec_file *f, const char *element,
                    genmod_workspace *w)
{
    const size_t n = s->sums->size;
    const codec_tensor *const totals =
        codec_read_tensor(f, TOTALS, GENMOD_F64, 1, &(uint64_t){4}, w);
    const codec_tensor *const sums =
        totals ? codec_read_tensor(f, SUMS, GENMOD_F64, 1, &(uint64_t){n}, w)
               : NULL;
    double *const values = sums ? base_scratch(w, n, sizeof *values) : NULL;
    double total[4];
    int32_t status;

    if (!values)
        return sums ? base_status(w) : GENMOD_BAD_BYTES;
    codec_copy_f64(totals, total);
    codec_copy_f64(sums, values);
    status = check_numbers(total, n, values, w);
    if (status)
        return status;
    memcpy(s->sums->s0, values, n * sizeof *values);
    s->sums->common = total[3] != 0;
    s->element = base_same(element, "f32") ? GENMOD_F32 : GENMOD_F64;
    s->weight = total[0];
    s->log_likelihood = total[1];
    s->rows = total[2];
    return GENMOD_OK;
}

static int32_t load(gmm_statistics *s, size_t n, const void *bytes,
                    genmod_workspace *w)
{
    const codec_file *f;
    const char *element, *print;
    char mine[17];
    int32_t status = codec_open(n, bytes, 1, &f, w);

    if (!status)
        status = check_kind(f, w);
    if (!status)
        status = codec_read_text(f, ELEMENT, &element, w);
    if (!status)
        status = codec_read_text(f, PARAMETERS, &print, w);
    if (status)
        return status;
    fingerprint(s->reference, mine);
    if (!base_same(element, "f32") && !base_same(element, "f64"))
        return base_fail(w, GENMOD_BAD_BYTES, ELEMENT " is \"%s\"", element);
    if (!base_same(print, mine))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the file's sums were made under other parameters");
    return take(s, f, element, w);
}

int32_t gmm_statistics_load(gmm_statistics *s, size_t n, const void *bytes,
                            genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!s || !bytes)
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", s ? "bytes" : "s");
    else
        status = load(s, n, bytes, w);
    return base_leave(&call, status);
}
