"""Vectors that are rows of an array: their lengths and directions, whatever their size."""

import numpy as np

from losses._types import FloatArray


def lengths(x: FloatArray) -> FloatArray:
    """Return the Euclidean lengths of rows, also of those whose squares overflow or underflow."""
    squares = row_products(x, x)
    limits = np.finfo(x.dtype)
    if squares.min(initial=1) > limits.tiny / limits.eps**2 and squares.max(initial=1) < limits.max:
        root: FloatArray = np.sqrt(squares, out=squares)
        return root
    scaled, exponent = _scaled(x)
    norms: FloatArray = np.ldexp(np.sqrt(row_products(scaled, scaled)), exponent)
    return norms


def unit_rows(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return rows over their lengths, 0 where that is 0, and the lengths.

    Neither is ever wrong for the size of a row; a length below the normal numbers has lost digits.
    """
    length = lengths(x)
    limits = np.finfo(x.dtype)
    if length.min(initial=1) >= limits.tiny and length.max(initial=1) < limits.max / 2:
        return x / length[:, np.newaxis], length
    scaled, _ = _scaled(x)
    own = np.sqrt(row_products(scaled, scaled))
    return scaled / np.where(own == 0, 1, own)[:, np.newaxis], length


def row_products(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the inner product of each row of x with that of y."""
    products: FloatArray = np.einsum("ij,ij->i", x, y)  # not by BLAS, whose threads would change the bits of long rows
    return products


def _scaled(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return rows times a power of two that brings their largest entry to about 1, and the exponent taken off."""
    exponent = np.frexp(np.abs(x).max(axis=1, initial=0))[1]
    return np.ldexp(x, -exponent[:, np.newaxis]), exponent
