#include "model/walk.h"

/* ---- the stage ----------------------------------------------------------- */

void walk_open(walk_stage *s, const walk_kind *k)
{
    memset(s, 0, sizeof *s);
    s->own = host_context(&s->h);
    s->config = fixture_config_of(k->family, NULL);
    s->model = fixture_model_of(k->family, k->bytes, k->options);
    assert_ok(model_get_config(s->model, s->config, NULL));
    s->view = k->view();
    s->codes = k->codes();
    assert_ok(model_start(s->model, s->view, NULL));
    assert_ok(model_step(s->model, s->view, NULL));
}

void walk_close(walk_stage *s)
{
    model_free(s->model);
    model_free(s->other);
    genmod_data_free(s->view);
    genmod_data_free(s->codes);
    genmod_config_free(s->config);
    genmod_context_free(s->own);
    assert_int_equal(atomic_load(&s->h.blocks), 0);
    assert_int_equal(atomic_load(&s->h.bytes), 0);
}

void walk_enter(walk_stage *s, size_t threads)
{
    genmod_context *c = NULL;
    assert_ok(genmod_context_new(host_alloc, host_dealloc, &s->h, &c));
    assert_ok(genmod_context_set_threads(c, threads));
    assert_ok(genmod_workspace_new(c, &s->w));
    genmod_context_free(c);
}

void walk_leave(walk_stage *s)
{
    genmod_workspace_free(s->w);
    s->w = NULL;
}

/* ---- what a call leaves -------------------------------------------------- */

typedef struct result {
    fixture_bytes model, other; /* nothing of one without weights */
    double out[WALK_ROOM / sizeof(double)];
} result;

static fixture_bytes bytes_of(const model *m)
{
    return m && m->body ? fixture_checkpoint(m) : (fixture_bytes){0, NULL};
}

static void look(const walk_stage *s, result *r)
{
    r->model = bytes_of(s->model);
    r->other = bytes_of(s->other);
    memcpy(r->out, s->out, sizeof r->out);
}

static void forget(result *r)
{
    free(r->model.p);
    free(r->other.p);
}

static int equal(fixture_bytes a, fixture_bytes b)
{
    return a.n == b.n && (a.n == 0 || fixture_same(a, b));
}

static int is(const walk_stage *s, const result *want)
{
    result now;
    look(s, &now);
    const int same = equal(now.model, want->model) &&
                     equal(now.other, want->other) &&
                     memcmp(now.out, want->out, sizeof now.out) == 0;
    forget(&now);
    return same;
}

/* ---- the walk ------------------------------------------------------------ */

static void open_call(walk_stage *s, const walk_kind *k, const walk_call *c)
{
    walk_open(s, k);
    if (c->prepare)
        c->prepare(s);
}

/* Returns the allocations that were asked for. */
static size_t attempt(walk_stage *s, const walk_kind *k, const walk_call *c,
                      size_t site, int mode)
{
    walk_enter(s, k->threads);
    host_arm(&s->h, site, mode);
    const int32_t status = c->call(s);
    const size_t asked = atomic_load(&s->h.calls);
    host_arm(&s->h, HOST_NEVER, HOST_ONCE);
    if (asked <= site)
        assert_status(status, GENMOD_OK, s->w);
    else if (status != GENMOD_NO_MEMORY)
        fail_msg("%s: allocation %zu refused: %s", c->name, site,
                 genmod_status_name(status));
    else if (genmod_workspace_error(s->w)[0] == 0)
        fail_msg("%s: allocation %zu refused without a text", c->name, site);
    walk_leave(s);
    return asked;
}

/* Every so many sites in one way, until none is refused. Returns how many were.
 */
static size_t walk(const walk_kind *k, const walk_call *c, int mode,
                   size_t stride, const result *want)
{
    static walk_stage s;
    static result before;
    size_t site = 0, n = 0;
    open_call(&s, k, c);
    look(&s, &before);
    while (attempt(&s, k, c, site, mode) > site) {
        if (!is(&s, &before))
            fail_msg("%s: allocation %zu refused changed something", c->name,
                     site);
        site += stride;
        n++;
    }
    if (!is(&s, want))
        fail_msg("%s: other bits after refusals", c->name);
    forget(&before);
    walk_close(&s);
    return n;
}

