"""Admission of the labels of two classes, written as 0 and 1 or as −1 and 1."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from losses._admission.domains import LABEL, Ends
from losses._admission.samples import Samples
from losses._types import Array, Box
from losses._walk.blocks import partition
from losses._walk.threads import walk

_ZERO_ONE = Ends("a label must be 0 or 1 (or all of them -1 or 1)", 0.0, 1.0, LABEL.hint)
_SIGNS = Ends(
    "labels of which one is -1 must all be -1 or 1",
    -1.0,
    1.0,
    "; if -1 means that there is no label, give the sample a sample_weight of 0",
)


def signs(labels: Array) -> Array | None:
    """Return −1 and 1 for floating labels that are all 0 and 1, or all −1 and 1; None if there are others."""
    if _ZERO_ONE.holds(labels):
        return labels + labels - 1
    return labels if _SIGNS.holds(labels) else None


class LabelSamples(Samples):
    """The checked arguments of one call of a loss of y_true and y_pred, in which y_true is handed out as −1 and 1."""

    width = 2  # for the signs that labels become

    def __init__(self, arguments: Mapping[str, Any], sample_weight: Any, relative: bool) -> None:
        super().__init__(arguments, ("y_pred",), {}, sample_weight, relative)
        self.signed = any(walk(partition(self.shape, 8), self._has_minus))
        self.domains = {"y_true": _SIGNS if self.signed else _ZERO_ONE}

    def _has_minus(self, box: Box) -> bool:
        labels = self.arguments["y_true"][box]
        if labels.dtype.kind in "ub":  # in which NumPy 2.0 may crash when it compares them with −1
            return False
        minus = labels == -1
        if np.any(minus) and self.weights is not None:
            minus = minus & (self.weights.block(box) != 0)
        return bool(np.any(minus))

    def take(self, box: Box) -> tuple[list[Array], Array | None]:
        """Return blocks of signs and of predictions, and of the weights (None if all are 1)."""
        (labels, predicted), weight = super().take(box)
        return [labels if self.signed else labels + labels - 1, predicted], weight
