"""Installs the library beside the build and builds a program with it.

    install.py WAY SOURCE-ROOT BUILD LIBDIR PREFIX FIRST C-COMPILER… -- C++…

WAY: shared, static (pkg-config), c++, cmake, cmake-static, subproject.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CMAKE = '''cmake_minimum_required(VERSION 3.13)
project(consumer C)
find_package(genmod 1.0 REQUIRED)
add_executable(first %s)
target_link_libraries(first PRIVATE %s)
'''
MESON = '''project('consumer', 'c')
genmod = dependency('genmod', fallback: 'genmod')
executable('first', 'first.c', dependencies: genmod)
'''


def run(command, **environment):
    done = subprocess.run([str(c) for c in command],
                          env=dict(os.environ, **environment),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True)
    if done.returncode:
        sys.exit('%s\n%s' % (' '.join(str(c) for c in command), done.stdout))
    return done.stdout


def flags(libdir, prefix, *options):
    return run(['pkg-config', '--define-variable=prefix=%s' % prefix,
                '--cflags', '--libs', *options, 'genmod'],
               PKG_CONFIG_PATH='%s/pkgconfig' % libdir).split()


def with_compiler(compiler, first, folder, libdir, prefix, *options):
    if options:
        # A folder with both holds the shared one first in line.
        for path in libdir.glob('libgenmod.so*'):
            path.unlink()
    language = ['-x', 'c++', '-std=c++11'] if '++' in compiler[0] else []
    program = folder / 'first'
    run([*compiler, *language, first, '-x', 'none', '-o', program,
         *flags(libdir, prefix, *options), '-lm'])
    return program


def with_cmake(target, first, folder, libdir, prefix):
    (folder / 'CMakeLists.txt').write_text(CMAKE % (first, target))
    run(['cmake', '-S', folder, '-B', folder / 'build',
         '-DCMAKE_PREFIX_PATH=%s' % prefix])
    run(['cmake', '--build', folder / 'build'])
    return folder / 'build' / 'first'


def with_subproject(source, first, folder):
    (folder / 'meson.build').write_text(MESON)
    (folder / 'subprojects').mkdir()
    (folder / 'subprojects' / 'genmod').symlink_to(source)
    shutil.copy(first, folder / 'first.c')
    run(['meson', 'setup', folder / 'build', folder])
    run(['meson', 'compile', '-C', folder / 'build'])
    return folder / 'build' / 'first'


def main():
    way, source, build, libdir, prefix, first = sys.argv[1:7]
    split = sys.argv.index('--')
    c, cpp = sys.argv[7:split], sys.argv[split + 1:]
    first = pathlib.Path(first)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, 'consumer')
        folder.mkdir()
        run(['meson', 'install', '-C', build, '--no-rebuild'],
            DESTDIR=scratch + '/dest')
        root = pathlib.Path(scratch + '/dest' + prefix)
        place = (root / libdir, root)
        program = {
            'shared': lambda: with_compiler(c, first, folder, *place),
            'static': lambda: with_compiler(c, first, folder, *place,
                                            '--static'),
            'c++': lambda: with_compiler(cpp, first, folder, *place),
            'cmake': lambda: with_cmake('genmod::genmod', first, folder, *place),
            'cmake-static': lambda: with_cmake('genmod::static', first, folder,
                                               *place),
            'subproject': lambda: with_subproject(source, first, folder),
        }[way]()
        print(run([program], LD_LIBRARY_PATH=str(root / libdir)))


if __name__ == '__main__':
    main()
