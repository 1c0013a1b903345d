"""Dtypes and kinds of array (section 4 of the contract)."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losses import MAE, MSE, BinaryCrossEntropy, CategoricalCrossEntropy, ElementwiseLoss, Poisson, ResidualLoss
from problems import flatten, methods, reductions, slopes, some_of, typical, weights_of
from registry import CASES, SMALL_BLOCK, Problem, as_one, call, in_dtype, names, negative, predictions

FLOATS = [np.float16, np.float32, np.float64, np.longdouble]
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]

each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_float = pytest.mark.parametrize("dtype", FLOATS)


# -------------------------------------------------------------------------------------------------- kinds of array


def memory_mapped(array, directory):
    path = directory / f"{id(array)}.npy"
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def misaligned(array, directory):
    raw = np.empty(array.nbytes + 1, np.uint8)
    moved = raw[1:].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


def read_only(array, directory):
    array = array.copy()
    array.flags.writeable = False
    return array


KINDS = {
    "lists": lambda array, directory: array.tolist(),
    "tuples": lambda array, directory: tuple(map(tuple, array.tolist())) if array.ndim == 2 else tuple(array.tolist()),
    "lists of arrays": lambda array, directory: list(array),
    "read-only": read_only,
    "strided": lambda array, directory: np.repeat(array, 3, axis=0)[::3],
    "reversed": lambda array, directory: np.ascontiguousarray(array[::-1])[::-1],
    "strided along the last axis": lambda array, directory: np.repeat(array, 2, axis=-1)[..., ::2],
    "Fortran-ordered": lambda array, directory: array.copy(order="F"),
    "byte-swapped": lambda array, directory: array.astype(array.dtype.newbyteorder()),
    "memory-mapped": memory_mapped,
    "misaligned": misaligned,
    "matrix or subclass": lambda array, directory: array.view(type("Subclass", (np.ndarray,), {})),
    "array protocol": lambda array, directory: type("Wrapper", (), {"__array__": lambda self, *a, **k: array})(),
    "buffer": lambda array, directory: memoryview(array),
}


@each_case
@pytest.mark.parametrize("n", [6, SMALL_BLOCK + 1])
@pytest.mark.usefixtures("small_blocks")
def test_every_kind_of_array_gives_the_same_numbers(case, n, tmp_path):
    if case.unit not in ("element", "row"):
        n = min(n, 300)  # rankings are converted as a whole
    problem, weight = typical(case, n), weights_of(n)
    expected = {method: flatten(call(case.loss, method, problem, sample_weight=weight)) for method in methods(case)}
    for kind, convert in KINDS.items():
        if n > 6 and ("list" in kind or "tuple" in kind):
            continue  # they become arrays before anything else
        other, other_weight = problem.map(lambda array: convert(array, tmp_path)), convert(weight, tmp_path)  # noqa: B023
        for method in methods(case) if n == 6 else some_of(f"{case} {kind}", methods(case), 2):
            found = flatten(call(case.loss, method, other, sample_weight=other_weight))
            for a, b in zip(expected[method], found, strict=True):
                np.testing.assert_array_equal(a, b, err_msg=kind)
                assert type(b) is np.ndarray, kind
                assert b.dtype == np.float64, kind
                assert b.dtype.isnative, kind


@each_case
def test_tables_give_the_same_numbers(case):
    pandas = pytest.importorskip("pandas")
    problem, weight = typical(case, 6), weights_of(6)
    index = [f"row {i}" for i in range(6)]

    def table(array):
        kinds = {1: pandas.Series, 2: pandas.DataFrame}
        return kinds[array.ndim](array, index=index[: len(array)]) if array.ndim in kinds else array

    for method in methods(case):
        expected = flatten(call(case.loss, method, problem, sample_weight=weight))
        found = flatten(call(case.loss, method, problem.map(table), sample_weight=table(weight)))
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["int8", "UInt8", "Int64", "Float32", "Float64", "boolean", "bool", "float16"])
def test_pandas_columns_without_missing_values_are_accepted(dtype):
    pandas = pytest.importorskip("pandas")
    if dtype == "float16":
        pytest.importorskip("pandas", minversion="3")
    column = pandas.Series([1, 0, 1], dtype=dtype)
    assert MSE().value(column, [1.0, 1.0, 1.0]) == pytest.approx(1 / 3)
    assert MSE().value(column, column, sample_weight=column) == 0


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "float64", "object"])
def test_missing_values_in_pandas_columns_never_pass_for_numbers(dtype):
    pandas = pytest.importorskip("pandas")
    column = pandas.Series([1, None, 0], dtype=dtype)
    if dtype in ("Int64", "Float64", "boolean"):
        with pytest.raises(TypeError, match=r"^y_true has missing values; .*sample_weight of 0"):
            MSE().value(column, [1.0, 1.0, 1.0])
    elif dtype == "float64":  # pandas makes them NaN
        assert np.isnan(MSE(reduction="none").value(column, [1.0, 1.0, 1.0])[1])
        with pytest.raises(ValueError, match=r"^y_true\[1\] is nan"):
            BinaryCrossEntropy().value(column, [0.5, 0.5, 0.5])
    else:
        with pytest.raises(TypeError, match=r"^y_true .*dtype object"):
            MSE().value(column, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("case", [case for case in CASES if case.unit == "element"], ids=str)
def test_a_single_sample_may_be_a_python_number(case):
    sign = -1 if negative in case.arrays.values() else 1
    numbers = Problem({name: sign * 0.25 if name in case.loss.signature.predictions else 1.0 for name in case.names})
    first = names(case.loss)[0]
    ones = (1, 1.0, True, np.float64(1), np.bool_(True)) if sign == 1 else (-1, -1.0, np.float64(-1))
    for number, method in itertools.product(ones, methods(case)):
        single = numbers.replace(**{first: number})
        found = flatten(call(case.loss, method, single))
        expected = flatten(call(case.loss, method, single.map(lambda number: [float(number)])))
        for a, b in zip(found, expected, strict=True):
            assert a.shape == ()
            assert a == b.ravel()[0]


# ------------------------------------------------------------------------------------------------ dtype of results


@each_case
def test_derivatives_have_the_floating_dtype_of_the_predictions(case):
    for dtype in FLOATS:
        check_dtype_of_derivatives(case, dtype)


def check_dtype_of_derivatives(case, dtype):
    problem = typical(case, 9, dtype)
    swapped = in_dtype(case.loss, problem, np.dtype(dtype).newbyteorder())
    for given_problem in (problem, swapped):
        for method in methods(case)[1:]:
            for reduction in reductions(case):
                found = slopes(method, call(case.with_reduction(reduction), method, given_problem))
                for result, like in zip(found, predictions(case.loss, problem), strict=True):
                    assert result.dtype == dtype
                    assert result.dtype.isnative
                    assert result.shape == like.shape
        if "none" in reductions(case):
            assert call(case.with_reduction("none"), "value", given_problem).dtype == dtype


@each_case
def test_integer_predictions_give_float64(case):
    problem = typical(case, 9)
    least = 0.0 if case.loss == Poisson(log_input=False) else 0.5  # whose predictions are positive
    below = negative in case.arrays.values()
    for dtype, method in itertools.product([np.bool_, *INTEGERS], methods(case)):
        if below and not np.issubdtype(dtype, np.signedinteger):
            continue
        whole = problem.map(
            lambda array: (np.floor(array) if below else array > least).astype(dtype),  # noqa: B023
            *case.loss.signature.predictions,
        )
        as_float = in_dtype(case.loss, whole, np.float64)
        found, expected = call(case.loss, method, whole), call(case.loss, method, as_float)
        for a, b in zip(flatten(found), flatten(expected), strict=True):
            assert a.dtype == np.float64
            np.testing.assert_array_equal(a, b)


@each_case
def test_the_dtype_of_the_targets_never_changes_that_of_the_result(case):
    for dtype, target in itertools.product(FLOATS, [np.float16, np.float64, np.longdouble]):
        check_dtype_of_targets(case, dtype, target)


def check_dtype_of_targets(case, dtype, target):
    problem = typical(case, 9, dtype)
    for method in methods(case):
        others = [name for name in case.names if name not in (*case.loss.signature.predictions, "qid")]
        other = problem.map(lambda array: (array * 1.0).astype(target), *others) if others else problem
        loss = case.with_reduction(reductions(case)[-1])
        found = flatten(call(loss, method, other, sample_weight=np.ones(9, np.longdouble)))
        if method.startswith("value") and case.unit == "mixed":
            found = found[1:]  # without a Python float
        assert all(array.dtype == dtype for array in found)


@each_case
def test_means_and_sums_are_python_floats(case):
    for dtype, reduction in itertools.product(FLOATS, ["mean", "sum"]):
        problem, loss = typical(case, 9, dtype), case.with_reduction(reduction)
        assert type(call(loss, "value", problem)) is float
        assert type(call(loss, "value_and_grad", problem, sample_weight=np.ones(9, dtype))[0]) is float


@each_case
def test_float16_is_computed_in_float32(case):
    half = typical(case, 9, np.float16)  # without a probability that is clipped
    single = in_dtype(case.loss, half, np.float32)
    for method in methods(case):
        for reduction in reductions(case):
            loss = case.with_reduction(reduction)
            for a, b in zip(flatten(call(loss, method, half)), flatten(call(loss, method, single)), strict=True):
                np.testing.assert_array_equal(a, b.astype(a.dtype))


def test_float16_overflows_and_underflows_in_silence():
    with np.errstate(all="raise"):
        y_pred = np.array([300.0, 1e-4], np.float16)
        loss = MSE(reduction="none")
        np.testing.assert_array_equal(loss.value([0.0, 0.0], y_pred), np.array([np.inf, 0], np.float16))
        assert MSE(reduction="sum").value([0.0], y_pred[:1]) == 90_000.0
        grad = (1e3 * loss).grad([0.0, 0.0], y_pred)
        np.testing.assert_array_equal(grad, [np.inf, np.float16(1e3 * 2 * np.float32(y_pred[1]))])
        assert not (1e-9 * loss).grad([0.0, 0.0], y_pred)[1]


def test_longdouble_is_computed_as_such():
    if np.finfo(np.longdouble).eps == np.finfo(np.float64).eps:
        pytest.skip("longdouble is float64 here")
    tiny = np.finfo(np.longdouble).eps
    y_pred = np.array([1 + tiny, 1 - tiny], np.longdouble)
    np.testing.assert_array_equal(MSE(reduction="none").value([1.0, 1.0], y_pred), [tiny**2, tiny**2])
    np.testing.assert_array_equal(MAE(reduction="sum").grad([1.0, 1.0], y_pred), [1, -1])


# ------------------------------------------------------------------------------------------ conversion and rounding


@pytest.mark.parametrize("dtype", INTEGERS)
def test_no_integer_wraps(dtype):
    lowest, highest = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    y_true, y_pred = np.array([highest, lowest], dtype), np.array([lowest, highest], dtype)
    distance = float(highest) - float(lowest)
    assert MAE().value(y_true, y_pred) == distance
    np.testing.assert_array_equal(MSE(reduction="sum").grad(y_true, y_pred), [-2 * distance, 2 * distance])
    np.testing.assert_array_equal(MAE(reduction="none").value(y_true.astype(float), y_pred), [distance, distance])


@given(
    target=st.integers(-(2**63), 2**64 - 1),
    predicted=st.integers(0, 2**63).map(lambda i: np.float32(i)),
)
def test_integer_targets_are_rounded_once(target, predicted):
    array = np.array([target], np.int64 if target < 2**63 else np.uint64)
    residual = MAE(reduction="none").value(array, predicted[np.newaxis])
    np.testing.assert_array_equal(residual, [abs(predicted - _nearest_float32(target))])


def _nearest_float32(number: int) -> np.float32:
    """Round an integer to float32, to nearest, ties to even, in integer arithmetic."""
    shift = max(0, abs(number).bit_length() - 24)
    quotient, rest = divmod(abs(number), 1 << shift)
    quotient += 2 * rest > 1 << shift or (2 * rest == 1 << shift and quotient % 2)
    return np.float32(np.sign(number) * quotient) * np.float32(2.0**shift)


def test_a_target_that_two_roundings_would_spoil_is_rounded_once():
    # Halfway between two float32, plus a bit that float64 can't hold: rounding to float64 first gives the tie,
    # which goes to the even neighbour below.
    target = 2**62 + 2**38 + 1
    assert np.float32(np.float64(target)) == np.float32(2**62)
    predicted = np.array([2**62 + 2**39], np.float32)
    for dtype in (np.int64, np.uint64, np.dtype(">i8"), np.longdouble):
        if np.dtype(dtype).kind == "f" and np.finfo(dtype).nmant < 63:
            continue
        assert MAE().value(np.array([target], dtype), predicted) == 0
    half = np.float16(1)
    just_above = np.float64(1 + 2**-11 + 2**-40)  # rounds to 1 + 2^-10 in float16, to 1 + 2^-11 in float32
    assert MAE().value([just_above], [half]) != 0
    assert MAE().value(np.array([just_above]), np.array([half])) == 2.0**-11


@given(ids=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
def test_unsigned_class_ids_are_compared_before_conversion(ids):
    array = np.array(ids, np.uint64)
    logits = np.zeros((len(ids), 3))
    if max(ids) < 3:
        CategoricalCrossEntropy(from_logits=True).value(array, logits)
        return
    first = next(i for i, class_id in enumerate(ids) if class_id > 2)
    with pytest.raises(ValueError, match=rf"^y_true\[{first}\] is {ids[first]}, "):
        CategoricalCrossEntropy(from_logits=True).value(array, logits)


@pytest.mark.parametrize("dtype", [np.bool_, *INTEGERS, *FLOATS, ">i4", ">f8"])
def test_class_ids_may_have_any_dtype(dtype):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(6, 2))
    ids = np.array([0, 1, 1, 0, 1, 0])
    loss = CategoricalCrossEntropy(from_logits=True)
    for a, b in zip(loss.value_and_grad(ids.astype(dtype), logits), loss.value_and_grad(ids, logits), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.uint64, np.int64])
@pytest.mark.parametrize("big", [2**53 + 1, 2**62 + 1, 2**63 - 1, 2**63 + 1, 2**64 - 1])
def test_ignore_index_is_compared_exactly(dtype, big):
    if big > np.iinfo(dtype).max:
        return
    logits = np.array([[1.0, 2.0], [0.0, 5.0]])
    loss = CategoricalCrossEntropy(from_logits=True, ignore_index=big)
    assert loss.value(np.array([big, 1], dtype), logits) == loss.value([1], logits[1:])
    with pytest.raises(ValueError, match=rf"^y_true\[0\] is {big - 1}, "):
        loss.value(np.array([big - 1, 1], dtype), logits)


@pytest.mark.parametrize(("dtype", "digits"), [(np.float16, 11), (np.float32, 24), (np.float64, 53)])
def test_float_class_ids_are_compared_before_rounding(dtype, digits):
    last = 2**digits  # the first integer whose successor the dtype can't hold
    ids = np.array([last, 0], dtype)
    with pytest.raises(ValueError, match=r"^y_true\[0\] is "):
        CategoricalCrossEntropy(ignore_index=last + 1).value(ids, [[0.5, 0.5], [0.5, 0.5]])
    if digits == 11:
        y_pred = np.full((2, last + 1), 0.5)
        CategoricalCrossEntropy().value(ids, y_pred)
        with pytest.raises(ValueError, match="a class id must be an integer from 0 to 2047;"):
            CategoricalCrossEntropy().value(ids, y_pred[:, 1:])
        with pytest.raises(ValueError, match="a class id must be an integer from 0 to 2051;"):
            CategoricalCrossEntropy().value(np.array([2052.0], dtype), np.full((1, 2052), 0.5))


@pytest.mark.parametrize("ignored", [300, -(2**63), 2**64 - 1])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float16, np.float32])
def test_an_ignore_index_that_no_class_id_can_be_ignores_nothing(ignored, dtype):
    loss = CategoricalCrossEntropy(ignore_index=ignored)
    ids, y_pred = np.array([0, 1], dtype), [[0.5, 0.5], [0.25, 0.75]]
    assert loss.value(ids, y_pred) == CategoricalCrossEntropy().value(ids, y_pred)


@pytest.mark.parametrize("ignored", [2**64, -(2**63) - 1])
def test_an_ignore_index_fits_into_64_bits(ignored):
    with pytest.raises(ValueError, match=f"ignore_index must fit into 64 bits, got {ignored}"):
        CategoricalCrossEntropy(ignore_index=ignored)


# --------------------------------------------------------------------------------------------------- what is refused

REFUSED = {
    "complex": (np.array([1 + 0j, 2]), "complex128"),
    "a complex number": ([1j, 2.0], "complex128"),
    "object": (np.array([1.0, 2.0], object), "object"),
    "None in a list": ([1.0, None], "object"),
    "integers beyond 64 bits": ([2**70, 1], "object"),
    "strings": (["1", "2"], "<U1"),
    "bytes": (np.array([b"1", b"2"]), r"\|S1"),
    "new strings": (np.array(["1", "2"], np.dtypes.StringDType()), "StringDType"),
    "datetime": (np.array(["2026-01-01", "2026-01-02"], "M8[D]"), r"datetime64\[D\]"),
    "timedelta": (np.array([1, 2], "m8[s]"), r"timedelta64\[s\]"),
    "records": (np.array([(1, 2), (3, 4)], "i4,i4"), "f0"),
    "masked": (np.ma.array([1.0, 2.0], mask=[False, True]), "float64"),
    "masked without a mask": (np.ma.array([1, 2], np.int64), "int64"),
    "masked in a list": ([1.0, np.ma.masked], "float64"),
    "masked arrays in a list": ([np.ma.array(1.0), np.ma.array(2.0)], "float64"),
    "masked deep in a list": ([[1.0, np.ma.masked]], "float64"),
}


@each_case
def test_other_kinds_are_refused_by_name_and_dtype(case):
    problem = typical(case, 2)
    for name, (value, dtype) in itertools.product((*names(case.loss), "sample_weight"), REFUSED.values()):
        weight = value if name == "sample_weight" else None
        arrays = problem if name == "sample_weight" else problem.replace(**{name: value})
        for method in methods(case):
            with pytest.raises(TypeError, match=rf"^{name} .*{dtype}"):
                call(case.loss, method, arrays, sample_weight=weight)


@each_case
def test_none_is_no_array(case):
    problem = typical(case, 2)
    for name in case.loss.signature.positional + case.loss.signature.required:
        for method in methods(case):
            with pytest.raises(
                TypeError, match=rf"^{name} must .*dtype object|^{method}\(\) needs the argument '{name}': "
            ):
                call(case.loss, method, problem.replace(**{name: None}))


@pytest.mark.parametrize("name", ["y_true", "y_pred", "sample_weight"])
@pytest.mark.parametrize("make", ["csr_matrix", "csr_array", "coo_matrix", "coo_array", "lil_array", "dok_array"])
def test_sparse_matrices_are_refused_with_advice_that_works(name, make):
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[1.0, 0.0, 2.0]])
    arrays = {"y_true": dense, "y_pred": dense * 2, "sample_weight": dense}
    matrix = getattr(sparse, make)(arrays[name])
    with pytest.raises(TypeError, match=rf"^{name} is a sparse .*float64.*{name}\.toarray\(\)"):
        MSE().value(**{**arrays, name: matrix})
    assert MSE().value(**{**arrays, name: matrix.toarray()}) == MSE().value(**arrays)


def test_the_advice_about_masked_arrays_works():
    masked = np.ma.array([1.0, np.nan, 3.0], mask=[False, True, False])
    with pytest.raises(TypeError, match="pass its data, and sample_weight=~mask"):
        MSE().value(masked, [1.0, 2.0, 5.0])
    assert MSE().value(masked.data, [1.0, 2.0, 5.0], sample_weight=~masked.mask) == 2.0


# -------------------------------------------------------------------------------------------------------------- out


@pytest.mark.parametrize("method", ["grad", "hess"])
def test_an_unaligned_out_changes_no_bit_of_long_rows(method):
    """NumPy copies unaligned rows through a buffer, and adds them up in another order."""
    logits, ids = np.random.default_rng(0).normal(size=(3, 20_000)), [1, 5, 9]
    out = np.empty(logits.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(logits.shape)
    loss = CategoricalCrossEntropy(from_logits=True)
    np.testing.assert_array_equal(getattr(loss, method)(ids, logits, out=out), getattr(loss, method)(ids, logits))


class Subclass(np.ndarray):
    """An array that isn't quite one, as np.matrix is, given as `out`."""

    def reshape(self, *shape, **options):
        raise AssertionError("a subclass may do anything here")


