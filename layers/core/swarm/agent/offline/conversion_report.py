"""What the offline model adds to a conversion of many files: a report of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from swarm.agent.offline.script import Made, Script, writing
from swarm.agent.offline.steps import Convert, Step, Write
from swarm.agent.offline.turns import CONVERT, CONVERT_ALL, PlannedTurn

REPORT = "conversion-report.md"
_OK = re.compile(r"- ok: wrote (?P<target>.+?) from (?P<source>.+?): (?P<about>.*)")
_FAILED = re.compile(r"- failed: (?P<about>(?P<source>\S+\.\w+)?.*)")
Row = tuple[str, str, str, str]


def is_wanted(steps: Sequence[Step], offered: frozenset[str]) -> bool:
    """Whether several files are to be converted, and nobody asked for a report of another name."""
    if any(isinstance(step, Write) and "report" in step.path.lower() for step in steps):
        return False
    converting = [step for step in steps if isinstance(step, Convert)]
    many = len({source for step in converting for source in step.sources}) > 1
    patterns = any("*" in source for step in converting for source in step.sources)
    return bool({CONVERT, CONVERT_ALL} <= offered and (many or patterns))


def reporting(turns: Sequence[PlannedTurn]) -> Script:
    """These turns, of which the last finishes, with the report before that one."""
    made: list[Made] = []
    for turn in turns[:-1]:
        made += yield turn
    rows = [row for each in made for row in _rows(each)]
    yield writing(f"Next: {REPORT}.", {REPORT: conversion_report(rows)})
    yield turns[-1]


def conversion_report(rows: Sequence[Row]) -> str:
    """The report: totals, a row for each file, and what failed once more where it is looked for."""
    failed = [row for row in rows if row[2] == "failed"]
    table = "".join(f"| {' | '.join(_cell(cell) for cell in row)} |\n" for row in rows)
    attention = "".join(f"- {_cell(source or 'no file')}: {_cell(about)}\n" for source, _, _, about in failed)
    return (
        f"# Conversion report\n\n{len(rows)} conversions: {len(rows) - len(failed)} done, {len(failed)} failed.\n\n"
        f"| Input | Output | Result | Remarks |\n| --- | --- | --- | --- |\n{table}\n"
        f"## Needs attention\n\n{attention or 'Nothing.' + chr(10)}\n"
        "The originals are as they were. Made offline, without a language model; nobody compared the contents.\n"
    )


def _rows(made: Made) -> Iterator[Row]:
    if made.tool == CONVERT:
        about = made.output.removeprefix("error: ") if not made.ok else made.output.partition(": ")[2]
        result = "done" if made.ok else "failed"
        yield made.text("source"), made.text("target") if made.ok else "", result, about
    elif made.tool == CONVERT_ALL and not made.ok and "\n" not in made.output:
        yield made.text("pattern"), "", "failed", made.output.removeprefix("error: ")
    elif made.tool == CONVERT_ALL:
        for line in made.output.splitlines():
            if done := _OK.fullmatch(line):
                yield done["source"], done["target"], "done", done["about"]
            elif failed := _FAILED.fullmatch(line):
                yield (failed["source"] or "").rstrip(":"), "", "failed", failed["about"]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
