"""Where derivatives are written: the argument `out`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from losses._admission.arrays import result_dtype
from losses._types import Array


def check_out(out: Any, predictions: Mapping[str, Array], inputs: Mapping[str, Array]) -> tuple[list[Array], bool]:
    """Check where the derivatives with respect to the predictions are to be written.

    Returns
    -------
    outs : list of ndarray
        One for each prediction.
    in_place : bool
        Whether any of them is the prediction itself.
    """
    if len(predictions) == 1:
        outs, labels = [out], ["out"]
    else:
        if not isinstance(out, tuple | list) or len(out) != len(predictions):
            raise TypeError(f"out must be a tuple of {len(predictions)} arrays, one each for {', '.join(predictions)}")
        outs, labels = list(out), [f"out[{k}]" for k in range(len(out))]
    in_place = [
        _check_one_out(label, array, name, inputs) for label, array, name in zip(labels, outs, predictions, strict=True)
    ]
    for k, array in enumerate(outs):
        for j in range(k):
            if np.shares_memory(outs[j], array):
                raise ValueError(f"out[{k}] shares memory with out[{j}]; each derivative needs memory of its own")
    return outs, any(in_place)


def _check_one_out(label: str, out: Any, prediction: str, inputs: Mapping[str, Array]) -> bool:
    """Check where one derivative is to be written; return whether that is the prediction itself."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{label} must be a NumPy array, got {type(out).__name__}; pass np.empty(shape, dtype)")
    shape, dtype = inputs[prediction].shape, result_dtype(inputs[prediction].dtype)
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(
            f"{label} has shape {out.shape} and dtype {out.dtype}, but the result has {shape} and {dtype}; pass "
            f"np.empty({shape}, np.{dtype})"
        )
    if not out.flags.writeable:
        raise ValueError(f"{label} is read-only; pass an array that can be written to")
    in_place = False
    for name, array in inputs.items():
        if not np.may_share_memory(out, array):
            continue
        if name == prediction and _same_memory(out, array):
            in_place = True
        elif np.shares_memory(out, array):
            raise ValueError(f"{label} shares memory with {name}; it may be {prediction} itself, or memory of its own")
    return in_place


def _same_memory(a: Array, b: Array) -> bool:
    return (a.ctypes.data, a.shape, a.strides, a.dtype) == (b.ctypes.data, b.shape, b.strides, b.dtype)
