/* The graphs of an autoencoder, and their programs. */
#include "ae/internal.h"

#define PANEL 256                 /* most rows of a const call's program */
#define ARENA ((size_t)512 << 10) /* that its arena should not pass */

/* A graph under construction. */
typedef struct draft {
    const ae_body *b;
    ad_graph *g;
    nn_pass encode, decode; /* how the networks are applied */
} draft;

static ad_node rows_of(const draft *f, const char *name, const nn_size *size)
{
    return ad_input(f->g, name, nn_size_rows(f->g, size));
}

/* The decoder's output in the input's shape, whatever shape it has itself. */
static ad_node decoded(draft *f, ad_node z)
{
    const ad_node y = nn_apply(f->b->decoder, &f->decode, z);

    if (nn_size_equal(nn_net_output(f->b->decoder), &f->b->columns.size))
        return y;
    return ad_reshape(f->g, y, nn_size_rows(f->g, &f->b->columns.size));
}

static ad_node reconstructed(draft *f, ad_node x)
{
    return decoded(f, nn_apply(f->b->encoder, &f->encode, x));
}

/* The loss of each cell of x given the decoder's y. */
static ad_node losses(const draft *f, ad_node x, ad_node y)
{
    ad_graph *const g = f->g;

    if (f->b->loss == AE_BCE)
        return ad_bce_logits(g, y, x);
    if (f->b->loss == AE_HUBER)
        return ad_huber(g, ad_sub(g, x, y), f->b->delta);
    if (f->b->loss == AE_L1)
        return ad_abs(g, ad_sub(g, x, y));
    return ad_square(g, ad_sub(g, x, y));
}

/* Mean over the rows of weight * sum over the cells. */
static ad_node mean_loss(const draft *f, ad_node x, ad_node y)
{
    ad_graph *const g = f->g;
    const uint32_t cells = f->b->columns.size.rank == 3 ? 0xe : 0x2;
    const ad_node weight = ad_input(g, "weight", ad_rows(g, 1, 1, 1, NULL));

    return ad_mean_all(g,
                       ad_mul(g, weight, ad_sum(g, losses(f, x, y), cells, 0)));
}

/* A row of the input's shape, the same for all. */
static ad_node row_of(const draft *f, const char *name)
{
    const nn_size *const s = &f->b->columns.size;
    const int64_t image[3] = {s->h, s->w, s->c};

    return ad_input(f->g, name,
                    s->rank == 3 ? ad_shape_of(3, image) : ad_vector(s->n));
}

/* x~ of Vincent et al. 2010, section 3.3. */
static ad_node corrupted(const draft *f, ad_node x, double level)
{
    ad_graph *const g = f->g;
    const ad_shape shape = nn_size_rows(g, &f->b->columns.size);
    ad_node hit, salt;

    if (f->b->corruption == AE_CLEAN || level == 0)
        return x;
    if (f->b->corruption == AE_GAUSSIAN)
        return ad_add(g, x,
                      ad_scale(g, ad_normal(g, "ae/corruption", shape), level));
    hit = ad_bernoulli(g, "ae/mask", level, shape);
    if (f->b->corruption == AE_MASKING)
        return ad_select(g, hit, ad_zeros(g, x), x);
    salt = ad_select(g, ad_bernoulli(g, "ae/corruption", 0.5, shape),
                     row_of(f, "high"), row_of(f, "low"));
    return ad_select(g, hit, salt, x);
}

static int32_t open_draft(draft *f, const ae_body *b, size_t rows,
                          genmod_workspace *w)
{
    const int32_t status = ad_graph_new(rows, &f->g, w);

    f->b = b;
    f->encode = (nn_pass){.g = f->g, .s = b->store};
    f->decode = (nn_pass){.g = f->g, .s = b->store};
    return status;
}

/* Compiles what was built, unless something failed. */
static int32_t close_draft(draft *f, size_t n, const ad_target *targets,
                           ad_program **out, genmod_workspace *w)
{
    int32_t status = ad_graph_status(f->g);

    if (!status)
        status = ad_compile(f->g, f->b->store, n, targets, out, w);
    ad_graph_free(f->g);
    return status;
}

static int32_t compile_output(const ae_body *b, int program, size_t rows,
                              ad_program **out, genmod_workspace *w)
{
    const nn_size *const in = &b->columns.size;
    ad_target target = {.kind = AD_OUTPUT};
    draft f;
    const int32_t status = open_draft(&f, b, rows, w);
    ad_node x, y;

    if (status)
        return status;
    if (program == AE_DECODE) {
        y = decoded(&f, rows_of(&f, "x", nn_net_output(b->encoder)));
    } else {
        x = rows_of(&f, "x", in);
        if (program == AE_ENCODE)
            y = nn_apply(b->encoder, &f.encode, x);
        else
            y = reconstructed(&f, x);
        if (program == AE_SCORE)
            y = losses(&f, x, y);
    }
    if (b->loss == AE_BCE &&
        (program == AE_DECODE || program == AE_RECONSTRUCT))
        y = ad_sigmoid(f.g, y);
    target.node = y;
    return close_draft(&f, 1, &target, out, w);
}

