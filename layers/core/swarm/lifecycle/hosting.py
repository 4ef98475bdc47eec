"""Which of the provider's own tools a run may use: the operator's, with its model, where tenant and project let it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from codex_swarm.models import ProjectRead
from swarm.errors import HostedToolNotAllowed, NotConfigured
from swarm.records.backend import Backend
from swarm.runs.run import Run


def chosen(backend: Backend, tenant_id: str, project: ProjectRead, model: str, asked: Sequence[str]) -> tuple[str, ...]:
    """The tools that a caller names. Raises `HostedToolNotAllowed`, with those that it may, or `NotConfigured`."""
    if not asked:
        return ()
    catalogue = backend.models
    usable = catalogue.hosted_for(model)
    of_tenant = backend.tenants.get(tenant_id).hosted_tools
    allowed = [name for name in usable if _lets(of_tenant, name) and _lets(project.hosted_tools, name)]
    for name in asked:
        if name in allowed:
            _require_token(backend, model, name)
            continue
        if name not in catalogue.hosted_tools:
            why = "the operator does not have it"
        elif name not in usable:
            speaks = "its provider speaks chat completions" if not usable else "the operator does not let it"
            why = f"model {model} cannot use it, {speaks}"
        else:
            why = "it is forbidden here" if not _lets(of_tenant, name) else f"project {project.id} forbids it"
        raise HostedToolNotAllowed(name, why, allowed)
    return tuple(dict.fromkeys(asked))


def still_chosen(backend: Backend, before: Run, model: str) -> tuple[str, ...]:
    """Those of an earlier run that one which goes on from it may still use."""
    if not before.hosted_tools:
        return ()
    project = backend.projects.find(before.key.tenant_id, before.key.project_id)
    of_tenant = backend.tenants.get(before.key.tenant_id).hosted_tools
    of_project = project.hosted_tools if project else None
    usable = backend.models.hosted_for(model, before.hosted_tools)
    return tuple(name for name in usable if _lets(of_tenant, name) and _lets(of_project, name))


def require_usable(backend: Backend, run: Run) -> None:
    """Raises `HostedToolNotAllowed` where the run's model cannot use what was chosen with another."""
    usable = backend.models.hosted_for(run.model) if run.hosted_tools else {}
    for name in run.hosted_tools:
        if name not in usable:
            raise HostedToolNotAllowed(name, f"model {run.model} cannot use it", list(usable))


def require_known(backend: Backend, names: Sequence[str] | None) -> None:
    """Raises `HostedToolNotAllowed` for a tool that the operator does not have."""
    known = list(backend.models.hosted_tools)
    for name in names or ():
        if name not in known:
            raise HostedToolNotAllowed(name, "the operator does not have it", known)


def _lets(allowed: Collection[str] | None, name: str) -> bool:
    return allowed is None or name in allowed


def _require_token(backend: Backend, model: str, name: str) -> None:
    """Raises `NotConfigured` where there is no place for the token of a server that wants one."""
    settings = backend.settings
    if settings.offline or not backend.models.hosted_for(model)[name].needs_token or settings.secret_of_tool(name):
        return
    raise NotConfigured(
        f"SecretPrefix, for the token of {name},",
        'set it, or say {"authorization": false} of the server in HostedTools',
    )
