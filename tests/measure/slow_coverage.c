/* What chance promises, over 1,000 seeds: p-values that are uniform where
 * nothing differs, and standard errors whose intervals hold. */
#include "measure/fixture.h"

#define SEEDS 1000

/* 0.05 of 1,000 has a deviation of 7, 0.2 one of 13. */
static void p_values_are_uniform_where_nothing_differs(void **state)
{
    (void)state;
    enum { m = 40, n = 25, d = 2 };
    static double a[m * d], b[n * d];
    genmod_data *const x = fixture_view(m, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    int below[2] = {0}, found = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double v, p, other;
        fixture_sample(m, d, 2 * seed, 0, a);
        fixture_sample(n, d, 2 * seed + 1, 0, b);
        assert_ok(genmod_sample_mmd(x, y, 0, 99, seed, &v, &p, NULL, NULL));
        fixture_sample(n, d, 2 * seed + 1, 1, b);
        assert_ok(genmod_sample_mmd(x, y, 0, 99, seed, &v, &other, NULL, NULL));
        below[0] += p <= 0.05;
        below[1] += p <= 0.2;
        found += other <= 0.05;
    }
    print_message("  p <= 0.05: %d, p <= 0.2: %d of %d; moved by 1: %d\n",
                  below[0], below[1], SEEDS, found);
    assert_true(below[0] >= 29 && below[0] <= 71);
    assert_true(below[1] >= 161 && below[1] <= 239);
    assert_true(found > 800);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* A moved sample, of which the mean over all directions is known. */
static void slices_hold_the_truth_as_often_as_they_say(void **state)
{
    (void)state;
    enum { n = 20, d = 30 };
    static double a[n * d], b[n * d];
    double want = 0;
    int held = 0;
    fixture_sample(n, d, 3, 0, a);
    for (size_t i = 0; i < n * d; i++)
        b[i] = a[i] + cos((double)(i % d));
    for (size_t c = 0; c < d; c++)
        want += cos((double)c) * cos((double)c) / d;
    genmod_data *const x = fixture_view(n, d, a);
    genmod_data *const y = fixture_view(n, d, b);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double v, error;
        assert_ok(genmod_sample_sliced_wasserstein(x, y, 300, seed, &v, &error,
                                                   NULL));
        held += fabs(v - want) <= 1.96 * error;
    }
    print_message("  sliced: %d of %d\n", held, SEEDS);
    assert_true(held >= 925 && held <= 970);
    genmod_data_free(y);
    genmod_data_free(x);
}

/* Of five neighbours: the bias of either sign is below the spread. */
static void neighbours_spread_as_the_guide_says(void **state)
{
    (void)state;
    enum { n = 2000, most = 4, seeds = 40 };
    static double a[n * most], b[n * most];
    for (size_t d = 1; d <= most; d += 3) {
        double sum = 0, square = 0;
        for (uint64_t seed = 0; seed < seeds; seed++) {
            double v;
            fixture_sample(n, d, 2 * seed, 0, a);
            fixture_sample(n, d, 2 * seed + 1, 1, b);
            genmod_data *const x = fixture_view(n, d, a);
            genmod_data *const y = fixture_view(n, d, b);
            assert_ok(genmod_sample_kl(x, y, 5, GENMOD_NATS, &v, NULL));
            sum += v / seeds;
            square += v * v / seeds;
            genmod_data_free(y);
            genmod_data_free(x);
        }
        print_message("  KL of %zu columns: mean %.3f, deviation %.3f\n", d,
                      sum, sqrt(square - sum * sum));
        assert_near(sum, d == 1 ? 0.485 : 0.424, 0.025);
    }
}

/* ---- quality ------------------------------------------------------------ */

/* What a call estimates, and how often 1.96 of its error hold it. */
typedef struct held {
    double truth; /* NAN: the mean over all seeds */
    double v[SEEDS], error[SEEDS];
} held;

static int count_held(held *h)
{
    double sum = 0;
    int n = 0;
    for (size_t i = 0; i < SEEDS; i++)
        sum += h->v[i] / SEEDS;
    const double truth = isnan(h->truth) ? sum : h->truth;
    for (size_t i = 0; i < SEEDS; i++)
        n += fabs(h->v[i] - truth) <= 1.96 * h->error[i];
    return n;
}

/* Rows of unit normals against others, moved and widened. */
static void pair(size_t n, size_t d, uint64_t seed, double shift, double scale,
                 double *a, double *b)
{
    fixture_sample(n, d, 2 * seed, 0, a);
    fixture_sample(n, d, 2 * seed + 1, 0, b);
    for (size_t i = 0; i < n * d; i++)
        b[i] = scale * b[i] + (i % d ? 0 : shift);
}

