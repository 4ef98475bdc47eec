"""Becomes a program that can do little: the last step before one runs, in the process that will be it.

A script, run as `python -I -S launch.py SETTINGS PROGRAM ARGUMENT...` with the program's own environment and nothing of
this package in reach. SETTINGS is JSON: `{"limits": {"RLIMIT_CPU": 10}, "filter": "<hex>"}`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
INSTRUCTION_BYTES = 8


class SockFprog(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def confine(limits: dict[str, int], program: bytes) -> None:
    """Take on the limits and the filter. What a system does not have is left out."""
    for name, value in limits.items():
        which = getattr(resource, name, None)
        if which is not None:
            hard = resource.getrlimit(which)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            # A processor limit kills outright a second after its signal; the others are final as they are.
            ceiling = most + 1 if name == "RLIMIT_CPU" and most != hard else most
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(which, (most, ceiling))
    # Python ignores these, and what is ignored stays so in the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    if sys.platform == "linux":
        # When memory runs out, the system is to take this and not whoever watches it.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if program:
            filtering = SockFprog(len(program) // INSTRUCTION_BYTES, program)
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filtering), 0, 0)


def main(arguments: list[str]) -> None:
    """Never returns: the process is the program now, or has ended."""
    settings = json.loads(arguments[0])
    os.nice(5)
    confine(settings["limits"], bytes.fromhex(settings["filter"]))
    try:
        os.execvp(arguments[1], arguments[1:])  # noqa: S606 - the limits are this process's own
    except OSError as error:
        os.write(2, f"{arguments[1]}: {error.strerror}\n".encode())
        os._exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
