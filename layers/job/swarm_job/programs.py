"""One program run within limits, and everything that it started ended with it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from swarm_job import defences
from swarm_job.contract import Limits
from swarm_job.output import Output
from swarm_job.processes import Unkillable, adopt_orphans, children, kill_untrusted, threads_of_this_user
from swarm_job.syscalls import restrictions
from swarm_job.usage import Usage

LAUNCH = Path(__file__).with_name("launch.py")
OPEN_FILES = 1024
# A program that writes more than this says nothing that anybody could read.
FLOOD_BYTES = 64 << 20
_CHUNK = 1 << 16
_LOOK_SECONDS = 0.02
_ENDING_SECONDS = 10.0
_OUT_OF_TIME = "out of time"
# Descendants are told apart by who is below this process, so two programs at a time would end each other.
_ALONE = threading.Lock()


@dataclass(frozen=True)
class Execution:
    """What became of a program. `stopped` says for a reader why it was ended; empty when it ended by itself.

    `exit_code` is 128 and the signal's number where a signal ended it, and None where it was stopped from here.
    """

    exit_code: int | None
    output: str
    seconds: float
    timed_out: bool = False
    stopped: str = ""


class Program(Protocol):
    """What there is to watch, as `subprocess.Popen` has it. It leads a process group; its output does not block."""

    returncode: Any

    @property
    def pid(self) -> int: ...

    @property
    def stdout(self) -> IO[bytes] | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...


def execute(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    limits: Limits,
    seconds: float,
    place: Path,
    pass_fds: Sequence[int] = (),
) -> Execution:
    """Run a program to its end, or to the first limit that it breaks, and leave no process of it behind.

    It starts in `cwd` with exactly this environment, no input, its two outputs as one, and of the files that are open
    here `pass_fds` alone. `place`, a folder below `folders.root()`, is where it may write. Raises `OSError` when it
    cannot be started, and `Unkillable`.
    """
    return watched(lambda: _start(command, cwd, environment, limits, place, pass_fds), limits, seconds)


def watched(start: Callable[[], tuple[Program, int]], limits: Limits, seconds: float) -> Execution:
    """What becomes of the program that `start` gives, with a descriptor from which to read what it reports of itself.

    Raises what `start` raises, and `Unkillable`.
    """
    with _ALONE:
        adopt_orphans()
        spare = children()
        usage = Usage(limits, spare)
        output = Output(limits.output_chars)
        started = time.monotonic()
        process, report = start()
        try:
            stopped = _watch(process, output, usage, started + seconds)
        finally:
            _end(process, spare)
            _note(report)
        took = time.monotonic() - started
        _read_rest(process, output)
    if stopped == _OUT_OF_TIME:
        return Execution(None, output.text(), took, timed_out=True, stopped=f"timed out after {seconds:g} s")
    if stopped:
        return Execution(None, output.text(), took, stopped=stopped)
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Execution(code, output.text(), took, stopped=_signals(limits).get(code, ""))


def bounds(limits: Limits) -> dict[str, int]:
    """The limits of the kernel for a program that starts now."""
    return {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": limits.cpu_seconds,
        "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": OPEN_FILES,
        # It counts everything that the user runs, on a laptop the desktop too.
        "RLIMIT_NPROC": threads_of_this_user() + limits.processes,
    }


def _start(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    limits: Limits,
    place: Path,
    pass_fds: Sequence[int],
) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and a descriptor from which to read what `launch.py` reports of itself."""
    report, reporting = os.pipe()
    settings = {"limits": bounds(limits), "filter": restrictions().hex(), "place": str(place), "report": reporting}
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCH), json.dumps(settings), *command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[reporting, *pass_fds],
            # Not a session of its own: whoever ends this one is to end these too.
            process_group=0,
        )
    except BaseException:
        os.close(report)
        raise
    finally:
        os.close(reporting)
    assert process.stdout is not None  # noqa: S101
    os.set_blocking(process.stdout.fileno(), False)
    return process, report


def _note(report: int) -> None:
    """What took hold. Nobody has the other end any more, so there is nothing to wait for."""
    with os.fdopen(report, "rb") as reading:
        said = reading.read()
    defences.note_all(json.loads(said) if said else {"launch": "it ended before it could report"})


def _watch(process: Program, output: Output, usage: Usage, deadline: float) -> str:
    """Read and measure until the program ends. Why it has to be stopped; empty when it has ended by itself."""
    open_ended = True
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return _OUT_OF_TIME
        if output.total > FLOOD_BYTES:
            return f"killed: wrote more than {FLOOD_BYTES >> 20} MiB of output"
        if excess := usage.excess():
            return excess
        if open_ended:
            open_ended = _read(process, output, _LOOK_SECONDS)
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_SECONDS)
    return ""


def _read(process: Program, output: Output, timeout: float) -> bool:
    """Take what there is, waiting for it at most so long. False once there can be no more."""
    assert process.stdout is not None  # noqa: S101
    if not select.select([process.stdout], [], [], timeout)[0]:
        return True
    try:
        chunk = os.read(process.stdout.fileno(), _CHUNK)
    except BlockingIOError:
        return True
    output.add(chunk)
    return bool(chunk)


def _read_rest(process: Program, output: Output) -> None:
    """What was written and not yet read, now that nobody is left who could write more."""
    assert process.stdout is not None  # noqa: S101
    with process.stdout, contextlib.suppress(BlockingIOError):
        while chunk := os.read(process.stdout.fileno(), _CHUNK):
            output.add(chunk)


def _end(process: Program, spare: set[int]) -> None:
    # The group goes in one stroke, so a fork bomb is over before the stragglers are looked for.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Unkillable(f"process {process.pid} is left") from error
    kill_untrusted(spare, _ENDING_SECONDS)


def _signals(limits: Limits) -> Mapping[int, str]:
    """Exit codes that mean a limit of the kernel, and what to say of them."""
    return {
        128 + signal.SIGXCPU: f"killed: used more than {limits.cpu_seconds} s of processor time",
        128 + signal.SIGXFSZ: f"killed: a file grew beyond {limits.file_bytes >> 20} MiB",
    }
