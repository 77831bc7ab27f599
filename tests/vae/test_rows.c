/* What a trained model makes of rows: each for itself, wherever it lies. */
#include "vae/rows.h"

#define N 150
#define SEED UINT64_C(2385)

/* ---- all answers of rows ------------------------------------------------- */

/* What look() asks for, in its order. */
enum {
    MEAN,
    LOG_VARIANCE,
    CODE,
    BACK,
    DRAWN,
    ELBO,
    RECONSTRUCTION,
    KL,
    WEIGHTS,
    LIKELIHOOD,
    ERROR,
    SCORE,
    CELLS,
    FILLED,
    CHOSEN,
    BETWEEN,
    PARTS
};

static size_t width_of(const vae_model *m, int k)
{
    const size_t z = vae_code_size(m), d = vae_dimension(m);
    const size_t width[PARTS] = {z, z, z, d, d, 1, 1, 1,
                                 3, 1, 1, 1, d, d, d, 3 * d};
    return width[k];
}

typedef struct answers {
    size_t n;
    double *at[PARTS]; /* [n, width] */
} answers;

static answers answers_of(const vae_model *m, size_t n)
{
    answers a = {.n = n};
    for (int k = 0; k < PARTS; k++)
        a.at[k] = fixture_take(n * width_of(m, k), sizeof(double));
    return a;
}

static void forget(answers *a)
{
    for (int k = 0; k < PARTS; k++)
        free(a->at[k]);
}

/* Deterministic ones, and draws by row number. */
static void look(const vae_model *m, const genmod_data *v, int missing,
                 answers *a, genmod_workspace *w)
{
    const size_t n = a->n, b = n * 3 * (vae_dimension(m) + 3) * sizeof(double);
    const int32_t t = GENMOD_F64;
    double *const *const at = a->at;
    assert_ok(vae_encode(m, v, t, n * width_of(m, MEAN) * sizeof(double),
                         at[MEAN], at[LOG_VARIANCE], w));
    assert_ok(vae_encode_sample(m, v, SEED, t, b, at[CODE], w));
    assert_ok(vae_reconstruct(m, v, GENMOD_MEAN, 0, t, b, at[BACK], w));
    assert_ok(vae_reconstruct(m, v, GENMOD_DRAW, SEED, t, b, at[DRAWN], w));
    assert_ok(
        vae_elbo(m, v, SEED, 5, b, at[ELBO], at[RECONSTRUCTION], at[KL], w));
    assert_ok(vae_log_weights(m, v, SEED, 7, 3, b, at[WEIGHTS], w));
    assert_ok(
        vae_log_likelihood(m, v, SEED, 37, b, at[LIKELIHOOD], at[ERROR], w));
    assert_ok(vae_anomaly(m, v, b, at[SCORE], w));
    assert_ok(vae_anomaly_columns(m, v, b, at[CELLS], w));
    assert_ok(
        vae_interpolate(m, v, v, 3, GENMOD_SPHERICAL, t, b, at[BETWEEN], w));
    if (!missing)
        return;
    assert_ok(vae_impute(m, v, GENMOD_MEAN, SEED, 9, t, b, at[FILLED], w));
    assert_ok(vae_impute(m, v, GENMOD_DRAW, SEED, 9, t, b, at[CHOSEN], w));
}

/* Rows of `a` from `first` on are those of `b`; draws: also what is drawn. */
static void compare(const vae_model *m, const answers *a, size_t first,
                    const answers *b, int draws, const char *how)
{
    static const int deterministic[PARTS] = {
        [MEAN] = 1,  [LOG_VARIANCE] = 1, [BACK] = 1,
        [SCORE] = 1, [CELLS] = 1,        [BETWEEN] = 1};
    for (int k = 0; k < PARTS; k++) {
        const size_t width = width_of(m, k);
        if ((draws || deterministic[k]) &&
            memcmp(a->at[k] + first * width, b->at[k],
                   b->n * width * sizeof(double)) != 0)
            fail_msg("%s: rows from %zu on have other bits in part %d", how,
                     first, k);
    }
}

