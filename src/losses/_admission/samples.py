"""Admission of samples: entries of the leading axes of one array or several."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from losses._admission.arrays import as_array, compute_dtype, contiguous, raise_different_shapes, result_dtype
from losses._admission.domains import Interval, clip_probabilities
from losses._admission.outputs import check_out
from losses._admission.weights import Weights, check_denominator
from losses._types import Array, Box
from losses._walk.blocks import WHOLE, partition

_FEW = 1 << 12
"""Up to so many entries are always one block."""

Core = Mapping[str, tuple[str, ...]]
"""The trailing axes of each array that belong to one sample, named; axes of one name have one length."""


class Samples:
    """The checked arguments of one call.

    Arrays are checked for kind and shape at once, and for their domain block by block while they are evaluated, so that
    nothing of their size is ever allocated.

    Parameters
    ----------
    arguments
        Arrays by name, the predictions among them.
    predictions
        Names of the arguments with respect to which derivatives are taken.
    domains
        What the arguments may hold, by name; a missing name means any real number.
    sample_weight
        As the user passed it.
    relative
        Whether the scale of the weights doesn't matter.
    core
        Their trailing axes that hold one sample's numbers; an array that isn't named has none.
    scalars
        Names of arguments that may be a single number for all the samples.
    """

    unit = "element"
    """What a sample is."""

    row_hint = "; a row is one sample, with one weight"
    """What to say of weights that have one for each of a sample's numbers."""

    indivisible = False
    """Whether the samples are compared with each other, so that partial sums of two calls can't be put together."""

    width = 1
    """How many times smaller than usual blocks must be, because of the temporaries that the formula needs."""

    def __init__(
        self,
        arguments: Mapping[str, Any],
        predictions: tuple[str, ...],
        domains: Mapping[str, Interval],
        sample_weight: Any,
        relative: bool,
        core: Core | None = None,
        scalars: Collection[str] = (),
    ) -> None:
        self.arguments = {
            name: value if type(value) is np.ndarray and value.dtype.kind == "f" else as_array(name, value)
            for name, value in arguments.items()
        }
        self.names, self.domains, self.core = predictions, domains, core or {}
        self.name = predictions[-1]
        self.first = list(arguments).index(predictions[0])
        self.predicted = self.arguments[self.name]
        dtypes = [result_dtype(self.arguments[name].dtype) for name in predictions]
        self.result_dtypes = dtypes
        self.result_dtype = dtypes[0] if len(dtypes) == 1 else np.result_type(*dtypes)
        self.dtype = compute_dtype(self.result_dtype)
        for name in scalars:
            if name in self.arguments and self.arguments[name].ndim == 0:
                self.arguments[name] = np.broadcast_to(self.arguments[name], self.predicted.shape)
        self.shape = self._samples_shape()
        self.weights = None if sample_weight is None else Weights(sample_weight, self.shape, relative, self._row_hint)

    @property
    def predictions(self) -> list[Array]:
        """The arrays with respect to which derivatives are taken."""
        return [self.arguments[name] for name in self.names]

    # ------------------------------------------------------------------------------------------------ shapes

    def _samples_shape(self) -> tuple[int, ...]:
        shape = self.predicted.shape
        if not self.core:
            for name, array in self.arguments.items():
                if array.shape != shape:
                    raise_different_shapes(name, array, self.name, self.predicted)
            return shape
        lengths: dict[str, tuple[str, int]] = {}
        leading = self._leading(self.name)
        for name, array in self.arguments.items():
            if self._leading(name) != leading:
                self._raise_leading(name, leading)
            for axis, length in zip(self.core.get(name, ()), array.shape[len(leading) :], strict=True):
                first, expected = lengths.setdefault(axis, (name, length))
                if length != expected:
                    raise ValueError(
                        f"{name} has shape {array.shape} but {first} has shape {self.arguments[first].shape}; "
                        f"their axes of {axis}s must have one length"
                    )
        return leading

    def _leading(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array without the axes that hold one sample's numbers."""
        axes, shape = self.core.get(name, ()), self.arguments[name].shape
        if len(shape) < len(axes):
            raise ValueError(
                f"{name} has shape {shape}, but its last axes must hold: {', '.join(axes)}; add an axis, with "
                "np.newaxis"
            )
        return shape[: len(shape) - len(axes)]

    def _raise_leading(self, name: str, leading: tuple[int, ...]) -> None:
        shape, axes = self.arguments[name].shape, [*map(str, leading), *self.core.get(name, ())]
        hint = ""
        if shape == (*leading, 1) and len(axes) == len(leading):
            hint = f"; use np.ravel({name})" if len(leading) == 1 else f"; use {name}[..., 0]"
        raise ValueError(
            f"{name} has shape {shape} but {self.name} has shape {self.predicted.shape}; for samples of shape "
            f"{leading} it must have the shape ({', '.join(axes)}{',' * (len(axes) == 1)}), since nothing is "
            f"broadcast{hint}"
        )

    # ----------------------------------------------------------------------------------------- weights, denominator

    @property
    def denominator(self) -> float:
        """What the sum of the losses is divided by under "mean"."""
        total = self.total_weight
        if not 1e-300 < total < 1e300:
            check_denominator(total, self.name, self.shape, self._weighed_by())
        return total

    @property
    def total_weight(self) -> float:
        """The sum of the samples' weights."""
        return float(math.prod(self.shape)) if self.weights is None else self.weights.total

    def _weighed_by(self) -> str:
        """Return the names of what the samples' weights come from."""
        return "sample_weight"

    def _row_hint(self, shape: tuple[int, ...]) -> str:
        """Return what to say of weights of some shape, if they have one for each of a sample's numbers."""
        whole, row = self.predicted.shape, self.predicted.shape[len(self.shape) :]
        return self.row_hint if row and shape in (row, whole) else ""

    # ------------------------------------------------------------------------------------------------ outputs

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that `out` must not overlap."""
        return self.arguments if self.weights is None else {**self.arguments, "sample_weight": self.weights.array}

    def outputs(self, out: Any) -> tuple[list[Array], bool]:
        """Return where derivatives are to be written, and whether that is in a prediction (see `check_out`)."""
        if out is None:
            arrays = zip(self.names, self.result_dtypes, strict=True)
            return [np.empty(self.arguments[name].shape, dtype) for name, dtype in arrays], False
        return check_out(out, {name: self.arguments[name] for name in self.names}, self.inputs)

    # ------------------------------------------------------------------------------------------------ blocks

    @property
    def block_axes(self) -> tuple[int, ...]:
        """The lengths of the axes that may be cut."""
        return self.shape

    def boxes(self) -> list[Box]:
        """Return the blocks of the samples that are evaluated at a time."""
        size = self.predicted.size
        if size <= _FEW and not self.core:
            return [WHOLE]
        return partition(self.shape, self.nbytes)

    @property
    def nbytes(self) -> int:
        """Size of one sample, as far as the length of blocks is concerned: weights and conversions take memory, too."""
        held = [math.prod(self.predicted.shape[len(self.shape) :])]
        if self.core:
            held = [math.prod(array.shape[len(self.shape) :]) for array in self.predictions]
        as_passed = all(array.dtype.newbyteorder("=") == self.dtype for array in self.arguments.values())
        width = 1 if as_passed and self.weights is None and len(self.arguments) <= 2 else 2
        return sum(held) * width * self.width * self.dtype.itemsize

    def check(self, box: Box) -> None:
        """Raise ValueError if a block holds anything that is not allowed."""
        self._checked(box)

    def _checked(self, box: Box) -> list[str]:
        """Check a block against the domains; return the names of what has to be clipped."""
        present = [name for name in self.domains if name in self.arguments]
        left_out = None
        if self.weights is not None:
            if all(self.domains[name].leaves(self.arguments[name][box]) for name in present):
                return []
            left_out = self.weights.block(box) == 0
        return [name for name in present if self.domains[name].check(name, self.arguments[name], box, left_out)]

    def take(self, box: Box) -> tuple[list[Array], Array | None]:
        """Return a block of each argument in the dtype computed in, and of the weights (None if all are 1).

        Samples lie along the first axis, contiguous.
        """
        clipped = self._checked(box)
        dtype, core = self.dtype, self.core
        blocks = [contiguous(array, box, dtype) for array in self.arguments.values()]
        if core:
            ndim = len(self.shape)
            for k, (name, array) in enumerate(self.arguments.items()):
                if name in core:
                    blocks[k] = blocks[k].reshape(-1, *array.shape[ndim:])
        if clipped:
            for k, name in enumerate(self.arguments):
                if name in clipped:
                    blocks[k] = clip_probabilities(blocks[k], self.result_dtype)
        return blocks, None if self.weights is None else self.weights.block(box).reshape(-1)


def same_samples(terms: Sequence[Any]) -> None:
    """Raise ValueError unless losses that are added sample by sample have the same samples."""
    kinds = {(samples.unit, samples.shape) for samples in terms}
    if len(kinds) > 1:
        listed = " and ".join(sorted(f"one per {unit}, of shape {shape}" for unit, shape in kinds))
        raise ValueError(
            f'the terms of a sum need the same samples under reduction="none", got {listed}; evaluate each term alone'
        )
