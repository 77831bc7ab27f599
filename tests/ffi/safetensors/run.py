"""Saved models of every family and Python's safetensors, both ways and to the bits:
the package opens what the library wrote, and the library loads what the package
wrote, once its checksum is set (doc/guide/files.md). Without the package the test is
skipped.

    GENMOD_LIBRARY=…/libgenmod.so python3 run.py
"""
import ctypes
import json
import os
import struct
import sys

F64 = 2
TOO_SMALL, BAD_BYTES = -4, -10
CHECKSUM = 'genmod.checksum'


# What doc/guide/files.md tells.
def crc64(data):
    """CRC-64/XZ."""
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0xC96C5795D7870F42 if i & 1 else 0)
        table.append(i)
    s = 2**64 - 1
    for byte in data:
        s = table[(s ^ byte) & 255] ^ s >> 8
    return s ^ 2**64 - 1


def seal(file):
    """The bytes with the checksum, where metadata has sixteen '0' for it."""
    file = bytearray(file)
    key = b'"%s":"' % CHECKSUM.encode()
    at = file.index(key) + len(key)
    assert file[at:at + 16] == b'0' * 16
    file[at:at + 16] = b'%016x' % crc64(file)
    return bytes(file)


def metadata(file):
    length, = struct.unpack('<Q', file[:8])
    return json.loads(file[8:8 + length])['__metadata__']


class Model:
    """A handle of a family, by ctypes."""

    def __init__(self, lib, family, options=()):
        self.lib, self.family = lib, family
        self.handle = ctypes.c_void_p()
        c = ctypes.c_void_p()
        self.call('config_new', ctypes.byref(c))
        for key, value in options:
            assert not lib.genmod_config_set_str(c, key.encode(),
                                                 value.encode(), None)
        self.call('new', c, ctypes.byref(self.handle))
        lib.genmod_config_free(c)

    def call(self, verb, *args):
        status = getattr(self.lib, '%s_%s' % (self.family, verb))(*args, None)
        if status:
            sys.exit('%s_%s: status %d' % (self.family, verb, status))

    def fit(self, x):
        held_out = [] if self.family == 'gmm' else [None]
        self.call('fit', self.handle, x, *held_out, None, None)

    def fill(self, verb, kind, *args):
        """A call of two: the size, then what fills it."""
        f = getattr(self.lib, '%s_%s' % (self.family, verb))
        need = ctypes.c_size_t()
        assert f(self.handle, *args, ctypes.c_size_t(0), None,
                 ctypes.byref(need), None) == TOO_SMALL
        out = (kind * need.value)()
        assert not f(self.handle, *args, need, out, None, None)
        return out

    def save(self, verb='save'):
        return bytes(self.fill(verb, ctypes.c_uint8))

    def load(self, file):
        return getattr(self.lib, self.family + '_load')(
            self.handle, ctypes.c_size_t(len(file)), file, None)

    def keys(self):
        if self.family == 'gmm':
            return ['weights', 'means', 'covariances']
        f = getattr(self.lib, self.family + '_params_key')
        f.restype = ctypes.c_char_p
        f.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        keys = []
        while f(self.handle, len(keys)):
            keys.append(f(self.handle, len(keys)).decode())
        return keys


def check_opened(numpy, model, tensors):
    """Python sees the arrays that get_params() gives."""
    for key in model.keys():
        seen = tensors[key]
        told = numpy.frombuffer(
            model.fill('get_params', ctypes.c_double, key.encode()))
        if not numpy.array_equal(seen.ravel().astype('float64'), told):
            sys.exit('%s: %s differs' % (model.family, key))


def check_written(safetensors, lib, model, verb):
    """What Python writes loads, and is the model that was saved."""
    file = model.save(verb)
    tensors = safetensors.load(file)
    told = metadata(file)
    told[CHECKSUM] = '0' * 16
    # In another order than the library's.
    foreign = seal(safetensors.save(dict(reversed(list(tensors.items()))),
                                    dict(reversed(list(told.items())))))
    again = Model(lib, model.family)
    if again.load(foreign) or again.save(verb) != file:
        sys.exit('%s: %s by Python is another model' % (model.family, verb))
    for at in range(8, len(foreign), len(foreign) // 40):
        flipped = bytearray(foreign)
        flipped[at] ^= 1
        if again.load(bytes(flipped)) != BAD_BYTES:
            sys.exit('%s: byte %d was flipped, and it loads' % (model.family,
                                                               at))
    del told[CHECKSUM]
    if again.load(safetensors.save(tensors, told)) != BAD_BYTES:
        sys.exit('%s: a file without a checksum loads' % model.family)
    return tensors, foreign != file


def main():
    try:
        import numpy
        import safetensors.numpy
    except ImportError as missing:
        print('skipped:', missing)
        sys.exit(77)
    lib = ctypes.CDLL(os.environ['GENMOD_LIBRARY'])
    rows = numpy.random.default_rng(2385).normal(size=(200, 5))
    x = ctypes.c_void_p()
    assert not lib.genmod_data_new(ctypes.byref(x), None)
    assert not lib.genmod_data_set_rows(
        x, F64, ctypes.c_size_t(200), ctypes.c_size_t(5),
        ctypes.c_void_p(rows.ctypes.data), ctypes.c_int64(0),
        ctypes.c_int64(0), None)
    short = [('epochs', '2'), ('batch_size', '50')]
    for family, options in [
            ('gmm', [('components', '3')]),
            ('gmm', [('components', '2'), ('inference', 'variational')]),
            ('gmm', [('covariance', 'factor'), ('rank', '2')]),
            ('ae', short), ('vae', short), ('vae', short + [('codebook', '8')]),
            ('gan', short)]:
        model = Model(lib, family, options)
        model.fit(x)
        for verb in ['save'] + ([] if family == 'gmm' else ['checkpoint']):
            tensors, other = check_written(safetensors.numpy, lib, model, verb)
            check_opened(numpy, model, tensors)
            print('%s %s: %d tensors%s' % (
                family, verb, len(tensors),
                ', in another order' if other else ''))


if __name__ == '__main__':
    main()
