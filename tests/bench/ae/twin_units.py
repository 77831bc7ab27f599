"""What the hidden units make of the deep autoencoder of deep.c, in PyTorch on a
GPU, where a hundred passes take half a minute.

    twin_units.py IMAGES [UNIT[,UNIT...] [BATCH [NOISE [PASSES]]]]

IMAGES: MNIST's training images (IDX, gzip). 784-1000-500-250-30 and back, a
normal start of variance 2 over the inputs, Bernoulli cross-entropy of the first
50,000 digits, Adam from 1e-3 to 0 by a cosine; NOISE is the deviation of normal
numbers added to the cells that are read. Prints the squared error of the first
10,000 digits and of the last 10,000, which are held out. Products are in TF32.
"""
import gzip
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

torch.backends.cuda.matmul.allow_tf32 = True
SIZES = [784, 1000, 500, 250, 30, 250, 500, 1000, 784]
TRAIN = 50000
UNITS = {'relu': F.relu, 'elu': F.elu, 'silu': F.silu, 'gelu': F.gelu,
         'softplus': F.softplus, 'tanh': torch.tanh, 'sigmoid': torch.sigmoid}

words = sys.argv[1:] + [None] * 5
units = (words[1] or 'relu,tanh,sigmoid,silu,softplus,elu').split(',')
batch, noise = int(words[2] or 128), float(words[3] or 0)
passes = int(words[4] or 100)
pixels = np.frombuffer(gzip.open(words[0]).read(), np.uint8, offset=16)
digits = torch.tensor(pixels.reshape(-1, 784), device='cuda')


def start():
    weights = []
    for n, m in zip(SIZES, SIZES[1:]):
        w = torch.randn(n, m, device='cuda') * math.sqrt(2 / n)
        weights += [w.requires_grad_(),
                    torch.zeros(m, device='cuda').requires_grad_()]
    return weights


def apply(weights, unit, x):
    last = len(SIZES) - 2
    for i in range(last + 1):
        x = x @ weights[2 * i] + weights[2 * i + 1]
        if i not in (last // 2, last):
            x = UNITS[unit](x)
    return x


def fit(unit):
    """The weights after all passes; one update is a captured graph."""
    weights = start()
    rate = torch.zeros((), device='cuda')
    adam = torch.optim.Adam(weights, lr=rate, fused=True, capturable=True)
    order = torch.randperm(TRAIN, device='cuda')
    at = torch.zeros((), dtype=torch.long, device='cuda')
    own = torch.arange(batch, device='cuda')

    def update():
        x = digits[order[(at * batch + own) % TRAIN]].float() / 255
        seen = x + noise * torch.randn_like(x) if noise else x
        loss = F.binary_cross_entropy_with_logits(
            apply(weights, unit, seen), x, reduction='sum') / batch
        for w, g in zip(weights, torch.autograd.grad(loss, weights)):
            w.grad = g
        adam.step()
        at.add_(1)

    first = [w.detach().clone() for w in weights]
    torch.cuda.synchronize()
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            update()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=side):
        update()
    with torch.no_grad():
        for w, v in zip(weights, first):
            w.copy_(v)
        for state in adam.state.values():
            for v in state.values():
                v.zero_()
    each = TRAIN // batch
    for i in range(passes * each):
        if i % each == 0:
            order.copy_(torch.randperm(TRAIN, device='cuda'))
        if i % 50 == 0:
            rate.fill_(5e-4 * (1 + math.cos(math.pi * i / (passes * each))))
        graph.replay()
    torch.cuda.synchronize()
    return weights


@torch.no_grad()
def error(weights, unit, rows):
    x = rows.float() / 255
    y = torch.sigmoid(apply(weights, unit, x))
    return ((y - x)**2).sum(1).mean().item()


for unit in units:
    began = time.perf_counter()
    torch.manual_seed(0)
    weights = fit(unit)
    print(f'{unit}: first 10,000 {error(weights, unit, digits[:10000]):.3f}, '
          f'held out {error(weights, unit, digits[-10000:]):.3f}, '
          f'{time.perf_counter() - began:.0f} s', flush=True)
