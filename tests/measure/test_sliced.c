/* The sliced Wasserstein distance. */
#include "measure/fixture.h"

#include "measure/internal.h"

static double sliced(const genmod_data *x, const genmod_data *y,
                     size_t directions, uint64_t seed, double *error)
{
    double v = NAN;
    assert_ok(genmod_sample_sliced_wasserstein(x, y, directions, seed, &v,
                                               error, NULL));
    return v;
}

/* Whole orthogonal bases give |c|^2 / d of a sample moved by c, without chance.
 */
static void a_moved_sample_is_as_far_as_it_was_moved(void **state)
{
    (void)state;
    enum { n = 400, d = 5 };
    static double a[n * d], b[n * d];
    double error = NAN, want = 0;
    fixture_sample(n, d, 3, 0, a);
    for (size_t i = 0; i < n * d; i++)
        b[i] = a[i] + (double)(i % d) - 1.5;
    for (size_t c = 0; c < d; c++)
        want += ((double)c - 1.5) * ((double)c - 1.5) / d;
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    assert_near(sliced(x, y, 30 * d, 1, &error), want, 1e-13);
    assert_near(error, 0, 1e-13);
    /* and 7 directions, one by one, are as far off as they say */
    const double few = sliced(x, y, 7, 1, &error);
    assert_near(few, want, 4 * error);
    assert_true(error > 0.01);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* Elsewhere the larger sample is thinned. On a line all directions agree. */
static void samples_of_different_sizes_meet_by_quantiles(void **state)
{
    (void)state;
    static const double a[] = {4, 0, 1}, b[] = {2, 7};
    genmod_data *const x = fixture_view(3, 1, a);
    genmod_data *const y = fixture_view(2, 1, b);
    double error = NAN;
    /* sixths: 0 0 1 1 4 4 against 2 2 2 7 7 7 */
    assert_near(sliced(x, y, 20, 1, &error), (4 + 4 + 1 + 36 + 9 + 9) / 6.0,
                1e-14);
    assert_near(error, 0, 1e-14);
    assert_near(sliced(y, x, 20, 1, NULL), sliced(x, y, 20, 1, NULL), 1e-14);
    genmod_data_free(y);
    genmod_data_free(x);
}

static void a_sample_has_no_distance_from_itself(void **state)
{
    (void)state;
    enum { n = 333, d = 3 };
    static double a[n * d], b[2 * n * d];
    fixture_sample(n, d, 3, 0, a);
    for (size_t i = 0; i < n; i++) {
        memcpy(b + i * d, a + (n - 1 - i) * d, d * sizeof *a);
        memcpy(b + (i + n) * d, a + i * d, d * sizeof *a);
    }
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(2 * n, d, b); /* each row twice */
    assert_true(sliced(x, x, 30, 1, NULL) == 0);
    assert_true(sliced(x, y, 30, 1, NULL) == 0);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* |mu|^2 / d of isotropic normals; mu is that of the samples. What the shapes
 * of two samples of 3,000 differ by adds some 0.002. */
static void moved_normals_have_their_known_distance(void **state)
{
    (void)state;
    enum { n = 3000, d = 8 };
    static double a[n * d], b[n * d];
    double moved = 0, error = NAN;
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(n, d, 5, 2, b);
    for (size_t i = 0; i < n; i++)
        moved += (b[i * d] - a[i * d]) / n;
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    const double v = sliced(x, y, 240, 1, &error);
    assert_near(v, moved * moved / d, 0.004);
    assert_true(error > 0 && error < 1e-3);
    genmod_data_free(y);
    genmod_data_free(x);
}

static void a_far_origin_costs_no_digits(void **state)
{
    (void)state;
    enum { n = 100, d = 3 };
    static double a[n * d], b[n * d];
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(n, d, 5, 1, b);
    for (size_t i = 0; i < n * d; i++) {
        a[i] = floor(a[i] * 0x1p20) * 0x1p-20;
        b[i] = floor(b[i] * 0x1p20) * 0x1p-20;
    }
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    const double near = sliced(x, y, 30, 1, NULL);
    for (size_t i = 0; i < n * d; i++) {
        a[i] += 0x1p30;
        b[i] += 0x1p30;
    }
    assert_true(sliced(x, y, 30, 1, NULL) == near);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* Powers of two round nothing; squares of the distances are no numbers here. */
static void distance_and_error_have_a_unit(void **state)
{
    (void)state;
    enum { n = 40, d = 3 };
    static const int power[] = {-400, 400};
    static double a[n * d], b[n * d];
    double error[2], v[2];
    fixture_sample(n, d, 3, 0, a);
    fixture_sample(n, d, 4, 0.5, b);
    genmod_data *const x = fixture_view(n, d, a), *const y =
                                                      fixture_view(n, d, b);
    v[0] = sliced(x, y, 20, 1, &error[0]);
    for (size_t i = 0; i < 2; i++) {
        const double unit = ldexp(1, power[i]);
        assert_ok(genmod_data_set_scale(x, unit, 0, NULL));
        assert_ok(genmod_data_set_scale(y, unit, 0, NULL));
        v[1] = sliced(x, y, 20, 1, &error[1]);
        assert_true(v[1] == ldexp(v[0], 2 * power[i]));
        assert_near(ldexp(error[1], -2 * power[i]), error[0], 1e-12 * error[0]);
    }
    genmod_data_free(y);
    genmod_data_free(x);
}

static void sorted_numbers_ascend(void **state)
{
    (void)state;
    static double x[1000], scratch[1000];
    uint64_t seed = 3;
    for (size_t n = 0; n < 1000; n = n * 3 / 2 + 1) {
        for (size_t i = 0; i < n; i++)
            x[i] = floor(20 * fixture_normal(&seed));
        measure_sort(n, x, scratch);
        for (size_t i = 1; i < n; i++)
            assert_true(x[i - 1] <= x[i]);
    }
}

/* ---- bits and refusals ----------------------------------------------------
 */

static int32_t call_sliced(const genmod_data *x, const genmod_data *y,
                           double *out, genmod_workspace *w)
{
    return genmod_sample_sliced_wasserstein(x, y, 33, 3, out, out + 1, w);
}

static void results_do_not_depend_on_threads_or_source(void **state)
{
    (void)state;
    fixture_check_bits(call_sliced);
}

static void bad_data_are_refused_by_name(void **state)
{
    (void)state;
    fixture_check_data(call_sliced);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_threads(1);
    static double a[10];
    static const double far[] = {1e200, -1e200};
    double out = 2.385;
    fixture_sample(10, 1, 3, 0, a);
    genmod_data *const x = fixture_view(10, 1, a);
    genmod_data *const wide = fixture_view(2, 1, far);
    assert_status(genmod_sample_sliced_wasserstein(x, x, 1, 1, &out, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "directions is 1; it must be from 2 to 65536");
    assert_status(
        genmod_sample_sliced_wasserstein(x, x, 65537, 1, &out, NULL, w),
        GENMOD_BAD_ARGUMENT, w);
    assert_status(genmod_sample_sliced_wasserstein(x, x, 9, 1, NULL, NULL, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "out is NULL");
    assert_status(
        genmod_sample_sliced_wasserstein(x, wide, 9, 1, &out, NULL, w),
        GENMOD_BREAKDOWN, w);
    assert_true(out == 2.385);
    genmod_data_free(wide);
    genmod_data_free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moved_sample_is_as_far_as_it_was_moved),
        cmocka_unit_test(samples_of_different_sizes_meet_by_quantiles),
        cmocka_unit_test(a_sample_has_no_distance_from_itself),
        cmocka_unit_test(moved_normals_have_their_known_distance),
        cmocka_unit_test(a_far_origin_costs_no_digits),
        cmocka_unit_test(distance_and_error_have_a_unit),
        cmocka_unit_test(sorted_numbers_ascend),
        cmocka_unit_test(results_do_not_depend_on_threads_or_source),
        cmocka_unit_test(bad_data_are_refused_by_name),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
