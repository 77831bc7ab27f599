"""The games of race_genmod.c in JAX: a turn, that is, the updates of both
players and the average of G's weights, is one jitted function.

    race_jax.py CASE BATCH THREADS
"""
import os
import sys
import time

case, batch, threads = sys.argv[1:4]
batch, threads = int(batch), int(threads)
# XLA's own pool takes as many threads as the process may run on.
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:threads]))
os.environ['JAX_PLATFORMS'] = 'cpu'

import jax
import jax.numpy as jnp

clock = time.process_time if threads == 1 else time.perf_counter
keys = iter(jax.random.split(jax.random.key(7), 64))

# ---- layers: (parameters, what they do) --------------------------------------


def dense(n, m):
    w = 0.05 * jax.random.normal(next(keys), (n, m))
    return (w, jnp.zeros(m)), lambda p, x: x @ p[0] + p[1]


def activation(f):
    return (), lambda p, x: f(x)


relu = activation(lambda x: jnp.maximum(x, 0))
lrelu = activation(lambda x: jnp.where(x > 0, x, 0.2 * x))
flatten = activation(lambda x: x.reshape(x.shape[0], -1))
DIMS = ('NHWC', 'HWIO', 'NHWC')


def shaped(*s):
    return activation(lambda x: x.reshape(x.shape[0], *s))


def convolution(n, m, k, bias, **place):
    w = 0.05 * jax.random.normal(next(keys), (k, k, n, m))

    def run(p, x):
        y = jax.lax.conv_general_dilated(x, p[0], dimension_numbers=DIMS,
                                         **place)
        return y + p[1] if bias else y

    return ((w, jnp.zeros(m)) if bias else (w,)), run


def conv(n, m, k, stride=1, pad=0, bias=True):
    return convolution(n, m, k, bias, window_strides=(stride, stride),
                       padding=[(pad, pad)] * 2)


def deconv(n, m, k, stride=1, pad=0, bias=True):
    return convolution(n, m, k, bias, window_strides=(1, 1),
                       padding=[(k - 1 - pad, k - 1 - pad)] * 2,
                       lhs_dilation=(stride, stride))


