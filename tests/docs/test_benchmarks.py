"""The benchmark suite runs, and its contenders agree; nothing here looks at a time."""

import functools
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.cases import CASES, is_there, networks
from benchmarks.cases.base import VALUE, VALUE_AND_GRAD, Case, Task
from benchmarks.cases.boosting import ROWS, Flat
from benchmarks.cases.regression import MSE
from benchmarks.comparisons import COMPARISONS, Comparison, chosen, measure, row
from benchmarks.contenders import ONE_THREAD, installed
from benchmarks.contenders.base import Contender
from benchmarks.targets import TARGETS, Target
from benchmarks.timing import Disagreement, Timing, agreeing_turns

# the peers' own warnings are not this library's
pytestmark = pytest.mark.filterwarnings("ignore")

TIMED = [case for case in CASES if case.shapes and is_there(case)]
ROOT = Path(__file__).parents[2]


@functools.cache
def contenders() -> dict[str, Contender]:
    return installed()[0]


@pytest.mark.parametrize("case", TIMED, ids=lambda case: case.name)
def test_contenders_agree(case: Case) -> None:
    shape = (100, 100) if case.family == "boosting" else case.shapes[0]
    taking_part = {name: each for name, each in contenders().items() if name not in ONE_THREAD}
    for dtype in case.dtypes:
        for mode in case.modes:
            turns = agreeing_turns(taking_part, Task(case, shape, dtype, mode))
            assert {"losses", "losses, 1 thread"} <= turns.keys()
            assert "NumPy" in turns or not hasattr(case, "numpy")


@pytest.mark.parametrize("case", networks.CASES, ids=lambda case: case.name)
def test_peers_of_networks_agree(case: Case) -> None:
    """Also where the loss itself is still to come."""
    peers = {name: each for name, each in contenders().items() if name in ("PyTorch", "PyTorch, fused", "JAX")}
    turns = agreeing_turns(peers, Task(case, case.shapes[0], "float32", VALUE_AND_GRAD))
    assert turns.keys() == peers.keys() - ({"PyTorch, fused"} if not hasattr(case, "torch_fused") else set())


def test_one_thread_agrees():
    turns = agreeing_turns(contenders(), Task(MSE(), (10,), "float64", VALUE_AND_GRAD))
    assert set(ONE_THREAD) & contenders().keys() <= turns.keys()


def test_disagreement_names_both():
    class Wrong(MSE):
        def numpy(self, y, p):
            value, gradient = super().numpy(y, p)
            return value, lambda: -gradient()

    with pytest.raises(Disagreement, match="NumPy and losses, 1 thread disagree on MSE, float64, 10"):
        agreeing_turns(contenders(), Task(Wrong(), (10,), "float64", VALUE_AND_GRAD))


def test_ours_must_agree_to_the_bit():
    class Off(type(contenders()["losses"])):  # type: ignore[misc]
        def numbers(self, result, mode):
            value, grads = super().numbers(result, mode)
            return super().numbers((np.nextafter(value, np.inf), grads), mode)

    ours = {"losses, 1 thread": contenders()["losses, 1 thread"], "losses": Off(2, out=False)}
    with pytest.raises(Disagreement):
        agreeing_turns(ours, Task(MSE(), (10,), "float64", VALUE_AND_GRAD))


@pytest.mark.parametrize("rows", ROWS, ids=lambda rows: rows.name)
def test_shuffled_queries_are_the_sorted_ones(rows: Case) -> None:
    """Both sides of that comparison are one loss of the same lists."""
    (by_row, in_order, mixed) = (
        np.sort(np.round(case.loss().grad_and_curvature(*arrays[:2], **named)[1].ravel(), 12))
        for case in (rows, Flat(rows, "sorted"), Flat(rows, "shuffled"))
        for arrays in [case.data(np.random.default_rng(0), (20, 10), "float64")]
        for named in [dict(zip(case.named, arrays[2:], strict=True))]
    )
    np.testing.assert_allclose(in_order, by_row, rtol=1e-9, atol=1e-12)
    if "ListMLE" not in rows.name:  # which breaks ties by the order of the input
        np.testing.assert_allclose(mixed, by_row, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda each: each.what)
