/* The gradient of all that training makes small, in double precision: against
 * differences of the loss, and the estimators of the encoder's against each
 * other. */
#include "vae/lab.h"

#include "vae/trial.h"

#define ROWS 5
#define MOST 8 /* columns */
#define NET "encoder=dense 4; tanh | decoder=dense 3; tanh | code=2 | "

/* Rows that a case feeds. */
typedef struct rows {
    size_t d;
    double x[ROWS * MOST], mask[ROWS * MOST], weight[ROWS], label[ROWS];
} rows;

static const int32_t mixed[MOST] = {
    GENMOD_REAL,        GENMOD_REAL,   GENMOD_POSITIVE,    GENMOD_COUNT,
    GENMOD_CATEGORICAL, GENMOD_BINARY, GENMOD_CATEGORICAL, GENMOD_COUNT};
static const int32_t levels[MOST] = {0, 0, 0, 0, 3, 0, 4, 0};

/* Cells that every kind may hold are made of a uniform number. */
static double cell(int32_t kind, int32_t most, double u)
{
    switch (kind) {
    case GENMOD_COUNT:
        return floor(7 * u);
    case GENMOD_BINARY:
        return u > 0.4;
    case GENMOD_CATEGORICAL:
        return floor(most * u);
    default:
        return 3 * u - 1.3;
    }
}

static void make(rows *r, size_t d, const int32_t *kinds, int32_t kind)
{
    uint64_t s = 77;
    r->d = d;
    for (size_t i = 0; i < ROWS * d; i++) {
        const size_t j = i % d;
        r->x[i] = cell(kinds ? kinds[j] : kind, levels[j], trial_uniform(&s));
        r->mask[i] = trial_uniform(&s) < 0.7;
        r->x[i] *= r->mask[i];
    }
    for (size_t i = 0; i < ROWS; i++) {
        r->weight[i] = 0.5 + trial_uniform(&s);
        r->label[i] = floor(3 * trial_uniform(&s));
    }
}

static double loss_of(const lab *l, const rows *r, uint64_t step)
{
    const double beta = 0.7, capacity = 0.4;
    lab_put(l, "x", ROWS * r->d, r->x);
    lab_put(l, "mask", ROWS * r->d, r->mask);
    lab_put(l, "weight", ROWS, r->weight);
    lab_put(l, "label", ROWS, r->label);
    lab_put(l, "beta", 1, &beta);
    lab_put(l, "capacity", 1, &capacity);
    lab_run(l, step);
    return *lab_output(l, VAE_O_LOSS);
}

/* ---- differences --------------------------------------------------------- */

/* Of the order h^4: (8 (f(h) - f(-h)) - (f(2 h) - f(-2 h))) / 12 h. With h =
 * 1e-3 its error is some 1e-12 of the fifth derivative and 1e-13 of the loss.
 */
static double difference(const lab *l, const rows *r, double *v)
{
    const double h = 1e-3, old = *v;
    double f[4];
    for (int i = 0; i < 4; i++) {
        static const double at[] = {1, -1, 2, -2};
        *v = old + at[i] * h;
        f[i] = loss_of(l, r, 3);
    }
    *v = old;
    return (8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * h);
}

static void check(const char *options, size_t d, const int32_t *kinds,
                  int32_t kind)
{
    lab l;
    rows r;
    make(&r, d, kinds, kind);
    lab_open(&l, options, d, kinds, kinds ? levels : NULL);
    lab_invent(&l, 0.4, 5);
    lab_compile_update(&l, ROWS);
    loss_of(&l, &r, 3);
    for (size_t i = 0; i < ad_store_count(l.s); i++) {
        size_t n;
        double *const v = lab_value(&l, i, &n);
        if (ad_store_kind(l.s, i) != AD_TRAINED)
            continue;
        for (size_t j = 0; j<n; j += n> 12 ? n / 7 : 1) {
            loss_of(&l, &r, 3);
            const double g = lab_gradient(&l, i)[j];
            const double want = difference(&l, &r, v + j);
            if (fabs(g - want) > 1e-8 * (1 + fabs(want)))
                fail_msg("%s: %s[%zu]: gradient %.12g, differences %.12g",
                         options, ad_store_name(l.s, i), j, g, want);
        }
    }
    lab_close(&l);
}

static void
gradients_of_every_objective_are_differences_of_the_loss(void **state)
{
    static const char *const cases[] = {
        NET "samples=1",
        NET "samples=3",
        NET "objective=iwae | samples=4",
        NET "free_bits=0.3 | samples=2",
        NET "capacity=0.4",
        NET "mmd=7.3",
        NET "prior=mixture | prior_components=3 | samples=2",
        NET "prior=mixture | prior_components=3 | objective=iwae | samples=3",
        NET "prior=vamp | prior_components=3",
        NET "prior=vamp | prior_components=3 | objective=iwae | samples=3",
        NET "sigma=fixed | sigma_value=0.7",
        NET "sigma=optimal | samples=2",
        NET "likelihood=discretised-logistic | levels=7"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i], 4, NULL, GENMOD_REAL);
    check(NET "likelihood=bernoulli | samples=2", 4, NULL, GENMOD_BINARY);
    check(NET "likelihood=poisson", 4, NULL, GENMOD_COUNT);
    check(NET "likelihood=negative-binomial | samples=2", 4, NULL,
          GENMOD_COUNT);
}

