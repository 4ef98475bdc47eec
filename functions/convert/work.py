"""The calls of a job, each in a process of its own: one that fails, hangs or bursts leaves the others alone.

The processes are forks of one that has imported what they need, and has read no document (`swarm_job.forker`).
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from convert.answers import Said, Unreadable, is_regular, said
from convert.errors import CannotConvert
from convert.program import pandoc_file, pandoc_in_memory
from convert.tool import Tool, tool_named
from convert.tools.document_text import NAME, TEXT, modules_for
from swarm_job import TEXTS, Call, CallResult, Limits
from swarm_job.folders import discard, open_regular
from swarm_job.forker import Forker
from swarm_job.programs import Execution

# Whoever would call out all the same, against all that is said to it, finds nobody.
_NOWHERE = "http://127.0.0.1:9"

_LEAST_SHARE = 20.0
"""Seconds that a call may take, however many there are, while there is time at all."""

_FAIR_SHARE = 60.0
"""Seconds after which a document that is not read yet counts as one that cannot be."""

_MOST_PICTURES = 8
"""Of all calls of a job: the file of its results is bounded."""

# When the function starts, which Lambda gives more processor than a call.
_PANDOC = None if pandoc_file() else pandoc_in_memory()
_DESCRIPTORS = () if _PANDOC is None else (_PANDOC,)


def work(workspace: Path, calls: Sequence[Call], limits: Limits) -> list[CallResult]:
    """One result a call, in the same order. No call may use up the time of those behind it."""
    deadline = time.monotonic() + limits.seconds
    results: list[CallResult] = []
    with Forker(_modules(calls), _environment(Path(tempfile.gettempdir())), _DESCRIPTORS) as forker:
        for number, call in enumerate(calls):
            try:
                tool = tool_named(call.tool)
                request = tool.request(call.arguments)
            except CannotConvert as error:
                results.append(_failed(call, str(error)))
                continue
            left = deadline - time.monotonic()
            seconds = min(left, max(_LEAST_SHARE, left / (len(calls) - number)))
            if tool.shows_pictures and sum(len(result.pictures) for result in results) >= _MOST_PICTURES:
                over = f"not shown: a turn shows {_MOST_PICTURES} pictures; ask again in the next"
                results.append(_failed(call, over))
            elif seconds < 1:
                over = f"not done: the {limits.seconds} s of this batch were over; ask again"
                results.append(_failed(call, over, timed_out=True))
            else:
                results.append(_done(call, tool, request, workspace, forker, limits, seconds))
    return results


def _modules(calls: Sequence[Call]) -> list[str]:
    """What is imported once for all calls: what many of them have to import anyway, and nothing for one alone."""
    texts = [str(call.arguments.get("path")) for call in calls if call.tool == NAME]
    return ["convert.worker", *(modules_for(texts) if len(texts) > 1 else ())]


def _failed(call: Call, why: str, *, timed_out: bool = False) -> CallResult:
    return CallResult(call.call_id, ok=False, output=f"error: {why}", timed_out=timed_out)


def _done(
    call: Call, tool: Tool[Any], request: Any, workspace: Path, forker: Forker, limits: Limits, seconds: float
) -> CallResult:
    scratch = workspace.parent / "scratch"
    scratch.mkdir(mode=0o700)
    try:
        question = {
            "tool": call.tool,
            "arguments": call.arguments,
            "workspace": str(workspace),
            "memory_bytes": limits.memory_bytes,
            "now": datetime.now(UTC).isoformat(),
            "output_chars": limits.output_chars,
            "pandoc": _PANDOC,
        }
        (scratch / "call.json").write_text(json.dumps(question))
        done = forker.execute(
            [str(scratch)],
            cwd=scratch,
            environment=_environment(scratch),
            limits=limits,
            seconds=seconds,
            place=scratch,
        )
        answer = _answer(scratch, done)
        ok, output, files = answer.ok, answer.output, []
        if tool.keeps_text:
            ok, output = _keep_text(workspace, scratch, request.path, ok=ok, output=output, waited=seconds)
        elif ok:
            try:
                files = _keep(workspace, scratch, answer.files)
            except OSError as error:
                ok, output = False, f"the target cannot be written: {error.strerror}; give it another name"
        return CallResult(
            call.call_id,
            ok=ok,
            output=output if ok else f"error: {output}",
            seconds=round(done.seconds, 3),
            timed_out=done.timed_out,
            files=files,
            pictures=answer.pictures if ok else (),
        )
    finally:
        discard(scratch)


def _environment(scratch: Path) -> dict[str, str]:
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        # One thread, which is all that there is when a process forks.
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": ":".join(path for path in sys.path if path),
        **proxies,
    }


def _answer(scratch: Path, done: Execution) -> Said:
    """What the worker said; where it could not, what became of it."""
    reason = done.stopped
    if not reason and done.exit_code == 0:
        try:
            if (answer := said(scratch)) is not None:
                return answer
        except Unreadable as error:
            reason = str(error)
    return Said(ok=False, output=f"the document could not be worked on: {reason or _last_words(done)}")


def _last_words(done: Execution) -> str:
    if "MemoryError" in done.output or "memory allocation" in done.output:
        return "it needs more memory than one conversion may use; split it"
    lines = done.output.strip().splitlines()
    return lines[-1][:300] if lines else f"its process ended with code {done.exit_code}"


def _keep_text(workspace: Path, scratch: Path, path: str, *, ok: bool, output: str, waited: float) -> tuple[bool, str]:
    """Put the text of a document, or why it has none, beside the workspace, under the hash of its bytes.

    A document that had too little time may be read the next time, so nothing is kept of it.
    """
    left = scratch / TEXT
    if not ok:
        if waited < _FAIR_SHARE:
            return False, output
        discard(left)
        left.write_text(json.dumps({"problem": output}))
    if not is_regular(left):
        return False, "the document could not be worked on: its process left no text"
    try:
        with open_regular(workspace / path) as document:
            sha256 = hashlib.sha256(document.read()).hexdigest()
        texts = workspace.parent / TEXTS
        texts.mkdir(mode=0o700, exist_ok=True)
        left.replace(texts / sha256)
    except OSError as error:
        return False, f"the document cannot be read: {error.strerror}"
    return ok, output


def _keep(workspace: Path, scratch: Path, files: Mapping[str, str]) -> list[str]:
    """Move what was made into the workspace."""
    for path, name in files.items():
        target = workspace / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).replace(target)
    return sorted(files)
