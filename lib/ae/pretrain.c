/* Greedy training of the encoder's layers, one after another: Bengio et al.
 * 2007; with corrupted inputs Vincent et al. 2010, section 3.5. Each section of
 * the encoder is the encoder of a small autoencoder, whose rows are the codes
 * that the trained sections before it give of clean rows. */
#include <assert.h>
#include <string.h>

#include "ae/internal.h"

#define APART 1000003 /* seeds of two layers */

typedef struct pretraining {
    const model *m;
    const genmod_data *x;
    genmod_progress progress;
    void *user;
    genmod_workspace *w;
    size_t at;       /* the section in hand */
    model *layer;    /* its autoencoder */
    int32_t stopped; /* progress asked for it */
    double *weights; /* [n] of the rows; NULL: ones */
    /* Codes that the section in hand reads, and the view of them; NULL: it
     * reads x. */
    float *codes;
    genmod_data *rows;
} pretraining;

/* ---- the small autoencoder ----------------------------------------------- */

/* "sigmoid" and "softmax" keep what follows in [0, 1], where bce can be. */
static int is_share(const nn_net *net, size_t at, genmod_workspace *w)
{
    static const char *const words[] = {"sigmoid", "softmax"};
    char text[MODEL_TEXT];

    if (nn_net_section_text(net, at, sizeof text, text, NULL, w))
        return 0;
    for (size_t i = 0; i < 2; i++) {
        const size_t n = strlen(words[i]), all = strlen(text);

        if (all >= n && memcmp(text + all - n, words[i], n) == 0)
            return 1;
    }
    return 0;
}

static int32_t set_number(genmod_config *c, const char *key, int64_t v,
                          genmod_workspace *w)
{
    char text[32];

    base_format_i64(v, text);
    return base_config_set(c, key, text, w);
}

/* Rows of codes are not standardised, and are no shares but behind a layer that
 * gives such. */
static int32_t set_codes(const pretraining *p, const nn_net *net,
                         genmod_config *c)
{
    int32_t status = base_config_set(c, AE_STANDARDISE, "0", p->w);

    if (!status && base_config_choice(c, AE_LOSS) == AE_BCE &&
        !is_share(net, p->at - 1, p->w))
        status = base_config_set(c, AE_LOSS, "squared", p->w);
    return status;
}

static int32_t set_training(const pretraining *p, genmod_config *c)
{
    const int64_t most = INT64_C(9000000000000000);
    const int64_t seed =
        base_config_i64(c, AE_SEED) + APART * (int64_t)(p->at + 1);
    char rate[32];
    int32_t status =
        set_number(c, AE_SEED, seed > most ? seed - most : seed, p->w);

    if (!status)
        status = set_number(c, AE_EPOCHS,
                            base_config_i64(c, AE_PRETRAIN_EPOCHS), p->w);
    base_format_f64(base_config_f64(c, AE_PRETRAIN_LEARNING_RATE), rate);
    if (!status)
        status = base_config_set(c, AE_LEARNING_RATE, rate, p->w);
    return status;
}

static int32_t set_networks(const pretraining *p, const nn_net *net,
                            genmod_config *c)
{
    char text[MODEL_TEXT], size[64];
    nn_section s;
    int32_t status =
        nn_net_section_text(net, p->at, sizeof text, text, NULL, p->w);

    nn_net_section(net, p->at, &s);
    nn_size_format(&s.input, size);
    if (!status)
        status = base_config_set(c, AE_ENCODER, text, p->w);
    if (!status)
        status = base_config_set(c, AE_DECODER, "", p->w);
    if (!status)
        status = base_config_set(c, AE_INPUT, size, p->w);
    return status;
}

