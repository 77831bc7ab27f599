/* The graphs of an autoencoder, and their programs. */
#include "ae/internal.h"

static const ae_body *body_of(const model_draft *f)
{
    return (const ae_body *)f->b;
}

static ad_node encoded(model_draft *f, ad_node x)
{
    return nn_apply(f->b->net[AE_ENCODER_NET], &f->pass[AE_ENCODER_NET], x);
}

/* The decoder's output in the input's shape, whatever shape it has itself. */
static ad_node decoded(model_draft *f, ad_node z)
{
    const ad_node y =
        nn_apply(f->b->net[AE_DECODER_NET], &f->pass[AE_DECODER_NET], z);

    return model_draft_shaped(f, y, &f->b->columns.size);
}

/* The loss of each cell of x given the decoder's y. */
static ad_node losses(const model_draft *f, ad_node x, ad_node y)
{
    ad_graph *const g = f->g;
    const ae_body *const b = body_of(f);

    if (b->loss == AE_BCE)
        return ad_bce_logits(g, y, x);
    if (b->loss == AE_HUBER)
        return ad_huber(g, ad_sub(g, x, y), b->delta);
    if (b->loss == AE_L1)
        return ad_abs(g, ad_sub(g, x, y));
    return ad_square(g, ad_sub(g, x, y));
}

ad_node ae_mean(const model_draft *f, ad_node v)
{
    return ad_mean_all(f->g, ad_mul(f->g, model_draft_weights(f), v));
}

/* Mean over the rows of the sum over the cells of v. */
static ad_node mean_cells(const model_draft *f, ad_node v)
{
    const uint32_t cells = f->b->columns.size.rank == 3 ? 0xe : 0x2;

    return ae_mean(f, ad_sum(f->g, v, cells, 0));
}

/* x~ of Vincent et al. 2010, section 3.3; *hit is 1 for the cells that were
 * taken hold of, changed or not. */
static ad_node corrupted(const model_draft *f, ad_node x, double level,
                         ad_node *hit)
{
    ad_graph *const g = f->g;
    const nn_size *const size = &f->b->columns.size;
    const int32_t corruption = body_of(f)->corruption;
    const ad_shape shape = nn_size_rows(g, size);
    ad_node salt;

    if (corruption == AE_CLEAN || level == 0)
        return x;
    if (corruption == AE_GAUSSIAN)
        return ad_add(g, x,
                      ad_scale(g, ad_normal(g, "ae/corruption", shape), level));
    *hit = ad_bernoulli(g, "ae/mask", level, shape);
    if (corruption == AE_MASKING)
        return ad_select(g, *hit, ad_zeros(g, x), x);
    salt = ad_select(g, ad_bernoulli(g, "ae/corruption", 0.5, shape),
                     model_draft_row(f, "high", size),
                     model_draft_row(f, "low", size));
    return ad_select(g, *hit, salt, x);
}

/* Vincent et al. 2010, the emphasis on corrupted cells: alpha = 1 and beta = 1
 * - emphasis. */
static ad_node emphasised(const model_draft *f, ad_node v, ad_node hit,
                          double emphasis)
{
    ad_graph *const g = f->g;

    if (emphasis == 0)
        return v;
    return ad_mul(g, v, ad_shift(g, ad_scale(g, hit, emphasis), 1 - emphasis));
}

int32_t ae_compile(const model_body *b, size_t program, size_t rows,
                   ad_program **out, genmod_workspace *w)
{
    const int decoding = program == AE_DECODE;
    model_draft f;
    const int32_t status = model_draft_open(&f, b, rows, 0, w);
    ad_node x, y;

    if (status)
        return status;
    x = model_draft_rows(&f, "x", decoding ? &b->codes.size : &b->columns.size);
    y = decoding ? decoded(&f, x) : encoded(&f, x);
    if (program == AE_RECONSTRUCT || program == AE_SCORE)
        y = decoded(&f, y);
    if (program == AE_SCORE)
        y = losses(&f, x, y);
    else if (program != AE_ENCODE && body_of(&f)->loss == AE_BCE)
        y = ad_sigmoid(f.g, y);
    model_draft_output(&f, y);
    return model_draft_close(&f, out);
}

int32_t ae_compile_evaluate(const model_body *b, const double *recipe,
                            size_t rows, ad_program **out, genmod_workspace *w)
{
    model_draft f;
    const int32_t status = model_draft_open(&f, b, rows, 0, w);
    ad_node x;

    (void)recipe;
    if (status)
        return status;
    x = model_draft_rows(&f, "x", &b->columns.size);
    model_draft_output(
        &f, mean_cells(&f, losses(&f, x, decoded(&f, encoded(&f, x)))));
    return model_draft_close(&f, out);
}

int32_t ae_compile_update(const model_body *b, const double *recipe,
                          size_t rows, ad_program **out, genmod_workspace *w)
{
    model_draft f;
    const int32_t status =
        model_draft_open(&f, b, rows, NN_TRAIN | NN_UPDATE, w);
    ad_node x, seen, hit = AD_NONE, z, own, penalty, loss;

    if (status)
        return status;
    x = model_draft_rows(&f, "x", &b->columns.size);
    seen = corrupted(&f, x, recipe[AE_LEVEL], &hit);
    z = encoded(&f, seen);
    own = mean_cells(&f, emphasised(&f, losses(&f, x, decoded(&f, z)), hit,
                                    recipe[AE_EMPHASISED]));
    penalty = ae_penalty(&f, recipe, seen, z);
    loss = penalty == AD_NONE ? own : ad_add(f.g, own, penalty);
    model_draft_output(&f, loss);
    model_draft_output(&f, own);
    if (penalty != AD_NONE)
        model_draft_output(&f, penalty);
    model_draft_gradients(&f, loss);
    return model_draft_close(&f, out);
}
