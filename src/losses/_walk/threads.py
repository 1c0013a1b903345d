"""Walking blocks with one thread or several, with the same result."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from losses._types import Box

if TYPE_CHECKING:  # imported where it is needed, since it takes longer to import than all the rest
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


def set_num_threads(n: int) -> None:
    """Set how many threads evaluate the blocks of large arrays.

    The results do not depend on it, bit for bit. At import it is 1, or the environment variable
    ``LOSSES_NUM_THREADS``. The setting holds for the whole process.

    Parameters
    ----------
    n
        Number of threads, at least 1; more than the machine has cores gains nothing.

    Raises
    ------
    ValueError
        If `n` isn't a positive integer.

    Examples
    --------
    >>> import losses
    >>> losses.set_num_threads(2)
    >>> losses.get_num_threads()
    2
    >>> losses.set_num_threads(1)
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n must be a positive integer, got {n!r}")
    global _num_threads
    _num_threads = int(n)


def get_num_threads() -> int:
    """Return how many threads evaluate the blocks of large arrays.

    Returns
    -------
    int
        The number last given to `set_num_threads`.

    Examples
    --------
    >>> import losses
    >>> losses.get_num_threads()
    1
    """
    return _num_threads


def walk(boxes: Sequence[Box], step: Callable[[Box], T]) -> list[T]:
    """Return ``[step(box) for box in boxes]``, computed by as many threads as are set.

    NumPy is silent within `step`. If steps fail, the exception of the first of them in `boxes` is raised, whichever
    thread met it.
    """
    if _num_threads == 1 or len(boxes) < 2:
        return _walk_alone(boxes, step)
    from concurrent.futures import wait

    workers = min(_num_threads, len(boxes))
    waiting = deque(enumerate(boxes))
    results: list[Any] = [None] * len(boxes)
    failures: dict[int, BaseException] = {}

    @np.errstate(all="ignore")  # the caller's setting doesn't reach the threads of a pool
    def work() -> None:
        while waiting and not failures:
            try:
                index, box = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[index] = step(box)
            except BaseException as failure:
                failures[index] = failure

    pool = _pool(workers - 1)
    helpers = [pool.submit(work) for _ in range(workers - 1)]
    try:
        work()
    finally:
        waiting.clear()  # an interrupt may have come between two blocks
        wait([helper for helper in helpers if not helper.cancel()])
    if failures:
        raise failures[min(failures)]
    return results


@np.errstate(all="ignore")  # as a decorator it takes half the time of a with statement
def _walk_alone(boxes: Sequence[Box], step: Callable[[Box], T]) -> list[T]:
    return [step(box) for box in boxes]


def _pool(size: int) -> "ThreadPoolExecutor":
    """Return the pool of this process, of at least `size` threads."""
    global _executor, _executor_size
    from concurrent.futures import ThreadPoolExecutor

    if _executor is None or _executor_size < size:
        # A smaller pool that another thread still uses ends by itself when its last task is done.
        _executor, _executor_size = ThreadPoolExecutor(size, "losses"), size
    return _executor


def _forget_pool() -> None:
    """Leave the pool behind in a forked child, which has none of its threads."""
    global _executor
    _executor = None


def _initial() -> int:
    text = os.environ.get("LOSSES_NUM_THREADS", "1")
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise ValueError(f"LOSSES_NUM_THREADS must be a positive integer, got {text!r}")


_num_threads = _initial()
_executor: "ThreadPoolExecutor | None" = None
_executor_size = 0

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
