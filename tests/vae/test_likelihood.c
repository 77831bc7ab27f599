/* Which columns have which likelihood, and how blocks, masks and copies of rows
 * come together. */
#include "vae/evaluate.h"

#define REAL GENMOD_REAL
#define CATEGORICAL GENMOD_CATEGORICAL

static const int32_t mixed_kinds[9] = {
    GENMOD_REAL,  GENMOD_REAL,   CATEGORICAL,  CATEGORICAL,    CATEGORICAL,
    GENMOD_COUNT, GENMOD_BINARY, GENMOD_COUNT, GENMOD_POSITIVE};
static const int32_t mixed_levels[9] = {0, 0, 3, 3, 5, 0, 0, 0, 0};

static vae_choice mixed(void)
{
    vae_choice c = evaluate_choice(VAE_AUTO);

    c.kinds = mixed_kinds;
    c.levels = mixed_levels;
    c.sigma = VAE_SIGMA_LEARNED;
    return c;
}

static void runs_of_columns_make_blocks(void **state)
{
    static const vae_block wanted[7] = {
        {.kind = VAE_GAUSSIAN, .first = 0, .size = 2, .params = 2},
        {.kind = VAE_CATEGORICAL,
         .levels = 3,
         .first = 2,
         .size = 2,
         .params_first = 2,
         .params = 6},
        {.kind = VAE_CATEGORICAL,
         .levels = 5,
         .first = 4,
         .size = 1,
         .params_first = 8,
         .params = 5},
        {.kind = VAE_NEGATIVE_BINOMIAL,
         .first = 5,
         .size = 1,
         .params_first = 13,
         .params = 1},
        {.kind = VAE_BERNOULLI,
         .first = 6,
         .size = 1,
         .params_first = 14,
         .params = 1},
        {.kind = VAE_NEGATIVE_BINOMIAL,
         .first = 7,
         .size = 1,
         .params_first = 15,
         .params = 1},
        {.kind = VAE_LOG_NORMAL,
         .first = 8,
         .size = 1,
         .params_first = 16,
         .params = 1}};
    const vae_choice c = mixed();
    evaluation e;

    (void)state;
    evaluate_open(&e, GENMOD_F64, 3, 1, &c, "9");
    assert_int_equal(e.l.n, 7);
    assert_int_equal(e.l.d, 9);
    assert_int_equal(e.l.params, 17);
    for (size_t i = 0; i < 7; i++) {
        const vae_block *const b = &e.l.block[i];

        assert_int_equal(b->kind, wanted[i].kind);
        assert_int_equal(b->levels, wanted[i].levels);
        assert_int_equal(b->first, wanted[i].first);
        assert_int_equal(b->size, wanted[i].size);
        assert_int_equal(b->params_first, wanted[i].params_first);
        assert_int_equal(b->params, wanted[i].params);
        assert_int_equal(b->shared, 0);
        assert_int_equal(vae_block_standardised(b), i == 0 || i == 6);
    }
    assert_memory_equal(e.l.kinds, mixed_kinds, sizeof mixed_kinds);
    evaluate_close(&e);
}

static void variables_are_named_by_block(void **state)
{
    static const char *const names[] = {
        "likelihood.0.log_sigma", "likelihood.3.log_dispersion",
        "likelihood.5.log_dispersion", "likelihood.6.log_sigma"};
    static const size_t blocks[] = {0, 3, 5, 6}, sizes[] = {2, 1, 1, 1};
    const vae_choice c = mixed();
    evaluation e;

    (void)state;
    evaluate_open(&e, GENMOD_F32, 3, 1, &c, "9");
    assert_int_equal(ad_store_count(e.s), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(ad_store_name(e.s, i), names[i]);
        assert_int_equal(ad_store_kind(e.s, i), AD_TRAINED);
        assert_int_equal(e.l.block[blocks[i]].variable, i);
        assert_int_equal(ad_elements(ad_store_shape(e.s, i)), sizes[i]);
        assert_near(evaluate_get(&e, (int32_t)i, 0), 0, 0);
    }
    evaluate_close(&e);
}

