"""Each public header compiles alone, as the first line of a C99, C11 and C++11
file, without a warning.

    headers.py check ROOT C-COMPILER… -- C++-COMPILER…
    headers.py canary C-COMPILER… -- C++-COMPILER…
"""
import pathlib
import subprocess
import sys
import tempfile

LANGUAGES = [('c', 'c99'), ('c', 'c11'), ('c++', 'c++11')]
STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only']


def compile_alone(compiler, language, standard, include, header):
    """'' or what the compiler says."""
    source = '#include <genmod/%s>\n#include <genmod/%s>\n' % (header, header)
    done = subprocess.run(
        compiler + STRICT + ['-std=' + standard, '-I', str(include), '-x',
                             language, '-'], input=source,
        stderr=subprocess.PIPE, universal_newlines=True)
    return done.stderr if done.returncode else ''


def check(root, c, cpp):
    include = pathlib.Path(root, 'include')
    complaints = []
    for header in sorted((include / 'genmod').glob('*.h')):
        if header.name == 'with_mpi.h':
            continue
        for language, standard in LANGUAGES:
            compiler = cpp if language == 'c++' else c
            said = compile_alone(compiler, language, standard, include,
                                 header.name) if compiler else ''
            if said:
                complaints.append('%s in %s:\n%s' % (header.name, standard,
                                                     said))
    return complaints


GOOD = '''#ifndef TOY_H
#define TOY_H
#include <stdint.h>
typedef struct toy toy;
int32_t toy_do(toy *t);
#endif
'''
# What, old line, new line, a word of the complaint.
MUTANTS = [
    ('a type without its include', '#include <stdint.h>\n', '', 'int32_t'),
    ('a missing typedef', 'typedef struct toy toy;', 'struct toy;', 'toy'),
    ('what came with C11', 'typedef struct toy toy;',
     'typedef struct toy { union { int32_t a; }; } toy;', 'c99'),
    ('a word of C++', 'toy *t', 'toy *new', 'c++11'),
    ('no include guard', '#ifndef TOY_H\n#define TOY_H\n',
     '#ifndef TOY_H\n#define TOY_\nenum { A };\n', 'A'),
]


def check_text(text, c, cpp):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'include', 'genmod', 'toy.h')
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding='utf-8')
        return check(folder, c, cpp)


def canary(c, cpp):
    twin = check_text(GOOD, c, cpp)
    failures = len(twin)
    print(*twin)
    for what, old, new, word in MUTANTS:
        said = '\n'.join(check_text(GOOD.replace(old, new), c, cpp))
        if word == 'c++11' and not cpp:
            continue
        good = word in said
        print('%s %s' % ('ok  ' if good else 'FAIL', what))
        failures += not good
    return failures


def main():
    mode, rest = sys.argv[1], sys.argv[2:]
    root = rest.pop(0) if mode == 'check' else None
    split = rest.index('--')
    c, cpp = rest[:split], rest[split + 1:]
    if mode == 'canary':
        sys.exit(1 if canary(c, cpp) else 0)
    complaints = check(root, c, cpp)
    print('\n'.join(complaints))
    sys.exit(1 if complaints else 0)


if __name__ == '__main__':
    main()
