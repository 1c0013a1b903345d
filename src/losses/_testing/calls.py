"""Law 6 and sections 3 to 5: what is returned, what is left alone, and what is refused."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from losses._testing.compare import identical, named
from losses._testing.failure import BROADCAST, IN_PLACE, OVERFLOW, Cause, Failure, place
from losses._testing.laws import CALLED, OUT, TOGETHER, UNCHANGED
from losses._testing.subject import Arrays, Subject, shared, size
from losses._types import Array

RETURNED = 'section 2: value is a number (under "none" an array), grad and hess have the predictions\' shape'
REFUSED = "section 3: nothing is broadcast; arrays whose shapes don't fit are refused"
FINITE = "section 5: results are finite for moderate arguments"


def what_is_returned(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless results have the type and the shape that the reduction and the predictions ask for."""
    arguments = {**arrays, "sample_weight": weight}
    for reduction, variant in subject.each("mean", "sum", "none").items():
        value = np.asarray(variant.call("value", arrays, weight))
        if value.ndim and reduction in ("mean", "sum"):
            numbers = [("shape of value", str(value.shape)), (f'under reduction="{reduction}"', "a single number")]
            raise Failure(variant, RETURNED, arguments, numbers, [BROADCAST])
        if value.dtype.kind not in "fiu":
            numbers = [("dtype of value", str(value.dtype)), ("expected", "a real number")]
            raise Failure(variant, RETURNED, arguments, numbers)
        for method, derivatives in variant.every_derivative(arrays, weight).items():
            _have_shapes(variant, method, derivatives, arrays, weight)


def _have_shapes(subject: Subject, method: str, derivatives: list[Array], arrays: Arrays, weight: Any) -> None:
    """Raise unless derivatives have the shapes of the predictions."""
    if len(derivatives) != len(subject.predictions):
        numbers = [
            (f"arrays that {method} returns", str(len(derivatives))),
            ("predictions", ", ".join(subject.predictions)),
        ]
        raise Failure(subject, RETURNED, {**arrays, "sample_weight": weight}, numbers)
    for k, (array, name) in enumerate(zip(derivatives, subject.predictions, strict=True)):
        if array.shape != np.shape(arrays[name]):
            numbers = [(f"shape of {named(method, k, len(derivatives))}", str(array.shape))]
            numbers.append((f"shape of {name}", str(np.shape(arrays[name]))))
            raise Failure(subject, RETURNED, {**arrays, "sample_weight": weight}, numbers, _shapes(array, arrays[name]))


def _shapes(array: Array, prediction: Any) -> list[Cause]:
    """Return what a wrong shape tells."""
    if array.size < np.size(prediction):
        return [Cause("reduced", "the derivatives are summed or averaged over samples: return one for each prediction")]
    return [BROADCAST]


