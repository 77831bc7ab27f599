/* What the encoder reads of a row: its cells in units of their columns, counts
 * as logarithms, categories as ones among zeros; then which cells are there,
 * and the label. */
#include "vae/internal.h"

static const vae_body *body_of(const model_draft *f)
{
    return (const vae_body *)f->b;
}

/* The last axis of a row's shape. */
static int32_t last_of(const nn_size *s)
{
    return s->rank == 3 ? 3 : 1;
}

static int64_t width_of(const vae_block *b)
{
    return b->kind == VAE_CATEGORICAL ? b->params : b->size;
}

nn_size vae_features_size(const vae_body *b)
{
    const nn_size *const columns = &b->base.columns.size;
    nn_size size = *columns;
    int64_t n = 0;

    for (size_t i = 0; i < b->likelihood.n; i++)
        n += width_of(&b->likelihood.block[i]);
    if (size.rank == 3) {
        size.c =
            n / (size.h * size.w) + (b->missing ? columns->c : 0) + b->classes;
        return size;
    }
    size.n = n + (b->missing ? columns->n : 0) + b->classes;
    return size;
}

ad_node vae_input_mask(const model_draft *f)
{
    if (!body_of(f)->missing)
        return AD_NONE;
    return model_draft_rows(f, "mask", &f->b->columns.size);
}

ad_node vae_input_label(const model_draft *f)
{
    if (!body_of(f)->classes)
        return AD_NONE;
    return ad_input(f->g, "label", ad_rows(f->g, 1, 1, 1, NULL));
}

/* Categories [.., n] to ones among zeros [.., n levels]. */
static ad_node ones_among_zeros(ad_graph *g, ad_node x, int64_t levels)
{
    ad_shape wide = *ad_shape_at(g, x), flat = wide;
    ad_node index;

    if (x == AD_NONE)
        return AD_NONE;
    wide.dim[wide.rank++] = 1;
    flat.dim[flat.rank - 1] *= levels;
    index = ad_iota(g, ad_vector(levels), 0);
    return ad_reshape(g, ad_equal(g, ad_reshape(g, x, wide), index), flat);
}

/* A mask [.., n] for each of the levels. */
static ad_node repeated(ad_graph *g, ad_node mask, int64_t levels)
{
    ad_shape wide = *ad_shape_at(g, mask), flat = wide, full;

    if (mask == AD_NONE)
        return AD_NONE;
    wide.dim[wide.rank++] = 1;
    full = wide;
    full.dim[full.rank - 1] = levels;
    flat.dim[flat.rank - 1] *= levels;
    return ad_reshape(g, ad_broadcast(g, ad_reshape(g, mask, wide), full),
                      flat);
}

static ad_node part(const model_draft *f, ad_node x, const vae_block *b)
{
    const nn_size *const s = &f->b->columns.size;

    if (s->rank == 3 || body_of(f)->likelihood.n == 1)
        return x;
    return ad_part(f->g, x, last_of(s), b->first, b->size);
}

static ad_node logarithms(const model_draft *f, ad_node x, const vae_block *b)
{
    ad_graph *const g = f->g;
    const vae_body *const v = body_of(f);
    const ad_node shift = ad_variable(g, f->b->store, v->shift);
    const ad_node factor = ad_variable(g, f->b->store, v->factor);

    if (f->b->columns.size.rank == 3)
        return ad_mul(g, ad_add(g, ad_log1p(g, x), shift), factor);
    return ad_mul(
        g, ad_add(g, ad_log1p(g, x), ad_part(g, shift, 0, b->first, b->size)),
        ad_part(g, factor, 0, b->first, b->size));
}

static ad_node block_features(const model_draft *f, ad_node x, ad_node mask,
                              const vae_block *b)
{
    ad_graph *const g = f->g;
    ad_node y = part(f, x, b);
    ad_node seen = mask == AD_NONE ? AD_NONE : part(f, mask, b);

    if (b->kind == VAE_POISSON || b->kind == VAE_NEGATIVE_BINOMIAL)
        y = logarithms(f, y, b);
    if (b->kind == VAE_CATEGORICAL) {
        y = ones_among_zeros(g, y, b->levels);
        if (mask != AD_NONE)
            seen = repeated(g, seen, b->levels);
    }
    return mask == AD_NONE ? y : ad_mul(g, y, seen);
}

/* The label as ones among zeros, at every pixel of an image. */
static ad_node label_features(const model_draft *f, ad_node label)
{
    ad_graph *const g = f->g;
    const nn_size *const s = &f->b->columns.size;
    const int64_t classes = body_of(f)->classes;
    const int64_t one[3] = {1, 1, 1}, all[3] = {s->h, s->w, classes};
    const int32_t rank = last_of(s);
    const ad_node shaped =
        ad_reshape(g, label, ad_rows(g, 1, 1, rank + 1, one));
    const ad_node y = ones_among_zeros(g, shaped, classes);

    return rank == 1 ? y : ad_broadcast(g, y, ad_rows(g, 1, 1, 4, all));
}

ad_node vae_features(const model_draft *f, ad_node x, ad_node mask,
                     ad_node label)
{
    const vae_likelihood *const l = &body_of(f)->likelihood;
    ad_node *const parts = base_scratch(f->w, l->n + 2, sizeof *parts);
    size_t n = 0;

    if (!parts)
        return ad_refuse(f->g, "no memory for the encoder's inputs");
    for (size_t i = 0; i < l->n; i++)
        parts[n++] = block_features(f, x, mask, &l->block[i]);
    if (body_of(f)->missing)
        parts[n++] = mask == AD_NONE
                         ? ad_constant(f->g, 1, *ad_shape_at(f->g, x))
                         : mask;
    if (label != AD_NONE)
        parts[n++] = label_features(f, label);
    return n == 1 ? parts[0]
                  : ad_concat(f->g, last_of(&f->b->columns.size), n, parts);
}
