"""Signatures: which arrays the methods of a loss take, and by which of them derivatives are taken."""

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple


class Signature(NamedTuple):
    """The names of a loss's arrays.

    Parameters
    ----------
    positional
        Arrays that are given in this order.
    required, optional
        Arrays that are given by name, and whether a call may leave them out.
    predictions
        Those with respect to which derivatives are taken; if one is optional, only in calls that give it.
    shared
        Those that belong to no sample, such as the weights of a layer.
    """

    positional: tuple[str, ...] = ("y_true", "y_pred")
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ("y_pred",)
    shared: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all the arrays, in the order in which hooks take them."""
        return self.positional + self.required + self.optional

    @property
    def plain_call(self) -> int:
        """How many arrays make a call of one prediction without names; 0 if there is no such call."""
        return 0 if self.required or len(self.predictions) > 1 else len(self.positional)

    def bind(self, method: str, arrays: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arrays of one call by name, without the optional ones that are None.

        Raises
        ------
        TypeError
            If one is missing, unknown or given twice; the message shows how the method is called.
        """
        positional, required, optional, *_ = self
        if len(arrays) > len(positional):
            spare = len(arrays) - len(positional)
            by_name = (*required, *optional)[:spare]
            hint = f"; pass {' and '.join(by_name)} by name" if len(by_name) == spare else ""
            raise TypeError(f"{method}() takes {len(positional)} arrays, got {len(arrays)}{hint}: {self.call(method)}")
        bound = dict(zip(positional, arrays, strict=False))
        if not named and not required and len(bound) == len(positional):
            return bound
        for name in named:
            if name in bound:
                raise TypeError(f"{method}() got the argument {name!r} twice: {self.call(method)}")
            if name not in self.names:
                raise TypeError(f"{name!r} is not an argument of {self.call(method)}")
        given = {**bound, **named}
        for name in positional + required:
            if given.get(name) is None:
                raise TypeError(f"{method}() needs the argument {name!r}: {self.call(method)}")
        return {name: given[name] for name in self.names if given.get(name) is not None}

    def call(self, method: str) -> str:
        """Return how a method is called."""
        by_name = [*self.required, *(f"{name}=None" for name in self.optional), "sample_weight=None"]
        return f"{method}({', '.join([*self.positional, '*', *by_name])})"

    def joined(self, other: "Signature") -> "Signature":
        """Return the signature of a sum of two losses, which takes the named arrays of both.

        Raises
        ------
        ValueError
            If they differ in the positional arrays, which then mean different things, or in the predictions.
        """
        if (self.positional, self.predictions) != (other.positional, other.predictions):
            one, two = (f"({', '.join(signature.positional)})" for signature in (self, other))
            raise ValueError(
                f"losses of different arrays, {one} and {two}, can't be added; evaluate each with its own arrays and "
                "add up the numbers"
            )
        required = tuple(dict.fromkeys(self.required + other.required))
        optional = tuple(name for name in dict.fromkeys(self.optional + other.optional) if name not in required)
        return self._replace(required=required, optional=optional)

    def parameters(self, own: tuple[str, ...]) -> inspect.Signature:
        """Return the signature of a method, for `help`, with the arguments `own` after the arrays."""
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature(
            [
                inspect.Parameter("self", either),
                *(inspect.Parameter(name, either) for name in self.positional),
                *(inspect.Parameter(name, keyword) for name in self.required),
                *(inspect.Parameter(name, keyword, default=None) for name in (*self.optional, *own)),
            ]
        )
