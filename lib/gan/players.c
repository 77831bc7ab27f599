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

ad_node gan_input_codes(const model_draft *f)
{
    const int64_t z = (int64_t)f->b->z;

    return ad_input(f->g, "x", ad_rows(f->g, 1, 1, 2, &z));
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
    const ad_node beside = body_of(f)->by_norm ? AD_NONE : label;
    ad_node x;

    f->pass[GAN_G].label = label;
    x = nn_apply(f->b->net[GAN_G], &f->pass[GAN_G],
                 with_label(f, z, beside, &f->b->codes.size));

    const nn_size row = gan_row_size(body_of(f));

    return model_draft_shaped(f, x, &row);
}

ad_node gan_generated_row(model_draft *f, ad_node z, ad_node label,
                          const char *site)
{
    return gan_relax(f, gan_generated(f, z, label), site);
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

    if (n == 1 || x[0] == AD_NONE) /* a graph that failed has no shape */
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

void gan_set_pass(model_draft *f, int player, int flags, int32_t copy)
{
    const gan_body *const b = body_of(f);
    const int32_t nets[] = {player, b->head, b->classifier};

    for (int i = 0; i < (player == GAN_D ? 3 : 1); i++)
        if (nets[i] >= 0) {
            f->pass[nets[i]].flags = flags;
            f->pass[nets[i]].copy = copy;
        }
}

/* ---- D's verdict ----------------------------------------------------------
 */

/* Beside what the text gives [n m', F] the mean over F of its deviation among
 * the packs of a group: Karras et al. 2018, section 3. */
static ad_node with_deviation(const model_draft *f, size_t n, ad_node x,
                              int64_t features)
{
    const gan_body *const b = body_of(f);
    ad_graph *const g = f->g;
    const int32_t p = (int32_t)b->packing, q = (int32_t)b->group;
    const int64_t apart[3] = {q, (int64_t)n, features};
    const int64_t each[3] = {q, (int64_t)n, 1}, one = 1;
    ad_node mean, variance, parts[2] = {x, AD_NONE};

    if (q == 1)
        return x;
    ad_moments(g, ad_reshape(g, x, ad_rows(g, 1, p * q, 4, apart)), 0x2, &mean,
               &variance);
    mean = ad_mean(g, ad_root(g, variance), 0x8, 1);
    mean = ad_broadcast(g, mean, ad_rows(g, 1, p * q, 4, each));
    parts[1] = ad_reshape(g, mean, ad_rows(g, (int32_t)n, p, 2, &one));
    return ad_concat(g, 1, 2, parts);
}

/* Labels [m] of n sets: [n m]. */
static ad_node repeated(ad_graph *g, size_t n, ad_node label)
{
    const int64_t one = 1, sets = (int64_t)n;

    label = ad_reshape(g, label, ad_rows(g, 1, 1, 2, &one));
    label = ad_broadcast(g, label, ad_rows(g, 1, 1, 2, &sets));
    return ad_reshape(g, label, ad_rows(g, (int32_t)n, 1, 1, NULL));
}

/* The product of each row's features and the vector of its class: Miyato,
 * Koyama 2018, equation (3). */
static ad_node projected(const model_draft *f, size_t n, ad_node x,
                         ad_node label)
{
    ad_graph *const g = f->g;
    const ad_node table = ad_variable(g, f->b->store, body_of(f)->projection);
    const ad_node v = ad_gather(g, table, repeated(g, n, label));

    return ad_sum(g, ad_mul(g, x, v), 0x2, 1);
}

/* ln p of the rows' classes [n m, 1]. */
static ad_node told(model_draft *f, size_t n, ad_node x, ad_node label)
{
    ad_graph *const g = f->g;
    const int32_t at = body_of(f)->classifier;
    const int64_t one = 1;
    const ad_node y =
        ad_log_softmax(g, nn_apply(f->b->net[at], &f->pass[at], x));
    const ad_node index = ad_reshape(g, repeated(g, n, label),
                                     ad_rows(g, (int32_t)n, 1, 2, &one));
    const ad_node hit =
        ad_equal(g, index, ad_iota(g, ad_vector(body_of(f)->classes), 0));

    return ad_sum(g, ad_mul(g, hit, y), 0x2, 1);
}

/* A number a row of n sets [n m', 1], set by set; returns all as [m', n]. */
static ad_node split(const model_draft *f, size_t n, ad_node a, ad_node *out)
{
    ad_graph *const g = f->g;
    const int32_t p = (int32_t)body_of(f)->packing;
    const int64_t width = (int64_t)n;
    const ad_node all = ad_reshape(g, a, ad_rows(g, 1, p, 2, &width));

    for (size_t i = 0; i < n; i++)
        out[i] = ad_reshape(g, ad_part(g, all, 1, (int64_t)i, 1),
                            ad_rows(g, 1, p, 1, NULL));
    return all;
}

void gan_judge(model_draft *f, size_t n, const ad_node *x, ad_node label,
               gan_verdict *v)
{
    const gan_body *const b = body_of(f);
    ad_graph *const g = f->g;
    const nn_net *const net = f->b->net[GAN_D];
    const int64_t features = nn_size_elements(nn_net_output(net));
    const ad_node beside = b->conditioning == GAN_CONCAT ? label : AD_NONE;
    ad_node sets[SETS] = {AD_NONE}, y, rows;

    for (size_t i = 0; i < n; i++)
        sets[i] = packed(f, with_label(f, x[i], beside, &f->b->columns.size));
    rows = nn_apply(net, &f->pass[GAN_D], interleaved(g, n, sets));
    y = rows = ad_reshape(
        g, rows, ad_rows(g, (int32_t)n, (int32_t)b->packing, 2, &features));
    if (b->head >= 0)
        y = nn_apply(f->b->net[b->head], &f->pass[b->head],
                     with_deviation(f, n, rows, features));
    if (b->projection >= 0)
        y = ad_add(g, y, projected(f, n, rows, label));
    v->both = split(f, n, y, v->y);
    if (b->classifier >= 0)
        split(f, n, told(f, n, rows, label), v->told);
}
