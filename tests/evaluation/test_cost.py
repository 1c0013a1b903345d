"""Cost: time, memory and import time (section 6 of the contract)."""

import math
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.ma  # or the first test that needs it would be charged with its import
import pytest

import losses
from losses import MSE, BinaryCrossEntropy, CategoricalCrossEntropy, ElementwiseLoss, Huber
from problems import methods, some_of, typical
from registry import CASES, Problem, as_one, call, distributions, negative, positive, predictions, signs

MIB = 2**20
TEMPORARIES = 8 * MIB
FEW, MANY = 2**17, 2**18
"""Elements of y_pred in problems of several blocks, whose temporaries must be equally large."""

NOT_RANKED = [case for case in CASES if case.unit in ("element", "row")]
each_case = pytest.mark.parametrize("case", NOT_RANKED, ids=str)


def peak_of(function: Callable[[], Any]) -> int:
    """Return the most memory that a call held at once, in bytes."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def check_bounded(function: Callable[[int], Callable[[], Any]]) -> None:
    """Check that what ``function(n)()`` allocates is bounded, and no larger for many elements than for few.

    Twice the elements may take less than a bit for each of those added, so that no temporary grows with them.
    """
    few, many = (peak_of(function(n)) for n in (FEW, MANY))
    assert many < TEMPORARIES
    assert many < few + (MANY - FEW) // 8


def large(case: Any, n: int, dtype: Any = np.float64) -> Problem:
    """Return a problem of n elements of y_pred, made of copies of a smaller one."""
    small, count = typical(case, 2**14, dtype), n // row_length(case)

    def repeat(array):
        return np.concatenate([array] * -(-count // len(array)))[:count]

    return small.map(repeat, *small.by_sample)


def row_length(case: Any) -> int:
    """Return how many numbers a sample has in a prediction."""
    return math.prod(case.columns.get(case.loss.signature.predictions[0], ()))


def like_predictions(loss: Any, problem: Problem) -> list[np.ndarray]:
    """Return arrays for the derivatives."""
    return [np.empty_like(array) for array in predictions(loss, problem)]


@each_case
@pytest.mark.parametrize("method", ["value", "value_and_grad", "hess"])
def test_with_out_nothing_is_allocated_that_grows_with_the_input(case, method):
    if method not in methods(case):
        return

    def function(weighted, n):
        problem = large(case, n)
        arguments = {} if method == "value" else {"out": as_one(like_predictions(case.loss, problem))}
        weight = np.ones(len(problem)) if weighted else None
        return lambda: call(case.loss, method, problem, sample_weight=weight, **arguments)

    for weighted in some_of(f"{case} {method}", [False, True]):
        check_bounded(partial(function, weighted))


@each_case
def test_derivatives_without_out_allocate_their_result_alone(case):
    (dtype, *_) = some_of(case, [np.float16, np.float32, np.float64])
    problem = large(case, MANY, dtype)
    outs = like_predictions(case.loss, problem)
    loss = case.with_reduction("none")
    with_out = peak_of(lambda: call(loss, "grad", problem, out=as_one(outs)))
    without = peak_of(lambda: call(loss, "grad", problem))
    assert without - with_out == pytest.approx(sum(out.nbytes for out in outs), abs=50_000)


@each_case
def test_temporaries_are_bounded_where_out_is_the_predictions(case):
    def function(n):
        problem = large(case, n)
        out = as_one(predictions(case.loss, problem))
        return lambda: call(case.loss, "value_and_grad", problem, out=out)

    check_bounded(function)


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "float16": lambda array: array.astype(np.float16),
    "int8": lambda array: array.astype(np.int8),
    "uint64": lambda array: array.astype(np.uint64),
    "longdouble": lambda array: array.astype(np.longdouble),
    "byte-swapped": lambda array: array.astype(array.dtype.newbyteorder()),
    "strided": lambda array: np.repeat(array, 2, axis=0)[::2],
    "reversed": lambda array: array[::-1],
    "Fortran-ordered": lambda array: array[: len(array) // 2 * 2].reshape(-1, 2, *array.shape[1:]).copy(order="F"),
    "broadcast": lambda array: np.broadcast_to(array[:1], array.shape),
}


@each_case
def test_temporaries_are_bounded_whatever_is_converted(case):
    problems = {n: large(case, n) for n in (FEW, MANY)}

    def function(layout, n):
        problem, change = problems[n], LAYOUTS[layout]
        # some arrays would leave their domain in another dtype: rows sum to 1, signs turn round, means fall to 0
        narrow, keep = layout in ("float16", "int8", "uint64"), (distributions, signs, positive, negative)
        moved = [name for name in problem.by_sample if not (narrow and case.arrays.get(name) in keep)]
        changed = problem.map(change, *moved) if moved else problem
        weight = change(np.ones(len(problem)))
        if (
            problem.shared or len(predictions(case.loss, problem)) > 2
        ):  # whose blocks are so short that those of the weights are longer
            weight = None if problem.shared else weight.astype(np.float64)
        return lambda: call(case.loss, "value", changed, sample_weight=weight)

    for layout in some_of(case, list(LAYOUTS), 3):
        check_bounded(partial(function, layout))


@each_case
def test_temporaries_of_a_failing_call_are_bounded(case):
    def function(n):
        problem = large(case, n * row_length(case))
        weight = np.ones(n)
        weight[-1] = -1

        def fail():
            with pytest.raises(ValueError, match="sample_weight"):
                call(case.loss, "value", problem, sample_weight=weight)

        return fail

    check_bounded(function)


@pytest.mark.parametrize("loss", [MSE(), BinaryCrossEntropy(from_logits=True)], ids=repr)
def test_several_million_samples_take_8_mib_at_most(loss):
    y_true, y_pred, out = np.zeros(5_000_000), np.ones(5_000_000), np.empty(5_000_000)
    assert peak_of(lambda: loss.value(y_true, y_pred)) < TEMPORARIES
    assert peak_of(lambda: loss.value_and_grad(y_true, y_pred, out=out)) < TEMPORARIES


@pytest.mark.parametrize("loss", [MSE(), BinaryCrossEntropy(), CategoricalCrossEntropy()], ids=repr)
def test_memory_mapped_files_are_not_loaded(loss, tmp_path):
    case = next(case for case in CASES if case.loss == loss)
    problem = large(case, 2_000_000)
    for name in ("y_true", "y_pred"):
        np.save(tmp_path / f"{name}.npy", problem[name])
    mapped = Problem({name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("y_true", "y_pred")})
    assert peak_of(lambda: call(loss, "value", mapped)) < TEMPORARIES
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float64, mapped["y_pred"].shape)
    assert peak_of(lambda: call(loss, "grad", mapped, out=out)) < TEMPORARIES
    np.testing.assert_array_equal(out, call(loss, "grad", problem))


@pytest.mark.parametrize("shape", [(2, 600_000), (600_000, 2), (12_000, 10, 10), (1, 1_200_000)], ids=str)
def test_temporaries_are_bounded_in_every_shape(shape):
    y_true, y_pred, out = np.ones(shape), np.zeros(shape), np.empty(shape)
    for axes in range(1, len(shape) + 1):
        weight = np.ones(shape[:axes])
        assert peak_of(lambda: MSE().grad(y_true, y_pred, sample_weight=weight, out=out)) < TEMPORARIES  # noqa: B023


@pytest.mark.parametrize("classes", [2, 1_000, 50_257])
@pytest.mark.parametrize("as_distribution", [False, True], ids=["ids", "distribution"])
@pytest.mark.parametrize("from_logits", [False, True], ids=["probabilities", "logits"])
def test_temporaries_are_bounded_for_any_number_of_classes(classes, as_distribution, from_logits):
    n = 1_000_000 // classes
    y_pred = np.full((n, classes), 1 / classes)
    y_true = y_pred if as_distribution else np.zeros(n, np.uint8)
    loss = CategoricalCrossEntropy(from_logits=from_logits, class_weight=[1.0] * classes, label_smoothing=0.1)
    weight, out = np.ones(n), np.empty_like(y_pred)
    assert peak_of(lambda: loss.value_and_grad(y_true, y_pred, out=out, sample_weight=weight)) < TEMPORARIES


def test_temporaries_are_bounded_for_any_number_of_terms():
    loss = sum(k * Huber(delta=k) for k in range(1, 30))
    y_true, y_pred = np.zeros(200_000), np.ones(200_000)
    out = np.empty_like(y_pred)
    assert peak_of(lambda: loss.value_and_grad(y_true, y_pred, out=out)) < TEMPORARIES
    each = sum(k * Huber(delta=k, reduction="none") for k in range(1, 30))
    assert peak_of(lambda: each.value_and_grad(y_true, y_pred, out=out)) < y_pred.nbytes + TEMPORARIES


@dataclass(frozen=True, kw_only=True)
class Wasteful(ElementwiseLoss):
    """A user's loss, written without a thought about memory."""

    def formula(self, y, p):
        return np.log(np.exp(np.sqrt(np.abs(y - p)) + 1) + np.exp(np.cos(y)) + np.exp(np.sin(p)))

    def derivative(self, y, p):
        return np.exp(np.sqrt(np.abs(y - p)) + 1)


