"""The training steps of race_genmod.c, and those of ../vae/race.sh, in PyTorch.

    race_torch.py CASE BATCH THREADS eager|compile

Reads numbers of steps from standard input, answers with seconds. Fused Adam;
images in channels_last, which is the faster layout of the two on processors
with AVX-512.
"""
import math
import os
import sys
import time

case, batch, threads, mode = sys.argv[1:5]
os.environ['OMP_NUM_THREADS'] = threads
os.environ.setdefault('KMP_BLOCKTIME', '0')

import torch
from torch import nn
import torch.nn.functional as F

batch = int(batch)
torch.set_num_threads(int(threads))
torch.manual_seed(7)


def adam(*modules):
    return torch.optim.Adam([p for m in modules for p in m.parameters()],
                            lr=1e-3, fused=True)


def bernoulli(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction='sum')


def kl_of(mu, lv):
    return 0.5 * (mu * mu + torch.expm1(lv) - lv).sum()


def draw(mu, lv):
    return mu + torch.exp(0.5 * lv) * torch.randn_like(mu)


def vae():
    encoder = nn.Linear(784, 400)
    mean, spread = nn.Linear(400, 20), nn.Linear(400, 20)
    decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))
    optimiser = adam(encoder, mean, spread, decoder)
    x = torch.rand(batch, 784)

    def loss_of():
        h = F.relu(encoder(x))
        mu, lv = mean(h), spread(h)
        return (bernoulli(decoder(draw(mu, lv)), x) + kl_of(mu, lv)) / batch

    return [(loss_of, optimiser)]


def dcgan():
    gen = nn.Sequential(
        nn.ConvTranspose2d(100, 256, 4, bias=False), nn.BatchNorm2d(256),
        nn.ReLU(True),
        nn.ConvTranspose2d(256, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128),
        nn.ReLU(True),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64),
        nn.ReLU(True),
        nn.ConvTranspose2d(64, 3, 4, 2, 1), nn.Tanh())
    dis = nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2, True),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2, True),
        nn.Conv2d(128, 256, 4, 2, 1, bias=False), nn.BatchNorm2d(256),
        nn.LeakyReLU(0.2, True),
        nn.Conv2d(256, 1, 4))
    gen.to(memory_format=torch.channels_last)
    dis.to(memory_format=torch.channels_last)
    opt_dis, opt_gen = adam(dis), adam(gen)
    x = torch.rand(batch, 3, 32, 32).mul_(2).sub_(1).contiguous(
        memory_format=torch.channels_last)

    def noise():
        return torch.randn(batch, 100, 1, 1)

    def loss_dis():
        fake = gen(noise()).detach()
        return F.softplus(-dis(x)).mean() + F.softplus(dis(fake)).mean()

    def loss_gen():
        return F.softplus(-dis(gen(noise()))).mean()

    def freeze(on):
        # The discriminator's weight gradients are not wanted in the
        # generator's update.
        for p in dis.parameters():
            p.requires_grad_(on)

    return [(loss_dis, opt_dis, lambda: freeze(True)),
            (loss_gen, opt_gen, lambda: freeze(False))]


def critic():
    dis = nn.Sequential(
        nn.Linear(2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128),
        nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2),
        nn.Linear(128, 1))
    optimiser = adam(dis)
    x, y = torch.rand(batch, 2), torch.rand(batch, 2) + 1

    def loss_of():
        t = torch.rand(batch, 1)
        u = (y + t * (x - y)).requires_grad_(True)
        slope, = torch.autograd.grad(dis(u).sum(), u, create_graph=True)
        penalty = ((slope.norm(dim=1) - 1)**2).mean()
        return dis(y).mean() - dis(x).mean() + 10 * penalty

    return [(loss_of, optimiser)]


def relativistic():
    def layers(n, m):
        return nn.Sequential(
            nn.Linear(n, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128),
            nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2),
            nn.Linear(128, m))

    gen, dis = layers(16, 2), layers(2, 1)
    opt_dis, opt_gen = adam(dis), adam(gen)
    x = torch.rand(batch, 2)

    def loss_dis():
        fake = gen(torch.randn(batch, 16)).detach()
        seen = torch.cat([x, fake]).requires_grad_(True)
        y = dis(seen)
        slope, = torch.autograd.grad(y.sum(), seen, create_graph=True)
        return (F.softplus(y[batch:] - y[:batch]).mean() +
                0.5 * (slope * slope).sum() / batch)

    def loss_gen():
        y = dis(torch.cat([x, gen(torch.randn(batch, 16))]))
        return F.softplus(y[:batch] - y[batch:]).mean()

    def freeze(on):
        for p in dis.parameters():
            p.requires_grad_(on)

    return [(loss_dis, opt_dis, lambda: freeze(True)),
            (loss_gen, opt_gen, lambda: freeze(False))]


