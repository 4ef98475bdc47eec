"""Forks for each piece of untrusted work, with everything imported: an interpreter and its libraries start only once.

Run as `python -m swarm_job.forking SOCKET MODULE...`. The `main(arguments)` of the first module is what a fork does;
the others are imported because it will need them. Nothing untrusted is ever read in this process itself: a fork takes
on its limits, its folder and its filter as `launch.py` does before it begins. See `forker.py` for who asks.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from swarm_job.launch import PR_SET_PDEATHSIG, confine

PR_SET_DUMPABLE = 4
_CHUNK = 1 << 16

Main = Callable[[Sequence[str]], None]


def serve(asked: socket.socket, main: Main) -> None:
    """Do what is asked for, one after the other, until whoever asks is gone.

    A request is a line of JSON: arguments, cwd, environment, limits, filter, place; with it come the descriptors for
    the output and for the report. Answers are two lines: `{"pid"}`, and `{"status"}` of waitpid(2) once it has ended.
    """
    while request := _request(asked):
        told, (output, report) = request
        if (pid := os.fork()) == 0:
            asked.close()
            _become(main, told, output, report)
        os.close(output)
        os.close(report)
        # The fork does the same; whichever comes first, nobody learns of it before it leads its group.
        _lead_a_group(pid)
        _answer(asked, {"pid": pid})
        _answer(asked, {"status": os.waitpid(pid, 0)[1]})


def _request(asked: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    line, descriptors, *_ = socket.recv_fds(asked, _CHUNK, 2)
    while line and not line.endswith(b"\n"):
        line += asked.recv(_CHUNK)
    return (json.loads(line), descriptors) if line else None


def _answer(asked: socket.socket, told: dict[str, int]) -> None:
    asked.sendall(json.dumps(told).encode() + b"\n")


def _lead_a_group(pid: int) -> None:
    try:
        os.setpgid(pid, 0)
    except OSError:
        # It has ended, or leads it already.
        return


def _become(main: Main, told: dict[str, Any], output: int, report: int) -> NoReturn:
    """Be the work: confined, with no input, its two outputs as one, and no way back to who forks."""
    status = 1
    try:
        _lead_a_group(0)
        for descriptor in (1, 2):
            os.dup2(output, descriptor)
        os.close(output)
        os.environ.clear()  # noqa: TID251 - the work's own
        os.environ.update(told["environment"])  # noqa: TID251
        tempfile.tempdir = None
        os.chdir(told["cwd"])
        os.nice(5)
        # Closed to others, it could not tell the system that it is the one to end when memory runs out.
        _be_closed(closed=False)
        held = confine(told["limits"], bytes.fromhex(told["filter"]), told["place"])
        os.write(report, json.dumps(held).encode())
        os.close(report)
        main(told["arguments"])
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of the fork may go on as who forks
        traceback.print_exc()
    finally:
        # Nothing of what this process would do at its end is the fork's to do.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _be_closed(*, closed: bool) -> None:
    """Whether processes of this user can look into this one. Where it is refused, `shield` has said so."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, int(not closed), 0, 0, 0)


def _begin(arguments: Sequence[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _be_closed(closed=True)
    main, *_ = [import_module(name) for name in arguments[1:]]
    # What is here now is never garbage, and a fork that looked through it would copy it.
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(arguments[0])) as asked:
        serve(asked, main.main)


if __name__ == "__main__":
    _begin(sys.argv[1:])
