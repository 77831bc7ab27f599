"""One contestant of the race: scikit-learn's GaussianMixture, whichever version
this interpreter has. Arguments and output as race_genmod.c."""
import sys
import time
import warnings

import numpy
from sklearn.mixture import GaussianMixture

folder, kind, element = sys.argv[1:4]
n, d, k, threads, low, high = map(int, sys.argv[4:10])
dtype = numpy.float32 if element == 'f32' else numpy.float64
shape = {'full': (k, d, d), 'tied': (d, d), 'diagonal': (k, d),
         'spherical': (k,)}[kind]


def read(name, of):
    return numpy.fromfile(folder + '/' + name, of)


x = read('x.' + element, dtype).reshape(n, d)
weights = read('weights', numpy.float64)
means = read('means', numpy.float64).reshape(k, d)
cov = read('cov.' + kind, numpy.float64).reshape(shape)
precisions = numpy.linalg.inv(cov) if kind in ('full', 'tied') else 1 / cov
warnings.simplefilter('ignore')


def run(iterations):
    model = GaussianMixture(
        k, covariance_type='diag' if kind == 'diagonal' else kind, tol=0,
        reg_covar=0, max_iter=iterations,
        weights_init=(weights / weights.sum()).astype(dtype),
        means_init=means.astype(dtype),
        precisions_init=precisions.astype(dtype))
    before = time.perf_counter()
    model.fit(x)
    seconds = time.perf_counter() - before
    assert model.n_iter_ == iterations, model.n_iter_
    return seconds, model


run(1)  # warms up
short, model = run(low)
long, model = run(high)
# the score in f64, so that what is compared are the parameters
for name in ('weights_', 'means_', 'precisions_cholesky_'):
    setattr(model, name, getattr(model, name).astype(numpy.float64))
model.weights_ /= model.weights_.sum()
mean = model.score(x.astype(numpy.float64))
print('%.9f %.9f %.17g' % (short, long, mean))