static void an_image_is_one_block_with_one_scale(void **state)
{
    vae_choice c = evaluate_choice(VAE_DISCRETISED_LOGISTIC);
    evaluation e;

    (void)state;
    evaluate_open(&e, GENMOD_F32, 2, 1, &c, "2x3x4");
    assert_int_equal(e.l.n, 1);
    assert_int_equal(e.l.params, 24);
    assert_string_equal(ad_store_name(e.s, 0), "likelihood.0.log_scale");
    assert_int_equal(ad_elements(ad_store_shape(e.s, 0)), 1);
    /* a deviation of 1/4: pi s / sqrt 3 */
    assert_near(acos(-1) * exp(evaluate_get(&e, 0, 0)) / sqrt(3), 0.25, 1e-4);
    assert_int_equal(vae_likelihood_column(&e.l, 0), 0);
    assert_int_equal(vae_likelihood_column(&e.l, 7), 14);  /* [1, 3, 0] */
    assert_int_equal(vae_likelihood_column(&e.l, 17), 11); /* [1, 1, 1] */
    evaluate_close(&e);
    c = evaluate_choice(VAE_GAUSSIAN);
    c.shared = 0;
    c.sigma = VAE_SIGMA_OPTIMAL;
    evaluate_open(&e, GENMOD_F32, 2, 1, &c, "2x3x4");
    assert_string_equal(ad_store_name(e.s, 0), "likelihood.0.variance");
    assert_int_equal(ad_store_kind(e.s, 0), AD_STATE);
    assert_int_equal(ad_elements(ad_store_shape(e.s, 0)), 24);
    assert_int_equal(e.l.block[0].state, 0);
    assert_near(evaluate_get(&e, 0, 17), 1, 0);
    evaluate_close(&e);
}

static void a_named_likelihood_says_what_reading_has_to_hold(void **state)
{
    static const int32_t wanted[VAE_LIKELIHOODS] = {
        [VAE_AUTO] = GENMOD_REAL,
        [VAE_BERNOULLI] = GENMOD_BINARY,
        [VAE_GAUSSIAN] = GENMOD_REAL,
        [VAE_LOG_NORMAL] = GENMOD_POSITIVE,
        [VAE_CATEGORICAL] = -1,
        [VAE_POISSON] = GENMOD_COUNT,
        [VAE_DISCRETISED_LOGISTIC] = REAL,
        [VAE_NEGATIVE_BINOMIAL] = GENMOD_COUNT};

    (void)state;
    for (int32_t i = 0; i < VAE_LIKELIHOODS; i++) {
        const vae_choice c = evaluate_choice(i);
        evaluation e;

        if (wanted[i] < 0)
            continue;
        evaluate_open(&e, GENMOD_F32, 1, 1, &c, "3");
        assert_int_equal(e.l.block[0].kind, i ? i : VAE_GAUSSIAN);
        assert_int_equal(e.l.block[0].levels,
                         i == VAE_DISCRETISED_LOGISTIC ? 256 : 0);
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(e.l.kinds[j], wanted[i]);
        evaluate_close(&e);
    }
}

/* ---- refusals ------------------------------------------------------------ */

static void refused(const vae_choice *c, const char *size, const char *text)
{
    genmod_workspace *w;
    vae_likelihood l;
    nn_size shape;

    memset(&l, 0x5a, sizeof l);
    const vae_likelihood before = l;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_ok(nn_size_parse("size", size, &shape, w));
    assert_status(vae_likelihood_plan(c, &shape, &l, w), GENMOD_BAD_ARGUMENT,
                  w);
    assert_string_equal(genmod_workspace_error(w), text);
    assert_memory_equal(&l, &before, sizeof l);
    genmod_workspace_free(w);
}

