/* A part of the door of room `model`, which includes it: graphs for others. */
#ifndef MODEL_EXPORT_H
#define MODEL_EXPORT_H

/* Cells of a table, made of an output's numbers y in doubles: q(y) scale +
 * center, its exponential, that less 1 and rounded down, each where it is asked
 * for, and held between least and most, which are floats. q is a curve: lines
 * over equal segments of y from -reach to reach. */
typedef struct model_cells {
    size_t segments, curves; /* curves 0: q(y) = y everywhere */
    double reach;
    double *knots;          /* [curves, segments + 1] */
    int64_t *curve;         /* [d]: which one; -1: none */
    double *scale, *center; /* [d] */
    double *power, *whole;  /* [d]: 1 or 0 */
    double *least, *most;   /* [d] */
} model_cells;

/* A value of an ONNX file: rows [batch, …]. */
typedef struct model_port {
    const char *name;
    const nn_columns *columns; /* whose order the rows have; NULL: none */
    int32_t cells; /* 1: of an output: the cells of the columns, and not what
                      networks see of them */
    const model_cells *table; /* how they are made; NULL: by their scale */
    int32_t whole;            /* 1: of an output: whole numbers */
} model_port;

#define MODEL_OUTPUTS 2

typedef struct model_graph {
    const char *part;              /* of the model */
    model_port in;                 /* the program's "x", and its "mask" */
    model_port out[MODEL_OUTPUTS]; /* its outputs, in their order */
} model_graph;

/* Instead of model_draft_close(): the graph in ONNX, of a draft without
 * successors and gradients. An input "label" stays one, of whole numbers.
 * Two-call, as codec_write(). GENMOD_UNSUPPORTED, with its name, for an
 * operator that ONNX has not. */
int32_t model_draft_export(model_draft *f, const model_graph *o, size_t cap,
                           void *out, size_t *need);
/* The arguments of a family's public call; *at: the place of the part among the
 * n names. */
int32_t model_check_export(const model *m, const char *part, size_t n,
                           const char *const *parts, size_t *at, size_t cap,
                           const void *out, genmod_workspace *w);

#endif
