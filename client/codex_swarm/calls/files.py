"""What is in a run's workspace and what the run recorded, to be read one by one."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx

from codex_swarm.calls.base import Calls, given, of_run
from codex_swarm.connection import Answer, Params
from codex_swarm.errors import InvalidArgument, NotText, TransportError, UnexpectedAnswer
from codex_swarm.models import ArtifactRead, DiffRead, WorkspaceFile, WorkspaceFileListing
from codex_swarm.saving import PartialFile, Preview, fill, target_of
from codex_swarm.shaping import file_path, one_text, seconds, segment

FILE = "workspace/file"
"""Its path is in the query: in an address the gateway would end it at a question mark, even at an encoded one."""


class FileCalls(Calls):
    """Files, differences and artifacts."""

    async def list_files(self, run_id: str, *, turn: int | None = None) -> WorkspaceFileListing:
        """The whole workspace, sorted by path, over as many pages as it takes; with `turn`, as after that turn."""
        pages = [page async for page in self._file_pages(run_id, turn)]
        files = [file for page in pages for file in page.files]
        return pages[-1].model_copy(update={"files": files})

    async def iter_files(self, run_id: str, *, turn: int | None = None) -> AsyncGenerator[WorkspaceFile, None]:
        """The workspace's files, page by page as they are asked for."""
        async for page in self._file_pages(run_id, turn):
            for file in page.files:
                yield file

    async def page_files(
        self, run_id: str, *, limit: int | None = None, cursor: str | None = None, turn: int | None = None
    ) -> WorkspaceFileListing:
        """One page of the files, for a list of one's own: `cursor` is the `next_cursor` of the page before."""
        params = given(limit=limit, turn=turn)
        if cursor is not None:
            params["cursor"] = one_text(cursor, "cursor")
        return await self._connection.read(
            WorkspaceFileListing, of_run(run_id, "workspace/files"), params=params, of=run_id
        )

    async def _file_pages(self, run_id: str, turn: int | None) -> AsyncGenerator[WorkspaceFileListing, None]:
        cursor = None
        while True:
            page = await self.page_files(run_id, cursor=cursor, turn=turn)
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    async def get_file(self, run_id: str, path: str, *, turn: int | None = None) -> bytes:
        """A file of the workspace; with `turn`, as it was after that turn, 0 being what the run began with."""
        params = of_file(path, turn)
        return (await self._connection.request("GET", of_run(run_id, FILE), params=params)).content

    async def get_file_text(self, run_id: str, path: str, encoding: str = "utf-8", *, turn: int | None = None) -> str:
        """A text file of the workspace; raises `NotText` when it is none in that encoding."""
        return _text(await self.get_file(run_id, path, turn=turn), encoding)

    async def download_file(
        self, run_id: str, path: str, to: str | os.PathLike[str], *, turn: int | None = None
    ) -> Path:
        """Writes a file of the workspace to `to`, or under its own name into the folder `to`; returns where.

        It is streamed, so it may be large, goes on after an interruption, and appears only once it is complete.
        """
        params = of_file(path, turn)
        return await self._save(of_run(run_id, FILE), params, target_of(to, path.rpartition("/")[2]))

    async def download_archive(
        self, run_id: str, to: str | os.PathLike[str], *, turn: int | None = None, timeout: float = 600.0
    ) -> Path:
        """Writes the workspace as a zip file to `to`, or as `<run id>.zip` into the folder `to`; returns where.

        A large one is made first; raises `TransportError` when that takes longer than `timeout` seconds.
        """
        path, params = of_run(run_id, "workspace/archive"), given(turn=turn)
        target = target_of(to, f"{run_id}.zip")
        deadline = self._connection.clock() + seconds(timeout, "timeout")
        while True:
            async with self._connection.stream(path, params=params) as answer:
                if answer.status_code != httpx.codes.ACCEPTED:
                    break
                said = answer.headers.get("Retry-After", "")
            pause = float(said) if said.isdecimal() else 3.0
            if self._connection.clock() + pause > deadline:
                raise TransportError(f"the archive of run {run_id} was not ready within {timeout:g} s", passing=False)
            await self._connection.transport.sleep(pause)
        return await self._save(path, params, target)

    async def _save(self, path: str, params: Params, target: Path) -> Path:
        incomplete = PartialFile.beside(target)
        try:
            await fill(
                self._connection, lambda headers: self._connection.stream(path, headers, params=params), incomplete
            )
            incomplete.move_to(target)
        finally:
            incomplete.discard()
        return target

    async def get_preview(self, run_id: str, path: str, *, turn: int | None = None, page: int | None = None) -> Preview:
        """HTML of a text, a web page, a table or an office file; or a PNG of a picture or of a PDF's `page`, 1 first.

        Of a PDF `pages` tells how many there are.
        """
        params = {**of_file(path, turn), **given(page=page)}
        answer = await self._connection.request("GET", of_run(run_id, "workspace/preview"), params=params)
        pages = answer.headers.get("X-Page-Count", "")
        return Preview(_media_type(answer), answer.content, int(pages) if pages.isdecimal() else None)

    async def get_diff(self, run_id: str, *, from_turn: int | None = None, to_turn: int | None = None) -> DiffRead:
        """What the run changed, or what changed between two of its turns; raises `NotFound` when nothing did."""
        params = given(from_turn=from_turn, to_turn=to_turn)
        pages = [await self._connection.read(DiffRead, of_run(run_id, "diff"), params=params)]
        while (cursor := pages[-1].next_cursor) is not None:
            more = {**params, "cursor": cursor}
            pages.append(await self._connection.read(DiffRead, of_run(run_id, "diff"), params=more))
        files = [file for page in pages for file in page.summary.files]
        stat = "\n".join(page.summary.stat for page in pages)
        whole = pages[0].summary.model_copy(update={"files": files, "stat": stat})
        return pages[0].model_copy(update={"summary": whole, "next_cursor": None})

    async def get_patch(self, run_id: str, *, from_turn: int | None = None, to_turn: int | None = None) -> str:
        """The same as a unified patch, for `git apply`; binary files are named in it, and not patched."""
        params = {"format": "patch", **given(from_turn=from_turn, to_turn=to_turn)}
        return _text((await self._connection.request("GET", of_run(run_id, "diff"), params=params)).content, "utf-8")

    async def get_diff_page(self, run_id: str, *, from_turn: int | None = None, to_turn: int | None = None) -> str:
        """The same as a page of HTML for people, that shows what changed word by word, in documents too."""
        params = {"format": "html", **given(from_turn=from_turn, to_turn=to_turn)}
        return _text((await self._connection.request("GET", of_run(run_id, "diff"), params=params)).content, "utf-8")

    async def get_artifacts(self, run_id: str) -> list[ArtifactRead]:
        """The outputs that the run recorded."""
        return await self._connection.read(list[ArtifactRead], of_run(run_id, "artifacts"), of=run_id)

    async def get_artifact(self, run_id: str, artifact_id: str) -> bytes:
        """The bytes of one recorded output."""
        path = of_run(run_id, f"artifacts/{segment(artifact_id, 'artifact_id')}/download")
        return (await self._connection.request("GET", path)).content


def of_file(path: str, turn: int | None = None) -> dict[str, str]:
    """The query that names a file of a workspace. Raises `InvalidArgument`."""
    return {"path": file_path(path), **given(turn=turn)}


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText(error.encoding, error.object, error.start, error.end, error.reason) from error
    except (LookupError, TypeError, ValueError) as error:
        raise InvalidArgument(f"{encoding!r:.60} is no encoding") from error


def _media_type(answer: Answer) -> str:
    try:
        return str(answer.headers["Content-Type"])
    except KeyError:
        raise UnexpectedAnswer(f"{answer.request} was answered without a Content-Type") from None
