"""The short way for a call of one block of samples, as they come in a loop of training: no walk.

Admission hands the arrays out at once (`few`), and nothing is refused any more.
"""

from typing import Any

import numpy as np

from losses._evaluation.orders import VALUE, Losses, Order, Product, Scaled, Slope
from losses._evaluation.weighing import plain, weigh, where_zero, write
from losses._types import Array
from losses._walk.summation import parts, total


@np.errstate(all="ignore")
def evaluate_few(
    loss: Any,
    arrays: list[Array],
    orders: tuple[Order, ...],
    predicted: Array,
    outs: tuple[Array | None, ...],
    weights: tuple[Array, float] | None,
) -> list[Any]:
    """Return what `evaluate` does, for a loss of targets and one prediction; the first array has an entry a sample.

    `weights` are those of the samples, in the samples' shape, and their sum.
    """
    weight, total_weight = weights or (None, arrays[0].size)
    left_out = None if weight is None else where_zero(weight)
    denominator = total_weight if loss.reduction == "mean" else 1
    room = outs[0].reshape(arrays[1].shape) if outs and outs[0] is not None and predicted.size > 1 else None
    results: list[Any] = loss._terms(arrays, orders, room)
    first = 1 if orders[0] == VALUE else 0
    if first:
        losses: Losses = results[0] if weight is None else weigh(results[0], weight.reshape(-1), left_out)
        if loss.reduction == "none":
            results[0] = _each(losses, predicted, arrays[1].ndim - 1)
        else:
            results[0] = total(parts(*losses) if isinstance(losses, Product) else parts(losses), denominator)
    for k, out in enumerate(outs, first):
        results[k] = _scaled(results[k][0], weight, left_out, 1 / denominator, predicted, out)
    return results


def _each(losses: Losses, predicted: Array, axes: int) -> Array:
    """Return each sample's loss, in the samples' shape; so many axes of the predictions hold one sample's numbers."""
    values = np.empty(predicted.shape[: predicted.ndim - axes], predicted.dtype)
    values[...] = plain(losses).reshape(values.shape)
    return values


def _scaled(
    slope: Slope, weight: Array | None, left_out: Array | None, factor: float, like: Array, out: Array | None
) -> Array:
    """Return derivatives times weights and a factor, as an array like the predictions, in `out` if that is given."""
    scale, array = slope if type(slope) is Scaled else (1.0, slope)
    if (
        weight is None
        and type(array) is np.ndarray
        and type(scale) is float
        and array.ndim == like.ndim
        and array.dtype is like.dtype
    ):
        return np.multiply(array, factor * scale, out=out) if out is not None else array * (factor * scale)
    target = np.empty(like.shape, like.dtype) if out is None else out
    write(slope, weight, left_out, factor, target, 1 if weight is None else weight.ndim)
    return target
