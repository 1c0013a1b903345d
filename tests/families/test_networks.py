"""The losses that networks are trained with, against values and derivatives of PyTorch, Keras, Optax and scikit-learn.

The numbers are stored in references/networks.json; make_networks.py says how they were made. They carry the roundings
of those libraries; that the losses are more accurate than that is tested with exact arithmetic by family.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import losses

RECORDS = json.loads((Path(__file__).parents[1] / "references" / "networks.json").read_text(encoding="utf-8"))


def name(record):
    weighted = "" if record["sample_weight"] is None else ", weighted"
    parameters = ", ".join(f"{key}={value}" for key, value in record["parameters"].items())
    return f"{record['loss']}({parameters}{weighted})"


@pytest.mark.parametrize("record", RECORDS, ids=name)
def test_as_stored(record):
    loss = getattr(losses, record["loss"])(reduction="none", **record["parameters"])
    signature, arrays = loss.signature, record["arrays"]
    positional = [np.array(arrays[name]) for name in signature.positional]
    named = {name: np.array(arrays[name]) for name in signature.required}

    def result(method):
        found = getattr(loss, method)(*positional, **named, sample_weight=record["sample_weight"])
        return [found] if method == "value" or len(signature.predictions) == 1 else list(found)

    np.testing.assert_allclose(result("value")[0], np.array(record["value"], float), rtol=1e-12, atol=1e-13)
    for method in ("grad", "hess"):
        if record[method] is not None:
            for found, expected in zip(result(method), record[method], strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


def test_the_sequence_that_cannot_fit_is_among_them():
    assert any("inf" in record["value"] for record in RECORDS)
    assert {record["loss"] for record in RECORDS} >= {"CTC", "Dice", "ORPO", "Sparsemax", "MultiLabelMargin", "NLL"}
