/* Sums in parts, on several machines, of a stream: what EM makes of the whole.
 */
#include <math.h>

#include "gmm/fixture.h"
#include "gmm/forge.h"

#define N 1000
#define D 3
#define K 3

typedef struct scene {
    ref_mixture r;
    double x[N * D];
    genmod_data *view, *part[3];
    genmod_workspace *w;
} scene;

static scene *scene_new(void)
{
    static const size_t cut[4] = {0, 256, 700, N};
    scene *const s = fixture_take(1, sizeof *s);
    ref_init(&s->r, REF_FULL, K, D);
    ref_invent(&s->r, 12, 1.5);
    ref_draw(&s->r, 4, N, s->x, NULL);
    s->view = fixture_view(N, D, s->x);
    for (size_t i = 0; i < 3; i++)
        s->part[i] = fixture_view(cut[i + 1] - cut[i], D, s->x + cut[i] * D);
    s->w = fixture_workspace(2);
    return s;
}

static void scene_free(scene *s)
{
    for (size_t i = 0; i < 3; i++)
        genmod_data_free(s->part[i]);
    genmod_data_free(s->view);
    genmod_workspace_free(s->w);
    ref_free(&s->r);
    free(s);
}

static gmm_model *started(const scene *s, int type, const char *options)
{
    gmm_model *const m = fixture_model(K, type, options);
    assert_ok(gmm_start(m, s->view, NULL));
    return m;
}

static gmm_statistics *sums_of(const gmm_model *m, const genmod_data *x)
{
    gmm_statistics *s = NULL;
    assert_ok(gmm_statistics_new(m, &s, NULL));
    assert_ok(gmm_statistics_add(s, x, NULL));
    return s;
}

/* The bytes go to another handle, as they would to another process. */
static gmm_statistics *sent(const gmm_statistics *s, const gmm_model *m)
{
    gmm_statistics *to = NULL;
    size_t n = 0;
    assert_status(gmm_statistics_save(s, 0, NULL, &n, NULL), GENMOD_TOO_SMALL,
                  NULL);
    void *const bytes = fixture_take(n, 1);
    assert_ok(gmm_statistics_save(s, n, bytes, NULL, NULL));
    assert_ok(gmm_statistics_new(m, &to, NULL));
    assert_ok(gmm_statistics_load(to, n, bytes, NULL));
    free(bytes);
    return to;
}

/* One step from three parts that were summed apart. */
static void step_in_parts(gmm_model *m, const scene *s)
{
    gmm_statistics *all = sums_of(m, s->part[0]);
    for (size_t i = 1; i < 3; i++) {
        gmm_statistics *const one = sums_of(m, s->part[i]);
        gmm_statistics *const here = sent(one, m);
        assert_ok(gmm_statistics_merge(all, here, NULL));
        gmm_statistics_free(here);
        gmm_statistics_free(one);
    }
    assert_ok(gmm_maximise(m, all, NULL));
    gmm_statistics_free(all);
}

static void parts_that_are_merged_step_as_the_whole(void **state)
{
    (void)state;
    scene *const s = scene_new();
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const whole = started(s, type, NULL);
        gmm_model *const apart = started(s, type, NULL);
        gmm_model *const again = started(s, type, NULL);
        ref_mixture p, q;
        ref_init(&p, type, K, D);
        ref_init(&q, type, K, D);
        for (int i = 0; i < 12; i++) {
            assert_ok(gmm_step(whole, s->view, s->w));
            step_in_parts(apart, s);
            step_in_parts(again, s);
        }
        fixture_params(whole, &p);
        fixture_params(apart, &q);
        fixture_mixtures_close("in parts", &q, &p, 1e-10);
        fixture_close("likelihood",
                      fixture_number(apart, GMM_REPORT_LOG_LIKELIHOOD),
                      fixture_number(whole, GMM_REPORT_LOG_LIKELIHOOD), 1e-12);
        assert_true(fixture_number(apart, GMM_REPORT_ITERATIONS) == 12);
        assert_true(fixture_number(apart, GMM_REPORT_ROWS) == N);
        /* the same parts in the same order: the same bits */
        const fixture_bytes a = fixture_save(apart), b = fixture_save(again);
        assert_true(fixture_same(a, b));
        free(a.p);
        free(b.p);
        ref_free(&p);
        ref_free(&q);
        gmm_free(whole);
        gmm_free(apart);
        gmm_free(again);
    }
    scene_free(s);
}

