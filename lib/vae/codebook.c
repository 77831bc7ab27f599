/* Codes of vectors: van den Oord, Vinyals, Kavukcuoglu 2017. What the encoder
 * gives is cut into L places of w numbers, each replaced by the nearest of K
 * vectors. q(z|x) is certain of them, so that with a prior p_l(k) of the vector
 * at each place KL(q || p) = -sum_l ln p_l(k_l).
 *
 * Vectors are the decayed means of what they stood for (appendix A.1), and the
 * prior is their decayed counts at each place. */
#include <math.h>

#include "vae/internal.h"

/* Added to each count: the estimator of Krichevsky, Trofimov 1981. */
#define HALF 0.5
#define MOST_CELLS (INT64_C(1) << 24) /* that a float numbers exactly */

static const vae_body *body_of(const model_draft *f)
{
    return (const vae_body *)f->b;
}

static int64_t places_of(const vae_body *b)
{
    return nn_size_elements(&b->base.codes.size) / b->width;
}

int32_t vae_codebook_declare(vae_body *b, genmod_workspace *w)
{
    const int64_t k = b->vectors, places = places_of(b);
    ad_store *const s = b->base.store;
    int32_t status;

    if (places > MOST_CELLS / k)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"codebook\" is %i, for %i places of a code; "
                         "their product may be %i",
                         k, places, MOST_CELLS);
    status = ad_store_add(s, "codebook.vectors", AD_STATE, 0,
                          ad_matrix(k, b->width), &b->book, w);
    if (!status)
        status = ad_store_add(s, "codebook.use", AD_STATE, 0, ad_vector(k),
                              &b->use, w);
    return status ? status
                  : ad_store_add(s, "codebook.places", AD_STATE, 0,
                                 ad_matrix(places, k), &b->places, w);
}

/* ---- the nearest vectors ------------------------------------------------- */

static ad_node variable(const model_draft *f, int32_t index)
{
    return ad_variable(f->g, f->b->store, index);
}

/* [m, z] as [m, L, w] */
static ad_node cut(const model_draft *f, ad_node a)
{
    const int64_t rest[2] = {places_of(body_of(f)), body_of(f)->width};

    return ad_reshape(f->g, a, ad_rows(f->g, 1, 1, 3, rest));
}

static ad_node joined(const model_draft *f, ad_node a)
{
    const int64_t z = (int64_t)f->b->z;

    return ad_reshape(f->g, a, ad_rows(f->g, 1, 1, 2, &z));
}

/* argmin_k |z - e_k|^2 / 2 = argmin_k |e_k|^2 / 2 - z e_k: [m, L] */
static ad_node nearest(const model_draft *f, ad_node y)
{
    ad_graph *const g = f->g;
    const vae_body *const b = body_of(f);
    const int64_t places = places_of(b);
    const ad_node book = variable(f, b->book);
    const ad_node z =
        ad_reshape(g, y, ad_rows(g, (int32_t)places, 1, 2, &b->width));
    const ad_node norms = ad_scale(g, ad_sum(g, ad_square(g, book), 2, 0), 0.5);
    const ad_node apart = ad_sub(g, norms, ad_matmul(g, z, book, 0, 1));

    return ad_reshape(g, ad_argmin(g, apart, 1, 0),
                      ad_rows(g, 1, 1, 2, &places));
}

void vae_quantise(const model_draft *f, ad_node y, vae_codes *c)
{
    ad_graph *const g = f->g;

    c->raw = y;
    c->index = nearest(f, y);
    c->mean = joined(f, ad_gather(g, variable(f, body_of(f)->book), c->index));
    c->log_variance = ad_constant(g, -INFINITY, *ad_shape_at(g, c->mean));
}

/* The difference is 0, to the bit. */
ad_node vae_straight(const model_draft *f, const vae_codes *c)
{
    ad_graph *const g = f->g;

    return ad_add(g, c->mean, ad_sub(g, c->raw, ad_stop(g, c->raw)));
}

ad_node vae_commitment(const model_draft *f, const vae_codes *c)
{
    ad_graph *const g = f->g;

    return ad_sum(g, ad_square(g, ad_sub(g, c->raw, c->mean)), 2, 0);
}

/* ---- their prior --------------------------------------------------------- */