/* ---- rows that lie in other ways ----------------------------------------- */

typedef struct feed {
    const double *x;
    const int32_t *labels;
    size_t d;
} feed;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    const feed *const f = user;
    (void)weights;
    for (size_t i = 0; i < n; i++) {
        memcpy((double *)x + i * f->d, f->x + (size_t)rows[i] * f->d,
               f->d * sizeof(double));
        if (f->labels)
            labels[i] = f->labels[rows[i]];
    }
    return 0;
}

/* Training rows, and how to make a view of some of them. */
typedef struct source {
    const char *options;
    size_t d;
    const double *x;
    const int32_t *labels; /* NULL: none */
    int schema, missing;
} source;

static void say(const source *s, size_t first, size_t n, genmod_data *v)
{
    if (s->schema)
        assert_ok(
            genmod_data_set_schema(v, s->d, rows_kinds, rows_levels, NULL));
    if (s->labels)
        assert_ok(genmod_data_set_labels(v, n, s->labels + first, NULL));
    assert_ok(genmod_data_set_missing(v, s->missing, NULL));
}

static genmod_data *view_of(const source *s, size_t first, size_t n)
{
    genmod_data *const v = fixture_view(n, s->d, s->x + first * s->d);
    say(s, first, n, v);
    return v;
}

static vae_model *trained(const source *s, genmod_workspace *w)
{
    vae_model *const m = fixture_model(s->options);
    genmod_data *const v = view_of(s, 0, N);
    assert_status(vae_start(m, v, w), GENMOD_OK, w);
    for (int i = 0; i < 8; i++)
        assert_status(vae_step(m, v, w), GENMOD_OK, w);
    genmod_data_free(v);
    return m;
}

static void check_source(const source *s, const vae_model *m,
                         const answers *want)
{
    feed f = {s->x, s->labels, s->d};
    genmod_data *v = NULL;
    answers got = answers_of(m, N);
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_source(v, GENMOD_F64, N, s->d, give, &f, NULL));
    if (s->schema)
        assert_ok(
            genmod_data_set_schema(v, s->d, rows_kinds, rows_levels, NULL));
    assert_ok(genmod_data_set_missing(v, s->missing, NULL));
    look(m, v, s->missing, &got, NULL);
    compare(m, want, 0, &got, 1, "a row source");
    genmod_data_free(v);
    forget(&got);
}

/* Columns apart, rows from last to first in memory. */
static void check_strides(const source *s, const vae_model *m,
                          const answers *want)
{
    const size_t d = s->d;
    double *const x = fixture_take(N * d, sizeof *x);
    genmod_data *const v = view_of(s, 0, N);
    answers got = answers_of(m, N);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < d; j++)
            x[j * N + N - 1 - i] = s->x[i * d + j];
    assert_ok(
        genmod_data_set_rows(v, GENMOD_F64, N, d, x + N - 1, -1, N, NULL));
    say(s, 0, N, v);
    look(m, v, s->missing, &got, NULL);
    compare(m, want, 0, &got, 1, "strides");
    genmod_data_free(v);
    forget(&got);
    free(x);
}

static void check_threads(const source *s, const vae_model *m,
                          const answers *want, const char *kernels)
{
    static const size_t threads[] = {2, 3, 7};
    genmod_data *const v = view_of(s, 0, N);
    for (size_t i = 0; i < 3; i++) {
        genmod_workspace *const w = fixture_workspace(threads[i], kernels);
        answers got = answers_of(m, N);
        look(m, v, s->missing, &got, w);
        compare(m, want, 0, &got, 1, "threads");
        forget(&got);
        genmod_workspace_free(w);
    }
    genmod_data_free(v);
}

/* Draws are those of the row's number in the call: of the first rows alone the
 * same, of others what is deterministic. */
