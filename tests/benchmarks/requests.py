"""What it takes to read, check and answer one request: our resolver, and FastAPI behind Mangum, in turns."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.figures import Figure, median
from tests.support.paths import ROOT

FASTAPI = ROOT / ".venv-bench" / "bin" / "python"
"""The Python that has FastAPI and Mangum; `./run.sh bench` sets it up."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench requests", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="of 200 requests each (9)")
    print(measure(parser.parse_args(arguments).rounds).line())


def measure(rounds: int) -> Figure:
    """Processor time a request. The first round of each is not counted."""
    with _process(Path(sys.executable), "powertools") as ours, _process(FASTAPI, "fastapi") as theirs:
        measured = [(_seconds(ours), _seconds(theirs)) for _ in range(rounds + 1)][1:]
        for process in (ours, theirs):
            assert process.stdin is not None
            process.stdin.close()
    mine, other = (median([each[place] for each in measured]) * 1e6 for place in (0, 1))
    return Figure("request read and answered, processor time", mine, "us", "FastAPI and Mangum", other)


def _process(python: Path, framework: str) -> subprocess.Popen[str]:
    command = [str(python), "-m", "tests.benchmarks.framework", framework]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _seconds(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())
