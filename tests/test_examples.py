"""The examples run, and say what they lack."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def test_learning_to_rank():
    pytest.importorskip("sklearn")
    script = str(EXAMPLES / "learning_to_rank.py")
    run = subprocess.run([sys.executable, script, "20000"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    lines = [line.split() for line in run.stdout.splitlines() if line]
    figures = {line[0]: float(line[1]) for line in lines if line[0].endswith("()")}
    assert all(0.8 < figures[loss] < 1 for loss in ("MSE()", "PairwiseLogistic()", "ListNet()", "LambdaRank()"))
    before, after, _ = (float(line[-1]) for line in lines if line[0] == "AUC")
    assert after > before + 0.05


def test_learning_to_rank_says_that_scikit_learn_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(SystemExit, match=r'python -m pip install "\.\[examples\]"'):
        runpy.run_path(str(EXAMPLES / "learning_to_rank.py"), run_name="__main__")
