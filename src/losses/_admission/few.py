"""Admission of calls of one block of samples that can be refused nothing; all others go the way of `Samples`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from losses._admission.domains import Interval
from losses._admission.weights import common_weights
from losses._types import Array
from losses._walk.blocks import BLOCK

_MOST = BLOCK
_COMPUTED_IN = (np.dtype(np.float64), np.dtype(np.float32))


def few_numbers(arrays: Sequence[Any], predicted: Any, width: int) -> list[Array] | None:
    """Return few numbers of the predictions' shape as formulas take them; None if they aren't that.

    Blocks are so many times smaller than usual because of the temporaries that formulas need.
    """
    if not _is_few(predicted, width):
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
        if array.dtype is not dtype and (array.dtype.kind not in "iub" or not _is_few(predicted, 2 * width)):
            return None  # since it may be rounded, or overflow; or its conversion takes memory, too
        few.append(np.ascontiguousarray(array, dtype).reshape(-1))
    return few


def few_rows(ids: Any, predicted: Any, domain: Interval | None, width: int) -> list[Array] | None:
    """Return class ids and few rows of predictions as formulas take them; None if they aren't that."""
    if not _is_few(predicted, width) or type(ids) is not np.ndarray or ids.dtype.kind not in "iu":
        return None
    if predicted.ndim != 2 or ids.shape != predicted.shape[:1]:
        return None
    if not 0 <= ids.item(ids.argmin()) <= ids.item(ids.argmax()) < predicted.shape[1]:
        return None
    if domain is not None and not domain.leaves(predicted):
        return None
    return [ids.astype(np.intp, copy=False), np.ascontiguousarray(predicted)]


def few_weights(value: Any, shape: tuple[int, ...], predicted: Array, width: int) -> tuple[Array, float] | None:
    """Return the weights of few samples of some shape, and their sum; None if they aren't that."""
    return common_weights(value, shape) if _is_few(predicted, 2 * width) else None  # since they take memory, too


def are_apart(outs: Sequence[Any], arrays: Sequence[Any], predicted: Array) -> bool:
    """Return whether derivatives can be written to `outs` at once: to memory like the predictions', and of its own."""
    others = list(arrays)
    for out in outs:
        if out is None:
            continue
        if type(out) is not np.ndarray or out.shape != predicted.shape or out.dtype is not predicted.dtype:
            return False
        if not out.flags.carray or any(np.may_share_memory(out, other) for other in others):
            return False
        others.append(out)
    return True


def _is_few(array: Any, width: int) -> bool:
    """Return whether an argument is an array of one block of numbers that are computed in its own dtype."""
    return type(array) is np.ndarray and 0 < array.size * width <= _MOST and array.dtype in _COMPUTED_IN
