"""The C++ headers in every standard and both forms, and what they must refuse.

    cpp.py run ROOT LIBRARY COMPILER…     the tests, one standard a form
    cpp.py matrix ROOT COMPILER…          all in all, each header alone; clang++, too
    cpp.py canary ROOT COMPILER…
    cpp.py handles ROOT                   each type of the C headers has a handle
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

STANDARDS = ['11', '17', '20']
STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror']
RETURNING = ['-fno-exceptions']
# A source, and the forms that it is written in.
SOURCES = [('tests/api/test_cpp.cpp', [[]]),
           ('tests/api/test_cpp_returning.cpp',
            [RETURNING, ['-DGENMOD_NO_EXCEPTIONS']]),
           ('doc/examples/mixture.cpp', [[]]),
           ('doc/examples/autoencoder.cpp', [[], RETURNING])]


def compile_source(compiler, root, standard, form, source, *rest):
    """'' or what the compiler says."""
    done = subprocess.run(
        [*compiler, '-std=c++' + standard, *STRICT, *form, '-I',
         str(root / 'include'), str(source), *rest],
        stderr=subprocess.PIPE, universal_newlines=True)
    return done.stderr if done.returncode else ''


def matrix(root, compiler):
    compilers = [compiler]
    clang = shutil.which('clang++')
    if clang and 'clang' not in compiler[0]:
        compilers.append([clang])
    for compiler in compilers:
        for standard in STANDARDS:
            for source, forms in SOURCES:
                for form in forms:
                    said = compile_source(compiler, root, standard, form,
                                          root / source, '-fsyntax-only')
                    if said:
                        yield '%s in C++%s %s:\n%s' % (source, standard,
                                                       form, said)


def alone(root, compiler):
    for header in sorted((root / 'include' / 'genmod').glob('*.hpp')):
        said = compile_source(compiler, root, '11', ['-x', 'c++-header'],
                              header, '-fsyntax-only')
        if said:
            yield '%s alone:\n%s' % (header.name, said)


def runs(root, library, compiler):
    with tempfile.TemporaryDirectory() as folder:
        for (source, forms), standard in zip(SOURCES, ['11', '20']):
            program = os.path.join(folder, 'program')
            said = compile_source(
                compiler, root, standard, forms[0], root / source, '-o',
                program, library, '-Wl,-rpath,' + os.path.dirname(library))
            done = said or subprocess.run([program], stderr=subprocess.PIPE,
                                          universal_newlines=True)
            if said or done.returncode:
                yield '%s: %s' % (source, said or done.stderr)


GOOD = '''#include <genmod/genmod.hpp>
void toy(genmod::gmm m, const genmod::gmm &c, genmod::data &x,
         std::vector<double> &out, const std::vector<double> &fixed)
{
    (void)fixed;
    c.log_density(x, out);
    m.step(x);
    genmod::gmm other = std::move(m);
}
'''
# What, old line, new line, the form.
MUTANTS = [
    ('a handle that is copied', 'std::move(m)', 'm', []),
    ('training through const', 'm.step(x)', 'c.step(x)', []),
    ('results written to what is const', 'x, out', 'x, fixed', []),
    ('rows of integers', 'm.step(x)', 'x.set_rows(std::vector<int>(2), 1)', []),
    ('a result that nobody looks at', 'm.step(x)', 'm.step(x)', RETURNING),
]


def canary(root, compiler):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, 'toy.cpp')
        source.write_text(GOOD, encoding='utf-8')
        said = compile_source(compiler, root, '11', [], source,
                              '-fsyntax-only')
        failures = ['the twin was refused:\n' + said] if said else []
        for what, old, new, form in MUTANTS:
            source.write_text(GOOD.replace(old, new), encoding='utf-8')
            refused = compile_source(compiler, root, '11', form, source,
                                     '-fsyntax-only')
            print('%s %s' % ('ok  ' if refused else 'FAIL', what))
            failures += [] if refused else [what]
    return failures


def handles(root):
    include = root / 'include' / 'genmod'
    cpp = '\n'.join(p.read_text(encoding='utf-8')
                    for p in include.glob('*.hpp'))
    for header in sorted(include.glob('*.h')):
        text = header.read_text(encoding='utf-8')
        for kind in re.findall(r'^typedef struct (\w+) \1;', text, re.M):
            lent = 'const %s *get()' % kind
            if 'calls<%s>' % kind not in cpp and lent not in cpp:
                yield '%s: no C++ header has a handle of %s' % (header.name,
                                                                kind)
    names = sorted(p.name for p in include.glob('*.h*'))
    build = (root / 'lib' / 'meson.build').read_text(encoding='utf-8')
    for name in names:
        if "/genmod/%s'" % name not in build:
            yield '%s is not installed' % name


def main():
    mode, root = sys.argv[1], pathlib.Path(sys.argv[2])
    if mode == 'run':
        complaints = list(runs(root, sys.argv[3], sys.argv[4:]))
    elif mode == 'matrix':
        complaints = [*alone(root, sys.argv[3:]),
                      *matrix(root, sys.argv[3:])]
    elif mode == 'canary':
        complaints = canary(root, sys.argv[3:])
    else:
        complaints = list(handles(root))
    print('\n'.join(complaints))
    sys.exit(1 if complaints else 0)


if __name__ == '__main__':
    main()