/* ln p_l(k) [L, K]: never -inf, and the shares of a place have the sum 1. */
static ad_node log_prior(const model_draft *f)
{
    ad_graph *const g = f->g;
    const ad_node counts = variable(f, body_of(f)->places);
    const ad_node some =
        ad_shift(g, ad_max(g, counts, ad_zeros(g, counts)), HALF);

    return ad_sub(g, ad_log(g, some), ad_log(g, ad_sum(g, some, 2, 1)));
}

/* Numbers of cells of [L, K] laid out in a line: [m, L] */
static ad_node cells(const model_draft *f, ad_node index)
{
    ad_graph *const g = f->g;
    const vae_body *const b = body_of(f);

    return ad_add(g, index,
                  ad_scale(g, ad_iota(g, ad_vector(places_of(b)), 0),
                           (double)b->vectors));
}

ad_node vae_codebook_kl(const model_draft *f, const vae_codes *c)
{
    ad_graph *const g = f->g;
    const vae_body *const b = body_of(f);
    const int64_t rest[2] = {places_of(b), b->width};
    const ad_node line =
        ad_reshape(g, log_prior(f), ad_matrix(places_of(b) * b->vectors, 1));
    const ad_node parts = ad_scale(g, ad_gather(g, line, cells(f, c->index)),
                                   -1 / (double)b->width);

    return joined(f, ad_broadcast(g, parts, ad_rows(g, 1, 1, 3, rest)));
}

ad_node vae_codebook_draw(const model_draft *f)
{
    ad_graph *const g = f->g;
    const vae_body *const b = body_of(f);
    const int64_t rest[2] = {places_of(b), b->vectors};
    const ad_node noise = ad_gumbel(g, "vae/vector", ad_rows(g, 1, 1, 3, rest));
    const ad_node index = ad_argmax(g, ad_add(g, noise, log_prior(f)), 2, 0);

    return joined(f, ad_gather(g, variable(f, b->book), index));
}

/* ---- an update ----------------------------------------------------------- */

/* How often each vector stood at each place, by the rows' weights: [L, K] */
static ad_node counted(const model_draft *f, const vae_codes *c, ad_node weight)
{
    ad_graph *const g = f->g;
    const vae_body *const b = body_of(f);
    const int64_t rest[2] = {places_of(b), 1};
    const ad_node each = ad_broadcast(g, weight, ad_rows(g, 1, 1, 3, rest));
    const ad_node line =
        ad_scatter(g, each, cells(f, c->index), places_of(b) * b->vectors);

    return ad_all_sum(g,
                      ad_reshape(g, line, ad_matrix(places_of(b), b->vectors)));
}

/* decay state + n */
static ad_node decayed(const model_draft *f, int32_t state, ad_node n)
{
    ad_graph *const g = f->g;

    return ad_add(
        g, ad_mul(g, variable(f, state), ad_input(g, "decay", ad_scalar())), n);
}

/* e + sum over its codes of (z - e) / N, which is m / N of the paper where e
 * was m / N before. A vector that stood for nothing stays as it was to the bit,
 * and no N of 0 wants an epsilon. */
static ad_node moved(const model_draft *f, const vae_codes *c, ad_node weight,
                     ad_node use)
{
    ad_graph *const g = f->g;
    const vae_body *const b = body_of(f);
    const ad_node apart = cut(f, ad_sub(g, c->raw, c->mean));
    const ad_node sums = ad_all_sum(
        g, ad_scatter(g, ad_mul(g, weight, apart), c->index, b->vectors));
    const ad_node safe = ad_select(g, ad_greater(g, use, ad_zeros(g, use)), use,
                                   ad_constant(g, 1, ad_scalar()));

    return ad_add(
        g, variable(f, b->book),
        ad_div(g, sums, ad_reshape(g, safe, ad_matrix(b->vectors, 1))));
}

void vae_codebook_follow(model_draft *f, const vae_codes *c, ad_node weight)
{
    ad_graph *const g = f->g;
    const vae_body *const b = body_of(f);
    const int64_t one[2] = {1, 1};
    const ad_node wide = ad_reshape(g, weight, ad_rows(g, 1, 1, 3, one));
    const ad_node places = counted(f, c, wide);
    const ad_node counts = ad_sum(g, places, 1, 0);
    const ad_node use = decayed(f, b->use, counts);

    model_draft_next(f, b->places, decayed(f, b->places, places));
    model_draft_next(f, b->use, use);
    model_draft_next(f, b->book, moved(f, c, wide, use));
    model_draft_output(f, counts);
    model_draft_output(f, c->raw);
    model_draft_output(f, weight);
}
