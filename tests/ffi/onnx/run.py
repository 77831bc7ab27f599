"""Fits models with libgenmod, exports them, and asks onnxruntime for the same rows.

    GENMOD_LIBRARY=build/lib/libgenmod.so python3 tests/ffi/onnx/run.py

Each graph passes the checker's full check, which infers all shapes, and is run with
one row and with many. A difference counts relative to the library's own number, or
to the root mean square of its column where that is larger: numbers near 0 are sums
that cancel. Without onnx, onnxruntime or numpy it says so and ends
with 77, which meson takes for skipped.
"""
import importlib.util
import sys

SKIPPED = 77
BOUND = 1e-5


def main():
    absent = [name for name in ('numpy', 'onnx', 'onnxruntime')
              if importlib.util.find_spec(name) is None]
    if absent:
        print('left out: %s is not here' % ', '.join(absent))
        return SKIPPED
    import cases
    import onnx
    import tables
    import onnxruntime
    print('onnx %s, onnxruntime %s' % (onnx.__version__,
                                       onnxruntime.__version__))
    worst = 0
    for part in (cases.all_cases(), tables.tables()):
        for case in part:
            worst = max(worst, compare(*case))
    print('largest: %.2g, bound %g' % (worst, BOUND))
    return int(not worst < BOUND)


def compare(name, graph, given, wanted, multiple):
    """The largest difference of all outputs."""
    import onnx
    import onnxruntime
    model = onnx.load_model_from_string(graph)
    onnx.checker.check_model(model, full_check=True)
    check_form(model, given, wanted)
    session = onnxruntime.InferenceSession(
        graph, providers=['CPUExecutionProvider'])
    worst = 0
    for rows in (multiple, len(next(iter(given.values())))):
        part = {key: value[:rows] for key, value in given.items()}
        got = session.run(list(wanted), part)
        for (key, want), value in zip(wanted.items(), got):
            d = difference(want, value)
            if rows > multiple:
                print('%-52s %-16s %.2g' % (name, key, d))
            worst = max(worst, d)
    if not worst < BOUND:
        print('%s: FAIL' % name)
    return worst


def difference(want, got):
    """Of the first rows; NaN, and what is not 0 in a column of zeros, is infinite."""
    import numpy
    if want.shape[1:] != got.shape[1:]:
        raise ValueError('shape %s, wanted %s' % (got.shape, want.shape))
    part = want[:len(got)].astype(float)
    off = numpy.abs(part - got)
    if numpy.issubdtype(want.dtype, numpy.integer) or not off.any():
        return float(numpy.any(off))
    typical = numpy.sqrt(numpy.mean(want.astype(float)**2, axis=0))
    size = numpy.maximum(numpy.abs(part), typical)
    off = numpy.where(off > 0, off / numpy.where(size > 0, size, 1e-300), off)
    return float(numpy.max(numpy.where(off == off, off, numpy.inf)))


def check_form(model, given, wanted):
    """Names and sizes are those of the documents, and the batch is free."""
    assert [i.name for i in model.graph.input] == list(given)
    assert [o.name for o in model.graph.output] == list(wanted)
    assert model.producer_name == 'libgenmod'
    for port in list(model.graph.input) + list(model.graph.output):
        dims = port.type.tensor_type.shape.dim
        rows = (given | wanted)[port.name]
        assert dims[0].dim_param == 'batch', port.name
        assert [d.dim_value for d in dims][1:] == list(rows.shape[1:])
    tensors = {t.name for t in model.graph.initializer}
    read = {i for n in model.graph.node for i in n.input}
    assert tensors <= read, 'not read: %s' % (tensors - read)


if __name__ == '__main__':
    sys.exit(main())
