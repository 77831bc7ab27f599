"""Runs the contestants in turn and prints the table.

    race.py FOLDER N D K REPEATS LOW HIGH THREADS CONTESTS -- NAME COMMAND… …

THREADS and CONTESTS are lists: "1 2", "full/f64 diagonal/f32" ("all" for all).

Each command takes the arguments of race_genmod.c. A contestant's figure is the
median over the repeats of (seconds of HIGH - seconds of LOW iterations) /
(HIGH - LOW). It is void, and the exit status 1, where its mean log-likelihood
after HIGH iterations is not that of the first contestant in f64: to 1e-10 of
its size in f64, to 1e-4 in f32. The bars, where there is one, end the row."""
import os
import statistics
import subprocess
import sys

CONTESTS = [('full', 'f64'), ('full', 'f32'), ('diagonal', 'f64'),
            ('diagonal', 'f32'), ('tied', 'f64'), ('spherical', 'f64')]
# Least ratio of a peer's time to ours: at the default size, of 2 threads, and of
# many rows in few columns, of 1 or 2.
WIDE, LONG = ['200000', '32', '32'], ['1000000', '8', '16']
LONG_BARS = {('full', 'f64', 'scikit-learn'): 15}
BARS = {('full', 'f64', 'scikit-learn'): 18, ('full', 'f64', 'Armadillo'): 4,
        ('full', 'f32', 'scikit-learn'): 30,
        ('diagonal', 'f64', 'scikit-learn'): 10,
        ('diagonal', 'f64', 'Armadillo'): 3}


def takes_part(name, kind, element):
    if name.startswith('Armadillo'):
        return kind in ('full', 'diagonal') and element == 'f64'
    return True


def once(command, kind, element, sizes, threads, low, high):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads),
                       OPENBLAS_NUM_THREADS=str(threads))
    out = subprocess.run(
        command[:1] + command[1:] + [sizes[0], kind, element] + sizes[1:] +
        [str(threads), str(low), str(high)], env=environment, check=True,
        stdout=subprocess.PIPE, universal_newlines=True).stdout.split()
    slope = (float(out[1]) - float(out[0])) / (high - low)
    return slope, float(out[2]), ' '.join(out[3:])


def contest(contestants, kind, element, sizes, threads, repeats, low, high):
    """{name: (slopes, likelihood, what else it said)}, the contestants taking turns."""
    results = {}
    for repeat in range(repeats):
        for name, command in contestants:
            if not takes_part(name, kind, element):
                continue
            slope, mean, more = once(command, kind, element, sizes, threads,
                                     low, high)
            results.setdefault(name, ([], mean, more))[0].append(slope)
    return results


def bar_of(kind, element, threads, sizes, name):
    if sizes[1:] == LONG:
        bars = LONG_BARS
    else:
        bars = BARS if threads == 2 and sizes[1:] == WIDE else {}
    for key, least in bars.items():
        if key[:2] == (kind, element) and name.startswith(key[2]):
            return least
    return None


def row(kind, element, threads, sizes, name, result, ours, truth):
    slopes, mean, more = result
    void = abs(mean - truth) > (1e-10 if element == 'f64' else 1e-4) * max(
        1, abs(truth))
    median = statistics.median(slopes)
    spread = (max(slopes) - min(slopes)) / median
    least = bar_of(kind, element, threads, sizes, name)
    verdict = 'void' if void else ''
    if least and not void:
        verdict = '%s %g' % ('≥' if median / ours >= least else 'MISSED',
                             least)
    print('| %s | %s | %d | %s | %.1f | %.0f %% | %.2f | %.12g | %s |' % (
        kind, element, threads, (name + ' ' + more).strip(), 1e3 * median, 100 * spread,
        median / ours, mean, verdict), flush=True)
    return not void and 'MISSED' not in verdict


def main(arguments):
    parts = [[]]
    for a in arguments:
        if a == '--':
            parts.append([])
        else:
            parts[-1].append(a)
    sizes = parts[0][:4]
    repeats, low, high = map(int, parts[0][4:7])
    crowd = [int(t) for t in parts[0][7].split()]
    wanted = parts[0][8].split()
    contestants = [(p[0], p[1:]) for p in parts[1:]]
    print('| covariance | type | threads | library | ms an iteration '
          '| spread | times ours | mean log-likelihood | bar |')
    print('|---|---|---|---|---|---|---|---|---|', flush=True)
    good = True
    for kind, element in CONTESTS:
        if wanted != ['all'] and '%s/%s' % (kind, element) not in wanted:
            continue
        truth = None
        for threads in crowd:
            results = contest(contestants, kind, element, sizes, threads,
                              repeats, low, high)
            first = contestants[0][0]
            ours = statistics.median(results[first][0])
            truth = once(contestants[0][1], kind, 'f64', sizes, threads, 1,
                         high)[1] if truth is None else truth
            for name, result in results.items():
                good &= row(kind, element, threads, sizes, name, result, ours,
                            truth)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
