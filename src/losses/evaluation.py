"""Evaluation: walks the blocks of one call, adds up their losses, and says where to write."""

import math
from itertools import chain
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from losses import summation
from losses.admission import Admitted, check_out, result_dtype
from losses.blocks import partition
from losses.threads import walk
from losses.types import Array, Box, FloatArray, Reduction, Value

Order: TypeAlias = Literal[0, 1, 2]
"""The derivative that is wanted: none, the gradient, or the diagonal of the Hessian."""


class BlockLoss(Protocol):
    """What evaluation asks of a loss."""

    @property
    def reduction(self) -> Reduction:
        """How the samples' losses become the value."""

    def evaluate_block(
        self, samples: Any, box: Box, value: bool, order: Order, factor: float, out: Array | None
    ) -> FloatArray | None:
        """Return the weighted losses of a block, if `value`; write its weighted derivatives times `factor` to `out`."""


def evaluate(
    loss: BlockLoss, samples: Admitted, *, value: bool = False, order: Order = 0, out: Any = None
) -> tuple[Value, Array]:
    """Return the value and the derivative of a loss; only what is asked for is computed.

    Parameters
    ----------
    loss, samples
        The loss and the arguments of one call.
    value, order
        What is asked for.
    out
        Where to write the derivative, as the user passed it, or None.
    """
    shape, dtype = samples.predicted.shape, result_dtype(samples.predicted.dtype)
    cut = len(shape) - samples.whole_axes
    boxes = partition(shape[:cut], math.prod(shape[cut:]) * samples.width * samples.dtype.itemsize)
    factor = 1 / samples.denominator
    derivative: Any = None
    values: Any = None
    if out is not None:
        derivative = out
        if check_out(out, shape, dtype, samples.inputs):
            walk(boxes, samples.check)
    elif order:
        derivative = np.empty(shape, dtype)
    if value and loss.reduction == "none":
        values = np.empty(samples.shape, dtype)

    def step(box: Box) -> list[summation.Part]:
        target = None if derivative is None else derivative[box]
        losses = loss.evaluate_block(samples, box, value, order, factor, target)
        if losses is None:
            return []
        if values is None:
            return summation.parts(losses)
        entries = values[box]
        entries[...] = losses.reshape(entries.shape)
        return []

    found = walk(boxes, step)
    if value and values is None:
        values = summation.total(list(chain.from_iterable(found)), samples.denominator)
    return values, derivative
