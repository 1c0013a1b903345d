"""The error function and the normal distribution, with full relative precision in both tails.

Φ is the distribution function of the standard normal distribution and φ its density. Results are within 4 eps of the
exact function of the given floats; below the smallest normal number they may be wrong by a few of the smallest steps.

float32 is computed in float32. longdouble is rounded to float64, computed as such, and returned as longdouble.

The fits are the authors' own: of the least greatest relative error of the result, found by least squares, reweighted
(Sanathanan and Koerner; Lawson), and then by exchange (Remez), in arithmetic of 80 digits. All coefficients of erf are
positive, and the first of the tail is the largest by far, so that Horner's rule cancels next to nothing.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

BLOCK = 25000
"""Arrays are computed in blocks of so many numbers, whose intermediate results stay in the cache."""

# Of each fit the coefficients, by rising power, for dtypes of 4 and of 8 bytes, and how wrong the result is

# fmt: off
_ERF = {  # P(z)/Q(z) ≈ artanh(erf x)/x, where z = x²
    4: (  # 3.3e-9
        (
            1.12837917084215, 0.27980557440084586, 0.04264580530691585, 0.002178203590881858,
        ),
        (
            1.0, 0.15689146624187686, 0.023689360886625183, 0.00032490763225087886,
        ),
    ),
    8: (  # 1.6e-16
        (
            1.1283791670955123, 0.48745993129694926, 0.13725745130823774, 0.02397893156161547, 0.003018340287907862,
            0.0002565675728592529, 1.4568221963992312e-05, 4.3418183371662594e-07, 2.699291030761797e-09,
        ),
        (
            1.0, 0.34092026794963415, 0.09077567672315122, 0.013569127417945342, 0.001577007229180368,
            0.00011114832706075322, 5.418224116164233e-06, 8.832361194251689e-08, 1.4362224701017e-10,
        ),
    ),
}

_TAIL = {  # P(s) ≈ (x + ¾) exp(x²) erfc(x), where s = (x − k)/(x + k), k = 3.75 and x ≥ 0
    4: (  # 3.0e-9
        0.6551537453523099, -0.13847580784211058, 0.05829476367056273, 0.00024612508657055875, -0.028751530652798656,
        0.0324456645788436, -0.023306940083319214, 0.012146548970194567, -0.004434191427201485, 0.0008365001333523266,
        0.00012669519344466203, -0.0001042411656159898, 1.2250006151534456e-05,
    ),
    8: (  # 3.6e-17
        0.6551537457376734, -0.13847578216663017, 0.058294724471894106, 0.00024539536409677777, -0.02875088706313932,
        0.0324515789063146, -0.023310893295791817, 0.01212598342243807, -0.004422549232237825, 0.0008714290841727501,
        0.00010874149496213076, -0.00013310230814582235, 2.6719288829252103e-05, 9.6461712078827e-06,
        -5.532103623033692e-06, -3.2177578096286217e-07, 8.254712836700464e-07, -4.6897327631994246e-08,
        -1.1675183924381119e-07, 1.3989569276347354e-08, 1.4986649103141347e-08, -2.204469781590624e-09,
        -1.230782307439446e-09, 1.8843314590206438e-10,
    ),
}
# fmt: on

_LARGE = 1e10
"""For x² beyond it erf |x| is 1, for −x beyond it φ(x)/Φ(x) is −x; so far the fits need not be evaluated."""

_VANISHED = 40.0
"""For x from it on exp(−x²/2) is 0."""

_NODES, _WEIGHTS = (half[4:].tolist() for half in np.polynomial.legendre.leggauss(8))
"""Gauss's rule for the mean of an even function over [−1, 1]."""


def _in_blocks(formula: Callable[..., FloatArray]) -> Callable[..., FloatArray]:
    """Return the function of arrays, given a formula that takes float32 or float64 numbers in one dimension."""

    @functools.wraps(formula)
    def function(*arrays: FloatArray) -> FloatArray:
        same_shape = np.broadcast_arrays(*arrays)
        dtype = np.result_type(*same_shape, np.float16)
        precision = np.float32 if dtype.itemsize <= 4 else np.float64
        result = np.empty(same_shape[0].shape, dtype)
        flat, numbers = result.reshape(-1), [array.reshape(-1) for array in same_shape]
        with np.errstate(all="ignore"):
            for start in range(0, flat.size, BLOCK):
                block = slice(start, start + BLOCK)
                flat[block] = formula(*(array[block].astype(precision, copy=False) for array in numbers))
        return result

    return function


@_in_blocks
def erf(x: FloatArray) -> FloatArray:
    """Return erf x = 2/√π ∫₀ˣ exp(−t²) dt."""
    square = x * x
    if not square.max() <= _LARGE:
        square = square.clip(0, _LARGE)
    numerator, denominator = _ERF[x.itemsize]
    slope = _polynomial(_constants(numerator, x.dtype), square)
    slope /= _polynomial(_constants(denominator, x.dtype), square)
    slope *= x
    return np.tanh(slope, out=slope)


@_in_blocks
def erfc(x: FloatArray) -> FloatArray:
    """Return erfc x = 1 − erf x."""
    distance = np.abs(x)
    tail = _bell(distance, 1.0)
    tail *= _scaled_tail(distance)
    return _complemented(tail, x < 0, 2)


@_in_blocks
def ndtr(x: FloatArray) -> FloatArray:
    """Return Φ(x)."""
    distance = np.abs(x)
    tail = _bell(distance, 0.5)
    tail *= _mills(distance)
    return _complemented(tail, x > 0, 1)


