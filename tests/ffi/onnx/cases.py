"""Models of each family: (name, graph, inputs, outputs, least number of rows)."""
import ctypes

import numpy
import onnx

from library import F32, F64, Model, Rows, Z, place, take

N, D, Z_CODE = 200, 6, 3
MEAN = 0
SIDE = 8
REAL, POSITIVE, COUNT, BINARY, CATEGORICAL = range(5)


def table(offset=3.25, seed=1):
    g = numpy.random.default_rng(seed)
    z = g.normal(size=(N, 2))
    x = z @ g.normal(size=(2, D)) + 0.3 * g.normal(size=(N, D)) + offset
    return (x * numpy.array([1, 2.5, 0.3, 10, 1, 0.05])).astype(numpy.float32)


def images(channels, seed=2):
    g = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:SIDE, 0:SIDE]
    a = g.uniform(1, SIDE - 2, size=(N, channels, 2))
    r = (y - a[..., 0, None, None])**2 + (x - a[..., 1, None, None])**2
    return numpy.exp(-r / 4).reshape(N, -1).astype(numpy.float32)


def labels(classes, seed=3):
    return numpy.random.default_rng(seed).integers(0, classes, N)


# ---- mixtures ----------------------------------------------------------------


def mixtures():
    for options in ({'covariance': 'full'}, {'covariance': 'tied'},
                    {'covariance': 'diagonal'}, {'covariance': 'spherical'},
                    {'covariance': 'factor', 'rank': 2},
                    {'covariance': 'full', 'noise': 0.05},
                    {'covariance': 'full', 'inference': 'variational'}):
        for offset in (3.25, 1000.0):
            yield from mixture(dict(options, components=3, seed=4), offset)


def mixture(options, offset):
    x = Rows(table(offset))
    k = options['components']
    m = Model('gmm', options).fit(x)
    name = 'gmm %s, offset %g' % (words(options), offset)
    for kind, dtype in ((F64, numpy.float64), (F32, numpy.float32)):
        wide = x.x.astype(numpy.float64)
        y = WideRows(wide)
        density = m.rows('log_density', y, N, typed=False)
        shares = m.rows('responsibilities', y, (N, k), dtype=dtype)
        yield (name + (', f64' if kind == F64 else ', f32'), m.export(kind),
               {'x': wide.astype(dtype)},
               {'log_density': density.astype(dtype), 'responsibilities': shares},
               1)


class WideRows(Rows):
    """The same of doubles."""

    def __init__(self, x):
        self.at = ctypes.c_void_p()
        self.x = numpy.ascontiguousarray(x)
        take('genmod_data_new', ctypes.byref(self.at))
        take('genmod_data_set_rows', self.at, F64, Z(x.shape[0]),
             Z(x.shape[1]), place(self.x), ctypes.c_int64(0), ctypes.c_int64(0))


def words(options):
    return ' '.join('%s=%s' % item for item in options.items()
                    if item[0] not in ('epochs', 'seed', 'batch_size',
                                       'components', 'updates'))


# ---- autoencoders ------------------------------------------------------------

IMAGE = {'input': '2x8x8', 'epochs': 2, 'batch_size': 50}
PLAIN = {'epochs': 2, 'batch_size': 50}
AE = [
    (PLAIN, table),
    (dict(PLAIN, encoder='dense 7 he; elu; sn dense 5; gelu; dense 3'), table),
    (dict(PLAIN, encoder='batchnorm; dense 8; silu; layernorm; dense 3; '
          'softplus', average=0.9), table),
    (dict(PLAIN, encoder='residual { dense 6; tanh; dense 6 }; lrelu 0.2; '
          'dropout 0.1; dense 3; softmax', tied=0), table),
    (dict(PLAIN, encoder='dense 9; groupnorm 3; relu; dense 3; sigmoid',
          loss='huber'), table),
    (dict(IMAGE, code=4), lambda: images(2)),
    (dict(IMAGE, loss='bce', encoder='conv 6 k3 p1; batchnorm; lrelu 0.2; '
          'maxpool 2; conv 8 k4x3 s2 p1; groupnorm 2; elu; dense 4',
          decoder='dense 32; reshape 2x4x4; relu; upsample 2 bilinear; conv 2 k3 '
          'p1'), lambda: images(2)),
    (dict(IMAGE, encoder='sn conv 4 k3 s2 p1 g2; layernorm; residual { conv 4 k3 '
          'p1; relu; conv 4 k1 }; avgpool 3 s1 p1; relu; conv 3 k2 s2',
          decoder='deconv 6 k4 s2 p1; batchnorm; relu; upsample 2 nearest; '
          'deconv 2 k3 p1 g2'), lambda: images(2)),
    (dict(IMAGE, encoder='conv 4 k3 s2; relu; avgpool 3; flatten; dense 3',
          decoder='dense 18; relu; reshape 2x3x3; deconv 3 k3 s3 p1; relu; '
          'deconv 2 k2 o0; flatten; dense 128'), lambda: images(2)),
]


