"""What a request asks of a run, checked and taken apart: whether somebody sent it, or a batch made it."""

from __future__ import annotations

from codex_swarm.models import RunCreate
from swarm.errors import InvalidRequest, TooLarge
from swarm.lifecycle.describing import NewRun
from swarm.lifecycle.inputs import InlineFile
from swarm.records.backend import Backend
from swarm.runs.own_tools import OwnTool
from swarm.webhooks.address import target_of

MAX_INSTRUCTIONS_BYTES = 65_536
MAX_NAME = 200


def new_run(backend: Backend, body: RunCreate) -> NewRun:
    """The run that is asked for. Raises `InvalidRequest`, `TooLarge`, `InvalidCallbackUrl`."""
    return NewRun(
        name=body.name.strip()[:MAX_NAME],
        instructions=_checked(body.instructions),
        task_type=body.task_type,
        reference_run_id=body.reference_run_id or None,
        from_run_id=body.from_run_id or None,
        from_turn=body.from_turn,
        keep_conversation=body.keep_conversation,
        limits=body.limits,
        # One that is named twice is taken once.
        uploads=tuple(dict.fromkeys(body.uploads)),
        files=tuple(InlineFile(file.path, file.content) for file in body.files),
        metadata=body.metadata,
        callback_url=checked_callback(backend, body.callback_url),
        interactive=body.interactive,
        require_approval=tuple(dict.fromkeys(body.require_approval)),
        decision_seconds=body.decision_seconds,
        result_schema=body.result_schema,
        acceptance=body.acceptance,
        document_template=body.document_template,
        model=body.model,
        effort=body.effort,
        hosted_tools=tuple(body.hosted_tools),
        tools=tuple(
            OwnTool(name=tool.name, description=tool.description, parameters=tool.parameters) for tool in body.tools
        ),
    )


def checked_callback(backend: Backend, url: str | None) -> str | None:
    """The URL, if webhooks may go there. Raises `InvalidCallbackUrl`."""
    if url:
        target_of(url, loopback=backend.settings.webhook_loopback)
    return url or None


def _checked(instructions: str) -> str:
    if not instructions.strip():
        raise InvalidRequest("instructions is blank; say what the run should do")
    size = len(instructions.encode())
    if size > MAX_INSTRUCTIONS_BYTES:
        raise TooLarge(
            f"instructions has {size} bytes; at most {MAX_INSTRUCTIONS_BYTES} are taken. Put long material into files"
        )
    return instructions
