"""Admission of batches of embeddings, all of which are compared with each other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from losses._admission.arrays import contiguous
from losses._admission.domains import DIRECTION, Integers
from losses._admission.samples import Samples
from losses._types import Array, Box, FloatArray
from losses._walk.blocks import WHOLE
from losses._walk.summation import add_up

_ID = Integers("a class id must be an integer", -(2.0**63), 2.0**64)


class BatchSamples(Samples):
    """The checked arguments of one call, of a loss over all the pairs of a batch: a sample is an anchor.

    Anchors of weight 0 are left out, as if the batch didn't have them.

    Parameters
    ----------
    arguments, sample_weight
        As the user passed them.
    predictions, relative
        See `Samples`.

    Attributes
    ----------
    kept
        Where the anchors that are not left out stand in the batch; a slice, if all are kept.
    weight
        Their weights.
    """

    unit = "anchor"
    block_axes = ()
    indivisible = True

    def __init__(
        self, arguments: Mapping[str, Any], predictions: tuple[str, ...], sample_weight: Any, relative: bool
    ) -> None:
        super().__init__(arguments, predictions, {}, sample_weight, relative, dict.fromkeys(predictions, ("feature",)))
        weight = np.ones(self.shape) if self.weights is None else self.weights.block(WHOLE)
        self.left_out = weight == 0
        self.kept: Any = np.flatnonzero(weight) if self.left_out.any() else slice(None)
        self.weight: FloatArray = weight[self.kept]

    def _samples_shape(self) -> tuple[int, ...]:
        shape = super()._samples_shape()
        if len(shape) != 1:
            raise ValueError(
                f"{self.name} has shape {self.predicted.shape}, but a batch has two axes, (vectors, features); call "
                "the loss for each batch"
            )
        return shape

    def vectors(self, name: str) -> FloatArray:
        """Return the vectors of the anchors that are kept, in the dtype computed in."""
        array = self.arguments[name]
        kept: FloatArray = contiguous(array, WHOLE, self.dtype).reshape(array.shape)[self.kept]
        return kept

    def in_place(self, kept: Array) -> Array:
        """Return what belongs to the anchors that are kept where they stand in the batch, and 0 elsewhere."""
        if isinstance(self.kept, slice):
            return kept
        every = np.zeros(self.shape + kept.shape[1:], kept.dtype)
        every[self.kept] = kept
        return every

    def boxes(self) -> list[Box]:
        """Return one block: all the anchors are evaluated at once."""
        return [WHOLE]

    def check(self, box: Box) -> None:
        """Raise ValueError if a vector that is kept has no direction."""
        for name in self.names:
            DIRECTION.check(name, self.arguments[name], WHOLE, self.left_out)


class LabelledBatch(BatchSamples):
    """The checked arguments of one call of a loss of class ids and embeddings.

    Anchors that are alone in their class don't count; without any other, the mean is 0.

    Attributes
    ----------
    label
        The class of each anchor that is kept, numbered from 0.
    positives
        How many others of its class are kept.
    """

    def __init__(self, arguments: Mapping[str, Any], sample_weight: Any, relative: bool) -> None:
        super().__init__(arguments, ("embeddings",), sample_weight, relative)
        ids = self.arguments["ids"]
        _ID.check("ids", ids, WHOLE, self.left_out)
        _, label, counts = np.unique(ids[self.kept], return_inverse=True, return_counts=True)
        self.label: Array = label.reshape(-1)
        self.positives: Array = counts[self.label] - 1

    @property
    def denominator(self) -> float:
        """The weight of the anchors that count; if none does, that of all, or 1."""
        return self.total_weight or add_up([self.weight]) or 1.0

    @property
    def total_weight(self) -> float:
        """The weight of the anchors that have another one of their class."""
        return add_up([self.weight * (self.positives > 0)])
