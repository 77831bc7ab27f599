/* Updates of one group of a store: one pass over its flat range. */
#include <math.h>
#include <string.h>

#include "nn/nn.h"

#define CHUNK 16384 /* elements of an item: what it reads fits an L2 cache */

/* The moments hold squares of gradients, so a norm may be no more than the root
 * of the greatest number: within rounding 2^64 of 2^128, 2^512 of 2^1024. */
#define MOST_F32 0x1p64
#define MOST_F64 0x1p512

struct nn_optimiser {
    nn_training o;
    int32_t group, type;
    size_t first, n, bytes; /* of the store's flat buffers, in elements */
    void *m, *v;            /* [n]; NULL: none */
    void *average;          /* [n + states]; NULL: none */
    size_t states;          /* elements of states that are averaged */
    double *squares;        /* [chunks]: sums of the gradient's */
    uint64_t count;
};

static size_t chunks(const nn_optimiser *p)
{
    return (p->n + CHUNK - 1) / CHUNK;
}

/* Elements of a chunk that begins at element `from`. */
static size_t length(const nn_optimiser *p, size_t from)
{
    return p->n - from < CHUNK ? p->n - from : CHUNK;
}

/* Element i of the group's range in a flat buffer of the store. */
static void *in_store(const nn_optimiser *p, void *flat, size_t i)
{
    return (char *)flat + (p->first + i) * p->bytes;
}

/* Element i of an array of the optimiser. */
static void *own(const nn_optimiser *p, void *array, size_t i)
{
    return array ? (char *)array + i * p->bytes : NULL;
}

/* Running statistics of the group are numbers like the weights; other states,
 * such as unit vectors, are not. */
static int is_averaged(const nn_optimiser *p, const ad_store *s, size_t i)
{
    const char *const part = ".running_";
    const size_t n = strlen(part);

    if (!(p->o.average > 0) || !p->o.average_ramp ||
        ad_store_kind(s, i) != AD_STATE || ad_store_group(s, i) != p->group)
        return 0;
    for (const char *at = ad_store_name(s, i); strlen(at) >= n; at++)
        if (memcmp(at, part, n) == 0)
            return 1;
    return 0;
}

static size_t elements_of(const ad_store *s, size_t i)
{
    return (size_t)ad_elements(ad_store_shape(s, i));
}

static int32_t reserve(nn_optimiser *p, genmod_workspace *w)
{
    p->squares = base_alloc_zero(w, chunks(p), sizeof(double));
    p->m = base_alloc_zero(w, p->n, p->bytes);
    if (p->o.optimiser != NN_SGD)
        p->v = base_alloc_zero(w, p->n, p->bytes);
    if (p->o.average > 0)
        p->average = base_alloc_zero(w, p->n + p->states, p->bytes);
    if (!p->squares || !p->m || (p->o.optimiser != NN_SGD && !p->v) ||
        (p->o.average > 0 && !p->average))
        return base_status(w);
    return GENMOD_OK;
}

int32_t nn_optimiser_new(const nn_training *o, const ad_store *s, int32_t group,
                         nn_optimiser **out, genmod_workspace *w)
{
    nn_optimiser *const p = base_alloc_zero(w, 1, sizeof *p);
    int32_t status;

    *out = NULL;
    if (!p)
        return base_status(w);
    p->o = *o;
    p->group = group;
    p->type = ad_store_type(s);
    p->bytes = p->type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    ad_store_range(s, group, &p->first, &p->n);
    for (size_t i = 0; i < ad_store_count(s); i++)
        p->states += is_averaged(p, s, i) ? elements_of(s, i) : 0;
    status = reserve(p, w);
    if (status)
        nn_optimiser_free(p);
    else
        *out = p;
    return status;
}

void nn_optimiser_free(nn_optimiser *p)
{
    if (!p)
        return;
    base_free(p->m);
    base_free(p->v);
    base_free(p->average);
    base_free(p->squares);
    base_free(p);
}

void nn_optimiser_tune(nn_optimiser *p, const nn_training *o)
{
    const int32_t kind = p->o.optimiser;
    const double average = p->o.average;
    const int ramp = p->o.average_ramp;

    p->o = *o;
    p->o.optimiser = kind;
    p->o.average = average;
    p->o.average_ramp = ramp;
}

/* A pass over the range, a chunk an item. */
typedef struct job {
    const nn_optimiser *p;
    const kern_ops *ops;
    void *values, *gradients; /* of the store */
    kern_update update;
    double decay; /* of the average */
    void (*act)(const struct job *j, size_t chunk, size_t from, size_t n);
} job;

static int32_t run_chunk(size_t item, size_t slot, void *arg)
{
    const job *const j = arg;
    const size_t from = item * CHUNK;

    (void)slot;
    j->act(j, item, from, length(j->p, from));
    return 0;
}

/* All chunks are done whatever a host's loop says: an update cannot end
 * halfway. */
static void run(job *j, const ad_store *s, genmod_workspace *w)
{
    j->ops = kern_ops_of_graph(base_cpu(w), j->p->type);
    j->values = ad_store_values(s);
    j->gradients = ad_store_gradients(s);
    (void)base_parallel(w, chunks(j->p), run_chunk, j);
}

