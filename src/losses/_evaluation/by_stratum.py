"""Samples that are strata of survival times, which are evaluated all at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from losses._evaluation.evaluate import Consume
from losses._evaluation.orders import CURVATURE, VALUE, Order
from losses._types import Array, Box
from losses._walk.blocks import WHOLE
from losses._walk.summation import Part


def by_stratum(
    loss: Any,
    samples: Any,
    box: Box,
    orders: tuple[Order, ...],
    factor: Any,
    targets: Sequence[Sequence[Array]],
    consume: Consume,
    space: bool,
) -> list[Part]:
    """Evaluate a loss whose hook `_sums` returns each stratum's loss and each item's derivatives (see `Evaluated`)."""
    results = dict(zip(orders, loss._sums(samples, orders), strict=True))
    parts = consume(WHOLE, results.pop(VALUE)) if VALUE in results else []
    for (order, slope), (target,) in zip(results.items(), targets, strict=True):
        least = samples.floor() if order == CURVATURE else -np.inf
        target[...] = samples.in_place(np.maximum(slope, least) * factor)
    return parts