static void
gradients_of_mixed_columns_with_holes_are_differences_of_the_loss(void **state)
{
    (void)state;
    check(NET "samples=2", MOST, mixed, 0);
    check(NET "missing=1 | samples=2", MOST, mixed, 0);
    check(NET "missing=1 | hide=0.4", MOST, mixed, 0);
    check(NET "missing=1 | classes=3 | objective=iwae | samples=3", MOST, mixed,
          0);
    check(NET "missing=1 | sigma=optimal | prior=mixture | prior_components=2",
          MOST, mixed, 0);
}

/* ---- estimators ---------------------------------------------------------- */

#define REPLAYS 3000

/* Adds a replay's gradients to the sums and to the sums of squares of what they
 * differ by from others'. */
static size_t gather(const lab *l, double *to)
{
    size_t at = 0, n;
    for (size_t i = 0; i < ad_store_count(l->s); i++) {
        (void)lab_value(l, i, &n);
        if (ad_store_kind(l->s, i) != AD_TRAINED)
            continue;
        memcpy(to + at, lab_gradient(l, i), n * sizeof *to);
        at += n;
    }
    return at;
}

/* The estimator's mean over draws is the gradient's, in all weights; in the
 * decoder's they are the same of every draw. */
static void compare(const char *options, const char *gradient)
{
    enum { room = 400 };
    static double a[room], b[room], sum[room], square[room], size[room];
    size_t n = 0, encoder = 0, wide = 0;
    lab l, k;
    rows r;
    make(&r, 4, NULL, GENMOD_REAL);
    lab_open(&l, options, 4, NULL, NULL);
    lab_open(&k, options, 4, NULL, NULL);
    lab_set(&k, gradient);
    lab_invent(&l, 0.4, 5);
    lab_invent(&k, 0.4, 5);
    lab_compile_update(&l, ROWS);
    lab_compile_update(&k, ROWS);
    for (size_t i = 0; i < 4; i++) {
        (void)lab_value(&l, i, &n);
        encoder += n;
    }
    memset(sum, 0, sizeof sum);
    memset(square, 0, sizeof square);
    memset(size, 0, sizeof size);
    for (uint64_t step = 0; step < REPLAYS; step++) {
        loss_of(&l, &r, step);
        loss_of(&k, &r, step);
        n = gather(&l, a);
        assert_int_equal(gather(&k, b), n);
        for (size_t i = 0; i < n; i++) {
            sum[i] += (b[i] - a[i]) / REPLAYS;
            square[i] += (b[i] - a[i]) * (b[i] - a[i]) / REPLAYS;
            size[i] += a[i] / REPLAYS;
            if (i >= encoder)
                assert_near(a[i], b[i], 1e-12 * (1 + fabs(a[i])));
        }
    }
    for (size_t i = 0; i < encoder; i++) {
        const double error = sqrt(square[i] / REPLAYS);
        /* 4.5 errors: by chance once in 3,000 such tests of 50 weights */
        assert_near(sum[i], 0, 4.5 * error);
        assert_true(error > 0);
        wide += fabs(size[i]) > 20 * error;
    }
    /* the test could see an estimator that is a few per cent off */
    assert_true(wide > encoder / 4);
    lab_close(&l);
    lab_close(&k);
}

static void sticking_the_landing_has_the_gradient_of_the_bound(void **state)
{
    (void)state;
    compare(NET "samples=2", "gradient=stl");
    compare(NET "samples=2 | prior=mixture | prior_components=3",
            "gradient=stl");
}

static void
doubly_reparameterised_gradients_are_those_of_the_bound(void **state)
{
    (void)state;
    compare(NET "objective=iwae | samples=1", "gradient=dreg");
    compare(NET "objective=iwae | samples=4", "gradient=dreg");
    compare(NET "objective=iwae | samples=3 | prior=mixture | "
                "prior_components=3",
            "gradient=dreg");
}

/* MMD^2 is a function of the codes: whatever the estimator of the rest is, what
 * a weight of it adds to the gradient is the same. */
static void every_estimator_has_the_gradient_of_mmd(void **state)
{
    (void)state;
    enum { room = 400 };
    static const char *const of[4] = {
        "gradient=standard | mmd=0", "gradient=standard | mmd=7.3",
        "gradient=dreg | mmd=0", "gradient=dreg | mmd=7.3"};
    static double a[4][room];
    double most = 0;
    size_t n = 0;
    rows r;
    make(&r, 4, NULL, GENMOD_REAL);
    for (size_t k = 0; k < 4; k++) {
        lab l;
        lab_open(&l, NET "objective=iwae | samples=4", 4, NULL, NULL);
        lab_set(&l, of[k]);
        lab_invent(&l, 0.4, 5);
        lab_compile_update(&l, ROWS);
        loss_of(&l, &r, 3);
        n = gather(&l, a[k]);
        lab_close(&l);
    }
    for (size_t i = 0; i < n; i++) {
        const double more = a[1][i] - a[0][i];
        assert_near(a[3][i] - a[2][i], more, 1e-12 * (1 + fabs(more)));
        most = fmax(most, fabs(more));
    }
    assert_true(most > 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            gradients_of_every_objective_are_differences_of_the_loss),
        cmocka_unit_test(
            gradients_of_mixed_columns_with_holes_are_differences_of_the_loss),
        cmocka_unit_test(sticking_the_landing_has_the_gradient_of_the_bound),
        cmocka_unit_test(
            doubly_reparameterised_gradients_are_those_of_the_bound),
        cmocka_unit_test(every_estimator_has_the_gradient_of_mmd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
