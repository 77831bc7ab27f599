#include "base/dlpack.h"

#include <assert.h>

#include "base/base.h"
#include "support/test.h"

/* The layout that the documentation of DLPack gives on 64-bit machines. */
#if UINTPTR_MAX > UINT32_MAX
static_assert(offsetof(dlpack_tensor, data) == 0, "void *data");
static_assert(offsetof(dlpack_tensor, device_type) == 8, "DLDevice device");
static_assert(offsetof(dlpack_tensor, device_id) == 12, "int32_t device_id");
static_assert(offsetof(dlpack_tensor, ndim) == 16, "int32_t ndim");
static_assert(offsetof(dlpack_tensor, code) == 20, "DLDataType dtype");
static_assert(offsetof(dlpack_tensor, bits) == 21, "uint8_t bits");
static_assert(offsetof(dlpack_tensor, lanes) == 22, "uint16_t lanes");
static_assert(offsetof(dlpack_tensor, shape) == 24, "int64_t *shape");
static_assert(offsetof(dlpack_tensor, strides) == 32, "int64_t *strides");
static_assert(offsetof(dlpack_tensor, byte_offset) == 40, "uint64_t");
static_assert(sizeof(dlpack_tensor) == 48, "no padding behind");
#endif

typedef struct fixture {
    genmod_workspace *w;
    genmod_data *x;
    dlpack_tensor t;
    int64_t shape[9], strides[9];
} fixture;

/* Number i is 2.385 i. */
static double numbers[120];

/* [2, 3, 4, 5] doubles, dense. */
static int set_up(void **state)
{
    static fixture f;

    f = (fixture){.shape = {2, 3, 4, 5, 1, 1, 1, 1, 1},
                  .strides = {60, 20, 5, 1, 1, 1, 1, 1, 1}};
    f.t = (dlpack_tensor){.data = numbers,
                          .device_type = DLPACK_CPU,
                          .ndim = 4,
                          .code = DLPACK_FLOAT,
                          .bits = 64,
                          .lanes = 1,
                          .shape = f.shape,
                          .strides = f.strides};
    for (int i = 0; i < 120; i++)
        numbers[i] = 2.385 * i;
    assert_ok(genmod_workspace_new(NULL, &f.w));
    assert_ok(genmod_data_new(&f.x, f.w));
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *const f = *state;

    genmod_data_free(f->x);
    genmod_workspace_free(f->w);
    return 0;
}

static double cell(fixture *f, size_t i, size_t j)
{
    base_view v;
    base_call call;
    genmod_workspace *const w = base_enter(&call, f->w, NULL);

    assert_ok(base_leave(&call, base_data_view(f->x, i, 1, NULL, &v, w)));
    return base_view_cell(&v, 0, j);
}

/* The view is n × d, and cell (i, j) number at + i row + j col. */
static void assert_seen(fixture *f, size_t n, size_t d, int at, int row,
                        int col)
{
    assert_ok(genmod_data_set_dlpack(f->x, &f->t, f->w));
    assert_int_equal(base_data_rows(f->x), n);
    assert_int_equal(base_data_columns(f->x), d);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            assert_true(cell(f, i, j) ==
                        2.385 * (at + (int)i * row + (int)j * col));
}

static void dimensions_behind_the_first_are_columns(void **state)
{
    fixture *const f = *state;

    assert_seen(f, 2, 60, 0, 60, 1);
    f->t.strides = NULL;
    assert_seen(f, 2, 60, 0, 60, 1);
    f->t.ndim = 2;
    assert_seen(f, 2, 3, 0, 3, 1);
    f->t.ndim = 1;
    assert_seen(f, 2, 1, 0, 1, 0);
    f->t.ndim = 8;
    assert_seen(f, 2, 60, 0, 60, 1);
}

static void strides_and_an_offset_are_heeded(void **state)
{
    fixture *const f = *state;

    f->t.ndim = 2;
    f->strides[0] = -7;
    f->strides[1] = 2;
    f->t.byte_offset = 9 * sizeof(double);
    assert_seen(f, 2, 3, 9, -7, 2);
    f->strides[0] = 1;
    f->strides[1] = 2; /* transposed */
    f->t.byte_offset = 0;
    assert_seen(f, 2, 3, 0, 1, 2);
    f->strides[0] = f->strides[1] = 0; /* one number, spread */
    assert_seen(f, 2, 3, 0, 0, 0);
    f->t.ndim = 3; /* every second of the last, and all before it likewise */
    f->strides[0] = 30;
    f->strides[1] = 8;
    f->strides[2] = 2;
    assert_seen(f, 2, 12, 0, 30, 2);
    f->t.ndim = 1;
    f->strides[0] = 3;
    assert_seen(f, 2, 1, 0, 3, 0);
}