static void a_likelihood_that_does_not_fit_the_schema_is_refused(void **state)
{
    vae_choice c = mixed();

    (void)state;
    c.likelihood = VAE_POISSON;
    refused(&c, "9",
            "option \"likelihood\" is poisson, for count columns; the schema "
            "says that column 0 is real");
    c.likelihood = VAE_GAUSSIAN;
    refused(&c, "9",
            "option \"likelihood\" is gaussian, for real columns; the schema "
            "says that column 2 is categorical");
}

static void categories_without_a_schema_are_refused(void **state)
{
    const vae_choice c = evaluate_choice(VAE_CATEGORICAL);

    (void)state;
    refused(&c, "9",
            "option \"likelihood\" is categorical; the data need a schema that "
            "gives each column's levels");
}

static void an_image_of_several_kinds_is_refused(void **state)
{
    const int32_t kinds[4] = {REAL, REAL, GENMOD_BINARY, REAL};
    const int32_t same[4] = {CATEGORICAL, CATEGORICAL, CATEGORICAL,
                             CATEGORICAL};
    const int32_t levels[4] = {4, 4, 4, 7};
    vae_choice c = evaluate_choice(VAE_AUTO);

    (void)state;
    c.kinds = kinds;
    refused(&c, "1x2x2",
            "column 2 is binary and column 0 real; an image's columns are of "
            "one kind");
    c.kinds = same;
    c.levels = levels;
    refused(&c, "1x2x2",
            "column 3 has 7 levels and column 0 4; an image's columns have one "
            "number of levels");
}

static int32_t plan_and_declare(genmod_context *context, void *arg)
{
    const vae_choice c = mixed();
    const nn_size size = {.rank = 1, .n = 9};
    genmod_workspace *w;
    ad_store *s = NULL;
    vae_likelihood l;
    int32_t status = genmod_workspace_new(context, &w);

    (void)arg;
    if (status)
        return status;
    memset(&l, 0, sizeof l);
    status = vae_likelihood_plan(&c, &size, &l, w);
    if (!status)
        status = ad_store_new(GENMOD_F32, &s, w);
    if (!status)
        status = vae_likelihood_declare(&l, s, 0, w);
    ad_store_free(s);
    vae_likelihood_clear(&l);
    genmod_workspace_free(w);
    return status;
}

static void failing_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    assert_true(support_alloc_walk(plan_and_declare, NULL) >= 4);
}

static void a_second_application_with_an_update_is_refused(void **state)
{
    vae_choice c = evaluate_choice(VAE_GAUSSIAN);
    ad_target next[2];
    ad_graph *g;
    evaluation e;

    (void)state;
    c.sigma = VAE_SIGMA_OPTIMAL;
    evaluate_open(&e, GENMOD_F32, 3, 1, &c, "4");
    assert_ok(ad_graph_new(3, &g, e.w));
    nn_pass pass = {
        .g = g, .s = e.s, .flags = NN_UPDATE, .room = 2, .next = next};
    const ad_node x = ad_input(g, "x", nn_size_rows(g, &e.l.size));
    const vae_rows r = {x, AD_NONE, AD_NONE};

    vae_log_density(&e.l, &pass, x, &r);
    assert_ok(ad_graph_status(g));
    assert_int_equal(pass.n, 1);
    vae_log_density(&e.l, &pass, x, &r);
    assert_int_equal(ad_graph_status(g), GENMOD_BAD_ARGUMENT);
    assert_error_names(e.w, "a running variance has one successor");
    ad_graph_free(g);
    evaluate_close(&e);
}

/* ---- tables of many kinds ------------------------------------------------ */

#define ROWS 5
#define COPIES 3
#define D 9
#define P 17

static const double cells[ROWS * D] = {
    0.31, -1.2,  0,    2,    4, 3, 1,  11, 0.4, 2.385, 0,    1,   1, 0, 0, 0, 0,
    -1.3, -0.77, 0.2,  2,    0, 3, 17, 1,  2,   1.9,   0.05, 1.1, 2, 2, 2, 1, 0,
    900,  0,     -3.1, -0.6, 1, 0, 1,  40, 1,   5,     -0.25};

