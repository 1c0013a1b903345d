"""Samples that are rows of hidden numbers, compared with all the classes of a linear layer, some rows at a time."""

from typing import Any

import numpy as np

from losses._evaluation.asked import Asked
from losses._evaluation.orders import CURVATURE, GRAD
from losses._maths.vocabulary import Head, Sums
from losses._types import Array, Box
from losses._walk.blocks import WHOLE
from losses._walk.summation import Part


def by_vocabulary(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate a loss whose hooks `_losses`, `_slopes` and `_bends` take rows and all the classes (see `Evaluated`).

    Derivatives with respect to the rows are written block after block, once a block isn't needed any more; those with
    respect to weights and biases are added up over the blocks, in memory of their own where `space` is False.
    """
    samples.check(box)
    sums = [[_place(samples, target, asked.space) for target in places[1:]] for places in asked.targets]
    by_hidden = [places[0] for places in asked.targets]
    parts: list[Part] = []
    values = np.empty(samples.shape, np.result_type(samples.dtype, np.float64)) if loss.reduction == "none" else None
    weights = 0.0
    for here in samples.row_boxes():
        rows = samples.rows(here)
        head = Head(rows.hidden, rows.label, samples.arguments["weight"], samples.bias)
        levels = head.levels()
        left_out = rows.weight == 0
        weights += float(rows.weight.sum())
        if asked.value:
            losses = np.where(left_out, 0.0, rows.weight * loss._losses(rows, levels, samples))
            if values is None:
                parts += asked.consume(here, losses)
            else:
                values[here] = losses.reshape(values[here].shape)
        blocks = []
        for order, places in zip(asked.derivatives, sums, strict=True):
            hook = loss._slopes if order == GRAD else loss._bends
            slope = hook(rows, head, levels, asked.factor * rows.weight, places, samples)
            if order == CURVATURE:
                slope = np.maximum(slope, (asked.factor * rows.weight * np.finfo(samples.dtype).eps)[:, np.newaxis])
            slope[left_out] = 0  # also if a weight is infinite
            blocks.append(slope)
            for place in places:
                place.fresh = False
        for whole, slope in zip(by_hidden, blocks, strict=True):
            whole[here] = slope.reshape(whole[here].shape)
    if values is not None and asked.value:
        parts = asked.consume(WHOLE, values)
    for order, whole, places, goals in zip(asked.derivatives, by_hidden, sums, asked.targets, strict=True):
        arrays = [whole, *(place.array if not place.fresh else np.zeros_like(place.array) for place in places)]
        for array, goal in zip(arrays, goals, strict=True):
            if order == CURVATURE and array is not whole:
                array = np.maximum(array, asked.factor * weights * np.finfo(samples.dtype).eps)
            if array is not goal:
                goal[...] = array
    return parts


def _place(samples: Any, target: Array, space: bool) -> Sums:
    """Return where derivatives with respect to weights or biases are added up."""
    return Sums(target.shape, samples.dtype, target if space else None)
