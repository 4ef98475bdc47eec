"""Folders of files as snapshots, and patches applied to them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from swarm.outputs.diff import Diff, diff
from swarm.workspace.file_types import file_type
from swarm.workspace.snapshot import FileEntry, Snapshot, compare

Tree = Mapping[str, bytes]


def snapshot(tree: Tree) -> Snapshot:
    """The snapshot of these files."""
    return Snapshot({path: entry(path, data) for path, data in tree.items()})


def entry(path: str, data: bytes) -> FileEntry:
    return FileEntry(hashlib.sha256(data).hexdigest(), len(data), file_type(path))


def difference(old: Tree, new: Tree, executable: Collection[str] = ()) -> Diff:
    """What changed from one tree to the other, in which these paths have the execute bit."""
    blobs = {entry(path, data).sha256: data for tree in (old, new) for path, data in tree.items()}
    after = {path: one._replace(executable=path in executable) for path, one in snapshot(new).files.items()}
    return diff("run/r", compare(snapshot(old), Snapshot(after)), lambda wanted: blobs[wanted.sha256])


def applied(folder: Path, old: Tree, patch: bytes) -> dict[str, bytes]:
    """The tree that `git apply` makes of the old one."""
    for path, data in old.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    # A folder inside a repository would be patched as a part of it.
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=folder, input=patch, check=True)
    found = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}
