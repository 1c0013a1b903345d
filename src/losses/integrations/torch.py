"""PyTorch: a loss as a module, with its exact gradient in autograd."""

import functools
from typing import Any

import numpy as np
import torch

from losses import Loss


def torch_loss(loss: Loss) -> "TorchLoss":
    """Return a loss as a PyTorch module, through which gradients flow to the predictions.

    **The order of the arguments is this library's, (y_true, y_pred): PyTorch's own losses take (input, target), the
    other way round.** A target that wants a gradient is an error, so that a swap in training doesn't stay unnoticed;
    names, ``criterion(y_true=…, y_pred=…)``, leave no doubt.

    The module is called like the loss: tensors or arrays in the loss's order, then by name `sample_weight`, `qid`, and
    whatever else the loss takes. It returns a tensor of the predictions' dtype: a number, or under
    ``reduction="none"`` one for each sample.

    Value and gradient are computed by NumPy, on the CPU, in the forward pass. Tensors on another device, and those of
    bfloat16, are refused: ``y_pred.cpu()`` and ``y_pred.float()`` let gradients through. A second derivative through
    autograd, for a gradient penalty, say, is refused as well; ``loss.hess`` has the diagonal of the Hessian.

    Parameters
    ----------
    loss : Loss
        The loss, with its reduction.

    Returns
    -------
    torch.nn.Module
        Without parameters or state; it can be pickled.

    Raises
    ------
    TypeError
        If `loss` is not a loss; at the call, if a tensor isn't on the CPU or of a dtype that NumPy lacks.
    ValueError
        At the call, as from `loss.value`, or if something other than a prediction wants a gradient.
    NotImplementedError
        If the gradient is differentiated; or in the backward pass under ``reduction="none"``, if samples get different
        gradients from above, and their losses depend on each other's predictions, as in contrastive losses.

    Examples
    --------
    >>> import torch
    >>> from losses import Huber
    >>> from losses.integrations import torch_loss
    >>> criterion = torch_loss(Huber(delta=1.5))
    >>> y_true, y_pred = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.5, 2.0, 7.5], requires_grad=True)
    >>> criterion(y_true, y_pred).backward()
    >>> y_pred.grad
    tensor([0.1667, 0.0000, 0.5000])
    """
    return TorchLoss(loss)


class TorchLoss(torch.nn.Module):
    """What `torch_loss` returns.

    Parameters
    ----------
    loss : Loss
        The loss.
    """

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        if not isinstance(loss, Loss):
            raise TypeError(f"loss must be a loss such as Huber(delta=1.5), got {loss!r}")
        self.loss = loss

    def extra_repr(self) -> str:
        """Return the loss, for the module's `repr`."""
        return repr(self.loss)

    def forward(self, *arrays: Any, sample_weight: Any = None, **named: Any) -> torch.Tensor:
        """Return the loss as a tensor; see `torch_loss`."""
        signature = self.loss.signature
        given = signature.bind("forward", arrays, named) | {"sample_weight": sample_weight}
        for name, array in given.items():
            if isinstance(array, torch.Tensor) and array.requires_grad and name not in signature.predictions:
                raise ValueError(
                    f"{name} wants a gradient, but gradients flow only to {' and '.join(signature.predictions)}; the "
                    f"order of the arguments is ({', '.join(signature.positional)}), the other way round from "
                    f"PyTorch's (input, target). If the order is right, pass {name}.detach()"
                )
        predictions = [torch.as_tensor(given[name]) for name in signature.predictions if name in given]
        inputs = {name: as_numpy(name, array) for name, array in given.items()}
        result: torch.Tensor = _Evaluated.apply(self.loss, inputs, *predictions)
        return result


