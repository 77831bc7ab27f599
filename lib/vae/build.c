/* The programs of const calls. */
#include "vae/internal.h"

static const vae_body *body_of(const model_draft *f)
{
    return (const vae_body *)f->b;
}

static ad_node codes_input(const model_draft *f, const char *name)
{
    const int64_t z = (int64_t)f->b->z;

    return ad_input(f->g, name, ad_rows(f->g, 1, 1, 2, &z));
}

/* Codes [m, z] as one draw of each row. */
static ad_node one_draw(const model_draft *f, ad_node z)
{
    const int64_t rest[2] = {1, (int64_t)f->b->z};

    return ad_reshape(f->g, z, ad_rows(f->g, 1, 1, 3, rest));
}

static ad_node flat(const model_draft *f, ad_node a)
{
    return ad_reshape(f->g, a, ad_rows(f->g, 1, 1, 1, NULL));
}

static void encode(model_draft *f, vae_codes *c)
{
    const ad_node x = model_draft_rows(f, "x", &f->b->columns.size);

    vae_posterior(f, vae_features(f, x, vae_input_mask(f), vae_input_label(f)),
                  c);
}

void vae_build_encode(model_draft *f)
{
    vae_codes c;

    encode(f, &c);
    model_draft_output(f, c.mean);
    model_draft_output(f, c.log_variance);
}

static ad_node means_of(model_draft *f, ad_node y)
{
    return vae_mean(&body_of(f)->likelihood, &f->pass[VAE_DECODER_NET], y);
}

void vae_build_decode(model_draft *f, int means)
{
    const ad_node z = codes_input(f, "x");
    ad_node y = vae_decoded(f, one_draw(f, z), vae_input_label(f));

    if (means)
        y = means_of(f, y);
    model_draft_output(f, y);
}

void vae_build_reconstruct(model_draft *f)
{
    vae_codes c;

    encode(f, &c);
    model_draft_output(f, means_of(f, vae_decoded(f, one_draw(f, c.mean),
                                                  vae_input_label(f))));
}

static void build_prior(model_draft *f)
{
    ad_node centre, deviate;

    vae_prior_draw(f, &centre, &deviate);
    model_draft_output(f, centre);
    model_draft_output(f, deviate);
}

static void build_weigh(model_draft *f, int filling)
{
    ad_graph *const g = f->g;
    const vae_rows r = {.x = model_draft_rows(f, "x", &f->b->columns.size),
                        .mask = vae_input_mask(f),
                        .weight = AD_NONE};
    vae_codes c = {.mean = codes_input(f, "mean"),
                   .log_variance = codes_input(f, "log_variance")};
    ad_node params;

    vae_draw_codes(f, 1, &c);
    params = vae_decoded(f, c.z, vae_input_label(f));
    model_draft_output(
        f, flat(f, vae_log_density(&body_of(f)->likelihood,
                                   &f->pass[VAE_DECODER_NET], params, &r)));
    model_draft_output(f, flat(f, ad_sub(g, vae_log_prior(f, c.z),
                                         vae_log_posterior(f, &c, 0))));
    if (filling)
        model_draft_output(f, params);
}

static ad_node per_row(const model_draft *f, ad_node cells)
{
    const uint32_t axes = f->b->columns.size.rank == 3 ? 0xe : 0x2;

    return ad_sum(f->g, cells, axes, 0);
}

/* KL at the mean code: in closed form, or -ln p(z) less what q has there at
 * most, which is not below that of a draw in the mean. */
static ad_node kl_of(model_draft *f, const vae_codes *c, ad_node z)
{
    ad_graph *const g = f->g;
    vae_codes at = *c;

    if (body_of(f)->prior == VAE_NORMAL)
        return ad_sum(g, vae_kl(f, c), 2, 0);
    at.k = 1;
    at.z = z;
    return flat(f,
                ad_sub(g, vae_log_posterior(f, &at, 0), vae_log_prior(f, z)));
}

static void build_blame(model_draft *f)
{
    ad_graph *const g = f->g;
    const vae_likelihood *const l = &body_of(f)->likelihood;
    nn_pass *const pass = &f->pass[VAE_DECODER_NET];
    vae_rows r = {.x = model_draft_rows(f, "x", &f->b->columns.size),
                  .mask = vae_input_mask(f),
                  .weight = AD_NONE};
    vae_codes c;
    ad_node z, params, cells, most;

    encode(f, &c);
    z = one_draw(f, c.mean);
    params = vae_decoded(f, z, vae_input_label(f));
    cells = vae_log_density_cells(l, pass, params, &r);
    r.x = vae_mode(l, pass, params);
    r.mask = AD_NONE;
    most = vae_log_density_cells(l, pass, params, &r);
    model_draft_output(f, cells);
    model_draft_output(f, most);
    model_draft_output(f, ad_neg(g, per_row(f, cells)));
    model_draft_output(f, kl_of(f, &c, z));
}

static int is_left_out(const vae_body *b, size_t program)
{
    return (program == VAE_FILL && !b->missing) ||
           ((program == VAE_FILL || program == VAE_WEIGH) && b->vectors);
}

int32_t vae_compile(const model_body *b, size_t program, size_t rows,
                    ad_program **out, genmod_workspace *w)
{
    model_draft f;
    int32_t status;

    if (is_left_out((const vae_body *)b, program))
        return GENMOD_OK;
    status = model_draft_open(&f, b, rows, 0, w);
    if (status)
        return status;
    if (program == VAE_ENCODE)
        vae_build_encode(&f);
    else if (program == VAE_DECODE || program == VAE_GIVE)
        vae_build_decode(&f, program == VAE_DECODE);
    else if (program == VAE_PRIOR_DRAW)
        build_prior(&f);
    else if (program == VAE_BLAME)
        build_blame(&f);
    else
        build_weigh(&f, program == VAE_FILL);
    return model_draft_close(&f, out);
}
