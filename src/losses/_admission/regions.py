"""Admission of regions: a sample is an entry of the first axis, with all that lies below it."""

import math
from collections.abc import Mapping
from typing import Any

from losses._admission.arrays import contiguous
from losses._admission.domains import Interval
from losses._admission.samples import Samples
from losses._types import Array, Box
from losses._walk.blocks import partition


class RegionSamples(Samples):
    """The checked arguments of one call, of a loss of whole regions such as masks of images.

    A region may be larger than a block. Then it is walked in parts.
    """

    unit = "region"

    def __init__(
        self, arguments: Mapping[str, Any], domains: Mapping[str, Interval], sample_weight: Any, relative: bool
    ) -> None:
        super().__init__(arguments, ("y_pred",), domains, sample_weight, relative)

    def _samples_shape(self) -> tuple[int, ...]:
        shape = super()._samples_shape()
        if len(shape) < 2:
            raise ValueError(
                f"y_pred has shape {shape}, but its first axis counts regions, and the others are what lies in them; "
                "for one region of any shape pass y_true[np.newaxis] and y_pred[np.newaxis]"
            )
        return shape[:1]

    @property
    def nbytes(self) -> int:
        """Size of one region."""
        size: int = math.prod(self.predicted.shape[1:]) * 4 * self.dtype.itemsize
        return size

    def boxes(self) -> list[Box]:
        """Return the blocks of the regions that are evaluated at a time, in parts where they are large."""
        return partition(self.shape, self.nbytes)

    def parts(self, box: Box) -> list[Box]:
        """Return where the parts of a block's regions lie, all of which have them in common."""
        regions = box[0] if isinstance(box[0], slice) else slice(0, len(self.predicted))
        inner = partition(self.predicted.shape[1:], (regions.stop - regions.start) * 4 * self.dtype.itemsize)
        return [(regions, *part) for part in inner]

    def check(self, box: Box) -> None:
        """Raise ValueError if a block holds anything that its domain forbids."""
        left_out = None if self.weights is None else self.weights.block(box) == 0
        for part in self.parts(box):
            for name, domain in self.domains.items():
                domain.check(name, self.arguments[name], part, left_out)

    def take_part(self, part: Box) -> list[Array]:
        """Return a part of each argument in the dtype computed in, the regions along the first axis."""
        regions, *inner = self.predicted[part].shape
        shape = (regions, math.prod(inner))
        return [contiguous(array, part, self.dtype).reshape(shape) for array in self.arguments.values()]

    def weight(self, box: Box) -> Array | None:
        """Return the weights of a block's regions (None if all are 1)."""
        return None if self.weights is None else self.weights.block(box).reshape(-1)
