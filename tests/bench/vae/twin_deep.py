"""The twin of a deep autoencoder of 30 codes on grey digits, in PyTorch.

    twin_deep.py FOLDER OUT [SEEDS [EPOCHS [STOP]]]

FOLDER holds MNIST's training images (IDX, gzip). 784-1000-500-250-30 and back
(Hinton and Salakhutdinov 2006) with hidden ReLU, a linear code and He's normal
start in every layer; Bernoulli cross-entropy on grey ink 0 to 1 summed over the
columns, batches of 128 of 50,000 digits, Adam from 1e-3 to 0 by a cosine over
EPOCHS passes, 100 by default, of which it makes STOP, all by default. Appends a
JSON line a pass to OUT/deep.jsonl with the squared error a picture of the last
10,000 digits. Weights go to OUT/deep-SEED.npz, matrices as [in, out].
"""
import json
import os
import sys
import time

folder, out = sys.argv[1:3]
seeds = [int(s) for s in (sys.argv[3:4] or ['0'])[0].split(',')]
epochs = int((sys.argv[4:5] or ['100'])[0])
stop = int((sys.argv[5:6] or [epochs])[0])
threads = os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

import digits

torch.set_num_threads(int(threads))
BATCH = 128
SIZES = [784, 1000, 500, 250, 30, 250, 500, 1000, 784]
train, held = (torch.from_numpy(a.astype(np.float32)) / 255
               for a in digits.read(folder))


def new_net():
    layers = []
    for n, m in zip(SIZES, SIZES[1:]):
        layer = nn.Linear(n, m)
        nn.init.kaiming_normal_(layer.weight, nonlinearity='relu')
        nn.init.zeros_(layer.bias)
        layers += [layer] + [nn.ReLU()] * (m not in (30, 784))
    return nn.Sequential(*layers)


def epoch(net, optimiser, schedule):
    """One pass in a new order; the mean loss a row on the way."""
    total = 0
    for rows in torch.randperm(len(train)).split(BATCH):
        x = train[rows]
        optimiser.zero_grad(set_to_none=True)
        loss = F.binary_cross_entropy_with_logits(net(x), x, reduction='sum')
        (loss / len(x)).backward()
        optimiser.step()
        schedule.step()
        total += loss.item()
    return total / len(train)


@torch.no_grad()
def error(net):
    """Squared error a held-out picture."""
    return sum(((torch.sigmoid(net(x)) - x)**2).sum().item()
               for x in held.split(1000)) / len(held)


for seed in seeds:
    torch.manual_seed(seed)
    net = new_net()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimiser, epochs * -(-len(train) // BATCH))
    seconds = 0
    for i in range(1, stop + 1):
        start = time.perf_counter()
        loss = epoch(net, optimiser, schedule)
        seconds += time.perf_counter() - start
        line = {'seed': seed, 'epoch': i, 'of': epochs, 'train': loss,
                'held_square': error(net), 'seconds': seconds}
        with open(os.path.join(out, 'deep.jsonl'), 'a') as f:
            print(json.dumps(line), file=f)
    np.savez(os.path.join(out, 'deep-%d.npz' % seed),
             **{n: np.ascontiguousarray(p.detach().numpy().T)
                for n, p in net.named_parameters()})
