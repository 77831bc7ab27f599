/* The variables of a model in flat buffers: values (trained, group by group,
 * then states), gradients of the trained, successors of the states. A variable
 * starts at a multiple of 16 elements, so that one pass over a range may use
 * whole vectors. */
#include <assert.h>
#include <string.h>

#include "ad/internal.h"

#define NAME 128
#define GROUPS 32
#define UNIT 16 /* elements */

typedef struct variable {
    char name[NAME];
    int32_t kind, group;
    ad_shape shape;
    size_t first; /* in values */
    size_t room;  /* elements, padding included */
} variable;

struct ad_store {
    int32_t type;
    size_t bytes; /* of an element */
    size_t n, cap;
    variable *at;
    size_t trained, total;
    unsigned char *values, *gradients, *next;
};

int32_t ad_store_new(int32_t type, ad_store **out, genmod_workspace *w)
{
    ad_store *const s = base_alloc_zero(w, 1, sizeof *s);

    *out = s;
    if (!s)
        return base_status(w);
    s->type = type;
    s->bytes = type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    return GENMOD_OK;
}

void ad_store_free(ad_store *s)
{
    if (!s)
        return;
    base_free(s->at);
    base_free(s->values);
    base_free(s->gradients);
    base_free(s->next);
    base_free(s);
}

static int32_t reserve(ad_store *s, genmod_workspace *w)
{
    if (s->n < s->cap)
        return GENMOD_OK;
    const size_t cap = s->cap ? 2 * s->cap : 16;
    variable *const more = base_alloc(w, cap, sizeof *more);
    if (!more)
        return base_status(w);
    if (s->n)
        memcpy(more, s->at, s->n * sizeof *more);
    base_free(s->at);
    s->at = more;
    s->cap = cap;
    return GENMOD_OK;
}

int32_t ad_store_add(ad_store *s, const char *name, int32_t kind, int32_t group,
                     ad_shape shape, int32_t *index, genmod_workspace *w)
{
    const size_t length = strlen(name);

    assert(!s->values && group >= 0 && group < GROUPS && !shape.div);
    if (length >= NAME)
        return base_fail(w, GENMOD_LIMIT,
                         "the variable's name has %u characters, past %u",
                         (uint64_t)length, (uint64_t)NAME - 1);
    if (!ad_sound(&shape) || s->n >= INT32_MAX)
        return base_fail(w, GENMOD_LIMIT,
                         "variable %s has no size from 1 to 2^48 elements",
                         name);
    const int32_t status = reserve(s, w);
    if (status)
        return status;
    variable *const v = &s->at[s->n];
    memset(v, 0, sizeof *v);
    memcpy(v->name, name, length + 1);
    v->kind = kind;
    v->group = group;
    v->shape = shape;
    v->room = ((size_t)ad_elements(&shape) + UNIT - 1) / UNIT * UNIT;
    *index = (int32_t)s->n++;
    return GENMOD_OK;
}

/* Places of the variables of a kind and group, behind `first`. */
static int lay_out(ad_store *s, int32_t kind, int32_t group, size_t *first)
{
    for (size_t i = 0; i < s->n; i++) {
        variable *const v = &s->at[i];
        if (v->kind != kind || (kind == AD_TRAINED && v->group != group))
            continue;
        v->first = *first;
        if (!base_add(*first, v->room, first))
            return 0;
    }
    return 1;
}

static int32_t plan(ad_store *s, genmod_workspace *w)
{
    size_t first = 0;
    int fits = 1;

    for (int32_t group = 0; group < GROUPS && fits; group++)
        fits = lay_out(s, AD_TRAINED, group, &first);
    s->trained = first;
    fits = fits && lay_out(s, AD_STATE, 0, &first);
    s->total = first;
    if (!fits)
        return base_fail(w, GENMOD_LIMIT, "the variables have no whole size");
    return GENMOD_OK;
}

int32_t ad_store_seal(ad_store *s, int train, genmod_workspace *w)
{
    if (!s->values) {
        const int32_t status = plan(s, w);
        if (status)
            return status;
        s->values = base_alloc_zero(w, s->total, s->bytes);
        if (!s->values)
            return base_status(w);
    }
    if (!train || s->gradients)
        return GENMOD_OK;
    unsigned char *const gradients = base_alloc_zero(w, s->trained, s->bytes);
    if (!gradients)
        return base_status(w);
    s->next = base_alloc(w, s->total - s->trained, s->bytes);
    if (!s->next) {
        base_free(gradients);
        return base_status(w);
    }
    s->gradients = gradients;
    ad_store_revert(s);
    return GENMOD_OK;
}

int32_t ad_store_type(const ad_store *s)
{
    return s->type;
}

size_t ad_store_count(const ad_store *s)
{
    return s->n;
}

const char *ad_store_name(const ad_store *s, size_t i)
{
    return s->at[i].name;
}

const ad_shape *ad_store_shape(const ad_store *s, size_t i)
{
    return &s->at[i].shape;
}

int32_t ad_store_kind(const ad_store *s, size_t i)
{
    return s->at[i].kind;
}

int32_t ad_store_group(const ad_store *s, size_t i)
{
    return s->at[i].group;
}

void *ad_store_value(const ad_store *s, size_t i)
{
    return s->values + s->at[i].first * s->bytes;
}

void *ad_store_grad(const ad_store *s, size_t i)
{
    assert(s->gradients && s->at[i].kind == AD_TRAINED);
    return s->gradients + s->at[i].first * s->bytes;
}

void *ad_store_next(const ad_store *s, size_t i)
{
    assert(s->next && s->at[i].kind == AD_STATE);
    return s->next + (s->at[i].first - s->trained) * s->bytes;
}

void ad_store_range(const ad_store *s, int32_t group, size_t *first, size_t *n)
{
    *first = 0;
    *n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const variable *const v = &s->at[i];
        if (v->kind != AD_TRAINED || v->group > group)
            continue;
        if (v->group < group)
            *first += v->room;
        else
            *n += v->room;
    }
}

void *ad_store_values(const ad_store *s)
{
    return s->values;
}

void *ad_store_gradients(const ad_store *s)
{
    return s->gradients;
}

size_t ad_store_trained(const ad_store *s)
{
    return s->trained;
}

size_t ad_store_total(const ad_store *s)
{
    return s->total;
}

static unsigned char *states(const ad_store *s)
{
    return s->values + s->trained * s->bytes;
}

void ad_store_commit(ad_store *s)
{
    assert(s->next);
    memcpy(states(s), s->next, (s->total - s->trained) * s->bytes);
}

void ad_store_revert(ad_store *s)
{
    assert(s->next);
    memcpy(s->next, states(s), (s->total - s->trained) * s->bytes);
}
