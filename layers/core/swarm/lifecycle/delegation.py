"""How a run's children come to be: runs of their own, on a clone of its workspace, with a share of its limits.

A turn that delegates is committed with the ids of its children, so what is to be started is decided once. Whoever finds
the run waiting starts those that are not there yet. A child that comes to be when its parent has ended does nothing
(`is_orphan`), and whoever ends a parent ends its children (`swarm.lifecycle.ending`).
"""

from __future__ import annotations

from codex_swarm.models import Approval, RunStatus
from swarm.adapters import adapter
from swarm.errors import CallerError, RunNotFound, TenantBusy
from swarm.ids import RunKey
from swarm.lifecycle import creation, joining
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.runs import children
from swarm.runs.children import Child, Task
from swarm.runs.entries import ChildEnded
from swarm.runs.run import Run

INHERITED = (Approval.RUN_COMMAND, Approval.DELETE_FILE)
"""What people have to approve of a run they approve of its children, too. Plan and end are the parent's."""


def start_children(backend: Backend, parent: Run) -> None:
    """Start those children that are not there yet; again changes nothing."""
    tasks: dict[str, list[Task]] = {}
    for child in children.at_work(parent.children):
        if child.tasks not in tasks:
            tasks[child.tasks] = load_tasks(backend, child.tasks)
        # Whoever ended the parent has ended the children that there were, and waits for nobody else.
        latest = backend.runs.current(parent.key.tenant_id, parent.run_id)
        if latest.status.final:
            return
        try:
            _start(backend, latest, child, tasks[child.tasks][child.place])
        except TenantBusy as busy:
            log.warning("a child was not started yet", run_id=child.id, error=str(busy))
        except CallerError as refused:
            told = ChildEnded(run_id=child.id, status=RunStatus.FAILED, error=f"not started: {refused}")
            joining.tell(backend, parent.key.tenant_id, parent.run_id, told, child.asked_at)


def load_tasks(backend: Backend, key: str) -> list[Task]:
    """What the children of a turn are to do, in order."""
    return adapter(list[Task]).validate_json(backend.objects.get(key))


def is_orphan(backend: Backend, run: Run) -> bool:
    """Whether the run is a child whose parent has ended, or waits for it no longer."""
    if run.parent_run_id is None:
        return False
    try:
        parent = backend.runs.current(run.key.tenant_id, run.parent_run_id)
    except RunNotFound:
        return True
    return parent.status.final or all(child.id != run.run_id for child in children.at_work(parent.children))


def _start(backend: Backend, parent: Run, child: Child, task: Task) -> None:
    there = backend.runs.find(parent.key.tenant_id, child.id)
    if there is None:
        wanted = children.share(
            parent.limits,
            parent.turns,
            parent.usage,
            parent.limits.seconds_left(parent.work_began, child.asked_at),
            len(children.untaken(parent.children)),
        )
        creation.open_run(backend, _run_of(parent, child, task), wanted)
    elif there.status.final:
        joining.tell_parent(backend, backend.runs.current(parent.key.tenant_id, child.id))
    elif there.status is RunStatus.QUEUED:
        creation.complete(backend, there)


def _run_of(parent: Run, child: Child, task: Task) -> Run:
    return Run(
        key=RunKey(tenant_id=parent.key.tenant_id, project_id=parent.key.project_id, run_id=child.id),
        name=task.title,
        task_type=parent.task_type,
        instructions=_instructions(task),
        created_at=child.asked_at,
        parent_run_id=parent.run_id,
        clones=parent.snapshot,
        metadata=parent.metadata,
        callback_url=parent.callback_url,
        model=parent.model,
        effort=parent.effort,
        hosted_tools=parent.hosted_tools,
        house_style=parent.house_style,
        may_have_skills=parent.may_have_skills,
        document_template=parent.document_template,
        require_approval=tuple(step for step in parent.require_approval if step in INHERITED),
        decision_seconds=parent.decision_seconds,
    )


def _instructions(task: Task) -> str:
    if not task.files:
        return task.instructions
    return f"{task.instructions}\n\nThe files that this is about: {', '.join(task.files)}"
