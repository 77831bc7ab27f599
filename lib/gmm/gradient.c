/* The gradient of the log-density in x: - sum_j p(j | x) Sigma_j^-1 (x - mu_j),
 * which is Bishop 2006, (9.16), with x and mu changed over. */
#include <string.h>

#include "gmm/slope.h"

typedef struct gradient {
    gmm_slope s;
    int32_t to; /* element type of the result */
    void *out;
} gradient;

/* Columns of g, in the data's units, to rows of the result. */
static void give(const gradient *g, const gmm_slope_slot *at, size_t first,
                 size_t m)
{
    const int32_t type = g->s.ops->type;
    const size_t d = g->s.p->d;
    const double *const scale = g->s.p->f64.scale;

    for (size_t i = 0; i < m; i++)
        for (size_t c = 0; c < d; c++)
            gmm_set_real(g->to, g->out, (first + i) * d + c,
                         gmm_real(type, at->g, c * KERN_ROWS + i) * scale[c]);
}

static int32_t gradient_block(const base_view *v, size_t first, size_t m,
                              size_t slot, void *arg)
{
    const gradient *const g = arg;
    const gmm_slope_slot at = gmm_slope_at(&g->s, slot);

    if (!gmm_slope_weigh(&g->s, &at, v, m))
        return GENMOD_NON_FINITE;
    memset(at.g, 0, g->s.panel);
    for (size_t j = 0; j < g->s.p->k; j++) {
        gmm_slope_whiten(&g->s, &at, m, j);
        if (gmm_slope_share(&g->s, &at, m, j))
            gmm_slope_press(&g->s, &at, m, j, -1, 1);
    }
    give(g, &at, first, m);
    return GENMOD_OK;
}

static int32_t run(const gmm_model *m, const genmod_data *x, int32_t type,
                   size_t need, void *out, genmod_workspace *w)
{
    gradient g = {.to = type};
    int32_t status;

    g.out = base_scratch(w, need, 1);
    status = g.out ? gmm_slope_open(&g.s, m->params, x, w) : base_status(w);
    if (!status)
        status = gmm_blocks(x, gradient_block, &g, w);
    if (!status)
        memcpy(out, g.out, need);
    return status;
}

int32_t gmm_log_density_gradient(const gmm_model *m, const genmod_data *x,
                                 int32_t type, size_t bytes, void *out,
                                 genmod_workspace *w)
{
    base_call call;
    size_t need = 0;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_rows_out(m, x, type, bytes, out, &need, w);
    return base_leave(&call, status ? status : run(m, x, type, need, out, w));
}
