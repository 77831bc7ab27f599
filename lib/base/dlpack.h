/* DLPack's tensor, https://dmlc.github.io/dlpack/latest/c_api.html, as
 * versions up to 1.1 have it. Written anew, so that no header of theirs is
 * needed; test_dlpack.c holds the layout. */
#ifndef BASE_DLPACK_H
#define BASE_DLPACK_H

#include <stdint.h>

/* Device types, and codes of element types, that we take or name. */
#define DLPACK_CPU 1
#define DLPACK_UINT 1
#define DLPACK_FLOAT 2

typedef struct dlpack_tensor {
    void *data;
    int32_t device_type;
    int32_t device_id;
    int32_t ndim;
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
    int64_t *shape;
    int64_t *strides; /* in elements; NULL: dense and row-major */
    uint64_t byte_offset;
} dlpack_tensor;

#endif
