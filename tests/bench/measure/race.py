"""MMD and precision and recall: this library against numpy.

    python3 race.py LIBGENMOD.SO [N [D [ROUNDS [THREADS]]]]

numpy at its best: blocks, products by its BLAS with as many threads, rows
augmented so that the product is -|x - y|^2 / 2 w^2 without a further pass,
everything in place, half of a symmetric matrix. Beside it the usual form, which
adds the norms in passes of their own. All take turns in one process; a figure
is the median over the rounds, and a ratio the median of the rounds' ratios.
Results must agree. BLOCK in the environment is the side of numpy's blocks.
"""

import ctypes
import os
import statistics
import sys
import time

N = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
D = int(sys.argv[3]) if len(sys.argv) > 3 else 64
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 5
THREADS = int(sys.argv[5]) if len(sys.argv) > 5 else 2
for name in ('OPENBLAS', 'OMP', 'MKL'):
    os.environ[name + '_NUM_THREADS'] = str(THREADS)

import numpy as np  # noqa: E402, after the number of its threads

# Of one thread the processor's time, which other programs do not lengthen.
clock = time.process_time if THREADS == 1 else time.perf_counter
BLOCK = int(os.environ.get('BLOCK', 512))
K = 5

lib = ctypes.CDLL(os.path.abspath(sys.argv[1]))
lib.genmod_workspace_error.restype = ctypes.c_char_p
GENMOD_F64 = 2


def need(status):
    if status:
        sys.exit(lib.genmod_workspace_error(work).decode())


def handle(make, *args):
    out = ctypes.c_void_p()
    need(make(*args, ctypes.byref(out)))
    return out


work = ctypes.c_void_p()
context = handle(lib.genmod_context_new, None, None, None)
need(lib.genmod_context_set_threads(context, ctypes.c_size_t(THREADS)))
work = handle(lib.genmod_workspace_new, context)


def view(rows):
    out = ctypes.c_void_p()
    need(lib.genmod_data_new(ctypes.byref(out), work))
    need(lib.genmod_data_set_rows(
        out, GENMOD_F64, ctypes.c_size_t(rows.shape[0]),
        ctypes.c_size_t(rows.shape[1]), rows.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_int64(0), ctypes.c_int64(0), work))
    return out


def our_mmd(a, b, width):
    out = ctypes.c_double()
    need(lib.genmod_sample_mmd(
        a, b, ctypes.c_double(width), ctypes.c_size_t(0), ctypes.c_uint64(1),
        ctypes.byref(out), None, None, work))
    return [out.value]


def our_prdc(a, b):
    out = (ctypes.c_double * 4)()
    need(lib.genmod_sample_prdc(a, b, ctypes.c_size_t(K), out, None, None,
                                work))
    return out[:]


def blocks(n):
    return [slice(i, min(i + BLOCK, n)) for i in range(0, n, BLOCK)]


def augmented(x, scale):
    """Rows whose product is -scale |x - y|^2 / 2."""
    half = -scale / 2 * np.einsum('ij,ij->i', x, x)[:, None]
    one = np.ones_like(half)
    return (np.ascontiguousarray(np.hstack([scale * x, half, one])),
            np.ascontiguousarray(np.hstack([x, one, half])))


def halves(x, scale):
    """The rows, and -scale |x|^2 / 2 of each."""
    return x, -scale / 2 * np.einsum('ij,ij->i', x, x)


def usual_product(left, right, scale):
    """-scale |x - y|^2 / 2 in passes."""
    out = left[0] @ right[0].T
    out *= scale
    out += left[1][:, None]
    out += right[1]
    return out


def usual_mmd(x, y, width):
    scale = 1 / width ** 2
    m, n = len(x), len(y)

    def part(left, right, symmetric):
        total = 0.0
        for i in blocks(len(left[0])):
            for j in blocks(len(right[0])):
                if symmetric and j.start < i.start:
                    continue
                out = usual_product([a[i] for a in left],
                                    [b[j] for b in right], scale)
                np.exp(out, out=out)
                twice = 2 if symmetric and i.start != j.start else 1
                total += twice * out.sum()
        return total

    x, y = halves(x, scale), halves(y, scale)
    return [(part(x, x, True) - m) / (m * (m - 1)) +
            (part(y, y, True) - n) / (n * (n - 1)) -
            2 * part(x, y, False) / (m * n)]


