"""The benchmark suite runs, and its contenders agree; nothing here looks at a time."""

import json
import sys

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.cases import CASES, MSE, Case
from benchmarks.contenders import installed
from benchmarks.timing import Disagreement, agreeing_turns

# the peers' own warnings are not this library's
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(("dtype", "with_grad"), [("float32", False), ("float64", True)])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_contenders_agree(case: Case, dtype: str, with_grad: bool) -> None:
    data = case.data(np.random.default_rng(0), case.shapes[0], dtype)
    turns = agreeing_turns(installed()[0], case, data, with_grad)
    assert {"losses", "losses, 1 thread", "NumPy"} <= turns.keys()


def test_disagreement_names_both():
    class Wrong(MSE):
        def numpy(self, y, p):
            value, gradient = super().numpy(y, p)
            return value, lambda: -gradient()

    data = Wrong().data(np.random.default_rng(0), (10,), "float64")
    with pytest.raises(Disagreement, match="NumPy and losses, 1 thread disagree on MSE, float64, 10"):
        agreeing_turns(installed()[0], Wrong(), data, with_grad=True)


def test_command(tmp_path, monkeypatch, capsys):
    for slow_to_import in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, slow_to_import, None)
    main(["--only", "mse", "--largest", "10", "--seconds", "0", "--out", str(tmp_path)])

    results = json.loads((tmp_path / "results.json").read_text())
    assert {timing["case"] for timing in results["timings"]} == {"MSE", "Asymmetric MSE"}
    assert {timing["dtype"] for timing in results["timings"]} == {"float32", "float64"}
    assert all("losses" in timing["seconds"] for timing in results["timings"])
    assert [growth["shape"] for growth in results["growths"]] == [[100], [100]]

    text = (tmp_path / "results.md").read_text()
    assert "## Value and gradient" in text
    assert "| MSE |" in text  # of the memory table
    assert {"PyTorch", "JAX"} <= results["absent"].keys()
    assert "absent: PyTorch" in capsys.readouterr().err


def test_no_such_case(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nothing"])
    assert "MSE" in capsys.readouterr().err
