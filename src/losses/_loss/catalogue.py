"""Losses by name, for configuration files."""

import difflib
import importlib
import re
from typing import Any


def snake_case(name: str) -> str:
    """Return the name of a class as a name of a function: BinaryCrossEntropy, ListMLE, SmoothL1 as smooth_l1."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _classes() -> dict[str, type]:
    """Return the public losses by the names of their classes."""
    losses = importlib.import_module("losses")
    base = losses.Loss
    public: dict[str, type] = {}
    for module, names in losses._NAMES.items():
        if not module.startswith("_"):
            public |= {name: kind for name in names if isinstance(kind := getattr(losses, name), type)}
    return {name: kind for name, kind in public.items() if issubclass(kind, base)}


def available() -> list[str]:
    """Return the names of all the losses, as `get` takes them.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> import losses
    >>> "huber" in losses.available()
    True
    """
    return sorted(map(snake_case, _classes()))


def get(name: str, **parameters: Any) -> Any:
    """Return a loss by its name.

    Parameters
    ----------
    name : str
        The class's name, ``"BinaryCrossEntropy"``, or the same in small letters, ``"binary_cross_entropy"``.
    **parameters
        Parameters of the loss.

    Returns
    -------
    Loss
        The loss.

    Raises
    ------
    ValueError
        If there is no loss of this name; the message suggests the nearest.

    Examples
    --------
    >>> import losses
    >>> losses.get("huber", delta=2.0)
    Huber(delta=2.0)
    """
    classes = _classes()
    by_name = {**classes, **{snake_case(each): kind for each, kind in classes.items()}}
    if name not in by_name:
        near = difflib.get_close_matches(str(name), by_name, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"there is no loss {name!r}{hint} (losses.available() lists all)")
    return by_name[name](**parameters)
