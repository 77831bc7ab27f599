"""The five estimators."""
import json
import numbers

import numpy as np

from ._estimator import Estimator, Parameter, seed_of
from ._handles import F32, F64, Data, Model, labels_of
from ._library import code
from ._sklearn import (ClassNamePrefixFeaturesOutMixin, DensityMixin,
                       TransformerMixin, available_if, check_columns,
                       warn_unconverged)

WHAT = {'mean': 0, 'draw': 1}
PATHS = {'linear': 0, 'spherical': 1}


def what_of(word):
    return code('what', word, WHAT)


def path_of(word):
    return code('path', word, PATHS)


class Mixture(DensityMixin, Estimator):
    """What the two mixtures share."""
    words = {**Estimator.words, 'n_components': 'components',
             'covariance_type': 'covariance', 'tol': 'tolerance',
             'reg_covar': 'ridge', 'max_iter': 'max_iterations',
             'n_init': 'starts', 'init_params': 'init'}
    # scikit-learn's words for some values
    spelling = {'diag': 'diagonal', 'kmeans': 'k-means',
                'random_from_data': 'random',
                'dirichlet_process': 'dirichlet-process',
                'dirichlet_distribution': 'dirichlet'}
    bound = 'log_likelihood'

    weights_ = Parameter('weights', lambda e, a: a, '(k,)')
    means_ = Parameter('means', lambda e, a: a.reshape(-1, e.n_features_in_),
                       '(k, d)')
    covariances_ = Parameter(
        'covariances', lambda e, a: e._covariance(a),
        '(k, d, d), tied (d, d), diagonal (k, d), spherical (k,)')
    precisions_cholesky_ = Parameter(
        'precisions_cholesky', lambda e, a: e._covariance(a),
        'upper U with U U^T the inverse of the covariance, or 1 / deviation')

    def _setting(self, key):
        value = super()._setting(key)
        return self.spelling.get(value, value) if isinstance(value, str) else value

    def _can_miss(self):
        return self.fixed['inference'] == 'em'

    def _labels(self, y):
        return labels_of(y) if self._setting('init') == 'labels' else None

    @staticmethod
    def _shape(form, k, d):
        return {'tied': (d, d), 'diagonal': (k, d), 'spherical': (k,)}.get(
            form, (k, d, d))

    def _covariance(self, a):
        return a.reshape(self._shape(self._learned('covariance'),
                                     len(self.model_.array('weights')),
                                     self.n_features_in_))

    @property
    def precisions_(self):
        """The inverses of the covariances."""
        u = self.precisions_cholesky_
        if self._learned('covariance') in ('diagonal', 'spherical'):
            return u * u
        return u @ u.swapaxes(-1, -2)

    def fit(self, X, y=None, sample_weight=None):
        """Fit by expectation-maximisation; NaN is a missing cell.

        Parameters
        ----------
        X : (n, d)
        y : (n,) components of the rows, with init='labels'
        sample_weight : (n,), 0 or more
        """
        with self._attempt():
            data = self._training_data(X, y, sample_weight)
            old, model = vars(self).get('model_'), self._model(data)
            steps, done = self._iterations(model), False
            try:
                self._learn(model, data)
                done = True
            finally:
                if model.fitted and (done or model is not old or
                                     self._iterations(model) > steps):
                    self.dtype_ = np.dtype(np.float32 if data.type == F32 else
                                           np.float64)
                    self._read(steps)
        if not self.converged_ and self.max_iterations:
            warn_unconverged(
                'the fit did not converge within max_iterations='
                f'{self.max_iterations}: allow more, or a larger tolerance')
        return self

    def _iterations(self, model):
        n = model.report()['iterations']
        return 0 if n != n else int(n)

    def _read(self, before=0):
        report = self.model_.report()
        if 'dtype_' not in vars(self):
            self.dtype_ = np.dtype(np.float64)
        self.converged_ = bool(report['converged'])
        self.n_iter_ = self._iterations(self.model_) - before
        self.lower_bound_ = report[self.bound]
        self.lower_bounds_ = list(report['log_likelihood_history'])

    def fit_predict(self, X, y=None, sample_weight=None):
        """Fit, and the most probable component of each row."""
        return self.fit(X, y, sample_weight).predict(X)

    def predict(self, X):
        """The most probable component of each row; -1 is noise."""
        return self._rows('predict', self._data(X), (),
                          dtype=np.int32).astype(int)

    def predict_proba(self, X):
        """The probability of each component, (n, k)."""
        data = self._data(X)
        return self._rows('responsibilities', data,
                          (len(self.model_.array('weights')),))

    def score_samples(self, X):
        """ln p(x) of each row, in nats."""
        data = self._data(X)
        return self._rows('log_density', data, (), dtype=np.float64)

    def score(self, X, y=None):
        """The mean of ln p(x), in nats."""
        return self._one('log_likelihood', self._data(X))

    def aic(self, X):
        """Akaike's criterion: less is better."""
        return self._one('aic', self._data(X))

    def bic(self, X):
        """The Bayesian criterion: less is better."""
        return self._one('bic', self._data(X))

    def sample(self, n_samples=1, seed=None, first=0):
        """Draw rows: numbers first, first + 1, … of stream `seed`, by default
        the estimator's own.

        Returns
        -------
        X : (n, d)
        components : (n,) which each row came from
        """
        out = np.empty((n_samples, self._fitted().number('dimension')))
        y = np.empty(n_samples, np.int32)
        self.model_.call('sample', seed_of(self.seed if seed is None else seed),
                         first, n_samples, F64, out.nbytes, out.ctypes.data,
                         y.ctypes.data, threads=self.threads)
        return out, y

    def impute(self, X):
        """X with its missing cells (NaN) filled: E[missing | present]."""
        data = self._data(X)
        return self._rows('impute', data, (self.n_features_in_,))

    def divergence(self, other, n=10000, seed=0, unit='nats'):
        """How far another mixture is: a dict of estimates from n rows and of
        what is known in closed form."""
        from .measures import mixture_divergence
        return mixture_divergence(self, other, n, seed, unit)


