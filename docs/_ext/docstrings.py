"""Docstrings as Markdown: numpydoc takes them apart, and their text is close to Markdown as it is."""

import inspect
import re
import textwrap

from numpydoc.docscrape import FunctionDoc, NumpyDocString


def parsed(thing):
    """Return the sections of a docstring."""
    return NumpyDocString(inspect.getdoc(thing) or "")


def text(lines):
    """Return lines of a docstring as Markdown."""
    joined = "\n".join(lines) if not isinstance(lines, str) else lines
    joined = re.sub(r"``([^`]+)``", r"`\1`", joined)
    joined = re.sub(r"(?ms)^(=+(?:  +=+)+)\n(.*?)\n\1\n(.*?)\n\1$", table, joined)
    return re.sub(r"\.\. warning::\n(?=\n? )", "**Warning.** ", joined).strip()


def table(found):
    """Return a table of reStructuredText as one of Markdown."""
    starts = [column.start() for column in re.finditer(r"=+", found[1])]

    def row(line):
        cells = [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]
        return "| " + " | ".join(cells) + " |"

    return "\n".join([row(found[2]), "| --- " * len(starts) + "|", *map(row, found[3].split("\n"))])


def summary(thing):
    """Return the first sentence or two: the summary of a docstring."""
    return text(" ".join(line.strip() for line in parsed(thing)["Summary"]))


def unindented(paragraphs):
    """Return a warning's text without its indentation."""
    return re.sub(r"(?m)^ {3,4}(?=\S)", "", paragraphs)


def description(thing):
    """Return the text between the summary and the first section."""
    return unindented(text(parsed(thing)["Extended Summary"]))


def members(section, heading):
    """Return a list of parameters, returns or raises."""
    if not section:
        return ""
    rows = []
    for name, kind, about in section:
        about = " ".join(text(about).split())
        kind = text(kind)
        title = f"**`{name}`**" + (f" ({kind})" if kind else "") if name else f"**{kind}**"
        rows.append(f"- {title}: {about}" if about else f"- {title}")
    return f"\n**{heading}**\n\n" + "\n".join(rows) + "\n"


def examples(thing):
    """Return the examples as a block of code."""
    lines = parsed(thing)["Examples"]
    return "```pycon\n" + "\n".join(lines).strip("\n") + "\n```\n" if lines else ""


def references(thing):
    """Return the sources."""
    return text(parsed(thing)["References"])


def function(thing):
    """Return the whole docstring of a function or method."""
    doc = FunctionDoc(thing)
    parts = [text(doc["Summary"]), "\n" + text(doc["Extended Summary"])]
    for name in ("Parameters", "Returns", "Yields", "Raises"):
        parts.append(members(doc[name], name))
    parts += [notes(doc), "\n" + examples(thing)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip()


def notes(doc):
    """Return what stands under "Notes"."""
    return "\n" + text(doc["Notes"]) + "\n" if doc["Notes"] else ""


def source(thing):
    """Return the code of a class or function, without its docstring."""
    code = textwrap.dedent(inspect.getsource(thing))
    found = inspect.getdoc(thing)
    return re.sub(r'\n    """.*?"""\n', "\n", code, count=1, flags=re.DOTALL) if found else code
