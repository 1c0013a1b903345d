"""Samples that are regions, which may be too large to be held at once: sums over their parts, then derivatives."""

from typing import Any

from losses._evaluation.asked import Asked
from losses._evaluation.weighing import of_block, weigh, write
from losses._types import Box
from losses._walk.summation import Part


def by_region(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate a block of a loss that is a function of its regions' sums (see `Evaluated`).

    The hook `_sums` adds up a part of some regions, `_loss` makes losses of the sums, and `_slope` makes of the sums a
    part's derivatives of some order.
    """
    samples.check(box)
    boxes, weights = list(samples.parts(box)), of_block(samples.weight(box))
    sums = sum(loss._sums(*samples.take_part(part)) for part in boxes)
    parts = asked.consume(box, weigh(loss._loss(sums), weights)) if asked.value else []
    for part in boxes if asked.targets else ():
        arrays = samples.take_part(part)
        for order, (target,) in zip(asked.derivatives, asked.targets, strict=True):
            place = target[(slice(None), *part[1:])]
            write(loss._slope(order, sums, *arrays), weights, asked.factor, place, 1)
    return parts