class GaussianMixture(Mixture):
    """A mixture of Gaussians, fitted by expectation-maximisation.

    scikit-learn's words for parameters are understood as well: n_components,
    covariance_type, tol, reg_covar, max_iter, n_init, init_params,
    random_state, and 'diag' or 'kmeans' for values. reg_covar, which is
    `ridge`, is a share of the data's variance.
    """
    family = 'gmm'
    fixed = {'inference': 'em'}
    without = ('weight_prior', 'concentration', 'mean_precision',
               'degrees_of_freedom', 'covariance_prior')
    extra = {
        'weights_init': (None, 'array (k,)', 'first weights'),
        'means_init': (None, 'array (k, d)', 'first means'),
        'precisions_init': (None, 'array', 'inverses of the first covariances, '
                            'in the shape of covariances_'),
    }

    def _model(self, data):
        model = super()._model(data)
        if model is not vars(self).get('model_') and self._given():
            model.call('configure', self._config(warm_start=True))
        return model

    def _given(self):
        return any(v is not None for v in (self.weights_init, self.means_init,
                                           self.precisions_init))

    def _prepare(self, model, data):
        """What is given in place of what the library starts from."""
        if not self._given():
            return
        model.call('start', data, threads=self.threads)
        w, mu = map(model.array, ('weights', 'means'))
        k, d = len(w), model.number('dimension')
        w = self._first('weights_init', (k,), w)
        mu = self._first('means_init', (k, d), mu)
        cov = self._first_covariances(model, k, d)
        model.call('set_params', k, d, w.ctypes.data, mu.ctypes.data, cov.size,
                   cov.ctypes.data)

    def _first_covariances(self, model, k, d):
        form = self._setting('covariance')
        if form == 'factor':
            if self.precisions_init is not None:
                raise ValueError("precisions_init is of no use to covariance="
                                 "'factor', whose loadings it does not say")
            return np.hstack([model.array(name).reshape(k, -1)
                              for name in ('loadings', 'uniquenesses')])
        p = self._first('precisions_init', self._shape(form, k, d), None)
        return model.array('covariances') if p is None else self._inverse(p)

    def _first(self, name, shape, otherwise):
        value = getattr(self, name)
        if value is None:
            return otherwise
        value = np.ascontiguousarray(value, float)
        if value.shape != shape:
            raise ValueError(f'{name} has the shape {value.shape}, not {shape}')
        return value

    def _inverse(self, p):
        if self._setting('covariance') in ('diagonal', 'spherical'):
            with np.errstate(divide='ignore'):
                return 1 / p
        try:
            inverse = np.linalg.inv(p)
        except np.linalg.LinAlgError:
            raise ValueError('precisions_init is singular') from None
        return np.ascontiguousarray((inverse + inverse.swapaxes(-1, -2)) / 2)

    def partial_fit(self, X, y=None, sample_weight=None):
        """Learn from the next batch of a stream (stepwise EM)."""
        new = not self.__sklearn_is_fitted__()
        with self._attempt():
            data = self._data(X, new, self._labels(y), sample_weight)
            model = Model(self.family, self._config()) if new else self.model_
            model.call('partial_fit', data, threads=self.threads)
            self.model_ = model
        self._read()
        return self


def tensor(data, name):
    """One f64 tensor of a safetensors file that the library took, or None."""
    n = int.from_bytes(data[:8], 'little')
    entry = json.loads(data[8:8 + n]).get(name)
    if entry is None:
        return None
    first, end = entry['data_offsets']
    return np.frombuffer(data[8 + n + first:8 + n + end], '<f8')


