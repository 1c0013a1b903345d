"""What a case is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Shape = tuple[int, ...]
Gradient = Callable[[], Any]
Mode = Literal["value", "grad", "value and grad", "grad and curvature"]

VALUE: Mode = "value"
GRAD: Mode = "grad"
VALUE_AND_GRAD: Mode = "value and grad"
BOOSTING: Mode = "grad and curvature"


class Case:
    name: str
    family: str
    shapes: tuple[Shape, ...]
    dtypes: ClassVar[tuple[str, ...]] = ("float32", "float64")
    modes: ClassVar[tuple[Mode, ...]] = (VALUE_AND_GRAD, VALUE)
    """What is timed, a table each."""

    needs: str = ""
    """The loss without which there is no case."""
    named: ClassVar[tuple[str, ...]] = ()
    """The names of the last arrays, which this library takes by name."""
    predictions: ClassVar[tuple[int, ...]] = (1,)
    """Which of the arrays derivatives are taken by."""

    at_most: ClassVar[Mapping[str, int]] = {}
    """The largest size for a contender, by language, whose memory or time grows faster than the data."""
    left_out: ClassVar[frozenset[str]] = frozenset()
    """The contenders by name that a run does not time."""
    least_rounds: ClassVar[int] = 5
    """However few of them fit into a row's seconds."""
    tolerance: ClassVar[float] = 100
    """How far contenders may differ, in eps of the largest entry: each sums its 10⁷ terms in an order of its own."""

    same_bits: ClassVar[bool] = True
    """Whether this library's results are the same with any number of threads: not where BLAS makes products."""

    def loss(self) -> Any:
        raise NotImplementedError

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        """The arrays, ``(y_true, y_pred)`` as a rule, off kinks and clips, where contenders may rightly differ."""
        raise NotImplementedError


def shape_text(shape: Shape) -> str:
    return " × ".join(f"{n:,}".replace(",", " ") for n in shape)


def normal(rng: np.random.Generator, shape: Shape, dtype: str) -> Array:
    return rng.standard_normal(shape, np.dtype(dtype).type)


@dataclass(frozen=True)
class Task:
    """What a contender is asked for."""

    case: Case
    shape: Shape
    dtype: str
    mode: Mode

    @property
    def title(self) -> str:
        return f"{self.case.name}, {self.mode}, {shape_text(self.shape)}, {self.dtype}"

    def arrays(self) -> Arrays:
        return self.case.data(np.random.default_rng(0), self.shape, self.dtype)