static void check_cuts(const source *s, const vae_model *m, const answers *want,
                       genmod_workspace *w)
{
    static const size_t cuts[][2] = {
        {0, 1}, {0, 37}, {23, 1}, {149, 1}, {5, 64}};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        genmod_data *const v = view_of(s, cuts[i][0], cuts[i][1]);
        answers got = answers_of(m, cuts[i][1]);
        look(m, v, s->missing, &got, w);
        compare(m, want, cuts[i][0], &got, cuts[i][0] == 0, "a cut");
        genmod_data_free(v);
        forget(&got);
    }
}

static void check_rows(const source *s, const char *kernels)
{
    genmod_workspace *const w = fixture_workspace(1, kernels);
    vae_model *const m = trained(s, w);
    genmod_data *const v = view_of(s, 0, N);
    answers want = answers_of(m, N), again = answers_of(m, N);
    look(m, v, s->missing, &want, w);
    look(m, v, s->missing, &again, w);
    compare(m, &want, 0, &again, 1, "again");
    check_threads(s, m, &want, kernels);
    check_cuts(s, m, &want, w);
    if (!kernels) {
        check_source(s, m, &want);
        check_strides(s, m, &want);
    }
    forget(&want);
    forget(&again);
    genmod_data_free(v);
    genmod_workspace_free(w);
    vae_free(m);
}

static rows_table table, gaps;
static double *digits; /* shares */

static source table_source(const char *options)
{
    return (source){.options = options,
                    .d = ROWS_D,
                    .x = table.x,
                    .labels = table.labels,
                    .schema = 1};
}

static source gaps_source(const char *options)
{
    source s = table_source(options);
    s.x = gaps.x;
    s.labels = gaps.labels;
    s.missing = 1;
    return s;
}

static source digits_source(const char *options)
{
    return (source){.options = options, .d = 64, .x = digits};
}

static void rows_of_tables_are_each_for_itself(void **state)
{
    (void)state;
    const source sources[] = {
        table_source("code=2 | encoder=dense 20; tanh | classes=3"),
        gaps_source("code=3 | encoder=dense 20; relu | missing=1 | "
                    "prior=mixture | prior_components=4 | classes=3"),
        gaps_source("code=3 | encoder=dense 20; batchnorm; relu | missing=1")};
    for (size_t i = 0; i < 3; i++)
        check_rows(&sources[i], NULL);
    check_rows(&sources[1], "generic");
}

static void rows_of_images_are_each_for_itself(void **state)
{
    (void)state;
    const source s = digits_source(
        "input=1x8x8 | likelihood=gaussian | code=3 | encoder=conv 6 k3 p1; "
        "batchnorm; elu; maxpool 2; conv 5 k3; relu | decoder=dense 80; "
        "reshape 5x4x4; upsample 2; conv 4 k3 p1; relu");
    const source wide =
        digits_source("likelihood=discretised-logistic | levels=17 | code=9 | "
                      "encoder=dense 70; gelu; dense 33");
    check_rows(&s, NULL);
    check_rows(&wide, NULL);
    check_rows(&wide, "generic");
}

/* ---- samples ------------------------------------------------------------- */

static void check_samples(const vae_model *m, int32_t what,
                          const int32_t *labels)
{
    enum { n = 97 };
    const size_t d = vae_dimension(m), row = d * sizeof(double);
    double *const all = fixture_take(n, row), *const some =
                                                  fixture_take(n, row);
    assert_ok(vae_sample(m, SEED, 40, n, what, labels, GENMOD_F64, n * row, all,
                         NULL));
    for (size_t first = 0, cut = 1; first < n;
         first += cut, cut = 3 * cut + 1) {
        genmod_workspace *const w = fixture_workspace(1 + cut % 4, NULL);
        const size_t count = n - first < cut ? n - first : cut;
        assert_ok(vae_sample(m, SEED, 40 + first, count, what,
                             labels ? labels + first : NULL, GENMOD_F64,
                             count * row, some, w));
        assert_memory_equal(all + first * d, some, count * row);
        genmod_workspace_free(w);
    }
    /* another seed, other rows */
    assert_ok(vae_sample(m, SEED + 1, 40, n, what, labels, GENMOD_F64, n * row,
                         some, NULL));
    for (size_t i = 0; i < n; i++)
        assert_memory_not_equal(all + i * d, some + i * d, row);
    free(all);
    free(some);
}

