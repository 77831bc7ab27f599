/* Training on several ranks: what they must have in common, and how rows and
 * minibatches are shared out.
 *
 * A minibatch has as many rows of every part: of each rank or, in the
 * deterministic mode, of each shard. A part takes rows of its own only, in an
 * order of its own, so that nobody needs another's rows, and what a part does
 * follows from its number alone. */
#include <string.h>

#include "model/model.h"

model_shares model_shares_of(const genmod_workspace *w)
{
    const base_ranks r = base_ranks_of(w);
    const size_t local = base_parts(w);

    return (model_shares){.parts = (size_t)(r.shards ? r.shards : r.size),
                          .local = local,
                          .first = (size_t)r.rank * local,
                          .ranks = (size_t)r.size,
                          .exact = r.shards != 0,
                          .shared = r.size > 1 || r.shards != 0};
}

/* ---- what must be the same ----------------------------------------------- */

static uint64_t digest_text(const char *s)
{
    return base_digest(0, s, strlen(s));
}

static uint64_t option_value(const genmod_config *c, const base_option *o)
{
    double v;

    if (o->type == BASE_STR)
        return digest_text(base_config_str(c, o->key));
    if (o->type == BASE_I64)
        return (uint64_t)base_config_i64(c, o->key);
    v = base_config_f64(c, o->key);
    return base_digest(0, &v, sizeof v);
}

static uint64_t digest_schema(const genmod_data *x)
{
    const size_t d = base_data_columns(x);
    const int32_t *const kinds = base_data_kinds(x);
    const int32_t *const levels = base_data_levels(x);
    const int32_t type = base_data_type(x);
    uint64_t h = base_digest(2, &type, sizeof type);

    if (kinds)
        h = base_digest(h, kinds, d * sizeof *kinds);
    return kinds && levels ? base_digest(h, levels, d * sizeof *levels) : h;
}

uint64_t model_digest(const model_body *b)
{
    const ad_store *const s = b->store;
    uint64_t h =
        base_digest(3, ad_store_values(s), ad_store_total(s) * sizeof(float));

    h = base_digest(h, b->columns.center, b->d * sizeof(double));
    return base_digest(h, b->columns.scale, b->d * sizeof(double));
}

static uint64_t digest_state(const model *m)
{
    nn_status s = {0};
    uint64_t h = m->body ? model_digest(m->body) : 0;

    if (m->trainer)
        nn_loop_status(m->trainer->loop, &s);
    h = base_digest(h, &s.step, sizeof s.step);
    return base_digest(h, &s.epoch, sizeof s.epoch);
}

static size_t options_of(const model *m)
{
    const base_option *const o = base_config_options(m->config);
    size_t n = 0;

    while (o[n].key)
        n++;
    return n;
}

/* Six, and one an option. */
static void set_terms(const model *m, const genmod_data *x,
                      const genmod_data *held_out, int cold, base_term *to)
{
    const base_option *const o = base_config_options(m->config);

    to[0] = (base_term){"the model's family", digest_text(m->family->creator),
                        BASE_HIDDEN};
    to[1] = (base_term){"columns", base_data_columns(x), BASE_SHOWN};
    to[2] = (base_term){"type or schema of the columns", digest_schema(x),
                        BASE_HIDDEN};
    to[3] = (base_term){"missing", (uint64_t)base_data_missing(x), BASE_SHOWN};
    to[4] = (base_term){"held_out, 0 for NULL,", held_out != NULL, BASE_SHOWN};
    to[5] = (base_term){"the model that the call goes on from",
                        cold ? 0 : digest_state(m), BASE_HIDDEN};
    for (size_t i = 0; o[i].key; i++)
        to[6 + i] =
            (base_term){o[i].key, option_value(m->config, &o[i]),
                        o[i].type == BASE_I64 ? BASE_SHOWN : BASE_HIDDEN};
}

int32_t model_agree(const model *m, const genmod_data *x,
                    const genmod_data *held_out, int cold, int32_t status,
                    genmod_workspace *w)
{
    const base_mark mark = base_scratch_mark(w);
    const size_t n = status ? 0 : 6 + options_of(m);
    base_term *terms;

    if (base_ranks_of(w).size == 1)
        return status;
    terms = base_scratch(w, n, sizeof *terms);
    if (!terms && !status)
        status = base_status(w);
    if (!status)
        set_terms(m, x, held_out, cold, terms);
    status = base_agree(w, status, status ? 0 : n, terms);
    base_scratch_release(w, mark);
    return status;
}

int32_t model_agree_weights(const model_body *b, genmod_workspace *w)
{
    const base_term term = {"the model that training starts from",
                            model_digest(b), 1};

    return base_agree(w, GENMOD_OK, 1, &term);
}

/* ---- rows ---------------------------------------------------------------- */

/* Rows that each part has at least, of those of all ranks. */
static int32_t least_rows(const genmod_data *x, size_t *total, uint64_t *n,
                          genmod_workspace *w)
{
    const model_shares s = model_shares_of(w);
    const size_t own = base_data_rows(x);
    uint64_t *const all = base_scratch(w, s.ranks, sizeof *all);
    const uint64_t rows = own;
    size_t first;
    int32_t status =
        base_all_rows(w, all ? GENMOD_OK : base_status(w), own, &first, total);

    *n = status ? 0 : *total / s.parts;
    if (status || s.exact)
        return status;
    status = base_all_gather(w, GENMOD_OK, sizeof rows, &rows, all);
    *n = rows;
    for (size_t r = 0; r < s.ranks && !status; r++)
        *n = all[r] < *n ? all[r] : *n;
    return status;
}

static int32_t check_batch(const model *m, const model_shares *s,
                           genmod_workspace *w)
{
    const uint64_t batch = (uint64_t)base_config_i64(m->config, "batch_size");
    nn_training o;

    model_training_options(m->family, m->config, 0, s, &o);
    const uint64_t unit = s->parts * (o.multiple ? o.multiple : 1);
    if (batch % unit == 0)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "option \"batch_size\" is %u; over %u parts it must be a "
                     "multiple of %u",
                     batch, (uint64_t)s->parts, unit);
}

int32_t model_share(const model *m, const genmod_data *x,
                    const genmod_data *held_out, model_shares *out,
                    genmod_workspace *w)
{
    int32_t status;

    *out = model_shares_of(w);
    out->n = base_data_rows(x);
    out->held = held_out ? base_data_rows(held_out) : 0;
    if (!out->shared)
        return GENMOD_OK;
    status = least_rows(x, &out->total, &out->n, w);
    if (!status && held_out)
        status = least_rows(held_out, &out->held_total, &out->held, w);
    if (status)
        return status;
    if (!out->n || (held_out && !out->held))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has fewer rows than the %u parts that share it",
                         out->n ? "held_out" : "x", (uint64_t)out->parts);
    return check_batch(m, out, w);
}

size_t model_first_row(const model_shares *s, const genmod_data *x,
                       size_t total, size_t part, const genmod_workspace *w)
{
    size_t first = 0, count;

    if (s->exact)
        base_part(w, total, base_data_rows(x), part, &first, &count);
    return first;
}
