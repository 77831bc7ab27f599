/* What a model is made of: networks, weights, columns, and a family's own. */
#include <assert.h>
#include <string.h>

#include "model/model.h"

#define PANEL 256                 /* most rows of a const call's program */
#define ARENA ((size_t)512 << 10) /* that its arena should not pass */

/* Groups of variables: those of the players, and behind them all others. */
#define FIXED MODEL_PLAYERS

/* ---- declaring ----------------------------------------------------------- */

int32_t model_body_input(const genmod_config *c, const model_schema *s,
                         model_body *b, genmod_workspace *w)
{
    const char *const text = base_config_str(c, "input");
    nn_size *const out = &b->columns.size;
    int32_t status;

    if (s->d && s->d <= b->targets)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has %u columns, of which %u are targets",
                         (uint64_t)s->d, (uint64_t)b->targets);
    b->d = s->d ? s->d - b->targets : 0;
    *out = (nn_size){.rank = 1, .n = (int64_t)b->d};
    if (!text[0])
        return GENMOD_OK;
    status = nn_size_parse("option \"input\"", text, out, w);
    if (status)
        return status;
    b->d = (size_t)nn_size_elements(out);
    if (nn_size_elements(out) > MODEL_MOST_COLUMNS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"input\": %s has %i columns; a row may have "
                         "%i",
                         text, nn_size_elements(out),
                         (int64_t)MODEL_MOST_COLUMNS);
    if (!s->d || s->d == b->d + b->targets)
        return GENMOD_OK;
    if (b->targets)
        return base_fail(
            w, GENMOD_BAD_ARGUMENT,
            "x has %u columns; option \"input\" is %s, %u columns, "
            "before %u targets",
            (uint64_t)s->d, text, (uint64_t)b->d, (uint64_t)b->targets);
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "x has %u columns; option \"input\" is %s, %u columns",
                     (uint64_t)s->d, text, (uint64_t)b->d);
}

int32_t model_body_net(model_body *b, nn_net *net, const char *prefix,
                       const nn_net *tied, genmod_workspace *w)
{
    assert(b->nets < MODEL_NETS);
    b->net[b->nets++] = net;
    return nn_declare(net, b->store, prefix, 0, tied, w);
}

int32_t model_body_player_net(model_body *b, nn_net *net, const char *prefix,
                              size_t player, genmod_workspace *w)
{
    assert(b->nets < MODEL_NETS && player < MODEL_PLAYERS);
    b->net[b->nets++] = net;
    return nn_declare(net, b->store, prefix, (int32_t)player, NULL, w);
}

int32_t model_body_fixed_net(model_body *b, nn_net *net, const char *prefix,
                             genmod_workspace *w)
{
    assert(b->nets < MODEL_NETS);
    b->net[b->nets++] = net;
    return nn_declare(net, b->store, prefix, FIXED, NULL, w);
}

void model_body_array(model_body *b, const char *name, int32_t type,
                      int32_t bound, size_t n)
{
    assert(b->arrays < MODEL_ARRAYS);
    b->array[b->arrays++] =
        (model_array){.name = name, .type = type, .bound = bound, .n = n};
}

void *model_body_find(const model_body *b, const char *name)
{
    for (size_t i = 0; i < b->arrays; i++)
        if (base_same(b->array[i].name, name))
            return b->array[i].data;
    return NULL;
}

int model_is_named(const char *name, const char *head, const char *tail)
{
    const size_t n = strlen(name), h = strlen(head), t = strlen(tail);

    return n >= h + t && memcmp(name, head, h) == 0 &&
           memcmp(name + n - t, tail, t) == 0;
}

static int32_t declare(const genmod_config *c, const model_schema *s,
                       model_body *b, genmod_workspace *w)
{
    int32_t status = ad_store_new(GENMOD_F32, &b->store, w);

    if (!status)
        status = b->family->declare(c, s, b, w);
    if (status)
        return status;
    b->z = (size_t)nn_size_elements(&b->codes.size);
    b->mean_weight = 1;
    b->target.size = (nn_size){.rank = 1, .n = (int64_t)b->targets};
    b->rows.size = (nn_size){.rank = 1, .n = (int64_t)(b->d + b->targets)};
    model_body_array(b, MODEL_CENTER, GENMOD_F64, MODEL_ANY, b->d + b->targets);
    model_body_array(b, MODEL_SCALE, GENMOD_F64, MODEL_POSITIVE,
                     b->d + b->targets);
    if (b->schema.kinds) {
        model_body_array(b, MODEL_KINDS, CODEC_I32, MODEL_ANY, b->d);
        model_body_array(b, MODEL_LEVELS, CODEC_I32, MODEL_ANY, b->d);
    }
    return GENMOD_OK;
}

