"""What evaluation asks of one block."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from losses._evaluation.orders import VALUE, Losses, Order
from losses._types import Array, Box
from losses._walk.summation import Part

Consume: TypeAlias = Callable[[Box, Losses], list[Part]]
"""Takes a block's weighted losses, which may lie where derivatives are about to be written."""


class Asked(NamedTuple):
    """What is wanted of a block, and where it goes.

    Parameters
    ----------
    orders
        What is wanted; the value first.
    factor
        What derivatives are multiplied by.
    targets
        For each derivative, where to write it: an array for each prediction.
    consume
        What takes the weighted losses.
    space
        Whether the targets may be computed in, since no argument lies there.
    """

    orders: tuple[Order, ...]
    factor: Any
    targets: Sequence[Sequence[Array]]
    consume: Consume
    space: bool

    @property
    def value(self) -> bool:
        """Whether the losses are wanted."""
        return self.orders[0] == VALUE

    @property
    def derivatives(self) -> tuple[Order, ...]:
        """Which derivatives are wanted, in the order of their targets."""
        return self.orders[1:] if self.value else self.orders
