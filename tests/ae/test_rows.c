/* What a trained model makes of rows. */
#include "ae/fixture.h"

#define N 700

/* A model that has been trained a little. */
static ae_model *trained(const char *options, size_t n, size_t d,
                         const double *x, genmod_workspace *w)
{
    ae_model *const m = fixture_model(options);
    genmod_data *const v = fixture_view(n, d, x);
    assert_status(ae_start(m, v, w), GENMOD_OK, w);
    for (int i = 0; i < 12; i++)
        assert_status(ae_step(m, v, w), GENMOD_OK, w);
    genmod_data_free(v);
    return m;
}

/* Code, reconstruction and scores of n rows in one array. */
static void look(const ae_model *m, size_t n, const double *x, float *out,
                 genmod_workspace *w)
{
    const size_t d = ae_dimension(m), z = ae_code_size(m);
    genmod_data *const v = fixture_view(n, d, x);
    double *const scores = fixture_take(n * d, sizeof *scores);
    double *const rows = fixture_take(n, sizeof *rows);
    assert_ok(ae_encode(m, v, GENMOD_F32, n * z * sizeof *out, out, w));
    assert_ok(
        ae_reconstruct(m, v, GENMOD_F32, n * d * sizeof *out, out + n * z, w));
    assert_ok(ae_anomaly(m, v, n * sizeof *rows, rows, w));
    assert_ok(ae_anomaly_columns(m, v, n * d * sizeof *scores, scores, w));
    for (size_t i = 0; i < n; i++)
        out[n * (z + d) + i] = (float)rows[i];
    for (size_t i = 0; i < n * d; i++)
        out[n * (z + d + 1) + i] = (float)scores[i];
    free(scores);
    free(rows);
    genmod_data_free(v);
}

/* Each part of `one`, which is of row i, equals that of `all`, of n rows. */
static void compare(const ae_model *m, size_t n, size_t i, const float *all,
                    const float *one)
{
    const size_t width[4] = {ae_code_size(m), ae_dimension(m), 1,
                             ae_dimension(m)};
    for (int part = 0; part < 4; part++) {
        if (memcmp(all + i * width[part], one, width[part] * sizeof *one) != 0)
            fail_msg("row %zu, part %d has other bits alone", i, part);
        all += n * width[part];
        one += width[part];
    }
}

static void check_rows(const char *options, const char *kernels)
{
    genmod_workspace *const w = fixture_workspace(1, kernels);
    genmod_workspace *const wide = fixture_workspace(3, kernels);
    double *const x = fixture_read("digits.csv", N, 64);
    ae_model *const m = trained(options, N, 64, x, w);
    const size_t room = N * (2 * 64 + 1 + ae_code_size(m));
    float *const all = fixture_take(room, sizeof *all);
    float *const same = fixture_take(room, sizeof *same);
    float *const one = fixture_take(room, sizeof *one);
    look(m, N, x, all, w);
    look(m, N, x, same, wide);
    assert_memory_equal(all, same, room * sizeof *all);
    for (size_t i = 0; i < N; i += 23) {
        look(m, 1, x + i * 64, one, w);
        compare(m, N, i, all, one);
    }
    look(m, 37, x + 3 * 64, one, wide);
    assert_memory_equal(one, all + 3 * ae_code_size(m),
                        37 * ae_code_size(m) * sizeof *one);
    ae_free(m);
    free(x);
    free(all);
    free(same);
    free(one);
    genmod_workspace_free(w);
    genmod_workspace_free(wide);
}

static const char dense[] = "encoder=dense 70; gelu; dense 33";
static const char image[] =
    "input=1x8x8 | encoder=conv 6 k3 p1; batchnorm; elu; maxpool 2; conv 5 k3; "
    "relu | decoder=deconv 6 k3; relu; upsample 2; conv 1 k3 p1 | "
    "corruption=salt-and-pepper | corruption_level=0.1";

static void rows_do_not_depend_on_their_neighbours(void **state)
{
    (void)state;
    check_rows(dense, NULL);
    check_rows(image, NULL);
}

