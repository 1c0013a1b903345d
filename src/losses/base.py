"""What every loss is: an immutable value with parameters, that can be evaluated, scaled and added."""

import dataclasses
import functools
import math
import operator
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from losses.admission import Admitted, check_same_samples
from losses.arrays import as_array
from losses.evaluation import Order, evaluate
from losses.parameters import boolean, check_choice, number
from losses.types import Array, ArrayLike, Box, FloatArray, Reduction, Value


@dataclass(frozen=True, kw_only=True, repr=False)
class Loss:
    """Base of all losses: parameters, `repr`, and arithmetic.

    A loss is a frozen dataclass of plain Python numbers. ``0.9 * MSE() + 0.1 * MAE()`` is a loss as well.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        What `value` returns: the weighted mean of the samples' losses, their weighted sum, or the array of the
        weighted losses. `grad` and `hess` are derivatives of that number (of the sum, under "none").

    Raises
    ------
    ValueError
        If a parameter is out of its range; the message names it.
    """

    reduction: Reduction = "mean"

    arrays: ClassVar[tuple[str, str]] = ("y_true", "y_pred")
    """Names of the two arrays that the loss compares."""

    keywords: ClassVar[Collection[str]] = ()
    """Names of the arrays that the loss takes besides them and sample_weight."""

    __array_ufunc__: ClassVar[None] = None  # or NumPy would take `array * loss` apart into an array of losses

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "__repr__" not in cls.__dict__:  # or @dataclass would write one that shows every default
            cls.__repr__ = cls.__repr__  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        check_choice("reduction", self.reduction, ("mean", "sum", "none"))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type in (float, "float"):
                value = number(field.name, value)
            elif field.type in (bool, "bool"):
                value = boolean(field.name, value)
            object.__setattr__(self, field.name, value)

    def __repr__(self) -> str:
        own_first = sorted(dataclasses.fields(self), key=lambda field: field.name == "reduction")
        shown = [f"{f.name}={getattr(self, f.name)!r}" for f in own_first if getattr(self, f.name) != f.default]
        return f"{type(self).__name__}({', '.join(shown)})"

    # ------------------------------------------------------------------------------------------- evaluation

    def value(self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value:
        """Return the loss.

        Parameters
        ----------
        y_true : array_like
            What was observed.
        y_pred : array_like
            What the model predicted; the same shape.
        sample_weight : array_like, optional
            Weights of the samples, finite and not negative; the samples' shape, or that of their leading axes.
            A sample of weight zero is left out, whatever it holds.

        Returns
        -------
        float
            The weighted mean or sum; under ``reduction="none"`` an array of the weighted losses, one a sample.

        Raises
        ------
        ValueError
            If shapes don't agree, or a value lies outside its domain; the message names the argument and the place.
        TypeError
            If an argument isn't an array of real numbers.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight), value=True)[0]

    def grad(
        self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, out: Array | None = None
    ) -> Array:
        """Return the derivative of `value` with respect to `y_pred` (under "none", of the losses' sum).

        Parameters
        ----------
        y_true, y_pred, sample_weight
            As for `value`.
        out : ndarray, optional
            Where to write the result: an array of its shape and dtype. It may be `y_pred` itself.

        Returns
        -------
        ndarray
            Of y_pred's shape and floating dtype (float64 if y_pred isn't floating); `out`, if that was given.

        Raises
        ------
        ValueError, TypeError
            As for `value`, or if `out` doesn't fit the result or overlaps an argument.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight), order=1, out=out)[1]

    def hess(
        self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, out: Array | None = None
    ) -> Array:
        """Return the diagonal of the Hessian: the second derivative of `value` by each entry of `y_pred`.

        Parameters
        ----------
        y_true, y_pred, sample_weight, out
            As for `grad`.

        Returns
        -------
        ndarray
            Of y_pred's shape and floating dtype.

        Raises
        ------
        ValueError, TypeError
            As for `grad`.
        NotImplementedError
            If the loss has no second derivative.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight), order=2, out=out)[1]

    def value_and_grad(
        self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, out: Array | None = None
    ) -> tuple[Value, Array]:
        """Return `value` and `grad`, the same bit for bit, with the work that they share done once.

        Parameters
        ----------
        y_true, y_pred, sample_weight, out
            As for `grad`.

        Returns
        -------
        value : float
            As from `value`.
        grad : ndarray
            As from `grad`.

        Raises
        ------
        ValueError, TypeError
            As for `grad`.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight), value=True, order=1, out=out)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, **arguments: Any) -> Value:
        """Return ``value(y_true, y_pred, **arguments)``."""
        return self.value(y_true, y_pred, **arguments)

    def admit(self, y_true: Any, y_pred: Any, sample_weight: Any, **keywords: Any) -> Admitted:
        """Return the checked arguments of one call."""
        raise NotImplementedError

    def evaluate_block(
        self, samples: Any, box: Box, value: bool, order: Order, factor: float, out: Array | None
    ) -> FloatArray | None:
        """Return the weighted losses of a block, if `value`; write its weighted derivatives times `factor` to `out`."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------- arithmetic

    @property
    def terms(self) -> tuple[tuple[float, "Loss"], ...]:
        """The loss as a sum of losses with coefficients."""
        return ((1.0, self),)

    def sum_of(self, summands: tuple[tuple[float, "Loss"], ...]) -> "Loss":
        """Return a sum whose first loss is this one."""
        return WeightedSum(summands=summands, reduction=self.reduction)

    def __mul__(self, factor: float) -> "Loss":
        if not isinstance(factor, Real):
            return NotImplemented
        scale = number("a coefficient", factor)
        return combine((coefficient * scale, loss) for coefficient, loss in self.terms)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> "Loss":
        if not isinstance(divisor, Real):
            return NotImplemented
        scale = number("a divisor", divisor)
        if math.isinf(scale):
            raise ValueError(f"a divisor must be finite, got {scale!r}")
        return combine((coefficient / scale, loss) for coefficient, loss in self.terms)

    def __neg__(self) -> "Loss":
        return self * -1.0

    def __add__(self, other: "Loss") -> "Loss":
        if not isinstance(other, Loss):
            return NotImplemented
        return combine([*self.terms, *other.terms])

    def __radd__(self, other: int) -> "Loss":
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() starts from 0

    def __sub__(self, other: "Loss") -> "Loss":
        return self + -other if isinstance(other, Loss) else NotImplemented


def combine(terms: Iterable[tuple[float, Loss]]) -> Loss:
    """Return the sum of losses with coefficients; a single one with coefficient 1 is itself."""
    summands = tuple(terms)
    if len(summands) == 1 and summands[0][0] == 1:
        return summands[0][1]
    return summands[0][1].sum_of(summands)


class SumSamples:
    """The checked arguments of one call of a sum of losses.

    Parameters
    ----------
    terms
        The arguments of each loss, all with the same predictions.
    reduction
        The reduction that the losses share.
    """

    denominator = 1.0

    def __init__(self, terms: list[Admitted], reduction: Reduction) -> None:
        if reduction == "none":
            check_same_samples(terms)
        self.terms, first = terms, terms[0]
        self.predictions, self.predicted = first.predictions, first.predicted
        self.dtype, self.result_dtype, self.result_dtypes = first.dtype, first.result_dtype, first.result_dtypes
        self.shape, self.unit = first.shape, first.unit
        self.whole_axes = max(term.whole_axes for term in terms)
        self.width = sum(term.width for term in terms)

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays of all the terms."""
        return {name: array for term in self.terms for name, array in term.inputs.items()}

    def check(self, box: Box) -> None:
        """Raise if a block holds anything that a term does not allow."""
        for term in self.terms:
            term.check(box)


