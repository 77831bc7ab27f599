"""The training steps of race_genmod.c, and those of ../vae/race.sh, in JAX, one
jitted function an update.

    race_jax.py CASE BATCH THREADS

Reads numbers of steps from standard input, answers with seconds.
"""
import os
import sys
import time

case, batch, threads = sys.argv[1:4]
# XLA's own pool takes as many threads as the process may run on.
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:int(threads)]))
os.environ['JAX_PLATFORMS'] = 'cpu'

import jax
import jax.numpy as jnp

batch = int(batch)


def dense(key, n, m):
    limit = (6 / (n + m))**0.5
    return (jax.random.uniform(key, (n, m), jnp.float32, -limit, limit),
            jnp.zeros(m))


def apply(layer, x):
    return x @ layer[0] + layer[1]


def kernel(key, r, c, k):
    return 0.05 * jax.random.normal(key, (r, r, c, k), jnp.float32)


DIMS = ('NHWC', 'HWIO', 'NHWC')


def conv2d(x, w, stride, pad):
    return jax.lax.conv_general_dilated(x, w, (stride, stride),
                                        [(pad, pad)] * 2,
                                        dimension_numbers=DIMS)


def deconv2d(x, w, stride, pad):
    edge = w.shape[0] - 1 - pad
    return jax.lax.conv_general_dilated(x, w, (1, 1), [(edge, edge)] * 2,
                                        lhs_dilation=(stride, stride),
                                        dimension_numbers=DIMS)


def norm(x, p):
    mean = x.mean((0, 1, 2))
    var = ((x - mean)**2).mean((0, 1, 2))
    return (x - mean) * jax.lax.rsqrt(var + 1e-5) * p[0] + p[1]


def norm_of(c):
    return (jnp.ones(c), jnp.zeros(c))


def lrelu(x):
    return jnp.where(x > 0, x, 0.2 * x)


def adam(loss_of):
    """(parameters, state, …) -> the next ones, of a loss of the first."""

    def update(params, state, key, *rest):
        grads = jax.grad(loss_of)(params, key, *rest)
        m, v, t = state
        t = t + 1
        m = jax.tree.map(lambda a, g: a + 0.1 * (g - a), m, grads)
        v = jax.tree.map(lambda a, g: a + 0.001 * (g * g - a), v, grads)
        rate = 1e-3 / (1 - 0.9**t)
        root = jax.lax.rsqrt(1 - 0.999**t)
        params = jax.tree.map(
            lambda p, a, b: p - rate * a / (jnp.sqrt(b) * root + 1e-8), params,
            m, v)
        return params, (m, v, t)

    return jax.jit(update, donate_argnums=(0, 1))


def zeros(params):
    return (jax.tree.map(jnp.zeros_like, params),
            jax.tree.map(jnp.zeros_like, params), jnp.float32(0))


keys = jax.random.split(jax.random.key(7), 16)


def bernoulli(logits, x):
    return (jnp.maximum(logits, 0) - x * logits +
            jnp.log1p(jnp.exp(-jnp.abs(logits))))


def kl_of(mu, lv):
    return 0.5 * (mu * mu + jnp.expm1(lv) - lv).sum()


def draw(key, mu, lv):
    return mu + jnp.exp(0.5 * lv) * jax.random.normal(key, mu.shape)


def vae():
    x = jax.random.uniform(keys[0], (batch, 784))
    params = [dense(keys[1], 784, 400), dense(keys[2], 400, 20),
              dense(keys[3], 400, 20), dense(keys[4], 20, 400),
              dense(keys[5], 400, 784)]

    def loss_of(p, key):
        h = jax.nn.relu(apply(p[0], x))
        mu, lv = apply(p[1], h), apply(p[2], h)
        logits = apply(p[4], jax.nn.relu(apply(p[3], draw(key, mu, lv))))
        return (bernoulli(logits, x).sum() + kl_of(mu, lv)) / batch

    return [[params, zeros(params), adam(loss_of), lambda parts: ()]]


