"""Public headers that every language can bind: which types a signature may
have, and that each function is documented."""
import re

import guard

SCALARS = {'int32_t', 'int64_t', 'uint64_t', 'size_t', 'double'}
TARGETS = {'char', 'void', 'float', 'double', 'int32_t', 'int64_t', 'uint64_t',
           'size_t', 'uint8_t'}
BANNED = ['enum', 'union', 'inline', 'bool', '_Bool', 'long', 'short', 'int',
          'unsigned', 'signed', 'volatile', 'register', 'static', '__int128']
INCLUDES = {'<stddef.h>', '<stdint.h>', '"base.h"', '"data.h"', '"gan.h"',
            '"gmm.h"'}
CALLBACK = re.compile(r'^typedef\s+([^;{(]*?)\(\s*\*\s*(\w+)\s*\)\s*\(([^;{]*)\)'
                      r'\s*;', re.M)


def parameter_type(parameter):
    """'const char *key' -> 'const char *'."""
    return re.sub(r'\s*\w+$', '', parameter).strip()


def bad_type(kind, opaque, callbacks):
    kind = re.sub(r'\s*\*\s*', '*', kind)
    bare = re.sub(r'^const ', '', kind)
    if bare in SCALARS or bare in callbacks:
        return kind != bare
    target = bare.rstrip('*')
    stars = len(bare) - len(target)
    if target in opaque:
        return not (stars == 1 or (stars == 2 and kind == bare))
    return not (target in TARGETS and stars == 1)


def parameters(text):
    text = ' '.join(text.split())
    return [] if text in ('', 'void') else [p.strip() for p in text.split(',')]


def check_signature(place, name, result, params, opaque, callbacks):
    for parameter in params:
        kind = parameter_type(parameter)
        if parameter == '...':
            yield '%s: %s is variadic' % (place, name)
        elif '[' in parameter or bad_type(kind, opaque, callbacks):
            yield '%s: %s: type "%s" may not be in a signature' % (place, name,
                                                                   parameter)
    if result != 'void' and bad_type(result, opaque, callbacks):
        yield '%s: %s: result "%s" may not be in a signature' % (place, name,
                                                                 result)


def check_user(place, name, params, callbacks):
    """A callback is followed by the pointer that is handed to it: user, or p_user
    where there are several callbacks."""
    kinds = [parameter_type(p) for p in params]
    for i, kind in enumerate(kinds):
        if kind in callbacks and kind.endswith('_task'):
            continue
        if kind in callbacks and not any(
                re.match(r'void \*(\w+_)?user$', p) for p in params[i + 1:]):
            yield '%s: %s: callback "%s" without a void *user' % (place, name,
                                                                  params[i])


def comment_before(text, offset):
    m = re.search(r'/\*\*((?:(?!\*/).)*)\*/\s*$', text[:offset], re.S)
    return m.group(1) if m else ''


def check_words(path, text, code):
    for m in re.finditer(r'\b(%s)\b' % '|'.join(BANNED), code):
        line = code[code.rfind('\n', 0, m.start()) + 1:]
        if not line.startswith('#'):
            yield '%s:%d: "%s" in a public header' % (
                path.name, guard.line_of(text, m.start()), m.group())
    for m in re.finditer(r'\bstruct\s+\w*\s*\{', code):
        yield '%s:%d: a struct with members in a public header' % (
            path.name, guard.line_of(text, m.start()))
    for m in re.finditer(r'^#\s*define\s+(\w+)\(', code, re.M):
        yield '%s:%d: %s() is reachable as a macro alone' % (
            path.name, guard.line_of(text, m.start()), m.group(1))


def check_includes(path, text, code, allowed):
    for m in re.finditer(r'^#\s*include\s*(\S+)', code, re.M):
        if m.group(1) not in allowed:
            yield '%s:%d: includes %s' % (
                path.name, guard.line_of(text, m.start()), m.group(1))


def check_types(path, text, code):
    for m in re.finditer(r'^typedef struct (\w+) (\**)(\w+);', code, re.M):
        place = '%s:%d' % (path.name, guard.line_of(text, m.start()))
        if m.group(2):
            yield '%s: %s hides a pointer' % (place, m.group(3))
        if 'Thread-safety:' not in comment_before(text, m.start()):
            yield '%s: type %s has no "Thread-safety:" line' % (place,
                                                                m.group(3))