@dataclass(frozen=True, kw_only=True, repr=False)
class KeywordLoss(Loss):
    """Base of the losses whose methods take further arrays, by the names in `keywords`."""

    def value(
        self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, **keywords: Any
    ) -> Value:
        """Return the loss; see `Loss.value`."""
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, **keywords), value=True)[0]

    def grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
        **keywords: Any,
    ) -> Array:
        """Return the derivative; see `Loss.grad`."""
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, **keywords), order=1, out=out)[1]

    def hess(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
        **keywords: Any,
    ) -> Array:
        """Return the diagonal of the Hessian; see `Loss.hess`."""
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, **keywords), order=2, out=out)[1]

    def value_and_grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
        **keywords: Any,
    ) -> tuple[Value, Array]:
        """Return `value` and `grad`; see `Loss.value_and_grad`."""
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, **keywords), value=True, order=1, out=out)


@dataclass(frozen=True, kw_only=True, repr=False)
class WeightedSum(KeywordLoss):
    """A sum of losses with coefficients, as arithmetic makes it: ``0.9 * MSE() + 0.1 * MAE()``.

    Each term keeps its own denominator under "mean". A keyword such as `qid` goes to the terms that know it.

    Raises
    ------
    ValueError
        If a coefficient isn't finite, or the terms differ in their reduction, or in the arrays that they compare.
    """

    summands: tuple[tuple[float, Loss], ...]

    def __post_init__(self) -> None:
        for coefficient, _ in self.summands:
            if not math.isfinite(coefficient):
                raise ValueError(f"a coefficient must be finite, got {coefficient!r}")
        reductions = sorted({loss.reduction for _, loss in self.summands})
        if len(reductions) > 1:
            raise ValueError(f"losses with different reductions can't be added: {', '.join(map(repr, reductions))}")
        arrays = sorted({" and ".join(loss.arrays) for _, loss in self.summands})
        if len(arrays) > 1:
            raise ValueError(f"losses of different arrays can't be added: {', '.join(arrays)}")

    def __repr__(self) -> str:
        text = ""
        for coefficient, loss in self.summands:
            negative = math.copysign(1.0, coefficient) < 0
            sign = (" - " if negative else " + ") if text else ("-" if negative else "")
            size = abs(coefficient)
            text += f"{sign}{loss!r}" if size == 1 else f"{sign}{size!r} * {loss!r}"
        return text

    @property
    def terms(self) -> tuple[tuple[float, Loss], ...]:
        """The losses that are added, each with its coefficient."""
        return self.summands

    @property
    def keywords(self) -> frozenset[str]:  # type: ignore[override]
        """Names of the arrays that at least one of the terms takes."""
        return frozenset().union(*(loss.keywords for _, loss in self.summands))

    def admit(self, y_true: Any, y_pred: Any, sample_weight: Any, **keywords: Any) -> "SumSamples":
        """Return the checked arguments of all the losses that are added."""
        for name in keywords.keys() - self.keywords:
            raise TypeError(f"{name!r} is not an argument of any term of {self!r}")
        y_true, y_pred = map(as_array, self.summands[0][1].arrays, (y_true, y_pred))
        terms = []
        for _, loss in self.summands:
            own = {name: array for name, array in keywords.items() if name in loss.keywords}
            terms.append(loss.admit(y_true, y_pred, sample_weight, **own))
        return SumSamples(terms, self.reduction)

    def evaluate_block(
        self, samples: "SumSamples", box: Box, value: bool, order: Order, factor: float, out: Array | None
    ) -> FloatArray | None:
        """Return the losses of a block; under "none" added up by sample, else side by side."""
        losses, derivatives = [], []
        for (coefficient, loss), own in zip(self.summands, samples.terms, strict=True):
            scratch = None if out is None else np.empty(out.shape, samples.dtype)
            scale = coefficient / own.denominator
            block = loss.evaluate_block(own, box, value, order, scale, scratch)
            if block is not None:
                losses.append(scale * block if coefficient else np.zeros_like(block))
            if scratch is not None:
                derivatives.append(scratch if coefficient else np.zeros_like(scratch))
        if out is not None:
            out[...] = functools.reduce(operator.iadd, derivatives)
        if not value:
            return None
        return functools.reduce(operator.add, losses) if self.reduction == "none" else np.concatenate(losses)
