"""The line that follows a fit on stderr."""
import sys
import time

# What counts the way of each family, in the report, and what its value is; and
# the parameter that ends it.
WAYS = {'gmm': ('iterations', 'log_likelihood'), 'ae': ('epochs', 'loss'),
        'vae': ('epochs', 'loss'), 'gan': ('g_updates', 'd_loss')}
ENDS = {'iterations': 'max_iterations', 'epochs': 'epochs',
        'g_updates': 'updates'}


def watcher(progress, estimator):
    """What a training call is to call: nothing, the caller's own, or a line."""
    if progress is None or isinstance(progress, (bool, int)):
        return Line(estimator) if progress else None
    if not callable(progress):
        raise ValueError(f'progress is {progress!r}, not a bool or callable')
    return progress


class Line:
    """One line, by tqdm where it is installed, some ten times a second."""

    def __init__(self, estimator):
        self.count, self.loss = WAYS[estimator.family]
        if self.count == 'g_updates' and estimator.epochs:
            self.count = 'epochs'
        self.total = getattr(estimator, ENDS[self.count])
        self.name, self.due = type(estimator).__name__, 0.0
        try:
            from tqdm import tqdm
            self.bar = tqdm(total=self.total, desc=self.name, file=sys.stderr)
        except ImportError:
            self.bar = None

    def __call__(self, report):
        now = time.monotonic()
        if now >= self.due:
            self.due = now + 0.1
            self.show(report)

    def show(self, report):
        done = report[self.count]
        done = 0 if done != done else int(done)
        said = f'{self.loss} {report[self.loss]:.5g}'
        if self.bar is not None:
            self.bar.set_postfix_str(said, refresh=False)
            self.bar.update(done - self.bar.n)
        else:
            print(f'\r{self.name}: {self.count} {done} of {self.total}, {said}',
                  end='', file=sys.stderr, flush=True)

    def close(self, report):
        self.show(report)
        if self.bar is not None:
            self.bar.close()
        else:
            print(file=sys.stderr)
