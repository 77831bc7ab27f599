/* What is added to the reconstruction's loss, against closed forms and finite
 * differences. A rate of 0 keeps the weights, and a batch of all rows makes an
 * update a pass, so that the report tells the parts of one loss. */
#include "ae/fixture.h"

#include <stdio.h>

#define N 12
#define D 16

#define STILL                                                       \
    "standardise=0 | batch_size=12 | optimiser=sgd | momentum=0 | " \
    "learning_rate=0"

typedef struct scene {
    double *x;
    genmod_data *v;
    ae_model *m;
} scene;

static void open_scene(scene *s, const char *options)
{
    s->x = fixture_shares(N, D, 5);
    for (size_t i = 0; i < N * D; i++)
        s->x[i] += 0.1 * sin(2.385 * (double)i);
    s->v = fixture_view(N, D, s->x);
    char text[600];
    assert_in_range(snprintf(text, sizeof text, "%s | %s", STILL, options), 1,
                    sizeof text - 1);
    s->m = fixture_model(text);
    assert_ok(ae_start(s->m, s->v, NULL));
}

static void close_scene(scene *s)
{
    ae_free(s->m);
    genmod_data_free(s->v);
    free(s->x);
}

static double part_of_step(scene *s, const char *part)
{
    assert_ok(ae_step(s->m, s->v, NULL));
    return fixture_number(s->m, part);
}

static double *codes_of(const scene *s)
{
    double *const z = fixture_take(N * ae_code_size(s->m), sizeof *z);
    assert_ok(ae_encode(s->m, s->v, GENMOD_F64,
                        N * ae_code_size(s->m) * sizeof *z, z, NULL));
    return z;
}

/* ---- sparse codes -------------------------------------------------------- */

static double divergence(double rho, double mean)
{
    return rho * log(rho / mean) + (1 - rho) * log((1 - rho) / (1 - mean));
}

/* Weighted means over the rows, as floats add them up. */
static void sparse_codes_cost_what_the_formulas_say(void **state)
{
    (void)state;
    for (int kl = 0; kl < 2; kl++) {
        scene s;
        double weights[N], total = 0, want = 0;
        open_scene(&s, kl ? "encoder=dense 6; tanh; dense 5; sigmoid | "
                            "sparsity=0.7 | sparsity_target=0.2"
                          : "encoder=dense 6; tanh; dense 5 | sparsity=0.7 | "
                            "sparsity_kind=l1");
        for (size_t i = 0; i < N; i++)
            total += weights[i] = 1 + (double)(i % 4) * 0.8;
        assert_ok(genmod_data_set_weights(s.v, N, weights, NULL));
        assert_ok(ae_start(s.m, s.v, NULL));
        double *const z = codes_of(&s);
        for (size_t j = 0; j < 5; j++) {
            double mean = 0;
            for (size_t i = 0; i < N; i++)
                mean += weights[i] / total * fabs(z[i * 5 + j]);
            want += 0.7 * (kl ? divergence(0.2, mean) : mean);
        }
        assert_near(part_of_step(&s, AE_REPORT_PENALTY), want, 1e-5 * want);
        free(z);
        close_scene(&s);
    }
}

/* Units at 0 and 1 are kept 2^-24 away from them. */
static void saturated_units_have_a_finite_divergence(void **state)
{
    (void)state;
    const double bias[] = {-300, 300};
    scene s;
    open_scene(&s, "encoder=dense 2; sigmoid | sparsity=1");
    assert_ok(ae_set_params(s.m, "encoder.0.bias", 2, bias, NULL));
    const double edge = ldexp(1, -24);
    const double want = divergence(0.05, edge) + divergence(0.05, 1 - edge);
    assert_near(part_of_step(&s, AE_REPORT_PENALTY), want, 1e-5 * want);
    close_scene(&s);
}

/* ---- contraction --------------------------------------------------------- */

/* Rifai et al. 2011: sum over j of (z_j (1 - z_j))^2 |W_j|^2. */
static void check_closed_form(size_t width, const char *options)
{
    scene s;
    double want = 0;
    open_scene(&s, options);
    double *const z = codes_of(&s);
    double *const a = fixture_params(s.m, "encoder.0.weight", NULL);
    for (size_t j = 0; j < width; j++) {
        double gates = 0, squares = 0;
        for (size_t i = 0; i < N; i++)
            gates += pow(z[i * width + j] * (1 - z[i * width + j]), 2) / N;
        for (size_t k = 0; k < D; k++)
            squares += a[k * width + j] * a[k * width + j];
        want += 0.7 * gates * squares;
    }
    assert_near(part_of_step(&s, AE_REPORT_PENALTY), want, 1e-5 * want);
    free(a);
    free(z);
    close_scene(&s);
}

