"""A run that waits for calls that run elsewhere, and results that somebody might deliver for it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from agent.app import handler as agent
from codex_swarm.models import ProgressEvent
from dispatch.app import handler as dispatch
from prepare.app import handler as prepare
from swarm.jobs.batch import Batch, load_batch, result_key
from swarm.runs.run import Run
from tests.support.lambda_context import lambda_context
from tests.support.lambdas import Function, answering
from tests.support.stack import Stack
from tests.support.stack import stack as deployed


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch, SANDBOX_FUNCTION="sandbox", CONVERT_FUNCTION="convert", MAX_ACTIVE_RUNS="100") as fresh:
        yield fresh


def result(call_id: str, *, ok: bool = True, output: str = "done", files: Iterable[str] = (), **more: object) -> Any:
    """One entry of results.json, as the shared code of the untrusted functions writes it."""
    told = {"call_id": call_id, "ok": ok, "output": output, "files": list(files)}
    return {"exit_code": None, "seconds": 0.1, "timed_out": False, "notes": None, **told, **more}


def member(name: str, content: bytes = b"", **changes: object) -> tuple[tarfile.TarInfo, bytes]:
    """A member of a tar; `changes` are attributes of its header."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    return info, content


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A tar of these members, in this order, whatever their headers claim."""
    out = io.BytesIO()
    for info, content in members:
        out.write(info.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE))
    out.write(bytes(2 * tarfile.BLOCKSIZE))
    return out.getvalue()


def delivery(
    results: object,
    files: Mapping[str, bytes] | None = None,
    deleted: Iterable[str] = (),
    texts: Mapping[str, bytes] | None = None,
) -> bytes:
    """What a well-behaved function delivers."""
    told = [
        member("results.json", json.dumps(results).encode()),
        member("deleted.json", json.dumps([*deleted]).encode()),
    ]
    told += [member(f"files/{path}", content) for path, content in (files or {}).items()]
    return tar(*told, *(member(f"texts/{sha256}", content) for sha256, content in (texts or {}).items()))


@dataclass
class Waiting:
    """A run in state `Tools`."""

    stack: Stack
    state: dict[str, Any]

    @property
    def run(self) -> Run:
        return self.stack.backend.runs.current("tenant-a", self.state["run_id"])

    @property
    def batch(self) -> Batch:
        key = self.run.batch
        assert key is not None
        return load_batch(self.stack.backend.objects, key)

    def deliver(self, job_id: str, content: bytes) -> None:
        """Put a result where the job's form would."""
        self.stack.backend.objects.put(result_key(self.run, self.batch.id, job_id), content)

    def dispatch(self, job_id: str, function: Function | None = None, **changes: object) -> list[str]:
        """What the state machine does with a job; `changes` go into the input.

        `function` stands for the untrusted one; without it that delivers nothing. The tenants that it was called for.
        """
        [job] = [job for job in self.state["jobs"] if job["job_id"] == job_id]
        ids = {name: self.state[name] for name in ("tenant_id", "project_id", "run_id")}
        tenants: list[str] = []
        work = function or (lambda _: {})
        with answering({"sandbox": work, "convert": work}, tenants):
            assert dispatch({**ids, "job": job, **changes}, lambda_context()) == {"job_id": job_id}
        return tenants

    def go_on(self) -> None:
        """The next task state."""
        self.state = dict(agent(self.state, lambda_context()))

    def progress_told(self) -> list[ProgressEvent]:
        """The progress that watchers were told of."""
        entries = self.stack.backend.log.read(self.run.key)
        return [event for entry in entries for event in entry.events if isinstance(event, ProgressEvent)]


def waiting(stack: Stack, instructions: str, task_type: str = "document_processing", **more: Any) -> Waiting:
    """Start a run, with `more` in its request, and take it to its first calls that run elsewhere."""
    stack.project()
    run_id = stack.start(instructions, task_type=task_type, **more)
    state = prepare({"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}, lambda_context())
    halted = Waiting(stack, dict(agent(state, lambda_context())))
    assert halted.state["outcome"] == "tools"
    return halted
