"""What a turn leaves in the object store: blobs, then what names them; the entry that names that comes after.

A crash in between leaves only garbage. Every name has the entry's slot and the process in it, so two processes that
race for a slot never write one object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from swarm.agent.position import Position
from swarm.agent.tools.tool import Tool
from swarm.jobs.batch import JobCall, cut, store_batch
from swarm.records.backend import Backend, area_of
from swarm.records.ownership import OwnedObjects
from swarm.runs.conversation import Item, store_transcript
from swarm.workspace.manifests import load_snapshot, store_snapshot
from swarm.workspace.objects import RunObjects
from swarm.workspace.snapshot import Snapshot, new_bytes
from swarm.workspace.working_copy import Workspace


class TurnStore:
    """The run's `workspace`, and where it, the conversation and calls for other functions are stored.

    `objects` writes only while the run is this process's. `batch` is the key of the last batch stored here.
    """

    def __init__(self, backend: Backend, position: Position) -> None:
        run = position.run
        self.objects = OwnedObjects(backend.objects, position.ownership)
        self.batch: str | None = None
        self._position = position
        self._stored = load_snapshot(backend.objects, run.snapshot)
        provided = load_snapshot(backend.objects, run.skill_files).files
        self.workspace = Workspace(self.files, self.objects, area_of(run.key), provided=provided)

    @property
    def files(self) -> Snapshot:
        """The files as they were stored last."""
        return self._stored.files

    def store(self, items: Sequence[Item]) -> tuple[str, str | None, int]:
        """Store files and conversation: keys of the conversation and the snapshot, and how many bytes were new."""
        # All is named before any is stored: a message that is taken in meanwhile moves the slot.
        transcript, snapshot, size = self._key("transcript"), self._position.run.snapshot, 0
        if self.workspace.changed:
            snapshot = self._key("snapshots")
            files = self.workspace.save()
            size = new_bytes(self.files, files)
            self._stored = store_snapshot(self.objects, snapshot, files, self._stored)
        store_transcript(self.objects, transcript, items)
        return transcript, snapshot, size

    def store_review(self, items: Sequence[Item]) -> str:
        """Store the conversation of the run's reviewer; its key."""
        key = self._key("transcript", "-review")
        store_transcript(self.objects, key, items)
        return key

    def store_calls(self, pending: Sequence[tuple[Tool[Any], JobCall]], now: datetime) -> str:
        """Store the calls that other functions have to do from now on; the key of the batch."""
        run, calls = self._position.run, [(tool.executor, call) for tool, call in pending]
        files = self.workspace.with_provided(self.files)
        batch = cut(run.version + 1, self._position.writer, calls, files)
        self.batch = store_batch(self.objects, run, replace(batch, began=now))
        return self.batch

    def _key(self, kind: RunObjects, suffix: str = "") -> str:
        run = self._position.run
        name = f"{run.version + 1:05}-{self._position.writer}{suffix}.json.gz"
        return area_of(run.key).of_run(run.run_id, kind, name)
