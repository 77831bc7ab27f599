"""The five estimators."""
import numpy as np

from ._estimator import Estimator, seed_of
from ._handles import F32, F64, Data, labels_of
from ._library import code
from ._sklearn import (ClassNamePrefixFeaturesOutMixin, TransformerMixin,
                       available_if, check_columns)
from .mixtures import BayesianGaussianMixture, GaussianMixture, Mixture

__all__ = ['Autoencoder', 'BayesianGaussianMixture', 'GAN', 'GaussianMixture',
           'Mixture', 'VAE']
WHAT = {'mean': 0, 'draw': 1}
PATHS = {'linear': 0, 'spherical': 1}


def what_of(word):
    return code('what', word, WHAT)


def path_of(word):
    return code('path', word, PATHS)


class Network(Estimator):
    """What the trained families share."""

    def fit(self, X, y=None, sample_weight=None, held_out=None):
        """Train anew, or with warm_start go on.

        Parameters
        ----------
        X : (n, d)
        y : (n,) labels 0, 1, … where the options ask for them, else not looked
            at
        sample_weight : (n,), 0 or more
        held_out : rows to validate on after each pass, where the family can:
            where y is looked at, a Data with labels, which with
            target='classes' count classes_; with target='values' the values
            are the last columns
        """
        with self._attempt():
            data = self._training_data(X, y, sample_weight)
            held = None if held_out is None else self._held_out(held_out)
            self._learn(self._model(data), data, held)
        return self

    def _held_out(self, X):
        data = X if isinstance(X, Data) else Data(X, missing=self._can_miss())
        if data.labels is None and self._asks_for_labels():
            raise ValueError('held_out has no labels: give a Data that has')
        return data

    def _asks_for_labels(self):
        """With the option `classes` the rows are conditioned on labels."""
        return bool(self.classes)

    def _labels(self, y):
        if not self._asks_for_labels():
            return None
        if y is None:
            raise ValueError(f'classes={self.classes} asks for y')
        return labels_of(y)

    def arrays_(self):
        """The networks' arrays by name."""
        m = self._fitted()
        return {name: m.array(name) for name in m.arrays()}

    @property
    def _n_features_out(self):
        return self._fitted().number('code_size')

    def _from_codes(self, verb, Z, *arguments):
        """A row for each code."""
        self._fitted()
        Z = self._codes(Z)
        return self._rows(verb, Z, (self.model_.number('dimension'),),
                          *arguments)

    def _between(self, start, end, steps, path):
        m = self._fitted()
        out = np.empty((len(start), steps, m.number('dimension')),
                       np.float32 if start.type == F32 else np.float64)
        m.call('interpolate', start, end, steps, path_of(path), start.type,
               out.nbytes, out.ctypes.data, threads=self.threads)
        return out


class Coder(TransformerMixin, ClassNamePrefixFeaturesOutMixin, Network):
    """What has an encoder and a decoder."""

    def score_samples(self, X):
        """How usual each row is: the negative of anomaly()."""
        return -self.anomaly(X)

    def anomaly(self, X):
        """How strange each row is: larger is stranger."""
        return self._rows('anomaly', self._data(X), (), dtype=np.float64)

    def anomaly_columns(self, X):
        """Which columns make a row strange, (n, d)."""
        data = self._data(X)
        return self._rows('anomaly_columns', data, (self.n_features_in_,),
                          dtype=np.float64)

    def threshold(self, X, share=0.05):
        """From which anomaly() on a row is strange, when at most `share` of
        these held-out rows may be taken for it."""
        return self._one('threshold', self._data(X), share)


def has_target(*targets):
    return available_if(lambda estimator: estimator.target in targets)


