"""The page of everything public that isn't a loss: methods, bases, functions, monitor and proofs."""

import importlib
import inspect

import docstrings

import losses
from losses import monitor, testing


def reference_page():
    """Return the page of everything public that isn't a loss: methods, bases, functions, monitor and proofs."""
    machinery = [name for module, names in losses._NAMES.items() if module.startswith("_") for name in names]
    bases = [name for name in machinery if isinstance(getattr(losses, name), type)]
    functions = [name for name in losses.__all__ if inspect.isfunction(getattr(losses, name))]
    parts = [
        "# Methods, bases and functions",
        "## The methods of every loss\n\n`losses.Loss` is the base of all losses. Losses of other arrays name these "
        "instead of `y_true` and `y_pred`: see their pages.",
        *(entry("method", "losses", f"Loss.{name}", method(name)) for name in methods()),
        "## Bases for losses of your own",
        *(base(getattr(losses, name)) for name in bases),
        "## Functions",
        *(entry("function", "losses", name, getattr(losses, name)) for name in functions),
        "## losses.testing",
        *(entry("function", "losses.testing", name, getattr(testing, name)) for name in testing.__all__),
        "## losses.monitor",
        *(class_entry("losses.monitor", kind) for kind in (monitor.TrainingMonitor, monitor.Diagnosis)),
        *integrations(),
    ]
    return "\n\n".join(parts)


def methods():
    """Return the names of the methods of losses."""
    public = [name for name in dir(losses.MSE) if not name.startswith("_")]
    of_all = [name for name in public if inspect.isfunction(getattr(losses.Loss, name, None))]
    first = ["value", "grad", "value_and_grad", "hess", "curvature", "grad_and_curvature"]
    return [*first, *(name for name in of_all if name not in first)]


def method(name):
    """Return a method of losses with its arguments, or as the base describes it where that says more."""
    return max(getattr(losses.MSE, name), getattr(losses.Loss, name), key=lambda found: len(found.__doc__ or ""))


def entry(kind, module, name, thing):
    """Return the entry of a function or method."""
    return f"````{{py:{kind}}} {name}({names_of(thing)})\n:module: {module}\n\n{docstrings.function(thing)}\n````"


def names_of(thing):
    """Return the arguments of a function, without their types."""
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(thing).parameters.values()]
    shown = inspect.Signature([p for p in parameters if p.name != "self"])
    return str(shown)[1:-1]


def base(cls):
    """Return the entry of a base class."""
    about = [docstrings.summary(cls), docstrings.description(cls), docstrings.examples(cls)]
    return f"````{{py:class}} {cls.__name__}\n:module: losses\n\n" + "\n\n".join(about) + "\n````"


def class_entry(module, cls):
    """Return the entry of a class with its public methods."""
    own = {name: thing for name, thing in vars(cls).items() if not name.startswith("_")}
    said = docstrings.members(docstrings.parsed(cls)["Parameters"], "Parameters")
    values = [f"- **`{name}`**: {member.value}" for name, member in getattr(cls, "__members__", {}).items()]
    for name, thing in own.items():
        if isinstance(thing, property) and thing.__doc__:
            values.append(f"- **`{name}`**: {docstrings.summary(thing)}")
    about = [docstrings.summary(cls), docstrings.description(cls), said, "\n".join(values), docstrings.examples(cls)]
    body = "\n\n".join(part for part in about if part)
    head = f"````{{py:class}} {cls.__name__}\n:module: {module}\n\n{body}\n````"
    methods = [thing for thing in own.values() if inspect.isfunction(thing) and thing.__doc__]
    return "\n\n".join([head, *(entry("method", module, f"{cls.__name__}.{f.__name__}", f) for f in methods)])


def integrations():
    """Return the entries of the adapters for other libraries, those of libraries that are installed."""
    try:
        package = importlib.import_module("losses.integrations")
    except ModuleNotFoundError:
        return []
    found = ["## losses.integrations"]
    for name in sorted(package._WHERE):
        try:
            thing = getattr(package, name)
        except ImportError:
            continue
        if isinstance(thing, type):
            found.append(class_entry("losses.integrations", thing))
        else:
            found.append(entry("function", "losses.integrations", name, thing))
    return found
