"""Law 7: derivatives agree with differences."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from losses._testing import causes
from losses._testing.failure import Failure, place
from losses._testing.projections import slope_agrees, slopes_agree
from losses._testing.subject import Arrays, Subject
from losses._types import Array

STEP = 2.0**-12
"""Rounding costs the differences some 1e-12, truncation at a probability of 0.05 up to 1e-8."""

_FIRST = 2.0**-4
"""A part of that step, for the quotient of two calls that is tried first: truncated by some 1e-10, rounded by 1e-11."""

_LADDER = (1.0, 2.0**-3, 2.0**-7, 2.0**-11, 2.0**3)
"""Further steps, in units of the first, for functions with features much smaller or larger than it."""

_NEAR = (2.0**-4, 2.0**-5)
"""Steps in the same units by which a kink is told from a bend: on either side of it, differences settle."""

_MOST = 256
"""How many entries of an array derivatives are compared at."""

RTOL, ATOL = 1e-7, 2e-8

GRAD = "law 7: grad is the derivative of value"
HESS = "law 7: hess is the derivative of grad"

Function = Callable[[Array], float]


class Differences(NamedTuple):
    """Derivatives of a function at a point: from both sides, and from either side alone."""

    central: float
    left: float
    right: float


def differences(at: Callable[[float], float], step: float, sides: bool = False) -> Differences:
    """Return the derivative of a function of a distance at 0: to fourth order from both sides, to second from one.

    Where the function isn't finite, the result is NaN; so is that of one side if `sides` is False, which saves a call.
    """
    f = {steps: at(steps * step) for steps in (-2, -1, 1, 2)}
    middle = at(0.0) if sides else np.nan
    with np.errstate(all="ignore"):
        return Differences(
            float(np.float64(8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * step)),
            float(np.float64(3 * middle - 4 * f[-1] + f[-2]) / (2 * step)),
            float(np.float64(4 * f[1] - 3 * middle - f[2]) / (2 * step)),
        )


def beside(function: Function, x: Array, index: tuple[int, ...]) -> Callable[[float], float]:
    """Return a function with one entry of x moved by a distance, called once for each; NaN where it refuses that."""

    @functools.cache
    def at(distance: float) -> float:
        moved = np.array(x, dtype=np.float64)
        moved[index] += distance
        try:
            return function(moved)
        except (ValueError, ArithmeticError):
            return np.nan

    return at


def _quotient(at: Callable[[float], float], step: float) -> float:
    """Return the difference quotient of two calls, of the second order; NaN where one of them isn't finite."""
    left, right = at(-step), at(step)
    with np.errstate(all="ignore"):
        return float(np.float64(right - left) / (2 * step))


def expected_slope(
    claimed: float, function: Function, x: Array, index: tuple[int, ...], rtol: float, atol: float, step: float = STEP
) -> float:
    """Return what a derivative should be: the claimed one, where it agrees with differences or these say nothing.

    At a kink any slope between those of the two sides will do. Where the function jumps, nothing is expected.
    """
    unit = step * max(1.0, abs(float(np.asarray(x)[index])))
    at = beside(function, x, index)
    if abs(claimed - _quotient(at, _FIRST * unit)) <= atol + rtol * abs(claimed):
        return claimed
    best = np.nan
    for rung in _LADDER:
        slopes = differences(at, rung * unit)
        if np.isfinite(slopes.central):
            best = slopes.central if np.isnan(best) else best
            if abs(claimed - slopes.central) <= atol + rtol * abs(slopes.central):
                return claimed
    base, half = (differences(at, part * unit, True) for part in _NEAR)
    if not np.isfinite(base.central):
        return _from_one_side(claimed, base, half, atol)
    return _at_kink(claimed, best, base, half, rtol, atol)


def _from_one_side(claimed: float, base: Differences, half: Differences, atol: float) -> float:
    """Return the slope at an end of the domain, where the function is known on one side alone."""
    for one, other in ((base.left, half.left), (base.right, half.right)):
        if np.isfinite(one) and np.isfinite(other):
            spread = abs(one - other)
            smooth = spread <= 1e-3 * abs(other) + atol
            return other if smooth and not abs(claimed - other) <= atol + 1e-6 * abs(other) + 2 * spread else claimed
    return claimed


