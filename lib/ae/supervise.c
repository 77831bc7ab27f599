/* Models that give classes or values: an encoder and a head. */
#include "ae/internal.h"

static const ae_body *body_of(const model_draft *f)
{
    return (const ae_body *)f->b;
}

int ae_labelled(const model_body *b)
{
    return ((const ae_body *)b)->target == AE_LABELS;
}

/* [m, outputs]: the classes' logits, or the values. A frozen encoder computes
 * as it does for const calls. */
static ad_node headed(model_draft *f, ad_node x)
{
    if (body_of(f)->freeze)
        f->pass[AE_ENCODER_NET].flags = 0;
    return nn_apply(f->b->net[AE_HEAD_NET], &f->pass[AE_HEAD_NET],
                    ae_encoded(f, x));
}

/* 1 in the column of each row's label [m], else 0. */
static ad_node one_hot(const model_draft *f, ad_node label)
{
    ad_graph *const g = f->g;
    const int64_t one = 1, sizes[2] = {1, (int64_t)body_of(f)->outputs};

    return ad_equal(g, ad_iota(g, ad_shape_of(2, sizes), 1),
                    ad_reshape(g, label, ad_rows(g, 1, 1, 2, &one)));
}

/* -ln softmax(y)[label], of each row */
static ad_node cross_entropy(const model_draft *f, ad_node label, ad_node y)
{
    ad_graph *const g = f->g;
    const ad_node p = ad_log_softmax(g, y);

    return ad_neg(
        g,
        ad_sum(g, ad_select(g, one_hot(f, label), p, ad_zeros(g, p)), 0x2, 0));
}

static ad_node of_values(const model_draft *f, ad_node y)
{
    const ad_node t = model_draft_rows(f, "target", &f->b->target.size);

    return ad_sum(f->g, ae_losses(f, body_of(f)->loss, t, y), 0x2, 0);
}

ad_node ae_head_loss(model_draft *f, ad_node x, ad_node *hits)
{
    ad_graph *const g = f->g;
    const ad_node y = headed(f, x);
    ad_node label, each;

    if (body_of(f)->target == AE_NUMBERS) {
        each = of_values(f, y);
    } else {
        label = ad_input(g, "label", ad_rows(g, 1, 1, 1, NULL));
        each = cross_entropy(f, label, y);
        if (hits)
            *hits = ad_equal(g, ad_argmax(g, y, 1, 0), label);
    }
    return ad_mean_all(g, ad_mul(g, model_draft_weights(f), each));
}

void ae_build_output(model_draft *f, size_t program)
{
    ad_node y = headed(f, model_draft_rows(f, "x", &f->b->columns.size));

    if (program == AE_CLASS)
        y = ad_argmax(f->g, y, 1, 0);
    else if (body_of(f)->target == AE_LABELS)
        y = ad_softmax(f->g, y);
    model_draft_output(f, y);
}