static void fill(double *y)
{
    for (size_t i = 0; i < ROWS * COPIES * P; i++)
        y[i] = 2.3 * sin(1.7 * (double)i + 0.3);
}

static void set_variables(evaluation *e)
{
    for (size_t i = 0; i < ad_store_count(e->s); i++)
        evaluate_set(e, (int32_t)i, 0.4 - 0.3 * (double)i);
}

/* ln p of a cell of the table by the definitions. */
static double wanted_cell(const evaluation *e, const double *y, size_t j,
                          double x)
{
    const double *const v = y + (j < 2 ? j : j < 5 ? 2 + 3 * (j - 2) : j + 8);
    const double sigma0 = exp(-6) + exp(0.4), sigma6 = exp(-6) + exp(-0.5);

    (void)e;
    switch (j) {
    case 0:
    case 1:
        return (double)naive_gaussian(*v, sigma0, x);
    case 2:
    case 3:
        return (double)naive_categorical(3, v, (int)x);
    case 4:
        return (double)naive_categorical(5, v, (int)x);
    case 5:
        return (double)naive_negative_binomial(*v, 0.1, x);
    case 6:
        return (double)naive_bernoulli(*v, x);
    case 7:
        return (double)naive_negative_binomial(*v, -0.2, x);
    default:
        return (double)naive_gaussian(*v, sigma6, x);
    }
}

static void a_mixed_table_is_the_sum_of_its_columns(void **state)
{
    static double y[ROWS * COPIES * P];
    const vae_choice c = mixed();
    evaluation e;

    (void)state;
    fill(y);
    evaluate_open(&e, GENMOD_F64, ROWS, COPIES, &c, "9");
    set_variables(&e);
    evaluate_compile(&e, 0, 0, 0);
    evaluate_run(&e, ROWS, y, cells, NULL, NULL);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < COPIES; k++) {
            double sum = 0;

            for (size_t j = 0; j < D; j++) {
                const double p = wanted_cell(&e, y + (i * COPIES + k) * P, j,
                                             cells[i * D + j]);

                assert_near(evaluate_cell(&e, i, k, j), p,
                            1e-12 * (1 + fabs(p)));
                sum += p;
            }
            assert_near(evaluate_row(&e, i, k), sum, 1e-12 * (1 + fabs(sum)));
        }
    evaluate_close(&e);
}

/* The most probable category, the rates, the other means. */
static void means_are_in_the_cells_units(void **state)
{
    static double y[ROWS * COPIES * P];
    const vae_choice c = mixed();
    evaluation e;

    (void)state;
    fill(y);
    evaluate_open(&e, GENMOD_F64, ROWS, COPIES, &c, "9");
    evaluate_compile(&e, 0, 0, 0);
    evaluate_run(&e, ROWS, y, cells, NULL, NULL);
    for (size_t i = 0; i < ROWS * COPIES; i++) {
        const double *const v = y + i * P;
        size_t best = 0;

        for (size_t k = 1; k < 3; k++)
            best = v[5 + k] > v[5 + best] ? k : best;
        assert_near(evaluate_mean(&e, i / COPIES, i % COPIES, 1), v[1], 0);
        assert_near(evaluate_mean(&e, i / COPIES, i % COPIES, 3), best, 0);
        assert_near(evaluate_mean(&e, i / COPIES, i % COPIES, 5), exp(v[13]),
                    1e-12);
        assert_near(evaluate_mean(&e, i / COPIES, i % COPIES, 6),
                    1 / (1 + exp(-v[14])), 1e-15);
        assert_near(evaluate_mean(&e, i / COPIES, i % COPIES, 8), v[16], 0);
    }
    evaluate_close(&e);
}

