"""Ways of calling losses, and of looking at what they return."""

import contextlib
import dataclasses
import functools
import inspect
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from losses._pairs import sums
from losses._pairs.items import Plan
from losses._testing.subject import Subject
from registry import Case, Problem, call, seeds

THOROUGH = settings().max_examples > 100
"""Whether to take the time for every combination, where a part of them would do."""


def some_of(case: Any, options: Sequence[Any], count: int = 1) -> list[Any]:
    """Return some of several options, for each loss and each place others; all of them in a thorough run."""
    chosen = np.random.default_rng(zlib.crc32(f"{case} {options}".encode())).permutation(len(options))
    return list(options) if THOROUGH else [options[i] for i in sorted(chosen[:count])]


FEWEST = 10
"""How many examples each setting of a loss gets at least."""


def kind(setting: Any) -> tuple[type, ...]:
    """Return which loss a setting is one of: its class, and of a sum those of the terms."""
    return tuple(type(term) for _, term in getattr(setting, "loss", setting).terms)


def share(setting: Any, settings_of_losses: Sequence[Any]) -> int:
    """Return how many examples a setting gets: those of a loss share its examples; a thorough run gives each all.

    So every law sees `max_examples` examples of each loss, and `FEWEST` or more of each setting.
    """
    every, count = settings().max_examples, sum(kind(other) == kind(setting) for other in settings_of_losses)
    return every if THOROUGH else min(every, max(FEWEST, -(-every // count)))


def over(settings_of_losses: Sequence[Any], **strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a law over settings of losses, each its first argument, with its share of the examples that are drawn."""

    def decorated(law: Callable[..., None]) -> Callable[..., None]:
        parameters = inspect.signature(law).parameters
        first = next(iter(parameters))

        @pytest.mark.parametrize(first, settings_of_losses, ids=str)
        @functools.wraps(law)
        def test(**arguments: Any) -> None:
            def examples(**drawn: Any) -> None:
                law(**arguments, **drawn)

            run = settings(max_examples=share(arguments[first], settings_of_losses))(given(**strategies)(examples))
            if settings().derandomize:  # or all laws would draw the same
                place = " ".join([law.__name__, *map(str, arguments.values())])
                run = seed(zlib.crc32(place.encode()))(run)
            run()

        fixed = [parameter for name, parameter in parameters.items() if name not in strategies]
        test.__signature__ = inspect.Signature(fixed)  # type: ignore[attr-defined]
        return test

    return decorated


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


def asked(case: Case, rng: np.random.Generator) -> tuple[str, ...]:
    """Return methods that give all there is, once: value and grad together or, as often, each by itself."""
    together = rng.random() < 0.5
    return tuple(name for name in case.methods if name == "hess" or (name == "value_and_grad") == together)


def mean_losses(loss: Any, y: Any, weight: Any, constants: Any) -> np.ndarray:
    """Return the mean loss of each of several constant predictions, all from one call."""
    samples, count = np.asarray(y), len(constants)
    repeated = np.tile(samples, (count, *(1,) * (samples.ndim - 1)))
    losses = loss.with_reduction("none").value(repeated, np.repeat(constants, len(samples), axis=0))
    with np.errstate(over="ignore"):  # far from the best constant
        return np.average(losses.reshape(count, -1), axis=1, weights=weight)


def remembering(case: Case, problem: Problem, *weights: Any) -> Subject:
    """Return a loss for several laws, which is called once for what they ask of the same arrays, now read-only."""
    for array in (*problem.arrays.values(), *weights):
        if array is not None:
            array.setflags(write=False)
    return dataclasses.replace(case.subject, memory={})


def assert_close(actual: Any, expected: Any, dtype: Any) -> None:
    """Assert that numbers which are of order 1 or more where they matter agree to rounding in `dtype`."""
    tolerance = 200 * np.finfo(dtype).eps
    assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def assert_allclose(actual: Any, expected: Any, *, rtol: float, atol: float, err_msg: str = "") -> None:
    """The function of NumPy's testing, which takes ten times as long to see that a few numbers are close."""
    if not _are_close(np.asarray(actual), np.asarray(expected), rtol, atol):
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, err_msg=err_msg)


@np.errstate(all="ignore")
def _are_close(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> bool:
    """Return whether arrays of finite float64 are close; False for any others."""
    if actual.shape != expected.shape or not actual.dtype == expected.dtype == np.float64:
        return False
    tolerance = atol + rtol * np.abs(expected)
    return bool((np.abs(actual - expected) <= tolerance).all() and np.isfinite(tolerance).all())


def assert_identical(actual: Any, expected: Any) -> None:
    """Assert that two results are the same bit for bit: also in the sign of zero, the dtype and the shape."""
    assert type(actual) is type(expected)
    if isinstance(actual, tuple):
        for a, b in zip(actual, expected, strict=True):
            assert_identical(a, b)
        return
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype
    if actual.shape == expected.shape and actual.tobytes() == expected.tobytes():
        return
    np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(np.signbit(actual), np.signbit(expected))


# --------------------------------------------------------------------------------------------- what is drawn

floats = st.sampled_from([np.float64, np.float32])
all_floats = st.sampled_from([np.float64, np.float32, np.float16, np.longdouble])

PROBLEM: dict[str, Any] = {"n": st.integers(1, 6), "dtype": floats, "seed": seeds}
"""For laws of a random problem: of n samples in a dtype; the rest comes from a generator, since Hypothesis takes longer
to draw an array, and to show it, than a law takes."""


def some_weights(rng: np.random.Generator, n: int, least: float = 0.125) -> np.ndarray:
    """Return n weights: far enough from 0 for quotients to be well conditioned; where that is allowed, some are 0."""
    weight = rng.uniform(0.125, 4, n) if rng.random() < 0.8 else rng.choice([0.5, 1, 3], n)
    if not least:
        weight[rng.permutation(n)[: rng.integers(n)]] = 0
    return weight


@contextlib.contextmanager
def as_of_long_queries(rng: np.random.Generator) -> Iterator[None]:
    """Let queries of more than one to three items be summed as those of hundreds are: half by half, or on a grid."""
    plans = [Plan(leaf=int(rng.choice([1, 1, 3])), direct=0, dense=dense, block=0.05) for dense in (0.0, 1e9)]
    plan = [Plan(), *plans][rng.integers(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "Plan", lambda: plan)
        yield


LAYOUTS = {
    "as it is": lambda array: array,
    "strided": lambda array: np.repeat(array, 3, axis=0)[::3],
    "reversed": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "strided along the last axis": lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
    "Fortran-ordered": lambda array: array.copy(order="F"),
    "byte-swapped": lambda array: array.astype(array.dtype.newbyteorder()),
}
"""Ways in which the same numbers may lie in memory."""


def laid_out(case: Case, rng: np.random.Generator, n: int, dtype: Any = np.float64, flat: bool = False) -> Problem:
    """Return a random problem of a loss whose arrays lie in memory in any way."""
    layouts = list(LAYOUTS.values())
    return case.problem(rng, n, dtype, flat).map(lambda array: layouts[rng.integers(len(layouts))](array))
