"""Hides the process that runs untrusted programs from them."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

PR_SET_DUMPABLE = 4
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


def shield() -> None:
    """Forget the credentials of the execution role, and let no process of the same user look into this one.

    To be called when a handler is imported, before anything else runs. Against root the second part does nothing.
    """
    for name in SECRETS:
        os.environ.pop(name, None)  # noqa: TID251
    if sys.platform == "linux":
        _wipe_initial_environment()
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _wipe_initial_environment() -> None:
    """`/proc/<pid>/environ` shows the memory that the process began with, which unsetting a variable leaves alone."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[_ENV_START]), int(fields[_ENV_END])
    address = start
    for entry in ctypes.string_at(start, end - start).split(b"\0"):
        if entry.partition(b"=")[0].decode(errors="replace") in SECRETS:
            ctypes.memset(address, 0, len(entry))
        address += len(entry) + 1
