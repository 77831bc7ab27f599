/* Lengths that follow a replay's rows, and how work is cut. */
#include "ad/plan.h"

/* Picoseconds that an item is worth at least: waking a thread costs some
 * microseconds. */
#define WORTH ((size_t)20000000)
#define ITEMS 64 /* more would only make partial sums longer */

static int64_t divisor(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

ad_extent ad_extent_of(const ad_shape *s)
{
    ad_extent e = {1, 0};

    for (int32_t k = s->div ? 1 : 0; k < s->rank; k++)
        e.n *= s->dim[k];
    if (s->div) {
        const int64_t common = divisor(e.n * s->mul, s->div);
        e = (ad_extent){e.n * s->mul / common, s->div / common};
    }
    return e;
}

int ad_extent_equal(ad_extent a, ad_extent b)
{
    return a.n == b.n && a.div == b.div;
}

size_t ad_extent_at(ad_extent e, size_t rows)
{
    return e.div ? rows * (size_t)e.n / (size_t)e.div : (size_t)e.n;
}

size_t ad_length_at(const ad_shape *s, size_t rows)
{
    if (s->rank == 0)
        return 1;
    return s->div ? rows * (size_t)s->mul / (size_t)s->div : (size_t)s->dim[0];
}

size_t ad_behind(const ad_shape *s)
{
    size_t n = 1;

    for (int32_t k = 1; k < s->rank; k++)
        n *= (size_t)s->dim[k];
    return n;
}

size_t ad_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t ad_round_up(size_t bytes)
{
    return ad_parts(bytes, BASE_ALIGN) * BASE_ALIGN;
}

size_t ad_parts(size_t n, size_t unit)
{
    return n / unit + (n % unit != 0);
}

size_t ad_unit(size_t n, size_t cost)
{
    const size_t worth = cost < WORTH ? ad_parts(WORTH, cost ? cost : 1) : 1;
    const size_t share = ad_parts(n, ITEMS);

    return worth > share ? worth : share ? share : 1;
}
