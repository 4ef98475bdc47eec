"""The client: one method for each thing that the service can do.

with CodexSwarmClient() as swarm:
    run = swarm.start_run("my-workspace", "Create a markdown file called hello.md with a greeting")
    run = swarm.wait(run.run_id, on_progress=lambda run: print(run.progress))
    print(swarm.get_file_text(run.run_id, "hello.md"))
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from codex_swarm import settings
from codex_swarm.connection import Backoff, Connection, parse
from codex_swarm.errors import NotFound, RunFailed, TransportError, WaitTimeout
from codex_swarm.events import follow
from codex_swarm.listing import RunFilter, items, params_of
from codex_swarm.models import (
    ArtifactRead,
    CancelRead,
    DiffRead,
    EventPage,
    Health,
    InlineFile,
    PatternRead,
    ProjectPut,
    ProjectRead,
    RunCreate,
    RunLimits,
    RunRead,
    RunResume,
    RunStatus,
    StepRead,
    TaskType,
    UploadCreate,
    UploadRead,
    WatchedEvent,
    WorkspaceFile,
    WorkspaceFileListing,
)
from codex_swarm.saving import Preview, save
from codex_swarm.uploads import Files, Progress, placed, promised, send


class CodexSwarmClient:
    """A connection to one service, and what can be asked of it. Usable as a context manager.

    `base_url` and `api_key` default to `CODEX_SWARM_URL` and `CODEX_SWARM_API_KEY`, and without them to a
    laptop cloud on this machine. `timeout` is in seconds, for each request; `retries` says how often one that
    may be repeated is. Every method raises `ApiError` when the service refuses and `TransportError` when it
    does not answer. `transport`, `sleep` and `clock` are for tests.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = (base_url or settings.base_url()).rstrip("/")
        self._connection = Connection(
            self.base_url,
            api_key or settings.api_key(),
            timeout=timeout,
            backoff=Backoff(retries, sleep),
            transport=transport,
        )
        self._sleep = sleep
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._connection.close()

    def health(self) -> Health:
        """Whether the service answers; needs no key."""
        return self._connection.read(Health, "/healthz")

    # Projects

    def put_project(
        self,
        project_id: str,
        name: str | None = None,
        *,
        task_type: TaskType | str = TaskType.CODE,
        domain_config: JsonValue = None,
        callback_url: str | None = None,
    ) -> ProjectRead:
        """Creates the project, or replaces what is said of it; its runs and `created_at` stay.

        `callback_url` is told of the end of every run that names no other.
        """
        project = ProjectPut(
            id=project_id,
            name=name or project_id,
            task_type=TaskType(task_type),
            domain_config=domain_config,
            callback_url=callback_url,
        )
        body = project.model_dump(mode="json", exclude={"callback_url"} if callback_url is None else None)
        answer = self._connection.request("PUT", f"/projects/{_segment(project_id)}", body=body)
        return parse(ProjectRead, answer)

    create_project = put_project

    def get_project(self, project_id: str) -> ProjectRead:
        """One project."""
        return self._connection.read(ProjectRead, f"/projects/{_segment(project_id)}")

    def list_projects(self) -> list[ProjectRead]:
        """Every project, oldest first."""
        return list(items(self._connection, ProjectRead, "/projects"))

    def delete_project(self, project_id: str) -> None:
        """Deletes the project with its runs and all their files; raises `Conflict` while runs are active.

        It is gone when this returns. Its id can be used again a few minutes later, once its files are gone too.
        """
        self._connection.request("DELETE", f"/projects/{_segment(project_id)}")

    # Runs

    def start_run(
        self,
        project_id: str,
        instructions: str,
        task_type: TaskType | str | None = None,
        name: str | None = None,
        reference_run_id: str | None = None,
        from_run_id: str | None = None,
        *,
        limits: RunLimits | None = None,
        uploads: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        callback_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> RunRead:
        """Starts a run and returns at once; makes the project first when there is none of that id.

        `uploads` are ids that `upload_files` returned, `files` small texts by workspace path, `metadata` notes to find
        the run by. `callback_url` is told of the end by a signed POST. A request that got lost is sent again under the
        same key, one of its own unless `idempotency_key` says another; it starts one run.
        """
        run = RunCreate(
            project_id=project_id,
            name=name or "",
            instructions=instructions,
            task_type=None if task_type is None else TaskType(task_type),
            reference_run_id=reference_run_id,
            from_run_id=from_run_id,
            limits=limits,
            uploads=list(uploads),
            files=[InlineFile(path=path, content=text) for path, text in (files or {}).items()],
            metadata=dict(metadata or {}),
            callback_url=callback_url,
        )
        key = idempotency_key or uuid.uuid4().hex
        try:
            return self._post_run(project_id, run, key)
        except NotFound as error:
            if error.code != "project_not_found":
                raise
        self.put_project(project_id, task_type=run.task_type or TaskType.CODE)
        return self._post_run(project_id, run, key)

    def _post_run(self, project_id: str, run: RunCreate, key: str) -> RunRead:
        body = run.model_dump(mode="json", exclude_defaults=True)
        path, headers = f"/projects/{_segment(project_id)}/runs", {"Idempotency-Key": key}
        return parse(RunRead, self._connection.request("POST", path, body=body, headers=headers))

    def resume_run(self, run_id: str, limits: RunLimits | None = None) -> RunRead:
        """Goes on, in a new run, from the last turn of a run that reached a limit."""
        body = RunResume(limits=limits).model_dump(mode="json", exclude_none=True)
        return parse(RunRead, self._connection.request("POST", _of_run(run_id, "resume"), body=body))

    def upload_files(self, project_id: str, files: Files, on_progress: Progress | None = None) -> str:
        """Uploads files for runs of this project; returns the id that `start_run` takes among its `uploads`.

        `files` are paths, or a mapping of workspace path -> path; `on_progress` is told bytes sent and bytes in all.
        """
        here = placed(files)
        body = UploadCreate(files=promised(here)).model_dump(mode="json", exclude_none=True)
        answer = self._connection.request("POST", f"/projects/{_segment(project_id)}/uploads", body=body)
        upload = parse(UploadRead, answer)
        send(self._connection, here, upload.files, on_progress)
        return upload.upload_id

    def get_run(self, run_id: str) -> RunRead:
        """The run as it stands."""
        return self._connection.read(RunRead, _of_run(run_id))

    def list_runs(self, project_id: str | None = None, **wanted: Unpack[RunFilter]) -> list[RunRead]:
        """Runs, newest first and without their artifacts: a project's, or all; those that the filters name."""
        return list(self.iter_runs(project_id, **wanted))

    def iter_runs(self, project_id: str | None = None, **wanted: Unpack[RunFilter]) -> Iterator[RunRead]:
        """As `list_runs`, page by page as they are asked for."""
        return items(self._connection, RunRead, "/runs", params_of(project_id, wanted))

    def cancel_run(self, run_id: str) -> CancelRead:
        """Stops a run; raises `BadRequest` when it has already ended."""
        return parse(CancelRead, self._connection.request("POST", _of_run(run_id, "cancel")))

    def wait(
        self,
        run_id: str,
        timeout: float | None = None,
        *,
        poll: float = 1.0,
        on_progress: Callable[[RunRead], None] | None = None,
        check: bool = False,
    ) -> RunRead:
        """The run once it has ended, however it ended; asks every `poll` seconds.

        `on_progress` gets the run as first seen and after each change of status or progress, the end last.
        Raises `WaitTimeout` after `timeout` seconds, while the run goes on; with `check`, raises `RunFailed`
        when it ended otherwise than succeeded.
        """
        deadline = None if timeout is None else self._clock() + timeout
        seen: tuple[RunStatus, int] | None = None
        while True:
            run = self.get_run(run_id)
            if on_progress is not None and (run.status, run.progress) != seen:
                on_progress(run)
            seen = (run.status, run.progress)
            if run.status.final:
                break
            if deadline is not None and timeout is not None and self._clock() + poll > deadline:
                raise WaitTimeout(run, timeout)
            self._sleep(poll)
        if check and run.status is not RunStatus.SUCCEEDED:
            raise RunFailed(run)
        return run

    def events(self, run_id: str, last_event_id: str | None = None) -> Iterator[WatchedEvent]:
        """What happens in the run, until it ends; from its beginning, or after `last_event_id`."""
        return follow(self._connection, _of_run(run_id, "stream"), last_event_id)

    def list_events(self, run_id: str, after: str | None = None) -> list[WatchedEvent]:
        """What has happened in the run so far, or since the event `after`; does not wait for more."""
        return list(self.iter_events(run_id, after))

    def iter_events(self, run_id: str, after: str | None = None) -> Iterator[WatchedEvent]:
        """As `list_events`, page by page as they are asked for."""
        while True:
            params = {} if after is None else {"after": after}
            page = self._connection.read(EventPage, _of_run(run_id, "events"), params=params)
            yield from page.events
            after = page.next_after
            if page.ended or not page.events:
                return

    def get_steps(self, run_id: str) -> list[StepRead]:
        """The run's conversation so far."""
        return self._connection.read(list[StepRead], _of_run(run_id, "steps"))

    def get_diff(self, run_id: str, *, from_turn: int | None = None, to_turn: int | None = None) -> DiffRead:
        """What the run changed, or what changed between two of its turns; raises `NotFound` when nothing did."""
        return self._connection.read(DiffRead, _of_run(run_id, "diff"), params=_given(from_turn, to_turn))

    def get_patch(self, run_id: str, *, from_turn: int | None = None, to_turn: int | None = None) -> str:
        """The same as a unified patch, for `git apply`; binary files are named in it, and not patched."""
        params = {"format": "patch", **_given(from_turn, to_turn)}
        return self._connection.request("GET", _of_run(run_id, "diff"), params=params).content.decode()

    def get_pattern(self, run_id: str) -> PatternRead:
        """What the run taught; empty when it taught nothing."""
        return self._connection.read(PatternRead, f"/patterns/{_segment(run_id)}")

    def list_patterns(self, project_id: str) -> list[PatternRead]:
        """What the project's runs taught."""
        return list(items(self._connection, PatternRead, f"/projects/{_segment(project_id)}/patterns"))

    def delete_pattern(self, run_id: str) -> None:
        """Forgets what the run taught; the run stays."""
        self._connection.request("DELETE", f"/patterns/{_segment(run_id)}")

    # Files and artifacts

    def list_files(self, run_id: str, *, turn: int | None = None) -> WorkspaceFileListing:
        """The whole workspace, sorted by path, over as many pages as it takes; with `turn`, as after that turn."""
        pages = list(self._file_pages(run_id, turn))
        files = [file for page in pages for file in page.files]
        return pages[-1].model_copy(update={"files": files})

    def iter_files(self, run_id: str) -> Iterator[WorkspaceFile]:
        """The workspace's files, page by page as they are asked for."""
        for page in self._file_pages(run_id):
            yield from page.files

    def _file_pages(self, run_id: str, turn: int | None = None) -> Iterator[WorkspaceFileListing]:
        asked = {} if turn is None else {"turn": str(turn)}
        params = asked
        while True:
            page = self._connection.read(WorkspaceFileListing, _of_run(run_id, "workspace/files"), params=params)
            yield page
            if page.next_cursor is None:
                return
            params = {**asked, "cursor": page.next_cursor}

    def get_file(self, run_id: str, path: str, *, turn: int | None = None) -> bytes:
        """A file of the workspace; with `turn`, as it was after that turn, 0 being what the run began with."""
        params = None if turn is None else {"turn": str(turn)}
        return self._connection.request("GET", _of_file(run_id, path), params=params).content

    def get_file_text(self, run_id: str, path: str, encoding: str = "utf-8") -> str:
        """A text file of the workspace; raises `UnicodeDecodeError` when it is none in that encoding."""
        return self.get_file(run_id, path).decode(encoding)

    def download_file(self, run_id: str, path: str, to: str | os.PathLike[str]) -> Path:
        """Writes a file of the workspace to `to`, or under its own name into the folder `to`; returns where.

        It is streamed, so it may be large, and appears only once it is complete.
        """
        target = Path(to)
        if target.is_dir():
            target /= Path(path).name
        with self._connection.stream(_of_file(run_id, path)) as answer:
            return save(answer, target)

    def download_archive(self, run_id: str, to: str | os.PathLike[str], *, timeout: float = 600.0) -> Path:
        """Writes the workspace as a zip file to `to`, or as `<run id>.zip` into the folder `to`; returns where.

        A large one is made first; raises `TransportError` when that takes longer than `timeout` seconds.
        """
        target = Path(to)
        if target.is_dir():
            target /= f"{run_id}.zip"
        deadline = self._clock() + timeout
        while True:
            with self._connection.stream(_of_run(run_id, "workspace/archive")) as answer:
                if answer.status_code != httpx.codes.ACCEPTED:
                    return save(answer, target)
                pause = float(answer.headers.get("Retry-After", "3"))
            if self._clock() + pause > deadline:
                raise TransportError(f"the archive of run {run_id} was not ready within {timeout:g} s")
            self._sleep(pause)

    def get_preview(self, run_id: str, path: str) -> Preview:
        """A page of markdown, Word or a table, or a picture of a PDF's first page or of a picture."""
        answer = self._connection.request("GET", _of_run(run_id, f"workspace/preview/{quote(path)}"))
        return Preview(answer.headers["Content-Type"], answer.content)

    def get_artifacts(self, run_id: str) -> list[ArtifactRead]:
        """The outputs that the run recorded."""
        return self._connection.read(list[ArtifactRead], _of_run(run_id, "artifacts"))

    def get_artifact(self, run_id: str, artifact_id: str) -> bytes:
        """The bytes of one recorded output."""
        path = _of_run(run_id, f"artifacts/{_segment(artifact_id)}/download")
        return self._connection.request("GET", path).content


def _segment(text: str) -> str:
    return quote(text, safe="")


def _given(from_turn: int | None, to_turn: int | None) -> dict[str, str]:
    turns = {"from_turn": from_turn, "to_turn": to_turn}
    return {name: str(turn) for name, turn in turns.items() if turn is not None}


def _of_run(run_id: str, rest: str = "") -> str:
    return f"/runs/{_segment(run_id)}" + (f"/{rest}" if rest else "")


def _of_file(run_id: str, path: str) -> str:
    return _of_run(run_id, f"workspace/files/{quote(path)}")
