"""The names of losses in other libraries, from peers.toml: a page for each library, and a table for each loss."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import losses

FILE = Path(__file__).parents[1] / "peers.toml"


class Peer(NamedTuple):
    """A loss of another library: its name there, what it is here, and what differs."""

    library: str
    name: str
    ours: str
    differs: str


def read():
    """Return the libraries with their titles, introductions and losses; those whose loss isn't here are left out."""
    libraries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    for library, about in libraries.items():
        about["rows"] = [row for each in about["rows"] if known((row := Peer(library, *each)).ours)]
    return libraries


def known(ours):
    """Return whether all the losses that some code names are here."""
    return all(name in losses.__all__ for name in names(ours))


def names(code):
    """Return the losses that a piece of code names."""
    return re.findall(r"(?<![\w.])([A-Z]\w*)\(", code)


def pages(libraries):
    """Return the page of each library, and the one that leads to them."""
    found = {library: page(about) for library, about in libraries.items()}
    cards = "\n".join(
        f":::{{grid-item-card}} {about['title']}\n:link: {library}\n:link-type: doc\n:::"
        for library, about in libraries.items()
    )
    listed = "\n".join(libraries)
    found["index"] = (
        "# Coming from another library\n\nWhat a loss is called there, what it is called here, and what differs. "
        "Everywhere: the order is `(y_true, y_pred)`, gradients are returned and need no tape, and results are NumPy "
        f"arrays.\n\n::::{{grid}} 2 3 3 3\n:gutter: 2\n\n{cards}\n::::\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )
    return found


def page(about):
    """Return the page of one library."""
    rows = "\n".join(f"| `{row.name}` | {code(row.ours)} | {row.differs} |" for row in about["rows"])
    table = f"| {about['title']} | losses | what differs |\n| --- | --- | --- |\n{rows}"
    return f"# Coming from {about['title']}\n\n{about['about'].strip()}\n\n:::{{div}} wide stacked\n{table}\n:::\n"


def code(ours):
    """Return our name as code, or as the text that it is."""
    return ours if "`" in ours else f"`{ours}`"


def of_loss(name, libraries):
    """Return the section of a loss's page on what others call it."""
    rows = [
        f"| {about['title']} | `{row.name}` | {code(row.ours)} | {row.differs} |"
        for about in libraries.values()
        for row in about["rows"]
        if name in names(row.ours)
    ]
    if not rows:
        return ""
    head = "| library | there | here | what differs |\n| --- | --- | --- | --- |\n"
    return f"## In other libraries\n\n:::{{div}} wide stacked\n{head}" + "\n".join(rows) + "\n:::\n"
