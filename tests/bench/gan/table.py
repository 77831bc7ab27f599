"""How close generated rows of gan_table are to rows of the table.

    python table.py train.f64 test.f64 made.f64

For each column the distance between the distributions of generated and of test
rows (Kolmogorov-Smirnov, or total variation of what is counted), beside that of
training rows; the largest difference of a rank correlation of two columns; the
accuracy, on test rows, of a classifier of the last column that learnt by
generated rows, over that of one that learnt by training rows (logistic
regression and boosted trees); rows that are exactly one of the training rows,
beside how many test rows are.
"""
import sys

import numpy as np
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.compose import make_column_transformer

D = 7
COUNTED = [2, 3, 4, 6]


def apart(j, a, b):
    if j not in COUNTED:
        return stats.ks_2samp(a, b).statistic
    top = int(max(a.max(), b.max())) + 1
    p, q = (np.bincount(v.astype(int), minlength=top) / len(v) for v in (a, b))
    return np.abs(p - q).sum() / 2


def correlations(x):
    return stats.spearmanr(x).statistic


def features():
    return make_column_transformer(
        (OneHotEncoder(), [4]), (StandardScaler(), [0, 3, 5]),
        (make_pipeline(_Log(), StandardScaler()), [1, 2]))


class _Log:
    def fit(self, x, y=None):
        return self

    def transform(self, x):
        return np.log1p(x)

    def fit_transform(self, x, y=None):
        return np.log1p(x)


def accuracy(kind, learn, test):
    model = (make_pipeline(features(), LogisticRegression(max_iter=1000))
             if kind == "logistic" else HistGradientBoostingClassifier(random_state=0))
    return model.fit(learn[:, :-1], learn[:, -1]).score(test[:, :-1], test[:, -1])


def copies(x, train):
    rows = {r.tobytes() for r in train}
    return sum(r.tobytes() in rows for r in x)


train, test, made = (np.fromfile(name).reshape(-1, D) for name in sys.argv[1:4])
for j in range(D):
    print(f"column {j}: generated {apart(j, made[:, j], test[:, j]):.3f}, "
          f"training {apart(j, train[:, j], test[:, j]):.3f}")
print(f"correlations off by at most: generated "
      f"{np.abs(correlations(made) - correlations(test)).max():.3f}, training "
      f"{np.abs(correlations(train) - correlations(test)).max():.3f}")
for kind in ("logistic", "trees"):
    a, b = accuracy(kind, made, test), accuracy(kind, train, test)
    print(f"{kind}: {a:.3f} of generated, {b:.3f} of training rows: {a / b:.3f}")
print(f"copied rows: {copies(made, train)} generated, {copies(test, train)} test, "
      f"of {len(made)}")
