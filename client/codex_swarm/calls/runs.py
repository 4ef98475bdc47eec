"""Runs: start, follow up, read, list, cancel."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypedDict, Unpack

from pydantic import JsonValue

from codex_swarm.calls.base import listed, of_decision, of_message, of_project, of_run, of_thread
from codex_swarm.calls.projects import ProjectCalls
from codex_swarm.connection import parse
from codex_swarm.errors import BadRequest, InvalidArgument
from codex_swarm.listing import Page, RunFilter, items, one_of, page_of, params_of
from codex_swarm.models import (
    DECISION_SECONDS,
    Acceptance,
    Approval,
    CancelRead,
    ConversionCreate,
    DecisionCreate,
    DecisionKind,
    DocumentTemplate,
    ImportCreate,
    ImportRead,
    InlineFile,
    MessageCreate,
    MessageMode,
    MessageRead,
    ProjectImport,
    RunCreate,
    RunImport,
    RunLimits,
    RunRead,
    RunResume,
    RunStatus,
    TaskType,
    TokenCreate,
    TokenRead,
    ToolCreate,
    UploadTokenCreate,
    UploadTokenRead,
)
from codex_swarm.shaping import header, shaped


class RunOptions(TypedDict, total=False):
    """What a run may be given besides project and instructions, as `start_run` says."""

    task_type: TaskType | str | None
    name: str | None
    limits: RunLimits | None
    uploads: Sequence[str]
    files: Mapping[str, str] | None
    metadata: Mapping[str, str] | None
    callback_url: str | None
    interactive: bool
    require_approval: Sequence[Approval | str]
    decision_seconds: int
    result_schema: Mapping[str, Any] | None
    acceptance: Acceptance | Mapping[str, Any] | None
    document_template: DocumentTemplate | str | None
    model: str | None
    effort: str | None
    hosted_tools: Sequence[str]
    idempotency_key: str | None


class RunCalls(ProjectCalls):
    """Runs."""

    async def start_run(
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
        interactive: bool = False,
        require_approval: Sequence[Approval | str] = (),
        tools: Sequence[ToolCreate] = (),
        decision_seconds: int = DECISION_SECONDS,
        result_schema: Mapping[str, Any] | None = None,
        acceptance: Acceptance | Mapping[str, Any] | None = None,
        from_turn: int | None = None,
        keep_conversation: bool = False,
        document_template: DocumentTemplate | str | None = None,
        model: str | None = None,
        effort: str | None = None,
        hosted_tools: Sequence[str] = (),
        idempotency_key: str | None = None,
    ) -> RunRead:
        """Starts a run and returns at once; makes the project first when there is none of that id.

        It begins with the files of `from_run_id`, as `from_turn` left them if that is given, and with
        `keep_conversation` it goes on with that run's conversation up to there: a fork, whatever came after.
        `uploads` are ids that `upload_files` returned, `files` small texts by workspace path, `metadata` notes to find
        the run by. `callback_url` is told of the end by a signed POST. With `interactive` the agent may ask questions;
        before what is in `require_approval` (`plan`, `run_command`, `delete_file`, `finish`) it stops until somebody
        has approved it: see `decide`. `tools` are the application's own, answered by `decide`, too (`run_with_tools`
        does it all). `decision_seconds` is how long it waits for each. With `result_schema`, a JSON Schema, the run
        ends with a `result` that fits; `acceptance` (`criteria`, `max_rounds`) says what the work has to be like, which
        is judged before the run succeeds; with `document_template` (`letter`, `report`, `minutes`, `proposal`,
        `invoice`, `cv`, `slides`) the documents that it makes have that look. `model` is one of `list_models`, `effort`
        how much it is to reason, one of its `efforts`; else they are the project's, the task type's or the service's.
        `hosted_tools` are of those that the model's provider runs, such as `web_search`; `sources` is what it cites.

        A request that got lost is sent again under the same key, one of its own unless `idempotency_key` says another;
        it starts one run. With all that this takes `call_timeout` at most.
        """
        run = shaped(
            RunCreate,
            project_id=project_id,
            name=name or "",
            instructions=instructions,
            task_type=None if task_type is None else one_of(TaskType, task_type),
            reference_run_id=reference_run_id,
            from_run_id=from_run_id,
            limits=limits,
            uploads=listed(uploads, "uploads"),
            files=inline(files),
            metadata=dict(mapped(metadata)),
            callback_url=callback_url,
            interactive=interactive,
            require_approval=[one_of(Approval, step) for step in listed(require_approval, "require_approval")],
            tools=listed(tools, "tools"),
            decision_seconds=decision_seconds,
            result_schema=result_schema,
            acceptance=acceptance,
            from_turn=from_turn,
            keep_conversation=keep_conversation,
            document_template=None if document_template is None else one_of(DocumentTemplate, document_template),
            model=model,
            effort=effort,
            hosted_tools=listed(hosted_tools, "hosted_tools"),
        )
        return await self._begun(project_id, "runs", run, idempotency_key, run.task_type)

    async def _begun(
        self,
        project_id: str,
        what: str,
        asked: RunCreate | ConversionCreate,
        idempotency_key: str | None,
        task_type: TaskType | None = None,
    ) -> RunRead:
        """The run that a POST begins, in a project that is made first when there is none; `call_timeout` at most."""
        path, body = of_project(project_id, what), asked.model_dump(mode="json", exclude_defaults=True)
        headers = {"Idempotency-Key": header(idempotency_key or uuid.uuid4().hex, "idempotency_key")}
        ends = self._connection.ends()

        async def post() -> RunRead:
            answer = await self._connection.request("POST", path, body=body, headers=headers, repeat=True, ends=ends)
            return parse(RunRead, answer)

        fields: dict[str, JsonValue] = {"name": project_id, "task_type": task_type or TaskType.CODE}
        return await self._in_project(post, lambda: self._put_project(project_id, fields, ends))

    async def follow_up(self, run: RunRead | str, instructions: str, **options: Unpack[RunOptions]) -> RunRead:
        """Starts a run that goes on where `run` (or the run of that id) ended: with its files, and what it said last.

        `send_message` takes the whole conversation over.

        The project is that run's, and so is the task type unless `task_type` names another.
        """
        before = run if isinstance(run, RunRead) else await self.get_run(run)
        options.setdefault("task_type", before.task_type)
        return await self.start_run(
            before.project_id, instructions, reference_run_id=before.id, from_run_id=before.id, **options
        )

    async def send_message(
        self,
        run: RunRead | str,
        text: str,
        mode: MessageMode | str = MessageMode.STEER,
        *,
        uploads: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> MessageRead | RunRead:
        """Says something to the agent of a run (or of the run of that id): the message, which the agent reads.

        `steer` is read before the agent's next turn, `followup` when it would finish. When the run has ended, this
        begins a run that goes on with its files and its whole conversation, and returns that. A message that got lost
        is sent again under the same key, one of its own unless `idempotency_key` says another; it is said once.
        """
        said = shaped(
            MessageCreate,
            text=text,
            mode=one_of(MessageMode, mode),
            uploads=listed(uploads, "uploads"),
            files=inline(files),
        )
        path = of_run(run.id if isinstance(run, RunRead) else run, "messages")
        body = said.model_dump(mode="json", exclude_defaults=True)
        headers = {"Idempotency-Key": header(idempotency_key or uuid.uuid4().hex, "idempotency_key")}
        answer = await self._connection.request("POST", path, body=body, headers=headers, repeat=True)
        return parse(RunRead, answer) if answer.status == HTTPStatus.CREATED else parse(MessageRead, answer)

    async def withdraw_message(self, run_id: str, message_id: str) -> None:
        """Takes back a message that the agent has not read; raises `Conflict` when it has. Twice is once."""
        await self._connection.request("DELETE", of_message(run_id, message_id))

    async def decide(
        self,
        run: RunRead | str,
        decision: DecisionKind | str,
        text: str = "",
        *,
        request_id: str | None = None,
        decided_by: str = "",
    ) -> RunRead:
        """Decides what a run (or the run of that id) waits for: `approve`, `deny`, or `answer` with a text.

        A call of a tool of the application's own has `output` or `error`, with a text.

        It is the first that waits, `run.waiting_for`, unless `request_id` names another. `decided_by` says who decided.
        Once everything is decided the run goes on. Raises `Conflict` where somebody has decided it already, and
        `InvalidArgument` where the run waits for nothing.
        """
        if request_id is None:
            waits = (run if isinstance(run, RunRead) else await self.get_run(run)).waiting_for
            if waits is None:
                raise InvalidArgument("this run waits for nobody's decision")
            request_id = waits.request_id
        kind = one_of(DecisionKind, decision)
        of_tool = kind in {DecisionKind.OUTPUT, DecisionKind.ERROR}
        said = {kind.value: text} if of_tool else {"decision": kind, "text": text}
        body = shaped(DecisionCreate, decided_by=decided_by, **said).model_dump(mode="json", exclude_unset=True)
        path = of_decision(run.id if isinstance(run, RunRead) else run, request_id)
        return parse(RunRead, await self._connection.request("POST", path, body=body))

    async def get_thread(self, thread_id: str) -> list[RunRead]:
        """The runs of one conversation, newest first, without artifacts and prompts; a run tells its `thread_id`."""
        return [run async for run in items(self._connection, RunRead, of_thread(thread_id), {})]

    async def create_run_token(
        self, run_id: str, scope: str = "watch", *, seconds: int = 900, origins: Sequence[str] = ()
    ) -> TokenRead:
        """A token that opens parts of the run to a browser for a while: `base_url + token.path + "/stream?token=..."`.

        `scope` is `watch` (stream and events) or `files` (files, previews and outputs, too). Pages of `origins` may
        read the answers and show them in frames.
        """
        wanted = shaped(TokenCreate, scope=scope, seconds=seconds, origins=listed(origins, "origins"))
        path, body = of_run(run_id, "tokens"), wanted.model_dump(mode="json")
        return parse(TokenRead, await self._connection.request("POST", path, body=body, repeat=True), run_id)

    async def create_upload_token(
        self,
        project_id: str,
        *,
        max_files: int = 20,
        max_bytes: int = 52_428_800,
        seconds: int = 900,
        origins: Sequence[str] = (),
    ) -> UploadTokenRead:
        """A token with which a page of `origins` makes one upload by itself; `start_run` takes its `upload_id`.

        The page POSTs `{"files": [{"path", "size"}]}` to `base_url + token.path + "?token=..."`, and PUTs each file to
        the URL that it gets, with the headers that come with it.
        """
        bounds = {"max_files": max_files, "max_bytes": max_bytes, "seconds": seconds}
        wanted = shaped(UploadTokenCreate, **bounds, origins=listed(origins, "origins"))
        path, body = of_project(project_id, "uploads/tokens"), wanted.model_dump(mode="json")
        return parse(UploadTokenRead, await self._connection.request("POST", path, body=body, repeat=True))

    async def resume_run(self, run_id: str, limits: RunLimits | None = None) -> RunRead:
        """Goes on, in a new run, from the last turn of a run that reached a limit."""
        path = of_run(run_id, "resume")
        body = shaped(RunResume, limits=limits).model_dump(mode="json", exclude_none=True)
        return parse(RunRead, await self._connection.request("POST", path, body=body))

    async def get_run(self, run_id: str) -> RunRead:
        """The run as it stands."""
        return await self._connection.read(RunRead, of_run(run_id), of=run_id)

    async def list_runs(self, project_id: str | None = None, **wanted: Unpack[RunFilter]) -> list[RunRead]:
        """Runs, newest first and without their artifacts: a project's, or all; those that the filters name."""
        return [run async for run in self.iter_runs(project_id, **wanted)]

    async def iter_runs(
        self, project_id: str | None = None, **wanted: Unpack[RunFilter]
    ) -> AsyncGenerator[RunRead, None]:
        """As `list_runs`, page by page as they are asked for."""
        async for run in items(self._connection, RunRead, "/runs", params_of(project_id, wanted)):
            yield run

    async def page_runs(
        self,
        project_id: str | None = None,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **wanted: Unpack[RunFilter],
    ) -> Page[RunRead]:
        """One page of `list_runs`, for a list of one's own: `cursor` is the `next_cursor` of the page before."""
        return await page_of(self._connection, RunRead, "/runs", params_of(project_id, wanted), limit, cursor)

    async def cancel_run(self, run_id: str) -> CancelRead:
        """Stops a run; twice is once. Raises `BadRequest` when it has ended otherwise."""
        try:
            answer = await self._connection.request("POST", of_run(run_id, "cancel"))
        except BadRequest as error:
            # An earlier request may have been the one, and its answer lost.
            if error.code != "run_already_ended" or (await self.get_run(run_id)).status is not RunStatus.CANCELLED:
                raise
            return CancelRead()
        return parse(CancelRead, answer)

    async def import_run(self, project_id: str, project: ProjectImport, run: RunImport | None = None) -> ImportRead:
        """Takes a project of an earlier installation over, and a finished run of it; what is here already stays.

        For keys with the scope `import`; `codex-swarm migrate` does this for a whole installation.
        """
        body = shaped(ImportCreate, project=project, run=run).model_dump(mode="json", exclude_none=True)
        path = of_project(project_id, "imports")
        return parse(ImportRead, await self._connection.request("POST", path, body=body, repeat=True))

    async def delete_run(self, run_id: str) -> None:
        """Deletes a run that has ended, with its files; raises `Conflict` while it is active. It is gone at once."""
        await self._connection.request("DELETE", of_run(run_id))


def mapped(values: Any) -> Iterable[tuple[Any, Any]]:
    """The pairs of a mapping; none of None. Raises `InvalidArgument`."""
    if values is not None and not isinstance(values, Mapping):
        raise InvalidArgument("files and metadata take a mapping of text to text")
    return values.items() if values else ()


def inline(files: Mapping[str, str] | None) -> list[InlineFile]:
    """Small texts by workspace path, as they are sent. Raises `InvalidArgument`."""
    return [shaped(InlineFile, path=path, content=text) for path, text in mapped(files)]
