#include "nn/trial.h"

#define ROWS 3
#define ROUNDINGS 1e-12

typedef struct pair {
    trial t;     /* of the encoder */
    nn_net *dec; /* its mirror image */
} pair;

/* The two in one store, with equal weights of either kind unscrambled. */
static void pair_new(pair *p, const char *shape, const char *text, int tied)
{
    trial *const t = &p->t;
    char mirror[512];
    nn_size size;
    size_t need;

    memset(p, 0, sizeof *p);
    t->rows = ROWS;
    assert_ok(genmod_workspace_new(NULL, &t->w));
    assert_ok(nn_size_parse("shape", shape, &size, t->w));
    assert_status(nn_parse("encoder", text, &size, &t->net, t->w), 0, t->w);
    assert_ok(nn_net_mirror(t->net, sizeof mirror, mirror, &need, t->w));
    assert_ok(
        nn_parse("decoder", mirror, nn_net_output(t->net), &p->dec, t->w));
    assert_ok(ad_store_new(GENMOD_F64, &t->s, t->w));
    assert_ok(nn_declare(t->net, t->s, "enc", 0, NULL, t->w));
    assert_status(
        nn_declare(p->dec, t->s, "dec", 0, tied ? t->net : NULL, t->w),
        GENMOD_OK, t->w);
    assert_ok(ad_store_seal(t->s, 1, t->w));
    assert_ok(ad_graph_new(ROWS, &t->g, t->w));
    t->x = ad_input(t->g, "x", nn_size_rows(t->g, &size));
    const size_t n = ROWS * (size_t)nn_size_elements(&size);
    t->in = malloc(n * sizeof *t->in);
    trial_fill(t->in, n, 1000, -1.1, 1.3);
    t->pass =
        (nn_pass){.g = t->g, .s = t->s, .room = TRIAL_STATES, .next = t->next};
}

static void pair_free(pair *p)
{
    nn_net_free(p->dec);
    trial_free(&p->t);
}

static size_t count(const pair *p, int32_t index)
{
    return (size_t)ad_elements(ad_store_shape(p->t.s, (size_t)index));
}

static double *value(const pair *p, int32_t index)
{
    return ad_store_value(p->t.s, (size_t)index);
}

static void scramble(const pair *p)
{
    for (size_t i = 0; i < ad_store_count(p->t.s); i++)
        trial_fill(value(p, (int32_t)i), count(p, (int32_t)i), i, -0.6, 0.7);
}

/* to = from, transposed where both are dense. */
static void copy_weight(const pair *from, int32_t a, const pair *to, int32_t b,
                        int transposed)
{
    const ad_shape *const s = ad_store_shape(to->t.s, (size_t)b);
    const size_t n = count(to, b);

    assert_int_equal(n, count(from, a));
    for (size_t i = 0; i < n; i++) {
        const size_t columns = (size_t)s->dim[1], rows = (size_t)s->dim[0];
        const size_t at = transposed ? i % columns * rows + i / columns : i;
        value(to, b)[i] = value(from, a)[at];
    }
}

static void copy_run(const pair *from, const nn_net *a, const pair *to,
                     const nn_net *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const nn_layer *const l = &a->layers[i], *const m = &b->layers[i];
        if (l->weight >= 0)
            copy_weight(from, l->weight, to, m->weight,
                        l->borrowed && strcmp(l->kind->word, "dense") == 0);
        if (l->bias >= 0)
            copy_weight(from, l->bias, to, m->bias, 0);
    }
}

static ad_node apply(pair *p)
{
    const ad_node y =
        nn_apply(p->dec, &p->t.pass, nn_apply(p->t.net, &p->t.pass, p->t.x));

    assert_status(ad_graph_status(p->t.g), GENMOD_OK, p->t.w);
    return y;
}

static const char *const nets[][2] = {
    {"7", "dense 5; tanh; dense 3"},
    {"2x3x5", "dense 4; sigmoid; dense 3 nobias; relu; dense 2"},
    {"2x7x6", "conv 4 k3 s2 p1; tanh; conv 6 k2x3 g2; layernorm; dense 5"},
    {"2x3x4", "deconv 4 k4x3 s2 p1 o1; elu; conv 6 k3 g2"},
    {"8", "dense 5; residual { dense 4; tanh; dense 5 }; dense 3"},
    {"2x4x4", "conv 4 k1; silu; maxpool 2; flatten; dense 3"},
};

#define NETS (sizeof nets / sizeof nets[0])