def normed(axes_of, c):
    def run(p, x):
        axes = axes_of(x)
        mean = x.mean(axes, keepdims=True)
        var = ((x - mean)**2).mean(axes, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(var + 1e-5) * p[0] + p[1]

    return (jnp.ones(c), jnp.zeros(c)), run


def batchnorm(c):
    return normed(lambda x: tuple(range(x.ndim - 1)), c)


def layernorm(c):
    return normed(lambda x: (x.ndim - 1,), c)


def doubled(x):
    """Bilinear, pixels between those that there are."""
    for axis in (1, 2):
        n = x.shape[axis]
        at = lambda i: jax.lax.slice_in_dim(x, i, i + n - 1, axis=axis)
        low = jnp.concatenate(
            [jax.lax.slice_in_dim(x, 0, 1, axis=axis), at(0)], axis)
        high = jnp.concatenate(
            [at(1), jax.lax.slice_in_dim(x, n - 1, n, axis=axis)], axis)
        both = jnp.stack([0.75 * x + 0.25 * low, 0.75 * x + 0.25 * high],
                         axis + 1)
        x = both.reshape(x.shape[:axis] + (2 * n,) + x.shape[axis + 1:])
    return x


upsample = activation(doubled)


def network(*layers):
    return [p for p, _ in layers], [f for _, f in layers]


def run(fs, params, x):
    for f, p in zip(fs, params):
        x = f(p, x)
    return x


# ---- networks ----------------------------------------------------------------


def columns(n, m, between):
    layers = []
    for a in (n, 128, 128):
        layers += [dense(a, 128), *between()]
    return network(*layers, dense(128, m))


def images_generator(norm, act):
    return network(
        dense(64, 7 * 7 * 64), shaped(7, 7, 64), *norm(64), act,
        upsample, conv(64, 32, 3, 1, 1), *norm(32), act,
        upsample, conv(32, 16, 3, 1, 1), *norm(16), act,
        conv(16, 1, 3, 1, 1))


def players():
    if case == 'dcgan':
        gen = network(
            shaped(1, 1, 100),
            deconv(100, 256, 4, bias=False), batchnorm(256), relu,
            deconv(256, 128, 4, 2, 1, False), batchnorm(128), relu,
            deconv(128, 64, 4, 2, 1, False), batchnorm(64), relu,
            deconv(64, 3, 4, 2, 1))
        dis = network(
            conv(3, 64, 4, 2, 1), lrelu,
            conv(64, 128, 4, 2, 1, False), batchnorm(128), lrelu,
            conv(128, 256, 4, 2, 1, False), batchnorm(256), lrelu,
            conv(256, 1, 4))
        return gen, dis, 100
    if case in ('wgan-gp', 'auto'):
        codes, norm = (16, batchnorm) if case == 'wgan-gp' else (4, layernorm)
        return (columns(codes, 2, lambda: [norm(128), relu]),
                columns(2, 1, lambda: [lrelu]), codes)
    gen = (images_generator(lambda c: [batchnorm(c)], relu)
           if case == 'wgan-gp-28' else
           images_generator(lambda c: [], lrelu))
    dis = network(conv(1, 16, 3, 1, 1), lrelu, conv(16, 32, 4, 2, 1), lrelu,
                  conv(32, 64, 4, 2, 1), lrelu, flatten, dense(3136, 1))
    return gen, dis, 64


(gen, gen_run), (dis, dis_run), codes = players()
shape = {'dcgan': (32, 32, 3), 'wgan-gp': (2,), 'auto': (2,)}.get(
    case, (28, 28, 1))
x = jax.random.normal(next(keys), (batch, *shape))
softplus = jax.nn.softplus

# ---- losses ------------------------------------------------------------------


def generate(g, key):
    return run(gen_run, g, jax.random.normal(key, (batch, codes)))


def judge(d, v):
    return run(dis_run, d, v)


def dcgan_d(d, x, fake, key):
    return (softplus(-judge(d, x)).mean() + softplus(judge(d, fake)).mean())


def dcgan_g(g, d, x, key):
    return softplus(-judge(d, generate(g, key))).mean()


def wasserstein_d(d, x, fake, key):
    t = jax.random.uniform(key, (batch,) + (1,) * len(shape))
    slope = jax.grad(lambda v: judge(d, v).sum())(fake + t * (x - fake))
    length = jnp.sqrt((slope * slope).reshape(batch, -1).sum(1))
    y = judge(d, jnp.concatenate([x, fake]))
    return (y[batch:].mean() - y[:batch].mean() +
            10 * ((length - 1)**2).mean())


def wasserstein_g(g, d, x, key):
    return -judge(d, generate(g, key)).mean()


def relativistic_d(d, x, fake, key):
    y, back = jax.vjp(lambda v: judge(d, v), jnp.concatenate([x, fake]))
    slope, = back(jnp.ones_like(y))
    return (softplus(y[batch:] - y[:batch]).mean() +
            0.5 * (slope * slope).sum() / batch)


def relativistic_g(g, d, x, key):
    return softplus(judge(d, x) - judge(d, generate(g, key))).mean()


loss_d, loss_g, turns = {
    'dcgan': (dcgan_d, dcgan_g, 1),
    'wgan': (wasserstein_d, wasserstein_g, 5),
    'auto': (relativistic_d, relativistic_g, 1),
}[case.split('-')[0]]

# ---- updates -----------------------------------------------------------------


def adam(params, state, grads):
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda a, g: a + 0.5 * (g - a), m, grads)
    v = jax.tree.map(lambda a, g: a + 0.01 * (g * g - a), v, grads)
    rate, root = 2e-4 / (1 - 0.5**t), jax.lax.rsqrt(1 - 0.99**t)
    params = jax.tree.map(
        lambda p, a, b: p - rate * a / (jnp.sqrt(b) * root + 1e-8), params, m,
        v)
    return params, (m, v, t)


def turn(s, x, key):
    """s: weights and moments of D and of G, G's average."""
    d, d_state, g, g_state, average = s
    for k in jax.random.split(key, turns):
        ours, codes_key = jax.random.split(k)
        fake = generate(g, codes_key)
        d, d_state = adam(d, d_state, jax.grad(loss_d)(d, x, fake, ours))
    grads = jax.grad(loss_g)(g, d, x, jax.random.fold_in(key, turns))
    g, g_state = adam(g, g_state, grads)
    average = jax.tree.map(lambda a, p: a + 1e-3 * (p - a), average, g)
    return d, d_state, g, g_state, average


def state_of(params):
    zero = lambda: jax.tree.map(jnp.zeros_like, params)
    return zero(), zero(), jnp.float32(0)


turn = jax.jit(turn, donate_argnums=0)
state = (dis, state_of(dis), gen, state_of(gen), jax.tree.map(jnp.copy, gen))
count = 0
sizes = [sum(a.size for a in jax.tree.leaves(p)) for p in (gen, dis)]
key = next(keys)
for line in sys.stdin:
    start = clock()
    for _ in range(int(line)):
        count += 1
        state = turn(state, x, jax.random.fold_in(key, count))
    jax.block_until_ready(state)
    print('%.9f' % (clock() - start), flush=True)
print('parameters', *sizes)
with open('/proc/self/status', encoding='ascii') as f:
    print(''.join(s for s in f if s.startswith('VmHWM')), end='')
