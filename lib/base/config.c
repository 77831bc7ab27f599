/* Named options. Values have fixed places, so that one config can be assigned
 * to another without an allocation. */
#include <string.h>

#include "base/internal.h"

/* Bytes of a text without choices, the ending zero among them. */
#define TEXT 1024

typedef struct value {
    int64_t i64;
    double f64;
    char *text; /* into the config's own block */
    size_t cap;
} value;

struct genmod_config {
    const base_option *options;
    size_t n;
    value values[];
};

static size_t text_bytes(const base_option *o)
{
    if (o->type != BASE_STR)
        return 0;
    return o->choices ? strlen(o->choices) + 1 : TEXT;
}

/* The option of a key, or n. Mostly the key is the very text of the table,
 * which is soon seen: a step of a small model asks some hundred times. */
static size_t find(const genmod_config *c, const char *key)
{
    size_t i = 0;

    while (i < c->n && c->options[i].key != key)
        i++;
    if (i < c->n)
        return i;
    i = 0;
    while (i < c->n && !base_same(c->options[i].key, key))
        i++;
    return i;
}

static int32_t wrong_type(genmod_workspace *w, const base_option *o,
                          const char *given)
{
    static const char *const kinds[] = {
        [BASE_I64] = "a whole number",
        [BASE_F64] = "a real number",
        [BASE_STR] = "text",
    };

    return base_fail(w, GENMOD_BAD_ARGUMENT, "option \"%s\" is %s, not %s",
                     o->key, kinds[o->type], given);
}

/* Bounds are doubles; as a whole number 2^63 stands for the largest there is.
 */
static void format_bound(const base_option *o, double bound, char *out)
{
    if (o->type == BASE_F64 || bound < -0x1p63 || bound > 0x1p63)
        base_format_f64(bound, out);
    else
        base_format_i64(bound < 0x1p63 ? (int64_t)bound : INT64_MAX, out);
}

static int32_t out_of_bounds(genmod_workspace *w, const base_option *o,
                             const char *given)
{
    char low[32], high[32];

    format_bound(o, o->minimum, low);
    format_bound(o, o->maximum, high);
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "option \"%s\" is %s; it must be from %s to %s", o->key,
                     given, low, high);
}

static int32_t put_f64(genmod_config *c, size_t i, double v,
                       genmod_workspace *w)
{
    const base_option *const o = &c->options[i];
    char given[32];

    if (v >= o->minimum && v <= o->maximum) { /* neither for NaN */
        c->values[i].f64 = v;
        return GENMOD_OK;
    }
    base_format_f64(v, given);
    return out_of_bounds(w, o, given);
}

/* As whole numbers: 2^53 + 1 is no double. */
static int is_within(const base_option *o, int64_t v)
{
    return (o->minimum < -0x1p63 || v >= (int64_t)o->minimum) &&
           (o->maximum >= 0x1p63 || v <= (int64_t)o->maximum);
}

static int32_t put_i64(genmod_config *c, size_t i, int64_t v,
                       genmod_workspace *w)
{
    const base_option *const o = &c->options[i];
    char given[32];

    if (o->type == BASE_F64)
        return put_f64(c, i, (double)v, w);
    if (is_within(o, v)) {
        c->values[i].i64 = v;
        return GENMOD_OK;
    }
    base_format_i64(v, given);
    return out_of_bounds(w, o, given);
}

/* The place of v among "a|b|c"; -1: it is none of them. */
static int32_t place_of(const char *choices, const char *v)
{
    const size_t n = strlen(v);
    int32_t place = 0;

    for (const char *at = choices;; at++, place++) {
        const size_t length = strcspn(at, "|");
        if (length == n && memcmp(at, v, n) == 0)
            return place;
        at += length;
        if (*at == '\0')
            return -1;
    }
}

static int32_t put_text(genmod_config *c, size_t i, const char *v,
                        genmod_workspace *w)
{
    const base_option *const o = &c->options[i];
    value *const to = &c->values[i];

    if (o->choices && place_of(o->choices, v) < 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"%s\" is \"%s\"; it must be one of %s",
                         o->key, v, o->choices);
    if (strlen(v) >= to->cap)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"%s\" has %u bytes; it may have %u", o->key,
                         (uint64_t)strlen(v), (uint64_t)to->cap - 1);
    memcpy(to->text, v, strlen(v) + 1);
    return GENMOD_OK;
}

