/* Inside room `model`: from a graph of the engine to one of ONNX.
 *
 * What no input reaches is computed here, by the engine itself, and becomes the
 * file's tensors: a spectral norm, running statistics and the like are gone.
 * What is left is translated node by node, with one table of operators
 * (onnx_ops.c). ONNX has the channels of images first: a value of rank 4 may be
 * there in either order, and is turned only where someone asks for the other.
 */
#ifndef MODEL_ONNX_H
#define MODEL_ONNX_H

#include "model/model.h"

/* Orders of a value's axes: as in the graph; channels first. */
enum { ONNX_PLAIN, ONNX_FIRST };

typedef struct onnx_value {
    const char *name[2]; /* in either order; NULL: not there (yet) */
    const float *data;   /* of a tensor of the file, plain */
    unsigned char fixed; /* no input reaches it */
    unsigned char asked; /* something reads it */
} onnx_value;

typedef struct model_onnx {
    const model_draft *f;
    ad_graph *ad;
    codec_graph to;
    onnx_value *value;   /* [nodes] */
    unsigned char *used; /* [variables]: a tensor has its name */
    const char *door;    /* an input that counts the rows */
    const char *rows;    /* their number, [1]; NULL: not asked for yet */
    genmod_workspace *w;
} model_onnx;

/* ---- onnx_value.c -------------------------------------------------------- */

/* A node of the graph as it is translated: operators over what is broadcast
 * read the operand, as ONNX broadcasts by itself; a greatest cell of a window
 * reads no index; an image that is repeated is "upsample", by a factor i[0]. */
void onnx_item(const model_onnx *e, ad_node y, ad_item *out);
/* 1: axis i of both shapes is as long, with any number of rows. */
int onnx_same_axis(const ad_shape *a, const ad_shape *b, int32_t i);
/* The name of a node's value in an order; makes what is not there. */
const char *onnx_name(model_onnx *e, ad_node y, int order);
/* The same of a fixed one with its axes in another order. */
const char *onnx_turned(model_onnx *e, ad_node y, const int32_t *axes);
/* The order that the operands are there in: ONNX_FIRST if one is there so, and
 * only so. */
int onnx_order(const model_onnx *e, const ad_item *r);
void onnx_set(model_onnx *e, ad_node y, int order, const char *name);
/* Axis i of a shape of that rank, in an order. */
int32_t onnx_axis(int order, int32_t i);

/* Tensors of the file. */
const char *onnx_ints(model_onnx *e, size_t n, const int64_t *v); /* [n] */
const char *onnx_floats(model_onnx *e, size_t n, const float *v); /* [n] */
const char *onnx_scalar(model_onnx *e, double v);
/* A shape as Reshape takes it: -1 for rows. */
const char *onnx_shape(model_onnx *e, const ad_shape *s, int order);
/* And as Expand does: the rows are counted unless `rowed`, 1 for them then. */
const char *onnx_extent(model_onnx *e, const ad_shape *s, int order, int rowed);
const char *onnx_rows(model_onnx *e, int64_t mul, int64_t div); /* [1] */

/* Nodes of the file: of operands up to the first NULL. */
const char *onnx_node(model_onnx *e, const char *op, const char *a,
                      const char *b, const char *c);
const char *onnx_cast(model_onnx *e, const char *a, int32_t type);
const char *onnx_reshape(model_onnx *e, const char *a, size_t n,
                         const int64_t *shape);
const char *onnx_with(model_onnx *e, const char *op, const char *a,
                      const char *b, size_t n, const codec_attribute *with);

/* ---- onnx_ops.c, onnx_image.c -------------------------------------------- */

/* Translates a node; GENMOD_UNSUPPORTED, with its operator's name. */
int32_t onnx_translate(model_onnx *e, ad_node y);

typedef void onnx_rule(model_onnx *e, ad_node y, const ad_item *r);
onnx_rule onnx_conv, onnx_conv_x, onnx_average, onnx_greatest_cell;
onnx_rule onnx_bilinear, onnx_upsample;

/* ---- onnx_door.c, onnx_cells.c ------------------------------------------- */

/* Numbers of the columns as a tensor [1, d], or [] where all are one. */
const char *onnx_row(model_onnx *e, size_t d, const double *v, int wide);
/* op(a) of columns that are flagged; the others keep a, op being applied to a
 * harmless number in their place. */
const char *onnx_of_some(model_onnx *e, size_t d, const double *flags,
                         const char *op, const char *a);
/* Numbers y [n, d] as cells. */
const char *onnx_cells(model_onnx *e, size_t d, const model_cells *c,
                       const char *y);
/* An input [batch, d] as the program's "x" and "mask", a label as "label", what
 * is not drawn as "noise". */
void onnx_enter(model_onnx *e, const model_port *p);
/* Output `node`, as the file's. */
void onnx_leave(model_onnx *e, ad_node y, const model_port *p);

#endif
