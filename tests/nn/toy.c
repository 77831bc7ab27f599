#include "nn/toy.h"

double toy_number(uint64_t i, uint64_t t)
{
    const uint64_t x = (i * 2654435761u + t * 40503u + 12345u) * 2246822519u;

    return (double)(x >> 11 & 0xfffff) / 0x80000 - 1;
}

static double target(size_t e)
{
    return toy_number(e, 5) + 0.375;
}

static int32_t update(void *self, uint64_t step, size_t m, const int64_t *rows,
                      double *loss, genmod_workspace *w)
{
    toy *const t = self;
    const size_t n = (size_t)ad_elements(ad_store_shape(t->s, 0));
    float *const v = ad_store_value(t->s, 0), *const g = ad_store_grad(t->s, 0);
    uint64_t mix = step;
    double sum = 0, norm;
    int32_t status;

    if (step == t->fail_at)
        return base_fail(w, GENMOD_BREAKDOWN, "the toy gave out");
    for (size_t i = 0; i < m; i++) {
        mix = mix * 31 + (uint64_t)rows[i];
        t->met[0][rows[i]]++;
    }
    for (size_t e = 0; e < n; e++) {
        const double apart = (double)v[e] - target(e);

        sum += apart * apart;
        g[e] = (float)(apart + 0.1 * toy_number(e, mix));
    }
    status = nn_optimiser_norm(t->p, t->s, &norm, w);
    if (status)
        return status;
    nn_loop_note_norm(t->l, norm);
    nn_optimiser_update(t->p, t->s, norm, w);
    *(float *)ad_store_value(t->s, 1) += (float)norm; /* as a running mean */
    *loss = step >= t->loss_from && step < t->loss_until
                ? t->loss
                : 0.5 * sum / (double)n + 0.25;
    t->updates++;
    return GENMOD_OK;
}

static int32_t evaluate(void *self, size_t m, const int64_t *rows, double *loss,
                        genmod_workspace *w)
{
    toy *const t = self;
    const size_t n = (size_t)ad_elements(ad_store_shape(t->s, 0));
    const float *const v = ad_store_value(t->s, 0);
    double sum = 0;
    nn_status now;

    (void)w;
    nn_loop_status(t->l, &now);
    memcpy(t->seen, ad_store_values(t->s), toy_bytes(t));
    for (size_t i = 0; i < m; i++)
        t->met[1][rows[i]]++;
    for (size_t e = 0; e < n; e++)
        sum += ((double)v[e] - target(e)) * ((double)v[e] - target(e));
    t->evaluations++;
    *loss = t->validation[now.epoch];
    if (isnan(*loss))
        *loss = 0.5 * sum / (double)n + 0.01 * toy_number((uint64_t)rows[0], m);
    t->held_sum += *loss * (double)m;
    return GENMOD_OK;
}

static void publish(void *self)
{
    ((toy *)self)->published++;
}

genmod_workspace *toy_workspace(size_t threads)
{
    genmod_context *c;
    genmod_workspace *w;

    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_threads(c, threads));
    assert_ok(genmod_workspace_new(c, &w));
    genmod_context_free(c);
    return w;
}

void toy_open(toy *t, genmod_workspace *w, const nn_training *o, int64_t n,
              uint64_t held_out)
{
    int32_t index;

    memset(t, 0, sizeof *t);
    t->w = w;
    t->o = *o;
    t->fail_at = UINT64_MAX;
    for (size_t i = 0; i < TOY_EPOCHS; i++)
        t->validation[i] = NAN;
    assert_ok(ad_store_new(GENMOD_F32, &t->s, w));
    assert_ok(ad_store_add(t->s, "w", AD_TRAINED, 1, ad_vector(n), &index, w));
    assert_ok(ad_store_add(t->s, "mean", AD_STATE, 1, ad_vector(3), &index, w));
    assert_ok(ad_store_seal(t->s, 1, w));
    for (int64_t e = 0; e < n; e++)
        ((float *)ad_store_value(t->s, 0))[e] =
            (float)(2 * toy_number((size_t)e, 9));
    assert_ok(nn_optimiser_new(o, t->s, 1, &t->p, w));
    assert_ok(nn_loop_new(o, TOY_ROWS, held_out, t->s, 1, &t->p, &t->l, w));
    t->hooks = (nn_hooks){t, update, evaluate, publish};
    t->seen = calloc(1, toy_bytes(t));
    assert_non_null(t->seen);
}

void toy_close(toy *t)
{
    free(t->seen);
    nn_loop_free(t->l);
    nn_optimiser_free(t->p);
    ad_store_free(t->s);
}

size_t toy_bytes(const toy *t)
{
    return ad_store_total(t->s) * sizeof(float);
}

static size_t part_bytes(const nn_part *p)
{
    return p->n * (p->type == GENMOD_F32 ? 4 : 8);
}

char *toy_save(const toy *t, size_t *bytes)
{
    size_t n = toy_bytes(t);
    nn_part p;
    char *saved;

    for (size_t i = 0; nn_loop_part(t->l, i, &p); i++)
        n += part_bytes(&p);
    saved = malloc(n);
    assert_non_null(saved);
    *bytes = n;
    memcpy(saved, ad_store_values(t->s), toy_bytes(t));
    n = toy_bytes(t);
    for (size_t i = 0; nn_loop_part(t->l, i, &p); i++) {
        memcpy(saved + n, p.data, part_bytes(&p));
        n += part_bytes(&p);
    }
    return saved;
}

int32_t toy_load(toy *t, const char *saved)
{
    size_t n = toy_bytes(t);
    nn_part p;

    memcpy(ad_store_values(t->s), saved, n);
    for (size_t i = 0; nn_loop_part(t->l, i, &p); i++) {
        memcpy(p.data, saved + n, part_bytes(&p));
        n += part_bytes(&p);
    }
    return nn_loop_loaded(t->l, t->w);
}

void toy_assert_same(const toy *a, const toy *b)
{
    size_t n, m;
    char *const x = toy_save(a, &n), *const y = toy_save(b, &m);

    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}
