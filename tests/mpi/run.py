"""Mixtures, and training, over the ranks of a real MPI: Open MPI and MPICH, whichever are there.

    run.py ROOT LIBRARY [ROWS]

LIBRARY is libgenmod.so. Every run has a time limit, also those in which a rank
fails or dies: what waits for ever fails here. Exits with 77 where no MPI is.
"""
import array
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

FLAVOURS = {
    'openmpi': ('mpicc.openmpi', ['mpirun.openmpi', '--allow-run-as-root',
                                  '--oversubscribe']),
    'mpich': ('mpicc.mpich', ['mpiexec.mpich']),
}
LIMIT = 400  # seconds a run
# What rank 1 does, the status on every rank, the text on every rank.
TROUBLE = [
    ('nan', -7, 'rank 1: the cell in row '),
    ('cancel', -9, 'rank 1: the call was cancelled'),
    ('option', -1, 'rank 1: seed is 5; rank 0 has 0'),
    ('columns', -1, 'rank 1: columns is 15; rank 0 has 16'),
    ('type', -1, 'rank 1: type of the rows, '),
    ('shards', -1, 'rank 1: shards is 12; rank 0 has 0'),
]


def build(compiler, root, library, source, program):
    folder = str(pathlib.Path(library).parent)
    subprocess.run([compiler, '-std=c11', '-D_POSIX_C_SOURCE=200809L', '-O2',
                    '-Wall', '-Wextra', '-Werror', '-I', str(root / 'include'),
                    '-I', str(source.parent), str(source), '-o', program,
                    '-L', folder, '-lgenmod', '-Wl,-rpath,' + folder, '-lm'],
                   check=True, timeout=LIMIT)


class Mpi:
    def __init__(self, start, program):
        self.start, self.program = start, program

    def run(self, ranks, *words):
        """What came back; TimeoutExpired where a rank waits for ever."""
        environment = dict(os.environ, OMP_NUM_THREADS='1',
                           OMPI_MCA_rmaps_base_oversubscribe='1')
        return subprocess.run(self.start + ['-n', str(ranks), self.program]
                              + [str(word) for word in words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=LIMIT,
                              env=environment)

    def fit(self, ranks, rows, shards, folder):
        path = os.path.join(folder, 'parameters')
        done = self.run(ranks, 'fit', rows, 4, 5, shards, path)
        if done.returncode:
            raise SystemExit('%d ranks: %s' % (ranks, done.stderr))
        values = array.array('d')
        values.frombytes(pathlib.Path(path).read_bytes())
        return values


def check_fits(mpi, rows, folder):
    """Rounding in the fast mode, the same bits with shards."""
    alone = mpi.fit(1, rows, 0, folder)
    for ranks in (2, 4):
        many = mpi.fit(ranks, rows, 0, folder)
        off = max(abs(a - b) for a, b in zip(alone, many))
        print('  %d ranks: largest difference %.1e' % (ranks, off))
        if off > 1e-10:
            return 1
    bits = mpi.fit(1, rows, 12, folder)
    for ranks in (2, 3, 4):
        if mpi.fit(ranks, rows, 12, folder) != bits:
            print('  %d ranks: other bits' % ranks)
            return 1
    print('  12 shards: the same bits on 1, 2, 3 and 4 ranks')
    return 0


def check_training(mpi, folder):
    """100 steps: checkpoints of the same bytes on 1, 2, 3 and 4 ranks."""
    failures = 0
    for family in ('denoiser', 'bound', 'dcgan'):
        kept = []
        for ranks in (1, 2, 3, 4):
            path = os.path.join(folder, 'checkpoint')
            done = mpi.run(ranks, 'train', family, 100, 12, path)
            kept.append(pathlib.Path(path).read_bytes()
                        if not done.returncode else done.stderr)
        good = all(isinstance(k, bytes) and k == kept[0] for k in kept)
        print('  %s %s: 100 steps on 1, 2, 3 and 4 ranks' %
              ('ok  ' if good else 'FAIL', family))
        if not good:
            print(*(k for k in kept if not isinstance(k, bytes)))
        failures += not good
    return failures


def check_trouble(mpi):
    failures = 0
    for mode, status, text in TROUBLE:
        done = mpi.run(3, mode)
        lines = sorted(done.stdout.splitlines())
        good = len(lines) == 3 and all(
            line.startswith('%d %d %s' % (rank, status, text))
            for rank, line in enumerate(lines))
        print('  %s %s' % ('ok  ' if good else 'FAIL', mode))
        if not good:
            print(done.stdout, done.stderr)
        failures += not good
    done = mpi.run(3, 'die')
    print('  %s die' % ('ok  ' if done.returncode else 'FAIL'))
    return failures + (done.returncode == 0)


def check_example(mpi):
    """Each rank streams its share of the rows in bounded memory."""
    said = [mpi.run(ranks).stdout for ranks in (1, 2, 4)]
    good = said[0] != '' and said[0] == said[1] == said[2]
    print('  %s the example' % ('ok  ' if good else 'FAIL'))
    if not good:
        print(*said)
    return not good


def main(root, library, rows='1000000'):
    root = pathlib.Path(root)
    failures = tried = 0
    for name, (compiler, start) in FLAVOURS.items():
        if not (shutil.which(compiler) and shutil.which(start[0])):
            print('%s is not installed: skipped' % name)
            continue
        tried += 1
        print(name)
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, 'mixture')
            training = os.path.join(folder, 'training')
            example = os.path.join(folder, 'example')
            build(compiler, root, library, root / 'tests/mpi/mixture.c',
                  program)
            build(compiler, root, library, root / 'tests/mpi/training.c',
                  training)
            build(compiler, root, library,
                  root / 'doc/examples/mpi_mixture.c', example)
            failures += check_fits(Mpi(start, program), int(rows), folder)
            failures += check_training(Mpi(start, training), folder)
            failures += check_trouble(Mpi(start, program))
            failures += check_example(Mpi(start, example))
    return 77 if not tried else 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
