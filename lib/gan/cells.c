/* A table's rows in a graph: cells to what networks see, and back. A block of n
 * columns stands there as [m, n], or as [m, n, levels] while its levels do. */
#include "gan/internal.h"

static const gan_table *table_of(const model_draft *f)
{
    return &((const gan_body *)f->b)->table;
}

static ad_node variable(const model_draft *f, int32_t i)
{
    return ad_variable(f->g, f->b->store, i);
}

/* [m, n], of rows as cells are. */
static ad_node cells(const model_draft *f, ad_node x, const gan_block *k)
{
    return table_of(f)->blocks == 1 ? x
                                    : ad_part(f->g, x, 1, k->first, k->size);
}

/* [m, n, wide], of rows as networks see them. */
static ad_node numbers(const model_draft *f, ad_node y, const gan_block *k)
{
    const int64_t s[2] = {k->size, k->numbers / k->size};

    if (table_of(f)->blocks > 1)
        y = ad_part(f->g, y, 1, k->at, k->numbers);
    return ad_reshape(f->g, y, ad_rows(f->g, 1, 1, 3, s));
}

static ad_node flat(const model_draft *f, ad_node y, int64_t width)
{
    return ad_reshape(f->g, y, ad_rows(f->g, 1, 1, 2, &width));
}

static ad_node deep(const model_draft *f, ad_node y, const gan_block *k)
{
    const int64_t s[2] = {k->size, 1};

    return ad_reshape(f->g, y, ad_rows(f->g, 1, 1, 3, s));
}

/* Blocks beside each other. */
static ad_node joined(const model_draft *f, const ad_node *parts)
{
    const size_t n = table_of(f)->blocks;

    return n == 1 ? parts[0] : ad_concat(f->g, 1, n, parts);
}

/* A block's share of rows, in another form; site: of its draws, NULL for none.
 */
typedef ad_node (*block_map)(const model_draft *f, const gan_block *k,
                             ad_node x, const char *site);

/* The blocks of x in the form that `map` gives them; x itself where there is no
 * table. */
static ad_node each_block(const model_draft *f, ad_node x, const char *site,
                          block_map map)
{
    const gan_table *const t = table_of(f);
    ad_node *parts;

    if (!t->blocks)
        return x;
    parts = base_scratch(f->w, t->blocks, sizeof *parts);
    if (!parts)
        return ad_refuse(f->g, "no memory for the blocks of a table");
    for (size_t i = 0; i < t->blocks; i++)
        parts[i] = map(f, &t->block[i], x, site);
    return joined(f, parts);
}

/* Ones among zeros of numbers [m, n, 1]. */
static ad_node ones(ad_graph *g, ad_node index, int64_t levels)
{
    return ad_equal(g, index, ad_iota(g, ad_vector(levels), 0));
}

/* ---- quantiles ----------------------------------------------------------- */

/* Ends of a block's segments: lower [n, S], and how wide they are. */
static ad_node segments(const model_draft *f, const gan_block *k, ad_node *wide)
{
    ad_graph *const g = f->g;
    const ad_node a =
        ad_part(g, variable(f, table_of(f)->knots), 0, k->place, k->size);
    const ad_node lower = ad_part(g, a, 1, 0, GAN_SEGMENTS);

    *wide = ad_sub(g, ad_part(g, a, 1, 1, GAN_SEGMENTS), lower);
    return lower;
}

/* x [m, n] to deviates: each segment adds its share of the way. One of no
 * width, of cells that are equal, is passed by x beyond it, and by x on it as
 * far as u [m, n, 1] says. */
static ad_node to_deviates(const model_draft *f, const gan_block *k, ad_node x,
                           ad_node u)
{
    ad_graph *const g = f->g;
    ad_node wide;
    const ad_node lower = segments(f, k, &wide);
    const ad_node none = ad_equal(g, wide, ad_zeros(g, wide));
    const ad_node one = ad_constant(g, 1, *ad_shape_at(g, wide));
    const ad_node t = ad_sub(g, deep(f, x, k), lower);
    const ad_node ramp =
        ad_clamp(g, ad_div(g, t, ad_select(g, none, one, wide)), 0, 1);
    const ad_node on = ad_equal(g, t, ad_zeros(g, t));
    const ad_node step =
        ad_add(g, ad_greater(g, t, ad_zeros(g, t)), ad_mul(g, on, u));
    const ad_node way = ad_sum(g, ad_select(g, none, step, ramp), 0x4, 0);

    return ad_mul(g, ad_shift(g, ad_scale(g, way, 2.0 / GAN_SEGMENTS), -1),
                  variable(f, table_of(f)->reach));
}