/* A value of any type from text. */
static int32_t put(genmod_config *c, size_t i, const char *v,
                   genmod_workspace *w)
{
    const base_option *const o = &c->options[i];
    int64_t whole;
    double real;

    if (o->type == BASE_STR)
        return put_text(c, i, v, w);
    if (o->type == BASE_I64 && base_parse_i64(v, &whole))
        return put_i64(c, i, whole, w);
    if (o->type == BASE_F64 && base_parse_f64(v, &real))
        return put_f64(c, i, real, w);
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "option \"%s\" is \"%s\", which is not %s", o->key, v,
                     o->type == BASE_I64 ? "a whole number" : "a number");
}

int32_t base_config_new(const base_option *options, genmod_config **out,
                        genmod_workspace *w)
{
    size_t n = 0, bytes = sizeof(genmod_config);
    int32_t status = GENMOD_OK;

    *out = NULL;
    for (; options[n].key; n++)
        bytes += sizeof(value) + text_bytes(&options[n]);
    genmod_config *const c = base_alloc_zero(w, 1, bytes);
    if (!c)
        return base_status(w);
    c->options = options;
    c->n = n;
    char *text = (char *)(c->values + n);
    for (size_t i = 0; i < n && !status; i++) {
        c->values[i].text = text;
        c->values[i].cap = text_bytes(&options[i]);
        text += c->values[i].cap;
        status = put(c, i, options[i].initial, w);
    }
    if (status)
        base_free(c);
    else
        *out = c;
    return status;
}

const base_option *base_config_options(const genmod_config *c)
{
    return c->options;
}

void genmod_config_free(genmod_config *c)
{
    base_free(c);
}

static int equal(const base_option *o, const value *a, const value *b)
{
    if (o->type == BASE_STR)
        return strcmp(a->text, b->text) == 0;
    return o->type == BASE_I64 ? a->i64 == b->i64 : a->f64 == b->f64;
}

int32_t base_config_check_structure(const genmod_config *c,
                                    const genmod_config *other,
                                    genmod_workspace *w)
{
    for (size_t i = 0; i < c->n; i++) {
        const base_option *const o = &c->options[i];
        if (o->structure && !equal(o, &c->values[i], &other->values[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "option \"%s\" is fixed when the model is made",
                             o->key);
    }
    return GENMOD_OK;
}

int32_t base_config_assign(genmod_config *to, const genmod_config *from,
                           int32_t all, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;
    if (to->options != from->options)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the config belongs to another family");
    if (!all)
        status = base_config_check_structure(to, from, w);
    if (status)
        return status;
    for (size_t i = 0; i < to->n; i++) {
        value *const v = &to->values[i];
        v->i64 = from->values[i].i64;
        v->f64 = from->values[i].f64;
        if (v->cap)
            memmove(v->text, from->values[i].text, v->cap);
    }
    return GENMOD_OK;
}

int base_config_has(const genmod_config *c, const char *key)
{
    return find(c, key) < c->n;
}

int64_t base_config_i64(const genmod_config *c, const char *key)
{
    return c->values[find(c, key)].i64;
}

double base_config_f64(const genmod_config *c, const char *key)
{
    return c->values[find(c, key)].f64;
}

const char *base_config_str(const genmod_config *c, const char *key)
{
    return c->values[find(c, key)].text;
}

int32_t base_config_choice(const genmod_config *c, const char *key)
{
    const size_t i = find(c, key);

    return place_of(c->options[i].choices, c->values[i].text);
}

/* The frame of the calls below: both arguments there, and the key known. */
static int32_t look_up(const genmod_config *c, const char *key, size_t *i,
                       genmod_workspace *w)
{
    if (!c || !key)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         c ? "key" : "config");
    *i = find(c, key);
    if (*i < c->n)
        return GENMOD_OK;
    return base_no_key(w, "option", key, c->options, sizeof c->options[0],
                       c->n);
}

int32_t genmod_config_set_i64(genmod_config *c, const char *key, int64_t v,
                              genmod_workspace *w)
{
    base_call call;
    size_t i;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = look_up(c, key, &i, w);
    if (!status && c->options[i].type == BASE_STR)
        status = wrong_type(w, &c->options[i], "a number");
    if (!status)
        status = put_i64(c, i, v, w);
    return base_leave(&call, status);
}

int32_t genmod_config_set_f64(genmod_config *c, const char *key, double v,
                              genmod_workspace *w)
{
    base_call call;
    size_t i;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = look_up(c, key, &i, w);
    if (!status && c->options[i].type != BASE_F64)
        status = wrong_type(w, &c->options[i], "a real number");
    if (!status)
        status = put_f64(c, i, v, w);
    return base_leave(&call, status);
}

int32_t base_config_set(genmod_config *c, const char *key, const char *v,
                        genmod_workspace *w)
{
    return put(c, find(c, key), v, w);
}

int32_t genmod_config_set_str(genmod_config *c, const char *key, const char *v,
                              genmod_workspace *w)
{
    base_call call;
    size_t i;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = look_up(c, key, &i, w);
    if (!status && !v)
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "the value of option \"%s\" is NULL", key);
    if (!status)
        status = put(c, i, v, w);
    return base_leave(&call, status);
}

