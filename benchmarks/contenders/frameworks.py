"""Libraries with losses of their own: PyTorch, JAX with Optax or Rax, scikit-learn."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.cases.base import VALUE, VALUE_AND_GRAD, Arrays, Case, Mode
from benchmarks.contenders.base import Call, Contender, Numbers


class Torch(Contender):
    def __init__(self, threads: int, language: str = "torch") -> None:
        self.threads, self.language = threads, language
        self.torch = import_module("torch")
        self.functional = import_module("torch.nn.functional")

    def call(self, case: Any, arrays: Arrays, mode: Mode) -> Call:
        wanted = case.predictions if mode == VALUE_AND_GRAD else ()
        tensors = [self.torch.tensor(array, requires_grad=k in wanted) for k, array in enumerate(arrays)]
        leaves = [tensors[place] for place in wanted]
        value = partial(getattr(case, self.language), self.functional, *tensors)

        def value_and_grad() -> Any:
            result = value()
            result.backward()
            grads = tuple(leaf.grad for leaf in leaves)
            for leaf in leaves:
                leaf.grad = None  # or the next would be added to it
            return result.detach(), grads

        return value_and_grad if leaves else value

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self.torch.set_num_threads(self.threads)
        yield


class Jax(Contender):
    language = "jax"

    def __init__(self) -> None:
        self.jax = import_module("jax")
        self.numpy = import_module("jax.numpy")
        self.optax = import_module("optax")
        self.jax.config.update("jax_enable_x64", True)

    def call(self, case: Case, arrays: Arrays, mode: Mode) -> Call:
        expression = self.expression(case)
        own = [self.numpy.array(x, dtype="int32" if np.issubdtype(x.dtype, np.integer) else None) for x in arrays]
        wanted = self.jax.value_and_grad(expression, case.predictions) if mode == VALUE_AND_GRAD else expression
        compiled = self.jax.jit(wanted)
        return lambda: self.jax.block_until_ready(compiled(*own))

    def expression(self, case: Any) -> Callable[..., Any]:
        return partial(case.jax, self.numpy, self.optax)


class Rax(Jax):
    language = "rax"

    def __init__(self) -> None:
        super().__init__()
        self.rax = import_module("rax")

    def expression(self, case: Any) -> Callable[..., Any]:
        return partial(case.rax, self.rax, self.jax)


class ScikitLearn(Contender):
    """Its kernels are those of the sum; scaling the gradient to the mean's is not counted, in their favour."""

    language = "sklearn"

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.losses = import_module("sklearn._loss")

    def call(self, case: Any, arrays: Arrays, mode: Mode) -> Call:
        y, p = arrays
        loss, factor = case.sklearn(self.losses, p)
        scale = factor / len(y)
        y = y.astype(p.dtype)
        loss_out, gradient_out = np.empty_like(y), np.empty_like(p)
        threads = self.threads if p.size > 10_000 else 1  # it would start them for ten samples as well

        def value() -> Any:
            loss.loss(y, p, loss_out=loss_out, n_threads=threads)
            return loss_out.sum(), None, scale

        def value_and_grad() -> Any:
            loss.loss_gradient(y, p, loss_out=loss_out, gradient_out=gradient_out, n_threads=threads)
            return loss_out.sum(), gradient_out, scale

        return value_and_grad if mode == VALUE_AND_GRAD else value

    def numbers(self, result: Any, mode: Mode) -> Numbers:
        value, grad, scale = result
        return Numbers(scale * float(value), () if grad is None else (scale * grad,))


class ScikitLearnMetrics(Contender):
    language = "sklearn_metrics"
    modes = (VALUE,)

    def __init__(self) -> None:
        self.metrics = import_module("sklearn.metrics")

    def call(self, case: Any, arrays: Arrays, mode: Mode) -> Call:
        return partial(case.sklearn_metrics, self.metrics, *arrays)