def dcgan():
    x = jax.random.uniform(keys[0], (batch, 32, 32, 3), minval=-1, maxval=1)
    gen = [kernel(keys[1], 4, 100, 256), norm_of(256),
           kernel(keys[2], 4, 256, 128), norm_of(128),
           kernel(keys[3], 4, 128, 64), norm_of(64),
           kernel(keys[4], 4, 64, 3), jnp.zeros(3)]
    dis = [kernel(keys[5], 4, 3, 64), jnp.zeros(64),
           kernel(keys[6], 4, 64, 128), norm_of(128),
           kernel(keys[7], 4, 128, 256), norm_of(256),
           kernel(keys[8], 4, 256, 1), jnp.zeros(1)]

    def generate(p, key):
        z = jax.random.normal(key, (batch, 1, 1, 100))
        h = jax.nn.relu(norm(deconv2d(z, p[0], 1, 0), p[1]))
        h = jax.nn.relu(norm(deconv2d(h, p[2], 2, 1), p[3]))
        h = jax.nn.relu(norm(deconv2d(h, p[4], 2, 1), p[5]))
        return jnp.tanh(deconv2d(h, p[6], 2, 1) + p[7])

    def judge(p, y):
        h = lrelu(conv2d(y, p[0], 2, 1) + p[1])
        h = lrelu(norm(conv2d(h, p[2], 2, 1), p[3]))
        h = lrelu(norm(conv2d(h, p[4], 2, 1), p[5]))
        return conv2d(h, p[6], 1, 0) + p[7]

    def loss_dis(p, key, g):
        fake = jax.lax.stop_gradient(generate(g, key))
        return (jax.nn.softplus(-judge(p, x)).mean() +
                jax.nn.softplus(judge(p, fake)).mean())

    def loss_gen(p, key, d):
        return jax.nn.softplus(-judge(d, generate(p, key))).mean()

    return [[dis, zeros(dis), adam(loss_dis), lambda parts: (parts[1][0],)],
            [gen, zeros(gen), adam(loss_gen), lambda parts: (parts[0][0],)]]


def critic():
    x = jax.random.uniform(keys[0], (batch, 2))
    y = jax.random.uniform(keys[1], (batch, 2)) + 1
    params = [dense(keys[2], 2, 128), dense(keys[3], 128, 128),
              dense(keys[4], 128, 128), dense(keys[5], 128, 1)]

    def judge(p, u):
        for layer in p[:-1]:
            u = lrelu(apply(layer, u))
        return apply(p[-1], u)

    def loss_of(p, key):
        t = jax.random.uniform(key, (batch, 1))
        u = y + t * (x - y)
        slope = jax.grad(lambda v: judge(p, v).sum())(u)
        length = jnp.sqrt((slope * slope).sum(1))
        return (judge(p, y).mean() - judge(p, x).mean() +
                10 * ((length - 1)**2).mean())

    return [[params, zeros(params), adam(loss_of), lambda parts: ()]]


def relativistic():
    x = jax.random.uniform(keys[0], (batch, 2))
    gen, dis = (
        [dense(k, n, m) for k, n, m in zip(
            jax.random.split(key, 4), sizes, sizes[1:])]
        for key, sizes in [(keys[1], (16, 128, 128, 128, 2)),
                           (keys[2], (2, 128, 128, 128, 1))])

    def run(p, u):
        for layer in p[:-1]:
            u = lrelu(apply(layer, u))
        return apply(p[-1], u)

    def generate(p, key):
        return run(p, jax.random.normal(key, (batch, 16)))

    def loss_dis(p, key, g):
        fake = jax.lax.stop_gradient(generate(g, key))
        seen = jnp.concatenate([x, fake])
        y, back = jax.vjp(lambda v: run(p, v), seen)
        slope, = back(jnp.ones_like(y))
        return (jax.nn.softplus(y[batch:] - y[:batch]).mean() +
                0.5 * (slope * slope).sum() / batch)

    def loss_gen(p, key, d):
        y = run(d, jnp.concatenate([x, generate(p, key)]))
        return jax.nn.softplus(y[:batch] - y[batch:]).mean()

    return [[dis, zeros(dis), adam(loss_dis), lambda parts: (parts[1][0],)],
            [gen, zeros(gen), adam(loss_gen), lambda parts: (parts[0][0],)]]


def conv():
    x = jax.random.uniform(keys[0], (batch, 28, 28, 1))
    params = [kernel(keys[1], 4, 1, 16), jnp.zeros(16),
              kernel(keys[2], 4, 16, 32), jnp.zeros(32),
              dense(keys[3], 1568, 32), dense(keys[4], 32, 1568),
              kernel(keys[5], 4, 32, 16), jnp.zeros(16),
              kernel(keys[6], 4, 16, 1), jnp.zeros(1)]

    def loss_of(p, key):
        h = jax.nn.relu(conv2d(x, p[0], 2, 1) + p[1])
        h = jax.nn.relu(conv2d(h, p[2], 2, 1) + p[3])
        h = apply(p[4], h.reshape(batch, -1))
        h = jax.nn.relu(apply(p[5], h)).reshape(batch, 7, 7, 32)
        h = jax.nn.relu(deconv2d(h, p[6], 2, 1) + p[7])
        h = deconv2d(h, p[8], 2, 1) + p[9]
        return ((h - x)**2).sum() / batch

    return [[params, zeros(params), adam(loss_of), lambda parts: ()]]


def iwae():
    k = 5
    x = jax.random.bernoulli(keys[0], 0.13, (batch, 784)).astype(jnp.float32)
    sizes = [(784, 200), (200, 200), (200, 50), (200, 50), (50, 200),
             (200, 200), (200, 784)]
    params = [dense(key, n, m) for key, (n, m) in zip(keys[1:], sizes)]

    def loss_of(p, key):
        h = jnp.tanh(apply(p[1], jnp.tanh(apply(p[0], x))))
        mu, s = apply(p[2], h), apply(p[3], h)
        e = jax.random.normal(key, (k, batch, 50))
        z = mu + jnp.exp(s) * e
        h = jnp.tanh(apply(p[4], z.reshape(k * batch, 50)))
        logits = apply(p[6], jnp.tanh(apply(p[5], h))).reshape(k, batch, 784)
        w = ((0.5 * (e * e - z * z) + s).sum(2) - bernoulli(logits, x).sum(2))
        return jnp.log(k) - jax.nn.logsumexp(w, axis=0).mean()

    return [[params, zeros(params), adam(loss_of), lambda parts: ()]]


