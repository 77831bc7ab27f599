/* Random and constant values of variables: functions of the seed and a
 * variable's name alone. */
#include "nn/internal.h"

/* Numbers of one row of the stream: a weight may have more than the blocks of
 * one row count. */
#define CHUNK 1024

/* Iterations from a random pair, so that an evaluation before the first update
 * divides by something near the norm (and not by a chance product near 0). */
#define SPECTRAL_STARTS 15

/* The site of a name's draws: FNV-1a. */
static uint32_t site_of(const char *name)
{
    uint32_t hash = UINT32_C(2166136261);

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
    return hash;
}

static void put(const nn_filling *f, int32_t index, size_t first, size_t n,
                const double *v)
{
    void *const place = ad_store_value(f->s, (size_t)index);

    for (size_t i = 0; i < n; i++) {
        if (ad_store_type(f->s) == GENMOD_F64)
            ((double *)place)[first + i] = v[i];
        else
            ((float *)place)[first + i] = (float)v[i];
    }
}

static size_t elements(const nn_filling *f, int32_t index)
{
    return (size_t)ad_elements(ad_store_shape(f->s, (size_t)index));
}

void nn_fill(const nn_filling *f, int32_t index, double v)
{
    const size_t n = elements(f, index);

    for (size_t i = 0; i < n; i++)
        put(f, index, i, 1, &v);
}

static size_t chunk_of(size_t n, size_t first)
{
    return n - first < CHUNK ? n - first : CHUNK;
}

static void normal_chunk(const nn_filling *f, int32_t index, size_t first,
                         size_t n, double *out)
{
    kern_normals(f->f64, f->seed, first / CHUNK,
                 site_of(ad_store_name(f->s, (size_t)index)), n, out);
}

void nn_fill_normal(const nn_filling *f, int32_t index, double deviation)
{
    const size_t n = elements(f, index);
    double x[CHUNK];

    for (size_t first = 0; first < n; first += CHUNK) {
        const size_t m = chunk_of(n, first);
        normal_chunk(f, index, first, m, x);
        for (size_t i = 0; i < m; i++)
            x[i] *= deviation;
        put(f, index, first, m, x);
    }
}

void nn_fill_uniform(const nn_filling *f, int32_t index, double bound)
{
    const uint32_t site = site_of(ad_store_name(f->s, (size_t)index));
    const size_t n = elements(f, index);
    double x[CHUNK];

    for (size_t first = 0; first < n; first += CHUNK) {
        const size_t m = chunk_of(n, first);
        for (size_t i = 0; i < m; i++) {
            uint32_t bits[4];
            base_random(f->seed, first / CHUNK, site, (uint32_t)(i / 2), bits);
            const uint32_t *const mine = bits + i % 2 * 2;
            x[i] = bound * (2 * base_uniform(mine[0], mine[1]) - 1);
        }
        put(f, index, first, m, x);
    }
}

int32_t nn_fill_orthogonal(const nn_filling *f, const nn_layer *l)
{
    const ad_shape shape = nn_weight_shape(l);
    const size_t all = elements(f, l->weight);
    const size_t last = (size_t)shape.dim[shape.rank - 1];
    const size_t rest = all / last;
    const int upright = rest > last;
    const size_t n = upright ? last : rest, m = upright ? rest : last;
    double *const a = base_alloc(f->w, all, sizeof *a);
    int32_t status;

    if (!a)
        return base_status(f->w);
    for (size_t first = 0; first < all; first += CHUNK)
        normal_chunk(f, l->weight, first, chunk_of(all, first), a + first);
    status = nn_orthonormal_rows(n, m, a, f->w);
    for (size_t i = 0; !status && i < n; i++) {
        for (size_t j = 0; j < m; j++)
            put(f, l->weight, upright ? j * n + i : i * m + j, 1,
                &a[i * m + j]);
    }
    base_free(a);
    return status;
}

static void take(const nn_filling *f, int32_t index, size_t n, double *out)
{
    const void *const place = ad_store_value(f->s, (size_t)index);

    for (size_t i = 0; i < n; i++)
        out[i] = ad_store_type(f->s) == GENMOD_F64
                     ? ((const double *)place)[i]
                     : (double)((const float *)place)[i];
}

int32_t nn_fill_spectral(const nn_filling *f, const nn_layer *l)
{
    const size_t last = elements(f, l->state[0]);
    const size_t rest = elements(f, l->state[1]);
    double *const a = base_alloc(f->w, last * rest, sizeof *a);
    double *const u = base_alloc(f->w, last, sizeof *u);
    double *const v = base_alloc(f->w, rest, sizeof *v);
    const int32_t status = a && u && v ? GENMOD_OK : base_status(f->w);

    if (!status) {
        take(f, l->weight, last * rest, a);
        for (size_t first = 0; first < last; first += CHUNK)
            normal_chunk(f, l->state[0], first, chunk_of(last, first),
                         u + first);
        nn_power_iteration(rest, last, a, SPECTRAL_STARTS, u, v);
        put(f, l->state[0], 0, last, u);
        put(f, l->state[1], 0, rest, v);
    }
    base_free(a);
    base_free(u);
    base_free(v);
    return status;
}
