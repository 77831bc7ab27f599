/* The life of a model of a table: training that stops and goes on, bytes,
 * probes, refusals; and that it learns. */
#include <math.h>

#include "gan/internal.h"
#include "gan/mixed.h"
#include "model/life.h"

static int32_t ask(const void *m, const genmod_data *x, void *out,
                   genmod_workspace *w)
{
    return gan_discriminate(m, x, N * sizeof(double), out, w);
}

static life life_of(const char *options)
{
    return (life){.family = &gan_family,
                  .bytes = sizeof(gan_model),
                  .options = options,
                  .passes = 3,
                  .updates = 6,
                  .view = mixed_view,
                  .ask = ask};
}

static void training_goes_on_bit_for_bit(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        const life f = life_of(mixed_plans[p]);
        void *at = (void *)&f;
        fit_is_start_and_steps(&at);
        checkpoints_go_on_bit_for_bit(&at);
    }
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    const life f = life_of(mixed_plans[1]);
    life_check_threads(&f, 4, NULL);
}

static void a_saved_table_is_the_same_model(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = mixed_model(mixed_plans[p]);
        gan_model *const other = fixture_model("seed=4"), *const copy =
                                                              fixture_model(
                                                                  "seed=5");
        const fixture_bytes b = fixture_save(m);
        double x[30 * D], y[30 * D];
        assert_ok(gan_load(other, b.n, b.p, NULL));
        assert_ok(gan_copy(m, copy, NULL));
        assert_true(fixture_saves(other, b) && fixture_saves(copy, b));
        assert_ok(gan_sample(m, 5, 2, 30, NULL, GENMOD_F64, sizeof x, x, NULL));
        assert_ok(
            gan_sample(other, 5, 2, 30, NULL, GENMOD_F64, sizeof y, y, NULL));
        assert_memory_equal(x, y, sizeof x);
        free(b.p);
        gan_free(m);
        gan_free(other);
        gan_free(copy);
    }
}

static void a_probe_looks_at_tables(void **state)
{
    (void)state;
    double out[GAN_PROBES];
    gan_model *const m = mixed_model(mixed_plans[1]);
    genmod_data *const v = mixed_view();
    assert_ok(gan_probe(m, v, v, 3, 0, 20, GAN_PROBES, out, NULL, NULL));
    for (size_t i = 0; i < GAN_PROBES; i++)
        assert_true(isfinite(out[i]));
    assert_true(out[GAN_PROBE_TOLD_APART] == 1); /* one update */
    genmod_data_free(v);
    gan_free(m);
}

static void the_schema_stays(void **state)
{
    (void)state;
    static const int32_t more[D] = {0, 4, 0, 0, 0, 0};
    gan_model *const m = mixed_model(mixed_plans[0]);
    genmod_data *const v = mixed_view();
    assert_ok(genmod_data_set_schema(v, D, mixed_kinds, more, NULL));
    assert_status(gan_step(m, v, NULL), GENMOD_BAD_ARGUMENT, NULL);
    genmod_data_free(v);
    gan_free(m);
}

