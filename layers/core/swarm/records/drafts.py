"""What the model of a run is writing just now, for whoever watches: two small items beside the run's log.

Watchers mark that they are there, and the process that works on the run overwrites one draft while the mark is good.
Nothing of it is state: no run is ever read from it, it is bounded, and it goes with the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from codex_swarm.models import DeltaEvent
from swarm.ids import RunKey
from swarm.records.keys import draft_key, slot_key, sortable, watch_key
from swarm.records.table import Item, Table

WATCHED = timedelta(seconds=60)
"""For how long a watcher's mark is good; it is made again when less than half is left, however many watch."""

LONGEST = 2_000
"""Characters of a text, and of a file's content, that a draft shows: the last ones."""

LIVE_ITEMS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Whether a slot of the log is taken, until when somebody watches, and the draft with its slot and time."""

    taken: bool
    watched_until: str = ""
    draft: DeltaEvent | None = None
    draft_slot: int = -1
    drafted_at: str = ""


class Drafts:
    """The mark of a run's watchers and what they are shown."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def look(self, key: RunKey, slot: int, *, draft: bool = False) -> Look:
        """One query for whether the slot is taken and whether somebody watches, with the draft if it is asked for."""
        first = slot_key(key.tenant_id, key.run_id, slot)
        last = (draft_key if draft else watch_key)(key.tenant_id, key.run_id)
        items = self._table.newest(first.pk, first.sk, last.sk, LIVE_ITEMS + 1)
        found = {item["SK"]["S"]: item for item in items if is_live(item)}
        mark = found.get(watch_key(key.tenant_id, key.run_id).sk, {})
        until = mark["until"]["S"] if mark else ""
        taken = len(found) < len(items)
        written = found.get(last.sk, {}) if draft else {}
        if not written:
            return Look(taken=taken, watched_until=until)
        return Look(
            taken=taken,
            watched_until=until,
            draft=DeltaEvent.model_validate_json(written["body"]["S"]),
            draft_slot=int(written["slot"]["N"]),
            drafted_at=written["at"]["S"],
        )

    def watch(self, key: RunKey, now: datetime) -> None:
        """Somebody watches from now on, for as long as `WATCHED` says."""
        until: Item = {":until": {"S": sortable(now + WATCHED)}}
        self._table.update(
            watch_key(key.tenant_id, key.run_id), "SET #until = :until", names={"#until": "until"}, values=until
        )

    def write(self, key: RunKey, slot: int, draft: DeltaEvent, now: datetime) -> None:
        """Show this in place of what was shown; it counts until somebody takes the slot."""
        short = draft.model_copy(update={"text": draft.text[-LONGEST:], "content": draft.content[-LONGEST:]})
        self._table.put(
            {
                **draft_key(key.tenant_id, key.run_id).attributes(),
                "slot": {"N": str(slot)},
                "at": {"S": sortable(now)},
                "body": {"S": short.model_dump_json()},
            }
        )


def is_live(item: Item) -> bool:
    """Whether an item of a run's partition is one of these two."""
    return item["SK"]["S"].startswith("LIVE")