def autoencoders():
    for options, data in AE:
        x = Rows(data())
        m = Model('ae', options).fit(x)
        name, d = 'ae ' + words(options), x.x.shape[1]
        z = code_size(m, 'ae')
        code = m.rows('encode', x, (N, z), dtype=numpy.float32)
        back = m.rows('decode', Rows(code), (N, d), dtype=numpy.float32)
        again = m.rows('reconstruct', x, (N, d), dtype=numpy.float32)
        yield name, m.export('encoder'), {'x': x.x}, {'code': code}, 1
        yield name, m.export('decoder'), {'code': code}, {'x': back}, 1
        yield (name, m.export('reconstruction'), {'x': x.x},
               {'reconstruction': again}, 1)
    yield from heads()


def heads():
    x = Rows(table(), labels(4))
    m = Model('ae', dict(PLAIN, target='classes', classes=4, epochs=4,
                         encoder='dense 8; relu; dense 4', head='relu')).fit(x)
    share = m.rows('probabilities', x, (N, 4), dtype=numpy.float32)
    best = m.rows('predict', x, N, dtype=numpy.int32, typed=False)
    yield ('ae classes', m.export('classifier'), {'x': x.x},
           {'probabilities': share, 'label': best.astype(numpy.int64)}, 1)
    m = Model('ae', dict(PLAIN, target='values', values=2)).fit(x)
    some = Rows(x.x[:, :D - 2])
    out = m.rows('values', some, (N, 2), dtype=numpy.float32)
    yield 'ae values', m.export('regressor'), {'x': some.x}, {'values': out}, 1


def code_size(m, family):
    from library import lib
    call = getattr(lib, family + '_code_size')
    call.restype = ctypes.c_size_t
    return call(m.at)


# ---- variational autoencoders ------------------------------------------------

SCHEMA = [REAL, POSITIVE, COUNT, BINARY, CATEGORICAL, REAL]


def mixed():
    g = numpy.random.default_rng(5)
    x = table()
    x[:, 1] = numpy.exp(0.4 * x[:, 1] - 3)
    x[:, 2] = g.poisson(4, N)
    x[:, 3] = g.integers(0, 2, N)
    x[:, 4] = g.integers(0, 4, N)
    return x


def gaps():
    x = mixed()
    x[numpy.random.default_rng(6).uniform(size=x.shape) < 0.2] = numpy.nan
    return x


VAE = [
    (PLAIN, table, {}),
    (dict(PLAIN, sigma='optimal', classes=4), table, {'labels': labels(4)}),
    (dict(PLAIN, likelihood='auto'), mixed,
     {'kinds': SCHEMA, 'levels': [0, 0, 0, 0, 4, 0]}),
    (dict(PLAIN, likelihood='auto', missing=1, classes=3), gaps,
     {'kinds': SCHEMA, 'levels': [0, 0, 0, 0, 4, 0], 'missing': True,
      'labels': labels(3)}),
    (dict(PLAIN, missing=1), lambda: numpy.where(gaps() == gaps(), table(),
                                                 numpy.nan),
     {'missing': True}),
    (dict(PLAIN, likelihood='log-normal'), lambda: numpy.exp(
        0.2 * table()).astype(numpy.float32), {}),
    (dict(IMAGE, likelihood='bernoulli', classes=3), lambda: images(2),
     {'labels': labels(3)}),
    (dict(IMAGE, likelihood='discretised-logistic'), lambda: numpy.round(
        images(2) * 255) / 255, {}),
    (dict(IMAGE, likelihood='poisson', missing=1), lambda: numpy.round(
        images(2) * 9), {}),
    (dict(PLAIN, likelihood='negative-binomial'), lambda: numpy.abs(
        numpy.round(table())), {}),
    (dict(PLAIN, codebook=8, codebook_width=2, code=4), table, {}),
    (dict(PLAIN, prior='vamp', prior_components=4), table, {}),
]


