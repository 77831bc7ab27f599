/* Variables in flat buffers. */
#include "support/test.h"

#include "ad/internal.h"

typedef struct fixture {
    genmod_workspace *w;
    ad_store *s;
} fixture;

static int32_t add(fixture *f, const char *name, int32_t kind, int32_t group,
                   int64_t n)
{
    int32_t index = -1;

    assert_ok(
        ad_store_add(f->s, name, kind, group, ad_vector(n), &index, f->w));
    return index;
}

/* Groups out of order, a state between trained variables. */
static void make(fixture *f, int32_t type)
{
    assert_ok(genmod_workspace_new(NULL, &f->w));
    assert_ok(ad_store_new(type, &f->s, f->w));
    assert_int_equal(add(f, "late", AD_TRAINED, 7, 5), 0);
    assert_int_equal(add(f, "mean", AD_STATE, 0, 17), 1);
    assert_int_equal(add(f, "early", AD_TRAINED, 2, 16), 2);
    assert_int_equal(add(f, "later", AD_TRAINED, 7, 33), 3);
    assert_int_equal(add(f, "variance", AD_STATE, 2, 3), 4);
}

static void end(fixture *f)
{
    ad_store_free(f->s);
    genmod_workspace_free(f->w);
}

static void trained_variables_lie_by_group_then_states(void **state)
{
    fixture f;

    (void)state;
    make(&f, GENMOD_F64);
    assert_ok(ad_store_seal(f.s, 1, f.w));
    const double *const v = ad_store_values(f.s);
    const double *const d = ad_store_gradients(f.s);
    assert_ptr_equal(ad_store_value(f.s, 2), v);
    assert_ptr_equal(ad_store_value(f.s, 0), v + 16);
    assert_ptr_equal(ad_store_value(f.s, 3), v + 32);
    assert_ptr_equal(ad_store_value(f.s, 1), v + 80);
    assert_ptr_equal(ad_store_value(f.s, 4), v + 112);
    assert_ptr_equal(ad_store_grad(f.s, 3), d + 32);
    assert_int_equal(ad_store_trained(f.s), 80);
    assert_int_equal(ad_store_total(f.s), 128);
    assert_ptr_equal(ad_store_next(f.s, 4),
                     (double *)ad_store_next(f.s, 1) + 32);
    end(&f);
}

static void a_group_is_one_range(void **state)
{
    static const size_t want[][3] = {
        {2, 0, 16}, {7, 16, 64}, {3, 16, 0}, {31, 80, 0}};
    fixture f;

    (void)state;
    make(&f, GENMOD_F32);
    assert_ok(ad_store_seal(f.s, 0, f.w));
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        size_t first = 99, n = 99;
        ad_store_range(f.s, (int32_t)want[k][0], &first, &n);
        assert_int_equal(first, want[k][1]);
        assert_int_equal(n, want[k][2]);
    }
    end(&f);
}

static void variables_keep_what_was_said_of_them(void **state)
{
    char name[] = "decoder.1.weight";
    fixture f;

    (void)state;
    make(&f, GENMOD_F32);
    const int32_t i = add(&f, name, AD_STATE, 3, 4);
    name[0] = 'x'; /* the store has its own copy */
    assert_int_equal(ad_store_type(f.s), GENMOD_F32);
    assert_int_equal(ad_store_count(f.s), 6);
    assert_string_equal(ad_store_name(f.s, (size_t)i), "decoder.1.weight");
    assert_int_equal(ad_store_kind(f.s, (size_t)i), AD_STATE);
    assert_int_equal(ad_store_group(f.s, (size_t)i), 3);
    assert_int_equal(ad_store_shape(f.s, (size_t)i)->dim[0], 4);
    end(&f);
}

static void sealing_clears_and_sealing_again_keeps_values(void **state)
{
    fixture f;

    (void)state;
    make(&f, GENMOD_F64);
    assert_ok(ad_store_seal(f.s, 0, f.w));
    assert_null(ad_store_gradients(f.s));
    double *const v = ad_store_values(f.s);
    for (size_t i = 0; i < ad_store_total(f.s); i++) {
        assert_true(v[i] == 0);
        v[i] = (double)i + 0.5;
    }
    assert_ok(ad_store_seal(f.s, 1, f.w));
    assert_ptr_equal(ad_store_values(f.s), v);
    assert_true(v[93] == 93.5);
    const double *const d = ad_store_gradients(f.s);
    for (size_t i = 0; i < ad_store_trained(f.s); i++)
        assert_true(d[i] == 0);
    assert_memory_equal(ad_store_next(f.s, 1), v + 80, 48 * sizeof *v);
    end(&f);
}

