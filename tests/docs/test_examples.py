"""The examples run as the README says, in a process of their own, and what they claim is true."""

import math
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import losses

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SECONDS = 300
"""Several times what the slowest one takes on a busy machine."""


def run(name, *arguments):
    """Return what an example prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(losses.__file__).parent.parent),
        "PYTHONIOENCODING": "utf-8",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "progress belongs on a terminal: in a pipe it becomes one long line"
    return done.stdout


def numbers(text, line):
    """Return the numbers in the line that starts with a text."""
    found = next(row for row in text.splitlines() if row.startswith(line)).removeprefix(line)
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", found)]


def test_every_example_is_run_here():
    tested = set(re.findall(r'\brun\("(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tested


def test_electricity_demand():
    """The model trained with the asymmetric loss is short far less often, and its cost is lower."""
    printed = run("electricity_demand")
    rmse, short, missing, cost = numbers(printed, "MSE()")
    rmse_10, short_10, missing_10, cost_10 = numbers(printed, "Asymmetric(shortfall_weight=10.0)")
    assert short_10 < short / 2
    assert missing_10 < missing / 3
    assert cost_10 < cost / 2
    assert rmse < rmse_10


def test_learning_to_rank():
    pytest.importorskip("sklearn")
    printed = run("learning_to_rank", "20000")
    for loss in ("MSE()", "PairwiseLogistic()", "ListNet()", "LambdaRank()"):
        assert 0.8 < numbers(printed, loss)[0] < 1
    before, after = numbers(printed, "AUC before training (random weights)"), numbers(printed, "AUC after 12 steps")
    assert after[0] > before[0] + 0.05


def test_learning_to_rank_says_that_scikit_learn_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)  # which another test may have imported
    monkeypatch.setattr(sys, "argv", ["learning_to_rank.py"])
    with pytest.raises(SystemExit, match=r'python -m pip install "\.\[examples\]"'):
        runpy.run_path(str(EXAMPLES / "learning_to_rank.py"), run_name="__main__")


def test_survival():
    """The coefficients are lifelines', and financial aid helps."""
    pytest.importorskip("lifelines", reason="lifelines carries the data")
    printed = run("survival")
    for name in ("fin", "age", "race", "wexp", "mar", "paro", "prio"):
        ours, factor, theirs, difference = numbers(printed, name + " ")
        assert abs(difference) < 1e-6
        assert ours == pytest.approx(theirs, abs=2e-6)
        assert factor == pytest.approx(math.exp(ours), abs=1e-3)
    before, after = numbers(printed, "loss per arrest, all risks equal")
    assert after < before
    assert numbers(printed, "with financial aid, the time to an arrest is")[0] > 1.1


def test_count_model():
    """Each model explains something of the visits; the counts vary as the negative binomial says, or nearly."""
    pytest.importorskip("statsmodels", reason="statsmodels carries the data")
    printed = run("count_model")
    errors = []
    for name in ("Poisson", "Tweedie", "negative binomial"):
        *shares, error = numbers(printed, name + " ")
        assert all(5 < share < 15 for share in shares)
        errors.append(error)
    assert 1 < errors[2] < 2 < errors[1] < errors[0]


def test_scipy_fit():
    """Three methods find scikit-learn's and statsmodels' coefficients."""
    pytest.importorskip("sklearn")
    pytest.importorskip("statsmodels")
    printed = run("scipy_fit")
    rows = [row.split() for row in printed.splitlines() if row.startswith(("robust", "logistic", "poisson"))]
    assert {(row[0], row[3]) for row in rows} == {
        (name, method)
        for name in ("robust", "logistic", "poisson")
        for method in ("L-BFGS-B", "Newton-CG", "trust-ncg")
    }
    assert all(float(row[-1]) < 1e-5 for row in rows)


def test_scipy_fit_says_which_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels", None)
    with pytest.raises(SystemExit, match=r"needs statsmodels: python -m pip install"):
        runpy.run_path(str(EXAMPLES / "scipy_fit.py"), run_name="__main__")


