"""The methods by which a loss is evaluated: one body each, whatever arrays the loss takes."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np

from losses._evaluation.evaluate import evaluate
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Order
from losses._evaluation.partial import Partial, evaluate_partial
from losses._loss.signature import Signature
from losses._types import Derivative, Value

ARRAYS = {
    "y_true": "What was observed.",
    "y_pred": "What the model predicted.",
    "sample_weight": "Weights of the samples, finite and not negative; the samples' shape, or that of their leading\n"
    "    axes. A sample of weight zero is left out, whatever it holds.",
    "out": "Where to write the result: an array of its shape and dtype, which may be the prediction itself.",
}
"""What the arguments are, where a family doesn't say otherwise."""


Result = TypeVar("Result")


def of_any_arrays(body: Callable[..., Result]) -> Callable[..., Result]:
    """Return a method as it is, and let type checkers accept that subclasses take arrays of other names."""
    return body


class Methods:
    """The methods of every loss. Classes that give a signature get copies that show it (see `install`)."""

    signature: ClassVar[Signature] = Signature()
    """Which arrays the methods take."""

    _array_docs: ClassVar[Mapping[str, str]] = ARRAYS
    """What they are."""

    _plain_call: ClassVar[int] = 2
    """How many arrays make a call of one prediction without names; 0 if there is no such call."""

    _places: ClassVar[tuple[int, ...]] = (1,)
    """The places of the predictions among the arrays."""

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        raise NotImplementedError

    @np.errstate(all="ignore")
    def _run(
        self, method: str, orders: tuple[Order, ...], arrays: tuple[Any, ...], weight: Any, named: Any, *outs: Any
    ) -> list[Any]:
        """Evaluate one call: the value and derivatives that are asked for, in the order of `orders`."""
        return evaluate(self, self._admit(self.signature.bind(method, arrays, named), weight), orders, *outs)

    @np.errstate(all="ignore")
    def _partial(
        self, method: str, orders: tuple[Order, ...], arrays: tuple[Any, ...], weight: Any, named: Any, *outs: Any
    ) -> list[Any]:
        """Evaluate a part of the data: the partial sum, and derivatives of the sum."""
        return evaluate_partial(self, self.signature.bind(method, arrays, named), weight, orders, *outs)

    @of_any_arrays
    def value(self, *arrays: Any, sample_weight: Any = None, **named: Any) -> Value:
        """Return the loss.

        Returns
        -------
        float
            The weighted mean or sum; under ``reduction="none"`` an array of the weighted losses, one a sample.

        Raises
        ------
        ValueError
            If shapes don't agree, or a value lies outside its domain; the message names the argument and the place.
        TypeError
            If an argument is missing, unknown, or not an array of real numbers.
        """
        return self._run("value", (VALUE,), arrays, sample_weight, named)[0]

    @of_any_arrays
    def grad(self, *arrays: Any, sample_weight: Any = None, out: Any = None, **named: Any) -> Derivative:
        """Return the derivative of `value` with respect to {predictions} (under "none", of the losses' sum).

        Returns
        -------
        {derivative}

        Raises
        ------
        ValueError, TypeError
            As from `value`, or if `out` doesn't fit the result or overlaps an argument.
        """
        return self._run("grad", (GRAD,), arrays, sample_weight, named, out)[0]

    @of_any_arrays
    def hess(self, *arrays: Any, sample_weight: Any = None, out: Any = None, **named: Any) -> Derivative:
        """Return the diagonal of the Hessian: the second derivatives of `value` with respect to each entry.

        Takes and returns what `grad` does. Raises NotImplementedError if the loss has no second derivative.
        """
        return self._run("hess", (HESS,), arrays, sample_weight, named, out)[0]

    @of_any_arrays
    def value_and_grad(
        self, *arrays: Any, sample_weight: Any = None, out: Any = None, **named: Any
    ) -> tuple[Value, Derivative]:
        """Return `value` and `grad`, the same bit for bit, with the work that they share done once.

        Takes what `grad` does.
        """
        value, grad = self._run("value_and_grad", (VALUE, GRAD), arrays, sample_weight, named, out)
        return value, grad

    @of_any_arrays
    def curvature(self, *arrays: Any, sample_weight: Any = None, out: Any = None, **named: Any) -> Derivative:
        """Return a positive stand-in for the second derivative, for Newton-like steps and boosters.

        The loss's page says which: the Hessian above a floor, a majorizer, or a constant. It is weighted and reduced as
        `grad` is, whose arguments it takes.
        """
        return self._run("curvature", (CURVATURE,), arrays, sample_weight, named, out)[0]

    @of_any_arrays
    def grad_and_curvature(
        self, *arrays: Any, sample_weight: Any = None, out: Any = None, **named: Any
    ) -> tuple[Derivative, Derivative]:
        """Return `grad` and `curvature`, the same bit for bit, in one pass over the data.

        Takes what `grad` does, but `out`, if given, is a pair: where to write the one and the other.
        """
        if out is not None and (not isinstance(out, tuple | list) or len(out) != 2):
            raise TypeError("out must be a pair: where to write the gradient, and where to write the curvature")
        outs = (None, None) if out is None else out
        grad, curvature = self._run("grad_and_curvature", (GRAD, CURVATURE), arrays, sample_weight, named, *outs)
        return grad, curvature

    @of_any_arrays
    def partial(self, *arrays: Any, sample_weight: Any = None, **named: Any) -> Partial:
        """Return the weighted sum of the losses and the denominator of their mean, to be merged with other parts'.

        Takes what `value` does. Of the parts that it returns, ``a + b`` and ``sum(parts)`` put some together, and
        ``result()`` is then the value over all of them.
        """
        part: Partial = self._partial("partial", (VALUE,), arrays, sample_weight, named)[0]
        return part

    @of_any_arrays
    def partial_and_grad(
        self, *arrays: Any, sample_weight: Any = None, out: Any = None, **named: Any
    ) -> tuple[Partial, Derivative]:
        """Return `partial` and the gradient of the *sum* of the losses.

        Takes what `grad` does. Under "mean", divide the gradients of all the parts by the ``denominator`` of the merged
        part in the end.
        """
        partial, grad = self._partial("partial_and_grad", (VALUE, GRAD), arrays, sample_weight, named, out)
        return partial, grad

    @of_any_arrays
    def __call__(self, *arrays: Any, sample_weight: Any = None, **named: Any) -> Value:
        """Return `value` of the same arguments."""
        return self.value(*arrays, sample_weight=sample_weight, **named)


