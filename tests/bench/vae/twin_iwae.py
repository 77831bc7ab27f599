"""The twin of an importance-weighted autoencoder on binary digits, in JAX.

    twin_iwae.py FOLDER OUT K [STAGES [SEED [FIRST]]]

FOLDER holds MNIST's training images (IDX, gzip). The recipe of Burda, Grosse
and Salakhutdinov 2016, one stochastic layer: 784-200-200-(50, 50) and
50-200-200-784, tanh, the spread the logarithm of the standard deviation,
uniform Glorot start, the output's bias the logit of the training mean clipped
to [0.001, 0.999]; batches of 20 of 50,000 digits that are drawn black or white
anew for every batch; stage i = 1 … STAGES of 3^(i - 1) passes at 1e-4
round(10^(1 - (i - 1) / 7), 1). Adam(0.9, 0.999, 1e-4), whose moments live on
from stage to stage, of the mean over the batch; the authors' own code takes the
sum, and (0.99, 0.999) with second moments that start at 1. K = 1 is the
ordinary bound, its divergence drawn and not integrated.

Held out are the last 10,000 digits, binary once and for all by
digits.binarise. Appends a JSON line a pass to OUT/iwae.jsonl: the training
bound and the seconds since the start; at the end of a stage also the held-out
bounds with one draw and with K, and the codes in use (posterior means of a
variance over 0.01), and from stage 3 on the bound with 5,000 draws of the first
1,000 held-out rows, with its standard error over rows. Each stage leaves its
weights in OUT/iwae-K-SEED-STAGE.npz, matrices as [in, out], with Adam's moments
(m., v.) and its count of updates (t): all that stage FIRST needs to go on.

All updates of a pass are one compiled loop: at batches of 20 a step's dispatch
would cost more than its arithmetic.
"""
import json
import os
import sys
import time

folder, out, k = sys.argv[1], sys.argv[2], int(sys.argv[3])
stages = int((sys.argv[4:5] or ['5'])[0])
seed = int((sys.argv[5:6] or ['0'])[0])
first = int((sys.argv[6:7] or ['1'])[0])
os.environ['JAX_PLATFORMS'] = 'cpu'
# XLA's own pool takes as many threads as the process may run on.
threads = int(os.environ.get('OMP_NUM_THREADS', '1'))
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-threads:]))

import jax
import jax.numpy as jnp
import numpy as np

import digits

BATCH, CODES = 20, 50
SHAPES = {'e1': (784, 200), 'e2': (200, 200), 'mean': (200, CODES),
          'spread': (200, CODES), 'd1': (CODES, 200), 'd2': (200, 200),
          'logits': (200, 784)}
train, held = digits.read(folder)
grey = train.astype(np.float32) / 255
bits = digits.binarise(held)


def start(g):
    params = {}
    for name, (n, m) in SHAPES.items():
        limit = (6 / (n + m))**0.5
        params[name] = [g.uniform(-limit, limit, (n, m)), np.zeros(m)]
    mean = grey.mean(0, dtype=np.float64).clip(0.001, 0.999)
    params['logits'][1] = np.log(mean / (1 - mean))
    return jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), params)


def apply(layer, x):
    return x @ layer[0] + layer[1]


def encode(p, x):
    h = jnp.tanh(apply(p['e2'], jnp.tanh(apply(p['e1'], x))))
    return apply(p['mean'], h), apply(p['spread'], h)


def log_weights(p, x, key, draws):
    """ln p(x, z) - ln q(z | x), [draws, rows]."""
    mu, s = encode(p, x)
    e = jax.random.normal(key, (draws,) + mu.shape)
    z = mu + jnp.exp(s) * e
    h = jnp.tanh(apply(p['d1'], z.reshape(-1, CODES)))
    h = jnp.tanh(apply(p['d2'], h))
    logits = apply(p['logits'], h).reshape(draws, *x.shape)
    like = x * logits - jnp.maximum(logits, 0) - jnp.log1p(
        jnp.exp(-jnp.abs(logits)))
    return like.sum(-1) + (0.5 * (e * e - z * z) + s).sum(-1)


def bound(p, x, key, draws):
    """The bound of a row, [rows]."""
    w = log_weights(p, x, key, draws)
    return jax.nn.logsumexp(w, axis=0) - np.log(draws)


