/* What a model with a codebook promises. */
#include "model/life.h"
#include "vae/internal.h"
#include "vae/rows.h"

static rows_table table;
static double *digits;

enum { DIGITS = 120 };

static genmod_data *table_view(void)
{
    return rows_view(&table);
}

/* Greys from 0 to 16, as shares. */
static genmod_data *digits_view(void)
{
    genmod_data *const v = fixture_view(DIGITS, 64, digits);
    assert_ok(genmod_data_set_scale(v, 1.0 / 16, 0, NULL));
    return v;
}

/* A trained model of the digits: 4 places of 16 vectors of 2. */
#define SMALL                                                        \
    "likelihood=bernoulli | encoder=dense 24; relu | codebook=16 | " \
    "codebook_width=2 | code=8 | batch_size=40 | epochs=8"

enum { Z = 8, W = 2, L = 4, K = 16 };

typedef struct scene {
    genmod_data *v;
    vae_model *m;
} scene;

static void open_scene(scene *s, const char *options)
{
    s->v = digits_view();
    s->m = fixture_model(options);
    assert_ok(vae_fit(s->m, s->v, NULL, NULL, NULL, NULL));
}

static void close_scene(scene *s)
{
    vae_free(s->m);
    genmod_data_free(s->v);
}

/* ---- options ------------------------------------------------------------- */

static void refused(const char *options, const char *part)
{
    genmod_workspace *const w = fixture_workspace(1, NULL);
    genmod_config *const c = fixture_config(options);
    vae_model *m = NULL;
    assert_status(vae_new(c, &m, w), GENMOD_BAD_ARGUMENT, w);
    assert_null(m);
    assert_error_names(w, part);
    genmod_config_free(c);
    genmod_workspace_free(w);
}

static void what_gaussian_codes_want_is_refused(void **state)
{
    (void)state;
    refused("codebook=8 | prior=mixture", "\"prior\"");
    refused("codebook=8 | prior=vamp", "\"prior\"");
    refused("codebook=8 | objective=iwae", "\"objective\"");
    refused("codebook=8 | gradient=stl", "\"gradient\"");
    refused("codebook=8 | samples=2", "\"samples\"");
    refused("codebook=8 | beta=0.5", "\"beta\"");
    refused("codebook=8 | free_bits=0.1", "\"free_bits\"");
    refused("codebook=8 | capacity=3", "\"capacity\"");
    refused("codebook=8 | mmd=1", "\"mmd\"");
}

static void a_code_is_whole_vectors(void **state)
{
    (void)state;
    refused("codebook=8 | codebook_width=3 | code=7", "\"codebook_width\"");
    refused("codebook=65536 | codebook_width=1 | code=512 | input=64",
            "512 places");
    vae_model *const m = fixture_model("codebook=8 | codebook_width=3 | "
                                       "input=9 | likelihood=gaussian");
    vae_model *const plain = fixture_model("codebook_width=3 | code=7");
    double *const x = fixture_invent(20, 9, 3);
    genmod_data *const v = fixture_view(20, 9, x);
    assert_ok(vae_start(m, v, NULL));
    assert_int_equal(vae_code_size(m), 6); /* half of 9, and one more */
    genmod_data_free(v);
    free(x);
    vae_free(m);
    vae_free(plain);
}

/* ---- codes --------------------------------------------------------------- */

static float *encoded(const scene *s)
{
    float *const z = fixture_take(DIGITS, Z * sizeof *z);
    assert_ok(vae_encode(s->m, s->v, GENMOD_F32, DIGITS * Z * sizeof *z, z,
                         NULL, NULL));
    return z;
}

static int is_vector(const double *book, const float *z)
{
    for (size_t k = 0; k < K; k++)
        if ((float)book[k * W] == z[0] && (float)book[k * W + 1] == z[1])
            return 1;
    return 0;
}

static void codes_are_vectors_of_the_codebook(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, SMALL);
    float *const z = encoded(&s), *const drawn = fixture_take(DIGITS * Z, 4);
    double *const book = fixture_params(s.m, "codebook.vectors", NULL);
    for (size_t i = 0; i < DIGITS * L; i++)
        assert_true(is_vector(book, z + i * W));
    assert_ok(vae_encode_sample(s.m, s.v, 9, GENMOD_F32, DIGITS * Z * sizeof *z,
                                drawn, NULL));
    assert_memory_equal(drawn, z, DIGITS * Z * sizeof *z);
    free(z);
    free(drawn);
    free(book);
    close_scene(&s);
}

