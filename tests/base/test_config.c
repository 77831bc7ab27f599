#include "support/test.h"

#include "base/base.h"

static const base_option options[] = {
    {"components", BASE_I64, 1, "1", 1, 65536, NULL, NULL, "How many."},
    {"seed", BASE_I64, 0, "-5", -0x1p63, 0x1p63, NULL, NULL, "The stream."},
    {"tolerance", BASE_F64, 0, "1e-3", 0, INFINITY, NULL, "nats", "Gain."},
    {"covariance", BASE_STR, 1, "full", 0, 0, "full|tied|diagonal", NULL,
     "Shape."},
    {"network", BASE_STR, 0, "dense 12", 0, 0, NULL, NULL, "Layers."},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, NULL},
};

static const base_option others[] = {
    {"components", BASE_I64, 1, "1", 1, 65536, NULL, NULL, "How many."},
    {"row", BASE_I64, 0, "0", -0x1p53, 0x1p53, NULL, NULL, "Which."},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, NULL},
};

typedef struct fixture {
    genmod_workspace *w;
    genmod_config *c;
} fixture;

static genmod_config *make(const base_option *table)
{
    genmod_config *c = NULL;
    base_call call;
    genmod_workspace *const w = base_enter(&call, NULL, NULL);

    assert_ok(base_leave(&call, base_config_new(table, &c, w)));
    assert_ptr_equal(base_config_options(c), table);
    return c;
}

static int set_up(void **state)
{
    static fixture f;

    assert_ok(genmod_workspace_new(NULL, &f.w));
    f.c = make(options);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *const f = *state;

    genmod_config_free(f->c);
    genmod_workspace_free(f->w);
    return 0;
}

static void assert_is(const fixture *f, const char *key, const char *expected)
{
    char out[2000];
    size_t need;

    assert_status(
        genmod_config_get_str(f->c, key, sizeof out, out, &need, f->w), 0,
        f->w);
    assert_string_equal(out, expected);
    assert_int_equal(need, strlen(expected) + 1);
}

/* The call was refused, its text contains `part`, and nothing changed. */
static void assert_refused(const fixture *f, int32_t status, const char *part)
{
    assert_int_equal(status, GENMOD_BAD_ARGUMENT);
    assert_error_names(f->w, part);
    assert_is(f, "components", "1");
    assert_is(f, "seed", "-5");
    assert_is(f, "tolerance", "0.001");
    assert_is(f, "covariance", "full");
    assert_is(f, "network", "dense 12");
}

static void values_start_at_their_defaults(void **state)
{
    const fixture *const f = *state;

    assert_int_equal(base_config_i64(f->c, "components"), 1);
    assert_int_equal(base_config_i64(f->c, "seed"), -5);
    assert_true(base_config_f64(f->c, "tolerance") == 1e-3);
    assert_string_equal(base_config_str(f->c, "covariance"), "full");
    assert_string_equal(base_config_str(f->c, "network"), "dense 12");
}

static void every_type_is_set_and_got(void **state)
{
    const fixture *const f = *state;
    int64_t i = 0;
    double v = 0;

    assert_ok(genmod_config_set_i64(f->c, "components", 31, f->w));
    assert_ok(genmod_config_get_i64(f->c, "components", &i, f->w));
    assert_int_equal(i, 31);
    assert_ok(genmod_config_get_f64(f->c, "components", &v, f->w));
    assert_true(v == 31.0);
    assert_ok(genmod_config_set_f64(f->c, "tolerance", 0.1, NULL));
    assert_ok(genmod_config_get_f64(f->c, "tolerance", &v, NULL));
    assert_true(v == 0.1);
    assert_ok(genmod_config_set_i64(f->c, "tolerance", 3, f->w));
    assert_is(f, "tolerance", "3");
    assert_ok(genmod_config_set_i64(f->c, "seed", INT64_MAX, f->w));
    assert_is(f, "seed", "9223372036854775807");
    assert_ok(
        genmod_config_set_str(f->c, "seed", "-9223372036854775808", f->w));
    assert_int_equal(base_config_i64(f->c, "seed"), INT64_MIN);
    assert_ok(genmod_config_set_str(f->c, "tolerance", "2.5e-7", f->w));
    assert_true(base_config_f64(f->c, "tolerance") == 2.5e-7);
    assert_ok(genmod_config_set_str(f->c, "covariance", "diagonal", f->w));
    assert_is(f, "covariance", "diagonal");
    assert_ok(genmod_config_set_str(f->c, "network", "conv 32; relu", f->w));
    assert_is(f, "network", "conv 32; relu");
}

