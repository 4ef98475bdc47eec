"""Where an agent's process stands in the log of its run: behind its own entries, and what others say meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from codex_swarm.models import MessageEvent, MessageState, RunEvent
from swarm.agent.showing import Showing
from swarm.errors import RunStopped
from swarm.lifecycle import messages
from swarm.lifecycle.ending import advance
from swarm.lifecycle.transitions import Known
from swarm.records.backend import Backend
from swarm.records.ownership import Ownership
from swarm.records.runlog import SlotTaken, steps_in
from swarm.runs import events
from swarm.runs.conversation import Item
from swarm.runs.entries import (
    Change,
    ChildEnded,
    Claimed,
    Decided,
    Entry,
    Judged,
    Messaged,
    TurnTaken,
    Withdrawn,
)
from swarm.runs.fold import apply
from swarm.runs.messages import next_to_read, told
from swarm.runs.run import Run
from swarm.workspace.working_copy import Workspace


class Position:
    """`run` as it stands behind the last entry that this process has written, or taken in.

    `ownership` looks whether the run is still this process's; `showing` shows the draft of the next slot's turn. `read`
    are the messages in the conversation that no entry has committed yet, by their ids.
    """

    def __init__(
        self, backend: Backend, run: Run, entries: Sequence[Entry] | None, writer: str, now: Callable[[], datetime]
    ) -> None:
        """Claims the run. Raises `RunStopped` when it has ended."""
        self.writer = writer
        self.ownership = Ownership(self._lost)
        self.showing = Showing(backend.drafts, self.ownership, now, lambda: (self.run.key, self.run.version + 1))
        self.read: dict[str, Item] = {}
        self._backend = backend
        before = self.ownership.now()
        self.run, claim = _claim(backend, run, writer, now())
        self.ownership.rely_on(before)
        overtaken = claim.slot > run.version + 1
        if run.progress >= events.EXECUTING.percent or overtaken:
            self.showing.taken_over()
        # All of the run's steps, unless its log is long, or another process has been at work since it was read.
        self._steps = None if entries is None or overtaken else steps_in([*entries, claim])

    @property
    def known(self) -> Known:
        """The run, with what this process knows of it besides."""
        return Known(self.run, self._steps, self.ownership.looked)

    def append(
        self, change: Change, now: datetime, percent: int, shown: Sequence[RunEvent], *, show: bool = True
    ) -> bool:
        """Take the next slot, behind messages that came first; whether it did, as a last turn does only before any.

        Raises `RunStopped`.
        """
        while True:
            entry = Entry(
                slot=self.run.version + 1,
                writer=self.writer,
                at=now,
                change=change,
                progress=percent,
                events=tuple(shown),
            )
            before = self.ownership.now()
            try:
                self.run = self._backend.runs.append(self.run, entry, show=show)
            except SlotTaken as taken:
                if not self._take_in_messages():
                    raise RunStopped from taken
                if isinstance(change, TurnTaken | Judged) and change.final:
                    return False
            else:
                break
        self.ownership.rely_on(before)
        self.showing.superseded()
        if self._steps is not None:
            self._steps = [*self._steps, *steps_in([entry])]
        if isinstance(change, TurnTaken | Judged):
            self.read = {}
        return True

    def read_messages(self, workspace: Workspace, *, finishing: bool) -> list[Item]:
        """Those messages that are to be put into the conversation now, with their files in the workspace."""
        known = [message for message in self.run.messages if message.id not in self.read]
        unread = next_to_read(known, finishing=finishing)
        for message in unread:
            self.read[message.id] = messages.read(self._backend, self.run, message, workspace)
        return [self.read[message.id] for message in unread]

    def read_events(self) -> list[MessageEvent]:
        """What watchers are told of the messages that the next entry commits as read."""
        return [told(message, MessageState.READ) for message in self.run.messages if message.id in self.read]

    def _lost(self) -> bool:
        """Whether somebody else has the run: its next slot is taken, and not by a message."""
        return self._backend.log.has(self.run.key, self.run.version + 1) and not self._take_in_messages()

    def _take_in_messages(self) -> bool:
        """Go on behind what was said meanwhile; whether that is all that happened.

        A message that was read and is withdrawn ends this process's work, since the turn that read it must not count.
        """
        for entry in self._backend.log.read(self.run.key, self.run.version):
            match entry.change:
                case Withdrawn(message_id=withdrawn) if withdrawn in self.read:
                    return False
                case Messaged() | Withdrawn() | Decided() | ChildEnded():
                    self.run = apply(self.run, entry)
                case _:
                    return False
        return True


def _claim(backend: Backend, run: Run, writer: str, now: datetime) -> tuple[Run, Entry]:
    """Take the next slot before any work, so that a process this one replaces can commit nothing more."""

    def attempt(latest: Run) -> tuple[Run, Entry]:
        entry = Entry(
            slot=latest.version + 1,
            writer=writer,
            at=now,
            change=Claimed(),
            progress=events.EXECUTING.percent,
            events=(events.progress(events.EXECUTING),) if latest.turns == 0 else (),
        )
        return backend.runs.append(latest, entry, show=latest.progress < entry.progress), entry

    claimed = advance(backend, run, attempt)
    if claimed is None:
        raise RunStopped
    return claimed
