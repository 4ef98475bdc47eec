"""Tools for the files of runs, what changed in them, and uploads."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from codex_swarm.async_client import AsyncCodexSwarmClient
from codex_swarm.errors import InvalidArgument, NotFound
from codex_swarm.mcp.answers.addresses import diff_uri, file_uri, linked
from codex_swarm.mcp.answers.files import Diff, FileLine, FileList, FileText, Hits, Upload, as_text, hit_of
from codex_swarm.mcp.problems import of_tool
from codex_swarm.mcp.tools.base import LONGEST_TEXT, MOST_FILES, ProjectId, RunId, Toolset
from codex_swarm.text import printable


class FileTools(Toolset):
    """The tools for files."""

    def __init__(self, client: AsyncCodexSwarmClient, project: str, folder: Path | None) -> None:
        super().__init__(client, project)
        self._folder = None if folder is None else folder.resolve()

    async def list_files(self, run_id: RunId, cursor: str | None = None) -> FileList:
        """List the files of a run, a hundred at a time."""
        with of_tool():
            page = await self._client.page_files(run_id, limit=MOST_FILES, cursor=cursor)
        files = [
            FileLine(
                path=file.path,
                size_bytes=file.size_bytes,
                type=file.type,
                resource=file_uri(run_id, file.path),
            )
            for file in page.files
        ]
        return FileList(run_id=run_id, total_files=page.total_files, files=files, next_cursor=page.next_cursor)

    async def search_files(
        self,
        words: Annotated[str, Field(description="Words that stand next to each other, in either case.")],
        run_id: Annotated[str | None, Field(description="The run; else the newest runs of a project.")] = None,
        project_id: ProjectId = None,
        cursor: str | None = None,
    ) -> Hits:
        """Look for words in the files of a run or of a project, Word files, PDFs and workbooks included.

        Documents of a run that nobody has read yet are read first, which takes some seconds for twenty of them.
        """
        with of_tool():
            if run_id is None:
                found = await self._client.search_project(
                    project_id or self._project, words, most=MOST_FILES, cursor=cursor
                )
            else:
                found = await self._client.search_run(run_id, words, most=MOST_FILES, cursor=cursor)
                if any(each.unread for each in found.not_searched):
                    await self._client.read_texts(run_id)
                    found = await self._client.search_run(run_id, words, most=MOST_FILES, cursor=cursor)
        return Hits(
            hits=[hit_of(each) for each in found.hits],
            searched=found.searched,
            not_searched=[f"{printable(each.path)}: {each.reason}" for each in found.not_searched[:MOST_FILES]],
            next_cursor=found.next_cursor,
        )

    async def read_file(
        self,
        run_id: RunId,
        path: Annotated[str, Field(description="The file's path, as list_files has it.")],
        offset: Annotated[int, Field(ge=0, description="Characters to leave out at the beginning.")] = 0,
    ) -> Annotated[CallToolResult, FileText]:
        """Read a text file of a run. A long one comes in parts; the linked resource is all of it, text or not."""
        with of_tool():
            content = await self._client.get_file(run_id, path)
        text = as_text(content)
        part = (text or "")[offset : offset + LONGEST_TEXT]
        end = offset + len(part)
        answer = FileText(
            run_id=run_id,
            path=path,
            size_bytes=len(content),
            is_text=text is not None,
            text=printable(part),
            next_offset=end if text is not None and end < len(text) else None,
            resource=file_uri(run_id, path),
        )
        return linked(answer, answer.resource, path)

    async def get_diff(self, run_id: RunId) -> Annotated[CallToolResult, Diff]:
        """Get what a run changed: files, and the beginning of the patch. All of the patch is the linked resource."""
        uri = diff_uri(run_id)
        with of_tool():
            try:
                found = await self._client.get_diff(run_id)
                patch = await self._client.get_patch(run_id)
            except NotFound as error:
                if error.code == "run_not_found":
                    raise
                nothing = Diff(
                    run_id=run_id,
                    files=[],
                    total_files=0,
                    summary="nothing changed",
                    patch="",
                    is_whole=True,
                    resource=uri,
                )
                return linked(nothing, uri, "diff.patch")
        answer = Diff(
            run_id=run_id,
            files=[f"{file.status} {file.path}" for file in found.summary.files[:MOST_FILES]],
            total_files=found.total_files or len(found.summary.files),
            summary=found.summary.shortstat,
            patch=printable(patch[:LONGEST_TEXT]),
            is_whole=len(patch) <= LONGEST_TEXT,
            resource=uri,
        )
        return linked(answer, uri, "diff.patch")

    async def upload_file(
        self,
        path: Annotated[str, Field(description="Where it is to be in the workspace, such as data/list.csv.")],
        text: Annotated[str | None, Field(description="Its content, when it is a text.")] = None,
        content_base64: Annotated[str | None, Field(description="Its content, when it is none.")] = None,
        local_file: Annotated[str | None, Field(description="A file of the folder that the user opened.")] = None,
        project_id: ProjectId = None,
    ) -> Upload:
        """Upload a file for a run to work on. Give exactly one of text, content_base64 and local_file."""
        with of_tool():
            content = self._content(text, content_base64, local_file)
            size = content.stat().st_size if isinstance(content, Path) else len(content)
            upload_id = await self._client.upload_files(project_id or self._project, {path: content})
        return Upload(upload_id=upload_id, path=path, size_bytes=size)

    def _content(self, text: str | None, content_base64: str | None, local_file: str | None) -> bytes | Path:
        match (text, content_base64, local_file):
            case (str(), None, None):
                return text.encode()
            case (None, str(), None):
                try:
                    return base64.b64decode(content_base64, validate=True)
                except binascii.Error as error:
                    raise InvalidArgument("content_base64 is no base64") from error
            case (None, None, str()):
                return self._opened(local_file)
            case _:
                raise InvalidArgument("give exactly one of text, content_base64 and local_file")

    def _opened(self, local_file: str) -> Path:
        if self._folder is None:
            raise InvalidArgument("no folder of this machine is open to you; the user may start with --folder")
        place = (self._folder / local_file).resolve()
        if not place.is_relative_to(self._folder) or not place.is_file():
            raise InvalidArgument(f"there is no such file in {self._folder}; only files of it are open to you")
        return place
