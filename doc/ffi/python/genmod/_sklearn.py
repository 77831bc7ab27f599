"""What the package takes from scikit-learn, and what stands for it where there
is none."""
import warnings

import numpy as np

try:
    import sklearn
    from sklearn.base import (BaseEstimator, ClassNamePrefixFeaturesOutMixin,
                              DensityMixin, TransformerMixin)
    from sklearn.exceptions import ConvergenceWarning, NotFittedError
    from sklearn.utils import check_array
    from sklearn.utils.metaestimators import available_if
except ImportError:
    sklearn = None

    class NotFittedError(ValueError, AttributeError):
        """The estimator has not been fitted."""

    class ConvergenceWarning(UserWarning):
        """The fit ended before it converged."""

    class ClassNamePrefixFeaturesOutMixin:
        pass

    class DensityMixin:
        pass

    class TransformerMixin:
        def fit_transform(self, X, y=None, **named):
            return self.fit(X, y, **named).transform(X)

    class BaseEstimator:
        def get_params(self, deep=True):
            return {key: getattr(self, key) for key in self._parameters}

        def set_params(self, **params):
            for key, value in params.items():
                if key not in self._parameters:
                    raise ValueError(f'{type(self).__name__} has no parameter '
                                     f'{key!r}')
                setattr(self, key, value)
            return self

        def __repr__(self):
            changed = ', '.join(
                f'{key}={getattr(self, key)!r}'
                for key, p in self._parameters.items()
                if repr(getattr(self, key)) != repr(p.default))
            return f'{type(self).__name__}({changed})'

    class available_if:
        """A method that is there only for some settings."""

        def __init__(self, check):
            self.check = check

        def __call__(self, method):
            self.method = method
            return self

        def __get__(self, obj, owner=None):
            if obj is not None and not self.check(obj):
                raise AttributeError(f'{owner.__name__} has no '
                                     f'{self.method.__name__}() so set')
            return self.method.__get__(obj, owner)


def array_of(X):
    """X as an array of two axes, the very same memory where it can be."""
    if getattr(X, 'requires_grad', False):
        X = X.detach()
    if sklearn is not None:
        return check_array(X, ensure_min_samples=1, **NOT_FINITE)
    X = np.asarray(X)
    if X.dtype.kind == 'c':
        raise ValueError('Complex data not supported')
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f'Expected 2D array with rows and columns, got one of '
                         f'shape {X.shape}')
    return X if X.dtype.kind in 'fiub' else X.astype(float)


def check_columns(estimator, X, reset):
    """That X has the number and the names of columns of the fit, or notes
    them."""
    if sklearn is None:
        d = np.shape(X)[1]
        if reset:
            estimator.n_features_in_ = d
        elif d != estimator.n_features_in_:
            raise ValueError(
                f'X has {d} features, but {type(estimator).__name__} is '
                f'expecting {estimator.n_features_in_} features as input')
    elif hasattr(BaseEstimator, '_check_n_features'):  # before 1.6
        estimator._check_feature_names(X, reset=reset)
        estimator._check_n_features(X, reset=reset)
    else:
        from sklearn.utils.validation import (_check_feature_names,
                                              _check_n_features)
        _check_feature_names(estimator, X, reset=reset)
        _check_n_features(estimator, X, reset=reset)


def finite_option():
    """The library looks for NaN and infinity itself, where it reads."""
    import inspect
    new = 'ensure_all_finite' in inspect.signature(check_array).parameters
    return {'ensure_all_finite' if new else 'force_all_finite': False}


NOT_FINITE = finite_option() if sklearn is not None else {}


def warn_unconverged(text):
    warnings.warn(text, ConvergenceWarning, stacklevel=3)
