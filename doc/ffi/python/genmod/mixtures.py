"""The two mixtures."""
import json
import numbers

import numpy as np

from ._estimator import Estimator, Parameter, seed_of
from ._handles import F32, F64, Model, labels_of
from ._sklearn import DensityMixin, warn_unconverged


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
        if self._setting('init') != 'labels':
            return None
        if y is None:
            raise ValueError("init='labels' asks for y")
        return labels_of(y)

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
        data = self._data(X, missing=True)
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