def test_temporaries_of_a_users_formula_are_bounded():
    def function(n):
        y_true, y_pred = np.zeros(n), np.ones(n)
        return lambda: Wasteful().value(y_true, y_pred)

    check_bounded(function)


def test_temporaries_grow_with_the_threads_alone():
    losses.set_num_threads(2)
    try:
        y_true, y_pred = np.zeros(1_000_000), np.ones(1_000_000)
        assert peak_of(lambda: MSE().value(y_true, y_pred)) < 2 * TEMPORARIES
    finally:
        losses.set_num_threads(1)


@pytest.mark.parametrize("case", [CASES[0], NOT_RANKED[-1], NOT_RANKED[-2]], ids=str)
def test_time_is_linear(case):
    """Eight times the samples take less than thirty times the time: loose, for a busy machine."""

    def seconds(n):
        problem = large(case, n)
        times = []
        for _ in range(5):
            start = time.process_time()
            call(case.loss, "value_and_grad", problem)
            times.append(time.process_time() - start)
        return min(times)

    assert seconds(8 * MANY) < 30 * seconds(MANY)


# ---------------------------------------------------------------------------------------------------- import time


def run_python(code: str, byte_code: Any) -> str:
    """Return what a fresh interpreter prints, with byte code written as where a package is installed."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.path.dirname(os.path.dirname(losses.__file__)),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(byte_code),
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    ).stdout


def test_import_costs_little_beyond_numpy(tmp_path):
    """20 ms of processor time, or where NumPy's own import takes longer than 60 ms, in proportion."""
    code = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"

    def seconds(statement):
        # The least of several: a busy machine only ever adds. The first run writes the byte code.
        return min(float(run_python(statement, tmp_path)) for _ in range(5))

    assert seconds("import numpy; " + code.format("losses")) < max(0.020, seconds(code.format("numpy")) / 3)


def test_import_loads_nothing_that_is_not_needed(tmp_path):
    code = "import numpy, sys; before = set(sys.modules); import losses; print(*(set(sys.modules) - before))"
    loaded = set(run_python(code, tmp_path).split())
    slow = {"concurrent.futures", "fractions", "decimal", "logging", "numpy.ma", "numpy.polynomial", "pandas", "scipy"}
    assert not loaded & slow
