"""A contender in a process of its own, where another checkout is imported or one core is all there is."""

import atexit
import functools
import os
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.cases.base import VALUE_AND_GRAD, Arrays, Mode, Task
from benchmarks.contenders.base import Call, Contender, Numbers, Took


class Remote(Contender):
    """Another contender, elsewhere.

    Parameters
    ----------
    name
        Its name in the table of contenders.
    language
        As for any contender.
    needs
        What must be installed for it.
    one_core
        Whether the process keeps to one core. (JAX has no other way to one thread, once it runs with several.)
    checkout
        Where this library is imported from, if not from here.
    """

    modes = (VALUE_AND_GRAD,)

    def __init__(
        self, name: str, language: str, needs: str, one_core: bool = False, checkout: Path | None = None
    ) -> None:
        import_module(needs)
        self.name, self.language, self.one_core, self.checkout = name, language, one_core, checkout

    def prepare(self, task: Task, arrays: Arrays) -> Call | None:
        if task.mode not in self.modes or not hasattr(task.case, self.language):
            return None
        known = self.ask("prepare", (task.case.name, task.shape, task.dtype, task.mode))
        return functools.partial(self.ask, "run") if known else None

    def numbers(self, result: Any, mode: Mode) -> Numbers:
        return Numbers(*result)

    def time(self, call: Call, calls: int) -> Took:
        return Took(*self.ask("time", calls))

    def ask(self, request: str, argument: Any = None) -> Any:
        process = start(self.name, self.one_core, self.checkout)
        send(process.stdin, (request, argument))
        answer = pickle.load(process.stdout)
        if isinstance(answer, BaseException):
            raise answer
        return answer


@functools.cache
def start(name: str, one_core: bool, checkout: Path | None) -> Any:
    environment = dict(os.environ)
    if checkout is not None:
        environment["PYTHONPATH"] = str(checkout.resolve() / "src")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.worker", name, *(["one core"] if one_core else [])],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(process.kill)
    return process


def send(stream: Any, thing: Any) -> None:
    pickle.dump(thing, stream, protocol=5)
    stream.flush()
