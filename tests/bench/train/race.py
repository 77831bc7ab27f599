"""Training steps side by side: every contestant runs in a process of its own and
is asked in turns, so that a machine that changes its pace favours nobody.

    race.py THREADS ROUNDS CASES -- NAME COMMAND … [-- NAME COMMAND …]

CASES is `all`, or cases with commas between; `case:batch` asks for one batch, of
any case that the contestants know.
Prints a markdown table of the median milliseconds a step, ours over each
peer's as the median of the ratios within a round, and peak memory. Contestants
that say how many parameters they have must have as many.
"""
import statistics
import subprocess
import sys

CASES = {
    'vae': [1, 16, 128, 512],
    'dcgan': [64],
    'critic': [64, 256],
    'relativistic': [128],
    'conv': [128],
}
SPAN = 0.3  # seconds that a contestant is asked for in a round


class Contestant:
    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.times = []
        self.memory = float('nan')
        self.parameters = None
        self.steps = 3

    def run(self, steps):
        self.process.stdin.write('%d\n' % steps)
        self.process.stdin.flush()
        return float(self.process.stdout.readline()) / steps

    def warm(self):
        """Compiles and settles; finds how many steps fill the span."""
        self.run(3)
        self.steps = max(2, int(SPAN / self.run(5)))

    def measure(self):
        self.times.append(1e3 * self.run(self.steps))

    def end(self):
        rest, _ = self.process.communicate()
        for line in rest.splitlines():
            if line.startswith('VmHWM'):
                self.memory = int(line.split()[1]) / 1024
            if line.startswith('parameters'):
                self.parameters = line


def contestants(words):
    found = []
    for word in words:
        if word == '--':
            found.append([])
        else:
            found[-1].append(word)
    return [(words[0], words[1:]) for words in found]


def command_of(words, case, batch, threads):
    fill = {'CASE': case, 'BATCH': str(batch), 'THREADS': str(threads)}
    return [fill.get(word, word) for word in words]


def race(case, batch, threads, rounds, entries):
    running = []
    for name, words in entries:
        c = Contestant(name, command_of(words, case, batch, threads))
        try:
            c.warm()
        except ValueError:
            print('| %s | %d | %s | failed | | |' % (case, batch, name))
            continue
        running.append(c)
    for _ in range(rounds):
        for c in running:
            c.measure()
    for c in running:
        c.end()
    ours = running[0]
    for c in running:
        if c.parameters != ours.parameters:
            print('| %s | %d | %s | void: %s | | |' % (case, batch, c.name,
                                                       c.parameters))
            continue
        ratio = statistics.median(
            b / a for a, b in zip(ours.times, c.times))
        print('| %s | %d | %s | %.3f | %.2f | %.0f |' % (
            case, batch, c.name, statistics.median(c.times), ratio, c.memory),
              flush=True)


def main():
    threads, rounds = int(sys.argv[1]), int(sys.argv[2])
    wanted = list(CASES) if sys.argv[3] == 'all' else sys.argv[3].split(',')
    entries = contestants(sys.argv[4:])
    print('| step | batch | by | ms a step | times ours | peak MiB |')
    print('| --- | --- | --- | --- | --- | --- |')
    for word in wanted:
        case, _, batch = word.partition(':')
        for size in [int(batch)] if batch else CASES[case]:
            race(case, size, threads, rounds, entries)


main()