def _at_kink(claimed: float, central: float, base: Differences, half: Differences, rtol: float, atol: float) -> float:
    """Return the claimed slope if it lies between those of the two sides, or agrees with one, else the nearest."""
    tolerance = atol + rtol * max(abs(half.left), abs(half.right))
    steep = max(abs(half.left), abs(half.right)) > 1.5 * max(abs(base.left), abs(base.right)) + 10 * tolerance
    if steep:  # the function jumps, or is vertical
        return claimed
    low, high = sorted((half.left, half.right))
    spread = max(abs(half.left - base.left), abs(half.right - base.right))
    nearest = float(np.clip(claimed, low - spread - tolerance, high + spread + tolerance))
    if claimed == nearest:
        return claimed
    return central if high - low < 100 * tolerance else float(np.clip(claimed, low, high))


# ------------------------------------------------------------------------------------------------------- laws


def grad_is_the_derivative_of_value(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless `grad` agrees with central differences of `value`, for each prediction."""
    scale = subject.scale + abs(subject.total(arrays, weight))
    claimed = subject.derivatives("grad", arrays, weight)

    def of_array(k: int) -> Function:
        return lambda x: subject.total({**arrays, subject.predictions[k]: x}, weight)

    def agree(k: int) -> bool:
        x, within = arrays[subject.predictions[k]], (RTOL, ATOL * scale)
        return slope_agrees(of_array(k), x, claimed[k], within, _FIRST * STEP)

    _compare(subject, GRAD, arrays, weight, claimed, agree, lambda k, index: of_array(k), scale)


def hess_is_the_derivative_of_grad(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless `hess`, if there is one, agrees with central differences of `grad`, for each prediction."""
    if not subject.has_hess(arrays, weight):
        return
    grads = subject.derivatives("grad", arrays, weight)
    scale = subject.scale + max((float(np.abs(grad).max()) for grad in grads if grad.size), default=0.0)
    claimed = subject.derivatives("hess", arrays, weight)

    def of_array(k: int) -> Callable[[Array], Array]:
        return lambda x: subject.derivatives("grad", {**arrays, subject.predictions[k]: x}, weight)[k]

    def agree(k: int) -> bool:
        if subject.items:  # which depend on one another
            return False
        x, within = arrays[subject.predictions[k]], (RTOL, ATOL * scale)
        return slopes_agree(of_array(k), x, claimed[k], within, _FIRST * STEP)

    def of_entry(k: int, index: tuple[int, ...]) -> Function:
        return lambda x: float(of_array(k)(x)[index])

    _compare(subject, HESS, arrays, weight, claimed, agree, of_entry, scale)


def _compare(
    subject: Subject,
    law: str,
    arrays: Arrays,
    weight: Any,
    claimed: Sequence[Array],
    agree: Callable[[int], bool],
    function: Callable[[int, tuple[int, ...]], Function],
    scale: float,
) -> None:
    """Raise unless claimed derivatives agree with differences of the functions, of each entry where not all `agree`."""
    method = "grad" if law == GRAD else "hess"
    expected = [array.astype(np.float64) for array in claimed]
    for k, name in enumerate(subject.predictions):
        if claimed[k].size <= _MOST and agree(k):
            continue
        for index in _entries(claimed[k].shape):
            of_entry = function(k, index)
            claim = float(claimed[k][index])
            expected[k][index] = expected_slope(claim, of_entry, arrays[name], index, RTOL, ATOL * scale)
    worst = _worst(claimed, expected)
    if worst is not None:
        k, index = worst
        label = method if len(claimed) == 1 else f"{method}[{k}]"
        raise Failure(
            subject,
            law,
            {**arrays, "sample_weight": weight},
            [(place(label, index), claimed[k][index]), ("by differences", expected[k][index])],
            causes.of_slopes(subject, method, arrays, weight, claimed, expected),
        )


def _entries(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the indices of an array; of a large one, some that are spread over it."""
    every = list(np.ndindex(shape))
    return every if len(every) <= _MOST else every[:: len(every) // _MOST]


def _worst(claimed: Sequence[Array], expected: Sequence[Array]) -> tuple[int, tuple[int, ...]] | None:
    """Return the array and the place where two lists of arrays differ most, if they do."""
    worst, where = 0.0, None
    for k, (a, b) in enumerate(zip(claimed, expected, strict=True)):
        for index in np.ndindex(a.shape):
            same = a[index] == b[index] or (np.isnan(a[index]) and np.isnan(b[index]))
            gap = 0.0 if same else abs(float(a[index]) - float(b[index]))
            gap = np.inf if np.isnan(gap) else gap
            if gap > worst:
                worst, where = gap, (k, index)
    return where
