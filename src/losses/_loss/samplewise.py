"""Losses in which each sample's loss is a formula of that sample's numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._admission.domains import Interval
from losses._admission.few import are_apart, few_numbers, few_weights
from losses._admission.samples import Samples
from losses._evaluation.by_sample import by_sample
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Losses, Order, Slope
from losses._evaluation.short import evaluate_few
from losses._loss.base import Loss
from losses._maths.forms import at_least
from losses._types import Array, FloatArray

NO_DOMAINS: Mapping[str, Interval] = {}


@dataclass(frozen=True, kw_only=True, repr=False)
class SampleLoss(Loss):
    """Base of the losses that are a formula of each sample's numbers.

    The hooks are NumPy expressions on arrays whose first axis is the samples', of one floating dtype; they check
    nothing. The arrays are read-only, and come in the order of the signature; optional ones that were not given are
    left out, so that hooks need a default for them. With several predictions, hooks return a tuple of derivatives.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """By the name of an array, names of its trailing axes that hold one sample's numbers."""

    scalars: ClassVar[tuple[str, ...]] = ()
    """Names of arrays that may be a single number for all the samples."""

    temporaries: ClassVar[int] = 1
    """By how much blocks must be smaller than usual, for all that the hooks hold at a time."""

    _evaluate_block = by_sample

    _unbounded: ClassVar[bool] = True
    """Whether the arrays may hold any real number."""

    _guarded: ClassVar[bool] = True
    """Whether the hooks may not write to the arrays; those of this package never do."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Note whether a subclass has domains, and whether it is a user's."""
        super().__init_subclass__(**arguments)
        cls._unbounded = cls.domains is SampleLoss.domains
        if "_guarded" not in cls.__dict__:
            cls._guarded = not cls.__module__.startswith("losses.")

    def formula(self, *arrays: Any) -> Any:
        """Return each sample's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, *arrays: Any) -> Any:
        """Return the derivative of `formula` with respect to the prediction."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, *arrays: Any) -> Any:
        """Return the second derivative of `formula` with respect to the prediction."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    def curvature_formula(self, *arrays: Any) -> Any:
        """Return a positive stand-in for the second derivative.

        Unless overridden, it is the second derivative above the machine epsilon, or 1 where the loss has none.
        """
        try:
            hess = self.second_derivative(*arrays)
        except NotImplementedError:
            ones = tuple(np.ones_like(arrays[place]) for place in self._places)
            hess = ones if len(ones) > 1 else ones[0]
        return tuple(map(floored, hess)) if isinstance(hess, tuple) else floored(hess)

    def derivative_and_curvature(self, *arrays: Any) -> tuple[Any, Any]:
        """Return `derivative` and `curvature_formula`; override it where the two share work."""
        return self.derivative(*arrays), self.curvature_formula(*arrays)

    def formula_and_derivative(self, *arrays: Any) -> tuple[Any, Any]:
        """Return `formula` and `derivative`; override it where the two share work."""
        return self.formula(*arrays), self.derivative(*arrays)

    def domains(self) -> Mapping[str, Interval]:
        """Return what the arrays may hold, by name; what isn't named may be any real number."""
        return NO_DOMAINS

    def _run(
        self, method: str, orders: tuple[Order, ...], arrays: tuple[Any, ...], weight: Any, named: Any, *outs: Any
    ) -> list[Any]:
        if not named and len(arrays) == self._plain_call:
            predicted = arrays[self._places[0]]
            few = self._few(arrays, predicted)
            weights: tuple[Any, float] | None = (None, few[0].size) if few else None
            if few and weight is not None:
                weights = few_weights(weight, arrays[0].shape, predicted, self.temporaries)
            inputs = arrays if weight is None else (*arrays, weight)
            if few and weights and (not outs or outs[0] is outs[-1] is None or are_apart(outs, inputs, predicted)):
                return evaluate_few(self, few, orders, predicted, outs, *weights)
        return super()._run(method, orders, arrays, weight, named, *outs)

    def _few(self, arrays: tuple[Any, ...], predicted: Any) -> list[Array] | None:
        """Return the arrays of a call that may go the short way: they are few, and nothing has to be refused."""
        few = None if self.core else few_numbers(arrays, predicted, self.temporaries)
        if few is not None and not self._unbounded:
            for name, domain in self.domains().items():
                if not domain.leaves(arrays[self.signature.positional.index(name)]):
                    return None
        return few

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        relative = self.reduction == "mean"
        samples = Samples(
            arguments, self.signature.predictions, self.domains(), sample_weight, relative, self.core, self.scalars
        )
        samples.width = self.temporaries
        return samples

    def _terms(self, arrays: list[FloatArray], orders: tuple[Order, ...], room: FloatArray | None) -> list[Any]:
        """Return a block's losses, and for each derivative a tuple with one array for each prediction.

        `room` is memory of the first derivative's shape that may be computed in, or None.
        """
        if not self._guarded:
            return self._results(arrays, orders, arrays)
        guarded = [array.view() for array in arrays]  # they may be what the user passed
        for array in guarded:
            array.setflags(write=False)
        return self._results(guarded, orders, guarded)

    def _results(self, arguments: list[Any], orders: tuple[Order, ...], arrays: list[FloatArray]) -> list[Any]:
        """Return what the hooks return for `arguments`, checked against the shapes of `arrays`."""
        if orders == (VALUE, GRAD):
            losses, slopes = self.formula_and_derivative(*arguments)
            return [self._losses(losses, arrays), self._slopes(slopes, arrays, "derivative")]
        if orders == (GRAD, CURVATURE):
            slopes, bends = self.derivative_and_curvature(*arguments)
            return [self._slopes(slopes, arrays, "derivative"), self._slopes(bends, arrays, "curvature_formula")]
        results: list[Any] = []
        for order in orders:
            if order == VALUE:
                results.append(self._losses(self.formula(*arguments), arrays))
            elif order == GRAD:
                results.append(self._slopes(self.derivative(*arguments), arrays, "derivative"))
            elif order == HESS:
                results.append(self._slopes(self.second_derivative(*arguments), arrays, "second_derivative"))
            else:
                results.append(self._slopes(self.curvature_formula(*arguments), arrays, "curvature_formula"))
        return results

    def _losses(self, losses: Any, arrays: list[FloatArray]) -> Losses:
        return checked(losses, arrays[0].shape[:1], "formula")

    def _slopes(self, slopes: Any, arrays: list[FloatArray], hook: str) -> tuple[Slope, ...]:
        """Return what a hook returned as a tuple with an array for each prediction, each in memory of its own."""
        places = self._places
        if len(places) == 1:
            return (checked(slopes, arrays[places[0]].shape, hook),)
        if not isinstance(slopes, tuple) or len(slopes) != len(places):
            names = ", ".join(self.signature.predictions)
            raise TypeError(f"{hook} must return a tuple of {len(places)} arrays, for {names}")
        return tuple(checked(slope, arrays[place].shape, hook) for slope, place in zip(slopes, places, strict=True))


def floored(bend: FloatArray) -> FloatArray:
    """Return second derivatives above the machine epsilon."""
    return at_least(bend, np.finfo(bend.dtype).eps)


def checked(block: Any, shape: tuple[int, ...], hook: str) -> FloatArray:
    """Return what a hook returned as a floating array of the samples' shape, in memory of its own."""
    if type(block) is np.ndarray and block.shape == shape and block.dtype.kind == "f" and block.base is None:
        return block
    array = np.asarray(block)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{hook} must return an array of real numbers, got {type(block).__name__} of {array.dtype}")
    if array.shape != shape:
        cure = "; it must return one number for each sample, and reduce nothing" if array.ndim == 0 else ""
        raise ValueError(f"{hook} returned an array of shape {array.shape} for samples of shape {shape}{cure}")
    return array.astype(np.float64) if array.dtype.kind != "f" else array.copy()  # it may be a view of y_pred
