"""Skills: how certain tasks are to be done, for the runs of a project or of all projects."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from codex_swarm.calls.base import of_project
from codex_swarm.calls.transfers import TransferCalls
from codex_swarm.connection import parse
from codex_swarm.errors import InvalidArgument
from codex_swarm.models import InlineFile, SkillPut, SkillRead
from codex_swarm.saving import local_files
from codex_swarm.shaping import segment, shaped
from codex_swarm.uploads import Files, sources

MAX_BYTES = 5_000_000
"""Of a skill's files together; the service takes no more."""

_MAX_INLINE, _MAX_INLINE_BYTES = 100, 512_000


class SkillCalls(TransferCalls):
    """Skills."""

    async def put_skill(
        self, name: str, files: Files, *, project_id: str | None = None, upload_to: str | None = None
    ) -> SkillRead:
        """Keeps a skill for a project, or without one for all projects, in place of the one that had its name.

        `files` is a folder with a `SKILL.md`, or what `upload_files` takes. What is no text, or long, is uploaded, for
        which a skill of all projects needs a project: `upload_to`. The same files again change nothing.
        """
        contents = await self._connection.transport.in_thread(_contents, files)
        path, body = _path(project_id, name), SkillPut()
        texts = _texts(contents)
        through = project_id or upload_to
        if texts is not None:
            body = SkillPut(files=[shaped(InlineFile, path=path, content=text) for path, text in texts.items()])
        elif through is None:
            raise InvalidArgument("files that are no short texts go through a project's uploads; name one in upload_to")
        else:
            body = SkillPut(uploads=[await self.upload_files(through, contents)], project_id=through)
        fields = body.model_dump(mode="json", exclude_none=True)
        return parse(SkillRead, await self._connection.request("PUT", path, body=fields, repeat=True))

    async def list_skills(self, project_id: str | None = None) -> list[SkillRead]:
        """What the runs of a project can use, or without one the skills of all projects; `files` is left empty."""
        path = "/skills" if project_id is None else of_project(project_id, "skills")
        return await self._connection.read(list[SkillRead], path)

    async def get_skill(self, name: str, *, project_id: str | None = None) -> SkillRead:
        """One skill of a project, or without one of all projects, with its files."""
        return await self._connection.read(SkillRead, _path(project_id, name))

    async def delete_skill(self, name: str, *, project_id: str | None = None) -> None:
        """Drops a skill; runs that have begun keep it."""
        await self._connection.request("DELETE", _path(project_id, name))


def _path(project_id: str | None, name: str) -> str:
    rest = f"skills/{segment(name, 'name')}"
    return f"/{rest}" if project_id is None else of_project(project_id, rest)


def _contents(files: Files) -> dict[str, bytes]:
    """Each file of the skill by its path. Raises `InvalidArgument`, `LocalFileError`."""
    with local_files():
        if isinstance(files, (str, os.PathLike)) and Path(files).is_dir():
            folder = Path(files)
            files = {
                found.relative_to(folder).as_posix(): found
                for found in sorted(folder.rglob("*"))
                if found.is_file() and not _is_left_out(found.relative_to(folder))
            }
            if not files:
                raise InvalidArgument(f"the folder {folder} has no files")
    with ExitStack() as kept:
        found = sources(files, kept)
        if sum(source.size for source in found) > MAX_BYTES:
            raise InvalidArgument(f"the files of a skill have at most {MAX_BYTES} bytes together")
        return {source.path: b"".join(source.chunks()) for source in found}


def _is_left_out(path: Path) -> bool:
    """What tools leave in a folder: hidden files and folders, caches of Python."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _texts(contents: dict[str, bytes]) -> dict[str, str] | None:
    """The files as they can be sent in the request itself; None where they cannot."""
    if len(contents) > _MAX_INLINE or sum(map(len, contents.values())) > _MAX_INLINE_BYTES:
        return None
    try:
        texts = {path: data.decode() for path, data in contents.items()}
    except UnicodeDecodeError:
        return None
    return None if any("\0" in text for text in texts.values()) else texts
