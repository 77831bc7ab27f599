/* From which score on rows are strange. */
#include "ae/fixture.h"
#include "model/model.h"

#define N 101
#define D 5

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct scene {
    double *x;
    genmod_data *v;
    ae_model *m;
    genmod_workspace *w;
    double score[N]; /* in ascending order */
} scene;

static void open_scene(scene *s)
{
    s->x = fixture_invent(N, D, 3);
    s->v = fixture_view(N, D, s->x);
    s->m = fixture_model("code=2 | epochs=3 | batch_size=20");
    s->w = fixture_workspace(2, NULL);
    assert_ok(ae_fit(s->m, s->v, NULL, NULL, NULL, NULL));
    assert_ok(ae_anomaly(s->m, s->v, sizeof s->score, s->score, NULL));
    qsort(s->score, N, sizeof *s->score, ascending);
}

static void close_scene(scene *s)
{
    ae_free(s->m);
    genmod_data_free(s->v);
    genmod_workspace_free(s->w);
    free(s->x);
}

static void at_most_a_share_of_the_rows_is_above(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    for (int i = 0; i < 1000; i += 7) {
        const double share = i / 1000.0;
        double t = NAN;
        size_t above = 0, reach = 0;
        assert_ok(ae_threshold(s.m, s.v, share, &t, s.w));
        for (size_t k = 0; k < N; k++) {
            above += s.score[k] > t;
            reach += s.score[k] >= t;
        }
        assert_true((double)above <= share * N);
        assert_true((double)reach > share * N); /* the least such score */
        assert_true(t == s.score[N - 1 - above]);
    }
    close_scene(&s);
}

static void the_extreme_shares_give_the_extreme_scores(void **state)
{
    (void)state;
    scene s;
    double t = NAN;
    open_scene(&s);
    assert_ok(ae_threshold(s.m, s.v, 0, &t, NULL));
    assert_true(t == s.score[N - 1]);
    /* times 101 it rounds to 101 */
    assert_ok(ae_threshold(s.m, s.v, nextafter(1, 0), &t, NULL));
    assert_true(t == s.score[0]);
    close_scene(&s);
}

static void equal_rows_have_their_score_as_threshold(void **state)
{
    (void)state;
    scene s;
    double t = NAN, one = NAN;
    open_scene(&s);
    for (size_t i = D; i < N * D; i++)
        s.x[i] = s.x[i - D];
    genmod_data *const first = fixture_view(1, D, s.x);
    assert_ok(ae_anomaly(s.m, first, sizeof one, &one, NULL));
    assert_ok(ae_threshold(s.m, s.v, 0.37, &t, NULL));
    assert_true(t == one);
    genmod_data_free(first);
    close_scene(&s);
}

static void refused(scene *s, int32_t got, int32_t want, const char *part)
{
    assert_status(got, want, s->w);
    assert_error_names(s->w, part);
}

static void what_is_refused_leaves_the_number_alone(void **state)
{
    (void)state;
    static const double wrong[] = {-0.001, 1, 1.5, NAN, INFINITY};
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    scene s;
    double t = 2.385;
    open_scene(&s);
    refused(&s, ae_threshold(NULL, s.v, 0, &t, s.w), bad, "m is NULL");
    refused(&s, ae_threshold(s.m, NULL, 0, &t, s.w), bad, "x is NULL");
    refused(&s, ae_threshold(s.m, s.v, 0, NULL, s.w), bad, "out is NULL");
    for (size_t i = 0; i < 5; i++)
        refused(&s, ae_threshold(s.m, s.v, wrong[i], &t, s.w), bad,
                "it must be in [0, 1)");
    genmod_data *const other = fixture_view(N - 20, D + 1, s.x);
    refused(&s, ae_threshold(s.m, other, 0, &t, s.w), bad,
            "x has 6 columns; the model has 5");
    genmod_data_free(other);
    s.x[7 * D + 3] = NAN;
    refused(&s, ae_threshold(s.m, s.v, 0, &t, s.w), GENMOD_NON_FINITE,
            "row 7, column 3");
    ae_model *const none = fixture_model(NULL);
    refused(&s, ae_threshold(none, s.v, 0, &t, s.w), GENMOD_NOT_FITTED,
            "no weights");
    ae_free(none);
    assert_true(t == 2.385);
    close_scene(&s);
}

/* Any numbers: scores of other families have both signs. */
static void numbers_are_found_by_rank(void **state)
{
    (void)state;
    static const double values[] = {
        3.5,  -2.385, 1e300, 0,      -1e-310, 7,       -INFINITY, 3.5,
        -1e9, 1e-310, 2.25,  -2.385, 6.5e-20, -6.5e20, INFINITY,  3.5};
    enum { COUNT = sizeof values / sizeof *values };
    double sorted[COUNT];
    memcpy(sorted, values, sizeof values);
    qsort(sorted, COUNT, sizeof *sorted, ascending);
    for (size_t k = 0; k < COUNT; k++)
        assert_true(model_ranked(COUNT, values, k) == sorted[k]);
    assert_true(model_ranked(1, values, 0) == 3.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_a_share_of_the_rows_is_above),
        cmocka_unit_test(the_extreme_shares_give_the_extreme_scores),
        cmocka_unit_test(equal_rows_have_their_score_as_threshold),
        cmocka_unit_test(what_is_refused_leaves_the_number_alone),
        cmocka_unit_test(numbers_are_found_by_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
