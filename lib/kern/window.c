#include "kern/kern.h"

void kern_average(const kern_ops *o, const kern_window *g, size_t lo, size_t hi,
                  const void *x, void *y)
{
    o->window->average(g, lo, hi, x, y);
}

void kern_average_x(const kern_ops *o, const kern_window *g, size_t lo,
                    size_t hi, const void *y, void *x)
{
    o->window->average_x(g, lo, hi, y, x);
}

void kern_window_argmax(const kern_ops *o, const kern_window *g, size_t lo,
                        size_t hi, const void *x, void *index)
{
    o->window->argmax(g, lo, hi, x, index);
}

void kern_window_gather(const kern_ops *o, const kern_window *g, size_t lo,
                        size_t hi, const void *x, const void *index, void *y)
{
    o->window->gather(g, lo, hi, x, index, y);
}

void kern_window_scatter(const kern_ops *o, const kern_window *g, size_t lo,
                         size_t hi, const void *y, const void *index, void *x)
{
    o->window->scatter(g, lo, hi, y, index, x);
}

void kern_bilinear(const kern_ops *o, const kern_window *g, size_t lo,
                   size_t hi, const void *x, void *y)
{
    o->window->bilinear(g, lo, hi, x, y);
}

void kern_bilinear_x(const kern_ops *o, const kern_window *g, size_t lo,
                     size_t hi, const void *y, void *x)
{
    o->window->bilinear_x(g, lo, hi, y, x);
}

void kern_rows_gather(const kern_ops *o, size_t v, size_t d, size_t lo,
                      size_t hi, const void *table, const void *index, void *y)
{
    o->window->rows_gather(v, d, lo, hi, table, index, y);
}

void kern_rows_scatter(const kern_ops *o, size_t n, size_t d, size_t lo,
                       size_t hi, const void *y, const void *index, void *table)
{
    o->window->rows_scatter(n, d, lo, hi, y, index, table);
}