static void
rows_do_not_depend_on_their_neighbours_by_other_kernels(void **state)
{
    (void)state;
    check_rows(dense, "generic");
    check_rows(image, "generic");
}

static void reconstruct_is_decode_of_encode(void **state)
{
    (void)state;
    enum { D = 64, n = 5 };
    double *const x = fixture_read("digits.csv", 300, D);
    ae_model *const m = trained(image, 300, D, x, NULL);
    const size_t z = ae_code_size(m);
    genmod_data *const v = fixture_view(n, D, x), *codes = NULL;
    float *const code = fixture_take(n * z, sizeof *code);
    float a[n * D], b[n * D];
    double wide[n * D];
    assert_int_equal(z, 5 * 2 * 2);
    assert_ok(ae_encode(m, v, GENMOD_F32, n * z * sizeof *code, code, NULL));
    assert_ok(genmod_data_new(&codes, NULL));
    assert_ok(genmod_data_set_rows(codes, GENMOD_F32, n, z, code, 0, 0, NULL));
    assert_ok(ae_decode(m, codes, GENMOD_F32, sizeof a, a, NULL));
    assert_ok(ae_reconstruct(m, v, GENMOD_F32, sizeof b, b, NULL));
    assert_ok(ae_reconstruct(m, v, GENMOD_F64, sizeof wide, wide, NULL));
    assert_memory_equal(a, b, sizeof a);
    for (size_t i = 0; i < n * D; i++)
        assert_true((float)wide[i] == b[i]);
    genmod_data_free(v);
    genmod_data_free(codes);
    ae_free(m);
    free(code);
    free(x);
}

/* e^2, huber, |e| or cross-entropy, of the data and what comes back. */
static double loss_of(int kind, double x, double y)
{
    const double e = fabs(x - y);
    if (kind == 1)
        return e <= 0.7 ? e * e / 2 : 0.7 * (e - 0.35);
    if (kind == 2)
        return e;
    if (kind == 3)
        return -x * log(y) - (1 - x) * log1p(-y);
    return e * e;
}

static void anomaly_is_the_loss_of_each_row_and_cell(void **state)
{
    (void)state;
    static const char *const losses[] = {"squared", "huber", "l1", "bce"};
    enum { n = 80, D = 6 };
    double *const x = fixture_shares(n, D, 3);
    for (int k = 0; k < 4; k++) {
        char options[200] = "code=2 | standardise=0 | huber_delta=0.7 | "
                            "batch_size=20 | loss=";
        strncat(options, losses[k], 10);
        ae_model *const m = trained(options, n, D, x, NULL);
        genmod_data *const v = fixture_view(n, D, x);
        double y[n * D], rows[n], cells[n * D], mean = 0, sum;
        assert_ok(ae_reconstruct(m, v, GENMOD_F64, sizeof y, y, NULL));
        assert_ok(ae_anomaly(m, v, sizeof rows, rows, NULL));
        assert_ok(ae_anomaly_columns(m, v, sizeof cells, cells, NULL));
        for (size_t i = 0; i < n; i++) {
            sum = 0;
            for (size_t j = 0; j < D; j++) {
                const size_t c = i * D + j;
                /* floats of about 1, some roundings behind one another */
                assert_near(cells[c], loss_of(k, x[c], y[c]), 3e-6);
                sum += cells[c];
            }
            assert_near(rows[i], sum, 1e-12);
            mean += sum / n;
        }
        /* and training lowers it */
        const double before = mean;
        fixture_configure(m, "warm_start=1 | epochs=60 | learning_rate=0.01");
        assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
        assert_ok(ae_anomaly(m, v, sizeof rows, rows, NULL));
        mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += rows[i] / n;
        /* cross-entropy has the entropy of the data as its floor */
        if (mean > (k == 3 ? 0.98 : 0.5) * before)
            fail_msg("%s: %g from %g", losses[k], mean, before);
        genmod_data_free(v);
        ae_free(m);
    }
    free(x);
}

