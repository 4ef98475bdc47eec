"""The partitions that docs/scale.md calls hot are those of the simulation, and the cost of a day is worked out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.benchmarks.ceiling import lines
from tests.benchmarks.keys import hottest

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text()
A_MILLION_A_DAY = 1_000_000 / 86_400 * 3


@pytest.mark.parametrize(("column", "tenants"), [pytest.param(0, 100, id="100 tenants"), pytest.param(1, 1, id="one")])
def test_writes_a_second_are_those_of_the_simulation(column: int, tenants: int) -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.MULTILINE)
    told = {name: float((first, second)[column]) for name, first, second in rows}
    assert told == {name: round(most, 1) for name, most in hottest(A_MILLION_A_DAY, tenants, seed=1).items()}


def test_the_cost_of_a_day_is_that_of_the_templates_quotas_and_the_prices() -> None:
    assert "\n".join(line.row for line in lines()) in PAGE
