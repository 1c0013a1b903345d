"""Checks of the parameters with which a loss is constructed."""

import math
from numbers import Real

import numpy as np


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


def check_positive(name: str, value: float) -> None:
    """Raise ValueError unless 0 < value < inf."""
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}")


def check_fraction(name: str, value: float) -> None:
    """Raise ValueError unless 0 <= value <= 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` is one of the strings `choices`."""
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
