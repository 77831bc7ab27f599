/* The members of groups, their order (pass_region.c), and what must be kept
 * from one step to another. */
#include <string.h>

#include "ad/plan.h"

static int32_t allocate(ad_plan *p)
{
    p->order = base_alloc(p->w, p->groups, sizeof *p->order);
    p->step_of = base_alloc(p->w, p->groups, sizeof *p->step_of);
    p->region_of = base_alloc(p->w, p->groups, sizeof *p->region_of);
    p->time_of = base_alloc(p->w, p->groups + 1, sizeof *p->time_of);
    p->region = base_alloc(p->w, p->groups, sizeof *p->region);
    p->begin = base_alloc_zero(p->w, p->groups + 2, sizeof *p->begin);
    p->member = base_alloc(p->w, p->n, sizeof *p->member);
    /* A buffer for each value, and one for the work of each step. */
    p->buffer = base_alloc(p->w, p->n + p->groups, sizeof *p->buffer);
    if (!p->order || !p->step_of || !p->region_of || !p->time_of ||
        !p->region || !p->begin || !p->member || !p->buffer)
        return base_status(p->w);
    return GENMOD_OK;
}

static void list_members(ad_plan *p)
{
    for (size_t v = 0; v < p->n; v++)
        if (p->value[v].group >= 0)
            p->begin[p->value[v].group + 2]++;
    for (size_t g = 2; g < p->groups + 2; g++)
        p->begin[g] += p->begin[g - 1];
    for (size_t v = 0; v < p->n; v++)
        if (p->value[v].group >= 0)
            p->member[p->begin[p->value[v].group + 1]++] = (int32_t)v;
}

/* A buffer from the step that makes v (inputs: from the start) to the last that
 * reads it (targets: to the end). */
static void keep(ad_plan *p, int32_t v)
{
    ad_value *const value = &p->value[v];
    const int32_t made = value->group < 0 ? 0 : p->step_of[value->group];
    ad_buffer b = {.first = made, .last = made};

    if (value->stored)
        b.last = (int32_t)p->groups;
    for (int32_t e = p->first[v]; e < p->first[v + 1]; e++) {
        const ad_value *const reader = &p->value[p->reader[e]];
        const int32_t step = p->step_of[reader->group];

        if (reader->group != value->group)
            value->stored = 1;
        b.last = step > b.last ? step : b.last;
    }
    if (value->class == AD_STEPPED || value->class == AD_SUMMED)
        value->stored = 1;
    if (!value->stored || value->kind != AD_IN_ARENA ||
        value->r.op == AD_OP_CONSTANT || value->r.op == AD_OP_COUNT)
        return;
    b.bytes = (size_t)ad_elements(&value->r.shape) * p->ops->bytes;
    value->buffer = (int32_t)p->buffers;
    p->buffer[p->buffers++] = b;
}

int32_t ad_pass_order(ad_plan *p)
{
    int32_t status = allocate(p);

    if (status)
        return status;
    list_members(p);
    status = ad_pass_region(p);
    if (status)
        return status;
    for (size_t v = 0; v < p->n; v++)
        keep(p, (int32_t)v);
    return GENMOD_OK;
}
