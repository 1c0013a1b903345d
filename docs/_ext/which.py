"""The directive ``which-loss``: the table of the front page, from which.toml."""

import tomllib
from pathlib import Path

import peers
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

import losses

FILE = Path(__file__).parents[1] / "which.toml"


def rows():
    """Return the rows of which the losses are there."""
    found = []
    for data, names, line, arrays in tomllib.loads(FILE.read_text(encoding="utf-8"))["rows"]:
        if peers.known(line):
            found.append((data, [name for name in names if name in losses.__all__], line, arrays))
    return found


def table():
    """Return the table as Markdown."""
    lines = ["| your data | losses | one line |", "| --- | --- | --- |"]
    for data, names, line, _ in rows():
        lines.append(f"| {data} | {', '.join(f'`{name}`' for name in names)} | `{line}` |")
    return "\n".join(lines)


class WhichLoss(Directive):
    """Make the table; the names in it become links, as everywhere."""

    def run(self):
        """Return the table, made anew in each build, since it follows the library."""
        self.state.document.settings.env.note_reread()
        holder = nodes.container(classes=["wide", "stacked", "front-table"])
        self.state.nested_parse(StringList(table().splitlines(), source=str(FILE)), 0, holder)
        return [holder]
