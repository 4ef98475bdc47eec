"""Merging a changed clone back into the workspace that it was made of, path by path, three ways.

What only one side changed, or both alike, is taken. A text that both changed is merged by its lines. Whatever else both
changed stays in both versions, the clone's beside the workspace's, for somebody to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from swarm.errors import CallerError
from swarm.workspace.line_merge import merged
from swarm.workspace.objects import ObjectStore, ProjectArea
from swarm.workspace.snapshot import FileChange, FileEntry, Snapshot, compare
from swarm.workspace.text_files import as_text
from swarm.workspace.working_copy import Workspace, read_blob

MAX_TEXT_BYTES = 1_000_000
"""Of a text that is merged by its lines."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A path that both sides changed, and where the clone's version is kept; None where one side deleted it."""

    path: str
    kept_as: str | None
    what: str


@dataclass
class Merge:
    """What became of the clone's changes: paths taken over, conflicts, and why a change could not be taken."""

    taken: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merging:
    """A workspace, the snapshot that clones were made of, and where contents are stored."""

    workspace: Workspace
    base: Snapshot
    objects: ObjectStore
    area: ProjectArea

    def take(self, clone: Snapshot, mark: str) -> Merge:
        """Take over what the clone changed. `mark` is part of the names under which its side of conflicts is kept."""
        merge = Merge()
        # Files that went first: in the place of a folder there may be a file now.
        for change in sorted(compare(self.base, clone), key=lambda change: (change.after is not None, change.path)):
            try:
                self._take(change, mark, merge)
            except CallerError as error:
                merge.refused[change.path] = str(error)
        return merge

    def _take(self, change: FileChange, mark: str, merge: Merge) -> None:
        path, after, ours = change.path, change.after, self.workspace.find(change.path)
        if _same(ours, after):
            return
        if _same(ours, change.before):
            if after is None:
                self.workspace.delete(path)
            else:
                self.workspace.link(path, after)
            merge.taken.append(path)
        elif after is None:
            merge.conflicts.append(Conflict(path, None, "deleted it, which was not done: it was changed besides"))
        elif ours is None:
            self.workspace.link(path, after)
            merge.conflicts.append(Conflict(path, None, "changed it, and it is there again: it was deleted besides"))
        elif (text := self._by_lines(change.before, ours, after)) is not None:
            self.workspace.write(path, text.encode())
            merge.taken.append(path)
        else:
            beside = self._beside(path, mark)
            self.workspace.link(beside, after)
            merge.conflicts.append(Conflict(path, beside, "changed what was changed besides"))

    def _by_lines(self, before: FileEntry | None, ours: FileEntry, theirs: FileEntry) -> str | None:
        if max(ours.size, theirs.size) > MAX_TEXT_BYTES:
            return None
        texts = [
            "" if before is None else as_text(read_blob(self.objects, self.area, before)),
            # It may not be stored yet: an earlier merge may have written it.
            as_text(self.workspace.content(ours)),
            as_text(read_blob(self.objects, self.area, theirs)),
        ]
        base, one, other = texts
        return None if base is None or one is None or other is None else merged(base, one, other)

    def _beside(self, path: str, mark: str) -> str:
        """A free path beside this one, of the same type."""
        place, number = PurePosixPath(path), 1
        while True:
            name = f"{place.stem}.{mark}{'' if number == 1 else f'-{number}'}{place.suffix}"
            found = str(place.with_name(name))
            if self.workspace.find(found) is None:
                return found
            number += 1


def _same(one: FileEntry | None, other: FileEntry | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.sha256, one.executable) == (other.sha256, other.executable)
