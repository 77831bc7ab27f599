"""The twin of a variational autoencoder 784-400-20 on grey digits, in PyTorch.

    twin_mnist.py FOLDER OUT [SEEDS [EPOCHS]]

FOLDER holds MNIST's training images (IDX, gzip). The model of Kingma and
Welling 2014, appendix B, with the settings of PyTorch's own example: one hidden
layer of 400 ReLU a side, 20 codes, PyTorch's default start, Bernoulli cross-
entropy on grey ink 0 to 1 summed over the columns, Adam 1e-3, 10 passes of
batches of 128 over 50,000 digits. Appends a JSON line an epoch to
OUT/mnist.jsonl: the loss of training, and the negative evidence bound of the
last 10,000 digits with one draw of z a row and as the mean of 10. Weights go to
OUT/mnist-SEED.npz, matrices as [in, out].
"""
import json
import os
import sys
import time

folder, out = sys.argv[1:3]
seeds = [int(s) for s in (sys.argv[3:4] or ['0,1,2'])[0].split(',')]
epochs = int((sys.argv[4:5] or ['10'])[0])
threads = os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

import digits

torch.set_num_threads(int(threads))
BATCH = 128
train, held = (torch.from_numpy(a.astype(np.float32)) / 255
               for a in digits.read(folder))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 400)
        self.mean, self.spread = nn.Linear(400, 20), nn.Linear(400, 20)
        self.back, self.logits = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, x):
        """Reconstruction and divergence, each summed over the rows."""
        h = F.relu(self.hidden(x))
        mu, lv = self.mean(h), self.spread(h)
        z = mu + torch.exp(0.5 * lv) * torch.randn_like(mu)
        logits = self.logits(F.relu(self.back(z)))
        nll = F.binary_cross_entropy_with_logits(logits, x, reduction='sum')
        return nll, 0.5 * (mu * mu + torch.expm1(lv) - lv).sum()


def epoch(net, optimiser):
    """One pass in a new order; the mean loss a row on the way."""
    total = 0
    for rows in torch.randperm(len(train)).split(BATCH):
        optimiser.zero_grad(set_to_none=True)
        loss = sum(net(train[rows]))
        (loss / len(rows)).backward()
        optimiser.step()
        total += loss.item()
    return total / len(train)


@torch.no_grad()
def bound(net):
    """Reconstruction and divergence a held-out row, with a draw a row."""
    parts = np.array([[p.item() for p in net(x)] for x in held.split(1000)])
    return parts.sum(0) / len(held)


def save(net, path):
    np.savez(path, **{n: np.ascontiguousarray(p.detach().numpy().T)
                      for n, p in net.named_parameters()})


for seed in seeds:
    torch.manual_seed(seed)
    net = Net()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    seconds = 0
    for i in range(1, epochs + 1):
        start = time.perf_counter()
        loss = epoch(net, optimiser)
        seconds += time.perf_counter() - start
        draws = np.array([bound(net) for _ in range(10)])
        line = {'seed': seed, 'epoch': i, 'train': loss,
                'held_1': draws[0].sum(), 'held_10': draws.sum(1).mean(),
                'reconstruction': draws[:, 0].mean(), 'kl': draws[:, 1].mean(),
                'seconds': seconds}
        with open(os.path.join(out, 'mnist.jsonl'), 'a') as f:
            print(json.dumps(line), file=f)
    save(net, os.path.join(out, 'mnist-%d.npz' % seed))