static void tied_weights_serve_transposed_with_own_biases(void **state)
{
    (void)state;
    for (size_t i = 0; i < NETS; i++) {
        pair tied, loose;
        pair_new(&tied, nets[i][0], nets[i][1], 1);
        pair_new(&loose, nets[i][0], nets[i][1], 0);
        assert_true(ad_store_count(tied.t.s) < ad_store_count(loose.t.s));
        scramble(&tied);
        copy_run(&tied, tied.t.net, &loose, loose.t.net);
        copy_run(&tied, tied.dec, &loose, loose.dec);
        double *const y = trial_run(&tied.t, apply(&tied));
        double *const z = trial_run(&loose.t, apply(&loose));
        trial_near(ROWS * (size_t)nn_size_elements(nn_net_output(tied.dec)), y,
                   z, ROUNDINGS);
        free(y);
        free(z);
        pair_free(&tied);
        pair_free(&loose);
    }
}

static double *gradient(pair *p, int32_t index)
{
    trial *const t = &p->t;
    const ad_node loss = ad_sum_all(t->g, ad_square(t->g, apply(p)));
    const ad_node weight = ad_variable(t->g, t->s, index);
    ad_node grad;

    assert_ok(ad_grad(t->g, loss, AD_NONE, 1, &weight, &grad));
    return trial_run(t, grad);
}

/* The last weighted layer of the decoder is the opposite of the first. */
static void gradient_of_a_tied_weight_comes_from_both_sides(void **state)
{
    (void)state;
    for (size_t i = 0; i < NETS; i++) {
        pair tied, loose;
        pair_new(&tied, nets[i][0], nets[i][1], 1);
        pair_new(&loose, nets[i][0], nets[i][1], 0);
        scramble(&tied);
        copy_run(&tied, tied.t.net, &loose, loose.t.net);
        copy_run(&tied, tied.dec, &loose, loose.dec);
        const int32_t first = tied.t.net->layers[0].weight;
        size_t last = tied.dec->n;
        while (tied.dec->layers[--last].weight != first)
            continue;
        const size_t n = count(&tied, first);
        const ad_shape *const s = ad_store_shape(tied.t.s, (size_t)first);
        const size_t rows = (size_t)s->dim[0], columns = (size_t)s->dim[1];
        double *const both = gradient(&tied, first);
        double *const one = gradient(&loose, loose.t.net->layers[0].weight);
        double *const other = gradient(&loose, loose.dec->layers[last].weight);
        for (size_t k = 0; k < n; k++)
            one[k] += s->rank == 2 ? other[k % columns * rows + k / columns]
                                   : other[k];
        trial_near(n, both, one, ROUNDINGS);
        free(both);
        free(one);
        free(other);
        pair_free(&tied);
        pair_free(&loose);
    }
}

/* One pair u, v, iterated by the encoder alone. */
static void tied_spectral_norm_shares_its_pair(void **state)
{
    pair p;

    (void)state;
    pair_new(&p, "7", "sn dense 5; tanh; dense 3", 1);
    scramble(&p);
    p.t.pass.flags = NN_UPDATE;
    const ad_node y = apply(&p);
    assert_true(y >= 0);
    assert_int_equal(p.t.pass.n, 2);
    free(trial_run(&p.t, y));
    pair_free(&p);
}

typedef struct mismatch {
    const char *decoder, *word;
} mismatch;

static void networks_that_do_not_mirror_are_not_tied(void **state)
{
    static const mismatch all[] = {
        {"dense 5; tanh; dense 8", "position 16: dense is not the mirror"},
        {"dense 4; tanh; dense 7", "position 1: dense is not the mirror"},
        {"sn dense 5; tanh; dense 7", "position 1"},
        {"dense 5; dense 7; dense 7", "position 19"},
        {"reshape 3x1x1; conv 5 k1; flatten; dense 7", "position 16: conv"},
        {"relu", "decoder has fewer weights than encoder"},
        {"dense 5", "decoder has fewer weights than encoder"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const nn_size three = {.rank = 1, .n = 3};
        trial t;
        nn_net *dec;
        ad_store *s;
        trial_new(&t, "7", "dense 5; tanh; dense 3", ROWS);
        assert_ok(ad_store_new(GENMOD_F64, &s, t.w));
        assert_ok(nn_declare(t.net, s, "enc", 0, NULL, t.w));
        memcpy(t.net->what, "encoder", sizeof "encoder");
        assert_ok(nn_parse("decoder", all[i].decoder, &three, &dec, t.w));
        assert_status(nn_declare(dec, s, "dec", 0, t.net, t.w),
                      GENMOD_BAD_ARGUMENT, t.w);
        assert_error_names(t.w, all[i].word);
        nn_net_free(dec);
        ad_store_free(s);
        trial_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tied_weights_serve_transposed_with_own_biases),
        cmocka_unit_test(gradient_of_a_tied_weight_comes_from_both_sides),
        cmocka_unit_test(tied_spectral_norm_shares_its_pair),
        cmocka_unit_test(networks_that_do_not_mirror_are_not_tied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
