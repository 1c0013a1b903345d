"""Evaluation: walks the blocks, collects values and derivatives, adds up the terms, and writes.

What is evaluated is always a sum of terms with coefficients; a single loss is a sum of one.
"""

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np

from losses import summation
from losses.admission import Samples, check_out, result_dtype
from losses.blocks import partition
from losses.threads import walk
from losses.types import Array, Box, Reduction, Value

Order: TypeAlias = Literal[0, 1, 2]
"""The derivative that is wanted: none, the gradient, or the diagonal of the Hessian."""


class BlockLoss(Protocol):
    """What evaluation asks of a loss."""

    def evaluate_block(
        self, samples: Any, box: Box, value: bool, order: Order, factor: float, out: Array | None
    ) -> Array | None:
        """Return the weighted losses of a block, if `value`; write its weighted derivatives times `factor` to `out`."""


class Term(NamedTuple):
    """A loss with its coefficient and the arguments of one call."""

    coefficient: float
    loss: BlockLoss
    samples: Samples


def evaluate(
    terms: Sequence[Term], reduction: Reduction, value: bool, order: Order, out: Any = None
) -> tuple[Value, Array]:
    """Return the value and the derivative of a sum of losses; only what is asked for is computed.

    Parameters
    ----------
    terms
        At least one; all with the same `predicted`, and under "none" with the same samples.
    reduction, value, order
        What is asked for.
    out
        Where to write the derivative, as the user passed it, or None.
    """
    samples = terms[0].samples
    shape, dtype = samples.predicted.shape, result_dtype(samples.predicted.dtype)
    cut = len(shape) - max(term.samples.whole_axes for term in terms)
    boxes = partition(shape[:cut], math.prod(shape[cut:]))
    derivative: Any = None
    values: Any = None
    if order:
        derivative = np.empty(shape, dtype) if out is None else out
        inputs = {name: array for term in terms for name, array in term.samples.inputs.items()}
        if out is not None and check_out(out, shape, dtype, inputs):
            walk(boxes, lambda box: _check(terms, box))
    if value and reduction == "none":
        values = np.empty(samples.shape, dtype)

    def step(box: Box) -> list[list[summation.Part]]:
        target = None if derivative is None else derivative[box]
        losses = _evaluate_block(terms, box, value, order, target)
        if values is None:
            return [summation.parts(block) for block in losses]
        entries = values[box]
        weighted = [term.coefficient * block for term, block in zip(terms, losses, strict=True)]
        entries[...] = functools.reduce(operator.add, weighted).reshape(entries.shape)
        return []

    found = walk(boxes, step)
    if value and values is None:
        return _total(terms, found), derivative
    return values, derivative


def _check(terms: Sequence[Term], box: Box) -> None:
    for term in terms:
        term.samples.check(box)


def _evaluate_block(terms: Sequence[Term], box: Box, value: bool, order: Order, out: Array | None) -> list[Array]:
    """Return each term's weighted losses, if `value`; write the sum of the terms' derivatives to `out`."""
    if len(terms) == 1 or out is None:
        losses = [_evaluate_term(term, box, value, order, out) for term in terms]
    else:
        scratch = [np.empty(out.shape, term.samples.dtype) for term in terms]
        losses = [_evaluate_term(term, box, value, order, into) for term, into in zip(terms, scratch, strict=True)]
        out[...] = functools.reduce(operator.iadd, scratch)
    return losses if value else []


def _evaluate_term(term: Term, box: Box, value: bool, order: Order, out: Array | None) -> Any:
    """Return one term's weighted losses, without the coefficient; write its derivatives, with it, to `out`."""
    coefficient, loss, samples = term
    losses = loss.evaluate_block(samples, box, value, order, coefficient / samples.denominator, out)
    if coefficient == 0:  # nothing counts, not even an infinite loss
        losses = np.zeros_like(losses)
        if out is not None:
            out[...] = 0
    return losses


def _total(terms: Sequence[Term], found: list[list[list[summation.Part]]]) -> float:
    """Return the value of a sum of terms from the partial sums of their blocks."""
    sums = []
    for term, blocks in zip(terms, zip(*found, strict=True), strict=True):
        parts = [part for block in blocks for part in block]
        sums.append(term.coefficient * summation.total(parts, term.samples.denominator))
    return sum(sums)