/* A whole in one sum is gmm_step() to the bits, and of known parameters too,
 * but for the columns' variances, which it gets from the sums. */
static void one_sum_is_a_step(void **state)
{
    (void)state;
    scene *const s = scene_new();
    for (int type = 0; type < REF_TYPES; type++)
        for (int known = 0; known < 2; known++) {
            ref_mixture p, q;
            ref_init(&p, type, K, D);
            ref_init(&q, type, K, D);
            ref_invent(&p, 12, 1.5);
            gmm_model *const a =
                known ? fixture_from(&p, NULL) : started(s, type, NULL);
            gmm_model *const b =
                known ? fixture_from(&p, NULL) : started(s, type, NULL);
            gmm_statistics *const sums = sums_of(b, s->view);
            assert_ok(gmm_step(a, s->view, NULL));
            assert_ok(gmm_maximise(b, sums, NULL));
            fixture_params(a, &p);
            fixture_params(b, &q);
            fixture_mixtures_close("one sum", &q, &p, known ? 1e-14 : 0);
            gmm_statistics_free(sums);
            gmm_free(a);
            gmm_free(b);
            ref_free(&p);
            ref_free(&q);
        }
    scene_free(s);
}

/* A weight of 1/2 on the first part, by decay or by weights. */
static void decay_counts_like_weights(void **state)
{
    (void)state;
    scene *const s = scene_new();
    double weights[N];
    for (size_t i = 0; i < N; i++)
        weights[i] = i < 256 ? 0.5 : 1;
    assert_ok(genmod_data_set_weights(s->view, N, weights, NULL));
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const a = started(s, type, "ridge=0");
        gmm_model *const b = started(s, type, "ridge=0");
        ref_mixture p, q;
        ref_init(&p, type, K, D);
        ref_init(&q, type, K, D);
        gmm_statistics *const sums = sums_of(b, s->part[0]);
        assert_ok(gmm_statistics_decay(sums, 0.5, NULL));
        assert_ok(gmm_statistics_add(sums, s->part[1], NULL));
        assert_ok(gmm_statistics_add(sums, s->part[2], NULL));
        assert_ok(gmm_maximise(b, sums, NULL));
        assert_ok(gmm_step(a, s->view, NULL));
        fixture_params(a, &p);
        fixture_params(b, &q);
        fixture_mixtures_close("decay", &q, &p, 1e-11);
        gmm_statistics_free(sums);
        gmm_free(a);
        gmm_free(b);
        ref_free(&p);
        ref_free(&q);
    }
    scene_free(s);
}

/* Ten batches of one component, and all of their rows at once. */
static void check_average(const scene *s, int type, const char *options)
{
    gmm_model *const stream = fixture_model(1, type, options);
    gmm_model *const whole = fixture_model(1, type, options);
    ref_mixture p, q;
    ref_init(&p, type, 1, D);
    ref_init(&q, type, 1, D);
    for (size_t i = 0; i < 10; i++) {
        genmod_data *const v = fixture_view(100, D, s->x + i * 100 * D);
        assert_ok(gmm_partial_fit(stream, v, s->w));
        genmod_data_free(v);
    }
    assert_ok(gmm_fit(whole, s->view, NULL, NULL, NULL));
    fixture_params(stream, &q);
    fixture_params(whole, &p);
    fixture_mixtures_close(options, &q, &p, 1e-12);
    gmm_free(stream);
    gmm_free(whole);
    ref_free(&p);
    ref_free(&q);
}

