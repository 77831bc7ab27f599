/* The same bits for any number of threads, and again. */
#include "ae/fixture.h"
#include "ae/internal.h"
#include "model/life.h"

#define STEPS 100

static const double *rows;
static size_t n_rows, n_columns;

static genmod_data *view(void)
{
    return fixture_view(n_rows, n_columns, rows);
}

static life life_of(const char *options, size_t n, size_t d, const double *x)
{
    rows = x;
    n_rows = n;
    n_columns = d;
    return (life){.family = &ae_family,
                  .bytes = sizeof(ae_model),
                  .options = options,
                  .view = view};
}

static void check_threads(const char *options, size_t n, size_t d,
                          const double *x, const char *kernels)
{
    const life f = life_of(options, n, d, x);
    life_check_threads(&f, STEPS, kernels);
}

static fixture_bytes trained(const char *options, size_t n, size_t d,
                             const double *x)
{
    const life f = life_of(options, n, d, x);
    return life_trained(&f, STEPS, 1, NULL);
}

static void dense_training_has_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    double *const x = fixture_read("digits.csv", 700, 64);
    check_threads("encoder=dense 96; tanh; dense 48; relu; dense 11 | "
                  "corruption=gaussian | validation=0.1 | batch_size=64 | "
                  "average=0.98 | clip_norm=3",
                  700, 64, x, NULL);
    free(x);
}

static void
convolutional_training_has_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    double *const x = fixture_read("digits.csv", 300, 64);
    check_threads("input=1x8x8 | encoder=conv 8 k3 s1 p1; batchnorm; relu; "
                  "dropout 0.2; conv 12 k4 s2 p1; batchnorm; relu; dense 9 | "
                  "batch_size=50 | corruption=masking",
                  300, 64, x, NULL);
    free(x);
}

static void penalties_have_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    double *const x = fixture_read("digits.csv", 200, 64);
    check_threads("encoder=dense 40; tanh; dense 11; sigmoid | sparsity=0.5 | "
                  "contraction=0.3 | corruption=masking | emphasis=0.7 | "
                  "batch_size=70",
                  200, 64, x, NULL);
    check_threads("input=1x8x8 | encoder=conv 4 k3 s2 p1; tanh; dense 9 | "
                  "sparsity=0.5 | sparsity_kind=l1 | contraction=0.3 | "
                  "contraction_probes=3 | batch_size=40",
                  200, 64, x, NULL);
    free(x);
}

/* The oldest set of this machine is another provider of matrix products. */
static void
training_by_other_kernels_has_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    double *const x = fixture_read("digits.csv", 300, 64);
    check_threads("encoder=dense 96; relu; dense 40 | batch_size=75 | "
                  "optimiser=rmsprop",
                  300, 64, x, "generic");
    free(x);
}

/* A host's threads that do nothing once `left` rounds of work are over. */
static int32_t give_up(size_t n, genmod_task task, void *arg, void *user)
{
    size_t *const left = user;
    if (!*left)
        return -1;
    --*left;
    for (size_t i = 0; i < n; i++)
        (void)task(i, arg);
    return 0;
}

static fixture_bytes fitted(const genmod_data *v, size_t *left)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    if (left)
        assert_ok(genmod_context_set_parallel_for(c, 2, give_up, left));
    assert_ok(genmod_workspace_new(c, &w));
    ae_model *const m = fixture_model("encoder=dense 96; relu; dense 8 | "
                                      "batch_size=128 | epochs=2");
    assert_status(ae_fit(m, v, NULL, NULL, NULL, w), GENMOD_OK, w);
    const fixture_bytes b = fixture_checkpoint(m);
    ae_free(m);
    genmod_workspace_free(w);
    genmod_context_free(c);
    return b;
}

static void a_host_that_gives_up_changes_no_bit(void **state)
{
    (void)state;
    double *const x = fixture_read("digits.csv", 512, 64);
    genmod_data *const v = fixture_view(512, 64, x);
    const fixture_bytes one = fitted(v, NULL);
    for (size_t rounds = 0; rounds < 16; rounds += 5) {
        size_t left = rounds;
        const fixture_bytes b = fitted(v, &left);
        assert_int_equal(left, 0);
        if (!fixture_same(one, b))
            fail_msg("other bits after %zu rounds", rounds);
        free(b.p);
    }
    free(one.p);
    genmod_data_free(v);
    free(x);
}

static void seeds_and_repetitions_decide_the_bits(void **state)
{
    (void)state;
    double *const x = fixture_invent(90, 5, 4);
    const char *const seven = "code=2 | batch_size=20 | seed=7";
    const fixture_bytes a = trained(seven, 90, 5, x);
    const fixture_bytes b = trained(seven, 90, 5, x);
    const fixture_bytes c =
        trained("code=2 | batch_size=20 | seed=8", 90, 5, x);
    assert_true(fixture_same(a, b));
    assert_false(fixture_same(a, c));
    free(a.p);
    free(b.p);
    free(c.p);
    free(x);
}

/* Labels are not looked at; weights are. */
static void labels_change_no_bit(void **state)
{
    (void)state;
    enum { N = 90, D = 5 };
    double *const x = fixture_invent(N, D, 4), weights[N];
    int32_t labels[N];
    ae_model *m[3];
    fixture_bytes b[3];
    for (size_t i = 0; i < N; i++) {
        labels[i] = (int32_t)(i * i % 7) - 1;
        weights[i] = i % 4 ? 1 : 2.385;
    }
    for (int i = 0; i < 3; i++) {
        genmod_data *const v = fixture_view(N, D, x);
        if (i == 1)
            assert_ok(genmod_data_set_labels(v, N, labels, NULL));
        if (i == 2)
            assert_ok(genmod_data_set_weights(v, N, weights, NULL));
        m[i] = fixture_model("code=2 | batch_size=20 | epochs=4");
        assert_ok(ae_fit(m[i], v, NULL, NULL, NULL, NULL));
        b[i] = fixture_checkpoint(m[i]);
        genmod_data_free(v);
    }
    assert_true(fixture_same(b[0], b[1]));
    assert_false(fixture_same(b[0], b[2]));
    for (int i = 0; i < 3; i++) {
        ae_free(m[i]);
        free(b[i].p);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_training_has_the_same_bits_for_any_threads),
        cmocka_unit_test(
            convolutional_training_has_the_same_bits_for_any_threads),
        cmocka_unit_test(penalties_have_the_same_bits_for_any_threads),
        cmocka_unit_test(
            training_by_other_kernels_has_the_same_bits_for_any_threads),
        cmocka_unit_test(a_host_that_gives_up_changes_no_bit),
        cmocka_unit_test(seeds_and_repetitions_decide_the_bits),
        cmocka_unit_test(labels_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
