/* The key that a mistyped one was meant to be. */
#include <string.h>

#include "base/internal.h"

#define LONGEST 64 /* bytes of a key that are looked at */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that make b of a:
 * Damerau 1964, each place edited once. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST + 1];

    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *const row = rows[i % 3];
        const size_t *const above = rows[(i + 2) % 3];
        const size_t *const two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t change = a[i - 1] != b[j - 1];
            row[j] =
                least(above[j - 1] + change, 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

static size_t length(const char *key)
{
    size_t n = 0;

    while (n < LONGEST && key[n])
        n++;
    return n;
}

const char *base_nearest(const char *key, const void *table, size_t stride,
                         size_t n)
{
    const char *nearest = "";
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < n; i++) {
        const char *const *const row =
            (const void *)((const unsigned char *)table + i * stride);
        const size_t far = distance(key, length(key), *row, length(*row));
        if (far < best) {
            best = far;
            nearest = *row;
        }
    }
    return nearest;
}

/* At most half of the key's letters are to be edited: what is farther off was
 * not meant. */
static int is_like(const char *key, const char *other)
{
    const size_t n = length(key);

    return 2 * distance(key, n, other, length(other)) <= n;
}

int32_t base_no_key(genmod_workspace *w, const char *kind, const char *key,
                    const void *table, size_t stride, size_t n)
{
    const char *const nearest = base_nearest(key, table, stride, n);

    if (!is_like(key, nearest))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "no %s \"%s\", nor one spelt like it", kind, key);
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "no %s \"%s\"; did you mean \"%s\"?", kind, key, nearest);
}
