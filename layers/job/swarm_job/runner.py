"""One invocation: a job fetched, its calls done in a fresh workspace, the result delivered, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarm_job import defences
from swarm_job.archive import deliver
from swarm_job.cache import Cache
from swarm_job.contract import TEXTS, Call, CallResult, JobRefused, Limits, parse
from swarm_job.folders import discard, fresh, identity
from swarm_job.isolation import end, only_for_its_tenant
from swarm_job.processes import Unkillable
from swarm_job.transport import fetch
from swarm_job.workspace import Changes, compare, materialise

JOB_BYTES = 128 << 20
"""Twenty thousand files, each with an address that holds a long session token, take half of it."""

MOVED = "the workspace folder itself was moved, removed or replaced, so no change in it counts"
_NAMED = 20

Work = Callable[[Path, Sequence[Call], Limits], Sequence[CallResult]]
"""Does the calls in order in the workspace, and gives one result for each, in the same order."""


def run(event: Mapping[str, Any], context: object, work: Work) -> dict[str, Any]:
    """Do the job that `event["job_url"]` leads to, and answer `{"job_id", "calls"}`.

    The workspace's parent is private to the job and goes with it: `work` may keep what it needs beside the workspace,
    and what it puts into the folder `TEXTS` there is delivered.
    Raises `JobRefused` and `Unreachable`; what `work` raises goes through. When the process ends instead says
    `isolation.only_for_its_tenant`.
    """
    with only_for_its_tenant(context):
        return _done(event, work)


def _done(event: Mapping[str, Any], work: Work) -> dict[str, Any]:
    job = parse(fetch(event["job_url"], JOB_BYTES))
    if job.job_id != event["job_id"]:
        raise JobRefused("the job is another one than was asked for")
    place = fresh("job")
    try:
        workspace = place / "workspace"
        workspace.mkdir(mode=0o700)
        made = identity(workspace)
        materialise(job.files, workspace, Cache(str(event["run_id"])))
        results = work(workspace, job.calls, job.limits)
        if [result.call_id for result in results] != [call.call_id for call in job.calls]:
            raise RuntimeError("the results do not answer the calls, one for one")
        # A link in its place would lead the comparison astray, to files of the machine.
        moved = identity(workspace) != made
        changes = Changes(left_out={".": MOVED}) if moved else compare(workspace, job.files, job.limits)
        deliver(job.result, with_defences(report(results, changes)), changes, place / TEXTS)
    except Unkillable as error:
        # What is left could meddle with the next job, so nothing of this environment may see it.
        end(str(error))
    finally:
        discard(place)
    return {"job_id": job.job_id, "calls": len(job.calls)}


def report(results: Sequence[CallResult], changes: Changes) -> list[CallResult]:
    """The results, each with the files that are really handed back, and a word on those that are not."""
    kept = {file.path for file in changes.changed}
    reported = [replace(result, files=sorted(kept.intersection(result.files))) for result in results]
    for index, left_out in _blame(results, changes.left_out).items():
        reported[index] = replace(reported[index], output=reported[index].output + _note(left_out))
    return reported


def with_defences(results: Sequence[CallResult]) -> list[CallResult]:
    """The results, the first with a note on what held while they came about."""
    defences_held = defences.tell()
    return [
        replace(result, notes={**(result.notes or {}), "defences": defences_held}) if index == 0 else result
        for index, result in enumerate(results)
    ]


def _blame(results: Sequence[CallResult], left_out: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Which result is to speak of which path: the last that names it, or else the last."""
    blamed: dict[int, dict[str, str]] = {}
    for path, reason in left_out.items():
        named = [index for index, result in enumerate(results) if path in result.files]
        if results:
            blamed.setdefault(named[-1] if named else len(results) - 1, {})[path] = reason
    return blamed


def _note(left_out: Mapping[str, str]) -> str:
    lines = [f"\n[not kept: {ascii(path)[1:-1]}: {reason}]" for path, reason in list(left_out.items())[:_NAMED]]
    if len(left_out) > _NAMED:
        lines.append(f"\n[not kept: {len(left_out) - _NAMED:,} more]")
    return "".join(lines)