@each_case
def test_results_are_written_to_out_whatever_its_layout(case):
    for dtype in FLOATS:
        check_layouts_of_out(case, dtype)


def check_layouts_of_out(case, dtype):
    problem = typical(case, 9, dtype)

    def layouts(shape):
        return [
            np.full(shape, np.nan, dtype),
            np.full(shape, np.nan, dtype, order="F"),
            np.full((3 * shape[0], *shape[1:]), np.nan, dtype)[::3],
            np.full(shape, np.nan, dtype)[::-1],
            np.full(shape, np.nan, dtype).view(Subclass),
        ]

    for method in methods(case)[1:]:
        expected = flatten(call(case.loss, method, problem))
        for outs in zip(*(layouts(array.shape) for array in predictions(case.loss, problem)), strict=True):
            found = call(case.loss, method, problem, out=as_one(outs))
            assert all(a is b for a, b in zip(slopes(method, found), outs, strict=True))
            for a, b in zip(flatten(found), expected, strict=True):
                np.testing.assert_array_equal(a, b)


def each_out(case, problem):
    """Return what stands for one of several outs in a message, and a function that puts an array in its place."""
    outs = [np.empty(array.shape, array.dtype) for array in predictions(case.loss, problem)]
    if len(outs) == 1:
        yield "out", outs[0].shape, lambda array: array
        return
    for k, out in enumerate(outs):
        yield rf"out\[{k}\]", out.shape, lambda array, k=k: (*outs[:k], array, *outs[k + 1 :])


