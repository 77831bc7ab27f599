/* The programs of const calls. */
#include "gan/internal.h"

void gan_build_generate(model_draft *f, const char *site)
{
    const gan_table *const t = &((const gan_body *)f->b)->table;
    const ad_node y = gan_generated(f, gan_input_codes(f), gan_input_label(f));

    if (!site && !gan_is_drawn(t))
        site = GAN_OF_CODES;
    model_draft_output(f, gan_decode(f, y, site));
}

void gan_build_discriminate(model_draft *f)
{
    const ad_node x =
        gan_encode(f, model_draft_rows(f, "x", &f->b->columns.size), 0);
    gan_verdict v;

    gan_judge(f, 1, &x, gan_input_label(f), &v);
    model_draft_output(f, v.y[0]);
}

int32_t gan_compile(const model_body *b, size_t program, size_t rows,
                    ad_program **out, genmod_workspace *w)
{
    const gan_body *const own = (const gan_body *)b;
    model_draft f;
    int32_t status;

    if (program == GAN_DRAW && !gan_is_drawn(&own->table))
        return GENMOD_OK;
    if (program == GAN_DISCRIMINATE)
        rows *= (size_t)(own->packing * own->group);
    status = model_draft_open(&f, b, rows, 0, w);
    if (status)
        return status;
    if (program == GAN_CODES_OF)
        model_draft_output(&f, gan_draw_codes(&f, "gan/z"));
    else if (program == GAN_GENERATE)
        gan_build_generate(&f, NULL);
    else if (program == GAN_DRAW)
        gan_build_generate(&f, "gan/levels");
    else
        gan_build_discriminate(&f);
    return model_draft_close(&f, out);
}
