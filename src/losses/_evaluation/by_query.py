"""Samples that are queries of ranked items, which are evaluated all at once: sums over pairs, or over whole lists."""

from typing import Any

import numpy as np

from losses._evaluation.asked import Asked
from losses._evaluation.orders import CURVATURE, VALUE
from losses._evaluation.weighing import narrowed
from losses._types import Array, Box
from losses._walk.blocks import WHOLE
from losses._walk.summation import Part
from losses._walk.threads import walk


def by_pairs(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate a loss whose hook `_sums` adds up pairs, weighed by their items (see `Evaluated`)."""
    sums = loss._sums(samples.scores(), samples.levels(), samples.item_weight, samples.bounds, asked.orders)
    weight = 1.0 if samples.query_weight is None else samples.query_weight
    samples.pair_weight = float(np.sum(weight * sums.denominator))
    denominator = samples.pair_weight if loss.reduction == "mean" else 1.0
    scale = np.broadcast_to(weight / (denominator or 1.0), samples.shape)
    parts = asked.consume(WHOLE, sums.numerator * scale) if asked.value else []
    spread = np.repeat(asked.factor * scale, np.diff(samples.bounds)) if asked.targets else None
    for order, (target,) in zip(asked.derivatives, asked.targets, strict=True):
        slope = sums.slopes[order]
        if order == CURVATURE:  # also where an item has no pair
            own = 1.0 if samples.item_weight is None else samples.item_weight
            slope = np.maximum(slope, own * np.finfo(slope.dtype).eps)
        target[...] = samples.in_place(slope * spread)
    return parts


def by_list(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate a loss whose hook `_results_of` takes some of the lists that `_batches` cuts (see `Evaluated`)."""
    weight = samples.query_weight
    losses = np.zeros(samples.shape, np.result_type(samples.dtype, np.float64))
    all_informative = len(samples.informative) == samples.shape[0]
    covered = all_informative and samples.bounds[-1] == samples.predicted.size
    slopes = [_flat(target, asked.space, covered) for (target,) in asked.targets]
    if CURVATURE in asked.orders and not all_informative:  # positive also where nothing is learnt
        least = np.full(samples.shape, asked.factor * np.finfo(samples.dtype).eps) * (1.0 if weight is None else weight)
        slopes[-1][...] = samples.in_place(np.repeat(least, np.diff(samples.bounds))).reshape(-1)

    def step(batch: Any) -> None:
        by_order = loss._results_of(batch, *samples.lists(batch), asked.orders)
        results = dict(zip(asked.orders, by_order, strict=True))
        own = 1.0 if weight is None else weight[batch.queries]
        if VALUE in results:
            losses[batch.queries] = own * results.pop(VALUE)
        scale = narrowed(np.asarray(asked.factor * own), samples.dtype)
        if scale.ndim:
            scale = batch.spread(scale)
        for slope, result in zip(slopes, results.values(), strict=True):
            if isinstance(batch.items, slice):
                np.multiply(scale, result, out=batch.arrange(slope[batch.items]), casting="same_kind")
            else:
                slope[batch.items] = (scale * result).reshape(-1)

    walk(loss._batches(samples), step)
    parts = asked.consume(WHOLE, losses) if asked.value else []
    for slope, (target,) in zip(slopes, asked.targets, strict=True):
        if not np.may_share_memory(slope, target):
            target[...] = slope.reshape(target.shape)
    return parts


def _flat(target: Array, space: bool, covered: bool) -> Array:
    """Return memory for the derivatives of the raveled items, where they are to be written if they may lie there.

    It holds zeros, unless each item is `covered` by some list that writes to it.
    """
    flat = target.reshape(-1) if space and target.flags.carray else np.empty(target.size, target.dtype)
    if not covered:
        flat[...] = 0
    return flat
