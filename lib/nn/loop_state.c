/* What a loop falls back to, and what a checkpoint holds of it. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/loop.h"

#define HALF 4294967296.0 /* 2^32 */

size_t nn_loop_bytes(const nn_loop *l)
{
    return ad_store_type(l->s) == GENMOD_F32 ? sizeof(float) : sizeof(double);
}

/* Before an optimiser's first update there are no averages: the weights stand
 * for them, so that the kept state can be taken after any number of updates. */
void nn_loop_keep(nn_loop *l)
{
    const size_t bytes = nn_loop_bytes(l);
    const size_t values = ad_store_total(l->s) * bytes;
    char *at = l->state;

    assert(!l->raw);
    memcpy(at, ad_store_values(l->s), values);
    at += values;
    for (size_t i = 0; i < l->optimisers; i++) {
        const nn_optimiser *const p = l->optimiser[i];
        const size_t part = nn_optimiser_averaged(p) * bytes;

        if (part && nn_optimiser_count(p))
            memcpy(at, nn_optimiser_average(p), part);
        else if (part)
            nn_optimiser_put_first(p, l->s, at);
        at += part;
    }
    l->c.has_state = 1;
}

void nn_loop_take_kept(nn_loop *l)
{
    const size_t bytes = nn_loop_bytes(l);
    const size_t values = ad_store_total(l->s) * bytes;
    const char *at = l->state;

    assert(!l->raw && l->c.has_state);
    memcpy(ad_store_values(l->s), at, values);
    at += values;
    for (size_t i = 0; i < l->optimisers; i++) {
        const nn_optimiser *const p = l->optimiser[i];
        const size_t part = nn_optimiser_averaged(p) * bytes;

        if (part && nn_optimiser_count(p))
            memcpy(nn_optimiser_average(p), at, part);
        at += part;
    }
}

void nn_loop_pack(nn_loop *l)
{
    uint64_t count[NN_COUNTS];

    for (size_t i = 0; i < l->optimisers; i++)
        l->c.updates[i] = nn_optimiser_count(l->optimiser[i]);
    memcpy(count, &l->c, sizeof count);
    for (size_t i = 0; i < NN_COUNTS; i++) {
        l->numbers[2 * i] = (double)(count[i] >> 32);
        l->numbers[2 * i + 1] = (double)(uint32_t)count[i];
    }
    memcpy(l->numbers + 2 * NN_COUNTS, &l->r, sizeof l->r);
}

static void name_part(nn_part *out, const char *name, int32_t type, size_t n,
                      void *data)
{
    *out = (nn_part){.name = name, .type = type, .n = n, .data = data};
}

/* Array number `i` of optimiser number `k`: moments, weights. */
static int optimiser_part(const nn_loop *l, size_t k, size_t i, nn_part *out)
{
    static const char *const names[NN_OPTIMISERS][3] = {
        {"optimiser0.m", "optimiser0.v", "weights0"},
        {"optimiser1.m", "optimiser1.v", "weights1"}};
    const nn_optimiser *const p = l->optimiser[k];
    size_t n;
    void *const moment = nn_optimiser_array(p, i, &n);
    void *const data = i < 2 ? moment : nn_optimiser_average(p);

    n = i < 2 ? n : nn_optimiser_averaged(p);
    name_part(out, names[k][i], ad_store_type(l->s), n, data);
    return data != NULL;
}

int nn_loop_part(const nn_loop *l, size_t i, nn_part *out)
{
    if (i == 0)
        name_part(out, "loop", GENMOD_F64, NN_NUMBERS, l->numbers);
    else if (i == 1)
        name_part(out, "kept", ad_store_type(l->s), l->state_n, l->state);
    if (i < 2)
        return 1;
    i -= 2;
    for (size_t k = 0; k < l->optimisers; k++)
        for (size_t a = 0; a < 3; a++)
            if (optimiser_part(l, k, a, out) && i-- == 0)
                return 1;
    return 0;
}

static int32_t refuse(genmod_workspace *w, const char *part, const char *why)
{
    return base_fail(w, GENMOD_BAD_BYTES, "%s %s", part, why);
}

