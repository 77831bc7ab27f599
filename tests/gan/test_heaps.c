/* Real columns by preset auto: by their modes where these are separate heaps,
 * and as they would stand without where they are not. */
#include <math.h>
#include <stdio.h>

#include "gan/fixture.h"
#include "gan/internal.h"
#include "support/ranks.h"

#define N 400
#define D 2
#define TAU 6.283185307179586

/* n deviates of a normal, twelve uniform numbers each. */
static double *normals(size_t n, uint64_t s)
{
    double *const x = fixture_take(n, sizeof *x);
    for (size_t i = 0; i < 12 * n; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        x[i / 12] += (double)(s >> 11) / 9007199254740992.0 - 0.5;
    }
    return x;
}

/* ---- valleys ------------------------------------------------------------- */

/* Of two equal normals d deviations apart the middle is 2 e / (1 + e^4) of a
 * peak, e = exp(-d^2 / 8): a quarter at 4.08. */
static void a_heap_is_behind_a_valley_of_a_quarter(void **state)
{
    (void)state;
    static const struct {
        size_t cells, n;
        double weight[3], mean[3], deviation[3];
        int separate;
    } of[] = {{800, 1, {1}, {0.7}, {0.5}, 0},
              {800, 2, {0.5, 0.5}, {-1.3, 2.65}, {1, 1}, 0},
              {800, 2, {0.5, 0.5}, {-1.3, 2.90}, {1, 1}, 1},
              {800, 2, {0.5, 0.5}, {2.90, -1.3}, {1, 1}, 1},
              /* the lower peak is what counts */
              {800, 2, {0.97, 0.03}, {-1.3, 2.90}, {1, 1}, 0},
              {800, 2, {0.97, 0.03}, {-1.3, 4.90}, {1, 1}, 1},
              /* a number that repeats within the others, and beside them */
              {800, 2, {0.6, 0.4}, {0.3, 0.5}, {1, 1e-3}, 0},
              {800, 2, {0.6, 0.4}, {0.3, 3.5}, {1, 1e-3}, 1},
              /* a long tail, and a few cells that are far */
              {800, 2, {0.8, 0.2}, {0, 1.5}, {0.5, 3}, 0},
              {9000, 2, {0.995, 0.005}, {0, 20}, {1, 1}, 0},
              {800, 2, {0.985, 0.015}, {0, 20}, {1, 1}, 1},
              /* seven cells, and nine */
              {467, 2, {0.985, 0.015}, {0, 20}, {1, 1}, 0},
              {600, 2, {0.985, 0.015}, {0, 20}, {1, 1}, 1},
              {14, 2, {0.5, 0.5}, {-1.3, 9}, {1, 1}, 0},
              {18, 2, {0.5, 0.5}, {-1.3, 9}, {1, 1}, 1},
              /* the valley is between the first and the last */
              {800, 3, {0.4, 0.2, 0.4}, {-3, 0, 3}, {0.4, 0.4, 0.4}, 1},
              {800, 3, {0.3, 0.4, 0.3}, {-2, 0, 2}, {0.8, 0.8, 0.8}, 0}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (gan_is_separate(of[i].cells, of[i].n, of[i].weight, of[i].mean,
                            of[i].deviation) != of[i].separate)
            fail_msg("mixture %zu is %sseparate", i,
                     of[i].separate ? "not " : "");
}

/* ---- columns of one heap ------------------------------------------------- */

/* Two normal columns of other places and widths; heaps: column 0 has two. */
static double *invent(int heaps)
{
    double *const x = normals(N * D, 9);
    for (size_t i = 0; i < N; i++) {
        x[D * i] = 3 * x[D * i] + (heaps && i % 2 ? 80 : -20);
        x[D * i + 1] = 0.25 * x[D * i + 1] + 7;
    }
    return x;
}

#define LINEAR                                                           \
    "generator=dense 3; tanh | discriminator=dense 1 | batch_size=40 | " \
    "updates=3 | "
#define HEAPS LINEAR "numeric=heaps"

static gan_model *stepped(const double *x, const char *options)
{
    genmod_data *const v = fixture_view(N, D, x);
    gan_model *const m = fixture_model(options);
    assert_ok(gan_start(m, v, NULL));
    assert_ok(gan_step(m, v, NULL));
    genmod_data_free(v);
    return m;
}

/* How many of 16 columns of n rows have heaps. */
static size_t heaps_of_sixteen(size_t n, const double *x)
{
    enum { COLUMNS = 16 };
    genmod_data *const v = fixture_view(n, COLUMNS, x);
    gan_model *const m = fixture_model("numeric=heaps");
    size_t numbers, some = 0;
    assert_ok(gan_start(m, v, NULL));
    double *const mean = fixture_params(m, "table.means", &numbers);
    for (size_t i = 0; i < numbers; i += numbers / COLUMNS)
        some += mean[i] != 0;
    free(mean);
    gan_free(m);
    genmod_data_free(v);
    return some;
}

/* Of normal cells, and of those with one that is far from the rest. */
static void small_tables_have_no_heaps_by_chance(void **state)
{
    (void)state;
    static const size_t rows[] = {6, 10, 20, 40, 80};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int far = 0; far < 2; far++) {
            double *const x = normals(rows[i] * 16, rows[i]);
            size_t n;
            for (size_t j = 0; far && j < 16; j++)
                x[j] = 12;
            n = heaps_of_sixteen(rows[i], x);
            if (n)
                fail_msg("%zu rows, %i outliers: %zu columns have heaps",
                         rows[i], far, n);
            free(x);
        }
}