@pytest.mark.parametrize(("name", "package"), [("survival", "lifelines"), ("count_model", "statsmodels")])
def test_examples_say_which_package_is_missing(monkeypatch, name, package):
    for module in (package, f"{package}.datasets"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit, match=rf"that {package} carries: python -m pip install"):
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")


def test_forecast_distribution(tmp_path):
    """The intervals hold about as much as they promise, and are far narrower than that of a constant."""
    picture = tmp_path / "three days.png"
    printed = run("forecast_distribution", str(picture))
    _, width_of_all, pinball_of_all, crps_of_all = numbers(printed, "one distribution for all")
    for name in ("GaussianNLL()", "GaussianCRPS()", "MultiQuantile()"):
        covered, width, pinball, crps = numbers(printed, name)
        assert 75 < covered < 85
        assert width < width_of_all / 8
        assert pinball < pinball_of_all / 8
        assert crps < crps_of_all / 8
    assert numbers(printed, "GaussianCRPS()")[3] < numbers(printed, "GaussianNLL()")[3]
    if "No picture is drawn without Matplotlib" in printed:
        assert not picture.exists()
    else:
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_next_token():
    """Bigrams come within 1 % of the counted optimum; the network beats them on text that neither has seen."""
    printed = run("next_token")
    (optimum,) = numbers(printed, "bigrams, counted")
    known, unseen = numbers(printed, "bigrams, gradient descent")
    assert optimum <= known <= 1.01 * optimum
    assert numbers(printed, "network")[1] < 0.75 * unseen
    assert re.search(r"[1-9]\d*% of the targets in a batch are padding", printed)
    assert len(printed.split("The network writes:\n")[1]) > 300


def test_embeddings(tmp_path):
    """A trained encoder finds the other half far more often than chance; the untrained ones don't."""
    pytest.importorskip("sklearn")
    picture = tmp_path / "halves.png"
    printed = run("embeddings", str(picture))
    chance, trained = (numbers(printed, name) for name in ("chance", "trained"))
    assert trained[0] > 20 * chance[0]
    assert trained[1] > 10 * chance[1]
    assert numbers(printed, "untrained")[1] < 3 * chance[1]
    assert picture.exists() == ("No picture is drawn without Matplotlib" not in printed)


def test_preferences():
    printed = run("preferences")
    (correlation,) = numbers(printed, "Correlation of rewards and utilities, from 20000 judgements:")
    assert 0.99 < correlation <= 1
    for name in ("DPO", "PPO"):
        (deviation,) = numbers(printed, f"Largest deviation of the policy found by {name} from the optimum:")
        assert deviation < 1e-3


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    picture = tmp_path_factory.mktemp("watching") / "four runs.png"
    printed = run("watching_a_run", str(picture))
    return printed, picture


def test_watching_a_run(watched):
    """Each run is diagnosed, and stops early where it should."""
    titles = ["good rate:", "rate too high:", "rate too low:", "too few samples:"]
    printed = watched[0]
    parts = [printed[printed.index(title) :].split("\n\n")[0] for title in titles]
    found = [re.findall(r"epoch +\d+  ([A-Z_]+):", part)[-1] for part in parts]
    assert found == ["LEARNING", "DIVERGING", "PLATEAU", "OVERFITTING"]
    ends = [re.search(r"stopped after epoch (\d+)|ran for all", part) for part in parts]
    assert int(ends[1][1]) < 10
    assert ends[2][0] == "ran for all"
    assert int(ends[3][1]) < 100


def test_the_four_runs_are_drawn_where_matplotlib_is_installed(watched):
    printed, picture = watched
    if "No picture is drawn without Matplotlib" in printed:
        assert not picture.exists()
        pytest.importorskip("matplotlib", reason="Matplotlib is optional")
    assert picture.read_bytes().startswith(b"\x89PNG")
