/* A graph of a family under construction. */
#include <assert.h>

#include "model/model.h"

#define OWN 32 /* outputs of a family */

/* Each has one successor at most, whichever network's pass it comes with. */
static size_t count_states(const ad_store *s)
{
    size_t n = 0;

    for (size_t i = 0; i < ad_store_count(s); i++)
        n += ad_store_kind(s, i) == AD_STATE;
    return n;
}

static int32_t take_scratch(model_draft *f, int flags)
{
    const model_body *const b = f->b;
    const size_t states = count_states(b->store);
    const size_t room = OWN + ad_store_count(b->store) + b->nets * states;

    for (size_t i = 0; i < b->nets; i++) {
        ad_target *next = NULL;

        if (flags & NN_UPDATE) {
            next = base_scratch(f->w, states, sizeof *next);
            if (!next)
                return base_status(f->w);
        }
        f->pass[i] = (nn_pass){.g = f->g,
                               .s = b->store,
                               .flags = flags,
                               .room = next ? states : 0,
                               .next = next};
    }
    f->target = base_scratch(f->w, room, sizeof *f->target);
    return f->target ? GENMOD_OK : base_status(f->w);
}

int32_t model_draft_open(model_draft *f, const model_body *b, size_t rows,
                         int flags, genmod_workspace *w)
{
    int32_t status;

    *f = (model_draft){.b = b, .w = w};
    status = ad_graph_new(rows, &f->g, w);
    if (!status && b->parts)
        ad_graph_share(f->g, b->parts);
    if (!status)
        status = take_scratch(f, flags);
    if (status)
        ad_graph_free(f->g);
    return status;
}

void model_draft_output(model_draft *f, ad_node y)
{
    f->target[f->n++] = (ad_target){.kind = AD_OUTPUT, .node = y};
}

void model_draft_next(model_draft *f, int32_t variable, ad_node y)
{
    f->target[f->n++] =
        (ad_target){.kind = AD_NEXT, .node = y, .variable = variable};
}

/* A part's share of a mean over the rows of all. */
static ad_node share_of(const model_draft *f, ad_node mean)
{
    const size_t parts = ad_graph_parts(f->g);

    return parts == 1 ? mean : ad_scale(f->g, mean, 1 / (double)parts);
}

/* Of a player's variables whose names begin with `prefix` (own 1), or of all
 * its others. */
static void add_gradients(model_draft *f, size_t player, ad_node y,
                          ad_node seed, const char *prefix, int own)
{
    const ad_store *const s = f->b->store;
    const size_t count = ad_store_count(s);
    ad_node *const wrt = base_scratch(f->w, count, sizeof *wrt);
    ad_node *const out = base_scratch(f->w, count, sizeof *out);
    size_t n = 0;

    if (!wrt || !out)
        f->status = base_status(f->w);
    if (f->status)
        return;
    for (size_t i = 0; i < count; i++) {
        if (ad_store_kind(s, i) != AD_TRAINED ||
            ad_store_group(s, i) != (int32_t)player ||
            model_is_named(ad_store_name(s, i), prefix, "") != own)
            continue;
        wrt[n] = ad_variable(f->g, s, (int32_t)i);
        f->target[f->n + n++] =
            (ad_target){.kind = AD_GRAD, .variable = (int32_t)i};
    }
    if (seed == AD_NONE)
        y = share_of(f, y);
    else
        seed = share_of(f, seed);
    if (ad_grad(f->g, y, seed, n, wrt, out))
        return; /* the graph's status tells */
    for (size_t i = 0; i < n; i++)
        f->target[f->n++].node = out[i];
}

void model_draft_gradients(model_draft *f, ad_node loss)
{
    add_gradients(f, 0, loss, AD_NONE, "", 1);
}

void model_draft_gradients_of(model_draft *f, size_t player, ad_node loss)
{
    add_gradients(f, player, loss, AD_NONE, "", 1);
}

void model_draft_gradients_in(model_draft *f, ad_node loss, const char *prefix)
{
    add_gradients(f, 0, loss, AD_NONE, prefix, 1);
}

void model_draft_gradients_through(model_draft *f, ad_node loss,
                                   const char *prefix, ad_node y, ad_node seed)
{
    add_gradients(f, 0, loss, AD_NONE, prefix, 0);
    add_gradients(f, 0, y, seed, prefix, 1);
}

int32_t model_draft_close(model_draft *f, ad_program **out)
{
    const ad_store *const s = f->b->store;
    int32_t status = f->status ? f->status : ad_graph_status(f->g);

    for (size_t i = 0; i < f->b->nets; i++)
        for (size_t k = 0; k < f->pass[i].n; k++)
            f->target[f->n++] = f->pass[i].next[k];
    if (!status)
        status = ad_compile(f->g, s, f->n, f->target, out, f->w);
    ad_graph_free(f->g);
    return status;
}

ad_node model_draft_rows(const model_draft *f, const char *name,
                         const nn_size *size)
{
    return ad_input(f->g, name, nn_size_rows(f->g, size));
}

ad_node model_draft_row(const model_draft *f, const char *name,
                        const nn_size *size)
{
    const int64_t image[3] = {size->h, size->w, size->c};

    return ad_input(f->g, name,
                    size->rank == 3 ? ad_shape_of(3, image)
                                    : ad_vector(size->n));
}

ad_node model_draft_weights(const model_draft *f)
{
    return ad_input(f->g, "weight", ad_rows(f->g, 1, 1, 1, NULL));
}

ad_node model_draft_shaped(const model_draft *f, ad_node x, const nn_size *size)
{
    const ad_shape wanted = nn_size_rows(f->g, size);

    if (ad_shape_equal(ad_shape_at(f->g, x), &wanted))
        return x;
    return ad_reshape(f->g, x, wanted);
}