static void rows_come_back_by_way_of_their_vectors(void **state)
{
    (void)state;
    enum { CELLS = DIGITS * 64 };
    scene s;
    open_scene(&s, SMALL);
    float *const z = encoded(&s);
    double *const a = fixture_take(CELLS, sizeof *a);
    double *const b = fixture_take(CELLS, sizeof *b);
    double *const path = fixture_take(3 * CELLS, sizeof *path);
    const size_t bytes = CELLS * sizeof *a;
    genmod_data *codes = NULL;
    assert_ok(genmod_data_new(&codes, NULL));
    assert_ok(
        genmod_data_set_rows(codes, GENMOD_F32, DIGITS, Z, z, 0, 0, NULL));
    assert_ok(
        vae_decode(s.m, codes, GENMOD_MEAN, 0, GENMOD_F64, bytes, a, NULL));
    assert_ok(
        vae_reconstruct(s.m, s.v, GENMOD_MEAN, 0, GENMOD_F64, bytes, b, NULL));
    assert_memory_equal(a, b, bytes);
    assert_ok(vae_interpolate(s.m, s.v, s.v, 3, GENMOD_LINEAR, GENMOD_F64,
                              3 * bytes, path, NULL));
    for (size_t i = 0; i < DIGITS; i++)
        assert_memory_equal(path + 3 * i * 64, b + i * 64, 64 * sizeof *b);
    genmod_data_free(codes);
    free(z);
    free(a);
    free(b);
    free(path);
    close_scene(&s);
}

static void what_wants_a_density_of_codes_is_unsupported(void **state)
{
    (void)state;
    const life f = {.family = &vae_family,
                    .bytes = sizeof(vae_model),
                    .options = "codebook=8 | codebook_width=1 | code=2 | "
                               "missing=1 | epochs=1",
                    .view = table_view};
    vae_model *const m = life_model(&f);
    genmod_workspace *const w = fixture_workspace(1, NULL);
    genmod_data *const v = table_view();
    const size_t bytes = table.n * ROWS_D * sizeof(double);
    double *const out = fixture_take(bytes, 1);
    double *const more = fixture_take(bytes, 1);
    assert_status(vae_fit(m, v, NULL, NULL, NULL, w), GENMOD_OK, w);
    assert_status(vae_encode(m, v, GENMOD_F64, bytes, out, more, w),
                  GENMOD_UNSUPPORTED, w);
    assert_error_names(w, "log_variance");
    assert_status(vae_log_weights(m, v, 1, 0, 2, bytes, out, w),
                  GENMOD_UNSUPPORTED, w);
    assert_error_names(w, "\"codebook\"");
    assert_status(vae_log_likelihood(m, v, 1, 2, bytes, out, NULL, w),
                  GENMOD_UNSUPPORTED, w);
    assert_status(
        vae_impute(m, v, GENMOD_MEAN, 1, 2, GENMOD_F64, bytes, out, w),
        GENMOD_UNSUPPORTED, w);
    for (size_t i = 0; i < bytes / sizeof *out; i++)
        assert_true(out[i] == 0 && more[i] == 0);
    assert_status(
        vae_reconstruct(m, v, GENMOD_DRAW, 1, GENMOD_F64, bytes, out, w),
        GENMOD_OK, w);
    free(out);
    free(more);
    genmod_data_free(v);
    genmod_workspace_free(w);
    vae_free(m);
}

/* ---- the bound ----------------------------------------------------------- */

/* ln p_l(k): counts and a half. */
static double log_share(const double *places, size_t k)
{
    double all = 0;
    for (size_t i = 0; i < K; i++)
        all += places[i] + 0.5;
    return log((places[k] + 0.5) / all);
}

static size_t number_of(const double *book, const float *z)
{
    size_t k = 0;
    while (k < K - 1 &&
           ((float)book[k * W] != z[0] || (float)book[k * W + 1] != z[1]))
        k++;
    return k;
}

