"""Formulas of two forms, and what lies beyond the tangents of exp and log1p, against exact arithmetic."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losses._maths import tangents
from losses._maths.forms import at_least, by_case

DTYPES = [np.float32, np.float64, *([np.longdouble] if np.finfo(np.longdouble).eps < np.finfo(np.float64).eps else [])]


@given(cases=st.lists(st.booleans(), max_size=9))
def test_each_entry_is_of_its_form(cases):
    x, y = np.arange(len(cases), dtype=float), np.full(len(cases), 10.0)
    case = np.array(cases, bool)
    first, second = by_case(case, lambda x, y: [x + y, 2 * x], lambda x, y: [x * y, -x], x, y)
    np.testing.assert_array_equal(first, np.where(case, x + y, x * y))
    np.testing.assert_array_equal(second, np.where(case, 2 * x, -x))


def test_a_form_that_no_entry_needs_is_not_computed():
    x = np.ones(3)
    for case in (True, False):
        (found,) = by_case(np.full(3, case), *((lambda x: [x + 1], None)[:: 1 if case else -1]), x)
        np.testing.assert_array_equal(found, 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_at_least(dtype):
    x = np.array([1.0, 0.25, math.inf], dtype)
    assert at_least(x, 0.25) is x
    found = at_least(np.append(x, [0.125, 0.0, math.nan]).astype(dtype), 0.25)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, [1.0, 0.25, math.inf, 0.25, 0.25, math.nan])
    assert at_least(x[:0], 1.0).size == 0


def exact(x):
    return Decimal(x.as_integer_ratio()[0]) / Decimal(x.as_integer_ratio()[1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_log1p_below_its_tangent(dtype):
    x = np.append(np.geomspace(1e-9, tangents.NEAR, 200), [tangents.NEAR]).astype(dtype)
    with localcontext(prec=80):
        for number, found in zip(x, tangents.log1p_below_tangent(x), strict=True):
            expected = (exact(number) - (1 + exact(number)).ln()) / exact(number) ** 2
            assert abs(exact(found) / expected - 1) < 4 * Decimal(float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", DTYPES)
@np.errstate(all="ignore")
def test_exp_beyond_its_tangent(dtype):
    """On both sides of where its two forms meet, and far out."""
    size = np.concatenate([np.geomspace(1e-9, 80, 200), np.nextafter(dtype(1 / 3), dtype([0, 1]))])
    u = np.concatenate([size, -size]).astype(dtype)
    with localcontext(prec=80):
        for number, found in zip(u, tangents.growth_beyond_tangent(u, np.expm1(u)), strict=True):
            expected = exact(number).exp() - 1 - exact(number)
            assert abs(exact(found) / expected - 1) < 8 * Decimal(float(np.finfo(dtype).eps))
    ends = np.array([math.inf, -math.inf, 0.0], dtype)
    np.testing.assert_array_equal(tangents.growth_beyond_tangent(ends, np.expm1(ends)), [math.inf, math.inf, 0.0])
