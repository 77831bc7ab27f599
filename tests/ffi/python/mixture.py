"""scikit-learn's two mixtures, played by libgenmod through ctypes.

There is no arithmetic here but what turns precisions into covariances and back;
the fits, scores, draws and refusals are the library's. Its refusals come out with
the texts that scikit-learn's tests look for. Nothing of sklearn.mixture is used.
"""
import ctypes as C
import os
import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

BAD_ARGUMENT, BREAKDOWN = -1, -8
F32, F64 = 1, 2
TYPES = {'full': 'full', 'tied': 'tied', 'diag': 'diagonal',
         'spherical': 'spherical'}
INITS = {'kmeans': 'k-means', 'k-means++': 'k-means++', 'random': 'random',
         'random_from_data': 'random'}
PRIORS = {'dirichlet_process': 'dirichlet-process',
          'dirichlet_distribution': 'dirichlet'}
COLLAPSED = (
    'Fitting the mixture model failed because some components have ill-defined '
    'empirical covariance (for instance caused by singleton or collapsed '
    'samples). Try to decrease the number of components, increase reg_covar, or '
    'scale the input data.')
UNCONVERGED = (
    'Best performing initialization did not converge. Try different init '
    'parameters, or increase max_iter, tol, or check for degenerate data.')

lib = C.CDLL(os.environ.get('GENMOD_LIBRARY', 'libgenmod.so.1'))
lib.genmod_workspace_error.restype = C.c_char_p
lib.genmod_status_name.restype = C.c_char_p
lib.gmm_report.restype = C.c_void_p


class Refusal(ValueError):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Thing:
    """An object of the library's, freed with this one."""

    def __init__(self, kind, *arguments):
        self.p = C.c_void_p()
        self.free = getattr(lib, kind.replace('gmm_config', 'genmod_config')
                            + '_free')
        call(kind + '_new', *arguments, C.byref(self.p))

    def __del__(self):
        self.free(self.p)


def plain(v):
    if isinstance(v, Thing):
        return v.p
    if isinstance(v, str):
        return v.encode()
    if isinstance(v, np.ndarray):
        return v.ctypes.data_as(C.c_void_p)
    if isinstance(v, float):
        return C.c_double(v)
    return v


def call(name, *arguments):
    context, workspace = C.c_void_p(), C.c_void_p()
    lib.genmod_context_new(None, None, None, C.byref(context))
    lib.genmod_workspace_new(context, C.byref(workspace))
    try:
        status = getattr(lib, name)(*map(plain, arguments), workspace)
        if status:
            raise Refusal(status,
                          lib.genmod_workspace_error(workspace).decode())
    finally:
        lib.genmod_workspace_free(workspace)
        lib.genmod_context_free(context)


def size(n):
    return C.c_size_t(n)


class Rows:
    """A view of X, which it keeps alive."""

    def __init__(self, x):
        x = np.asarray(x)
        self.x = np.ascontiguousarray(
            x, x.dtype if x.dtype in (np.float32, np.float64) else np.float64)
        self.view = Thing('genmod_data')
        call('genmod_data_set_rows', self.view,
             F32 if self.x.dtype == np.float32 else F64, size(len(self.x)),
             size(self.x.shape[1]), self.x, C.c_int64(0), C.c_int64(0))


