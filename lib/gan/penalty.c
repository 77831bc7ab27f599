/* Penalties on the gradient of D by its rows, row by row: of rows that D sees
 * together, by all of them. */
#include "gan/internal.h"

/* Kodali et al. 2017, section 2.5: the noise of a row whose columns have the
 * deviation 1. */
#define DRAGAN_NOISE 0.5

static ad_node square(const model_draft *f, ad_node dx)
{
    const uint32_t axes = ad_shape_at(f->g, dx)->rank == 4 ? 0xe : 0x2;

    return gan_by_packs(f, ad_sum(f->g, ad_square(f->g, dx), axes, 0));
}

/* |dy/dx|^2 of each pack [m / packing]. y holds a number a pack, and no other
 * pack's depends on x, unless packs share a deviation: then it is of the sum of
 * the numbers of their group, as Karras et al. 2018 and 2020 have it, too. */
static ad_node squared_gradient(const model_draft *f, ad_node y, ad_node x)
{
    ad_node dx;

    return ad_grad(f->g, y, AD_NONE, 1, &x, &dx) ? AD_NONE : square(f, dx);
}

/* (|dy/dx| - 1)^2 */
static ad_node off_unit(ad_graph *g, ad_node squares)
{
    return ad_square(g, ad_shift(g, ad_root(g, squares), -1));
}

/* Rows where the penalty looks at D: between those of the data and generated
 * ones, or about those of the data. */
static ad_node looked_at(const model_draft *f, int32_t kind, const gan_game *p)
{
    ad_graph *const g = f->g;
    const ad_shape *const shape = ad_shape_at(g, p->x);
    const int64_t ones[3] = {1, 1, 1};
    ad_node u;

    if (p->x == AD_NONE)
        return AD_NONE;
    if (kind == GAN_DRAGAN)
        return ad_add(
            g, p->x,
            ad_scale(g, ad_uniform(g, "gan/dragan", *shape), DRAGAN_NOISE));
    u = ad_uniform(g, "gan/between", ad_rows(g, 1, 1, shape->rank, ones));
    return ad_add(g, p->fake, ad_mul(g, u, ad_sub(g, p->x, p->fake)));
}

/* Both of a penalty that looks elsewhere than at the rows of the loss. */
static ad_node elsewhere(model_draft *f, int32_t kind, const gan_game *p,
                         ad_node *squares)
{
    ad_graph *const g = f->g;
    const int flags = f->pass[GAN_D].flags;
    const ad_node x = ad_stop(g, looked_at(f, kind, p));
    gan_verdict v;
    ad_node s;

    /* what D follows it has followed */
    gan_set_pass(f, GAN_D, flags & ~NN_UPDATE, 2);
    gan_judge(f, 1, &x, p->label, &v);
    gan_set_pass(f, GAN_D, flags, 0);
    s = squared_gradient(f, v.y[0], x);
    squares[0] = ad_mean_all(g, s);
    return kind == GAN_ZERO_GRADIENT ? squares[0]
                                     : ad_mean_all(g, off_unit(g, s));
}

/* Mescheder et al. 2018, equations (9) and (10): half the means of the squares.
 * One gradient serves both where D saw both in one pass. */
static void at_rows(const model_draft *f, int32_t kind, const gan_game *p,
                    ad_node *real, ad_node *fake)
{
    const ad_node x[2] = {p->x, p->fake};
    ad_node dx[2];

    *real = *fake = AD_NONE;
    if (p->both != AD_NONE) {
        if (ad_grad(f->g, p->both, AD_NONE, 2, x, dx))
            return;
        *real = square(f, dx[0]);
        *fake = square(f, dx[1]);
        return;
    }
    if (kind != GAN_R2)
        *real = squared_gradient(f, p->of.real, p->x);
    if (kind != GAN_R1)
        *fake = squared_gradient(f, p->of.fake, p->fake);
}

ad_node gan_penalty(model_draft *f, int32_t kind, const gan_game *p,
                    ad_node *squares)
{
    ad_graph *const g = f->g;
    ad_node real, fake;

    squares[0] = squares[1] = ad_constant(g, 0, ad_scalar());
    if (kind == GAN_NO_PENALTY)
        return AD_NONE;
    if (kind >= GAN_UNIT_GRADIENT)
        return elsewhere(f, kind, p, squares);
    at_rows(f, kind, p, &real, &fake);
    if (kind != GAN_R2)
        squares[0] = gan_weighted(g, p->of.weight, real);
    if (kind != GAN_R1)
        squares[1] = ad_mean_all(g, fake);
    return ad_scale(g, ad_add(g, squares[0], squares[1]), 0.5);
}