/* The code of an image is [c, h, w]: a convolution of one pixel sees it. The
 * networks are those of the test below. */
static void check_codes(const ae_model *m, size_t n, const double *x,
                        const genmod_data *v)
{
    enum { D = 24 };
    double center[D] = {0}, scale[D] = {0};
    size_t need;
    float *const code = fixture_take(n * 108, sizeof *code);
    double *const a = fixture_params(m, "encoder.0.weight", &need);
    double *const a0 = fixture_params(m, "encoder.0.bias", NULL);
    double *const b = fixture_params(m, "encoder.1.weight", NULL);
    double *const b0 = fixture_params(m, "encoder.1.bias", NULL);
    assert_ok(ae_encode(m, v, GENMOD_F32, n * 108 * sizeof *code, code, NULL));
    assert_int_equal(need, 2 * 7);
    for (size_t i = 0; i < n * D; i++)
        center[i % D] += x[i] / (double)n;
    for (size_t i = 0; i < n * D; i++)
        scale[i % D] += pow(x[i] - center[i % D], 2) / (double)n;
    for (size_t pixel = 0; pixel < 12; pixel++)
        for (size_t k = 0; k < 9; k++) {
            double want = b0[k];
            for (size_t h = 0; h < 7; h++) {
                double hidden = a0[h];
                for (size_t c = 0; c < 2; c++) {
                    const size_t j = c * 12 + pixel;
                    hidden += a[c * 7 + h] * (x[5 * D + j] - center[j]) /
                              sqrt(scale[j]);
                }
                want += b[h * 9 + k] * hidden;
            }
            assert_near(code[5 * 108 + k * 12 + pixel], want, 1e-4);
        }
    free(a);
    free(a0);
    free(b);
    free(b0);
    free(code);
}

/* A linear model of one 2x3x4 image a row that learns it by heart gives each
 * cell back in its place, in any layout inside. */
static void images_keep_their_layout(void **state)
{
    (void)state;
    enum { n = 40, D = 24 };
    double *const x = fixture_invent(n, D, 9);
    ae_model *const m = fixture_model(
        "input=2x3x4 | encoder=conv 7 k1; conv 9 k1 | decoder=conv 2 k1 | "
        "epochs=400 | learning_rate=0.01 | batch_size=10");
    genmod_data *const v = fixture_view(n, D, x);
    double y[n * D];
    assert_int_equal(ae_code_size(m), 9 * 3 * 4);
    assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(ae_reconstruct(m, v, GENMOD_F64, sizeof y, y, NULL));
    for (size_t j = 0; j < D; j++) {
        double mean = 0, variance = 0, error = 0;
        for (size_t i = 0; i < n; i++)
            mean += x[i * D + j] / n;
        for (size_t i = 0; i < n; i++) {
            variance += pow(x[i * D + j] - mean, 2);
            error += pow(x[i * D + j] - y[i * D + j], 2);
        }
        if (error > 1e-3 * variance)
            fail_msg("column %zu: error %g of variance %g", j, error, variance);
    }
    check_codes(m, n, x, v);
    genmod_data_free(v);
    ae_free(m);
    free(x);
}

static void standardising_makes_units_irrelevant(void **state)
{
    (void)state;
    enum { n = 90, D = 5 };
    double *const x = fixture_invent(n, D, 4);
    double *const y = fixture_take(n * D, sizeof *y);
    double a[n * D], b[n * D];
    /* powers of two round alike; an offset costs some digits of a float */
    for (size_t i = 0; i < n * D; i++)
        y[i] = 64 * x[i] + 4096;
    ae_model *const m = trained("code=3 | batch_size=30", n, D, x, NULL);
    ae_model *const other = trained("code=3 | batch_size=30", n, D, y, NULL);
    genmod_data *const v = fixture_view(n, D, x), *u = fixture_view(n, D, y);
    assert_ok(ae_reconstruct(m, v, GENMOD_F64, sizeof a, a, NULL));
    assert_ok(ae_reconstruct(other, u, GENMOD_F64, sizeof b, b, NULL));
    for (size_t i = 0; i < n * D; i++)
        assert_near((b[i] - 4096) / 64, a[i], 1e-3 * fabs(a[i]));
    ae_free(m);
    ae_free(other);
    genmod_data_free(v);
    genmod_data_free(u);
    free(x);
    free(y);
}

