"""The tour of doc/ffi/README.md in Python, by ctypes and nothing else."""
import ctypes
from ctypes import byref, c_double, c_int32, c_int64, c_size_t, c_uint64

N, F64, DRAW = 200, 2, 1
lib = ctypes.CDLL('libgenmod.so.1')
Handle = ctypes.c_void_p
Progress = ctypes.CFUNCTYPE(c_int32, Handle, ctypes.py_object)
for name in ('genmod_status_name', 'genmod_workspace_error'):
    getattr(lib, name).restype = ctypes.c_char_p
lib.genmod_workspace_error.argtypes = [Handle]
lib.genmod_config_set_i64.argtypes = [Handle, ctypes.c_char_p, c_int64, Handle]
lib.genmod_data_set_rows.argtypes = [Handle, c_int32, c_size_t, c_size_t,
                                     Handle, c_int64, c_int64, Handle]
lib.vae_report.restype = Handle
lib.vae_report.argtypes = [Handle]
lib.genmod_report_get.argtypes = [Handle, ctypes.c_char_p,
                                  ctypes.POINTER(c_double)]
lib.vae_fit.argtypes = [Handle, Handle, Handle, Progress, ctypes.py_object,
                        Handle]
lib.gmm_sample.argtypes = [Handle, c_uint64, c_uint64, c_size_t, c_int32,
                           c_size_t, Handle, Handle, Handle]
lib.vae_sample.argtypes = [Handle, c_uint64, c_uint64, c_size_t, c_int32,
                           Handle, c_int32, c_size_t, Handle, Handle]


class GenmodError(Exception):
    def __init__(self, status):
        super().__init__('%s: %s' % (lib.genmod_status_name(status).decode(),
                                     lib.genmod_workspace_error(w).decode()))
        self.status = status


def need(status):
    if status:
        raise GenmodError(status)


class Owned:
    """A handle that is freed with the object: Owned('gmm', options)."""

    def __init__(self, kind, *arguments):
        self.handle = Handle()
        self.free = getattr(lib, kind + '_free')
        need(getattr(lib, kind + '_new')(*arguments, byref(self.handle), w))

    @property
    def _as_parameter_(self):
        return self.handle

    def __del__(self):
        self.free(self.handle)


class Config(Owned):
    def __init__(self, family, **options):
        self.handle = Handle()
        self.free = lib.genmod_config_free
        need(getattr(lib, family + '_config_new')(byref(self.handle), w))
        for key, value in options.items():
            self[key] = value

    def __setitem__(self, key, value):
        if isinstance(value, int):
            need(lib.genmod_config_set_i64(self, key.encode(), value, w))
        else:
            need(lib.genmod_config_set_str(self, key.encode(), value.encode(),
                                           w))


def save(family, model):
    n = c_size_t()
    write = getattr(lib, family + '_save')
    write(model, c_size_t(0), None, byref(n), w)  # too small: tells the size
    file = ctypes.create_string_buffer(n.value)
    need(write(model, n, file, None, w))
    return file.raw


def load(family, file):
    model = Owned(family, None)
    need(getattr(lib, family + '_load')(model, c_size_t(len(file)), file, w))
    return model


def epochs(report):
    value = c_double()
    need(lib.genmod_report_get(report, b'epochs', byref(value)))
    return value.value


@Progress
def watch(report, calls):
    """No exception may cross the library: it becomes a negative status."""
    try:
        calls.append(1)
        return epochs(report) >= 2
    except GenmodError:
        return -1


def tour_gmm(options, rows):
    model, drawn = Owned('gmm', options), (c_double * 8)()
    need(lib.gmm_fit(model, rows, None, None, w))
    loaded = load('gmm', save('gmm', model))
    need(lib.gmm_sample(loaded, 7, 0, 4, F64, ctypes.sizeof(drawn), drawn,
                        None, w))
    print('gmm', bytes(drawn).hex())


def tour_vae(options, rows):
    model, drawn, calls = Owned('vae', options), (c_double * 8)(), []
    need(lib.vae_fit(model, rows, None, watch, calls, w))
    print('vae stopped after %d passes, %d calls'
          % (epochs(lib.vae_report(model)), len(calls)))
    loaded = load('vae', save('vae', model))
    need(lib.vae_sample(loaded, 7, 0, 4, DRAW, None, F64,
                        ctypes.sizeof(drawn), drawn, w))
    print('vae', bytes(drawn).hex())


w = Handle()
need(lib.genmod_workspace_new(None, byref(w)))
print('version', lib.genmod_version())
x = (c_double * (2 * N))()
for i in range(N):
    x[2 * i] = 37 * i % 101 / 16 + 8 * (i % 2)
    x[2 * i + 1] = 53 * i % 97 / 16 + 4 * (i % 2)
view = Owned('genmod_data')
need(lib.genmod_data_set_rows(view, F64, N, 2, x, 0, 0, w))
try:
    Config('gmm', componets=2)
except GenmodError as error:
    print('error', error)
tour_gmm(Config('gmm', components=2), view)
tour_vae(Config('vae', encoder='dense 8; tanh', code=1, batch_size=50), view)
