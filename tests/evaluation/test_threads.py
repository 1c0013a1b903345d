"""Threads: the same results, errors and safety whatever their number (issue 3, "Threads")."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

import losses
from losses import MAE, MSE, BinaryCrossEntropy, CategoricalCrossEntropy, ElementwiseLoss, ResidualLoss
from problems import flatten, typical
from registry import CASES, SMALL_BLOCK, call

N = 4 * SMALL_BLOCK + 17
"""Samples of several blocks, the last of them short."""


pytestmark = pytest.mark.usefixtures("small_blocks", "restored_threads")


# ---------------------------------------------------------------------------------------------------- the setting


def test_there_is_one_thread_unless_more_are_asked_for():
    assert imported_with(None).stdout.strip() == "1"


@pytest.mark.parametrize("n", [1, 2, 7, np.int64(3), np.uint8(4)])
def test_the_number_of_threads_can_be_set(n):
    losses.set_num_threads(n)
    assert losses.get_num_threads() == n
    assert type(losses.get_num_threads()) is int


@pytest.mark.parametrize("n", [0, -1, 1.0, 2.5, True, "2", None, np.float64(2), np.bool_(True)])
def test_anything_but_a_positive_integer_is_refused(n):
    losses.set_num_threads(3)
    with pytest.raises(ValueError, match="n must be a positive integer, got "):
        losses.set_num_threads(n)
    assert losses.get_num_threads() == 3


def imported_with(setting: str | None) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(losses.__file__))}
    environment.pop("LOSSES_NUM_THREADS", None)
    if setting is not None:
        environment["LOSSES_NUM_THREADS"] = setting
    code = "import losses; print(losses.get_num_threads())"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("setting", ["1", "4", "016"])
def test_the_environment_sets_the_number_at_import(setting):
    assert imported_with(setting).stdout.strip() == str(int(setting))


@pytest.mark.parametrize("setting", ["0", "-2", "two", "1.5", ""])
def test_the_environment_is_refused_if_it_holds_anything_else(setting):
    run = imported_with(setting)
    assert run.returncode != 0
    assert f"ValueError: LOSSES_NUM_THREADS must be a positive integer, got {setting!r}" in run.stderr


# ---------------------------------------------------------------------------------------------------- the results


@pytest.mark.parametrize("shape", [(3, SMALL_BLOCK + 5), (N, 1), (1, N), (7, 3, SMALL_BLOCK // 4)], ids=str)
def test_results_do_not_depend_on_the_number_of_threads_in_any_shape(shape):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(size=shape), rng.normal(size=shape)
    value, grad = MSE().value_and_grad(y_true, y_pred)
    losses.set_num_threads(3)
    assert MSE().value(y_true, y_pred) == value
    np.testing.assert_array_equal(MSE().grad(y_true, y_pred), grad)
    np.testing.assert_array_equal(MSE().grad(y_true, y_pred, out=y_pred), grad)


# ----------------------------------------------------------------------------------------------------- the errors


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["y_true", "y_pred", "sample_weight"])
def test_the_first_offence_is_reported_whichever_thread_meets_it(threads, name):
    losses.set_num_threads(threads)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        arrays = {"y_true": np.ones(N), "y_pred": np.full(N, 0.5), "sample_weight": np.ones(N)}
        bad = rng.integers(0, N, 3)
        arrays[name][bad] = -np.arange(1, 4)
        first = bad.min()
        with pytest.raises(ValueError, match=rf"^{name}\[{first}\] is {arrays[name][first]}, but"):
            BinaryCrossEntropy().grad(**arrays)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_first_wrong_class_id_is_reported(threads):
    losses.set_num_threads(threads)
    ids = np.zeros(N, int)
    ids[[SMALL_BLOCK + 3, N - 1]] = 7
    for parameters in ({}, {"class_weight": [1, 2]}, {"ignore_index": -1}):
        loss = CategoricalCrossEntropy(**parameters)
        with pytest.raises(ValueError, match=rf"^y_true\[{SMALL_BLOCK + 3}\] is 7, but"):
            loss.value(ids, np.full((N, 2), 0.5))


class Trouble(Exception):
    """What a user's formula raises."""