def numpy_mmd(x, y, width):
    scale = 1 / width ** 2
    m, n = len(x), len(y)
    tile = np.empty((BLOCK, BLOCK))

    def part(left, right, symmetric):
        total = 0.0
        for i in blocks(len(left)):
            for j in blocks(len(right)):
                if symmetric and j.start < i.start:
                    continue
                out = tile[:i.stop - i.start, :j.stop - j.start]
                if not out.flags.c_contiguous:
                    out = np.empty(out.shape)
                np.matmul(left[i], right[j].T, out=out)
                np.exp(out, out=out)
                twice = 2 if symmetric and i.start != j.start else 1
                total += twice * out.sum()
        return total

    xl, xr = augmented(x, scale)
    yl, yr = augmented(y, scale)
    return [(part(xl, xr, True) - m) / (m * (m - 1)) +
            (part(yl, yr, True) - n) / (n * (n - 1)) -
            2 * part(xl, yr, False) / (m * n)]


def numpy_prdc(x, y, usual=False):
    rows = max(16, BLOCK * BLOCK // len(x))
    if usual:
        x2, y2 = halves(x, 1), halves(y, 1)
        xl, xr, yl, yr = x2, x2, y2, y2
    else:
        xl, xr = augmented(x, 1)
        yl, yr = augmented(y, 1)

    def product(left, i, right):
        if usual:
            return usual_product([a[i:i + rows] for a in left], right, 1)
        return left[i:i + rows] @ right.T

    def radii(left, right):
        n = len(x) if left is xl else len(y)
        out = np.empty(n)
        for i in range(0, n, rows):
            l = product(left, i, right)
            l.partition(n - K - 1, axis=1)
            out[i:i + rows] = l[:, n - K - 1]
        return out

    rx, ry = radii(xl, xr), radii(yl, yr)
    recall = covered = inside = 0
    precise = np.zeros(len(y), bool)
    for i in range(0, len(x), rows):
        l = product(xl, i, yr)
        held = l >= rx[i:i + rows, None]
        inside += np.count_nonzero(held)
        covered += np.count_nonzero(held.any(axis=1))
        precise |= held.any(axis=0)
        recall += np.count_nonzero((l >= ry).any(axis=1))
    return [precise.mean(), recall / len(x), inside / K / len(y),
            covered / len(x)]


def contest(name, calls, tolerance):
    times = []
    for _ in range(ROUNDS):
        one = []
        for call in calls:
            start = clock()
            result = call()
            one.append((clock() - start, result))
        times.append([t for t, _ in one])
        gap = max(abs(a - b) for _, other in one[1:]
                  for a, b in zip(one[0][1], other))
    ours, best, usual = (statistics.median(t) for t in zip(*times))
    print('| %s | %d | %d | %.2f | %.2f | %.1f | %.2f | %.1f | %s |' % (
        name, N, D, ours, best, statistics.median(t[1] / t[0] for t in times),
        usual, statistics.median(t[2] / t[0] for t in times),
        'yes' if gap <= tolerance else 'NO: %g apart' % gap), flush=True)


def main():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(N, D))
    y = rng.normal(size=(N, D)) * 0.95
    a, b = view(x), view(y)
    width = D ** 0.5
    print('numpy %s, %d threads, blocks of %d, %s' % (
        np.__version__, THREADS, BLOCK,
        'processor time' if THREADS == 1 else 'time'))
    print('| measure | rows a side | columns | ours, s | numpy, s | '
          'times ours | usual form, s | times ours | agree |')
    print('|---|---|---|---|---|---|---|---|---|')
    contest('MMD', [lambda: our_mmd(a, b, width),
                    lambda: numpy_mmd(x, y, width),
                    lambda: usual_mmd(x, y, width)], 1e-10)
    contest('precision, recall, density, coverage',
            [lambda: our_prdc(a, b), lambda: numpy_prdc(x, y),
             lambda: numpy_prdc(x, y, True)], 2 / N)


main()
