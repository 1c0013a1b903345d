"""The benchmark suite runs, and its contenders agree; nothing here looks at a time."""

import json
import sys

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.cases import CASES, Case
from benchmarks.contenders import CONTENDERS, installed
from benchmarks.timing import Disagreement, Turn, check_agreement, compare

# the peers' own warnings are not this library's
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("with_grad", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_contenders_agree(case: Case, dtype: str, with_grad: bool) -> None:
    present, _ = installed()
    data = case.data(np.random.default_rng(0), case.shapes[0], dtype)
    timing = compare(present, case, data, with_grad, seconds=0)
    assert {"losses", "losses, 1 thread", "NumPy"} <= timing.seconds.keys()


def test_disagreement_names_both():
    case = CASES[0]
    y_true, y_pred = case.data(np.random.default_rng(0), (3,), "float64")
    turns = {}
    for name, truth in (("losses", y_true), ("NumPy", y_true + 1)):
        contender = CONTENDERS[name]()
        call = contender.prepare(case, truth, y_pred, with_grad=False)
        assert call is not None
        turns[name] = Turn(contender, call)
    with pytest.raises(Disagreement, match=r"NumPy and losses disagree on MSE, float64, 3"):
        check_agreement(turns, False, "float64", "MSE, float64, 3")


def test_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    main(["--only", "mse", "--largest", "10", "--seconds", "0", "--out", str(tmp_path)])

    results = json.loads((tmp_path / "results.json").read_text())
    assert {timing["case"] for timing in results["timings"]} == {"MSE", "Asymmetric MSE"}
    assert {timing["dtype"] for timing in results["timings"]} == {"float32", "float64"}
    assert all("losses" in timing["seconds"] for timing in results["timings"])
    assert [growth["shape"] for growth in results["growths"]] == [[100], [100]]

    text = (tmp_path / "results.md").read_text()
    assert "## Value and gradient" in text
    assert "| MSE |" in text  # of the memory table
    assert "PyTorch" in results["absent"]
    assert "absent: PyTorch" in capsys.readouterr().err


def test_no_such_case(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nothing"])
    assert "MSE" in capsys.readouterr().err