/* Numbers before the networks: of each column the place and ten modes. */
#define WIDE ((size_t)(D * 11))

/* D of the places alone, G of nothing but two numbers for the places. */
static void set_plain(gan_model *m, size_t step)
{
    double w[WIDE] = {0}, none[3 * WIDE] = {0}, b[WIDE] = {0};
    w[0] = 0.5;
    w[step] = -1.25;
    b[0] = 0.7;
    b[step] = -3.1;
    assert_ok(gan_set_params(m, "discriminator.0.weight", D * step, w, NULL));
    assert_ok(
        gan_set_params(m, "generator.2.weight", 3 * D * step, none, NULL));
    assert_ok(gan_set_params(m, "generator.2.bias", D * step, b, NULL));
}

static void columns_of_one_heap_are_as_without(void **state)
{
    (void)state;
    double *const x = invent(0), a[9 * D], b[9 * D], p[N], q[N];
    genmod_data *const v = fixture_view(N, D, x);
    gan_model *const m = stepped(x, HEAPS);
    gan_model *const plain = stepped(x, LINEAR "numeric=standard");
    size_t n;
    double *const mean = fixture_params(m, "table.means", &n);
    assert_int_equal(n, 20);
    for (size_t i = 0; i < n; i++)
        assert_true(mean[i] == 0);
    set_plain(m, WIDE / D);
    set_plain(plain, 1);
    assert_ok(gan_sample(m, 5, 0, 9, NULL, GENMOD_F64, sizeof a, a, NULL));
    assert_ok(gan_sample(plain, 5, 0, 9, NULL, GENMOD_F64, sizeof b, b, NULL));
    assert_memory_equal(a, b, sizeof a);
    fixture_set(plain, "discriminator.0.bias", 0);
    fixture_set(m, "discriminator.0.bias", 0);
    assert_ok(gan_discriminate(m, v, sizeof p, p, NULL));
    assert_ok(gan_discriminate(plain, v, sizeof q, q, NULL));
    for (size_t i = 0; i < N; i++) /* other sums of the same numbers */
        assert_near(p[i], q[i], 1e-6 * (1 + fabs(q[i])));
    assert_float_equal(fixture_number(m, GAN_REPORT_PENALTY_WEIGHT),
                       fixture_number(plain, GAN_REPORT_PENALTY_WEIGHT), 0);
    free(mean);
    free(x);
    genmod_data_free(v);
    gan_free(m);
    gan_free(plain);
}

