/* Gradients of the log-density: in x, and in parameters without bounds. */
#include "gmm/fixture.h"

#define D 3
#define K 3
#define N 300 /* more than a block of rows */

static gmm_model *model_of(int type, uint64_t seed, double spread)
{
    ref_mixture r;
    ref_init(&r, type, K, D);
    ref_invent(&r, seed, spread);
    gmm_model *const m = fixture_from(&r, NULL);
    ref_free(&r);
    return m;
}

static void rows_about(double scale, size_t n, double *x)
{
    ref_random r = {77};
    for (size_t i = 0; i < n * D; i++)
        x[i] = scale * ref_normal(&r);
}

/* S^-1 e by elimination, in long double. */
static void solve(const double *s, const double *e, long double *out)
{
    long double l[D * D];
    assert_true(ref_cholesky(D, s, l));
    for (size_t i = 0; i < D; i++) {
        out[i] = e[i];
        for (size_t c = 0; c < i; c++)
            out[i] -= l[i * D + c] * out[c];
        out[i] /= l[i * D + i];
    }
    for (size_t i = D; i-- > 0;) {
        for (size_t c = i + 1; c < D; c++)
            out[i] -= l[c * D + i] * out[c];
        out[i] /= l[i * D + i];
    }
}

/* The closed form, in plain loops. */
static void reference(const ref_mixture *r, const double *x, double *out)
{
    double resp[K], s[D * D], e[D];
    long double v[D];
    ref_density(r, 1, x, NULL, resp);
    memset(out, 0, D * sizeof *out);
    for (size_t j = 0; j < K; j++) {
        ref_covariance(r, j, s);
        for (size_t c = 0; c < D; c++)
            e[c] = x[c] - r->mu[j * D + c];
        solve(s, e, v);
        for (size_t c = 0; c < D; c++)
            out[c] -= resp[j] * (double)v[c];
    }
}

static void the_gradient_in_x_is_its_closed_form(void **state)
{
    (void)state;
    static double x[N * D], out[N * D];
    static float x32[N * D], out32[N * D];
    rows_about(2, N, x);
    for (size_t i = 0; i < N * D; i++)
        x[i] = x32[i] = (float)x[i];
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        ref_init(&r, type, K, D);
        ref_invent(&r, 21, 1.5);
        gmm_model *const m = fixture_from(&r, NULL);
        genmod_data *const v = fixture_view(N, D, x);
        genmod_data *const v32 = fixture_view_f32(N, D, x32);
        assert_ok(
            gmm_log_density_gradient(m, v, GENMOD_F64, sizeof out, out, NULL));
        assert_ok(gmm_log_density_gradient(m, v32, GENMOD_F32, sizeof out32,
                                           out32, NULL));
        for (size_t i = 0; i < N; i++) {
            double want[D];
            reference(&r, x + i * D, want);
            for (size_t c = 0; c < D; c++) {
                fixture_close(ref_names[type], out[i * D + c], want[c], 1e-12);
                /* p(j | x) carries the rounding of a distance of some 50 */
                fixture_close("f32", out32[i * D + c], want[c], 2e-4);
            }
        }
        genmod_data_free(v32);
        genmod_data_free(v);
        gmm_free(m);
        ref_free(&r);
    }
}

/* Central differences: errors of h^2 and of 1e-16 / h. */
static void the_gradient_in_x_is_what_differences_say(void **state)
{
    (void)state;
    enum { few = 20 };
    const double h = 1e-5;
    double x[few * D], out[few * D], up[few], down[few];
    rows_about(2, few, x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, 22, 1.5);
        genmod_data *const v = fixture_view(few, D, x);
        assert_ok(
            gmm_log_density_gradient(m, v, GENMOD_F64, sizeof out, out, NULL));
        for (size_t c = 0; c < D; c++) {
            for (size_t i = 0; i < few; i++)
                x[i * D + c] += h;
            assert_ok(gmm_log_density(m, v, sizeof up, up, NULL));
            for (size_t i = 0; i < few; i++)
                x[i * D + c] -= 2 * h;
            assert_ok(gmm_log_density(m, v, sizeof down, down, NULL));
            for (size_t i = 0; i < few; i++) {
                x[i * D + c] += h;
                fixture_close(ref_names[type], out[i * D + c],
                              (up[i] - down[i]) / (2 * h), 1e-8);
            }
        }
        genmod_data_free(v);
        gmm_free(m);
    }
}

