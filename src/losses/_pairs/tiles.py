"""Work on large arrays in pieces that fit into the cache."""

from collections.abc import Iterator

TILE = 1 << 16
"""Numbers worked on at a time: half a MiB for each temporary of float64."""


def slices(start: int, stop: int, size: int) -> Iterator[slice]:
    """Cut a range into slices of at most so many."""
    for low in range(start, stop, size):
        yield slice(low, min(low + size, stop))
