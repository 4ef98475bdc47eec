"""Has documents read while somebody waits, so that people can search and compare what no run has read.

It is a job like those of a turn, done by the function that no one trusts, but short: what does not fit into the time
of a request is left for the next one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath

from swarm.aws.functions import CallFailed, CallThrottled
from swarm.aws.presigning import Presigner
from swarm.errors import PreviewsBusy, ReadingFailed
from swarm.ids import new_id
from swarm.jobs.batch import DOCUMENT_TEXT, FAILED, Batch, Job, JobCall, result_key
from swarm.jobs.issue import IssuedJob, JobLimits, issue
from swarm.jobs.tarball import InvalidResult, read_result
from swarm.jobs.texts import keep_texts
from swarm.logs import log
from swarm.records.backend import Backend, area_of
from swarm.records.quotas import Kind
from swarm.runs.run import Run
from swarm.workspace.document_texts import MAX_DOCUMENT_BYTES, DocumentTexts, is_document
from swarm.workspace.objects import ObjectMissing
from swarm.workspace.snapshot import FileEntry

MAX_DOCUMENTS = 20
MAX_BYTES = 64 * 1024 * 1024
"""Documents of one request, at most, and their bytes together: the function fetches them first."""

SECONDS = 18
"""For reading; the gateway gives a request 30 s, and an environment may have to be made ready first."""

LIFETIME = timedelta(seconds=35)
Call = Callable[[IssuedJob, str], object]
"""Calls the function that reads with a job, for a tenant, and waits. Raises `CallFailed`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Documents that now have a text, those that could not be read and why, and a path up to which all are done with.

    `after` is None when no document is left.
    """

    read: Sequence[str] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    after: str | None = None


def read_documents(
    backend: Backend, run: Run, files: Sequence[tuple[str, FileEntry]], call: Call, signer: Presigner
) -> Reading:
    """Have the first of these documents read that were not yet; `files` are sorted by path, which may come twice.

    Raises `PreviewsBusy`, `ReadingFailed`, `TooManyUnderWay`.
    """
    texts = DocumentTexts(backend.objects, area_of(run.key))
    wanted, following = _unread(texts, files)
    if not wanted:
        return Reading()
    with backend.places.one(run.key.tenant_id, Kind.PREVIEWS, signer.now, LIFETIME):
        said, made = _have_read(backend, run, wanted, call, signer)
    read = [entry.sha256 in made for _, entry in wanted]
    # The first had all the time there is; whatever else has no text may have had too little, and is asked for again.
    again = next((path for (path, _), done in zip(wanted[1:], read[1:], strict=True) if not done), following)
    return Reading(
        read=list(dict.fromkeys(path for (path, _), good in zip(wanted, read, strict=True) if good)),
        failed={} if read[0] else {wanted[0][0]: said.get("text/0000", f"it takes longer than {SECONDS} s")},
        after=None if again is None else _before(again, [path for path, _ in wanted], passed=not read[0]),
    )


def _before(path: str, wanted: Sequence[str], *, passed: bool) -> str:
    """Where to go on so that this path comes again: both versions of a document have the same.

    Where the first document is `passed` over, it does not come again, or the next request would end as this one.
    """
    if passed and path == wanted[0]:
        return path
    return max((each for each in wanted if each < path), default=path[:-1])


def _unread(
    texts: DocumentTexts, files: Sequence[tuple[str, FileEntry]]
) -> tuple[list[tuple[str, FileEntry]], str | None]:
    """The first documents without a text, each content once, and the path of the next that has none."""
    documents = [each for each in files if is_document(each[0]) and each[1].size <= MAX_DOCUMENT_BYTES]
    wanted: list[tuple[str, FileEntry]] = []
    unread = texts.missing({entry.sha256 for _, entry in documents})
    room = MAX_BYTES
    for path, entry in documents:
        if entry.sha256 not in unread:
            continue
        if len(wanted) == MAX_DOCUMENTS or (wanted and entry.size > room):
            return wanted, path
        room -= entry.size
        unread.remove(entry.sha256)
        wanted.append((path, entry))
    return wanted, None


def _have_read(
    backend: Backend, run: Run, wanted: Sequence[tuple[str, FileEntry]], call: Call, signer: Presigner
) -> tuple[dict[str, str], Collection[str]]:
    """Have them read, and keep the texts; what was said of those that failed, by their numbers, and what has a text."""
    named = {f"{number:04}{PurePosixPath(path).suffix.lower()}": entry for number, (path, entry) in enumerate(wanted)}
    calls = [
        JobCall(f"text/{name[:4]}", DOCUMENT_TEXT, {"path": name, "sha256": entry.sha256}, reads=[name])
        for name, entry in named.items()
    ]
    job = Job("000", "convert", calls)
    batch = Batch(f"read-{new_id()}", [job], named)
    issued = issue(backend, run, batch, job, signer, JobLimits(seconds=SECONDS))
    try:
        call(issued, backend.settings.isolation_id(run.key))
        with tempfile.TemporaryFile() as delivered:
            backend.objects.copy_to(delivered, result_key(run, batch.id, job.id))
            result = read_result(delivered, JobLimits())
            kept = keep_texts(backend.objects, area_of(run.key), calls, result.texts)
    except CallThrottled as throttled:
        raise PreviewsBusy from throttled
    except (CallFailed, ObjectMissing, InvalidResult) as failure:
        log.warning("documents were not read", run_id=run.run_id, error=str(failure))
        raise ReadingFailed from failure
    return {each.call_id: each.output.removeprefix(FAILED) for each in result.outcomes if not each.ok}, kept.contents
