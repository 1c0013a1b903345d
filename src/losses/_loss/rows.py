"""Base of the losses of several numbers for each target: parameters of a distribution, quantiles, members, logits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._loss.constants import admit_targets, best_row
from losses._loss.families import OfPredictions
from losses._loss.samplewise import SampleLoss
from losses._types import ArrayLike, FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class RowLoss(SampleLoss, OfPredictions):
    """Base of the losses whose y_pred has one more, last axis than y_true.

    A sample is a row of y_pred. Subclasses define `formula` and `derivative`, and where wanted `second_derivative`, as
    NumPy expressions of y, of shape (n,), and p, of shape (n, k): `formula` returns (n,), the derivatives (n, k).
    `columns` names the k numbers, which are then checked to be as many.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import RowLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class ExponentialNLL(RowLoss):
    ...     columns = ("log_rate",)
    ...     def formula(self, y, p):
    ...         return y * np.exp(p[:, 0]) - p[:, 0]
    ...     def derivative(self, y, p):
    ...         return (y * np.exp(p[:, 0]) - 1)[:, np.newaxis]
    >>> ExponentialNLL().grad([1.0, 3.0], [[0.0], [0.0]])
    array([[0.],
           [1.]])
    """

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_pred": ("column",)}

    columns: ClassVar[tuple[str, ...]] = ()
    """What the numbers of a row are; empty where there may be any number of them."""

    def _columns(self) -> tuple[str, ...]:
        """Return what the numbers of a row are, which may depend on parameters."""
        return self.columns

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        samples = super()._admit(arguments, sample_weight)
        samples.unit = "row"
        self._check_columns(samples.predicted.shape)
        return samples

    def _check_columns(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError unless predictions of this shape have as many columns as the loss names."""
        names = self._columns()
        if names and shape[-1:] != (len(names),):
            raise ValueError(
                f"y_pred has shape {shape}, but its last axis must have length {len(names)}, for {', '.join(names)}"
            )
        if shape[-1] == 0:
            raise ValueError(f"y_pred has shape {shape}, but its last axis must not be empty")

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> FloatArray:
        """Return the constant row with the least loss; see `Loss.best_constant`."""
        return self._best_row(*admit_targets(y_true, sample_weight, self.domains().get("y_true")))

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the best row for targets of positive weight; unless overridden, by search."""
        if not self._columns():
            raise NotImplementedError(f"{type(self).__name__} doesn't say how many numbers a row has")
        return best_row(self, y, weight, np.zeros(len(self._columns())))
