"""A laptop cloud in which processes can be made to die, and what a client sees of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from codex_swarm.models import ProjectRead
from infra.local.cloud import TENANT, LocalCloud
from infra.local.lambdas import deaths
from infra.local.lambdas.deaths import Death
from swarm.lifecycle.idempotency import key_for
from swarm.lifecycle.reconciliation import GRACE
from tests.local.clouds import eventually
from tests.support.story import Records

PROJECT = "durable"
FINAL = {"succeeded", "failed", "cancelled"}
WATCHED = (
    "ApiFunction",
    "PrepareFunction",
    "AgentFunction",
    "DispatchFunction",
    "FinishFunction",
    "FailFunction",
    "ReconcileFunction",
)
PATIENCE = 60.0
"""Seconds in which every run here has ended, whatever happened to it."""


def deaths_in(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """The environment by which each function finds the deaths that are due in it."""
    for function in WATCHED:
        (folder / function).mkdir(parents=True, exist_ok=True)
    return {function: {deaths.VARIABLE: str(folder / function)} for function in WATCHED}


@dataclass
class World:
    """One laptop cloud with a project in it."""

    cloud: LocalCloud
    due: Path
    http: httpx.Client = field(init=False)
    records: Records = field(init=False)
    _schedule: threading.Lock = field(init=False, default_factory=threading.Lock)
    _now: datetime = field(init=False, default=datetime.min.replace(tzinfo=UTC))

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.cloud.url, timeout=60, limits=httpx.Limits(max_connections=100))
        self.records = Records(self.get, self.cloud.client("dynamodb"), self.cloud.table_name, TENANT)
        self.http.put(f"/projects/{PROJECT}", json={"name": PROJECT}).raise_for_status()

    def get(self, path: str) -> httpx.Response:
        """A GET, sent again while the process that answers it is dying, or there were too many of them."""

        def answered() -> httpx.Response | None:
            answer = self.http.get(path)
            return None if answer.status_code >= 500 or answer.status_code == 429 else answer

        return eventually(answered)

    def post(self, key: str, instructions: str, **more: Any) -> httpx.Response:
        """Start a run under this idempotency key; a `conversion` instead of what the instructions say."""
        conversion: dict[str, str] | None = more.pop("conversion", None)
        kind, asked = ("runs", {"instructions": instructions}) if conversion is None else ("conversions", conversion)
        headers = {"Idempotency-Key": key}
        return self.http.post(f"/projects/{PROJECT}/{kind}", json={**asked, **more}, headers=headers)

    def run_id(self, key: str) -> str:
        """The id that the run of this key has, also before there is one."""
        project = ProjectRead.model_validate(self.get(f"/projects/{PROJECT}").json())
        return key_for(TENANT, project, key).run_id

    def arm(self, function: str, death: Death, run_id: str) -> Path:
        """Have a process of the function die, at a call that names this run; the file is gone once one has."""
        return replace(death, naming=(run_id, *death.naming)).arm(self.due / function)

    def status(self, run_id: str) -> str | None:
        """The status of the run's item, past the API."""
        key = {"PK": {"S": f"T#{TENANT}#R#{run_id}"}, "SK": {"S": "META"}}
        item = self.records.dynamodb.get_item(TableName=self.records.table, Key=key, ConsistentRead=True).get("Item")
        return item["status"]["S"] if item else None

    def end_of(self, run_id: str, seconds: float = PATIENCE) -> str:
        """The final status, once the run has one and its execution is over too."""
        status = eventually(lambda: found if (found := self.status(run_id)) in FINAL else None, seconds)
        eventually(lambda: self.execution(run_id) != "RUNNING", seconds)
        # What was under way when the run ended, such as taking it out of the counts.
        eventually(lambda: run_id not in self.records.counted(), seconds)
        return status

    def execution(self, run_id: str) -> str | None:
        """The status of the run's execution; None where there is none."""
        client = self.cloud.client("stepfunctions")
        try:
            status: str = client.describe_execution(executionArn=self.execution_arn(run_id))["status"]
        except client.exceptions.ExecutionDoesNotExist:
            return None
        return status

    def execution_arn(self, run_id: str) -> str:
        return f"{self.cloud.state_machine_arn.replace(':stateMachine:', ':execution:')}:{run_id}"

    def reconcile(self, rounds: int = 1) -> list[dict[str, Any]]:
        """What the schedule does, with so much time between the rounds that everything undone is overdue."""
        answers = []
        for _ in range(rounds):
            # One at a time, and never back in time: whatever calls this, there is one schedule.
            with self._schedule:
                self._now = max(self._now, datetime.now(UTC)) + GRACE + timedelta(seconds=5)
                event = {
                    "detail-type": "Scheduled Event",
                    "time": self._now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "detail": {},
                }
                answers.append(eventually(partial(self._reconciled, json.dumps(event).encode())))
        return answers

    def _reconciled(self, event: bytes) -> dict[str, Any] | None:
        """What a round did; None where its process died, perhaps for another run, and it has to be done again."""
        outcome = self.cloud.functions["ReconcileFunction"].invoke(event)
        answer: dict[str, Any] = json.loads(outcome.payload)
        return None if outcome.error else answer

    def close(self) -> None:
        self.http.close()


def wait(seconds: float) -> None:
    """Let time pass that a process under test needs, and nobody can hurry."""
    time.sleep(seconds)