/* ---- modes --------------------------------------------------------------- */

/* A variable [numeric, modes], of a block [n, modes]. */
static ad_node of_modes(const model_draft *f, const gan_block *k, int32_t i)
{
    return ad_part(f->g, variable(f, i), 0, k->place, k->size);
}

/* ln of the shares of a block's levels [n, levels]. */
static ad_node shares(const model_draft *f, const gan_block *k)
{
    ad_graph *const g = f->g;
    const int64_t wide = k->numbers / k->size;
    ad_node a =
        ad_part(g, variable(f, table_of(f)->offset), 0, k->at, k->numbers);

    a = ad_reshape(g, a, ad_matrix(k->size, wide));
    return ad_part(g, a, 1, wide - k->levels, k->levels);
}

/* x [m, n] to the place in a mode, half a deviation being 1/4, and the mode: as
 * probable as it is, by noise [m, n, modes], or the most probable one. */
static ad_node to_modes(const model_draft *f, const gan_block *k, ad_node x,
                        ad_node noise)
{
    ad_graph *const g = f->g;
    const ad_node deviation = of_modes(f, k, table_of(f)->deviations);
    const ad_node t =
        ad_div(g, ad_sub(g, deep(f, x, k), of_modes(f, k, table_of(f)->means)),
               deviation);
    const ad_node share = ad_sub(g, shares(f, k), ad_log(g, deviation));
    ad_node l = ad_sub(g, share, ad_scale(g, ad_square(g, t), 0.5)), parts[2];

    if (noise != AD_NONE)
        l = ad_add(g, l, noise);
    parts[1] = ones(g, ad_argmax(g, l, 2, 1), k->levels);
    parts[0] = ad_scale(g, ad_sum(g, ad_mul(g, parts[1], t), 0x4, 1), 0.5);
    return ad_concat(g, 2, 2, parts);
}

/* The inverse, of a mode [m, n, modes] and the place in it. */
static ad_node from_modes(const model_draft *f, const gan_block *k,
                          ad_node place, ad_node mode)
{
    ad_graph *const g = f->g;
    const ad_node step = ad_mul(g, ad_scale(g, place, 2),
                                of_modes(f, k, table_of(f)->deviations));
    const ad_node x = ad_add(g, of_modes(f, k, table_of(f)->means), step);

    return ad_sum(g, ad_mul(g, mode, x), 0x4, 0);
}

/* ---- to networks --------------------------------------------------------- */

/* Counts [m, n] as ln(1 + x + u) in units of the column. */
static ad_node logarithms(const model_draft *f, const gan_block *k, ad_node x,
                          ad_node u)
{
    ad_graph *const g = f->g;
    const ad_node shift =
        ad_part(g, variable(f, table_of(f)->shift), 0, k->first, k->size);
    const ad_node factor =
        ad_part(g, variable(f, table_of(f)->factor), 0, k->first, k->size);

    x = ad_log1p(g, ad_add(g, x, u));
    return ad_mul(g, ad_add(g, x, shift), factor);
}

/* A uniform number a cell, or the middle. */
static ad_node within(const model_draft *f, const gan_block *k, int drawn,
                      const char *site)
{
    const int64_t d = (int64_t)f->b->d;

    if (!drawn)
        return ad_constant(f->g, 0.5, ad_scalar());
    return cells(f, ad_uniform(f->g, site, ad_rows(f->g, 1, 1, 2, &d)), k);
}

