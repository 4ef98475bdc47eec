"""What is wrong with a request itself: 400."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from swarm.errors.base import CallerError

if TYPE_CHECKING:
    from collections.abc import Sequence


class BadRequest(CallerError):
    """400."""


class InvalidId(BadRequest):
    """An id is blank, too long or has characters that an id may not have."""

    code = "invalid_id"


class InvalidRequest(BadRequest):
    """A field of the request has a value that is not allowed."""

    code = "invalid_request"


class ModelNotAllowed(BadRequest):
    """A run or a project names a model that the operator has not allowed."""

    code = "model_not_allowed"

    def __init__(self, model: str, allowed: Sequence[str]) -> None:
        super().__init__(f"model {model[:100]!r} is not allowed here; use one of {', '.join(allowed)}, or leave it out")
        self.allowed = allowed


class EffortNotAllowed(BadRequest):
    """A run or a project names a reasoning effort that the model does not take."""

    code = "effort_not_allowed"

    def __init__(self, effort: str, model: str | None, allowed: Sequence[str]) -> None:
        takes = f"takes {', '.join(allowed)}" if allowed else "takes no effort here; leave it out"
        super().__init__(f"effort {effort[:20]!r} is not allowed: {model or 'what may be used'} {takes}")
        self.allowed = allowed


class HostedToolNotAllowed(BadRequest):
    """A run or a project names a tool of the provider's that it may not use; `why` not, and what it may."""

    code = "hosted_tool_not_allowed"

    def __init__(self, name: str, why: str, allowed: Sequence[str]) -> None:
        instead = f"use {', '.join(allowed)}" if allowed else "leave it out: there is none that can be used"
        super().__init__(f"hosted tool {name[:40]!r} is not allowed: {why}; {instead}")
        self.allowed = allowed


class UnknownParameter(BadRequest):
    """The query has a parameter that the route does not have. Ignored, a filter with a typo would filter nothing."""

    code = "unknown_parameter"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        nearest = get_close_matches(name, known, 1)
        takes = f"this route takes {', '.join(known)}" if known else "this route takes none"
        meant = f"did you mean {nearest[0]}? " if nearest else ""
        super().__init__(f"there is no query parameter {name[:64]!r}; {meant}{takes}")


class IdMismatch(BadRequest):
    """Path and body name different ids."""

    code = "id_mismatch"

    def __init__(self, field: str, in_path: str, in_body: str) -> None:
        super().__init__(f"the path says {in_path!r} but the body's {field} says {in_body!r}; send the same id in both")


class InvalidCursor(BadRequest):
    """A cursor that this listing did not give."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("the cursor is none that this listing gave; begin again without it, and keep the filters")


class NoCallbackUrl(BadRequest):
    """A ping is asked for, and neither the request nor the project says where it is to go."""

    code = "no_callback_url"

    def __init__(self, project_id: str) -> None:
        super().__init__(f"project {project_id} has no callback_url; send one along, or keep one on the project")


class InvalidCallbackUrl(BadRequest):
    """A webhook cannot or may not go there."""

    code = "invalid_callback_url"

    def __init__(self, reason: str) -> None:
        super().__init__(f"callback_url {reason}; such as https://example.com/hooks/codex-swarm")


class RunAlreadyEnded(BadRequest):
    """The run is final and never changes again."""

    code = "run_already_ended"

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"run {run_id} has already ended: it is {status}")
        self.run_id = run_id
        self.run_status = status


class BatchAlreadyEnded(BadRequest):
    """No run of the batch is left that could be cancelled."""

    code = "batch_already_ended"

    def __init__(self, batch_id: str, status: str) -> None:
        super().__init__(f"batch {batch_id} has already ended: it is {status}")


class ContradictoryInputs(BadRequest):
    """What a run is to begin with cannot all be in one workspace."""

    code = "contradictory_inputs"


class SourceNotGiven(BadRequest):
    """A conversion names a file that its workspace will not have."""

    code = "source_not_given"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is not in the workspace of this conversion; name the run that has it (from_run_id), or send it"
            " along (uploads, files)"
        )


class InvalidSkill(BadRequest):
    """What was sent is no skill of the open format."""

    code = "invalid_skill"


class ReferenceNotAllowed(BadRequest):
    """A run goes on with conversations of its own project only."""

    code = "reference_not_allowed"

    def __init__(self, run_id: str, project_id: str) -> None:
        super().__init__(
            f"run {run_id} is not in project {project_id}; reference_run_id takes runs of the same project"
        )


class CloneNotAllowed(BadRequest):
    """A workspace can be cloned within its own project only."""

    code = "clone_not_allowed"

    def __init__(self, run_id: str, project_id: str) -> None:
        super().__init__(f"run {run_id} is not in project {project_id}; from_run_id takes runs of the same project")
