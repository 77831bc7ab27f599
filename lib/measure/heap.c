/* The k largest numbers seen, the least of them first. */
#include "measure/internal.h"

#include <math.h>

void measure_heap_sink(size_t n, double *heap)
{
    size_t i = 0;

    for (;;) {
        size_t least = i;

        for (size_t c = 2 * i + 1; c < n && c <= 2 * i + 2; c++)
            if (heap[c] < heap[least])
                least = c;
        if (least == i)
            return;
        const double t = heap[i];
        heap[i] = heap[least];
        heap[least] = t;
        i = least;
    }
}

void measure_heap_rise(double *heap, size_t i)
{
    for (; i > 0 && heap[i] < heap[(i - 1) / 2]; i = (i - 1) / 2) {
        const double t = heap[i];

        heap[i] = heap[(i - 1) / 2];
        heap[(i - 1) / 2] = t;
    }
}

double measure_heap_least(const measure_heap *h, size_t k)
{
    return h->held < k ? -(double)INFINITY : h->l[0];
}

/* `equal` counts what was left out and is as large as the least. */
void measure_heap_meet(measure_heap *h, size_t k, double l)
{
    double *const heap = h->l;

    if (!(l >= measure_heap_least(h, k)))
        return;
    if (h->held < k) {
        heap[h->held] = l;
        measure_heap_rise(heap, h->held++);
    } else if (l == heap[0]) {
        h->equal++;
    } else {
        const double out = heap[0];

        heap[0] = l;
        measure_heap_sink(k, heap);
        h->equal = heap[0] == out ? h->equal + 1 : 0;
    }
}
