"""One call: walk the blocks, add up their losses, and write their derivatives."""

from typing import Any, Protocol

import numpy as np

from losses._evaluation.asked import Asked
from losses._evaluation.orders import VALUE, Losses, Order, Product
from losses._evaluation.weighing import plain
from losses._types import Array, Box, Dtype, Reduction
from losses._walk import summation
from losses._walk.threads import walk


class Admitted(Protocol):
    """The checked arguments of one call."""

    dtype: Dtype
    """The dtype computed in."""

    result_dtype: Dtype
    """The dtype of an array of losses."""

    shape: tuple[int, ...]
    """The samples' shape."""

    unit: str
    """What a sample is."""

    @property
    def denominator(self) -> float:
        """What the sum of the losses is divided by under "mean"."""

    @property
    def predictions(self) -> list[Array]:
        """The arrays with respect to which derivatives are taken."""

    def boxes(self) -> list[Box]:
        """Return the blocks of the samples that are evaluated at a time."""

    def check(self, box: Box) -> None:
        """Raise if a block holds anything that is not allowed."""

    def outputs(self, out: Any) -> tuple[list[Array], bool]:
        """Return where derivatives are to be written, and whether that is in a prediction."""


class Evaluated(Protocol):
    """What evaluation asks of a loss."""

    @property
    def reduction(self) -> Reduction:
        """How the samples' losses become the value."""

    def _evaluate_block(self, samples: Any, box: Box, asked: Asked) -> list[summation.Part]:
        """Hand the weighted losses of a block to `asked.consume`, and write its derivatives times a factor."""


def evaluate(loss: Any, samples: Admitted, orders: tuple[Order, ...], *outs: Any) -> list[Any]:
    """Return the value and the derivatives that are asked for, in the order of `orders`.

    Parameters
    ----------
    loss, samples
        The loss and the arguments of one call.
    orders
        What is asked for; the value first.
    *outs
        For each derivative, where to write it, as the user passed it, or None.

    Returns
    -------
    list
        The value as a float or an array; a derivative as an array, or as a tuple of them for several predictions.
    """
    reduction: Reduction = loss.reduction
    denominator = samples.denominator if reduction == "mean" else 1.0
    factor: Any = np.longdouble(1) / denominator if samples.dtype.char == "g" else 1 / denominator
    has_value = orders[0] == VALUE
    boxes = samples.boxes()
    derivatives, in_place, own = [], False, True
    for out in outs:
        arrays, overlaps = samples.outputs(out)
        derivatives.append(arrays)
        in_place, own = in_place or overlaps, own and out is None
    if in_place:
        walk(boxes, samples.check)
    written = derivatives if own else [[np.asarray(array) for array in arrays] for arrays in derivatives]
    values = np.empty(samples.shape, samples.result_dtype) if has_value and reduction == "none" else None

    def consume(box: Box, losses: Losses) -> list[summation.Part]:
        if values is None:
            return summation.parts(*losses) if isinstance(losses, Product) else summation.parts(losses)
        entries = values[box]
        entries[...] = plain(losses).reshape(entries.shape)
        return []

    def step(box: Box) -> list[summation.Part]:
        targets = [[array[box] for array in arrays] for arrays in written]
        asked = Asked(orders, factor, targets, consume, not in_place)
        parts: list[summation.Part] = loss._evaluate_block(samples, box, asked)
        return parts

    by_block = walk(boxes, step)
    results: list[Any] = [arrays[0] if len(arrays) == 1 else tuple(arrays) for arrays in derivatives]
    if has_value:
        parts = by_block[0] if len(by_block) == 1 else [part for block in by_block for part in block]
        results.insert(0, summation.total(parts, denominator) if values is None else values)
    return results