static void missing_cells_count_nothing_whatever_they_hold(void **state)
{
    static double y[ROWS * COPIES * P], x[ROWS * D], mask[ROWS * D];
    const vae_choice c = mixed();

    (void)state;
    fill(y);
    for (size_t t = 0; t < 2; t++) {
        const double tolerance =
            t ? 1e-6 : 2e-15; /* programs fuse as they like */
        evaluation all, some;

        evaluate_open(&all, t ? GENMOD_F32 : GENMOD_F64, ROWS, COPIES, &c, "9");
        evaluate_open(&some, t ? GENMOD_F32 : GENMOD_F64, ROWS, COPIES, &c,
                      "9");
        evaluate_compile(&all, 0, 0, 0);
        evaluate_compile(&some, 0, 1, 0);
        for (size_t i = 0; i < ROWS * D; i++) {
            mask[i] = i % 7 % 3 != 1;
            x[i] = mask[i] ? cells[i] : i % 2 ? NAN : -1e9;
        }
        evaluate_run(&all, ROWS, y, cells, NULL, NULL);
        evaluate_run(&some, ROWS, y, x, mask, NULL);
        for (size_t i = 0; i < ROWS * COPIES; i++) {
            double sum = 0;

            for (size_t j = 0; j < D; j++) {
                const double p =
                    mask[i / COPIES * D + j]
                        ? evaluate_cell(&all, i / COPIES, i % COPIES, j)
                        : 0;

                assert_near(evaluate_cell(&some, i / COPIES, i % COPIES, j), p,
                            mask[i / COPIES * D + j] * tolerance *
                                (1 + fabs(p)));
                sum += p;
            }
            assert_near(evaluate_row(&some, i / COPIES, i % COPIES), sum,
                        4 * tolerance * (1 + fabs(sum)));
        }
        evaluate_close(&all);
        evaluate_close(&some);
    }
}

/* Each row given three times beside its parameters: the same numbers, but for
 * what programs fuse. */
static void copies_are_evaluations_of_their_own(void **state)
{
    static double y[ROWS * COPIES * P], x[ROWS * COPIES * D];
    const vae_choice c = mixed();
    evaluation copies, apart;

    (void)state;
    fill(y);
    for (size_t i = 0; i < ROWS * COPIES; i++)
        memcpy(x + i * D, cells + i / COPIES * D, D * sizeof *x);
    evaluate_open(&copies, GENMOD_F32, ROWS, COPIES, &c, "9");
    evaluate_open(&apart, GENMOD_F32, ROWS * COPIES, 1, &c, "9");
    set_variables(&copies);
    set_variables(&apart);
    evaluate_compile(&copies, 0, 0, 0);
    evaluate_compile(&apart, 0, 0, 0);
    evaluate_run(&copies, ROWS, y, cells, NULL, NULL);
    evaluate_run(&apart, ROWS * COPIES, y, x, NULL, NULL);
    for (size_t i = 0; i < ROWS * COPIES; i++) {
        assert_near(evaluate_row(&copies, i / COPIES, i % COPIES),
                    evaluate_row(&apart, i, 0),
                    4e-6 * (1 + fabs(evaluate_row(&apart, i, 0))));
        for (size_t j = 0; j < D; j++)
            assert_near(evaluate_cell(&copies, i / COPIES, i % COPIES, j),
                        evaluate_cell(&apart, i, 0, j),
                        1e-6 * (1 + fabs(evaluate_cell(&apart, i, 0, j))));
    }
    evaluate_close(&copies);
    evaluate_close(&apart);
}