class Autoencoder(Coder):
    """An autoencoder: codes of rows, rows of codes, what is strange; with
    target='classes' or 'values' a network that predicts y."""
    family = 'ae'

    def _asks_for_labels(self):
        return self.target == 'classes'

    def _labels(self, y):
        if not self._asks_for_labels():
            return None
        if y is None:
            raise ValueError("target='classes' asks for y")
        found, labels = np.unique(y, return_inverse=True)
        n = self._count('classes')
        if len(found) < n and found.dtype.kind in 'iu' and (
                0 <= found[0] and found[-1] < n):
            labels, found = found[labels], np.arange(n)
        if len(found) != n:
            raise ValueError(f'y has {len(found)} classes; classes is {n}')
        self.classes_ = found
        return labels.reshape(-1)

    def _count(self, key):
        value = getattr(self, key)
        return int(self._parameters[key].default if value is None else value)

    def _training_data(self, X, y, sample_weight):
        """With values to predict, they are the last columns of the rows."""
        if self.target != 'values':
            return super()._training_data(X, y, sample_weight)
        if y is None:
            raise ValueError("target='values' asks for y")
        data = X if isinstance(X, Data) else Data(X)
        if data is X and sample_weight is not None:
            raise ValueError('X is a Data: give it the weights')
        weights = X.weights if data is X else sample_weight
        check_columns(self, X if hasattr(X, 'columns') else data.array, True)
        y = np.asarray(y, float)
        y = y[:, None] if y.ndim == 1 else y
        shape = (len(data), self._count('values'))
        if y.shape != shape:
            raise ValueError(f'y has the shape {y.shape}, not {shape}')
        return Data(np.hstack([data.read(), y]), weights=weights)

    @classmethod
    def from_bytes(cls, data):
        """The estimator that to_bytes(), or the library, wrote; parameters and
        all. A file has no names of classes: classes_ are their numbers."""
        new = super().from_bytes(data)
        if new.target == 'classes':
            new.classes_ = np.arange(int(new._learned('classes')))
        return new

    def transform(self, X):
        """The code of each row, (n, z)."""
        return self._rows('encode', self._data(X), (self._n_features_out,))

    @has_target('reconstruction')
    def inverse_transform(self, Z):
        """The row that the decoder makes of each code."""
        return self._from_codes('decode', Z)

    @has_target('reconstruction')
    def reconstruct(self, X):
        """X, through the encoder and the decoder."""
        data = self._data(X)
        return self._rows('reconstruct', data, (self.n_features_in_,))

    def score(self, X, y=None):
        """Larger is better: the mean of score_samples(); with classes the share
        that is right, with values the mean of their coefficients of
        determination."""
        if self.target == 'reconstruction':
            return float(np.mean(self.score_samples(X)))
        if self.target == 'classes':
            return float(np.mean(self.predict(X) == np.asarray(y)))
        values = self.predict(X)
        values = values.reshape(len(values), -1)
        y = np.asarray(y, float).reshape(values.shape)
        rest = np.sum((y - values) ** 2, axis=0)
        all_of_it = np.sum((y - y.mean(axis=0)) ** 2, axis=0)
        varies = all_of_it > 0
        return float(np.mean(np.where(
            varies, 1 - rest / np.where(varies, all_of_it, 1), rest == 0)))

    @has_target('classes', 'values')
    def predict(self, X):
        """The most probable class, or the values."""
        data = self._data(X)
        if self.target == 'classes':
            return self.classes_[self._rows('predict', data, (),
                                            dtype=np.int32)]
        values = int(self._learned('values'))
        return np.squeeze(self._rows('values', data, (values,)), axis=(
            1 if values == 1 else ()))

    @has_target('classes')
    def predict_proba(self, X):
        """The probability of each class."""
        return self._rows('probabilities', self._data(X),
                          (int(self._learned('classes')),))