def convvae():
    x = jax.random.uniform(keys[0], (batch, 28, 28, 1))
    params = [kernel(keys[1], 4, 1, 32), jnp.zeros(32),
              kernel(keys[2], 4, 32, 64), jnp.zeros(64),
              dense(keys[3], 3136, 256), dense(keys[4], 256, 16),
              dense(keys[5], 256, 16), dense(keys[6], 16, 256),
              dense(keys[7], 256, 3136),
              kernel(keys[8], 4, 64, 32), jnp.zeros(32),
              kernel(keys[9], 4, 32, 1), jnp.zeros(1)]

    def loss_of(p, key):
        h = jax.nn.relu(conv2d(x, p[0], 2, 1) + p[1])
        h = jax.nn.relu(conv2d(h, p[2], 2, 1) + p[3])
        h = jax.nn.relu(apply(p[4], h.reshape(batch, -1)))
        mu, lv = apply(p[5], h), apply(p[6], h)
        h = jax.nn.relu(apply(p[7], draw(key, mu, lv)))
        h = jax.nn.relu(apply(p[8], h)).reshape(batch, 7, 7, 64)
        h = jax.nn.relu(deconv2d(h, p[9], 2, 1) + p[10])
        logits = deconv2d(h, p[11], 2, 1) + p[12]
        return (bernoulli(logits, x).sum() + kl_of(mu, lv)) / batch

    return [[params, zeros(params), adam(loss_of), lambda parts: ()]]


def mixed():
    """20 real columns with a learned spread each, 10 of 5 levels, 5 counts,
    negative binomial with a learned dispersion each."""
    real = jax.random.normal(keys[0], (batch, 20))
    count = jax.random.randint(keys[6], (batch, 5), 0, 9).astype(jnp.float32)
    level = jax.nn.one_hot(jax.random.randint(keys[7], (batch, 10), 0, 5), 5)
    x = jnp.concatenate([real, level.reshape(batch, 50), jnp.log1p(count)], 1)
    params = [dense(keys[1], 75, 128), dense(keys[2], 128, 8),
              dense(keys[3], 128, 8), dense(keys[4], 8, 128),
              dense(keys[5], 128, 75), jnp.zeros(20), jnp.zeros(5)]
    lgamma = jax.lax.lgamma

    def loss_of(p, key):
        h = jax.nn.relu(apply(p[0], x))
        mu, lv = apply(p[1], h), apply(p[2], h)
        y = apply(p[4], jax.nn.relu(apply(p[3], draw(key, mu, lv))))
        s, log_r = p[5], p[6]
        gauss = (s + 0.5 * ((real - y[:, :20]) * jnp.exp(-s))**2).sum()
        logits = y[:, 20:70].reshape(batch, 10, 5)
        levels = -(level * jax.nn.log_softmax(logits)).sum()
        m, r = y[:, 70:], jnp.exp(log_r)
        both = jnp.logaddexp(m, log_r)
        counts = (lgamma(r) + lgamma(count + 1) - lgamma(count + r) +
                  r * (both - log_r) + count * (both - m)).sum()
        return (gauss + levels + counts + kl_of(mu, lv)) / batch

    return [[params, zeros(params), adam(loss_of), lambda parts: ()]]


def deep():
    x = jax.random.uniform(keys[0], (batch, 784))
    sizes = [784, 1000, 500, 250, 30, 250, 500, 1000, 784]
    params = [dense(key, n, m)
              for key, n, m in zip(keys[1:], sizes, sizes[1:])]

    def loss_of(p, key):
        h = x
        for layer in p[:-1]:
            h = apply(layer, h)
            h = h if h.shape[1] == 30 else jax.nn.relu(h)
        return bernoulli(apply(p[-1], h), x).sum() / batch

    return [[params, zeros(params), adam(loss_of), lambda parts: ()]]


cases = [vae, dcgan, critic, relativistic, conv, iwae, convvae, mixed, deep]
parts = {f.__name__: f for f in cases}[case]()
count = 0


def step():
    global count
    for part in parts:
        count += 1
        part[0], part[1] = part[2](part[0], part[1],
                                   jax.random.fold_in(keys[15], count),
                                   *part[3](parts))


for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        step()
    jax.block_until_ready([p[0] for p in parts])
    print('%.9f' % (time.perf_counter() - start), flush=True)
with open('/proc/self/status', encoding='ascii') as f:
    print(''.join(s for s in f if s.startswith(('VmHWM', 'VmRSS'))), end='')
