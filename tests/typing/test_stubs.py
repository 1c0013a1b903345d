"""The stubs are what `tests/stubs.py` writes."""

import pytest

import stubs


@pytest.mark.parametrize("path", stubs.STUBS, ids=lambda path: path.name)
def test_stubs_are_up_to_date(path):
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    assert written == stubs.STUBS[path](), f"{path} is out of date; run: python -m tests.stubs"
