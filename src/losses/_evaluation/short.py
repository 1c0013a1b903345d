"""The short way for a call of one block of samples, as they come in a loop of training: no walk.

Admission hands the arrays out at once (`few`), and nothing is refused any more.
"""

from typing import Any

import numpy as np

from losses._evaluation.orders import VALUE, Losses, Order, Product, Scaled, Slope
from losses._evaluation.weighing import BlockWeights, of_block, plain, weigh, write
from losses._types import Array, Dtype
from losses._walk.summation import parts, total


@np.errstate(all="ignore")
def evaluate_few(
    loss: Any,
    arrays: list[Array],
    orders: tuple[Order, ...],
    predicted: Array,
    outs: tuple[Array | None, ...],
    weight: Array | None,
    total_weight: float,
) -> list[Any]:
    """Return what `evaluate` does, for a loss of targets and one prediction; the first array has an entry a sample.

    Weights have the samples' shape.
    """
    weights = None if weight is None else of_block(weight)
    axes = predicted.ndim - arrays[1].ndim + 1  # those of the samples
    denominator = total_weight if loss.reduction == "mean" else 1
    room = outs[0].reshape(arrays[1].shape) if outs and outs[0] is not None and predicted.size > 1 else None
    results: list[Any] = loss._terms(arrays, orders, room)
    first = 1 if orders[0] == VALUE else 0
    if first:
        losses: Losses = results[0] if weights is None else weigh(results[0], weights)
        if loss.reduction == "none":
            results[0] = _each(losses, predicted.shape[:axes], predicted.dtype)
        else:
            results[0] = total(parts(*losses) if isinstance(losses, Product) else parts(losses), denominator)
    for k, out in enumerate(outs, first):
        results[k] = _scaled(results[k][0], weights, 1 / denominator, predicted, out, axes)
    return results


def _each(losses: Losses, shape: tuple[int, ...], dtype: Dtype) -> Array:
    """Return each sample's loss, in the samples' shape."""
    values = np.empty(shape, dtype)
    values[...] = plain(losses).reshape(shape)
    return values


def _scaled(
    slope: Slope, weights: BlockWeights | None, factor: float, like: Array, out: Array | None, axes: int
) -> Array:
    """Return derivatives times weights and a factor, as an array like the predictions, in `out` if that is given.

    The first so many axes are the samples'.
    """
    scale, array = slope if type(slope) is Scaled else (1.0, slope)
    if (
        weights is None
        and type(array) is np.ndarray
        and type(scale) is float
        and array.ndim == like.ndim
        and array.dtype is like.dtype
    ):
        return np.multiply(array, factor * scale, out=out) if out is not None else array * (factor * scale)
    target = np.empty(like.shape, like.dtype) if out is None else out
    write(slope, weights, factor, target, axes)
    return target