static void rows_of_another_schema_are_not_judged(void **state)
{
    (void)state;
    static const int32_t more[D] = {0, 4, 0, 0, 0, 0};
    static double y[N];
    double out[GAN_PROBES];
    gan_model *const m = mixed_model(mixed_plans[0]);
    genmod_data *const plain = fixture_view(N, D, mixed_rows);
    genmod_data *const other = mixed_view();
    genmod_workspace *const w = fixture_workspace(1, NULL);
    assert_ok(genmod_data_set_schema(other, D, mixed_kinds, more, NULL));
    assert_ok(gan_discriminate(m, plain, sizeof y, y, w));
    assert_status(gan_discriminate(m, other, sizeof y, y, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "x has another schema");
    assert_status(gan_probe(m, other, NULL, 3, 0, 1, GAN_PROBES, out, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "x has another schema");
    assert_status(gan_probe(m, plain, other, 3, 0, 1, GAN_PROBES, out, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "train has another schema");
    genmod_workspace_free(w);
    genmod_data_free(other);
    genmod_data_free(plain);
    gan_free(m);
}

/* What is kept of them is for as many cells as there are. */
static void few_rows_of_many_columns_take_little_memory(void **state)
{
    (void)state;
    enum { ROWS = 10, COLUMNS = 100 };
    double *const x = fixture_invent(ROWS, COLUMNS, 7);
    genmod_data *const v = fixture_view(ROWS, COLUMNS, x);
    gan_model *const m = fixture_model(SMALL "numeric=quantile");
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_memory_limit(c, 4 << 20));
    assert_ok(genmod_workspace_new(c, &w));
    assert_status(gan_start(m, v, w), GENMOD_OK, w);
    gan_free(m);
    genmod_workspace_free(w);
    genmod_context_free(c);
    genmod_data_free(v);
    free(x);
}

static void tables_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const int32_t wide[D] = {0, 65536, 0, 0, 0, 0};
    gan_model *const image = fixture_model("input=1x2x3");
    gan_model *const m = fixture_model(SMALL);
    genmod_data *const v = mixed_view();
    genmod_config *const c = fixture_config("input=1x28x28 | numeric=modes");
    gan_model *none = NULL;
    assert_status(gan_fit(image, v, NULL, NULL, NULL, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gan_new(c, &none, NULL), GENMOD_BAD_ARGUMENT, NULL);
    assert_null(none);
    assert_ok(genmod_data_set_schema(v, D, mixed_kinds, wide, NULL));
    assert_status(gan_start(m, v, NULL), GENMOD_BAD_ARGUMENT, NULL);
    genmod_config_free(c);
    genmod_data_free(v);
    gan_free(image);
    gan_free(m);
}

/* Columns that are all real stand as they did, unless an encoding is named. */
static void real_columns_are_no_table(void **state)
{
    (void)state;
    static const int32_t real[D] = {0};
    genmod_data *const v = fixture_view(N, D, mixed_rows);
    gan_model *const m = fixture_model(SMALL), *const other =
                                                   fixture_model(SMALL);
    double x[9 * D], y[9 * D];
    assert_ok(gan_start(m, v, NULL));
    assert_ok(genmod_data_set_schema(v, D, real, NULL, NULL));
    assert_ok(gan_start(other, v, NULL));
    assert_ok(gan_step(m, v, NULL));
    assert_ok(gan_step(other, v, NULL));
    assert_ok(gan_sample(m, 5, 2, 9, NULL, GENMOD_F64, sizeof x, x, NULL));
    assert_ok(gan_sample(other, 5, 2, 9, NULL, GENMOD_F64, sizeof y, y, NULL));
    assert_memory_equal(x, y, sizeof x);
    gan_free(m);
    gan_free(other);
    genmod_data_free(v);
}

/* ---- the game ------------------------------------------------------------ */

/* Column 1 is column 0, which has one more category in 5 rows of 8: generated
 * rows learn of it by the gradient through draws alone. */
static void categories_that_go_together_are_learnt(void **state)
{
    (void)state;
    enum { ROWS = 400, DRAWN = 1000 };
    static const int32_t two[2] = {GENMOD_CATEGORICAL, GENMOD_CATEGORICAL};
    static const int32_t of[2] = {3, 3};
    static double x[ROWS * 2], y[DRAWN * 2];
    size_t same = 0, first = 0;
    gan_model *const m = fixture_model(
        "codes=4 | generator=dense 16; lrelu 0.2 | discriminator=dense 16; "
        "lrelu 0.2 | batch_size=64 | updates=600 | learning_rate=0.01 | "
        "seed=3");
    for (size_t i = 0; i < ROWS; i++)
        x[2 * i] = x[2 * i + 1] = i % 8 < 5 ? 0 : 1 + (double)(i % 2);
    genmod_data *const v = fixture_view(ROWS, 2, x);
    assert_ok(genmod_data_set_schema(v, 2, two, of, NULL));
    assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(gan_sample(m, 5, 0, DRAWN, NULL, GENMOD_F64, sizeof y, y, NULL));
    for (size_t i = 0; i < DRAWN; i++) {
        same += y[2 * i] == y[2 * i + 1];
        first += y[2 * i] == 0;
    }
    /* by chance 46 % would be equal */
    assert_in_range(same, 900, DRAWN);
    assert_in_range(first, 550, 700);
    genmod_data_free(v);
    gan_free(m);
}

/* Each column as the library writes it, and as a graph of others is told to:
 * of numbers within the reach and beyond it. */
static double told(const model_cells *c, size_t j, double y)
{
    const size_t s = c->segments;
    if (c->curve[j] >= 0) {
        const double *const k = c->knots + (size_t)c->curve[j] * (s + 1);
        const double at =
            fmin(fmax((y / c->reach + 1) * (double)s / 2, 0), (double)s);
        const size_t i = at < (double)s ? (size_t)at : s - 1;
        y = (1 - at + (double)i) * k[i] + (at - (double)i) * k[i + 1];
    }
    y = y * c->scale[j] + c->center[j];
    y = c->power[j] == 1 ? exp(y) : y;
    y = c->whole[j] == 1 ? floor(y - 1) : y;
    return fmin(fmax(y, c->least[j]), c->most[j]);
}

static void
a_graph_of_others_is_told_of_the_cells_that_are_written(void **state)
{
    (void)state;
    for (size_t p = 0; p < PLANS; p++) {
        gan_model *const m = mixed_model(mixed_plans[p]);
        const gan_body *const b = (const gan_body *)m->base.body;
        genmod_workspace *w = NULL;
        model_cells c;
        base_call call;
        int32_t status;
        assert_ok(genmod_workspace_new(NULL, &w));
        assert_non_null(base_enter(&call, w, &status));
        assert_ok(gan_table_cells(b, &c, call.w));
        assert_int_equal(c.curves, p == 1 ? 4 : 0);
        for (int i = -40; i <= 40; i++) {
            float y[D], x[D];
            for (size_t j = 0; j < D; j++)
                y[j] = mixed_kinds[j] > GENMOD_COUNT ? (float)((i + 40) % 2)
                                                     : (float)i * 0.2385F;
            gan_table_write(b, 1, y, GENMOD_F32, x);
            for (size_t j = 0; j < D; j++)
                assert_near(told(&c, j, (double)y[j]), (double)x[j],
                            1e-6 * (1 + fabs((double)x[j])));
        }
        assert_ok(base_leave(&call, GENMOD_OK));
        genmod_workspace_free(w);
        gan_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_goes_on_bit_for_bit),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(a_saved_table_is_the_same_model),
        cmocka_unit_test(a_probe_looks_at_tables),
        cmocka_unit_test(
            a_graph_of_others_is_told_of_the_cells_that_are_written),
        cmocka_unit_test(the_schema_stays),
        cmocka_unit_test(rows_of_another_schema_are_not_judged),
        cmocka_unit_test(few_rows_of_many_columns_take_little_memory),
        cmocka_unit_test(tables_that_cannot_be_are_refused),
        cmocka_unit_test(real_columns_are_no_table),
        cmocka_unit_test(categories_that_go_together_are_learnt),
    };
    mixed_make_rows();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
