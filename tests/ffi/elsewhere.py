"""Builds the library in another way than this build, and runs programs with it.

    elsewhere.py WAY SOURCE-ROOT BUILD LIBDIR PREFIX

WAY: small (one set of kernels, for size: its bound is checked), musl (musl-gcc),
aarch64 (a cross compiler, qemu-user), mingw (mingw-w64, wine). All have kernels
of their own alone (-Dblas=builtin). The library is built beside the build,
installed into a folder and found there by pkg-config, shared and static; the
programs are tests/api/first.c and the tour of doc/ffi in C, whose samples must be
near those of this build. For aarch64 some tests of the kernels run, too, where
cmocka for it is installed. Without the compiler: exit 77, which meson takes for
skipped. Without wine it builds, and says that nothing ran.
"""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

import tour

MACHINE = '''[host_machine]
system = '%s'
cpu_family = '%s'
cpu = '%s'
endian = 'little'
'''
WINE = shutil.which('wine64') or '/usr/lib/wine/wine64'
ARM = '/usr/lib/aarch64-linux-gnu'
# The stripped shared library of the small build, bytes.
MOST = 1000000
WAYS = {
    'small': {
        'compiler': 'cc', 'packages': 'gcc',
        'options': ['-Dkernels=generic', '-Dbuildtype=minsize', '-Ddebug=false'],
    },
    'musl': {'compiler': 'musl-gcc', 'packages': 'musl-tools'},
    'aarch64': {
        'compiler': 'aarch64-linux-gnu-gcc',
        'packages': 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user',
        'machine': MACHINE % ('linux', 'aarch64', 'aarch64'),
        'wrapper': ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
        # Those that take a minute there at most.
        'tests': ['reduce', 'small'],
    },
    'mingw': {
        'compiler': 'x86_64-w64-mingw32-gcc-posix',
        'packages': 'gcc-mingw-w64-x86-64-posix',
        'machine': MACHINE % ('windows', 'x86_64', 'x86_64'),
        'wrapper': [WINE],
    },
}
# Doubles of a mixture differ by rounding alone; a network is trained in floats.
NEAR = {'gmm': 1e-8, 'vae': 1e-3}


