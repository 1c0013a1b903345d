"""The logistic function and its kin, with full relative precision at both ends."""

import functools
from typing import Any

import numpy as np

from losses._types import Dtype, FloatArray


@functools.cache
def safe_exponent(dtype: Dtype) -> float:
    """Return an x for which neither exp(±x) nor a product of two of them leaves the range of `dtype`; a sum may."""
    return float(np.log(np.finfo(dtype).max)) / 2


@functools.cache
def least_exponential(dtype: Dtype) -> Any:
    """Return e^−x for that x."""
    return np.exp(dtype.type(-safe_exponent(dtype))).item()


def has_safe_exponents(x: FloatArray) -> bool:
    """Return whether all of x lies below `safe_exponent`; a NaN does not. (`argmax` is faster than `max`.)"""
    return x.size == 0 or x.item(x.argmax()) <= safe_exponent(x.dtype)


def softplus(x: FloatArray) -> FloatArray:
    """Return log(1 + e^x), which is −log σ(−x); where e^x might overflow, as max(x, 0) + log(1 + e^−|x|)."""
    if has_safe_exponents(x):
        return np.log1p(np.exp(x))
    return x.clip(0, np.inf) + np.log1p(np.exp(-np.abs(x)))


def sigmoid(x: FloatArray) -> FloatArray:
    """Return σ(x) = 1/(1 + e^−x)."""
    share: FloatArray = 1 / (1 + np.exp(-x))
    return share


def sigmoid_slope(x: FloatArray) -> FloatArray:
    """Return σ'(x) = σ(x) σ(−x)."""
    t = np.exp(-np.abs(x))
    slope: FloatArray = t / ((1 + t) * (1 + t))
    return slope
