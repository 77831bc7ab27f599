/* What augmentation makes of images, against plain loops of the same draws;
 * what it leaves alone, and when. */
#include <math.h>

#include "gan/fixture.h"
#include "gan/internal.h"

#define ROWS 40
#define H 9
#define W 6
#define C 2
#define PIXELS (H * W * C)
#define DRAWS 12
#define ALL 31 /* changes */

/* A program of images x under a set of changes: outputs them and their draws.
 */
typedef struct lab {
    genmod_workspace *w;
    ad_store *s;
    ad_program *p;
    void *arena;
    double x[ROWS * PIXELS], share;
} lab;

static int32_t build(lab *l, int32_t set, const char *site, genmod_workspace *w)
{
    const nn_size size = {.rank = 3, .c = C, .h = H, .w = W};
    const int64_t image[3] = {H, W, C}, draws = DRAWS;
    ad_target out[2] = {{.kind = AD_OUTPUT}, {.kind = AD_OUTPUT}};
    ad_graph *g;
    int32_t status = ad_store_new(GENMOD_F64, &l->s, w);

    if (!status)
        status = ad_store_seal(l->s, 0, w);
    if (!status)
        status = ad_graph_new(ROWS, &g, w);
    if (status)
        return status;
    out[0].node = gan_augmented(g, &size, set, site,
                                ad_input(g, "x", ad_rows(g, 1, 1, 4, image)));
    out[1].node = ad_uniform(g, site, ad_rows(g, 1, 1, 2, &draws));
    status = ad_graph_status(g);
    if (!status)
        status = ad_compile(g, l->s, 2, out, &l->p, w);
    ad_graph_free(g);
    return status;
}

static void open_lab(lab *l, int32_t set, const char *site)
{
    uint64_t s = 17;
    base_call call;
    int32_t status;

    memset(l, 0, sizeof *l);
    assert_ok(genmod_workspace_new(NULL, &l->w));
    genmod_workspace *const w = base_enter(&call, l->w, &status);
    status = base_leave(&call, build(l, set, site, w));
    assert_status(status, GENMOD_OK, l->w);
    l->arena = base_alloc_zero(l->w, 1, ad_program_bytes(l->p, 1));
    assert_non_null(l->arena);
    for (size_t i = 0; i < ROWS * PIXELS; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        l->x[i] = (double)(s >> 11) / 4503599627370496.0 - 0.7;
    }
    l->share = 0.6;
}

static void close_lab(lab *l)
{
    ad_program_free(l->p);
    ad_store_free(l->s);
    base_free(l->arena);
    genmod_workspace_free(l->w);
}

static const double *play(const lab *l, uint64_t step, size_t output)
{
    const ad_replay r = {
        .rows = ROWS, .seed = 4, .step = step, .arena = l->arena, .width = 1};
    const int32_t share = ad_program_find(l->p, "augmentation");

    memcpy(ad_program_input(l->p, ad_program_find(l->p, "x"), l->arena), l->x,
           sizeof l->x);
    if (share >= 0)
        memcpy(ad_program_input(l->p, share, l->arena), &l->share,
               sizeof l->share);
    ad_program_run(l->p, l->s, &r, NULL);
    return ad_program_output(l->p, output, l->arena);
}

/* ---- plain loops --------------------------------------------------------- */

static size_t at(int i, int j, int k)
{
    return ((size_t)i * W + (size_t)j) * C + (size_t)k;
}

static void lighten(double *x, double by)
{
    for (size_t i = 0; i < PIXELS; i++)
        x[i] += by;
}

static void colour(double *x, double by)
{
    for (size_t i = 0; i < PIXELS; i += C) {
        const double mean = (x[i] + x[i + 1]) / 2;
        x[i] += by * (x[i] - mean);
        x[i + 1] += by * (x[i + 1] - mean);
    }
}

static void deepen(double *x, double by)
{
    double mean = 0;
    for (size_t i = 0; i < PIXELS; i++)
        mean += x[i] / PIXELS;
    for (size_t i = 0; i < PIXELS; i++)
        x[i] += by * (x[i] - mean);
}

