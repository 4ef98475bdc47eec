"""Prints the table of `docs/conversions.md`."""

from __future__ import annotations

from tests.convert.kinds import table
from tests.convert.kinds.families import FAMILIES

if __name__ == "__main__":
    print(table(case for family in FAMILIES for case in family.cases))  # noqa: T201 - that is what it is for
