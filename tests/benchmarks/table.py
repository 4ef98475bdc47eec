"""Everything with a figure to compare it with, in one table: `./run.sh bench`.

What has a named alternative is measured beside it, in turns, so that a busy machine slows both; the rest are times of
this machine. The table comes at the end, and with `--json` also as a file.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from infra.local.cloud import LocalCloud
from tests.benchmarks import load, presign, requests, run, start, workspaces
from tests.benchmarks.figures import Figure, keep


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="one after the other (40)")
    parser.add_argument("--load", type=int, default=300, help="runs by 50 clients at once; 0 leaves them out (300)")
    parser.add_argument("--json", type=Path, help="file in which the figures are left, too")
    chosen = parser.parse_args(arguments)
    parts: dict[str, Callable[[], list[Figure]]] = {
        "runs": lambda: run.of_runs(chosen.runs),
        "load": lambda: _under_load(chosen.load) if chosen.load else [],
        "start": lambda: [start.measure(5)],
        "workspaces": lambda: workspaces.measure(1_000),
        "presigning": _presigning,
        "requests": lambda: [requests.measure(9)],
        "imports": lambda: run.of_imports(7),
    }
    figures: list[Figure] = []
    for name, measure in parts.items():
        print(f"measuring {name} ...", flush=True)
        figures += measure()
    print(f"\n{'':44} {'figure':>10} {'':14} {'target':12} {'beside':>10}")
    for figure in figures:
        print(figure.line())
    if chosen.json:
        keep(figures, chosen.json)


def _under_load(runs: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as logs, LocalCloud(log_folder=Path(logs)) as cloud:
        return load.measure(cloud, runs, 50, load.INSTRUCTIONS)


def _presigning() -> list[Figure]:
    ours, boto, _ = presign.measure(200)
    return [Figure("URL presigned, processor time", ours, "us", "boto3's presigner", boto)]
