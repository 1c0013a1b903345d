"""The directive ``run``: Python code that is executed when the site is built, with what it prints and draws.

The blocks of one page share their names, in the order in which they stand. Options: ``hide`` leaves out the code.
"""

import contextlib
import io
from typing import ClassVar

import pictures
from docutils import nodes
from docutils.parsers.rst import Directive, directives

NAMESPACES: dict[str, dict] = {}


class Run(Directive):
    """Execute a block; an exception in it ends the build."""

    has_content = True
    option_spec: ClassVar = {"hide": directives.flag, "alt": directives.unchanged}

    def run(self):
        """Return the code, its output and its figures."""
        import matplotlib.pyplot as plt

        env = self.state.document.settings.env
        first = not any(env.docname == name for name in NAMESPACES)
        names = NAMESPACES.setdefault(env.docname, {"__name__": "__main__"})
        count = names["__count__"] = 0 if first else names["__count__"] + 1
        code, printed = "\n".join(self.content), io.StringIO()
        with pictures.style():
            with contextlib.redirect_stdout(printed):
                exec(compile(code, f"{env.docname}, block {count}", "exec"), names)
            drawn = [
                pictures.save(plt.figure(number), env.srcdir / "_pictures", f"{env.docname}-{count}-{number}")
                for number in plt.get_fignums()
            ]
        found = [] if "hide" in self.options else [nodes.literal_block(code, code, language="python")]
        output = printed.getvalue().rstrip()
        kept = env.printed_by_blocks = getattr(env, "printed_by_blocks", {})
        kept[env.docname] = [*kept.get(env.docname, [])[:count], output]
        if output:
            found.append(nodes.literal_block(output, output, language="text", classes=["output"]))
        for files in drawn:
            found.append(nodes.container("", *image_nodes(files, self.options.get("alt", "")), classes=["drawing"]))
        plt.close("all")
        return found


def image_nodes(files, alt):
    """Return the images of a picture: one for light pages, one for dark ones."""
    return [nodes.image(uri=f"/_pictures/{name}", alt=alt, classes=[f"only-{mode}"]) for mode, name in files.items()]
