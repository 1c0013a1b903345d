"""What the documentation says of the losses is true: its tables are data, and each row is run here."""

import re
import runpy
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import losses

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS / "_ext"))
pytest.importorskip("matplotlib", reason="the pages of the losses are drawn by Matplotlib")
pytest.importorskip("numpydoc", reason="the pages of the losses are made by numpydoc")
pytest.importorskip("docutils", reason="the pages of the losses are made by Sphinx")

import accuracy  # noqa: E402
import catalogue  # noqa: E402
import curves  # noqa: E402
import docstrings  # noqa: E402
import loss_page  # noqa: E402
import peers  # noqa: E402
import which  # noqa: E402
from numpydoc.validate import validate  # noqa: E402

from losses._testing.search import fits  # noqa: E402

LOSSES = [kind for kinds in catalogue.families().values() for kind in kinds]
SAID = catalogue.notes()
ROWS = [row for about in peers.read().values() for row in about["rows"]]


def test_every_loss_is_in_a_family():
    assert len(LOSSES) == len(losses.available())


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_every_array_is_explained(kind):
    said = {name: text for name, _, text in docstrings.parsed(kind.value)["Parameters"]}
    assert all(any(said[name]) for name in kind.signature.names), said


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_every_page_is_complete(kind):
    """Badges, pictures, curvature, a source, an example, and the best constant."""
    about = SAID.get(kind.__name__, {})
    assert about.get("best")
    assert loss_page.badges(kind, about)
    assert curves.picture(kind, about)
    assert "urvature" in docstrings.description(kind) or "**curvature**" in loss_page.formulas(kind)
    assert "====" not in docstrings.description(kind)
    assert docstrings.references(kind)
    assert docstrings.examples(kind)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.library} {row.name}")
def test_names_in_other_libraries(row):
    loss = curves.evaluated(row.ours)
    assert isinstance(loss, losses.Loss)


@pytest.mark.parametrize("row", which.rows(), ids=lambda row: row[0])
def test_lines_of_the_front_page(row):
    _, names, line, arrays = row
    value, grad = curves.evaluated(line, **curves.evaluated(f"dict({arrays})"))
    assert np.isfinite(value)
    assert any(np.any(part) for part in (grad if isinstance(grad, tuple) else (grad,)))
    assert names


@pytest.mark.parametrize(("one", "two"), [pair for pair in SAID["same"] if all(map(peers.known, pair))])
def test_losses_that_are_said_to_be_the_same(one, two):
    one, two = curves.evaluated(one), curves.evaluated(two)
    common = [fit for fit in fits(one, seed=0) if set(fit.makers) <= set(two.signature.names)]
    assert common
    for fit in common:
        for seed in range(5):
            arrays = fit.make(9, np.random.default_rng(seed))
            for method in ("value", "grad"):
                found, expected = (call(loss, method, arrays) for loss in (one, two))
                np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def call(loss, method, arrays):
    named = {name: array for name, array in arrays.items() if name not in loss.signature.positional}
    return getattr(loss, method)(*(arrays[name] for name in loss.signature.positional), **named)


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_pictures(kind):
    """Where a loss is drawn, its derivative is that of its curve."""
    picture = curves.picture(kind, SAID[kind.__name__])
    low, high = picture.ends
    step = 1e-5 * (high - low)
    for curve in picture.curves:
        for x in np.linspace(low, high, 12)[1:-1] + 0.0123 * (high - low):
            (before, *_), (_, slope, bend), (after, *_) = (
                curves.along(curve, x + move, step) for move in (-step, 0.0, step)
            )
            assert slope == pytest.approx((after - before) / (2 * step), rel=1e-4, abs=1e-4)
            assert bend >= 0


