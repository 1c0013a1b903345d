"""Failures that read like a diagnosis."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from losses._testing.subject import Subject


class Cause(NamedTuple):
    """A usual cause of a failure.

    Parameters
    ----------
    key
        What it is, whatever the numbers are.
    text
        What to tell the user.
    """

    key: str
    text: str


BROADCAST = Cause(
    "broadcast", "arrays of different shapes were broadcast: compare their shapes first, or index with [:, np.newaxis]"
)
IN_PLACE = Cause(
    "in place", "an argument is changed in place (`x -= y`, `x[...] = y`, `out=x`): write to a new array instead"
)
WEIGHTS_IGNORED = Cause("weights ignored", "the weights are ignored: multiply each sample's term by its weight")
OVERFLOW = Cause(
    "overflow",
    "an intermediate result overflows, exp or a high power as a rule: rewrite the formula "
    "(np.log1p(np.exp(-np.abs(x))), np.tanh, subtract the maximum first)",
)


class Failure(AssertionError):
    """A law that doesn't hold.

    Parameters
    ----------
    subject
        The loss.
    law
        What should hold.
    arguments
        What the loss was called with, by name.
    numbers
        The numbers that contradict the law, each with what it is.
    causes
        Usual causes that fit, the likeliest first.
    """

    def __init__(
        self,
        subject: Subject,
        law: str,
        arguments: Mapping[str, Any],
        numbers: Sequence[tuple[str, Any]],
        causes: Sequence[Cause] = (),
    ) -> None:
        self.subject, self.law, self.arguments, self.numbers = subject, law, dict(arguments), list(numbers)
        self.causes = list(causes)
        super().__init__(law)

    def __str__(self) -> str:
        return self.report()

    @property
    def key(self) -> tuple[str, str]:
        """What the failure is: the law, and the likeliest cause."""
        return self.law, self.causes[0].key if self.causes else ""

    def report(self, note: str = "") -> str:
        """Return the diagnosis, with a note on where the arguments come from."""
        lines = [f"{self.subject!r}: {self.law}", *([""] if self.arguments else [])]
        shown = {name: array for name, array in self.arguments.items() if array is not None}
        lines += [f"    {name} = {text(array)}" for name, array in shown.items()]
        width = max(len(label) for label, _ in self.numbers)
        lines += ["", *(f"    {label:<{width}} : {text(number)}" for label, number in self.numbers)]
        if self.causes:
            lines += ["", f"Usual cause: {self.causes[0].text}."]
        return "\n".join([*lines, *(["", note] if note else [])])


def text(number: Any) -> str:
    """Return how a number or an array is shown, on one line as a rule."""
    if isinstance(number, str):
        return number
    array = np.asarray(number)
    if array.ndim == 0:
        return repr(array.item())
    shown = np.array2string(array, separator=", ", threshold=40, max_line_width=100, floatmode="unique")
    return shown.replace("\n", "\n        ")


def place(name: str, index: tuple[int, ...]) -> str:
    """Return how an entry of a result is written: ``grad[2, 0]``."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def causes_of_error(message: str) -> list[Cause]:
    """Return what an error that a loss raises of itself usually comes from."""
    if "read-only" in message:
        return [IN_PLACE]
    if "returned an array of shape" in message or "could not be broadcast" in message:
        return [BROADCAST]
    return []
