"""The shared library: where it is, its calls as functions, its errors."""
import ctypes as C
import ctypes.util
import operator
import os
import re

from ._prototypes import PROTOTYPES
from ._sklearn import NotFittedError

F32, F64, U8 = 1, 2, 3
(BAD_ARGUMENT, NO_MEMORY, LIMIT, TOO_SMALL, BUSY, NOT_FITTED, NON_FINITE,
 BREAKDOWN, CANCELLED, BAD_BYTES, UNSUPPORTED, CALLBACK) = range(-1, -13, -1)

PROGRESS = C.CFUNCTYPE(C.c_int32, C.c_void_p, C.c_void_p)
LOG_DENSITY = C.CFUNCTYPE(C.c_int32, C.c_size_t, C.c_size_t,
                          C.POINTER(C.c_double), C.POINTER(C.c_double),
                          C.c_void_p)


class Error(ValueError):
    """What the library refused, in its words; `status` is its code."""
    status = None


class OutOfMemory(Error, MemoryError):
    """The system, or the limit of a context, gave no more memory."""


class NotFitted(Error, NotFittedError):
    """The model has no parameters yet."""


class Breakdown(Error, ArithmeticError):
    """The numbers gave out: a singular covariance, a loss that diverged."""


class Cancelled(Error):
    """`cancel()` ended the call."""


ERRORS = {NO_MEMORY: OutOfMemory, LIMIT: OutOfMemory, NOT_FITTED: NotFitted,
          BREAKDOWN: Breakdown, CANCELLED: Cancelled}


def error(status, text):
    text = text or lib.genmod_status_name(status).decode()
    if status == NON_FINITE:
        text = text.replace(' is nan', ' is NaN')  # as Python programs say
    e = ERRORS.get(status, Error)(text)
    e.status = status
    return e


def find():
    """GENMOD_LIBRARY if it is set, else what the system's linker finds."""
    given = os.environ.get('GENMOD_LIBRARY')
    if given:
        return given
    return ctypes.util.find_library('genmod') or 'libgenmod.so.1'


def declarations(text):
    """Each as (result, name, arguments), written out for each family."""
    for group in re.finditer(r'^([\w ]+):\n(.*?)(?=^[\w ]+:\n|\Z)', text,
                             re.M | re.S):
        for family in group[1].split():
            for line in group[2].replace('\n', ' ').split(';')[:-1]:
                line = re.sub(r'\bF_', family + '_', ' '.join(line.split()))
                result, name, arguments = re.match(
                    r'(.*?)(\w+)\((.*)\)$', line).groups()
                yield result.strip(), name, arguments.split(', ')


PLAIN = {'int32_t': C.c_int32, 'int64_t': C.c_int64, 'uint64_t': C.c_uint64,
         'size_t': C.c_size_t, 'double': C.c_double,
         'const char *': C.c_char_p, 'void': None}


def ctype(text):
    """Of a result or an argument without its name; callbacks are pointers."""
    return PLAIN.get(text, C.c_void_p)


def load():
    path = find()
    try:
        library = C.CDLL(path)
    except OSError as e:
        raise ImportError(
            f'libgenmod is not at {path!r} ({e}): install it, or let '
            'GENMOD_LIBRARY name the shared library') from None
    for result, name, arguments in declarations(PROTOTYPES):
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f'{path!r} has no {name}(): it is older than '
                              'this package') from None
        function.words = [a.split()[-1].lstrip('*') for a in arguments]
        function.restype = ctype(result)
        function.argtypes = [ctype(re.sub(r'\w+$', '', a).strip())
                             for a in arguments if a != 'void']
    return library


lib = load()

WHOLE = (C.c_int32, C.c_int64, C.c_uint64, C.c_size_t)


def function_of(name, arguments):
    """The call of that name, once its whole numbers are known to be such as
    it can be given: ctypes would take them modulo 2^64."""
    function = getattr(lib, name)
    for word, kind, value in zip(function.words, function.argtypes, arguments):
        if kind not in WHOLE:
            continue
        bits = 8 * C.sizeof(kind)
        signed = kind(-1).value < 0
        least = -2**(bits - 1) if signed else 0
        most = 2**(bits - signed) - 1
        try:
            number = operator.index(value)
        except TypeError:
            raise TypeError(f'{word} is {value!r}, not a whole number') from None
        if not least <= number <= most:
            raise ValueError(
                f'{word} is {number}; it must be from {least} to {most}')
    return function


def code(name, word, codes):
    """The library's number for a word."""
    if not isinstance(word, str) or word not in codes:
        raise ValueError(f'{name} is {word!r}, not one of ' +
                         ', '.join(map(repr, codes)))
    return codes[word]


def version():
    """The version of the library that is running, as text."""
    v = lib.genmod_version()
    return f'{v // 1000000}.{v // 1000 % 1000}.{v % 1000}'
