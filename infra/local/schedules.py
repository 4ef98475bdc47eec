"""Schedules: rules and EventBridge Scheduler schedules that call functions, on the laptop's clock."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.cron import Cron
from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.lambdas.service import LambdaService
from infra.local.moto_patches.cloudformation import Resolved
from infra.local.persistence.store import NotKept

RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
CRON = re.compile(r"cron\(([^)]+)\)")


class UnsupportedSchedule(Exception):
    """The expression or the target is none that the laptop cloud can do."""


@dataclass(frozen=True)
class Schedule:
    """A function to call with a payload, every `period` or when `cron` matches; `source` names the resource."""

    source: str
    function_arn: str
    payload: bytes | None
    period: timedelta | None
    cron: Cron | None

    def next_after(self, moment: datetime) -> datetime:
        """When it is due next."""
        if self.period is not None:
            return moment + self.period
        if self.cron is None:
            raise ValueError(f"{self.source} has neither a rate nor a cron expression")
        return self.cron.next_after(moment)


def read(resources: Iterable[Resolved]) -> list[Schedule]:
    """The enabled schedules among a stack's resources. Raises UnsupportedSchedule."""
    schedules = []
    for resource in resources:
        properties = resource.properties
        if resource.type == "AWS::Events::Rule" and "ScheduleExpression" in properties:
            targets = properties.get("Targets", [])
        elif resource.type == "AWS::Scheduler::Schedule":
            targets = [properties["Target"]]
        else:
            continue
        if properties.get("State", "ENABLED") == "ENABLED":
            expression = properties["ScheduleExpression"]
            schedules += [_schedule(resource.logical_id, expression, target) for target in targets]
    return schedules


def _schedule(source: str, expression: str, target: dict[str, Any]) -> Schedule:
    if ":lambda:" not in target["Arn"]:
        raise UnsupportedSchedule(f"{source}: only functions are called on a schedule here, not {target['Arn']}")
    period, cron = None, None
    if rate := RATE.fullmatch(expression):
        period = timedelta(**{f"{rate[2]}s": int(rate[1])})
    elif fields := CRON.fullmatch(expression):
        cron = Cron.parse(fields[1])
    else:
        raise UnsupportedSchedule(f"{source}: {expression} is neither rate(...) nor cron(...)")
    payload = str(target["Input"]).encode() if "Input" in target else None
    return Schedule(source, target["Arn"], payload, period, cron)


class Scheduler:
    """A thread that calls what is due."""

    def __init__(self, schedules: list[Schedule], functions: LambdaService) -> None:
        self._functions = functions
        self._stopping = threading.Event()
        now = datetime.now(UTC)
        self._due = {schedule: schedule.next_after(now) for schedule in schedules}
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
        if schedules:
            self._thread.start()

    def stop(self) -> None:
        """Call nothing any more."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            schedule = min(self._due, key=self._due.__getitem__)
            wait = (self._due[schedule] - datetime.now(UTC)).total_seconds()
            if wait > 0 and self._stopping.wait(wait):
                return
            self._due[schedule] = schedule.next_after(datetime.now(UTC))
            function = self._functions.by_arn(schedule.function_arn)
            with suppress(NotKept):
                self._functions.send(function.specification.name, schedule.payload or _event(schedule.source))


def _event(source: str) -> bytes:
    """What EventBridge sends when the target has no input of its own."""
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{source}"],
        "detail": {},
    }
    return json.dumps(event).encode()
