"""The written rules that a script can hold: lengths, and words that have no
place in the library's sources."""
import pathlib
import re

import guard

FILE_LINES = 600
FUNCTION_LINES = 60
COLUMNS = 80

ANYWHERE = [
    (r'\b(TODO|FIXME|XXX|HACK)\b', 'unfinished work'),
    (r'(?<![\w.])/(tmp|home|work|root)/\w', 'a path of one machine'),
]
# In lib/, outside comments and texts.
LIBRARY = [
    (r'\b(v?f?s?n?printf|f?puts|putchar|perror|v?f?s?scanf)\b', 'stdio'),
    (r'\b(fopen|fread|fwrite|fclose|std(in|out|err))\b', 'stdio'),
    (r'\b(abort|_?exit|_Exit|atexit|raise|signal)\s*\(', 'ends the process'),
    (r'\b(getenv|setenv|putenv)\b', 'the environment'),
    (r'\b(setlocale|localeconv|strtod|strtof|atof|isalpha|isdigit|isspace|tolower'
     r'|toupper)\b', 'the locale'),
    (r'\b(time|clock|clock_gettime|gettimeofday)\s*\(', 'the clock'),
    (r'\bs?rand(om)?\s*\(', 'hidden state'),
    (r'\b(_Thread_local|thread_local|__thread)\b', 'a thread-local'),
    (r'\b__builtin_cpu_(supports|init|is)\b', '__cpu_model'),
    (r'\b(constructor|ifunc)\b', 'runs at load'),
    (r'\bgoto\s+(?!out\b)\w+', 'a label other than out'),
    (r'\b(setjmp|longjmp|alloca)\b', 'cannot be cleaned up'),
    (r'\btypedef\s+(const\s+)?struct\s+\w+\s*\*', 'a pointer hidden by a typedef'),
]
OUTSIDE_BASE = [
    (r'(?<![>.\w])(malloc|calloc|realloc|aligned_alloc|free)\s*\(',
     'memory beside the context'),
    (r'\bpthread_\w+\s*\(', 'threads beside the context'),
]


def complain(path, text, rules, where):
    for pattern, reason in rules:
        for m in re.finditer(pattern, text, re.M):
            yield '%s:%d: %s: %s' % (where, guard.line_of(text, m.start()),
                                     ' '.join(m.group().split()), reason)


def function_lengths(lines):
    """(line, name, length) of each function whose brace has its own line."""
    opened = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            opened = number
        elif line == '}' and opened:
            first = opened - 1
            while first > 1 and lines[first - 1][:1] in (' ', '\t'):
                first -= 1
            m = re.search(r'(\w+)\s*\(', lines[first - 1])
            yield first, m.group(1) if m else '?', number - first + 1
            opened = None


def check_file(path, root):
    where = str(path.relative_to(root))
    raw = path.read_text(encoding='utf-8')
    lines = raw.splitlines()
    yield from complain(path, raw, ANYWHERE, where)
    if path.suffix in SOURCE and len(lines) >= FILE_LINES:
        yield '%s:%d: the file has %d lines or more' % (where, FILE_LINES,
                                                        FILE_LINES)
    if path.suffix not in ('.c', '.h'):
        return
    for first, name, length in function_lengths(lines):
        if length > FUNCTION_LINES:
            yield '%s:%d: %s has %d lines, %d are allowed' % (
                where, first, name, length, FUNCTION_LINES)
    if where.startswith('lib/'):
        code = guard.without_texts(raw)
        yield from complain(path, code, LIBRARY, where)
        if not where.startswith('lib/base/'):
            yield from complain(path, code, OUTSIDE_BASE, where)
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS or '\t' in line or line != line.rstrip():
                yield '%s:%d: over %d columns, a tab, or blanks at the end' % (
                    where, number, COLUMNS)


SOURCE = {'.c', '.h', '.cpp', '.hpp'}
TEXT = SOURCE | {'.py', '.sh', '.md', '.build', '.txt', '.in', '.wrap',
        '.map'}


def check_project(root):
    complaints = []
    for top in ('include', 'lib', 'tests', 'doc', 'subprojects'):
        for path in sorted(pathlib.Path(root, top).glob('**/*')):
            if path.suffix in TEXT and path.is_file() \
                    and 'guard/source.py' not in str(path) \
                    and not (top == 'subprojects' and path.suffix != '.wrap'):
                complaints += check_file(path, pathlib.Path(root))
    return complaints


GOOD = '''/* A toy that may abort(), it says. */
#include "base/base.h"

int toy(int n)
{
    const char *const s = "printf";
    if (!s)
        goto out;
out:
    return n;
}
'''


def with_line(old, new, name='lib/kern/toy.c'):
    def build(bench):
        path = bench.write(name, GOOD.replace(old, new))
        return list(check_file(path, bench.folder))
    return build


def longer(lines, function=False):
    def build(bench):
        text = GOOD
        if function:
            text = GOOD.replace('out:\n', 'out:\n' + '    n++;\n' * lines)
        else:
            text += '\n' * lines
        path = bench.write('lib/kern/toy.c', text)
        return list(check_file(path, bench.folder))
    return build


LINE = '        goto out;'
PAIRS = [(what, with_line('', ''), with_line(LINE, new), words)
         for what, new, words in [
             ('printf', '        printf("a");', ['toy.c:8', 'printf']),
             ('abort', '        abort();', ['toy.c:8', 'abort']),
             ('strtod', '        strtod(s, 0);', ['toy.c:8', 'strtod']),
             ('setlocale', '        setlocale(0, "C");', ['toy.c:8', 'locale']),
             ('malloc outside base', '        malloc(3);',
              ['toy.c:8', 'malloc']),
             ('another label', '        goto done;', ['toy.c:8', 'done']),
             ('unfinished work', LINE + ' /* TO' 'DO */', ['toy.c:8', 'TODO']),
             ('a path of one machine', LINE + ' /* /ho' 'me/me */',
              ['toy.c:8', '/home']),
             ('a long line', LINE + ' ' * 60 + '/* 80 */', ['toy.c:8', '80']),
         ]] + [
    ('malloc in base', with_line(LINE, '        malloc(3);', 'lib/base/toy.c'),
     with_line(LINE, '        malloc(3);', 'lib/codec/toy.c'),
     ['toy.c:8', 'malloc']),
    ('a long function', longer(52, True), longer(53, True),
     ['toy.c:4', 'toy has 61 lines']),
    ('a long file', longer(588), longer(589), ['toy.c:600', '600']),
]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