static void square(const job *j, size_t chunk, size_t from, size_t n)
{
    j->p->squares[chunk] =
        j->ops->sum_squares(n, in_store(j->p, j->gradients, from));
}

static double element(const void *array, int32_t type, size_t i)
{
    return type == GENMOD_F32 ? (double)((const float *)array)[i]
                              : ((const double *)array)[i];
}

/* GENMOD_BREAKDOWN that names the first element of the gradient, in the store's
 * order, whose size is not below `most`. */
static int32_t refuse(const nn_optimiser *p, const ad_store *s, double most,
                      double norm, genmod_workspace *w)
{
    for (size_t i = 0; i < ad_store_count(s); i++) {
        if (ad_store_kind(s, i) != AD_TRAINED ||
            ad_store_group(s, i) != p->group)
            continue;
        const size_t n = (size_t)ad_elements(ad_store_shape(s, i));
        const void *const g = ad_store_grad(s, i);
        for (size_t e = 0; e < n; e++)
            if (!(fabs(element(g, p->type, e)) < most))
                return base_fail(w, GENMOD_BREAKDOWN,
                                 "the gradient of %s is %g at element %u",
                                 ad_store_name(s, i), element(g, p->type, e),
                                 (uint64_t)e);
    }
    return base_fail(w, GENMOD_BREAKDOWN,
                     "the gradient's norm is %g; it must be below %g", norm,
                     most);
}

int32_t nn_optimiser_norm(const nn_optimiser *p, const ad_store *s,
                          double *norm, genmod_workspace *w)
{
    const double most = p->type == GENMOD_F32 ? MOST_F32 : MOST_F64;
    job j = {.p = p, .act = square};
    double sum = 0;

    run(&j, s, w);
    for (size_t i = 0; i < chunks(p); i++)
        sum += p->squares[i];
    if (!(sqrt(sum) < most))
        return refuse(p, s, most, sqrt(sum), w);
    *norm = sqrt(sum);
    return GENMOD_OK;
}

static double bound(double v, double most)
{
    return v > most ? most : v < -most ? -most : v;
}

static void bind(const nn_optimiser *p, void *weights, size_t n)
{
    const double most = p->o.bound;
    float *const f = weights;
    double *const d = weights;

    for (size_t i = 0; p->type == GENMOD_F32 && i < n; i++)
        f[i] = (float)bound((double)f[i], most);
    for (size_t i = 0; p->type == GENMOD_F64 && i < n; i++)
        d[i] = bound(d[i], most);
}

static void update(const job *j, size_t chunk, size_t from, size_t n)
{
    const nn_optimiser *const p = j->p;
    void *const w = in_store(p, j->values, from);
    const void *const g = in_store(p, j->gradients, from);
    void *const m = own(p, p->m, from);

    (void)chunk;
    if (p->o.optimiser == NN_SGD)
        j->ops->sgd(&j->update, n, g, m, w);
    else if (p->o.optimiser == NN_RMSPROP)
        j->ops->rmsprop(&j->update, n, g, m, own(p, p->v, from), w);
    else
        j->ops->adam(&j->update, n, g, m, own(p, p->v, from), w);
    if (p->o.bound > 0)
        bind(p, w, n);
    if (p->average)
        j->ops->average(j->decay, n, w, own(p, p->average, from));
}

static kern_update update_of(const nn_optimiser *p, double norm)
{
    const nn_training *const o = &p->o;
    const double rate = nn_rate(o, p->count);
    const double beta2 = nn_beta2(o, p->count);
    const double scale = o->clip > 0 && norm > o->clip ? o->clip / norm : 1;
    const uint64_t t = p->count + 1;

    return (kern_update){.rate = rate,
                         .scale = scale,
                         .l2 = o->l2,
                         .decay = o->decay,
                         .momentum = o->momentum,
                         .beta1 = o->beta1,
                         .beta2 = beta2,
                         .epsilon = o->epsilon,
                         .step = rate / (1 - nn_power(o->beta1, t)),
                         .root = 1 / sqrt(1 - nn_power(beta2, t)),
                         .nesterov = o->nesterov};
}

/* A mean with weights decay^(t - i) takes the share (1 - decay) / (1 - decay^t)
 * of the t-th weights: all of the first. So does the ramp. */
static double decay_of(const nn_optimiser *p, uint64_t t)
{
    const double decay = p->o.average;
    const double ramp = ((double)t - 1) / ((double)t + 8);

    if (p->o.average_ramp)
        return ramp < decay ? ramp : decay;
    return 1 - (1 - decay) / (1 - nn_power(decay, t));
}

void nn_optimiser_update(nn_optimiser *p, ad_store *s, double norm,
                         genmod_workspace *w)
{
    job j = {.p = p, .act = update, .update = update_of(p, norm)};

    if (p->average)
        j.decay = decay_of(p, p->count + 1);
    run(&j, s, w);
    p->count++;
}

