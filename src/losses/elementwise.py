"""Losses in which every element is a sample: the base of those in this package and of a user's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses.admission import Samples
from losses.base import Loss
from losses.domains import Interval
from losses.evaluation import Order
from losses.types import Box, FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class SampleLoss(Loss):
    """Base of the losses that are a formula of each sample's numbers alone.

    The hooks are NumPy expressions on one-dimensional arrays of one length and floating dtype; they check nothing.
    The arrays are read-only. The arrays among `keywords` that are given follow the other two, in that order.
    """

    predictions: ClassVar[tuple[str, ...]] = ("y_pred",)
    """Names of the arrays by which derivatives are taken."""

    optional: ClassVar[tuple[str, ...]] = ()
    """Names of the arrays among `keywords` that may be left out, the last ones; hooks need a default for them."""

    def formula(self, *arguments: Any) -> FloatArray:
        """Return each sample's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, *arguments: Any) -> FloatArray:
        """Return the derivative of `formula` by the prediction."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, *arguments: Any) -> FloatArray:
        """Return the second derivative of `formula` by the prediction."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    def formula_and_derivative(self, *arguments: Any) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`; override it where the two share work."""
        return self.formula(*arguments), self.derivative(*arguments)

    def domains(self) -> Mapping[str, Interval]:
        """Return what the arguments may hold, by name; what isn't named may be any real number."""
        return {}

    def hook_arguments(self, blocks: list[FloatArray]) -> list[FloatArray]:
        """Return what the hooks are functions of, read-only, since it may be what the user passed."""
        for block in blocks:
            block.setflags(write=False)
        return blocks

    def admit(self, y_true: Any, y_pred: Any, sample_weight: Any, **keywords: Any) -> Samples:
        """Return the checked arguments of one call."""
        first, second = self.arrays
        arguments, domains = {first: y_true, second: y_pred}, self.domains()
        if self.keywords or keywords:
            arguments |= self._in_order(keywords)
            domains = {name: domain for name, domain in domains.items() if name in arguments}
        return Samples(arguments, domains, sample_weight, self.reduction, self.predictions)

    def _in_order(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arrays that were given by keyword, in the order in which the hooks take them."""
        for name in given:
            if name not in self.keywords:
                raise TypeError(f"{name!r} is not an argument of {self!r}")
        for name in self.keywords:
            if given.get(name) is None and name not in self.optional:
                raise TypeError(f"{self!r} needs the argument {name!r}")
        return {name: given[name] for name in self.keywords if given.get(name) is not None}

    def evaluate_block(
        self, samples: Samples, box: Box, value: bool, order: Order, factor: float, out: FloatArray | None
    ) -> FloatArray | None:
        """Return the weighted losses of a block; write its weighted derivatives, times `factor`, to `out`."""
        blocks, weight = samples.block(box)
        arguments, shape = self.hook_arguments(blocks), blocks[0].shape
        found: Any = None
        derivatives: Any = None
        if value and order == 1:
            found, derivatives = self.formula_and_derivative(*arguments)
        elif value:
            found = self.formula(*arguments)
        elif order:
            derivatives = self.derivative(*arguments) if order == 1 else self.second_derivative(*arguments)
        losses = weigh(_fit(found, shape, "formula"), weight) if value else None
        if out is not None:
            hook = "derivative" if order == 1 else "second_derivative"
            weighted = weigh(_fit(derivatives, shape, hook), weight)
            np.multiply(weighted if out.ndim == 1 else weighted.reshape(out.shape), multiplier(factor), out=out)
        return losses


@dataclass(frozen=True, kw_only=True, repr=False)
class ElementwiseLoss(SampleLoss):
    """Base of elementwise losses that are functions of the target y and the prediction p.

    Subclasses define `formula` and `derivative`, and where wanted `second_derivative` and `formula_and_derivative`,
    as NumPy expressions on one-dimensional arrays; everything else comes with the class.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import ElementwiseLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class SquaredLogError(ElementwiseLoss):
    ...     def formula(self, y, p):
    ...         return (np.log1p(p) - np.log1p(y)) ** 2
    ...     def derivative(self, y, p):
    ...         return 2 * (np.log1p(p) - np.log1p(y)) / (1 + p)
    >>> SquaredLogError().grad([1.0, 3.0], [1.0, 7.0])
    array([0.       , 0.0866434])
    """

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return each sample's loss."""
        return super().formula(y, p)

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the derivative of `formula` by p."""
        return super().derivative(y, p)

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the second derivative of `formula` by p."""
        return super().second_derivative(y, p)

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`; override it where the two share work."""
        return super().formula_and_derivative(y, p)


@dataclass(frozen=True, kw_only=True, repr=False)
class ResidualLoss(SampleLoss):
    """Base of elementwise losses that are functions of the residual r = y_pred - y_true alone.

    Subclasses define `formula` and `derivative`, and where wanted `second_derivative` and `formula_and_derivative`,
    as NumPy expressions of r; everything else comes with the class.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import ResidualLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Cauchy(ResidualLoss):
    ...     scale: float = 1.0
    ...     def formula(self, r):
    ...         return np.log1p((r / self.scale) ** 2)
    ...     def derivative(self, r):
    ...         return 2 * r / (self.scale**2 + r**2)
    >>> Cauchy(scale=2).grad([0.0, 1.0], [2.0, 1.0])
    array([0.25, 0.  ])
    """

    def formula(self, r: FloatArray) -> FloatArray:
        """Return each sample's loss."""
        return super().formula(r)

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return the derivative of `formula` by r."""
        return super().derivative(r)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return the second derivative of `formula` by r."""
        return super().second_derivative(r)

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`; override it where the two share work."""
        return super().formula_and_derivative(r)

    def hook_arguments(self, blocks: list[FloatArray]) -> list[FloatArray]:
        """Return the residuals."""
        y_true, y_pred = blocks
        residual = y_pred - y_true
        residual.setflags(write=False)
        return [residual]


def _fit(block: Any, shape: tuple[int, ...], hook: str) -> FloatArray:
    """Return what a hook returned as a floating array of the samples' shape, in memory of its own."""
    if type(block) is np.ndarray and block.shape == shape and block.dtype.kind == "f" and block.flags.owndata:
        return block
    array = np.asarray(block)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{hook} must return an array of real numbers, got {type(block).__name__} of {array.dtype}")
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    if array.ndim == 0:
        array = np.full(shape, array)
    if array.shape != shape:
        raise ValueError(f"{hook} returned an array of shape {array.shape} for samples of shape {shape}")
    return array.copy()  # a hook may hand back its argument, a view of y_pred that `out` is about to overwrite


def weigh(block: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Return a block times the weights, and exactly 0 where the weight is 0."""
    if weight is None:
        return block
    weighted: FloatArray = block * weight
    left_out = weight == 0
    if left_out.any():
        weighted[left_out] = 0
    return weighted


SMALLEST, LARGEST = 1e-30, 1e30
"""Factors between these are multiplied by in float32, which holds some 8 decimal places more at either end."""


def multiplier(factor: float) -> float | np.float64:
    """Return a factor that multiplies in float64 where float32 couldn't hold it."""
    return factor if SMALLEST < abs(factor) < LARGEST else np.float64(factor)