@_in_blocks
def log_ndtr(x: FloatArray) -> FloatArray:
    """Return log Φ(x)."""
    distance = np.abs(x)
    mills = _mills(distance)
    left, right = _indicators(x < 0, x)
    tail = right * _bell(distance, 0.5)
    tail *= mills
    mills *= left
    mills += right
    below = x.clip(-np.inf, 0)
    return np.log(mills) - below * (below / 2) + np.log1p(-tail)


@_in_blocks
def inverse_mills(x: FloatArray) -> FloatArray:
    """Return φ(x)/Φ(x)."""
    distance = np.abs(x)
    left, right = _indicators(x < 0, x)
    bell = right * _bell(distance, 0.5)
    ratio = (left + bell) / (right + _mills(distance.clip(0, _LARGE)) * (left - bell))
    ratio *= 1 / math.sqrt(2 * math.pi)
    return np.maximum(ratio, -x, out=ratio)


@_in_blocks
def log_ndtr_diff(a: FloatArray, b: FloatArray, width: FloatArray | None = None) -> FloatArray:
    """Return log(Φ(b) − Φ(a)), for a < b; −inf if a = b are finite, and NaN if a > b.

    The width b − a may be given, where it is known better than from a and b.

    By symmetry this is log(Φ(−u) − Φ(−v)) for some v ≥ |u|. With the width d = v − u and the middle m ≥ 0 it is the
    logarithm of

        φ(m) ∫ exp(−mt − t²/2) dt over |t| ≤ d/2              if φ changes little between u and v,
        φ(u) (Φ(−u)/φ(u) − exp(−dm) Φ(−v)/φ(v))               if u ≥ 0,
        1 − Φ(u) − Φ(−v)                                      otherwise.
    """
    u, v = np.maximum(a, -b), np.maximum(-a, b)
    if width is None:
        width = b - a
    middle = np.abs(a / 2 + b / 2)
    decay = width * middle
    near = (decay <= 1) & (width <= 1)
    mills_u, mills_v = _mills(np.abs(u)), _mills(v)
    between = width * (1 / math.sqrt(2 * math.pi)) * _mean_change(decay / 2, width * width / 8)
    beyond = mills_u - mills_v * np.exp(-decay)
    centre = np.where(near, middle, u)
    one_sided = np.log(np.where(near, between, beyond)) - centre * (centre / 2)
    outside = mills_u * _bell(np.abs(u), 0.5) + mills_v * _bell(v, 0.5)
    return np.where(near | (u >= 0), one_sided, np.log1p(-outside))


def _indicators(condition: NDArray[np.bool_], x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return 1 where the condition is met and 0 elsewhere, and the reverse, in the dtype of x.

    Sums with such factors are faster than `np.where` of conditions that a processor cannot foresee.
    """
    met = condition.astype(x.dtype)
    return met, 1 - met


def _complemented(tail: FloatArray, condition: NDArray[np.bool_], whole: float) -> FloatArray:
    """Return whole − tail where the condition is met, and the tail elsewhere."""
    offset = condition.astype(tail.dtype)
    tail *= 1 - 2 * offset
    offset *= whole
    tail += offset
    return tail


@functools.cache
def _constants(numbers: tuple[float, ...], dtype: np.dtype[np.floating[Any]]) -> tuple[FloatArray, ...]:
    """Return the numbers as arrays without dimensions, with which a sum of a short array takes half the time."""
    return tuple(np.array(number, dtype) for number in numbers)


def _polynomial(coefficients: tuple[FloatArray, ...], x: FloatArray) -> FloatArray:
    """Return the polynomial of the coefficients, by rising power, at x."""
    result: FloatArray = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        result += coefficient
        result *= x
    result += coefficients[0]
    return result


def _scaled_tail(x: FloatArray) -> FloatArray:
    """Return exp(x²) erfc(x) for x ≥ 0, which falls from 1 as 1/(√π x)."""
    tail = _polynomial(_constants(_TAIL[x.itemsize], x.dtype), 1 - 7.5 / (x + 3.75))
    tail /= x + 0.75
    return tail


def _mills(x: FloatArray) -> FloatArray:
    """Return exp(x²/2) Φ(−x) for x ≥ 0, which is Mills's ratio Φ(−x)/φ(x), over √2π."""
    ratio = _scaled_tail(x * math.sqrt(0.5))
    ratio *= 0.5
    return ratio


def _bell(x: FloatArray, factor: float) -> FloatArray:
    """Return exp(−factor · x²) for x ≥ 0 and a factor of 1 or 0.5.

    A rounding of x² would be x² roundings of the result. So x² is taken as the rounded square and the rest of it, for
    which the exponential is linear. The rest is that of a number of half the digits, whose square is exact, and
    (x − short) (x + short).
    """
    x = x.clip(0, _VANISHED)
    lower_half = (np.finfo(x.dtype).nmant + 2) // 2
    short = (x.view(f"i{x.itemsize}") & -(1 << lower_half)).view(x.dtype)
    square = x * x
    rest = (x - short) * (x + short)
    rest += short * short - square
    rest *= factor
    square *= -factor
    bell = np.exp(square, out=square)
    rest *= bell
    bell -= rest
    return bell


def _mean_change(slope: FloatArray, curvature: FloatArray) -> FloatArray:
    """Return the mean of exp(slope · t − curvature · t²) over |t| ≤ 1, for a slope up to ½, a curvature up to ⅛."""
    mean = np.zeros_like(slope)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        level, tilt = curvature * (-node * node), slope * node
        mean += (np.exp(level + tilt) + np.exp(level - tilt)) * (weight / 2)
    return mean