static void translate(double *x, int down, int across)
{
    double old[PIXELS];
    memcpy(old, x, sizeof old);
    for (int i = 0; i < H; i++)
        for (int j = 0; j < W; j++)
            for (int k = 0; k < C; k++) {
                const int y = i + down, z = j + across;
                const int in = y >= 0 && y < H && z >= 0 && z < W;
                x[at(i, j, k)] = in ? old[at(y, z, k)] : 0;
            }
}

/* Windows of 5 x 3 that begin up to half of that outside. */
static void cut(double *x, double down, double across)
{
    const int top = (int)floor(down * 9) - 2, left = (int)floor(across * 6) - 1;
    for (int i = top; i < top + 5; i++)
        for (int j = left; j < left + 3; j++)
            for (int k = 0; k < C; k++)
                if (i >= 0 && i < H && j >= 0 && j < W)
                    x[at(i, j, k)] = 0;
}

/* u: the row's draws, of which the first five decide. */
static void change(double *x, const double *u, double share)
{
    if (u[2] < share)
        lighten(x, u[9] - 0.5);
    if (u[3] < share)
        colour(x, 2 * u[10] - 1);
    if (u[4] < share)
        deepen(x, u[11] - 0.5);
    if (u[0] < share) /* an eighth of 9 and of 6 lines: 1 */
        translate(x, (int)floor(3 * u[5]) - 1, (int)floor(3 * u[6]) - 1);
    if (u[1] < share)
        cut(x, u[7], u[8]);
}

static void images_are_changed_as_the_formulas_say(void **state)
{
    (void)state;
    double *const got = fixture_take(ROWS * PIXELS, sizeof *got);
    size_t changed[5] = {0};
    lab l;
    open_lab(&l, ALL, "site");
    memcpy(got, play(&l, 3, 0), ROWS * PIXELS * sizeof *got);
    const double *const u = play(&l, 3, 1);
    for (size_t r = 0; r < ROWS; r++) {
        double want[PIXELS];
        memcpy(want, l.x + r * PIXELS, sizeof want);
        change(want, u + r * DRAWS, l.share);
        for (size_t i = 0; i < 5; i++)
            changed[i] += u[r * DRAWS + i] < l.share;
        for (size_t i = 0; i < PIXELS; i++)
            assert_near(got[r * PIXELS + i], want[i], 1e-14);
    }
    /* 40 draws of 0.6 */
    for (size_t i = 0; i < 5; i++)
        assert_true(changed[i] > 10 && changed[i] < 38);
    close_lab(&l);
    free(got);
}

/* The order of the words, and which others there are, is no matter. */
static void each_change_has_draws_of_its_own(void **state)
{
    (void)state;
    double *const got = fixture_take(ROWS * PIXELS, sizeof *got);
    lab all, one;
    open_lab(&all, ALL, "site");
    open_lab(&one, GAN_CUTOUT, "site");
    memcpy(got, play(&one, 3, 0), ROWS * PIXELS * sizeof *got);
    const double *const u = play(&all, 3, 1);
    for (size_t r = 0; r < ROWS; r++) {
        double want[PIXELS];
        memcpy(want, one.x + r * PIXELS, sizeof want);
        if (u[r * DRAWS + 1] < one.share)
            cut(want, u[r * DRAWS + 7], u[r * DRAWS + 8]);
        for (size_t i = 0; i < PIXELS; i++)
            assert_true(got[r * PIXELS + i] == want[i]);
    }
    assert_int_equal(gan_changes("brightness  cutout"),
                     gan_changes(" cutout brightness "));
    close_lab(&one);
    close_lab(&all);
    free(got);
}

static void changes_are_functions_of_seed_step_site_and_row(void **state)
{
    (void)state;
    const size_t bytes = ROWS * PIXELS * sizeof(double);
    double *const got = fixture_take(ROWS * PIXELS, sizeof *got);
    lab l, other;
    open_lab(&l, ALL, "site");
    open_lab(&other, ALL, "other");
    memcpy(got, play(&l, 3, 0), bytes);
    assert_memory_not_equal(got, play(&l, 4, 0), bytes);
    assert_memory_not_equal(got, play(&other, 3, 0), bytes);
    assert_memory_equal(got, play(&l, 3, 0), bytes);
    close_lab(&other);
    close_lab(&l);
    free(got);
}

