"""Samples that are entries of the leading axes of arrays: a block of them is a slice of each array."""

from typing import Any

from losses._evaluation.asked import Asked
from losses._evaluation.weighing import of_block, weigh, write
from losses._types import Array, Box
from losses._walk.summation import Part


def by_sample(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate one block of a loss whose hook `_terms` takes its arrays (see `Evaluated`)."""
    arrays, weight = samples.take(box)
    room = _room(asked, arrays[samples.first], samples.dtype)
    results = loss._terms(arrays, asked.orders, room)
    parts: list[Part] = []
    weights = of_block(weight)
    if asked.value:
        parts = asked.consume(box, weigh(results[0], weights))
        results = results[1:]
    axes = len(samples.shape)
    for slopes, places in zip(results, asked.targets, strict=True):
        for slope, target in zip(slopes, places, strict=True):
            write(slope, weights, asked.factor, target, axes)
    return parts


def _room(asked: Asked, like: Array, dtype: Any) -> Array | None:
    """Return the memory of the first derivative to compute in; None if it may not be, or doesn't lie as `like` does."""
    if not asked.space or not asked.targets:
        return None
    target = asked.targets[0][0]
    # an array of one entry is contiguous with any step, even a negative one, for which NumPy's loops round differently
    contiguous = target.flags.carray and target.size > 1
    return target.reshape(like.shape) if target.dtype is dtype and contiguous else None
