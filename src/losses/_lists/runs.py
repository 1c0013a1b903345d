"""Lists of any lengths that lie one after the other."""

import numpy as np

from losses._types import Array


class Runs:
    """How lists lie one after the other; none is empty.

    Parameters
    ----------
    lengths : array (q,)
        How many items each list has.
    """

    def __init__(self, lengths: Array) -> None:
        self.lengths, self.starts = lengths, np.cumsum(lengths) - lengths

    def sums(self, x: Array) -> Array:
        """Return each list's sum."""
        return np.add.reduceat(x, self.starts)

    def highest(self, x: Array) -> Array:
        """Return each list's largest number, NaN if it holds one."""
        return np.maximum.reduceat(x, self.starts)

    def lowest(self, x: Array) -> Array:
        """Return each list's smallest number, NaN if it holds one."""
        return np.minimum.reduceat(x, self.starts)

    def spread(self, lists: Array) -> Array:
        """Return each list's number at each of its items."""
        return np.repeat(lists, self.lengths)