static void values_out_of_bounds_name_the_bound(void **state)
{
    const fixture *const f = *state;

    assert_refused(f, genmod_config_set_i64(f->c, "components", 0, f->w),
                   "\"components\" is 0; it must be from 1 to 65536");
    assert_refused(f, genmod_config_set_i64(f->c, "components", 65537, f->w),
                   "\"components\" is 65537; it must be from 1 to 65536");
    assert_refused(f, genmod_config_set_str(f->c, "components", "-3", f->w),
                   "\"components\" is -3");
    assert_refused(f, genmod_config_set_f64(f->c, "tolerance", -1e-9, f->w),
                   "\"tolerance\" is -1e-9; it must be from 0 to inf");
    assert_refused(f, genmod_config_set_f64(f->c, "tolerance", NAN, f->w),
                   "\"tolerance\" is nan");
    assert_refused(f, genmod_config_set_str(f->c, "tolerance", "nan", f->w),
                   "\"tolerance\" is nan");
}

/* Whole numbers that no double tells from the bound. */
static void bounds_of_whole_numbers_are_exact(void **state)
{
    const fixture *const f = *state;
    const int64_t most = INT64_C(1) << 53;
    genmod_config *const c = make(others);

    assert_ok(genmod_config_set_i64(c, "row", most, f->w));
    assert_ok(genmod_config_set_i64(c, "row", -most, f->w));
    assert_refused(f, genmod_config_set_i64(c, "row", most + 1, f->w),
                   "\"row\" is 9007199254740993; it must be from "
                   "-9007199254740992 to 9007199254740992");
    assert_refused(f,
                   genmod_config_set_str(c, "row", "-9007199254740993", f->w),
                   "\"row\" is -9007199254740993");
    genmod_config_free(c);
}

static void values_of_another_type_are_refused(void **state)
{
    const fixture *const f = *state;
    int64_t i = 7;
    double v = 7;

    assert_refused(f, genmod_config_set_f64(f->c, "components", 2.0, f->w),
                   "\"components\" is a whole number, not a real number");
    assert_refused(f, genmod_config_set_i64(f->c, "covariance", 2, f->w),
                   "\"covariance\" is text");
    assert_refused(f, genmod_config_set_f64(f->c, "network", 2.0, f->w),
                   "\"network\" is text");
    assert_refused(f, genmod_config_get_i64(f->c, "tolerance", &i, f->w),
                   "\"tolerance\" is a real number, not a whole number");
    assert_refused(f, genmod_config_get_f64(f->c, "network", &v, f->w),
                   "\"network\" is text");
    assert_int_equal(i, 7);
    assert_true(v == 7);
}

static void text_that_is_no_value_is_refused(void **state)
{
    const fixture *const f = *state;
    char s[1100];

    assert_refused(f, genmod_config_set_str(f->c, "components", "3.0", f->w),
                   "\"components\" is \"3.0\", which is not a whole number");
    assert_refused(f, genmod_config_set_str(f->c, "tolerance", "1,5", f->w),
                   "\"tolerance\" is \"1,5\", which is not a number");
    assert_refused(f, genmod_config_set_str(f->c, "covariance", "ful", f->w),
                   "\"ful\"; it must be one of full|tied|diagonal");
    assert_refused(f, genmod_config_set_str(f->c, "covariance", "", f->w),
                   "full|tied|diagonal");
    assert_refused(f,
                   genmod_config_set_str(f->c, "covariance", "full|tied", f->w),
                   "full|tied|diagonal");
    memset(s, 'a', sizeof s);
    s[1024] = '\0';
    assert_refused(f, genmod_config_set_str(f->c, "network", s, f->w),
                   "has 1024 bytes; it may have 1023");
    s[1023] = '\0';
    assert_ok(genmod_config_set_str(f->c, "network", s, f->w));
    assert_is(f, "network", s);
}

