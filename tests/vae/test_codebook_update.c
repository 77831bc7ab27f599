/* One update of a model with a codebook, against a naive twin in doubles. */
#include "vae/fixture.h"

#include <float.h>

/* Places L of vectors of w numbers, K of them. */
enum { N = 24, D = 5, H = 4, L = 3, W = 2, Z = L * W, K = 7 };

static const char plan[] =
    "encoder=dense 4; tanh | decoder=dense 4; tanh | code=6 | codebook=7 | "
    "codebook_width=2 | codebook_decay=0.8 | commitment=0.6 | restart=0 | "
    "likelihood=gaussian | sigma=fixed | sigma_value=0.7 | standardise=0 | "
    "optimiser=sgd | momentum=0 | learning_rate=0.25 | batch_size=24 | seed=5";

/* What is trained, in the order of the names. */
typedef struct weights {
    double w0[D * H], b0[H], w1[H * Z], b1[Z];
    double w2[Z * H], b2[H], w3[H * D], b3[D];
} weights;

#define WEIGHTS (sizeof(weights) / sizeof(double))

static const char *const names[8] = {
    "encoder.0.weight", "encoder.0.bias", "encoder.2.weight", "encoder.2.bias",
    "decoder.0.weight", "decoder.0.bias", "decoder.2.weight", "decoder.2.bias"};

typedef struct state {
    union {
        weights of;
        double all[WEIGHTS];
    } v;
    double book[K * W], use[K], places[L * K];
} state;

typedef struct scene {
    double *x, weight[N];
    genmod_data *v;
    vae_model *m;
} scene;

static double *take(const vae_model *m, const char *name, double *to)
{
    size_t n;
    double *const v = fixture_params(m, name, &n);
    memcpy(to, v, n * sizeof *v);
    free(v);
    return to + n;
}

static void read_state(const vae_model *m, state *s)
{
    double *at = s->v.all;
    for (int i = 0; i < 8; i++)
        at = take(m, names[i], at);
    assert_true(at == s->v.all + WEIGHTS);
    take(m, "codebook.vectors", s->book);
    take(m, "codebook.use", s->use);
    take(m, "codebook.places", s->places);
}

static void open_scene(scene *s, const char *options)
{
    s->x = fixture_shares(N, D, 77);
    s->v = fixture_view(N, D, s->x);
    for (size_t i = 0; i < N; i++)
        s->weight[i] = i % 3 ? 1.0 + (double)(i % 5) / 4 : 0.5;
    assert_ok(genmod_data_set_weights(s->v, N, s->weight, NULL));
    s->m = fixture_model(plan);
    fixture_configure(s->m, options);
    assert_ok(vae_start(s->m, s->v, NULL));
}

static void close_scene(scene *s)
{
    vae_free(s->m);
    genmod_data_free(s->v);
    free(s->x);
}

/* ---- the twin ------------------------------------------------------------ */

/* y = x w + b, and its tanh. */
static void dense(size_t n, size_t m, const double *x, const double *w,
                  const double *b, int bent, double *y)
{
    for (size_t j = 0; j < m; j++) {
        y[j] = b[j];
        for (size_t i = 0; i < n; i++)
            y[j] += x[i] * w[i * m + j];
        y[j] = bent ? tanh(y[j]) : y[j];
    }
}

static void encode(const weights *w, const double *x, double *z)
{
    double h[H];
    dense(D, H, x, w->w0, w->b0, 1, h);
    dense(H, Z, h, w->w1, w->b1, 0, z);
}

static size_t nearest(const double *book, const double *z)
{
    size_t best = 0;
    double least = DBL_MAX;
    for (size_t k = 0; k < K; k++) {
        double apart = 0;
        for (size_t j = 0; j < W; j++)
            apart += (z[j] - book[k * W + j]) * (z[j] - book[k * W + j]);
        if (apart < least) {
            least = apart;
            best = k;
        }
    }
    return best;
}

/* -ln p(x | z) */
static double cost(const weights *w, const double *x, const double *z)
{
    const double sigma = 0.7, half_ln_2pi = 0.91893853320467274;
    double h[H], y[D], sum = 0;
    dense(Z, H, z, w->w2, w->b2, 1, h);
    dense(H, D, h, w->w3, w->b3, 0, y);
    for (size_t j = 0; j < D; j++) {
        const double e = (x[j] - y[j]) / sigma;
        sum += e * e / 2 + log(sigma) + half_ln_2pi;
    }
    return sum;
}

static double mean_weight(const scene *s)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += s->weight[i];
    return sum / N;
}

/* The codes as they were, and what they were quantised to. */
typedef struct coded {
    double z[N * Z], q[N * Z];
    size_t index[N * L];
} coded;

static void quantise(const scene *s, const state *at, coded *c)
{
    for (size_t i = 0; i < N; i++) {
        encode(&at->v.of, s->x + i * D, c->z + i * Z);
        for (size_t l = 0; l < L; l++) {
            const size_t k = nearest(at->book, c->z + i * Z + l * W);
            c->index[i * L + l] = k;
            memcpy(c->q + i * Z + l * W, at->book + k * W, W * sizeof *c->q);
        }
    }
}

