"""The losses by family, and what losses.toml says of them."""

import ast
import inspect
import re
import tomllib
from pathlib import Path

import curves

import losses

DOCS = Path(__file__).parents[1]
TITLES = {
    "regression": "Regression",
    "deviance": "Counts and amounts",
    "distribution": "Distributions, quantiles, ensembles",
    "survival": "Survival",
    "ordinal": "Ordered grades",
    "binary": "Two classes and many labels",
    "margin": "Margins",
    "categorical": "Classes",
    "likelihood": "Classes: likelihoods",
    "multiclass": "Classes: margins",
    "region": "Regions",
    "embedding": "Embeddings",
    "sequence": "Sequences",
    "language": "Language models",
    "pairwise": "Ranking by pairs",
    "listwise": "Ranking by lists",
    "preference": "Preferences",
}
"""The families in the order of the site; others come after them, by the names of their modules."""


def notes():
    """Return what losses.toml says, by loss."""
    return tomllib.loads((DOCS / "losses.toml").read_text(encoding="utf-8"))


def families():
    """Return the losses of each family, in the order of the site."""
    found = {}
    for module, names in losses._NAMES.items():
        kinds = [getattr(losses, name) for name in names if not module.startswith("_")]
        kinds = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, losses.Loss)]
        if kinds:
            found[module] = sorted(kinds, key=lambda kind: inspect.getsourcelines(kind)[1])
    order = [*TITLES, *sorted(found.keys() - TITLES.keys())]
    return {module: found[module] for module in order if module in found}


def uses():
    """Return the pages that use losses in code, by title: where they are, and the names in their code."""
    found = {}
    for script in sorted((DOCS / "examples").glob("*.py")):
        tree = ast.parse(script.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        found[ast.get_docstring(tree).partition("\n")[0]] = f"gallery/{script.stem}.rst", names
    for page in sorted((DOCS / "start").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        code = "\n".join(re.findall(r"(?ms)^```\{run\}\n(.*?)^```", text))
        found[text.partition("\n")[0].removeprefix("# ")] = f"start/{page.name}", set(re.findall(r"\w+", code))
    return found


def example(cls, about):
    """Return a loss of this class: the one that is drawn first, or the one without parameters."""
    try:
        return cls()
    except TypeError:
        drawn = about.get("curves", [None])[0]
        return drawn and curves.evaluated(drawn if isinstance(drawn, str) else drawn[1])