/* Some floats apart at most, about a centre that is none: rows of floats are
 * not shifted by its rounding. */
static void rows_far_from_zero_score_alike_in_both_types(void **state)
{
    (void)state;
    enum { n = 90, D = 3 };
    double x[n * D], a[n], b[n];
    float y[n * D];
    genmod_data *v = NULL;
    for (size_t i = 0; i < n * D; i++)
        x[i] = y[i] = (float)(1e6 + 0.0625 * (double)(i * i % 7 + i % 3));
    ae_model *const m = trained("code=2 | batch_size=30", n, D, x, NULL);
    genmod_data *const u = fixture_view(n, D, x);
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F32, n, D, y, 0, 0, NULL));
    assert_ok(ae_anomaly(m, u, sizeof a, a, NULL));
    assert_ok(ae_anomaly(m, v, sizeof b, b, NULL));
    for (size_t i = 0; i < n; i++)
        assert_near(b[i], a[i], 1e-5 * (1 + a[i]));
    ae_free(m);
    genmod_data_free(v);
    genmod_data_free(u);
}

static void repeated_one_row_calls_take_no_memory(void **state)
{
    (void)state;
    static const char *const models[] = {dense, image};
    double *const x = fixture_read("digits.csv", 300, 64);
    for (size_t k = 0; k < 2; k++) {
        host h;
        genmod_context *const c = host_context(&h);
        genmod_workspace *w = NULL;
        ae_model *const m = trained(models[k], 300, 64, x, NULL);
        const size_t z = ae_code_size(m);
        genmod_data *const v = fixture_view(300, 64, x);
        genmod_data *const codes = fixture_view(1, z, x);
        double *const out = fixture_take(300 * 64, sizeof *out);
        assert_ok(genmod_context_set_threads(c, 2));
        assert_ok(genmod_workspace_new(c, &w));
        /* a large call first: it leaves nothing that a small one stumbles on */
        assert_ok(
            ae_reconstruct(m, v, GENMOD_F64, 300 * 64 * sizeof *out, out, w));
        for (size_t i = 0; i < 60; i++) {
            if (i == 2)
                host_arm(&h, 0, HOST_FROM_THEN_ON);
            assert_ok(genmod_data_set_rows(v, GENMOD_F64, 1, 64, x + i * 64, 0,
                                           0, w));
            assert_ok(ae_encode(m, v, GENMOD_F64, 8 * z, out, w));
            assert_ok(ae_decode(m, codes, GENMOD_F64, 8 * 64, out, w));
            assert_ok(ae_reconstruct(m, v, GENMOD_F32, 4 * 64, out, w));
            assert_ok(ae_anomaly(m, v, 8, out, w));
            assert_ok(ae_anomaly_columns(m, v, 8 * 64, out, w));
        }
        assert_int_equal(h.calls, 0);
        host_arm(&h, HOST_NEVER, HOST_ONCE);
        genmod_workspace_free(w);
        genmod_context_free(c);
        genmod_data_free(v);
        genmod_data_free(codes);
        ae_free(m);
        free(out);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_do_not_depend_on_their_neighbours),
        cmocka_unit_test(
            rows_do_not_depend_on_their_neighbours_by_other_kernels),
        cmocka_unit_test(reconstruct_is_decode_of_encode),
        cmocka_unit_test(anomaly_is_the_loss_of_each_row_and_cell),
        cmocka_unit_test(images_keep_their_layout),
        cmocka_unit_test(standardising_makes_units_irrelevant),
        cmocka_unit_test(rows_far_from_zero_score_alike_in_both_types),
        cmocka_unit_test(repeated_one_row_calls_take_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