static void kl_is_what_the_prior_of_the_vectors_costs(void **state)
{
    (void)state;
    double elbo[DIGITS], other[DIGITS], r[DIGITS], kl[DIGITS], odd[DIGITS];
    scene s;
    open_scene(&s, SMALL);
    float *const z = encoded(&s);
    double *const book = fixture_params(s.m, "codebook.vectors", NULL);
    double *const places = fixture_params(s.m, "codebook.places", NULL);
    assert_ok(vae_elbo(s.m, s.v, 1, 1, sizeof elbo, elbo, r, kl, NULL));
    assert_ok(vae_elbo(s.m, s.v, 2, 50, sizeof elbo, other, NULL, NULL, NULL));
    assert_ok(vae_anomaly(s.m, s.v, sizeof odd, odd, NULL));
    assert_memory_equal(elbo, other, sizeof elbo);
    for (size_t i = 0; i < DIGITS; i++) {
        double want = 0;
        for (size_t l = 0; l < L; l++)
            want -=
                log_share(places + l * K, number_of(book, z + i * Z + l * W));
        assert_near(kl[i], want, 1e-5); /* floats of size 12 */
        assert_near(elbo[i], -r[i] - kl[i], 1e-12 * r[i]);
        assert_near(odd[i], r[i] + kl[i], 1e-12 * r[i]);
    }
    free(z);
    free(book);
    free(places);
    close_scene(&s);
}

/* With 3 binary columns, 2 places and 3 vectors all codes and all rows can be
 * gone through: the probabilities of rows have the sum 1, and none is below its
 * bound. */