/* Each column by itself; where one has heaps the penalty stays. */
static void a_column_of_two_heaps_has_two_modes(void **state)
{
    (void)state;
    double *const x = invent(1);
    genmod_data *const v = fixture_view(N, D, x);
    gan_model *const m = fixture_model(HEAPS);
    size_t n;
    assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
    double *const share = fixture_params(m, "table.offset", &n);
    double *const mean = fixture_params(m, "table.means", &n);
    double *const deviation = fixture_params(m, "table.deviations", &n);
    assert_near(exp(share[1]), 0.5, 0.02);
    assert_near(exp(share[2]), 0.5, 0.02);
    assert_near(fabs(mean[0] - mean[1]), 2, 0.05);
    assert_true(deviation[0] < 0.1);
    assert_true(share[12] == 0 && share[13] == GAN_NEVER);
    assert_true(mean[10] == 0 && deviation[10] == 0.5);
    assert_near(fixture_number(m, GAN_REPORT_PENALTY_WEIGHT), 1, 0);
    free(share);
    free(mean);
    free(deviation);
    free(x);
    genmod_data_free(v);
    gan_free(m);
}

/* ---- rows of codes ------------------------------------------------------- */

#define DRAWN 20000
#define Z 4

/* Half of column 0 is in its upper heap, a quarter of column 1. */
static gan_model *in_heaps(void)
{
    double *const x = normals(N * D, 9);
    for (size_t i = 0; i < N; i++) {
        x[D * i] += i % 2 ? 30 : -30;
        x[D * i + 1] += i / 2 % 4 ? -30 : 30;
    }
    gan_model *const m = stepped(x, HEAPS);
    free(x);
    return m;
}

static void rows_of_heaps_are_functions_of_their_codes(void **state)
{
    (void)state;
    static double z[50 * Z], x[50 * D], y[50 * D];
    gan_model *const m = in_heaps();
    assert_int_equal(gan_code_size(m), Z);
    assert_ok(gan_sample_codes(m, 5, 7, 50, GENMOD_F64, sizeof z, z, NULL));
    assert_ok(gan_sample(m, 5, 7, 50, NULL, GENMOD_F64, sizeof x, x, NULL));
    genmod_data *const codes = fixture_view(50, Z, z);
    assert_ok(gan_generate(m, codes, GENMOD_F64, sizeof y, y, NULL));
    assert_memory_equal(x, y, sizeof x);
    genmod_data_free(codes);
    gan_free(m);
}

/* Of a G that says nothing, heaps have the shares that they had in training,
 * whatever the code and the other column; within 5 standard errors. */
static void heaps_of_codes_have_their_chances(void **state)
{
    (void)state;
    static double z[DRAWN * Z], x[DRAWN * D];
    static const double none[3 * WIDE] = {0};
    double n[2] = {0}, both = 0, along[2][Z] = {{0}};
    gan_model *const m = in_heaps();
    assert_ok(gan_set_params(m, "generator.2.weight", 3 * WIDE, none, NULL));
    assert_ok(gan_set_params(m, "generator.2.bias", WIDE, none, NULL));
    assert_ok(gan_sample_codes(m, 5, 0, DRAWN, GENMOD_F64, sizeof z, z, NULL));
    assert_ok(gan_sample(m, 5, 0, DRAWN, NULL, GENMOD_F64, sizeof x, x, NULL));
    for (size_t i = 0; i < DRAWN; i++) {
        both += x[D * i] > 0 && x[D * i + 1] > 0;
        for (size_t j = 0; j < D; j++) {
            const double upper = x[D * i + j] > 0;
            n[j] += upper;
            for (size_t k = 0; k < Z; k++)
                along[j][k] += upper * z[Z * i + k];
        }
    }
    assert_near(n[0], 0.5 * DRAWN, 5 * sqrt(0.25 * DRAWN));
    assert_near(n[1], 0.25 * DRAWN, 5 * sqrt(0.1875 * DRAWN));
    assert_near(both, 0.125 * DRAWN, 5 * sqrt(0.109 * DRAWN));
    for (size_t j = 0; j < D; j++)
        for (size_t k = 0; k < Z; k++)
            assert_near(along[j][k], 0, 5 * sqrt(n[j]));
    gan_free(m);
}

/* ---- where there is no room for heaps ------------------------------------ */

static int has_modes(const gan_model *m)
{
    size_t n;
    return gan_get_params(m, "table.means", 0, NULL, &n, NULL) ==
           GENMOD_TOO_SMALL;
}

