"""Admission of class ids, and of the hidden numbers and weights that a model's last layer makes its logits from."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from losses._admission.arrays import contiguous
from losses._admission.classes import IdSamples
from losses._admission.domains import Integers
from losses._types import Array, Box, FloatArray
from losses._walk import summation
from losses._walk.blocks import BLOCK, WHOLE, partition

_VECTORS = 1 << 20
"""Bytes of the hidden numbers of a block: enough rows for each pass over the weights to be worth its time."""


class Rows(NamedTuple):
    """A block of samples: hidden numbers, class ids, weights, and the weights of their classes."""

    hidden: FloatArray
    label: Array
    weight: FloatArray
    class_weight: FloatArray


class VocabularySamples(IdSamples):
    """The checked arguments of one call, of a loss over the classes of a linear layer: a sample is a row of `hidden`.

    Parameters
    ----------
    arguments, sample_weight
        As the user passed them.
    relative
        See `Samples`.
    class_weight, ignore_index
        Parameters of the loss.
    spread : bool
        Whether a label counts for other classes, too.
    """

    unit = "row"
    id_name = "ids"
    block_axes = ()

    def __init__(
        self,
        arguments: Mapping[str, Any],
        sample_weight: Any,
        relative: bool,
        class_weight: Sequence[float] | None,
        ignore_index: int | None,
        spread: bool,
    ) -> None:
        self.class_weight = None if class_weight is None else np.asarray(class_weight, np.float64)
        self.ignore_index, self.spread = ignore_index, spread
        names = tuple(name for name in ("hidden", "weight", "bias") if name in arguments)
        super().__init__(arguments, names, {}, sample_weight, relative)

    def _samples_shape(self) -> tuple[int, ...]:
        self.name, self.predicted = "hidden", self.arguments["hidden"]
        ids, hidden, weight = (self.arguments[name] for name in ("ids", "hidden", "weight"))
        if hidden.ndim == 0 or hidden.shape[-1] == 0:
            raise ValueError(f"hidden has shape {hidden.shape}, but its last axis must hold the features")
        features = hidden.shape[-1]
        if weight.ndim != 2 or weight.shape[1] != features or not len(weight):
            hint = "; pass weight.T" if weight.ndim == 2 and len(weight) == features else ""
            raise ValueError(
                f"weight has shape {weight.shape} but hidden has shape {hidden.shape}; weight must have the shape "
                f"(C, {features}), a row for each class{hint}"
            )
        self.classes = len(weight)
        if "bias" in self.arguments and self.arguments["bias"].shape != (self.classes,):
            raise ValueError(
                f"bias has shape {self.arguments['bias'].shape} but weight has shape {weight.shape}; bias must have "
                f"the shape ({self.classes},)"
            )
        if self.class_weight is not None and len(self.class_weight) != self.classes:
            raise ValueError(
                f"class_weight has {len(self.class_weight)} entries, but weight has {self.classes} classes; there must "
                "be one for each, in the order of the ids"
            )
        if ids.shape != hidden.shape[:-1]:
            hint = "; use ids[..., 0]" if ids.shape == (*hidden.shape[:-1], 1) else ""
            raise ValueError(
                f"ids has shape {ids.shape} but hidden has shape {hidden.shape}; ids must hold a class id for each "
                f"row, in the shape {hidden.shape[:-1]}{hint}"
            )
        self.ids = Integers(
            f"a class id must be an integer from 0 to {self.classes - 1}",
            0.0,
            self.classes - 1.0,
            "; to leave samples out, set ignore_index or a sample_weight of 0",
        )
        return hidden.shape[:-1]

    @property
    def bias(self) -> Array | None:
        """The biases, if there are any."""
        return self.arguments.get("bias")

    @property
    def total_weight(self) -> float:
        """The sum over the samples of their weights times those of their classes."""
        if self.class_weight is None and self.ignore_index is None:
            return super().total_weight
        parts = []
        for box in self.row_boxes():
            self.ids.check("ids", self.arguments["ids"], box, self._left_out(box))
            label, weight = self._labels(box)
            parts += summation.parts(weight * self._own_weight(label))
        return summation.total(parts)

    def boxes(self) -> list[Box]:
        """Return one block: derivatives with respect to the weights are added up over all the samples."""
        return [WHOLE]

    def row_boxes(self) -> list[Box]:
        """Return the blocks of samples that are compared with the classes at a time."""
        count = min(2048, max(64, _VECTORS // (self.predicted.shape[-1] * self.dtype.itemsize)))
        return partition(self.shape, 8 * BLOCK // count)

    def check(self, box: Box) -> None:
        """Raise ValueError if there is an id of no class."""
        for rows in self.row_boxes():
            self.ids.check("ids", self.arguments["ids"], rows, self._left_out(rows))

    def rows(self, box: Box) -> Rows:
        """Return a block of samples; what is left out has the weight 0, the label 0 and hidden numbers of 0."""
        label, weight = self._labels(box)
        hidden = contiguous(self.arguments["hidden"], box, self.dtype).reshape(len(label), self.predicted.shape[-1])
        if (weight == 0).any():
            hidden = np.where(weight[:, np.newaxis] == 0, hidden.dtype.type(0), hidden)
        return Rows(hidden, label, weight, self._own_weight(label))

    def _labels(self, box: Box) -> tuple[Array, FloatArray]:
        """Return class ids, 0 for what is left out, and weights."""
        ids = self.arguments["ids"][box].reshape(-1)
        weight = np.ones(len(ids)) if self.weights is None else self.weights.block(box).reshape(-1)
        left_out = self._left_out(box)
        if left_out is not None:
            out = left_out.reshape(-1)
            ids, weight = np.where(out, ids.dtype.type(0), ids), np.where(out, 0.0, weight)
        label = ids.astype(np.intp)
        if self.class_weight is not None and not self.spread:
            weight = np.where(self.class_weight[label] == 0, 0.0, weight)
        return label, weight

    def _own_weight(self, label: Array) -> FloatArray:
        """Return the weights of the samples' classes."""
        own: FloatArray = np.ones(len(label)) if self.class_weight is None else self.class_weight[label]
        return own
