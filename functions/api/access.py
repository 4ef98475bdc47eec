"""What the caller's key may do: the scope that a route needs, and the projects that the key is for.

A route declares its scope where it is declared itself, as `security=READ`: that is what OpenAPI says of it, and what is
asked here. A route that declares none is one that needs no key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler.api_gateway import Route

from codex_swarm.models import Scope
from swarm.errors import KeyExpired, ProjectNotAllowed, RunNotFound, ScopeMissing
from swarm.records.api_keys import EARLIER
from swarm.records.backend import backend

T = TypeVar("T")

OPERATOR = "operator"
"""The scope of whoever looks after the service, of all tenants. No key is given it: it comes with AWS credentials."""

READ, RUN, MANAGE, IMPORT, ADMIN, OPERATE = (
    [{"ApiKey": [scope]}] for scope in (Scope.READ, Scope.RUN, Scope.MANAGE, Scope.IMPORT, Scope.ADMIN, OPERATOR)
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the tenant, and what the key may do; `projects` are prefixes of ids, none for all."""

    tenant_id: str
    scopes: frozenset[str]
    projects: tuple[str, ...] = ()

    def sees(self, project_id: str) -> bool:
        """Whether the key is for this project."""
        return not self.projects or project_id.startswith(self.projects)

    def shows(self, project_of: Callable[[T], str]) -> Callable[[T], bool] | None:
        """Which things of a listing the key is for; None where it is for all."""
        return (lambda one: self.sees(project_of(one))) if self.projects else None

    def require_project(self, project_id: str) -> None:
        """Raises `ProjectNotAllowed`."""
        if not self.sees(project_id):
            raise ProjectNotAllowed(self.projects)


def given(event: Mapping[str, Any]) -> Mapping[str, str]:
    """What the authorizer said of a request; nothing on routes that are open."""
    return (event["requestContext"].get("authorizer") or {}).get("lambda") or {}


def caller_in(event: Mapping[str, Any]) -> Caller | None:
    """Who the authorizer found the caller to be. Raises `KeyExpired`."""
    context = given(event)
    if not context.get("tenant_id"):
        return None
    if "scope" in context:
        # A browser's token: `api.shared` has looked at what it opens, and all of that is read.
        return Caller(str(context["tenant_id"]), frozenset({Scope.READ}))
    # The gateway remembers a verdict for a minute, and the key or token may have expired since.
    until = context.get("until")
    if context.get("expired") or (until and datetime.now(UTC) >= datetime.fromisoformat(until)):
        raise KeyExpired
    # The gateway remembers a verdict for a minute, also one that the version before this one gave.
    may = context["may"] if "may" in context else " ".join([*EARLIER, str(context.get("scopes", ""))])
    projects = tuple(json.loads(context["projects"])) if context.get("projects") else ()
    return Caller(str(context["tenant_id"]), frozenset(str(may).split()), projects)


def require(event: Mapping[str, Any], route: Route, arguments: Mapping[str, str]) -> None:
    """Raises `ScopeMissing`, `ProjectNotAllowed`, and `RunNotFound` for a run of a project that the key is not for."""
    caller = caller_in(event)
    if caller is None or not route.security:
        return
    [[scope]] = [next(iter(scheme.values())) for scheme in route.security]
    if scope not in caller.scopes:
        raise ScopeMissing(str(scope))
    if not caller.projects:
        return
    if "project_id" in arguments:
        caller.require_project(arguments["project_id"])
    elif "run_id" in arguments:
        if not caller.sees(backend().runs.get(caller.tenant_id, arguments["run_id"]).key.project_id):
            raise RunNotFound(arguments["run_id"])
    elif scope != Scope.READ and not arguments.keys() & {"delivery_id", "batch_id"}:
        raise ProjectNotAllowed(caller.projects)
