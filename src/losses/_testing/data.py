"""Data for any loss: numbers of many kinds, in arrays of its shapes, and the special ones that find bugs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from losses._testing.subject import Subject, is_real, shared, take
from losses._types import Array

Random = np.random.Generator
Maker = Callable[[Random, tuple[int, ...]], Array]


def _rows(rng: Random, shape: tuple[int, ...]) -> Array:
    """Return rows that sum to 1."""
    if not shape[1:]:
        return np.full(shape, np.nan)  # one number is no distribution
    return rng.dirichlet(np.ones(shape[-1]), shape[:-1])


MAKERS: dict[str, Maker] = {
    "real numbers": lambda rng, shape: rng.uniform(-3, 3, shape).round(3),
    "numbers ≥ 0": lambda rng, shape: rng.uniform(0, 4, shape).round(3),
    "numbers > 0": lambda rng, shape: rng.uniform(0.5, 4, shape).round(3),
    "numbers < 0": lambda rng, shape: -rng.uniform(0.5, 4, shape).round(3),
    "probabilities": lambda rng, shape: rng.uniform(0.05, 0.95, shape).round(3),
    "ids from 0 to 2": lambda rng, shape: rng.integers(0, 3, shape),
    "0 and 1": lambda rng, shape: rng.integers(0, 2, shape).astype(np.float64),
    "−1 and 1": lambda rng, shape: 2.0 * rng.integers(0, 2, shape) - 1,
    "counts": lambda rng, shape: rng.integers(0, 6, shape).astype(np.float64),
    "distributions": _rows,
}
TARGETS = tuple(MAKERS)
PREDICTIONS = ("real numbers", "numbers > 0", "numbers < 0", "probabilities", "distributions")
OTHERS = ("real numbers", "numbers ≥ 0", "probabilities", "0 and 1", "ids from 0 to 2")


class Layout(NamedTuple):
    """Which arrays a call has, and the trailing axes of each that belong to one sample."""

    text: str
    trailing: Mapping[str, tuple[int, ...]]
    items: bool = False


@dataclass(frozen=True)
class Fit:
    """A loss with data that it takes.

    Parameters
    ----------
    subject
        The loss.
    text
        What the data are.
    trailing
        By the name of an array, its trailing axes that belong to one sample.
    makers
        By the name of an array, its numbers.
    weighted
        Whether samples can be weighed.
    grouped
        Whether the loss isn't one of samples along the first axis, so that laws of samples don't apply.
    brief
        Whether other data of the same loss are tried at length, so that ordinary ones are enough here.
    """

    subject: Subject
    text: str
    trailing: Mapping[str, tuple[int, ...]]
    makers: Mapping[str, Maker]
    weighted: bool = False
    grouped: bool = False
    brief: bool = False

    def make(self, n: int, rng: Random) -> dict[str, Any]:
        """Return arrays of n samples or items."""
        alone = shared(self.subject)
        return {
            name: make(rng, (*(() if name in alone else (n,)), *self.trailing[name]))
            for name, make in self.makers.items()
        }

    def variety(self, rng: Random) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield arrays with what they are: ordinary, single, tied, equal, zero, at kinks, and large."""
        subject = self.subject
        n = 9 if subject.items else 5
        yield "random", self.make(n, rng)
        for length in sorted({axes[0] for axes in self.trailing.values() if axes} - {1}):
            yield "square", self.make(length, rng)
        if self.brief:
            return
        yield "single", self.make(1, rng)
        few = self.make(2, rng)
        yield "tied", take(self.subject, few, rng.integers(0, 2, n))
        plain = self.make(3, rng)
        yield "zero", {name: np.zeros_like(array) if is_real(array) else array for name, array in plain.items()}
        yield from self._near_targets(plain)
        yield "large", self._large(n, rng)

    def _near_targets(self, arrays: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield arrays whose predictions equal the targets, or lie where the derivative jumps."""
        targets = [name for name in self.subject.positional if name not in self.subject.predictions]
        (prediction, *others) = self.subject.predictions
        first = arrays[targets[0]] if targets else arrays[others[0]] if others else None
        if first is None or first.shape != arrays[prediction].shape or not is_real(first):
            return
        yield "equal", {**arrays, prediction: first.copy()}
        kinks = getattr(self.subject.loss, "kinks", None)
        for kink in kinks if isinstance(kinks, tuple | list) else ():
            yield "at a kink", {**arrays, prediction: first + kink}
            yield "at a kink", {**arrays, prediction: np.full_like(first, kink)}
            yield "at a kink", {**arrays, prediction: np.full_like(first, -kink)}

    def _large(self, n: int, rng: Random) -> dict[str, Any]:
        """Return arrays whose predictions are as large as 10⁴, of both signs where the loss takes these."""
        arrays = self.make(n, rng)
        for name in self.subject.predictions:
            sign = np.where(np.arange(arrays[name].size) % 2, -1, 1).reshape(arrays[name].shape)
            some = self.make(9, rng)[name]
            below, above = bool((some < 0).any()), bool((some > 0).any())
            arrays[name] = 1e4 * (sign if below and above else -1 if below else 1) + arrays[name]
        return arrays
