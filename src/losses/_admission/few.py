"""Admission of calls of few samples that can be refused nothing; all others go the way of `Samples`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from losses._admission.domains import Interval
from losses._types import Array

_MOST = 1 << 15
_COMPUTED_IN = (np.dtype(np.float64), np.dtype(np.float32))


def few_numbers(arrays: Sequence[Any], predicted: Any) -> list[Array] | None:
    """Return few numbers of the predictions' shape as formulas take them; None if they aren't that."""
    if not _is_few(predicted):
        return None
    shape, dtype = predicted.shape, predicted.dtype
    flat = len(shape) == 1
    few = []
    for array in arrays:
        if type(array) is not np.ndarray or array.shape != shape:
            return None
        if array.dtype is dtype and flat and array.flags.c_contiguous:
            few.append(array)
            continue
        if array.dtype is not dtype and array.dtype.kind not in "iub":
            return None  # since it may be rounded, or overflow
        few.append(np.ascontiguousarray(array, dtype).reshape(-1))
    return few


def few_rows(ids: Any, predicted: Any, domain: Interval | None) -> list[Array] | None:
    """Return class ids and few rows of predictions as formulas take them; None if they aren't that."""
    if not _is_few(predicted) or type(ids) is not np.ndarray or ids.dtype.kind not in "iu":
        return None
    if predicted.ndim != 2 or ids.shape != predicted.shape[:1]:
        return None
    if not 0 <= ids.item(ids.argmin()) <= ids.item(ids.argmax()) < predicted.shape[1]:
        return None
    if domain is not None and not domain.leaves(predicted):
        return None
    return [ids.astype(np.intp, copy=False), np.ascontiguousarray(predicted)]


def _is_few(array: Any) -> bool:
    """Return whether an argument is an array of few numbers that are computed in its own dtype."""
    return type(array) is np.ndarray and 0 < array.size <= _MOST and array.dtype in _COMPUTED_IN
