/* Named numbers and series. */
#include <math.h>
#include <string.h>

#include "base/internal.h"

typedef struct cell {
    double number;
    double *values; /* of a series: n of them, with room for cap */
    size_t n, cap;
} cell;

struct genmod_report {
    const base_entry *entries;
    size_t n;
    size_t next; /* behind the entry that was set last */
    cell cells[];
};

/* Mostly the key is the very text of the table, which is soon seen: an update
 * of a small game asks some forty times. */
static size_t find(const genmod_report *r, const char *key)
{
    size_t i = 0;

    while (i < r->n && r->entries[i].key != key)
        i++;
    if (i < r->n)
        return i;
    i = 0;
    while (i < r->n && !base_same(r->entries[i].key, key))
        i++;
    return i;
}

int32_t base_report_new(const base_entry *entries, genmod_report **out,
                        genmod_workspace *w)
{
    size_t n = 0;

    while (entries[n].key)
        n++;
    genmod_report *const r =
        base_alloc_zero(w, 1, sizeof *r + n * sizeof r->cells[0]);
    *out = r;
    if (!r)
        return base_status(w);
    r->entries = entries;
    r->n = n;
    base_report_clear(r);
    return GENMOD_OK;
}

void base_report_free(genmod_report *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++)
        base_free(r->cells[i].values);
    base_free(r);
}

void base_report_clear(genmod_report *r)
{
    for (size_t i = 0; i < r->n; i++) {
        r->cells[i].number = NAN;
        r->cells[i].n = 0;
    }
}

/* Entries are set about in the order of the table. */
void base_report_set(genmod_report *r, const char *key, double v)
{
    size_t i = r->next;

    while (i < r->n && r->entries[i].key != key)
        i++;
    if (i == r->n)
        i = find(r, key);
    r->cells[i].number = v;
    r->next = i + 1;
}

/* Grows by half at least: a step at a time copies a history seldom. */
static int32_t reserve(cell *x, size_t cap, genmod_workspace *w)
{
    const size_t half = x->cap + x->cap / 2;

    if (cap <= x->cap)
        return GENMOD_OK;
    cap = cap > half ? cap : half;
    double *const values = base_alloc(w, cap, sizeof *values);
    if (!values)
        return base_status(w);
    if (x->n)
        memcpy(values, x->values, x->n * sizeof *values);
    base_free(x->values);
    x->values = values;
    x->cap = cap;
    return GENMOD_OK;
}

int32_t base_report_reserve(genmod_report *r, const char *key, size_t cap,
                            genmod_workspace *w)
{
    return reserve(&r->cells[find(r, key)], cap, w);
}

void base_report_append(genmod_report *r, const char *key, double v)
{
    cell *const x = &r->cells[find(r, key)];

    x->values[x->n++] = v;
}

/* v may be the cell's own. */
static void put(cell *x, size_t n, const double *v)
{
    if (n)
        memmove(x->values, v, n * sizeof *v);
    x->n = n;
}

void base_report_put(genmod_report *r, const char *key, size_t n,
                     const double *v)
{
    put(&r->cells[find(r, key)], n, v);
}

const double *base_report_values(const genmod_report *r, const char *key,
                                 size_t *n)
{
    const cell *const x = &r->cells[find(r, key)];

    *n = x->n;
    return x->values;
}

double base_report_number(const genmod_report *r, const char *key)
{
    return r->cells[find(r, key)].number;
}

int32_t base_report_copy(genmod_report *to, const genmod_report *from,
                         genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < to->n && !status; i++)
        status = reserve(&to->cells[i], from->cells[i].n, w);
    for (size_t i = 0; i < to->n && !status; i++) {
        to->cells[i].number = from->cells[i].number;
        put(&to->cells[i], from->cells[i].n, from->cells[i].values);
    }
    return status;
}

const char *genmod_report_key(const genmod_report *r, size_t i)
{
    return r && i < r->n ? r->entries[i].key : NULL;
}

/* NULL: no such property. */
static const char *answer(const base_entry *e, const char *property)
{
    if (base_same(property, "type"))
        return e->series ? "series" : "number";
    if (base_same(property, "unit"))
        return e->unit ? e->unit : "";
    if (base_same(property, "help"))
        return e->help ? e->help : "";
    return NULL;
}

static int32_t describe(const genmod_report *r, const char *key,
                        const char *property, size_t cap, char *out,
                        size_t *need, genmod_workspace *w)
{
    if (!r || !key)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         r ? "key" : "report");
    const size_t i = find(r, key);
    if (i == r->n)
        return base_no_key(w, "report entry", key, r->entries,
                           sizeof r->entries[0], r->n);
    const char *const text = answer(&r->entries[i], property);
    if (!text)
        return base_fail(
            w, GENMOD_BAD_ARGUMENT,
            "property is \"%s\"; it must be one of type, unit, help", property);
    return base_give_text(text, cap, out, need, w);
}

int32_t genmod_report_describe(const genmod_report *r, const char *key,
                               const char *property, size_t cap, char *out,
                               size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, describe(r, key, property, cap, out, need, w));
}

/* The cell of a key of that kind, or NULL. */
static const cell *look_up(const genmod_report *r, const char *key, int series)
{
    const size_t i = r ? find(r, key) : 0;

    if (!r || i == r->n || !r->entries[i].series != !series)
        return NULL;
    return &r->cells[i];
}

int32_t genmod_report_get(const genmod_report *r, const char *key, double *v)
{
    const cell *const x = look_up(r, key, 0);

    if (!x || !v)
        return GENMOD_BAD_ARGUMENT;
    *v = x->number;
    return GENMOD_OK;
}

int32_t genmod_report_series(const genmod_report *r, const char *key,
                             size_t cap, double *out, size_t *need)
{
    const cell *const x = look_up(r, key, 1);

    if (!x)
        return GENMOD_BAD_ARGUMENT;
    if (need)
        *need = x->n;
    if (cap < x->n)
        return GENMOD_TOO_SMALL;
    if (x->n == 0)
        return GENMOD_OK;
    if (!out)
        return GENMOD_BAD_ARGUMENT;
    memcpy(out, x->values, x->n * sizeof *out);
    return GENMOD_OK;
}
