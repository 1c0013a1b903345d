"""What counts as an array of real numbers, and how a block of it becomes what formulas take."""

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, NoReturn

import numpy as np

from losses._types import Array, Box, Dtype
from losses._walk.blocks import WHOLE


def as_array(name: str, value: Any) -> Array:
    """Return `value` as a bool, integer or real floating array, without a copy where it is one.

    Raises
    ------
    TypeError
        If it is anything else, a masked array or a sparse matrix.
    """
    array = value if type(value) is np.ndarray else converted(name, value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}{_hint(name, array)}")
    return array


def _hint(name: str, array: Array) -> str:
    """Return how an array of another kind becomes one of numbers."""
    kind = array.dtype.kind
    if kind == "O":
        return _object_hint(name, array)
    if kind in "UST":
        return f"; number labels first, with np.unique({name}, return_inverse=True)[1]"
    if "float" in array.dtype.name:  # bfloat16 and float8 of ml_dtypes
        return f"; pass np.asarray({name}).astype(np.float32)"
    if "int" in array.dtype.name:
        return f"; pass np.asarray({name}).astype(np.int8)"
    return _HINTS.get(kind, "; pass each of its fields as an array")


def _object_hint(name: str, array: Array) -> str:
    """Return how an array of Python objects becomes one of numbers, judged by its first entry that is no number."""
    for index, entry in np.ndenumerate(array):
        if isinstance(entry, Real | Decimal | np.bool_):
            continue
        if isinstance(entry, str):
            return f"; number labels first, with np.unique({name}, return_inverse=True)[1]"
        what = f"{name}[{', '.join(map(str, index))}] is" if index else "it is"
        if entry is None or type(entry).__name__ in ("NAType", "NaTType"):
            return f", as {what} {entry}; drop missing values, or fill them and give them a sample_weight of 0"
        return f", as {what} of type {type(entry).__name__}; pass numbers, or nested lists of them"
    return f"; convert it to a numeric dtype first, with np.asarray({name}).astype(float) for instance"


_HINTS = {
    "c": "; pass real and imaginary parts as two arrays",
    "M": "; subtract a first date and divide by a unit, np.timedelta64(1, 'D') for instance",
    "m": "; divide by a unit, np.timedelta64(1, 'D') for instance",
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
    if _has_missing(value):
        raise TypeError(
            f"{name} has missing values; drop them, or fill them and leave them out with a sample_weight of 0"
        )
    try:
        return np.asarray(value)
    except ValueError as error:
        hint = "; its rows must have one length" if "inhomogeneous" in str(error) else ""
        raise ValueError(f"{name} can't be made an array: {_first_line(error)}{hint}") from error
    except (TypeError, RuntimeError) as error:  # tensors say why: a gradient, another device, a dtype of their own
        raise TypeError(f"{name} can't be made an array: {_first_line(error)}{_tensor_hint(name, value)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _has_missing(value: Any) -> bool:
    """Return whether a pandas object has missing values in a nullable column, whatever NumPy makes of them."""
    kinds = [value.dtype] if hasattr(value, "dtype") else list(getattr(value, "dtypes", ()))
    if not hasattr(value, "isna") or all(isinstance(kind, np.dtype) for kind in kinds):
        return False
    return bool(np.any(np.asarray(value.isna())))


def _tensor_hint(name: str, value: Any) -> str:
    """Return how a tensor becomes an array."""
    if "Tracer" in type(value).__name__:
        return "; a loss takes numbers: call it outside jax.grad and jax.jit"
    if not hasattr(value, "cpu"):
        return "; pass an array of real numbers"
    detached = ".detach()" if getattr(value, "requires_grad", False) else ""
    widened = ".float()" if "bfloat16" in str(value.dtype) else ""
    return f"; pass {name}{detached}{widened}.cpu().numpy()"


_FLOATING = {char: np.dtype(char) for char in "efdg"}
EPSILON = {char: np.finfo(dtype).eps for char, dtype in _FLOATING.items()}
"""The machine epsilons of the floating dtypes, by the character that names one."""


_PLAIN = {bool, int, float}


def _find_masked(value: Any) -> Any:
    """Return the first masked array that `value` is, or holds in a list at any depth; None if there is none."""
    if isinstance(value, np.ma.MaskedArray):
        return value
    if isinstance(value, list | tuple) and not _PLAIN.issuperset(map(type, value)):
        return next((masked for entry in value if (masked := _find_masked(entry)) is not None), None)
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


def per_column(name: str, values: Sequence[float], other_name: str, shape: tuple[int, ...]) -> Array:
    """Return numbers of which there is one for each entry of the last axis, spread over an array's shape."""
    if shape[-1:] != (len(values),):
        raise ValueError(
            f"{name} has {len(values)} entries but {other_name} has shape {shape}; there must be one for each entry of "
            "the last axis"
        )
    return np.broadcast_to(np.array(values), shape)


def raise_different_shapes(name: str, array: Array, other_name: str, other: Array) -> NoReturn:
    """Raise ValueError about two arrays that must have one shape."""
    hint = ""
    if array.size == other.size and 1 in (array.ndim, other.ndim):
        hint = f"; use np.ravel({name if other.ndim == 1 else other_name})"
    elif array.ndim == 1 and other.ndim == 2 and len(array) == len(other):
        hint = (
            f"; if the columns are the probabilities of two classes, pass {other_name}[:, 1]"
            if other.shape[1] == 2
            else f"; if the columns are classes, use CategoricalCrossEntropy; if they are outputs, {name} needs as many"
        )
    raise ValueError(
        f"{name} has shape {array.shape} but {other_name} has shape {other.shape}; "
        f"they must be equal, since nothing is broadcast{hint}"
    )
