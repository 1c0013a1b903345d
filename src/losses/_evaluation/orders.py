"""What can be asked of a loss, and in which forms its hooks may answer."""

from typing import Any, Literal, NamedTuple, TypeAlias

from losses._types import FloatArray

Order: TypeAlias = Literal[0, 1, 2, 3]

VALUE: Literal[0] = 0
GRAD: Literal[1] = 1
HESS: Literal[2] = 2
CURVATURE: Literal[3] = 3


class Product(NamedTuple):
    """Losses as the product of two arrays, which are summed without an array for it."""

    first: FloatArray
    second: FloatArray


class Scaled(NamedTuple):
    """Derivatives as a number, or one for each sample, times an array; without an array, the number itself."""

    scale: Any
    array: FloatArray | None = None


Losses: TypeAlias = FloatArray | Product
Slope: TypeAlias = FloatArray | Scaled
