"""The games of race_genmod.c in PyTorch: fused Adam, images in channels_last,
D's rows of both kinds in one pass where the game allows.

    race_torch.py CASE BATCH THREADS eager|compile

Compiled, a loss whose penalty is a gradient is differentiated by torch.func,
since torch.compile knows no second derivative of torch.autograd.
"""
import os
import sys
import time

case, batch, threads, mode = sys.argv[1:5]
os.environ['OMP_NUM_THREADS'] = threads
os.environ.setdefault('KMP_BLOCKTIME', '0')

import torch
from torch import nn
from torch.func import functional_call, grad
import torch.nn.functional as F

batch, threads = int(batch), int(threads)
torch.set_num_threads(threads)
torch.manual_seed(7)
clock = time.process_time if threads == 1 else time.perf_counter
compiled = mode == 'compile'

# ---- networks ----------------------------------------------------------------


def columns(n, m, between):
    layers = []
    for a, b in [(n, 128), (128, 128), (128, 128)]:
        layers += [nn.Linear(a, b)] + between()
    return nn.Sequential(*layers, nn.Linear(128, m))


def leaky():
    return [nn.LeakyReLU(0.2)]


def images_generator(norm, act):
    def up(n, m):
        return [nn.Upsample(scale_factor=2, mode='bilinear'),
                nn.Conv2d(n, m, 3, 1, 1), *norm(m), act()]

    return nn.Sequential(
        nn.Linear(64, 64 * 7 * 7), nn.Unflatten(1, (64, 7, 7)), *norm(64),
        act(), *up(64, 32), *up(32, 16), nn.Conv2d(16, 1, 3, 1, 1))


def images_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 1, 1), *leaky(), nn.Conv2d(16, 32, 4, 2, 1),
        *leaky(), nn.Conv2d(32, 64, 4, 2, 1), *leaky(), nn.Flatten(),
        nn.Linear(64 * 7 * 7, 1))


def dcgan_generator():
    def up(n, m, *place):
        return [nn.ConvTranspose2d(n, m, 4, *place, bias=False),
                nn.BatchNorm2d(m), nn.ReLU()]

    return nn.Sequential(
        nn.Unflatten(1, (100, 1, 1)), *up(100, 256), *up(256, 128, 2, 1),
        *up(128, 64, 2, 1), nn.ConvTranspose2d(64, 3, 4, 2, 1))


def dcgan_discriminator():
    def down(n, m):
        return [nn.Conv2d(n, m, 4, 2, 1, bias=False), nn.BatchNorm2d(m),
                *leaky()]

    return nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1), *leaky(), *down(64, 128),
                         *down(128, 256), nn.Conv2d(256, 1, 4))


def players():
    if case == 'dcgan':
        return dcgan_generator(), dcgan_discriminator(), 100
    if case == 'wgan-gp':
        between = lambda: [nn.BatchNorm1d(128), nn.ReLU()]
        return columns(16, 2, between), columns(2, 1, leaky), 16
    if case == 'auto':
        between = lambda: [nn.LayerNorm(128), nn.ReLU()]
        return columns(4, 2, between), columns(2, 1, leaky), 4
    norm = {'wgan-gp-28': lambda c: [nn.BatchNorm2d(c)],
            'auto-28': lambda c: []}[case]
    act = nn.ReLU if case == 'wgan-gp-28' else lambda: nn.LeakyReLU(0.2)
    return images_generator(norm, act), images_discriminator(), 64


gen, dis, codes = players()
shape = {'dcgan': (3, 32, 32), 'wgan-gp': (2,), 'auto': (2,)}.get(
    case, (1, 28, 28))
x = torch.randn(batch, *shape)
if len(shape) > 1:
    gen.to(memory_format=torch.channels_last)
    dis.to(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
one = (batch,) + (1,) * len(shape)

# ---- losses ------------------------------------------------------------------


def sample():
    return gen(torch.randn(batch, codes))


def slope_of(d, u):
    """d of rows and its gradient by them."""
    if compiled:
        def total(v):
            y = d(v)
            return y.sum(), y

        slope, y = grad(total, has_aux=True)(u)
        return y, slope
    u.requires_grad_(True)
    y = d(u)
    return y, torch.autograd.grad(y.sum(), u, create_graph=True)[0]


def dcgan_d(d, fake):
    return F.softplus(-d(x)).mean() + F.softplus(d(fake)).mean()


def dcgan_g():
    return F.softplus(-dis(sample())).mean()


def wasserstein_d(d, fake):
    t = torch.rand(one)
    y = d(torch.cat([x, fake]))
    slope = slope_of(d, fake + t * (x - fake))[1].flatten(1)
    penalty = ((slope.norm(dim=1) - 1)**2).mean()
    return y[batch:].mean() - y[:batch].mean() + 10 * penalty


def wasserstein_g():
    return -dis(sample()).mean()


def relativistic_d(d, fake):
    y, slope = slope_of(d, torch.cat([x, fake]))
    return (F.softplus(y[batch:] - y[:batch]).mean() +
            0.5 * (slope * slope).sum() / batch)


def relativistic_g():
    fake = sample()
    if len(shape) > 1:  # nothing goes back through rows of the data
        with torch.no_grad():
            real = dis(x)
        return F.softplus(real - dis(fake)).mean()
    y = dis(torch.cat([x, fake]))
    return F.softplus(y[:batch] - y[batch:]).mean()


loss_d, loss_g, turns = {
    'dcgan': (dcgan_d, dcgan_g, 1),
    'wgan': (wasserstein_d, wasserstein_g, 5),
    'auto': (relativistic_d, relativistic_g, 1),
}[case.split('-')[0]]

# ---- updates -----------------------------------------------------------------


def adam(module):
    return torch.optim.Adam(module.parameters(), lr=2e-4, betas=(0.5, 0.99),
                            fused=True)


opt_d, opt_g = adam(dis), adam(gen)
weights = list(gen.parameters())
average = [p.detach().clone() for p in weights]


def gradients(params, fake):
    return grad(lambda p: loss_d(lambda v: functional_call(dis, p, (v,)),
                                 fake))(params)


if compiled:
    loss_g, gradients = torch.compile(loss_g), torch.compile(gradients)
    make = torch.compile(sample)
    plain_d = torch.compile(lambda fake: loss_d(dis, fake))
else:
    make, plain_d = sample, lambda fake: loss_d(dis, fake)


def update_d():
    for p in dis.parameters():
        p.requires_grad_(True)
    with torch.no_grad():
        fake = make()
    opt_d.zero_grad(set_to_none=True)
    if compiled and case != 'dcgan':
        params = dict(dis.named_parameters())
        found = gradients({k: p.detach() for k, p in params.items()}, fake)
        for k, p in params.items():
            p.grad = found[k]
    else:
        plain_d(fake).backward()
    opt_d.step()


def update_g():
    for p in dis.parameters():
        p.requires_grad_(False)
    opt_g.zero_grad(set_to_none=True)
    loss_g().backward()
    opt_g.step()
    with torch.no_grad():
        torch._foreach_lerp_(average, weights, 1e-3)


def turn():
    for _ in range(turns):
        update_d()
    update_g()


for line in sys.stdin:
    start = clock()
    for _ in range(int(line)):
        turn()
    print('%.9f' % (clock() - start), flush=True)
print('parameters', *[sum(p.numel() for p in m.parameters())
                      for m in (gen, dis)])
with open('/proc/self/status', encoding='ascii') as f:
    print(''.join(s for s in f if s.startswith('VmHWM')), end='')