static void null_is_refused(void **state)
{
    const fixture *const f = *state;

    assert_refused(f, genmod_config_set_i64(NULL, "seed", 1, f->w), "config");
    assert_refused(f, genmod_config_set_i64(f->c, NULL, 1, f->w), "key");
    assert_refused(f, genmod_config_set_f64(NULL, "seed", 1, f->w), "config");
    assert_refused(f, genmod_config_set_str(f->c, "seed", NULL, f->w),
                   "the value of option \"seed\" is NULL");
    assert_refused(f, genmod_config_get_i64(f->c, "seed", NULL, f->w), "v is");
    assert_refused(f, genmod_config_get_f64(f->c, "seed", NULL, f->w), "v is");
    assert_refused(f, genmod_config_get_str(f->c, "seed", 9, NULL, NULL, f->w),
                   "out");
    assert_null(genmod_config_key(NULL, 0));
    genmod_config_free(NULL);
}

static void an_unknown_key_names_the_nearest(void **state)
{
    const fixture *const f = *state;
    double v;

    assert_refused(f, genmod_config_set_i64(f->c, "componnents", 3, f->w),
                   "no option \"componnents\"; did you mean \"components\"?");
    assert_refused(f, genmod_config_get_f64(f->c, "tolernace", &v, f->w),
                   "did you mean \"tolerance\"?");
    assert_refused(f, genmod_config_set_str(f->c, "Seed", "3", f->w),
                   "did you mean \"seed\"?");
}

static void get_str_is_all_or_nothing(void **state)
{
    const fixture *const f = *state;
    char out[5] = "xxxx";
    size_t need = 0;

    assert_int_equal(
        genmod_config_get_str(f->c, "tolerance", 5, out, &need, f->w),
        GENMOD_TOO_SMALL);
    assert_int_equal(need, 6);
    assert_string_equal(out, "xxxx");
    assert_int_equal(
        genmod_config_get_str(f->c, "tolerance", 0, NULL, &need, f->w),
        GENMOD_TOO_SMALL);
    assert_ok(genmod_config_get_str(f->c, "covariance", 5, out, NULL, f->w));
    assert_string_equal(out, "full");
}

static void text_carries_values_over_without_loss(void **state)
{
    const fixture *const f = *state;
    genmod_config *const to = make(options);
    char out[2000];

    assert_ok(genmod_config_set_f64(f->c, "tolerance", 0.1 + 0.2, f->w));
    assert_ok(genmod_config_set_i64(f->c, "seed", INT64_MIN + 1, f->w));
    for (size_t i = 0; genmod_config_key(f->c, i); i++) {
        const char *const key = genmod_config_key(f->c, i);
        assert_string_equal(key, options[i].key);
        assert_ok(
            genmod_config_get_str(f->c, key, sizeof out, out, NULL, f->w));
        assert_ok(genmod_config_set_str(to, key, out, f->w));
    }
    assert_true(base_config_f64(to, "tolerance") == 0.1 + 0.2);
    assert_int_equal(base_config_i64(to, "seed"), INT64_MIN + 1);
    genmod_config_free(to);
}

static void assert_described(const fixture *f, const char *key,
                             const char *property, const char *expected)
{
    char out[100];

    assert_status(genmod_config_describe(f->c, key, property, sizeof out, out,
                                         NULL, f->w),
                  0, f->w);
    assert_string_equal(out, expected);
}

static void describe_answers_every_property(void **state)
{
    const fixture *const f = *state;

    assert_described(f, "components", "type", "i64");
    assert_described(f, "tolerance", "type", "f64");
    assert_described(f, "network", "type", "str");
    assert_described(f, "tolerance", "default", "1e-3");
    assert_described(f, "components", "minimum", "1");
    assert_described(f, "components", "maximum", "65536");
    assert_described(f, "seed", "minimum", "-9223372036854775808");
    assert_described(f, "seed", "maximum", "9223372036854775807");
    assert_described(f, "tolerance", "maximum", "inf");
    assert_described(f, "covariance", "maximum", "");
    assert_described(f, "covariance", "choices", "full|tied|diagonal");
    assert_described(f, "network", "choices", "");
    assert_described(f, "tolerance", "unit", "nats");
    assert_described(f, "seed", "unit", "");
    assert_described(f, "components", "when", "structure");
    assert_described(f, "tolerance", "when", "training");
    assert_described(f, "network", "help", "Layers.");
}

