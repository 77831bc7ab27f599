/* Replays of several parts of a batch: those of this rank in step, region by
 * region, with the other ranks met at every sum over parts. */
#include <string.h>

#include "ad/plan.h"

/* ---- the sum as a step, for replays of one part alone --------------------
 */

static void plan(ad_step *s, const kern_ops *o)
{
    (void)s;
    (void)o;
}

static void open(ad_exec *e)
{
    e->items[0] = 1;
}

static size_t length_of(const ad_step *s)
{
    return (size_t)ad_elements(&s->r.shape);
}

static void item(const ad_exec *e, size_t number, char *scratch)
{
    const ad_step *const s = e->step;

    (void)number;
    (void)scratch;
    memcpy(ad_at_place(e, &s->out), ad_at_place(e, &s->in[0]),
           length_of(s) * e->p->ops->bytes);
}

const struct ad_kernel ad_kernel_all_sum = {plan, open, item, NULL};

/* ---- the ranks' parts ---------------------------------------------------- */

static size_t parts_of(const genmod_workspace *w)
{
    const base_ranks r = base_ranks_of(w);

    return (size_t)(r.shards ? r.shards : r.size);
}

/* Numbers of a message. */
static size_t message(const ad_program *p, const ad_region *r)
{
    size_t n = 0;

    for (int32_t k = r->first; k < r->first + r->n; k++)
        n += length_of(&p->steps[k]);
    return n;
}

size_t ad_program_room(const ad_program *p, const genmod_workspace *w)
{
    size_t most = 0;

    for (size_t i = 0; i < p->n_regions; i++)
        if (p->regions[i].cut && message(p, &p->regions[i]) > most)
            most = message(p, &p->regions[i]);
    return (base_parts(w) + 1) * most * p->ops->bytes;
}

/* What the sums of a region read, or what they leave, one behind another. */
static void carry(const ad_exec *e, const ad_region *r, int back, char *at)
{
    for (int32_t k = r->first; k < r->first + r->n; k++) {
        const ad_step *const s = &e->p->steps[k];
        const size_t bytes = length_of(s) * e->p->ops->bytes;

        if (back)
            memcpy(ad_at_place(e, &s->out), at, bytes);
        else
            memcpy(at, ad_at_place(e, &s->in[0]), bytes);
        at += bytes;
    }
}

static int32_t exchange(const ad_program *p, const ad_store *s,
                        const ad_region *r, const ad_replay *how, char *room,
                        genmod_workspace *w)
{
    const size_t n = base_parts(w), length = message(p, r);
    const size_t bytes = length * p->ops->bytes;
    char *const sum = room + n * bytes;
    int32_t status;

    for (size_t i = 0; i < n; i++) {
        const ad_exec e = ad_open(p, s, &how[i]);

        carry(&e, r, 0, room + i * bytes);
    }
    status =
        base_all_sum_shards(w, GENMOD_OK, 0, p->ops->type, length, room, sum);
    for (size_t i = 0; i < n && !status; i++) {
        const ad_exec e = ad_open(p, s, &how[i]);

        carry(&e, r, 1, sum);
    }
    return status;
}

int32_t ad_program_share(const ad_program *p, const ad_store *s,
                         const ad_replay *r, void *room, genmod_workspace *w)
{
    const size_t n = base_parts(w);
    int32_t status = GENMOD_OK;

    for (size_t k = 0; k < p->n_regions && !status; k++) {
        const ad_region *const region = &p->regions[k];

        if (region->cut)
            status = exchange(p, s, region, r, room, w);
        for (size_t i = 0; i < n && !region->cut; i++) {
            const ad_exec e = ad_open(p, s, &r[i]);

            ad_run_region(&e, region, w);
        }
    }
    return status;
}

/* ---- outputs ------------------------------------------------------------- */

/* Numbers of a part's outputs. */
static size_t outputs_of(const ad_program *p, size_t rows)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_outputs; i++)
        n += ad_extent_at(p->extents[i], rows);
    return n;
}

/* Where output i is, of all parts: behind what is gathered. */
static size_t joined_at(const ad_program *p, size_t i, size_t local,
                        size_t parts)
{
    size_t at = (local + parts) * outputs_of(p, p->rows);

    for (size_t k = 0; k < i; k++)
        at += ad_extent_at(p->extents[k], p->rows) *
              (p->extents[k].div ? parts : 1);
    return at * p->ops->bytes;
}

size_t ad_program_join_bytes(const ad_program *p, const genmod_workspace *w)
{
    return joined_at(p, p->n_outputs, base_parts(w), parts_of(w));
}

const void *ad_program_joined(const ad_program *p, size_t i, const void *room,
                              size_t local, size_t parts)
{
    return (const char *)room + joined_at(p, i, local, parts);
}

static double number(const ad_program *p, const char *at, size_t i)
{
    return p->ops->type == GENMOD_F32
               ? (double)((const float *)(const void *)at)[i]
               : ((const double *)(const void *)at)[i];
}

static void put_number(const ad_program *p, char *at, size_t i, double v)
{
    if (p->ops->type == GENMOD_F32)
        ((float *)(void *)at)[i] = (float)v;
    else
        ((double *)(void *)at)[i] = v;
}

/* The mean over parts, in their order, of n numbers that lie `step` apart. */
static void mean_parts(const ad_program *p, size_t parts, size_t n,
                       const char *from, size_t step, char *to)
{
    for (size_t j = 0; j < n; j++) {
        double sum = 0;

        for (size_t k = 0; k < parts; k++)
            sum += number(p, from + k * step, j);
        put_number(p, to, j, sum / (double)parts);
    }
}

static void join(const ad_program *p, size_t rows, const char *all, char *room,
                 const genmod_workspace *w)
{
    const size_t parts = parts_of(w), width = p->ops->bytes;
    const size_t step = outputs_of(p, rows) * width;

    for (size_t i = 0; i < p->n_outputs; i++) {
        const size_t n = ad_extent_at(p->extents[i], rows);
        char *const to = room + joined_at(p, i, base_parts(w), parts);

        if (!p->extents[i].div)
            mean_parts(p, parts, n, all, step, to);
        for (size_t k = 0; k < parts && p->extents[i].div; k++)
            memcpy(to + k * n * width, all + k * step, n * width);
        all += n * width;
    }
}

int32_t ad_program_join(const ad_program *p, const ad_replay *r, void *room,
                        genmod_workspace *w)
{
    const size_t n = base_parts(w), rows = r->rows;
    const size_t bytes = outputs_of(p, rows) * p->ops->bytes;
    char *const all = (char *)room + n * bytes;
    char *at = room;
    int32_t status;

    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < p->n_outputs; i++) {
            const size_t own = ad_extent_at(p->extents[i], rows);

            memcpy(at, ad_program_output(p, i, r[k].arena),
                   own * p->ops->bytes);
            at += own * p->ops->bytes;
        }
    status = base_all_gather(w, GENMOD_OK, n * bytes, room, all);
    if (!status)
        join(p, rows, all, room, w);
    return status;
}