static int plays_with_modes(size_t d, const char *options)
{
    double *const x = normals(40 * d, 3);
    genmod_data *const v = fixture_view(40, d, x);
    gan_model *const m = fixture_model(options);
    assert_ok(gan_start(m, v, NULL));
    const int has = has_modes(m);
    gan_free(m);
    genmod_data_free(v);
    free(x);
    return has;
}

static void few_columns_left_alone_have_room_for_heaps(void **state)
{
    (void)state;
    assert_int_equal(plays_with_modes(16, NULL), 1);
    assert_int_equal(plays_with_modes(17, NULL), 0);
    assert_int_equal(plays_with_modes(17, "numeric=heaps"), 1);
    assert_int_equal(plays_with_modes(16, "numeric=standard"), 0);
    assert_int_equal(plays_with_modes(16, "preset=relativistic"), 0);
    assert_int_equal(plays_with_modes(16, "input=1x4x4"), 0);
    /* a network of the caller's sees the columns that it was made for */
    assert_int_equal(plays_with_modes(3, "generator=dense 8; relu"), 0);
    assert_int_equal(plays_with_modes(3, "discriminator=dense 8; relu"), 0);
}

typedef struct trip {
    const unsigned char *brought; /* a checkpoint to go on from; NULL: start */
    size_t n;
    int32_t status;
    unsigned char file[1 << 19];
    char text[200];
} trip;

static void step_on_a_rank(ranks_seat *seat)
{
    trip *const t = seat->arg;
    genmod_context *const context = ranks_context(seat);
    genmod_workspace *w = NULL;
    genmod_data *v = NULL;
    genmod_config *c = NULL;
    gan_model *m = NULL;
    double x[40 * D];
    int32_t status = genmod_workspace_new(context, &w);
    for (size_t i = 0; i < 40 * D; i++)
        x[i] = (double)(i * i % 17) + (i % 4 ? 90 : 0);
    if (!status)
        status = gan_config_new(&c, w);
    if (!status)
        status = genmod_config_set_str(c, GAN_BATCH_SIZE, "20", w);
    if (!status)
        status = gan_new(c, &m, w);
    if (!status)
        status = genmod_data_new(&v, w);
    if (!status)
        status = genmod_data_set_rows(v, GENMOD_F64, 40, D, x, 0, 0, w);
    if (!status)
        status =
            t->brought ? gan_load(m, t->n, t->brought, w) : gan_start(m, v, w);
    if (!status)
        status = gan_step(m, v, w);
    if (seat->rank == 0) {
        t->status = status;
        snprintf(t->text, sizeof t->text, "%s", genmod_workspace_error(w));
        if (!status && gan_save(m, sizeof t->file, t->file, &t->n, NULL))
            t->n = 0;
    }
    gan_free(m);
    genmod_config_free(c);
    genmod_data_free(v);
    genmod_workspace_free(w);
    genmod_context_free(context);
}

/* Nobody sees all rows of a column there, so auto is standard, and the file
 * says so. */
static void over_ranks_columns_are_as_without(void **state)
{
    (void)state;
    static trip t;
    const ranks_plan two = {.size = 2, .fail_rank = -1};
    gan_model *const m = fixture_model(NULL);
    (void)ranks_run(&two, step_on_a_rank, &t);
    assert_ok(t.status);
    assert_ok(gan_load(m, t.n, t.file, NULL));
    assert_int_equal(has_modes(m), 0);
    gan_free(m);
}

static void a_model_by_heaps_goes_on_on_one_rank_alone(void **state)
{
    (void)state;
    static trip t;
    const ranks_plan one = {.size = 1, .fail_rank = -1};
    const ranks_plan two = {.size = 2, .fail_rank = -1};
    double *const x = invent(1);
    gan_model *const m = stepped(x, HEAPS);
    const fixture_bytes b = fixture_checkpoint(m);
    t.brought = b.p;
    t.n = b.n;
    (void)ranks_run(&one, step_on_a_rank, &t);
    assert_ok(t.status);
    t.n = b.n;
    (void)ranks_run(&two, step_on_a_rank, &t);
    assert_int_equal(t.status, GENMOD_UNSUPPORTED);
    assert_non_null(strstr(t.text, "works on one rank"));
    free(b.p);
    free(x);
    gan_free(m);
}

