"""Base of the losses of pairs of answers, the chosen and the rejected one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from losses._evaluation.orders import GRAD, VALUE, Order
from losses._loss.samplewise import SampleLoss
from losses._types import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class AnswerPairLoss(SampleLoss):
    """Base of the losses that are functions of the difference d between chosen and rejected.

    Subclasses define `formula`, `derivative` and `second_derivative` as NumPy expressions of d, and `difference` where
    it is more than chosen − rejected.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    def difference(self, chosen: FloatArray, rejected: FloatArray, *named: FloatArray) -> FloatArray:
        """Return d, by how much chosen leads."""
        return chosen - rejected

    def _terms(self, arrays: list[FloatArray], orders: tuple[Order, ...], room: FloatArray | None) -> list[Any]:
        d = self.difference(*arrays)
        hooks = (self.formula, self.derivative, self.second_derivative, self.curvature_formula)
        results: list[Any] = []
        for order in orders:
            result = hooks[order](d)
            if order == VALUE:
                results.append(result)
            else:  # 0 − x rather than −x keeps the sign of 0
                results.append((result, 0 - result if order == GRAD else result))
        return results
