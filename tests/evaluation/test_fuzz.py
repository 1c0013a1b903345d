"""A short run of the fuzzer over every loss; `python tests/fuzz.py` runs it for as long as you like."""

import fuzz


def test_no_call_ends_otherwise_than_documented():
    ends = fuzz.main(seconds=4, seed=0)
    assert {"result", "ValueError", "TypeError"} <= ends.keys()