static int32_t make_layer(pretraining *p, const nn_net *net)
{
    genmod_config *c = NULL;
    int32_t status = base_config_new(ae_options, &c, p->w);

    if (!status)
        status = base_config_assign(c, p->m->config, 1, p->w);
    if (!status)
        status = set_networks(p, net, c);
    if (!status && p->at)
        status = set_codes(p, net, c);
    if (!status)
        status = set_training(p, c);
    if (!status)
        status = model_make(&ae_family, sizeof(ae_model), c, &p->layer, p->w);
    genmod_config_free(c);
    return status;
}

/* ---- its training -------------------------------------------------------- */

static int32_t watch(const genmod_report *report, void *user)
{
    pretraining *const p = user;

    base_report_set(p->layer->report, AE_REPORT_PRETRAINED, (double)p->at);
    if (p->progress) {
        const int32_t answer = p->progress(report, p->user);

        p->stopped = answer > 0;
        return answer;
    }
    return 0;
}

/* The layers' numbers differ by `shift` in the two stores. */
static void shift_name(const char *prefix, const char *name, size_t from,
                       size_t to, char out[128])
{
    const char *at = name + strlen(prefix);
    size_t number = 0, n = strlen(prefix);

    for (; *at != '.'; at++)
        number = number * 10 + (size_t)(*at - '0');
    memcpy(out, prefix, n);
    n += base_format_i64((int64_t)(number - from + to), out + n);
    memcpy(out + n, at, strlen(at) + 1);
}

/* The variables of a network in one store go to those in another whose layers
 * stand behind `to` as theirs behind `from`. Where one has another shape there
 * none goes; one may be missing: a bias before a normalisation. */
static void hand_over(const ad_store *a, const char *prefix, size_t from,
                      ad_store *b, size_t to)
{
    for (int copying = 0; copying < 2; copying++)
        for (size_t i = 0; i < ad_store_count(a); i++) {
            const ad_shape *const shape = ad_store_shape(a, i);
            char name[128];
            size_t j = 0;

            if (memcmp(ad_store_name(a, i), prefix, strlen(prefix)) != 0)
                continue;
            shift_name(prefix, ad_store_name(a, i), from, to, name);
            while (j < ad_store_count(b) &&
                   !base_same(ad_store_name(b, j), name))
                j++;
            if (j == ad_store_count(b))
                continue;
            if (!ad_shape_equal(shape, ad_store_shape(b, j)))
                return;
            if (copying)
                memcpy(ad_store_value(b, j), ad_store_value(a, i),
                       (size_t)ad_elements(shape) * sizeof(float));
        }
}

static void take_weights(const pretraining *p, model_body *b)
{
    const model_body *const small = p->layer->body;
    const nn_net *const encoder = b->net[AE_ENCODER_NET];
    const nn_net *const decoder = b->net[AE_DECODER_NET];
    const size_t n = nn_net_sections(encoder);
    nn_section from, to;

    nn_net_section(small->net[AE_ENCODER_NET], 0, &from);
    nn_net_section(encoder, p->at, &to);
    hand_over(small->store, "encoder.", from.weighted, b->store, to.weighted);
    if (nn_net_sections(decoder) != n)
        return;
    nn_net_section(small->net[AE_DECODER_NET], 0, &from);
    nn_net_section(decoder, n - 1 - p->at, &to);
    hand_over(small->store, "decoder.", from.weighted, b->store, to.weighted);
}

/* ---- codes --------------------------------------------------------------- */

static void give(const model_panels *o, const model_panel *p, void *to)
{
    nn_rows_write(&o->body->codes, 0, p->m, model_panel_output(p, 0), o->type,
                  to);
}

