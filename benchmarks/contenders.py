"""Who takes part, each in its best fair form.

That is: warm, compiled, on arrays of its own made beforehand, into preallocated results where it can, with all
the cores. A contender is imported in its constructor, so that one that is not installed is merely absent.
"""

import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

import losses
from benchmarks.cases import Array, Case

Call = Callable[[], Any]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Contender:
    language: str
    """The method of a case that this contender runs."""

    def prepare(self, case: Case, y_true: Array, y_pred: Array, with_grad: bool) -> Call | None:
        """What to time, or None where the contender has no such thing."""
        if not hasattr(case, self.language) or y_pred.size > case.at_most.get(self.language, y_pred.size):
            return None
        return self.call(getattr(case, self.language), y_true, y_pred, with_grad)

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call | None:
        raise NotImplementedError

    def numbers(self, result: Any, with_grad: bool) -> tuple[float, Array | None]:
        """A call's result as the mean and its gradient; outside the clock."""
        value, grad = result if with_grad else (result, None)
        return float(value), grad if grad is None else np.asarray(grad)

    def running(self) -> AbstractContextManager[object]:
        """Held while the call is timed."""
        return contextlib.nullcontext()


class Losses(Contender):
    language = "loss"

    def __init__(self, threads: int, out: bool) -> None:
        self.threads, self.out = threads, out
        try:
            self.blas = import_module("threadpoolctl").ThreadpoolController()
        except ImportError:
            self.blas = None

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call | None:
        loss = expression()
        if not self.out:
            return partial(loss.value_and_grad if with_grad else loss.value, y, p)
        return partial(loss.value_and_grad, y, p, out=np.empty_like(p)) if with_grad else None

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

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call:
        def value_and_grad() -> Any:
            value, gradient = expression(y, p)
            return value, gradient()

        return value_and_grad if with_grad else lambda: expression(y, p)[0]


class Torch(Contender):
    language = "torch"

    def __init__(self) -> None:
        self.torch = import_module("torch")
        self.functional = import_module("torch.nn.functional")
        self.torch.set_num_threads(CORES)

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call:
        target, leaf = self.torch.tensor(y), self.torch.tensor(p, requires_grad=with_grad)
        value = partial(expression, self.functional, target, leaf)

        def value_and_grad() -> Any:
            result = value()
            result.backward()
            grad, leaf.grad = leaf.grad, None  # or the next would be added to it
            return result.detach(), grad

        return value_and_grad if with_grad else value


class Jax(Contender):
    language = "jax"

    def __init__(self) -> None:
        self.jax = import_module("jax")
        self.numpy = import_module("jax.numpy")
        self.optax = import_module("optax")
        self.jax.config.update("jax_enable_x64", True)

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call:
        ids = np.issubdtype(y.dtype, np.integer)
        arrays = self.numpy.array(p), self.numpy.array(y, dtype="int32" if ids else None)

        def value(p: Any, y: Any) -> Any:
            return expression(self.numpy, self.optax, y, p)

        compiled = self.jax.jit(self.jax.value_and_grad(value) if with_grad else value)
        return lambda: self.jax.block_until_ready(compiled(*arrays))


class Rax(Jax):
    language = "rax"

    def __init__(self) -> None:
        super().__init__()
        self.rax = import_module("rax")

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call:
        def in_jax(_numpy: Any, _optax: Any, y: Any, p: Any) -> Any:
            return expression(self.rax, self.jax, y, p)

        return super().call(in_jax, y, p, with_grad)


class ScikitLearn(Contender):
    """Its kernels are those of the sum; scaling the gradient to the mean's is not counted, in their favour."""

    language = "sklearn"

    def __init__(self) -> None:
        self.losses = import_module("sklearn._loss")

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call:
        loss, factor = expression(self.losses, p)
        scale = factor / len(y)
        y = y.astype(p.dtype)
        loss_out, gradient_out = np.empty_like(y), np.empty_like(p)
        threads = CORES if p.size > 10_000 else 1  # it would start them for ten samples as well

        def value() -> Any:
            loss.loss(y, p, loss_out=loss_out, n_threads=threads)
            return loss_out.sum(), None, scale

        def value_and_grad() -> Any:
            loss.loss_gradient(y, p, loss_out=loss_out, gradient_out=gradient_out, n_threads=threads)
            return loss_out.sum(), gradient_out, scale

        return value_and_grad if with_grad else value

    def numbers(self, result: Any, with_grad: bool) -> tuple[float, Array | None]:
        value, grad, scale = result
        return scale * float(value), grad if grad is None else scale * grad


class ScikitLearnMetrics(Contender):
    language = "sklearn_metrics"

    def __init__(self) -> None:
        self.metrics = import_module("sklearn.metrics")

    def call(self, expression: Callable[..., Any], y: Array, p: Array, with_grad: bool) -> Call | None:
        return None if with_grad else partial(expression, self.metrics, y, p)


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "losses, 1 thread": partial(Losses, 1, out=False),
    "losses, 1 thread, out=": partial(Losses, 1, out=True),
    "losses": partial(Losses, CORES, out=False),
    "losses, out=": partial(Losses, CORES, out=True),
    "NumPy": NumPy,
    "PyTorch": Torch,
    "JAX": Jax,
    "scikit-learn": ScikitLearn,
    "sklearn.metrics": ScikitLearnMetrics,
    "Rax": Rax,
}
OURS = tuple(CONTENDERS)[:4]
PEERS = tuple(CONTENDERS)[4:]


def installed() -> tuple[dict[str, Contender], dict[str, str]]:
    """Those that can take part, and why the others can't."""
    present, absent = {}, {}
    for name, make in CONTENDERS.items():
        try:
            present[name] = make()
        except ImportError as error:
            absent[name] = str(error)
    for tool, use in (("threadpoolctl", "BLAS not held to one thread"), ("matplotlib", "no plots")):
        if importlib.util.find_spec(tool) is None:
            absent[tool] = use
    return present, absent
