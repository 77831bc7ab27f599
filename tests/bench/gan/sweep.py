"""The game of the lecture and the default one over learning rates and seeds: how
often each finds all eight modes, and how much of what it makes lies in one.

    sweep.py BUILD [UPDATES [SEEDS]]

Short games (1500 updates of 64 rows) of 3 seeds on gan_modes' `wide` ring, on one
thread; all other options but the rate are the presets'. Prints a markdown table: of each cell
the modes found, in the mean and at least; the share of high quality, in the mean
and at least (a perfect generator has 98.9 %); the mean reverse KL divergence of
the modes' shares (a perfect one 0.0014). A game that breaks down counts as one
that found nothing.
"""
import os
import re
import resource
import subprocess
import sys

RATES = ['0.0001', '0.0003', '0.001', '0.003', '0.01']
PRESETS = ['lecture', 'relativistic']
LINE = re.compile(r': (\d+) modes, ([\d.]+) % of high quality, reverse KL ([-\d.]+)')


def play(build, preset, rate, updates, seed):
    """Modes, share in per cent, reverse KL."""
    options = 'preset=%s | learning_rate=%s | updates=%d | batch_size=64' % (
        preset, rate, updates)
    done = subprocess.run(
        [os.path.join(build, 'tests/bench/gan_modes'), 'wide', str(seed), options],
        env=dict(os.environ, THREADS='1'), capture_output=True, text=True)
    found = LINE.search(done.stdout)
    if not found:
        return 0, 0.0, 0.0
    return int(found[1]), float(found[2]), float(found[3])


def cell(games):
    modes, good, kl = zip(*games)
    known = [v for n, v in zip(modes, kl) if n]
    return '%.1f (%d) | %.1f (%.1f) | %s' % (
        sum(modes) / len(modes), min(modes), sum(good) / len(good), min(good),
        '%.3f' % (sum(known) / len(known)) if known else '-')


def main():
    build = sys.argv[1]
    updates = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    print('| rate | ' + ' | '.join(
        '%s: modes | high quality, %% | KL' % preset for preset in PRESETS) + ' |')
    print('| --- |' + ' --- |' * 3 * len(PRESETS))
    for rate in RATES:
        print('| %s | ' % rate + ' | '.join(
            cell([play(build, preset, rate, updates, seed)
                  for seed in range(1, seeds + 1)])
            for preset in PRESETS) + ' |', flush=True)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print('\n%d updates, %d seeds; %.0f s of one core.' % (
        updates, seeds, spent.ru_utime + spent.ru_stime))


main()
