"""Settings of the tests: a Hypothesis profile for every run, the same each time, and one for longer local runs."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

import losses
from registry import SMALL_BLOCK

settings.register_profile(
    "default",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish():
    """Keep the tests themselves, which live as long as the run, out of garbage collections, and make these rare."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture
def small_blocks(monkeypatch):
    """Cut arrays into blocks of `SMALL_BLOCK` elements, for laws that take several blocks of whatever size."""
    monkeypatch.setattr("losses._walk.blocks._BYTES", 8 * SMALL_BLOCK)
    monkeypatch.setattr("losses._admission.lists.BLOCK", SMALL_BLOCK)
    monkeypatch.setattr("losses._admission.few._MOST", SMALL_BLOCK)


@pytest.fixture
def restored_threads():
    """Leave the number of threads as it was."""
    before = losses.get_num_threads()
    yield
    losses.set_num_threads(before)