/* 1 if both numbers are halves of a count. */
static int unpack(const double *halves, uint64_t *count)
{
    for (int i = 0; i < 2; i++)
        if (!(halves[i] >= 0 && halves[i] < HALF &&
              halves[i] == (double)(uint32_t)halves[i]))
            return 0;
    *count = (uint64_t)halves[0] << 32 | (uint32_t)halves[1];
    return 1;
}

/* Whether counts can be those of a loop that has run. */
static int sound(const nn_loop *l, const nn_counts *c)
{
    const uint64_t most = UINT64_C(1) << 53;

    if (c->n < 1 || c->n > most || c->kept < 1 || c->kept > c->n ||
        c->held_out > most || c->position >= c->kept || c->step > most ||
        c->epoch > most || c->end > most || c->waited > most)
        return 0;
    if (c->best_epoch > c->epoch || c->losses > NN_LOSSES ||
        c->losses > c->step || (c->epoch && !c->losses) || c->has_state > 1 ||
        c->epoch_ended > 1 || c->stopped > 1 || (c->step && !c->has_state))
        return 0;
    for (size_t i = 0; i < NN_OPTIMISERS; i++)
        if (c->updates[i] > (i < l->optimisers ? most : 0))
            return 0;
    return 1;
}

static int finite_from(const nn_part *p, double least)
{
    for (size_t i = 0; i < p->n; i++) {
        const double v = p->type == GENMOD_F32
                             ? (double)((const float *)p->data)[i]
                             : ((const double *)p->data)[i];
        if (!(v - v == 0) || v < least)
            return 0;
    }
    return 1;
}

int nn_is_variance(const ad_store *s, size_t i)
{
    static const char word[] = "variance";
    const char *const name = ad_store_name(s, i);
    const size_t n = strlen(name), tail = sizeof word - 1;

    return ad_store_kind(s, i) == AD_STATE && n >= tail &&
           memcmp(name + n - tail, word, tail) == 0;
}

/* Those of the kept state, which begins as the store's values do. */
static int variances_sound(const nn_loop *l)
{
    const char *const values = ad_store_values(l->s);

    for (size_t i = 0; i < ad_store_count(l->s); i++) {
        const char *const value = ad_store_value(l->s, i);
        const nn_part p = {.type = ad_store_type(l->s),
                           .n = (size_t)ad_elements(ad_store_shape(l->s, i)),
                           .data = (char *)l->state + (value - values)};

        if (nn_is_variance(l->s, i) && !finite_from(&p, 0))
            return 0;
    }
    return 1;
}

static int ascending(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(v[i] - v[i] == 0) || v[i] < (i ? v[i - 1] : 0))
            return 0;
    return 1;
}

int32_t nn_loop_loaded(nn_loop *l, genmod_workspace *w)
{
    uint64_t count[NN_COUNTS];
    nn_counts c;
    nn_part p;

    for (size_t i = 0; i < NN_COUNTS; i++)
        if (!unpack(l->numbers + 2 * i, &count[i]))
            return refuse(w, "loop", "has a count that is none");
    memcpy(&c, count, sizeof c);
    if (!sound(l, &c))
        return refuse(w, "loop", "has counts that no training has");
    if (!ascending(l->losses, (size_t)c.losses))
        return refuse(w, "loop", "has losses that are not in order");
    for (size_t i = 1; nn_loop_part(l, i, &p); i++) {
        const int squares = base_same(p.name, "optimiser0.v") ||
                            base_same(p.name, "optimiser1.v");

        if (!finite_from(&p, squares ? 0 : -INFINITY))
            return refuse(w, p.name,
                          squares ? "has a number below 0 or not finite"
                                  : "has a number that is not finite");
    }
    if (!variances_sound(l))
        return refuse(w, "kept", "has a variance below 0");
    l->c = c;
    memcpy(&l->r, l->numbers + 2 * NN_COUNTS, sizeof l->r);
    for (size_t i = 0; i < l->optimisers; i++)
        nn_optimiser_count_from(l->optimiser[i], c.updates[i]);
    return GENMOD_OK;
}