static void describe_names_what_is_wrong(void **state)
{
    const fixture *const f = *state;
    char out[8];

    assert_refused(
        f, genmod_config_describe(f->c, "seed", "max", 8, out, NULL, f->w),
        "property is \"max\"; it must be one of type, default");
    assert_refused(
        f, genmod_config_describe(f->c, "seed", NULL, 8, out, NULL, f->w),
        "property is \"NULL\"");
    assert_refused(
        f, genmod_config_describe(f->c, "sed", "type", 8, out, NULL, f->w),
        "did you mean \"seed\"?");
    assert_int_equal(
        genmod_config_describe(f->c, "seed", "type", 3, out, NULL, f->w),
        GENMOD_TOO_SMALL);
}

static int32_t assign(const fixture *f, const genmod_config *from, int32_t all)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, f->w, NULL);

    return base_leave(&call, base_config_assign(f->c, from, all, w));
}

static void assign_keeps_structure_unless_told(void **state)
{
    const fixture *const f = *state;
    genmod_config *const from = make(options);

    assert_ok(genmod_config_set_f64(from, "tolerance", 0.5, f->w));
    assert_ok(genmod_config_set_str(from, "network", "relu", f->w));
    assert_ok(genmod_config_set_str(from, "covariance", "tied", f->w));
    assert_refused(f, assign(f, from, 0), "\"covariance\" is fixed");
    assert_ok(assign(f, from, 1));
    assert_is(f, "covariance", "tied");
    assert_ok(genmod_config_set_i64(from, "components", 4, f->w));
    assert_int_equal(assign(f, from, 0), GENMOD_BAD_ARGUMENT);
    assert_error_names(f->w, "\"components\" is fixed");
    assert_ok(genmod_config_set_i64(from, "components", 1, f->w));
    assert_ok(genmod_config_set_f64(from, "tolerance", 0.25, f->w));
    assert_ok(assign(f, from, 0));
    assert_is(f, "tolerance", "0.25");
    assert_is(f, "network", "relu");
    assert_ok(assign(f, f->c, 0));
    assert_is(f, "network", "relu");
    genmod_config_free(from);
}

static void assign_refuses_another_family(void **state)
{
    const fixture *const f = *state;
    genmod_config *const from = make(others);

    assert_refused(f, assign(f, from, 1), "another family");
    genmod_config_free(from);
}

static int32_t make_and_set(genmod_context *c, void *arg)
{
    genmod_config *config = NULL;
    genmod_workspace *outer;
    base_call call;
    int32_t status = genmod_workspace_new(c, &outer);

    (void)arg;
    if (status)
        return status;
    genmod_workspace *const w = base_enter(&call, outer, NULL);
    status = base_leave(&call, base_config_new(options, &config, w));
    assert_true(status == 0 || config == NULL);
    if (!status)
        status = genmod_config_set_str(config, "network", "relu", outer);
    genmod_workspace_free(outer);
    genmod_config_free(config); /* outlives the workspace */
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(support_alloc_walk(make_and_set, NULL), 2);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(values_start_at_their_defaults),
        WITH(every_type_is_set_and_got),
        WITH(values_out_of_bounds_name_the_bound),
        WITH(bounds_of_whole_numbers_are_exact),
        WITH(values_of_another_type_are_refused),
        WITH(text_that_is_no_value_is_refused),
        WITH(null_is_refused),
        WITH(an_unknown_key_names_the_nearest),
        WITH(get_str_is_all_or_nothing),
        WITH(text_carries_values_over_without_loss),
        WITH(describe_answers_every_property),
        WITH(describe_names_what_is_wrong),
        WITH(assign_keeps_structure_unless_told),
        WITH(assign_refuses_another_family),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
