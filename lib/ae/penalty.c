/* What is asked of codes beside a good reconstruction. */
#include "ae/internal.h"

/* From 1 to the next float below: kept away from 0 by it, a mean activation has
 * a logarithm. */
#define EDGE 0x1p-24

/* Units of the code whose rows of the Jacobian are held at one time. */
#define AT_ONCE 8

/* ---- what networks cannot have ------------------------------------------- */

static int in_unit_interval(const nn_net *net)
{
    const char *const last = nn_net_last(net);

    return last && (base_same(last, "sigmoid") || base_same(last, "softmax"));
}

int32_t ae_check_penalties(const genmod_config *c, const model_body *b,
                           genmod_workspace *w)
{
    const nn_net *const encoder = b->net[AE_ENCODER_NET];
    const double sparsity = base_config_f64(c, AE_SPARSITY);
    const double contraction = base_config_f64(c, AE_CONTRACTION);

    if (sparsity > 0 && base_config_choice(c, AE_SPARSITY_KIND) == AE_KL &&
        !in_unit_interval(encoder))
        return base_fail(
            w, GENMOD_BAD_ARGUMENT,
            "option \"sparsity\" is %g of kind \"kl\", which is of "
            "codes from 0 to 1; option \"encoder\" must end in "
            "sigmoid or softmax, or option \"sparsity_kind\" be "
            "\"l1\"",
            sparsity);
    if (contraction > 0 && nn_net_has(encoder, "batchnorm"))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"contraction\" is %g; option \"encoder\" has "
                         "batchnorm, by which the code of a row depends on "
                         "other rows too",
                         contraction);
    return GENMOD_OK;
}

/* ---- sparse codes -------------------------------------------------------- */

static ad_shape columns_of(const model_draft *f, size_t n)
{
    return ad_rows(f->g, 1, 1, 2, &(int64_t){(int64_t)n});
}

/* a ln(a / m) of the weighted mean m over the minibatch of each unit's v from 0
 * to 1: [z]. m is squeezed into [EDGE, 1 - EDGE]. */
static ad_node share_of(const model_draft *f, double a, ad_node v)
{
    ad_graph *const g = f->g;
    const ad_node weights =
        ad_reshape(g, model_draft_weights(f), columns_of(f, 1));
    const ad_node sum = ad_all_mean(g, ad_sum(g, ad_mul(g, weights, v), 1, 0));
    const ad_node mean = ad_div(g, sum, ad_all_mean(g, ad_sum_all(g, weights)));
    const ad_node m = ad_shift(g, ad_scale(g, mean, 1 - 2 * EDGE), EDGE);

    return ad_scale(g, ad_log(g, ad_scale(g, m, 1 / a)), -a);
}

/* Sum over the units of KL(rho | rho_j), of Bernoulli variables: Ng 2011. 1 -
 * rho_j is a mean of its own, which no rounding makes negative. */
static ad_node divergence(const model_draft *f, ad_node units, double rho)
{
    ad_graph *const g = f->g;
    const ad_node on = share_of(f, rho, units);
    const ad_node off = share_of(f, 1 - rho, ad_shift(g, ad_neg(g, units), 1));

    return ad_sum_all(g, ad_add(g, on, off));
}

static ad_node sparse(const model_draft *f, const double *recipe, ad_node units)
{
    ad_graph *const g = f->g;
    const ad_node v = recipe[AE_SPARSE_KIND] == AE_KL
                          ? divergence(f, units, recipe[AE_SPARSE_TARGET])
                          : ae_mean(f, ad_sum(g, ad_abs(g, units), 2, 0));

    return ad_scale(g, v, recipe[AE_SPARSE]);
}

/* ---- contraction: Rifai et al. 2011 -------------------------------------- */

/* |J' v|^2 of each row, J = d code / d x: of the units' sum weighted by v.
 * Codes of a row depend on that row alone, so one gradient serves all rows. */
static ad_node pulled(const model_draft *f, ad_node x, ad_node y, ad_node v)
{
    const uint32_t cells = f->b->columns.size.rank == 3 ? 0xe : 0x2;
    ad_node dx;

    (void)ad_grad(f->g, y, v, 1, &x, &dx); /* the graph's status tells */
    return ad_sum(f->g, ad_square(f->g, dx), cells, 0);
}

/* Row j of J, of the units' column j. */
static ad_node row_of(const model_draft *f, ad_node x, ad_node units, size_t j)
{
    return pulled(f, x, ad_part(f->g, units, 1, (int64_t)j, 1), AD_NONE);
}

