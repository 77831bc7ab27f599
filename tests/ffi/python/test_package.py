"""Tests of the Python package under doc/ffi/python, with pytest.

    GENMOD_LIBRARY=build/lib/libgenmod.so python3 tests/ffi/python/test_package.py

Without NumPy, scikit-learn or pytest it says so and ends with 77, which meson
takes for skipped.
"""
import importlib.util
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKAGE = ROOT / 'doc/ffi/python'
SKIPPED = 77


def main():
    missing = [m for m in ('numpy', 'sklearn', 'pytest')
               if importlib.util.find_spec(m) is None]
    if missing:
        print('skipped: no', ' and no '.join(missing))
        return SKIPPED
    import pytest
    return pytest.main(['-p', 'no:cacheprovider', '-q', '-rsx', '-W',
                        'ignore::DeprecationWarning', __file__,
                        *sys.argv[1:]])


if __name__ == '__main__':
    os.environ.setdefault('SCIPY_ARRAY_API', '1')  # or a check is skipped
    sys.exit(main())

import copy
import doctest
import inspect
import pickle
import re
import signal
import subprocess
import threading
import time
import tracemalloc
import warnings

import numpy as np
import pytest
import sklearn
import sklearn.metrics
from sklearn.base import BaseEstimator, clone
from sklearn.utils.estimator_checks import parametrize_with_checks

sys.path.insert(0, str(PACKAGE))
import genmod  # noqa: E402
from genmod import _handles, _library  # noqa: E402
from genmod._prototypes import PROTOTYPES  # noqa: E402

FIVE = (genmod.GaussianMixture, genmod.BayesianGaussianMixture,
        genmod.Autoencoder, genmod.VAE, genmod.GAN)
FAST = {genmod.GaussianMixture: {'components': 2},
        genmod.BayesianGaussianMixture: {'components': 2},
        genmod.Autoencoder: {'code': 2, 'epochs': 3},
        genmod.VAE: {'code': 2, 'epochs': 3}, genmod.GAN: {'updates': 6}}
# Would train for hours.
ENDLESS = {genmod.GaussianMixture: {'components': 4, 'tolerance': 0,
                                    'max_iterations': 1000000},
           genmod.BayesianGaussianMixture: {'components': 4, 'tolerance': 0,
                                            'max_iterations': 1000000},
           genmod.Autoencoder: {'epochs': 10**9},
           genmod.VAE: {'epochs': 10**9}, genmod.GAN: {'updates': 10**12}}

each = pytest.mark.parametrize('kind', FIVE, ids=lambda c: c.__name__)


