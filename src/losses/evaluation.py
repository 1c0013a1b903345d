"""Evaluation: walks the blocks of one call, adds up their losses, and says where to write."""

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from losses import summation
from losses.admission import Admitted
from losses.blocks import WHOLE, partition
from losses.outputs import check_out
from losses.threads import walk
from losses.types import Array, Box, Derivative, Dtype, FloatArray, Reduction, Value

Order: TypeAlias = Literal[0, 1, 2]
"""The derivative that is wanted: none, the gradient, or the diagonal of the Hessian."""

_FEW = 1 << 12
"""So many elements are one block, without further thought."""


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
) -> tuple[Value, Derivative]:
    """Return the value and the derivative of a loss; only what is asked for is computed.

    Parameters
    ----------
    loss, samples
        The loss and the arguments of one call.
    value, order
        What is asked for.
    out
        Where to write the derivative, as the user passed it, or None.

    Returns
    -------
    value
        The value, or None.
    derivative
        The derivative by the prediction, a tuple of those by the two predictions, or None.
    """
    boxes = _boxes(samples)
    factor: Any = 1 / samples.denominator
    if samples.dtype.char == "g":
        factor = np.longdouble(1) / samples.denominator
    derivatives: list[Array] = []
    values: Any = None
    results: list[Array] = []
    if out is not None:
        results, in_place = check_out(out, samples.predictions, samples.inputs)
        derivatives = [np.asarray(array) for array in results]  # indexing a subclass may do anything
        if in_place:
            walk(boxes, samples.check)
    elif order:
        results = derivatives = [np.empty(samples.predicted.shape, dtype) for dtype in samples.result_dtypes]
    if value and loss.reduction == "none":
        values = np.empty(samples.shape, samples.result_dtype)
    alone = derivatives[0] if len(derivatives) == 1 else None

    def step(box: Box) -> list[summation.Part]:
        target = _target(derivatives, box, samples.dtype) if alone is None else alone[box]
        losses = loss.evaluate_block(samples, box, value, order, factor, target)
        if alone is None and target is not None:
            _spread(target, derivatives, box, order)
        if losses is None:
            return []
        if values is None:
            return summation.parts(losses)
        entries = values[box]
        entries[...] = losses.reshape(entries.shape)
        return []

    found = walk(boxes, step)
    if value and values is None:
        values = summation.total(found[0] if len(found) == 1 else list(chain(*found)), samples.denominator)
    return values, results[0] if len(results) == 1 else tuple(results) or None


def _boxes(samples: Admitted) -> list[Box]:
    """Return the blocks of one call."""
    shape = samples.predicted.shape
    if samples.predicted.size <= _FEW:
        return [WHOLE]
    cut = len(shape) - samples.whole_axes
    return partition(shape[:cut], math.prod(shape[cut:]) * samples.width * samples.dtype.itemsize)


def _target(derivatives: Sequence[Array], box: Box, dtype: Dtype) -> Array | None:
    """Return scratch for the derivative by the difference of two predictions, or None if none is wanted."""
    return np.empty(derivatives[0][box].shape, dtype) if derivatives else None


def _spread(block: Array, derivatives: Sequence[Array], box: Box, order: Order) -> None:
    """Write a derivative by the difference of two predictions to those by the first and by the second."""
    first, second = derivatives
    first[box] = block
    second[box] = block if order == 2 else 0 - block  # unlike -block, this keeps the sign of 0
