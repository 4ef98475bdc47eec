"""What one tenant can make the operator pay in a day at most: quotas of the template times prices, nothing measured.

`docs/scale.md` has this table, and `tests/docs/test_scale.py` holds it to the template and to the prices.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from swarm.outputs.stream import POLL_SECONDS
from swarm.records.rates import HANDFUL
from tests.support.paths import ROOT

DAY = 86_400
STATES = 5
"""That a run enters at least, and a batch of its jobs at most (`tests/durability/test_costs.py`)."""

SHORTEST_SECONDS = 1
"""That a run, or a batch of jobs, is taken to last."""


@dataclass(frozen=True)
class Line:
    """One kind of cost, with its arithmetic, in dollars a day."""

    name: str
    arithmetic: str
    dollars: float

    @property
    def row(self) -> str:
        """As a row of the page."""
        return f"| {self.name} | {self.arithmetic} | {self.dollars:,.2f} |"


def main(arguments: list[str]) -> None:
    argparse.ArgumentParser(prog="./run.sh bench ceiling", description=__doc__).parse_args(arguments)
    for line in lines():
        print(line.row)


def lines() -> list[Line]:
    """By the defaults of the template; the last is the sum."""
    template: Any = yaml_parse((ROOT / "template.yaml").read_text())
    machine: Any = yaml_parse((ROOT / "infra" / "run.asl.yaml").read_text())
    listed: Any = json.loads(Path(__file__).with_name("prices.json").read_text())["dollars"]
    price = {name: each["price"] / each["per"] for name, each in listed.items()}
    second = price["Lambda GB-second on arm64"]

    def quota(name: str) -> int:
        return int(template["Parameters"][name]["Default"])

    def gigabytes(function: str) -> float:
        own = template["Resources"][function]["Properties"]
        return float(own.get("MemorySize", template["Globals"]["Function"]["MemorySize"])) / 1_024

    requests, all_requests = quota("MaxRequestsPerSecond"), quota("ApiRateLimit")
    timeout = template["Resources"]["ApiFunction"]["Properties"]["Timeout"]
    watchers, runs = quota("MaxWatchers"), quota("MaxActiveRuns")
    [jobs] = [state["MaxConcurrency"] for state in machine["States"].values() if "MaxConcurrency" in state]
    job = gigabytes("DispatchFunction") + max(gigabytes("SandboxFunction"), gigabytes("ConvertFunction"))
    work = max(gigabytes("AgentFunction"), gigabytes("PrepareFunction"), jobs * job)
    archives, previews = quota("MaxArchives"), quota("MaxPreviews")
    packing, drawing = archives * gigabytes("ArchiveFunction"), previews * gigabytes("PreviewFunction")
    stored = quota("MaxStoredGigabytes")
    found = [
        Line(
            "requests that reach the API, refused ones too",
            f"{all_requests} a second × {DAY:,} s × (gateway + call of a function)",
            all_requests * DAY * (price["HTTP API request"] + price["Lambda request"]),
        ),
        Line(
            "answering them, were each to take until the timeout",
            f"{requests} a second × {DAY:,} s × {timeout} s × {gigabytes('ApiFunction'):g} GB",
            requests * DAY * timeout * gigabytes("ApiFunction") * second,
        ),
        Line(
            "tokens of the rate",
            f"{requests} a second × {DAY:,} s ÷ {HANDFUL} writes",
            requests * DAY / HANDFUL * price["DynamoDB write request unit"],
        ),
        Line(
            "watchers, and their looks",
            f"{watchers} × {DAY:,} s × ({gigabytes('WatchFunction'):g} GB + {1 / POLL_SECONDS:g} reads a second)",
            watchers * DAY * (gigabytes("WatchFunction") * second + price["DynamoDB read request unit"] / POLL_SECONDS),
        ),
        Line(
            "work on runs",
            f"{runs} × {DAY:,} s × {work:.2f} GB, which are {jobs} jobs at a time",
            runs * DAY * work * second,
        ),
        Line(
            "states of runs",
            f"{runs} × {DAY:,} s ÷ {SHORTEST_SECONDS} s × {STATES}",
            runs * DAY / SHORTEST_SECONDS * STATES * price["state transition"],
        ),
        Line(
            "archives and previews",
            f"({archives} × {gigabytes('ArchiveFunction'):.2f} + {previews} × {gigabytes('PreviewFunction'):.2f} GB)"
            f" × {DAY:,} s",
            (packing + drawing) * DAY * second,
        ),
        Line("what is stored", f"{stored} GB ÷ 30 days of a month", stored / 30 * price["S3 GB-month"]),
    ]
    return [*found, Line("together", "", sum(line.dollars for line in found))]
