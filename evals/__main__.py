"""What a model does with 28 tasks, four of each type, judged by programs.

    ./run.sh evals                                    the configured provider, in a laptop cloud of its own
    ./run.sh evals --model M --against M2 --tries 3   two models side by side
    ./run.sh evals --json before.json                 then, with other prompts: ./run.sh evals --against before.json
    ./run.sh evals --url URL --key KEY                a deployment, with the model that it has

With OPENAI_API_KEY set the provider is asked, at its prices; MODEL_PRICES makes the table say them. Without it, or with
CROSS_RUN_FAKE_SWARM=1, the offline model does the tasks, which shows only that everything fits together: then it exits
with 1 where a task comes out otherwise than `evals/offline.json` says.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import CodexSwarmError
from codex_swarm.models import TaskType
from evals.offline import OFFLINE, surprises
from evals.report import Report, as_json, table
from evals.runs import Attempt, attempts
from evals.task import Task
from evals.tasks import TASKS
from examples.demo import NotStarted, laptop_cloud


def main(arguments: Sequence[str] | None = None) -> int:
    """The process's exit code."""
    asked = _options(arguments)
    chosen = [task for task in TASKS if asked.only is None or task.type == asked.only]
    try:
        before = asked.against and asked.against.endswith(".json")
        earlier = Report.read(Path(asked.against), asked.only) if before else None
        with _service(asked, asked.model) as (model, client):
            reports = [_report(model, client, chosen, asked)]
        if earlier:
            reports.append(earlier)
        elif asked.against:
            with _service(asked, asked.against) as (model, client):
                reports.append(_report(model, client, chosen, asked))
    except (NotStarted, CodexSwarmError, ValueError, OSError) as error:
        print(f"evals: {error}", file=sys.stderr)
        return 2
    print("\n".join(table(reports)))
    if asked.json:
        asked.json.write_text(as_json(reports))
    unlike = surprises(reports[0].attempts) if reports[0].model == OFFLINE else []
    print(*(f"otherwise than expected of the offline model: {each}" for each in unlike), sep="\n")
    return 1 if unlike else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run.sh evals", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="in place of OPENAI_MODEL")
    parser.add_argument("--against", help="another model, or a report of an earlier time (a file that ends in .json)")
    parser.add_argument("--only", type=TaskType, choices=list(TaskType), help="one type of task")
    parser.add_argument("--tries", type=int, default=1, help="at each task (1)")
    parser.add_argument("--at-once", type=int, default=4, help="runs at a time (4)")
    parser.add_argument("--json", type=Path, help="file in which everything is left for programs")
    parser.add_argument("--url", help="a deployment, instead of a laptop cloud")
    parser.add_argument("--key", help="its API key (CODEX_SWARM_API_KEY)")
    asked = parser.parse_args(arguments)
    if asked.url and (asked.model or (asked.against and not asked.against.endswith(".json"))):
        parser.error("a deployment has the model that its operator chose: leave --model out, and compare by --json")
    if asked.tries < 1 or asked.at_once < 1:
        parser.error("--tries and --at-once are at least 1")
    # What was paid for must not be lost at the end.
    if asked.json and (asked.json.is_dir() or not asked.json.parent.is_dir()):
        parser.error(f"--json {asked.json}: its folder has to be there, and it is no folder itself")
    return asked


@contextmanager
def _service(asked: argparse.Namespace, model: str | None) -> Iterator[tuple[str, CodexSwarmClient]]:
    """The name of the model, and a client of a service that asks it. Raises `NotStarted`."""
    if asked.url:
        with CodexSwarmClient(asked.url, asked.key) as client:
            yield asked.url, client
        return
    environment = {**os.environ, "OPENAI_MODEL": model or os.environ.get("OPENAI_MODEL", "")}
    if not environment.get("OPENAI_API_KEY") or environment.get("CROSS_RUN_FAKE_SWARM") == "1":
        environment["CROSS_RUN_FAKE_SWARM"], model = "1", OFFLINE
    with laptop_cloud(environment) as url, CodexSwarmClient(url) as client:
        yield model or environment["OPENAI_MODEL"] or "the default model", client


def _report(model: str, client: CodexSwarmClient, tasks: Sequence[Task], asked: argparse.Namespace) -> Report:
    def told(attempt: Attempt) -> None:
        verdict = "passed" if attempt.passed else f"not passed: {', '.join(attempt.faults)}"
        print(f"{model}: {attempt.type}, {attempt.task}: {verdict}", file=sys.stderr, flush=True)

    return Report.of(model, attempts(client, tasks, asked.tries, asked.at_once, told))


if __name__ == "__main__":
    sys.exit(main())
