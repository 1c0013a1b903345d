"""Admission: the one place that inspects what the user passed, and raises about it.

Arrays are checked for kind and shape at once, and for their domain block by block while they are evaluated, so that
nothing of their size is ever allocated. What `Samples.block` hands out is trusted.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from losses.arrays import as_array, compute_dtype, contiguous, raise_different_shapes, result_dtype
from losses.domains import Interval, clip_probabilities
from losses.types import Array, Box, Dtype, Reduction
from losses.weights import Weights, check_denominator


class Admitted(Protocol):
    """The checked arguments of one call."""

    @property
    def predictions(self) -> dict[str, Array]:
        """The arrays by which derivatives are taken: one, or two of whose difference the loss is a function."""

    predicted: Array
    """One of them."""

    dtype: Dtype
    """The dtype computed in."""

    result_dtypes: list[Dtype]
    """The dtypes of the derivatives."""

    result_dtype: Dtype
    """The dtype of an array of losses."""

    shape: tuple[int, ...]
    """The samples' shape."""

    unit: str
    """What a sample is."""

    whole_axes: int
    """How many trailing axes of the predictions a block must not cut."""

    denominator: float
    """What the sum of the losses is divided by."""

    @property
    def width(self) -> int:
        """By how much blocks must be smaller than usual, for what is held of each element while it is evaluated."""

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that the result must not overlap, by name."""

    def check(self, box: Box) -> None:
        """Raise if a block holds anything that is not allowed."""


class Samples:
    """The checked arguments of one call, of a loss in which every element of y_pred is a sample.

    Parameters
    ----------
    arguments
        Arrays by name, the predictions among them; all of one shape.
    domains
        What the arguments may hold, by name; a missing name means any real number.
    sample_weight, reduction
        As the user passed them.
    predictions
        Names of the arguments by which derivatives are taken.
    """

    unit = "element"
    """What a sample is."""

    whole_axes = 0
    """How many trailing axes of y_pred a block must not cut."""

    def __init__(
        self,
        arguments: Mapping[str, Any],
        domains: Mapping[str, Interval],
        sample_weight: Any,
        reduction: Reduction,
        predictions: Sequence[str] = ("y_pred",),
    ) -> None:
        self.arguments = {name: as_array(name, value) for name, value in arguments.items()}
        self.domains = domains
        self.name = predictions[-1]
        self.names = predictions
        self.predicted = self.arguments[self.name]
        self.result_dtypes = [result_dtype(self.arguments[name].dtype) for name in predictions]
        self.result_dtype = self.result_dtypes[0] if len(predictions) == 1 else np.result_type(*self.result_dtypes)
        self.dtype = compute_dtype(self.result_dtype)
        self.shape = self._samples_shape()
        self.weights = None if sample_weight is None else Weights(sample_weight, self.shape, reduction)
        self.denominator = self._mean_denominator() if reduction == "mean" else 1.0

    @property
    def predictions(self) -> dict[str, Array]:
        """The arrays by which derivatives are taken, by name."""
        return {name: self.arguments[name] for name in self.names}

    @property
    def width(self) -> int:
        """By how much blocks must be smaller than usual: weights and conversions take memory, too."""
        as_passed = all(array.dtype == self.dtype for array in self.arguments.values())
        return 1 if as_passed and self.weights is None and len(self.arguments) == 2 else 2

    def _samples_shape(self) -> tuple[int, ...]:
        shape = self.predicted.shape
        for name, array in self.arguments.items():
            if array.shape != shape:
                raise_different_shapes(name, array, self.name, self.predicted)
        return shape

    def _mean_denominator(self) -> float:
        denominator = self._denominator()
        if not 1e-300 < denominator < 1e300:
            check_denominator(denominator, self.name, self.shape, self._weighed_by())
        return denominator

    def _denominator(self) -> float:
        return float(math.prod(self.shape)) if self.weights is None else self.weights.total

    def _weighed_by(self) -> str:
        """Return the names of what the samples' weights come from."""
        return "sample_weight"

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that `out` must not overlap."""
        return self.arguments if self.weights is None else {**self.arguments, "sample_weight": self.weights.array}

    def check(self, box: Box) -> None:
        """Raise ValueError if a block holds anything that its domain forbids."""
        if self.domains:
            left_out = None if self.weights is None else self.weights.block(box) == 0
            for name, domain in self.domains.items():
                domain.check(name, self.arguments[name], box, left_out)

    def block(self, box: Box) -> tuple[list[Array], Array | None]:
        """Return a block of each argument in the dtype computed in, and of the weights (None if all are 1)."""
        self.check(box)
        blocks = [contiguous(array, box, self.dtype) for array in self.arguments.values()]
        if self.domains:
            for k, name in enumerate(self.arguments):
                if name in self.domains and self.domains[name].clipped:
                    blocks[k] = clip_probabilities(blocks[k], self.result_dtype)
        return blocks, None if self.weights is None else self.weights.block(box).reshape(-1)


def check_same_samples(terms: Sequence[Admitted]) -> None:
    """Raise ValueError unless losses that are added sample by sample have the same samples."""
    found = {(samples.unit, samples.shape) for samples in terms}
    if len(found) > 1:
        listed = " and ".join(sorted(f"one per {unit}, of shape {shape}" for unit, shape in found))
        raise ValueError(f'the terms of a sum need the same samples under reduction="none", got {listed}')
