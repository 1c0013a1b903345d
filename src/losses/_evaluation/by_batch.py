"""Samples that are compared with each other, all the vectors of a batch, which are evaluated at once."""

from typing import Any

import numpy as np

from losses._evaluation.asked import Asked
from losses._evaluation.orders import GRAD, HESS
from losses._types import Box
from losses._walk.blocks import WHOLE
from losses._walk.summation import Part


def by_batch(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate a loss whose hook `_compared` returns each anchor's loss and the gradients of their weighted sum.

    The hook gets the weights over the largest of them. Curvature is the constant 1 times the weights (see `Evaluated`).
    """
    if HESS in asked.orders:
        raise NotImplementedError(f"{type(loss).__name__} has no hess; use curvature, or differences of grad")
    samples.check(box)
    largest = samples.weight.max(initial=0.0) or 1.0
    losses, slopes = loss._compared(samples, samples.weight / largest, GRAD in asked.orders)
    parts: list[Part] = []
    if asked.value:
        parts = asked.consume(WHOLE, samples.in_place(losses * samples.weight))
    for order, places in zip(asked.derivatives, asked.targets, strict=True):
        for k, target in enumerate(places):
            if order == GRAD:
                slope = np.multiply(slopes[k], asked.factor * largest, out=slopes[k], casting="same_kind")
                target[...] = samples.in_place(slope)
            else:
                target[...] = samples.in_place(samples.weight * asked.factor)[:, np.newaxis]
    return parts