def check(headers):
    texts = {p: p.read_text(encoding='utf-8') for p in headers}
    codes = {p: guard.without_comments(t) for p, t in texts.items()}
    opaque, callbacks = set(), set()
    for code in codes.values():
        opaque |= set(re.findall(r'^typedef struct \w+ (\w+);', code, re.M))
        callbacks |= {m.group(2) for m in CALLBACK.finditer(code)}
    umbrella = {'"%s"' % p.name for p in headers}
    complaints = []
    for path, text in texts.items():
        code = codes[path]
        # These have functions of each family.
        allowed = (umbrella if path.name in ('genmod.h', 'exchange.h')
                   else INCLUDES)
        complaints += check_words(path, text, code)
        complaints += check_includes(path, text, code, allowed)
        complaints += check_types(path, text, code)
        for m in CALLBACK.finditer(code):
            place = '%s:%d' % (path.name, guard.line_of(text, m.start()))
            params = parameters(m.group(3))
            complaints += check_signature(place, m.group(2),
                                          ' '.join(m.group(1).split()), params,
                                          opaque, callbacks)
            if not params or parameter_type(params[-1]) != 'void *':
                complaints.append('%s: %s does not end in void *user' %
                                  (place, m.group(2)))
        for offset, macro, result, name, params in guard.functions(text):
            place = '%s:%d' % (path.name, guard.line_of(text, offset))
            params = parameters(params)
            complaints += check_signature(place, name, result, params, opaque,
                                          callbacks)
            complaints += check_user(place, name, params, callbacks)
            if macro == 'GENMOD_CALL' and result != 'int32_t':
                complaints.append('%s: %s can fail but returns "%s"' %
                                  (place, name, result))
            if 'Since ' not in comment_before(text, offset):
                complaints.append('%s: %s does not say since when' %
                                  (place, name))
    return complaints


def check_project(root):
    return check(guard.public_headers(root))


GOOD = '''#include <stdint.h>
/** A toy. Thread-safety: none. */
typedef struct toy toy;
/** Called back. */
typedef int32_t (*toy_progress)(double x, void *user);
/** Does it. Since 0.1. */
GENMOD_CALL int32_t toy_do(toy *t, size_t n, const double *x, const char *key,
                           toy_progress progress, void *user, toy **out);
'''


def with_line(old, new):
    def build(bench):
        return check([bench.write('toy.h', GOOD.replace(old, new))])
    return build


PAIRS = [(what, with_line('', ''), with_line(old, new), words)
         for what, old, new, words in [
             ('a variadic function', ', toy **out', ', ...',
              ['toy.h:7', 'toy_do', 'variadic']),
             ('a struct by value', 'toy *t,', 'toy t,', ['toy.h:7', '"toy t"']),
             ('an int', 'size_t n', 'int n', ['toy.h:7', '"int n"']),
             ('a long', 'size_t n', 'long n', ['toy.h:7', '"long n"']),
             ('a float by value', 'size_t n', 'float n',
              ['toy.h:7', '"float n"']),
             ('a bool result', 'GENMOD_CALL int32_t', 'GENMOD_API _Bool',
              ['toy.h:7', '_Bool']),
             ('an enum', 'typedef struct toy toy;', 'typedef enum { A } toy;',
              ['toy.h:3', 'enum']),
             ('a struct with members', 'struct toy toy;',
              'struct toy { int32_t a : 3; } toy;', ['toy.h:3', 'members']),
             ('a hidden pointer', 'struct toy toy;', 'struct toy *toy;',
              ['toy.h:3', 'hides a pointer']),
             ('a callback without user', 'x, void *user', 'x',
              ['toy.h:5', 'toy_progress', 'user']),
             ('a call that hands no user', 'progress, void *user',
              'progress', ['toy.h:7', 'toy_do', 'user']),
             ('an inline function', 'GENMOD_CALL int32_t',
              'static inline int32_t', ['toy.h:7', 'inline']),
             ('a macro for a function', '#include <stdint.h>',
              '#define toy_do2(t) toy_do(t)', ['toy.h:1', 'toy_do2']),
             ('another include', '<stdint.h>', '<stdio.h>',
              ['toy.h:1', '<stdio.h>']),
             ('a type without thread-safety', ' Thread-safety: none.', '',
              ['toy.h:3', 'Thread-safety']),
             ('a function without a date', ' Since 0.1.', '',
              ['toy.h:7', 'toy_do', 'since']),
         ]]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
