"""Comparison of results, which raises a diagnosis."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from losses._testing.failure import BROADCAST, Cause, Failure, place
from losses._testing.subject import Arrays, Subject
from losses._types import Array

_EPS = 200.0


def assert_close(
    subject: Subject,
    law: str,
    arguments: Mapping[str, Any],
    label: str,
    actual: Any,
    expected: Any,
    expected_label: str,
    causes: Callable[[], Sequence[Cause]] = list,
) -> None:
    """Raise unless numbers agree to rounding in the predictions' dtype: each by itself, or relative to the largest."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    if actual.shape != expected.shape:
        numbers = [(f"shape of {label}", str(actual.shape)), (expected_label, str(expected.shape))]
        raise Failure(subject, law, arguments, numbers, causes() or [BROADCAST])
    if _have_the_same_bytes(actual, expected):
        return
    results = (np.asarray(arguments[name]) for name in subject.predictions)
    dtypes = [np.dtype(np.float64), *(array.dtype for array in results if array.dtype.kind == "f")]
    epsilon = _EPS * max(map(_eps, dtypes))
    finite = np.isfinite(expected)
    largest = subject.scale
    if not subject.entrywise:
        largest = max(largest, float(np.abs(expected).max(initial=0, where=finite)))
    with np.errstate(invalid="ignore", over="ignore"):
        near = finite & (np.abs(actual - expected) <= epsilon * (largest + np.abs(expected)))
    good = near | (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    if not good.all():
        index = tuple(int(i) for i in np.unravel_index(int(np.argmin(good)), good.shape))
        numbers = [(place(label, index), actual[index]), (place(expected_label, index), expected[index])]
        raise Failure(subject, law, arguments, numbers, causes())


@functools.cache
def _eps(dtype: np.dtype[Any]) -> float:
    """Return the distance of 1 from the next larger number of a dtype."""
    return float(np.finfo(dtype).eps)


def _have_the_same_bytes(actual: Array, expected: Array) -> bool:
    """Return whether arrays are the same at sight, as they mostly are; if not, they may still be equal."""
    return actual.dtype == expected.dtype and actual.tobytes() == expected.tobytes()


def named(method: str, k: int, count: int) -> str:
    """Return how messages call a method's result for one of several predictions."""
    return method if count == 1 or method == "value" else f"{method}[{k}]"


def identical(
    subject: Subject, law: str, arrays: Arrays, weight: Any, label: str, actual: Any, expected_label: str, expected: Any
) -> None:
    """Raise unless two results are the same bit for bit."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    if _have_the_same_bytes(actual, expected) and actual.shape == expected.shape:
        return
    arguments = {**arrays, "sample_weight": weight}
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        shown = [(f"{a.shape}, {a.dtype}") for a in (actual, expected)]
        raise Failure(subject, law, arguments, [(label, shown[0]), (expected_label, shown[1])])
    same = (actual == expected) & (np.signbit(actual) == np.signbit(expected)) | (np.isnan(actual) & np.isnan(expected))
    if not same.all():
        index = tuple(int(i) for i in np.unravel_index(int(np.argmin(same)), same.shape))
        numbers = [(place(label, index), actual[index]), (place(expected_label, index), expected[index])]
        raise Failure(subject, law, arguments, numbers)