@pytest.mark.parametrize("kind", [kind for kind in LOSSES if "bound" in SAID[kind.__name__]], ids=lambda k: k.__name__)
def test_bounded_losses(kind):
    """No data lead beyond the bound, and some come near it."""
    loss, (bound, arrays) = kind(reduction="none"), SAID[kind.__name__]["bound"]
    assert bound * 0.9 < np.max(call(loss, "value", curves.evaluated(f"dict({arrays})"))) <= bound * (1 + 1e-15)
    for fit in fits(loss, seed=0):
        for seed in range(50):
            assert np.max(call(loss, "value", fit.make(9, np.random.default_rng(seed)))) <= bound


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_accuracy(kind):
    loss = catalogue.example(kind, SAID.get(kind.__name__, {}))
    if loss is None:
        pytest.skip("the loss has no example")
    found = accuracy.largest_errors(loss, draws=2)
    assert all(errors.keys() == {"value", "grad"} for errors in found.values())
    assert accuracy.worst(found) <= accuracy.limit(loss)


def test_every_table_of_losses_toml_is_of_a_loss():
    said = tomllib.loads((DOCS / "losses.toml").read_text(encoding="utf-8"))
    assert said.keys() - {"same"} <= set(losses.__all__)


def test_no_name_is_misspelt():
    """Rows whose losses aren't there are left out of the pages, so a wrong spelling would not be seen."""
    named = {name for row in all_peers() for name in peers.names(row[1])}
    named |= {name for _, names, line, _ in all_lines() for name in (*names, *peers.names(line))}
    named |= {name for pair in SAID["same"] for code in pair for name in peers.names(code)}
    assert named <= set(losses.__all__)


def all_peers():
    return [row for about in tomllib.loads(peers.FILE.read_text(encoding="utf-8")).values() for row in about["rows"]]


def all_lines():
    return tomllib.loads(which.FILE.read_text(encoding="utf-8"))["rows"]


def test_broken_links_are_found(tmp_path):
    (tmp_path / "a.html").write_text('<p id="here"><a href="b.html#there">b</a><a href="#here">here</a></p>')
    (tmp_path / "b.html").write_text('<p id="there"><a href="a.html">a</a></p>')
    problems = runpy.run_path(str(DOCS / "check_links.py"))["problems"]
    assert problems(tmp_path) == []
    (tmp_path / "b.html").write_text('<a href="c.html">c</a><script src="https://example.org/x.js"></script>')
    assert problems(tmp_path) == [
        "a.html: b.html#there has no such place",
        "b.html loads https://example.org/x.js",
        "b.html: c.html is not there",
    ]


def test_markdown_of_a_page():
    """Layout goes, code stays, and what a block printed follows it."""
    copies = pytest.importorskip("copies")
    card = ":::{grid-item-card} Start\n:link: start/index\n:link-type: doc\nHere.\n:::\n[one](../gallery/one.rst)\n"
    assert copies.plain(card, iter([])) == "- [Start](start/index.md)\nHere.\n\n[one](../gallery/one.md)\n"
    assert copies.plain("```{which-loss}\n```\n", iter([])) == which.table() + "\n"
    page = ":::{div} wide\n| a |\n:::\n{bdg-success}`convex`\n```{run}\nprint(1)\n```\n```{run}\n:hide:\nx = 1\n```\n"
    expected = "| a |\n\n*convex*\n```python\nprint(1)\n```\n\n```text\n1\n```\n"
    assert copies.plain(page, iter(["1", ""])) == expected


@pytest.mark.parametrize("path", [*DOCS.glob("*.md"), *DOCS.glob("start/*.md")], ids=lambda path: path.stem)
def test_no_directive_is_left_in_the_markdown_of_a_page(path):
    copies = pytest.importorskip("copies")
    assert not re.search(r"(?m)^[`:]{3,}\{", copies.plain(copies.whole(path), iter([])))


ALLOWED = {
    "SA01": "related losses stand on the loss's page",
    "ES01": "a first line that is a formula may be enough",
    "PR03": "`reduction` stands last, though it comes first from the base class",
    "PR08": "a description may begin with a formula's letter",
    "PR04": "arrays that stand together share a type",
}
"""What numpydoc asks for and is not done, with the reason."""


@pytest.mark.parametrize("name", sorted(losses.__all__))
def test_docstrings_are_complete(name):
    """As numpydoc sees it: sections, parameters, their order and types, full stops, blank lines."""
    problems = [error for error in validate(f"losses.{name}")["errors"] if error[0] not in ALLOWED]
    assert not problems