class Mixture(BaseEstimator):
    inference = 'em'
    on_singular = 'repair'

    # ---- fitting

    def options(self):
        seed = self.random_state
        if seed is None:
            seed = np.random
        if not isinstance(seed, (int, np.integer)):
            seed = seed.randint(2**31 - 1)
        return {
            'components': self.n_components,
            'covariance': TYPES[self.covariance_type],
            'init': INITS[self.init_params], 'starts': self.n_init,
            'seed': int(seed), 'max_iterations': self.max_iter,
            'tolerance': float(self.tol), 'ridge': float(self.reg_covar),
            'on_singular': 'repair' if self.reg_covar else self.on_singular,
            'inference': self.inference}

    def prepare(self, rows):
        """First parameters of the caller's own."""

    def fit(self, X, y=None):
        rows = Rows(X)
        self.dtype, self.n_features_in_ = rows.x.dtype, rows.x.shape[1]
        going_on = self.warm_start and hasattr(self, 'converged_')
        config = Thing('gmm_config')
        for key, value in self.options().items():
            call('genmod_config_set_str', config, key, str(value))
        try:
            if going_on:
                before = self.number('iterations')
            else:
                before = 0
                self.m = Thing('gmm', config)
                self.prepare(rows)
            if going_on or hasattr(self, 'known'):
                call('genmod_config_set_str', config, 'warm_start', '1')
                call('gmm_configure', self.m, config)
            call('gmm_fit', self.m, rows.view, None, None)
        except Refusal as e:
            raise self.translated(e, rows) from None
        finally:
            self.__dict__.pop('known', None)
        self.read(before)
        return self

    def read(self, before):
        self.converged_ = bool(self.number('converged'))
        self.n_iter_ = int(self.number('iterations') - before)
        self.lower_bound_ = self.number(self.bound)
        self.lower_bounds_ = self.series('log_likelihood_history')
        k, d = self.n_components, self.n_features_in_
        shape = {'full': (k, d, d), 'tied': (d, d), 'diag': (k, d),
                 'spherical': (k,)}[self.covariance_type]
        self.weights_ = self.param('weights')
        self.means_ = self.param('means').reshape(k, d)
        self.covariances_ = self.param('covariances').reshape(shape)
        u = self.param('precisions_cholesky').reshape(shape)
        self.precisions_cholesky_ = u
        self.precisions_ = (u * u if u.ndim < 2 or self.covariance_type == 'diag'
                            else u @ u.swapaxes(-1, -2))
        if not self.converged_ and self.max_iter > 0:
            warnings.warn(UNCONVERGED, ConvergenceWarning)

    def translated(self, e, rows):
        text = str(e)
        if e.status == BREAKDOWN:
            return ValueError(COLLAPSED)
        if 'components is' in text and 'rows' in text:
            return ValueError(
                'Expected n_samples >= n_components but got n_components = '
                f'{self.n_components}, n_samples = {len(rows.x)}')
        return ValueError(text)

    def fit_predict(self, X, y=None):
        return self.fit(X).predict(X)

    # ---- reading

    def __sklearn_is_fitted__(self):
        return hasattr(self, 'converged_')

    def number(self, key):
        v = C.c_double()
        report = C.c_void_p(lib.gmm_report(self.m.p))
        lib.genmod_report_get(report, key.encode(), C.byref(v))
        return 0.0 if key == 'iterations' and v.value != v.value else v.value

    def series(self, key):
        n = C.c_size_t()
        report = C.c_void_p(lib.gmm_report(self.m.p))
        lib.genmod_report_series(report, key.encode(), size(0), None,
                                 C.byref(n))
        out = np.empty(n.value)
        lib.genmod_report_series(report, key.encode(), n, plain(out),
                                 C.byref(n))
        return list(out)

    def param(self, name):
        n = C.c_size_t()
        try:
            call('gmm_get_params', self.m, name, size(0), None, C.byref(n))
        except Refusal:
            pass
        out = np.empty(n.value)
        call('gmm_get_params', self.m, name, n, out, C.byref(n))
        return out.astype(self.dtype)

    def _n_parameters(self):
        return int(self.number('parameters'))

    # ---- scoring

    def of_rows(self, name, X, columns, dtype, *more):
        check_is_fitted(self)
        rows = Rows(X)
        out = np.empty((len(rows.x),) + columns, dtype)
        try:
            call(name, self.m, rows.view, *more, size(out.nbytes), out)
        except Refusal as e:
            raise ValueError(str(e)) from None
        return out

    def predict(self, X):
        return self.of_rows('gmm_predict', X, (), np.int32).astype(int)

    def predict_proba(self, X):
        return self.of_rows('gmm_responsibilities', X, (self.n_components,),
                            np.float64, F64).astype(self.dtype)

    def score_samples(self, X):
        return self.of_rows('gmm_log_density', X, (),
                            np.float64).astype(self.dtype)

    def one_number(self, name, X):
        check_is_fitted(self)
        out = C.c_double()
        call(name, self.m, Rows(X).view, C.byref(out))
        return out.value

    def score(self, X, y=None):
        mean = self.one_number('gmm_log_likelihood', X)
        return self.dtype.type(mean)

    def bic(self, X):
        return self.one_number('gmm_bic', X)

    def aic(self, X):
        return self.one_number('gmm_aic', X)

    def sample(self, n_samples=1):
        check_is_fitted(self)
        out = np.empty((n_samples, self.n_features_in_))
        y = np.empty(n_samples, np.int32)
        try:
            call('gmm_sample', self.m, C.c_uint64(self.options()['seed']),
                 C.c_uint64(0), size(n_samples), F64, size(out.nbytes), out, y)
        except Refusal as e:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples}. {e}"
                             ) from None
        return out, y


