#include "read.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "example.h"

/* gzopen() reads plain files too. */
static gzFile open_idx(const char *folder, const char *name)
{
    static const char *const ending[] = {"", ".gz"};
    for (size_t i = 0; i < 2; i++) {
        char path[4096];
        const int n =
            snprintf(path, sizeof path, "%s/%s%s", folder, name, ending[i]);
        expect(n > 0 && (size_t)n < sizeof path, "a shorter path");
        gzFile f = gzopen(path, "rb");
        if (f)
            return f;
    }
    fprintf(stderr, "%s: has neither %s nor %s.gz\n", folder, name, name);
    exit(1);
}

static void read_bytes(gzFile f, size_t n, uint8_t *out)
{
    while (n > 0) {
        const unsigned part = n < 1u << 24 ? (unsigned)n : 1u << 24;
        expect(gzread(f, out, part) == (int)part, "an IDX file of full length");
        out += part;
        n -= part;
    }
}

static size_t read_size(gzFile f)
{
    uint8_t b[4];
    read_bytes(f, 4, b);
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

void read_mnist(const char *folder, struct pictures *out)
{
    gzFile f = open_idx(folder, "train-images-idx3-ubyte");
    expect(read_size(f) == 0x803, "an IDX file of three dimensions of bytes");
    out->n = read_size(f);
    out->height = read_size(f);
    out->width = read_size(f);
    expect(out->n > 0 && out->n <= 1000000 && out->height == 28 &&
               out->width == 28,
           "MNIST's size, 28 x 28");
    out->x = memory(out->n, out->height * out->width);
    read_bytes(f, out->n * out->height * out->width, out->x);
    gzclose(f);

    f = open_idx(folder, "train-labels-idx1-ubyte");
    expect(read_size(f) == 0x801, "an IDX file of one dimension of bytes");
    expect(read_size(f) == out->n, "as many labels as pictures");
    uint8_t *byte = memory(out->n, 1);
    read_bytes(f, out->n, byte);
    gzclose(f);
    out->label = memory(out->n, sizeof *out->label);
    for (size_t i = 0; i < out->n; i++)
        out->label[i] = byte[i];
    free(byte);
}

void free_pictures(struct pictures *p)
{
    free(p->x);
    free(p->label);
    p->x = NULL;
    p->label = NULL;
}
