/* The workspace, and the frame of a public call. */
#include <string.h>

#include "base/fpenv.h"
#include "base/internal.h"

/* Scratch that a workspace keeps from one call to the next. */
#define KEEP ((size_t)1 << 20)

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may cancel");

static genmod_workspace *make(genmod_context *c, int32_t *status)
{
    genmod_workspace *const w = base_take(c, sizeof *w, status);

    if (!w)
        return NULL;
    w->context = base_context_hold(c);
    atomic_init(&w->busy, 0);
    atomic_init(&w->cancel, 0);
    w->status = GENMOD_OK;
    w->heads = NULL;
    w->met = 0;
    w->first = NULL;
    w->current = NULL;
    w->used = 0;
    w->text[0] = '\0';
    if (c->ranks.size > 1) {
        w->heads =
            base_take(c, (size_t)c->ranks.size * sizeof *w->heads, status);
        if (!w->heads) {
            genmod_workspace_free(w);
            return NULL;
        }
    }
    return w;
}

int32_t genmod_workspace_new(genmod_context *c, genmod_workspace **out)
{
    genmod_context *own = NULL;
    int32_t status = GENMOD_OK;

    if (!out)
        return GENMOD_BAD_ARGUMENT;
    *out = NULL;
    if (!c) {
        status = genmod_context_new(NULL, NULL, NULL, &own);
        if (status)
            return status;
        c = own;
    }
    *out = make(c, &status);
    if (*out)
        atomic_store(&c->in_use, 1);
    base_context_drop(own);
    return status;
}

const char *genmod_workspace_error(const genmod_workspace *w)
{
    return w ? w->text : "";
}

void genmod_workspace_cancel(genmod_workspace *w)
{
    if (w)
        atomic_store(&w->cancel, 1);
}

void genmod_workspace_free(genmod_workspace *w)
{
    if (!w)
        return;
    genmod_context *const c = w->context;

    base_scratch_reset(w, 0);
    if (w->heads)
        base_give(w->heads);
    base_give(w);
    base_context_drop(c);
}

genmod_workspace *base_enter(base_call *call, genmod_workspace *w,
                             int32_t *status)
{
    int32_t unasked;
    int idle = 0;

    if (!status)
        status = &unasked;
    *call = (base_call){.w = NULL};
    *status = GENMOD_OK;
    if (!w) {
        *status = genmod_workspace_new(NULL, &call->own);
        w = call->own;
        if (!w)
            return NULL;
    }
    if (!atomic_compare_exchange_strong_explicit(
            &w->busy, &idle, 1, memory_order_acquire, memory_order_relaxed)) {
        *status = GENMOD_BUSY;
        return NULL;
    }
    call->w = w;
    w->status = GENMOD_OK;
    w->met = 0;
    w->text[0] = '\0';
    fp_save(call->fp);
    fp_default();
    return w;
}

void base_settle(void)
{
    fp_default();
}

int32_t base_leave(base_call *call, int32_t status)
{
    genmod_workspace *const w = call->w;

    if (status >= 0)
        w->text[0] = '\0';
    else if (w->text[0] == '\0')
        base_fail(w, status, "%s", genmod_status_name(status));
    status = base_part_ways(w, status);
    if (w->first)
        base_scratch_reset(w, KEEP);
    fp_restore(call->fp);
    atomic_store_explicit(&w->busy, 0, memory_order_release);
    genmod_workspace_free(call->own);
    return status;
}

int32_t base_status(const genmod_workspace *w)
{
    return w->status;
}

int32_t base_cancelled(genmod_workspace *w)
{
    if (!atomic_load_explicit(&w->cancel, memory_order_relaxed))
        return GENMOD_OK;
    atomic_store_explicit(&w->cancel, 0, memory_order_relaxed);
    return base_fail(w, GENMOD_CANCELLED, "the call was cancelled");
}

genmod_context *base_context(const genmod_workspace *w)
{
    return w->context;
}

int32_t base_cpu(const genmod_workspace *w)
{
    return base_context_cpu(w->context);
}
