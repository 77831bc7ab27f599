/* A mixture as ONNX: ln p(x) and responsibilities of rows, as the passes have
 * them (params.c), in doubles whatever the rows are: x - mean is exact near the
 * data in doubles alone. */
#include <string.h>

#include "codec/codec.h"
#include "genmod/exchange.h"
#include "gmm/noise.h"

typedef struct export
{
    const gmm_params *p;
    int32_t type;
    codec_graph g;
}
export;

/* ---- pieces -------------------------------------------------------------- */

static const char *tensor(export *e, const char *name, int32_t rank,
                          const int64_t *shape, const double *v)
{
    codec_graph_tensor(&e->g, name, GENMOD_F64, rank, shape, v);
    return name;
}

static const char *number(export *e, const char *name, double v)
{
    double *const at = base_scratch(e->g.w, 1, sizeof *at);

    if (at)
        *at = v;
    else
        e->g.status = base_status(e->g.w);
    return tensor(e, name, 0, NULL, at);
}

static const char *sizes(export *e, const char *name, size_t n,
                         const int64_t *v)
{
    int64_t *const at = base_scratch(e->g.w, n, sizeof *at);
    const int64_t length = (int64_t)n;

    if (at)
        memcpy(at, v, n * sizeof *at);
    else
        e->g.status = base_status(e->g.w);
    codec_graph_tensor(&e->g, name, CODEC_I64, 1, &length, at);
    return name;
}

static const char *node(export *e, const char *op, const char *a, const char *b)
{
    const char *const in[2] = {a, b};

    return codec_graph_node(&e->g, op, b ? 2 : 1, in, 0, NULL, NULL);
}

static const char *with(export *e, const char *op, const char *a,
                        codec_attribute how, const char *out)
{
    return codec_graph_node(&e->g, op, 1, &a, 1, &how, out);
}

static const char *cast(export *e, const char *a, int32_t type, const char *out)
{
    const codec_attribute to = {.name = "to", .i = codec_onnx_type(type)};

    return with(e, "Cast", a, to, out);
}

/* ---- the graph ----------------------------------------------------------- */

/* x' - mu of each component: [batch, k, d]. */
static const char *centred(export *e)
{
    const gmm_tables *const t = &e->p->f64;
    const int64_t d = (int64_t)e->p->d, shape[2] = {(int64_t)e->p->k, d};
    const int64_t apart[3] = {-1, 1, d};
    const char *x =
        e->type == GENMOD_F64 ? "x" : cast(e, "x", GENMOD_F64, NULL);

    x = node(e, "Sub", x, tensor(e, "center", 1, &d, t->center));
    x = node(e, "Mul", x, tensor(e, "scale", 1, &d, t->scale));
    x = node(e, "Reshape", x, sizes(e, "apart", 3, apart));
    return node(e, "Sub", x, tensor(e, "means", 2, shape, t->mu));
}

static const char *squared_sum(export *e, const char *y)
{
    const int64_t last = 2;
    const codec_attribute keep = {.name = "keepdims", .i = 0};
    const char *const in[2] = {node(e, "Mul", y, y),
                               sizes(e, "columns", 1, &last)};

    return codec_graph_node(&e->g, "ReduceSum", 2, in, 1, &keep, NULL);
}

/* |U^T e|^2 of each row and component: [batch, k]. */
static const char *distances(export *e)
{
    static const int64_t rows[3] = {1, 0, 2}, back[2] = {1, 0};
    const gmm_params *const p = e->p;
    const int64_t units = (int64_t)gmm_units(p->type, p->k);
    const int64_t d = (int64_t)p->d, shape[3] = {units, d, d};
    const codec_attribute to_units = {.name = "perm", .n = 3, .ints = rows};
    const codec_attribute to_rows = {.name = "perm", .n = 2, .ints = back};
    const double *const u = p->f64.precision;
    const char *y = centred(e);

    if (!p->type->triangle)
        return squared_sum(
            e, node(e, "Mul", y, tensor(e, "precisions", 2, shape, u)));
    if (units == 1)
        return squared_sum(
            e, node(e, "MatMul", y, tensor(e, "precisions", 2, shape + 1, u)));
    y = with(e, "Transpose", y, to_units, NULL);
    y = node(e, "MatMul", y, tensor(e, "precisions", 3, shape, u));
    return with(e, "Transpose", squared_sum(e, y), to_rows, NULL);
}

