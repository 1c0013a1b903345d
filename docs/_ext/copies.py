"""Beside each page its Markdown, and llms.txt, which lists them: for readers that are programs."""

import ast
import re
from pathlib import Path

import docstrings
import which

import losses

INTRODUCTION = """# losses

> Loss functions for NumPy: each one an object with its value, exact gradient and Hessian. The order of the arguments is
> (y_true, y_pred); everything else is keyword-only. `loss.value`, `loss.grad`, `loss.value_and_grad`, `loss.hess`,
> `loss.curvature`, `loss.grad_and_curvature`; `reduction="mean" | "sum" | "none"`; `sample_weight=`, `out=`.
"""

SECTIONS = {
    "loss/": "The losses",
    "coming-from/": "Coming from another library",
    "gallery/": "Examples",
    "start/": "For beginners",
    "": "The library",
}
"""The sections of llms.txt, by how the names of their pages start."""


def write(app, exception):
    """Write the copies, once the pages have been built without an error."""
    if exception is not None or app.builder.format != "html":
        return
    env, out = app.env, Path(app.outdir)
    lines = {heading: [] for heading in SECTIONS.values()}
    for docname in sorted(env.all_docs):
        printed = getattr(env, "printed_by_blocks", {}).get(docname, [])
        text = markdown(Path(env.doc2path(docname)), Path(app.srcdir), printed)
        if text is None:
            continue
        (out / f"{docname}.md").write_text(text, encoding="utf-8")
        heading = next(heading for start, heading in SECTIONS.items() if docname.startswith(start))
        loss = docname.removeprefix("loss/")
        about = f": {docstrings.summary(getattr(losses, loss))}" if loss in losses.__all__ else ""
        lines[heading].append(f"- [{env.titles[docname].astext()}]({docname}.md){about}")
    sections = [f"## {heading}\n\n" + "\n".join(found) for heading, found in lines.items()]
    (out / "llms.txt").write_text("\n\n".join([INTRODUCTION.strip(), *sections]) + "\n", encoding="utf-8")


def markdown(path, srcdir, printed):
    """Return the Markdown of a page: its source without layout, or of an example its text and its code."""
    if path.suffix == ".md":
        return plain(whole(path), iter(printed))
    script = srcdir / "examples" / f"{path.stem}.py"
    if not script.exists():
        return None
    code = script.read_text(encoding="utf-8")
    return f"{ast.get_docstring(ast.parse(code))}\n\n```python\n{code}```\n"


def whole(path):
    """Return the text of a page, with the files that it includes."""

    def included(found):
        text = (path.parent / found[1]).read_text(encoding="utf-8")
        return text.replace(f"]({found[2]}", "](")

    text = path.read_text(encoding="utf-8")
    return re.sub(r"(?m)^```\{include\} (\S+)\n:relative-docs: (\S+)\n```\n", included, text)


def plain(text, printed):
    """Return Markdown without directives that are only layout, and with what its blocks printed."""

    def executed(block):
        output = next(printed, "")
        code = "" if ":hide:" in block[1] else f"```python\n{block[2]}```\n"
        return code + (f"\n```text\n{output}\n```\n" if output else "")

    text = re.sub(r"(?ms)^```\{which-loss\}\n```\n", lambda found: which.table() + "\n", text)
    text = re.sub(r"(?m)^:{3,}\{grid-item-card\} (.*)\n:link: (.*)\n:link-type: doc\n", r"- [\1](\2.md)\n", text)
    text = re.sub(r"(\]\([\w/.-]+)\.rst\b", r"\1.md", text)
    text = re.sub(r"(?ms)^```\{run\}\n((?::.*?\n)*)(.*?)^```\n", executed, text)
    text = re.sub(r"(?ms)^:::\{image\}.*?^:::\n", "", text)
    text = re.sub(r"(?ms)^```\{toctree\}.*?^```\n", "", text)
    text = re.sub(r"\{bdg-[\w-]+\}`([^`]*)`", r"*\1*", text)
    text = re.sub(r"(?ms)^(`{3,})\{py:(\w+)\} (.*?)\n(.*?)^\1\n?", r"**`\3`**\n\4", text)
    text = re.sub(r"(?m)^:{3,}(?:\{(?:div|grid)\}.*|\{[^}]*\} ?(.*)|)$", lambda found: found[1] or "", text)
    text = re.sub(r"(?m)^:(module|link|link-type|gutter|class|hidden|alt|class-\w+):.*\n", "", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