static ad_node noise_of(const model_draft *f, const gan_block *k,
                        const char *site)
{
    const int64_t n = table_of(f)->numbers;
    const ad_shape row = ad_rows(f->g, 1, 1, 2, &n);
    const ad_node all = base_same(site, GAN_NOISE) ? ad_input(f->g, site, row)
                                                   : ad_gumbel(f->g, site, row);
    const int64_t wide = k->numbers / k->size;

    return ad_part(f->g, numbers(f, all, k), 2, wide - k->levels, k->levels);
}

static ad_node encode_numeric(const model_draft *f, const gan_block *k,
                              ad_node x, int drawn)
{
    const gan_table *const t = table_of(f);
    ad_node u = within(f, k, drawn, "gan/cells");

    if (k->kind == GENMOD_COUNT)
        x = logarithms(f, k, x, u);
    if (t->encoding == GAN_QUANTILE) {
        u = within(f, k, drawn, "gan/steps");
        return to_deviates(f, k, x, drawn ? deep(f, u, k) : u);
    }
    if (t->encoding == GAN_BY_MODES)
        return flat(
            f, to_modes(f, k, x, drawn ? noise_of(f, k, "gan/modes") : AD_NONE),
            k->numbers);
    return x;
}

static ad_node encode_block(const model_draft *f, const gan_block *k, ad_node x,
                            const char *site)
{
    x = cells(f, x, k);
    if (gan_is_numeric(k))
        return encode_numeric(f, k, x, site != NULL);
    return flat(f, ones(f->g, deep(f, x, k), k->levels), k->numbers);
}

ad_node gan_encode(const model_draft *f, ad_node x, int drawn)
{
    return each_block(f, x, drawn ? "gan" : NULL, encode_block);
}

/* ---- from the generator -------------------------------------------------- */

/* What stands for the levels of a block [m, n, levels], drawn if there is a
 * site: ln p but for a constant. */
static ad_node logits(const model_draft *f, const gan_block *k, ad_node y,
                      const char *site)
{
    ad_graph *const g = f->g;
    const int64_t wide = k->numbers / k->size;

    y = ad_part(g, numbers(f, y, k), 2, wide - k->levels, k->levels);
    y = ad_add(g, y, shares(f, k));
    return site ? ad_add(g, y, noise_of(f, k, site)) : y;
}

/* Ones among zeros, with the gradient of the softmax: Jang, Gu, Poole 2017,
 * equation (2) and section 2.2. */
static ad_node straight_through(const model_draft *f, ad_node l, int64_t levels)
{
    ad_graph *const g = f->g;
    const double t = ((const gan_body *)f->b)->temperature;
    const ad_node soft = ad_softmax(g, ad_scale(g, l, 1 / t));
    const ad_node hard = ones(g, ad_argmax(g, l, 2, 1), levels);

    return ad_add(g, soft, ad_stop(g, ad_sub(g, hard, soft)));
}

static ad_node relax_block(const model_draft *f, const gan_block *k, ad_node y,
                           const char *site)
{
    ad_graph *const g = f->g;
    ad_node parts[2];

    if (!k->levels)
        return flat(f, numbers(f, y, k), k->numbers);
    parts[1] = straight_through(f, logits(f, k, y, site), k->levels);
    if (!gan_is_numeric(k))
        return flat(f, parts[1], k->numbers);
    parts[0] = ad_part(g, numbers(f, y, k), 2, 0, 1);
    return flat(f, ad_concat(g, 2, 2, parts), k->numbers);
}

ad_node gan_relax(const model_draft *f, ad_node y, const char *site)
{
    return each_block(f, y, site, relax_block);
}

static ad_node decode_block(const model_draft *f, const gan_block *k, ad_node y,
                            const char *site)
{
    ad_graph *const g = f->g;
    ad_node index;

    if (!k->levels)
        return flat(f, numbers(f, y, k), k->size);
    index = ad_argmax(g, logits(f, k, y, site), 2, 1);
    if (!gan_is_numeric(k))
        return flat(f, index, k->size);
    return from_modes(f, k, ad_part(g, numbers(f, y, k), 2, 0, 1),
                      ones(g, index, k->levels));
}

ad_node gan_decode(const model_draft *f, ad_node y, const char *site)
{
    return each_block(f, y, site, decode_block);
}
