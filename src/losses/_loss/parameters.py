"""Parameters of losses: ranges that are declared with the field, ``delta: Positive = 1.0``, and their checks."""

import functools
import inspect
import math
import typing
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import numpy as np

Result = TypeVar("Result")


class Range:
    """A condition that a number has to fulfil, and how to say it."""

    def __init__(self, rule: str, holds: Callable[[float], bool]) -> None:
        self.rule, self.holds = rule, holds

    def __call__(self, name: str, value: object) -> float:
        """Return `value` as a Python float; ValueError unless it is a real number in the range."""
        plain = number(name, value)
        if not self.holds(plain):
            raise ValueError(f"{name} must {self.rule}, got {plain!r}")
        return plain

    def __repr__(self) -> str:
        return self.rule


Positive: TypeAlias = Annotated[float, Range("be positive and finite", lambda x: 0 < x < math.inf)]
NotNegative: TypeAlias = Annotated[float, Range("be finite and not negative", lambda x: 0 <= x < math.inf)]
Finite: TypeAlias = Annotated[float, Range("be finite", math.isfinite)]
Fraction: TypeAlias = Annotated[float, Range("lie in [0, 1]", lambda x: 0 <= x <= 1)]
OpenFraction: TypeAlias = Annotated[float, Range("lie in (0, 1)", lambda x: 0 < x < 1)]
BelowHalf: TypeAlias = Annotated[float, Range("lie in [0, 0.5)", lambda x: 0 <= x < 0.5)]


class Ascending:
    """A condition that a sequence of one or more ascending numbers has to fulfil, each of them in a range."""

    def __init__(self, each: Range) -> None:
        self.each = each

    def __call__(self, name: str, value: Any) -> tuple[float, ...]:
        """Return `value` as a tuple of Python floats; ValueError unless it is such a sequence."""
        sequence = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        if not (sequence or (isinstance(value, np.ndarray) and value.ndim == 1)) or not len(value):
            raise ValueError(f"{name} must be a sequence of one or more ascending numbers, got {value!r}")
        numbers = tuple(self.each(f"{name}[{k}]", entry) for k, entry in enumerate(value))
        for k in range(1, len(numbers)):
            if not numbers[k - 1] < numbers[k]:
                raise ValueError(f"{name} must ascend, but {name}[{k}] is {numbers[k]!r} after {numbers[k - 1]!r}")
        return numbers

    def __repr__(self) -> str:
        return f"ascend, and each {self.each!r}"


Levels: TypeAlias = Annotated[Sequence[float], Ascending(Range("lie in (0, 1)", lambda x: 0 < x < 1))]
Thresholds: TypeAlias = Annotated[Sequence[float], Ascending(Range("be finite", math.isfinite))]


def number(name: str, value: object) -> float:
    """Return `value` as a Python float; ValueError unless it is a real number other than NaN."""
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        try:
            plain = float(value)
        except OverflowError:
            plain = math.nan
        if not math.isnan(plain):
            return plain
    raise ValueError(f"{name} must be a real number, got {value!r}")


def boolean(name: str, value: object) -> bool:
    """Return `value` as a Python bool; ValueError unless it is one, or NumPy's."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ValueError(f"{name} must be True or False, got {value!r}")


def count(name: str, value: object) -> int | None:
    """Return `value` as a Python int, or None; ValueError unless it is a positive integer or None."""
    if value is None:
        return None
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive integer or None, got {value!r}")
    return int(value)


Count: TypeAlias = Annotated[int | None, count]


def choice(*choices: str) -> Callable[[str, object], object]:
    """Return the check that a parameter is one of some strings."""

    def check(name: str, value: object) -> object:
        if not (isinstance(value, str) and value in choices):
            raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
        return value

    return check


Reduction: TypeAlias = Annotated[Literal["mean", "sum", "none"], choice("mean", "sum", "none")]


@functools.cache
def checks(cls: type) -> dict[str, Callable[[str, Any], Any]]:
    """Return the check of each parameter of a class of losses that declares one by its annotation, by name."""
    validators: dict[str, Callable[[str, Any], Any]] = {}
    for base in reversed(cls.__mro__):
        for name, kind in inspect.get_annotations(base).items():
            if isinstance(kind, str):
                kind = _PLAIN.get(kind) or _evaluated(base).get(name)
            declared = getattr(kind, "__metadata__", ())
            if declared:
                validators[name] = declared[0]
            elif kind in (float, bool):
                validators[name] = number if kind is float else boolean
    return validators


_PLAIN = {"float": float, "bool": bool}


@functools.cache
def _evaluated(cls: type) -> dict[str, Any]:
    """Return the annotations that a module with ``from __future__ import annotations`` keeps as texts."""
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except NameError:  # a name that only type checkers import
        return {}


def by_parameters(get: Callable[[Any], Result]) -> Result:
    """Return a property that type checkers take for an attribute: in other classes of losses it is a constant."""
    return typing.cast(Result, property(get))
