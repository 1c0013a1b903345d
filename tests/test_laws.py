"""The laws of reductions and weights, each over every loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losses
from registry import CASES, call

each_case = pytest.mark.parametrize("case", CASES, ids=str)


def test_every_public_loss_is_registered():
    public = {
        member
        for name in losses.__all__
        if isinstance(member := getattr(losses, name), type) and hasattr(member, "value_and_grad")
    } - {losses.ElementwiseLoss, losses.ResidualLoss}
    registered = {type(loss) for case in CASES for _, loss in case.loss.terms}
    assert public <= registered


@each_case
@given(data=st.data())
def test_sum_is_none_added_up(case, data):
    if case.unit == "mixed":
        return
    problem = data.draw(case.problems())
    each = call(case.with_reduction("none"), "value", problem)
    np.testing.assert_allclose(call(case.with_reduction("sum"), "value", problem), each.sum(), rtol=1e-13, atol=1e-13)
