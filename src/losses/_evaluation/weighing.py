"""Weights and factors: what turns a block's losses and derivatives into those of the reduced loss."""

from typing import Any

import numpy as np

from losses._evaluation.orders import Losses, Product, Scaled, Slope, Sparse
from losses._types import Array, Dtype, FloatArray

_SMALLEST, _LARGEST = 1e-30, 1e30
"""Factors between these are multiplied by in float32, which holds some 8 decimal places more at either end."""


def where_zero(weight: Array | None) -> Array | None:
    """Return the places of weights of 0, in one dimension; None if there are none.

    Places, since NumPy takes up to ten times as long to write where a mask says that it should.
    """
    if weight is None or (weight.size and weight.item(weight.argmin()) > 0):
        return None
    places: Array = np.flatnonzero(weight == 0)
    return places


def weigh(losses: Losses, weight: Array | None, left_out: Array | None) -> Losses:
    """Return losses times the weights, and exactly 0 where the weight is 0."""
    if weight is None:
        return losses
    unweighted = plain(losses)
    if left_out is None and unweighted.dtype == weight.dtype:
        return Product(unweighted, np.ascontiguousarray(weight))  # since BLAS rounds strided ones differently
    weighted: FloatArray = unweighted * weight
    if left_out is not None:
        weighted[left_out] = 0
    return weighted


def plain(losses: Losses) -> FloatArray:
    """Return losses as one array."""
    return losses.first * losses.second if isinstance(losses, Product) else losses


def write(slope: Slope, weight: Array | None, left_out: Array | None, factor: Any, target: Array, axes: int) -> None:
    """Write derivatives times the weights and a factor; exactly 0 where the weight is 0.

    The first so many axes of the target are the samples', which weights and factors are spread over.
    """
    if isinstance(slope, Sparse):
        _write_sparse(slope, weight, left_out, factor, target)
        return
    scale, array = slope if isinstance(slope, Scaled) else (1.0, slope)
    scale = factor * scale
    if array is not None and array.ndim != target.ndim:
        array = array.reshape(target.shape)
    if weight is not None:
        scale = scale * weight
    if not isinstance(scale, np.ndarray):
        if array is None:
            target.fill(scale)
        else:
            np.multiply(array, scale if _SMALLEST < abs(scale) < _LARGEST else np.float64(scale), out=target)
        return
    samples = target.shape[:axes]
    factors = scale.reshape(samples + (1,) * (target.ndim - axes))
    if array is None:
        target[...] = factors
    else:
        np.multiply(array, narrowed(factors, array.dtype), out=target)
    if left_out is not None:
        target[np.unravel_index(left_out, samples)] = 0


def _write_sparse(slope: Sparse, weight: Array | None, left_out: Array | None, factor: Any, target: Array) -> None:
    entry = np.empty(slope.entry.shape, target.dtype)
    write(slope.entry, weight, left_out, factor, entry, 1)
    target[...] = 0
    if target.ndim == 2:
        target[np.arange(len(target)), slope.column] = entry
    else:
        samples = (*target.shape[:-1], 1)
        np.put_along_axis(target, slope.column.reshape(samples), entry.reshape(samples), -1)


def narrowed(scale: FloatArray, dtype: Dtype) -> FloatArray:
    """Return factors in `dtype`, which halves the time of multiplying by them, unless it can't hold them."""
    if scale.dtype == dtype or dtype.char == "g":
        return scale
    size = np.abs(scale)
    if size.size and size.item(size.argmin()) >= _SMALLEST and size.item(size.argmax()) <= _LARGEST:
        return scale.astype(dtype)
    unsafe = (size < _SMALLEST) & (size > 0) | (size > _LARGEST)
    return scale if np.count_nonzero(unsafe) else scale.astype(dtype)
