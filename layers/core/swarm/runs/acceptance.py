"""What a run's work has to be like: its criteria, how far the judging of them is, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codex_swarm.models import (
    MAX_CRITERION,
    Acceptance,
    AcceptanceEvent,
    AcceptanceRead,
    CommandSucceeds,
    ContainsFile,
    Criterion,
    CriterionRead,
    MatchesSchema,
    NoPlaceholder,
)
from swarm.errors import InvalidPath, InvalidRequest
from swarm.runs.json_schema import faults_of_schema
from swarm.workspace.paths import valid_path

MAX_SIZE = 32_000
"""Characters of all criteria of a run together, as JSON."""

MAX_EVIDENCE = 500
"""Characters that a run keeps of what was found."""

FEEDBACK = "The work was judged, and it is not accepted yet."
"""How a message begins that tells an agent what its work does not meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found of the criterion at this place, counted from 1, in a round."""

    number: int
    met: bool
    evidence: str
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How far a round is: the work is being judged, and the agent waits.

    `checked` says that the checks are done, whose `verdicts` these are. `transcript` is the key of what the reviewer
    and the service have said to each other, in so many `turns`.
    """

    round: int
    checked: bool = False
    verdicts: tuple[Verdict, ...] = ()
    transcript: str | None = None
    turns: int = 0


def require_judgeable(acceptance: Acceptance) -> None:
    """Raises `InvalidRequest` where a criterion is blank, has a path that no workspace has or a schema that cannot be
    held, or all are too long.
    """
    for number, criterion in enumerate(acceptance.criteria, 1):
        if isinstance(criterion, MatchesSchema) and (faults := faults_of_schema(criterion.json_schema)):
            raise InvalidRequest(f"acceptance: json_schema of criterion {number}: {'; '.join(faults)}")
        if isinstance(criterion, str) and len(criterion) > MAX_CRITERION:
            raise InvalidRequest(f"acceptance: criterion {number} has more than {MAX_CRITERION} characters; shorten it")
        if not described(criterion).strip():
            raise InvalidRequest(f"acceptance: criterion {number} is blank; say what the work has to be like")
        try:
            if isinstance(criterion, ContainsFile | MatchesSchema | NoPlaceholder) and criterion.path is not None:
                path_asked(criterion.path)
        except InvalidPath as error:
            raise InvalidRequest(f"acceptance: path of criterion {number}: {error}") from error
    if (size := len(acceptance.model_dump_json())) > MAX_SIZE:
        raise InvalidRequest(f"acceptance has {size} characters as JSON; at most {MAX_SIZE} are taken. Shorten it")


def path_asked(text: str) -> str:
    """The path, or the pattern for paths, as a workspace has them. Raises `InvalidPath`."""
    return valid_path(text.strip().removeprefix("./"))


def described(criterion: Criterion) -> str:
    """The criterion in words."""
    match criterion:
        case ContainsFile(path=path):
            return f"there is a file {path}"
        case MatchesSchema(path=path):
            return f"{path} fits its JSON Schema"
        case CommandSucceeds(command=command):
            return f"the command succeeds: {command}"
        case NoPlaceholder(path=path):
            return f"no placeholder is left in {path or 'the files that the run has changed'}"
    return criterion


def criteria_read(acceptance: Acceptance, verdicts: Sequence[Verdict]) -> list[CriterionRead]:
    """The criteria as callers read them, each with what was found last."""
    found = {verdict.number: verdict for verdict in verdicts}
    return [_read(criterion, found.get(number)) for number, criterion in enumerate(acceptance.criteria, 1)]


def _read(criterion: Criterion, verdict: Verdict | None) -> CriterionRead:
    check = None if isinstance(criterion, str) else criterion.check
    if verdict is None:
        return CriterionRead(criterion=described(criterion), check=check)
    return CriterionRead(
        criterion=described(criterion),
        check=check,
        met=verdict.met,
        evidence=verdict.evidence,
        round=verdict.round,
    )


def acceptance_read(
    acceptance: Acceptance | None, verdicts: Sequence[Verdict], accepted: bool | None, *, reviewing: bool
) -> AcceptanceRead | None:
    """The whole as callers read it; None of a run that has no criteria."""
    if acceptance is None:
        return None
    return AcceptanceRead(
        accepted=accepted,
        reviewing=reviewing,
        max_rounds=acceptance.max_rounds,
        criteria=criteria_read(acceptance, verdicts),
    )


def told(acceptance: Acceptance, verdicts: Sequence[Verdict], round_: int) -> AcceptanceEvent:
    """What watchers are told of a round."""
    accepted = all(verdict.met for verdict in verdicts)
    return AcceptanceEvent(round=round_, accepted=accepted, criteria=criteria_read(acceptance, verdicts))
