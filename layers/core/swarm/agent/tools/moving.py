"""Which files a move or a copy means, and where each goes: worked out before anything is changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Done
from swarm.errors import ToolFailure
from swarm.text import clip_lines

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace

MAX_MOVED = 2_000
"""How many files one call moves or copies."""


class FilesAndTarget(Arguments):
    """What `move_files` and `copy_files` take."""

    files: str = Field(
        description="One path; a folder such as drafts/; or a pattern for whole paths in which * stands for anything,"
        " folders included, such as *.docx or 2024/*.pdf."
    )
    target: str = Field(
        description="The new path of one file, or a folder ending in / that takes all of them, with their subfolders."
    )
    overwrite: bool | None = Field(
        default=None, description="Whether files that are there already may be replaced. Null for no."
    )


def targets_of(args: FilesAndTarget, workspace: Workspace) -> Mapping[str, str]:
    """The new path of each file. Raises `ToolFailure` where nothing matches or two files would become one."""
    files, paths = args.files.removeprefix("./"), workspace.paths()
    pattern = f"{files}*" if files.endswith("/") else files
    sources = [files] if files in paths else [path for path in paths if fnmatchcase(path, pattern)]
    if not sources:
        raise ToolFailure(f"no file matches {args.files}; list_files shows what there is")
    if len(sources) > MAX_MOVED:
        raise ToolFailure(f"{len(sources)} files match; at most {MAX_MOVED} go at once, so narrow the pattern")
    into_folder = args.target.endswith("/") or args.target in {"", "."}
    if not into_folder:
        if len(sources) > 1:
            raise ToolFailure(f"{len(sources)} files match; give a folder ending in / as the target")
        return _checked({sources[0]: args.target.removeprefix("./")}, args, paths)
    folder = PurePosixPath(args.target or ".")
    # What stands before the first wildcard stays behind; one file loses its folders.
    fixed = files.rpartition("/")[0] if files in paths else re.split(r"[*?[]", pattern)[0].rpartition("/")[0]
    return _checked({path: str(folder / PurePosixPath(path).relative_to(fixed)) for path in sources}, args, paths)


def _checked(targets: Mapping[str, str], args: FilesAndTarget, paths: list[str]) -> Mapping[str, str]:
    if all(source == target for source, target in targets.items()):
        raise ToolFailure("the files are there already; nothing to do")
    there = set(paths) - {source for source, target in targets.items() if source == target}
    taken = [target for target in targets.values() if target in there]
    if taken and not args.overwrite:
        raise ToolFailure(f"{taken[0]} is there already; set overwrite to replace it, or take another target")
    return targets


def report(verb: str, targets: Mapping[str, str]) -> Done:
    """What was done, a line a file."""
    lines = [f"{source} -> {target}" for source, target in targets.items()]
    return Done(clip_lines([f"{verb} {len(lines)} file{'s' * (len(lines) != 1)}:", *lines], 1), tuple(targets.values()))
