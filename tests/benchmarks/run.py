"""One run after the other: processor time, POST to succeeded, calls, transitions, dollars; and imports as ratios.

Each figure that has a named alternative is measured beside it in this process or in processes like it, in turns, so
that a busy machine slows both. Times are those of this machine; the counts are those of AWS.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from moto.dynamodb.models import dynamodb_backends

from infra.local.cloud import REPOSITORY, TENANT, LocalCloud
from infra.local.identity import ACCOUNT_ID, REGION
from swarm.records.keys import run_key
from tests.benchmarks.figures import Figure, keep, median
from tests.benchmarks.machine import processor_seconds

PRICES = Path(__file__).with_name("prices.json")
WARM_UP = 5
PAUSE = 0.003
"""Between two looks at moto's own table, which cost the laptop cloud nothing that a client would not."""
WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
READS = {"GetItem", "Query"}
STORED = {"PutObject", "CopyObject"}
CLIENT = "import boto3; boto3.client('dynamodb', region_name='us-east-1')"
MAKE_CLIENT = "from swarm.aws import clients; clients.dynamodb()"
IMPORTS = {
    "start authorizer, with its client": (f"import authorizer.app; {MAKE_CLIENT}", CLIENT, "boto3's client", "1.3 x"),
    "start API": ("import api.app", CLIENT, "boto3's client", "1.5 x"),
    "start API, with its client": (f"import api.app; {MAKE_CLIENT}", CLIENT, "boto3's client", ""),
    "start agent": ("import agent.app", "import openai, boto3", "import openai, boto3", "1.3 x"),
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench run", description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="one after the other (40)")
    parser.add_argument("--rounds", type=int, default=5, help="of each import, in turns with its alternative (5)")
    parser.add_argument("--json", type=Path, help="file in which the figures are left, too")
    chosen = parser.parse_args(arguments)
    figures = [*of_runs(chosen.runs), *of_imports(chosen.rounds)]
    for figure in figures:
        print(figure.line())
    if chosen.json:
        keep(figures, chosen.json)


def of_runs(number: int) -> list[Figure]:
    """Of so many runs, one after the other, on a laptop cloud of their own."""
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cloud = stack.enter_context(LocalCloud(log_folder=logs))
        httpx.put(f"{cloud.url}/projects/bench", json={"name": "bench"}, timeout=60).raise_for_status()
        command = [sys.executable, "-m", "tests.benchmarks.one_client", cloud.url, "wait 0 seconds"]
        client = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        for _ in range(WARM_UP):
            _one(cloud, client)
        host, looking, workers = processor_seconds(os.getpid()), time.thread_time(), _seconds(cloud)
        calls = stack.enter_context(cloud.recorded_calls())
        times = [_one(cloud, client) for _ in range(number)]
        # Whatever is still to do for the last run, such as telling of its end.
        time.sleep(0.3)
        # Without what it takes this thread, which is no part of the laptop cloud, to look for the ends.
        host = processor_seconds(os.getpid()) - host - (time.thread_time() - looking)
        worked = sum(max(0.0, seconds - workers.get(pid, 0.0)) for pid, seconds in _seconds(cloud).items())
        made = list(calls)
        run_id = times[-1][2]
        reads = _gets(cloud, [f"/runs/{run_id}", "/healthz"], 100)
        entered = transitions(cloud, run_id)
        assert client.stdin is not None
        client.stdin.close()
    counted = Counter(call.operation for call in made if call.function is not None and not call.presigned)
    return [
        Figure("host, processor time a run", host / number, "s", target="0.05"),
        Figure("workers, processor time a run", worked / number, "s", target="0.04"),
        Figure("POST", median([each[0] for each in times]) * 1e3, "ms"),
        Figure("POST to succeeded", median([each[1] for each in times]) * 1e3, "ms", target="100"),
        Figure("GET of a run", reads[0], "ms", "GET /healthz", reads[1], target="3"),
        Figure("AWS calls of functions a run", sum(counted.values()) / number, "calls", target="20"),
        Figure("transitions a run", entered, "transitions"),
        Figure("requests and transitions of 1,000 runs", 1000 * dollars(counted, number, entered), "US dollars"),
    ]


def _one(cloud: LocalCloud, client: subprocess.Popen[str]) -> tuple[float, float, str]:
    """Seconds to the answer and to the end, and the run's id."""
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write("\n")
    client.stdin.flush()
    said: dict[str, Any] = json.loads(client.stdout.readline())
    while (status := _status(cloud, said["run_id"])) not in {"succeeded", "failed"}:
        time.sleep(PAUSE)
    if status == "failed":
        raise SystemExit(f"run {said['run_id']} failed")
    return said["answered"] - said["began"], time.monotonic() - said["began"], said["run_id"]


def _status(cloud: LocalCloud, run_id: str) -> str:
    key = run_key(TENANT, run_id)
    table: Any = dynamodb_backends[ACCOUNT_ID][REGION].get_table(cloud.table_name)
    [items] = [items for found, items in list(table.items.items()) if found.value == key.pk]
    return next((str(item.attrs["status"].value) for sk, item in list(items.items()) if sk.value == key.sk), "")


def _seconds(cloud: LocalCloud) -> dict[int, float]:
    return {pid: processor_seconds(pid) for pid in cloud.worker_pids()}


def _gets(cloud: LocalCloud, paths: list[str], number: int) -> list[float]:
    """The median of each in milliseconds, one after the other in turns."""
    found: list[list[float]] = [[] for _ in paths]
    with httpx.Client(base_url=cloud.url, timeout=60) as http:
        for _ in range(number):
            for path, seconds in zip(paths, found, strict=True):
                began = time.perf_counter()
                http.get(path).raise_for_status()
                seconds.append(time.perf_counter() - began)
    return [median(seconds) * 1e3 for seconds in found]


def transitions(cloud: LocalCloud, run_id: str) -> int:
    """As they are billed: each state that is entered."""
    states = cloud.client("stepfunctions")
    arn = cloud.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{run_id}"
    history = states.get_execution_history(executionArn=arn, maxResults=1_000)["events"]
    return sum("stateEnteredEventDetails" in event for event in history)


def dollars(counted: Counter[str], runs: int, entered: int) -> float:
    """Of one run: its requests and transitions, each DynamoDB call as one unit; Lambda's time is not in it."""
    prices = json.loads(PRICES.read_text())["dollars"]
    units = {
        "state transition": float(entered),
        "DynamoDB write request unit": sum(counted[each] for each in WRITES) / runs,
        "DynamoDB read request unit": sum(counted[each] for each in READS) / runs,
        "S3 PUT": sum(counted[each] for each in STORED) / runs,
        "S3 GET": counted["GetObject"] / runs,
        # Api with its authorizer, Prepare, Agent.
        "Lambda request": 4.0,
    }
    return float(sum(number * prices[name]["price"] / prices[name]["per"] for name, number in units.items()))


def of_imports(rounds: int) -> list[Figure]:
    """Of a Python that starts, does that and ends, as if from bytecode, in turns with its alternative."""
    figures = []
    with tempfile.TemporaryDirectory() as bytecode:
        for name, (ours, theirs, alternative, target) in IMPORTS.items():
            measured = [(_importing(ours, bytecode), _importing(theirs, bytecode)) for _ in range(rounds + 1)][1:]
            mine, other = (min(each[place] for each in measured) for place in (0, 1))
            figures.append(Figure(f"{name}, processor time", mine, "s", alternative, other, target))
    return figures


def _importing(statement: str, bytecode: str) -> float:
    """Processor seconds of a Python that does that and nothing else; what it compiles it keeps in the folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONPATH": os.pathsep.join(_roots()),
        "PYTHONPYCACHEPREFIX": bytecode,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = os.times()
    subprocess.run([sys.executable, "-c", statement], env=environment, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _roots() -> list[str]:
    return [str(REPOSITORY / folder) for folder in ("client", "layers/core", "layers/job", "functions")]
