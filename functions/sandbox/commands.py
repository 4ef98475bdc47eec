"""The commands of one job: in order, in one workspace, each with what is left of the job's time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.environment import environment, shell
from swarm_job import Call, CallResult, Limits
from swarm_job.programs import Execution, execute
from swarm_job.workspace import states

TOOL = "run_command"
# Linux takes 128 KiB in one argument.
MAX_COMMAND_BYTES = 100_000
_OUT_OF_MEMORY = ("MemoryError", "annot allocate", "std::bad_alloc", "Unable to allocate")

Run = Callable[[str, float], Execution]


class BadArguments(Exception):
    """The model's arguments are not those of the tool; the message tells it so."""


def run_commands(
    workspace: Path, calls: Sequence[Call], limits: Limits, *, execute_them: bool = True
) -> list[CallResult]:
    """One result for each call. A command that fails is a result like any other, and the next one still runs."""
    variables = environment(workspace.parent)

    def run(command: str, seconds: float) -> Execution:
        argv = [shell(), "-c", command]
        return execute(
            argv, cwd=workspace, environment=variables, limits=limits, seconds=seconds, place=workspace.parent
        )

    deadline = time.monotonic() + limits.seconds
    results = []
    before = states(workspace)
    for call in calls:
        result = _result(call, run, limits, deadline - time.monotonic()) if execute_them else _skipped(call)
        after = states(workspace)
        results.append(_with_files(result, before, after))
        before = after
    return results


def _result(call: Call, run: Run, limits: Limits, left: float) -> CallResult:
    try:
        command, asked = _arguments(call)
    except BadArguments as error:
        return CallResult(call.call_id, ok=False, output=str(error))
    if left <= 0:
        return CallResult(
            call.call_id, ok=False, timed_out=True, output=f"[not run: the {limits.seconds} s of this batch were over]"
        )
    try:
        done = run(command, min(left, asked or left))
    except OSError as error:
        return CallResult(call.call_id, ok=False, output=f"[not run: {error.strerror}]")
    return CallResult(
        call.call_id,
        ok=done.exit_code == 0 and not done.stopped,
        output=done.output + _remark(done, limits),
        exit_code=done.exit_code,
        seconds=round(done.seconds, 3),
        timed_out=done.timed_out,
    )


def _arguments(call: Call) -> tuple[str, int | None]:
    """The command and the seconds it asks for. Raises `BadArguments`."""
    command, seconds = call.arguments.get("command"), call.arguments.get("timeout_seconds")
    if call.tool != TOOL:
        raise BadArguments(f"there is no tool {call.tool!r} here")
    if not isinstance(command, str) or not command.strip():
        raise BadArguments("`command` must be text with a command in it")
    if "\0" in command or not _is_utf8(command):
        raise BadArguments("`command` has a character that no command can have")
    if len(command.encode()) > MAX_COMMAND_BYTES:
        raise BadArguments(f"`command` is longer than {MAX_COMMAND_BYTES:,} bytes; write it to a file and run that")
    if seconds is not None and (not isinstance(seconds, int) or seconds < 1):
        raise BadArguments("`timeout_seconds` must be a whole number from 1, or null")
    return command, seconds


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _remark(done: Execution, limits: Limits) -> str:
    """What the output alone does not say."""
    lines = []
    if done.stopped:
        lines.append(f"[{done.stopped}]")
    elif done.exit_code and any(sign in done.output for sign in _OUT_OF_MEMORY):
        lines.append(f"[a process may use {limits.memory_bytes >> 20:,} MiB of memory]")
    if not lines:
        return ""
    return ("\n" if done.output and not done.output.endswith("\n") else "") + "\n".join(lines)


def _skipped(call: Call) -> CallResult:
    return CallResult(
        call.call_id,
        ok=True,
        output="[not executed: this installation skips commands (CROSS_RUN_FAKE_CODEX=1)]",
        notes={"executed": False},
    )


def _with_files(result: CallResult, before: Mapping[str, Any], after: Mapping[str, Any]) -> CallResult:
    touched = [path for path, state in after.items() if before.get(path) != state]
    return replace(result, files=touched)
