"""The short way for a call of few samples, as they come in a loop of training: no weights, no blocks, no conversion."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from losses._evaluation.orders import VALUE, Order, Product, Scaled
from losses._types import Array
from losses._walk.summation import parts, total

_MOST = 1 << 12
_COMPUTED_IN = (np.dtype(np.float64), np.dtype(np.float32))


def is_short(arrays: Sequence[Any]) -> bool:
    """Return whether arrays are few numbers of one shape, in memory as formulas take them."""
    first = arrays[0]
    if type(first) is not np.ndarray or not 0 < first.size <= _MOST or first.dtype not in _COMPUTED_IN:
        return False
    for array in arrays:
        if type(array) is not np.ndarray or array.dtype is not first.dtype or array.shape != first.shape:
            return False
        if not array.flags.c_contiguous:
            return False
    return True


@np.errstate(all="ignore")
def evaluate_short(loss: Any, arrays: Sequence[Array], orders: tuple[Order, ...]) -> list[Any]:
    """Return what `evaluate` does, for a loss of one prediction whose every element is a sample."""
    n = arrays[0].size
    denominator = n if loss.reduction == "mean" else 1
    results: list[Any] = loss._terms([array.reshape(-1) for array in arrays], orders, None)
    for k, order in enumerate(orders):
        result = results[k]
        if order == VALUE:
            results[k] = total(parts(*result) if type(result) is Product else parts(result), denominator)
        else:
            scale, slope = result[0] if type(result[0]) is Scaled else (1.0, result[0])
            scale *= 1 / denominator
            first = arrays[0]
            slope = np.full(first.shape, scale, first.dtype) if slope is None else slope * scale
            slope = slope.astype(first.dtype, copy=False)  # a user's hook may have returned another
            results[k] = slope if first.ndim == 1 else slope.reshape(first.shape)
    return results