@each_case
def test_out_must_have_the_shape_and_dtype_of_the_result(case):
    problem = typical(case, 6, np.float32)
    for name, shape, with_others in each_out(case, problem):
        wrong = [
            np.empty(shape, np.float64),
            np.empty(shape, np.float16),
            np.empty(shape, np.int32),
            np.empty(shape, np.dtype(np.float32).newbyteorder()),
            np.empty((*shape, 1), np.float32),
            np.empty((7, *shape[1:]), np.float32),
            np.empty(5, np.float32),
        ]
        for method, out in itertools.product(methods(case)[1:], wrong):
            with pytest.raises(ValueError, match=f"^{name} has shape") as caught:
                call(case.loss, method, problem, out=with_others(out))
            for part in (str(out.shape), str(out.dtype), str(shape), "float32"):
                assert part in str(caught.value)


@each_case
def test_out_must_be_an_array(case):
    problem = typical(case, 6)
    makers = [np.ma.zeros, lambda shape: np.zeros(shape).tolist(), lambda shape: bytearray(8)]
    for (name, shape, with_others), make in itertools.product(each_out(case, problem), makers):
        out = make(shape)
        for method in methods(case)[1:]:
            with pytest.raises(TypeError, match=f"^{name} must be a NumPy array, got {type(out).__name__}"):
                call(case.loss, method, problem, out=with_others(out))


