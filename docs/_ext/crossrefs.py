"""Link `Huber` and `Huber(delta=2.0)` where they stand as code, to the pages of these names."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

import losses

NAME = re.compile(r"(?:losses\.)?(?P<name>\w+)(?:\((?:[^()]|\([^()]*\))*\))?")
"""A name, or a call whose arguments may be calls or tuples."""


class LinkNames(SphinxPostTransform):
    """Turn code that is a public name, or a call of one, into a link to its page."""

    default_priority = 5

    def run(self, **kwargs):
        """Look at every piece of code of the page that isn't a link already, and isn't in a heading."""
        domain = self.env.get_domain("py")
        for node in [*self.document.findall(nodes.literal), *self.document.findall(nodes.title_reference)]:
            found = NAME.fullmatch(node.astext())
            if not found or found["name"] not in losses.__all__ or inside(node, nodes.reference, nodes.title):
                continue
            target = domain.objects.get(f"losses.{found['name']}")
            if target is None or target.docname == self.env.docname:
                continue
            uri = self.app.builder.get_relative_uri(self.env.docname, target.docname)
            link = nodes.reference("", "", nodes.literal("", node.astext()), internal=True, refuri=uri)
            node.replace_self(link)


def let_code_break(app, pagename, templatename, context, doctree):
    """Let lines break inside code that stands in text or in a table, after a dot, an underscore and the like."""
    if "body" in context:
        context["body"] = CODE.sub(lambda found: PLACES.sub(r"\g<0><wbr>", found[0]), context["body"])


CODE = re.compile(r'(?<=<span class="pre">)[^<]+')
PLACES = re.compile(r"(?<=\w)[.(_=](?!\))|,(?=.)")


def inside(node, *kinds):
    """Return whether a node lies in one of some kinds."""
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False
