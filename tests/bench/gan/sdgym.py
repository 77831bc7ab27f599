"""How likely generated rows of gan_sdgym are by the true mixture (L_syn), and
test rows by a mixture that is fitted to generated rows (L_test).

    python sdgym.py folder

Both are means of ln p in nats, by scikit-learn's mixture. The fitted one has
diagonal covariances and starts from the true means. Beside them those of the
training rows in the place of generated ones.
"""
import sys

import numpy as np
from sklearn.mixture import GaussianMixture

VARIANCE = 0.05


def read(name):
    return np.fromfile(f"{sys.argv[1]}/{name}.f64").reshape(-1, 2)


def true_mixture(means):
    k = len(means)
    g = GaussianMixture(k, covariance_type="spherical")
    g.weights_ = np.full(k, 1 / k)
    g.means_ = means
    g.covariances_ = np.full(k, VARIANCE)
    g.precisions_cholesky_ = np.full(k, VARIANCE ** -0.5)
    return g


def score(made, test, means):
    fitted = GaussianMixture(len(means), covariance_type="diag",
                             means_init=means, max_iter=500)
    return true_mixture(means).score(made), fitted.fit(made).score(test)


means, train, test, made = map(read, ("means", "train", "test", "made"))
print("generated: L_syn %.3f, L_test %.3f" % score(made, test, means))
print("training:  L_syn %.3f, L_test %.3f" % score(train, test, means))
