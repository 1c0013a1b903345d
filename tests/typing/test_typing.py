"""What type checkers say: the package passes, correct calls pass, and each wrong call is reported."""

import importlib.util
import inspect
import json
import subprocess
import sys
from pathlib import Path

import passes
import pytest

import losses
import stubs
from losses._loss import families

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PASSES, FAILS = HERE / "passes.py", HERE / "fails.py"

Found = set[tuple[Path, int, str]]
"""Errors: file, line and message."""


def run(module: str, *arguments: str) -> str:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} isn't installed")
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def mypy(pytestconfig, tmp_path_factory) -> Found:
    """What ``mypy --strict`` says about the package and both files; what hasn't changed since the last run is kept."""
    kept = getattr(pytestconfig, "cache", None)
    cache = kept.mkdir("mypy") if kept else tmp_path_factory.mktemp("mypy")
    output = run("mypy", "--strict", "--output=json", f"--cache-dir={cache}", "src", str(PASSES), str(FAILS))
    errors = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {(ROOT / e["file"], e["line"], e["message"]) for e in errors if e["severity"] == "error"}


@pytest.fixture(scope="module")
def pyright() -> Found:
    """What pyright says about both files."""
    output = run("pyright", "--outputjson", f"--pythonpath={sys.executable}", str(PASSES), str(FAILS))
    if not output.startswith("{"):
        pytest.skip(f"pyright can't run here (it downloads Node.js): {output[-200:]}")
    errors = json.loads(output)["generalDiagnostics"]
    return {
        (Path(e["file"]), e["range"]["start"]["line"] + 1, e["message"]) for e in errors if e["severity"] == "error"
    }


@pytest.fixture(params=["mypy", "pyright"])
def found(request) -> Found:
    return request.getfixturevalue(request.param)


def test_the_package_passes_strict_checking(mypy):
    in_package = sorted(f"{path}:{line}: {message}" for path, line, message in mypy if path not in (PASSES, FAILS))
    assert not in_package, "\n".join(in_package)


def test_correct_calls_pass(found):
    assert not {(line, message) for path, line, message in found if path == PASSES}


def test_wrong_calls_are_reported(found):
    lines = FAILS.read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, start=1) if line.endswith("# error")}
    assert {line for path, line, _ in found if path == FAILS} == marked


@pytest.mark.usefixtures("restored_threads")
def test_correct_calls_run():
    for _, use in inspect.getmembers(passes, inspect.isfunction):
        if use.__module__ == passes.__name__ and not inspect.signature(use).parameters:
            use()


def test_every_family_of_losses_is_called():
    public, called = (
        [value for value in values if isinstance(value, type) and issubclass(value, losses.Loss)]
        for values in ([getattr(losses, name) for name in losses.__all__], vars(passes).values())
    )
    for family in [getattr(families, name) for name in stubs.signatures()]:
        some = [loss.__name__ for loss in public if issubclass(loss, family)]
        assert not some or any(issubclass(loss, family) for loss in called), f"passes.py calls none of {some}"


def test_no_override_is_ignored():
    stubs_and_modules = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.pyi")]
    assert not [path for path in stubs_and_modules if "ignore[override]" in path.read_text(encoding="utf-8")]
