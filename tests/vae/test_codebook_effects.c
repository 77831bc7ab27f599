/* What each option of a codebook does to digits that were kept back. */
#include "vae/fixture.h"

enum { TRAIN = 900, HELD = 800 };

static double *digits;

typedef struct outcome {
    double loss; /* of rows kept back */
    double reconstruction, kl, perplexity;
} outcome;

static genmod_data *part(size_t first, size_t n)
{
    genmod_data *const v = fixture_view(n, 64, digits + first * 64);
    assert_ok(genmod_data_set_scale(v, 1.0 / 16, 0, NULL));
    return v;
}

static double mean(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    return sum;
}

static outcome fitted(const char *options)
{
    static const char plan[] =
        "likelihood=bernoulli | encoder=dense 64; relu; dense 64; relu | "
        "code=16 | codebook=64 | epochs=25 | seed=1";
    static double elbo[HELD], reconstruction[HELD], kl[HELD];
    outcome o;
    genmod_data *const x = part(0, TRAIN), *const kept = part(TRAIN, HELD);
    char all[512];
    if (options)
        strcat(strcat(strcpy(all, plan), " | "), options);
    vae_model *const m = fixture_model(options ? all : plan);
    assert_ok(vae_fit(m, x, kept, NULL, NULL, NULL));
    assert_ok(
        vae_elbo(m, kept, 0, 1, sizeof elbo, elbo, reconstruction, kl, NULL));
    o.loss = fixture_number(m, VAE_REPORT_BEST_LOSS);
    o.perplexity = fixture_number(m, VAE_REPORT_PERPLEXITY);
    o.reconstruction = mean(HELD, reconstruction);
    o.kl = mean(HELD, kl);
    genmod_data_free(x);
    genmod_data_free(kept);
    vae_free(m);
    return o;
}

/* The bounds hold for seeds 0, 1 and 2, half of what lies between or less. */

static void more_vectors_cost_more_nats_and_lose_less(void **state)
{
    (void)state;
    const outcome few = fitted("codebook=8"), many = fitted(NULL);
    assert_true(many.reconstruction < few.reconstruction - 0.5);
    assert_true(many.kl > few.kl + 2);
    assert_true(few.perplexity <= 8);
}

static void narrow_vectors_cost_more_nats_and_lose_less(void **state)
{
    (void)state;
    const outcome wide = fitted("codebook_width=8");
    const outcome narrow = fitted("codebook_width=2");
    assert_true(narrow.reconstruction < wide.reconstruction - 0.8);
    assert_true(narrow.kl > 2 * wide.kl);
}

/* Without it the encoder's codes run away from their vectors. */
static void commitment_lets_more_vectors_be_used(void **state)
{
    (void)state;
    const outcome none = fitted("commitment=0"), some = fitted(NULL);
    assert_true(some.loss < none.loss - 0.1);
    assert_true(some.perplexity > none.perplexity + 5);
}

/* With few updates a short memory follows the codes as they move. */
static void a_short_memory_uses_more_vectors(void **state)
{
    (void)state;
    const outcome brief = fitted("codebook_decay=0.5");
    const outcome lasting = fitted("codebook_decay=0.99");
    assert_true(brief.perplexity > lasting.perplexity + 2.5);
}

static void restarts_bring_dead_vectors_into_use(void **state)
{
    (void)state;
    static const char plan[] =
        "likelihood=gaussian | standardise=0 | code=8 | epochs=15";
    char dead[128];
    strcat(strcpy(dead, plan), " | restart=0");
    const outcome none = fitted(dead), some = fitted(plan);
    assert_true(some.perplexity > 2 * none.perplexity);
    assert_true(some.loss < none.loss + 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_vectors_cost_more_nats_and_lose_less),
        cmocka_unit_test(narrow_vectors_cost_more_nats_and_lose_less),
        cmocka_unit_test(commitment_lets_more_vectors_be_used),
        cmocka_unit_test(a_short_memory_uses_more_vectors),
        cmocka_unit_test(restarts_bring_dead_vectors_into_use),
    };
    digits = fixture_read("digits.csv", TRAIN + HELD, 64);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(digits);
    return failed;
}
