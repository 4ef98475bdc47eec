"""A warm GET of a run on the laptop cloud, beside one that reads nothing.

`/healthz` goes the same way through front, gateway and worker, and asks no authorizer and no table.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import httpx

from infra.local.cloud import LocalCloud
from tests.benchmarks.figures import spread
from tests.local.clouds import eventually

WARM_UP = 20


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench read", description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="of each kind, one after the other (300)")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as logs, LocalCloud(log_folder=Path(logs)) as cloud:
        health, run = _measure(cloud, chosen.requests)
    print(f"GET /healthz    {spread(health)}")
    print(f"GET /runs/{{id}}  {spread(run)}")


def _measure(cloud: LocalCloud, requests: int) -> tuple[list[float], list[float]]:
    """Seconds of each request, of both kinds in turns."""
    with httpx.Client(base_url=cloud.url, timeout=60) as http:
        http.put("/projects/read", json={"name": "read"}).raise_for_status()
        run_id = http.post("/projects/read/runs", json={"instructions": "touch a.md"}).json()["id"]
        eventually(lambda: http.get(f"/runs/{run_id}").json()["status"] == "succeeded", 30)
        paths = ("/healthz", f"/runs/{run_id}")
        measured: tuple[list[float], list[float]] = ([], [])
        for number in range(WARM_UP + requests):
            for path, seconds in zip(paths, measured, strict=True):
                began = time.perf_counter()
                http.get(path).raise_for_status()
                if number >= WARM_UP:
                    seconds.append(time.perf_counter() - began)
    return measured
