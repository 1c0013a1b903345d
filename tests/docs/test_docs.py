"""The examples in docstrings, in README.md and in the pages of the documentation run, and print what they say.

Their Python blocks are doctests: what follows a ``>>>`` line, up to a blank line, is compared with what is printed.
The blocks of a page share one namespace, in the order in which they stand. Numbers are compared to 12 digits, since the
last ones depend on the processor.
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
    package, _, module = name.rpartition(".")
    if package == "losses.integrations" and not module.startswith("_"):
        pytest.importorskip(module, reason="the library that this module is for")
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), name):
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


PAGES = [path for path in sorted((ROOT / "docs").glob("**/*.md")) if "\n>>> " in path.read_text(encoding="utf-8")]
WRITTEN = [path for path in PAGES if not {"loss", "_build"} & set(path.relative_to(ROOT / "docs").parts[:-1])]
"""Pages with examples, but for those that are made from docstrings."""


@pytest.mark.parametrize("path", [ROOT / "README.md", *WRITTEN], ids=lambda path: path.stem)
def test_pages(path):
    text = path.read_text(encoding="utf-8")
    for block in python_blocks(text):
        assert block.startswith(">>> ") or path.name != "README.md", "a block without prompts would not be run"
    text = re.sub(r"^```$", "", text, flags=re.MULTILINE)
    for library in re.findall(r"^>>> (?:from|import) (\w+)", text, flags=re.MULTILINE):
        pytest.importorskip(library, reason="the page shows it")
    assert run(doctest.DocTestParser().get_doctest(text, {}, path.name, str(path), 0)) > 0


def test_the_links_of_the_readme_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#:]+)(?:#([^)]*))?\)", text):
        assert (ROOT / target).exists(), target
        if anchor:
            assert anchor in anchors((ROOT / target).read_text(encoding="utf-8")), f"{target}#{anchor}"


def anchors(markdown):
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#+ (.*)$", markdown, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
