"""Sums of losses: each term is evaluated on the same block, in its own way."""

from typing import Any

import numpy as np

from losses._evaluation.asked import Asked
from losses._evaluation.orders import CURVATURE, Losses
from losses._evaluation.weighing import plain
from losses._types import Array, Box
from losses._walk.summation import Part


def by_term(loss: Any, samples: Any, box: Box, asked: Asked) -> list[Part]:
    """Evaluate one block of a sum of losses (see `Evaluated`): losses and derivatives are added up term by term."""
    losses: list[Array] = []
    sums: list[list[Array]] = []
    for (coefficient, term), own, denominator in zip(loss.terms, samples.terms, samples.denominators, strict=True):
        scale = coefficient / denominator

        def keep(_: Box, block: Losses, scale: float = scale) -> list[Part]:
            losses.append(scale * plain(block) if scale else np.zeros_like(plain(block)))
            return []

        scratch = [[np.empty(target.shape, samples.dtype) for target in places] for places in asked.targets]
        term._evaluate_block(own, box, Asked(asked.orders, scale, scratch, keep, True))
        if scale < 0 and asked.orders[-1] == CURVATURE:  # which stays positive
            scratch[-1] = [-array for array in scratch[-1]]
        if not scale:  # lest 0 times infinity be NaN
            scratch = [[np.zeros_like(array) for array in arrays] for arrays in scratch]
        pairs = zip(sums, scratch, strict=True) if sums else []
        sums = [[a + b for a, b in zip(*pair, strict=True)] for pair in pairs] or scratch
    parts = []
    if asked.value:
        parts = asked.consume(box, sum(losses[1:], losses[0]) if loss.reduction == "none" else np.concatenate(losses))
    for arrays, places in zip(sums, asked.targets, strict=True):
        for array, target in zip(arrays, places, strict=True):
            target[...] = array
    return parts
