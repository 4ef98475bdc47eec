"""What a run takes over from earlier ones of its project: a pattern, and the conversation that it goes on with.

The caller names a run, or nothing, or `none`. With nothing the best pattern of the project is looked for; a run that
is named gives its own pattern and the end of its conversation, and one that cannot (unknown, of another project, not
ended) gives nothing, which is no error. Going on with a conversation means its name and its last words as quoted data:
not its items, whose tool outputs tell of files that this workspace may not have, and whose reasoning only one model
can read.
"""

from __future__ import annotations

from dataclasses import dataclass

from codex_swarm.models import PatternRead, PatternUse
from swarm.patterns.conversation import last_words, quote
from swarm.patterns.rendering import render
from swarm.records.backend import Backend
from swarm.records.runlog import steps_of
from swarm.runs.run import Run

NONE = "none"
"""As a reference: use no pattern."""

MAX_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class Reuse:
    """What stands before a run's own instructions, which pattern that is, and the conversation's name."""

    blocks: tuple[str, ...] = ()
    used: PatternUse | None = None
    thread_id: str | None = None


def reuse_for(backend: Backend, run: Run) -> Reuse:
    """What the run takes over."""
    if run.reference_run_id == NONE or run.conversion is not None:
        return Reuse()
    if run.reference_run_id is None:
        return _matched(backend, run)
    reference = backend.runs.find(run.key.tenant_id, run.reference_run_id)
    if reference is None or reference.key.project_id != run.key.project_id or not reference.status.final:
        return Reuse()
    return _referenced(backend, reference)


def _referenced(backend: Backend, reference: Run) -> Reuse:
    pattern = backend.patterns.of_run(reference)
    answer = last_words(steps_of(backend.log, reference.key))
    block = render(pattern) if pattern else ""
    return Reuse(
        blocks=tuple(filter(None, [block, quote(reference, answer) if answer else ""])),
        used=_use(pattern, "referenced") if pattern and block else None,
        thread_id=(reference.thread_id or reference.run_id) if reference.turns else None,
    )


def _matched(backend: Backend, run: Run) -> Reuse:
    # Only where a run is prepared; every function imports this module, and few need the library behind it.
    from swarm.patterns.matching import best  # noqa: PLC0415

    known = backend.patterns.newest(run, MAX_CANDIDATES)
    found = best(run.instructions, [each.goal for each in known])
    if found is None:
        return Reuse()
    pattern = known[found.place].pattern
    return Reuse((render(pattern),), _use(pattern, "matched", found.score))


def _use(pattern: PatternRead, how: str, score: float | None = None) -> PatternUse:
    return PatternUse(pattern_id=pattern.id, source_run_id=pattern.source_run_id, score=score, how=how)
