/* ONNX: a graph's pieces, encoded one by one, and the model around them. Field
 * numbers are those of onnx.proto. */
#include <assert.h>
#include <string.h>

#include "codec/internal.h"

#define IR_VERSION 7
#define OPSET 13
#define MOST_BYTES INT32_MAX /* of a message */

#define GRAPH 7
enum { NODE = 1, NAME = 2, INITIALIZER = 5, INPUT = 11, OUTPUT = 12 };

/* An encoded field of the graph; a tensor's data follow it. */
struct codec_piece {
    codec_piece *next;
    const unsigned char *bytes;
    size_t n;
    const void *data; /* borrowed */
    size_t n_data;
};

/* TensorProto.DataType */
int32_t codec_onnx_type(int32_t type)
{
    return type == GENMOD_F32   ? 1
           : type == GENMOD_F64 ? 11
           : type == CODEC_BOOL ? 9
                                : 7;
}

/* ---- pieces -------------------------------------------------------------- */

static codec_piece *append(codec_graph *g, codec_list *list)
{
    codec_piece *const p = g->status ? NULL : base_scratch(g->w, 1, sizeof *p);

    if (!p) {
        g->status = g->status ? g->status : base_status(g->w);
        return NULL;
    }
    *p = (codec_piece){0};
    if (list->last)
        list->last->next = p;
    else
        list->first = p;
    list->last = p;
    return p;
}

/* Encodes a message into a new piece of a list. */
static void add(codec_graph *g, codec_list *list, uint32_t field,
                codec_body *body, const void *arg)
{
    codec_piece *const p = append(g, list);
    codec_sink s = {NULL, 0};

    if (!p)
        return;
    codec_put_message(&s, field, body, arg);
    s.out = base_scratch(g->w, s.at, 1);
    if (!s.out) {
        g->status = base_status(g->w);
        return;
    }
    p->bytes = s.out;
    p->n = s.at;
    s.at = 0;
    codec_put_message(&s, field, body, arg);
}

const char *codec_graph_name(codec_graph *g, const char *stem)
{
    const size_t n = strlen(stem);
    const size_t head = n + (n != 0);
    char *const name = g->status ? NULL : base_scratch(g->w, n + 32, 1);

    if (!name) {
        g->status = g->status ? g->status : base_status(g->w);
        return "";
    }
    memcpy(name, stem, n);
    if (n)
        name[n] = '/';
    name[head + base_format_i64(g->names++, name + head)] = 0;
    return name;
}

/* ---- inputs and outputs -------------------------------------------------- */

typedef struct port {
    const char *name;
    int32_t type, rank;
    const int64_t *shape;
} port;

static void put_size(codec_sink *s, const void *arg)
{
    const int64_t n = *(const int64_t *)arg;

    if (n == CODEC_BATCH)
        codec_put_text(s, 2, "batch");
    else
        codec_put_int(s, 1, n);
}

static void put_shape(codec_sink *s, const void *arg)
{
    const port *const p = arg;

    for (int32_t i = 0; i < p->rank; i++)
        codec_put_message(s, 1, put_size, &p->shape[i]);
}

static void put_tensor_type(codec_sink *s, const void *arg)
{
    codec_put_int(s, 1, codec_onnx_type(((const port *)arg)->type));
    codec_put_message(s, 2, put_shape, arg);
}

static void put_type(codec_sink *s, const void *arg)
{
    codec_put_message(s, 1, put_tensor_type, arg);
}

static void put_port(codec_sink *s, const void *arg)
{
    codec_put_text(s, 1, ((const port *)arg)->name);
    codec_put_message(s, 2, put_type, arg);
}

void codec_graph_input(codec_graph *g, const char *name, int32_t type,
                       int32_t rank, const int64_t *shape)
{
    const port p = {name, type, rank, shape};

    add(g, &g->inputs, INPUT, put_port, &p);
}

void codec_graph_output(codec_graph *g, const char *name, int32_t type,
                        int32_t rank, const int64_t *shape)
{
    const port p = {name, type, rank, shape};

    add(g, &g->outputs, OUTPUT, put_port, &p);
}

/* ---- tensors ------------------------------------------------------------- */

static size_t tensor_bytes(const port *p)
{
    size_t n = p->type == GENMOD_F32 ? 4 : 8;

    for (int32_t i = 0; i < p->rank; i++)
        n *= (size_t)p->shape[i];
    return n;
}

/* All of a TensorProto but its data, which stand last. */
static void put_tensor(codec_sink *s, const void *arg)
{
    const port *const p = arg;

    for (int32_t i = 0; i < p->rank; i++)
        codec_put_int(s, 1, p->shape[i]);
    codec_put_int(s, 2, codec_onnx_type(p->type));
    codec_put_text(s, 8, p->name);
    codec_put_head(s, 9, tensor_bytes(p));
}

static void put_tensor_head(codec_sink *s, const port *p)
{
    codec_sink size = {NULL, 0};

    put_tensor(&size, p);
    codec_put_head(s, INITIALIZER, size.at + tensor_bytes(p));
    put_tensor(s, p);
}