static void the_bound_is_below_the_likelihood_of_each_row(void **state)
{
    (void)state;
    enum { ROWS = 8, COLUMNS = 3, CODES = 9 };
    double x[ROWS * COLUMNS], bound[ROWS], p[ROWS] = {0}, all = 0;
    double rows[CODES * COLUMNS], z[CODES * 2], train[60 * COLUMNS];
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        x[i] = (double)(i / COLUMNS >> i % COLUMNS & 1);
    for (size_t i = 0; i < 60; i++)
        memcpy(train + i * COLUMNS, x + i * i % 7 * COLUMNS,
               COLUMNS * sizeof *x);
    genmod_data *const v = fixture_view(ROWS, COLUMNS, x);
    genmod_data *const t = fixture_view(60, COLUMNS, train);
    vae_model *const m = fixture_model(
        "likelihood=bernoulli | encoder=dense 9; tanh | code=2 | codebook=3 | "
        "codebook_width=1 | batch_size=20 | epochs=30");
    assert_ok(vae_fit(m, t, NULL, NULL, NULL, NULL));
    double *const book = fixture_params(m, "codebook.vectors", NULL);
    double *const places = fixture_params(m, "codebook.places", NULL);
    for (size_t i = 0; i < CODES; i++) {
        z[2 * i] = book[i / 3];
        z[2 * i + 1] = book[i % 3];
    }
    genmod_data *const codes = fixture_view(CODES, 2, z);
    assert_ok(vae_decode(m, codes, GENMOD_MEAN, 0, GENMOD_F64, sizeof rows,
                         rows, NULL));
    for (size_t i = 0; i < CODES; i++) {
        double prior = 1;
        for (size_t l = 0; l < 2; l++) {
            const double *const n = places + l * 3;
            prior *= (n[l ? i % 3 : i / 3] + 0.5) / (n[0] + n[1] + n[2] + 1.5);
        }
        for (size_t r = 0; r < ROWS * COLUMNS; r += COLUMNS) {
            double each = prior;
            for (size_t j = 0; j < COLUMNS; j++)
                each *= x[r + j] != 0 ? rows[i * COLUMNS + j]
                                      : 1 - rows[i * COLUMNS + j];
            p[r / COLUMNS] += each;
        }
    }
    assert_ok(vae_elbo(m, v, 0, 1, sizeof bound, bound, NULL, NULL, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(bound[i] <= log(p[i]) + 1e-5);
        all += p[i];
    }
    assert_near(all, 1, 1e-5);
    genmod_data_free(v);
    genmod_data_free(t);
    genmod_data_free(codes);
    free(book);
    free(places);
    vae_free(m);
}

/* ---- samples ------------------------------------------------------------- */

/* How far the columns' means of two sets of rows are apart. */
static double means_apart(size_t n, const double *x, size_t m, const double *y)
{
    double apart = 0;
    for (size_t j = 0; j < 2; j++) {
        double a = 0;
        for (size_t i = 0; i < n; i++)
            a += x[2 * i + j] / (double)n;
        for (size_t i = 0; i < m; i++)
            a -= y[2 * i + j] / (double)m;
        apart += fabs(a);
    }
    return apart;
}

/* Four clumps, of 70, 20, 7 and 3 rows in a hundred. */
static void samples_are_more_like_the_data_than_even_vectors(void **state)
{
    (void)state;
    enum { ROWS = 200, N = 3000, VECTORS = 4 };
    double x[2 * ROWS], even[2 * VECTORS];
    double *const rows = fixture_take(N, 2 * sizeof *rows);
    for (size_t i = 0; i < ROWS; i++) {
        const size_t at = i % 100;
        x[2 * i] = at < 20 ? 4.2 : at < 23 ? 3.8 : 0;
        x[2 * i + 1] = at >= 20 && at < 30 ? 3.9 : 0;
    }
    genmod_data *const v = fixture_view(ROWS, 2, x);
    vae_model *const m = fixture_model(
        "likelihood=gaussian | encoder=dense 16; tanh | code=2 | codebook=4 | "
        "codebook_width=2 | batch_size=50 | epochs=60");
    assert_ok(vae_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(vae_sample(m, 3, 0, N, GENMOD_MEAN, NULL, GENMOD_F64,
                         2 * N * sizeof *rows, rows, NULL));
    double *const book = fixture_params(m, "codebook.vectors", NULL);
    genmod_data *const codes = fixture_view(VECTORS, 2, book);
    assert_ok(vae_decode(m, codes, GENMOD_MEAN, 0, GENMOD_F64, sizeof even,
                         even, NULL));
    assert_true(means_apart(ROWS, x, N, rows) <
                means_apart(ROWS, x, VECTORS, even) / 5);
    genmod_data_free(v);
    genmod_data_free(codes);
    free(book);
    free(rows);
    vae_free(m);
}

/* With a decoder that gives its code back, rows are codes: their vectors have
 * the shares of their places, to four deviations. */
static void vectors_are_drawn_in_their_shares(void **state)
{
    (void)state;
    enum { N = 4000, VECTORS = 5 };
    const double book[VECTORS] = {-3.5, -1.25, 0.5, 2.385, 4};
    const double places[2 * VECTORS] = {9.5, 0.5, 3.5, 0,   24.5,
                                        1.5, 7.5, 0,   4.5, 2.5};
    const double eye[4] = {1, 0, 0, 1}, none[2] = {0, 0};
    double x[8] = {0, 1, 2, 3, 4, 5, 6, 7}, *const rows =
                                                fixture_take(2 * N, 8);
    size_t n[2 * VECTORS] = {0};
    genmod_data *const v = fixture_view(4, 2, x);
    vae_model *const m = fixture_model(
        "likelihood=gaussian | sigma=fixed | standardise=0 | codebook=5 | "
        "codebook_width=1 | code=2 | encoder=dense 3 | decoder=dense 2");
    assert_ok(vae_start(m, v, NULL));
    assert_ok(vae_set_params(m, "codebook.vectors", VECTORS, book, NULL));
    assert_ok(vae_set_params(m, "codebook.places", 2 * VECTORS, places, NULL));
    assert_ok(vae_set_params(m, "decoder.0.weight", 4, eye, NULL));
    assert_ok(vae_set_params(m, "decoder.1.weight", 4, eye, NULL));
    assert_ok(vae_set_params(m, "decoder.1.bias", 2, none, NULL));
    assert_ok(vae_sample(m, 8, 0, N, GENMOD_MEAN, NULL, GENMOD_F64, 16 * N,
                         rows, NULL));
    for (size_t i = 0; i < 2 * N; i++)
        for (size_t k = 0; k < VECTORS; k++)
            n[i % 2 * VECTORS + k] += fabs(rows[i] - book[k]) < 1e-5;
    for (size_t i = 0; i < 2 * VECTORS; i++) {
        const double *const of = places + i / VECTORS * VECTORS;
        const double p =
            (places[i] + 0.5) / (of[0] + of[1] + of[2] + of[3] + of[4] + 2.5);
        assert_near((double)n[i], p * N, 4 * sqrt(p * (1 - p) * N));
    }
    genmod_data_free(v);
    free(rows);
    vae_free(m);
}

/* ---- a model's life ------------------------------------------------------ */

static void a_copy_and_a_saved_model_are_the_same(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, SMALL);
    vae_model *const copy = fixture_model(NULL);
    vae_model *const loaded = fixture_model(NULL);
    const fixture_bytes b = fixture_save(s.m);
    double a[DIGITS], c[DIGITS];
    assert_ok(vae_copy(s.m, copy, NULL));
    assert_ok(vae_load(loaded, b.n, b.p, NULL));
    assert_true(fixture_saves(copy, b));
    assert_true(fixture_saves(loaded, b));
    assert_ok(vae_anomaly(s.m, s.v, sizeof a, a, NULL));
    assert_ok(vae_anomaly(loaded, s.v, sizeof c, c, NULL));
    assert_memory_equal(a, c, sizeof a);
    free(b.p);
    vae_free(copy);
    vae_free(loaded);
    close_scene(&s);
}

static life life_of(const char *options, genmod_data *(*view)(void))
{
    return (life){.family = &vae_family,
                  .bytes = sizeof(vae_model),
                  .options = options,
                  .passes = 6,
                  .updates = 4,
                  .view = view};
}

static void training_has_the_same_bits_for_any_threads(void **state)
{
    (void)state;
    const life images = life_of(
        "input=1x8x8 | likelihood=bernoulli | encoder=conv 8 k4 s2 p1; relu | "
        "code=8 | codebook=40 | restart=0.3 | batch_size=50",
        digits_view);
    const life rows = life_of("missing=1 | hide=0.3 | classes=3 | code=6 | "
                              "codebook=300 | codebook_width=2 | "
                              "encoder=dense 50; tanh | batch_size=30",
                              table_view);
    life_check_threads(&images, 12, NULL);
    life_check_threads(&rows, 20, NULL);
}

#define PLAN                                                           \
    "code=4 | batch_size=20 | epochs=6 | validation=0.1 | seed=3 | "   \
    "average=0.9 | missing=1 | encoder=dense 7; tanh | codebook=12 | " \
    "codebook_width=2 | restart=0.4 | codebook_decay=0.8"

static void training_goes_on_bit_for_bit(void **state)
{
    (void)state;
    const life f = life_of(PLAN, table_view);
    void *at = (void *)&f;
    fit_is_start_and_steps(&at);
    checkpoints_go_on_bit_for_bit(&at);
}

static void options_may_change_between_steps(void **state)
{
    (void)state;
    static const char *const changes[] = {"restart=0", "commitment=3",
                                          "codebook_decay=0.5", "restart=0.7",
                                          "batch_size=33"};
    const life f = life_of(PLAN, table_view);
    life_check_changes(&f, sizeof changes / sizeof *changes, changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_gaussian_codes_want_is_refused),
        cmocka_unit_test(a_code_is_whole_vectors),
        cmocka_unit_test(codes_are_vectors_of_the_codebook),
        cmocka_unit_test(rows_come_back_by_way_of_their_vectors),
        cmocka_unit_test(what_wants_a_density_of_codes_is_unsupported),
        cmocka_unit_test(kl_is_what_the_prior_of_the_vectors_costs),
        cmocka_unit_test(the_bound_is_below_the_likelihood_of_each_row),
        cmocka_unit_test(samples_are_more_like_the_data_than_even_vectors),
        cmocka_unit_test(vectors_are_drawn_in_their_shares),
        cmocka_unit_test(a_copy_and_a_saved_model_are_the_same),
        cmocka_unit_test(training_has_the_same_bits_for_any_threads),
        cmocka_unit_test(training_goes_on_bit_for_bit),
        cmocka_unit_test(options_may_change_between_steps),
    };
    rows_open(&table, 78, 21, 1);
    digits = fixture_read("digits.csv", DIGITS, 64);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    free(digits);
    return failed;
}
