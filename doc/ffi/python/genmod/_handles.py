"""The library's objects, each freed with the Python object that holds it."""
import collections
import collections.abc
import ctypes as C
import os
import signal
import threading

import numpy as np

from . import _library as _l
from ._library import (BAD_ARGUMENT, F32, F64, TOO_SMALL, U8, function_of,
                       lib)
from ._sklearn import array_of

TYPES = {np.dtype(np.float32): F32, np.dtype(np.float64): F64,
         np.dtype(np.uint8): U8}
KINDS = {'real': 0, 'positive': 1, 'count': 2, 'binary': 3, 'categorical': 4}


class Handle:
    """A pointer that `free` ends."""

    def __init__(self, new, free, *arguments):
        self.free = free
        self._as_parameter_ = C.c_void_p()
        status = new(*arguments, C.byref(self._as_parameter_), *self.last)
        if status:
            raise _l.error(status, '')

    last = (None,)  # most calls end in a workspace

    def __del__(self):
        if getattr(self, '_as_parameter_', None):
            self.free(self._as_parameter_)


class Context(Handle):
    """The threads that calls run on, shared by all workspaces of as many."""
    last = ()
    made = {}
    lock = threading.Lock()

    def __init__(self, threads):
        super().__init__(lib.genmod_context_new, lib.genmod_context_free,
                         None, None, None)
        whole = isinstance(threads, (int, np.integer))
        if not whole or lib.genmod_context_set_threads(self, threads):
            raise _l.error(BAD_ARGUMENT,
                           f'threads is {threads}, not 1 to 1024')

    @classmethod
    def of(cls, threads):
        with cls.lock:
            if threads not in cls.made:
                cls.made[threads] = cls(threads)
            return cls.made[threads]


class Workspace(Handle):
    """What a call works in: one call at a time."""
    last = ()

    def __init__(self, threads=1):
        super().__init__(lib.genmod_workspace_new, lib.genmod_workspace_free,
                         Context.of(threads))

    def error(self, status):
        return _l.error(status, lib.genmod_workspace_error(self).decode())


def forget():
    """In a child process, whose threads are gone: begin anew, free nothing."""
    global _own
    _inherited.append((Context.made, _own))
    Context.made, Context.lock = {}, threading.Lock()
    _own = threading.local()


_inherited = []
_own = threading.local()
if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=forget)


def own_workspace(threads):
    """This thread's workspace of so many threads, kept for its next call."""
    if not hasattr(_own, 'made'):
        _own.made = {}
    if threads not in _own.made:
        _own.made[threads] = Workspace(threads)
    return _own.made[threads]


def call(name, *arguments, threads=1):
    """One call, on the calling thread; the GIL is not held meanwhile."""
    w = own_workspace(threads)
    status = function_of(name, arguments)(*arguments, w)
    if status:
        raise w.error(status)


def long_call(name, *arguments, threads=1):
    """One call that may take minutes: in the main thread, Ctrl-C ends it.

    Python sees a Ctrl-C only between two of its own instructions, so that the
    call goes to another thread and this one waits.
    """
    if threading.current_thread() is not threading.main_thread():
        return call(name, *arguments, threads=threads)
    w, status, raised = Workspace(threads), [], None
    function = function_of(name, arguments)
    thread = threading.Thread(
        target=lambda: status.append(function(*arguments, w)))
    thread.start()
    while thread.is_alive():
        try:
            thread.join()
        except BaseException as e:
            raised = e
            lib.genmod_workspace_cancel(w)
    if raised is not None:
        raise raised
    if status[0]:
        raise w.error(status[0])


def numbers(name, *arguments, workspace=True):
    """The doubles of a call that is asked for their number first."""
    w = (own_workspace(1),) if workspace else ()
    need = C.c_size_t()
    function = function_of(name, arguments)
    status = function(*arguments, 0, None, C.byref(need), *w)
    if status and status != TOO_SMALL:
        raise (w[0].error(status) if w else _l.error(status, ''))
    out = np.empty(need.value)
    status = function(*arguments, out.size, out.ctypes.data, C.byref(need),
                      *w)
    if status:
        raise (w[0].error(status) if w else _l.error(status, ''))
    return out