/* ---- the game ------------------------------------------------------------ */

/* Eight modes of deviation 0.02 on the unit circle: a game of two seconds. */
static void a_game_left_alone_finds_a_small_ring(void **state)
{
    (void)state;
    enum { ROWS = 2000, NEW = 1000, MODES = 8 };
    static double x[ROWS * D], y[NEW * D];
    size_t count[MODES] = {0}, good = 0;
    gan_model *const m = fixture_model("batch_size=64 | updates=400 | seed=2");
    double *const e = normals(ROWS * D, 4);
    for (size_t i = 0; i < ROWS; i++) {
        const double a = TAU * (double)(i % MODES) / MODES;
        x[D * i] = cos(a) + 0.02 * e[D * i];
        x[D * i + 1] = sin(a) + 0.02 * e[D * i + 1];
    }
    genmod_data *const v = fixture_view(ROWS, D, x);
    assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(gan_sample(m, 5, 0, NEW, NULL, GENMOD_F64, sizeof y, y, NULL));
    for (size_t i = 0; i < NEW; i++)
        for (size_t k = 0; k < MODES; k++) {
            const double a = TAU * (double)k / MODES;
            const int near =
                hypot(y[D * i] - cos(a), y[D * i + 1] - sin(a)) < 0.1;
            count[k] += (size_t)near;
            good += (size_t)near;
        }
    for (size_t k = 0; k < MODES; k++)
        assert_in_range(count[k], 60, 200);
    assert_in_range(good, 850, NEW);
    genmod_data_free(v);
    free(e);
    gan_free(m);
}

/* Twenty rows of a short game on x in another unit. */
static double *rows_in_unit(const double *x, double unit, const char *numeric)
{
    double *const y = fixture_take(N * D, sizeof *y);
    double *const out = fixture_take(20 * D, sizeof *out);
    char options[160];
    for (size_t i = 0; i < N * D; i++)
        y[i] = unit * x[i];
    (void)snprintf(options, sizeof options,
                   "generator=dense 3; tanh | discriminator=dense 3; tanh | "
                   "batch_size=40 | updates=3 | numeric=%s",
                   numeric);
    genmod_data *const v = fixture_view(N, D, y);
    gan_model *const m = fixture_model(options);
    assert_ok(gan_fit(m, v, NULL, NULL, NULL, NULL));
    assert_ok(gan_sample(m, 5, 0, 20, NULL, GENMOD_F64, 20 * D * sizeof *out,
                         out, NULL));
    gan_free(m);
    genmod_data_free(v);
    free(y);
    return out;
}

/* Powers of two round nothing, not even where no float has the unit. */
static void the_unit_changes_no_game(void **state)
{
    (void)state;
    static const char *const numeric[] = {"standard", "quantile", "modes",
                                          "heaps"};
    static const double unit[] = {0x1p-200, 0x1p200};
    double *const x = invent(1);
    for (size_t i = 0; i < sizeof numeric / sizeof *numeric; i++) {
        double *const rows = rows_in_unit(x, 1, numeric[i]);
        for (size_t u = 0; u < sizeof unit / sizeof *unit; u++) {
            double *const same = rows_in_unit(x, unit[u], numeric[i]);
            for (size_t j = 0; j < 20 * D; j++)
                assert_true(same[j] == unit[u] * rows[j]);
            free(same);
        }
        free(rows);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_is_behind_a_valley_of_a_quarter),
        cmocka_unit_test(columns_of_one_heap_are_as_without),
        cmocka_unit_test(small_tables_have_no_heaps_by_chance),
        cmocka_unit_test(a_column_of_two_heaps_has_two_modes),
        cmocka_unit_test(rows_of_heaps_are_functions_of_their_codes),
        cmocka_unit_test(heaps_of_codes_have_their_chances),
        cmocka_unit_test(few_columns_left_alone_have_room_for_heaps),
        cmocka_unit_test(over_ranks_columns_are_as_without),
        cmocka_unit_test(a_model_by_heaps_goes_on_on_one_rank_alone),
        cmocka_unit_test(the_unit_changes_no_game),
        cmocka_unit_test(a_game_left_alone_finds_a_small_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
