"""Hundreds of runs submitted by many clients at once to the laptop cloud; none may be lost or doubled.

What is measured is the laptop cloud on one machine: moto, the HTTP front and the state machine's interpreter share one
Python process, and every Lambda function is a process beside it. AWS has none of these bottlenecks; what carries
over are the counts, not the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from infra.local.cloud import TENANT, LocalCloud
from tests.benchmarks.figures import Figure, percentile, spread
from tests.benchmarks.machine import MIB, Watch, measurable
from tests.support.story import Records, flaws
from tests.support.watchers import watched

INSTRUCTIONS = "Create a file called a.md with a greeting. touch b.md"
ROWS = 10
READING = "load, GET, p95"
BUSY = 0.85
"""Of what there is; from there on it counts as used up."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench load", description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="how many (300)")
    parser.add_argument("--clients", type=int, default=50, help="that submit and watch them, at once (50)")
    parser.add_argument("--watchers", type=int, default=0, help="that wait meanwhile, after the same without any (0)")
    parser.add_argument("--instructions", default=INSTRUCTIONS, help="of every run (%(default)s)")
    parser.add_argument("--active", type=int, default=10, help="runs of a tenant at a time, MaxActiveRuns (10)")
    parser.add_argument("--logs", type=Path, help="folder in which the functions' logs are left")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        logs = chosen.logs or Path(temporary)
        parameters = {"MaxActiveRuns": str(chosen.active)}
        # Without watchers first, where there are to be some, so that both are measured in the same way.
        for watchers in sorted({0, chosen.watchers}):
            with LocalCloud(log_folder=logs, parameters=parameters) as cloud, watched(cloud, watchers):
                figures = measure(cloud, chosen.runs, chosen.clients, chosen.instructions)
            [reading] = [figure for figure in figures if figure.name == READING]
            print(f"{reading.name} with {watchers} watchers: {reading.value * 1_000:.0f} ms\n")


def measure(cloud: LocalCloud, runs: int, clients: int, instructions: str) -> list[Figure]:
    """Says what came of it as it goes; the figures that have a target are the answer."""
    httpx.put(f"{cloud.url}/projects/load", json={"name": "load"}, timeout=60).raise_for_status()
    command = [sys.executable, "-m", "tests.benchmarks.clients", cloud.url, str(runs), str(clients), instructions]
    table = cloud.table_seconds()
    with Watch(cloud.worker_pids) as watch:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    table = (cloud.table_seconds() - table) / watch.seconds
    measured: dict[str, Any] = json.loads(done.stdout)
    ends = list(measured["ends"].values())
    print(f"{runs} runs by {clients} clients, submitted at once, on {os.cpu_count()} processors")
    print(f"ended      {len(ends)}: " + ", ".join(f"{ends.count(end)} {end}" for end in sorted(set(ends))))
    records = Records(
        lambda path: httpx.get(cloud.url + path, timeout=60), cloud.client("dynamodb"), cloud.table_name, TENANT
    )
    _tell_failures(records, [run_id for run_id, end in measured["ends"].items() if end == "failed"])
    _check(cloud, records, runs, list(measured["ends"]))
    finishes = [_seconds_to_end(records, run_id) for run_id in measured["ends"]]
    print(f"throughput {runs / measured['seconds']:.2f} runs/s over {measured['seconds']:.1f} s")
    print(f"POST       {spread(measured['posts'])}")
    print(f"GET        {spread(measured['gets'])}")
    print(f"to the end {spread(finishes, 's', 1)}")
    print(f"sent again {measured['refused']} requests that were answered by neither 200 nor 201")
    if measurable():
        _memory(watch)
        _bottleneck(watch, table)
    return [
        Figure(f"load, {runs} runs by {clients} clients", runs / measured["seconds"], "runs/s", target="8"),
        Figure("load, POST, p95", percentile(measured["posts"], 95), "s", target="1.5"),
        Figure(READING, percentile(measured["gets"], 95), "s"),
        Figure("load, host, processor time a run", watch.host_seconds / runs, "s"),
        Figure("load, workers, processor time a run", watch.worker_seconds / runs, "s"),
        Figure("load, runs lost", runs - len(ends), "runs", target="0"),
    ]


def _tell_failures(records: Records, failed: list[str]) -> None:
    """What they failed of, and how many of each."""
    errors = Counter(
        f"{error['step']}: {error['error_type']}: {error['message']}"
        for run_id in failed
        for error in records.json(f"/runs/{run_id}")["errors"]
    )
    for error, number in errors.most_common():
        print(f"           {number} {error}")


def _check(cloud: LocalCloud, records: Records, runs: int, ended: list[str]) -> None:
    """Lost is a run that was asked for and has no end; doubled, one that has two, or that nobody asked for."""
    unsound = {run_id: found for run_id in ended if (found := flaws(records, run_id))}
    executions = cloud.client("stepfunctions").get_paginator("list_executions")
    pages = executions.paginate(stateMachineArn=cloud.state_machine_arn)
    names = [each["name"] for page in pages for each in page["executions"]]
    print(f"lost       {runs - len(ended)}")
    print(f"doubled    {len(names) - len(set(names)) + len(set(names) - set(ended))}")
    print(f"unsound    {len(unsound)} {unsound or ''}")
    print(f"counted    {len(records.counted() | records.listed_as_active())} as active, afterwards")


def _seconds_to_end(records: Records, run_id: str) -> float:
    """From the run's first log entry to its last."""
    first, *_, last = (datetime.fromisoformat(entry["at"]) for _, _, entry in records.slots(run_id))
    return (last - first).total_seconds()


def _memory(watch: Watch) -> None:
    print("memory     seconds  host MiB  workers MiB  workers")
    step = max(1, len(watch.samples) // ROWS)
    for sample in [*watch.samples[:-1:step], watch.samples[-1]]:
        row = f"{sample.at:7.0f}  {sample.host / MIB:8.0f}  {sample.workers / MIB:11.0f}  {sample.count:7}"
        print(f"           {row}")


def _bottleneck(watch: Watch, table: float) -> None:
    """Each against what it could have used: a Python process one processor, all together all, the table its time."""
    processors = os.cpu_count() or 1
    host, workers = watch.host_seconds / watch.seconds, watch.worker_seconds / watch.seconds
    others = watch.machine_seconds / watch.seconds - host - workers
    print(f"processors host {host:.2f}, workers {workers:.2f}, clients and all others {others:.2f} of {processors}")
    print(f"table      had a call to answer for {table:.0%} of the time")
    if host >= BUSY:
        verdict = "the host process: moto, the HTTP front and the interpreter of the state machine take turns in it"
    elif host + workers + others >= BUSY * processors:
        verdict = f"the processors of this machine; of what we use, the host takes {host / (host + workers):.0%}"
    elif table >= BUSY:
        verdict = "the table: moto's DynamoDB takes one call at a time, in a process that many threads share"
    else:
        verdict = "waiting: none of these is used up; calls wait for workers, executions between their tries"
    print(f"bottleneck {verdict}")
