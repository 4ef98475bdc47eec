"""What a call of `delegate` comes to: first children that the run waits for, then what became of their work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from codex_swarm.models import RunStatus
from swarm.adapters import adapter
from swarm.agent.tools.delegate import Delegate, DelegatedTask
from swarm.agent.tools.toolbox import BoundCall, ToolResult
from swarm.errors import CorruptObject, RunNotFound
from swarm.ids import new_id
from swarm.records.backend import Backend, area_of
from swarm.runs.children import (
    MAX_AT_ONCE,
    MAX_CHILDREN,
    MAX_TASK,
    MAX_TASK_FILES,
    MAX_TITLE,
    Child,
    Task,
    untaken,
)
from swarm.runs.run import Run
from swarm.text import MAX_OUTPUT, clip
from swarm.workspace.merging import Conflict, Merge, Merging
from swarm.workspace.objects import ObjectStore
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace

MARK = "conflict"
_NAMED = 20
_ROOM = 6_000
"""Characters of a result that are kept for conflicts and for what else is said of files."""


@dataclass(frozen=True, slots=True)
class Delegated:
    """A part of the task that a call hands to a child of this id."""

    run_id: str
    call_id: str
    task: Task


def children_for(
    objects: ObjectStore, run: Run, writer: str, delegated: Sequence[Delegated], now: datetime
) -> tuple[Child, ...]:
    """The children of a turn that is about to be committed; what they are to do is stored before."""
    if not delegated:
        return ()
    key = area_of(run.key).of_run(run.run_id, "inputs", f"delegated-{run.version + 1:05}-{writer}.json")
    objects.put(key, adapter(list[Task]).dump_json([each.task for each in delegated]))
    return tuple(
        Child(
            id=each.run_id,
            title=each.task.title,
            call_id=each.call_id,
            tasks=key,
            place=place,
            # In this order they wait for their turn, where they have to.
            asked_at=now + timedelta(microseconds=place),
        )
        for place, each in enumerate(delegated)
    )


@dataclass
class Delegating:
    """The delegating calls of one turn, or of one that goes on once the children have ended.

    `base` are the files that the children began with.
    """

    backend: Backend
    run: Run
    base: Snapshot
    delegated: list[Delegated] = field(default_factory=list)
    _authors: dict[str, str] = field(default_factory=dict)

    def before(self, call: BoundCall, workspace: Workspace) -> ToolResult | None:
        """The call's result; None where it waits for children."""
        mine = [child for child in untaken(self.run.children) if child.call_id == call.call_id]
        if mine:
            return self._result(call, mine, workspace)
        if not isinstance(call.arguments, Delegate):
            raise TypeError(f"{call.tool.name} delegates nothing")
        if wrong := self._fault(call.arguments, workspace):
            return call.failed(wrong)
        for asked in call.arguments.tasks:
            task = Task(
                title=" ".join(asked.title.split())[:MAX_TITLE],
                instructions=asked.instructions.strip(),
                files=tuple(dict.fromkeys(asked.files or ())),
            )
            self.delegated.append(Delegated(new_id(), call.call_id, task))
        return None

    def _fault(self, asked: Delegate, workspace: Workspace) -> str | None:
        """What is wrong with a call, and how to mend it."""
        before, here = len(self.run.children), len(self.delegated) + len(asked.tasks)
        if not asked.tasks:
            return "tasks is empty; name at least one"
        if here > MAX_AT_ONCE:
            return f"at most {MAX_AT_ONCE} tasks at once; delegate the others when these are done"
        if before + here > MAX_CHILDREN:
            return f"a run delegates at most {MAX_CHILDREN} tasks, and {before} were; do the others yourself"
        faults = (_fault_of(task, workspace) for task in asked.tasks)
        return next((f"task {number} {fault}" for number, fault in enumerate(faults, 1) if fault), None)

    def _result(self, call: BoundCall, mine: Sequence[Child], workspace: Workspace) -> ToolResult:
        merging = Merging(workspace, self.base, self.backend.objects, area_of(self.run.key))
        room = (MAX_OUTPUT - _ROOM) // len(mine)
        told: list[str] = []
        problems: list[str] = []
        files: list[str] = []
        numbers = {child.id: number for number, child in enumerate(self.run.children, 1)}
        for child in mine:
            words, merge = self._outcome(child, numbers[child.id], merging)
            told.append(clip(f"- {child.title}: {words}", max(room, 400)))
            files += merge.taken
            problems += self._problems(child, merge)
            self._authors |= dict.fromkeys(merge.taken, child.title)
        done = sum(child.status is RunStatus.SUCCEEDED for child in mine)
        report = [f"{done} of {len(mine)} done, {len(mine) - done} not.", *told]
        if problems:
            report += ["To be decided by you:", *problems[:_NAMED]]
        if len(problems) > _NAMED:
            report.append(f"- and {len(problems) - _NAMED} more; list_files shows them by their names")
        return call.result("\n".join(report), ok=done > 0, files=dict.fromkeys(files))

    def _outcome(self, child: Child, number: int, merging: Merging) -> tuple[str, Merge]:
        """What became of the child, in words, and of its files. Those of one that did not succeed are not taken."""
        if child.status is not RunStatus.SUCCEEDED:
            why = f" ({child.error})" if child.error else ""
            return f"{child.status}{why}; none of its files were taken", Merge()
        try:
            run = self.backend.runs.current(self.run.key.tenant_id, child.id)
            merge = merging.take(self.backend.files_of(run), f"{MARK}-{number}")
        except (RunNotFound, CorruptObject) as lost:
            return f"done, but its files cannot be had any more: {lost}", Merge()
        named = ", ".join(merge.taken[:_NAMED]) or "none"
        more = f" and {len(merge.taken) - _NAMED} more" if len(merge.taken) > _NAMED else ""
        return f"done. Files: {named}{more}. It says: {run.closing_words or 'nothing'}", merge

    def _problems(self, child: Child, merge: Merge) -> list[str]:
        refused = [
            f"- {path}: what {child.title!r} made of it was not kept: {why}" for path, why in merge.refused.items()
        ]
        return [*(self._conflict(child, each) for each in merge.conflicts), *refused]

    def _conflict(self, child: Child, conflict: Conflict) -> str:
        other = self._authors.get(conflict.path, "another")
        if conflict.kept_as is None:
            return f"- {conflict.path}: {child.title!r} {conflict.what}, by {other!r}."
        return (
            f"- {conflict.path}: {child.title!r} and {other!r} changed the same lines. {conflict.path} is as {other!r}"
            f" left it, {conflict.kept_as} as {child.title!r} did: write what is right into {conflict.path}, and delete"
            f" {conflict.kept_as}."
        )


def _fault_of(task: DelegatedTask, workspace: Workspace) -> str | None:
    files = task.files or []
    missing = [path for path in files if workspace.find(path) is None]
    if not task.title.strip() or not task.instructions.strip():
        return "has a blank title or blank instructions"
    if len(task.instructions) > MAX_TASK:
        return f"has instructions of more than {MAX_TASK} characters; put material into files"
    if len(files) > MAX_TASK_FILES:
        return f"names more than {MAX_TASK_FILES} files; name a folder in its instructions instead"
    return f"names files that are not there: {', '.join(missing[:_NAMED])}" if missing else None
