"""Samples that are strata of survival times, which are evaluated all at once."""

from typing import Any

import numpy as np

from losses._evaluation.asked import Asked
from losses._evaluation.orders import CURVATURE, VALUE
from losses._types import Box
from losses._walk.blocks import WHOLE
from losses._walk.summation import Part


def by_stratum(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate a loss whose hook `_sums` returns each stratum's loss and each item's derivatives (see `Evaluated`)."""
    results = dict(zip(asked.orders, loss._sums(samples, asked.orders), strict=True))
    parts = asked.consume(WHOLE, results.pop(VALUE)) if VALUE in results else []
    for (order, slope), (target,) in zip(results.items(), asked.targets, strict=True):
        least = samples.floor() if order == CURVATURE else -np.inf
        target[...] = samples.in_place(np.maximum(slope, least) * asked.factor)
    return parts
