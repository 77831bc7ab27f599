"""How far distributions are apart: one word a measure, whatever they are given as.

A distribution is one of
    a table of probabilities    an array of one axis
    a Gaussian                  a pair (mean, covariance)
    a sample                    an array of two axes, or a Data
    a mixture                   a fitted GaussianMixture
    a density                   a function of (n, d) points that gives ln p of
                                each, n numbers, with d = 1 or 2
and both of one call are of a kind. A result is a float that knows more:
`.standard_error`, `.p_value`, `.expected` and the like, as the function says.
An infinite divergence is inf and no error. `unit` is 'nats' or 'bits'.
"""
import numpy as np

from . import _library as _l
from ._handles import Data, Watch, Workspace, call, long_call, numbers
from ._library import code, lib

__all__ = ['Measure', 'bhattacharyya', 'copies', 'cross_entropy', 'entropy',
           'frechet', 'hellinger', 'js', 'js_distance', 'kid', 'kl', 'mmd',
           'modes', 'nearest', 'prdc', 'renyi', 'sliced_wasserstein']
UNITS = {'nats': 1, 'bits': 2}


def unit_of(word):
    return code('unit', word, UNITS)


class Measure(float):
    """A number, with what is known about it as attributes."""

    def __new__(cls, value, **more):
        new = super().__new__(cls, value)
        vars(new).update(more)
        return new

    def __repr__(self):
        more = ''.join(f', {k}={v!r}' for k, v in vars(self).items())
        return f'Measure({float(self)!r}{more})' if more else super().__repr__()


def pointer(a):
    return None if a is None else a.ctypes.data


def doubles(a):
    return None if a is None else np.ascontiguousarray(a, np.float64)


# ---- the grounds

def ground(distributions):
    """What the distributions are given as."""
    kinds = {ground_of(p) for p in distributions}
    if len(kinds) > 1:
        raise ValueError('distributions of two kinds: a ' +
                         ' and a '.join(sorted(kinds)))
    return kinds.pop()


def ground_of(p):
    if isinstance(p, tuple):
        return 'gaussian'
    if hasattr(p, 'precisions_cholesky_'):
        return 'mixture'
    if isinstance(p, Data):
        return 'sample'
    if callable(p):
        return 'density'
    return 'discrete' if np.ndim(p) == 1 else 'sample'


def refused(name, kind):
    return ValueError(f'there is no {name}() of a {kind}')


def discrete(name, tables, unit):
    tables = [doubles(p) for p in tables]
    if len({p.size for p in tables}) > 1:
        raise ValueError('the tables have different numbers of outcomes: '
                         f'{[p.size for p in tables]}')
    out = np.empty(1)
    call('genmod_discrete_' + name, tables[0].size, *map(pointer, tables),
         unit_of(unit), pointer(out))
    return Measure(out[0])


def gaussian(name, pairs, *more):
    arrays, d = [], np.size(pairs[0][0])
    for mean, cov in pairs:
        mean, cov = doubles(np.atleast_1d(mean)), doubles(np.atleast_2d(cov))
        if mean.shape != (d,) or cov.shape != (d, d):
            raise ValueError(f'a mean of shape {mean.shape} beside a '
                             f'covariance of {cov.shape}, not ({d},) and '
                             f'({d}, {d})')
        arrays += [mean, cov]
    if len(pairs) == 1:
        del arrays[0]  # an entropy does not depend on the mean
    out = np.empty(1)
    call('genmod_gaussian_' + name, d, *map(pointer, arrays), *more,
         pointer(out))
    return Measure(out[0])


def density(name, functions, unit, limits, tolerance):
    """By quadrature; what a function raises comes out again."""
    lower, upper = (doubles(None if a is None else np.atleast_1d(a))
                    for a in limits)
    if lower is None or upper is None or lower.shape != upper.shape:
        raise ValueError('a density wants limits=(lower, upper), numbers or '
                         'pairs; they may be infinite')
    watch = Watch(Workspace(), None)

    def points(function):
        def evaluate(n, d, x, out, _):
            x = np.ctypeslib.as_array(x, (n, d))
            values = np.asarray(watch.within(function, x))
            if values.shape == (n, 1):  # of a function of each cell, as SciPy's
                values = values[:, 0]
            np.ctypeslib.as_array(out, (n,))[:] = values
            return 0
        return _l.LOG_DENSITY(watch.guarded(evaluate))

    callbacks = [points(f) for f in functions]
    arguments = [a for c in callbacks for a in (c, None)]
    out = np.empty(2)
    with watch:
        status = getattr(lib, 'genmod_density_' + name)(
            lower.size, pointer(lower), pointer(upper), *arguments, tolerance,
            unit_of(unit), pointer(out), pointer(out) + 8, watch.workspace)
    watch.settle(status)
    return Measure(out[0], error=float(out[1]))


