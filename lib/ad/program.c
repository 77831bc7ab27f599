/* Compiling, and what a program tells of itself. */
#include <assert.h>
#include <string.h>

#include "ad/plan.h"

#define STEP 500000.0 /* picoseconds that a step takes beside its cells */

void ad_program_free(ad_program *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->steps && i < p->n; i++)
        base_free(p->steps[i].fused);
    base_free(p->steps);
    base_free(p->regions);
    base_free(p->inputs);
    base_free(p->outputs);
    base_free(p->extents);
    base_free(p);
}

/* An operator that has rows and leaves none takes them all together. */
static int32_t rows_apart(const ad_plan *p)
{
    for (size_t v = 0; v < p->n; v++)
        for (int32_t k = 0; k < p->value[v].arity; k++)
            if (p->value[v].in[k].shape.div && !p->value[v].r.shape.div)
                return 0;
    return 1;
}

static int32_t passes(ad_plan *p)
{
    ad_program *const to = p->program;
    int32_t status = ad_pass_view(p);

    if (status)
        return status;
    to->apart = rows_apart(p);
    status = ad_pass_fuse(p);
    if (!status)
        status = ad_pass_order(p);
    if (status)
        return status;
    to->steps = base_alloc_zero(p->w, p->groups, sizeof *to->steps);
    to->regions = base_alloc_zero(p->w, p->regions, sizeof *to->regions);
    to->inputs = base_alloc_zero(p->w, p->g->inputs, sizeof *to->inputs);
    to->outputs = base_alloc_zero(p->w, p->targets, sizeof *to->outputs);
    to->extents = base_alloc_zero(p->w, p->targets, sizeof *to->extents);
    if (!to->steps || !to->regions || !to->inputs || !to->outputs ||
        !to->extents)
        return base_status(p->w);
    to->n = p->groups;
    to->n_regions = p->regions;
    for (size_t i = 0; i < p->regions; i++)
        to->regions[i] = p->region[i];
    status = ad_pass_emit(p);
    return status ? status : ad_pass_place(p);
}

static void plan_free(ad_plan *p)
{
    base_free(p->value);
    base_free(p->of);
    base_free(p->first);
    base_free(p->reader);
    base_free(p->order);
    base_free(p->step_of);
    base_free(p->region_of);
    base_free(p->time_of);
    base_free(p->region);
    base_free(p->begin);
    base_free(p->member);
    base_free(p->buffer);
}

int32_t ad_compile(const ad_graph *g, const ad_store *s, size_t n,
                   const ad_target *targets, ad_program **out,
                   genmod_workspace *w)
{
    ad_plan p = {.g = g, .w = w, .targets = n, .target = targets};
    int32_t status = ad_graph_status(g);

    *out = NULL;
    if (status)
        return status;
    p.ops = kern_ops_of_graph(base_cpu(w), ad_store_type(s));
    p.program = base_alloc_zero(w, 1, sizeof *p.program);
    if (!p.program)
        return base_status(w);
    p.program->ops = p.ops;
    p.program->rows = ad_graph_rows(g);
    status = passes(&p);
    plan_free(&p);
    if (status)
        ad_program_free(p.program);
    else
        *out = p.program;
    return status;
}

size_t ad_program_bytes(const ad_program *p, size_t width)
{
    const size_t bytes = p->arena + width * p->slot;

    return bytes ? bytes : BASE_ALIGN;
}

size_t ad_program_rows(const ad_program *p)
{
    return p->rows;
}

int32_t ad_program_find(const ad_program *p, const char *name)
{
    for (size_t i = 0; i < p->n_inputs; i++)
        if (base_same(p->inputs[i].name, name))
            return (int32_t)i;
    return -1;
}

void *ad_program_input(const ad_program *p, int32_t input, void *arena)
{
    assert(input >= 0 && (size_t)input < p->n_inputs);
    return (char *)arena + p->inputs[input].place.at;
}

const void *ad_program_output(const ad_program *p, size_t i, const void *arena)
{
    assert(i < p->n_outputs);
    return (const char *)arena + p->outputs[i].at;
}

double ad_program_cost(const ad_program *p)
{
    double cost = 0;

    for (size_t i = 0; i < p->n_regions; i++)
        cost += (double)p->regions[i].cost;
    return cost + STEP * (double)p->n;
}

size_t ad_program_steps(const ad_program *p)
{
    return p->n;
}

const char *ad_program_step(const ad_program *p, size_t i)
{
    return p->steps[i].name;
}
