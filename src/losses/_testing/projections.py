"""Law 7 at two calls for all entries: quotients along a direction in which no wrong entry can hide.

What agrees here needs no differences of its own for each entry; what doesn't may still be right, near a kink or where
samples depend on one another, and is for those to judge.
"""

import functools
from collections.abc import Callable

import numpy as np

from losses._types import Array


@functools.lru_cache(maxsize=64)
def _factors(count: int) -> Array:
    """Return how far each entry is moved, from 1 to 2 units up or down: in no simple proportion to one another.

    So the error of one entry is seen in full, and those of several don't cancel.
    """
    rng = np.random.default_rng(count)
    factors: Array = rng.uniform(1, 2, count) * rng.choice([-1.0, 1.0], count)
    return factors


def _units(x: Array) -> Array:
    """Return the size of each entry, or 1 if that is larger."""
    return np.maximum(1.0, np.abs(x))


def slope_agrees(
    function: Callable[[Array], float], x: Array, claimed: Array, within: tuple[float, float], step: float
) -> bool:
    """Return whether a claimed gradient agrees with the quotient of a function along one direction.

    `within` holds the relative and the absolute tolerance of an entry. False where the function isn't finite, or
    refuses its argument.
    """
    x = np.asarray(x, dtype=np.float64)
    rtol, atol = within
    if claimed.shape != x.shape or not x.size:
        return False
    units = _units(x)
    direction = units * _factors(x.size).reshape(x.shape)
    try:
        right, left = function(x + step * direction), function(x - step * direction)
    except (ValueError, ArithmeticError):
        return False
    with np.errstate(all="ignore"):
        gap = abs((right - left) / (2 * step) - np.vdot(claimed, direction))
        return bool(gap <= (units * (atol + rtol * np.abs(claimed))).min())


def slopes_agree(
    function: Callable[[Array], Array], x: Array, claimed: Array, within: tuple[float, float], step: float
) -> bool:
    """Return whether claimed derivatives of an array's entries, each by its own, agree with the array's quotients.

    One column of x is moved at a time, for all the samples at once: where they depend on one another, that is another
    derivative as a rule, and the result False; so it is where the function isn't finite, or refuses its argument.
    """
    x = np.asarray(x, dtype=np.float64)
    rtol, atol = within
    if claimed.shape != x.shape or not x.size:
        return False
    distances = step * _units(x) * _factors(x.size).reshape(x.shape)
    for column in np.ndindex(x.shape[1:]):
        where = (slice(None), *column)
        move = np.zeros_like(x)
        move[where] = distances[where]
        try:
            right, left = function(x + move), function(x - move)
        except (ValueError, ArithmeticError):
            return False
        with np.errstate(all="ignore"):
            quotients = (right[where] - left[where]) / (2 * distances[where])
            claims = claimed[where]
            if not (np.abs(claims - quotients) <= atol + rtol * np.abs(claims)).all():
                return False
    return True
