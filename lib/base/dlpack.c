/* Views of tensors that other libraries hold. */
#include "base/dlpack.h"

#include "base/internal.h"

#define MOST_SIZES 8

/* GENMOD_F32 …, or 0 for what rows cannot be. */
static int32_t type_of(const dlpack_tensor *t)
{
    if (t->lanes != 1)
        return 0;
    if (t->code == DLPACK_FLOAT && t->bits == 32)
        return GENMOD_F32;
    if (t->code == DLPACK_FLOAT && t->bits == 64)
        return GENMOD_F64;
    return t->code == DLPACK_UINT && t->bits == 8 ? GENMOD_U8 : 0;
}

static int32_t check_tensor(const dlpack_tensor *t, genmod_workspace *w)
{
    if (!t)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "tensor is NULL");
    if (t->device_type != DLPACK_CPU)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the tensor is on a device of type %i; it must be on "
                         "the CPU, 1",
                         (int64_t)t->device_type);
    if (!type_of(t))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the tensor's elements have type code %u, %u bits and "
                         "%u lanes; they must be floats (2) of 32 or 64 bits "
                         "or unsigned (1) of 8, of one lane",
                         (uint64_t)t->code, (uint64_t)t->bits,
                         (uint64_t)t->lanes);
    if (t->ndim < 1 || t->ndim > MOST_SIZES)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the tensor has %i dimensions; it must have 1 to %u",
                         (int64_t)t->ndim, (uint64_t)MOST_SIZES);
    if (!t->data || !t->shape)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the tensor's %s is NULL",
                         t->data ? "shape" : "data");
    if (t->byte_offset > PTRDIFF_MAX)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the tensor's byte_offset is %u, which no memory has",
                         t->byte_offset);
    for (int32_t i = 0; i < t->ndim; i++)
        if (t->shape[i] < 1)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "the tensor's dimension %i has size %i; it must "
                             "be 1 or more",
                             (int64_t)i, t->shape[i]);
    return GENMOD_OK;
}

/* Dimensions 1, 2, … as columns of one stride. Those of size 1 have none. */
static int32_t flatten(const dlpack_tensor *t, size_t *d, int64_t *stride,
                       genmod_workspace *w)
{
    *d = 1;
    *stride = 1;
    for (int32_t i = t->ndim - 1; i > 0; i--) {
        const uint64_t size = (uint64_t)t->shape[i];
        const int64_t seen = (int64_t)*d;

        if (t->strides && size > 1 && seen == 1)
            *stride = t->strides[i];
        if (t->strides && size > 1 &&
            (t->strides[i] % seen || t->strides[i] / seen != *stride))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "the tensor's dimension %i has stride %i; for "
                             "columns that go on from the %u behind it, each "
                             "%i further, copy the tensor",
                             (int64_t)i, t->strides[i], (uint64_t)*d, *stride);
        if (size > BASE_MOST_COLUMNS / *d)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "the tensor's rows have more than %u cells",
                             (uint64_t)BASE_MOST_COLUMNS);
        *d *= (size_t)size;
    }
    return GENMOD_OK;
}

static int32_t set_tensor(genmod_data *x, const dlpack_tensor *t,
                          genmod_workspace *w)
{
    size_t d;
    int64_t stride;
    int32_t status = check_tensor(t, w);

    if (!status)
        status = flatten(t, &d, &stride, w);
    if (status)
        return status;
    return base_data_point(
        x, type_of(t), (size_t)t->shape[0], d,
        (const unsigned char *)t->data + t->byte_offset,
        t->strides && t->shape[0] > 1 ? t->strides[0] : (int64_t)d, stride, w);
}

int32_t genmod_data_set_dlpack(genmod_data *x, const void *tensor,
                               genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, set_tensor(x, tensor, w));
}