def octets(name, *arguments):
    """The bytes of a call that is asked for their number first."""
    w, need = own_workspace(1), C.c_size_t()
    status = getattr(lib, name)(*arguments, 0, None, C.byref(need), w)
    if status != TOO_SMALL:
        raise w.error(status)
    out = C.create_string_buffer(need.value)
    status = getattr(lib, name)(*arguments, len(out), C.addressof(out),
                                C.byref(need), w)
    if status:
        raise w.error(status)
    return out.raw


Option = collections.namedtuple(
    'Option', 'type default minimum maximum choices unit when help')


class Config(Handle):
    """The named options of a family."""

    def __init__(self, family):
        super().__init__(getattr(lib, family + '_config_new'),
                         lib.genmod_config_free)

    def keys(self):
        i = 0
        while key := lib.genmod_config_key(self, i):
            yield key.decode()
            i += 1

    def describe(self, key):
        return Option(*(octets('genmod_config_describe', self, key.encode(),
                               p.encode())[:-1].decode()
                        for p in Option._fields))

    def __setitem__(self, key, value):
        call('genmod_config_set_str', self, key.encode(), text(value))

    def __getitem__(self, key):
        return octets('genmod_config_get_str', self, key.encode())[:-1].decode()


def text(value):
    """Of an option's value, as the library reads it."""
    if isinstance(value, (bool, np.bool_)):
        value = int(value)
    if isinstance(value, np.floating):
        value = float(value)
    return str(value).encode()


class Report(collections.abc.Mapping):
    """What training has to say: numbers, and series as arrays. The one that a
    callback gets is good until the callback returns."""

    def __init__(self, pointer, owner=None):
        self.pointer, self.owner = pointer, owner

    def __iter__(self):
        i = 0
        while key := lib.genmod_report_key(self.alive(), i):
            yield key.decode()
            i += 1

    def __len__(self):
        return sum(1 for _ in self)

    def __getitem__(self, key):
        v = C.c_double()
        if not lib.genmod_report_get(self.alive(), key.encode(), C.byref(v)):
            return v.value
        if key not in list(self):
            raise KeyError(key)
        return numbers('genmod_report_series', self.pointer, key.encode(),
                       workspace=False)

    def alive(self):
        if self.pointer is None:
            raise RuntimeError('the callback that this report was lent to has '
                               'returned: copy what is needed, dict(report)')
        return self.pointer