/* Of one component the mean of batches in steps 1/2, 1/3, … is that of all
 * rows, whatever the start was, and however much is taken off correlations. */
static void batches_of_one_component_average_exactly(void **state)
{
    (void)state;
    scene *const s = scene_new();
    for (int type = 0; type < REF_TYPES; type++)
        check_average(s, type, "ridge=0 step_exponent=1 step_delay=1");
    for (int type = REF_FULL; type <= REF_TIED; type++) {
        check_average(s, type,
                      "ridge=0 step_exponent=1 step_delay=1 shrinkage=0.2");
        check_average(s, type,
                      "ridge=0 step_exponent=1 step_delay=1 shrinkage=1");
    }
    scene_free(s);
}

/* With steps 1/(t + delay) the first batch counts like `delay` later ones. */
static void the_first_batch_counts_like_step_delay_of_them(void **state)
{
    (void)state;
    static const double x[4] = {2.385, -1, 5.5, 11};
    double mean = 0;
    gmm_model *const m =
        fixture_model(1, REF_FULL, "step_exponent=1 step_delay=3");
    for (size_t i = 0; i < 4; i++) {
        genmod_data *const v = fixture_view(1, 1, x + i);
        assert_ok(gmm_partial_fit(m, v, NULL));
        genmod_data_free(v);
    }
    assert_ok(gmm_get_params(m, GMM_MEANS, 1, &mean, NULL, NULL));
    fixture_close("mean", mean, (3 * 2.385 - 1 + 5.5 + 11) / 6, 1e-12);
    gmm_free(m);
}

/* Twenty thousand rows, seen once, two hundred at a time: as near the truth as
 * their number lets one be, and the same from a file half way. */
static void streams_are_learned(void **state)
{
    (void)state;
    enum { rows = 200, batches = 100 };
    scene *const s = scene_new();
    double *const x = fixture_take(rows * batches * D, sizeof *x);
    ref_draw(&s->r, 9, rows * batches, x, NULL);
    gmm_model *const m = fixture_model(K, REF_FULL, "seed=3");
    gmm_model *const again = fixture_model(1, REF_FULL, NULL);
    genmod_data *const v = fixture_view(rows, D, x);
    for (size_t i = 0; i < batches; i++) {
        assert_ok(genmod_data_set_rows(v, GENMOD_F64, rows, D, x + i * rows * D,
                                       0, 0, NULL));
        assert_ok(gmm_partial_fit(m, v, NULL));
        if (i == batches / 2) {
            const fixture_bytes b = fixture_save(m);
            assert_ok(gmm_load(again, b.n, b.p, NULL));
            free(b.p);
        } else if (i > batches / 2) {
            assert_ok(gmm_partial_fit(again, v, s->w));
        }
    }
    const fixture_bytes a = fixture_save(m), b = fixture_save(again);
    assert_true(fixture_same(a, b));
    assert_true(fixture_number(m, GMM_REPORT_ITERATIONS) == batches);
    assert_true(fixture_series_length(m, GMM_REPORT_HISTORY) == batches);
    free(a.p);
    free(b.p);
    double truth, got;
    gmm_model *const known = fixture_from(&s->r, NULL);
    assert_ok(gmm_log_likelihood(known, s->view, &truth, NULL));
    assert_ok(gmm_log_likelihood(m, s->view, &got, NULL));
    assert_near(got, truth, 0.02);
    gmm_free(known);
    genmod_data_free(v);
    gmm_free(again);
    gmm_free(m);
    free(x);
    scene_free(s);
}

static void refused(scene *s, const char *text, int32_t status)
{
    assert_status(status, GENMOD_BAD_ARGUMENT, s->w);
    fixture_says(s->w, text);
}