/* The codes of the trained layer take the place of its rows. */
static int32_t pass_up(pretraining *p)
{
    const genmod_data *const x = p->rows ? p->rows : p->x;
    const size_t n = base_data_rows(x), z = p->layer->z;
    float *const codes = base_alloc(p->w, n, z * sizeof *codes);
    const model_panels o = {.body = p->layer->body,
                            .program = AE_ENCODE,
                            .x = x,
                            .columns = &p->layer->body->columns,
                            .n = n,
                            .row = z * sizeof *codes,
                            .type = GENMOD_F32,
                            .direct = codes,
                            .give = give};
    void *results;
    genmod_data *rows;
    int32_t status = codes ? GENMOD_OK : base_status(p->w);

    if (!status)
        status = model_panels_run(&o, &results, p->w);
    if (!status)
        status = base_data_of(GENMOD_F32, n, z, codes, p->weights, &rows, p->w);
    if (status) {
        base_free(codes);
        return status;
    }
    genmod_data_free(p->rows);
    base_free(p->codes);
    p->codes = codes;
    p->rows = rows;
    return GENMOD_OK;
}

/* The rows' weights, if any has one. */
static int32_t gather_weights(pretraining *p)
{
    const size_t n = base_data_rows(p->x);
    void *const stage = base_scratch(p->w, 1, base_data_stage_bytes(p->x, 256));
    base_view v;
    int32_t status = stage ? GENMOD_OK : base_status(p->w);

    for (size_t i = 0; i < n && !status; i += 256) {
        const size_t m = n - i < 256 ? n - i : 256;

        status = base_data_view(p->x, i, m, stage, &v, p->w);
        if (!status && i == 0 && v.weights)
            p->weights = base_scratch(p->w, n, sizeof(double));
        if (status || !v.weights)
            return status;
        if (!p->weights)
            return base_status(p->w);
        memcpy(p->weights + i, v.weights, m * sizeof(double));
    }
    return status;
}

/* ---- layer by layer ------------------------------------------------------ */

static int32_t train_layer(pretraining *p, model_body *b, genmod_report *r)
{
    int32_t status = make_layer(p, b->net[AE_ENCODER_NET]);

    if (!status)
        status = model_train(p->layer, p->rows ? p->rows : p->x, NULL, watch, p,
                             p->w);
    if (status)
        return status;
    take_weights(p, b);
    base_report_append(r, AE_REPORT_PRETRAIN_LOSS,
                       base_report_number(p->layer->report, "epoch_loss"));
    base_report_set(r, AE_REPORT_PRETRAINED, (double)(p->at + 1));
    if (p->at + 1 < nn_net_sections(b->net[AE_ENCODER_NET]) && !p->stopped)
        status = pass_up(p);
    return status;
}

size_t ae_length(const model_body *b, const char *key)
{
    return base_same(key, AE_REPORT_PRETRAIN_LOSS)
               ? nn_net_sections(b->net[AE_ENCODER_NET])
               : 0;
}

static int32_t train_layers(model_body *b, genmod_report *r, void *arg,
                            genmod_workspace *w)
{
    pretraining p = *(pretraining *)arg;
    const size_t n = nn_net_sections(b->net[AE_ENCODER_NET]);
    int32_t status = base_report_reserve(r, AE_REPORT_PRETRAIN_LOSS, n, w);

    p.w = w;
    if (!status)
        status = gather_weights(&p);
    for (p.at = 0; p.at < n && !status && !p.stopped; p.at++) {
        status = train_layer(&p, b, r);
        model_free(p.layer);
        p.layer = NULL;
        if (status)
            (void)base_fail(w, status, "layer %u: %s", (uint64_t)p.at,
                            genmod_workspace_error(w));
    }
    genmod_data_free(p.rows);
    base_free(p.codes);
    return status;
}

int32_t ae_pretrain(ae_model *m, const genmod_data *x, genmod_progress progress,
                    void *user, genmod_workspace *w)
{
    pretraining p = {
        .m = (model *)m, .x = x, .progress = progress, .user = user};
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "m is NULL");
    else
        status = base_alone(w, "ae_pretrain()");
    if (!status)
        status = ae_check_head(p.m, 0, w);
    if (!status)
        status = model_begin((model *)m, x, train_layers, &p, w);
    return base_leave(&call, status);
}