static void buffers_are_aligned(void **state)
{
    fixture f;

    (void)state;
    make(&f, GENMOD_F32);
    assert_ok(ad_store_seal(f.s, 1, f.w));
    for (size_t i = 0; i < 5; i++)
        assert_int_equal((uintptr_t)ad_store_value(f.s, i) % BASE_ALIGN, 0);
    assert_int_equal((uintptr_t)ad_store_grad(f.s, 3) % BASE_ALIGN, 0);
    assert_int_equal((uintptr_t)ad_store_next(f.s, 4) % BASE_ALIGN, 0);
    end(&f);
}

static void commit_takes_successors_and_revert_drops_them(void **state)
{
    fixture f;

    (void)state;
    make(&f, GENMOD_F64);
    assert_ok(ad_store_seal(f.s, 1, f.w));
    double *const mean = ad_store_value(f.s, 1);
    double *const next = ad_store_next(f.s, 1);
    double *const weight = ad_store_value(f.s, 0);
    weight[4] = 1.25;
    next[16] = 2.5;
    ad_store_commit(f.s);
    assert_true(mean[16] == 2.5 && weight[4] == 1.25);
    next[16] = NAN;
    ad_store_revert(f.s);
    ad_store_commit(f.s);
    assert_true(mean[16] == 2.5);
    end(&f);
}

static void empty_stores_are_stores(void **state)
{
    fixture f;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &f.w));
    assert_ok(ad_store_new(GENMOD_F64, &f.s, f.w));
    assert_ok(ad_store_seal(f.s, 1, f.w));
    assert_int_equal(ad_store_total(f.s), 0);
    ad_store_commit(f.s);
    ad_store_free(NULL);
    end(&f);
}

static void long_names_and_large_variables_are_refused(void **state)
{
    char name[129];
    int32_t index = -7;
    const int64_t dim[2] = {INT64_C(1) << 40, INT64_C(1) << 30};
    fixture f;

    (void)state;
    make(&f, GENMOD_F64);
    memset(name, 'n', 128);
    name[128] = '\0';
    assert_status(
        ad_store_add(f.s, name, AD_TRAINED, 0, ad_vector(3), &index, f.w),
        GENMOD_LIMIT, f.w);
    assert_error_names(f.w, "128 characters");
    name[127] = '\0';
    assert_int_equal(add(&f, name, AD_TRAINED, 0, 3), 5);
    assert_status(ad_store_add(f.s, "big", AD_TRAINED, 0, ad_shape_of(2, dim),
                               &index, f.w),
                  GENMOD_LIMIT, f.w);
    assert_error_names(f.w, "big");
    assert_int_equal(index, -7);
    assert_int_equal(ad_store_count(f.s), 6);
    end(&f);
}

/* More than one growth of the list, and all buffers. */
static int32_t fill(genmod_context *c, void *arg)
{
    genmod_workspace *w = NULL;
    ad_store *s = NULL;
    int32_t status = genmod_workspace_new(c, &w), index;

    (void)arg;
    if (!status)
        status = ad_store_new(GENMOD_F32, &s, w);
    for (int k = 0; k < 40 && !status; k++)
        status = ad_store_add(s, "v", k % 3 == 0, k % 5, ad_vector(k + 1),
                              &index, w);
    if (!status)
        status = ad_store_seal(s, 1, w);
    ad_store_free(s);
    genmod_workspace_free(w);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(support_alloc_walk(fill, NULL) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trained_variables_lie_by_group_then_states),
        cmocka_unit_test(a_group_is_one_range),
        cmocka_unit_test(variables_keep_what_was_said_of_them),
        cmocka_unit_test(sealing_clears_and_sealing_again_keeps_values),
        cmocka_unit_test(buffers_are_aligned),
        cmocka_unit_test(commit_takes_successors_and_revert_drops_them),
        cmocka_unit_test(empty_stores_are_stores),
        cmocka_unit_test(long_names_and_large_variables_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
