"""What the offline model does with a question about data: a script, run once, and the report that it writes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from string import Template

from swarm.agent.offline.content import one_line
from swarm.agent.offline.script import Script, ending, listed, writing
from swarm.agent.offline.turns import RUN, PlannedCall, PlannedTurn

SCRIPT = "analysis.py"
REPORT = "findings.md"
COMMAND = f"python3 {SCRIPT}"
SAMPLE = "sample.csv"
SAMPLE_NOTE = f"{SAMPLE} is made-up sample data: the workspace had no table, so these findings are an example only."
NOT_RUN = "[not executed"

_SAMPLE = """month,region,revenue,units
2025-01,North,1200,30
2025-01,South,900,22
2025-02,North,1350,33
2025-02,South,,25
2025-03,North,1500,38
2025-03,South,1100,27
2025-04,North,1450,36
2025-04,South,1250,31
"""
_TABLES = (".csv", ".tsv", ".xlsx")


def data_study(question: str, formats: Sequence[str], offered: frozenset[str]) -> Script:
    """Find the table that is meant, or make up one and say so; write the script; run it; report what it said."""
    [listing] = yield PlannedTurn("Looking for the data.", (PlannedCall("list_files", {"prefix": None}),))
    source = _table(list(listed(listing)), question)
    files = {} if source else {SAMPLE: _SAMPLE}
    note = "" if source else SAMPLE_NOTE
    files[SCRIPT] = analysis_script(source or SAMPLE, question, note)
    yield writing(f"The data is {source}." if source else SAMPLE_NOTE, files)
    [run] = yield PlannedTurn(f"Next: {COMMAND}.", (PlannedCall(RUN, {"command": COMMAND}, f"run {COMMAND}"),))
    if run.ok and not run.output.startswith(NOT_RUN):
        finding = one_line(run.output.splitlines()[0]) if run.output else ""
        summary = (
            f"{finding}. {REPORT} has the findings with chart.png and results.csv; {SCRIPT} reproduces them. {note}"
        )
        yield from ending(summary.rstrip(), REPORT, formats, offered)
        return
    yield writing("The script gave no result.", {REPORT: _without_result(question, run.output)})
    yield from ending(
        f"{SCRIPT} is written but gave no result; {REPORT} says why. {note}".rstrip(), REPORT, (), offered
    )


def analysis_script(source: str, question: str, note: str) -> str:
    """The script about this table."""
    template = resources.files("swarm.agent.offline").joinpath("templates", "analysis.py.txt")
    values = {"source": source, "question": one_line(question), "note": note}
    return Template(template.read_text(encoding="utf-8")).substitute(
        {name: repr(text) for name, text in values.items()}
    )


def _table(paths: Sequence[str], question: str) -> str | None:
    """The table that the question names, else the first."""
    tables = [path for path in paths if path.lower().endswith(_TABLES)]
    named = [path for path in tables if path.rpartition("/")[2] in question]
    return next(iter([*named, *tables]), None)


def _without_result(question: str, output: str) -> str:
    fence = "````"
    said = output.replace(fence, "")[:4_000]
    return (
        f"# Findings\n\nQuestion: {one_line(question)}\n\nThere are none: {SCRIPT} did not run to its end.\n\n"
        f"{fence}\n{said}\n{fence}\n"
    )