static void samples_are_those_of_their_numbers_in_any_cut(void **state)
{
    (void)state;
    static const char *const options[] = {
        "code=3 | encoder=dense 20; relu | missing=1 | classes=3",
        "code=3 | encoder=dense 20; relu | missing=1 | prior=mixture | "
        "prior_components=4"};
    for (size_t i = 0; i < 2; i++) {
        const source s = gaps_source(options[i]);
        vae_model *const m = trained(&s, NULL);
        check_samples(m, GENMOD_MEAN, NULL);
        check_samples(m, GENMOD_DRAW, NULL);
        if (i == 0)
            check_samples(m, GENMOD_DRAW, gaps.labels);
        vae_free(m);
    }
    const source s = {.options = "code=2 | prior=vamp | prior_components=5 | "
                                 "missing=1 | encoder=dense 9; relu",
                      .d = ROWS_D,
                      .x = gaps.x,
                      .missing = 1};
    vae_model *const m = trained(&s, NULL);
    check_samples(m, GENMOD_DRAW, NULL);
    vae_free(m);
}

static void temperature_0_draws_the_centre(void **state)
{
    (void)state;
    const source s = table_source("code=2 | encoder=dense 9; relu | classes=3");
    vae_model *const m = trained(&s, NULL);
    double many[5 * ROWS_D], centre[ROWS_D];
    const int32_t labels[5] = {1, 1, 1, 1, 1};
    genmod_data *const z = fixture_view(1, 2, (const double[2]){0, 0});
    fixture_configure(m, "temperature=0");
    assert_ok(vae_sample(m, 3, 0, 5, GENMOD_MEAN, labels, GENMOD_F64,
                         sizeof many, many, NULL));
    assert_ok(genmod_data_set_labels(z, 1, labels, NULL));
    assert_ok(vae_decode(m, z, GENMOD_MEAN, 0, GENMOD_F64, sizeof centre,
                         centre, NULL));
    for (size_t i = 0; i < 5; i++)
        assert_memory_equal(many + i * ROWS_D, centre, sizeof centre);
    genmod_data_free(z);
    vae_free(m);
}

/* ---- relations between calls --------------------------------------------- */

static void reconstruct_is_decode_of_encode(void **state)
{
    (void)state;
    const source s =
        table_source("code=2 | encoder=dense 20; tanh | classes=3");
    vae_model *const m = trained(&s, NULL);
    genmod_data *const v = view_of(&s, 0, N), *z = NULL;
    float *const code = fixture_take(N * 2, sizeof *code);
    double a[N * ROWS_D], b[N * ROWS_D];
    float narrow[N * ROWS_D];
    assert_ok(
        vae_encode(m, v, GENMOD_F32, N * 2 * sizeof *code, code, NULL, NULL));
    assert_ok(genmod_data_new(&z, NULL));
    assert_ok(genmod_data_set_rows(z, GENMOD_F32, N, 2, code, 0, 0, NULL));
    assert_ok(genmod_data_set_labels(z, N, table.labels, NULL));
    for (int32_t what = GENMOD_MEAN; what <= GENMOD_DRAW; what++) {
        assert_ok(vae_decode(m, z, what, SEED, GENMOD_F64, sizeof a, a, NULL));
        assert_ok(
            vae_reconstruct(m, v, what, SEED, GENMOD_F64, sizeof b, b, NULL));
        assert_memory_equal(a, b, sizeof a);
        assert_ok(vae_reconstruct(m, v, what, SEED, GENMOD_F32, sizeof narrow,
                                  narrow, NULL));
        for (size_t i = 0; i < N * ROWS_D; i++)
            assert_true((float)b[i] == narrow[i]);
    }
    genmod_data_free(v);
    genmod_data_free(z);
    vae_free(m);
    free(code);
}

