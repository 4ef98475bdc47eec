"""A batch: one template, many items, a run for each. How far each item is, as a fold of what has happened to it.

A few of the runs exist at a time; the others are started as these end. Each run's id is made of the batch, its place
and the round in which it was begun, so whoever starts it again starts the same run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

from codex_swarm.models import RunStatus, Usage
from swarm.runs.usage import total

MAX_ROUNDS = 20
"""The first, and so many less one in which what failed is tried again."""

WAITING, AT_WORK, ASKING = ".", "r", "w"
"""An item whose run is still to be started; one whose run is under way; one whose run waits, or waited, for people."""

ENDS = {"s": RunStatus.SUCCEEDED, "f": RunStatus.FAILED, "c": RunStatus.CANCELLED}
"""How the run of an item ended. One that was never started is cancelled, too."""

_END_OF = {status: state for state, status in ENDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """Whose run a run is: the batch, the item's place from 0, and the round in which it was begun."""

    batch_id: str
    place: int
    round: int = 0

    @property
    def run_id(self) -> str:
        """The id of this item's run of this round."""
        return hashlib.sha256(f"{self.batch_id} {self.place} {self.round}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the report has of an item whose run has ended, or could not be started: then there is no `run_id`."""

    place: int
    round: int
    status: RunStatus
    run_id: str | None = None
    closing_words: str | None = None
    error: str | None = None
    result: JsonValue = None
    usage: Usage = field(default_factory=Usage)
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as far as it has got.

    `states` has a letter for each item, `rounds` the round in which its run was begun last. `request` is the key of the
    stored template and items; `fingerprint` that of the request, where it carried an idempotency key. `held_up` says
    that there was no room in the tenant's queue for the runs of some items that count as under way.
    """

    id: str
    tenant_id: str
    project_id: str
    name: str
    created_at: datetime
    request: str
    states: str
    rounds: tuple[int, ...]
    fingerprint: str | None = None
    callback_url: str | None = None
    round: int = 0
    held_up: bool = False
    usage: Usage = field(default_factory=Usage)
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0
    schema: int = 1

    @property
    def status(self) -> RunStatus:
        """`succeeded` when every run was; `failed` when it has ended otherwise."""
        if self.cancelled_at is not None:
            return RunStatus.CANCELLED
        if self.ended_at is None:
            return RunStatus.RUNNING
        return RunStatus.SUCCEEDED if set(self.states) == {"s"} else RunStatus.FAILED

    @property
    def at_work(self) -> list[int]:
        """The places of the items whose runs are under way."""
        return [place for place, state in enumerate(self.states) if state in {AT_WORK, ASKING}]

    @property
    def left(self) -> int:
        """How many items have not ended."""
        return len(self.at_work) + self.states.count(WAITING)

    @property
    def to_try_again(self) -> list[int]:
        """The places of the items whose runs have ended and did not succeed."""
        return [place for place, state in enumerate(self.states) if state in {"f", "c"}]

    def item(self, place: int) -> BatchItem:
        """Of the run that the item has, or had last."""
        return BatchItem(batch_id=self.id, place=place, round=self.rounds[place])

    def waits_for(self, item: BatchItem) -> bool:
        """Whether this very run is one that the batch goes on with once it has ended."""
        return self.rounds[item.place] == item.round and self.states[item.place] in {AT_WORK, ASKING}

    def to_start(self, at_once: int) -> list[int]:
        """The places that come next, as far as so many may be under way at a time."""
        if self.cancelled_at is not None:
            return []
        room = max(0, at_once - self.states.count(AT_WORK))
        return [place for place, state in enumerate(self.states) if state == WAITING][:room]

    def started(self, places: Iterable[int]) -> Batch:
        """With these under way."""
        return self._with(dict.fromkeys(places, AT_WORK))

    def asking(self, place: int) -> Batch:
        """With one that waits for people: it holds no place of those that work, and another may begin."""
        return self._with({place: ASKING})

    def told(self, item: BatchItem, status: RunStatus, usage: Usage, at: datetime) -> Batch:
        """With the end of one; the last ends the batch."""
        after = self._with({item.place: _END_OF[status]})
        return _ended(replace(after, usage=total(self.usage, usage)), at)

    def cancelled(self, at: datetime) -> Batch:
        """With nothing more to start."""
        waiting = (place for place, state in enumerate(self.states) if state == WAITING)
        return _ended(replace(self._with(dict.fromkeys(waiting, "c")), cancelled_at=at), at)

    def again(self) -> Batch:
        """With what did not succeed still to be done, in a new round."""
        places, following = self.to_try_again, self.round + 1
        rounds = tuple(following if place in set(places) else old for place, old in enumerate(self.rounds))
        return replace(
            self._with(dict.fromkeys(places, WAITING)),
            round=following,
            rounds=rounds,
            cancelled_at=None,
            ended_at=None,
        )

    def _with(self, states: dict[int, str]) -> Batch:
        return replace(self, states="".join(states.get(place, old) for place, old in enumerate(self.states)))


def _ended(batch: Batch, at: datetime) -> Batch:
    """The batch, at its end if nothing is left to do."""
    return batch if batch.at_work or WAITING in batch.states else replace(batch, ended_at=at)
