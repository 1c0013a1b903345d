"""The root of all losses: parameters, `repr`, equality, and arithmetic."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np

from losses._admission.arrays import as_array, compute_dtype, result_dtype
from losses._loss.catalogue import snake_case
from losses._loss.methods import Methods, install
from losses._loss.parameters import Reduction, checks, number
from losses._loss.signature import Signature
from losses._types import Array, ArrayLike


@dataclass(frozen=True, kw_only=True, repr=False)
class Loss(Methods):
    """Base of all losses.

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

    Examples
    --------
    >>> from losses import MSE, Loss
    >>> def fit(loss: Loss) -> float:
    ...     return loss.value([1.0, 2.0], [1.0, 4.0])
    >>> fit(MSE())
    2.0
    """

    reduction: Reduction = "mean"

    __array_ufunc__ = None  # or NumPy would take `array * loss` apart into an array of losses

    def __init_subclass__(cls, signature: Signature | None = None, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "__init__" in cls.__dict__ and "__dataclass_fields__" not in cls.__dict__:
            raise TypeError(
                f"{cls.__name__} has an __init__ of its own, which equality and repr would know nothing of; make it a "
                "dataclass with @dataclass(frozen=True, kw_only=True), its parameters as fields"
            )
        if "__repr__" not in cls.__dict__:  # or @dataclass would write one that shows every default
            cls.__repr__ = cls.__repr__  # type: ignore[method-assign]
        if signature is not None:
            cls.signature = signature
            install(cls)

    def __post_init__(self) -> None:
        kind: type = type(self)
        for name, check in checks(kind).items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    def __repr__(self) -> str:
        own_first = sorted(dataclasses.fields(self), key=lambda field: field.name == "reduction")
        shown = [f"{f.name}={getattr(self, f.name)!r}" for f in own_first if getattr(self, f.name) != f.default]
        return f"{type(self).__name__}({', '.join(shown)})"

    def with_reduction(self, reduction: Reduction) -> Self:
        """Return the same loss with another reduction; of a sum, one whose terms all have it.

        Examples
        --------
        >>> from losses import MAE, MSE
        >>> (0.9 * MSE() + 0.1 * MAE()).with_reduction("sum")
        0.9 * MSE(reduction='sum') + 0.1 * MAE(reduction='sum')
        """
        return dataclasses.replace(self, reduction=reduction)

    @property
    def __name__(self) -> str:
        """The loss's name in configuration files and tables of metrics: ``"huber"`` (see `losses.get`)."""
        kind: type = type(self)  # or type checkers take this property for the class's name
        return snake_case(kind.__name__)

    # ------------------------------------------------------------------------------------------- properties

    is_convex: ClassVar[bool | None] = None
    """Whether the loss is convex in the predictions; None where that isn't known, as for the properties below."""

    is_differentiable: ClassVar[bool | None] = None
    """Whether the gradient is continuous."""

    is_twice_differentiable: ClassVar[bool | None] = None
    """Whether the second derivatives are continuous."""

    is_symmetric: ClassVar[bool | None] = None
    """Whether the loss is the same for r and −r."""

    lipschitz: ClassVar[float | None] = None
    """The least Lipschitz constant of a sample's loss; None where there is none, or it isn't known."""

    smoothness: ClassVar[float | None] = None
    """The largest second derivative of a sample's loss, the least Lipschitz constant of its gradient; or None."""

    kinks: ClassVar[tuple[float, ...] | None] = None
    """Of losses of one number, the residual or margin: where the derivative jumps."""

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Return the constant prediction with the least loss.

        Parameters
        ----------
        y_true : array_like
            What was observed.
        sample_weight : array_like, optional
            Weights of the samples, as for `value`.

        Returns
        -------
        float or ndarray
            0.0 for losses to which the level of the scores is no matter (of ranking and of preferences); an array for
            losses over classes or of several parameters.

        Raises
        ------
        ValueError
            If no sample has a positive weight, or the loss falls without end, as log-odds do where there is only one
            class.

        Examples
        --------
        >>> from losses import MAE
        >>> MAE().best_constant([1.0, 2.0, 10.0])
        2.0
        """
        return 0.0

    def inverse_link(self, y_pred: ArrayLike) -> Array:
        """Return predictions in the units of the target: as they are, or for logits, probabilities.

        Parameters
        ----------
        y_pred : array_like
            Predictions, as for `value`.

        Returns
        -------
        ndarray
            Of y_pred's shape and floating dtype.

        Examples
        --------
        >>> from losses import BinaryCrossEntropy
        >>> BinaryCrossEntropy(from_logits=True).inverse_link([0.0])
        array([0.5])
        """
        array = as_array("y_pred", y_pred)
        with np.errstate(all="ignore"):
            linked = self._link(array.astype(compute_dtype(result_dtype(array.dtype))))
        return linked.astype(result_dtype(array.dtype), copy=False)

    def _link(self, y_pred: Array) -> Array:
        """Return floating predictions in the units of the target."""
        return y_pred

    # ------------------------------------------------------------------------------------------- arithmetic

    @property
    def terms(self) -> tuple[tuple[float, Loss], ...]:
        """The loss as a sum of losses with coefficients."""
        return ((1.0, self),)

    def __mul__(self, factor: float) -> Loss:
        if not isinstance(factor, Real):
            return NotImplemented
        scale = number("a coefficient", factor)
        return combined((coefficient * scale, loss) for coefficient, loss in self.terms)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Loss:
        if not isinstance(divisor, Real):
            return NotImplemented
        scale = number("a divisor", divisor)
        if math.isinf(scale):
            raise ValueError(f"a divisor must be finite, got {scale!r}")
        return combined((coefficient / scale, loss) for coefficient, loss in self.terms)

    def __neg__(self) -> Loss:
        return self * -1.0

    def __add__(self, other: Any) -> Loss:
        if not isinstance(other, Loss):
            return NotImplemented
        return combined([*self.terms, *other.terms])

    def __radd__(self, other: int) -> Loss:
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() starts from 0

    def __sub__(self, other: Any) -> Loss:
        return self + -other if isinstance(other, Loss) else NotImplemented


def combined(terms: Iterable[tuple[float, Loss]]) -> Loss:
    """Return the sum of losses with coefficients; a single one with coefficient 1 is itself."""
    from losses._loss.sums import WeightedSum

    summands = tuple(terms)
    if len(summands) == 1 and summands[0][0] == 1:
        return summands[0][1]
    reductions = sorted({loss.reduction for _, loss in summands})
    if len(reductions) > 1:
        raise ValueError(
            f"losses with different reductions can't be added: {', '.join(map(repr, reductions))}; give them one, by "
            'with_reduction("mean") for instance'
        )
    signature = functools.reduce(Signature.joined, (loss.signature for _, loss in summands))
    return WeightedSum.of(signature)(summands=summands, reduction=summands[0][1].reduction)