static void sums_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = started(s, REF_FULL, NULL);
    gmm_model *const other = started(s, REF_FULL, "init=random");
    gmm_model *const vb = fixture_model(K, REF_FULL, "inference=variational");
    gmm_model *const none = fixture_model(K, REF_FULL, NULL);
    float *const narrow = fixture_narrow(N * D, s->x);
    genmod_data *const f32 = fixture_view_f32(N, D, narrow);
    genmod_data *const thin = fixture_view(N, 1, s->x);
    genmod_data *empty = NULL;
    gmm_statistics *a = sums_of(m, s->view), *b = sums_of(other, s->view);
    gmm_statistics *c = NULL;
    assert_ok(genmod_data_new(&empty, NULL));
    assert_status(gmm_statistics_new(none, &c, s->w), GENMOD_NOT_FITTED, s->w);
    assert_null(c);
    refused(s, "m is NULL", gmm_statistics_new(NULL, &c, s->w));
    refused(s, "out is NULL", gmm_statistics_new(m, NULL, s->w));
    refused(s, "x is NULL", gmm_statistics_add(a, NULL, s->w));
    refused(s, "s is NULL", gmm_statistics_add(NULL, s->view, s->w));
    refused(s, "x has no rows", gmm_statistics_add(a, empty, s->w));
    refused(s, "x has 1 columns", gmm_statistics_add(a, thin, s->w));
    refused(s, "f64 rows; these are f32", gmm_statistics_add(a, f32, s->w));
    refused(s, "from is NULL", gmm_statistics_merge(a, NULL, s->w));
    refused(s, "from is to", gmm_statistics_merge(a, a, s->w));
    refused(s, "other parameters", gmm_statistics_merge(a, b, s->w));
    refused(s, "s is NULL", gmm_statistics_decay(NULL, 1, s->w));
    refused(s, "factor is 1.5", gmm_statistics_decay(a, 1.5, s->w));
    refused(s, "factor is nan", gmm_statistics_decay(a, NAN, s->w));
    refused(s, "s is NULL", gmm_maximise(m, NULL, s->w));
    refused(s, "other parameters", gmm_maximise(m, b, s->w));
    assert_ok(gmm_statistics_decay(a, 0, NULL));
    refused(s, "of no rows", gmm_maximise(m, a, s->w));
    assert_status(gmm_maximise(none, a, s->w), GENMOD_NOT_FITTED, s->w);
    assert_ok(gmm_start(vb, s->view, NULL));
    refused(s, "variational", gmm_statistics_new(vb, &c, s->w));
    refused(s, "variational", gmm_partial_fit(vb, s->view, s->w));
    refused(s, "x has 1 columns", gmm_partial_fit(m, thin, s->w));
    refused(s, "x is NULL", gmm_partial_fit(m, NULL, s->w));
    gmm_statistics_free(a);
    gmm_statistics_free(b);
    gmm_statistics_free(NULL);
    genmod_data_free(empty);
    genmod_data_free(thin);
    genmod_data_free(f32);
    free(narrow);
    gmm_free(none);
    gmm_free(vb);
    gmm_free(other);
    gmm_free(m);
    scene_free(s);
}

/* Of rows that cannot be summed nothing stays behind. */
static void bad_rows_leave_the_sums_alone(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = started(s, REF_TIED, NULL);
    gmm_statistics *const a = sums_of(m, s->part[0]);
    unsigned char before[4096], after[4096];
    size_t n;
    assert_ok(gmm_statistics_save(a, sizeof before, before, &n, NULL));
    s->x[N * D - 1] = INFINITY;
    assert_status(gmm_statistics_add(a, s->view, s->w), GENMOD_NON_FINITE,
                  s->w);
    assert_ok(gmm_statistics_save(a, sizeof after, after, NULL, NULL));
    assert_memory_equal(before, after, n);
    gmm_statistics_free(a);
    gmm_free(m);
    scene_free(s);
}

