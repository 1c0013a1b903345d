"""The usual causes of wrong derivatives."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from losses._testing.failure import OVERFLOW, WEIGHTS_IGNORED, Cause
from losses._testing.subject import Arrays, Subject, size
from losses._types import Array


def of_slopes(
    subject: Subject, method: str, arrays: Arrays, weight: Any, claimed: Sequence[Array], expected: Sequence[Array]
) -> list[Cause]:
    """Return the causes that fit derivatives which aren't those of a function, the likeliest first.

    `expected` holds what was found by differences; where that agrees, or isn't known, what is claimed.
    """
    wrong = [~np.isclose(a, b, rtol=1e-6, atol=0) for a, b in zip(claimed, expected, strict=True)]
    if any(not np.isfinite(a[bad]).all() for a, bad in zip(claimed, wrong, strict=True)):
        return [OVERFLOW]
    causes = _swapped_predictions(subject, method, claimed, expected)
    causes += _at_points(subject, method, arrays, wrong)
    causes += _weights(subject, method, arrays, weight, claimed)
    causes += _factors(subject, method, arrays, weight, claimed, expected)
    causes += _transposed(claimed, expected)
    return causes + _same_for_all(subject, method, arrays, claimed, expected)


def ratio(claimed: Sequence[Array], expected: Sequence[Array]) -> float | None:
    """Return the number that all the expected numbers have to be multiplied by to give the claimed ones, if any."""
    a, b = (np.concatenate([np.ravel(array) for array in arrays]) for arrays in (claimed, expected))
    largest = int(np.argmax(np.abs(b))) if b.size else 0
    if not b.size or not b[largest] or not a[largest]:
        return None
    factor = float(a[largest] / b[largest])
    return factor if np.allclose(a, factor * b, rtol=1e-4, atol=1e-5 * np.abs(a).max()) else None


def _factors(
    subject: Subject, method: str, arrays: Arrays, weight: Any, claimed: Sequence[Array], expected: Sequence[Array]
) -> list[Cause]:
    """Return what a constant factor between claimed and expected derivatives tells."""
    factor = ratio(claimed, expected)
    if factor is None or np.isclose(factor, 1, rtol=1e-6):
        return []
    side = Cause("sign", f"{method} has the opposite sign: swap y_pred - y_true and y_true - y_pred, or negate it")
    causes = [side] if np.isclose(factor, -1, rtol=1e-3) else []
    twice = [
        Cause(
            f"factor {name}", f"{method} is off by a factor {name}, as of a square without its ½, or with one too many"
        )
        for number, name in ((2.0, "2"), (0.5, "½"))
        if np.isclose(abs(factor), number, rtol=1e-3)
    ]
    of_counts = []
    for count, what in _counts(subject, arrays, weight):
        if np.isclose(abs(factor), count, rtol=1e-3):
            of_counts.append(Cause("times n", f"{method} is that of the sum, not of the mean: divide by {what}"))
        if np.isclose(abs(factor), 1 / count, rtol=1e-3):
            of_counts.append(Cause("over n", f"{method} is divided by {what} once too often"))
    causes += twice + of_counts
    if factor < 0 and side not in causes:
        causes = [Cause(f"sign, {c.key}", f"{c.text}; and the sign is the opposite one") for c in causes]
    return [*causes, Cause("factor", f"{method} is {factor:.6g} times what it should be everywhere")]


def _counts(subject: Subject, arrays: Arrays, weight: Any) -> list[tuple[float, str]]:
    """Return the numbers that derivatives of means are divided by."""
    shape = np.shape(arrays[subject.predictions[-1]])
    n = size(subject, arrays)
    counts = [(float(n), f"the number of samples, n = {n}")]
    counts += [(float(k), f"the length of an axis, {k}") for k in shape[1:]]
    counts += [(float(np.prod(shape)), f"the number of elements, {int(np.prod(shape))}")]
    if weight is not None:
        counts.append((float(np.sum(weight)), "the sum of the weights"))
    if {"mean", "sum"} <= set(subject.reductions):
        mean, total = (subject.reduced(reduction).total(arrays, weight) for reduction in ("mean", "sum"))
        if mean:
            counts.append((total / mean, "what value is divided by"))
    if "qid" in arrays:
        counts.append((float(len(np.unique(arrays["qid"]))), "the number of queries"))
    return [(count, what) for count, what in counts if count > 1 or count < 1]


def _swapped_predictions(
    subject: Subject, method: str, claimed: Sequence[Array], expected: Sequence[Array]
) -> list[Cause]:
    """Return whether the derivatives of several predictions stand in the wrong order."""
    if len(claimed) < 2 or any(a.shape != claimed[0].shape for a in claimed):
        return []
    turned = [*expected[1:], expected[0]], [expected[-1], *expected[:-1]]
    if any(all(np.allclose(a, b, rtol=1e-5) for a, b in zip(claimed, turn, strict=True)) for turn in turned):
        names = ", ".join(subject.predictions)
        return [Cause("swapped", f"{method} returns its arrays in another order than the arguments, {names}")]
    return []


def _at_points(subject: Subject, method: str, arrays: Arrays, wrong: Sequence[Array]) -> list[Cause]:
    """Return whether the derivative is wrong at zero alone, of the residual or of the prediction."""
    bad = np.concatenate([np.ravel(one) for one in wrong])
    for what, at in _points(subject, arrays):
        if bad.any() and at.shape == bad.shape and at[bad].all():
            text = f"{method} is wrong at one point, {what}: np.sign, np.where or a quotient 0/0 there"
            return [Cause(f"at {what}", text)]
    return []


def _points(subject: Subject, arrays: Arrays) -> list[tuple[str, Array]]:
    """Return which entries of the predictions lie at points that are often forgotten."""
    first, *others = [np.asarray(arrays[name]) for name in subject.predictions]
    targets = [np.asarray(arrays[name]) for name in subject.positional if name not in subject.predictions]
    points = [("a prediction of 0", np.concatenate([np.ravel(array == 0) for array in (first, *others)]))]
    if targets and targets[0].shape == first.shape:
        points.insert(0, ("r = 0", np.ravel(first == targets[0])))
    elif targets and targets[0].shape == first.shape[:-1]:
        points.insert(0, ("r = 0", np.ravel(first == targets[0][..., np.newaxis])))
    return points


def _weights(subject: Subject, method: str, arrays: Arrays, weight: Any, claimed: Sequence[Array]) -> list[Cause]:
    """Return whether weights make no difference to the derivative."""
    if weight is None or len(np.unique(weight)) < 2:
        return []
    plain = subject.derivatives(method, arrays)
    same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(claimed, plain, strict=True))
    return [WEIGHTS_IGNORED] if same else []


def _transposed(claimed: Sequence[Array], expected: Sequence[Array]) -> list[Cause]:
    """Return whether the last two axes are exchanged."""
    for a, b in zip(claimed, expected, strict=True):
        square = a.ndim > 1 and a.shape[-1] == a.shape[-2] > 1
        if square and np.allclose(a, np.swapaxes(b, -1, -2), rtol=1e-5) and not np.allclose(a, b, rtol=1e-5):
            return [Cause("transposed", "the last two axes of an array are exchanged: a transposed argument")]
    return []


def _same_for_all(
    subject: Subject, method: str, arrays: Arrays, claimed: Sequence[Array], expected: Sequence[Array]
) -> list[Cause]:
    """Return whether the derivative doesn't distinguish samples, or belongs to arguments that changed places."""
    for a, b in zip(claimed, expected, strict=True):
        if a.ndim and len(a) > 2 and np.allclose(a, a[:1], rtol=1e-9) and not np.allclose(b, b[:1], rtol=1e-3):
            text = f"{method} is the same for every sample: something was summed over the samples, or broadcast"
            return [Cause("broadcast", text)]
    return _swapped_arguments(subject, method, arrays, claimed)


def _swapped_arguments(subject: Subject, method: str, arrays: Arrays, claimed: Sequence[Array]) -> list[Cause]:
    """Return whether the derivative is that of the loss with target and prediction exchanged."""
    from losses._testing.gradients import beside, differences

    if len(subject.positional) != 2 or len(claimed) != 1 or method != "grad":
        return []
    first, second = subject.positional
    if np.shape(arrays[first]) != np.shape(arrays[second]):
        return []
    turned = {**arrays, first: arrays[second], second: arrays[first]}

    def total(x: Array) -> float:
        return subject.total({**turned, second: x})

    try:
        slopes = [
            differences(beside(total, turned[second], index), 2.0**-12).central
            for index in np.ndindex(claimed[0].shape)
        ]
    except Exception:  # the arrays needn't be valid in each other's place
        return []
    if np.allclose(np.ravel(claimed[0]), slopes, rtol=1e-4, atol=1e-6 * np.abs(claimed[0]).max()):
        return [Cause("swapped", f"{method} takes {first} and {second} in the opposite order")]
    return []