/* The loss where vectors, and what quantising adds, stay as they were: its
 * gradient is that of the straight-through estimator. */
static double loss_at(const scene *s, const weights *w, const coded *was,
                      double commitment)
{
    const double mean = mean_weight(s);
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        double z[Z], moved[Z], apart = 0;
        encode(w, s->x + i * D, z);
        for (size_t j = 0; j < Z; j++) {
            const size_t at = i * Z + j;
            moved[j] = z[j] + (was->q[at] - was->z[at]);
            apart += (z[j] - was->q[at]) * (z[j] - was->q[at]);
        }
        sum += s->weight[i] / mean *
               (cost(w, s->x + i * D, moved) + commitment * apart);
    }
    return sum / N;
}

/* The updates of the paper's appendix A.1, as they stand there. */
static void follow(const scene *s, state *at, const coded *c)
{
    const double decay = 0.8, mean = mean_weight(s);
    double sums[K * W], n[K] = {0};
    for (size_t i = 0; i < K * W; i++)
        sums[i] = at->use[i / W] * at->book[i] * decay;
    for (size_t i = 0; i < L * K; i++)
        at->places[i] *= decay;
    for (size_t i = 0; i < N * L; i++) {
        const size_t k = c->index[i];
        const double weight = s->weight[i / L] / mean;
        n[k] += weight;
        at->places[i % L * K + k] += weight;
        for (size_t j = 0; j < W; j++)
            sums[k * W + j] += weight * c->z[i * W + j];
    }
    for (size_t k = 0; k < K; k++) {
        at->use[k] = decay * at->use[k] + n[k];
        for (size_t j = 0; j < W && at->use[k] > 0; j++)
            at->book[k * W + j] = sums[k * W + j] / at->use[k];
    }
}

/* ---- the tests ----------------------------------------------------------- */

static void check_near(size_t n, const double *a, const double *b, double bound)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i] - b[i]) <= bound))
            fail_msg("number %zu is %.9g, not %.9g", i, a[i], b[i]);
}

/* Floats of size 3 at most, and sums of 72 of them. */
static void an_update_moves_the_codebook_as_the_paper_does(void **unused)
{
    (void)unused;
    scene s;
    state was, now;
    coded c;
    open_scene(&s, NULL);
    for (int step = 0; step < 6; step++) {
        read_state(s.m, &was);
        quantise(&s, &was, &c);
        follow(&s, &was, &c);
        assert_ok(vae_step(s.m, s.v, NULL));
        read_state(s.m, &now);
        check_near(K * W, now.book, was.book, 3e-6);
        check_near(K, now.use, was.use, 3e-5);
        check_near(L * K, now.places, was.places, 3e-5);
    }
    close_scene(&s);
}

static void the_loss_is_that_of_the_paper(void **unused)
{
    (void)unused;
    scene s;
    state was;
    coded c;
    open_scene(&s, NULL);
    for (int step = 0; step < 3; step++) {
        read_state(s.m, &was);
        quantise(&s, &was, &c);
        assert_ok(vae_step(s.m, s.v, NULL));
        assert_near(fixture_number(s.m, VAE_REPORT_LOSS),
                    loss_at(&s, &was.v.of, &c, 0.6), 1e-5);
    }
    close_scene(&s);
}

/* Of a pass of one minibatch, by the weights of its rows. */
static void perplexity_is_that_of_the_vectors_in_the_pass(void **unused)
{
    (void)unused;
    scene s;
    state was;
    coded c;
    open_scene(&s, NULL);
    for (int step = 0; step < 3; step++) {
        double n[K] = {0}, all = 0, entropy = 0;
        read_state(s.m, &was);
        quantise(&s, &was, &c);
        assert_ok(vae_step(s.m, s.v, NULL));
        for (size_t i = 0; i < N * L; i++) {
            n[c.index[i]] += s.weight[i / L];
            all += s.weight[i / L];
        }
        for (size_t k = 0; k < K; k++)
            entropy -= n[k] > 0 ? n[k] / all * log(n[k] / all) : 0;
        assert_near(fixture_number(s.m, VAE_REPORT_PERPLEXITY), exp(entropy),
                    1e-5);
        assert_true(isnan(fixture_number(s.m, VAE_REPORT_BETA)));
    }
    close_scene(&s);
}

/* Descent by plain steps tells the gradient: to 1e-7 of weights up to 1 over a
 * rate of 1/4. Central differences with steps of 1e-4 are wrong by 1e-8. */
static void check_gradient(const char *options, double commitment)
{
    scene s;
    state was, now;
    coded c;
    double most = 0;
    open_scene(&s, options);
    assert_ok(vae_step(s.m, s.v, NULL));
    read_state(s.m, &was);
    quantise(&s, &was, &c);
    assert_ok(vae_step(s.m, s.v, NULL));
    read_state(s.m, &now);
    for (size_t i = 0; i < WEIGHTS; i++) {
        const double w = was.v.all[i], step = 1e-4;
        was.v.all[i] = w + step;
        double slope = loss_at(&s, &was.v.of, &c, commitment);
        was.v.all[i] = w - step;
        slope = (slope - loss_at(&s, &was.v.of, &c, commitment)) / (2 * step);
        was.v.all[i] = w;
        assert_near((w - now.v.all[i]) / 0.25, slope, 3e-6);
        most = fabs(slope) > most ? fabs(slope) : most;
    }
    assert_true(most > 0.05);
    close_scene(&s);
}

