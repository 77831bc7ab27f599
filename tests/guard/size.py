"""The shared library of a default build, stripped, is smaller than 1,000,000
bytes."""
import pathlib
import tempfile

import guard

MOST = 1000000


def check(path, bench):
    bare = pathlib.Path(bench, 'bare.so')
    guard.run('strip', '-o', bare, path)
    bytes = bare.stat().st_size
    if bytes >= MOST:
        yield '%s has %d bytes, stripped; it must have fewer than %d' % (
            pathlib.Path(path).name, bytes, MOST)


def check_project(path):
    with tempfile.TemporaryDirectory() as bench:
        return list(check(path, bench))


def toy(bytes):
    def build(bench):
        path = bench.compile('toy', 'const char f[%d] = {1};' % bytes, '-shared',
                             '-fPIC')
        return list(check(path, path.parent))
    return build


PAIRS = [('a library of a million bytes', toy(900000), toy(MOST),
          ['bytes, stripped; it must have fewer than 1000000'])]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
