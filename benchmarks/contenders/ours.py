"""This library, and what NumPy's users write without it."""

import contextlib
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

import losses
from benchmarks.cases.base import BOOSTING, GRAD, VALUE, VALUE_AND_GRAD, Arrays, Case, Mode
from benchmarks.contenders.base import Call, Contender, Numbers, several


class Losses(Contender):
    language = "loss"
    modes = (VALUE, GRAD, VALUE_AND_GRAD, BOOSTING)

    def __init__(self, threads: int, out: bool) -> None:
        self.threads, self.out = threads, out
        try:
            self.blas = import_module("threadpoolctl").ThreadpoolController()
        except ImportError:
            self.blas = None

    def call(self, case: Case, arrays: Arrays, mode: Mode) -> Call | None:
        positional = arrays[: len(arrays) - len(case.named)]
        named: dict[str, Any] = dict(zip(case.named, arrays[len(positional) :], strict=True))
        if self.out:
            if mode != VALUE_AND_GRAD:
                return None
            outs = tuple(np.empty_like(arrays[place]) for place in case.predictions)
            named["out"] = outs[0] if len(outs) == 1 else outs
        return partial(getattr(case.loss(), mode.replace(" ", "_")), *positional, **named)

    def numbers(self, result: Any, mode: Mode) -> Numbers:
        if mode in (VALUE, VALUE_AND_GRAD):
            return super().numbers(result, mode)
        return Numbers(None, several(result))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        threads = losses.get_num_threads()
        losses.set_num_threads(self.threads)
        try:
            with self.blas.limit(limits=self.threads) if self.blas else contextlib.nullcontext():
                yield
        finally:
            losses.set_num_threads(threads)


class NumPy(Contender):
    language = "numpy"

    def call(self, case: Any, arrays: Arrays, mode: Mode) -> Call:
        def value_and_grad() -> Any:
            value, gradient = case.numpy(*arrays)
            return value, gradient()

        return value_and_grad if mode == VALUE_AND_GRAD else lambda: case.numpy(*arrays)[0]


class LeastWork(Contender):
    """A step of NumPy's that any way to the result must take: it says how far away the limit is."""

    language = "least_work"
    modes = (VALUE_AND_GRAD,)

    def call(self, case: Any, arrays: Arrays, mode: Mode) -> Call:
        return partial(case.least_work, *arrays)

    def numbers(self, result: Any, mode: Mode) -> Numbers:
        return Numbers(None)