/* 21 units come in three pieces. */
static void
contraction_of_a_sigmoid_layer_is_the_papers_closed_form(void **state)
{
    (void)state;
    check_closed_form(5, "encoder=dense 5; sigmoid | contraction=0.7");
    check_closed_form(21, "encoder=dense 21; sigmoid | contraction=0.7");
}

/* |W|^2, whatever the rows: the pieces' programs do not read them. */
static void contraction_of_a_linear_layer_is_its_weights_squares(void **state)
{
    (void)state;
    for (size_t width = 8; width < 20; width += 9) {
        char text[80];
        scene s;
        double want = 0;
        size_t n;
        snprintf(text, sizeof text, "encoder=dense %zu | contraction=0.1",
                 width);
        open_scene(&s, text);
        double *const a = fixture_params(s.m, "encoder.0.weight", &n);
        assert_int_equal(n, D * width);
        for (size_t i = 0; i < n; i++)
            want += 0.1 * a[i] * a[i];
        assert_near(part_of_step(&s, AE_REPORT_PENALTY), want, 1e-5 * want);
        free(a);
        close_scene(&s);
    }
}

/* Mean over the rows of the squares of central differences. */
static double norm_by_differences(const scene *s)
{
    const size_t size = N * ae_code_size(s->m);
    const double h = 0.01;
    double sum = 0;
    for (size_t k = 0; k < D; k++) {
        double *z[2];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < N; i++)
                s->x[i * D + k] += (side ? -2 : 1) * h;
            z[side] = codes_of(s);
        }
        for (size_t i = 0; i < N; i++)
            s->x[i * D + k] += h;
        for (size_t i = 0; i < size; i++)
            sum += pow((z[0][i] - z[1][i]) / (2 * h), 2) / N;
        free(z[0]);
        free(z[1]);
    }
    return sum;
}

static const char *const encoders[] = {
    "encoder=dense 7; tanh; dense 6; silu; dense 4",
    "encoder=dense 7; layernorm; sigmoid; residual { dense 7; tanh }; sn dense "
    "3; softmax",
    "input=1x4x4 | encoder=conv 3 k3 p1; tanh; conv 2 k2 s2; elu",
    "input=4x2x2 | encoder=conv 6 k1; softplus; avgpool 2; dense 3; tanh",
    /* in pieces, of which the last lacks some units or has all */
    "encoder=dense 7; tanh; dense 11; silu",
    "encoder=dense 16; tanh; residual { dense 5; elu; dense 16; sigmoid }",
    "encoder=dense 5; sigmoid; sn dense 17; layernorm; softmax",
    "encoder=dense 7; dense 11",
    "input=1x4x4 | encoder=conv 3 k3 p1; tanh; conv 5 k2 s2; silu"};

static void contraction_is_the_jacobians_squared_norm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        scene s;
        char text[400];
        snprintf(text, sizeof text, "%s | contraction=2.5", encoders[i]);
        open_scene(&s, text);
        const double want = 2.5 * norm_by_differences(&s);
        const double got = part_of_step(&s, AE_REPORT_PENALTY);
        /* of the differences: 1e-4 of a third derivative */
        if (!(fabs(got - want) <= 1e-3 * want))
            fail_msg("%s: %g, by differences %g", encoders[i], got, want);
        close_scene(&s);
    }
}

/* Rows that are not alike weigh in pieces as in the whole. */
static void pieces_of_a_contraction_follow_the_rows_weights(void **state)
{
    (void)state;
    scene s;
    double weights[N];
    open_scene(&s, "encoder=dense 6; tanh; dense 10; tanh | contraction=0.7");
    for (size_t i = 0; i < N; i++)
        weights[i] = i == 3 ? 2.385 : 1e-7;
    assert_ok(genmod_data_set_weights(s.v, N, weights, NULL));
    assert_ok(ae_start(s.m, s.v, NULL));
    const double alone = part_of_step(&s, AE_REPORT_PENALTY);
    assert_ok(genmod_data_set_weights(s.v, 0, NULL, NULL));
    for (size_t i = 0; i < N * D; i++)
        s.x[i] = s.x[3 * D + i % D];
    assert_ok(ae_start(s.m, s.v, NULL));
    assert_near(part_of_step(&s, AE_REPORT_PENALTY), alone, 1e-5 * alone);
    close_scene(&s);
}