def as_numpy(name: str, array: Any) -> Any:
    """Return a tensor's numbers as an array without a copy; anything else as it is."""
    if not isinstance(array, torch.Tensor):
        return array
    if array.device.type != "cpu":
        raise TypeError(f"{name} is on the device {array.device}; pass {name}.cpu(), gradients flow through it")
    if array.dtype is torch.bfloat16:
        raise TypeError(f"{name} is of bfloat16, which NumPy lacks; pass {name}.float(), gradients flow through it")
    return array.detach().numpy()


class _Evaluated(torch.autograd.Function):
    """The loss as a node of autograd's graph."""

    @staticmethod
    def forward(ctx: Any, loss: Loss, inputs: dict[str, Any], *predictions: torch.Tensor) -> torch.Tensor:
        ctx.loss, ctx.inputs = loss, inputs
        if any(ctx.needs_input_grad):
            value, grad = loss.value_and_grad(**inputs)
            grads = grad if isinstance(grad, tuple) else (grad,)
            ctx.save_for_backward(*map(torch.from_numpy, grads), *predictions)
        else:
            value = loss.value(**inputs)
        floating = [p.dtype for p in predictions if p.is_floating_point()]
        return torch.as_tensor(value, dtype=functools.reduce(torch.promote_types, floating) if floating else None)

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> Any:
        number = len(ctx.saved_tensors) // 2
        grads, predictions = ctx.saved_tensors[:number], ctx.saved_tensors[number:]
        each = upstream.flatten()
        if bool((each[1:] != each[:-1]).any()):
            factors = by_sample(ctx.loss, ctx.inputs, upstream, grads)
        else:
            factors = [each[0] if len(each) else 1.0] * len(grads)
        scaled = [(grad * factor).to(grad.dtype) for grad, factor in zip(grads, factors, strict=True)]
        return None, None, *(_Constant.apply(grad, *predictions) for grad in scaled)


class _Constant(torch.autograd.Function):
    """A gradient that refuses to be differentiated; autograd would silently take the predictions for constants."""

    @staticmethod
    def forward(ctx: Any, grad: torch.Tensor, *predictions: torch.Tensor) -> torch.Tensor:
        return grad.view_as(grad)

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> Any:
        raise NotImplementedError(
            "the gradient of a loss from torch_loss has no derivative in autograd; loss.hess has the second derivatives"
        )


def by_sample(
    loss: Loss, inputs: dict[str, Any], upstream: torch.Tensor, grads: tuple[torch.Tensor, ...]
) -> list[torch.Tensor]:
    """Return for each gradient of the losses' sum the factors that make it that of Σ upstreamᵢ lossᵢ."""
    if "qid" in loss.signature.names and grads[0].ndim == 1:
        _, first, item_query = np.unique(inputs["qid"], return_index=True, return_inverse=True)
        number = np.argsort(np.argsort(first))  # in order of first appearance
        return [upstream[torch.from_numpy(number[item_query])]]
    if not is_by_rows(loss, inputs, grads, upstream.shape):
        raise NotImplementedError(
            f"the samples' losses of {loss!r} depend on each other's predictions, so that gradients can't be weighed "
            'one by one; take reduction="mean" or "sum", or sample_weight'
        )
    return [upstream.reshape(upstream.shape + (1,) * (grad.ndim - upstream.ndim)) for grad in grads]


def is_by_rows(loss: Loss, inputs: dict[str, Any], grads: tuple[torch.Tensor, ...], shape: tuple[int, ...]) -> bool:
    """Return whether the gradient of half the samples alone is half the gradient."""
    if any(grad.shape[: len(shape)] != shape for grad in grads):
        return False
    half = slice(len(grads[0]) // 2)
    arrays = {name: np.asarray(array) for name, array in inputs.items() if array is not None}
    part = loss.grad(**{name: a[half] if a.shape[:1] == shape[:1] else a for name, a in arrays.items()})
    parts = part if isinstance(part, tuple) else (part,)
    return all(
        np.allclose(a, grad[half].numpy(), rtol=1e-3, atol=0, equal_nan=True)
        for a, grad in zip(parts, grads, strict=True)
    )
