"""The calls of libgenmod that the comparison with onnxruntime needs, by ctypes."""
import ctypes
import os

import numpy

F32, F64 = 1, 2
TOO_SMALL = -4
P = ctypes.c_void_p
Z = ctypes.c_size_t

lib = ctypes.CDLL(os.environ['GENMOD_LIBRARY'])


def take(name, *arguments):
    """Calls; an error is an exception."""
    call = getattr(lib, name)
    call.restype = ctypes.c_int32
    status = call(*arguments, WORKSPACE)
    if status:
        raise RuntimeError('%s: %s' % (name, text()))


def text():
    lib.genmod_workspace_error.restype = ctypes.c_char_p
    return lib.genmod_workspace_error(WORKSPACE).decode()


WORKSPACE = P()
lib.genmod_workspace_new(None, ctypes.byref(WORKSPACE))


class Rows:
    """A view of a float32 array; keeps what it borrows."""

    def __init__(self, x, labels=None, kinds=None, levels=None, missing=False):
        self.x = numpy.ascontiguousarray(x, numpy.float32)
        self.labels = labels
        self.at = P()
        n, d = self.x.shape
        take('genmod_data_new', ctypes.byref(self.at))
        take('genmod_data_set_rows', self.at, F32, Z(n), Z(d), place(self.x),
             ctypes.c_int64(0), ctypes.c_int64(0))
        if labels is not None:
            self.labels = numpy.ascontiguousarray(labels, numpy.int32)
            take('genmod_data_set_labels', self.at, Z(n), place(self.labels))
        if kinds is not None:
            self.kinds = numpy.asarray(kinds, numpy.int32)
            self.levels = numpy.asarray(levels, numpy.int32)
            take('genmod_data_set_schema', self.at, Z(d), place(self.kinds),
                 place(self.levels))
        if missing:
            take('genmod_data_set_missing', self.at, 1)


def place(a):
    return a.ctypes.data_as(P)


class Model:
    def __init__(self, family, options):
        self.family = family
        self.at = P()
        config = P()
        take(family + '_config_new', ctypes.byref(config))
        for key, value in options.items():
            take('genmod_config_set_str', config, key.encode(),
                 str(value).encode())
        take(family + '_new', config, ctypes.byref(self.at))
        lib.genmod_config_free(config)

    def fit(self, rows):
        take(self.family + '_fit', self.at, rows.at, None, None, None)
        return self

    def rows(self, call, rows, shape, *middle, dtype=numpy.float64, typed=True):
        """out of a call (m, x, middle, [type], bytes, out)."""
        out = numpy.empty(shape, dtype)
        kind = [F32 if dtype == numpy.float32 else F64] if typed else []
        take('%s_%s' % (self.family, call), self.at, rows.at, *middle, *kind,
             Z(out.nbytes), place(out))
        return out

    def export(self, part):
        """The bytes of a graph; part: a name, or the type of a mixture's."""
        call = getattr(lib, self.family + '_export_onnx')
        call.restype = ctypes.c_int32
        what = part if isinstance(part, int) else part.encode()
        need = Z()
        status = call(self.at, what, Z(0), None, ctypes.byref(need), WORKSPACE)
        if status != TOO_SMALL:
            raise RuntimeError('%s: %s' % (part, text()))
        out = ctypes.create_string_buffer(need.value)
        take(self.family + '_export_onnx', self.at, what, need, out,
             ctypes.byref(need))
        return out.raw