class BayesianGaussianMixture(Mixture):
    """A mixture of Gaussians with a posterior of its parameters, fitted by
    variational inference: components that are not needed stay empty.

    scikit-learn's words for parameters are understood as well.
    """
    family = 'gmm'
    fixed = {'inference': 'variational'}
    without = ('step_exponent', 'step_delay')
    bound = 'lower_bound'
    words = {**Mixture.words,
             'weight_concentration_prior_type': 'weight_prior',
             'weight_concentration_prior': 'concentration',
             'mean_precision_prior': 'mean_precision',
             'degrees_of_freedom_prior': 'degrees_of_freedom'}
    extra = {'mean_prior': (None, 'array (d,)', "the prior's mean, by default "
                            "that of the data; covariance_prior may be the "
                            "prior's scale matrix, as an array, as well")}

    def _setting(self, key):
        value = super()._setting(key)
        return (None if key == 'covariance_prior' and
                not isinstance(value, numbers.Real) else value)

    def _prepare(self, model, data):
        mean, cov = self.mean_prior, self.covariance_prior
        if isinstance(cov, numbers.Real):
            cov = None
        if mean is None and cov is None:
            return
        mean, cov = (None if a is None else np.ascontiguousarray(a, float)
                     for a in (mean, cov))
        d = data.array.shape[1]
        if mean is not None and mean.shape != (d,):
            raise ValueError(f'mean_prior has the shape {mean.shape}, not '
                             f'({d},)')
        model.call('set_prior', d, None if mean is None else mean.ctypes.data,
                   0 if cov is None else cov.size,
                   None if cov is None else cov.ctypes.data)

    @classmethod
    def from_bytes(cls, data):
        new = super().from_bytes(data)
        given = tensor(bytes(data), 'posterior_flags')
        if given is not None and given[0]:
            new.mean_prior = new.model_.array('prior_mean')
        if given is not None and given[1]:
            scale, d = new.model_.array('prior_covariance'), new.n_features_in_
            new.covariance_prior = (scale.reshape(d, d)
                                    if scale.size == d * d else scale)
        return new

    weight_concentration_prior_ = Parameter(
        'prior_concentration', lambda e, a: a[0], 'a number')
    mean_precision_prior_ = Parameter(
        'prior_mean_precision', lambda e, a: a[0], 'a number')
    degrees_of_freedom_prior_ = Parameter(
        'prior_degrees_of_freedom', lambda e, a: a[0], 'a number')
    mean_prior_ = Parameter('prior_mean', lambda e, a: a, '(d,)')
    covariance_prior_ = Parameter(
        'prior_covariance', lambda e, a: e._one_covariance(a),
        '(d, d), diagonal (d,), spherical a number')
    mean_precision_ = Parameter('posterior_mean_precision', lambda e, a: a,
                                '(k,)')
    degrees_of_freedom_ = Parameter(
        'posterior_degrees_of_freedom',
        lambda e, a: a[0] if e._learned('covariance') == 'tied' else a,
        '(k,), tied a number')

    @property
    def weight_concentration_(self):
        """(k,), or of a Dirichlet process a pair of (k,)."""
        a = self._fitted().array('posterior_concentration')
        return a if a.size == len(self.weights_) else tuple(a.reshape(2, -1))

    def _one_covariance(self, a):
        d, form = self.n_features_in_, self._learned('covariance')
        return (a[0] if form == 'spherical' else a if form == 'diagonal' else
                a.reshape(d, d))


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
        held_out : rows to validate on after each pass, where the family can
        """
        with self._attempt():
            data = self._training_data(X, y, sample_weight)
            held = None if held_out is None else self._held_out(held_out)
            self._learn(self._model(data), data, held)
        return self

    def _held_out(self, X):
        return X if isinstance(X, Data) else Data(X, missing=self._can_miss())

    def _labels(self, y):
        """With the option `classes` the rows are conditioned on labels."""
        if not self.classes:
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

    def _labels(self, y):
        if self.target != 'classes':
            return None
        if y is None:
            raise ValueError("target='classes' asks for y")
        self.classes_, labels = np.unique(y, return_inverse=True)
        return labels.reshape(-1)

    def _training_data(self, X, y, sample_weight):
        """With values to predict, they are the last columns of the rows."""
        if self.target != 'values':
            return super()._training_data(X, y, sample_weight)
        if y is None:
            raise ValueError("target='values' asks for y")
        X = Data(X).array
        check_columns(self, X, True)
        y = np.asarray(y, float).reshape(len(X), -1)
        return Data(np.hstack([X, y]), weights=sample_weight)

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
        that is right, with values the coefficient of determination."""
        if self.target == 'reconstruction':
            return float(np.mean(self.score_samples(X)))
        if self.target == 'classes':
            return float(np.mean(self.predict(X) == np.asarray(y)))
        y = np.asarray(y, float)
        rest = np.sum((y - self.predict(X)) ** 2)
        return float(1 - rest / np.sum((y - y.mean(axis=0)) ** 2))

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
