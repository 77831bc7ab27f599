"""No I/O, exit, environment, locale or clock: what the shared library asks of
others equals an allow-list in the reference build and is a subset elsewhere.

    undefined.py check LIST LIBRARY equal|subset

LIST holds a name a line; `needed` before a name allows a library.
"""
import pathlib
import re

import guard

# Put in by the start-up files of the compiler.
STARTUP = {'__gmon_start__', '_ITM_deregisterTMCloneTable',
           '_ITM_registerTMCloneTable', '__cxa_finalize'}
# What compilers and build types may bring elsewhere.
ELSEWHERE = {'__assert_fail', '__stack_chk_fail', 'memcpy', 'memset', 'memmove',
             'memcmp', 'bcmp', 'strlen'}
# No list may allow these.
NEVER = re.compile(r'(__)?(v?f?s?n?w?printf(_chk)?|puts|putchar|fputs|perror'
                   r'|f?open(64|at)?|fdopen|freopen|read|write|fread|fwrite'
                   r'|abort|_?_?exit|_Exit|quick_exit|atexit|raise|kill|signal'
                   r'|sigaction|(secure_)?getenv|setenv|putenv|setlocale|uselocale'
                   r'|newlocale|strtod|strtof|atof|s?scanf|strerror'
                   r'|s?rand(om)?(_r)?|time|clock|clock_gettime|gettimeofday'
                   r'|dlopen|fork|system|__tls_get_addr'
                   r'|openblas_set_num_threads(_local)?)$')


def read_list(path):
    """(name -> place, libraries)"""
    names, libraries = {}, set()
    text = path.read_text(encoding='utf-8')
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split('#')[0].split()
        if words[:1] == ['needed']:
            libraries.add(words[1])
        elif words:
            names[words[0]] = '%s:%d' % (path.name, number)
    return names, libraries


def undefined(library):
    lines = guard.run('nm', '-D', '--undefined-only', library).splitlines()
    return {line.split()[1].split('@')[0] for line in lines} - STARTUP


def needed(library):
    return set(re.findall(r'\(NEEDED\).*\[(.*)\]',
                          guard.run('readelf', '-dW', library)))


def plain(name):
    """memcpy for __memcpy_chk."""
    m = re.match(r'__(\w+)_chk$', name)
    return m.group(1) if m else name


def check(listed, library, how):
    names, libraries = read_list(listed)
    found = undefined(library)
    complaints = ['%s: %s may not be allowed' % (names[n], n)
                  for n in sorted(names) if NEVER.match(n)]
    allowed = set(names)
    if how == 'subset':
        found = {plain(n) for n in found}
        allowed |= ELSEWHERE
    else:
        complaints += ['%s: nothing uses %s any more' % (names[n], n)
                       for n in sorted(set(names) - found)]
    complaints += ['%s: uses %s, which is not in %s' %
                   (library.name, n, listed.name)
                   for n in sorted(found - allowed)]
    complaints += ['%s: needs %s, which is not in %s' %
                   (library.name, n, listed.name)
                   for n in sorted(needed(library) - libraries)]
    return complaints


def check_project(listed, library, how):
    return check(pathlib.Path(listed), pathlib.Path(library), how)


LIST = 'needed libc.so.6\nmalloc\nfree\n'
SOURCE = '''#include <stdlib.h>
void *f(size_t n) { return malloc(n); }
void g(void *p) { free(p); }
'''


def toy(source=SOURCE, listed=LIST, how='equal', options=()):
    def build(bench):
        path = bench.write('list.txt', listed)
        return check(path, bench.compile('toy', source, '-shared', *options),
                     how)
    return build


PAIRS = [
    ('a new symbol', toy(), toy(SOURCE.replace('malloc(n)', 'calloc(n, 1)')),
     ['toy.so', 'calloc', 'not in list.txt']),
    ('a symbol that went', toy(), toy(SOURCE.replace('free(p)', '(void)p')),
     ['list.txt:3', 'free']),
    ('a new symbol elsewhere', toy(how='subset'),
     toy(SOURCE.replace('malloc(n)', 'getenv("A") + n'), how='subset'),
     ['toy.so', 'getenv']),
    ('a list that allows too much', toy(how='subset'),
     toy(listed=LIST + 'abort\n', how='subset'), ['list.txt:4', 'abort']),
    ('another library', toy(),
     toy(options=('-Wl,--no-as-needed', '-lm')), ['toy.so', 'libm.so']),
]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
