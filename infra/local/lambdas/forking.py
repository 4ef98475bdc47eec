"""What a function's first process leaves behind: one that has imported the handler's module, and forks on demand.

Nothing of this is in the functions, and nothing of it is deployed. A process that is started through this file imports
the module, as the Lambda runtime will, and forks before it does anything else: no call has been answered yet, no
client has been made, and there is one thread. The fork forks again whenever it is told to, and each of those begins
where the first process is: with the module imported, and nothing else. In Lambda, restoring a snapshot is like this.

It is told over a socket, one line of JSON at a time, and ends with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import runpy
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

ADDRESS = "AWS_LAMBDA_RUNTIME_API"
"""The variable that tells a process where its Runtime API is."""

CLIENT = "awslambdaric.lambda_runtime_client"
"""Keeps the address of the Runtime API from when it is imported."""


def command(handler: str, asked: socket.socket) -> list[str]:
    """How a process is started that leaves one behind, which hears of what to do over the socket."""
    return [sys.executable, __file__, handler, str(asked.fileno())]


def main() -> None:
    """Run the Lambda runtime in this process, as `python -m awslambdaric` does, and leave another behind."""
    asked = socket.socket(fileno=int(sys.argv.pop()))
    # A module run by its name has the working directory first in its path, not this file's folder.
    sys.path[0] = os.getcwd()  # noqa: PTH109  as the interpreter does
    stand_in = _StandIn()
    imported = _imports(sys.argv[1])
    stand_in.give_way()
    if imported and _has_one_thread() and CLIENT not in sys.modules:
        _leave_behind(asked)
    asked.close()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


class _StandIn(logging.NullHandler):
    """Has the place of the runtime's handler of logs, which is there before it imports a module.

    Powertools puts a filter on what it finds there, or each line would be written twice; the runtime's gets it.
    """

    def __init__(self) -> None:
        super().__init__()
        logging.root.addHandler(self)

    def give_way(self) -> None:
        """The next handler of the root is the runtime's."""
        logging.root.removeHandler(self)
        vars(logging.root)["addHandler"] = self._add

    def _add(self, handler: logging.Handler) -> None:
        del vars(logging.root)["addHandler"]
        for each in self.filters:
            handler.addFilter(each)
        logging.root.addHandler(handler)


def _imports(handler: str) -> bool:
    """False where the module cannot be imported: the runtime tries it again, and tells of it as it should."""
    with suppress(Exception, SystemExit):
        importlib.import_module(handler.rpartition(".")[0].replace("/", "."))
        return True
    return False


def _has_one_thread() -> bool:
    """A fork has only the thread that forked, and what the others held stays locked in it."""
    return len(list(Path("/proc/self/task").iterdir())) == 1


def _leave_behind(asked: socket.socket) -> None:
    """Returns in this process, and in each that the one left behind forks."""
    # What was imported stays; looking for garbage in it would only copy the pages that all of them share.
    gc.freeze()
    fork = _fork()
    if fork is not None:
        fork.go()
        return
    asked.sendall(_line({"pid": os.getpid()}))
    with asked.makefile("rb") as lines:
        for line in lines:
            told: dict[str, Any] = json.loads(line)
            if "reap" in told:
                _, status = os.waitpid(told["reap"], 0)
                asked.sendall(_line({"status": os.waitstatus_to_exitcode(status)}))
            elif fork := _fork():
                process = os.pidfd_open(fork.pid)
                socket.send_fds(asked, [_line({"pid": fork.pid})], [process])
                os.close(process)
                fork.go()
            else:
                os.environ[ADDRESS] = told["address"]
                return
    os._exit(0)


class _Fork:
    """A fork that leads a session of its own by now, and waits to be let go; nobody knows of it yet."""

    def __init__(self, pid: int, told: socket.socket) -> None:
        self.pid = pid
        self._told = told

    def go(self) -> None:
        """Let it go on, if it is there still."""
        with self._told, suppress(OSError):
            self._told.sendall(b".")


def _fork() -> _Fork | None:
    """None in the fork, once it has been let go. It ends where this process ends before that."""
    told, telling = socket.socketpair()
    if pid := os.fork():
        told.close()
        telling.recv(1)
        return _Fork(pid, telling)
    telling.close()
    os.setsid()
    told.sendall(b".")
    if not told.recv(1):
        os._exit(1)
    told.close()
    return None


def _line(told: dict[str, int]) -> bytes:
    return json.dumps(told).encode() + b"\n"


if __name__ == "__main__":
    main()