static void strides_of_sizes_of_one_say_nothing(void **state)
{
    fixture *const f = *state;

    f->shape[0] = f->shape[2] = 1;
    f->strides[0] = INT64_MIN;
    f->strides[2] = 77;
    f->strides[1] = 5;
    assert_seen(f, 1, 15, 0, 0, 1);
    f->shape[1] = f->shape[3] = 1;
    assert_seen(f, 1, 1, 0, 0, 0);
}

static void floats_and_bytes_are_taken(void **state)
{
    static float narrow[] = {0, 1.5f, -2};
    static uint8_t bytes[] = {7, 8, 9};
    fixture *const f = *state;

    f->t.ndim = 1;
    f->shape[0] = 3;
    f->t.strides = NULL;
    f->t.data = narrow;
    f->t.bits = 32;
    assert_ok(genmod_data_set_dlpack(f->x, &f->t, f->w));
    assert_true(cell(f, 2, 0) == -2);
    f->t.data = bytes;
    f->t.bits = 8;
    f->t.code = DLPACK_UINT;
    f->t.byte_offset = 1;
    f->shape[0] = 2;
    assert_ok(genmod_data_set_dlpack(f->x, &f->t, f->w));
    assert_true(cell(f, 1, 0) == 9);
}

/* Refused, and the view as it was. */
static void assert_refused(fixture *f, const char *part)
{
    assert_status(genmod_data_set_dlpack(f->x, &f->t, f->w),
                  GENMOD_BAD_ARGUMENT, f->w);
    assert_error_names(f->w, part);
    assert_int_equal(base_data_rows(f->x), 2);
    assert_int_equal(base_data_columns(f->x), 60);
}

static void bad_fields_are_named(void **state)
{
    fixture *const f = *state;

    assert_seen(f, 2, 60, 0, 60, 1);
    const dlpack_tensor good = f->t;
    f->t.device_type = 2;
    assert_refused(f, "device of type 2");
    f->t = good;
    f->t.code = 0;
    assert_refused(f, "type code 0, 64 bits and 1 lanes");
    f->t = good;
    f->t.bits = 16;
    assert_refused(f, "16 bits");
    f->t = good;
    f->t.lanes = 4;
    assert_refused(f, "4 lanes");
    f->t = good;
    f->t.ndim = 0;
    assert_refused(f, "has 0 dimensions; it must have 1 to 8");
    f->t.ndim = 9;
    assert_refused(f, "has 9 dimensions");
    f->t = good;
    f->t.data = NULL;
    assert_refused(f, "data is NULL");
    f->t = good;
    f->t.shape = NULL;
    assert_refused(f, "shape is NULL");
    f->t = good;
    f->t.byte_offset = UINT64_MAX;
    assert_refused(f, "byte_offset is 18446744073709551615");
    f->t.byte_offset = 4;
    assert_refused(f, "not aligned");
}

static void bad_shapes_and_strides_are_named(void **state)
{
    fixture *const f = *state;

    assert_seen(f, 2, 60, 0, 60, 1);
    f->strides[1] = 21;
    assert_refused(f, "dimension 1 has stride 21; for columns that go on from "
                      "the 20 behind it, each 1 further");
    f->strides[1] = INT64_MAX;
    assert_refused(f, "dimension 1 has stride 9223372036854775807");
    f->strides[1] = 20;
    f->shape[2] = 0;
    assert_refused(f, "dimension 2 has size 0");
    f->shape[2] = -4;
    assert_refused(f, "dimension 2 has size -4");
    f->t.strides = NULL;
    f->shape[2] = 65537;
    assert_refused(f, "more than 65536 cells");
    f->shape[2] = 4;
    f->shape[0] = (int64_t)1 << 41;
    assert_refused(f, "n is 2199023255552");
    f->shape[0] = 2;
    f->t.strides = f->strides;
    f->strides[0] = INT64_MAX;
    assert_refused(f, "no memory can have 2 rows of 60 columns");
    assert_int_equal(genmod_data_set_dlpack(f->x, NULL, f->w),
                     GENMOD_BAD_ARGUMENT);
    f->strides[0] = 60;
    assert_int_equal(genmod_data_set_dlpack(NULL, &f->t, f->w),
                     GENMOD_BAD_ARGUMENT);
}

static void a_tensor_is_taken_without_an_allocation(void **state)
{
    fixture *const f = *state;
    host h;
    genmod_context *c;
    genmod_workspace *w;

    host_init(&h);
    c = host_context(&h);
    assert_ok(genmod_workspace_new(c, &w));
    host_arm(&h, 0, HOST_FROM_THEN_ON);
    assert_ok(genmod_data_set_dlpack(f->x, &f->t, w));
    assert_int_equal(atomic_load(&h.calls), 0);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(dimensions_behind_the_first_are_columns),
        WITH(strides_and_an_offset_are_heeded),
        WITH(strides_of_sizes_of_one_say_nothing),
        WITH(floats_and_bytes_are_taken),
        WITH(bad_fields_are_named),
        WITH(bad_shapes_and_strides_are_named),
        WITH(a_tensor_is_taken_without_an_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
