"""The MNIST digits, and random bits that a C program can draw again."""
import gzip
import os

import numpy as np

HELD = 10000


def read(folder):
    """Training rows and held-out rows, the last 10,000: [n, 784] in 0 … 255."""
    path = os.path.join(folder, 'train-images-idx3-ubyte.gz')
    with gzip.open(path) as f:
        raw = f.read()
    x = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784)
    return x[:-HELD], x[-HELD:]


def philox(seed, row, site, block):
    """base_random of lib/base/philox.c, on arrays: the four words."""
    mask, half = np.uint64(0xffffffff), np.uint64(32)
    row, site, block = np.broadcast_arrays(
        *(np.asarray(a, np.uint64) for a in (row, site, block)))
    c = [row & mask, row >> half, site & mask, block & mask]
    k = [seed & 0xffffffff, seed >> 32]
    for _ in range(10):
        p = np.uint64(0xD2511F53) * c[0]
        q = np.uint64(0xCD9E8D57) * c[2]
        c = [q >> half ^ c[1] ^ np.uint64(k[0]), q & mask,
             p >> half ^ c[3] ^ np.uint64(k[1]), p & mask]
        k = [(k[0] + 0x9E3779B9) & 0xffffffff, (k[1] + 0xBB67AE85) & 0xffffffff]
    return c


def uniform(hi, lo):
    """base_uniform, on arrays."""
    bits = (hi << np.uint64(32) | lo) >> np.uint64(11) | np.uint64(1)
    return bits.astype(np.float64) * 2.0**-53


def binarise(x, seed=12345):
    """The fixed binary rows of x [n, 784]: bit (i, j) is 1 where
    base_uniform(word[0], word[1]) of base_random(seed, i, j, 0, word) is less
    than x(i, j) / 255. Row i counts from the first row of x."""
    out = np.empty(x.shape, np.uint8)
    column = np.arange(x.shape[1])
    for i in range(0, len(x), 1000):
        part = x[i:i + 1000]
        row = np.arange(i, i + len(part))[:, None]
        word = philox(seed, row, column, 0)
        out[i:i + 1000] = uniform(word[0], word[1]) < part / 255.0
    return out
