"""A Lambda handler in a process of its own: its pid, then for a call a line in an answer a line out. Run as a script.

    serve_handler.py MODULE LIMITS

Before the handler is imported the process takes on the kernel limits in LIMITS (JSON, of which RLIMIT_NPROC comes on
top of what the user runs already). Neither it nor what it starts can undo that, so what a handler fails to stop is
stopped here.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import resource
import sys
from pathlib import Path
from types import SimpleNamespace


def threads_of(user: int) -> int:
    """Threads of a user's processes, as RLIMIT_NPROC counts them."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == user:
                total += len(list((folder / "task").iterdir()))
        except OSError:
            continue
    return total


def main(module: str, limits: dict[str, int]) -> None:
    """Serve until the input ends."""
    for name, value in limits.items():
        which = getattr(resource, name)
        most = value + (threads_of(os.getuid()) if name == "RLIMIT_NPROC" else 0)
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    handler = importlib.import_module(module).handler
    sys.stdout.write(json.dumps({"pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = {"answer": handler(call["event"], SimpleNamespace(tenant_id=call["tenant"]))}
        except Exception as error:  # noqa: BLE001 - as Lambda's runtime reports them
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