class GaussianMixture(Mixture):
    bound = 'log_likelihood'

    def __init__(self, n_components=1, *, covariance_type='full', tol=1e-3,
                 reg_covar=1e-6, max_iter=100, n_init=1, init_params='kmeans',
                 weights_init=None, means_init=None, precisions_init=None,
                 random_state=None, warm_start=False, verbose=0,
                 verbose_interval=10):
        for key, value in locals().items():
            if key not in ('self', '__class__'):
                setattr(self, key, value)

    def check_init(self, name, value, shape):
        if np.shape(value) != shape:
            raise ValueError(f"The parameter '{name}' should have the shape of "
                             f'{shape}, but got {np.shape(value)}')

    def prepare(self, rows):
        """What is given in place of what the library starts from."""
        given = (self.weights_init, self.means_init, self.precisions_init)
        if all(v is None for v in given):
            return
        k, d = self.n_components, rows.x.shape[1]
        call('gmm_start', self.m, rows.view)
        w, mu, cov = map(self.param, ('weights', 'means', 'covariances'))
        if self.weights_init is not None:
            w = np.array(self.weights_init, float)
            self.check_init('weights', w, (k,))
            if w.min() < 0 or w.max() > 1:
                raise ValueError(
                    "The parameter 'weights' should be in the range [0, 1], but "
                    f'got max value {w.min():.5f}, min value {w.max():.5f}')
        if self.means_init is not None:
            mu = np.array(self.means_init, float)
            self.check_init('means', mu, (k, d))
        if self.precisions_init is not None:
            p = np.array(self.precisions_init, float)
            shape = {'full': (k, d, d), 'tied': (d, d), 'diag': (k, d),
                     'spherical': (k,)}[self.covariance_type]
            self.check_init(f'{self.covariance_type} precision', p, shape)
            cov = self.inverse(p)
        self.known = True
        call('gmm_set_params', self.m, size(k), size(d),
             np.ascontiguousarray(w, float), np.ascontiguousarray(mu, float),
             size(cov.size), np.ascontiguousarray(cov, float))

    def inverse(self, p):
        try:
            return (np.linalg.inv(p)
                    if self.covariance_type in ('full', 'tied') else 1 / p)
        except np.linalg.LinAlgError:
            raise ValueError(self.not_positive()) from None

    def not_positive(self):
        what = ('symmetric, positive-definite'
                if self.covariance_type in ('full', 'tied') else 'positive')
        return f"'{self.covariance_type} precision' should be {what}"

    def translated(self, e, rows):
        if 'weights have the sum' in str(e):
            return ValueError(
                "The parameter 'weights' should be normalized, but got "
                f'sum(weights) = {np.sum(self.weights_init):.5f}')
        if 'positive definite' in str(e):
            return ValueError(self.not_positive())
        return super().translated(e, rows)


class BayesianGaussianMixture(Mixture):
    inference = 'variational'
    bound = 'lower_bound'

    def __init__(self, *, n_components=1, covariance_type='full', tol=1e-3,
                 reg_covar=1e-6, max_iter=100, n_init=1, init_params='kmeans',
                 weight_concentration_prior_type='dirichlet_process',
                 weight_concentration_prior=None, mean_precision_prior=None,
                 mean_prior=None, degrees_of_freedom_prior=None,
                 covariance_prior=None, random_state=None, warm_start=False,
                 verbose=0, verbose_interval=10):
        for key, value in locals().items():
            if key not in ('self', '__class__'):
                setattr(self, key, value)

    def options(self):
        o = super().options()
        o['weight_prior'] = PRIORS[self.weight_concentration_prior_type]
        for key, value in (
                ('concentration', self.weight_concentration_prior),
                ('mean_precision', self.mean_precision_prior),
                ('degrees_of_freedom', self.degrees_of_freedom_prior)):
            if value is not None:
                o[key] = float(value)
        return o

    def prepare(self, rows):
        mean, cov = self.mean_prior, self.covariance_prior
        if mean is None and cov is None:
            return
        mean = None if mean is None else np.ascontiguousarray(mean, float)
        cov = None if cov is None else np.ascontiguousarray(cov, float)
        call('gmm_set_prior', self.m, size(rows.x.shape[1]), mean,
             size(0 if cov is None else cov.size), cov)

    def read(self, before):
        super().read(before)
        t, d = self.covariance_type, self.n_features_in_
        self.weight_concentration_prior_ = self.param('prior_concentration')[0]
        self.mean_precision_prior_ = self.param('prior_mean_precision')[0]
        self.degrees_of_freedom_prior_ = self.param(
            'prior_degrees_of_freedom')[0]
        self.mean_prior_ = self.param('prior_mean')
        w = self.param('prior_covariance')
        self.covariance_prior_ = (w.reshape(d, d) if t in ('full', 'tied')
                                  else w if t == 'diag' else w[0])
        a = self.param('posterior_concentration')
        self.weight_concentration_ = (
            tuple(a.reshape(2, -1)) if a.size > self.n_components else a)
        self.mean_precision_ = self.param('posterior_mean_precision')
        nu = self.param('posterior_degrees_of_freedom')
        self.degrees_of_freedom_ = nu[0] if t == 'tied' else nu

    def translated(self, e, rows):
        if 'degrees_of_freedom is' in str(e):
            return ValueError(
                "The parameter 'degrees_of_freedom_prior' should be greater than "
                f'{self.n_features_in_ - 1}, but got '
                f'{self.degrees_of_freedom_prior:.3f}.')
        return super().translated(e, rows)