def parts_are_the_same(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless `value_and_grad` is `value` and `grad`, and a call is `value`, bit for bit."""
    for variant in subject.each("mean", "sum", "none").values():
        value = variant.call("value", arrays, weight)
        if callable(variant.loss):
            identical(
                variant, CALLED, arrays, weight, "loss(…)", variant.call("__call__", arrays, weight), "value", value
            )
        if variant.has("value_and_grad"):
            both = variant.call("value_and_grad", arrays, weight)
            identical(variant, TOGETHER, arrays, weight, "value of value_and_grad", both[0], "value", value)
            grads = variant.derivatives("grad", arrays, weight)
            for k, (one, grad) in enumerate(zip(variant.listed(both[1]), grads, strict=True)):
                label = named("grad", k, len(grads))
                identical(variant, TOGETHER, arrays, weight, f"{label} of value_and_grad", one, label, grad)


def out_receives_the_same_bits(
    subject: Subject, arrays: Arrays, weight: Any = None, place_for: Callable[[Array], Array] | None = None
) -> None:
    """Raise unless ``out=`` is filled with the same bits and returned; in this library, also if it is a prediction.

    `place_for` takes a result and returns the array that `out` gets for it, of its shape and dtype.
    """
    place_for = place_for or (lambda result: np.full(result.shape, np.nan, result.dtype))
    for variant in subject.each("mean", "sum", "none").values():
        for method in WITH_OUT:
            if not variant.takes(method, "out"):
                continue
            try:
                expected = _filling(method, variant.call(method, arrays, weight))
            except NotImplementedError:
                continue
            outs = [[place_for(array) for array in variant.listed(part)] for part in expected]
            _filled(variant, method, arrays, weight, expected, outs)
            if variant.is_library_loss and len(expected) == 1:
                results = zip(variant.predictions, variant.listed(expected[0]), strict=True)
                mine = [np.array(arrays[name], dtype=result.dtype) for name, result in results]
                own = {**arrays, **dict(zip(variant.predictions, mine, strict=True))}
                if not all(_lie_alike(arrays[name], own[name]) for name in variant.predictions):
                    expected = _filling(method, variant.call(method, own, weight))  # which may be rounded differently
                _filled(variant, method, own, weight, expected, [mine])


WITH_OUT = ("grad", "hess", "curvature", "value_and_grad", "grad_and_curvature")


def _lie_alike(array: Any, copy: Array) -> bool:
    """Return whether an array and a copy of its numbers are the same to NumPy, which so rounds them alike."""
    if not isinstance(array, np.ndarray) or array.dtype != copy.dtype:
        return False
    return array.strides == copy.strides and array.flags.aligned == copy.flags.aligned


def _filling(method: str, result: Any) -> list[Any]:
    """Return the derivatives among what a method returns, each an array or a tuple of them."""
    if method == "value_and_grad":
        return [result[1]]
    return list(result) if method == "grad_and_curvature" else [result]


def _filled(
    subject: Subject, method: str, arrays: Arrays, weight: Any, expected: list[Any], outs: list[list[Array]]
) -> None:
    """Raise unless `outs` are what a method returns, and hold what is expected."""
    before = {name: np.array(array) for name, array in arrays.items()}
    given = [one[0] if len(one) == 1 else tuple(one) for one in outs]
    out = tuple(given) if method == "grad_and_curvature" else given[0]
    results = _filling(method, subject.call(method, arrays, weight, out=out))
    for result, places, wanted in zip(results, outs, expected, strict=True):
        for k, (array, place_, one) in enumerate(
            zip(subject.listed(result), places, subject.listed(wanted), strict=True)
        ):
            label = named(method, k, len(places))
            identical(subject, OUT, before, weight, f"out of {label}", place_, f"{label} without out", one)
            identical(subject, OUT, before, weight, f"{label} with out", array, f"{label} without out", one)
            if array is not place_ and subject.is_library_loss:
                raise Failure(subject, OUT, {**before, "sample_weight": weight}, [(label, "another array than out")])


def arguments_are_unchanged(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise if a method changes one of its arguments, which it gets in copies; what it returns is remembered."""
    before = {**arrays, "sample_weight": weight}
    contents = {name: np.asarray(array).tobytes() for name, array in before.items() if array is not None}
    for variant in subject.each("mean", "sum", "none").values():
        for method in ("value", "grad", "hess", "value_and_grad", "curvature", "grad_and_curvature"):
            if not variant.has(method):
                continue
            given = {name: np.array(before[name]) for name in contents}
            weights = given.pop("sample_weight", None)
            try:
                result = variant.call(method, given, weights)
            except NotImplementedError:
                continue
            for name, array in {**given, "sample_weight": weights}.items():
                if array is not None and array.tobytes() != contents[name]:
                    numbers = [(f"{name} before", before[name]), (f"{name} after {method}", array)]
                    raise Failure(variant, UNCHANGED, before, numbers, [IN_PLACE])
            variant.remember(method, arrays, weight, result)


# ------------------------------------------------------------------------------------------------------- shapes


def nothing_is_broadcast(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise if a method takes arrays whose shapes don't fit: ``(n,)`` against ``(n, 1)``, and of another length."""
    if size(subject, arrays) < 2:
        return
    for name, misfit in _misfits(subject, arrays, weight):
        for method in ("value", "grad"):
            changed = {**arrays, "sample_weight": weight, name: misfit}
            weights = changed.pop("sample_weight")
            try:
                result = subject.call(method, changed, weights)
            except Exception:  # whatever a loss of another author raises
                continue
            shown = np.asarray(result) if len(subject.predictions) == 1 or method == "value" else np.asarray(result[0])
            numbers: list[tuple[str, Any]] = [(f"shape of {n}", str(np.shape(a))) for n, a in changed.items()]
            if weights is not None:
                numbers.append(("shape of sample_weight", str(np.shape(weights))))
            numbers += [(method, shown if shown.size < 20 else f"shape {shown.shape}"), ("expected", "a ValueError")]
            raise Failure(subject, REFUSED, {**changed, "sample_weight": weights}, numbers, [BROADCAST])


def _misfits(subject: Subject, arrays: Arrays, weight: Any) -> Iterator[tuple[str, Array]]:
    """Yield names of arrays, and what doesn't fit the others in their place."""
    count = size(subject, arrays)
    single = getattr(subject.loss, "scalars", ())
    for name, value in {**arrays, "sample_weight": weight}.items():
        array = np.asarray(value)
        if value is None or array.ndim == 0 or len(array) != count or name in shared(subject):
            continue
        yield name, array[..., np.newaxis]
        yield name, array[:1]
        if name not in single and name != "sample_weight":
            yield name, array[:-1]


# ------------------------------------------------------------------------------------------------------- large numbers


def results_are_finite(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise if a result isn't finite though all the arguments are, unless the loss grows exponentially."""
    arguments = {**arrays, "sample_weight": weight}
    for variant in subject.each("mean", "sum", "none").values():
        every = variant.results(arrays, weight)
        every.pop("curvature", None)  # which may be 1/σ² of a tiny scale
        for method, results in every.items():
            for k, result in enumerate(results):
                bad = ~np.isfinite(result)
                if not bad.any():
                    continue
                if method == "value" and _grows_exponentially(variant, arrays, weight):
                    return
                index = tuple(int(i) for i in np.argwhere(bad)[0]) if result.ndim else ()
                label = place(named(method, k, len(results)), index)
                numbers = [(label, result[index]), ("expected", "a finite number, for finite arguments")]
                raise Failure(variant, FINITE, arguments, numbers, [OVERFLOW])


def _grows_exponentially(subject: Subject, arrays: Arrays, weight: Any) -> bool:
    """Return whether the loss truly gets too large for a float: it grows by orders when predictions are doubled."""
    largest = max(float(np.abs(arrays[name]).max()) for name in subject.predictions)

    def at(bound: float) -> float:
        scaled = {name: np.asarray(arrays[name]) * min(1.0, bound / largest) for name in subject.predictions}
        return abs(_or_nan(lambda: subject.total({**arrays, **scaled}, weight)))

    sizes = [at(bound) for bound in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)]
    pairs = itertools.pairwise(sizes)
    return any(np.isfinite(two) and two > 1e5 * (subject.scale + one) for one, two in pairs)


def _or_nan(function: Callable[[], float]) -> float:
    try:
        return function()
    except (ValueError, ArithmeticError):
        return float("nan")
