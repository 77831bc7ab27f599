/* Every instruction set that the machine has does the textbook's arithmetic. */
#include "gmm/fixture.h"

#define N 333
#define D 19
#define K 3

static const char *const sets[] = {"generic", "x86-64-v3", "x86-64-v4",
                                   "aarch64"};

/* NULL where the machine or the build has no such set. */
static genmod_workspace *workspace_of(const char *set)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    const int32_t status = genmod_context_set_kernels(c, set);
    if (!status) {
        assert_string_equal(genmod_context_kernels(c), set);
        assert_ok(genmod_workspace_new(c, &w));
    } else {
        assert_status(status, GENMOD_UNSUPPORTED, NULL);
    }
    genmod_context_free(c);
    return w;
}

/* Distance of one step in `element` rows from the reference's. */
static double step_error(const ref_mixture *r, int32_t element, const double *x,
                         genmod_workspace *w)
{
    ref_mixture want, got;
    float *const narrow = fixture_narrow(N * D, x);
    genmod_data *const view = element == GENMOD_F64
                                  ? fixture_view(N, D, x)
                                  : fixture_view_f32(N, D, narrow);
    gmm_model *const m = fixture_from(r, "ridge=0");
    ref_init(&want, r->type, K, D);
    ref_init(&got, r->type, K, D);
    ref_step(r, &want, N, x, NULL);
    assert_ok(gmm_step(m, view, w));
    fixture_params(m, &got);
    const double error = fixture_distance(&got, &want);
    ref_free(&want);
    ref_free(&got);
    gmm_free(m);
    genmod_data_free(view);
    free(narrow);
    return error;
}

static void steps_of_every_instruction_set_are_the_textbooks(void **state)
{
    (void)state;
    size_t seen = 0;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        genmod_workspace *const w = workspace_of(sets[i]);
        if (!w)
            continue;
        for (int type = 0; type < REF_TYPES; type++) {
            ref_mixture r;
            double *const x = fixture_take(N * D, sizeof *x);
            ref_init(&r, type, K, D);
            ref_invent(&r, 8, 0.4);
            ref_draw(&r, 3, N, x, NULL);
            const double wide = step_error(&r, GENMOD_F64, x, w);
            const double narrow = step_error(&r, GENMOD_F32, x, w);
            /* N roundings of f64; some of f32, which a condition of 100
             * magnifies */
            if (!(wide <= 1e-12 && narrow <= 1e-4))
                fail_msg("%s, %s: off by %.3g in f64, %.3g in f32", sets[i],
                         ref_names[type], wide, narrow);
            ref_free(&r);
            free(x);
        }
        seen++;
        genmod_workspace_free(w);
    }
    assert_true(seen >= 1);
}

static void fits_of_every_instruction_set_find_the_same_mixture(void **state)
{
    (void)state;
    ref_mixture r, first, got;
    double *const x = fixture_take(N * D, sizeof *x);
    ref_init(&r, REF_FULL, K, D);
    ref_invent(&r, 8, 2);
    ref_draw(&r, 3, N, x, NULL);
    genmod_data *const v = fixture_view(N, D, x);
    ref_init(&first, REF_DIAGONAL, K, D);
    ref_init(&got, REF_DIAGONAL, K, D);
    int seen = 0;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        genmod_workspace *const w = workspace_of(sets[i]);
        if (!w)
            continue;
        gmm_model *const m = fixture_model(
            K, REF_DIAGONAL, "max_iterations=25 tolerance=0 seed=2");
        assert_ok(gmm_fit(m, v, NULL, NULL, w));
        fixture_params(m, seen ? &got : &first);
        if (seen++)
            fixture_mixtures_close(sets[i], &got, &first, 1e-9);
        gmm_free(m);
        genmod_workspace_free(w);
    }
    ref_free(&r);
    ref_free(&first);
    ref_free(&got);
    genmod_data_free(v);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_every_instruction_set_are_the_textbooks),
        cmocka_unit_test(fits_of_every_instruction_set_find_the_same_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