BODIES = [
    body
    for name, body in vars(Methods).items()
    if isinstance(body, types.FunctionType) and (name[0] != "_" or name == "__call__")
]
_TEMPLATES = {body.__name__: body.__doc__ or "" for body in BODIES}
for _body in BODIES:  # as `Loss` shows them, whose arrays may have any names
    _body.__doc__ = _TEMPLATES[_body.__name__].format(
        predictions="the predictions",
        derivative="ndarray or tuple of ndarrays\n            One for each of them, of its shape and floating dtype.",
    )


def install(cls: type[Methods]) -> None:
    """Give a class copies of the methods that show the names of its arrays in `help` and `inspect.signature`."""
    docs = {**ARRAYS, **cls._array_docs}
    cls._plain_call = cls.signature.plain_call
    cls._places = tuple(map(cls.signature.names.index, cls.signature.predictions))
    for body in BODIES:
        own = tuple(name for name in ("sample_weight", "out") if name in (body.__kwdefaults__ or {}))
        copy = types.FunctionType(body.__code__, body.__globals__, body.__name__, body.__defaults__, body.__closure__)
        copy.__kwdefaults__ = body.__kwdefaults__
        copy.__qualname__, copy.__module__ = f"{cls.__qualname__}.{body.__name__}", cls.__module__
        copy.__doc__ = _documented(_TEMPLATES[body.__name__], cls.signature, own, docs)
        copy.__signature__ = cls.signature.parameters(own)  # type: ignore[attr-defined]
        setattr(cls, body.__name__, copy)


def _documented(text: str, signature: Signature, own: tuple[str, ...], docs: Mapping[str, str]) -> str:
    """Return a docstring with the arguments, if it says what is returned; `grad` refers to `value` for most."""
    names = (*signature.names, *(name for name in own if name != "out"))
    optional, several = (*signature.optional, *own), len(signature.predictions) > 1
    kinds = {name: "array_like, optional" if name in optional else "array_like" for name in names}
    entries = [f"{name} : {kinds[name]}\n            {_indented(docs.get(name, ''))}" for name in names]
    if "out" in own:
        entries = [
            f"{', '.join(names)}\n            As for `value`.",
            f"out : {'tuple of ndarrays' if several else 'ndarray'}, optional\n            {docs['out']}",
        ]
    arguments = "\n        Parameters\n        ----------\n        " + "\n        ".join(entries) + "\n"
    text = text.format(
        predictions=" and ".join(f"`{name}`" for name in signature.predictions),
        derivative="tuple of ndarrays\n            One for each of them, of its shape and floating dtype."
        if several
        else "ndarray\n            Of its shape and floating dtype.",
    )
    first, _, rest = text.partition("\n")
    return f"{first}\n{arguments}{rest}" if "Returns" in rest else text


def _indented(text: str) -> str:
    return "\n            ".join(line.strip() for line in text.splitlines())
