"""Admission of classes: integer class ids, or a distribution over classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losses._admission.arrays import contiguous
from losses._admission.domains import Interval, clip_probabilities, first, place
from losses._admission.samples import Samples
from losses._types import Array, Box, Dtype
from losses._walk import summation
from losses._walk.blocks import partition
from losses._walk.threads import walk

_TARGET = Interval(
    "a target probability must lie in [0, 1]", 0.0, 1.0, "; y_true has y_pred's shape: class ids have one axis less"
)
_ROW_SUM_TOLERANCE = 1e-3


class IdSamples(Samples):
    """Samples with class ids: classes may have weights, and the samples of one id may be left out."""

    id_name: str
    """The name of the array of ids."""

    class_weight: Array | None
    ignore_index: int | None

    def _weighed_by(self) -> str:
        sources = {"sample_weight": self.weights, "class_weight": self.class_weight, "ignore_index": self.ignore_index}
        return " with ".join(name for name, source in sources.items() if source is not None)

    def _left_out(self, box: Box) -> Array | None:
        """Return a mask of the samples of a block that are left out, or None where all are kept."""
        left_out = None if self.weights is None else self.weights.block(box) == 0
        if self.ignore_index is None:
            return left_out
        ids = self.arguments[self.id_name][box]
        ignored: Array = np.asarray(ids == comparable(self.ignore_index, ids.dtype))
        return ignored if left_out is None else left_out | ignored


class ClassSamples(IdSamples):
    """The checked arguments of one call, of a loss over classes: a sample is a row of y_pred.

    Parameters
    ----------
    arguments, sample_weight
        As the user passed them.
    domains, relative
        See `Samples`.
    class_weight, ignore_index
        Parameters of the loss.
    spread : bool
        Whether the loss spreads the label over all the classes, and weighs these itself.
    """

    unit = "row"
    id_name = "y_true"
    row_hint = "; a row is one sample, with one weight; to weigh classes, use the loss's class_weight"

    target_is_checked = False
    """Whether all of y_true is, as the sum of the weights needs it."""

    def __init__(
        self,
        arguments: Mapping[str, Any],
        domains: Mapping[str, Interval],
        sample_weight: Any,
        relative: bool,
        class_weight: Sequence[float] | None,
        ignore_index: int | None,
        spread: bool,
    ) -> None:
        self.class_weight = None if class_weight is None else np.asarray(class_weight, np.float64)
        self.ignore_index, self.spread = ignore_index, spread
        super().__init__(arguments, ("y_pred",), domains, sample_weight, relative, {"y_pred": ("class",)})

    @property
    def nbytes(self) -> int:
        """Size of one sample: its row, and one number beside it."""
        width = 1 if self.has_ids and self.predicted.dtype.newbyteorder("=") == self.dtype else 2
        size: int = (self.classes + 1) * width * self.width * self.dtype.itemsize
        return size

    def _samples_shape(self) -> tuple[int, ...]:
        target, shape = self.arguments["y_true"], self.predicted.shape
        if len(shape) == 1 and target.shape == shape and not _is_distribution(target):
            raise ValueError(
                f"y_pred has shape {shape}, but each sample needs a row of one number for each class, ({shape[0]}, C); "
                "for two classes with one number each use BinaryCrossEntropy; for one sample y_true is a number"
            )
        if not shape or shape[-1] == 0:
            raise ValueError(f"y_pred has shape {shape}, but its last axis must hold one number for each class")
        self.classes = shape[-1]
        if self.class_weight is not None and len(self.class_weight) != self.classes:
            raise ValueError(
                f"class_weight has {len(self.class_weight)} entries, but y_pred has {self.classes} classes; there must "
                "be one for each, in the order of the ids"
            )
        self.has_ids = target.shape == shape[:-1]
        if not self.has_ids and target.shape != shape:
            hint = _shape_hint(target.shape, shape)
            raise ValueError(
                f"y_true has shape {target.shape} but y_pred has shape {shape}; y_true must hold class ids of shape "
                f"{shape[:-1]} or a distribution of shape {shape}{hint}"
            )
        if not self.has_ids and self.ignore_index is not None:
            raise ValueError(
                f"ignore_index={self.ignore_index} needs class ids, but y_true has the shape of a distribution, "
                f"{target.shape}; use sample_weight to leave rows out"
            )
        return shape[:-1]

    @property
    def total_weight(self) -> float:
        """The sum over the samples of w Σ_c κ_c y_c."""
        if self.has_ids and self.class_weight is None and self.ignore_index is None:
            return super().total_weight
        boxes = partition(self.shape, self.classes * 8)
        blocks = walk(boxes, self._denominator_parts)
        self.target_is_checked = True
        return summation.total([part for parts in blocks for part in parts])

    def _denominator_parts(self, box: Box) -> list[summation.Part]:
        sums = self._check_target(box)
        kept = self._weight(box)
        target = self._target(box, np.dtype(np.float64), kept)
        if sums is not None:
            masses = sums.reshape(-1) if self.class_weight is None else target @ self.class_weight
        elif self.class_weight is None:
            masses = np.ones(len(target))
        else:
            masses = self.class_weight[target]
        return summation.parts(masses if kept is None else np.where(kept == 0, 0.0, masses * kept))

    def _checked(self, box: Box) -> list[str]:
        """Check a block; return the names of what has to be clipped."""
        if not self.target_is_checked:
            self._check_target(box)
        left_out = self._left_out(box)
        domains = self.domains.items()
        return [name for name, domain in domains if domain.check(name, self.arguments[name], box, left_out)]

    def take(self, box: Box) -> tuple[list[Array], Array | None]:
        """Return class ids or distributions, predictions in rows, and the rows' weights (None if all are 1)."""
        clipped = self._checked(box)
        weight = self._weight(box)
        predicted = contiguous(self.predicted, box, self.dtype).reshape(-1, self.classes)
        if clipped:
            predicted = clip_probabilities(predicted, self.result_dtype)
        target = self._target(box, self.dtype, weight)
        if self.class_weight is not None:
            own = self._own_weight(target)
            weight = own if weight is None else own * weight
        return [target, predicted], weight

    def _own_weight(self, target: Array) -> Array:
        """Return the weights of the samples' classes, 1 or 0 where the loss weighs them itself."""
        weights: Any = self.class_weight
        if self.has_ids and not self.spread:
            return weights[target]  # type: ignore[no-any-return]
        if self.spread:
            return np.full(len(target), float(weights.any()))
        heavy: Array = ((target > 0) & (weights > 0)).any(axis=1).astype(np.float64)
        return heavy

    def _weight(self, box: Box) -> Array | None:
        """Return the weights of a block, 0 where a sample is ignored, in one dimension."""
        weight = None if self.weights is None else self.weights.block(box).reshape(-1)
        left_out = self._left_out(box)
        if left_out is None:
            return weight
        return np.where(left_out.reshape(-1), 0.0, 1.0 if weight is None else weight)

    def _target(self, box: Box, dtype: np.dtype[Any], weight: Array | None) -> Array:
        """Return class ids, or rows of `dtype`; what is left out becomes class 0."""
        if not self.has_ids:
            return contiguous(self.arguments["y_true"], box, dtype).reshape(-1, self.classes)
        ids = self.arguments["y_true"][box].reshape(-1)
        if weight is not None:
            ids = np.where(weight == 0, ids.dtype.type(0), ids)
        return ids.astype(np.intp, copy=False)

    def _check_target(self, box: Box) -> Array | None:
        """Raise at what y_true may not hold; return the sums of its rows, None for class ids."""
        target, left_out = self.arguments["y_true"], self._left_out(box)
        if self.has_ids:
            self._check_ids(target, box, left_out)
            return None
        _TARGET.check("y_true", target, box, left_out)
        return self._check_row_sums(target, box, left_out)

    def _check_ids(self, target: Array, box: Box, left_out: Array | None) -> None:
        ids = target[box]
        bad = (ids < 0) | (ids >= comparable(self.classes, ids.dtype))
        if ids.dtype.kind == "f":
            bad |= ids != np.floor(ids)
        if left_out is not None:
            bad &= ~left_out
        if np.count_nonzero(bad):
            inside, index = first(bad, box)
            raise ValueError(
                f"{place('y_true', index)} is {ids[inside]!s}, but a class id must be an integer from 0 to "
                f"{self.classes - 1}{self._id_hint(ids[inside])}"
            )

    def _id_hint(self, value: Any) -> str:
        """Return why a number that is no class id is usually there."""
        target = self.arguments["y_true"]
        if value == self.classes and target.min() >= 1:
            return "; if your ids start at 1, subtract 1"
        if value != np.floor(value) and self.predicted.ndim > 1:
            return "; a distribution needs one number for each class, in the shape of y_pred"
        return "; to leave samples out, set ignore_index or a sample_weight of 0"

    def _check_row_sums(self, target: Array, box: Box, left_out: Array | None) -> Array:
        rows = np.asarray(target[box], np.float64)
        sums = summation.row_sums(rows.reshape(-1, self.classes)).reshape(rows.shape[:-1])
        bad = ~(np.abs(sums - 1) <= _ROW_SUM_TOLERANCE)
        if left_out is not None:
            bad &= ~left_out
        if bad.any():
            inside, index = first(bad, box)
            raise ValueError(
                f"{place('y_true', index)} sums to {float(sums[inside])!r}, but a distribution "
                f"over classes must sum to 1{_sum_hint(target)}"
            )
        return sums