def test_comparisons_name_what_there_is(comparison: Comparison) -> None:
    assert comparison.pairs
    for pair in comparison.pairs:
        for task in (pair.first, pair.second):
            prepared = contenders()[comparison.contender]
            small = Task(task.case, (30,) if len(task.shape) == 1 else (10, 10), task.dtype, task.mode)
            call = prepared.prepare(small, small.arrays())
            assert call is not None
            call()


def test_a_comparison_is_measured_and_kept_to_its_limit():
    comparison = next(each for each in COMPARISONS if "shuffled" in each.what)
    pair = comparison.pairs[0]
    tasks = [Task(each.case, (20, 10), each.dtype, each.mode) for each in (pair.first, pair.second, pair.less)]
    compared = measure(contenders(), Comparison("x", "y", [type(pair)(*tasks)], at_most=0.0), seconds=0)
    (found,) = compared.ratios.values()
    assert (row(Comparison("x", "y", [], at_most=found), compared)[-1]) == "met"
    assert row(Comparison("x", "y", [], at_least=found * 2 + 1), compared)[-1] == "missed in 1 of 1"
    assert not chosen(["MSE"], largest=10)


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: f"{each.what}, {each.peers}, {each.at_least}")
def test_each_target_speaks_of_some_row(target: Target) -> None:
    """No pattern of a name or shape is misspelt; and it is measured by the slower of two rounds' clocks."""
    timings = [
        Timing(
            case.name,
            case.family,
            shape,
            dtype,
            mode,
            wall={target.ours: [2.0], **{peer: [2.0 * target.at_least] for peer in target.peers}},
            cpu={target.ours: [2.0], **{peer: [2.0 * target.at_least] for peer in target.peers}},
        )
        for case in CASES
        for shape in case.shapes
        for dtype in case.dtypes
        for mode in case.modes
    ]
    assert target.row(timings)[-1] == "met"
    slower = Target(target.what, target.speaks_of, 2.01 * target.at_least, target.ours, target.peers, target.mode)
    assert "missed" in slower.row(timings)[-1]


def test_command(tmp_path, monkeypatch, capsys):
    for slow_to_import in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, slow_to_import, None)
    main(["--only", "mse", "--largest", "10", "--seconds", "0", "--out", str(tmp_path)])

    results = json.loads((tmp_path / "results.json").read_text())
    assert {timing["case"] for timing in results["timings"]} == {"MSE", "Asymmetric MSE", "MSE(), small"}
    assert {timing["dtype"] for timing in results["timings"]} == {"float32", "float64"}
    assert {timing["mode"] for timing in results["timings"]} == {VALUE, VALUE_AND_GRAD}
    for timing in results["timings"]:
        assert "losses, 1 thread" in timing["wall"]
        assert timing["wall"].keys() == timing["cpu"].keys()

    tables = (tmp_path / "benchmarks-tables.md").read_text()
    assert "## Value and grad" in tables
    assert "| MSE |" in tables  # of the memory table
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| regression |" in page
    assert "## Targets" in page
    assert {"PyTorch", "JAX", "JAX, 1 core"} <= results["absent"].keys()
    assert "absent: PyTorch" in capsys.readouterr().err


def test_earlier_checkout(tmp_path):
    main(
        [
            "--only",
            "huber(), small",
            "--largest",
            "10",
            "--seconds",
            "0",
            "--out",
            str(tmp_path),
            "--against",
            str(ROOT),
        ]
    )
    results = json.loads((tmp_path / "results.json").read_text())
    assert all("losses, earlier" in timing["wall"] for timing in results["timings"])


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    from benchmarks.pictures import draw

    both = {"losses, 1 thread": [1.0], "losses": [0.5], "PyTorch": [2.0], "PyTorch, 1 thread": [3.0]}
    timing = Timing("MSE", "regression", (100_000,), "float64", VALUE_AND_GRAD, both, both)
    assert draw([timing], tmp_path) == ["benchmarks-regression.svg"]
    assert (tmp_path / "benchmarks-regression.svg").stat().st_size < 50_000


@pytest.mark.parametrize(
    ("arguments", "message"), [(["--only", "nothing"], "MSE"), (["--against", "/nowhere"], "has no src/losses")]
)
def test_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err