/* Where all densities underflow the nearest component still pulls. */
static void rows_far_out_have_a_gradient(void **state)
{
    (void)state;
    double x[D] = {3e6, -1e6, 2e6}, out[D], want[D];
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        ref_init(&r, type, K, D);
        ref_invent(&r, 23, 2);
        gmm_model *const m = fixture_from(&r, NULL);
        genmod_data *const v = fixture_view(1, D, x);
        assert_ok(
            gmm_log_density_gradient(m, v, GENMOD_F64, sizeof out, out, NULL));
        reference(&r, x, want);
        for (size_t c = 0; c < D; c++)
            assert_near(out[c], want[c], 1e-9 * fabs(want[c]));
        genmod_data_free(v);
        gmm_free(m);
        ref_free(&r);
    }
}

/* ---- coordinates --------------------------------------------------------- */

static double *coordinates(const gmm_model *m, size_t *n)
{
    assert_status(gmm_get_coordinates(m, 0, NULL, n, NULL), GENMOD_TOO_SMALL,
                  NULL);
    double *const theta = fixture_take(*n, sizeof *theta);
    assert_ok(gmm_get_coordinates(m, *n, theta, NULL, NULL));
    return theta;
}

static void coordinates_go_there_and_back(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r, back;
        size_t n;
        ref_init(&r, type, K, D);
        ref_init(&back, type, K, D);
        ref_invent(&r, 24, 1.5);
        gmm_model *const m = fixture_from(&r, NULL);
        double *const theta = coordinates(m, &n);
        assert_int_equal(n, ref_parameters(type, K, D) + 1);
        assert_near(theta[1], log(r.w[1]), 1e-15);
        assert_true(theta[K + 2] == r.mu[2]);
        if (type <= REF_TIED) /* the first unit's L_00, L_10 */
            assert_near(theta[K + K * D + 1], r.cov[1] / exp(theta[K + K * D]),
                        1e-14);
        assert_near(theta[K + K * D], log(r.cov[0]) / 2, 1e-15);
        for (size_t j = 0; j < K; j++)
            theta[j] += 2.385; /* softmax does not see it */
        assert_ok(gmm_set_coordinates(m, D, n, theta, NULL));
        fixture_params(m, &back);
        fixture_mixtures_close(ref_names[type], &back, &r, 1e-14);
        free(theta);
        gmm_free(m);
        ref_free(&back);
        ref_free(&r);
    }
}

/* ---- the gradient in them ------------------------------------------------ */

static double likelihood(gmm_model *m, const genmod_data *x, size_t n,
                         const double *theta)
{
    double out;
    assert_ok(gmm_set_coordinates(m, D, n, theta, NULL));
    assert_ok(gmm_log_likelihood(m, x, &out, NULL));
    return out;
}

/* `far`: a mean so many deviations off that the sums go about the means (form
 * 1); the differences then lose as many digits. `rough`: gaps and noise. */
