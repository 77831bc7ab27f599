"""What the estimators share. Their parameters are the library's options: names,
defaults and words come from what it says of them."""
import contextlib
import difflib
import inspect
import textwrap

import numpy as np

from ._handles import F32, Config, Data, Model
from ._progress import Line, watcher
from ._sklearn import BaseEstimator, NotFittedError, check_columns

# What a fit sets first; the rest is read from the model.
LEARNED = ('model_', 'n_features_in_', 'feature_names_in_', 'classes_')
CASTS = {'i64': int, 'f64': float, 'str': str}


# ---- parameters out of describe()

def is_switch(option):
    return (option.type, option.minimum, option.maximum) == ('i64', '0', '1')


def default_of(option):
    cast = CASTS[option.type]
    return bool(int(option.default)) if is_switch(option) else cast(
        option.default)


def sort_of(option):
    if is_switch(option):
        return 'bool'
    if option.choices:
        return '{' + ', '.join(map(repr, option.choices.split('|'))) + '}'
    return {'i64': 'int', 'f64': 'float', 'str': 'str'}[option.type]


def entry(name, sort, default, words):
    """One parameter of a docstring, as numpydoc has it."""
    words = textwrap.fill(words, 75, break_on_hyphens=False)
    return (f'{name} : {sort}, default={default!r}\n' +
            textwrap.indent(words, '    '))


class Word:
    """Another word for a parameter."""

    def __init__(self, key):
        self.key = key

    def __get__(self, obj, owner=None):
        return self if obj is None else getattr(obj, self.key)

    def __set__(self, obj, value):
        setattr(obj, self.key, value)