static void the_gradient_goes_straight_through(void **unused)
{
    (void)unused;
    check_gradient(NULL, 0.6);
    check_gradient("commitment=0", 0);
}

/* Of the same rows in one minibatch or as weights: the sums are the same. */
static void a_row_of_weight_two_counts_as_two_rows(void **unused)
{
    (void)unused;
    scene s, t;
    state a, b;
    double *const twice = fixture_take((N + 2) * D, sizeof *twice);
    open_scene(&s, NULL);
    for (size_t i = 0; i < N; i++)
        s.weight[i] = i == 3 || i == 8 ? 2 : 1;
    assert_ok(genmod_data_set_weights(s.v, N, s.weight, NULL));
    memcpy(twice, s.x, N * D * sizeof *twice);
    memcpy(twice + N * D, s.x + 3 * D, D * sizeof *twice);
    memcpy(twice + (N + 1) * D, s.x + 8 * D, D * sizeof *twice);
    open_scene(&t, "batch_size=26");
    genmod_data_free(t.v);
    t.v = fixture_view(N + 2, D, twice);
    assert_ok(vae_start(s.m, s.v, NULL));
    assert_ok(vae_start(t.m, t.v, NULL));
    assert_ok(vae_step(s.m, s.v, NULL));
    assert_ok(vae_step(t.m, t.v, NULL));
    read_state(s.m, &a);
    read_state(t.m, &b);
    check_near(K * W, a.book, b.book, 1e-5);
    for (size_t i = 0; i < K; i++)
        assert_near(a.use[i] * (N + 2) / N, b.use[i], 1e-4);
    free(twice);
    close_scene(&s);
    close_scene(&t);
}

/* What stands for nothing stays, to the bit, and no use of 0 divides. */
static void a_vector_without_codes_stays_as_it_was(void **unused)
{
    (void)unused;
    scene s;
    state was, now;
    open_scene(&s, "codebook_decay=0");
    double far[K * W];
    read_state(s.m, &was);
    memcpy(far, was.book, sizeof far);
    far[2 * W] = 91.7;
    far[5 * W + 1] = -83.1;
    assert_ok(vae_set_params(s.m, "codebook.vectors", K * W, far, NULL));
    read_state(s.m, &was);
    assert_ok(vae_step(s.m, s.v, NULL));
    assert_ok(vae_step(s.m, s.v, NULL));
    read_state(s.m, &now);
    for (size_t k = 2; k <= 5; k += 3) {
        assert_true(now.use[k] == 0);
        assert_memory_equal(now.book + k * W, was.book + k * W,
                            W * sizeof *now.book);
    }
    close_scene(&s);
}

/* A vector far from all codes becomes one of the minibatch's, with even use; a
 * row of hardly any weight gives none. */
static void a_dead_vector_becomes_a_code_of_the_minibatch(void **unused)
{
    (void)unused;
    scene s;
    state was, now;
    coded c;
    double even = 0;
    open_scene(&s, "restart=0.05");
    for (size_t i = 0; i < N; i++)
        s.weight[i] = i % 2 ? 1.3 : 1e-30;
    assert_ok(genmod_data_set_weights(s.v, N, s.weight, NULL));
    assert_ok(vae_start(s.m, s.v, NULL));
    read_state(s.m, &was);
    for (size_t k = 1; k < K; k++)
        was.book[k * W] = 50 + (double)k;
    assert_ok(vae_set_params(s.m, "codebook.vectors", K * W, was.book, NULL));
    quantise(&s, &was, &c);
    assert_ok(vae_step(s.m, s.v, NULL));
    read_state(s.m, &now);
    for (size_t l = 0; l < L; l++)
        even += now.places[l * K] / K;
    for (size_t k = 1; k < K; k++) {
        double least = DBL_MAX;
        for (size_t i = 0; i < N * L; i++) {
            const double u = now.book[k * W] - c.z[i * W];
            const double v = now.book[k * W + 1] - c.z[i * W + 1];
            if (i / L % 2 && u * u + v * v < least)
                least = u * u + v * v;
        }
        assert_true(least < 1e-10);
        assert_near(now.use[k], even, 1e-4);
    }
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_moves_the_codebook_as_the_paper_does),
        cmocka_unit_test(the_loss_is_that_of_the_paper),
        cmocka_unit_test(perplexity_is_that_of_the_vectors_in_the_pass),
        cmocka_unit_test(the_gradient_goes_straight_through),
        cmocka_unit_test(a_row_of_weight_two_counts_as_two_rows),
        cmocka_unit_test(a_vector_without_codes_stays_as_it_was),
        cmocka_unit_test(a_dead_vector_becomes_a_code_of_the_minibatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
