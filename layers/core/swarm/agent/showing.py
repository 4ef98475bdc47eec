"""Shows what the model writes while somebody watches, and nobody anything otherwise."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from codex_swarm.models import DeltaEvent
from swarm.aws.clients import BotoCoreError, ClientError
from swarm.ids import RunKey
from swarm.records.drafts import Drafts
from swarm.records.keys import sortable
from swarm.records.ownership import Ownership

SHOW_SECONDS = 1.0
"""Between two drafts."""

LOOK_SECONDS = 2.0
"""Of an answer that nobody watches: whether somebody has come, and whether the run is still this process's."""


class Showing:
    """The draft of the turn that is being written.

    `slot` gives the run and the slot of its log that the turn is going to take. The look before each request of the
    model, whether the run is still this process's, tells by the same query whether somebody watches.
    """

    def __init__(
        self,
        drafts: Drafts,
        ownership: Ownership,
        now: Callable[[], datetime],
        slot: Callable[[], tuple[RunKey, int]],
    ) -> None:
        self._drafts = drafts
        self._ownership = ownership
        self._now = now
        self._slot = slot
        self._looked = ownership.now()
        self._written = self._looked - SHOW_SECONDS
        self._watched = False
        self._shown = False

    def taken_over(self) -> None:
        """Another process, which this one replaces, may have shown something."""
        self._shown = True

    def begin(self) -> None:
        """Before each attempt: withdraws what another one had shown. Raises `RunStopped`."""
        self._look()
        if self._shown and self._watched:
            self._write(DeltaEvent())
            self._shown = False

    def wrote(self, draft: Callable[[], DeltaEvent]) -> None:
        """Shows the draft, if it is time and somebody watches. Raises `RunStopped`."""
        since, pause = (self._written, SHOW_SECONDS) if self._watched else (self._looked, LOOK_SECONDS)
        if self._ownership.now() - since < pause:
            return
        self._look()
        if self._watched:
            self._write(draft())
            self._shown = True

    def superseded(self) -> None:
        """An entry of the log has taken the place of what was shown."""
        self._shown = False

    def _look(self) -> None:
        before = self._ownership.now()
        look = self._drafts.look(*self._slot())
        if look.taken:
            # Perhaps only by a message; this look finds out.
            self._ownership.look()
        else:
            self._ownership.rely_on(before)
        self._looked, self._watched = before, look.watched_until > sortable(self._now())

    def _write(self, draft: DeltaEvent) -> None:
        self._ownership.require()
        self._written = self._ownership.now()
        # No run fails because something could not be shown.
        with suppress(BotoCoreError, ClientError):
            self._drafts.write(*self._slot(), draft, self._now())
