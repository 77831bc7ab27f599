"""Tensors of NumPy and PyTorch go in by DLPack without a copy: a mixture of known
parameters finds them as likely as the same rows given by pointer. Without the
packages the test is skipped.

    GENMOD_LIBRARY=…/libgenmod.so python3 run.py
"""
import ctypes
import os
import sys

F64, F32 = 2, 1


def need(status):
    if status:
        sys.exit('status %d' % status)


def pointer(capsule):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object,
                                                  ctypes.c_char_p]
    return ctypes.c_void_p(get(capsule, b'dltensor'))


class Mixture:
    """One Gaussian of d columns, N(0, 1) each."""

    def __init__(self, lib, d):
        self.lib = lib
        c, self.m, self.x = (ctypes.c_void_p() for _ in range(3))
        need(lib.gmm_config_new(ctypes.byref(c), None))
        need(lib.genmod_config_set_str(c, b'covariance', b'spherical', None))
        need(lib.gmm_new(c, ctypes.byref(self.m), None))
        zeros = (ctypes.c_double * d)()
        one = (ctypes.c_double * 1)(1)
        need(lib.gmm_set_params(self.m, ctypes.c_size_t(1), ctypes.c_size_t(d),
                                one, zeros, ctypes.c_size_t(1), one, None))
        need(lib.genmod_data_new(ctypes.byref(self.x), None))

    def likelihood(self):
        out = ctypes.c_double()
        need(self.lib.gmm_log_likelihood(self.m, self.x, ctypes.byref(out),
                                         None))
        return out.value

    def of_tensor(self, tensor):
        capsule = tensor.__dlpack__()
        need(self.lib.genmod_data_set_dlpack(self.x, pointer(capsule), None))
        return self.likelihood()

    def of_rows(self, array):
        kind = F64 if array.dtype == 'float64' else F32
        need(self.lib.genmod_data_set_rows(
            self.x, kind, *(ctypes.c_size_t(n) for n in array.shape),
            ctypes.c_void_p(array.ctypes.data), ctypes.c_int64(0),
            ctypes.c_int64(0), None))
        return self.likelihood()


def main():
    try:
        import numpy
    except ImportError as missing:
        print('skipped:', missing)
        sys.exit(77)
    lib = ctypes.CDLL(os.environ['GENMOD_LIBRARY'])
    flat = numpy.random.default_rng(2385).normal(size=(60, 24))
    images = flat.reshape(60, 2, 3, 4)
    cases = [(flat, flat), (images, flat), (flat[::2, 3:9], flat[::2, 3:9]),
             (flat[::-1], flat[::-1]), (flat.T, flat.T),
             (flat.astype('float32'), flat.astype('float32')),
             (images[:, :, :, :1], images[:, :, :, :1].reshape(60, 6))]
    tensors = [(a, numpy.ascontiguousarray(b)) for a, b in cases]
    try:
        import torch
        tensors += [(torch.from_numpy(a), b) for a, b in tensors
                    if min(a.strides) > 0]
    except ImportError as missing:
        print('without PyTorch:', missing)
    for tensor, rows in tensors:
        mixture = Mixture(lib, rows.shape[1])
        if mixture.of_tensor(tensor) != mixture.of_rows(rows):
            sys.exit('%s: other rows' % (tensor.shape,))
    print(len(tensors), 'tensors')


if __name__ == '__main__':
    main()
