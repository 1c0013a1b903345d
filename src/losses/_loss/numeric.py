"""Search for the constant prediction with the least loss, where no closed form is known."""

from collections.abc import Callable

import numpy as np

from losses._types import FloatArray

_GOLDEN = (5**0.5 - 1) / 2


def least(loss_at: Callable[[float], float], starts: FloatArray, spread: float) -> float:
    """Return where a function of one number is least, near the best of some starts.

    The best start is bracketed by steps that double, and the bracket is shrunk by golden sections.

    Raises
    ------
    ValueError
        If the function keeps falling towards an infinity.
    """
    values = np.array([loss_at(float(start)) for start in starts])
    if not np.isfinite(values).any():
        raise ValueError("the loss of y_true is finite at no constant prediction that was tried")
    best = int(np.nanargmin(values))
    low, high = _bracket(loss_at, float(starts[best]), spread)
    return _golden(loss_at, low, high)


def least_between(loss_at: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function of one number is least between two points, near the best of 65 of them."""
    grid = np.linspace(low, high, 65)
    values = [loss_at(float(point)) for point in grid]
    best = int(np.argmin(values))
    best_at = _golden(loss_at, float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 64)]))
    return best_at if loss_at(best_at) < values[best] else float(grid[best])


def _bracket(loss_at: Callable[[float], float], middle: float, step: float) -> tuple[float, float]:
    """Return two points between which the function has a minimum."""
    value = loss_at(middle)
    ends = []
    for sign in (-1.0, 1.0):
        at, size = middle, step
        for _ in range(200):
            trial = at + sign * size
            next_value = loss_at(trial)
            if not next_value < value:
                break
            at, value, size = trial, next_value, 2 * size
        else:
            raise ValueError("the loss of y_true falls without end: the best constant would be infinite")
        ends.append(trial)
    return ends[0], ends[1]


def _golden(loss_at: Callable[[float], float], low: float, high: float) -> float:
    """Return the minimum of a function that falls and then rises between two points."""
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = loss_at(a), loss_at(b)
    for _ in range(200):
        if not high - low > 4e-16 * max(abs(low), abs(high)):
            break
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = loss_at(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = loss_at(b)
    return a if at_a <= at_b else b


def root(slope_at: Callable[[float], float], low: float, high: float) -> float:
    """Return where an ascending function changes its sign between two points, to the last bit, by bisection."""
    for _ in range(2100):
        middle = low + (high - low) / 2
        if not low < middle < high:
            break
        if slope_at(middle) < 0:
            low = middle
        else:
            high = middle
    return low if abs(slope_at(low)) < abs(slope_at(high)) else high
