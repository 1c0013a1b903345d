"""Samples that are entries of the leading axes of arrays: a block of them is a slice of each array."""

from collections.abc import Sequence
from typing import Any

from losses._evaluation.evaluate import Consume
from losses._evaluation.orders import VALUE, Order
from losses._evaluation.weighing import weigh, write
from losses._types import Array, Box
from losses._walk.summation import Part


def by_sample(
    loss: Any,
    samples: Any,
    box: Box,
    orders: tuple[Order, ...],
    factor: Any,
    targets: Sequence[Sequence[Array]],
    consume: Consume,
    space: bool,
) -> list[Part]:
    """Evaluate one block of a loss whose hook `_terms` takes its arrays (see `Evaluated`)."""
    arrays, weight = samples.take(box)
    room = _room(targets[0][0], arrays[samples.first], samples.dtype) if space and targets else None
    results = loss._terms(arrays, orders, room)
    parts: list[Part] = []
    if orders[0] == VALUE:
        parts = consume(box, weigh(results[0], weight))
        results = results[1:]
    axes = len(samples.shape)
    for slopes, places in zip(results, targets, strict=True):
        for slope, target in zip(slopes, places, strict=True):
            write(slope, weight, factor, target, axes)
    return parts


def _room(target: Array, like: Array, dtype: Any) -> Array | None:
    """Return the memory of the first derivative to compute in; None if it doesn't lie as `like` does."""
    # an array of one entry is contiguous with any step, even a negative one, for which NumPy's loops round differently
    contiguous = target.flags.carray and target.size > 1
    return target.reshape(like.shape) if target.dtype is dtype and contiguous else None