def blobs(n=200, d=3, seed=0):
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(0, 1, (n // 2, d)),
                      rng.normal(4, 1, (n - n // 2, d))])


def output(e, X):
    """Something that depends on all that was learned."""
    if hasattr(e, 'transform'):
        return e.transform(X)
    return (e.score_samples if hasattr(e, 'score_samples') else
            e.discriminate)(X)


# ---- scikit-learn's checks

STARTS = 'k-means starts at rows that are drawn by their numbers'
EQUIVALENCE = ('check_sample_weight_equivalence_on_dense_data',
               'check_sample_weights_invariance')  # since 1.6, and before
CHECKED = {
    genmod.GaussianMixture(): None,
    genmod.GaussianMixture(components=2): STARTS,
    genmod.BayesianGaussianMixture(): None,
    genmod.BayesianGaussianMixture(components=2): STARTS,
    genmod.Autoencoder(code=2, epochs=3):
        'training is in float32, and sums of 2 x and x + x are rounded apart',
    genmod.VAE(code=2, epochs=3): 'each row draws its own codes in training',
    genmod.VAE(code=2, epochs=3, missing=True):
        'each row draws its own codes in training',
    genmod.GAN(updates=6): None,
}
ran = {str(e): 0 for e in CHECKED}


def name_of(check):
    while not hasattr(check, '__name__'):
        check = check.func
    return check.__name__


@parametrize_with_checks(list(CHECKED))
def test_check(estimator, check):
    reason = {str(e): r for e, r in CHECKED.items()}[str(estimator)]
    try:
        check(estimator)
    except AssertionError:
        if reason is None or name_of(check) not in EQUIVALENCE:
            raise
        pytest.xfail(reason)
    ran[str(estimator)] += 1


class Skipper(BaseEstimator):
    """Is never checked, and yet green."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags._skip_test = True
        return tags

    def _more_tags(self):
        return {'_skip_test': True}


def checks_of(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        mark = parametrize_with_checks([estimator])
    return len(list(mark.args[1]))


def peer(estimator):
    """scikit-learn's own of the kind (without checks of other array libraries,
    which some have)."""
    from sklearn.decomposition import FastICA
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import KernelDensity
    if isinstance(estimator, genmod.GAN):
        return KernelDensity()
    return (FastICA() if hasattr(estimator, 'transform') else
            GaussianMixture())


def test_as_many_checks_ran_as_for_scikit_learns_own_estimators():
    if not any(ran.values()):
        pytest.skip('the checks were not among the chosen tests')
    for e, reason in CHECKED.items():
        wanted = checks_of(peer(e))
        assert wanted > 25  # of KernelDensity() in 1.2; 33 and more in 1.9
        assert ran[str(e)] >= wanted, (str(e), ran)
    sys.__stderr__.write(f'\n{sum(ran.values())} of scikit-learn '
                         f'{sklearn.__version__}\'s checks ran\n')


def test_a_skipped_estimator_would_be_seen():
    assert checks_of(Skipper()) < 5


# ---- the library behind it

def test_prototypes_are_those_of_the_headers():
    text = ''.join(re.sub(r'/\*.*?\*/', '', p.read_text(encoding='utf-8'),
                          flags=re.S)
                   for p in (ROOT / 'include/genmod').glob('*.h'))
    there = {}
    for m in re.finditer(r'GENMOD_(?:CALL|API)\s+([^;{}]*?)(\w+)\s*\(([^;]*?)\)'
                         r'\s*;', text):
        there[m[2]] = (m[1].split(), [a.split() for a in m[3].split(',')])
    found = list(_library.declarations(PROTOTYPES))
    assert len(found) > 100
    for result, name, arguments in found:
        assert there[name] == (result.split(), [a.split() for a in arguments])


def test_constants_are_those_of_the_headers():
    text = ''.join(p.read_text(encoding='utf-8')
                   for p in (ROOT / 'include/genmod').glob('*.h'))
    values = dict(re.findall(r'#define (\w+) \(?(-?\d+)\)?', text))
    for name in ('F32', 'F64', 'U8', 'BAD_ARGUMENT', 'TOO_SMALL', 'BREAKDOWN',
                 'NON_FINITE', 'NOT_FITTED', 'CANCELLED', 'CALLBACK'):
        assert getattr(_library, name) == int(values['GENMOD_' + name]), name
    for key, value in _handles.KINDS.items():
        assert value == int(values['GENMOD_' + key.upper()])
    for prefix, names in (('GAN_PROBE_', genmod.estimators.PROBES),
                          ('GMM_', genmod.measures.DIVERGENCES)):
        for i, name in enumerate(names):
            assert int(values[prefix + name.upper()]) == i
    assert len(genmod.estimators.PROBES) == int(values['GAN_PROBES'])
    assert len(genmod.measures.DIVERGENCES) == int(values['GMM_DIVERGENCES'])


def run(code, **environment):
    return subprocess.run(
        [sys.executable, '-c', code], env={**os.environ, 'PYTHONPATH':
                                           str(PACKAGE), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300)


def test_a_missing_library_is_named():
    r = run('import genmod', GENMOD_LIBRARY='/nowhere/libgenmod.so.1')
    assert r.returncode == 1
    assert "ImportError: libgenmod is not at '/nowhere/libgenmod.so.1'" in \
        r.stdout


def test_works_without_scikit_learn():
    r = run('''
import sys
sys.modules['sklearn'] = None
import numpy as np, genmod, pickle
X = np.random.default_rng(0).normal(size=(60, 3))
for e in (genmod.GaussianMixture(), genmod.BayesianGaussianMixture(),
          genmod.Autoencoder(epochs=1), genmod.VAE(epochs=1),
          genmod.GAN(updates=2)):
    assert not hasattr(genmod.Autoencoder(), 'predict')
    e.set_params(random_state=3).fit(X)
    assert e.get_params()['seed'] == 3 and 'seed=3' in repr(e)
    assert pickle.loads(pickle.dumps(e)).report_.keys() == e.report_.keys()
    for bad in (X[:, :2], X[0], X + 1j, X * np.inf):
        try:
            (e.discriminate if isinstance(e, genmod.GAN) else
             e.score_samples)(bad)
        except ValueError:
            continue
        raise SystemExit('took it')
print('well')
''')
    assert r.stdout == 'well\n', r.stdout


# ---- parameters

@each
def test_parameters_are_the_librarys(kind):
    config = _handles.Config(kind.family)
    known = {key: config.describe(key) for key in config.keys()}
    e = kind()
    params = e.get_params()
    own = {k for c in kind.__mro__ for k in vars(c).get('extra', {})}
    assert set(params) == (set(known) - set(kind.fixed) - set(kind.without) |
                           own)
    for key in set(params) - own:
        default = known[key].default
        assert str(params[key]) == default or float(params[key]) == float(
            default)
        said = ' '.join(kind.__doc__.split(f'\n{key} : ')[1].split(' : ')[0]
                        .split())
        assert ' '.join(known[key].help.split()) in said
    assert list(inspect.signature(kind).parameters) == list(kind._parameters)
    assert repr(kind(threads=2)) == kind.__name__ + '(threads=2)'


@each
def test_a_mistyped_parameter_is_refused(kind):
    with pytest.raises(TypeError, match="no parameter 'warm_strat': 'warm_"):
        kind(warm_strat=1)
    with pytest.raises(TypeError, match="'seed' is given twice"):
        kind(seed=1, random_state=2)
    with pytest.raises(genmod.Error, match='option "seed"'):
        kind(seed=-5).fit(blobs())


def test_numbers_of_calls_are_whole_and_in_range():
    X = blobs()
    v = genmod.VAE(code=1, epochs=1).fit(X)
    with pytest.raises(ValueError, match='seed is -3; it must be from 0 to 1'):
        v.sample(2, seed=-3)
    with pytest.raises(ValueError, match='seed is 18446744073709551616; it'):
        v.sample(2, seed=2**64)
    with pytest.raises(TypeError, match='seed is 1.5, not a whole number'):
        v.sample(2, seed=1.5)
    with pytest.raises(TypeError, match='draws is 1.5, not a whole number'):
        v.impute(X, draws=1.5)
    with pytest.raises(ValueError, match='draws is -1; it must be from 0'):
        v.elbo(X, draws=-1)
    with pytest.raises(ValueError, match='permutations is -1; it must'):
        genmod.mmd(X, X, permutations=-1)
    assert np.array_equal(v.sample(2, seed=np.int32(3)), v.sample(2, seed=3))


@each
def test_scikit_learns_words_are_understood(kind):
    e = kind(random_state=5, verbose=0)
    assert e.seed == 5 and e.random_state == 5
    e.set_params(random_state=6)
    assert e.seed == 6 and clone(e).seed == 6
    e.random_state = 7
    assert e.get_params()['seed'] == 7


def test_a_class_of_the_callers_own_keeps_its_constructor():
    class Small(genmod.VAE):
        def __init__(self, code=1):
            super().__init__(code=code, epochs=1)

    assert Small().get_params() == {'code': 1}
    assert Small(2).fit(blobs()).transform(blobs()).shape == (200, 2)


def test_seed_may_be_a_generator():
    X = blobs()
    for one, two in ((np.random.RandomState(3), np.random.RandomState(3)),
                     (np.random.default_rng(3), np.random.default_rng(3))):
        a, b = (genmod.VAE(epochs=1, seed=s).fit(X) for s in (one, two))
        assert np.array_equal(a.transform(X), b.transform(X))


# ---- rows go in as they lie

def layouts(type):
    base = (np.arange(600).reshape(100, 6) % 251).astype(type)
    base += np.random.default_rng(0).integers(0, 3, base.shape).astype(type)
    return {'C': base, 'F': np.asfortranarray(base), 'wide': base[:, ::2],
            'slices': base[::3], 'backwards': base[::-1, ::-1],
            'transposed': np.ascontiguousarray(base.T).T,
            'columns': base[:, 1:4]}


@pytest.mark.parametrize('type', ['float32', 'float64', 'uint8'])
@pytest.mark.parametrize('layout', list(layouts('float64')))
def test_arrays_are_read_where_they_lie(type, layout, monkeypatch):
    X = layouts(type)[layout]
    pointers = []
    real = _handles.call

    def spy(name, *arguments, **named):
        if name == 'genmod_data_set_rows':
            pointers.append(arguments[4])
        return real(name, *arguments, **named)

    monkeypatch.setattr(_handles, 'call', spy)
    e = genmod.GaussianMixture(components=2).fit(X)
    there = e.score_samples(X)
    assert pointers == [X.ctypes.data] * 2
    assert np.array_equal(there, e.score_samples(np.array(X, order='C')))
    assert pointers[2] != X.ctypes.data


def test_nothing_is_copied_on_the_way():
    X = np.random.default_rng(0).normal(size=(400000, 8))
    e = genmod.GaussianMixture(components=2, max_iterations=1, tolerance=0,
                               init_rows=1000)
    warnings.simplefilter('ignore')
    tracemalloc.start()
    e.fit(X)
    e.score(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes / 20, (peak, X.nbytes)


def test_other_types_become_float64():
    X = np.arange(40).reshape(10, 4) % 7
    wanted = genmod.Data(X.astype(float)).array
    for given in (X, X.astype(np.int8), X.tolist(), X.astype(object),
                  X.astype('>f8'), X.astype(np.longdouble)):
        assert np.array_equal(genmod.Data(given).array, wanted)
    assert genmod.Data(X.astype(np.float16)).array.dtype == np.float32
    spread = np.broadcast_to(np.float64(3), (5, 2))
    assert genmod.Data(spread).array.strides == (16, 8)


def test_memory_maps_and_odd_alignment(tmp_path):
    X = blobs()
    X.tofile(tmp_path / 'x')
    m = np.memmap(tmp_path / 'x', np.float64, 'r', shape=X.shape)
    assert genmod.Data(m).array.ctypes.data == m.ctypes.data
    odd = np.frombuffer(b'x' + X.tobytes(), np.float64, offset=1).reshape(
        X.shape)
    e = genmod.GaussianMixture(components=2).fit(X)
    assert np.array_equal(e.score_samples(m), e.score_samples(X))
    assert np.array_equal(e.score_samples(odd), e.score_samples(X))


def test_tensors_of_torch_are_read_where_they_lie():
    torch = pytest.importorskip('torch')
    base = torch.arange(600.0).reshape(100, 6) % 17
    for t in (base, base.double(), base.to(torch.uint8), base.T.contiguous().T,
              base[::2, 1:5], base.clone().requires_grad_()):
        data = genmod.Data(t)
        assert data.array.ctypes.data == t.data_ptr()
        e = genmod.GaussianMixture(components=2, max_iterations=0).fit(t)
        assert np.array_equal(e.score_samples(t),
                              e.score_samples(t.detach().numpy().copy()))


@pytest.mark.parametrize('type', ['float32', 'float64'])
def test_rows_go_out_as_they_came_in(type):
    X = blobs().astype(type)
    vae = genmod.VAE(epochs=1, missing=True).fit(X)
    assert vae.transform(X).dtype == vae.impute(X).dtype == type
    assert vae.reconstruct(X).dtype == type
    assert genmod.GaussianMixture().fit(X).predict_proba(X).dtype == type


def test_a_row_of_weight_2_counts_twice_and_of_0_not_at_all():
    X = blobs()
    w = np.arange(len(X)) % 3
    for kind in (genmod.GaussianMixture, genmod.BayesianGaussianMixture):
        a = kind().fit(X, sample_weight=w)
        b = kind().fit(np.repeat(X, w, axis=0))
        np.testing.assert_allclose(a.means_, b.means_, rtol=1e-12)
        np.testing.assert_allclose(a.covariances_, b.covariances_, rtol=1e-10)
    with pytest.raises(ValueError, match='weight'):
        genmod.VAE(epochs=1).fit(X, sample_weight=-1 - w)
    with pytest.raises(ValueError, match='every sample weight is zero'):
        genmod.VAE(epochs=1).fit(X, sample_weight=0 * w)


def test_data_carries_scale_kinds_noise_and_labels():
    X = blobs()
    scaled = genmod.GaussianMixture(components=2).fit(
        genmod.Data(X, scale=2.0, shift=1.0))
    plain = genmod.GaussianMixture(components=2).fit(2 * X + 1)
    np.testing.assert_allclose(scaled.means_, plain.means_, rtol=1e-9)
    noisy = genmod.GaussianMixture().fit(
        genmod.Data(X, noise=np.full(X.shape, 0.5)))
    exact = genmod.GaussianMixture().fit(X)
    gap = np.diag(exact.covariances_[0] - noisy.covariances_[0])
    np.testing.assert_allclose(gap, 0.5, rtol=0.1)
    y = (X[:, 0] > 2).astype(int)
    by = genmod.GaussianMixture(components=2, init='labels', max_iterations=0)
    np.testing.assert_allclose(by.fit(X, y).means_[1], X[y == 1].mean(axis=0))
    assert np.array_equal(by.fit(genmod.Data(X, labels=y)).means_,
                          by.fit(X, y).means_)
    table = genmod.Data(np.c_[X[:, 0], y], kinds=['real', 'binary'])
    drawn = genmod.VAE(code=1, epochs=3).fit(table).sample(30)
    assert set(drawn[:, 1]) <= {0.0, 1.0}


@pytest.mark.parametrize('weight', [-1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_named_beside_weights_of_zero(weight):
    w = np.r_[0, weight, np.ones(198)]
    for kind in FIVE:
        with pytest.raises(ValueError, match=rf'sample_weight\[1\] is {weight:g}'
                           '; it must be finite and >= 0'):
            kind(**FAST[kind]).fit(blobs(), sample_weight=w)
    with pytest.raises(ValueError, match=r'sample_weight\[1\]'):
        genmod.Data(blobs(), weights=w)


@pytest.mark.parametrize('short', [[0], 3])
def test_what_comes_with_rows_of_weight_0_is_counted(short):
    w = np.r_[0, np.ones(199)]
    for name in ('labels', 'noise'):
        with pytest.raises(ValueError, match=f'{name} has the shape .*200 rows'):
            genmod.Data(blobs(), weights=w, **{name: short})


@pytest.mark.parametrize('levels', [[3], [0, 3, 3], [[0, 3]], 3])
def test_levels_are_as_many_as_kinds(levels):
    with pytest.raises(ValueError, match=r'levels has the shape .*not \(2,\)'):
        genmod.Data(np.zeros((5, 2)), kinds=['real', 'categorical'],
                    levels=levels)


# ---- what the families have

def test_missing_cells():
    X = blobs(400)
    X[::5, 1] = np.nan
    m = genmod.GaussianMixture(components=2).fit(X)
    full = m.impute(X)
    assert np.isfinite(full).all()
    assert np.array_equal(full[1], X[1])
    assert abs(full[0, 1]) < 1.5 and abs(full[395, 1] - 4) < 1.5
    b = genmod.BayesianGaussianMixture(components=2).fit(blobs(400))
    assert abs(b.impute(X) - full).max() < 1
    v = genmod.VAE(code=1, epochs=20, missing=True).fit(X)
    full = v.impute(X, draws=20)
    assert np.isfinite(full).all() and np.array_equal(full[1], X[1])
    with pytest.raises(genmod.Error, match='row 0, column 1 is NaN'):
        genmod.VAE(epochs=1).fit(X)
    with pytest.raises(genmod.Error, match='row 0, column 1 is NaN'):
        genmod.Autoencoder(epochs=1).fit(X)
    with pytest.raises(genmod.Error, match='option|missing'):
        genmod.VAE(epochs=1).fit(blobs()).impute(blobs())


@each
def test_samples_are_a_stream(kind):
    if kind is genmod.Autoencoder:
        assert not hasattr(kind, 'sample')
        return
    e = kind(**FAST[kind], seed=3).fit(blobs())

    def draw(*a, **k):
        out = e.sample(*a, **k)
        return out[0] if isinstance(out, tuple) else out

    rows = draw(10, 5)
    assert rows.shape == (10, 3)
    assert np.array_equal(rows[4:], draw(6, 5, first=4))
    assert np.array_equal(draw(3), draw(3, 3))
    assert not np.array_equal(rows, draw(10, 6))
    with pytest.raises(genmod.Error, match='n is 0'):
        draw(0)


def test_a_mixture_in_scikit_learns_words():
    X = blobs()
    m = genmod.GaussianMixture(n_components=2, covariance_type='diag').fit(X)
    assert m.weights_.shape == (2,) and m.means_.shape == (2, 3)
    assert m.covariances_.shape == m.precisions_.shape == (2, 3)
    np.testing.assert_allclose(m.precisions_ * m.covariances_, 1)
    np.testing.assert_allclose(m.predict_proba(X).sum(axis=1), 1)
    assert np.array_equal(m.predict(X), m.predict_proba(X).argmax(axis=1))
    assert abs(m.score(X) - m.score_samples(X).mean()) < 1e-12
    assert m.bic(X) > m.aic(X)
    from sklearn.mixture import GaussianMixture
    his = GaussianMixture(2, covariance_type='diag', tol=1e-9,
                          random_state=0).fit(X)
    m.set_params(tol=1e-9).fit(X)
    assert abs(his.score(X) - m.score(X)) < 1e-4


def test_factors_start_where_they_are_told():
    X = blobs()
    means, weights = [[0.5] * 3, [4.5] * 3], [0.25, 0.75]
    e = genmod.GaussianMixture(components=2, covariance='factor', rank=1,
                               max_iterations=0, means_init=means,
                               weights_init=weights).fit(X)
    assert np.array_equal(e.means_, means)
    assert np.array_equal(e.weights_, weights)
    assert e.set_params(max_iterations=100).fit(X).converged_
    with pytest.raises(ValueError, match="precisions_init .*'factor'"):
        e.set_params(precisions_init=np.ones((2, 3))).fit(X)


def test_a_warm_start_that_is_refused_leaves_what_the_last_fit_says():
    X = blobs()
    bad = X.astype(np.float32)
    bad[0, 0] = np.inf
    for kind in (genmod.GaussianMixture, genmod.BayesianGaussianMixture):
        e = kind(**FAST[kind], warm_start=True).fit(X)
        before = e.n_iter_, e.converged_, e.dtype_
        assert e.n_iter_ > 0
        with pytest.raises(genmod.Error):
            e.fit(bad)
        assert (e.n_iter_, e.converged_, e.dtype_) == before


@pytest.mark.parametrize('form', ['full', 'tied', 'diagonal', 'spherical',
                                  'factor'])
def test_what_was_fitted_stays_so_whatever_is_set_since(form):
    X = blobs()
    for kind in (genmod.GaussianMixture, genmod.BayesianGaussianMixture):
        if kind is genmod.BayesianGaussianMixture and form == 'factor':
            continue
        e = kind(**FAST[kind], covariance=form).fit(X)
        names = [a for a in ('covariances_', 'precisions_', 'covariance_prior_',
                             'degrees_of_freedom_') if hasattr(e, a)]
        wanted = [getattr(e, a) for a in names]
        e.set_params(covariance='tied' if form == 'diagonal' else 'diagonal',
                     components=3)
        for a, value in zip(names, wanted):
            assert np.array_equal(getattr(e, a), value), (kind, a)


def test_predictions_have_the_columns_of_the_fit():
    X = blobs()
    y = (X[:, 0] > 2).astype(int)
    c = genmod.Autoencoder(target='classes', epochs=1).fit(X, y)
    assert c.set_params(classes=5).predict_proba(X).shape == (200, 2)
    v = genmod.Autoencoder(target='values', epochs=1).fit(X, y)
    assert v.set_params(values=5).predict(X).shape == (200,)


def test_a_fit_that_did_not_converge_warns():
    from sklearn.exceptions import ConvergenceWarning
    with pytest.warns(ConvergenceWarning, match='max_iterations=1'):
        genmod.GaussianMixture(components=3, tolerance=0,
                               max_iterations=1).fit(blobs())


def test_partial_fit_learns_a_stream():
    m = genmod.GaussianMixture(components=2)
    X = np.random.default_rng(1).permutation(blobs(2000))
    for batch in np.split(X, 10):
        m.partial_fit(batch)
    assert m.report_['iterations'] == 10
    means = m.means_[m.means_[:, 0].argsort()]
    np.testing.assert_allclose(means, [[0] * 3, [4] * 3], atol=0.2)
    with pytest.raises(ValueError, match='2 features'):
        m.partial_fit(X[:, :2])
    assert not hasattr(genmod.BayesianGaussianMixture, 'partial_fit')


@each
def test_warm_start_goes_on(kind):
    if issubclass(kind, genmod.estimators.Mixture):
        e, count = kind(components=4, max_iterations=2, tolerance=0,
                        warm_start=True), 'iterations'
    else:
        e = kind(warm_start=True, **{**FAST[kind], 'epochs': 2})
        count = 'epochs'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        e.fit(blobs())
        before = e.report_[count]
        e.fit(blobs())
        assert e.report_[count] == 2 * before > 0
        assert e.set_params(warm_start=False).fit(blobs()).report_[
            count] == before


def test_codes_and_reconstructions():
    X = blobs()
    for kind in (genmod.Autoencoder, genmod.VAE):
        e = kind(code=2, epochs=30).fit(X)
        Z = e.transform(X)
        assert Z.shape == (200, 2)
        assert np.array_equal(e.inverse_transform(Z.astype(np.float32)),
                              e.reconstruct(X.astype(np.float32))) or (
            np.allclose(e.inverse_transform(Z), e.reconstruct(X), atol=1e-4))
        strange = np.vstack([X[:5], [[40, -40, 0]]])
        assert e.anomaly(strange).argmax() == 5
        assert np.array_equal(e.score_samples(X), -e.anomaly(X))
        assert e.anomaly_columns(X).shape == X.shape
        assert np.mean(e.anomaly(X) > e.threshold(X, 0.1)) <= 0.1
        assert list(e.get_feature_names_out()) == [
            kind.__name__.lower() + str(i) for i in (0, 1)]


def test_an_autoencoder_classifies_and_predicts_values():
    X = blobs(400)
    y = np.where(X[:, 0] > 2, 'far', 'near')
    c = genmod.Autoencoder(target='classes', code=2, epochs=30).fit(X, y)
    assert list(c.classes_) == ['far', 'near']
    assert c.score(X, y) > 0.95
    assert np.array_equal(c.classes_[c.predict_proba(X).argmax(axis=1)],
                          c.predict(X))
    assert not hasattr(c, 'reconstruct')
    v = genmod.Autoencoder(target='values', code=3, epochs=100,
                           learning_rate=0.01).fit(X, X.sum(axis=1))
    assert v.predict(X).shape == (400,) and v.n_features_in_ == 3
    assert v.score(X, X.sum(axis=1)) > 0.9
    with pytest.raises(ValueError, match='asks for y'):
        genmod.Autoencoder(target='classes').fit(X)


def test_classes_are_as_many_as_the_option_says():
    X, y = blobs(400), np.repeat([0, 2], 200)
    c = genmod.Autoencoder(target='classes', classes=3, epochs=1,
                           learning_rate=0).fit(X, y)
    assert list(c.classes_) == [0, 1, 2] and c.predict_proba(X).shape == (400, 3)
    assert set(c.predict(50 * X)) <= {0, 1, 2}
    for few in (np.where(y, 'a', 'b'), y + 1, np.array(list('abcd') * 100)):
        with pytest.raises(ValueError, match=r'y has \d classes; classes is 3'):
            c.fit(X, few)
        assert list(c.classes_) == [0, 1, 2]


def test_values_come_with_any_rows_and_are_as_many_as_the_option_says():
    X = blobs(400)
    y, options = X.sum(axis=1), {'target': 'values', 'epochs': 5}
    v = genmod.Autoencoder(**options)
    plain = v.fit(X / 4, y).predict(X / 4)
    rows = genmod.Data(X, scale=0.25, weights=np.full(400, 2.0))
    assert np.array_equal(v.fit(rows, y).predict(rows), plain)
    assert v.score(rows, y) == v.score(rows, y[:, None])
    for wrong in (y[:10], np.c_[y, y], 3.0):
        with pytest.raises(ValueError, match=r'y has the shape .*not \(400, 1\)'):
            v.fit(X, wrong)
    with pytest.raises(ValueError, match='give it the weights'):
        v.fit(rows, y, sample_weight=np.ones(400))
    two = genmod.Autoencoder(values=2, **options).fit(X, np.c_[y, 1000 * y])
    each = [sklearn.metrics.r2_score(t, p) for t, p in
            zip((y, 1000 * y), two.predict(X).T)]
    assert abs(two.score(X, np.c_[y, 1000 * y]) - np.mean(each)) < 1e-9


def test_held_out_rows_want_labels_where_training_does():
    X, y = blobs(), np.repeat([0, 1], 100)
    for e in (genmod.Autoencoder(target='classes', epochs=2),
              genmod.VAE(classes=2, epochs=2), genmod.GAN(classes=2, updates=2)):
        with pytest.raises(ValueError, match='held_out has no labels'):
            e.fit(X, y, held_out=X[:50])
        e.fit(X, y, held_out=genmod.Data(X[:50], labels=y[:50]))


@pytest.mark.parametrize('y', [['a', 'b'], [None, 1], [np.nan, 1], [0.5, 1],
                               [np.inf, 1], [2**31, 1], [[0, 1]], 3])
def test_labels_that_are_none_are_refused_in_one_way(y):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        with pytest.raises(ValueError, match='not a row of whole numbers'):
            genmod.Data(np.ones((2, 1)), labels=y)


def test_a_mixture_that_starts_from_labels_asks_for_them():
    with pytest.raises(ValueError, match='asks for y'):
        genmod.GaussianMixture(components=2, init='labels').fit(blobs())


def test_a_vae_bounds_likelihoods_and_draws_paths():
    X = blobs()
    v = genmod.VAE(code=2, epochs=10).fit(X)
    likely = v.log_likelihood(X, draws=500).mean()
    assert likely > v.elbo(X, draws=50).mean()
    assert abs(v.score(X) - v.elbo(X).mean()) < 1e-12
    paths = v.interpolate(X[:4], X[4:8], steps=5)
    assert paths.shape == (4, 5, 3)
    np.testing.assert_allclose(paths[:, 0], v.reconstruct(X[:4]), atol=1e-5)
    np.testing.assert_allclose(paths[:, -1], v.reconstruct(X[4:8]), atol=1e-5)
    assert not np.array_equal(v.reconstruct(X, 'draw', seed=1),
                              v.reconstruct(X, 'draw', seed=2))


def test_labels_condition_a_vae_and_a_gan():
    X = blobs()
    y = np.repeat([0, 1], 100)
    for kind in (genmod.VAE, genmod.GAN):
        e = kind(classes=2, **{**FAST[kind], 'epochs': 100}).fit(X, y)
        low, high = (e.sample(200, labels=np.full(200, c)) for c in (0, 1))
        assert high.mean() - low.mean() > 1
        with pytest.raises(ValueError, match='asks for y'):
            e.fit(X)
        with pytest.raises(ValueError, match='3 labels for 2 rows'):
            e.sample(2, labels=[0, 1, 0])


def test_a_gan_generates_discriminates_and_is_probed():
    X = blobs()
    g = genmod.GAN(updates=50).fit(X)
    Z = g.sample_codes(5, seed=2)
    np.testing.assert_allclose(g.inverse_transform(Z), g.sample(5, seed=2))
    path = g.interpolate(Z[:1], Z[1:2], steps=4)
    np.testing.assert_allclose(path[0, -1], g.sample(2, seed=2)[1], atol=1e-5)
    assert g.discriminate(X).shape == (200,)
    probe = g.probe(X, train=X, rows=40, steps=5)
    assert set(probe) == set(genmod.estimators.PROBES)
    assert probe['arrived'] in (0, 1) and 0 <= probe['accuracy'] <= 1
    assert probe['copies'] == probe['copies']


@each
def test_report_is_a_dict(kind):
    e = kind(**FAST[kind]).fit(blobs())
    r = e.report_
    assert isinstance(r, dict) and r['parameters'] > 0
    key = 'log_likelihood_history' if e.family == 'gmm' else 'loss_history'
    assert isinstance(r[key], np.ndarray) and len(r[key]) > 0


@each
def test_refusals_have_the_librarys_text_and_code(kind):
    X = blobs()
    X[7, 2] = -np.inf
    with pytest.raises(genmod.Error, match='row 7, column 2 is -inf') as e:
        kind(**FAST[kind]).fit(X)
    assert e.value.status == _library.NON_FINITE
    with pytest.raises(sklearn.exceptions.NotFittedError, match='not fitted'):
        output(kind(), X)
    with pytest.raises(genmod.Error, match='threads'):
        kind(**FAST[kind], threads=5000).fit(blobs())
    if kind is genmod.GaussianMixture:
        with pytest.raises(genmod.Breakdown) as e:
            kind(on_singular='error', ridge=0).fit(np.ones((9, 2)))
        assert isinstance(e.value, ArithmeticError)


def test_takes_part_in_scikit_learns_tools():
    from sklearn.model_selection import GridSearchCV
    X = np.random.default_rng(1).permutation(blobs())
    found = GridSearchCV(genmod.GaussianMixture(), {'components': [1, 2]},
                         cv=2).fit(X)
    assert found.best_params_ == {'components': 2}
    assert 'components' in found.best_estimator_._repr_html_()
    pandas = pytest.importorskip('pandas')
    table = pandas.DataFrame(X, columns=list('abc'))
    v = genmod.VAE(code=2, epochs=1).set_output(transform='pandas')
    assert list(v.fit_transform(table).columns) == ['vae0', 'vae1']
    with pytest.raises(ValueError, match='feature names should match'):
        v.transform(table[['b', 'a', 'c']])


# ---- bytes

@each
def test_bytes_pickle_and_copies_hold_all(kind):
    X = blobs()
    e = kind(**FAST[kind], seed=9).fit(X)
    wanted = output(e, X)
    for again in (pickle.loads(pickle.dumps(e)), copy.deepcopy(e),
                  kind.from_bytes(e.to_bytes())):
        assert np.array_equal(output(again, X), wanted)
        assert again.get_params() == e.get_params()
        assert again.to_bytes() == e.to_bytes()
        assert again.n_features_in_ == 3
    assert not hasattr(clone(e), 'model_')
    assert np.array_equal(output(clone(e).fit(X), X), wanted)
    with pytest.raises(genmod.Error):
        kind.from_bytes(e.to_bytes()[:-1])


@pytest.mark.parametrize('form, scale', [
    ('full', np.diag([1.0, 2.0, 3.0])), ('tied', np.diag([1.0, 2.0, 3.0])),
    ('diagonal', np.array([1.0, 2.0, 3.0])), ('spherical', np.array([2.5]))])
def test_bytes_hold_the_prior_that_was_given(form, scale):
    X, mean = blobs(), np.array([0.5, 1.0, 2.385])
    for given in ({}, {'mean_prior': mean}, {'covariance_prior': scale},
                  {'mean_prior': mean, 'covariance_prior': scale}):
        e = genmod.BayesianGaussianMixture(components=2, covariance=form,
                                           **given).fit(X)
        again = genmod.BayesianGaussianMixture.from_bytes(e.to_bytes())
        for key, value in e.get_params().items():
            assert np.array_equal(getattr(again, key), value), key
        assert again.fit(X).to_bytes() == e.to_bytes()


def test_joblib_stores_and_loads(tmp_path):
    joblib = pytest.importorskip('joblib')
    X = blobs()
    e = genmod.VAE(code=2, epochs=2).fit(X)
    joblib.dump(e, tmp_path / 'vae')
    assert np.array_equal(joblib.load(tmp_path / 'vae').transform(X),
                          e.transform(X))


def test_from_bytes_classifies_by_number():
    X = blobs()
    e = genmod.Autoencoder(target='classes', epochs=1)
    e.fit(X, np.where(X[:, 0] > 0, 'right', 'left'))
    again = genmod.Autoencoder.from_bytes(e.to_bytes())
    assert list(again.classes_) == [0, 1]
    assert list(e.classes_[again.predict(X)]) == list(e.predict(X))


def test_from_bytes_refuses_another_family():
    m = genmod.BayesianGaussianMixture().fit(blobs())
    with pytest.raises(ValueError, match="inference 'variational', not 'em'"):
        genmod.GaussianMixture.from_bytes(m.to_bytes())
    with pytest.raises(genmod.Error):
        genmod.VAE.from_bytes(m.to_bytes())


def test_a_checkpoint_goes_on_bit_for_bit():
    X = blobs()

    def watch(report):
        if report['steps'] == 5:
            kept.append(part.to_bytes(checkpoint=True))

    kept, part = [], genmod.VAE(epochs=6, progress=watch)
    part.fit(X)
    again = genmod.VAE.from_bytes(kept[0])
    assert again.report_['steps'] == 5
    again.set_params(warm_start=True).fit(X)
    assert again.report_['steps'] == part.report_['steps'] > 5
    assert np.array_equal(again.transform(X), part.transform(X))


# ---- progress, and ends before the end

@each
def test_progress_is_called_and_may_stop(kind):
    X, seen = blobs(), []
    e = kind(**ENDLESS[kind])

    def watch(report):
        seen.append(dict(report))
        if len(seen) == 5:
            watch.lent = report
            watch.inside = kind.from_bytes(e.to_bytes())
        return len(seen) == 9

    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        e.set_params(progress=watch).fit(X)
    assert len(seen) == 9
    assert output(e, X).shape[0] == output(watch.inside, X).shape[0] == 200
    with pytest.raises(RuntimeError, match='copy what is needed'):
        watch.lent['parameters']


@each
def test_what_a_callback_raises_comes_out_again(kind):
    X = blobs()
    calls = []

    class Mine(Exception):
        pass

    def watch(report):
        calls.append(1)
        if len(calls) == 7:
            raise Mine('seven')

    e = kind(**ENDLESS[kind], progress=watch)
    with pytest.raises(Mine, match='seven'):
        e.fit(X)
    assert len(calls) == 7
    assert np.isfinite(output(e, X)).all()
    e.set_params(progress=False, **FAST[kind])
    if e.family == 'gmm':
        e.set_params(tolerance=1e-3)
    assert np.isfinite(output(e.fit(X), X)).all()


@each
def test_ctrl_c_ends_training_and_the_estimator_stays_usable(kind):
    X = blobs()
    e = kind(**ENDLESS[kind])
    handler = signal.getsignal(signal.SIGINT)
    for progress in (False, lambda report: None):
        e.set_params(progress=progress)
        press = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        start = time.monotonic()
        press.start()
        with pytest.raises(KeyboardInterrupt):
            e.fit(X)
        assert time.monotonic() - start < 20
        assert signal.getsignal(signal.SIGINT) is handler
        assert np.isfinite(output(e, X)).all()
        assert e.report_['iterations' if e.family == 'gmm' else 'steps'] > 0
    before = output(e, X)
    bad = X.copy()
    bad[0, 0] = np.inf
    for refused in (bad, bad[:, :2]):
        with pytest.raises(genmod.Error):
            e.fit(refused)
        assert np.array_equal(output(e, X), before)


@each
def test_cancel_comes_from_another_thread(kind):
    X = blobs()
    e = kind(**ENDLESS[kind])
    e.cancel()  # nothing to end
    end = threading.Timer(0.5, e.cancel)
    end.start()
    with pytest.raises(genmod.Cancelled):
        e.fit(X)
    assert np.isfinite(output(e, X)).all()


def test_ctrl_c_ends_a_long_measure():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 100000, 8))
    press = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    start = time.monotonic()
    press.start()
    with pytest.raises(KeyboardInterrupt):
        genmod.prdc(x, y)
    assert time.monotonic() - start < 20
    assert genmod.prdc(x[:50], y[:50])['density'] > 0.3


@pytest.mark.parametrize('bar', ['tqdm', 'plain'])
def test_progress_true_draws_a_line(bar, capsys, monkeypatch):
    if bar == 'plain':
        monkeypatch.setitem(sys.modules, 'tqdm', None)
    else:
        pytest.importorskip('tqdm')
    for kind in FIVE:
        kind(**FAST[kind], progress=True).fit(blobs())
        out, err = capsys.readouterr()
        assert out == '' and kind.__name__ in err and err.endswith('\n')
        assert re.search(r'loss|log_likelihood', err)
    assert ('it/s' in err) == (bar == 'tqdm')


# ---- threads

def in_threads(n, work):
    """work(i) on n threads at once; what they gave."""
    out, barrier = [None] * n, threading.Barrier(n)

    def task(i):
        barrier.wait()
        out[i] = work(i)

    threads = [threading.Thread(target=task, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out


@each
def test_one_estimator_serves_many_threads(kind):
    X = blobs(400)
    e = kind(**FAST[kind]).fit(X)
    wanted = output(e, X)
    drawn = e.sample(50, 1) if hasattr(e, 'sample') else 0

    def work(i):
        for _ in range(20):
            same = np.array_equal(output(e, X), wanted)
            if hasattr(e, 'sample'):
                again = e.sample(50, 1)
                same &= np.array_equal(again[0], drawn[0])
            if not same:
                return False
        return True

    assert in_threads(4, work) == [True] * 4


@each
def test_different_estimators_train_side_by_side(kind):
    X = blobs(400)
    wanted = [output(kind(**FAST[kind], seed=i).fit(X), X) for i in range(3)]
    found = in_threads(3, lambda i: output(
        kind(**FAST[kind], seed=i).fit(X), X))
    for a, b in zip(wanted, found):
        assert np.array_equal(a, b)


@each
def test_threads_do_not_change_a_bit(kind):
    X = blobs(2000)
    one = kind(**FAST[kind]).fit(X)
    two = kind(**FAST[kind], threads=2).fit(X)
    assert np.array_equal(output(one, X), output(two, X))


@pytest.mark.parametrize('threads', [0, 1025, 1.5, None, '2'])
def test_threads_that_are_no_number_of_them_are_refused(threads):
    with pytest.raises(ValueError, match='threads is .*, not 1 to 1024'):
        genmod.GaussianMixture(threads=threads).fit(blobs())


def test_python_goes_on_while_the_library_works():
    X = np.random.default_rng(0).normal(size=(200000, 16))
    e = genmod.GaussianMixture(components=8, max_iterations=0).fit(X[:1000])
    ticks, done = [0], threading.Event()

    def count():
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    start = time.monotonic()
    for _ in range(3):
        e.score_samples(X)
    lasted, seen = time.monotonic() - start, ticks[0]
    done.set()
    counter.join()
    # Were the GIL held, there would be some two ticks a call.
    assert seen > 20, (seen, lasted)


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no fork')
def test_a_child_process_has_threads_of_its_own():
    r = run('''
import os, numpy as np, genmod
X = np.random.default_rng(0).normal(size=(3000, 4))
m = genmod.GaussianMixture(components=3, threads=2).fit(X)
wanted = m.score(X)
child = os.fork()
if child == 0:
    same = m.score(X) == wanted and clone.fit(X).score(X) == wanted \\
        if (clone := genmod.GaussianMixture(components=3, threads=2)) else 0
    del m
    os._exit(0 if same else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
      if hasattr(os, 'waitstatus_to_exitcode') else
      os.waitpid(child, 0)[1])
''')
    assert r.stdout == '0\n', r.stdout


# ---- measures

def test_measures_of_tables():
    p, q = np.array([0.1, 0.2, 0.7]), np.array([0.3, 0.3, 0.4])
    m = (p + q) / 2
    kl = (p * np.log(p / q)).sum()
    js = ((p * np.log(p / m)).sum() + (q * np.log(q / m)).sum()) / 2
    entropy = -(p * np.log(p)).sum()
    assert genmod.kl(p, q) == pytest.approx(kl, rel=1e-14)
    assert genmod.kl(p, q, unit='bits') == pytest.approx(kl / np.log(2))
    assert genmod.js(p, q) == pytest.approx(js, rel=1e-13)
    assert genmod.js_distance(p, q) == pytest.approx(js ** 0.5)
    assert genmod.entropy(p) == pytest.approx(entropy)
    assert genmod.cross_entropy(p, q) == pytest.approx(entropy + kl)
    assert genmod.kl([0.5, 0.5], [1.0, 0.0]) == np.inf


def test_measures_of_gaussians():
    p, q = ([0.0, 1.0], np.diag([1.0, 2.0])), ([1.0, 1.0], np.eye(2))
    assert genmod.kl(p, q) == pytest.approx((1 + 2 - 2 + 1 - np.log(2)) / 2)
    assert genmod.entropy(p) == pytest.approx(
        1 + np.log(2 * np.pi) + np.log(2) / 2)
    assert genmod.frechet(p, q) == pytest.approx(1 + (2 ** 0.5 - 1) ** 2)
    assert genmod.bhattacharyya(p, q) == pytest.approx(
        genmod.renyi(p, q, 0.5) / 2)
    assert genmod.hellinger(p, q) == pytest.approx(
        (1 - np.exp(-genmod.bhattacharyya(p, q))) ** 0.5)
    assert genmod.cross_entropy(p, q) == pytest.approx(
        genmod.entropy(p) + genmod.kl(p, q))


def test_measures_of_densities():
    def normal(mean):
        return lambda x: -((x[:, 0] - mean) ** 2 + np.log(2 * np.pi)) / 2

    line = (-np.inf, np.inf)
    d = genmod.kl(normal(0), normal(2), limits=line)
    assert abs(d - 2) <= d.error + 1e-12 and d.error < 1e-9
    assert genmod.entropy(normal(0), limits=(-30, 30)) == pytest.approx(
        np.log(2 * np.pi * np.e) / 2)
    assert genmod.js(normal(0), normal(0), limits=line) == pytest.approx(0)

    def by_cell(x):
        return -(x ** 2 + np.log(2 * np.pi)) / 2

    assert genmod.kl(by_cell, normal(2), limits=line) == pytest.approx(2)

    def broken(x):
        raise LookupError('no density')

    with pytest.raises(LookupError, match='no density'):
        genmod.kl(normal(0), broken, limits=line)


def test_a_density_may_be_an_estimators():
    m = genmod.GaussianMixture(components=2).fit(blobs(200, 1))
    h = genmod.entropy(lambda x: m.score_samples(x), limits=(-30, 30))
    mixture = genmod.entropy(m, draws=100000)
    assert abs(h - mixture) < 5 * mixture.standard_error


def test_measures_of_samples():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 500, 2))
    far = y + [3.0, 0.0]
    for f in (genmod.frechet, genmod.mmd, genmod.sliced_wasserstein,
              genmod.kid):
        assert f(x, far) > f(x, y)
    assert genmod.frechet(x, far).raw > genmod.frechet(x, far) - 1
    assert np.isnan(genmod.mmd(x, far).p_value)
    assert genmod.mmd(x, y, permutations=99).p_value > 0.01
    assert genmod.mmd(x, far, permutations=99).p_value == pytest.approx(0.01)
    assert genmod.kl(x, y) == pytest.approx(0, abs=0.3)
    assert genmod.entropy(x) == pytest.approx(1 + np.log(2 * np.pi), abs=0.2)
    assert genmod.nearest(x, far).p_value < 1e-6
    quality = genmod.prdc(x, y)
    assert list(quality) == ['precision', 'recall', 'density', 'coverage']
    assert quality['coverage'].expected > 0.9
    assert genmod.copies(x, y, x)['equal'] == 1
    found = genmod.modes(x, [[0.0, 0.0], [9.0, 9.0]], 1.0)
    assert found['found'] == 1 and found['count'][1] == 0


def test_measures_refuse_what_does_not_go_together():
    with pytest.raises(ValueError, match='two kinds: a discrete and a gauss'):
        genmod.kl([0.5, 0.5], (0.0, 1.0))
    with pytest.raises(ValueError, match=r'no renyi\(\) of a discrete'):
        genmod.renyi([0.5, 0.5], [0.5, 0.5], 2)
    with pytest.raises(genmod.Error, match='sum'):
        genmod.kl([0.5, 0.4], [0.5, 0.5])
    with pytest.raises(ValueError, match='numbers of outcomes'):
        genmod.kl([0.5, 0.5], [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match='wants limits'):
        genmod.entropy(lambda x: x[:, 0])


@pytest.mark.parametrize('mean, share, match', [
    (np.zeros((3, 1)), None, r'mean has the shape \(3, 1\), not \(k, 2\)'),
    (np.zeros((3, 2, 1)), None, 'mean has the shape'),
    (np.zeros((3, 2)), [1.0], r'share has the shape \(1,\), not \(3,\)'),
    (np.zeros((3, 2)), [[0.2, 0.3, 0.5]], 'share has the shape')])
def test_modes_measures_its_arrays(mean, share, match):
    rows = np.ones((6, 2))
    for y in (rows, genmod.Data(rows)):
        with pytest.raises(ValueError, match=match):
            genmod.modes(y, mean, 1.0, share=share)


def test_a_word_that_is_none_is_refused_with_those_that_are():
    X = blobs()
    unit = "unit is 'x', not one of 'nats', 'bits'"
    with pytest.raises(ValueError, match=unit):
        genmod.kl([0.5, 0.5], [0.5, 0.5], unit='x')
    for p in ((0.0, 1.0), X, genmod.GaussianMixture().fit(X)):
        with pytest.raises(ValueError, match=unit):
            genmod.entropy(p, unit='x')
    with pytest.raises(ValueError, match="what is None, not one of 'mean'"):
        genmod.VAE(epochs=1).fit(X).reconstruct(X, what=None)
    with pytest.raises(ValueError, match="path is 'x', not one of 'linear'"):
        genmod.VAE(epochs=1).fit(X).interpolate(X, X, path='x')
    with pytest.raises(ValueError, match="kind is 'x', not one of 'real'"):
        genmod.Data(X, kinds=['real', 'x', 'real'])


# ---- the page

def test_the_code_of_the_page_runs():
    found = doctest.testfile(str(PACKAGE / 'README.md'),
                             module_relative=False,
                             optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert found.attempted > 30 and found.failed == 0
    assert doctest.testmod(genmod).failed == 0