/* Logits of an image's cells lie beside each other: [h, w, c, levels]. */
static void an_image_may_be_categorical(void **state)
{
    const int32_t kinds[4] = {CATEGORICAL, CATEGORICAL, CATEGORICAL,
                              CATEGORICAL};
    const int32_t levels[4] = {3, 3, 3, 3};
    const double x[4] = {2, 0, 1, 1};
    double y[12], sum = 0;
    vae_choice c = evaluate_choice(VAE_CATEGORICAL);
    evaluation e;

    (void)state;
    c.kinds = kinds;
    c.levels = levels;
    for (size_t i = 0; i < 12; i++)
        y[i] = cos(2.1 * (double)i);
    evaluate_open(&e, GENMOD_F64, 2, 1, &c, "2x2x1");
    evaluate_compile(&e, 0, 0, 0);
    evaluate_run(&e, 1, y, x, NULL, NULL);
    for (size_t j = 0; j < 4; j++)
        sum += (double)naive_categorical(3, y + 3 * j, (int)x[j]);
    assert_near(evaluate_row(&e, 0, 0), sum, 1e-14);
    evaluate_close(&e);
}

/* ---- units of the data --------------------------------------------------- */

static void the_jacobian_is_of_the_standardised_cells_there(void **state)
{
    double center[9], scale[9], out[2];
    float x[2 * 9], mask[2 * 9];
    const vae_choice c = mixed();
    evaluation e;

    (void)state;
    for (size_t j = 0; j < 9; j++) {
        center[j] = 0.3 + (double)j;
        scale[j] = 1.7 + 0.1 * (double)j;
    }
    for (size_t i = 0; i < 18; i++) {
        x[i] = (float)cells[i];
        mask[i] = i != 9;
    }
    evaluate_open(&e, GENMOD_F64, 2, 1, &c, "9");
    const nn_columns columns = {
        .size = e.l.size, .center = center, .scale = scale};
    const double logs = log(1.8), last = log(2.5);

    vae_log_jacobian(&e.l, &columns, kern_ops_of(0, GENMOD_F64), 2, x, mask,
                     out);
    assert_near(out[0], -log(1.7) - logs - last - (8.3 + 2.5 * (double)x[8]),
                1e-13);
    assert_near(out[1], -logs - last - (8.3 + 2.5 * (double)x[17]), 1e-13);
    evaluate_close(&e);
}

/* Columns of an image are [c, h, w] at the door, cells [h, w, c] inside. */
static void the_jacobian_of_an_image_finds_its_cells(void **state)
{
    const vae_choice c = evaluate_choice(VAE_LOG_NORMAL);
    double center[4] = {0.1, 0.2, 0.4, 0.8}, scale[4] = {1.5, 2, 3, 5}, out;
    const float x[4] = {1, 2, 4, 8};
    evaluation e;

    (void)state;
    evaluate_open(&e, GENMOD_F64, 1, 1, &c, "2x1x2");
    const nn_columns columns = {
        .size = e.l.size, .center = center, .scale = scale};

    vae_log_jacobian(&e.l, &columns, kern_ops_of(0, GENMOD_F64), 1, x, NULL,
                     &out);
    assert_near(out, -log(45) - 1.5 - (1.5 * 1 + 2 * 4 + 3 * 2 + 5 * 8), 1e-13);
    evaluate_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_of_columns_make_blocks),
        cmocka_unit_test(variables_are_named_by_block),
        cmocka_unit_test(an_image_is_one_block_with_one_scale),
        cmocka_unit_test(a_named_likelihood_says_what_reading_has_to_hold),
        cmocka_unit_test(a_likelihood_that_does_not_fit_the_schema_is_refused),
        cmocka_unit_test(categories_without_a_schema_are_refused),
        cmocka_unit_test(an_image_of_several_kinds_is_refused),
        cmocka_unit_test(failing_allocations_leave_nothing_behind),
        cmocka_unit_test(a_second_application_with_an_update_is_refused),
        cmocka_unit_test(a_mixed_table_is_the_sum_of_its_columns),
        cmocka_unit_test(means_are_in_the_cells_units),
        cmocka_unit_test(missing_cells_count_nothing_whatever_they_hold),
        cmocka_unit_test(copies_are_evaluations_of_their_own),
        cmocka_unit_test(an_image_may_be_categorical),
        cmocka_unit_test(the_jacobian_is_of_the_standardised_cells_there),
        cmocka_unit_test(the_jacobian_of_an_image_finds_its_cells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
