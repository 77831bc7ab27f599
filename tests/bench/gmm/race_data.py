"""Data and start of the race: python3 race_data.py FOLDER N D K.

Rows of a mixture of K Gaussians whose clumps touch; the start is the truth,
moved by a part of a standard deviation, so that EM has work to do and every
contestant climbs the same hill. Files are raw: x.f64 and x.f32 [n, d],
weights [k], means [k, d], cov.TYPE."""
import sys

import numpy

folder = sys.argv[1]
n, d, k = map(int, sys.argv[2:5])
random = numpy.random.RandomState(20240229)
# Neighbours are some three standard deviations apart in any dimension.
means = random.randn(k, d) * 2 / d ** 0.5
factors = random.randn(k, d, d) / d ** 0.5 + numpy.eye(d) * 0.7
weights = 0.5 + random.rand(k)
weights /= weights.sum()
component = random.choice(k, n, p=weights)
x = random.randn(n, d)
for j in range(k):
    rows = component == j
    x[rows] = x[rows] @ factors[j].T + means[j]

# The f64 rows are the f32 ones, so that both contests have the same data.
narrow = x.astype(numpy.float32)
x = narrow.astype(numpy.float64)
cov = factors @ factors.transpose(0, 2, 1)
cov = (cov + cov.transpose(0, 2, 1)) / 2 + numpy.eye(d) * 0.2
start = means + random.randn(k, d) / d ** 0.5
diagonal = numpy.einsum('jaa->ja', cov)
parts = {
    'x.f64': x, 'x.f32': narrow, 'means': start,
    'weights': numpy.full(k, 1.0 / k), 'cov.full': cov,
    'cov.tied': cov.mean(axis=0), 'cov.diagonal': diagonal,
    'cov.spherical': diagonal.mean(axis=1)}
for name, array in parts.items():
    numpy.ascontiguousarray(array).tofile(folder + '/' + name)