static void check_differences(int type, double far, int rough)
{
    static double x[N * D], weights[N], variances[N * D];
    const double h = 1e-5;
    size_t n;
    gmm_model *const m = model_of(type, 25, 1.2);
    double *const theta = coordinates(m, &n);
    double *const g = fixture_take(n, sizeof *g);
    rows_about(2, N, x);
    for (size_t i = 0; i < N; i++)
        weights[i] = 0.5 + (double)(i % 5);
    for (size_t i = 0; i < N * D; i++)
        variances[i] = 0.1 + 0.3 * (double)(i % 4);
    for (size_t c = 0; far != 0 && c < D; c++) {
        theta[K + c] += far;
        x[c] += far;
    }
    genmod_data *const v = fixture_view(N, D, x);
    genmod_data *const noise = fixture_view(N, D, variances);
    assert_ok(genmod_data_set_weights(v, N, weights, NULL));
    for (size_t i = 1; rough && i < N * D; i += 7)
        x[i] = NAN;
    if (rough) {
        assert_ok(genmod_data_set_missing(v, 1, NULL));
        assert_ok(genmod_data_set_noise(v, noise, NULL));
    }
    likelihood(m, v, n, theta);
    assert_ok(gmm_likelihood_gradient(m, v, n, g, NULL, NULL));
    for (size_t i = 0; i < n; i++) {
        const double at = theta[i], above = at + h, below = at - h;
        theta[i] = above;
        const double up = likelihood(m, v, n, theta);
        theta[i] = below;
        const double down = likelihood(m, v, n, theta);
        theta[i] = at;
        const double want = (up - down) / (above - below);
        if (fabs(g[i] - want) > (far == 0 ? 1e-8 : 1e-7) * fmax(1, fabs(g[i])))
            fail_msg("%s: coordinate %zu: %.12g, by differences %.12g",
                     ref_names[type], i, g[i], want);
    }
    genmod_data_free(v);
    genmod_data_free(noise);
    free(g);
    free(theta);
    gmm_free(m);
}

static void the_gradient_in_parameters_is_what_differences_say(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        check_differences(type, 0, 0);
        check_differences(type, 0, 1);
        check_differences(type, 3e3, 0);
    }
}

static void the_gradient_of_float_rows_is_near(void **state)
{
    (void)state;
    static double x[N * D];
    rows_about(2, N, x);
    float *const x32 = fixture_narrow(N * D, x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, 26, 1.2);
        size_t n;
        double *const g = coordinates(m, &n), *const g32 = coordinates(m, &n);
        genmod_data *const v = fixture_view(N, D, x);
        genmod_data *const v32 = fixture_view_f32(N, D, x32);
        assert_ok(gmm_likelihood_gradient(m, v, n, g, NULL, NULL));
        assert_ok(gmm_likelihood_gradient(m, v32, n, g32, NULL, NULL));
        for (size_t i = 0; i < n; i++)
            fixture_close(ref_names[type], g32[i], g[i], 1e-5);
        genmod_data_free(v32);
        genmod_data_free(v);
        free(g32);
        free(g);
        gmm_free(m);
    }
    free(x32);
}

/* One row's is the mean over that row; all rows' mean is the whole. */
static void gradients_of_rows_have_the_whole_as_their_mean(void **state)
{
    (void)state;
    static double x[N * D];
    rows_about(2, N, x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, 27, 1.2);
        size_t n;
        double *const g = coordinates(m, &n), *const one = coordinates(m, &n);
        double *const rows = fixture_take(N * n, sizeof *rows);
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(gmm_likelihood_gradient(m, v, n, g, NULL, NULL));
        assert_ok(gmm_row_gradients(m, v, N * n * sizeof *rows, rows, NULL));
        for (size_t c = 0; c < n; c++) {
            double sum = 0;
            for (size_t i = 0; i < N; i++)
                sum += rows[i * n + c] / N;
            fixture_close(ref_names[type], sum, g[c], 1e-12);
        }
        for (size_t i = 0; i < N; i += 37) {
            assert_ok(genmod_data_set_rows(v, GENMOD_F64, 1, D, x + i * D, 0, 0,
                                           NULL));
            assert_ok(gmm_likelihood_gradient(m, v, n, one, NULL, NULL));
            for (size_t c = 0; c < n; c++)
                fixture_close("row", rows[i * n + c], one[c], 1e-12);
        }
        genmod_data_free(v);
        free(rows);
        free(one);
        free(g);
        gmm_free(m);
    }
}