class Data(Handle):
    """Rows for any method that takes X: a view of the array, not a copy.

    Arrays of float32, float64 and uint8 (NumPy, or whatever NumPy can look at:
    torch, memory maps) with any strides are read where they lie; anything else
    becomes float64 first.

    Parameters
    ----------
    X : array of shape (n, d)
    labels : n whole numbers from 0, or -1 where unknown; default None
    weights : n numbers, 0 or more: 2 counts like the row twice; default None
    scale, shift : cells are read as scale * cell + shift: 1 / 255 for pixels
    kinds : for each column 'real', 'positive', 'count', 'binary' or
        'categorical'; default None: all real
    levels : for each column the number of its categories; default None
    noise : Gaussian noise of each row, as variances (n, d) or covariances
        (n, d, d), for mixtures; default None
    missing : True: NaN is a missing cell, for methods that can do without
        some; default False
    """

    def __init__(self, X, *, labels=None, weights=None, scale=1.0, shift=0.0,
                 kinds=None, levels=None, noise=None, missing=False):
        super().__init__(lib.genmod_data_new, lib.genmod_data_free)
        X = lying(array_of(X))
        if weights is not None:
            weights = weights_of(weights, len(X))
            if not weights.all():
                keep = weights > 0
                X, weights = X[keep], weights[keep]
                labels = these('labels', labels, keep)
                noise = these('noise', noise, keep)
        self.array, self.weights = X, weights
        self.set_rows()
        self.scale, self.shift = scale, shift
        call('genmod_data_set_scale', self, scale, shift)
        call('genmod_data_set_missing', self, bool(missing))
        self.set_columns(kinds, levels)
        self.labels = self.set_labels(labels)
        self.noise = self.set_noise(noise)

    def set_rows(self):
        x, w = self.array, self.weights
        call('genmod_data_set_rows', self, TYPES[x.dtype], *x.shape,
             x.ctypes.data, *(s // x.itemsize for s in x.strides))
        if w is not None:
            call('genmod_data_set_weights', self, len(w), w.ctypes.data)

    def set_columns(self, kinds, levels):
        self.kinds = self.levels = None
        if kinds is None:
            return
        self.kinds = np.array([_l.code('kind', k, KINDS) for k in kinds],
                              np.int32)
        self.levels = np.array([0] * len(kinds) if levels is None else
                               levels, np.int32)
        if self.levels.shape != (len(kinds),):
            raise ValueError(f'levels has the shape {self.levels.shape}, not '
                             f'({len(kinds)},) as kinds')
        call('genmod_data_set_schema', self, len(kinds),
             self.kinds.ctypes.data, self.levels.ctypes.data)

    def set_labels(self, labels):
        if labels is None:
            return None
        labels = labels_of(labels)
        call('genmod_data_set_labels', self, len(labels), labels.ctypes.data)
        return labels

    def set_noise(self, noise):
        if noise is None:
            return None
        noise = np.asarray(noise)
        noise = Data(noise.reshape(len(noise), -1))
        call('genmod_data_set_noise', self, noise)
        return noise

    def __len__(self):
        return len(self.array)

    def read(self):
        """The cells as the library reads them."""
        return self.scale * self.array + self.shift

    @property
    def type(self):
        """Of rows that go out: as what came in."""
        return F32 if self.array.dtype == np.float32 else F64


def these(name, values, keep):
    """The values of the rows that are kept."""
    if values is None:
        return None
    values = np.asarray(values)
    if values.shape[:1] != keep.shape:
        raise ValueError(f'{name} has the shape {values.shape}; there are '
                         f'{len(keep)} rows')
    return values[keep]


def lying(x):
    """x as the library can read it: the same memory unless it must change."""
    if x.dtype not in TYPES:
        x = x.astype(np.float32 if x.dtype == np.float16 else np.float64)
    dense = not any(x.strides)  # to the library, of rows that lie side by side
    if dense and x.size > 1 or not x.flags.aligned or any(
            s % x.itemsize for s in x.strides):
        x = np.array(x, order='C')
    return x


def labels_of(labels):
    labels = np.asarray(labels)
    try:
        numbers = labels.astype(float)
    except (TypeError, ValueError):  # None, or a word
        numbers = np.array([np.nan])
    if labels.ndim != 1 or labels.dtype.kind not in 'biufO' or not np.all(
            (numbers == np.rint(numbers)) & (np.abs(numbers) < 2**31)):
        raise ValueError('labels are not a row of whole numbers')
    return np.ascontiguousarray(numbers, np.int32)


def weights_of(weights, n):
    weights = np.ascontiguousarray(weights, np.float64)
    if weights.shape != (n,):
        raise ValueError(f'sample_weight has the shape {weights.shape}, not '
                         f'({n},)')
    bad = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
    if bad.size:
        raise ValueError(f'sample_weight[{bad[0]}] is {weights[bad[0]]:g}; it '
                         'must be finite and >= 0')
    if not np.any(weights):
        raise ValueError('every sample weight is zero')
    return weights


class Model(Handle):
    """A model of one family, which pickles as the bytes that it saves as."""
    workspace = None  # of the training call that is under way

    def __init__(self, family, config=None):
        self.family = family
        w = own_workspace(1)
        try:
            super().__init__(getattr(lib, family + '_new'),
                             getattr(lib, family + '_free'), config)
        except _l.Error as e:
            raise w.error(e.status) from None

    @property
    def last(self):
        return (own_workspace(1),)

    def call(self, verb, *arguments, long=False, threads=1):
        do = long_call if long else call
        do(f'{self.family}_{verb}', self, *arguments, threads=threads)

    def train(self, verb, *arguments, progress=None, threads=1):
        """A training call under the eyes of `progress`, and of Ctrl-C."""
        watch = Watch(Workspace(threads), progress)
        self.workspace = watch.workspace
        try:
            with watch:
                status = getattr(lib, f'{self.family}_{verb}')(
                    self, *arguments, watch.called, None, watch.workspace)
        finally:
            self.workspace = None
        watch.settle(status)

    def cancel(self):
        w = self.workspace
        if w is not None:
            lib.genmod_workspace_cancel(w)

    def number(self, verb):
        return getattr(lib, f'{self.family}_{verb}')(self)

    def array(self, name):
        return numbers(self.family + '_get_params', self, name.encode())

    def arrays(self):
        """The names of a network's arrays."""
        i, key = 0, getattr(lib, self.family + '_params_key')
        while name := key(self, i):
            yield name.decode()
            i += 1

    def report(self):
        return Report(self.number('report'), self)

    def config(self):
        c = Config(self.family)
        self.call('get_config', c)
        return c

    def save(self, verb='save'):
        return octets(f'{self.family}_{verb}', self)

    @classmethod
    def loaded(cls, family, data):
        m = cls(family)
        m.call('load', len(data), data)
        return m

    @property
    def fitted(self):
        status = getattr(lib, self.family + '_save')(self, 0, None, None, None)
        return status != _l.NOT_FITTED

    def __reduce__(self):
        return Model.loaded, (self.family, self.save())


class Watch:
    """Stands by a training call.

    The library calls `called` at every minibatch or block of rows, and that is
    where Python notices a Ctrl-C. No exception may cross the library, so that
    meanwhile a Ctrl-C does not raise KeyboardInterrupt but cancels; inside the
    caller's own callback it raises as ever. Either comes out in settle().
    """

    def __init__(self, workspace, progress):
        self.workspace, self.progress = workspace, progress
        self.inside, self.raised, self.pressed = False, None, None
        self.previous = None
        wanted = progress is not None or (
            threading.current_thread() is threading.main_thread())
        self.called = _l.PROGRESS(self.guarded(self.look)) if wanted else None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            previous = signal.getsignal(signal.SIGINT)
            if callable(previous):
                self.previous = previous
                signal.signal(signal.SIGINT, self.press)
        return self

    def __exit__(self, *_):
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)

    def press(self, *signal_and_frame):
        if self.inside:
            return self.previous(*signal_and_frame)
        self.pressed = signal_and_frame
        lib.genmod_workspace_cancel(self.workspace)

    def look(self, pointer, _):
        if self.progress is None:
            return 0
        report = Report(pointer)
        try:
            return 1 if self.within(self.progress, report) else 0
        finally:
            report.pointer = None

    def within(self, function, *arguments):
        """The caller's own, in which a Ctrl-C may raise."""
        self.inside = True
        try:
            return function(*arguments)
        finally:
            self.inside = False

    def guarded(self, function):
        """A callback that keeps what it raises, and ends the call."""
        def callback(*arguments):
            try:
                return function(*arguments)
            except BaseException as e:
                self.inside, self.raised = False, e
                return -1
        return callback

    def settle(self, status):
        """Raise what the call left."""
        if self.raised is not None:
            raise self.raised
        if self.pressed is not None:
            self.previous(*self.pressed)
        if status:
            raise self.workspace.error(status)