def variational():
    for options, data, about in VAE:
        x = Rows(data(), **about)
        m = Model('vae', options).fit(x)
        name, d = 'vae ' + words(options), x.x.shape[1]
        z = code_size(m, 'vae')
        given = label_of(about)
        mean, log_variance = encoded(m, x, z, 'codebook' not in options)
        codes = Rows(mean, about.get('labels'))
        seed = ctypes.c_uint64(0)
        back = m.rows('decode', codes, (N, d), MEAN, seed, dtype=numpy.float32)
        again = m.rows('reconstruct', x, (N, d), MEAN, seed,
                       dtype=numpy.float32)
        out = {'mean': mean}
        if log_variance is not None:
            out['log_variance'] = log_variance
        yield name, m.export('encoder'), {'x': x.x} | given, out, 1
        yield (name, m.export('decoder'), {'code': mean} | given, {'x': back}, 1)
        yield (name, m.export('reconstruction'), {'x': x.x} | given,
               {'reconstruction': again}, 1)


def label_of(about):
    if 'labels' not in about:
        return {}
    return {'label': about['labels'].astype(numpy.int64)}


def encoded(m, x, z, both):
    mean = numpy.empty((N, z), numpy.float32)
    log_variance = numpy.empty((N, z), numpy.float32) if both else None
    take('vae_encode', m.at, x.at, F32, Z(mean.nbytes), place(mean),
         place(log_variance) if both else None)
    return mean, log_variance


# ---- adversarial networks ----------------------------------------------------

SHORT = {'updates': 20, 'batch_size': 24}
PICTURE = dict(SHORT, input='2x8x8', batch_size=12)
GAN = [
    (SHORT, table, 0),
    (dict(SHORT, preset='sn-hinge'), table, 0),
    (dict(SHORT, preset='wgan-gp', codes=5), table, 0),
    (dict(SHORT, classes=3, average=0.9), table, 3),
    (dict(SHORT, classes=3, conditioning='projection'), table, 3),
    (dict(SHORT, classes=3, conditioning='classifier'), table, 3),
    (dict(SHORT, packing=2), table, 0),
    (dict(SHORT, packing=2, deviation=2, penalty='none'), table, 0),
    (dict(PICTURE, preset='dcgan'), lambda: images(2), 0),
    (dict(PICTURE, preset='sn-hinge', classes=3), lambda: images(2), 3),
    (dict(PICTURE, packing=2), lambda: images(2), 0),
]


def none(d):
    return numpy.zeros((N, d), numpy.float32)


def noise_of(graph, draw=none):
    """The noise [N, d] of a generator that asks for it."""
    for port in onnx.load_model_from_string(graph).graph.input:
        if port.name == 'noise':
            return {'noise': draw(port.type.tensor_type.shape.dim[1].dim_value)}
    return {}


def adversarial():
    for options, data, classes in GAN:
        about = {'labels': labels(classes)} if classes else {}
        x = Rows(data(), **about)
        m = Model('gan', options).fit(x)
        name, d = 'gan ' + words(options), x.x.shape[1]
        z = code_size(m, 'gan')
        codes = Rows(numpy.random.default_rng(7).normal(size=(N, z)), **about)
        made = m.rows('generate', codes, (N, d), dtype=numpy.float32)
        logit = m.rows('discriminate', x, N, typed=False).astype(numpy.float32)
        multiple = options.get('packing', 1) * options.get('deviation', 1)
        graph = m.export('generator')
        yield (name, graph, {'code': codes.x} | label_of(about)
               | noise_of(graph), {'x': made}, 1)
        # D of a classifier does not read them.
        read = {} if 'classifier' in options.values() else label_of(about)
        yield (name, m.export('discriminator'), {'x': x.x} | read,
               {'logit': logit}, multiple)


def all_cases():
    yield from mixtures()
    yield from autoencoders()
    yield from variational()
    yield from adversarial()
