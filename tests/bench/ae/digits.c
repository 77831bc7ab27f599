#include "digits.h"

#include <stdlib.h>

static genmod_data *view(const struct pictures *p, size_t first, size_t n)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, p->x + first * D, 0, 0,
                              NULL),
         NULL);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, NULL), NULL);
    return rows;
}

void open_digits(const char *folder, size_t threads, struct digits *g)
{
    genmod_context *c = NULL;
    read_mnist(folder, &g->p);
    expect(g->p.n > 2 * HELD, "more pictures");
    g->n = g->p.n - HELD;
    g->held = memory(HELD * D, sizeof *g->held);
    g->out = memory(HELD * D, sizeof *g->out);
    for (size_t i = 0; i < HELD * D; i++)
        g->held[i] = g->p.x[g->n * D + i] / 255.0;
    g->rows = view(&g->p, 0, g->n);
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_threads(c, threads), NULL);
    need(genmod_workspace_new(c, &g->w), NULL);
    genmod_context_free(c);
}

void close_digits(struct digits *g)
{
    genmod_workspace_free(g->w);
    genmod_data_free(g->rows);
    free(g->out);
    free(g->held);
    free_pictures(&g->p);
}

ae_model *fit_digits(options o, struct digits *g)
{
    ae_model *m = new_autoencoder(o, g->w);
    need(ae_fit(m, g->rows, NULL, NULL, NULL, g->w), g->w);
    return m;
}

double held_error(const ae_model *m, struct digits *g)
{
    reconstruct(m, HELD, D, g->held, g->out);
    return D * mean_square(HELD * D, g->held, g->out);
}
