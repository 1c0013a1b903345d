"""Bases of the losses of pairs of answers, the chosen and the rejected one, and of their sums."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from losses.admission import Admitted
from losses.base import Loss, WeightedSum
from losses.elementwise import SampleLoss
from losses.evaluation import Order, evaluate
from losses.types import Array, ArrayLike, FloatArray, Value

Pair: TypeAlias = tuple[Array, Array]
"""Arrays that belong to chosen and to rejected."""


@dataclass(frozen=True, kw_only=True, repr=False)
class PreferenceLoss(Loss):
    """Base of the losses that compare `chosen` with `rejected`, and of their sums.

    To a type checker it is no `Loss`, since its arguments have other names and its derivatives come in pairs.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    arrays: ClassVar[tuple[str, str]] = ("chosen", "rejected")

    def value(  # type: ignore[override]
        self, chosen: ArrayLike, rejected: ArrayLike, *, sample_weight: ArrayLike | None = None, **keywords: Any
    ) -> Value:
        """Return the loss.

        Parameters
        ----------
        chosen, rejected : array_like
            What the model gives to the answer that was preferred, and to the other; of one shape.
        sample_weight : array_like, optional
            Weights of the pairs, finite and not negative; the pairs' shape, or that of their leading axes.
            A pair of weight zero is left out, whatever it holds.
        **keywords : array_like
            Further arrays of the loss, of the same shape; see the class.

        Returns
        -------
        float
            The weighted mean or sum; under ``reduction="none"`` an array of the weighted losses, one a pair, in the
            wider one of the two floating dtypes.

        Raises
        ------
        ValueError
            If shapes don't agree, or a value lies outside its domain; the message names the argument and the place.
        TypeError
            If an argument isn't an array of real numbers, or one is missing or unknown.
        """
        return evaluate(self, self.admit(chosen, rejected, sample_weight, **keywords), value=True)[0]

    def grad(  # type: ignore[override]
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Pair | None = None,
        **keywords: Any,
    ) -> Pair:
        """Return the derivatives of `value` by `chosen` and by `rejected` (under "none", of the losses' sum).

        Parameters
        ----------
        chosen, rejected, sample_weight, **keywords
            As for `value`.
        out : tuple of two ndarrays, optional
            Where to write the results: arrays of their shape and dtypes. They may be `chosen` and `rejected`
            themselves.

        Returns
        -------
        tuple of two ndarrays
            Each of the shape and floating dtype of its argument (float64 if that isn't floating).

        Raises
        ------
        ValueError, TypeError
            As for `value`, or if `out` doesn't fit the result or overlaps an argument.
        """
        return self._evaluate(self.admit(chosen, rejected, sample_weight, **keywords), order=1, out=out)[1]

    def hess(  # type: ignore[override]
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Pair | None = None,
        **keywords: Any,
    ) -> Pair:
        """Return the diagonal of the Hessian: the second derivatives of `value` by each entry of both arguments.

        Parameters
        ----------
        chosen, rejected, sample_weight, out, **keywords
            As for `grad`.

        Returns
        -------
        tuple of two ndarrays
            As from `grad`.

        Raises
        ------
        ValueError, TypeError
            As for `grad`.
        """
        return self._evaluate(self.admit(chosen, rejected, sample_weight, **keywords), order=2, out=out)[1]

    def value_and_grad(  # type: ignore[override]
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Pair | None = None,
        **keywords: Any,
    ) -> tuple[Value, Pair]:
        """Return `value` and `grad`, the same bit for bit, with the work that they share done once.

        Parameters
        ----------
        chosen, rejected, sample_weight, out, **keywords
            As for `grad`.

        Returns
        -------
        value : float
            As from `value`.
        grad : tuple of two ndarrays
            As from `grad`.

        Raises
        ------
        ValueError, TypeError
            As for `grad`.
        """
        samples = self.admit(chosen, rejected, sample_weight, **keywords)
        return self._evaluate(samples, value=True, order=1, out=out)

    def __call__(  # type: ignore[override]
        self, chosen: ArrayLike, rejected: ArrayLike, **arguments: Any
    ) -> Value:
        """Return ``value(chosen, rejected, **arguments)``."""
        return self.value(chosen, rejected, **arguments)

    def _evaluate(self, samples: Admitted, *, value: bool = False, order: Order, out: Any) -> tuple[Value, Pair]:
        """Return what `evaluate` does, which for two predictions is a pair."""
        number, derivative = evaluate(self, samples, value=value, order=order, out=out)
        pair: Any = derivative
        return number, pair

    def sum_of(self, summands: tuple[tuple[float, Loss], ...]) -> Loss:
        """Return a sum whose first loss is this one."""
        return PreferenceSum(summands=summands, reduction=self.reduction)


@dataclass(frozen=True, kw_only=True, repr=False)
class PreferenceSum(PreferenceLoss, WeightedSum):  # type: ignore[misc]
    """A sum of preference losses with coefficients: ``DPO() + 0.2 * SimPO()``."""

    __repr__ = WeightedSum.__repr__


@dataclass(frozen=True, kw_only=True, repr=False)
class AnswerPairLoss(PreferenceLoss, SampleLoss):
    """Base of the losses that are functions of the difference d between chosen and rejected.

    Subclasses define `formula`, `derivative` and `second_derivative` as NumPy expressions of d, and `difference` where
    it is more than chosen − rejected.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    predictions: ClassVar[tuple[str, ...]] = ("chosen", "rejected")

    def difference(self, chosen: FloatArray, rejected: FloatArray) -> FloatArray:
        """Return d, by how much chosen leads."""
        return chosen - rejected

    def hook_arguments(self, blocks: list[FloatArray]) -> list[FloatArray]:
        """Return the differences."""
        return [self.difference(*blocks)]
