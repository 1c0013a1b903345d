"""The search for the smallest arguments that break a law: fewer samples, then rounder numbers. Greedy, and finite."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from losses._testing.failure import Failure
from losses._testing.subject import Arrays, Subject, is_real, size, take
from losses._types import Array

Break = Callable[[Arrays, Any], Failure | None]
"""Returns how arrays and weights break the law, or None."""

_MOST = 400
"""How many trials end the search."""


class Broken(NamedTuple):
    """Arguments that break a law, and how."""

    failure: Failure
    arrays: Arrays
    weight: Any


def shrunk(subject: Subject, broken: Broken, test: Break) -> Failure:
    """Return the failure of the smallest arguments that break the same law, for the same cause."""
    key, left = broken.failure.key, _MOST

    def attempt(arrays: Arrays, weight: Any) -> Broken | None:
        nonlocal left
        left -= 1
        failure = test(arrays, weight) if left > 0 else None
        return Broken(failure, arrays, weight) if failure is not None and same(failure, key) else None

    for simpler in (_fewer, _rounder):
        progress = True
        while progress:
            progress = False
            for arrays, weight in simpler(subject, broken):
                smaller = attempt(arrays, weight)
                if smaller is not None:
                    broken, progress = smaller, True
                    break
    return broken.failure


def same(failure: Failure, key: tuple[str, str]) -> bool:
    """Return whether a failure is of this law and cause; that cause is then moved to the front."""
    law, cause = key
    if failure.law != law:
        return False
    fitting = [one for one in failure.causes if one.key == cause]
    if fitting:
        failure.causes = [fitting[0], *(one for one in failure.causes if one is not fitting[0])]
    return bool(fitting) or not cause


def _fewer(subject: Subject, broken: Broken) -> Iterator[tuple[Arrays, Any]]:
    """Yield arguments without some of the samples, and without weights."""
    _, arrays, weight = broken
    n = size(subject, arrays)
    if weight is not None:
        yield arrays, None
    for length in sorted({n // 2, 1} - {0}, reverse=True):
        for start in range(0, n, length):
            kept = np.delete(np.arange(n), slice(start, start + length))
            if len(kept):
                yield take(subject, arrays, kept), None if weight is None else np.asarray(weight)[kept]


def _rounder(subject: Subject, broken: Broken) -> Iterator[tuple[Arrays, Any]]:
    """Yield arguments with simpler numbers: whole arrays first, then entry by entry."""
    _, arrays, weight = broken
    every = {**arrays, "sample_weight": weight}
    for name, array in every.items():
        if array is None or not is_real(array):
            continue
        for simple in _simpler(np.asarray(array)):
            changed = {**every, name: simple}
            weights = changed.pop("sample_weight")
            yield changed, weights


def _simpler(array: Array) -> Iterator[Array]:
    """Yield arrays with simpler numbers than this one."""
    for whole in (np.zeros_like(array), np.ones_like(array), np.round(array), np.round(array, 1)):
        if _cost(whole) < _cost(array):
            yield whole
    for index in np.ndindex(array.shape):
        for number in (0.0, 1.0, np.round(array[index]), np.round(array[index], 1)):
            changed = np.array(array)
            changed[index] = number
            if _cost(changed) < _cost(array):
                yield changed


def _cost(array: Array) -> float:
    """Return how long an array is when it is written, and of two equally long ones, which has the larger numbers."""
    numbers = [float(x) for x in np.ravel(array)]
    return sum(len(repr(abs(x))) + 2 * (x != 0) + (x < 0) + min(abs(x), 1e4) / 1e6 for x in numbers)
