"""What tools for costs answer."""

from __future__ import annotations

from pydantic import Field

from codex_swarm.models import UsageReport

MOST_ROWS = 100
"""Rows of a report of usage in an answer."""


class UsageTable(UsageReport):
    """What runs used and cost, by what was asked for."""

    is_whole: bool = Field(description="False: the first rows; name fewer fields, or fewer days.")


def table_of(report: UsageReport) -> UsageTable:
    """The first rows of a report, and the total of all."""
    shown = report.model_dump() | {"rows": report.rows[:MOST_ROWS], "is_whole": len(report.rows) <= MOST_ROWS}
    return UsageTable.model_validate(shown)
