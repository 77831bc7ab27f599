/* How a row of columns of several kinds lies before the networks. */
#include "gan/internal.h"

#define MOST 65536 /* numbers of a row */
#define FEW 16     /* columns, each of which has room for modes by itself */

int gan_is_numeric(const gan_block *k)
{
    return k->kind <= GENMOD_COUNT;
}

int gan_has_modes(const gan_table *t)
{
    return t->encoding == GAN_BY_MODES || t->encoding == GAN_BY_HEAPS;
}

/* Of real columns alone it is: programs that take codes know it so. */
int gan_is_drawn(const gan_table *t)
{
    return t->blocks > 1 || (t->blocks && t->block[0].kind != GENMOD_REAL);
}

int gan_is_split(const gan_body *b)
{
    const gan_table *const t = &b->table;

    for (size_t i = 0; i < t->blocks && gan_has_modes(t); i++) {
        const gan_block *const k = &t->block[i];
        const float *const share =
            (const float *)ad_store_value(b->base.store, (size_t)t->offset) +
            k->at;

        /* the place, the first mode, the second */
        for (int64_t c = 0; c < k->size && gan_is_numeric(k); c++)
            if (k->levels > 1 && share[c * (k->levels + 1) + 2] > GAN_NEVER)
                return 1;
    }
    return 0;
}

nn_size gan_row_size(const gan_body *b)
{
    if (!b->table.blocks)
        return b->base.columns.size;
    return (nn_size){.rank = 1, .n = b->table.numbers};
}

void gan_table_dispose(model_body *m)
{
    gan_body *const b = (gan_body *)m;

    base_free(b->table.block);
    base_free(b->table.kind);
    gan_learning_free(b->table.learning);
    b->table.learning = NULL;
}

/* ---- the plan ------------------------------------------------------------ */

static int is_mixed(const model_schema *s, size_t d)
{
    for (size_t j = 0; s->kinds && j < d; j++)
        if (s->kinds[j] != GENMOD_REAL)
            return 1;
    return 0;
}

/* A game of few real columns that is left alone has room for heaps: not over
 * ranks, where nobody sees all rows of a column, nor with networks of the
 * caller's, who knows what they see. A body that there is knows. */
static int has_heaps(const genmod_config *c, const model_schema *s,
                     const gan_body *b, const genmod_workspace *w)
{
    if (base_config_choice(c, GAN_PRESET) != GAN_AUTO_PRESET ||
        base_config_str(c, GAN_GENERATOR)[0] ||
        base_config_str(c, GAN_DISCRIMINATOR)[0] ||
        b->base.columns.size.rank != 1 || b->base.d > FEW)
        return 0;
    return s->marked ? s->marked > 0 : !model_shares_of(w).shared;
}

static int32_t encoding_of(const genmod_config *c, const model_schema *s,
                           const gan_body *b, const genmod_workspace *w)
{
    const int32_t numeric = base_config_choice(c, GAN_NUMERIC);

    if (numeric != GAN_AUTO)
        return numeric;
    return is_mixed(s, b->base.d)  ? GAN_QUANTILE
           : has_heaps(c, s, b, w) ? GAN_BY_HEAPS
                                   : GAN_STANDARD;
}

static int32_t kind_of(const model_schema *s, size_t j)
{
    return s->kinds ? s->kinds[j] : GENMOD_REAL;
}

static int32_t levels_of(const model_schema *s, size_t j)
{
    const int32_t kind = kind_of(s, j);

    return kind == GENMOD_CATEGORICAL ? s->levels[j]
           : kind == GENMOD_BINARY    ? 2
                                      : 0;
}

static int is_next(const model_schema *s, size_t j)
{
    return j && kind_of(s, j) == kind_of(s, j - 1) &&
           levels_of(s, j) == levels_of(s, j - 1);
}

static void begin_block(gan_table *t, const model_schema *s, size_t j,
                        int64_t modes)
{
    const int32_t kind = kind_of(s, j);
    const int64_t levels = kind > GENMOD_COUNT ? levels_of(s, j)
                           : gan_has_modes(t)  ? modes
                                               : 0;

    t->block[t->blocks++] = (gan_block){.kind = kind,
                                        .levels = levels,
                                        .first = (int64_t)j,
                                        .place = t->numeric,
                                        .at = t->numbers};
}

