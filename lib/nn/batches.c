/* Orders of rows, computed in place. */
#include <assert.h>

#include "nn/nn.h"

/* With 8, some orders of five rows are half as frequent again as others. */
#define ROUNDS 12
#define SITE UINT32_C(0x6e6e6f72) /* of the keys' draws: "nnor" */
#define SPLIT UINT64_MAX          /* the epoch that no training reaches */

/* A permutation of 0 … n - 1: that of a Feistel network over the fewest bits
 * that number them, walked from each number until the next that is below n
 * (Black, Rogaway 2002, the cycle-walking cipher): less than two applications
 * on average. The network's halves differ by a bit where the bits are odd. */
typedef struct order {
    uint64_t n;
    unsigned shift;     /* bits of the low half */
    uint64_t low, high; /* masks */
    uint64_t key[ROUNDS];
} order;

static order order_of(uint64_t seed, uint64_t epoch, uint64_t n)
{
    order o = {.n = n};
    unsigned bits = 0;

    assert(n > 0 && n <= UINT64_C(1) << 62);
    while ((n - 1) >> bits)
        bits++;
    o.shift = bits / 2;
    o.low = (UINT64_C(1) << o.shift) - 1;
    o.high = (UINT64_C(1) << (bits - o.shift)) - 1;
    for (uint32_t r = 0; r < ROUNDS; r += 2) {
        uint32_t word[4];

        base_random(seed, epoch, SITE, r / 2, word);
        o.key[r] = (uint64_t)word[0] << 32 | word[1];
        o.key[r + 1] = (uint64_t)word[2] << 32 | word[3];
    }
    return o;
}

/* A round's random function. Multiplications spread bits upwards, shifts bring
 * them down, with two of the constants of SplitMix64 (Steele, Lea, Flood 2014).
 */
static uint64_t mix(uint64_t key, uint64_t half)
{
    uint64_t z = (key + half) * UINT64_C(0xbf58476d1ce4e5b9);

    z = (z ^ z >> 32) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 32;
}

static uint64_t at(const order *o, uint64_t i)
{
    do {
        uint64_t high = i >> o->shift, low = i & o->low;

        for (int r = 0; r < ROUNDS; r += 2) {
            high ^= mix(o->key[r], low) & o->high;
            low ^= mix(o->key[r + 1], high) & o->low;
        }
        i = high << o->shift | low;
    } while (i >= o->n);
    return i;
}

uint64_t nn_shuffle(uint64_t seed, uint64_t epoch, uint64_t n, uint64_t i)
{
    const order o = order_of(seed, epoch, n);

    assert(i < n);
    return at(&o, i);
}

/* Lets row[i] sink among its children of a heap of n whose root is greatest. */
static void sink(int64_t *row, size_t i, size_t n)
{
    const int64_t v = row[i];

    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && row[child + 1] > row[child])
            child++;
        if (row[child] <= v)
            break;
        row[i] = row[child];
    }
    row[i] = v;
}

static void sort(size_t n, int64_t *row)
{
    for (size_t i = n / 2; i-- > 0;)
        sink(row, i, n);
    for (size_t end = n; end-- > 1;) {
        const int64_t greatest = row[0];

        row[0] = row[end];
        row[end] = greatest;
        sink(row, 0, end);
    }
}

void nn_batch(uint64_t seed, uint64_t epoch, uint64_t n, size_t size,
              uint64_t b, size_t *m, int64_t *rows)
{
    const nn_split all = {seed, n, n};
    const uint64_t first = b * size;

    *m = n - first < size ? (size_t)(n - first) : size;
    nn_split_kept(&all, epoch, first, *m, rows);
}

nn_split nn_split_of(uint64_t seed, uint64_t n, double share)
{
    nn_split s = {seed, n, n};
    uint64_t held;

    if (!(share > 0) || n < 2)
        return s;
    held = (uint64_t)((double)n * share + 0.5);
    s.kept = held < 1 ? n - 1 : held < n ? n - held : 1;
    return s;
}

void nn_split_kept(const nn_split *s, uint64_t epoch, uint64_t first, size_t m,
                   int64_t *rows)
{
    const order within = order_of(s->seed, epoch, s->kept);
    const order split = order_of(s->seed, SPLIT, s->n);

    assert(epoch < SPLIT && first <= s->kept && m <= s->kept - first);
    for (size_t i = 0; i < m; i++) {
        const uint64_t row = at(&within, first + i);

        rows[i] = (int64_t)(s->kept < s->n ? at(&split, row) : row);
    }
    sort(m, rows);
}

void nn_split_held(const nn_split *s, uint64_t first, size_t m, int64_t *rows)
{
    const order split = order_of(s->seed, SPLIT, s->n);

    assert(first <= s->n - s->kept && m <= s->n - s->kept - first);
    for (size_t i = 0; i < m; i++)
        rows[i] = (int64_t)at(&split, s->kept + first + i);
    sort(m, rows);
}
