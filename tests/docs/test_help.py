"""What `help` shows of the public classes: short, and of names that a reader can import or guess."""

import contextlib
import inspect
import operator
import pydoc
import re

import pytest

import losses

CLASSES = [value for name in losses.__all__ if isinstance(value := getattr(losses, name), type)]
each_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def members(cls):
    """Return the functions that `help` shows of a class, by name, and the class itself."""
    found = {name: value for name, value in inspect.getmembers(cls, callable) if pydoc.visiblename(name, obj=cls)}
    return {"": cls} | {name: value for name, value in found.items() if inspect.isfunction(value)}


@each_class
def test_signatures_are_short_and_show_no_private_name(cls):
    for name, member in members(cls).items():
        signature = inspect.signature(member)
        annotations = [parameter.annotation for parameter in signature.parameters.values()]
        for annotation in [*annotations, signature.return_annotation]:
            if annotation is not inspect.Parameter.empty:
                shown = inspect.formatannotation(annotation)
                assert len(shown) < 60, f"{name}: {shown}"
                assert not re.search(r"\b_\w|\._|<function|typing\.", shown), f"{name}: {shown}"
        assert len(str(signature)) < 240


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls is not losses.Loss], ids=lambda cls: cls.__name__)
def test_every_array_is_explained(cls):
    """In numpydoc, an entry is a line ``name : kind`` with a description below it."""
    text = inspect.getdoc(cls.value)
    for name in (*cls.signature.names, "sample_weight"):
        assert re.search(rf"^{name} : array_like(, optional)?\n    \S", text, re.MULTILINE), name


@each_class
def test_docstrings_name_nothing_private(cls):
    for name, member in members(cls).items():
        if name[:2] != "__":
            assert not re.search(
                r"(?<![\w*])_[a-z]\w*(?!\w*\()|losses\._|{(?:predictions|derivative)}", inspect.getdoc(member) or ""
            ), name


@each_class
def test_help_is_no_longer_than_it_needs_to_be(cls):
    lines = pydoc.plain(pydoc.render_doc(cls)).splitlines()
    own = len((inspect.getdoc(cls) or "").splitlines())
    assert len(lines) - own < 310


def resolves(cls, text):
    """Return whether what stands in backticks is an array of the loss, or found from its class or the package."""
    name = text.split("(")[0].removeprefix("losses.")
    if name in (*cls.signature.names, "sample_weight", "out"):
        return True
    for start in (cls, losses):
        with contextlib.suppress(AttributeError):
            operator.attrgetter(name)(start)
            return True
    return False


@each_class
def test_what_methods_refer_to_can_be_found(cls):
    """Of the class itself, whose page names functions of other libraries too, this can't be asked."""
    for name, member in members(cls).items():
        for text in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", inspect.getdoc(member) or "") if name.strip("_") else ():
            assert resolves(cls, text), f"{name}: {text}"