static void draws_are_of_their_columns_kind(void **state)
{
    (void)state;
    const source s = gaps_source("code=2 | missing=1 | classes=3");
    vae_model *const m = trained(&s, NULL);
    double x[N * ROWS_D];
    for (int32_t what = GENMOD_MEAN; what <= GENMOD_DRAW; what++) {
        assert_ok(vae_sample(m, SEED, 0, N, what, NULL, GENMOD_F64, sizeof x, x,
                             NULL));
        for (size_t i = 0; i < N; i++) {
            const double *const row = x + i * ROWS_D;
            for (size_t j = 0; j < ROWS_D; j++)
                assert_true(isfinite(row[j]));
            assert_true(row[1] > 0);
            assert_true(row[2] >= 0);
            assert_true(row[3] >= 0 && row[3] <= 1);
            assert_true(row[4] == 0 || row[4] == 1 || row[4] == 2);
            if (what == GENMOD_DRAW)
                assert_true(row[2] == floor(row[2]) && row[3] == floor(row[3]));
        }
    }
    vae_free(m);
}

/* Bytes with a scale are floats of the same value, and what is negated. */
static void bytes_read_as_the_numbers_that_they_stand_for(void **state)
{
    (void)state;
    static const char *const options[] = {
        "likelihood=bernoulli | code=3 | encoder=dense 20; relu",
        "likelihood=discretised-logistic | levels=17 | code=3 | encoder=dense "
        "20; relu"};
    for (size_t k = 0; k < 2; k++) {
        const source s = digits_source(options[k]);
        vae_model *const m = trained(&s, NULL);
        uint8_t *const bytes = fixture_take(N * 64, 1);
        float *const floats = fixture_take(N * 64, sizeof *floats);
        genmod_data *const v = view_of(&s, 0, N);
        double a[N * 3], b[N * 3], c[N * 3];
        for (size_t i = 0; i < N * 64; i++) {
            bytes[i] = (uint8_t)(16 * digits[i]);
            floats[i] = (float)digits[i];
        }
        assert_ok(vae_encode(m, v, GENMOD_F64, sizeof a, a, NULL, NULL));
        assert_ok(
            genmod_data_set_rows(v, GENMOD_F32, N, 64, floats, 0, 0, NULL));
        assert_ok(vae_encode(m, v, GENMOD_F64, sizeof b, b, NULL, NULL));
        assert_ok(genmod_data_set_rows(v, GENMOD_U8, N, 64, bytes, 0, 0, NULL));
        assert_ok(genmod_data_set_scale(v, 1.0 / 16, 0, NULL));
        assert_ok(vae_encode(m, v, GENMOD_F64, sizeof c, c, NULL, NULL));
        assert_memory_equal(a, b, sizeof a);
        assert_memory_equal(a, c, sizeof a);
        genmod_data_free(v);
        free(bytes);
        free(floats);
        vae_free(m);
    }
}

static void elbo_is_less_its_parts_and_the_mean_of_the_weights(void **state)
{
    (void)state;
    const source s =
        gaps_source("code=2 | missing=1 | prior=mixture | prior_components=3");
    vae_model *const m = trained(&s, NULL);
    genmod_data *const v = view_of(&s, 0, N);
    double elbo[N], r[N], kl[N], w[N * 4];
    assert_ok(vae_elbo(m, v, SEED, 4, sizeof elbo, elbo, r, kl, NULL));
    assert_ok(vae_log_weights(m, v, SEED, 0, 4, sizeof w, w, NULL));
    for (size_t i = 0; i < N; i++) {
        const double mean =
            (w[4 * i] + w[4 * i + 1] + w[4 * i + 2] + w[4 * i + 3]) / 4;
        assert_true(elbo[i] == -r[i] - kl[i]);
        /* sums of doubles in another order */
        assert_near(elbo[i], mean, 1e-12 * fabs(mean));
    }
    genmod_data_free(v);
    vae_free(m);
}