class VAE(Coder):
    """A variational autoencoder: codes with a prior, new rows, bounds of the
    likelihood, missing cells filled in."""
    family = 'vae'

    def _can_miss(self):
        return bool(self.missing)

    def _stream(self, seed):
        return seed_of(self.seed if seed is None else seed)

    def transform(self, X):
        """The mean code of each row, (n, z)."""
        data = self._data(X)
        out = np.empty((len(data), self._n_features_out),
                       np.float32 if data.type == F32 else np.float64)
        self.model_.call('encode', data, data.type, out.nbytes,
                         out.ctypes.data, None, threads=self.threads)
        return out

    def inverse_transform(self, Z, what='mean', seed=None):
        """The row of each code: the mean of p(x|z), or 'draw' from it."""
        return self._from_codes('decode', Z, what_of(what), self._stream(seed))

    def reconstruct(self, X, what='mean', seed=None):
        """X, through its mean code."""
        data = self._data(X)
        return self._rows('reconstruct', data, (self.n_features_in_,),
                          what_of(what), self._stream(seed))

    def sample(self, n_samples=1, seed=None, first=0, what='draw',
               labels=None):
        """Draw rows: numbers first, first + 1, … of stream `seed`, by default
        the estimator's own."""
        return draw(self, n_samples, seed, first, labels, (what_of(what),))

    def impute(self, X, what='mean', seed=None, draws=100):
        """X with its missing cells (NaN) filled, by that many codes a row."""
        data = self._data(X)
        return self._rows('impute', data, (self.n_features_in_,),
                          what_of(what), self._stream(seed), draws, long=True)

    def interpolate(self, start, end, steps=8, path='linear'):
        """The rows between pairs of rows, (n, steps, d)."""
        return self._between(self._data(start), self._data(end), steps, path)

    def elbo(self, X, seed=None, draws=1):
        """The evidence lower bound of each row, in nats."""
        return self._bound('elbo', X, seed, draws, None, None)

    def log_likelihood(self, X, seed=None, draws=1000):
        """ln p(x) of each row by importance sampling, in nats."""
        return self._bound('log_likelihood', X, seed, draws, None)

    def _bound(self, verb, X, seed, draws, *others):
        data = self._data(X)
        out = np.empty(len(data))
        self.model_.call(verb, data, self._stream(seed), draws, out.nbytes,
                         out.ctypes.data, *others, long=True,
                         threads=self.threads)
        return out

    def score(self, X, y=None):
        """The mean of elbo()."""
        return float(np.mean(self.elbo(X)))


def draw(estimator, n, seed, first, labels, how):
    """n rows of a network that generates."""
    m = estimator._fitted()
    out = np.empty((n, m.number('dimension')))
    if labels is not None:
        labels = labels_of(labels)
        if len(labels) != n:
            raise ValueError(f'there are {len(labels)} labels for {n} rows')
    m.call('sample', seed_of(estimator.seed if seed is None else seed), first,
           n, *how, None if labels is None else labels.ctypes.data, F64,
           out.nbytes, out.ctypes.data, threads=estimator.threads)
    return out


# The numbers of gan_probe(), in their order.
PROBES = (
    'arrived', 'told_apart', 'off', 'lost', 'spread', 'copying', 'accuracy',
    'accuracy_error', 'accuracy_p_value', 'js_bound', 'precision', 'recall',
    'density', 'coverage', 'precision_error', 'recall_error', 'density_error',
    'coverage_error', 'precision_expected', 'recall_expected',
    'density_expected', 'coverage_expected', 'spread_ratio',
    'spread_ratio_error', 'copies', 'copies_held', 'copies_p_value', 'value',
    'value_d', 'value_g', 'gap', 'gap_error')


class GAN(Network):
    """A generative adversarial network: a generator of new rows and a
    discriminator that tells them from the data."""
    family = 'gan'

    def sample(self, n_samples=1, seed=None, first=0, labels=None):
        """Draw rows: numbers first, first + 1, … of stream `seed`, by default
        the estimator's own."""
        return draw(self, n_samples, seed, first, labels, ())

    def sample_codes(self, n_samples=1, seed=None, first=0):
        """The codes of sample(): inverse_transform() makes the same rows."""
        out = np.empty((n_samples, self._n_features_out))
        self.model_.call('sample_codes',
                         seed_of(self.seed if seed is None else seed), first,
                         n_samples, F64, out.nbytes, out.ctypes.data,
                         threads=self.threads)
        return out

    def inverse_transform(self, Z):
        """The row that the generator makes of each code."""
        return self._from_codes('generate', Z)

    def interpolate(self, start, end, steps=8, path='spherical'):
        """The rows between pairs of codes, (n, steps, d)."""
        return self._between(self._codes(start), self._codes(end), steps, path)

    def discriminate(self, X):
        """The discriminator's logit of each row."""
        return self._rows('discriminate', self._data(X), (), dtype=np.float64)

    def probe(self, X, train=None, seed=0, rows=0, steps=0):
        """A second opinion by held-out rows, that the discriminator has no
        part in: a dict of flags and of the numbers behind them.

        `train`, the rows trained on, lets it look for copies; 0 stands for the
        library's own choice of rows and steps.
        """
        data, need = self._data(X), np.zeros(1, np.uintp)
        train = None if train is None else self._data(train)
        out = np.empty(len(PROBES))
        self.model_.call('probe', data, train, seed, rows, steps, out.size,
                         out.ctypes.data, need.ctypes.data, long=True,
                         threads=self.threads)
        return dict(zip(PROBES, out.tolist()))
