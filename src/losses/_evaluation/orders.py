"""What can be asked of a loss, and in which forms its hooks may answer."""

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from losses._types import Array, FloatArray

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


class Sparse(NamedTuple):
    """Derivatives of rows that are 0 but in one place each: the columns, and what is there."""

    column: Array
    entry: FloatArray

    def dense(self, width: int) -> FloatArray:
        """Return the rows."""
        rows = np.zeros((self.entry.size, width), self.entry.dtype)
        rows[np.arange(self.entry.size), self.column] = self.entry
        return rows


Losses: TypeAlias = FloatArray | Product
Slope: TypeAlias = FloatArray | Scaled | Sparse