int32_t genmod_config_get_i64(const genmod_config *c, const char *key,
                              int64_t *v, genmod_workspace *w)
{
    base_call call;
    size_t i;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = look_up(c, key, &i, w);
    if (!status && !v)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "v is NULL");
    if (!status && c->options[i].type != BASE_I64)
        status = wrong_type(w, &c->options[i], "a whole number");
    if (!status)
        *v = c->values[i].i64;
    return base_leave(&call, status);
}

int32_t genmod_config_get_f64(const genmod_config *c, const char *key,
                              double *v, genmod_workspace *w)
{
    base_call call;
    size_t i;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = look_up(c, key, &i, w);
    if (!status && !v)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "v is NULL");
    if (!status && c->options[i].type == BASE_STR)
        status = wrong_type(w, &c->options[i], "a number");
    if (!status)
        *v = c->options[i].type == BASE_F64 ? c->values[i].f64
                                            : (double)c->values[i].i64;
    return base_leave(&call, status);
}

/* The value as text: in the config, or written to `digits`. */
static const char *get(const genmod_config *c, size_t i, char *digits)
{
    const value *const v = &c->values[i];

    if (c->options[i].type == BASE_STR)
        return v->text;
    if (c->options[i].type == BASE_I64)
        base_format_i64(v->i64, digits);
    else
        base_format_f64(v->f64, digits);
    return digits;
}

int32_t genmod_config_get_str(const genmod_config *c, const char *key,
                              size_t cap, char *out, size_t *need,
                              genmod_workspace *w)
{
    base_call call;
    char digits[32];
    size_t i;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = look_up(c, key, &i, w);
    if (!status)
        status = base_give_text(get(c, i, digits), cap, out, need, w);
    return base_leave(&call, status);
}

const char *genmod_config_key(const genmod_config *c, size_t i)
{
    return c && i < c->n ? c->options[i].key : NULL;
}

/* The answer, in the table or written to `digits`; NULL: no such property. */
static const char *answer(const base_option *o, const char *property,
                          char *digits)
{
    static const char *const types[] = {
        [BASE_I64] = "i64",
        [BASE_F64] = "f64",
        [BASE_STR] = "str",
    };
    const int low = base_same(property, "minimum");

    if (base_same(property, "type"))
        return types[o->type];
    if (base_same(property, "default"))
        return o->initial;
    if (base_same(property, "when"))
        return o->structure ? "structure" : "training";
    if (base_same(property, "choices"))
        return o->choices ? o->choices : "";
    if (base_same(property, "unit"))
        return o->unit ? o->unit : "";
    if (base_same(property, "help"))
        return o->help ? o->help : "";
    if (!low && !base_same(property, "maximum"))
        return NULL;
    if (o->type == BASE_STR)
        return "";
    format_bound(o, low ? o->minimum : o->maximum, digits);
    return digits;
}

int32_t genmod_config_describe(const genmod_config *c, const char *key,
                               const char *property, size_t cap, char *out,
                               size_t *need, genmod_workspace *w)
{
    base_call call;
    char digits[32];
    const char *text = NULL;
    size_t i;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = look_up(c, key, &i, w);
    if (!status) {
        text = answer(&c->options[i], property, digits);
        if (text)
            status = base_give_text(text, cap, out, need, w);
        else
            status = base_fail(w, GENMOD_BAD_ARGUMENT,
                               "property is \"%s\"; it must be one of type, "
                               "default, minimum, maximum, choices, unit, "
                               "when, help",
                               property);
    }
    return base_leave(&call, status);
}
