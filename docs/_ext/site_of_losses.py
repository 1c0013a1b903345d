"""The part of the documentation that is made from the library itself. Each module of this folder makes one thing."""

import copies
import crossrefs
import pages
import run
import which


def setup(app):
    """Let Sphinx call what makes the pages, links, executed examples and Markdown copies."""
    app.connect("builder-inited", pages.write)
    app.add_directive("run", run.Run)
    app.add_directive("which-loss", which.WhichLoss)
    app.add_post_transform(crossrefs.LinkNames)
    app.connect("html-page-context", crossrefs.let_code_break)
    app.connect("build-finished", copies.write)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