/* At EM's end nothing pulls any more. */
static void the_gradient_is_zero_where_em_rests(void **state)
{
    (void)state;
    fixture_table t;
    fixture_read(&t, "faithful.csv", 0);
    genmod_data *const v = fixture_view(t.n, t.d, t.x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m =
            fixture_model(2, type, "ridge=0 tolerance=0 max_iterations=400");
        size_t n;
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        double *const g = coordinates(m, &n);
        assert_ok(gmm_likelihood_gradient(m, v, n, g, NULL, NULL));
        for (size_t i = 0; i < n; i++)
            assert_near(g[i], 0, 1e-9);
        free(g);
        gmm_free(m);
    }
    genmod_data_free(v);
    fixture_drop(&t);
}

/* ---- how they are computed ----------------------------------------------- */

static const double *source_rows;

static int32_t source(size_t n, const int64_t *rows, void *x, double *weights,
                      int32_t *labels, void *user)
{
    (void)weights, (void)labels, (void)user;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * D, source_rows + rows[i] * D,
               D * sizeof(double));
    return 0;
}

static void bits_depend_on_the_row_alone(void **state)
{
    (void)state;
    static double x[N * D], want[N * D], got[N * D];
    rows_about(2, N, x);
    source_rows = x;
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, 28, 1.2);
        size_t n;
        double *const g = coordinates(m, &n), *const again = coordinates(m, &n);
        double *const rows = fixture_take(2 * N * n, sizeof *rows);
        const size_t bytes = N * n * sizeof *rows;
        genmod_data *const v = fixture_view(N, D, x);
        genmod_workspace *const w = fixture_workspace(5);
        assert_ok(gmm_log_density_gradient(m, v, GENMOD_F64, sizeof want, want,
                                           NULL));
        assert_ok(gmm_likelihood_gradient(m, v, n, g, NULL, NULL));
        assert_ok(gmm_row_gradients(m, v, bytes, rows, NULL));
        assert_ok(
            genmod_data_set_source(v, GENMOD_F64, N, D, source, NULL, NULL));
        assert_ok(
            gmm_log_density_gradient(m, v, GENMOD_F64, sizeof got, got, w));
        assert_ok(gmm_likelihood_gradient(m, v, n, again, NULL, w));
        assert_ok(gmm_row_gradients(m, v, bytes, rows + N * n, w));
        assert_memory_equal(got, want, sizeof got);
        assert_memory_equal(again, g, n * sizeof *g);
        assert_memory_equal(rows + N * n, rows, bytes);
        for (size_t i = 0; i < N; i += 37) {
            assert_ok(genmod_data_set_rows(v, GENMOD_F64, 1, D, x + i * D, 0, 0,
                                           NULL));
            assert_ok(gmm_log_density_gradient(m, v, GENMOD_F64,
                                               D * sizeof *got, got, w));
            assert_memory_equal(got, want + i * D, D * sizeof *got);
        }
        genmod_workspace_free(w);
        genmod_data_free(v);
        free(rows);
        free(again);
        free(g);
        gmm_free(m);
    }
}

static void one_row_again_takes_no_memory(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        host h;
        genmod_workspace *w = NULL;
        genmod_context *const c = host_context(&h);
        assert_ok(genmod_workspace_new(c, &w));
        genmod_context_free(c);
        gmm_model *const m = model_of(type, 29, 1.2);
        double x[20 * D], out[D], theta[64];
        rows_about(1, 20, x);
        genmod_data *const v = fixture_view(1, D, x);
        for (size_t i = 0; i < 20; i++) {
            if (i == 1)
                host_arm(&h, 0, HOST_FROM_THEN_ON);
            assert_ok(
                genmod_data_set_rows(v, GENMOD_F64, 1, D, x + i * D, 0, 0, w));
            assert_ok(
                gmm_log_density_gradient(m, v, GENMOD_F64, sizeof out, out, w));
            assert_ok(gmm_row_gradients(m, v, sizeof theta, theta, w));
        }
        assert_int_equal(h.calls, 0);
        host_arm(&h, HOST_NEVER, HOST_ONCE);
        genmod_data_free(v);
        gmm_free(m);
        genmod_workspace_free(w);
    }
}

