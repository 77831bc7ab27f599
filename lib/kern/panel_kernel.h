/* Rows of a view -> a centred, scaled panel (kern.h), a square of LANES rows
 * and columns at a time. Included by set.c alone. */
#ifndef KERN_PANEL_KERNEL_H
#define KERN_PANEL_KERNEL_H

/* n cells of row i from column c on, as REAL. */
static void fetch(const base_view *v, size_t i, size_t c, size_t n, REAL *out)
{
    const int64_t step = v->col_stride;
    const int64_t first = (int64_t)i * v->row_stride + (int64_t)c * step;
    const double scale = v->scaled ? v->scale : 1;
    const double shift = v->scaled ? v->shift : 0;

    if (v->type == GENMOD_F32) {
        const float *const x = (const float *)v->rows + first;

        for (size_t j = 0; j < n; j++)
            out[j] = (REAL)(scale * (double)x[(int64_t)j * step] + shift);
    } else if (v->type == GENMOD_F64) {
        const double *const x = (const double *)v->rows + first;

        for (size_t j = 0; j < n; j++)
            out[j] = (REAL)(scale * x[(int64_t)j * step] + shift);
    } else {
        const uint8_t *const x = (const uint8_t *)v->rows + first;

        for (size_t j = 0; j < n; j++)
            out[j] = (REAL)(scale * x[(int64_t)j * step] + shift);
    }
}

/* A view whose rows are vectors already. */
static int is_direct(const base_view *v)
{
    return v->type == (KERN_BITS == 32 ? GENMOD_F32 : GENMOD_F64) &&
           !v->scaled && v->col_stride == 1;
}

/* Columns c … c + n - 1 of row i; of rows past the end, the center, which
 * becomes the panel's zero. */
INLINE vec row_part(const base_view *v, int direct, size_t m, size_t i,
                    size_t c, size_t n, const REAL *center)
{
    REAL part[LANES] = {0};

    if (i < m && direct && n == LANES)
        return v_loadu((const REAL *)v->rows + (int64_t)i * v->row_stride +
                       (int64_t)c);
    if (i < m)
        fetch(v, i, c, n, part);
    else
        for (size_t j = 0; j < n; j++)
            part[j] = center[c + j];
    return v_loadu(part);
}

static int pack(const base_view *v, size_t m, size_t d, const void *centers,
                const void *scales, void *cells)
{
    const REAL *const center = centers, *const scale = scales;
    REAL *const panel = cells;
    const size_t rows = (m + 15) / 16 * 16;
    const int direct = is_direct(v);
    vec finite = v_zero(); /* 0 x is 0, or NaN */

    for (size_t i = 0; i < rows; i += LANES) {
        for (size_t c = 0; c < d; c += LANES) {
            const size_t n = d - c < LANES ? d - c : LANES;
            vec square[LANES];

            for (size_t l = 0; l < LANES; l++) {
                square[l] = row_part(v, direct, m, i + l, c, n, center);
                finite = v_add(finite, v_mul(square[l], v_zero()));
            }
            v_transpose(square);
            for (size_t l = 0; l < n; l++)
                v_store(panel + (c + l) * KERN_ROWS + i,
                        v_mul(v_sub(square[l], v_set1(center[c + l])),
                              v_set1(scale[c + l])));
        }
    }
    return v_sum(finite) == 0;
}

#endif