static void weights_are_those_of_their_draws_in_any_cut(void **state)
{
    (void)state;
    const source s = table_source("code=2 | classes=3");
    vae_model *const m = trained(&s, NULL);
    genmod_data *const v = view_of(&s, 0, 9);
    double all[9 * 50], some[9 * 7], likelihood[9];
    assert_ok(vae_log_weights(m, v, SEED, 0, 50, sizeof all, all, NULL));
    for (size_t first = 1; first < 40; first += 19) {
        assert_ok(
            vae_log_weights(m, v, SEED, first, 7, sizeof some, some, NULL));
        for (size_t i = 0; i < 9; i++)
            assert_memory_equal(some + i * 7, all + i * 50 + first,
                                7 * sizeof *some);
    }
    assert_ok(vae_log_likelihood(m, v, SEED, 50, sizeof likelihood, likelihood,
                                 NULL, NULL));
    for (size_t i = 0; i < 9; i++) {
        double most = all[i * 50], sum = 0;
        for (size_t k = 0; k < 50; k++)
            most = fmax(most, all[i * 50 + k]);
        for (size_t k = 0; k < 50; k++)
            sum += exp(all[i * 50 + k] - most);
        assert_near(likelihood[i], most + log(sum / 50), 1e-12 * fabs(most));
    }
    genmod_data_free(v);
    vae_free(m);
}

static void impute_leaves_cells_that_are_there(void **state)
{
    (void)state;
    const source s = gaps_source("code=2 | missing=1 | classes=3");
    vae_model *const m = trained(&s, NULL);
    genmod_data *const v = view_of(&s, 0, N);
    double x[N * ROWS_D];
    float f[N * ROWS_D];
    for (int32_t what = GENMOD_MEAN; what <= GENMOD_DRAW; what++) {
        assert_ok(
            vae_impute(m, v, what, SEED, 20, GENMOD_F64, sizeof x, x, NULL));
        assert_ok(
            vae_impute(m, v, what, SEED, 20, GENMOD_F32, sizeof f, f, NULL));
        for (size_t i = 0; i < N * ROWS_D; i++) {
            if (isnan(gaps.x[i]))
                assert_true(isfinite(x[i]));
            else
                assert_true(x[i] == gaps.x[i]);
            assert_true(f[i] == (float)x[i]);
        }
    }
    /* a row of nothing but gaps is as good as any */
    double none[ROWS_D];
    for (size_t j = 0; j < ROWS_D; j++)
        none[j] = NAN;
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, 1, ROWS_D, none, 0, 0, NULL));
    assert_ok(genmod_data_set_labels(v, 1, gaps.labels, NULL));
    assert_ok(vae_impute(m, v, GENMOD_DRAW, SEED, 20, GENMOD_F64, sizeof none,
                         none, NULL));
    for (size_t j = 0; j < ROWS_D; j++)
        assert_true(isfinite(none[j]));
    genmod_data_free(v);
    vae_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_tables_are_each_for_itself),
        cmocka_unit_test(rows_of_images_are_each_for_itself),
        cmocka_unit_test(samples_are_those_of_their_numbers_in_any_cut),
        cmocka_unit_test(temperature_0_draws_the_centre),
        cmocka_unit_test(reconstruct_is_decode_of_encode),
        cmocka_unit_test(draws_are_of_their_columns_kind),
        cmocka_unit_test(bytes_read_as_the_numbers_that_they_stand_for),
        cmocka_unit_test(elbo_is_less_its_parts_and_the_mean_of_the_weights),
        cmocka_unit_test(weights_are_those_of_their_draws_in_any_cut),
        cmocka_unit_test(impute_leaves_cells_that_are_there),
    };
    rows_open(&table, N, 4, 0);
    rows_open(&gaps, N, 4, 1);
    digits = fixture_read("digits.csv", N, 64);
    for (size_t i = 0; i < N * 64; i++)
        digits[i] /= 16;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    rows_close(&gaps);
    free(digits);
    return failed;
}