def _is_distribution(target: Array) -> bool:
    """Return whether one sample's numbers may be a distribution."""
    return target.dtype.kind == "f" and bool(abs(target.sum(dtype=np.float64) - 1) <= _ROW_SUM_TOLERANCE)


def _shape_hint(target: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Return how class ids of a wrong shape become right."""
    if target == (*shape[:-1], 1):
        return "; use np.ravel(y_true)" if len(shape) == 2 else "; use np.squeeze(y_true, -1)"
    if target[:-1] == shape or (len(target) > len(shape) and target[: len(shape)] == shape):
        return "; the order of the arguments is (y_true, y_pred)"
    for axis in range(len(shape) - 1):
        if target == (*shape[:axis], *shape[axis + 1 :]):
            return f"; if axis {axis} holds the classes, pass np.moveaxis(y_pred, {axis}, -1)"
    return ""


def _sum_hint(target: Array) -> str:
    """Return why rows may not sum to 1: another axis holds the classes, or they were weighed."""
    for axis in range(target.ndim - 1):
        if np.allclose(target.sum(axis=axis, dtype=np.float64), 1, atol=_ROW_SUM_TOLERANCE):
            return f"; if axis {axis} holds the classes, pass np.moveaxis(..., {axis}, -1) of both arrays"
    return "; to weigh rows, use sample_weight"


def comparable(number: int, dtype: Dtype) -> Any:
    """Return a number to compare class ids of `dtype` with.

    NumPy would round a Python int to a floating dtype, and NumPy 2.0 may crash where it lies outside an integer one.
    """
    if dtype.kind == "f":
        return np.longdouble(str(number))
    return np.int64(number) if number < 2**63 else np.uint64(number)
