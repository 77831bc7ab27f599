"""Generative models by libgenmod, as scikit-learn estimators.

>>> import genmod
>>> m = genmod.GaussianMixture(components=2).fit([[0.0], [0.1], [5.0], [5.1]])
>>> sorted(m.predict([[0.0], [5.0]]).tolist())
[0, 1]
"""
from ._handles import Data
from ._library import Breakdown, Cancelled, Error, NotFitted, OutOfMemory
from ._library import version as library_version
from .estimators import (GAN, VAE, Autoencoder, BayesianGaussianMixture,
                         GaussianMixture)
from .measures import *  # noqa: F403

__version__ = '1.0.0'
