"""Samples that are rows of hidden numbers, compared with all the classes of a linear layer, some rows at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from losses._evaluation.evaluate import Consume
from losses._evaluation.orders import CURVATURE, GRAD, VALUE, Order
from losses._maths.vocabulary import Head, Sums
from losses._types import Array, Box
from losses._walk.blocks import WHOLE
from losses._walk.summation import Part


def by_vocabulary(
    loss: Any,
    samples: Any,
    box: Box,
    orders: tuple[Order, ...],
    factor: Any,
    targets: Sequence[Sequence[Array]],
    consume: Consume,
    space: bool,
) -> list[Part]:
    """Evaluate a loss whose hooks `_losses`, `_slopes` and `_bends` take rows and all the classes (see `Evaluated`).

    Derivatives with respect to the rows are written block after block, once a block isn't needed any more; those with
    respect to weights and biases are added up over the blocks, in memory of their own where `space` is False.
    """
    samples.check(box)
    slopes = [order for order in orders if order]
    sums = [[_place(samples, target, space) for target in places[1:]] for places in targets]
    by_hidden = [places[0] for places in targets]
    parts: list[Part] = []
    values = np.empty(samples.shape, np.result_type(samples.dtype, np.float64)) if loss.reduction == "none" else None
    weights = 0.0
    for here in samples.row_boxes():
        rows = samples.rows(here)
        head = Head(rows.hidden, rows.label, samples.arguments["weight"], samples.bias)
        levels = head.levels()
        left_out = rows.weight == 0
        weights += float(rows.weight.sum())
        if orders[0] == VALUE:
            losses = np.where(left_out, 0.0, rows.weight * loss._losses(rows, levels, samples))
            if values is None:
                parts += consume(here, losses)
            else:
                values[here] = losses.reshape(values[here].shape)
        blocks = []
        for order, places in zip(slopes, sums, strict=True):
            hook = loss._slopes if order == GRAD else loss._bends
            slope = hook(rows, head, levels, factor * rows.weight, places, samples)
            if order == CURVATURE:
                slope = np.maximum(slope, (factor * rows.weight * np.finfo(samples.dtype).eps)[:, np.newaxis])
            slope[left_out] = 0  # also if a weight is infinite
            blocks.append(slope)
            for place in places:
                place.fresh = False
        for whole, slope in zip(by_hidden, blocks, strict=True):
            whole[here] = slope.reshape(whole[here].shape)
    if values is not None and orders[0] == VALUE:
        parts = consume(WHOLE, values)
    for order, whole, places, goals in zip(slopes, by_hidden, sums, targets, strict=True):
        arrays = [whole, *(place.array if not place.fresh else np.zeros_like(place.array) for place in places)]
        for array, goal in zip(arrays, goals, strict=True):
            if order == CURVATURE and array is not whole:
                array = np.maximum(array, factor * weights * np.finfo(samples.dtype).eps)
            if array is not goal:
                goal[...] = array
    return parts


def _place(samples: Any, target: Array, space: bool) -> Sums:
    """Return where derivatives with respect to weights or biases are added up."""
    return Sums(target.shape, samples.dtype, target if space else None)
