"""Every loss as a PyTorch module: its gradient in autograd is checked by PyTorch itself."""

import copy
import pickle
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from losses import DPO, MSE, BinaryCrossEntropy, Huber, PairwiseLogistic
from losses._loss.samplewise import SampleLoss
from losses._loss.signature import Signature
from registry import CASES

torch = pytest.importorskip("torch", reason="PyTorch is optional")
from losses.integrations import torch_loss  # noqa: E402

EVERY = [
    (case, reduction)
    for case in CASES
    for reduction in case.reductions
    if reduction != "none" or (case.unit != "anchor" and not case.loss.signature.shared)  # see the refusal below
]


def tensors(case, n=7, dtype=np.float64):
    """Return a problem's arrays as tensors by name, the predictions wanting gradients."""
    arrays = {name: torch.from_numpy(np.asarray(array)) for name, array in case.typical(n, dtype).arrays.items()}
    return {name: t.requires_grad_(name in case.loss.signature.predictions) for name, t in arrays.items()}


def along(values, weights):
    """Return the sum of an array's numbers times others, whatever the shape."""
    return (values * torch.as_tensor(weights, dtype=values.dtype)).sum()


@pytest.mark.parametrize(("case", "reduction"), EVERY, ids=lambda each: str(each))
@pytest.mark.parametrize("weighted", [False, True])
def test_gradcheck(case, reduction, weighted):
    """The Jacobian is right: under "none" of each sample's loss, whatever the gradient from above."""
    arrays = tensors(case)
    names = [name for name in case.loss.signature.predictions if name in arrays]
    if weighted and case.unit == "list":
        arrays["sample_weight"] = torch.linspace(0.5, 2, len(arrays[names[0]]))
    elif weighted and (case.unit != "query" or str(case).startswith("Pairwise")):
        arrays["sample_weight"] = torch.tensor([1.0, 2.0, 0.0, 0.5, 1.5, 3.0, 1.0])
    criterion = torch_loss(case.with_reduction(reduction))
    assert torch.autograd.gradcheck(
        lambda *predictions: criterion(**arrays | dict(zip(names, predictions, strict=True))),
        [arrays[name] for name in names],
        atol=1e-6,
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_numbers_and_dtypes_are_those_of_the_loss(case, dtype):
    arrays = tensors(case, dtype=dtype)
    plain = {name: tensor.detach().numpy() for name, tensor in arrays.items()}
    names = [name for name in case.loss.signature.predictions if name in arrays]
    value = torch_loss(case.loss)(**arrays)
    value.backward()
    expected, grads = case.loss.value_and_grad(**plain)
    assert value.dtype == arrays[names[0]].dtype
    assert value.shape == ()
    assert value.item() == np.asarray(expected, dtype)
    for name, grad in zip(names, grads if isinstance(grads, tuple) else (grads,), strict=True):
        assert arrays[name].grad.dtype == arrays[name].dtype
        np.testing.assert_array_equal(arrays[name].grad.numpy(), grad)


def test_gradients_from_above_are_multiplied():
    y, p = torch.tensor([1.0, 2.0, 5.0]), torch.tensor([2.0, 2.0, 1.0], requires_grad=True)
    (3 * torch_loss(MSE())(y, p) - 1).backward()
    np.testing.assert_allclose(p.grad, [2, 0, -8])


def test_gradients_of_queries_are_told_apart_by_first_appearance():
    """Queries that don't lie together, and whose ids aren't in order."""
    qid = np.array([7, 3, 7, 3, 5, 7, 5])
    y = np.array([2.0, 1, 0, 0, 1, 1, 0])
    p = torch.tensor([0.3, -0.2, 0.5, 0.1, 0.7, 0.9, 0.2], dtype=torch.float64, requires_grad=True)
    loss = PairwiseLogistic(reduction="none")
    along(torch_loss(loss)(y, p, qid=qid), [1.0, -2.0, 10.0]).backward()
    for query, factor in ((7, 1.0), (3, -2.0), (5, 10.0)):
        items = qid == query
        np.testing.assert_allclose(p.grad[items], factor * loss.grad(y[items], p.detach().numpy()[items]))


def test_one_of_several_predictions_may_be_fixed():
    chosen = torch.tensor([1.0, -1.0], requires_grad=True)
    rejected, reference = torch.tensor([0.5, 0.5]), torch.zeros(2)
    loss = DPO(beta=0.5)
    torch_loss(loss)(chosen, rejected, ref_chosen=reference, ref_rejected=reference).backward()
    expected, _ = loss.grad(chosen.detach(), rejected, ref_chosen=reference, ref_rejected=reference)
    np.testing.assert_array_equal(chosen.grad, expected)


def test_swapped_arguments_are_refused():
    y, p = torch.ones(2), torch.zeros(2, requires_grad=True)
    criterion = torch_loss(MSE())
    with pytest.raises(ValueError, match=r"y_true wants a gradient.*\(y_true, y_pred\), the other way round"):
        criterion(p, y)
    with pytest.raises(ValueError, match=r"sample_weight wants a gradient"):
        criterion(y, p, sample_weight=torch.ones(2, requires_grad=True))
    with pytest.raises(ValueError, match=r"ref_chosen wants a gradient.*ref_chosen\.detach"):
        torch_loss(DPO())(p, p, ref_chosen=p * 1, ref_rejected=y)
    with pytest.raises(TypeError, match=r"'input' is not an argument of forward\(y_true, y_pred"):
        criterion(input=p, target=y)
    assert criterion(y_pred=p, y_true=y) == 1


def test_what_numpy_cannot_read_is_refused():
    criterion = torch_loss(MSE())
    with pytest.raises(TypeError, match=r"y_pred is of bfloat16.*y_pred\.float\(\)"):
        criterion(torch.ones(2), torch.ones(2, dtype=torch.bfloat16))
    with pytest.raises(TypeError, match=r"y_pred is on the device meta; pass y_pred\.cpu\(\)"):
        criterion(torch.ones(2), torch.ones(2, device="meta"))
    with pytest.raises(TypeError, match=r"loss must be a loss such as"):
        torch_loss(Huber)
    p = torch.zeros(2, dtype=torch.bfloat16, requires_grad=True)
    criterion(torch.ones(2), p.float()).backward()
    assert p.grad.tolist() == [-1, -1]


def test_a_second_derivative_is_refused():
    y, p = torch.ones(2), torch.zeros(2, requires_grad=True)
    loss = torch_loss(MSE())(y, p)
    (grad,) = torch.autograd.grad(loss, p, create_graph=True)
    np.testing.assert_array_equal(grad.detach(), [-1, -1])
    with pytest.raises(NotImplementedError, match="has no derivative in autograd"):
        (loss + (grad**2).sum()).backward()


@dataclass(frozen=True, kw_only=True)
class Contrast(SampleLoss, signature=Signature(("p", "q"), predictions=("p",))):
    """A loss whose samples depend on each other's predictions: p less their mean, squared."""

    columns: ClassVar = ()

    def formula(self, p, q):
        return (p - p.mean()) ** 2

    def derivative(self, p, q):
        return 2 * (p - p.mean())


def test_samples_that_depend_on_each_other_are_refused_where_they_are_told_apart():
    p = torch.tensor([1.0, 2.0, 4.0, 9.0], requires_grad=True)
    values = torch_loss(Contrast(reduction="none"))(p, torch.zeros(4))
    with pytest.raises(NotImplementedError, match=r"depend on each other's predictions"):
        along(values, [1, 2, 3, 4]).backward(retain_graph=True)
    (2 * values.sum()).backward()
    np.testing.assert_array_equal(p.grad, [-12, -8, 0, 20])


def test_no_gradient_is_computed_where_none_is_wanted():
    class ValueAlone(MSE):
        def value_and_grad(self, *arrays, **named):
            raise AssertionError

    criterion = torch_loss(ValueAlone())
    assert not criterion([1.0], torch.tensor([2.0])).requires_grad
    with pytest.raises(AssertionError):
        criterion([1.0], torch.tensor([2.0], requires_grad=True))


def test_it_is_a_module_like_others():
    criterion = torch_loss(BinaryCrossEntropy(from_logits=True, pos_weight=2.0))
    assert "BinaryCrossEntropy(from_logits=True, pos_weight=2.0)" in repr(criterion)
    assert list(criterion.parameters()) == []
    for twin in (copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion)), criterion.double().train()):
        assert twin.loss == criterion.loss
    empty = torch.zeros(0, requires_grad=True)
    torch_loss(MSE(reduction="sum"))(torch.zeros(0), empty).backward()
    assert empty.grad.shape == (0,)


def test_a_network_learns_to_rank_a_hundred_thousand_items():
    """All pairs of 10⁵ items, some 5·10⁹ of them: a small network learns what a linear model can't."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(100_000, 4, generator=generator)
    relevance = (x[:, 0] * x[:, 1] + 0.1 * torch.randn(len(x), generator=generator) > 0).float()
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    criterion = torch_loss(PairwiseLogistic())
    for step in range(40):
        optimizer.zero_grad()
        loss = criterion(relevance, network(x).squeeze(1))
        if step == 0:
            first = loss.item()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        scores = network(x).squeeze(1)
    order = relevance[scores.argsort()].double()
    auc = ((1 - order).cumsum(0) * order).sum() / (order.sum() * (1 - order).sum())
    assert first > 0.6
    assert loss.item() < 0.35
    assert auc > 0.93


def test_samples_that_depend_on_each_other_have_one_gradient_from_above():
    for case in CASES:
        if case.unit == "anchor":
            values = torch_loss(case.with_reduction("none"))(**tensors(case))
            with pytest.raises(NotImplementedError, match="depend on each other"):
                along(values, np.arange(len(values))).backward()