void nn_optimiser_follow(nn_optimiser *p, const ad_store *s)
{
    const kern_ops *const ops = kern_ops_of(BASE_CPU_GENERIC, p->type);
    size_t at = p->n;

    for (size_t i = 0; p->states && i < ad_store_count(s); i++) {
        if (!is_averaged(p, s, i))
            continue;
        ops->average(decay_of(p, p->count), elements_of(s, i),
                     ad_store_value(s, i), own(p, p->average, at));
        at += elements_of(s, i);
    }
}

static void exchange(char *a, char *b, size_t bytes)
{
    char some[1024];

    for (size_t i = 0; i < bytes; i += sizeof some) {
        const size_t part = bytes - i < sizeof some ? bytes - i : sizeof some;

        memcpy(some, a + i, part);
        memcpy(a + i, b + i, part);
        memcpy(b + i, some, part);
    }
}

static void swap(const job *j, size_t chunk, size_t from, size_t n)
{
    (void)chunk;
    exchange(in_store(j->p, j->values, from), own(j->p, j->p->average, from),
             n * j->p->bytes);
}

static void swap_states(nn_optimiser *p, ad_store *s)
{
    size_t at = p->n;

    for (size_t i = 0; p->states && i < ad_store_count(s); i++) {
        if (!is_averaged(p, s, i))
            continue;
        exchange(ad_store_value(s, i), own(p, p->average, at),
                 elements_of(s, i) * p->bytes);
        at += elements_of(s, i);
    }
    if (p->states && ad_store_gradients(s))
        ad_store_revert(s);
}

void nn_optimiser_swap(nn_optimiser *p, ad_store *s, genmod_workspace *w)
{
    job j = {.p = p, .act = swap};

    if (!p->average || !p->count)
        return;
    run(&j, s, w);
    swap_states(p, s);
}

/* Values, moments, averages; then the counter. */
size_t nn_optimiser_bytes(const nn_optimiser *p)
{
    const size_t moments = 1 + (p->v != NULL);

    return (p->n * (1 + moments) + nn_optimiser_averaged(p)) * p->bytes +
           sizeof p->count;
}

static void move(char **at, void *array, size_t bytes, int back)
{
    if (!array)
        return;
    if (back)
        memcpy(array, *at, bytes);
    else
        memcpy(*at, array, bytes);
    *at += bytes;
}

static void move_all(const nn_optimiser *p, const ad_store *s, char *at,
                     int back)
{
    move(&at, in_store(p, ad_store_values(s), 0), p->n * p->bytes, back);
    move(&at, p->m, p->n * p->bytes, back);
    move(&at, p->v, p->n * p->bytes, back);
    move(&at, p->average, nn_optimiser_averaged(p) * p->bytes, back);
}

void nn_optimiser_keep(const nn_optimiser *p, const ad_store *s, void *to)
{
    const size_t count = nn_optimiser_bytes(p) - sizeof p->count;

    move_all(p, s, to, 0);
    memcpy((char *)to + count, &p->count, sizeof p->count);
}

void nn_optimiser_return(nn_optimiser *p, ad_store *s, const void *from)
{
    const size_t count = nn_optimiser_bytes(p) - sizeof p->count;

    move_all(p, s, (char *)from, 1);
    memcpy(&p->count, (const char *)from + count, sizeof p->count);
}

double nn_optimiser_moved(const nn_optimiser *p, const ad_store *s,
                          const void *from)
{
    const void *const now = in_store(p, ad_store_values(s), 0);
    double moved = 0, size = 0;

    for (size_t i = 0; i < p->n; i++) {
        const double was = element(from, p->type, i);
        const double d = element(now, p->type, i) - was;

        moved += d * d;
        size += was * was;
    }
    return size > 0 ? sqrt(moved / size) : 0;
}

int32_t nn_optimiser_group(const nn_optimiser *p)
{
    return p->group;
}

uint64_t nn_optimiser_count(const nn_optimiser *p)
{
    return p->count;
}

void nn_optimiser_count_from(nn_optimiser *p, uint64_t count)
{
    p->count = count;
}

double nn_optimiser_rate(const nn_optimiser *p)
{
    return p->count ? nn_rate(&p->o, p->count - 1) : NAN;
}

void *nn_optimiser_average(const nn_optimiser *p)
{
    return p->average;
}

size_t nn_optimiser_averaged(const nn_optimiser *p)
{
    return p->average ? p->n + p->states : 0;
}

void nn_optimiser_put_first(const nn_optimiser *p, const ad_store *s, void *to)
{
    size_t at = p->n;

    memcpy(to, in_store(p, ad_store_values(s), 0), p->n * p->bytes);
    for (size_t i = 0; p->states && i < ad_store_count(s); i++) {
        if (!is_averaged(p, s, i))
            continue;
        memcpy(own(p, to, at), ad_store_value(s, i),
               elements_of(s, i) * p->bytes);
        at += elements_of(s, i);
    }
}

void *nn_optimiser_array(const nn_optimiser *p, size_t i, size_t *n)
{
    void *const arrays[] = {p->m, p->v};

    *n = p->n;
    return i < 2 ? arrays[i] : NULL;
}
