/** @file read.h
 * Tables for the examples: CSV files with a header line, and MNIST's IDX files.
 */
#ifndef READ_H
#define READ_H

#include <stddef.h>
#include <stdint.h>

/** n rows × d columns, row-major, and a label a row (NULL if there are none).
 */
struct table {
    size_t n, d;
    double *x;
    int32_t *label;
};

/** n pictures of height × width bytes, and a label a picture. */
struct pictures {
    size_t n, height, width;
    uint8_t *x;
    int32_t *label;
};

/**
 * Read a CSV file. With `labelled` the last column becomes the labels. A file
 * that cannot be read ends the program with one line that says why.
 */
void read_csv(const char *path, int labelled, struct table *out);

/** Free a table's memory. */
void free_table(struct table *t);

/**
 * Read MNIST's training pictures and labels from a folder, gzipped or not. Ends
 * the program like read_csv().
 */
void read_mnist(const char *folder, struct pictures *out);

/** Free the memory of pictures. */
void free_pictures(struct pictures *p);

#endif