static void damaged_sums_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = started(s, REF_SPHERICAL, NULL);
    gmm_model *const other = started(s, REF_SPHERICAL, "init=random");
    gmm_statistics *const a = sums_of(m, s->view);
    gmm_statistics *b = NULL, *c = NULL;
    unsigned char bytes[4096], now[4096];
    size_t n;
    assert_ok(gmm_statistics_new(m, &b, NULL));
    assert_ok(gmm_statistics_new(other, &c, NULL));
    assert_ok(gmm_statistics_save(a, sizeof bytes, bytes, &n, NULL));
    for (size_t i = 0; i < n; i++)
        assert_status(gmm_statistics_load(b, i, bytes, NULL), GENMOD_BAD_BYTES,
                      NULL);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_true(gmm_statistics_load(b, n, bytes, NULL) != 0);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    refused(s, "other parameters", gmm_statistics_load(c, n, bytes, s->w));
    refused(s, "bytes is NULL", gmm_statistics_load(b, n, NULL, s->w));
    refused(s, "s is NULL", gmm_statistics_load(NULL, n, bytes, s->w));
    refused(s, "s is NULL", gmm_statistics_save(NULL, 0, NULL, &n, s->w));
    refused(s, "out is NULL", gmm_statistics_save(a, 1, NULL, &n, s->w));
    /* a model's file is none of sums */
    const fixture_bytes model = fixture_save(m);
    assert_status(gmm_statistics_load(b, model.n, model.p, s->w),
                  GENMOD_BAD_BYTES, s->w);
    fixture_says(s->w, "the file holds a \"gmm\"");
    free(model.p);
    assert_ok(gmm_statistics_load(b, n, bytes, NULL));
    assert_ok(gmm_statistics_save(b, sizeof now, now, NULL, NULL));
    assert_memory_equal(bytes, now, n);
    gmm_statistics_free(a);
    gmm_statistics_free(b);
    gmm_statistics_free(c);
    gmm_free(other);
    gmm_free(m);
    scene_free(s);
}

/* The checksum holds, and something else does not. */
static void forged_sums_are_refused(void **state)
{
    (void)state;
    static const forgery faults[] = {
        {"genmod.family", NULL, NULL, 0, 0, "\"genmod.family\" is missing", 0},
        {"genmod.format", NULL, NULL, 0, 0, "\"genmod.format\" is missing", 0},
        {"genmod.format", "one", NULL, 0, 0, "genmod.format is \"one\"", 0},
        {"genmod.format", "0", NULL, 0, 0, "genmod.format is \"0\"", 0},
        {"genmod.format", "2", NULL, 0, 0, "reads 1", GENMOD_UNSUPPORTED},
        {"gmm.element", NULL, NULL, 0, 0, "\"gmm.element\" is missing", 0},
        {"gmm.element", "f16", NULL, 0, 0, "gmm.element is \"f16\"", 0},
        {"gmm.parameters", NULL, NULL, 0, 0, "\"gmm.parameters\" is", 0},
        {"more", "", NULL, 0, 0, "6 texts and 2 tensors", 0},
        {NULL, NULL, "totals", SIZE_MAX, 0, "\"totals\" is missing", 0},
        {NULL, NULL, "sums", SIZE_MAX, 0, "\"sums\" is missing", 0},
        {NULL, NULL, "totals", 0, -1, "totals are -1", 0},
        {NULL, NULL, "totals", 0, INFINITY, "totals are inf", 0},
        {NULL, NULL, "totals", 1, INFINITY, "inf", 0},
        {NULL, NULL, "totals", 2, NAN, "nan", 0},
        {NULL, NULL, "totals", 2, 2.5, "2.5", 0},
        {NULL, NULL, "totals", 2, 1e17, "1e17", 0},
        {NULL, NULL, "totals", 3, 0.5, "0.5", 0},
        {NULL, NULL, "sums", 4, NAN, "sums[4] is nan", 0}};
    scene *const s = scene_new();
    gmm_model *const m = started(s, REF_SPHERICAL, NULL);
    gmm_statistics *const a = sums_of(m, s->view);
    unsigned char bytes[4096], now[4096];
    fixture_bytes b = {0, bytes};
    assert_ok(gmm_statistics_save(a, sizeof bytes, bytes, &b.n, NULL));
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const fixture_bytes f = forged(b, &faults[i]);
        const int32_t status = faults[i].status;
        assert_status(gmm_statistics_load(a, f.n, f.p, s->w),
                      status ? status : GENMOD_BAD_BYTES, s->w);
        fixture_says(s->w, faults[i].says);
        free(f.p);
    }
    assert_ok(gmm_statistics_save(a, sizeof now, now, NULL, NULL));
    assert_memory_equal(bytes, now, b.n);
    /* the forger's twin: what can be loads */
    const forgery good = {NULL, NULL, "totals", 1, -2.5, NULL, 0};
    const fixture_bytes f = forged(b, &good);
    assert_ok(gmm_statistics_load(a, f.n, f.p, NULL));
    free(f.p);
    gmm_statistics_free(a);
    gmm_free(m);
    scene_free(s);
}

