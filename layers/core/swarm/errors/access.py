"""Who may not, or may not spend any more: 401, 402, 403."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.errors.base import CallerError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Unauthorized(CallerError):
    """401."""

    status = 401
    code = "unauthenticated"


class KeyExpired(Unauthorized):
    """The key was good once."""

    code = "key_expired"

    def __init__(self) -> None:
        super().__init__("this key has expired; ask whoever manages your keys for a new one")


class BudgetExhausted(CallerError):
    """Nothing more may be spent until a budget begins anew, or is raised."""

    status = 402
    code = "budget_exhausted"

    def __init__(
        self, project_id: str | None, period: str, limit: float, spent: float, resets_at: str, seconds: int
    ) -> None:
        whose = "the tenant" if project_id is None else f"project {project_id}"
        super().__init__(
            f"the {period} budget of {whose} is used up: {spent:.2f} of {limit:.2f} US dollars are spent. It begins "
            f"anew at {resets_at}; until then ask who looks after it to raise it"
        )
        self.resets_at = resets_at
        self.retry_after = seconds


class Forbidden(CallerError):
    """403."""

    status = 403
    code = "forbidden"


class ScopeMissing(Forbidden):
    """The key may do other things, and not this."""

    code = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this key has no scope {scope!r}; ask whoever manages your keys for one that has")
        self.scope = scope


class CannotGive(Forbidden):
    """A key was to make one that may do more than itself, or to learn the text of such a one."""

    code = "scope_missing"

    def __init__(self, scopes: Sequence[str]) -> None:
        told = ", ".join(scopes)
        super().__init__(
            f"this key cannot give what it has not: {told}; name scopes that it has, or use a key that has these too"
        )


class ProjectNotAllowed(Forbidden):
    """The key is for projects of other names, or what is asked for is of the whole tenant."""

    code = "project_not_allowed"

    def __init__(self, prefixes: Sequence[str]) -> None:
        told = ", ".join(map(repr, prefixes))
        super().__init__(f"this key is for projects whose ids begin with {told}; name one of them, or use another key")


class InvalidPath(Forbidden):
    """A path leaves the workspace or could not be a file in it."""

    code = "invalid_path"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; use a relative path inside the workspace, such as docs/report.md")


class ReadOnlyPath(Forbidden):
    """The file is a skill's, which no run changes."""

    code = InvalidPath.code

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} belongs to a skill and stays as it is; write a file of another name")
        self.path = path
