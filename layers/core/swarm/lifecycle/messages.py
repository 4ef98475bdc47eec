"""What people say to a run: while it is active the agent reads it, and afterwards it begins a run that goes on.

A message is an entry of the run's log like any other change, so whoever gets the slot decides what it meets: a turn
that is being committed goes to the next slot and reads it; behind an agent's last turn there is no slot for it, and
behind the end it begins a new run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from codex_swarm.models import MessageMode, MessageState
from swarm.adapters import adapter
from swarm.errors import (
    CallerError,
    IdempotencyKeyReused,
    InvalidUpload,
    MessageAlreadyRead,
    MessageNotFound,
    RunIsEnding,
    TakesNoMessages,
    TooManyMessages,
)
from swarm.ids import new_id
from swarm.lifecycle import creation
from swarm.lifecycle.creation import Creation
from swarm.lifecycle.ending import advance
from swarm.lifecycle.idempotency import contents_of
from swarm.lifecycle.inputs import Said, checked_inputs, take_inputs
from swarm.records.backend import Backend, area_of
from swarm.runs.conversation import Item, load_transcript, tool_output, user_message
from swarm.runs.entries import Change, Entry, Messaged, Withdrawn
from swarm.runs.messages import BEGINNING, MAX_MESSAGES, MAX_WAITING, Message, told, waiting
from swarm.runs.run import Run
from swarm.workspace.working_copy import Workspace

NOT_DONE = "[this was not done: the run ended before]"


def send(
    backend: Backend,
    tenant_id: str,
    run_id: str,
    said: Said,
    mode: MessageMode,
    *,
    now: datetime,
    idempotency_key: str | None = None,
) -> Message | Creation:
    """Have the run's agent read this, or begin a run that goes on with it where the run has ended.

    Raises `CallerError`s; nothing is left behind by a refused request.
    """
    run = backend.runs.current(tenant_id, run_id)
    message_id, fingerprint = new_id(), None
    if idempotency_key is not None:
        message_id = _digest(tenant_id, run_id, run.created_at.isoformat(), idempotency_key)[:32]
        fingerprint = _digest(mode, *_asked(backend, run, said))
    if (earlier := _known(run, message_id)) is not None:
        return _same(run, earlier, fingerprint)
    inherited = backend.files_of(run).files if said.uploads or said.files else ()
    files = tuple(checked_inputs(backend, area_of(run.key), said.uploads, said.files, inherited))
    said = replace(said, files=files)

    def attempt(latest: Run) -> Message:
        if (earlier := _known(latest, message_id)) is not None:
            return _same(latest, earlier, fingerprint)
        _require_room(latest)
        message = Message(
            id=message_id,
            mode=mode,
            text=said.text.strip()[:BEGINNING],
            key=area_of(run.key).of_run(run_id, "inputs", f"{new_id()}.json"),
            created_at=now,
            fingerprint=fingerprint,
        )
        backend.objects.put(message.key, adapter(Said).dump_json(said))
        _append(backend, latest, Messaged(message=message), message, MessageState.WAITING, now)
        return message

    posted = advance(backend, run, attempt)
    if posted is not None:
        return posted
    ended = backend.runs.current(tenant_id, run_id)
    if (earlier := _known(ended, message_id)) is not None:
        return _same(ended, earlier, fingerprint)
    return creation.go_on(backend, ended, said, run_id=message_id, fingerprint=fingerprint, now=now)


def withdraw(backend: Backend, tenant_id: str, run_id: str, message_id: str, *, now: datetime) -> None:
    """Take back what the agent has not read; again changes nothing. Raises `CallerError`s.

    A turn that was about to read it is not committed: the agent begins it again without the message.
    """
    run = backend.runs.current(tenant_id, run_id)

    def attempt(latest: Run) -> bool:
        message = _known(latest, message_id)
        if message is None:
            raise MessageNotFound(message_id)
        if message.state is MessageState.READ:
            raise MessageAlreadyRead(message_id)
        if message.state is MessageState.WAITING:
            _append(backend, latest, Withdrawn(message_id=message_id), message, MessageState.WITHDRAWN, now)
        return True

    if advance(backend, run, attempt) is None:
        message = _known(backend.runs.current(tenant_id, run_id), message_id)
        if message is None:
            raise MessageNotFound(message_id)
        if message.state is not MessageState.WITHDRAWN:
            raise MessageAlreadyRead(message_id)


def read(backend: Backend, run: Run, message: Message, workspace: Workspace) -> Item:
    """The message as the conversation has it, its files being in the workspace then."""
    said = adapter(Said).validate_json(backend.objects.get(message.key))
    try:
        take_inputs(backend, area_of(run.key), said.uploads, said.files, workspace)
    except (InvalidUpload, CallerError) as error:
        return user_message(f"{said.text}\n\n[The files of this message are not there: {error}]")
    return user_message(said.text)


def conversation(backend: Backend, run: Run, before: Run, workspace: Workspace) -> list[Item]:
    """What a run goes on from that continues another: that one's conversation, and what was said since.

    Calls of the last turn may not have been done when that run ended. Files of unread messages are put into the
    workspace.
    """
    stored = before.transcript
    items = load_transcript(backend.objects, stored) if stored else [user_message(before.instructions)]
    answered = {item.get("call_id") for item in items if item.get("type") == "function_call_output"}
    called = [str(item.get("call_id")) for item in items if item.get("type") == "function_call"]
    open_calls = [tool_output(call_id, NOT_DONE) for call_id in called if call_id not in answered]
    unread = [message for message in before.messages if message.state is MessageState.UNREAD]
    since = [read(backend, run, message, workspace) for message in unread]
    asked = [user_message(run.instructions)] if run.resumed_from_run_id is None else []
    return [*items, *open_calls, *since, *asked]


def _asked(backend: Backend, run: Run, said: Said) -> list[object]:
    """What makes two messages of one key the same."""
    uploads = contents_of(backend, area_of(run.key), said.uploads)
    return [said.text, uploads, [[file.path, file.content] for file in said.files]]


def _known(run: Run, message_id: str) -> Message | None:
    return next((message for message in run.messages if message.id == message_id), None)


def _same(run: Run, earlier: Message, fingerprint: str | None) -> Message:
    if earlier.fingerprint != fingerprint:
        raise IdempotencyKeyReused(run.run_id)
    return earlier


def _require_room(run: Run) -> None:
    if run.conversion is not None:
        raise TakesNoMessages(run.run_id)
    if run.finished_turns:
        raise RunIsEnding(run.run_id)
    if len(waiting(run.messages)) >= MAX_WAITING:
        raise TooManyMessages(f"{MAX_WAITING} messages wait for the agent; wait until it has read one, or withdraw one")
    if len(run.messages) >= MAX_MESSAGES:
        raise TooManyMessages(f"a run takes {MAX_MESSAGES} messages; say more when it has ended: that begins a new run")


def _append(backend: Backend, run: Run, change: Change, message: Message, state: MessageState, now: datetime) -> None:
    entry = Entry(
        slot=run.version + 1,
        writer=new_id(),
        at=now,
        change=change,
        progress=run.progress,
        events=(told(message, state),),
    )
    backend.runs.append(run, entry)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