def sample(name, samples, *more, size=1, fields=(), threads=1):
    """Numbers of `size` places, and of each field as many."""
    views = [p if p is None or isinstance(p, Data) else Data(p)
             for p in samples]
    outs = [np.empty(n) for n in (size, *(n for _, n in fields))]
    long_call('genmod_sample_' + name, *views, *more, *map(pointer, outs),
              threads=threads)
    return [Measure(outs[0][i], **{key: float(a[i if n > 1 else 0])
                                   for (key, n), a in zip(fields, outs[1:])})
            for i in range(size)]


DIVERGENCES = ('kl', 'kl_error', 'js', 'js_error', 'cross_entropy',
               'cross_entropy_error', 'entropy', 'entropy_error',
               'kl_variational', 'kl_upper', 'entropy_lower', 'entropy_upper',
               'l2', 'cauchy_schwarz')


def mixture_divergence(p, q, n=10000, seed=0, unit='nats'):
    out = numbers('gmm_divergence', p._fitted(), q._fitted(), seed, n,
                  unit_of(unit))
    return dict(zip(DIVERGENCES, out.tolist()))


def mixture(name, mixtures, unit, draws, seed):
    found = mixture_divergence(mixtures[0], mixtures[-1], draws, seed, unit)
    return Measure(found[name], standard_error=found[name + '_error'])


# ---- divergences

def information(name, distributions, grounds, unit, k, limits, tolerance,
                draws, seed, threads):
    kind = ground(distributions)
    if kind not in grounds:
        raise refused(name, kind)
    if kind == 'discrete':
        return discrete(name, distributions, unit)
    if kind == 'gaussian':
        return gaussian(name, distributions, unit_of(unit))
    if kind == 'density':
        return density(name, distributions, unit, limits, tolerance)
    if kind == 'mixture':
        return mixture(name, distributions, unit, draws, seed)
    return sample(name, distributions, k, unit_of(unit), threads=threads)[0]


def entropy(p, *, unit='nats', k=5, limits=(None, None), tolerance=1e-10,
            draws=10000, seed=0, threads=1):
    """The entropy of a table, a density, a Gaussian, a sample or a mixture.

    Parameters
    ----------
    p : a distribution; a density is a function of points (n, 1) or (n, 2) that
        gives ln p of each, in nats
    unit : 'nats' or 'bits'
    k : neighbours, of a sample
    limits : (lower, upper), of a density
    tolerance : the error that will do, of a density, in nats
    draws, seed : rows drawn, of a mixture, and their stream
    threads : of a sample
    """
    return information('entropy', (p,), ('discrete', 'density', 'gaussian',
                                         'sample', 'mixture'), unit, k, limits,
                       tolerance, draws, seed, threads)


def cross_entropy(p, q, *, unit='nats', limits=(None, None), tolerance=1e-10,
                  draws=10000, seed=0):
    """- sum p ln q of two tables, densities, Gaussians or mixtures; as
    entropy()."""
    return information('cross_entropy', (p, q),
                       ('discrete', 'density', 'gaussian', 'mixture'), unit,
                       None, limits, tolerance, draws, seed, 1)


def kl(p, q, *, unit='nats', k=5, limits=(None, None), tolerance=1e-10,
       draws=10000, seed=0, threads=1):
    """The Kullback-Leibler divergence of two distributions of any kind; as
    entropy()."""
    return information('kl', (p, q), ('discrete', 'density', 'gaussian',
                                      'sample', 'mixture'), unit, k, limits,
                       tolerance, draws, seed, threads)


def js(p, q, *, unit='nats', limits=(None, None), tolerance=1e-10,
       draws=10000, seed=0):
    """The Jensen-Shannon divergence of two tables, densities or mixtures; as
    entropy()."""
    return information('js', (p, q), ('discrete', 'density', 'mixture'), unit,
                       None, limits, tolerance, draws, seed, 1)


def js_distance(p, q, *, unit='nats'):
    """The square root of js() of two tables, a metric."""
    if ground((p, q)) != 'discrete':
        raise refused('js_distance', ground((p, q)))
    return discrete('js_distance', (p, q), unit)


