/* Shapes: sizes, the first of which may follow the rows of a replay. */
#include <string.h>

#include "ad/internal.h"

ad_shape ad_shape_of(int32_t rank, const int64_t *dim)
{
    ad_shape s;

    memset(&s, 0, sizeof s);
    s.rank = rank;
    for (int32_t i = 0; i < rank && i < AD_RANK; i++)
        s.dim[i] = dim[i];
    return s;
}

ad_shape ad_scalar(void)
{
    return ad_shape_of(0, NULL);
}

ad_shape ad_vector(int64_t n)
{
    return ad_shape_of(1, &n);
}

ad_shape ad_matrix(int64_t m, int64_t n)
{
    const int64_t dim[2] = {m, n};

    return ad_shape_of(2, dim);
}

static int64_t divisor(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Where the planned rows give no whole number the shape has rank -1, which
 * every operator refuses. */
ad_shape ad_rows(const ad_graph *g, int32_t mul, int32_t div, int32_t rank,
                 const int64_t *rest)
{
    ad_shape s;

    memset(&s, 0, sizeof s);
    s.rank = -1;
    if (mul < 1 || div < 1 || rank < 1 || rank > AD_RANK ||
        g->rows > INT64_MAX / INT32_MAX)
        return s;
    const int64_t common = divisor(mul, div);
    s.mul = (int32_t)(mul / common);
    s.div = (int32_t)(div / common);
    if (g->rows % (size_t)s.div)
        return s;
    s.rank = rank;
    s.dim[0] = (int64_t)g->rows / s.div * s.mul;
    for (int32_t i = 1; i < rank; i++)
        s.dim[i] = rest[i - 1];
    return s;
}

int64_t ad_elements(const ad_shape *s)
{
    int64_t n = 1;

    for (int32_t i = 0; i < s->rank; i++)
        n *= s->dim[i];
    return n;
}

int64_t ad_elements_at(const ad_shape *s, size_t rows)
{
    if (!s->div)
        return ad_elements(s);
    int64_t n = (int64_t)rows * s->mul / s->div;
    for (int32_t i = 1; i < s->rank; i++)
        n *= s->dim[i];
    return n;
}

int ad_shape_equal(const ad_shape *a, const ad_shape *b)
{
    return a->rank == b->rank && a->mul == b->mul && a->div == b->div &&
           memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

int ad_sound(const ad_shape *s)
{
    int64_t n = 1;

    if (s->rank < 0 || s->rank > AD_RANK)
        return 0;
    for (int32_t i = 0; i < s->rank; i++) {
        if (s->dim[i] < 1 || s->dim[i] > AD_ELEMENTS / n)
            return 0;
        n *= s->dim[i];
    }
    return 1;
}

int ad_is_rows(const ad_shape *s, int32_t axis)
{
    return s->div && axis == 0;
}

int ad_same_size(const ad_shape *a, int32_t i, const ad_shape *b, int32_t j)
{
    if (ad_is_rows(a, i) != ad_is_rows(b, j))
        return 0;
    if (ad_is_rows(a, i))
        return a->mul == b->mul && a->div == b->div;
    return a->dim[i] == b->dim[j];
}

int ad_is_one(const ad_shape *s, int32_t axis)
{
    return s->dim[axis] == 1 && !ad_is_rows(s, axis);
}

void ad_set_size(ad_shape *s, int32_t axis, int64_t n)
{
    if (axis == 0)
        s->mul = s->div = 0;
    s->dim[axis] = n;
}
