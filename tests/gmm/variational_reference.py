"""The numbers of test_variational.c: variational Bayes of iris, written out from
the books with numpy and scipy, and nothing of the library.

    python3 tests/gmm/variational_reference.py tests/data/iris.csv

The bound is the sum of its terms one by one (Bishop 2006, (10.70) to (10.77)),
with responsibilities and expectations explicit, where the library takes what a
pass over the rows gives less the divergence from the prior.
"""
import sys

import numpy as np
from scipy.special import digamma, gammaln, multigammaln

A0, BETA0, NU0, SHARE = 0.7, 1.3, 5.5, 0.9
LN2PI = np.log(2 * np.pi)


class Wishart:
    """q(Lambda) = W(W, nu), w the inverse of W."""

    def __init__(self, w, nu):
        self.w, self.nu, self.d = w, nu, len(w)
        self.mean = nu * np.linalg.inv(w)
        self.log = (digamma((nu - np.arange(self.d)) / 2).sum()
                    + self.d * np.log(2) - np.linalg.slogdet(w)[1])

    def log_b(self):
        return (self.nu / 2 * np.linalg.slogdet(self.w)[1]
                - self.nu * self.d / 2 * np.log(2)
                - multigammaln(self.nu / 2, self.d))

    def log_density_under(self, q):
        """E_q ln of this density."""
        return (self.log_b() + (self.nu - self.d - 1) / 2 * q.log
                - np.trace(self.w @ q.mean) / 2)


class Gammas:
    """A Gamma density a column, or one for `tie` columns that share theirs."""

    def __init__(self, w, nu, tie):
        self.w, self.nu, self.tie = w, nu, tie
        self.a, self.b = tie * nu / 2, tie * w / 2
        lam, log = self.a / self.b, digamma(self.a) - np.log(self.b)
        self.each, self.each_log = lam, log
        self.mean = np.diag(np.repeat(lam, tie))
        self.log = tie * log.sum()

    def log_density_under(self, q):
        return (self.a * np.log(self.b) - gammaln(self.a)
                + (self.a - 1) * q.each_log - self.b * q.each).sum()


def family(kind, w, nu):
    d = len(w)
    if kind in ('full', 'tied'):
        return Wishart(w, nu)
    if kind == 'diagonal':
        return Gammas(np.diag(w).copy(), nu, 1)
    return Gammas(np.array([np.diag(w).mean()]), nu, d)


def weights(prior, n):
    """E ln pi, and E ln p(pi) - E ln q(pi)."""
    k = len(n)
    if prior == 'dirichlet':
        a = A0 + n
        log = digamma(a) - digamma(a.sum())

        def density(c):
            return gammaln(c.sum()) - gammaln(c).sum() + ((c - 1) * log).sum()
        return log, density(np.full(k, A0)) - density(a), a / a.sum()
    a = 1 + n[:-1]
    b = A0 + np.array([n[j + 1:].sum() for j in range(k - 1)])
    lv, l1v = digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)
    log = np.append(lv, 0) + np.append(0, np.cumsum(l1v))

    def beta(p, q):
        return (gammaln(p + q) - gammaln(p) - gammaln(q) + (p - 1) * lv
                + (q - 1) * l1v).sum()
    v = np.append(a / (a + b), 1)
    mean = v * np.append(1, np.cumprod(1 - v[:-1]))
    return log, beta(np.ones(k - 1), np.full(k - 1, A0)) - beta(a, b), mean


class Posterior:
    def __init__(self, x, r, kind, prior):
        n, (rows, d) = r.sum(0), x.shape
        k = r.shape[1]
        self.m0 = x.mean(0)
        w0 = SHARE * np.cov(x.T)
        mean = (r.T @ x) / n[:, None]
        self.beta = BETA0 + n
        self.m = (BETA0 * self.m0 + n[:, None] * mean) / self.beta[:, None]
        add = []
        for j in range(k):
            e, o = x - mean[j], mean[j] - self.m0
            add.append((r[:, j, None] * e).T @ e
                       + BETA0 * n[j] / (BETA0 + n[j]) * np.outer(o, o))
        self.p0 = family(kind, w0, NU0)
        if kind == 'tied':
            one = family(kind, w0 + sum(add), NU0 + rows)
            self.units, self.q = [one], [one] * k
        else:
            self.q = [family(kind, w0 + a, NU0 + c) for a, c in zip(add, n)]
            self.units = self.q
        self.log_pi, self.pi_terms, self.w = weights(prior, n)

    def respond(self, x):
        d = x.shape[1]
        l = np.empty((len(x), len(self.m)))
        for j, q in enumerate(self.q):
            e = x - self.m[j]
            square = d / self.beta[j] + np.einsum('ic,cb,ib->i', e, q.mean, e)
            l[:, j] = self.log_pi[j] + (q.log - d * LN2PI - square) / 2
        r = np.exp(l - l.max(1, keepdims=True))
        return r / r.sum(1, keepdims=True)

    def bound(self, x, r):
        d, total = x.shape[1], 0
        for j, q in enumerate(self.q):
            e, b = x - self.m[j], self.beta[j]
            square = d / b + np.einsum('ic,cb,ib->i', e, q.mean, e)
            total += (r[:, j] * (q.log - d * LN2PI - square) / 2).sum()  # 10.71
            o = self.m[j] - self.m0
            total += (d * np.log(BETA0 / (2 * np.pi)) + q.log - d * BETA0 / b
                      - BETA0 * o @ q.mean @ o) / 2                      # 10.74
            total -= (d * np.log(b / (2 * np.pi)) + q.log - d) / 2       # 10.77
        for q in self.units:
            total += self.p0.log_density_under(q) - q.log_density_under(q)
        total += (r * self.log_pi).sum() + self.pi_terms   # 10.72, .73, .76
        return total - (r[r > 0] * np.log(r[r > 0])).sum()  # 10.75


def evidence(x):
    """ln p(x) of one component with a full covariance, in closed form."""
    n, d = x.shape
    q, m0 = NU0 + n, x.mean(0)
    w0 = SHARE * np.cov(x.T)
    w = w0 + (x - m0).T @ (x - m0)
    return (-n * d / 2 * np.log(np.pi) + multigammaln(q / 2, d)
            - multigammaln(NU0 / 2, d) + NU0 / 2 * np.linalg.slogdet(w0)[1]
            - q / 2 * np.linalg.slogdet(w)[1]
            + d / 2 * np.log(BETA0 / (BETA0 + n)))


def main():
    table = np.loadtxt(sys.argv[1], delimiter=',', skiprows=1)
    x, species = table[:, :-1], table[:, -1].astype(int)
    first = np.full((len(x), 3), 0.125)
    first[np.arange(len(x)), species] = 0.75
    print('evidence %.16g' % evidence(x))
    for prior in ('dirichlet', 'dirichlet-process'):
        for kind in ('full', 'tied', 'diagonal', 'spherical'):
            p = Posterior(x, first, kind, prior)
            bounds = []
            for _ in range(6):
                r = p.respond(x)
                bounds.append(p.bound(x, r))
                last, p = p, Posterior(x, r, kind, prior)
            print('{"%s", %s, {%s}, {%s}, %.15g, %.15g},' % (
                prior, 'REF_' + kind.upper(),
                ', '.join('%.15g' % bounds[i] for i in (0, 1, 5)),
                ', '.join('%.15g' % v for v in p.w), p.m[1, 2],
                np.linalg.inv(p.q[1].mean)[3, 3]))


main()
