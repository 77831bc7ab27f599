"""Runs the tour of doc/ffi/README.md in one language, on an installed library.

    tour.py run LANGUAGE SOURCE-ROOT BUILD LIBDIR PREFIX
    tour.py canary       SOURCE-ROOT BUILD LIBDIR PREFIX

The commands are those of the shell block of doc/ffi/LANGUAGE/README.md: all but
the last build, the last one runs, and what it prints must be what the tour in C
prints, line for line. All languages share one installation beside the build.
Where a language is not here it says so and ends with 77, which meson takes for
skipped. The canary is a tour that draws from another stream: it must be refused.
"""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77

# A language is here if this command succeeds; its packages of Debian.
NEEDS = {
    'c': ('cc --version', 'gcc'),
    'c++': ('c++ --version', 'g++'),
    'ctypes': ('python3 -c "import ctypes"', 'python3'),
    'rust': ('rustc --version', 'rustc'),
    'go': ('go version', 'golang-go'),
    'fortran': ('gfortran --version', 'gfortran'),
    'perl': ('perl -e "use FFI::Platypus 2.00"', 'libffi-platypus-perl'),
    'ruby': ('ruby -e "require %(fiddle)"', 'ruby'),
    'luajit': ('luajit -v', 'luajit'),
    'php': ('php -r "exit(extension_loaded(\'FFI\') ? 0 : 1);"', 'php-cli'),
    'java': ('javac -version && java -version && '
             'test -e /usr/share/java/jna.jar',
             'default-jdk-headless libjna-java'),
    'ocaml': ('ocamlfind query ctypes.foreign',
              'ocaml-findlib libctypes-ocaml-dev'),
    'guile': ('guile -c "(use-modules (system foreign-library))"', 'guile-3.0'),
    'r': ('R --version', 'r-base-core'),
    'ada': ('gnatmake --version', 'gnat'),
    'nim': ('nim --version', 'nim'),
    'csharp': ('mcs --version && mono --version', 'mono-mcs mono-runtime'),
}


def quiet(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options)


class Installed:
    """The library as `meson install` leaves it, with a .pc that knows where."""

    def __init__(self, build, libdir, prefix):
        self.build, self.prefix = build, prefix
        self.folder = pathlib.Path(build, 'tests', 'ffi', 'installed')
        self.libdir = pathlib.Path(str(self.folder) + prefix, libdir)

    def key(self, source):
        """Changes with the library and its headers."""
        digest = hashlib.sha256()
        library = pathlib.Path(self.build, 'lib', 'libgenmod.so')
        for path in [library, *sorted(pathlib.Path(source, 'include',
                                                   'genmod').iterdir())]:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def make(self, source):
        stamp = self.folder / 'key'
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with open(str(self.folder) + '.lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            key = self.key(source)
            if stamp.exists() and stamp.read_text() == key:
                return
            shutil.rmtree(self.folder, ignore_errors=True)
            done = quiet(['meson', 'install', '-C', self.build, '--no-rebuild'],
                         env=dict(os.environ, DESTDIR=str(self.folder)))
            if done.returncode:
                sys.exit((done.stdout + done.stderr).decode())
            pc = self.libdir / 'pkgconfig' / 'genmod.pc'
            pc.write_text(re.sub('^prefix=.*$',
                                 'prefix=%s%s' % (self.folder, self.prefix),
                                 pc.read_text(), flags=re.M))
            stamp.write_text(key)

    def environment(self):
        return dict(os.environ, LC_ALL='C.UTF-8',
                    GOCACHE=str(self.folder.parent / 'go'),
                    LD_LIBRARY_PATH=str(self.libdir),
                    PKG_CONFIG_PATH=str(self.libdir / 'pkgconfig'))


def commands(page):
    """(those that build, the one that runs) of a page's first shell block."""
    block = re.search(r'^```sh\n(.*?)^```', page.read_text(encoding='utf-8'),
                      re.M | re.S).group(1)
    lines = block.replace('\\\n', ' ').strip().splitlines()
    return '\n'.join(lines[:-1]), lines[-1]


def follow(page, environment, edit=None):
    """What the tour prints, and the seconds that building and running took."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, 'tour')
        shutil.copytree(page.parent, folder)
        if edit:
            edit(folder)
        times = []
        for command in commands(page):
            start = time.monotonic()
            done = quiet(['sh', '-e', '-c', command], cwd=folder,
                         env=environment)
            times.append(time.monotonic() - start)
            if done.returncode:
                sys.exit('%s\n%s' % (command,
                                     (done.stdout + done.stderr).decode()))
        return done.stdout.decode(), times


def digests(text):
    return ', '.join('%s sha256 %s' % (
        family, hashlib.sha256(bytes.fromhex(rows)).hexdigest())
        for family, rows in re.findall(r'^(gmm|vae) ([0-9a-f]{128})$', text,
                                       re.M))


def complaints(expected, text):
    """The lines that differ from those of C."""
    ours, theirs = expected.splitlines(), text.splitlines()
    if len(ours) != len(theirs):
        yield 'prints %d lines, C %d' % (len(theirs), len(ours))
    for i, (a, b) in enumerate(zip(ours, theirs), 1):
        if a != b:
            yield 'line %d is\n    %s\nand in C\n    %s' % (i, b, a)


def run(language, pages, environment):
    need, packages = NEEDS[language]
    if quiet(['sh', '-c', need]).returncode:
        print('%s is not here; Debian has it in %s' % (language, packages))
        sys.exit(SKIPPED)
    expected, _ = follow(pages / 'c' / 'README.md', environment)
    text, times = follow(pages / language / 'README.md', environment)
    print(text + digests(text))
    print('built in %.1f s, ran in %.2f s' % tuple(times))
    if digests(text).count('sha256') != 2:
        sys.exit('no samples of both families')
    sys.exit('\n'.join(complaints(expected, text)) or 0)


def other_stream(folder):
    path = folder / 'tour.c'
    path.write_text(path.read_text().replace('gmm_sample(loaded, 7',
                                             'gmm_sample(loaded, 8'))


def canary(pages, environment):
    page = pages / 'c' / 'README.md'
    expected, _ = follow(page, environment)
    twin, _ = follow(page, environment)
    mutant, _ = follow(page, environment, other_stream)
    if list(complaints(expected, twin)):
        sys.exit('the same tour was refused')
    if not any('line 3' in c for c in complaints(expected, mutant)):
        sys.exit('another stream was not refused')


def main():
    source, build, libdir, prefix = sys.argv[-4:]
    installed = Installed(build, libdir, prefix)
    installed.make(source)
    pages = pathlib.Path(source, 'doc', 'ffi')
    if sys.argv[1] == 'canary':
        canary(pages, installed.environment())
    else:
        run(sys.argv[2], pages, installed.environment())


if __name__ == '__main__':
    main()
