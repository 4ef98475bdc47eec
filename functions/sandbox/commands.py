"""The commands of one job: in order, in one workspace, each with what is left of the job's time.

A document whose code is to be run (`run_document`) is one, too: `sandbox.executable` runs its chunks.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from sandbox.environment import environment, shell
from swarm_job import Call, CallResult, Limits
from swarm_job.paths import BadPath, valid_path
from swarm_job.programs import Execution, execute
from swarm_job.workspace import states

COMMAND, DOCUMENT = "run_command", "run_document"
# Linux takes 128 KiB in one argument.
MAX_COMMAND_BYTES = 100_000
_OUT_OF_MEMORY = ("MemoryError", "annot allocate", "std::bad_alloc", "Unable to allocate")

_FUNCTIONS = Path(__file__).resolve().parents[1]
# Not by PYTHONPATH, which the document's code would inherit.
_PROGRAM = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1));"
    " runpy.run_module('sandbox.executable', run_name='__main__', alter_sys=True)"
)

Run = Callable[[Sequence[str], float], Execution]


class BadArguments(Exception):
    """The model's arguments are not those of the tool; the message tells it so."""


def run_commands(
    workspace: Path, calls: Sequence[Call], limits: Limits, *, execute_them: bool = True
) -> list[CallResult]:
    """One result for each call. A command that fails is a result like any other, and the next one still runs."""
    variables = environment(workspace.parent)

    def run(argv: Sequence[str], seconds: float) -> Execution:
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
        asked = _seconds(call)
        seconds = min(left, asked or left)
        argv = _argv(call, seconds)
    except BadArguments as error:
        return CallResult(call.call_id, ok=False, output=str(error))
    if left <= 0:
        return CallResult(
            call.call_id, ok=False, timed_out=True, output=f"[not run: the {limits.seconds} s of this batch were over]"
        )
    try:
        done = run(argv, seconds)
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


def _argv(call: Call, seconds: float) -> list[str]:
    """The program that does the call, with its arguments. Raises `BadArguments`."""
    if call.tool == COMMAND:
        return [shell(), "-c", _command(call)]
    if call.tool == DOCUMENT:
        path = _path(call, "path")
        target = _path(call, "target") if call.arguments.get("target") else path
        if PurePosixPath(path).suffix.lower() != PurePosixPath(target).suffix.lower():
            raise BadArguments("`target` must have the suffix of `path`; convert_document makes other formats")
        keep_going = "yes" if call.arguments.get("keep_going") is True else "no"
        return [sys.executable, "-P", "-c", _PROGRAM, str(_FUNCTIONS), path, target, f"{seconds:.3f}", keep_going]
    raise BadArguments(f"there is no tool {call.tool!r} here")


def _command(call: Call) -> str:
    command = call.arguments.get("command")
    if not isinstance(command, str) or not command.strip():
        raise BadArguments("`command` must be text with a command in it")
    if "\0" in command or not _is_utf8(command):
        raise BadArguments("`command` has a character that no command can have")
    if len(command.encode()) > MAX_COMMAND_BYTES:
        raise BadArguments(f"`command` is longer than {MAX_COMMAND_BYTES:,} bytes; write it to a file and run that")
    return command


def _path(call: Call, name: str) -> str:
    value = call.arguments.get(name)
    if not isinstance(value, str):
        raise BadArguments(f"`{name}` is not a path such as docs/report.smd")
    try:
        return valid_path(value.removeprefix("./"))
    except BadPath as error:
        raise BadArguments(f"`{name}`: {error}; give a path relative to the workspace") from error


def _seconds(call: Call) -> int | None:
    seconds = call.arguments.get("timeout_seconds")
    if seconds is not None and (not isinstance(seconds, int) or seconds < 1):
        raise BadArguments("`timeout_seconds` must be a whole number from 1, or null")
    return seconds


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