def conv():
    net = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1),
        nn.ReLU(), nn.Flatten(), nn.Linear(1568, 32), nn.Linear(32, 1568),
        nn.ReLU(), nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, 2, 1))
    net.to(memory_format=torch.channels_last)
    optimiser = adam(net)
    x = torch.rand(batch, 1, 28, 28).contiguous(
        memory_format=torch.channels_last)

    def loss_of():
        return ((net(x) - x)**2).sum() / batch

    return [(loss_of, optimiser)]


def iwae():
    k = 5
    encoder = nn.Sequential(nn.Linear(784, 200), nn.Tanh(),
                            nn.Linear(200, 200), nn.Tanh())
    mean, spread = nn.Linear(200, 50), nn.Linear(200, 50)
    decoder = nn.Sequential(nn.Linear(50, 200), nn.Tanh(),
                            nn.Linear(200, 200), nn.Tanh(),
                            nn.Linear(200, 784))
    optimiser = adam(encoder, mean, spread, decoder)
    x = torch.bernoulli(torch.full((batch, 784), 0.13))

    def loss_of():
        h = encoder(x)
        mu, s = mean(h), spread(h)
        e = torch.randn(k, batch, 50)
        z = mu + torch.exp(s) * e
        logits = decoder(z.view(k * batch, 50)).view(k, batch, 784)
        like = -F.binary_cross_entropy_with_logits(
            logits, x.expand_as(logits), reduction='none').sum(2)
        w = like + (0.5 * (e * e - z * z) + s).sum(2)
        return math.log(k) - torch.logsumexp(w, 0).mean()

    return [(loss_of, optimiser)]


def convvae():
    encoder = nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1),
        nn.ReLU(), nn.Flatten(), nn.Linear(3136, 256), nn.ReLU())
    mean, spread = nn.Linear(256, 16), nn.Linear(256, 16)
    decoder = nn.Sequential(
        nn.Linear(16, 256), nn.ReLU(), nn.Linear(256, 3136), nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)), nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1))
    encoder.to(memory_format=torch.channels_last)
    decoder.to(memory_format=torch.channels_last)
    optimiser = adam(encoder, mean, spread, decoder)
    x = torch.rand(batch, 1, 28, 28).contiguous(
        memory_format=torch.channels_last)

    def loss_of():
        h = encoder(x)
        mu, lv = mean(h), spread(h)
        return (bernoulli(decoder(draw(mu, lv)), x) + kl_of(mu, lv)) / batch

    return [(loss_of, optimiser)]


def mixed():
    """20 real columns with a learned spread each, 10 of 5 levels, 5 counts,
    negative binomial with a learned dispersion each."""
    encoder = nn.Sequential(nn.Linear(75, 128), nn.ReLU())
    mean, spread = nn.Linear(128, 8), nn.Linear(128, 8)
    decoder = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 75))
    column = nn.ParameterDict({'s': torch.zeros(20), 'r': torch.zeros(5)})
    optimiser = adam(encoder, mean, spread, decoder, column)
    real, count = torch.randn(batch, 20), torch.randint(0, 9, (batch, 5)) * 1.
    level = torch.randint(0, 5, (batch, 10))
    x = torch.cat([real, F.one_hot(level, 5).view(batch, 50).float(),
                   torch.log1p(count)], 1)

    def loss_of():
        h = encoder(x)
        mu, lv = mean(h), spread(h)
        y = decoder(draw(mu, lv))
        s, log_r = column['s'], column['r']
        gauss = (s + 0.5 * ((real - y[:, :20]) * torch.exp(-s))**2).sum()
        levels = F.cross_entropy(y[:, 20:70].reshape(batch * 10, 5),
                                 level.view(-1), reduction='sum')
        m, r = y[:, 70:], torch.exp(log_r)
        both = torch.logaddexp(m, log_r)
        counts = (torch.lgamma(r) + torch.lgamma(count + 1) -
                  torch.lgamma(count + r) + r * (both - log_r) +
                  count * (both - m)).sum()
        return (gauss + levels + counts + kl_of(mu, lv)) / batch

    return [(loss_of, optimiser)]


def deep():
    sizes = [784, 1000, 500, 250, 30, 250, 500, 1000, 784]
    layers = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n, m)] + [nn.ReLU()] * (m not in (30, 784))
    net = nn.Sequential(*layers)
    optimiser = adam(net)
    x = torch.rand(batch, 784)

    return [(lambda: bernoulli(net(x), x) / batch, optimiser)]


cases = [vae, dcgan, critic, relativistic, conv, iwae, convvae, mixed, deep]
parts = {f.__name__: f for f in cases}[case]()
if mode == 'compile':
    parts = [(torch.compile(p[0]),) + tuple(p[1:]) for p in parts]


def step():
    for part in parts:
        if len(part) > 2:
            part[2]()
        part[1].zero_grad(set_to_none=True)
        part[0]().backward()
        part[1].step()


for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        step()
    print('%.9f' % (time.perf_counter() - start), flush=True)
with open('/proc/self/status', encoding='ascii') as f:
    print(''.join(s for s in f if s.startswith(('VmHWM', 'VmRSS'))), end='')