/* 950 of 1,000 have a deviation of 7; where nothing differs errors are too
 * large, and skew distributions of few rows take some off. */
static void frechet_and_kernel_intervals_hold_the_truth(void **state)
{
    (void)state;
    enum { n = 200, d = 4 };
    static double a[n * d], b[n * d];
    static held frechet[2], kid[2];
    int got[4];
    for (int far = 0; far < 2; far++) {
        const double m = far ? 1 : 0;
        frechet[far].truth = far ? 1 + d * 0.09 : 0;
        kid[far].truth =
            3 * m / d + 3 * m * m / (d * d) +
            (m * m * m + 6 * m * m + 3 * m * d + 6 * m) / (d * d * d);
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            genmod_data *const x = fixture_view(n, d, a);
            genmod_data *const y = fixture_view(n, d, b);
            pair(n, d, seed, m, far ? 1.3 : 1, a, b);
            assert_ok(genmod_sample_frechet(x, y, &frechet[far].v[seed], NULL,
                                            &frechet[far].error[seed], NULL));
            pair(n, d, seed, m, 1, a, b);
            assert_ok(genmod_sample_kid(x, y, &kid[far].v[seed],
                                        &kid[far].error[seed], NULL));
            genmod_data_free(y);
            genmod_data_free(x);
        }
        got[far] = count_held(&frechet[far]);
        got[2 + far] = count_held(&kid[far]);
    }
    print_message("  Frechet: %d apart, %d equal; kernel: %d apart, %d equal\n",
                  got[1], got[0], got[3], got[2]);
    assert_true(got[1] >= 920 && got[1] <= 975 && got[0] >= 940);
    assert_true(got[3] >= 900 && got[3] <= 975 && got[2] >= 940);
}

/* Errors of 8 batches: coverage's are small where it is high by chance. */
static void precision_and_coverage_intervals_hold_their_means(void **state)
{
    (void)state;
    enum { n = 300, d = 3 };
    static double a[n * d], b[n * d];
    static held of[4];
    for (size_t i = 0; i < 4; i++)
        of[i].truth = NAN;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double v[4], error[4];
        genmod_data *const x = fixture_view(n, d, a);
        genmod_data *const y = fixture_view(n, d, b);
        pair(n, d, seed, 0.7, 1, a, b);
        assert_ok(genmod_sample_prdc(x, y, 5, v, error, NULL, NULL));
        for (size_t i = 0; i < 4; i++) {
            of[i].v[seed] = v[i];
            of[i].error[seed] = error[i];
        }
        genmod_data_free(y);
        genmod_data_free(x);
    }
    for (size_t i = 0; i < 4; i++) {
        static const char *const name[] = {"precision", "recall", "density",
                                           "coverage"};
        const int got = count_held(&of[i]);
        print_message("  %s: %d of %d\n", name[i], got, SEEDS);
        assert_true(got >= (i < 3 ? 920 : 870) && got <= 995);
    }
}

/* Both are of counts, and small less often than they could be. */
static void tests_accuse_no_oftener_than_they_say(void **state)
{
    (void)state;
    enum { m = 150, n = 100, d = 3 };
    static double a[m * d], b[n * d], c[n * d];
    int copies = 0, nearest[2] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double out[3], p, q;
        fixture_sample(m, d, 3 * seed, 0, a);
        fixture_sample(n, d, 3 * seed + 1, 0, b);
        fixture_sample(n, d, 3 * seed + 2, 0, c);
        genmod_data *const x = fixture_view(m, d, a);
        genmod_data *const h = fixture_view(n, d, b);
        genmod_data *const y = fixture_view(n, d, c);
        assert_ok(genmod_sample_copies(x, h, y, out, NULL, &p, NULL));
        assert_ok(genmod_sample_nearest(x, y, out, NULL, NULL, &q, NULL));
        copies += p <= 0.05;
        nearest[0] += q <= 0.05;
        nearest[1] += q <= 0.2;
        genmod_data_free(y);
        genmod_data_free(h);
        genmod_data_free(x);
    }
    print_message("  p <= 0.05: copies %d, nearest %d; p <= 0.2: %d of %d\n",
                  copies, nearest[0], nearest[1], SEEDS);
    assert_true(copies <= 71);
    assert_true(nearest[0] >= 25 && nearest[0] <= 75);
    assert_true(nearest[1] >= 130 && nearest[1] <= 239);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frechet_and_kernel_intervals_hold_the_truth),
        cmocka_unit_test(precision_and_coverage_intervals_hold_their_means),
        cmocka_unit_test(tests_accuse_no_oftener_than_they_say),
        cmocka_unit_test(p_values_are_uniform_where_nothing_differs),
        cmocka_unit_test(slices_hold_the_truth_as_often_as_they_say),
        cmocka_unit_test(neighbours_spread_as_the_guide_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