def call(command, errors=subprocess.PIPE, **environment):
    """What it prints; wine tells its own troubles on the stream of errors."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=errors,
                          env=dict(os.environ, **environment))
    if done.returncode:
        sys.exit('%s\n%s' % (' '.join(str(c) for c in command),
                             (done.stdout + (done.stderr or b''))[-3000:].decode(
                                 errors='replace')))
    return done.stdout.decode(errors='replace').replace('\r', '')


class Elsewhere:
    def __init__(self, way, source, build):
        self.way, self.source = WAYS[way], source
        self.folder = pathlib.Path(build, 'tests', 'ffi', way)
        self.place = self.folder.with_name(way + '-installed')
        self.compiler = self.way['compiler']
        self.wrapper = self.way.get('wrapper', [])
        # Where another machine's cmocka is looked for.
        self.environment = {'PKG_CONFIG_LIBDIR': ARM + '/pkgconfig'}

    def configure(self):
        cached = ["'ccache'"] if shutil.which('ccache') else []
        text = '[binaries]\nc = [%s]\n' % ', '.join(
            cached + ["'%s'" % self.compiler])
        if 'machine' in self.way:
            tool = call([self.compiler, '-print-prog-name=ar']).strip()
            text += "ar = '%s'\nexe_wrapper = %s\n%s" % (
                tool, self.wrapper, self.way['machine'])
            text = text.replace("[host", "pkgconfig = 'pkg-config'\n[host")
        file = self.folder.with_suffix('.ini')
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        kind = '--cross-file' if 'machine' in self.way else '--native-file'
        if not (self.folder / 'build.ninja').exists():
            call(['meson', 'setup', self.folder, self.source, kind, file,
                  '-Dblas=builtin', '-Dexamples=disabled', '-Dlibdir=lib',
                  '-Dprefix=/usr', *self.way.get('options', []),
                  '-Dtests=' + ('auto' if 'tests' in self.way else 'disabled')],
                 **self.environment)

    def install(self):
        call(['meson', 'compile', '-C', self.folder, 'genmod:shared_library',
              'libgenmod.a'], **self.environment)
        shutil.rmtree(self.place, ignore_errors=True)
        call(['meson', 'install', '-C', self.folder, '--no-rebuild'],
             DESTDIR=str(self.place))
        pc = self.place / 'usr/lib/pkgconfig/genmod.pc'
        pc.write_text(re.sub('^prefix=.*$', 'prefix=%s/usr' % self.place,
                             pc.read_text(), flags=re.M))

    def program(self, source, *options):
        """Built as a user would; of a static one no shared twin is in reach."""
        name = self.place / (source.stem + ''.join(options) + '.exe')
        hidden = []
        if options:
            hidden = [p for p in (self.place / 'usr/lib').iterdir()
                      if '.so' in p.name or '.dll' in p.name]
        for path in hidden:
            path.rename(str(path) + '.away')
        flags = call(['pkg-config', '--cflags', '--libs', *options, 'genmod'],
                     PKG_CONFIG_LIBDIR=self.place / 'usr/lib/pkgconfig').split()
        call([self.compiler, '-std=c11', '-o', name, source, *flags, '-lm'])
        for path in hidden:
            pathlib.Path(str(path) + '.away').rename(path)
        return name

    def run(self, program, errors=subprocess.PIPE):
        library = self.place / 'usr/lib'
        if self.way is WAYS['aarch64']:
            return call([*self.wrapper, '-E', 'LD_LIBRARY_PATH=%s:%s'
                         % (library, ARM), program], errors)
        return call([*self.wrapper, program], errors, LD_LIBRARY_PATH=str(library),
                    WINEPREFIX=str(self.folder.with_name('wine')),
                    WINEDEBUG='-all', WINEPATH=';'.join(
                        'Z:' + str(p) for p in (self.place / 'usr/bin',
                                                '/usr/x86_64-w64-mingw32/lib')))

    def size(self):
        """Of the shared library, stripped."""
        library = (self.place / 'usr/lib/libgenmod.so').resolve()
        stripped = self.place / 'stripped.so'
        call(['strip', '-o', stripped, library])
        return stripped.stat().st_size

    def unit_tests(self):
        """How many tests of the kernels passed: 0 where cmocka is not there."""
        targets = ['tests/kern/test_kern_' + t for t in self.way['tests']]
        known = (self.folder / 'build.ninja').read_text()
        targets = [t for t in targets if 'build %s:' % t in known]
        if targets:
            call(['ninja', '-C', self.folder, *targets], **self.environment)
        os.environ['GENMOD_TEST_DATA'] = str(
            pathlib.Path(self.source, 'tests', 'data'))
        # cmocka says what passed on the stream of errors.
        return sum(self.run(self.folder / t, subprocess.STDOUT).count(
            '[       OK ]') for t in targets)


def samples(text):
    return {family: struct.unpack('8d', bytes.fromhex(rows)) for family, rows
            in re.findall(r'^(gmm|vae) ([0-9a-f]{128})$', text, re.M)}


def different(ours, theirs):
    """What tells two tours apart beyond rounding."""
    if re.sub('[0-9a-f]{128}', '', ours) != re.sub('[0-9a-f]{128}', '', theirs):
        return 'other lines:\n%s' % theirs
    a, b = samples(ours), samples(theirs)
    for family in NEAR:
        gap = max(abs(x - y) for x, y in zip(a[family], b[family]))
        print('samples of %s differ by at most %.1e' % (family, gap))
        if not gap <= NEAR[family]:
            return '%s: %g is more than rounding' % (family, gap)
    return None


def main():
    way, source, build, libdir, prefix = sys.argv[1:]
    if not shutil.which(WAYS[way]['compiler']) or (
            way == 'aarch64' and not shutil.which('qemu-aarch64')):
        print('%s is not here; Debian has it in %s' % (way,
                                                       WAYS[way]['packages']))
        sys.exit(tour.SKIPPED)
    installed = tour.Installed(build, libdir, prefix)
    installed.make(source)
    there = Elsewhere(way, source, build)
    there.configure()
    there.install()
    root = pathlib.Path(source)
    programs = [there.program(path, *options)
                for path in (root / 'tests/api/first.c', root / 'doc/ffi/c/tour.c')
                for options in ((), ('--static',))]
    if way == 'mingw' and not os.path.exists(WINE):
        print('built, shared and static; without wine nothing ran')
        return
    texts = [there.run(p) for p in programs]
    if texts[0] != texts[1] or texts[2] != texts[3]:
        sys.exit('shared and static differ:\n%s' % '\n'.join(texts))
    here, _ = tour.follow(root / 'doc/ffi/c/README.md', installed.environment())
    print(texts[0] + texts[2])
    complaint = different(here, texts[2])
    if way == 'small':
        print('%d bytes, stripped' % there.size())
        if there.size() > MOST:
            complaint = 'more than %d bytes' % MOST
    if 'tests' in there.way:
        print('%d tests of the kernels passed' % there.unit_tests())
    sys.exit(complaint)


if __name__ == '__main__':
    main()