static size_t walk_call_of(const walk_kind *k, const walk_call *c)
{
    static walk_stage s;
    static result want;
    open_call(&s, k, c);
    (void)attempt(&s, k, c, HOST_NEVER, HOST_ONCE);
    look(&s, &want);
    walk_close(&s);
    const size_t sites = walk(k, c, HOST_ONCE, 1, &want);
    /* memory that does not come back is the simpler case */
    (void)walk(k, c, HOST_FROM_THEN_ON, 5, &want);
    forget(&want);
    return sites;
}

size_t walk_all(size_t kinds, const walk_kind *k, size_t calls,
                const walk_call *c)
{
    size_t total = 0;
    for (size_t i = 0; i < calls; i++) {
        size_t sites = 0;
        for (size_t j = 0; j < kinds; j++)
            sites += walk_call_of(&k[j], &c[i]);
        print_message("  %-28s %4zu sites\n", c[i].name, sites);
        total += sites;
    }
    return total;
}

/* ---- calls that all families have ---------------------------------------- */

static int32_t call_new(walk_stage *s)
{
    const model_family *const f = ((model *)s->model)->family;
    model *m = NULL;
    const int32_t status = model_new(f, sizeof(model), s->config, &m, s->w);
    assert_true((m != NULL) == (status == 0));
    model_free(m);
    return status;
}

static int32_t call_config_new(walk_stage *s)
{
    genmod_config *c = NULL;
    const int32_t status =
        model_config_new(((model *)s->model)->family, &c, s->w);
    assert_true((c != NULL) == (status == 0));
    genmod_config_free(c);
    return status;
}

static int32_t call_configure(walk_stage *s)
{
    return model_configure(s->model, s->config, s->w);
}

static int32_t call_get_config(walk_stage *s)
{
    return model_get_config(s->model, s->config, s->w);
}

static void prepare_copy(walk_stage *s)
{
    s->other =
        fixture_model_of(((model *)s->model)->family, sizeof(model), NULL);
}

static int32_t call_copy(walk_stage *s)
{
    return model_copy(s->model, s->other, s->w);
}

static int32_t call_start(walk_stage *s)
{
    return model_start(s->model, s->view, s->w);
}

static int32_t call_step(walk_stage *s)
{
    return model_step(s->model, s->view, s->w);
}

/* A larger batch wants other programs and another arena. */
static void prepare_batch(walk_stage *s)
{
    fixture_configure(s->model, "batch_size=41");
}

static void prepare_loaded(walk_stage *s)
{
    const fixture_bytes b = fixture_checkpoint(s->model);
    assert_ok(model_load(s->model, b.n, b.p, NULL));
    free(b.p);
}

static int32_t call_fit(walk_stage *s)
{
    return model_fit(s->model, s->view, s->view, NULL, NULL, s->w);
}

static void prepare_warm(walk_stage *s)
{
    fixture_configure(s->model, "warm_start=1");
}

static int32_t call_save(walk_stage *s)
{
    return model_save(s->model, 1, sizeof s->out, s->out, &s->need, s->w);
}

static void prepare_load(walk_stage *s)
{
    assert_ok(model_save(s->model, 1, sizeof s->out, s->out, &s->need, NULL));
    assert_ok(model_step(s->model, s->view, NULL));
}

static int32_t call_load(walk_stage *s)
{
    return model_load(s->model, s->need, s->out, s->w);
}

const walk_call walk_shared[WALK_SHARED] = {
    {"config_new", call_config_new, NULL},
    {"new", call_new, NULL},
    {"configure", call_configure, NULL},
    {"get_config", call_get_config, NULL},
    {"copy", call_copy, prepare_copy},
    {"start", call_start, NULL},
    {"step", call_step, NULL},
    {"step, another batch", call_step, prepare_batch},
    {"step, after load", call_step, prepare_loaded},
    {"fit, warm", call_fit, prepare_warm},
    {"checkpoint", call_save, NULL},
    {"load", call_load, prepare_load}};
