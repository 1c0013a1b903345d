"""The examples in docstrings and in README.md run, and print what they say.

README's Python blocks are doctests: what follows a ``>>>`` line, up to a blank line, is compared with what is printed.
The blocks share one namespace, in the order in which they stand. Numbers are compared to 12 digits, since the last ones
depend on the processor.
"""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import losses

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    [losses.__name__, *(module.name for module in pkgutil.walk_packages(losses.__path__, f"{losses.__name__}."))]
)


NUMBER = re.compile(r"[-+]?\d+\.\d*(?:e[-+]?\d+)?")


class ToRounding(doctest.OutputChecker):
    """Accept other last digits of the numbers that an example prints."""

    def check_output(self, want, got, flags):
        if super().check_output(want, got, flags):
            return True
        wanted, found = ([float(text) for text in NUMBER.findall(output)] for output in (want, got))
        return NUMBER.sub("#", want) == NUMBER.sub("#", got) and found == pytest.approx(wanted, rel=1e-12, abs=0)


def run(test):
    """Run one text of examples; return how many there are."""
    runner = doctest.DocTestRunner(ToRounding())
    with np.printoptions(precision=8, suppress=False, threshold=1000):
        runner.run(test)
    assert runner.failures == 0
    return runner.tries


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    module = pytest.importorskip(name) if ".integrations." in name else importlib.import_module(name)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        run(test)


def public_classes():
    return [member for name in losses.__all__ if inspect.isclass(member := getattr(losses, name))]


@pytest.mark.parametrize("cls", public_classes())
def test_every_public_class_has_an_example_and_its_parameters_explained(cls):
    text = inspect.getdoc(cls)
    assert ">>> " in text
    assert "Parameters\n----------" in text
    assert "Examples\n--------" in text


@pytest.mark.parametrize("name", [name for name in losses.__all__ if inspect.isfunction(getattr(losses, name))])
def test_every_public_function_has_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(losses, name))


def python_blocks(text):
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert run(doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)) > 0
    for block in python_blocks(text):
        assert block.startswith(">>> "), "a block without prompts would not be run"


def test_the_links_of_the_readme_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target
