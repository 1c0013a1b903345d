"""Admission of classes: integer class ids, or a distribution over classes."""

from typing import Any

import numpy as np

from losses import summation
from losses.admission import Samples
from losses.arrays import contiguous
from losses.blocks import partition
from losses.domains import Interval, clip_probabilities, first, place
from losses.threads import walk
from losses.types import Array, Box, Dtype, Reduction

_TARGET = Interval("a target probability must lie in [0, 1]", 0.0, 1.0)
_ROW_SUM_TOLERANCE = 1e-3


class ClassSamples(Samples):
    """The checked arguments of one call, of a loss over classes: a sample is a row of y_pred.

    Parameters
    ----------
    y_true, y_pred, sample_weight, reduction
        As the user passed them.
    domain
        What y_pred may hold; None means any real number.
    class_weight, ignore_index
        Parameters of the loss.
    """

    unit = "row"
    whole_axes = 1

    def __init__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any,
        reduction: Reduction,
        domain: Interval | None,
        class_weight: tuple[float, ...] | None,
        ignore_index: int | None,
    ) -> None:
        self.class_weight = None if class_weight is None else np.asarray(class_weight, np.float64)
        self.ignore_index = ignore_index
        domains = {} if domain is None else {"y_pred": domain}
        super().__init__({"y_true": y_true, "y_pred": y_pred}, domains, sample_weight, reduction)

    @property
    def width(self) -> int:
        """By how much blocks must be smaller than usual; what is held of a sample is little beside its row."""
        return 1 if self.has_ids and self.predicted.dtype == self.dtype else 2

    def _samples_shape(self) -> tuple[int, ...]:
        target, shape = self.arguments["y_true"], self.predicted.shape
        if not shape or shape[-1] == 0:
            raise ValueError(f"y_pred has shape {shape}, but its last axis must hold the classes")
        self.classes = shape[-1]
        if self.class_weight is not None and len(self.class_weight) != self.classes:
            raise ValueError(
                f"class_weight has {len(self.class_weight)} entries, but y_pred has {self.classes} classes"
            )
        self.has_ids = target.shape == shape[:-1]
        if not self.has_ids and target.shape != shape:
            hint = "; use np.ravel(y_true)" if target.shape == (*shape[:-1], 1) and len(shape) == 2 else ""
            if target.shape[:-1] == shape:
                hint = "; the order of the arguments is (y_true, y_pred)"
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

    def _denominator(self) -> float:
        """Return the sum over the samples of w Σ_c κ_c y_c."""
        if self.has_ids and self.class_weight is None and self.ignore_index is None:
            return super()._denominator()
        boxes = partition(self.shape, self.classes * 8)
        found = walk(boxes, self._denominator_parts)
        return summation.total([part for parts in found for part in parts])

    def _weighed_by(self) -> str:
        sources = {"sample_weight": self.weights, "class_weight": self.class_weight, "ignore_index": self.ignore_index}
        return " with ".join(name for name, source in sources.items() if source is not None)

    def _denominator_parts(self, box: Box) -> list[summation.Part]:
        self._check_target(box)
        kept = self._weight(box)
        target = self._target(box, np.dtype(np.float64), kept)
        if not self.has_ids:
            masses = target.sum(axis=1) if self.class_weight is None else target @ self.class_weight
        elif self.class_weight is None:
            masses = np.ones(len(target))
        else:
            masses = self.class_weight[target]
        return summation.parts(masses if kept is None else np.where(kept == 0, 0.0, masses * kept))

    def check(self, box: Box) -> None:
        """Raise ValueError if a block holds anything that is not allowed."""
        self._check_target(box)
        left_out = self._left_out(box)
        for name, domain in self.domains.items():
            domain.check(name, self.arguments[name], box, left_out)

    def block(self, box: Box) -> tuple[list[Array], Array | None]:
        """Return class ids or distributions, predictions in rows, and the rows' weights (None if all are 1)."""
        self.check(box)
        weight = self._weight(box)
        predicted = contiguous(self.predicted, box, self.dtype).reshape(-1, self.classes)
        if "y_pred" in self.domains:
            predicted = clip_probabilities(predicted, self.result_dtype)
        return [self._target(box, self.dtype, weight), predicted], weight

    def _left_out(self, box: Box) -> Array | None:
        """Return which samples of a block are left out, or None if none is."""
        left_out = None if self.weights is None else self.weights.block(box) == 0
        if self.ignore_index is None:
            return left_out
        ids = self.arguments["y_true"][box]
        ignored: Array = ids == _exact(self.ignore_index, ids.dtype)
        return ignored if left_out is None else left_out | ignored

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

    def _check_target(self, box: Box) -> None:
        target, left_out = self.arguments["y_true"], self._left_out(box)
        if self.has_ids:
            self._check_ids(target, box, left_out)
        else:
            _TARGET.check("y_true", target, box, left_out)
            self._check_row_sums(target, box, left_out)

    def _check_ids(self, target: Array, box: Box, left_out: Array | None) -> None:
        ids = target[box]
        bad = (ids < 0) | (ids >= _exact(self.classes, ids.dtype))
        if ids.dtype.kind == "f":
            bad |= ids != np.floor(ids)
        if left_out is not None:
            bad &= ~left_out
        if np.count_nonzero(bad):
            inside, index = first(bad, box)
            raise ValueError(
                f"{place('y_true', index)} is {ids[inside]!s}, but a class id must be an integer from 0 to "
                f"{self.classes - 1}; to leave samples out, set ignore_index or a sample_weight of 0"
            )

    def _check_row_sums(self, target: Array, box: Box, left_out: Array | None) -> None:
        sums = target[box].sum(axis=-1, dtype=np.float64)
        bad = ~(np.abs(sums - 1) <= _ROW_SUM_TOLERANCE)
        if left_out is not None:
            bad &= ~left_out
        if bad.any():
            inside, index = first(bad, box)
            raise ValueError(
                f"{place('y_true', index)} sums to {float(sums[inside])!r}, but a distribution "
                "over classes must sum to 1; to weigh rows, use sample_weight"
            )


def _exact(number: int, dtype: Dtype) -> int | np.longdouble:
    """Return a number to compare class ids of `dtype` with, which NumPy would round to a floating one."""
    return np.longdouble(str(number)) if dtype.kind == "f" else number
