"""Hides the process that runs untrusted programs from them."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from swarm_job import defences, processes

PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4
SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""What Lambda gives every function. This code calls nothing that would need it."""

# Fields 50 and 51 of /proc/self/stat, counted from the one after the name.
_ENV_START, _ENV_END = 47, 48
_ELSEWHERE = "only Linux has it"


def shield() -> None:
    """Forget the credentials of the execution role, and let no process of the same user look into this one.

    To be called when a handler is imported, before anything else runs. Against root the second part does nothing.
    """
    for name in SECRETS:
        os.environ.pop(name, None)  # noqa: TID251
    processes.remember()
    if sys.platform != "linux":
        defences.note_all({"environment_wiped": _ELSEWHERE, "memory_closed": _ELSEWHERE})
        return
    _wipe_initial_environment()
    shown = Path("/proc/self/environ").read_bytes()
    left = [name for name in SECRETS if f"{name}=".encode() in shown]
    defences.note("environment_wiped", f"still there: {', '.join(left)}" if left else "")
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    defences.note("memory_closed", "" if prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 else os.strerror(ctypes.get_errno()))


def _wipe_initial_environment() -> None:
    """`/proc/<pid>/environ` shows the memory that the process began with, which unsetting a variable leaves alone."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[_ENV_START]), int(fields[_ENV_END])
    address = start
    for entry in ctypes.string_at(start, end - start).split(b"\0"):
        if entry.partition(b"=")[0].decode(errors="replace") in SECRETS:
            ctypes.memset(address, 0, len(entry))
        address += len(entry) + 1
