"""What a run came to, and whether its records are sound: for comparing a run that met faults with one that met none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from swarm.aws import clients

if TYPE_CHECKING:
    from tests.support.stack import Stack


class Answer(Protocol):
    """The answer to a GET."""

    @property
    def content(self) -> bytes: ...


@dataclass(frozen=True)
class Records:
    """One tenant's view of a deployment: its API, and the table behind it."""

    get: Callable[[str], Answer]
    dynamodb: Any
    table: str
    tenant: str

    def json(self, path: str) -> Any:
        return json.loads(self.get(path).content)

    def slots(self, run_id: str) -> list[Any]:
        """The run's log: number, kind and entry of each slot, in the order of the keys."""
        found = self.dynamodb.query(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :slot)",
            ExpressionAttributeValues={":pk": {"S": f"T#{self.tenant}#R#{run_id}"}, ":slot": {"S": "L#"}},
        )["Items"]
        return [(int(item["SK"]["S"][2:]), item["kind"]["S"], json.loads(item["body"]["S"])) for item in found]

    def counted(self) -> set[str]:
        """The run ids that the tenant's quotas count, as active or as waiting."""
        key = {"PK": {"S": f"T#{self.tenant}"}, "SK": {"S": "META"}}
        item = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})
        return {*item.get("active", {}).get("SS", []), *item.get("waiting", {}).get("M", {})}

    def listed_as_active(self) -> set[str]:
        """The run ids that reconciliation would look at."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table, IndexName="GSI3")
        items = [item for page in pages for item in page["Items"] if item["GSI3PK"]["S"] != "TENANT"]
        return {item["PK"]["S"].rpartition("#")[2] for item in items}


def records_of(stack: Stack, tenant: str = "tenant-a") -> Records:
    """The records of functions that run in this process."""
    return Records(lambda path: stack.request("GET", path, tenant=tenant), clients.dynamodb(), "table", tenant)


def told(records: Records, run_id: str) -> list[tuple[str, Any]]:
    """Every event of the run that the stream gives, with its id."""
    text = records.get(f"/runs/{run_id}/stream").content.decode()
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [(block["id"], json.loads(block["data"])) for block in blocks if "id" in block and "event" not in block]


def story(records: Records, run_id: str) -> dict[str, Any]:
    """What the run came to, without the ids and times that differ from run to run."""
    run = records.json(f"/runs/{run_id}")
    listing = records.json(f"/runs/{run_id}/workspace/files")["files"]
    steps = records.json(f"/runs/{run_id}/steps")
    shown = {
        "status": run["status"],
        "errors": run["errors"],
        "summary": run["machine_summary"],
        "usage": {name: value for name, value in run["usage"].items() if name != "seconds"},
        "artifacts": [(made["path"], made["kind"], made["bytes"]) for made in run["artifacts"]],
        "steps": [{name: value for name, value in step.items() if name != "t"} for step in steps],
    }
    told_of = json.loads(json.dumps(shown).replace(run_id, "RUN"))
    files = {each["path"]: records.get(f"/runs/{run_id}/workspace/files/{each['path']}").content for each in listing}
    return {**told_of, "files": files}


def story_of_work(records: Records, run_id: str) -> dict[str, Any]:
    """The same but for how large its artifacts are.

    A scripted provider counts its answers, so a transcript's size tells how often it was asked before.
    """
    found = story(records, run_id)
    return {**found, "artifacts": [name for name, *_ in found["artifacts"]]}


def flaws(records: Records, run_id: str) -> list[str]:
    """Everything that is wrong with the records of a run that has ended. None of it may ever be."""
    return [*_flaws_of_log(records, run_id), *_flaws_of_events(records, run_id), *_flaws_of_counts(records, run_id)]


def _flaws_of_log(records: Records, run_id: str) -> Iterator[str]:
    slots = records.slots(run_id)
    numbers = [number for number, _, _ in slots]
    if numbers != list(range(len(numbers))):
        yield f"the slots are {numbers}"
    kinds = [kind for _, kind, _ in slots]
    if kinds.count("ended") != 1 or kinds[-1] != "ended":
        yield f"the run does not end exactly once: {kinds}"
    if kinds.count("created") != 1 or kinds.count("prepared") > 1:
        yield f"the run begins more than once: {kinds}"
    run = records.json(f"/runs/{run_id}")
    if run["status"] != slots[-1][2]["change"].get("status") or run["progress"] != 100:
        yield f"the item says {run['status']} at {run['progress']} %"


def _flaws_of_events(records: Records, run_id: str) -> Iterator[str]:
    events = told(records, run_id)
    places = [tuple(map(int, place.split("."))) for place, _ in events]
    counted = [(slot, number) for slot, _, entry in records.slots(run_id) for number in range(len(entry["events"]))]
    if places != counted:
        yield f"the stream gives {places} of {counted}"
    percents = [event["percent"] for _, event in events if event["type"] == "progress"]
    if percents != sorted(percents) or percents[-1:] != [100]:
        yield f"the progress goes {percents}"
    steps = [event["step_id"] for _, event in events if event["type"] == "step"]
    if steps != [f"{run_id}-{number:05}" for number in range(len(steps))]:
        yield f"the steps are {steps}"


def _flaws_of_counts(records: Records, run_id: str) -> Iterator[str]:
    if run_id in records.counted():
        yield "the tenant's quota still counts the run"
    if run_id in records.listed_as_active():
        yield "the run is still in the index of active runs"
