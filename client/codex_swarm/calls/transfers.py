"""Many files at once: upload them, download a workspace into a folder, keep a folder like a workspace."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, ExitStack, aclosing
from functools import partial

import httpx

from codex_swarm.calls.base import of_project, of_run
from codex_swarm.calls.files import FILE, FileCalls, of_file
from codex_swarm.calls.tools import ToolCalls
from codex_swarm.connection import parse, passing
from codex_swarm.errors import ApiError, NotFound, RunFailed, TransportError, UnexpectedAnswer
from codex_swarm.models import (
    RunRead,
    RunStatus,
    UploadCreate,
    UploadRead,
    UploadTarget,
    WorkspaceFile,
    WorkspaceFileListing,
)
from codex_swarm.saving import PartialFile, fill
from codex_swarm.shaping import whole
from codex_swarm.uploads import Files, Sending, Sent, Source, sources
from codex_swarm.workspace import Download, Folder, Progress

_MOST_PARALLEL = 64


class TransferCalls(ToolCalls, FileCalls):
    """Uploads, and whole workspaces."""

    async def upload_files(
        self, project_id: str, files: Files, on_progress: Progress | None = None, *, parallel: int = 4
    ) -> str:
        """Uploads files for runs of this project; returns the id that `start_run` takes among its `uploads`.

        `files` is a path, a list of paths, or a mapping of workspace path -> path, bytes or a file that is open for
        reading, such as a form's. The project is made when there is none of that id. `on_progress` is told bytes sent
        and bytes in all. What breaks off or is refused for the moment is sent again.
        """
        path, threads = of_project(project_id, "uploads"), whole(parallel, "parallel", 1, _MOST_PARALLEL)
        with ExitStack() as kept:
            found = await self._connection.transport.in_thread(sources, files, kept)
            upload = await self._opened(project_id, path, found)
            sent = Sent(sum(source.size for source in found), on_progress)
            # In the order in which they were given: the service may write a path otherwise than the caller does.
            pairs = zip(found, upload.files, strict=True)
            jobs = [partial(self._send, source, target, sent) for source, target in pairs]
            await self._connection.transport.gather(jobs, threads)
        return upload.upload_id

    async def _opened(self, project_id: str, path: str, found: list[Source]) -> UploadRead:
        body = UploadCreate(files=[source.promise for source in found]).model_dump(mode="json", exclude_none=True)
        post = partial(self._connection.request, "POST", path, body=body, repeat=True)
        answer = await self._in_project(post, lambda: self.put_project(project_id))
        upload = parse(UploadRead, answer)
        if len(upload.files) != len(found):
            raise UnexpectedAnswer(f"{answer.request} gave addresses for other files than were promised")
        return upload

    async def _send(self, source: Source, target: UploadTarget, sent: Sent) -> None:
        sending = Sending(source, sent)
        await self._connection.put_signed(target.url, target.headers, sending.chunks, sending.add)

    async def download_workspace(
        self,
        run_id: str,
        to: str | os.PathLike[str],
        *,
        turn: int | None = None,
        cache: str | os.PathLike[str] | None = None,
        parallel: int = 8,
        on_progress: Progress | None = None,
    ) -> Download:
        """Makes the folder `to` hold the workspace's files; fetches only those whose bytes it lacks.

        Other files in the folder stay. Each file appears under its name only when it is complete and has the right
        hash, so after an interruption the same call goes on where it was. `cache` is a folder of files by their hash
        that runs and processes may share. `on_progress` is told bytes fetched and bytes to be fetched.
        """
        threads, folder = whole(parallel, "parallel", 1, _MOST_PARALLEL), Folder(to, cache)
        listing = await self.list_files(run_id, turn=turn)
        return await self._bring(folder, listing, turn, threads, on_progress)

    async def mirror(
        self,
        run_id: str,
        to: str | os.PathLike[str],
        timeout: float | None = None,
        *,
        poll: float = 1.0,
        cache: str | os.PathLike[str] | None = None,
        parallel: int = 8,
        on_change: Callable[[Download], None] | None = None,
        check: bool = False,
    ) -> RunRead:
        """Keeps the folder `to` like the run's workspace while the run goes; returns the run at its end.

        What the run deletes is deleted here too, if it still is as it came; other files in the folder stay.
        `on_change` is told each time that the workspace has been brought up to date. Timeouts, outages and `check`
        are as those of `wait`.
        """
        threads, folder = whole(parallel, "parallel", 1, _MOST_PARALLEL), Folder(to, cache)
        here: dict[str, str | None] = {}
        known: tuple[object, ...] | None = None
        last: RunRead | None = None
        async with aclosing(self._states(run_id, timeout, poll)) as states:
            async for last in states:
                seen = (last.status, last.progress, last.usage.model_calls, last.usage.tool_calls)
                if seen == known:
                    continue
                try:
                    listing = await self.list_files(run_id)
                    brought = await self._bring(folder, listing, None, threads, None)
                except (TransportError, ApiError) as error:
                    # What goes on may change under one's hands, or the service may be away: next time, or at the end.
                    if last.status.final or not (passing(error) or isinstance(error, NotFound)):
                        raise
                    continue
                now = {file.path: file.sha256 for file in listing.files}
                for path in here.keys() - now.keys():
                    await self._connection.transport.in_thread(folder.remove, path, here[path])
                known, here = seen, now
                if on_change is not None:
                    on_change(brought)
        if last is None:
            raise RuntimeError("a run has no state at all")
        if check and last.status is not RunStatus.SUCCEEDED:
            raise RunFailed(last)
        return last

    async def _bring(
        self,
        folder: Folder,
        listing: WorkspaceFileListing,
        turn: int | None,
        threads: int,
        on_progress: Progress | None,
    ) -> Download:
        wanted = await self._connection.transport.in_thread(folder.lacks, listing.files)
        sent = Sent(sum(same[0].size_bytes for same in wanted), on_progress)
        jobs = [partial(self._fetch, folder, listing.run_id, same, turn, sent) for same in wanted]
        await self._connection.transport.gather(jobs, threads)
        folder.tidy()
        return Download(folder.path, [file.path for file in listing.files], len(wanted))

    async def _fetch(
        self, folder: Folder, run_id: str, same: list[WorkspaceFile], turn: int | None, sent: Sent
    ) -> None:
        file = same[0]
        for _ in range(2):
            incomplete = folder.partial(file)
            try:
                if incomplete.size > file.size_bytes:
                    incomplete.restart()
                sent.more(incomplete.size)
                if incomplete.size < file.size_bytes:
                    await self._fill(incomplete, run_id, file, turn, sent)
                # A content that is not the one of the listing, such as what an interrupted call left: from the start.
                if await self._connection.transport.in_thread(folder.accept, incomplete, same):
                    return
            finally:
                incomplete.close()
        raise TransportError(f"{file.path} has changed while it was being fetched; ask again")

    async def _fill(
        self, incomplete: PartialFile, run_id: str, file: WorkspaceFile, turn: int | None, sent: Sent
    ) -> None:
        params, url = of_file(file.path, turn), file.url

        def asked(headers: dict[str, str]) -> AbstractAsyncContextManager[httpx.Response]:
            return self._connection.stream(of_run(run_id, FILE), headers, params=params)

        def signed(headers: dict[str, str]) -> AbstractAsyncContextManager[httpx.Response]:
            return self._connection.signed(url or "", headers)

        if url is not None:
            try:
                return await fill(self._connection, signed, incomplete, sent.more)
            except ApiError as error:
                # The address is good for some minutes only; the service gives new ones.
                if error.status not in {400, 403, 404}:
                    raise
        return await fill(self._connection, asked, incomplete, sent.more)
