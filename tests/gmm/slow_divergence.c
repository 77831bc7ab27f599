/* What a standard error promises: of 1,000 seeds, the intervals of 1.96 of them
 * hold the true value about 950 times. */
#include "genmod/measure.h"
#include "gmm/fixture.h"

#define SEEDS 1000

static gmm_model *line(size_t k, const double *w, const double *mean,
                       const double *variance)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, (int64_t)k, NULL));
    assert_ok(gmm_new(c, &m, NULL));
    assert_ok(gmm_set_params(m, k, 1, w, mean, k, variance, NULL));
    genmod_config_free(c);
    return m;
}

/* want [4]: KL, JS, cross-entropy, entropy. */
static void check(const char *name, gmm_model *f, gmm_model *g,
                  const double *want)
{
    static const int place[] = {GMM_KL, GMM_JS, GMM_CROSS_ENTROPY, GMM_ENTROPY};
    int held[4] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double v[GMM_DIVERGENCES];
        assert_ok(gmm_divergence(f, g, seed, 2000, GENMOD_NATS, GMM_DIVERGENCES,
                                 v, NULL, NULL));
        for (int i = 0; i < 4; i++)
            held[i] += fabs(v[place[i]] - want[i]) <= 1.96 * v[place[i] + 1];
    }
    print_message("  %s: KL %d, JS %d, cross-entropy %d, entropy %d of %d\n",
                  name, held[0], held[1], held[2], held[3], SEEDS);
    for (int i = 0; i < 4; i++)
        assert_true(held[i] >= 930 && held[i] <= 970);
    gmm_free(g);
    gmm_free(f);
}

static void intervals_hold_the_truth_as_often_as_they_say(void **state)
{
    (void)state;
    static const double half[] = {0.5, 0.5}, apart[] = {-2, 2}, unit[] = {1, 1};
    static const double one[] = {1}, zero[] = {0}, five[] = {5};
    static const double w[] = {0.3, 0.7}, m[] = {-1, 2}, v[] = {0.25, 1};
    static const double u[] = {0.6, 0.4}, n[] = {-0.5, 2.5}, t[] = {0.5, 0.8};
    const double first[] = {0.17199876248018, 0.04618248576280,
                            2.22365748942172, 2.05165872694154};
    /* the entropy by genmod_density_entropy(), to 1e-12 */
    const double second[] = {0.17175584667625, 0.04370118055147,
                             0.17175584667625 + 1.75910301789797,
                             1.75910301789797};
    check("two against one", line(2, half, apart, unit),
          line(1, one, zero, five), first);
    check("two against two", line(2, w, m, v), line(2, u, n, t), second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_hold_the_truth_as_often_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
