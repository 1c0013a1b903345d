"""Ways of calling losses, and of looking at what they return."""

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from registry import Case, Problem, call

more = settings(max_examples=settings().max_examples * 4)
"""For laws that are tested once and not over every loss, and whose examples take no time."""


def typical(case: Case, n: int, dtype: Any = np.float64, seed: int = 0) -> Problem:
    """Return a problem of n samples (or items), the same one for each seed."""
    return case.typical(n, dtype, seed)


def weights_of(n: int, seed: int = 1) -> np.ndarray:
    """Return n weights, some of them zero."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0.5, 2.0, n) * (rng.random(n) > 0.1)


def methods(case: Case) -> tuple[str, ...]:
    """Return the names of the methods that a loss has."""
    return case.methods


def reductions(case: Case) -> tuple[str, ...]:
    """Return the reductions of a loss."""
    return case.reductions


def flatten(result: Any) -> list[np.ndarray]:
    """Return the numbers that a method returned as a list of arrays: the value, the derivatives, or both."""
    if isinstance(result, tuple):
        return [array for part in result for array in flatten(part)]
    return [np.asarray(result)]


def slopes(method: str, result: Any) -> list[np.ndarray]:
    """Return the derivatives that a method returned, as they are."""
    if method == "value_and_grad":
        result = result[1]
    return list(result) if isinstance(result, tuple) else [result]


def results(case: Case, reduction: str, problem: Problem, **arguments: Any) -> dict[str, list[np.ndarray]]:
    """Return what value, grad and (where there is one) hess return, by name, as lists of arrays."""
    loss = case.with_reduction(reduction)
    found = ["value", "grad", "hess"] if case.has_hess else ["value", "grad"]
    return {method: flatten(call(loss, method, problem, **arguments)) for method in found}


def assert_close(actual: Any, expected: Any, dtype: Any) -> None:
    """Assert that numbers which are of order 1 or more where they matter agree to rounding in `dtype`."""
    tolerance = 200 * np.finfo(dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def assert_identical(actual: Any, expected: Any) -> None:
    """Assert that two results are the same bit for bit: also in the sign of zero, the dtype and the shape."""
    assert type(actual) is type(expected)
    if isinstance(actual, tuple):
        for a, b in zip(actual, expected, strict=True):
            assert_identical(a, b)
        return
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(np.signbit(actual), np.signbit(expected))


# --------------------------------------------------------------------------------------------- what is drawn

floats = st.sampled_from([np.float64, np.float32])
all_floats = st.sampled_from([np.float64, np.float32, np.float16, np.longdouble])


def weights(size: Any, least: float = 0.125) -> st.SearchStrategy[np.ndarray]:
    """Return a strategy for weights that are far enough from 0 for quotients to be well conditioned."""
    return hnp.arrays(np.float64, size, elements=st.floats(least, 4, width=16))


def masks(size: int) -> st.SearchStrategy[np.ndarray]:
    """Return a strategy for masks that keep at least one sample."""
    return hnp.arrays(bool, size).filter(np.any)


LAYOUTS = {
    "as it is": lambda array: array,
    "strided": lambda array: np.repeat(array, 3, axis=0)[::3],
    "reversed": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "strided along the last axis": lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
    "Fortran-ordered": lambda array: array.copy(order="F"),
    "byte-swapped": lambda array: array.astype(array.dtype.newbyteorder()),
}
"""Ways in which the same numbers may lie in memory."""


@st.composite
def laid_out(draw: Any, case: Case, dtype: Any = np.float64, **sizes: Any) -> Problem:
    """Return a strategy for problems of a loss whose arrays lie in memory in any way."""
    problem = draw(case.problems(dtype, **sizes))
    changed = {name: LAYOUTS[draw(st.sampled_from(list(LAYOUTS)))](problem[name]) for name in problem.arrays}
    return problem.replace(**changed)
