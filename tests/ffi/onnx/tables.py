"""Adversarial networks of tables: rows of codes and of noise."""
import ctypes

import numpy

import draws
from cases import (CATEGORICAL, COUNT, N, POSITIVE, SCHEMA, code_size, label_of,
                   labels, mixed, noise_of, table, words)
from library import F32, Model, Rows, Z, place, take

SEED, FIRST = (3 << 32) + 11, 5
SHORT = {'updates': 60, 'batch_size': 24}


def heavy():
    """Equal cells and long tails."""
    x = mixed()
    x[::3, 0] = 2.5
    x[:, 1] = x[:, 1]**2
    x[::4, 1] = 1
    x[:, 2] = numpy.where(numpy.arange(N) % 2, 0, x[:, 2]**3)
    return x


def heaps():
    """A quantile function would jump, and magnify the roundings of networks."""
    x = heavy()
    x[::5, 5] += 40
    return x


def two_heaps():
    x = table()
    x[::2, 0] += 30
    return x


def counts():
    x = numpy.random.default_rng(8).poisson(6, (N, 2))
    return x.astype(numpy.float32)


def ratios():
    return (1 + counts()) / 7


def category():
    return mixed()[:, 4:5]


def schema(*kinds):
    return {'kinds': kinds, 'levels': [4 if k == CATEGORICAL else 0
                                       for k in kinds]}


ALL = schema(*SCHEMA)
TABLES = [
    (dict(SHORT, numeric='standard'), mixed, ALL, 0),
    (SHORT, heavy, ALL, 0),
    (dict(SHORT, numeric='quantile', classes=3), heavy, ALL, 3),
    (dict(SHORT, numeric='modes', modes=3, packing=2), heaps, ALL, 0),
    (dict(SHORT, numeric='modes', classes=3, conditioning='projection'), heaps,
     ALL, 3),
    (dict(SHORT, numeric='quantile'), table, {}, 0),
    (dict(SHORT, numeric='modes', modes=4), table, {}, 0),
    (SHORT, two_heaps, {}, 0),
    (dict(SHORT, numeric='standard'), counts,
     schema(COUNT, COUNT), 0),
    (dict(SHORT, numeric='quantile'), ratios, schema(POSITIVE, POSITIVE), 0),
    (dict(SHORT, average=0.9), category, schema(CATEGORICAL), 0),
]


def drawn(d):
    return draws.gumbel(SEED, 'gan/levels', FIRST, N, d)


def sampled(call, m, width, *middle):
    out = numpy.empty((N, width), numpy.float32)
    take('gan_' + call, m.at, ctypes.c_uint64(SEED), ctypes.c_uint64(FIRST),
         Z(N), *middle, F32, Z(out.nbytes), place(out))
    return out


def tables():
    for options, data, kinds, classes in TABLES:
        about = {'labels': labels(classes)} if classes else {}
        x = Rows(data(), **kinds, **about)
        m = Model('gan', options).fit(x)
        name, d = 'gan table ' + words(options), x.x.shape[1]
        z, given = code_size(m, 'gan'), label_of(about)
        graph = m.export('generator')
        codes = Rows(numpy.random.default_rng(7).normal(size=(N, z)), **about)
        made = m.rows('generate', codes, (N, d), dtype=numpy.float32)
        yield (name, graph, {'code': codes.x} | given | noise_of(graph),
               {'x': made}, 1)
        yield (name + ', drawn', graph, {'code': sampled('sample_codes', m, z)}
               | given | noise_of(graph, drawn),
               {'x': sampled('sample', m, d, place(x.labels) if classes
                             else None)}, 1)
        logit = m.rows('discriminate', x, N, typed=False).astype(numpy.float32)
        yield (name, m.export('discriminator'), {'x': x.x} | given,
               {'logit': logit}, options.get('packing', 1))
