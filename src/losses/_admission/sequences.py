"""Admission of sequences of labels, and of logits of more frames than there are labels."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from losses._admission.arrays import contiguous
from losses._admission.domains import Integers, first, place
from losses._admission.samples import Samples
from losses._types import Array, Box
from losses._walk.blocks import partition

_CORE = {"labels": ("label",), "logits": ("frame", "class")}
_BLOCKS = 6
"""How many blocks of ordinary samples are held at once: steps from frame to frame take many sequences together."""


class SequenceSamples(Samples):
    """The checked arguments of one call of a loss of labels, logits and lengths.

    Frames and labels beyond a sequence's length may hold anything.
    """

    unit = "sequence"

    def __init__(self, arguments: Mapping[str, Any], blank: int, sample_weight: Any, relative: bool) -> None:
        self.blank = blank
        super().__init__(arguments, ("logits",), {}, sample_weight, relative, _CORE)
        frames, classes = self.predicted.shape[-2:]
        if classes <= blank:
            shape = self.predicted.shape
            raise ValueError(
                f"logits has shape {shape}, but its last axis must hold the classes, blank={blank} among them; set "
                "blank to the id that stands for no label"
            )
        self.count = self.arguments["labels"].shape[-1]
        self.lengths = {
            name: Integers(f"it must be an integer from 0 to {most}, the {things}", 0.0, float(most), hint)
            for name, most, things, hint in (
                ("input_lengths", frames, "frames", "; logits has the shape (sequences, frames, classes)"),
                ("label_lengths", self.count, "labels", "; labels has the shape (sequences, labels)"),
            )
        }

    @property
    def nbytes(self) -> int:
        """Size of one sequence: two tables of states, and what is gathered from the logits and written."""
        frames, classes = self.predicted.shape[-2:]
        wide = max(8, self.dtype.itemsize)
        size: int = frames * (wide * (6 * self.count + 6) + 2 * classes * self.dtype.itemsize)
        return size

    def boxes(self) -> list[Box]:
        """Return the blocks of the sequences that are evaluated at a time."""
        return partition(self.shape, -(-self.nbytes // _BLOCKS))

    def check(self, box: Box) -> None:
        """Raise ValueError if a block holds anything that is not allowed."""
        left_out = None if self.weights is None else self.weights.block(box) == 0
        for name, domain in self.lengths.items():
            domain.check(name, self.arguments[name], box, left_out)
        labels, inside = self.arguments["labels"][box], self._inside(box, left_out)
        classes = self.predicted.shape[-1]
        bad = inside & ~((labels >= 0) & (labels < classes) & (labels == np.floor(labels)) & (labels != self.blank))
        if bad.any():
            at, index = first(bad, box)
            what = "the blank" if labels[at] == self.blank else f"no integer from 0 to {classes - 1}"
            raise ValueError(
                f"{place('labels', index)} is {labels[at]!s}, {what}; labels before label_lengths must be class ids "
                f"other than blank={self.blank}"
            )

    def take(self, box: Box) -> tuple[list[Array], Array | None]:
        """Return labels, 0 beyond the end, logits, lengths, 0 for what is left out, and weights (None if all are 1)."""
        self.check(box)
        weight = None if self.weights is None else self.weights.block(box)
        left_out = None if weight is None else weight == 0
        labels = np.where(self._inside(box, left_out), self.arguments["labels"][box], 0)
        lengths = [self.arguments[name][box] for name in self.lengths]
        if left_out is not None:
            lengths = [np.where(left_out, 0, length) for length in lengths]
        count = math.prod(lengths[0].shape)
        logits = contiguous(self.predicted, box, self.dtype).reshape(count, *self.predicted.shape[-2:])
        integers = [np.asarray(length, np.intp).reshape(-1) for length in lengths]
        arrays = [labels.astype(np.intp).reshape(count, self.count), logits, *integers]
        return arrays, None if weight is None else weight.reshape(-1)

    def _inside(self, box: Box, left_out: Array | None) -> Array:
        """Return which labels of a block belong to their sequence."""
        length = np.asarray(self.arguments["label_lengths"][box])
        if left_out is not None:
            length = np.where(left_out, 0, length)
        inside: Array = np.arange(self.count) < length[..., np.newaxis]
        return inside
