/* Generator and discriminator in a graph. */
#include "gan/internal.h"

#define SETS 2 /* of rows that D sees in one pass */

static const gan_body *body_of(const model_draft *f)
{
    return (const gan_body *)f->b;
}

/* The last axis of a row's shape: columns or channels. */
static int32_t last_of(const nn_size *s)
{
    return s->rank == 3 ? 3 : 1;
}

ad_node gan_input_label(const model_draft *f)
{
    if (!body_of(f)->classes)
        return AD_NONE;
    return ad_input(f->g, "label", ad_rows(f->g, 1, 1, 1, NULL));
}

/* Labels [m] as ones among zeros: [m, classes], or at every pixel of a size. */
static ad_node ones_among_zeros(const model_draft *f, ad_node label,
                                const nn_size *s)
{
    ad_graph *const g = f->g;
    const int64_t classes = body_of(f)->classes;
    const int64_t one[3] = {1, 1, 1}, all[3] = {s->h, s->w, classes};
    const int32_t rank = last_of(s);
    const ad_node shaped =
        ad_reshape(g, label, ad_rows(g, 1, 1, rank + 1, one));
    const ad_node y = ad_equal(g, shaped, ad_iota(g, ad_vector(classes), 0));

    return rank == 1 ? y : ad_broadcast(g, y, ad_rows(g, 1, 1, 4, all));
}

static ad_node with_label(const model_draft *f, ad_node x, ad_node label,
                          const nn_size *s)
{
    ad_node parts[2] = {x, AD_NONE};

    if (label == AD_NONE)
        return x;
    parts[1] = ones_among_zeros(f, label, s);
    return ad_concat(f->g, last_of(s), 2, parts);
}

ad_node gan_draw_codes(const model_draft *f, const char *site)
{
    const int64_t z = (int64_t)f->b->z;

    return ad_normal(f->g, site, ad_rows(f->g, 1, 1, 2, &z));
}

ad_node gan_generated(model_draft *f, ad_node z, ad_node label)
{
    const ad_node x = nn_apply(f->b->net[GAN_G], &f->pass[GAN_G],
                               with_label(f, z, label, &f->b->codes.size));

    return model_draft_shaped(f, x, &f->b->columns.size);
}

/* Rows [m, …] beside each other, as many as D sees together; the channels of
 * images. */
static ad_node packed(const model_draft *f, ad_node x)
{
    static const int32_t axes[] = {0, 2, 3, 1, 4};
    ad_graph *const g = f->g;
    const ad_shape s = *ad_shape_at(g, x);
    const int64_t p = body_of(f)->packing;
    const int64_t apart[4] = {p, s.dim[1], s.dim[2], s.dim[3]};
    const int64_t rows = p * s.dim[1],
                  image[3] = {s.dim[1], s.dim[2], p * s.dim[3]};

    if (p == 1)
        return x;
    if (s.rank == 2)
        return ad_reshape(g, x, ad_rows(g, 1, (int32_t)p, 2, &rows));
    x = ad_reshape(g, x, ad_rows(g, 1, (int32_t)p, 5, apart));
    return ad_reshape(g, ad_permute(g, x, axes),
                      ad_rows(g, 1, (int32_t)p, 4, image));
}

ad_node gan_by_packs(const model_draft *f, ad_node a)
{
    const int64_t p = body_of(f)->packing;

    if (p == 1)
        return a;
    return ad_sum(
        f->g, ad_reshape(f->g, a, ad_rows(f->g, 1, (int32_t)p, 2, &p)), 0x2, 0);
}

/* n sets of rows [m, …], row by row: [n m, …]. */
static ad_node interleaved(ad_graph *g, size_t n, const ad_node *x)
{
    const ad_shape s = *ad_shape_at(g, x[0]);
    ad_shape apart = s, joined = s;
    ad_node sets[SETS];

    if (n == 1)
        return x[0];
    apart.rank = s.rank + 1;
    apart.dim[1] = 1;
    for (int32_t a = 1; a < s.rank; a++)
        apart.dim[a + 1] = s.dim[a];
    for (size_t i = 0; i < n; i++)
        sets[i] = ad_reshape(g, x[i], apart);
    joined.mul *= (int32_t)n;
    joined.dim[0] *= (int64_t)n;
    return ad_reshape(g, ad_concat(g, 1, n, sets), joined);
}

ad_node gan_judge(model_draft *f, size_t n, const ad_node *x, ad_node label,
                  ad_node *y)
{
    ad_graph *const g = f->g;
    const int32_t p = (int32_t)body_of(f)->packing;
    const int64_t width = (int64_t)n;
    ad_node sets[SETS] = {AD_NONE}, all;

    for (size_t i = 0; i < n; i++)
        sets[i] = packed(f, with_label(f, x[i], label, &f->b->columns.size));
    all = ad_reshape(
        g, nn_apply(f->b->net[GAN_D], &f->pass[GAN_D], interleaved(g, n, sets)),
        ad_rows(g, 1, p, 2, &width));
    for (size_t i = 0; i < n; i++)
        y[i] = ad_reshape(g, ad_part(g, all, 1, (int64_t)i, 1),
                          ad_rows(g, 1, p, 1, NULL));
    return all;
}
