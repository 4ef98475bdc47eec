"""Becomes a program that can do little: the last step before one runs, in the process that will be it.

A script, run as `python -I -S launch.py SETTINGS PROGRAM ARGUMENT...` with the program's own environment and nothing of
this package in reach. SETTINGS is JSON: `{"limits": {"RLIMIT_CPU": 10}, "filter": "<hex>", "place": "/folder",
"report": 5}`. What took hold is written to the descriptor `report` as JSON: measure -> why it did not, or "".
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
INSTRUCTION_BYTES = 8

# landlock(7): the same numbers on every architecture.
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_CREATE_RULESET_VERSION, LANDLOCK_RULE_PATH_BENEATH = 1, 1
# Whatever changes a file or a folder, by the version that knows it first.
WRITES = {2: (1 << 1) | 0b11_1111_1111 << 4, 3: 1 << 14}
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
SCOPES = {6: 0b11}  # abstract Unix sockets, and signals
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")


class SockFprog(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


class Refused(Exception):
    """A measure did not take hold; the text says why."""


def confine(limits: dict[str, int], program: bytes, place: str) -> dict[str, str]:
    """Take on the limits, the folder and the filter; what did not take hold, and why."""
    measures: dict[str, Callable[[], object]] = {"limits": lambda: limit(limits)}
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        measures |= {
            "parent_death_signal": lambda: checked(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)),
            "no_new_privileges": lambda: checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)),
            "writes_confined": lambda: confine_writes(libc, place),
            "system_call_filter": lambda: take_filter(libc, program),
        }
        # When memory runs out, the system is to take this and not whoever watches it.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
    # Python ignores these, and what is ignored stays so in the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    report = {}
    for name, take in measures.items():
        try:
            take()
            report[name] = ""
        except (Refused, OSError, ValueError) as error:
            report[name] = str(error)
    return report


def limit(limits: dict[str, int]) -> None:
    """Set the limits that this system has. Raises `Refused` with those that it does not keep."""
    missing = []
    for name, value in limits.items():
        which = getattr(resource, name, None)
        if which is None:
            missing.append(name)
            continue
        hard = resource.getrlimit(which)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # A processor limit kills outright a second after its signal; the others are final as they are.
        ceiling = most + 1 if name == "RLIMIT_CPU" and most != hard else most
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (most, ceiling))
        if not 0 <= resource.getrlimit(which)[0] <= most:
            missing.append(name)
    if missing:
        raise Refused(", ".join(missing))


def confine_writes(libc: ctypes.CDLL, place: str) -> None:
    """Let the program write nowhere but below its folder, and signal nobody but its own. Raises `Refused`."""
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    # The first version forbids every move from one folder to another.
    if checked(version) < min(WRITES):
        raise Refused("this Linux is too old")
    writes = sum(rights for since, rights in WRITES.items() if version >= since)
    scopes = sum(rights for since, rights in SCOPES.items() if version >= since)
    attributes = struct.pack("=QQQ", writes, 0, scopes)[: 24 if scopes else 8]
    ruleset = checked(libc.syscall(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0))
    for path in (place, *DEVICES):
        with contextlib.suppress(FileNotFoundError):
            folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rights = writes if stat.S_ISDIR(os.fstat(folder).st_mode) else writes & (WRITE_FILE | TRUNCATE)
            rule = struct.pack("=Qi", rights, folder)
            checked(libc.syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0))
            os.close(folder)
    checked(libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def take_filter(libc: ctypes.CDLL, program: bytes) -> None:
    """Give up all system calls that the filter refuses. Raises `Refused`."""
    if not program:
        raise Refused("there is none for this machine")
    filtering = SockFprog(len(program) // INSTRUCTION_BYTES, program)
    checked(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filtering), 0, 0))


def checked(result: int) -> int:
    """The result of a system call. Raises `Refused` with the system's word for what went wrong."""
    if result < 0:
        raise Refused(os.strerror(ctypes.get_errno()))
    return result


def main(arguments: list[str]) -> None:
    """Never returns: the process is the program now, or has ended."""
    settings = json.loads(arguments[0])
    os.nice(5)
    report = confine(settings["limits"], bytes.fromhex(settings["filter"]), settings["place"])
    os.write(settings["report"], json.dumps(report).encode())
    os.close(settings["report"])
    try:
        os.execvp(arguments[1], arguments[1:])  # noqa: S606 - the limits are this process's own
    except OSError as error:
        os.write(2, f"{arguments[1]}: {error.strerror}\n".encode())
        os._exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
