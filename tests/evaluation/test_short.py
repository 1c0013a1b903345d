"""The short way for few samples: it refuses and returns the same, bit for bit, as the way of all other calls."""

import numpy as np

from own_losses import ALL
from problems import PROBLEM, assert_identical, over

PLAIN = [case for case in ALL if len(case.names) == case.loss.signature.plain_call == 2 and not case.subject.items]
ODD_WEIGHTS = [np.nan, np.inf, -1.0, -0.0, 5e-324, 1e-200, 1e300, np.finfo(np.longdouble).max]
ODD = [np.nan, np.inf, -np.inf, -1.0, -0.0, 0.5, 1.0, 1 + 1e-9, 2.0, 5e-324, 1e-9, 1e30, 1e300]
"""Numbers of which each is outside some domain, or at its end, or there once it is rounded to float32."""


def outcome(loss, method, arrays, **arguments):
    """Return what a call returned, or the error that it raised."""
    try:
        return getattr(loss, method)(*arrays, **arguments)
    except (ValueError, TypeError) as error:
        return type(error), str(error)


@np.errstate(all="ignore")
def some_arrays(case, rng, n, dtype):
    """Return arrays in any layout and dtype, of which some entry may be odd."""
    arrays = [array.copy() for array in case.problem(rng, n, dtype).arrays.values()]
    floating = [k for k, array in enumerate(arrays) if array.dtype.kind == "f"]
    if rng.random() < 0.7:
        array = arrays[floating[rng.integers(len(floating))]]
        array.flat[rng.integers(array.size)] = np.array(ODD).astype(array.dtype)[rng.integers(len(ODD))]
    for k in floating:
        dtypes = ["f8", "f8", "f4", ">f8", "f2", *(["i8", "u1", "i1"] if k == 0 else [])]
        arrays[k] = arrays[k].astype(dtypes[rng.integers(len(dtypes))])
    if rng.random() < 0.3:
        arrays = [np.repeat(array, 2, axis=0)[::2] for array in arrays]
    return arrays


@np.errstate(all="ignore")
def some_weights_or_none(rng, shape):
    """Return weights in any layout and dtype, of which some may be 0 and one odd; as often None."""
    if rng.random() < 0.5:
        return None
    dtype = ["f8", "f8", "f4", "f2", ">f8", "i8", "u1", "g"][rng.integers(8)]
    weight = (rng.uniform(0.5, 4, shape) * (rng.random(shape) < 0.8)).astype(dtype)
    if rng.random() < 0.3:
        weight.flat[rng.integers(weight.size)] = np.array(ODD_WEIGHTS)[rng.integers(len(ODD_WEIGHTS))].astype(dtype)
    return np.repeat(weight, 2, axis=0)[::2] if rng.random() < 0.3 else weight


@over(PLAIN, **PROBLEM)
def test_the_short_way_is_the_long_way(case, n, dtype, seed):
    rng = np.random.default_rng(seed)
    arrays = some_arrays(case, rng, n, dtype)
    weight = some_weights_or_none(rng, arrays[0].shape)
    loss = case.with_reduction(case.reductions[rng.integers(len(case.reductions))])
    shape, dtype = arrays[1].shape, arrays[1].dtype.newbyteorder("=")
    for method in ("grad", "value_and_grad"):
        away = np.empty((*shape, 2), dtype)[..., 0]  # which is not contiguous
        long = outcome(loss, method, arrays, sample_weight=weight, out=away)
        for out in (None, np.empty(shape, dtype)):
            short = outcome(loss, method, arrays, sample_weight=weight, out=out)
            if isinstance(short, tuple) and isinstance(short[0], type):
                assert short == long
            else:
                assert_identical(short, long)
                assert out is None or (short if method == "grad" else short[1]) is out


def test_either_curvature_or_gradient_may_have_a_place_of_its_own():
    loss, y, p = PLAIN[0].loss, np.zeros(3), np.array([1.0, 2.0, -3.0])
    expected, out = loss.grad_and_curvature(y, p), np.full(3, np.nan)
    for place in (0, 1):
        outs = tuple(out if k == place else None for k in range(2))
        found = loss.grad_and_curvature(y, p, out=outs)
        assert found[place] is out
        assert_identical(found, expected)
