#include "example.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void need(int32_t status, const genmod_workspace *w)
{
    if (status == GENMOD_OK)
        return;
    const char *text = genmod_workspace_error(w);
    fprintf(stderr, "%s%s%s\n", genmod_status_name(status), *text ? ": " : "",
            text);
    exit(1);
}

void expect(int truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "not as expected: %s\n", what);
    exit(1);
}

int near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

void *memory(size_t n, size_t bytes)
{
    void *p = calloc(n, bytes);
    expect(p != NULL, "enough memory");
    return p;
}