/* ln p(x, j) in scaled columns, over 1 - noise; with noise a line more. */
static const char *joint(export *e)
{
    static const int64_t behind[4] = {0, 0, 0, 1};
    const gmm_params *const p = e->p;
    const int64_t k = (int64_t)p->k;
    const char *const half =
        node(e, "Mul", distances(e), number(e, "half", -0.5));
    const char *in[3];

    in[0] = node(e, "Add", half, tensor(e, "log_norms", 1, &k, p->log_norm));
    if (!(p->noise[0] > 0))
        return in[0];
    in[1] = sizes(e, "behind", 4, behind);
    in[2] = number(e, "noise", gmm_noise_level(p));
    return codec_graph_node(&e->g, "Pad", 3, in, 0, NULL, NULL);
}

/* The Gaussians' columns. */
static const char *without_noise(export *e, const char *r)
{
    const int64_t zero = 0, one = 1, k = (int64_t)e->p->k;
    const char *in[4];

    if (!(e->p->noise[0] > 0))
        return r;
    in[0] = r;
    in[1] = sizes(e, "zero", 1, &zero);
    in[2] = sizes(e, "components", 1, &k);
    in[3] = sizes(e, "one", 1, &one);
    return codec_graph_node(&e->g, "Slice", 4, in, 0, NULL, NULL);
}

static void build(export *e)
{
    static const int64_t last = 1, flat = -1;
    const codec_attribute axes = {.name = "axes", .n = 1, .ints = &last};
    const int64_t rows[2] = {CODEC_BATCH, (int64_t)e->p->d};
    const int64_t shares[2] = {CODEC_BATCH, (int64_t)e->p->k};
    const char *l, *total;

    codec_graph_input(&e->g, "x", e->type, 2, rows);
    l = joint(e);
    total = with(e, "ReduceLogSumExp", l, axes, NULL);
    l = without_noise(e, node(e, "Exp", node(e, "Sub", l, total), NULL));
    total = node(e, "Reshape", total, sizes(e, "rows", 1, &flat));
    total = node(e, "Add", total, number(e, "log_scale", gmm_log_level(e->p)));
    cast(e, total, e->type, "log_density");
    cast(e, l, e->type, "responsibilities");
    codec_graph_output(&e->g, "log_density", e->type, 1, shares);
    codec_graph_output(&e->g, "responsibilities", e->type, 2, shares);
}

/* ---- the call ------------------------------------------------------------ */

static int32_t check(const gmm_model *m, int32_t type, size_t cap,
                     const void *out, genmod_workspace *w)
{
    if (!m || (cap && !out))
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "out" : "m");
    if (type != GENMOD_F32 && type != GENMOD_F64)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "type is %i; it must be GENMOD_F32 or GENMOD_F64",
                         (int64_t)type);
    return gmm_check_fitted(m, w);
}

static int32_t write(const gmm_model *m, int32_t type, size_t cap, void *out,
                     size_t *need, genmod_workspace *w)
{
    static const codec_text family = {"genmod.family", "gmm"};
    export e = {.type = type, .g = {.w = w}};
    const int32_t status = check(m, type, cap, out, w);

    if (status)
        return status;
    e.p = m->params;
    build(&e);
    return codec_graph_write(&e.g, "mixture", 1, &family, cap, out, need);
}

int32_t gmm_export_onnx(const gmm_model *m, int32_t type, size_t cap, void *out,
                        size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, write(m, type, cap, out, need, w));
}
