"""A twin's weights as the doubles that vae_iwae reads.

    weights.py FILE.npz OUT

The spread of the twin is the logarithm of a deviation, the library's that of a
variance, and its head gives mean and spread side by side.
"""
import sys

import numpy as np

f = {name: array.astype(np.float64)
     for name, array in np.load(sys.argv[1]).items()}
head = [np.concatenate([f['mean' + s], 2 * f['spread' + s]], -1)
        for s in ('.weight', '.bias')]
parts = [f['e1.weight'], f['e1.bias'], f['e2.weight'], f['e2.bias'], *head]
for layer in 'd1', 'd2', 'logits':
    parts += [f[layer + '.weight'], f[layer + '.bias']]
np.concatenate([p.ravel() for p in parts]).tofile(sys.argv[2])
