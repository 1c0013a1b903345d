"""The error function and the normal distribution, against `math` and against exact arithmetic (decimal, 80 digits)."""

import decimal
import functools
import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losses._maths import special

ROUNDINGS = 4
"""How many eps a result may be wrong by."""

STEPS = 2
"""How many of the smallest steps a result may be wrong by below the smallest normal number."""

DTYPES = [np.float64, np.float32]

FUNCTIONS = ["erf", "erfc", "ndtr", "log_ndtr", "inverse_mills"]

exactly = decimal.Context(prec=80, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")


# --------------------------------------------------------------------------------------------- exact arithmetic


def in_exact_arithmetic(function):
    """Return the function with floats as its arguments, computed to 80 digits."""

    @functools.wraps(function)
    def exact(*numbers):
        with decimal.localcontext(exactly):
            return function(*(Decimal(float(number)) for number in numbers))

    return exact


def error_function(x):
    """Return erf x by its series 2/√π exp(−x²) Σ 2ⁿ x²ⁿ⁺¹/(2n + 1)!!, whose terms have one sign."""
    term = total = x
    n = 0
    while abs(term) > abs(total) * Decimal("1e-85"):
        n += 1
        term *= 2 * x * x / (2 * n + 1)
        total += term
    return 2 / PI.sqrt() * (-x * x).exp() * total


def scaled_tail(x):
    """Return exp(x²) erfc(x) for x ≥ 0: by the series, or far out by Laplace's continued fraction."""
    if x < 8:
        return (x * x).exp() * (1 - error_function(x))
    fraction = x
    for n in range(120, 0, -1):
        fraction = x + Decimal(n) / 2 / fraction
    return 1 / (PI.sqrt() * fraction)


def mills(x):
    """Return exp(x²/2) Φ(−x) for x ≥ 0."""
    return scaled_tail(x / Decimal(2).sqrt()) / 2


def normal_tail(x):
    """Return Φ(−x) for x ≥ 0."""
    return (-x * x / 2).exp() * mills(x)


def log_of_rest(tail):
    """Return log(1 − tail)."""
    return (1 - tail).ln() if tail > Decimal("1e-25") else -tail - tail * tail / 2 - tail**3 / 3


@in_exact_arithmetic
def erf(x):
    return error_function(x) if abs(x) < 8 else Decimal(1).copy_sign(x)


@in_exact_arithmetic
def erfc(x):
    tail = (-x * x).exp() * scaled_tail(abs(x))
    return tail if x > 0 else 2 - tail


@in_exact_arithmetic
def ndtr(x):
    tail = normal_tail(abs(x))
    return tail if x < 0 else 1 - tail


@in_exact_arithmetic
def log_ndtr(x):
    return mills(-x).ln() - x * x / 2 if x < 0 else log_of_rest(normal_tail(x))


@in_exact_arithmetic
def inverse_mills(x):
    root = (2 * PI).sqrt()
    return 1 / (root * mills(-x)) if x < 0 else (-x * x / 2).exp() / (root * (1 - normal_tail(x)))


@in_exact_arithmetic
def log_ndtr_diff(a, b):
    if a + b > 0:
        a, b = -b, -a
    if b > 0:
        return log_of_rest(normal_tail(-a) + normal_tail(b))
    return (mills(-b) - mills(-a) * ((b - a) * (b + a) / 2).exp()).ln() - b * b / 2


EXACT = {function.__name__: function for function in (erf, erfc, ndtr, log_ndtr, inverse_mills, log_ndtr_diff)}


def check(name, *arrays):
    """Assert that a function's results are exact up to a few roundings."""
    found = getattr(special, name)(*arrays)
    limits = np.finfo(arrays[0].dtype)
    assert found.dtype == arrays[0].dtype
    for result, *numbers in zip(found.tolist(), *(array.tolist() for array in arrays), strict=True):
        exact = EXACT[name](*numbers)
        allowed = ROUNDINGS * Decimal(float(limits.eps)) * abs(exact)
        if abs(exact) < Decimal(float(limits.tiny)):
            allowed = STEPS * Decimal(float(limits.smallest_subnormal))
        assert math.isfinite(result), f"{name}{numbers} is {exact:.20g}, not {result}"
        assert abs(Decimal(result) - exact) <= allowed, f"{name}{numbers} is {exact:.20g}, not {result}"


# --------------------------------------------------------------------------------------------- one number


def hard_numbers(dtype):
    """Return numbers of both signs: tiny, near each place where a formula changes or a result vanishes, and between."""
    limits = np.finfo(dtype)
    changes = [2.0**k for k in range(-60, 6)] + [0.75, 3.75, 5.9, 6.0, 9.2, 10.05, 12.9, 14.0, 26.5, 27.2, 37.5, 38.4]
    near = np.array(changes, dtype)
    ends = np.array([limits.tiny, 3 * limits.tiny, math.sqrt(limits.tiny), 39.9, 40, 40.1], dtype)
    spread = np.random.default_rng(0).uniform(0, 40, 300).astype(dtype)
    distances = np.concatenate([near, np.nextafter(near, dtype(0)), np.nextafter(near, dtype(99)), ends, spread])
    return np.concatenate([distances, -distances])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_exact_at_hard_numbers(name, dtype):
    check(name, hard_numbers(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_exact_in_the_middle(name, dtype):
    check(name, np.random.default_rng(1).normal(size=300).astype(dtype))


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_math_agrees(name):
    x = np.random.default_rng(2).normal(size=20_000) * 4
    expected = np.array([getattr(math, name)(number) for number in x.tolist()])
    smallest = np.finfo(float).smallest_subnormal
    np.testing.assert_allclose(
        getattr(special, name)(x), expected, rtol=ROUNDINGS * np.finfo(float).eps, atol=STEPS * smallest
    )


@pytest.mark.parametrize("name", ["log_ndtr", "inverse_mills"])
@pytest.mark.parametrize(("dtype", "farthest"), [(np.float64, 1e150), (np.float32, 1e18)])
def test_the_far_left_is_exact(name, dtype, farthest):
    check(name, -np.geomspace(40, farthest, 200).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ratio_is_minus_x_at_the_very_far_left(dtype):
    x = np.geomspace(1e20, float(np.finfo(dtype).max) / 2, 50).astype(dtype)
    assert np.array_equal(special.inverse_mills(-x), x)
    assert special.inverse_mills(np.array([np.finfo(dtype).min])) == np.finfo(dtype).max


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_results_are_exact(name, dtype, data):
    limits, width = np.finfo(dtype), 32 if dtype is np.float32 else 64
    numbers = st.floats(-40, 40, width=width, allow_subnormal=False).filter(lambda x: abs(x) >= limits.tiny)
    check(name, np.array(data.draw(st.lists(numbers, min_size=1, max_size=5)), dtype))


SPECIAL_VALUES = {
    "erf": (-1, -1, 0, 1, 1),
    "erfc": (2, 2, 1, 0, 0),
    "ndtr": (0, 0, 0.5, 1, 1),
    "log_ndtr": (-np.inf, -np.inf, math.log(0.5), 0, 0),
    "inverse_mills": (np.inf, None, math.sqrt(2 / math.pi), 0, 0),
}
"""At −inf, the lowest number, 0, the greatest number and inf."""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values(name, dtype):
    limits = np.finfo(dtype)
    found = getattr(special, name)(np.array([-np.inf, limits.min, 0, limits.max, np.inf, np.nan], dtype))
    assert np.isnan(found[-1])
    for result, expected in zip(found[:-1], SPECIAL_VALUES[name], strict=True):
        if expected is not None:
            assert result == pytest.approx(expected, rel=ROUNDINGS * float(limits.eps))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_signs_of_zero_and_of_the_smallest_numbers_are_kept(dtype):
    smallest = np.finfo(dtype).smallest_subnormal
    x = np.array([0, smallest, 1000 * smallest], dtype)
    found = special.erf(np.concatenate([x, -x]))
    assert np.array_equal(np.signbit(found), [False] * 3 + [True] * 3)
    np.testing.assert_allclose(found[:3], x * (2 / math.sqrt(math.pi)), atol=STEPS * smallest, rtol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@given(x=st.floats(0, 50, width=32))
@settings(deadline=None)
def test_both_sides_mirror_each_other(dtype, x):
    both = np.array([x, -x], dtype)
    for name, whole in (("erf", 0), ("erfc", 2), ("ndtr", 1)):
        right, left = getattr(special, name)(both)
        smaller, greater = sorted([right, left])
        assert greater == dtype(whole) - smaller


# --------------------------------------------------------------------------------------------- two numbers


def intervals(dtype):
    """Return a and b of kinds: anywhere, far apart and near each other, in the middle, in a tail and across 0."""
    random = np.random.default_rng(3)
    size = 150
    middles = np.concatenate(
        [random.uniform(-9, 9, size), random.uniform(-0.7, 0.7, size), random.uniform(9, 40, size)]
    )
    widths = np.exp(random.uniform(math.log(np.finfo(dtype).eps) + 4, 1.5, 3 * size))
    first = np.concatenate([middles, -middles, random.uniform(-9, 9, size)])
    second = np.concatenate([middles + widths, -middles + widths, random.uniform(-9, 9, size)])
    a, b = np.sort(np.array([first, second], dtype), axis=0)
    return a[a < b], b[a < b]


@pytest.mark.parametrize("dtype", DTYPES)
def test_differences_are_exact(dtype):
    check("log_ndtr_diff", *intervals(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("side", [1, -1])
def test_differences_are_exact_where_the_formula_changes(dtype, side):
    """Which is where the width is 1, or its product with the middle, or an end is 0."""
    wide = np.array([(-0.5, 0.5), (-1, 0), (0, 1), (-0.25, 0.75), (-1, 1)], dtype)
    steep = np.array([(m - 0.5 / m, m + 0.5 / m) for m in (1, 1.5, 4, 20, 35)], dtype)
    at_zero = np.array([(0, b) for b in (1e-6, 0.3, 0.9, 1.1, 2, 9)], dtype)
    ends = np.concatenate([wide, steep, at_zero])
    for shift in (0, 4e-6, -4e-6, 1e-3, -1e-3):
        a, b = np.sort(side * ends + dtype(shift), axis=1).T
        check("log_ndtr_diff", np.ascontiguousarray(a), np.ascontiguousarray(b))


@pytest.mark.parametrize("dtype", DTYPES)
def test_differences_of_neighbours_are_the_density_times_the_distance(dtype):
    a = np.array([-30, -3, -0.5, 0.125, 7, 33], dtype)
    b = np.nextafter(a, dtype(99))
    middle, width = (a.astype(float) + b) / 2, b.astype(float) - a
    expected = np.log(width) - math.log(2 * math.pi) / 2 - middle**2 / 2
    np.testing.assert_allclose(special.log_ndtr_diff(a, b), expected, rtol=ROUNDINGS * np.finfo(dtype).eps)


def test_differences_of_tiny_numbers():
    a, b = np.array([-1e-300, 1e-300, 0, -1e-20]), np.array([1e-300, 2e-300, 3e-308, 2e-20])
    expected = np.log(b - a) - math.log(2 * math.pi) / 2
    np.testing.assert_allclose(special.log_ndtr_diff(a, b), expected, rtol=ROUNDINGS * np.finfo(float).eps)


def test_differences_in_the_far_tail():
    a = np.array([-1e150, 1e100, -3e5])
    b = np.array([-1e149, 2e100, -3e5 + 1e-6])
    check("log_ndtr_diff", a, b)


@pytest.mark.parametrize("dtype", DTYPES)
def test_differences_up_to_infinity_are_a_tail(dtype):
    x = np.linspace(-39, 39, 200).astype(dtype)
    infinity = np.full_like(x, np.inf)
    tolerance = 2 * ROUNDINGS * np.finfo(dtype).eps
    smallest = float(np.finfo(dtype).tiny)
    expected = special.log_ndtr(x)
    np.testing.assert_allclose(special.log_ndtr_diff(-infinity, x), expected, rtol=tolerance, atol=smallest)
    np.testing.assert_allclose(special.log_ndtr_diff(-x, infinity), expected, rtol=tolerance, atol=smallest)
    assert np.array_equal(special.log_ndtr_diff(-infinity, infinity), np.zeros_like(x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_differences_have_a_mirror_image(dtype):
    a, b = intervals(dtype)
    assert np.array_equal(special.log_ndtr_diff(a, b), special.log_ndtr_diff(-b, -a))


@pytest.mark.parametrize("dtype", DTYPES)
def test_differences_of_no_width_or_of_nan(dtype):
    a = np.array([1, -5, 0, 2, np.inf, np.nan, 1], dtype)
    b = np.array([1, -5, 0, 1, 0, 1, np.nan], dtype)
    found = special.log_ndtr_diff(a, b)
    assert np.array_equal(found[:3], [-np.inf] * 3)
    assert np.all(np.isnan(found[3:]))


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_differences_of_any_numbers_are_exact(dtype, data):
    numbers = st.integers(-40 * 2**12, 40 * 2**12).map(lambda n: n / 2**12)
    ends = sorted(data.draw(st.tuples(numbers, numbers).filter(lambda pair: pair[0] != pair[1])))
    check("log_ndtr_diff", *(np.array([end], dtype) for end in ends))


# --------------------------------------------------------------------------------------------- arrays


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_result_does_not_depend_on_its_place(name):
    """Not in an array of several blocks, nor in one of two dimensions or with gaps."""
    function = getattr(special, name)
    x = np.random.default_rng(4).normal(size=2 * special.BLOCK + 7) * 3
    found = function(x)
    assert np.array_equal(found[:9], function(x[:9]))
    assert np.array_equal(found[-9:], function(x[-9:]))
    assert np.array_equal(found[:12].reshape(3, 4), function(x[:12].reshape(3, 4)))
    assert np.array_equal(found[:12].reshape(3, 4).T, function(x[:12].reshape(3, 4).T))
    assert np.array_equal(found[::-5], function(x[::-5]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_shapes(name):
    function = getattr(special, name)
    assert function(np.zeros((0, 3))).shape == (0, 3)
    assert function(np.array(0.5)).shape == ()
    assert special.log_ndtr_diff(np.zeros((3, 1)), np.ones(2)).shape == (3, 2)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_argument_is_not_changed(name):
    x = np.linspace(-50, 50, 11)
    kept = x.copy()
    getattr(special, name)(x)
    assert np.array_equal(x, kept)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_longdouble_has_the_precision_of_float64(name):
    x = np.linspace(-9, 9, 19)
    found = getattr(special, name)(x.astype(np.longdouble))
    assert found.dtype == np.longdouble
    assert np.array_equal(found.astype(float), getattr(special, name)(x))