# ---- of Gaussians

def of_gaussians(name, p, q, *more):
    if ground((p, q)) != 'gaussian':
        raise refused(name, ground((p, q)))
    return gaussian(name, (p, q), *more)


def renyi(p, q, order, *, unit='nats'):
    """Renyi's divergence of two Gaussians."""
    return of_gaussians('renyi', p, q, order, unit_of(unit))


def bhattacharyya(p, q, *, unit='nats'):
    """The Bhattacharyya distance of two Gaussians."""
    return of_gaussians('bhattacharyya', p, q, unit_of(unit))


def hellinger(p, q):
    """The Hellinger distance of two Gaussians, 0 to 1."""
    return of_gaussians('hellinger', p, q)


def frechet(p, q, *, threads=1):
    """The squared Frechet distance of two Gaussians, or of two samples less its
    bias: then with .raw and .standard_error."""
    kind = ground((p, q))
    if kind == 'gaussian':
        return gaussian('frechet', (p, q))
    if kind != 'sample':
        raise refused('frechet', kind)
    return sample('frechet', (p, q), threads=threads,
                  fields=(('raw', 1), ('standard_error', 1)))[0]


# ---- of samples

def mmd(x, y, *, width=0.0, permutations=0, seed=0, threads=1):
    """The squared maximum mean discrepancy under a Gaussian kernel, with
    .width and, of that many permutations, .p_value (NaN of none); width 0 is
    the median distance."""
    d = sample('mmd', (x, y), width, permutations, seed, threads=threads,
               fields=(('p_value', 1), ('width', 1)))[0]
    if not permutations:
        d.p_value = np.nan
    return d


def sliced_wasserstein(x, y, *, directions=256, seed=0, threads=1):
    """The squared sliced 2-Wasserstein distance, with .standard_error."""
    return sample('sliced_wasserstein', (x, y), directions, seed,
                  threads=threads, fields=(('standard_error', 1),))[0]


def kid(x, y, *, threads=1):
    """The kernel distance, with .standard_error."""
    return sample('kid', (x, y), threads=threads,
                  fields=(('standard_error', 1),))[0]


def prdc(real, generated, *, k=5, threads=1):
    """How `generated` covers `real`: a dict of precision, recall, density and
    coverage, each with .standard_error and .expected (of equal
    distributions)."""
    values = sample('prdc', (real, generated), k, size=4, threads=threads,
                    fields=(('standard_error', 4), ('expected', 4)))
    return dict(zip(('precision', 'recall', 'density', 'coverage'), values))


def copies(train, held, generated, *, threads=1):
    """Does `generated` give its training rows again? A dict of the shares of
    copies among generated and among held-out rows, and of equal rows, each with
    .standard_error, and .p_value."""
    values = sample('copies', (train, held, generated), size=3,
                    threads=threads,
                    fields=(('standard_error', 3), ('p_value', 1)))
    return dict(zip(('generated', 'held', 'equal'), values))


def nearest(x, y, *, threads=1):
    """The share of rows whose nearest neighbour is of their own sample, with
    .standard_error, .expected and .p_value."""
    return sample('nearest', (x, y), threads=threads,
                  fields=(('standard_error', 1), ('expected', 1),
                          ('p_value', 1)))[0]


def modes(y, mean, deviation, *, share=None, radius=3.0, threads=1):
    """Which modes of a known mixture a sample reaches: a dict of the number
    found, the share of rows of high quality and KL(shares), each with
    .standard_error and .expected; and of the `count` of each mode.

    mean and deviation are (k, d); share is (k,), by default even.
    """
    y = y if isinstance(y, Data) else Data(y)
    mean, share = doubles(np.atleast_2d(mean)), doubles(share)
    k, d = len(mean), y.array.shape[1]
    if mean.shape != (k, d):
        raise ValueError(f'mean has the shape {mean.shape}, not (k, {d}) as '
                         'the rows')
    if share is not None and share.shape != (k,):
        raise ValueError(f'share has the shape {share.shape}, not ({k},)')
    deviation = doubles(np.broadcast_to(deviation, mean.shape))
    count = np.empty(k, np.int64)
    values = sample('modes', (y,), k, pointer(mean), pointer(deviation),
                    pointer(share), radius, pointer(count), size=3,
                    threads=threads,
                    fields=(('standard_error', 3), ('expected', 3)))
    return {**dict(zip(('found', 'quality', 'kl'), values)), 'count': count}