static ad_node exact(const model_draft *f, ad_node x, ad_node units)
{
    ad_node sum = row_of(f, x, units, 0);

    for (size_t j = 1; j < f->b->z; j++)
        sum = ad_add(f->g, sum, row_of(f, x, units, j));
    return sum;
}

/* Hutchinson 1990: E |J' v|^2 = |J|^2 for v of independent signs. */
static ad_node probed(const model_draft *f, size_t probes, ad_node x,
                      ad_node units)
{
    ad_graph *const g = f->g;
    const size_t z = f->b->z;
    const ad_node signs = ad_shift(
        g,
        ad_scale(
            g, ad_bernoulli(g, "ae/probes", 0.5, columns_of(f, probes * z)), 2),
        -1);
    ad_node sum = AD_NONE;

    for (size_t k = 0; k < probes; k++) {
        const ad_node v = ad_part(g, signs, 1, (int64_t)(k * z), (int64_t)z);
        const ad_node own = pulled(f, x, units, v);

        sum = k ? ad_add(g, sum, own) : own;
    }
    return ad_scale(g, sum, 1 / (double)probes);
}

static ad_node weighed(const model_draft *f, const double *recipe, ad_node v)
{
    return ad_scale(f->g, ae_mean(f, v), recipe[AE_CONTRACTIVE]);
}

static ad_node contractive(const model_draft *f, const double *recipe,
                           ad_node x, ad_node units)
{
    const size_t probes = (size_t)recipe[AE_PROBES];

    if (ae_pieces(f->b, recipe))
        return ad_input(f->g, MODEL_REST, ad_scalar());
    return weighed(f, recipe,
                   probes ? probed(f, probes, x, units) : exact(f, x, units));
}

size_t ae_pieces(const model_body *b, const double *recipe)
{
    const int exact = recipe[AE_CONTRACTIVE] > 0 && recipe[AE_PROBES] == 0;

    return exact && b->parts <= 1 && b->z > AT_ONCE
               ? (b->z + AT_ONCE - 1) / AT_ONCE
               : 0;
}

/* Numbers of a piece's n units [1, n], of which the last piece may have some
 * that there are not. */
static ad_node numbers_of(const model_draft *f, size_t n)
{
    ad_graph *const g = f->g;
    const ad_node piece = ad_input(g, "piece", ad_scalar());

    return ad_add(g, ad_iota(g, ad_matrix(1, (int64_t)n), 1),
                  ad_scale(g, piece, (double)n));
}

/* S [z, n] takes their columns; where there is none, the last one's. */
static ad_node choice_of(const model_draft *f, ad_node numbers, size_t n)
{
    ad_graph *const g = f->g;
    const int64_t z = (int64_t)f->b->z;
    const ad_node last = ad_constant(g, (double)(z - 1), ad_scalar());

    return ad_equal(g, ad_iota(g, ad_matrix(z, (int64_t)n), 0),
                    ad_min(g, numbers, last));
}

ad_node ae_piece(model_draft *f, const double *recipe, ad_node x, ad_node z)
{
    ad_graph *const g = f->g;
    const size_t pieces = ae_pieces(f->b, recipe);
    const size_t n = (f->b->z + pieces - 1) / pieces;
    const ad_node end = ad_constant(g, (double)f->b->z, ad_scalar());
    const ad_node numbers = numbers_of(f, n);
    const ad_node there = ad_greater(g, end, numbers);
    const ad_node units = ad_pick(g, ad_reshape(g, z, columns_of(f, f->b->z)),
                                  choice_of(f, numbers, n));
    ad_node sum = AD_NONE;

    for (size_t j = 0; j < n; j++) {
        const ad_node counts =
            ad_reshape(g, ad_part(g, there, 1, (int64_t)j, 1), ad_vector(1));
        const ad_node own = ad_mul(g, counts, row_of(f, x, units, j));

        sum = j ? ad_add(g, sum, own) : own;
    }
    return weighed(f, recipe, sum);
}

ad_node ae_penalty(model_draft *f, const double *recipe, ad_node x, ad_node z)
{
    const ad_node units = ad_reshape(f->g, z, columns_of(f, f->b->z));
    ad_node out = AD_NONE;

    if (recipe[AE_SPARSE] > 0)
        out = sparse(f, recipe, units);
    if (recipe[AE_CONTRACTIVE] > 0) {
        const ad_node more = contractive(f, recipe, x, units);

        out = out == AD_NONE ? more : ad_add(f->g, out, more);
    }
    return out;
}
