"""The short way for a call of few samples, as they come in a loop of training: no weights, no blocks, no `out`.

Admission hands the arrays out at once (`few`), and nothing is refused any more.
"""

from typing import Any

import numpy as np

from losses._evaluation.orders import VALUE, Order, Product, Scaled, Slope
from losses._evaluation.weighing import write
from losses._types import Array
from losses._walk.summation import parts, total


@np.errstate(all="ignore")
def evaluate_few(loss: Any, arrays: list[Array], orders: tuple[Order, ...], predicted: Array) -> list[Any]:
    """Return what `evaluate` does, for a loss of targets and one prediction; the first array has an entry a sample."""
    denominator = arrays[0].size if loss.reduction == "mean" else 1
    results: list[Any] = loss._terms(arrays, orders, None)
    for k, order in enumerate(orders):
        result = results[k]
        if order == VALUE:
            results[k] = total(parts(*result) if type(result) is Product else parts(result), denominator)
        else:
            results[k] = _slope(result[0], 1 / denominator, predicted)
    return results


def _slope(slope: Slope, factor: float, like: Array) -> Array:
    """Return derivatives times a factor, as an array like the predictions."""
    scale, array = slope if type(slope) is Scaled else (1.0, slope)
    if type(array) is not np.ndarray or type(scale) is not float:
        target = np.empty(like.shape, like.dtype)
        write(slope, None, factor, target, 1)
        return target
    scaled: Array = array * (factor * scale)
    if scaled.dtype is not like.dtype:  # a user's hook may have returned another
        scaled = scaled.astype(like.dtype)
    return scaled if like.ndim == array.ndim else scaled.reshape(like.shape)
