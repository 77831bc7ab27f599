/* Rows that another library holds, seen without a copy: a batch of images as
 * NumPy or PyTorch hand it out by __dlpack__(). The pointer in such a capsule,
 * PyCapsule_GetPointer(capsule, "dltensor"), is what the view takes.
 *
 * The struct is that of dlpack.h, for programs that do not have this header.
 */
#include <string.h>

#include "example.h"

struct tensor {
    void *data;
    int32_t device_type, device_id; /* 1: the CPU */
    int32_t ndim;
    uint8_t code, bits; /* 2: floats */
    uint16_t lanes;
    int64_t *shape, *strides;
    uint64_t byte_offset;
};

/* Fits one Gaussian to the tensor's rows and gives its mean. */
static void mean_of(const struct tensor *t, size_t d, double *mean)
{
    genmod_data *x = NULL;
    gmm_model *m = NULL;
    need(genmod_data_new(&x, NULL), NULL);
    need(genmod_data_set_dlpack(x, t, NULL), NULL);
    need(gmm_new(NULL, &m, NULL), NULL);
    need(gmm_fit(m, x, NULL, NULL, NULL), NULL);
    need(gmm_get_params(m, GMM_MEANS, d, mean, NULL, NULL), NULL);
    gmm_free(m);
    genmod_data_free(x);
}

int main(void)
{
    /* 3 images of 1 × 2 × 2, as floats. */
    float images[] = {1, 2, 3, 4, 3, 4, 5, 6, 2, 3, 4, 8};
    int64_t shape[] = {3, 1, 2, 2}, strides[] = {4, 4, 2, 1};
    struct tensor t = {.data = images,
                       .device_type = 1,
                       .ndim = 4,
                       .code = 2,
                       .bits = 32,
                       .lanes = 1,
                       .shape = shape,
                       .strides = strides};
    double mean[4];
    mean_of(&t, 4, mean);
    expect(near(mean[0], 2, 1e-6) && near(mean[3], 6, 1e-6),
           "an image is a row of four cells");

    /* Every second row, backwards, of the left column: a slice, still no copy.
     */
    shape[0] = 2;
    shape[3] = 1;
    strides[0] = -8;
    t.byte_offset = 8 * sizeof *images;
    mean_of(&t, 2, mean);
    expect(near(mean[0], 1.5, 1e-6) && near(mean[1], 3.5, 1e-6),
           "images 2 and 0, left column");

    /* What rows cannot be is refused, and the text names the field. */
    genmod_workspace *w = NULL;
    genmod_data *x = NULL;
    need(genmod_workspace_new(NULL, &w), NULL);
    need(genmod_data_new(&x, w), w);
    t.device_type = 2;
    expect(genmod_data_set_dlpack(x, &t, w) == GENMOD_BAD_ARGUMENT &&
               strstr(genmod_workspace_error(w), "device"),
           "memory of a GPU is out of reach");
    genmod_data_free(x);
    genmod_workspace_free(w);
    return 0;
}