/* What the penalty takes beside the model. */
static size_t memory_of(const char *encoder)
{
    size_t peak[2];
    for (int on = 0; on < 2; on++) {
        host h;
        scene s;
        char text[200];
        genmod_workspace *w;
        host_init(&h);
        genmod_context *const c = host_context(&h);
        assert_ok(genmod_workspace_new(c, &w));
        snprintf(text, sizeof text, "%s | contraction=%d", encoder, on);
        open_scene(&s, text);
        assert_ok(ae_start(s.m, s.v, w));
        assert_ok(ae_step(s.m, s.v, w));
        peak[on] = h.peak;
        close_scene(&s);
        genmod_workspace_free(w);
        genmod_context_free(c);
    }
    return peak[1] - peak[0];
}

/* From 16 units on, which are two pieces; 128 would take eight times as much.
 */
static void memory_of_a_contraction_is_that_of_a_piece(void **state)
{
    (void)state;
    const size_t few = memory_of("encoder=dense 96; tanh; dense 16; tanh");
    const size_t many = memory_of("encoder=dense 96; tanh; dense 128; tanh");
    if (many >= 2 * few)
        fail_msg("%zu bytes for 16 units, %zu for 128", few, many);
}

static void pieces_resume_bit_for_bit(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, "encoder=dense 7; tanh; dense 19 | contraction=0.7 | "
                   "corruption=gaussian | batch_size=5");
    fixture_configure(s.m, "learning_rate=0.1");
    for (int i = 0; i < 4; i++)
        assert_ok(ae_step(s.m, s.v, NULL));
    const fixture_bytes half = fixture_checkpoint(s.m);
    ae_model *const other = fixture_model(NULL);
    assert_ok(ae_load(other, half.n, half.p, NULL));
    for (int i = 0; i < 3; i++) {
        assert_ok(ae_step(s.m, s.v, NULL));
        assert_ok(ae_step(other, s.v, NULL));
    }
    const fixture_bytes a = fixture_checkpoint(s.m);
    const fixture_bytes b = fixture_checkpoint(other);
    assert_true(fixture_same(a, b));
    assert_false(fixture_same(a, half));
    free(half.p);
    free(a.p);
    free(b.p);
    ae_free(other);
    close_scene(&s);
}

static void probes_estimate_the_contraction_without_bias(void **state)
{
    (void)state;
    enum { STEPS = 400 };
    double deviation[2];
    scene s;
    open_scene(&s, "encoder=dense 8; tanh; dense 6; sigmoid | contraction=1");
    const double exact = part_of_step(&s, AE_REPORT_PENALTY);
    for (int many = 0; many < 2; many++) {
        double sum = 0, squares = 0;
        fixture_configure(s.m, many ? "contraction_probes=4"
                                    : "contraction_probes=1");
        for (int i = 0; i < STEPS; i++) {
            const double v = part_of_step(&s, AE_REPORT_PENALTY) - exact;
            sum += v;
            squares += v * v;
        }
        deviation[many] = sqrt(squares / STEPS);
        assert_true(deviation[many] > 0.001 * exact);
        /* four standard errors */
        assert_near(sum / STEPS, 0, 4 * deviation[many] / sqrt(STEPS));
    }
    /* the half; each deviation is known to 1 / sqrt(2 * 400) */
    assert_near(deviation[1] / deviation[0], 0.5, 0.1);
    close_scene(&s);
}

/* ---- gradients ----------------------------------------------------------- */

/* What a step of rate 1 takes off an array. */
static double *gradient(const char *options, const char *name, size_t *n)
{
    scene s;
    open_scene(&s, options);
    fixture_configure(s.m, "learning_rate=1");
    double *const g = fixture_params(s.m, name, n);
    assert_ok(ae_step(s.m, s.v, NULL));
    double *const after = fixture_params(s.m, name, NULL);
    for (size_t i = 0; i < *n; i++)
        g[i] -= after[i];
    free(after);
    close_scene(&s);
    return g;
}