@each_case
def test_out_must_be_writable(case):
    problem = typical(case, 6)
    for name, shape, with_others in each_out(case, problem):
        out = np.zeros(shape)
        out.flags.writeable = False
        for method in methods(case)[1:]:
            with pytest.raises(ValueError, match=f"^{name} is read-only"):
                call(case.loss, method, problem, out=with_others(out))


# ------------------------------------------------------------------------------------------------- a user's formula


@dataclass(frozen=True, kw_only=True)
class ZeroOne(ResidualLoss):
    """A loss whose hooks return bools and integers."""

    def formula(self, r):
        return np.abs(r) > 0.5

    def derivative(self, r):
        return np.zeros(r.shape, np.int8)


@dataclass(frozen=True, kw_only=True)
class Recorder(ElementwiseLoss):
    """A loss that refuses anything but what the hooks are promised."""

    def formula(self, y, p):
        assert y.ndim == p.ndim == 1
        assert y.dtype == p.dtype
        assert y.dtype.isnative
        assert not y.flags.writeable
        assert not p.flags.writeable
        assert y.flags.c_contiguous
        assert p.flags.c_contiguous
        return y + p

    def derivative(self, y, p):
        return np.ones_like(p)


@each_float
@pytest.mark.parametrize("n", [0, 10, 1000])
def test_hooks_may_return_bools_and_integers(dtype, n):
    y_pred = np.ones(n, dtype)
    assert ZeroOne(reduction="sum").value(np.zeros(n), y_pred) == n
    each = ZeroOne(reduction="none").value_and_grad(np.zeros(n), y_pred)
    assert [array.dtype for array in each] == [dtype, dtype]
    assert each[0].sum() == n
    assert not each[1].any()


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("predicted", ["f2", ">f4", "f8", "g", "i2", "?"])
@pytest.mark.parametrize("target", ["f2", ">f8", "u8", "?"])
def test_hooks_get_one_dimensional_read_only_arrays_of_one_dtype(shape, predicted, target):
    y_true, y_pred = np.ones(shape, target), np.ones(shape, predicted)
    assert Recorder().value_and_grad(y_true.T.copy().T, y_pred)[0] == 2.0


