"""Named places where a process can be made to die, so that tests can prove that it does no harm.

Nothing happens at them unless the laptop cloud was told to inject a fault: the environment of the function then
names a point and a file. The process that manages to remove the file dies on the spot, as if the power had failed;
with the file gone, the point is as harmless as all others.
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
    "end.outputs",
    "end.appended",
    "end.released",
    "end.stored",
    "fail.begun",
    "reconcile.found",
)
"""Every point, in the order in which a run meets them."""


def point(name: str) -> None:
    """Die here, if a test asked for it."""
    fault = settings().fault
    if fault is None or fault.point != name:
        return
    try:
        Path(fault.token).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
