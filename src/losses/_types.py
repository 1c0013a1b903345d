"""Names for types used across the package."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Array", "ArrayLike", "Box", "Derivative", "Dtype", "FloatArray", "Reduction", "Value"]

Array: TypeAlias = NDArray[Any]
"""A NumPy array of any real dtype."""

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""A NumPy array of a real floating dtype."""

Reduction: TypeAlias = Literal["mean", "sum", "none"]

Value: TypeAlias = float | Any
"""What `value` returns: a float under "mean" and "sum", an array under "none"."""

Derivative: TypeAlias = Array | Any
"""What `grad` and `hess` return: an array, or a pair of them for a loss of two predictions."""

Box: TypeAlias = tuple[Any, ...]
"""An index that cuts a block out of an array: slices of the leading axes, then Ellipsis."""

Dtype: TypeAlias = "np.dtype[Any]"