def update(carry, x, rate):
    p, m, v, t = carry
    key = jax.random.fold_in(jax.random.key(seed), t)
    loss, grads = jax.value_and_grad(
        lambda q: -bound(q, x.astype(jnp.float32), key, k).mean())(p)
    t = t + 1
    m = jax.tree.map(lambda a, g: a + 0.1 * (g - a), m, grads)
    v = jax.tree.map(lambda a, g: a + 0.001 * (g * g - a), v, grads)
    step, root = rate / (1 - 0.9**t), jax.lax.rsqrt(1 - 0.999**t)
    p = jax.tree.map(lambda q, a, b: q - step * a / (jnp.sqrt(b) * root + 1e-4),
                     p, m, v)
    return (p, m, v, t), loss


@jax.jit
def updates(carry, x, rate):
    return jax.lax.scan(lambda c, b: update(c, b, rate), carry, x)


def epoch(carry, number, rate):
    """One pass in a new order over newly drawn bits; the mean loss."""
    g = np.random.Generator(np.random.SFC64([seed, number]))
    total, order = 0, g.permutation(len(train))
    for rows in order.reshape(10, -1):
        x = g.random((len(rows), 784), np.float32) < grey[rows]
        carry, loss = updates(carry, x.reshape(-1, BATCH, 784), rate)
        total += float(loss.sum())
    return carry, total * BATCH / len(train)


def mean_bound(p, x, draws):
    """The bound of each row with `draws` draws, row by row to stay in cache."""
    rows = jnp.asarray(x, jnp.float32)
    keys = jax.random.split(jax.random.key(draws), len(rows))
    one = jax.jit(lambda q: jax.lax.map(
        lambda a: bound(q, a[0][None], a[1], draws)[0], (rows, keys)))
    return np.asarray(one(p), np.float64)


def judge(p, stage):
    means = encode(p, jnp.asarray(bits, jnp.float32))[0]
    line = {'held_1': -mean_bound(p, bits, 1).mean(),
            'held_k': -mean_bound(p, bits, k).mean(),
            'active': int((means.var(0) > 0.01).sum())}
    if stage >= 3:
        many = mean_bound(p, bits[:1000], 5000)
        line['held_5000'] = -many.mean()
        line['error_5000'] = many.std(ddof=1) / len(many)**0.5
    return line


def path_of(stage):
    return os.path.join(out, 'iwae-%d-%d-%d.npz' % (k, seed, stage))


def save(carry, stage):
    flat = {prefix + name + suffix: np.asarray(array)
            for prefix, tree in zip(('', 'm.', 'v.'), carry)
            for name, layer in tree.items()
            for suffix, array in zip(('.weight', '.bias'), layer)}
    np.savez(path_of(stage), t=np.asarray(carry[3]), **flat)


def load(stage):
    flat = np.load(path_of(stage))
    trees = [{name: [jnp.asarray(flat[prefix + name + suffix])
                     for suffix in ('.weight', '.bias')] for name in SHAPES}
             for prefix in ('', 'm.', 'v.')]
    return (*trees, jnp.asarray(flat['t']))


def fresh():
    p = start(np.random.Generator(np.random.SFC64(seed)))
    zero = jax.tree.map(jnp.zeros_like, p)
    return p, zero, zero, jnp.int32(0)


def main():
    carry = load(first - 1) if first > 1 else fresh()
    done = (3**(first - 1) - 1) // 2
    seconds = 0
    for stage in range(first, stages + 1):
        rate = 1e-4 * round(10**(1 - (stage - 1) / 7), 1)
        for i in range(3**(stage - 1)):
            began = time.perf_counter()
            done += 1
            carry, loss = epoch(carry, done, rate)
            seconds += time.perf_counter() - began
            line = {'k': k, 'seed': seed, 'stage': stage, 'epoch': done,
                    'rate': rate, 'train': loss, 'seconds': seconds}
            if i == 3**(stage - 1) - 1:
                save(carry, stage)
                line.update(judge(carry[0], stage))
            with open(os.path.join(out, 'iwae.jsonl'), 'a') as f:
                print(json.dumps(line), file=f)


main()
