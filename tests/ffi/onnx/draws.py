"""The library's draws, once more: Gumbel's numbers of a row, a place and a site.

Philox4x32-10 (Salmon et al. 2011) of the counter (row, site, place / 4); a site's
number is the FNV-1a of its name, the key that of the seed and step 0.
"""
import numpy

U32, U64 = numpy.uint32, numpy.uint64
LOW = U64(0xffffffff)


def philox(counter, key):
    c = [numpy.asarray(v, U64) for v in counter]
    k = [int(v) for v in key]
    for _ in range(10):
        p, q = U64(0xD2511F53) * c[0], U64(0xCD9E8D57) * c[2]
        c = [(q >> U64(32)) ^ c[1] ^ U64(k[0]), q & LOW,
             (p >> U64(32)) ^ c[3] ^ U64(k[1]), p & LOW]
        k = [k[0] + 0x9E3779B9 & 0xffffffff, k[1] + 0xBB67AE85 & 0xffffffff]
    return c


def site(name):
    h = 0x811c9dc5
    for c in name.encode():
        h = (h ^ c) * 0x01000193 & 0xffffffff
    return h


def uniform(seed, name, first, n, numbers):
    """[n, numbers] of floats in (0, 1)."""
    words = philox((0, 0, 0x73746570, 0), (seed & 0xffffffff, seed >> 32))
    row = (numpy.arange(n, dtype=U64) + U64(first))[:, None]
    block = numpy.arange((numbers + 3) // 4, dtype=U64)[None, :]
    zero = row * U64(0) + block * U64(0)
    bits = philox((row & LOW | zero, row >> U64(32) | zero,
                   U64(site(name)) | zero, block | zero), words[:2])
    bits = numpy.stack(bits, 2).reshape(n, -1)[:, :numbers].astype(U32)
    one = (bits >> U32(9) | U32(0x3f800000)).view(numpy.float32)
    return one - numpy.float32(1 - 2.0**-24)


def gumbel(*about):
    return (-numpy.log(-numpy.log(uniform(*about).astype(float)))).astype(
        numpy.float32)
