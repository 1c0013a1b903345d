"""Write the stubs that tell type checkers what exists only at run time: ``python -m tests.stubs``.

`losses/__init__.pyi` spells out the table of names. `losses/_loss/families.pyi` spells out the methods of each family
of signatures: their bodies stand once in `_loss/methods.py`, and take any arrays.
"""

import ast
import re
from pathlib import Path

import losses
from losses import _types
from losses._loss import families, methods
from losses._loss.base import Loss
from losses._loss.signature import Signature

PACKAGE = Path(losses.__file__).parent
WIDTH = 120
NOTE = '"""{}\n\nWritten by ``python -m tests.stubs``: don\'t edit it.\n"""\n'


def names() -> str:
    """Return the stub of the package."""
    lines = [f"from losses import {module} as {module}" for module in vars(losses)["_MODULES"]]
    for module, public in sorted(vars(losses)["_NAMES"].items()):
        lines += [f"from losses.{module} import {name} as {name}" for name in sorted(public, key=_as_sorted_by_ruff)]
    exported = "".join(f'    "{name}",\n' for name in sorted(losses.__all__, key=_as_sorted_by_ruff))
    note = NOTE.format("The public names.")
    return note + "\n" + "\n".join(lines) + f"\n\n__version__: str\n__all__ = [\n{exported}]\n"


def _as_sorted_by_ruff(name: str) -> tuple[int, str]:
    """Order constants before classes before functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


# ------------------------------------------------------------------------------------------------------- families


def signatures() -> dict[str, Signature]:
    """Return the signatures by family."""
    return {
        name: value.signature
        for name, value in vars(families).items()
        if isinstance(value, type) and issubclass(value, Loss) and value.__module__ == families.__name__
    }


def families_and_methods() -> str:
    """Return the stub of the families."""
    known = signatures()
    public = _public_methods()
    needed = {"Array", "ArrayLike"} | {
        name for _, _, result in public for name in re.findall(r"[A-Z]\w+", result) if name != "Derivative"
    }
    modules: dict[str, set[str]] = {"losses._loss.base": {"Loss"}}
    for name in needed:
        module = _types.__name__ if name in _types.__all__ else getattr(methods, name).__module__
        modules.setdefault(module, set()).add(name)
    imports = "".join(f"from {module} import {', '.join(sorted(modules[module]))}\n" for module in sorted(modules))
    parts = [NOTE.format("The methods of losses, by the arrays that they take.")]
    parts.append(f"\nfrom typing import Any, Protocol, Self, overload\n\n{imports}")
    for name, signature in known.items():
        parts.append(f"\nclass {name}(Loss):\n")
        parts += [_method(signature, *method) for method in public]
        parts += [_sum(known, operator, name) for operator in ("__add__", "__sub__")]
        parts.append("    def __radd__(self, other: int) -> Self: ...\n")
        parts.append(f"    def __mul__(self, factor: float) -> {name}: ...\n")
        parts.append(f"    def __rmul__(self, factor: float) -> {name}: ...\n")
        parts.append(f"    def __truediv__(self, divisor: float) -> {name}: ...\n")
        parts.append(f"    def __neg__(self) -> {name}: ...\n")
    for arrays in dict.fromkeys(signature.positional for signature in known.values()):
        parts.append(f"\nclass {_taking(arrays)}(Protocol):\n")
        parts.append(_function("value", [f"{array}: ArrayLike" for array in arrays], [], "Any"))
    return "".join(parts)


def _public_methods() -> list[tuple[str, list[str], str]]:
    """Return the methods of every loss: name, arguments after the arrays, and what is written as the result."""
    tree = ast.parse(Path(methods.__file__).read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Methods")
    return [
        (node.name, [argument.arg for argument in node.args.kwonlyargs], ast.unparse(node.returns))
        for node in body
        if isinstance(node, ast.FunctionDef) and node.returns and (node.name[0] != "_" or node.name == "__call__")
    ]


def _method(signature: Signature, name: str, own: list[str], result: str) -> str:
    """Return a method of losses with this signature."""
    count = len(signature.predictions)
    derivative = "Array" if count == 1 else f"tuple[{', '.join(['Array'] * count)}]"
    if set(signature.predictions) & set(signature.optional):
        derivative = "tuple[Array, ...]"
    several = result.count("Derivative") > 1
    kinds = {"sample_weight": "ArrayLike", "out": f"tuple[{derivative}, {derivative}]" if several else derivative}
    by_name = [f"{array}: ArrayLike" for array in signature.required]
    by_name += [f"{array}: ArrayLike | None = None" for array in signature.optional]
    by_name += [f"{argument}: {kinds[argument]} | None = None" for argument in own]
    positional = [f"{array}: ArrayLike" for array in signature.positional]
    return _function(name, positional, by_name, result.replace("Derivative", derivative))


def _function(name: str, positional: list[str], by_name: list[str], result: str) -> str:
    """Return a method on one line, or where that is too long with one argument a line."""
    arguments = ["self", *positional, *(["*", *by_name] if by_name else [])]
    line = f"    def {name}({', '.join(arguments)}) -> {result}: ...\n"
    if len(line) <= WIDTH + 1:
        return line
    column = "".join(f"        {argument},\n" for argument in arguments)
    return f"    def {name}(\n{column}    ) -> {result}: ...\n"


def _sum(known: dict[str, Signature], operator: str, name: str) -> str:
    """Return addition or subtraction: to which family the result belongs, by that of the other loss.

    Where it belongs to none, it is a `Loss`, which takes anything; so is the sum with a `Loss`.
    """
    results: dict[str, list[str]] = {}
    for other, signature in known.items():
        if _addable(known[name], signature):
            results.setdefault(_family(known, known[name].joined(signature)), []).append(other)
    results["Loss"] = [*results.pop("Loss", []), _taking(known[name].positional)]
    return "".join(
        "    @overload\n" + _function(operator, [f"other: {' | '.join(others)}"], [], result)
        for result, others in results.items()
    )


def _addable(one: Signature, two: Signature) -> bool:
    return (one.positional, one.predictions) == (two.positional, two.predictions)


def _family(known: dict[str, Signature], signature: Signature) -> str:
    """Return the family that takes these arrays, in whatever order the named ones come, or else "Loss"."""
    for name, other in known.items():
        same = set(other.required) == set(signature.required) and set(other.optional) == set(signature.optional)
        if same and _addable(other, signature):
            return name
    return "Loss"


def _taking(arrays: tuple[str, ...]) -> str:
    """Return the name of the protocol of losses that take these arrays by position."""
    return "_Takes" + "And".join(array.title().replace("_", "") for array in arrays)


STUBS = {PACKAGE / "__init__.pyi": names, PACKAGE / "_loss" / "families.pyi": families_and_methods}


def main() -> None:
    """Write both stubs."""
    for path, stub in STUBS.items():
        path.write_text(stub(), encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
