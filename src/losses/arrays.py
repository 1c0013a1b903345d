"""What counts as an array of real numbers, and how a block of it becomes what formulas take."""

from typing import Any, NoReturn

import numpy as np

from losses.blocks import WHOLE
from losses.types import Array, Box, Dtype


def as_array(name: str, value: Any) -> Array:
    """Return `value` as a bool, integer or real floating array, without a copy where it is one.

    Raises
    ------
    TypeError
        If it is anything else, a masked array or a sparse matrix.
    """
    array = value if type(value) is np.ndarray else converted(name, value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}{_HINTS.get(array.dtype.kind, '')}")
    return array


_HINTS = {
    "O": "; convert it to a numeric dtype first, with astype(float) for instance",
    "c": "; pass real and imaginary parts as two arrays",
}


def converted(name: str, value: Any) -> Array:
    """Return what isn't an array as one; TypeError if numbers would be lost, ValueError if it can't be."""
    masked = _find_masked(value)
    if masked is not None:
        raise TypeError(
            f"{name} {'is' if masked is value else 'holds'} a masked array (dtype {masked.dtype}), whose mask would be "
            "lost; pass its data, and sample_weight=~mask to leave samples out"
        )
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise TypeError(f"{name} is a sparse matrix (dtype {value.dtype}); pass {name}.toarray()")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} can't be made an array: {error}") from error


_FLOATING = {char: np.dtype(char) for char in "efdg"}
EPSILON = {char: np.finfo(dtype).eps for char, dtype in _FLOATING.items()}
"""The machine epsilons of the floating dtypes, by the character that names one."""


_PLAIN = {bool, int, float}


def _find_masked(value: Any) -> Any:
    """Return the first masked array that `value` is, or holds in a list at any depth; None if there is none."""
    if isinstance(value, np.ma.MaskedArray):
        return value
    if isinstance(value, list | tuple) and not _PLAIN.issuperset(map(type, value)):
        return next((found for entry in value if (found := _find_masked(entry)) is not None), None)
    return None


def result_dtype(dtype: Dtype) -> Dtype:
    """Return the dtype of `grad` for predictions of `dtype`: the same if floating, in native byte order."""
    return _FLOATING.get(dtype.char, _FLOATING["d"])


def compute_dtype(dtype: Dtype) -> Dtype:
    """Return the dtype in which a result of `dtype` is computed: float32 for float16."""
    return _FLOATING["f"] if dtype.char == "e" else dtype


def contiguous(array: Array, box: Box, dtype: Dtype) -> Array:
    """Return a block as a one-dimensional, contiguous array of `dtype`; where it can, a view."""
    if box is WHOLE and array.dtype is dtype:
        return array.ravel()
    return np.ascontiguousarray(array[box], dtype).ravel()


def raise_different_shapes(name: str, array: Array, other_name: str, other: Array) -> NoReturn:
    """Raise ValueError about two arrays that must have one shape."""
    hint = ""
    if array.size == other.size and 1 in (array.ndim, other.ndim):
        hint = f"; use np.ravel({name if other.ndim == 1 else other_name})"
    raise ValueError(
        f"{name} has shape {array.shape} but {other_name} has shape {other.shape}; "
        f"they must be equal, since nothing is broadcast{hint}"
    )
