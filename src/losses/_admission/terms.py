"""Admission of the arguments of a sum of losses: those of each term."""

import math
from typing import Any

from losses._admission.samples import same_samples
from losses._types import Array, Box, Reduction
from losses._walk.blocks import WHOLE, partition


class Terms:
    """The checked arguments of one call of a sum of losses.

    Parameters
    ----------
    terms
        The arguments of each loss, all with the same predictions.
    reduction
        The reduction that the losses share.
    """

    denominator = 1.0
    """Each term has its own."""

    def __init__(self, terms: list[Any], reduction: Reduction) -> None:
        if reduction == "none":
            same_samples(terms)
        self.terms, self.widest = terms, min(terms, key=lambda term: len(term.block_axes))
        self.dtype, self.result_dtype = terms[0].dtype, terms[0].result_dtype
        self.indivisible = any(term.indivisible for term in terms)
        self.shape, self.unit = terms[0].shape, terms[0].unit
        self.denominators = [term.denominator if reduction == "mean" else 1.0 for term in terms]

    @property
    def predictions(self) -> list[Array]:
        """The arrays with respect to which derivatives are taken."""
        predictions: list[Array] = self.terms[0].predictions
        return predictions

    @property
    def block_axes(self) -> tuple[int, ...]:
        """The lengths of the axes that may be cut."""
        axes: tuple[int, ...] = self.widest.block_axes
        return axes

    @property
    def nbytes(self) -> int:
        """Size of one entry of them, as far as the length of blocks is concerned."""
        width = self.predictions[0].size // max(1, math.prod(self.block_axes))
        size: int = 2 * len(self.terms) * width * self.dtype.itemsize
        return size

    def boxes(self) -> list[Box]:
        """Return blocks that no term's samples reach beyond."""
        return partition(self.block_axes, self.nbytes) if self.block_axes else [WHOLE]

    def check(self, box: Box) -> None:
        """Raise if a block holds anything that a term does not allow."""
        for term in self.terms:
            term.check(box)

    def outputs(self, out: Any) -> tuple[list[Array], bool]:
        """Return where derivatives are to be written, and whether that is in a prediction."""
        overlaps = [term.outputs(out) for term in self.terms] if out is not None else [self.terms[0].outputs(None)]
        first: tuple[list[Array], bool] = overlaps[0]
        return first