@pytest.mark.parametrize(
    ("returned", "dtype"), [(None, "NoneType of object"), (1j, "complex of complex128"), ("a", "str of <U1")]
)
def test_a_hook_that_returns_no_real_numbers_is_told_so(returned, dtype):
    wrong = type("Wrong", (ZeroOne,), {"formula": lambda self, r: returned})
    with pytest.raises(TypeError, match=f"formula must return an array of real numbers, got {dtype}"):
        wrong().value([1.0], [2.0])


def test_a_hook_that_returns_another_shape_is_told_so():
    wrong = type("Wrong", (ZeroOne,), {"formula": lambda self, r: r[:-1]})
    with pytest.raises(ValueError, match=r"formula returned an array of shape \(2,\) for samples of shape \(3,\)"):
        wrong().value([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    wrong = type("Wrong", (ZeroOne,), {"second_derivative": lambda self, r: r[:-1]})
    with pytest.raises(ValueError, match="second_derivative returned an array"):
        wrong().hess([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])


def test_binary_targets_may_be_bools_and_unsigned_integers():
    p = np.array([0.25, 0.75])
    expected = BinaryCrossEntropy().grad([0.0, 1.0], p)
    for dtype in [np.bool_, *INTEGERS]:
        np.testing.assert_array_equal(BinaryCrossEntropy().grad(np.array([0, 1], dtype), p), expected)