def constructor(parameters, words):
    """An __init__ that stores, whose signature is the parameters."""
    def __init__(self, **named):
        named = rename(named, words)
        for key in named:
            if key not in parameters:
                near = difflib.get_close_matches(key, parameters, 1)
                raise TypeError(f'{type(self).__name__} has no parameter '
                                f'{key!r}' +
                                (f': {near[0]!r}?' if near else ''))
        for key, p in parameters.items():
            setattr(self, key, named.get(key, p.default))

    own = inspect.Parameter('self', inspect.Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = inspect.Signature([own, *parameters.values()])
    return __init__


def rename(named, words):
    out = {}
    for key, value in named.items():
        key = words.get(key, key)
        if key in out:
            raise TypeError(f'{key!r} is given twice')
        out[key] = value
    return out


class Estimator(BaseEstimator):
    """What the five share. `family` is the library's prefix, `fixed` options
    that a class has set for good, `without` options that it has no use for,
    `words` other names of parameters, and `extra` parameters that are not
    options."""
    family = None
    fixed, without = {}, ()
    words = {'random_state': 'seed', 'verbose': 'progress'}
    extra = {
        'threads': (1, 'int', 'threads that a call may use; its results do not '
                    'depend on them'),
        'progress': (False, 'bool or callable', 'True: a line on stderr that '
                     'follows training, by tqdm where it is installed; a '
                     'callable gets the report at every minibatch or block of '
                     'rows, and ends training when it returns True'),
    }

    def __init_subclass__(cls, **named):
        if vars(cls).get('family'):
            cls._build()
        super().__init_subclass__(**named)

    @classmethod
    def _build(cls):
        config, kind = Config(cls.family), inspect.Parameter.KEYWORD_ONLY
        cls._parameters, entries = {}, []
        cls._options = {
            key: config.describe(key) for key in config.keys()
            if key not in cls.fixed and key not in cls.without}
        known = [(key, default_of(o), sort_of(o),
                  o.help + (f' [{o.unit}]' if o.unit else ''))
                 for key, o in cls._options.items()]
        extra = [(key, *e) for c in reversed(cls.__mro__)
                 for key, e in vars(c).get('extra', {}).items()]
        for key, default, *said in known + extra:
            cls._parameters[key] = inspect.Parameter(key, kind, default=default)
            entries.append(entry(key, said[0], default, said[1]))
        for word, key in cls.words.items():
            setattr(cls, word, Word(key))
        cls.__init__ = constructor(cls._parameters, cls.words)
        cls.__doc__ = (inspect.cleandoc(cls.__doc__) + '\n\nParameters\n'
                       '----------\n' + '\n'.join(entries) + '\n')

    def set_params(self, **params):
        return super().set_params(**rename(params, self.words))

    # ---- tags

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._can_miss()
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ['float64', 'float32']
        return tags

    def _more_tags(self):  # before scikit-learn 1.6
        return {'allow_nan': self._can_miss(),
                'preserves_dtype': ['float64', 'float32']}

    def _can_miss(self):
        return False

    def __sklearn_is_fitted__(self):
        return 'model_' in vars(self)

    # ---- what goes in

    def _config(self, **more):
        config = Config(self.family)
        settings = {**self.fixed, **{key: self._setting(key)
                                     for key in self._options}, **more}
        for key, value in settings.items():
            if value is not None:
                config[key] = value
        return config

    def _setting(self, key):
        """A parameter as the library knows it; None for its default."""
        value = getattr(self, key)
        return seed_of(value) if key == 'seed' else value

    def _data(self, X, reset=False, labels=None, weights=None, missing=False):
        """X as Data, which it may be."""
        if not reset:
            self._fitted()
        data = X if isinstance(X, Data) else Data(
            X, labels=labels, weights=weights,
            missing=missing or self._can_miss())
        check_columns(self, X if hasattr(X, 'columns') else data.array, reset)
        return data

    def _codes(self, Z):
        return Z if isinstance(Z, Data) else Data(Z)

    def _learned(self, key):
        """An option of the fit, whatever the parameter says by now."""
        return self._fitted().config()[key]

    def _fitted(self):
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f'This {type(self).__name__} instance is not fitted yet. Call '
                "'fit' with appropriate arguments before using this estimator.")
        return self.model_

    # ---- training

    def _training_data(self, X, y, sample_weight):
        if not isinstance(X, Data):
            return self._data(X, True, self._labels(y), sample_weight)
        if sample_weight is not None:
            raise ValueError('X is a Data: give it the weights')
        labels = self._labels(X.labels if y is None else y)
        if labels is not None:
            X.labels = X.set_labels(labels)
        return self._data(X, True)

    def _labels(self, y):
        return None

    def _prepare(self, model, data):
        """First parameters of the caller's own, of which training goes on."""

    @contextlib.contextmanager
    def _attempt(self):
        """A training call; one that fails before its first step is complete
        leaves what there was."""
        before = {key: vars(self)[key] for key in LEARNED if key in vars(self)}
        try:
            yield
        except BaseException:
            model = vars(self).get('model_')
            if model is before.get('model_') or not model.fitted:
                for key in LEARNED:
                    vars(self).pop(key, None)
                vars(self).update(before)
            raise

    def _learn(self, model, *arguments):
        """Fit it; the caller's callback may use it meanwhile."""
        watch = watcher(self.progress, self)
        self.model_ = model
        try:
            model.train('fit', *arguments, progress=watch,
                        threads=self.threads)
        finally:
            if isinstance(watch, Line):
                watch.close(model.report())

    def _model(self, data):
        """A new model, or with warm_start the one that there is."""
        if self.warm_start and self.__sklearn_is_fitted__():
            self.model_.call('configure', self._config())
            return self.model_
        model = Model(self.family, self._config())
        self._prepare(model, data)
        return model

    def cancel(self):
        """End the training that is under way, from another thread: fit()
        raises Cancelled there, and keeps the steps that are complete."""
        running = self.__dict__.get('model_')
        if running is not None:
            running.cancel()

    # ---- what comes out

    def _rows(self, verb, data, columns, *arguments, dtype=None, long=False):
        """A call that gives something for each row."""
        typed = dtype is None
        dtype = dtype or (np.float32 if data.type == F32 else np.float64)
        out = np.empty((len(data), *columns), dtype)
        kind = (data.type,) if typed else ()
        self._fitted().call(verb, data, *arguments, *kind, out.nbytes,
                            out.ctypes.data, long=long, threads=self.threads)
        return out

    def _one(self, verb, data, *arguments):
        out = np.empty(1)
        self._fitted().call(verb, data, *arguments, out.ctypes.data,
                            threads=self.threads)
        return float(out[0])

    @property
    def report_(self):
        """What training had to say: a dict of numbers, and of series as
        arrays."""
        return dict(self._fitted().report())

    # ---- bytes

    def to_bytes(self, checkpoint=False):
        """The fitted model as a safetensors file. A checkpoint holds what
        training needs to go on bit for bit, too (networks; a mixture's file
        always does)."""
        m = self._fitted()
        return m.save('checkpoint' if checkpoint and self.family != 'gmm'
                      else 'save')

    @classmethod
    def from_bytes(cls, data):
        """The estimator that to_bytes(), or the library, wrote; parameters and
        all."""
        m = Model.loaded(cls.family, bytes(data))
        config = m.config()
        for key, value in cls.fixed.items():
            if config[key] != value:
                raise ValueError(f'the file is of {key} {config[key]!r}, not '
                                 f'{value!r}')
        new = cls(**{key: (bool(int(config[key])) if is_switch(o) else
                           CASTS[o.type](config[key]))
                     for key, o in cls._options.items()})
        new.model_, new.n_features_in_ = m, m.number('dimension')
        new._read()
        return new

    def _read(self):
        """Set the attributes that a fit leaves beside the model."""


def seed_of(value):
    """A number of what may be one, a generator, or None: of chance."""
    if value is None:
        value = np.random
    if isinstance(value, np.random.Generator):
        return int(value.integers(2**31 - 1))
    if hasattr(value, 'randint'):
        return int(value.randint(2**31 - 1))
    return value


class Parameter:
    """An array of the model, read when it is asked for."""

    def __init__(self, name, shape, words):
        self.name, self.shape, self.__doc__ = name, shape, words

    def __get__(self, obj, owner=None):
        if obj is None:
            return self
        if not obj.__sklearn_is_fitted__():
            raise AttributeError(f'{type(obj).__name__} is not fitted')
        return self.shape(obj, obj.model_.array(self.name)).astype(obj.dtype_)
