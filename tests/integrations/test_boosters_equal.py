"""With the same start and settings, boosters train the same model with this library's losses as with their own."""

import pytest

pytest.importorskip("sklearn")
from tests.integrations.equalities import EQUALITIES, PAGE, marks


@pytest.mark.parametrize("case", EQUALITIES, ids=str)
@pytest.mark.filterwarnings("ignore:CatBoost calls an objective of several outputs")
def test_predictions_equal_those_of_the_built_in_objective(case):
    if case.missing:
        pytest.skip(f"needs {', '.join(case.missing)}")
    assert case.difference() <= case.limit


def test_the_page_has_all_the_equalities():
    start, end = marks("equalities")
    table = PAGE.read_text(encoding="utf-8").split(start)[1].split(end)[0]
    rows = [tuple(cell.strip() for cell in line.split("|")[1:4]) for line in table.splitlines() if line.startswith("|")]
    assert rows[2:] == [(case.loss, case.equals, case.settings) for case in EQUALITIES]