static void plan(gan_table *t, const model_schema *s, size_t d, int64_t modes)
{
    for (size_t j = 0; j < d; j++) {
        t->kind[j] = kind_of(s, j);
        if (!is_next(s, j))
            begin_block(t, s, j, modes);
        gan_block *const k = &t->block[t->blocks - 1];
        const int64_t wide = gan_is_numeric(k) + k->levels;

        k->size++;
        k->numbers += wide;
        t->numbers += wide;
        t->numeric += gan_is_numeric(k);
    }
}

/* ---- what a body has for it ---------------------------------------------- */

static void add_arrays(gan_body *b)
{
    const size_t knots = (size_t)b->table.numeric * (GAN_SEGMENTS + 1);

    model_body_array(&b->base, GAN_LEAST, GENMOD_F64, MODEL_ANY, b->base.d);
    model_body_array(&b->base, GAN_MOST, GENMOD_F64, MODEL_ANY, b->base.d);
    if (knots && b->table.encoding == GAN_QUANTILE)
        model_body_array(&b->base, GAN_CELLS, GENMOD_F64, MODEL_ANY, knots);
}

/* States of D, whose weights are not averaged. */
static int32_t add(gan_body *b, const char *name, ad_shape shape, int32_t *out,
                   genmod_workspace *w)
{
    return ad_store_add(b->base.store, name, AD_STATE, GAN_D, shape, out, w);
}

static int32_t add_variables(gan_body *b, int64_t modes, genmod_workspace *w)
{
    gan_table *const t = &b->table;
    const ad_shape columns = ad_vector((int64_t)b->base.d);
    const ad_shape by_mode = ad_matrix(t->numeric, modes);
    int32_t status =
        add(b, "table.offset", ad_vector(t->numbers), &t->offset, w);

    if (!status)
        status = add(b, "table.shift", columns, &t->shift, w);
    if (!status)
        status = add(b, "table.factor", columns, &t->factor, w);
    if (status || !t->numeric || t->encoding == GAN_STANDARD)
        return status;
    if (t->encoding == GAN_QUANTILE) {
        status = add(b, "table.reach", ad_vector(1), &t->reach, w);
        return status
                   ? status
                   : add(b, "table.knots",
                         ad_matrix(t->numeric, GAN_SEGMENTS + 1), &t->knots, w);
    }
    status = add(b, GAN_MEANS, by_mode, &t->means, w);
    return status ? status
                  : add(b, "table.deviations", by_mode, &t->deviations, w);
}

static int32_t check(const gan_body *b, genmod_workspace *w)
{
    if (b->base.columns.size.rank == 3)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the schema of x tells kinds of columns apart; option "
                         "\"input\" is an image, whose pixels are real");
    return GENMOD_OK;
}

static gan_table blank(int32_t encoding)
{
    return (gan_table){.encoding = encoding,
                       .shift = -1,
                       .factor = -1,
                       .offset = -1,
                       .reach = -1,
                       .knots = -1,
                       .means = -1,
                       .deviations = -1};
}

static int32_t make(gan_body *b, const model_schema *s, int64_t modes,
                    genmod_workspace *w)
{
    const size_t d = b->base.d;
    gan_table *const t = &b->table;

    t->block = base_alloc_zero(w, d, sizeof *t->block);
    t->kind = base_alloc(w, d, sizeof *t->kind);
    if (!t->block || !t->kind)
        return base_status(w);
    plan(t, s, d, modes);
    if (t->numbers > MOST)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "a row of x takes %i numbers with a place for each "
                         "category; it may take %i",
                         t->numbers, (int64_t)MOST);
    b->base.columns.kind = t->kind;
    b->base.columns.levels = s->levels;
    add_arrays(b);
    return add_variables(b, modes, w);
}

int32_t gan_table_declare(const genmod_config *c, const model_schema *s,
                          gan_body *b, genmod_workspace *w)
{
    const size_t d = b->base.d;
    const int mixed = is_mixed(s, d);
    const int32_t status = mixed ? check(b, w) : GENMOD_OK;

    b->table = blank(encoding_of(c, s, b, w));
    b->base.schema.marked = gan_has_modes(&b->table) ? 1 : -1;
    b->temperature = base_config_f64(c, GAN_TEMPERATURE);
    if (status || !d || (!mixed && b->table.encoding == GAN_STANDARD))
        return status;
    return make(b, s, base_config_i64(c, GAN_MODES), w);
}