void codec_graph_tensor(codec_graph *g, const char *name, int32_t type,
                        int32_t rank, const int64_t *shape, const void *data)
{
    const port t = {name, type, rank, shape};
    codec_piece *const p = append(g, &g->tensors);
    codec_sink s = {NULL, 0};

    if (!p)
        return;
    put_tensor_head(&s, &t);
    s.out = base_scratch(g->w, s.at, 1);
    if (!s.out) {
        g->status = base_status(g->w);
        return;
    }
    *p = (codec_piece){
        .bytes = s.out, .n = s.at, .data = data, .n_data = tensor_bytes(&t)};
    s.at = 0;
    put_tensor_head(&s, &t);
}

/* ---- nodes --------------------------------------------------------------- */

typedef struct node {
    const char *op, *out;
    size_t n, n_attributes;
    const char *const *in;
    const codec_attribute *attributes;
} node;

/* AttributeProto.AttributeType */
enum { FLOAT = 1, INT = 2, STRING = 3, INTS = 7 };

static void put_attribute(codec_sink *s, const void *arg)
{
    const codec_attribute *const a = arg;

    codec_put_text(s, 1, a->name);
    if (a->n) {
        for (size_t i = 0; i < a->n; i++)
            codec_put_int(s, 8, a->ints[i]);
        codec_put_int(s, 20, INTS);
    } else if (a->text) {
        codec_put_text(s, 4, a->text);
        codec_put_int(s, 20, STRING);
    } else if (a->real) {
        codec_put_float(s, 2, a->f);
        codec_put_int(s, 20, FLOAT);
    } else {
        codec_put_int(s, 3, a->i);
        codec_put_int(s, 20, INT);
    }
}

static void put_node(codec_sink *s, const void *arg)
{
    const node *const o = arg;

    for (size_t i = 0; i < o->n; i++)
        codec_put_text(s, 1, o->in[i]);
    codec_put_text(s, 2, o->out);
    codec_put_text(s, 4, o->op);
    for (size_t i = 0; i < o->n_attributes; i++)
        codec_put_message(s, 5, put_attribute, &o->attributes[i]);
}

const char *codec_graph_node(codec_graph *g, const char *op, size_t n,
                             const char *const *in, size_t n_attributes,
                             const codec_attribute *attributes, const char *out)
{
    const node o = {.op = op,
                    .out = out ? out : codec_graph_name(g, ""),
                    .n = n,
                    .in = in,
                    .n_attributes = n_attributes,
                    .attributes = attributes};

    add(g, &g->nodes, NODE, put_node, &o);
    return o.out;
}

/* ---- the file ------------------------------------------------------------ */

typedef struct file {
    const codec_graph *g;
    const char *name;
    size_t n_texts;
    const codec_text *texts;
} file;

static void put_list(codec_sink *s, const codec_list *list)
{
    for (const codec_piece *p = list->first; p; p = p->next) {
        codec_put_raw(s, p->n, p->bytes);
        codec_put_raw(s, p->n_data, p->data);
    }
}

static void put_graph(codec_sink *s, const void *arg)
{
    const file *const f = arg;

    put_list(s, &f->g->nodes);
    codec_put_text(s, NAME, f->name);
    put_list(s, &f->g->tensors);
    put_list(s, &f->g->inputs);
    put_list(s, &f->g->outputs);
}

static void put_opset(codec_sink *s, const void *arg)
{
    (void)arg;
    codec_put_text(s, 1, "");
    codec_put_int(s, 2, OPSET);
}

static void put_entry(codec_sink *s, const void *arg)
{
    codec_put_text(s, 1, ((const codec_text *)arg)->key);
    codec_put_text(s, 2, ((const codec_text *)arg)->value);
}

/* "1.0.0" */
static void put_version(codec_sink *s)
{
    const int32_t v = genmod_version();
    const int32_t parts[3] = {v / 1000000, v / 1000 % 1000, v % 1000};
    char text[64];
    size_t n = 0;

    for (int i = 0; i < 3; i++) {
        n += base_format_i64(parts[i], text + n);
        text[n++] = '.';
    }
    codec_put_bytes(s, 3, n - 1, text);
}

static void put_model(codec_sink *s, const file *f)
{
    codec_put_int(s, 1, IR_VERSION);
    codec_put_text(s, 2, "libgenmod");
    put_version(s);
    codec_put_message(s, GRAPH, put_graph, f);
    codec_put_message(s, 8, put_opset, NULL);
    for (size_t i = 0; i < f->n_texts; i++)
        codec_put_message(s, 14, put_entry, &f->texts[i]);
}

int32_t codec_graph_write(const codec_graph *g, const char *name,
                          size_t n_texts, const codec_text *texts, size_t cap,
                          void *out, size_t *need)
{
    const file f = {g, name, n_texts, texts};
    codec_sink s = {NULL, 0};

    if (g->status)
        return g->status;
    put_model(&s, &f);
    if (s.at > MOST_BYTES)
        return base_fail(g->w, GENMOD_UNSUPPORTED,
                         "a graph of %u bytes; the format has room for %u",
                         (uint64_t)s.at, (uint64_t)MOST_BYTES);
    if (need)
        *need = s.at;
    if (cap < s.at)
        return base_fail(g->w, GENMOD_TOO_SMALL,
                         "cap is %u; the graph takes %u bytes", (uint64_t)cap,
                         (uint64_t)s.at);
    s = (codec_sink){out, 0};
    put_model(&s, &f);
    return GENMOD_OK;
}
