"""Formulas of two forms, of which each is accurate for some numbers."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from losses._types import Array, FloatArray

Form: TypeAlias = Callable[..., Sequence[FloatArray]]
"""From arrays to arrays of their own, entry by entry."""


def by_case(case: Array, form: Form, other: Form, *arrays: FloatArray) -> Sequence[FloatArray]:
    """Return one form's arrays where `case` holds, the other's elsewhere.

    The form that more entries need is computed for all of them: this takes less time than to put two parts together.
    """
    places = case.nonzero()[0]
    if 2 * places.size > case.size:
        form, other, places = other, form, (~case).nonzero()[0]
    results = other(*arrays)
    if places.size:
        for result, patch in zip(results, form(*(array[places] for array in arrays)), strict=True):
            result[places] = patch
    return results


def at_least(x: FloatArray, least: Any, out: FloatArray | None = None) -> FloatArray:
    """Return x, where it is more than a positive number, else that number; x itself where it is more everywhere."""
    if x.size and x.item(x.argmin()) >= least:  # in half the time of clip; a NaN is the least, but not that
        return x
    clipped: FloatArray = x.clip(least, math.inf, out=out)
    return clipped
