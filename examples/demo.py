"""The whole system in one command: starts the laptop cloud on a free port, runs the example against it, stops it.

    ./run.sh demo

Arguments go to the example, whose exit code this returns. Without OPENAI_API_KEY the run is made offline.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NoReturn

from examples import draftpunk_example

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 120
SECONDS_TO_STOP = 20
READY = "ready "

Lines = SimpleQueue[str | None]
"""What the laptop cloud prints; None when it will print no more."""


class NotStarted(Exception):
    """The laptop cloud ended, or said nothing for too long, before it was ready; carries what it printed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the demo; returns the example's exit code, or 1 when the laptop cloud does not start."""
    signal.signal(signal.SIGTERM, _exit)
    try:
        with laptop_cloud(_environment()) as url:
            return draftpunk_example.main(["--url", url, *(sys.argv[1:] if argv is None else argv)])
    except NotStarted as error:
        print(f"The laptop cloud did not start. It said:\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _environment() -> dict[str, str]:
    if os.environ.get("OPENAI_API_KEY"):
        print("OPENAI_API_KEY is set: the run asks the real provider, at its prices.", flush=True)
        return dict(os.environ)
    print("OPENAI_API_KEY is not set: the run is made offline, by the built-in model.", flush=True)
    return {**os.environ, "CROSS_RUN_FAKE_SWARM": "1"}


@contextmanager
def laptop_cloud(environment: dict[str, str]) -> Iterator[str]:
    """The URL of a laptop cloud that is gone when the block ends. Raises `NotStarted`."""
    with subprocess.Popen(
        [sys.executable, "-m", "infra.local", "services", "--port", "0", "--ephemeral"],
        cwd=ROOT,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Ctrl-C is for us: the example cancels its run first, which needs the services.
        start_new_session=True,
    ) as child:
        # Read to the end, because a full pipe would stop the child.
        printed: Lines = SimpleQueue()
        Thread(target=_read, args=(child, printed), daemon=True).start()
        try:
            yield _url(printed)
        finally:
            _stop(child)


def _read(child: subprocess.Popen[str], printed: Lines) -> None:
    for line in child.stdout or ():
        printed.put(line)
    printed.put(None)


def _url(printed: Lines) -> str:
    said = ""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            line = printed.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise NotStarted(f"{said}(not ready after {SECONDS_TO_START} s)") from None
        if line is None:
            raise NotStarted(said)
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
        said += line


def _stop(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        child.kill()


def _exit(_signal: int, _frame: object) -> NoReturn:
    sys.exit(143)


if __name__ == "__main__":
    sys.exit(main())
