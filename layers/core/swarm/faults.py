"""Named places where a process can be made to die, so that tests can prove that it does no harm.

Nothing happens at them unless the laptop cloud was told to inject faults: the environment of the function then names
a folder of tokens, one file for each death, called `<run id>.<point>`. The process that manages to remove the file
dies on the spot, as if the power had failed; with the file gone, the point is as harmless as all others.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from swarm.settings import settings

POINTS = (
    "create.admitted",
    "create.written",
    "create.shown",
    "create.started",
    "prepare.begun",
    "prepare.snapshot",
    "commit.appended",
    "commit.folded",
    "agent.claimed",
    "agent.answered",
    "agent.blobs",
    "agent.snapshot",
    "agent.transcript",
    "agent.issued",
    "collect.stored",
    "end.outputs",
    "end.appended",
    "end.announced",
    "end.released",
    "end.stored",
    "fail.begun",
    "webhook.sent",
    "reconcile.found",
)
"""Every point, in the order in which a run meets them."""


def point(name: str, run_id: str) -> None:
    """Die here, if a test asked for it."""
    tokens = settings().fault_tokens
    if not tokens:
        return
    try:
        Path(tokens, f"{run_id}.{name}").unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
