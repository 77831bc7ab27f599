/* A part of the door of room `model`, which includes it: graphs for others. */
#ifndef MODEL_EXPORT_H
#define MODEL_EXPORT_H

/* A value of an ONNX file: rows [batch, …]. */
typedef struct model_port {
    const char *name;
    const nn_columns *columns; /* whose order the rows have; NULL: none */
    int32_t cells; /* 1: of an output: the cells of the columns, and not what
                      networks see of them */
    int32_t whole; /* 1: of an output: whole numbers */
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
