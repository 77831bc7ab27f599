/* All tables of kernels that this CPU can run, and cells of either type. */
#ifndef TESTS_KERN_TABLES_H
#define TESTS_KERN_TABLES_H

#include "support/test.h"

#include "kern/kern.h"

#define TABLES 8

/* Returns their number; at most TABLES. */
static inline size_t tables(const kern_ops *out[TABLES])
{
    static const int32_t types[] = {GENMOD_F32, GENMOD_F64};
    base_call call;
    genmod_workspace *const w = base_enter(&call, NULL, NULL);
    size_t n = 0;

    assert_non_null(w);
    for (int32_t cpu = 0; cpu <= base_cpu(w); cpu++) {
        for (size_t t = 0; t < 2; t++) {
            const kern_ops *const ops = kern_ops_of(cpu, types[t]);

            if (ops)
                out[n++] = ops;
        }
    }
    assert_status(base_leave(&call, 0), GENMOD_OK, NULL);
    assert_true(n >= 2);
    return n;
}

/* Those of graphs: kern_ops_of_graph(). */
static inline size_t graph_tables(const kern_ops *out[TABLES])
{
    const size_t all = tables(out);
    size_t n = 0;

    for (size_t t = 0; t < all; t++)
        if (kern_ops_of_graph(out[t]->cpu, out[t]->type) == out[t])
            out[n++] = out[t];
    return n;
}

static inline double get(const kern_ops *ops, const void *p, size_t i)
{
    return ops->type == GENMOD_F32 ? (double)((const float *)p)[i]
                                   : ((const double *)p)[i];
}

static inline void put(const kern_ops *ops, void *p, size_t i, double v)
{
    if (ops->type == GENMOD_F32)
        ((float *)p)[i] = (float)v;
    else
        ((double *)p)[i] = v;
}

static inline void *at(const kern_ops *ops, void *p, size_t i)
{
    return (char *)p + i * ops->bytes;
}

static inline double epsilon(const kern_ops *ops)
{
    return ops->type == GENMOD_F32 ? 0x1p-24 : 0x1p-53;
}

/* n aligned elements, holding numbers that no kernel should leave. */
static inline void *elements(const kern_ops *ops, size_t n)
{
    void *const p = aligned_alloc(64, (n * ops->bytes + 127) / 64 * 64);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        put(ops, p, i, -777.25);
    return p;
}

/* In (-1, 1), a multiple of 2^-20: exact in either type. */
static inline double uneven(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (double)(*state >> 43) * 0x1p-20 - 1 + 0x1p-21;
}

static inline void *random_elements(const kern_ops *ops, size_t n,
                                    uint64_t seed)
{
    void *const p = elements(ops, n);

    for (size_t i = 0; i < n; i++)
        put(ops, p, i, uneven(&seed));
    return p;
}

#endif
