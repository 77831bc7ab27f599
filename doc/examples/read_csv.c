#include "read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

/* The whole file, with a zero byte after it. */
static char *slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        exit(1);
    }
    size_t size = 0, cap = 1 << 16;
    char *text = malloc(cap);
    while (text) {
        size += fread(text + size, 1, cap - size - 1, f);
        if (size + 1 < cap)
            break;
        text = realloc(text, cap *= 2);
    }
    expect(text != NULL, "enough memory for the file");
    expect(!ferror(f), "a file that can be read to its end");
    fclose(f);
    text[size] = '\0';
    return text;
}

static size_t count(const char *from, const char *to, char c)
{
    size_t n = 0;
    for (; from < to; from++)
        n += *from == c;
    return n;
}

static void parse_row(const char *path, size_t line, const char **at,
                      size_t columns, double *out)
{
    for (size_t j = 0; j < columns; j++) {
        char *end;
        out[j] = strtod(*at, &end);
        const char after = j + 1 < columns ? ',' : '\n';
        if (end == *at || *end != after) {
            fprintf(stderr, "%s: line %zu, column %zu is no number\n", path,
                    line, j + 1);
            exit(1);
        }
        *at = end + 1;
    }
}

void read_csv(const char *path, int labelled, struct table *out)
{
    char *text = slurp(path);
    const char *end = text + strlen(text), *at = strchr(text, '\n');
    expect(at != NULL, "a header line");
    const size_t columns = count(text, at, ',') + 1;
    out->n = count(++at, end, '\n');
    out->d = columns - (labelled != 0);
    out->x = memory(out->n * out->d, sizeof *out->x);
    out->label = labelled ? memory(out->n, sizeof *out->label) : NULL;

    double *row = memory(columns, sizeof *row);
    for (size_t i = 0; i < out->n; i++) {
        parse_row(path, i + 2, &at, columns, row);
        memcpy(out->x + i * out->d, row, out->d * sizeof *row);
        if (labelled)
            out->label[i] = (int32_t)row[out->d];
    }
    free(row);
    free(text);
}

void free_table(struct table *t)
{
    free(t->x);
    free(t->label);
    t->x = NULL;
    t->label = NULL;
}