static void refused(genmod_workspace *w, int32_t status, int32_t want,
                    const char *text)
{
    assert_status(status, want, w);
    assert_error_names(w, text);
}

static void bad_gradients_in_x_are_refused(void **state)
{
    (void)state;
    const int32_t bad = GENMOD_BAD_ARGUMENT, f64 = GENMOD_F64;
    const double x[2 * D] = {1, 2, 3, 4, NAN, 6};
    double out[2 * D] = {2.385};
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = model_of(0, 30, 1), *const none =
                                                 fixture_model(K, 0, NULL);
    genmod_data *const v = fixture_view(1, D, x),
                       *const hole = fixture_view(2, D, x),
                       *const thin = fixture_view(1, 2, x);
    refused(w, gmm_log_density_gradient(NULL, v, f64, 24, out, w), bad,
            "m is NULL");
    refused(w, gmm_log_density_gradient(m, NULL, f64, 24, out, w), bad,
            "x is NULL");
    refused(w, gmm_log_density_gradient(m, v, f64, 24, NULL, w), bad,
            "out is NULL");
    refused(w, gmm_log_density_gradient(m, v, 3, 24, out, w), bad, "type is 3");
    refused(w, gmm_log_density_gradient(m, thin, f64, 24, out, w), bad,
            "x has 2 columns");
    refused(w, gmm_log_density_gradient(m, v, f64, 23, out, w),
            GENMOD_TOO_SMALL, "bytes is 23");
    refused(w, gmm_log_density_gradient(m, hole, f64, 48, out, w),
            GENMOD_NON_FINITE, "row 1, column 1");
    refused(w, gmm_log_density_gradient(none, v, f64, 24, out, w),
            GENMOD_NOT_FITTED, "");
    assert_true(out[0] == 2.385);
    genmod_data_free(thin);
    genmod_data_free(hole);
    genmod_data_free(v);
    gmm_free(none);
    gmm_free(m);
    genmod_workspace_free(w);
}

static void bad_coordinates_are_refused(void **state)
{
    (void)state;
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    double out[64] = {2.385}, theta[64] = {0};
    size_t need = 0;
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = model_of(0, 30, 1), *const none =
                                                 fixture_model(K, 0, NULL);
    const fixture_bytes before = fixture_save(m);
    refused(w, gmm_get_coordinates(NULL, 64, out, &need, w), bad, "m is NULL");
    refused(w, gmm_get_coordinates(none, 64, out, &need, w), GENMOD_NOT_FITTED,
            "");
    refused(w, gmm_get_coordinates(m, 29, out, &need, w), GENMOD_TOO_SMALL,
            "cap is 29 doubles; the result takes 30");
    assert_int_equal(need, 30);
    refused(w, gmm_get_coordinates(m, 30, NULL, &need, w), bad, "out is NULL");
    refused(w, gmm_set_coordinates(NULL, D, 30, theta, w), bad, "m is NULL");
    refused(w, gmm_set_coordinates(m, D, 30, NULL, w), bad, "theta is NULL");
    refused(w, gmm_set_coordinates(m, 0, 30, theta, w), bad, "d is 0");
    refused(w, gmm_set_coordinates(m, D, 29, theta, w), bad,
            "n is 29; 3 full components in 3 columns take 30");
    theta[7] = INFINITY;
    refused(w, gmm_set_coordinates(m, D, 30, theta, w), GENMOD_NON_FINITE,
            "theta[7]");
    theta[7] = 0;
    theta[K + K * D] = 400; /* its square is no double */
    refused(w, gmm_set_coordinates(m, D, 30, theta, w), bad, "cov");
    assert_true(out[0] == 2.385 && fixture_unchanged(m, before));
    free(before.p);
    gmm_free(none);
    gmm_free(m);
    genmod_workspace_free(w);
}

