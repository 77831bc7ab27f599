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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_values_are_uniform_where_nothing_differs),
        cmocka_unit_test(slices_hold_the_truth_as_often_as_they_say),
        cmocka_unit_test(neighbours_spread_as_the_guide_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