@dataclass(frozen=True, kw_only=True)
class Troubled(ElementwiseLoss):
    """A loss that can't stand a mark in y, raising sooner the later it stands."""

    def formula(self, y, p):
        if y.any():
            time.sleep(0.02 / y.max())
            raise Trouble(int(y.max()))
        return p

    def derivative(self, y, p):
        return p


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("blocks", [[0], [4], [1, 3], [0, 1, 2, 3, 4]])
def test_exceptions_of_a_users_formula_reach_the_caller(threads, blocks):
    losses.set_num_threads(threads)
    marks = np.zeros(N)
    for block in blocks:
        marks[block * SMALL_BLOCK] = block + 1
    with pytest.raises(Trouble, match=f"^{blocks[0] + 1}$"):
        Troubled().value_and_grad(marks, np.ones(N))
    assert Troubled().value(np.zeros(N), np.ones(N)) == 1  # and the next call works


def test_workers_are_silent_too():
    losses.set_num_threads(4)
    y_pred = np.full(N, 1e200)
    with np.errstate(all="raise"):
        assert MSE().value(np.zeros(N), y_pred) == np.inf


# ----------------------------------------------------------------------------------------------------- the safety


def test_several_users_threads_may_evaluate_at_once():
    losses.set_num_threads(2)
    jobs = [
        (case, typical(case, N // 4, seed=seed))
        for seed, case in enumerate(CASES)
        if case.unit not in ("query", "anchor")
    ]
    expected = [flatten(call(case.loss, "value_and_grad", problem)) for case, problem in jobs]

    def run(job):
        case, problem = job
        return flatten(call(case.loss, "value_and_grad", problem))

    with ThreadPoolExecutor(8) as pool:
        for found, wanted in zip(pool.map(run, jobs * 3), expected * 3, strict=True):
            for a, b in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(a, b)


def test_the_number_may_change_while_others_evaluate():
    y_true, y_pred = np.zeros(N), np.ones(N)

    def run(k):
        losses.set_num_threads(1 + k % 5)
        return MSE().value(y_true, y_pred)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(run, range(60))) == {1.0}


@dataclass(frozen=True, kw_only=True)
class Nested(ResidualLoss):
    """A loss whose formula evaluates another one on several blocks."""

    def formula(self, r):
        return r * 0 + MAE().value(np.zeros(2 * SMALL_BLOCK), np.ones(2 * SMALL_BLOCK))

    def derivative(self, r):
        return r * 0


def test_a_formula_may_evaluate_losses_itself():
    losses.set_num_threads(3)
    assert Nested().value(np.zeros(N), np.ones(N)) == 1.0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_evaluates_with_threads_of_its_own():
    losses.set_num_threads(3)
    y_true, y_pred = np.zeros(N), np.linspace(0, 1, N)
    expected = MSE().value_and_grad(y_true, y_pred)
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other tests may have loaded libraries that warn of it
        child = os.fork()
    if child == 0:  # nothing of pytest's may run in the child
        try:
            signal.alarm(30)
            value, grad = MSE().value_and_grad(y_true, y_pred)
            os.write(write, pickle.dumps((value, bool((grad == expected[1]).all()), threading.active_count() > 1)))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    assert pickle.loads(answer) == (expected[0], True, True)
    assert MSE().value(y_true, y_pred) == expected[0]


@pytest.fixture
def interrupts():
    """Let an interrupt raise, as in a terminal: a process in a shell's background starts with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="needs signals")
@pytest.mark.parametrize("threads", [1, 3])
def test_an_interrupt_reaches_the_caller_and_leaves_everything_usable(threads, interrupts):
    losses.set_num_threads(threads)
    main = threading.get_ident()
    calls = []

    class Interrupted(Troubled):
        def formula(self, y, p):
            calls.append(1)
            if threading.get_ident() == main:
                signal.raise_signal(signal.SIGINT)
            time.sleep(0.005)
            return p

    with pytest.raises(KeyboardInterrupt):
        Interrupted().value(np.zeros(40 * SMALL_BLOCK), np.ones(40 * SMALL_BLOCK))
    assert len(calls) < 40
    seen = len(calls)
    time.sleep(0.05)
    assert len(calls) == seen  # no worker goes on behind the caller's back
    assert MSE().value(np.zeros(N), np.ones(N)) == 1.0