int32_t model_body_new(const model_family *f, const genmod_config *c,
                       const model_schema *s, model_body **out,
                       genmod_workspace *w)
{
    model_body *const b = base_alloc_zero(w, 1, f->body);
    int32_t status = b ? GENMOD_OK : base_status(w);

    *out = NULL;
    if (!status) {
        b->family = f;
        if (f->schema)
            b->schema = *s;
        status = declare(c, s, b, w);
    }
    if (status)
        model_body_free(b);
    else
        *out = b;
    return status;
}

void model_body_free(model_body *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < MODEL_PROGRAMS; i++)
        ad_program_free(b->program[i]);
    for (size_t i = 0; i < b->nets; i++)
        nn_net_free(b->net[i]);
    if (b->family && b->family->dispose)
        b->family->dispose(b);
    ad_store_free(b->store);
    base_free(b->numbers);
    base_free(b);
}

/* ---- values -------------------------------------------------------------- */

/* Bytes of an array, in whole cache lines. */
static size_t bytes_of(const model_array *a)
{
    const size_t bytes = a->n * codec_type_bytes(a->type);

    return (bytes + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
}

static size_t count_bytes(const model_body *b)
{
    size_t n = 2 * b->z * sizeof(double);

    for (size_t i = 0; i < b->arrays; i++)
        n += bytes_of(&b->array[i]);
    return n;
}

/* The schema was the caller's until now. */
static void own_schema(model_body *b)
{
    int32_t *const kinds = model_body_find(b, MODEL_KINDS);
    int32_t *const levels = model_body_find(b, MODEL_LEVELS);

    if (!kinds)
        return;
    memcpy(kinds, b->schema.kinds, b->d * sizeof *kinds);
    if (b->schema.levels)
        memcpy(levels, b->schema.levels, b->d * sizeof *levels);
    if (b->columns.kind == b->schema.kinds)
        b->columns.kind = kinds;
    b->columns.levels = levels;
    b->schema.kinds = kinds;
    b->schema.levels = levels;
}

int32_t model_body_seal(model_body *b, genmod_workspace *w)
{
    char *at = base_alloc_zero(w, 1, count_bytes(b));

    if (!at)
        return base_status(w);
    b->numbers = at;
    for (size_t i = 0; i < b->arrays; i++) {
        b->array[i].data = at;
        at += bytes_of(&b->array[i]);
    }
    own_schema(b);
    b->rows.center = b->columns.center = model_body_find(b, MODEL_CENTER);
    b->rows.scale = b->columns.scale = model_body_find(b, MODEL_SCALE);
    b->target.center = b->columns.center + b->d;
    b->target.scale = b->columns.scale + b->d;
    b->codes.center = (void *)at;
    b->codes.scale = b->codes.center + b->z;
    for (size_t i = 0; i < b->z; i++)
        b->codes.scale[i] = 1;
    return ad_store_seal(b->store, 0, w);
}

const nn_columns *model_body_rows(const model_body *b)
{
    return b->targets ? &b->rows : &b->columns;
}

void model_body_split(const model_body *b, size_t n, const float *rows,
                      float *x, float *targets)
{
    const size_t wide = b->d + b->targets;

    for (size_t i = 0; i < n; i++) {
        const float *const row = rows + i * wide;

        for (size_t j = 0; j < b->d; j++)
            x[i * b->d + j] = row[model_column_of(&b->columns.size, j)];
        for (size_t j = 0; targets && j < b->targets; j++)
            targets[i * b->targets + j] = row[b->d + j];
    }
}

size_t model_body_parameters(const model_body *b)
{
    size_t n = 0;

    for (size_t i = 0; i < ad_store_count(b->store); i++)
        if (ad_store_kind(b->store, i) == AD_TRAINED &&
            ad_store_group(b->store, i) != FIXED)
            n += (size_t)ad_elements(ad_store_shape(b->store, i));
    return n;
}

void model_body_copy(model_body *to, const model_body *from)
{
    memcpy(ad_store_values(to->store), ad_store_values(from->store),
           ad_store_total(from->store) * sizeof(float));
    memcpy(to->numbers, from->numbers, count_bytes(from));
    to->mean_weight = from->mean_weight;
}

/* ---- programs ------------------------------------------------------------ */

static int32_t compile_panel(const model_body *b, size_t program,
                             ad_program **out, genmod_workspace *w)
{
    for (size_t rows = PANEL;; rows /= 4) {
        const int32_t status = b->family->compile(b, program, rows, out, w);

        if (status || !*out || rows == 1 || ad_program_bytes(*out, 1) <= ARENA)
            return status;
        ad_program_free(*out);
        *out = NULL;
    }
}

int32_t model_body_compile(model_body *b, genmod_workspace *w)
{
    const size_t n = b->family->programs;
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < n && !status; i++)
        status = compile_panel(b, i, &b->program[i], w);
    for (size_t i = 0; i < n && !status; i++) {
        const size_t bytes =
            b->program[i] ? ad_program_bytes(b->program[i], 1) : 0;

        b->arena = bytes > b->arena ? bytes : b->arena;
    }
    b->arena = (b->arena + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
    return status;
}
