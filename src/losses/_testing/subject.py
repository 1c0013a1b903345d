"""What is tested: a loss of any author, and how it is called."""

import contextlib
import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from losses._loss.base import Loss
from losses._types import Array

Arrays: TypeAlias = Mapping[str, Any]
"""The arrays of one call, by name."""


@dataclass(frozen=True)
class Subject:
    """A loss, and what a judge must know of it.

    Parameters
    ----------
    loss
        Any object with `value` and `grad`.
    positional
        Names of the arrays that are given by position; the others are given by name.
    predictions
        Names of those with respect to which derivatives are taken.
    reductions
        The reductions to try; empty for a loss that knows but one.
    items
        Whether the first axis counts the items of queries rather than samples.
    degree
        The power with which "sum" scales in the weights; None if it isn't known.
    ordered
        Whether equal numbers are told apart by their order.
    scale
        The size that the loss typically has.
    entrywise
        Whether each number has to agree by itself, rather than relative to the largest of an array.
    memory
        Results for read-only arrays, so that laws which ask for the same need one call; None to call each time.
    """

    loss: Any
    positional: tuple[str, ...] = ("y_true", "y_pred")
    predictions: tuple[str, ...] = ("y_pred",)
    reductions: tuple[str, ...] = ()
    items: bool = False
    degree: int | None = 1
    ordered: bool = False
    scale: float = 1.0
    entrywise: bool = False
    memory: dict[Any, Any] | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        text = repr(self.loss)
        return type(self.loss).__name__ if text.startswith("<") else text

    @property
    def is_library_loss(self) -> bool:
        """Whether the loss is one of this library's or of a class derived from them."""
        return isinstance(self.loss, Loss)

    @property
    def is_sum(self) -> bool:
        """Whether the loss is a sum of several losses of this library."""
        return isinstance(self.loss, Loss) and len(self.loss.terms) > 1

    # ------------------------------------------------------------------------------------------------ calls

    def has(self, method: str) -> bool:
        """Return whether the loss has a method."""
        return callable(getattr(self.loss, method, None))

    def takes(self, method: str, argument: str) -> bool:
        """Return whether a method can be called with an argument of some name."""
        if not self.has(method):
            return False
        bound = getattr(self.loss, method)
        function = getattr(bound, "__func__", None)
        names = _keywords(bound) if function is None else _keywords_of_function(function)
        return argument in names or _ANY in names

    def call(self, method: str, arrays: Arrays, weight: Any = None, **arguments: Any) -> Any:
        """Return what a method returns for arrays and weights: from memory, if these can't have changed since."""
        given = (*arrays.values(), weight)
        if self.memory is None or arguments or not all(map(_is_fixed, given)):
            return self._called(method, arrays, weight, arguments)
        known = self.memory.get(self._key(method, given))
        if known is not None:
            return known[0]
        result = self._called(method, arrays, weight, arguments)
        self.remember(method, arrays, weight, result)
        return result

    def remember(self, method: str, arrays: Arrays, weight: Any, result: Any) -> None:
        """Keep what a method returned for arrays and weights, if these can't change any more."""
        given = (*arrays.values(), weight)
        if self.memory is not None and all(map(_is_fixed, given)):
            self.memory[self._key(method, given)] = result, given  # which keep their ids

    def _key(self, method: str, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return (method, self.reduction, *map(id, given))

    def _called(self, method: str, arrays: Arrays, weight: Any, arguments: dict[str, Any]) -> Any:
        named = {name: array for name, array in arrays.items() if name not in self.positional}
        if weight is not None:
            arguments["sample_weight"] = weight
        with np.errstate(all="ignore"):
            return getattr(self.loss, method)(*(arrays[name] for name in self.positional), **named, **arguments)

    def total(self, arrays: Arrays, weight: Any = None) -> float:
        """Return the value as one number: under "none", the sum of the losses."""
        value = self.call("value", arrays, weight)
        if type(value) is float:
            return value
        with np.errstate(all="ignore"):
            return float(np.sum(np.asarray(value, dtype=np.float64)))

    def derivatives(self, method: str, arrays: Arrays, weight: Any = None, **arguments: Any) -> list[Array]:
        """Return what `grad`, `hess` or `curvature` returns, as a list with an array for each prediction."""
        return self.listed(self.call(method, arrays, weight, **arguments))

    def listed(self, derivative: Any) -> list[Array]:
        """Return a derivative as a list with an array for each prediction."""
        return [np.asarray(one) for one in (derivative if len(self.predictions) > 1 else (derivative,))]

    def has_hess(self, arrays: Arrays, weight: Any = None, method: str = "hess") -> bool:
        """Return whether the loss has second derivatives, or another method that it may lack."""
        if not self.has(method):
            return False
        try:
            self.call(method, arrays, weight)
        except NotImplementedError:
            return False
        return True

    def results(self, arrays: Arrays, weight: Any = None) -> dict[str, list[Array]]:
        """Return what `value` and the methods that return derivatives return, as lists of arrays."""
        value = {"value": [np.asarray(self.call("value", arrays, weight))]}
        return value | self.every_derivative(arrays, weight)

    def every_derivative(self, arrays: Arrays, weight: Any = None) -> dict[str, list[Array]]:
        """Return the derivatives that there are, as lists of arrays; the curvature as far as laws speak of it."""
        derivatives = {"grad": self.derivatives("grad", arrays, weight)}
        for method in ("hess", *(("curvature",) if self.is_library_loss and not self.items else ())):
            with contextlib.suppress(NotImplementedError):
                if self.has(method):
                    derivatives[method] = self.derivatives(method, arrays, weight)
        return derivatives

    # ------------------------------------------------------------------------------------------------ reductions

    @property
    def reduction(self) -> str:
        """How the samples' losses become the value, as far as the loss says so."""
        return str(getattr(self.loss, "reduction", ""))

    def reduced(self, reduction: str) -> "Subject":
        """Return the loss with another reduction, the same each time."""
        if reduction not in self._variants:
            change = self.loss.with_reduction if self.has("with_reduction") else self._replaced
            self._variants[reduction] = dataclasses.replace(self, loss=change(reduction))
        return self._variants[reduction]

    @functools.cached_property
    def _variants(self) -> dict[str, "Subject"]:
        return {}

    def _replaced(self, reduction: str) -> Any:
        return dataclasses.replace(self.loss, reduction=reduction)

    def each(self, *reductions: str) -> dict[str, "Subject"]:
        """Return the loss with each of some reductions that it has; as it is, if it has but one."""
        if not self.reductions:
            return {self.reduction: self}
        return {reduction: self.reduced(reduction) for reduction in reductions if reduction in self.reductions}

    def possible_reductions(self, arrays: Arrays) -> tuple[str, ...]:
        """Return the reductions that the loss can be given and that work."""
        is_dataclass = dataclasses.is_dataclass(self.loss) and not isinstance(self.loss, type)
        fields = {field.name for field in dataclasses.fields(self.loss)} if is_dataclass else set()
        if not self.has("with_reduction") and "reduction" not in fields:
            return ()
        possible = []
        for reduction in ("mean", "sum", "none"):
            try:
                self.reduced(reduction).call("value", arrays)
            except Exception:  # whatever a loss of another author raises
                continue
            possible.append(reduction)
        return tuple(possible)


_ANY = "**"
"""Stands for any name, in a list of those of keywords."""


def _keywords(function: Callable[..., Any]) -> frozenset[str]:
    """Return the names of a function's parameters; none if it has no signature."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return frozenset()
    return frozenset(_ANY if p.kind is p.VAR_KEYWORD else p.name for p in parameters)


_keywords_of_function = functools.lru_cache(maxsize=1024)(_keywords)


def size(subject: Subject, arrays: Arrays) -> int:
    """Return the number of samples or items: the length of the first axis."""
    return len(np.asarray(arrays[subject.predictions[0 if shared(subject) else -1]]))


def shared(subject: Subject) -> tuple[str, ...]:
    """Return the names of the arrays that belong to no sample."""
    return tuple(getattr(getattr(subject.loss, "signature", None), "shared", ()))


def of_samples(subject: Subject, method: str, k: int) -> bool:
    """Return whether the k-th array that a method returns has an entry for each sample along its first axis."""
    return method == "value" or subject.predictions[k] not in shared(subject)


def take(subject: Subject, arrays: Arrays, indices: Any) -> dict[str, Any]:
    """Return arrays of these samples, which may repeat or leave out."""
    count = size(subject, arrays)
    chosen = np.asarray(indices)
    return {
        name: np.asarray(array)[chosen]
        if np.ndim(array) and len(array) == count and name not in shared(subject)
        else array
        for name, array in arrays.items()
    }


def _is_fixed(array: Any) -> bool:
    """Return whether an argument is None or a read-only array."""
    return array is None or (isinstance(array, np.ndarray) and not array.flags.writeable)


def is_real(array: Any) -> bool:
    """Return whether an array holds floating numbers."""
    return np.asarray(array).dtype.kind == "f"