static void bad_gradients_in_parameters_are_refused(void **state)
{
    (void)state;
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    const double x[2 * D] = {1, 2, 3, 4, NAN, 6};
    double out[64] = {2.385};
    size_t need = 0;
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = model_of(0, 30, 1);
    genmod_data *const v = fixture_view(1, D, x), *const hole =
                                                      fixture_view(2, D, x);
    refused(w, gmm_likelihood_gradient(NULL, v, 64, out, &need, w), bad,
            "m is NULL");
    refused(w, gmm_likelihood_gradient(m, v, 29, out, &need, w),
            GENMOD_TOO_SMALL, "cap is 29");
    refused(w, gmm_likelihood_gradient(m, v, 30, NULL, &need, w), bad,
            "out is NULL");
    refused(w, gmm_likelihood_gradient(m, hole, 30, out, &need, w),
            GENMOD_NON_FINITE, "row 1, column 1");
    refused(w, gmm_row_gradients(m, NULL, 240, out, w), bad, "x is NULL");
    refused(w, gmm_row_gradients(m, v, 240, NULL, w), bad, "out is NULL");
    refused(w, gmm_row_gradients(m, v, 239, out, w), GENMOD_TOO_SMALL,
            "bytes is 239");
    refused(w, gmm_row_gradients(m, hole, 480, out, w), GENMOD_NON_FINITE,
            "row 1, column 1");
    assert_true(out[0] == 2.385);
    genmod_data_free(hole);
    genmod_data_free(v);
    gmm_free(m);
    genmod_workspace_free(w);
}

/* No such call takes rows for exact that are not. */
static void rows_with_noise_have_no_gradient(void **state)
{
    (void)state;
    const double x[D] = {1, 2, 3}, variance[D] = {0.5, 0.25, 2};
    double out[64] = {2.385};
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = model_of(0, 30, 1);
    genmod_data *const v = fixture_view(1, D, x), *const noise = fixture_view(
                                                      1, D, variance);
    assert_ok(genmod_data_set_noise(v, noise, NULL));
    refused(w, gmm_log_density_gradient(m, v, GENMOD_F64, 24, out, w),
            GENMOD_UNSUPPORTED, "x has noise");
    refused(w, gmm_row_gradients(m, v, 240, out, w), GENMOD_UNSUPPORTED,
            "x has noise");
    assert_true(out[0] == 2.385);
    genmod_data_free(v);
    genmod_data_free(noise);
    gmm_free(m);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_in_x_is_its_closed_form),
        cmocka_unit_test(the_gradient_in_x_is_what_differences_say),
        cmocka_unit_test(rows_far_out_have_a_gradient),
        cmocka_unit_test(coordinates_go_there_and_back),
        cmocka_unit_test(the_gradient_in_parameters_is_what_differences_say),
        cmocka_unit_test(the_gradient_of_float_rows_is_near),
        cmocka_unit_test(gradients_of_rows_have_the_whole_as_their_mean),
        cmocka_unit_test(the_gradient_is_zero_where_em_rests),
        cmocka_unit_test(bits_depend_on_the_row_alone),
        cmocka_unit_test(one_row_again_takes_no_memory),
        cmocka_unit_test(bad_gradients_in_x_are_refused),
        cmocka_unit_test(bad_coordinates_are_refused),
        cmocka_unit_test(bad_gradients_in_parameters_are_refused),
        cmocka_unit_test(rows_with_noise_have_no_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
