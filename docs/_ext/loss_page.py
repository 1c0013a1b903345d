"""The page of a loss: what its docstring says, what it is, and what it looks like."""

import dataclasses
import inspect
import re

import docstrings
import peers
from catalogue import example, uses
from pictures import image

import losses

HOOKS = {
    "formula": "loss",
    "derivative": "derivative",
    "second_derivative": "Hessian",
    "curvature_formula": "curvature",
}
PROPERTIES = {
    "is_convex": "convex",
    "is_differentiable": "differentiable",
    "is_twice_differentiable": "twice differentiable",
    "is_symmetric": "symmetric",
}


def loss_page(cls, said, files, named):
    """Return the page of a loss."""
    about = said.get(cls.__name__, {})
    parts = [
        f"# {cls.__name__}\n",
        f"```{{py:class}} {cls.__name__}({call(cls)})\n:module: losses\n```\n",
        docstrings.summary(cls),
        badges(cls, about),
        images(cls, files),
        docstrings.description(cls),
        "\n## Parameters\n" + docstrings.members(docstrings.parsed(cls)["Parameters"], "").replace("****\n", ""),
        "\n## Example\n\n" + docstrings.examples(cls),
        in_use(cls),
        arrays(cls, about),
        formulas(cls),
        constant(about),
        relations(cls, said),
        peers.of_loss(cls.__name__, named),
        section("Source", docstrings.references(cls)),
        code(cls),
    ]
    return "\n\n".join(part for part in parts if part)


def section(title, text):
    """Return a section, or nothing if there is no text."""
    return f"## {title}\n\n{text}" if text else ""


def call(cls):
    """Return the parameters of a loss as they are written in a call."""
    shown = ["*"]
    for field in sorted(dataclasses.fields(cls), key=lambda field: field.name == "reduction"):
        if field.init:
            required = field.default is dataclasses.MISSING
            shown.append(field.name if required else f"{field.name}={field.default!r}")
    return ", ".join(shown)


def badges(cls, about):
    """Return the properties as badges; those that depend on parameters are those of the first loss drawn."""
    loss = example(cls, about)
    if loss is None or type(loss) is not cls:
        return ""
    found = []
    for name, word in PROPERTIES.items():
        answer = getattr(loss, name)
        if answer is not None:
            found.append(f"{{bdg-{'success' if answer else 'secondary-line'}}}`{word if answer else 'not ' + word}`")
    if loss.lipschitz is not None:
        found.append(f"{{bdg-info}}`Lipschitz {loss.lipschitz:.4g}`")
    if loss.smoothness is not None:
        found.append(f"{{bdg-info}}`smoothness {loss.smoothness:.4g}`")
    if "bound" in about:
        found.append(f"{{bdg-info}}`bounded by {about['bound'][0]:.4g}`")
    if loss.kinks:
        found.append("{bdg-warning}`kinks at " + ", ".join(f"{kink:g}" for kink in loss.kinks) + "`")
    depends = any(isinstance(inspect.getattr_static(cls, name, None), property) for name in (*PROPERTIES, "lipschitz"))
    of = f" <small>of `{loss!r}`</small>" if depends and repr(loss) != f"{cls.__name__}()" else ""
    return " ".join(found) + of if found else ""


def images(cls, files):
    """Return the pictures of a loss, side by side where there is room."""
    if not files:
        return ""
    alts = [f"{what} of {cls.__name__}" for what in ("Loss", "Derivative", "Weight or curvature")]
    inner = "\n".join(image(written, alt) for written, alt in zip(files, alts, strict=True))
    return f"::::{{div}} curves\n{inner}\n::::\n"


def arrays(cls, about):
    """Return what the methods take, and what the arrays may hold."""
    signature, loss = cls.signature, example(cls, about)
    said = {name: text for name, _, text in docstrings.parsed(cls.value)["Parameters"]}
    domains = loss.domains() if hasattr(loss, "domains") and type(loss) is cls else {}
    rows = []
    for name in signature.names:
        words = " ".join(docstrings.text(said.get(name, "")).split())
        rule = getattr(domains.get(name), "rule", "")
        optional = " (optional)" if name in signature.optional else ""
        rows.append(f"- **`{name}`**{optional}: {words}" + (f" {sentence(rule)}" if rule else ""))
    columns = getattr(cls, "columns", ())
    if columns:
        rows.append(f"- the last axis of `{signature.predictions[0]}` holds: {', '.join(f'`{c}`' for c in columns)}")
    return section("Data", f"```python\nloss.{signature.call('value')}\n```\n\n" + "\n".join(rows))


def sentence(rule):
    """Return a rule as a sentence."""
    return rule[:1].upper() + rule[1:] + "."


def formulas(cls):
    """Return what the class says of its hooks: loss, derivative, Hessian and curvature."""
    rows = []
    for hook, word in HOOKS.items():
        method = getattr(cls, hook, None)
        if method is None or not method.__doc__ or method.__qualname__.split(".")[0] in GENERAL:
            continue
        rows.append(f"- **{word}**: {docstrings.summary(method).removeprefix('Return ')}")
    if not rows:
        return ""
    if "urvature" not in docstrings.description(cls) and not any(row.startswith("- **curvature**") for row in rows):
        rows.append("- **curvature**: the Hessian, kept positive.")
    return section("Derivatives and curvature", "\n".join(rows) + "\n\n" + CURVATURE)


GENERAL = {"ElementwiseLoss", "MarginLoss", "RowLoss", "PairwiseLoss", "ListwiseLoss", "SampleLoss", "TargetLoss"}
CURVATURE = (
    "The curvature is what [boosters and Newton-like solvers](../guide.md#solvers-and-boosters) divide by; it "
    "is always positive."
)


def constant(about):
    """Return the best constant prediction."""
    return section("Best constant", f"The constant prediction with the least loss: {about['best']}.")


def relations(cls, said):
    """Return the losses that are the same."""
    rows = [f"- `{one}` is `{two}`." for one, two in said["same"] if re.search(rf"\b{cls.__name__}\(", one + two)]
    known = [row for row in rows if all(name in losses.__all__ for name in re.findall(r"\b([A-Z]\w+)\(", row))]
    return section("Relations", "\n".join(known))


def in_use(cls):
    """Return the examples and pages that use a loss."""
    rows = [f"- [{title}](../{page})" for title, (page, names) in uses().items() if cls.__name__ in names]
    return section("In use", "\n".join(rows))


def code(cls):
    """Return the class's code."""
    text = docstrings.source(cls)
    return f"## Code\n\n:::{{dropdown}} {cls.__name__} as it is written\n```python\n{text.strip()}\n```\n:::"
