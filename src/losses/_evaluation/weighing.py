"""Weights and factors: what turns a block's losses and derivatives into those of the reduced loss."""

from typing import Any, NamedTuple

import numpy as np

from losses._evaluation.orders import Losses, Product, Scaled, Slope, Sparse
from losses._types import Array, Dtype, FloatArray

_SMALLEST, _LARGEST = 1e-30, 1e30
"""Factors between these are multiplied by in float32, which holds some 8 decimal places more at either end."""


class BlockWeights(NamedTuple):
    """The weights of a block's samples, in one dimension, and the places of those that are 0, None if none is.

    Places, since NumPy takes up to ten times as long to write where a mask says that it should.
    """

    weight: Array
    left_out: Array | None


def of_block(weight: Array | None) -> BlockWeights | None:
    """Return a block's weights as `weigh` and `write` take them; None if all are 1."""
    if weight is None:
        return None
    flat = np.ascontiguousarray(weight).reshape(-1)  # since BLAS rounds sums of strided arrays differently
    positive = flat.size > 0 and flat.item(flat.argmin()) > 0
    return BlockWeights(flat, None if positive else np.flatnonzero(flat == 0))


def weigh(losses: Losses, weights: BlockWeights | None) -> Losses:
    """Return losses times the weights, and exactly 0 where the weight is 0."""
    if weights is None:
        return losses
    (weight, left_out), unweighted = weights, plain(losses)
    if left_out is None and unweighted.dtype == weight.dtype:
        return Product(unweighted, weight)
    weighted: FloatArray = unweighted * weight
    if left_out is not None:
        weighted[left_out] = 0
    return weighted


def plain(losses: Losses) -> FloatArray:
    """Return losses as one array."""
    return losses.first * losses.second if isinstance(losses, Product) else losses


def write(slope: Slope, weights: BlockWeights | None, factor: Any, target: Array, axes: int) -> None:
    """Write derivatives times the weights and a factor; exactly 0 where the weight is 0.

    The first so many axes of the target are the samples', which weights and factors are spread over.
    """
    if isinstance(slope, Sparse):
        _write_sparse(slope, weights, factor, target)
        return
    scale, array = slope if isinstance(slope, Scaled) else (1.0, slope)
    scale = factor * scale
    if array is not None and array.ndim != target.ndim:
        array = array.reshape(target.shape)
    if weights is not None:
        scale = scale * weights.weight
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
    if weights is not None and weights.left_out is not None:
        target[np.unravel_index(weights.left_out, samples)] = 0


def _write_sparse(slope: Sparse, weights: BlockWeights | None, factor: Any, target: Array) -> None:
    entry = np.empty(slope.entry.shape, target.dtype)
    write(slope.entry, weights, factor, entry, 1)
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
