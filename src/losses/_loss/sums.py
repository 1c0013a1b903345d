"""Sums of losses with coefficients, as arithmetic makes them."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

from losses._admission.arrays import as_array
from losses._admission.terms import Terms
from losses._evaluation.by_term import by_term
from losses._loss.base import Loss, combined
from losses._loss.constants import admit_targets, best_constant, best_row
from losses._loss.methods import ARRAYS
from losses._loss.parameters import by_parameters
from losses._loss.rows import RowLoss
from losses._loss.samplewise import SampleLoss
from losses._loss.signature import Signature
from losses._types import ArrayLike


@dataclass(frozen=True, kw_only=True, repr=False)
class WeightedSum(Loss):
    """A sum of losses with coefficients: ``0.9 * MSE() + 0.1 * MAE()``.

    Each term keeps its own denominator under "mean". A named array such as `qid` goes to the terms that know it.

    Parameters
    ----------
    summands : tuple of (float, Loss)
        The coefficients and losses.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`; that of all the terms.

    Raises
    ------
    ValueError
        If a coefficient isn't finite, or the terms differ in their reduction, or in the arrays that they compare.
    """

    summands: tuple[tuple[float, Loss], ...]

    @staticmethod
    @functools.cache
    def of(signature: Signature) -> type[WeightedSum]:
        """Return the class of the sums whose terms have this signature."""

        @dataclass(frozen=True, kw_only=True, repr=False)
        class Sum(WeightedSum, signature=signature):
            __doc__ = WeightedSum.__doc__
            __reduce__ = WeightedSum._reduced

        kind: type = Sum  # as in `Loss.__name__`
        kind.__name__ = kind.__qualname__ = "WeightedSum"
        return Sum

    def __post_init__(self) -> None:
        super().__post_init__()
        for coefficient, _ in self.summands:
            if not math.isfinite(coefficient):
                raise ValueError(f"a coefficient must be finite, got {coefficient!r}")
        terms = tuple((coefficient, loss.with_reduction(self.reduction)) for coefficient, loss in self.summands)
        object.__setattr__(self, "summands", terms)

    def __repr__(self) -> str:
        text = ""
        for coefficient, loss in self.summands:
            negative = math.copysign(1.0, coefficient) < 0
            sign = (" - " if negative else " + ") if text else ("-" if negative else "")
            size = abs(coefficient)
            text += f"{sign}{loss!r}" if size == 1 else f"{sign}{size!r} * {loss!r}"
        return text

    def _reduced(self) -> tuple[Any, ...]:
        return combined, (self.summands,)

    @property
    def terms(self) -> tuple[tuple[float, Loss], ...]:
        """The losses that are added, each with its coefficient."""
        return self.summands

    _evaluate_block = by_term

    @by_parameters
    def is_convex(self) -> bool | None:
        """Whether all the terms are convex, and none is taken off."""
        return True if all(c >= 0 and loss.is_convex for c, loss in self.summands) else None

    @by_parameters
    def is_differentiable(self) -> bool | None:
        """Whether all the terms are differentiable."""
        return True if all(loss.is_differentiable for _, loss in self.summands) else None

    @by_parameters
    def is_twice_differentiable(self) -> bool | None:
        """Whether all the terms are twice differentiable."""
        return True if all(loss.is_twice_differentiable for _, loss in self.summands) else None

    @by_parameters
    def is_symmetric(self) -> bool | None:
        """Whether all the terms are symmetric."""
        return True if all(loss.is_symmetric for _, loss in self.summands) else None

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Return the constant prediction with the least loss; terms to which the level is no matter are left out."""
        terms = [(c, loss) for c, loss in self.summands if type(loss).best_constant is not Loss.best_constant]
        if not terms:
            return 0.0
        if len(terms) == 1 and terms[0][0] > 0:
            return terms[0][1].best_constant(y_true, sample_weight)
        domains = [loss.domains().get("y_true") for _, loss in terms if isinstance(loss, SampleLoss)]
        targets = admit_targets(y_true, sample_weight, next(filter(None, domains), None))
        rows = [loss for _, loss in terms if isinstance(loss, RowLoss)]
        if rows:
            return best_row(combined(terms), *targets, rows[0].best_constant(y_true, sample_weight))
        return best_constant(combined(terms), targets)

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Terms:
        """Return the checked arguments of all the losses that are added."""
        arrays = {name: as_array(name, value) if name in ARRAYS else value for name, value in arguments.items()}
        terms = [
            loss._admit({name: arrays[name] for name in loss.signature.names if name in arrays}, sample_weight)
            for _, loss in self.summands
        ]
        return Terms(terms, self.reduction)