/* For as many rows as fit a second-level cache, at least one. */
static int32_t compile_panel(const ae_body *b, int program, ad_program **out,
                             genmod_workspace *w)
{
    for (size_t rows = PANEL;; rows /= 4) {
        const int32_t status = compile_output(b, program, rows, out, w);

        if (status || rows == 1 || ad_program_bytes(*out, 1) <= ARENA)
            return status;
        ad_program_free(*out);
        *out = NULL;
    }
}

int32_t ae_body_compile(ae_body *b, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (int i = 0; i < AE_PROGRAMS && !status; i++)
        status = compile_panel(b, i, &b->programs[i], w);
    for (int i = 0; i < AE_PROGRAMS && !status; i++) {
        const size_t bytes = ad_program_bytes(b->programs[i], 1);

        b->arena = bytes > b->arena ? bytes : b->arena;
    }
    b->arena = (b->arena + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
    return status;
}

int32_t ae_compile_evaluate(const ae_body *b, size_t rows, ad_program **out,
                            genmod_workspace *w)
{
    ad_target target = {.kind = AD_OUTPUT};
    draft f;
    const int32_t status = open_draft(&f, b, rows, w);
    ad_node x;

    if (status)
        return status;
    x = rows_of(&f, "x", &b->columns.size);
    target.node = mean_loss(&f, x, reconstructed(&f, x));
    return close_draft(&f, 1, &target, out, w);
}

/* The gradients of all trained variables as targets; returns their number, or 0
 * for want of memory. */
static size_t differentiate(const draft *f, ad_node loss, ad_target *targets,
                            genmod_workspace *w)
{
    const ad_store *const s = f->b->store;
    const size_t count = ad_store_count(s);
    ad_node *const wrt = base_scratch(w, count, sizeof *wrt);
    ad_node *const out = base_scratch(w, count, sizeof *out);
    size_t n = 0;

    if (!wrt || !out)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (ad_store_kind(s, i) != AD_TRAINED)
            continue;
        wrt[n] = ad_variable(f->g, s, (int32_t)i);
        targets[n++] = (ad_target){.kind = AD_GRAD, .variable = (int32_t)i};
    }
    if (ad_grad(f->g, loss, AD_NONE, n, wrt, out))
        return n; /* the graph's status tells */
    for (size_t i = 0; i < n; i++)
        targets[i].node = out[i];
    return n;
}

/* Loss, gradients and successors as targets, for which there is room; returns
 * their number, or 0 for want of memory. */
static size_t build_update(draft *f, double level, ad_target *targets,
                           genmod_workspace *w)
{
    const ad_node x = rows_of(f, "x", &f->b->columns.size);
    const ad_node loss =
        mean_loss(f, x, reconstructed(f, corrupted(f, x, level)));
    size_t n = differentiate(f, loss, targets + 1, w);

    if (n == 0)
        return 0;
    targets[0] = (ad_target){.kind = AD_OUTPUT, .node = loss};
    n++;
    for (size_t i = 0; i < f->encode.n; i++)
        targets[n++] = f->encode.next[i];
    for (size_t i = 0; i < f->decode.n; i++)
        targets[n++] = f->decode.next[i];
    return n;
}

int32_t ae_compile_update(const ae_body *b, size_t rows, double level,
                          ad_program **out, genmod_workspace *w)
{
    const size_t first = nn_net_states(b->encoder);
    const size_t states = first + nn_net_states(b->decoder);
    const size_t room = 1 + ad_store_count(b->store) + states;
    ad_target *const next = base_scratch(w, states, sizeof *next);
    ad_target *const targets = base_scratch(w, room, sizeof *targets);
    const int flags = NN_TRAIN | NN_UPDATE;
    draft f;
    size_t n;
    int32_t status;

    if (!next || !targets)
        return base_status(w);
    status = open_draft(&f, b, rows, w);
    if (status)
        return status;
    f.encode = (nn_pass){
        .g = f.g, .s = b->store, .flags = flags, .room = first, .next = next};
    f.decode = (nn_pass){.g = f.g,
                         .s = b->store,
                         .flags = flags,
                         .room = states - first,
                         .next = next + first};
    n = build_update(&f, level, targets, w);
    if (n)
        return close_draft(&f, n, targets, out, w);
    ad_graph_free(f.g);
    return base_status(w);
}
