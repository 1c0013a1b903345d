"""Write the pages that are made from the library: losses, families, other libraries, accuracy."""

import importlib
import inspect
import re

import accuracy
import curves
import docstrings
import peers
from catalogue import DOCS, TITLES, example, families, notes
from loss_page import loss_page
from pictures import image
from reference_page import reference_page

import losses


def write(app):
    """Write all the pages; those that didn't change are left as they are, so that a second build is quick."""
    said, named = notes(), peers.read()
    for old in (DOCS / "loss").glob("*.md"):
        if old.stem not in losses.__all__ and old.stem not in families():
            old.unlink()
    for module, kinds in families().items():
        drawn = {kind: curves.draw(kind, said.get(kind.__name__, {}), DOCS / "_pictures") for kind in kinds}
        for kind in kinds:
            put(f"loss/{kind.__name__}.md", loss_page(kind, said, drawn[kind], named))
        put(f"loss/{module}.md", family_page(module, drawn))
    for name, page in peers.pages(named).items():
        put(f"coming-from/{name}.md", page)
    put("loss/index.md", index_page())
    put("loss/reference.md", reference_page())
    put("accuracy.md", accuracy.page(measured(said)))


def put(name, page):
    """Write a page if it changed."""
    path = DOCS / name
    path.parent.mkdir(exist_ok=True)
    page = re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != page:
        path.write_text(page, encoding="utf-8")


def family_page(module, drawn):
    """Return the page of a family: a small picture of each loss."""
    title = TITLES.get(module, module.capitalize())
    about = inspect.getdoc(importlib.import_module(f"losses.{module}")) or ""
    cards = []
    for kind, files in drawn.items():
        shown = image(files[0], f"Curve of {kind.__name__}") if files else ""
        first = docstrings.summary(kind).split(". ")[0].rstrip(".") + "."
        head = f":::::{{grid-item-card}} {kind.__name__}\n:link: {kind.__name__}\n:link-type: doc"
        cards.append(f"{head}\n\n{shown}\n{first}\n:::::")
    listed = "\n".join(kind.__name__ for kind in drawn)
    grid = "::::::{grid} 1 2 3 3\n:gutter: 3\n\n" + "\n".join(cards) + "\n::::::"
    return f"# {title}\n\n{docstrings.text(about)}\n\n{grid}\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


def index_page():
    """Return the page that leads to the families."""
    cards = []
    for module, kinds in families().items():
        title = TITLES.get(module, module.capitalize())
        names = " ".join(f"`{kind.__name__}`" for kind in kinds)
        cards.append(f"::::{{grid-item-card}}\n\n**[{title}]({module}.md)**\n\n{names}\n::::")
    grid = ":::::{grid} 1 2 2 2\n:gutter: 3\n\n" + "\n".join(cards) + "\n:::::"
    listed = "\n".join(["../losses", *families()])
    return (
        "# The losses\n\nEach has a page: its formula, curve, properties, names in other libraries, an example. "
        f"[All the formulas](../losses.md).\n\n{grid}\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )


def measured(said):
    """Return the largest errors of the losses, by name."""
    every = [example(kind, said.get(kind.__name__, {})) for kinds in families().values() for kind in kinds]
    found = {type(loss).__name__: accuracy.largest_errors(loss) for loss in every if loss is not None}
    for name, errors in found.items():
        if accuracy.worst(errors) > accuracy.LARGEST:
            raise ValueError(f"{name} is less accurate than the page on accuracy says: {errors}")
    return found