static double penalty_at(scene *s, const char *name, size_t n, double *values,
                         size_t i, double v)
{
    const double old = values[i];
    values[i] = v;
    assert_ok(ae_set_params(s->m, name, n, values, NULL));
    values[i] = old;
    return part_of_step(s, AE_REPORT_PENALTY);
}

static void check_gradient(const char *encoder, const char *penalty)
{
    static const char name[] = "encoder.0.weight";
    char text[500];
    double most = 0;
    size_t n;
    scene s;
    double *const without = gradient(encoder, name, &n);
    snprintf(text, sizeof text, "%s | %s", encoder, penalty);
    double *const with = gradient(text, name, &n);
    open_scene(&s, text);
    double *const a = fixture_params(s.m, name, NULL);
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(with[i] - without[i]));
    assert_true(most > 1e-3);
    for (size_t i = 0; i < n; i += 5) {
        const double h = 0.01;
        const double up = penalty_at(&s, name, n, a, i, a[i] + h);
        const double down = penalty_at(&s, name, n, a, i, a[i] - h);
        const double want = (up - down) / (2 * h);
        /* of the differences 1e-4 of a third derivative, and of the floats
         * 1e-7 of the weights and, divided by h, of the penalty */
        if (!(fabs(with[i] - without[i] - want) <= 3e-3 * most + 1e-5 * up))
            fail_msg("%s: element %zu: %g, by differences %g", text, i,
                     with[i] - without[i], want);
    }
    free(a);
    free(with);
    free(without);
    close_scene(&s);
}

static void penalties_have_the_gradients_of_finite_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        check_gradient(encoders[i], "contraction=1.5");
        check_gradient(encoders[i], "contraction=1.5 | contraction_probes=2");
    }
    check_gradient("encoder=dense 6; sigmoid", "sparsity=1.5");
    check_gradient("input=1x4x4 | encoder=conv 3 k3; sigmoid; flatten",
                   "sparsity=0.8 | sparsity_target=0.3");
    check_gradient("encoder=dense 6; silu; dense 3",
                   "sparsity=1.5 | sparsity_kind=l1");
}

/* ---- emphasis ------------------------------------------------------------ */

/* Rows of ones and networks of zeros: a cell's loss is 1, so that the loss
 * counts cells. */
static double mean_count(ae_model *m, genmod_data *v)
{
    double sum = 0;
    for (int i = 0; i < 100; i++) {
        assert_ok(ae_step(m, v, NULL));
        sum += fixture_number(m, AE_REPORT_RECONSTRUCTION) / 100;
    }
    return sum;
}

static void cells_left_alone_count_one_minus_emphasis(void **state)
{
    (void)state;
    static const char *const kinds[] = {"masking", "salt-and-pepper"};
    const double zeros[D] = {0};
    for (size_t k = 0; k < 2; k++)
        for (int e = 0; e <= 4; e++) {
            char text[200];
            scene s;
            snprintf(text, sizeof text,
                     "encoder=dense 1 | corruption=%s | corruption_level=0.3 | "
                     "emphasis=%g",
                     kinds[k], e * 0.25);
            open_scene(&s, text);
            for (size_t i = 0; i < N * D; i++)
                s.x[i] = 1;
            assert_ok(ae_set_params(s.m, "decoder.0.weight", D, zeros, NULL));
            /* 16 (0.3 + 0.7 (1 - e)), and a deviation of e sqrt(16 0.21 / 1200)
             */
            assert_near(mean_count(s.m, s.v), D * (0.3 + 0.7 * (1 - e * 0.25)),
                        4 * e * 0.25 * sqrt(D * 0.21 / (100 * N)) + 1e-5);
            close_scene(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_codes_cost_what_the_formulas_say),
        cmocka_unit_test(saturated_units_have_a_finite_divergence),
        cmocka_unit_test(
            contraction_of_a_sigmoid_layer_is_the_papers_closed_form),
        cmocka_unit_test(contraction_of_a_linear_layer_is_its_weights_squares),
        cmocka_unit_test(contraction_is_the_jacobians_squared_norm),
        cmocka_unit_test(pieces_of_a_contraction_follow_the_rows_weights),
        cmocka_unit_test(memory_of_a_contraction_is_that_of_a_piece),
        cmocka_unit_test(pieces_resume_bit_for_bit),
        cmocka_unit_test(probes_estimate_the_contraction_without_bias),
        cmocka_unit_test(penalties_have_the_gradients_of_finite_differences),
        cmocka_unit_test(cells_left_alone_count_one_minus_emphasis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