static void a_share_of_0_leaves_every_pixel_alone(void **state)
{
    (void)state;
    lab l;
    open_lab(&l, ALL, "site");
    l.share = 0;
    const double *const got = play(&l, 3, 0);
    for (size_t i = 0; i < ROWS * PIXELS; i++)
        assert_true(got[i] == l.x[i]);
    close_lab(&l);
}

/* ---- in a game ----------------------------------------------------------- */

#define IMAGES 60
#define GAME                                                                \
    "input=1x4x6 | codes=3 | batch_size=20 | generator=dense 8; lrelu 0.2 " \
    "| discriminator=conv 3 k3 p1; lrelu 0.2 | validation=0.1 | "           \
    "schedule_steps=20 | "

static gan_model *game(const char *options, int updates)
{
    double *const x = fixture_invent(IMAGES, 24, 8);
    genmod_data *const v = fixture_view(IMAGES, 24, x);
    gan_model *const m = fixture_model(options);
    assert_ok(gan_start(m, v, NULL));
    for (int i = 0; i < updates; i++)
        assert_ok(gan_step(m, v, NULL));
    genmod_data_free(v);
    free(x);
    return m;
}

static int same_weights(const gan_model *a, const gan_model *b)
{
    const char *name;
    int same = 1;
    for (size_t i = 0; (name = gan_params_key(a, i)); i++) {
        size_t n;
        double *const p = fixture_params(a, name, &n);
        double *const q = fixture_params(b, name, &n);
        for (size_t j = 0; j < n; j++)
            same &= p[j] == q[j];
        free(p);
        free(q);
    }
    return same;
}

static void a_game_with_a_share_of_0_is_the_plain_one(void **state)
{
    (void)state;
    static const char *const plain[] = {GAME "loss=auto", GAME
                                        "loss=hinge | penalty=unit-gradient"};
    static const char *const changed[] = {
        GAME "augmentation=translation cutout brightness contrast | "
             "augmentation_share=0",
        GAME "loss=hinge | penalty=unit-gradient | augmentation=translation "
             "cutout brightness contrast | augmentation_share=0"};
    for (size_t i = 0; i < 2; i++) {
        gan_model *const a = game(plain[i], 12);
        gan_model *const b = game(changed[i], 12);
        assert_true(same_weights(a, b));
        assert_true(isnan(fixture_number(a, GAN_REPORT_AUGMENTATION_SHARE)));
        gan_free(a);
        gan_free(b);
    }
}

static void each_change_changes_a_game(void **state)
{
    (void)state;
    static const char *const games[] = {
        GAME "augmentation=translation", GAME "augmentation=cutout",
        GAME "augmentation=brightness", GAME "augmentation=contrast"};
    gan_model *const plain = game(GAME, 3);
    for (size_t i = 0; i < sizeof games / sizeof *games; i++) {
        gan_model *const m = game(games[i], 3);
        assert_true(!same_weights(m, plain));
        gan_free(m);
    }
    gan_free(plain);
}

/* From 0.2 to 0.8 over 20 updates: 0.5 after 10. */
static void its_share_goes_to_its_end_by_equal_steps(void **state)
{
    (void)state;
#define RISE "augmentation=cutout | augmentation_share=0.2 | "
    static const struct {
        const char *options;
        int updates;
        double share;
    } at[] = {{GAME RISE "augmentation_end=0.8", 10, 0.5},
              {GAME RISE "augmentation_end=0.8", 27, 0.8},
              {GAME RISE "augmentation_end=0", 15, 0.05},
              {GAME "augmentation=cutout | augmentation_share=0.2", 10, 0.2}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        gan_model *const m = game(at[i].options, at[i].updates);
        assert_near(fixture_number(m, GAN_REPORT_AUGMENTATION_SHARE),
                    at[i].share, 1e-15);
        gan_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_changed_as_the_formulas_say),
        cmocka_unit_test(each_change_has_draws_of_its_own),
        cmocka_unit_test(changes_are_functions_of_seed_step_site_and_row),
        cmocka_unit_test(a_share_of_0_leaves_every_pixel_alone),
        cmocka_unit_test(a_game_with_a_share_of_0_is_the_plain_one),
        cmocka_unit_test(each_change_changes_a_game),
        cmocka_unit_test(its_share_goes_to_its_end_by_equal_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
