"""The files of a run as each of its turns left them. Turn 0 is what the run began with."""

from __future__ import annotations

from swarm.errors import TurnNotFound
from swarm.records.backend import Backend
from swarm.runs.fold import apply
from swarm.runs.run import Run
from swarm.workspace.snapshot import Snapshot


def files_at(backend: Backend, run: Run, turn: int | None) -> Snapshot:
    """The files after this turn, or as they are now. Raises `TurnNotFound`."""
    if turn is None:
        return backend.files_of(run)
    return backend.snapshot(snapshots(backend, run, turn)[0])


def snapshots(backend: Backend, run: Run, *turns: int) -> list[str | None]:
    """The keys of the snapshots that these turns left; None for the empty one. Raises `TurnNotFound`."""
    keys: dict[int, str | None] = {0: None}
    then: Run | None = None
    for entry in backend.log.read(run.key):
        then = apply(then, entry)
        # What a turn's commands change comes in entries of their own, and still belongs to that turn.
        keys[then.turns] = then.snapshot
    for turn in turns:
        if turn not in keys:
            raise TurnNotFound(run.run_id, turn, max(keys))
    return [keys[turn] for turn in turns]


def run_at(backend: Backend, run: Run, turn: int) -> Run:
    """The run as this turn, with all that its calls came to, left it. Raises `TurnNotFound`."""
    found: dict[int, Run] = {}
    then: Run | None = None
    for entry in backend.log.read(run.key):
        then = apply(then, entry)
        found[then.turns] = then
    if turn not in found:
        raise TurnNotFound(run.run_id, turn, max(found, default=0))
    return found[turn]
