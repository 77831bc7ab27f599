/* The graphs of an autoencoder, and their programs. */
#include "ae/internal.h"

static const ae_body *body_of(const model_draft *f)
{
    return (const ae_body *)f->b;
}

ad_node ae_encoded(model_draft *f, ad_node x)
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

ad_node ae_losses(const model_draft *f, int32_t loss, ad_node x, ad_node y)
{
    ad_graph *const g = f->g;

    if (loss == AE_BCE)
        return ad_bce_logits(g, y, x);
    if (loss == AE_HUBER)
        return ad_huber(g, ad_sub(g, x, y), body_of(f)->delta);
    if (loss == AE_L1)
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

void ae_build(model_draft *f, size_t program)
{
    const model_body *const b = f->b;
    const int decoding = program == AE_DECODE;
    ad_node x, y;

    if (program >= AE_OUTPUT) {
        ae_build_output(f, program);
        return;
    }
    x = model_draft_rows(f, "x", decoding ? &b->codes.size : &b->columns.size);
    y = decoding ? decoded(f, x) : ae_encoded(f, x);
    if (program == AE_RECONSTRUCT || program == AE_SCORE)
        y = decoded(f, y);
    if (program == AE_SCORE)
        y = ae_losses(f, body_of(f)->loss, x, y);
    else if (program != AE_ENCODE && body_of(f)->loss == AE_BCE)
        y = ad_sigmoid(f->g, y);
    model_draft_output(f, y);
}

int32_t ae_compile(const model_body *b, size_t program, size_t rows,
                   ad_program **out, genmod_workspace *w)
{
    const int32_t target = ((const ae_body *)b)->target;
    model_draft f;
    int32_t status;

    if (program != AE_ENCODE && (target != AE_ROWS) != (program >= AE_OUTPUT))
        return GENMOD_OK;
    if (program == AE_CLASS && target != AE_LABELS)
        return GENMOD_OK;
    status = model_draft_open(&f, b, rows, 0, w);
    if (status)
        return status;
    ae_build(&f, program);
    return model_draft_close(&f, out);
}

/* Of rows x from what the encoder sees; *z is its code, if asked for. */
static ad_node reconstruction_loss(model_draft *f, ad_node x, ad_node seen,
                                   ad_node hit, double emphasis, ad_node *z)
{
    const ad_node code = ae_encoded(f, seen);
    const ad_node cells = ae_losses(f, body_of(f)->loss, x, decoded(f, code));

    if (z)
        *z = code;
    return mean_cells(f, emphasised(f, cells, hit, emphasis));
}

int32_t ae_compile_evaluate(const model_body *b, const double *recipe,
                            size_t rows, ad_program **out, genmod_workspace *w)
{
    model_draft f;
    const int32_t status = model_draft_open(&f, b, rows, 0, w);
    ad_node x, hits;

    (void)recipe;
    if (status)
        return status;
    x = model_draft_rows(&f, "x", &b->columns.size);
    if (body_of(&f)->target == AE_ROWS) {
        model_draft_output(&f, reconstruction_loss(&f, x, x, AD_NONE, 0, NULL));
    } else {
        model_draft_output(&f, ae_head_loss(&f, x, &hits));
        if (body_of(&f)->target == AE_LABELS)
            model_draft_output(&f, hits);
    }
    return model_draft_close(&f, out);
}

/* Loss, reconstruction, penalty if there is one, and gradients. */
static void build_rows(model_draft *f, const double *recipe, ad_node x)
{
    ad_node hit = AD_NONE, z;
    const ad_node seen = corrupted(f, x, recipe[AE_LEVEL], &hit);
    const ad_node own =
        reconstruction_loss(f, x, seen, hit, recipe[AE_EMPHASISED], &z);
    const ad_node penalty = ae_penalty(f, recipe, seen, z);
    const ad_node loss = penalty == AD_NONE ? own : ad_add(f->g, own, penalty);

    model_draft_output(f, loss);
    model_draft_output(f, own);
    if (penalty != AD_NONE)
        model_draft_output(f, penalty);
    model_draft_gradients(f, loss);
}

static void build_head(model_draft *f, ad_node x)
{
    const ad_node loss = ae_head_loss(f, x, NULL);

    model_draft_output(f, loss);
    model_draft_gradients(f, loss);
}

int32_t ae_compile_update(const model_body *b, const double *recipe,
                          size_t phase, size_t rows, ad_program **out,
                          genmod_workspace *w)
{
    model_draft f;
    const int32_t status =
        model_draft_open(&f, b, rows, NN_TRAIN | NN_UPDATE, w);
    ad_node x;

    (void)phase;
    if (status)
        return status;
    x = model_draft_rows(&f, "x", &b->columns.size);
    if (body_of(&f)->target == AE_ROWS)
        build_rows(&f, recipe, x);
    else
        build_head(&f, x);
    return model_draft_close(&f, out);
}

int32_t ae_compile_piece(const model_body *b, const double *recipe, size_t rows,
                         ad_program **out, genmod_workspace *w)
{
    model_draft f;
    const int32_t status =
        model_draft_open(&f, b, rows, NN_TRAIN | NN_UPDATE, w);
    ad_node hit = AD_NONE, seen, piece;

    if (status)
        return status;
    seen = model_draft_rows(&f, "x", &b->columns.size);
    seen = corrupted(&f, seen, recipe[AE_LEVEL], &hit);
    piece = ae_piece(&f, recipe, seen, ae_encoded(&f, seen));
    model_draft_output(&f, piece);
    model_draft_gradients_in(&f, piece, "encoder");
    return model_draft_close(&f, out);
}