static void sums_of_floats_stay_sums_of_floats(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = started(s, REF_SPHERICAL, NULL);
    float *const x = fixture_narrow(N * D, s->x);
    genmod_data *const narrow = fixture_view_f32(N, D, x);
    gmm_statistics *const a = sums_of(m, narrow), *const b = sent(a, m);
    assert_ok(gmm_statistics_add(b, narrow, NULL));
    assert_status(gmm_statistics_add(b, s->view, NULL), GENMOD_BAD_ARGUMENT,
                  NULL);
    gmm_statistics_free(a);
    gmm_statistics_free(b);
    genmod_data_free(narrow);
    free(x);
    gmm_free(m);
    scene_free(s);
}

static void sums_of_no_weight_take_any_rows(void **state)
{
    (void)state;
    scene *const s = scene_new();
    gmm_model *const m = started(s, REF_TIED, NULL);
    float *const x = fixture_narrow(N * D, s->x);
    x[0] = 1e30F; /* density 0 */
    genmod_data *const narrow = fixture_view_f32(N, D, x);
    gmm_statistics *const a = sums_of(m, narrow), *const b =
                                                      sums_of(m, s->view);
    gmm_statistics *const c = sent(a, m);
    assert_ok(gmm_statistics_decay(a, 0, NULL));
    assert_ok(gmm_statistics_merge(b, a, NULL));
    assert_ok(gmm_statistics_add(a, s->view, NULL));
    assert_status(gmm_statistics_merge(a, c, NULL), GENMOD_BAD_ARGUMENT, NULL);
    assert_ok(gmm_maximise(m, a, NULL));
    assert_true(isfinite(fixture_series(m, GMM_REPORT_HISTORY, -1)));
    gmm_statistics_free(a);
    gmm_statistics_free(b);
    gmm_statistics_free(c);
    genmod_data_free(narrow);
    free(x);
    gmm_free(m);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_that_are_merged_step_as_the_whole),
        cmocka_unit_test(one_sum_is_a_step),
        cmocka_unit_test(decay_counts_like_weights),
        cmocka_unit_test(batches_of_one_component_average_exactly),
        cmocka_unit_test(the_first_batch_counts_like_step_delay_of_them),
        cmocka_unit_test(streams_are_learned),
        cmocka_unit_test(sums_that_do_not_fit_are_refused),
        cmocka_unit_test(bad_rows_leave_the_sums_alone),
        cmocka_unit_test(damaged_sums_are_refused),
        cmocka_unit_test(forged_sums_are_refused),
        cmocka_unit_test(sums_of_floats_stay_sums_of_floats),
        cmocka_unit_test(sums_of_no_weight_take_any_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
