"""The outbox: a delivery for each end and each wait of a run, and each end of a batch, that has somebody to tell.

Each is kept until it is settled, and for as long as runs are. Pings are kept for a day.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from codex_swarm.models import BudgetAlert, RunStatus, ScheduleRead, WebhookData, WebhookPayload
from swarm.adapters import adapter
from swarm.aws.delivery_executions import Machine
from swarm.errors import DeliveryNotFound, NotRedeliverable
from swarm.ids import new_id
from swarm.logs import log
from swarm.records.keys import Key, batch_delivery_key, deliveries_of_tenant, delivery_key, outbox, sortable
from swarm.records.listing import Page, Range, Wanted, page_of
from swarm.records.table import UNCLAIMED, ConditionFailed, Item, Table
from swarm.runs.batches import Batch
from swarm.runs.requests import untaken
from swarm.runs.run import Run
from swarm.runs.schedules import Schedule

PREFIX, WAIT, BATCH, BUDGET, SCHEDULE = "msg_", "_wait", "_batch", "budget_", "schedule_"
SCHEMA = 1
EARLIER = "version < :version"
"""Never a new item: a delivery that was deleted with its run stays so."""

BACKOFF_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000)
"""The pauses between the attempts: seven in some 18 hours."""

PAUSED = "schedule.paused"
"""The type of a message about a schedule that paused by itself."""

PING = "ping"
"""The type of a message about no run, which somebody asked for to see whether it arrives. It is tried once."""

PING_KEPT = timedelta(days=1)

HOPELESS = timedelta(days=3)
"""A delivery that is overdue for so long is dead: whatever keeps us from trying it is not about to pass."""


_ID = re.compile(rf"{PREFIX}([0-9a-zA-Z_-]{{1,64}}?)(?:{WAIT}(\d{{1,4}})|{BATCH}(\d{{1,4}}))?")


class DeliveryStatus(StrEnum):
    """Where a delivery stands. A dead one is tried again only when somebody asks for it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one receiver. `round` counts the executions that it was given to, `version` its changes.

    `wait` numbers the run's waits for people, from 0; of a message about its end it is None. Of a message about a batch
    `run_id` is the batch's id, and `batch_round` says which of its rounds has ended. One about a budget, or about a
    schedule that paused, has an id of its own in the place of a run's, and as `payload` all that it says: it needs no
    run any more. A ping has an id of its own, too.
    """

    tenant_id: str
    project_id: str
    run_id: str
    type: str
    url: str
    created_at: datetime
    status: DeliveryStatus = DeliveryStatus.PENDING
    round: int = 1
    version: int = 0
    attempts: int = 0
    next_attempt_at: datetime | None = None
    last_attempt_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None
    wait: int | None = None
    batch_round: int | None = None
    payload: str | None = None
    schema: int = SCHEMA

    @property
    def id(self) -> str:
        """The id that the receiver sees, the same on every attempt."""
        return _id(self.run_id, self.wait, self.batch_round)

    @property
    def is_ping(self) -> bool:
        """Whether it is about no run."""
        return self.type == PING

    @property
    def execution(self) -> str:
        """The name of the execution that works on it; a name is taken once and for all."""
        return f"{self.id}-{self.round}"


class Outbox:
    """The deliveries in the table, and the state machine that works on them."""

    def __init__(self, table: Table, machine: Machine, retention: timedelta) -> None:
        self._table = table
        self._machine = machine
        self._retention = retention

    def announce(self, run: Run) -> None:
        """Write down that the receiver of this run's end is to be told; of a child's its parent is. Twice is once."""
        if run.callback_url is None or run.ended_at is None or run.parent_run_id is not None:
            return
        self._announce(run, run.callback_url, run.status.value, run.ended_at, None)

    def announce_wait(self, run: Run) -> None:
        """Write down that the receiver is to be told what the run waits for. Twice is once."""
        if run.callback_url is not None and run.waits_for_people:
            since = min(request.asked_at for request in untaken(run.requests))
            self._announce(run, run.callback_url, "waiting", since, run.rounds)

    def announce_batch(self, batch: Batch) -> None:
        """Write down that the receiver is to be told of this end of the batch. Twice is once."""
        if batch.callback_url is not None and batch.ended_at is not None:
            self._put(
                Delivery(
                    tenant_id=batch.tenant_id,
                    project_id=batch.project_id,
                    run_id=batch.id,
                    type=f"batch.{batch.status.value}",
                    url=batch.callback_url,
                    created_at=batch.ended_at,
                    batch_round=batch.round,
                )
            )

    def ping(self, tenant_id: str, project_id: str, url: str, now: datetime) -> Delivery:
        """Write down a ping, and let its one attempt begin. Where that fails `repair` does it."""
        message = Delivery(
            tenant_id=tenant_id, project_id=project_id, run_id=new_id(), type=PING, url=url, created_at=now
        )
        self._table.put(self._item(message), UNCLAIMED)
        self.begin(message)
        return message

    def _announce(self, run: Run, url: str, event: str, at: datetime, wait: int | None) -> None:
        self._put(
            Delivery(
                tenant_id=run.key.tenant_id,
                project_id=run.key.project_id,
                run_id=run.run_id,
                type=f"run.{event}",
                url=url,
                created_at=at,
                wait=wait,
            )
        )

    def _put(self, message: Delivery) -> None:
        try:
            self._table.put(self._item(message), UNCLAIMED)
        except ConditionFailed:
            return

    def announce_budget(
        self, run: Run, event: str, alert_id: str, alert: BudgetAlert, url: str | None, at: datetime
    ) -> bool:
        """Have the receiver of a budget told that the run's turns have nearly used it up; whether it is news.

        Its id is that of the alert, whichever run comes upon it: it is told once, and stays when the run goes.
        """
        if url is None:
            return False
        data = WebhookData(
            run_id=run.run_id, project_id=run.key.project_id, status=run.status, name=run.name, budget=alert
        )
        message = Delivery(
            tenant_id=run.key.tenant_id,
            project_id=run.key.project_id,
            run_id=f"{BUDGET}{alert_id}",
            type=event,
            url=url,
            created_at=at,
            payload=WebhookPayload(type=event, timestamp=at, data=data).model_dump_json(),
        )
        try:
            self._table.put(self._item(message), UNCLAIMED)
        except ConditionFailed:
            return False
        self.begin(message)
        return True

    def announce_schedule(self, schedule: Schedule, shown: ScheduleRead, at: datetime) -> None:
        """Have the receiver of a schedule told that it paused by itself. Twice is once: its id is made of the pause."""
        if schedule.callback_url is None:
            return
        pause = f"{schedule.project_id}/{schedule.name}/{schedule.version}"
        data = WebhookData(project_id=schedule.project_id, status=RunStatus.FAILED, name=schedule.name, schedule=shown)
        message = Delivery(
            tenant_id=schedule.tenant_id,
            project_id=schedule.project_id,
            run_id=f"{SCHEDULE}{hashlib.sha256(pause.encode()).hexdigest()[:32]}",
            type=PAUSED,
            url=schedule.callback_url,
            created_at=at,
            payload=WebhookPayload(type=PAUSED, timestamp=at, data=data).model_dump_json(),
        )
        self._put(message)
        self.begin(message)

    def start(self, run: Run) -> None:
        """Let the first round begin. Where this fails, or never comes to be, `repair` does it."""
        if run.parent_run_id is None:
            self._start(run, None)

    def start_wait(self, run: Run) -> None:
        """The same for the message about the run's wait."""
        if run.waits_for_people:
            self._start(run, run.rounds)

    def _start(self, run: Run, wait: int | None) -> None:
        if run.callback_url is not None:
            self._machine.start(f"{_id(run.run_id, wait)}-1", _input(run.key.tenant_id, run.run_id, wait))

    def start_batch(self, batch: Batch) -> None:
        """The same for the message about the end of a batch."""
        if batch.callback_url is not None:
            name, text = f"{_id(batch.id, None, batch.round)}-1", _input(batch.tenant_id, batch.id, None, batch.round)
            self._machine.start(name, text)

    def begin(self, message: Delivery) -> None:
        """Let the delivery's round begin."""
        text = _input(message.tenant_id, message.run_id, message.wait, message.batch_round)
        self._machine.start(message.execution, text)

    def find(
        self, tenant_id: str, run_id: str, wait: int | None = None, batch_round: int | None = None
    ) -> Delivery | None:
        """The delivery that tells of this run's end, or of that wait of it, or of a batch's, by one read."""
        item = self._table.get(_key(tenant_id, run_id, wait, batch_round))
        return _decode(item) if item else None

    def get(self, tenant_id: str, delivery_id: str) -> Delivery:
        """The delivery of this id. Raises `DeliveryNotFound`."""
        match = _ID.fullmatch(delivery_id)
        found = None
        if match is not None:
            wait, batch_round = (None if number is None else int(number) for number in match.group(2, 3))
            found = self.find(tenant_id, match[1], wait, batch_round)
        # So many digits can say one number in two ways.
        found = found if found is not None and found.id == delivery_id else None
        if found is None:
            raise DeliveryNotFound(delivery_id)
        return found

    def store(self, message: Delivery) -> bool:
        """Move the delivery on by one version; false when somebody else has done that already."""
        following = replace(message, version=message.version + 1)
        try:
            self._table.put(self._item(following), EARLIER, {":version": {"N": str(following.version)}})
        except ConditionFailed:
            return False
        return True

    def listed(self, tenant_id: str, status: DeliveryStatus | None, wanted: Wanted[Delivery]) -> Page[Delivery]:
        """A page of a tenant's deliveries, newest first. Raises `InvalidCursor`."""
        index = "GSI2" if status is None else "GSI1"
        return page_of(
            self._table,
            Range(index=index, pk=deliveries_of_tenant(tenant_id, status or "").pk, newest_first=True),
            _decode,
            wanted,
        )

    def pending(self) -> Iterator[Delivery]:
        """Every delivery that is not settled, of all tenants."""
        for digit in "0123456789abcdef":
            yield from map(_decode, self._table.index("GSI3", outbox(digit).pk))

    def redeliver(self, tenant_id: str, delivery_id: str, now: datetime) -> Delivery:
        """Begin once more with a dead one, under the same id. Raises `DeliveryNotFound`, `NotRedeliverable`."""
        dead = self.get(tenant_id, delivery_id)
        again = replace(
            dead, status=DeliveryStatus.PENDING, round=dead.round + 1, attempts=0, next_attempt_at=now, last_error=None
        )
        if dead.status is not DeliveryStatus.DEAD or not self.store(again):
            raise NotRedeliverable(delivery_id, dead.status.value)
        self.begin(again)
        return again

    def repair(self, now: datetime, grace: timedelta) -> int:
        """See to it that somebody works on every delivery that is overdue; how many that were."""
        repaired = 0
        for message in self.pending():
            if now - (message.next_attempt_at or message.created_at) < grace:
                continue
            status = self._machine.status(message.execution)
            if status == "RUNNING":
                continue
            log.warning("nobody worked on a delivery", run_id=message.run_id, status=status)
            if status is None:
                self.begin(message)
            else:
                self._begin_again(message, now)
            repaired += 1
        return repaired

    def _begin_again(self, message: Delivery, now: datetime) -> None:
        """Another round after an execution that ended too early, until this has gone on for too long."""
        following = replace(message, round=message.round + 1)
        if now - (message.next_attempt_at or message.created_at) > HOPELESS:
            following = replace(message, status=DeliveryStatus.DEAD, last_error="it could not be tried")
        if self.store(following) and following.status is DeliveryStatus.PENDING:
            self.begin(following)

    def _item(self, message: Delivery) -> Item:
        at, status = sortable(message.created_at), message.status
        kept = PING_KEPT if message.is_ping else self._retention
        item: Item = {
            **_key(message.tenant_id, message.run_id, message.wait, message.batch_round).attributes(),
            **deliveries_of_tenant(message.tenant_id, status, at, message.run_id).attributes("GSI1"),
            **deliveries_of_tenant(message.tenant_id, "", at, message.run_id).attributes("GSI2"),
            "version": {"N": str(message.version)},
            "schema": {"N": str(message.schema)},
            "body": {"S": adapter(Delivery).dump_json(message).decode()},
            "expires_at": {"N": str(int((message.created_at + kept).timestamp()))},
        }
        if status is not DeliveryStatus.PENDING:
            return item
        return {**item, **outbox(message.run_id, at).attributes("GSI3")}


def _id(run_id: str, wait: int | None, batch_round: int | None = None) -> str:
    which = "" if wait is None else f"{WAIT}{wait}"
    return PREFIX + run_id + (which if batch_round is None else f"{BATCH}{batch_round}")


def _key(tenant_id: str, run_id: str, wait: int | None, batch_round: int | None) -> Key:
    if batch_round is not None:
        return batch_delivery_key(tenant_id, run_id, batch_round)
    return delivery_key(tenant_id, run_id, wait)


def _input(tenant_id: str, run_id: str, wait: int | None, batch_round: int | None = None) -> str:
    given = {"wait": wait, "batch_round": batch_round}
    which = {name: number for name, number in given.items() if number is not None}
    return json.dumps({"tenant_id": tenant_id, "run_id": run_id, **which})


def _decode(item: Item) -> Delivery:
    return adapter(Delivery).validate_json(item["body"]["S"])
